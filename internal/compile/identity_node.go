package compile

import (
	"slices"
	"strconv"
	"strings"

	"github.com/kithdata/kith/internal/cdp"
)

// Keys are what the ledger adds to a project before identifiers have ids.
type Keys struct {
	Salt       string
	Collisions []Collision
}

// Collision is a value whose hash another value had first, and the id it has
// instead. It holds for as long as the ledger lives.
type Collision struct {
	Entity, Identifier, Value string
	Node                      uint64
}

// Keyed is the compiler with the keys of a ledger: the salt of all ids, and the
// values that have another id than their hash.
func (c *Compiler) Keyed(k Keys) *Compiler {
	keyed := *c
	keyed.keys = k
	return &keyed
}

// blockedTexts stand for nothing in real exports, whatever the identifier
// (IDENTITY section 4, and what spreadsheets and drivers write for null). They are
// compared in lower case.
var blockedTexts = []string{
	"-1", "null", "(null)", "nil", "none", "nan", "na", "n/a", "undefined", "unknown", "anonymous", "test@test.com",
}

// blockedPatterns are zeros of any length, such as 0, 000-00-0000, the UUID and the
// advertising id of zeros; and addresses that answer nobody.
var blockedPatterns = []string{"^[0-]*$", `^(no|do-?not)[-_.]?reply@`}

// Owner is the node of the strongest identifier of a link that is present, valid
// and not blocked in a row of the link's source (__kith_s), or 0. The columns it
// reads, and those of the link's filter, are OwnerColumns.
func (c *Compiler) Owner(l *cdp.Link) (node string) { return c.owner(l, "") }

func (c *Compiler) owner(l *cdp.Link, shared string) (node string) {
	cases := make([][2]string, len(l.Columns))
	for i, col := range l.Columns {
		n := c.d.Bind("__kith_v", c.identifierValue(l, col), c.node(l, col.Identifier, "__kith_v"))
		owns := n + " != 0"
		if shared != "" && col.Identifier.Share {
			owns += " AND " + n + " NOT IN (SELECT node FROM " + c.d.Table(c.State(shared)) + ")"
		}
		cases[i] = [2]string{owns, n}
	}
	return c.d.Case(cases, "0")
}

// OwnerColumns are the columns of the source that a link reads: its identifiers,
// their regions and what its filter tests.
func (c *Compiler) OwnerColumns(l *cdp.Link) []string {
	var names []string
	for _, col := range l.Columns {
		names = append(names, col.Column)
		if r := col.Identifier.RegionCol; r != "" && l.Source.Column(r) != nil {
			names = append(names, r)
		}
	}
	if l.Where != nil {
		cols, ok := predicateColumns(l.Where)
		if !ok { // SQL may read any
			for _, col := range l.Source.Columns {
				cols = append(cols, col.Name)
			}
		}
		names = append(names, cols...)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// identifierValue is the value of an identifier in a row of a link's source, as it
// is compared; ” when there is none or it is not valid.
func (c *Compiler) identifierValue(l *cdp.Link, col cdp.LinkColumn) string {
	text := c.rawValue(l, col)
	return c.d.Coalesce(c.d.Normalize(col.Identifier.Normalize, text, c.region(l, col.Identifier)), "''")
}

// rawValue is the text of an identifier as the source has it.
func (c *Compiler) rawValue(l *cdp.Link, col cdp.LinkColumn) string {
	return c.d.Text(c.row(col.Column), l.Source.Column(col.Column).Type)
}

// refusable is that text where normalising may refuse it, else "".
func (c *Compiler) refusable(l *cdp.Link, col cdp.LinkColumn) string {
	if !slices.Contains([]string{"email", "gmail", "phone"}, col.Identifier.Normalize) {
		return ""
	}
	return c.d.Coalesce(c.d.Normalize("trim", c.rawValue(l, col), ""), "''")
}

// region is the default country of a phone number: a literal, or a column where the
// source has it.
func (c *Compiler) region(l *cdp.Link, id *cdp.Identifier) string {
	switch {
	case id.Region != "":
		return c.d.Quote(id.Region)
	case id.RegionCol == "" || l.Source.Column(id.RegionCol) == nil:
		return ""
	}
	return c.d.Text(c.row(id.RegionCol), l.Source.Column(id.RegionCol).Type)
}

// node is the node of a normalised value, 0 when it is empty or blocked.
func (c *Compiler) node(l *cdp.Link, id *cdp.Identifier, value string) string {
	n := c.d.NodeID(c.keys.Salt, id.Name, value)
	var own [][2]string
	for _, x := range c.keys.Collisions {
		if x.Identifier == id.Name && c.owns(x.Entity, l) {
			own = append(own, [2]string{value + " = " + c.d.Quote(x.Value), strconv.FormatUint(x.Node, 10)})
		}
	}
	if len(own) > 0 {
		n = c.d.Case(own, n)
	}
	return c.d.If("("+value+" = '' OR "+c.blocked(c.entityOf(l), id, value)+")", "0", n)
}

func (c *Compiler) owns(entity string, l *cdp.Link) bool {
	e := c.entityOf(l)
	return e != nil && e.Name == entity
}

// entityOf is the entity that a link belongs to.
func (c *Compiler) entityOf(l *cdp.Link) *cdp.Entity {
	for _, e := range c.p.Entities {
		if slices.Contains(e.Links, l) {
			return e
		}
	}
	return nil
}

// blocked is true for a normalised value that must not join anything.
// Values of a table are those that the build has taken from it.
func (c *Compiler) blocked(e *cdp.Entity, id *cdp.Identifier, value string) string {
	text := cdp.Type{Kind: cdp.String}
	var literals []string
	for _, s := range blockedTexts {
		literals = append(literals, c.d.Quote(s))
	}
	tests := []string{c.d.Compare("in", c.d.Fold(value, cdp.FoldLower), text, literals)}
	patterns := slices.Clone(blockedPatterns)
	region := ""
	if id.Region != "" {
		region = c.d.Quote(id.Region)
	}
	for _, s := range id.Block {
		if p, ok := blockPattern(s); ok {
			patterns = append(patterns, p)
			continue
		}
		// A literal is compared in the form that values have; one that is no valid
		// value blocks what is written exactly so.
		normal := c.d.Coalesce(c.d.Normalize(id.Normalize, c.d.Quote(s), region), c.d.Quote(s))
		tests = append(tests, c.d.Compare("eq", value, text, []string{normal}))
	}
	for _, p := range patterns {
		tests = append(tests, c.d.Matches(value, p))
	}
	if id.BlockIn != nil {
		tests = append(tests, c.render("blocked_in", map[string]any{"Value": value, "Table": IdentityTablesOf(e, c.build.ID).Blocked, "Rank": id.Rank}))
	}
	return "(" + strings.Join(tests, " OR ") + ")"
}

// blockPattern is the pattern of an entry of block that is written /pattern/.
func blockPattern(s string) (string, bool) {
	if len(s) > 2 && strings.HasPrefix(s, "/") && strings.HasSuffix(s, "/") {
		return s[1 : len(s)-1], true
	}
	return "", false
}
