// Package contract is the contract as the conformance suite sees it: what a
// backend has to say and to refuse, read straight from the AsyncAPI document and
// the JSON Schemas that lie in asyncapi and schemas. It trusts nothing that is
// generated from them: the documents are read by a YAML library, the schemas are
// compiled by an independent engine.
//
// It judges server events and acknowledgements, derives from the schemas what a
// backend must refuse (one fault each) and what it must accept (right at the
// edges), and counts which parts of the contract a run has exercised.
//
// It imports asyncapi, schemas, conformance/report and public libraries.
package contract
