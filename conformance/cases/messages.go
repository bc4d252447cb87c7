package cases

import "github.com/parlance-dev/parlance/conformance/kit"

func messages() []kit.Case { return nil }
