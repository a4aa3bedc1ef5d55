package cli

import (
	"os"
	"testing"

	"github.com/kithdata/kith/internal/project"
)

// TestReferenceIsFresh: the reference of the YAML is what the decoder's table says.
func TestReferenceIsFresh(t *testing.T) {
	have, err := os.ReadFile("../../docs/reference.md")
	if err != nil {
		t.Fatal(err)
	}
	if string(have) != project.Reference(specs()) {
		t.Error("docs/reference.md is stale: kith schema --reference > docs/reference.md")
	}
}
