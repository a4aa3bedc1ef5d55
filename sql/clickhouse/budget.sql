{{/* Shares of the rates of an account, taken by processes for one round at a time. */}}

{{define "ledger_2_budget_shares"}}
CREATE TABLE IF NOT EXISTS {{table "budget_shares"}} (
  account String,
  round UInt64,
  holder String,
  weight Float64,
  calls UInt64,
  ahead UInt64,
  recent UInt64,
  recent_age UInt64,
  released UInt8,
  at DateTime64(3, 'UTC')
) ENGINE = MergeTree ORDER BY (account, at, holder)
{{end}}

{{define "budget_claim"}}
INSERT INTO {{table "budget_shares"}} (account, round, holder, weight, calls, ahead, recent, recent_age, released, at)
SELECT {{quote .Account}}, {{.C.Round}}, {{quote .C.Holder}}, {{.C.Weight}}, {{.C.Calls}}, {{.C.Ahead}}, {{.C.Recent}}, {{.Age}}, {{if .C.Released}}1{{else}}0{{end}}, now64(3)
{{end}}

{{/* the first row is the warehouse's clock */}}
{{define "budget_claims"}}
SELECT '' AS h, toUInt64(0) AS r, toFloat64(0) AS w, toUInt64(0) AS n, toUInt8(0) AS x, now64(6, 'UTC') AS t, toUInt64(0) AS a
UNION ALL
SELECT holder, round, weight, recent, released, toDateTime64(at, 6, 'UTC'), recent_age FROM {{table "budget_shares"}}
WHERE account = {{quote .Account}} AND at > now64(3) - toIntervalMillisecond({{.Millis}})
{{end}}

{{/* what was called, and of each process that has not given everything back its last claim; a claim that hung may be written after the next one */}}
{{define "budget_spent"}}
SELECT if(c.1 = 1, '', holder) AS h, sum(n), max(if(c.1 = 1, 0, c.2)), max(if(c.1 = 1, 0, c.4)) FROM (
  SELECT holder, sumIf(calls, at > now64(3) - toIntervalMillisecond({{.Within}})) AS n, max((released, round, at, ahead)) AS c
  FROM {{table "budget_shares"}} WHERE account = {{quote .Account}} AND at > now64(3) - toIntervalMillisecond({{.Millis}}) GROUP BY holder
) GROUP BY h
{{end}}

{{/* what was called, by how many parts of the time have passed since, the oldest first */}}
{{define "budget_used"}}
SELECT intDiv(toUInt64(greatest(0, dateDiff('millisecond', at, now64(3)))), {{.Part}}) AS age, sum(calls) FROM {{table "budget_shares"}}
WHERE account = {{quote .Account}} AND at > now64(3) - toIntervalMillisecond({{.Millis}}) AND calls > 0 GROUP BY age ORDER BY age DESC
{{end}}

{{define "budget_sweep"}}
DELETE FROM {{table "budget_shares"}} WHERE at < now64(3) - toIntervalDay(3)
{{end}}
