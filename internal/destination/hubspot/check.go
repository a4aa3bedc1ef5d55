package hubspot

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/destination"
)

// Check sees that the token is that of the account, that the object has the mapped
// properties and a key with unique values, or that the list can be written; it
// makes the list of an audience that is missing.
func (d *Destination) Check(ctx context.Context, del cdp.Delivery) error {
	if err := d.account(ctx); err != nil {
		return err
	}
	switch del.Kind {
	case cdp.Audience:
		_, err := d.listID(ctx, del)
		return err
	case cdp.Object:
		return d.object(ctx, del)
	}
	return unsupported("a HubSpot destination takes objects and audiences")
}

// account compares the account of the token with the option portal.
func (d *Destination) account(ctx context.Context) error {
	if d.portal == "" {
		return nil
	}
	a, err := d.send(ctx, http.MethodGet, accountPath, nil)
	if err != nil {
		return err
	}
	if !a.OK() {
		return d.final(a)
	}
	var got struct {
		Portal json.Number `json:"portalId"`
	}
	if err := decode(a, &got); err != nil {
		return err
	}
	if got.Portal.String() != d.portal {
		return &cdp.Fatal{
			Reason: fmt.Sprintf("the token belongs to the account %s, not to %s", got.Portal, d.portal),
			Help:   "use a token of the account, or correct portal",
		}
	}
	return nil
}

// property is the definition of a property.
type property struct {
	Name   string `json:"name"`
	Type   string `json:"type"`
	Unique bool   `json:"hasUniqueValue"`
	Access struct {
		ReadOnly bool `json:"readOnlyValue"`
	} `json:"modificationMetadata"`
}

// object compares the mapping with the properties of the object.
func (d *Destination) object(ctx context.Context, del cdp.Delivery) error {
	if del.Key == "" {
		return &cdp.Fatal{Reason: "a HubSpot object needs a key", Help: "add key: {email: email} or another property with unique values"}
	}
	if del.Key == recordID && del.Mode != cdp.Update {
		return &cdp.Fatal{Reason: "hs_object_id can only update records that are there", Help: "add mode: update, or choose another key"}
	}
	a, err := d.send(ctx, http.MethodGet, propertiesPath(del.Remote), nil)
	if err != nil {
		return err
	}
	if _, ok := readError(a.Body); !a.OK() && !ok && (a.Status == http.StatusNotFound || a.Status == http.StatusNotImplemented) {
		return nil // a server that has no properties API: the first batch will tell
	}
	if a.Status == http.StatusNotFound || a.Status == http.StatusBadRequest {
		return &cdp.Fatal{
			Reason: fmt.Sprintf("the account has no object %q", del.Remote),
			Help:   "use contacts, companies, or the name of a custom object as in HubSpot, such as p123_pets or 2-123",
		}
	}
	if !a.OK() {
		return d.final(a)
	}
	var got struct {
		Results []property `json:"results"`
	}
	if err := decode(a, &got); err != nil {
		return err
	}
	have := make(map[string]property, len(got.Results))
	for _, p := range got.Results {
		have[p.Name] = p
	}
	return compare(del, have)
}

// compare lists everything that is wrong with a mapping.
func compare(del cdp.Delivery, have map[string]property) error {
	var wrong []string
	fields := slices.Clone(del.Fields)
	for _, name := range del.Set {
		fields = append(fields, cdp.RemoteField{Name: name})
	}
	for _, f := range fields {
		p, ok := have[f.Name]
		switch {
		case !ok:
			wrong = append(wrong, fmt.Sprintf("%s does not exist", f.Name))
		case p.Access.ReadOnly:
			wrong = append(wrong, fmt.Sprintf("%s cannot be written", f.Name))
		case p.Type == "date" && f.Type.Kind == cdp.Timestamp:
			wrong = append(wrong, fmt.Sprintf("%s is a date, the field is a timestamp", f.Name))
		case p.Type == "datetime" && f.Type.Kind == cdp.Date:
			// "YYYY-MM-DDThh:mm:ss.sTZD" or milliseconds (changelog on date formats, November 2026);
			// a day alone is refused with INVALID_LONG (verbb/formie issue 1755).
			wrong = append(wrong, fmt.Sprintf("%s is a time, the field is a date", f.Name))
		}
	}
	if key, ok := have[del.Key]; del.Key != recordID {
		switch {
		case !ok:
			wrong = append(wrong, fmt.Sprintf("the key %s does not exist", del.Key))
		case !key.Unique && (del.Remote != contacts || del.Key != "email"):
			// email of contacts is unique, although its definition does not say so.
			wrong = append(wrong, fmt.Sprintf("the key %s has no unique values", del.Key))
		}
	}
	if len(wrong) == 0 {
		return nil
	}
	return &cdp.Fatal{
		Reason: fmt.Sprintf("properties of %s: %s", del.Remote, strings.Join(wrong, "; ")),
		Help:   "create the properties in HubSpot (a key: with unique values), or correct key and fields",
	}
}

// final is the error of a call that has no rows: what HubSpot refuses stays refused
// until somebody acts.
func (d *Destination) final(a *destination.Response) error {
	err := d.refusal(nil, a, nil)
	var no *cdp.Refused
	if errors.As(err, &no) {
		return &cdp.Fatal{Reason: no.Reason, Help: "check the name of the object or audience"}
	}
	return err
}
