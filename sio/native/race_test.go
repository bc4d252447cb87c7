//go:build race && linux

package native_test

// shadow is how much more memory a program needs with the race detector.
const shadow = 6
