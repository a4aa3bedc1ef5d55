package engine

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

// TestEnding: what a run writes at its end has no common limit, since a warehouse may take
// seconds for each statement, until the process is told to end at once.
func TestEnding(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hard, abort := context.WithCancel(t.Context())
		ctx, cancel := (&Engine{}).ending(hard)
		defer cancel()
		time.Sleep(time.Hour)
		synctest.Wait()
		if ctx.Err() != nil {
			t.Error("ended while nobody has asked for it")
		}
		abort()
		time.Sleep(29 * time.Second)
		synctest.Wait()
		if ctx.Err() != nil {
			t.Error("no time to write what is in flight")
		}
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if ctx.Err() == nil {
			t.Error("goes on though the process is to end at once")
		}
	})
}
