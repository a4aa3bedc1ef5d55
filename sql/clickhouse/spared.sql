{{/*
Members of an audience that the vendor may take for one, because they share an address, a number or a contact: the removal
of one takes out only what no other has (cdp.Recognised).
*/}}

{{/* what a row is known by */}}
{{define "known_by"}}arrayConcat({{if .First}}arrayFirst(__kith_l -> notEmpty(__kith_l), [{{end}}{{range $i, $n := .Alone}}{{if $i}}, {{end}}arrayMap(__kith_v -> concat({{quote $n}}, '=', __kith_v), arrayFilter(__kith_v -> __kith_v != '', JSONExtract(match, {{quote $n}}, 'Array(String)'))){{end}}{{if .First}}]){{end}}
    {{- if .Together}}, if({{range $i, $n := .Together}}{{if $i}} AND {{end}}JSONExtractString(match, {{quote $n}}, 1) != ''{{end}}, [concat('=', toJSONString([{{range $i, $n := .Together}}{{if $i}}, {{end}}JSONExtractString(match, {{quote $n}}, 1){{end}}]))], []){{end}}){{end}}

{{/* the records that the vendor has told of a row */}}
{{define "records"}}splitByChar(',', replaceAll(remote_id, ';', ',')){{end}}

{{/* values that stand in the rows to be removed, and records in all that are sent */}}
{{define "leaving_values"}}SELECT op, kh, row_id, match, remote_id, arrayJoin({{template "known_by" .}}) AS token FROM {{table .Raw}} WHERE kh BETWEEN {{.Lo}} AND {{.Hi}} AND {{template "may_go"}}{{end}}
{{define "leaving_records"}}SELECT op, kh, row_id, match, remote_id, arrayJoin({{template "records"}}) AS token FROM {{table .Raw}} WHERE kh BETWEEN {{.Lo}} AND {{.Hi}} AND ({{template "may_go"}} OR op IN (3, 4)) AND remote_id != ''{{end}}
{{define "of_one_row"}}k.token = '' OR k.one = l.row_id AND k.other = l.row_id{{end}}

{{define "spared_create"}}
CREATE TABLE {{table .Spared}} (op UInt8, kh UInt64, row_id String, old_match String, old_remote_id String, remote_id String, nothing UInt8, match String) ENGINE = MergeTree ORDER BY (op, kh, row_id)
{{end}}

{{/*
Whose removal has to spare something, with what is left of it: the values that no other desired row has, and of a row
whose records are known those that no row that stays was told, each time in the same order. A name of which nothing is left stays, empty.
*/}}
{{define "spared_find"}}
INSERT INTO {{table .Spared}} (op, kh, row_id, old_match, old_remote_id, remote_id, nothing, match)
SELECT op, kh, row_id, old_match, old_remote_id, arrayStringConcat(records, ',') AS remote_id, if(old_remote_id = '', empty(rest), op < 2 AND empty(records)) AS nothing,
  if(length(rest) = had, old_match, concat('{', arrayStringConcat(arrayFilter(x -> x != '', [
    {{range $i, $n := .Alone}}{{if $i}}, {{end}}if(JSONHas(old_match, {{quote $n}}), concat('"', {{quote $n}}, '":', toJSONString(arrayMap(x -> substring(x, length({{quote $n}}) + 2), arrayFilter(x -> startsWith(x, concat({{quote $n}}, '=')), rest)))), ''){{end}}
    {{- range .Together}}, if(arrayExists(x -> startsWith(x, '='), rest), concat('"', {{quote .}}, '":', JSONExtractRaw(old_match, {{quote .}})), ''){{end}}
  ]), ','), '}')) AS match
FROM (
  SELECT op, kh, row_id, any(match) AS old_match, any(remote_id) AS old_remote_id,
    arraySort(groupArrayIf(token, ours AND NOT record)) AS rest, countIf(NOT record) AS had, arraySort(groupArrayIf(token, ours AND record)) AS records, countIf(record) AS had_records
  FROM (
    SELECT l.op AS op, l.kh AS kh, l.row_id AS row_id, l.match AS match, l.remote_id AS remote_id, l.token AS token, false AS record, {{template "of_one_row"}} AS ours
    FROM ({{template "leaving_values" .}}) AS l
    LEFT JOIN (
      SELECT token, min(row_id) AS one, max(row_id) AS other
      FROM (SELECT row_id, arrayJoin({{template "known_by" .}}) AS token FROM (
{{template "wanted" .}}
      )) WHERE token IN (SELECT token FROM ({{template "leaving_values" .}})) GROUP BY token
    ) AS k ON l.token = k.token
    UNION ALL
    SELECT l.op, l.kh, l.row_id, l.match, l.remote_id, l.token, true, {{template "of_one_row"}}
    FROM ({{template "leaving_records" .}}) AS l
    LEFT JOIN (
      SELECT token, min(row_id) AS one, max(row_id) AS other
      FROM (SELECT row_id, arrayJoin({{template "records"}}) AS token FROM {{table .Baseline}} FINAL WHERE gone = 0 AND remote_id != ''{{template "not_former" .}} AND row_id NOT IN (SELECT row_id FROM {{table .Raw}} WHERE {{template "may_go"}}))
      WHERE token IN (SELECT token FROM ({{template "leaving_records" .}})) GROUP BY token
    ) AS k ON l.token = k.token
  )
  GROUP BY op, kh, row_id HAVING length(rest) < had OR length(records) < had_records
)
SETTINGS join_use_nulls = 0, {{template "small_blocks"}}, max_block_size = 16384
{{end}}

{{define "spared_count"}}
SELECT count() FROM {{table .Spared}}
{{end}}

{{/* of whom nothing is left to remove is forgotten */}}
{{define "fix_spared"}}
INSERT INTO {{table .Fix}} (kh, row_id, op, verdict, reason, code)
SELECT kh, row_id, op, 2, 0, '' FROM {{table .Spared}} WHERE nothing
{{end}}

{{define "changeset_narrow"}}
INSERT INTO {{table .Changeset}} (op, kh, row_id, action, reason, key, old_key, h, fh, changed, fields, match, old_match, remote_id, at, gone, del)
SELECT c.op, c.kh, c.row_id, c.action, c.reason, c.key, c.old_key, c.h, c.fh, c.changed, c.fields, s.match, c.old_match, s.remote_id, c.at, c.gone, c.del
FROM {{table .Changeset}} AS c
JOIN (SELECT greatest(op, 1) AS op, row_id, match, remote_id FROM {{table .Spared}} WHERE NOT nothing) AS s ON c.op = s.op AND c.row_id = s.row_id
{{end}}

{{define "changeset_wide"}}
DELETE FROM {{table .Changeset}} WHERE (op, row_id, match, remote_id) IN (SELECT greatest(op, 1), row_id, old_match, old_remote_id FROM {{table .Spared}} WHERE NOT nothing)
{{end}}

{{/*
What is spared may be the only trace that kith left of a row that is to be added, or moved: it is removed with that row, also
if that one is never delivered.
*/}}
{{define "baseline_spared"}}
INSERT INTO {{table .Baseline}} (kh, row_id, key, h, fh, remote_id, match, gone, mapping, ver, del)
SELECT kh, if(row_id IN (SELECT row_id FROM {{table .Baseline}} FINAL PREWHERE kh IN (SELECT kh FROM {{table .Raw}} WHERE op = 4){{if .Former}} WHERE ver > {{.Former}}{{end}}), concat(row_id, {{doubtful}}, lower(hex(substring(SHA256(match), 1, 8)))), row_id),
  key, 0, [], '', match, 0, {{.Mapping}}, {{.Ver}}, 0
FROM {{table .Raw}} WHERE op = 4 AND row_id IN (
  SELECT row_id FROM (SELECT row_id, arrayJoin({{template "known_by" .}}) AS token FROM {{table .Raw}} WHERE op = 4)
  WHERE token IN (SELECT arrayJoin({{template "known_by" .}}) FROM (SELECT old_match AS match FROM {{table .Spared}} WHERE old_remote_id = ''))
)
{{end}}
