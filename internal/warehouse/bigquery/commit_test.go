package bigquery_test

import (
	"context"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"

	"cloud.google.com/go/bigquery/storage/apiv1/storagepb"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/warehouse/bigquery"
)

// writing is the Storage Write API as far as a pending stream needs it. The answer to the first
// commit is lost, and each further one is refused for a reason.
type writing struct {
	storagepb.UnimplementedBigQueryWriteServer

	again storagepb.StorageError_StorageErrorCode

	mu      sync.Mutex
	streams int
	offset  int64
	commits int
}

func (w *writing) CreateWriteStream(_ context.Context, r *storagepb.CreateWriteStreamRequest) (*storagepb.WriteStream, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.streams++
	return &storagepb.WriteStream{Name: r.GetParent() + "/streams/one", Type: storagepb.WriteStream_PENDING}, nil
}

func (w *writing) GetWriteStream(_ context.Context, r *storagepb.GetWriteStreamRequest) (*storagepb.WriteStream, error) {
	return &storagepb.WriteStream{Name: r.GetName(), Type: storagepb.WriteStream_PENDING}, nil
}

func (w *writing) AppendRows(s storagepb.BigQueryWrite_AppendRowsServer) error {
	for {
		r, err := s.Recv()
		if err != nil {
			return nil //nolint:nilerr // the client has gone
		}
		w.mu.Lock()
		w.offset += int64(len(r.GetProtoRows().GetRows().GetSerializedRows()))
		w.mu.Unlock()
		if err := s.Send(&storagepb.AppendRowsResponse{Response: &storagepb.AppendRowsResponse_AppendResult_{
			AppendResult: &storagepb.AppendRowsResponse_AppendResult{Offset: r.GetOffset()},
		}}); err != nil {
			return err
		}
	}
}

func (w *writing) FinalizeWriteStream(context.Context, *storagepb.FinalizeWriteStreamRequest) (*storagepb.FinalizeWriteStreamResponse, error) {
	return &storagepb.FinalizeWriteStreamResponse{RowCount: w.offset}, nil
}

func (w *writing) BatchCommitWriteStreams(_ context.Context, r *storagepb.BatchCommitWriteStreamsRequest) (*storagepb.BatchCommitWriteStreamsResponse, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.commits++; w.commits == 1 {
		return nil, status.Error(codes.Unavailable, "the answer is lost")
	}
	return &storagepb.BatchCommitWriteStreamsResponse{StreamErrors: []*storagepb.StorageError{{Code: w.again, Entity: r.GetWriteStreams()[0], ErrorMessage: w.again.String()}}}, nil
}

// TestCommitWhoseAnswerIsLost: rows that fill several requests are committed once. The client
// repeats a commit without an answer, and is told that it was made: the rows are there. Told anything
// else of the stream, they are not.
func TestCommitWhoseAnswerIsLost(t *testing.T) {
	for code, there := range map[storagepb.StorageError_StorageErrorCode]bool{
		storagepb.StorageError_STREAM_ALREADY_COMMITTED: true,
		storagepb.StorageError_STREAM_NOT_FOUND:         false,
	} {
		t.Run(code.String(), func(t *testing.T) {
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			api, server := &writing{again: code}, grpc.NewServer(grpc.MaxRecvMsgSize(64<<20))
			storagepb.RegisterBigQueryWriteServer(server, api)
			go func() { _ = server.Serve(l) }() // ends with the server
			t.Cleanup(server.Stop)
			_, w := open(t, bigquery.Config{StorageEndpoint: l.Addr().String()}, func(_ *fake, _ int, _ string, _ map[string]any, w http.ResponseWriter, _ *http.Request) {
				send(w, http.StatusOK, map[string]any{"schema": map[string]any{"fields": []any{map[string]any{"name": "a", "type": "STRING"}}}})
			})
			long := strings.Repeat("x", 5<<20)
			err = w.Append(t.Context(), cdp.Table{Schema: "kith", Name: "acks"}, []string{"a"}, []cdp.Row{{long}, {long}})
			if (err == nil) != there {
				t.Errorf("the rows are there: %v, got %v", there, err)
			}
			if api.commits != 2 || api.streams != 1 || api.offset != 2 {
				t.Errorf("%d commits of %d streams, %d rows", api.commits, api.streams, api.offset)
			}
		})
	}
}
