// Package web is the daemon's HTTP side: probes, metrics, and a small JSON API.
//
//	s, err := web.New(web.Options{Daemon: d, Token: token, Clock: clock})
//	err = s.Serve(ctx, "127.0.0.1:8710")
//
// It listens on this machine unless it is told otherwise, and elsewhere only with a
// token (SEMANTICS section 7): probes are open, everything else asks for it. Without
// a token, requests under a name that is not this machine's are refused, so that no
// web page reaches the API by a name of its own. Nothing is changed by a GET. The
// API takes names of syncs, never SQL, paths or YAML.
package web

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/kithdata/kith/internal/daemon"
	"github.com/kithdata/kith/internal/engine"
)

// Options are what a server is made of.
type Options struct {
	Daemon  *daemon.Daemon
	Token   string // "" for none: then nothing can be asked for, and only this machine is served
	Clock   engine.Clock
	Log     *slog.Logger
	Version string
	// Status is the document of GET /api/status.
	Status func(ctx context.Context) (any, error)
}

// Server serves a daemon.
type Server struct {
	o       Options
	metrics *metrics
}

// New makes a server; Observe must be given to the daemon before it runs.
func New(o Options) *Server { return &Server{o, newMetrics(o)} }

// Observe counts what the daemon does.
func (s *Server) Observe(e daemon.Event) { s.metrics.observe(e) }

// Listen opens the address; one that is not this machine's needs a token.
func (s *Server) Listen(ctx context.Context, addr string) (net.Listener, error) {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, fmt.Errorf("address %q: %w", addr, err)
	}
	if !loopback(host) && s.o.Token == "" {
		return nil, fmt.Errorf("address %s is not this machine's: it is served only with a token", addr)
	}
	var lc net.ListenConfig
	return lc.Listen(ctx, "tcp", addr)
}

// Serve answers on a listener until ctx ends, then lets what is on its way arrive.
func (s *Server) Serve(ctx context.Context, ln net.Listener) error {
	server := &http.Server{
		Handler: s.Handler(), ReadHeaderTimeout: 10 * time.Second, ReadTimeout: time.Minute, WriteTimeout: 2 * time.Minute,
		IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 64 << 10, ErrorLog: slog.NewLogLogger(slog.DiscardHandler, slog.LevelError),
	}
	stopped := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(stopped)
		end, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		if server.Shutdown(end) != nil {
			_ = server.Close() // who still waits has waited long enough
		}
	})
	err := server.Serve(ln)
	if !stop() {
		<-stopped
	}
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}

// Handler is everything that is served.
func (s *Server) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", s.health)
	mux.HandleFunc("GET /readyz", s.ready)
	mux.Handle("GET /metrics", s.inside(s.metrics.handler(s.o.Daemon)))
	mux.Handle("GET /api/status", s.inside(http.HandlerFunc(s.status)))
	mux.Handle("GET /api/runs", s.inside(http.HandlerFunc(s.runs)))
	mux.Handle("GET /api/runs/{id}", s.inside(http.HandlerFunc(s.run)))
	mux.Handle("POST /api/runs", s.inside(http.HandlerFunc(s.ask)))
	return s.guard(mux)
}

// guard sets the headers of every answer and refuses other names of this machine.
func (s *Server) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cache-Control", "no-store")
		switch {
		case s.o.Token == "" && !loopback(hostOf(r.Host)):
			refuse(w, http.StatusForbidden, "the host of the request is not a name of this machine", "")
			return
		case r.Method != http.MethodGet && r.Method != http.MethodHead && foreign(r):
			refuse(w, http.StatusForbidden, "the request comes from another origin", "")
			return
		}
		next.ServeHTTP(w, r)
	})
}

// inside asks for the token where there is one; without, only reading is allowed.
func (s *Server) inside(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case s.o.Token == "" && r.Method != http.MethodGet && r.Method != http.MethodHead:
			refuse(w, http.StatusForbidden, "there is no token, so nothing can be asked for", "set KITH_SERVE_TOKEN, or --token-file, and serve again")
			return
		case s.o.Token != "" && !s.admits(r):
			w.Header().Set("WWW-Authenticate", `Bearer realm="kith"`)
			refuse(w, http.StatusUnauthorized, "the token is missing or wrong", "send Authorization: Bearer and the token")
			return
		}
		next.ServeHTTP(w, r)
	})
}

func (s *Server) admits(r *http.Request) bool {
	token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	x, y := sha256.Sum256([]byte(token)), sha256.Sum256([]byte(s.o.Token))
	return ok && subtle.ConstantTimeCompare(x[:], y[:]) == 1
}

func hostOf(hostport string) string {
	if host, _, err := net.SplitHostPort(hostport); err == nil {
		return host
	}
	return strings.Trim(hostport, "[]")
}

func loopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}

// foreign says that a browser sent the request for a page of another origin.
func foreign(r *http.Request) bool {
	if site := r.Header.Get("Sec-Fetch-Site"); site == "cross-site" || site == "same-site" {
		return true
	}
	origin := r.Header.Get("Origin")
	if origin == "" {
		return false
	}
	u, err := url.Parse(origin)
	return err != nil || !strings.EqualFold(u.Host, r.Host)
}
