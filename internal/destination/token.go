package destination

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/kithdata/kith/internal/cdp"
)

// Token is an access token and how long it may be used.
type Token struct {
	Secret string
	Life   time.Duration // 0 when the vendor does not say: until it is refused
}

// Tokens are the access tokens of one destination: one is asked for at the first
// call, once for all workers, renewed before it expires, and thrown away when the
// vendor refuses it. It is safe for concurrent use.
type Tokens struct {
	fetch func(context.Context) (Token, error)
	now   func() time.Time
	turn  chan struct{} // held by whoever reads or asks
	token string
	until time.Time // zero: until it is refused
}

// margin is how long before its end a token is renewed: what is in flight must
// arrive with it.
const margin = time.Minute

// NewTokens asks for tokens with fetch.
func NewTokens(now func() time.Time, fetch func(context.Context) (Token, error)) *Tokens {
	return &Tokens{fetch: fetch, now: now, turn: make(chan struct{}, 1)}
}

// Get is the current token. Whoever comes while one is asked for waits for that one.
// An error is *cdp.Fatal or *cdp.Throttled, or wraps ctx.Err(): the call that needed
// the token was not sent.
func (t *Tokens) Get(ctx context.Context) (string, error) {
	select {
	case t.turn <- struct{}{}:
	case <-ctx.Done():
		return "", fmt.Errorf("not sent: %w", ctx.Err())
	}
	defer func() { <-t.turn }()
	if t.token != "" && (t.until.IsZero() || t.now().Before(t.until)) {
		return t.token, nil
	}
	got, err := t.fetch(ctx)
	if err != nil {
		return "", unsent(ctx, err)
	}
	t.token, t.until = got.Secret, time.Time{}
	if got.Life > 0 {
		t.until = t.now().Add(max(got.Life-margin, got.Life/2))
	}
	return t.token, nil
}

// Refuse forgets a token that the vendor refuses, unless another has taken its place.
func (t *Tokens) Refuse(token string) {
	t.turn <- struct{}{}
	defer func() { <-t.turn }()
	if t.token == token {
		t.token = ""
	}
}

// unsent is the error of a call whose token could not be had.
func unsent(ctx context.Context, err error) error {
	var (
		fatal *cdp.Fatal
		wait  *cdp.Throttled
		no    *cdp.Refused
	)
	switch {
	case ctx.Err() != nil:
		return fmt.Errorf("not sent: %w", ctx.Err())
	case errors.As(err, &wait): // no doubt about the call itself
		return &cdp.Throttled{After: wait.After, Code: wait.Code, Reason: wait.Reason}
	case errors.As(err, &fatal):
		return err
	case errors.As(err, &no):
		return &cdp.Fatal{Reason: "no access token: " + no.Reason, Help: "make new credentials: these were revoked, or are of another kind"}
	}
	return &cdp.Throttled{Code: cdp.Unavailable, Reason: "no access token: " + err.Error()}
}
