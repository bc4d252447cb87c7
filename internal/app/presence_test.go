package app_test

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/parlance-dev/parlance/internal/app"
	"github.com/parlance-dev/parlance/internal/feature/auth"
	"github.com/parlance-dev/parlance/sio"
	"github.com/parlance-dev/parlance/sio/client"
)

// observer is a socket that adds up what it is told of presence.
type observer struct {
	user   string
	socket *client.Socket

	mu        sync.Mutex
	snapshots int
	online    map[string]int // sockets as the snapshot says, of later ones 1
	wrong     []string       // what was no news, or came in the wrong order
	came      chan struct{}  // closed and replaced with each event
	gone      chan struct{}  // closed after the last event
}

// observe connects a user.
func observe(ctx context.Context, url, user string) (*observer, error) {
	token, err := auth.Issue([]byte(secret), auth.Claims{UserID: user}, time.Now(), time.Hour)
	if err != nil {
		return nil, err
	}
	o := &observer{user: user, online: map[string]int{}, came: make(chan struct{}), gone: make(chan struct{})}
	options := client.Options{Transports: []string{"websocket"}, Reconnect: client.Reconnect{Off: true}}
	o.socket, err = client.Dial(ctx, url, options, client.SocketOptions{
		Auth:  client.StaticAuth(json.RawMessage(`{"token":"` + token + `"}`)),
		Event: func(_ *client.Socket, e sio.Event) { o.event(e) },

		Disconnected: func(*client.Socket, client.Reason, error) { close(o.gone) },
	})
	return o, err
}

// event adds up one event.
func (o *observer) event(e sio.Event) {
	o.mu.Lock()
	defer o.mu.Unlock()
	defer func() {
		close(o.came)
		o.came = make(chan struct{})
	}()
	if (e.Name == "online_users") != (o.snapshots == 0) {
		o.wrong = append(o.wrong, fmt.Sprintf("%s after %d snapshots", e.Name, o.snapshots))
	}
	var change struct{ UserID string }
	var snapshot []struct {
		ID          string
		Connections int
	}
	var err error
	if e.Name == "online_users" {
		err = json.Unmarshal(e.Args[0], &snapshot)
	} else {
		err = json.Unmarshal(e.Args[0], &change)
	}
	if err != nil {
		o.wrong = append(o.wrong, err.Error())
	}
	_, there := o.online[change.UserID]
	switch e.Name {
	case "online_users":
		o.snapshots++
		for _, u := range snapshot {
			o.online[u.ID] = u.Connections
		}
	case "user_online":
		if there || change.UserID == o.user {
			o.wrong = append(o.wrong, change.UserID+" is online, again")
		}
		o.online[change.UserID] = 1
	case "user_offline":
		if !there {
			o.wrong = append(o.wrong, change.UserID+" is offline, again")
		}
		delete(o.online, change.UserID)
	default:
		o.wrong = append(o.wrong, "event "+e.Name)
	}
}

// await waits until what the observer was told is as is says.
func (o *observer) await(t *testing.T, what string, is func(online map[string]int) bool) {
	t.Helper()
	ctx := deadline(t)
	for {
		o.mu.Lock()
		online, came := maps.Clone(o.online), o.came
		o.mu.Unlock()
		if is(online) {
			return
		}
		select {
		case <-came:
		case <-ctx.Done():
			t.Fatalf("%s of %s waits in vain for %s; online: %v", o.socket.ID(), o.user, what, online)
		}
	}
}

// sameUsers reports whether the same users are in both.
func sameUsers(a, b map[string]int) bool {
	return maps.EqualFunc(a, b, func(int, int) bool { return true })
}

func (o *observer) close() error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	return o.socket.Manager().Close(ctx)
}

// crowd is sockets that come and go.
type crowd struct {
	t   *testing.T
	url string

	mu   sync.Mutex
	all  []*observer // everyone that ever was
	left []*observer // who is there at the end
}

func (c *crowd) connect(user string) *observer {
	o, err := observe(deadline(c.t), c.url, user)
	if err != nil {
		c.t.Errorf("%s: %v", user, err)
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.all = append(c.all, o)
	return o
}

// comeAndGo keeps so many sockets of random users, and replaces one of them by
// another so many times; seed decides which.
func (c *crowd) comeAndGo(seed uint64, sockets, times, users int) {
	r := rand.New(rand.NewPCG(500, seed))
	var mine []*observer
	add := func() {
		if o := c.connect(fmt.Sprint("u", r.IntN(users))); o != nil {
			mine = append(mine, o)
		}
	}
	for range sockets {
		add()
	}
	for range times {
		i := r.IntN(len(mine))
		if err := mine[i].close(); err != nil {
			c.t.Errorf("close: %v", err)
		}
		mine = append(mine[:i], mine[i+1:]...)
		if r.IntN(4) > 0 { // some places stay empty
			add()
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.left = append(c.left, mine...)
}

// truth is the sockets of each user that are there.
func (c *crowd) truth() map[string]int {
	n := map[string]int{}
	for _, o := range c.left {
		n[o.user]++
	}
	return n
}

// TestPresence_500SocketsOf200UsersComeAndGo: what every socket was told adds up,
// nothing is doubled, nothing is missing, and at rest all of them know the truth.
func TestPresence_500SocketsOf200UsersComeAndGo(t *testing.T) {
	for _, engine := range []string{"native", "zishang520"} {
		t.Run(engine, func(t *testing.T) {
			c := &crowd{t: t, url: start(t, t.TempDir(), app.Options{}, "SOCKET_ENGINE="+engine).url}
			t.Cleanup(func() { c.closeAll() })
			c.left = append(c.left, c.connect("first"))
			var wg sync.WaitGroup
			for seed := range uint64(25) {
				wg.Go(func() { c.comeAndGo(seed, 20, 10, 200) })
			}
			wg.Wait()
			if t.Failed() {
				return
			}
			truth := c.truth()
			c.left[0].await(t, "the truth", func(online map[string]int) bool { return sameUsers(online, truth) })
			c.atRest(truth)
			// What follows comes after all of that for everybody.
			c.left = append(c.left, c.connect("last"))
			truth = c.truth()
			for _, o := range c.left {
				o.await(t, "the last one", func(online map[string]int) bool { return online["last"] > 0 })
				o.await(t, "the one before", func(online map[string]int) bool { return online["probe"] == 0 })
				o.mu.Lock()
				if !sameUsers(o.online, truth) {
					t.Errorf("%s of %s: online are %v, want %v", o.socket.ID(), o.user, o.online, truth)
				}
				o.mu.Unlock()
			}
			for _, o := range c.all {
				o.mu.Lock()
				if len(o.wrong) > 0 || o.snapshots > 1 {
					t.Errorf("%s of %s got %d snapshots: %s", o.socket.ID(), o.user, o.snapshots, strings.Join(o.wrong, "; "))
				}
				o.mu.Unlock()
			}
		})
	}
}

// atRest waits until the server has noticed all that left: until its snapshot
// counts the sockets that are there.
func (c *crowd) atRest(truth map[string]int) {
	want := maps.Clone(truth)
	want["probe"] = 1
	ctx := deadline(c.t)
	for {
		probe := c.connect("probe")
		if probe == nil {
			return
		}
		probe.await(c.t, "its snapshot", func(online map[string]int) bool { return online["probe"] > 0 })
		probe.mu.Lock()
		got := maps.Clone(probe.online)
		probe.mu.Unlock()
		if err := probe.close(); err != nil {
			c.t.Errorf("close: %v", err)
		}
		c.left[0].await(c.t, "the end of the probe", func(online map[string]int) bool { return online["probe"] == 0 })
		if maps.Equal(got, want) {
			return
		}
		if ctx.Err() != nil {
			c.t.Errorf("the snapshot has %v, want %v", got, want)
			return
		}
	}
}

func (c *crowd) closeAll() {
	var wg sync.WaitGroup
	for _, o := range c.left {
		wg.Go(func() {
			if err := o.close(); err != nil {
				c.t.Errorf("close: %v", err)
			}
		})
	}
	wg.Wait()
}

// TestPresence_ShutdownIsQuiet: everybody goes at once, and nobody is told of each
// of the others.
func TestPresence_ShutdownIsQuiet(t *testing.T) {
	for _, engine := range []string{"native", "zishang520"} {
		t.Run(engine, func(t *testing.T) {
			r := start(t, t.TempDir(), app.Options{}, "SOCKET_ENGINE="+engine)
			c := &crowd{t: t, url: r.url}
			for i := range 100 {
				if o := c.connect(fmt.Sprint("u", i)); o != nil {
					c.left = append(c.left, o)
				}
			}
			t.Cleanup(c.closeAll)
			if t.Failed() {
				return
			}
			for _, o := range c.left {
				o.await(t, "everybody", func(online map[string]int) bool { return len(online) == 100 })
			}
			if err := r.app.Close(deadline(t)); err != nil {
				t.Error(err)
			}
			for _, o := range c.left {
				<-o.gone // after its last event
				o.mu.Lock()
				if len(o.online) != 100 || len(o.wrong) > 0 {
					t.Errorf("%s knows of %d users: %s", o.user, len(o.online), strings.Join(o.wrong, "; "))
				}
				o.mu.Unlock()
			}
			log := r.log.String()
			if n := strings.Count(log, `"user disconnected"`); n != 100 {
				t.Errorf("%d disconnected, want 100", n)
			}
			for _, level := range []string{"ERROR", "WARN"} {
				if strings.Contains(log, `"level":"`+level+`"`) {
					t.Errorf("the log has a line of level %s:\n%s", level, log)
				}
			}
		})
	}
}
