// Package bare is the generated code of the least document: one server event,
// nothing of x-socketio. It is what the emitter wrote last, compiled.
package bare
