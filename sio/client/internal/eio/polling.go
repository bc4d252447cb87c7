package eio

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
)

// maxErrorBody is how much is read of the body of an error.
const maxErrorBody = 4 << 10

// polling is the transport of long-polling: a GET that waits for packets, and a
// POST at a time for what goes out.
type polling struct {
	// ctx is the session's life. It ends requests that no call waits for.
	ctx    context.Context //nolint:containedctx // see above
	client *http.Client
	url    string
	header http.Header
	limit  int64 // of a body that comes
	room   int64 // of a body that goes; 0: the server has not said
}

func newPolling(ctx context.Context, c *Config) *polling {
	return &polling{
		ctx: ctx,
		client: &http.Client{
			Transport: &http.Transport{
				DialContext:         c.DialContext,
				TLSClientConfig:     c.TLS.Clone(),
				MaxIdleConnsPerHost: 2,
			},
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
		url:    c.endpoint(Polling, "").String(),
		header: c.Header,
		limit:  c.MaxMessage,
	}
}

// opened takes what the handshake said.
func (p *polling) opened(c *Config, h *handshake) {
	p.url = c.endpoint(Polling, h.SID).String()
	p.room = h.MaxPayload
}

func (p *polling) name() string { return Polling }

func (p *polling) read(got func(Packet) error) error {
	body, err := p.do(http.MethodGet, nil, p.limit)
	if err != nil {
		return err
	}
	return splitPayload(body, got)
}

func (p *polling) fits(waiting []Packet) int {
	size := int64(0)
	for i, packet := range waiting {
		size += int64(payloadSize(packet))
		if i > 0 {
			size++ // the separator
			if p.room > 0 && size > p.room {
				return i
			}
		}
	}
	return len(waiting)
}

func (p *polling) write(batch []Packet) error {
	_, err := p.do(http.MethodPost, joinPayload(batch), maxErrorBody)
	return err
}

func (p *polling) farewell() (answered bool, err error) {
	return false, p.write([]Packet{control(string(typeClose))})
}

func (p *polling) close() { p.client.CloseIdleConnections() }

func (p *polling) do(method string, body []byte, limit int64) ([]byte, error) {
	req, err := http.NewRequestWithContext(p.ctx, method, p.url, bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("engine.io: %w", err)
	}
	if method == http.MethodGet {
		// net/http makes a GET whose connection has broken again, and nobody
		// knows: what the server has put into the lost answer would be missing. A
		// body that cannot be read twice keeps it from that; it is empty.
		req.Body, req.GetBody = io.NopCloser(bytes.NewReader(nil)), nil
	}
	for name, values := range p.header {
		req.Header[name] = values
	}
	if host := p.header.Get("Host"); host != "" {
		req.Host = host
	}
	if method == http.MethodPost {
		req.Header.Set("Content-Type", "text/plain;charset=UTF-8")
	}
	resp, err := p.client.Do(req)
	if err != nil {
		return nil, fmt.Errorf("engine.io: poll: %w", err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return nil, httpError(resp)
	}
	text, err := io.ReadAll(io.LimitReader(resp.Body, limit+1))
	if err != nil {
		return nil, fmt.Errorf("engine.io: poll: %w", err)
	}
	if int64(len(text)) > limit {
		return nil, errTooLarge
	}
	return text, nil
}

// httpError reads what the server says of a failure.
func httpError(resp *http.Response) error {
	e := &HTTPError{Status: resp.StatusCode}
	text, err := io.ReadAll(io.LimitReader(resp.Body, maxErrorBody))
	if err != nil {
		return errors.Join(e, err)
	}
	var said struct {
		Code    int    `json:"code"`
		Message string `json:"message"`
	}
	if json.Unmarshal(text, &said) == nil {
		e.Code, e.Message = said.Code, said.Message
	}
	return e
}
