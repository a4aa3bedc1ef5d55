package klaviyo

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/kithdata/kith/internal/sandbox/fake"
)

// account is what one account holds.
type account struct {
	id       string
	last     int64 // the highest number given out
	profiles map[string]*Profile
	byValue  map[string]string // "email=ada@example.com" to the id of a profile
	lists    map[string]*list
	jobs     map[string]*job
	open     []string // jobs that have not ended, oldest first
	events   map[string]Event
	windows  [4]window // a second and a minute, of the bulk endpoints and of reading the account
}

type window struct{ start, used int64 }

// Profile is a profile. It is replaced, never changed in place.
type Profile struct {
	ID         string         `json:"id"`
	Attributes map[string]any `json:"attributes"` // location and properties are objects of their own
	Subscribed []string       `json:"subscribed,omitempty"`
	Imports    int64          `json:"imports"` // how often it was written
}

// list is a list with its members.
type list struct {
	ID      string          `json:"id"`
	Name    string          `json:"name"`
	Created time.Time       `json:"created"`
	Members map[string]bool `json:"members,omitempty"`
	Single  bool            `json:"single,omitempty"` // opt-in
	// Pending are the channels of profiles that were asked to confirm a subscription.
	Pending map[string][]string `json:"pending,omitempty"`
}

// job is a bulk import job. Profiles are those that it will write.
type job struct {
	ID       string            `json:"id"`
	Created  time.Time         `json:"created"`
	Due      time.Time         `json:"due"`
	Status   string            `json:"status"`
	Cancel   bool              `json:"cancel,omitempty"`
	Lists    []string          `json:"lists,omitempty"`
	Profiles []json.RawMessage `json:"profiles,omitempty"`
	Total    int               `json:"total"`
	Errors   []importError     `json:"errors,omitempty"`
}

type importError struct {
	Code, Title, Detail, Pointer string
	Payload                      json.RawMessage
}

// Event is an event that was taken.
type Event struct {
	Metric     string          `json:"metric"`
	Profile    string          `json:"profile"`
	UniqueID   string          `json:"unique_id"`
	Attributes json.RawMessage `json:"attributes"`
}

// The operations of the journal. A code is never reused for another meaning.
const (
	opProfile byte = 1 // a whole profile
	opList    byte = 2 // a list without its members
	opMember  byte = 3 // a profile that joined a list or left it
	opJob     byte = 4 // a whole job
	opEvent   byte = 5
	opWindow  byte = 6
	opLast    byte = 7 // the highest number given out
	opPending byte = 8 // channels that a profile was asked to confirm; none when it did
)

func newAccount(id string) *account {
	return &account{
		id: id, profiles: map[string]*Profile{}, byValue: map[string]string{}, lists: map[string]*list{},
		jobs: map[string]*job{}, events: map[string]Event{},
	}
}

// next makes an id that no other account has.
func (a *account) next(tx *fake.Tx) string {
	a.last++
	op(tx, a, opLast)
	tx.Int(a.last)
	return fmt.Sprintf("01%s%010d", a.id, a.last)
}

func op(tx *fake.Tx, a *account, code byte) {
	tx.Op(Name, code)
	tx.Str(a.id)
}

var keys = []string{"email", "phone_number", "external_id"}

func (a *account) put(p *Profile) {
	if old := a.profiles[p.ID]; old != nil {
		for _, k := range keys {
			if v := old.text(k); a.byValue[k+"="+v] == p.ID {
				delete(a.byValue, k+"="+v)
			}
		}
	}
	a.profiles[p.ID] = p
	for _, k := range keys {
		if v := p.text(k); v != "" {
			a.byValue[k+"="+v] = p.ID
		}
	}
}

func (p *Profile) text(name string) string {
	s, _ := p.Attributes[name].(string)
	if name == "email" {
		return strings.ToLower(s)
	}
	return s
}

// find looks a profile up by the identifiers of an attributes object.
func (a *account) find(attributes map[string]any) *Profile {
	probe := Profile{Attributes: attributes}
	for _, k := range keys {
		if v := probe.text(k); v != "" {
			if id := a.byValue[k+"="+v]; id != "" {
				return a.profiles[id]
			}
		}
	}
	return nil
}

func (a *account) write(tx *fake.Tx, code byte, v any) {
	op(tx, a, code)
	tx.Bytes(fake.Marshal(v))
}

func encWindow(tx *fake.Tx, a *account, i int) {
	op(tx, a, opWindow)
	tx.Int(int64(i))
	tx.Int(a.windows[i].start)
	tx.Int(a.windows[i].used)
}

func (a *account) member(tx *fake.Tx, l *list, profile string, in bool) {
	a.setMember(l.ID, profile, in)
	op(tx, a, opMember)
	tx.Str(l.ID)
	tx.Str(profile)
	tx.Bool(in)
}

func (a *account) setMember(list, profile string, in bool) {
	l := a.lists[list]
	if l == nil {
		return
	}
	if l.Members == nil {
		l.Members = map[string]bool{}
	}
	if in {
		l.Members[profile] = true
	} else {
		delete(l.Members, profile)
	}
}

func (a *account) setJob(j *job) {
	a.jobs[j.ID] = j
	at := slices.Index(a.open, j.ID)
	switch {
	case j.Status == "complete" || j.Status == "cancelled":
		if at >= 0 {
			a.open = slices.Delete(a.open, at, at+1)
		}
	case at < 0:
		a.open = append(a.open, j.ID)
	}
}

func (e Event) key() string { return e.Metric + "\x00" + e.Profile + "\x00" + e.UniqueID }

// Apply repeats an operation.
func (f *Fake) Apply(code byte, d *fake.Dec) error {
	a := f.account(d.Str())
	read := func(v any) error {
		raw := d.Raw()
		if d.Err() != nil {
			return d.Err()
		}
		return json.Unmarshal(raw, v)
	}
	switch code {
	case opProfile:
		var p Profile
		if err := read(&p); err != nil {
			return err
		}
		a.put(&p)
	case opList:
		var l list
		if err := read(&l); err != nil {
			return err
		}
		if old := a.lists[l.ID]; old != nil {
			l.Members, l.Pending = old.Members, old.Pending
		}
		a.lists[l.ID] = &l
	case opMember:
		a.setMember(d.Str(), d.Str(), d.Bool())
	case opPending:
		a.setPending(d.Str(), d.Str(), strings.Fields(d.Str()))
	case opJob:
		var j job
		if err := read(&j); err != nil {
			return err
		}
		a.setJob(&j)
	case opEvent:
		var e Event
		if err := read(&e); err != nil {
			return err
		}
		a.events[e.key()] = e
	case opWindow:
		if i := d.Int(); i >= 0 && i < int64(len(a.windows)) {
			a.windows[i] = window{d.Int(), d.Int()}
		}
	case opLast:
		a.last = d.Int()
	default:
		return fmt.Errorf("unknown operation %d of %s", code, Name)
	}
	return d.Err()
}

// Snapshot writes every account.
func (f *Fake) Snapshot(tx *fake.Tx, flush func() error) error {
	for _, id := range slices.Sorted(maps.Keys(f.accounts)) {
		a := f.accounts[id]
		op(tx, a, opLast)
		tx.Int(a.last)
		for i := range a.windows {
			encWindow(tx, a, i)
		}
		for _, p := range a.profiles {
			a.write(tx, opProfile, p)
			if err := flush(); err != nil {
				return err
			}
		}
		for _, l := range a.lists {
			a.write(tx, opList, list{ID: l.ID, Name: l.Name, Created: l.Created, Single: l.Single})
			for m := range l.Members {
				a.member(tx, l, m, true)
				if err := flush(); err != nil {
					return err
				}
			}
		}
		for _, l := range a.lists {
			for profile, channels := range l.Pending {
				a.pend(tx, l, profile, channels)
			}
		}
		for _, j := range a.sortedJobs() {
			a.write(tx, opJob, j)
			if err := flush(); err != nil {
				return err
			}
		}
		for _, e := range a.events {
			a.write(tx, opEvent, e)
			if err := flush(); err != nil {
				return err
			}
		}
	}
	return flush()
}

func (a *account) sortedJobs() []*job {
	return slices.SortedFunc(maps.Values(a.jobs), func(x, y *job) int {
		return cmp.Or(x.Created.Compare(y.Created), cmp.Compare(x.ID, y.ID))
	})
}
