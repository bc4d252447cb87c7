package lower_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/parlance-dev/parlance/generator/diag"
	"github.com/parlance-dev/parlance/generator/loader"
	"github.com/parlance-dev/parlance/generator/lower"
	"github.com/parlance-dev/parlance/generator/model"
)

// view lowers a document whose file is given; problems come back as text.
func view(t testing.TB, text string) (*lower.View, string) {
	t.Helper()
	diags := &diag.List{}
	doc, err := loader.Load(fstest.MapFS{"a.yaml": {Data: []byte(text)}}, "a.yaml", "a.yaml", diags)
	if err != nil {
		t.Fatal(err)
	}
	v := lower.Lower(doc, diags)
	if err := diags.Err(); err != nil {
		return v, err.Error()
	}
	return v, ""
}

// contract wraps schemas in a document that receives Root and sends Other,
// where there is one.
func contract(schemas string) string {
	return `asyncapi: 3.0.0
info: {title: T, version: 1.0.0}
channels:
  main:
    address: /
    messages:
      root: {name: root, payload: {$ref: '#/components/schemas/Root'}}
operations:
  onRoot:
    action: receive
    channel: {$ref: '#/channels/main'}
    tags: [{name: demo}]
    messages: [{$ref: '#/channels/main/messages/root'}]
components:
  schemas:
` + "    " + strings.ReplaceAll(strings.TrimSpace(schemas), "\n", "\n    ") + "\n"
}

// root lowers schemas and returns the type of the payload.
func root(t *testing.T, schemas string) *model.Type {
	t.Helper()
	v, problems := view(t, contract(schemas))
	if problems != "" {
		t.Fatal(problems)
	}
	return v.Contract.Namespaces[0].Events[0].Payload
}

// sketch renders a type in one line; a named one once, then by name.
func sketch(t *model.Type, seen map[string]bool) string {
	if t == nil {
		return "-"
	}
	null := ""
	if t.Nullable {
		null = "?"
	}
	if t.Name != "" {
		if seen[t.Name] {
			return t.Name + null
		}
		seen[t.Name] = true
		return t.Name + "=" + body(t, seen) + null
	}
	return body(t, seen) + null
}

func body(t *model.Type, seen map[string]bool) string {
	var b strings.Builder
	switch t.Kind {
	case model.Object:
		b.WriteString("{")
		for i, f := range t.Fields {
			opt := "?"
			if f.Required {
				opt = ""
			}
			if i > 0 {
				b.WriteString(" ")
			}
			fmt.Fprintf(&b, "%s%s:%s", f.Name, opt, sketch(f.Type, seen))
			if f.Default != nil {
				b.WriteString("=" + f.Default.JSON)
			}
		}
		switch t.Additional {
		case model.AdditionalIgnored:
			b.WriteString(" …")
		case model.AdditionalTyped:
			b.WriteString(" …" + sketch(t.Values, seen))
		case model.AdditionalForbidden:
		}
		b.WriteString("}")
	case model.Map:
		b.WriteString("map[" + sketch(t.Values, seen) + "]")
	case model.Array:
		if t.Tuple == nil {
			b.WriteString("[]" + sketch(t.Items, seen))
			break
		}
		b.WriteString("(")
		for _, e := range t.Tuple {
			b.WriteString(sketch(e, seen) + ",")
		}
		b.WriteString(")")
	case model.Sum:
		b.WriteString("sum<" + t.Discriminator)
		for _, v := range t.Variants {
			b.WriteString("|")
			if v.Tag != nil {
				b.WriteString(v.Tag.JSON + ":")
			}
			b.WriteString(sketch(v.Type, seen))
		}
		b.WriteString(">")
	default:
		b.WriteString([...]string{"any", "null", "bool", "int", "num", "str"}[t.Kind])
	}
	for _, e := range t.Enum {
		b.WriteString("#" + e.JSON)
	}
	if t.Const != nil {
		b.WriteString("!" + t.Const.JSON)
	}
	return b.String()
}

func TestTypes(t *testing.T) {
	for _, c := range []struct{ name, schemas, want string }{
		{"any", `Root: {}`, "Root=any"},
		{"true", `Root: true`, "Root=any"},
		{"closed", "Root: {type: object, additionalProperties: false}", "Root={}"},
		{"free", "Root: {type: object}", "Root={ …}"},
		{"free by schema", "Root: {type: object, additionalProperties: {}}", "Root={ …}"},
		{"map", "Root: {type: object, additionalProperties: {type: integer}}", "Root=map[int]"},
		{"map with a required key", "Root: {type: object, required: [a], additionalProperties: {type: integer}}", "Root={a:int …int}"},
		{"required, not described", "Root: {type: object, required: [a]}", "Root={a:any …}"},
		{"fields", "Root: {type: object, required: [b], properties: {b: {type: string}, a: {type: [integer, 'null']}, c: {type: boolean, default: true}}}", "Root={b:str a?:int? c?:bool=true …}"},
		{"default through a reference", "Root: {type: object, properties: {a: {$ref: '#/components/schemas/D'}}}\nD: {type: integer, default: 1.0}", "Root={a?:D=int=1.0 …}"},
		{"enum", "Root: {enum: [a, b]}", `Root=str#"a"#"b"`},
		{"enum of integers", "Root: {enum: [1, 2.0]}", `Root=int#1#2.0`},
		{"enum of numbers", "Root: {enum: [1, 2.5]}", `Root=num#1#2.5`},
		{"enum with null", "Root: {enum: [a, null]}", `Root=str#"a"?`},
		{"const", "Root: {const: 12345678901234567890}", `Root=int!12345678901234567890`},
		{"const null", "Root: {const: null}", `Root=null`},
		{"list", "Root: {type: array, items: {type: array}}", "Root=[][]-"},
		{"tuple", "Root: {type: array, items: [{type: string}, {}], additionalItems: false, minItems: 2}", "Root=(str,any,)"},
		{"sum by kind", "Root: {oneOf: [{type: string}, {type: number}, {type: array}, {type: object}, {type: boolean}, {type: 'null'}]}", "Root=sum<|str|num|[]-|{ …}|bool>?"},
		{
			"sum by tag",
			"Root: {oneOf: [{$ref: '#/components/schemas/A'}, {$ref: '#/components/schemas/B'}]}\n" +
				"A: {type: object, required: [n, k], properties: {n: {type: string}, k: {const: a}}}\nB: {type: object, required: [k], properties: {k: {enum: [b]}}}",
			`Root=sum<k|"a":A={n:str k:str!"a" …}|"b":B={k:str#"b" …}>`,
		},
		{"one alternative", "Root: {oneOf: [{$ref: '#/components/schemas/A'}]}\nA: {type: string}", "A=str"},
		{"nullable", "Root: {type: object, properties: {a: {oneOf: [{$ref: '#/components/schemas/A'}, {type: 'null'}]}, b: {$ref: '#/components/schemas/A'}}}\nA: {type: object}", "Root={a?:A={ …}? b?:A …}"},
		{"nullable of nullable", "Root: {type: object, properties: {a: {$ref: '#/components/schemas/M'}}}\nM: {oneOf: [{oneOf: [{$ref: '#/components/schemas/A'}]}, {type: 'null'}]}\nA: {type: object}", "Root={a?:A={ …}? …}"},
		{"cycle", "Root: {type: object, properties: {l: {type: array, items: {$ref: '#/components/schemas/Root'}}, n: {oneOf: [{type: 'null'}, {$ref: '#/components/schemas/Root'}]}}}", "Root={l?:[]Root n?:Root? …}"},
		{"title", "Root: {title: My Thing, type: object}", "MyThing={ …}"},
		{"title that is prose", "Root: {title: my thing, type: object}", "Root={ …}"},
		{"title of a part", "Root: {type: object, properties: {a: {title: Part, type: object}, b: {title: Text, type: string}}}", "Root={a?:Part={ …} b?:str …}"},
		{"names of keys", "Root: {type: object, properties: {a: {$ref: '#/components/schemas/user-info2go'}, b: {$ref: '#/components/schemas/Root/properties/c'}, c: {type: string}}}\nuser-info2go: {type: string}", "Root={a?:UserInfo2Go=str b?:C=str c?:C …}"},
		{"definitions", "Root: {type: object, properties: {a: {$ref: '#/components/schemas/Root/definitions/thing'}}, definitions: {thing: {type: string}}}", "Root={a?:Thing=str …}"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := sketch(root(t, c.schemas), map[string]bool{}); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

func TestConstraints(t *testing.T) {
	r := root(t, `Root:
  type: object
  minProperties: 1
  maxProperties: 9
  properties:
    s: {type: string, minLength: 1, maxLength: 2.0, pattern: '^\d$', format: uuid, description: A text.}
    i: {type: integer, minimum: 0.5, exclusiveMaximum: 1e3}
    n: {type: number, maximum: 100000000000000000000000, exclusiveMinimum: -1.50}
    l: {type: array, minItems: 1, maxItems: 2}`)
	f := func(i int) *model.Type { return r.Fields[i].Type }
	if s := f(0); *s.MinLength != 1 || *s.MaxLength != 2 || s.Pattern != `^\d$` || s.Format != "uuid" || s.Doc != "A text." || r.Fields[0].Doc != "A text." {
		t.Errorf("string: %+v", s)
	}
	if i := f(1); i.Minimum.JSON != "0.5" || i.ExclusiveMaximum.JSON != "1e3" || i.Maximum != nil || i.ExclusiveMinimum != nil {
		t.Errorf("integer: %+v", i)
	}
	if n := f(2); n.Maximum.JSON != "100000000000000000000000" || n.ExclusiveMinimum.JSON != "-1.50" {
		t.Errorf("number: %+v", n)
	}
	if l := f(3); *l.MinItems != 1 || *l.MaxItems != 2 {
		t.Errorf("list: %+v", l)
	}
	if *r.MinProperties != 1 || *r.MaxProperties != 9 {
		t.Errorf("object: %+v", r)
	}
	if got := f(1).Minimum.Pos.String(); got != "a.yaml:22:37" {
		t.Errorf("minimum is at %s", got)
	}
}

// TestNullableCopy holds what the model promises: a nullable use of a named
// type is a Type of its own with the name of the declaration, and complete.
func TestNullableCopy(t *testing.T) {
	v, problems := view(t, contract(`
Root: {type: object, properties: {a: {oneOf: [{$ref: '#/components/schemas/A'}, {type: 'null'}]}}}
A: {type: object, required: [x], properties: {x: {type: string}, up: {$ref: '#/components/schemas/Root'}}}`))
	if problems != "" {
		t.Fatal(problems)
	}
	types := v.Contract.Types
	if len(types) != 2 || types[0].Name != "A" || types[1].Name != "Root" {
		t.Fatalf("types: %v", types)
	}
	use := types[1].Fields[0].Type
	if !use.Nullable || types[0].Nullable || use == types[0] || use.Name != "A" || len(use.Fields) != 2 || use.Fields[1].Type != types[1] {
		t.Errorf("use: %+v", use)
	}
}

func TestUnusedTypesStayOut(t *testing.T) {
	v, problems := view(t, contract("Root: {type: object}\nUnused: {type: object}"))
	if problems != "" || len(v.Contract.Types) != 1 {
		t.Errorf("%d types, %s", len(v.Contract.Types), problems)
	}
	_, problems = view(t, contract("Root: {type: object}\nUnused: {type: objekt}"))
	if !strings.Contains(problems, "unknown type") {
		t.Errorf("a fault in an unused schema is not reported: %q", problems)
	}
}

const full = `asyncapi: 3.0.1
info: {title: Chat, version: 2.1.0, description: Talk.}
servers:
  prod:
    host: example.com
    protocol: wss
    x-socketio: {path: /socket.io/, protocol: 5, transports: [websocket], maxPayloadBytes: 100000, pingIntervalMs: 25000, pingTimeoutMs: 20000}
channels:
  zed: {address: /zed}
  main:
    address: /
    description: The namespace.
    messages:
      ask: {name: ask, summary: Ask., payload: {type: object}}
      askAck: {name: ask.ack, payload: {type: object, title: Answer}}
      failure: {name: failure, payload: {type: object}}
      tell: {name: tell, x-socketio: {args: none}}
      warn: {name: warn, payload: {$ref: '#/channels/main/messages/ask/payload'}, x-socketio: {args: optional}}
    x-socketio:
      auth: {payload: {$ref: '#/components/schemas/Auth'}, refusals: [{code: A, message: No., when: never}]}
      roles: [admin, user]
      rooms: {user: {name: 'user_{userId}_{n}', description: One.}, all: {name: all_users, description: All.}}
      limits: {b: {value: 0, description: None.}, a: {value: 100, env: A_LIMIT, code: FULL, description: Full.}}
      rateLimit: {events: 10, windowMs: 1000, event: tell, abuseFactor: 10, abuseMs: 10000, eventsEnv: E, windowEnv: W}
      errors: [{code: ZERO, message: m, when: v}, {code: FULL, message: f, when: w}]
      failure: {$ref: '#/channels/main/messages/failure'}
      errorEvent: tell
operations:
  onWarn:
    action: receive
    channel: {$ref: '#/channels/main'}
    tags: [{$ref: '#/components/tags/warnings'}, {name: second}]
    messages: [{$ref: '#/channels/main/messages/warn'}]
  onAsk:
    action: receive
    channel: {$ref: '#/channels/main'}
    tags: [{name: talk}]
    messages: [{$ref: '#/channels/main/messages/ask'}]
    reply:
      messages: [{$ref: '#/channels/main/messages/askAck'}, {$ref: '#/channels/main/messages/failure'}]
    x-socketio: {roles: [user]}
  tell:
    action: send
    summary: Say.
    channel: {$ref: '#/channels/main'}
    tags: [{name: talk}]
    messages: [{$ref: '#/channels/main/messages/tell'}]
    x-socketio: {to: [user, all], except: [all], ackTimeoutMs: 5}
components: {tags: {warnings: {name: warnings}}, schemas: {Auth: {type: object}}}
`

func TestContract(t *testing.T) {
	v, problems := view(t, full)
	if problems != "" {
		t.Fatal(problems)
	}
	c := v.Contract
	if c.Title != "Chat" || c.Version != "2.1.0" || c.Description != "Talk." || len(c.Namespaces) != 2 {
		t.Errorf("contract: %+v", c)
	}
	want := model.Server{Path: "/socket.io/", MaxPayloadBytes: 100000, PingIntervalMs: 25000, PingTimeoutMs: 20000}
	if s := *c.Server; s.Path != want.Path || s.MaxPayloadBytes != want.MaxPayloadBytes || s.PingIntervalMs != want.PingIntervalMs ||
		s.PingTimeoutMs != want.PingTimeoutMs || !slices.Equal(s.Transports, []string{"websocket"}) {
		t.Errorf("server: %+v", s)
	}
	ns := c.Namespaces[0]
	if ns.ID != "main" || ns.Name != "/" || ns.Description != "The namespace." || !slices.Equal(ns.Roles, []string{"admin", "user"}) || ns.ErrorEvent != "tell" {
		t.Errorf("namespace: %+v", ns)
	}
	if r := ns.Rooms; len(r) != 2 || r[0].ID != "all" || r[1].Template != "user_{userId}_{n}" || !slices.Equal(r[1].Params, []string{"userId", "n"}) || r[1].Doc != "One." {
		t.Errorf("rooms: %+v", r)
	}
	if l := ns.Limits; len(l) != 2 || l[0].ID != "a" || l[0].Value != 100 || l[0].Env != "A_LIMIT" || l[0].Code != "FULL" || l[0].Doc != "Full." || l[1].Value != 0 {
		t.Errorf("limits: %+v", l)
	}
	if r := ns.RateLimit; r.Events != 10 || r.WindowMs != 1000 || r.Event != "tell" || r.AbuseFactor != 10 || r.AbuseMs != 10000 || r.EventsEnv != "E" || r.WindowEnv != "W" {
		t.Errorf("rate limit: %+v", r)
	}
	if k := ns.Codes; len(k) != 2 || k[0].Code != "ZERO" || k[1].When != "w" || ns.Refusals[0].Message != "No." {
		t.Errorf("codes: %+v", k)
	}
	if ns.Auth.Name != "Auth" || ns.Failure.Name != "Failure" {
		t.Errorf("auth %q, failure %q", ns.Auth.Name, ns.Failure.Name)
	}
	checkEvents(t, ns)
}

func TestUntyped(t *testing.T) {
	v, problems := view(t, `asyncapi: 3.0.0
info: {title: T, version: '1'}
channels:
  main:
    address: /
    messages:
      raw: {name: raw, payload: true, x-socketio: {args: any, binary: true}}
      text: {name: text, x-socketio: {args: any, binary: false}}
operations:
  onRaw:
    action: receive
    channel: {$ref: '#/channels/main'}
    messages: [{$ref: '#/channels/main/messages/raw'}]
    reply: {messages: [{$ref: '#/channels/main/messages/text'}]}
  sendText:
    action: send
    channel: {$ref: '#/channels/main'}
    messages: [{$ref: '#/channels/main/messages/text'}]
    reply: {messages: [{$ref: '#/channels/main/messages/raw'}]}
`)
	if problems != "" {
		t.Fatal(problems)
	}
	in, out := v.Contract.Namespaces[0].Events[0], v.Contract.Namespaces[0].Emits[0]
	if in.Args != model.ArgsAny || in.Payload != nil || !in.Binary || in.Ack != (model.Ack{Untyped: true}) {
		t.Errorf("raw: %+v", in)
	}
	if out.Args != model.ArgsAny || out.Payload != nil || out.Binary || out.Ack != (model.Ack{Untyped: true, Binary: true}) {
		t.Errorf("text: %+v", out)
	}
	if len(v.Contract.Types) != 0 {
		t.Errorf("types: %v", v.Contract.Types)
	}
}

func checkEvents(t *testing.T, ns *model.Namespace) {
	t.Helper()
	ask, warn := ns.Events[0], ns.Events[1]
	if ask.Name != "ask" || ask.ID != "onAsk" || ask.Feature != "talk" || ask.Summary != "Ask." || ask.Payload.Name != "Ask" || ask.Ack.Type.Name != "Answer" || !slices.Equal(ask.Roles, []string{"user"}) {
		t.Errorf("ask: %+v", ask)
	}
	if warn.Name != "warn" || warn.Feature != "warnings" || warn.Args != model.ArgsOptional || warn.Payload != ask.Payload || warn.Ack.Exists() || warn.Roles != nil {
		t.Errorf("warn: %+v", warn)
	}
	if got := ask.Pos.String() + " " + ask.NamePos.String(); got != "a.yaml:34:3 a.yaml:14:19" {
		t.Errorf("ask is at %s", got)
	}
	tell := ns.Emits[0]
	if tell.Name != "tell" || tell.Summary != "Say." || tell.Args != model.ArgsNone || tell.Payload != nil || tell.AckTimeoutMs != 5 {
		t.Errorf("tell: %+v", tell)
	}
	if len(tell.To) != 2 || tell.To[0].ID != "user" || len(tell.Except) != 1 || tell.Except[0].ID != "all" {
		t.Errorf("tell goes to %+v, except %+v", tell.To, tell.Except)
	}
}
