{{/* What the ledger forgets. Each statement may be repeated. */}}

{{/* all tables of the state schema and, beside each, the time and how many rows are too old */}}
{{define "run_end"}}
SELECT t.table_name, t.age, t.comment, CURRENT_TIMESTAMP(), d.log, d.rejections, d.runs, d.shares
FROM ({{template "tables_like" .}}) AS t
CROSS JOIN (
  SELECT (SELECT COUNT(*) FROM {{table "sync_log"}} WHERE {{.Log}}) AS log, (SELECT COUNT(*) FROM {{table "rejections"}} WHERE {{.Rejections}}) AS rejections,
    (SELECT COUNT(*) FROM {{table "runs"}} WHERE {{.Runs}}) AS runs, (SELECT COUNT(*) FROM {{table "budget_shares"}} WHERE `at` < TIMESTAMP_SUB(CURRENT_TIMESTAMP(), INTERVAL 3 DAY)) AS shares
) AS d
{{end}}

{{define "retention_log"}}
DELETE FROM {{table "sync_log"}} WHERE {{.Log}}
{{end}}

{{define "retention_rejections"}}
DELETE FROM {{table "rejections"}} WHERE {{.Rejections}}
{{end}}

{{define "retention_runs"}}
DELETE FROM {{table "runs"}} WHERE {{.Runs}}
{{end}}

{{/* a full run that has not ended is kept, with the last run before it that says so */}}
{{define "retention_sync_runs"}}
DELETE FROM {{table "sync_runs"}} WHERE started_at < {{.Before}} AND (sync, epoch) NOT IN (
  SELECT (sync, epoch) FROM (
    SELECT sync, epoch, status, ROW_NUMBER() OVER (PARTITION BY sync ORDER BY epoch DESC) AS n, {{template "usual_runs"}} AS usual, ROW_NUMBER() OVER (PARTITION BY sync, {{template "usual_runs"}} ORDER BY epoch DESC) AS u, MAX(IF({{template "ends_full"}}, epoch, 0)) OVER (PARTITION BY sync) AS ended
    FROM (SELECT * FROM {{table "sync_runs"}} WHERE TRUE {{template "newest" "sync, epoch"}})
  ) WHERE n <= {{.Keep}} OR (usual AND u <= {{.Keep}}) OR (status != 'blocked' AND epoch >= ended)
)
{{end}}

{{define "retention_plans"}}
DELETE FROM {{table "plans"}} WHERE `at` < {{.Before}}
{{end}}

{{define "retention_approvals"}}
DELETE FROM {{table "approvals"}} WHERE expires_at < {{.Before}}
{{end}}
