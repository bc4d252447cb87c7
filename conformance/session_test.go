package conformance

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/parlance-dev/parlance/conformance/contract"
	"github.com/parlance-dev/parlance/conformance/kit"
	"github.com/parlance-dev/parlance/conformance/report"
)

func TestCheckOptions(t *testing.T) {
	for name, tt := range map[string]struct {
		o    Options
		want string // "" where the options are good
	}{
		"nothing said":  {Options{}, ""},
		"all good":      {Options{Transports: []string{"upgrade"}, Cases: []string{"rooms/*"}, LabelFilter: "section-3 && !slow"}, ""},
		"transport":     {Options{Transports: []string{"carrier"}}, `no transport "carrier"; there are websocket, polling, upgrade`},
		"case pattern":  {Options{Cases: []string{"rooms/["}}, `case "rooms/["`},
		"label filter":  {Options{LabelFilter: "a && ("}, "label filter"},
		"label filters": {Options{LabelFilter: "a b"}, ""},
	} {
		err := tt.o.Check()
		switch {
		case tt.want == "" && err != nil:
			t.Errorf("%s: %v", name, err)
		case tt.want != "" && (!errors.Is(err, ErrOptions) || !strings.Contains(err.Error(), tt.want)):
			t.Errorf("%s: %v, want %s", name, err, tt.want)
		}
	}
}

func TestChosenCases(t *testing.T) {
	limit := kit.Case{ID: "http/rate-limit", Needs: []kit.Need{kit.NeedHTTPLimit}}
	join := kit.Case{ID: "rooms/join"}
	for name, tt := range map[string]struct {
		o    Options
		c    kit.Case
		want bool
	}{
		"all":                     {Options{}, join, true},
		"named":                   {Options{Cases: []string{"a/b", "rooms/*"}}, join, true},
		"not named":               {Options{Cases: []string{"rooms/l*", "rooms"}}, join, false},
		"limit not asked for":     {Options{}, limit, false},
		"limit asked for":         {Options{HTTPLimit: true}, limit, true},
		"limit named, not wanted": {Options{Cases: []string{"http/*"}}, limit, false},
	} {
		s := &session{options: tt.o}
		if got := s.chosen(tt.c); got != tt.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestLabels(t *testing.T) {
	c := kit.Case{ID: "rooms/limit", Section: "3 Rooms", Labels: []string{"slow"}}
	for want, cell := range map[string]report.Cell{
		"rooms section-3 slow js polling": {Client: "js", Transport: "polling"},
		"rooms section-3 slow once":       {},
	} {
		if got := strings.Join(labels(c, cell), " "); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}

// TestNeedsAreTold: what a run can't do is skipped with a reason.
func TestNeedsAreTold(t *testing.T) {
	s := &session{env: &kit.Env{}}
	for _, need := range []kit.Need{kit.NeedControl, kit.NeedSmallDisk} {
		out := s.exec(t.Context(), kit.Cell{}, kit.Case{Needs: []kit.Need{need}, Run: func(*kit.T) { t.Errorf("%s: it runs", need) }})
		if out.Skip == "" {
			t.Errorf("%s: no reason", need)
		}
	}
}

func TestSkipsAreProblemsWhereAskedFor(t *testing.T) {
	r := &report.Report{Cases: []report.Case{{ID: "stop/exit", Results: []report.Result{
		{State: report.Skipped, Skip: "no control"}, {State: report.Passed},
	}}}}
	refuseSkips(r)
	if want := []string{"skipped: -/-/stop/exit: no control"}; !slices.Equal(r.Problems, want) {
		t.Errorf("problems %q, want %q", r.Problems, want)
	}
}

// TestCoverageOfAWholeRun: a run of a part is not to blame for the rest, a
// whole one is, by name, but for what is excused.
func TestCoverageOfAWholeRun(t *testing.T) {
	c, err := contract.Load()
	if err != nil {
		t.Fatal(err)
	}
	problems := func(o Options) []string {
		s := &session{options: o, contract: c, coverage: contract.NewCoverage(c), env: &kit.Env{}}
		s.coverage.ClientEvent("ping")
		r := &report.Report{}
		s.judgeCoverage(r)
		return r.Problems
	}
	if got := problems(Options{Cases: []string{"rooms/*"}}); len(got) != 0 {
		t.Errorf("problems of a part: %q", got)
	}
	got := problems(Options{})
	if !slices.Contains(got, "not exercised: client events: join_room") {
		t.Errorf("join_room is not missed in %q", got)
	}
	for _, not := range []string{"client events: ping", "error codes: EVENT_ERROR"} {
		if slices.Contains(got, "not exercised: "+not) {
			t.Errorf("%s is missed", not)
		}
	}
}

func TestCasesAreWellFormed(t *testing.T) {
	all, err := Cases(nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(all) < 300 {
		t.Errorf("%d cases", len(all))
	}
	for _, c := range all {
		if area, what, ok := strings.Cut(c.ID, "/"); !ok || area == "" || what == "" || strings.ContainsAny(c.ID, " *\t") {
			t.Errorf("case id %q", c.ID)
		}
		if c.Contract == "" || c.Section == "" {
			t.Errorf("%s says nothing", c.ID)
		}
	}
}
