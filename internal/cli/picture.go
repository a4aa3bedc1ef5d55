package cli

import (
	"cmp"
	"fmt"
	"html"
	"slices"
	"strconv"
	"strings"

	"github.com/kithdata/kith/internal/engine"
)

// pictureNodes bounds what a picture shows: more cannot be read.
const pictureNodes = 80

// picture is the part of an explanation that is drawn.
type picture struct {
	nodes  []engine.Handle
	ties   []engine.Tie
	hidden int
	chain  map[[2]string]bool
	cut    map[[2]string]bool
	weak   map[[2]string]bool
}

// nodeKey tells identifiers apart whose values are masked.
func nodeKey(h engine.Handle) string { return strconv.FormatUint(h.Node, 16) }

func tieKey(t engine.Tie) [2]string {
	a, b := nodeKey(t.From), nodeKey(t.To)
	if a > b {
		a, b = b, a
	}
	return [2]string{a, b}
}

// pictureOf keeps the chain, the cut and, as far as there is room, what is near.
func pictureOf(x *engine.Explanation) picture {
	p := picture{chain: map[[2]string]bool{}, cut: map[[2]string]bool{}, weak: map[[2]string]bool{}}
	keep := map[string]bool{nodeKey(x.A): true, nodeKey(x.B): true}
	for _, t := range x.Chain {
		p.chain[tieKey(t)] = true
		p.weak[tieKey(t)] = t.Weakest
		keep[nodeKey(t.From)], keep[nodeKey(t.To)] = true, true
	}
	for _, t := range x.Cut {
		p.cut[tieKey(t)] = true
		keep[nodeKey(t.From)], keep[nodeKey(t.To)] = true, true
	}
	for grown := true; grown && len(keep) < pictureNodes; {
		grown = false
		for _, t := range x.Ties {
			a, b := nodeKey(t.From), nodeKey(t.To)
			if keep[a] != keep[b] && len(keep) < pictureNodes {
				keep[a], keep[b], grown = true, true, true
			}
		}
	}
	drawn := map[string]bool{}
	for _, h := range x.Nodes {
		if k := nodeKey(h); keep[k] && !drawn[k] {
			drawn[k] = true
			p.nodes = append(p.nodes, h)
		} else if !keep[k] {
			p.hidden++
		}
	}
	for _, t := range x.Ties {
		if drawn[nodeKey(t.From)] && drawn[nodeKey(t.To)] {
			p.ties = append(p.ties, t)
		}
	}
	return p
}

// look is the colour and the stroke of a link.
func (p picture) look(t engine.Tie) (color string, width float64, dashed bool) {
	k := tieKey(t)
	switch {
	case t.Refused != "":
		return "#b42318", 1.5, true
	case p.weak[k]:
		return "#d97706", 3.5, false
	case p.chain[k]:
		return "#1d4ed8", 3, false
	case p.cut[k]:
		return "#d97706", 2, false
	}
	return "#94a3b8", 1.2, false
}

func tieLabel(t engine.Tie) string {
	var names []string
	for _, r := range t.By {
		names = append(names, r.Source)
	}
	text := fmt.Sprintf("%s: %d", strings.Join(names, ", "), t.Rows)
	if t.Refused != "" {
		text += " (" + t.Refused + ")"
	}
	return text
}

// drawDOT is the graph for Graphviz.
func drawDOT(x *engine.Explanation) string {
	p := pictureOf(x)
	id := map[string]string{}
	var b strings.Builder
	b.WriteString("graph explain {\n  rankdir=LR; node [shape=box, style=\"rounded,filled\", fillcolor=white, fontname=\"sans-serif\"]; edge [fontname=\"sans-serif\", fontsize=10];\n")
	quote := func(s string) string {
		return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", " ").Replace(printable(s)) + `"`
	}
	for i, h := range p.nodes {
		name := fmt.Sprintf("n%d", i)
		id[nodeKey(h)] = name
		fill := "white"
		if k := nodeKey(h); k == nodeKey(x.A) || k == nodeKey(x.B) {
			fill = "#dbeafe"
		}
		fmt.Fprintf(&b, "  %s [label=%s, fillcolor=%q, tooltip=%s];\n", name, quote(h.Identifier+": "+h.Value), fill, quote(h.Entity))
	}
	for _, t := range p.ties {
		color, width, dashed := p.look(t)
		style := "solid"
		if dashed {
			style = "dashed"
		}
		fmt.Fprintf(&b, "  %s -- %s [label=%s, color=%q, penwidth=%.1f, style=%s];\n", id[nodeKey(t.From)], id[nodeKey(t.To)], quote(tieLabel(t)), color, width, style)
	}
	if p.hidden > 0 {
		fmt.Fprintf(&b, "  more [label=\"and %d more\", shape=plaintext, style=\"\"];\n", p.hidden)
	}
	b.WriteString("}\n")
	return b.String()
}

// Sizes of the drawing, in pixels.
const (
	boxWidth, boxHeight = 190, 38
	columnGap, rowGap   = 150, 22
	margin, header      = 24, 58
)

// place is where the top left corner of a box is.
type place struct{ x, y int }

// drawSVG draws identifiers in columns by kind, the strongest left, each near what it
// is linked with.
func drawSVG(x *engine.Explanation) string {
	p := pictureOf(x)
	at, width, height := p.layout()
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %d %d" font-family="system-ui, sans-serif" font-size="12">`+"\n", width, height, width, height)
	b.WriteString(`<rect width="100%" height="100%" fill="#ffffff"/>` + "\n")
	title := "one " + x.Entity + ", " + x.A.Entity
	if !x.Same {
		title = "not one " + x.Entity + ": " + x.A.Entity + " and " + x.B.Entity
	}
	if p.hidden > 0 {
		title += fmt.Sprintf("; %d more identifiers are not drawn", p.hidden)
	}
	fmt.Fprintf(&b, `<text x="%d" y="26" font-size="15" font-weight="600" fill="#0f172a">%s</text>`+"\n", margin, escapeXML(title))
	fmt.Fprintf(&b, `<text x="%d" y="44" fill="#475569">blue: the chain; orange: the weakest link, and what would separate; red, dashed: refused by a guard</text>`+"\n", margin)
	for _, front := range []bool{false, true} { // what matters is drawn over the rest
		for _, t := range p.ties {
			if color, _, _ := p.look(t); (color != "#94a3b8") == front {
				p.drawTie(&b, t, at)
			}
		}
	}
	for _, h := range p.nodes {
		p.drawNode(&b, x, h, at[nodeKey(h)])
	}
	b.WriteString("</svg>\n")
	return b.String()
}

func escapeXML(s string) string { return html.EscapeString(printable(s)) }

func (p picture) drawNode(b *strings.Builder, x *engine.Explanation, h engine.Handle, at place) {
	fill, stroke, width := "#f8fafc", "#cbd5e1", 1
	switch {
	case nodeKey(h) == nodeKey(x.A) || nodeKey(h) == nodeKey(x.B):
		fill, stroke, width = "#dbeafe", "#1d4ed8", 2
	case h.Demoted > 0:
		fill, stroke = "#fef2f2", "#b42318"
	case h.Entity != x.A.Entity:
		fill = "#fef9c3"
	}
	fmt.Fprintf(b, `<g><title>%s</title><rect x="%d" y="%d" width="%d" height="%d" rx="7" fill="%s" stroke="%s" stroke-width="%d"/>`,
		escapeXML(fmt.Sprintf("%s, %d rows, %s", h.Entity, h.Rows, seen(h.First, h.Last))), at.x, at.y, boxWidth, boxHeight, fill, stroke, width)
	fmt.Fprintf(b, `<text x="%d" y="%d" font-size="10" fill="#64748b">%s</text><text x="%d" y="%d" fill="#0f172a">%s</text></g>`+"\n",
		at.x+10, at.y+14, escapeXML(h.Identifier), at.x+10, at.y+29, escapeXML(clip(h.Value, 26)))
}

func clip(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n-1]) + "…"
	}
	return s
}

func (p picture) drawTie(b *strings.Builder, t engine.Tie, at map[string]place) {
	color, width, dashed := p.look(t)
	dash := ""
	if dashed {
		dash = ` stroke-dasharray="6 4"`
	}
	from, to := at[nodeKey(t.From)], at[nodeKey(t.To)]
	if from.x > to.x {
		from, to = to, from
	}
	x1, y1, x2, y2 := from.x+boxWidth, from.y+boxHeight/2, to.x, to.y+boxHeight/2
	bend := (x1 + x2) / 2
	path := fmt.Sprintf("M%d %d C%d %d %d %d %d %d", x1, y1, bend, y1, bend, y2, x2, y2)
	if from.x == to.x { // two of a kind: around the side
		x2 = x1
		bend = x1 + 60
		path = fmt.Sprintf("M%d %d C%d %d %d %d %d %d", x1, y1, bend, y1, bend, y2, x2, y2)
	}
	fmt.Fprintf(b, `<path d="%s" fill="none" stroke="%s" stroke-width="%.1f"%s><title>%s</title></path>`+"\n", path, color, width, dash, escapeXML(tieLabel(t)))
	if color == "#94a3b8" && len(p.nodes) > 30 {
		return // labels of what is not asked about would hide the rest
	}
	fmt.Fprintf(b, `<text x="%d" y="%d" text-anchor="middle" font-size="10" fill="%s" stroke="#ffffff" stroke-width="3" paint-order="stroke">%s</text>`+"\n",
		(x1+3*bend)/4, (3*y1+y2)/4-4, color, escapeXML(clip(tieLabel(t), 30)))
}

// layout puts every kind into a column, and orders a column by the middle of what
// its boxes are linked with, a few times over, so that few links cross.
func (p picture) layout() (at map[string]place, width, height int) {
	var kinds []string
	columns := map[string][]string{}
	for _, h := range p.nodes {
		if !slices.Contains(kinds, h.Identifier) {
			kinds = append(kinds, h.Identifier)
		}
		columns[h.Identifier] = append(columns[h.Identifier], nodeKey(h))
	}
	near := map[string][]string{}
	for _, t := range p.ties {
		a, b := nodeKey(t.From), nodeKey(t.To)
		near[a], near[b] = append(near[a], b), append(near[b], a)
	}
	rank := map[string]float64{}
	number := func() {
		for _, list := range columns {
			for i, k := range list {
				rank[k] = (float64(i) + 0.5) / float64(len(list))
			}
		}
	}
	number()
	for range 6 {
		for _, kind := range kinds {
			middle := map[string]float64{}
			for _, k := range columns[kind] {
				middle[k] = rank[k]
				for _, o := range near[k] {
					middle[k] += rank[o]
				}
				middle[k] /= float64(len(near[k]) + 1)
			}
			slices.SortStableFunc(columns[kind], func(a, b string) int { return cmp.Compare(middle[a], middle[b]) })
			number()
		}
	}
	rows := 0
	for _, list := range columns {
		rows = max(rows, len(list))
	}
	at = map[string]place{}
	for i, kind := range kinds {
		list := columns[kind]
		free := (rows - len(list)) * (boxHeight + rowGap)
		for j, k := range list {
			at[k] = place{margin + i*(boxWidth+columnGap), header + 14 + free/2 + j*(boxHeight+rowGap)}
		}
	}
	width = max(2*margin+len(kinds)*boxWidth+(len(kinds)-1)*columnGap+70, 760)
	return at, width, header + 14 + rows*(boxHeight+rowGap) + margin
}
