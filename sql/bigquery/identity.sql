{{/*
Identity: identifiers in source rows -> nodes and edges -> connected components -> entities. Every edge has a < b; a label
is the node of some member of its component, and 0 is no node. Tables named by .In are scratch, dropped when the run ends,
and disappear by themselves; the tables of the build are named by .Out. None of them is clustered but those that others
look into: every statement reads its tables once and whole.
*/}}

{{/* The order of anchors: first seen, type, value. Times are counted from the year 1, so that none is negative. */}}
{{define "identity_order"}}CONCAT(LPAD(CAST(UNIX_MICROS(first_seen) + 62135596800000000 AS STRING), 18, '0'), LPAD(CAST(type AS STRING), 3, '0'), value){{end}}

{{/* the type and the value of an order */}}
{{define "identity_anchor"}}CAST(SUBSTR(first, 19, 3) AS INT64) AS type, SUBSTR(first, 22) AS value{{end}}

{{/*
One row per combination of identifiers in a source: values v, their nodes d (0: absent, not valid or blocked); of values
that are refused their number x and an example s, masked.
*/}}
{{define "identity_rows"}}
CREATE OR REPLACE TABLE {{table .Rows}} {{template "expires"}} AS
SELECT {{range .Columns}}v{{.I}}, {{.Node}} AS d{{.I}}, {{if .Raw}}x{{.I}}, s{{.I}}, {{end}}{{end}}bucket, first_seen, last_seen, n, mix
FROM (
  SELECT {{range .Columns}}__kith_v{{.I}} AS v{{.I}}, {{if .Raw}}COUNTIF(__kith_v{{.I}} = '' AND __kith_x{{.I}} != '') AS x{{.I}}, MIN(IF(__kith_v{{.I}} = '' AND __kith_x{{.I}} != '', {{template "masked" printf "__kith_x%d" .I}}, NULL)) AS s{{.I}}, {{end}}{{end}}bucket, MIN(__kith_at) AS first_seen, MAX(IF(__kith_at <= {{.AsOf}}, __kith_at, {{.Never}})) AS last_seen, COUNT(*) AS n, {{if .Cut}}BIT_XOR(__kith_mix){{else}}0{{end}} AS mix
  FROM (
    SELECT {{range .Columns}}{{.Value}} AS __kith_v{{.I}}, {{if .Raw}}{{.Raw}} AS __kith_x{{.I}}, {{end}}{{end}}{{.At}} AS __kith_at, {{template "identity_bucket" .}} AS bucket{{if .Cut}}, {{template "identity_mix" .}} AS __kith_mix{{end}}
    FROM (
{{.From}}
    ) AS __kith_s{{if .Where}}
    WHERE {{.Where}}{{end}}{{if .Tail}}
    {{if .Where}}AND{{else}}WHERE{{end}} {{template "identity_tail" .}}{{end}}
  ) GROUP BY {{range $i, $c := .Columns}}{{if $i}}, {{end}}__kith_v{{$i}}{{end}}, bucket
)
{{end}}

{{/*
The hour in which a row was loaded, so that an increment can replace what it reads again; 0 is everything before .Cut, and the
last one is for rows that every increment reads: without a time of loading, or dated after the run.
*/}}
{{define "identity_bucket"}}{{if .Cut}}CASE WHEN {{.Loaded}} IS NULL OR {{.At}} > {{.AsOf}} THEN 4294967295 WHEN {{.Loaded}} >= {{.Cut}} THEN GREATEST(1, LEAST(4294967294, DIV(UNIX_MICROS({{.Loaded}}), 3600000000))) ELSE 0 END{{else}}0{{end}}{{end}}

{{/* of microseconds all bits but the sign, so that a mix is never negative */}}
{{define "identity_mix"}}(UNIX_MICROS(IFNULL({{.Loaded}}, {{.Never}})) & 0x7FFFFFFFFFFFFFFF){{end}}

{{/*
The rows of a source that an increment reads. Null is never newer, so it is asked for where there is one, and so are rows
dated after the build before where that has met one (.Since): without them the condition is one on the time of loading,
by which a source may be ordered or partitioned.
*/}}
{{define "identity_tail"}}({{if .Nulls}}{{.Loaded}} IS NULL OR {{end}}{{.Loaded}} >= {{.Cut}}{{if .Since}} OR {{.At}} > {{.Since}}{{end}}){{end}}

{{/* the newest time of loading, the number and mix of the rows that an increment does not read, and rows without that time */}}
{{define "identity_watermark"}}
SELECT MAX({{.Loaded}}) AS newest, {{if .Tail}}COUNTIF(NOT {{template "identity_tail" .}}), IFNULL(BIT_XOR(IF({{template "identity_tail" .}}, 0, {{template "identity_mix" .}})), 0){{else}}0, 0{{end}}, COUNTIF({{.Loaded}} IS NULL)
FROM (
{{.From}}
) AS __kith_s
WHERE {{if .Filter}}({{.Filter}}) AND {{end}}({{.Loaded}} <= {{.AsOf}} OR {{.Loaded}} IS NULL)
{{end}}

{{/* what was read of every source: rows by hour, and those that belong to nobody */}}
{{define "identity_reads"}}
CREATE OR REPLACE TABLE {{table .Out.Reads}} AS
SELECT source, bucket, n, mix, unowned, cut, {{.AsOf}} AS as_of, {{.FullAt}} AS full_at, {{quote .Rules}} AS rules
FROM (
{{range $i, $r := .Reads}}{{if $i}}  UNION ALL
{{end}}  SELECT {{quote $r.Source}} AS source, r.bucket AS bucket, SUM(r.n) AS n, BIT_XOR(r.mix) AS mix, SUM(IF({{range $j, $c := $r.Columns}}{{if $j}} AND {{end}}r.d{{$c.I}} = 0{{end}}, r.n, 0)) AS unowned, {{if $r.NextCut}}{{$r.NextCut}}{{else}}{{$.Never}}{{end}} AS cut FROM {{table $r.Rows}} AS r GROUP BY r.bucket
{{if $r.Keep}}  UNION ALL
  SELECT source, bucket, n, mix, unowned, {{$r.NextCut}} AS cut FROM {{table $.Before.Reads}} WHERE source = {{quote $r.Source}} AND bucket < {{$r.From}}
{{end}}{{end}})
{{end}}

{{define "identity_reads_state"}}
SELECT source, MAX(cut), SUM(IF(old, n, 0)), BIT_XOR(IF(old, mix, 0)), MAX(as_of), MAX(full_at), ANY_VALUE(rules), SUM(IF(bucket = 4294967295, n, 0))
FROM (SELECT *, bucket < DIV(UNIX_MICROS(cut), 3600000000) AS old FROM {{table .Before.Reads}}) GROUP BY source
{{end}}

{{/* a link that only attaches tells of the strongest identifier of a row and of no other */}}
{{define "identity_evidence"}}
CREATE OR REPLACE TABLE {{table .Into}} CLUSTER BY node{{if .Scratch}} {{template "expires"}}{{end}} AS
{{/* state: 0 an identifier, 1 blocked, 2 not valid (value is an example, masked); node is 0 unless state is */}}
{{range $i, $c := .Values}}{{if $i}}UNION ALL
{{end}}SELECT d{{$c.I}} AS node, {{$c.Rank}} AS type, v{{$c.I}} AS value, {{quote $c.Source}} AS source, bucket, IF(d{{$c.I}} = 0, 1, 0) AS state, MIN(first_seen) AS first_seen, MAX(last_seen) AS last_seen, SUM(n) AS n
FROM {{table $c.Rows}} WHERE v{{$c.I}} != ''{{if and (not $c.Merge) $c.Stronger}} AND (d{{$c.I}} = 0 OR ({{range $k, $x := $c.Stronger}}{{if $k}} AND {{end}}d{{$x}} = 0{{end}})){{end}} GROUP BY d{{$c.I}}, v{{$c.I}}, bucket
{{if $c.Raw}}UNION ALL
SELECT 0 AS node, {{$c.Rank}} AS type, MIN(s{{$c.I}}) AS value, {{quote $c.Source}} AS source, bucket, 2 AS state, MIN(first_seen) AS first_seen, MAX(last_seen) AS last_seen, SUM(x{{$c.I}}) AS n
FROM {{table $c.Rows}} WHERE x{{$c.I}} > 0 GROUP BY bucket
{{end}}{{end}}{{end}}

{{/* the identifiers; values that are blocked have node 0 */}}
{{define "identity_nodes"}}
CREATE OR REPLACE TABLE {{table .In.Nodes}} {{template "expires"}} AS
SELECT node, type, value, MIN(first_seen) AS first_seen, MAX(last_seen) AS last_seen, SUM(n) AS n
FROM {{table .Out.Values}} WHERE node != 0 GROUP BY node, type, value
{{end}}

{{define "identity_nodes_count"}}
SELECT COUNT(*), (SELECT COUNT(*) FROM {{table .Out.Edges}}) FROM {{table .In.Nodes}}
{{end}}

{{/* values that share a node: the one that had it in the previous build stays, then the oldest */}}
{{define "identity_clashes"}}
SELECT s.node, s.type, s.value, {{if .Previous}}IFNULL(p.value = s.value, FALSE){{else}}FALSE{{end}} AS known
FROM (SELECT * FROM {{table .In.Nodes}} WHERE TRUE QUALIFY COUNT(*) OVER (PARTITION BY node) > 1) AS s
{{if .Previous}}LEFT JOIN {{table .Before.Map}} AS p ON s.node = p.node
{{end}}ORDER BY s.node, known DESC, s.first_seen, s.type, s.value
LIMIT {{.Limit}}
{{end}}

{{define "identity_collisions"}}
SELECT identifier, value, ARRAY_AGG(node ORDER BY `at` DESC LIMIT 1)[OFFSET(0)] FROM {{table "identity_collisions"}} WHERE entity = {{quote .Entity}} GROUP BY identifier, value ORDER BY identifier, value
{{end}}

{{/* the strongest identifier of a row with each of the others; which of them are not applied says .Out.Refused */}}
{{define "identity_edges"}}
CREATE OR REPLACE TABLE {{table .Into}} (
  a INT64,
  b INT64,
  ta INT64,
  tb INT64,
  source STRING,
  bucket INT64,
  first_seen TIMESTAMP,
  last_seen TIMESTAMP,
  n INT64
) CLUSTER BY a, b{{if .Scratch}} {{template "expires"}}{{end}}{{range $i, $l := .Links}}{{if $i}}
UNION ALL{{else}} AS{{end}}
SELECT LEAST(s, t) AS a, GREATEST(s, t) AS b, ANY_VALUE(IF(s < t, sr, {{$l.Rank}})) AS ta, ANY_VALUE(IF(s < t, {{$l.Rank}}, sr)) AS tb, {{quote $l.Source}} AS source, bucket, MIN(first_seen) AS first_seen, MAX(last_seen) AS last_seen, SUM(n) AS n
FROM (
  SELECT {{if $l.Only}}d{{(index $l.Strongest 0).I}} AS s, {{(index $l.Strongest 0).Rank}} AS sr{{else}}CASE {{range $l.Strongest}}WHEN d{{.I}} != 0 THEN d{{.I}} {{end}}ELSE 0 END AS s, CASE {{range $l.Strongest}}WHEN d{{.I}} != 0 THEN {{.Rank}} {{end}}ELSE 0 END AS sr{{end}}, d{{$l.I}} AS t, bucket, first_seen, last_seen, n FROM {{table $l.Rows}} WHERE d{{$l.I}} != 0{{if $l.Where}} AND {{$l.Where}}{{end}}
) WHERE s != 0 AND s != t GROUP BY a, b, bucket{{end}}
{{end}}

{{/* FROM text: the components as they will be */}}
{{define "final_parts"}}{{if .Moved}}(
  SELECT part, anchor, first, identifiers, nodes, 0 AS whole, 0 AS quarantined FROM {{table .In.Parts}} WHERE part NOT IN (SELECT whole FROM {{table .In.Moved}})
  UNION ALL SELECT part, anchor, first, identifiers, nodes, whole, large AS quarantined FROM {{table .In.MovedParts}}
){{else}}(SELECT part, anchor, first, identifiers, nodes, 0 AS whole, 0 AS quarantined FROM {{table .In.Parts}}){{end}}{{end}}

{{/* FROM text: the identifiers with their final component */}}
{{define "final_nodes"}}{{if .Moved}}(
  SELECT f.node AS node, f.type AS type, f.value AS value, f.first_seen AS first_seen, f.last_seen AS last_seen, f.n AS n, IFNULL(m.part, f.part) AS part
  FROM {{table .In.Found}} AS f LEFT JOIN {{table .In.Moved}} AS m ON f.node = m.node{{if .Shares}}
  WHERE f.node NOT IN (SELECT node FROM {{table .In.Shared}}){{end}}
){{else}}{{table .In.Found}}{{end}}{{end}}

{{/*
Ids. Every entity of the previous build claims one component: the one with its anchor, unless evidence alone has taken that
away (see identity_torn), else the one with its strongest identifier; of several such the one with the anchor, then that with the
largest overlap, a stronger identifier weighing more. Of several claims that wins whose id follows from the anchor of the
component, as without a ledger, else the one with the earliest anchor; the others are merged. So of an id and one that was salted
because of it (see identity_ids) the first wins.
*/}}
{{define "identity_overlap"}}
CREATE OR REPLACE TABLE {{table .In.Overlap}} {{template "expires"}} AS
SELECT p.entity_id AS entity_id, c.part AS part, SUM({{.Types}} - c.type) AS weight, MIN(c.type) AS strongest, COUNT(*) AS shared, MIN(c.node) AS least, LOGICAL_OR(o.anchor IS NOT NULL) AS anchored
FROM {{template "final_nodes" .}} AS c
JOIN (SELECT node, entity_id FROM {{table .Old.Map}}) AS p ON c.node = p.node
LEFT JOIN (SELECT anchor FROM {{table .Old.Entity}}) AS o ON p.node = o.anchor
GROUP BY entity_id, part
{{end}}

{{define "identity_claims"}}
CREATE OR REPLACE TABLE {{table .In.Claims}} {{template "expires"}} AS
SELECT entity_id, best.part AS part, best.anchored AS anchored, parts
FROM (
  SELECT entity_id, ARRAY_AGG(STRUCT(part, anchored) ORDER BY decides DESC, strongest, anchored DESC, weight DESC, least DESC LIMIT 1)[OFFSET(0)] AS best, COUNT(*) AS parts
  FROM (SELECT *, anchored{{template "identity_torn" .}} AS decides FROM {{table .In.Overlap}}) GROUP BY entity_id
)
{{end}}

{{/*
Condition on components, to be added to another: neither a part that a max made nor a value that a cap demotes. Both take an
anchor from the rest of its entity by what rows there are, as a device that is lent does, and would hand the id over with it.
*/}}
{{define "identity_torn"}}{{if .Moved}} AND part NOT IN (SELECT part FROM {{table .In.MovedParts}} WHERE whole IN (SELECT part FROM {{table .In.Parts}} WHERE over_max)){{end}}{{if .Live}} AND part NOT IN (SELECT node FROM {{table .Out.Hubs}}){{end}}{{end}}

{{/* components that several claim */}}
{{define "identity_contested"}}SELECT part FROM {{table .In.Claims}} GROUP BY part HAVING COUNT(*) > 1{{end}}

{{/* of those that claim them, the ids that follow from the anchor of what they claim */}}
{{define "identity_natural"}}SELECT c.entity_id FROM {{table .In.Claims}} AS c JOIN (
      SELECT part, {{.Minted}} AS minted FROM (SELECT part, {{template "identity_anchor"}} FROM {{template "final_parts" .}} WHERE part IN ({{template "identity_contested" .}}))
    ) AS k ON c.part = k.part AND c.entity_id = k.minted{{end}}

{{define "identity_winners"}}
CREATE OR REPLACE TABLE {{table .In.Winners}} {{template "expires"}} AS
SELECT part, best.entity_id AS entity_id, best.anchored AS anchored, claims
FROM (
  SELECT c.part AS part, ARRAY_AGG(STRUCT(c.entity_id, c.anchored) ORDER BY o.place LIMIT 1)[OFFSET(0)] AS best, COUNT(*) AS claims
  FROM {{table .In.Claims}} AS c
  LEFT JOIN (
    SELECT s.entity_id AS entity_id, IF(s.entity_id IN ({{template "identity_natural" .}}), '', {{template "identity_order" .}}) AS place
    FROM {{table .Old.Map}} AS m
    JOIN (
      SELECT entity_id, anchor FROM {{table .Old.Entity}} WHERE entity_id IN (
        SELECT entity_id FROM {{table .In.Claims}} WHERE part IN ({{template "identity_contested" .}})
      )
    ) AS s ON m.node = s.anchor
  ) AS o ON c.entity_id = o.entity_id
  GROUP BY part
)
{{end}}

{{/*
Minted ids follow from the anchor. One that is of another entity is salted with the build before: that one keeps it, or it is
merged and its id leads to another from now on.
*/}}
{{define "identity_ids"}}
CREATE OR REPLACE TABLE {{table .In.IDs}} {{template "expires"}} AS
{{if .Previous}}SELECT k.part AS part,
  CASE WHEN w.entity_id IS NOT NULL THEN w.entity_id WHEN x.entity_id IS NOT NULL THEN k.spare ELSE k.minted END AS entity_id,
  IF(w.anchored, o.anchor, k.anchor) AS anchor,
  IF(w.entity_id IS NOT NULL, o.created_at, {{.AsOf}}) AS created_at,
  k.identifiers AS identifiers, k.quarantined AS quarantined, k.whole AS whole, k.nodes AS nodes
FROM (
  SELECT part, anchor, {{.Minted}} AS minted, {{.Spare}} AS spare, identifiers, quarantined, whole, nodes
  FROM (SELECT part, anchor, {{template "identity_anchor"}}, identifiers, quarantined, whole, nodes FROM {{template "final_parts" .}})
) AS k
LEFT JOIN {{table .In.Winners}} AS w ON k.part = w.part
LEFT JOIN (SELECT DISTINCT entity_id FROM {{table .In.Claims}}{{if .Delta}}
  UNION DISTINCT SELECT entity_id FROM {{table .Before.Entity}} WHERE entity_id NOT IN (SELECT entity_id FROM {{table .Old.Entity}}){{end}}
) AS x ON k.minted = x.entity_id
LEFT JOIN {{table .Old.Entity}} AS o ON w.entity_id = o.entity_id
{{else}}SELECT part, {{.Minted}} AS entity_id, anchor, {{.AsOf}} AS created_at, identifiers, quarantined, whole, nodes
FROM (SELECT part, anchor, {{template "identity_anchor"}}, identifiers, quarantined, whole, nodes FROM {{template "final_parts" .}})
{{end}}{{end}}

{{/* clustered: sources look up the node of a row; an increment keeps what it did not touch */}}
{{define "identity_map"}}
CREATE OR REPLACE TABLE {{table .Out.Map}} CLUSTER BY node AS
{{if .Delta}}SELECT node, type, value, entity_id, first_seen, last_seen, n FROM {{table .Before.Map}} WHERE node NOT IN (SELECT node FROM {{table .Old.Map}} UNION ALL SELECT node FROM {{table .In.Seen}})
UNION ALL SELECT node, type, value, entity_id, first_seen, last_seen, n FROM {{table .In.Seen}}
UNION ALL {{end}}SELECT c.node AS node, c.type AS type, c.value AS value, i.entity_id AS entity_id, c.first_seen AS first_seen, c.last_seen AS last_seen, c.n AS n
FROM {{template "final_nodes" .}} AS c JOIN {{table .In.IDs}} AS i ON c.part = i.part
{{end}}

{{define "identity_entity"}}
CREATE OR REPLACE TABLE {{table .Out.Entity}} CLUSTER BY entity_id AS
{{if .Delta}}SELECT entity_id, anchor, created_at, identifiers, quarantined, whole, nodes FROM {{table .Before.Entity}} WHERE entity_id NOT IN (SELECT entity_id FROM {{table .Old.Entity}})
UNION ALL {{end}}SELECT entity_id, anchor, created_at, identifiers, quarantined, whole, nodes FROM {{table .In.IDs}}
{{end}}

{{/*
The links that are not applied: why is 1 for a max, 2 for quarantine, 3 for a shared value. The links themselves stay as they
are: to change a column of them would read all of them.
*/}}
{{define "identity_refused"}}
CREATE OR REPLACE TABLE {{table .Out.Refused}} (a INT64, b INT64, why INT64) CLUSTER BY a, b{{if or .Delta .Moved}} AS
{{end}}{{if .Delta}}SELECT a, b, why FROM {{table .Before.Refused}} WHERE a NOT IN (SELECT node FROM {{table .In.Nodes}}) AND a NOT IN (SELECT node FROM {{table .Old.Map}})
{{end}}{{if and .Delta .Moved}}UNION ALL
{{end}}{{if .Moved}}SELECT a, b, MIN(why) AS why FROM {{table .In.Rejected}} GROUP BY a, b
{{end}}{{end}}

{{/* entities, identifiers, components in quarantine, links refused by a max, rows of nobody, blocked values, refused ones */}}
{{define "identity_entity_count"}}
SELECT COUNT(*), IFNULL(SUM(identifiers), 0), COUNT(DISTINCT IF(quarantined = 1, whole, NULL)),
  (SELECT COUNT(*) FROM {{table .Out.Refused}} WHERE why = 1),
  (SELECT IFNULL(SUM(unowned), 0) FROM {{table .Out.Reads}}),
  (SELECT COUNT(*) FROM (SELECT DISTINCT type, value FROM {{table .Out.Values}} WHERE node = 0 AND state = 1)),
  (SELECT IFNULL(SUM(n), 0) FROM {{table .Out.Values}} WHERE node = 0 AND state = 2),
  (SELECT COUNT(*) FROM {{table .Out.Map}})
FROM {{table .Out.Entity}}
{{end}}

{{/*
What became of ids. Rows carry their build and count when the build is published: see identity_aliases.
*/}}
{{define "identity_merged"}}
CREATE OR REPLACE TABLE {{table .In.Merged}} {{template "expires"}} AS
SELECT c.entity_id AS old_id, w.entity_id AS new_id FROM {{table .In.Claims}} AS c JOIN {{table .In.Winners}} AS w ON c.part = w.part WHERE c.entity_id != w.entity_id
{{end}}

{{define "identity_changes"}}
SELECT {{if .Previous}}(SELECT COUNT(*) FROM {{table .In.Merged}}), (SELECT COUNT(*) FROM {{table .In.Claims}} WHERE parts > 1){{else}}0, 0{{end}},
  (SELECT COUNT(*) FROM {{template "identity_aliases" .}} WHERE old_id IN (SELECT entity_id FROM {{table .In.IDs}}))
{{end}}

{{/* FROM text: old id -> the entity it is now, as of the published builds and .Build */}}
{{define "identity_aliases"}}(
  SELECT old_id, new_id FROM (
    SELECT old_id, ARRAY_AGG(new_id ORDER BY `at` DESC LIMIT 1)[OFFSET(0)] AS new_id FROM {{table "entity_merges"}}
    WHERE entity = {{quote .Entity}} AND (build = {{quote .Build}} OR build IN (SELECT build FROM {{table "builds"}}))
    GROUP BY old_id
  ) WHERE new_id != ''
){{end}}

{{/* this build's merges, what they do to older ones, and ids that live again (no new id) */}}
{{define "identity_merges"}}
INSERT INTO {{table "entity_merges"}} (entity, old_id, new_id, build, `at`, direct)
SELECT {{quote .Entity}}, old_id, new_id, {{quote .Build}}, CURRENT_TIMESTAMP(), direct
FROM (
{{if .Previous}}  SELECT old_id, new_id, 1 AS direct FROM {{table .In.Merged}}
  UNION ALL
  SELECT a.old_id, m.new_id, 0 AS direct FROM {{template "identity_aliases" .}} AS a JOIN {{table .In.Merged}} AS m ON a.new_id = m.old_id
  WHERE a.old_id NOT IN (SELECT entity_id FROM {{table .In.IDs}})
  UNION ALL
{{end}}  SELECT old_id, '' AS new_id, 0 AS direct FROM {{template "identity_aliases" .}} AS a WHERE old_id IN (SELECT entity_id FROM {{table .In.IDs}})
)
{{end}}

{{/* FROM text: the links that tie their ends */}}
{{define "identity_applied"}}(
      SELECT e.a, e.b, e.source, e.n, e.first_seen FROM {{table .Out.Edges}} AS e LEFT JOIN {{table .Out.Refused}} AS r ON e.a = r.a AND e.b = r.b WHERE r.a IS NULL
    ){{end}}

{{/* a merge with the newest link between what the lost entity had and what it had not */}}
{{define "audit_merged"}}
INSERT INTO {{table "identity_audit"}} (`at`, build, run_id, entity, event, entity_id, other_id, a, b, source, n, size)
SELECT CURRENT_TIMESTAMP(), {{quote .Build}}, {{quote .Run}}, {{quote .Entity}}, 'merged', m.new_id, m.old_id, IFNULL(e.link.a, 0), IFNULL(e.link.b, 0), IFNULL(e.link.source, ''), IFNULL(e.link.n, 0), IFNULL(i.identifiers, 0)
FROM {{table .In.Merged}} AS m
LEFT JOIN (
  SELECT p.entity_id AS entity_id, ARRAY_AGG(STRUCT(x.a, x.b, x.source, x.n) ORDER BY x.first_seen DESC, x.a DESC, x.b DESC LIMIT 1)[OFFSET(0)] AS link
  FROM (
    SELECT a AS x, b AS y, a, b, source, n, first_seen FROM {{template "identity_applied" .}}
    UNION ALL SELECT b AS x, a AS y, a, b, source, n, first_seen FROM {{template "identity_applied" .}}
  ) AS x
  JOIN (SELECT node, entity_id FROM {{table .Old.Map}} WHERE entity_id IN (SELECT old_id FROM {{table .In.Merged}})) AS p ON x.x = p.node
  LEFT JOIN (SELECT node, entity_id FROM {{table .Old.Map}} WHERE entity_id IN (SELECT old_id FROM {{table .In.Merged}})) AS q ON x.y = q.node
  WHERE IFNULL(q.entity_id, '') != p.entity_id
  GROUP BY entity_id
) AS e ON m.old_id = e.entity_id
LEFT JOIN (SELECT entity_id, identifiers FROM {{table .In.IDs}}) AS i ON m.new_id = i.entity_id
{{end}}

{{define "audit_split"}}
INSERT INTO {{table "identity_audit"}} (`at`, build, run_id, entity, event, entity_id, other_id, a, b, source, n, size)
SELECT CURRENT_TIMESTAMP(), {{quote .Build}}, {{quote .Run}}, {{quote .Entity}}, 'split', o.entity_id, i.entity_id, i.anchor, 0, '', o.shared, i.identifiers
FROM {{table .In.Overlap}} AS o
JOIN {{table .In.Claims}} AS c ON o.entity_id = c.entity_id
JOIN {{table .In.IDs}} AS i ON o.part = i.part
WHERE c.parts > 1 AND o.part != c.part
{{end}}

{{/* links that were not refused before: their number, then the best-attested */}}
{{define "audit_rejected"}}
INSERT INTO {{table "identity_audit"}} (`at`, build, run_id, entity, event, entity_id, other_id, a, b, source, n, size)
WITH fresh AS (
  SELECT r.a, r.b FROM {{table .In.Rejected}} AS r WHERE r.why = 1{{if .Known}} AND NOT EXISTS (SELECT 1 FROM {{table .Before.Refused}} AS o WHERE o.why = 1 AND o.a = r.a AND o.b = r.b){{end}}
)
SELECT CURRENT_TIMESTAMP(), {{quote .Build}}, {{quote .Run}}, {{quote .Entity}}, event, '', '', a, b, source, n, 0
FROM (
  SELECT 'rejected_links' AS event, 0 AS a, 0 AS b, '' AS source, COUNT(*) AS n FROM fresh
  UNION ALL
  SELECT 'rejected' AS event, a, b, source, n FROM (
    SELECT e.a AS a, e.b AS b, e.source AS source, SUM(e.n) AS n FROM {{table .Out.Edges}} AS e JOIN fresh AS f ON e.a = f.a AND e.b = f.b
    GROUP BY a, b, source ORDER BY n DESC, a, b, source LIMIT {{.Samples}}
  )
) WHERE n > 0
{{end}}

{{/* components that are in quarantine and were not, or have grown */}}
{{define "audit_quarantined"}}
INSERT INTO {{table "identity_audit"}} (`at`, build, run_id, entity, event, entity_id, other_id, a, b, source, n, size)
SELECT CURRENT_TIMESTAMP(), {{quote .Build}}, {{quote .Run}}, {{quote .Entity}}, 'quarantined', '', '', large, 0, '', fresh, size
FROM (SELECT large, COUNTIF(NOT was) AS fresh, COUNT(*) AS size FROM {{table .In.Moved}} WHERE large != 0 GROUP BY large)
WHERE fresh > 0 ORDER BY size DESC, large LIMIT {{.Samples}}
{{end}}

{{define "audit_collision"}}
INSERT INTO {{table "identity_audit"}} (`at`, build, run_id, entity, event, entity_id, other_id, a, b, source, n, size)
VALUES (CURRENT_TIMESTAMP(), {{quote .Build}}, {{quote .Run}}, {{quote .Entity}}, 'collision', '', '', {{.A}}, {{.B}}, '', 1, 0)
{{end}}

{{/* what a build that is not published has written into tables that all builds share */}}
{{define "identity_forget_merges"}}
DELETE FROM {{table "entity_merges"}} WHERE build = {{quote .Build}} AND build NOT IN (SELECT build FROM {{table "builds"}})
{{end}}

{{define "identity_forget_audit"}}
DELETE FROM {{table "identity_audit"}} WHERE build = {{quote .Build}} AND build NOT IN (SELECT build FROM {{table "builds"}})
{{end}}
