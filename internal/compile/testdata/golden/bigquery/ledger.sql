-- ledger_1_budgets
CREATE TABLE IF NOT EXISTS `kith`.`budgets` (
  account STRING,
  holder STRING,
  share FLOAT64,
  until TIMESTAMP,
  `at` TIMESTAMP
);

-- ledger_1_builds
CREATE TABLE IF NOT EXISTS `kith`.`builds` (
  build STRING,
  epoch INT64,
  run_id STRING,
  as_of TIMESTAMP,
  `at` TIMESTAMP,
  report STRING,
  models STRING
);

-- ledger_1_entity_merges
CREATE TABLE IF NOT EXISTS `kith`.`entity_merges` (
  entity STRING,
  old_id STRING,
  new_id STRING,
  build STRING,
  `at` TIMESTAMP,
  direct INT64
) CLUSTER BY entity, old_id;

-- ledger_1_exposures
CREATE TABLE IF NOT EXISTS `kith`.`exposures` (
  sync STRING,
  trait STRING,
  entity_id STRING,
  label STRING,
  `at` TIMESTAMP,
  ver INT64
) CLUSTER BY sync, trait, entity_id;

-- ledger_1_heartbeats
CREATE TABLE IF NOT EXISTS `kith`.`heartbeats` (
  lease STRING,
  epoch INT64,
  host STRING,
  boot STRING,
  pid INT64,
  process_start STRING,
  `at` TIMESTAMP,
  released INT64
) CLUSTER BY lease, epoch;

-- ledger_1_identity_audit
CREATE TABLE IF NOT EXISTS `kith`.`identity_audit` (
  `at` TIMESTAMP,
  build STRING,
  run_id STRING,
  entity STRING,
  event STRING,
  entity_id STRING,
  other_id STRING,
  a INT64,
  b INT64,
  source STRING,
  n INT64,
  size INT64,
  sample STRING
) CLUSTER BY entity, event;

-- ledger_1_identity_collisions
CREATE TABLE IF NOT EXISTS `kith`.`identity_collisions` (
  entity STRING,
  identifier STRING,
  value STRING,
  node INT64,
  `at` TIMESTAMP
);

-- ledger_1_intents
CREATE TABLE IF NOT EXISTS `kith`.`intents` (
  sync STRING,
  epoch INT64,
  op INT64,
  kh INT64,
  row_id STRING,
  `at` TIMESTAMP
) CLUSTER BY sync, epoch;

-- ledger_1_job_rows
CREATE TABLE IF NOT EXISTS `kith`.`job_rows` (
  job STRING,
  kh INT64,
  row_id STRING,
  op INT64,
  h INT64,
  key STRING,
  fh ARRAY<INT64>,
  match STRING,
  reason INT64,
  action STRING,
  mapping INT64,
  `at` TIMESTAMP,
  remote_id STRING,
  place INT64,
  places INT64,
  batch INT64,
  ver INT64
) CLUSTER BY job, kh;

-- ledger_1_jobs
CREATE TABLE IF NOT EXISTS `kith`.`jobs` (
  job STRING,
  sync STRING,
  run_id STRING,
  epoch INT64,
  opened_at TIMESTAMP,
  state STRING,
  rejected_remote INT64,
  ver INT64
);

-- ledger_1_mappings
CREATE TABLE IF NOT EXISTS `kith`.`mappings` (
  sync STRING,
  version INT64,
  `hash` STRING,
  fields ARRAY<STRING>,
  `at` TIMESTAMP
);

-- ledger_1_members_history
CREATE TABLE IF NOT EXISTS `kith`.`members_history` (
  entity STRING,
  segment STRING,
  entity_id STRING,
  entered_at TIMESTAMP,
  exited_at TIMESTAMP,
  ver INT64,
  del INT64
) CLUSTER BY entity, segment, entity_id;

-- ledger_1_meta
CREATE TABLE IF NOT EXISTS `kith`.`kith_meta` (
  version INT64,
  salt STRING,
  `at` TIMESTAMP DEFAULT CURRENT_TIMESTAMP()
);

-- ledger_1_rejections
CREATE TABLE IF NOT EXISTS `kith`.`rejections` (
  sync STRING,
  kh INT64,
  row_id STRING,
  op INT64,
  h INT64,
  mapping INT64,
  code STRING,
  vendor_code STRING,
  reason STRING,
  attempts INT64,
  next_try TIMESTAMP,
  run_id STRING,
  `at` TIMESTAMP,
  ver INT64,
  del INT64
) CLUSTER BY sync, kh;

-- ledger_1_runs
CREATE TABLE IF NOT EXISTS `kith`.`runs` (
  run_id STRING,
  command STRING,
  project STRING,
  target STRING,
  git_commit STRING,
  kith_version STRING,
  as_of TIMESTAMP,
  started_at TIMESTAMP,
  finished_at TIMESTAMP,
  status STRING,
  report STRING,
  ver INT64
);

-- ledger_1_sync_log
CREATE TABLE IF NOT EXISTS `kith`.`sync_log` (
  `at` TIMESTAMP,
  sync STRING,
  run_id STRING,
  destination STRING,
  batch INT64,
  attempt INT64,
  kh INT64,
  op STRING,
  action STRING,
  fate STRING,
  code STRING,
  vendor_code STRING,
  reason STRING,
  job STRING
) PARTITION BY TIMESTAMP_TRUNC(`at`, MONTH) CLUSTER BY sync, run_id, fate;

-- ledger_1_sync_runs
CREATE TABLE IF NOT EXISTS `kith`.`sync_runs` (
  sync STRING,
  epoch INT64,
  run_id STRING,
  changeset STRING,
  first INT64,
  `full` INT64,
  started_at TIMESTAMP,
  status STRING,
  `rows` INT64,
  changed INT64,
  report STRING,
  ver INT64
);

-- ledger_1_sync_state
CREATE TABLE IF NOT EXISTS `kith`.`sync_state` (
  sync STRING,
  endpoint STRING,
  baseline STRING,
  was STRING,
  retired INT64,
  started_at TIMESTAMP,
  ver INT64
);

-- ledger_2_approvals
CREATE TABLE IF NOT EXISTS `kith`.`approvals` (
  plan_id STRING,
  sync STRING,
  approved_by STRING,
  approved_at TIMESTAMP,
  expires_at TIMESTAMP,
  used_run STRING,
  ver INT64
);

-- ledger_2_budget_shares
CREATE TABLE IF NOT EXISTS `kith`.`budget_shares` (
  account STRING,
  round INT64,
  holder STRING,
  weight FLOAT64,
  calls INT64,
  ahead INT64,
  recent INT64,
  recent_age INT64,
  released INT64,
  `at` TIMESTAMP
) PARTITION BY DATE(`at`) CLUSTER BY account OPTIONS (partition_expiration_days = 4);

-- ledger_2_episodes
CREATE TABLE IF NOT EXISTS `kith`.`episodes` (
  task STRING,
  kind STRING,
  open INT64,
  told INT64,
  reached STRING,
  note STRING,
  run_id STRING,
  since TIMESTAMP,
  ver INT64
);

-- ledger_2_firings
CREATE TABLE IF NOT EXISTS `kith`.`firings` (
  task STRING,
  tick TIMESTAMP,
  upto TIMESTAMP,
  kind STRING,
  state STRING,
  status STRING,
  run_id STRING,
  attempt INT64,
  marks STRING,
  note STRING,
  `at` TIMESTAMP,
  ver INT64
) CLUSTER BY task, tick;

-- ledger_2_foreign_rows
CREATE TABLE IF NOT EXISTS `kith`.`foreign_rows` (
  sync STRING,
  kh INT64,
  row_id STRING,
  remote_id STRING,
  `at` TIMESTAMP,
  ver INT64,
  del INT64
) CLUSTER BY sync, kh, row_id;

-- ledger_2_identity_audit
ALTER TABLE `kith`.`identity_audit` ADD COLUMN IF NOT EXISTS sample STRING;

-- ledger_2_job_rows
ALTER TABLE `kith`.`job_rows`
  ADD COLUMN IF NOT EXISTS remote_id STRING, ADD COLUMN IF NOT EXISTS place INT64, ADD COLUMN IF NOT EXISTS places INT64,
  ADD COLUMN IF NOT EXISTS batch INT64, ADD COLUMN IF NOT EXISTS ver INT64;

-- ledger_2_match_decisions
CREATE TABLE IF NOT EXISTS `kith`.`match_decisions` (
  entity STRING,
  a INT64,
  b INT64,
  decision STRING,
  `at` TIMESTAMP
);

-- ledger_2_pauses
CREATE TABLE IF NOT EXISTS `kith`.`pauses` (
  task STRING,
  paused INT64,
  reason STRING,
  since TIMESTAMP,
  `at` TIMESTAMP DEFAULT CURRENT_TIMESTAMP()
);

-- ledger_2_plans
CREATE TABLE IF NOT EXISTS `kith`.`plans` (
  plan_id STRING,
  sync STRING,
  run_id STRING,
  guard STRING,
  saved STRING,
  `at` TIMESTAMP
);

-- ledger_2_schedules
CREATE TABLE IF NOT EXISTS `kith`.`schedules` (
  task STRING,
  spec STRING,
  anchor TIMESTAMP,
  `at` TIMESTAMP DEFAULT CURRENT_TIMESTAMP()
);

-- acks_forget
INSERT INTO `kith`.`acks_rows_out` (kh, row_id, key, h, fh, remote_id, match, gone, mapping, ver, del, `at`)
SELECT kh, row_id, '', 0, [], '', '', 0, 0, 4294967296, 1, CURRENT_TIMESTAMP()
FROM `kith`.`acks_rows_out` WHERE ver = 4294967296 AND del = 0 GROUP BY kh, row_id;

-- approval_use
INSERT INTO `kith`.`approvals` (plan_id, sync, approved_by, approved_at, expires_at, used_run, ver)
SELECT plan_id, sync, approved_by, approved_at, expires_at, 'run', GREATEST(ver + 1, UNIX_MILLIS(CURRENT_TIMESTAMP()))
FROM `kith`.`approvals` WHERE plan_id = 'plan' AND sync = 'rows_out' QUALIFY ROW_NUMBER() OVER (PARTITION BY plan_id, sync ORDER BY ver DESC) = 1;

-- approvals_of
SELECT plan_id, approved_by, approved_at, expires_at, used_run, expires_at > CURRENT_TIMESTAMP()
FROM (SELECT * FROM `kith`.`approvals` WHERE sync = 'rows_out' QUALIFY ROW_NUMBER() OVER (PARTITION BY plan_id ORDER BY ver DESC) = 1)
WHERE used_run = 'run';

-- approve
INSERT INTO `kith`.`approvals` (plan_id, sync, approved_by, approved_at, expires_at, used_run, ver)
VALUES ('plan', 'rows_out', 'o\'neil', TIMESTAMP '1970-01-01 00:00:00.000000+00:00', TIMESTAMP '1970-01-01 00:00:00.000000+00:00', '', 34359738368);

-- baseline_forget
DELETE FROM `kith`.`baseline_rows_out` WHERE ver <= 4294967296;

-- baseline_mappings
SELECT mapping, COUNT(*) FROM `kith`.`baseline_rows_out` WHERE h != 0 AND mapping IN (1, 2) GROUP BY mapping ORDER BY mapping;

-- baseline_maybe
INSERT INTO `kith`.`acks_rows_out` (kh, row_id, key, h, fh, remote_id, match, gone, mapping, ver, del, `at`)
SELECT kh, IF(other = 1, CONCAT(row_id, '\x1ekey-', TO_HEX(SUBSTR(SHA256(key), 1, 8))), row_id), IF(other = 1, key, IFNULL(had, key)), 0, [],
  IF(other = 1, '', remote_id), IF(other = 1, '', match), 0, 1, 34359738368, 0, CURRENT_TIMESTAMP()
FROM (
SELECT c.op, c.kh, c.row_id, c.key, c.old_key, b.key AS had, IF(b.remote_id IS NULL OR b.remote_id = '\x1enone', '', b.remote_id) AS remote_id, IFNULL(b.match, c.match) AS match
FROM (
  SELECT c.op, c.kh, c.row_id, c.key, c.old_key, c.match
  FROM `kith`.`changeset_rows_out` AS c
  CROSS JOIN (SELECT op, kh, row_id FROM `kith`.`intents` WHERE sync = 'rows_out' AND epoch = 7 ORDER BY op DESC, kh DESC, row_id DESC LIMIT 1) AS i
  WHERE c.op > 0 AND (c.op < i.op OR c.op = i.op AND (c.kh < i.kh OR c.kh = i.kh AND c.row_id <= i.row_id))
    AND NOT EXISTS (SELECT 1 FROM `kith`.`acks_rows_out` AS a WHERE a.ver >= 30064771072 AND a.row_id = c.row_id AND (c.op != 4 OR a.del = 0))
    AND NOT EXISTS (SELECT 1 FROM `kith`.`rejections` AS r WHERE r.sync = 'rows_out' AND r.ver >= 30064771072 AND r.row_id = c.row_id)
    AND NOT EXISTS (
      SELECT 1 FROM `kith`.`job_rows` AS j WHERE j.ver >= 30064771072 AND j.row_id = c.row_id AND j.op = c.op
        AND j.job IN (SELECT job FROM `kith`.`jobs` WHERE sync = 'rows_out' AND epoch = 7)
    )
) AS c
LEFT JOIN `kith`.`baseline_rows_out` AS b ON c.row_id = b.row_id
WHERE c.op = 4 OR b.row_id IS NOT NULL
QUALIFY ROW_NUMBER() OVER (PARTITION BY c.row_id ORDER BY c.op) = 1
) AS x, UNNEST(IF(op = 2 AND remote_id = '' AND key != old_key, [0, 1], [0])) AS other;

-- baseline_newest
SELECT IFNULL(MAX(mapping), 0) FROM `kith`.`baseline_rows_out`;

-- baseline_rows
SELECT COUNTIF(gone = 0), COUNT(*) FROM `kith`.`baseline_rows_out`;

-- budget_claim
INSERT INTO `kith`.`budget_shares` (account, round, holder, weight, calls, ahead, recent, recent_age, released, `at`)
VALUES ('crm', 1, 'h', 1.5, 0, 0, 0, 5, 0, CURRENT_TIMESTAMP());

-- budget_claims
SELECT h, r, w, n, x, t, a FROM (
  SELECT 0 AS place, '' AS h, 0 AS r, 0.0 AS w, 0 AS n, 0 AS x, CURRENT_TIMESTAMP() AS t, 0 AS a
  UNION ALL
  SELECT 1, holder, round, weight, recent, released, `at`, recent_age FROM `kith`.`budget_shares` WHERE account = 'crm' AND `at` > TIMESTAMP_SUB(CURRENT_TIMESTAMP(), INTERVAL 1000 MILLISECOND)
) ORDER BY place;

-- budget_spent
SELECT IF(c.released = 1, '', holder) AS h, SUM(calls), MAX(IF(c.released = 1, 0, c.round)), MAX(IF(c.released = 1, 0, c.ahead)) FROM (
  SELECT holder, SUM(IF(`at` > TIMESTAMP_SUB(CURRENT_TIMESTAMP(), INTERVAL 500 MILLISECOND), calls, 0)) AS calls,
    ARRAY_AGG(STRUCT(released, round, ahead) ORDER BY released DESC, round DESC, `at` DESC LIMIT 1)[OFFSET(0)] AS c
  FROM `kith`.`budget_shares` WHERE account = 'crm' AND `at` > TIMESTAMP_SUB(CURRENT_TIMESTAMP(), INTERVAL 1000 MILLISECOND) GROUP BY holder
) GROUP BY h;

-- budget_sweep
DELETE FROM `kith`.`budget_shares` WHERE `at` < TIMESTAMP_SUB(CURRENT_TIMESTAMP(), INTERVAL 3 DAY);

-- budget_used
SELECT DIV(GREATEST(0, TIMESTAMP_DIFF(CURRENT_TIMESTAMP(), `at`, MILLISECOND)), 50) AS age, SUM(calls) FROM `kith`.`budget_shares`
WHERE account = 'crm' AND `at` > TIMESTAMP_SUB(CURRENT_TIMESTAMP(), INTERVAL 1000 MILLISECOND) AND calls > 0 GROUP BY age ORDER BY age DESC;

-- build_current
SELECT build, as_of, report, models FROM `kith`.`builds` WHERE TRUE
QUALIFY ROW_NUMBER() OVER (PARTITION BY build ORDER BY epoch DESC, `at` DESC) = 1 ORDER BY epoch DESC, `at` DESC LIMIT 10;

-- drop_tables
DROP TABLE IF EXISTS `kith`.`runs`;
DROP TABLE IF EXISTS `kith`.`scratch_x`;

-- episodes_list
SELECT task, kind, open, told, reached, note, run_id, since FROM (SELECT * FROM `kith`.`episodes` WHERE task = 'people' QUALIFY ROW_NUMBER() OVER (PARTITION BY task, kind ORDER BY ver DESC) = 1)
WHERE open = 1 OR told = 0 ORDER BY task, kind;

-- firings_list
SELECT task, tick, upto, kind, state, status, run_id, attempt, marks, note, `at` FROM (SELECT * FROM `kith`.`firings` WHERE task = 'people' QUALIFY ROW_NUMBER() OVER (PARTITION BY task, tick ORDER BY ver DESC) = 1)
WHERE state = 'done'
QUALIFY ROW_NUMBER() OVER (PARTITION BY task ORDER BY tick DESC) <= 3
ORDER BY task, tick DESC;

-- firings_summary
SELECT task,
  IFNULL(MAX(IF(state = 'done' AND (kind != 'manual' OR task = 'build'), upto, NULL)), TIMESTAMP '1970-01-01 00:00:00+00:00') AS served,
  IFNULL(MAX(IF(state = 'done' AND kind NOT IN ('manual', 'need'), upto, NULL)), TIMESTAMP '1970-01-01 00:00:00+00:00') AS awaited,
  IFNULL(MAX(IF(state = 'done' AND status IN ('succeeded', 'partial'), upto, NULL)), TIMESTAMP '1970-01-01 00:00:00+00:00') AS completed,
  IFNULL(MAX(IF(state = 'done' AND status IN ('succeeded', 'partial'), `at`, NULL)), TIMESTAMP '1970-01-01 00:00:00+00:00') AS ended,
  IFNULL(ARRAY_AGG(IF(state = 'done' AND status IN ('succeeded', 'partial') AND marks != '', marks, NULL) IGNORE NULLS ORDER BY upto DESC LIMIT 1)[SAFE_OFFSET(0)], '') AS marks,
  IFNULL(MAX(IF(state = 'done' AND task = 'build' AND status IN ('succeeded', 'partial', 'failed', 'blocked'), upto, NULL)), TIMESTAMP '1970-01-01 00:00:00+00:00') AS built,
  IFNULL(ARRAY_AGG(IF(state = 'done' AND task = 'build' AND status IN ('succeeded', 'partial', 'failed', 'blocked'), status, NULL) IGNORE NULLS ORDER BY upto DESC LIMIT 1)[SAFE_OFFSET(0)], '') AS built_as,
  IFNULL(ARRAY_AGG(IF(state = 'done' AND task = 'build' AND status IN ('succeeded', 'partial', 'failed', 'blocked'), note, NULL) IGNORE NULLS ORDER BY upto DESC LIMIT 1)[SAFE_OFFSET(0)], '') AS built_note
FROM (SELECT * FROM `kith`.`firings` WHERE task = 'people' QUALIFY ROW_NUMBER() OVER (PARTITION BY task, tick ORDER BY ver DESC) = 1) GROUP BY task;

-- firings_sweep
DELETE FROM `kith`.`firings` WHERE state = 'done' AND tick < TIMESTAMP '1970-01-01 00:00:00.000000+00:00' AND `at` < TIMESTAMP '1970-01-01 00:00:00.000000+00:00' AND CONCAT(CAST(UNIX_MILLIS(tick) AS STRING), ' ', task) NOT IN (
  SELECT CONCAT(CAST(UNIX_MILLIS(tick) AS STRING), ' ', task) FROM (
    SELECT task, tick FROM `kith`.`firings` WHERE state = 'done' GROUP BY task, tick QUALIFY ROW_NUMBER() OVER (PARTITION BY task ORDER BY tick DESC) <= 5
    UNION ALL
    SELECT task, tick FROM `kith`.`firings` WHERE state = 'done' AND status IN ('succeeded', 'partial') GROUP BY task, tick QUALIFY ROW_NUMBER() OVER (PARTITION BY task ORDER BY tick DESC) <= 2
    UNION ALL
    SELECT task, tick FROM `kith`.`firings` WHERE state = 'done' AND status IN ('succeeded', 'partial') AND marks != '' GROUP BY task, tick QUALIFY ROW_NUMBER() OVER (PARTITION BY task ORDER BY tick DESC) <= 2
    UNION ALL
    SELECT task, tick FROM `kith`.`firings` WHERE state = 'done' AND kind NOT IN ('manual', 'need') GROUP BY task, tick QUALIFY ROW_NUMBER() OVER (PARTITION BY task ORDER BY tick DESC) <= 2
  )
);

-- firings_sweep_open
DELETE FROM `kith`.`firings` WHERE state != 'done' AND tick < TIMESTAMP '1970-01-01 00:00:00.000000+00:00' AND `at` < TIMESTAMP '1970-01-01 00:00:00.000000+00:00' AND (
  CONCAT(CAST(UNIX_MILLIS(tick) AS STRING), ' ', task) IN (SELECT CONCAT(CAST(UNIX_MILLIS(tick) AS STRING), ' ', task) FROM `kith`.`firings` WHERE state = 'done')
  OR task IN (SELECT task FROM `kith`.`firings` WHERE state = 'done' AND tick >= TIMESTAMP '1970-01-01 00:00:00.000000+00:00')
);

-- foreign_clear
INSERT INTO `kith`.`foreign_rows` (sync, kh, row_id, remote_id, `at`, ver, del)
SELECT sync, kh, row_id, remote_id, `at`, 34359738368, 1 FROM (
  SELECT * FROM (SELECT * FROM `kith`.`foreign_rows` WHERE sync = 'rows_out' QUALIFY ROW_NUMBER() OVER (PARTITION BY kh, row_id ORDER BY ver DESC) = 1) WHERE del = 0
)
WHERE row_id NOT IN (SELECT row_id FROM `kith`.`baseline_rows_out` WHERE ver > 0);

-- foreign_fetch
INSERT INTO `kith`.`foreign_rows` (sync, kh, row_id, remote_id, `at`, ver, del)
SELECT 'rows_out', kh, row_id, remote_id, `at`, ver, 0 FROM (
  SELECT * FROM (SELECT * FROM `kith`.`foreign_rows` WHERE sync = 'was' QUALIFY ROW_NUMBER() OVER (PARTITION BY kh, row_id ORDER BY ver DESC) = 1) WHERE del = 0 AND ver > 4294967296
) WHERE row_id NOT IN (SELECT row_id FROM `kith`.`foreign_rows` WHERE sync = 'rows_out');

-- foreign_forget
INSERT INTO `kith`.`foreign_rows` (sync, kh, row_id, remote_id, `at`, ver, del)
SELECT sync, kh, row_id, remote_id, `at`, 4294967296 + 1, 1 FROM (
  SELECT * FROM (SELECT * FROM `kith`.`foreign_rows` WHERE sync = 'rows_out' QUALIFY ROW_NUMBER() OVER (PARTITION BY kh, row_id ORDER BY ver DESC) = 1) WHERE del = 0
) WHERE ver <= 4294967296 AND (SELECT COUNT(*) FROM `kith`.`heartbeats` WHERE lease = 'rows_out' AND epoch > 7) = 0;

-- foreign_known
SELECT row_id FROM (
  SELECT row_id, del FROM (
    SELECT row_id, ver, del FROM `kith`.`baseline_rows_out` WHERE kh IN (1, 2)
    UNION ALL
    SELECT row_id, ver, del FROM `kith`.`acks_rows_out` WHERE ver >= 30064771072 AND kh IN (1, 2)
  ) WHERE ver > 0 QUALIFY ROW_NUMBER() OVER (PARTITION BY row_id ORDER BY ver DESC) = 1
) WHERE del = 0;

-- foreign_leave
INSERT INTO `kith`.`foreign_rows` (sync, kh, row_id, remote_id, `at`, ver, del)
SELECT sync, kh, row_id, remote_id, `at`, 34359738368, 1 FROM (
  SELECT * FROM (SELECT * FROM `kith`.`foreign_rows` WHERE sync = 'rows_out' QUALIFY ROW_NUMBER() OVER (PARTITION BY kh, row_id ORDER BY ver DESC) = 1) WHERE del = 0
) WHERE (SELECT COUNT(*) FROM `kith`.`heartbeats` WHERE lease = 'rows_out' AND epoch > 7) = 0;

-- foreign_move
INSERT INTO `kith`.`foreign_rows` (sync, kh, row_id, remote_id, `at`, ver, del)
SELECT 'rows_out', kh, row_id, remote_id, `at`, 34359738368, 0 FROM (
  SELECT * FROM (SELECT * FROM `kith`.`foreign_rows` WHERE sync = 'was' QUALIFY ROW_NUMBER() OVER (PARTITION BY kh, row_id ORDER BY ver DESC) = 1) WHERE del = 0 AND ver > 4294967296
)
UNION ALL
SELECT sync, kh, row_id, remote_id, `at`, 34359738368, 1 FROM (
  SELECT * FROM (SELECT * FROM `kith`.`foreign_rows` WHERE sync = 'rows_out' QUALIFY ROW_NUMBER() OVER (PARTITION BY kh, row_id ORDER BY ver DESC) = 1) WHERE del = 0
) WHERE row_id NOT IN (SELECT row_id FROM (
  SELECT * FROM (SELECT * FROM `kith`.`foreign_rows` WHERE sync = 'was' QUALIFY ROW_NUMBER() OVER (PARTITION BY kh, row_id ORDER BY ver DESC) = 1) WHERE del = 0 AND ver > 4294967296
));

-- identity_collisions
SELECT identifier, value, ARRAY_AGG(node ORDER BY `at` DESC LIMIT 1)[OFFSET(0)] FROM `kith`.`identity_collisions` WHERE entity = 'person' GROUP BY identifier, value ORDER BY identifier, value;

-- identity_forget_audit
DELETE FROM `kith`.`identity_audit` WHERE build = 'build' AND build NOT IN (SELECT build FROM `kith`.`builds`);

-- identity_forget_merges
DELETE FROM `kith`.`entity_merges` WHERE build = 'build' AND build NOT IN (SELECT build FROM `kith`.`builds`);

-- intents_sweep
DELETE FROM `kith`.`intents` WHERE sync = 'rows_out' AND epoch <= 7 AND `at` < TIMESTAMP_SUB(CURRENT_TIMESTAMP(), INTERVAL 1 DAY);

-- job_rows_count
SELECT COUNT(*) FROM `kith`.`job_rows` WHERE job = 'j';

-- job_rows_gather
CREATE OR REPLACE TABLE `kith`.`scratch_jobs_baseline_rows_out_0123456789abcdef` CLUSTER BY job, kh OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 2 DAY)) AS
SELECT j.*, b.ver AS newest
FROM (
  SELECT job, kh, row_id, op, h, key, fh, match, reason, action, mapping, remote_id, place, places, batch, ver FROM `kith`.`job_rows` WHERE job IN ('i', 'j')
  QUALIFY ROW_NUMBER() OVER (PARTITION BY job, kh, row_id ORDER BY `at`) = 1
) AS j
LEFT JOIN (
  SELECT kh, row_id, MAX(ver) AS ver FROM (
    SELECT kh, row_id, ver FROM `kith`.`baseline_rows_out`
    UNION ALL SELECT kh, row_id, ver FROM `kith`.`acks_rows_out` WHERE ver >= 30064771072
    UNION ALL SELECT kh, row_id, ver FROM `kith`.`job_rows` WHERE job IN (SELECT job FROM `kith`.`jobs` WHERE sync = 'rows_out')
  ) WHERE kh IN (SELECT kh FROM `kith`.`job_rows` WHERE job IN ('i', 'j')) GROUP BY kh, row_id
) AS b ON j.kh = b.kh AND j.row_id = b.row_id;

-- job_rows_page
SELECT kh, row_id, op, h, key, fh, match, reason, action, mapping, remote_id, place, places, batch, ver, newest
FROM `kith`.`scratch_jobs_baseline_rows_out_0123456789abcdef` WHERE job = 'j' AND kh >= 7 AND (kh > 7 OR row_id > 'o\'p')
ORDER BY kh, row_id LIMIT 10;

-- job_rows_sweep
DELETE FROM `kith`.`job_rows` WHERE `at` < TIMESTAMP_SUB(CURRENT_TIMESTAMP(), INTERVAL 1 DAY) AND (
  job IN (SELECT job FROM (SELECT job, state FROM `kith`.`jobs` WHERE TRUE QUALIFY ROW_NUMBER() OVER (PARTITION BY sync, job ORDER BY ver DESC) = 1) GROUP BY job HAVING COUNTIF(state = 'open') = 0)
  OR job NOT IN (SELECT job FROM `kith`.`jobs`)
);

-- jobs_leave
INSERT INTO `kith`.`jobs` (job, sync, run_id, epoch, opened_at, state, rejected_remote, ver)
SELECT job, sync, run_id, epoch, opened_at, 'moved', rejected_remote, ver + 1 FROM (SELECT * FROM (SELECT * FROM `kith`.`jobs` WHERE sync = 'rows_out' QUALIFY ROW_NUMBER() OVER (PARTITION BY sync, job ORDER BY ver DESC) = 1) WHERE state = 'open') WHERE (SELECT COUNT(*) FROM `kith`.`heartbeats` WHERE lease = 'rows_out' AND epoch > 7) = 0;

-- jobs_move
INSERT INTO `kith`.`jobs` (job, sync, run_id, epoch, opened_at, state, rejected_remote, ver)
SELECT j.job, 'rows_out', j.run_id, j.epoch, j.opened_at, j.state, j.rejected_remote, IFNULL(t.taken, 0) + 1
FROM (SELECT * FROM (SELECT * FROM `kith`.`jobs` WHERE sync = 'was' QUALIFY ROW_NUMBER() OVER (PARTITION BY sync, job ORDER BY ver DESC) = 1) WHERE state = 'open') AS j
LEFT JOIN (SELECT job, MAX(ver) AS taken FROM `kith`.`jobs` WHERE sync = 'rows_out' GROUP BY job) AS t ON j.job = t.job
UNION ALL
SELECT job, sync, run_id, epoch, opened_at, 'moved', rejected_remote, ver + 1 FROM (SELECT * FROM (SELECT * FROM `kith`.`jobs` WHERE sync = 'rows_out' QUALIFY ROW_NUMBER() OVER (PARTITION BY sync, job ORDER BY ver DESC) = 1) WHERE state = 'open') WHERE job NOT IN (SELECT job FROM (SELECT * FROM (SELECT * FROM `kith`.`jobs` WHERE sync = 'was' QUALIFY ROW_NUMBER() OVER (PARTITION BY sync, job ORDER BY ver DESC) = 1) WHERE state = 'open'));

-- jobs_open
SELECT job, run_id, epoch, opened_at, ver FROM (SELECT * FROM `kith`.`jobs` WHERE sync = 'rows_out' QUALIFY ROW_NUMBER() OVER (PARTITION BY sync, job ORDER BY ver DESC) = 1) WHERE state = 'open' ORDER BY opened_at, job;

-- lease_beat
INSERT INTO `kith`.`heartbeats` (lease, epoch, host, boot, pid, process_start, `at`, released)
VALUES
  ('build', 3, 'h', 'b', 1, 's', CURRENT_TIMESTAMP(), 0),
  ('people', 7, 'h', 'b', 1, 's', CURRENT_TIMESTAMP(), 0);

-- lease_current
SELECT IFNULL(t.table_name, b.name), IFNULL(t.age_ms, b.beat_ms), IFNULL(t.comment, ''), b.beats, b.beat_ms, b.released
FROM (
SELECT t.table_name, TIMESTAMP_DIFF(CURRENT_TIMESTAMP(), CAST(t.creation_time AS TIMESTAMP), MILLISECOND) AS age_ms, IFNULL(REPLACE(REPLACE(SUBSTR(o.option_value, 2, LENGTH(o.option_value) - 2), '\\"', '"'), '\\\\', '\\'), '') AS comment
FROM (SELECT table_name, creation_time FROM `kith`.INFORMATION_SCHEMA.TABLES WHERE STARTS_WITH(table_name, 'lease_')) AS t
LEFT JOIN (
  SELECT table_name, option_value FROM `kith`.INFORMATION_SCHEMA.TABLE_OPTIONS WHERE option_name = 'description' AND STARTS_WITH(table_name, 'lease_')
) AS o ON t.table_name = o.table_name
) AS t
FULL JOIN (
  SELECT CONCAT('lease_', CAST(epoch AS STRING)) AS name, COUNT(*) AS beats, TIMESTAMP_DIFF(CURRENT_TIMESTAMP(), MAX(`at`), MILLISECOND) AS beat_ms, MAX(released) AS released
  FROM `kith`.`heartbeats` WHERE lease = 'people' GROUP BY epoch
) AS b ON t.table_name = b.name;

-- lease_newest
SELECT lease, MAX(epoch) FROM `kith`.`heartbeats` WHERE lease IN ('build', 'people') GROUP BY lease;

-- lease_state
SELECT t.table_name, TIMESTAMP_DIFF(CURRENT_TIMESTAMP(), CAST(t.creation_time AS TIMESTAMP), MILLISECOND) AS age_ms, IFNULL(REPLACE(REPLACE(SUBSTR(o.option_value, 2, LENGTH(o.option_value) - 2), '\\"', '"'), '\\\\', '\\'), '') AS comment
FROM (SELECT table_name, creation_time FROM `kith`.INFORMATION_SCHEMA.TABLES WHERE STARTS_WITH(table_name, 'lease_')) AS t
LEFT JOIN (
  SELECT table_name, option_value FROM `kith`.INFORMATION_SCHEMA.TABLE_OPTIONS WHERE option_name = 'description' AND STARTS_WITH(table_name, 'lease_')
) AS o ON t.table_name = o.table_name;

-- lease_sweep
DELETE FROM `kith`.`heartbeats` WHERE lease = 'people' AND epoch < 7;

-- lease_take
CREATE TABLE `kith`.`runs` (a INT64) OPTIONS (description = '{"host":"o\'neil"}');

-- ledger_version
SELECT MAX(version), ARRAY_AGG(salt ORDER BY version, `at`, salt LIMIT 1)[SAFE_OFFSET(0)], CURRENT_TIMESTAMP() FROM `kith`.`kith_meta`;

-- mappings_list
SELECT sync, version, `hash`, fields FROM `kith`.`mappings` WHERE sync IN ('rows_out', 'was')
QUALIFY ROW_NUMBER() OVER (PARTITION BY sync, version ORDER BY `at` DESC) = 1 ORDER BY version;

-- now
SELECT CURRENT_TIMESTAMP();

-- pause_set
INSERT INTO `kith`.`pauses` (task, paused, reason, since, `at`) SELECT 'people', 1, 'o\'neil', TIMESTAMP '1970-01-01 00:00:00.000000+00:00', TIMESTAMP '1970-01-01 00:00:00.000000+00:00';

-- pauses_list
SELECT task, paused, reason, since FROM `kith`.`pauses` WHERE TRUE QUALIFY ROW_NUMBER() OVER (PARTITION BY task ORDER BY `at` DESC) = 1 ORDER BY task;

-- plans_list
SELECT plan_id, sync, run_id, guard, saved, `at` FROM `kith`.`plans`
WHERE STARTS_WITH(plan_id, 'plan') AND sync = 'rows_out' QUALIFY ROW_NUMBER() OVER (PARTITION BY plan_id, sync ORDER BY `at` DESC) = 1 ORDER BY `at` DESC LIMIT 10;

-- rejections_clear
INSERT INTO `kith`.`rejections` (sync, kh, row_id, op, h, mapping, code, vendor_code, reason, attempts, next_try, run_id, `at`, ver, del)
SELECT r.sync, r.kh, r.row_id, r.op, r.h, r.mapping, r.code, r.vendor_code, r.reason, r.attempts, r.next_try, r.run_id, r.`at`, b.answered, 1
FROM (SELECT * FROM `kith`.`rejections` WHERE sync = 'rows_out' QUALIFY ROW_NUMBER() OVER (PARTITION BY kh, row_id ORDER BY ver DESC) = 1) AS r
JOIN (SELECT row_id, MAX(ver) AS answered FROM `kith`.`acks_rows_out` WHERE ver >= 30064771072 AND (h != 0 OR gone != 0 OR del = 1) GROUP BY row_id) AS b ON r.row_id = b.row_id
WHERE r.del = 0 AND b.answered > r.ver;

-- rejections_fetch
INSERT INTO `kith`.`rejections` (sync, kh, row_id, op, h, mapping, code, vendor_code, reason, attempts, next_try, run_id, `at`, ver, del)
SELECT 'rows_out', kh, row_id, op, h, mapping, code, vendor_code, reason, attempts, next_try, run_id, `at`, ver, 0 FROM (SELECT * FROM (SELECT * FROM `kith`.`rejections` WHERE sync = 'was' QUALIFY ROW_NUMBER() OVER (PARTITION BY kh, row_id ORDER BY ver DESC) = 1) WHERE del = 0 AND ver > 4294967296) WHERE row_id NOT IN (SELECT row_id FROM `kith`.`rejections` WHERE sync = 'rows_out');

-- rejections_forget
INSERT INTO `kith`.`rejections` (sync, kh, row_id, op, h, mapping, code, vendor_code, reason, attempts, next_try, run_id, `at`, ver, del)
SELECT sync, kh, row_id, op, h, mapping, code, vendor_code, reason, attempts, next_try, run_id, `at`, 4294967296, 1 FROM (SELECT * FROM (SELECT * FROM `kith`.`rejections` WHERE sync = 'rows_out' QUALIFY ROW_NUMBER() OVER (PARTITION BY kh, row_id ORDER BY ver DESC) = 1) WHERE del = 0) WHERE ver <= 4294967296 AND (SELECT COUNT(*) FROM `kith`.`heartbeats` WHERE lease = 'rows_out' AND epoch > 7) = 0;

-- rejections_leave
INSERT INTO `kith`.`rejections` (sync, kh, row_id, op, h, mapping, code, vendor_code, reason, attempts, next_try, run_id, `at`, ver, del)
SELECT sync, kh, row_id, op, h, mapping, code, vendor_code, reason, attempts, next_try, run_id, `at`, ver + 1, 1 FROM (SELECT * FROM (SELECT * FROM `kith`.`rejections` WHERE sync = 'rows_out' QUALIFY ROW_NUMBER() OVER (PARTITION BY kh, row_id ORDER BY ver DESC) = 1) WHERE del = 0) WHERE (SELECT COUNT(*) FROM `kith`.`heartbeats` WHERE lease = 'rows_out' AND epoch > 7) = 0;

-- rejections_list
SELECT sync, kh, row_id, op, code, vendor_code, reason, attempts, next_try, run_id, `at`
FROM (SELECT * FROM `kith`.`rejections` WHERE sync = 'rows_out' QUALIFY ROW_NUMBER() OVER (PARTITION BY sync, kh, row_id ORDER BY ver DESC) = 1)
WHERE del = 0 AND run_id = 'run' ORDER BY `at` DESC LIMIT 10;

-- rejections_mappings
SELECT mapping, COUNT(*) FROM (
  SELECT mapping, del FROM `kith`.`rejections` WHERE sync = 'rows_out' QUALIFY ROW_NUMBER() OVER (PARTITION BY kh, row_id ORDER BY ver DESC) = 1
) WHERE del = 0 AND mapping IN (1, 2) GROUP BY mapping ORDER BY mapping;

-- rejections_move
INSERT INTO `kith`.`rejections` (sync, kh, row_id, op, h, mapping, code, vendor_code, reason, attempts, next_try, run_id, `at`, ver, del)
SELECT 'rows_out', r.kh, r.row_id, r.op, r.h, r.mapping, r.code, r.vendor_code, r.reason, r.attempts, r.next_try, r.run_id, r.`at`, GREATEST(r.ver, IFNULL(t.taken, 0) + 1), 0
FROM (SELECT * FROM (SELECT * FROM `kith`.`rejections` WHERE sync = 'was' QUALIFY ROW_NUMBER() OVER (PARTITION BY kh, row_id ORDER BY ver DESC) = 1) WHERE del = 0 AND ver > 4294967296) AS r
LEFT JOIN (SELECT row_id, MAX(ver) AS taken FROM `kith`.`rejections` WHERE sync = 'rows_out' AND del = 1 GROUP BY row_id) AS t ON r.row_id = t.row_id
UNION ALL
SELECT sync, kh, row_id, op, h, mapping, code, vendor_code, reason, attempts, next_try, run_id, `at`, ver + 1, 1 FROM (SELECT * FROM (SELECT * FROM `kith`.`rejections` WHERE sync = 'rows_out' QUALIFY ROW_NUMBER() OVER (PARTITION BY kh, row_id ORDER BY ver DESC) = 1) WHERE del = 0) WHERE row_id NOT IN (SELECT row_id FROM (SELECT * FROM (SELECT * FROM `kith`.`rejections` WHERE sync = 'was' QUALIFY ROW_NUMBER() OVER (PARTITION BY kh, row_id ORDER BY ver DESC) = 1) WHERE del = 0 AND ver > 4294967296));

-- rejections_of
SELECT row_id, op, h, attempts FROM (
  SELECT row_id, op, h, attempts, del FROM `kith`.`rejections` WHERE sync = 'rows_out' AND kh IN (1, 2) QUALIFY ROW_NUMBER() OVER (PARTITION BY kh, row_id ORDER BY ver DESC) = 1
) WHERE del = 0;

-- retention_approvals
DELETE FROM `kith`.`approvals` WHERE expires_at < TIMESTAMP '1970-01-01 00:00:00.000000+00:00';

-- retention_log
DELETE FROM `kith`.`sync_log` WHERE `at` < TIMESTAMP '1970-01-01 00:00:00.000000+00:00';

-- retention_plans
DELETE FROM `kith`.`plans` WHERE `at` < TIMESTAMP '1970-01-01 00:00:00.000000+00:00';

-- retention_rejections
DELETE FROM `kith`.`rejections` WHERE `at` < TIMESTAMP '1970-01-01 00:00:00.000000+00:00';

-- retention_runs
DELETE FROM `kith`.`runs` WHERE `started_at` < TIMESTAMP '1970-01-01 00:00:00.000000+00:00';

-- retention_sync_runs
DELETE FROM `kith`.`sync_runs` WHERE started_at < TIMESTAMP '1970-01-01 00:00:00.000000+00:00' AND (sync, epoch) NOT IN (
  SELECT (sync, epoch) FROM (
    SELECT sync, epoch, status, ROW_NUMBER() OVER (PARTITION BY sync ORDER BY epoch DESC) AS n, status IN ('succeeded', 'partial') AND first = 0 AND `full` = 0 AS usual, ROW_NUMBER() OVER (PARTITION BY sync, status IN ('succeeded', 'partial') AND first = 0 AND `full` = 0 ORDER BY epoch DESC) AS u, MAX(IF(status != 'blocked' AND (`full` = 0 OR status IN ('succeeded', 'partial')), epoch, 0)) OVER (PARTITION BY sync) AS ended
    FROM (SELECT * FROM `kith`.`sync_runs` WHERE TRUE QUALIFY ROW_NUMBER() OVER (PARTITION BY sync, epoch ORDER BY ver DESC) = 1)
  ) WHERE n <= 50 OR (usual AND u <= 50) OR (status != 'blocked' AND epoch >= ended)
);

-- run_end
SELECT t.table_name, t.age, t.comment, CURRENT_TIMESTAMP(), d.log, d.rejections, d.runs, d.shares
FROM (
SELECT t.table_name, TIMESTAMP_DIFF(CURRENT_TIMESTAMP(), CAST(t.creation_time AS TIMESTAMP), SECOND) AS age, '' AS comment
FROM `kith`.INFORMATION_SCHEMA.TABLES AS t WHERE STARTS_WITH(t.table_name, 'lease_')
ORDER BY t.table_name
) AS t
CROSS JOIN (
  SELECT (SELECT COUNT(*) FROM `kith`.`sync_log` WHERE `at` < TIMESTAMP '1970-01-01 00:00:00.000000+00:00') AS log, (SELECT COUNT(*) FROM `kith`.`rejections` WHERE `at` < TIMESTAMP '1970-01-01 00:00:00.000000+00:00') AS rejections,
    (SELECT COUNT(*) FROM `kith`.`runs` WHERE `started_at` < TIMESTAMP '1970-01-01 00:00:00.000000+00:00') AS runs, (SELECT COUNT(*) FROM `kith`.`budget_shares` WHERE `at` < TIMESTAMP_SUB(CURRENT_TIMESTAMP(), INTERVAL 3 DAY)) AS shares
) AS d;

-- runs_list
SELECT run_id, command, git_commit, as_of, started_at, finished_at, status, report
FROM `kith`.`runs` WHERE run_id = 'run' QUALIFY ROW_NUMBER() OVER (PARTITION BY run_id ORDER BY ver DESC) = 1 ORDER BY started_at DESC, run_id DESC LIMIT 10;

-- schedule_set
INSERT INTO `kith`.`schedules` (task, spec, anchor, `at`) SELECT 'people', '0 6 * * *', TIMESTAMP '1970-01-01 00:00:00.000000+00:00', TIMESTAMP '1970-01-01 00:00:00.000000+00:00';

-- schedules_list
SELECT task, spec, anchor FROM `kith`.`schedules` ORDER BY `at`, task;

-- standing
SELECT (SELECT COUNT(*) FROM (
  SELECT * FROM (SELECT * FROM `kith`.`foreign_rows` WHERE sync = 'rows_out' QUALIFY ROW_NUMBER() OVER (PARTITION BY kh, row_id ORDER BY ver DESC) = 1) WHERE del = 0
)),
  (SELECT COUNT(*) FROM (SELECT del FROM `kith`.`rejections` WHERE sync = 'rows_out' QUALIFY ROW_NUMBER() OVER (PARTITION BY kh, row_id ORDER BY ver DESC) = 1) WHERE del = 0),
  (SELECT COUNT(*) FROM (SELECT state FROM `kith`.`jobs` WHERE sync = 'rows_out' QUALIFY ROW_NUMBER() OVER (PARTITION BY sync, job ORDER BY ver DESC) = 1) WHERE state = 'open');

-- state_move
INSERT INTO `kith`.`sync_state` (sync, endpoint, baseline, was, retired, started_at, ver)
SELECT s.sync, s.endpoint, s.baseline, s.was, s.retired, TIMESTAMP '1970-01-01 00:00:00.000000+00:00', s.ver
FROM UNNEST([STRUCT('folk' AS sync, 'crm' AS endpoint, 'baseline_rows_out' AS baseline, 'rows_out' AS was, 0 AS retired, 34359738368 AS ver), STRUCT('rows_out', '', '', '', 1, 30064771072)]) AS s
WHERE (SELECT COUNT(*) FROM `kith`.`heartbeats` WHERE lease = 'rows_out' AND epoch > 7) = 0;

-- sweep_keep
SELECT changeset, '', epoch = newest FROM (
  SELECT changeset, status, epoch, MAX(epoch) OVER (PARTITION BY sync) AS newest FROM `kith`.`sync_runs` WHERE TRUE QUALIFY ROW_NUMBER() OVER (PARTITION BY sync, epoch ORDER BY ver DESC) = 1
) WHERE status = 'started'
UNION ALL SELECT '', build, FALSE FROM (SELECT build FROM `kith`.`builds` GROUP BY build ORDER BY MAX(epoch) DESC, MAX(`at`) DESC LIMIT 10);

-- sync_dead_since
SELECT IFNULL(MIN(epoch), 0) FROM (
  SELECT epoch, MAX(IF(report != '', epoch, 0)) OVER () AS ended FROM (SELECT * FROM `kith`.`sync_runs` WHERE sync IN ('rows_out', 'was') QUALIFY ROW_NUMBER() OVER (PARTITION BY sync, epoch ORDER BY ver DESC) = 1)
) WHERE epoch > ended;

-- sync_full
SELECT IFNULL(MAX(`full`), 0) FROM `kith`.`sync_runs` WHERE run_id = 'run' AND epoch = 7;

-- sync_full_since
SELECT IFNULL(MIN(epoch), 0) FROM (
  SELECT epoch, status, MAX(IF(status != 'blocked' AND (`full` = 0 OR status IN ('succeeded', 'partial')), epoch, 0)) OVER () AS ended FROM (SELECT * FROM `kith`.`sync_runs` WHERE sync IN ('rows_out', 'was') QUALIFY ROW_NUMBER() OVER (PARTITION BY sync, epoch ORDER BY ver DESC) = 1)
) WHERE status != 'blocked' AND epoch > ended;

-- sync_last
SELECT epoch, run_id, changeset, `full`, status, `rows`, changed, first, started_at, report
FROM (SELECT * FROM `kith`.`sync_runs` WHERE sync = 'rows_out' QUALIFY ROW_NUMBER() OVER (PARTITION BY epoch ORDER BY ver DESC) = 1) WHERE status IN ('succeeded', 'partial') AND first = 0 AND `full` = 0 ORDER BY epoch DESC LIMIT 10;

-- sync_log_count
SELECT fate, COUNT(*) FROM (
  SELECT kh, ARRAY_AGG(fate ORDER BY `at` DESC, attempt DESC LIMIT 1)[OFFSET(0)] AS fate FROM `kith`.`sync_log`
  WHERE sync IN ('rows_out', 'was') AND run_id = 'run' AND `at` >= TIMESTAMP '1970-01-01 00:00:00.000000+00:00' GROUP BY kh
) GROUP BY fate;

-- sync_log_list
SELECT `at`, sync, run_id, batch, attempt, kh, op, action, fate, code, vendor_code, reason
FROM `kith`.`sync_log` WHERE sync = 'rows_out' AND run_id = 'run' AND fate = 'rejected'
ORDER BY `at` DESC LIMIT 10;

-- sync_state
SELECT sync, endpoint, baseline, was, retired, started_at, baseline IN (SELECT table_name FROM `kith`.INFORMATION_SCHEMA.TABLES) AS there,
  CONCAT('acks_', SUBSTR(baseline, LENGTH('baseline_') + 1)) IN (SELECT table_name FROM `kith`.INFORMATION_SCHEMA.TABLES) AS acks_there,
  sync IN (SELECT sync FROM (SELECT * FROM `kith`.`jobs` WHERE TRUE QUALIFY ROW_NUMBER() OVER (PARTITION BY sync, job ORDER BY ver DESC) = 1) WHERE state = 'open') AS jobs_open, sync IN (SELECT sync FROM `kith`.`intents` WHERE `at` < TIMESTAMP_SUB(CURRENT_TIMESTAMP(), INTERVAL 1 DAY)) AS intents_left
FROM (SELECT * FROM `kith`.`sync_state` WHERE TRUE QUALIFY ROW_NUMBER() OVER (PARTITION BY sync ORDER BY ver DESC) = 1);

-- table_exists
SELECT COUNT(*) FROM `kith`.INFORMATION_SCHEMA.TABLES WHERE table_name = 'runs';

-- tables_like
SELECT t.table_name, TIMESTAMP_DIFF(CURRENT_TIMESTAMP(), CAST(t.creation_time AS TIMESTAMP), SECOND) AS age, '' AS comment
FROM `kith`.INFORMATION_SCHEMA.TABLES AS t WHERE STARTS_WITH(t.table_name, 'lease_')
ORDER BY t.table_name;

-- tables_ready
SELECT table_name FROM `kith`.INFORMATION_SCHEMA.TABLES;

