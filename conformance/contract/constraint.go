package contract

import (
	"fmt"
	"slices"
	"strings"
)

// Constraint is something that the schema of a client payload, or the number of
// arguments, rules out.
type Constraint struct {
	// Event is the client event, or connect for the CONNECT payload.
	Event string
	// Path is a JSON Pointer into the payload; that of required names the
	// property.
	Path    string
	Keyword string
	// ID is "event /path keyword".
	ID string
}

func constraint(event, path, keyword string) Constraint {
	return Constraint{event, path, keyword, strings.Join(strings.Fields(event+" "+path+" "+keyword), " ")}
}

// Constraints returns those of all client events and of the CONNECT payload, in
// the order of events and properties.
func (c *Contract) Constraints() []Constraint {
	var all []Constraint
	for _, e := range c.ClientEvents {
		if !e.optional {
			all = append(all, constraint(e.Name, "", "minItems"))
		}
		all = append(all, constraint(e.Name, "", "maxItems"))
		all = append(all, constraintsAt(e.Name, "", e.node)...)
	}
	return append(all, constraintsAt(c.connect.Name, "", c.connect.node)...)
}

// plain are the keywords that say nothing about what is allowed, or whose parts
// are looked at one by one.
func plain() []string {
	return []string{"$schema", "title", "description", "default", "examples", "properties", "$ref"}
}

// breakable are the keywords that Mutations knows to break.
func breakable() []string {
	return []string{"type", "minLength", "maxLength", "pattern", "enum", "minimum", "maximum", "required", "additionalProperties"}
}

// constraintsAt lists the constraints of a schema and of its properties.
func constraintsAt(event, path string, n node) []Constraint {
	var all []Constraint
	for _, keyword := range n.keys() {
		switch {
		case keyword == "required":
			for _, name := range n.texts("required") {
				all = append(all, constraint(event, path+"/"+escape(name), "required"))
			}
		case keyword == "additionalProperties" && n.get(keyword).value == true:
		case keyword == "type" && path == "" && event == "connect":
			// A client library sends an object, whatever it is given.
		case slices.Contains(breakable(), keyword):
			all = append(all, constraint(event, path, keyword))
		case !slices.Contains(plain(), keyword):
			// Not passed over: the run is to fail rather than leave it out.
			all = append(all, constraint(event, path, keyword+" (unknown to the suite)"))
		}
	}
	for _, name := range n.get("properties").keys() {
		all = append(all, constraintsAt(event, path+"/"+escape(name), n.get("properties").get(name).resolved())...)
	}
	return all
}

// escape makes a step of a JSON Pointer of a name.
func escape(name string) string { return strings.NewReplacer("~", "~0", "/", "~1").Replace(name) }

// String returns the ID.
func (c Constraint) String() string { return c.ID }

// Violation is a broken constraint as a failure names it.
type Violation struct {
	Path    string `json:"path"`
	Keyword string `json:"keyword"`
}

// String is "path keyword".
func (v Violation) String() string { return fmt.Sprintf("%s %s", v.Path, v.Keyword) }
