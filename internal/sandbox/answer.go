package sandbox

import (
	"errors"
	"net"
	"net/http"
	"strconv"
	"time"

	"github.com/kithdata/kith/internal/sandbox/fake"
)

const (
	dripPieces  = 16
	dripTime    = 2 * time.Second
	longestWait = 10 * time.Minute // of a timeout whose sender has no end of patience
)

// answer sends the reply as far as the fault allows. Nothing is locked: waiting here holds up nobody else.
func (s *Sandbox) answer(w http.ResponseWriter, r *http.Request, out outcome) {
	f := out.fault
	if f == nil {
		send(w, out.reply)
		return
	}
	switch f.Do {
	case TimeoutBefore, TimeoutAfter:
		wait := time.Duration(f.Delay)
		if wait == 0 {
			wait = longestWait
		}
		s.wait(r, wait)
		panic(http.ErrAbortHandler)
	case Drip:
		s.drip(w, r, out.reply, time.Duration(f.Delay))
		return
	}
	s.wait(r, time.Duration(f.Delay))
	switch f.Do {
	case Reset, ResetAfter:
		reset(w)
	case Cut:
		cut(w, out.reply)
	default:
		send(w, out.reply)
	}
}

// wait ends early when the sender goes away or the sandbox is closed.
func (s *Sandbox) wait(r *http.Request, d time.Duration) {
	if d <= 0 {
		return
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-r.Context().Done():
	case <-s.closing:
	}
}

func head(w http.ResponseWriter, reply fake.Reply) {
	h := w.Header()
	for name, values := range reply.Header {
		h[name] = values
	}
	if len(reply.Body) > 0 {
		h.Set("Content-Length", strconv.Itoa(len(reply.Body)))
	}
	w.WriteHeader(reply.Status)
}

// send writes an answer; a sender that has gone away is no concern of ours.
func send(w http.ResponseWriter, reply fake.Reply) {
	head(w, reply)
	if len(reply.Body) > 0 {
		_, _ = w.Write(reply.Body)
	}
}

// cut promises the whole answer and sends half of it. Of an answer without a body there is no middle: nothing is sent.
func cut(w http.ResponseWriter, reply fake.Reply) {
	if len(reply.Body) > 1 {
		head(w, reply)
		_, _ = w.Write(reply.Body[:len(reply.Body)/2])
		flush(w)
	}
	panic(http.ErrAbortHandler)
}

func flush(w http.ResponseWriter) {
	_ = http.NewResponseController(w).Flush() // a writer that cannot flush is not behind a server
}

func (s *Sandbox) drip(w http.ResponseWriter, r *http.Request, reply fake.Reply, d time.Duration) {
	if d == 0 {
		d = dripTime
	}
	head(w, reply)
	rest := reply.Body
	for i := range dripPieces {
		n := len(rest) / (dripPieces - i)
		if _, err := w.Write(rest[:n]); err != nil && !errors.Is(err, http.ErrBodyNotAllowed) {
			return
		}
		rest = rest[n:]
		flush(w)
		s.wait(r, d/dripPieces)
	}
}

// reset closes the connection with a TCP reset instead of an answer.
func reset(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	_ = conn.Close()
}
