// Package conformance judges a backend by the contract, from outside: it knows
// the AsyncAPI document and public clients, and nothing of any backend. Run
// drives every case of conformance/cases with every client over every
// transport, on Ginkgo, and returns a report.
//
// It may import asyncapi, schemas, its own packages and public libraries.
package conformance
