package enginetest

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/gorilla/websocket"
)

// This file holds how a client opens its connection.

func (cl *client) openSocket() (*websocket.Conn, error) {
	d := websocket.Dialer{HandshakeTimeout: patience, NetDialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
		var dialer net.Dialer
		conn, err := dialer.DialContext(ctx, network, addr)
		if err != nil {
			return nil, err
		}
		return shrink(conn), nil
	}}
	ws, resp, err := d.DialContext(cl.ctx, "ws"+strings.TrimPrefix(cl.endpoint("websocket"), "http"), cl.header)
	if resp != nil {
		_ = resp.Body.Close()
		if err != nil {
			return nil, fmt.Errorf("status %d: %w", resp.StatusCode, err)
		}
	}
	return ws, err
}

func (cl *client) dialWebSocket() error {
	ws, err := cl.openSocket()
	if err != nil {
		return err
	}
	cl.ws.Store(ws)
	_ = ws.SetReadDeadline(time.Now().Add(patience))
	_, data, err := ws.ReadMessage()
	if err != nil {
		return err
	}
	_ = ws.SetReadDeadline(time.Time{})
	if err := cl.opened(string(data)); err != nil {
		return err
	}
	cl.running.Go(cl.readSocket)
	return nil
}

func (cl *client) opened(packet string) error {
	var open struct {
		SID string `json:"sid"`
	}
	if len(packet) == 0 || packet[0] != '0' {
		return fmt.Errorf("handshake is %q", packet)
	}
	cl.open = packet[1:]
	if err := json.Unmarshal([]byte(cl.open), &open); err != nil || open.SID == "" {
		return fmt.Errorf("handshake is %q: %w", packet, err)
	}
	cl.sid = open.SID
	return nil
}

func (cl *client) openPolling() error {
	status, body, err := cl.do(http.MethodGet, "")
	if err != nil || status != http.StatusOK {
		return fmt.Errorf("handshake: status %d: %s: %w", status, body, err)
	}
	packets := strings.Split(body, separator)
	if err := cl.opened(packets[0]); err != nil {
		return err
	}
	for _, p := range packets[1:] {
		cl.take(p)
	}
	return nil
}

// upgrade moves from polling to WebSocket as clients do.
func (cl *client) upgrade() error {
	ws, err := cl.openSocket()
	if err != nil {
		return err
	}
	_ = ws.SetReadDeadline(time.Now().Add(patience))
	if err := ws.WriteMessage(websocket.TextMessage, []byte("2probe")); err != nil {
		return err
	}
	if _, data, err := ws.ReadMessage(); err != nil || string(data) != "3probe" {
		return fmt.Errorf("probe is answered with %q: %w", data, err)
	}
	cl.paused.Store(true)
	select {
	case <-cl.polled:
	case <-time.After(patience):
		return fmt.Errorf("last poll before the upgrade: %w", errTimeout)
	}
	cl.pongs.Wait() // polling is over, so no more come
	cl.writeMu.Lock()
	defer cl.writeMu.Unlock()
	if err := ws.WriteMessage(websocket.TextMessage, []byte("5")); err != nil {
		return err
	}
	_ = ws.SetReadDeadline(time.Time{})
	cl.ws.Store(ws)
	cl.running.Go(cl.readSocket)
	return nil
}
