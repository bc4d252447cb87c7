package cases

import "github.com/parlance-dev/parlance/conformance/kit"

func httpCalls() []kit.Case { return nil }
