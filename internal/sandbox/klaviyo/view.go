package klaviyo

import (
	"maps"
	"slices"

	"github.com/kithdata/kith/internal/sandbox/fake"
)

// State copies every account, for the admin pages.
func (f *Fake) State(limit int) any {
	type shown struct {
		Profiles map[string]Profile  `json:"profiles"`
		Lists    map[string][]string `json:"lists"`
		Jobs     map[string]string   `json:"jobs"`
		Events   int                 `json:"events"`
	}
	out := map[string]shown{}
	for id, a := range f.accounts {
		s := shown{Profiles: map[string]Profile{}, Lists: a.members(), Jobs: map[string]string{}, Events: len(a.events)}
		for _, p := range a.profiles {
			if limit > 0 && len(s.Profiles) == limit {
				break
			}
			s.Profiles[p.ID] = *p
		}
		for _, j := range a.jobs {
			if limit > 0 && len(s.Jobs) == limit {
				break
			}
			s.Jobs[j.ID] = j.Status
		}
		out[id] = s
	}
	return out
}

// members are the lists by name, with what their members are known by.
func (a *account) members() map[string][]string {
	out := map[string][]string{}
	for _, l := range a.lists {
		list := []string{}
		for id := range l.Members {
			list = append(list, a.profiles[id].known())
		}
		slices.Sort(list)
		out[l.Name] = list
	}
	return out
}

// known is what a profile is known by: its address, else its phone number, else its external id.
func (p *Profile) known() string {
	for _, k := range keys {
		if v := p.text(k); v != "" {
			return v
		}
	}
	return p.ID
}

// Profiles copies the profiles of an account, by what they are known by.
func (f *Fake) Profiles(tx *fake.Tx, account string) map[string]Profile {
	a := f.account(account)
	f.advance(tx, a)
	out := map[string]Profile{}
	for _, p := range a.profiles {
		x := *p
		x.Attributes = maps.Clone(p.Attributes)
		out[p.known()] = x
	}
	return out
}

// Lists are the lists of an account by name, with what their members are known by, sorted.
func (f *Fake) Lists(tx *fake.Tx, account string) map[string][]string {
	a := f.account(account)
	f.advance(tx, a)
	return a.members()
}

// Events copies the events of an account.
func (f *Fake) Events(account string) []Event {
	return slices.Collect(maps.Values(f.account(account).events))
}

// Jobs are the import jobs of an account: their number of profiles, oldest first.
func (f *Fake) Jobs(account string) []int {
	var out []int
	for _, j := range f.account(account).sortedJobs() {
		out = append(out, j.Total)
	}
	return out
}
