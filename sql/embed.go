// Package sql holds the SQL templates: one folder per dialect, the same file names
// and the same blocks in each. Templates own the shape of a statement; the
// compiler hands them expressions that a cdp.Dialect has written.
package sql

import "embed"

// Files holds clickhouse/*.sql and its siblings.
//
//go:embed clickhouse/*.sql bigquery/*.sql
var Files embed.FS
