package cli

import (
	"slices"

	"github.com/kithdata/kith/internal/cdp"
)

// advice is what to do about a row with a code. A row without one needs nothing.
var advice = map[cdp.Code]string{
	cdp.InvalidValue:    "correct the value in the source, or leave such rows out with `where:`; a changed value is sent by the next run",
	cdp.MissingValue:    "map a field that holds the value, or leave rows without it out with `where:`",
	cdp.Conflict:        "two records claim one key or unique value: merge them at the destination, or choose another key",
	cdp.TooLarge:        "send fewer or shorter fields",
	cdp.NotPermitted:    "the destination forbids this row; look at its own settings, and at consent",
	cdp.RateLimited:     "nothing: the next run sends it; fewer or later runs give the destination room",
	cdp.Unavailable:     "nothing: the next run sends it when the destination answers",
	cdp.NoAnswer:        "nothing: the next run sends it again under the same idempotency key",
	cdp.NoKey:           "fill the key in the source, or leave rows without one out with `where:`",
	cdp.DuplicateKey:    "rows share one key: `kith plan` shows them; make it unique, or choose another",
	cdp.KeyInUse:        "another row's record has the key until it is renamed, and the run after that sends this one: look at what that row waits for",
	cdp.Backoff:         "it was refused before: correct it, or send it again now with `kith sync --retry-rejected`",
	cdp.Unconfirmed:     "nothing: who confirms that they join after they left is found and taken out; each look is later than the one before",
	cdp.OtherRejection:  "read the destination's own words; correct the row, or what it refers to",
	cdp.SessionNotEnded: "nothing: the next run sends it again",
}

// printAdvice says once for each code what to do.
func (a *app) printAdvice(codes []string) {
	slices.Sort(codes)
	codes = slices.Compact(codes)
	first := true
	for _, code := range codes {
		what, ok := advice[cdp.Code(code)]
		if !ok {
			continue
		}
		if first {
			a.out.printf("\nwhat to do:\n")
			first = false
		}
		a.out.printf("  %s: %s\n", code, what)
	}
}
