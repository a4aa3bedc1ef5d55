package cli

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"
)

// signals makes two contexts: the first Ctrl-C or SIGTERM ends the soft one, so
// that what is in flight is finished and recorded; the second ends the hard one. A
// third ends the process at once. What is given says so.
func signals(stopping, aborting func()) (soft, hard context.Context, stop func()) {
	hard, abort := context.WithCancel(context.Background())
	soft, end := context.WithCancel(hard)
	ch := make(chan os.Signal, 2)
	signal.Notify(ch, os.Interrupt, syscall.SIGTERM)
	go func() { // ends with the channel, closed by stop
		n := 0
		for range ch {
			if n++; n == 1 {
				stopping()
				end()
				continue
			}
			aborting()
			abort()
			signal.Reset(os.Interrupt, syscall.SIGTERM)
		}
	}()
	return soft, hard, func() {
		signal.Stop(ch)
		close(ch)
		abort()
	}
}

func (a *app) stopping() {
	if l := a.lines.Load(); l != nil {
		l.Info("stopping, what is in flight is finished and recorded")
		return
	}
	_, _ = fmt.Fprintln(a.screen, "stopping: what is in flight is finished and recorded (press Ctrl-C again to abort)")
}

func (a *app) aborting() {
	if l := a.lines.Load(); l != nil {
		l.Warn("aborting, the next run finds what was sent and not recorded")
		return
	}
	_, _ = fmt.Fprintln(a.screen, "aborting: the next run finds what was sent and not recorded")
}
