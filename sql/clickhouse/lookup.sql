{{/*
Looking up one entity: every statement reads by the order of its table, so that it reads some granules, whatever the size
of the graph: map by node, entities by id, links by their smaller end, profiles by the hash of the id.
*/}}

{{define "lookup_ids"}}{{range $i, $x := .IDs}}{{if $i}}, {{end}}{{quote $x}}{{end}}{{end}}
{{define "lookup_some"}}{{range $i, $x := .Nodes}}{{if $i}}, {{end}}{{$x}}{{end}}{{end}}

{{/* FROM text: the nodes of entities */}}
{{define "lookup_of"}}(SELECT arrayJoin(nodes) FROM {{table .Tables.Entity}} WHERE entity_id IN ({{template "lookup_ids" .}})){{end}}

{{/* what a text could be: for every identifier its value and its node; a node that is not in the map is nobody's */}}
{{define "lookup_nodes"}}
SELECT {{range $i, $x := .Values}}{{if $i}}, {{end}}{{$x.Value}} AS v{{$i}}, toUInt64({{$x.Node}}) AS d{{$i}}{{end}}
{{end}}

{{define "lookup_map"}}
SELECT node, type, value, entity_id, first_seen, last_seen, n FROM {{table .Tables.Map}} WHERE node IN ({{template "lookup_some" .}})
{{end}}

{{define "lookup_entity"}}
SELECT entity_id, anchor, created_at, identifiers, quarantined, nodes FROM {{table .Tables.Entity}} WHERE entity_id IN ({{template "lookup_ids" .}})
{{end}}

{{define "lookup_alias"}}
SELECT new_id FROM {{template "identity_aliases" .}} WHERE old_id IN ({{template "lookup_ids" .}})
{{end}}

{{/* the links of nodes, each at its smaller end, and why one is not applied */}}
{{define "lookup_edges"}}
SELECT e.a, e.b, e.source, e.first_seen, e.last_seen, e.n, r.why
FROM (
  SELECT a, b, CAST(source AS String) AS source, min(first_seen) AS first_seen, max(last_seen) AS last_seen, sum(n) AS n FROM {{table .Tables.Edges}}
  WHERE a IN ({{template "lookup_some" .}})
  GROUP BY a, b, source ORDER BY a, b, source LIMIT {{.Limit}}
) AS e LEFT ANY JOIN (SELECT a, b, why FROM {{table .Tables.Refused}} WHERE a IN ({{template "lookup_some" .}})) AS r ON e.a = r.a AND e.b = r.b
ORDER BY e.a, e.b, e.source
SETTINGS compile_aggregate_expressions = 0, join_use_nulls = 0
{{end}}

{{/* the links of entities at whose smaller end is a demoted value of others */}}
{{define "lookup_hub_edges"}}
SELECT a, b, CAST(source AS String), min(first_seen), max(last_seen), sum(n), 0 FROM {{table .Tables.Edges}}
WHERE a IN (SELECT node FROM {{table .Tables.Hubs}}) AND a NOT IN {{template "lookup_of" .}} AND b IN {{template "lookup_of" .}}
GROUP BY a, b, source ORDER BY a, b, source LIMIT {{.Limit}}
SETTINGS compile_aggregate_expressions = 0
{{end}}

{{/* as lookup_map, the values that entities share with others; reads all shared values */}}
{{define "lookup_shared"}}
SELECT node, type, value, '', min(first_seen), max(last_seen), max(n) FROM {{table .Tables.Shared}} WHERE entity_id IN ({{template "lookup_ids" .}}) GROUP BY node, type, value ORDER BY node LIMIT {{.Limit}}
SETTINGS compile_aggregate_expressions = 0
{{end}}

{{define "lookup_hubs"}}
SELECT node, max(degree), min(cap) FROM {{table .Tables.Hubs}} GROUP BY node
{{end}}

{{define "lookup_profile"}}
SELECT {{range $i, $x := .Columns}}{{if $i}}, {{end}}{{$x}}{{end}} FROM {{table .Profile}} WHERE {{.Hash}} = {{.KH}} AND entity_id = {{quote .ID}}
{{end}}

{{define "lookup_segments"}}
SELECT segment, max(entered_at) FROM {{table "members_history"}} FINAL
WHERE entity = {{quote .Entity}} AND segment IN ({{range $i, $x := .Segments}}{{if $i}}, {{end}}{{quote $x}}{{end}}) AND entity_id = {{quote .ID}} AND isNull(exited_at) GROUP BY segment
{{end}}

{{define "lookup_merges"}}
SELECT old_id, at FROM {{table "entity_merges"}} WHERE entity = {{quote .Entity}} AND new_id = {{quote .ID}} AND direct = 1 AND build IN (SELECT build FROM {{table "builds"}}) ORDER BY at LIMIT {{.Limit}}
{{end}}

{{/* what a destination has acknowledged of a row, and what it refused */}}
{{define "lookup_baseline"}}
SELECT argMax(key, ver), argMax(remote_id, ver), argMax(gone, ver), argMax(h, ver), max(ver), argMax(del, ver) FROM {{table .Baseline}} WHERE kh = {{.KH}} AND row_id = {{quote .ID}} HAVING count() > 0
{{end}}

{{define "lookup_rejection"}}
SELECT argMax(CAST(code AS String), ver), argMax(attempts, ver), argMax(next_try, ver), argMax(at, ver), argMax(del, ver) FROM {{table "rejections"}} WHERE sync = {{quote .Sync}} AND kh = {{.KH}} AND row_id = {{quote .ID}} HAVING count() > 0
{{end}}

{{/* what has to hold of a build, each as a count of what breaks it */}}
{{define "check_map"}}
SELECT count() - uniqExact(node) AS twice, count() - uniqExact(type, value) AS values_twice,
  countIf(entity_id NOT IN (SELECT entity_id FROM {{table .Tables.Entity}})) AS homeless
FROM {{table .Tables.Map}}
{{end}}

{{define "check_entities"}}
SELECT count() - uniqExact(entity_id), countIf(anchor NOT IN (SELECT node FROM {{table .Tables.Map}})),
  countIf(m.n != e.identifiers OR m.mix != e.mix)
FROM (SELECT entity_id, anchor, identifiers, arrayReduce('groupBitXor', nodes) AS mix FROM {{table .Tables.Entity}}) AS e
LEFT JOIN (SELECT entity_id, count() AS n, groupBitXor(node) AS mix FROM {{table .Tables.Map}} GROUP BY entity_id) AS m ON e.entity_id = m.entity_id
SETTINGS join_use_nulls = 0
{{end}}

{{define "check_links"}}
SELECT countIf(a NOT IN (SELECT node FROM {{table .Tables.Map}}) OR b NOT IN (SELECT node FROM {{table .Tables.Map}})), countIf(a >= b) FROM {{table .Tables.Edges}}
{{end}}

{{define "check_collisions"}}
SELECT (SELECT count() FROM (SELECT node FROM {{table .Tables.Values}} WHERE node != 0 GROUP BY node HAVING uniqExact(type, value) > 1)),
  (SELECT uniqExact(identifier, value) FROM {{table "identity_collisions"}} WHERE entity = {{quote .Entity}})
{{end}}

{{/* aliases lead to what lives in one step, so that they cannot run in a circle, and nobody has the id of a merged one */}}
{{define "check_aliases"}}
SELECT countIf(new_id IN (SELECT old_id FROM {{template "identity_aliases" .}})), countIf(old_id = new_id), countIf(old_id IN (SELECT entity_id FROM {{table .Tables.Entity}})), count()
FROM {{template "identity_aliases" .}}
{{end}}

{{/* rows that a destination holds of nobody: neither an entity nor one that was merged */}}
{{define "check_baseline"}}
SELECT count(), countIf(row_id NOT IN (SELECT entity_id FROM {{table .Tables.Entity}}) AND row_id NOT IN (SELECT old_id FROM {{template "identity_aliases" .}}))
FROM (SELECT row_id, argMax(del, ver) AS del, argMax(gone, ver) AS gone FROM {{table .Baseline}} GROUP BY kh, row_id)
WHERE del = 0 AND gone = 0 AND position(row_id, {{doubtful}}) = 0
{{end}}
