package datamanager

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/kithdata/kith/internal/sandbox/fake"
)

// account is what belongs to one credential.
type account struct {
	id       string
	last     int64            // the highest number given out
	tokens   map[string]int64 // by number: when it ends, unix ms
	lists    map[string]*list
	requests map[string]*request
	open     []string // requests that are not processed, oldest first
	minute   window
}

type window struct{ start, used int64 }

type list struct {
	ID      string         `json:"id"`
	Path    string         `json:"path"`
	Name    string         `json:"name"`
	Days    string         `json:"days"`
	Members map[string]int `json:"members,omitempty"` // identifiers, and how often each was ingested
}

// request is an ingest or a removal. Members are the identifiers of each.
type request struct {
	ID      string         `json:"id"`
	Made    time.Time      `json:"made"`
	Due     time.Time      `json:"due"`
	List    string         `json:"list"`
	Ingest  bool           `json:"ingest"`
	Members [][]string     `json:"members,omitempty"`
	Records int            `json:"records"`
	Idents  int            `json:"idents"`
	Fail    string         `json:"fail,omitempty"` // reason for which it will fail
	Status  string         `json:"status"`
	Errors  map[string]int `json:"errors,omitempty"`
}

// The operations of the journal. A code is never reused for another meaning.
const (
	opLast    byte = 1
	opToken   byte = 2
	opList    byte = 3 // a list without its members
	opMembers byte = 4 // identifiers that came into a list or left it
	opRequest byte = 5
	opWindow  byte = 6
)

func newAccount(id string) *account {
	return &account{id: id, tokens: map[string]int64{}, lists: map[string]*list{}, requests: map[string]*request{}}
}

func op(tx *fake.Tx, a *account, code byte) {
	tx.Op(Name, code)
	tx.Str(a.id)
}

func (a *account) next(tx *fake.Tx) int64 {
	a.last++
	op(tx, a, opLast)
	tx.Int(a.last)
	return a.last
}

func (a *account) good(token string, now time.Time) bool { return a.tokens[token] > now.UnixMilli() }

func (a *account) write(tx *fake.Tx, code byte, v any) {
	op(tx, a, code)
	tx.Bytes(fake.Marshal(v))
}

func (a *account) issue(tx *fake.Tx, life time.Duration) string {
	n := strconv.FormatInt(a.next(tx), 10)
	a.tokens[n] = tx.Now.Add(life).UnixMilli()
	op(tx, a, opToken)
	tx.Str(n)
	tx.Int(a.tokens[n])
	return "ya29." + a.id + "." + n
}

func (a *account) change(tx *fake.Tx, l *list, in bool, idents []string) {
	a.set(l.ID, in, idents)
	op(tx, a, opMembers)
	tx.Str(l.ID)
	tx.Bool(in)
	tx.Bytes(fake.Marshal(idents))
}

func (a *account) set(id string, in bool, idents []string) {
	l := a.lists[id]
	if l == nil {
		return
	}
	if l.Members == nil {
		l.Members = map[string]int{}
	}
	for _, x := range idents {
		if in {
			l.Members[x]++
		} else {
			delete(l.Members, x)
		}
	}
}

func (a *account) setRequest(r *request) {
	a.requests[r.ID] = r
	at := slices.Index(a.open, r.ID)
	switch {
	case r.Status != "PROCESSING" && at >= 0:
		a.open = slices.Delete(a.open, at, at+1)
	case r.Status == "PROCESSING" && at < 0:
		a.open = append(a.open, r.ID)
	}
}

// Apply repeats an operation.
func (f *Fake) Apply(code byte, d *fake.Dec) error {
	a := f.account(d.Str())
	switch code {
	case opLast:
		a.last = d.Int()
	case opToken:
		n := d.Str()
		a.tokens[n] = d.Int()
	case opList:
		var l list
		if err := json.Unmarshal(d.Raw(), &l); err != nil {
			return err
		}
		if old := a.lists[l.ID]; old != nil {
			l.Members = old.Members
		}
		a.lists[l.ID] = &l
	case opMembers:
		id, in := d.Str(), d.Bool()
		var idents []string
		if err := json.Unmarshal(d.Raw(), &idents); err != nil {
			return err
		}
		a.set(id, in, idents)
	case opRequest:
		var r request
		if err := json.Unmarshal(d.Raw(), &r); err != nil {
			return err
		}
		a.setRequest(&r)
	case opWindow:
		a.minute = window{d.Int(), d.Int()}
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
		encWindow(tx, a)
		for _, n := range slices.Sorted(maps.Keys(a.tokens)) {
			op(tx, a, opToken)
			tx.Str(n)
			tx.Int(a.tokens[n])
		}
		for _, l := range a.lists {
			a.write(tx, opList, list{ID: l.ID, Path: l.Path, Name: l.Name, Days: l.Days})
			for x, n := range l.Members {
				for range n {
					op(tx, a, opMembers)
					tx.Str(l.ID)
					tx.Bool(true)
					tx.Bytes(fake.Marshal([]string{x}))
				}
				if err := flush(); err != nil {
					return err
				}
			}
		}
		for _, n := range slices.Sorted(maps.Keys(a.requests)) {
			a.write(tx, opRequest, a.requests[n])
			if err := flush(); err != nil {
				return err
			}
		}
	}
	return flush()
}

func encWindow(tx *fake.Tx, a *account) {
	op(tx, a, opWindow)
	tx.Int(a.minute.start)
	tx.Int(a.minute.used)
}

// State copies every account, for the admin pages.
func (f *Fake) State(limit int) any {
	type shown struct {
		Lists    map[string][]string `json:"lists"`
		Requests map[string]string   `json:"requests"`
	}
	out := map[string]shown{}
	for id, a := range f.accounts {
		s := shown{Lists: map[string][]string{}, Requests: map[string]string{}}
		for _, l := range a.lists {
			members := slices.Sorted(maps.Keys(l.Members))
			if limit > 0 {
				members = members[:min(limit, len(members))]
			}
			s.Lists[l.Name] = members
		}
		for _, r := range a.requests {
			if limit > 0 && len(s.Requests) == limit {
				break
			}
			s.Requests[r.ID] = r.Status
		}
		out[id] = s
	}
	return out
}

// Lists are the lists of an account by name: the identifiers of their members, each with how often it was ingested.
func (f *Fake) Lists(tx *fake.Tx, account string) map[string]map[string]int {
	a := f.account(account)
	f.advance(tx, a)
	out := map[string]map[string]int{}
	for _, l := range a.lists {
		out[l.Name] = maps.Clone(l.Members)
	}
	return out
}

// Requests are the ingests and removals of an account: how many members each had, removals negative, oldest first.
func (f *Fake) Requests(account string) []int {
	a := f.account(account)
	var ids []int
	sizes := map[int]int{}
	for _, r := range a.requests {
		n, _ := strconv.Atoi(r.ID[len("req-"+a.id+"-"):])
		ids = append(ids, n)
		sizes[n] = r.Records
		if !r.Ingest {
			sizes[n] = -r.Records
		}
	}
	slices.Sort(ids)
	out := make([]int, len(ids))
	for i, n := range ids {
		out[i] = sizes[n]
	}
	return out
}
