{{/*
on_conflict: share. A value that would join what the max of a stronger identifier keeps apart links nothing and stays a
value of each: its links are refused (why is 3), it is in no component, and .Out.Shared says whose it is. Values that are held
do not pass labels on while others are labelled.
*/}}

{{define "shared_create"}}
CREATE OR REPLACE TABLE {{table .In.Shared}} (node UInt64) ENGINE = MergeTree ORDER BY node
{{end}}

{{/* at first every value of the weaker identifiers that share is held, then those that are shared */}}
{{define "shared_free"}}
CREATE OR REPLACE TABLE {{table .Free}} ENGINE = MergeTree ORDER BY (a, b) AS
SELECT a, b, last_seen, n FROM {{table .Alive}}
WHERE a NOT IN ({{template "shared_held" .}}) AND b NOT IN ({{template "shared_held" .}})
{{end}}

{{define "shared_held"}}{{if .All}}SELECT node FROM {{table .Nodes}} WHERE type IN ({{range $i, $r := .Ranks}}{{if $i}}, {{end}}{{$r}}{{end}}){{else}}SELECT node FROM {{table .In.Shared}}{{end}}{{end}}

{{/* a value next to two labels, of which none is its own */}}
{{define "shared_find"}}
INSERT INTO {{table .In.Shared}} (node)
SELECT e.x
FROM (SELECT a AS x, b AS y FROM {{table .Alive}} UNION ALL SELECT b AS x, a AS y FROM {{table .Alive}}) AS e
JOIN (SELECT node, label FROM {{table .Seeds}}) AS s ON e.y = s.node
WHERE e.x IN (SELECT node FROM {{table .Nodes}} WHERE type IN ({{range $i, $r := .Ranks}}{{if $i}}, {{end}}{{$r}}{{end}}))
  AND e.x NOT IN (SELECT node FROM {{table .In.Shared}})
  AND e.y NOT IN (SELECT node FROM {{table .In.Shared}})
GROUP BY e.x HAVING uniqExact(s.label) > 1
{{end}}

{{define "shared_count"}}
SELECT count() FROM {{table .In.Shared}}
{{end}}

{{define "shared_reject"}}
INSERT INTO {{table .In.Rejected}} (a, b, why)
SELECT a, b, 3 FROM {{table .Alive}} WHERE a IN (SELECT node FROM {{table .In.Shared}}) OR b IN (SELECT node FROM {{table .In.Shared}})
{{end}}

{{define "shared_publish"}}
CREATE OR REPLACE TABLE {{table .Out.Shared}} (
  node UInt64,
  type UInt8,
  value String,
  entity_id String,
  first_seen DateTime64(6, 'UTC'),
  last_seen DateTime64(6, 'UTC'),
  n UInt64
) ENGINE = MergeTree ORDER BY (node, entity_id){{if .Moved}} AS
SELECT f.node AS node, f.type AS type, f.value AS value, m.entity_id AS entity_id, f.first_seen AS first_seen, f.last_seen AS last_seen, f.n AS n
FROM (
  SELECT x, entity_id
  FROM (SELECT a AS x, b AS y FROM {{table .In.Rejected}} WHERE why = 3 UNION ALL SELECT b AS x, a AS y FROM {{table .In.Rejected}} WHERE why = 3) AS e
  JOIN (SELECT node, entity_id FROM {{table .Out.Map}}) AS t ON e.y = t.node
  WHERE x IN (SELECT node FROM {{table .In.Shared}})
  GROUP BY x, entity_id
) AS m JOIN {{table .In.Found}} AS f ON m.x = f.node{{end}}
{{end}}

{{/* values that are shared and were not: by how many, and by how many links */}}
{{define "audit_shared"}}
INSERT INTO {{table "identity_audit"}} (at, build, run_id, entity, event, entity_id, other_id, a, b, source, n, size)
SELECT now64(3), {{quote .Build}}, {{quote .Run}}, {{quote .Entity}}, 'shared', '', '', node, 0, '', n, entities
FROM (SELECT node, max(n) AS n, count() AS entities FROM {{table .Out.Shared}} GROUP BY node)
{{if .Known}}WHERE node NOT IN (SELECT node FROM {{table .Before.Shared}})
{{end}}ORDER BY entities DESC, node LIMIT {{.Samples}}
{{end}}

{{/* FROM text: every identifier with its entity, a shared one once for each */}}
{{define "identity_values"}}{{if .Shared}}(
  SELECT node, type, value, entity_id, first_seen, last_seen, n FROM {{table .Map}}
  UNION ALL SELECT node, type, value, entity_id, first_seen, last_seen, n FROM {{table .Shared}}
){{else}}{{table .Map}}{{end}}{{end}}
