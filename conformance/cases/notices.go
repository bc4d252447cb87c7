package cases

import "github.com/parlance-dev/parlance/conformance/kit"

func notices() []kit.Case { return nil }
