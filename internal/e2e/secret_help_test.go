package e2e

import (
	"fmt"
	"strings"
	"testing"
)

// TestSecretHelp: of a secret that cannot be read the run says what to do about that one, and
// counts no request: none was made.
func TestSecretHelp(t *testing.T) {
	t.Parallel()
	_, base := newSandbox(t)
	files := hubspotProject(base)
	files["syncs/people.yml"] = ""
	for name, options := range map[string]string{
		"token": `token: "${HOOKTOK}"`, "signed": `secret: "exec:echo x"`, "slow": `token: "exec:sleep 60"`, "headed": `headers: {X-Key: "${HOOKKEY}"}`,
	} {
		files["kith.yml"] += fmt.Sprintf("  - {name: %s, type: webhook, base_url: \"%s/webhook/%s\", allow_private: true, %s}\n", name, base, name, options)
		files["syncs/"+name+".yml"] = fmt.Sprintf("syncs: [{name: %s, from: {source: people}, to: {destination: %[1]s, object: people}, key: {id: id}, fields: {email: email}}]\n", name)
	}
	files["kith.yml"] = strings.Replace(files["kith.yml"], "  - {name: crm", "  # - {name: crm", 1)
	delete(files, "syncs/people.yml")
	p := newProjectOn(t, "clickhouse", files)
	makePeople(p, 3)
	for name, help := range map[string]string{
		"token": "help: set HOOKTOK, or give it a default", "headed": "help: set HOOKKEY, or give it a default",
		"signed": "help: --allow-exec or KITH_ALLOW_EXEC=1 allows it", "slow": "help: KITH_EXEC_TIMEOUT=60s gives it more time",
	} {
		var env []string
		if name == "slow" {
			env = []string{"KITH_ALLOW_EXEC=1", "KITH_EXEC_TIMEOUT=200ms"}
		}
		r := p.Run(env, "sync", "--select", name)
		needs(t, r, 1, help)
		if strings.Contains(r.Out, "in 1 request") {
			t.Errorf("%s: %s", name, r.Out)
		}
	}
}
