package clickhouse

import (
	"context"

	chgo "github.com/ClickHouse/clickhouse-go/v2"
)

// spillable are the settings that say from how many bytes on a statement goes on on
// disk. A server that does not have the one for joins fails a join that does not fit.
var spillable = []string{"max_bytes_before_external_group_by", "max_bytes_before_external_sort", "max_bytes_before_external_join"}

// look chooses what depends on the server. Without the right to ask nothing changes.
//
// On ClickHouse Cloud the connections of a pool go to several replicas, of which each sees
// what another wrote after a while: there every statement waits for what was written
// before it (https://clickhouse.com/docs/resources/support-center/knowledge-base/data-management/read-consistency, read
// 2026-11-30; the server's own database is of the engine Shared then).
//
// Statements go on on disk above half of what one of them may use. The server does that by
// itself with its own limit and that of a user (max_bytes_ratio_before_external_...), but
// not with max_memory_usage: there it fails the statement (seen on 26.7.2.1, 2026-11-29).
// What the project or the profile of the user sets stays.
func (w *Warehouse) look(ctx context.Context) {
	// Most often there is no limit. The table of all settings takes four times as long to read.
	var limit, shared uint64
	if err := w.conn.QueryRow(untimed{ctx}, "SELECT toUInt64(getSetting('max_memory_usage')), (SELECT count() FROM system.databases WHERE engine = 'Shared')").Scan(&limit, &shared); err != nil {
		return
	}
	w.found = chgo.Settings{}
	if _, chosen := w.cfg.Settings[sequential]; shared > 0 && !chosen {
		w.found[sequential] = 1
	}
	if limit > 0 {
		w.spill(ctx, limit)
	}
}

const sequential = "select_sequential_consistency"

func (w *Warehouse) spill(ctx context.Context, limit uint64) {
	values := map[string]string{}
	rows, err := w.conn.Query(untimed{ctx}, "SELECT name, value FROM system.settings WHERE name LIKE 'max_bytes_before_external_%'")
	if err != nil {
		return
	}
	defer rows.Close() //nolint:errcheck // what was not read changes nothing
	for rows.Next() {
		var name, value string
		if rows.Scan(&name, &value) != nil {
			return
		}
		values[name] = value
	}
	if rows.Err() != nil {
		return
	}
	for _, name := range spillable {
		if _, chosen := w.cfg.Settings[name]; values[name] == "0" && !chosen {
			w.found[name] = limit / 2
		}
	}
}
