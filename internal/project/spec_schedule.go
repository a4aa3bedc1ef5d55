package project

import (
	"slices"

	"github.com/kithdata/kith/internal/cdp"
)

func (g *grammar) scheduleBlock() *block {
	return &block{name: "a schedule", doc: "When something runs: at the ticks of a cron, or after others.", exact: []string{"cron", "after"}, fields: []field{
		{name: "cron", shape: one(cronKind), doc: "Five fields, or @hourly, @daily, @weekly, @monthly, @yearly. Where clocks go forward over a tick it is the end of the gap; one that a clock shows twice fires once, unless the hour is a star."},
		{name: "after", shape: oneOrMany(refKind), doc: "Runs when these have succeeded or were partial: names of syncs, or build. Of several, when all have since the last time."},
		{name: "timezone", shape: one(zoneKind), def: "the project's", doc: "Of cron, hours and until."},
		{name: "when", shape: one(&scalar{name: "fresh", is: "fresh", values: []string{"fresh"}}).or(mapping(&block{name: "when", doc: "A condition for a run.", fields: []field{
			{name: "sql", shape: g.sql, required: true, doc: "Whether to run, as SQL without names in scope."},
		}})), doc: "fresh waits until every source that the sync reads, and that says when its rows came, has newer rows than at the last completed run. The wait is given up, as waited, at until or at the next tick."},
		{name: "until", shape: one(timeKind), doc: "When a wait is given up."},
		{name: "hours", shape: one(hoursKind), doc: "When rows may be delivered, as 08:00-20:00; it may cross midnight. A tick outside is none; a run that is on when they end goes on when they begin again."},
		{name: "overlap", shape: one(enum("queue", "skip")), def: "queue", doc: "What a tick does while a run is on: queue lets one run follow, skip lets it pass."},
		{name: "catch_up", shape: one(enum("once", "never")), def: "once", doc: "What is done about ticks while nothing served: once makes up for the last of them."},
		{name: "jitter", shape: one(durationKind), doc: "With cron: runs start at most so much later, each at a place of its own, so that many do not start at once."},
	}}
}

// alertFields are what the project and a sync say alike.
func alertFields() []field {
	kinds := make([]string, len(cdp.AlertKinds))
	for i, k := range cdp.AlertKinds {
		kinds[i] = string(k)
	}
	return []field{
		{name: "on", shape: oneOrMany(enum(kinds...)), def: "all of them", doc: "What is told. One message for an episode: a sync that fails all night is told once, and once that it has recovered."},
		{name: "rejected", shape: one(shareKind), def: "5%", doc: "The share of rejected rows above which it is told."},
		{name: "late", shape: one(durationKind), def: "1h", doc: "How long after it was due a run that has not ended is late."},
		{name: "rows", shape: one(shareKind), def: "50%", doc: "How far the number of rows may be off the median of the last 14 runs."},
	}
}

func (g *grammar) alertsBlock() *block {
	return (&block{name: "alerts", doc: "Who is told what. A message holds names and numbers, never a row.", fields: []field{
		{name: "to", shape: many(shape{variants: channelVariants()}), required: true, doc: "Where people read it."},
	}}).and(alertFields()...)
}

func syncAlertsBlock() *block {
	return (&block{name: "alerts of a sync", doc: "What a sync does differently from the project.", fields: []field{
		{name: "to", shape: oneOrMany(refKind), def: "all", doc: "Names of places of the project's alerts."},
	}}).and(alertFields()...)
}

// channelOptions are the options of the kinds of channels.
var channelOptions = map[string][]cdp.Option{
	"slack":   {{Name: "url", Kind: cdp.OptString, Secret: true, Required: true, Doc: "The address of an incoming webhook."}},
	"webhook": {{Name: "url", Kind: cdp.OptString, Secret: true, Required: true, Doc: "Where a JSON document is posted."}, {Name: "secret", Kind: cdp.OptString, Secret: true, Doc: "Signs it: header X-Kith-Signature is sha256= and the HMAC of timestamp, a point and the body."}},
}

func channelVariants() *variants {
	vs := &variants{name: "a place of alerts", types: []string{"slack", "webhook"}, blocks: map[string]*block{}}
	for _, t := range vs.types {
		b := &block{name: "alerts to " + t, doc: "Tells a " + t + ".", fields: []field{
			{name: "name", shape: one(nameKind), required: true, doc: "Its name."},
			{name: "type", shape: one(enum(t)), required: true, doc: "The kind of place."},
		}}
		for _, o := range slices.Concat(channelOptions[t], []cdp.Option{commonOptions[1]}) {
			b = b.and(optionField(o))
		}
		vs.blocks[t] = b
	}
	return vs
}
