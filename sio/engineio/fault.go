package engineio

import (
	"net/http"
	"strconv"
)

// Fault is what a request gets that cannot be served: a status, and a JSON body
// with the protocol's code and message.
type Fault struct { //nolint:errname // what a bad request gets is called a fault
	Status  int
	Code    int
	Message string
}

// The faults of the protocol. Codes are those of the reference server; what it
// has no code for is a bad request.
var ( //nolint:gochecknoglobals // a closed table
	FaultTransport = Fault{http.StatusBadRequest, 0, "Transport unknown"}
	FaultSession   = Fault{http.StatusBadRequest, 1, "Session ID unknown"}
	FaultMethod    = Fault{http.StatusBadRequest, 2, "Bad handshake method"}
	FaultRequest   = Fault{http.StatusBadRequest, 3, "Bad request"}
	FaultForbidden = Fault{http.StatusForbidden, 4, "Forbidden"}
	FaultProtocol  = Fault{http.StatusBadRequest, 5, "Unsupported protocol version"}

	FaultTooLarge = Fault{http.StatusRequestEntityTooLarge, 3, "Payload too large"}
	FaultTimeout  = Fault{http.StatusRequestTimeout, 3, "Body timed out"}
	FaultHeader   = Fault{http.StatusRequestHeaderFieldsTooLarge, 3, "Header too large"}
	FaultTooMany  = Fault{http.StatusTooManyRequests, 3, "Too many connections"}
	FaultShutdown = Fault{http.StatusServiceUnavailable, 3, "Server is shutting down"}
)

// Error returns the message.
func (f *Fault) Error() string { return f.Message }

func (f *Fault) write(w http.ResponseWriter) {
	body := `{"code":` + strconv.Itoa(f.Code) + `,"message":"` + f.Message + `"}`
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(f.Status)
	_, _ = w.Write([]byte(body)) // a client that is gone does not read it
}
