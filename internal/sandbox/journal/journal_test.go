package journal

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
)

// reader is a state that is the list of the records.
type reader struct {
	*Journal
	records []string
	resets  int
}

func openReader(t *testing.T, dir string) *reader {
	t.Helper()
	j, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = j.Close() })
	return &reader{Journal: j}
}

func (r *reader) lock(t *testing.T) {
	t.Helper()
	err := r.Lock(
		func() { r.records, r.resets = nil, r.resets+1 },
		func(b []byte) error { r.records = append(r.records, string(b)); return nil })
	if err != nil {
		t.Fatal(err)
	}
}

func (r *reader) unlock(t *testing.T) {
	t.Helper()
	if err := r.Unlock(); err != nil {
		t.Fatal(err)
	}
}

func (r *reader) add(t *testing.T, record string) {
	t.Helper()
	r.lock(t)
	r.records = append(r.records, record)
	if err := r.Append([]byte(record)); err != nil {
		t.Fatal(err)
	}
	r.unlock(t)
}

func (r *reader) want(t *testing.T, want ...string) {
	t.Helper()
	r.lock(t)
	defer r.unlock(t)
	if fmt.Sprint(r.records) != fmt.Sprint(want) {
		t.Errorf("%v, want %v", r.records, want)
	}
}

func TestTwoHandlesFollowEachOther(t *testing.T) {
	dir := t.TempDir()
	a, b := openReader(t, dir), openReader(t, dir)
	a.want(t)
	a.add(t, "1")
	b.add(t, "2")
	a.add(t, "3")
	b.want(t, "1", "2", "3")
	a.want(t, "1", "2", "3")
	openReader(t, dir).want(t, "1", "2", "3")
	if a.resets != 1 || b.resets != 1 {
		t.Errorf("started anew %d and %d times", a.resets, b.resets)
	}
}

func TestReplaceIsNoticed(t *testing.T) {
	dir := t.TempDir()
	a, b := openReader(t, dir), openReader(t, dir)
	a.add(t, "1")
	b.add(t, "2")
	b.lock(t)
	err := b.Replace(func(emit func([]byte) error) error { return errors.Join(emit([]byte("1+2")), emit([]byte("!"))) })
	if err != nil {
		t.Fatal(err)
	}
	now, base := b.Sizes()
	if info, err := os.Stat(filepath.Join(dir, fileName)); err != nil || now != base || info.Size() != now {
		t.Errorf("%d %d %v %v", now, base, info, err)
	}
	b.records = []string{"1+2", "!"}
	locked := make(chan struct{})
	go func() { // waits for the lock of the old generation, and finds the new one
		a.add(t, "3")
		close(locked)
	}()
	b.unlock(t)
	<-locked
	b.want(t, "1+2", "!", "3")
	a.want(t, "1+2", "!", "3")
	a.lock(t)
	if _, again := a.Sizes(); again != base {
		t.Errorf("the size of the generation's beginning is %d, was %d", again, base)
	}
	a.unlock(t)
}

func TestReplaceThatFailsChangesNothing(t *testing.T) {
	dir := t.TempDir()
	a := openReader(t, dir)
	a.add(t, "1")
	a.lock(t)
	if err := a.Replace(func(func([]byte) error) error { return errors.New("no") }); err == nil {
		t.Error("no error")
	}
	a.unlock(t)
	a.add(t, "2")
	openReader(t, dir).want(t, "1", "2")
	if left, err := os.ReadDir(dir); err != nil || len(left) != 1 {
		t.Errorf("%v %v", left, err)
	}
}

func TestTornTails(t *testing.T) {
	dir := t.TempDir()
	a := openReader(t, dir)
	a.add(t, "one")
	whole := a.off
	a.add(t, "two")
	b, err := os.ReadFile(filepath.Join(dir, fileName))
	if err != nil {
		t.Fatal(err)
	}
	tails := map[string][]byte{
		"zeros":        append(bytes.Clone(b[:whole]), make([]byte, 64)...),
		"wrong sum":    append(bytes.Clone(b[:len(b)-1]), 'x'),
		"only a frame": b[:whole+frameSize],
	}
	for n := whole; n < int64(len(b)); n++ {
		tails[fmt.Sprint(n)] = b[:n]
	}
	for name, content := range tails {
		torn := t.TempDir()
		if err := os.WriteFile(filepath.Join(torn, fileName), content, 0o600); err != nil {
			t.Fatal(err)
		}
		r := openReader(t, torn)
		r.add(t, "three")
		r.want(t, "one", "three")
		openReader(t, torn).want(t, "one", "three")
		_ = name
	}
}

// A process that dies between truncation and header leaves less than a header.
func TestTornHeader(t *testing.T) {
	for n := range headerSize {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, fileName), header(0)[:n], 0o600); err != nil {
			t.Fatal(err)
		}
		r := openReader(t, dir)
		r.add(t, "1")
		openReader(t, dir).want(t, "1")
	}
}

func TestARecordThatIsRefusedIsTriedAgain(t *testing.T) {
	dir := t.TempDir()
	a := openReader(t, dir)
	a.add(t, "1")
	b := openReader(t, dir)
	if err := b.Lock(func() {}, func([]byte) error { return errors.New("no") }); err == nil {
		t.Fatal("no error")
	}
	b.want(t, "1")
	a.add(t, "2") // the lock was let go
	b.Rewind()
	b.want(t, "1", "2")
	if b.resets != 2 {
		t.Errorf("%d", b.resets)
	}
}

func TestManyWriters(t *testing.T) {
	dir := t.TempDir()
	const writers, each = 4, 50
	var wg sync.WaitGroup
	for w := range writers {
		r := openReader(t, dir)
		wg.Go(func() {
			for i := range each {
				r.add(t, fmt.Sprintf("%d-%d", w, i))
				if i%10 == 0 {
					r.lock(t)
					err := r.Replace(func(emit func([]byte) error) error {
						for _, rec := range r.records {
							if err := emit([]byte(rec)); err != nil {
								return err
							}
						}
						return nil
					})
					if err != nil {
						t.Error(err)
					}
					r.unlock(t)
				}
			}
		})
	}
	wg.Wait()
	r := openReader(t, dir)
	r.lock(t)
	defer r.unlock(t)
	seen := map[string]bool{}
	for _, rec := range r.records {
		seen[rec] = true
	}
	if len(seen) != writers*each || len(r.records) != writers*each {
		t.Errorf("%d records, %d of them different", len(r.records), len(seen))
	}
}
