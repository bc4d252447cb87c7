package cases

import "github.com/parlance-dev/parlance/conformance/kit"

func auth() []kit.Case { return nil }
