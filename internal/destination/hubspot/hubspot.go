package hubspot

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/destination"
)

// Destination writes to one account.
type Destination struct {
	client        *destination.Client
	now           func() time.Time
	portal        string // "" when it is not to be checked
	createMissing bool

	mu    sync.Mutex
	lists map[string]string // id of a list by the audience's id or name

	looking sync.Mutex
	looks   map[string]look // by sync
}

// New checks the options. It opens no connection and reads no secret.
func New(cfg destination.Config) (cdp.Destination, error) {
	create, err := cfg.Bool("create_missing", true)
	if err != nil {
		return nil, err
	}
	if tier := cfg.String("tier", "free"); tiers[tier] == 0 {
		return nil, fmt.Errorf("tier: %q is not free, pro or addon", tier)
	}
	client, err := destination.NewClient(cfg, destination.ClientOptions{
		BaseURL: baseURL, Secret: "token", Authorize: destination.Bearer,
		Timeout: limits("free").Timeout, Conns: limits("free").Concurrent,
		MaxBody: 16 << 20, // an answer repeats the properties of 100 records
	})
	if err != nil {
		return nil, err
	}
	d := &Destination{client: client, now: cfg.Now, createMissing: create, lists: map[string]string{}, looks: map[string]look{}}
	if !cfg.Sandbox {
		d.portal = cfg.String("portal", "")
	}
	return d, nil
}

// Close closes idle connections.
func (d *Destination) Close() error { return d.client.Close() }

// Push writes a batch. Every call is safe to repeat, because records are found by
// unique values and lists are sets.
func (d *Destination) Push(ctx context.Context, b cdp.Batch) ([]cdp.Result, error) {
	if len(b.Rows) == 0 {
		return nil, ctx.Err()
	}
	j := newJob(b)
	var err error
	switch {
	case b.Kind == cdp.Audience:
		err = d.members(ctx, j)
	case b.Kind != cdp.Object:
		err = unsupported("a HubSpot destination takes objects and audiences")
	case b.Op == cdp.Remove && (b.Action == cdp.ActionArchive || b.Action == cdp.ActionDelete):
		err = d.archive(ctx, j)
	case b.Op == cdp.Remove && b.Action == cdp.ActionSet:
		err = d.update(ctx, j)
	case b.Op == cdp.Remove:
		err = unsupported(fmt.Sprintf("a HubSpot object has no action %q", b.Action))
	case b.Op == cdp.Rekey:
		err = d.rekey(ctx, j)
	default:
		err = d.write(ctx, j)
	}
	if err := j.ended(d.unmapped(ctx, b.Delivery, err)); err != nil {
		return nil, err
	}
	return j.results, nil
}

func unsupported(what string) error {
	return &cdp.Fatal{Reason: what, Help: "this is a fault of kith: the project should not have passed validation"}
}

// The paths of the API. HubSpot calls v3 legacy and supports it until September
// 2027 (changelog, November 2026); the dated versions have the same bodies.
func objectPath(object, rest string) string {
	return "/crm/v3/objects/" + url.PathEscape(object) + "/" + rest
}

func propertiesPath(object string) string { return "/crm/v3/properties/" + url.PathEscape(object) }

const (
	listsPath   = "/crm/v3/lists"
	accountPath = "/account-info/v3/details"
	contacts    = "contacts"
	contactType = "0-1" // object type id of contacts
)

// send makes a call with a JSON body.
func (d *Destination) send(ctx context.Context, method, path string, in any) (*destination.Response, error) {
	r := destination.Request{Method: method, Path: path}
	if in != nil {
		var err error
		if r.Body, err = json.Marshal(in); err != nil {
			return nil, &cdp.Fatal{Reason: "a request that is not JSON: " + err.Error()}
		}
	}
	return d.client.Do(ctx, r)
}

func (d *Destination) post(ctx context.Context, path string, in any) (*destination.Response, error) {
	return d.send(ctx, http.MethodPost, path, in)
}

// decode reads an answer that says that something was done.
func decode(a *destination.Response, into any) error {
	if err := json.Unmarshal(a.Body, into); err != nil {
		return &destination.Uncertain{Status: a.Status, Reason: "an answer that is not as documented"}
	}
	return nil
}
