package project

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"gopkg.in/yaml.v3"

	"github.com/kithdata/kith/internal/cdp"
)

// resolveSyncs fills in every sync. A sync reads everything else and is read by nothing.
func (l *loader) resolveSyncs() {
	for _, d := range l.syncs.all {
		if d.item.Disabled {
			d.noun.Was = d.v.str("was")
			l.p.Paused = append(l.p.Paused, d.noun)
		}
	}
	for _, d := range l.syncs.enabled() {
		l.resolveSync(d.noun, d.v)
		l.p.Syncs = append(l.p.Syncs, d.noun)
	}
	l.renamed()
	l.sharedTargets()
}

func (l *loader) resolveSync(s *cdp.Sync, v *value) {
	if s.Name == "build" || s.Name == "migrate" { // leases that kith takes for itself
		l.at(v.nameNode(), "choose another name", "a sync cannot be called %s, which is work of kith's own", s.Name)
	}
	s.Mode, s.Guards, s.OnRemoved = cdp.Upsert, cdp.Guards{MinRows: -1}, map[cdp.Reason]cdp.Removal{}
	l.syncTo(s, v)
	l.syncFrom(s, v)
	l.events(s, v)
	l.syncFields(s, v)
	l.match(s, v)
	l.consentOf(s, v)
	l.needsEntity(s, v)
	l.syncShape(s, v)
	l.mustConsent(s, v)
	l.byValue(s, v)
	l.onRemoved(s, v)
	l.guards(s, v.get("guards"))
	s.Schedule = l.schedule(v.get("schedule"))
	if !v.has("schedule") {
		s.Schedule = l.p.Schedule
	}
	l.alertsOf(s, v.get("alerts"))
	s.Was = v.str("was")
	s.Priority = cdp.Priority(v.str("priority"))
	s.Retention = retention(v.get("retention"), l.p.Retention)
	l.existing(s, v)
}

// existing: a destination that cannot be asked cannot leave alone what it has.
func (l *loader) existing(s *cdp.Sync, v *value) {
	x := v.get("existing")
	if x == nil {
		return
	}
	s.Existing = cdp.Existing(x.text.s)
	spec := l.remote(s)
	switch {
	case s.Kind == "" || spec == nil:
	case s.Kind != cdp.Object:
		l.at(v.entry("existing").key, "leave it out", "%q is for objects, and this sync writes %s", "existing", an(string(s.Kind)))
	case s.Mode == cdp.Update:
		l.at(x.node, "leave it out", "mode update makes no records, so all that it writes is there already")
	case s.Mode == cdp.Insert:
		l.at(x.node, "leave it out", "mode insert skips what is there already")
	case !spec.Find:
		l.at(x.node, "leave it out: a record that is there is written over", "a %s destination cannot say what it has already", s.Destination.Type)
	}
}

// syncFrom resolves what is sent.
func (l *loader) syncFrom(s *cdp.Sync, v *value) {
	from := v.get("from")
	if from == nil {
		l.open[s] = true
		return
	}
	if from.has("segment") && (from.has("source") || from.has("entity")) {
		other := "entity"
		if from.has("source") {
			other = "source"
		}
		l.at(from.entry(other).key, "keep one of them", "a sync is from a segment or from %s, not both", an(other)).Note(from.entry("segment").key.pos(), "the other one")
		l.open[s] = true
		return
	}
	if e := from.get("entity"); e != nil {
		s.Entity, _ = find(l, &l.entities, e)
	}
	switch {
	case from.has("segment"):
		if s.Segment, _ = find(l, &l.segments, from.get("segment")); s.Segment != nil {
			s.Entity = s.Segment.Entity
		}
	case from.has("source"):
		s.Source, _ = find(l, &l.sources, from.get("source"))
		l.sourceSync(s, from)
	case !from.has("entity"):
		if !from.misspelt("segment", l.grammar.syncBlock.find("from").shape.block) {
			l.at(from.node, "", "a sync is from a segment, an entity or a source")
		}
		l.open[s] = true
		return
	}
	l.open[s] = s.Source == nil && s.Entity == nil || s.Source == nil && from.has("source") || s.Entity == nil && from.has("entity")
	sc := scope{source: s.Source, entity: s.Entity, owner: s}
	if !l.open[s] {
		s.Where = l.condition(from.get("where"), sc)
	}
}

// an puts the article before a word.
func an(what string) string {
	if what != "" && strings.Contains("aeio", what[:1]) {
		return "an " + what
	}
	return "a " + what
}

// sourceSync checks what a sync needs of its source.
func (l *loader) sourceSync(s *cdp.Sync, from *value) {
	if s.Source == nil {
		return
	}
	at := from.get("source").node
	if d := l.sources.by[s.Source.Name]; len(s.Source.Key) == 0 && !d.v.has("key") {
		l.at(at, "add key: with the columns that name a row to source "+s.Source.Name, "a sync from a source needs its key, and %s has none", s.Source.Name).Note(s.Source.Pos, "source %s", s.Source.Name)
	}
	if s.Entity != nil {
		l.linked(s.Entity, s.Source, from.get("entity").node)
	}
}

// events checks what only events have.
func (l *loader) events(s *cdp.Sync, v *value) {
	from := v.get("from")
	if from == nil || s.Kind == "" {
		return
	}
	if s.Kind != cdp.EventTo {
		for _, key := range []string{"start", "within"} {
			if e := from.entry(key); e != nil {
				l.at(e.key, "leave it out", "%q is for events, and this sync writes %s", key, an(string(s.Kind)))
			}
		}
		return
	}
	if s.Source == nil {
		if !from.has("source") && !l.open[s] {
			l.at(from.node, "write from: {source: ..., start: ...}", "events are rows of a source")
		}
		return
	}
	if s.Source.Timestamp == "" && !l.open[s.Source] && !l.timeRefused(s.Source) {
		l.noTimestamp(from.get("source").node, s.Source, "an event")
	}
	if !from.has("start") {
		l.at(from.node, "add start: with a date, or now for the first run", "events need a start: older rows are not sent")
	}
	if x := from.get("start"); x != nil {
		start, _ := startOf(x.text.s, l.zone())
		s.Start = &start
	}
	if w := from.get("within"); w != nil {
		d, _, _ := duration(w.text.s)
		s.Window = &cdp.Window{Ago: d, Text: w.text.s}
		if r := l.remote(s); r != nil && r.MaxAge > 0 && d > r.MaxAge {
			l.at(w.node, "", "%s takes no events older than %s", s.Destination.Type, days(r.MaxAge))
		}
	}
}

func (l *loader) zone() *time.Location {
	if zone, err := time.LoadLocation(l.p.Timezone); err == nil {
		return zone
	}
	return time.UTC
}

// days writes a duration as the language does.
func days(d time.Duration) string {
	switch {
	case d%day == 0:
		return fmt.Sprintf("%dd", d/day)
	case d%time.Hour == 0:
		return fmt.Sprintf("%dh", d/time.Hour)
	}
	return fmt.Sprintf("%dm", d/time.Minute)
}

// needsEntity: rows of a source have no profile unless the sync says whose they are.
func (l *loader) needsEntity(s *cdp.Sync, v *value) {
	if s.Source == nil || v.get("from").has("entity") {
		return
	}
	why := ""
	switch {
	case v.has("match"):
		why = "match"
	case len(s.Consents) > 0:
		why = "consent"
	case l.wantsProfile[s]:
		why = "a field that is no column"
	}
	if why != "" {
		l.at(v.get("from").node, "add entity: to from", "%s needs to know whose rows these are", why)
	}
}

// syncShape checks key, match, fields and mode against what is written.
func (l *loader) syncShape(s *cdp.Sync, v *value) {
	wrong := func(key, help string) {
		if e := v.entry(key); e != nil {
			l.at(e.key, help, "%q is not for %ss", key, s.Kind)
		}
	}
	missing := func(key, help string) {
		if !v.has(key) && !v.misspelt(key, l.grammar.syncBlock) {
			l.at(v.nameNode(), help, "sync %s writes %s and needs %q", s.Name, an(string(s.Kind)), key)
		}
	}
	switch s.Kind {
	case cdp.Object:
		missing("key", "add key: {remote field: trait}")
		wrong("match", "records are found by key")
	case cdp.Audience:
		missing("match", "add match: and the traits by which a platform recognises a person")
		wrong("key", "members are recognised by match")
		wrong("fields", "an audience is membership and nothing else")
		wrong("mode", "")
	case cdp.EventTo:
		missing("key", "add key: {remote field: what names the event}")
		wrong("mode", "")
		wrong("on_removed", "what has happened is not removed")
	}
	if m := v.get("mode"); m != nil && s.Kind == cdp.Object {
		s.Mode = cdp.Mode(m.text.s)
		if r := l.remote(s); r != nil {
			modes := r.Modes
			if modes == nil {
				modes = []cdp.Mode{cdp.Upsert}
			}
			if !slices.Contains(modes, s.Mode) {
				l.at(m.node, "the modes are "+joined(modes), "%s cannot %s", s.Destination.Type, s.Mode)
			}
		}
	}
}

func joined[T ~string](list []T) string {
	out := make([]string, len(list))
	for i, x := range list {
		out[i] = string(x)
	}
	return strings.Join(out, ", ")
}

// renamed checks `was`: state moves from a sync that is gone to one that is there.
func (l *loader) renamed() {
	seen := map[string]*declared[*cdp.Sync]{}
	for _, d := range l.syncs.enabled() {
		w := d.v.get("was")
		if w == nil {
			continue
		}
		was := w.text.s
		switch first := seen[was]; {
		case was == d.noun.Name:
			l.at(w.node, "leave it out", "sync %s was always called so", was)
		case l.syncs.by[was] != nil:
			l.at(w.node, "its state is still its own", "there still is a sync %s", was).Note(l.syncs.by[was].item.Pos, "declared here")
		case first != nil:
			l.at(w.node, "the state can move to one of them", "two syncs were %s", was).Note(first.v.get("was").pos(), "the first one")
		default:
			seen[was] = d
		}
	}
}

// sharedTargets finds syncs that would overwrite one another.
func (l *loader) sharedTargets() {
	type remoteField struct{ destination, object, key, field string }
	type audience struct{ destination, name, id string }
	fields, audiences := map[remoteField]*cdp.SyncField{}, map[audience]*cdp.Sync{}
	owners := map[*cdp.SyncField]*cdp.Sync{}
	for _, d := range l.syncs.enabled() {
		s := d.noun
		if s.Destination == nil {
			continue
		}
		if s.Kind == cdp.Audience && (s.Remote != "" || s.RemoteID != "") {
			key := audience{s.Destination.Name, s.Remote, s.RemoteID}
			if first := audiences[key]; first != nil {
				l.at(d.v.get("to").get("audience").node, "make one sync of a segment that joins them", "the syncs %s and %s keep one audience, and would remove each other's members", first.Name, s.Name).Note(first.Pos, "sync %s", first.Name)
			} else {
				audiences[key] = s
			}
		}
		if s.Kind != cdp.Object || s.Key == nil {
			continue
		}
		for _, f := range s.Fields {
			key := remoteField{s.Destination.Name, s.Remote, s.Key.Remote, f.Remote}
			first := fields[key]
			if first == nil {
				fields[key], owners[f] = f, s
				continue
			}
			if owners[first] != s {
				p := l.error(f.Pos, "send it in one of them", "the syncs %s and %s write the same field %s of %s by the same key", owners[first].Name, s.Name, f.Remote, s.Remote)
				p.Note(first.Pos, "sync %s", owners[first].Name)
			}
		}
	}
}

// guards reads the limits of a run.
func (l *loader) guards(s *cdp.Sync, v *value) {
	if v == nil {
		return
	}
	s.Guards.MaxRemoved, _, _ = guard(v.str("max_removed"))
	s.Guards.MaxChanged, _, _ = guard(v.str("max_changed"))
	if m := v.get("min_rows"); m != nil && m.is(yaml.ScalarNode) {
		s.Guards.MinRows = number(m.text.s)
	}
	s.Guards.Anomaly, _ = strconv.ParseFloat(v.str("anomaly"), 64) // "" is 0: off
}
