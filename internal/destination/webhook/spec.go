// Package webhook posts batches of rows as JSON to an address of yours.
//
//	destinations:
//	  - {name: hook, type: webhook, base_url: "https://example.com/kith", secret: "${HOOK_SECRET}"}
//
// docs/webhook.md has the body of a call, how to check its signature, how to receive
// a row twice without harm, and what an answer means.
package webhook

import (
	"time"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/destination"
)

// Spec declares the destination.
func Spec() cdp.DestinationSpec {
	return cdp.DestinationSpec{
		Type:  "webhook",
		Title: "Webhook",
		Doc:   "Posts batches of rows as JSON, signed, to an address of yours; docs/webhook.md says what a receiver gets and answers.",
		Options: []cdp.Option{
			{Name: "base_url", Kind: cdp.OptURL, Required: true, Doc: "The address that is called, with path and query."},
			{Name: "token", Kind: cdp.OptString, Secret: true, Doc: "Sent as Authorization: Bearer."},
			{Name: "secret", Kind: cdp.OptString, Secret: true, Doc: "Signs every call in the header Kith-Signature."},
			{Name: "headers", Kind: cdp.OptMap, Secret: true, Doc: "Further headers of every call."},
			{Name: "ack", Kind: cdp.OptEnum, Values: []string{ackStatus, ackRows}, Default: ackStatus, Doc: "Whether a 2xx status delivers all rows, or each row must be named in the answer."},
			{Name: "batch_size", Kind: cdp.OptInt, Default: "1000", Doc: "Rows per call, at most 10000."},
			{Name: "rate", Kind: cdp.OptInt, Doc: "Calls per second; no limit by default."},
			{Name: "concurrency", Kind: cdp.OptInt, Default: "4", Doc: "Calls at once, at most 64: of all processes together where there is a rate, else of each."},
			{Name: "timeout", Kind: cdp.OptDuration, Default: "30s", Doc: "How long a call may take, at most 10m."},
			{Name: "allow_private", Kind: cdp.OptBool, Default: "false", Doc: "Allows private and loopback addresses."},
		},
		Writes: []cdp.RemoteSpec{
			{
				Kind: cdp.Object, Modes: []cdp.Mode{cdp.Upsert, cdp.Update, cdp.Insert}, Rekey: true,
				Actions: []cdp.Action{cdp.ActionIgnore, cdp.ActionDelete, cdp.ActionArchive, cdp.ActionSet},
			},
			{Kind: cdp.Audience, Actions: []cdp.Action{cdp.ActionIgnore, cdp.ActionRemove}},
			{Kind: cdp.EventTo, Dedup: "as long as the receiver remembers idempotency_key"},
		},
		Limits: defaults,
		Match: map[string]cdp.MatchSpec{
			"email":       {Name: "email", Normalize: "email"},
			"phone":       {Name: "phone", Normalize: "phone"},
			"first_name":  {Name: "first_name"},
			"last_name":   {Name: "last_name"},
			"birthdate":   {Name: "birthdate"},
			"gender":      {Name: "gender"},
			"street":      {Name: "street"},
			"city":        {Name: "city"},
			"region":      {Name: "region"},
			"postcode":    {Name: "postcode"},
			"country":     {Name: "country"},
			"ip":          {Name: "ip"},
			"device_id":   {Name: "device_id"},
			"external_id": {Name: "external_id"},
		},
	}
}

// The values of ack.
const (
	ackStatus = "status"
	ackRows   = "rows"
)

var defaults = cdp.Limits{
	MaxRows: 1000, MaxBytes: 8 << 20, RowBytes: 1 << 20,
	Concurrent: 4, Timeout: 30 * time.Second, Retries: 5, MaxWait: time.Minute,
}

// Limits are the limits under the options of the block.
func Limits(cfg destination.Config) (cdp.Limits, error) {
	l := defaults
	var err error
	if l.MaxRows, err = cfg.Int("batch_size", l.MaxRows, 1, 10_000); err != nil {
		return l, err
	}
	if l.Concurrent, err = cfg.Int("concurrency", l.Concurrent, 1, 64); err != nil {
		return l, err
	}
	if l.Timeout, err = cfg.Duration("timeout", l.Timeout, time.Second, 10*time.Minute); err != nil {
		return l, err
	}
	rate, err := cfg.Int("rate", 0, 1, 100_000)
	if err != nil {
		return l, err
	}
	if rate > 0 {
		l.Rates = []cdp.Rate{{Calls: rate, Per: time.Second}}
	}
	return l, nil
}

// Endpoint is the host and the path: whom the ledger's baselines belong to. The
// query is left out, because it may hold a key. So may the path: what people see is [Shown].
func Endpoint(cfg destination.Config) (string, error) {
	u, err := cfg.BaseURL("")
	if err != nil {
		return "", err
	}
	cfg.Type = Spec().Type
	return cfg.Endpoint(u, u.EscapedPath()), nil
}
