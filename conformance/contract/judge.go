package contract

import (
	"encoding/json"
	"errors"
	"fmt"
)

// CheckEvent judges a server event by its name and its raw arguments. The error
// names everything that is wrong: a name that the contract does not have, a
// number of arguments that is not one, each violation of the schema.
func (c *Contract) CheckEvent(name string, args []json.RawMessage) error {
	e := c.ServerEvent(name)
	if e == nil {
		return fmt.Errorf("server event %q is not in the contract: %s", shorten(name), shortArgs(args))
	}
	if len(args) != 1 {
		return fmt.Errorf("server event %s has %d arguments, want 1: %s", name, len(args), shortArgs(args))
	}
	if err := e.Payload.Check(args[0]); err != nil {
		return fmt.Errorf("server event %s breaks %s:\n%w", name, e.Payload.Location, err)
	}
	return nil
}

// CheckAck judges the acknowledgement of a client event by its raw arguments: one
// object, with success true and of the event's own shape, or with success false
// and of the shape of failures. An event that is not in the contract can only
// fail.
func (c *Contract) CheckAck(event string, args []json.RawMessage) error {
	if len(args) != 1 {
		return fmt.Errorf("acknowledgement of %s has %d arguments, want 1: %s", shorten(event), len(args), shortArgs(args))
	}
	success, err := Succeeded(args)
	if err != nil {
		return fmt.Errorf("acknowledgement of %s: %w", shorten(event), err)
	}
	schema := c.Failure
	if success {
		e := c.ClientEvent(event)
		if e == nil {
			return fmt.Errorf("acknowledgement of %s says success, but the contract has no such event: %s", shorten(event), shortArgs(args))
		}
		if e.Ack == nil {
			return fmt.Errorf("%s is acknowledged with success, but the contract has no acknowledgement for it: %s", event, shortArgs(args))
		}
		schema = e.Ack
	}
	if err := schema.Check(args[0]); err != nil {
		return fmt.Errorf("acknowledgement of %s breaks %s:\n%w", shorten(event), schema.Location, err)
	}
	return nil
}

// Succeeded reads from the raw arguments of an acknowledgement whether it says
// success. The error is one of an acknowledgement that says neither.
func Succeeded(args []json.RawMessage) (bool, error) {
	if len(args) == 0 {
		return false, errors.New("no argument")
	}
	v, err := parse(args[0])
	if err != nil {
		return false, fmt.Errorf("not JSON: %w: %s", err, shorten(string(args[0])))
	}
	object, ok := v.(map[string]any)
	if !ok {
		return false, fmt.Errorf("not an object: %s", shorten(string(args[0])))
	}
	success, ok := object["success"].(bool)
	if !ok {
		return false, fmt.Errorf("success is neither true nor false: %s", shorten(string(args[0])))
	}
	return success, nil
}

func shortArgs(args []json.RawMessage) string {
	text := "("
	for i, a := range args {
		if i > 0 {
			text += ", "
		}
		text += string(a)
	}
	return shorten(text + ")")
}
