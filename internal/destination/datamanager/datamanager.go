package datamanager

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/destination"
)

// Destination writes the audiences of one account. It is a cdp.Poller: every request
// is processed later.
type Destination struct {
	client  *destination.Client
	account productAccount
	login   *productAccount
	consent map[string]string // of every member; nil when nothing is said
	terms   bool
	days    int // of a list that kith makes

	mu    sync.Mutex
	lists map[string]userList // by the audience's id or name
}

type productAccount struct {
	Type string `json:"accountType"`
	ID   string `json:"accountId"`
}

func (p productAccount) path() string { return "accountTypes/" + p.Type + "/accounts/" + p.ID }

// New checks the options. It opens no connection and reads no secret.
func New(cfg destination.Config) (cdp.Destination, error) {
	id, err := account(cfg, "account")
	if err != nil {
		return nil, err
	}
	if id == "" && !cfg.Sandbox {
		return nil, errors.New("account: missing")
	}
	if id == "" {
		id = "1" // an option that the sandbox need not know
	}
	d := &Destination{account: productAccount{strings.ToUpper(cfg.String("account_type", "google_ads")), id}, lists: map[string]userList{}}
	login, err := account(cfg, "login_account")
	if err != nil {
		return nil, err
	}
	header := http.Header{}
	if login != "" {
		d.login = &productAccount{d.account.Type, login}
		header.Set("Login-Account", d.login.path())
	}
	if d.consent, err = consents(cfg); err != nil {
		return nil, err
	}
	if d.terms, err = cfg.Bool("accept_terms", false); err != nil {
		return nil, err
	}
	if d.days, err = cfg.Int("membership_days", 540, 1, 540); err != nil {
		return nil, err
	}
	quota := &quotaProject{named: cfg.String("quota_project", "")}
	if quota.named != "" && !projectID.MatchString(quota.named) {
		return nil, fmt.Errorf("quota_project: %q is not the id of a project", quota.named)
	}
	tokens, err := destination.NewOAuth(cfg, destination.OAuth{URL: endpoint(cfg), Scope: scope, Secret: "credentials", Parse: quota.reads(parse(cfg.Sandbox))})
	if err != nil {
		return nil, err
	}
	d.client, err = destination.NewClient(cfg, destination.ClientOptions{
		BaseURL: baseURL, Tokens: tokens, Authorize: quota.authorize, Header: header,
		Timeout: limits.Timeout, Conns: limits.Concurrent,
	})
	return d, err
}

// endpoint is where tokens come from; the sandbox has its own.
func endpoint(cfg destination.Config) string {
	if cfg.Sandbox {
		return cfg.String("base_url", "") + "/token"
	}
	return cfg.String("token_url", tokenURL)
}

// parse reads the credentials; the sandbox's are a text of its own.
func parse(sandbox bool) func(string) (destination.Grant, error) {
	return func(secret string) (destination.Grant, error) {
		if sandbox {
			return destination.Grant{RefreshToken: secret}, nil
		}
		var g destination.Grant
		if json.Unmarshal([]byte(secret), &g) != nil {
			return g, errors.New("not the JSON of an authorised user or a service account")
		}
		return g, nil
	}
}

// consents is what is said of every member.
func consents(cfg destination.Config) (map[string]string, error) {
	out := map[string]string{}
	for option, field := range map[string]string{"ad_user_data": "adUserData", "ad_personalization": "adPersonalization"} {
		switch v := cfg.String(option, "unspecified"); v {
		case "unspecified":
		case "granted", "denied":
			out[field] = "CONSENT_" + strings.ToUpper(v)
		default:
			return nil, fmt.Errorf("%s: %q is not unspecified, granted or denied", option, v)
		}
	}
	if len(out) == 0 {
		return nil, nil //nolint:nilnil // nothing is said
	}
	return out, nil
}

// Close closes idle connections.
func (d *Destination) Close() error { return d.client.Close() }

// Check finds the audience, making one that is named and missing. That it is closed is known
// only when somebody is added.
func (d *Destination) Check(ctx context.Context, del cdp.Delivery) error {
	_, err := d.list(ctx, del)
	return err
}

// Push sends members, or takes them out.
func (d *Destination) Push(ctx context.Context, b cdp.Batch) ([]cdp.Result, error) {
	if len(b.Rows) == 0 {
		return nil, ctx.Err()
	}
	if b.Kind != cdp.Audience {
		return nil, &cdp.Fatal{Reason: "Google Data Manager takes audiences only", Help: "this is a fault of kith: the project should not have passed validation"}
	}
	list, err := d.list(ctx, b.Delivery)
	if err == nil && b.Op != cdp.Remove {
		err = d.open(list, b.Delivery)
	}
	if err != nil {
		return nil, err
	}
	results := make([]cdp.Result, len(b.Rows))
	load := members(b, results)
	return results, destination.SendJobs(load.Parts(maxMembers, maxBody-4096), results, func(part destination.Load) (string, error) {
		return d.send(ctx, b, list.ID, part)
	})
}

// request is an ingest or a removal.
type request struct {
	Destinations []target          `json:"destinations"`
	Members      []json.RawMessage `json:"audienceMembers"`
	Consent      map[string]string `json:"consent,omitempty"`
	Encoding     string            `json:"encoding"`
	Terms        *terms            `json:"termsOfService,omitempty"`
}

type target struct {
	Operating productAccount  `json:"operatingAccount"`
	Login     *productAccount `json:"loginAccount,omitempty"`
	List      string          `json:"productDestinationId"`
}

type terms struct {
	Status string `json:"customerMatchTermsOfServiceStatus"`
}

// send makes one request and returns its id.
func (d *Destination) send(ctx context.Context, b cdp.Batch, list string, part destination.Load) (string, error) {
	in := request{Destinations: []target{{d.account, d.login, list}}, Members: part.Elements, Encoding: "HEX"}
	path := "/v1/audienceMembers:remove"
	if b.Op != cdp.Remove {
		path = "/v1/audienceMembers:ingest"
		in.Consent = d.consent
		if d.terms {
			in.Terms = &terms{"ACCEPTED"}
		}
	}
	var got struct {
		RequestID string `json:"requestId"`
	}
	err := d.call(ctx, destination.Request{Method: http.MethodPost, Path: path}, in, &got,
		func(a *destination.Response) error { return refusal(a, b, part.Rows) })
	if err != nil {
		return "", err
	}
	if got.RequestID == "" {
		return "", &destination.Uncertain{Status: http.StatusOK, Reason: "an answer without a request id"}
	}
	return got.RequestID, nil
}

// call sends a request and decodes the answer.
func (d *Destination) call(ctx context.Context, r destination.Request, in, into any, refuse func(*destination.Response) error) error {
	if in != nil {
		var err error
		if r.Body, err = json.Marshal(in); err != nil {
			return &cdp.Fatal{Reason: "a request that is not JSON: " + err.Error()}
		}
	}
	a, err := d.client.Do(ctx, r)
	if err != nil {
		return err
	}
	if !a.OK() {
		return refuse(a)
	}
	if err := json.Unmarshal(a.Body, into); err != nil {
		return &destination.Uncertain{Status: a.Status, Reason: "an answer that is not as documented"}
	}
	return nil
}
