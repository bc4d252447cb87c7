// Package openapi carries the document of the HTTP API: openapi.yaml.
//
// The package owns nothing but the file. It imports embed only.
package openapi

import _ "embed"

//go:embed openapi.yaml
var document string

// YAML returns the document's text.
func YAML() string { return document }
