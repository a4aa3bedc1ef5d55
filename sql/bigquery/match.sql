{{/*
Probable ties. Records (a node with the values that one of its rows has) -> blocking keys -> pairs -> levels of agreement
-> a histogram of level vectors, from which weights are learnt outside -> the probability of every pair. Pairs of nodes above
a threshold become links of the weakest kind, as far as the exact components that they join stay within max and max_size.
*/}}

{{/*
A row per node and values f; t is how many records have this one; place is a random order. No window holds the records that
have no value, which may be most: they are spread, and what is counted of them is not used.
*/}}
{{define "match_records"}}
CREATE OR REPLACE TABLE {{table .In.Records}} {{template "expires"}} AS
SELECT *, {{.Random}} AS place
FROM (
  SELECT {{.ID}} AS id, node{{range .Compare}}, {{.F}}, COUNT(*) OVER (PARTITION BY {{.F}}, IF({{.F}} = '', MOD(node, 1000), 0)) AS {{.T}}{{end}}
  FROM (
    SELECT node{{range .Compare}}, {{.F}}{{end}} FROM (
{{range $i, $p := .Parts}}{{if $i}}      UNION ALL
{{end}}      SELECT {{$p.Owner}} AS node{{range $p.Values}}, {{.Expr}} AS {{.F}}{{end}} FROM (
{{$p.Rows}}
      ) AS __kith_s{{if $p.Where}} WHERE {{$p.Where}}{{end}}
{{end}}    ) WHERE node != 0 AND NOT ({{range $i, $c := .Compare}}{{if $i}} AND {{end}}{{$c.F}} = ''{{end}})
    GROUP BY node{{range .Compare}}, {{.F}}{{end}}
  )
)
{{end}}

{{/* records, and of every comparison how many have a value and the sum of their shares t / n */}}
{{define "match_terms"}}
SELECT COUNT(*){{range .Compare}}, COUNTIF({{.F}} != ''), IFNULL(SUM(IF({{.F}} != '', {{.T}}, 0)) / NULLIF(COUNTIF({{.F}} != ''), 0), 0){{end}} FROM {{table .In.Records}}
{{end}}

{{define "match_keys"}}
CREATE OR REPLACE TABLE {{table .In.Keys}} {{template "expires"}} AS
SELECT DISTINCT id, key FROM {{table .In.Records}}, UNNEST([{{range $i, $k := .Keys}}{{if $i}},
  {{end}}{{$k}}{{end}}]) AS key WHERE key != 0
{{end}}

{{/* keys that bring records together; their number, and that of keys with too many */}}
{{define "match_key_counts"}}
SELECT COUNTIF(n BETWEEN 2 AND {{.MaxBlock}}), COUNTIF(n > {{.MaxBlock}}) FROM (SELECT COUNT(*) AS n FROM {{table .In.Keys}} GROUP BY key)
{{end}}

{{/* the limit is for keys with too many: their records may be more than a row can hold */}}
{{define "match_pairs"}}
CREATE OR REPLACE TABLE {{table .In.Pairs}} {{template "expires"}} AS
SELECT a, b
FROM (SELECT ARRAY_AGG(id LIMIT {{.MaxBlock}}) AS ids FROM {{table .In.Keys}} GROUP BY key HAVING COUNT(*) BETWEEN 2 AND {{.MaxBlock}}), UNNEST(ids) AS a, UNNEST(ids) AS b
WHERE a < b GROUP BY a, b
{{end}}

{{/* every one of the first records with those that come after it: places are random */}}
{{define "match_random"}}
CREATE OR REPLACE TABLE {{table .In.Random}} {{template "expires"}} AS
SELECT a, b
FROM (
  SELECT id AS a, ROW_NUMBER() OVER (ORDER BY place, id) AS nth, ARRAY_AGG(id) OVER (ORDER BY place, id ROWS BETWEEN 1 FOLLOWING AND {{.Each}} FOLLOWING) AS others
  FROM (SELECT id, place FROM {{table .In.Records}} ORDER BY place, id LIMIT {{.Last}})
), UNNEST(others) AS b
WHERE nth <= {{.First}}
{{end}}

{{define "match_record"}}STRUCT(id, node{{range .Compare}}, {{.F}}, {{.T}}{{end}}){{end}}

{{/*
The level vector of every pair as a number, and the logs of the frequencies of what is equal: of all comparisons, and of those
that are a person's own. y is the other record's value, z as it stands there: names may be exchanged. Pairs meet their records
by grouping: first a record with the ids of its partners, then a partner with all its records. That shuffles what two joins
would, and no more. UNNEST of one element is a name for a value that is computed once.
*/}}
{{define "match_levels"}}
CREATE OR REPLACE TABLE {{table .Levels}} {{template "expires"}} AS
SELECT a, b, na, nb, {{range $i, $c := .Compare}}{{if $i}} + {{end}}({{$c.G}} + 1) * {{$c.Power}}{{end}} AS code,
  {{range $i, $c := .Compare}}{{if $i}} + {{end}}LN(IF({{$c.G}} = 4, {{$c.Q}}, 1)){{end}} AS common,
  0.0{{range .Compare}}{{if not .Household}} + LN(IF({{.G}} = 4, {{.Q}}, 1)){{end}}{{end}} AS own
FROM (
  SELECT a, b, na, nb{{range .Compare}}, {{.Q}}, level.{{.G}} AS {{.G}}{{end}}
  FROM (
    SELECT a, b, na, nb{{range .Compare}}, {{.Q}}, {{.X}}, {{.Swapped}} AS {{.Y}}{{end}}
    FROM (
      SELECT l.id AS a, r.id AS b, l.node AS na, r.node AS nb{{range .Compare}}, l.{{.F}} AS {{.X}}, r.{{.F}} AS {{.Z}}, GREATEST(l.{{.T}}, r.{{.T}}) / n.{{.T}} AS {{.Q}}{{end}}
      FROM (
        SELECT ARRAY_AGG(r IGNORE NULLS LIMIT 1)[SAFE_OFFSET(0)] AS r, ARRAY_AGG(l IGNORE NULLS) AS ls
        FROM (
          SELECT id, {{template "match_record" .}} AS r, NULL AS l FROM {{table .In.Records}}
          UNION ALL
          SELECT b, NULL, l FROM (
            SELECT ARRAY_AGG(l IGNORE NULLS LIMIT 1)[SAFE_OFFSET(0)] AS l, ARRAY_AGG(b IGNORE NULLS) AS bs
            FROM (
              SELECT id, {{template "match_record" .}} AS l, NULL AS b FROM {{table .In.Records}}
              UNION ALL
              SELECT a, NULL, b FROM {{table .Of}}
            ) GROUP BY id
          ), UNNEST(bs) AS b
        ) GROUP BY id
      ), UNNEST(ls) AS l CROSS JOIN (SELECT {{range $i, $c := .Compare}}{{if $i}}, {{end}}GREATEST(COUNTIF({{$c.F}} != ''), 1) AS {{$c.T}}{{end}} FROM {{table .In.Records}}) AS n
    ), UNNEST([{{.Crossed}}]) AS crossed
  ), UNNEST([STRUCT({{range $i, $c := .Compare}}{{if $i}}, {{end}}{{$c.Level}} AS {{$c.G}}{{end}})]) AS level
)
{{end}}

{{define "match_histogram"}}
SELECT code, COUNT(*) FROM {{table .Levels}} GROUP BY code ORDER BY code
{{end}}

{{define "match_weights"}}
CREATE OR REPLACE TABLE {{table .In.Weights}} (code INT64, m FLOAT64, u FLOAT64, h FLOAT64) {{template "expires"}}
{{end}}

{{define "match_weights_count"}}
SELECT COUNT(*) FROM {{table .In.Weights}}
{{end}}

{{/* pairs of nodes that are worth a look, with their most probable records ra and rb */}}
{{define "match_scored"}}
CREATE OR REPLACE TABLE {{table .In.Scored}} {{template "expires"}} AS
SELECT a, b, best.p AS probability, best.x AS ra, best.y AS rb
FROM (
  SELECT a, b, ARRAY_AGG(STRUCT(p, x, y) ORDER BY p DESC, x DESC, y DESC LIMIT 1)[OFFSET(0)] AS best
  FROM (
    SELECT LEAST(l.na, l.nb) AS a, GREATEST(l.na, l.nb) AS b, IF(l.na < l.nb, l.a, l.b) AS x, IF(l.na < l.nb, l.b, l.a) AS y,
      1 / (1 + EXP(LEAST(w.u + l.common - w.m, 700)) + EXP(LEAST(w.h + l.own - w.m, 700))) AS p
    FROM {{table .In.Levels}} AS l JOIN {{table .In.Weights}} AS w ON l.code = w.code
    WHERE l.na != l.nb
  ) WHERE p >= {{.Review}} GROUP BY a, b
)
{{end}}

{{/* FROM text: what somebody has decided last about pairs of nodes */}}
{{define "match_decided"}}(
  SELECT a, b, decision FROM (
    SELECT a, b, ARRAY_AGG(decision ORDER BY `at` DESC LIMIT 1)[OFFSET(0)] AS decision FROM {{table "match_decisions"}} WHERE entity = {{quote .Entity}} GROUP BY a, b
  ) WHERE decision != 'undecided'
){{end}}

{{define "match_nodes"}}
CREATE OR REPLACE TABLE {{table .In.MatchNodes}} {{template "expires"}} AS
SELECT node, type, label AS part FROM {{template "labelled" .Labels}}
{{end}}

{{/* pairs that join exact components; what somebody has decided comes first */}}
{{define "match_links"}}
CREATE OR REPLACE TABLE {{table .In.Links}} {{template "expires"}} AS
SELECT s.a AS a, s.b AS b, s.probability AS probability, s.decided AS decided, LEAST(x.part, y.part) AS la, GREATEST(x.part, y.part) AS lb
FROM (
  SELECT p.a AS a, p.b AS b, p.probability AS probability, 0 AS decided FROM {{table .In.Scored}} AS p
  WHERE p.probability >= {{.Link}} AND NOT EXISTS (SELECT 1 FROM {{template "match_decided" .}} AS d WHERE d.a = p.a AND d.b = p.b)
  UNION ALL
  SELECT a, b, 1.0 AS probability, 1 AS decided FROM {{template "match_decided" .}} WHERE decision = 'accepted'
) AS s JOIN {{table .In.MatchNodes}} AS x ON s.a = x.node JOIN {{table .In.MatchNodes}} AS y ON s.b = y.node
WHERE x.part != y.part
{{end}}

{{define "match_link_counts"}}
SELECT COUNT(*) FROM {{table .In.Links}}
{{end}}

{{define "match_joined"}}
CREATE OR REPLACE TABLE {{table .In.Joined}} {{template "expires"}} AS
SELECT la AS a, lb AS b FROM {{table .In.Links}} GROUP BY a, b
{{end}}

{{/* exact components that pairs join: their size, and their number of values of identifiers with a max */}}
{{define "match_parts"}}
CREATE OR REPLACE TABLE {{table .In.MatchParts}} {{template "expires"}} AS
SELECT part AS node, COUNT(*) AS size{{range $i, $m := .Limits}}, COUNTIF(type = {{$m.Rank}}) AS c{{$i}}{{end}}
FROM {{table .In.MatchNodes}} WHERE part IN (SELECT la FROM {{table .In.Links}} UNION ALL SELECT lb FROM {{table .In.Links}})
GROUP BY part
{{end}}

{{define "match_groups"}}
CREATE OR REPLACE TABLE {{table .In.Groups}} {{template "expires"}} AS
SELECT node, size{{range $i, $m := .Limits}}, c{{$i}}{{end}}, label AS part FROM {{template "labelled" .Labels}}
{{end}}

{{/* FROM text: exact components that somebody has said are not one */}}
{{define "match_apart"}}(
  SELECT x.part AS la, y.part AS lb
  FROM {{template "match_decided" .}} AS d JOIN {{table .In.MatchNodes}} AS x ON d.a = x.node JOIN {{table .In.MatchNodes}} AS y ON d.b = y.node
  WHERE d.decision = 'refused' AND x.part != y.part
){{end}}

{{/* groups that would break a max or max_size, or join what somebody keeps apart */}}
{{define "match_over"}}
CREATE OR REPLACE TABLE {{table .In.MatchOver}} {{template "expires"}} AS
SELECT part FROM {{table .In.Groups}} GROUP BY part
HAVING SUM(size) > {{.MatchSize}}{{range $i, $m := .Limits}} OR SUM(c{{$i}}) > {{$m.Max}}{{end}}
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
CREATE OR REPLACE TABLE {{table .In.Held}} (a INT64, b INT64, why STRING) {{template "expires"}}
{{end}}

{{define "match_held_count"}}
SELECT COUNT(*) FROM {{table .In.Held}}
{{end}}

{{/* the links, without evidence of rows: when in doubt every row weighs more */}}
{{define "match_edges"}}
INSERT INTO {{table .Out.Edges}} (a, b, ta, tb, source, bucket, first_seen, last_seen, n)
SELECT s.a, s.b, x.type, y.type, IF(s.decided = 1, '(decision)', '(match)'), 0, GREATEST(x.first_seen, y.first_seen), LEAST(x.last_seen, y.last_seen), 0
FROM (SELECT l.a AS a, l.b AS b, l.decided AS decided FROM {{table .In.Links}} AS l WHERE NOT EXISTS (SELECT 1 FROM {{table .In.Held}} AS h WHERE h.a = l.a AND h.b = l.b)) AS s
JOIN {{table .In.Nodes}} AS x ON s.a = x.node JOIN {{table .In.Nodes}} AS y ON s.b = y.node
{{end}}

{{define "match_name"}}TO_HEX(SUBSTR(SHA256(CONCAT(CAST({{.}}.a AS STRING), ',', CAST({{.}}.b AS STRING))), 1, 8)){{end}}

{{/* pairs for somebody to decide: in doubt, or probable and held; a and b are still two */}}
{{define "match_review"}}
CREATE OR REPLACE TABLE {{table .Out.Review}} (
  pair STRING,
  a INT64,
  b INT64,
  probability FLOAT64,
  why STRING,
  a_entity STRING,
  b_entity STRING,
  a_values ARRAY<STRING>,
  b_values ARRAY<STRING>
) AS
SELECT {{template "match_name" "s"}} AS pair, s.a AS a, s.b AS b, s.probability AS probability, s.why AS why, x.entity_id AS a_entity, y.entity_id AS b_entity,
  [{{range $i, $c := .Compare}}{{if $i}}, {{end}}l.{{$c.F}}{{end}}] AS a_values, [{{range $i, $c := .Compare}}{{if $i}}, {{end}}r.{{$c.F}}{{end}}] AS b_values
FROM (
  SELECT p.a AS a, p.b AS b, p.probability AS probability, p.ra AS ra, p.rb AS rb, '' AS why FROM {{table .In.Scored}} AS p
  WHERE p.probability < {{.Link}} AND NOT EXISTS (SELECT 1 FROM {{template "match_decided" .}} AS d WHERE d.a = p.a AND d.b = p.b)
  UNION ALL
  SELECT z.a AS a, z.b AS b, z.probability AS probability, z.ra AS ra, z.rb AS rb, h.why AS why
  FROM {{table .In.Scored}} AS z JOIN {{table .In.Held}} AS h ON z.a = h.a AND z.b = h.b
) AS s
JOIN {{table .Out.Map}} AS x ON s.a = x.node JOIN {{table .Out.Map}} AS y ON s.b = y.node
JOIN {{table .In.Records}} AS l ON s.ra = l.id JOIN {{table .In.Records}} AS r ON s.rb = r.id
WHERE x.entity_id != y.entity_id
{{end}}

{{define "match_review_count"}}
SELECT COUNT(*) FROM {{table .Out.Review}}
{{end}}

{{/* what is still to be decided in a build, the most probable first */}}
{{define "match_open"}}
SELECT p.pair, p.a, p.b, p.probability, p.why, p.a_entity, p.b_entity, p.a_values, p.b_values FROM {{table .Review}} AS p
WHERE NOT EXISTS (SELECT 1 FROM {{template "match_decided" .}} AS d WHERE d.a = p.a AND d.b = p.b)
ORDER BY p.probability DESC, p.pair LIMIT {{.Limit}}
{{end}}

{{/* pairs by name, from a build and from what is decided */}}
{{define "match_named"}}
SELECT pair, a, b FROM (
{{if .Review}}  SELECT pair, a, b FROM {{table .Review}}
  UNION DISTINCT
{{end}}  SELECT {{template "match_name" "d"}} AS pair, d.a AS a, d.b AS b FROM {{template "match_decided" .}} AS d
) WHERE pair IN ({{range $i, $p := .Pairs}}{{if $i}}, {{end}}{{quote $p}}{{end}})
{{end}}

{{/* what somebody has decided, the latest first */}}
{{define "match_decisions"}}
SELECT {{template "match_name" "d"}}, d.decision, d.said
FROM (
  SELECT a, b, ARRAY_AGG(decision ORDER BY `at` DESC LIMIT 1)[OFFSET(0)] AS decision, MAX(`at`) AS said FROM {{table "match_decisions"}} WHERE entity = {{quote .Entity}} GROUP BY a, b
) AS d WHERE d.decision != 'undecided' ORDER BY d.said DESC, d.a, d.b LIMIT {{.Limit}}
{{end}}
