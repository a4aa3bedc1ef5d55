package hubspot

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/kithdata/kith/internal/sandbox/fake"
)

// Limits are requests per account. Zero is HubSpot's figure for a Professional portal, less than zero is no limit.
type Limits struct {
	TenSecondly int // in a fixed window of 10 s that begins with its first request; 190
	Daily       int // per UTC day; 650,000
	Search      int // per second, for the search endpoints; 5
}

func (l Limits) withDefaults() Limits {
	def := func(v *int, n int) {
		if *v == 0 {
			*v = n
		}
	}
	def(&l.TenSecondly, 190)
	def(&l.Daily, 650_000)
	def(&l.Search, 5)
	return l
}

const (
	burst = iota
	daily
	secondly
	policies
)

// window is how much of a policy's present window is used.
type window struct {
	start int64 // unix ms
	used  int64
}

type policy struct {
	name string
	max  int
	ends func(start int64) int64
}

func (f *Fake) policy(i int) policy {
	switch i {
	case daily:
		return policy{"DAILY", f.limits.Daily, func(start int64) int64 {
			return time.UnixMilli(start).UTC().Truncate(24 * time.Hour).Add(24 * time.Hour).UnixMilli()
		}}
	case secondly:
		return policy{"SECONDLY", f.limits.Search, func(start int64) int64 { return start + 1000 }}
	default:
		return policy{"TEN_SECONDLY_ROLLING", f.limits.TenSecondly, func(start int64) int64 { return start + 10_000 }}
	}
}

// admit counts the request against its policies, or refuses it; a refused request is not counted. The headers are those
// of HubSpot; there is no Retry-After, as with HubSpot.
func (f *Fake) admit(tx *fake.Tx, p *portal, search bool) (http.Header, fake.Reply) {
	now := tx.Now.UnixMilli()
	use := []int{daily, burst}
	if search {
		use = append(use, secondly)
	}
	for _, i := range use {
		pol, w := f.policy(i), &p.windows[i]
		if now >= pol.ends(w.start) {
			*w = window{start: now}
		}
		if pol.max >= 0 && w.used >= int64(pol.max) {
			return f.rateHeaders(p), answer(http.StatusTooManyRequests, limited(pol.name, id(tx)))
		}
	}
	for _, i := range use {
		p.windows[i].used++
		encWindow(tx, p, i)
	}
	return f.rateHeaders(p), fake.Reply{}
}

func limited(policyName, correlation string) failure {
	return failure{
		Status: "error", ErrorType: "RATE_LIMIT", PolicyName: policyName, CorrelationID: correlation, RequestID: correlation,
		Message: "You have reached your " + strings.ToLower(policyName) + " limit.",
	}
}

func (f *Fake) rateHeaders(p *portal) http.Header {
	h := http.Header{}
	set := func(name string, v int64) { h["X-Hubspot-Ratelimit-"+name] = []string{strconv.FormatInt(v, 10)} }
	if n := f.limits.Daily; n >= 0 {
		set("Daily", int64(n))
		set("Daily-Remaining", max(0, int64(n)-p.windows[daily].used))
	}
	if n := f.limits.TenSecondly; n >= 0 {
		set("Interval-Milliseconds", 10_000)
		set("Max", int64(n))
		set("Remaining", max(0, int64(n)-p.windows[burst].used))
	}
	return h
}
