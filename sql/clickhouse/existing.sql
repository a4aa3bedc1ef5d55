{{/* Rows that a destination had before kith came: they are neither changed nor removed. */}}

{{define "ledger_2_foreign_rows"}}
CREATE TABLE IF NOT EXISTS {{table "foreign_rows"}} (
  sync LowCardinality(String),
  kh UInt64,
  row_id String,
  remote_id String,
  at DateTime64(3, 'UTC'),
  ver UInt64,
  del UInt8
) ENGINE = ReplacingMergeTree(ver, del) ORDER BY (sync, kh, row_id)
{{end}}

{{/* what may hold rows of a sync back: rows that are not kith's, rejections, open jobs */}}
{{define "standing"}}
SELECT (SELECT count() FROM {{table "foreign_rows"}} FINAL WHERE sync = {{quote .Sync}}), (SELECT count() FROM {{table "rejections"}} FINAL WHERE sync = {{quote .Sync}}),
  (SELECT count() FROM {{table "jobs"}} FINAL WHERE sync = {{quote .Sync}} AND state = 'open')
{{end}}

{{/* what of these rows kith may have sent before: then it is its own */}}
{{define "foreign_known"}}
SELECT row_id FROM {{table .Baseline}} FINAL WHERE kh IN ({{.KHs}}) AND ver > {{.Former}}
{{end}}

{{/* rows that are in no baseline any more are asked about anew */}}
{{define "foreign_clear"}}
INSERT INTO {{table "foreign_rows"}} (sync, kh, row_id, remote_id, at, ver, del)
SELECT sync, kh, row_id, remote_id, at, {{.Ver}}, 1 FROM {{table "foreign_rows"}} FINAL
WHERE sync = {{quote .Sync}} AND row_id NOT IN (SELECT row_id FROM {{table .Baseline}} FINAL WHERE ver > {{.Former}})
{{end}}

{{/* of a sync that was renamed: up to a version they are of an endpoint that it has left; what the name had before is none of its */}}
{{define "foreign_move"}}
INSERT INTO {{table "foreign_rows"}} (sync, kh, row_id, remote_id, at, ver, del)
SELECT {{quote .Sync}}, kh, row_id, remote_id, at, {{.Ver}}, 0 FROM {{table "foreign_rows"}} FINAL WHERE sync = {{quote .Was}} AND ver > {{.UpTo}}
UNION ALL
SELECT sync, kh, row_id, remote_id, at, {{.Ver}}, 1 FROM {{table "foreign_rows"}} FINAL
WHERE sync = {{quote .Sync}} AND row_id NOT IN (SELECT row_id FROM {{table "foreign_rows"}} FINAL WHERE sync = {{quote .Was}} AND ver > {{.UpTo}})
{{end}}

{{/* the same where the state has moved without them: they are older than what has been found since */}}
{{define "foreign_fetch"}}
INSERT INTO {{table "foreign_rows"}} (sync, kh, row_id, remote_id, at, ver, del)
SELECT {{quote .Sync}}, kh, row_id, remote_id, at, ver, 0 FROM {{table "foreign_rows"}} FINAL
WHERE sync = {{quote .Was}} AND ver > {{.UpTo}} AND row_id NOT IN (SELECT row_id FROM {{table "foreign_rows"}} WHERE sync = {{quote .Sync}})
{{end}}

{{define "foreign_leave"}}
INSERT INTO {{table "foreign_rows"}} (sync, kh, row_id, remote_id, at, ver, del)
SELECT sync, kh, row_id, remote_id, at, {{.Ver}}, 1 FROM {{table "foreign_rows"}} FINAL WHERE sync = {{quote .Sync}} AND {{template "last_holder" .}}
{{end}}

{{/* whose row baseline_merge moves to whom */}}
{{define "merging"}}
SELECT b.row_id AS old_id, m.new_id AS new_id, b.remote_id AS remote_id FROM (SELECT * FROM {{table .Of}} FINAL) AS b
JOIN ({{.Merges}}) AS m ON b.row_id = m.old_id
WHERE m.new_id NOT IN (SELECT row_id FROM {{table .Of}} FINAL WHERE row_id IN (SELECT new_id FROM ({{.Merges}})))
  AND m.old_id NOT IN ({{template "in_jobs" .}})
ORDER BY b.gone, b.ver DESC, b.row_id LIMIT 1 BY new_id
{{end}}

{{/* a survivor takes over a record together with whose it is */}}
{{define "foreign_merge"}}
INSERT INTO {{table "foreign_rows"}} (sync, kh, row_id, remote_id, at, ver, del)
SELECT {{quote .Sync}}, {{.NewKH}}, new_id, remote_id, now64(3), {{.Ver}}, old_id NOT IN ({{template "foreign_now" .}})
FROM ({{template "merging" .}}) WHERE old_id IN ({{template "foreign_now" .}}) OR new_id IN ({{template "foreign_now" .}})
{{end}}

{{define "foreign_now"}}SELECT row_id FROM {{table "foreign_rows"}} FINAL WHERE sync = {{quote .Sync}}{{end}}

{{/* a removal is forgotten, of what the destination has no record of too, and also one that another reason would make of what is ignored; a change is taken as sent */}}
{{define "fix_foreign"}}
INSERT INTO {{table .Fix}} (kh, row_id, op, verdict, reason, code)
SELECT kh, row_id, op, if(op IN (2, 3), 4, 2), 0, '' FROM {{table .Raw}}
WHERE {{template "may_go"}} AND remote_id = {{norecord}} OR (op IN (2, 3) OR {{template "may_go"}}) AND {{if .Merging}}if(row_id IN (SELECT new_id FROM ({{template "merging" .}})), row_id IN (SELECT new_id FROM ({{template "merging" .}}) WHERE old_id IN ({{template "foreign_now" .}})), {{end}}row_id IN ({{template "foreign_now" .}}){{if .Merging}}){{end}}
{{end}}

{{/* adds of rows that were never sent, nor may have been given their key by a rename, in order; the columns of changeset_page */}}
{{define "existing_page"}}
SELECT kh, row_id, action, reason, key, old_key, h, fh, fields, match, remote_id, at
FROM {{table .Changeset}}
WHERE op = 4 AND kh >= {{.AfterKH}} AND (kh, row_id) > ({{.AfterKH}}, {{quote .AfterID}}) AND row_id NOT IN (SELECT row_id FROM {{table .Baseline}} FINAL{{if .Former}} WHERE ver > {{.Former}}{{end}})
  AND concat(row_id, {{doubtful}}, lower(hex(substring(SHA256(key), 1, 8)))) NOT IN (SELECT row_id FROM {{table .Baseline}} FINAL WHERE position(row_id, {{doubtful}}) > 0{{template "not_former" .}})
ORDER BY kh, row_id LIMIT {{.Limit}}
{{end}}

{{/*
Whose record it may be that stands under the key of a new row: of one that is yet to be renamed, or of one that was sent, and
left. What is from before kith is nobody's.
*/}}
{{define "existing_ours"}}
SELECT c.row_id, b.remote_id, b.gone != 0
FROM (SELECT row_id, key FROM {{table .Changeset}} WHERE op = 4 AND kh BETWEEN {{.Lo}} AND {{.Hi}}) AS c
JOIN (
  SELECT key, remote_id, gone FROM {{table .Baseline}} FINAL
  WHERE key IN (SELECT key FROM {{table .Changeset}} WHERE op = 4 AND kh BETWEEN {{.Lo}} AND {{.Hi}}) AND row_id NOT IN ({{template "foreign_now" .}}) AND (gone = 0 OR {{template "was_sent" .}}){{template "not_former" .}}
) AS b ON c.key = b.key
{{end}}

{{define "existing_drop"}}
DELETE FROM {{table .Changeset}} WHERE op = 4 AND row_id IN (SELECT row_id FROM {{table "foreign_rows"}} FINAL WHERE sync = {{quote .Sync}})
{{end}}

{{/* adds that are not for this run: of whom the destination did not say whether it has them */}}
{{define "existing_leave"}}
DELETE FROM {{table .Changeset}} WHERE op = 4 AND kh IN ({{range $i, $r := .Rows}}{{if $i}}, {{end}}{{$r.KH}}{{end}}) AND row_id IN ({{range $i, $r := .Rows}}{{if $i}}, {{end}}{{quote $r.RowID}}{{end}})
{{end}}
