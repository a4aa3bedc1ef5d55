package clickhouse

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/url"
	"regexp"
	"strconv"
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
		e.Message = clean(ex.Code, ex.Message, s.SQL)
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
)

// clean takes from a message what only its author wants to see: stack, version,
// the advice for administrators and the whole statement, which it may repeat; and
// what may be a value of a row.
func clean(code int32, m, sql string) string {
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
	m = strings.TrimRight(strings.TrimSpace(m), ".")
	if ofStatement(code) {
		return m
	}
	if m = cdp.MaskValues(m, sql); m == "…" {
		m = "error " + strconv.Itoa(int(code)) + " of the server, whose text may hold values of rows"
	}
	return m
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

// ofStatement reports whether messages with this code speak of what a statement names, or of
// the server and its limits, and not of values. Of every other code some do: there are functions
// that repeat what they cannot read as BAD_ARGUMENTS, and even as ILLEGAL_TYPE_OF_ARGUMENT.
func ofStatement(code int32) bool {
	switch code {
	case 0: // of a message without one
	case 1, 2, 8, 10, 15, 16, 20, 34, 35, 42, 46, 47, 48, 50, 51, 52, 55, 56, 57, 60, 62, 63, 78, 81, 82: // UNSUPPORTED_METHOD to DATABASE_ALREADY_EXISTS
	case 74, 75, 76, 95, 96, 99, 100, 101, 102: // CANNOT_READ_FROM_FILE_DESCRIPTOR to UNEXPECTED_PACKET_FROM_SERVER
	case 115, 119, 121, 122, 125, 129, 133, 158, 159, 161, 162, 164, 165, 167, 168, 172, 173, 174, 179, 181, 182, 184: // UNKNOWN_SETTING to ILLEGAL_AGGREGATION
	case 192, 193, 194, 195, 198, 199, 201, 202, 203, 204, 206, 207, 209, 210, 215, 216, 218, 219, 225, 229, 231, 234, 236: // UNKNOWN_USER to ABORTED
	case 241, 242, 243, 244, 252, 253, 254, 264, 265, 279, 285, 286, 288, 289, 290, 291, 294, 297, 299: // MEMORY_LIMIT_EXCEEDED to CANNOT_FORK
	case 305, 306, 307, 319, 336, 344, 352, 359, 364, 373, 384, 386, 387, 392, 394, 396, 397: // TABLE_WAS_NOT_DROPPED to QUERY_IS_NOT_SUPPORTED_IN_MATERIALIZED_VIEW
	case 403, 420, 439, 446, 452, 456, 472, 473, 478, 479, 481, 492, 493, 495, 497, 499, 500: // INVALID_JOIN_ON_EXPRESSION to AZURE_BLOB_STORAGE_ERROR
	case 509, 511, 516, 517, 519, 524, 565, 571, 574, 586, 609, 620, 649, 659, 673, 674, 677, 692: // INVALID_GRANT to TOO_MANY_MUTATIONS
	case 700, 701, 704, 705, 712, 719, 720, 721, 724, 725, 731, 733, 735, 738, 744, 745, 749, 762, 763, 776, 777, 778, 999: // USER_SESSION_LIMIT_EXCEEDED to KEEPER_EXCEPTION
	default:
		return false
	}
	return true
}

// CleanMessage is the first paragraph of what a ClickHouse program said, without
// codes, versions and stacks.
func CleanMessage(text string) string {
	text, _, _ = strings.Cut(text, "\n\n")
	return clean(0, text, "")
}
