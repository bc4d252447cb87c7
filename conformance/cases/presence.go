package cases

import "github.com/parlance-dev/parlance/conformance/kit"

func presence() []kit.Case { return nil }
