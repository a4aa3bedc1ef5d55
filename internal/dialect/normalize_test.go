package dialect_test

import (
	"testing"

	"github.com/kithdata/kith/internal/cdp"
)

// TestNormalize holds the golden vectors of the identity page, section 4, and what
// real exports have taught; every dialect gives the same. want nil: not valid.
func TestNormalize(t *testing.T) {
	cases := []struct {
		kind, value, region string
		want                any
	}{
		{"email", " Ann.Lee+news@Example.COM\t\n", "", "ann.lee+news@example.com"},
		{"email", "\u00a0ann@example.com\u200b", "", "ann@example.com"},
		{"email", "ann@ex\u00a0ample.com", "", nil},
		{"email", "ANN@MÜNCHEN.DE", "", "ann@münchen.de"},
		{"email", "ann@example", "", nil},
		{"email", "ann@example.c", "", nil},
		{"email", "ann@@example.com", "", nil},
		{"email", "ann lee@example.com", "", nil},
		{"email", "ann@example.com, bob@example.com", "", nil},
		{"email", "<ann@example.com>", "", nil},
		{"email", "@example.com", "", nil},
		{"email", "", "", nil},
		{"email", "null", "", nil},
		{"gmail", "Ann.Lee+news@GoogleMail.com", "", "annlee@gmail.com"},
		{"gmail", "Ann.Lee+news@example.com", "", "ann.lee+news@example.com"},
		{"gmail", "+@gmail.com", "", nil},

		// the formatting page of Google's Data Manager API, November 2026
		{"mailbox", "cloudy.sanfrancisco+shopping@gmail.com", "", "cloudysanfrancisco@gmail.com"},
		{"mailbox", "Ann.Lee+news@GoogleMail.com", "", "annlee@googlemail.com"},
		{"mailbox", "user.name+NYC@Example.com", "", "user.name+nyc@example.com"},
		{"mailbox", "not an address", "", nil},
		{"name", "  Mrs. Mary-Ann  O'Neil, Jr. ", "", "maryann oneil"},
		{"name", "José", "", "josé"},
		{"name", "Dr. Prof. Müller", "", "müller"},
		{"name", "...", "", nil},
		{"name", "Jr", "", "jr"},
		{"country", " nl ", "", "NL"},
		{"country", "Netherlands", "", nil},
		{"country", "", "", nil},

		{"phone", "(415) 555-0132", "US", "+14155550132"},
		{"phone", "1-415-555-0132", "US", "+14155550132"},
		{"phone", "415-555-0132 ext. 12", "us", "+14155550132"},
		{"phone", "011 44 20 7946 0958", "US", "+442079460958"},
		{"phone", "(876) 555-0132", "JM", "+18765550132"},
		{"phone", "020 7946 0958", "GB", "+442079460958"},
		{"phone", "+44 (0)20 7946 0958", "", "+442079460958"},
		{"phone", "+44 020 7946 0958", "", "+442079460958"},
		{"phone", "0049 30 901820", "", "+4930901820"},
		{"phone", "0049 30 901820", "NL", "+4930901820"},
		{"phone", "12345", "", nil},
		{"phone", "12345", "NL", nil},
		{"phone", "12345", "US", nil},
		{"phone", "0612345678", "NL", "+31612345678"},
		{"phone", "06-12 34 56 78", "nl", "+31612345678"},
		{"phone", "+31 6 12345678", "", "+31612345678"},
		{"phone", "0612345678 / 0201234567", "NL", "+31612345678"},
		{"phone", "0612345678", "", nil},
		{"phone", "0612345678", "XX", nil},
		{"phone", "06 6982 1234", "IT", "+390669821234"},
		{"phone", "+39 06 6982 1234", "", "+390669821234"},
		{"phone", "8 (912) 345-67-89", "RU", "+79123456789"},
		{"phone", "06 1 234 5678", "HU", "+3612345678"},
		{"phone", "tel:+31-6-12345678", "", "+31612345678"},
		{"phone", "+31612345678+31612345678", "", nil},
		{"phone", "+00000000000", "", nil},
		{"phone", "", "NL", nil},

		{"lower", " ABC ", "", "abc"},
		{"lower", "  ", "", nil},
		{"trim", " ABC\n", "", "ABC"},
		{"trim", "", "", nil},
		{"", " ABC ", "", " ABC "},
		{"", " ", "", nil},
	}
	onEngines(t, func(t *testing.T, e engine) {
		null := e.Literal(cdp.Value{Type: str, Null: true})
		var exprs, said []string
		var want []any
		check := func(kind, expr, region, what string, result any) {
			exprs, want, said = append(exprs, e.Normalize(kind, expr, region)), append(want, result), append(said, what)
		}
		for _, x := range cases {
			what := x.kind + " " + x.value + " in " + x.region
			region := ""
			if x.region != "" {
				region = e.Quote(x.region)
				check(x.kind, "v", "CONCAT("+region+", '')", what+", of a column", x.want)
			}
			check(x.kind, e.If("t.n = 1", e.Quote(x.value), null), region, what, x.want)
			check(x.kind, e.Quote(x.value), region, what+", not null", x.want)
			check(x.kind, null, region, "null as "+what, nil)
			exprs[len(exprs)-1] = e.Coalesce(exprs[len(exprs)-1], null)
			if x.region != "" {
				exprs[len(exprs)-4] = e.Bind("v", e.If("t.n = 1", e.Quote(x.value), null), exprs[len(exprs)-4])
			}
		}
		for i, got := range e.from(t, " FROM (SELECT 1 AS n) AS t", exprs...) {
			if got != want[i] {
				t.Errorf("%s: %v, want %v", said[i], got, want[i])
			}
		}
	})
}
