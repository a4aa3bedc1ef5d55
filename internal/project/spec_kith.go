package project

import (
	"maps"
	"slices"

	"github.com/kithdata/kith/internal/cdp"
)

// grammar is the whole language, with the destinations that this kith knows.
type grammar struct {
	kith   *block // kith.yml
	models *block // a file under models/ or syncs/

	targets      *variants
	destinations *variants
	predicate    *block
	condition    shape // a predicate in all its forms
	sql          shape
	schedule     *block
	traitBlock   *block
	syncBlock    *block
}

func newGrammar(specs map[string]cdp.DestinationSpec) *grammar {
	g := &grammar{}
	g.sql = one(sqlKind).or(mapping(&block{name: "sql by dialect", doc: "One text for each dialect.", fields: []field{
		{name: "clickhouse", shape: one(sqlKind), doc: "In the SQL of ClickHouse."},
		{name: "bigquery", shape: one(sqlKind), doc: "In GoogleSQL."},
	}}))
	g.schedule = g.scheduleBlock()
	g.buildPredicate()
	g.destinations = destinationVariants(specs)
	g.targets = g.targetVariants()
	g.kith = g.kithBlock()
	g.traitBlock, g.syncBlock = g.trait(), g.sync()
	g.models = &block{name: "a file of models or syncs", doc: "Lists of what the project declares; every list may be spread over files.", fields: []field{
		{name: "sources", shape: many(mapping(g.source())), doc: "Tables and queries that are in the warehouse."},
		{name: "entities", shape: many(mapping(g.entity())), doc: "What profiles are about, and how rows are tied to them."},
		{name: "relations", shape: many(mapping(g.relation())), doc: "Pairs of two entities."},
		{name: "traits", shape: many(mapping(g.traitBlock)), doc: "Columns of profiles."},
		{name: "consents", shape: many(mapping(g.consent())), doc: "Who agreed to what."},
		{name: "segments", shape: many(mapping(g.segment())), doc: "Conditions over profiles."},
		{name: "syncs", shape: many(mapping(g.syncBlock)), doc: "What is sent where."},
		{name: "unit_tests", shape: many(mapping(g.unitTest())), doc: "Given rows and what must become of them.", later: unitTests},
	}}
	return g
}

func (g *grammar) kithBlock() *block {
	return &block{name: kithFile, doc: "The file at the root of a project. An option of a target or a destination may hold ${NAME} or ${NAME:-default}, a secret also file:PATH or exec:COMMAND; they are read when a connection is opened.", fields: []field{
		{name: "version", shape: one(&scalar{name: "1", is: "1", values: []string{"1"}, json: []string{"integer"}}), required: true, doc: "The version of the language."},
		{name: "name", shape: one(textKind), required: true, doc: "The name of the project."},
		{name: "timezone", shape: one(zoneKind), def: "UTC", doc: "Of calendar windows, of dates where a moment is needed (they begin at midnight there), and of schedules."},
		{name: "default_target", shape: one(refKind), def: "the only target", doc: "The target that is used when none is named."},
		{name: "targets", shape: dictOf(nameKind, shape{variants: g.targets}), required: true, doc: "Warehouses, by name."},
		{name: "state", shape: mapping(stateBlock()), doc: "Where kith keeps its own tables."},
		{name: "vars", shape: dictOf(textKind, one(textKind)), doc: "Texts that {{ var('name') }} stands for."},
		{name: "suppress", shape: many(one(refKind)), doc: "Segments whose members count as withdrawn in every sync of their entity."},
		{name: "schedule", shape: mapping(g.schedule), doc: "When builds and syncs run that have no schedule of their own."},
		{name: "destinations", shape: many(shape{variants: g.destinations}), doc: "Remote systems."},
		{name: "dbt", shape: shape{any: true}, doc: "Reads sources from dbt.", later: reservedID},
		{name: "retention", shape: one(durationKind).or(mapping(retentionBlock("retention").and(
			field{name: "runs", shape: one(durationKind), def: "365d", doc: "Runs, with their reports, stopped plans and approvals; of a sync the last 50 stay, as many of those that `anomaly` looks at, and all of a full run that has not ended."}))), doc: "How long the ledger keeps what happened; a duration alone is for all of it."},
		{name: "alerts", shape: mapping(g.alertsBlock()), doc: "Who is told what about builds and syncs."},
	}}
}

func stateBlock() *block {
	return &block{name: "state", doc: "Where kith keeps its own tables.", fields: []field{
		{name: "schema", shape: one(schemaKind), required: true, def: "kith", doc: "A database of ClickHouse, a dataset of BigQuery; kith writes nowhere else."},
	}}
}

// retentionBlock is how long the ledger keeps what happened to rows.
func retentionBlock(name string) *block {
	return &block{name: name, doc: "How long the ledger keeps what happened. What a sync needs to go on is never dropped.", fields: []field{
		{name: "log", shape: one(durationKind), def: "90d", doc: "sync_log: every attempt to send a row."},
		{name: "rejections", shape: one(durationKind), def: "365d", doc: "Rejected rows that no run has tried again since; 30 days at least."},
	}}
}

func (g *grammar) targetVariants() *variants {
	env := func(o cdp.Option) field { return optionField(o) }
	common := []field{
		{name: "deliver", shape: one(enum("live")), doc: "live: syncs reach the vendors. Every other target talks to the built-in sandbox."},
		{name: "state", shape: mapping(stateBlock()), doc: "Instead of the project's."},
		{name: "vars", shape: dictOf(textKind, one(textKind)), doc: "Over the project's."},
		{name: "destinations", shape: many(shape{raw: true}), doc: "Over the project's: keys of a destination of that name, or a further one."},
	}
	kind := func(t string) field {
		return field{name: "type", shape: one(enum(t)), required: true, doc: "The kind of warehouse."}
	}
	clickhouse := &block{name: "a clickhouse target", doc: "ClickHouse: a server, or the engine that kith runs itself.", exact: []string{"embedded", "addr"}, fields: []field{
		kind("clickhouse"),
		{name: "embedded", shape: mapping(&block{name: "embedded", doc: "The engine that kith runs itself.", fields: []field{
			env(cdp.Option{Name: "path", Kind: cdp.OptString, Default: ".kith/warehouse", Doc: "The folder of its data, relative to the project."}),
		}}), doc: "Run the built-in engine."},
		env(cdp.Option{Name: "addr", Kind: cdp.OptStrings, Doc: "Addresses of equal nodes that share the state schema (ClickHouse Cloud), host or host:port."}),
		env(cdp.Option{Name: "username", Kind: cdp.OptString, Default: "default", Doc: "The user."}),
		env(cdp.Option{Name: "password", Kind: cdp.OptString, Secret: true, Doc: "The user's password."}),
		env(cdp.Option{Name: "database", Kind: cdp.OptString, Doc: "The database of names without one."}),
		env(cdp.Option{Name: "protocol", Kind: cdp.OptEnum, Values: []string{"native", "http"}, Default: "native", Doc: "How to talk to the server."}),
		env(cdp.Option{Name: "secure", Kind: cdp.OptBool, Default: "false", Doc: "Use TLS."}),
		env(cdp.Option{Name: "ca_file", Kind: cdp.OptString, Doc: "A file of certificates to trust, in PEM."}),
		env(cdp.Option{Name: "server_name", Kind: cdp.OptString, Doc: "The name expected in the certificate."}),
		env(cdp.Option{Name: "skip_verify", Kind: cdp.OptBool, Default: "false", Doc: "Accept any certificate."}),
		env(cdp.Option{Name: "settings", Kind: cdp.OptMap, Doc: "Settings of every statement."}),
		env(cdp.Option{Name: "dial_timeout", Kind: cdp.OptDuration, Default: "10s", Doc: "How long connecting may take."}),
		{name: "cluster", shape: shape{any: true}, doc: "ON CLUSTER and Replicated engines.", later: reservedID},
	}}
	bq := &block{name: "a bigquery target", doc: "BigQuery: a project, or the emulator that kith runs itself, for development.", exact: []string{"project", "emulator"}, fields: []field{
		kind("bigquery"),
		env(cdp.Option{Name: "project", Kind: cdp.OptString, Doc: "The project that pays."}),
		{name: "emulator", shape: one(boolKind), doc: "Run the emulator. It is no BigQuery: docs/bigquery.md says where it differs."},
		env(cdp.Option{Name: "dataset", Kind: cdp.OptString, Doc: "The dataset of names without one."}),
		env(cdp.Option{Name: "location", Kind: cdp.OptString, Doc: "Where the datasets are, such as EU."}),
		env(cdp.Option{Name: "credentials_file", Kind: cdp.OptString, Doc: "A service account's key file; without it the application default credentials count."}),
		env(cdp.Option{Name: "impersonate", Kind: cdp.OptString, Doc: "The service account to act as."}),
		env(cdp.Option{Name: "max_bytes_billed", Kind: cdp.OptBytes, Doc: "A run that would read more is refused, and so is a statement, unless it ends what has begun."}),
		env(cdp.Option{Name: "price_per_tib", Kind: cdp.OptString, Default: "6.25", Doc: "What reading a TiB costs, for the figures of plan."}),
		env(cdp.Option{Name: "job_timeout", Kind: cdp.OptDuration, Default: "30m", Doc: "How long a statement may take."}),
	}}
	return &variants{name: "a target", types: []string{"clickhouse", "bigquery"}, blocks: map[string]*block{
		"clickhouse": clickhouse.and(common...), "bigquery": bq.and(common...),
	}}
}

func required(f field) field {
	f.required = true
	return f
}

// optionField is the row of an option that a destination declares.
func optionField(o cdp.Option) field {
	if o.Secret {
		o.Doc += " A secret: ${NAME}, file:PATH or exec:COMMAND."
	}
	return field{name: o.Name, shape: optionShape(o), required: o.Required, doc: o.Doc, def: o.Default, secret: o.Secret}
}

func destinationVariants(specs map[string]cdp.DestinationSpec) *variants {
	vs := &variants{name: "a destination", types: slices.Sorted(maps.Keys(specs)), blocks: map[string]*block{}}
	for _, t := range vs.types {
		vs.blocks[t] = destinationBlock(t, specs[t])
	}
	return vs
}

// commonOptions are options of every destination, whether its spec lists them or not.
var commonOptions = []cdp.Option{
	{Name: "base_url", Kind: cdp.OptURL, Doc: "Another address of the API; it needs credentials of its own."},
	{Name: "allow_private", Kind: cdp.OptBool, Default: "false", Doc: "Allows private and loopback addresses."},
}

func destinationBlock(t string, spec cdp.DestinationSpec) *block {
	b := item("a destination of type "+t, spec.Doc, field{name: "type", shape: one(enum(t)), required: true, doc: "The kind of remote system."})
	for _, o := range append(slices.Clone(spec.Options), commonOptions...) {
		if b.find(o.Name) == nil && !(spec.Local && slices.ContainsFunc(commonOptions, func(c cdp.Option) bool { return c.Name == o.Name })) {
			b = b.and(optionField(o))
		}
	}
	return b.and(field{name: "defaults", shape: shape{any: true}, doc: "Of its syncs.", later: reservedID})
}

// overlay is the block of a destination under a target: its keys go over those of
// the project's destination of that name.
func overlay(b *block) *block {
	c := *b
	c.fields = slices.Clone(b.fields)
	for i := range c.fields {
		if c.fields[i].name != "name" {
			c.fields[i].required = false
		}
	}
	return &c
}
