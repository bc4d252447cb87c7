package lower

import "github.com/parlance-dev/parlance/generator/diag"

// The rules of this package.
const (
	ruleVersion     = "ASYNCAPI_VERSION"
	ruleRequired    = "REQUIRED_KEY"
	ruleUnknown     = "UNKNOWN_KEY"
	ruleType        = "WRONG_TYPE"
	ruleValue       = "UNKNOWN_VALUE"
	ruleNotRef      = "NOT_A_REF"
	ruleUnsupported = "UNSUPPORTED"
	rulePlace       = "EXTENSION_PLACE"
	ruleComponent   = "COMPONENT_NAME"

	ruleKeyword     = "UNSUPPORTED_KEYWORD"
	ruleKeywordType = "KEYWORD_TYPE"
	ruleTypeMissing = "TYPE_MISSING"
	ruleMultiType   = "MULTIPLE_TYPES"
	ruleEnum        = "ENUM_VALUES"
	ruleConst       = "CONST_VALUE"
	ruleContradict  = "CONTRADICTION"
	ruleNoProperty  = "REQUIRED_UNKNOWN"
	rulePattern     = "PATTERN"
	ruleFormat      = "FORMAT"
	ruleTuple       = "TUPLE"
	ruleSum         = "SUM_AMBIGUOUS"
	ruleLoop        = "SCHEMA_LOOP"
	ruleInfinite    = "INFINITE_TYPE"
	ruleCollision   = "NAME_COLLISION"
	ruleID          = "SCHEMA_ID"
	ruleDialect     = "SCHEMA_DIALECT"
	ruleDefault     = "DEFAULT_UNUSED"
)

// Rules lists what lowering may report: first the structure of AsyncAPI and of
// x-socketio, then schemas.
func Rules() []diag.Rule {
	return []diag.Rule{
		{ID: ruleVersion, Purpose: "the document is AsyncAPI 3"},
		{ID: ruleRequired, Purpose: "objects of AsyncAPI and of x-socketio have their required keys"},
		{ID: ruleUnknown, Purpose: "no key that nobody reads, but for x-…: most are typing errors"},
		{ID: ruleType, Purpose: "values have the type that their key demands"},
		{ID: ruleValue, Purpose: "a value out of a closed list is in that list"},
		{ID: ruleNotRef, Purpose: "operations and replies refer to channels and messages by $ref"},
		{ID: ruleUnsupported, Purpose: "what AsyncAPI has and Socket.IO or the generator has not is refused, never ignored"},
		{ID: rulePlace, Purpose: "x-socketio stands on servers, channels, operations and messages"},
		{ID: ruleComponent, Purpose: "names of components are letters, digits, '.', '_' and '-'"},
		{ID: ruleKeyword, Purpose: "a schema uses the supported part of JSON Schema draft-07"},
		{ID: ruleKeywordType, Purpose: "a keyword stands where it has a meaning for the schema's type"},
		{ID: ruleTypeMissing, Purpose: "a schema with keywords of one type says that type: without it other types would pass"},
		{ID: ruleMultiType, Purpose: "a schema has one type, besides null; more are a oneOf"},
		{ID: ruleEnum, Purpose: "an enum has values, each once and of the schema's type"},
		{ID: ruleConst, Purpose: "a const has the schema's type and is a string, number, boolean or null"},
		{ID: ruleContradict, Purpose: "the bounds of a schema leave a value"},
		{ID: ruleNoProperty, Purpose: "a required property exists where additional ones are forbidden"},
		{ID: rulePattern, Purpose: "a pattern is a regular expression that RE2 takes"},
		{ID: ruleFormat, Purpose: "a format is one that decoders check"},
		{ID: ruleTuple, Purpose: "array-form items come with additionalItems: false and minItems: all of them"},
		{ID: ruleSum, Purpose: "the alternatives of a oneOf differ in JSON type, or in a required constant property"},
		{ID: ruleLoop, Purpose: "a oneOf doesn't contain itself without a property or an item in between"},
		{ID: ruleInfinite, Purpose: "a type doesn't require itself: no finite value would be valid"},
		{ID: ruleCollision, Purpose: "different schemas have different type names"},
		{ID: ruleID, Purpose: "an $id doesn't change what references mean"},
		{ID: ruleDialect, Purpose: "schemas are JSON Schema draft-07, the dialect of AsyncAPI 3"},
		{ID: ruleDefault, Purpose: "a default stands on an optional property, where it applies"},
	}
}
