package internal

import (
	"context"
	"strings"

	googlesql "github.com/goccy/go-googlesql"
)

// plainCatalog is a catalog for a part of a path: a project, a dataset. Functions are
// looked up in the root, so they need not be there once more.
func plainCatalog(name string) *googlesql.SimpleCatalog {
	c, err := googlesql.NewSimpleCatalog(name, tf())
	if err != nil {
		return nil
	}
	return c
}

// readOnce reads what an emulator of before left in the file. What is added later is in the
// catalog already.
func (c *Catalog) readOnce(ctx context.Context, conn *Conn) error {
	c.mu.Lock()
	read := !c.lastSyncedAt.IsZero()
	c.mu.Unlock()
	if read {
		return c.createCatalogTablesIfNotExists(ctx, conn)
	}
	return c.Sync(ctx, conn)
}

// names are the tables that catalogs have, in lower case.
type names map[*googlesql.SimpleCatalog]map[string]bool

// take tells whether a catalog has a table, and takes it as there from now on: who asks
// adds what is missing. To ask the catalog means to list all that it has.
func (n names) take(c *googlesql.SimpleCatalog, name string) bool {
	if n[c] == nil {
		n[c] = map[string]bool{}
	}
	name = strings.ToLower(name)
	had := n[c][name]
	n[c][name] = true
	return had
}

// forget takes a table out, but leaves it where the analyzer looks until a statement
// names it: to be rid of it there, all has to be made anew.
func (c *Catalog) forget(spec *TableSpec, rest []*TableSpec) error {
	c.tables = rest
	delete(c.tableMap, spec.TableName())
	c.forgotten = append(c.forgotten, strings.ToLower(spec.NamePath[len(spec.NamePath)-1]))
	return nil
}

// remember makes the catalog anew if a statement may name a table that is forgotten.
func (c *Catalog) remember(statement string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	statement = strings.ToLower(statement)
	for _, name := range c.forgotten {
		if strings.Contains(statement, name) {
			c.forgotten = nil
			return c.resetCatalog(c.tables, c.functions, c.tvfs)
		}
	}
	return nil
}
