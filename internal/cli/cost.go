package cli

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/kithdata/kith/internal/engine"
)

// printCost says what each statement of a run will read, and what that costs: by model,
// the dearest first.
func (a *app) printCost(c *engine.Cost) {
	if c == nil {
		return
	}
	a.out.printf("\na run reads %s", byteCount(c.Bytes))
	if c.Rate > 0 {
		a.out.printf(", %s at $%g per TiB", about(dollars(c.Price, c.Bytes)), c.Rate)
	}
	a.out.printf("\n")
	for _, x := range c.Identity {
		how := "what is new"
		if x.Full != "" {
			how = "everything: " + x.Full
		}
		a.out.printf("  identity of %s reads %s\n", x.Entity, how)
	}
	models := map[string]*engine.StatementCost{}
	var order []*engine.StatementCost
	nothing, width := uint64(0), 0
	for _, s := range c.Statements {
		if s.Bytes == 0 {
			nothing++
			continue
		}
		m := models[s.Model]
		if m == nil {
			m = &engine.StatementCost{Name: s.Model}
			models[s.Model], order = m, append(order, m)
		}
		m.Bytes, m.Price = m.Bytes+s.Bytes, m.Price+s.Price
		width = max(width, len(s.Model), len(s.Name)+len("  "))
	}
	line := func(indent, how string, s engine.StatementCost) {
		price := ""
		if c.Rate > 0 {
			price = fmt.Sprintf("  %9s", dollars(s.Price, s.Bytes))
		}
		a.out.printf("  %-*s  %9s%s%s\n", width, indent+s.Name, byteCount(s.Bytes), price, how)
	}
	for _, m := range order {
		line("", "", *m)
		list := slices.DeleteFunc(slices.Clone(c.Statements), func(s engine.StatementCost) bool { return s.Model != m.Name || s.Bytes == 0 })
		slices.SortStableFunc(list, func(x, y engine.StatementCost) int { return cmp.Compare(y.Bytes, x.Bytes) })
		for _, s := range list {
			how := ""
			switch {
			case s.Rough:
				how = "  at most: it also reads tables that the run itself makes"
			case s.Measured:
				how = "  measured"
			}
			line("  ", how, s)
		}
	}
	if nothing > 0 {
		a.out.printf("  %s that %s nothing\n", counted(nothing, "statement"), either(nothing, "reads", "read"))
	}
	if len(c.Unknown) > 0 {
		a.out.printf("  not counted: %s over tables that are not there yet\n", counted(uint64(len(c.Unknown)), "statement"))
	}
}

// dollars is a price. What is too small for its digits is not shown as nothing.
func dollars(price float64, bytes uint64) string {
	const least = 0.0001
	if price < least && bytes > 0 {
		return fmt.Sprintf("<$%g", least)
	}
	return fmt.Sprintf("$%.4f", price)
}

// about is "about $1.2500" or "less than $0.0001".
func about(price string) string {
	if least, small := strings.CutPrefix(price, "<"); small {
		return "less than " + least
	}
	return "about " + price
}

// usualRate is the service's price on demand in the United States, for each TiB, checked
// 2026-11-22.
const usualRate = "6.25"

// rateOf reads price_per_tib.
func rateOf(text string) (float64, error) {
	if text == "" {
		text = usualRate
	}
	rate, err := strconv.ParseFloat(text, 64)
	if err != nil || rate < 0 || math.IsNaN(rate) || math.IsInf(rate, 0) {
		return 0, fmt.Errorf("%q is no price: write 6.25, or 0 where reading costs nothing", text)
	}
	return rate, nil
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
