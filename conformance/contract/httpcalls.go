package contract

// HTTPCalls returns the calls of the contract's HTTP side, method and path, in
// the order of its table. They are written down here, since the AsyncAPI document
// does not have them and the suite reads no other.
func HTTPCalls() []string {
	return []string{
		"POST /api/users/{userId}/notifications",
		"POST /api/users/{userId}/updates",
		"POST /api/users/{userId}/disconnect",
		"POST /api/system-messages",
		"POST /api/admin-messages",
		"POST /api/departments/{department}/messages",
		"GET /api/presence",
		"GET /api/presence/{userId}",
		"GET /api/messages",
		"GET /api/actions",
		"GET /api/metrics",
		"GET /metrics",
		"GET /healthz",
		"GET /readyz",
		"GET /asyncapi.yaml",
		"GET /asyncapi.json",
		"GET /docs",
	}
}
