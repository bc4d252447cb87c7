// Package js carries the driver of the official socket.io-client, which is
// JavaScript, and installs it where a binary runs that has no repository around
// it.
//
// It imports the standard library only.
package js

import "embed"

//go:embed driver.mjs package.json package-lock.json
var files embed.FS

// names are the files of the driver.
func names() []string { return []string{"driver.mjs", "package.json", "package-lock.json"} }

// Command is what runs the driver, in the folder that Install returns.
func Command() []string { return []string{"node", "driver.mjs"} }
