package loader

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"path/filepath"
	"strings"
	"unicode/utf8"

	"github.com/parlance-dev/parlance/generator/diag"
)

// Document is a root file and everything that it reaches through $ref.
type Document struct {
	// Root is the root file's value; nil where the file couldn't be parsed,
	// which has been reported.
	Root *Node

	files map[string]*file
	refs  map[*Node]*reference
}

// file is one loaded file.
type file struct {
	name string // within the file system
	root *Node  // nil where it couldn't be parsed
}

// loading is one call of Load.
type loading struct {
	fsys    fs.FS
	rootDir string // folder of the root document, in fsys
	display string // what the user calls that folder
	total   int
	doc     *Document
	diags   *diag.List
}

// Load reads the file called name in fsys, and the files that it refers to.
// Findings go to diags; the error is about the root file alone: it doesn't
// exist or can't be read. Diagnostics call the root file display, and the
// other files by their path relative to it.
func Load(fsys fs.FS, name, display string, diags *diag.List) (*Document, error) {
	l := &loading{
		fsys:    fsys,
		rootDir: path.Dir(name),
		display: path.Dir(filepath.ToSlash(display)),
		doc:     &Document{files: map[string]*file{}, refs: map[*Node]*reference{}},
		diags:   diags,
	}
	data, err := l.read(name)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", display, err)
	}
	l.doc.Root = l.parse(name, data).root
	if l.doc.Root != nil {
		l.link()
	}
	return l.doc, nil
}

// displayName returns what diagnostics call a file.
func (l *loading) displayName(name string) string {
	rel, err := filepath.Rel(filepath.FromSlash(l.rootDir), filepath.FromSlash(name))
	if err != nil {
		return name
	}
	return path.Join(l.display, filepath.ToSlash(rel))
}

// read returns a file's bytes, at most one more than MaxFileBytes.
func (l *loading) read(name string) (_ []byte, err error) {
	f, err := l.fsys.Open(name)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if info.IsDir() {
		return nil, errors.New("is a folder")
	}
	return io.ReadAll(io.LimitReader(f, MaxFileBytes+1))
}

// parse turns bytes into the tree of a file and remembers it. The file's root
// is nil where that failed.
func (l *loading) parse(name string, data []byte) *file {
	f := &file{name: name}
	l.doc.files[name] = f
	start := diag.Pos{File: l.displayName(name), Line: 1, Col: 1}
	l.total += len(data)
	switch {
	case len(data) > MaxFileBytes:
		l.diags.Addf(start, ruleLimit, "file is larger than %d bytes", MaxFileBytes)
		return f
	case l.total > MaxTotalBytes:
		l.diags.Addf(start, ruleLimit, "files are larger than %d bytes together", MaxTotalBytes)
		return f
	}
	data = []byte(strings.TrimPrefix(string(data), "\ufeff"))
	if !utf8.Valid(data) {
		l.diags.Addf(invalidAt(start, data), ruleEncoding, "file is not UTF-8")
		return f
	}
	p := parser{file: f, name: start.File, diags: l.diags}
	if strings.EqualFold(path.Ext(name), ".json") {
		f.root = p.json(data)
	} else {
		f.root = p.yaml(data)
	}
	return f
}

// invalidAt returns the place of the first byte that isn't UTF-8.
func invalidAt(pos diag.Pos, data []byte) diag.Pos {
	for len(data) > 0 {
		r, size := utf8.DecodeRune(data)
		if r == utf8.RuneError && size == 1 {
			break
		}
		if r == '\n' {
			pos.Line, pos.Col = pos.Line+1, 0
		}
		pos.Col++
		data = data[size:]
	}
	return pos
}

// parser is what the YAML and the JSON reader share.
type parser struct {
	file    *file
	name    string
	diags   *diag.List
	tooDeep bool // beyond MaxDepth, which has been reported
}

// node returns a node of the file.
func (p *parser) node(kind Kind, pos diag.Pos, parent *Node, step string) *Node {
	return &Node{Kind: kind, Pos: pos, file: p.file, parent: parent, step: step}
}

// add adds a member to a mapping; a repeated key is reported and dropped.
func (p *parser) add(n *Node, seen map[string]diag.Pos, e Entry) {
	if first, dup := seen[e.Key]; dup {
		p.diags.Addf(e.KeyPos, ruleDuplicate, "duplicate key %q, first at line %d", e.Key, first.Line)
		return
	}
	seen[e.Key] = e.KeyPos
	n.Entries = append(n.Entries, e)
}

// number returns a node for a number of valid JSON syntax.
func (p *parser) number(n *Node, text string) *Node {
	n.Kind, n.Text = Number, text
	exponent := 0
	if i := strings.IndexAny(text, "eE"); i >= 0 {
		for _, c := range strings.TrimLeft(text[i+1:], "+-") {
			exponent = min(exponent*10+int(c-'0'), MaxExponent+1)
		}
	}
	if len(text) > MaxNumberLength || exponent > MaxExponent {
		p.diags.Addf(n.Pos, ruleNumber, "number is out of range: at most %d characters and exponents up to %d", MaxNumberLength, MaxExponent)
		n.Kind = Invalid
	}
	return n
}
