package cli

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/kithdata/kith/internal/cdp"
)

// maxRecord bounds one record of a file in memory.
const maxRecord = 16 << 20

// record is one row of a file.
type record struct {
	line   int
	fields []string                   // csv, blank: in the order of the file's columns
	object map[string]json.RawMessage // jsonl
}

// value reads a column of the record.
func (r record) value(c seedColumn) (any, error) {
	if r.object != nil {
		return parseJSON(r.object[c.file], c.Type)
	}
	if c.at < 0 {
		return parseValue("", c.Type)
	}
	return parseValue(r.fields[c.at], c.Type)
}

// raw is the text of a column, for a message.
func (r record) raw(c seedColumn) string {
	if r.object != nil {
		return string(r.object[c.file])
	}
	if c.at < 0 {
		return ""
	}
	return strings.TrimSpace(r.fields[c.at])
}

// recordReader gives the records of a file one after the other; io.EOF ends it.
type recordReader interface {
	// columns are the names of the file's columns, nil for one without (jsonl).
	columns() []string
	next() (record, error)
}

// lineError is a problem at a line of the file.
type lineError struct {
	line int
	text string
}

func (e *lineError) Error() string { return fmt.Sprintf("line %d: %s", e.line, e.text) }

// bounded refuses a record that does not end.
type bounded struct {
	r io.Reader
	n int
}

var errRecord = fmt.Errorf("a record is longer than %d MiB: is a quote missing?", maxRecord>>20)

func (b *bounded) Read(p []byte) (int, error) {
	if b.n > maxRecord {
		return 0, errRecord
	}
	n, err := b.r.Read(p)
	b.n += n
	return n, err
}

// skipBOM drops the mark that some programs put before UTF-8.
func skipBOM(r io.Reader) *bufio.Reader {
	b := bufio.NewReaderSize(r, 64<<10)
	if head, err := b.Peek(3); err == nil && bytes.Equal(head, []byte("\xef\xbb\xbf")) {
		_, _ = b.Discard(3)
	}
	return b
}

// csvReader reads comma-separated text; spaces around a value do not count.
type csvReader struct {
	names []string
	limit *bounded
	r     *csv.Reader
	line  int // of the last record
}

func newCSVReader(in io.Reader, names []string, header bool) (*csvReader, error) {
	c := &csvReader{names: names, limit: &bounded{r: skipBOM(in)}}
	c.r = csv.NewReader(c.limit)
	c.r.TrimLeadingSpace, c.r.ReuseRecord = true, true
	if header {
		fields, err := c.r.Read()
		if err != nil {
			return nil, c.fail(err)
		}
		if names == nil {
			c.names = trimmed(fields)
		}
	}
	return c, nil
}

func (c *csvReader) columns() []string { return c.names }

func (c *csvReader) next() (record, error) {
	c.limit.n = 0
	fields, err := c.r.Read()
	if err != nil {
		return record{}, c.fail(err)
	}
	line, _ := c.r.FieldPos(0)
	c.line = line
	if len(fields) != len(c.names) {
		return record{}, &lineError{line, fmt.Sprintf("%d values for %d columns", len(fields), len(c.names))}
	}
	return record{line: line, fields: fields}, nil
}

// fail says it without the text of the line.
func (c *csvReader) fail(err error) error {
	var p *csv.ParseError
	switch {
	case errors.Is(err, errRecord):
		return &lineError{c.line + 1, errRecord.Error()}
	case errors.As(err, &p) && errors.Is(p.Err, csv.ErrFieldCount):
		return &lineError{p.Line, fmt.Sprintf("another number of values than the first line has (%d columns)", c.r.FieldsPerRecord)}
	case errors.As(err, &p):
		return &lineError{p.Line, p.Err.Error()}
	}
	return err
}

// lines reads a text line by line.
type lines struct {
	s *bufio.Scanner
	n int
}

func newLines(in io.Reader) *lines {
	s := bufio.NewScanner(skipBOM(in))
	s.Buffer(make([]byte, 64<<10), maxRecord)
	return &lines{s: s}
}

// next is the next line that is not blank.
func (l *lines) next() ([]byte, error) {
	for l.s.Scan() {
		l.n++
		if text := bytes.TrimSpace(l.s.Bytes()); len(text) > 0 {
			return text, nil
		}
	}
	if err := l.s.Err(); errors.Is(err, bufio.ErrTooLong) {
		return nil, &lineError{l.n + 1, fmt.Sprintf("longer than %d MiB", maxRecord>>20)}
	} else if err != nil {
		return nil, err
	}
	return nil, io.EOF
}

// blankReader reads columns that any number of blanks or tabs separates.
type blankReader struct {
	names []string
	lines *lines
}

func newBlankReader(in io.Reader, names []string, header bool) (*blankReader, error) {
	b := &blankReader{names: names, lines: newLines(in)}
	if header {
		text, err := b.lines.next()
		if err != nil {
			return nil, err
		}
		if names == nil {
			b.names = strings.Fields(string(text))
		}
	}
	return b, nil
}

func (b *blankReader) columns() []string { return b.names }

func (b *blankReader) next() (record, error) {
	text, err := b.lines.next()
	if err != nil {
		return record{}, err
	}
	fields := strings.Fields(string(text))
	if len(fields) != len(b.names) {
		return record{}, &lineError{b.lines.n, fmt.Sprintf("%d values for %d columns", len(fields), len(b.names))}
	}
	return record{line: b.lines.n, fields: fields}, nil
}

// jsonReader reads one JSON object per line.
type jsonReader struct{ lines *lines }

func (j *jsonReader) columns() []string { return nil }

func (j *jsonReader) next() (record, error) {
	text, err := j.lines.next()
	if err != nil {
		return record{}, err
	}
	r := record{line: j.lines.n}
	if err := json.Unmarshal(text, &r.object); err != nil || r.object == nil {
		return record{}, &lineError{j.lines.n, "not a JSON object"}
	}
	return r, nil
}

func trimmed(fields []string) []string {
	out := make([]string, len(fields))
	for i, f := range fields {
		out[i] = strings.TrimSpace(f)
	}
	return out
}

// seedColumn is a column of the table and where the file has it.
type seedColumn struct {
	Name string
	Type cdp.Type
	key  bool
	file string // name in the file
	at   int    // in a record; -1 when the file has it not
}

// mapColumns finds the columns of the source in the file.
func (l *loading) mapColumns() (unknown, absent []string, err error) {
	have := l.reader.columns()
	for i, name := range have {
		if slices.Index(have, name) != i {
			return nil, nil, fmt.Errorf("the file has two columns called %q", name)
		}
	}
	used := map[int]bool{}
	for _, c := range l.src.Columns {
		if c.JSON != "" || c.SQL != nil {
			continue // read from other columns
		}
		col := seedColumn{Name: c.Name, Type: c.Type, key: slices.Contains(l.src.Key, c.Name), file: c.Name, at: -1}
		if have != nil && c.Name != l.rowNumber {
			switch col.at = columnOf(have, c.Name); {
			case col.at >= 0:
				used[col.at] = true
			case col.key:
				return nil, nil, withHelp(fmt.Errorf("the file has no column %q, which is the key of source %s", c.Name, l.src.Name),
					"the file has: %s\n--row-number %s numbers the rows instead", shorten(have), c.Name)
			default:
				absent = append(absent, c.Name)
			}
		}
		l.columns = append(l.columns, col)
	}
	if have != nil && len(used) == 0 {
		return nil, nil, withHelp(fmt.Errorf("the file has none of the columns of source %s", l.src.Name),
			"the file has: %s\nthe source declares: %s\n--no-header and --columns name the columns of a file without a header", shorten(have), shorten(declared(l.columns)))
	}
	for i, name := range have {
		if !used[i] {
			unknown = append(unknown, name)
		}
	}
	return unknown, absent, nil
}

// columnOf is where a name stands in a header: as it is, else in other letter case.
func columnOf(have []string, name string) int {
	if i := slices.Index(have, name); i >= 0 {
		return i
	}
	return slices.IndexFunc(have, func(h string) bool { return strings.EqualFold(h, name) })
}

func declared(columns []seedColumn) []string {
	out := make([]string, len(columns))
	for i, c := range columns {
		out[i] = c.Name
	}
	return out
}
