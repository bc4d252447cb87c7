package soak

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/parlance-dev/parlance/sio"
	sioclient "github.com/parlance-dev/parlance/sio/client"
)

// start is the offset before every message.
const start = "00000000000000000000000000"

// client is one connection of a user.
type client struct {
	run    *run
	user   string
	random *rand.Rand // of live
	socket *sioclient.Socket

	mu      sync.Mutex
	seen    []string      // ids of messages, as they came
	changed chan struct{} // closed and replaced with each
}

// userName is the user of a client; two clients are one user's.
func userName(i int) string { return fmt.Sprintf("soak-%d", i/2) }

func newClient(r *run, i int, random *rand.Rand) (*client, error) {
	c := &client{run: r, user: userName(i), random: random, changed: make(chan struct{})}
	o := []sioclient.Options{
		{Transports: []string{"websocket"}},
		{Transports: []string{"polling"}, NoUpgrade: true},
		{}, // polling, then an upgrade
	}[i%3]
	o.OnError = func(err error) { r.fault("%s: %v", c.user, err) }
	m, err := sioclient.New(r.server.url, o)
	if err != nil {
		return nil, err
	}
	token, err := r.server.token(c.user, "user")
	if err != nil {
		return nil, err
	}
	c.socket, err = m.Socket(sioclient.SocketOptions{
		Auth: func(context.Context) (json.RawMessage, error) {
			return json.Marshal(map[string]string{"token": token, "serverOffset": c.offset()})
		},
		Event: func(_ *sioclient.Socket, e sio.Event) { c.event(e) },
		Disconnected: func(_ *sioclient.Socket, reason sioclient.Reason, err error) {
			if reason != sioclient.ReasonClient {
				r.fault("%s: disconnected: %s, %v", c.user, reason, err)
			}
		},
		ConnectError: func(_ *sioclient.Socket, err error) { r.fault("%s: connect: %v", c.user, err) },
	})
	return c, err
}

// offset is the id of the last message that the client has seen.
func (c *client) offset() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.seen) == 0 {
		return start
	}
	return c.seen[len(c.seen)-1]
}

// event takes what the server emits.
func (c *client) event(e sio.Event) {
	switch e.Name {
	case "new_message":
		var m struct{ ID string }
		if len(e.Args) != 1 || json.Unmarshal(e.Args[0], &m) != nil {
			c.run.fault("%s: new_message %s", c.user, e.Args)
			return
		}
		c.message(m.ID)
	case "error":
		c.run.count("error event")
		var told struct{ Code, Event string }
		if json.Unmarshal(e.Args[0], &told) != nil || told.Code != "UNKNOWN_EVENT" && told.Code != "VALIDATION_ERROR" {
			c.run.fault("%s: error %s", c.user, e.Args[0])
		}
	case "rate_limit_exceeded":
		c.run.fault("%s: rate limit exceeded", c.user)
	default:
		c.run.count(e.Name + " event")
	}
}

// message notes a message. A message of the past is one that came twice, or late.
func (c *client) message(id string) {
	if last := c.offset(); id <= last {
		c.run.fault("%s: message %s after %s", c.user, id, last)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.seen = append(c.seen, id)
	close(c.changed)
	c.changed = make(chan struct{})
}

// compare waits until the client has as many messages as were sent to its user,
// and checks that they are those.
func (c *client) compare(ctx context.Context, sent map[string]bool) {
	seen := c.await(ctx, len(sent))
	if len(seen) < len(sent) {
		c.run.fault("%s: %d of %d messages came", c.user, len(seen), len(sent))
	}
	for _, id := range seen {
		if !sent[id] {
			c.run.fault("%s: message %s was never acknowledged", c.user, id)
		}
	}
}

// await waits until n messages have come, and returns those that have.
func (c *client) await(ctx context.Context, n int) []string {
	for {
		c.mu.Lock()
		seen, changed := c.seen, c.changed
		c.mu.Unlock()
		if len(seen) >= n {
			return seen
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return seen
		}
	}
}

// close ends the client.
func (c *client) close(ctx context.Context) error {
	if c.socket == nil {
		return nil
	}
	m := c.socket.Manager()
	if err := m.Close(ctx); err != nil {
		return err
	}
	<-m.Done()
	return nil
}

// live has the client do things until ctx ends.
func (c *client) live(ctx context.Context) {
	timer := time.NewTimer(c.pause(c.run.Step))
	defer timer.Stop()
	away := time.Now().Add(c.pause(c.run.Away))
	for {
		select {
		case <-ctx.Done():
			return
		case now := <-timer.C:
			if now.After(away) {
				c.leave()
				away = now.Add(c.pause(c.run.Away))
			} else {
				c.act()
			}
			timer.Reset(c.pause(c.run.Step))
		}
	}
}

// pause is a random time around a mean one.
func (c *client) pause(mean time.Duration) time.Duration {
	return mean/2 + time.Duration(c.random.Int64N(int64(mean)))
}

// leave goes away and comes back.
func (c *client) leave() {
	c.run.count("reconnect")
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	c.socket.Disconnect()
	if err := c.socket.Connect(ctx); err != nil {
		c.run.fault("%s: come back: %v", c.user, err)
	}
}
