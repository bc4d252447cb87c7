// Package model is the language-neutral picture of a contract: what the
// emitters read. There is no YAML, no $ref and no JSON Schema vocabulary that
// an emitter would have to interpret twice in it; package lower builds it.
//
// Decisions that several emitters share are methods of the model, tested here,
// never logic in a template. It imports package diag only.
package model

import "github.com/parlance-dev/parlance/generator/diag"

// Contract is a whole document.
type Contract struct {
	Title       string
	Version     string
	Description string
	// Server is the first server that carries x-socketio, or nil.
	Server *Server
	// Namespaces are the document's channels, sorted by name.
	Namespaces []*Namespace
	// Types are all named types in use, sorted by name, each once.
	Types []*Type
}

// Server holds the transport settings of a server (servers.*.x-socketio).
// Zero numbers mean that the document is silent.
type Server struct {
	URL             string // protocol, host and path as the document has them, such as ws://localhost:4000/socket.io/
	Description     string
	Schemes         []*Scheme // how a client says who it is; any one of them will do
	Path            string    // request path, such as /socket.io/
	Transports      []string  // websocket, polling
	MaxPayloadBytes int
	PingIntervalMs  int
	PingTimeoutMs   int
	Pos             diag.Pos
}

// Scheme is a security scheme of a server.
type Scheme struct {
	Name string // type and what belongs to it, such as "httpApiKey token in query"
	Doc  string
	Pos  diag.Pos
}

// Namespace is a channel.
type Namespace struct {
	ID          string // key under channels, such as main
	Name        string // its address, such as /
	Description string
	Auth        *Type // CONNECT auth payload, or nil
	Refusals    []*Code
	Roles       []string // closed list; nil when the namespace knows no roles
	Rooms       []*Room  // sorted by ID
	Limits      []*Limit // sorted by ID
	RateLimit   *RateLimit
	Codes       []*Code // closed table of failure codes, in document order
	Failure     *Type   // payload of a failed acknowledgement, or nil
	Failures    []*Example
	ErrorEvent  string // wire name of the event that carries failures without ack, or ""
	Events      []*ClientEvent
	Emits       []*ServerEvent
	Pos         diag.Pos
}

// Code is one row of a closed table of codes.
type Code struct {
	Code    string // such as FORBIDDEN
	Message string // default message, what clients see
	When    string // documentation
	Pos     diag.Pos
}

// Room is a family of rooms that the server owns.
type Room struct {
	ID       string // such as user
	Template string // such as user_{userId}
	Params   []string
	Doc      string
	Pos      diag.Pos
}

// Limit is a named number of the contract.
type Limit struct {
	ID    string // such as roomsPerSocket
	Value int64
	Env   string // variable that overrides it, or ""
	Code  string // failure code when it is reached, or ""
	Doc   string
	Pos   diag.Pos
}

// RateLimit bounds the events of one socket.
type RateLimit struct {
	Events      int    // events per window
	WindowMs    int    // fixed window, opened by the first event after the last one closed
	Event       string // wire name of the event that tells the socket, or ""
	AbuseFactor int    // times the limit that counts as abuse; 0 = never
	AbuseMs     int    // sustained for this long, the socket is disconnected
	EventsEnv   string // variable that overrides Events, or ""
	WindowEnv   string // variable that overrides WindowMs, or ""
	Pos         diag.Pos
}

// ArgsShape says how a message's payload maps to the arguments of an event.
type ArgsShape int

// The shapes of arguments.
const (
	ArgsSingle   ArgsShape = iota // exactly one argument: the payload
	ArgsOptional                  // the payload or nothing at all
	ArgsTuple                     // one argument an element of Payload.Tuple
	ArgsNone                      // no arguments
	ArgsAny                       // untyped: any number of any JSON values
)

// ClientEvent is an operation with action receive: client to server.
type ClientEvent struct {
	ID          string // operation key
	Name        string // wire name, such as join_room
	Title       string // for people; "" for none
	Feature     string // first tag of the operation
	Summary     string
	Description string
	Args        ArgsShape
	Payload     *Type // nil with ArgsNone and ArgsAny
	Binary      bool  // attachments are allowed; only with ArgsAny
	Ack         Ack   // what a successful acknowledgement carries
	Roles       []string
	Examples    []*Example // of the payload
	AckExamples []*Example
	Pos         diag.Pos // of the operation
	NamePos     diag.Pos // of the message's name
}

// Ack is what an acknowledgement carries: one argument, or untyped ones. The
// zero Ack: the event has no acknowledgement of its own.
type Ack struct {
	Type    *Type // of the one argument; nil where the acknowledgement is untyped
	Untyped bool  // any number of any JSON values
	Binary  bool  // attachments are allowed; only with Untyped
}

// Exists reports whether the event has an acknowledgement of its own.
func (a Ack) Exists() bool { return a.Type != nil || a.Untyped }

// ServerEvent is an operation with action send: server to client.
type ServerEvent struct {
	ID           string
	Name         string
	Title        string // for people; "" for none
	Feature      string
	Summary      string
	Description  string
	Args         ArgsShape
	Payload      *Type // nil with ArgsNone and ArgsAny
	Binary       bool  // attachments are allowed; only with ArgsAny
	Ack          Ack   // what the client answers
	AckTimeoutMs int
	To           []*Room // empty: to one socket only
	Except       []*Room
	Examples     []*Example // of the payload
	AckExamples  []*Example
	Pos          diag.Pos
	NamePos      diag.Pos
}

// Example is a sample of a message's payload: a valid one, in a document that
// has passed the checks.
type Example struct {
	Name    string // "" for none
	Summary string
	Value   *Literal // with its keys in the order of the document
	Pos     diag.Pos
}

// Kind is the shape of a type.
type Kind int

// The kinds of types.
const (
	Any     Kind = iota // any JSON value, kept raw
	Null                // only null
	Boolean             // true or false
	Integer             // a number without a fraction; 1.0 counts
	Number              // any number
	String              // text; Enum, Format, Pattern and lengths narrow it
	Array               // Items, or Tuple
	Object              // Fields, and Additional for the rest
	Map                 // an object without fields whose values are all Values
	Sum                 // exactly one of Variants
)

// Type is one schema. Types may form cycles (through Fields, Items, Values and
// Variants); a cycle always passes a named type.
//
// Two Types of the same Name are one declaration: they differ in Nullable at
// most, where a place allows null besides a named type that doesn't. The one in
// Contract.Types is the declaration.
type Type struct {
	// Name is the type's name in PascalCase words as the document gives it
	// (component key, file name or title); empty for an anonymous type that
	// an emitter writes in place.
	Name string
	Doc  string
	Kind Kind
	// Nullable: null is allowed besides Kind.
	Nullable bool

	Enum  []Literal // allowed values, in document order; nil: any
	Const *Literal  // the only allowed value

	MinLength *int // code points
	MaxLength *int
	Pattern   string // an RE2 expression that lower has compiled once, unanchored; "" for none
	Format    string // date-time, date, time, email, uuid, uri, ipv4, ipv6, hostname …; "" for none

	Minimum          *Literal
	Maximum          *Literal
	ExclusiveMinimum *Literal
	ExclusiveMaximum *Literal

	Items    *Type // Array; nil: any
	Tuple    []*Type
	MinItems *int
	MaxItems *int

	Fields        []*Field // Object, sorted as in the document
	Additional    Additional
	Values        *Type // Map, or the additional properties of an Object with AdditionalTyped
	MinProperties *int
	MaxProperties *int

	Variants []*Variant
	// Discriminator is the property by whose constant the variants of a Sum
	// of objects are told apart; "" when their JSON kinds differ.
	Discriminator string

	Pos diag.Pos
}

// Additional says what happens to properties that an Object does not name.
type Additional int

// The treatments of unnamed properties.
const (
	AdditionalIgnored   Additional = iota // allowed and dropped
	AdditionalForbidden                   // refused
	AdditionalTyped                       // kept, each of type Values
)

// Field is a property of an Object.
type Field struct {
	Name     string // as on the wire
	Doc      string
	Type     *Type
	Required bool
	Default  *Literal // applied where the property is absent; nil: none
	Pos      diag.Pos
}

// Variant is an alternative of a Sum.
type Variant struct {
	Type *Type
	// Tag is the value of the discriminator for this variant; nil when the
	// variants differ by kind.
	Tag *Literal
}

// Literal is a JSON value of the document.
type Literal struct {
	JSON string // canonical JSON text
	Pos  diag.Pos
}
