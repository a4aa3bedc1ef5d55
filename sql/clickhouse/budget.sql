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
  released UInt8,
  at DateTime64(3, 'UTC')
) ENGINE = MergeTree ORDER BY (account, at, holder)
{{end}}
