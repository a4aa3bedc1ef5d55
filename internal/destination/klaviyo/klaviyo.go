package klaviyo

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/destination"
)

// Destination writes to one account. It is a cdp.Poller: profiles are written by jobs.
type Destination struct {
	client    *destination.Client
	account   string // "" when it is not to be checked
	subscribe string // none, email or sms

	mu    sync.Mutex
	lists map[string]list   // by the audience's id or name
	found map[string]*found // what is known of the errors of a job so far
}

const mediaType = "application/vnd.api+json"

var revisionForm = regexp.MustCompile(`^20\d\d-\d\d-\d\d(\.[a-z0-9-]+)?$`)

// New checks the options. It opens no connection and reads no secret.
func New(cfg destination.Config) (cdp.Destination, error) {
	rev := cfg.String("revision", revision)
	if !revisionForm.MatchString(rev) {
		return nil, fmt.Errorf("revision: %q is not of the form 2026-07-15", rev)
	}
	scheme := map[string]string{"key": "Klaviyo-API-Key ", "oauth": "Bearer "}[cfg.String("auth", "key")]
	if scheme == "" {
		return nil, fmt.Errorf("auth: %q is not key or oauth", cfg.String("auth", ""))
	}
	subscribe := cfg.String("subscribe", "none")
	if subscribe != "none" && subscribe != "email" && subscribe != "sms" {
		return nil, fmt.Errorf("subscribe: %q is not none, email or sms", subscribe)
	}
	client, err := destination.NewClient(cfg, destination.ClientOptions{
		BaseURL: baseURL, Secret: "token",
		Authorize: func(h http.Header, secret string) { h.Set("Authorization", scheme+secret) },
		Header:    http.Header{"Revision": {rev}, "Accept": {mediaType}},
		Timeout:   limits.Timeout, Conns: limits.Concurrent, MaxBody: 16 << 20,
	})
	if err != nil {
		return nil, err
	}
	d := &Destination{client: client, subscribe: subscribe, lists: map[string]list{}, found: map[string]*found{}}
	if !cfg.Sandbox {
		d.account = cfg.String("account", "")
	}
	return d, nil
}

// Close closes idle connections.
func (d *Destination) Close() error { return d.client.Close() }

// Push writes a batch.
func (d *Destination) Push(ctx context.Context, b cdp.Batch) ([]cdp.Result, error) {
	if len(b.Rows) == 0 {
		return nil, ctx.Err()
	}
	switch {
	case b.Kind == cdp.Audience && b.Op == cdp.Remove:
		return d.leave(ctx, b)
	case b.Kind == cdp.Audience:
		return d.join(ctx, b)
	case b.Kind == cdp.EventTo:
		return d.events(ctx, b)
	case b.Kind == cdp.Object && (b.Op != cdp.Remove || b.Action == cdp.ActionSet):
		return d.profiles(ctx, b)
	}
	return nil, unsupported(fmt.Sprintf("a Klaviyo %s has no action %q", b.Kind, b.Action))
}

func unsupported(what string) error {
	return &cdp.Fatal{Reason: what, Help: "this is a fault of kith: the project should not have passed validation"}
}

// The paths of the API.
const (
	accountsPath      = "/api/accounts"
	importPath        = "/api/profile-bulk-import-jobs"
	profilePath       = "/api/profile-import"
	listsPath         = "/api/lists"
	eventsPath        = "/api/event-bulk-create-jobs"
	subscriptionsPath = "/api/profile-subscription-bulk-create-jobs"
)

func listPath(id, rest string) string { return listsPath + "/" + url.PathEscape(id) + rest }

// call sends a document and decodes the answer into into, unless that is nil.
func (d *Destination) call(ctx context.Context, r destination.Request, in, into any, refuse func(*destination.Response) error) error {
	if in != nil {
		var err error
		if r.Body, err = json.Marshal(in); err != nil {
			return &cdp.Fatal{Reason: "a request that is not JSON: " + err.Error()}
		}
	}
	if len(r.Body) > 0 {
		r.Header = http.Header{"Content-Type": {mediaType}}
	}
	a, err := d.client.Do(ctx, r)
	if err != nil {
		return err
	}
	if !a.OK() {
		return refuse(a)
	}
	if into == nil {
		return nil
	}
	if err := json.Unmarshal(a.Body, into); err != nil {
		return &destination.Uncertain{Status: a.Status, Reason: "an answer that is not as documented"}
	}
	return nil
}

// resource is a JSON:API object of an answer.
type resource struct {
	ID         string `json:"id"`
	Attributes struct {
		Name  string `json:"name"`
		Email string `json:"email"`
		Phone string `json:"phone_number"`
		OptIn string `json:"opt_in_process"` // of a list
	} `json:"attributes"`
}

// ref names a resource in a request.
type ref struct {
	Type string `json:"type"`
	ID   string `json:"id"`
}

func first(a, b string) string {
	if strings.TrimSpace(a) != "" {
		return a
	}
	return b
}
