// Package asyncapi carries the contract's AsyncAPI document: asyncapi.yaml and
// the messages that it refers to, one file an area. The schemas that the
// messages refer to as ../../schemas/… are in package schemas.
//
// The package owns nothing but the files. It imports embed only.
package asyncapi

import "embed"

//go:embed *.yaml messages/*.yaml
var files embed.FS

// FS returns the files, with names relative to this folder: asyncapi.yaml,
// messages/rooms.yaml and so on. They are read only and may be read
// concurrently.
func FS() embed.FS { return files }
