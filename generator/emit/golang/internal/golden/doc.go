// Package golden is the generated code of a document that has every feature of
// schemas and events: what the emitter wrote last, compiled, and tested as the
// code of any contract would be used.
package golden
