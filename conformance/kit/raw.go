package kit

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/gorilla/websocket"
)

// Raw is a websocket to the backend below any Socket.IO client: packets are
// written and read as they are. Its methods end the case where they fail,
// unless they return an error.
type Raw struct {
	// Opening is what the backend said in its open packet.
	Opening Opening

	t    *T
	who  string
	conn *websocket.Conn
}

// RawOptions say how to open a Raw.
type RawOptions struct {
	Header http.Header
	// Query is that of the request; "": a new session of Engine.IO 4. One that
	// names a session (sid) opens the websocket of its upgrade.
	Query string
	// ReceiveBuffer is the size of the kernel's buffer in bytes, so that a
	// client that does not read is noticed early; 0: the system's.
	ReceiveBuffer int
}

// Raw opens a websocket and reads the Engine.IO open packet.
func (t *T) Raw(o RawOptions) *Raw {
	r, status, err := t.TryRaw(o)
	if err != nil {
		t.Fatalf("open a websocket: %v (HTTP status %d)", err, status)
	}
	return r
}

// TryRaw is Raw for handshakes that may be refused: status is that of the
// answer, 0 where none came.
func (t *T) TryRaw(o RawOptions) (r *Raw, status int, err error) {
	dialer := websocket.Dialer{HandshakeTimeout: t.Patience, NetDialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
		conn, err := (&net.Dialer{}).DialContext(ctx, network, addr)
		if tcp, ok := conn.(*net.TCPConn); ok && o.ReceiveBuffer > 0 {
			err = errors.Join(err, tcp.SetReadBuffer(o.ReceiveBuffer))
		}
		return conn, err
	}}
	if o.Query == "" {
		o.Query = "EIO=4&transport=websocket"
	}
	url := "ws" + strings.TrimPrefix(t.Backend.URL(), "http") + "/socket.io/?" + o.Query
	conn, resp, err := dialer.DialContext(t.Patient(), url, o.Header)
	if resp != nil {
		status = resp.StatusCode
		_ = resp.Body.Close() // gorilla has read what there is
	}
	if err != nil {
		return nil, status, err
	}
	r = &Raw{t: t, who: t.label("raw websocket"), conn: conn}
	t.Cleanup(func() { _ = conn.Close() }) // it may be closed already
	if !strings.Contains(o.Query, "sid=") {
		r.Opening = t.opening(r.Read())
	}
	return r, status, nil
}

// RawUser opens a websocket and connects as a user.
func (t *T) RawUser(id string, o RawOptions) *Raw {
	r := t.Raw(o)
	r.Login(t.Token(Claims{"userId": id}))
	return r
}

// Login connects to the namespace with a token and waits until the backend says
// yes.
func (r *Raw) Login(token string) {
	auth, err := json.Marshal(map[string]any{"token": token})
	r.t.Must(err)
	r.t.note(time.Now(), r.who, ">", "40{token}")
	r.t.Must(r.write(websocket.TextMessage, "40"+string(auth)))
	for {
		got := r.Read()
		switch {
		case strings.HasPrefix(got, "40"):
			return
		case strings.HasPrefix(got, "44"):
			r.t.Fatalf("a good token is refused: %s", got)
		}
	}
}

// Write sends an Engine.IO packet as text.
func (r *Raw) Write(packet string) {
	r.t.note(time.Now(), r.who, ">", cut(packet))
	r.t.Must(r.write(websocket.TextMessage, packet))
}

// TryWrite is Write that returns its error: the backend may have closed.
func (r *Raw) TryWrite(packet string) error {
	r.t.note(time.Now(), r.who, ">", cut(packet))
	return r.write(websocket.TextMessage, packet)
}

// WriteBinary sends bytes as a binary message.
func (r *Raw) WriteBinary(data []byte) {
	r.t.note(time.Now(), r.who, ">", fmt.Sprintf("binary %x", data[:min(len(data), 100)]))
	r.t.Must(r.write(websocket.BinaryMessage, string(data)))
}

// WriteUnfinished sends the first fragments of a text message, and never its
// last one. Nothing can be written after it.
func (r *Raw) WriteUnfinished(begin string) {
	r.t.note(time.Now(), r.who, ">", "the beginning of "+cut(begin))
	w, err := r.conn.NextWriter(websocket.TextMessage)
	r.t.Must(err)
	_, err = io.WriteString(w, begin) // longer than the buffer, most of it leaves
	r.t.Must(err)
}

func (r *Raw) write(kind int, data string) error {
	if err := r.conn.SetWriteDeadline(time.Now().Add(r.t.Patience)); err != nil {
		return err
	}
	return r.conn.WriteMessage(kind, []byte(data))
}

// Read returns the next packet; heartbeats are answered and passed over.
func (r *Raw) Read() string {
	packet, err := r.TryRead()
	if err != nil {
		r.t.Fatalf("read from the websocket: %v", err)
	}
	return packet
}

// TryRead is Read that returns its error: the backend may have closed.
func (r *Raw) TryRead() (string, error) {
	for {
		if err := r.conn.SetReadDeadline(time.Now().Add(r.t.Patience)); err != nil {
			return "", err
		}
		_, data, err := r.conn.ReadMessage()
		if err != nil {
			r.t.note(time.Now(), r.who, "-", err.Error())
			return "", err
		}
		r.t.note(time.Now(), r.who, "<", cut(string(data)))
		if string(data) != "2" {
			return string(data), nil
		}
		if err := r.write(websocket.TextMessage, "3"); err != nil {
			return "", err
		}
	}
}

// ReadUntil returns the first packet with that prefix.
func (r *Raw) ReadUntil(prefix string) string {
	for {
		if packet := r.Read(); strings.HasPrefix(packet, prefix) {
			return packet
		}
	}
}

// Closed reads until the backend has closed the connection; the case fails
// where it does not within the patience.
func (r *Raw) Closed() {
	end := time.Now().Add(r.t.Patience)
	for time.Now().Before(end) {
		_, err := r.TryRead()
		var timeout net.Error
		switch {
		case errors.As(err, &timeout) && timeout.Timeout():
			r.t.Fatalf("the backend leaves the connection open")
		case err != nil:
			return
		}
	}
	r.t.Fatalf("the backend goes on sending and leaves the connection open")
}

// Close cuts the connection off, without a goodbye.
func (r *Raw) Close() { _ = r.conn.Close() } // there is nobody left to tell

func cut(packet string) string {
	const longest = 2000
	if len(packet) > longest {
		return packet[:longest] + "…"
	}
	return packet
}
