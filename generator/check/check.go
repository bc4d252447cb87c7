// Package check holds what a contract must mean: rules over the parts of a
// document and the model that was made of them. One file holds one rule: its
// id, its purpose and its handler.
//
// It may import packages diag, loader, model and lower, and a JSON Schema
// engine that has nothing in common with the generator's own reading of
// schemas: values in the document are judged by it.
package check

import (
	"github.com/parlance-dev/parlance/generator/diag"
	"github.com/parlance-dev/parlance/generator/lower"
)

// Rule is one demand on contracts.
type Rule struct {
	diag.Rule
	check func(s *subject, report reporter)
}

// subject is what rules look at.
type subject struct {
	*lower.View
	judge *judge
}

// reporter adds a finding of the rule at hand.
type reporter func(pos diag.Pos, format string, args ...any)

// All returns every rule, in the order of a document: servers, channels,
// operations, messages, values.
func All() []Rule {
	return []Rule{
		serverSettings(), serverVariable(),
		namespaceAddress(), addressParameter(), roomTemplate(), envName(),
		codeDuplicate(), codeUnknown(), roleUnknown(), roomUnknown(),
		rateLimitEvent(), errorEvent(), failureMessage(),
		operationChannel(), operationMessages(), operationTag(), operationDirection(),
		eventDuplicate(), eventReserved(),
		replyAddress(), replyChannel(), replyMessages(), replyFailure(),
		messageName(), messageArgs(), messageBinary(), authPayload(),
		defaultInvalid(), exampleInvalid(),
	}
}

// Rules lists the rules without their handlers, and what the judge may report.
func Rules() []diag.Rule {
	var out []diag.Rule
	for _, r := range All() {
		out = append(out, r.Rule)
	}
	return append(out, diag.Rule{ID: ruleCompile, Purpose: "an independent engine takes every schema that the generator takes; where not, the generator has a fault"})
}

// Run applies every rule to a view.
func Run(v *lower.View, diags *diag.List) {
	s := &subject{View: v, judge: newJudge(v, diags)}
	for _, r := range All() {
		r.check(s, func(pos diag.Pos, format string, args ...any) { diags.Addf(pos, r.ID, format, args...) })
	}
}
