package cli

import (
	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/sandbox"
	"github.com/kithdata/kith/internal/sandbox/hubspot"
)

// prepare does in the sandbox what the syncs to a destination need somebody to do
// by hand in the vendor's own settings.
func (r *remotes) prepare(d driver, cfg *cdp.DestinationConfig) error {
	if d.prepare == nil {
		return nil
	}
	for _, s := range r.project.Syncs {
		if s.Destination != cfg {
			continue
		}
		if err := d.prepare(r.box, sandboxToken(cfg.Name), s); err != nil {
			return err
		}
	}
	return nil
}

// hubspotProperties makes the properties that a sync maps: HubSpot has no property
// of another name than its own until somebody makes it.
func hubspotProperties(box *sandbox.Sandbox, token string, s *cdp.Sync) error {
	if s.Kind != cdp.Object {
		return nil
	}
	var list []hubspot.Property
	if s.Key != nil {
		list = append(list, hubspot.Property{Name: s.Key.Remote, Type: hubspotType(s.Key.Type), Unique: true})
	}
	for _, f := range s.Fields {
		list = append(list, hubspot.Property{Name: f.Remote, Type: hubspotType(f.Type)})
	}
	for _, removal := range s.OnRemoved {
		for _, f := range removal.Set {
			list = append(list, hubspot.Property{Name: f.Remote, Type: "string"})
		}
	}
	return box.HubSpot(token).Define(s.Remote, list)
}

func hubspotType(t cdp.Type) string {
	switch t.Kind {
	case cdp.Int, cdp.Float, cdp.Decimal:
		return "number"
	case cdp.Bool:
		return "bool"
	case cdp.Date:
		return "date"
	case cdp.Timestamp:
		return "datetime"
	}
	return "string"
}
