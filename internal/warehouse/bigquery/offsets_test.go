package bigquery_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"strings"
	"testing"

	"cloud.google.com/go/bigquery/storage/apiv1/storagepb"
	spb "google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/warehouse/bigquery"
)

// offsets is a service that is busy once, at the first request of a pending stream, and else holds
// the stream to its offsets as AppendRows is documented (storage.pb.go: OUT_OF_RANGE "when the
// specified offset in the stream is beyond the current end of the stream").
type offsets struct {
	writing
	busy bool
	said []string
}

func (w *offsets) AppendRows(s storagepb.BigQueryWrite_AppendRowsServer) error {
	for {
		r, err := s.Recv()
		if err != nil {
			return nil //nolint:nilerr // the client has gone
		}
		w.mu.Lock()
		answer := &storagepb.AppendRowsResponse{}
		at := r.GetOffset().GetValue()
		refuse := func(c codes.Code, text string) {
			w.said = append(w.said, c.String())
			answer.Response = &storagepb.AppendRowsResponse_Error{Error: &spb.Status{Code: int32(c), Message: text}}
		}
		switch {
		case !w.busy:
			w.busy = true
			refuse(codes.Unavailable, "the service is currently unavailable")
		case at > w.offset:
			refuse(codes.OutOfRange, "the offset is beyond the end of the stream")
		case at < w.offset:
			refuse(codes.AlreadyExists, "the offset exists")
		default:
			w.said = append(w.said, "OK")
			w.offset += int64(len(r.GetProtoRows().GetRows().GetSerializedRows()))
			answer.Response = &storagepb.AppendRowsResponse_AppendResult_{AppendResult: &storagepb.AppendRowsResponse_AppendResult{Offset: r.GetOffset()}}
		}
		w.mu.Unlock()
		if err := s.Send(answer); err != nil {
			return err
		}
	}
}

func (w *offsets) BatchCommitWriteStreams(context.Context, *storagepb.BatchCommitWriteStreamsRequest) (*storagepb.BatchCommitWriteStreamsResponse, error) {
	return &storagepb.BatchCommitWriteStreamsResponse{}, nil
}

// TestBusyWhileManyAreWritten: where the service is busy for one of several requests, those after it
// are refused for where they stand. That passes: the error is one that is repeated, or there is none.
func TestBusyWhileManyAreWritten(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	api, server := &offsets{}, grpc.NewServer(grpc.MaxRecvMsgSize(64<<20))
	storagepb.RegisterBigQueryWriteServer(server, api)
	go func() { _ = server.Serve(l) }()
	t.Cleanup(server.Stop)
	_, w := open(t, bigquery.Config{StorageEndpoint: l.Addr().String()}, func(_ *fake, _ int, _ string, _ map[string]any, w http.ResponseWriter, _ *http.Request) {
		send(w, http.StatusOK, map[string]any{"schema": map[string]any{"fields": []any{map[string]any{"name": "a", "type": "STRING"}}}})
	})
	long := strings.Repeat("x", 5<<20)
	err = w.Append(t.Context(), cdp.Table{Schema: "kith", Name: "acks"}, []string{"a"}, []cdp.Row{{long}, {long}, {long}})
	if err != nil && !errors.Is(err, cdp.ErrUnreachable) {
		t.Errorf("nobody repeats this: %v, after the answers %v", err, api.said)
	}
}
