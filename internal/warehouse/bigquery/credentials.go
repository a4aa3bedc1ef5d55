package bigquery

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/url"
	"strings"

	"cloud.google.com/go/auth"
	"cloud.google.com/go/auth/credentials"
	"cloud.google.com/go/auth/credentials/impersonate"
	"cloud.google.com/go/auth/httptransport"
)

// What a token is asked for: the service itself, and with Impersonate the right to act
// as somebody else.
const (
	dataScope = "https://www.googleapis.com/auth/bigquery"
	iamScope  = "https://www.googleapis.com/auth/cloud-platform"
)

// credentialsError is that Google does not take us for who we say we are. Its text holds
// no key and no token.
type credentialsError struct{ text string }

func (e *credentialsError) Error() string { return e.text }

// credentials are whom all clients act as. Tokens are fetched when they are needed and
// again before they end.
func (c Config) credentials() (*auth.Credentials, error) {
	scope := dataScope
	if c.Impersonate != "" {
		scope = iamScope
	}
	who := "the application default credentials"
	if c.CredentialsFile != "" {
		who = "credentials file " + c.CredentialsFile
	}
	own, err := credentials.DetectDefault(&credentials.DetectOptions{
		Scopes:          []string{scope},
		CredentialsFile: c.CredentialsFile, //nolint:staticcheck // the project names the file, whatever kind it is
	})
	if err != nil {
		return nil, said(who, err)
	}
	own = speaking(own, who)
	if c.Impersonate == "" {
		return own, nil
	}
	client, err := httptransport.NewClient(&httptransport.Options{Credentials: own})
	if err != nil {
		return nil, said(who, err)
	}
	client.Transport = refusals{client.Transport, c.Impersonate, who}
	other, err := impersonate.NewCredentials(&impersonate.CredentialsOptions{
		TargetPrincipal: c.Impersonate, Scopes: []string{dataScope}, Credentials: own, Client: client,
	})
	if err != nil {
		return nil, said("act as "+c.Impersonate, err)
	}
	return other, nil
}

// speaking is credentials whose errors say what is wrong with what, unless it is the way
// to Google: then the request is repeated.
func speaking(c *auth.Credentials, who string) *auth.Credentials {
	return auth.NewCredentials(&auth.CredentialsOptions{
		TokenProvider: speaker{c.TokenProvider, who}, JSON: c.JSON(),
		ProjectIDProvider:      auth.CredentialsPropertyFunc(c.ProjectID),
		QuotaProjectIDProvider: auth.CredentialsPropertyFunc(c.QuotaProjectID),
		UniverseDomainProvider: auth.CredentialsPropertyFunc(c.UniverseDomain),
	})
}

type speaker struct {
	auth.TokenProvider
	who string
}

// Token implements [auth.TokenProvider].
func (s speaker) Token(ctx context.Context) (*auth.Token, error) {
	token, err := s.TokenProvider.Token(ctx)
	if err == nil || ctx.Err() != nil || reaching(err) {
		return token, err
	}
	var refused *auth.Error
	if errors.As(err, &refused) {
		if refused.Temporary() || refused.Response != nil && refused.Response.StatusCode >= http.StatusInternalServerError {
			return nil, err
		}
		return nil, &credentialsError{s.who + ": " + refusal(refused.Body, refused.Response)}
	}
	return nil, said(s.who, err)
}

// refusal is why Google refused, from the answer of one of its two services of tokens.
func refusal(body []byte, r *http.Response) string {
	var oauth struct {
		Error       string `json:"error"`
		Description string `json:"error_description"`
	}
	var iam struct {
		Error struct {
			Message string `json:"message"`
		} `json:"error"`
	}
	switch {
	case json.Unmarshal(body, &oauth) == nil && oauth.Error != "" && oauth.Description == "":
		return firstLine(oauth.Error)
	case json.Unmarshal(body, &oauth) == nil && oauth.Error != "":
		return firstLine(oauth.Error + ": " + oauth.Description)
	case json.Unmarshal(body, &iam) == nil && iam.Error.Message != "":
		return firstLine(iam.Error.Message)
	case r != nil:
		return "Google answers with status " + r.Status
	}
	return "Google does not say why"
}

// refusals makes an error of the answer that somebody may not be impersonated, which the
// library would give as a text among others.
type refusals struct {
	http.RoundTripper
	principal, who string
}

// RoundTrip implements [http.RoundTripper].
func (t refusals) RoundTrip(request *http.Request) (*http.Response, error) {
	r, err := t.RoundTripper.RoundTrip(request)
	if err != nil || r.StatusCode < 400 || r.StatusCode >= 500 || r.StatusCode == http.StatusTooManyRequests {
		return r, err
	}
	const most = 64 << 10
	body, err := io.ReadAll(io.LimitReader(r.Body, most))
	_ = r.Body.Close()
	if err != nil {
		return nil, err
	}
	why := refusal(bytes.TrimSpace(body), r)
	return nil, &credentialsError{fmt.Sprintf("%s may not act as %s: %s (it needs roles/iam.serviceAccountTokenCreator there)", t.who, t.principal, why)}
}

// reaching is an error of the way to Google.
func reaching(err error) bool {
	var op *net.OpError
	var web *url.Error
	return errors.As(err, &op) || errors.As(err, &web)
}

// said is an error of the library about credentials that who names.
func said(who string, err error) error {
	var file *fs.PathError
	if errors.As(err, &file) && strings.HasSuffix(who, file.Path) {
		err = file.Err
	}
	text, _, _ := strings.Cut(firstLine(err.Error()), " Errors: [") // one for each format that a key may have
	return &credentialsError{who + ": " + text}
}
