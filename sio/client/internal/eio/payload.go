package eio

import (
	"bytes"
	"encoding/base64"
)

// separator stands between the packets of a polling body.
const separator = 0x1e

// splitPayload hands out the packets of a polling body, which they share.
func splitPayload(body []byte, got func(Packet) error) error {
	for more := true; more; {
		var part []byte
		part, body, more = bytes.Cut(body, []byte{separator})
		p := Packet{Data: part}
		if len(part) > 0 && part[0] == 'b' {
			data := make([]byte, base64.StdEncoding.DecodedLen(len(part)-1))
			n, err := base64.StdEncoding.Strict().Decode(data, part[1:])
			if err != nil {
				return &End{ParseError, errPacket}
			}
			p = Packet{Data: data[:n], Binary: true}
		}
		if err := got(p); err != nil {
			return err
		}
	}
	return nil
}

// payloadSize is how many bytes p takes in a polling body.
func payloadSize(p Packet) int {
	if p.Binary {
		return 1 + base64.StdEncoding.EncodedLen(len(p.Data))
	}
	return len(p.Data)
}

// joinPayload makes a polling body.
func joinPayload(batch []Packet) []byte {
	size := len(batch)
	for _, p := range batch {
		size += payloadSize(p)
	}
	body := make([]byte, 0, size)
	for i, p := range batch {
		if i > 0 {
			body = append(body, separator)
		}
		if p.Binary {
			body = base64.StdEncoding.AppendEncode(append(body, 'b'), p.Data)
		} else {
			body = append(body, p.Data...)
		}
	}
	return body
}
