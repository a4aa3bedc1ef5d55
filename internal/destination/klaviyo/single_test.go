package klaviyo_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/destination/destinationtest"
	"github.com/kithdata/kith/internal/destination/klaviyo"
	"github.com/kithdata/kith/internal/sandbox"
	fake "github.com/kithdata/kith/internal/sandbox/klaviyo"
)

func clearing(i int) cdp.Delta {
	r := person(i)
	r.Fields = json.RawMessage(fmt.Sprintf(`{"first_name":"Annabel %d","location.city":null,"ltv":null}`, i))
	return r
}

// TestSuiteClearing: profiles of which something is cleared go one by one.
func TestSuiteClearing(t *testing.T) {
	t.Parallel()
	h := harness(profiles, clearing, badAddress(clearing), func(t *testing.T, box *sandbox.Sandbox) []string {
		var keys []string
		for k := range must2(box.Klaviyo(secret).Profiles())(t) {
			keys = append(keys, k)
		}
		return keys
	})
	h.Limits = h.Spec.Limits
	h.Limits.MaxRows = klaviyo.Spec().Write(cdp.Object).Clearing.MaxRows
	destinationtest.Suite(t, h)
}

// TestClearingOfSome: of a batch only the rows that clear something go one by one; what
// one of them meets is said of it, and the rows after it are left for another try.
func TestClearingOfSome(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		fault sandbox.Fault
		want  []cdp.Fate
		after time.Duration
	}{
		"none": {want: []cdp.Fate{cdp.Pending, cdp.Delivered, cdp.Rejected, cdp.Delivered, cdp.Pending, cdp.Delivered}},
		"429":  {sandbox.Fault{Status: 429, Header: map[string]string{"Retry-After": "3"}}, []cdp.Fate{cdp.Pending, cdp.Delivered, cdp.Rejected, cdp.Deferred, cdp.Pending, cdp.Deferred}, 3 * time.Second},
		"503":  {sandbox.Fault{Status: 503, Header: map[string]string{"Retry-After": "3"}}, []cdp.Fate{cdp.Pending, cdp.Delivered, cdp.Rejected, cdp.Unknown, cdp.Pending, cdp.Deferred}, 3 * time.Second},
		"502":  {sandbox.Fault{Status: 502}, []cdp.Fate{cdp.Pending, cdp.Delivered, cdp.Rejected, cdp.Unknown, cdp.Pending, cdp.Deferred}, 0},
		"403":  {sandbox.Fault{Status: 403}, []cdp.Fate{cdp.Pending, cdp.Delivered, cdp.Rejected, cdp.Deferred, cdp.Pending, cdp.Deferred}, 0},
	} {
		d, box := start(t, fake.Config{}, nil)
		if c.fault.Status != 0 {
			c.fault.Path, c.fault.Nth, c.fault.Do = "/klaviyo/api/profile-import", 3, sandbox.Answer
			if err := box.SetFaults([]sandbox.Fault{c.fault}); err != nil {
				t.Fatal(err)
			}
		}
		res := push(t, d, profiles, cdp.Add, person(0), clearing(1), badAddress(clearing)(2), clearing(3), person(4), clearing(5))
		var fates []cdp.Fate
		for i, r := range res {
			fates = append(fates, r.Fate)
			if r.Fate == cdp.Deferred && r.After != c.after {
				t.Errorf("%s: row %d after %s", name, i, r.After)
			}
		}
		if !slices.Equal(fates, c.want) {
			t.Errorf("%s: %v, want %v", name, fates, c.want)
		}
		if r := res[2]; r.Code != cdp.InvalidValue || r.Vendor != "invalid" || strings.Contains(r.Reason, "@") {
			t.Errorf("%s: %+v", name, r)
		}
		if jobs := must2(box.Klaviyo(secret).Jobs())(t); !slices.Equal(jobs, []int{2}) {
			t.Errorf("%s: jobs of %v profiles", name, jobs)
		}
	}
}

// TestNothingCleared: what ends the first call is the error of the batch, as nothing of
// it was applied.
func TestNothingCleared(t *testing.T) {
	t.Parallel()
	d, box := start(t, fake.Config{}, nil)
	if err := box.SetFaults([]sandbox.Fault{{Path: "/klaviyo/api/profile-import", Do: sandbox.Answer, Status: 403}}); err != nil {
		t.Fatal(err)
	}
	_, err := d.Push(t.Context(), cdp.Batch{Delivery: profiles, Op: cdp.Change, Clearing: true, Rows: []cdp.Delta{clearing(1), clearing(2)}})
	var fatal *cdp.Fatal
	if !errors.As(err, &fatal) {
		t.Errorf("%v", err)
	}
}
