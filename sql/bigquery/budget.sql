{{/* Shares of the rates of an account, taken by processes for one round at a time. */}}

{{define "ledger_2_budget_shares"}}
CREATE TABLE IF NOT EXISTS {{table "budget_shares"}} (
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
) PARTITION BY DATE(`at`) CLUSTER BY account OPTIONS (partition_expiration_days = 4)
{{end}}

{{define "budget_claim"}}
INSERT INTO {{table "budget_shares"}} (account, round, holder, weight, calls, ahead, recent, recent_age, released, `at`)
VALUES ({{quote .Account}}, {{.C.Round}}, {{quote .C.Holder}}, {{.C.Weight}}, {{.C.Calls}}, {{.C.Ahead}}, {{.C.Recent}}, {{.Age}}, {{if .C.Released}}1{{else}}0{{end}}, CURRENT_TIMESTAMP())
{{end}}

{{define "recently"}}account = {{quote .Account}} AND `at` > TIMESTAMP_SUB(CURRENT_TIMESTAMP(), INTERVAL {{.Millis}} MILLISECOND){{end}}

{{/* the first row is the warehouse's clock */}}
{{define "budget_claims"}}
SELECT h, r, w, n, x, t, a FROM (
  SELECT 0 AS place, '' AS h, 0 AS r, 0.0 AS w, 0 AS n, 0 AS x, CURRENT_TIMESTAMP() AS t, 0 AS a
  UNION ALL
  SELECT 1, holder, round, weight, recent, released, `at`, recent_age FROM {{table "budget_shares"}} WHERE {{template "recently" .}}
) ORDER BY place
{{end}}

{{/* what was called, and what others may call before they say so */}}
{{define "budget_spent"}}
SELECT IFNULL(SUM(calls), 0), IFNULL(SUM(IF(holder != {{quote .Me}}, ahead, 0)), 0) FROM (
  SELECT holder, SUM(calls) AS calls, ARRAY_AGG(ahead ORDER BY `at` DESC LIMIT 1)[OFFSET(0)] AS ahead FROM {{table "budget_shares"}} WHERE {{template "recently" .}} GROUP BY holder
)
{{end}}

{{/* what was called, by how many parts of the time have passed since, the oldest first */}}
{{define "budget_used"}}
SELECT DIV(GREATEST(0, TIMESTAMP_DIFF(CURRENT_TIMESTAMP(), `at`, MILLISECOND)), {{.Part}}) AS age, SUM(calls) FROM {{table "budget_shares"}}
WHERE {{template "recently" .}} AND calls > 0 GROUP BY age ORDER BY age DESC
{{end}}

{{define "budget_sweep"}}
DELETE FROM {{table "budget_shares"}} WHERE `at` < TIMESTAMP_SUB(CURRENT_TIMESTAMP(), INTERVAL 3 DAY)
{{end}}
