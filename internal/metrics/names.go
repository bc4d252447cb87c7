package metrics

import "slices"

// The names of all metrics. Those of the Go runtime and the process are the
// client library's.
const (
	connectionsOpened  = "parlance_connections_opened_total"
	connectionsNow     = "parlance_connections"
	disconnects        = "parlance_disconnects_total"
	refusals           = "parlance_connection_refusals_total"
	abuse              = "parlance_abuse_disconnects_total"
	usersOnline        = "parlance_users_online"
	clientEvents       = "parlance_client_events_total"
	clientEventSeconds = "parlance_client_event_duration_seconds"
	serverEvents       = "parlance_server_events_total"

	engineSessions       = "parlance_engine_sessions"
	engineSockets        = "parlance_engine_sockets"
	engineWaitingEvents  = "parlance_engine_waiting_events"
	engineSessionsOpened = "parlance_engine_sessions_opened_total"
	engineUpgrades       = "parlance_engine_upgrades_total"
	engineMessages       = "parlance_engine_messages_received_total"
	engineClosed         = "parlance_engine_sessions_closed_total"
	engineBadAttachments = "parlance_engine_bad_attachments_total"
	engineRefused        = "parlance_engine_sessions_refused_total"
	engineSlowBodies     = "parlance_engine_slow_bodies_total"
	engineStalled        = "parlance_engine_stalled_writes_total"
	engineHeld           = "parlance_engine_held_reads_total"
	engineHandedOver     = "parlance_engine_reads_handed_over_total"
	engineRecovered      = "parlance_engine_sockets_recovered_total"

	storeOperations = "parlance_store_operations_total"
	storeSeconds    = "parlance_store_operation_duration_seconds"

	httpRequests = "parlance_http_requests_total"
	httpSeconds  = "parlance_http_request_duration_seconds"

	buildInfo = "parlance_build_info"
)

// Definition is one metric.
type Definition struct {
	Name   string
	Kind   string // counter, gauge or histogram
	Unit   string // what the value counts, such as seconds or connections
	Help   string // one line
	Labels []Label
	// Buckets are the upper bounds of a histogram, in its unit.
	Buckets []float64
}

// Label is one label of a metric and what its values are.
type Label struct {
	Name   string
	Values string // for people: Markdown, one line
}

const (
	counter   = "counter"
	gauge     = "gauge"
	histogram = "histogram"
)

// Definitions returns every metric of the server but those of the Go runtime and
// the process, in the order of the documentation.
func Definitions() []Definition {
	return slices.Concat(connectionDefinitions(), eventDefinitions(), engineDefinitions(), serverDefinitions())
}

func connectionDefinitions() []Definition {
	return []Definition{
		{
			connectionsOpened, counter, "connections", "Connections that were let in and welcomed, by the transport they had then.",
			[]Label{{"transport", "`polling`, `websocket`, `other`"}},
			nil,
		},
		{
			connectionsNow, gauge, "connections", "Connections that are open, by the transport they have now.",
			[]Label{{"transport", "`polling`, `websocket`, `other` (its network connection is gone, and its last events are with their handlers)"}},
			nil,
		},
		{
			disconnects, counter, "connections", "Welcomed connections that ended, by reason.",
			[]Label{{"reason", "the reasons of Socket.IO, such as `transport close`, and ours, such as `slow reader`; `other`"}},
			nil,
		},
		{
			refusals, counter, "handshakes", "Handshakes that were answered with connect_error, by code.",
			[]Label{{"code", "the contract's codes of refusal, `SOCKET_ERROR` for an inner failure, `other`"}},
			nil,
		},
		{abuse, counter, "connections", "Connections that were ended because they went on far beyond the rate limit.", nil, nil},
		{usersOnline, gauge, "users", "Users with at least one connection, on all nodes.", nil, nil},
	}
}

func eventDefinitions() []Definition {
	return []Definition{
		{
			clientEvents, counter, "events", "Client events by outcome; code RATE_LIMITED were dropped unhandled.",
			[]Label{{"event", "the contract's client events, `unknown` for all others"}, {"code", "`OK`, the contract's codes of failure, `other`"}},
			nil,
		},
		{
			clientEventSeconds, histogram, "seconds", "Time from the arrival of a client event to its answer, waiting for earlier events of the connection included. Dropped events are left out.",
			[]Label{{"event", "the contract's client events, `unknown` for all others"}},
			[]float64{.0001, .00025, .0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5},
		},
		{
			serverEvents, counter, "packets", "Server events that were emitted, once however many connections they were for. Acknowledgements are none.",
			[]Label{{"event", "the contract's server events, `unknown` for all others"}},
			nil,
		},
	}
}

func engineDefinitions() []Definition {
	return []Definition{
		{engineSessions, gauge, "sessions", "Engine.IO sessions that are open, those that have not joined a namespace included.", nil, nil},
		{engineSockets, gauge, "sockets", "Socket.IO sockets that are open, in all namespaces.", nil, nil},
		{engineWaitingEvents, gauge, "events", "Events that wait for their handlers or are with them.", nil, nil},
		{engineSessionsOpened, counter, "sessions", "Engine.IO sessions that were opened.", nil, nil},
		{engineUpgrades, counter, "sessions", "Changes from polling to websocket.", nil, nil},
		{engineMessages, counter, "messages", "Engine.IO messages of clients.", nil, nil},
		{
			engineClosed, counter, "sessions", "Sessions that a bound of the engine closed, by that bound.",
			[]Label{{"bound", "`slow_reader`, `payload_too_large`, `parse_error`, `ping_timeout`, `not_joined`"}},
			nil,
		},
		{engineBadAttachments, counter, "packets", "Packets with too many attachments, or wrong ones; each closes its session as a parse error, and is counted there too.", nil, nil},
		{
			engineRefused, counter, "sessions", "Sessions that a bound of the engine refused, by that bound.",
			[]Label{{"bound", "`connections_per_ip`, `header`"}},
			nil,
		},
		{engineSlowBodies, counter, "requests", "POSTs whose body took too long.", nil, nil},
		{engineStalled, counter, "writes", "Writes that had to wait for the network.", nil, nil},
		{engineHeld, counter, "reads", "Times that a client was not read on because its handler had enough to do.", nil, nil},
		{engineHandedOver, counter, "reads", "Times that a connection was read on by another goroutine, its own being at work.", nil, nil},
		{engineRecovered, counter, "sockets", "Sockets that came back after their connection was lost.", nil, nil},
	}
}

func serverDefinitions() []Definition {
	return []Definition{
		{
			storeOperations, counter, "operations", "Calls of the store, by outcome.",
			[]Label{
				{"operation", "`messages_append`, `messages_since`, `messages_missed`, `messages_list`, `actions_append`, `actions_list`, `ready`"},
				{"outcome", "`ok`, `duplicate` (stored before), `error`, `canceled` (nobody waited any more), `panic`"},
			},
			nil,
		},
		{
			storeSeconds, histogram, "seconds", "Time that a call of the store took, whatever its outcome.",
			[]Label{{"operation", "as above"}},
			[]float64{.0001, .00025, .0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5},
		},
		{
			httpRequests, counter, "requests", "HTTP requests that were answered, or taken over by a websocket, on all listeners.",
			[]Label{
				{"route", "the pattern of the route, such as `/healthz`; `none` where none answered (not found, wrong method, preflight, foreign origin)"},
				{"method", "`GET`, `HEAD`, `POST`, `PUT`, `PATCH`, `DELETE`, `OPTIONS`, `other`"},
				{"status", "`1xx` (websockets) to `5xx`"},
			},
			nil,
		},
		{
			httpSeconds, histogram, "seconds", "Time to the end of an answer. Polls wait by design, up to the ping interval; websockets are left out.",
			[]Label{{"route", "as above"}, {"method", "as above"}},
			[]float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30},
		},
		{
			buildInfo, gauge, "always 1", "The build that runs.",
			[]Label{
				{"version", "of the module"},
				{"revision", "of the source; `-dirty` where it was changed"},
				{"goversion", "of the Go toolchain"},
				{"engine", "`native` or `zishang520`"},
			},
			nil,
		},
	}
}
