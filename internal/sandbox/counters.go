package sandbox

import (
	"cmp"
	"net/http"
	"slices"

	"github.com/kithdata/kith/internal/sandbox/fake"
)

type counterKey struct {
	Fake    string `json:"fake"`
	Account string `json:"account"`
	Method  string `json:"method"`
	Route   string `json:"route"`  // a pattern, never a value
	Status  int    `json:"status"` // 0 = no answer
	Fault   string `json:"fault,omitempty"`
}

// Counter is what came to one route of one account with one outcome, since the state began.
type Counter struct {
	counterKey
	Requests   int64 `json:"requests"`
	Rows       int64 `json:"rows"`
	Rejected   int64 `json:"rejected"`
	Duplicates int64 `json:"duplicates"`
	BytesIn    int64 `json:"bytes_in"`
	BytesOut   int64 `json:"bytes_out"`
}

func (c *Counter) numbers() []*int64 {
	return []*int64{&c.Requests, &c.Rows, &c.Rejected, &c.Duplicates, &c.BytesIn, &c.BytesOut}
}

func (c *Counter) add(r Recorded) {
	for i, n := range []int{1, r.Rows, r.Rejected, r.Duplicates, r.BytesIn, r.BytesOut} {
		*c.numbers()[i] += int64(n)
	}
}

func encCounter(tx *fake.Tx, c Counter) {
	tx.Op(core, opCounter)
	for _, s := range []string{c.Fake, c.Account, c.Method, c.Route, c.Fault} {
		tx.Str(s)
	}
	tx.Int(int64(c.Status))
	for _, n := range c.numbers() {
		tx.Int(*n)
	}
}

func decCounter(d *fake.Dec) (c Counter) {
	for _, s := range []*string{&c.Fake, &c.Account, &c.Method, &c.Route, &c.Fault} {
		*s = d.Str()
	}
	c.Status = int(d.Int())
	for _, n := range c.numbers() {
		*n = d.Int()
	}
	return c
}

// Counters sum up every request since the state began, of all processes. They only grow, until Reset: what one run did
// is the difference of two.
type Counters struct {
	Requests    int64     `json:"requests"`
	Rows        int64     `json:"rows"`         // applied
	Rejected    int64     `json:"rejected"`     // refused one by one
	Duplicates  int64     `json:"duplicates"`   // applied before
	RateLimited int64     `json:"rate_limited"` // 429, not counting those of faults
	Faults      int64     `json:"faults"`       // requests that met one
	By          []Counter `json:"by"`
}

// Of sums up the counters for which keep is true.
func (c Counters) Of(keep func(Counter) bool) Counters {
	var out Counters
	for _, one := range c.By {
		if !keep(one) {
			continue
		}
		out.By = append(out.By, one)
		out.Requests += one.Requests
		out.Rows += one.Rows
		out.Rejected += one.Rejected
		out.Duplicates += one.Duplicates
		switch {
		case one.Fault != "":
			out.Faults += one.Requests
		case one.Status == http.StatusTooManyRequests:
			out.RateLimited += one.Requests
		}
	}
	return out
}

// Counters returns the counters of now.
func (s *Sandbox) Counters() (Counters, error) {
	var all Counters
	err := s.locked(func(*fake.Tx) error {
		for _, c := range s.counters {
			all.By = append(all.By, *c)
		}
		return nil
	})
	slices.SortFunc(all.By, func(a, b Counter) int {
		return cmp.Or(cmp.Compare(a.Fake, b.Fake), cmp.Compare(a.Account, b.Account), cmp.Compare(a.Route, b.Route),
			cmp.Compare(a.Method, b.Method), cmp.Compare(a.Status, b.Status), cmp.Compare(a.Fault, b.Fault))
	})
	return all.Of(func(Counter) bool { return true }), err
}
