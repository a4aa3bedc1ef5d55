package webhook_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"strings"
	"testing"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/destination"
)

// many are rows with a field of some bytes.
func many(n, size int) []cdp.Delta {
	rows := make([]cdp.Delta, n)
	for i := range rows {
		rows[i] = row(i)
		rows[i].Fields = json.RawMessage(`{"note":"` + strings.Repeat("a", size) + `"}`)
	}
	return rows
}

func acked(ack string) func(*destination.Config) {
	return func(cfg *destination.Config) { cfg.Options["ack"] = ack }
}

// fates counts results.
func fates(got []cdp.Result) map[cdp.Fate]int {
	out := map[cdp.Fate]int{}
	for _, r := range got {
		out[r.Fate]++
	}
	return out
}

// TestEcho: a receiver that answers what it got has answered, however long that is; so it has
// where it says more before the results, or after.
func TestEcho(t *testing.T) {
	rows := many(1000, 6000)
	refusal := `"results":[{"row_id":"p_7","status":"rejected"}]`
	for name, c := range map[string]struct {
		answer   func(sent []byte) []byte
		rejected int
	}{
		"as it is": {func(sent []byte) []byte { return sent }, 0},
		"as a text": {func(sent []byte) []byte {
			text, _ := json.Marshal(map[string]string{"data": string(sent)})
			return text
		}, 0},
		"results before": {func(sent []byte) []byte { return fmt.Appendf(nil, `{%s,"sent":%s}`, refusal, sent) }, 1},
		"results after":  {func(sent []byte) []byte { return fmt.Appendf(nil, `{"sent":%s,%s}`, sent, refusal) }, 1},
	} {
		d := open(t, func(w http.ResponseWriter, r *http.Request) {
			sent, _ := io.ReadAll(r.Body)
			_, _ = w.Write(c.answer(sent))
		}, nil)
		got, err := d.Push(ctx, cdp.Batch{Rows: rows})
		if f := fates(got); err != nil || f[cdp.Delivered] != 1000-c.rejected || f[cdp.Rejected] != c.rejected {
			t.Errorf("%s: %v, %v", name, f, err)
		}
	}
}

// TestLongResults: results are read as they come, so that those of the largest batch are read;
// of what is longer still the batch is sent by halves, and what stands alone is unknown.
func TestLongResults(t *testing.T) {
	var size int
	d := open(t, func(w http.ResponseWriter, r *http.Request) {
		var b struct {
			Rows []struct {
				RowID string `json:"row_id"`
			}
		}
		_ = json.NewDecoder(r.Body).Decode(&b)
		_, _ = io.WriteString(w, `{"results":[`)
		for i, row := range b.Rows {
			_, _ = fmt.Fprintf(w, `%s{"row_id":%q,"status":"delivered","remote_id":"r-%s","note":%q}`, map[bool]string{true: ","}[i > 0], row.RowID, row.RowID, strings.Repeat("n", size))
		}
		_, _ = io.WriteString(w, `]}`)
	}, acked("rows"))
	size = 700
	got, err := d.Push(ctx, cdp.Batch{Rows: many(10_000, 10)})
	if err != nil || fates(got)[cdp.Delivered] != 10_000 || got[9_999].RemoteID != "r-p_9999" {
		t.Fatal(fates(got), err)
	}
	size = 5 << 20
	var no *cdp.Refused
	if _, err = d.Push(ctx, cdp.Batch{Rows: many(2, 10)}); !errors.As(err, &no) || no.Row != -1 || !no.Doubt {
		t.Errorf("two results of 5 MiB: %#v", err)
	}
	if got, err = d.Push(ctx, cdp.Batch{Rows: many(1, 10)}); err != nil || fates(got)[cdp.Unknown] != 1 {
		t.Errorf("a result of 5 MiB: %+v, %v", got, err)
	}
	size = 5 << 10
	if _, err = d.Push(ctx, cdp.Batch{Rows: many(10_000, 10)}); !errors.As(err, &no) || !no.Doubt {
		t.Errorf("results of 50 MB: %#v", err)
	}
}

// TestEndlessAnswer: of an answer without an end no more is read, or held, than is of use.
func TestEndlessAnswer(t *testing.T) {
	chunk := bytes.Repeat([]byte("x"), 64<<10)
	for begin, want := range map[string]string{
		`{"sent":"`: "delivered", `{"sent":[{"a":[[`: "delivered", `<html>`: "delivered", "": "delivered",
		`{"results":[{"row_id":"p_1","status":"`: "refused", `{"results":[{"row_id":"p_1"},`: "lost", `{"`: "delivered",
	} {
		d := open(t, func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, begin)
			for {
				if _, err := w.Write(chunk); err != nil {
					return
				}
			}
		}, nil)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		got, err := d.Push(ctx, cdp.Batch{Rows: []cdp.Delta{row(1), row(2)}})
		runtime.ReadMemStats(&after)
		if took := after.TotalAlloc - before.TotalAlloc; took > 24<<20 {
			t.Errorf("%q: took %d MiB", begin, took>>20)
		}
		is := fmt.Sprint(err)
		var no *cdp.Refused
		var lost *destination.Uncertain
		switch {
		case errors.As(err, &no) && no.Doubt:
			is = "refused"
		case errors.As(err, &lost):
			is = "lost"
		case err == nil && fates(got)[cdp.Delivered] == 2:
			is = "delivered"
		}
		if is != want {
			t.Errorf("%q: %s, want %s", begin, is, want)
		}
	}
}

// TestCutAnswer: an answer whose connection is lost is none, also behind what is skipped of it.
func TestCutAnswer(t *testing.T) {
	for _, body := range []string{"ok", "[", `{"sent":[`, `{"results":[]`, `{"results":[{"row_id":"p_1","status":"delivered"}`} {
		d := open(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "10000000")
			_, _ = io.WriteString(w, body)
		}, nil)
		var lost *destination.Uncertain
		if got, err := d.Push(ctx, cdp.Batch{Rows: []cdp.Delta{row(1)}}); !errors.As(err, &lost) {
			t.Errorf("%s: %+v, %v", body, got, err)
		}
	}
}
