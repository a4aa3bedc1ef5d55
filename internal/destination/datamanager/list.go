package datamanager

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/destination"
)

// userList is what we read and write of a list.
type userList struct {
	ID       string      `json:"id,omitempty"` // an int64, which JSON has as text
	Name     string      `json:"displayName"`
	ReadOnly bool        `json:"readOnly,omitempty"`
	Status   string      `json:"membershipStatus,omitempty"`
	Days     string      `json:"membershipDuration,omitempty"`
	Info     *ingestInfo `json:"ingestedUserListInfo,omitempty"`
}

type ingestInfo struct {
	Keys    []string          `json:"uploadKeyTypes"`
	Contact map[string]string `json:"contactIdInfo,omitempty"`
}

// list finds the list of an audience, making one that is named and missing.
func (d *Destination) list(ctx context.Context, del cdp.Delivery) (userList, error) {
	name := cmp.Or(del.ID, del.Remote)
	// One caller at a time, so that two do not make the list twice.
	d.mu.Lock()
	defer d.mu.Unlock()
	if l, ok := d.lists[name]; ok {
		return l, nil
	}
	l, err := d.find(ctx, del)
	if err != nil {
		return l, err
	}
	if l.ReadOnly {
		return l, &cdp.Fatal{Reason: fmt.Sprintf("the audience %q cannot be written", name), Help: "name another audience"}
	}
	if l.ID != "" {
		d.lists[name] = l
	}
	return l, nil
}

// open is the error of adding to a list that is closed, which is looked at again then. "No new
// members being added" is all that it means; Google closes one by itself that is not used
// (user_list.proto): who withdraws leaves it all the same.
func (d *Destination) open(l userList, del cdp.Delivery) error {
	if l.Status != "CLOSED" {
		return nil
	}
	d.mu.Lock()
	delete(d.lists, cmp.Or(del.ID, del.Remote))
	d.mu.Unlock()
	return &cdp.Fatal{Reason: fmt.Sprintf("the audience %q is closed", cmp.Or(del.ID, del.Remote)), Help: "open it in the product, or name another audience"}
}

func (d *Destination) find(ctx context.Context, del cdp.Delivery) (userList, error) {
	base := "/v1/" + d.account.path() + "/userLists"
	if del.ID != "" {
		var l userList
		err := d.call(ctx, destination.Request{Method: http.MethodGet, Path: base + "/" + url.PathEscape(del.ID)}, nil, &l, func(a *destination.Response) error {
			if _, ok := readError(a.Body); ok && a.Status == http.StatusNotFound {
				return &cdp.Fatal{Reason: fmt.Sprintf("the account has no audience %q", del.ID), Help: "check the id, or name the audience and kith makes it"}
			}
			return final(a)
		})
		if err == nil && l.ID == "" {
			l.ID = del.ID
		}
		return l, err
	}
	var got struct {
		Lists []userList `json:"userLists"`
	}
	query := url.Values{"filter": {fmt.Sprintf("display_name = %s", destination.AppendString(nil, del.Remote))}}
	if err := d.call(ctx, destination.Request{Method: http.MethodGet, Path: base, Query: query}, nil, &got, final); err != nil {
		return userList{}, err
	}
	// "=" of a filter takes '*' for any text (google.aip.dev/160), and may not tell upper case from lower.
	got.Lists = slices.DeleteFunc(got.Lists, func(l userList) bool { return l.Name != del.Remote })
	switch len(got.Lists) {
	case 0:
		if del.Look {
			return userList{}, nil
		}
		return d.create(ctx, base, del.Remote)
	case 1:
		return got.Lists[0], nil
	}
	return userList{}, &cdp.Fatal{Reason: fmt.Sprintf("the account has %d audiences %q", len(got.Lists), del.Remote), Help: "name one by its id: audience: {id: ...}"}
}

func (d *Destination) create(ctx context.Context, path, name string) (userList, error) {
	in := userList{
		Name: name, Days: fmt.Sprintf("%ds", d.days*86_400),
		Info: &ingestInfo{Keys: []string{"CONTACT_ID"}, Contact: map[string]string{"dataSourceType": "DATA_SOURCE_TYPE_FIRST_PARTY"}},
	}
	var l userList
	if err := d.call(ctx, destination.Request{Method: http.MethodPost, Path: path}, in, &l, final); err != nil {
		return l, err
	}
	if l.ID == "" {
		return l, &destination.Uncertain{Status: http.StatusOK, Reason: "an answer without a list"}
	}
	return l, nil
}
