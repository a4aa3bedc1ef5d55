-- ledger_1_budgets
CREATE TABLE IF NOT EXISTS `kith`.`budgets` (
  account String,
  holder String,
  share Float64,
  until DateTime64(3, 'UTC'),
  at DateTime64(3, 'UTC')
) ENGINE = MergeTree ORDER BY (account, at);

-- ledger_1_builds
CREATE TABLE IF NOT EXISTS `kith`.`builds` (
  build String,
  epoch UInt64,
  run_id String,
  as_of DateTime64(6, 'UTC'),
  at DateTime64(3, 'UTC'),
  report String,
  models String
) ENGINE = MergeTree ORDER BY (epoch, at);

-- ledger_1_entity_merges
CREATE TABLE IF NOT EXISTS `kith`.`entity_merges` (
  entity LowCardinality(String),
  old_id String,
  new_id String,
  build String,
  at DateTime64(6, 'UTC'),
  direct UInt8
) ENGINE = MergeTree ORDER BY (entity, old_id, at);

-- ledger_1_exposures
CREATE TABLE IF NOT EXISTS `kith`.`exposures` (
  sync String,
  trait String,
  entity_id String,
  label String,
  at DateTime64(3, 'UTC'),
  ver UInt64
) ENGINE = ReplacingMergeTree(ver) ORDER BY (sync, trait, entity_id);

-- ledger_1_heartbeats
CREATE TABLE IF NOT EXISTS `kith`.`heartbeats` (
  lease String,
  epoch UInt64,
  host String,
  boot String,
  pid UInt32,
  process_start String,
  at DateTime64(3, 'UTC'),
  released UInt8
) ENGINE = MergeTree ORDER BY (lease, epoch, at);

-- ledger_1_identity_audit
CREATE TABLE IF NOT EXISTS `kith`.`identity_audit` (
  at DateTime64(3, 'UTC'),
  build String,
  run_id String,
  entity LowCardinality(String),
  event LowCardinality(String),
  entity_id String,
  other_id String,
  a UInt64,
  b UInt64,
  source LowCardinality(String),
  n UInt64,
  size UInt64
) ENGINE = MergeTree ORDER BY (entity, at, event);

-- ledger_1_identity_collisions
CREATE TABLE IF NOT EXISTS `kith`.`identity_collisions` (
  entity LowCardinality(String),
  identifier LowCardinality(String),
  value String,
  node UInt64,
  at DateTime64(6, 'UTC')
) ENGINE = ReplacingMergeTree(at) ORDER BY (entity, identifier, value);

-- ledger_1_intents
CREATE TABLE IF NOT EXISTS `kith`.`intents` (
  sync String,
  epoch UInt64,
  op UInt8,
  kh UInt64,
  row_id String,
  at DateTime64(3, 'UTC')
) ENGINE = MergeTree ORDER BY (sync, epoch, op, kh, row_id);

-- ledger_1_job_rows
CREATE TABLE IF NOT EXISTS `kith`.`job_rows` (
  job String,
  kh UInt64,
  row_id String,
  op UInt8,
  h UInt64,
  key String,
  fh Array(UInt32),
  match String,
  reason UInt8,
  action LowCardinality(String),
  mapping UInt32,
  at DateTime64(3, 'UTC')
) ENGINE = MergeTree ORDER BY (job, kh, row_id);

-- ledger_1_jobs
CREATE TABLE IF NOT EXISTS `kith`.`jobs` (
  job String,
  sync String,
  run_id String,
  epoch UInt64,
  opened_at DateTime64(3, 'UTC'),
  state LowCardinality(String),
  rejected_remote UInt64,
  ver UInt64
) ENGINE = ReplacingMergeTree(ver) ORDER BY (sync, job);

-- ledger_1_mappings
CREATE TABLE IF NOT EXISTS `kith`.`mappings` (
  sync String,
  version UInt32,
  hash String,
  fields Array(String),
  at DateTime64(3, 'UTC')
) ENGINE = ReplacingMergeTree ORDER BY (sync, version);

-- ledger_1_members_history
CREATE TABLE IF NOT EXISTS `kith`.`members_history` (
  entity LowCardinality(String),
  segment LowCardinality(String),
  entity_id String,
  entered_at DateTime64(6, 'UTC'),
  exited_at Nullable(DateTime64(6, 'UTC')),
  ver UInt64,
  del UInt8
) ENGINE = ReplacingMergeTree(ver, del) ORDER BY (entity, segment, entity_id, entered_at);

-- ledger_1_meta
CREATE TABLE IF NOT EXISTS `kith`.`kith_meta` (
  version UInt32,
  salt String,
  at DateTime64(3, 'UTC') DEFAULT now64(3)
) ENGINE = MergeTree ORDER BY version;

-- ledger_1_rejections
CREATE TABLE IF NOT EXISTS `kith`.`rejections` (
  sync String,
  kh UInt64,
  row_id String,
  op UInt8,
  h UInt64,
  mapping UInt32,
  code LowCardinality(String),
  vendor_code LowCardinality(String),
  reason String,
  attempts UInt32,
  next_try DateTime64(3, 'UTC'),
  run_id String,
  at DateTime64(3, 'UTC'),
  ver UInt64,
  del UInt8
) ENGINE = ReplacingMergeTree(ver, del) ORDER BY (sync, kh, row_id);

-- ledger_1_runs
CREATE TABLE IF NOT EXISTS `kith`.`runs` (
  run_id String,
  command LowCardinality(String),
  project String,
  target String,
  git_commit String,
  kith_version String,
  as_of DateTime64(6, 'UTC'),
  started_at DateTime64(3, 'UTC'),
  finished_at Nullable(DateTime64(3, 'UTC')),
  status LowCardinality(String),
  report String,
  ver UInt64
) ENGINE = ReplacingMergeTree(ver) ORDER BY run_id;

-- ledger_1_sync_log
CREATE TABLE IF NOT EXISTS `kith`.`sync_log` (
  at DateTime64(3, 'UTC'),
  sync LowCardinality(String),
  run_id LowCardinality(String),
  destination LowCardinality(String),
  batch UInt32,
  attempt UInt16,
  kh UInt64,
  op LowCardinality(String),
  action LowCardinality(String),
  fate LowCardinality(String),
  code LowCardinality(String),
  vendor_code LowCardinality(String),
  reason String,
  job String
) ENGINE = MergeTree ORDER BY (sync, at, kh) PARTITION BY toYYYYMM(at);

-- ledger_1_sync_runs
CREATE TABLE IF NOT EXISTS `kith`.`sync_runs` (
  sync String,
  epoch UInt64,
  run_id String,
  changeset String,
  first UInt8,
  full UInt8,
  started_at DateTime64(3, 'UTC'),
  status LowCardinality(String),
  rows UInt64,
  changed UInt64,
  report String,
  ver UInt64
) ENGINE = ReplacingMergeTree(ver) ORDER BY (sync, epoch);

-- ledger_1_sync_state
CREATE TABLE IF NOT EXISTS `kith`.`sync_state` (
  sync String,
  endpoint String,
  baseline String,
  was String,
  retired UInt8,
  started_at DateTime64(6, 'UTC'),
  ver UInt64
) ENGINE = ReplacingMergeTree(ver) ORDER BY sync;

-- ledger_2_approvals
CREATE TABLE IF NOT EXISTS `kith`.`approvals` (
  plan_id String,
  sync LowCardinality(String),
  approved_by String,
  approved_at DateTime64(3, 'UTC'),
  expires_at DateTime64(3, 'UTC'),
  used_run String,
  ver UInt64
) ENGINE = ReplacingMergeTree(ver) ORDER BY (plan_id, sync);

-- ledger_2_budget_shares
CREATE TABLE IF NOT EXISTS `kith`.`budget_shares` (
  account String,
  round UInt64,
  holder String,
  weight Float64,
  calls UInt64,
  ahead UInt64,
  recent UInt64,
  recent_age UInt64,
  released UInt8,
  at DateTime64(3, 'UTC')
) ENGINE = MergeTree ORDER BY (account, at, holder);

-- ledger_2_episodes
CREATE TABLE IF NOT EXISTS `kith`.`episodes` (
  task LowCardinality(String),
  kind LowCardinality(String),
  open UInt8,
  told UInt8,
  reached String,
  note String,
  run_id String,
  since DateTime64(3, 'UTC'),
  ver UInt64
) ENGINE = ReplacingMergeTree(ver) ORDER BY (task, kind);

-- ledger_2_firings
CREATE TABLE IF NOT EXISTS `kith`.`firings` (
  task LowCardinality(String),
  tick DateTime64(3, 'UTC'),
  upto DateTime64(3, 'UTC'),
  kind LowCardinality(String),
  state LowCardinality(String),
  status LowCardinality(String),
  run_id String,
  attempt UInt32,
  marks String,
  note String,
  at DateTime64(3, 'UTC'),
  ver UInt64
) ENGINE = ReplacingMergeTree(ver) ORDER BY (task, tick);

-- ledger_2_foreign_rows
CREATE TABLE IF NOT EXISTS `kith`.`foreign_rows` (
  sync LowCardinality(String),
  kh UInt64,
  row_id String,
  remote_id String,
  at DateTime64(3, 'UTC'),
  ver UInt64,
  del UInt8
) ENGINE = ReplacingMergeTree(ver, del) ORDER BY (sync, kh, row_id);

-- ledger_2_identity_audit
ALTER TABLE `kith`.`identity_audit` ADD COLUMN IF NOT EXISTS sample String;

-- ledger_2_job_rows
ALTER TABLE `kith`.`job_rows`
  ADD COLUMN IF NOT EXISTS remote_id String, ADD COLUMN IF NOT EXISTS place UInt32, ADD COLUMN IF NOT EXISTS places UInt32,
  ADD COLUMN IF NOT EXISTS batch UInt32, ADD COLUMN IF NOT EXISTS ver UInt64;

-- ledger_2_match_decisions
CREATE TABLE IF NOT EXISTS `kith`.`match_decisions` (
  entity LowCardinality(String),
  a UInt64,
  b UInt64,
  decision LowCardinality(String),
  at DateTime64(6, 'UTC')
) ENGINE = ReplacingMergeTree ORDER BY (entity, a, b, at);

-- ledger_2_pauses
CREATE TABLE IF NOT EXISTS `kith`.`pauses` (
  task LowCardinality(String),
  paused UInt8,
  reason String,
  since DateTime64(3, 'UTC'),
  at DateTime64(6, 'UTC') DEFAULT now64(6)
) ENGINE = MergeTree ORDER BY (task, at);

-- ledger_2_plans
CREATE TABLE IF NOT EXISTS `kith`.`plans` (
  plan_id String,
  sync LowCardinality(String),
  run_id String,
  guard LowCardinality(String),
  saved String,
  at DateTime64(3, 'UTC')
) ENGINE = ReplacingMergeTree(at) ORDER BY (plan_id, sync);

-- ledger_2_schedules
CREATE TABLE IF NOT EXISTS `kith`.`schedules` (
  task LowCardinality(String),
  spec String,
  anchor DateTime64(3, 'UTC'),
  at DateTime64(6, 'UTC') DEFAULT now64(6)
) ENGINE = MergeTree ORDER BY (task, at);

-- approval_use
INSERT INTO `kith`.`approvals` (plan_id, sync, approved_by, approved_at, expires_at, used_run, ver)
SELECT plan_id, sync, approved_by, approved_at, expires_at, 'run', greatest(ver + 1, toUInt64(toUnixTimestamp64Milli(now64(3))))
FROM `kith`.`approvals` FINAL WHERE plan_id = 'plan' AND sync = 'rows_out';

-- approvals_of
SELECT plan_id, approved_by, approved_at, expires_at, used_run, expires_at > now64(3) FROM `kith`.`approvals` FINAL
WHERE sync = 'rows_out' AND used_run = 'run';

-- approve
INSERT INTO `kith`.`approvals` (plan_id, sync, approved_by, approved_at, expires_at, used_run, ver)
SELECT 'plan', 'rows_out', 'o\'neil', toDateTime64('1970-01-01 00:00:00.000000', 6, 'UTC'), toDateTime64('1970-01-01 00:00:00.000000', 6, 'UTC'), '', 34359738368;

-- baseline_forget
DELETE FROM `kith`.`baseline_rows_out` WHERE ver <= 4294967296;

-- baseline_mappings
WITH (SELECT count() FROM `kith`.`baseline_rows_out` WHERE h != 0 AND mapping IN (1, 2)) > 0 AS some
SELECT mapping, count() FROM `kith`.`baseline_rows_out` FINAL WHERE some AND h != 0 AND mapping IN (1, 2) GROUP BY mapping ORDER BY mapping;

-- baseline_maybe
INSERT INTO `kith`.`baseline_rows_out` (kh, row_id, key, h, fh, remote_id, match, gone, mapping, ver, del)
SELECT c.kh, if(other = 1, concat(c.row_id, 'key-', lower(hex(substring(SHA256(c.key), 1, 8)))), c.row_id) AS id, if(b.row_id = '' OR other = 1, c.key, b.key), 0, [],
  if(other = 1 OR b.remote_id = 'none', '', b.remote_id), multiIf(other = 1, '', b.row_id = '', c.match, b.match), 0, 1, 34359738368, 0
FROM (
  SELECT op, kh, row_id, key, old_key, remote_id, match, arrayJoin(if(op = 2 AND remote_id IN ('', 'none') AND key != old_key, [0, 1], [0])) AS other FROM `kith`.`changeset_rows_out`
  WHERE op > 0 AND (op, kh, row_id) <= (SELECT max((op, kh, row_id)) FROM `kith`.`intents` WHERE sync = 'rows_out' AND epoch = 7)
    AND NOT (op != 4 AND row_id IN (SELECT row_id FROM `kith`.`baseline_rows_out` WHERE ver >= 30064771072))
    AND NOT (op = 4 AND row_id IN (SELECT row_id FROM `kith`.`baseline_rows_out` WHERE ver >= 30064771072 AND del = 0))
    AND row_id NOT IN (SELECT row_id FROM `kith`.`rejections` WHERE sync = 'rows_out' AND ver >= 30064771072)
    AND (row_id, op) NOT IN (SELECT row_id, op FROM `kith`.`job_rows` WHERE ver >= 30064771072 AND job IN (SELECT job FROM `kith`.`jobs` WHERE sync = 'rows_out' AND epoch = 7))
    AND (SELECT count() FROM `kith`.`intents` WHERE sync = 'rows_out' AND epoch = 7) > 0
) AS c
LEFT JOIN (SELECT kh, row_id, key, remote_id, match FROM `kith`.`baseline_rows_out` FINAL) AS b ON c.row_id = b.row_id
WHERE c.op = 4 OR b.row_id != ''
LIMIT 1 BY id
SETTINGS join_use_nulls = 0;

-- baseline_newest
SELECT max(mapping) FROM `kith`.`baseline_rows_out`;

-- baseline_rows
SELECT countIf(gone = 0), count() FROM `kith`.`baseline_rows_out` FINAL;

-- baseline_spans
INSERT INTO `kith`.`baseline_rows_out` (kh, row_id, key, h, fh, remote_id, match, gone, mapping, ver, del)
SELECT kh, row_id, key, 0, fh, remote_id, match, reason, 1, 4294967296, 0
FROM `kith`.`changeset_rows_out`
WHERE op = 1 AND action = 'archive' AND reason = 4 AND (kh BETWEEN 0 AND 7 AND (kh, row_id) >= (0, '') AND (kh, row_id) <= (7, 'o\'p')
  OR kh BETWEEN 8 AND 9 AND (kh, row_id) >= (8, 'q') AND (kh, row_id) <= (9, 'r'))
SETTINGS optimize_on_insert = 0;

-- budget_claim
INSERT INTO `kith`.`budget_shares` (account, round, holder, weight, calls, ahead, recent, recent_age, released, at)
SELECT 'crm', 1, 'h', 1.5, 0, 0, 0, 5, 0, now64(3);

-- budget_claims
SELECT '' AS h, toUInt64(0) AS r, toFloat64(0) AS w, toUInt64(0) AS n, toUInt8(0) AS x, now64(6, 'UTC') AS t, toUInt64(0) AS a
UNION ALL
SELECT holder, round, weight, recent, released, toDateTime64(at, 6, 'UTC'), recent_age FROM `kith`.`budget_shares`
WHERE account = 'crm' AND at > now64(3) - toIntervalMillisecond(1000);

-- budget_spent
SELECT if(c.1 = 1, '', holder) AS h, sum(n), max(if(c.1 = 1, 0, c.2)), max(if(c.1 = 1, 0, c.4)) FROM (
  SELECT holder, sumIf(calls, at > now64(3) - toIntervalMillisecond(500)) AS n, max((released, round, at, ahead)) AS c
  FROM `kith`.`budget_shares` WHERE account = 'crm' AND at > now64(3) - toIntervalMillisecond(1000) GROUP BY holder
) GROUP BY h;

-- budget_sweep
DELETE FROM `kith`.`budget_shares` WHERE at < now64(3) - toIntervalDay(3);

-- budget_used
SELECT intDiv(toUInt64(greatest(0, dateDiff('millisecond', at, now64(3)))), 50) AS age, sum(calls) FROM `kith`.`budget_shares`
WHERE account = 'crm' AND at > now64(3) - toIntervalMillisecond(1000) AND calls > 0 GROUP BY age ORDER BY age DESC;

-- build_current
SELECT build, as_of, report, models FROM `kith`.`builds` ORDER BY epoch DESC, at DESC LIMIT 1 BY build LIMIT 10;

-- drop_tables
DROP TABLE IF EXISTS `kith`.`runs`, `kith`.`scratch_x`;

-- episodes_list
SELECT task, kind, open, told, reached, note, run_id, since FROM `kith`.`episodes` FINAL
WHERE task = 'people' AND (open = 1 OR told = 0) ORDER BY task, kind;

-- firings_list
SELECT task, tick, upto, kind, state, status, run_id, attempt, marks, note, at FROM `kith`.`firings` FINAL
WHERE task = 'people' AND state = 'done'
ORDER BY task, tick DESC LIMIT 3 BY task;

-- firings_summary
SELECT task,
  maxIf(upto, state = 'done' AND (kind != 'manual' OR task = 'build')) AS served,
  maxIf(upto, state = 'done' AND kind NOT IN ('manual', 'need')) AS awaited,
  maxIf(upto, state = 'done' AND status IN ('succeeded', 'partial')) AS completed,
  maxIf(at, state = 'done' AND status IN ('succeeded', 'partial')) AS ended,
  argMaxIf(marks, upto, state = 'done' AND status IN ('succeeded', 'partial') AND marks != '') AS marks,
  maxIf(upto, state = 'done' AND task = 'build' AND status IN ('succeeded', 'partial', 'failed', 'blocked')) AS built,
  argMaxIf(status, upto, state = 'done' AND task = 'build' AND status IN ('succeeded', 'partial', 'failed', 'blocked')) AS built_as,
  argMaxIf(note, upto, state = 'done' AND task = 'build' AND status IN ('succeeded', 'partial', 'failed', 'blocked')) AS built_note
FROM `kith`.`firings` FINAL WHERE task = 'people' GROUP BY task;

-- firings_sweep
DELETE FROM `kith`.`firings` WHERE state = 'done' AND tick < toDateTime64('1970-01-01 00:00:00.000000', 6, 'UTC') AND at < toDateTime64('1970-01-01 00:00:00.000000', 6, 'UTC')
AND (task, tick) NOT IN (SELECT task, tick FROM `kith`.`firings` FINAL WHERE state = 'done' ORDER BY tick DESC LIMIT 5 BY task)
AND (task, tick) NOT IN (SELECT task, tick FROM `kith`.`firings` FINAL WHERE state = 'done' AND status IN ('succeeded', 'partial') ORDER BY tick DESC LIMIT 2 BY task)
AND (task, tick) NOT IN (SELECT task, tick FROM `kith`.`firings` FINAL WHERE state = 'done' AND status IN ('succeeded', 'partial') AND marks != '' ORDER BY tick DESC LIMIT 2 BY task)
AND (task, tick) NOT IN (SELECT task, tick FROM `kith`.`firings` FINAL WHERE state = 'done' AND kind NOT IN ('manual', 'need') ORDER BY tick DESC LIMIT 2 BY task);

-- firings_sweep_open
DELETE FROM `kith`.`firings` WHERE state != 'done' AND tick < toDateTime64('1970-01-01 00:00:00.000000', 6, 'UTC') AND at < toDateTime64('1970-01-01 00:00:00.000000', 6, 'UTC')
AND ((task, tick) IN (SELECT task, tick FROM `kith`.`firings` WHERE state = 'done') OR task IN (SELECT task FROM `kith`.`firings` WHERE state = 'done' AND tick >= toDateTime64('1970-01-01 00:00:00.000000', 6, 'UTC')));

-- foreign_clear
INSERT INTO `kith`.`foreign_rows` (sync, kh, row_id, remote_id, at, ver, del)
SELECT sync, kh, row_id, remote_id, at, 34359738368, 1 FROM `kith`.`foreign_rows` FINAL
WHERE sync = 'rows_out' AND row_id NOT IN (SELECT row_id FROM `kith`.`baseline_rows_out` FINAL WHERE ver > 0);

-- foreign_fetch
INSERT INTO `kith`.`foreign_rows` (sync, kh, row_id, remote_id, at, ver, del)
SELECT 'rows_out', kh, row_id, remote_id, at, ver, 0 FROM `kith`.`foreign_rows` FINAL
WHERE sync = 'was' AND ver > 4294967296 AND row_id NOT IN (SELECT row_id FROM `kith`.`foreign_rows` WHERE sync = 'rows_out');

-- foreign_forget
DELETE FROM `kith`.`foreign_rows` WHERE sync = 'rows_out' AND ver <= 4294967296 AND (SELECT count() FROM `kith`.`heartbeats` WHERE lease = 'rows_out' AND epoch > 7) = 0;

-- foreign_known
SELECT row_id FROM `kith`.`baseline_rows_out` FINAL WHERE kh IN (1, 2) AND ver > 0;

-- foreign_leave
INSERT INTO `kith`.`foreign_rows` (sync, kh, row_id, remote_id, at, ver, del)
SELECT sync, kh, row_id, remote_id, at, 34359738368, 1 FROM `kith`.`foreign_rows` FINAL WHERE sync = 'rows_out' AND (SELECT count() FROM `kith`.`heartbeats` WHERE lease = 'rows_out' AND epoch > 7) = 0;

-- foreign_move
INSERT INTO `kith`.`foreign_rows` (sync, kh, row_id, remote_id, at, ver, del)
SELECT 'rows_out', kh, row_id, remote_id, at, 34359738368, 0 FROM `kith`.`foreign_rows` FINAL WHERE sync = 'was' AND ver > 4294967296
UNION ALL
SELECT sync, kh, row_id, remote_id, at, 34359738368, 1 FROM `kith`.`foreign_rows` FINAL
WHERE sync = 'rows_out' AND row_id NOT IN (SELECT row_id FROM `kith`.`foreign_rows` FINAL WHERE sync = 'was' AND ver > 4294967296);

-- identity_collisions
SELECT identifier, value, argMax(node, at) FROM `kith`.`identity_collisions` WHERE entity = 'person' GROUP BY identifier, value ORDER BY identifier, value;

-- identity_forget_audit
DELETE FROM `kith`.`identity_audit` WHERE build = 'build' AND build NOT IN (SELECT build FROM `kith`.`builds`);

-- identity_forget_merges
DELETE FROM `kith`.`entity_merges` WHERE build = 'build' AND build NOT IN (SELECT build FROM `kith`.`builds`);

-- intents_sweep
DELETE FROM `kith`.`intents` WHERE sync = 'rows_out' AND epoch <= 7;

-- job_rows_page
SELECT j.kh, j.row_id, j.op, j.h, j.key, j.fh, j.match, j.reason, j.action, j.mapping, j.remote_id, j.place, j.places, j.batch, j.ver, b.ver AS newest
FROM (
  SELECT * FROM `kith`.`job_rows`
  WHERE job = 'j' AND kh >= 7 AND (kh, row_id) > (7, 'o\'p') ORDER BY kh, row_id LIMIT 1 BY kh, row_id LIMIT 10
) AS j
LEFT JOIN (
  SELECT kh, row_id, max(ver) AS ver FROM (
    SELECT kh, row_id, ver FROM `kith`.`baseline_rows_out` WHERE kh IN (SELECT kh FROM `kith`.`job_rows` WHERE job = 'j')
    UNION ALL
    SELECT kh, row_id, ver FROM `kith`.`job_rows`
    WHERE kh IN (SELECT kh FROM `kith`.`job_rows` WHERE job = 'j') AND job IN (SELECT job FROM `kith`.`jobs` WHERE sync = 'rows_out')
  ) GROUP BY kh, row_id
) AS b ON j.kh = b.kh AND j.row_id = b.row_id
ORDER BY j.kh, j.row_id
SETTINGS join_use_nulls = 0;

-- job_rows_sweep
DELETE FROM `kith`.`job_rows` WHERE job IN (SELECT job FROM `kith`.`jobs` FINAL GROUP BY job HAVING countIf(state = 'open') = 0)
  OR at < now() - INTERVAL 1 DAY AND job NOT IN (SELECT job FROM `kith`.`jobs`);

-- jobs_leave
INSERT INTO `kith`.`jobs` (job, sync, run_id, epoch, opened_at, state, rejected_remote, ver)
SELECT job, sync, run_id, epoch, opened_at, 'moved', rejected_remote, ver + 1 FROM `kith`.`jobs` FINAL WHERE sync = 'rows_out' AND state = 'open' AND (SELECT count() FROM `kith`.`heartbeats` WHERE lease = 'rows_out' AND epoch > 7) = 0;

-- jobs_move
INSERT INTO `kith`.`jobs` (job, sync, run_id, epoch, opened_at, state, rejected_remote, ver)
SELECT j.job, 'rows_out', j.run_id, j.epoch, j.opened_at, j.state, j.rejected_remote, ifNull(t.taken, 0) + 1
FROM (SELECT * FROM `kith`.`jobs` FINAL WHERE sync = 'was' AND state = 'open') AS j
LEFT JOIN (SELECT job, max(ver) AS taken FROM `kith`.`jobs` WHERE sync = 'rows_out' GROUP BY job) AS t ON j.job = t.job
UNION ALL
SELECT job, sync, run_id, epoch, opened_at, 'moved', rejected_remote, ver + 1 FROM `kith`.`jobs` FINAL
WHERE sync = 'rows_out' AND state = 'open' AND job NOT IN (SELECT job FROM `kith`.`jobs` FINAL WHERE sync = 'was' AND state = 'open');

-- jobs_open
SELECT job, run_id, epoch, opened_at, ver FROM `kith`.`jobs` FINAL WHERE sync = 'rows_out' AND state = 'open' ORDER BY opened_at, job;

-- lease_beat
INSERT INTO `kith`.`heartbeats` (lease, epoch, host, boot, pid, process_start, at, released)
SELECT 'build', 3, 'h', 'b', 1, 's', now64(3), 0
UNION ALL SELECT 'people', 7, 'h', 'b', 1, 's', now64(3), 0;

-- lease_current
SELECT if(t.name = '', b.name, t.name), if(t.name = '', b.beat_ms, t.age_ms), t.comment, b.beats, b.beat_ms, b.released
FROM (
SELECT name, toInt64(toUnixTimestamp64Milli(now64(3)) - toUnixTimestamp(metadata_modification_time) * 1000) AS age_ms, comment
FROM system.tables WHERE database = 'kith' AND startsWith(name, 'lease_')
) AS t
FULL JOIN (
  SELECT concat('lease_', toString(epoch)) AS name, count() AS beats, toInt64(toUnixTimestamp64Milli(now64(3)) - toUnixTimestamp64Milli(max(at))) AS beat_ms, max(released) AS released
  FROM `kith`.`heartbeats` WHERE lease = 'people' GROUP BY epoch
) AS b ON t.name = b.name
SETTINGS join_use_nulls = 0;

-- lease_newest
SELECT lease, max(epoch) FROM `kith`.`heartbeats` WHERE lease IN ('build', 'people') GROUP BY lease;

-- lease_state
SELECT name, toInt64(toUnixTimestamp64Milli(now64(3)) - toUnixTimestamp(metadata_modification_time) * 1000) AS age_ms, comment
FROM system.tables WHERE database = 'kith' AND startsWith(name, 'lease_');

-- lease_sweep
DELETE FROM `kith`.`heartbeats` WHERE lease = 'people' AND epoch < 7;

-- lease_take
CREATE TABLE `kith`.`runs` (a UInt8) ENGINE = MergeTree ORDER BY a COMMENT '{"host":"o\'neil"}';

-- ledger_version
SELECT max(version), argMin(salt, (version, at, salt)), now64(6, 'UTC') FROM `kith`.`kith_meta`;

-- log_spans
INSERT INTO `kith`.`sync_log` (at, sync, run_id, destination, batch, attempt, kh, op, action, fate, code, vendor_code, reason, job)
SELECT toDateTime64('1970-01-01 00:00:00.000000', 6, 'UTC'), 'rows_out', 'run', 'crm', multiIf(kh <= 7, 3, 5), 1, kh, 'remove', 'archive', 'delivered', '', '', '', ''
FROM `kith`.`changeset_rows_out`
WHERE op = 1 AND action = 'archive' AND reason = 4 AND (kh BETWEEN 0 AND 7 AND (kh, row_id) >= (0, '') AND (kh, row_id) <= (7, 'o\'p')
  OR kh BETWEEN 8 AND 9 AND (kh, row_id) >= (8, 'q') AND (kh, row_id) <= (9, 'r'));

-- mappings_list
SELECT sync, version, hash, fields FROM `kith`.`mappings` FINAL WHERE sync IN ('rows_out', 'was') ORDER BY version;

-- now
SELECT now64(6, 'UTC');

-- pause_set
INSERT INTO `kith`.`pauses` (task, paused, reason, since, at) SELECT 'people', 1, 'o\'neil', toDateTime64('1970-01-01 00:00:00.000000', 6, 'UTC'), toDateTime64('1970-01-01 00:00:00.000000', 6, 'UTC');

-- pauses_list
SELECT task, argMax(paused, at), argMax(reason, at), argMax(since, at) FROM `kith`.`pauses` GROUP BY task ORDER BY task;

-- plans_list
SELECT plan_id, sync, run_id, guard, saved, at FROM `kith`.`plans` FINAL
WHERE startsWith(plan_id, 'plan') AND sync = 'rows_out' ORDER BY at DESC LIMIT 10;

-- rejections_clear
INSERT INTO `kith`.`rejections` (sync, kh, row_id, op, h, mapping, code, vendor_code, reason, attempts, next_try, run_id, at, ver, del)
SELECT r.sync, r.kh, r.row_id, r.op, r.h, r.mapping, r.code, r.vendor_code, r.reason, r.attempts, r.next_try, r.run_id, r.at, b.answered, 1
FROM (SELECT * FROM `kith`.`rejections` FINAL WHERE sync = 'rows_out') AS r
JOIN (
  SELECT row_id, max(ver) AS answered FROM `kith`.`baseline_rows_out` WHERE ver >= 30064771072 AND (h != 0 OR gone != 0 OR del = 1)
  AND row_id IN (SELECT row_id FROM `kith`.`rejections` FINAL WHERE sync = 'rows_out') GROUP BY row_id
) AS b ON r.row_id = b.row_id
WHERE b.answered > r.ver;

-- rejections_fetch
INSERT INTO `kith`.`rejections` (sync, kh, row_id, op, h, mapping, code, vendor_code, reason, attempts, next_try, run_id, at, ver, del)
SELECT 'rows_out', kh, row_id, op, h, mapping, code, vendor_code, reason, attempts, next_try, run_id, at, ver, 0 FROM `kith`.`rejections` FINAL
WHERE sync = 'was' AND ver > 4294967296 AND row_id NOT IN (SELECT row_id FROM `kith`.`rejections` WHERE sync = 'rows_out');

-- rejections_forget
INSERT INTO `kith`.`rejections` (sync, kh, row_id, op, h, mapping, code, vendor_code, reason, attempts, next_try, run_id, at, ver, del)
SELECT sync, kh, row_id, op, h, mapping, code, vendor_code, reason, attempts, next_try, run_id, at, 4294967296, 1 FROM `kith`.`rejections` FINAL
WHERE sync = 'rows_out' AND ver <= 4294967296 AND (SELECT count() FROM `kith`.`heartbeats` WHERE lease = 'rows_out' AND epoch > 7) = 0;

-- rejections_leave
INSERT INTO `kith`.`rejections` (sync, kh, row_id, op, h, mapping, code, vendor_code, reason, attempts, next_try, run_id, at, ver, del)
SELECT sync, kh, row_id, op, h, mapping, code, vendor_code, reason, attempts, next_try, run_id, at, ver + 1, 1 FROM `kith`.`rejections` FINAL WHERE sync = 'rows_out' AND (SELECT count() FROM `kith`.`heartbeats` WHERE lease = 'rows_out' AND epoch > 7) = 0;

-- rejections_list
SELECT sync, kh, row_id, op, code, vendor_code, reason, attempts, next_try, run_id, at
FROM `kith`.`rejections` FINAL WHERE sync = 'rows_out' AND run_id = 'run'
ORDER BY at DESC LIMIT 10;

-- rejections_mappings
SELECT mapping, count() FROM `kith`.`rejections` FINAL WHERE sync = 'rows_out' AND mapping IN (1, 2) GROUP BY mapping ORDER BY mapping;

-- rejections_move
INSERT INTO `kith`.`rejections` (sync, kh, row_id, op, h, mapping, code, vendor_code, reason, attempts, next_try, run_id, at, ver, del)
SELECT 'rows_out', r.kh, r.row_id, r.op, r.h, r.mapping, r.code, r.vendor_code, r.reason, r.attempts, r.next_try, r.run_id, r.at, greatest(r.ver, ifNull(t.taken, 0) + 1), 0
FROM (SELECT * FROM `kith`.`rejections` FINAL WHERE sync = 'was' AND ver > 4294967296) AS r
LEFT JOIN (SELECT row_id, max(ver) AS taken FROM `kith`.`rejections` WHERE sync = 'rows_out' AND del = 1 GROUP BY row_id) AS t ON r.row_id = t.row_id
UNION ALL
SELECT sync, kh, row_id, op, h, mapping, code, vendor_code, reason, attempts, next_try, run_id, at, ver + 1, 1 FROM `kith`.`rejections` FINAL
WHERE sync = 'rows_out' AND row_id NOT IN (SELECT row_id FROM `kith`.`rejections` FINAL WHERE sync = 'was' AND ver > 4294967296);

-- rejections_of
SELECT row_id, op, h, attempts FROM `kith`.`rejections` FINAL WHERE sync = 'rows_out' AND kh IN (1, 2);

-- retention_approvals
DELETE FROM `kith`.`approvals` WHERE expires_at < toDateTime64('1970-01-01 00:00:00.000000', 6, 'UTC');

-- retention_log
DELETE FROM `kith`.`sync_log` WHERE `at` < toDateTime64('1970-01-01 00:00:00.000000', 6, 'UTC');

-- retention_plans
DELETE FROM `kith`.`plans` WHERE at < toDateTime64('1970-01-01 00:00:00.000000', 6, 'UTC');

-- retention_rejections
DELETE FROM `kith`.`rejections` WHERE `at` < toDateTime64('1970-01-01 00:00:00.000000', 6, 'UTC');

-- retention_runs
DELETE FROM `kith`.`runs` WHERE `started_at` < toDateTime64('1970-01-01 00:00:00.000000', 6, 'UTC');

-- retention_sync_runs
DELETE FROM `kith`.`sync_runs` WHERE started_at < toDateTime64('1970-01-01 00:00:00.000000', 6, 'UTC') AND (sync, epoch) NOT IN (
  SELECT sync, epoch FROM (
    SELECT sync, epoch, status, row_number() OVER (PARTITION BY sync ORDER BY epoch DESC) AS n, status IN ('succeeded', 'partial') AND first = 0 AND full = 0 AS usual, row_number() OVER (PARTITION BY sync, status IN ('succeeded', 'partial') AND first = 0 AND full = 0 ORDER BY epoch DESC) AS u, max(if(status != 'blocked' AND (full = 0 OR status IN ('succeeded', 'partial')), epoch, 0)) OVER (PARTITION BY sync) AS ended
    FROM `kith`.`sync_runs` FINAL
  ) WHERE n <= 50 OR (usual AND u <= 50) OR (status != 'blocked' AND epoch >= ended)
);

-- run_end
SELECT t.name, t.age, t.comment, now64(6, 'UTC'), d.log, d.rejections, d.runs, d.shares
FROM (
SELECT name, toUnixTimestamp(now()) - toUnixTimestamp(metadata_modification_time) AS age, comment
FROM system.tables WHERE database = 'kith' AND startsWith(name, 'lease_')
ORDER BY name
) AS t
CROSS JOIN (
  SELECT (SELECT count() FROM `kith`.`sync_log` WHERE `at` < toDateTime64('1970-01-01 00:00:00.000000', 6, 'UTC')) AS log, (SELECT count() FROM `kith`.`rejections` FINAL WHERE `at` < toDateTime64('1970-01-01 00:00:00.000000', 6, 'UTC')) AS rejections,
    (SELECT count() FROM `kith`.`runs` FINAL WHERE `started_at` < toDateTime64('1970-01-01 00:00:00.000000', 6, 'UTC')) AS runs, (SELECT count() FROM `kith`.`budget_shares` WHERE at < now64(3) - toIntervalDay(3)) AS shares
) AS d;

-- runs_list
SELECT run_id, command, git_commit, as_of, started_at, finished_at, status, report
FROM `kith`.`runs` FINAL WHERE run_id = 'run' ORDER BY started_at DESC, run_id DESC LIMIT 10;

-- schedule_set
INSERT INTO `kith`.`schedules` (task, spec, anchor, at) SELECT 'people', '0 6 * * *', toDateTime64('1970-01-01 00:00:00.000000', 6, 'UTC'), toDateTime64('1970-01-01 00:00:00.000000', 6, 'UTC');

-- schedules_list
SELECT task, spec, anchor FROM `kith`.`schedules` ORDER BY at, task;

-- standing
SELECT (SELECT count() FROM `kith`.`foreign_rows` FINAL WHERE sync = 'rows_out'), (SELECT count() FROM `kith`.`rejections` FINAL WHERE sync = 'rows_out'),
  (SELECT count() FROM `kith`.`jobs` FINAL WHERE sync = 'rows_out' AND state = 'open');

-- state_move
INSERT INTO `kith`.`sync_state` (sync, endpoint, baseline, was, retired, started_at, ver)
SELECT s.1, s.2, s.3, s.4, s.5, toDateTime64('1970-01-01 00:00:00.000000', 6, 'UTC'), s.6
FROM (SELECT arrayJoin([('folk', 'crm', 'baseline_rows_out', 'rows_out', 0, toUInt64(34359738368)), ('rows_out', '', '', '', 1, toUInt64(30064771072))]) AS s)
WHERE (SELECT count() FROM `kith`.`heartbeats` WHERE lease = 'rows_out' AND epoch > 7) = 0;

-- sweep_keep
SELECT changeset, '', epoch = newest FROM (SELECT changeset, status, epoch, max(epoch) OVER (PARTITION BY sync) AS newest FROM `kith`.`sync_runs` FINAL) WHERE status = 'started'
UNION ALL SELECT '', build, 0 FROM (SELECT build FROM `kith`.`builds` ORDER BY epoch DESC, at DESC LIMIT 1 BY build LIMIT 10);

-- sync_dead_since
SELECT min(epoch) FROM `kith`.`sync_runs` FINAL WHERE sync IN ('rows_out', 'was') AND epoch > (
  SELECT max(epoch) FROM `kith`.`sync_runs` FINAL WHERE sync IN ('rows_out', 'was') AND report != ''
);

-- sync_full
SELECT max(full) FROM `kith`.`sync_runs` WHERE run_id = 'run' AND epoch = 7;

-- sync_full_since
SELECT min(epoch) FROM `kith`.`sync_runs` FINAL WHERE sync IN ('rows_out', 'was') AND status != 'blocked' AND epoch > (
  SELECT max(epoch) FROM `kith`.`sync_runs` FINAL WHERE sync IN ('rows_out', 'was') AND status != 'blocked' AND (full = 0 OR status IN ('succeeded', 'partial'))
);

-- sync_last
SELECT epoch, run_id, changeset, full, status, rows, changed, first, started_at, report FROM `kith`.`sync_runs` FINAL
WHERE sync = 'rows_out' AND status IN ('succeeded', 'partial') AND first = 0 AND full = 0 ORDER BY epoch DESC LIMIT 10;

-- sync_log_count
SELECT fate, count() FROM (
  SELECT kh, argMax(fate, (at, attempt)) AS fate FROM `kith`.`sync_log`
  WHERE sync IN ('rows_out', 'was') AND run_id = 'run' AND at >= toDateTime64('1970-01-01 00:00:00.000000', 6, 'UTC') GROUP BY kh
) GROUP BY fate;

-- sync_log_list
SELECT at, sync, run_id, batch, attempt, kh, op, action, fate, code, vendor_code, reason
FROM `kith`.`sync_log` WHERE sync = 'rows_out' AND run_id = 'run' AND fate = 'rejected'
ORDER BY at DESC LIMIT 10;

-- sync_state
SELECT sync, endpoint, baseline, was, retired, started_at, baseline IN (SELECT name FROM system.tables WHERE database = 'kith') AS there, there AS acks_there,
  sync IN (SELECT sync FROM `kith`.`jobs` FINAL WHERE state = 'open') AS jobs_open, sync IN (SELECT sync FROM `kith`.`intents`) AS intents_left
FROM `kith`.`sync_state` FINAL;

-- table_exists
SELECT count() FROM system.tables WHERE database = 'kith' AND name = 'runs';

-- tables_like
SELECT name, toUnixTimestamp(now()) - toUnixTimestamp(metadata_modification_time) AS age, comment
FROM system.tables WHERE database = 'kith' AND startsWith(name, 'lease_')
ORDER BY name;

-- tables_ready
SELECT name FROM system.tables WHERE database = 'kith';

