package e2e

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/kithdata/kith/internal/testkit"
)

// reviewed is what `match review --json` prints of a pair.
type reviewed struct {
	Pair        string
	Entity      string
	Probability float64
	A, B        struct {
		EntityID string `json:"entity_id"`
		Values   map[string]string
	}
}

func review(t *testing.T, p *testkit.Project, args ...string) []reviewed {
	t.Helper()
	var out struct{ Pairs []reviewed }
	if err := json.Unmarshal([]byte(p.Kith(append([]string{"match", "review", "--json"}, args...)...)), &out); err != nil {
		t.Fatal(err)
	}
	return out.Pairs
}

// checkReview decides pairs of contacts through the command line and builds again.
func checkReview(t *testing.T, p *testkit.Project) {
	t.Helper()
	masked, pairs := review(t, p, "contact"), review(t, p, "contact", "--unmask", "--limit", "500")
	if len(pairs) < 10 || len(masked) != 20 {
		t.Fatalf("%d and %d pairs to review", len(masked), len(pairs))
	}
	for i, x := range pairs {
		if x.Entity != "contact" || x.Probability < .9 || x.Probability >= .99 || x.A.EntityID == x.B.EntityID || i > 0 && x.Probability > pairs[i-1].Probability {
			t.Errorf("pair %+v", x)
		}
		if i < len(masked) && x.A.Values["dob"] == masked[i].A.Values["dob"] {
			t.Errorf("not masked: %v", masked[i].A.Values)
		}
	}
	if text := p.Kith("match", "review", "contact"); !strings.Contains(text, pairs[0].Pair+"  contact, 0.9") || !strings.Contains(text, "next: `kith match review --accept PAIR`") {
		t.Error(text)
	}
	yes := pairs[0]
	other := slices.IndexFunc(pairs, func(x reviewed) bool { // of two people that yes is not about
		about := []string{yes.A.EntityID, yes.B.EntityID}
		return !slices.Contains(about, x.A.EntityID) && !slices.Contains(about, x.B.EntityID)
	})
	if other < 0 {
		t.Fatal("all pairs are about the same people")
	}
	no := pairs[other]
	for args, want := range map[string]string{
		"--accept " + yes.Pair + " --refuse 00":          "there is no pair 00 to review",
		"--accept " + yes.Pair + " --refuse " + yes.Pair: "cannot be accepted and refused",
		"contcat": "did you mean contact?",
	} {
		r := p.Run(nil, append([]string{"match", "review"}, strings.Fields(args)...)...)
		if r.Code != 1 || !strings.Contains(r.Err, want) {
			t.Errorf("match review %s: exit %d, %s", args, r.Code, r.Err)
		}
	}
	if out := p.Kith("match", "review", "--decided"); !strings.Contains(out, "nothing has been decided yet") {
		t.Errorf("a refused command recorded something: %s", out)
	}
	p.Kith("match", "review", "--accept", yes.Pair, "--refuse", no.Pair)
	left := review(t, p, "contact", "--limit", "500")
	if slices.ContainsFunc(left, func(x reviewed) bool { return x.Pair == yes.Pair || x.Pair == no.Pair }) {
		t.Error("a decided pair is to be reviewed again")
	}
	p.Kith("build")
	now := map[string]string{yes.A.EntityID: yes.A.EntityID, yes.B.EntityID: yes.B.EntityID, no.A.EntityID: no.A.EntityID, no.B.EntityID: no.B.EntityID}
	for _, r := range p.Query("SELECT old_id, new_id FROM kith.entity_merges WHERE entity = 'contact' ORDER BY at") {
		if _, ok := now[fmt.Sprint(r[0])]; ok {
			now[fmt.Sprint(r[0])] = fmt.Sprint(r[1])
		}
	}
	if now[yes.A.EntityID] != now[yes.B.EntityID] || now[no.A.EntityID] == now[no.B.EntityID] {
		t.Errorf("accepted %s %s, refused %s %s, now %v", yes.A.EntityID, yes.B.EntityID, no.A.EntityID, no.B.EntityID, now)
	}
	if out := p.Kith("match", "review", "--decided", "--json"); strings.Count(out, `"pair"`) != 2 || !strings.Contains(out, "refused") {
		t.Errorf("decisions: %s", out)
	}
	p.Kith("match", "review", "--undo", yes.Pair, "--undo", no.Pair)
	if out := p.Kith("match", "review", "--decided"); !strings.Contains(out, "nothing has been decided yet") {
		t.Errorf("decisions are still there: %s", out)
	}
}
