package diag_test

import (
	"errors"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kithdata/kith/internal/diag"
)

// sources serves files from memory.
func sources(files map[string]string) func(string) ([]byte, error) {
	return func(file string) ([]byte, error) {
		text, ok := files[file]
		if !ok {
			return nil, os.ErrNotExist
		}
		return []byte(text), nil
	}
}

func render(t *testing.T, l diag.List, files map[string]string, color bool) string {
	t.Helper()
	var b strings.Builder
	if err := diag.Render(&b, l, sources(files), color); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestRender(t *testing.T) {
	const traits = "traits:\n  - name: ltv\n    entity: person\n    from: order\n"
	long := strings.Repeat("a", 200) + "HERE" + strings.Repeat("b", 200)
	at := func(line, col int) diag.Pos { return diag.Pos{File: "m.yml", Line: line, Col: col} }
	for _, test := range []struct {
		name, file string
		list       diag.List
		want       string
	}{
		{
			"nothing", traits, nil, "",
		},
		{
			"all parts", traits,
			diag.List{{
				Pos: at(4, 11), Len: 5, Summary: `unknown source "order"`, Help: `did you mean "orders"?`,
				Notes: []diag.Note{{Pos: diag.Pos{File: "kith.yml", Line: 7, Col: 3}, Text: "sources are declared here"}, {Text: "there are 3"}},
			}},
			`
m.yml:4:11: error: unknown source "order"
  4 |     from: order
    |           ^^^^^
help: did you mean "orders"?
note: kith.yml:7:3: sources are declared here
note: there are 3

1 error
`,
		},
		{
			"errors and warnings", traits,
			diag.List{
				{Pos: at(1, 1), Summary: "one"},
				{Pos: at(2, 5), Severity: diag.SeverityWarning, Summary: "two"},
				{Pos: at(3, 5), Summary: "three"},
			},
			`
m.yml:1:1: error: one
  1 | traits:
    | ^

m.yml:2:5: warning: two
  2 |   - name: ltv
    |     ^

m.yml:3:5: error: three
  3 |     entity: person
    |     ^

2 errors, 1 warning
`,
		},
		{
			"no position", traits,
			diag.List{{Severity: diag.SeverityWarning, Summary: "no kith.yml"}},
			`
warning: no kith.yml

1 warning
`,
		},
		{
			"only a file", traits,
			diag.List{{Pos: diag.Pos{File: "m.yml"}, Summary: "empty"}},
			`
m.yml: error: empty

1 error
`,
		},
		{
			"no column", traits,
			diag.List{{Pos: at(2, 0), Summary: "odd"}},
			`
m.yml:2: error: odd
  2 |   - name: ltv

1 error
`,
		},
		{
			"no such line", traits,
			diag.List{{Pos: at(99, 1), Summary: "odd"}},
			`
m.yml:99:1: error: odd

1 error
`,
		},
		{
			"no such file", traits,
			diag.List{{Pos: diag.Pos{File: "gone.yml", Line: 1, Col: 1}, Summary: "odd"}},
			`
gone.yml:1:1: error: odd

1 error
`,
		},
		{
			"behind the line, and a span that runs over it", "a: b\r\n",
			diag.List{{Pos: at(1, 5), Summary: "x"}, {Pos: at(1, 40), Len: 9, Summary: "y"}, {Pos: at(1, 4), Len: 9, Summary: "z"}},
			`
m.yml:1:5: error: x
  1 | a: b
    |     ^

m.yml:1:40: error: y
  1 | a: b
    |     ^

m.yml:1:4: error: z
  1 | a: b
    |    ^

3 errors
`,
		},
		{
			"an empty line", "a:\n\n",
			diag.List{{Pos: at(2, 1), Summary: "x"}},
			`
m.yml:2:1: error: x
  2 |
    | ^

1 error
`,
		},
		{
			"tabs", "\tSELECT\temial",
			diag.List{{Pos: at(1, 9), Len: 5, Summary: "x"}},
			"\nm.yml:1:9: error: x\n  1 | \tSELECT\temial\n    | \t      \t^^^^^\n\n1 error\n",
		},
		{
			"wide and combining characters", "名前: 東京都 x\nne\u0301e: x",
			diag.List{{Pos: at(1, 5), Len: 3, Summary: "x"}, {Pos: at(2, 7), Summary: "y"}},
			"\nm.yml:1:5: error: x\n  1 | 名前: 東京都 x\n    |       ^^^^^^\n\n" +
				"m.yml:2:7: error: y\n  2 | ne\u0301e: x\n    |      ^\n\n2 errors\n",
		},
		{
			"line numbers of several digits", strings.Repeat("\n", 99) + "k: v",
			diag.List{{Pos: at(100, 4), Summary: "x"}},
			`
m.yml:100:4: error: x
  100 | k: v
      |    ^

1 error
`,
		},
		{
			"texts of several lines", "k",
			diag.List{{Pos: at(1, 1), Summary: "one\ntwo", Help: "three\nfour\n"}},
			`
m.yml:1:1: error: one
      two
  1 | k
    | ^
help: three
      four

1 error
`,
		},
		{
			"a long line", long,
			diag.List{{Pos: at(1, 201), Len: 4, Summary: "x"}},
			"\nm.yml:1:201: error: x\n  1 | …" + strings.Repeat("a", 78) + "HERE" + strings.Repeat("b", 76) + "…\n" +
				"    | " + strings.Repeat(" ", 79) + "^^^^\n\n1 error\n",
		},
		{
			"what would drive the terminal", "a: \x1b[31m\u202Eb \xff",
			diag.List{{Pos: at(1, 10), Summary: "bad\x1b]0;title\a", Help: "\u2066x"}},
			"\nm.yml:1:10: error: bad�]0;title�\n  1 | a: �[31m�b �\n    |          ^\nhelp: �x\n\n1 error\n",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := render(t, test.list, map[string]string{"m.yml": test.file}, false)
			if d := cmp.Diff(strings.TrimPrefix(test.want, "\n"), got); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestRenderLongLineAtItsEnds(t *testing.T) {
	file := strings.Repeat("x", 500)
	for _, col := range []int{1, 2, 80, 81, 420, 421, 499, 500, 501, 900} {
		got := render(t, diag.List{{Pos: diag.Pos{File: "m", Line: 1, Col: col}, Len: 900, Summary: "s"}}, map[string]string{"m": file}, false)
		lines := strings.Split(got, "\n")
		if len([]rune(lines[1])) != 6+160 || len([]rune(lines[2])) > 6+161 {
			t.Errorf("column %d:\n%s", col, got)
		}
	}
}

func TestRenderColor(t *testing.T) {
	l := diag.List{
		{Pos: diag.Pos{File: "m", Line: 1, Col: 1}, Summary: "s", Help: "h", Notes: []diag.Note{{Text: "n"}}},
		{Severity: diag.SeverityWarning, Summary: "w"},
	}
	files := map[string]string{"m": "key"}
	colored := render(t, l, files, true)
	want := strings.NewReplacer("<", "\x1b[", ">", "m", "/", "\x1b[0m").Replace(
		"<1>m:1:1:/ <1;31>error:/ s\n<34>  1 |/ key\n<34>    |/ <1;31>^/\n<36>help:/ h\n<34>note:/ n\n\n" +
			"<1;33>warning:/ w\n\n<1;31>1 error/, <1;33>1 warning/\n")
	if d := cmp.Diff(want, colored); d != "" {
		t.Error(d)
	}
	plain := render(t, l, files, false)
	if strings.Contains(plain, "\x1b") {
		t.Errorf("color was not asked for: %q", plain)
	}
}

func TestRenderReadsAFileOnce(t *testing.T) {
	reads := 0
	source := func(string) ([]byte, error) {
		reads++
		return nil, errors.New("unreadable")
	}
	l := diag.List{{Pos: diag.Pos{File: "m", Line: 1}, Summary: "a"}, {Pos: diag.Pos{File: "m", Line: 2}, Summary: "b"}}
	if err := diag.Render(io.Discard, l, source, false); err != nil {
		t.Fatal(err)
	}
	if reads != 1 {
		t.Errorf("read %d times", reads)
	}
	if err := diag.Render(io.Discard, l, nil, false); err != nil {
		t.Errorf("without a source: %v", err)
	}
}

type brokenWriter struct{}

func (brokenWriter) Write([]byte) (int, error) { return 0, io.ErrClosedPipe }

func TestRenderReturnsTheWriteError(t *testing.T) {
	l := diag.List{{Summary: "s"}}
	if err := diag.Render(brokenWriter{}, l, nil, false); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("Render: %v", err)
	}
	if err := diag.JSON(brokenWriter{}, l); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("JSON: %v", err)
	}
}

func TestJSON(t *testing.T) {
	l := diag.List{
		{
			Pos: diag.Pos{File: "m.yml", Line: 4, Col: 11}, Len: 5, Summary: `a <b> & "c"`, Help: "h",
			Notes: []diag.Note{{Pos: diag.Pos{File: "kith.yml"}, Text: "n"}, {Text: "no place"}},
		},
		{Severity: diag.SeverityWarning, Summary: "w"},
	}
	for want, list := range map[string]diag.List{
		`{
  "errors": 1,
  "warnings": 1,
  "problems": [
    {
      "pos": {
        "file": "m.yml",
        "line": 4,
        "col": 11
      },
      "len": 5,
      "severity": "error",
      "summary": "a <b> & \"c\"",
      "help": "h",
      "notes": [
        {
          "pos": {
            "file": "kith.yml"
          },
          "text": "n"
        },
        {
          "text": "no place"
        }
      ]
    },
    {
      "severity": "warning",
      "summary": "w"
    }
  ]
}
`: l,
		`{
  "errors": 0,
  "warnings": 0,
  "problems": []
}
`: nil,
	} {
		var b strings.Builder
		if err := diag.JSON(&b, list); err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(want, b.String()); d != "" {
			t.Error(d)
		}
	}
}

func FuzzRender(f *testing.F) {
	f.Add("traits:\n\t- name: 名\u0301\r\n", 2, 3, 4)
	f.Add(strings.Repeat("\xffé", 200), 1, 399, 900)
	f.Add("", -1, -1, -1)
	f.Fuzz(func(t *testing.T, file string, line, col, length int) {
		l := diag.List{{Pos: diag.Pos{File: "m", Line: line, Col: col}, Len: length, Summary: file, Help: file}}
		got := render(t, l, map[string]string{"m": file}, false)
		if strings.ContainsAny(got, "\x00\x1b\r\u202e") {
			t.Errorf("control characters in %q", got)
		}
		if !strings.HasSuffix(got, "\n1 error\n") {
			t.Errorf("no total in %q", got)
		}
	})
}
