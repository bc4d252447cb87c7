package cases

import "github.com/parlance-dev/parlance/conformance/kit"

func transport() []kit.Case { return nil }
