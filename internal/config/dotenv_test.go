package config

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

func TestParseFile(t *testing.T) {
	for text, want := range map[string]string{ // the value of A
		`A=pa$$w0rd$HOME${HOME}$(id)\$B`:    `pa$$w0rd$HOME${HOME}$(id)\$B`,
		`A="pa$$w0rd$HOME${HOME}$(id)\$B"`:  `pa$$w0rd$HOME${HOME}$(id)\$B`,
		`A='pa$$w0rd$HOME${HOME}$(id)\$B'`:  `pa$$w0rd$HOME${HOME}$(id)\$B`,
		"HOME=x\nA=$HOME ${HOME}":           "$HOME ${HOME}",
		"A=":                                "",
		"A= ":                               "",
		"A=''":                              "",
		`A=""`:                              "",
		"A= # none":                         "",
		"A=1":                               "1",
		"A=1\n":                             "1",
		"A=1\r\nB=2\r\n":                    "1",
		"B=2\rA=1\r":                        "1",
		"\ufeffA=1":                         "1",
		"  A = 1 2 \t":                      "1 2",
		"export A=1":                        "1",
		"export \t A=1":                     "1",
		"export=7\nA=1":                     "1",
		"A: 1":                              "1",
		"A: 'b c' # d":                      "b c",
		"A=b=c==":                           "b=c==",
		"A=1\nA=2":                          "2",
		"A=1 # one # more":                  "1",
		"A=1\t#":                            "1",
		"A=a#b":                             "a#b",
		"A=http://h/#/x":                    "http://h/#/x",
		"A=#b":                              "#b",
		"A='a # b'":                         "a # b",
		"A='a' # b":                         "a",
		"A='a'# b":                          "a",
		"A='a' # it's":                      "a",
		`A="a" # "b"`:                       "a",
		`A='  a  '`:                         "  a  ",
		`A=it's "so"`:                       `it's "so"`,
		`A='"'`:                             `"`,
		`A="it's"`:                          "it's",
		"A=`it's \"so\"`":                   `it's "so"`,
		`A={"a": "b"}`:                      `{"a": "b"}`,
		`A=a\nb\\`:                          `a\nb\\`,
		`A='a\nb\\'`:                        `a\nb\\`,
		`A="a\nb\r\tc"`:                     "a\nb\r\\tc",
		`A="a\"b"`:                          `a\"b`,
		`A='a\'b'`:                          `a\'b`,
		`A="a\"`:                            `a\`,
		"A=\"C:\\\"\nB=\"y\"":               `C:\`,
		"A='a\n# b\n\nc' # d\nB=1":          "a\n# b\n\nc",
		"A=\"-----BEGIN\r\nx=\r\nEND\"\r\n": "-----BEGIN\nx=\nEND",
		"# A=0\n\n \t\n  # B\nA=1\n\n":      "1",
		"A=ä€\u00a0#x":                      "ä€\u00a0#x",
		"A.b-c=1\n_=2\nA=" + "\x00\xff":     "\x00\xff",
		"A=" + strings.Repeat("x", 1<<17):   strings.Repeat("x", 1<<17),
	} {
		values, line := parseFile(text)
		if got, ok := values["A"]; line != 0 || !ok || got != want {
			t.Errorf("%.99q: %.99q, line %d; want %.99q", text, got, line, want)
		}
	}
	values, line := parseFile("A=\n# x\nexport B='2\n3'\nC=4")
	if want := map[string]string{"A": "", "B": "2\n3", "C": "4"}; line != 0 || !reflect.DeepEqual(values, want) {
		t.Errorf("%v, line %d", values, line)
	}
	if values, line := parseFile(""); values == nil || len(values) != 0 || line != 0 {
		t.Errorf("empty file: %v, line %d", values, line)
	}
}

func TestParseFileRefuses(t *testing.T) {
	for text, want := range map[string]int{
		"A":                    1,
		"export A":             1,
		"=1":                   1,
		"A:1":                  1,
		"1A=1":                 1,
		"A B=1":                1,
		"Ä=1":                  1,
		"~":                    1,
		"A='x":                 1,
		`A="x`:                 1,
		"A=`x":                 1,
		"A='x' y":              1,
		`A="x"y`:               1,
		`A="x" "y`:             1,
		"A=1\n\nB='x\nC=2":     3,
		"A=1\r\n# b\r\n?\r\nC": 3,
		"A='1\n2\n'\nB":        4,
	} {
		if values, line := parseFile(text); line != want || values != nil {
			t.Errorf("%q: %v, line %d; want %d", text, values, line, want)
		}
	}
}

// TestFileIsLiteral: a secret is what the file says, to the letter.
func TestFileIsLiteral(t *testing.T) {
	const secret = "pa$$w0rd$HOME-${JWT_ISSUER}-0123456789"
	for _, quote := range []string{"", "'", `"`, "`"} {
		dir := t.TempDir()
		text := "JWT_ISSUER=me\nHOME=/root\nJWT_SECRET=" + quote + secret + quote + "\n"
		if err := os.WriteFile(filepath.Join(dir, fileName), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		c, err := Load(dir, []string{"HOME=/home"})
		if err != nil {
			t.Fatal(err)
		}
		if got := string(c.JWT.Secret.Reveal()); got != secret {
			t.Errorf("in %q: %q", quote, got)
		}
	}
}

// FuzzParseFile: whatever the file holds, a value written in single quotes
// after what can be read comes out as it went in.
func FuzzParseFile(f *testing.F) {
	f.Add("A=1\n", "pa$$w0rd$HOME")
	f.Add("A=\"\\\"\n", "x # y\n\\n")
	f.Fuzz(func(t *testing.T, text, value string) {
		if _, line := parseFile(text + "\n"); line != 0 || strings.ContainsAny(text+value, "'\"`\r") || strings.HasSuffix(value, `\`) {
			return
		}
		if values, line := parseFile(text + "\nZ='" + value + "'"); line != 0 || values["Z"] != value {
			t.Errorf("%q: %q, line %d", value, values["Z"], line)
		}
	})
}
