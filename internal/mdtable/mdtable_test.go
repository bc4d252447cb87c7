package mdtable

import "testing"

func TestTable(t *testing.T) {
	const want = "| A | B |\n|---|---|\n| 1 | x \\| y |\n| 2 |  |\n"
	if got := Table([]string{"A", "B"}, [][]string{{"1", "x | y"}, {"2", ""}}); got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestUpdate(t *testing.T) {
	const begin, end = "<!-- x:begin -->\n", "<!-- x:end -->"
	page := "# x\n" + begin + "old\n" + end + "\nrest\n"
	got, err := Update(page, "x", "new\n")
	if err != nil || got != "# x\n"+begin+"new\n"+end+"\nrest\n" {
		t.Errorf("%s, %v", got, err)
	}
	if again, err := Update(got, "x", "new\n"); err != nil || again != got {
		t.Errorf("not stable: %v", err)
	}
	for _, bad := range []string{"", begin, end, end + begin, page + page} {
		if _, err := Update(bad, "x", "new\n"); err == nil {
			t.Errorf("%q was accepted", bad)
		}
	}
	if _, err := Update(page, "y", "new\n"); err == nil {
		t.Error("marks of another name were accepted")
	}
}
