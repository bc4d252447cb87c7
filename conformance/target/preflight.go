package target

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

const (
	// wholePatience is how long Preflight may take, until it takes leave.
	wholePatience = 24 * time.Second
	// probePatience is how long it waits for one answer.
	probePatience = 8 * time.Second
	// leavePatience is how long it takes leave.
	leavePatience = time.Second
)

// PreflightOptions say which backend is to be judged.
type PreflightOptions struct {
	URL    string
	Secret string // what the backend should check tokens with; "": it checks none
	// Namespace is where to connect to; "" is "/".
	Namespace string
	// Auth is the CONNECT payload; nil: a token made with Secret, if there is
	// one.
	Auth any
	// NoHTTP: the contract has no HTTP calls, whose limit could be used up.
	NoHTTP bool
}

// Preflight finds out within 25 s whether the backend can be judged at all: it
// answers, speaks Socket.IO, takes a token signed with the secret, and has some
// of its HTTP limit left. It connects once as a user of its own and leaves, and
// makes one call of /api unless NoHTTP. What makes a backend unfit is an *UnfitError; any other
// error is that of ctx.
func Preflight(ctx context.Context, o PreflightOptions) error {
	return preflight(ctx, o, wholePatience, probePatience)
}

func preflight(ctx context.Context, o PreflightOptions, whole, probe time.Duration) error {
	limited, cancel := context.WithTimeout(ctx, whole)
	defer cancel()
	p := &prober{patience: probe, whole: whole, client: newClient()}
	var err error
	if p.base, err = parseURL(o.URL); err == nil {
		err = p.run(limited, o)
	}
	if ctx.Err() != nil {
		return fmt.Errorf("preflight of %s: %w", p.base, ctx.Err())
	}
	var reason *UnfitError
	if errors.As(err, &reason) {
		reason.Reason = scrub(reason.Reason, o.Secret)
	}
	return err
}

// run tries one thing after the other; what comes first explains what would
// come after it.
func (p *prober) run(ctx context.Context, o PreflightOptions) error {
	user := "preflight-" + strings.ToLower(rand.Text()[:12])
	if o.Auth == nil && o.Secret != "" {
		asUser, err := sign(o.Secret, user, "user")
		if err != nil {
			return err
		}
		o.Auth = map[string]string{"token": asUser}
	}
	packet, err := connectPacket(o)
	if err != nil {
		return err
	}
	if err := p.trySocket(ctx, packet); err != nil || o.NoHTTP {
		return err
	}
	asAdmin, err := sign(o.Secret, user, "admin")
	if err != nil {
		return err
	}
	return p.tryLimit(ctx, asAdmin)
}

// connectPacket is the packet that asks to be let in.
func connectPacket(o PreflightOptions) (string, error) {
	packet := "40"
	if o.Namespace != "" && o.Namespace != "/" {
		packet += o.Namespace + ","
	}
	if o.Auth == nil {
		return packet, nil
	}
	auth, err := json.Marshal(o.Auth)
	if err != nil {
		return "", fmt.Errorf("encode the handshake: %w", err)
	}
	return packet + string(auth), nil
}

// trySocket connects over polling and leaves.
func (p *prober) trySocket(ctx context.Context, packet string) error {
	s, err := p.open(ctx)
	if err != nil {
		return err
	}
	defer s.leave(ctx)
	return s.connect(ctx, packet)
}

// tryLimit makes one call: a backend whose limit is used up fails every case of
// HTTP. All else that it may answer is for the cases to judge.
func (p *prober) tryLimit(ctx context.Context, token string) error {
	a, err := p.ask(ctx, question{method: http.MethodGet, path: "/api/presence?limit=1", token: token})
	if err != nil || a.status != http.StatusTooManyRequests {
		return err
	}
	when := "it does not say until when"
	for _, name := range []string{"Retry-After", "RateLimit-Reset", "RateLimit"} {
		if value := a.header.Get(name); value != "" {
			when = name + ": " + excerpt(value)
			break
		}
	}
	return unfit(nil, "the HTTP limit of %s is used up: GET /api/presence?limit=1 gave 429 (%s); wait, start the backend again or raise its API_RATE_LIMIT", p.base, when)
}

// sign makes a token that is good for five minutes. It has no iat: the clocks of
// two machines differ.
func sign(secret, user, role string) (string, error) {
	claims := jwt.MapClaims{"userId": user, "role": role, "exp": time.Now().Add(5 * time.Minute).Unix()}
	token, err := jwt.NewWithClaims(jwt.SigningMethodHS256, claims).SignedString([]byte(secret))
	if err != nil {
		return "", fmt.Errorf("sign a token: %w", err)
	}
	return token, nil
}
