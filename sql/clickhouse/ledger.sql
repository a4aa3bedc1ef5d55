{{/* The tables of the ledger. A step is never edited once released: add one. */}}

{{define "ledger_1_meta"}}
CREATE TABLE IF NOT EXISTS {{table "kith_meta"}} (
  version UInt32,
  salt String,
  at DateTime64(3, 'UTC') DEFAULT now64(3)
) ENGINE = MergeTree ORDER BY version
{{end}}

{{define "ledger_1_runs"}}
CREATE TABLE IF NOT EXISTS {{table "runs"}} (
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
) ENGINE = ReplacingMergeTree(ver) ORDER BY run_id
{{end}}

{{define "ledger_1_sync_runs"}}
CREATE TABLE IF NOT EXISTS {{table "sync_runs"}} (
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
) ENGINE = ReplacingMergeTree(ver) ORDER BY (sync, epoch)
{{end}}

{{define "ledger_1_sync_state"}}
CREATE TABLE IF NOT EXISTS {{table "sync_state"}} (
  sync String,
  endpoint String,
  baseline String,
  was String,
  retired UInt8,
  started_at DateTime64(6, 'UTC'),
  ver UInt64
) ENGINE = ReplacingMergeTree(ver) ORDER BY sync
{{end}}

{{define "ledger_1_sync_log"}}
CREATE TABLE IF NOT EXISTS {{table "sync_log"}} (
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
) ENGINE = MergeTree ORDER BY (sync, at, kh) PARTITION BY toYYYYMM(at)
{{end}}

{{define "ledger_1_rejections"}}
CREATE TABLE IF NOT EXISTS {{table "rejections"}} (
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
) ENGINE = ReplacingMergeTree(ver, del) ORDER BY (sync, kh, row_id)
{{end}}

{{define "ledger_1_jobs"}}
CREATE TABLE IF NOT EXISTS {{table "jobs"}} (
  job String,
  sync String,
  run_id String,
  epoch UInt64,
  opened_at DateTime64(3, 'UTC'),
  state LowCardinality(String),
  rejected_remote UInt64,
  ver UInt64
) ENGINE = ReplacingMergeTree(ver) ORDER BY (sync, job)
{{end}}

{{define "ledger_1_job_rows"}}
CREATE TABLE IF NOT EXISTS {{table "job_rows"}} (
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
) ENGINE = MergeTree ORDER BY (job, kh, row_id)
{{end}}

{{define "ledger_1_heartbeats"}}
CREATE TABLE IF NOT EXISTS {{table "heartbeats"}} (
  lease String,
  epoch UInt64,
  host String,
  boot String,
  pid UInt32,
  process_start String,
  at DateTime64(3, 'UTC'),
  released UInt8
) ENGINE = MergeTree ORDER BY (lease, epoch, at)
{{end}}

{{define "ledger_1_intents"}}
CREATE TABLE IF NOT EXISTS {{table "intents"}} (
  sync String,
  epoch UInt64,
  op UInt8,
  kh UInt64,
  row_id String,
  at DateTime64(3, 'UTC')
) ENGINE = MergeTree ORDER BY (sync, epoch, op, kh, row_id)
{{end}}

{{define "ledger_1_mappings"}}
CREATE TABLE IF NOT EXISTS {{table "mappings"}} (
  sync String,
  version UInt32,
  hash String,
  fields Array(String),
  at DateTime64(3, 'UTC')
) ENGINE = ReplacingMergeTree ORDER BY (sync, version)
{{end}}

{{define "ledger_1_builds"}}
CREATE TABLE IF NOT EXISTS {{table "builds"}} (
  build String,
  epoch UInt64,
  run_id String,
  as_of DateTime64(6, 'UTC'),
  at DateTime64(3, 'UTC'),
  report String,
  models String
) ENGINE = MergeTree ORDER BY (epoch, at)
{{end}}

{{define "ledger_1_budgets"}}
CREATE TABLE IF NOT EXISTS {{table "budgets"}} (
  account String,
  holder String,
  share Float64,
  until DateTime64(3, 'UTC'),
  at DateTime64(3, 'UTC')
) ENGINE = MergeTree ORDER BY (account, at)
{{end}}

{{define "ledger_1_exposures"}}
CREATE TABLE IF NOT EXISTS {{table "exposures"}} (
  sync String,
  trait String,
  entity_id String,
  label String,
  at DateTime64(3, 'UTC'),
  ver UInt64
) ENGINE = ReplacingMergeTree(ver) ORDER BY (sync, trait, entity_id)
{{end}}

{{/* where a row stands in its job, and the version under which it was sent */}}
{{define "ledger_2_job_rows"}}
ALTER TABLE {{table "job_rows"}}
  ADD COLUMN IF NOT EXISTS remote_id String, ADD COLUMN IF NOT EXISTS place UInt32, ADD COLUMN IF NOT EXISTS places UInt32,
  ADD COLUMN IF NOT EXISTS batch UInt32, ADD COLUMN IF NOT EXISTS ver UInt64
{{end}}

{{/* of two salts the first one counts, for every process */}}
{{define "ledger_version"}}
SELECT max(version), argMin(salt, (version, at, salt)), now64(6, 'UTC') FROM {{table "kith_meta"}}
{{end}}

{{define "table_exists"}}
SELECT count() FROM system.tables WHERE database = {{quote .Schema}} AND name = {{quote .Name}}
{{end}}

{{define "tables_like"}}
SELECT name, toUnixTimestamp(now()) - toUnixTimestamp(metadata_modification_time) AS age, comment
FROM system.tables WHERE database = {{quote .Schema}} AND startsWith(name, {{quote .Prefix}})
ORDER BY name
{{end}}

{{/* changesets of runs without an end, and whether no other of the same sync has begun since; the last builds */}}
{{define "sweep_keep"}}
SELECT changeset, '', epoch = newest FROM (SELECT changeset, status, epoch, max(epoch) OVER (PARTITION BY sync) AS newest FROM {{table "sync_runs"}} FINAL) WHERE status = 'started'
UNION ALL SELECT '', build, 0 FROM (SELECT build FROM {{table "builds"}} ORDER BY epoch DESC, at DESC LIMIT 1 BY build LIMIT {{.Limit}})
{{end}}

{{define "drop_tables"}}
DROP TABLE IF EXISTS {{range $i, $n := .Names}}{{if $i}}, {{end}}{{table $n}}{{end}}
{{end}}

{{define "now"}}
SELECT now64(6, 'UTC')
{{end}}

{{define "ledger_1_members_history"}}
CREATE TABLE IF NOT EXISTS {{table "members_history"}} (
  entity LowCardinality(String),
  segment LowCardinality(String),
  entity_id String,
  entered_at DateTime64(6, 'UTC'),
  exited_at Nullable(DateTime64(6, 'UTC')),
  ver UInt64,
  del UInt8
) ENGINE = ReplacingMergeTree(ver, del) ORDER BY (entity, segment, entity_id, entered_at)
{{end}}

{{define "ledger_1_entity_merges"}}
CREATE TABLE IF NOT EXISTS {{table "entity_merges"}} (
  entity LowCardinality(String),
  old_id String,
  new_id String,
  build String,
  at DateTime64(6, 'UTC'),
  direct UInt8
) ENGINE = MergeTree ORDER BY (entity, old_id, at)
{{end}}

{{define "ledger_1_identity_audit"}}
CREATE TABLE IF NOT EXISTS {{table "identity_audit"}} (
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
) ENGINE = MergeTree ORDER BY (entity, at, event)
{{end}}

{{define "ledger_1_identity_collisions"}}
CREATE TABLE IF NOT EXISTS {{table "identity_collisions"}} (
  entity LowCardinality(String),
  identifier LowCardinality(String),
  value String,
  node UInt64,
  at DateTime64(6, 'UTC')
) ENGINE = ReplacingMergeTree(at) ORDER BY (entity, identifier, value)
{{end}}

{{/* step 2, matches: pairs of identifiers of which somebody has said whether they are one */}}
{{define "ledger_2_match_decisions"}}
CREATE TABLE IF NOT EXISTS {{table "match_decisions"}} (
  entity LowCardinality(String),
  a UInt64,
  b UInt64,
  decision LowCardinality(String),
  at DateTime64(6, 'UTC')
) ENGINE = ReplacingMergeTree ORDER BY (entity, a, b, at)
{{end}}

{{/* examples of what guards did, masked */}}
{{define "ledger_2_identity_audit"}}
ALTER TABLE {{table "identity_audit"}} ADD COLUMN IF NOT EXISTS sample String
{{end}}
