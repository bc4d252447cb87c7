package packet

import (
	"bytes"
	"encoding/json"
)

// DefaultMaxAttachments is how many binary parts a packet may have where a
// decoder says nothing else.
const DefaultMaxAttachments = 10

// Decoder turns the messages of one connection into packets: it waits for the
// attachments that a text announces. The zero value decodes what clients send.
// Its methods are for one goroutine at a time.
type Decoder struct {
	// Side is who sends.
	Side Side
	// MaxAttachments bounds the binary parts of a packet; 0: the default.
	MaxAttachments int
	// MaxBytes bounds the size of a packet, attachments included; 0: no bound.
	MaxBytes int64

	partial *Incoming // waits for its attachments
	last    string    // the name of the last event: most are of few names
}

func (d *Decoder) maxAttachments() int {
	if d.MaxAttachments > 0 {
		return d.MaxAttachments
	}
	return DefaultMaxAttachments
}

// Text takes a text message into p and reports whether p is whole. The packet
// shares data, which the caller must not change any more. The errors are
// ErrPacket, ErrAttachments, ErrTooLarge, ErrJSON and ErrDepth: the connection is
// broken then.
func (d *Decoder) Text(data []byte, p *Incoming) (bool, error) {
	if d.partial != nil {
		return false, ErrPacket
	}
	if d.MaxBytes > 0 && int64(len(data)) > d.MaxBytes {
		return false, ErrTooLarge
	}
	*p = Incoming{Size: len(data)}
	if err := p.parse(data, d); err != nil {
		return false, err
	}
	if p.Attachments == 0 {
		return true, nil
	}
	partial := *p
	d.partial = &partial
	return false, nil
}

// Binary takes an attachment. It sets p and reports true where that was the
// last one of a packet. An attachment that no text announced is ErrPacket, one
// that makes the packet larger than MaxBytes ErrTooLarge.
func (d *Decoder) Binary(data []byte, p *Incoming) (bool, error) {
	if d.partial == nil {
		return false, ErrPacket
	}
	d.partial.Size += len(data)
	if d.MaxBytes > 0 && int64(d.partial.Size) > d.MaxBytes {
		return false, ErrTooLarge
	}
	d.partial.Payload.Attachments = append(d.partial.Payload.Attachments, data)
	if len(d.partial.Payload.Attachments) < d.partial.Attachments {
		return false, nil
	}
	*p, d.partial = *d.partial, nil
	return true, nil
}

// name decodes the name of an event, a valid JSON string.
func (d *Decoder) name(quoted []byte) (string, error) {
	plain := quoted[1 : len(quoted)-1]
	if bytes.IndexByte(plain, '\\') >= 0 {
		var name string
		err := json.Unmarshal(quoted, &name)
		return name, err
	}
	if string(plain) != d.last { // compares without a copy
		d.last = string(plain)
	}
	return d.last, nil
}
