{{/* What the daemon fires, who paused it, and whom it told (package daemon). */}}

{{define "ledger_2_firings"}}
CREATE TABLE IF NOT EXISTS {{table "firings"}} (
  task STRING,
  tick TIMESTAMP,
  upto TIMESTAMP,
  kind STRING,
  state STRING,
  status STRING,
  run_id STRING,
  attempt INT64,
  marks STRING,
  note STRING,
  `at` TIMESTAMP,
  ver INT64
) CLUSTER BY task, tick
{{end}}

{{define "ledger_2_schedules"}}
CREATE TABLE IF NOT EXISTS {{table "schedules"}} (
  task STRING,
  spec STRING,
  anchor TIMESTAMP,
  `at` TIMESTAMP DEFAULT CURRENT_TIMESTAMP()
)
{{end}}

{{define "ledger_2_pauses"}}
CREATE TABLE IF NOT EXISTS {{table "pauses"}} (
  task STRING,
  paused INT64,
  reason STRING,
  since TIMESTAMP,
  `at` TIMESTAMP DEFAULT CURRENT_TIMESTAMP()
)
{{end}}

{{define "ledger_2_episodes"}}
CREATE TABLE IF NOT EXISTS {{table "episodes"}} (
  task STRING,
  kind STRING,
  open INT64,
  told INT64,
  reached STRING,
  note STRING,
  run_id STRING,
  since TIMESTAMP,
  ver INT64
)
{{end}}

{{/* FROM text: the newest state of every firing */}}
{{define "fired"}}(SELECT * FROM {{table "firings"}} WHERE {{if .Task}}task = {{quote .Task}}{{else}}TRUE{{end}} {{template "newest" "task, tick"}}){{end}}

{{define "ended_well"}}state = 'done' AND status IN ('succeeded', 'partial'){{end}}

{{/* ticks that were missed, skipped or given up are no builds */}}
{{define "built"}}state = 'done' AND task = 'build' AND status IN ('succeeded', 'partial', 'failed', 'blocked'){{end}}

{{/* a time that nothing has reached is 1970;
     awaited is what a schedule with a condition has served: nothing else has met it; marks are of the last run that had a condition to meet: others have none */}}
{{define "firings_summary"}}
SELECT task,
  IFNULL(MAX(IF(state = 'done' AND (kind != 'manual' OR task = 'build'), upto, NULL)), TIMESTAMP '1970-01-01 00:00:00+00:00') AS served,
  IFNULL(MAX(IF(state = 'done' AND kind NOT IN ('manual', 'need'), upto, NULL)), TIMESTAMP '1970-01-01 00:00:00+00:00') AS awaited,
  IFNULL(MAX(IF({{template "ended_well"}}, upto, NULL)), TIMESTAMP '1970-01-01 00:00:00+00:00') AS completed,
  IFNULL(MAX(IF({{template "ended_well"}}, `at`, NULL)), TIMESTAMP '1970-01-01 00:00:00+00:00') AS ended,
  IFNULL(ARRAY_AGG(IF({{template "ended_well"}} AND marks != '', marks, NULL) IGNORE NULLS ORDER BY upto DESC LIMIT 1)[SAFE_OFFSET(0)], '') AS marks,
  IFNULL(MAX(IF({{template "built"}}, upto, NULL)), TIMESTAMP '1970-01-01 00:00:00+00:00') AS built,
  IFNULL(ARRAY_AGG(IF({{template "built"}}, status, NULL) IGNORE NULLS ORDER BY upto DESC LIMIT 1)[SAFE_OFFSET(0)], '') AS built_as,
  IFNULL(ARRAY_AGG(IF({{template "built"}}, note, NULL) IGNORE NULLS ORDER BY upto DESC LIMIT 1)[SAFE_OFFSET(0)], '') AS built_note
FROM {{template "fired" .}} GROUP BY task
{{end}}

{{define "firings_list"}}
SELECT task, tick, upto, kind, state, status, run_id, attempt, marks, note, `at` FROM {{template "fired" .}}
WHERE {{if .Open}}state != 'done'{{else}}state = 'done'{{end}}
{{if .Each}}QUALIFY ROW_NUMBER() OVER (PARTITION BY task ORDER BY tick DESC) <= {{.Each}}
{{end}}ORDER BY task, tick DESC
{{end}}

{{define "firing"}}CONCAT(CAST(UNIX_MILLIS(tick) AS STRING), ' ', task){{end}}

{{/* What has come in a stream cannot be deleted for half an hour: .Before is days ago, and so must the writing be. */}}
{{define "firings_sweep_open"}}
{{/* Before its last state goes: what a firing was until then would be open again. And where that has
     happened, no newer firing would have ended with this one open, so that it has ended as well. */ -}}
DELETE FROM {{table "firings"}} WHERE state != 'done' AND tick < {{.Before}} AND `at` < {{.Before}} AND (
  {{template "firing"}} IN (SELECT {{template "firing"}} FROM {{table "firings"}} WHERE state = 'done')
  OR task IN (SELECT task FROM {{table "firings"}} WHERE state = 'done' AND tick >= {{.Before}})
)
{{end}}

{{define "firings_sweep"}}
DELETE FROM {{table "firings"}} WHERE state = 'done' AND tick < {{.Before}} AND `at` < {{.Before}} AND {{template "firing"}} NOT IN (
  SELECT {{template "firing"}} FROM (
    SELECT task, tick FROM {{table "firings"}} WHERE state = 'done' GROUP BY task, tick QUALIFY ROW_NUMBER() OVER (PARTITION BY task ORDER BY tick DESC) <= 5
    UNION ALL
    SELECT task, tick FROM {{table "firings"}} WHERE {{template "ended_well"}} GROUP BY task, tick QUALIFY ROW_NUMBER() OVER (PARTITION BY task ORDER BY tick DESC) <= 2
    UNION ALL
    SELECT task, tick FROM {{table "firings"}} WHERE {{template "ended_well"}} AND marks != '' GROUP BY task, tick QUALIFY ROW_NUMBER() OVER (PARTITION BY task ORDER BY tick DESC) <= 2
    UNION ALL
    SELECT task, tick FROM {{table "firings"}} WHERE state = 'done' AND kind NOT IN ('manual', 'need') GROUP BY task, tick QUALIFY ROW_NUMBER() OVER (PARTITION BY task ORDER BY tick DESC) <= 2
  )
)
{{end}}

{{define "schedules_list"}}
SELECT task, spec, anchor FROM {{table "schedules"}} ORDER BY `at`, task
{{end}}

{{/* What is written at a moment of the warehouse's own: the last one counts. What is appended there has no defaults on BigQuery. */}}
{{define "schedule_set"}}
INSERT INTO {{table "schedules"}} (task, spec, anchor, `at`) SELECT {{quote .Task}}, {{quote .Spec}}, {{.When}}, {{.Said}}
{{end}}

{{define "pause_set"}}
INSERT INTO {{table "pauses"}} (task, paused, reason, since, `at`) SELECT {{quote .Task}}, {{.Paused}}, {{quote .Reason}}, {{.When}}, {{.Said}}
{{end}}

{{define "pauses_list"}}
SELECT task, paused, reason, since FROM {{table "pauses"}} WHERE TRUE QUALIFY ROW_NUMBER() OVER (PARTITION BY task ORDER BY `at` DESC) = 1 ORDER BY task
{{end}}

{{define "episodes_list"}}
SELECT task, kind, open, told, reached, note, run_id, since FROM (SELECT * FROM {{table "episodes"}} WHERE {{if .Task}}task = {{quote .Task}}{{else}}TRUE{{end}} {{template "newest" "task, kind"}})
WHERE open = 1 OR told = 0 ORDER BY task, kind
{{end}}
