{{/*
Members of an audience that the vendor may take for one, because they share an address, a number or a contact: the removal
of one takes out only what no other has (cdp.Recognised).
*/}}

{{/* what a row is known by */}}
{{define "known_by"}}ARRAY_CONCAT({{if .First}}CASE {{range .Alone}}WHEN EXISTS (SELECT 1 FROM UNNEST(JSON_VALUE_ARRAY(NULLIF(match, ''), '$.{{.}}')) AS __kith_v WHERE __kith_v != '') THEN ARRAY(SELECT CONCAT({{quote .}}, '=', __kith_v) FROM UNNEST(JSON_VALUE_ARRAY(NULLIF(match, ''), '$.{{.}}')) AS __kith_v WHERE __kith_v != '') {{end}}ELSE [] END{{else}}{{range $i, $n := .Alone}}{{if $i}}, {{end}}ARRAY(SELECT CONCAT({{quote $n}}, '=', __kith_v) FROM UNNEST(JSON_VALUE_ARRAY(NULLIF(match, ''), '$.{{$n}}')) AS __kith_v WHERE __kith_v != ''){{end}}{{end}}
    {{- if .Together}}, IF({{range $i, $n := .Together}}{{if $i}} AND {{end}}IFNULL(JSON_VALUE(NULLIF(match, ''), '$.{{$n}}[0]'), '') != ''{{end}}, [CONCAT('=', TO_JSON_STRING([{{range $i, $n := .Together}}{{if $i}}, {{end}}IFNULL(JSON_VALUE(NULLIF(match, ''), '$.{{$n}}[0]'), ''){{end}}]))], []){{end}}){{end}}

{{/* the records that the vendor has told of a row */}}
{{define "records"}}SPLIT(REPLACE(remote_id, ';', ','), ','){{end}}

{{/* values that stand in the rows to be removed, and records in all that are sent */}}
{{define "leaving_values"}}SELECT r.op, r.kh, r.row_id, r.match, r.remote_id, token FROM (SELECT *, {{template "known_by" .}} AS tokens FROM {{table .Raw}} WHERE kh BETWEEN {{.Lo}} AND {{.Hi}} AND {{template "may_go"}}) AS r, UNNEST(r.tokens) AS token{{end}}
{{define "leaving_records"}}SELECT r.op, r.kh, r.row_id, r.match, r.remote_id, token FROM (SELECT *, {{template "records"}} AS tokens FROM {{table .Raw}} WHERE kh BETWEEN {{.Lo}} AND {{.Hi}} AND ({{template "may_go"}} OR op IN (3, 4)) AND remote_id != '') AS r, UNNEST(r.tokens) AS token{{end}}
{{define "of_one_row"}}k.token IS NULL OR k.one = l.row_id AND k.other = l.row_id{{end}}

{{define "spared_create"}}
CREATE OR REPLACE TABLE {{table .Spared}} (op INT64, kh INT64, row_id STRING, old_match STRING, old_remote_id STRING, remote_id STRING, nothing BOOL, match STRING) {{template "expires"}}
{{end}}

{{/*
Whose removal has to spare something, with what is left of it: the values that no other desired row has, and of a row
whose records are known those that no row that stays was told, each time in the same order. A name of which nothing is left stays, empty.
*/}}
{{define "spared_find"}}
INSERT INTO {{table .Spared}} (op, kh, row_id, old_match, old_remote_id, remote_id, nothing, match)
SELECT op, kh, row_id, old_match, old_remote_id, ARRAY_TO_STRING(records, ',') AS remote_id, IF(old_remote_id = '', ARRAY_LENGTH(rest) = 0, op < 2 AND ARRAY_LENGTH(records) = 0) AS nothing,
  IF(ARRAY_LENGTH(rest) = had, old_match, CONCAT('{', ARRAY_TO_STRING(ARRAY_CONCAT(
    {{range $i, $n := .Alone}}{{if $i}}, {{end}}IF(JSON_QUERY(old_match, '$.{{$n}}') IS NOT NULL, [CONCAT('"', {{quote $n}}, '":', TO_JSON_STRING(ARRAY(SELECT SUBSTR(x, LENGTH({{quote $n}}) + 2) FROM UNNEST(rest) AS x WITH OFFSET AS i WHERE STARTS_WITH(x, CONCAT({{quote $n}}, '=')) ORDER BY i)))], []){{end}}
    {{- range .Together}}, IF(EXISTS (SELECT 1 FROM UNNEST(rest) AS x WHERE STARTS_WITH(x, '=')), [CONCAT('"', {{quote .}}, '":', JSON_QUERY(old_match, '$.{{.}}'))], []){{end}}
  ), ','), '}')) AS match
FROM (
  SELECT op, kh, row_id, ANY_VALUE(match) AS old_match, ANY_VALUE(remote_id) AS old_remote_id,
    ARRAY_CONCAT(IFNULL(ARRAY_AGG(IF(ours AND NOT record, token, NULL) IGNORE NULLS ORDER BY token), [])) AS rest, COUNTIF(NOT record) AS had,
    ARRAY_CONCAT(IFNULL(ARRAY_AGG(IF(ours AND record, token, NULL) IGNORE NULLS ORDER BY token), [])) AS records, COUNTIF(record) AS had_records
  FROM (
    SELECT l.op, l.kh, l.row_id, l.match, l.remote_id, l.token, FALSE AS record, {{template "of_one_row"}} AS ours
    FROM ({{template "leaving_values" .}}) AS l
    LEFT JOIN (
      SELECT token, MIN(row_id) AS one, MAX(row_id) AS other
      FROM (
        SELECT c.row_id, token FROM (SELECT row_id, {{template "known_by" .}} AS tokens FROM (
{{template "wanted" .}}
        )) AS c, UNNEST(c.tokens) AS token
      ) WHERE token IN (SELECT token FROM ({{template "leaving_values" .}})) GROUP BY token
    ) AS k ON l.token = k.token
    UNION ALL
    SELECT l.op, l.kh, l.row_id, l.match, l.remote_id, l.token, TRUE, {{template "of_one_row"}}
    FROM ({{template "leaving_records" .}}) AS l
    LEFT JOIN (
      SELECT token, MIN(row_id) AS one, MAX(row_id) AS other
      FROM (
        SELECT b.row_id, token FROM (
          SELECT row_id, {{template "records"}} AS tokens FROM {{table .Baseline}} WHERE gone = 0 AND remote_id != ''{{template "not_former" .}} AND row_id NOT IN (SELECT row_id FROM {{table .Raw}} WHERE {{template "may_go"}})
        ) AS b, UNNEST(b.tokens) AS token
      ) WHERE token IN (SELECT token FROM ({{template "leaving_records" .}})) GROUP BY token
    ) AS k ON l.token = k.token
  )
  GROUP BY op, kh, row_id
) WHERE ARRAY_LENGTH(rest) < had OR ARRAY_LENGTH(records) < had_records
{{end}}

{{define "spared_count"}}
SELECT COUNT(*) FROM {{table .Spared}}
{{end}}

{{/* of whom nothing is left to remove is forgotten */}}
{{define "fix_spared"}}
INSERT INTO {{table .Fix}} (kh, row_id, op, verdict, reason, code)
SELECT kh, row_id, op, 2, 0, '' FROM {{table .Spared}} WHERE nothing
{{end}}

{{define "changeset_narrow"}}
INSERT INTO {{table .Changeset}} (op, kh, row_id, action, reason, key, old_key, h, fh, changed, fields, match, old_match, remote_id, `at`, gone, del)
SELECT c.op, c.kh, c.row_id, c.action, c.reason, c.key, c.old_key, c.h, c.fh, c.changed, c.fields, s.match, c.old_match, s.remote_id, c.`at`, c.gone, c.del
FROM {{table .Changeset}} AS c
JOIN (SELECT GREATEST(op, 1) AS op, row_id, match, remote_id FROM {{table .Spared}} WHERE NOT nothing) AS s ON c.op = s.op AND c.row_id = s.row_id
{{end}}

{{define "changeset_wide"}}
DELETE FROM {{table .Changeset}}
WHERE CONCAT(CAST(op AS STRING), TO_JSON_STRING(row_id), TO_JSON_STRING(match), TO_JSON_STRING(remote_id)) IN (
  SELECT CONCAT(CAST(GREATEST(op, 1) AS STRING), TO_JSON_STRING(row_id), TO_JSON_STRING(old_match), TO_JSON_STRING(old_remote_id)) FROM {{table .Spared}} WHERE NOT nothing
)
{{end}}

{{/*
What is spared may be the only trace that kith left of a row that is to be added, or moved: it is removed with that row, also
if that one is never delivered.
*/}}
{{define "baseline_spared"}}
{{template "acks" .}}
SELECT r.kh, IF(b.row_id IS NULL, r.row_id, CONCAT(r.row_id, {{doubtful}}, TO_HEX(SUBSTR(SHA256(r.match), 1, 8)))), r.key, 0, [], '', r.match, 0, {{.Mapping}}, {{.Ver}}, 0, CURRENT_TIMESTAMP()
FROM {{table .Raw}} AS r
LEFT JOIN {{table .Baseline}} AS b ON r.row_id = b.row_id{{if .Former}} AND b.ver > {{.Former}}{{end}}
WHERE r.op = 4 AND r.row_id IN (
  SELECT x.row_id FROM (SELECT row_id, {{template "known_by" .}} AS tokens FROM {{table .Raw}} WHERE op = 4) AS x, UNNEST(x.tokens) AS token
  WHERE token IN (
    SELECT token FROM (SELECT {{template "known_by" .}} AS tokens FROM (SELECT old_match AS match FROM {{table .Spared}} WHERE old_remote_id = '')) AS s, UNNEST(s.tokens) AS token
  )
)
{{end}}
