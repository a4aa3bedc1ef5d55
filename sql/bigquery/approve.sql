{{/* Plans that a guard stopped, and who approved which of them. */}}

{{define "ledger_2_plans"}}
CREATE TABLE IF NOT EXISTS {{table "plans"}} (
  plan_id STRING,
  sync STRING,
  run_id STRING,
  guard STRING,
  saved STRING,
  `at` TIMESTAMP
)
{{end}}

{{define "ledger_2_approvals"}}
CREATE TABLE IF NOT EXISTS {{table "approvals"}} (
  plan_id STRING,
  sync STRING,
  approved_by STRING,
  approved_at TIMESTAMP,
  expires_at TIMESTAMP,
  used_run STRING,
  ver INT64
)
{{end}}

{{/* What a changeset sends, whatever its order: a sum over its rows. The hash of a row does
not stand for its fields: of an event it is of the id, and no hash tells which nulls clear.
The sum is no INT64: 16 million
hashes of 40 bits overflow that. */}}
{{define "changeset_fingerprint"}}
SELECT CAST(IFNULL(SUM(CAST(FARM_FINGERPRINT(CONCAT(CAST(op AS STRING), ',', CAST(kh AS STRING), ',', TO_JSON_STRING(row_id), TO_JSON_STRING(action), CAST(reason AS STRING), TO_JSON_STRING(key), TO_JSON_STRING(old_key), CAST(h AS STRING), ',', TO_JSON_STRING(match), TO_JSON_STRING(fields){{if .Event}}, CAST(IFNULL(UNIX_MICROS(`at`), 0) AS STRING){{end}})) & 0xFFFFFFFFFF AS NUMERIC)), 0) AS STRING), COUNT(*)
FROM {{table .Changeset}} WHERE op != 0{{if .Waiting}} AND NOT (op = 1 AND reason = 4){{end}}
{{end}}

{{/*
Rows that the changeset of an interrupted run did not have, or of which it was to do less: of a removal the same is done to
the same key, and a row that was given another key does not go for that. Who was to be given a key has it, and is changed.
*/}}
{{define "changeset_beyond"}}
SELECT COUNT(*) FROM {{table .Changeset}} AS c
WHERE c.op IN (1, 2, 3) AND NOT EXISTS (
  SELECT 1 FROM {{table .Of}} AS o WHERE o.row_id = c.row_id AND (o.op = c.op OR o.op = 2 AND c.op = 3)
    AND (c.op != 1 OR o.key = c.key AND o.action = c.action AND (o.reason = 0) = (c.reason = 0) AND o.fields = c.fields)
)
{{end}}

{{define "plans_list"}}
SELECT plan_id, sync, run_id, guard, saved, `at` FROM {{table "plans"}}
WHERE STARTS_WITH(plan_id, {{quote .ID}}){{if .Sync}} AND sync = {{quote .Sync}}{{end}} QUALIFY ROW_NUMBER() OVER (PARTITION BY plan_id, sync ORDER BY `at` DESC) = 1 ORDER BY `at` DESC LIMIT {{.Limit}}
{{end}}

{{define "approvals_of"}}
SELECT plan_id, approved_by, approved_at, expires_at, used_run, expires_at > CURRENT_TIMESTAMP()
FROM (SELECT * FROM {{table "approvals"}} WHERE sync = {{quote .Sync}} {{template "newest" "plan_id"}})
WHERE {{if .Run}}used_run = {{quote .Run}}{{else}}plan_id = {{quote .ID}}{{end}}
{{end}}

{{/* at a moment that was taken before: what is said again, since the answer was lost, is no newer than the use of it */}}
{{define "approve"}}
INSERT INTO {{table "approvals"}} (plan_id, sync, approved_by, approved_at, expires_at, used_run, ver)
VALUES ({{quote .ID}}, {{quote .Sync}}, {{quote .By}}, {{.When}}, {{.Until}}, '', {{.Ver}})
{{end}}

{{define "approval_use"}}
INSERT INTO {{table "approvals"}} (plan_id, sync, approved_by, approved_at, expires_at, used_run, ver)
SELECT plan_id, sync, approved_by, approved_at, expires_at, {{quote .Run}}, GREATEST(ver + 1, UNIX_MILLIS(CURRENT_TIMESTAMP()))
FROM {{table "approvals"}} WHERE plan_id = {{quote .ID}} AND sync = {{quote .Sync}} {{template "newest" "plan_id, sync"}}
{{end}}
