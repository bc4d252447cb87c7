package load

import (
	"bytes"
	"context"
	"fmt"
	"strconv"
)

// deliver has every client send messages to the next one, and checks that each
// is acknowledged and arrives. Each client is a user of its own.
type deliver struct {
	*ack
	users     int
	delivered int
}

func newDeliver(l *loop, o Options) *deliver {
	d := &deliver{ack: newAck(l, o.Depth), users: o.Clients}
	d.frame = func(c *conn, id int) []byte { return appendFrame(nil, opText, d.toNext(c, id)) }
	l.scenario = d
	return d
}

// UserID is the id of the user that a client of Deliver is.
func UserID(client int) string { return "bench-" + strconv.Itoa(client) }

// toNext is a message of a client to the one after it.
func (d *deliver) toNext(c *conn, id int) string {
	to := UserID((c.number + 1) % d.users)
	return `42` + strconv.Itoa(id) + `["send_message",{"to":"` + to + `","content":"Could you have a look at ticket 4711, please?","type":"text"}]`
}

// packet counts what arrives. What else a backend tells its clients, such as who
// is online, is part of its work and of no interest here.
func (d *deliver) packet(c *conn, p []byte) error {
	switch {
	case bytes.HasPrefix(p, []byte(`42["new_message",`)):
		if from := `"from":"` + UserID((c.number+d.users-1)%d.users) + `"`; !bytes.Contains(p, []byte(from)) {
			return fmt.Errorf("a message to another client: %w", unexpected(p))
		}
		d.delivered++
		return nil
	case bytes.HasPrefix(p, []byte(`42["error"`)):
		return unexpected(p)
	case bytes.HasPrefix(p, []byte(`42`)):
		return nil
	}
	return d.ack.packet(c, p)
}

// measure runs the scenario. Each message that was acknowledged has to arrive.
func (d *deliver) measure(ctx context.Context, o Options) (Measurement, error) {
	m, err := d.ack.measure(ctx, o)
	if err != nil {
		return m, err
	}
	missing := func() int { return d.answered - d.delivered }
	if err := d.loop.until(ctx, func() bool { return missing() == 0 }, missing); err != nil {
		return Measurement{}, fmt.Errorf("%d messages acknowledged, %d delivered: %w", d.answered, d.delivered, err)
	}
	return m, nil
}
