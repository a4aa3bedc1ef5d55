package cli

import (
	"bytes"
	"testing"
)

func TestTable(t *testing.T) {
	var b bytes.Buffer
	printer{w: &b}.table([]string{"NAME", "ROWS>", "WHY"}, [][]string{{"zoë", "1,000", "two\nlines"}, {"x", "2", "\x1b[31m"}})
	want := "NAME   ROWS  WHY\nzoë   1,000  two lines\nx         2  \ufffd[31m\n"
	if b.String() != want {
		t.Errorf("got\n%s\nwant\n%s", b.String(), want)
	}
}

func TestNumbers(t *testing.T) {
	for n, want := range map[int]string{0: "0", 999: "999", 1000: "1,000", 1234567: "1,234,567", -4321: "-4,321"} {
		if got := number(n); got != want {
			t.Errorf("number(%d) = %q, want %q", n, got, want)
		}
	}
	for s, want := range map[float64]string{0.0123: "12 ms", 1.25: "1.2 s", 45: "45 s", 600: "10 min", 9000: "2.5 h"} {
		if got := seconds(s); got != want {
			t.Errorf("seconds(%v) = %q, want %q", s, got, want)
		}
	}
}
