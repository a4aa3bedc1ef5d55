package cli

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/kithdata/kith/internal/cdp"
)

// selection is --select and --exclude, as in dbt: values and words are added up
// (name, glob, tag:x), words that a comma joins must all hold.
type selection struct {
	selects, excludes []string
}

func (s *selection) flags(c *cobra.Command, what string) {
	c.Flags().StringArrayVarP(&s.selects, "select", "s", nil, "only these "+what+": name, glob or tag:x (repeat it, or separate by spaces; a comma means both)")
	c.Flags().StringArrayVar(&s.excludes, "exclude", nil, "not these "+what)
}

func (s *selection) empty() bool { return len(s.selects) == 0 && len(s.excludes) == 0 }

// item is something that can be selected.
type item struct {
	name string
	tags []string
}

// choose returns the indexes of the items that are selected. A selector that
// matches nothing is an error: a typo must not mean "everything" or "nothing".
func (s *selection) choose(kind string, items []item) ([]int, error) {
	in := make([]bool, len(items))
	for i := range in {
		in[i] = len(s.selects) == 0
	}
	var errs []error
	apply := func(flag string, values []string, to bool) {
		for _, value := range values {
			words := strings.Fields(value)
			if len(words) == 0 {
				errs = append(errs, fmt.Errorf("--%s is empty", flag))
			}
			for _, word := range words {
				hits, err := matching(word, items)
				if err == nil && len(hits) == 0 {
					err = withHelp(fmt.Errorf("--%s %s matches no %s", flag, word, kind), "%s", nearItems(word, kind, items))
				}
				if err != nil {
					errs = append(errs, err)
				}
				for _, i := range hits {
					in[i] = to
				}
			}
		}
	}
	apply("select", s.selects, true)
	apply("exclude", s.excludes, false)
	if len(errs) > 0 {
		return nil, joinHelp(errs)
	}
	var out []int
	for i, ok := range in {
		if ok {
			out = append(out, i)
		}
	}
	if len(out) == 0 && len(items) > 0 {
		return nil, withHelp(fmt.Errorf("--exclude leaves no %s", kind), "there are: %s", shorten(names(items)))
	}
	return out, nil
}

// matching are the items that agree with every part of a selector.
func matching(word string, items []item) ([]int, error) {
	var hits []int
	parts := strings.Split(word, ",")
	for i, it := range items {
		all := true
		for _, part := range parts {
			ok, err := it.matches(part)
			if err != nil {
				return nil, err
			}
			all = all && ok
		}
		if all {
			hits = append(hits, i)
		}
	}
	return hits, nil
}

func (it item) matches(part string) (bool, error) {
	method, value, found := strings.Cut(part, ":")
	switch {
	case !found && part == "":
		return false, errors.New("a selector is empty: a comma stands alone")
	case !found:
		ok, err := path.Match(part, it.name)
		if err != nil {
			return false, fmt.Errorf("selector %q: %w", part, err)
		}
		return ok, nil
	case method == "tag":
		return slices.ContainsFunc(it.tags, func(tag string) bool { ok, err := path.Match(value, tag); return ok && err == nil }), nil
	case method == "state":
		return false, withHelp(errors.New("state: selectors are not in this version yet"), "select by name, glob or tag:x")
	}
	return false, withHelp(fmt.Errorf("selector %q: there is no method %q", part, method), "select by name, glob or tag:x")
}

func names(items []item) []string {
	out := make([]string, len(items))
	for i, it := range items {
		out[i] = it.name
	}
	return out
}

func nearItems(word, kind string, items []item) string {
	if tag, ok := strings.CutPrefix(word, "tag:"); ok {
		var tags []string
		for _, it := range items {
			tags = append(tags, it.tags...)
		}
		slices.Sort(tags)
		tags = slices.Compact(tags)
		switch near := nearest(tag, tags); {
		case near != "":
			return "did you mean tag:" + near + "?"
		case len(tags) == 0:
			return "no " + kind + " has tags"
		}
		return "there are the tags " + shorten(tags)
	}
	if near := nearest(word, names(items)); near != "" {
		return "did you mean " + near + "?"
	}
	if len(items) == 0 {
		return "the project has no " + kind
	}
	return "there are: " + shorten(names(items))
}

// shorten lists a few names.
func shorten(list []string) string {
	const most = 12
	if len(list) > most {
		return strings.Join(list[:most], ", ") + fmt.Sprintf(" and %d more", len(list)-most)
	}
	return strings.Join(list, ", ")
}

// joinHelp joins errors and keeps the help of each.
func joinHelp(errs []error) error {
	if len(errs) == 1 {
		return errs[0]
	}
	var text, help []string
	for _, err := range errs {
		text = append(text, err.Error())
		var h *helpError
		if errors.As(err, &h) {
			help = append(help, h.help)
		}
	}
	return withHelp(errors.New(strings.Join(text, "; ")), "%s", strings.Join(help, "\n"))
}

// syncs are the syncs of the project that are selected, in its order.
func (s *selection) syncs(p *cdp.Project) ([]*cdp.Sync, error) {
	items := make([]item, len(p.Syncs))
	for i, sync := range p.Syncs {
		items[i] = item{sync.Name, sync.Tags}
	}
	for _, value := range s.selects {
		for _, word := range strings.Fields(value) {
			if err := notDisabled(p, word); err != nil {
				return nil, err
			}
		}
	}
	chosen, err := s.choose("sync", items)
	if err != nil {
		return nil, err
	}
	out := make([]*cdp.Sync, len(chosen))
	for i, at := range chosen {
		out[i] = p.Syncs[at]
	}
	return out, nil
}

// notDisabled refuses the name of a sync that the project has and that is not enabled.
func notDisabled(p *cdp.Project, name string) error {
	for _, sync := range p.Paused {
		if sync.Name == name {
			return withHelp(fmt.Errorf("sync %s is disabled (enabled: false, %s)", sync.Name, sync.Pos), "enable it there first")
		}
	}
	return nil
}
