package project

var piiKinds = []string{
	"email", "phone", "first_name", "last_name", "birthdate", "gender", "street", "city", "region", "postcode", "country", "ip",
	"device_id", "external_id", "other",
}

func (g *grammar) source() *block {
	b := item("a source", "A table or a query that is already in the warehouse.",
		field{name: "table", shape: one(tableKind), doc: "The table, as database.table."},
		field{name: "query", shape: one(queryKind).or(mapping(&block{name: "query by dialect", doc: "One SELECT for each dialect.", fields: []field{
			{name: "clickhouse", shape: one(queryKind), doc: "In the SQL of ClickHouse."},
			{name: "bigquery", shape: one(queryKind), doc: "In GoogleSQL."},
		}})), doc: "A SELECT; {{ source('x') }}, {{ ref('segment') }} (column entity_id) and {{ identity('entity') }} (columns identifier, value, entity_id) stand for tables."},
		field{name: "key", shape: oneOrMany(columnKind), doc: "Columns that name a row; needed by dedupe, events and syncs from the source."},
		field{name: "timestamp", shape: one(columnKind), doc: "When it happened: windows, latest, events."},
		field{name: "loaded_at", shape: one(columnKind), def: "timestamp", doc: "When we learnt it: freshness, increments."},
		field{name: "lookback", shape: one(durationKind), doc: "How much increments read again."},
		field{name: "dedupe", shape: one(boolKind), def: "false", doc: "Keep the newest row per key, by loaded_at, then timestamp, then a hash of all declared columns, which every statement over the source reads for it. `where` looks at that row alone: when it leaves the newest out, none of the key is left. To filter before, use a `query`."},
		field{name: "where", shape: g.condition, doc: "Which rows count."},
		field{name: "freshness", shape: mapping(&block{name: "freshness", doc: "How old the newest row may be.", fields: []field{
			{name: "warn", shape: one(durationKind), doc: "Older: a warning."},
			{name: "error", shape: one(durationKind), doc: "Older: an error."},
		}}), doc: "How old the newest row may be."},
		field{name: "columns", shape: dictOf(columnKind, one(typeKind).or(mapping(g.column()))), required: true, doc: "Only those that are used: a type, or more."},
	)
	b.exact = []string{"table", "query"}
	return b
}

func (g *grammar) column() *block {
	return &block{name: "a column", doc: "A column of a source.", fields: []field{
		{name: "type", shape: one(typeKind), required: true, doc: "string int float decimal(p,s) bool date timestamp json list(T)."},
		{name: "pii", shape: one(enum(piiKinds...)), doc: "What personal data it holds; a sync that sends it must say consent."},
		{name: "json", shape: one(&scalar{name: "path", is: "a path such as properties.price", check: jsonPath}), doc: "Read from a declared json column: properties.price."},
		{name: "sql", shape: g.sql, doc: "Made from other columns."},
		{name: "description", shape: one(textKind), doc: "What it is, for people."},
		{name: "tests", shape: many(one(enum("unique", "not_null")).or(mapping(&block{name: "a column test", doc: "A test with values.", fields: []field{
			{name: "accepted_values", shape: many(one(literalKind)), required: true, doc: "The only values there may be."},
		}}))), doc: "unique, not_null, {accepted_values: [...]}.", later: unitTests},
	}}
}

func (g *grammar) entity() *block {
	blockKind := &scalar{name: "value or /regex/", is: "a value or /regex/", check: blockPattern}
	capKind := &scalar{name: "identifier", is: "the name of an identifier, or any"}
	identifier := &block{name: "an identifier", doc: "A handle by which rows are tied to an entity.", fields: []field{
		{name: "name", shape: one(nameKind), required: true, doc: "Its name, which is also that of a trait: the latest value seen."},
		{name: "normalize", shape: one(enum("email", "phone", "lower", "trim", "gmail")), doc: "How values are made comparable."},
		{name: "region", shape: one(textKind), doc: "Of phone: the country of numbers without one, as NL; or a column that holds it."},
		{name: "max", shape: one(countKind), doc: "How many values an entity has at most."},
		{name: "block", shape: many(one(blockKind)).or(mapping(&block{name: "block", doc: "Values in a table of the warehouse, and others.", fields: []field{
			{name: "table", shape: one(tableKind), required: true, doc: "The table, as database.table; its values are compared as the identifier's own are."},
			{name: "column", shape: one(columnKind), def: "the identifier's name", doc: "Its column that holds the values."},
			{name: "values", shape: many(one(blockKind)), doc: "Values and /regular expressions/ beside those of the table."},
		}})), doc: "Values, and /regular expressions/ of values, that identify nobody."},
		{name: "on_conflict", shape: one(enum("assign", "share")), def: "assign", doc: "What becomes of a value that would join what a stronger identifier keeps apart."},
		{name: "caps", shape: dictOf(capKind, one(countKind)), doc: "identifier: how many of its values one value may be linked with, `any` for all others; a value with more is taken for one that many share, and links nothing."},
	}}
	link := &block{name: "a link", doc: "Which columns of a source hold which identifiers.", fields: []field{
		{name: "source", shape: one(refKind), required: true, doc: "The source."},
		{name: "identifiers", shape: many(one(refKind)).or(dictOf(refKind, one(columnKind))), required: true, doc: "identifier: column; or a list, where columns have the names of identifiers."},
		{name: "where", shape: g.condition, doc: "Which rows count."},
		{name: "merge", shape: one(boolKind), def: "true", doc: "Whether a row ties its identifiers together, or only attaches to one."},
	}}
	return item("an entity", "What a profile is about.",
		field{name: "identity", required: true, doc: "How rows are tied to entities.", shape: mapping(&block{name: "identity", doc: "How rows are tied to entities.", fields: []field{
			{name: "identifiers", shape: many(mapping(identifier)), required: true, doc: "Strongest first."},
			{name: "links", shape: many(mapping(link)), required: true, doc: "One per source."},
			{name: "max_size", shape: one(countKind), doc: "A larger component is quarantined: reported, not merged."},
			{name: "partition", shape: shape{any: true}, doc: "Keeps parts of the graph apart.", later: reservedID},
			{name: "require", shape: shape{any: true}, doc: "What a component must have.", later: reservedID},
			{name: "rebuild", doc: "When a build reads everything again; the others read what is new.", shape: mapping(&block{name: "rebuild", doc: "A schedule of builds that read everything.", fields: []field{
				{name: "cron", shape: one(cronKind), required: true, doc: "Five fields, or @daily, @weekly, @monthly, @yearly."},
				{name: "timezone", shape: one(zoneKind), def: "the project's", doc: "Of cron."},
			}}), def: "@weekly"},
			{name: "guards", doc: "How much one build may change; beyond it the run is blocked.", shape: mapping(&block{name: "guards of an identity", doc: "Each is compared with the larger of it and 20.", fields: []field{
				{name: "max_merged", shape: one(guardKind), def: "10%", doc: "Entities that become part of another."},
				{name: "max_split", shape: one(guardKind), def: "10%", doc: "Entities that fall apart."},
				{name: "max_gone", shape: one(guardKind), def: "10%", doc: "Entities of which no identifier is left."},
				{name: "max_quarantined", shape: one(guardKind), def: "10%", doc: "Identifiers that come into quarantine."},
			}})},
		}})},
		field{name: "match", shape: mapping(g.match()), doc: "Ties that are only probable, by comparing records."},
	)
}

func (g *grammar) relation() *block {
	return item("a relation", "Pairs of two entities: the rows of a source that belong to both.",
		field{name: "entity", shape: one(refKind), required: true, doc: "Whose relation it is."},
		field{name: "to", shape: one(refKind), required: true, doc: "To what."},
		field{name: "from", shape: one(refKind), required: true, doc: "The source, which is linked to both."},
		field{name: "where", shape: g.condition, doc: "Which rows count."},
		field{name: "pick", shape: one(enum("latest", "earliest")), doc: "To one: which; without it to many."},
	)
}

func (g *grammar) trait() *block {
	return item("a trait", "One column of a profile.",
		field{name: "entity", shape: one(refKind), def: "the only entity", doc: "Whose profile."},
		field{name: "from", shape: oneOrMany(fromKind), doc: "With pick: source.column, or a list of them. With aggregate: a source."},
		field{name: "pick", shape: one(enum("first", "latest", "earliest", "most_frequent")), doc: "Which value survives; first: in the order of the list, latest inside one."},
		field{name: "limit", shape: one(countKind), doc: "Makes a list of at most so many distinct values, best first."},
		field{name: "identifier", shape: one(refKind), doc: "Values of an identifier."},
		field{name: "aggregate", shape: g.aggregate(), doc: "count, count(c), count_distinct(c), sum(c), avg(c), min(c), max(c) or {sql: ...}. The sum and avg of a float differ in their last digits with the order in which the warehouse adds rows, and what differs is sent again: declare amounts as decimal. A sum of ints that does not fit into 64 bits ends the build with an error: declare the column as decimal."},
		field{name: "where", shape: g.condition, doc: "Of an aggregate: which rows count."},
		field{name: "within", shape: one(windowKind), doc: "Of an aggregate: how far back."},
		field{name: "after", shape: one(refKind), doc: "Of an aggregate: a timestamp trait that moves the start."},
		field{name: "default", shape: one(literalKind).or(many(one(literalKind))), doc: "Of an aggregate: the value of no rows."},
		field{name: "type", shape: one(typeKind), doc: "Of sql; of an aggregate in sql it is float by default."},
		field{name: "sql", shape: g.sql, doc: "An expression over other traits."},
		field{name: "bin", doc: "Quantile group 1 to n, n the highest.", shape: mapping(&block{name: "a bin", doc: "Quantile groups.", fields: []field{
			{name: "trait", shape: one(refKind), required: true, doc: "What is grouped."},
			{name: "into", shape: one(countKind), required: true, doc: "How many groups."},
		}})},
		field{name: "split", doc: "A label by the entity id: experiments, holdouts.", shape: mapping(&block{name: "a split", doc: "Labels by entity id.", fields: []field{
			{name: "salt", shape: one(textKind), required: true, doc: "Another salt is another split."},
			{name: "shares", shape: dictOf(textKind, one(percentKind)), required: true, doc: "Per cent of each label; they add up to 100."},
		}})},
		field{name: "relation", shape: one(refKind), doc: "Through a relation: with trait, or with an aggregate over its traits."},
		field{name: "trait", shape: one(refKind), doc: "With relation: the trait of the other entity."},
		field{name: "first_of", shape: shape{any: true}, doc: "The first value that is there.", later: reservedID},
	)
}

func (g *grammar) aggregate() shape {
	return one(&scalar{name: "aggregate", is: "an aggregate such as sum(price)"}).or(mapping(&block{name: "an aggregate", doc: "An aggregate in SQL.", fields: []field{
		{name: "sql", shape: g.sql, required: true, doc: "An aggregate expression over the columns of the source."},
	}}))
}

func (g *grammar) consent() *block {
	return item("a consent", "Who agreed to what.",
		field{name: "entity", shape: one(refKind), def: "the only entity", doc: "Who agrees."},
		field{name: "identifier", shape: one(refKind), doc: "The consent belongs to the value: of the identifier's own trait only granted values are sent, and of a source only rows whose own value was granted, or that have none. A sync cannot send what else is made of the values."},
		field{name: "from", shape: oneOrMany(fromKind), required: true, doc: "Columns of type bool; the latest row wins, a tie is denied. Where one source has a time, all must."},
		field{name: "pick", shape: one(enum("latest")), def: "latest", doc: "Which row wins."},
		field{name: "default", shape: one(enum("granted", "denied")), def: "denied", doc: "Without any row; granted is soft opt-in."},
	)
}

func (g *grammar) segment() *block {
	return item("a segment", "A condition over profiles.",
		field{name: "entity", shape: one(refKind), def: "the only entity", doc: "Whose profiles."},
		field{name: "where", shape: g.condition, required: true, doc: "Who is in."},
		field{name: "limit", doc: "Keep the best; before consent and suppression, nulls last, ties by entity id.", shape: mapping(&block{name: "a limit", doc: "Keeps the best.", exact: []string{"highest", "lowest"}, fields: []field{
			{name: "rows", shape: one(countKind), required: true, doc: "How many."},
			{name: "highest", shape: one(refKind), doc: "By this trait, highest first."},
			{name: "lowest", shape: one(refKind), doc: "By this trait, lowest first."},
		}})},
	)
}
