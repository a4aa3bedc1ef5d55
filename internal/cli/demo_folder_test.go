package cli

import (
	"bytes"
	"os"
	"testing"
)

// TestDemoRunsTheReferenceProject: the one file of it that cannot be embedded from
// its place is the same in both.
func TestDemoRunsTheReferenceProject(t *testing.T) {
	root, err := os.ReadFile("../../kith.yml")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(root, mainFile) {
		t.Error("internal/cli/demo/kith.yml is not kith.yml of the root: copy it")
	}
}
