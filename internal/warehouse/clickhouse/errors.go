package clickhouse

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/url"
	"regexp"
	"strings"
	"syscall"

	chgo "github.com/ClickHouse/clickhouse-go/v2"

	"github.com/kithdata/kith/internal/cdp"
)

// fail makes the error of a statement from what the driver said: ctx.Err() when the
// context has ended, else a *cdp.StatementError.
func (w *Warehouse) fail(ctx context.Context, s cdp.Statement, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	e := &cdp.StatementError{Statement: s, Err: err}
	var ex *chgo.Exception
	if errors.As(err, &ex) {
		e.Code = int(ex.Code)
		e.Message = clean(ex.Code, ex.Message)
		e.Kind = kindOf(ex.Code, ex.Message)
	} else {
		e.Message, e.Kind = w.transport(err)
	}
	if p := w.cfg.Password; len(p) > 3 {
		e.Message = strings.ReplaceAll(e.Message, p, "***")
		if strings.Contains(err.Error(), p) {
			e.Err = errors.New(e.Message)
		}
	}
	return e
}

// errTotal is of a server that has no memory left: for this statement, or because of others.
var errTotal = errors.Join(cdp.ErrMemory, cdp.ErrBusy)

// Codes of ClickHouse's errors, as in src/Common/ErrorCodes.cpp of 26.7.
func kindOf(code int32, message string) error {
	switch code {
	case 57, 82: // TABLE_ALREADY_EXISTS, DATABASE_ALREADY_EXISTS
		return cdp.ErrExists
	case 60, 81: // UNKNOWN_TABLE, UNKNOWN_DATABASE
		return cdp.ErrNotFound
	case 164, 452, 497: // READONLY, SETTING_CONSTRAINT_VIOLATION, ACCESS_DENIED
		return cdp.ErrDenied
	case 192, 193, 194, 516: // UNKNOWN_USER, WRONG_PASSWORD, REQUIRED_PASSWORD, AUTHENTICATION_FAILED
		return cdp.ErrCredentials
	case 202, 209, 210, 236, 242, 252, 319, 394, 999:
		// TOO_MANY_SIMULTANEOUS_QUERIES, SOCKET_TIMEOUT, NETWORK_ERROR, ABORTED, TABLE_IS_READ_ONLY, TOO_MANY_PARTS,
		// UNKNOWN_STATUS_OF_INSERT, QUERY_WAS_CANCELLED (also by a server that stops), KEEPER_EXCEPTION
		return cdp.ErrBusy
	case 241: // MEMORY_LIMIT_EXCEEDED, of this statement, of the user, or of all that the server does
		if strings.Contains(message, "(total)") {
			return errTotal
		}
		return cdp.ErrMemory
	case 243: // NOT_ENOUGH_SPACE
		return cdp.ErrNoSpace
	}
	if strings.Contains(message, "No space left on device") {
		return cdp.ErrNoSpace
	}
	return nil
}

// transport describes an error that is not the server's. Whether the statement ran
// is not known then.
func (w *Warehouse) transport(err error) (string, error) {
	where := strings.Join(w.cfg.Addr, ", ")
	var (
		cert   *tls.CertificateVerificationError
		record tls.RecordHeaderError
		status *chgo.HTTPError
		web    *url.Error
		op     *net.OpError
	)
	switch text := err.Error(); {
	case errors.As(err, &cert):
		return where + ": " + cert.Error(), cdp.ErrUnreachable
	case errors.As(err, &record):
		return where + " does not speak TLS: is it the port for secure connections?", cdp.ErrUnreachable
	case errors.As(err, &status):
		return where + ": " + status.Error(), cdp.ErrUnreachable
	case strings.Contains(text, "[handshake] unexpected packet"):
		return where + " does not speak the native protocol: is it the HTTP port?", cdp.ErrUnreachable
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, syscall.ECONNRESET),
		errors.Is(err, syscall.EPIPE), errors.Is(err, net.ErrClosed), errors.Is(err, chgo.ErrConnectionClosed):
		return "the connection to " + where + " was lost", cdp.ErrUnreachable
	case errors.As(err, &op):
		return "cannot reach " + where + ": " + op.Err.Error(), cdp.ErrUnreachable
	case errors.As(err, &web):
		return "cannot reach " + where + ": " + web.Err.Error(), cdp.ErrUnreachable
	case errors.Is(err, chgo.ErrAcquireConnTimeout), errors.Is(err, context.DeadlineExceeded),
		strings.Contains(text, "closed connection"), strings.Contains(text, "reader is nil"):
		return "cannot reach " + where + ": " + text, cdp.ErrUnreachable
	default:
		return text, nil
	}
}

var (
	versionSuffix = regexp.MustCompile(`(?s)\s*\(version [^()]*(\([^()]*\))?[^()]*\)\s*$`)
	nameSuffix    = regexp.MustCompile(`[.:]?\s*\([A-Z][A-Z0-9_]+\)\s*$`)
	innerPrefix   = regexp.MustCompile(`(?:Code: \d+\. )?DB::(?:[A-Za-z]+::)*[A-Za-z]*Exception: `)
	syntaxError   = regexp.MustCompile(`(?s)^(Syntax error.*? at position \d+ \(.+?\)(?: \(line \d+, col \d+\))?)(?:: .*|\. Expected.*)?$`)
	quoted        = regexp.MustCompile(`'(?:[^'\\]|\\.)*'`)
)

// clean takes from a message what only its author wants to see: stack, version,
// the advice for administrators and the whole statement, which it may repeat.
func clean(code int32, m string) string {
	m, _, _ = strings.Cut(m, "Stack trace:")
	if code == 516 {
		m, _, _ = strings.Cut(m, "\n\n")
	}
	m = versionSuffix.ReplaceAllString(strings.TrimSpace(m), "")
	m = nameSuffix.ReplaceAllString(m, "")
	m = innerPrefix.ReplaceAllString(m, "")
	m = dropScope(m)
	m, _, _ = strings.Cut(m, ": while executing ")
	m, _, _ = strings.Cut(m, ": While executing ")
	if code == 62 || code == 0 {
		m = syntaxError.ReplaceAllString(m, "$1")
	}
	if ofValue(code) {
		m = quoted.ReplaceAllString(m, "'…'")
	}
	return strings.TrimRight(strings.TrimSpace(m), ".")
}

// dropScope cuts "In scope SELECT ..." from a message and keeps the advice after it.
func dropScope(m string) string {
	for _, mark := range []string{": In scope ", ". In scope ", " in scope "} {
		i := strings.Index(m, mark)
		if i < 0 {
			continue
		}
		advice := ""
		if j := strings.LastIndex(m, "Maybe you meant"); j > i {
			advice = ". " + m[j:]
		}
		m = m[:i] + advice
	}
	return m
}

// ofValue reports whether messages with this code quote a value of a row.
func ofValue(code int32) bool {
	switch code {
	case 6, 26, 27, 32, 33, 38, 41, 53, 69, 70, 72, 117, 131, 349, 467, 675, 676, 691:
		return true
	}
	return false
}

// CleanMessage is the first paragraph of what a ClickHouse program said, without
// codes, versions and stacks.
func CleanMessage(text string) string {
	text, _, _ = strings.Cut(text, "\n\n")
	return clean(0, text)
}
