package wire_test

import (
	"strings"
	"testing"
	"time"

	"github.com/parlance-dev/parlance/sio/wire"
)

func TestFormats(t *testing.T) {
	long := strings.Repeat("a", 63)
	tests := []struct {
		name      string
		is        func([]byte) bool
		good, bad []string
	}{
		{
			"uuid", wire.IsUUID,
			[]string{"123e4567-e89b-12d3-a456-426614174000", "00000000-0000-0000-0000-000000000000", "ABCDEFAB-CDEF-abcd-efab-cdefabcdefab"},
			[]string{"", "123e4567e89b12d3a456426614174000", "123e4567-e89b-12d3-a456-42661417400", "123e4567-e89b-12d3-a456-42661417400g", "{23e4567-e89b-12d3-a456-42661417400}"},
		},
		{"ipv4", wire.IsIPv4, []string{"0.0.0.0", "192.0.2.1", "255.255.255.255"}, []string{"", "1.2.3", "1.2.3.4.5", "256.1.1.1", "01.2.3.4", "1.2.3.4 ", "1.2.3.4/8", "+1.2.3.4", "::1", "1.2.3.٤"}},
		{"ipv6", wire.IsIPv6, []string{"::", "::1", "2001:db8::1", "::ffff:192.0.2.1", "1:2:3:4:5:6:7:8"}, []string{"", "1.2.3.4", ":::", "1:2:3:4:5:6:7:8:9", "12345::", "fe80::1%eth0", "[::1]", "::/64", " ::1"}},
		{"hostname", wire.IsHostname, []string{"a", "example.com", "example.com.", "a-b.c1", "1.2", long + ".com"}, []string{"", ".", "-a.com", "a-.com", "a..b", "a_b", "é.com", long + "a", strings.Repeat(long+".", 4), "a.-b"}},
		{
			"email", wire.IsEmail,
			[]string{"a@b", "joe.bloggs@example.com", "te~st+x@example.com", `"joe bloggs"@example.com`, `"a\"b"@example.com`, "joe@[127.0.0.1]", "joe@[IPv6:::1]", `"a@b"@c`},
			[]string{"", "a", "@b", "a@", ".a@b", "a.@b", "a..b@c", "a b@c", "a@b c", "a@-b", `"a@b`, `"a"b"@c`, `"@c`, "a@[300.0.0.1]", "a@[x]", "é@b", "<a@b>", " a@b", "Joe <a@b>", strings.Repeat("a", 65) + "@b", "a@b@c", "a@b."},
		},
		{
			"uri", wire.IsURI,
			[]string{"http://example.com", "https://user:pw@example.com:8080/a/b?c=d#e", "urn:isbn:0451450523", "mailto:a@b", "ftp://[2001:db8::7]/", "http://[v1.x:y]/", "tel:+1-816", "file:///etc/x", "x:", "http://a/?%20", "http://a:"},
			[]string{"", "//example.com", "/a", "a", ":a", "1a:b", "http://a b", "http://a/<b>", "http://a/%2", "http://a/%zz", "http://a:b/", "http://[::1", "http://[1.2.3.4]", "http://é/", "a:\\b", "http://a/#b#c", "http://[v.x]/", "http://a@b@c/", `http://a/"`},
		},
		{"date", wire.IsDate, []string{"2026-01-31", "2024-02-29", "2000-02-29", "0000-01-01"}, []string{"", "2026-1-01", "2026-02-29", "1900-02-29", "2026-04-31", "2026-13-01", "2026-00-01", "2026-01-00", "2026-01-01Z", "+026-01-01", "2026/01/01", "٢026-01-1"}},
		{"time", wire.IsTime, []string{"00:00:00Z", "23:59:59.999999999999z", "12:00:00+23:59", "23:59:60Z", "15:59:60-08:00", "01:29:60+01:30", "08:30:06.1-08:00"}, []string{"", "12:00:00", "24:00:00Z", "12:60:00Z", "12:00:60Z", "23:59:61Z", "12:00:00.Z", "12:00:00,1Z", "12:00:00+24:00", "12:00:00+1:00", "12:00:00+01:60", "+1:00:00Z", "23:59:60+01:00", "12:00Z", "12:00:00 Z"}},
	}
	for _, tt := range tests {
		for _, s := range tt.good {
			if !tt.is([]byte(s)) {
				t.Errorf("%s refuses %q", tt.name, s)
			}
		}
		for _, s := range tt.bad {
			if tt.is([]byte(s)) {
				t.Errorf("%s takes %q", tt.name, s)
			}
		}
	}
}

func TestParseDateTime(t *testing.T) {
	good := map[string]time.Time{
		"2026-01-02T03:04:05.678Z":             time.Date(2026, 1, 2, 3, 4, 5, 678e6, time.UTC),
		"2026-01-02t03:04:05z":                 time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC),
		"2026-01-02T03:04:05.1234567891+07:30": time.Date(2026, 1, 1, 19, 34, 5, 123456789, time.UTC),
		"1998-12-31T23:59:60Z":                 time.Date(1999, 1, 1, 0, 0, 0, 0, time.UTC),
		"1998-12-31T15:59:60.5-08:00":          time.Date(1999, 1, 1, 0, 0, 0, 5e8, time.UTC),
		"0000-01-01T00:00:00Z":                 time.Date(0, 1, 1, 0, 0, 0, 0, time.UTC),
	}
	for s, want := range good {
		if got, ok := wire.ParseDateTime([]byte(s)); !ok || !got.Equal(want) || got.Location() != time.UTC {
			t.Errorf("%s: %v, %v; want %v", s, got, ok, want)
		}
	}
	for _, s := range []string{"", "2026-01-02", "2026-01-02 03:04:05Z", "2026-01-02T03:04:05", "2026-01-02T03:04Z", "2026-02-30T00:00:00Z", "2026-01-02T25:00:00Z", "2026-01-02T03:04:05.678+0100", "2026-01-02T03:04:05ZZ", "2026-01-02T03:04:05.Z", "26-01-02T03:04:05.678Z", "2026-01-02T12:59:60Z"} {
		if got, ok := wire.ParseDateTime([]byte(s)); ok {
			t.Errorf("%s: %v", s, got)
		}
	}
}
