// Package deploy is how one node runs in production: the image, nginx before
// it, and both together by compose. The files are the product; the Go code
// tries them for real, behind the build tag deploy (make test-deploy), and
// wants a Docker daemon, nginx, docker-compose and a static busybox.
//
// It imports the standard library, and conformance/driver for clients.
package deploy
