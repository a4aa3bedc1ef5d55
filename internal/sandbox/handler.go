package sandbox

import (
	"errors"
	"io"
	"net/http"
	"strings"

	"github.com/kithdata/kith/internal/sandbox/fake"
)

const adminPath = "/_sandbox"

// Handler serves the fakes and the admin pages. Behind a server it can break connections; without one a fault that breaks
// a connection panics with http.ErrAbortHandler.
func (s *Sandbox) Handler() http.Handler { return http.HandlerFunc(s.handle) }

func (s *Sandbox) handle(w http.ResponseWriter, r *http.Request) {
	path, problem := s.guard(r)
	if problem != "" {
		http.Error(w, "sandbox: "+problem, http.StatusForbidden)
		return
	}
	if path == adminPath || strings.HasPrefix(path, adminPath+"/") {
		in := r.Clone(r.Context())
		in.URL.Path, in.URL.RawPath = path, ""
		s.admin.ServeHTTP(w, in)
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	var tooLarge *http.MaxBytesError
	if err != nil && !errors.As(err, &tooLarge) {
		panic(http.ErrAbortHandler) // the sender went away
	}
	in := s.prepare(r, path, body, tooLarge != nil)
	var out outcome
	if err := s.locked(func(tx *fake.Tx) (err error) { out, err = s.run(tx, in); return err }); err != nil {
		http.Error(w, "sandbox: "+err.Error(), http.StatusInternalServerError)
		return
	}
	s.answer(w, r, out)
}

// incoming is a request that has been decoded, before the lock is taken.
type incoming struct {
	Recorded
	path    string
	call    fake.Call
	refusal func(status int, expired bool, id string) fake.Reply
}

func (s *Sandbox) prepare(r *http.Request, path string, body []byte, tooLarge bool) incoming {
	name, _, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	rest := strings.TrimPrefix(path, "/"+name)
	in := incoming{path: path, refusal: plainRefusal}
	query := r.URL.Query()
	in.Recorded = Recorded{
		Method: r.Method, URL: safeURL(path, query), BytesIn: len(body), Header: safeHeader(r.Header), Body: body,
	}
	f, known := s.fake(name)
	if !known {
		in.Route, in.call.Run = "(unknown)", func(*fake.Tx) fake.Reply { return plainRefusal(http.StatusNotFound, false, "") }
		return in
	}
	in.refusal = f.Refusal
	in.call = f.Prepare(fake.Request{Method: r.Method, Path: rest, Query: query, Header: r.Header, Body: body})
	in.Fake, in.Account, in.Route = name, in.call.Account, in.call.Route
	refuse := func(status int) {
		in.call.Run = func(*fake.Tx) fake.Reply { return f.Refusal(status, false, "") }
	}
	switch {
	case tooLarge:
		in.Body = nil
		refuse(http.StatusRequestEntityTooLarge)
	case r.Header.Get("Content-Encoding") != "":
		refuse(http.StatusUnsupportedMediaType)
	}
	return in
}

func plainRefusal(status int, _ bool, _ string) fake.Reply {
	body := fake.Marshal(map[string]string{"error": http.StatusText(status)})
	return fake.Reply{Status: status, Header: fake.JSON(), Body: body}
}

// outcome is an answer and what is to be done to it on its way.
type outcome struct {
	reply fake.Reply
	fault *Fault
}

// run meets the faults, applies the request and writes it down.
func (s *Sandbox) run(tx *fake.Tx, in incoming) (outcome, error) {
	agree, fires := s.faults.choose(in.Method, in.path, s.opts.Rand.Float64)
	var out outcome
	if fires >= 0 {
		f := s.faults.items[fires].Fault
		out.fault = &f
	}
	out.reply = s.reply(tx, in, out.fault)

	rec := in.Recorded
	rec.Seq, rec.Time = s.seq+1, tx.Now.UTC()
	rec.Status, rec.BytesOut = out.reply.Status, len(out.reply.Body)
	rec.Rows, rec.Rejected, rec.Duplicates = out.reply.Rows, out.reply.Rejected, out.reply.Duplicates
	rec.ResponseHeader, rec.ResponseBody = safeHeader(out.reply.Header), out.reply.Body
	if out.fault != nil {
		rec.Fault = out.fault.label()
		if out.fault.Do.silent() {
			rec.Status, rec.BytesOut, rec.ResponseHeader, rec.ResponseBody = 0, 0, nil, nil
		}
	}
	if len(rec.Body)+len(rec.ResponseBody) <= maxKept {
		if err := s.bodies.put(rec.Seq, encExchange(rec)); err != nil {
			return outcome{}, err
		}
	}
	rec.Header, rec.Body, rec.ResponseHeader, rec.ResponseBody = nil, nil, nil, nil
	encRequest(tx, rec, agree, fires)
	s.note(rec)
	s.faults.met(agree, fires)
	return out, nil
}

func encRequest(tx *fake.Tx, rec Recorded, agree []int64, fires int64) {
	tx.Op(core, opRequest)
	encRecorded(tx, rec)
	tx.Int(int64(len(agree)))
	for _, i := range agree {
		tx.Int(i)
	}
	tx.Int(fires)
}

// reply applies the request, or does not if the fault comes before.
func (s *Sandbox) reply(tx *fake.Tx, in incoming, f *Fault) fake.Reply {
	if f == nil {
		return in.call.Run(tx)
	}
	var reply fake.Reply
	if !f.Do.before() {
		reply = in.call.Run(tx)
	}
	switch f.Do {
	case Answer, AnswerAfter:
		said := in.refusal(f.Status, false, "fault")
		said.Rows, said.Rejected, said.Duplicates = reply.Rows, reply.Rejected, reply.Duplicates
		reply = said
		if f.Body != "" {
			reply.Body = []byte(f.Body)
		}
	case Expired:
		reply = in.refusal(http.StatusUnauthorized, true, "fault")
	}
	if len(f.Header) > 0 && reply.Header == nil {
		reply.Header = http.Header{}
	}
	for name, v := range f.Header {
		reply.Header.Set(name, v)
	}
	return reply
}
