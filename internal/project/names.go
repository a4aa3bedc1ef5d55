package project

import (
	"slices"

	"github.com/kithdata/kith/internal/cdp"
)

// names is a list of declared things of one kind, over all files.
type names[T any] struct {
	what string // "source"
	all  []*declared[T]
	by   map[string]*declared[T]
	list []string
	open bool // one of them could not be read: an unknown name is no news
}

// declared is a thing and the block that declares it.
type declared[T any] struct {
	noun T
	v    *value
	item cdp.Item
}

func declareAll[T any](l *loader, ns *names[T], list *value, noun func(cdp.Item) T) {
	if list == nil {
		ns.open = true // it could not be read
		return
	}
	ns.open = ns.open || list.short
	for _, v := range list.list {
		declare(l, ns, v, noun)
	}
}

// declare names the thing that a block declares.
func declare[T any](l *loader, ns *names[T], v *value, noun func(cdp.Item) T) {
	i := l.item(v)
	d := &declared[T]{noun(i), v, i}
	ns.all = append(ns.all, d)
	if i.Name == "" {
		ns.open = true // its name was refused
		return
	}
	if first, ok := ns.by[i.Name]; ok {
		l.at(v.nameNode(), "rename one of them", "two %s are called %q", plural(ns.what), i.Name).Note(first.v.nameNode().pos(), "the first one")
		return
	}
	if ns.by == nil {
		ns.by = map[string]*declared[T]{}
	}
	ns.by[i.Name] = d
	ns.list = append(ns.list, i.Name)
}

func plural(what string) string {
	if what == "entity" {
		return "entities"
	}
	return what + "s"
}

// enabled are those that take part.
func (ns *names[T]) enabled() []*declared[T] {
	return slices.DeleteFunc(slices.Clone(ns.all), func(d *declared[T]) bool { return d.item.Disabled })
}

// find looks a name up and reports one that is unknown or disabled.
func find[T any](l *loader, ns *names[T], v *value) (noun T, ok bool) {
	if v == nil {
		return noun, false
	}
	name := v.text.s
	d, ok := ns.by[name]
	switch {
	case !ok && !l.partial && !ns.open:
		l.at(v.node, near(name, ns.list, "there are"), "unknown %s %q", ns.what, name)
	case ok && d.item.Disabled:
		l.at(v.node, "", "%s %s is disabled", ns.what, name).Note(d.item.Pos, "declared here")
		return noun, false
	}
	if !ok {
		return noun, false
	}
	return d.noun, true
}

// item is what every declared thing has.
func (l *loader) item(v *value) cdp.Item {
	i := cdp.Item{Name: v.str("name"), Description: v.str("description"), Owner: v.str("owner"), Pos: v.nameNode().pos()}
	for _, t := range v.get("tags").each() {
		i.Tags = append(i.Tags, t.text.s)
	}
	i.Disabled = v.str("enabled") == "false"
	return i
}

// nameNode is where the name stands, or else the block.
func (v *value) nameNode() node {
	if n := v.get("name"); n != nil {
		return n.node
	}
	return v.node
}

// entityOf is the entity that a block names, or the only one there is.
func (l *loader) entityOf(v *value) *cdp.Entity {
	if v.has("entity") {
		e, _ := find(l, &l.entities, v.get("entity"))
		return e
	}
	all := l.entities.enabled()
	switch {
	case len(all) == 1:
		return all[0].noun
	case l.partial || l.entities.open:
	case len(all) == 0:
		l.at(v.nameNode(), "declare one under entities", "there is no entity that %s could belong to", v.str("name"))
	default:
		var list []string
		for _, d := range all {
			list = append(list, d.item.Name)
		}
		l.at(v.nameNode(), "add entity: "+list[0]+", or another one", "%s does not say to which entity it belongs", v.str("name"))
	}
	return nil
}
