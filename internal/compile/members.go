package compile

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"time"

	"github.com/kithdata/kith/internal/cdp"
)

// Members is the statements over who is in the segments of an entity.
type Members struct {
	Merge  []cdp.Statement // stays of merged entities go to the survivor
	Counts cdp.Statement   // segment, rows of both sides, entered, exited
	Write  []cdp.Statement // entries and exits of the history
}

// Members compares the segments of a profile with the open stays of the history. It
// writes under ver and the one after it.
func (c *Compiler) Members(p Profile, ver uint64) Members {
	type segment struct{ Name, Column string }
	var list []segment
	for _, s := range p.Segments {
		list = append(list, segment{s.Name, segmentColumn(s)})
	}
	data := map[string]any{
		"Entity": p.Entity.Name, "Profile": p.Table, "Segments": list, "Merges": c.merges(p.Entity, p.build), "Ver": ver, "AsOf": c.asOf, "To": "to_id",
	}
	// An exit may end a stay that the merges of the same run have written.
	later := maps.Clone(data)
	later["Ver"] = ver + 1
	make := func(name, tmpl string, data map[string]any) cdp.Statement {
		return c.statement(name+" "+p.Entity.Name, "entity "+p.Entity.Name, p.Entity.Pos, tmpl, data)
	}
	return Members{
		Merge:  []cdp.Statement{make("merged members", "members_merge", data), make("members left by merges", "members_drop", data)},
		Counts: make("members", "members_counts", data),
		Write:  []cdp.Statement{make("members that enter", "members_enter", later), make("members that leave", "members_exit", later)},
	}
}

// Models is a hash over everything that a build is made from, profiles and the rules of
// identity: a sync refuses a build of other models.
func (c *Compiler) Models() string {
	at := c.At(time.Unix(0, 0)).On(Build{ID: "b", Run: "r"})
	h := sha256.New()
	for _, group := range at.Profiles(Build{ID: "b", Run: "r"}) {
		for _, s := range group.Statements {
			_, _ = fmt.Fprintln(h, s.SQL)
		}
	}
	for _, e := range c.p.Entities {
		_, _ = fmt.Fprintln(h, at.Identity(e, IdentityInput{}).Rules())
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}
