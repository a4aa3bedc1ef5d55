package e2e

import (
	"debug/elf"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"testing"

	"github.com/kithdata/kith/internal/testkit"
)

// TestImage: what the documented image is made of has what the program is linked with:
// without a C compiler, too, it asks for a loader, which an image for static programs has not.
func TestImage(t *testing.T) {
	t.Parallel()
	docs, err := os.ReadFile(filepath.Join("..", "..", "docs", "serve.md"))
	if err != nil {
		t.Fatal(err)
	}
	from := regexp.MustCompile(`(?m)^FROM gcr\.io/distroless/([a-z]+)-debian`).FindSubmatch(docs)
	if from == nil {
		t.Fatal("docs/serve.md does not say what the image is made of")
	}
	if runtime.GOOS != "linux" {
		return // it is a program of Linux that stands in an image
	}
	file, err := os.Open(testkit.NewProject(t, nil).Bin)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = file.Close() })
	program, err := elf.NewFile(file)
	if err != nil {
		t.Fatal(err)
	}
	loaded := slices.ContainsFunc(program.Progs, func(p *elf.Prog) bool { return p.Type == elf.PT_INTERP })
	needs, err := program.ImportedLibraries()
	if err != nil {
		t.Fatal(err)
	}
	if loaded && string(from[1]) != "base" && string(from[1]) != "cc" {
		t.Errorf("kith needs %v and a loader; an image of %s has none", needs, from[1])
	}
	for _, lib := range needs { // what the C library of base consists of
		if !slices.Contains([]string{"libc.so.6", "libdl.so.2", "libpthread.so.0"}, lib) {
			t.Errorf("kith needs %s, which an image of %s has not", lib, from[1])
		}
	}
}
