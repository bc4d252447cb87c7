package front

import (
	"fmt"
	"io"
	"net/http"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"
)

// answers are handlers that do not take the connection over.
func answers() map[string]http.HandlerFunc {
	return map[string]http.HandlerFunc{
		"nothing":    func(http.ResponseWriter, *http.Request) {},
		"text":       func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "hello") },
		"html":       func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "<!DOCTYPE html>") },
		"error":      func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "no", http.StatusForbidden) },
		"not found":  http.NotFound,
		"redirect":   func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/x", http.StatusFound) },
		"no content": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) },
		"unknown":    func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(599) },
		"twice": func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusBadRequest)
			w.WriteHeader(http.StatusOK)
		},
		"no type": func(w http.ResponseWriter, _ *http.Request) {
			w.Header()["Content-Type"] = nil
			_, _ = io.WriteString(w, "x")
		},
		"own headers": ownHeaders,
		"late header": func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusOK)
			w.Header().Set("X-Late", "x")
			_, _ = io.WriteString(w, "x")
		},
		"no body allowed": func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusNotModified)
			if _, err := w.Write([]byte("x")); err != http.ErrBodyNotAllowed { //nolint:errorlint // as it is
				panic(err)
			}
		},
		"early hints": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Link", "</x>")
			w.WriteHeader(http.StatusEarlyHints)
			_, _ = io.WriteString(w, "then")
		},
	}
}

func ownHeaders(w http.ResponseWriter, _ *http.Request) {
	h := w.Header()
	h.Set("Content-Length", "3")
	h.Set("Content-Encoding", "none")
	h.Set("Date", "then")
	h.Set("Connection", "keep-alive, X-Mine")
	h.Set("X-Split", "a\r\nX-Injected: b")
	h.Set("Bad Name", "x")
	h["X-Twice"] = []string{"a", "b"}
	_, _ = io.WriteString(w, "abc")
}

// TestAnswers: what a handler answers arrives as it does from net/http, but for
// the connection's end.
func TestAnswers(t *testing.T) {
	t.Parallel()
	for name, h := range answers() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			front, bare := serve(t, h), newServed(t, h)
			bare.start(bare.listener.inner)
			got, want := front.answer(upgrade), bare.answer(upgrade)
			for _, r := range []*reply{&got, &want} {
				r.header.Del("Connection")
				if name != "own headers" {
					if _, err := http.ParseTime(r.header.Get("Date")); err != nil && r.code >= 200 {
						t.Error(err)
					}
					r.header.Del("Date")
				}
			}
			if !got.closes && got.code >= 200 {
				t.Error("the connection's end is not announced")
			}
			if got.closes = want.closes; !reflect.DeepEqual(got, want) {
				t.Errorf("%+v\nwant %+v", got, want)
			}
		})
	}
}

// TestClosed: after an answer the connection is closed, and not reset, even where
// the client has sent more.
func TestClosed(t *testing.T) {
	t.Parallel()
	x := serve(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "hello") })
	got := x.raw(upgrade + strings.Repeat("more", 500))
	if !strings.HasPrefix(got, "HTTP/1.1 200 OK\r\nDate: …\r\nConnection: close\r\n") || !strings.HasSuffix(got, "\r\n\r\nhello") {
		t.Errorf("got %q", got)
	}
}

// TestStream: a long body leaves piece by piece, and a flushed one at once.
func TestStream(t *testing.T) {
	t.Parallel()
	leave := make(chan struct{})
	x := serve(t, func(w http.ResponseWriter, r *http.Request) {
		c := http.NewResponseController(w)
		if r.URL.Path == "/flush" {
			if err := c.Flush(); err != nil {
				t.Error(err)
			}
			_, _ = io.WriteString(w, "now")
			w.(http.Flusher).Flush()
			<-leave
			_, _ = io.WriteString(w, " and later")
			return
		}
		for i := range 10_000 {
			_, _ = io.WriteString(w, strconv.Itoa(i)+"\n")
		}
	})
	c := x.dial(strings.Replace(upgrade, "/socket", "/flush", 1))
	head := make([]byte, 0, 512)
	for !strings.HasSuffix(string(head), "\r\n\r\n") {
		b := make([]byte, 1)
		if _, err := io.ReadFull(c, b); err != nil {
			t.Fatal(err)
		}
		head = append(head, b...)
	}
	expect(t, c, "now")
	close(leave)
	expect(t, c, " and later")
	gone(t, c)
	if r := x.answer(upgrade); !strings.HasSuffix(r.body, "\n9999\n") || r.length != -1 || !strings.HasPrefix(r.header.Get("Content-Type"), "text/plain") {
		t.Errorf("%d bytes, length %d, %v", len(r.body), r.length, r.header)
	}
}

// TestSwitching: a handler may answer 101 before it takes the connection over.
func TestSwitching(t *testing.T) {
	t.Parallel()
	x := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Upgrade", "websocket")
		w.Header().Set("Connection", "Upgrade")
		w.WriteHeader(http.StatusSwitchingProtocols)
		echo(w, r)
	})
	expect(t, x.dial(upgrade), "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n101\n")
}

// TestDeadlines: a client that does not read its answer holds nobody up, and a
// handler may set deadlines of its own.
func TestDeadlines(t *testing.T) {
	t.Parallel()
	failed := make(chan error, 2)
	x := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/own" {
			c := http.NewResponseController(w)
			if c.SetReadDeadline(time.Time{}) != nil || c.EnableFullDuplex() != nil || c.SetWriteDeadline(time.Unix(1, 0)) != nil {
				t.Error("deadlines are not possible")
			}
		}
		var err error
		for piece := make([]byte, 1<<20); err == nil; {
			_, err = w.Write(piece)
		}
		failed <- err
	}, func(s *http.Server) { s.WriteTimeout = 30 * time.Millisecond })
	for _, path := range []string{"/socket", "/own"} {
		x.dial(strings.Replace(upgrade, "/socket", path, 1))
		if err := wait(t, failed); !strings.Contains(err.Error(), "timeout") {
			t.Errorf("%s: %v", path, err)
		}
	}
}

// TestNoDeadlines: who takes a connection over has none of the request's.
func TestNoDeadlines(t *testing.T) {
	t.Parallel()
	x := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		c := http.NewResponseController(w)
		_, _ = c.SetReadDeadline(time.Unix(1, 0)), c.SetWriteDeadline(time.Unix(1, 0))
		echo(w, nil)
	})
	c := x.dial(upgrade + "x")
	expect(t, c, "101\nx")
}

// TestPanics: a panic ends the connection, and nothing else.
func TestPanics(t *testing.T) {
	t.Parallel()
	x := serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/abort":
			panic(http.ErrAbortHandler)
		case "/taken":
			c, rw, err := http.NewResponseController(w).Hijack()
			if err != nil || !c.(*Conn).Then(func() { _, _ = io.Copy(c, rw); _ = c.Close() }) {
				t.Error("not taken over")
			}
			panic("after")
		}
		_, _ = io.WriteString(w, "never sent")
		panic(fmt.Sprint("at ", r.URL.Path))
	})
	gone(t, x.dial(strings.Replace(upgrade, "/socket", "/abort", 1)))
	if x.log.String() != "" {
		t.Errorf("logged %q", x.log)
	}
	gone(t, x.dial(upgrade))
	// Where, and of what kind; not the value, which may hold what a client sent.
	if log := x.log.String(); !strings.Contains(log, "panic serving 127.0.0.1:") || !strings.Contains(log, ": string\n") ||
		!strings.Contains(log, "TestPanics") || strings.Contains(log, "at /socket") {
		t.Errorf("logged %q", x.log)
	}
	c := x.dial(strings.Replace(upgrade, "/socket", "/taken", 1))
	_, _ = io.WriteString(c, "lives on")
	expect(t, c, "lives on")
}
