{{/* What a run does to the baseline besides appending acknowledged rows. Whatever it says is appended too, and folded. */}}

{{define "acks"}}INSERT INTO {{table .Acks}} (kh, row_id, key, h, fh, remote_id, match, gone, mapping, ver, del, `at`){{end}}

{{/* the newest of each row among what was appended since a version */}}
{{define "fold_stage"}}
CREATE OR REPLACE TABLE {{table .Stage}} {{template "expires"}} AS
SELECT * FROM {{table .Acks}} WHERE ver >= {{.Since}}
QUALIFY ROW_NUMBER() OVER (PARTITION BY row_id ORDER BY ver DESC, `at` DESC) = 1
{{end}}

{{/* and the keys of the folds of which something is left */}}
{{define "fold_count"}}
SELECT COUNT(*), (
  SELECT IFNULL(STRING_AGG(SUBSTR(table_name, LENGTH({{quote .Prefix}}) + 1)), '') FROM {{ident .Schema}}.INFORMATION_SCHEMA.TABLES
  WHERE STARTS_WITH(table_name, {{quote .Prefix}}) AND REGEXP_CONTAINS(SUBSTR(table_name, LENGTH({{quote .Prefix}}) + 1), '^[0-9a-f]{16}$')
) FROM {{table .Acks}} WHERE ver >= {{.Since}}
{{end}}

{{/* what has been folded may be folded again, but not over a row that has been rehashed since: that keeps its version, under a later mapping */}}
{{define "fold_merge"}}
MERGE {{table .Baseline}} AS b USING {{table .Stage}} AS s ON b.row_id = s.row_id
WHEN MATCHED AND s.ver >= b.ver AND s.del = 1 THEN DELETE
WHEN MATCHED AND (s.ver > b.ver OR s.ver = b.ver AND s.mapping >= b.mapping) THEN UPDATE SET kh = s.kh, key = s.key, h = s.h, fh = s.fh, remote_id = s.remote_id, match = s.match, gone = s.gone, mapping = s.mapping, ver = s.ver, del = 0
WHEN NOT MATCHED AND s.del = 0 THEN INSERT (kh, row_id, key, h, fh, remote_id, match, gone, mapping, ver, del)
  VALUES (s.kh, s.row_id, s.key, s.h, s.fh, s.remote_id, s.match, s.gone, s.mapping, s.ver, 0)
{{end}}

{{/* Who takes over the remote key of a row that is forgotten may be there under it: what kith
made is removed with the new owner, also if that one is never delivered. Who has a record under
another key keeps that, and this one is doubtful (cdp.DoubtfulID). */}}
{{define "baseline_silent"}}
{{template "acks" .}}
SELECT kh, row_id, key, IF(gone = 0, h, 0), fh, remote_id, match, gone, {{.Mapping}}, {{.Ver}}, del, CURRENT_TIMESTAMP()
FROM {{table .Changeset}} WHERE op = 0
UNION ALL
SELECT r.kh, r.row_id, r.key, 0, [], '', r.match, 0, {{.Mapping}}, {{.Ver}}, 0, CURRENT_TIMESTAMP()
FROM {{table .Raw}} AS r
WHERE r.op = 4 AND NOT EXISTS (SELECT 1 FROM {{table .Baseline}} AS b WHERE b.row_id = r.row_id{{template "not_former" .}})
  AND {{template "forgotten_key" .}}
UNION ALL
SELECT r.kh, CONCAT(r.row_id, {{doubtful}}, TO_HEX(SUBSTR(SHA256(r.key), 1, 8))), r.key, 0, [], '', '', 0, {{.Mapping}}, {{.Ver}}, 0, CURRENT_TIMESTAMP()
FROM {{table .Raw}} AS r WHERE r.op = 2 AND {{template "forgotten_key" .}}
{{end}}

{{define "forgotten_key"}}r.key IN (SELECT key FROM {{table .Changeset}} WHERE op = 0 AND del = 1 AND remote_id != {{norecord}} AND row_id NOT IN (SELECT row_id FROM {{template "foreign_now" .}})){{end}}

{{/* the rows of a changeset that a session has sent */}}
{{define "sent"}}c.op > 0{{if .Only}} AND c.op = 1 AND c.reason = {{.Only}}{{end}} AND NOT EXISTS (SELECT 1 FROM {{table .Fix}} AS f WHERE f.verdict = 9 AND f.op = c.op AND f.row_id = c.row_id){{end}}

{{/* after the commit of a session: all rows but those that failed */}}
{{define "baseline_commit"}}
{{template "acks" .}}
SELECT c.kh, c.row_id, c.key, IF(c.op = 1, 0, c.h), IF(c.dropped, [], c.fh), c.remote_id, IF(c.dropped, '', c.match), IF(c.kept, c.reason, 0),
  {{.Mapping}}, {{.Ver}} + c.op, IF(c.dropped, 1, 0), CURRENT_TIMESTAMP()
FROM (
  SELECT *, op = 1 AND action IN ('ignore', 'archive', 'set') AS kept, op = 1 AND action NOT IN ('ignore', 'archive', 'set') AS dropped
  FROM {{table .Changeset}}
) AS c WHERE {{template "sent" .}}
{{end}}

{{define "log_commit"}}
INSERT INTO {{table "sync_log"}} (`at`, sync, run_id, destination, batch, attempt, kh, op, action, fate, code, vendor_code, reason, job)
SELECT CURRENT_TIMESTAMP(), {{quote .Sync}}, {{quote .Run}}, {{quote .Destination}}, 0, 1, c.kh, ['silent', 'remove', 'rekey', 'change', 'add'][OFFSET(c.op)], c.action, 'delivered', '', '', '', ''
FROM {{table .Changeset}} AS c WHERE {{template "sent" .}}
{{end}}

{{/* a statement costs more than the rows that it would write: they are appended */}}
{{define "baseline_spans"}}{{end}}
{{define "log_spans"}}{{end}}

{{define "baseline_copy"}}
INSERT INTO {{table .Baseline}} (kh, row_id, key, h, fh, remote_id, match, gone, mapping, ver, del)
SELECT kh, row_id, key, h, fh, remote_id, match, gone, mapping, ver, del FROM {{table .Of}}
{{end}}

{{define "baseline_merged"}}
SELECT COUNT(*) FROM {{table .Baseline}} WHERE row_id IN (SELECT old_id FROM ({{.Merges}}))
{{end}}

{{/* a merged entity's row goes to the survivor, unless that has one */}}
{{define "baseline_merge"}}
{{template "acks" .}}
SELECT {{.NewKH}}, new_id, key, h, fh, remote_id, match, gone, mapping, {{.Ver}}, 0, CURRENT_TIMESTAMP()
FROM (
  SELECT b.*, m.new_id FROM {{table .Baseline}} AS b
  JOIN ({{.Merges}}) AS m ON b.row_id = m.old_id
  WHERE m.new_id NOT IN (SELECT row_id FROM {{table .Baseline}}) AND m.old_id NOT IN ({{template "in_jobs" .}})
  QUALIFY ROW_NUMBER() OVER (PARTITION BY m.new_id ORDER BY b.gone, b.ver DESC, b.row_id) = 1
)
{{end}}

{{define "baseline_merge_drop"}}
{{template "acks" .}}
SELECT b.kh, b.row_id, b.key, b.h, b.fh, b.remote_id, b.match, b.gone, b.mapping, {{.Ver}}, 1, CURRENT_TIMESTAMP()
FROM {{table .Baseline}} AS b
JOIN ({{.Merges}}) AS m ON b.row_id = m.old_id
JOIN (SELECT row_id, key, h FROM {{table .Baseline}}) AS s ON m.new_id = s.row_id
WHERE b.key = s.key AND b.h = s.h AND m.old_id NOT IN ({{template "in_jobs" .}})
{{end}}

{{define "baseline_rows"}}
SELECT COUNTIF(gone = 0), COUNT(*) FROM {{table .Baseline}}
{{end}}

{{/* rows that a dead run may have sent: whatever lies below its intent and has no
answer. Their h becomes 0, "maybe there", so that the diff sends the truth. The
answer to the first half of a move, a removal, is none to its add, whose remote id is
that of before the move. A rekey leaves two rows where nothing but the key finds the
record: that of the key it had, and that of the key that it may have (Ack.DoubtfulRow). */}}
{{define "baseline_maybe"}}
{{template "acks" .}}
SELECT kh, IF(other = 1, CONCAT(row_id, {{doubtful}}, TO_HEX(SUBSTR(SHA256(key), 1, 8))), row_id), IF(other = 1, key, IFNULL(had, key)), 0, [],
  IF(other = 1, '', remote_id), IF(other = 1, '', match), 0, {{.Mapping}}, {{.Ver}}, 0, CURRENT_TIMESTAMP()
FROM (
SELECT c.op, c.kh, c.row_id, c.key, c.old_key, b.key AS had, IF(b.remote_id IS NULL OR b.remote_id = {{norecord}}, '', b.remote_id) AS remote_id, IFNULL(b.match, c.match) AS match
FROM (
  SELECT c.op, c.kh, c.row_id, c.key, c.old_key, c.match
  FROM {{table .Changeset}} AS c
  CROSS JOIN (SELECT op, kh, row_id FROM {{table "intents"}} WHERE sync = {{quote .Sync}} AND epoch = {{.Epoch}} ORDER BY op DESC, kh DESC, row_id DESC LIMIT 1) AS i
  WHERE c.op > 0 AND (c.op < i.op OR c.op = i.op AND (c.kh < i.kh OR c.kh = i.kh AND c.row_id <= i.row_id))
    AND NOT EXISTS (SELECT 1 FROM {{table .Acks}} AS a WHERE a.ver >= {{.Since}} AND a.row_id = c.row_id AND (c.op != 4 OR a.del = 0))
    AND NOT EXISTS (SELECT 1 FROM {{table "rejections"}} AS r WHERE r.sync = {{quote .Sync}} AND r.ver >= {{.Since}} AND r.row_id = c.row_id)
    AND NOT EXISTS (
      SELECT 1 FROM {{table "job_rows"}} AS j WHERE j.ver >= {{.Since}} AND j.row_id = c.row_id AND j.op = c.op
        AND j.job IN (SELECT job FROM {{table "jobs"}} WHERE sync = {{quote .Sync}} AND epoch = {{.Epoch}})
    )
) AS c
LEFT JOIN {{table .Baseline}} AS b ON c.row_id = b.row_id{{if .Former}} AND b.ver > {{.Former}}{{end}}
WHERE c.op = 4 OR b.row_id IS NOT NULL
QUALIFY ROW_NUMBER() OVER (PARTITION BY c.row_id ORDER BY c.op) = 1
) AS x, UNNEST(IF(op = 2 AND remote_id = '' AND key != old_key, [0, 1], [0])) AS other
{{end}}

{{/* What has come in a stream cannot be deleted for half an hour. Nobody reads what lies before an epoch, so it may stay a day. */}}
{{define "settled"}}`at` < TIMESTAMP_SUB(CURRENT_TIMESTAMP(), INTERVAL 1 DAY){{end}}

{{define "intents_sweep"}}
DELETE FROM {{table "intents"}} WHERE sync = {{quote .Sync}} AND epoch <= {{.Epoch}} AND {{template "settled"}}
{{end}}

{{define "rejections_of"}}
SELECT row_id, op, h, attempts FROM (
  SELECT row_id, op, h, attempts, del FROM {{table "rejections"}} WHERE sync = {{quote .Sync}} AND kh IN ({{.KHs}}) {{template "newest" "kh, row_id"}}
) WHERE del = 0
{{end}}

{{/*
Of rows that were delivered after they were rejected: what is rejected after it was delivered, as the second half of a
move, stays. A removal that was delivered is in no baseline any more.
What takes a rejection back has the version of the answer that does: a job that is open may say later, under the version
with which it was sent, that the same row was refused after that.
*/}}
{{define "rejections_clear"}}
INSERT INTO {{table "rejections"}} (sync, kh, row_id, op, h, mapping, code, vendor_code, reason, attempts, next_try, run_id, `at`, ver, del)
SELECT r.sync, r.kh, r.row_id, r.op, r.h, r.mapping, r.code, r.vendor_code, r.reason, r.attempts, r.next_try, r.run_id, r.`at`, b.answered, 1
FROM (SELECT * FROM {{table "rejections"}} WHERE sync = {{quote .Sync}} {{template "newest" "kh, row_id"}}) AS r
JOIN (SELECT row_id, MAX(ver) AS answered FROM {{table .Acks}} WHERE ver >= {{.Since}} AND {{template "answered"}} GROUP BY row_id) AS b ON r.row_id = b.row_id
WHERE r.del = 0 AND b.answered > r.ver
{{end}}

{{/*
As foreign_move and foreign_leave, but each keeps its version, next to which what takes it back is written: a job that is
open says later, under the version with which it was sent, what became of the same row.
*/}}
{{define "rejections_move"}}
INSERT INTO {{table "rejections"}} (sync, kh, row_id, op, h, mapping, code, vendor_code, reason, attempts, next_try, run_id, `at`, ver, del)
SELECT {{quote .Sync}}, r.kh, r.row_id, r.op, r.h, r.mapping, r.code, r.vendor_code, r.reason, r.attempts, r.next_try, r.run_id, r.`at`, GREATEST(r.ver, IFNULL(t.taken, 0) + 1), 0
FROM {{template "rejected_then" .}} AS r
LEFT JOIN (SELECT row_id, MAX(ver) AS taken FROM {{table "rejections"}} WHERE sync = {{quote .Sync}} AND del = 1 GROUP BY row_id) AS t ON r.row_id = t.row_id
UNION ALL
SELECT sync, kh, row_id, op, h, mapping, code, vendor_code, reason, attempts, next_try, run_id, `at`, ver + 1, 1 FROM {{template "rejected_now" .}} WHERE row_id NOT IN (SELECT row_id FROM {{template "rejected_then" .}})
{{end}}

{{define "rejections_fetch"}}
INSERT INTO {{table "rejections"}} (sync, kh, row_id, op, h, mapping, code, vendor_code, reason, attempts, next_try, run_id, `at`, ver, del)
SELECT {{quote .Sync}}, kh, row_id, op, h, mapping, code, vendor_code, reason, attempts, next_try, run_id, `at`, ver, 0 FROM {{template "rejected_then" .}} WHERE row_id NOT IN (SELECT row_id FROM {{table "rejections"}} WHERE sync = {{quote .Sync}})
{{end}}

{{define "rejections_leave"}}
INSERT INTO {{table "rejections"}} (sync, kh, row_id, op, h, mapping, code, vendor_code, reason, attempts, next_try, run_id, `at`, ver, del)
SELECT sync, kh, row_id, op, h, mapping, code, vendor_code, reason, attempts, next_try, run_id, `at`, ver + 1, 1 FROM {{template "rejected_now" .}} WHERE {{template "last_holder" .}}
{{end}}

{{/* by the former endpoint of a sync. The version is no answer of the run that left it. */}}
{{define "rejections_forget"}}
INSERT INTO {{table "rejections"}} (sync, kh, row_id, op, h, mapping, code, vendor_code, reason, attempts, next_try, run_id, `at`, ver, del)
SELECT sync, kh, row_id, op, h, mapping, code, vendor_code, reason, attempts, next_try, run_id, `at`, {{.UpTo}}, 1 FROM {{template "rejected_now" .}} WHERE ver <= {{.UpTo}} AND {{template "last_holder" .}}
{{end}}

{{define "rejected_now"}}(SELECT * FROM (SELECT * FROM {{table "rejections"}} WHERE sync = {{quote .Sync}} {{template "newest" "kh, row_id"}}) WHERE del = 0){{end}}
{{define "rejected_then"}}(SELECT * FROM (SELECT * FROM {{table "rejections"}} WHERE sync = {{quote .Was}} {{template "newest" "kh, row_id"}}) WHERE del = 0 AND ver > {{.UpTo}}){{end}}

{{/* what a delivered row leaves in the baseline: its hash, the reason of its removal, or nothing; h = 0 alone is in doubt */}}
{{define "answered"}}(h != 0 OR gone != 0 OR del = 1){{end}}

{{define "rejections_list"}}
SELECT sync, kh, row_id, op, code, vendor_code, reason, attempts, next_try, run_id, `at`
FROM (SELECT * FROM {{table "rejections"}} WHERE {{if .Sync}}sync = {{quote .Sync}}{{else}}TRUE{{end}} {{template "newest" "sync, kh, row_id"}})
WHERE del = 0{{if .Run}} AND run_id = {{quote .Run}}{{end}} ORDER BY `at` DESC LIMIT {{.Limit}}
{{end}}

{{define "sync_state"}}
SELECT sync, endpoint, baseline, was, retired, started_at{{if .There}}, baseline IN (SELECT table_name FROM {{ident .Schema}}.INFORMATION_SCHEMA.TABLES) AS there,
  CONCAT('acks_', SUBSTR(baseline, LENGTH('baseline_') + 1)) IN (SELECT table_name FROM {{ident .Schema}}.INFORMATION_SCHEMA.TABLES) AS acks_there,
  sync IN (SELECT sync FROM (SELECT * FROM {{table "jobs"}} WHERE TRUE {{template "newest" "sync, job"}}) WHERE state = 'open') AS jobs_open, sync IN (SELECT sync FROM {{table "intents"}} WHERE {{template "settled"}}) AS intents_left{{end}}
FROM (SELECT * FROM {{table "sync_state"}} WHERE TRUE {{template "newest" "sync"}})
{{end}}

{{/* both names in one row set: never have two names one baseline */}}
{{define "state_move"}}
INSERT INTO {{table "sync_state"}} (sync, endpoint, baseline, was, retired, started_at, ver)
SELECT s.sync, s.endpoint, s.baseline, s.was, s.retired, {{.StartedAt}}, s.ver
FROM UNNEST([STRUCT({{quote .Now}} AS sync, {{quote .Endpoint}} AS endpoint, {{quote .Baseline}} AS baseline, {{quote .Sync}} AS was, {{.Retired}} AS retired, {{.Ver}} AS ver), STRUCT({{quote .Sync}}, '', '', '', 1, {{.Gone}})]) AS s
WHERE {{template "last_holder" .}}
{{end}}

{{/* what was acknowledged no later, by the former endpoint of a sync */}}
{{define "baseline_forget"}}
DELETE FROM {{table .Baseline}} WHERE ver <= {{.UpTo}}
{{end}}

{{/* the last of it is of the version from which on all is folded again: for the run that left the endpoint, and for each of its jobs. What is newer wins. */}}
{{define "acks_forget"}}
{{template "acks" .}}
SELECT kh, row_id, '', 0, [], '', '', 0, 0, {{.UpTo}}, 1, CURRENT_TIMESTAMP()
FROM {{table .Acks}} WHERE ver = {{.UpTo}} AND del = 0 GROUP BY kh, row_id
{{end}}

{{/* what has come in a stream cannot be deleted for half an hour. Nothing is answered under the next version: that of the first batch is greater. */}}
{{define "foreign_forget"}}
INSERT INTO {{table "foreign_rows"}} (sync, kh, row_id, remote_id, `at`, ver, del)
SELECT sync, kh, row_id, remote_id, `at`, {{.UpTo}} + 1, 1 FROM {{template "foreign_now" .}} WHERE ver <= {{.UpTo}} AND {{template "last_holder" .}}
{{end}}

{{/* what guards compare a run with: those that came to their end, and sent what had changed */}}
{{define "usual_runs"}}status IN ('succeeded', 'partial') AND first = 0 AND `full` = 0{{end}}

{{define "sync_last"}}
SELECT epoch, run_id, changeset, `full`, status, `rows`, changed, first, started_at, report
FROM (SELECT * FROM {{table "sync_runs"}} WHERE sync = {{quote .Sync}} {{template "newest" "epoch"}}){{if .Usual}} WHERE {{template "usual_runs"}}{{end}} ORDER BY epoch DESC LIMIT {{.Limit}}
{{end}}

{{/* of runs: no full run from before goes on after it */}}
{{define "ends_full"}}status != 'blocked' AND (`full` = 0 OR status IN ('succeeded', 'partial')){{end}}

{{/* 0 for none */}}
{{define "sync_full_since"}}
SELECT IFNULL(MIN(epoch), 0) FROM (
  SELECT epoch, status, MAX(IF({{template "ends_full"}}, epoch, 0)) OVER () AS ended FROM (SELECT * FROM {{table "sync_runs"}} WHERE sync IN ({{.Syncs}}) {{template "newest" "sync, epoch"}})
) WHERE status != 'blocked' AND epoch > ended
{{end}}

{{/* 0 for none */}}
{{define "sync_dead_since"}}
SELECT IFNULL(MIN(epoch), 0) FROM (
  SELECT epoch, MAX(IF(report != '', epoch, 0)) OVER () AS ended FROM (SELECT * FROM {{table "sync_runs"}} WHERE sync IN ({{.Syncs}}) {{template "newest" "sync, epoch"}})
) WHERE epoch > ended
{{end}}

{{define "sync_full"}}
SELECT IFNULL(MAX(`full`), 0) FROM {{table "sync_runs"}} WHERE run_id = {{quote .Run}} AND epoch = {{.Epoch}}
{{end}}

{{define "mappings_list"}}
SELECT sync, version, `hash`, fields FROM {{table "mappings"}} WHERE sync IN ({{.Syncs}})
QUALIFY ROW_NUMBER() OVER (PARTITION BY sync, version ORDER BY `at` DESC) = 1 ORDER BY version
{{end}}

{{define "jobs_open"}}
SELECT job, run_id, epoch, opened_at, ver FROM (SELECT * FROM {{table "jobs"}} WHERE sync = {{quote .Sync}} {{template "newest" "sync, job"}}) WHERE state = 'open' ORDER BY opened_at, job
{{end}}

{{/* as foreign_move and foreign_leave: a job that has moved is asked about under its other name alone */}}
{{define "jobs_move"}}
INSERT INTO {{table "jobs"}} (job, sync, run_id, epoch, opened_at, state, rejected_remote, ver)
SELECT j.job, {{quote .Sync}}, j.run_id, j.epoch, j.opened_at, j.state, j.rejected_remote, IFNULL(t.taken, 0) + 1
FROM {{template "open_then" .}} AS j
LEFT JOIN (SELECT job, MAX(ver) AS taken FROM {{table "jobs"}} WHERE sync = {{quote .Sync}} GROUP BY job) AS t ON j.job = t.job
UNION ALL
SELECT job, sync, run_id, epoch, opened_at, 'moved', rejected_remote, ver + 1 FROM {{template "open_now" .}} WHERE job NOT IN (SELECT job FROM {{template "open_then" .}})
{{end}}

{{define "jobs_leave"}}
INSERT INTO {{table "jobs"}} (job, sync, run_id, epoch, opened_at, state, rejected_remote, ver)
SELECT job, sync, run_id, epoch, opened_at, 'moved', rejected_remote, ver + 1 FROM {{template "open_now" .}} WHERE {{template "last_holder" .}}
{{end}}

{{define "open_now"}}(SELECT * FROM (SELECT * FROM {{table "jobs"}} WHERE sync = {{quote .Sync}} {{template "newest" "sync, job"}}) WHERE state = 'open'){{end}}
{{define "open_then"}}(SELECT * FROM (SELECT * FROM {{table "jobs"}} WHERE sync = {{quote .Was}} {{template "newest" "sync, job"}}) WHERE state = 'open'){{end}}

{{/* the rows of jobs, and the newest version under which each was sent or answered since: of many jobs in one reading of
the baseline */}}
{{define "job_rows_gather"}}
CREATE OR REPLACE TABLE {{table .Stage}} CLUSTER BY job, kh {{template "expires"}} AS
SELECT j.*, b.ver AS newest
FROM (
  SELECT job, kh, row_id, op, h, key, fh, match, reason, action, mapping, remote_id, place, places, batch, ver FROM {{table "job_rows"}} WHERE job IN ({{.Jobs}})
  QUALIFY ROW_NUMBER() OVER (PARTITION BY job, kh, row_id ORDER BY `at`) = 1
) AS j
LEFT JOIN (
  SELECT kh, row_id, MAX(ver) AS ver FROM (
    SELECT kh, row_id, ver FROM {{table .Baseline}}
    UNION ALL SELECT kh, row_id, ver FROM {{table .Acks}} WHERE ver >= {{.Since}}
    UNION ALL SELECT kh, row_id, ver FROM {{table "job_rows"}} WHERE job IN (SELECT job FROM {{table "jobs"}} WHERE sync = {{quote .Sync}})
  ) WHERE kh IN (SELECT kh FROM {{table "job_rows"}} WHERE job IN ({{.Jobs}})) GROUP BY kh, row_id
) AS b ON j.kh = b.kh AND j.row_id = b.row_id
{{end}}

{{define "job_rows_count"}}
SELECT COUNT(*) FROM {{table "job_rows"}} WHERE job = {{quote .Job}}
{{end}}

{{define "job_rows_page"}}
SELECT kh, row_id, op, h, key, fh, match, reason, action, mapping, remote_id, place, places, batch, ver, newest
FROM {{table .Stage}} WHERE job = {{quote .Job}} AND kh >= {{.AfterKH}} AND (kh > {{.AfterKH}} OR row_id > {{quote .AfterID}})
ORDER BY kh, row_id LIMIT {{.Limit}}
{{end}}

{{/* rows of jobs that are open under no name, and rows whose job was never written because its run died */}}
{{define "job_rows_sweep"}}
DELETE FROM {{table "job_rows"}} WHERE {{template "settled"}} AND (
  job IN (SELECT job FROM (SELECT job, state FROM {{table "jobs"}} WHERE TRUE {{template "newest" "sync, job"}}) GROUP BY job HAVING COUNTIF(state = 'open') = 0)
  OR job NOT IN (SELECT job FROM {{table "jobs"}})
)
{{end}}

{{define "runs_list"}}
SELECT run_id, command, git_commit, as_of, started_at, finished_at, status, report
FROM {{table "runs"}} WHERE {{if .Run}}run_id = {{quote .Run}}{{else}}TRUE{{end}} {{template "newest" "run_id"}} ORDER BY started_at DESC, run_id DESC LIMIT {{.Limit}}
{{end}}

{{define "sync_log_list"}}
SELECT `at`, sync, run_id, batch, attempt, kh, op, action, fate, code, vendor_code, reason
FROM {{table "sync_log"}} WHERE {{if .Sync}}sync = {{quote .Sync}}{{else}}TRUE{{end}}{{if .Run}} AND run_id = {{quote .Run}}{{end}}{{if .Fate}} AND fate = {{quote .Fate}}{{end}}
ORDER BY `at` DESC LIMIT {{.Limit}}
{{end}}

{{/* rows by the last that was said of them in a run */}}
{{define "sync_log_count"}}
SELECT fate, COUNT(*) FROM (
  SELECT kh, ARRAY_AGG(fate ORDER BY `at` DESC, attempt DESC LIMIT 1)[OFFSET(0)] AS fate FROM {{table "sync_log"}}
  WHERE sync IN ({{.Syncs}}) AND run_id = {{quote .Run}} AND `at` >= {{.When}} GROUP BY kh
) GROUP BY fate
{{end}}

{{define "tables_ready"}}
SELECT table_name FROM {{ident .Schema}}.INFORMATION_SCHEMA.TABLES
{{end}}

{{/* as long as rows are on their way, builds come and go: the label is made anew, from the entity's id */}}
{{define "exposures_add"}}
INSERT INTO {{table "exposures"}} (sync, trait, entity_id, label, `at`, ver)
SELECT {{quote .Sync}}, {{quote .Trait}}, row_id, {{.Label}}, CURRENT_TIMESTAMP(), {{.Since}}
FROM {{table .Baseline}}
WHERE ver >= {{.Since}} AND h != 0
  AND row_id NOT IN (SELECT entity_id FROM {{table "exposures"}} WHERE sync = {{quote .Sync}} AND trait = {{quote .Trait}})
{{end}}
