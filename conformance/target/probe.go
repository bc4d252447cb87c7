package target

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strings"
	"sync/atomic"
	"syscall"
	"time"
)

// prober asks a backend, one question at a time, and says in a sentence why
// there is no answer.
type prober struct {
	base     string
	patience time.Duration // for each answer
	whole    time.Duration // for all of them
	client   *http.Client
}

// question is one request.
type question struct {
	method string
	path   string // with query
	what   string // the path as errors show it; path if empty
	body   string
	token  string // of the Authorization header; none if empty
}

// String is the question as errors show it.
func (q question) String() string {
	if q.what != "" {
		return q.method + " " + q.what
	}
	return q.method + " " + q.path
}

// answer is a whole one.
type answer struct {
	status int
	header http.Header
	body   string
}

// String is the answer as errors show it, such as "404 text/html".
func (a answer) String() string {
	kind, _, _ := strings.Cut(a.header.Get("Content-Type"), ";")
	if kind == "" {
		return http.StatusText(a.status)
	}
	return excerpt(kind)
}

// attempt is how far a question has come.
type attempt struct {
	question
	limit     time.Duration
	connected atomic.Bool
	began     atomic.Bool
}

// ask waits for the whole answer, for patience or for what is left of ctx. The
// error is an *UnfitError.
func (p *prober) ask(ctx context.Context, q question) (answer, error) {
	t := &attempt{question: q, limit: p.patience}
	if at, ok := ctx.Deadline(); ok {
		t.limit = min(t.limit, max(0, time.Until(at)))
	}
	ctx, cancel := context.WithTimeout(ctx, t.limit)
	defer cancel()
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		ConnectDone:          func(_, _ string, err error) { t.connected.Store(err == nil || t.connected.Load()) },
		GotFirstResponseByte: func() { t.began.Store(true) },
	})
	a, err := p.exchange(ctx, q)
	if err != nil {
		return a, p.unanswered(t, cause(err))
	}
	return a, nil
}

func (p *prober) exchange(ctx context.Context, q question) (answer, error) {
	const longest = 1 << 20
	req, err := http.NewRequestWithContext(ctx, q.method, p.base+q.path, strings.NewReader(q.body))
	if err != nil {
		return answer{}, err
	}
	if q.body != "" {
		req.Header.Set("Content-Type", "text/plain;charset=UTF-8")
	}
	if q.token != "" {
		req.Header.Set("Authorization", "Bearer "+q.token)
	}
	res, err := p.client.Do(req)
	if err != nil {
		return answer{}, err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, longest))
	return answer{res.StatusCode, res.Header, string(body)}, err
}

// unanswered explains an error.
func (p *prober) unanswered(t *attempt, err error) *UnfitError {
	limit := t.limit.Round(100 * time.Millisecond)
	var dns *net.DNSError
	var untrusted *tls.CertificateVerificationError
	switch {
	case errors.As(err, &dns) && !dns.IsTimeout:
		return unfit(err, "nothing answers at %s: there is no host %s; is the address right?", p.base, excerpt(dns.Name))
	case late(err) && t.limit < p.patience:
		return unfit(err, "%s answers slowly: %s was not answered within the %s that all questions together may take", p.base, t, p.whole)
	case late(err) && !t.connected.Load():
		return unfit(err, "nothing answers at %s: no connection within %s; is the address right, and no firewall between?", p.base, limit)
	case late(err) && t.began.Load():
		return unfit(err, "%s accepted the connection and did not answer within %s: the answer to %s began and did not end", p.base, limit, t)
	case late(err):
		return unfit(err, "%s accepted the connection and did not answer within %s: %s; is the backend stuck, or is it no HTTP server?", p.base, limit, t)
	case !t.connected.Load():
		return unfit(err, "nothing answers at %s: %s; is the backend started?", p.base, plain(err))
	case errors.As(err, &untrusted):
		return unfit(err, "the certificate of %s is not trusted: %s", p.base, plain(untrusted.Err))
	case strings.HasPrefix(p.base, "https:") && !t.began.Load():
		return unfit(err, "%s accepted the connection and spoke no TLS: %s; is it http://?", p.base, plain(err))
	case errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE):
		return unfit(err, "%s accepted the connection and closed it before the end of an answer to %s; is it https://, or no HTTP server?", p.base, t)
	}
	return unfit(err, "%s accepted the connection, but %s had no HTTP answer: %s", p.base, t, plain(err))
}

// late reports whether the time ran out.
func late(err error) bool {
	var timeout net.Error
	return errors.Is(err, context.DeadlineExceeded) || errors.As(err, &timeout) && timeout.Timeout()
}

// cause is a client's error without method and URL in front.
func cause(err error) error {
	var outer *url.Error
	if errors.As(err, &outer) {
		return outer.Err
	}
	return err
}

// plain is the innermost text that says something, such as "connection refused".
func plain(err error) string {
	var number syscall.Errno
	if errors.As(err, &number) {
		return number.Error()
	}
	return excerpt(strings.TrimPrefix(err.Error(), "net/http: HTTP/1.x transport connection broken: "))
}
