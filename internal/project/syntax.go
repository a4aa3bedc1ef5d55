package project

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"regexp"
	"sort"
	"strconv"
	"strings"
	"unicode/utf8"
)

var (
	errTooLarge   = errors.New("the file is larger than 8 MB")
	errLink       = errors.New("this is a link to nothing in the project")
	errFolderLink = errors.New("this is a link to a folder, and such are not followed")
	errNotRegular = errors.New("this is no file")
	errParser     = errors.New("this is no YAML")
)

// secondDocument is a file with more than one YAML document.
type secondDocument struct{ line int }

func (e *secondDocument) Error() string { return "a second document" }

func isEOF(err error) bool { return errors.Is(err, io.EOF) }

func asPathError(err error, target **fs.PathError) bool { return errors.As(err, target) }

// syntaxError reports what the YAML parser says, at the line where it first says so.
func (l *loader) syntaxError(f *file, err error) {
	if second := (*secondDocument)(nil); errors.As(err, &second) {
		l.error(f.pos(max(second.line, 1), 1), "make it a file of its own", "a second YAML document: a file holds one")
		return
	}
	message := strings.TrimPrefix(err.Error(), "yaml: ")
	if i := strings.Index(message, ": "); strings.HasPrefix(message, "line ") && i > 0 {
		message = message[i+2:]
	}
	line := f.errorLine(err.Error())
	if name, ok := unknownAnchor(message); ok {
		line, col := f.place(max(strings.Index(f.src, "*"+name), 0))
		called := "&" + name
		if f.name == kithFile { // it may be a password
			called = "of this name"
		}
		l.error(f.pos(line, col), "an anchor works inside one file, below the place where it is set", "no anchor %s above this place", called).Len = utf8.RuneCountInString(name) + 1
		return
	}
	text := f.line(line)
	col := utf8.RuneCountInString(text[:len(text)-len(strings.TrimLeft(text, " \t"))]) + 1
	summary, help, at := f.syntaxHelp(line, message)
	if at > 0 {
		col = at
	}
	l.error(f.pos(line, col), help, "%s", summary)
}

// errorLine is the first line whose presence makes the parser say what it says of
// the whole file. The line in its own message is often that of an outer block.
func (f *file) errorLine(message string) int {
	n := len(f.starts)
	line := 1 + sort.Search(n-1, func(i int) bool { // the first i+1 lines
		_, err := parseYAML(f.src[:f.starts[i+1]])
		return err != nil && err.Error() == message
	})
	if said := lineInMessage.FindStringSubmatch(message); said != nil {
		if k, err := strconv.Atoi(said[1]); err == nil && line < k {
			line = min(k, n) // a cut in the middle of something says the same by chance
		}
	}
	for line > 1 && strings.TrimSpace(f.line(line)) == "" {
		line--
	}
	return line
}

var (
	lineInMessage = regexp.MustCompile(`line (\d+):`)
	anchorMessage = regexp.MustCompile(`^unknown anchor '(.*)' referenced$`)
	plainColon    = regexp.MustCompile(`^\s*(?:- )*[\w.-]+:\s+[^"'\[{|>&*#][^#]*:(\s|$)`)
)

func unknownAnchor(message string) (string, bool) {
	if m := anchorMessage.FindStringSubmatch(message); m != nil {
		return m[1], true
	}
	return "", false
}

// syntaxHelp knows the traps that people fall into.
func (f *file) syntaxHelp(line int, message string) (summary, help string, col int) {
	// The parser may notice a line late: look at the line and at the one above.
	for _, n := range []int{line, line - 1} {
		text := f.line(n)
		if n != line && text == "" {
			continue
		}
		indent := text[:len(text)-len(strings.TrimLeft(text, " \t"))]
		if i := strings.IndexByte(indent, '\t'); i >= 0 && n == line {
			return "a tab in the indentation: YAML allows spaces only", "indent with spaces", i + 1
		}
		if i := bare(text, "{{"); i >= 0 && n == line {
			return "{{ ... }} without quotes: YAML reads the braces as a mapping", fmt.Sprintf("quote it: %q", templateIn(text[i:])), column(text, i)
		}
		if i := bare(text, "${"); i >= 0 && n == line {
			return "${...} without quotes inside braces: YAML reads the brace as a mapping", fmt.Sprintf("quote it: %q", braceIn(text[i:])), column(text, i)
		}
	}
	text := f.line(line)
	switch {
	case strings.Contains(message, "mapping values are not allowed") && plainColon.MatchString(text):
		return "a value with \": \" in it needs quotes", "put quotes around the value", 0
	case strings.Contains(message, "cannot start any token"):
		return "YAML syntax: " + message, "put quotes around a value that begins with @, ` or %", 0
	case strings.Contains(message, "unknown escape character"):
		return "YAML syntax: " + message, "a backslash in double quotes begins an escape; use single quotes", 0
	case strings.Contains(message, "unexpected end of stream"):
		return "YAML syntax: " + message, "a quote or bracket that is opened here is never closed", 0
	case strings.Contains(message, "control characters"):
		return "YAML syntax: " + message, "write a control character as an escape in double quotes", 0
	}
	return "YAML syntax: " + message, "look at the indentation, quotes and brackets here and just above", 0
}

func column(text string, i int) int { return utf8.RuneCountInString(text[:i]) + 1 }

// bare is where mark stands outside of quotes in a line, or -1.
func bare(line, mark string) int {
	quote := byte(0)
	for i := range len(line) {
		c := line[i]
		switch {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' && opensQuote(line, i), c == '\'' && opensQuote(line, i):
			quote = c
		case c == '#' && (i == 0 || line[i-1] == ' '):
			return -1
		case strings.HasPrefix(line[i:], mark):
			return i
		}
	}
	return -1
}

// opensQuote: a quote inside a plain word is an apostrophe.
func opensQuote(line string, i int) bool {
	return i == 0 || strings.IndexByte(" \t[{,:", line[i-1]) >= 0
}

func templateIn(text string) string {
	if i := strings.Index(text, "}}"); i >= 0 {
		return text[:i+2]
	}
	return "{{ ... }}"
}

func braceIn(text string) string {
	if i := strings.IndexByte(text, '}'); i >= 0 {
		return envTold(text[:i+1])
	}
	return "${...}"
}
