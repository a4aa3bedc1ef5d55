package engine

import (
	"context"
	"fmt"
	"iter"
	"regexp"
	"strings"
	"testing"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/compile"
	"github.com/kithdata/kith/internal/dialect"
)

// spied is a warehouse that keeps the statements that it is asked.
type spied struct {
	cdp.Warehouse
	asked map[string]string // by name
}

func (s *spied) Query(ctx context.Context, stmt cdp.Statement) iter.Seq2[cdp.Row, error] {
	s.asked[stmt.Name] = stmt.SQL
	return s.Warehouse.Query(ctx, stmt)
}

func (s *spied) Exec(ctx context.Context, stmt cdp.Statement) (cdp.Stats, error) {
	s.asked[stmt.Name] += stmt.SQL
	return s.Warehouse.Exec(ctx, stmt)
}

// TestExplainReadsOnBigQuery: what bounds what explain and profile read there. How much
// a job reads of a clustered table only the service can tell: it leaves out blocks, and
// only because of constants, while the emulator has no blocks and counts whole tables. So
// this asserts what the service needs: every statement over a table that grows with the
// graph names, as constants, the first column by which the build has clustered that table,
// and no more of them than the entity has identifiers.
func TestExplainReadsOnBigQuery(t *testing.T) {
	t.Parallel()
	w := newWorldOf(t, shopEntity(nil), dialect.BigQuery{})
	spy := &spied{Warehouse: w.w, asked: map[string]string{}}
	w.e.Warehouse, w.unchecked = spy, true
	for i := range 12 {
		w.add("web", cdp.Row{day(i), fmt.Sprintf("e%d@x.nl", i%3), fmt.Sprintf("d%d", i)})
	}
	w.run()
	req := w.request()
	req.build = compile.Build{ID: w.build, Run: "profiles"}
	w.p.Traits = []*cdp.Trait{{Item: cdp.Item{Name: "email"}, Entity: w.entity, Kind: cdp.IdentifierTrait, Type: cdp.Type{Kind: cdp.String}, Ident: w.entity.Identifiers[1]}}
	c, err := w.e.keyed(t.Context(), req)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.e.runAll(t.Context(), req, "build", c.Profiles(req.build)[0].Statements); err != nil {
		t.Fatal(err)
	}
	clustered := map[string]string{} // a table to the column
	for _, sql := range spy.asked {
		for _, m := range regexp.MustCompile("(?s)CREATE OR REPLACE TABLE `\\w+`\\.`(\\w+)`\\s*(?:\\([^()]*\\)\\s*)?CLUSTER BY (\\w+)").FindAllStringSubmatch(sql, -1) {
			clustered[m[1]] = m[2]
		}
	}
	clear(spy.asked)
	if x := w.explain("d1", "d4"); !x.Same || len(x.Chain) != 2 {
		t.Fatalf("%v", steps(x.Chain))
	}
	if v, err := w.e.View(t.Context(), w.entity, "d1"); err != nil || len(v.Identifiers) != 5 {
		t.Fatalf("%v: %+v", err, v)
	}
	tables, found := compile.IdentityTablesOf(w.entity, w.build), map[string]bool{}
	for name, sql := range spy.asked {
		for _, table := range []string{tables.Map, tables.Entity, tables.Edges, tables.Refused, req.build.Table("profile", w.entity.Name)} {
			if !strings.Contains(sql, "`"+table+"`") {
				continue
			}
			found[table] = true
			constant := `(-?\d+|'\w+')`
			m := regexp.MustCompile("(?s)FROM `\\w+`\\.`" + table + "`\\s+WHERE " + clustered[table] + ` (?:IN \(|= )(` + constant + `(?:, ` + constant + `)*)`).FindStringSubmatch(sql)
			if n := strings.Count(sql, "`"+table+"`"); n != 1 || m == nil || clustered[table] == "" || strings.Count(m[1], ",")+1 > 5+4 { // of it, and of its neighbours
				t.Errorf("%s reads %s, clustered by %q, %d times, of %v:\n%s", name, table, clustered[table], n, m, sql)
			}
		}
	}
	if len(found) != 5 {
		t.Errorf("read: %v", found)
	}
}
