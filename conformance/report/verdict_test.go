package report

import "testing"

func TestVerdict(t *testing.T) {
	with := func(r *Report, problems ...string) *Report {
		r.Problems = problems
		return r
	}
	twice := run(Failed, Passed, Fixed)
	twice.Cases[0].Results = append(twice.Cases[0].Results, Result{State: Failed}, Result{State: Fixed})
	for _, c := range []struct {
		r    *Report
		want string
	}{
		{run(Passed, Skipped), "CONFORMING"},
		{run(Passed, KnownFailing), "CONFORMING but for 1 known failure"},
		{run(KnownFlaky, KnownFailing), "CONFORMING but for 2 known failures"},
		{run(Failed, Passed, Skipped), "NOT CONFORMING: 1 of 2 cases failed"},
		{twice, "NOT CONFORMING: 1 of 3 cases failed, 1 case passed that should fail as known"},
		{run(State("odd")), "NOT CONFORMING: 1 of 1 case failed"},
		{with(run(Passed), "a", "b"), "NOT CONFORMING: 2 problems"},
		{with(run(Failed, Failed), "a"), "NOT CONFORMING: 2 of 2 cases failed, 1 problem"},
		{run(Skipped), "NOT CONFORMING: nothing ran"},
		{&Report{}, "NOT CONFORMING: nothing ran"},
	} {
		if got := c.r.Verdict(); got != c.want {
			t.Errorf("verdict %q, want %q", got, c.want)
		}
		if got, want := c.r.Conforming(), c.want[0] == 'C'; got != want {
			t.Errorf("%s: conforming is %v", c.want, got)
		}
	}
}
