package check

import (
	"github.com/parlance-dev/parlance/generator/diag"
	"github.com/parlance-dev/parlance/generator/loader"
	"github.com/parlance-dev/parlance/generator/lower"
)

// text returns the text of a string, "" for anything else.
func text(n *loader.Node) string {
	if n == nil || n.Kind != loader.String {
		return ""
	}
	return n.Text
}

// strings returns the strings of a list, with their places.
func (s *subject) strings(n *loader.Node) []*loader.Node {
	if n = s.Doc.Resolve(n); n == nil {
		return nil
	}
	var out []*loader.Node
	for _, item := range n.Items {
		if item.Kind == loader.String {
			out = append(out, item)
		}
	}
	return out
}

// ext returns the value of a key of a channel's x-socketio, references followed.
func (s *subject) ext(c *lower.Channel, key string) *loader.Node {
	return s.Doc.Resolve(c.Ext.Get(key))
}

// at returns the place of a key's value, n's own where it has no such key.
func at(n *loader.Node, key string) diag.Pos {
	if v := n.Get(key); v != nil {
		return v.Pos
	}
	return n.Key()
}

// emits returns the send operation of a channel with that wire name, or nil.
func (s *subject) emits(c *lower.Channel, name string) *lower.Operation {
	for _, o := range s.Operations {
		if m := o.Message(); o.Send && o.Channel == c && m != nil && m.Name == name {
			return o
		}
	}
	return nil
}

// emitted returns the message of the server event that n names, and reports a
// name that the channel does not emit; what names the place, with %q for the
// event. It returns nil where there is nothing to look at.
func (s *subject) emitted(c *lower.Channel, n *loader.Node, what string, report reporter) *lower.Message {
	name := text(n)
	if name == "" {
		return nil
	}
	o := s.emits(c, name)
	if o == nil {
		if !s.emitsUnknown(c) {
			report(n.Pos, what+" is no server event of channel %s%s", name, c.Key, diag.DidYouMean(name, s.emitNames(c)))
		}
		return nil
	}
	if m := o.Message(); m.Payload != nil {
		return m
	}
	return nil
}

// emitsUnknown reports whether a channel's server events can't all be known,
// for references that are broken.
func (s *subject) emitsUnknown(c *lower.Channel) bool {
	for _, o := range s.Operations {
		if o.Channel == nil || o.Send && o.Channel == c && o.Message() == nil {
			return true
		}
	}
	return false
}

// emitNames returns the wire names of a channel's server events.
func (s *subject) emitNames(c *lower.Channel) []string {
	var out []string
	for _, o := range s.Operations {
		if m := o.Message(); o.Send && o.Channel == c && m != nil {
			out = append(out, m.Name)
		}
	}
	return out
}

// usable reports whether a reference leads somewhere; where it doesn't, that
// has been reported.
func (s *subject) usable(ref *loader.Node) bool {
	return ref != nil && s.Doc.Target(ref) != nil
}
