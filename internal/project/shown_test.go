package project_test

import (
	"strings"
	"testing"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/project"
)

// TestShown: no line of a file that a diagnostic shows has the value of a secret, however it is written.
func TestShown(t *testing.T) {
	specs := map[string]cdp.DestinationSpec{"hubspot": {Type: "hubspot", Options: []cdp.Option{
		{Name: "token", Kind: cdp.OptString, Secret: true}, {Name: "headers", Kind: cdp.OptMap, Secret: true}, {Name: "portal", Kind: cdp.OptString},
	}}}
	for _, test := range []struct{ name, src, want string }{
		{"in a flow mapping", `destinations: [{name: crm, tken: x1, token: "pat-1, }", portal: "7"}]`, `destinations: [{name: crm, tken: **, token: ******* **, portal: "7"}]`},
		{"in a block", "targets:\n  prod:\n    password: hunter2, x # y\n    addr: h\n", "targets:\n  prod:\n    password: ******** * * *\n    addr: h\n"},
		{"over lines", "destinations:\n  - name: crm\n    token: >-\n      hunter2\n\n      hunter3\n  - name: b\n    portal: 7\n", "destinations:\n  - name: crm\n    token: **\n      *******\n\n      *******\n  - name: b\n    portal: 7\n"},
		{"quoted over lines", "destinations:\n  - token: \"hun\n  ter2\"\n    name: b\n", "destinations:\n  - token: ****\n  *****\n    name: b\n"},
		{"in a mapping", "destinations:\n  - headers: {Authorization: hunter2}\n    name: b\n", "destinations:\n  - headers: *************** *******}\n    name: b\n"},
		{"as the last", "alerts:\n  to: [{name: ops, type: slack, url: https://hooks/T1}]", "alerts:\n  to: [{name: ops, type: slack, url: ****************}]"},
		{"by an anchor", "vars: {a: &p hunter2}\ntargets: {prod: {password: *p, addr: h}}\n", "vars: {a: ** *******}\ntargets: {prod: {password: *p, addr: h}}\n"},
		{"under a key nobody knows", "destinatons:\n  crm: {tokn: hunter2, type: hubspot}\n", "destinatons:\n  crm: {tokn: *******, type: hubspot}\n"},
		{"in no YAML", "destinations:\n  - {name: crm, token: \"hunter2\n  - x: [\n", "destinations:\n  - {name: crm, token: ********\n  - x: *\n"},
		{"under a key nobody knows in no YAML", "destinations:\n  - {name: crm, api_token: hunter2, base_url: \"http}\n", "destinations:\n  - {name: crm, api_token: ******** ********* *****}\n"},
		{"of a model in no YAML", "sources:\n  - {name: a, colums: {token: string}, key: [\n", "sources:\n  - {name: a, colums: {token: ******** **** *\n"},
		{"names", "destinations:\n  - {token: \"${CRM_TOKEN}\", name: crm}\n  - {token: file:secrets/x, name: b}\n", ""},
		{"a default", "destinations:\n  - {token: \"${CRM_TOKEN:-hunter2}\", name: crm}\n", "destinations:\n  - {token: ***********************, name: crm}\n"},
		{"in a key for want of a blank", "destinations: [{type: hubspot, name: crm, token:pat-hunter2, portal: 7}, {\"token:hunter2\"}, {token=hunter2}, {token hunter2 : x}]\n", "destinations: [{type: hubspot, name: crm, token************, portal: 7}, {\"token*********}, {token********}, {token ******* * *}]\n"},
		{"below a break of a line that is none of ours", "# a\u2028# b\r\ntargets:\n  prod:\n    password: hunter2\n    addr: h\n", "# a\u2028# b\r\ntargets:\n  prod:\n    ********* *******\n    ***** *\n"},
		{"in a list that has itself in it", "targets: &t [*t, {password: hunter2}]\n", "targets: &t [*t, {password: *******}]\n"},
		{"torn by a comma", "targets: {prod: {password: hunter1,hunter2,hunter3, addr: h}}\n", "targets: {prod: {password: *******,*******,*******, addr: h}}\n"},
		{"behind a sign of YAML", "targets:\n  prod:\n    password: !hunter2\n    addr: h\n  dev:\n    password: &hunter2\n    addr: h\n", "targets:\n  prod:\n    password: ********\n    addr: h\n  dev:\n    password: ********\n    addr: h\n"},
		{"a column", "sources: [{name: a, columns: {token: string, password: string}}]\n", ""},
		{"settings", "targets: {prod: {type: clickhouse, settings: {max_threads: 4}}}\nvars: {shop: NL}\n", ""},
	} {
		want := test.want
		if want == "" {
			want = test.src
		}
		got := string(project.Shown([]byte(test.src), specs))
		if got != want {
			t.Errorf("%s:\n%s\nwant\n%s", test.name, got, want)
		}
		if strings.Contains(got, "hunter") {
			t.Errorf("%s shows the secret", test.name)
		}
	}
}
