package lower

import "strings"

// shapeTable describes the objects of AsyncAPI 3.0 as far as a Socket.IO
// contract has them, and those of x-socketio. One line is one object:
//
//	name: key! type, key type, …
//
// with "!" for a required key. A type is the name of another line, or
//
//	string     text       (text: not empty)
//	bool       int        (int: 0 or more)   posint     role
//	any        object     (an object with any keys)
//	schema     payload    (a JSON Schema; the payload of a message)
//	[T]        a list     +T   a list that isn't empty
//	{T}        an object from names to T
//	&T         a $ref to a T
//	a|b        one of these words
//	-word      a key of AsyncAPI that is refused, see unsupported
//
//nolint:dupword // some keys are called like the type of their value
const shapeTable = `
root: asyncapi! any, id string, info! info, servers {server}, defaultContentType contentType, channels! {channel}, operations! {operation}, components components
info: title! text, version! text, description string, termsOfService string, contact contact, license license, tags [tag], externalDocs externalDocs
contact: name string, url string, email string
license: name! string, url string
server: host! text, protocol! text, protocolVersion string, pathname string, description string, title string, summary string, variables {variable}, security [security], tags [tag], externalDocs externalDocs, bindings bindings, x-socketio xServer
variable: enum [string], default string, description string, examples [string]
parameter: enum [string], default string, description string, examples [string], location string
channel: address any, messages {message}, title string, summary string, description string, servers [&server], parameters {parameter}, tags [tag], externalDocs externalDocs, bindings bindings, x-socketio xChannel
operation: action! receive|send, channel! &channel, title string, summary string, description string, security [security], tags [tag], externalDocs externalDocs, bindings bindings, traits -traits, messages [&message], reply reply, x-socketio xOperation
reply: address any, channel &channel, messages [&message]
replyAddress: description string, location! string
message: headers -headers, payload payload, correlationId -correlationId, contentType contentType, name text, title string, summary string, description string, tags [tag], externalDocs externalDocs, bindings bindings, examples [messageExample], traits -traits, x-socketio xMessage
messageExample: headers -headers, payload any, name string, summary string
correlationId: description string, location! string
tag: name! text, description string, externalDocs externalDocs
externalDocs: url! string, description string
security: type! userPassword|apiKey|X509|symmetricEncryption|asymmetricEncryption|httpApiKey|http|oauth2|openIdConnect|plain|scramSha256|scramSha512|gssapi, description string, name string, in string, scheme string, bearerFormat string, flows object, openIdConnectUrl string, scopes [string]
components: schemas {schema}, servers {server}, channels {channel}, operations {operation}, messages {message}, securitySchemes {security}, serverVariables {variable}, parameters {parameter}, correlationIds {correlationId}, replies {reply}, replyAddresses {replyAddress}, externalDocs {externalDocs}, tags {tag}, operationTraits -traits, messageTraits -traits, serverBindings {bindings}, channelBindings {bindings}, operationBindings {bindings}, messageBindings {bindings}
bindings: http object, ws object, kafka object, anypointmq object, amqp object, amqp1 object, mqtt object, mqtt5 object, nats object, jms object, sns object, sqs object, stomp object, redis object, mercure object, ibmmq object, googlepubsub object, pulsar object, solace object

xServer: path! text, protocol! posint, transports +polling|websocket, maxPayloadBytes posint, pingIntervalMs posint, pingTimeoutMs posint
xChannel: auth xAuth, roles +role, rooms {xRoom}, limits {xLimit}, rateLimit xRateLimit, errors +xCode, failure &message, errorEvent text
xAuth: payload! &schema, refusals +xCode
xCode: code! text, message! text, when! text
xRoom: name! text, description! text
xLimit: value! int, env text, code text, description! text
xRateLimit: events! posint, windowMs! posint, event text, abuseFactor posint, abuseMs posint, eventsEnv text, windowEnv text
xOperation: roles +text, to audience, except +text, ackTimeoutMs posint
xMessage: args single|optional|tuple|none|any, binary bool
`

// shape is one object: its keys in the order of the table.
type shape struct {
	keys  []shapeKey
	names []string
}

type shapeKey struct {
	name     string
	of       string // the type
	required bool
}

// shapes parses the table.
func shapes() map[string]*shape {
	out := map[string]*shape{}
	for line := range strings.Lines(shapeTable) {
		name, keys, ok := strings.Cut(strings.TrimSpace(line), ": ")
		if !ok {
			continue
		}
		s := &shape{}
		for _, k := range strings.Split(keys, ", ") {
			key, of, _ := strings.Cut(k, " ")
			bare := strings.TrimSuffix(key, "!")
			s.keys = append(s.keys, shapeKey{name: bare, of: of, required: bare != key})
			s.names = append(s.names, bare)
		}
		out[name] = s
	}
	return out
}

// key returns the key of that name, nil where the object has none.
func (s *shape) key(name string) *shapeKey {
	for i := range s.keys {
		if s.keys[i].name == name {
			return &s.keys[i]
		}
	}
	return nil
}

// title is what diagnostics call an object.
func title(shape string) string {
	switch shape {
	case "root":
		return "the document"
	case "xServer", "xChannel", "xOperation", "xMessage":
		return "x-socketio of a " + strings.ToLower(shape[1:])
	case "xAuth":
		return "auth"
	case "xCode":
		return "a code"
	case "xRoom":
		return "a room"
	case "xLimit":
		return "a limit"
	case "xRateLimit":
		return "rateLimit"
	case "messageExample":
		return "an example"
	case "security":
		return "a security scheme"
	}
	return shape
}

// unsupported says why a key of AsyncAPI is refused.
func unsupported(word string) string {
	switch word {
	case "-headers":
		return "headers: an event of Socket.IO has none"
	case "-correlationId":
		return "correlationId: an acknowledgement belongs to its event by itself"
	default:
		return "traits are not supported: write their keys out"
	}
}
