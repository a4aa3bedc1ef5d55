{{/*
The tables of the ledger. A step is never edited once released: add one. They are appended to: what has a ver is read by its
newest row (the block "newest"). Small ones have no partitions, which would cost more to open than they save; those that grow
without end are partitioned by time, and clustered by what they are read by.
*/}}

{{/* QUALIFY text: the newest row of each key */}}
{{define "newest"}}QUALIFY ROW_NUMBER() OVER (PARTITION BY {{.}} ORDER BY ver DESC) = 1{{end}}

{{/* a scratch table disappears by itself when nobody has dropped it */}}
{{define "expires"}}OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 2 DAY)){{end}}

{{define "ledger_1_meta"}}
CREATE TABLE IF NOT EXISTS {{table "kith_meta"}} (
  version INT64,
  salt STRING,
  `at` TIMESTAMP DEFAULT CURRENT_TIMESTAMP()
)
{{end}}

{{define "ledger_1_runs"}}
CREATE TABLE IF NOT EXISTS {{table "runs"}} (
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
)
{{end}}

{{define "ledger_1_sync_runs"}}
CREATE TABLE IF NOT EXISTS {{table "sync_runs"}} (
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
)
{{end}}

{{define "ledger_1_sync_state"}}
CREATE TABLE IF NOT EXISTS {{table "sync_state"}} (
  sync STRING,
  endpoint STRING,
  baseline STRING,
  was STRING,
  retired INT64,
  started_at TIMESTAMP,
  ver INT64
)
{{end}}

{{define "ledger_1_sync_log"}}
CREATE TABLE IF NOT EXISTS {{table "sync_log"}} (
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
) PARTITION BY TIMESTAMP_TRUNC(`at`, MONTH) CLUSTER BY sync, run_id, fate
{{end}}

{{define "ledger_1_rejections"}}
CREATE TABLE IF NOT EXISTS {{table "rejections"}} (
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
) CLUSTER BY sync, kh
{{end}}

{{define "ledger_1_jobs"}}
CREATE TABLE IF NOT EXISTS {{table "jobs"}} (
  job STRING,
  sync STRING,
  run_id STRING,
  epoch INT64,
  opened_at TIMESTAMP,
  state STRING,
  rejected_remote INT64,
  ver INT64
)
{{end}}

{{define "ledger_1_job_rows"}}
CREATE TABLE IF NOT EXISTS {{table "job_rows"}} (
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
) CLUSTER BY job, kh
{{end}}

{{define "ledger_1_heartbeats"}}
CREATE TABLE IF NOT EXISTS {{table "heartbeats"}} (
  lease STRING,
  epoch INT64,
  host STRING,
  boot STRING,
  pid INT64,
  process_start STRING,
  `at` TIMESTAMP,
  released INT64
) CLUSTER BY lease, epoch
{{end}}

{{define "ledger_1_intents"}}
CREATE TABLE IF NOT EXISTS {{table "intents"}} (
  sync STRING,
  epoch INT64,
  op INT64,
  kh INT64,
  row_id STRING,
  `at` TIMESTAMP
) CLUSTER BY sync, epoch
{{end}}

{{define "ledger_1_mappings"}}
CREATE TABLE IF NOT EXISTS {{table "mappings"}} (
  sync STRING,
  version INT64,
  `hash` STRING,
  fields ARRAY<STRING>,
  `at` TIMESTAMP
)
{{end}}

{{define "ledger_1_builds"}}
CREATE TABLE IF NOT EXISTS {{table "builds"}} (
  build STRING,
  epoch INT64,
  run_id STRING,
  as_of TIMESTAMP,
  `at` TIMESTAMP,
  report STRING,
  models STRING
)
{{end}}

{{define "ledger_1_budgets"}}
CREATE TABLE IF NOT EXISTS {{table "budgets"}} (
  account STRING,
  holder STRING,
  share FLOAT64,
  until TIMESTAMP,
  `at` TIMESTAMP
)
{{end}}

{{define "ledger_1_exposures"}}
CREATE TABLE IF NOT EXISTS {{table "exposures"}} (
  sync STRING,
  trait STRING,
  entity_id STRING,
  label STRING,
  `at` TIMESTAMP,
  ver INT64
) CLUSTER BY sync, trait, entity_id
{{end}}

{{/* where a row stands in its job, and the version under which it was sent; no ledger of step 1 was ever without them here */}}
{{define "ledger_2_job_rows"}}
ALTER TABLE {{table "job_rows"}}
  ADD COLUMN IF NOT EXISTS remote_id STRING, ADD COLUMN IF NOT EXISTS place INT64, ADD COLUMN IF NOT EXISTS places INT64,
  ADD COLUMN IF NOT EXISTS batch INT64, ADD COLUMN IF NOT EXISTS ver INT64
{{end}}

{{/* step 2, matches: pairs of identifiers of which somebody has said whether they are one */}}
{{define "ledger_2_match_decisions"}}
CREATE TABLE IF NOT EXISTS {{table "match_decisions"}} (
  entity STRING,
  a INT64,
  b INT64,
  decision STRING,
  `at` TIMESTAMP
)
{{end}}

{{/* of two salts the first one counts, for every process */}}
{{define "ledger_version"}}
SELECT MAX(version), ARRAY_AGG(salt ORDER BY version, `at`, salt LIMIT 1)[SAFE_OFFSET(0)], CURRENT_TIMESTAMP() FROM {{table "kith_meta"}}
{{end}}

{{define "table_exists"}}
SELECT COUNT(*) FROM {{ident .Schema}}.INFORMATION_SCHEMA.TABLES WHERE table_name = {{quote .Name}}
{{end}}

{{define "tables_like"}}
SELECT t.table_name, TIMESTAMP_DIFF(CURRENT_TIMESTAMP(), CAST(t.creation_time AS TIMESTAMP), SECOND) AS age, '' AS comment
FROM {{ident .Schema}}.INFORMATION_SCHEMA.TABLES AS t WHERE STARTS_WITH(t.table_name, {{quote .Prefix}})
ORDER BY t.table_name
{{end}}

{{/* changesets of runs without an end, and whether no other of the same sync has begun since; the last builds */}}
{{define "sweep_keep"}}
SELECT changeset, '', epoch = newest FROM (
  SELECT changeset, status, epoch, MAX(epoch) OVER (PARTITION BY sync) AS newest FROM {{table "sync_runs"}} WHERE TRUE {{template "newest" "sync, epoch"}}
) WHERE status = 'started'
UNION ALL SELECT '', build, FALSE FROM (SELECT build FROM {{table "builds"}} GROUP BY build ORDER BY MAX(epoch) DESC, MAX(`at`) DESC LIMIT {{.Limit}})
{{end}}

{{/* a job for each would take seconds of each; the service runs them as one script */}}
{{define "drop_tables"}}
{{range $i, $n := .Names}}{{if $i}};
{{end}}DROP TABLE IF EXISTS {{table $n}}{{end}}
{{end}}

{{define "now"}}
SELECT CURRENT_TIMESTAMP()
{{end}}

{{define "ledger_1_members_history"}}
CREATE TABLE IF NOT EXISTS {{table "members_history"}} (
  entity STRING,
  segment STRING,
  entity_id STRING,
  entered_at TIMESTAMP,
  exited_at TIMESTAMP,
  ver INT64,
  del INT64
) CLUSTER BY entity, segment, entity_id
{{end}}

{{define "ledger_1_entity_merges"}}
CREATE TABLE IF NOT EXISTS {{table "entity_merges"}} (
  entity STRING,
  old_id STRING,
  new_id STRING,
  build STRING,
  `at` TIMESTAMP,
  direct INT64
) CLUSTER BY entity, old_id
{{end}}

{{define "ledger_1_identity_audit"}}
CREATE TABLE IF NOT EXISTS {{table "identity_audit"}} (
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
) CLUSTER BY entity, event
{{end}}

{{define "ledger_1_identity_collisions"}}
CREATE TABLE IF NOT EXISTS {{table "identity_collisions"}} (
  entity STRING,
  identifier STRING,
  value STRING,
  node INT64,
  `at` TIMESTAMP
)
{{end}}

{{/* examples of what guards did, masked; no ledger of step 1 was ever without them here */}}
{{define "ledger_2_identity_audit"}}
ALTER TABLE {{table "identity_audit"}} ADD COLUMN IF NOT EXISTS sample STRING
{{end}}
