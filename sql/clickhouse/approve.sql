{{/* Plans that a guard stopped, and who approved which of them. */}}

{{define "ledger_2_plans"}}
CREATE TABLE IF NOT EXISTS {{table "plans"}} (
  plan_id String,
  sync LowCardinality(String),
  run_id String,
  guard LowCardinality(String),
  saved String,
  at DateTime64(3, 'UTC')
) ENGINE = ReplacingMergeTree(at) ORDER BY (plan_id, sync)
{{end}}

{{define "ledger_2_approvals"}}
CREATE TABLE IF NOT EXISTS {{table "approvals"}} (
  plan_id String,
  sync LowCardinality(String),
  approved_by String,
  approved_at DateTime64(3, 'UTC'),
  expires_at DateTime64(3, 'UTC'),
  used_run String,
  ver UInt64
) ENGINE = ReplacingMergeTree(ver) ORDER BY (plan_id, sync)
{{end}}

{{/* What a changeset sends, whatever its order: a sum over its rows. The hash of a row does
not stand for its fields: of an event it is of the id, and no hash tells which nulls clear. */}}
{{define "changeset_fingerprint"}}
SELECT toString(sum(cityHash64(op, kh, row_id, action, reason, key, old_key, h, match, fields{{if .Event}}, ifNull(toUnixTimestamp64Micro(at), 0){{end}}))), count()
FROM {{table .Changeset}} WHERE op != 0{{if .Waiting}} AND NOT (op = 1 AND reason = 4){{end}}
{{end}}

{{/*
Rows that the changeset of an interrupted run did not have, or of which it was to do less: of a removal the same is done to
the same key, and a row that was given another key does not go for that. Who was to be given a key has it, and is changed.
*/}}
{{define "changeset_beyond"}}
SELECT count() FROM {{table .Changeset}}
WHERE op IN (1, 2, 3) AND (row_id, op, action, op = 1 AND reason != 0, if(op = 1, key, ''), if(op = 1, fields, '')) NOT IN (
  SELECT row_id, arrayJoin(if(op = 2, [2, 3], [op])) AS may, action, op = 1 AND reason != 0, if(op = 1, key, ''), if(op = 1, fields, '') FROM {{table .Of}} WHERE op IN (1, 2, 3)
)
{{end}}

{{define "plans_list"}}
SELECT plan_id, sync, run_id, guard, saved, at FROM {{table "plans"}} FINAL
WHERE startsWith(plan_id, {{quote .ID}}){{if .Sync}} AND sync = {{quote .Sync}}{{end}} ORDER BY at DESC LIMIT {{.Limit}}
{{end}}

{{define "approvals_of"}}
SELECT plan_id, approved_by, approved_at, expires_at, used_run, expires_at > now64(3) FROM {{table "approvals"}} FINAL
WHERE sync = {{quote .Sync}} AND {{if .Run}}used_run = {{quote .Run}}{{else}}plan_id = {{quote .ID}}{{end}}
{{end}}

{{/* at a moment that was taken before: what is said again, since the answer was lost, is no newer than the use of it */}}
{{define "approve"}}
INSERT INTO {{table "approvals"}} (plan_id, sync, approved_by, approved_at, expires_at, used_run, ver)
SELECT {{quote .ID}}, {{quote .Sync}}, {{quote .By}}, {{.When}}, {{.Until}}, '', {{.Ver}}
{{end}}

{{define "approval_use"}}
INSERT INTO {{table "approvals"}} (plan_id, sync, approved_by, approved_at, expires_at, used_run, ver)
SELECT plan_id, sync, approved_by, approved_at, expires_at, {{quote .Run}}, greatest(ver + 1, toUInt64(toUnixTimestamp64Milli(now64(3))))
FROM {{table "approvals"}} FINAL WHERE plan_id = {{quote .ID}} AND sync = {{quote .Sync}}
{{end}}
