{{/* Guards that keep values out of the graph: blocked values, caps, and what they did. */}}

{{/* the first character and the shape of a text: who knows it can recognise it, and nobody else */}}
{{define "masked"}}concat(substringUTF8({{.}}, 1, 1), replaceRegexpAll(substringUTF8({{.}}, 2, 23), '[^@.+: -]', '*')){{end}}

{{/* the tables of blocked values as this build has seen them */}}
{{define "identity_blocked"}}
CREATE OR REPLACE TABLE {{table .Out.Blocked}} ENGINE = MergeTree ORDER BY (type, value) AS
{{range $i, $s := .Sources}}{{if $i}}UNION ALL
{{end}}SELECT DISTINCT toUInt8({{$s.Rank}}) AS type, assumeNotNull({{$s.Value}}) AS value FROM {{$s.From}}
{{end}}{{end}}

{{define "identity_blocked_mix"}}
SELECT count(), groupBitXor(cityHash64(type, value)) FROM {{table .Out.Blocked}}
{{end}}

{{define "blocked_in"}}{{.Value}} IN (SELECT value FROM {{table .Table}} WHERE type = {{.Rank}}){{end}}

{{/* condition on links: neither end is demoted */}}
{{define "identity_live"}}(a NOT IN (SELECT node FROM {{table .Out.Hubs}}) AND b NOT IN (SELECT node FROM {{table .Out.Hubs}})){{end}}

{{/* ranks of the identifiers with caps */}}
{{define "identity_capped"}}{{range $i, $c := .Caps}}{{if $i}}, {{end}}{{$c.From}}{{end}}{{end}}

{{/* FROM text: the ends of links that caps are about; a link is there once for each source and hour */}}
{{define "identity_ends"}}(
  SELECT a AS v, b AS w, ta AS tv, tb AS tw FROM {{table .Edges}} WHERE ta IN ({{template "identity_capped" .}}){{if .Among}} AND a IN (SELECT node FROM {{table .Among}}){{end}}
  UNION ALL
  SELECT b AS v, a AS w, tb AS tv, ta AS tw FROM {{table .Edges}} WHERE tb IN ({{template "identity_capped" .}}){{if .Among}} AND b IN (SELECT node FROM {{table .Among}}){{end}}
){{end}}

{{define "identity_cap_counts"}}tv = {{.From}}{{if ge .To 0}} AND tw = {{.To}}{{end}}{{end}}

{{/*
Values with more neighbours than a cap allows. Links that weigh one as soon as there are enough for a cap find those that are
worth counting neighbours of: one sum is much cheaper than a count for each cap.
*/}}
{{define "identity_hubs"}}
CREATE OR REPLACE TABLE {{table .Into}} ENGINE = MergeTree ORDER BY node AS
SELECT v AS node, type, degree, cap
FROM (
  SELECT v, any(tv) AS type, [{{range $i, $c := .Caps}}{{if $i}}, {{end}}uniqExactIf(w, {{template "identity_cap_counts" $c}}){{end}}] AS degrees, [{{range $i, $c := .Caps}}{{if $i}}, {{end}}toUInt64({{$c.Max}}){{end}}] AS limits
  FROM {{template "identity_ends" .}}
  WHERE v IN (
    SELECT v FROM {{template "identity_ends" .}} GROUP BY v HAVING sum({{range $i, $c := .Caps}}{{if $i}} + {{end}}{{$c.Weight}} * ({{template "identity_cap_counts" $c}}){{end}}) >= 4294967296
  )
  GROUP BY v
) ARRAY JOIN degrees AS degree, limits AS cap
WHERE degree > cap
{{end}}

{{define "identity_hub_count"}}
SELECT uniqExact(node) FROM {{table .Out.Hubs}}
{{end}}

{{/* of an increment: the touched ones are looked at again, in one pass over the links */}}
{{define "identity_near"}}
CREATE OR REPLACE TABLE {{table .In.Near}} ENGINE = MergeTree ORDER BY tuple() AS
SELECT a, b, ta, tb FROM {{table .Out.Edges}}
WHERE if(ta IN ({{template "identity_capped" .}}), a, 0) IN (SELECT node FROM {{table .In.Touched}}) OR if(tb IN ({{template "identity_capped" .}}), b, 0) IN (SELECT node FROM {{table .In.Touched}})
{{end}}

{{define "identity_hubs_again"}}
CREATE OR REPLACE TABLE {{table .Out.Hubs}} ENGINE = MergeTree ORDER BY node AS
SELECT node, type, degree, cap FROM {{table .Before.Hubs}} WHERE node NOT IN (SELECT node FROM {{table .In.Touched}})
UNION ALL SELECT node, type, degree, cap FROM {{table .In.HubsNow}}
{{end}}

{{define "identity_freed"}}
CREATE OR REPLACE TABLE {{table .In.Freed}} ENGINE = MergeTree ORDER BY node AS
SELECT DISTINCT node FROM {{table .Before.Hubs}} WHERE node NOT IN (SELECT node FROM {{table .Out.Hubs}})
{{end}}

{{/* what is demoted leaves its component, which is taken apart; what is not any more links again */}}
{{define "identity_demoted_pairs"}}
INSERT INTO {{table .In.Pairs}} (a, b, gone)
SELECT DISTINCT node, node, 1 FROM {{table .Out.Hubs}} WHERE node NOT IN (SELECT node FROM {{table .Before.Hubs}})
{{end}}

{{define "identity_freed_pairs"}}
INSERT INTO {{table .In.Pairs}} (a, b, gone)
SELECT DISTINCT a, b, 0 FROM {{table .Out.Edges}} WHERE a IN (SELECT node FROM {{table .In.Freed}}) OR b IN (SELECT node FROM {{table .In.Freed}})
{{end}}

{{define "identity_freed_touched"}}
INSERT INTO {{table .In.Touched}} (node)
SELECT DISTINCT node FROM (
  SELECT arrayJoin([a, b]) AS node FROM {{table .Out.Edges}} WHERE a IN (SELECT node FROM {{table .In.Freed}}) OR b IN (SELECT node FROM {{table .In.Freed}})
) WHERE node NOT IN (SELECT node FROM {{table .In.Touched}})
{{end}}

{{/* blocked and refused values that the build before did not have: their number, then the most frequent */}}
{{define "audit_values"}}
INSERT INTO {{table "identity_audit"}} (at, build, run_id, entity, event, entity_id, other_id, a, b, source, n, size, sample)
WITH fresh AS (
  SELECT type, value, state, source, sum(n) AS n FROM {{table .Out.Values}} WHERE node = 0{{if .Previous}}
    AND (state, type, if(state = 1, value, CAST(source AS String))) NOT IN (SELECT state, type, if(state = 1, value, CAST(source AS String)) FROM {{table .Before.Values}} WHERE node = 0){{end}}
  GROUP BY type, value, state, source
)
SELECT now64(3), {{quote .Build}}, {{quote .Run}}, {{quote .Entity}}, event, '', {{.Identifier}}, 0, 0, source, n, size, sample
FROM (
  SELECT if(state = 1, 'blocked_values', 'invalid_values') AS event, type, '' AS source, sum(n) AS n, uniqExact(value) AS size, '' AS sample FROM fresh GROUP BY state, type
  UNION ALL
  SELECT if(state = 1, 'blocked', 'invalid') AS event, type, CAST(source AS String) AS source, n, 0 AS size, if(state = 1, {{template "masked" "value"}}, value) AS sample FROM (
    SELECT * FROM fresh ORDER BY n DESC, type, value, source LIMIT {{.Samples}}
  )
)
{{end}}

{{/* values that are demoted and were not: their number, then those with the most neighbours */}}
{{define "audit_demoted"}}
INSERT INTO {{table "identity_audit"}} (at, build, run_id, entity, event, entity_id, other_id, a, b, source, n, size, sample)
WITH fresh AS (
  SELECT h.node AS node, any(h.type) AS type, max(h.degree) AS degree, min(h.cap) AS cap FROM {{table .Out.Hubs}} AS h{{if .Known}}
  WHERE h.node NOT IN (SELECT node FROM {{table .Before.Hubs}}){{end}}
  GROUP BY node
)
SELECT now64(3), {{quote .Build}}, {{quote .Run}}, {{quote .Entity}}, event, '', {{.Identifier}}, node, 0, '', n, size, sample
FROM (
  SELECT 'demoted_values' AS event, type, toUInt64(0) AS node, count() AS n, max(degree) AS size, '' AS sample FROM fresh GROUP BY type
  UNION ALL
  SELECT 'demoted' AS event, f.type AS type, f.node AS node, f.degree AS n, f.cap AS size, {{template "masked" "m.value"}} AS sample
  FROM (SELECT * FROM fresh ORDER BY degree DESC, node LIMIT {{.Samples}}) AS f
  JOIN (SELECT node, value FROM {{table .Out.Map}} WHERE node IN (SELECT node FROM fresh)) AS m ON f.node = m.node
)
{{end}}

{{/* FROM text: the values in the first links of every event; those of all examples would be in every block of the map */}}
{{define "identity_named"}}(
    SELECT node, value FROM {{table .Out.Map}} WHERE node IN (
      SELECT arrayJoin([a, b]) FROM (
        SELECT a, b FROM {{table "identity_audit"}} WHERE build = {{quote .Build}} AND entity = {{quote .Entity}} AND sample = '' AND a != 0 ORDER BY n DESC, a, b LIMIT 12 BY event
      )
    )
  ){{end}}

{{/* of every event of the build its number, and the first examples as they may be shown */}}
{{define "identity_samples"}}
SELECT event, other, sum(total), max(largest), arraySlice(groupArrayIf(text, text != ''), 1, 3)
FROM (
  SELECT multiIf(event IN ('blocked', 'blocked_values'), 'blocked', event IN ('invalid', 'invalid_values'), 'invalid', event IN ('demoted', 'demoted_values'), 'demoted', event IN ('rejected', 'rejected_links'), 'rejected', CAST(x.event AS String)) AS event,
    if(x.event IN ('blocked', 'blocked_values', 'invalid', 'invalid_values', 'demoted', 'demoted_values'), x.other_id, '') AS other,
    multiIf(x.event IN ('rejected_links', 'invalid_values', 'demoted_values'), x.n, x.event = 'blocked_values', x.size, x.event IN ('merged', 'split', 'quarantined', 'collision'), 1, 0) AS total,
    if(x.event IN ('quarantined', 'merged'), x.size, 0) AS largest,
    multiIf(sample != '', concat(sample, if(x.event = 'demoted', concat(' (', toString(x.n), ' neighbours, cap ', toString(x.size), ')'), concat(' (', toString(x.n), ' rows)'))),
      x.event IN ('rejected', 'merged', 'quarantined') AND p.value != '', concat({{template "masked" "p.value"}}, if(q.value != '', concat(' - ', {{template "masked" "q.value"}}), ''), if(x.event = 'quarantined', concat(' and ', toString(x.size - 1), ' more'), concat(' (', CAST(x.source AS String), ', ', toString(x.n), ' rows)'))),
      '') AS text
  FROM (SELECT * FROM {{table "identity_audit"}} WHERE build = {{quote .Build}} AND entity = {{quote .Entity}} ORDER BY n DESC, a, b, sample) AS x
  LEFT JOIN {{template "identity_named" .}} AS p ON x.a = p.node
  LEFT JOIN {{template "identity_named" .}} AS q ON x.b = q.node
) GROUP BY event, other ORDER BY event, other
SETTINGS join_use_nulls = 0
{{end}}

{{/* of the build before: entities, those that are gone; identifiers in quarantine then and now; entities that split */}}
{{define "identity_jump"}}
SELECT (SELECT count() FROM {{table .Before.Entity}}),
  (SELECT count() FROM {{table .Old.Entity}}) - (SELECT count() FROM {{table .In.Claims}}),
  (SELECT sum(identifiers) FROM {{table .Before.Entity}} WHERE quarantined = 1),
  (SELECT sum(identifiers) FROM {{table .Out.Entity}} WHERE quarantined = 1),
  (SELECT sum(identifiers) FROM {{table .Before.Entity}})
{{end}}
