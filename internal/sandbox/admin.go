package sandbox

import (
	"encoding/json"
	"io"
	"net/http"
	"strconv"
	"strings"

	"github.com/kithdata/kith/internal/sandbox/fake"
	"github.com/kithdata/kith/internal/sandbox/webhook"
)

const (
	maxAdminBody = 1 << 20
	defaultLimit = 1000 // records of a kind that /state shows
)

// adminRoutes are the pages under /_sandbox/:
//
//	GET    /_sandbox/            a page for people
//	GET    /_sandbox/state       records by fake and account (?limit=, 0 = all)
//	GET    /_sandbox/requests    the log (?bodies=1 with headers and bodies of the most recent)
//	GET    /_sandbox/counters    sums since the state began
//	GET    /_sandbox/faults      the script and its counts; POST appends to it, DELETE ends it
//	POST   /_sandbox/reset       empties the state
//	PUT    /_sandbox/webhooks/x  configures the receiver x, for this process
func (s *Sandbox) adminRoutes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /_sandbox/{$}", s.servePage)
	mux.HandleFunc("GET /_sandbox/style.css", serveStyle)
	mux.HandleFunc("GET /_sandbox/state", s.serveState)
	mux.HandleFunc("GET /_sandbox/requests", s.serveRequests)
	mux.HandleFunc("GET /_sandbox/counters", func(w http.ResponseWriter, _ *http.Request) {
		c, err := s.Counters()
		writeJSON(w, c, err)
	})
	mux.HandleFunc("GET /_sandbox/faults", s.serveFaults)
	mux.HandleFunc("POST /_sandbox/faults", s.postFaults)
	mux.HandleFunc("DELETE /_sandbox/faults", func(w http.ResponseWriter, _ *http.Request) {
		writeJSON(w, done{true}, s.SetFaults(nil))
	})
	mux.HandleFunc("POST /_sandbox/reset", s.postReset)
	mux.HandleFunc("PUT /_sandbox/webhooks/{name}", s.putWebhook)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy",
			"default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "same-origin") // with no-referrer a form would come from the origin "null"
		h.Set("Cache-Control", "no-store")
		mux.ServeHTTP(w, r)
	})
}

type done struct {
	OK bool `json:"ok"`
}

func writeJSON(w http.ResponseWriter, v any, err error) {
	if err != nil {
		http.Error(w, "sandbox: "+err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(fake.Marshal(v))
}

func (s *Sandbox) serveState(w http.ResponseWriter, r *http.Request) {
	limit := defaultLimit
	if text := r.URL.Query().Get("limit"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 0 {
			http.Error(w, "sandbox: limit is a number, 0 = all", http.StatusBadRequest)
			return
		}
		limit = n
	}
	state, err := s.State(limit)
	writeJSON(w, state, err)
}

// withBodies is a request as JSON, its bodies as text.
type withBodies struct {
	Recorded
	Body         string `json:"body"`
	ResponseBody string `json:"response_body"`
}

func (s *Sandbox) serveRequests(w http.ResponseWriter, r *http.Request) {
	rs, err := s.Requests()
	if r.URL.Query().Get("bodies") == "" {
		for i := range rs {
			rs[i].Kept, rs[i].Header, rs[i].ResponseHeader = false, nil, nil
		}
		writeJSON(w, map[string]any{"requests": rs}, err)
		return
	}
	out := make([]withBodies, len(rs))
	for i, r := range rs {
		out[i] = withBodies{Recorded: r, Body: string(r.Body), ResponseBody: string(r.ResponseBody)}
	}
	writeJSON(w, map[string]any{"requests": out}, err)
}

func (s *Sandbox) serveFaults(w http.ResponseWriter, _ *http.Request) {
	fs, err := s.Faults()
	writeJSON(w, map[string]any{"faults": fs}, err)
}

func (s *Sandbox) postFaults(w http.ResponseWriter, r *http.Request) {
	script, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxAdminBody))
	if err != nil {
		http.Error(w, "sandbox: "+err.Error(), http.StatusBadRequest)
		return
	}
	fs, err := ParseFaults(script)
	if err != nil {
		http.Error(w, "sandbox: "+err.Error(), http.StatusBadRequest)
		return
	}
	writeJSON(w, done{true}, s.AddFaults(fs...))
}

// postReset answers a program in JSON and takes a person back to the page.
func (s *Sandbox) postReset(w http.ResponseWriter, r *http.Request) {
	err := s.Reset()
	if err == nil && strings.Contains(r.Header.Get("Accept"), "text/html") {
		w.Header().Set("Location", "./") // relative: the token may be part of the path
		w.WriteHeader(http.StatusSeeOther)
		return
	}
	writeJSON(w, done{true}, err)
}

func (s *Sandbox) putWebhook(w http.ResponseWriter, r *http.Request) {
	var c webhook.Config
	dec := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxAdminBody))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&c); err != nil {
		http.Error(w, "sandbox: "+err.Error(), http.StatusBadRequest)
		return
	}
	writeJSON(w, done{true}, s.ConfigureWebhook(r.PathValue("name"), c))
}
