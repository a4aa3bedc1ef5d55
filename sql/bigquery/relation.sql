{{/* Relations: pairs of two entities, from the rows of a source that belong to both. */}}

{{/* with Picked one pair for each entity, else every pair once */}}
{{define "relation_pairs"}}
CREATE OR REPLACE TABLE {{table .Name}} CLUSTER BY entity_id {{template "expires"}} AS
SELECT __kith_a.entity_id AS entity_id, {{if .Picked}}{{.Picked}}{{else}}__kith_b.entity_id{{end}} AS other_id
FROM (
  SELECT *, {{.Owner}} AS __kith_owner, {{.Other}} AS __kith_other FROM (
{{.Rows}}
  ) AS __kith_s{{range $i, $w := .Where}}{{if $i}} AND {{else}}
  WHERE {{end}}{{$w}}{{end}}
) AS __kith_s
JOIN (SELECT node, entity_id FROM {{table .Map}}) AS __kith_a ON __kith_s.__kith_owner = __kith_a.node
JOIN (SELECT node, entity_id FROM {{table .OtherMap}}) AS __kith_b ON __kith_s.__kith_other = __kith_b.node
GROUP BY __kith_a.entity_id{{if not .Picked}}, __kith_b.entity_id{{end}}
{{end}}

{{define "relation_rows"}}(
  SELECT __kith_r.entity_id AS __kith_entity, __kith_o.* FROM {{table .Pairs}} AS __kith_r JOIN {{table .Profile}} AS __kith_o ON __kith_r.other_id = __kith_o.entity_id
) AS __kith_s{{end}}
