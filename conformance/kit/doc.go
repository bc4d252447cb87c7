// Package kit is what the cases of the conformance suite are written with: a
// case (Case), its run (T), connected clients whose every answer is judged by
// the contract (Client), requests over HTTP (T.Do) and sockets below any client
// library (T.Raw).
//
// It knows no test framework: a run is told how to fail. It may import
// conformance/contract, conformance/driver, conformance/report and public
// libraries.
package kit
