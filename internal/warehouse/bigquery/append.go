package bigquery

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"sync"
	"time"

	"cloud.google.com/go/bigquery/storage/apiv1/storagepb"
	"cloud.google.com/go/bigquery/storage/managedwriter"
	rest "google.golang.org/api/bigquery/v2"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"github.com/kithdata/kith/internal/cdp"
)

// requestSize bounds one request of the Storage Write API, which takes 10 MB.
const requestSize = 8 << 20

// Append implements [cdp.Warehouse] by the Storage Write API. Rows that fit one
// request are written by the default stream, whose requests are all or nothing; more
// rows go through a pending stream of their own that is committed at its end.
//
// A value must fit its column: null in a REQUIRED column, a number or a time out of
// range, digits behind the scale and the like are errors that name the column and the
// row; then nothing was written. Columns that are not named are null. To columns of
// the types STRUCT, RANGE, INTERVAL, TIME and DATETIME nothing can be appended.
func (w *Warehouse) Append(ctx context.Context, table cdp.Table, columns []string, rows []cdp.Row) error {
	s := cdp.Statement{Name: "append to " + w.dialect.Table(table)}
	if err := ctx.Err(); err != nil {
		return err
	}
	refuse := func(err error) error {
		return &cdp.StatementError{Statement: s, Message: err.Error(), Err: err}
	}
	if err := checkShape(columns, rows); err != nil {
		return refuse(err)
	}
	if len(rows) == 0 {
		return nil
	}
	key := strings.Join(append([]string{table.Schema, table.Name}, columns...), "\x00")
	for try := 1; ; try++ {
		stream, known := w.streams.get(key)
		if !known {
			message, err := w.message(ctx, s, table, columns)
			if err != nil {
				return err
			}
			stream = &stream0{message: message, parent: w.parent(table)}
		}
		err := w.write(ctx, s, stream, rows)
		if err == nil {
			w.streams.put(key, stream)
			return nil
		}
		w.streams.drop(key, stream)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case known: // the table may have been made anew since
		case errors.Is(err, cdp.ErrNotFound) && try < attempts:
			// The table is there: streams learn of a new one a little later.
			if pause(ctx, w.cfg.Backoff<<try) != nil {
				return ctx.Err()
			}
		default:
			return err
		}
	}
}

// checkShape finds what the encoder would trip over.
func checkShape(columns []string, rows []cdp.Row) error {
	if len(columns) == 0 {
		return errors.New("no columns")
	}
	for _, name := range columns {
		if !plainName.MatchString(name) {
			return fmt.Errorf("the name %q has a character that cannot be appended to", name)
		}
	}
	for i, row := range rows {
		if len(row) != len(columns) {
			return fmt.Errorf("row %d has %d values for %d columns", i+1, len(row), len(columns))
		}
	}
	return nil
}

var plainName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// parent is the table's name in the Storage API.
func (w *Warehouse) parent(t cdp.Table) string {
	project, dataset := w.split(t)
	return managedwriter.TableParentFromParts(project, dataset, t.Name)
}

// split finds the project of a table whose schema may be project.dataset.
func (w *Warehouse) split(t cdp.Table) (project, dataset string) {
	if i := strings.LastIndexByte(t.Schema, '.'); i >= 0 {
		return t.Schema[:i], t.Schema[i+1:]
	}
	if t.Schema == "" {
		return w.cfg.Project, w.cfg.Dataset
	}
	return w.cfg.Project, t.Schema
}

// message asks for the table's columns.
func (w *Warehouse) message(ctx context.Context, s cdp.Statement, table cdp.Table, columns []string) (*message, error) {
	project, dataset := w.split(table)
	var t *rest.Table
	err := w.again(ctx, s, func() (err error) {
		t, err = w.jobs.Tables.Get(project, dataset, table.Name).Fields("schema").Context(ctx).Do()
		return err
	})
	if err != nil {
		return nil, err
	}
	m, err := newMessage(t.Schema, columns)
	if err != nil {
		return nil, &cdp.StatementError{Statement: s, Message: err.Error(), Err: err}
	}
	return m, nil
}

// write encodes all rows before the first is sent.
func (w *Warehouse) write(ctx context.Context, s cdp.Statement, stream *stream0, rows []cdp.Row) error {
	var requests [][][]byte
	size := requestSize
	for i, row := range rows {
		data, err := stream.message.encode(row)
		if err != nil {
			err = fmt.Errorf("row %d: %w", i+1, err)
			return &cdp.StatementError{Statement: s, Message: err.Error(), Err: err}
		}
		if size += len(data) + 8; size > requestSize {
			requests, size = append(requests, nil), len(data)
		}
		requests[len(requests)-1] = append(requests[len(requests)-1], data)
	}
	if len(requests) == 1 {
		return w.fail(ctx, s, unsent(w.append(ctx, stream, requests[0])))
	}
	return w.fail(ctx, s, unsent(w.commit(ctx, stream, requests)))
}

// append sends one request to the default stream.
func (w *Warehouse) append(ctx context.Context, stream *stream0, data [][]byte) error {
	to, err := stream.open(ctx, w.writer)
	if err != nil {
		return err
	}
	result, err := to.AppendRows(ctx, data)
	if err != nil {
		return err
	}
	return w.outcome(ctx, result)
}

// commit writes requests that count together.
func (w *Warehouse) commit(ctx context.Context, stream *stream0, requests [][][]byte) (err error) {
	to, err := w.writer.NewManagedStream(ctx, managedwriter.WithType(managedwriter.PendingStream),
		managedwriter.WithDestinationTable(stream.parent), managedwriter.WithSchemaDescriptor(stream.message.proto), managedwriter.EnableWriteRetries(true))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, ended(to.Close())) }()
	results := make([]*managedwriter.AppendResult, len(requests))
	offset := int64(0)
	for i, data := range requests {
		if results[i], err = to.AppendRows(ctx, data, managedwriter.WithOffset(offset)); err != nil {
			return err
		}
		offset += int64(len(data))
	}
	for _, result := range results {
		err := w.outcome(ctx, result)
		switch status.Code(err) {
		case codes.OutOfRange, codes.AlreadyExists:
			// It was sent before the one before it was written, or after it was written again. Nothing counts yet.
			return errors.New("another request of the same rows was not written: " + firstLine(err.Error()))
		}
		if err != nil {
			return err
		}
	}
	if _, err := to.Finalize(ctx); err != nil {
		return err
	}
	answer, err := w.writer.BatchCommitWriteStreams(ctx, &storagepb.BatchCommitWriteStreamsRequest{
		Parent: stream.parent, WriteStreams: []string{to.StreamName()},
	})
	if err != nil {
		return err
	}
	for _, e := range answer.GetStreamErrors() {
		if e.GetCode() == storagepb.StorageError_STREAM_ALREADY_COMMITTED {
			continue // by a request of ours whose answer was lost: nobody else knows the stream
		}
		return fmt.Errorf("%w: commit: %s", errRefused, e.GetErrorMessage())
	}
	return nil
}

// answerIn is how long a request of the Storage Write API waits for its answer: a connection
// that is dead, or a service that does not answer, would have the sync wait for ever.
const answerIn = 2 * time.Minute

// outcome waits for the answer to one request.
func (w *Warehouse) outcome(ctx context.Context, result *managedwriter.AppendResult) error {
	within := cmp.Or(w.cfg.AnswerIn, answerIn)
	waiting, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	answer, err := result.FullResponse(waiting)
	if err != nil && ctx.Err() == nil && waiting.Err() != nil {
		return fmt.Errorf("no answer within %s", within)
	}
	if err == nil {
		return nil
	}
	if bad := answer.GetRowErrors(); len(bad) > 0 {
		return fmt.Errorf("%w: row %d of the request: %s", errRefused, bad[0].GetIndex()+1, bad[0].GetCode())
	}
	return err
}

// errRefused is an answer of the service: the rows were not written.
var errRefused = errors.New("the service refuses the rows")

// unsent is for an error that is not the service's answer: the outcome is unknown,
// whatever the client calls it.
func unsent(err error) error {
	if err == nil || errors.Is(err, errRefused) {
		return err
	}
	return fmt.Errorf("%w: %w", errLost, err)
}

// stream0 is a table's default stream, connected when it is first needed.
type stream0 struct {
	message *message
	parent  string

	mu sync.Mutex
	to *managedwriter.ManagedStream
}

func (s *stream0) open(ctx context.Context, c *managedwriter.Client) (*managedwriter.ManagedStream, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.to != nil {
		return s.to, nil
	}
	// The stream outlives the call that opens it.
	to, err := c.NewManagedStream(context.WithoutCancel(ctx), managedwriter.WithType(managedwriter.DefaultStream),
		managedwriter.WithDestinationTable(s.parent), managedwriter.WithSchemaDescriptor(s.message.proto), managedwriter.EnableWriteRetries(true))
	s.to = to
	return to, err
}

func (s *stream0) close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.to == nil {
		return nil
	}
	err := ended(s.to.Close())
	s.to = nil
	return err
}

// maxStreams is how many default streams stay open.
const maxStreams = 32

// streams are the open default streams by table and columns.
type streams struct {
	mu   sync.Mutex
	open map[string]*stream0
}

func (s *streams) get(key string) (*stream0, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	st, ok := s.open[key]
	return st, ok
}

func (s *streams) put(key string, st *stream0) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.open == nil {
		s.open = map[string]*stream0{}
	}
	for other := range s.open {
		if len(s.open) < maxStreams || s.open[key] != nil {
			break
		}
		_ = s.open[other].close() // whoever writes by it now gets an error and tries again
		delete(s.open, other)
	}
	if have := s.open[key]; have != nil && have != st {
		_ = st.close() // another call opened one at the same time
		return
	}
	s.open[key] = st
}

func (s *streams) drop(key string, st *stream0) {
	s.mu.Lock()
	if s.open[key] == st {
		delete(s.open, key)
	}
	s.mu.Unlock()
	_ = st.close() // it has failed
}

func (s *streams) close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var errs []error
	for _, st := range s.open {
		errs = append(errs, st.close())
	}
	s.open = nil
	return errors.Join(errs...)
}

// marshal is proto.Marshal with the fields in their order.
func marshal(m proto.Message) ([]byte, error) {
	return proto.MarshalOptions{Deterministic: true}.Marshal(m)
}
