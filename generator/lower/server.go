package lower

import (
	"github.com/parlance-dev/parlance/generator/loader"
	"github.com/parlance-dev/parlance/generator/model"
)

// server makes the model of a server that has x-socketio.
func (l *lowering) server(s *Server) *model.Server {
	out := &model.Server{
		URL:             text(s.Node.Get("protocol")) + "://" + text(s.Node.Get("host")) + text(s.Node.Get("pathname")),
		Description:     describe(s.Node),
		Path:            text(s.Ext.Get("path")),
		Transports:      l.texts(s.Ext.Get("transports")),
		MaxPayloadBytes: number(s.Ext.Get("maxPayloadBytes")),
		PingIntervalMs:  number(s.Ext.Get("pingIntervalMs")),
		PingTimeoutMs:   number(s.Ext.Get("pingTimeoutMs")),
		Pos:             s.Ext.Key(),
	}
	for _, item := range l.items(s.Node.Get("security")) {
		if n := l.doc.Resolve(item); n != nil && n.Kind == loader.Mapping {
			out.Schemes = append(out.Schemes, &model.Scheme{Name: schemeName(n), Doc: text(n.Get("description")), Pos: n.Key()})
		}
	}
	return out
}

// schemeName says in a few words what a security scheme asks for, such as
// "http bearer" or "httpApiKey token in query".
func schemeName(n *loader.Node) string {
	name := text(n.Get("type"))
	for _, key := range []string{"scheme", "name"} {
		if word := text(n.Get(key)); word != "" {
			name += " " + word
		}
	}
	if place := text(n.Get("in")); place != "" {
		name += " in " + place
	}
	return name
}
