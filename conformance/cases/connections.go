package cases

import (
	"strings"
	"time"

	. "github.com/onsi/gomega" //nolint:staticcheck // the words of assertions

	"github.com/parlance-dev/parlance/conformance/kit"
)

// connectionLimits are cases of how many connections there may be, and of
// clients that do not read.
func connectionLimits() []kit.Case {
	return []kit.Case{
		{
			ID: "limits/user-connections", Section: limitsSection, Scope: kit.Once,
			Contract: "a user has at most 20 connections: the 21st is let in and the oldest is disconnected, no other one",
			Run:      userConnections,
		},
		{
			ID: "limits/slow-reader-websocket", Section: limitsSection, Scope: kit.Once, Labels: []string{"slow"},
			Contract: "a client that does not read from its websocket is disconnected when 1 MiB waits; the others get theirs on time",
			Run:      slowWebSocket,
		},
		{
			ID: "limits/slow-reader-polling", Section: limitsSection, Scope: kit.Once, Labels: []string{"slow"},
			Contract: "a client that does not poll is disconnected when 1 MiB waits; the others get theirs on time",
			Run: func(t *kit.T) {
				user := t.User()
				const rounds, senders = 4, 32 // 320 messages of 4 kB a round: more than 1 MiB
				f := newFlood(t, user, senders, strings.Repeat("\U0001F600", 1000))
				p := t.PollingUser(user)
				f.until(rounds)
				p.Ended()
				t.Coverage.Limit("waitingBytes")
			},
		},
		{
			ID: "limits/slow-reader-packets", Section: limitsSection, Scope: kit.Once, Labels: []string{"slow"},
			Contract: "a client is disconnected when 1,000 packets wait for it, however small they are",
			Run: func(t *kit.T) {
				user := t.User()
				const rounds, senders = 3, 56 // 1,120 messages in two rounds, less than 0.4 MiB in three
				f := newFlood(t, user, senders, "x")
				p := t.PollingUser(user)
				f.until(rounds)
				p.Ended()
				t.Coverage.Limit("waitingPackets")
			},
		},
	}
}

func userConnections(t *kit.T) {
	const most = 20
	user := t.User()
	var all []*kit.Client
	for i := range most {
		all = append(all, t.On(t.Cells[i%len(t.Cells)]).ConnectUser(user))
	}
	all[0].Sync() // it is there as long as there are 20
	all = append(all, t.ConnectUser(user))
	all[0].Gone()
	for _, c := range all[1:] {
		c.Sync()
	}
	t.Coverage.Limit("connectionsPerUser")
}

// slowWebSocket floods a websocket that nobody reads from. How much the kernels
// and proxies between take before anything waits is unknown: a few MiB, so the
// flood goes on until the backend gives the client up.
func slowWebSocket(t *kit.T) {
	const (
		rounds  = 10
		senders = 60 // 600 messages, 2.4 MB a round
		buffer  = 4 << 10
	)
	user := t.User()
	f := newFlood(t, user, senders, strings.Repeat("\U0001F600", 1000))
	t.RawUser(user, kit.RawOptions{ReceiveBuffer: buffer})
	f.until(rounds)
}

// flood sends messages to a user whose client does not read, and with each
// round one to a client that does.
type flood struct {
	t       *kit.T
	to      string
	content string
	senders []*kit.Client
	// reader gets messages of the same senders, and is told when the other one
	// is gone.
	reader *kit.Client
}

func newFlood(t *kit.T, to string, senders int, content string) *flood {
	f := &flood{t: t, to: to, content: content, reader: watch(t)}
	for i := range senders {
		f.senders = append(f.senders, t.On(t.Cells[i%len(t.Cells)]).ConnectUser(t.User()))
	}
	return f
}

// until goes on until the backend has let the client go that does not read. The
// reader must get its messages meanwhile.
func (f *flood) until(rounds int) {
	f.reader.NextWhere("user_online", kit.Containing(f.to))
	for range rounds {
		f.round()
		if len(f.offline()) > 0 {
			return
		}
	}
	f.t.Fatalf("after %d messages a client that reads none of them is still connected", rounds*len(f.senders)*perWindow)
}

// round uses up one window of all senders.
func (f *flood) round() {
	began := time.Now()
	mark := f.t.Name("mark")
	for i, c := range f.senders {
		last := fields{"to": f.to, "content": f.content}
		if i == 0 {
			last = fields{"to": f.reader.User, "content": mark}
		}
		var events [][]any
		for range perWindow - 1 {
			events = append(events, []any{"send_message", fields{"to": f.to, "content": f.content}})
		}
		f.t.Must(c.Burst(f.t.Patient(), append(events, []any{"send_message", last})))
	}
	f.reader.NextWhere("new_message", kit.Containing(mark))
	f.t.Expect(time.Since(began)).To(BeNumerically("<", 5*time.Second), "how long a message to a client that reads takes while another does not")
	// The window of the last sender ends a window from here.
	f.t.Elapse(window + behind)
}

func (f *flood) offline() []string {
	var gone []string
	for _, raw := range f.reader.Payloads("user_offline") {
		if strings.Contains(string(raw), f.to) {
			gone = append(gone, string(raw))
		}
	}
	return gone
}
