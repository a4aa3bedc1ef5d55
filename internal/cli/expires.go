package cli

import (
	"context"
	"fmt"
	"time"

	"github.com/kithdata/kith/internal/cdp"
)

// expirer is a warehouse that may delete tables by itself: new ones after def, t at at.
type expirer interface {
	Expires(ctx context.Context, t cdp.Table) (def time.Duration, at time.Time, err error)
}

// stays refuses a dataset that would delete the ledger: without it every sync is a first
// one, and what has left the sources meanwhile is never removed.
func stays(ctx context.Context, w expirer, state string) error {
	def, at, err := w.Expires(ctx, cdp.Table{Schema: state, Name: "kith_meta"})
	switch {
	case err != nil:
		return err
	case def > 0:
		return withHelp(fmt.Errorf("dataset %s lets every table expire after %s: kith's ledger would be lost", state, days(def)),
			"ALTER SCHEMA %s SET OPTIONS (default_table_expiration_days = NULL); tables that are there already keep their end", state)
	case !at.IsZero():
		return withHelp(fmt.Errorf("the tables of dataset %s expire: kith_meta on %s", state, at.Format(time.DateOnly)),
			"ALTER TABLE %[1]s.kith_meta SET OPTIONS (expiration_timestamp = NULL), last, after the same for every other table with an end that is no scratch_ table: "+
				"SELECT table_name FROM %[1]s.INFORMATION_SCHEMA.TABLE_OPTIONS WHERE option_name = 'expiration_timestamp'", state)
	}
	return nil
}

func days(d time.Duration) string {
	if d < 48*time.Hour {
		return fmt.Sprintf("%.0f hours", d.Hours())
	}
	return fmt.Sprintf("%.0f days", d.Hours()/24)
}
