package contract

import (
	"slices"
	"strings"
	"testing"
)

// TestBoundariesAreValid: what a backend is blamed for refusing has to be right.
func TestBoundariesAreValid(t *testing.T) {
	c := loaded(t)
	names := map[string]bool{}
	for _, e := range c.payloads() {
		for _, b := range c.Boundaries(e.Name) {
			if b.Event != e.Name || names[b.Name] || !strings.HasPrefix(b.Name, e.Name) {
				t.Errorf("%s of %s: a name that is not its own", b.Name, e.Name)
			}
			names[b.Name] = true
			switch len(b.Args) {
			case 0:
				if !e.PayloadOptional {
					t.Errorf("%s: no argument", b.Name)
				}
			case 1:
				if err := e.Payload.Check(b.Args[0]); err != nil {
					t.Errorf("%s: %v", b.Name, err)
				}
			default:
				t.Errorf("%s: %d arguments", b.Name, len(b.Args))
			}
		}
	}
}

// TestBoundariesHaveTheEdges: the candidates are sifted by the engine; these may
// not fall through.
func TestBoundariesHaveTheEdges(t *testing.T) {
	c := loaded(t)
	for event, wants := range map[string][]string{
		"ping": {
			``, `null`, `{}`, `{"timestamp":0}`, `{"timestamp":1.0}`, `{"timestamp":-9007199254740991}`, `{"timestamp":9007199254740991}`,
		},
		"join_room": {
			`{"room":"a"}`, `{"room":"` + strings.Repeat("a", 128) + `"}`,
			`{"room":"-.0123456789:ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz"}`,
		},
		"leave_room": {`{"room":"a"}`, `{"room":"` + strings.Repeat("a", 128) + `"}`},
		"send_message": {
			`{"content":"a","to":"a"}`, `{"content":"😀","to":"a"}`, `{"content":" ","to":"a"}`,
			`{"content":"` + strings.Repeat("😀", 1000) + `","to":"a"}`,
			`{"content":"` + strings.Repeat("é", 1000) + `","to":"a"}`,
			`{"content":"` + strings.Repeat(" ", 1000) + `","to":"a"}`,
			`{"content":"a","to":"` + strings.Repeat("😀", 128) + `"}`,
			`{"clientOffset":"a","content":"a","to":"a"}`,
			`{"clientOffset":"` + strings.Repeat("😀", 64) + `","content":"a","to":"a"}`,
			`{"content":"a","to":"a","type":"text"}`, `{"content":"a","to":"a","type":"image"}`, `{"content":"a","to":"a","type":"file"}`,
			`{"clientOffset":"a","content":"a","to":"a","type":"text"}`,
		},
		"user_action": {`{"action":"a"}`, `{"action":"` + strings.Repeat("😀", 100) + `"}`, `{"action":"a","data":{}}`},
		Connect:       {`{}`, `{"serverOffset":"0AAAAAAAAAAAAAAAAAAAAAAAAA"}`},
	} {
		for _, want := range wants {
			if !slices.ContainsFunc(c.Boundaries(event), func(b Boundary) bool {
				return len(b.Args) == 0 && want == "" || len(b.Args) == 1 && string(b.Args[0]) == want
			}) {
				t.Errorf("%s: no boundary sends %s", event, shorten(want))
			}
		}
	}
}

// TestBoundariesLeaveTheTokenAlone: the case puts a good one there.
func TestBoundariesLeaveTheTokenAlone(t *testing.T) {
	for _, b := range loaded(t).Boundaries(Connect) {
		if strings.Contains(string(b.Args[0]), `"token"`) {
			t.Errorf("%s sends %s", b.Name, b.Args[0])
		}
	}
}
