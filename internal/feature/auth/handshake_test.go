package auth_test

import (
	"encoding/json"
	"net/url"
	"testing"

	"github.com/parlance-dev/parlance/sio"
)

func TestAuthenticate(t *testing.T) {
	v := verifier(t)
	ok, other := good(claims("")), good(claims(`"role":"banned"`))
	quoted, err := json.Marshal(ok)
	if err != nil {
		t.Fatal(err)
	}
	fromQuery := url.Values{"token": {ok}}
	for name, c := range map[string]struct {
		auth  string
		query url.Values
		want  string
	}{
		"auth":                     {`{"token":` + string(quoted) + `}`, nil, ""},
		"auth, not the query":      {`{"token":` + string(quoted) + `}`, url.Values{"token": {other}}, ""},
		"auth bad, query good":     {`{"token":"x"}`, fromQuery, invalid},
		"auth expired":             {`{"token":"` + good(`{"userId":"u1","exp":1}`) + `"}`, fromQuery, expired},
		"query":                    {``, fromQuery, ""},
		"query, auth empty":        {`{"token":""}`, fromQuery, ""},
		"query, auth null":         {`{"token":null}`, fromQuery, ""},
		"query, auth absent":       {`{"serverOffset":"x"}`, fromQuery, ""},
		"query, all auth null":     {`null`, fromQuery, ""},
		"query banned":             {`{}`, url.Values{"token": {other}}, banned},
		"none":                     {``, nil, required},
		"none but members":         {`{"x":1}`, url.Values{"x": {"1"}}, required},
		"empty everywhere":         {`{"token":""}`, url.Values{"token": {""}}, required},
		"space":                    {`{"token":" "}`, nil, invalid},
		"another name":             {`{"Token":` + string(quoted) + `}`, nil, required},
		"number":                   {`{"token":1}`, fromQuery, invalid},
		"zero":                     {`{"token":0}`, fromQuery, invalid},
		"true":                     {`{"token":true}`, fromQuery, invalid},
		"false":                    {`{"token":false}`, fromQuery, invalid},
		"object":                   {`{"token":{"toString":"x"}}`, fromQuery, invalid},
		"array":                    {`{"token":[` + string(quoted) + `]}`, fromQuery, invalid},
		"empty array":              {`{"token":[]}`, fromQuery, invalid},
		"auth array":               {`[` + string(quoted) + `]`, fromQuery, invalid},
		"auth string":              {string(quoted), fromQuery, invalid},
		"auth malformed":           {`{"token":`, fromQuery, invalid},
		"query twice":              {``, url.Values{"token": {ok, ok}}, invalid},
		"query twice, first empty": {``, url.Values{"token": {"", ok}}, invalid},
		"query twice, auth good":   {`{"token":` + string(quoted) + `}`, url.Values{"token": {ok, ok}}, ""},
	} {
		id, err := v.Authenticate(t.Context(), &sio.Handshake{Auth: json.RawMessage(c.auth), Query: c.query})
		if got := code(t, err); got != c.want || (got == "") != (id.UserID == "u1") {
			t.Errorf("%s: %q %+v, want %q", name, got, id, c.want)
		}
	}
}
