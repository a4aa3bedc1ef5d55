package clickhouse

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/http"
	"os"
	"slices"
	"strings"
	"time"

	chgo "github.com/ClickHouse/clickhouse-go/v2"
)

// Protocol is how kith talks to the server.
type Protocol string

// The protocols. Both are encrypted when Config.Secure is set.
const (
	Native Protocol = "native" // the default
	HTTP   Protocol = "http"
)

// Config says how to reach a server. Only Addr is required.
type Config struct {
	// Addr are the addresses of equal nodes, host or host:port, tried in order. The
	// default port is that of the protocol: 9000, 9440 (secure), 8123, 8443 (secure).
	Addr     []string
	Username string // default "default"
	Password string
	Database string // of names without one; default "default"
	Protocol Protocol

	Secure     bool   // TLS 1.2 or later
	CAFile     string // PEM; the system's roots when empty
	ServerName string // expected in the certificate; the host of the address when empty
	SkipVerify bool   // accept any certificate

	Settings     map[string]string // of every statement; see Own for what they may not name
	DialTimeout  time.Duration     // default 10 s
	MaxOpenConns int               // default 8; further statements wait for their turn
}

const (
	defaultDialTimeout  = 10 * time.Second
	defaultMaxOpenConns = 8
	// The driver counts its read timeout from the start of a statement, not from the
	// last packet (conn_process.go of v2.50.0, 2026-11-22), so it must outlast every
	// statement. A peer that is gone is found by TCP keep-alive.
	readTimeout = 10 * 365 * 24 * time.Hour
	keepAlive   = 15 * time.Second
)

// Own are the settings that kith decides. They pin what a statement means, that its
// result is whole, and the text of JSON values against the profile of the server's user.
func Own() map[string]string {
	return map[string]string{
		"join_use_nulls": "0", // the diff tells sides by a flag, not by null
		"async_insert":   "0", // a nil error of Append means committed

		// A result that is cut off is an error: what is missing from one would be taken as gone.
		"timeout_overflow_mode": "throw", "read_overflow_mode": "throw", "result_overflow_mode": "throw", "transfer_overflow_mode": "throw",
		"set_overflow_mode": "throw", "join_overflow_mode": "throw", "sort_overflow_mode": "throw", "distinct_overflow_mode": "throw", "group_by_overflow_mode": "throw",
		"skip_unavailable_shards": "0", "limit": "0", "offset": "0",
		// The ledger is read for what it says now, and a statement with now() or a system table is
		// an error with a cache. Of that name since 23.2.
		"use_query_cache":          "0",
		"lightweight_deletes_sync": "2", // the statement after a DELETE reads without what it deleted

		"final": "0", "transform_null_in": "0", "aggregate_functions_null_for_empty": "0", "prefer_column_name_to_alias": "0",
		"cast_keep_nullable": "0", "group_by_use_nulls": "0", "empty_result_for_aggregation_by_empty_set": "0", "join_default_strictness": "ALL",

		// Compiled min and max take times before 1970 for the latest (ClickHouse#113942,
		// seen on 26.7.2.1, 2026-11-22).
		"compile_aggregate_expressions": "0",
		// Machine code for an expression takes 10 to 80 ms the third time that it is seen, a
		// fifth of a small build, and gives a diff of 3,000,000 rows nothing (2026-11-29).
		"compile_expressions": "0",

		"date_time_output_format":                   "simple",
		"output_format_decimal_trailing_zeros":      "0",
		"output_format_json_escape_forward_slashes": "0",
		"output_format_json_quote_64bit_integers":   "0",
		"output_format_json_quote_decimals":         "1", // as in cdp.Delta.Fields
		"output_format_json_quote_denormals":        "0", // NaN is null
	}
}

// perStatement are settings that kith sets anew for each statement.
var perStatement = []string{"log_comment", "query_id", "default_format", "wait_end_of_query", "session_id", "session_timezone"}

func (c Config) withDefaults() Config {
	if c.Protocol == "" {
		c.Protocol = Native
	}
	if c.Username == "" {
		c.Username = "default"
	}
	if c.DialTimeout <= 0 {
		c.DialTimeout = defaultDialTimeout
	}
	if c.MaxOpenConns <= 0 {
		c.MaxOpenConns = defaultMaxOpenConns
	}
	addr := make([]string, len(c.Addr))
	for i, a := range c.Addr {
		if _, _, err := net.SplitHostPort(a); err != nil {
			a = net.JoinHostPort(strings.Trim(a, "[]"), c.port())
		}
		addr[i] = a
	}
	c.Addr = addr
	return c
}

func (c Config) port() string {
	switch {
	case c.Protocol == HTTP && c.Secure:
		return "8443"
	case c.Protocol == HTTP:
		return "8123"
	case c.Secure:
		return "9440"
	}
	return "9000"
}

func (c Config) validate() error {
	if len(c.Addr) == 0 {
		return errors.New("clickhouse: no address")
	}
	if c.Protocol != Native && c.Protocol != HTTP {
		return fmt.Errorf("clickhouse: protocol is %q, not native or http", c.Protocol)
	}
	if !c.Secure && (c.CAFile != "" || c.ServerName != "" || c.SkipVerify) {
		return errors.New("clickhouse: options of TLS without secure: true")
	}
	if c.CAFile != "" && c.SkipVerify {
		return errors.New("clickhouse: a CA file and skip_verify contradict each other")
	}
	own := Own()
	for _, name := range slices.Sorted(maps.Keys(c.Settings)) {
		if _, ok := own[name]; ok || slices.Contains(perStatement, name) {
			return fmt.Errorf("clickhouse: setting %s is kith's own and cannot be set", name)
		}
	}
	return nil
}

func (c Config) tls() (*tls.Config, error) {
	if !c.Secure {
		return nil, nil
	}
	t := &tls.Config{
		MinVersion:         tls.VersionTLS12,
		ServerName:         c.ServerName,
		InsecureSkipVerify: c.SkipVerify, //nolint:gosec // only when the project says so
	}
	if c.CAFile == "" {
		return t, nil
	}
	pem, err := os.ReadFile(c.CAFile)
	if err != nil {
		return nil, fmt.Errorf("clickhouse: CA file: %w", err)
	}
	t.RootCAs = x509.NewCertPool()
	if !t.RootCAs.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("clickhouse: CA file %s holds no certificate in PEM", c.CAFile)
	}
	return t, nil
}

// options are the driver's. c has its defaults and is valid.
func (c Config) options() (*chgo.Options, error) {
	t, err := c.tls()
	if err != nil {
		return nil, err
	}
	o := &chgo.Options{
		Addr:        c.Addr,
		Auth:        chgo.Auth{Database: c.Database, Username: c.Username, Password: c.Password},
		TLS:         t,
		Settings:    chgo.Settings{},
		DialTimeout: c.DialTimeout,
		ReadTimeout: readTimeout,
		// Statements wait in Warehouse.slots, since the driver fails those that wait
		// longer than DialTimeout; it frees a connection a little after the statement.
		MaxOpenConns: 2 * c.MaxOpenConns,
		MaxIdleConns: c.MaxOpenConns,
		ClientInfo:   chgo.ClientInfo{Products: []struct{ Name, Version string }{{Name: "kith", Version: "1"}}},
	}
	for name, v := range c.Settings {
		o.Settings[name] = v
	}
	for name, v := range Own() {
		o.Settings[name] = v
	}
	if !c.loopback() {
		o.Compression = &chgo.Compression{Method: chgo.CompressionLZ4}
	}
	if c.Protocol == HTTP {
		o.Protocol = chgo.HTTP
		o.TransportFunc = func(t *http.Transport) (http.RoundTripper, error) { return noRedirect{t}, nil }
		return o, nil
	}
	o.DialContext = c.dial(t)
	return o, nil
}

// dial replaces the driver's own dialling, which does not listen to the context.
func (c Config) dial(t *tls.Config) func(context.Context, string) (net.Conn, error) {
	d := &net.Dialer{Timeout: c.DialTimeout, KeepAlive: keepAlive}
	if t == nil {
		return func(ctx context.Context, addr string) (net.Conn, error) { return d.DialContext(ctx, "tcp", addr) }
	}
	td := &tls.Dialer{NetDialer: d, Config: t}
	return func(ctx context.Context, addr string) (net.Conn, error) { return td.DialContext(ctx, "tcp", addr) }
}

// noRedirect refuses redirects, which would carry the password to another host.
type noRedirect struct{ next http.RoundTripper }

func (n noRedirect) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := n.next.RoundTrip(r)
	if err != nil || resp.StatusCode < 300 || resp.StatusCode > 399 {
		return resp, err
	}
	_ = resp.Body.Close()
	return nil, fmt.Errorf("the server answers with a redirect (status %d), which kith does not follow", resp.StatusCode)
}

// CloseIdleConnections lets the driver close what the transport holds.
func (n noRedirect) CloseIdleConnections() {
	if c, ok := n.next.(interface{ CloseIdleConnections() }); ok {
		c.CloseIdleConnections()
	}
}

// loopback reports whether every address is this machine, where compression only costs.
func (c Config) loopback() bool {
	for _, a := range c.Addr {
		host, _, err := net.SplitHostPort(a)
		if ip := net.ParseIP(host); err != nil || host != "localhost" && (ip == nil || !ip.IsLoopback()) {
			return false
		}
	}
	return true
}
