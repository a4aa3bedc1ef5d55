// Package emulator runs the BigQuery emulator for kith: a program of internal/tools
// as a child process. It serves a target that says `emulator: true`.
//
// All kith processes that name the same folder share one emulator: the first starts
// it and owns it, the others attach; when the owner ends, so does the emulator.
//
//	e, err := emulator.Open(ctx, emulator.Config{Path: ".kith/bigquery", CacheDir: cache})
//	...
//	defer e.Close()
//	w, err := e.Warehouse(ctx, dialect.BigQuery{})
//
// # What it is not
//
// It speaks BigQuery's API and its SQL comes from the real analyzer, but SQLite runs
// it: one statement at a time, a join compares every row with every row, figures of
// bytes are invented, errors have other texts, and quotas, rights, partitions and
// costs do not exist. Whoever may connect to 127.0.0.1 may read it: keep no
// customers' data in it.
//
// # Files
//
// Below Config.Path: emulator.db is the data; kith-emulator.json says where it
// listens; kith-emulator.lock is locked by the owner.
package emulator
