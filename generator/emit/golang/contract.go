package golang

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/parlance-dev/parlance/generator/model"
)

// printContract writes contract.gen.go.
func (p *plan) printContract(s *source) {
	s.p("// The runtime that this code needs: where it is gone, the build fails here.")
	s.p("const _ = sio.GeneratedVersion1")
	s.p("")
	for _, sp := range p.spaces {
		p.printConstants(s, sp)
		p.printTable(s, sp)
	}
}

// printConstants writes the names of a namespace as constants.
func (p *plan) printConstants(s *source, sp *space) {
	printGroup(s, "The names of events.", sp.names, "")
	printGroup(s, "The codes of failures.", sp.codes, "sio.Code")
	printGroup(s, "The roles.", sp.roles, "")
	printGroup(s, "The names of limits, for sio.Contract.Limit.", sp.limits, "")
}

func printGroup(s *source, title string, list []constant, goType string) {
	if len(list) == 0 {
		return
	}
	s.comment(title)
	s.p("const (")
	for _, c := range list {
		if c.doc != "" {
			s.comment(c.name + ": " + sentences(c.doc))
		}
		s.p("%s %s = %s", c.name, goType, quoted(c.value))
	}
	s.p(")")
	s.p("")
}

// printTable writes the function that returns the contract's table.
func (p *plan) printTable(s *source, sp *space) {
	s.comment(fmt.Sprintf("Contract%s is the table of the namespace %s that the runtime works from. Every call makes a new one.", sp.word, sp.Name))
	s.p("func Contract%s() sio.Contract {", sp.word)
	s.p("return sio.Contract{")
	s.p("Title: %s,", quoted(p.contract.Title))
	s.p("Version: %s,", quoted(p.contract.Version))
	s.p("Namespace: %s,", quoted(sp.Name))
	printServer(s, p.contract.Server)
	if len(sp.Roles) > 0 {
		s.p("Roles: []string{%s},", strings.Join(constantNames(sp.roles), ", "))
	}
	printCodes(s, sp, "Codes", sp.Codes)
	printCodes(s, sp, "Refusals", sp.Refusals)
	printLimits(s, sp)
	printRateLimit(s, sp)
	if sp.ErrorEvent != "" {
		s.p("ErrorEvent: %s,", sp.eventExpr(sp.ErrorEvent))
	}
	printEvents(s, sp)
	s.p("}")
	s.p("}")
	s.p("")
}

func constantNames(list []constant) []string {
	out := make([]string, len(list))
	for i, c := range list {
		out[i] = c.name
	}
	return out
}

// eventExpr is the constant of an event, or its name where it has none.
func (sp *space) eventExpr(name string) string {
	if c := sp.events[name]; c != "" {
		return c
	}
	return quoted(name)
}

// codeExpr is the constant of a code, or the code where it has none.
func (sp *space) codeExpr(code string) string {
	for _, c := range sp.codes {
		if c.value == code {
			return c.name
		}
	}
	return quoted(code)
}

func printServer(s *source, server *model.Server) {
	if server == nil {
		return
	}
	s.p("Server: sio.ServerSpec{")
	if server.Path != "" {
		s.p("Path: %s,", quoted(server.Path))
	}
	if len(server.Transports) > 0 {
		s.p("Transports: %#v,", server.Transports)
	}
	if server.MaxPayloadBytes > 0 {
		s.p("MaxPayloadBytes: %d,", server.MaxPayloadBytes)
	}
	printDuration(s, "PingInterval", server.PingIntervalMs)
	printDuration(s, "PingTimeout", server.PingTimeoutMs)
	s.p("},")
}

func printDuration(s *source, name string, ms int) {
	if ms > 0 {
		s.p("%s: %d * time.Millisecond,", name, ms)
	}
}

func printCodes(s *source, sp *space, name string, codes []*model.Code) {
	if len(codes) == 0 {
		return
	}
	s.p("%s: []sio.CodeSpec{", name)
	for _, c := range codes {
		s.p("{Code: %s, Message: %s},", sp.codeExpr(c.Code), quoted(c.Message))
	}
	s.p("},")
}

func printLimits(s *source, sp *space) {
	if len(sp.Limits) == 0 {
		return
	}
	s.p("Limits: []sio.LimitSpec{")
	for i, l := range sp.Limits {
		fmt.Fprintf(&s.body, "{Name: %s, Value: %d", sp.limits[i].name, l.Value)
		if l.Env != "" {
			s.body.WriteString(", Env: " + quoted(l.Env))
		}
		if l.Code != "" {
			s.body.WriteString(", Code: " + sp.codeExpr(l.Code))
		}
		s.p("},")
	}
	s.p("},")
}

func printRateLimit(s *source, sp *space) {
	l := sp.RateLimit
	if l == nil {
		return
	}
	s.p("RateLimit: sio.RateLimit{")
	s.p("Events: %d,", l.Events)
	printDuration(s, "Window", l.WindowMs)
	if l.Event != "" {
		s.p("Event: %s,", sp.eventExpr(l.Event))
	}
	if l.AbuseFactor > 0 {
		s.p("AbuseFactor: %d,", l.AbuseFactor)
	}
	printDuration(s, "AbuseFor", l.AbuseMs)
	s.p("},")
}

func printEvents(s *source, sp *space) {
	if len(sp.Events) > 0 {
		s.p("Events: []sio.EventSpec{")
		for _, e := range sortedBy(sp.Events, func(e *model.ClientEvent) string { return e.Name }) {
			least, most := argCount(e.Args, e.Payload)
			fmt.Fprintf(&s.body, "{Name: %s, Feature: %s, MinArgs: %s, MaxArgs: %s", sp.events[e.Name], quoted(e.Feature), least, most)
			if e.Binary {
				s.body.WriteString(", Binary: true")
			}
			if len(e.Roles) > 0 {
				fmt.Fprintf(&s.body, ", Roles: []string{%s}", strings.Join(sp.roleExprs(e.Roles), ", "))
			}
			s.p("},")
		}
		s.p("},")
	}
	if len(sp.Emits) > 0 {
		s.p("Emits: []sio.EmitSpec{")
		for _, e := range sortedBy(sp.Emits, func(e *model.ServerEvent) string { return e.Name }) {
			s.p("{Name: %s, Feature: %s},", sp.events[e.Name], quoted(e.Feature))
		}
		s.p("},")
	}
}

// roleExprs are the constants of roles, or the roles where they have none.
func (sp *space) roleExprs(roles []string) []string {
	var out []string
	for _, role := range roles {
		expr := quoted(role)
		for _, c := range sp.roles {
			if c.value == role {
				expr = c.name
			}
		}
		out = append(out, expr)
	}
	return out
}

// argCount is how many arguments an event takes, as Go expressions.
func argCount(args model.ArgsShape, t *model.Type) (least, most string) {
	switch args {
	case model.ArgsNone:
		return "0", "0"
	case model.ArgsOptional:
		return "0", "1"
	case model.ArgsTuple:
		if t != nil {
			n := strconv.Itoa(len(t.Tuple))
			return n, n
		}
	case model.ArgsAny:
		return "0", "sio.AnyArgs"
	case model.ArgsSingle:
	}
	return "1", "1"
}
