{{/*
Looking up one entity: a statement names, as constants, what the table that it reads is clustered by, so that it reads some
blocks, whatever the size of the graph: map by node, entities and profiles by id, links by their smaller end. A subquery
would not do: no block is left out because of what one answers.
*/}}

{{define "lookup_ids"}}{{range $i, $x := .IDs}}{{if $i}}, {{end}}{{quote $x}}{{end}}{{end}}
{{define "lookup_some"}}{{range $i, $x := .Nodes}}{{if $i}}, {{end}}{{$x}}{{end}}{{end}}

{{/* FROM text: the nodes of entities */}}
{{define "lookup_of"}}(SELECT node FROM {{table .Tables.Entity}}, UNNEST(nodes) AS node WHERE entity_id IN ({{template "lookup_ids" .}})){{end}}

{{/* what a text could be: for every identifier its value and its node; a node that is not in the map is nobody's */}}
{{define "lookup_nodes"}}
SELECT {{range $i, $x := .Values}}{{if $i}}, {{end}}{{$x.Value}} AS v{{$i}}, {{$x.Node}} AS d{{$i}}{{end}}
{{end}}

{{define "lookup_map"}}
SELECT node, type, value, entity_id, first_seen, last_seen, n FROM {{table .Tables.Map}} WHERE node IN ({{template "lookup_some" .}})
{{end}}

{{define "lookup_entity"}}
SELECT entity_id, anchor, created_at, identifiers, quarantined, nodes FROM {{table .Tables.Entity}} WHERE entity_id IN ({{template "lookup_ids" .}})
{{end}}

{{/* as identity_aliases, of some ids */}}
{{define "lookup_alias"}}
SELECT new_id FROM (
  SELECT ARRAY_AGG(new_id ORDER BY `at` DESC LIMIT 1)[OFFSET(0)] AS new_id FROM {{table "entity_merges"}}
  WHERE entity = {{quote .Entity}} AND old_id IN ({{template "lookup_ids" .}}) AND (build = {{quote .Build}} OR build IN (SELECT build FROM {{table "builds"}}))
  GROUP BY old_id
) WHERE new_id != ''
{{end}}

{{/* the links of nodes, each at its smaller end, and why one is not applied */}}
{{define "lookup_edges"}}
SELECT e.a, e.b, e.source, e.first_seen, e.last_seen, e.n, IFNULL(r.why, 0)
FROM (
  SELECT a, b, source, MIN(first_seen) AS first_seen, MAX(last_seen) AS last_seen, SUM(n) AS n FROM {{table .Tables.Edges}}
  WHERE a IN ({{template "lookup_some" .}})
  GROUP BY a, b, source ORDER BY a, b, source LIMIT {{.Limit}}
) AS e LEFT JOIN (SELECT a, b, why FROM {{table .Tables.Refused}} WHERE a IN ({{template "lookup_some" .}})) AS r ON e.a = r.a AND e.b = r.b
ORDER BY e.a, e.b, e.source
{{end}}

{{/* the links of entities at whose smaller end is a demoted value of others; reads all links */}}
{{define "lookup_hub_edges"}}
SELECT a, b, source, MIN(first_seen), MAX(last_seen), SUM(n), 0 FROM {{table .Tables.Edges}}
WHERE a IN (SELECT node FROM {{table .Tables.Hubs}}) AND a NOT IN {{template "lookup_of" .}} AND b IN {{template "lookup_of" .}}
GROUP BY a, b, source ORDER BY a, b, source LIMIT {{.Limit}}
{{end}}

{{/* as lookup_map, the values that entities share with others; reads all shared values */}}
{{define "lookup_shared"}}
SELECT node, type, value, '', MIN(first_seen), MAX(last_seen), MAX(n) FROM {{table .Tables.Shared}} WHERE entity_id IN ({{template "lookup_ids" .}}) GROUP BY node, type, value ORDER BY node LIMIT {{.Limit}}
{{end}}

{{define "lookup_hubs"}}
SELECT node, MAX(degree), MIN(cap) FROM {{table .Tables.Hubs}} GROUP BY node
{{end}}

{{define "lookup_profile"}}
SELECT {{range $i, $x := .Columns}}{{if $i}}, {{end}}{{$x}}{{end}} FROM {{table .Profile}} WHERE entity_id = {{quote .ID}}
{{end}}

{{define "lookup_segments"}}
SELECT segment, MAX(entered_at) FROM (
  SELECT segment, entered_at, exited_at, del FROM {{table "members_history"}}
  WHERE entity = {{quote .Entity}} AND segment IN ({{range $i, $x := .Segments}}{{if $i}}, {{end}}{{quote $x}}{{end}}) AND entity_id = {{quote .ID}} {{template "newest" "segment, entered_at"}}
) WHERE del = 0 AND exited_at IS NULL GROUP BY segment
{{end}}

{{/* reads all merges of the kind of entity: they are ordered by the id that was lost */}}
{{define "lookup_merges"}}
SELECT old_id, `at` FROM {{table "entity_merges"}} WHERE entity = {{quote .Entity}} AND new_id = {{quote .ID}} AND direct = 1 AND build IN (SELECT build FROM {{table "builds"}}) ORDER BY `at` LIMIT {{.Limit}}
{{end}}

{{/* what a destination has acknowledged of a row, as far as it has been folded, and what it refused */}}
{{define "lookup_baseline"}}
SELECT key, remote_id, gone, h, ver, del FROM {{table .Baseline}} WHERE kh = {{.KH}} AND row_id = {{quote .ID}} ORDER BY ver DESC LIMIT 1
{{end}}

{{define "lookup_rejection"}}
SELECT code, attempts, next_try, `at`, del FROM {{table "rejections"}} WHERE sync = {{quote .Sync}} AND kh = {{.KH}} AND row_id = {{quote .ID}} ORDER BY ver DESC LIMIT 1
{{end}}

{{/* what has to hold of a build, each as a count of what breaks it */}}
{{define "check_map"}}
SELECT COUNT(*) - COUNT(DISTINCT node) AS twice, COUNT(*) - COUNT(DISTINCT FORMAT('%d %s', type, value)) AS values_twice,
  COUNTIF(entity_id NOT IN (SELECT entity_id FROM {{table .Tables.Entity}})) AS homeless
FROM {{table .Tables.Map}}
{{end}}

{{define "check_entities"}}
SELECT COUNT(*) - COUNT(DISTINCT e.entity_id), COUNTIF(e.anchor NOT IN (SELECT node FROM {{table .Tables.Map}})),
  COUNTIF(IFNULL(m.n, 0) != e.identifiers OR IFNULL(m.mix, 0) != e.mix)
FROM (SELECT entity_id, anchor, identifiers, (SELECT IFNULL(BIT_XOR(x), 0) FROM UNNEST(nodes) AS x) AS mix FROM {{table .Tables.Entity}}) AS e
LEFT JOIN (SELECT entity_id, COUNT(*) AS n, BIT_XOR(node) AS mix FROM {{table .Tables.Map}} GROUP BY entity_id) AS m ON e.entity_id = m.entity_id
{{end}}

{{define "check_links"}}
SELECT COUNTIF(a NOT IN (SELECT node FROM {{table .Tables.Map}}) OR b NOT IN (SELECT node FROM {{table .Tables.Map}})), COUNTIF(a >= b) FROM {{table .Tables.Edges}}
{{end}}

{{define "check_collisions"}}
SELECT (SELECT COUNT(*) FROM (SELECT node FROM {{table .Tables.Values}} WHERE node != 0 GROUP BY node HAVING COUNT(DISTINCT FORMAT('%d %s', type, value)) > 1)),
  (SELECT COUNT(DISTINCT CONCAT(identifier, ' ', value)) FROM {{table "identity_collisions"}} WHERE entity = {{quote .Entity}})
{{end}}

{{/* aliases lead to what lives in one step, so that they cannot run in a circle, and nobody has the id of a merged one */}}
{{define "check_aliases"}}
SELECT COUNTIF(new_id IN (SELECT old_id FROM {{template "identity_aliases" .}})), COUNTIF(old_id = new_id), COUNTIF(old_id IN (SELECT entity_id FROM {{table .Tables.Entity}})), COUNT(*)
FROM {{template "identity_aliases" .}}
{{end}}

{{/* rows that a destination holds of nobody: neither an entity nor one that was merged */}}
{{define "check_baseline"}}
SELECT COUNT(*), COUNTIF(row_id NOT IN (SELECT entity_id FROM {{table .Tables.Entity}}) AND row_id NOT IN (SELECT old_id FROM {{template "identity_aliases" .}}))
FROM {{table .Baseline}} WHERE del = 0 AND gone = 0 AND STRPOS(row_id, {{doubtful}}) = 0
{{end}}
