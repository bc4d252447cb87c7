package cases

import (
	"fmt"
	"strconv"
	"strings"

	. "github.com/onsi/gomega" //nolint:staticcheck // the words of assertions

	"github.com/parlance-dev/parlance/conformance/kit"
)

// answered has sockets send all that they may in one go, asks the backend to end
// as soon as each of them has its first acknowledgement, and holds what is stored
// against what was acknowledged. It is about what has come in before SIGTERM:
// below any client, all of it has left before the first answer is read.
func answered(t *kit.T) {
	const sockets, each = 12, 9
	p, to := switchOf(t), t.User()
	first := make(chan struct{}, sockets)
	acknowledged := make([]map[string]bool, sockets)
	raws := make([]*kit.Raw, sockets)
	for i := range raws {
		raws[i] = t.RawUser(t.User(), kit.RawOptions{})
	}
	parts := kit.Times(sockets, func(i int) {
		for n := range each {
			raws[i].Write(fmt.Sprintf(`42%d["send_message",{"to":"%s","content":"%d-%d"}]`, n, to, i, n))
		}
		acknowledged[i] = acknowledgements(raws[i], fmt.Sprint(i), first)
	})
	t.Parallel(append(parts, func() {
		for range sockets {
			<-first
		}
		p.ask()
		p.ended()
	})...)
	p.start()
	back := missedAll(t, to)
	t.Flush(back)
	for _, m := range messagesOf(t, back) {
		socket, _, ok := strings.Cut(m.Content, "-")
		if i, err := strconv.Atoi(socket); ok && err == nil {
			t.Expect(acknowledged[i]).To(HaveKey(m.Content), "acknowledgements of socket %d: %s is stored", i, m.Content)
		}
	}
}

// acknowledgements reads until the connection ends and returns which events were
// acknowledged, as prefix-id. It tells first of the first one, or of the end.
func acknowledgements(r *kit.Raw, prefix string, first chan<- struct{}) map[string]bool {
	ids := map[string]bool{}
	for {
		packet, err := r.TryRead()
		id, _, ok := strings.Cut(strings.TrimPrefix(packet, "43"), "[")
		isAck := ok && strings.HasPrefix(packet, "43")
		if len(ids) == 0 && (isAck || err != nil) {
			first <- struct{}{}
		}
		if err != nil {
			return ids
		}
		if isAck {
			ids[prefix+"-"+id] = true
		}
	}
}
