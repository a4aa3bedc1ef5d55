package clickhouse

import (
	"errors"
	"testing"

	"github.com/ClickHouse/clickhouse-go/v2/lib/proto"

	"github.com/kithdata/kith/internal/cdp"
)

// TestKinds: a server that is busy with others is told from one that will never do it.
func TestKinds(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		code int32
		text string
		want error
	}{
		{202, "Too many simultaneous queries. Maximum: 100", cdp.ErrBusy},
		{252, "Too many parts (3000)", cdp.ErrBusy},
		{394, "Query was cancelled", cdp.ErrBusy},
		{241, "(total) memory limit exceeded: would use 14.41 GiB", cdp.ErrBusy},
		{241, "(total) memory limit exceeded: would use 14.41 GiB", cdp.ErrMemory},
		{241, "Query memory limit exceeded: would use 1.01 GiB", cdp.ErrMemory},
		{241, "Memory limit (for query) exceeded", cdp.ErrMemory},
		{452, "Setting max_threads should not be changed", cdp.ErrDenied},
		{47, "Unknown expression identifier", nil},
	} {
		if got := kindOf(test.code, test.text); !errors.Is(got, test.want) {
			t.Errorf("%d %s: %v, want %v", test.code, test.text, got, test.want)
		}
	}
	for version, want := range map[[2]uint64]bool{{24, 8}: true, {24, 7}: false, {23, 12}: false, {25, 1}: true, {26, 7}: true} {
		if got := atLeast(proto.Version{Major: version[0], Minor: version[1]}, 24, 8); got != want {
			t.Errorf("%v is recent enough: %v", version, got)
		}
	}
}
