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

{{/* what was called, and of each process that has not given everything back its last claim; a claim that hung may be written after the next one */}}
{{define "budget_spent"}}
SELECT IF(c.released = 1, '', holder) AS h, SUM(calls), MAX(IF(c.released = 1, 0, c.round)), MAX(IF(c.released = 1, 0, c.ahead)) FROM (
  SELECT holder, SUM(IF(`at` > TIMESTAMP_SUB(CURRENT_TIMESTAMP(), INTERVAL {{.Within}} MILLISECOND), calls, 0)) AS calls,
    ARRAY_AGG(STRUCT(released, round, ahead) ORDER BY released DESC, round DESC, `at` DESC LIMIT 1)[OFFSET(0)] AS c
  FROM {{table "budget_shares"}} WHERE {{template "recently" .}} GROUP BY holder
) GROUP BY h
{{end}}

{{/* what was called, by how many parts of the time have passed since, the oldest first */}}
{{define "budget_used"}}
SELECT DIV(GREATEST(0, TIMESTAMP_DIFF(CURRENT_TIMESTAMP(), `at`, MILLISECOND)), {{.Part}}) AS age, SUM(calls) FROM {{table "budget_shares"}}
WHERE {{template "recently" .}} AND calls > 0 GROUP BY age ORDER BY age DESC
{{end}}

{{define "budget_sweep"}}
DELETE FROM {{table "budget_shares"}} WHERE `at` < TIMESTAMP_SUB(CURRENT_TIMESTAMP(), INTERVAL 3 DAY)
{{end}}
