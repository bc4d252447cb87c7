// Package front opens websockets in front of an http.Server, for less than the
// http.Server can.
//
// To net/http, a websocket is the exception: for every connection it makes
// buffers for reading and writing, and a goroutine that watches for its end, and
// throws all of it away as soon as the connection is taken over. That is about
// half of what connecting costs a server whose clients come for nothing else.
// [Listen] stands between a listener and the http.Server. It reads the first
// request of each connection. Where that is a plain request for a websocket, it
// calls the server's own handler, whose middleware finds everything that it finds
// behind net/http; the goroutine that does so has done it before, its stack has
// grown, and its buffer is lent. Every other connection goes to the http.Server,
// which is given what was read as if nobody had read it.
//
// What is plain is decided narrowly (request.go): a request that is malformed,
// comes in pieces, has a body or is unusual in any other way is net/http's to
// judge and to answer. So is everything on connections that are not plain TCP.
//
// The limits of the http.Server hold: ReadHeaderTimeout (or ReadTimeout) and
// MaxHeaderBytes for the request, WriteTimeout for an answer that is no upgrade.
// Such an answer ends the connection. BaseContext and ConnContext are asked;
// where ConnState is set, every connection goes to the http.Server, which alone
// can tell it the truth. A handler that neither answers nor takes the connection
// over is not told by the request's context when the client goes away.
//
// The package knows nothing of Engine.IO. It imports the standard library, the
// module's crew and task packages, and sio for what may be logged of a panic.
package front
