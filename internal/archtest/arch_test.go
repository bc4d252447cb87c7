// Package archtest holds the import law: who may import whom. A file that
// breaks it fails the build here, not in a review.
package archtest

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/parlance-dev/parlance"

// law is what the packages under a folder may import of this module and from
// outside. The longest folder that matches a package decides.
type law struct {
	folder string
	// module are the folders of the module; a trailing /... means all below.
	// A package may always import what lies below its own folder's law.
	module []string
	// outside are the prefixes of third-party packages; "*" means any but the
	// Socket.IO library.
	outside []string
	// tests are further folders and prefixes for _test.go files.
	tests []string
}

const zishang = "github.com/zishang520/"

func laws() []law {
	generatorCore := []string{"generator/diag", "generator/model"}
	return []law{
		{folder: "asyncapi", tests: []string{"schemas"}},
		{folder: "schemas"},
		{folder: "generator/diag"},
		{folder: "generator/loader", module: []string{"generator/diag"}, outside: []string{"go.yaml.in/yaml/"}},
		{folder: "generator/model", module: []string{"generator/diag"}},
		{folder: "generator/lower", module: append([]string{"generator/loader", "generator/names"}, generatorCore...), outside: []string{"*"}},
		{folder: "generator/check", module: append([]string{"generator/loader", "generator/lower"}, generatorCore...), outside: []string{"*"}},
		{folder: "generator/names", module: generatorCore},
		{folder: "generator/bundle", module: append([]string{"generator/loader"}, generatorCore...), outside: []string{"go.yaml.in/yaml/"}},
		// The header belongs to write, which knows its files by it; constants are
		// encoded by the very functions that encode at run time.
		{folder: "generator/emit", module: append([]string{"generator/names", "generator/write", "sio/wire"}, generatorCore...), tests: []string{"*", "generator"}},
		{folder: "generator/emit/page", module: append([]string{"generator/write"}, generatorCore...), outside: []string{"github.com/yuin/goldmark"}, tests: []string{"*", "generator"}},
		{folder: "generator/emit/golang/internal", module: []string{"sio", "sio/wire"}, tests: []string{"*", "sio/siotest", "generator/..."}},
		{folder: "generator/write"},
		{folder: "generator", module: []string{"generator/..."}, outside: []string{"*"}, tests: []string{"asyncapi", "schemas"}},
		{folder: "sio/wire", tests: []string{"github.com/go-faster/jx"}},
		{folder: "sio", module: []string{"sio/wire"}, tests: []string{"sio/siotest", "*"}},
		{folder: "sio/siotest", module: []string{"sio"}},
		{folder: "sio/packet", module: []string{"sio", "sio/wire"}},
		{folder: "sio/internal", module: []string{"sio"}, tests: []string{"*"}},
		{folder: "sio/front", module: []string{"sio", "sio/internal/..."}, tests: []string{"*"}},
		{folder: "sio/engineio", module: []string{"sio/internal/...", "sio/engineio/wsframe"}, tests: []string{"sio/front", "*"}},
		{folder: "sio/engineio/wsframe", tests: []string{"*"}},
		{folder: "sio/native", module: []string{"sio", "sio/engineio", "sio/packet", "sio/internal/..."}, tests: []string{"sio/enginetest", "sio/front", "*"}},
		{folder: "sio/client", module: []string{"sio", "sio/wire", "sio/packet", "sio/engineio/wsframe"}, outside: []string{"github.com/gobwas/ws"}, tests: []string{"sio/native", "sio/zishang520", "sio/siotest", "*"}},
		{folder: "sio/enginetest", module: []string{"sio"}, outside: []string{"*"}},
		{folder: "sio/zishang520", module: []string{"sio", "sio/packet", "sio/internal/..."}, outside: []string{zishang, "github.com/gorilla/websocket"}, tests: []string{"sio/enginetest", "*"}},
		{folder: "internal/gen", module: []string{"sio", "sio/wire"}, tests: []string{"*"}},
		// What oapi-codegen makes of openapi/ stands on a router and its own runtime.
		{folder: "internal/gen/api", outside: []string{"github.com/go-chi/chi/", "github.com/oapi-codegen/runtime"}},
		{folder: "internal/identity"},
		{folder: "internal/mdtable"},
		{folder: "internal/feature", module: []string{"internal/gen/...", "internal/identity", "internal/store", "internal/cluster", "sio", "sio/wire"}, outside: []string{"*"}, tests: []string{"sio/siotest", "internal/store/...", "internal/cluster/..."}},
		{folder: "internal/store", module: []string{"internal/store/..."}, outside: []string{"*"}, tests: []string{"acceptance/ferretdb"}},
		{folder: "internal/httpapi", module: []string{"internal/gen/...", "internal/identity", "internal/store", "internal/cluster", "sio", "openapi"}, outside: []string{"*"}, tests: []string{"sio/front", "sio/siotest", "internal/store/...", "internal/cluster/..."}},
		{folder: "internal/metrics", module: []string{"internal/mdtable", "internal/store", "sio", "sio/native", "sio/engineio"}, outside: []string{"*"}, tests: []string{"internal/store/...", "sio/siotest"}},
		{folder: "openapi"},
		{folder: "deploy", outside: []string{"*"}, tests: []string{"conformance/driver"}},
		{folder: "internal/cluster", module: []string{"internal/cluster/..."}, outside: []string{"*"}},
		{folder: "internal/config", module: []string{"internal/mdtable", "internal/gen/events", "sio"}, outside: []string{"*"}},
		{folder: "internal/logging", outside: []string{"*"}},
		{folder: "internal/app", module: []string{"internal/...", "sio/..."}, outside: []string{"*"}, tests: []string{"conformance/driver", "acceptance/ferretdb"}},
		{folder: "internal/archtest"},
		{folder: "internal/docstest", tests: []string{"conformance"}}, // the ids of its cases
		{folder: "cmd/parlance", module: []string{"generator/..."}, outside: []string{"*"}},
		{folder: "cmd/server", module: []string{"internal/..."}, outside: []string{"*"}},
		{folder: "acceptance", module: []string{"asyncapi", "schemas", "conformance/driver"}, outside: []string{"*"}, tests: []string{"acceptance/ferretdb"}},
		{folder: "cmd/conformance", module: []string{"conformance/cli"}},
		{folder: "conformance", module: []string{"asyncapi", "schemas", "conformance/..."}, outside: []string{"*"}},
		// A database for the tests, behind the wire.
		{folder: "acceptance/ferretdb"},
		// A client behind the line protocol, as the one of another language is.
		{folder: "conformance/drivers/stdio"},
		{folder: "conformance/drivers/go", module: []string{"conformance/drivers/goclient"}},
		{folder: "conformance/drivers/goclient", module: []string{"conformance/drivers/stdio", "sio", "sio/client"}},
		{folder: "conformance/drivers/zishang520", module: []string{"conformance/drivers/stdio"}, outside: []string{zishang}},
		// The test of all drivers serves the clients itself.
		{folder: "conformance/drivers", module: []string{"conformance/driver", "conformance/drivers/..."}, tests: []string{"sio", "sio/native", "github.com/gorilla/websocket"}},
		// An example backend on a contract of its own, for the official protocol suites.
		{folder: "conformance/protocol", module: []string{"conformance/protocol/...", "sio", "sio/wire", "sio/engineio", "sio/native", "sio/zishang520"}, outside: []string{zishang, "github.com/spf13/cobra"}, tests: []string{"*", "generator"}},
		// A backend of another contract, as a user of the framework writes it, and its suite.
		{folder: "examples/tasks", module: []string{"examples/tasks/gen/...", "sio", "sio/wire", "sio/native"}, outside: []string{"github.com/golang-jwt/jwt/"}},
		{folder: "examples/tasks/suite", module: []string{"conformance/cli", "conformance/contract", "conformance/kit"}, outside: []string{"github.com/onsi/gomega"}},
		{folder: "bench", module: []string{"bench/...", "internal/gen/...", "sio/...", "schemas"}, outside: []string{"*"}},
		// The backend under measurement checks tokens as the product does.
		{folder: "bench/peers/ours", module: []string{"bench/peers/peer", "internal/gen/...", "internal/feature/auth", "sio/..."}, outside: []string{"*"}},
		{folder: "bench/soak", module: []string{"bench/load", "internal/feature/auth", "sio", "sio/client"}, outside: []string{"*"}},
		// And here it is the product itself.
		{folder: "bench/peers/backend", module: []string{"bench/peers/peer", "internal/app", "internal/config", "internal/logging"}},
		{folder: "bench/peers/zishang520", module: []string{"bench/peers/peer"}, outside: []string{"*", zishang}},
	}
}

// lawOf returns the law with the longest folder that pkg lies in.
func lawOf(pkg string) (law, bool) {
	var best law
	for _, l := range laws() {
		if within(pkg, l.folder) && len(l.folder) > len(best.folder) {
			best = l
		}
	}
	return best, best.folder != ""
}

func within(pkg, folder string) bool {
	return pkg == folder || strings.HasPrefix(pkg, folder+"/")
}

// allowed reports whether a file of pkg may import what.
func (l law) allowed(pkg, what string, test bool) bool {
	inner, ours := strings.CutPrefix(what, module+"/")
	if !ours {
		return l.allowedOutside(what, test)
	}
	if strings.HasPrefix(pkg, "internal/feature/") && strings.HasPrefix(inner, "internal/feature/") {
		return inner == pkg // a feature never imports a feature
	}
	folders := l.module
	if test {
		folders = append(slices.Clone(folders), l.tests...)
	}
	if within(inner, l.folder) {
		sub, ok := lawOf(inner)
		return ok && sub.folder == l.folder || slices.ContainsFunc(folders, func(f string) bool { return matches(inner, f) })
	}
	return slices.ContainsFunc(folders, func(f string) bool { return matches(inner, f) })
}

func matches(inner, folder string) bool {
	if all, ok := strings.CutSuffix(folder, "/..."); ok {
		return within(inner, all)
	}
	return inner == folder
}

func (l law) allowedOutside(what string, test bool) bool {
	first, _, _ := strings.Cut(what, "/")
	if !strings.Contains(first, ".") {
		return true // the standard library
	}
	prefixes := l.outside
	if test {
		prefixes = append(slices.Clone(prefixes), l.tests...)
	}
	return slices.ContainsFunc(prefixes, func(p string) bool {
		if p == "*" {
			return !strings.HasPrefix(what, zishang)
		}
		return strings.Contains(p, ".") && strings.HasPrefix(what, p)
	})
}

func TestImportLaw(t *testing.T) {
	files := 0
	walk(t, func(root, name string) {
		files++
		checkFile(t, root, name)
	})
	if files < 100 {
		t.Fatalf("only %d Go files seen: the walk is broken", files)
	}
}

// walk visits the project's Go files.
func walk(t *testing.T, visit func(root, name string)) {
	t.Helper()
	root := filepath.Join("..", "..")
	err := filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if n := d.Name(); n == "testdata" || n == "node_modules" || n == "tools" || strings.HasPrefix(n, ".") && n != ".." {
				return filepath.SkipDir
			}
			return nil
		}
		if filepath.Ext(name) == ".go" {
			visit(root, name)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func checkFile(t *testing.T, root, name string) {
	t.Helper()
	rel, err := filepath.Rel(root, name)
	if err != nil {
		t.Fatal(err)
	}
	rel = filepath.ToSlash(rel)
	pkg := path.Dir(rel)
	l, ok := lawOf(pkg)
	if !ok {
		t.Errorf("%s: no law for this folder: add one", rel)
		return
	}
	set := token.NewFileSet()
	file, err := parser.ParseFile(set, name, nil, parser.ImportsOnly)
	if err != nil {
		t.Error(err)
		return
	}
	for _, imp := range file.Imports {
		what, err := strconv.Unquote(imp.Path.Value)
		if err != nil {
			t.Error(err)
			continue
		}
		if !l.allowed(pkg, what, strings.HasSuffix(rel, "_test.go")) {
			t.Errorf("%s:%d: %s may not import %s", rel, set.Position(imp.Pos()).Line, pkg, what)
		}
	}
}

// TestNoTestIsSkipped: a check that is skipped is one that nobody misses.
func TestNoTestIsSkipped(t *testing.T) {
	skip := regexp.MustCompile(`\b[tbf]\.Skip(f|Now)?\(`)
	walk(t, func(_, name string) {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Error(err)
		}
		if at := skip.Find(text); strings.HasSuffix(name, "_test.go") && at != nil {
			t.Errorf("%s calls %s", name, at)
		}
	})
}

// TestLawCanFail keeps the law honest: these imports are against it.
func TestLawCanFail(t *testing.T) {
	against := []struct{ pkg, what string }{
		{"sio", "github.com/go-chi/chi/v5"},
		{"sio", module + "/sio/zishang520"},
		{"sio", module + "/internal/store"},
		{"sio/wire", module + "/sio"},
		{"internal/app", zishang + "socket.io/servers/socket/v3"},
		{"internal/feature/rooms", module + "/internal/feature/auth"},
		{"internal/feature/rooms", module + "/internal/store/sqlite"},
		{"internal/gen/events", module + "/internal/store"},
		{"conformance", module + "/internal/app"},
		{"conformance/driver", module + "/sio"},
		{"conformance/drivers/js", module + "/sio/client"},
		{"conformance/drivers/zishang520", module + "/sio/client"},
		{"conformance/drivers/goclient", zishang + "socket.io/clients/socket/v3"},
		{"conformance/drivers/stdio", module + "/conformance/driver"},
		{"generator/model", module + "/generator/loader"},
		{"generator/emit/golang", module + "/generator/lower"},
		{"schemas", module + "/asyncapi"},
		{"cmd/parlance", module + "/internal/app"},
	}
	for _, a := range against {
		l, ok := lawOf(a.pkg)
		if !ok || l.allowed(a.pkg, a.what, false) {
			t.Errorf("%s may import %s", a.pkg, a.what)
		}
	}
}
