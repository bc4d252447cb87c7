// Package pair is the generated code of a document with two namespaces: what
// the emitter wrote last, compiled.
package pair
