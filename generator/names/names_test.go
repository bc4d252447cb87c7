package names_test

import (
	"go/token"
	"slices"
	"strings"
	"testing"

	"github.com/parlance-dev/parlance/generator/diag"
	"github.com/parlance-dev/parlance/generator/names"
)

func TestWords(t *testing.T) {
	for in, want := range map[string]string{
		"join_room": "join room", "joinRoom": "join Room", "JoinRoom": "Join Room", "join-room.ack": "join room ack", "HTTPServer": "HTTP Server", "userIDs": "user IDs", "IDsOfUsers": "IDs Of Users",
		"v2Api": "v2 Api", "": "", "***": "", "a": "a", "user  name": "user name", "größeÄnderung": "größe Änderung", "名前": "名前", "x_1": "x 1", "USASpending": "USA Spending",
	} {
		if got := strings.Join(names.Words(in), " "); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

func TestPascal(t *testing.T) {
	for in, want := range map[string]string{
		"user_id": "UserID", "userId": "UserID", "UserID": "UserID", "ids": "IDs", "urlList": "URLList", "http_url": "HTTPURL", "windowMs": "WindowMs", "FORBIDDEN": "Forbidden", "VALIDATION_ERROR": "ValidationError", "AUTH_TOKEN_REQUIRED": "AuthTokenRequired",
		"2fa": "X2fa", "名前": "X名前", "édition": "Édition", "": "", "---": "", "text/plain": "TextPlain", "JoinRoomAck": "JoinRoomAck", "ulid": "ULID", "A": "A", "+1": "X1",
	} {
		got := names.Pascal(in)
		if got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
		if got != "" && (!token.IsIdentifier(got) || !token.IsExported(got)) {
			t.Errorf("%q: %q is no exported identifier", in, got)
		}
		if again := names.Pascal(got); again != got && got != strings.ToUpper(got) {
			t.Errorf("%q: %q again gives %q", in, got, again)
		}
	}
}

func TestCamel(t *testing.T) {
	for in, want := range map[string]string{
		"user_id": "userID", "UserID": "userID", "ID": "id", "type": "type_", "2fa": "x2fa", "department": "department", "": "", "HTTPServer": "httpServer", "名前": "名前",
	} {
		if got := names.Camel(in, token.IsKeyword); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

func TestScope(t *testing.T) {
	at := func(line int) diag.Pos { return diag.Pos{File: "a.yaml", Line: line, Col: 5} }
	var s names.Scope
	var diags diag.List
	s.Reserve("MarshalJSON", "a method")
	if !s.Declare(&diags, "UserID", `property "userId"`, at(1)) || s.Declare(&diags, "UserID", `property "user_id"`, at(2)) ||
		s.Declare(&diags, "MarshalJSON", `property "marshalJson"`, at(3)) || s.Declare(&diags, "", `property "*"`, at(4)) {
		t.Error("wrong verdict")
	}
	var got []string
	for _, d := range diags.Sorted() {
		got = append(got, d.String())
	}
	want := []string{
		`a.yaml:2:5: property "user_id" becomes the identifier UserID, as does property "userId" at a.yaml:1:5 [IDENTIFIER_COLLISION]`,
		`a.yaml:3:5: property "marshalJson" becomes the identifier MarshalJSON, which is a method [IDENTIFIER_COLLISION]`,
		`a.yaml:4:5: property "*" has no letter or digit to make an identifier of [IDENTIFIER_EMPTY]`,
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if len(names.Rules()) != 2 {
		t.Error("rules are missing from the catalogue")
	}
}

func FuzzIdentifiers(f *testing.F) {
	for _, s := range []string{"user_id", "2fa", "名前", "\xff", "ǅ", "ªb", "_", "a\u0301", "𝝝"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if got := names.Pascal(s); got != "" && (!token.IsIdentifier(got) || !token.IsExported(got)) {
			t.Errorf("Pascal(%q) = %q", s, got)
		}
		if got := names.Camel(s, token.IsKeyword); got != "" && (!token.IsIdentifier(got) || token.IsExported(got)) {
			t.Errorf("Camel(%q) = %q", s, got)
		}
	})
}
