package golang

import (
	"errors"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"

	"github.com/parlance-dev/parlance/generator/diag"
	"github.com/parlance-dev/parlance/generator/model"
	"github.com/parlance-dev/parlance/sio/wire"
)

// wirePattern makes runs what generated code makes of them.
func wirePattern(runs []run) wire.Pattern {
	p := wire.Pattern{}
	for _, r := range runs {
		p = append(p, wire.Run{Low: r.low, High: r.high, Min: r.min, Max: r.max})
	}
	return p
}

func TestSimplePatternsNeedNoEngine(t *testing.T) {
	for expr, want := range map[string]bool{
		"^[A-Za-z0-9_.:-]{1,128}$": true, "^[0-7][0-9A-HJKMNP-TV-Z]{25}$": true, `^\d{4}-\d\d$`: true, "^a?b{2,3}c*$": true, "^$": true, "^(abc)$": true, "^(?:a)+b$": true, `^\w+@\w+$`: true, "^x{3}x*$": true, "^[a-z]+[0-9]*[.]?$": true,
		"^[a-c]*c$": false, "^a*b?a$": false, "^(ab)+$": false, "^a|b$": false, "a": false, "^a": false, "a$": false, "^é$": false, "^[^/]$": false, "^.$": false, "^(?i)a$": false, "^[a-z]*?$": true, `^\p{L}$`: false, `^\b$`: false, "^(": false,
	} {
		runs, ok := compile(expr)
		if ok != want {
			t.Errorf("%s: compiled %v, want %v", expr, ok, want)
			continue
		}
		if !ok {
			continue
		}
		re, pattern := regexp.MustCompile(expr), wirePattern(runs)
		rng := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // the test has to be repeatable
		for range 3_000 {
			s := randomText(rng, expr)
			if got, want := pattern.Match([]byte(s)), re.MatchString(s); got != want {
				t.Errorf("%s: %q matches %v, want %v", expr, s, got, want)
			}
		}
	}
}

// randomText is made of what an expression is made of.
func randomText(rng *rand.Rand, expr string) string {
	if rng.IntN(20) == 0 {
		return "01ARZ3NDEKTSV4RRFFQ69G5FAV"[:20+rng.IntN(7)]
	}
	alphabet := []rune(strings.Trim(expr, "^$") + "aab0A-é\n")
	var b strings.Builder
	for range rng.IntN(9) {
		b.WriteRune(alphabet[rng.IntN(len(alphabet))])
	}
	return b.String()
}

func FuzzPatterns(f *testing.F) {
	f.Add("^[a-c]{1,3}-[0-9]*$", "abc-1")
	f.Add("^a?b{2,3}c*$", "abb")
	f.Add("^(?i:a)[^b]+$", "ab")
	f.Add("^a{2}a*?$", "aaa")
	f.Fuzz(func(t *testing.T, expr, s string) {
		re, err := regexp.Compile(expr)
		runs, ok := compile(expr)
		if err != nil || !ok {
			return
		}
		s = strings.ToValidUTF8(s, "\ufffd")
		if got, want := wirePattern(runs).Match([]byte(s)), re.MatchString(s); got != want {
			t.Errorf("%s: %q matches %v, want %v", expr, s, got, want)
		}
	})
}

func TestIntegerBounds(t *testing.T) {
	lit := func(s string) *model.Literal { return &model.Literal{JSON: s} }
	for _, tt := range []struct {
		t    model.Type
		want string
	}{
		{model.Type{Minimum: lit("1")}, "n < 1"},
		{model.Type{Minimum: lit("1.5")}, "n < 2"},
		{model.Type{Minimum: lit("-1.5")}, "n < -1"},
		{model.Type{ExclusiveMinimum: lit("1")}, "n < 2"},
		{model.Type{ExclusiveMinimum: lit("1.5")}, "n < 2"},
		{model.Type{ExclusiveMinimum: lit("-1.5")}, "n < -1"},
		{model.Type{Maximum: lit("1e3")}, "n > 1000"},
		{model.Type{Maximum: lit("1.5")}, "n > 1"},
		{model.Type{Maximum: lit("-1.5")}, "n > -2"},
		{model.Type{ExclusiveMaximum: lit("1")}, "n > 0"},
		{model.Type{ExclusiveMaximum: lit("-1.5")}, "n > -2"},
		{model.Type{Minimum: lit("-9223372036854775808")}, "n < -9223372036854775808"},
		{model.Type{Minimum: lit("-9223372036854775809")}, ""},
		{model.Type{Maximum: lit("1e30")}, ""},
	} {
		if got := boundsOf(&tt.t)[0].violated(); got != tt.want {
			t.Errorf("%+v: %q, want %q", boundsOf(&tt.t)[0], got, tt.want)
		}
	}
	if !bothSides(&model.Type{Minimum: lit("0"), ExclusiveMaximum: lit("10")}) || bothSides(&model.Type{Minimum: lit("0")}) ||
		bothSides(&model.Type{Minimum: lit("-9223372036854775808"), Maximum: lit("5")}) {
		t.Error("bothSides is wrong")
	}
}

func TestWrap(t *testing.T) {
	text := "One two three four.\nFive\n\n\n* item one is long enough\n* two\n\n```js\n  code  stays\n```\nend\n"
	want := "One two three|four. Five||* item one is|long enough|* two||\t  code  stays|end"
	if got := strings.Join(wrap(text, 14), "|"); got != want {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

func TestConstraintsInWords(t *testing.T) {
	one, five := 1, 5
	for want, typ := range map[string]*model.Type{
		"":                                  {Kind: model.String},
		"1 to 5 characters.":                {Kind: model.String, MinLength: &one, MaxLength: &five},
		"At least 1 character, matches ^a.": {Kind: model.String, MinLength: &one, Pattern: "^a"},
		"At most 5 elements.":               {Kind: model.Array, MaxItems: &five},
		"5 properties.":                     {Kind: model.Map, MinProperties: &five, MaxProperties: &five},
		"At least 0, less than 1.5.":        {Kind: model.Number, Minimum: &model.Literal{JSON: "0"}, ExclusiveMaximum: &model.Literal{JSON: "1.5"}},
		"A UUID.":                           {Kind: model.String, Format: "uuid"},
		"1 or 2.":                           {Kind: model.Integer, Enum: []model.Literal{{JSON: "1"}, {JSON: "2"}}},
	} {
		if got := constraints(typ); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

// at makes positions that tests can tell apart.
func at(line int) diag.Pos { return diag.Pos{File: "a.yaml", Line: line, Col: 3} }

// payloadOf is a contract with one client event.
func payloadOf(t *model.Type) *model.Contract {
	t.Name = "Payload"
	return &model.Contract{
		Types: []*model.Type{t},
		Namespaces: []*model.Namespace{{ID: "main", Name: "/", Events: []*model.ClientEvent{
			{Name: "do", Feature: "things", Payload: t, Pos: at(1), NamePos: at(1)},
		}}},
	}
}

// objectOf is an object with one optional property, which stands at line 5.
func objectOf(t *model.Type, def *model.Literal) *model.Type {
	t.Pos = at(5)
	return &model.Type{Kind: model.Object, Pos: at(2), Fields: []*model.Field{{Name: "a", Type: t, Default: def, Pos: at(4)}}}
}

func TestUnsupportedIsAPositionedError(t *testing.T) {
	lit := func(s string) *model.Literal { return &model.Literal{JSON: s, Pos: at(7)} }
	two := 2
	text := &model.Type{Kind: model.String, Pos: at(8)}
	loop := &model.Type{Kind: model.Object, Pos: at(2)}
	loop.Fields = []*model.Field{{Name: "a", Required: true, Type: loop, Pos: at(4)}}
	for _, tt := range []struct {
		payload *model.Type
		want    string
	}{
		{objectOf(&model.Type{Kind: model.Any, MinLength: &two}, nil), "a.yaml:5:3: the Go target does not support a constraint on a value of any type"},
		{objectOf(&model.Type{Kind: model.String, Format: "iri"}, nil), "a.yaml:5:3: the Go target does not support format iri"},
		{objectOf(&model.Type{Kind: model.String, Enum: []model.Literal{*lit("1")}}, nil), "a.yaml:7:3: value 1 can never match: the type is string"},
		{objectOf(&model.Type{Kind: model.Array, Tuple: []*model.Type{text}}, nil), "a.yaml:5:3: the Go target does not support tuples whose elements may be missing: minItems must be the number of elements"},
		{objectOf(&model.Type{Kind: model.Array, Enum: []model.Literal{*lit("[]")}}, nil), "a.yaml:7:3: the Go target has no lists or objects in an enum"},
		{objectOf(&model.Type{Kind: model.Integer, Const: lit("{}")}, nil), "a.yaml:7:3: the Go target has no const of a list or an object"},
		{objectOf(&model.Type{Kind: model.Integer, Minimum: lit("1e30")}, nil), "a.yaml:7:3: the Go target does not support minimum 1e30: no 64-bit integer is valid"},
		{objectOf(&model.Type{Kind: model.Number, Maximum: lit("1e400")}, nil), "a.yaml:7:3: the Go target does not support maximum 1e400: it is no 64-bit number"},
		{objectOf(&model.Type{Kind: model.Integer, Enum: []model.Literal{*lit("1e30")}}, nil), "a.yaml:7:3: the Go target does not support the value 1e30: it is no 64-bit integer"},
		{objectOf(&model.Type{Kind: model.Integer}, lit(`"x"`)), `a.yaml:7:3: default "x" of property "a" is no value of its type`},
		{objectOf(&model.Type{Kind: model.String, Enum: []model.Literal{*lit(`"x"`)}}, lit(`"y"`)), `a.yaml:7:3: default "y" of property "a" is no value of its type`},
		{objectOf(&model.Type{Kind: model.Sum, Variants: []*model.Variant{{Type: text}, {Type: &model.Type{Kind: model.String, Pos: at(9)}}}}, nil), "a.yaml:9:3: the Go target does not support a oneOf with two alternatives of type string and no discriminator"},
		{objectOf(&model.Type{Kind: model.Sum, Variants: []*model.Variant{{Type: &model.Type{Kind: model.Any, Pos: at(9)}}}}, nil), "a.yaml:9:3: the Go target does not support a oneOf with an alternative of type any"},
		{objectOf(&model.Type{Kind: model.Sum, Variants: []*model.Variant{{Type: &model.Type{Kind: model.String, Nullable: true, Pos: at(9)}}}}, nil), "a.yaml:9:3: the Go target does not support a oneOf with an alternative that allows null"},
		{objectOf(&model.Type{Kind: model.Sum, Discriminator: "k", Variants: []*model.Variant{{Type: &model.Type{Kind: model.Object, Pos: at(9)}, Tag: lit("1")}}}, nil), "a.yaml:9:3: the Go target does not support a discriminator that is no string"},
		{loop, "a.yaml:2:3: type Payload requires itself: no payload is finite"},
	} {
		_, err := Emit(payloadOf(tt.payload), Options{Package: "x"})
		var e *diag.Error
		if !errors.As(err, &e) || e.Diagnostics[0].String() != tt.want+" ["+RuleUnsupported+"]" {
			t.Errorf("got %v\nwant %s", err, tt.want)
		}
	}
	if len(Rules()) != 1 {
		t.Error("rules are missing from the catalogue")
	}
}

func TestCollisionsNameBothPlaces(t *testing.T) {
	text := func(line int) *model.Type { return &model.Type{Kind: model.String, Pos: at(line)} }
	fields := &model.Type{Kind: model.Object, Pos: at(2), Fields: []*model.Field{
		{Name: "user_id", Type: text(4), Pos: at(4)},
		{Name: "userId", Type: text(5), Pos: at(5)},
		{Name: "append_json", Type: text(6), Pos: at(6)},
		{Name: "***", Type: text(7), Pos: at(7)},
	}}
	events := payloadOf(&model.Type{Kind: model.Object, Additional: model.AdditionalForbidden, Pos: at(2)})
	events.Namespaces[0].Events = append(events.Namespaces[0].Events, &model.ClientEvent{Name: "Do", Feature: "things", Args: model.ArgsNone, NamePos: at(9)})
	enum := payloadOf(&model.Type{Kind: model.String, Enum: []model.Literal{{JSON: `"a b"`, Pos: at(3)}, {JSON: `"a_b"`, Pos: at(4)}}, Pos: at(2)})
	types := payloadOf(&model.Type{Kind: model.Object, Additional: model.AdditionalForbidden, Pos: at(2)})
	types.Types = append(types.Types, &model.Type{Name: "Handlers", Kind: model.Object, Additional: model.AdditionalForbidden, Pos: at(8)})
	for _, tt := range []struct {
		contract *model.Contract
		want     []string
	}{
		{payloadOf(fields), []string{
			`a.yaml:5:3: property "userId" becomes the identifier UserID, as does property "user_id" at a.yaml:4:3`,
			`a.yaml:6:3: property "append_json" becomes the identifier AppendJSON, which is a method of every type`,
			`a.yaml:7:3: property "***" has no letter or digit to make an identifier of`,
		}},
		{events, []string{`a.yaml:9:3: event "Do" becomes the identifier EventDo, as does event "do" at a.yaml:1:3`}},
		{enum, []string{`a.yaml:4:3: value "a_b" of enum Payload becomes the identifier PayloadAB, as does value "a b" of enum Payload at a.yaml:3:3`}},
		{types, []string{`a.yaml:8:3: type "Handlers" becomes the identifier Handlers, which is channel "main"`}},
	} {
		_, err := Emit(tt.contract, Options{Package: "x"})
		if err == nil {
			t.Errorf("no error, want %q", tt.want)
			continue
		}
		for _, want := range tt.want {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("got %v\nwant %s", err, want)
			}
		}
	}
}

func TestPackageName(t *testing.T) {
	for _, name := range []string{"", "_", "a b", "func", "1a"} {
		if _, err := Emit(&model.Contract{}, Options{Package: name}); err == nil {
			t.Errorf("package %q is taken", name)
		}
	}
}
