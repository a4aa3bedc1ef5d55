package main

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"sync"

	"cloud.google.com/go/bigquery/storage/apiv1/storagepb"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
)

// writer is the Storage Write API in front of the emulator's own, which takes a request
// that leaves out its stream, as clients do after the first, for one of any stream, and
// keeps the columns that a table had when its default stream was first used.
type writer struct {
	storagepb.UnimplementedBigQueryWriteServer

	next storagepb.BigQueryWriteClient
	one  *sync.Mutex // a statement and an append at once would lock each other out
}

// serveWrites listens for gRPC and hands on to the emulator at inner.
func serveWrites(inner string, one *sync.Mutex) (address string, err error) {
	conn, err := grpc.NewClient(inner, grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(maxMessage), grpc.MaxCallSendMsgSize(maxMessage)))
	if err != nil {
		return "", err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	s := grpc.NewServer(grpc.MaxRecvMsgSize(maxMessage))
	storagepb.RegisterBigQueryWriteServer(s, &writer{next: storagepb.NewBigQueryWriteClient(conn), one: one})
	go func() { _ = s.Serve(listener) }() // ends with the process
	return listener.Addr().String(), nil
}

// maxMessage is more than the service takes.
const maxMessage = 32 << 20

const defaultStream = "/streams/_default"

// AppendRows implements the service: each request is a stream of its own to the
// emulator.
func (w *writer) AppendRows(stream storagepb.BigQueryWrite_AppendRowsServer) error {
	name, schema := "", (*storagepb.ProtoSchema)(nil)
	for {
		request, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if request.GetWriteStream() != "" {
			name = request.GetWriteStream()
		}
		if s := request.GetProtoRows().GetWriterSchema(); s != nil {
			schema = s
		}
		request.WriteStream = name
		if rows := request.GetProtoRows(); rows != nil {
			rows.WriterSchema = schema
		}
		answer, err := w.append(stream.Context(), request)
		if err != nil {
			return err
		}
		answer.WriteStream = name
		if err := stream.Send(answer); err != nil {
			return err
		}
	}
}

func (w *writer) append(ctx context.Context, request *storagepb.AppendRowsRequest) (*storagepb.AppendRowsResponse, error) {
	w.one.Lock()
	defer w.one.Unlock()
	if table, ok := strings.CutSuffix(request.GetWriteStream(), defaultStream); ok {
		fresh, err := w.next.CreateWriteStream(ctx, &storagepb.CreateWriteStreamRequest{
			Parent: table, WriteStream: &storagepb.WriteStream{Type: storagepb.WriteStream_COMMITTED},
		})
		if err != nil {
			return nil, err
		}
		request.WriteStream = fresh.GetName()
	}
	inner, err := w.next.AppendRows(ctx)
	if err != nil {
		return nil, err
	}
	if err := inner.Send(request); err != nil {
		return nil, err
	}
	answer, err := inner.Recv()
	_ = inner.CloseSend() // the answer is here
	return answer, err
}

// GetWriteStream implements the service: every table has a default stream.
func (w *writer) GetWriteStream(ctx context.Context, request *storagepb.GetWriteStreamRequest) (*storagepb.WriteStream, error) {
	if strings.HasSuffix(request.GetName(), defaultStream) {
		return &storagepb.WriteStream{Name: request.GetName(), Type: storagepb.WriteStream_COMMITTED}, nil
	}
	return w.next.GetWriteStream(ctx, request)
}

// CreateWriteStream implements the service.
func (w *writer) CreateWriteStream(ctx context.Context, request *storagepb.CreateWriteStreamRequest) (*storagepb.WriteStream, error) {
	w.one.Lock()
	defer w.one.Unlock()
	return w.next.CreateWriteStream(ctx, request)
}

// FinalizeWriteStream implements the service.
func (w *writer) FinalizeWriteStream(ctx context.Context, request *storagepb.FinalizeWriteStreamRequest) (*storagepb.FinalizeWriteStreamResponse, error) {
	return w.next.FinalizeWriteStream(ctx, request)
}

// BatchCommitWriteStreams implements the service.
func (w *writer) BatchCommitWriteStreams(ctx context.Context, request *storagepb.BatchCommitWriteStreamsRequest) (*storagepb.BatchCommitWriteStreamsResponse, error) {
	w.one.Lock()
	defer w.one.Unlock()
	return w.next.BatchCommitWriteStreams(ctx, request)
}
