package klaviyo

import (
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/kithdata/kith/internal/sandbox/fake"
)

// subscribe subscribes profiles, at once or, where the list has double opt-in, when they confirm.
func subscribe(_ *Fake, q query) action {
	var in struct {
		Data struct {
			Attributes struct {
				Profiles struct {
					Data []struct {
						Attributes map[string]any `json:"attributes"`
					} `json:"data"`
				} `json:"profiles"`
			} `json:"attributes"`
			Relationships struct {
				List struct {
					Data struct {
						ID string `json:"id"`
					} `json:"data"`
				} `json:"list"`
			} `json:"relationships"`
		} `json:"data"`
	}
	if no := decode(q, &in); no != nil {
		return no
	}
	rows := in.Data.Attributes.Profiles.Data
	if len(rows) == 0 || len(rows) > maxMembers {
		return bad("Between 1 and 1000 profiles are allowed.", profilesAt)
	}
	return func(tx *fake.Tx, a *account) fake.Reply {
		id := in.Data.Relationships.List.Data.ID
		if id != "" && a.lists[id] == nil {
			return missing()
		}
		for _, r := range rows {
			channels, _ := r.Attributes["subscriptions"].(map[string]any)
			delete(r.Attributes, "subscriptions")
			p, no := a.upsert(tx, fake.Marshal(object{"type": "profile", "attributes": r.Attributes}), nil, false)
			if no != nil {
				continue
			}
			asked := slices.Sorted(maps.Keys(channels))
			if l := a.lists[id]; l != nil && !l.Single {
				a.pend(tx, l, p.ID, asked)
			} else {
				a.subscribed(tx, l, p, asked)
			}
		}
		reply := answer(http.StatusAccepted, nil)
		reply.Rows = len(rows)
		return reply
	}
}

// subscribed subscribes a profile to channels, which takes back what it had withdrawn, and to a list unless that is nil.
func (a *account) subscribed(tx *fake.Tx, l *list, p *Profile, channels []string) {
	now := *p
	now.Subscribed = channels
	a.put(&now)
	a.write(tx, opProfile, &now)
	if l != nil {
		a.member(tx, l, p.ID, true)
	}
}

// pend asks a profile to confirm that it joins a list; with no channels it is asked no more.
func (a *account) pend(tx *fake.Tx, l *list, profile string, channels []string) {
	a.setPending(l.ID, profile, channels)
	op(tx, a, opPending)
	tx.Str(l.ID)
	tx.Str(profile)
	tx.Str(strings.Join(channels, " "))
}

func (a *account) setPending(list, profile string, channels []string) {
	l := a.lists[list]
	switch {
	case l == nil:
	case len(channels) == 0:
		delete(l.Pending, profile)
	case l.Pending == nil:
		l.Pending = map[string][]string{profile: channels}
	default:
		l.Pending[profile] = channels
	}
}

// Confirm follows the links that a profile of an account was sent, by its address or number, and
// returns the number of lists that it joins.
func (f *Fake) Confirm(tx *fake.Tx, account, who string) (joined int) {
	a := f.account(account)
	f.advance(tx, a)
	p := a.find(map[string]any{"email": who})
	if p == nil {
		p = a.find(map[string]any{"phone_number": who})
	}
	if p == nil {
		return 0
	}
	for _, id := range slices.Sorted(maps.Keys(a.lists)) {
		l := a.lists[id]
		if channels := l.Pending[p.ID]; channels != nil {
			a.subscribed(tx, l, a.profiles[p.ID], channels)
			a.pend(tx, l, p.ID, nil)
			joined++
		}
	}
	return joined
}
