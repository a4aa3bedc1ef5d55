package cli

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"golang.org/x/term"

	"github.com/kithdata/kith/internal/engine"
)

// screen is stderr with at most one progress line below what is written. The line
// is erased before anything else is written and when the work is done.
type screen struct {
	mu    sync.Mutex
	w     io.Writer
	shown bool
	on    bool
	last  engine.Event
	since time.Time // when last's step began
	stop  chan struct{}
	done  chan struct{}
	width func() int
}

func newScreen(w io.Writer) *screen {
	return &screen{w: w, width: func() int {
		if f, ok := w.(*os.File); ok {
			if n, _, err := term.GetSize(int(f.Fd())); err == nil && n > 20 {
				return n
			}
		}
		return 80
	}}
}

// Write implements io.Writer.
func (s *screen) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.erase()
	return s.w.Write(p)
}

func (s *screen) erase() {
	if s.shown {
		_, _ = io.WriteString(s.w, "\r\x1b[K")
		s.shown = false
	}
}

// start shows progress from now on; the result ends it. What takes less than
// patience is not shown at all.
func (s *screen) start(patience, every time.Duration) (end func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.on, s.stop, s.done = true, make(chan struct{}), make(chan struct{})
	go s.draw(patience, every, s.stop, s.done)
	return sync.OnceFunc(func() {
		s.mu.Lock()
		s.on = false
		s.mu.Unlock()
		close(s.stop)
		<-s.done
	})
}

// draw ends with stop, and erases the line.
func (s *screen) draw(patience, every time.Duration, stop, done chan struct{}) {
	defer close(done)
	tick := time.NewTicker(every)
	defer tick.Stop()
	for n := 0; ; n++ {
		select {
		case <-stop:
			s.mu.Lock()
			s.erase()
			s.mu.Unlock()
			return
		case now := <-tick.C:
			s.mu.Lock()
			if s.last.Item != "" && now.Sub(s.since) >= patience {
				s.erase()
				_, _ = io.WriteString(s.w, progressLine(s.last, now.Sub(s.since), n, s.width()-1))
				s.shown = true
			}
			s.mu.Unlock()
		}
	}
}

// observe takes an event of the engine.
func (s *screen) observe(e engine.Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.on {
		return
	}
	if e.End {
		s.erase()
		s.last = engine.Event{}
		return
	}
	if e.Item != s.last.Item || e.Step != s.last.Step {
		s.since = time.Now()
	}
	s.last = e
}

// progressLine is one line of at most width characters.
func progressLine(e engine.Event, took time.Duration, frame, width int) string {
	spin := []string{"-", "\\", "|", "/"}[frame%4]
	text := fmt.Sprintf("%s %s: %s", spin, e.Item, e.Step)
	switch {
	case e.Total > 0:
		done := min(e.Done, e.Total)
		const bar = 20
		full := int(done * bar / e.Total)
		text += fmt.Sprintf("  [%s%s] %d%%  %s of %s", strings.Repeat("#", full), strings.Repeat(".", bar-full), done*100/e.Total, number(done), number(e.Total))
		if eta := left(done, e.Total, took); eta > 0 {
			text += "  about " + seconds(eta.Seconds()) + " left"
		}
	case e.Done > 0:
		text += "  " + number(e.Done) + " rows"
	default:
		text += "  " + seconds(took.Seconds())
	}
	text = printable(strings.ReplaceAll(text, "\n", " "))
	if utf8.RuneCountInString(text) > width {
		text = string([]rune(text)[:width])
	}
	return text
}

// left is how long the rest takes at the pace so far; 0 while that means little.
func left(done, total uint64, took time.Duration) time.Duration {
	if done == 0 || done >= total || took < 3*time.Second {
		return 0
	}
	return time.Duration(float64(took) / float64(done) * float64(total-done))
}

// progress shows progress while a command runs, on a terminal only.
func (a *app) progress() (observe func(engine.Event), end func()) {
	if a.quiet || a.debug || !terminal(a.streams.Err) || a.streams.Env("TERM") == "dumb" {
		return nil, func() {}
	}
	return a.screen.observe, a.screen.start(400*time.Millisecond, 120*time.Millisecond)
}
