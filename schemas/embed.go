// Package schemas carries the JSON Schema files of the contract: one file a
// payload, in a folder for its feature, and x-socketio.schema.json, which
// describes the extension x-socketio of the AsyncAPI document.
//
// The package owns nothing but the files. It imports embed only.
package schemas

import "embed"

//go:embed *.json */*.json
var files embed.FS

// FS returns the files, with names relative to this folder, such as
// rooms/join_room.json. They are read only and may be read concurrently.
func FS() embed.FS { return files }
