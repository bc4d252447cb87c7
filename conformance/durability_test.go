package conformance

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"sync"
	"testing"
)

// TestAcknowledgedMessagesSurviveSIGKILL kills the server in the middle of a
// stream of messages. Sent again to the next one with the same clientOffset,
// every message that was acknowledged turns out to be stored, under the id that
// was acknowledged.
func TestAcknowledgedMessagesSurviveSIGKILL(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	random := rand.New(rand.NewPCG(1, 2))
	sender := user(t)
	acknowledged := map[string]string{} // message id by clientOffset
	for round := range 5 {
		fresh := sendUntilKilled(t, dir, sender, round, 20+random.IntN(200))
		maps.Copy(acknowledged, fresh)
	}
	s := suite.first().start(t, dir, "SOCKET_RATE_LIMIT=1000000")
	t.Cleanup(func() {
		if err := s.stop(); err != nil {
			t.Error(err)
		}
	})
	c := suite.first().dialer(transports()[0], s).connect(t, claims{"userId": sender})
	for _, offset := range slices.Sorted(maps.Keys(acknowledged)) {
		again := decode[messageAck](t, c.call("send_message", numbered(offset)))
		if again.MessageID != acknowledged[offset] || again.Duplicate == nil {
			t.Errorf("%s was acknowledged as %s, and now %+v", offset, acknowledged[offset], again)
		}
	}
	t.Logf("%d acknowledged messages, all there after 5 kills", len(acknowledged))
}

func numbered(offset string) map[string]any {
	return map[string]any{"to": "u2", "content": "message " + offset, "clientOffset": offset}
}

// sendUntilKilled sends messages until so many are acknowledged, kills the
// server, and returns what had been acknowledged by then.
func sendUntilKilled(t *testing.T, dir, sender string, round, enough int) map[string]string {
	t.Helper()
	s := suite.first().start(t, dir, "SOCKET_RATE_LIMIT=1000000")
	clients := make([]*client, 4)
	for i := range clients {
		clients[i] = suite.first().dialer(transports()[0], s).connect(t, claims{"userId": sender})
	}
	ctx, cancel := context.WithCancel(deadline(t))
	defer cancel()
	var mu sync.Mutex
	got := map[string]string{}
	var senders sync.WaitGroup
	for i, c := range clients {
		senders.Go(func() {
			for n := 0; ; n++ {
				offset := fmt.Sprintf("%d-%d-%04d", round, i, n)
				raw, err := c.EmitAck(ctx, "send_message", numbered(offset))
				if err != nil {
					return // killed
				}
				var ack messageAck
				if err := json.Unmarshal(raw, &ack); err != nil || !ack.Success {
					t.Errorf("%s: %s, %v", offset, raw, err)
					return
				}
				mu.Lock()
				got[offset] = ack.MessageID
				if len(got) == enough {
					_ = s.cmd.Process.Kill()
				}
				mu.Unlock()
			}
		})
	}
	<-s.done // killed
	_ = s.cmd.Wait()
	cancel()
	senders.Wait()
	if len(got) < enough {
		t.Fatalf("the server ended after %d messages: %s", len(got), s.output())
	}
	return got
}
