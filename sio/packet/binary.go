package packet

import (
	"bytes"
	"encoding/json"
	"strconv"
)

// placeholder is what an object says of being one:
// {"_placeholder":true,"num":0} stands for the first attachment.
type placeholder struct {
	is  bool
	num []byte
}

// see takes note of a member of the object. Of equal names the last one counts.
func (p *placeholder) see(name, value []byte) {
	if bytes.IndexByte(name, '\\') >= 0 {
		var plain string
		if json.Unmarshal(name, &plain) == nil {
			name = strconv.AppendQuote(nil, plain)
		}
	}
	switch string(name) {
	case `"_placeholder"`:
		p.is = string(value) == "true"
	case `"num"`:
		p.num = value
	}
}

// placeholders checks the placeholders of a packet with attachments: each
// attachment has exactly one.
type placeholders struct {
	seen  []bool // one for each attachment
	count int    // attachments that the packet announces
	found int
}

func (p *placeholders) take(mark placeholder) error {
	if !mark.is {
		return nil
	}
	n, err := strconv.ParseUint(string(mark.num), 10, 31)
	if err != nil || n >= uint64(p.count) || p.seen[n] {
		return ErrAttachments
	}
	p.seen[n] = true
	p.found++
	return nil
}

// complete reports whether every attachment has its placeholder.
func (p *placeholders) complete() bool { return p.found == p.count }
