{{/* What the ledger forgets. Each statement may be repeated. */}}

{{define "retention_due"}}
SELECT (SELECT COUNT(*) FROM {{table "sync_log"}} WHERE {{.Log}}), (SELECT COUNT(*) FROM {{table "rejections"}} WHERE {{.Rejections}}),
  (SELECT COUNT(*) FROM {{table "runs"}} WHERE {{.Runs}}), (SELECT COUNT(*) FROM {{table "budget_shares"}} WHERE `at` < TIMESTAMP_SUB(CURRENT_TIMESTAMP(), INTERVAL 3 DAY))
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

{{define "retention_sync_runs"}}
DELETE FROM {{table "sync_runs"}} WHERE started_at < {{.Before}} AND (sync, epoch) NOT IN (
  SELECT (sync, epoch) FROM {{table "sync_runs"}} GROUP BY sync, epoch QUALIFY ROW_NUMBER() OVER (PARTITION BY sync ORDER BY epoch DESC) <= {{.Keep}}
) AND (sync, epoch) NOT IN (
  SELECT (sync, epoch) FROM (SELECT sync, epoch, status, first, `full` FROM {{table "sync_runs"}} WHERE TRUE {{template "newest" "sync, epoch"}})
  WHERE {{template "usual_runs"}} QUALIFY ROW_NUMBER() OVER (PARTITION BY sync ORDER BY epoch DESC) <= {{.Keep}}
)
{{end}}

{{define "retention_plans"}}
DELETE FROM {{table "plans"}} WHERE `at` < {{.Before}}
{{end}}

{{define "retention_approvals"}}
DELETE FROM {{table "approvals"}} WHERE expires_at < {{.Before}}
{{end}}
