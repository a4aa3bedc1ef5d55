{{/* What becomes of the rows of a raw changeset beyond that they differ: stronger reasons, rows that are held, forgotten or removed for another reason. */}}

{{/* removals that left the record behind, for which a stronger reason has come up */}}
{{define "changeset_stronger"}}
INSERT INTO {{table .Raw}} (op, kh, row_id, action, reason, key, old_key, h, fh, changed, fields, match, old_match, remote_id, `at`, gone, del)
SELECT IF(act = 'ignore', 0, 1), kh, row_id, act, reason, key, '', h, fh, [], IF(act = 'set', {{.SetFields}}, ''), match, '', remote_id, CAST(NULL AS TIMESTAMP), IF(act = 'ignore', reason, 0), 0
FROM (
  SELECT *, {{.Action}} AS act
  FROM (
    SELECT b.*, {{template "reason" .}} AS reason
    FROM (SELECT *, {{template "own_id"}} AS own FROM {{table .Baseline}} WHERE gone != 0{{template "not_former" .}}) AS b
    LEFT JOIN (
      SELECT __kith_id, MAX(__kith_withdrawn) AS __kith_withdrawn, MAX(__kith_merged) AS __kith_merged FROM (
{{.Reasons}}
      ) WHERE __kith_id IN (SELECT {{template "own_id"}} FROM {{table .Baseline}} WHERE gone != 0) GROUP BY __kith_id
    ) AS w ON b.own = w.__kith_id
    WHERE b.own NOT IN (SELECT row_id FROM (
{{template "wanted" .}}
    ))
  ) WHERE reason > gone
)
{{end}}

{{/* withdrawn, merged, gone, left; w is the row's flags, null when it is no longer anywhere */}}
{{define "reason"}}CASE WHEN w.__kith_withdrawn = 1 THEN 4 WHEN w.__kith_merged = 1 THEN 3 WHEN IFNULL(w.__kith_id, '') = '' THEN 2 ELSE 1 END{{end}}

{{/* rows to be held, forgotten or removed for another reason */}}
{{define "fix_create"}}
CREATE OR REPLACE TABLE {{table .Fix}} (kh INT64, row_id STRING, op INT64, verdict INT64, reason INT64, code STRING) {{template "expires"}}
{{end}}

{{define "fix_duplicates"}}
INSERT INTO {{table .Fix}} (kh, row_id, op, verdict, reason, code)
SELECT kh, row_id, 255, 1, 0, 'duplicate_key' FROM {{table .Raw}} WHERE op IN (2, 3, 4) AND key IN (
  SELECT key FROM (
{{template "wanted" .}}
  ) GROUP BY key HAVING COUNT(*) > 1
){{if gt .Parts 1}} AND MOD(kh, {{.Parts}}) = {{.Part}}{{end}}
{{end}}

{{/* a removal for another reason is another removal: what the destination says to the weaker one holds back no stronger
one. What cannot be removed before it is added under another key, or with other values, waits as a whole: once added, nothing would say what it left. */}}
{{define "fix_backoff"}}
INSERT INTO {{table .Fix}} (kh, row_id, op, verdict, reason, code)
SELECT r.kh, r.row_id, IF(r.op = 1 AND r.reason = 0, 255, r.op), 1, 0, IF(x.code = 'unconfirmed', x.code, 'backoff') FROM (
  SELECT r.kh, r.row_id, r.op, r.reason, IF(r.goes, 1, r.op) AS sent, IF(r.goes, r.h ^ IFNULL(f.why, r.reason), r.h) AS h
  FROM (SELECT kh, row_id, op, h, reason, {{template "may_go"}} AS goes FROM {{table .Raw}}) AS r
  LEFT JOIN (SELECT row_id, MAX(reason) AS why FROM {{table .Fix}} WHERE op < 2 AND verdict = 3 GROUP BY row_id) AS f ON r.row_id = f.row_id
) AS r
JOIN ({{if .Of}}{{template "rejected_earlier" .}}{{else}}
  SELECT row_id, op, h, code FROM (
    SELECT row_id, op, h, code, mapping, next_try, ver, del FROM {{table "rejections"}} WHERE sync = {{quote .Sync}} {{template "newest" "kh, row_id"}}
  ) WHERE del = 0 AND mapping = {{.Mapping}} AND next_try > {{.Now}}{{template "not_former" .}}{{end}}
) AS x ON r.row_id = x.row_id AND r.sent = x.op AND r.h = x.h
{{end}}

{{define "open_jobs"}}SELECT job FROM (SELECT job, state FROM {{table "jobs"}} WHERE sync = {{quote .Sync}} {{template "newest" "sync, job"}}) WHERE state = 'open'{{end}}

{{/* the rows of a sync that are in an open job */}}
{{define "in_jobs"}}SELECT row_id FROM {{table "job_rows"}} WHERE job IN ({{template "open_jobs" .}}){{end}}

{{/* a row in an open job waits for its end, whatever became of it, because a vendor
may apply two jobs in either order; only withdrawn consent does not wait for an add */}}
{{define "fix_pending"}}
INSERT INTO {{table .Fix}} (kh, row_id, op, verdict, reason, code)
SELECT r.kh, r.row_id, r.op, 1, 0, 'pending' FROM {{table .Raw}} AS r
JOIN (
  SELECT row_id, LOGICAL_OR(op = 1) AS removing FROM {{table "job_rows"}} WHERE job IN ({{template "open_jobs" .}}) GROUP BY row_id
) AS x ON r.row_id = x.row_id
WHERE NOT (r.op < 2 AND NOT x.removing AND (r.reason = 4 OR r.row_id IN (SELECT row_id FROM {{table .Fix}} WHERE op < 2 AND verdict = 3 AND reason = 4)))
{{end}}

{{define "fix_reasons"}}
INSERT INTO {{table .Fix}} (kh, row_id, op, verdict, reason, code)
SELECT kh, row_id, op, 3, why, '' FROM (
  SELECT r.kh AS kh, r.row_id AS row_id, r.op AS op, r.reason AS reason, {{template "reason" .}} AS why
  FROM (SELECT kh, row_id, op, reason, {{template "own_id"}} AS own FROM {{table .Raw}} WHERE reason NOT IN (0, 5)) AS r
  LEFT JOIN (
    SELECT __kith_id, MAX(__kith_withdrawn) AS __kith_withdrawn, MAX(__kith_merged) AS __kith_merged FROM (
{{.Reasons}}
    ) WHERE __kith_id IN (SELECT {{template "own_id"}} FROM {{table .Raw}} WHERE reason NOT IN (0, 5)) GROUP BY __kith_id
  ) AS w ON r.own = w.__kith_id
) WHERE why != reason
{{end}}

{{define "events_expired"}}
SELECT COUNT(*) FROM ({{template "desired_rows" .}}) WHERE {{.Expired}} AND IFNULL(__kith_id, '') NOT IN (SELECT row_id FROM {{table .Baseline}} WHERE h != 0{{template "not_former" .}})
{{end}}

{{define "desired_rows"}}
{{.From}}
{{end}}

{{define "fix_counts"}}
SELECT code, COUNT(DISTINCT IF(code != '', row_id, NULL)) FROM {{table .Fix}} GROUP BY code ORDER BY code
{{end}}

{{/* verdict 1 holds a row, 2 forgets it without a call, as 7 does unless there is 8, 3 changes the reason, 4 takes it as sent, 5 and 6 have put others in its place */}}
{{define "changeset_fix"}}
INSERT INTO {{table .Changeset}} (op, kh, row_id, action, reason, key, old_key, h, fh, changed, fields, match, old_match, remote_id, `at`, gone, del)
SELECT
  o, kh, row_id, IF(reason = 0, action, act), why, key, old_key, h, fh, changed,
  IF(reason != 0 AND act = 'set', {{.SetFieldsOfWhy}}, fields), match, old_match, remote_id, `at`,
  CASE WHEN o = 0 AND reason != 0 AND NOT forget THEN why WHEN quiet THEN 0 ELSE gone END,
  IF(forget, 1, del)
FROM (
  SELECT *, CASE WHEN forget OR quiet THEN 0 WHEN reason = 0 THEN op WHEN act = 'ignore' THEN 0 ELSE 1 END AS o
  FROM (
    SELECT *, {{.ActionOfWhy}} AS act
    FROM (
      SELECT r.*, IFNULL(f.forget, FALSE) AS forget, IFNULL(f.quiet, FALSE) AS quiet, IF(IFNULL(f.why, 0) != 0, f.why, r.reason) AS why
      FROM (SELECT * FROM {{table .Raw}} WHERE kh BETWEEN {{.Lo}} AND {{.Hi}}) AS r
      LEFT JOIN (
        SELECT row_id, op, LOGICAL_OR(verdict IN (1, 5, 6)) AS hold, LOGICAL_OR(verdict = 2) OR LOGICAL_OR(verdict = 7) AND NOT LOGICAL_OR(verdict = 8) AS forget, LOGICAL_OR(verdict = 4) AS quiet, MAX(reason) AS why
        FROM {{table .Fix}} WHERE op != 255 GROUP BY row_id, op
      ) AS f ON r.row_id = f.row_id AND r.op = f.op
      WHERE NOT IFNULL(f.hold, FALSE) AND r.row_id NOT IN (SELECT row_id FROM {{table .Fix}} WHERE op = 255)
    )
  )
)
{{end}}
