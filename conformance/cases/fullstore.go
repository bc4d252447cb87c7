package cases

import (
	"context"
	"strings"

	. "github.com/onsi/gomega" //nolint:staticcheck // the words of assertions

	"github.com/parlance-dev/parlance/conformance/kit"
)

// fullStore are the cases of a backend that can't store any more.
func fullStore() []kit.Case {
	return []kit.Case{
		{
			ID: "stop/store-full", Section: "6 Failures", Scope: kit.Once, Needs: []kit.Need{kit.NeedSmallDisk}, Labels: []string{"slow"},
			Contract: "a message that can't be stored fails with STORE_UNAVAILABLE, `Message could not be stored`; nothing is delivered, and what was acknowledged before is there",
			Run: func(t *kit.T) {
				ctx, cancel := context.WithTimeout(t.Context(), startPatience)
				defer cancel()
				b, end, err := t.SmallDisk(ctx)
				t.Must(err)
				t.Cleanup(end)
				storeFull(t.OnBackend(b))
			},
		},
	}
}

// storeFull sends large messages until one fails.
func storeFull(t *kit.T) {
	const most = 1000 // of 4 kB each: far more than a small disk holds
	bob := t.ConnectUser(t.User())
	large := strings.Repeat("🙂", 1000)
	var from *kit.Client
	var ids []string
	var failure *kit.Answer
	for i := range most {
		if i%8 == 0 { // below the limit of one socket
			from = t.ConnectUser(t.User())
		}
		a := from.Call("send_message", letter(bob.User, large))
		if !a.Success {
			failure = &a
			break
		}
		ids = append(ids, kit.Decode[stored](t, a.Raw).MessageID)
	}
	if failure == nil {
		t.Fatalf("a store of a few hundred kilobytes takes %d messages of 4 kB each", most)
	}
	t.Expect(ids).NotTo(BeEmpty(), "messages that were stored before the store was full")
	t.Expect(failure.Code).To(Equal("STORE_UNAVAILABLE"), "code of a message that can't be stored: %s", failure.Raw)
	t.Expect(failure.Error).To(Equal("Message could not be stored"), "text of a message that can't be stored")

	// No message can prove the silence, as none can be stored: pings do.
	bob.Sync()
	same(t, idsOf(t, bob), ids, "what the recipient got before the store was full")
	back := missedAll(t, bob.User)
	newest(t, back, min(len(ids), replayLimit))
	back.Sync()
	same(t, idsOf(t, back), ids[max(0, len(ids)-replayLimit):], "the replay of a full store")
}

// idsOf are those of all messages that came so far.
func idsOf(t *kit.T, c *kit.Client) []string {
	var ids []string
	for _, m := range messagesOf(t, c) {
		ids = append(ids, m.ID)
	}
	return ids
}
