package cases

import "github.com/parlance-dev/parlance/conformance/kit"

func robustness() []kit.Case { return nil }
