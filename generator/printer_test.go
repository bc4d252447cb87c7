package generator_test

import (
	"fmt"
	"reflect"
	"strings"

	"github.com/parlance-dev/parlance/generator/diag"
	"github.com/parlance-dev/parlance/generator/model"
)

// printer renders a model with all its fields, positions left out and named
// types once.
type printer struct {
	b     strings.Builder
	named map[string]bool
}

func (p *printer) contract(c *model.Contract) { p.value(reflect.ValueOf(c), 0) }

func (p *printer) value(v reflect.Value, depth int) {
	indent := "\n" + strings.Repeat("  ", depth)
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() {
			p.b.WriteString("nil")
			return
		}
		if t, ok := v.Interface().(*model.Type); ok && t.Name != "" {
			fmt.Fprintf(&p.b, "%s(nullable %v)", t.Name, t.Nullable)
			if p.named[t.Name] {
				return
			}
			p.named[t.Name] = true
		}
		p.value(v.Elem(), depth)
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).Type == reflect.TypeFor[diag.Pos]() {
				continue
			}
			p.b.WriteString(indent + v.Type().Field(i).Name + ": ")
			p.value(v.Field(i), depth+1)
		}
	case reflect.Slice:
		fmt.Fprintf(&p.b, "%d", v.Len())
		for i := range v.Len() {
			p.b.WriteString(indent + "- ")
			p.value(v.Index(i), depth+1)
		}
	default:
		fmt.Fprintf(&p.b, "%#v", v.Interface())
	}
}
