package webhook

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/destination"
)

// Destination posts to one address.
type Destination struct {
	client  *destination.Client
	rows    bool // ack: rows
	now     func() time.Time
	secrets *destination.Resolved[*secrets]
	bodies  sync.Pool // *[]byte
}

// reserved are the headers that are kith's.
var reserved = []string{
	"Content-Type", "Content-Length", "Transfer-Encoding", "Host", "Connection", "Trailer", "Upgrade",
	"Idempotency-Key", "Kith-Signature",
}

// New checks the options. It opens no connection and reads no secret.
func New(cfg destination.Config) (cdp.Destination, error) {
	limits, err := Limits(cfg)
	if err != nil {
		return nil, err
	}
	headers := cfg.Maps["headers"]
	for name := range headers {
		if !headerName(name) || slices.Contains(reserved, http.CanonicalHeaderKey(name)) {
			return nil, fmt.Errorf("headers: %q cannot be set", name)
		}
	}
	client, err := destination.NewClient(cfg, destination.ClientOptions{
		Secret: "token", Authorize: destination.Bearer,
		Timeout: limits.Timeout, Conns: limits.Concurrent,
	})
	if err != nil {
		return nil, err
	}
	d := &Destination{
		client: client, now: cfg.Now, rows: cfg.String("ack", ackStatus) == ackRows,
	}
	d.secrets = destination.Resolve(func() (*secrets, error) {
		if len(headers) > 0 {
			if err := client.KeepsSecrets(); err != nil {
				return nil, err
			}
		}
		return resolve(cfg, headers)
	}, alike)
	return d, nil
}

// headerName reports a token of RFC 9110 section 5.6.2.
func headerName(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool {
		return r <= ' ' || r >= 0x7f || strings.ContainsRune(`"(),/:;<=>?@[\]{}`, r)
	})
}

// Check resolves the secrets. It makes no call: there is none that a receiver of
// rows is bound to understand.
func (d *Destination) Check(ctx context.Context, _ cdp.Delivery) error {
	if err := d.client.Authorized(ctx); err != nil {
		return err
	}
	_, err := d.secrets.Get()
	return err
}

// Reach connects to the receiver.
func (d *Destination) Reach(ctx context.Context) error { return d.client.Reach(ctx) }

// Push posts a batch.
func (d *Destination) Push(ctx context.Context, b cdp.Batch) ([]cdp.Result, error) {
	if len(b.Rows) == 0 {
		return nil, ctx.Err()
	}
	s, err := d.secrets.Get()
	if err != nil {
		return nil, err
	}
	buf, ok := d.bodies.Get().(*[]byte)
	if !ok {
		buf = new([]byte)
	}
	defer d.bodies.Put(buf)
	*buf = appendBatch((*buf)[:0], &b)

	var got []cdp.Result
	hidden := func(a *destination.Response) []string {
		return a.Hidden(append(destination.Values(b.Rows...), s.values...)...)
	}
	read := func(a *destination.Response, body io.Reader) (err error) {
		got, err = results(body, &b, d.rows, func() []string { return hidden(a) })
		return err
	}
	answer, err := d.post(ctx, s, b.IdempotencyKey, *buf, read)
	if err == nil && answer.Status == http.StatusUnauthorized && len(s.values) > 0 && d.secrets.Refuse(s) {
		if s, err = d.secrets.Get(); err != nil {
			return nil, err
		}
		answer, err = d.post(ctx, s, b.IdempotencyKey, *buf, read)
	}
	if err != nil {
		return nil, err
	}
	if !answer.OK() {
		return nil, destination.Classify(answer, destination.Policy{
			Vendor: "the webhook", Message: message, Values: func() []string { return hidden(answer) }, Now: d.now,
			Waits: map[int]time.Duration{http.StatusServiceUnavailable: 0}, // nothing was applied: docs/webhook.md
			Fatal: []int{http.StatusNotFound, http.StatusMethodNotAllowed, http.StatusGone},
		})
	}
	return got, nil
}

func (d *Destination) post(ctx context.Context, s *secrets, idempotencyKey string, body []byte, read func(*destination.Response, io.Reader) error) (*destination.Response, error) {
	header := s.header.Clone()
	if idempotencyKey != "" {
		header.Set("Idempotency-Key", idempotencyKey)
	}
	if s.sign != "" {
		header.Set("Kith-Signature", sign(s.sign, d.now(), body))
	}
	return d.client.Do(ctx, destination.Request{Method: http.MethodPost, Header: header, Body: body, Read: read})
}

// Close closes idle connections.
func (d *Destination) Close() error { return d.client.Close() }

// sign makes the value of Kith-Signature.
func sign(secret string, at time.Time, body []byte) string {
	t := strconv.FormatInt(at.Unix(), 10)
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(t))
	mac.Write([]byte{'.'})
	mac.Write(body)
	return "t=" + t + ",v1=" + hex.EncodeToString(mac.Sum(nil))
}
