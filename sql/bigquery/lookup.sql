{{/* What has to hold of identity, for doctor. Every count but the last ones is of what must not be. */}}

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
FROM {{table .Baseline}} WHERE del = 0 AND gone = 0
{{end}}
