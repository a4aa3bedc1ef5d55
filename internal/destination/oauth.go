package destination

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/kithdata/kith/internal/cdp"
)

// Grant is what an OAuth 2 token endpoint is asked with.
type Grant struct {
	ClientID     string `json:"client_id"`
	ClientSecret string `json:"client_secret"`
	RefreshToken string `json:"refresh_token"` // RFC 6749 section 6
	// QuotaProject is the project of Google's that calls are counted at, where a user's
	// credentials name one.
	QuotaProject string `json:"quota_project_id"`

	// A service account signs an assertion instead (RFC 7523).
	Email      string `json:"client_email"`
	PrivateKey string `json:"private_key"` // PEM
	KeyID      string `json:"private_key_id"`
}

var errGrant = errors.New("neither a refresh token nor the key of a service account")

// form is the body of the request; audience is the endpoint as the vendor names it.
func (g Grant) form(scope, audience string, now time.Time) (url.Values, error) {
	switch {
	case g.RefreshToken != "":
		v := url.Values{"grant_type": {"refresh_token"}, "refresh_token": {g.RefreshToken}}
		if g.ClientID != "" {
			v.Set("client_id", g.ClientID)
			v.Set("client_secret", g.ClientSecret)
		}
		return v, nil
	case g.Email != "" && g.PrivateKey != "":
		jwt, err := g.assertion(scope, audience, now)
		return url.Values{"grant_type": {"urn:ietf:params:oauth:grant-type:jwt-bearer"}, "assertion": {jwt}}, err
	}
	return nil, errGrant
}

// assertion is a JSON web token, signed with RS256, for an hour.
func (g Grant) assertion(scope, audience string, now time.Time) (string, error) {
	block, _ := pem.Decode([]byte(g.PrivateKey))
	if block == nil {
		return "", errors.New("the private key is not PEM")
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		if parsed, err = x509.ParsePKCS1PrivateKey(block.Bytes); err != nil {
			return "", errors.New("the private key is neither PKCS #8 nor PKCS #1")
		}
	}
	key, ok := parsed.(*rsa.PrivateKey)
	if !ok {
		return "", errors.New("the private key is not RSA")
	}
	part := func(v any) string {
		raw, _ := json.Marshal(v) // maps of text and numbers marshal
		return base64.RawURLEncoding.EncodeToString(raw)
	}
	text := part(map[string]string{"alg": "RS256", "typ": "JWT", "kid": g.KeyID}) + "." + part(map[string]any{
		"iss": g.Email, "scope": scope, "aud": audience, "iat": now.Unix(), "exp": now.Add(time.Hour).Unix(),
	})
	sum := sha256.Sum256([]byte(text))
	sig, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, sum[:])
	if err != nil {
		return "", errors.New("the assertion could not be signed")
	}
	return text + "." + base64.RawURLEncoding.EncodeToString(sig), nil
}

// OAuth says where and how a destination gets its tokens.
type OAuth struct {
	URL   string // of the token endpoint
	Scope string
	// Secret is the option that holds the grant; Parse reads it.
	Secret string
	Parse  func(secret string) (Grant, error)
}

// NewOAuth asks a token endpoint for access tokens. The grant is resolved at the
// first request and goes to the host of the endpoint only.
func NewOAuth(cfg Config, o OAuth) (*Tokens, error) {
	at := cfg
	at.Options = map[string]string{"base_url": o.URL}
	at.AllowPrivate = cfg.AllowPrivate || cfg.String("allow_private", "") == "true"
	client, err := NewClient(at, ClientOptions{Name: "the token endpoint", Header: http.Header{"Content-Type": {"application/x-www-form-urlencoded"}, "Accept": {"application/json"}}})
	if err != nil {
		return nil, fmt.Errorf("token endpoint: %w", err)
	}
	return NewTokens(cfg.Now, func(ctx context.Context) (Token, error) {
		if err := client.KeepsSecrets(); err != nil {
			return Token{}, err
		}
		secret, err := cfg.secret(o.Secret)
		if err != nil {
			return Token{}, Unread(fmt.Errorf("no credentials: %w", err))
		}
		grant, err := o.Parse(secret)
		if err != nil {
			return Token{}, &cdp.Fatal{Reason: o.Secret + ": " + err.Error(), Help: "the reference says what it is to hold"}
		}
		form, err := grant.form(o.Scope, o.URL, cfg.Now())
		if err != nil {
			return Token{}, &cdp.Fatal{Reason: o.Secret + ": " + err.Error(), Help: "the reference says what it is to hold"}
		}
		return ask(ctx, client, form, grant)
	}), nil
}

func ask(ctx context.Context, client *Client, form url.Values, g Grant) (Token, error) {
	a, err := client.Do(ctx, Request{Method: http.MethodPost, Body: []byte(form.Encode())})
	if err != nil {
		return Token{}, err
	}
	if !a.OK() {
		a.secret = g.RefreshToken
		return Token{}, Classify(a, Policy{
			Vendor: "the token endpoint", Values: func() []string { return []string{g.ClientSecret, g.RefreshToken, form.Get("assertion")} },
			// The code only: its text may quote what it was asked.
			Message: func(body []byte) (string, string) {
				var e struct {
					Error string `json:"error"`
				}
				_ = json.Unmarshal(body, &e) // an answer of another form has no code
				return e.Error, ""
			},
		})
	}
	var got struct {
		Token string  `json:"access_token"`
		Life  float64 `json:"expires_in"`
	}
	if json.Unmarshal(a.Body, &got) != nil || got.Token == "" {
		return Token{}, &Uncertain{Status: a.Status, Reason: "an answer without a token"}
	}
	return Token{Secret: got.Token, Life: time.Duration(got.Life * float64(time.Second))}, nil
}
