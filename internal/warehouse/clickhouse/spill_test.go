package clickhouse_test

import (
	"fmt"
	"testing"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/dialect"
	"github.com/kithdata/kith/internal/warehouse/clickhouse"
)

// TestSpillsBelowLimit: max_memory_usage alone would fail a statement that the disk
// could help.
func TestSpillsBelowLimit(t *testing.T) {
	group := "SELECT sum(length(list)) FROM (SELECT number, groupArray(toString(number)) AS list FROM numbers(1000000) GROUP BY number) SETTINGS max_threads = 2"
	settings := "SELECT getSetting('max_bytes_before_external_group_by'), getSetting('max_bytes_before_external_sort'), getSetting('max_bytes_before_external_join')"
	for name, c := range map[string]struct {
		settings map[string]string
		want     string // of the settings
		fits     bool
	}{
		"no limit":   {nil, "[0 0 0]", true},
		"limit":      {map[string]string{"max_memory_usage": "80000000"}, "[40000000 40000000 40000000]", true},
		"as it says": {map[string]string{"max_memory_usage": "80000000", "max_bytes_before_external_sort": "7", "max_bytes_before_external_group_by": "0"}, "[0 7 40000000]", false},
	} {
		for _, protocol := range []clickhouse.Protocol{clickhouse.Native, clickhouse.HTTP} {
			t.Run(name+" "+string(protocol), func(t *testing.T) {
				cfg := serverConfig(t, protocol)
				cfg.Settings = c.settings
				w, err := clickhouse.Open(t.Context(), cfg, dialect.ClickHouse{})
				if err != nil {
					t.Fatal(err)
				}
				defer w.Close() //nolint:errcheck // the test is over
				for row, err := range w.Query(t.Context(), cdp.Statement{Name: "settings", SQL: settings}) {
					if err != nil {
						t.Fatal(err)
					}
					if got := fmt.Sprint([]any(row)); got != c.want {
						t.Errorf("got %s, want %s", got, c.want)
					}
				}
				for _, err := range w.Query(t.Context(), cdp.Statement{Name: "group", SQL: group}) {
					if (err == nil) != c.fits {
						t.Errorf("got %v", err)
					}
				}
			})
		}
	}
}
