package config

import (
	"regexp"
	"strings"
)

// The forms of a .env file, as Node's dotenv reads them, but that a line of no
// form is an error there, and that an unquoted value ends at a # only where
// white space comes before it: a secret is not cut short.
const (
	// blankForm is an empty line or a comment.
	blankForm = `^[ \t]*(?:#.*)?(?:\n|\z)`
	// nameForm is what precedes a value: NAME= or NAME: with a space.
	nameForm = `^[ \t]*(?:export[ \t]+)?([A-Za-z_][\w.-]*)(?:[ \t]*=|:[ \t])`
	// quotedForm is a value in quotes, over several lines maybe. A backslash
	// before a quote keeps it from ending the value; both belong to it.
	quotedForm = `[ \t]*('(?:\\'|[^'])*'|"(?:\\"|[^"])*"|` + "`(?:\\\\`|[^`])*`" + `)[ \t]*(?:#.*)?`
	// bareForm is a value without quotes around it, possibly none at all.
	bareForm = "(?:[ \\t]*([^ \\t\\n'\"`].*?))??(?:[ \\t]+#.*)?[ \\t]*"
)

// parseFile returns the values of a .env file, each literally: no variable in
// it is expanded, and only \n and \r in double quotes stand for something
// else. Of two values for one name the later one holds. line is where the
// first statement begins that cannot be read; 0 means that all can.
func parseFile(text string) (values map[string]string, line int) {
	text = strings.TrimPrefix(text, "\ufeff")
	text = strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(text)
	blank := regexp.MustCompile(blankForm)
	statement := regexp.MustCompile(nameForm + "(?:" + quotedForm + "|" + bareForm + `)(?:\n|\z)`)
	values = map[string]string{}
	for line = 1; text != ""; {
		found := blank.FindStringSubmatch(text)
		if found == nil {
			if found = statement.FindStringSubmatch(text); found == nil {
				return nil, line
			}
			values[found[1]] = unquote(found[2]) + found[3]
		}
		line += strings.Count(found[0], "\n")
		text = text[len(found[0]):]
	}
	return values, 0
}

// unquote takes the quotes off a value; "" stays.
func unquote(value string) string {
	if value == "" {
		return ""
	}
	inner := value[1 : len(value)-1]
	if value[0] == '"' {
		inner = strings.NewReplacer(`\n`, "\n", `\r`, "\r").Replace(inner)
	}
	return inner
}
