package hubspot

import "github.com/kithdata/kith/internal/sandbox/fake"

// Property is a property that somebody makes in HubSpot's settings.
type Property struct {
	Name   string
	Type   string // string, number, bool, date, datetime
	Unique bool
}

// Define makes the properties that a portal does not have, as its administrator
// would before records are sent to it. Those that it has stay as they are.
func (f *Fake) Define(tx *fake.Tx, account, objectType string, list []Property) {
	p := f.portal(account)
	c := p.collection(typeName(objectType))
	for _, x := range list {
		if _, ok := c.defs[x.Name]; ok || !propertyName.MatchString(x.Name) {
			continue
		}
		d := autoProperty(c, x.Name)
		d.Auto, d.HasUniqueValue = false, x.Unique
		d.setType(x.Type)
		p.define(tx, c, d)
	}
}
