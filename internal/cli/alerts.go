package cli

import (
	"context"
	"fmt"
	"slices"

	"github.com/kithdata/kith/internal/alert"
	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/destination"
)

// placesOf are where people read the alerts of a project.
func placesOf(p *cdp.Project) []*cdp.Channel {
	if p.Alerts == nil {
		return nil
	}
	return p.Alerts.To
}

// openChannel opens a place. It resolves the address, and posts nothing.
func (a *app) openChannel(p *cdp.Project, to *cdp.Channel) (*alert.Channel, error) {
	resolve := a.secrets(p.Root)
	cfg := destination.Config{
		Name: to.Name, Type: to.Type, Root: p.Root, Logger: a.logger(), Proxy: proxy, Options: map[string]string{},
		Secret: func(option string) (string, error) { return resolve(to.Options[option].Text) },
	}
	private, err := a.expand(to.Options["allow_private"].Text)
	if err == nil {
		err = fits(cdp.Option{Kind: cdp.OptBool}, private)
	}
	if err != nil {
		return nil, fmt.Errorf("allow_private (%s): %w", to.Options["allow_private"].Pos, err)
	}
	if private != "" {
		cfg.Options["allow_private"] = private
	}
	return alert.Open(cfg, to.Type)
}

// alerts checks the places of the project: their secrets, and whether something listens.
func (d *doctor) alerts(ctx context.Context, p *cdp.Project) {
	for _, to := range placesOf(p) {
		if ctx.Err() != nil {
			return
		}
		name := "alerts to " + to.Name
		c, err := d.app.openChannel(p, to)
		if err == nil {
			if err = c.Check(); err == nil {
				err = c.Reach(ctx)
			}
			_ = c.Close() // nothing was sent
		}
		if err != nil {
			d.fail(name, d.notReached(err, to.Pos))
			continue
		}
		d.add(name, checkOK, "%s can be reached", to.Type)
	}
}

// untold are the places that have not heard of an open trouble: all but those that were reached.
func untold(alerts *cdp.Alerts, told bool, reached []string) (list []string) {
	if alerts == nil || told {
		return nil
	}
	for _, to := range alerts.To {
		if !slices.Contains(reached, to.Name) {
			list = append(list, to.Name)
		}
	}
	return list
}
