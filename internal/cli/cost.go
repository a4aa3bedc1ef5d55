package cli

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/engine"
)

// dearest is how many statements a plan names by what they read.
const dearest = 5

// printCost says what a run will read, and what that costs.
func (a *app) printCost(c *engine.Cost, p *cdp.Project) {
	if c == nil {
		return
	}
	a.out.printf("\na run reads %s%s\n", byteCount(c.Bytes), priceOf(c.Bytes, p))
	for _, x := range c.Identity {
		how := "what is new"
		if x.Full != "" {
			how = "everything: " + x.Full
		}
		a.out.printf("  identity of %s reads %s\n", x.Entity, how)
	}
	list := slices.DeleteFunc(slices.Clone(c.Statements), func(s engine.StatementCost) bool { return s.Bytes == 0 })
	slices.SortStableFunc(list, func(x, y engine.StatementCost) int {
		switch {
		case x.Bytes > y.Bytes:
			return -1
		case x.Bytes < y.Bytes:
			return 1
		}
		return 0
	})
	for i, s := range list {
		if i == dearest {
			a.out.printf("  and %s that read less\n", counted(uint64(len(list)-dearest), "statement"))
			break
		}
		rough := ""
		if s.Rough {
			rough = "  (at most: it reads tables that the run itself makes)"
		}
		a.out.printf("  %s  %s%s\n", byteCount(s.Bytes), s.Name, rough)
	}
	if len(c.Unknown) > 0 {
		a.out.printf("  not counted: %s over tables that the run itself makes\n", counted(uint64(len(c.Unknown)), "statement"))
	}
}

// priceOf is what reading costs at the target's rate.
func priceOf(bytes uint64, p *cdp.Project) string {
	text := p.Target.Options["price_per_tib"].Text
	if text == "" {
		text = "6.25" // the service's price on demand in the United States, checked 2026-11-22
	}
	rate, err := strconv.ParseFloat(text, 64)
	if err != nil || rate <= 0 {
		return ""
	}
	return fmt.Sprintf(", about $%.4f at $%g per TiB", float64(bytes)/(1<<40)*rate, rate)
}

// sizeOf reads 500MB, 50GB or 2TB.
func sizeOf(text string) (int64, error) {
	for i, unit := range byteUnits {
		digits, ok := strings.CutSuffix(text, strings.ToUpper(unit))
		if !ok || i == 0 {
			continue
		}
		n, err := strconv.ParseInt(digits, 10, 64)
		scale := int64(math.Pow10(3 * i))
		if err != nil || n > math.MaxInt64/scale {
			break
		}
		return n * scale, nil
	}
	return 0, fmt.Errorf("%q is no size: write 500MB, 50GB or 2TB", text)
}

var byteUnits = []string{"B", "kB", "MB", "GB", "TB", "PB"}

func byteCount(n uint64) string {
	x := float64(n)
	for i, unit := range byteUnits {
		if x < 1000 || i == len(byteUnits)-1 {
			if i == 0 {
				return fmt.Sprintf("%d B", n)
			}
			return fmt.Sprintf("%.1f %s", x, unit)
		}
		x /= 1000
	}
	return ""
}
