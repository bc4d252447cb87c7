package goclient

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/parlance-dev/parlance/sio"
)

// plain returns the arguments of a payload, with its attachments in place of
// their placeholders.
func plain(p sio.Payload) ([]json.RawMessage, error) {
	if len(p.Attachments) == 0 {
		return p.Args, nil
	}
	args := make([]json.RawMessage, len(p.Args))
	for i, a := range p.Args {
		decoder := json.NewDecoder(bytes.NewReader(a))
		decoder.UseNumber()
		var value any
		if err := decoder.Decode(&value); err != nil {
			return nil, fmt.Errorf("argument %d: %w", i, err)
		}
		text, err := json.Marshal(fill(value, p.Attachments))
		if err != nil {
			return nil, fmt.Errorf("argument %d: %w", i, err)
		}
		args[i] = text
	}
	return args, nil
}

// fill puts the attachments into a decoded value.
func fill(value any, attachments [][]byte) any {
	switch v := value.(type) {
	case []any:
		for i := range v {
			v[i] = fill(v[i], attachments)
		}
	case map[string]any:
		if n, ok := placeholder(v); ok && n < int64(len(attachments)) {
			return map[string]any{"$binary": attachments[n]}
		}
		for name := range v {
			v[name] = fill(v[name], attachments)
		}
	}
	return value
}

// placeholder returns the number of the attachment that v stands for.
func placeholder(v map[string]any) (int64, bool) {
	number, ok := v["num"].(json.Number)
	if !ok || v["_placeholder"] != true {
		return 0, false
	}
	n, err := number.Int64()
	return n, err == nil && n >= 0
}
