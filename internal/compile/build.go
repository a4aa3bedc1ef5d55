package compile

import "github.com/kithdata/kith/internal/cdp"

// Build names the tables of one build of the entities; the pointer in the ledger
// says which build is current.
type Build struct {
	ID string
}

func (c *Compiler) desiredFromEntity(_ *cdp.Sync, _ cdp.RemoteSpec, _ DiffInput) (sql string, costly bool) {
	panic("a sync of an entity is compiled in a later step; the validator refuses it")
}
