package lower

import (
	"slices"
	"strings"

	"github.com/parlance-dev/parlance/generator/model"
)

// reach collects the named types that are in use.
type reach struct {
	*schemas
	seen   map[*model.Type]bool
	byName map[string]*model.Type
	found  []*model.Type
}

// visit walks through a type and all that it contains.
func (c *reach) visit(t *model.Type) {
	if t == nil || c.seen[t] {
		return
	}
	c.seen[t] = true
	if base := c.base[t]; base != nil {
		c.visit(base)
		return
	}
	c.declare(t)
	for _, f := range t.Fields {
		c.visit(f.Type)
	}
	for _, e := range t.Tuple {
		c.visit(e)
	}
	for _, v := range t.Variants {
		c.visit(v.Type)
	}
	c.visit(t.Items)
	c.visit(t.Values)
}

// declare remembers a named type.
func (c *reach) declare(t *model.Type) {
	if t.Name == "" {
		return
	}
	if first := c.byName[t.Name]; first != nil {
		c.diags.Addf(t.Pos, ruleCollision, "type name %s is taken by the schema at %s: give one of them another title", t.Name, describeAt(first))
		return
	}
	c.byName[t.Name] = t
	c.found = append(c.found, t)
}

func (c *reach) sorted() []*model.Type {
	slices.SortFunc(c.found, func(a, b *model.Type) int { return strings.Compare(a.Name, b.Name) })
	return c.found
}
