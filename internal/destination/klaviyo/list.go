package klaviyo

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/destination"
)

// list is a list of the account.
type list struct {
	id string
	// single says that a subscription takes effect at once. Else it does when the person confirms,
	// however long after: Klaviyo tells no end of that.
	single bool
}

func (r resource) list() list { return list{r.ID, r.Attributes.OptIn == "single_opt_in"} }

// list finds the list of an audience, making one that is named and missing.
func (d *Destination) list(ctx context.Context, del cdp.Delivery) (list, error) {
	name := first(del.ID, del.Remote)
	// One caller at a time, so that two do not make the list twice.
	d.mu.Lock()
	defer d.mu.Unlock()
	if l := d.lists[name]; l.id != "" {
		return l, nil
	}
	l, err := d.findList(ctx, del)
	if err != nil {
		return list{}, err
	}
	d.lists[name] = l
	return l, nil
}

func (d *Destination) findList(ctx context.Context, del cdp.Delivery) (list, error) {
	if del.ID != "" {
		var got struct {
			Data resource `json:"data"`
		}
		err := d.call(ctx, destination.Request{Method: http.MethodGet, Path: listPath(del.ID, "")}, nil, &got, func(a *destination.Response) error {
			if a.Status == http.StatusNotFound {
				return &cdp.Fatal{Reason: fmt.Sprintf("the account has no list %q", del.ID), Help: "check the id, or name the audience and kith makes it"}
			}
			return final(a)
		})
		return got.Data.list(), err
	}
	var got struct {
		Data []resource `json:"data"`
	}
	query := url.Values{"filter": {fmt.Sprintf("equals(name,%s)", destination.AppendString(nil, del.Remote))}}
	if err := d.call(ctx, destination.Request{Method: http.MethodGet, Path: listsPath, Query: query}, nil, &got, final); err != nil {
		return list{}, err
	}
	// Whether equals tells upper case from lower Klaviyo does not say.
	got.Data = slices.DeleteFunc(got.Data, func(r resource) bool { return r.Attributes.Name != del.Remote })
	switch len(got.Data) {
	case 0:
		if del.Look {
			return list{}, nil
		}
		return d.makeList(ctx, del.Remote)
	case 1:
		return got.Data[0].list(), nil
	}
	return list{}, &cdp.Fatal{Reason: fmt.Sprintf("the account has %d lists %q", len(got.Data), del.Remote), Help: "name one by its id: audience: {id: ...}"}
}

func (d *Destination) makeList(ctx context.Context, name string) (list, error) {
	in := map[string]any{"data": map[string]any{"type": "list", "attributes": map[string]any{"name": name}}}
	var got struct {
		Data resource `json:"data"`
	}
	if err := d.call(ctx, destination.Request{Method: http.MethodPost, Path: listsPath}, in, &got, final); err != nil {
		return list{}, err
	}
	if got.Data.ID == "" {
		return list{}, &destination.Uncertain{Status: http.StatusCreated, Reason: "an answer without a list"}
	}
	return got.Data.list(), nil
}

// matched are the identifiers of a person, by name.
type matched map[string][]string

func match(r cdp.Delta) (matched, error) {
	var m matched
	if len(r.Match) > 0 {
		if err := json.Unmarshal(r.Match, &m); err != nil {
			return nil, err
		}
	}
	for name, list := range m {
		m[name] = slices.DeleteFunc(list, func(s string) bool { return s == "" })
	}
	return m, nil
}

// known are the kinds by which Klaviyo knows a person, the better one first.
var known = []string{email, phone}

// people are the values by which a person is known to Klaviyo: of the first kind
// that there is.
func (m matched) people(kinds ...string) (name string, values []string) {
	for _, name := range kinds {
		if len(m[name]) > 0 {
			return name, m[name]
		}
	}
	return "", nil
}

// persons makes the profiles of the people of a batch, with identifiers alone, of one of
// some kinds. missing says what a row has not that has none of them.
func persons(b cdp.Batch, results []cdp.Result, kinds []string, missing string, make func(name, value string) (profile, error)) destination.Load {
	load := destination.Load{}
	for i, r := range b.Rows {
		m, err := match(r)
		if err != nil {
			results[i] = rejected(cdp.InvalidValue, "the match values are not lists of text")
			continue
		}
		name, values := m.people(kinds...)
		if name == "" {
			results[i] = rejected(cdp.MissingValue, missing)
			continue
		}
		var list []profile
		for _, v := range values {
			var p profile
			if p, err = make(name, v); err != nil {
				break
			}
			list = append(list, p)
		}
		if err != nil {
			results[i] = rejected(cdp.InvalidValue, err.Error())
			continue
		}
		results[i] = add(&load, i, list...)
	}
	return load
}

// join adds people to a list: by an import job, or by a subscription where the
// destination is told to subscribe.
func (d *Destination) join(ctx context.Context, b cdp.Batch) ([]cdp.Result, error) {
	l, err := d.list(ctx, b.Delivery)
	if err != nil {
		return nil, err
	}
	results := make([]cdp.Result, len(b.Rows))
	if d.subscribe != "none" {
		return results, d.subscribeAll(ctx, b, l.id, results)
	}
	load := persons(b, results, known, errNobody.Error(), func(name, value string) (profile, error) {
		p := newProfile()
		return p, p.identify(name, value)
	})
	return results, d.importAll(ctx, b, load, l.id, results)
}

// channel is the kind of values that are subscribed, "" where none are.
func (d *Destination) channel() string {
	return map[string]string{"email": email, "sms": phone}[d.subscribe]
}

// subscribeAll subscribes people and adds them to a list. Klaviyo answers 202 and
// tells nothing more.
func (d *Destination) subscribeAll(ctx context.Context, b cdp.Batch, list string, results []cdp.Result) error {
	channel := d.channel()
	load := persons(b, results, []string{channel}, fmt.Sprintf("no %s to subscribe", channel), func(name, value string) (profile, error) {
		p := newProfile()
		p.Attributes["subscriptions"] = map[string]any{d.subscribe: map[string]any{"marketing": map[string]any{"consent": "SUBSCRIBED"}}}
		return p, p.identify(name, value)
	})
	for n, part := range load.Parts(maxMembers, maxBody-1024) {
		in := map[string]any{"data": map[string]any{
			"type":          "profile-subscription-bulk-create-job",
			"attributes":    map[string]any{"profiles": map[string]any{"data": part.Elements}},
			"relationships": map[string]any{"list": map[string]any{"data": ref{"list", list}}},
		}}
		err := d.call(ctx, destination.Request{Method: http.MethodPost, Path: subscriptionsPath}, in, nil,
			func(a *destination.Response) error { return d.forget(a, b, part.Rows) })
		if err != nil && n == 0 {
			return err
		}
		for _, row := range part.Rows {
			results[row] = cdp.Result{Fate: cdp.Delivered}
			if err != nil {
				results[row] = destination.Later(err)
			}
		}
	}
	return nil
}

// leave takes people out of a list. Members are looked up by the values that were
// sent, with sms by all of them (see [Fit]); who is not a member is skipped (not_found),
// unless they may be one yet, see unconfirmed.
func (d *Destination) leave(ctx context.Context, b cdp.Batch) ([]cdp.Result, error) {
	l, err := d.list(ctx, b.Delivery)
	if err != nil {
		return nil, err
	}
	results := make([]cdp.Result, len(b.Rows))
	wanted := map[string][]string{} // values by kind
	owners := map[string][]int{}    // rows by kind and value
	for i, r := range b.Rows {
		m, err := match(r)
		if err != nil {
			results[i] = rejected(cdp.InvalidValue, "the match values are not lists of text")
			continue
		}
		results[i] = cdp.Result{Fate: cdp.Skipped, Code: cdp.NotFound, Reason: "not a member of the list"}
		kinds := known
		if d.subscribe != "sms" {
			name, _ := m.people(known...)
			kinds = []string{name}
		}
		for _, name := range kinds {
			for _, v := range m[name] {
				wanted[name] = append(wanted[name], v)
				owners[name+"="+v] = append(owners[name+"="+v], i)
			}
		}
	}
	var members []ref
	found := map[string]bool{} // by kind and value
	for _, name := range known {
		list, err := d.members(ctx, b, l.id, name, wanted[name])
		if err != nil {
			return nil, err
		}
		for _, m := range list {
			if who := (ref{"profile", m.ID}); !slices.Contains(members, who) {
				members = append(members, who)
			}
			for _, v := range []string{email + "=" + m.Attributes.Email, phone + "=" + m.Attributes.Phone} {
				for _, i := range owners[v] {
					results[i] = cdp.Result{Fate: cdp.Delivered}
				}
				found[v] = true
			}
		}
	}
	for part := range slices.Chunk(members, maxMembers) {
		err := d.call(ctx, destination.Request{Method: http.MethodDelete, Path: listPath(l.id, "/relationships/profiles")},
			map[string]any{"data": part}, nil, func(a *destination.Response) error { return d.forget(a, b, nil) })
		if err != nil {
			return nil, err
		}
	}
	if !l.single {
		d.unconfirmed(b, owners, found, results)
	}
	return results, nil
}

// unconfirmed rejects the removals of whom a value was subscribed that is not on the list: the
// person may confirm that still, and then is. What is rejected is looked up again, ever more rarely.
// Of a move the half that leaves is settled all the same: else who never confirms a mistyped
// address would never be asked about the right one.
func (d *Destination) unconfirmed(b cdp.Batch, owners map[string][]int, found map[string]bool, results []cdp.Result) {
	channel := d.channel()
	for v, rows := range owners {
		if channel == "" || found[v] || !strings.HasPrefix(v, channel+"=") {
			continue
		}
		for _, i := range rows {
			if b.Rows[i].Reason != cdp.NoReason {
				results[i] = rejected(cdp.Unconfirmed, "not on the list, or not confirmed yet: who confirms later is taken out then")
			}
		}
	}
}

// forget is the refusal of a call about a list and rows, at the row of each place; nil when the
// call named none. Of a list that is gone, or is not taken, no row is to blame: it is looked up again.
func (d *Destination) forget(a *destination.Response, b cdp.Batch, at []int) error {
	err, reason := refusal(a, b, at), ""
	var no *cdp.Refused
	if !errors.As(err, &no) {
		return err
	}
	if a.Status == http.StatusNotFound {
		reason = "the list of the audience is gone"
	}
	for _, e := range readErrors(a.Body) {
		if e.ofList() && reason == "" {
			reason = destination.RefusedRow(a, policy(nil), -1, e.Code, e.text(), destination.Values(b.Rows...)...).Reason
		}
	}
	if reason == "" {
		return err
	}
	d.mu.Lock()
	clear(d.lists)
	d.mu.Unlock()
	help := "run again: kith makes the list anew if it is gone; use --full to fill it"
	if b.ID != "" {
		help = "check the id of the audience"
	}
	return &cdp.Fatal{Reason: reason, Help: help}
}

// members finds the members of a list that have one of some values. The values are of
// rows: a lookup that is refused refuses the batch, so that the engine finds which.
func (d *Destination) members(ctx context.Context, b cdp.Batch, list, name string, values []string) ([]resource, error) {
	slices.Sort(values)
	var out []resource
	for _, in := range filters(slices.Compact(values)) {
		query := url.Values{
			"filter": {fmt.Sprintf("any(%s,[%s])", name, in)}, "fields[profile]": {"email,phone_number"}, "page[size]": {fmt.Sprint(maxLookup)},
		}
		var got struct {
			Data []resource `json:"data"`
		}
		err := d.call(ctx, destination.Request{Method: http.MethodGet, Path: listPath(list, "/profiles"), Query: query}, nil, &got,
			func(a *destination.Response) error { return d.forget(a, b, nil) })
		if err != nil {
			return nil, err
		}
		out = append(out, got.Data...)
	}
	return out, nil
}

// filters are lists of values for a filter: each finds no more members than a page has,
// and its address is one that servers take.
func filters(values []string) (out []string) {
	var in []byte
	n, size := 0, 0
	for _, v := range values {
		text := destination.AppendString(nil, v)
		more := len(url.QueryEscape(string(text))) + len("%2C")
		if n > 0 && (n == maxLookup || size+more > maxFilter) {
			out, in, n, size = append(out, string(in)), nil, 0, 0
		}
		if n > 0 {
			in = append(in, ',')
		}
		in, n, size = append(in, text...), n+1, size+more
	}
	if n > 0 {
		out = append(out, string(in))
	}
	return out
}
