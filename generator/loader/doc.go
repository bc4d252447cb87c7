// Package loader reads the documents of a contract: YAML and JSON files, with
// the place of every key and value, joined across $ref.
//
// It knows the syntax of files and references and nothing of AsyncAPI, but for
// one thing: which keys hold data (examples, defaults), where a "$ref" is no
// reference. It reads through an fs.FS, never from the network, and is bounded
// in the size, depth and number of files. No input makes it panic.
//
// It may import package diag and a YAML parser.
package loader

import "github.com/parlance-dev/parlance/generator/diag"

// Bounds of what the loader reads. A document beyond them gets a diagnostic.
const (
	// MaxFileBytes is the size of one file.
	MaxFileBytes = 2 << 20
	// MaxTotalBytes is the size of all files of a document together.
	MaxTotalBytes = 32 << 20
	// MaxFiles is the number of files of a document, the root one included.
	MaxFiles = 1000
	// MaxDepth is how deep mappings and sequences of one file may nest.
	MaxDepth = 200
	// MaxNumberLength is the length of a number's text.
	MaxNumberLength = 100
	// MaxExponent is the magnitude of a number's exponent.
	MaxExponent = 400
)

// The rules of this package.
const (
	ruleYAML      = "YAML_SYNTAX"
	ruleJSON      = "JSON_SYNTAX"
	ruleEncoding  = "ENCODING"
	ruleEmpty     = "EMPTY_FILE"
	ruleMulti     = "MULTIPLE_DOCUMENTS"
	ruleDuplicate = "DUPLICATE_KEY"
	ruleKey       = "NON_STRING_KEY"
	ruleAnchor    = "YAML_ANCHOR"
	ruleTag       = "YAML_TAG"
	ruleScalar    = "YAML_SCALAR"
	ruleNumber    = "NUMBER_RANGE"
	ruleLimit     = "FILE_LIMIT"
	ruleRefSyntax = "REF_SYNTAX"
	ruleRemote    = "REF_REMOTE"
	ruleOutside   = "REF_OUTSIDE"
	ruleNotFound  = "REF_NOT_FOUND"
	ruleCycle     = "REF_CYCLE"
	ruleSiblings  = "REF_SIBLINGS"
)

// Rules lists what the loader may report, in the order of reading.
func Rules() []diag.Rule {
	return []diag.Rule{
		{ID: ruleLimit, Purpose: "files are bounded in size, depth and number"},
		{ID: ruleEncoding, Purpose: "files are UTF-8"},
		{ID: ruleEmpty, Purpose: "a file holds one value"},
		{ID: ruleYAML, Purpose: "a file that isn't named *.json is YAML 1.2"},
		{ID: ruleJSON, Purpose: "a file named *.json is strict JSON"},
		{ID: ruleMulti, Purpose: "a YAML file holds one document"},
		{ID: ruleDuplicate, Purpose: "a key occurs once in its mapping"},
		{ID: ruleKey, Purpose: "keys are strings; others read differently from tool to tool"},
		{ID: ruleAnchor, Purpose: "no anchors, aliases and merge keys: $ref says the same and keeps its place"},
		{ID: ruleTag, Purpose: "no explicit YAML tags: JSON knows none"},
		{ID: ruleScalar, Purpose: "no scalars that YAML 1.1 and 1.2 read differently, such as 012 and 1_000"},
		{ID: ruleNumber, Purpose: "numbers stay within what every reader can hold exactly"},
		{ID: ruleRefSyntax, Purpose: "a $ref is a string: a relative file, a fragment with a JSON Pointer, or both"},
		{ID: ruleRemote, Purpose: "a $ref names a local file: a contract doesn't depend on the network"},
		{ID: ruleOutside, Purpose: "a $ref stays within the folder above the root document's"},
		{ID: ruleNotFound, Purpose: "what a $ref names exists"},
		{ID: ruleCycle, Purpose: "a $ref doesn't lead back to itself"},
		{ID: ruleSiblings, Purpose: "a $ref stands alone: readers ignore what stands beside it"},
	}
}
