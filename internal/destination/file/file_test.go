package file

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/destination"
	"github.com/kithdata/kith/internal/destination/destinationtest"
)

var ctx = context.Background()

func row(i int) cdp.Delta {
	return cdp.Delta{
		Op: cdp.Add, RowID: fmt.Sprintf("p_%d", i), Key: fmt.Sprintf("ann.%d@example.com", i), H: uint64(i),
		Fields:         json.RawMessage(fmt.Sprintf(`{"name":"Annabel %d","spent":"12.50","tags":["a","b"]}`, i)),
		IdempotencyKey: fmt.Sprintf("%064x", i),
	}
}

func delivery() cdp.Delivery {
	str := cdp.Type{Kind: cdp.String}
	return cdp.Delivery{
		Sync: "people", Run: "r-1", Epoch: 12, Kind: cdp.Object, Remote: "people", Mode: cdp.Upsert, Key: "email",
		Fields: []cdp.RemoteField{{Name: "name", Type: str}, {Name: "spent", Type: cdp.Type{Kind: cdp.Decimal, Precision: 12, Scale: 2}}, {Name: "tags", Type: cdp.ListOf(str)}},
	}
}

// held replays the files of a directory.
func held(t *testing.T, dir, format string) []string {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(dir, "*."+format))
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(names)
	state := map[string]string{}
	apply := func(op, action, rowID, key string) {
		if op == "remove" && action != "set" {
			delete(state, rowID)
		} else {
			state[rowID] = key
		}
	}
	for _, name := range names {
		body, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if format == "csv" {
			records, err := csv.NewReader(strings.NewReader(string(body))).ReadAll()
			if err != nil {
				t.Fatalf("%s: %v", body, err)
			}
			for _, r := range records[1:] {
				apply(r[0], r[len(r)-2], r[1], r[2])
			}
			continue
		}
		for _, line := range strings.Split(strings.TrimSuffix(string(body), "\n"), "\n") {
			var r struct {
				Op, Action, Key string
				RowID           string `json:"row_id"`
			}
			if err := json.Unmarshal([]byte(line), &r); err != nil {
				t.Fatalf("%s: %v", line, err)
			}
			apply(r.Op, r.Action, r.RowID, r.Key)
		}
	}
	var keys []string
	for _, k := range state {
		keys = append(keys, k)
	}
	return keys
}

func TestSuite(t *testing.T) {
	for _, format := range []string{"jsonl", "csv"} {
		t.Run(format, func(t *testing.T) {
			destinationtest.Suite(t, destinationtest.Harness{
				Spec: Spec(), New: New, Delivery: delivery(), Row: row,
				Start: func(t *testing.T) destinationtest.Remote {
					root := t.TempDir()
					return destinationtest.Remote{
						Config: func(string) destination.Config {
							return destination.Config{Root: root, Options: map[string]string{"dir": "out/put", "format": format}}
						},
						Held: func() []string { return held(t, filepath.Join(root, "out", "put"), format) },
					}
				},
			})
		})
	}
}

func open(t testing.TB, root string, options map[string]string) *Destination {
	t.Helper()
	d, err := New(destination.Config{Root: root, Options: options})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	f, ok := d.(*Destination)
	if !ok {
		t.Fatalf("%T", d)
	}
	return f
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// run writes rows in one session and returns the text of the file.
func run(t *testing.T, d *Destination, dir string, del cdp.Delivery, name string, rows ...cdp.Delta) string {
	t.Helper()
	must(t, d.Begin(ctx, del))
	for _, r := range rows {
		got, err := d.Push(ctx, cdp.Batch{Delivery: del, Op: r.Op, Action: r.Action, Rows: []cdp.Delta{r}})
		if err != nil || got[0].Fate != cdp.Delivered {
			t.Fatal(got, err)
		}
	}
	must(t, d.Commit(ctx))
	body, err := os.ReadFile(filepath.Join(dir, name))
	must(t, err)
	return string(body)
}

func TestFormats(t *testing.T) {
	at := time.Date(2026, 11, 1, 13, 0, 0, 120_000_000, time.FixedZone("", 3600))
	rows := []cdp.Delta{
		{Op: cdp.Remove, Action: cdp.ActionSet, Reason: cdp.Left, RowID: "p_1", Key: "a", Fields: json.RawMessage(`{"name":"gone"}`)},
		{Op: cdp.Remove, Action: cdp.ActionDelete, Reason: cdp.Withdrawn, RowID: "p_2", Key: "b"},
		{Op: cdp.Rekey, RowID: "p_3", Key: "new", OldKey: "old", Fields: json.RawMessage(`{}`)},
		{Op: cdp.Change, RowID: "p_4", Key: "d\xff\"\n", Fields: json.RawMessage(`{"name":"","spent":null}`)},
		{Op: cdp.Add, RowID: "p_5", Key: "=1+1", Fields: json.RawMessage("{\n \"name\":\"\\\\N\",\"spent\":\"1.50\",\"tags\":[\"x\",\"y,z\"]}")},
	}
	for _, c := range []struct {
		format, name, want string
		del                cdp.Delivery
		rows               []cdp.Delta
	}{
		{"jsonl", "people-000000000012-r-1~object~people.jsonl", `{"op":"remove","action":"set","reason":"left","row_id":"p_1","key":"a","fields":{"name":"gone"}}
{"op":"remove","action":"delete","reason":"withdrawn","row_id":"p_2","key":"b","fields":{}}
{"op":"rekey","row_id":"p_3","key":"new","old_key":"old","fields":{}}
{"op":"change","row_id":"p_4","key":"d` + "\uFFFD" + `\"\n","fields":{"name":"","spent":null}}
{"op":"add","row_id":"p_5","key":"=1+1","fields":{"name":"\\N","spent":"1.50","tags":["x","y,z"]}}
`, delivery(), rows},
		{"csv", "people-000000000012-r-1~object~people.csv", `op,row_id,key,name,spent,tags,_action,_reason
remove,p_1,a,gone,,,set,left
remove,p_2,b,,,,delete,withdrawn
rekey,p_3,new,,,,,
change,p_4,"d` + "\uFFFD" + `""
","",\N,,,
add,p_5,=1+1,"\N",1.50,"[""x"",""y,z""]",,
`, delivery(), rows},
		{
			"jsonl", "VIP%20%2F%20nl-000000000003-r~audience~s.jsonl", `{"op":"add","row_id":"p_1","key":"","fields":{},"match":{"email":["a@x.nl"]}}
`,
			cdp.Delivery{Sync: "s", Run: "r", Epoch: 3, Kind: cdp.Audience, Remote: "VIP / nl", Match: []string{"email"}},
			[]cdp.Delta{{Op: cdp.Add, RowID: "p_1", Match: json.RawMessage(`{"email":["a@x.nl"]}`)}},
		},
		{
			"csv", "VIP-000000000003-r~audience~s.csv", `op,row_id,key,email,_action,_reason
remove,p_1,,"[""a@x.nl""]",remove,gone
`,
			cdp.Delivery{Sync: "s", Run: "r", Epoch: 3, Kind: cdp.Audience, Remote: "VIP", Match: []string{"email"}},
			[]cdp.Delta{{Op: cdp.Remove, Action: cdp.ActionRemove, Reason: cdp.Gone, RowID: "p_1", Match: json.RawMessage(`{"email":["a@x.nl"]}`)}},
		},
		{
			"jsonl", "Purchase-000000000003-r~event~s.jsonl", `{"op":"add","row_id":"o_1","key":"o_1","at":"2026-11-01T12:00:00.12Z","fields":{"value":1}}
`,
			cdp.Delivery{Sync: "s", Run: "r", Epoch: 3, Kind: cdp.EventTo, Remote: "Purchase"},
			[]cdp.Delta{{Op: cdp.Add, RowID: "o_1", Key: "o_1", At: at, Fields: json.RawMessage(`{"value":1}`)}},
		},
		{
			"csv", "Purchase-000000000003-r~event~s.csv", "op,row_id,key,value,_at\nadd,o_1,o_1,1,2026-11-01T12:00:00.12Z\n",
			cdp.Delivery{Sync: "s", Run: "r", Epoch: 3, Kind: cdp.EventTo, Remote: "Purchase", Fields: []cdp.RemoteField{{Name: "value"}}},
			[]cdp.Delta{{Op: cdp.Add, RowID: "o_1", Key: "o_1", At: at, Fields: json.RawMessage(`{"value":1}`)}},
		},
		{ // whose event it is stands beside its fields, whatever those are called
			"csv", "Purchase-000000000003-r~event~s.csv", `op,row_id,key,email,_match_phone,_at,_match_email,__match_phone
add,o_1,o_1,ann,b,2026-11-01T12:00:00.12Z,"[""a@x.nl"",""b@x.nl""]","[""+31612345678""]"
add,o_2,o_2,,,2026-11-01T12:00:00.12Z,,"[""+31612345678""]"
add,o_3,o_3,,,2026-11-01T12:00:00.12Z,,
`,
			cdp.Delivery{Sync: "s", Run: "r", Epoch: 3, Kind: cdp.EventTo, Remote: "Purchase", Fields: []cdp.RemoteField{{Name: "email"}, {Name: "_match_phone"}}, Match: []string{"email", "phone"}},
			[]cdp.Delta{
				{Op: cdp.Add, RowID: "o_1", Key: "o_1", At: at, Fields: json.RawMessage(`{"email":"ann","_match_phone":"b"}`), Match: json.RawMessage(`{"email":["a@x.nl","b@x.nl"],"phone":["+31612345678"]}`)},
				{Op: cdp.Add, RowID: "o_2", Key: "o_2", At: at, Match: json.RawMessage(`{"phone":["+31612345678"]}`)},
				{Op: cdp.Add, RowID: "o_3", Key: "o_3", At: at, Fields: json.RawMessage(`{}`)},
			},
		},
	} {
		root := t.TempDir()
		d := open(t, root, map[string]string{"dir": ".", "format": c.format})
		if got := run(t, d, root, c.del, c.name, c.rows...); got != c.want {
			t.Errorf("%s:\n got %s\nwant %s", c.name, got, c.want)
		}
		info, err := os.Stat(filepath.Join(root, c.name))
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Error(info.Mode(), err)
		}
	}
}

func TestCSVRejectsAFieldWithoutColumn(t *testing.T) {
	d := open(t, t.TempDir(), map[string]string{"dir": "out", "format": "csv"})
	must(t, d.Begin(ctx, delivery()))
	got, err := d.Push(ctx, cdp.Batch{Rows: []cdp.Delta{row(1), {Op: cdp.Add, RowID: "x", Fields: json.RawMessage(`{"other":1}`)}, row(2)}})
	if err != nil || got[0].Fate != cdp.Delivered || got[1].Fate != cdp.Rejected || got[2].Fate != cdp.Delivered {
		t.Error(got, err)
	}
}

func TestEmptyRunLeavesNothing(t *testing.T) {
	root := t.TempDir()
	d := open(t, root, map[string]string{"dir": "out"})
	must(t, d.Check(ctx, delivery()))
	must(t, d.Begin(ctx, delivery()))
	must(t, d.Commit(ctx))
	if left, _ := os.ReadDir(filepath.Join(root, "out")); len(left) != 0 {
		t.Error(left)
	}
}

func TestOutsideTheProject(t *testing.T) {
	root, other := t.TempDir(), t.TempDir()
	for dir, options := range map[string]map[string]string{
		"..": nil, "a/../../b": nil, "a/..": nil, other: nil, "/etc": {"allow_root": other}, "": nil,
		other + "/x": {"allow_root": "/"}, other + "/y": {"allow_root": "relative"},
	} {
		o := map[string]string{"dir": dir}
		for k, v := range options {
			o[k] = v
		}
		if _, err := New(destination.Config{Root: root, Options: o}); err == nil {
			t.Errorf("%s %v is allowed", dir, options)
		}
	}
	d := open(t, root, map[string]string{"dir": filepath.Join(other, "deep"), "allow_root": other})
	run(t, d, filepath.Join(other, "deep"), delivery(), "people-000000000012-r-1~object~people.jsonl", row(1))
	d = open(t, root, map[string]string{"dir": filepath.Join(root, "abs")})
	run(t, d, filepath.Join(root, "abs"), delivery(), "people-000000000012-r-1~object~people.jsonl", row(1))
}

type full struct {
	io.Writer
	left int
}

func (f *full) Write(p []byte) (int, error) {
	if f.left -= len(p); f.left < 0 {
		return 0, &fs.PathError{Op: "write", Path: "x", Err: syscall.ENOSPC}
	}
	return f.Writer.Write(p)
}

func TestDiskFull(t *testing.T) {
	for _, left := range []int{0, 300 << 10} { // at Commit; during Push
		root := t.TempDir()
		d := open(t, root, map[string]string{"dir": "."})
		d.wrap = func(w io.Writer) io.Writer { return &full{w, left} }
		must(t, d.Begin(ctx, delivery()))
		rows := make([]cdp.Delta, 1000)
		for i := range rows {
			rows[i] = row(i)
		}
		var err error
		for range map[int]int{0: 1, 300 << 10: 10}[left] {
			_, err = d.Push(ctx, cdp.Batch{Rows: rows})
		}
		var f *cdp.Fatal
		for range 2 {
			if err == nil {
				err = d.Commit(ctx)
			}
			if !errors.As(err, &f) || !strings.Contains(f.Help, "free space") {
				t.Errorf("%v", err)
			}
			err = d.Commit(ctx) // a lost session stays lost
		}
		must(t, d.Abort(ctx))
		if files, _ := os.ReadDir(root); len(files) != 0 {
			t.Error(files)
		}
	}
}

func TestEndpoint(t *testing.T) {
	got, err := Endpoint(destination.Config{Root: t.TempDir(), Options: map[string]string{"dir": "./out/"}})
	if err != nil || got != "file:out" {
		t.Error(got, err)
	}
}
