package cases

import (
	"fmt"
	"slices"
	"strings"

	. "github.com/onsi/gomega" //nolint:staticcheck // the words of assertions

	"github.com/parlance-dev/parlance/conformance/contract"
	"github.com/parlance-dev/parlance/conformance/kit"
)

// validation makes its cases from the document: every example and every edge is
// taken, and what breaks a constraint is refused with its path and keyword.
func validation(c *contract.Contract, section string) []kit.Case {
	var all []kit.Case
	for _, e := range c.ClientEvents {
		all = append(all, kit.Case{
			ID: "validation/" + e.Name + ".accepted", Section: section,
			Contract: e.Name + " takes every example of the document and every payload at the edge of what its schema allows",
			Run:      func(t *kit.T) { accepted(t, c, e) },
		})
		for _, one := range constraintsOf(c, e.Name) {
			all = append(all, kit.Case{
				ID: "validation/" + e.Name + suffix(one), Section: section,
				Contract: fmt.Sprintf("%s refuses what breaks %s of %s, and says so in details, with and without a callback", e.Name, one.Keyword, place(one)),
				Run:      func(t *kit.T) { refused(t, c, e, one) },
			})
		}
	}
	return all
}

func constraintsOf(c *contract.Contract, event string) []contract.Constraint {
	underived := c.Underived()
	return slices.DeleteFunc(c.Constraints(), func(one contract.Constraint) bool {
		return one.Event != event || slices.Contains(underived, one.ID)
	})
}

// suffix is the constraint's part of a case's id: .content.maxLength.
func suffix(one contract.Constraint) string {
	return strings.ReplaceAll(one.Path, "/", ".") + "." + one.Keyword
}

func place(one contract.Constraint) string {
	if one.Path == "" {
		return "the payload"
	}
	return strings.TrimPrefix(one.Path, "/")
}

// accepted sends what the event must take. Of a contract that the suite knows as
// a document only, nobody can say what else stands in the way of a success.
func accepted(t *kit.T, c *contract.Contract, e *contract.ClientEvent) {
	s := newSender(t, c, e)
	try := func(what string, args ...any) {
		a := s.send(args...)
		if a.Code == validationError || c.HasProse() && !a.Success {
			t.Fatalf("%s: %s is refused: %s", e.Name, what, a.Raw)
		}
	}
	for i, example := range e.Examples {
		try(fmt.Sprintf("example %d, %s,", i+1, example), example)
	}
	for _, edge := range c.Boundaries(e.Name) {
		try(edge.Name, args(edge.Args)...)
	}
}

// refused sends what breaks the constraint. The plainest of it is sent without a
// callback too: failures take the same way from there on.
func refused(t *kit.T, c *contract.Contract, e *contract.ClientEvent, one contract.Constraint) {
	s := newSender(t, c, e)
	told := e.Ack == nil || c.ErrorEvent == ""
	for _, m := range c.Mutations(e.Name) {
		if m.Constraint != one.ID {
			continue
		}
		a := s.send(args(m.Args)...)
		t.Coverage.Constraint(one.ID)
		t.Expect(a.Code).To(Equal(validationError), "%s with %s: %s", e.Name, m.Name, a.Raw)
		if why := unlike(m, found(a)); why != "" {
			t.Fatalf("%s with %s: %s\nin %s", e.Name, m.Name, why, a.Raw)
		}
		t.Expect(a.Error + a.Message).NotTo(BeEmpty())
		if !told {
			told = true
			s.told(m, a)
		}
	}
}

// told sends what was refused in an acknowledgement without asking for one.
func (s *sender) told(m contract.Mutation, acked kit.Answer) {
	t, client := s.t, s.next(1)
	client.Send(s.e.Name, args(m.Args)...)
	payload := client.Next(s.c.ErrorEvent)
	a := kit.Decode[kit.Answer](t, payload)
	t.Expect(a.Code).To(Equal(validationError), "code of the event %s of %s with %s: %s", s.c.ErrorEvent, s.e.Name, m.Name, payload)
	t.Expect(a.Event).To(Equal(s.e.Name), "event of the event %s of %s with %s", s.c.ErrorEvent, s.e.Name, m.Name)
	t.Expect(a.Message).To(Equal(acked.Error), "message of the event %s, beside the text of the same failure in an acknowledgement", s.c.ErrorEvent)
	if why := unlike(m, found(a)); why != "" {
		t.Fatalf("the event %s of %s with %s: %s\nin %s", s.c.ErrorEvent, s.e.Name, m.Name, why, payload)
	}
}

// unlike says in which way the violations that a failure names are not those of
// the mutation, "" where they are. Whether what is of a wrong type breaks the
// other keywords of its place too is a matter of taste.
func unlike(m contract.Mutation, found []contract.Violation) string {
	for _, want := range m.Want {
		if !slices.Contains(found, want) {
			return fmt.Sprintf("details do not name %q", want)
		}
	}
	for _, v := range found {
		wrongType := slices.Contains(m.Want, contract.Violation{Path: v.Path, Keyword: "type"})
		if !wrongType && !slices.Contains(m.Want, v) {
			return fmt.Sprintf("details name %q, which is not broken", v)
		}
	}
	return ""
}

// found are the violations that an answer names.
func found(a kit.Answer) []contract.Violation {
	all := make([]contract.Violation, len(a.Details))
	for i, d := range a.Details {
		all[i] = contract.Violation{Path: d.Path, Keyword: d.Keyword}
	}
	return all
}
