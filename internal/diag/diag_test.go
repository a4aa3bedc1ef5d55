package diag_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kithdata/kith/internal/diag"
)

func TestPosString(t *testing.T) {
	for _, test := range []struct {
		pos  diag.Pos
		want string
	}{
		{diag.Pos{File: "kith.yml", Line: 3, Col: 7}, "kith.yml:3:7"},
		{diag.Pos{File: "kith.yml", Line: 3}, "kith.yml:3"},
		{diag.Pos{File: "kith.yml"}, "kith.yml"},
		{diag.Pos{File: "kith.yml", Col: 7}, "kith.yml"},
		{diag.Pos{Line: 3, Col: 7}, "3:7"},
		{diag.Pos{}, "-"},
	} {
		if got := test.pos.String(); got != test.want {
			t.Errorf("%#v: %q, want %q", test.pos, got, test.want)
		}
		if got, want := test.pos.IsValid(), test.pos.Line > 0; got != want {
			t.Errorf("%#v: valid %v, want %v", test.pos, got, want)
		}
	}
}

func TestListAdds(t *testing.T) {
	var l diag.List
	l.Warn(diag.Pos{File: "a"}, "", "%d rows", 7)
	if l.HasErrors() {
		t.Error("a list of warnings has errors")
	}
	p := l.Error(diag.Pos{File: "b", Line: 1}, "rename it", "%s is taken", "vip")
	p.Len = 3
	p.Note(diag.Pos{File: "c", Line: 2}, "declared %s", "here").Note(diag.Pos{}, "twice")
	want := diag.List{
		{Pos: diag.Pos{File: "a"}, Severity: diag.SeverityWarning, Summary: "7 rows"},
		{
			Pos: diag.Pos{File: "b", Line: 1}, Len: 3, Summary: "vip is taken", Help: "rename it",
			Notes: []diag.Note{{Pos: diag.Pos{File: "c", Line: 2}, Text: "declared here"}, {Text: "twice"}},
		},
	}
	if d := cmp.Diff(want, l); d != "" {
		t.Error(d)
	}
	if !l.HasErrors() {
		t.Error("a list with an error has none")
	}
}

func TestSort(t *testing.T) {
	at := func(file string, line, col int, summary, help string) diag.Problem {
		return diag.Problem{Pos: diag.Pos{File: file, Line: line, Col: col}, Summary: summary, Help: help}
	}
	l := diag.List{
		at("b", 1, 1, "x", ""),
		at("a", 10, 1, "x", ""),
		at("a", 9, 2, "y", ""),
		at("a", 9, 2, "x", "two"),
		at("a", 9, 2, "x", "one"),
		at("a", 9, 2, "x", "two"), // not beside its twin after a stable sort
		at("a", 9, 1, "z", ""),
		at("", 0, 0, "no place", ""),
		at("a", 10, 1, "x", ""),
	}
	l.Sort()
	want := diag.List{
		at("", 0, 0, "no place", ""),
		at("a", 9, 1, "z", ""),
		at("a", 9, 2, "x", "two"),
		at("a", 9, 2, "x", "one"),
		at("a", 9, 2, "y", ""),
		at("a", 10, 1, "x", ""),
		at("b", 1, 1, "x", ""),
	}
	if d := cmp.Diff(want, l); d != "" {
		t.Error(d)
	}
	warning := at("b", 1, 1, "x", "")
	warning.Severity = diag.SeverityWarning
	noted := at("b", 1, 1, "x", "")
	noted.Notes = []diag.Note{{Text: "n"}}
	different := diag.List{at("b", 1, 1, "x", ""), warning, noted}
	if different.Sort(); len(different) != 3 {
		t.Errorf("problems that differ in severity or notes were taken for one: %v", different)
	}
}

func TestErr(t *testing.T) {
	var l diag.List
	if err := l.Err(); err != nil {
		t.Errorf("empty list: %v", err)
	}
	l.Warn(diag.Pos{File: "kith.yml"}, "", "odd")
	if err := l.Err(); err != nil {
		t.Errorf("only a warning: %v", err)
	}
	l.Error(diag.Pos{File: "kith.yml", Line: 2, Col: 1}, "", "bad")
	for _, want := range []string{
		"kith.yml:2:1: bad",
		"kith.yml:2:1: bad (and 1 more error)",
		"kith.yml:2:1: bad (and 2 more errors)",
	} {
		err := fmt.Errorf("load: %w", l.Err())
		if got := err.Error(); got != "load: "+want {
			t.Errorf("got %q, want %q", got, want)
		}
		var list *diag.Error
		if !errors.As(err, &list) || len(list.List) != len(l) {
			t.Errorf("the list is lost: %#v", list)
		}
		l.Error(diag.Pos{}, "", "bad too")
	}
	if got := (diag.List{{Summary: "no place"}}).Err().Error(); got != "no place" {
		t.Errorf("without a position: %q", got)
	}
}

func TestErrHoldsACopy(t *testing.T) {
	l := diag.List{{Pos: diag.Pos{File: "b"}, Summary: "b"}, {Pos: diag.Pos{File: "a"}, Summary: "a"}}
	err := l.Err()
	l.Sort()
	if got := err.Error(); got != "b: b (and 1 more error)" {
		t.Errorf("the error changed with the list: %q", got)
	}
}

func TestSeverityText(t *testing.T) {
	for _, want := range []diag.Severity{diag.SeverityError, diag.SeverityWarning} {
		text, err := json.Marshal(want)
		if err != nil {
			t.Fatal(err)
		}
		var got diag.Severity
		if err := json.Unmarshal(text, &got); err != nil || got != want {
			t.Errorf("%s became %v, %v", text, got, err)
		}
	}
	var s diag.Severity
	if err := s.UnmarshalText([]byte("fatal")); err == nil {
		t.Error("an unknown severity was accepted")
	}
}
