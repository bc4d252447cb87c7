package cases

import "github.com/parlance-dev/parlance/conformance/kit"

func limits() []kit.Case { return nil }
