{{/* What becomes of the rows of a raw changeset beyond that they differ: stronger reasons, rows that are held, forgotten or removed for another reason. */}}

{{/* removals that left the record behind, for which a stronger reason has come up */}}
{{define "changeset_stronger"}}
INSERT INTO {{table .Raw}} (op, kh, row_id, action, reason, key, old_key, h, fh, changed, fields, match, old_match, remote_id, at, gone, del)
SELECT if(act = 'ignore', 0, 1), kh, row_id, act, reason, key, '', h, fh, [], if(act = 'set', {{.SetFields}}, ''), match, '', remote_id, CAST(NULL AS Nullable(DateTime64(6, 'UTC'))), if(act = 'ignore', reason, 0), 0
FROM (
  SELECT b.*, {{template "reason" .}} AS reason, {{.Action}} AS act
  FROM (SELECT *, {{template "own_id"}} AS own FROM {{table .Baseline}} FINAL WHERE gone != 0{{template "not_former" .}}) AS b
  LEFT JOIN (
    SELECT __kith_id, max(__kith_withdrawn) AS __kith_withdrawn, max(__kith_merged) AS __kith_merged FROM (
{{.Reasons}}
    ) WHERE __kith_id IN (SELECT {{template "own_id"}} FROM {{table .Baseline}} FINAL WHERE gone != 0) GROUP BY __kith_id
  ) AS w ON b.own = w.__kith_id
  WHERE reason > b.gone AND b.own NOT IN (SELECT row_id FROM (
{{template "wanted" .}}
  ))
)
SETTINGS join_use_nulls = 0
{{end}}

{{/* withdrawn, merged, gone, left; w is the row's flags, empty when it is no longer anywhere */}}
{{define "reason"}}toUInt8(multiIf(w.__kith_withdrawn = 1, 4, w.__kith_merged = 1, 3, ifNull(w.__kith_id, '') = '', 2, 1)){{end}}

{{/* rows to be held, forgotten or removed for another reason */}}
{{define "fix_create"}}
CREATE TABLE {{table .Fix}} (kh UInt64, row_id String, op UInt8, verdict UInt8, reason UInt8, code LowCardinality(String)) ENGINE = MergeTree ORDER BY (kh, row_id)
{{end}}

{{define "fix_duplicates"}}
INSERT INTO {{table .Fix}} (kh, row_id, op, verdict, reason, code)
SELECT kh, row_id, 255, 1, 0, 'duplicate_key' FROM {{table .Raw}} WHERE op IN (2, 3, 4) AND key IN (
  SELECT key FROM (
{{template "wanted" .}}
  ) WHERE key IN (SELECT key FROM {{table .Raw}} WHERE op IN (2, 3, 4) AND cityHash64(key) % {{.Parts}} = {{.Part}})
  GROUP BY key HAVING count() > 1
)
{{end}}

{{/* a removal for another reason is another removal: what the destination says to the weaker one holds back no stronger
one. What cannot be removed before it is added under another key, or with other values, waits as a whole: once added, nothing would say what it left. */}}
{{define "fix_backoff"}}
INSERT INTO {{table .Fix}} (kh, row_id, op, verdict, reason, code)
SELECT r.kh, r.row_id, if(r.op = 1 AND r.reason = 0, 255, r.op), 1, 0, if(x.code = 'unconfirmed', x.code, 'backoff') FROM (
  SELECT r.kh AS kh, r.row_id AS row_id, r.op AS op, r.reason AS reason, if(r.goes, 1, r.op) AS sent, if(r.goes, bitXor(r.h, toUInt64(if(f.why != 0, f.why, r.reason))), r.h) AS h
  FROM (SELECT kh, row_id, op, h, reason, {{template "may_go"}} AS goes FROM {{table .Raw}}) AS r
  LEFT JOIN (SELECT row_id, max(reason) AS why FROM {{table .Fix}} WHERE op < 2 AND verdict = 3 GROUP BY row_id) AS f ON r.row_id = f.row_id
) AS r
JOIN ({{if .Of}}{{template "rejected_earlier" .}}{{else}}SELECT row_id, op, h, code FROM {{table "rejections"}} FINAL WHERE sync = {{quote .Sync}} AND mapping = {{.Mapping}} AND next_try > {{.Now}}{{template "not_former" .}}{{end}}) AS x
ON r.row_id = x.row_id AND r.sent = x.op AND r.h = x.h
SETTINGS join_use_nulls = 0
{{end}}

{{/* the rows of a sync that are in an open job */}}
{{define "in_jobs"}}SELECT row_id FROM {{table "job_rows"}} WHERE job IN (SELECT job FROM {{table "jobs"}} FINAL WHERE sync = {{quote .Sync}} AND state = 'open'){{end}}

{{/* a row in an open job waits for its end, whatever became of it, because a vendor
may apply two jobs in either order; only withdrawn consent does not wait for an add */}}
{{define "fix_pending"}}
INSERT INTO {{table .Fix}} (kh, row_id, op, verdict, reason, code)
SELECT r.kh, r.row_id, r.op, 1, 0, 'pending' FROM {{table .Raw}} AS r
JOIN (
  SELECT row_id, max(op = 1) AS removing FROM {{table "job_rows"}}
  WHERE job IN (SELECT job FROM {{table "jobs"}} FINAL WHERE sync = {{quote .Sync}} AND state = 'open') GROUP BY row_id
) AS x ON r.row_id = x.row_id
WHERE NOT (r.op < 2 AND x.removing = 0 AND (r.reason = 4 OR r.row_id IN (SELECT row_id FROM {{table .Fix}} WHERE op < 2 AND verdict = 3 AND reason = 4)))
{{end}}

{{define "fix_reasons"}}
INSERT INTO {{table .Fix}} (kh, row_id, op, verdict, reason, code)
SELECT kh, row_id, op, 3, why, '' FROM (
  SELECT r.kh AS kh, r.row_id AS row_id, r.op AS op, r.reason AS reason, {{template "reason" .}} AS why
  FROM (SELECT kh, row_id, op, reason, {{template "own_id"}} AS own FROM {{table .Raw}} WHERE reason NOT IN (0, 5)) AS r
  LEFT JOIN (
    SELECT __kith_id, max(__kith_withdrawn) AS __kith_withdrawn, max(__kith_merged) AS __kith_merged FROM (
{{.Reasons}}
    ) WHERE __kith_id IN (SELECT {{template "own_id"}} FROM {{table .Raw}} WHERE reason NOT IN (0, 5)) GROUP BY __kith_id
  ) AS w ON r.own = w.__kith_id
) WHERE why != reason
SETTINGS join_use_nulls = 0
{{end}}

{{define "events_expired"}}
SELECT count() FROM ({{template "desired_rows" .}}) WHERE {{.Expired}} AND __kith_id NOT IN (SELECT row_id FROM {{table .Baseline}} FINAL WHERE h != 0{{template "not_former" .}})
{{end}}

{{define "desired_rows"}}
{{.From}}
{{end}}

{{define "fix_counts"}}
SELECT code, uniqExactIf(row_id, code != '') FROM {{table .Fix}} GROUP BY code ORDER BY code
{{end}}

{{/* verdict 1 holds a row, 2 forgets it without a call, as 7 does unless there is 8, 3 changes the reason, 4 takes it as sent, 5 and 6 have put others in its place */}}
{{define "changeset_fix"}}
INSERT INTO {{table .Changeset}} (op, kh, row_id, action, reason, key, old_key, h, fh, changed, fields, match, old_match, remote_id, at, gone, del)
SELECT
  multiIf(forget OR quiet, 0, r.reason = 0, r.op, act = 'ignore', 0, 1) AS o, r.kh, r.row_id,
  if(r.reason = 0, r.action, act) AS a, why, r.key, r.old_key, r.h, r.fh, r.changed,
  if(r.reason != 0 AND act = 'set', set_fields, r.fields) AS ff, r.match, r.old_match, r.remote_id, r.at,
  multiIf(o = 0 AND r.reason != 0 AND NOT forget, why, r.quiet, 0, r.gone) AS g,
  if(forget, 1, r.del) AS d
FROM (
  SELECT r.*, f.forget AS forget, f.quiet AS quiet, if(f.why != 0, f.why, r.reason) AS why, {{.ActionOfWhy}} AS act, {{.SetFieldsOfWhy}} AS set_fields
  FROM (SELECT * FROM {{table .Raw}} WHERE kh BETWEEN {{.Lo}} AND {{.Hi}}) AS r
  LEFT JOIN (
    SELECT row_id, op, max(verdict IN (1, 5, 6)) AS hold, max(verdict = 2) OR max(verdict = 7) AND NOT max(verdict = 8) AS forget, max(verdict = 4) AS quiet, max(reason) AS why
    FROM {{table .Fix}} WHERE kh BETWEEN {{.Lo}} AND {{.Hi}} AND op != 255 GROUP BY row_id, op
  ) AS f ON r.row_id = f.row_id AND r.op = f.op
  WHERE f.hold = 0 AND r.row_id NOT IN (SELECT row_id FROM {{table .Fix}} WHERE op = 255 AND kh BETWEEN {{.Lo}} AND {{.Hi}})
) AS r
SETTINGS join_use_nulls = 0
{{end}}
