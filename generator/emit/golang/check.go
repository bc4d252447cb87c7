package golang

import (
	"encoding/json"
	"math"
	"math/big"
	"slices"
	"strconv"

	"github.com/parlance-dev/parlance/generator/model"
)

// check reports what Go code cannot express of a type itself.
func (p *plan) check(t *model.Type) {
	switch t.Kind {
	case model.Any:
		if constrained(t) {
			p.unsupported(t, "a constraint on a value of any type")
		}
	case model.String:
		p.checkString(t)
	case model.Integer, model.Number:
		p.checkNumber(t)
	case model.Array:
		p.checkTuple(t)
	case model.Sum:
		p.checkSum(t)
	case model.Null, model.Boolean, model.Object, model.Map:
	}
	if t.Const != nil && !isScalar(t.Const) {
		p.diags.Addf(t.Const.Pos, RuleUnsupported, "the Go target has no const of a list or an object")
	}
	p.checkEnum(t)
}

// checkEnum reports an enum of lists or objects.
func (p *plan) checkEnum(t *model.Type) {
	i := slices.IndexFunc(t.Enum, func(l model.Literal) bool { return !isScalar(&l) })
	switch k := jsonKind(t.Kind); {
	case i >= 0:
		p.diags.Addf(t.Enum[i].Pos, RuleUnsupported, "the Go target has no lists or objects in an enum")
	case t.Enum != nil && (k == model.Array || k == model.Object || k == model.Sum):
		p.unsupported(t, "an enum of lists or objects")
	}
}

func (p *plan) unsupported(t *model.Type, what string) {
	p.diags.Addf(t.Pos, RuleUnsupported, "the Go target does not support %s", what)
}

// constrained reports whether a type says more than its kind.
func constrained(t *model.Type) bool {
	return t.Enum != nil || t.Const != nil || t.Pattern != "" || t.Format != "" ||
		t.MinLength != nil || t.MaxLength != nil || t.MinItems != nil || t.MaxItems != nil || t.MinProperties != nil || t.MaxProperties != nil ||
		t.Minimum != nil || t.Maximum != nil || t.ExclusiveMinimum != nil || t.ExclusiveMaximum != nil ||
		t.Items != nil || t.Tuple != nil || t.Fields != nil || t.Values != nil || t.Additional != model.AdditionalIgnored
}

func (p *plan) checkString(t *model.Type) {
	if t.Format != "" && t.Format != "date-time" && formatCheck(t.Format) == "" {
		p.unsupported(t, "format "+t.Format)
	}
	for i, v := range t.Enum {
		if _, ok := textOf(&t.Enum[i]); !ok {
			p.diags.Addf(v.Pos, RuleUnsupported, "value %s can never match: the type is string", v.JSON)
		}
	}
}

func (p *plan) checkTuple(t *model.Type) {
	if t.Tuple == nil {
		return
	}
	if t.MinItems == nil || *t.MinItems != len(t.Tuple) {
		p.unsupported(t, "tuples whose elements may be missing: minItems must be the number of elements")
	}
	if t.MaxItems != nil && *t.MaxItems < len(t.Tuple) {
		p.unsupported(t, "tuples with more elements than maxItems")
	}
}

func (p *plan) checkSum(t *model.Type) {
	seen := map[model.Kind]bool{}
	for _, v := range t.Variants {
		if k := v.Type.Kind; k == model.Any || k == model.Sum || k == model.Null {
			p.unsupported(v.Type, "a oneOf with an alternative of type "+kindWord(k))
		}
		if v.Type.Nullable {
			p.unsupported(v.Type, "a oneOf with an alternative that allows null")
		}
		if t.Discriminator != "" {
			if _, ok := textOf(v.Tag); !ok {
				p.unsupported(v.Type, "a discriminator that is no string")
			}
			continue
		}
		kind := jsonKind(v.Type.Kind)
		if seen[kind] {
			p.unsupported(v.Type, "a oneOf with two alternatives of type "+kindWord(v.Type.Kind)+" and no discriminator")
		}
		seen[kind] = true
	}
}

// jsonKind maps kinds that look the same in JSON to one of them.
func jsonKind(k model.Kind) model.Kind {
	switch k {
	case model.Integer:
		return model.Number
	case model.Map:
		return model.Object
	default:
		return k
	}
}

// kindWord is what JSON Schema calls a kind.
func kindWord(k model.Kind) string {
	switch k {
	case model.Null:
		return "null"
	case model.Boolean:
		return "boolean"
	case model.Integer:
		return "integer"
	case model.Number:
		return "number"
	case model.String:
		return "string"
	case model.Array:
		return "array"
	case model.Object, model.Map:
		return "object"
	case model.Sum:
		return "oneOf"
	case model.Any:
	}
	return "any"
}

func (p *plan) checkNumber(t *model.Type) {
	for _, b := range boundsOf(t) {
		f, err := strconv.ParseFloat(b.literal.JSON, 64)
		switch {
		case err != nil || math.IsInf(f, 0):
			p.diags.Addf(b.literal.Pos, RuleUnsupported, "the Go target does not support %s %s: it is no 64-bit number", b.keyword, b.literal.JSON)
		case t.Kind == model.Integer && b.integer() == never:
			p.diags.Addf(b.literal.Pos, RuleUnsupported, "the Go target does not support %s %s: no 64-bit integer is valid", b.keyword, b.literal.JSON)
		}
	}
	for _, v := range append(slices.Clone(t.Enum), constOf(t)...) {
		if !isScalar(&v) {
			continue // reported already
		}
		if r, ok := new(big.Rat).SetString(v.JSON); !ok || t.Kind == model.Integer && (!r.IsInt() || !r.Num().IsInt64()) {
			p.diags.Addf(v.Pos, RuleUnsupported, "the Go target does not support the value %s: it is no 64-bit %s", v.JSON, kindWord(t.Kind))
		}
	}
}

func constOf(t *model.Type) []model.Literal {
	if t.Const == nil {
		return nil
	}
	return []model.Literal{*t.Const}
}

// checkDefault reports a default that is not of its property's type, as far as
// generated code could not hold it.
func (p *plan) checkDefault(f *model.Field) {
	if f.Default == nil || f.Required {
		return
	}
	ok := true
	switch formOf(f.Type) {
	case formEnum:
		ok = slices.ContainsFunc(f.Type.Enum, func(l model.Literal) bool { return l.JSON == f.Default.JSON })
	case formString:
		_, ok = textOf(f.Default)
	case formBool:
		ok = f.Default.JSON == "true" || f.Default.JSON == "false"
	case formInt:
		r, isNumber := new(big.Rat).SetString(f.Default.JSON)
		ok = isNumber && r.IsInt() && r.Num().IsInt64()
	case formFloat:
		_, err := strconv.ParseFloat(f.Default.JSON, 64)
		ok = err == nil
	default:
	}
	if !ok && (!f.Type.Nullable || f.Default.JSON != "null") {
		p.diags.Addf(f.Default.Pos, RuleUnsupported, "default %s of property %q is no value of its type", f.Default.JSON, f.Name)
	}
}

// textOf returns the string that a literal is; false for any other value.
func textOf(l *model.Literal) (string, bool) {
	if l == nil || len(l.JSON) == 0 || l.JSON[0] != '"' {
		return "", false
	}
	var s string
	err := json.Unmarshal([]byte(l.JSON), &s)
	return s, err == nil
}

// isScalar reports whether a literal is neither list nor object.
func isScalar(l *model.Literal) bool {
	return len(l.JSON) > 0 && l.JSON[0] != '[' && l.JSON[0] != '{'
}
