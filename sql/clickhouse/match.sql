{{/*
Probable ties. Records (a node with the values that one of its rows has) -> blocking keys -> pairs -> levels of agreement
-> a histogram of level vectors, from which weights are learnt outside -> the probability of every pair. Pairs of nodes above
a threshold become links of the weakest kind, as far as the exact components that they join stay within max and max_size.
*/}}

{{/* a row per node and values f; t is how many of the records that have a value have this one; place is a random order */}}
{{define "match_records"}}
CREATE OR REPLACE TABLE {{table .In.Records}} ENGINE = MergeTree ORDER BY id AS
SELECT *, row_number() OVER (ORDER BY {{.Random}}, id) AS place
FROM (
  SELECT {{.ID}} AS id, node{{range .Compare}}, {{.F}},
    if({{.F}} = '', 0., count() OVER (PARTITION BY {{.F}}) / greatest(countIf({{.F}} != '') OVER (), 1)) AS {{.T}}{{end}}
  FROM (
    SELECT node{{range .Compare}}, {{.F}}{{end}} FROM (
{{range $i, $p := .Parts}}{{if $i}}      UNION ALL
{{end}}      SELECT toUInt64({{$p.Owner}}) AS node{{range $p.Values}}, {{.Expr}} AS {{.F}}{{end}} FROM (
{{$p.Rows}}
      ) AS __kith_s{{if $p.Where}} WHERE {{$p.Where}}{{end}}
{{end}}    ) WHERE node != 0 AND NOT ({{range $i, $c := .Compare}}{{if $i}} AND {{end}}{{$c.F}} = ''{{end}})
    GROUP BY node{{range .Compare}}, {{.F}}{{end}}
  )
)
{{end}}

{{/* records, and of every comparison how many have a value and the sum of t */}}
{{define "match_terms"}}
SELECT count(){{range .Compare}}, countIf({{.F}} != ''), sum({{.T}}){{end}} FROM {{table .In.Records}}
{{end}}

{{define "match_keys"}}
CREATE OR REPLACE TABLE {{table .In.Keys}} ENGINE = MergeTree ORDER BY (key, id) AS
SELECT id, arrayJoin(arrayDistinct(arrayFilter(k -> k != 0, [{{range $i, $k := .Keys}}{{if $i}},
  {{end}}{{$k}}{{end}}]))) AS key
FROM {{table .In.Records}}
{{end}}

{{/* keys that bring records together; their number, and that of keys with too many */}}
{{define "match_key_counts"}}
SELECT countIf(n BETWEEN 2 AND {{.MaxBlock}}), countIf(n > {{.MaxBlock}}) FROM (SELECT count() AS n FROM {{table .In.Keys}} GROUP BY key)
{{end}}

{{define "match_pairs"}}
CREATE OR REPLACE TABLE {{table .In.Pairs}} ENGINE = MergeTree ORDER BY tuple() AS
SELECT l.id AS a, r.id AS b
FROM (SELECT id, key FROM {{table .In.Keys}} WHERE key IN ({{template "match_key_used" .}})) AS l
JOIN (SELECT id, key FROM {{table .In.Keys}} WHERE key IN ({{template "match_key_used" .}})) AS r ON l.key = r.key
WHERE l.id < r.id GROUP BY a, b
{{end}}

{{define "match_key_used"}}SELECT key FROM {{table .In.Keys}} GROUP BY key HAVING count() BETWEEN 2 AND {{.MaxBlock}}{{end}}

{{/* every one of the first records with those that come after it: places are random */}}
{{define "match_random"}}
CREATE OR REPLACE TABLE {{table .In.Random}} ENGINE = MergeTree ORDER BY tuple() AS
SELECT l.id AS a, r.id AS b
FROM (SELECT id, place + arrayJoin(range(1, {{.Each}} + 1)) AS other FROM {{table .In.Records}} WHERE place <= {{.First}}) AS l
JOIN {{table .In.Records}} AS r ON l.other = r.place
{{end}}

{{/*
The level vector of every pair as a number, and the logs of the frequencies of what is equal: of all comparisons, and of those
that are a person's own. y is the other record's value, z as it stands there: names may be exchanged.
*/}}
{{define "match_levels"}}
CREATE OR REPLACE TABLE {{table .Levels}} ENGINE = MergeTree ORDER BY tuple() AS
SELECT a, b, na, nb, {{range $i, $c := .Compare}}{{if $i}} + {{end}}toUInt64({{$c.G}} + 1) * {{$c.Power}}{{end}} AS code,
  {{range $i, $c := .Compare}}{{if $i}} + {{end}}if({{$c.G}} = 4, ln({{$c.Q}}), 0.){{end}} AS common,
  0.{{range .Compare}}{{if not .Household}} + if({{.G}} = 4, ln({{.Q}}), 0.){{end}}{{end}} AS own
FROM (
  SELECT a, b, na, nb{{range .Compare}}, {{.Q}}, {{.Level}} AS {{.G}}{{end}}
  FROM (
    SELECT a, b, na, nb{{range .Compare}}, {{.Q}}, {{.X}}, {{.Swapped}} AS {{.Y}}{{end}}
    FROM (
      SELECT *, {{.Crossed}} AS crossed
      FROM (
        SELECT p.a AS a, p.b AS b, l.node AS na, r.node AS nb{{range .Compare}}, l.{{.F}} AS {{.X}}, r.{{.F}} AS {{.Z}}, greatest(l.{{.T}}, r.{{.T}}) AS {{.Q}}{{end}}
        FROM {{table .Of}} AS p JOIN {{table .In.Records}} AS l ON p.a = l.id JOIN {{table .In.Records}} AS r ON p.b = r.id
      )
    )
  )
)
{{end}}

{{define "match_histogram"}}
SELECT code, count() FROM {{table .Levels}} GROUP BY code ORDER BY code
{{end}}

{{define "match_weights"}}
CREATE OR REPLACE TABLE {{table .In.Weights}} (code UInt64, m Float64, u Float64, h Float64) ENGINE = MergeTree ORDER BY code
{{end}}

{{define "match_weights_count"}}
SELECT count() FROM {{table .In.Weights}}
{{end}}

{{/* pairs of nodes that are worth a look, with their most probable records ra and rb */}}
{{define "match_scored"}}
CREATE OR REPLACE TABLE {{table .In.Scored}} ENGINE = MergeTree ORDER BY (a, b) AS
SELECT a, b, max(p) AS probability, argMax(x, (p, x, y)) AS ra, argMax(y, (p, x, y)) AS rb
FROM (
  SELECT least(l.na, l.nb) AS a, greatest(l.na, l.nb) AS b, if(l.na < l.nb, l.a, l.b) AS x, if(l.na < l.nb, l.b, l.a) AS y,
    1 / (1 + exp(least(w.u + l.common - w.m, 700.)) + exp(least(w.h + l.own - w.m, 700.))) AS p
  FROM {{table .In.Levels}} AS l JOIN {{table .In.Weights}} AS w ON l.code = w.code
  WHERE l.na != l.nb
) WHERE p >= {{.Review}} GROUP BY a, b
{{end}}

{{/* FROM text: what somebody has decided last about pairs of nodes */}}
{{define "match_decided"}}(
  SELECT a, b, argMax(decision, at) AS decision FROM {{table "match_decisions"}} WHERE entity = {{quote .Entity}} GROUP BY a, b HAVING decision != 'undecided'
){{end}}

{{define "match_nodes"}}
CREATE OR REPLACE TABLE {{table .In.MatchNodes}} ENGINE = MergeTree ORDER BY node AS
SELECT node, type, label AS part FROM {{template "labelled" .Labels}}
SETTINGS join_use_nulls = 0
{{end}}

{{/* pairs that join exact components; what somebody has decided comes first */}}
{{define "match_links"}}
CREATE OR REPLACE TABLE {{table .In.Links}} ENGINE = MergeTree ORDER BY (a, b) AS
SELECT s.a AS a, s.b AS b, s.probability AS probability, s.decided AS decided, least(x.part, y.part) AS la, greatest(x.part, y.part) AS lb
FROM (
  SELECT a, b, probability, 0 AS decided FROM {{table .In.Scored}}
  WHERE probability >= {{.Link}} AND (a, b) NOT IN (SELECT a, b FROM {{template "match_decided" .}})
  UNION ALL
  SELECT a, b, 1. AS probability, 1 AS decided FROM {{template "match_decided" .}} WHERE decision = 'accepted'
) AS s JOIN {{table .In.MatchNodes}} AS x ON s.a = x.node JOIN {{table .In.MatchNodes}} AS y ON s.b = y.node
WHERE x.part != y.part
{{end}}

{{define "match_link_counts"}}
SELECT count() FROM {{table .In.Links}}
{{end}}

{{define "match_joined"}}
CREATE OR REPLACE TABLE {{table .In.Joined}} ENGINE = MergeTree ORDER BY (a, b) AS
SELECT la AS a, lb AS b FROM {{table .In.Links}} GROUP BY a, b
{{end}}

{{/* exact components that pairs join: their size, and their number of values of identifiers with a max */}}
{{define "match_parts"}}
CREATE OR REPLACE TABLE {{table .In.MatchParts}} ENGINE = MergeTree ORDER BY node AS
SELECT part AS node, count() AS size{{range $i, $m := .Limits}}, countIf(type = {{$m.Rank}}) AS c{{$i}}{{end}}
FROM {{table .In.MatchNodes}} WHERE part IN (SELECT la FROM {{table .In.Links}} UNION ALL SELECT lb FROM {{table .In.Links}})
GROUP BY part
{{end}}

{{define "match_groups"}}
CREATE OR REPLACE TABLE {{table .In.Groups}} ENGINE = MergeTree ORDER BY node AS
SELECT node, size{{range $i, $m := .Limits}}, c{{$i}}{{end}}, label AS part FROM {{template "labelled" .Labels}}
SETTINGS join_use_nulls = 0
{{end}}

{{/* FROM text: exact components that somebody has said are not one */}}
{{define "match_apart"}}(
  SELECT x.part AS la, y.part AS lb
  FROM {{template "match_decided" .}} AS d JOIN {{table .In.MatchNodes}} AS x ON d.a = x.node JOIN {{table .In.MatchNodes}} AS y ON d.b = y.node
  WHERE d.decision = 'refused' AND x.part != y.part
){{end}}

{{/* groups that would break a max or max_size, or join what somebody keeps apart */}}
{{define "match_over"}}
CREATE OR REPLACE TABLE {{table .In.MatchOver}} ENGINE = MergeTree ORDER BY part AS
SELECT part FROM {{table .In.Groups}} GROUP BY part
HAVING sum(size) > {{.MatchSize}}{{range $i, $m := .Limits}} OR sum(c{{$i}}) > {{$m.Max}}{{end}}
UNION DISTINCT
SELECT x.part AS part FROM {{template "match_apart" .}} AS d JOIN {{table .In.Groups}} AS x ON d.la = x.node JOIN {{table .In.Groups}} AS y ON d.lb = y.node
WHERE x.part = y.part
{{end}}

{{define "match_over_links"}}
SELECT a, b, la, lb FROM {{table .In.Links}}
WHERE la IN (SELECT node FROM {{table .In.Groups}} WHERE part IN (SELECT part FROM {{table .In.MatchOver}}))
ORDER BY decided DESC, probability DESC, a, b
{{end}}

{{define "match_over_parts"}}
SELECT node, size{{range $i, $m := .Limits}}, c{{$i}}{{end}} FROM {{table .In.Groups}} WHERE part IN (SELECT part FROM {{table .In.MatchOver}})
{{end}}

{{define "match_over_apart"}}
SELECT la, lb FROM {{template "match_apart" .}}
WHERE la IN (SELECT node FROM {{table .In.Groups}} WHERE part IN (SELECT part FROM {{table .In.MatchOver}}))
{{end}}

{{/* pairs that a guard rail refuses: max, size or apart */}}
{{define "match_held"}}
CREATE OR REPLACE TABLE {{table .In.Held}} (a UInt64, b UInt64, why LowCardinality(String)) ENGINE = MergeTree ORDER BY (a, b)
{{end}}

{{define "match_held_count"}}
SELECT count() FROM {{table .In.Held}}
{{end}}

{{/* the links, without evidence of rows: when in doubt every row weighs more */}}
{{define "match_edges"}}
INSERT INTO {{table .Out.Edges}} (a, b, ta, tb, source, bucket, first_seen, last_seen, n)
SELECT s.a, s.b, x.type, y.type, if(s.decided = 1, '(decision)', '(match)'), 0, greatest(x.first_seen, y.first_seen), least(x.last_seen, y.last_seen), 0
FROM (SELECT a, b, decided FROM {{table .In.Links}} WHERE (a, b) NOT IN (SELECT a, b FROM {{table .In.Held}})) AS s
JOIN {{table .In.Nodes}} AS x ON s.a = x.node JOIN {{table .In.Nodes}} AS y ON s.b = y.node
{{end}}

{{/* pairs for somebody to decide: in doubt, or probable and held; a and b are still two */}}
{{define "match_review"}}
CREATE OR REPLACE TABLE {{table .Out.Review}} (
  pair String,
  a UInt64,
  b UInt64,
  probability Float64,
  why LowCardinality(String),
  a_entity String,
  b_entity String,
  a_values Array(String),
  b_values Array(String)
) ENGINE = MergeTree ORDER BY pair AS
SELECT lower(hex(sipHash64(s.a, s.b))) AS pair, s.a AS a, s.b AS b, s.probability AS probability, s.why AS why, x.entity_id AS a_entity, y.entity_id AS b_entity,
  [{{range $i, $c := .Compare}}{{if $i}}, {{end}}l.{{$c.F}}{{end}}] AS a_values, [{{range $i, $c := .Compare}}{{if $i}}, {{end}}r.{{$c.F}}{{end}}] AS b_values
FROM (
  SELECT a, b, probability, ra, rb, '' AS why FROM {{table .In.Scored}}
  WHERE probability < {{.Link}} AND (a, b) NOT IN (SELECT a, b FROM {{template "match_decided" .}})
  UNION ALL
  SELECT z.a AS a, z.b AS b, z.probability AS probability, z.ra AS ra, z.rb AS rb, h.why AS why
  FROM {{table .In.Scored}} AS z JOIN {{table .In.Held}} AS h ON z.a = h.a AND z.b = h.b
) AS s
JOIN {{table .Out.Map}} AS x ON s.a = x.node JOIN {{table .Out.Map}} AS y ON s.b = y.node
JOIN {{table .In.Records}} AS l ON s.ra = l.id JOIN {{table .In.Records}} AS r ON s.rb = r.id
WHERE x.entity_id != y.entity_id
{{end}}

{{define "match_review_count"}}
SELECT count() FROM {{table .Out.Review}}
{{end}}

{{/* what is still to be decided in a build, the most probable first */}}
{{define "match_open"}}
SELECT pair, a, b, probability, CAST(why AS String), a_entity, b_entity, a_values, b_values FROM {{table .Review}}
WHERE (a, b) NOT IN (SELECT a, b FROM {{template "match_decided" .}})
ORDER BY probability DESC, pair LIMIT {{.Limit}}
{{end}}

{{/* pairs by name, from a build and from what is decided */}}
{{define "match_named"}}
SELECT pair, a, b FROM (
{{if .Review}}  SELECT pair, a, b FROM {{table .Review}}
  UNION DISTINCT
{{end}}  SELECT lower(hex(sipHash64(a, b))) AS pair, a, b FROM {{template "match_decided" .}}
) WHERE pair IN ({{range $i, $p := .Pairs}}{{if $i}}, {{end}}{{quote $p}}{{end}})
{{end}}

{{/* what somebody has decided, the latest first */}}
{{define "match_decisions"}}
SELECT lower(hex(sipHash64(a, b))), argMax(decision, at) AS last, max(at) AS said FROM {{table "match_decisions"}}
WHERE entity = {{quote .Entity}} GROUP BY a, b HAVING last != 'undecided' ORDER BY said DESC, a, b LIMIT {{.Limit}}
{{end}}
