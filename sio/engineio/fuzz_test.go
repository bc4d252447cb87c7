package engineio_test

import (
	"bytes"
	"encoding/base64"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/parlance-dev/parlance/sio/engineio"
)

// split is what a polling body says, by the word of the protocol: the messages
// up to its first fault or to the goodbye, and whether there is a fault.
func split(body string) (messages []incoming, fault bool) {
	for _, packet := range strings.Split(body, "\x1e") {
		switch {
		case packet == "":
			return messages, true
		case packet[0] == '4':
			messages = append(messages, incoming{packet[1:], false})
		case packet[0] == 'b':
			data, err := base64.StdEncoding.DecodeString(packet[1:])
			if err != nil {
				return messages, true
			}
			messages = append(messages, incoming{string(data), true})
		case packet[0] == '1':
			return messages, false
		case !strings.ContainsRune("0356", rune(packet[0])):
			return messages, true
		}
	}
	return messages, false
}

// FuzzPayload: a polling body never does harm. It is taken or refused, and its
// messages are those that it holds.
func FuzzPayload(f *testing.F) {
	for _, body := range []string{
		"", "4", "4hello", "4a\x1ebAAEC\x1e4b", "1", "4a\x1e1\x1e4b", "2", "3", "6", "5", "0", "4a\x1e", "\x1e\x1e",
		"b", "bAA", "bAA==", "b!", "bAA\n==", "4\xff", "4\x00", "x", "4ä\x1e3\x1e4\x1e",
	} {
		f.Add([]byte(body))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		const limit = 1 << 20
		if len(body) > limit {
			return
		}
		s := &server{t: t, peers: make(chan *peer, 1)}
		var got []incoming
		s.prepare = func(p *peer) {
			p.message = func(m incoming) (engineio.Demand, error) {
				got = append(got, m)
				return engineio.Idle, nil
			}
		}
		e, err := engineio.NewServer(engineio.Options{PingInterval: silence, MaxPayload: limit}, s.accept)
		if err != nil {
			t.Fatal(err)
		}
		s.Server = e
		request := func(method, query string, body []byte) int {
			w := httptest.NewRecorder()
			s.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), method, "/engine.io/?EIO=4&transport=polling"+query, bytes.NewReader(body)))
			return w.Code
		}
		request(http.MethodGet, "", nil)
		p := <-s.peers
		sid := "&sid=" + p.session.ID()
		code := request(http.MethodPost, sid, body)
		want, fault := split(string(body))
		if fault && code != http.StatusBadRequest || !fault && code != http.StatusOK {
			t.Errorf("answered with %d, fault %v", code, fault)
		}
		if !slices.Equal(got, want) {
			t.Errorf("messages are %q, want %q", got, want)
		}
		p.session.Close("enough")
		request(http.MethodGet, sid, nil) // it gets the close packet, or a noop
		if err := s.stop(); err != nil {
			t.Errorf("shutdown: %v", err)
		}
	})
}
