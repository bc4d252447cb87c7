package golang

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/format"
	"go/parser"
	"go/token"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/parlance-dev/parlance/generator/write"
)

// source is a Go file in the making.
type source struct {
	body bytes.Buffer
}

// p prints one line.
func (s *source) p(format string, args ...any) {
	if len(args) == 0 {
		s.body.WriteString(format)
	} else {
		fmt.Fprintf(&s.body, format, args...)
	}
	s.body.WriteByte('\n')
}

// comment prints paragraphs as a comment.
func (s *source) comment(paragraphs ...string) {
	first := true
	for _, p := range paragraphs {
		lines := wrap(p, commentWidth)
		if len(lines) == 0 {
			continue
		}
		if !first {
			s.p("//")
		}
		first = false
		for _, line := range lines {
			if line == "" {
				s.p("//")
			} else {
				s.p("// %s", line)
			}
		}
	}
}

// format returns the finished file.
func (s *source) format(pkg string) ([]byte, error) {
	body := "package " + pkg + "\n" + s.body.String()
	imports, err := importsOf(body)
	if err != nil {
		return nil, fmt.Errorf("generated code does not parse: %w\n%s", err, body)
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "// %s\n\npackage %s\n", write.Header, pkg)
	if len(imports) > 0 {
		b.WriteString("\nimport (\n")
		std := true
		for _, path := range imports {
			if std && strings.Contains(path, ".") {
				std = false
				b.WriteByte('\n')
			}
			fmt.Fprintf(&b, "\t%q\n", path)
		}
		b.WriteString(")\n")
	}
	b.WriteByte('\n')
	b.Write(s.body.Bytes())
	out, err := format.Source(b.Bytes())
	if err != nil {
		return nil, fmt.Errorf("generated code does not format: %w", err)
	}
	return out, nil
}

// packages are those that generated code may use, the standard library first.
func packages() []string {
	return []string{
		"context", "encoding/json", "errors", "maps", "regexp", "slices", "time",
		"github.com/parlance-dev/parlance/sio", "github.com/parlance-dev/parlance/sio/wire",
	}
}

// importsOf finds the packages that code refers to.
func importsOf(code string) ([]string, error) {
	file, err := parser.ParseFile(token.NewFileSet(), "", code, 0)
	if err != nil {
		return nil, err
	}
	used := map[string]bool{}
	for _, ident := range file.Unresolved {
		used[ident.Name] = true
	}
	selected := map[string]bool{}
	ast.Inspect(file, func(n ast.Node) bool {
		if sel, ok := n.(*ast.SelectorExpr); ok {
			if x, ok := sel.X.(*ast.Ident); ok && used[x.Name] {
				selected[x.Name] = true
			}
		}
		return true
	})
	return slices.DeleteFunc(packages(), func(path string) bool {
		return !selected[path[strings.LastIndexByte(path, '/')+1:]]
	}), nil
}

// quoted is a Go string literal, raw where that reads better.
func quoted(s string) string {
	if strings.ContainsAny(s, `"\`) && strconv.CanBackquote(s) {
		return "`" + s + "`"
	}
	return strconv.Quote(s)
}

// commentWidth is how long the text of a comment's line may be.
const commentWidth = 90

// wrap breaks text into lines. Paragraphs stay apart by an empty line; lines
// of lists, tables, quotes and code keep their own.
func wrap(text string, width int) []string {
	w := wrapper{width: width}
	for raw := range strings.SplitSeq(strings.TrimSpace(text), "\n") {
		w.add(strings.TrimRight(raw, " \t\r"))
	}
	w.flush()
	for len(w.out) > 0 && w.out[len(w.out)-1] == "" {
		w.out = w.out[:len(w.out)-1]
	}
	return w.out
}

// wrapper is the state of wrap.
type wrapper struct {
	width int
	out   []string
	line  string
	code  bool // between two fences
}

// add takes one line of the text.
func (w *wrapper) add(raw string) {
	trimmed := strings.TrimSpace(raw)
	switch {
	case strings.HasPrefix(trimmed, "```"):
		w.flush()
		w.code = !w.code
		return
	case w.code && trimmed != "":
		w.out = append(w.out, "\t"+raw)
		return
	case trimmed == "":
		w.flush()
		if len(w.out) > 0 && w.out[len(w.out)-1] != "" {
			w.out = append(w.out, "")
		}
		return
	case startsItem(trimmed):
		w.flush()
	}
	for word := range strings.FieldsSeq(trimmed) {
		if w.line != "" && utf8.RuneCountInString(w.line)+1+utf8.RuneCountInString(word) > w.width {
			w.flush()
		}
		if w.line != "" {
			w.line += " "
		}
		w.line += word
	}
}

func (w *wrapper) flush() {
	if w.line != "" {
		w.out = append(w.out, w.line)
		w.line = ""
	}
}

// startsItem reports whether a line of Markdown must not be joined to the one
// before it.
func startsItem(line string) bool {
	for _, prefix := range []string{"- ", "* ", "+ ", "| ", "> ", "#"} {
		if strings.HasPrefix(line, prefix) {
			return true
		}
	}
	digits := strings.TrimLeft(line, "0123456789")
	return digits != line && strings.HasPrefix(digits, ". ")
}
