package contract

import (
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/parlance-dev/parlance/conformance/report"
)

// TestTableIsTheContract: what is not in the table can't be missed.
func TestTableIsTheContract(t *testing.T) {
	c := loaded(t)
	want := map[string]int{
		KindClientEvents: 5, KindServerEvents: 12, KindAudiences: 14, KindAcknowledgements: 11, KindErrorCodes: 10,
		KindRefusals: 4, KindConstraints: len(c.Constraints()), KindLimits: 10, KindHTTPCalls: 17,
	}
	for _, part := range NewCoverage(c).Table() {
		if len(part.Items) != want[part.Kind] {
			t.Errorf("%s: %d items, want %d: %v", part.Kind, len(part.Items), want[part.Kind], part.Items)
		}
		delete(want, part.Kind)
		seen := map[string]bool{}
		for _, i := range part.Items {
			if i.Name == "" || seen[i.Name] || i.Hits != 0 || i.Excused != "" {
				t.Errorf("%s: %+v", part.Kind, i)
			}
			seen[i.Name] = true
		}
	}
	if len(want) > 0 {
		t.Errorf("no table of %v", want)
	}
}

// TestNamesAreStable: cases and excuses name them.
func TestNamesAreStable(t *testing.T) {
	c := loaded(t)
	missing := NewCoverage(c).Missing()
	for _, want := range []string{
		"client events: join_room", "server events: user_online", "server event audiences: user_update to admins",
		"server event audiences: user_online not to user", "acknowledgements: ping success", "acknowledgements: send_message failure",
		"acknowledgements: unknown event failure", "error codes: REPLAY_TRUNCATED", "refusals: AUTH_USER_BANNED",
		"constraints: send_message /content maxLength", "constraints: join_room minItems", "constraints: join_room maxItems",
		"constraints: join_room type", "constraints: join_room /room required", "constraints: ping additionalProperties",
		"constraints: connect /serverOffset pattern", "limits: roomsPerSocket", "limits: rateLimit", "limits: rateLimit abuse",
		"limits: maxPayloadBytes", "http calls: GET /api/presence/{userId}",
	} {
		if !slices.Contains(missing, want) {
			t.Errorf("no item %q", want)
		}
	}
	if again := NewCoverage(loaded(t)).Missing(); !slices.Equal(missing, again) {
		t.Error("two loads give two orders")
	}
	if slices.Contains(missing, "constraints: ping minItems") {
		t.Error("ping may come without an argument")
	}
}

func TestCoverageCounts(t *testing.T) {
	v := NewCoverage(loaded(t))
	v.ClientEvent("ping")
	v.ClientEvent("ping")
	v.ClientEvent("no_such_event")
	v.Event("pong")
	v.Event("no_such_event")
	v.Audience("pong to socket")
	v.Ack("ping", true)
	v.Ack("no_such_event", false)
	v.Ack("no_such_event", true)
	v.Code("FORBIDDEN")
	v.Refusal("AUTH_TOKEN_INVALID")
	v.Constraint("ping maxItems")
	v.Limit(LimitRate)
	v.HTTP("GET /docs")
	got := map[string]int{}
	for _, part := range v.Table() {
		for _, i := range part.Items {
			if i.Hits > 0 {
				got[part.Kind+": "+i.Name] = i.Hits
			}
		}
	}
	want := map[string]int{
		"client events: ping": 2, "server events: pong": 1, "server event audiences: pong to socket": 1, "acknowledgements: ping success": 1,
		"acknowledgements: unknown event failure": 1, "error codes: FORBIDDEN": 1, "refusals: AUTH_TOKEN_INVALID": 1,
		"constraints: ping maxItems": 1, "limits: rateLimit": 1, "http calls: GET /docs": 1,
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("counted %v\nwant    %v", got, want)
	}
	if strays := v.Strays(); len(strays) > 0 {
		t.Errorf("strays: %q", strays)
	}
}

func TestStrays(t *testing.T) {
	v := NewCoverage(loaded(t))
	v.Constraint("ping /time type")
	v.Constraint("ping /time type")
	v.Limit("rooms")
	v.HTTP("GET /api/nothing")
	v.Audience("pong to all")
	v.Excuse("limits", "nothing", "because")
	v.Excuse("nothing", "rateLimit", "because")
	want := []string{
		"constraints: ping /time type", "http calls: GET /api/nothing", "limits: nothing", "limits: rooms",
		"nothing: rateLimit", "server event audiences: pong to all",
	}
	if got := v.Strays(); !slices.Equal(got, want) {
		t.Errorf("strays %q\nwant   %q", got, want)
	}
}

func TestExcuses(t *testing.T) {
	v := NewCoverage(loaded(t))
	before := len(v.Missing())
	v.Excuse(KindErrorCodes, "SOCKET_ERROR", "it takes a broken socket")
	v.Excuse(KindErrorCodes, "FORBIDDEN", "no reason")
	v.Code("FORBIDDEN")
	if got := len(v.Missing()); got != before-2 {
		t.Errorf("%d missing, want %d", got, before-2)
	}
	if got := v.NeedlessExcuses(); !slices.Equal(got, []string{"error codes: FORBIDDEN"}) {
		t.Errorf("needless: %q", got)
	}
	codes := v.Table()[slices.IndexFunc(v.Table(), func(p report.Coverage) bool { return p.Kind == KindErrorCodes })]
	if hit, all := codes.Covered(); hit != 0 || all != 8 {
		t.Errorf("covered %d of %d, want 0 of 8", hit, all)
	}
}

// TestCoverageIsConcurrent: the cells of the matrix count at once; a table that
// was handed out stays as it is.
func TestCoverageIsConcurrent(t *testing.T) {
	v := NewCoverage(loaded(t))
	first := v.Table()
	var wait sync.WaitGroup
	for range 20 {
		wait.Go(func() {
			for range 100 {
				v.ClientEvent("ping")
				v.Limit("slip")
				v.Excuse(KindLimits, LimitRate, "x")
				v.Table()
			}
		})
	}
	wait.Wait()
	if first[0].Items[0].Hits != 0 || v.Table()[0].Items[0].Hits != 2000 {
		t.Errorf("%+v, then %+v", first[0].Items[0], v.Table()[0].Items[0])
	}
	if got := v.Strays(); len(got) != 1 {
		t.Errorf("strays: %q", got)
	}
}

func TestHTTPCalls(t *testing.T) {
	for _, call := range HTTPCalls() {
		method, path, _ := strings.Cut(call, " ")
		if method != "GET" && method != "POST" || !strings.HasPrefix(path, "/") {
			t.Errorf("%q is no call", call)
		}
	}
}
