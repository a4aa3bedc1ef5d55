package cli

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/kithdata/kith/internal/cdp"
)

// destinationDoc is a kind of destination as `destinations --json` prints it.
type destinationDoc struct {
	Type    string      `json:"type"`
	Title   string      `json:"title"`
	Doc     string      `json:"doc"`
	Local   bool        `json:"local"`   // nothing leaves the machine
	Session bool        `json:"session"` // rows count only together
	Writes  []writeDoc  `json:"writes"`
	Limits  limitsDoc   `json:"limits"`
	Match   []string    `json:"match"` // pii kinds
	Options []optionDoc `json:"options"`
	Sandbox bool        `json:"sandbox"` // the sandbox has a fake of it
}

type writeDoc struct {
	Kind    string   `json:"kind"`
	Names   []string `json:"names,omitempty"`
	Modes   []string `json:"modes,omitempty"`
	Actions []string `json:"actions"`
	Rekey   bool     `json:"rekey"`
	Dedup   string   `json:"dedup,omitempty"`
	MaxAge  string   `json:"max_age,omitempty"`
}

type limitsDoc struct {
	Rows       int      `json:"rows_per_call"`
	Bytes      int      `json:"bytes_per_call,omitempty"`
	Rates      []string `json:"rates"`
	Concurrent int      `json:"calls_at_once"`
}

type optionDoc struct {
	Name     string   `json:"name"`
	Kind     string   `json:"kind"`
	Required bool     `json:"required"`
	Secret   bool     `json:"secret"`
	Default  string   `json:"default,omitempty"`
	Values   []string `json:"values,omitempty"`
	Doc      string   `json:"doc"`
}

func (a *app) destinationsCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "destinations [TYPE]",
		Short: "Show where kith can write, and how",
		Example: `  kith destinations                  what there is
  kith destinations hubspot          its options, actions and limits`,
		Args: func(c *cobra.Command, args []string) error {
			if len(args) > 1 {
				return oneArg("a type")(c, args)
			}
			return nil
		},
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) == 1 {
				return a.destination(args[0])
			}
			return a.destinations()
		},
	}
}

func documented(d driver) destinationDoc {
	s := d.spec()
	doc := destinationDoc{
		Type: s.Type, Title: s.Title, Doc: s.Doc, Local: s.Local, Session: s.Session, Sandbox: d.sandbox != "",
		Match: slices.Sorted(maps.Keys(s.Match)), Writes: []writeDoc{}, Options: []optionDoc{},
		Limits: limitsDoc{s.Limits.MaxRows, s.Limits.MaxBytes, []string{}, s.Limits.Concurrent},
	}
	if doc.Match == nil {
		doc.Match = []string{}
	}
	for _, r := range s.Limits.Rates {
		doc.Limits.Rates = append(doc.Limits.Rates, fmt.Sprintf("%d per %s", r.Calls, span(r.Per)))
	}
	for _, w := range s.Writes {
		x := writeDoc{Kind: string(w.Kind), Names: w.Names, Modes: texts(w.Modes), Actions: append([]string{}, texts(w.Actions)...), Rekey: w.Rekey, Dedup: w.Dedup}
		if w.MaxAge > 0 {
			x.MaxAge = span(w.MaxAge)
		}
		doc.Writes = append(doc.Writes, x)
	}
	for _, o := range s.Options {
		doc.Options = append(doc.Options, optionDoc{o.Name, string(o.Kind), o.Required, o.Secret, o.Default, o.Values, o.Doc})
	}
	return doc
}

func texts[T ~string](list []T) []string {
	var out []string
	for _, x := range list {
		out = append(out, string(x))
	}
	return out
}

// span is a window of time: second, 10 seconds, 7 days.
func span(d time.Duration) string {
	for _, u := range []struct {
		unit time.Duration
		name string
	}{{24 * time.Hour, "day"}, {time.Hour, "hour"}, {time.Minute, "minute"}, {time.Second, "second"}} {
		switch {
		case d == u.unit:
			return u.name
		case d > u.unit && d%u.unit == 0:
			return fmt.Sprintf("%d %ss", d/u.unit, u.name)
		}
	}
	return d.String()
}

func (a *app) destinations() error {
	docs := []destinationDoc{}
	for _, d := range drivers() {
		docs = append(docs, documented(d))
	}
	slices.SortFunc(docs, func(x, y destinationDoc) int { return strings.Compare(x.Type, y.Type) })
	if a.json {
		return a.printJSON(map[string]any{"destinations": docs})
	}
	var rows [][]string
	for _, d := range docs {
		var kinds, actions []string
		dedup := "-"
		for _, w := range d.Writes {
			kinds = append(kinds, w.Kind+"s")
			for _, action := range w.Actions {
				if !slices.Contains(actions, action) {
					actions = append(actions, action)
				}
			}
			if w.Dedup != "" {
				dedup = w.Dedup
			}
		}
		rate := "no limit"
		if len(d.Limits.Rates) > 0 {
			rate = strings.Join(d.Limits.Rates, ", ") + " calls"
		}
		rows = append(rows, []string{d.Type, strings.Join(kinds, " "), strings.Join(actions, " "), number(d.Limits.Rows), rate, dedup})
	}
	a.out.table([]string{"TYPE", "WRITES", "ON_REMOVED", "ROWS/CALL>", "RATE", "EVENTS ARE DEDUPLICATED"}, rows)
	a.out.printf("\nnext: `kith destinations TYPE` shows its options\n")
	return nil
}

func (a *app) destination(kind string) error {
	drv, err := driverOf(kind)
	if err != nil {
		return err
	}
	d := documented(drv)
	if a.json {
		return a.printJSON(d)
	}
	a.out.printf("%s: %s. %s\n", a.out.paint(bold, d.Type), d.Title, d.Doc)
	switch {
	case d.Local:
		a.out.printf("it is local: written on every target\n")
	case drv.loopback:
		a.out.printf("a target without `deliver: live` writes to the sandbox, unless base_url is on this machine\n")
	case d.Sandbox:
		a.out.printf("a target without `deliver: live` writes to the sandbox\n")
	}
	a.out.printf("\n%s\n", a.out.paint(bold, "writes"))
	for _, w := range d.Writes {
		a.out.printf("  %s\n", writeLine(w))
	}
	if len(d.Match) > 0 {
		a.out.printf("  people are matched by: %s\n", strings.Join(d.Match, ", "))
	}
	rate := "no limit of calls"
	if len(d.Limits.Rates) > 0 {
		rate = strings.Join(d.Limits.Rates, ", ") + " calls"
	}
	a.out.printf("\n%s\n  %s rows per call, %s, %d at once\n", a.out.paint(bold, "limits"), number(d.Limits.Rows), rate, d.Limits.Concurrent)
	a.out.printf("\n%s\n", a.out.paint(bold, "options"))
	for _, o := range d.Options {
		a.out.printf("  %s\n", optionLine(o))
	}
	return nil
}

func writeLine(w writeDoc) string {
	text := w.Kind
	if len(w.Names) > 0 {
		text += " (" + strings.Join(w.Names, ", ") + ")"
	}
	if len(w.Modes) > 0 {
		text += "; mode: " + strings.Join(w.Modes, ", ")
	}
	if len(w.Actions) > 0 {
		text += "; on_removed: " + strings.Join(w.Actions, ", ")
	}
	if w.Kind == string(cdp.Object) && w.Rekey {
		text += "; a key can change in place"
	}
	if w.Dedup != "" {
		text += "; repeated keys are recognised: " + w.Dedup
	}
	if w.MaxAge != "" {
		text += "; not older than " + w.MaxAge
	}
	return text
}

func optionLine(o optionDoc) string {
	kind := o.Kind
	if len(o.Values) > 0 {
		kind = strings.Join(o.Values, "|")
	}
	var marks []string
	if o.Required {
		marks = append(marks, "required")
	}
	if o.Secret {
		marks = append(marks, "secret")
	}
	if o.Default != "" {
		marks = append(marks, "default "+o.Default)
	}
	text := o.Name + " (" + kind
	if len(marks) > 0 {
		text += ", " + strings.Join(marks, ", ")
	}
	return text + "): " + o.Doc
}
