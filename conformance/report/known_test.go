package report

import (
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
)

func TestPatterns(t *testing.T) {
	for _, c := range []struct {
		pattern, name string
		want          bool
	}{
		{"js/polling/rooms/join", "js/polling/rooms/join", true},
		{"js/polling/rooms/join", "js/polling/rooms/joins", false},
		{"js/polling/rooms/join", "js/polling/rooms/join/more", false},
		{"*/*/rooms/join", "js/polling/rooms/join", true},
		{"*/*/rooms/join", "-/-/rooms/join", true},
		{"-/-/http/*", "-/-/http/too-large", true},
		{"-/-/http/*", "js/polling/http/too-large", false},
		{"zishang*/polling/rooms/*", "zishang520/polling/rooms/join", true},
		{"*520/polling/rooms/j*n", "zishang520/polling/rooms/join", true},
		{"zishang*/polling/rooms/*", "js/polling/rooms/join", false},
		{"js/*/join/x", "js/polling/rooms/join/x", false}, // * never spans elements
		{"**", "js/polling/rooms/join", true},
		{"js/**", "js/polling/rooms/join", true},
		{"js/**", "go/polling/rooms/join", false},
		{"**/join", "js/polling/rooms/join", true},
		{"js/**/join", "js/polling/rooms/join", true},
		{"js/**/join", "js/polling/rooms/leave", false},
		{"js/**/polling/rooms/join", "js/polling/rooms/join", true}, // ** may stand for none
		{"**/rooms/**", "js/polling/rooms/join", true},
		{"**/rooms/**/**", "js/polling/rooms", true},
		{"js/polling/rooms/j.in", "js/polling/rooms/join", false},
	} {
		p, err := parsePattern(c.pattern)
		if err != nil {
			t.Errorf("%s: %v", c.pattern, err)
			continue
		}
		if got := p.matches(strings.Split(c.name, "/")); got != c.want {
			t.Errorf("%s matches %s: %v", c.pattern, c.name, got)
		}
	}
}

func TestParseKnownErrors(t *testing.T) {
	for _, c := range []struct{ list, want string }{
		{"a//b/c", "k.txt:1: pattern a//b/c has an empty element"},
		{"/a/b/c/d", "k.txt:1: pattern /a/b/c/d has an empty element"},
		{"\n# why\nrooms/join", "k.txt:3: pattern rooms/join has 2 elements, a name is client/transport/area/what"},
		{"a/b/c/**d", "k.txt:1: pattern a/b/c/**d: ** is an element of its own, in **d it has company"},
		{"a/b/c/d e", `k.txt:1: pattern "a/b/c/d e" holds ' ', which no case's name has`},
		{"a/b/c/[d]", `k.txt:1: pattern "a/b/c/[d]" holds '[', which no case's name has`},
		{"flaky:", "k.txt:1: flaky: has no pattern"},
		{"**/x\n\nflaky: **/x", "k.txt:3: pattern **/x is on line 1 already"},
		{"x\n**/y\nz/", "k.txt:1: pattern x has 1 element, a name is client/transport/area/what\nk.txt:3: pattern z/ has an empty element"},
	} {
		k, err := ParseKnown("k.txt", strings.NewReader(c.list))
		if err == nil || err.Error() != c.want || k != nil {
			t.Errorf("%q: error %v, want %s", c.list, err, c.want)
		}
	}
	broken := errors.New("broken")
	_, err := ParseKnown("k.txt", io.MultiReader(strings.NewReader("**/a\n"), iotest.ErrReader(broken)))
	if !errors.Is(err, broken) || !strings.HasPrefix(err.Error(), "k.txt:2: read: ") {
		t.Errorf("error %v, want that of the reader at line 2", err)
	}
}

// run returns a report of one result a state, named a/0, a/1 … on js/polling.
func run(states ...State) *Report {
	r := &Report{}
	for i, s := range states {
		r.Cases = append(r.Cases, Case{ID: "a/" + string(rune('0'+i)), Results: []Result{{Cell: Cell{"js", "polling"}, State: s}}})
	}
	return r
}

func TestApply(t *testing.T) {
	for name, c := range map[string]struct {
		list     string
		filtered bool
		in, out  []State
		problems []string
	}{
		"failing fails":      {list: "**/a/0", in: []State{Failed, Failed}, out: []State{KnownFailing, Failed}},
		"failing passes":     {list: "**/a/0", in: []State{Passed, Passed}, out: []State{Fixed, Passed}},
		"some of many":       {list: "js/**", in: []State{Failed, Passed, Skipped}, out: []State{KnownFailing, Fixed, Skipped}},
		"flaky fails":        {list: "flaky: **/a/0", in: []State{Failed, Failed}, out: []State{KnownFlaky, Failed}},
		"flaky passes":       {list: "flaky:**/a/0", in: []State{Passed}, out: []State{Passed}},
		"both lists":         {list: "js/**\nflaky: **/a/1", in: []State{Failed, Passed}, out: []State{KnownFailing, Passed}},
		"both, flaky first":  {list: "flaky: **/a/1\njs/**", in: []State{Failed, Failed}, out: []State{KnownFailing, KnownFlaky}},
		"matches nothing":    {list: "# why\n**/b/0", in: []State{Passed}, out: []State{Passed}, problems: []string{"k.txt:2: known failure **/b/0 matches no case"}},
		"only skipped":       {list: "**/a/0", in: []State{Skipped}, out: []State{Skipped}, problems: []string{"k.txt:1: known failure **/a/0 matches only cases that were skipped"}},
		"skipped and ran":    {list: "**", in: []State{Skipped, Failed}, out: []State{Skipped, KnownFailing}},
		"filtered, nothing":  {list: "**/b/0", filtered: true, in: []State{Passed}, out: []State{Passed}},
		"filtered, skipped":  {list: "**/a/0", filtered: true, in: []State{Skipped}, out: []State{Skipped}},
		"filtered, failing":  {list: "**/a/0", filtered: true, in: []State{Failed, Skipped}, out: []State{KnownFailing, Skipped}},
		"flaky, unused":      {list: "flaky: **/b/0", in: []State{Passed}, out: []State{Passed}, problems: []string{"k.txt:1: known failure **/b/0 matches no case"}},
		"empty list":         {list: "\n  # nothing\n", in: []State{Failed}, out: []State{Failed}},
		"a state of no list": {list: "**", in: []State{"odd", Failed}, out: []State{"odd", KnownFailing}},
	} {
		k, err := ParseKnown("k.txt", strings.NewReader(c.list))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		r := run(c.in...)
		k.Apply(r, c.filtered)
		for i, want := range c.out {
			if got := r.Cases[i].Results[0].State; got != want {
				t.Errorf("%s: case %d is %s, want %s", name, i, got, want)
			}
		}
		if !slices.Equal(r.Problems, c.problems) {
			t.Errorf("%s: problems %q, want %q", name, r.Problems, c.problems)
		}
	}
	var none *Known
	none.Apply(run(Failed), false) // a run without a list
}

func TestReasons(t *testing.T) {
	k, err := ParseKnown("k.txt", strings.NewReader(`
# the list of a backend

# it counts the rooms
# of the server as well
**/a/0

**/a/1   # cuts the replay
**/a/2
`))
	if err != nil {
		t.Fatal(err)
	}
	r := run(Failed, Failed, Failed)
	k.Apply(r, false)
	for i, want := range []string{"k.txt:6: it counts the rooms of the server as well", "k.txt:8: cuts the replay", "k.txt:9"} {
		if got := r.Cases[i].Results[0].Known; got != want {
			t.Errorf("case %d is known by %q, want %q", i, got, want)
		}
	}
}

func TestCaseName(t *testing.T) {
	if got := (Cell{"js", "polling"}).CaseName("rooms/join"); got != "js/polling/rooms/join" {
		t.Error(got)
	}
	if got := (Cell{}).CaseName("http/cors"); got != "-/-/http/cors" {
		t.Error(got)
	}
}
