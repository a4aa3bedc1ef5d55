package project

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"

	"gopkg.in/yaml.v3"

	"github.com/kithdata/kith/internal/diag"
)

// kithFile is the file at the root of every project.
const kithFile = "kith.yml"

// maxFile bounds a file: a project is text that people write.
const maxFile = 8 << 20

// file is one YAML file of the project.
type file struct {
	name     string // relative to the root, with slashes
	src      string
	starts   []int // byte offset of every line
	expanded int   // nodes that were reached through aliases
	tooFar   bool  // reported: aliases expand too far
}

func newFile(name, src string) *file {
	f := &file{name: name, src: src, starts: []int{0}}
	for i := range len(src) {
		if src[i] == '\n' {
			f.starts = append(f.starts, i+1)
		}
	}
	return f
}

// line is the text of a line, counted from 1, without its end.
func (f *file) line(n int) string {
	if n < 1 || n > len(f.starts) {
		return ""
	}
	end := len(f.src)
	if n < len(f.starts) {
		end = f.starts[n] - 1
	}
	return strings.TrimSuffix(f.src[f.starts[n-1]:end], "\r")
}

// offset is the byte at a line and column, both counted from 1, the column in characters.
func (f *file) offset(line, col int) int {
	if line < 1 || line > len(f.starts) {
		return len(f.src)
	}
	off := f.starts[line-1]
	for ; col > 1 && off < len(f.src) && f.src[off] != '\n'; col-- {
		_, n := utf8.DecodeRuneInString(f.src[off:])
		off += n
	}
	return off
}

// place is the line and column of a byte.
func (f *file) place(off int) (line, col int) {
	line, _ = slices.BinarySearch(f.starts, off+1)
	return line, utf8.RuneCountInString(f.src[f.starts[line-1]:min(off, len(f.src))]) + 1
}

func (f *file) pos(line, col int) diag.Pos { return diag.Pos{File: f.name, Line: line, Col: col} }

// read reads kith.yml and every YAML file under models/ and syncs/, in the order of their names.
func (l *loader) read() {
	names := []string{kithFile}
	for _, dir := range []string{"models", "syncs"} {
		names = append(names, l.find(dir)...)
	}
	for _, name := range names {
		l.load(name)
	}
}

func (l *loader) find(dir string) []string {
	var names []string
	err := filepath.WalkDir(filepath.Join(l.root, dir), func(path string, d fs.DirEntry, err error) error {
		rel, relErr := filepath.Rel(l.root, path)
		if relErr != nil {
			return relErr
		}
		name := filepath.ToSlash(rel)
		switch {
		case err != nil && os.IsNotExist(err) && name == dir:
			return nil // a project may have no syncs yet
		case err != nil:
			l.unreadable(name, err)
			return nil
		case d.IsDir() && strings.HasPrefix(d.Name(), ".") && name != dir:
			return fs.SkipDir
		case !d.IsDir() && (strings.HasSuffix(name, ".yml") || strings.HasSuffix(name, ".yaml")) && !strings.HasPrefix(d.Name(), "."):
			names = append(names, name)
		case d.Type()&fs.ModeSymlink != 0 && leadsToFolder(path) && (name == dir || !strings.HasPrefix(d.Name(), ".")):
			l.unreadable(name, errFolderLink)
		}
		return nil
	})
	if err != nil {
		l.unreadable(dir, err)
	}
	slices.Sort(names)
	return names
}

// leadsToFolder looks at nothing of where a link leads but that.
func leadsToFolder(link string) bool {
	info, err := os.Stat(link)
	return err == nil && info.IsDir()
}

func (l *loader) unreadable(name string, err error) {
	l.partial = true
	if name == kithFile && os.IsNotExist(err) {
		l.error(diag.Pos{File: name, Line: 1, Col: 1}, "`kith init` makes a project", "there is no %s", kithFile)
		return
	}
	if pathErr := (*fs.PathError)(nil); asPathError(err, &pathErr) {
		err = pathErr.Err // without the absolute path
	}
	help := ""
	switch {
	case errors.Is(err, errLink):
		help = "put the file itself here, or link to one of the project by a relative path"
	case errors.Is(err, errFolderLink):
		help = "put the folder itself here, or links to its files"
	case errors.Is(err, errNotRegular):
		help = "models and syncs are read from files: give the folder, pipe or device a name that does not end in .yml"
	}
	l.error(diag.Pos{File: name, Line: 1, Col: 1}, help, "%v", err)
}

func (l *loader) load(name string) {
	b, err := ReadFile(l.root, name)
	if err != nil {
		l.unreadable(name, err)
		return
	}
	l.parse(name, b)
}

// ReadFile reads a file of a project, named relative to its root, with slashes. It
// follows links within the project and no others, so that checking a project that
// somebody proposes shows nothing else of the machine.
func ReadFile(root, name string) ([]byte, error) {
	r, err := os.OpenRoot(root)
	if err != nil {
		return nil, err
	}
	defer func() { _ = r.Close() }()
	name = filepath.FromSlash(name)
	info, err := r.Stat(name)
	if err != nil {
		if link, linkErr := r.Lstat(name); linkErr == nil && link.Mode()&fs.ModeSymlink != 0 {
			return nil, errLink
		}
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, errNotRegular
	}
	f, err := r.Open(name)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	text, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if len(text) > maxFile {
		return nil, errTooLarge
	}
	return text, err
}

// parse adds the file to those that are decoded.
func (l *loader) parse(name string, b []byte) {
	b = bytes.TrimPrefix(b, []byte("\ufeff"))
	f := newFile(name, string(b))
	if !utf8.Valid(b) {
		l.partial = true
		line := 1
		for i, r := range f.src {
			if _, n := utf8.DecodeRuneInString(f.src[i:]); r == utf8.RuneError && n == 1 {
				line, _ = f.place(i)
				break
			}
		}
		l.error(f.pos(line, 1), "save the file as UTF-8", "the file is not UTF-8")
		return
	}
	top, err := parseYAML(f.src)
	if err != nil {
		l.partial = true
		l.syntaxError(f, err)
		return
	}
	if top == nil {
		return
	}
	l.tops = append(l.tops, l.wrap(top, f, nil))
}

// parseYAML returns the content of the only document, or nil when there is none.
func parseYAML(src string) (top *yaml.Node, err error) {
	defer func() { // the parser's own mistakes are no reason to fall
		if r := recover(); r != nil {
			top, err = nil, errParser
		}
	}()
	d := yaml.NewDecoder(strings.NewReader(src))
	var doc, second yaml.Node
	if err := d.Decode(&doc); err != nil {
		if isEOF(err) {
			return nil, nil
		}
		return nil, err
	}
	if err := d.Decode(&second); err == nil {
		return nil, &secondDocument{line: second.Line}
	} else if !isEOF(err) {
		return nil, err
	}
	if len(doc.Content) == 0 {
		return nil, nil
	}
	return doc.Content[0], nil
}
