package loader

import (
	"errors"
	"io"
	"regexp"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/parlance-dev/parlance/generator/diag"
)

// yaml reads a YAML file; nil where that failed.
func (p *parser) yaml(data []byte) *Node {
	start := diag.Pos{File: p.name, Line: 1, Col: 1}
	in, err := yaml.NewLoader(strings.NewReader(string(data)), yaml.WithUniqueKeys(false))
	if err != nil {
		p.diags.Addf(start, ruleYAML, "%s", err)
		return nil
	}
	var doc, next yaml.Node
	if err := in.Load(&doc); err != nil || len(doc.Content) == 0 {
		if err == nil || errors.Is(err, io.EOF) {
			p.diags.Addf(start, ruleEmpty, "file is empty")
		} else {
			p.yamlError(err, data)
		}
		return nil
	}
	if err := in.Load(&next); err == nil {
		p.diags.Addf(p.pos(&next), ruleMulti, "a second document begins here: a file holds one")
		return nil
	} else if !errors.Is(err, io.EOF) {
		p.yamlError(err, data)
		return nil
	}
	root := p.convert(doc.Content[0], nil, "", 1)
	if p.tooDeep {
		return nil
	}
	return root
}

// yamlError reports what the YAML parser says, at its place.
func (p *parser) yamlError(err error, data []byte) {
	pos := diag.Pos{File: p.name, Line: 1, Col: 1}
	message, rule := err.Error(), ruleYAML
	var e *yaml.LoadError
	if errors.As(err, &e) {
		message = e.Message
		if e.Mark.Line > 0 {
			pos.Line, pos.Col = e.Mark.Line, max(e.Mark.Column, 1)
		} else if i := strings.IndexFunc(string(data), isControl); i >= 0 {
			pos = after(pos, string(data[:i]))
		}
	}
	switch {
	case tabBefore(string(data), pos):
		message = "a tab where YAML wants spaces"
	case strings.Contains(message, "max depth"):
		rule, message = ruleLimit, tooDeep()
	case strings.Contains(message, "anchor"):
		rule = ruleAnchor
	}
	p.diags.Addf(pos, rule, "%s", message)
}

// tabBefore reports whether a line is indented with a tab up to a place.
func tabBefore(text string, pos diag.Pos) bool {
	for range pos.Line - 1 {
		_, text, _ = strings.Cut(text, "\n")
	}
	line, _, _ := strings.Cut(text, "\n")
	indent := line[:len(line)-len(strings.TrimLeft(line, " \t"))]
	return strings.Contains(indent, "\t") && pos.Col <= len(indent)+1
}

// tooDeep is said of a file beyond MaxDepth.
func tooDeep() string { return "nested deeper than " + strconv.Itoa(MaxDepth) + " levels" }

// isControl reports whether YAML forbids a character.
func isControl(r rune) bool {
	return r < ' ' && r != '\t' && r != '\n' && r != '\r' || r == 0x7f || r >= 0x80 && r < 0xa0 && r != 0x85 || r == 0xfffe || r == 0xffff
}

// after returns the place behind text that begins at pos.
func after(pos diag.Pos, text string) diag.Pos {
	for _, r := range text {
		if r == '\n' {
			pos.Line, pos.Col = pos.Line+1, 0
		}
		pos.Col++
	}
	return pos
}

func (p *parser) pos(n *yaml.Node) diag.Pos {
	return diag.Pos{File: p.name, Line: max(n.Line, 1), Col: max(n.Column, 1)}
}

// convert turns a YAML node into a Node.
func (p *parser) convert(y *yaml.Node, parent *Node, step string, depth int) *Node {
	n := p.node(Invalid, p.pos(y), parent, step)
	switch {
	case depth > MaxDepth:
		p.diags.Addf(n.Pos, ruleLimit, "%s", tooDeep())
		p.tooDeep = true
		return n
	case y.Kind == yaml.AliasNode:
		p.diags.Addf(n.Pos, ruleAnchor, "alias *%s: use $ref instead", y.Value)
		return n
	case y.Anchor != "":
		p.diags.Addf(n.Pos, ruleAnchor, "anchor &%s: use $ref instead", y.Anchor)
	}
	if y.Style&yaml.TaggedStyle != 0 {
		p.diags.Addf(n.Pos, ruleTag, "explicit tag %s: write the value without it", y.Tag)
		return n
	}
	switch y.Kind {
	case yaml.MappingNode:
		n.Kind = Mapping
		p.convertMapping(n, y, depth)
	case yaml.SequenceNode:
		n.Kind = Sequence
		for i, item := range y.Content {
			n.Items = append(n.Items, p.convert(item, n, strconv.Itoa(i), depth+1))
		}
	case yaml.ScalarNode:
		return p.scalar(n, y)
	default: // documents and streams don't lie within documents, aliases were seen to
	}
	return n
}

// convertMapping fills a Mapping.
func (p *parser) convertMapping(n *Node, y *yaml.Node, depth int) {
	defer n.seal()
	seen := make(map[string]diag.Pos, len(y.Content)/2)
	for i := 0; i+1 < len(y.Content); i += 2 {
		k := y.Content[i]
		if k.Kind == yaml.ScalarNode && k.Tag == "!!merge" {
			p.diags.Addf(p.pos(k), ruleAnchor, "merge key <<: use $ref instead")
			continue
		}
		key := p.convert(k, n, "", depth+1)
		switch key.Kind {
		case String:
			value := p.convert(y.Content[i+1], n, key.Text, depth+1)
			p.add(n, seen, Entry{Key: key.Text, KeyPos: key.Pos, Value: value})
		case Invalid:
		case Sequence, Mapping:
			p.diags.Addf(key.Pos, ruleKey, "key is %s, not a string", key.Kind)
		default:
			p.diags.Addf(key.Pos, ruleKey, "key %s is %s, not a string: quote it", k.Value, key.Kind)
		}
	}
}

// Forms of plain scalars. The decimal ones mean the same in YAML 1.1, YAML 1.2
// and, after little repairs, JSON.
var (
	plainNumber     = regexp.MustCompile(`^[-+]?(0|[1-9][0-9]*)?(\.[0-9]*)?([eE][-+]?[0-9]+)?$`)
	plainAmbiguous  = regexp.MustCompile(`^[-+]?(0[0-9_]+(\.[0-9_]*)?([eE][-+]?[0-9]+)?|0[xob][0-9a-fA-F_]+|[0-9][0-9_]*_[0-9_]*(\.[0-9_]*)?|\.(inf|Inf|INF)|\.(nan|NaN|NAN))$`)
	plainHasADigit  = regexp.MustCompile(`^[-+.]*[0-9]`)
	plainBareDotEnd = regexp.MustCompile(`\.([eE]|$)`)
)

// scalar resolves a scalar by the core schema of YAML 1.2.
func (p *parser) scalar(n *Node, y *yaml.Node) *Node {
	n.Kind, n.Text = String, y.Value
	if y.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle|yaml.LiteralStyle|yaml.FoldedStyle) != 0 {
		return n
	}
	switch v := y.Value; {
	case v == "" || v == "~" || v == "null" || v == "Null" || v == "NULL":
		n.Kind, n.Text = Null, "null"
	case v == "true" || v == "True" || v == "TRUE":
		n.Kind, n.Text = Bool, "true"
	case v == "false" || v == "False" || v == "FALSE":
		n.Kind, n.Text = Bool, "false"
	case plainAmbiguous.MatchString(v):
		n.Kind = Invalid
		p.diags.Addf(n.Pos, ruleScalar, "%s reads differently from tool to tool: write a decimal number, or quote it", v)
	case plainHasADigit.MatchString(v) && plainNumber.MatchString(v):
		return p.number(n, jsonNumber(v))
	}
	return n
}

// jsonNumber repairs the forms of numbers that JSON lacks: +1, .5 and 5.
func jsonNumber(v string) string {
	v = strings.TrimPrefix(v, "+")
	sign := ""
	if strings.HasPrefix(v, "-") {
		sign, v = "-", v[1:]
	}
	if strings.HasPrefix(v, ".") {
		v = "0" + v
	}
	return sign + plainBareDotEnd.ReplaceAllString(v, ".0$1")
}
