package check

import (
	"strings"

	"github.com/parlance-dev/parlance/generator/diag"
	"github.com/parlance-dev/parlance/generator/loader"
)

// namespaceAddress is the rule NAMESPACE_ADDRESS.
func namespaceAddress() Rule {
	return Rule{
		Rule:  diag.Rule{ID: "NAMESPACE_ADDRESS", Purpose: `a channel's address is a namespace of Socket.IO: a fixed path, each once`},
		check: checkNamespaceAddress,
	}
}

func checkNamespaceAddress(s *subject, report reporter) {
	taken := map[string]string{}
	for _, c := range s.Channels {
		n := c.Node.Get("address")
		switch address := text(n); {
		case n == nil || n.Kind == loader.Null:
			report(at(c.Node, "address"), "channel %s has no address: write the namespace, such as /", c.Key)
		case n.Kind != loader.String:
			report(n.Pos, "address must be a string, is %s", n.Kind)
		case !strings.HasPrefix(address, "/") || strings.ContainsAny(address, "?#, "):
			report(n.Pos, "address %q is no namespace: it begins with / and has no query, comma or space", address)
		case len(expressions(address)) > 0 && len(s.undeclared(c)) == 0:
			report(n.Pos, "address %q has parameters: a namespace is a fixed path", address)
		case taken[address] != "":
			report(n.Pos, "namespace %s is the address of channel %s already", address, taken[address])
		default:
			taken[address] = c.Key
		}
	}
}
