package metrics

import (
	"context"
	"sync"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/parlance-dev/parlance/sio"
)

// other is the label value of what no closed list has.
const other = "other"

// connections counts connections, and knows those that are open: a transport may
// change while nobody is told, so who scrapes looks at each.
type connections struct {
	bundle
	now       *prometheus.Desc
	opened    resolved[string] // by transport
	ended     resolved[sio.Reason]
	refused   resolved[sio.Code]
	abusive   prometheus.Counter
	transport []string

	mu    sync.Mutex
	open  map[*sio.Conn]struct{}
	total int64
}

func newConnections(t table, contract *sio.Contract) *connections {
	opened, ended, refused := t.counters(connectionsOpened), t.counters(disconnects), t.counters(refusals)
	codes := []sio.Code{sio.CodeSocket}
	for _, r := range contract.Refusals {
		codes = append(codes, r.Code)
	}
	c := &connections{
		now:     t.desc(connectionsNow),
		opened:  resolve(opened, other, []string{"polling", "websocket"}),
		ended:   resolve(ended, other, reasons()),
		refused: resolve(refused, other, codes),
		abusive: t.counter(abuse),
		open:    map[*sio.Conn]struct{}{},
	}
	c.transport = append(c.opened.values(), other)
	c.bundle = bundle{opened, ended, refused, c.abusive}
	return c
}

// reasons returns why connections end.
func reasons() []sio.Reason {
	return []sio.Reason{
		sio.ReasonClient, sio.ReasonServer, sio.ReasonTransportClose, sio.ReasonTransportError, sio.ReasonPingTimeout,
		sio.ReasonParseError, sio.ReasonSlowReader, sio.ReasonPayloadTooLarge, sio.ReasonShutdown,
	}
}

func (c *connections) instrument(o *sio.Options) {
	opened, disconnected, refused, abused := o.Opened, o.Disconnected, o.Refused, o.Abused
	o.Opened = func(ctx context.Context, conn *sio.Conn) {
		c.connected(conn)
		if opened != nil {
			opened(ctx, conn)
		}
	}
	o.Disconnected = func(conn *sio.Conn, reason sio.Reason) {
		c.disconnected(conn, reason)
		if disconnected != nil {
			disconnected(conn, reason)
		}
	}
	o.Refused = func(code sio.Code) {
		c.refused.inc(code)
		if refused != nil {
			refused(code)
		}
	}
	o.Abused = func(conn *sio.Conn) {
		c.abusive.Inc()
		if abused != nil {
			abused(conn)
		}
	}
}

func (c *connections) connected(conn *sio.Conn) {
	c.mu.Lock()
	c.open[conn] = struct{}{}
	c.total++
	c.mu.Unlock()
	c.opened.inc(conn.Transport())
}

// disconnected forgets a connection. One that was gone before it was opened was
// never counted.
func (c *connections) disconnected(conn *sio.Conn, reason sio.Reason) {
	c.mu.Lock()
	_, counted := c.open[conn]
	delete(c.open, conn)
	c.mu.Unlock()
	if counted {
		c.ended.inc(reason)
	}
}

// numbers returns how many connections there were, and are.
func (c *connections) numbers() (total, open int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.total, int64(len(c.open))
}

// Describe implements prometheus.Collector.
func (c *connections) Describe(to chan<- *prometheus.Desc) {
	c.bundle.Describe(to)
	to <- c.now
}

// Collect implements prometheus.Collector.
func (c *connections) Collect(to chan<- prometheus.Metric) {
	c.bundle.Collect(to)
	c.mu.Lock()
	list := make([]*sio.Conn, 0, len(c.open))
	for conn := range c.open {
		list = append(list, conn)
	}
	c.mu.Unlock()
	counts := make(map[string]int, len(c.transport))
	for _, conn := range list {
		transport := conn.Transport()
		if c.opened.known[transport] == nil {
			transport = other
		}
		counts[transport]++
	}
	for _, transport := range c.transport {
		to <- prometheus.MustNewConstMetric(c.now, prometheus.GaugeValue, float64(counts[transport]), transport)
	}
}
