package contract

import (
	"bytes"
	"encoding/json"
	"errors"
	"path"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/santhosh-tekuri/jsonschema/v5"
)

// TestEveryConstraintHasAMutation: a constraint that nothing breaks is one that
// no run has tested.
func TestEveryConstraintHasAMutation(t *testing.T) {
	c := loaded(t)
	broken, names := map[string]int{}, map[string]bool{}
	for _, e := range c.payloads() {
		sent := map[string]string{}
		for _, m := range c.Mutations(e.Name) {
			broken[m.Constraint]++
			if m.Event != e.Name || names[m.Name] || !strings.HasPrefix(m.Name, m.Constraint+": ") {
				t.Errorf("%s of %s: a name that is not its own", m.Name, e.Name)
			}
			names[m.Name] = true
			text := shortArgs(m.Args)
			if other, twice := sent[text]; twice && len(text) < maxShown {
				t.Errorf("%s sends the same as %s", m.Name, other)
			}
			sent[text] = m.Name
		}
	}
	for _, k := range c.Constraints() {
		if broken[k.ID] == 0 {
			t.Errorf("%s: no mutation", k.ID)
		}
		delete(broken, k.ID)
	}
	if len(broken) > 0 {
		t.Errorf("mutations of constraints that are none: %v", broken)
	}
}

// TestMutationsAreSingleFaults asks the schema engine itself, not this package's
// reading of it: one leaf, at the place and by the keyword that was said.
func TestMutationsAreSingleFaults(t *testing.T) {
	c := loaded(t)
	for _, e := range c.payloads() {
		for _, m := range c.Mutations(e.Name) {
			if len(m.Want) != 1 {
				t.Errorf("%s: wants %v", m.Name, m.Want)
				continue
			}
			if word := m.Want[0].Keyword; m.Want[0].Path == "" && (word == "minItems" || word == "maxItems") {
				if tooFew, tooMany := len(m.Args) == 0, len(m.Args) > 1; tooFew != (word == "minItems") || tooMany != (word == "maxItems") {
					t.Errorf("%s: %d arguments", m.Name, len(m.Args))
				}
				continue
			}
			if len(m.Args) != 1 {
				t.Errorf("%s: %d arguments", m.Name, len(m.Args))
				continue
			}
			checkSingleFault(t, e.Payload.compiled, m)
		}
	}
}

func checkSingleFault(t *testing.T, schema *jsonschema.Schema, m Mutation) {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(m.Args[0]))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		t.Errorf("%s: %v", m.Name, err)
		return
	}
	var invalid *jsonschema.ValidationError
	if err := schema.Validate(v); !errors.As(err, &invalid) {
		t.Errorf("%s: valid, or no answer: %v", m.Name, err)
		return
	}
	for len(invalid.Causes) == 1 {
		invalid = invalid.Causes[0]
	}
	if len(invalid.Causes) > 1 {
		t.Errorf("%s: several faults: %#v", m.Name, invalid)
		return
	}
	want := m.Want[0]
	at, name := want.Path, ""
	if want.Keyword == "required" || want.Keyword == "additionalProperties" {
		at, name = path.Dir(want.Path), want.Path[strings.LastIndexByte(want.Path, '/')+1:]
		at = strings.TrimSuffix(at, "/")
		name = "'" + strings.NewReplacer("~1", "/", "~0", "~").Replace(name) + "'"
	}
	if path.Base(invalid.KeywordLocation) != want.Keyword || invalid.InstanceLocation != at {
		t.Errorf("%s: breaks %s at %q", m.Name, invalid.KeywordLocation, invalid.InstanceLocation)
	}
	if name != "" && (!strings.Contains(invalid.Message, name) || strings.Contains(invalid.Message, "', '")) {
		t.Errorf("%s: the engine says %s", m.Name, invalid.Message)
	}
}

// TestMutationsHaveTheEdges: the candidates are sifted by the engine; these may
// not fall through.
func TestMutationsHaveTheEdges(t *testing.T) {
	c := loaded(t)
	has := func(event, name string) {
		t.Helper()
		if !slices.ContainsFunc(c.Mutations(event), func(m Mutation) bool { return m.Name == name }) {
			t.Errorf("no mutation %q", name)
		}
	}
	for _, room := range []string{"join_room", "leave_room"} {
		for _, label := range []string{"a blank", "a letter beyond ASCII", "a new line at the end", "a new line at the start", "a bad line after a good one", "a NUL", "a digit beyond ASCII"} {
			has(room, room+" /room pattern: "+label)
		}
		has(room, room+" /room maxLength: ASCII letters")
	}
	for _, at := range []string{"send_message /to", "send_message /content", "send_message /clientOffset", "user_action /action"} {
		event, _, _ := strings.Cut(at, " ")
		for _, label := range []string{
			"ASCII letters", "emoji of 4 bytes and 2 UTF-16 units", "letters of 2 bytes", "letters with combining accents",
			"emoji joined to families", "blanks", "a blank at the end", "a blank at the start",
		} {
			has(event, at+" maxLength: "+label)
		}
		has(event, at+" minLength: empty")
		for _, label := range []string{"null", "true", "7", "[]", "{}", "false", "0", "1.5", `["a"]`, `{"toString":"a"}`} {
			has(event, at+" type: "+label)
		}
	}
	for _, label := range []string{"null", "true", `"a"`, "[]", "{}", "1.5", `"7"`, `"0"`, "[0]"} {
		has("ping", "ping /timestamp type: "+label)
	}
	for _, label := range []string{"no such value", "other case of text", "a blank after file", "constructor", "__proto__", "an empty text"} {
		has("send_message", "send_message /type enum: "+label)
	}
	for _, e := range c.ClientEvents {
		for _, label := range []string{"an unknown property", "an unknown property that is null", "/ and ~ in the name", "__proto__", "an empty name"} {
			has(e.Name, e.Name+" additionalProperties: "+label)
		}
		has(e.Name, e.Name+" maxItems: null after the payload")
	}
	has("ping", "ping /timestamp minimum: one less")
	has("ping", "ping /timestamp maximum: one more")
	has("join_room", "join_room minItems: no argument")
	has(Connect, Connect+" /serverOffset pattern: other case")
	has(Connect, Connect+" /serverOffset pattern: an empty text")
	has(Connect, Connect+" /serverOffset type: null")
	has(Connect, Connect+" /token type: 7")
	has(Connect, Connect+` type: "a"`)
}

// TestOwnProperty: __proto__ has to arrive as a property of its own, by that name.
func TestOwnProperty(t *testing.T) {
	for _, m := range loaded(t).Mutations("join_room") {
		if m.Name == "join_room additionalProperties: __proto__" {
			if got, want := string(m.Args[0]), `{"__proto__":{"admin":true},"room":"a"}`; got != want {
				t.Errorf("sends %s, want %s", got, want)
			}
			if want := (Violation{"/__proto__", "additionalProperties"}); m.Want[0] != want {
				t.Errorf("wants %v", m.Want)
			}
		}
	}
}

// TestConnectSendsWhatAClientCan: null and numbers do not travel as auth.
func TestConnectSendsWhatAClientCan(t *testing.T) {
	for _, m := range loaded(t).Mutations(Connect) {
		if text := string(m.Args[0]); text == "null" || strings.Trim(text, "0123456789.") == "" {
			t.Errorf("%s sends %s", m.Name, text)
		}
		_, has := lookup(asTree(t, m.Args[0]), "/token")
		if (has == nil) != strings.HasPrefix(m.Name, "connect /token") {
			t.Errorf("%s: a token of its own: %s", m.Name, m.Args[0])
		}
	}
}

func asTree(t *testing.T, text json.RawMessage) any {
	t.Helper()
	v, err := parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// TestConfusionsShow: each of these is how a real backend gets the content of a
// message wrong; mutations or boundaries have to tell it from a right one.
func TestConfusionsShow(t *testing.T) {
	c := loaded(t)
	atMost := func(n int) bool { return n >= 1 && n <= 1000 }
	accepts := map[string]func(string) bool{
		"right":             func(s string) bool { return atMost(utf8.RuneCountInString(s)) },
		"counts bytes":      func(s string) bool { return atMost(len(s)) },
		"counts UTF-16":     func(s string) bool { return atMost(len(utf16.Encode([]rune(s)))) },
		"counts characters": func(s string) bool { return atMost(characters(s)) },
		"trims first":       func(s string) bool { return atMost(utf8.RuneCountInString(strings.TrimSpace(s))) },
		"one less":          func(s string) bool { n := utf8.RuneCountInString(s); return n >= 1 && n < 1000 },
		"one more":          func(s string) bool { n := utf8.RuneCountInString(s); return n >= 1 && n <= 1001 },
		"empty is fine":     func(s string) bool { return utf8.RuneCountInString(s) <= 1000 },
		"anything is fine":  func(string) bool { return true },
		"nothing is fine":   func(string) bool { return false },
	}
	for name, accept := range accepts {
		shown := 0
		for _, m := range c.Mutations("send_message") {
			if content, ok := contentOf(t, m.Args); ok && m.Want[0].Path == "/content" && accept(content) {
				shown++
			}
		}
		for _, b := range c.Boundaries("send_message") {
			if content, ok := contentOf(t, b.Args); ok && !accept(content) {
				shown++
			}
		}
		if (shown == 0) != (name == "right") {
			t.Errorf("a backend that %s shows %d times", name, shown)
		}
	}
}

// characters counts roughly what people see: marks and joiners, and what they
// join, do not count.
func characters(s string) int {
	n, joined := 0, false
	for _, r := range s {
		switch {
		case r == '\u0301', r == '\u200d':
			joined = r == '\u200d'
			continue
		case !joined:
			n++
		}
		joined = false
	}
	return n
}

func contentOf(t *testing.T, args []json.RawMessage) (string, bool) {
	t.Helper()
	if len(args) != 1 {
		return "", false
	}
	content, err := lookup(asTree(t, args[0]), "/content")
	text, ok := content.(string)
	return text, ok && err == nil
}
