//go:build !linux

package native_test

// soakServer is only measured where there is /proc.
func soakServer() {}
