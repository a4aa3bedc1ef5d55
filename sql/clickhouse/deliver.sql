{{/* What a run does to the baseline besides appending acknowledged rows. */}}

{{/* a baseline keeps the newest row of each id by itself */}}
{{define "fold_stage"}}{{end}}
{{define "fold_count"}}{{end}}
{{define "fold_merge"}}{{end}}

{{/* Who takes over the remote key of a row that is forgotten may be there under it: what kith
made is removed with the new owner, also if that one is never delivered. Who has a record under
another key keeps that, and this one is doubtful (cdp.DoubtfulID). */}}
{{define "baseline_silent"}}
INSERT INTO {{table .Baseline}} (kh, row_id, key, h, fh, remote_id, match, gone, mapping, ver, del)
SELECT kh, row_id, key, if(gone = 0, h, 0), fh, remote_id, match, gone, {{.Mapping}}, {{.Ver}}, del
FROM {{table .Changeset}} WHERE op = 0
UNION ALL
SELECT kh, row_id, key, 0, [], '', match, 0, {{.Mapping}}, {{.Ver}}, 0
FROM {{table .Raw}} WHERE {{template "takes_over" .}} AND row_id NOT IN (
  SELECT row_id FROM {{table .Baseline}} FINAL PREWHERE kh IN (SELECT kh FROM {{table .Raw}} WHERE {{template "takes_over" .}}){{if .Former}} WHERE ver > {{.Former}}{{end}}
)
UNION ALL
SELECT kh, concat(row_id, {{doubtful}}, lower(hex(substring(SHA256(key), 1, 8)))), key, 0, [], '', '', 0, {{.Mapping}}, {{.Ver}}, 0
FROM {{table .Raw}} WHERE op = 2 AND {{template "forgotten_key" .}}
{{end}}

{{define "takes_over"}}op = 4 AND {{template "forgotten_key" .}}{{end}}
{{define "forgotten_key"}}key IN (SELECT key FROM {{table .Changeset}} WHERE op = 0 AND del = 1 AND remote_id != {{norecord}} AND row_id NOT IN (SELECT row_id FROM {{table "foreign_rows"}} FINAL WHERE sync = {{quote .Sync}})){{end}}

{{/* after the commit of a session: all rows but those that failed */}}
{{define "baseline_commit"}}
INSERT INTO {{table .Baseline}} (kh, row_id, key, h, fh, remote_id, match, gone, mapping, ver, del)
WITH op = 1 AND action IN ('ignore', 'archive', 'set') AS kept, op = 1 AND NOT kept AS dropped
SELECT kh, row_id, key, if(op = 1, 0, h), if(dropped, [], fh), remote_id, if(dropped, '', match), if(kept, reason, 0), {{.Mapping}}, {{.Ver}} + op, dropped
FROM {{table .Changeset}} WHERE op > 0{{if .Only}} AND op = 1 AND reason = {{.Only}}{{end}} AND (op, row_id) NOT IN (SELECT op, row_id FROM {{table .Fix}} WHERE verdict = 9)
SETTINGS {{template "small_blocks"}}
{{end}}

{{define "log_commit"}}
INSERT INTO {{table "sync_log"}} (at, sync, run_id, destination, batch, attempt, kh, op, action, fate, code, vendor_code, reason, job)
SELECT now64(3), {{quote .Sync}}, {{quote .Run}}, {{quote .Destination}}, 0, 1, kh, ['silent', 'remove', 'rekey', 'change', 'add'][op + 1], action, 'delivered', '', '', '', ''
FROM {{table .Changeset}} WHERE op > 0{{if .Only}} AND op = 1 AND reason = {{.Only}}{{end}} AND (op, row_id) NOT IN (SELECT op, row_id FROM {{table .Fix}} WHERE verdict = 9)
SETTINGS {{template "small_blocks"}}
{{end}}

{{/*
The rows of whole batches, every one delivered; as Ack.BaselineRow. All get the version
of the last batch: none of them is in two batches of its operation, and those of the next
operation come later. No row stands twice in what is inserted.
*/}}
{{define "baseline_spans"}}
INSERT INTO {{table .Baseline}} (kh, row_id, key, h, fh, remote_id, match, gone, mapping, ver, del)
{{if not .Removed}}SELECT kh, row_id, key, h, fh, if(remote_id = {{norecord}}, '', remote_id), match, 0, {{.Mapping}}, {{.Last.Ver}}, 0
{{else if .Kept}}SELECT kh, row_id, key, 0, fh, remote_id, match, reason, {{.Mapping}}, {{.Last.Ver}}, 0
{{else}}SELECT kh, row_id, key, 0, defaultValueOfArgumentType(fh), remote_id, '', 0, {{.Mapping}}, {{.Last.Ver}}, 1
{{end}}{{template "rows_of_spans" .}}
SETTINGS optimize_on_insert = 0
{{end}}

{{define "log_spans"}}
INSERT INTO {{table "sync_log"}} (at, sync, run_id, destination, batch, attempt, kh, op, action, fate, code, vendor_code, reason, job)
SELECT {{.When}}, {{quote .Sync}}, {{quote .Run}}, {{quote .Destination}}, {{template "batch_of_span" .}}, 1, kh, {{quote .OpName}}, {{quote .Action}}, 'delivered', '', '', '', ''
{{template "rows_of_spans" .}}
{{end}}

{{/* batches part at a kh: of rows that share one, all are said to be of the earlier */}}
{{define "batch_of_span"}}{{if .Earlier}}multiIf({{range .Earlier}}kh <= {{.To.KH}}, {{.Batch}}, {{end}}{{.Last.Batch}}){{else}}{{.Last.Batch}}{{end}}{{end}}

{{define "rows_of_spans"}}FROM {{table .Changeset}}
WHERE op = {{.Op}} AND action = {{quote .Action}}{{if .Only}} AND reason = {{.Only}}{{end}} AND ({{range $i, $s := .Stretches}}{{if $i}}
  OR {{end}}kh BETWEEN {{$s.From.KH}} AND {{$s.To.KH}} AND (kh, row_id) >= ({{$s.From.KH}}, {{quote $s.From.RowID}}) AND (kh, row_id) <= ({{$s.To.KH}}, {{quote $s.To.RowID}}){{end}}){{end}}

{{define "baseline_copy"}}
INSERT INTO {{table .Baseline}} SELECT * FROM {{table .Of}} FINAL
{{end}}

{{define "baseline_merged"}}
SELECT count() FROM {{table .Baseline}} FINAL WHERE row_id IN (SELECT old_id FROM ({{.Merges}}))
{{end}}

{{/* a merged entity's row goes to the survivor, unless that has one */}}
{{define "baseline_merge"}}
INSERT INTO {{table .Baseline}} (kh, row_id, key, h, fh, remote_id, match, gone, mapping, ver, del)
SELECT {{.NewKH}}, new_id, key, h, fh, remote_id, match, gone, mapping, {{.Ver}}, 0
FROM (SELECT * FROM {{table .Baseline}} FINAL) AS b
JOIN ({{.Merges}}) AS m ON b.row_id = m.old_id
WHERE m.new_id NOT IN (SELECT row_id FROM {{table .Baseline}} FINAL WHERE row_id IN (SELECT new_id FROM ({{.Merges}})))
  AND m.old_id NOT IN ({{template "in_jobs" .}})
ORDER BY b.gone, b.ver DESC, b.row_id LIMIT 1 BY new_id
{{end}}

{{define "baseline_merge_drop"}}
INSERT INTO {{table .Baseline}} (kh, row_id, key, h, fh, remote_id, match, gone, mapping, ver, del)
SELECT b.kh, b.row_id, b.key, b.h, b.fh, b.remote_id, b.match, b.gone, b.mapping, {{.Ver}}, 1
FROM (SELECT * FROM {{table .Baseline}} FINAL) AS b
JOIN ({{.Merges}}) AS m ON b.row_id = m.old_id
JOIN (SELECT row_id, key, h FROM {{table .Baseline}} FINAL WHERE row_id IN (SELECT new_id FROM ({{.Merges}}))) AS s ON m.new_id = s.row_id
WHERE b.key = s.key AND b.h = s.h AND m.old_id NOT IN ({{template "in_jobs" .}})
{{end}}

{{define "baseline_rows"}}
SELECT countIf(gone = 0), count() FROM {{table .Baseline}} FINAL
{{end}}

{{/* rows that a dead run may have sent: whatever lies below its intent and has no
answer. Their h becomes 0, "maybe there", so that the diff sends the truth. The
answer to the first half of a move, a removal, is none to its add, whose remote id is
that of before the move. A rekey leaves two rows where nothing but the key finds the
record: that of the key it had, and that of the key that it may have (Ack.DoubtfulRow). */}}
{{define "baseline_maybe"}}
INSERT INTO {{table .Baseline}} (kh, row_id, key, h, fh, remote_id, match, gone, mapping, ver, del)
SELECT c.kh, if(other = 1, concat(c.row_id, {{doubtful}}, lower(hex(substring(SHA256(c.key), 1, 8)))), c.row_id) AS id, if(b.row_id = '' OR other = 1, c.key, b.key), 0, [],
  if(other = 1 OR b.remote_id = {{norecord}}, '', b.remote_id), multiIf(other = 1, '', b.row_id = '', c.match, b.match), 0, {{.Mapping}}, {{.Ver}}, 0
FROM (
  SELECT op, kh, row_id, key, old_key, remote_id, match, arrayJoin(if(op = 2 AND remote_id IN ('', {{norecord}}) AND key != old_key, [0, 1], [0])) AS other FROM {{table .Changeset}}
  WHERE op > 0 AND (op, kh, row_id) <= (SELECT max((op, kh, row_id)) FROM {{table "intents"}} WHERE sync = {{quote .Sync}} AND epoch = {{.Epoch}})
    AND NOT (op != 4 AND row_id IN (SELECT row_id FROM {{table .Baseline}} WHERE ver >= {{.Since}}))
    AND NOT (op = 4 AND row_id IN (SELECT row_id FROM {{table .Baseline}} WHERE ver >= {{.Since}} AND del = 0))
    AND row_id NOT IN (SELECT row_id FROM {{table "rejections"}} WHERE sync = {{quote .Sync}} AND ver >= {{.Since}})
    AND (row_id, op) NOT IN (SELECT row_id, op FROM {{table "job_rows"}} WHERE ver >= {{.Since}} AND job IN (SELECT job FROM {{table "jobs"}} WHERE sync = {{quote .Sync}} AND epoch = {{.Epoch}}))
    AND (SELECT count() FROM {{table "intents"}} WHERE sync = {{quote .Sync}} AND epoch = {{.Epoch}}) > 0
) AS c
LEFT JOIN (SELECT kh, row_id, key, remote_id, match FROM {{table .Baseline}} FINAL{{if .Former}} WHERE ver > {{.Former}}{{end}}) AS b ON c.row_id = b.row_id
WHERE c.op = 4 OR b.row_id != ''
LIMIT 1 BY id
SETTINGS join_use_nulls = 0
{{end}}

{{define "intents_sweep"}}
DELETE FROM {{table "intents"}} WHERE sync = {{quote .Sync}} AND epoch <= {{.Epoch}}
{{end}}

{{define "rejections_of"}}
SELECT row_id, op, h, attempts FROM {{table "rejections"}} FINAL WHERE sync = {{quote .Sync}} AND kh IN ({{.KHs}})
{{end}}

{{/*
Of rows that were delivered after they were rejected: what is rejected after it was delivered, as the second half of a
move, stays. Few rows are rejected and all may be delivered: what is in memory is of the few.
What takes a rejection back has the version of the answer that does: a job that is open may say later, under the version
with which it was sent, that the same row was refused after that.
*/}}
{{define "rejections_clear"}}
INSERT INTO {{table "rejections"}} (sync, kh, row_id, op, h, mapping, code, vendor_code, reason, attempts, next_try, run_id, at, ver, del)
SELECT r.sync, r.kh, r.row_id, r.op, r.h, r.mapping, r.code, r.vendor_code, r.reason, r.attempts, r.next_try, r.run_id, r.at, b.answered, 1
FROM (SELECT * FROM {{table "rejections"}} FINAL WHERE sync = {{quote .Sync}}) AS r
JOIN (
  SELECT row_id, max(ver) AS answered FROM {{table .Baseline}} WHERE ver >= {{.Since}} AND {{template "answered"}}
  AND row_id IN (SELECT row_id FROM {{table "rejections"}} FINAL WHERE sync = {{quote .Sync}}) GROUP BY row_id
) AS b ON r.row_id = b.row_id
WHERE b.answered > r.ver
{{end}}

{{/*
As foreign_move and foreign_leave, but each keeps its version, next to which what takes it back is written: a job that is
open says later, under the version with which it was sent, what became of the same row.
*/}}
{{define "rejections_move"}}
INSERT INTO {{table "rejections"}} (sync, kh, row_id, op, h, mapping, code, vendor_code, reason, attempts, next_try, run_id, at, ver, del)
SELECT {{quote .Sync}}, r.kh, r.row_id, r.op, r.h, r.mapping, r.code, r.vendor_code, r.reason, r.attempts, r.next_try, r.run_id, r.at, greatest(r.ver, ifNull(t.taken, 0) + 1), 0
FROM (SELECT * FROM {{table "rejections"}} FINAL WHERE sync = {{quote .Was}} AND ver > {{.UpTo}}) AS r
LEFT JOIN (SELECT row_id, max(ver) AS taken FROM {{table "rejections"}} WHERE sync = {{quote .Sync}} AND del = 1 GROUP BY row_id) AS t ON r.row_id = t.row_id
UNION ALL
SELECT sync, kh, row_id, op, h, mapping, code, vendor_code, reason, attempts, next_try, run_id, at, ver + 1, 1 FROM {{table "rejections"}} FINAL
WHERE sync = {{quote .Sync}} AND row_id NOT IN (SELECT row_id FROM {{table "rejections"}} FINAL WHERE sync = {{quote .Was}} AND ver > {{.UpTo}})
{{end}}

{{define "rejections_fetch"}}
INSERT INTO {{table "rejections"}} (sync, kh, row_id, op, h, mapping, code, vendor_code, reason, attempts, next_try, run_id, at, ver, del)
SELECT {{quote .Sync}}, kh, row_id, op, h, mapping, code, vendor_code, reason, attempts, next_try, run_id, at, ver, 0 FROM {{table "rejections"}} FINAL
WHERE sync = {{quote .Was}} AND ver > {{.UpTo}} AND row_id NOT IN (SELECT row_id FROM {{table "rejections"}} WHERE sync = {{quote .Sync}})
{{end}}

{{define "rejections_leave"}}
INSERT INTO {{table "rejections"}} (sync, kh, row_id, op, h, mapping, code, vendor_code, reason, attempts, next_try, run_id, at, ver, del)
SELECT sync, kh, row_id, op, h, mapping, code, vendor_code, reason, attempts, next_try, run_id, at, ver + 1, 1 FROM {{table "rejections"}} FINAL WHERE sync = {{quote .Sync}} AND {{template "last_holder" .}}
{{end}}

{{/* by the former endpoint of a sync. The version is no answer of the run that left it. */}}
{{define "rejections_forget"}}
INSERT INTO {{table "rejections"}} (sync, kh, row_id, op, h, mapping, code, vendor_code, reason, attempts, next_try, run_id, at, ver, del)
SELECT sync, kh, row_id, op, h, mapping, code, vendor_code, reason, attempts, next_try, run_id, at, {{.UpTo}}, 1 FROM {{table "rejections"}} FINAL
WHERE sync = {{quote .Sync}} AND ver <= {{.UpTo}} AND {{template "last_holder" .}}
{{end}}

{{/* what a delivered row leaves in the baseline: its hash, the reason of its removal, or nothing; h = 0 alone is in doubt */}}
{{define "answered"}}(h != 0 OR gone != 0 OR del = 1){{end}}

{{define "rejections_list"}}
SELECT sync, kh, row_id, op, code, vendor_code, reason, attempts, next_try, run_id, at
FROM {{table "rejections"}} FINAL WHERE {{if .Sync}}sync = {{quote .Sync}}{{else}}1{{end}}{{if .Run}} AND run_id = {{quote .Run}}{{end}}
ORDER BY at DESC LIMIT {{.Limit}}
{{end}}

{{define "sync_state"}}
SELECT sync, endpoint, baseline, was, retired, started_at{{if .There}}, baseline IN (SELECT name FROM system.tables WHERE database = {{quote .Schema}}) AS there, there AS acks_there,
  sync IN (SELECT sync FROM {{table "jobs"}} FINAL WHERE state = 'open') AS jobs_open, sync IN (SELECT sync FROM {{table "intents"}}) AS intents_left{{end}}
FROM {{table "sync_state"}} FINAL
{{end}}

{{/* both names in one row set: never have two names one baseline */}}
{{define "state_move"}}
INSERT INTO {{table "sync_state"}} (sync, endpoint, baseline, was, retired, started_at, ver)
SELECT s.1, s.2, s.3, s.4, s.5, {{.StartedAt}}, s.6
FROM (SELECT arrayJoin([({{quote .Now}}, {{quote .Endpoint}}, {{quote .Baseline}}, {{quote .Sync}}, {{.Retired}}, toUInt64({{.Ver}})), ({{quote .Sync}}, '', '', '', 1, toUInt64({{.Gone}}))]) AS s)
WHERE {{template "last_holder" .}}
{{end}}

{{/* what was acknowledged no later, by the former endpoint of a sync */}}
{{define "baseline_forget"}}
DELETE FROM {{table .Baseline}} WHERE ver <= {{.UpTo}}
{{end}}
{{define "acks_forget"}}{{end}}

{{define "foreign_forget"}}
DELETE FROM {{table "foreign_rows"}} WHERE sync = {{quote .Sync}} AND ver <= {{.UpTo}} AND {{template "last_holder" .}}
{{end}}

{{/* what guards compare a run with: those that came to their end, and sent what had changed */}}
{{define "usual_runs"}}status IN ('succeeded', 'partial') AND first = 0 AND full = 0{{end}}

{{define "sync_last"}}
SELECT epoch, run_id, changeset, full, status, rows, changed, first, started_at, report FROM {{table "sync_runs"}} FINAL
WHERE sync = {{quote .Sync}}{{if .Usual}} AND {{template "usual_runs"}}{{end}} ORDER BY epoch DESC LIMIT {{.Limit}}
{{end}}

{{/* of runs: no full run from before goes on after it */}}
{{define "ends_full"}}status != 'blocked' AND (full = 0 OR status IN ('succeeded', 'partial')){{end}}

{{/* 0 for none */}}
{{define "sync_full_since"}}
SELECT min(epoch) FROM {{table "sync_runs"}} FINAL WHERE sync IN ({{.Syncs}}) AND status != 'blocked' AND epoch > (
  SELECT max(epoch) FROM {{table "sync_runs"}} FINAL WHERE sync IN ({{.Syncs}}) AND {{template "ends_full"}}
)
{{end}}

{{/* 0 for none */}}
{{define "sync_dead_since"}}
SELECT min(epoch) FROM {{table "sync_runs"}} FINAL WHERE sync IN ({{.Syncs}}) AND epoch > (
  SELECT max(epoch) FROM {{table "sync_runs"}} FINAL WHERE sync IN ({{.Syncs}}) AND report != ''
)
{{end}}

{{define "sync_full"}}
SELECT max(full) FROM {{table "sync_runs"}} WHERE run_id = {{quote .Run}} AND epoch = {{.Epoch}}
{{end}}

{{define "mappings_list"}}
SELECT sync, version, hash, fields FROM {{table "mappings"}} FINAL WHERE sync IN ({{.Syncs}}) ORDER BY version
{{end}}

{{define "jobs_open"}}
SELECT job, run_id, epoch, opened_at, ver FROM {{table "jobs"}} FINAL WHERE sync = {{quote .Sync}} AND state = 'open' ORDER BY opened_at, job
{{end}}

{{/* as foreign_move and foreign_leave: a job that has moved is asked about under its other name alone */}}
{{define "jobs_move"}}
INSERT INTO {{table "jobs"}} (job, sync, run_id, epoch, opened_at, state, rejected_remote, ver)
SELECT j.job, {{quote .Sync}}, j.run_id, j.epoch, j.opened_at, j.state, j.rejected_remote, ifNull(t.taken, 0) + 1
FROM (SELECT * FROM {{table "jobs"}} FINAL WHERE sync = {{quote .Was}} AND state = 'open') AS j
LEFT JOIN (SELECT job, max(ver) AS taken FROM {{table "jobs"}} WHERE sync = {{quote .Sync}} GROUP BY job) AS t ON j.job = t.job
UNION ALL
SELECT job, sync, run_id, epoch, opened_at, 'moved', rejected_remote, ver + 1 FROM {{table "jobs"}} FINAL
WHERE sync = {{quote .Sync}} AND state = 'open' AND job NOT IN (SELECT job FROM {{table "jobs"}} FINAL WHERE sync = {{quote .Was}} AND state = 'open')
{{end}}

{{define "jobs_leave"}}
INSERT INTO {{table "jobs"}} (job, sync, run_id, epoch, opened_at, state, rejected_remote, ver)
SELECT job, sync, run_id, epoch, opened_at, 'moved', rejected_remote, ver + 1 FROM {{table "jobs"}} FINAL WHERE sync = {{quote .Sync}} AND state = 'open' AND {{template "last_holder" .}}
{{end}}

{{/* the rows of a job are found by its name, and those of the baseline by theirs */}}
{{define "job_rows_gather"}}{{end}}
{{define "job_rows_count"}}{{end}}

{{/* the rows of a job, and the newest version under which each was sent or answered since */}}
{{define "job_rows_page"}}
SELECT j.kh, j.row_id, j.op, j.h, j.key, j.fh, j.match, j.reason, j.action, j.mapping, j.remote_id, j.place, j.places, j.batch, j.ver, b.ver AS newest
FROM (
  SELECT * FROM {{table "job_rows"}}
  WHERE job = {{quote .Job}} AND kh >= {{.AfterKH}} AND (kh, row_id) > ({{.AfterKH}}, {{quote .AfterID}}) ORDER BY kh, row_id LIMIT 1 BY kh, row_id LIMIT {{.Limit}}
) AS j
LEFT JOIN (
  SELECT kh, row_id, max(ver) AS ver FROM (
    SELECT kh, row_id, ver FROM {{table .Baseline}} WHERE kh IN (SELECT kh FROM {{table "job_rows"}} WHERE job = {{quote .Job}})
    UNION ALL
    SELECT kh, row_id, ver FROM {{table "job_rows"}}
    WHERE kh IN (SELECT kh FROM {{table "job_rows"}} WHERE job = {{quote .Job}}) AND job IN (SELECT job FROM {{table "jobs"}} WHERE sync = {{quote .Sync}})
  ) GROUP BY kh, row_id
) AS b ON j.kh = b.kh AND j.row_id = b.row_id
ORDER BY j.kh, j.row_id
SETTINGS join_use_nulls = 0
{{end}}

{{/* rows of jobs that are open under no name, and rows whose job was never written because its run died */}}
{{define "job_rows_sweep"}}
DELETE FROM {{table "job_rows"}} WHERE job IN (SELECT job FROM {{table "jobs"}} FINAL GROUP BY job HAVING countIf(state = 'open') = 0)
  OR at < now() - INTERVAL 1 DAY AND job NOT IN (SELECT job FROM {{table "jobs"}})
{{end}}

{{define "runs_list"}}
SELECT run_id, command, git_commit, as_of, started_at, finished_at, status, report
FROM {{table "runs"}} FINAL {{if .Run}}WHERE run_id = {{quote .Run}} {{end}}ORDER BY started_at DESC, run_id DESC LIMIT {{.Limit}}
{{end}}

{{define "sync_log_list"}}
SELECT at, sync, run_id, batch, attempt, kh, op, action, fate, code, vendor_code, reason
FROM {{table "sync_log"}} WHERE {{if .Sync}}sync = {{quote .Sync}}{{else}}1{{end}}{{if .Run}} AND run_id = {{quote .Run}}{{end}}{{if .Fate}} AND fate = {{quote .Fate}}{{end}}
ORDER BY at DESC LIMIT {{.Limit}}
{{end}}

{{/* rows by the last that was said of them in a run */}}
{{define "sync_log_count"}}
SELECT fate, count() FROM (
  SELECT kh, argMax(fate, (at, attempt)) AS fate FROM {{table "sync_log"}}
  WHERE sync IN ({{.Syncs}}) AND run_id = {{quote .Run}} AND at >= {{.When}} GROUP BY kh
) GROUP BY fate
{{end}}

{{define "tables_ready"}}
SELECT name FROM system.tables WHERE database = {{quote .Schema}}
{{end}}

{{/* as long as rows are on their way, builds come and go: the label is made anew, from the entity's id */}}
{{define "exposures_add"}}
INSERT INTO {{table "exposures"}} (sync, trait, entity_id, label, at, ver)
SELECT {{quote .Sync}}, {{quote .Trait}}, row_id, {{.Label}}, now64(3), {{.Since}}
FROM {{table .Baseline}} FINAL
WHERE ver >= {{.Since}} AND h != 0
  AND row_id NOT IN (SELECT entity_id FROM {{table "exposures"}} WHERE sync = {{quote .Sync}} AND trait = {{quote .Trait}})
{{end}}
