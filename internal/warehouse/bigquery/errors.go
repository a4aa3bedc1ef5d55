package bigquery

import (
	"context"
	"errors"
	"io"
	"net"
	"net/url"
	"regexp"
	"strings"
	"time"

	rest "google.golang.org/api/bigquery/v2"
	"google.golang.org/api/googleapi"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/kithdata/kith/internal/cdp"
)

// fail makes the error of a statement from what a client said: nil from nil,
// ctx.Err() when the context has ended, else a *cdp.StatementError.
func (w *Warehouse) fail(ctx context.Context, s cdp.Statement, err error) error {
	if err == nil {
		return nil
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	var known *cdp.StatementError
	if errors.As(err, &known) {
		return err
	}
	e := &cdp.StatementError{Statement: s, Err: err}
	var (
		api    *googleapi.Error
		job    *jobError
		noAuth *credentialsError
	)
	switch {
	case errors.As(err, &noAuth):
		e.Message, e.Kind = noAuth.text, cdp.ErrCredentials
	case errors.As(err, &api):
		e.Code, e.Message = api.Code, clean(reasonOf(api), api.Message, s.SQL)
		e.Kind = kindOf(reasonOf(api), api.Code)
		if e.Message == "" {
			e.Message = "the service answers with status " + firstLine(api.Error())
		}
	case errors.As(err, &job):
		e.Message, e.Kind = clean(job.Reason, job.Message, s.SQL), kindOf(job.Reason, 0)
	default:
		e.Message, e.Kind = transport(err, s.SQL)
	}
	if queued.MatchString(err.Error()) {
		e.Kind = cdp.ErrBusy // no memory would help
	}
	return e
}

// jobError is the error of a job that has ended.
type jobError struct{ *rest.ErrorProto }

func (e *jobError) Error() string { return e.Reason + ": " + e.Message }

func reasonOf(e *googleapi.Error) string {
	if len(e.Errors) == 0 {
		return ""
	}
	return e.Errors[0].Reason
}

// kindOf is the kind of a reason: cloud.google.com/bigquery/docs/error-messages,
// checked 2026-11-22. What is busy has said so for all attempts, and changed nothing.
func kindOf(reason string, code int) error {
	switch reason {
	case "duplicate":
		return cdp.ErrExists
	case "notFound":
		return cdp.ErrNotFound
	case "accessDenied":
		return cdp.ErrDenied
	case "authError", "required":
		return cdp.ErrCredentials
	case "resourcesExceeded":
		return cdp.ErrMemory
	case "rateLimitExceeded", "jobRateLimitExceeded", "tableUnavailable":
		return cdp.ErrBusy
	}
	switch {
	case code == 401:
		return cdp.ErrCredentials
	case code == 403 && reason == "forbidden":
		return cdp.ErrDenied
	case code >= 500:
		return cdp.ErrUnreachable
	}
	return nil
}

// again repeats a request that the service, or the way to it, lets us repeat.
func (w *Warehouse) again(ctx context.Context, s cdp.Statement, request func() error) error {
	wait := w.cfg.Backoff
	for try := 1; ; try++ {
		err := request()
		if err == nil || ctx.Err() != nil || try == attempts || !mayRepeat(err) {
			return w.fail(ctx, s, err)
		}
		if pause(ctx, wait) != nil {
			return ctx.Err()
		}
		wait = min(2*wait, 32*w.cfg.Backoff)
	}
}

func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// retryable are the reasons for which the service asks to try again.
func retryable(reason string) bool {
	switch reason {
	case "backendError", "internalError", "jobBackendError", "jobInternalError", "rateLimitExceeded", "jobRateLimitExceeded", "tableUnavailable":
		return true
	}
	return false
}

// queued finds a statement that others on the same table stood in the way of, and that changed
// nothing: "Could not serialize access to table x due to concurrent update", "Transaction is
// aborted due to concurrent update against table x", "Too many DML statements outstanding
// against table x, limit is 20". Their reasons, invalidQuery and resourcesExceeded, are
// also those of statements that never run.
var queued = regexp.MustCompile(`(?i)due to concurrent update|too many dml statements outstanding`)

// mayRun reports whether the next attempt of a statement may go well.
func mayRun(err error) bool {
	var (
		api *googleapi.Error
		job *jobError
	)
	switch {
	case errors.As(err, &job):
		return retryable(job.Reason) || queued.MatchString(job.Message)
	case errors.As(err, &api):
		return queued.MatchString(api.Message)
	}
	return false
}

func mayRepeat(err error) bool {
	var (
		api    *googleapi.Error
		job    *jobError
		op     *net.OpError
		web    *url.Error
		noAuth *credentialsError
	)
	switch {
	case errors.As(err, &noAuth):
		return false
	case errors.As(err, &api):
		return api.Code >= 500 || retryable(reasonOf(api))
	case errors.As(err, &job):
		return retryable(job.Reason)
	case errors.As(err, &op), errors.As(err, &web), cutOff(err):
		return true
	}
	switch status.Code(err) {
	case codes.Unavailable, codes.Aborted, codes.Internal, codes.DeadlineExceeded, codes.ResourceExhausted:
		return true
	}
	return false
}

// transport describes an error that is not the service's answer to a statement.
func transport(err error, sql string) (string, error) {
	text := firstLine(err.Error())
	if s, ok := status.FromError(err); ok {
		said := firstLine(s.Message())
		switch s.Code() {
		case codes.NotFound:
			return said, cdp.ErrNotFound
		case codes.PermissionDenied:
			return said, cdp.ErrDenied
		case codes.Unauthenticated:
			return said, cdp.ErrCredentials
		case codes.InvalidArgument, codes.FailedPrecondition, codes.OutOfRange, codes.Unimplemented:
			return clean("", s.Message(), sql), nil
		case codes.Unknown:
		default:
			return said, cdp.ErrUnreachable
		}
	}
	var op *net.OpError
	var web *url.Error
	if errors.As(err, &web) {
		text = web.Op + " " + hostOf(web.URL) + ": " + firstLine(web.Err.Error())
	}
	if errors.As(err, &op) || web != nil || errors.Is(err, errLost) || cutOff(err) {
		return text, cdp.ErrUnreachable
	}
	return text, nil
}

// errLost is an answer that did not come to its end.
var errLost = errors.New("the connection was lost")

// cutOff reports whether the connection broke while an answer was read. Errors of HTTP/2,
// such as "stream error: stream ID 1; INTERNAL_ERROR" and "http2: client connection lost",
// have no types that could be named.
func cutOff(err error) bool {
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		return true
	}
	text := err.Error()
	return strings.Contains(text, "http2: ") || strings.Contains(text, "stream error: stream ID ")
}

func hostOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return "the service"
	}
	return u.Host
}

func firstLine(s string) string {
	first, _, _ := strings.Cut(strings.TrimSpace(s), "\n")
	return strings.TrimSpace(first)
}
