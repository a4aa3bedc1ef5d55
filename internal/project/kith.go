package project

import (
	"slices"
	"strings"
	"time"

	"gopkg.in/yaml.v3"

	"github.com/kithdata/kith/internal/cdp"
)

// resolveKith reads kith.yml: the target decides the vars, so it comes first.
func (l *loader) resolveKith() *value {
	var kith *value
	for _, top := range l.tops {
		if top.file.name == kithFile && top.Node != nil {
			kith = l.decode(top, mapping(l.grammar.kith), kithFile)
		}
	}
	if kith == nil {
		if !l.partial && len(l.problems) == 0 { // an empty file
			l.error(newFile(kithFile, "").pos(1, 1), "begin with version: 1", "%s is empty", kithFile)
		}
		l.partial, l.varsOpen = true, true
		return nil
	}
	l.varsOpen = kith.has("vars") && kith.get("vars") == nil
	l.p.Name = kith.str("name")
	if zone := kith.str("timezone"); zone != "" {
		l.p.Timezone = zone
	}
	if s := kith.get("state").str("schema"); s != "" {
		l.p.State = s
	}
	l.projectState = l.p.State
	l.readVars(kith.get("vars"))
	l.p.Schedule = l.schedule(kith.get("schedule"))
	l.resolveAlerts(kith.get("alerts"))
	l.alertsOpen = kith.has("alerts") && kith.get("alerts") == nil
	l.p.Retention = retention(kith.get("retention"), cdp.DefaultRetention())
	l.declareDestinations(kith)
	l.resolveTargets(kith)
	for _, d := range l.destinations.enabled() {
		l.p.Destinations = append(l.p.Destinations, d.noun)
	}
	return kith
}

// retention reads how long the ledger keeps what happened, over what holds otherwise.
func retention(v *value, r cdp.Retention) cdp.Retention {
	if v == nil {
		return r
	}
	if d, problem, _ := duration(v.text.s); problem == "" {
		return cdp.Retention{Log: d, Rejections: d, Runs: d}
	}
	for name, to := range map[string]*time.Duration{"log": &r.Log, "rejections": &r.Rejections, "runs": &r.Runs} {
		if d, problem, _ := duration(v.str(name)); problem == "" {
			*to = d
		}
	}
	return r
}

func (l *loader) readVars(v *value) {
	if v == nil {
		return
	}
	for _, e := range v.keys {
		if e.value == nil {
			l.varsRefused[e.name] = true
			continue
		}
		delete(l.varsRefused, e.name)
		l.vars[e.name] = e.value.text.s
	}
}

// resolveTargets checks every target and takes the chosen one.
func (l *loader) resolveTargets(kith *value) {
	targets := kith.get("targets")
	if targets == nil {
		l.varsOpen = true
		return
	}
	for _, e := range targets.keys {
		l.p.Targets = append(l.p.Targets, e.name)
	}
	slices.Sort(l.p.Targets)
	chosen, ok := l.chooseTarget(kith)
	for _, e := range targets.keys {
		if e.value == nil {
			l.varsOpen = l.varsOpen || e.name == chosen
			continue
		}
		if ok && e.name == chosen {
			l.takeTarget(e)
		}
		l.overlay(e.value.get("destinations"), ok && e.name == chosen)
		l.secretOption(e.value, "password", "target "+e.name)
	}
	l.twoLiveTargets(targets)
	if !ok {
		l.varsOpen = true
	}
}

// chooseTarget is the target of the options, the default one, or the only one.
func (l *loader) chooseTarget(kith *value) (string, bool) {
	byDefault := kith.get("default_target")
	if byDefault != nil && !slices.Contains(l.p.Targets, byDefault.text.s) {
		l.at(byDefault.node, near(byDefault.text.s, l.p.Targets, "the targets are"), "unknown target %q", byDefault.text.s)
		byDefault = nil
		if l.o.Target == "" {
			return "", false
		}
	}
	targets := kith.get("targets")
	switch {
	case l.o.Target != "":
		if !slices.Contains(l.p.Targets, l.o.Target) {
			l.error(targets.pos(), near(l.o.Target, l.p.Targets, "the targets are"), "the project has no target %q", l.o.Target)
			return "", false
		}
		return l.o.Target, true
	case byDefault != nil:
		return byDefault.text.s, true
	case len(l.p.Targets) == 1:
		return l.p.Targets[0], true
	case len(l.p.Targets) == 0:
		l.at(targets.node, "add one: local: {type: clickhouse, embedded: {}}", "there is no target")
	case !kith.has("default_target"):
		l.at(targets.node, "add default_target: "+l.p.Targets[0]+", or another one", "there are several targets, and none is the default")
	}
	return "", false
}

// takeTarget makes the target of the project.
func (l *loader) takeTarget(e entry) {
	v := e.value
	t := cdp.Target{Name: e.name, Type: v.str("type"), Live: v.str("deliver") == "live", Options: map[string]cdp.Setting{}, Pos: e.key.pos()}
	for _, o := range v.keys {
		switch o.name {
		case "type", "deliver", "state", "vars", "destinations":
		default:
			if o.value != nil {
				t.Options[o.name] = setting(o.value)
			}
		}
	}
	l.p.Target = t
	l.dialect = t.Type
	if s := v.get("state").str("schema"); s != "" {
		l.p.State = s
	}
	if v.has("vars") && v.get("vars") == nil {
		l.varsOpen = true
	}
	l.readVars(v.get("vars"))
}

// setting is an option as it is written.
func setting(v *value) cdp.Setting {
	s := cdp.Setting{Pos: v.pos()}
	switch v.node.Kind {
	case yaml.MappingNode:
		s.Map = map[string]string{}
		for _, e := range v.keys {
			if e.value != nil {
				s.Map[e.name] = e.value.text.s
			}
		}
	case yaml.SequenceNode:
		s.List = []string{}
		for _, x := range v.list {
			s.List = append(s.List, x.text.s)
		}
	default:
		s.Text = v.text.s
	}
	return s
}

// twoLiveTargets refuses two live targets that would write one ledger.
func (l *loader) twoLiveTargets(targets *value) {
	seen := map[string]entry{}
	for _, e := range targets.keys {
		if e.value.str("deliver") != "live" {
			continue
		}
		for _, w := range l.warehousesOf(e.value) {
			if first, ok := seen[w]; ok {
				l.at(e.key, "give one of them another state: {schema: ...}", "the live targets %s and %s have one state schema in one warehouse", first.name, e.name).Note(first.key.pos(), "the other one")
				break
			}
			seen[w] = e
		}
	}
}

// warehousesOf are names of the warehouse of a target with its state schema, one per address.
func (l *loader) warehousesOf(v *value) []string {
	state := v.get("state").str("schema")
	if state == "" {
		state = l.projectState
	}
	var places []string
	switch {
	case v.get("emulator") != nil:
		places = []string{"emulator"}
	case v.str("type") == "bigquery":
		places = []string{"bigquery " + v.str("project")}
	case v.get("embedded") != nil:
		path := v.get("embedded").str("path")
		if path == "" {
			path = ".kith/warehouse"
		}
		places = []string{"embedded " + path}
	default:
		for _, a := range v.get("addr").each() {
			places = append(places, "clickhouse "+hostPort(v, strings.ToLower(a.text.s)))
		}
	}
	for i := range places {
		places[i] += " " + state
	}
	slices.Sort(places)
	return slices.Compact(places)
}

// hostPort adds the port that the driver takes when there is none.
func hostPort(v *value, addr string) string {
	if strings.Contains(addr, ":") {
		return addr
	}
	port := map[bool]string{false: ":9000", true: ":9440"}
	if v.str("protocol") == "http" {
		port = map[bool]string{false: ":8123", true: ":8443"}
	}
	return addr + port[v.str("secure") == "true"]
}

func (l *loader) resolveSuppress(kith *value) {
	if kith == nil {
		return
	}
	seen := map[string]node{}
	for _, v := range kith.get("suppress").each() {
		if first, twice := seen[v.text.s]; twice {
			l.at(v.node, "", "the segment %s is suppressed twice", v.text.s).Note(first.pos(), "first here")
			continue
		}
		seen[v.text.s] = v.node
		if s, ok := find(l, &l.segments, v); ok {
			l.p.Suppress = append(l.p.Suppress, s)
		}
	}
}
