package engine

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
)

// simulation draws people with families, and records of them as they are typed.
type simulation struct {
	name                            string
	persons                         int
	families, typos, missing, moved float64
	records                         int // of a person, at most
	seed                            uint64
}

// simulated is a record and whose it is.
type simulated struct {
	id, person string
	values     []any
}

type simulator struct{ *rand.Rand }

// word makes a name of some syllables.
func (s simulator) word(n int) string {
	var b strings.Builder
	for range n {
		b.WriteByte("bcdfghklmnprstvwz"[s.IntN(17)])
		b.WriteByte("aeiou"[s.IntN(5)])
		if s.IntN(3) == 0 {
			b.WriteByte("nrsltd"[s.IntN(6)])
		}
	}
	return b.String()
}

func (s simulator) words(n, syllables int) []string {
	out := make([]string, n)
	for i := range out {
		out[i] = s.word(syllables + s.IntN(2))
	}
	return out
}

// common picks the first words far more often than the last.
func (s simulator) common(list []string) string {
	return list[int(math.Pow(float64(len(list)), s.Float64()))-1]
}

func (s simulator) typo(v string) string {
	if len(v) < 2 {
		return v
	}
	i := s.IntN(len(v))
	switch s.IntN(4) {
	case 0:
		return v[:i] + v[i+1:]
	case 1:
		return v[:i] + string(v[s.IntN(len(v))]) + v[i:]
	case 2:
		if i+1 < len(v) {
			return v[:i] + string(v[i+1]) + string(v[i]) + v[i+2:]
		}
	}
	if v[i] >= '0' && v[i] <= '9' {
		return v[:i] + string(rune('0'+s.IntN(10))) + v[i+1:]
	}
	return v[:i] + string(rune('a'+s.IntN(26))) + v[i+1:]
}

func (s simulator) phone() string { return fmt.Sprintf("06%08d", s.IntN(1e8)) }

func (x simulation) people() (out []simulated) {
	s := simulator{rand.New(rand.NewPCG(x.seed, 99))}
	firsts, lasts, streets, cities, domains := s.words(400, 2), s.words(3000, 2), s.words(2000, 3), s.words(200, 2), s.words(60, 2)
	home := func() (street, postcode, city string) {
		return fmt.Sprint(s.common(streets), " ", 1+s.IntN(150)), fmt.Sprintf("%04d", 1000+s.IntN(8999)), s.common(cities)
	}
	for person := 0; person < x.persons; {
		members := 1
		if s.Float64() < x.families {
			members = 2 + s.IntN(4)
		}
		last, line := s.common(lasts), s.phone()
		street, postcode, city := home()
		for range members {
			person++
			first, phone := s.common(firsts), line
			if s.IntN(2) == 0 {
				phone = s.phone()
			}
			born := fmt.Sprintf("%04d%02d%02d", 1940+s.IntN(70), 1+s.IntN(12), 1+s.IntN(28))
			mail := fmt.Sprintf("%s.%s%d@%s.nl", first, last, s.IntN(30), domains[s.IntN(len(domains))])
			for k := range 1 + s.IntN(x.records) {
				v := []string{first, last, born, mail, phone, street, postcode, city}
				if k > 0 && s.Float64() < x.moved {
					v[5], v[6], v[7] = home()
				}
				if k > 0 && s.IntN(10) == 0 {
					v[3] = fmt.Sprintf("%s%d@%s.nl", first, s.IntN(1000), domains[s.IntN(len(domains))])
				}
				if s.IntN(30) == 0 {
					v[0], v[1] = v[1], v[0]
				}
				out = append(out, simulated{id: fmt.Sprintf("r%d", len(out)), person: fmt.Sprint("p", person), values: x.typed(s, v)})
			}
		}
	}
	return out
}

// typed leaves values out and mistypes others.
func (x simulation) typed(s simulator, values []string) []any {
	out := make([]any, len(values))
	for i, v := range values {
		for s.Float64() < x.typos {
			v = s.typo(v)
		}
		if s.Float64() >= x.missing {
			out[i] = v
		}
	}
	return out
}
