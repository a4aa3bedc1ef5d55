{{/* Profiles: one row per entity, made in levels; see compile/profile.go. */}}

{{define "profile_stage"}}
CREATE OR REPLACE TABLE {{table .Name}} CLUSTER BY entity_id {{template "expires"}} AS
{{.Select}}
{{end}}

{{/* a sync reads all of it, but few columns; clustered, one profile is found in one block */}}
{{define "profile_create"}}
CREATE OR REPLACE TABLE {{table .Name}} CLUSTER BY entity_id AS
{{.Select}}
{{end}}

{{/* the rows of a link's source, each with the entity that it belongs to */}}
{{define "owned_rows"}}(
  SELECT *, {{.Owner}} AS __kith_owner FROM (
{{.Rows}}
  ) AS __kith_s{{if .Where}} WHERE {{.Where}}{{end}}
) AS __kith_s
{{.Join}} (SELECT node AS __kith_node, entity_id AS __kith_entity FROM {{table .Map}}) AS __kith_m ON __kith_s.__kith_owner = __kith_m.__kith_node
{{end}}

{{define "consent_rows"}}
SELECT {{.Value}} AS __kith_value, {{.Granted}} AS __kith_granted, {{.At}} AS __kith_at FROM (
{{.Rows}}
) AS __kith_s
{{if .Where}}WHERE {{.Where}}
{{end}}{{end}}

{{/* of rows at the same time the one that denies wins */}}
{{define "consent_values"}}(
  SELECT m.entity_id AS __kith_entity, m.value AS __kith_value, m.last_seen AS __kith_seen, IFNULL(d.granted, {{.Default}}) AS __kith_granted
  FROM (SELECT entity_id, value, last_seen FROM {{.Values}} WHERE type = {{.Type}}) AS m
  LEFT JOIN (
    SELECT __kith_value AS value, ARRAY_AGG(__kith_granted ORDER BY __kith_at DESC, __kith_granted LIMIT 1)[OFFSET(0)] AS granted
    FROM (
{{range $i, $d := .Decisions}}{{if $i}}UNION ALL
{{end}}{{$d}}
{{end}}
    ) WHERE __kith_value IS NOT NULL AND __kith_granted IS NOT NULL GROUP BY __kith_value
  ) AS d ON m.value = d.value
) AS __kith_c
{{end}}

{{/* members: who is in which segment, and since when */}}
{{define "members_pairs"}}
SELECT s.segment, p.entity_id
FROM {{table .Profile}} AS p, UNNEST([{{range $i, $s := .Segments}}{{if $i}}, {{end}}STRUCT({{quote $s.Name}} AS segment, p.{{ident $s.Column}} AS inside){{end}}]) AS s WHERE s.inside
{{end}}

{{/* the stays that have not ended */}}
{{define "members_open"}}
SELECT segment, entity_id, entered_at FROM (
  SELECT segment, entity_id, entered_at, exited_at, del FROM {{table "members_history"}} WHERE entity = {{quote .Entity}} {{template "newest" "segment, entity_id, entered_at"}}
) WHERE del = 0 AND exited_at IS NULL
{{end}}

{{/* the open stays of an entity that merged go to the survivor, with the earlier entry */}}
{{define "members_merge"}}
INSERT INTO {{table "members_history"}} (entity, segment, entity_id, entered_at, exited_at, ver, del)
SELECT {{quote .Entity}}, segment, {{.To}}, entered, CAST(NULL AS TIMESTAMP), {{.Ver}}, 0 FROM (
  SELECT h.segment AS segment, IFNULL(m.new_id, h.entity_id) AS to_id, MIN(h.entered_at) AS entered, LOGICAL_OR(m.new_id IS NOT NULL) AS moved
  FROM ({{template "members_open" .}}) AS h
  LEFT JOIN ({{.Merges}}) AS m ON h.entity_id = m.old_id
  GROUP BY segment, to_id
) WHERE moved
{{end}}

{{/* what the merge leaves behind: stays of merged entities, and later stays of survivors */}}
{{define "members_drop"}}
INSERT INTO {{table "members_history"}} (entity, segment, entity_id, entered_at, exited_at, ver, del)
SELECT {{quote .Entity}}, segment, entity_id, entered_at, CAST(NULL AS TIMESTAMP), {{.Ver}}, 1
FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY segment, entity_id ORDER BY entered_at) AS nth FROM ({{template "members_open" .}}))
WHERE nth > 1 OR entity_id IN (SELECT old_id FROM ({{.Merges}}))
{{end}}

{{/* who is in and who was, in one pass over both */}}
{{define "members_sides"}}
  SELECT segment, entity_id, LOGICAL_OR(here) AS here, LOGICAL_OR(was IS NOT NULL) AS was, ARRAY_AGG(was IGNORE NULLS) AS entries
  FROM (
    SELECT segment, entity_id, TRUE AS here, CAST(NULL AS TIMESTAMP) AS was FROM ({{template "members_pairs" .}})
    UNION ALL
    SELECT segment, entity_id, FALSE, entered_at FROM ({{template "members_open" .}})
  ) GROUP BY segment, entity_id
{{end}}

{{define "members_counts"}}
SELECT segment, COUNT(*), COUNTIF(NOT was), COUNTIF(NOT here) FROM (
{{template "members_sides" .}}
) GROUP BY segment
{{end}}

{{define "members_enter"}}
INSERT INTO {{table "members_history"}} (entity, segment, entity_id, entered_at, exited_at, ver, del)
SELECT {{quote .Entity}}, segment, entity_id, {{.AsOf}}, CAST(NULL AS TIMESTAMP), {{.Ver}}, 0
FROM (
{{template "members_sides" .}}
) WHERE NOT was
{{end}}

{{define "members_exit"}}
INSERT INTO {{table "members_history"}} (entity, segment, entity_id, entered_at, exited_at, ver, del)
SELECT {{quote .Entity}}, s.segment, s.entity_id, entered_at, {{.AsOf}}, {{.Ver}}, 0
FROM (
{{template "members_sides" .}}
) AS s, UNNEST(s.entries) AS entered_at
WHERE NOT s.here AND s.segment IN ({{range $i, $s := .Segments}}{{if $i}}, {{end}}{{quote $s.Name}}{{end}})
{{end}}

{{/* a build whose answer was lost is there twice */}}
{{define "build_current"}}
SELECT build, as_of, report, models FROM {{table "builds"}} WHERE TRUE
QUALIFY ROW_NUMBER() OVER (PARTITION BY build ORDER BY epoch DESC, `at` DESC) = 1 ORDER BY epoch DESC, `at` DESC LIMIT {{.Limit}}
{{end}}
