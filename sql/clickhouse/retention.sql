{{/* What the ledger forgets. Each statement may be repeated. */}}

{{/* all tables of the state schema and, beside each, the time and how many rows are too old */}}
{{define "run_end"}}
SELECT t.name, t.age, t.comment, now64(6, 'UTC'), d.log, d.rejections, d.runs, d.shares
FROM ({{template "tables_like" .}}) AS t
CROSS JOIN (
  SELECT (SELECT count() FROM {{table "sync_log"}} WHERE {{.Log}}) AS log, (SELECT count() FROM {{table "rejections"}} FINAL WHERE {{.Rejections}}) AS rejections,
    (SELECT count() FROM {{table "runs"}} FINAL WHERE {{.Runs}}) AS runs, (SELECT count() FROM {{table "budget_shares"}} WHERE at < now64(3) - toIntervalDay(3)) AS shares
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
  SELECT sync, epoch FROM (
    SELECT sync, epoch, status, row_number() OVER (PARTITION BY sync ORDER BY epoch DESC) AS n, {{template "usual_runs"}} AS usual, row_number() OVER (PARTITION BY sync, {{template "usual_runs"}} ORDER BY epoch DESC) AS u, max(if({{template "ends_full"}}, epoch, 0)) OVER (PARTITION BY sync) AS ended
    FROM {{table "sync_runs"}} FINAL
  ) WHERE n <= {{.Keep}} OR (usual AND u <= {{.Keep}}) OR (status != 'blocked' AND epoch >= ended)
)
{{end}}

{{define "retention_plans"}}
DELETE FROM {{table "plans"}} WHERE at < {{.Before}}
{{end}}

{{define "retention_approvals"}}
DELETE FROM {{table "approvals"}} WHERE expires_at < {{.Before}}
{{end}}
