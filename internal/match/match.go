// Package match weighs how probable it is that two records are of one entity, after
// Fellegi and Sunter: every field of a pair of records agrees on a level, and what
// agreement says follows from how often it is seen among pairs of one entity and
// among others. No pair is labelled: the model is learnt by expectation maximisation
// from a histogram of level vectors that the warehouse has counted. It stands between
// the engine, which reads and writes the warehouse, and nothing else; it knows no row.
//
//	model := match.Fit(fields, candidates, random, pairs)
//	m, u, h := model.Weights(levels) // logs: a match, strangers, one household
//
// The same counts give the same model.
package match

import "math"

// Levels of agreement: 0 differs, the highest is equal; Missing says that a record
// has no value.
const (
	Levels  = 5
	Equal   = Levels - 1
	Missing = -1
)

// Field is a comparison.
type Field struct {
	Household bool    // others in a household have the value too
	Equal     float64 // how often two records of strangers are equal, by the values' frequencies
}

// Count is a level vector, one per field, and the number of pairs that have it.
type Count struct {
	Levels []int
	N      float64
}

// Distribution is how often each level is seen where neither value is missing.
type Distribution [Levels]float64

// Model is what has been learnt. There are three kinds of pairs. Those of one entity
// agree as in Match. Strangers agree by chance, as in Stranger. Those of one household
// agree by chance in what is a person's own, and as in Home in what a household
// shares: without that kind a family is taken for a person with a bad memory.
type Model struct {
	fields                []Field
	Match, Stranger, Home []Distribution
	Matches, Homes        float64 // their shares of all pairs of records
	Rounds                int
}

// What is assumed before anything is seen, and what no data may teach. A model
// without these bounds that sees no duplicates invents some: pairs with a common first
// name, say, that agree in nothing else.
var (
	before  = Distribution{.05, .05, .05, .10, .75}
	maxNone = .40 // share of differing values among matches, at most
	minSame = .35 // share of equal values among matches, at least
)

const (
	trust     = 20   // pairs that `before` counts for
	trustHome = 5    // the same for a household, against what matches look like
	maxRounds = 300  // of expectation maximisation
	enough    = 1e-6 // relative change at which it ends
)

// Fit learns a model from candidates (pairs that a blocking key has brought together)
// and random pairs of records. pairs is the number of all pairs: those that no key
// brought together are taken for strangers.
func Fit(fields []Field, candidates, random []Count, pairs float64) Model {
	m := Model{fields: fields, Matches: 1 / math.Sqrt(2*pairs+1), Homes: 1 / math.Sqrt(2*pairs+1)}
	for f, field := range fields {
		m.Match, m.Home = append(m.Match, before), append(m.Home, before)
		m.Stranger = append(m.Stranger, chance(f, field, random))
	}
	for m.Rounds < maxRounds {
		m.Rounds++
		matches, homes := m.Matches, m.Homes
		m.step(candidates, pairs)
		if math.Abs(m.Matches-matches) <= enough*matches && math.Abs(m.Homes-homes) <= enough*homes {
			break
		}
	}
	return m
}

// chance is how often strangers agree: seen on random pairs, but for equality, which
// the frequencies of the values tell exactly.
func chance(f int, field Field, random []Count) Distribution {
	var d Distribution
	sum := 0.0
	for l := range d {
		d[l] = .5
	}
	for _, c := range random {
		if l := c.Levels[f]; l >= 0 {
			d[l] += c.N
		}
	}
	for _, n := range d {
		sum += n
	}
	for l := range d {
		d[l] /= sum
	}
	d[Equal] = field.Equal
	return d
}

// step weighs every vector, and counts anew.
func (m *Model) step(candidates []Count, pairs float64) {
	match, home := make([]Distribution, len(m.fields)), make([]Distribution, len(m.fields))
	matches, homes := 0.0, 0.0
	for _, c := range candidates {
		lm, lu, lh := m.logs(c.Levels, true)
		top := max(lm, lu, lh)
		em, eu, eh := math.Exp(lm-top), math.Exp(lu-top), math.Exp(lh-top)
		p, q := c.N*em/(em+eu+eh), c.N*eh/(em+eu+eh)
		matches, homes = matches+p, homes+q
		for f, l := range c.Levels {
			if l >= 0 {
				match[f][l] += p
				home[f][l] += q
			}
		}
	}
	for f := range m.fields {
		own := match[f].with(before, trust).bounded()
		m.Home[f] = home[f].with(own, trustHome).bounded()
		m.Match[f] = own
	}
	m.Matches, m.Homes = max(matches, .5)/pairs, max(homes, .5)/pairs
}

// with adds what was known before, and makes shares of it.
func (d Distribution) with(before Distribution, n float64) Distribution {
	sum := 0.0
	for l := range d {
		d[l] += n * before[l]
		sum += d[l]
	}
	for l := range d {
		d[l] /= sum
	}
	return d
}

func (d Distribution) bounded() Distribution {
	if d[0] > maxNone {
		d = d.fixed(0, maxNone)
	}
	if d[Equal] < minSame {
		d = d.fixed(Equal, minSame)
	}
	return d
}

// fixed sets a share; the others keep their proportions.
func (d Distribution) fixed(level int, share float64) Distribution {
	k := (1 - share) / (1 - d[level])
	for l := range d {
		d[l] *= k
	}
	d[level] = share
	return d
}

// Weights are the logs of how much a vector is to be expected of a match, of
// strangers and of a household. What makes equal values expected of strangers is left
// to who knows the value: add the log of its frequency, to a stranger's weight for
// every equal field, to a household's for every equal field that is a person's own.
func (m Model) Weights(levels []int) (match, stranger, home float64) {
	return m.logs(levels, false)
}

func (m Model) logs(levels []int, equal bool) (match, stranger, home float64) {
	match, stranger, home = math.Log(m.Matches), math.Log(max(1-m.Matches-m.Homes, 1e-9)), math.Log(m.Homes)
	for f, l := range levels {
		if l < 0 {
			continue
		}
		match += math.Log(m.Match[f][l])
		by := 0.0
		if l != Equal || equal {
			by = math.Log(m.Stranger[f][l])
		}
		stranger += by
		if m.fields[f].Household {
			home += math.Log(m.Home[f][l])
		} else {
			home += by
		}
	}
	return match, stranger, home
}

// Encode is a level vector as a number, the first field lowest; Decode reads it back.
// Sixteen fields fit.
func Encode(levels []int) uint64 {
	code := uint64(0)
	for f := len(levels) - 1; f >= 0; f-- {
		code = code*(Levels+1) + uint64(levels[f]+1) //nolint:gosec // from -1 on
	}
	return code
}

// Decode is the vector of a number, of n fields.
func Decode(code uint64, n int) []int {
	levels := make([]int, n)
	for f := range levels {
		levels[f] = int(code%(Levels+1)) - 1 //nolint:gosec // below Levels
		code /= Levels + 1
	}
	return levels
}
