package report

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// parsed writes the page and reads it as a browser does.
func parsed(t *testing.T, r *Report) (*html.Node, string) {
	t.Helper()
	var b bytes.Buffer
	if err := r.WriteHTML(&b); err != nil {
		t.Fatal(err)
	}
	doc, err := html.Parse(bytes.NewReader(b.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	return doc, b.String()
}

// all returns the elements below n that match.
func all(n *html.Node, match func(*html.Node) bool) []*html.Node {
	var found []*html.Node
	for d := range n.Descendants() {
		if d.Type == html.ElementNode && match(d) {
			found = append(found, d)
		}
	}
	return found
}

func tag(name string) func(*html.Node) bool {
	return func(n *html.Node) bool { return n.Data == name }
}

func class(name string) func(*html.Node) bool {
	return func(n *html.Node) bool {
		for _, c := range strings.Fields(attr(n, "class")) {
			if c == name {
				return true
			}
		}
		return false
	}
}

func attr(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

func content(n *html.Node) string {
	var b strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			b.WriteString(d.Data)
		}
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

func TestHTMLShowsTheMatrix(t *testing.T) {
	r := sample()
	doc, _ := parsed(t, r)
	rows := all(doc, class("case"))
	if len(rows) != len(r.Cases) {
		t.Fatalf("%d rows, want one for each of %d cases", len(rows), len(r.Cases))
	}
	for i, row := range rows {
		c := r.Cases[i]
		if got := content(all(row, tag("code"))[0]); got != c.ID {
			t.Errorf("row %d is %s, want %s", i, got, c.ID)
		}
		cells := all(row, tag("td"))
		if len(cells) != len(c.Results) {
			t.Errorf("%s has %d cells, want %d", c.ID, len(cells), len(c.Results))
			continue
		}
		for j, cell := range cells {
			look := c.Results[j].State.look()
			if got := content(cell); !strings.HasPrefix(got, look.Glyph+look.Words) {
				t.Errorf("%s on %s shows %q, want glyph and words of %s", c.ID, c.Results[j].Cell, got, c.Results[j].State)
			}
		}
	}
}

func TestHTMLFailuresOpen(t *testing.T) {
	doc, _ := parsed(t, sample())
	ids := map[string]*html.Node{}
	for _, n := range all(doc, func(n *html.Node) bool { return attr(n, "id") != "" }) {
		if ids[attr(n, "id")] != nil {
			t.Errorf("two elements have the id %s", attr(n, "id"))
		}
		ids[attr(n, "id")] = n
	}
	links := all(doc, tag("a"))
	if len(links) != 8 { // 4 of rooms/reserved, limit, leave-unknown, replay, too-large
		t.Errorf("%d results lead to what went wrong, want 8", len(links))
	}
	for _, a := range links {
		target := ids[strings.TrimPrefix(attr(a, "href"), "#")]
		if target == nil || target.Data != "details" {
			t.Errorf("%s leads nowhere", attr(a, "href"))
		}
	}
	first := content(all(doc, class("finding"))[0])
	for _, want := range []string{
		"join_room of a reserved room has to be refused", "js/websocket, js/polling, go/websocket",
		`"code": "FORBIDDEN"`, `"room": "admins"`, "cases/rooms.go:41", "Wire on js/websocket", "+0.045s", "→sent",
	} {
		if !strings.Contains(first, want) {
			t.Errorf("the first finding lacks %s: %s", want, first)
		}
	}
}

func TestHTMLTellsTheRest(t *testing.T) {
	r := sample()
	doc, _ := parsed(t, r)
	body := content(doc)
	_, why := r.verdict()
	for _, want := range append(append(r.Notes, r.Problems...),
		"NOT CONFORMING", why, "4 March 2026, 05:06:07 UTC", "2m14.3s", r.Target.Name, r.Target.URL,
		"Missing LIMIT_EXCEEDED RATE_LIMITED", "SOCKET_ERROR only a failing network makes the server send it",
		"needs a backend with JWT_JWKS_URL 6 results", "auth/no-query-fallback on zishang520/websocket and zishang520/polling", "counts the rooms of the server as well",
	) {
		if !strings.Contains(body, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
}

func TestHTMLIsClosedToTheWire(t *testing.T) {
	r := sample()
	r.Target = Target{Kind: hostile, Name: hostile, URL: "javascript:" + hostile}
	r.Notes, r.Problems, r.Version = []string{hostile}, []string{hostile}, hostile
	r.Cells[0].Client = hostile
	for i := range r.Cases {
		c := &r.Cases[i]
		c.ID, c.Section, c.Contract, c.Labels = c.ID+hostile, hostile, hostile, []string{hostile}
		for j := range c.Results {
			c.Results[j].State, c.Results[j].Known = Failed, hostile
			c.Results[j].Failure = &Failure{hostile, "{" + hostile, hostile + "\n" + hostile, hostile}
			c.Results[j].Trace = []Line{{0, hostile, hostile, strings.Repeat(hostile, 9)}}
		}
	}
	r.Coverage[0].Items = []Item{{Name: hostile}, {Name: hostile, Excused: hostile}}
	doc, page := parsed(t, r)
	closed(t, doc)
	for _, char := range page {
		if hidden(char) {
			t.Fatalf("%q is on the page as it came", char)
		}
	}
	if want := "</script><script>alert(1)</script>"; !strings.Contains(content(doc), want) {
		t.Errorf("the text from the wire does not show as text")
	}
}

// closed checks that a page runs our script only and loads nothing.
func closed(t *testing.T, doc *html.Node) {
	t.Helper()
	want, err := assets.ReadFile("assets/page.js")
	if err != nil {
		t.Fatal(err)
	}
	scripts := all(doc, tag("script"))
	if len(scripts) != 1 || scripts[0].FirstChild.Data != string(want) {
		t.Errorf("%d scripts, want ours as it is", len(scripts))
	}
	sum := sha256.Sum256(want)
	policy := all(doc, func(n *html.Node) bool { return attr(n, "http-equiv") == "Content-Security-Policy" })
	if hash := "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"; len(policy) != 1 || !strings.Contains(attr(policy[0], "content"), hash) {
		t.Errorf("the policy does not allow exactly our script, %s", hash)
	}
	for _, n := range all(doc, func(*html.Node) bool { return true }) {
		for _, a := range n.Attr {
			local := strings.HasPrefix(a.Val, "#") || a.Val == "data:,"
			if strings.HasPrefix(a.Key, "on") || a.Key == "src" || a.Key == "href" && !local {
				t.Errorf("<%s %s=%q>", n.Data, a.Key, a.Val)
			}
		}
	}
}

func TestHTMLStaysSmall(t *testing.T) {
	for _, every := range []int{1, 9} {
		doc, page := parsed(t, large(every))
		if len(page) >= 2_000_000 {
			t.Errorf("with each %d. result failing the page has %d bytes", every, len(page))
		}
		if got, want := len(all(doc, class("finding"))), 900/every; got != want {
			t.Errorf("%d findings, want %d: none may be left out", got, want)
		}
		if !strings.Contains(page, "earlier lines are in report.json") || !strings.Contains(page, "report.json has it whole") {
			t.Error("the page does not say that it leaves something out")
		}
	}
}

func TestHTMLOfAnEmptyReport(t *testing.T) {
	doc, _ := parsed(t, &Report{})
	closed(t, doc)
	if body := content(doc); !strings.Contains(body, "nothing ran") || !strings.Contains(body, "No case ran.") {
		t.Errorf("the page says %s", body)
	}
}

func TestHTMLKeepsResultsOfUnlistedCells(t *testing.T) {
	r := &Report{Cases: []Case{{ID: "a/b", Results: []Result{{Cell: Cell{"new", "polling"}, State: Failed}}}}}
	doc, _ := parsed(t, r)
	if n := len(all(doc, class("g-failed"))); n != 3 { // total, cell, finding
		t.Errorf("the failure shows %d times, want 3", n)
	}
}
