package sio

import (
	"strconv"
	"time"

	"github.com/parlance-dev/parlance/sio/wire"
)

// limiter counts the events of one connection. Only the connection's event
// loop touches it.
type limiter struct {
	opened     time.Time // start of the current window
	count      int       // events in it
	abuseSince time.Time // start of the first of an unbroken run of abusive windows
}

// verdict is what the limiter says of an event.
type verdict int

const (
	within   verdict = iota // handle it
	first                   // the first one over the limit in its window
	over                    // over the limit
	abuse                   // end the connection
	abuseGap = 1            // windows that may pass unused within a run of abuse
)

// take counts an event at now.
func (l *limiter) take(rule RateLimit, now time.Time) verdict {
	if since := now.Sub(l.opened); l.opened.IsZero() || since >= rule.Window || since < 0 {
		if l.count < rule.Events*rule.AbuseFactor || since >= (1+abuseGap)*rule.Window {
			l.abuseSince = time.Time{}
		}
		l.opened, l.count = now, 0
	}
	l.count++
	if l.count <= rule.Events {
		return within
	}
	if rule.AbuseFactor > 0 && l.count >= rule.Events*rule.AbuseFactor {
		if l.abuseSince.IsZero() {
			l.abuseSince = l.opened
		}
		if now.Sub(l.abuseSince) >= rule.AbuseFor {
			return abuse
		}
	}
	if l.count == rule.Events+1 {
		return first
	}
	return over
}

// limited applies the rate limit to an event that came at now.
func (c *Conn) limited(now time.Time) error {
	rule := c.server.limit
	if rule.Events <= 0 {
		return nil
	}
	switch c.limiter.take(rule, now) {
	case within:
		return nil
	case first:
		c.tellLimited(rule, now)
	case abuse:
		c.limiter.abuseSince = now // once is enough, should more be on their way
		c.server.options.Logger.Warn("disconnected for abuse", "socketId", c.ID(), "userId", c.identity.UserID)
		c.abused()
		c.Disconnect()
	case over:
	}
	return NewError(CodeRateLimited, "")
}

// abused tells Options.Abused.
func (c *Conn) abused() {
	if f := c.server.options.Abused; f != nil {
		defer c.recovered("abused")
		f(c)
	}
}

// tellLimited sends the contract's rate limit event, once a window.
func (c *Conn) tellLimited(rule RateLimit, now time.Time) {
	if rule.Event == "" {
		return
	}
	message, _ := c.server.contract.message(CodeRateLimited)
	retry := rule.Window - now.Sub(c.limiter.opened)
	b := wire.AppendString([]byte(`{"message":`), message)
	b = strconv.AppendInt(append(b, `,"limit":`...), int64(rule.Events), 10)
	b = strconv.AppendInt(append(b, `,"windowMs":`...), rule.Window.Milliseconds(), 10)
	b = strconv.AppendInt(append(b, `,"retryAfterMs":`...), max(1, retry.Milliseconds()), 10)
	if err := c.Send(NewPacket(rule.Event, rawArgs(append(b, '}')))); err != nil {
		c.server.options.Logger.Debug("rate limit event not sent", "socketId", c.ID(), "error", err)
	}
}
