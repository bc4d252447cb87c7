package app_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsutil"

	"github.com/parlance-dev/parlance/conformance/driver"
	"github.com/parlance-dev/parlance/internal/app"
	"github.com/parlance-dev/parlance/internal/feature/auth"
	"github.com/parlance-dev/parlance/internal/store"
	"github.com/parlance-dev/parlance/sio/siotest"
)

// issue signs a token of an hour.
func issue(t *testing.T, c auth.Claims, now time.Time) string {
	t.Helper()
	token, err := auth.Issue([]byte(secret), c, now, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// overClocks runs a test with the official client on every engine and transport,
// with a clock that stands still.
func overClocks(t *testing.T, test func(t *testing.T, clock *siotest.Clock, c *driver.Client)) {
	t.Helper()
	d := startDriver(t)
	for _, engine := range []string{"native", "zishang520"} {
		for _, transport := range []string{"websocket", "polling"} {
			t.Run(engine+" "+transport, func(t *testing.T) {
				clock := siotest.NewClock(time.Now().Truncate(time.Second))
				r := start(t, t.TempDir(), app.Options{Clock: clock}, "SOCKET_ENGINE="+engine)
				c, err := d.Dial(deadline(t), driver.DialOptions{
					URL: r.url, Transports: []string{transport}, Auth: map[string]any{"token": issue(t, auth.Claims{UserID: "u1"}, clock.Now())},
				})
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() {
					ctx, cancel := context.WithTimeout(context.Background(), patience)
					defer cancel()
					if err := c.Close(ctx); err != nil {
						t.Error(err)
					}
				})
				test(t, clock, c)
			})
		}
	}
}

// ping asks for an acknowledgement and returns it.
func ping(t *testing.T, c *driver.Client) string {
	t.Helper()
	ack, err := c.EmitAck(deadline(t), "ping")
	if err != nil {
		t.Fatal(err)
	}
	return string(ack)
}

const pinged = `{"success":true}`

// TestContract2_ExpiredTokenEndsItsSocketWithinASecond: section 2. Until the last
// millisecond the socket is served.
func TestContract2_ExpiredTokenEndsItsSocketWithinASecond(t *testing.T) {
	overClocks(t, func(t *testing.T, clock *siotest.Clock, c *driver.Client) {
		clock.Advance(time.Hour - time.Millisecond)
		if ack := ping(t, c); ack != pinged || c.Count("error") != 0 {
			t.Errorf("before it expires: %s, %d errors", ack, c.Count("error"))
		}
		clock.Advance(time.Second)
		told, err := c.Next(deadline(t), "error")
		if err != nil || string(told) != `{"message":"Token expired","code":"AUTH_TOKEN_EXPIRED"}` {
			t.Errorf("told %s, %v", told, err)
		}
		if reason, err := c.Disconnected(deadline(t)); err != nil || reason != "io server disconnect" {
			t.Errorf("disconnected: %q, %v", reason, err)
		}
	})
}

// TestContract7_TenTimesTheLimitForTenSeconds: section 7, who keeps on is
// disconnected, and not earlier. Engines say when they read an event, so this is
// by the clock on the wall.
func TestContract7_TenTimesTheLimitForTenSeconds(t *testing.T) {
	d := startDriver(t)
	for _, engine := range []string{"native", "zishang520"} {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			r := start(t, t.TempDir(), app.Options{}, "SOCKET_ENGINE="+engine, "SOCKET_RATE_LIMIT=1", "SOCKET_RATE_WINDOW_MS=2000")
			c, calm := r.connect(t, d, "websocket"), r.connect(t, d, "websocket")
			begun, pings := time.Now(), 0
			for ctx := deadline(t); ; {
				if _, err := c.EmitAck(ctx, "ping"); err != nil {
					break // disconnected, which is checked below
				}
				pings++
			}
			if reason, err := c.Disconnected(deadline(t)); err != nil || reason != "io server disconnect" {
				t.Errorf("disconnected: %q, %v", reason, err)
			}
			if took := time.Since(begun); took < 10*time.Second {
				t.Errorf("disconnected after %s and %d pings", took, pings)
			}
			if ack := ping(t, calm); ack != pinged {
				t.Errorf("another socket: %s", ack)
			}
		})
	}
}

// TestContract8_StoreUnavailable: section 8, 503 with the contract's code and
// without the store's words.
func TestContract8_StoreUnavailable(t *testing.T) {
	r := start(t, t.TempDir(), app.Options{Store: broken{fail: func() error {
		return errors.Join(store.ErrUnavailable, errors.New("inner words"))
	}}})
	for _, path := range []string{"/api/messages", "/api/actions"} {
		status, body := r.request(t, http.MethodGet, path, "")
		var problem struct{ Code string }
		if err := json.Unmarshal([]byte(body), &problem); err != nil || status != http.StatusServiceUnavailable || problem.Code != "STORE_UNAVAILABLE" || strings.Contains(body, "inner") {
			t.Errorf("%s: %d %s", path, status, body)
		}
	}
	if status := ready(t, r.url); status != http.StatusServiceUnavailable {
		t.Errorf("ready: %d", status)
	}
}

// request makes a request as an administrator.
func (r *running) request(t *testing.T, method, path, body string) (status int, text string) {
	t.Helper()
	req, err := http.NewRequestWithContext(deadline(t), method, r.url+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+issue(t, auth.Claims{UserID: "root", Role: auth.RoleAdmin}, time.Now()))
	if strings.HasPrefix(body, "{") {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(raw)
}

// TestContract7_ClientThatDoesNotRead: section 7. At most 1 MiB or 1,000 packets
// wait for it, then it is disconnected; another client gets every one of them.
func TestContract7_ClientThatDoesNotRead(t *testing.T) {
	d := startDriver(t)
	mute := map[string]func(*running, *testing.T){"websocket": (*running).muteWebSocket, "polling": (*running).mutePolling}
	for _, engine := range []string{"native", "zishang520"} {
		for transport, connect := range mute {
			for name, size := range map[string]int{"bytes": 2000, "packets": 1} {
				if name == "packets" && transport == "websocket" {
					continue // the kernel keeps tens of thousands of small ones
				}
				t.Run(engine+" "+transport+" "+name, func(t *testing.T) {
					r := start(t, t.TempDir(), app.Options{}, "SOCKET_ENGINE="+engine, "API_RATE_LIMIT=1000000")
					witness := r.connect(t, d, "websocket")
					await(t, witness, "online_users") // from now on it is told of others
					connect(r, t)
					await(t, witness, "user_online")
					online := func() bool {
						status, _ := r.request(t, http.MethodGet, "/api/presence/mute", "")
						return status == http.StatusOK
					}
					if !online() {
						t.Fatal("the client that does not read is not there")
					}
					message := strings.Repeat("\U0001F600", size) // of four bytes
					n := r.sendUntil(t, witness, message, func() bool { return !online() })
					// What the kernel keeps for a websocket has no number that holds everywhere.
					if transport == "polling" {
						if low, high := min(1000, 1<<20/(4*size+200))-20, min(1000, 1<<20/(4*size))+20; n < low || n > high {
							t.Errorf("disconnected after %d packets, want between %d and %d", n, low, high)
						}
					}
				})
			}
		}
	}
}

// await waits for an event.
func await(t *testing.T, c *driver.Client, event string) {
	t.Helper()
	if _, err := c.Next(deadline(t), event); err != nil {
		t.Fatal(err)
	}
}

// sendUntil sends everyone a message, which the witness has to get, until gone
// says so, and returns how many it were.
func (r *running) sendUntil(t *testing.T, witness *driver.Client, message string, gone func() bool) int {
	t.Helper()
	body := fmt.Sprintf(`{"message":%q}`, message)
	most := 16 << 20 / len(body) // beyond, memory is not bounded
	for n := range most {
		if status, answer := r.request(t, http.MethodPost, "/api/system-messages", body); status != http.StatusAccepted {
			t.Fatalf("%d %s", status, answer)
		}
		if _, err := witness.Next(deadline(t), "system_message"); err != nil {
			t.Fatalf("message %d has not reached the witness: %v", n, err)
		}
		if gone() {
			return n + 1
		}
	}
	t.Fatalf("%d messages of %d bytes wait for the client that does not read", most, len(body))
	return 0
}

// muteWebSocket connects by websocket and reads no further than the answer.
func (r *running) muteWebSocket(t *testing.T) {
	t.Helper()
	dialer := ws.Dialer{NetDial: func(ctx context.Context, network, addr string) (net.Conn, error) {
		conn, err := (&net.Dialer{}).DialContext(ctx, network, addr)
		if tcp, ok := conn.(*net.TCPConn); ok {
			err = errors.Join(err, tcp.SetReadBuffer(4<<10)) // little room outside the server
		}
		return conn, err
	}}
	conn, buffered, _, err := dialer.Dial(deadline(t), "ws"+strings.TrimPrefix(r.url, "http")+"/socket.io/?EIO=4&transport=websocket")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	from := io.Reader(conn)
	if buffered != nil {
		from = io.MultiReader(buffered, conn)
	}
	connect := `40{"token":"` + issue(t, auth.Claims{UserID: "mute"}, time.Now()) + `"}`
	if err := wsutil.WriteClientText(conn, []byte(connect)); err != nil {
		t.Fatal(err)
	}
	for {
		frame, err := ws.ReadFrame(from)
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasPrefix(string(frame.Payload), "40") {
			return
		}
	}
}

// mutePolling connects by polling and polls no further than the answer.
func (r *running) mutePolling(t *testing.T) {
	t.Helper()
	path := "/socket.io/?EIO=4&transport=polling"
	_, opened := r.request(t, http.MethodGet, path, "")
	var session struct{ SID string }
	if err := json.Unmarshal([]byte(strings.TrimPrefix(opened, "0")), &session); err != nil {
		t.Fatalf("%s: %v", opened, err)
	}
	path += "&sid=" + session.SID
	if status, answer := r.request(t, http.MethodPost, path, `40{"token":"`+issue(t, auth.Claims{UserID: "mute"}, time.Now())+`"}`); status != http.StatusOK {
		t.Fatalf("%d %s", status, answer)
	}
	if status, answer := r.request(t, http.MethodGet, path, ""); status != http.StatusOK || !strings.HasPrefix(answer, "40") {
		t.Fatalf("%d %s", status, answer)
	}
}
