package golang

import (
	"fmt"
	"regexp/syntax"
	"slices"
	"strings"
	"unicode"

	"github.com/parlance-dev/parlance/generator/model"
)

// patterns are the regular expressions of a contract, each once.
type patterns struct {
	names map[string]string // expression to the variable's name
	order []string
}

func newPatterns() *patterns { return &patterns{names: map[string]string{}} }

// add takes an expression.
func (ps *patterns) add(expr string) {
	if _, ok := ps.names[expr]; !ok {
		ps.order = append(ps.order, expr)
		ps.names[expr] = fmt.Sprintf("pattern%d", len(ps.order))
	}
}

// planPatterns takes the expressions of a type and of what is written in place
// inside it.
func (p *plan) planPatterns(t *model.Type) {
	if t.Pattern != "" && formOf(t) != formNull {
		p.patterns.add(t.Pattern)
	}
	for _, f := range t.Fields {
		p.planInner(f.Type)
	}
	for _, e := range t.Tuple {
		p.planInner(e)
	}
	p.planInner(t.Items)
	p.planInner(t.Values)
}

func (p *plan) planInner(t *model.Type) {
	if t != nil && p.lookup(t) == nil {
		p.planPatterns(t)
	}
}

// print declares the variables.
func (ps *patterns) print(s *source) {
	for _, expr := range ps.order {
		name := ps.names[expr]
		runs, ok := compile(expr)
		if !ok {
			s.p("// %s is compiled once.", name)
			s.p("var %s = regexp.MustCompile(%s)", name, quoted(expr))
			s.p("")
			continue
		}
		s.p("// %s is %s", name, expr)
		s.p("var %s = wire.Pattern{", name)
		for _, r := range runs {
			s.p("{Low: %#x, High: %#x, Min: %d, Max: %d},", r.low, r.high, r.min, r.max)
		}
		s.p("}")
		s.p("")
	}
}

// run is a wire.Run: characters of a set, as many as possible.
type run struct {
	low, high uint64
	min, max  int
}

func (r run) overlaps(o run) bool { return r.low&o.low != 0 || r.high&o.high != 0 }

// compile turns an expression into runs. It is false for one that they cannot
// express: then an engine is needed.
func compile(expr string) ([]run, bool) {
	re, err := syntax.Parse(expr, syntax.Perl)
	if err != nil {
		return nil, false
	}
	parts := flatten(re)
	if len(parts) < 2 || parts[0].Op != syntax.OpBeginText || parts[len(parts)-1].Op != syntax.OpEndText {
		return nil, false
	}
	var runs []run
	for _, part := range parts[1 : len(parts)-1] {
		more, ok := runsOf(part)
		if !ok {
			return nil, false
		}
		runs = append(runs, more...)
	}
	return join(runs), greedy(runs)
}

// flatten returns the parts of a concatenation.
func flatten(re *syntax.Regexp) []*syntax.Regexp {
	switch re.Op {
	case syntax.OpConcat:
		var out []*syntax.Regexp
		for _, sub := range re.Sub {
			out = append(out, flatten(sub)...)
		}
		return out
	case syntax.OpCapture:
		return flatten(re.Sub[0])
	default:
		return []*syntax.Regexp{re}
	}
}

// runsOf compiles one part.
func runsOf(re *syntax.Regexp) ([]run, bool) {
	switch re.Op {
	case syntax.OpEmptyMatch:
		return nil, true
	case syntax.OpLiteral:
		return literalRuns(re)
	case syntax.OpCharClass:
		r, ok := classRun(re)
		return []run{r}, ok
	case syntax.OpStar, syntax.OpPlus, syntax.OpQuest, syntax.OpRepeat:
	default:
		return nil, false
	}
	inner, ok := runsOf(single(re.Sub[0]))
	if !ok || len(inner) != 1 || inner[0].min != 1 || inner[0].max != 1 {
		return nil, false
	}
	r := inner[0]
	switch re.Op {
	case syntax.OpStar:
		r.min, r.max = 0, -1
	case syntax.OpPlus:
		r.max = -1
	case syntax.OpQuest:
		r.min = 0
	default:
		r.min, r.max = re.Min, re.Max
	}
	return []run{r}, true
}

// single takes a group of one thing apart.
func single(re *syntax.Regexp) *syntax.Regexp {
	for re.Op == syntax.OpCapture {
		re = re.Sub[0]
	}
	return re
}

func literalRuns(re *syntax.Regexp) ([]run, bool) {
	var out []run
	for _, c := range re.Rune {
		if c >= 128 || re.Flags&syntax.FoldCase != 0 && unicode.IsLetter(c) {
			return nil, false
		}
		r := run{min: 1, max: 1}
		r.set(c)
		out = append(out, r)
	}
	return out, true
}

func classRun(re *syntax.Regexp) (run, bool) {
	r := run{min: 1, max: 1}
	for i := 0; i < len(re.Rune); i += 2 {
		if re.Rune[i+1] >= 128 {
			return r, false
		}
		for c := re.Rune[i]; c <= re.Rune[i+1]; c++ {
			r.set(c)
		}
	}
	return r, true
}

func (r *run) set(c rune) {
	if c < 64 {
		r.low |= 1 << c
	} else {
		r.high |= 1 << (c - 64)
	}
}

// greedy reports whether taking each run as long as possible finds the match
// where there is one: nothing that may follow a run of open length could have
// been meant by it.
func greedy(runs []run) bool {
	for i, r := range runs {
		if r.min == r.max {
			continue
		}
		for _, next := range runs[i+1:] {
			if r.overlaps(next) {
				return false
			}
			if next.min > 0 {
				break
			}
		}
	}
	return true
}

// join merges neighbours of the same set and fixed lengths.
func join(runs []run) []run {
	var out []run
	for _, r := range runs {
		if last := len(out) - 1; last >= 0 && out[last].low == r.low && out[last].high == r.high &&
			out[last].min == out[last].max && r.min == r.max {
			out[last].min += r.min
			out[last].max += r.max
			continue
		}
		out = append(out, r)
	}
	return out
}

// formatCheck is the Go expression, with s as its parameter, that checks a
// format; "" for a format that is not known.
func formatCheck(format string) string {
	names := map[string]string{
		"date": "IsDate", "time": "IsTime", "email": "IsEmail", "uuid": "IsUUID", "uri": "IsURI",
		"ipv4": "IsIPv4", "ipv6": "IsIPv6", "hostname": "IsHostname",
	}
	if format == "date-time" {
		return "wire.IsDateTime(s)"
	}
	if name := names[format]; name != "" {
		return "wire." + name + "(s)"
	}
	return ""
}

// formatWords is what a violation calls a format.
func formatWords(format string) string {
	switch format {
	case "date-time":
		return "must be a date and time such as 2026-01-02T03:04:05.678Z"
	case "date":
		return "must be a date such as 2026-01-02"
	case "time":
		return "must be a time such as 03:04:05.678Z"
	case "email":
		return "must be an email address"
	case "uuid":
		return "must be a UUID"
	case "uri":
		return "must be a URI with a scheme"
	case "ipv4":
		return "must be an IPv4 address"
	case "ipv6":
		return "must be an IPv6 address"
	case "hostname":
		return "must be a host name"
	}
	return "must be a valid " + format
}

// jsonList joins literals for messages: "text", "image" or "file".
func jsonList(values []model.Literal) string {
	texts := make([]string, len(values))
	for i, v := range values {
		texts[i] = v.JSON
	}
	return orList(texts)
}

// orList joins alternatives for people.
func orList(items []string) string {
	items = slices.Clone(items)
	if len(items) < 2 {
		return strings.Join(items, "")
	}
	last := len(items) - 1
	return strings.Join(items[:last], ", ") + " or " + items[last]
}
