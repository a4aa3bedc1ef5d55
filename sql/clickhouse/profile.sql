{{/* Profiles: one row per entity, made in levels; see compile/profile.go. */}}

{{define "profile_stage"}}
CREATE TABLE {{table .Name}} ENGINE = MergeTree ORDER BY entity_id AS
{{.Select}}
{{end}}

{{define "profile_create"}}
CREATE TABLE {{table .Name}} ENGINE = MergeTree ORDER BY ({{.KH}}, entity_id) AS
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
  SELECT m.entity_id AS __kith_entity, m.value AS __kith_value, m.last_seen AS __kith_seen,
    if(d.known = 1, d.granted, {{.Default}}) AS __kith_granted
  FROM (SELECT entity_id, value, last_seen FROM {{.Values}} WHERE type = {{.Type}}) AS m
  LEFT JOIN (
    SELECT __kith_value AS value, argMax(assumeNotNull(__kith_granted), tuple(__kith_at, NOT assumeNotNull(__kith_granted))) AS granted, toUInt8(1) AS known
    FROM (
{{range $i, $d := .Decisions}}{{if $i}}UNION ALL
{{end}}{{$d}}
{{end}}
    ) WHERE isNotNull(__kith_value) AND isNotNull(__kith_granted) GROUP BY value
  ) AS d ON m.value = d.value
) AS __kith_c
{{end}}

{{/* members: who is in which segment, and since when */}}
{{define "members_pairs"}}
SELECT segment, entity_id FROM (
  SELECT entity_id, arrayJoin(arrayFilter(x -> x.2, [{{range $i, $s := .Segments}}{{if $i}}, {{end}}tuple({{quote $s.Name}}, toUInt8({{ident $s.Column}})){{end}}])).1 AS segment
  FROM {{table .Profile}}
)
{{end}}

{{/* the open stays of an entity that merged go to the survivor, with the earlier entry */}}
{{define "members_merge"}}
INSERT INTO {{table "members_history"}} (entity, segment, entity_id, entered_at, exited_at, ver, del)
SELECT {{quote .Entity}}, segment, {{.To}}, entered, CAST(NULL AS Nullable(DateTime64(6, 'UTC'))), {{.Ver}}, 0 FROM (
  SELECT h.segment AS segment, if(m.new_id = '', h.entity_id, m.new_id) AS to_id, min(h.entered_at) AS entered, max(m.new_id != '') AS moved
  FROM (SELECT * FROM {{table "members_history"}} FINAL WHERE entity = {{quote .Entity}} AND isNull(exited_at)) AS h
  LEFT JOIN ({{.Merges}}) AS m ON h.entity_id = m.old_id
  GROUP BY segment, to_id HAVING moved
)
SETTINGS join_use_nulls = 0
{{end}}

{{/* what the merge leaves behind: stays of merged entities, and later stays of survivors */}}
{{define "members_drop"}}
INSERT INTO {{table "members_history"}} (entity, segment, entity_id, entered_at, exited_at, ver, del)
SELECT entity, segment, entity_id, entered_at, exited_at, {{.Ver}}, 1
FROM (SELECT *, row_number() OVER (PARTITION BY segment, entity_id ORDER BY entered_at) AS nth FROM {{table "members_history"}} FINAL WHERE entity = {{quote .Entity}} AND isNull(exited_at))
WHERE nth > 1 OR entity_id IN (SELECT old_id FROM ({{.Merges}}))
{{end}}

{{define "members_counts"}}
SELECT segment, count(), countIf(NOT was), countIf(gone) FROM (
  SELECT if(c.segment = '', h.segment, c.segment) AS segment, h.segment != '' AS was, c.segment = '' AS gone
  FROM ({{template "members_pairs" .}}) AS c
  FULL OUTER JOIN (
    SELECT segment, entity_id FROM {{table "members_history"}} FINAL WHERE entity = {{quote .Entity}} AND isNull(exited_at)
  ) AS h ON c.segment = h.segment AND c.entity_id = h.entity_id
) GROUP BY segment
SETTINGS join_use_nulls = 0
{{end}}

{{define "members_enter"}}
INSERT INTO {{table "members_history"}} (entity, segment, entity_id, entered_at, exited_at, ver, del)
SELECT {{quote .Entity}}, c.segment, c.entity_id, {{.AsOf}}, CAST(NULL AS Nullable(DateTime64(6, 'UTC'))), {{.Ver}}, 0
FROM ({{template "members_pairs" .}}) AS c
LEFT ANTI JOIN (
  SELECT segment, entity_id FROM {{table "members_history"}} FINAL WHERE entity = {{quote .Entity}} AND isNull(exited_at)
) AS h ON c.segment = h.segment AND c.entity_id = h.entity_id
{{end}}

{{define "members_exit"}}
INSERT INTO {{table "members_history"}} (entity, segment, entity_id, entered_at, exited_at, ver, del)
SELECT h.entity, h.segment, h.entity_id, h.entered_at, {{.AsOf}}, {{.Ver}}, 0
FROM (SELECT * FROM {{table "members_history"}} FINAL WHERE entity = {{quote .Entity}} AND isNull(exited_at) AND segment IN ({{range $i, $s := .Segments}}{{if $i}}, {{end}}{{quote $s.Name}}{{end}})) AS h
LEFT ANTI JOIN ({{template "members_pairs" .}}) AS c ON c.segment = h.segment AND c.entity_id = h.entity_id
{{end}}

{{/* a build whose answer was lost is there twice */}}
{{define "build_current"}}
SELECT build, as_of, report, models FROM {{table "builds"}} ORDER BY epoch DESC, at DESC LIMIT 1 BY build LIMIT {{.Limit}}
{{end}}
