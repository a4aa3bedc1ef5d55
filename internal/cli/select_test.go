package cli

import (
	"errors"
	"slices"
	"strings"
	"testing"
)

func TestSelection(t *testing.T) {
	items := []item{{"crm_people", []string{"daily", "crm"}}, {"crm_companies", []string{"crm"}}, {"vip_list", []string{"daily"}}, {"orders", nil}}
	for _, test := range []struct {
		selects, excludes []string
		want              string // names, or the error and its help
	}{
		{nil, nil, "crm_people crm_companies vip_list orders"},
		{[]string{"orders"}, nil, "orders"},
		{[]string{"crm_*"}, nil, "crm_people crm_companies"},
		{[]string{"tag:daily"}, nil, "crm_people vip_list"},
		{[]string{"crm_*,tag:daily"}, nil, "crm_people"},
		{[]string{"orders vip_list"}, nil, "vip_list orders"},
		{[]string{"orders", "vip_list"}, nil, "vip_list orders"},
		{nil, []string{"crm_*"}, "vip_list orders"},
		{[]string{"tag:crm"}, []string{"crm_people"}, "crm_companies"},
		{[]string{"crm_poeple"}, nil, "--select crm_poeple matches no sync | did you mean crm_people?"},
		{[]string{"tag:dialy"}, nil, "--select tag:dialy matches no sync | did you mean tag:daily?"},
		{[]string{"xyz"}, nil, "--select xyz matches no sync | there are: crm_people, crm_companies, vip_list, orders"},
		{nil, []string{"xyz"}, "--exclude xyz matches no sync | there are: crm_people, crm_companies, vip_list, orders"},
		{nil, []string{"*"}, "--exclude leaves no sync | there are: crm_people, crm_companies, vip_list, orders"},
		{[]string{"state:modified"}, nil, "state: selectors are not in this version yet | select by name, glob or tag:x"},
		{[]string{"owner:me"}, nil, `selector "owner:me": there is no method "owner" | select by name, glob or tag:x`},
		{[]string{"[a"}, nil, `selector "[a": syntax error in pattern`},
		{[]string{""}, nil, "--select is empty"},
		{[]string{"orders,"}, nil, "a selector is empty: a comma stands alone"},
	} {
		s := selection{test.selects, test.excludes}
		chosen, err := s.choose("sync", items)
		var got []string
		for _, i := range chosen {
			got = append(got, items[i].name)
		}
		text := strings.Join(got, " ")
		if err != nil {
			text = err.Error()
			var h *helpError
			if errors.As(err, &h) {
				text += " | " + h.help
			}
		}
		if text != test.want {
			t.Errorf("select %v exclude %v: %q, want %q", test.selects, test.excludes, text, test.want)
		}
	}
	if got := nearest("vali", []string{"validate", "version"}); got != "validate" {
		t.Errorf("nearest: %q", got)
	}
	if !slices.Equal(names(items), []string{"crm_people", "crm_companies", "vip_list", "orders"}) {
		t.Error(names(items))
	}
}
