{{/* Links to components: the contraction, and what guards take apart of what it finds. */}}

{{/* hashes, which do not shrink */}}
{{define "contract_labels"}}v UInt64 CODEC(NONE), l UInt64 CODEC(NONE){{end}}

{{/*
Contraction, round by round: every vertex hooks to its greatest neighbour that is greater than itself (links are in the order
of a: groups of it are met one after the other), the trees are shortened once, edges are lifted to labels. In a safety round it
hooks to the smallest by a hash of the round instead.
*/}}
{{define "contract_hook"}}
CREATE OR REPLACE TABLE {{table .P}} ({{template "contract_labels"}}) ENGINE = MergeTree ORDER BY tuple() AS
{{if .Seed}}SELECT if(ha < hb, b, a) AS v, argMin(if(ha < hb, a, b), least(ha, hb)) AS l
FROM (SELECT a, b, intHash64(bitXor(a, {{.Seed}})) AS ha, intHash64(bitXor(b, {{.Seed}})) AS hb FROM {{table .E}}{{.Only}}) GROUP BY v
{{else}}SELECT a AS v, max(b) AS l FROM {{table .E}}{{.Only}} GROUP BY a
{{end}}{{end}}

{{/* of a sample: vertices, and those whose parent has a parent */}}
{{define "contract_deep"}}
SELECT count(), countIf(l IN (SELECT v FROM {{table .P}} WHERE v % 64 = 0)) FROM {{table .P}} WHERE l % 64 = 0
{{end}}

{{define "contract_jump"}}
CREATE OR REPLACE TABLE {{table .Q}} ({{template "contract_labels"}}) ENGINE = MergeTree ORDER BY tuple() AS
SELECT p.v AS v, if(g.v = p.l, g.l, p.l) AS l FROM {{table .P}} AS p LEFT ANY JOIN {{table .P}} AS g ON p.l = g.v
SETTINGS join_use_nulls = 0
{{end}}

{{/* in a round that is not a safety round every a has hooked; a join that keeps every row is the cheaper one all the same */}}
{{define "contract_lift"}}
CREATE OR REPLACE TABLE {{table .Lifted}} (a UInt64 CODEC(NONE), b UInt64 CODEC(NONE)) ENGINE = MergeTree ORDER BY tuple() AS
SELECT least(x, y) AS a, greatest(x, y) AS b
FROM (
  SELECT {{if .Seed}}if(s.v = e.a, s.l, e.a){{else}}s.l{{end}} AS x, if(t.v = e.b, t.l, e.b) AS y
  FROM {{if .Only}}(SELECT a, b FROM {{table .E}}{{.Only}}){{else}}{{table .E}}{{end}} AS e LEFT ANY JOIN {{table .Q}} AS s ON e.a = s.v LEFT ANY JOIN {{table .Q}} AS t ON e.b = t.v
  WHERE x != y
) GROUP BY a, b
SETTINGS join_use_nulls = 0
{{end}}

{{define "contract_live"}}
SELECT count() FROM {{table .E}}{{.Only}}
{{end}}

{{define "contract_fetch"}}
SELECT a, b FROM {{table .E}}{{.Only}}
{{end}}

{{define "contract_finish"}}
CREATE OR REPLACE TABLE {{table .Q}} ({{template "contract_labels"}}) ENGINE = MergeTree ORDER BY tuple()
{{end}}

{{/* from this round on: where every vertex ends */}}
{{define "contract_compose"}}
CREATE OR REPLACE TABLE {{table .M}} ({{template "contract_labels"}}) ENGINE = MergeTree ORDER BY tuple() AS
SELECT q.v AS v, if(m.v = q.l, m.l, q.l) AS l FROM {{table .Q}} AS q LEFT ANY JOIN {{table .Next}} AS m ON q.l = m.v
UNION ALL
SELECT v, l FROM {{table .Next}} WHERE v NOT IN (SELECT v FROM {{table .Q}})
SETTINGS join_use_nulls = 0
{{end}}

{{/* FROM text: .Of with the label of every node; .First is of the first round, .Rest of all others */}}
{{define "labelled"}}{{if .First}}(
  SELECT s.*, {{if .Rest}}if(m.v = s.hooked, m.l, s.hooked){{else}}s.hooked{{end}} AS label
  FROM (SELECT n.*, if(q.v = n.{{.By}}, q.l, n.{{.By}}) AS hooked FROM {{table .Of}} AS n LEFT ANY JOIN {{table .First}} AS q ON n.{{.By}} = q.v) AS s
{{if .Rest}}  LEFT ANY JOIN {{table .Rest}} AS m ON s.hooked = m.v
{{end}}){{else}}(SELECT *, {{.By}} AS label FROM {{table .Of}}){{end}}{{end}}

{{define "labels_of"}}
SELECT node, label FROM {{template "labelled" .Labels}}
SETTINGS join_use_nulls = 0
{{end}}

{{define "identity_found"}}
CREATE OR REPLACE TABLE {{table .In.Found}} ({{template "identity_node_columns"}}, part UInt64 CODEC(NONE)) ENGINE = MergeTree ORDER BY tuple() AS
SELECT node, type, value, first_seen, last_seen, n, label AS part FROM {{template "labelled" .Labels}}
SETTINGS join_use_nulls = 0
{{end}}

{{/*
The order of anchors as bytes, which are cheaper to compare, and the node behind it: first seen and type, the value with its
end marked so that it sorts before what it begins.
*/}}
{{define "identity_place"}}concat(reinterpretAsFixedString(byteSwap(bitShiftLeft(toUInt64(toUnixTimestamp64Micro(first_seen) + 2208988800000000), 8) + type)), replaceAll(value, '\0', '\0\1'), '\0\0', reinterpretAsFixedString(node)){{end}}

{{/* type and value of the anchor */}}
{{define "identity_placed"}}reinterpretAsUInt8(substring(first, 8, 1)) AS type, replaceAll(substring(first, 9, length(first) - 18), '\0\1', '\0') AS value{{end}}

{{/* columns of a component, GROUP BY part */}}
{{define "identity_component"}}part, min({{template "identity_place" .}}) AS first, reinterpretAsUInt64(substring(first, -8)) AS anchor, toUInt32(count()) AS identifiers, groupArray(node) AS nodes{{end}}

{{define "identity_parts"}}
CREATE OR REPLACE TABLE {{table .In.Parts}} (part UInt64 CODEC(NONE), first String CODEC(NONE), anchor UInt64 CODEC(NONE), identifiers UInt32, nodes Array(UInt64) CODEC(NONE), over UInt8) ENGINE = MergeTree ORDER BY tuple() AS
SELECT {{template "identity_component" .}}, {{if .Limits}}{{range $i, $m := .Limits}}{{if $i}} OR {{end}}countIf(type = {{$m.Rank}}) > {{$m.Max}}{{end}}{{else}}0{{end}} AS over
FROM {{table .In.Found}} GROUP BY part
{{end}}

{{define "identity_over"}}
SELECT countIf(over), countIf(NOT over AND identifiers > {{.MaxSize}}) FROM {{table .In.Parts}}
{{end}}

{{/* FROM text: the links among which those of the components of this build are */}}
{{define "identity_near_links"}}{{if .Delta}}{{table .In.Close}}{{else}}{{table .Out.Edges}}{{end}}{{end}}

{{/* Max. The nodes and edges of the components with too many values of some identifier: .In.Split, .In.Alive. */}}
{{define "split_nodes"}}
CREATE OR REPLACE TABLE {{table .Nodes}} ENGINE = MergeTree ORDER BY node AS
SELECT node, type, value, first_seen, last_seen, n, part AS whole, part FROM {{table .In.Found}} WHERE part IN (SELECT part FROM {{table .In.Parts}} WHERE over)
{{end}}

{{define "split_edges"}}
CREATE OR REPLACE TABLE {{table .Alive}} ENGINE = MergeTree ORDER BY (a, b) AS
SELECT a, b, max(last_seen) AS last_seen, sum(n) AS n FROM {{template "identity_near_links" .}} WHERE a IN (SELECT node FROM {{table .Nodes}}){{if .Live}} AND {{template "identity_live" .}}{{end}} GROUP BY a, b
SETTINGS compile_aggregate_expressions = 0
{{end}}

{{define "rejected_create"}}
CREATE OR REPLACE TABLE {{table .In.Rejected}} (a UInt64, b UInt64, why UInt8) ENGINE = MergeTree ORDER BY (a, b)
{{end}}

{{define "split_over"}}
CREATE OR REPLACE TABLE {{table .Over}} ENGINE = MergeTree ORDER BY part AS
SELECT part FROM {{table .Nodes}} GROUP BY part HAVING countIf(type = {{.Rank}}) > {{.Max}}
{{end}}

{{define "split_over_count"}}
SELECT count() FROM {{table .Over}}
{{end}}

{{/* the best-attested values stay together, each other value begins a part of its own */}}
{{define "split_seeds"}}
CREATE OR REPLACE TABLE {{table .Seeds}} ENGINE = MergeTree ORDER BY node AS
SELECT node, if(place <= {{.Max}}, best, node) AS label, toUInt32(0) AS hop
FROM (
  SELECT node, row_number() OVER attested AS place, first_value(node) OVER attested AS best
  FROM {{table .Nodes}} WHERE type = {{.Rank}} AND part IN (SELECT part FROM {{table .Over}})
  WINDOW attested AS (PARTITION BY part ORDER BY n DESC, last_seen DESC, node)
)
{{end}}

{{/* one hop further: most evidence, then most recent, then the smallest id */}}
{{define "split_hop"}}
INSERT INTO {{table .Seeds}} (node, label, hop)
SELECT node, argMax(label, (n, last_seen, bitNot(label))), {{.Hop}}
FROM (
  SELECT e.y AS node, s.label AS label, sum(e.n) AS n, max(e.last_seen) AS last_seen
  FROM (SELECT a AS x, b AS y, n, last_seen FROM {{table .Alive}} UNION ALL SELECT b AS x, a AS y, n, last_seen FROM {{table .Alive}}) AS e
  JOIN (SELECT node, label FROM {{table .Seeds}} WHERE hop = {{.Hop}} - 1) AS s ON e.x = s.node
  WHERE e.y NOT IN (SELECT node FROM {{table .Seeds}})
  GROUP BY node, label
) GROUP BY node
SETTINGS compile_aggregate_expressions = 0
{{end}}

{{define "split_hop_count"}}
SELECT count() FROM {{table .Seeds}} WHERE hop = {{.Hop}}
{{end}}

{{define "split_reject"}}
INSERT INTO {{table .In.Rejected}} (a, b, why)
SELECT e.a, e.b, 1
FROM {{table .Alive}} AS e LEFT JOIN {{table .Seeds}} AS s ON e.a = s.node LEFT JOIN {{table .Seeds}} AS t ON e.b = t.node
WHERE s.label != t.label
SETTINGS join_use_nulls = 0
{{end}}

{{define "split_alive"}}
CREATE OR REPLACE TABLE {{table .NextAlive}} ENGINE = MergeTree ORDER BY (a, b) AS
SELECT * FROM {{table .Alive}} WHERE (a, b) NOT IN (SELECT a, b FROM {{table .In.Rejected}})
{{end}}

{{define "split_parts"}}
CREATE OR REPLACE TABLE {{table .NextNodes}} ENGINE = MergeTree ORDER BY node AS
SELECT node, type, value, first_seen, last_seen, n, whole, label AS part FROM {{template "labelled" .Labels}}
SETTINGS join_use_nulls = 0
{{end}}

{{/* Size. What is left and still too large. */}}
{{define "large_parts"}}
CREATE OR REPLACE TABLE {{table .In.Large}} ENGINE = MergeTree ORDER BY tuple() AS
SELECT part FROM {{table .In.Parts}} WHERE NOT over AND identifiers > {{.MaxSize}}
{{if .Split}}UNION ALL
SELECT part FROM {{table .Split}} GROUP BY part HAVING count() > {{.MaxSize}}
{{end}}{{end}}

{{define "large_count"}}
SELECT count() FROM {{table .In.Large}}
{{end}}

{{/*
Nodes whose part is not the component that was found (whole): moved by a max, or in quarantine, where large is the component,
every identifier keeps the entity it had, and a new one is an entity of its own.
*/}}
{{define "moved"}}
CREATE OR REPLACE TABLE {{table .In.Moved}} ENGINE = MergeTree ORDER BY node AS
SELECT node, type, value, first_seen, last_seen, n, whole, if(large = 0, part, {{if .Previous}}if(entity_id = '', node, min(node) OVER (PARTITION BY large, entity_id)){{else}}node{{end}}) AS part, large, was
FROM (
  SELECT c.*,
    {{if .Previous}}p.entity_id AS entity_id, p.entity_id IN (SELECT entity_id FROM {{table .Old.Entity}} WHERE quarantined = 1){{else}}0{{end}} AS was
  FROM (
    SELECT node, type, value, first_seen, last_seen, n, part AS whole, part, part AS large FROM {{table .In.Found}} WHERE part IN (SELECT part FROM {{table .In.Parts}} WHERE NOT over AND identifiers > {{.MaxSize}})
{{if .Split}}    UNION ALL
    SELECT node, type, value, first_seen, last_seen, n, whole, part, if(part IN (SELECT part FROM {{table .In.Large}}), part, 0) AS large FROM {{table .Split}}{{if .Shares}} WHERE node NOT IN (SELECT node FROM {{table .In.Shared}}){{end}}
{{end}}  ) AS c
{{if .Previous}}  LEFT JOIN {{table .Old.Map}} AS p ON c.node = p.node
{{end}})
SETTINGS join_use_nulls = 0
{{end}}

{{define "rejected_large"}}
INSERT INTO {{table .In.Rejected}} (a, b, why)
SELECT e.a, e.b, 2
FROM (SELECT a, b FROM {{template "identity_near_links" .}} WHERE a IN (SELECT node FROM {{table .In.Moved}} WHERE large != 0){{if .Live}} AND {{template "identity_live" .}}{{end}} GROUP BY a, b) AS e
JOIN {{table .In.Moved}} AS s ON e.a = s.node JOIN {{table .In.Moved}} AS t ON e.b = t.node
WHERE s.large = t.large AND s.part != t.part AND (e.a, e.b) NOT IN (SELECT a, b FROM {{table .In.Rejected}})
{{end}}

{{define "rejected_counts"}}
SELECT countIf(why = 1), countIf(why = 2), countIf(why = 3) FROM {{table .In.Rejected}}
{{end}}

{{define "moved_parts"}}
CREATE OR REPLACE TABLE {{table .In.MovedParts}} ENGINE = MergeTree ORDER BY tuple() AS
SELECT {{template "identity_component" .}}, any(m.whole) AS whole, max(m.large != 0) AS large FROM {{table .In.Moved}} AS m GROUP BY part
{{end}}
