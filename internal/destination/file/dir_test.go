package file

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/kithdata/kith/internal/cdp"
)

func TestSymbolicLinksAreNotFollowed(t *testing.T) {
	root, other := t.TempDir(), t.TempDir()
	must(t, os.MkdirAll(filepath.Join(root, "real"), 0o700))
	must(t, os.Symlink(other, filepath.Join(root, "out")))
	must(t, os.Symlink("real", filepath.Join(root, "in")))
	for _, dir := range []string{"out", "out/deep", "in"} {
		d := open(t, root, map[string]string{"dir": dir})
		var f *cdp.Fatal
		if err := d.Check(ctx, delivery()); !errors.As(err, &f) {
			t.Errorf("%s: check: %v", dir, err)
		}
		if err := d.Begin(ctx, delivery()); !errors.As(err, &f) {
			t.Errorf("%s: begin: %v", dir, err)
		}
	}
	// Nor is a link written through where the file will be: the temporary one is replaced,
	// and the final one is somebody's.
	victim := filepath.Join(other, "victim")
	must(t, os.WriteFile(victim, []byte("mine"), 0o600))
	tmp, final := names(delivery(), false)
	must(t, os.Symlink(victim, filepath.Join(root, "real", tmp)))
	d := open(t, root, map[string]string{"dir": "real"})
	run(t, d, filepath.Join(root, "real"), delivery(), final, row(1))
	must(t, os.Remove(filepath.Join(root, "real", final)))
	must(t, os.Symlink(victim, filepath.Join(root, "real", final)))
	taken(t, d, delivery(), row(1))
	if body, _ := os.ReadFile(victim); string(body) != "mine" {
		t.Errorf("%s", body)
	}
}

// taken writes a row in a session that cannot be committed: its name is taken.
func taken(t *testing.T, d *Destination, del cdp.Delivery, r cdp.Delta) {
	t.Helper()
	must(t, d.Begin(ctx, del))
	_, err := d.Push(ctx, cdp.Batch{Rows: []cdp.Delta{r}})
	must(t, err)
	var f *cdp.Fatal
	if err := d.Commit(ctx); !errors.As(err, &f) || !strings.Contains(f.Help, "replaces no file") {
		t.Error(err)
	}
	must(t, d.Abort(ctx))
}

// TestNoFileIsReplaced: a file that is there stays as it is, whoever wrote it, and only one
// that has the same rows is taken for that of the run.
func TestNoFileIsReplaced(t *testing.T) {
	root := t.TempDir()
	d := open(t, root, map[string]string{"dir": "."})
	want := run(t, d, root, delivery(), "people-000000000012-r-1~object~people.jsonl", row(1))
	taken(t, d, delivery(), row(2))
	_, final := names(delivery(), false)
	if body, err := os.ReadFile(filepath.Join(root, final)); err != nil || string(body) != want {
		t.Errorf("%s, %v", body, err)
	}
	long := strings.Repeat("x", 1<<16) // of two pieces, of which the second differs
	first, second := row(1), row(1)
	first.Fields, second.Fields = json.RawMessage(`{"name":"`+long+`a"}`), json.RawMessage(`{"name":"`+long+`b"}`)
	del := delivery()
	del.Run = "r-2"
	for range 2 {
		run(t, d, root, del, "people-000000000012-r-2~object~people.jsonl", first)
	}
	taken(t, d, del, second)
	taken(t, d, del, row(1))
	if left, err := os.ReadDir(root); err != nil || len(left) != 2 {
		t.Error(left, err)
	}
}

// TestNamesApart: syncs, kinds and runs that write one name have files of their own. Those of
// a sync sort by the epoch, also among the files of a kith of before.
func TestNamesApart(t *testing.T) {
	seen := map[string]cdp.Delivery{}
	for _, del := range []cdp.Delivery{
		{Sync: "web", Remote: "a", Kind: cdp.EventTo},
		{Sync: "store", Remote: "a", Kind: cdp.EventTo},
		{Sync: "web", Remote: "a", Kind: cdp.Object},
		{Sync: "web", Remote: "a", Kind: cdp.Audience},
		{Sync: "web", Remote: "a~event", Kind: cdp.EventTo},
		{Sync: "event~web", Remote: "a", Kind: cdp.EventTo},
		{Sync: "web", Remote: "a", Kind: cdp.EventTo, Run: "x"},
	} {
		del.Epoch, del.Run = 3, del.Run+"r"
		_, final := names(del, false)
		if other, ok := seen[final]; ok {
			t.Errorf("%s of %+v and %+v", final, other, del)
		}
		seen[final] = del
	}
	_, first := names(cdp.Delivery{Sync: "web", Remote: "a", Kind: cdp.Object, Epoch: 9, Run: "20261201t000000-b"}, false)
	_, last := names(cdp.Delivery{Sync: "web", Remote: "a", Kind: cdp.Object, Epoch: 11, Run: "20261201t000000-a"}, false)
	if list := []string{"a-000000000008-20261201t000000-c.jsonl", first, "a-000000000010-20261201t000000-b.jsonl", last}; !slices.IsSorted(list) {
		t.Error(list)
	}
}

// TestNameTooLong: a name that no file can have is told before rows are written.
func TestNameTooLong(t *testing.T) {
	d := open(t, t.TempDir(), map[string]string{"dir": "."})
	for _, n := range []int{222, 240} { // only the final name; both
		del := delivery()
		del.Remote = strings.Repeat("x", n)
		var f *cdp.Fatal
		if err := d.Begin(ctx, del); !errors.As(err, &f) || !strings.Contains(f.Help, "shorten") {
			t.Errorf("%d: %v", n, err)
		}
	}
}

func TestSweep(t *testing.T) {
	root := t.TempDir()
	del := delivery()
	at := func(sync, object string, n uint64) string {
		tmp, _ := names(cdp.Delivery{Sync: sync, Remote: object, Epoch: n, Run: "x"}, false)
		return tmp
	}
	dead := []string{at("people", "people", 3), at("people", "people", 11)}
	alive := []string{at("people", "people", 13), at("other", "people", 3), at("people", "others", 3), ".keep", "people-000000000003-x.jsonl", "people-000000000003-x~object~people.jsonl"}
	for _, n := range append(slices.Clone(dead), alive...) {
		must(t, os.WriteFile(filepath.Join(root, n), nil, 0o600))
	}
	d := open(t, root, map[string]string{"dir": "."})
	run(t, d, root, del, "people-000000000012-r-1~object~people.jsonl", row(1))
	for _, n := range dead {
		if _, err := os.Lstat(filepath.Join(root, n)); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s is left", n)
		}
	}
	for _, n := range alive {
		if _, err := os.Lstat(filepath.Join(root, n)); err != nil {
			t.Errorf("%s was swept", n)
		}
	}
}

// A holder that lost its lease while it slept cannot commit: the next run swept
// its file.
func TestAnOldEpochCannotCommit(t *testing.T) {
	root := t.TempDir()
	old, next := open(t, root, map[string]string{"dir": "."}), open(t, root, map[string]string{"dir": "."})
	del := delivery()
	must(t, old.Begin(ctx, del))
	_, err := old.Push(ctx, cdp.Batch{Rows: []cdp.Delta{row(1)}})
	must(t, err)
	del.Epoch, del.Run = 13, "r-2"
	run(t, next, root, del, "people-000000000013-r-2~object~people.jsonl", row(2))
	var f *cdp.Fatal
	if err := old.Commit(ctx); !errors.As(err, &f) {
		t.Error(err)
	}
	if got := held(t, root, "jsonl"); !slices.Equal(got, []string{row(2).Key}) {
		t.Error(got)
	}
}

// The answer of Commit was lost and the run is repeated: the same file.
func TestRepeatedRun(t *testing.T) {
	root := t.TempDir()
	for range 2 {
		d := open(t, root, map[string]string{"dir": "."})
		run(t, d, root, delivery(), "people-000000000012-r-1~object~people.jsonl", row(1), row(2))
	}
	if left, _ := os.ReadDir(root); len(left) != 1 {
		t.Error(left)
	}
}
