// Package clickhouse runs kith's statements on ClickHouse 24.8 and later: a
// server, a cluster's node or the engine that kith starts itself (package
// embedded, in the folder below).
//
// It sits at the bottom of the flow: the compiler makes [cdp.Statement]s, the
// engine hands them to a [Warehouse], which implements [cdp.Warehouse] over the
// native protocol or HTTP.
//
//	w, err := clickhouse.Open(ctx, clickhouse.Config{
//		Addr: []string{"ch.example.com:9440"}, Secure: true,
//		Username: "kith", Password: password, Database: "analytics",
//	}, dialect.ClickHouse{})
//	...
//	for row, err := range w.Query(ctx, cdp.Statement{Name: "top", SQL: "SELECT id, name FROM crm.people"}) {
//
// # Values
//
// A [cdp.Row] holds nil, string, bool, int64 (every signed integer), uint64
// (every unsigned one), float64, time.Time in UTC and []any. A Decimal is its
// text at the scale of the column; integers over 64 bits, UUID, Enum, IPv4 and
// IPv6 are text too; Map, Tuple, JSON, Variant and Dynamic are the text of a
// JSON value. A date is midnight UTC.
//
// # Settings
//
// Every statement runs with the settings of [Own]; a project cannot override
// them, since the text of a row's JSON goes into its hash. log_comment says who
// asks, as JSON: {"app":"kith","run":...,"statement":...,"model":...}; the query
// id is the run's id and a random suffix. Where the user's max_memory_usage limits
// a statement, it groups, sorts and joins on disk from half of that on.
//
// # What HTTP cannot do
//
// Over HTTP there is no progress and no figures but the time, and Append asks
// for the table's columns first. Prefer the native protocol.
package clickhouse
