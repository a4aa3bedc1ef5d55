package web

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"time"

	"github.com/kithdata/kith/internal/daemon"
)

// asleep is after how long a loop that has not come round is taken for dead.
const asleep = 2 * time.Minute

// health says that the process does its work; a supervisor restarts it when not.
func (s *Server) health(w http.ResponseWriter, _ *http.Request) {
	if since := lag(s.o.Daemon.Health(), s.o.Clock.Now()); since > asleep {
		refuse(w, http.StatusServiceUnavailable, fmt.Sprintf("the daemon has not looked at its schedules for %s", since.Round(time.Second)), "")
		return
	}
	answer(w, http.StatusOK, map[string]any{"status": "ok"})
}

// lag is how long ago the loop came round; a daemon that has not begun is not late, nor is one
// that stops, which waits for what is in flight.
func lag(h daemon.Health, now time.Time) time.Duration {
	if h.Turned.IsZero() || h.Stopped {
		return 0
	}
	return now.Sub(h.Turned)
}

// ready says that runs that are due will begin.
func (s *Server) ready(w http.ResponseWriter, _ *http.Request) { readiness(w, s.o.Daemon.Health()) }

func readiness(w http.ResponseWriter, h daemon.Health) {
	switch {
	case h.Stopped:
		refuse(w, http.StatusServiceUnavailable, "it is starting or stopping", "")
	case h.Away != nil:
		refuse(w, http.StatusServiceUnavailable, "the ledger cannot be read", "`kith doctor` checks the warehouse")
	case h.Invalid != nil: // the project before goes on
		warning := "the project on disk cannot be opened and is not in use; `kith doctor` says why"
		if errors.Is(h.Invalid, daemon.ErrInvalid) {
			warning = "the project on disk is invalid and not in use; `kith validate` says why"
		}
		answer(w, http.StatusOK, map[string]any{"status": "ok", "warning": warning})
	case h.Postponed != nil: // likewise
		answer(w, http.StatusOK, map[string]any{"status": "ok", "warning": "the warehouse of the project on disk is not reachable, so that it is not in use yet; `kith doctor` says why"})
	default:
		answer(w, http.StatusOK, map[string]any{"status": "ok"})
	}
}

func (s *Server) status(w http.ResponseWriter, r *http.Request) {
	doc, err := s.o.Status(r.Context())
	if err != nil {
		s.broken(w, r, err)
		return
	}
	answer(w, http.StatusOK, doc)
}

// runEntry is a run as the API and `kith runs --json` give it.
type runEntry struct {
	RunID    string          `json:"run_id"`
	Command  string          `json:"command"`
	Status   string          `json:"status"`
	Commit   string          `json:"git_commit,omitempty"`
	AsOf     time.Time       `json:"as_of"`
	Started  time.Time       `json:"started_at"`
	Finished *time.Time      `json:"finished_at,omitempty"`
	Report   json.RawMessage `json:"report,omitempty"`
}

var runID = regexp.MustCompile(`^[0-9]{8}t[0-9]{6}-[0-9a-f]{8}$`)

func (s *Server) runs(w http.ResponseWriter, r *http.Request) {
	limit := 20
	if text := r.URL.Query().Get("limit"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 || n > 1000 {
			refuse(w, http.StatusBadRequest, "limit is a number from 1 to 1000", "")
			return
		}
		limit = n
	}
	list, err := s.list(r, "", limit)
	if err != nil {
		s.broken(w, r, err)
		return
	}
	answer(w, http.StatusOK, map[string]any{"runs": list})
}

func (s *Server) run(w http.ResponseWriter, r *http.Request) {
	id := r.PathValue("id")
	if !runID.MatchString(id) {
		refuse(w, http.StatusNotFound, "there is no such run", "GET /api/runs lists them")
		return
	}
	list, err := s.list(r, id, 1)
	switch {
	case err != nil:
		s.broken(w, r, err)
	case len(list) == 0:
		refuse(w, http.StatusNotFound, "there is no such run", "GET /api/runs lists them")
	default:
		answer(w, http.StatusOK, list[0])
	}
}

var errStarting = errors.New("the daemon is starting")

func (s *Server) list(r *http.Request, id string, limit int) ([]runEntry, error) {
	session := s.o.Daemon.Session()
	if session == nil {
		return nil, errStarting
	}
	runs, err := session.Engine.Ledger.Runs(r.Context(), id, limit)
	if err != nil {
		return nil, err
	}
	out := make([]runEntry, len(runs))
	for i, x := range runs {
		out[i] = runEntry{RunID: x.ID, Command: x.Command, Status: x.Status, Commit: x.Commit, AsOf: x.AsOf, Started: x.StartedAt, Finished: x.FinishedAt}
		report := x.Report
		if shown := session.Engine.Shown; shown != nil { // one of an earlier kith may have addresses
			report = shown(report)
		}
		if json.Valid([]byte(report)) {
			out[i].Report = json.RawMessage(report)
		}
	}
	return out, nil
}

// asked is the body of POST /api/runs.
type asked struct {
	Syncs []string `json:"syncs"`
	Build bool     `json:"build"`
}

const maxBody = 64 << 10

// ask queues runs. What is answered with 202 will run, whatever becomes of this
// process.
func (s *Server) ask(w http.ResponseWriter, r *http.Request) {
	var body asked
	decoder := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxBody))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&body); err != nil || decoder.More() {
		refuse(w, http.StatusBadRequest, "the body is one JSON document with syncs, a list of names, or build", `{"syncs": ["people_to_crm"]}`)
		return
	}
	names := body.Syncs
	if body.Build {
		names = append([]string{"build"}, names...)
	}
	if len(names) == 0 {
		refuse(w, http.StatusBadRequest, "nothing is asked for", `{"syncs": ["people_to_crm"]}, or {"build": true}`)
		return
	}
	if s.o.Daemon.Session() == nil {
		s.broken(w, r, errStarting)
		return
	}
	list, err := s.o.Daemon.Ask(r.Context(), names)
	var unknown *daemon.UnknownError
	switch {
	case errors.As(err, &unknown):
		refuse(w, http.StatusNotFound, unknown.Error(), "GET /api/status lists the syncs")
		return
	case err != nil:
		s.broken(w, r, err)
		return
	}
	out := make([]map[string]any, len(list))
	for i, a := range list {
		out[i] = map[string]any{"task": a.Task, "asked_at": a.At}
	}
	answer(w, http.StatusAccepted, map[string]any{"queued": out})
}

// broken answers for an error of ours: what it was is in the log, not in the answer.
func (s *Server) broken(w http.ResponseWriter, r *http.Request, err error) {
	s.o.Log.WarnContext(r.Context(), "a request failed", "path", r.URL.Path, "err", err)
	refuse(w, http.StatusServiceUnavailable, "the ledger cannot be read now", "GET /readyz tells when it can")
}

func refuse(w http.ResponseWriter, code int, why, help string) {
	doc := map[string]any{"status": "failed", "error": why}
	if help != "" {
		doc["help"] = help
	}
	answer(w, code, doc)
}

func answer(w http.ResponseWriter, code int, doc any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(doc) // who asked may be gone
}
