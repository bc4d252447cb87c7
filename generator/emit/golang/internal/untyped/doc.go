// Package untyped is the generated code of a document with untyped arguments
// and nothing else that a contract can do without: what the emitter wrote last,
// compiled.
package untyped
