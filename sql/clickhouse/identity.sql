{{/*
Identity: identifiers in source rows -> nodes and edges -> connected components -> entities. Every edge has a < b; a label
is the node of some member of its component, and 0 is no node: with join_use_nulls = 0 it means "no row". Tables named by
.In are scratch, dropped when the run ends; the tables of the build are named by .Out.

compile_aggregate_expressions = 0: compiled min and max take a DateTime64 before 1970 for the latest (ClickHouse 26.1 to
26.7.3, ClickHouse/ClickHouse#113942, checked 2026-11-22).
*/}}

{{/* The order of anchors: first seen, type, value. */}}
{{define "identity_order"}}concat(leftPad(hex(toUInt64(toUnixTimestamp64Micro(first_seen) + 2208988800000000)), 16, '0'), hex(type), value){{end}}

{{/* one row per combination of identifiers in a source: values v, their nodes d (0: absent, not valid or blocked) */}}
{{define "identity_rows"}}
CREATE OR REPLACE TABLE {{table .Rows}} ENGINE = MergeTree ORDER BY tuple() AS
SELECT {{range .Columns}}v{{.I}}, toUInt64({{.Node}}) AS d{{.I}}, {{if .Raw}}x{{.I}}, s{{.I}}, {{end}}{{end}}bucket, first_seen, last_seen, n, mix
FROM (
  SELECT {{range .Columns}}__kith_v{{.I}} AS v{{.I}}, {{if .Raw}}countIf(__kith_x{{.I}} != '') AS x{{.I}}, minIf(__kith_x{{.I}}, __kith_x{{.I}} != '') AS s{{.I}}, {{end}}{{end}}bucket, min(__kith_at) AS first_seen, max(if(__kith_at <= {{.AsOf}}, __kith_at, {{.Never}})) AS last_seen, count() AS n, {{if .Cut}}groupBitXor(__kith_mix){{else}}toUInt64(0){{end}} AS mix
  FROM (
    SELECT {{range .Columns}}{{.Value}} AS __kith_v{{.I}}, {{if .Raw}}if(__kith_v{{.I}} = '', {{template "masked" .Raw}}, '') AS __kith_x{{.I}}, {{end}}{{end}}{{.At}} AS __kith_at, {{template "identity_bucket" .}} AS bucket{{if .Cut}}, {{template "identity_mix" .}} AS __kith_mix{{end}}
    FROM (
{{.From}}
    ) AS __kith_s{{if .Where}}
    WHERE {{.Where}}{{end}}{{if .Tail}}
    {{if .Where}}AND{{else}}WHERE{{end}} {{template "identity_tail" .}}{{end}}
  ) GROUP BY {{range $i, $c := .Columns}}{{if $i}}, {{end}}v{{$i}}{{end}}, bucket
)
SETTINGS compile_aggregate_expressions = 0
{{end}}

{{/*
The hour in which a row was loaded, so that an increment can replace what it reads again; 0 is everything before .Cut, and the
last one is for rows that every increment reads: without a time of loading, or dated after the run.
*/}}
{{define "identity_bucket"}}{{if .Cut}}multiIf(isNull({{.Loaded}}) OR {{.At}} > {{.AsOf}}, toUInt32(4294967295), {{.Loaded}} >= {{.Cut}}, {{template "identity_hour" .}}, toUInt32(0)){{else}}toUInt32(0){{end}}{{end}}
{{define "identity_hour"}}toUInt32(greatest(1, least(4294967294, intDiv(toUnixTimestamp64Micro(assumeNotNull({{.Loaded}})), 3600000000)))){{end}}
{{define "identity_mix"}}reinterpretAsUInt64(ifNull(toUnixTimestamp64Micro({{.Loaded}}), 0)){{end}}

{{/*
The rows of a source that an increment reads. Null is never newer, so it is asked for where there is one, and so are rows
dated after the build before where that has met one (.Since): without them the condition is one on the time of loading,
by which a source may be ordered or partitioned.
*/}}
{{define "identity_tail"}}({{if .Nulls}}isNull({{.Loaded}}) OR {{end}}{{.Loaded}} >= {{.Cut}}{{if .Since}} OR {{.At}} > {{.Since}}{{end}}){{end}}

{{/* the newest time of loading, the number and mix of the rows that an increment does not read, and rows without that time */}}
{{define "identity_watermark"}}
SELECT max({{.Loaded}}) AS newest, {{if .Tail}}countIf(NOT {{template "identity_tail" .}}), groupBitXorIf({{template "identity_mix" .}}, NOT {{template "identity_tail" .}}){{else}}toUInt64(0), toUInt64(0){{end}}, countIf(isNull({{.Loaded}}))
FROM (
{{.From}}
) AS __kith_s
WHERE {{if .Filter}}({{.Filter}}) AND {{end}}({{.Loaded}} <= {{.AsOf}} OR isNull({{.Loaded}}))
{{end}}

{{/* what was read of every source: rows by hour, and those that belong to nobody */}}
{{define "identity_reads"}}
CREATE OR REPLACE TABLE {{table .Out.Reads}} ENGINE = MergeTree ORDER BY (source, bucket) AS
SELECT source, bucket, n, mix, unowned, cut, {{.AsOf}} AS as_of, {{.FullAt}} AS full_at, {{quote .Rules}} AS rules
FROM (
{{range $i, $r := .Reads}}{{if $i}}  UNION ALL
{{end}}  SELECT CAST({{quote $r.Source}} AS LowCardinality(String)) AS source, bucket, sum(r.n) AS n, groupBitXor(r.mix) AS mix, sumIf(r.n, {{range $j, $c := $r.Columns}}{{if $j}} AND {{end}}d{{$c.I}} = 0{{end}}) AS unowned, {{if $r.NextCut}}{{$r.NextCut}}{{else}}{{$.Never}}{{end}} AS cut FROM {{table $r.Rows}} AS r GROUP BY bucket
{{if $r.Keep}}  UNION ALL
  SELECT source, bucket, n, mix, unowned, {{$r.NextCut}} AS cut FROM {{table $.Before.Reads}} WHERE source = {{quote $r.Source}} AND bucket < {{$r.From}}
{{end}}{{end}})
{{end}}

{{define "identity_reads_state"}}
SELECT source, max(cut), sumIf(n, bucket < intDiv(toUnixTimestamp64Micro(cut), 3600000000)), groupBitXorIf(mix, bucket < intDiv(toUnixTimestamp64Micro(cut), 3600000000)), max(as_of), max(full_at), any(rules), sumIf(n, bucket = 4294967295)
FROM {{table .Before.Reads}} GROUP BY source
{{end}}

{{/* the hours that an increment reads again lie apart, so that what it replaces it finds without the rest */}}
{{define "identity_hours"}}PARTITION BY bucket != 0{{end}}

{{/* a link that only attaches tells of the strongest identifier of a row and of no other */}}
{{define "identity_evidence"}}
CREATE OR REPLACE TABLE {{table .Into}} ENGINE = MergeTree {{template "identity_hours" .}} ORDER BY node AS
{{/* state: 0 an identifier, 1 blocked, 2 not valid (value is an example, masked); node is 0 unless state is */}}
{{range $i, $c := .Values}}{{if $i}}UNION ALL
{{end}}SELECT d{{$c.I}} AS node, toUInt8({{$c.Rank}}) AS type, v{{$c.I}} AS value, CAST({{quote $c.Source}} AS LowCardinality(String)) AS source, bucket, toUInt8(node = 0) AS state, min(first_seen) AS first_seen, max(last_seen) AS last_seen, sum(n) AS n
FROM {{table $c.Rows}} WHERE v{{$c.I}} != ''{{if and (not $c.Merge) $c.Stronger}} AND (d{{$c.I}} = 0 OR ({{range $k, $x := $c.Stronger}}{{if $k}} AND {{end}}d{{$x}} = 0{{end}})){{end}} GROUP BY node, value, bucket
{{if $c.Raw}}UNION ALL
SELECT toUInt64(0) AS node, toUInt8({{$c.Rank}}) AS type, min(s{{$c.I}}) AS value, CAST({{quote $c.Source}} AS LowCardinality(String)) AS source, bucket, toUInt8(2) AS state, min(first_seen) AS first_seen, max(last_seen) AS last_seen, sum(x{{$c.I}}) AS n
FROM {{table $c.Rows}} WHERE x{{$c.I}} > 0 GROUP BY bucket
{{end}}{{end}}SETTINGS compile_aggregate_expressions = 0
{{end}}

{{/* columns of scratch tables of all identifiers: read at once and dropped, so that to compress them costs more than it saves */}}
{{define "identity_node_columns"}}node UInt64 CODEC(NONE), type UInt8 CODEC(NONE), value String CODEC(NONE), first_seen DateTime64(6, 'UTC') CODEC(NONE), last_seen DateTime64(6, 'UTC') CODEC(NONE), n UInt64 CODEC(NONE){{end}}

{{/* the identifiers; values that are blocked have node 0 */}}
{{define "identity_nodes"}}
CREATE OR REPLACE TABLE {{table .In.Nodes}} ({{template "identity_node_columns"}}) ENGINE = MergeTree ORDER BY tuple() AS
SELECT node, type, value, min(first_seen) AS first_seen, max(last_seen) AS last_seen, sum(n) AS n
FROM {{table .Out.Values}} WHERE node != 0 GROUP BY node, type, value
SETTINGS compile_aggregate_expressions = 0
{{end}}

{{define "identity_nodes_count"}}
SELECT count(), (SELECT count() FROM {{table .Out.Edges}}) FROM {{table .In.Nodes}}
{{end}}

{{/* values that share a node: the one that had it in the previous build stays, then the oldest */}}
{{define "identity_clashes"}}
SELECT s.node, s.type, s.value, {{if .Previous}}p.value = s.value{{else}}0{{end}} AS known
FROM (SELECT * FROM {{table .In.Nodes}} WHERE node IN (SELECT node FROM {{table .In.Nodes}} GROUP BY node HAVING count() > 1)) AS s
{{if .Previous}}LEFT JOIN (SELECT node, value FROM {{table .Before.Map}} WHERE node IN (SELECT node FROM {{table .In.Nodes}} GROUP BY node HAVING count() > 1)) AS p ON s.node = p.node
{{end}}ORDER BY s.node, known DESC, s.first_seen, s.type, s.value
LIMIT {{.Limit}}
SETTINGS join_use_nulls = 0
{{end}}

{{define "identity_collisions"}}
SELECT identifier, value, argMax(node, at) FROM {{table "identity_collisions"}} WHERE entity = {{quote .Entity}} GROUP BY identifier, value ORDER BY identifier, value
{{end}}

{{/* the strongest identifier of a row with each of the others; which of them are not applied says .Out.Refused */}}
{{define "identity_edges"}}
CREATE OR REPLACE TABLE {{table .Into}} (
  a UInt64,
  b UInt64,
  ta UInt8,
  tb UInt8,
  source LowCardinality(String),
  bucket UInt32,
  first_seen DateTime64(6, 'UTC'),
  last_seen DateTime64(6, 'UTC'),
  n UInt64
) ENGINE = MergeTree {{template "identity_hours" .}} ORDER BY (a, b){{range $i, $l := .Links}}{{if $i}}
UNION ALL{{else}} AS{{end}}
SELECT least(s, t) AS a, greatest(s, t) AS b, any(if(s < t, sr, {{$l.Rank}})) AS ta, any(if(s < t, {{$l.Rank}}, sr)) AS tb, {{quote $l.Source}} AS source, bucket, min(first_seen) AS first_seen, max(last_seen) AS last_seen, sum(n) AS n
FROM (
  SELECT {{if $l.Only}}d{{(index $l.Strongest 0).I}} AS s, {{(index $l.Strongest 0).Rank}} AS sr{{else}}multiIf({{range $l.Strongest}}d{{.I}} != 0, d{{.I}}, {{end}}0) AS s, multiIf({{range $l.Strongest}}d{{.I}} != 0, {{.Rank}}, {{end}}0) AS sr{{end}}, d{{$l.I}} AS t, bucket, first_seen, last_seen, n FROM {{table $l.Rows}} WHERE d{{$l.I}} != 0{{if $l.Where}} AND {{$l.Where}}{{end}}
) WHERE s != 0 AND s != t GROUP BY a, b, bucket{{end}}{{if .Links}}
SETTINGS compile_aggregate_expressions = 0{{end}}
{{end}}

{{/* FROM text: the components as they will be */}}
{{define "final_parts"}}{{if .Moved}}(
  SELECT part, anchor, first, identifiers, nodes, toUInt64(0) AS whole, 0 AS quarantined FROM {{table .In.Parts}} WHERE part NOT IN (SELECT whole FROM {{table .In.Moved}})
  UNION ALL SELECT part, anchor, first, identifiers, nodes, whole, large AS quarantined FROM {{table .In.MovedParts}}
){{else}}(SELECT part, anchor, first, identifiers, nodes, toUInt64(0) AS whole, 0 AS quarantined FROM {{table .In.Parts}}){{end}}{{end}}

{{/* FROM text: the identifiers with their final component; one that is shared is in none */}}
{{define "final_nodes"}}{{if .Moved}}(
  SELECT node, type, value, first_seen, last_seen, n, part FROM {{table .In.Found}} WHERE part NOT IN (SELECT whole FROM {{table .In.Moved}})
  UNION ALL SELECT node, type, value, first_seen, last_seen, n, part FROM {{table .In.Moved}}
){{else}}{{table .In.Found}}{{end}}{{end}}

{{/*
Ids. Every entity of the previous build claims one component: the one with its anchor, unless evidence alone has taken that
away (see identity_torn), else the one with its strongest identifier; of several such the one with the anchor, then that with the
largest overlap, a stronger identifier weighing more. Of several claims that wins whose id follows from the anchor of the
component, as without a ledger, else the one with the earliest anchor; the others are merged. So of an id and one that was salted
because of it (see identity_ids) the first wins.
*/}}
{{define "identity_overlap"}}
CREATE OR REPLACE TABLE {{table .In.Overlap}} ENGINE = MergeTree ORDER BY tuple() AS
SELECT p.entity_id AS entity_id, c.part AS part, toUInt64(sum({{.Types}} - c.type)) AS weight, min(c.type) AS strongest, count() AS shared, min(c.node) AS least, max(o.anchor = p.node) AS anchored
FROM {{template "final_nodes" .}} AS c
JOIN (SELECT node, entity_id FROM {{table .Old.Map}}) AS p ON c.node = p.node
LEFT JOIN (SELECT anchor FROM {{table .Old.Entity}}) AS o ON p.node = o.anchor
GROUP BY entity_id, part
SETTINGS join_use_nulls = 0
{{end}}

{{define "identity_claims"}}
CREATE OR REPLACE TABLE {{table .In.Claims}} ENGINE = MergeTree ORDER BY tuple() AS
SELECT entity_id, argMax(part, rank) AS part, argMax(anchored, rank) AS anchored, count() AS parts
FROM (
  SELECT *, bitOr(bitShiftLeft(toUInt128(if(anchored{{template "identity_torn" .}}, toUInt64(1e18), 0) + toUInt64({{.Types}} - strongest) * toUInt64(1e15) + if(anchored, toUInt64(1e13), 0) + weight), 64), toUInt128(least)) AS rank
  FROM {{table .In.Overlap}}
)
GROUP BY entity_id
{{end}}

{{/*
Condition on components, to be added to another: neither a part that a max made nor a value that a cap demotes. Both take an
anchor from the rest of its entity by what rows there are, as a device that is lent does, and would hand the id over with it.
*/}}
{{define "identity_torn"}}{{if .Moved}} AND part NOT IN (SELECT part FROM {{table .In.MovedParts}} WHERE whole IN (SELECT part FROM {{table .In.Parts}} WHERE over)){{end}}{{if .Live}} AND part NOT IN (SELECT node FROM {{table .Out.Hubs}}){{end}}{{end}}

{{/* components that several claim */}}
{{define "identity_contested"}}SELECT part FROM {{table .In.Claims}} GROUP BY part HAVING count() > 1{{end}}

{{/* of those that claim them, the ids that follow from the anchor of what they claim */}}
{{define "identity_natural"}}SELECT entity_id FROM {{table .In.Claims}} WHERE (part, entity_id) IN (
    SELECT part, {{.Minted}} FROM (SELECT part, {{template "identity_placed" .}} FROM {{template "final_parts" .}} WHERE part IN ({{template "identity_contested" .}}))
  ){{end}}

{{define "identity_winners"}}
CREATE OR REPLACE TABLE {{table .In.Winners}} ENGINE = MergeTree ORDER BY tuple() AS
SELECT c.part AS part, argMin(c.entity_id, o.place) AS entity_id, argMin(c.anchored, o.place) AS anchored, count() AS claims
FROM {{table .In.Claims}} AS c
LEFT JOIN (
  SELECT s.entity_id AS entity_id, if(s.entity_id IN ({{template "identity_natural" .}}), '', {{template "identity_order" .}}) AS place
  FROM {{table .Old.Map}} AS m
  JOIN (
    SELECT entity_id, anchor FROM {{table .Old.Entity}} WHERE entity_id IN (
      SELECT entity_id FROM {{table .In.Claims}} WHERE part IN ({{template "identity_contested" .}})
    )
  ) AS s ON m.node = s.anchor
) AS o ON c.entity_id = o.entity_id
GROUP BY part
SETTINGS join_use_nulls = 0
{{end}}

{{/*
Minted ids follow from the anchor. One that is of another entity is salted with the build before: that one keeps it, or it is
merged and its id leads to another from now on.
*/}}
{{define "identity_ids"}}
CREATE OR REPLACE TABLE {{table .In.IDs}} (part UInt64 CODEC(NONE), entity_id String CODEC(NONE), anchor UInt64 CODEC(NONE), created_at DateTime64(6, 'UTC'), identifiers UInt32, quarantined UInt8, whole UInt64, nodes Array(UInt64) CODEC(NONE)) ENGINE = MergeTree ORDER BY tuple() AS
{{if .Previous}}SELECT k.part AS part,
  multiIf(w.entity_id != '', w.entity_id, k.minted IN (SELECT entity_id FROM {{table .In.Claims}}){{if .Delta}} OR k.minted IN (SELECT entity_id FROM {{table .Out.Entity}} WHERE entity_id IN ({{template "identity_mints" .}})){{end}}, k.spare, k.minted) AS entity_id,
  if(w.anchored, o.anchor, k.anchor) AS anchor,
  if(w.entity_id != '', o.created_at, {{.AsOf}}) AS created_at,
  k.identifiers AS identifiers, k.quarantined AS quarantined, k.whole AS whole, k.nodes AS nodes
FROM (
  SELECT part, anchor, nodes, whole, {{template "identity_placed" .}}, {{.Minted}} AS minted, {{.Spare}} AS spare, identifiers, quarantined
  FROM {{template "final_parts" .}}
) AS k
LEFT JOIN {{table .In.Winners}} AS w ON k.part = w.part
LEFT JOIN {{table .Old.Entity}} AS o ON w.entity_id = o.entity_id
SETTINGS join_use_nulls = 0
{{else}}SELECT part, {{.Minted}} AS entity_id, anchor, {{.AsOf}} AS created_at, identifiers, quarantined, whole, nodes
FROM (
  SELECT part, anchor, nodes, whole, {{template "identity_placed" .}}, identifiers, quarantined
  FROM {{template "final_parts" .}}
)
{{end}}{{end}}

{{/* the ids that follow from anchors, of components that inherit none */}}
{{define "identity_mints"}}SELECT {{.Minted}} FROM (SELECT part, {{template "identity_placed" .}} FROM {{template "final_parts" .}}) WHERE part NOT IN (SELECT part FROM {{table .In.Winners}}){{end}}

{{/* 34: an id is a letter, an underscore and 32 digits; a text of fixed length is looked up in half the time */}}
{{define "identity_map"}}
{{if .Delta}}INSERT INTO {{table .Out.Map}} (node, type, value, entity_id, first_seen, last_seen, n)
{{else}}CREATE OR REPLACE TABLE {{table .Out.Map}} (node UInt64 CODEC(NONE), type UInt8, value String, entity_id String CODEC(NONE), first_seen DateTime64(6, 'UTC'), last_seen DateTime64(6, 'UTC'), n UInt64) ENGINE = MergeTree ORDER BY node AS
{{end}}SELECT c.node AS node, c.type AS type, c.value AS value, toStringCutToZero(i.id) AS entity_id, c.first_seen AS first_seen, c.last_seen AS last_seen, c.n AS n
FROM {{template "final_nodes" .}} AS c LEFT ANY JOIN (SELECT part, toFixedString(entity_id, 34) AS id FROM {{table .In.IDs}}) AS i ON c.part = i.part
SETTINGS join_use_nulls = 0
{{end}}

{{define "identity_entity"}}
{{if .Delta}}INSERT INTO {{table .Out.Entity}} (entity_id, anchor, created_at, identifiers, quarantined, whole, nodes)
{{else}}CREATE OR REPLACE TABLE {{table .Out.Entity}} (entity_id String CODEC(NONE), anchor UInt64, created_at DateTime64(6, 'UTC'), identifiers UInt32, quarantined UInt8, whole UInt64, nodes Array(UInt64) CODEC(NONE)) ENGINE = MergeTree ORDER BY entity_id AS
{{end}}SELECT entity_id, anchor, created_at, identifiers, toUInt8(quarantined) AS quarantined, whole, nodes FROM {{table .In.IDs}}
{{end}}

{{/*
The links that are not applied: why is 1 for a max, 2 for quarantine, 3 for a shared value. The links themselves stay as they
are: to change a column of them would read and write all of it.
*/}}
{{define "identity_refused"}}
CREATE OR REPLACE TABLE {{table .Out.Refused}} (a UInt64, b UInt64, why UInt8) ENGINE = MergeTree ORDER BY (a, b){{if or .Delta .Moved}} AS
{{end}}{{if .Delta}}SELECT a, b, why FROM {{table .Before.Refused}} WHERE a NOT IN (SELECT node FROM {{table .In.Nodes}}) AND a NOT IN (SELECT node FROM {{table .Old.Map}})
{{end}}{{if and .Delta .Moved}}UNION ALL
{{end}}{{if .Moved}}SELECT a, b, min(why) AS why FROM {{table .In.Rejected}} GROUP BY a, b
{{end}}{{end}}

{{/* entities, identifiers, components in quarantine, links refused by a max, rows of nobody, blocked values */}}
{{define "identity_entity_count"}}
SELECT count(), sum(identifiers), uniqExactIf(whole, quarantined = 1),
  (SELECT count() FROM {{table .Out.Refused}} WHERE why = 1),
  (SELECT sum(unowned) FROM {{table .Out.Reads}}),
  (SELECT uniqExact(type, value) FROM {{table .Out.Values}} WHERE node = 0 AND state = 1),
  (SELECT sum(n) FROM {{table .Out.Values}} WHERE node = 0 AND state = 2),
  (SELECT count() FROM {{table .Out.Map}})
FROM {{table .Out.Entity}}
{{end}}

{{/*
What became of ids. Rows carry their build and count when the build is published: see identity_aliases.
*/}}
{{define "identity_merged"}}
CREATE OR REPLACE TABLE {{table .In.Merged}} ENGINE = MergeTree ORDER BY tuple() AS
SELECT c.entity_id AS old_id, w.entity_id AS new_id FROM {{table .In.Claims}} AS c JOIN {{table .In.Winners}} AS w ON c.part = w.part WHERE c.entity_id != w.entity_id
{{end}}

{{define "identity_changes"}}
SELECT {{if .Previous}}(SELECT count() FROM {{table .In.Merged}}), (SELECT count() FROM {{table .In.Claims}} WHERE parts > 1){{else}}0, 0{{end}},
  (SELECT count() FROM {{template "identity_aliases" .}} WHERE old_id IN (SELECT entity_id FROM {{table .In.IDs}}))
{{end}}

{{/* FROM text: old id -> the entity it is now, as of the published builds and .Build */}}
{{define "identity_aliases"}}(
  SELECT old_id, argMax(new_id, at) AS new_id FROM {{table "entity_merges"}}
  WHERE entity = {{quote .Entity}} AND (build = {{quote .Build}} OR build IN (SELECT build FROM {{table "builds"}}))
  GROUP BY old_id HAVING new_id != ''
){{end}}

{{/* this build's merges, what they do to older ones, and ids that live again (no new id) */}}
{{define "identity_merges"}}
INSERT INTO {{table "entity_merges"}} (entity, old_id, new_id, build, at, direct)
SELECT {{quote .Entity}}, old_id, new_id, {{quote .Build}}, now64(6), direct
FROM (
{{if .Previous}}  SELECT old_id, new_id, 1 AS direct FROM {{table .In.Merged}}
  UNION ALL
  SELECT a.old_id, m.new_id, 0 AS direct FROM {{template "identity_aliases" .}} AS a JOIN {{table .In.Merged}} AS m ON a.new_id = m.old_id
  WHERE a.old_id NOT IN (SELECT entity_id FROM {{table .In.IDs}})
  UNION ALL
{{end}}  SELECT old_id, '' AS new_id, 0 AS direct FROM {{template "identity_aliases" .}} AS a WHERE old_id IN (SELECT entity_id FROM {{table .In.IDs}})
)
{{end}}

{{/* condition on links: they tie their ends */}}
{{define "identity_applied"}}(a, b) NOT IN (SELECT a, b FROM {{table .Out.Refused}}){{if .Live}} AND {{template "identity_live" .}}{{end}}{{end}}

{{define "identity_lost"}}SELECT node FROM {{table .Old.Map}} WHERE entity_id IN (SELECT old_id FROM {{table .In.Merged}}){{end}}

{{/* a merge with the newest link between what the lost entity had and what it had not */}}
{{define "audit_merged"}}
INSERT INTO {{table "identity_audit"}} (at, build, run_id, entity, event, entity_id, other_id, a, b, source, n, size)
SELECT now64(3), {{quote .Build}}, {{quote .Run}}, {{quote .Entity}}, 'merged', m.new_id, m.old_id, e.link.1, e.link.2, e.link.3, e.link.4, i.identifiers
FROM {{table .In.Merged}} AS m
LEFT JOIN (
  SELECT p.entity_id AS entity_id, argMax((x.a, x.b, x.source, x.n), (x.first_seen, x.a, x.b)) AS link
  FROM (
    SELECT a AS x, b AS y, a, b, source, n, first_seen FROM {{template "identity_near_links" .}} WHERE {{template "identity_applied" .}} AND a IN ({{template "identity_lost" .}})
    UNION ALL SELECT b AS x, a AS y, a, b, source, n, first_seen FROM {{template "identity_near_links" .}} WHERE {{template "identity_applied" .}} AND b IN ({{template "identity_lost" .}})
  ) AS x
  JOIN (SELECT node, entity_id FROM {{table .Old.Map}} WHERE entity_id IN (SELECT old_id FROM {{table .In.Merged}})) AS p ON x.x = p.node
  LEFT JOIN (SELECT node, entity_id FROM {{table .Old.Map}} WHERE entity_id IN (SELECT old_id FROM {{table .In.Merged}})) AS q ON x.y = q.node
  WHERE q.entity_id != p.entity_id
  GROUP BY entity_id
) AS e ON m.old_id = e.entity_id
LEFT JOIN (SELECT entity_id, identifiers FROM {{table .In.IDs}} WHERE entity_id IN (SELECT new_id FROM {{table .In.Merged}})) AS i ON m.new_id = i.entity_id
SETTINGS join_use_nulls = 0
{{end}}

{{define "audit_split"}}
INSERT INTO {{table "identity_audit"}} (at, build, run_id, entity, event, entity_id, other_id, a, b, source, n, size)
SELECT now64(3), {{quote .Build}}, {{quote .Run}}, {{quote .Entity}}, 'split', o.entity_id, i.entity_id, i.anchor, 0, '', o.shared, i.identifiers
FROM {{table .In.Overlap}} AS o
JOIN {{table .In.Claims}} AS c ON o.entity_id = c.entity_id
JOIN {{table .In.IDs}} AS i ON o.part = i.part
WHERE c.parts > 1 AND o.part != c.part
{{end}}

{{/* links that were not refused before: their number, then the best-attested */}}
{{define "audit_rejected"}}
INSERT INTO {{table "identity_audit"}} (at, build, run_id, entity, event, entity_id, other_id, a, b, source, n, size)
WITH fresh AS (
  SELECT a, b FROM {{table .In.Rejected}} WHERE why = 1{{if .Known}} AND (a, b) NOT IN (SELECT a, b FROM {{table .Before.Refused}} WHERE why = 1){{end}}
)
SELECT now64(3), {{quote .Build}}, {{quote .Run}}, {{quote .Entity}}, event, '', '', a, b, source, n, 0
FROM (
  SELECT 'rejected_links' AS event, toUInt64(0) AS a, toUInt64(0) AS b, '' AS source, count() AS n FROM fresh
  UNION ALL
  SELECT 'rejected' AS event, a, b, CAST(source AS String) AS source, n FROM (
    SELECT a, b, source, sum(n) AS n FROM {{template "identity_near_links" .}} PREWHERE a IN (SELECT a FROM fresh) WHERE (a, b) IN (SELECT a, b FROM fresh) GROUP BY a, b, source ORDER BY n DESC, a, b, source LIMIT {{.Samples}}
  )
) WHERE n > 0
{{end}}

{{/* components that are in quarantine and were not, or have grown */}}
{{define "audit_quarantined"}}
INSERT INTO {{table "identity_audit"}} (at, build, run_id, entity, event, entity_id, other_id, a, b, source, n, size)
SELECT now64(3), {{quote .Build}}, {{quote .Run}}, {{quote .Entity}}, 'quarantined', '', '', large, 0, '', countIf(NOT was), count()
FROM {{table .In.Moved}} WHERE large != 0 GROUP BY large HAVING countIf(NOT was) > 0
ORDER BY count() DESC, large LIMIT {{.Samples}}
{{end}}

{{define "audit_collision"}}
INSERT INTO {{table "identity_audit"}} (at, build, run_id, entity, event, entity_id, other_id, a, b, source, n, size)
SELECT now64(3), {{quote .Build}}, {{quote .Run}}, {{quote .Entity}}, 'collision', '', '', {{.A}}, {{.B}}, '', 1, 0
{{end}}

{{/* what a build that is not published has written into tables that all builds share */}}
{{define "identity_forget_merges"}}
DELETE FROM {{table "entity_merges"}} WHERE build = {{quote .Build}} AND build NOT IN (SELECT build FROM {{table "builds"}})
{{end}}

{{define "identity_forget_audit"}}
DELETE FROM {{table "identity_audit"}} WHERE build = {{quote .Build}} AND build NOT IN (SELECT build FROM {{table "builds"}})
{{end}}
