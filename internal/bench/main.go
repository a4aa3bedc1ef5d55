// Bench measures the whole of kith on generated data and writes bench.json: what
// `make bench` runs. It drives the built kith binary on its embedded engine, and
// compares with yardsticks that it measures in the same run, in turn with what they
// are held against, because machines are shared and noisy.
//
//	go run ./internal/bench -kith bin/kith -size 0.1 -out bench.json
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"text/tabwriter"
)

// figure is one line of bench.json. Ratio is value over its yardstick; limit is the
// goal for ratio where there is one, else for value.
type figure struct {
	Name  string   `json:"name"`
	Value float64  `json:"value"`
	Unit  string   `json:"unit"`
	Ratio *float64 `json:"ratio"`
	Limit *float64 `json:"limit"`
}

// pairs is how often each comparison is made.
const pairs = 5

func main() {
	kith := flag.String("kith", "bin/kith", "the kith binary")
	size := flag.Float64("size", 1, "scale of the data: 1 is ten million rows")
	out := flag.String("out", "bench.json", "where the figures go")
	verbose := flag.Bool("v", false, "also print what each statement of a diff took")
	only := flag.String("only", "", "measure only this: diff, push, plan, rate or identity; large, which takes long, is measured only so")
	flag.Parse()
	if err := run(context.Background(), *kith, *size, *out, *verbose, *only); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, kith string, size float64, out string, verbose bool, only string) error {
	bin, err := filepath.Abs(kith)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "kith-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir) //nolint:errcheck // a folder in the temporary directory
	b, err := open(ctx, bin, dir, size)
	if err != nil {
		return err
	}
	defer b.close()
	b.verbose = verbose
	for _, m := range []struct {
		name    string
		measure func(context.Context) error
	}{{"diff", b.diff}, {"large", b.large}, {"push", b.push}, {"plan", b.plan}, {"rate", b.rate}, {"identity", b.identity}} {
		if only != m.name && (only != "" || m.name == "large") {
			continue
		}
		if err := m.measure(ctx); err != nil {
			return err
		}
	}
	text, err := json.MarshalIndent(b.figures, "", "  ")
	if err != nil {
		return err
	}
	b.table()
	return os.WriteFile(out, append(text, '\n'), 0o644) //nolint:gosec // figures are no secret
}

func (b *bench) add(name string, value float64, unit string, yardstick, limit float64) {
	f := figure{Name: name, Value: round(value), Unit: unit}
	if yardstick > 0 {
		r := round(value / yardstick)
		f.Ratio = &r
	}
	if limit > 0 {
		f.Limit = &limit
	}
	b.figures = append(b.figures, f)
}

func (b *bench) table() {
	w := tabwriter.NewWriter(os.Stdout, 0, 4, 2, ' ', 0)
	_, _ = fmt.Fprintln(w, "name\tvalue\tunit\tratio\tlimit")
	show := func(p *float64) string {
		if p == nil {
			return "-"
		}
		return fmt.Sprintf("%g", *p)
	}
	for _, f := range b.figures {
		_, _ = fmt.Fprintf(w, "%s\t%g\t%s\t%s\t%s\n", f.Name, f.Value, f.Unit, show(f.Ratio), show(f.Limit))
	}
	_ = w.Flush()
}

func round(x float64) float64 {
	switch {
	case x >= 1000:
		return float64(int(x + 0.5))
	default:
		return float64(int(x*1000+0.5)) / 1000
	}
}

func median(list []float64) float64 {
	list = slices.Sorted(slices.Values(list))
	return list[len(list)/2]
}
