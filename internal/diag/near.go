package diag

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
)

// maxNear bounds what Near returns, maxDistance how many slips of the finger it forgives in a long name.
const (
	maxNear     = 3
	maxDistance = 3
)

// Near returns the candidates that name is probably a misspelling of: at most three, best first, case ignored. A slip is a
// character that is wrong, missing, too much, or swapped with its neighbour; a name of n characters may hold n/3 of them.
func Near(name string, candidates []string) []string {
	type match struct {
		candidate string
		distance  int
	}
	folded := []rune(strings.ToLower(name))
	limit := min(max(len(folded)/3, 1), maxDistance)
	var matches []match
	for _, candidate := range candidates {
		if candidate == "" || candidate == name {
			continue
		}
		d := distance(folded, []rune(strings.ToLower(candidate)), limit)
		// A distance as long as either name means that they have nothing in common.
		if d <= limit && d < len(folded) && d < len([]rune(candidate)) {
			matches = append(matches, match{candidate, d})
		}
	}
	slices.SortFunc(matches, func(a, b match) int {
		return cmp.Or(cmp.Compare(a.distance, b.distance), cmp.Compare(a.candidate, b.candidate))
	})
	matches = slices.Compact(matches)
	var near []string
	for _, m := range matches[:min(len(matches), maxNear)] {
		near = append(near, m.candidate)
	}
	return near
}

// DidYouMean is `did you mean "x"?` for the nearest candidate, or "" if none is near. It fits as the help of a problem.
func DidYouMean(name string, candidates []string) string {
	near := Near(name, candidates)
	if len(near) == 0 {
		return ""
	}
	return "did you mean " + strconv.Quote(near[0]) + "?"
}

// distance is the Damerau-Levenshtein distance of a and b in its restricted form (no character is edited twice), or limit+1
// if it is more than limit.
func distance(a, b []rune, limit int) int {
	if len(a)-len(b) > limit || len(b)-len(a) > limit {
		return limit + 1
	}
	// Three rows of the matrix: a swap looks two rows back.
	before, above, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range above {
		above[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		best := i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(above[j]+1, row[j-1]+1, above[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
			best = min(best, row[j])
		}
		if best > limit+1 { // limit+1 is not enough to give up: the next row may swap with the row above
			return limit + 1
		}
		before, above, row = above, row, before
	}
	return min(above[len(b)], limit+1)
}
