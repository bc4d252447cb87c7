package contract

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v5"
)

// CheckEvent says what of a server event breaks the contract, nil where nothing
// does.
func (c *Contract) CheckEvent(name string, args []json.RawMessage) error {
	i := slices.IndexFunc(c.ServerEvents, func(e *ServerEvent) bool { return e.Name == name })
	if i < 0 {
		return errors.New("the contract has no such event")
	}
	return checkOne(c.ServerEvents[i].payload, args)
}

// CheckAck says what of the acknowledgement of a client event breaks the
// contract: with success true it has to be the event's own, with success false a
// failure. An event that the contract does not have can only fail.
func (c *Contract) CheckAck(event string, args []json.RawMessage) error {
	if len(args) != 1 {
		return fmt.Errorf("%d arguments, want 1", len(args))
	}
	var outcome struct {
		Success any `json:"success"`
	}
	if err := json.Unmarshal(args[0], &outcome); err != nil {
		return fmt.Errorf("%s is no object", short(args[0]))
	}
	e := c.clientEvent(event)
	switch {
	case outcome.Success == false:
		return checkOne(c.failure, args)
	case outcome.Success != true:
		return fmt.Errorf("%s: success is neither true nor false", short(args[0]))
	case e == nil:
		return errors.New("success of an event that the contract does not have")
	}
	return checkOne(e.ack, args)
}

// checkOne validates a sole argument.
func checkOne(schema *jsonschema.Schema, args []json.RawMessage) error {
	if len(args) != 1 {
		return fmt.Errorf("%d arguments, want 1", len(args))
	}
	var v any
	if err := decode(args[0], &v); err != nil {
		return fmt.Errorf("%s is no JSON: %w", short(args[0]), err)
	}
	found := leaves(schema.Validate(v))
	if len(found) == 0 {
		return nil
	}
	lines := make([]string, len(found))
	for i, l := range found {
		lines[i] = fmt.Sprintf("at %q: %s (%s)", l.Path, l.Message, l.Keyword)
	}
	return fmt.Errorf("%s\nin %s", strings.Join(lines, "\n"), short(args[0]))
}

// leaf is one thing that the schema engine found.
type leaf struct{ Path, Keyword, Message string }

// leaves flattens what the schema engine found.
func leaves(err error) []leaf {
	var v *jsonschema.ValidationError
	if !errors.As(err, &v) {
		if err == nil {
			return nil
		}
		return []leaf{{Message: err.Error()}}
	}
	if len(v.Causes) == 0 {
		keyword := v.KeywordLocation[strings.LastIndex(v.KeywordLocation, "/")+1:]
		return []leaf{{v.InstanceLocation, keyword, v.Message}}
	}
	var all []leaf
	for _, cause := range v.Causes {
		all = append(all, leaves(cause)...)
	}
	return all
}

// short cuts long JSON.
func short(raw json.RawMessage) string {
	const longest = 300
	if len(raw) > longest {
		return string(raw[:longest]) + "…"
	}
	return string(raw)
}
