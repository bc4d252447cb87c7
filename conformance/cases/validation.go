package cases

import (
	"fmt"
	"slices"
	"strings"

	. "github.com/onsi/gomega" //nolint:staticcheck // the words of assertions

	"github.com/parlance-dev/parlance/conformance/contract"
	"github.com/parlance-dev/parlance/conformance/kit"
)

// perSocket is how many events a case sends on one socket: below the limit.
const perSocket = 8

// validation makes its cases from the document: every example and every edge is
// taken, and what breaks a constraint is refused with its path and keyword.
func validation(c *contract.Contract) []kit.Case {
	const section = "4 Client events"
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
				Run:      func(t *kit.T) { refused(t, c, e.Name, one) },
			})
		}
	}
	return all
}

func constraintsOf(c *contract.Contract, event string) []contract.Constraint {
	return slices.DeleteFunc(c.Constraints(), func(one contract.Constraint) bool { return one.Event != event })
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

// accepted sends what the event must take.
func accepted(t *kit.T, c *contract.Contract, e *contract.ClientEvent) {
	sockets := fresh(t)
	for _, example := range e.Examples {
		sockets().OK(e.Name, example)
	}
	for _, edge := range c.Boundaries(e.Name) {
		a := sockets().Call(e.Name, args(edge.Args)...)
		if !a.Success {
			t.Fatalf("%s: %s is refused: %s", e.Name, edge.Name, a.Raw)
		}
	}
}

// refused sends what breaks the constraint. The plainest of it is sent without a
// callback too: failures take the same way from there on.
func refused(t *kit.T, c *contract.Contract, event string, one contract.Constraint) {
	sockets, told := fresh(t), false
	for _, m := range c.Mutations(event) {
		if m.Constraint != one.ID {
			continue
		}
		a := sockets().Call(event, args(m.Args)...)
		t.Coverage.Constraint(one.ID)
		t.Expect(a.Code).To(Equal("VALIDATION_ERROR"), "%s with %s: %s", event, m.Name, a.Raw)
		if why := unlike(m, found(a)); why != "" {
			t.Fatalf("%s with %s: %s\nin %s", event, m.Name, why, a.Raw)
		}
		t.Expect(a.Error).NotTo(BeEmpty())
		if !told {
			told = true
			toldByEvent(t, sockets(), event, m, a)
		}
	}
}

// toldByEvent sends what was refused in an acknowledgement without asking for one.
func toldByEvent(t *kit.T, c *kit.Client, event string, m contract.Mutation, acked kit.Answer) {
	c.Send(event, args(m.Args)...)
	a := c.Failure()
	t.Expect(a.Code).To(Equal("VALIDATION_ERROR"), "code of the event error of %s with %s: %s", event, m.Name, a.Raw)
	t.Expect(a.Event).To(Equal(event), "event of the event error of %s with %s", event, m.Name)
	t.Expect(a.Message).To(Equal(acked.Error), "message of the event error, beside the text of the same failure in an acknowledgement")
	if why := unlike(m, found(a)); why != "" {
		t.Fatalf("the event error of %s with %s: %s\nin %s", event, m.Name, why, a.Raw)
	}
}

// fresh returns a function that returns a socket with events left in its window.
func fresh(t *kit.T) func() *kit.Client {
	var c *kit.Client
	sent := 0
	return func() *kit.Client {
		if sent%perSocket == 0 {
			c = t.ConnectUser(t.User())
		}
		sent++
		return c
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
