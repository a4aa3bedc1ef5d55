package project

// buildPredicate makes the block that holds itself.
func (g *grammar) buildPredicate() {
	g.predicate = &block{name: "a condition", doc: "One subject and operators, all of which hold; or all, any, not. A list means all, a text is short for {sql: ...}. A test on null is false.", oneOf: subjects}
	g.condition = shape{scalar: sqlKind, block: g.predicate}
	g.condition.list = &g.condition
	list := shape{list: &g.condition}
	literals := many(one(literalKind))
	g.predicate.fields = []field{
		{name: "all", shape: list, doc: "All of these hold."},
		{name: "any", shape: list, doc: "One of these holds."},
		{name: "not", shape: g.condition, doc: "This does not hold."},
		{name: "trait", shape: one(refKind), doc: "A trait, where a profile is in scope."},
		{name: "column", shape: one(columnKind), doc: "A column, where rows are in scope."},
		{name: "event", shape: one(refKind), doc: "The rows of a source that belong to the entity; without an operator: at least one."},
		{name: "relation", shape: one(refKind), doc: "The entities that a relation leads to; without an operator: at least one."},
		{name: "segment", shape: one(refKind), doc: "Membership of a segment."},
		{name: "sql", shape: g.sql, doc: "An expression over the names in scope; null is false."},
		{name: "eq", shape: one(literalKind), doc: "Equal."},
		{name: "ne", shape: one(literalKind), doc: "Not eq: true for null."},
		{name: "gt", shape: one(literalKind), doc: "Greater."},
		{name: "gte", shape: one(literalKind), doc: "Greater or equal."},
		{name: "lt", shape: one(literalKind), doc: "Less."},
		{name: "lte", shape: one(literalKind), doc: "Less or equal."},
		{name: "in", shape: literals, doc: "One of these."},
		{name: "not_in", shape: literals, doc: "Not in: true for null."},
		{name: "contains", shape: one(literalKind), doc: "A text has this part, a list this item."},
		{name: "starts_with", shape: one(literalKind), doc: "A text begins with this."},
		{name: "exists", shape: one(boolKind), doc: "true: not null; false: null."},
		{name: "within", shape: one(windowKind), doc: "A time in a window: 90d (m h d w) back from now, this month, last 3 months."},
		{name: "after", shape: one(refKind), doc: "Of an event: a timestamp trait that moves the start of the window."},
		{name: "aggregate", shape: g.aggregate(), doc: "Of an event or relation: what the operators compare; count without it."},
		{name: "where", shape: g.condition, doc: "Of an event or relation: which rows count."},
	}
}

func (g *grammar) sync() *block {
	fieldForms := one(refKind).or(mapping(g.field()))
	on := g.removal()
	return item("a sync", "What is sent where.",
		field{name: "from", required: true, doc: "A segment, an entity or a source.", shape: mapping(&block{name: "from", doc: "What is sent.", fields: []field{
			{name: "segment", shape: one(refKind), doc: "The members of a segment."},
			{name: "entity", shape: one(refKind), doc: "Every profile; beside source: whose rows they are."},
			{name: "source", shape: one(refKind), doc: "The rows of a source."},
			{name: "where", shape: g.condition, doc: "Which of them."},
			{name: "start", shape: one(startKind), doc: "Of events, required: a date, or now, which is the first run."},
			{name: "within", shape: one(durationKind), doc: "Of events: older rows are expired."},
			{name: "sequence", shape: shape{any: true}, doc: "Steps.", later: reservedID},
		}})},
		field{name: "to", required: true, doc: "Exactly one of object, audience and event.", shape: mapping(&block{name: "to", doc: "Where it is sent.", exact: []string{"object", "audience", "event"}, fields: []field{
			{name: "destination", shape: one(refKind), required: true, doc: "A destination of kith.yml."},
			{name: "object", shape: one(textKind), doc: "Records."},
			{name: "audience", shape: one(textKind).or(mapping(&block{name: "an audience", doc: "An audience that is there.", fields: []field{
				{name: "id", shape: one(textKind), required: true, doc: "Its id at the destination."},
			}})), doc: "Membership of a remote list, which is made when it is missing; or {id: ...}, which must exist."},
			{name: "event", shape: one(textKind), doc: "Each row is sent once."},
		}}).or(shape{list: &shape{raw: true}})},
		field{name: "mode", shape: one(enum("upsert", "update", "insert")), def: "upsert", doc: "Of objects: update makes none, insert changes none."},
		field{name: "key", shape: dictOf(textKind, fieldForms), doc: "remote field: trait or column; one. Of objects and events."},
		field{name: "match", shape: many(one(refKind)), doc: "Traits by which a platform recognises a person; it gets all the values of one pii kind together. Of audiences and events."},
		field{name: "fields", shape: dictOf(textKind, fieldForms), doc: "remote field: trait, or column for a source; or a block."},
		field{name: "consent", shape: oneOrMany(refKind), doc: "A consent, a list (all), or none. Required when a pii column is sent."},
		field{name: "on_removed", shape: on, doc: "By reason, or one action for all: ignore delete archive remove, {set: ...}."},
		field{name: "schedule", shape: mapping(g.schedule), def: "the project's", doc: "When it runs."},
		field{name: "guards", doc: "Beyond these a run is blocked and asks for approval.", shape: mapping(&block{name: "guards", doc: "Limits of a run.", fields: []field{
			{name: "max_removed", shape: one(guardKind), def: "10%", doc: "Rows removed."},
			{name: "max_changed", shape: one(guardKind), doc: "Rows changed; of an audience also members that would be known by other values."},
			{name: "min_rows", shape: one(wholeKind), def: "1", doc: "Rows there must be."},
			{name: "anomaly", shape: one(timesKind), doc: "How many times the usual spread the rows wanted and the rows sent may lie off the median of the last 30 runs that came to their end, the first and full ones aside; 5 is a good start. Needs 7 runs."},
		}})},
		field{name: "was", shape: one(nameKind), doc: "Its name before: moves its state."},
		field{name: "associations", shape: shape{any: true}, doc: "Links of remote records.", later: reservedID},
		field{name: "requires", shape: shape{any: true}, doc: "Runs after another.", later: reservedID},
		field{name: "existing", shape: one(enum("adopt", "skip")), def: "adopt", doc: "Of objects in mode upsert: what a new row does whose key the destination has already, from before kith. adopt takes the record over; skip leaves it alone for good: it is neither changed nor removed. With it, plan looks up how many there are."},
		field{name: "priority", shape: one(enum("high", "normal", "low")), def: "normal", doc: "Who goes first, and how syncs share the rate of an account: high gets four parts for two of normal and one of low."},
		field{name: "retention", shape: one(durationKind).or(mapping(retentionBlock("retention of a sync"))), def: "the project's", doc: "How long the ledger keeps what happened to its rows; a duration alone is for all of it."},
		field{name: "alerts", shape: one(enum("none")).or(mapping(syncAlertsBlock())), def: "the project's", doc: "Who is told what; none for nobody."},
	)
}

// field is the long form of a field of a sync.
func (g *grammar) field() *block {
	return &block{name: "a field", doc: "Where the value of a remote field comes from.", oneOf: fieldKinds, fields: []field{
		{name: "trait", shape: one(refKind), doc: "A trait; with relation, of the other entity."},
		{name: "column", shape: one(columnKind), doc: "A column of the source."},
		{name: "segment", shape: one(refKind), doc: "Membership, true or false."},
		{name: "value", shape: one(literalKind), doc: "A constant text."},
		{name: "sql", shape: g.sql, doc: "An expression over the names in scope, sent as text."},
		{name: "relation", shape: one(refKind), doc: "Through a relation to one."},
		{name: "on_null", shape: one(enum("skip", "clear")), def: "skip", doc: "What a null does at the destination."},
		{name: "first_of", shape: shape{any: true}, doc: "The first value that is there.", later: reservedID},
		{name: "write", shape: shape{any: true}, doc: "When to write.", later: reservedID},
	}}
}

func (g *grammar) removal() shape {
	actions := enum("ignore", "delete", "archive", "remove")
	set := field{name: "set", shape: dictOf(textKind, one(literalKind)), doc: "Constants to set; the record stays. Of a mapped field in its type, else true, false and numbers as such unless they are in quotes."}
	action := one(actions).or(mapping(&block{name: "an action", doc: "An action with values.", fields: []field{required(set)}}))
	return one(actions).or(mapping(&block{name: "on_removed", doc: "By reason, or {set: ...} for all; strongest first.", fields: []field{
		{name: "withdrawn", shape: action, def: "remove for audiences, ignore for objects", doc: "Consent or suppression."},
		{name: "merged", shape: action, def: "the same", doc: "The entity became part of another."},
		{name: "gone", shape: action, def: "the same", doc: "No longer in the entity or the source."},
		{name: "left", shape: action, def: "the same", doc: "No longer in the segment."},
		set,
	}}))
}

func (g *grammar) unitTest() *block {
	row := dictOf(textKind, one(cellKind).or(many(one(cellKind))))
	return item("a unit test", "Given rows, and what must become of them.",
		field{name: "now", shape: one(momentKind), doc: "The moment of the test; needed by windows."},
		field{name: "given", shape: dictOf(refKind, many(row)), required: true, doc: "Rows of sources; a column that is not given is null."},
		field{name: "expect", required: true, doc: "Rows are a set; only the named columns are compared.", shape: many(mapping(&block{name: "an expectation", doc: "The rows that there must be.", exact: []string{"entity", "segment"}, fields: []field{
			{name: "entity", shape: one(refKind), doc: "Profiles of an entity."},
			{name: "segment", shape: one(refKind), doc: "Members of a segment."},
			{name: "rows", shape: many(row), required: true, doc: "Traits and their values."},
		}}))},
	)
}
