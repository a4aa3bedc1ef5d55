package project

import (
	"os"
	"strings"
	"testing"
)

// TestWithheld: what is said of testdata/withheld, and the lines that are shown with it,
// have nothing of the passwords that stand there where none is expected.
func TestWithheld(t *testing.T) {
	_, problems := Load("testdata/withheld", Options{Specs: testSpecs()})
	for _, p := range problems {
		said := p.Summary + " " + p.Help
		for _, n := range p.Notes {
			said += " " + n.Text
		}
		if strings.Contains(said, "hunter") {
			t.Errorf("%s: %s", p.Pos, said)
		}
	}
	src, err := os.ReadFile("testdata/withheld/kith.yml")
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range strings.Split(string(Shown(src, testSpecs())), "\n") {
		if strings.Contains(line, "hunter") {
			t.Errorf("shown: %s", line)
		}
	}
}
