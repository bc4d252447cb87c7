package check

import (
	"github.com/parlance-dev/parlance/generator/diag"
	"github.com/parlance-dev/parlance/generator/loader"
)

// operationTag is the rule OPERATION_TAG.
func operationTag() Rule {
	return Rule{
		Rule:  diag.Rule{ID: "OPERATION_TAG", Purpose: `an operation has a tag: the first one is its feature, to which handlers are grouped`},
		check: checkOperationTag,
	}
}

func checkOperationTag(s *subject, report reporter) {
	for _, o := range s.Operations {
		tags := s.Doc.Resolve(o.Node.Get("tags"))
		if o.Node.Get("tags") == nil || tags != nil && tags.Kind == loader.Sequence && len(tags.Items) == 0 {
			report(o.Node.Key(), "operation %s has no tag: the first one names its feature", o.Key)
		}
	}
}
