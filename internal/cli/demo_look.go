package cli

import (
	"cmp"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/kithdata/kith/internal/sandbox"
	"github.com/kithdata/kith/internal/sandbox/hubspot"
)

// look is what the sandbox holds at one moment. It is read from the sandbox's own
// state: what the story says of HubSpot is what HubSpot would show, not what kith
// thinks that it sent.
type look struct {
	requests int64 // since the look before
	total    int64
	contacts map[string]hubspot.Record // by id, archived ones too when they were there before
	address  map[string]string         // a contact's address to its id
}

// look reads the sandbox; before is the look before this one, or nil.
func (d *demonstration) look(before *look) (*look, error) {
	box, err := sandbox.Open(filepath.Join(d.session.project.Root, sandboxDir), sandbox.Options{})
	if err != nil {
		return nil, err
	}
	defer box.Close() //nolint:errcheck // it was only read
	counters, err := box.Counters()
	if err != nil {
		return nil, err
	}
	l := &look{total: counters.Requests, requests: counters.Requests, contacts: map[string]hubspot.Record{}, address: map[string]string{}}
	portal := box.HubSpot(sandboxToken(demoCRM))
	there, err := portal.Objects("contacts")
	if err != nil {
		return nil, err
	}
	for address, r := range there {
		l.contacts[r.ID], l.address[address] = r, r.ID
	}
	if before == nil {
		return l, nil
	}
	l.requests -= before.total
	for id := range before.contacts {
		if _, ok := l.contacts[id]; ok {
			continue
		}
		if r, ok, err := portal.Record("contacts", id); err != nil {
			return nil, err
		} else if ok {
			l.contacts[id] = r
		}
	}
	return l, nil
}

// demoCRM is the destination of the reference project whose contacts the story shows.
const demoCRM = "crm"

// of finds the contact that has an address.
func (l *look) of(address string) (hubspot.Record, bool) {
	r, ok := l.contacts[l.address[strings.ToLower(address)]]
	return r, ok
}

// became says what a contact of this look is in a later one: gone, or the
// properties that changed, the telling ones first.
func (l *look) became(later *look, address string) string {
	was, ok := l.of(address)
	if !ok {
		return "no contact"
	}
	is, ok := later.contacts[was.ID]
	switch {
	case !ok:
		return "the contact is gone"
	case is.Archived:
		return "the contact is in the recycle bin"
	}
	var changed []string
	for _, name := range slices.Sorted(maps.Keys(is.Properties)) {
		if was.Properties[name] != is.Properties[name] && !strings.HasSuffix(name, "modifieddate") {
			changed = append(changed, name)
		}
	}
	telling := []string{"email", "city", "lifetime_value"}
	slices.SortStableFunc(changed, func(a, b string) int {
		return cmp.Compare(slices.Index(telling, b), slices.Index(telling, a))
	})
	const most = 2
	text := ""
	for i, name := range changed {
		switch {
		case i < most:
			text += ", " + change(name, was.Properties[name], is.Properties[name])
		case i == len(changed)-1:
			text += fmt.Sprintf(", and %d more", len(changed)-most)
		}
	}
	if text == "" {
		return "unchanged"
	}
	return text[len(", "):]
}

func change(name, was, is string) string {
	if name == "email" {
		return "the same contact, with the new address " + maskID(is)
	}
	if was == "" {
		was = "(none)"
	}
	if is == "" {
		is = "(none)"
	}
	return name + " " + was + " -> " + is
}
