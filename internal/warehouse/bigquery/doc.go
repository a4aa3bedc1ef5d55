// Package bigquery runs kith's statements on BigQuery, or on anything that speaks
// its API.
//
// It sits at the bottom of the flow: the compiler makes [cdp.Statement]s, the
// engine hands them to a [Warehouse], which implements [cdp.Warehouse].
//
//	w, err := bigquery.Open(ctx, bigquery.Config{Project: "acme", Location: "EU"}, dialect.BigQuery{})
//	...
//	for row, err := range w.Query(ctx, cdp.Statement{Name: "top", SQL: "SELECT id, name FROM crm.people"}) {
//
// # Jobs
//
// A statement that returns no rows is a job under an id that this package chooses:
// run, statement, a random part of the call, attempt. So a request that is repeated
// because its answer was lost finds its own job instead of running twice; a job that
// the service itself calls retryable gets the next attempt. A SELECT is one request,
// which the service deduplicates by its request id. Every job carries the labels
// app, run, statement and model.
//
// # Values
//
// A [cdp.Row] holds nil, string, bool, int64, float64, time.Time in UTC and []any.
// NUMERIC and BIGNUMERIC are text without zeros at the end, whatever their scale; a
// STRUCT is the text of a JSON object; DATETIME is a time in UTC; TIME, INTERVAL,
// GEOGRAPHY, RANGE and JSON are the service's text; BYTES are a string of those bytes.
//
// # Reading and writing in bulk
//
// A result of more than one page is read by the Storage Read API, or page by page
// where that is refused. Append writes by the Storage Write API: rows that fit one
// request go through the default stream, more through a pending stream that is
// committed at once.
package bigquery
