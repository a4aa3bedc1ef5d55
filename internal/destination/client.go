package destination

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/kithdata/kith/internal/cdp"
)

// ClientOptions are what a room decides about its client.
type ClientOptions struct {
	BaseURL string // the vendor's; base_url of the block replaces it
	Name    string // of the address, where it is not base_url
	// Secret names the option whose value Authorize puts on every request. It is
	// resolved at the first request and bound to the host of the address.
	Secret    string
	Authorize func(header http.Header, secret string)
	// Tokens are what Authorize puts on every request instead, where the vendor wants
	// a token that expires.
	Tokens  *Tokens
	Header  http.Header   // on every request
	Timeout time.Duration // of a call with its answer; 30 s by default
	MaxBody int64         // bytes of an answer, unpacked; 1 MiB by default
	Conns   int           // kept open between calls; 10 by default
}

// Mark is the byte order mark that some servers write before JSON: RFC 8259 section 8.1 forbids
// them to, and allows to ignore it. It is no part of the Body of a Response.
const Mark = "\uFEFF"

// Bearer is the usual Authorize.
func Bearer(h http.Header, secret string) { h.Set("Authorization", "Bearer "+secret) }

// Client calls one host. It follows no redirect, so that a credential never leaves
// for another; it refuses addresses at dial time (see [Allowed]); it sends a
// credential in clear text only to private addresses that are allowed; it reads a
// bounded answer, where no Request reads its own. It neither retries nor sleeps. It is safe for concurrent use.
type Client struct {
	name      string
	base      *url.URL
	authorize func(http.Header, string)
	header    http.Header
	timeout   time.Duration
	maxBody   int64
	transport http.RoundTripper
	clear     bool // what is sent can be read on its way over the public network
	cred      source
}

// NewClient makes a client for the address of the block. It reads no secret and
// opens no connection.
func NewClient(cfg Config, o ClientOptions) (*Client, error) {
	base, err := cfg.BaseURL(o.BaseURL)
	if err != nil {
		return nil, err
	}
	open, err := cfg.Bool("allow_private", false)
	if err != nil {
		return nil, err
	}
	open = open || cfg.AllowPrivate || cfg.Sandbox
	if ip, err := netip.ParseAddr(base.Hostname()); err == nil {
		if err := Allowed(ip, open); err != nil {
			return nil, forbidden(err)
		}
	}
	c := &Client{
		name: first(o.Name, "base_url"), base: base, authorize: o.Authorize, header: o.Header,
		timeout: o.Timeout, maxBody: o.MaxBody, transport: cfg.Transport, clear: base.Scheme == "http" && !open,
	}
	if c.timeout <= 0 {
		c.timeout = 30 * time.Second
	}
	if c.maxBody <= 0 {
		c.maxBody = 1 << 20
	}
	if o.Conns <= 0 {
		o.Conns = 10
	}
	if c.transport == nil {
		if c.transport, err = network(cfg, base, open, o.Conns); err != nil {
			return nil, err
		}
	}
	allowed := func(secret string) (Credential, error) {
		if secret != "" {
			if err := c.KeepsSecrets(); err != nil {
				return Credential{}, err
			}
		}
		return Credential{Secret: secret, Host: Host(base)}, nil
	}
	c.cred = credentials{Resolve(func() (Credential, error) {
		secret, err := cfg.secret(o.Secret)
		if err != nil {
			return Credential{}, Unread(fmt.Errorf("no credentials: %w", err))
		}
		return allowed(secret)
	}, func(a, b Credential) bool { return a == b })}
	if o.Tokens != nil {
		c.cred = renewed{o.Tokens, allowed}
	}
	return c, nil
}

// KeepsSecrets is a *cdp.Fatal when what is secret would travel in clear text. A room
// asks before it puts more on a request than the credential, of which the client knows.
func (c *Client) KeepsSecrets() error {
	if !c.clear {
		return nil
	}
	return &cdp.Fatal{
		Reason: c.name + " is http: the credentials would travel in clear text",
		Help:   "use https, or set allow_private: true for a server on your own network",
	}
}

// network is the transport of a client. A proxy is asked for once, because a
// client has one host; what is then dialled is the proxy that the operator named,
// so its address may be private, and the proxy resolves the vendor's.
func network(cfg Config, base *url.URL, open bool, conns int) (*http.Transport, error) {
	t := &http.Transport{
		TLSClientConfig:       &tls.Config{MinVersion: tls.VersionTLS12},
		TLSHandshakeTimeout:   10 * time.Second,
		ExpectContinueTimeout: time.Second,
		IdleConnTimeout:       60 * time.Second,
		MaxIdleConnsPerHost:   conns,
		ForceAttemptHTTP2:     true,
		WriteBufferSize:       64 << 10,
	}
	if cfg.Proxy != nil && !cfg.Sandbox && !loopback(base.Hostname()) {
		proxy, err := cfg.Proxy(base)
		if err != nil {
			return nil, fmt.Errorf("proxy: %w", err)
		}
		if proxy != nil {
			t.Proxy = http.ProxyURL(proxy)
			open = true
		}
	}
	d := &net.Dialer{Timeout: 10 * time.Second, KeepAlive: 30 * time.Second, Control: guard(open)}
	t.DialContext = d.DialContext
	return t, nil
}

// Request is one call. Body is not kept after Do returns.
type Request struct {
	Method string
	Path   string // below the base address; escaped by the caller
	Query  url.Values
	Header http.Header
	Body   []byte // JSON, unless Header says otherwise
	// Read reads the body of a 2xx answer as it comes, in place of Body of the Response: it
	// bounds what it reads itself. Its error is that of the call, but for a lost connection.
	Read func(a *Response, body io.Reader) error
}

// Response is an answer, whatever its status.
type Response struct {
	Status int
	Header http.Header
	Body   []byte

	secret string // removed from what the vendor says
}

// OK reports a 2xx status.
func (r *Response) OK() bool { return r.Status >= 200 && r.Status <= 299 }

// Hidden are the values given and the credential of the call, for [Scrub] and [ScrubCode].
func (r *Response) Hidden(values ...string) []string { return append(values, r.secret) }

// Do calls. An error says that there is no answer: *cdp.Throttled when the request
// was never written, *cdp.Fatal when it may not be sent at all, *Uncertain when it
// was written. When ctx is done the error wraps ctx.Err(), and whether the request
// was applied is unknown.
//
// A request that is refused for its credential (401: nothing was applied) is sent
// once more when there is another one by now.
func (c *Client) Do(ctx context.Context, r Request) (*Response, error) {
	answer, cred, err := c.do(ctx, r)
	if err == nil && answer.Status == http.StatusUnauthorized && c.cred.refuse(cred) {
		answer, _, err = c.do(ctx, r)
	}
	return answer, err
}

func (c *Client) do(ctx context.Context, r Request) (*Response, Credential, error) {
	call, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	body := &payload{data: r.Body}
	defer body.detach()
	req, cred, err := c.request(call, r, body)
	if err != nil {
		return nil, cred, err
	}
	resp, err := c.transport.RoundTrip(req)
	if err != nil {
		return nil, cred, noAnswer(ctx, err, body.sent.Load())
	}
	defer func() { _ = resp.Body.Close() }()
	answer := &Response{Status: resp.StatusCode, Header: resp.Header, secret: cred.Secret}
	if answer.OK() && r.Read != nil {
		body := &incoming{from: resp.Body}
		if err = r.Read(answer, body); body.err != nil {
			return nil, cred, noAnswer(ctx, fmt.Errorf("read the answer: %w", body.err), true)
		}
		return answer, cred, err
	}
	answer.Body, err = io.ReadAll(io.LimitReader(resp.Body, c.maxBody+1))
	answer.Body = bytes.TrimPrefix(answer.Body, []byte(Mark))
	switch {
	case !answer.OK():
		answer.Body = answer.Body[:min(int64(len(answer.Body)), c.maxBody)] // what there is of an error text will do
	case err != nil:
		return nil, cred, noAnswer(ctx, fmt.Errorf("read the answer: %w", err), true)
	case int64(len(answer.Body)) > c.maxBody:
		return nil, cred, &Uncertain{Status: answer.Status, Reason: fmt.Sprintf("the answer is longer than %d bytes", c.maxBody)}
	}
	return answer, cred, nil
}

// Close closes idle connections.
func (c *Client) Close() error {
	if t, ok := c.transport.(interface{ CloseIdleConnections() }); ok {
		t.CloseIdleConnections()
	}
	return nil
}

func (c *Client) request(ctx context.Context, r Request, body *payload) (*http.Request, Credential, error) {
	u, err := c.resolve(r)
	if err != nil {
		return nil, Credential{}, err
	}
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{WroteHeaders: func() { body.sent.Store(true) }})
	req := (&http.Request{
		Method: r.Method, URL: u, Host: u.Host, Header: http.Header{}, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
	}).WithContext(ctx)
	for _, h := range []http.Header{c.header, r.Header} {
		for k, v := range h {
			req.Header[k] = v
		}
	}
	if req.Header.Get("User-Agent") == "" {
		req.Header.Set("User-Agent", "kith")
	}
	if len(r.Body) > 0 {
		if req.Header.Get("Content-Type") == "" {
			req.Header.Set("Content-Type", "application/json")
		}
		req.ContentLength = int64(len(r.Body))
		req.Body = body.reader()
		// The transport may use another connection as long as nothing was written;
		// it must not send the body twice behind the engine's back.
		req.GetBody = func() (io.ReadCloser, error) {
			if body.sent.Load() {
				return nil, errors.New("connection lost after the request was written")
			}
			return body.reader(), nil
		}
	}
	cred, err := c.cred.get(ctx)
	if err != nil {
		return nil, cred, err
	}
	if cred.Secret != "" && c.authorize != nil {
		if Host(u) != cred.Host {
			return nil, cred, &cdp.Fatal{Reason: "the credentials belong to another host", Help: "give the new base_url credentials of its own"}
		}
		c.authorize(req.Header, cred.Secret)
	}
	return req, cred, nil
}

// resolve joins a path to the base address and stays on its host.
func (c *Client) resolve(r Request) (*url.URL, error) {
	u := *c.base
	if r.Path != "" {
		p, err := url.Parse(r.Path)
		if err != nil || p.Host != "" || p.Scheme != "" || !strings.HasPrefix(r.Path, "/") {
			return nil, &cdp.Fatal{Reason: "a path that leaves the host of the destination"}
		}
		u = *u.JoinPath(p.EscapedPath())
		u.RawQuery = p.RawQuery
	}
	if len(r.Query) > 0 {
		u.RawQuery = r.Query.Encode()
	}
	return &u, nil
}

// noAnswer is the error of a call without an answer.
func noAnswer(ctx context.Context, err error, sent bool) error {
	var f *Forbidden
	var cert *tls.CertificateVerificationError
	switch {
	case errors.As(err, &f):
		return forbidden(f)
	case errors.As(err, &cert):
		return &cdp.Fatal{Reason: "the certificate of the host is not trusted", Help: "check base_url, and the certificates of this machine"}
	case ctx.Err() != nil && !sent:
		return fmt.Errorf("not sent: %w", ctx.Err())
	case ctx.Err() != nil:
		return &Uncertain{Reason: "stopped while waiting for the answer", Err: ctx.Err()}
	case !sent:
		return &cdp.Throttled{Code: cdp.Unavailable, Reason: "not reached: " + Scrub(err.Error())}
	case errors.Is(err, context.DeadlineExceeded):
		return &Uncertain{Reason: "no answer in time", Err: err}
	}
	return &Uncertain{Reason: "connection lost before the answer", Err: err}
}

func forbidden(err error) error {
	f := &cdp.Fatal{Reason: "base_url: " + err.Error()}
	var e *Forbidden
	if errors.As(err, &e) && e.Private {
		f.Help = "set allow_private: true in the destination if that is intended"
	}
	return f
}

// payload is the body of a request. After detach nothing reads the bytes, even if
// the transport has not finished with the body, so that the caller may reuse them.
// sent is set when any part of the request may have been written.
type payload struct {
	mu   sync.Mutex
	data []byte
	gone bool
	sent atomic.Bool
}

func (p *payload) reader() io.ReadCloser { return &payloadReader{p: p, r: bytes.NewReader(p.data)} }

func (p *payload) detach() {
	p.mu.Lock()
	p.gone = true
	p.mu.Unlock()
}

type payloadReader struct {
	p *payload
	r *bytes.Reader
}

func (r *payloadReader) Read(b []byte) (int, error) {
	r.p.sent.Store(true)
	r.p.mu.Lock()
	defer r.p.mu.Unlock()
	if r.p.gone {
		return 0, io.ErrClosedPipe
	}
	return r.r.Read(b)
}

func (r *payloadReader) Close() error { return nil }

// incoming keeps in mind what ended the body of an answer before its end.
type incoming struct {
	from io.Reader
	err  error
}

func (b *incoming) Read(p []byte) (int, error) {
	n, err := b.from.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		b.err = err
	}
	return n, err
}
