package cli

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
)

// signals makes two contexts: the first Ctrl-C or SIGTERM ends the soft one, so
// that what is in flight is finished and recorded; the second ends the hard one. A
// third ends the process at once.
func signals(stderr io.Writer) (soft, hard context.Context, stop func()) {
	hard, abort := context.WithCancel(context.Background())
	soft, end := context.WithCancel(hard)
	ch := make(chan os.Signal, 2)
	signal.Notify(ch, os.Interrupt, syscall.SIGTERM)
	go func() { // ends with the channel, closed by stop
		n := 0
		for range ch {
			if n++; n == 1 {
				_, _ = fmt.Fprintln(stderr, "stopping: what is in flight is finished and recorded (press Ctrl-C again to abort)")
				end()
				continue
			}
			_, _ = fmt.Fprintln(stderr, "aborting: the next run finds what was sent and not recorded")
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
