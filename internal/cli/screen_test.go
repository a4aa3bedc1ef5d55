package cli

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/kithdata/kith/internal/engine"
)

// terminalText is what a terminal with one line to rewrite would show.
type terminalText struct {
	mu   sync.Mutex
	text strings.Builder
}

func (s *terminalText) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.Write(p)
}

func (s *terminalText) shown() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var lines []string
	for _, line := range strings.Split(s.text.String(), "\n") {
		if i := strings.LastIndex(line, "\r\x1b[K"); i >= 0 {
			line = line[i+len("\r\x1b[K"):]
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "\n")
}

// TestProgress shows a line while something goes on, keeps it apart from what is
// written, and erases it.
func TestProgress(t *testing.T) {
	term := &terminalText{}
	s := newScreen(term)
	s.observe(engine.Event{Item: "nobody", Step: "listens"})
	end := s.start(0, time.Millisecond)
	s.observe(engine.Event{Item: "sync people", Step: "push", Done: 500, Total: 1000})
	waitFor(t, func() bool {
		return strings.Contains(term.shown(), "sync people: push  [##########..........] 50%  500 of 1,000")
	})
	_, _ = fmt.Fprintln(s, "warning: something")
	s.observe(engine.Event{Item: "sync people", Step: "succeeded", End: true})
	end()
	end() // twice does no harm
	if got, want := term.shown(), "warning: something\n"; got != want {
		t.Errorf("left on the screen: %q, want %q", got, want)
	}
}

func waitFor(t *testing.T, ok func() bool) {
	t.Helper()
	for range 5000 {
		if ok() {
			return
		}
		time.Sleep(time.Millisecond)
	}
	t.Fatal("it never came")
}

func TestProgressLine(t *testing.T) {
	for _, test := range []struct {
		event engine.Event
		took  time.Duration
		width int
		want  string
	}{
		{engine.Event{Item: "build", Step: "profile person"}, 1500 * time.Millisecond, 80, "- build: profile person  1.5 s"},
		{engine.Event{Item: "build", Step: "scan", Done: 1234567}, 0, 80, "- build: scan  1,234,567 rows"},
		{engine.Event{Item: "s", Step: "push", Done: 9, Total: 3}, 0, 80, "- s: push  [####################] 100%  3 of 3"},
		{engine.Event{Item: "s", Step: "push", Done: 1, Total: 4}, 10 * time.Second, 80, "- s: push  [#####...............] 25%  1 of 4  about 30 s left"},
		{engine.Event{Item: "\x1b[31mred\n", Step: "x"}, 0, 80, "- \ufffd[31mred : x  0 ms"},
		{engine.Event{Item: "long", Step: strings.Repeat("é", 100)}, 0, 20, "- long: " + strings.Repeat("é", 12)},
	} {
		if got := progressLine(test.event, test.took, 0, test.width); got != test.want {
			t.Errorf("%+v: %q, want %q", test.event, got, test.want)
		}
	}
}
