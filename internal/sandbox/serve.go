package sandbox

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"
)

// Serve listens on addr, 127.0.0.1 on a free port for "", and serves until ctx is done or the sandbox is closed. It
// returns at once, with the URL under which the sandbox is reached: the base of every fake's base_url. An address that
// is not loopback is refused without a token.
func (s *Sandbox) Serve(ctx context.Context, addr string) (baseURL string, err error) {
	if addr == "" {
		addr = "127.0.0.1:0"
	}
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return "", fmt.Errorf("sandbox address: %w", err)
	}
	if !loopbackName(host) && s.opts.Token == "" {
		return "", fmt.Errorf("sandbox address %s is not loopback: it is served only with a token", addr)
	}
	var lc net.ListenConfig
	ln, err := lc.Listen(ctx, "tcp", addr)
	if err != nil {
		return "", err
	}
	server := &http.Server{
		Handler: s.Handler(), ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 64 << 10,
		ErrorLog: slog.NewLogLogger(slog.DiscardHandler, slog.LevelError), // it would log what faults do to connections
	}
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return "", errors.Join(ErrClosed, ln.Close())
	}
	s.servers = append(s.servers, server)
	s.serving.Add(1)
	s.mu.Unlock()

	stop := context.AfterFunc(ctx, func() { _ = shutdown(server) })
	go func() {
		defer s.serving.Done()
		defer stop()
		_ = server.Serve(ln) // it ends with ErrServerClosed, by Close or by ctx
	}()
	return "http://" + ln.Addr().String(), nil
}

// shutdown lets answers that are on their way arrive, but not for long.
func shutdown(server *http.Server) error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	if err := server.Shutdown(ctx); err != nil {
		return server.Close()
	}
	return nil
}
