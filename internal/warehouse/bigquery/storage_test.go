package bigquery_test

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"cloud.google.com/go/bigquery/storage/apiv1/storagepb"
	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/decimal128"
	"github.com/apache/arrow/go/v15/arrow/ipc"
	"github.com/apache/arrow/go/v15/arrow/memory"
	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/warehouse/bigquery"
)

// storage is the Storage Read API with a table of rows, since the emulator's breaks.
type storage struct {
	storagepb.UnimplementedBigQueryReadServer

	refuse   error // of the session
	batches  int   // per stream
	breakAt  int64 // the first stream breaks once behind so many rows
	broken   atomic.Bool
	sessions atomic.Int32
	sent     atomic.Int64
}

const batchRows = 100

var arrowSchema = arrow.NewSchema([]arrow.Field{
	{Name: "n", Type: arrow.PrimitiveTypes.Int64},
	{Name: "name", Type: arrow.BinaryTypes.String, Nullable: true},
	{Name: "amount", Type: &arrow.Decimal128Type{Precision: 38, Scale: 9}},
	{Name: "day", Type: arrow.FixedWidthTypes.Date32},
	{Name: "at", Type: &arrow.TimestampType{Unit: arrow.Microsecond, TimeZone: "UTC"}},
	{Name: "tags", Type: arrow.ListOf(arrow.BinaryTypes.String)},
}, nil)

var restSchema = map[string]any{"fields": []any{
	map[string]any{"name": "n", "type": "INTEGER"},
	map[string]any{"name": "name", "type": "STRING"},
	map[string]any{"name": "amount", "type": "NUMERIC"},
	map[string]any{"name": "day", "type": "DATE"},
	map[string]any{"name": "at", "type": "TIMESTAMP"},
	map[string]any{"name": "tags", "type": "STRING", "mode": "REPEATED"},
}}

// wantRow is row n of the table as a cdp.Row.
func wantRow(n int64) cdp.Row {
	at := time.Date(1969, 12, 31, 23, 59, 59, 0, time.UTC).Add(time.Duration(n) * time.Second)
	row := cdp.Row{n, fmt.Sprintf("Zoë %d", n), "1.5", time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC), at, []any{"a", fmt.Sprint(n)}}
	if n%10 == 3 {
		row[1], row[5] = nil, []any{}
	}
	return row
}

func serialized(t testing.TB, write func(*ipc.Writer) error) []byte {
	t.Helper()
	var b bytes.Buffer
	w := ipc.NewWriter(&b, ipc.WithSchema(arrowSchema))
	if err := write(w); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// to is the builder of a column, which the schema makes a B.
func to[B array.Builder](b array.Builder) B {
	out, ok := b.(B)
	if !ok {
		panic("the schema and the builders differ")
	}
	return out
}

func batch(t testing.TB, from int64) []byte {
	t.Helper()
	b := array.NewRecordBuilder(memory.DefaultAllocator, arrowSchema)
	defer b.Release()
	for n := from; n < from+batchRows; n++ {
		row := wantRow(n)
		to[*array.Int64Builder](b.Field(0)).Append(n)
		if text, ok := row[1].(string); ok {
			to[*array.StringBuilder](b.Field(1)).Append(text)
		} else {
			b.Field(1).AppendNull()
		}
		to[*array.Decimal128Builder](b.Field(2)).Append(decimal128.FromI64(1_500_000_000))
		day, _ := row[3].(time.Time)
		to[*array.Date32Builder](b.Field(3)).Append(arrow.Date32FromTime(day))
		at, _ := row[4].(time.Time)
		to[*array.TimestampBuilder](b.Field(4)).Append(arrow.Timestamp(at.UnixMicro()))
		tags := to[*array.ListBuilder](b.Field(5))
		tags.Append(true)
		list, _ := row[5].([]any)
		for _, tag := range list {
			to[*array.StringBuilder](tags.ValueBuilder()).Append(fmt.Sprint(tag))
		}
	}
	record := b.NewRecord()
	defer record.Release()
	all := serialized(t, func(w *ipc.Writer) error { return w.Write(record) })
	head := serialized(t, func(*ipc.Writer) error { return nil })
	return all[len(head)-8:] // without the schema; an end of 8 bytes follows a stream
}

const streams = 2

func (s *storage) CreateReadSession(_ context.Context, r *storagepb.CreateReadSessionRequest) (*storagepb.ReadSession, error) {
	s.sessions.Add(1)
	if s.refuse != nil {
		return nil, s.refuse
	}
	head := new(bytes.Buffer)
	_ = ipc.NewWriter(head, ipc.WithSchema(arrowSchema)).Close() // a buffer never fails
	session := &storagepb.ReadSession{
		Name: "session", Table: r.GetReadSession().GetTable(), DataFormat: storagepb.DataFormat_ARROW, EstimatedRowCount: int64(streams * s.batches * batchRows),
		Schema: &storagepb.ReadSession_ArrowSchema{ArrowSchema: &storagepb.ArrowSchema{SerializedSchema: head.Bytes()[:head.Len()-8]}},
	}
	for i := range streams {
		session.Streams = append(session.Streams, &storagepb.ReadStream{Name: fmt.Sprint("stream", i)})
	}
	return session, nil
}

func (s *storage) ReadRows(r *storagepb.ReadRowsRequest, to storagepb.BigQueryRead_ReadRowsServer) error {
	first := int64(0)
	if r.GetReadStream() != "stream0" {
		first = int64(s.batches * batchRows)
	}
	for i := r.GetOffset(); i < int64(s.batches*batchRows); i += batchRows {
		if first == 0 && s.breakAt > 0 && i >= s.breakAt && !s.broken.Swap(true) {
			return status.Error(codes.Unavailable, "try again")
		}
		err := to.Send(&storagepb.ReadRowsResponse{RowCount: batchRows, Rows: &storagepb.ReadRowsResponse_ArrowRecordBatch{
			ArrowRecordBatch: &storagepb.ArrowRecordBatch{SerializedRecordBatch: batch(testing.TB(new(noTest)), first+i)},
		}})
		if err != nil {
			return err
		}
		s.sent.Add(batchRows)
	}
	return nil
}

// noTest lets a server use what a test uses; it never fails there.
type noTest struct{ testing.TB }

func (*noTest) Helper() {}

// openStorage starts both APIs. The result has more than one page.
func openStorage(t *testing.T, s *storage) (*fake, *bigquery.Warehouse) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := grpc.NewServer()
	storagepb.RegisterBigQueryReadServer(server, s)
	go func() { _ = server.Serve(l) }()
	t.Cleanup(server.Stop)
	total := streams * min(s.batches, 20) * batchRows // of the pages
	ref := map[string]any{"projectId": "acme", "jobId": "j1", "location": "EU"}
	page := func(from int, token string) map[string]any {
		var rows []any
		for n := from; n < from+total/2; n++ {
			rows = append(rows, map[string]any{"f": []any{
				map[string]any{"v": fmt.Sprint(n)}, map[string]any{}, map[string]any{}, map[string]any{}, map[string]any{}, map[string]any{},
			}})
		}
		return map[string]any{"jobComplete": true, "jobReference": ref, "schema": restSchema, "rows": rows, "totalRows": fmt.Sprint(total), "pageToken": token}
	}
	return open(t, bigquery.Config{StorageEndpoint: l.Addr().String()}, func(_ *fake, _ int, what string, _ map[string]any, w http.ResponseWriter, r *http.Request) {
		switch {
		case what == "POST queries":
			send(w, http.StatusOK, page(0, "p2"))
		case strings.HasPrefix(what, "GET queries/") && r.URL.Query().Get("pageToken") == "p2":
			send(w, http.StatusOK, page(total/2, ""))
		case strings.HasPrefix(what, "GET queries/"):
			send(w, http.StatusOK, page(0, "p2"))
		case strings.HasPrefix(what, "GET jobs/"):
			send(w, http.StatusOK, map[string]any{
				"jobReference": ref, "status": map[string]any{"state": "DONE"},
				"configuration": map[string]any{"query": map[string]any{
					"query": "SELECT", "destinationTable": map[string]any{"projectId": "acme", "datasetId": "_anon", "tableId": "t"},
				}},
			})
		default:
			send(w, http.StatusOK, map[string]any{"tableReference": map[string]any{"projectId": "acme", "datasetId": "_anon", "tableId": "t"}, "schema": restSchema})
		}
	})
}

// TestStorageRead reads by the Storage Read API, over a stream that breaks.
func TestStorageRead(t *testing.T) {
	s := &storage{batches: 20, breakAt: 700}
	_, w := openStorage(t, s)
	got := map[int64]bool{}
	for row, err := range w.Query(t.Context(), createStatement) {
		if err != nil {
			t.Fatal(err)
		}
		n, _ := row[0].(int64)
		if got[n] {
			t.Fatalf("row %d came twice", n)
		}
		got[n] = true
		if d := cmp.Diff(wantRow(n), row); d != "" {
			t.Fatalf("row %d: -want +got\n%s", n, d)
		}
	}
	if len(got) != streams*20*batchRows || s.sessions.Load() != 1 || !s.broken.Load() {
		t.Errorf("%d rows in %d sessions", len(got), s.sessions.Load())
	}
}

// TestStorageReadStops: a consumer that has enough ends the streams.
func TestStorageReadStops(t *testing.T) {
	s := &storage{batches: 5000}
	_, w := openStorage(t, s)
	n := 0
	for _, err := range w.Query(t.Context(), createStatement) {
		if err != nil {
			t.Fatal(err)
		}
		if n++; n == 250 {
			break
		}
	}
	time.Sleep(50 * time.Millisecond)
	before := s.sent.Load()
	time.Sleep(100 * time.Millisecond)
	if after := s.sent.Load(); after != before || after == int64(streams*5000*batchRows) {
		t.Errorf("the streams go on: %d, then %d rows", before, after)
	}
}

// TestStorageReadRefused: without the right to it, results are read page by page.
func TestStorageReadRefused(t *testing.T) {
	s := &storage{batches: 1, refuse: status.Error(codes.PermissionDenied, "bigquery.readsessions.create denied")}
	_, w := openStorage(t, s)
	n := int64(0)
	for row, err := range w.Query(t.Context(), createStatement) {
		if err != nil {
			t.Fatal(err)
		}
		if row[0] != n {
			t.Fatalf("row %d is %v", n, row)
		}
		n++
	}
	if n != streams*batchRows || s.sessions.Load() == 0 {
		t.Errorf("%d rows, %d sessions", n, s.sessions.Load())
	}
}

// TestStorageReadOrdered: rows that have an order come in it, although the client counts
// parentheses also in literals, and finds no ORDER BY then: several streams would be mixed.
func TestStorageReadOrdered(t *testing.T) {
	for sql, fast := range map[string]bool{
		"SELECT n FROM t WHERE (kh > 7 OR row_id > 'Smith') ORDER BY n":                   true,
		"SELECT n FROM t WHERE (kh > 7 OR row_id > 'Smith (NY')":                          true,
		"SELECT n FROM t WHERE (kh > 7 OR row_id > 'Smith (NY') ORDER BY n":               false,
		`SELECT n FROM t WHERE (kh > 7 OR row_id > 'O\'Neil)') ORDER BY n`:                false,
		`SELECT n FROM t WHERE (a = "it's" OR row_id > ':)') ORDER BY n`:                  false,
		`SELECT n FROM t WHERE (a = """it's "(" """ OR row_id > 'x') ORDER BY n`:          false,
		"SELECT n FROM t -- don't (ever)\nWHERE row_id > 'x' ORDER BY n":                  false,
		"SELECT n FROM t -- don't\nWHERE (row_id > 'x') /* it's */ AND (b) ORDER BY n":    true,
		"SELECT n FROM t WHERE (a = 'x\\\\' AND b = r'\\d') AND f(`o'n`) > '' ORDER BY n": true,
		"(SELECT n FROM t) UNION ALL (SELECT n FROM u) ORDER BY n":                        false,
	} {
		s := &storage{batches: 1}
		_, w := openStorage(t, s)
		n := int64(0)
		for row, err := range w.Query(t.Context(), cdp.Statement{Name: "page", SQL: sql}) {
			if err != nil {
				t.Fatal(err)
			}
			if !fast && row[0] != n {
				t.Fatalf("%s: row %d is %v", sql, n, row)
			}
			n++
		}
		if n != streams*batchRows || (s.sessions.Load() > 0) != fast {
			t.Errorf("%s: %d rows, %d sessions", sql, n, s.sessions.Load())
		}
	}
}
