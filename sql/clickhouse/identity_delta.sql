{{/*
Increments of identity. The tables of the build before (.Before) are cloned, which copies nothing; what was read again is
compared with what they have of the same hours, and only what differs is replaced. The components that it touches are taken
out (.In.Had...), stitched again by the statements of identity.sql, and put back. .Old is those parts of the build before.
*/}}

{{define "identity_clone"}}
CREATE OR REPLACE TABLE {{table .New}} AS {{table .From}}
{{end}}

{{define "identity_clone_rows"}}
ALTER TABLE {{table .New}} ATTACH PARTITION {{.Partition}} FROM {{table .From}}
{{end}}

{{/* which of the rows of the build before were read again */}}
{{define "identity_again"}}({{range $i, $r := .Ranges}}{{if $i}} OR {{end}}(source = {{quote $r.Source}}{{if $r.From}} AND bucket >= {{$r.From}}{{end}}){{end}}{{if not .Ranges}}0{{end}}){{end}}

{{/* the hour of a row as far as it matters for what is read again next time */}}
{{define "identity_class"}}multiIf({{range .Ranges}}{{if .Next}}source = {{quote .Source}} AND bucket < {{.Next}}, toUInt32(0), {{end}}{{end}}0, toUInt32(0), bucket){{end}}

{{/* node 0 is all blocked values; a number is cheaper to group by than a text */}}
{{define "identity_changed_values"}}
CREATE OR REPLACE TABLE {{table .In.ChangedValues}} ENGINE = MergeTree ORDER BY node AS
SELECT DISTINCT node FROM (
  SELECT node FROM (
    SELECT node, cityHash64(value) AS value, type, state, source, {{template "identity_class" .}} AS class, first_seen, last_seen, n, 1 AS fresh FROM {{table .In.FreshValues}}
    UNION ALL
    SELECT node, cityHash64(value) AS value, type, state, source, {{template "identity_class" .}} AS class, first_seen, last_seen, n, 0 AS fresh FROM {{table .Before.Values}} WHERE {{template "identity_again" .}}
  ) GROUP BY source, class, node, type, value, state
  HAVING sumIf(n, fresh = 1) != sumIf(n, fresh = 0) OR minIf(first_seen, fresh = 1) != minIf(first_seen, fresh = 0) OR maxIf(last_seen, fresh = 1) != maxIf(last_seen, fresh = 0)
)
SETTINGS compile_aggregate_expressions = 0
{{end}}

{{define "identity_changed_edges"}}
CREATE OR REPLACE TABLE {{table .In.ChangedEdges}} ENGINE = MergeTree ORDER BY (a, b) AS
SELECT DISTINCT a, b FROM (
  SELECT a, b FROM (
    SELECT a, b, source, {{template "identity_class" .}} AS class, first_seen, last_seen, n, 1 AS fresh FROM {{table .In.FreshEdges}}
    UNION ALL
    SELECT a, b, source, {{template "identity_class" .}} AS class, first_seen, last_seen, n, 0 AS fresh FROM {{table .Before.Edges}} WHERE {{template "identity_again" .}}
  ) GROUP BY source, class, a, b
  HAVING sumIf(n, fresh = 1) != sumIf(n, fresh = 0) OR minIf(first_seen, fresh = 1) != minIf(first_seen, fresh = 0) OR maxIf(last_seen, fresh = 1) != maxIf(last_seen, fresh = 0)
)
SETTINGS compile_aggregate_expressions = 0
{{end}}

{{define "identity_drop_values"}}
DELETE FROM {{table .Out.Values}} WHERE node IN (SELECT node FROM {{table .In.ChangedValues}}) AND {{template "identity_again" .}}
{{end}}

{{define "identity_put_values"}}
INSERT INTO {{table .Out.Values}} (node, type, value, source, bucket, state, first_seen, last_seen, n)
SELECT node, type, value, source, bucket, state, first_seen, last_seen, n FROM {{table .In.FreshValues}} WHERE node IN (SELECT node FROM {{table .In.ChangedValues}})
{{end}}

{{define "identity_drop_edges"}}
DELETE FROM {{table .Out.Edges}} WHERE (a, b) IN (SELECT a, b FROM {{table .In.ChangedEdges}}) AND {{template "identity_again" .}}
{{end}}

{{define "identity_put_edges"}}
INSERT INTO {{table .Out.Edges}} (a, b, ta, tb, source, bucket, first_seen, last_seen, n)
SELECT a, b, ta, tb, source, bucket, first_seen, last_seen, n FROM {{table .In.FreshEdges}} WHERE (a, b) IN (SELECT a, b FROM {{table .In.ChangedEdges}})
{{end}}

{{/* pairs of identifiers that nothing linked before, and pairs that nothing links any more (gone) */}}
{{define "identity_pairs"}}
CREATE OR REPLACE TABLE {{table .In.Pairs}} ENGINE = MergeTree ORDER BY (a, b) AS
SELECT a, b, toUInt8(now = 0) AS gone
FROM (
  SELECT a, b, sum(was) AS was, sum(is) AS now FROM (
    SELECT a, b, 1 AS was, NOT {{template "identity_again" .}} AS is FROM {{table .Before.Edges}} PREWHERE a IN (SELECT a FROM {{table .In.ChangedEdges}}) WHERE (a, b) IN (SELECT a, b FROM {{table .In.ChangedEdges}})
    UNION ALL
    SELECT a, b, 0 AS was, 1 AS is FROM {{table .In.FreshEdges}} WHERE (a, b) IN (SELECT a, b FROM {{table .In.ChangedEdges}})
  ) GROUP BY a, b
) WHERE (was = 0) != (now = 0)
{{end}}

{{/*
Whose the identifiers that change were in the build before, and what is known of them now: one pass each, for all that asks.
The entities list their identifiers: to read those is half of what it is to read the map, which has a text in every row.
*/}}
{{define "identity_known"}}
CREATE OR REPLACE TABLE {{table .In.Known}} ENGINE = MergeTree ORDER BY node AS
SELECT node, entity_id, whole FROM {{table .Before.Entity}} ARRAY JOIN nodes AS node
WHERE node IN (SELECT node FROM {{table .In.ChangedValues}} UNION ALL SELECT arrayJoin([a, b]) FROM {{table .In.Pairs}})
{{end}}

{{define "identity_attested"}}
CREATE OR REPLACE TABLE {{table .In.Attested}} ENGINE = MergeTree ORDER BY node AS
SELECT node, type, value, min(first_seen) AS first_seen, max(last_seen) AS last_seen, sum(n) AS n
FROM {{table .Out.Values}} WHERE node IN (SELECT node FROM {{table .In.ChangedValues}} WHERE node != 0) GROUP BY node, type, value
SETTINGS compile_aggregate_expressions = 0
{{end}}

{{/*
Identifiers whose component may become another: ends of pairs that come or go, identifiers that come or go, and those of a
component that a guard took apart, which evidence decides. Elsewhere evidence changes nothing but itself: see identity_seen.
*/}}
{{define "identity_touched"}}
CREATE OR REPLACE TABLE {{table .In.Touched}} ENGINE = MergeTree ORDER BY node AS
SELECT DISTINCT node FROM (
  SELECT arrayJoin([a, b]) AS node FROM {{table .In.Pairs}}
  UNION ALL SELECT node FROM {{table .In.ChangedValues}} WHERE node != 0 AND (node NOT IN (SELECT node FROM {{table .In.Known}}) OR node NOT IN (SELECT node FROM {{table .In.Attested}}))
  UNION ALL SELECT node FROM {{table .In.Known}} WHERE whole != 0
  UNION ALL SELECT node FROM {{table .In.Attested}} GROUP BY node HAVING count() > 1
)
{{end}}

{{/* identifiers of which only the evidence differs */}}
{{define "identity_seen"}}
CREATE OR REPLACE TABLE {{table .In.Seen}} ENGINE = MergeTree ORDER BY node AS
SELECT v.node AS node, v.type AS type, v.value AS value, m.entity_id AS entity_id, v.first_seen AS first_seen, v.last_seen AS last_seen, v.n AS n
FROM {{table .In.Attested}} AS v JOIN (SELECT node, entity_id FROM {{table .In.Known}} WHERE node NOT IN (SELECT node FROM {{table .Old.Map}})) AS m ON v.node = m.node
{{end}}

{{define "identity_put_seen"}}
INSERT INTO {{table .Out.Map}} (node, type, value, entity_id, first_seen, last_seen, n)
SELECT node, type, value, entity_id, first_seen, last_seen, n FROM {{table .In.Seen}}
{{end}}

{{/* the entities of what is touched, with all parts of a component that a guard took apart */}}
{{define "identity_had_entity"}}
CREATE OR REPLACE TABLE {{table .Old.Entity}} ENGINE = MergeTree ORDER BY entity_id AS
SELECT * FROM {{table .Before.Entity}} WHERE whole = 0 AND entity_id IN ({{template "identity_hit" .}})
UNION ALL
SELECT * FROM {{table .Before.Entity}} WHERE whole != 0 AND whole IN (
  SELECT whole FROM {{table .In.Known}} WHERE whole != 0 AND node IN (SELECT node FROM {{table .In.Touched}})
  UNION ALL SELECT whole FROM {{table .Before.Entity}} WHERE whole != 0 AND entity_id IN ({{template "identity_hit_freed" .}})
)
{{end}}

{{define "identity_hit"}}SELECT entity_id FROM {{table .In.Known}} WHERE node IN (SELECT node FROM {{table .In.Touched}})
  UNION ALL {{template "identity_hit_freed" .}}{{end}}

{{/* only what a freed value touches is not among what is known to change */}}
{{define "identity_hit_freed"}}SELECT entity_id FROM {{table .Before.Map}} WHERE node IN (
    SELECT node FROM {{table .In.Touched}} WHERE node NOT IN (SELECT node FROM {{table .In.Known}}) AND node NOT IN (SELECT node FROM {{table .In.ChangedValues}})
  ){{end}}

{{/* their identifiers; comp is a name for the component: a node of it */}}
{{define "identity_had_map"}}
CREATE OR REPLACE TABLE {{table .Old.Map}} ENGINE = MergeTree ORDER BY node AS
SELECT m.node AS node, m.type AS type, m.value AS value, e.entity_id AS entity_id, m.first_seen AS first_seen, m.last_seen AS last_seen, m.n AS n, e.comp AS comp
FROM {{table .Before.Map}} AS m
JOIN (SELECT arrayJoin(nodes) AS node, entity_id, if(whole != 0, whole, anchor) AS comp FROM {{table .Old.Entity}}) AS e ON m.node = e.node
{{end}}

{{/* every identifier of the touched components as it is now; a component that lost a link is taken apart: comp is the node */}}
{{define "identity_nodes_again"}}
CREATE OR REPLACE TABLE {{table .In.Nodes}} ENGINE = MergeTree ORDER BY node AS
SELECT v.node AS node, v.type AS type, v.value AS value, v.first_seen AS first_seen, v.last_seen AS last_seen, v.n AS n,
  if(h.comp = 0 OR h.comp IN (
    SELECT comp FROM {{table .Old.Map}} WHERE node IN (SELECT arrayJoin([a, b]) FROM {{table .In.Pairs}} WHERE gone = 1)
  ), v.node, h.comp) AS comp
FROM (
  SELECT node, type, value, first_seen, last_seen, n FROM {{table .In.Attested}} WHERE node IN (SELECT node FROM {{table .In.Touched}} UNION ALL SELECT node FROM {{table .Old.Map}})
  UNION ALL
  SELECT node, type, value, first_seen, last_seen, n FROM {{table .Old.Map}} WHERE node NOT IN (SELECT node FROM {{table .In.ChangedValues}})
) AS v
LEFT ANY JOIN {{table .Old.Map}} AS h ON v.node = h.node
SETTINGS join_use_nulls = 0
{{end}}

{{/*
The links of the touched components, for all that asks. What links one to another component does not count: it is refused,
in quarantine or of a demoted value.
*/}}
{{define "identity_close"}}
CREATE OR REPLACE TABLE {{table .In.Close}} ENGINE = MergeTree ORDER BY (a, b) AS
SELECT a, b, source, first_seen, last_seen, n FROM {{table .Out.Edges}} WHERE a IN (SELECT node FROM {{table .In.Nodes}})
{{end}}

{{/* the links to contract, lifted to components: new ones, and all of what is taken apart */}}
{{define "identity_lifted"}}
CREATE OR REPLACE TABLE {{table .In.Lifted}} ENGINE = MergeTree ORDER BY (a, b) AS
SELECT DISTINCT least(s.comp, t.comp) AS a, greatest(s.comp, t.comp) AS b
FROM (
  SELECT a, b FROM {{table .In.Pairs}} WHERE gone = 0{{if .Live}} AND {{template "identity_live" .}}{{end}}
  UNION ALL
  SELECT a, b FROM {{table .In.Close}} WHERE a IN (SELECT node FROM {{table .In.Nodes}} WHERE comp = node){{if .Live}} AND {{template "identity_live" .}}{{end}}
) AS e
JOIN {{table .In.Nodes}} AS s ON e.a = s.node JOIN {{table .In.Nodes}} AS t ON e.b = t.node
WHERE s.comp != t.comp
{{end}}

{{define "identity_lifted_count"}}
SELECT (SELECT count() FROM {{table .In.Lifted}}), (SELECT count() FROM {{table .Old.Entity}}), (SELECT count() FROM {{table .In.Nodes}}), (SELECT countIf(whole != 0) FROM {{table .Old.Entity}})
{{end}}

{{define "identity_drop_map"}}
DELETE FROM {{table .Out.Map}} WHERE node IN (SELECT node FROM {{table .Old.Map}} UNION ALL SELECT node FROM {{table .In.Seen}})
{{end}}

{{define "identity_drop_entity"}}
DELETE FROM {{table .Out.Entity}} WHERE entity_id IN (SELECT entity_id FROM {{table .Old.Entity}})
{{end}}

{{/* FROM text: the identifiers of two builds of the same rows, by the pair of entities that they have */}}
{{define "identity_pairings"}}(
  SELECT p.entity_id AS id, q.entity_id AS other, count() AS n
  FROM (SELECT node, entity_id FROM {{table .Left}}) AS p JOIN (SELECT node, entity_id FROM {{table .Right}}) AS q ON p.node = q.node
  GROUP BY id, other
){{end}}

{{/* ids that differ, ids that are kept, and identifiers that are no longer with the most of their entity */}}
{{define "identity_differ_count"}}
SELECT uniqExactIf(id, id != other), uniqExactIf(id, id = other), sum(n) - (SELECT sum(n) FROM (SELECT max(n) AS n FROM {{template "identity_pairings" .}} GROUP BY id))
FROM {{template "identity_pairings" .}}
{{end}}

{{define "identity_differ"}}
SELECT id, other, n FROM {{template "identity_pairings" .}} WHERE id != other ORDER BY n DESC, id, other LIMIT {{.Limit}}
{{end}}
