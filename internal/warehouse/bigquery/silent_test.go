package bigquery_test

import (
	"errors"
	"net"
	"net/http"
	"testing"
	"time"

	"cloud.google.com/go/bigquery/storage/apiv1/storagepb"
	"google.golang.org/grpc"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/warehouse/bigquery"
)

// silent takes the first request of the default stream and never answers it; a new connection would be answered.
type silent struct {
	writing
	connections int
}

func (w *silent) AppendRows(s storagepb.BigQueryWrite_AppendRowsServer) error {
	w.mu.Lock()
	w.connections++
	first := w.connections == 1
	w.mu.Unlock()
	if !first {
		return w.writing.AppendRows(s)
	}
	for {
		if _, err := s.Recv(); err != nil {
			return nil //nolint:nilerr // the client has gone
		}
	}
}

// TestSilentStream: rows whose answer never comes are given up in time, as ones that may or may
// not be written, and written by another connection when they are repeated.
func TestSilentStream(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	api, server := &silent{}, grpc.NewServer(grpc.MaxRecvMsgSize(64<<20))
	storagepb.RegisterBigQueryWriteServer(server, api)
	go func() { _ = server.Serve(l) }()
	t.Cleanup(server.Stop)
	_, w := open(t, bigquery.Config{StorageEndpoint: l.Addr().String(), AnswerIn: 200 * time.Millisecond}, func(_ *fake, _ int, _ string, _ map[string]any, w http.ResponseWriter, _ *http.Request) {
		send(w, http.StatusOK, map[string]any{"schema": map[string]any{"fields": []any{map[string]any{"name": "a", "type": "STRING"}}}})
	})
	add := func() error {
		return w.Append(t.Context(), cdp.Table{Schema: "kith", Name: "acks"}, []string{"a"}, []cdp.Row{{"x"}})
	}
	if err := add(); !errors.Is(err, cdp.ErrUnreachable) {
		t.Errorf("no answer: %v", err)
	}
	if err := add(); err != nil {
		t.Errorf("again: %v", err)
	}
}
