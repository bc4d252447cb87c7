// Package target holds the backend under test: one that runs somewhere and is
// known by its URL, one that is started from a Docker image or a Dockerfile, and
// one that is started by a command. Those that are started here can be stopped,
// killed and started again by a case, and are gone after Close. Preflight says
// in one sentence why a backend can't be judged, before a run has begun.
//
// It imports the standard library, dockertest (whose client talks to Docker)
// and a JWT library, and nothing of this module.
package target
