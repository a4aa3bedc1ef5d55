package hubspot

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/destination"
)

// list is the definition of a list.
type list struct {
	ID             string `json:"listId"`
	ProcessingType string `json:"processingType"`
	ObjectTypeID   string `json:"objectTypeId"`
}

type listAnswer struct {
	List list `json:"list"`
}

// listID finds the list of an audience, by id or by name, and makes the one that
// is named and missing.
func (d *Destination) listID(ctx context.Context, del cdp.Delivery) (string, error) {
	name := "id " + del.ID
	path := listsPath + "/" + url.PathEscape(del.ID)
	if del.ID == "" {
		name = "name " + del.Remote
		path = listsPath + "/object-type-id/" + contactType + "/name/" + url.PathEscape(del.Remote)
	}
	// One caller at a time, so that two do not make the list twice.
	d.mu.Lock()
	defer d.mu.Unlock()
	if id, ok := d.lists[name]; ok {
		return id, nil
	}
	l, err := d.list(ctx, http.MethodGet, path, nil)
	if err == nil && l.ID == "" && del.ID == "" {
		if del.Look {
			return "", nil
		}
		l, err = d.list(ctx, http.MethodPost, listsPath, map[string]string{
			"name": del.Remote, "objectTypeId": contactType, "processingType": "MANUAL",
		})
	}
	switch {
	case err != nil:
		return "", err
	case l.ID == "":
		return "", &cdp.Fatal{Reason: fmt.Sprintf("the account has no list %q", first(del.ID, del.Remote)), Help: "check the id, or name the audience and kith makes it"}
	case l.ProcessingType != "MANUAL" && l.ProcessingType != "SNAPSHOT":
		return "", &cdp.Fatal{
			Reason: fmt.Sprintf("the list %q is %s: HubSpot decides who is in it", first(del.Remote, del.ID), strings.ToLower(l.ProcessingType)),
			Help:   "give the audience another name, or make the list static in HubSpot",
		}
	case l.ObjectTypeID != "" && l.ObjectTypeID != contactType:
		return "", &cdp.Fatal{Reason: fmt.Sprintf("the list %q is not one of contacts", first(del.Remote, del.ID)), Help: "give the audience another name"}
	}
	d.lists[name] = l.ID
	return l.ID, nil
}

// list calls the lists API; a list that is not there has no id.
func (d *Destination) list(ctx context.Context, method, path string, in any) (list, error) {
	a, err := d.send(ctx, method, path, in)
	if err != nil {
		return list{}, err
	}
	if _, ok := readError(a.Body); a.Status == http.StatusNotFound && ok {
		return list{}, nil
	}
	if !a.OK() {
		return list{}, d.final(a)
	}
	var got listAnswer
	if err := decode(a, &got); err != nil || got.List.ID == "" {
		return list{}, &destination.Uncertain{Status: a.Status, Reason: "an answer without a list"}
	}
	return got.List, nil
}

func first(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// members adds rows to a list, or takes them out.
func (d *Destination) members(ctx context.Context, j *job) error {
	id, err := d.listID(ctx, j.Delivery)
	if err != nil {
		return err
	}
	found, err := d.people(ctx, j)
	if err != nil {
		return err
	}
	var add, remove []string
	for _, i := range j.open() {
		if j.Op == cdp.Remove {
			remove = append(remove, found[i]...)
			continue
		}
		add = append(add, found[i]...)
	}
	// Contacts of addresses that a person no longer has. Of a move the removal took them out, in
	// an earlier batch, and somebody else may have been added by one since.
	if j.Op == cdp.Change {
		for i := range j.Rows {
			if f := j.results[i].Fate; f == "" || f == cdp.Skipped {
				remove = append(remove, split(j.Rows[i].RemoteID)...)
			}
		}
	}
	add, remove = set(add), set(remove)
	remove = slices.DeleteFunc(remove, func(id string) bool { return slices.Contains(add, id) })
	missing, err := d.change(ctx, j, id, add, remove)
	if err != nil {
		return err
	}
	var gone []int // rows of which a contact is
	for _, i := range j.open() {
		ids := slices.DeleteFunc(slices.Clone(found[i]), func(id string) bool { return slices.Contains(missing, id) })
		switch {
		case j.Op == cdp.Remove && len(ids) < len(found[i]):
			gone = append(gone, i)
		case len(ids) == 0:
			j.later(i, "the contact was deleted while it was added")
		default:
			j.deliver(i, strings.Join(ids, ","))
		}
	}
	if len(gone) == 0 {
		return nil
	}
	if err := d.moved(ctx, j, id, gone, remove); err != nil {
		for _, i := range gone {
			if slices.ContainsFunc(found[i], func(id string) bool { return !slices.Contains(missing, id) }) {
				j.results[i] = destination.InPart(err) // out by another contact
			}
		}
		return err
	}
	for _, i := range gone {
		j.deliver(i, strings.Join(found[i], ","))
	}
	return nil
}

// moved takes people out of a list whose contacts are gone: one that was merged into another
// has passed its place in the list on. They are found by their addresses, of which a removal
// has those alone that nobody else is in the audience by. done were taken out already.
func (d *Destination) moved(ctx context.Context, j *job, list string, rows []int, done []string) error {
	var addresses []string
	for _, i := range rows {
		if own, err := emails(j.Rows[i]); err == nil { // else we never added it
			addresses = append(addresses, own...)
		}
	}
	known, err := d.find(ctx, j, contacts, emailKey, addresses)
	if err != nil {
		return err
	}
	ids := slices.DeleteFunc(slices.Sorted(maps.Values(known)), func(id string) bool { return slices.Contains(done, id) })
	j.sent = rows
	_, err = d.change(ctx, j, list, nil, slices.Compact(ids))
	return err
}

// emails are the addresses of a row.
func emails(r cdp.Delta) ([]string, error) {
	var match struct {
		Email []string `json:"email"`
	}
	if len(r.Match) > 0 {
		if err := json.Unmarshal(r.Match, &match); err != nil {
			return nil, err
		}
	}
	return slices.DeleteFunc(match.Email, func(s string) bool { return s == "" }), nil
}

// change changes the membership of a list and returns the ids that HubSpot does
// not know. Members that are added again, and others that are removed, are ignored.
func (d *Destination) change(ctx context.Context, j *job, list string, add, remove []string) ([]string, error) {
	path, body := "add-and-remove", any(map[string][]string{"recordIdsToAdd": add, "recordIdsToRemove": remove})
	switch {
	case len(add) == 0 && len(remove) == 0:
		return nil, nil
	case len(remove) == 0:
		path, body = "add", add
	case len(add) == 0:
		path, body = "remove", remove
	}
	a, err := d.send(ctx, http.MethodPut, listsPath+"/"+url.PathEscape(list)+"/memberships/"+path, body)
	if err != nil {
		return nil, err
	}
	if a.Status == http.StatusNotFound {
		d.mu.Lock()
		clear(d.lists)
		d.mu.Unlock()
		return nil, &cdp.Fatal{Reason: "the list of the audience is gone", Help: "run again: kith makes the list anew; use --full to fill it"}
	}
	if !a.OK() {
		return nil, d.refusal(j, a, nil)
	}
	var got struct { // the names are spelt unevenly; both are read
		Missing  []string `json:"recordIdsMissing"`
		Missing2 []string `json:"recordsIdsMissing"`
	}
	if err := decode(a, &got); err != nil {
		return nil, err
	}
	return append(got.Missing, got.Missing2...), nil
}

// people finds the contacts of each open row: the ids that we were told when it was
// added, else those of all its addresses. Rows without contact get their result.
func (d *Destination) people(ctx context.Context, j *job) (map[int][]string, error) {
	out := map[int][]string{}
	addresses := map[int][]string{}
	var all []string
	for _, i := range j.open() {
		r := &j.Rows[i]
		if j.Op == cdp.Remove && r.RemoteID != "" {
			out[i] = split(r.RemoteID)
			continue
		}
		var err error
		if addresses[i], err = emails(*r); err != nil {
			j.reject(i, cdp.InvalidValue, "the match values are not lists of text")
			continue
		}
		if len(addresses[i]) == 0 {
			j.reject(i, cdp.MissingValue, "no e-mail address to find the contact by")
			continue
		}
		all = append(all, addresses[i]...)
	}
	known, err := d.find(ctx, j, contacts, "email", all)
	if err != nil {
		return nil, err
	}
	var missing []int
	for _, i := range j.open() {
		for _, s := range addresses[i] {
			if id := known[canonical(emailKey, s)]; id != "" {
				out[i] = append(out[i], id)
			}
		}
		out[i] = set(out[i])
		switch {
		case len(out[i]) > 0:
		case j.Op == cdp.Remove || !d.createMissing:
			j.skip(i, cdp.NotFound, "", "there is no contact with the address")
		default:
			missing = append(missing, i)
		}
	}
	return out, d.enrol(ctx, j, addresses, missing, out)
}

// enrol makes contacts of the first address of rows. It is an upsert, because a
// repeat finds the contact there.
func (d *Destination) enrol(ctx context.Context, j *job, addresses map[int][]string, rows []int, out map[int][]string) error {
	if len(rows) == 0 {
		return nil
	}
	// A job of its own, whose results are the ids.
	people := newJob(cdp.Batch{Delivery: cdp.Delivery{Remote: contacts, Key: "email"}, Op: cdp.Add, Rows: make([]cdp.Delta, len(rows))})
	seen := map[string]int{}
	var sent []input
	for n, i := range rows {
		people.Rows[n] = j.Rows[i]
		s := addresses[i][0]
		if _, ok := seen[fold(s)]; ok {
			continue // two people with one address are one contact
		}
		seen[fold(s)] = n
		sent = append(sent, input{ID: s, IDProperty: "email", Properties: map[string]string{"email": s}, Trace: strconv.Itoa(i), row: n})
	}
	a, err := d.post(ctx, objectPath(contacts, "batch/upsert"), inputs{sent})
	if err != nil {
		return err
	}
	if err := d.settle(ctx, people, a, sent, cdp.Upsert); err != nil {
		var no *cdp.Refused
		if errors.As(err, &no) && no.Row >= 0 {
			no.Row = rows[no.Row]
		}
		return err
	}
	for _, i := range rows {
		r := people.results[seen[fold(addresses[i][0])]]
		switch {
		case r.Fate != cdp.Delivered:
			j.results[i] = r
		case r.RemoteID == "":
			j.later(i, "HubSpot did not say which contact it made")
		default:
			out[i] = []string{r.RemoteID}
		}
	}
	return nil
}

// split takes apart the ids of several contacts of one person, and HubSpot's lists.
func split(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return r == ',' || r == ';' })
}

// set sorts and drops what is there twice.
func set(s []string) []string {
	slices.Sort(s)
	return slices.Compact(s)
}
