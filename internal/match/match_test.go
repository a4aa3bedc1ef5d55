package match_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kithdata/kith/internal/match"
)

func TestEncode(t *testing.T) {
	for _, levels := range [][]int{{}, {-1}, {4, -1, 0, 3}, slices.Repeat([]int{4}, 16)} {
		if got := match.Decode(match.Encode(levels), len(levels)); !slices.Equal(got, levels) {
			t.Errorf("%v came back as %v", levels, got)
		}
	}
}

// world draws pairs of three kinds from known distributions.
func world(matches, homes, strangers int) (fields []match.Field, candidates, random []match.Count, pairs float64) {
	fields = []match.Field{{Equal: .001}, {Equal: .0003, Household: true}, {Equal: .0001}, {Equal: .0002, Household: true}}
	same, other := []float64{.05, .02, .03, .1, .8}, []float64{.965, .03, .004, .0007, .0003}
	rng := rand.New(rand.NewPCG(1, 2))
	draw := func(by []float64) int {
		x := rng.Float64()
		for l, p := range by {
			if x -= p; x < 0 {
				return l
			}
		}
		return 0
	}
	counts := map[uint64]float64{}
	add := func(n int, kind func(f int) []float64) {
		for range n {
			levels := make([]int, len(fields))
			for f := range levels {
				if levels[f] = draw(kind(f)); rng.IntN(10) == 0 {
					levels[f] = match.Missing
				}
			}
			counts[match.Encode(levels)]++
		}
	}
	list := func() (out []match.Count) {
		codes := make([]uint64, 0, len(counts))
		for c := range counts {
			codes = append(codes, c)
		}
		slices.Sort(codes)
		for _, c := range codes {
			out = append(out, match.Count{Levels: match.Decode(c, len(fields)), N: counts[c]})
		}
		clear(counts)
		return out
	}
	add(100_000, func(int) []float64 { return other })
	random = list()
	add(matches, func(int) []float64 { return same })
	add(strangers, func(int) []float64 { return other })
	add(homes, func(f int) []float64 {
		if fields[f].Household {
			return same
		}
		return other
	})
	return fields, list(), random, 5e7
}

// TestFit finds the three kinds and what they look like, and finds them again.
func TestFit(t *testing.T) {
	fields, candidates, random, pairs := world(4000, 3000, 50_000)
	m := match.Fit(fields, candidates, random, pairs)
	if got := m.Matches * pairs; math.Abs(got-4000) > 400 {
		t.Errorf("%.0f matches, want 4000", got)
	}
	// Of those with a missing value many may as well be strangers.
	if got := m.Homes * pairs; got < 1500 || got > 3300 {
		t.Errorf("%.0f pairs of households, want up to 3000", got)
	}
	for f := range fields {
		if got := m.Match[f][match.Equal]; math.Abs(got-.8) > .05 {
			t.Errorf("field %d is equal in %.2f of matches, want .8", f, got)
		}
	}
	if d := cmp.Diff(m.Match, match.Fit(fields, candidates, random, pairs).Match); d != "" {
		t.Errorf("the same counts give another model: %s", d)
	}
}

// probability is what the warehouse makes of the weights.
func probability(m match.Model, fields []match.Field, levels []int) float64 {
	lm, lu, lh := m.Weights(levels)
	for f, l := range levels {
		if l == match.Equal {
			lu += math.Log(fields[f].Equal)
			if !fields[f].Household {
				lh += math.Log(fields[f].Equal)
			}
		}
	}
	return 1 / (1 + math.Exp(lu-lm) + math.Exp(lh-lm))
}

// TestHousehold: a family is no match, a person who has moved is one.
func TestHousehold(t *testing.T) {
	fields, candidates, random, pairs := world(4000, 3000, 50_000)
	m := match.Fit(fields, candidates, random, pairs)
	if p := probability(m, fields, []int{0, 4, 0, 4}); p > .01 {
		t.Errorf("another of the family: %.3f", p)
	}
	if p := probability(m, fields, []int{4, 4, 4, 0}); p < .95 {
		t.Errorf("moved: %.3f", p)
	}
	if p := probability(m, fields, []int{-1, 4, -1, 4}); p > .9 {
		t.Errorf("nothing of a person's own is known: %.3f", p)
	}
}

// TestNoDuplicates: where nothing is double, nothing is invented.
func TestNoDuplicates(t *testing.T) {
	for _, homes := range []int{0, 3000} {
		fields, candidates, random, pairs := world(0, homes, 50_000)
		m := match.Fit(fields, candidates, random, pairs)
		if got := m.Matches * pairs; got > 30 {
			t.Errorf("%d pairs of households: %.0f matches where there are none", homes, got)
		}
		if p := probability(m, fields, []int{0, 4, 0, 4}); p > .5 {
			t.Errorf("%d pairs of households: one of a family is a match: %.3f", homes, p)
		}
	}
}

// TestNothing: a model of no pairs at all says nothing wild.
func TestNothing(t *testing.T) {
	m := match.Fit([]match.Field{{Equal: .5}}, nil, nil, 1)
	lm, lu, lh := m.Weights([]int{4})
	for _, x := range []float64{lm, lu, lh} {
		if math.IsNaN(x) || math.IsInf(x, 0) {
			t.Errorf("weights %v %v %v", lm, lu, lh)
		}
	}
}
