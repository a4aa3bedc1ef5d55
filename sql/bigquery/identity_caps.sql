{{/* Guards that keep values out of the graph: blocked values, caps, and what they did. */}}

{{/* the first character and the shape of a text: who knows it can recognise it, and nobody else */}}
{{define "masked"}}CONCAT(SUBSTR({{.}}, 1, 1), REGEXP_REPLACE(SUBSTR({{.}}, 2, 23), r'[^@.+: -]', '*')){{end}}

{{/* the tables of blocked values as this build has seen them */}}
{{define "identity_blocked"}}
CREATE OR REPLACE TABLE {{table .Out.Blocked}} CLUSTER BY type, value AS
{{range $i, $s := .Sources}}{{if $i}}UNION ALL
{{end}}SELECT DISTINCT {{$s.Rank}} AS type, {{$s.Value}} AS value FROM {{$s.From}}
{{end}}{{end}}

{{define "identity_blocked_mix"}}
SELECT COUNT(*), IFNULL(BIT_XOR(FARM_FINGERPRINT(CONCAT(CAST(type AS STRING), ':', value))), 0) & 0x7FFFFFFFFFFFFFFF FROM {{table .Out.Blocked}}
{{end}}

{{define "blocked_in"}}{{.Value}} IN (SELECT value FROM {{table .Table}} WHERE type = {{.Rank}}){{end}}

{{/* condition on links: neither end is demoted */}}
{{define "identity_live"}}(a NOT IN (SELECT node FROM {{table .Out.Hubs}}) AND b NOT IN (SELECT node FROM {{table .Out.Hubs}})){{end}}

{{/* values with more neighbours than a cap allows; a link is there once for each source */}}
{{define "identity_hubs"}}
CREATE OR REPLACE TABLE {{table .Into}} CLUSTER BY node{{if .Scratch}} {{template "expires"}}{{end}} AS
{{range $i, $c := .Ends}}{{if $i}}UNION ALL
{{end}}{{with $c}}SELECT v AS node, {{.Cap.From}} AS type, COUNT(DISTINCT w) AS degree, {{.Cap.Max}} AS cap
FROM (
  SELECT a AS v, b AS w FROM {{table .Edges}} WHERE ta = {{.Cap.From}}{{if ge .Cap.To 0}} AND tb = {{.Cap.To}}{{end}}{{if .Among}} AND a IN (SELECT node FROM {{table .Among}}){{end}}
  UNION ALL
  SELECT b AS v, a AS w FROM {{table .Edges}} WHERE tb = {{.Cap.From}}{{if ge .Cap.To 0}} AND ta = {{.Cap.To}}{{end}}{{if .Among}} AND b IN (SELECT node FROM {{table .Among}}){{end}}
) GROUP BY v HAVING COUNT(DISTINCT w) > {{.Cap.Max}}
{{end}}{{end}}{{end}}

{{define "identity_hub_count"}}
SELECT COUNT(DISTINCT node) FROM {{table .Out.Hubs}}
{{end}}

{{/* of an increment: the touched ones are looked at again, in one pass over the links */}}
{{define "identity_near"}}
CREATE OR REPLACE TABLE {{table .In.Near}} {{template "expires"}} AS
SELECT DISTINCT a, b, ta, tb FROM {{table .Out.Edges}} WHERE a IN (SELECT node FROM {{table .In.Touched}}) OR b IN (SELECT node FROM {{table .In.Touched}})
{{end}}

{{define "identity_hubs_again"}}
CREATE OR REPLACE TABLE {{table .Out.Hubs}} CLUSTER BY node AS
SELECT node, type, degree, cap FROM {{table .Before.Hubs}} WHERE node NOT IN (SELECT node FROM {{table .In.Touched}})
UNION ALL SELECT node, type, degree, cap FROM {{table .In.HubsNow}}
{{end}}

{{define "identity_freed"}}
CREATE OR REPLACE TABLE {{table .In.Freed}} {{template "expires"}} AS
SELECT DISTINCT node FROM {{table .Before.Hubs}} WHERE node NOT IN (SELECT node FROM {{table .Out.Hubs}})
{{end}}

{{/* what is demoted leaves its component, which is taken apart; what is not any more links again */}}
{{define "identity_demoted_pairs"}}
INSERT INTO {{table .In.Pairs}} (a, b, gone)
SELECT node, node, 1 FROM (SELECT DISTINCT node FROM {{table .Out.Hubs}} WHERE node NOT IN (SELECT node FROM {{table .Before.Hubs}}))
{{end}}

{{define "identity_freed_pairs"}}
INSERT INTO {{table .In.Pairs}} (a, b, gone)
SELECT DISTINCT a, b, 0 FROM {{table .Out.Edges}} WHERE a IN (SELECT node FROM {{table .In.Freed}}) OR b IN (SELECT node FROM {{table .In.Freed}})
{{end}}

{{define "identity_freed_touched"}}
INSERT INTO {{table .In.Touched}} (node)
SELECT DISTINCT node FROM {{table .Out.Edges}}, UNNEST([a, b]) AS node
WHERE (a IN (SELECT node FROM {{table .In.Freed}}) OR b IN (SELECT node FROM {{table .In.Freed}})) AND node NOT IN (SELECT node FROM {{table .In.Touched}})
{{end}}

{{/* blocked and refused values that the build before did not have: their number, then the most frequent */}}
{{define "audit_values"}}
INSERT INTO {{table "identity_audit"}} (`at`, build, run_id, entity, event, entity_id, other_id, a, b, source, n, size, sample)
WITH fresh AS (
  SELECT v.type AS type, v.value AS value, v.state AS state, v.source AS source, SUM(v.n) AS n
  FROM (SELECT *, IF(state = 1, value, source) AS word FROM {{table .Out.Values}} WHERE node = 0) AS v{{if .Previous}}
  LEFT JOIN (SELECT DISTINCT state, type, IF(state = 1, value, source) AS word FROM {{table .Before.Values}} WHERE node = 0) AS p ON v.state = p.state AND v.type = p.type AND v.word = p.word
  WHERE p.state IS NULL{{end}}
  GROUP BY type, value, state, source
)
SELECT CURRENT_TIMESTAMP(), {{quote .Build}}, {{quote .Run}}, {{quote .Entity}}, event, '', {{.Identifier}}, 0, 0, source, n, size, sample
FROM (
  SELECT IF(state = 1, 'blocked_values', 'invalid_values') AS event, type, '' AS source, SUM(n) AS n, COUNT(DISTINCT value) AS size, '' AS sample FROM fresh GROUP BY state, type
  UNION ALL
  SELECT IF(state = 1, 'blocked', 'invalid') AS event, type, source, n, 0 AS size, IF(state = 1, {{template "masked" "value"}}, value) AS sample FROM (
    SELECT * FROM fresh ORDER BY n DESC, type, value, source LIMIT {{.Samples}}
  )
)
{{end}}

{{/* values that are demoted and were not: their number, then those with the most neighbours */}}
{{define "audit_demoted"}}
INSERT INTO {{table "identity_audit"}} (`at`, build, run_id, entity, event, entity_id, other_id, a, b, source, n, size, sample)
WITH fresh AS (
  SELECT h.node AS node, ANY_VALUE(h.type) AS type, MAX(h.degree) AS degree, MIN(h.cap) AS cap FROM {{table .Out.Hubs}} AS h{{if .Known}}
  WHERE h.node NOT IN (SELECT node FROM {{table .Before.Hubs}}){{end}}
  GROUP BY node
)
SELECT CURRENT_TIMESTAMP(), {{quote .Build}}, {{quote .Run}}, {{quote .Entity}}, event, '', {{.Identifier}}, node, 0, '', n, size, sample
FROM (
  SELECT 'demoted_values' AS event, type, 0 AS node, COUNT(*) AS n, MAX(degree) AS size, '' AS sample FROM fresh GROUP BY type
  UNION ALL
  SELECT 'demoted' AS event, f.type AS type, f.node AS node, f.degree AS n, f.cap AS size, {{template "masked" "m.value"}} AS sample
  FROM (SELECT * FROM fresh ORDER BY degree DESC, node LIMIT {{.Samples}}) AS f
  JOIN {{table .Out.Map}} AS m ON f.node = m.node
)
{{end}}

{{/* of every event of the build its number, and the first examples as they may be shown */}}
{{define "identity_samples"}}
WITH audit AS (
  SELECT * FROM {{table "identity_audit"}} WHERE build = {{quote .Build}} AND entity = {{quote .Entity}}
), named AS (
  SELECT node, value FROM {{table .Out.Map}} WHERE node IN (SELECT node FROM audit, UNNEST([a, b]) AS node)
)
SELECT event, other, SUM(total), MAX(largest), ARRAY_AGG(text IGNORE NULLS ORDER BY n DESC, a, b, sample LIMIT 3)
FROM (
  SELECT CASE WHEN x.event IN ('blocked', 'blocked_values') THEN 'blocked' WHEN x.event IN ('invalid', 'invalid_values') THEN 'invalid' WHEN x.event IN ('demoted', 'demoted_values') THEN 'demoted' WHEN x.event IN ('rejected', 'rejected_links') THEN 'rejected' ELSE x.event END AS event,
    IF(x.event IN ('blocked', 'blocked_values', 'invalid', 'invalid_values', 'demoted', 'demoted_values'), x.other_id, '') AS other,
    CASE WHEN x.event IN ('rejected_links', 'invalid_values', 'demoted_values') THEN x.n WHEN x.event = 'blocked_values' THEN x.size WHEN x.event IN ('merged', 'split', 'quarantined', 'collision') THEN 1 ELSE 0 END AS total,
    IF(x.event IN ('quarantined', 'merged'), x.size, 0) AS largest,
    CASE WHEN x.sample != '' THEN CONCAT(x.sample, IF(x.event = 'demoted', CONCAT(' (', CAST(x.n AS STRING), ' neighbours, cap ', CAST(x.size AS STRING), ')'), CONCAT(' (', CAST(x.n AS STRING), ' rows)')))
      WHEN x.event IN ('rejected', 'merged', 'quarantined') AND p.value IS NOT NULL THEN CONCAT({{template "masked" "p.value"}}, IF(q.value IS NOT NULL, CONCAT(' - ', {{template "masked" "q.value"}}), ''), IF(x.event = 'quarantined', CONCAT(' and ', CAST(x.size - 1 AS STRING), ' more'), CONCAT(' (', x.source, ', ', CAST(x.n AS STRING), ' rows)')))
    END AS text,
    x.n AS n, x.a AS a, x.b AS b, x.sample AS sample
  FROM audit AS x LEFT JOIN named AS p ON x.a = p.node LEFT JOIN named AS q ON x.b = q.node
) GROUP BY event, other ORDER BY event, other
{{end}}

{{/* of the build before: entities, those that are gone; identifiers in quarantine then and now; entities that split */}}
{{define "identity_jump"}}
SELECT (SELECT COUNT(*) FROM {{table .Before.Entity}}),
  (SELECT COUNT(*) FROM {{table .Old.Entity}}) - (SELECT COUNT(*) FROM {{table .In.Claims}}),
  (SELECT IFNULL(SUM(identifiers), 0) FROM {{table .Before.Entity}} WHERE quarantined = 1),
  (SELECT IFNULL(SUM(identifiers), 0) FROM {{table .Out.Entity}} WHERE quarantined = 1),
  (SELECT IFNULL(SUM(identifiers), 0) FROM {{table .Before.Entity}})
{{end}}
