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
  size INT64
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
  `at` TIMESTAMP
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

-- baseline_maybe
INSERT INTO `kith`.`acks_rows_out` (kh, row_id, key, h, fh, remote_id, match, gone, mapping, ver, del, `at`)
SELECT c.kh, c.row_id, IFNULL(b.key, c.key), 0, [], IFNULL(b.remote_id, c.remote_id), IFNULL(b.match, c.match), 0, 1, 34359738368, 0, CURRENT_TIMESTAMP()
FROM (
  SELECT c.op, c.kh, c.row_id, c.key, c.remote_id, c.match
  FROM `kith`.`changeset_rows_out` AS c
  CROSS JOIN (SELECT op, kh, row_id FROM `kith`.`intents` WHERE sync = 'rows_out' AND epoch = 7 ORDER BY op DESC, kh DESC, row_id DESC LIMIT 1) AS i
  WHERE c.op > 0 AND (c.op < i.op OR c.op = i.op AND (c.kh < i.kh OR c.kh = i.kh AND c.row_id <= i.row_id))
    AND NOT EXISTS (SELECT 1 FROM `kith`.`acks_rows_out` AS a WHERE a.ver >= 30064771072 AND a.row_id = c.row_id AND (c.op != 4 OR a.del = 0))
    AND NOT EXISTS (SELECT 1 FROM `kith`.`rejections` AS r WHERE r.sync = 'rows_out' AND r.ver >= 30064771072 AND r.row_id = c.row_id)
) AS c
LEFT JOIN `kith`.`baseline_rows_out` AS b ON c.row_id = b.row_id
WHERE c.op = 4 OR b.row_id IS NOT NULL
QUALIFY ROW_NUMBER() OVER (PARTITION BY c.row_id ORDER BY c.op) = 1;

-- baseline_rows
SELECT COUNTIF(gone = 0), COUNT(*) FROM `kith`.`baseline_rows_out`;

-- build_current
SELECT build, as_of, report, models FROM `kith`.`builds` ORDER BY epoch DESC, `at` DESC LIMIT 10;

-- drop_table
DROP TABLE IF EXISTS `kith`.`runs`;

-- identity_collisions
SELECT identifier, value, ARRAY_AGG(node ORDER BY `at` DESC LIMIT 1)[OFFSET(0)] FROM `kith`.`identity_collisions` WHERE entity = 'person' GROUP BY identifier, value ORDER BY identifier, value;

-- identity_forget_audit
DELETE FROM `kith`.`identity_audit` WHERE build = 'build' AND build NOT IN (SELECT build FROM `kith`.`builds`);

-- identity_forget_merges
DELETE FROM `kith`.`entity_merges` WHERE build = 'build' AND build NOT IN (SELECT build FROM `kith`.`builds`);

-- intents_sweep
DELETE FROM `kith`.`intents` WHERE sync = 'rows_out' AND epoch <= 7 AND `at` < TIMESTAMP_SUB(CURRENT_TIMESTAMP(), INTERVAL 1 DAY);

-- job_rows_page
SELECT kh, row_id, op, h, key, fh, match, reason, action, mapping FROM `kith`.`job_rows`
WHERE job = 'j' AND kh >= 7 AND (kh > 7 OR row_id > 'o\'p') ORDER BY kh, row_id LIMIT 10;

-- job_rows_sweep
DELETE FROM `kith`.`job_rows` WHERE `at` < TIMESTAMP_SUB(CURRENT_TIMESTAMP(), INTERVAL 1 DAY) AND job NOT IN (SELECT job FROM (SELECT job, state FROM `kith`.`jobs` WHERE TRUE QUALIFY ROW_NUMBER() OVER (PARTITION BY job ORDER BY ver DESC) = 1) WHERE state = 'open');

-- jobs_open
SELECT job, run_id, epoch FROM (SELECT * FROM `kith`.`jobs` WHERE sync = 'rows_out' QUALIFY ROW_NUMBER() OVER (PARTITION BY job ORDER BY ver DESC) = 1) WHERE state = 'open' ORDER BY opened_at, job;

-- lease_beat
INSERT INTO `kith`.`heartbeats` (lease, epoch, host, boot, pid, process_start, `at`, released)
VALUES ('people', 7, 'h', 'b', 1, 's', CURRENT_TIMESTAMP(), 0);

-- lease_beats
SELECT TIMESTAMP_DIFF(CURRENT_TIMESTAMP(), MAX(`at`), MILLISECOND) AS age_ms, MAX(released)
FROM `kith`.`heartbeats` WHERE lease = 'people' AND epoch = 7
HAVING COUNT(*) > 0;

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
SELECT MAX(version), ARRAY_AGG(salt ORDER BY version LIMIT 1)[SAFE_OFFSET(0)] FROM `kith`.`kith_meta`;

-- mapping_last
SELECT version, `hash`, fields FROM `kith`.`mappings` WHERE sync = 'rows_out' ORDER BY version DESC, `at` DESC LIMIT 1;

-- now
SELECT CURRENT_TIMESTAMP();

-- rejections_clear
INSERT INTO `kith`.`rejections` (sync, kh, row_id, op, h, mapping, code, vendor_code, reason, attempts, next_try, run_id, `at`, ver, del)
SELECT sync, kh, row_id, op, h, mapping, code, vendor_code, reason, attempts, next_try, run_id, `at`, 34359738368, 1
FROM (SELECT * FROM `kith`.`rejections` WHERE sync = 'rows_out' QUALIFY ROW_NUMBER() OVER (PARTITION BY kh, row_id ORDER BY ver DESC) = 1)
WHERE del = 0 AND row_id IN (SELECT row_id FROM `kith`.`baseline_rows_out` WHERE ver >= 30064771072 AND h != 0);

-- rejections_list
SELECT sync, kh, row_id, op, code, vendor_code, reason, attempts, next_try, run_id, `at`
FROM (SELECT * FROM `kith`.`rejections` WHERE sync = 'rows_out' QUALIFY ROW_NUMBER() OVER (PARTITION BY sync, kh, row_id ORDER BY ver DESC) = 1)
WHERE del = 0 ORDER BY `at` DESC LIMIT 10;

-- rejections_of
SELECT row_id, op, h, attempts FROM (
  SELECT row_id, op, h, attempts, del FROM `kith`.`rejections` WHERE sync = 'rows_out' AND kh IN (1, 2) QUALIFY ROW_NUMBER() OVER (PARTITION BY kh, row_id ORDER BY ver DESC) = 1
) WHERE del = 0;

-- runs_list
SELECT run_id, command, git_commit, as_of, started_at, finished_at, status, report
FROM `kith`.`runs` WHERE run_id = 'run' QUALIFY ROW_NUMBER() OVER (PARTITION BY run_id ORDER BY ver DESC) = 1 ORDER BY started_at DESC, run_id DESC LIMIT 10;

-- sweep_keep
SELECT changeset, '' FROM (SELECT changeset, status FROM `kith`.`sync_runs` WHERE TRUE QUALIFY ROW_NUMBER() OVER (PARTITION BY sync, epoch ORDER BY ver DESC) = 1) WHERE status = 'started'
UNION ALL SELECT '', build FROM `kith`.`builds`;

-- sync_last
SELECT epoch, run_id, changeset, `full`, status, `rows`, changed, first, started_at, report FROM `kith`.`sync_runs`
WHERE sync = 'rows_out' QUALIFY ROW_NUMBER() OVER (PARTITION BY epoch ORDER BY ver DESC) = 1 ORDER BY epoch DESC LIMIT 10;

-- sync_log_list
SELECT `at`, sync, run_id, batch, attempt, kh, op, action, fate, code, vendor_code, reason
FROM `kith`.`sync_log` WHERE sync = 'rows_out' AND run_id = 'run' AND fate = 'rejected'
ORDER BY `at` DESC LIMIT 10;

-- sync_state
SELECT sync, endpoint, baseline, was, retired, started_at FROM `kith`.`sync_state` WHERE TRUE QUALIFY ROW_NUMBER() OVER (PARTITION BY sync ORDER BY ver DESC) = 1;

-- table_exists
SELECT COUNT(*) FROM `kith`.INFORMATION_SCHEMA.TABLES WHERE table_name = 'runs';

-- tables_like
SELECT t.table_name, TIMESTAMP_DIFF(CURRENT_TIMESTAMP(), CAST(t.creation_time AS TIMESTAMP), SECOND) AS age, '' AS comment
FROM `kith`.INFORMATION_SCHEMA.TABLES AS t WHERE STARTS_WITH(t.table_name, 'lease_')
ORDER BY t.table_name;

-- tables_ready
SELECT table_name FROM `kith`.INFORMATION_SCHEMA.TABLES;

