package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/diag"
	"github.com/kithdata/kith/internal/engine"
)

// destinations checks every destination for each sync that uses it. Of one that does not
// answer the rest is not looked at.
func (d *doctor) destinations(ctx context.Context, s *session) {
	e := s.engine
	if e == nil {
		e = &engine.Engine{Remotes: newRemotes(d.app, s, s.project)}
	}
	var order []*cdp.DestinationConfig
	syncs := map[*cdp.DestinationConfig][]*cdp.Sync{}
	for _, x := range s.project.Syncs {
		if x.Disabled {
			continue
		}
		if syncs[x.Destination] == nil {
			order = append(order, x.Destination)
		}
		syncs[x.Destination] = append(syncs[x.Destination], x)
	}
	for _, to := range order {
		d.destination(ctx, e, to, syncs[to])
	}
}

func (d *doctor) destination(ctx context.Context, e *engine.Engine, to *cdp.DestinationConfig, syncs []*cdp.Sync) {
	name := "destination " + to.Name
	remote, err := e.Remotes.Describe(to)
	if err != nil {
		d.fail(name, err)
		return
	}
	var good []string
	for _, x := range syncs {
		if ctx.Err() != nil {
			return
		}
		err := e.CheckDestination(ctx, x)
		if err == nil {
			good = append(good, x.Name)
			continue
		}
		var away *cdp.Throttled
		if errors.As(err, &away) {
			d.fail(name, fmt.Errorf("%s: %w", shown(remote.Endpoint), d.notReached(err, to.Pos)))
			return
		}
		d.fail(name, fmt.Errorf("sync %s: %w", x.Name, err))
	}
	switch len(good) {
	case 0:
	case 1:
		d.add(name, checkOK, "%s takes what sync %s sends", shown(remote.Endpoint), good[0])
	default:
		d.add(name, checkOK, "%s takes what syncs %s send", shown(remote.Endpoint), strings.Join(good, ", "))
	}
}

// notReached says of an error that nothing was to be had now what it is of, and where to look.
func (d *doctor) notReached(err error, at diag.Pos) error {
	var away *cdp.Throttled
	if errors.As(err, &away) {
		return withHelp(errors.New(away.Reason), "check its options (%s), and that this machine may reach it", at)
	}
	return err
}
