package project

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/kithdata/kith/internal/cdp"
)

// shareKind is a number of per cent.
var shareKind = &scalar{name: "per cent", is: "a number of per cent such as 5%", pattern: `^[0-9]+(\.[0-9]+)?%$`, check: func(s string) (string, string) {
	_, problem := perCent(s)
	return problem, "write 5%"
}}

func perCent(s string) (float64, string) {
	rest, ok := strings.CutSuffix(s, "%")
	f, err := strconv.ParseFloat(rest, 64)
	if !ok || err != nil || !(f >= 0 && f <= 1000) {
		return 0, fmt.Sprintf("%q is no number of per cent", s)
	}
	return f, ""
}

// resolveAlerts reads who is told what; syncs begin from it.
func (l *loader) resolveAlerts(v *value) {
	if v == nil {
		return
	}
	seen := map[string]node{}
	for _, x := range v.get("to").each() {
		c := &cdp.Channel{Name: x.str("name"), Type: x.str("type"), Options: map[string]cdp.Setting{}, Pos: x.nameNode().pos()}
		for _, o := range x.keys {
			if o.value != nil && o.name != "name" && o.name != "type" {
				c.Options[o.name] = setting(o.value)
			}
		}
		for _, o := range channelOptions[c.Type] {
			l.secretOption(x, o.Name, "alerts to "+c.Name)
		}
		if first, twice := seen[c.Name]; twice {
			l.at(x.nameNode(), "rename one of them", "two places of alerts are called %q", c.Name).Note(first.pos(), "the first one")
			continue
		}
		seen[c.Name] = x.nameNode()
		l.p.Channels = append(l.p.Channels, c)
	}
	if to := v.get("to"); to != nil && len(to.list) == 0 && !to.short {
		l.at(to.node, "add - {name: ops, type: slack, url: \"${SLACK_WEBHOOK}\"}", "alerts to nobody")
	}
	l.p.Alerts = &cdp.Alerts{To: l.p.Channels, On: cdp.AlertKinds, Rejected: cdp.DefaultRejected, Late: cdp.DefaultLate, Rows: cdp.DefaultRows}
	takeAlerts(l.p.Alerts, v)
}

func takeAlerts(a *cdp.Alerts, v *value) {
	if on := v.get("on"); on != nil {
		a.On = nil
		for _, x := range on.each() {
			a.On = append(a.On, cdp.AlertKind(x.text.s))
		}
	}
	if x := v.get("rejected"); x != nil {
		a.Rejected, _ = perCent(x.text.s)
	}
	if x := v.get("rows"); x != nil {
		a.Rows, _ = perCent(x.text.s)
	}
	if x := v.get("late"); x != nil {
		a.Late, _, _ = duration(x.text.s)
	}
}

// alertsOf is what a sync does differently from the project.
func (l *loader) alertsOf(s *cdp.Sync, v *value) {
	s.Alerts = l.p.Alerts
	switch {
	case v == nil:
		return
	case v.text.s == "none":
		s.Alerts = nil
		return
	case l.p.Alerts == nil:
		if !l.alertsOpen && !l.partial {
			l.at(v.node, "add alerts: {to: [...]} to kith.yml", "the project tells nobody anything, so that a sync cannot")
		}
		return
	}
	own := *l.p.Alerts
	takeAlerts(&own, v)
	if to := v.get("to"); to != nil {
		own.To = nil
		for _, x := range to.each() {
			at := slices.IndexFunc(l.p.Channels, func(c *cdp.Channel) bool { return c.Name == x.text.s })
			if at < 0 {
				l.at(x.node, near(x.text.s, l.channelNames(), "there are"), "unknown place of alerts %q", x.text.s)
				continue
			}
			own.To = append(own.To, l.p.Channels[at])
		}
	}
	s.Alerts = &own
}

func (l *loader) channelNames() []string {
	var out []string
	for _, c := range l.p.Channels {
		out = append(out, c.Name)
	}
	return out
}
