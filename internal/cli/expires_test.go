package cli

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/kithdata/kith/internal/cdp"
)

type expiring struct {
	def time.Duration
	at  time.Time
}

func (e expiring) Expires(context.Context, cdp.Table) (time.Duration, time.Time, error) {
	return e.def, e.at, nil
}

// TestStays: a dataset that would delete the ledger is refused with what an administrator
// has to do.
func TestStays(t *testing.T) {
	for _, c := range []struct {
		of         expiring
		text, help string
	}{
		{expiring{}, "", ""},
		{expiring{def: 60 * 24 * time.Hour}, "expire after 60 days", "ALTER SCHEMA kith SET OPTIONS (default_table_expiration_days = NULL)"},
		{expiring{def: time.Hour}, "expire after 1 hours", "ALTER SCHEMA"},
		{expiring{at: time.Unix(1_800_000_000, 0).UTC()}, "kith_meta on 2027-01-15", "ALTER TABLE kith.kith_meta"},
	} {
		err := stays(t.Context(), c.of, "kith")
		var help *helpError
		if c.text == "" {
			if err != nil {
				t.Error(err)
			}
		} else if !errors.As(err, &help) || !strings.Contains(err.Error(), c.text) || !strings.Contains(help.help, c.help) {
			t.Errorf("%+v: %v, %+v", c.of, err, help)
		}
	}
}
