{{/* What the daemon fires, who paused it, and whom it told (package daemon). */}}

{{define "ledger_2_firings"}}
CREATE TABLE IF NOT EXISTS {{table "firings"}} (
  task LowCardinality(String),
  tick DateTime64(3, 'UTC'),
  upto DateTime64(3, 'UTC'),
  kind LowCardinality(String),
  state LowCardinality(String),
  status LowCardinality(String),
  run_id String,
  attempt UInt32,
  marks String,
  note String,
  at DateTime64(3, 'UTC'),
  ver UInt64
) ENGINE = ReplacingMergeTree(ver) ORDER BY (task, tick)
{{end}}

{{define "ledger_2_schedules"}}
CREATE TABLE IF NOT EXISTS {{table "schedules"}} (
  task LowCardinality(String),
  spec String,
  anchor DateTime64(3, 'UTC'),
  at DateTime64(6, 'UTC') DEFAULT now64(6)
) ENGINE = MergeTree ORDER BY (task, at)
{{end}}

{{define "ledger_2_pauses"}}
CREATE TABLE IF NOT EXISTS {{table "pauses"}} (
  task LowCardinality(String),
  paused UInt8,
  reason String,
  since DateTime64(3, 'UTC'),
  at DateTime64(6, 'UTC') DEFAULT now64(6)
) ENGINE = MergeTree ORDER BY (task, at)
{{end}}

{{define "ledger_2_episodes"}}
CREATE TABLE IF NOT EXISTS {{table "episodes"}} (
  task LowCardinality(String),
  kind LowCardinality(String),
  open UInt8,
  told UInt8,
  reached String,
  note String,
  run_id String,
  since DateTime64(3, 'UTC'),
  ver UInt64
) ENGINE = ReplacingMergeTree(ver) ORDER BY (task, kind)
{{end}}

{{/* built is of builds that came to an end: ticks that were missed, skipped or given up are none;
     awaited is what a schedule with a condition has served: nothing else has met it; marks are of the last run that had a condition to meet: others have none */}}
{{define "firings_summary"}}
SELECT task,
  maxIf(upto, state = 'done' AND (kind != 'manual' OR task = 'build')) AS served,
  maxIf(upto, state = 'done' AND kind NOT IN ('manual', 'need')) AS awaited,
  maxIf(upto, state = 'done' AND status IN ('succeeded', 'partial')) AS completed,
  maxIf(at, state = 'done' AND status IN ('succeeded', 'partial')) AS ended,
  argMaxIf(marks, upto, state = 'done' AND status IN ('succeeded', 'partial') AND marks != '') AS marks,
  maxIf(upto, state = 'done' AND task = 'build' AND status IN ('succeeded', 'partial', 'failed', 'blocked')) AS built,
  argMaxIf(status, upto, state = 'done' AND task = 'build' AND status IN ('succeeded', 'partial', 'failed', 'blocked')) AS built_as,
  argMaxIf(note, upto, state = 'done' AND task = 'build' AND status IN ('succeeded', 'partial', 'failed', 'blocked')) AS built_note
FROM {{table "firings"}} FINAL {{if .Task}}WHERE task = {{quote .Task}} {{end}}GROUP BY task
{{end}}

{{define "firings_list"}}
SELECT task, tick, upto, kind, state, status, run_id, attempt, marks, note, at FROM {{table "firings"}} FINAL
WHERE {{if .Task}}task = {{quote .Task}}{{else}}1{{end}}{{if .Open}} AND state != 'done'{{else}} AND state = 'done'{{end}}
ORDER BY task, tick DESC{{if .Each}} LIMIT {{.Each}} BY task{{end}}
{{end}}

{{define "firings_sweep_open"}}
{{/* Before its last state goes: what a firing was until then would be open again, while its part is not merged.
     And where that has happened, no newer firing would have ended with this one open, so that it has ended as well. */ -}}
DELETE FROM {{table "firings"}} WHERE state != 'done' AND tick < {{.Before}} AND at < {{.Before}}
AND ((task, tick) IN (SELECT task, tick FROM {{table "firings"}} WHERE state = 'done') OR task IN (SELECT task FROM {{table "firings"}} WHERE state = 'done' AND tick >= {{.Before}}))
{{end}}

{{define "firings_sweep"}}
DELETE FROM {{table "firings"}} WHERE state = 'done' AND tick < {{.Before}} AND at < {{.Before}}
AND (task, tick) NOT IN (SELECT task, tick FROM {{table "firings"}} FINAL WHERE state = 'done' ORDER BY tick DESC LIMIT 5 BY task)
AND (task, tick) NOT IN (SELECT task, tick FROM {{table "firings"}} FINAL WHERE state = 'done' AND status IN ('succeeded', 'partial') ORDER BY tick DESC LIMIT 2 BY task)
AND (task, tick) NOT IN (SELECT task, tick FROM {{table "firings"}} FINAL WHERE state = 'done' AND status IN ('succeeded', 'partial') AND marks != '' ORDER BY tick DESC LIMIT 2 BY task)
AND (task, tick) NOT IN (SELECT task, tick FROM {{table "firings"}} FINAL WHERE state = 'done' AND kind NOT IN ('manual', 'need') ORDER BY tick DESC LIMIT 2 BY task)
{{end}}

{{define "schedules_list"}}
SELECT task, spec, anchor FROM {{table "schedules"}} ORDER BY at, task
{{end}}

{{/* What is written at a moment of the warehouse's own: the last one counts. What is appended there has no defaults on BigQuery. */}}
{{define "schedule_set"}}
INSERT INTO {{table "schedules"}} (task, spec, anchor, at) SELECT {{quote .Task}}, {{quote .Spec}}, {{.When}}, {{.Said}}
{{end}}

{{define "pause_set"}}
INSERT INTO {{table "pauses"}} (task, paused, reason, since, at) SELECT {{quote .Task}}, {{.Paused}}, {{quote .Reason}}, {{.When}}, {{.Said}}
{{end}}

{{define "pauses_list"}}
SELECT task, argMax(paused, at), argMax(reason, at), argMax(since, at) FROM {{table "pauses"}} GROUP BY task ORDER BY task
{{end}}

{{define "episodes_list"}}
SELECT task, kind, open, told, reached, note, run_id, since FROM {{table "episodes"}} FINAL
WHERE {{if .Task}}task = {{quote .Task}} AND {{end}}(open = 1 OR told = 0) ORDER BY task, kind
{{end}}
