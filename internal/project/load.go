// Package project reads a project's YAML into the typed nouns of package cdp:
// resolved, validated, with a position for every problem and every problem
// reported at once. It stands between the files and everything else: the compiler,
// the engine and the CLI see a [cdp.Project] whose names all lead somewhere.
//
//	p, problems := project.Load(dir, project.Options{Target: "local", Specs: specs})
//	if problems.HasErrors() {
//		return problems.Err()
//	}
//
// It has no access to the environment, to a network or to a clock: the same files
// and options give the same project.
//
// The language is a table (spec_*.go): the decoder, the JSON Schema ([Schema]) and
// the reference ([Reference]) are made from it. What follows decoding is one file
// for each noun.
package project

import (
	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/diag"
)

// Options are what a load needs from outside.
type Options struct {
	Target string                         // "" for the default target
	Specs  map[string]cdp.DestinationSpec // kinds of destinations, by type
}

// Load reads kith.yml and every file under models/ and syncs/ below root. The list
// is sorted. The project is never nil; it is whole only when the list has no
// errors. Positions name files relative to root, with slashes.
func Load(root string, o Options) (*cdp.Project, diag.List) {
	l := newLoader(root, o)
	l.read()
	l.resolve()
	l.tidy()
	l.problems.Sort()
	return l.p, l.problems
}

// loader is one load.
type loader struct {
	root    string
	o       Options
	held    map[feature]bool // features that are not in this version yet
	grammar *grammar
	p       *cdp.Project

	problems diag.List
	reported map[problemKey]int

	tops        []node // the top of every file, kith.yml first
	partial     bool   // a file could not be read: an unknown name is no news
	vars        map[string]string
	varsOpen    bool // kith.yml could not be read: nor is an unknown var
	varsRefused map[string]bool
	alertsOpen  bool // alerts of kith.yml were refused
	dialect     string

	destinations names[*cdp.DestinationConfig]
	sources      names[*cdp.Source]
	entities     names[*cdp.Entity]
	relations    names[*cdp.Relation]
	traits       names[*cdp.Trait]
	consents     names[*cdp.Consent]
	segments     names[*cdp.Segment]
	syncs        names[*cdp.Sync]
	unitTests    names[*cdp.UnitTest]

	implicit     map[*cdp.Entity]map[string]*cdp.Trait
	projectState string
	open         map[any]bool             // nouns whose parts were refused: what they lack is no news
	unlinked     map[*cdp.Entity][]string // sources of links that were refused; "" for any
	typed        map[*cdp.Trait]bool
	edges        map[any][]edge // what reads what
	flows        map[any]flow   // personal data in columns and traits
	profiles     map[*cdp.Entity][]*cdp.Trait
	blocks       map[*cdp.Trait]*value

	wantsProfile map[*cdp.Sync]bool // a sync from a source that reads more than its columns
}

func newLoader(root string, o Options) *loader {
	l := &loader{
		root: root, o: o, held: notYet(), grammar: newGrammar(o.Specs),
		p:        &cdp.Project{Root: root, State: "kith", Timezone: "UTC"},
		reported: map[problemKey]int{}, vars: map[string]string{}, varsRefused: map[string]bool{}, dialect: "clickhouse",
		implicit: map[*cdp.Entity]map[string]*cdp.Trait{}, open: map[any]bool{}, unlinked: map[*cdp.Entity][]string{},
		typed: map[*cdp.Trait]bool{}, edges: map[any][]edge{}, flows: map[any]flow{},
		profiles: map[*cdp.Entity][]*cdp.Trait{}, blocks: map[*cdp.Trait]*value{},
		wantsProfile: map[*cdp.Sync]bool{},
	}
	l.destinations.what, l.sources.what, l.entities.what = "destination", "source", "entity"
	l.relations.what, l.traits.what, l.consents.what = "relation", "trait", "consent"
	l.segments.what, l.syncs.what, l.unitTests.what = "segment", "sync", "unit test"
	return l
}

// resolve makes nouns of the files. Everything is declared before anything is
// looked up, and types are known before values are compared with them.
func (l *loader) resolve() {
	kith := l.resolveKith()
	l.declareModels()
	l.resolveSources()
	l.resolveEntities()
	l.resolveRelations()
	l.declareTraits()
	l.declareSegments()
	l.resolveTraits()
	l.resolveSegments()
	l.resolveConsents()
	l.resolveSuppress(kith)
	l.resolveQueries()
	l.findCycles()
	l.findPII()
	l.resolveSyncs()
	l.findMutual()
	l.resolveAfter(kith)
	l.resolveUnitTests()
}

// declareModels decodes the files under models/ and syncs/ and names what is in them.
func (l *loader) declareModels() {
	for _, top := range l.tops {
		if top.Node == nil || top.file.name == kithFile {
			continue
		}
		v := l.decode(top, mapping(l.grammar.models), "the file")
		if v == nil {
			l.partial = true
			continue
		}
		for _, e := range v.keys {
			l.declareList(e.name, e.value)
		}
	}
}

func (l *loader) declareList(name string, list *value) {
	if near := diag.Near(name, l.grammar.models.names()); l.grammar.models.find(name) == nil && len(near) > 0 {
		name = near[0] // that has been said; the names in it are no news
	}
	switch name {
	case "sources":
		declareAll(l, &l.sources, list, func(i cdp.Item) *cdp.Source { return &cdp.Source{Item: i} })
	case "entities":
		declareAll(l, &l.entities, list, func(i cdp.Item) *cdp.Entity { return &cdp.Entity{Item: i} })
	case "relations":
		declareAll(l, &l.relations, list, func(i cdp.Item) *cdp.Relation { return &cdp.Relation{Item: i} })
	case "traits":
		declareAll(l, &l.traits, list, func(i cdp.Item) *cdp.Trait { return &cdp.Trait{Item: i} })
	case "consents":
		declareAll(l, &l.consents, list, func(i cdp.Item) *cdp.Consent { return &cdp.Consent{Item: i} })
	case "segments":
		declareAll(l, &l.segments, list, func(i cdp.Item) *cdp.Segment { return &cdp.Segment{Item: i} })
	case "syncs":
		declareAll(l, &l.syncs, list, func(i cdp.Item) *cdp.Sync { return &cdp.Sync{Item: i} })
	case "unit_tests":
		declareAll(l, &l.unitTests, list, func(i cdp.Item) *cdp.UnitTest { return &cdp.UnitTest{Item: i} })
	}
}
