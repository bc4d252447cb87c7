package check

import (
	"slices"

	"github.com/parlance-dev/parlance/generator/diag"
	"github.com/parlance-dev/parlance/generator/lower"
)

// codeUnknown is the rule CODE_UNKNOWN.
func codeUnknown() Rule {
	return Rule{
		Rule:  diag.Rule{ID: "CODE_UNKNOWN", Purpose: `the code of a limit is in the channel's table of errors`},
		check: checkCodeUnknown,
	}
}

func checkCodeUnknown(s *subject, report reporter) {
	for _, c := range s.Channels {
		codes := make([]string, len(c.Namespace.Codes))
		for i, code := range c.Namespace.Codes {
			codes[i] = code.Code
		}
		limits := s.ext(c, "limits")
		if limits == nil || lower.Misspelt(c.Ext, "errors", lower.ChannelKeys()) {
			continue
		}
		for _, e := range limits.Entries {
			n := s.Doc.Resolve(e.Value).Get("code")
			if code := text(n); code != "" && !slices.Contains(codes, code) {
				report(n.Pos, "code %s of limit %s is not in errors%s", code, e.Key, diag.DidYouMean(code, codes))
			}
		}
	}
}
