package diag

import "testing"

func TestDidYouMean(t *testing.T) {
	known := []string{"summary", "description", "tags", "to"}
	for name, want := range map[string]string{
		"summry": "summary", "smumary": "summary", "Summary": "summary",
		"tag": "tags", "tgas": "tags", "ot": "to", "x": "", "something": "", "": "",
	} {
		if got := Nearest(name, known); got != want {
			t.Errorf("%q: got %q, want %q", name, got, want)
		}
	}
	if got := DidYouMean("summry", known); got != `: did you mean "summary"?` {
		t.Errorf("got %s", got)
	}
}
