{{/* Rows that a destination had before kith came: they are neither changed nor removed. */}}

{{define "ledger_2_foreign_rows"}}
CREATE TABLE IF NOT EXISTS {{table "foreign_rows"}} (
  sync STRING,
  kh INT64,
  row_id STRING,
  remote_id STRING,
  `at` TIMESTAMP,
  ver INT64,
  del INT64
) CLUSTER BY sync, kh, row_id
{{end}}

{{/* FROM text: those of a sync that are so now */}}
{{define "foreign_now"}}(
  SELECT * FROM (SELECT * FROM {{table "foreign_rows"}} WHERE sync = {{quote .Sync}} {{template "newest" "kh, row_id"}}) WHERE del = 0
){{end}}

{{/* what may hold rows of a sync back: rows that are not kith's, rejections, open jobs */}}
{{define "standing"}}
SELECT (SELECT COUNT(*) FROM {{template "foreign_now" .}}),
  (SELECT COUNT(*) FROM (SELECT del FROM {{table "rejections"}} WHERE sync = {{quote .Sync}} {{template "newest" "kh, row_id"}}) WHERE del = 0),
  (SELECT COUNT(*) FROM (SELECT state FROM {{table "jobs"}} WHERE sync = {{quote .Sync}} {{template "newest" "sync, job"}}) WHERE state = 'open')
{{end}}

{{/* what of these rows kith may have sent before: then it is its own. Answers of this run, and of one that took over, are not folded yet. */}}
{{define "foreign_known"}}
SELECT row_id FROM (
  SELECT row_id, del FROM (
    SELECT row_id, ver, del FROM {{table .Baseline}} WHERE kh IN ({{.KHs}})
    UNION ALL
    SELECT row_id, ver, del FROM {{table .Acks}} WHERE ver >= {{.Since}} AND kh IN ({{.KHs}})
  ) WHERE ver > {{.Former}} {{template "newest" "row_id"}}
) WHERE del = 0
{{end}}

{{/* rows that are in no baseline any more are asked about anew */}}
{{define "foreign_clear"}}
INSERT INTO {{table "foreign_rows"}} (sync, kh, row_id, remote_id, `at`, ver, del)
SELECT sync, kh, row_id, remote_id, `at`, {{.Ver}}, 1 FROM {{template "foreign_now" .}}
WHERE row_id NOT IN (SELECT row_id FROM {{table .Baseline}} WHERE ver > {{.Former}})
{{end}}

{{/* of a sync that was renamed: up to a version they are of an endpoint that it has left; what the name had before is none of its */}}
{{define "foreign_move"}}
INSERT INTO {{table "foreign_rows"}} (sync, kh, row_id, remote_id, `at`, ver, del)
SELECT {{quote .Sync}}, kh, row_id, remote_id, `at`, {{.Ver}}, 0 FROM {{template "foreign_then" .}}
UNION ALL
SELECT sync, kh, row_id, remote_id, `at`, {{.Ver}}, 1 FROM {{template "foreign_now" .}} WHERE row_id NOT IN (SELECT row_id FROM {{template "foreign_then" .}})
{{end}}

{{/* the same where the state has moved without them: they are older than what has been found since */}}
{{define "foreign_fetch"}}
INSERT INTO {{table "foreign_rows"}} (sync, kh, row_id, remote_id, `at`, ver, del)
SELECT {{quote .Sync}}, kh, row_id, remote_id, `at`, ver, 0 FROM {{template "foreign_then" .}} WHERE row_id NOT IN (SELECT row_id FROM {{table "foreign_rows"}} WHERE sync = {{quote .Sync}})
{{end}}

{{define "foreign_then"}}(
  SELECT * FROM (SELECT * FROM {{table "foreign_rows"}} WHERE sync = {{quote .Was}} {{template "newest" "kh, row_id"}}) WHERE del = 0 AND ver > {{.UpTo}}
){{end}}

{{define "foreign_leave"}}
INSERT INTO {{table "foreign_rows"}} (sync, kh, row_id, remote_id, `at`, ver, del)
SELECT sync, kh, row_id, remote_id, `at`, {{.Ver}}, 1 FROM {{template "foreign_now" .}} WHERE {{template "last_holder" .}}
{{end}}

{{/* whose row baseline_merge moves to whom */}}
{{define "merging"}}
SELECT m.old_id, m.new_id, b.remote_id FROM {{table .Of}} AS b
JOIN ({{.Merges}}) AS m ON b.row_id = m.old_id
WHERE m.new_id NOT IN (SELECT row_id FROM {{table .Of}}) AND m.old_id NOT IN ({{template "in_jobs" .}})
QUALIFY ROW_NUMBER() OVER (PARTITION BY m.new_id ORDER BY b.gone, b.ver DESC, b.row_id) = 1
{{end}}

{{/* a survivor takes over a record together with whose it is */}}
{{define "foreign_merge"}}
INSERT INTO {{table "foreign_rows"}} (sync, kh, row_id, remote_id, `at`, ver, del)
SELECT {{quote .Sync}}, {{.NewKH}}, new_id, remote_id, CURRENT_TIMESTAMP(), {{.Ver}}, IF(old_id IN (SELECT row_id FROM {{template "foreign_now" .}}), 0, 1)
FROM ({{template "merging" .}})
WHERE old_id IN (SELECT row_id FROM {{template "foreign_now" .}}) OR new_id IN (SELECT row_id FROM {{template "foreign_now" .}})
{{end}}

{{/* a removal is forgotten, of what the destination has no record of too, and also one that another reason would make of what is ignored; a change is taken as sent */}}
{{define "fix_foreign"}}
INSERT INTO {{table .Fix}} (kh, row_id, op, verdict, reason, code)
SELECT kh, row_id, op, IF(op IN (2, 3), 4, 2), 0, '' FROM {{table .Raw}}
WHERE {{template "may_go"}} AND remote_id = {{norecord}} OR (op IN (2, 3) OR {{template "may_go"}}) AND {{if .Merging}}IF(row_id IN (SELECT new_id FROM ({{template "merging" .}})), row_id IN (SELECT new_id FROM ({{template "merging" .}}) WHERE old_id IN (SELECT row_id FROM {{template "foreign_now" .}})), {{end}}row_id IN (SELECT row_id FROM {{template "foreign_now" .}}){{if .Merging}}){{end}}
{{end}}

{{/* adds of rows that were never sent, nor may have been given their key by a rename, in order; the columns of changeset_page */}}
{{define "existing_page"}}
SELECT kh, row_id, action, reason, key, old_key, h, fh, fields, match, remote_id, `at`
FROM {{table .Changeset}}
WHERE op = 4 AND kh >= {{.AfterKH}} AND (kh > {{.AfterKH}} OR row_id > {{quote .AfterID}}) AND row_id NOT IN (SELECT row_id FROM {{table .Baseline}}{{if .Former}} WHERE ver > {{.Former}}{{end}})
  AND CONCAT(row_id, {{doubtful}}, TO_HEX(SUBSTR(SHA256(key), 1, 8))) NOT IN (SELECT row_id FROM {{table .Baseline}} WHERE STRPOS(row_id, {{doubtful}}) > 0{{template "not_former" .}})
ORDER BY kh, row_id LIMIT {{.Limit}}
{{end}}

{{/*
Whose record it may be that stands under the key of a new row: of one that is yet to be renamed, or of one that was sent, and
left. What is from before kith is nobody's.
*/}}
{{define "existing_ours"}}
SELECT c.row_id, IFNULL(b.remote_id, ''), b.gone != 0
FROM (SELECT row_id, key FROM {{table .Changeset}} WHERE op = 4 AND kh BETWEEN {{.Lo}} AND {{.Hi}}) AS c
JOIN (
  SELECT key, remote_id, gone FROM {{table .Baseline}} WHERE row_id NOT IN (SELECT row_id FROM {{template "foreign_now" .}}) AND (gone = 0 OR {{template "was_sent" .}}){{template "not_former" .}}
) AS b ON c.key = b.key
{{end}}

{{define "existing_drop"}}
DELETE FROM {{table .Changeset}} WHERE op = 4 AND row_id IN (SELECT row_id FROM {{template "foreign_now" .}})
{{end}}

{{/* adds that are not for this run: of whom the destination did not say whether it has them */}}
{{define "existing_leave"}}
DELETE FROM {{table .Changeset}} WHERE op = 4 AND kh IN ({{range $i, $r := .Rows}}{{if $i}}, {{end}}{{$r.KH}}{{end}}) AND row_id IN ({{range $i, $r := .Rows}}{{if $i}}, {{end}}{{quote $r.RowID}}{{end}})
{{end}}
