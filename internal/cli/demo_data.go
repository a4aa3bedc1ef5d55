package cli

import (
	"errors"
	"fmt"
	"strings"
	"text/template"
	"time"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/ledger"
	"github.com/kithdata/kith/sql"
)

// The schemas of the demo's data: what the project reads, and who is behind it.
const (
	shopSchema  = "shop"
	truthSchema = "demo"
)

// demoShop is what the templates of demo.sql are made with.
type demoShop struct {
	People   int
	At, Next time.Time // of the first run, and a day later
	d        cdp.Dialect
}

// eventsEach is how many web events there are for each person.
const eventsEach = 10

// Events is the number of web events.
func (s demoShop) Events() int { return s.People * eventsEach }

// Now is At as a literal.
func (s demoShop) Now() string { return s.d.Time(s.At) }

// Shop names a table that the project reads, Truth one that it does not.
func (s demoShop) Shop(table string) string {
	return s.d.Table(cdp.Table{Schema: shopSchema, Name: table})
}

// ShopSchema is the schema of what the project reads.
func (s demoShop) ShopSchema() string { return s.d.Ident(shopSchema) }

// TruthSchema is the schema of what is behind it.
func (s demoShop) TruthSchema() string { return s.d.Ident(truthSchema) }

// Truth names a table of what is behind the data.
func (s demoShop) Truth(table string) string {
	return s.d.Table(cdp.Table{Schema: truthSchema, Name: table})
}

// shopTables are the tables of the shop, with what one row is called, and several.
var shopTables = []struct{ name, row, rows string }{
	{"web_events", "web event", "web events"},
	{"orders", "order", "orders"},
	{"order_items", "order line", "order lines"},
	{"crm_contacts", "contact of the CRM", "contacts of the CRM"},
	{"pos_receipts", "store receipt", "store receipts"},
	{"newsletter", "newsletter sign-up or opt-out", "newsletter sign-ups and opt-outs"},
	{"email_bounces", "bounced mail", "bounced mails"},
}

// full calls f with a connection that may make tables.
func (d *demonstration) full(f func(cdp.Warehouse) error) error {
	s := &session{project: d.session.project}
	w, err := d.connect(d.soft, s, s.project, d.session.compiler.Dialect(), fullUser)
	if err == nil {
		err = f(w)
	}
	return errors.Join(err, s.Close())
}

// write runs blocks of demo.sql.
func (d *demonstration) write(blocks ...string) error {
	return d.full(func(w cdp.Warehouse) error {
		for _, block := range blocks {
			s, err := d.block(block)
			if err != nil {
				return err
			}
			if _, err := w.Exec(d.soft, s); err != nil {
				return err
			}
		}
		return nil
	})
}

// block is a statement of demo.sql.
func (d *demonstration) block(name string) (cdp.Statement, error) {
	dialect := d.session.compiler.Dialect()
	t, err := template.New("").ParseFS(sql.Files, dialect.Name()+"/demo.sql")
	if err != nil {
		return cdp.Statement{}, fmt.Errorf("the demo's data for %s: %w", dialect.Name(), err)
	}
	shop := d.shop
	shop.d = dialect
	var text strings.Builder
	if err := t.ExecuteTemplate(&text, name, shop); err != nil {
		return cdp.Statement{}, err
	}
	return cdp.Statement{Name: name, Model: "demo", SQL: strings.TrimSpace(text.String())}, nil
}

// openShop makes the shop as it is at the first run.
func (d *demonstration) openShop() error {
	blocks := []string{"demo_schema_shop", "demo_schema_truth", "demo_humans"}
	for _, t := range shopTables {
		blocks = append(blocks, "demo_"+t.name)
	}
	for _, t := range shopTables {
		blocks = append(blocks, "demo_"+t.name+"_fill")
	}
	return d.write(blocks...)
}

// passDay adds what happens in the day after the first run.
func (d *demonstration) passDay() error {
	return d.write("demo_day_orders", "demo_day_items", "demo_day_events", "demo_day_contacts", "demo_day_newsletter", "demo_day_bounces")
}

// counts are the rows of each table of the shop.
func (d *demonstration) counts() (map[string]uint64, error) {
	shop := d.shop
	shop.d = d.session.compiler.Dialect()
	out := map[string]uint64{}
	for _, t := range shopTables {
		row, err := ledger.One(d.soft, d.warehouse, cdp.Statement{Name: "count " + t.name, Model: "demo", SQL: "SELECT count(*) FROM " + shop.Shop(t.name)})
		if err != nil {
			return nil, err
		}
		out[t.name] = ledger.Uint(row[0])
	}
	return out, nil
}

// person is a member of the cast.
type person struct{ name, email string }

// readCast reads who the cast are.
func (d *demonstration) readCast() error {
	s, err := d.block("demo_cast")
	if err != nil {
		return err
	}
	d.cast = map[uint64]person{}
	return d.full(func(w cdp.Warehouse) error {
		rows, err := ledger.All(d.soft, w, s)
		for _, r := range rows {
			d.cast[ledger.Uint(r[0])] = person{ledger.Text(r[1]), ledger.Text(r[2])}
		}
		return err
	})
}
