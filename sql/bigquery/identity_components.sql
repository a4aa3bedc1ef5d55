{{/* Links to components: the contraction, and what guards take apart of what it finds. */}}

{{/*
Contraction, round by round: every vertex hooks to its greatest neighbour that is greater than itself, the trees are
shortened once, edges are lifted to labels. In a safety round it hooks to the smallest by a hash of the round instead.
*/}}
{{define "contract_hook"}}
CREATE OR REPLACE TABLE {{table .P}} {{template "expires"}} AS
{{if .Seed}}SELECT IF(ha < hb, b, a) AS v, ARRAY_AGG(IF(ha < hb, a, b) ORDER BY LEAST(ha, hb) LIMIT 1)[OFFSET(0)] AS l
FROM (SELECT a, b, FARM_FINGERPRINT(CONCAT({{quote .Seed}}, CAST(a AS STRING))) AS ha, FARM_FINGERPRINT(CONCAT({{quote .Seed}}, CAST(b AS STRING))) AS hb FROM {{table .E}}{{.Only}}) GROUP BY v
{{else}}SELECT a AS v, MAX(b) AS l FROM {{table .E}}{{.Only}} GROUP BY a
{{end}}{{end}}

{{/* of a sample: vertices, and those whose parent has a parent */}}
{{define "contract_deep"}}
SELECT COUNT(*), COUNTIF(g.v IS NOT NULL)
FROM (SELECT l FROM {{table .P}} WHERE MOD(l, 64) = 0) AS p LEFT JOIN (SELECT v FROM {{table .P}} WHERE MOD(v, 64) = 0) AS g ON p.l = g.v
{{end}}

{{define "contract_jump"}}
CREATE OR REPLACE TABLE {{table .Q}} {{template "expires"}} AS
SELECT p.v AS v, IFNULL(g.l, p.l) AS l FROM {{table .P}} AS p LEFT JOIN {{table .P}} AS g ON p.l = g.v
{{end}}

{{define "contract_lift"}}
CREATE OR REPLACE TABLE {{table .Lifted}} {{template "expires"}} AS
SELECT LEAST(x, y) AS a, GREATEST(x, y) AS b
FROM (
  SELECT IFNULL(s.l, e.a) AS x, IFNULL(t.l, e.b) AS y
  FROM {{if .Only}}(SELECT a, b FROM {{table .E}}{{.Only}}){{else}}{{table .E}}{{end}} AS e LEFT JOIN {{table .Q}} AS s ON e.a = s.v LEFT JOIN {{table .Q}} AS t ON e.b = t.v
) WHERE x != y GROUP BY a, b
{{end}}

{{define "contract_live"}}
SELECT COUNT(*) FROM {{table .E}}{{.Only}}
{{end}}

{{define "contract_fetch"}}
SELECT a, b FROM {{table .E}}{{.Only}}
{{end}}

{{define "contract_finish"}}
CREATE OR REPLACE TABLE {{table .Q}} (v INT64, l INT64) {{template "expires"}}
{{end}}

{{/* from this round on: where every vertex ends */}}
{{define "contract_compose"}}
CREATE OR REPLACE TABLE {{table .M}} {{template "expires"}} AS
SELECT q.v AS v, IFNULL(m.l, q.l) AS l FROM {{table .Q}} AS q LEFT JOIN {{table .Next}} AS m ON q.l = m.v
UNION ALL
SELECT v, l FROM {{table .Next}} WHERE v NOT IN (SELECT v FROM {{table .Q}})
{{end}}

{{/* FROM text: .Of with the label of every node; .First is of the first round, .Rest of all others */}}
{{define "labelled"}}{{if .First}}(
  SELECT s.*, {{if .Rest}}IFNULL(m.l, s.hooked){{else}}s.hooked{{end}} AS label
  FROM (SELECT n.*, IFNULL(q.l, n.{{.By}}) AS hooked FROM {{table .Of}} AS n LEFT JOIN {{table .First}} AS q ON n.{{.By}} = q.v) AS s
{{if .Rest}}  LEFT JOIN {{table .Rest}} AS m ON s.hooked = m.v
{{end}}){{else}}(SELECT *, {{.By}} AS label FROM {{table .Of}}){{end}}{{end}}

{{define "labels_of"}}
SELECT node, label FROM {{template "labelled" .Labels}}
{{end}}

{{define "identity_found"}}
CREATE OR REPLACE TABLE {{table .In.Found}} {{template "expires"}} AS
SELECT node, type, value, first_seen, last_seen, n, label AS part FROM {{template "labelled" .Labels}}
{{end}}

{{/* columns of a component, GROUP BY part */}}
{{define "identity_component"}}part, ARRAY_AGG(node ORDER BY first_seen, type, value LIMIT 1)[OFFSET(0)] AS anchor, MIN({{template "identity_order" .}}) AS first, COUNT(*) AS identifiers{{end}}

{{/* a component that is too large does not stay one, and its nodes may be more than a row can hold */}}
{{define "identity_parts"}}
CREATE OR REPLACE TABLE {{table .In.Parts}} {{template "expires"}} AS
SELECT {{template "identity_component" .}}, ARRAY_AGG(node LIMIT {{.MaxSize}}) AS nodes, {{if .Limits}}{{range $i, $m := .Limits}}{{if $i}} OR {{end}}COUNTIF(type = {{$m.Rank}}) > {{$m.Max}}{{end}}{{else}}FALSE{{end}} AS over_max
FROM {{table .In.Found}} GROUP BY part
{{end}}

{{define "identity_over"}}
SELECT COUNTIF(over_max), COUNTIF(NOT over_max AND identifiers > {{.MaxSize}}) FROM {{table .In.Parts}}
{{end}}

{{/* Max. The nodes and edges of the components with too many values of some identifier: .In.Split, .In.Alive. */}}
{{define "split_nodes"}}
CREATE OR REPLACE TABLE {{table .Nodes}} {{template "expires"}} AS
SELECT node, type, last_seen, n, part AS whole, part FROM {{table .In.Found}} WHERE part IN (SELECT part FROM {{table .In.Parts}} WHERE over_max)
{{end}}

{{define "split_edges"}}
CREATE OR REPLACE TABLE {{table .Alive}} {{template "expires"}} AS
SELECT a, b, MAX(last_seen) AS last_seen, SUM(n) AS n FROM {{table .Out.Edges}} WHERE a IN (SELECT node FROM {{table .Nodes}}){{if .Live}} AND {{template "identity_live" .}}{{end}} GROUP BY a, b
{{end}}

{{define "rejected_create"}}
CREATE OR REPLACE TABLE {{table .In.Rejected}} (a INT64, b INT64, why INT64) {{template "expires"}}
{{end}}

{{define "split_over"}}
CREATE OR REPLACE TABLE {{table .Over}} {{template "expires"}} AS
SELECT part FROM {{table .Nodes}} GROUP BY part HAVING COUNTIF(type = {{.Rank}}) > {{.Max}}
{{end}}

{{define "split_over_count"}}
SELECT COUNT(*) FROM {{table .Over}}
{{end}}

{{/* the best-attested values stay together, each other value begins a part of its own */}}
{{define "split_seeds"}}
CREATE OR REPLACE TABLE {{table .Seeds}} {{template "expires"}} AS
SELECT node, IF(place <= {{.Max}}, best, node) AS label, 0 AS hop
FROM (
  SELECT node, ROW_NUMBER() OVER (PARTITION BY part ORDER BY n DESC, last_seen DESC, node) AS place,
    FIRST_VALUE(node) OVER (PARTITION BY part ORDER BY n DESC, last_seen DESC, node) AS best
  FROM {{table .Nodes}} WHERE type = {{.Rank}} AND part IN (SELECT part FROM {{table .Over}})
)
{{end}}

{{/* one hop further: most evidence, then most recent, then the smallest id */}}
{{define "split_hop"}}
INSERT INTO {{table .Seeds}} (node, label, hop)
SELECT node, ARRAY_AGG(label ORDER BY n DESC, last_seen DESC, label LIMIT 1)[OFFSET(0)], {{.Hop}}
FROM (
  SELECT e.y AS node, s.label AS label, SUM(e.n) AS n, MAX(e.last_seen) AS last_seen
  FROM (SELECT a AS x, b AS y, n, last_seen FROM {{table .Alive}} UNION ALL SELECT b AS x, a AS y, n, last_seen FROM {{table .Alive}}) AS e
  JOIN (SELECT node, label FROM {{table .Seeds}} WHERE hop = {{.Hop}} - 1) AS s ON e.x = s.node
  WHERE e.y NOT IN (SELECT node FROM {{table .Seeds}})
  GROUP BY node, label
) GROUP BY node
{{end}}

{{define "split_hop_count"}}
SELECT COUNT(*) FROM {{table .Seeds}} WHERE hop = {{.Hop}}
{{end}}

{{define "split_reject"}}
INSERT INTO {{table .In.Rejected}} (a, b, why)
SELECT e.a, e.b, 1
FROM {{table .Alive}} AS e LEFT JOIN {{table .Seeds}} AS s ON e.a = s.node LEFT JOIN {{table .Seeds}} AS t ON e.b = t.node
WHERE IFNULL(s.label, 0) != IFNULL(t.label, 0)
{{end}}

{{define "split_alive"}}
CREATE OR REPLACE TABLE {{table .NextAlive}} {{template "expires"}} AS
SELECT e.* FROM {{table .Alive}} AS e WHERE NOT EXISTS (SELECT 1 FROM {{table .In.Rejected}} AS r WHERE r.a = e.a AND r.b = e.b)
{{end}}

{{define "split_parts"}}
CREATE OR REPLACE TABLE {{table .NextNodes}} {{template "expires"}} AS
SELECT node, type, last_seen, n, whole, label AS part FROM {{template "labelled" .Labels}}
{{end}}

{{/* Size. What is left and still too large. */}}
{{define "large_parts"}}
CREATE OR REPLACE TABLE {{table .In.Large}} {{template "expires"}} AS
SELECT part FROM {{table .In.Parts}} WHERE NOT over_max AND identifiers > {{.MaxSize}}
{{if .Split}}UNION ALL
SELECT part FROM {{table .Split}} GROUP BY part HAVING COUNT(*) > {{.MaxSize}}
{{end}}{{end}}

{{define "large_count"}}
SELECT COUNT(*) FROM {{table .In.Large}}
{{end}}

{{/*
Nodes whose part is not the component that was found (whole): moved by a max, or in quarantine, where large is the component,
every identifier keeps the entity it had, and a new one is an entity of its own.
*/}}
{{define "moved"}}
CREATE OR REPLACE TABLE {{table .In.Moved}} {{template "expires"}} AS
SELECT node, whole, IF(large = 0, part, {{if .Previous}}IF(entity_id = '', node, MIN(node) OVER (PARTITION BY large, entity_id)){{else}}node{{end}}) AS part, large, was
FROM (
  SELECT c.node AS node, c.whole AS whole, c.part AS part, c.large AS large,
    {{if .Previous}}IFNULL(p.entity_id, '') AS entity_id, q.entity_id IS NOT NULL AS was{{else}}FALSE AS was{{end}}
  FROM (
{{if .Split}}    SELECT s.node, s.whole, s.part, IFNULL(l.part, 0) AS large FROM {{table .Split}} AS s LEFT JOIN {{table .In.Large}} AS l ON s.part = l.part{{if .Shares}} WHERE s.node NOT IN (SELECT node FROM {{table .In.Shared}}){{end}}
    UNION ALL
{{end}}    SELECT node, part AS whole, part, part AS large FROM {{table .In.Found}} WHERE part IN (SELECT part FROM {{table .In.Large}}) AND part IN (SELECT part FROM {{table .In.Parts}} WHERE NOT over_max)
  ) AS c
{{if .Previous}}  LEFT JOIN {{table .Old.Map}} AS p ON c.node = p.node
  LEFT JOIN (SELECT entity_id FROM {{table .Old.Entity}} WHERE quarantined = 1) AS q ON p.entity_id = q.entity_id
{{end}})
{{end}}

{{define "rejected_large"}}
INSERT INTO {{table .In.Rejected}} (a, b, why)
SELECT e.a, e.b, 2
FROM (SELECT a, b FROM {{table .Out.Edges}} WHERE a IN (SELECT node FROM {{table .In.Moved}} WHERE large != 0){{if .Live}} AND {{template "identity_live" .}}{{end}} GROUP BY a, b) AS e
JOIN {{table .In.Moved}} AS s ON e.a = s.node JOIN {{table .In.Moved}} AS t ON e.b = t.node
WHERE s.large = t.large AND s.part != t.part AND NOT EXISTS (SELECT 1 FROM {{table .In.Rejected}} AS r WHERE r.a = e.a AND r.b = e.b)
{{end}}

{{define "rejected_counts"}}
SELECT COUNTIF(why = 1), COUNTIF(why = 2), COUNTIF(why = 3) FROM {{table .In.Rejected}}
{{end}}

{{define "moved_parts"}}
CREATE OR REPLACE TABLE {{table .In.MovedParts}} {{template "expires"}} AS
SELECT {{template "identity_component" .}}, ARRAY_AGG(node) AS nodes, ANY_VALUE(whole) AS whole, MAX(large) AS large
FROM (SELECT f.node AS node, f.type AS type, f.value AS value, f.first_seen AS first_seen, m.part AS part, m.whole AS whole, IF(m.large != 0, 1, 0) AS large
  FROM {{table .In.Found}} AS f JOIN {{table .In.Moved}} AS m ON f.node = m.node)
GROUP BY part
{{end}}
