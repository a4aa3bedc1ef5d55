package diag_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kithdata/kith/internal/diag"
)

func TestNear(t *testing.T) {
	for _, test := range []struct {
		name, candidates, want string
	}{
		{"emial", "name email emails phone", "email"}, // a swap is one slip
		{"lifetme_value", "lifetime_value last_value", "lifetime_value"},
		{"life_time_val", "lifetime_value", "lifetime_value"},
		{"Email", "email", "email"},         // only the case differs
		{"email", "email emails", "emails"}, // not itself
		{"vip", "vips zip", "vips zip"},     // one slip in three characters
		{"vip", "gap churned", ""},          // two are too many
		{"id", "ip uid x", "ip uid"},        // short names
		{"x", "y", ""},                      // nothing in common
		{"", "a ab", ""},
		{"orders", "", ""},
		{"ordres", "orders orders", "orders"}, // a candidate named twice
		{"aaaaaa", "aaaaab baaaaa aaaaa aaa", "aaaaa aaaaab baaaaa"},
		{"traits", "trait tarits strait trains", "tarits trains trait"}, // at most three, by name when equal
		{"größe", "grosse größte", "größte"},                            // characters, not bytes
		{"an_extremely_long_trait_name", "an_extremely_lengthy_trait_name an_extremely_short_trait_name", ""},
		{"ca", "abc", ""},
	} {
		got := diag.Near(test.name, strings.Fields(test.candidates))
		if d := cmp.Diff(strings.Fields(test.want), append([]string{}, got...)); d != "" {
			t.Errorf("%s among %s:\n%s", test.name, test.candidates, d)
		}
	}
}

func TestNearIsQuickOnLongInput(t *testing.T) {
	long := strings.Repeat("x", 1<<20)
	if got := diag.Near(long, []string{"email", "phone"}); got != nil {
		t.Errorf("got %q", got)
	}
}

func TestDidYouMean(t *testing.T) {
	if got, want := diag.DidYouMean("emial", []string{"emails", "email"}), `did you mean "email"?`; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := diag.DidYouMean("zebra", []string{"emails", "email"}); got != "" {
		t.Errorf("got %q, want nothing", got)
	}
}
