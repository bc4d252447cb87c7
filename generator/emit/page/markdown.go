package page

import (
	"bytes"
	"fmt"
	"html"
	"html/template"
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/renderer"
	htmlrenderer "github.com/yuin/goldmark/renderer/html"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

// markdown turns the descriptions of a document into HTML. HTML in them is
// shown as text, images as links; addresses that run code lead nowhere.
type markdown struct {
	md  goldmark.Markdown
	ids *anchors
}

func newMarkdown(ids *anchors) *markdown {
	md := goldmark.New(
		goldmark.WithExtensions(extension.Table),
		goldmark.WithRendererOptions(renderer.WithNodeRenderers(util.Prioritized(plain{}, 1))),
	)
	return &markdown{md: md, ids: ids}
}

// render returns a description whose headings start at a level. They have no
// anchors.
func (m *markdown) render(source string, level int) (template.HTML, error) {
	out, _, err := m.convert(source, level, "")
	return out, err
}

// chapters is render with an anchor for every heading. It returns those of the
// highest level as links.
func (m *markdown) chapters(source string, level int, prefix string) (template.HTML, []link, error) {
	return m.convert(source, level, prefix)
}

func (m *markdown) convert(source string, level int, prefix string) (template.HTML, []link, error) {
	raw := []byte(strings.TrimSpace(source))
	root := m.md.Parser().Parse(text.NewReader(raw))
	var links []link
	list := headings(root)
	highest := 6
	for _, h := range list {
		highest = min(highest, h.Level)
	}
	for _, h := range list {
		words := textOf(h, raw)
		if prefix != "" {
			id := m.ids.make(prefix, strings.ToLower(words))
			h.SetAttributeString("id", []byte(id))
			if h.Level == highest {
				links = append(links, link{ID: id, Text: words})
			}
		}
		h.Level = min(6, h.Level-highest+level)
	}
	var out bytes.Buffer
	if err := m.md.Renderer().Render(&out, raw, root); err != nil {
		return "", nil, fmt.Errorf("markdown: %w", err)
	}
	return template.HTML(out.String()), links, nil
}

// headings lists the headings of a text, in its order.
func headings(root ast.Node) []*ast.Heading {
	var out []*ast.Heading
	for n := root.FirstChild(); n != nil; n = n.NextSibling() {
		if h, ok := n.(*ast.Heading); ok {
			out = append(out, h)
			continue
		}
		if n.Type() == ast.TypeBlock {
			out = append(out, headings(n)...)
		}
	}
	return out
}

// textOf returns the text of a node without its marks.
func textOf(n ast.Node, source []byte) string {
	var b strings.Builder
	for child := n.FirstChild(); child != nil; child = child.NextSibling() {
		switch child := child.(type) {
		case *ast.Text:
			b.Write(child.Segment.Value(source))
		case *ast.RawHTML:
			b.Write(child.Segments.Value(source))
		default:
			b.WriteString(textOf(child, source))
		}
	}
	return html.UnescapeString(b.String())
}

// plain renders what the library would leave out, or load from somewhere.
type plain struct{}

// RegisterFuncs implements renderer.NodeRenderer.
func (plain) RegisterFuncs(r renderer.NodeRendererFuncRegisterer) {
	r.Register(ast.KindRawHTML, plainInline)
	r.Register(ast.KindHTMLBlock, plainBlock)
	r.Register(ast.KindImage, imageLink)
}

func plainInline(w util.BufWriter, source []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
	if raw, ok := n.(*ast.RawHTML); ok && entering {
		_, _ = w.Write(util.EscapeHTML(raw.Segments.Value(source))) // the writer keeps its error
	}
	return ast.WalkSkipChildren, nil
}

func plainBlock(w util.BufWriter, source []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
	block, ok := n.(*ast.HTMLBlock)
	if !ok || !entering {
		return ast.WalkContinue, nil
	}
	lines := block.Lines().Value(source)
	if block.HasClosure() {
		lines = append(bytes.Clone(lines), block.ClosureLine.Value(source)...)
	}
	_, _ = fmt.Fprintf(w, "<p>%s</p>\n", util.EscapeHTML(bytes.TrimSpace(lines)))
	return ast.WalkContinue, nil
}

// imageLink renders an image as a link to it, with the words that stand for it.
func imageLink(w util.BufWriter, source []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
	image, ok := n.(*ast.Image)
	if !ok || !entering {
		return ast.WalkContinue, nil
	}
	words := textOf(image, source)
	if words == "" {
		words = string(image.Destination)
	}
	_, _ = fmt.Fprintf(w, `<a href="%s">%s</a>`, address(image.Destination), html.EscapeString(words))
	return ast.WalkSkipChildren, nil
}

// address returns where a link leads, as a value of href. Addresses that run
// code lead nowhere.
func address(destination []byte) string {
	url := util.URLEscape(destination, true)
	if htmlrenderer.IsDangerousURL(url) {
		return ""
	}
	return string(util.EscapeHTML(url))
}
