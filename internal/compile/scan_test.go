package compile_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/compile"
	"github.com/kithdata/kith/internal/dialect"
)

// TestManySegmentsFitTheirStatements: any number of segments is packed into
// statements of 128 KiB at most, and those over events share their pass.
func TestManySegmentsFitTheirStatements(t *testing.T) {
	src := &cdp.Source{Item: cdp.Item{Name: "orders"}, Table: &cdp.Table{Schema: "raw", Name: "orders"}, Key: []string{"id"}, Timestamp: "at", Columns: []*cdp.SourceColumn{
		{Name: "id", Type: cdp.Type{Kind: cdp.Int}}, {Name: "email", Type: cdp.Type{Kind: cdp.String}}, {Name: "n", Type: cdp.Type{Kind: cdp.Int}}, {Name: "at", Type: cdp.Type{Kind: cdp.Timestamp}},
	}}
	email := &cdp.Identifier{Name: "email", Normalize: "email"}
	person := &cdp.Entity{Item: cdp.Item{Name: "person"}, Identifiers: []*cdp.Identifier{email}, Links: []*cdp.Link{
		{Source: src, Merge: true, Columns: []cdp.LinkColumn{{Identifier: email, Column: "email"}}},
	}}
	p := &cdp.Project{State: "kith", Timezone: "UTC", Sources: []*cdp.Source{src}, Entities: []*cdp.Entity{person}}
	for i := range 1500 {
		p.Segments = append(p.Segments, &cdp.Segment{Item: cdp.Item{Name: fmt.Sprintf("segment_%d", i)}, Entity: person, Where: &cdp.Predicate{
			Kind: cdp.EventTest, Source: src, Type: cdp.Type{Kind: cdp.Int},
			Ops:   []cdp.Operator{{Name: "gte", Value: cdp.Value{Type: cdp.Type{Kind: cdp.Int}, Text: "2"}}},
			Where: &cdp.Predicate{Kind: cdp.ColumnTestOf, Column: "n", Source: src, Type: cdp.Type{Kind: cdp.Int}, Ops: []cdp.Operator{{Name: "eq", Value: cdp.Value{Type: cdp.Type{Kind: cdp.Int}, Text: fmt.Sprint(i)}}}},
		}})
	}
	c, err := compile.New(p, dialect.ClickHouse{})
	if err != nil {
		t.Fatal(err)
	}
	passes := 0
	list := c.At(compile.Epoch).Profiles(compile.Build{ID: "b", Run: "r"})[0].Statements
	for _, s := range list {
		if n := len(s.SQL); n > 128<<10 {
			t.Errorf("%s has %d bytes", s.Name, n)
		}
		passes += strings.Count(s.SQL, "`raw`.`orders`")
	}
	if passes > 8 {
		t.Errorf("1,500 tests of one source make %d passes over it", passes)
	}
}
