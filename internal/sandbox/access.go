package sandbox

import (
	"maps"
	"slices"

	"github.com/kithdata/kith/internal/sandbox/datamanager"
	"github.com/kithdata/kith/internal/sandbox/fake"
	"github.com/kithdata/kith/internal/sandbox/hubspot"
	"github.com/kithdata/kith/internal/sandbox/klaviyo"
	"github.com/kithdata/kith/internal/sandbox/webhook"
)

// Requests returns the most recent requests, oldest first; those whose bodies are still kept have them.
func (s *Sandbox) Requests() ([]Recorded, error) {
	var all []Recorded
	err := s.locked(func(*fake.Tx) error {
		all = s.log.all()
		for i := range all[max(0, len(all)-s.opts.Bodies):] {
			r := &all[max(0, len(all)-s.opts.Bodies)+i]
			fill(r, s.bodies.get(r.Seq))
		}
		return nil
	})
	return all, err
}

// State is a copy of the state of every fake, by its name, with at most limit records of a kind; 0 = all.
func (s *Sandbox) State(limit int) (map[string]any, error) {
	out := map[string]any{}
	err := s.locked(func(*fake.Tx) error {
		for _, name := range fakeNames() {
			f, _ := s.fake(name)
			out[name] = f.State(limit)
		}
		return nil
	})
	return out, err
}

// HubSpot looks into the portal of a token.
func (s *Sandbox) HubSpot(token string) Portal { return Portal{s: s, account: hubspot.Account(token)} }

// Portal reads one HubSpot account. Every call copies the state of its moment; on an error of the state's files it
// returns the error.
type Portal struct {
	s       *Sandbox
	account string
}

// Account is the portal's number.
func (p Portal) Account() string { return p.account }

// Define makes the properties of a type that the portal does not have; requests that are counted are not made.
func (p Portal) Define(objectType string, list []hubspot.Property) error {
	return p.s.locked(func(tx *fake.Tx) error { p.s.hubspot.Define(tx, p.account, objectType, list); return nil })
}

// Objects copies the records of a type that are not archived, by key: a contact's address; else the value of the first
// unique property, by name, that the record has; else its id.
func (p Portal) Objects(objectType string) (records map[string]hubspot.Record, err error) {
	err = p.s.locked(func(*fake.Tx) error { records = p.s.hubspot.Objects(p.account, objectType); return nil })
	return records, err
}

// Record copies one record, archived or not, by its id.
func (p Portal) Record(objectType, id string) (r hubspot.Record, ok bool, err error) {
	err = p.s.locked(func(*fake.Tx) error { r, ok = p.s.hubspot.Record(p.account, objectType, id); return nil })
	return r, ok, err
}

// Lists copies the lists, by name; their members are ids of records.
func (p Portal) Lists() (lists map[string]hubspot.List, err error) {
	err = p.s.locked(func(*fake.Tx) error { lists = p.s.hubspot.Lists(p.account); return nil })
	return lists, err
}

// Members returns the members of a list by the keys that Objects uses, sorted.
func (p Portal) Members(list string) (keys []string, err error) {
	err = p.s.locked(func(*fake.Tx) error {
		l := p.s.hubspot.Lists(p.account)[list]
		byID := map[string]string{}
		for key, r := range p.s.hubspot.Objects(p.account, l.ObjectType) {
			byID[r.ID] = key
		}
		for _, id := range l.Members {
			keys = append(keys, byID[id])
		}
		return nil
	})
	slices.Sort(keys)
	return keys, err
}

// Webhook looks into one receiver.
func (s *Sandbox) Webhook(name string) Receiver { return Receiver{s: s, name: name} }

// ConfigureWebhook changes how a receiver behaves, in this process only: a secret is never written to a file.
func (s *Sandbox) ConfigureWebhook(name string, c webhook.Config) error {
	return s.locked(func(*fake.Tx) error { s.webhook.Configure(name, c); return nil })
}

// Receiver reads one webhook receiver. Every call copies the state of its moment.
type Receiver struct {
	s    *Sandbox
	name string
}

// Rows copies the current rows of an object or an audience, by key, or by row_id for rows without one. A name that is
// both an object and an audience shows the object's and the audience's rows together.
func (r Receiver) Rows(name string) (map[string]webhook.Row, error) {
	return r.rows(name, webhook.Audience, webhook.Object)
}

// Events copies the events of a name, by idempotency key; Duplicates says how often each came again.
func (r Receiver) Events(name string) (map[string]webhook.Row, error) {
	return r.rows(name, webhook.Event)
}

func (r Receiver) rows(name string, kinds ...webhook.Kind) (map[string]webhook.Row, error) {
	out := map[string]webhook.Row{}
	err := r.s.locked(func(*fake.Tx) error {
		for _, kind := range kinds {
			maps.Copy(out, r.s.webhook.Rows(r.name, kind, name))
		}
		return nil
	})
	return out, err
}

// RepeatedBatches counts the batches that came again under their idempotency key.
func (r Receiver) RepeatedBatches() (n int64, err error) {
	err = r.s.locked(func(*fake.Tx) error { n = r.s.webhook.RepeatedBatches(r.name); return nil })
	return n, err
}

// Klaviyo looks into the account of a token.
func (s *Sandbox) Klaviyo(token string) KlaviyoAccount {
	return KlaviyoAccount{s: s, account: klaviyo.Account(token)}
}

// KlaviyoAccount reads one Klaviyo account. Every call copies the state of its moment, in which jobs whose time has come
// have ended.
type KlaviyoAccount struct {
	s       *Sandbox
	account string
}

// Profiles copies the profiles, by address, else phone number, else external id.
func (a KlaviyoAccount) Profiles() (out map[string]klaviyo.Profile, err error) {
	err = a.s.locked(func(tx *fake.Tx) error { out = a.s.klaviyo.Profiles(tx, a.account); return nil })
	return out, err
}

// Lists are the lists by name, with what their members are known by, sorted.
func (a KlaviyoAccount) Lists() (out map[string][]string, err error) {
	err = a.s.locked(func(tx *fake.Tx) error { out = a.s.klaviyo.Lists(tx, a.account); return nil })
	return out, err
}

// Confirm confirms the subscriptions of an address or a number that wait for that, and returns the number of lists it joins.
func (a KlaviyoAccount) Confirm(who string) (joined int, err error) {
	err = a.s.locked(func(tx *fake.Tx) error { joined = a.s.klaviyo.Confirm(tx, a.account, who); return nil })
	return joined, err
}

// Events copies the events.
func (a KlaviyoAccount) Events() (out []klaviyo.Event, err error) {
	err = a.s.locked(func(*fake.Tx) error { out = a.s.klaviyo.Events(a.account); return nil })
	return out, err
}

// Jobs are the sizes of the import jobs, oldest first.
func (a KlaviyoAccount) Jobs() (out []int, err error) {
	err = a.s.locked(func(*fake.Tx) error { out = a.s.klaviyo.Jobs(a.account); return nil })
	return out, err
}

// Google looks into what belongs to a refresh token, or to the address of a service account.
func (s *Sandbox) Google(credential string) GoogleAccount {
	return GoogleAccount{s: s, account: datamanager.Account(credential)}
}

// GoogleAccount reads one Google account. Every call copies the state of its moment, in which requests whose time has
// come were processed.
type GoogleAccount struct {
	s       *Sandbox
	account string
}

// Lists are the lists by name: the identifiers of their members ("email:" and a hash), each with how often it was
// ingested.
func (a GoogleAccount) Lists() (out map[string]map[string]int, err error) {
	err = a.s.locked(func(tx *fake.Tx) error { out = a.s.google.Lists(tx, a.account); return nil })
	return out, err
}

// Requests are how many members each ingest had, and each removal (negative), oldest first.
func (a GoogleAccount) Requests() (out []int, err error) {
	err = a.s.locked(func(*fake.Tx) error { out = a.s.google.Requests(a.account); return nil })
	return out, err
}
