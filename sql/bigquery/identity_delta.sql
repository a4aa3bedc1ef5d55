{{/*
Increments of identity. What was read again is compared with what the tables of the build before (.Before) have of the same
hours; the components that the differences touch (.Old: those parts of the build before) are stitched again by the statements
of identity.sql.

A table of the build is written in one statement: what the build before has and nothing touched, and what is new. A clone of
that table would be changed by a DELETE and an INSERT; a DELETE reads every column of the table as this does, no matter how
few rows it finds, for those lie in all blocks: they are clustered by hashes.
*/}}

{{/* which of the rows of the build before were read again */}}
{{define "identity_again"}}({{range $i, $r := .Ranges}}{{if $i}} OR {{end}}(source = {{quote $r.Source}}{{if $r.From}} AND bucket >= {{$r.From}}{{end}}){{end}}{{if not .Ranges}}FALSE{{end}}){{end}}

{{/* the hour of a row as far as it matters for what is read again next time */}}
{{define "identity_class"}}IF({{range .Ranges}}{{if .Next}}source = {{quote .Source}} AND bucket < {{.Next}} OR {{end}}{{end}}FALSE, 0, bucket){{end}}

{{/* HAVING text: the evidence of what is read again is not that of before */}}
{{define "identity_differs"}}SUM(IF(fresh, n, 0)) != SUM(IF(fresh, 0, n)) OR MIN(IF(fresh, first_seen, NULL)) != MIN(IF(fresh, NULL, first_seen)) OR MAX(IF(fresh, last_seen, NULL)) != MAX(IF(fresh, NULL, last_seen)){{end}}

{{/* node 0 is all blocked values */}}
{{define "identity_changed_values"}}
CREATE OR REPLACE TABLE {{table .In.ChangedValues}} {{template "expires"}} AS
SELECT DISTINCT node FROM (
  SELECT node FROM (
    SELECT node, value, type, state, source, {{template "identity_class" .}} AS class, first_seen, last_seen, n, TRUE AS fresh FROM {{table .In.FreshValues}}
    UNION ALL
    SELECT node, value, type, state, source, {{template "identity_class" .}} AS class, first_seen, last_seen, n, FALSE AS fresh FROM {{table .Before.Values}} WHERE {{template "identity_again" .}}
  ) GROUP BY source, class, node, type, value, state
  HAVING {{template "identity_differs"}}
)
{{end}}

{{define "identity_changed_edges"}}
CREATE OR REPLACE TABLE {{table .In.ChangedEdges}} {{template "expires"}} AS
SELECT DISTINCT a, b FROM (
  SELECT a, b FROM (
    SELECT a, b, source, {{template "identity_class" .}} AS class, first_seen, last_seen, n, TRUE AS fresh FROM {{table .In.FreshEdges}}
    UNION ALL
    SELECT a, b, source, {{template "identity_class" .}} AS class, first_seen, last_seen, n, FALSE AS fresh FROM {{table .Before.Edges}} WHERE {{template "identity_again" .}}
  ) GROUP BY source, class, a, b
  HAVING {{template "identity_differs"}}
)
{{end}}

{{define "identity_put_values"}}
CREATE OR REPLACE TABLE {{table .Out.Values}} CLUSTER BY node AS
SELECT v.* FROM {{table .Before.Values}} AS v LEFT JOIN {{table .In.ChangedValues}} AS c ON v.node = c.node
WHERE c.node IS NULL OR NOT {{template "identity_again" .}}
UNION ALL
SELECT v.* FROM {{table .In.FreshValues}} AS v JOIN {{table .In.ChangedValues}} AS c ON v.node = c.node
{{end}}

{{define "identity_put_edges"}}
CREATE OR REPLACE TABLE {{table .Out.Edges}} CLUSTER BY a, b AS
SELECT e.* FROM {{table .Before.Edges}} AS e LEFT JOIN {{table .In.ChangedEdges}} AS c ON e.a = c.a AND e.b = c.b
WHERE c.a IS NULL OR NOT {{template "identity_again" .}}
UNION ALL
SELECT e.* FROM {{table .In.FreshEdges}} AS e JOIN {{table .In.ChangedEdges}} AS c ON e.a = c.a AND e.b = c.b
{{end}}

{{/* pairs of identifiers that nothing linked before, and pairs that nothing links any more (gone) */}}
{{define "identity_pairs"}}
CREATE OR REPLACE TABLE {{table .In.Pairs}} {{template "expires"}} AS
SELECT c.a AS a, c.b AS b, IF(n.a IS NULL, 1, 0) AS gone
FROM {{table .In.ChangedEdges}} AS c
LEFT JOIN (SELECT DISTINCT a, b FROM {{table .Out.Edges}} WHERE a IN (SELECT a FROM {{table .In.ChangedEdges}})) AS n ON c.a = n.a AND c.b = n.b
LEFT JOIN (SELECT DISTINCT a, b FROM {{table .Before.Edges}} WHERE a IN (SELECT a FROM {{table .In.ChangedEdges}})) AS o ON c.a = o.a AND c.b = o.b
WHERE n.a IS NULL OR o.a IS NULL
{{end}}

{{/*
Identifiers whose component may become another: ends of pairs that come or go, identifiers that come or go, and those of a
component that a guard took apart, which evidence decides. Elsewhere evidence changes nothing but itself: see identity_seen.
*/}}
{{define "identity_touched"}}
CREATE OR REPLACE TABLE {{table .In.Touched}} {{template "expires"}} AS
WITH known AS (
  SELECT node, type, value, entity_id FROM {{table .Before.Map}} WHERE node IN (SELECT node FROM {{table .In.ChangedValues}})
)
SELECT DISTINCT node FROM (
  SELECT node FROM {{table .In.Pairs}}, UNNEST([a, b]) AS node
  UNION ALL SELECT node FROM {{table .In.ChangedValues}} WHERE node != 0 AND node NOT IN (SELECT node FROM known)
  UNION ALL SELECT node FROM {{table .In.ChangedValues}} WHERE node != 0 AND node NOT IN (SELECT node FROM {{table .Out.Values}})
  UNION ALL SELECT node FROM known WHERE entity_id IN (SELECT entity_id FROM {{table .Before.Entity}} WHERE whole != 0)
  UNION ALL SELECT f.node FROM {{table .In.FreshValues}} AS f JOIN known AS k ON f.node = k.node WHERE f.node != 0 AND (f.value != k.value OR f.type != k.type)
)
{{end}}

{{/* identifiers of which only the evidence differs */}}
{{define "identity_seen"}}
CREATE OR REPLACE TABLE {{table .In.Seen}} {{template "expires"}} AS
SELECT m.node AS node, m.type AS type, m.value AS value, m.entity_id AS entity_id, v.first_seen AS first_seen, v.last_seen AS last_seen, v.n AS n
FROM (SELECT node, type, value, entity_id FROM {{table .Before.Map}} WHERE node IN (SELECT node FROM {{table .In.ChangedValues}}) AND node NOT IN (SELECT node FROM {{table .Old.Map}})) AS m
JOIN (
  SELECT node, MIN(first_seen) AS first_seen, MAX(last_seen) AS last_seen, SUM(n) AS n FROM {{table .Out.Values}} WHERE node IN (SELECT node FROM {{table .In.ChangedValues}}) GROUP BY node
) AS v ON m.node = v.node
{{end}}

{{/* the entities of what is touched, with all parts of a component that a guard took apart */}}
{{define "identity_had_entity"}}
CREATE OR REPLACE TABLE {{table .Old.Entity}} {{template "expires"}} AS
WITH hit AS (
  SELECT * FROM {{table .Before.Entity}} WHERE entity_id IN (
    SELECT entity_id FROM {{table .Before.Map}} WHERE node IN (SELECT node FROM {{table .In.Touched}})
  )
)
SELECT * FROM hit WHERE whole = 0
UNION ALL
SELECT * FROM {{table .Before.Entity}} WHERE whole != 0 AND whole IN (SELECT whole FROM hit WHERE whole != 0)
{{end}}

{{/* their identifiers; comp is a name for the component: a node of it */}}
{{define "identity_had_map"}}
CREATE OR REPLACE TABLE {{table .Old.Map}} {{template "expires"}} AS
SELECT m.node AS node, m.type AS type, m.value AS value, m.entity_id AS entity_id, m.first_seen AS first_seen, m.last_seen AS last_seen, m.n AS n, IF(e.whole != 0, e.whole, e.anchor) AS comp
FROM {{table .Before.Map}} AS m JOIN {{table .Old.Entity}} AS e ON m.entity_id = e.entity_id
{{end}}

{{/* every identifier of the touched components as it is now; a component that lost a link is taken apart: comp is the node */}}
{{define "identity_nodes_again"}}
CREATE OR REPLACE TABLE {{table .In.Nodes}} {{template "expires"}} AS
SELECT v.node AS node, v.type AS type, v.value AS value, v.first_seen AS first_seen, v.last_seen AS last_seen, v.n AS n,
  IF(h.comp IS NULL OR x.comp IS NOT NULL, v.node, h.comp) AS comp
FROM (
  SELECT node, type, value, MIN(first_seen) AS first_seen, MAX(last_seen) AS last_seen, SUM(n) AS n
  FROM {{table .Out.Values}} WHERE node IN (SELECT node FROM {{table .In.Touched}} UNION ALL SELECT node FROM {{table .Old.Map}} WHERE node IN (SELECT node FROM {{table .In.ChangedValues}})) GROUP BY node, type, value
  UNION ALL
  SELECT node, type, value, first_seen, last_seen, n FROM {{table .Old.Map}} WHERE node NOT IN (SELECT node FROM {{table .In.Touched}} UNION ALL SELECT node FROM {{table .In.ChangedValues}})
) AS v
LEFT JOIN {{table .Old.Map}} AS h ON v.node = h.node
LEFT JOIN (
  SELECT DISTINCT comp FROM {{table .Old.Map}} WHERE node IN (SELECT node FROM {{table .In.Pairs}}, UNNEST([a, b]) AS node WHERE gone = 1)
) AS x ON h.comp = x.comp
{{end}}

{{/* the links to contract, lifted to components: new ones, and all of what is taken apart */}}
{{define "identity_lifted"}}
CREATE OR REPLACE TABLE {{table .In.Lifted}} {{template "expires"}} AS
SELECT DISTINCT LEAST(s.comp, t.comp) AS a, GREATEST(s.comp, t.comp) AS b
FROM (
  SELECT a, b FROM {{table .In.Pairs}} WHERE gone = 0{{if .Live}} AND {{template "identity_live" .}}{{end}}
  UNION DISTINCT
  SELECT a, b FROM {{table .Out.Edges}} WHERE a IN (SELECT node FROM {{table .In.Nodes}} WHERE comp = node){{if .Live}} AND {{template "identity_live" .}}{{end}}
) AS e
JOIN {{table .In.Nodes}} AS s ON e.a = s.node JOIN {{table .In.Nodes}} AS t ON e.b = t.node
WHERE s.comp != t.comp
{{end}}

{{define "identity_lifted_count"}}
SELECT (SELECT COUNT(*) FROM {{table .In.Lifted}}), (SELECT COUNT(*) FROM {{table .Old.Entity}}), (SELECT COUNT(*) FROM {{table .In.Nodes}}), (SELECT COUNTIF(whole != 0) FROM {{table .Old.Entity}})
{{end}}

{{/* FROM text: the identifiers of two builds of the same rows, by the pair of entities that they have */}}
{{define "identity_pairings"}}(
  SELECT p.entity_id AS id, q.entity_id AS other, COUNT(*) AS n
  FROM {{table .Left}} AS p JOIN {{table .Right}} AS q ON p.node = q.node
  GROUP BY p.entity_id, q.entity_id
){{end}}

{{/* ids that differ, ids that are kept, and identifiers that are no longer with the most of their entity */}}
{{define "identity_differ_count"}}
SELECT COUNTIF(differs), COUNTIF(keeps), IFNULL(SUM(total - most), 0)
FROM (
  SELECT id, LOGICAL_OR(id != other) AS differs, LOGICAL_OR(id = other) AS keeps, SUM(n) AS total, MAX(n) AS most
  FROM {{template "identity_pairings" .}} GROUP BY id
)
{{end}}

{{define "identity_differ"}}
SELECT id, other, n FROM {{template "identity_pairings" .}} WHERE id != other ORDER BY n DESC, id, other LIMIT {{.Limit}}
{{end}}
