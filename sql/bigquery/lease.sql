{{/* A lease is a table that only one process can create (SEMANTICS section 2); its description says who. */}}

{{define "lease_take"}}
CREATE TABLE {{table .Name}} (a INT64) OPTIONS (description = {{quote .Holder}})
{{end}}

{{/* an option's value is a literal: without its quotes and escapes it is the text */}}
{{define "comment"}}REPLACE(REPLACE(SUBSTR(o.option_value, 2, LENGTH(o.option_value) - 2), '\\"', '"'), '\\\\', '\\'){{end}}

{{define "lease_state"}}
SELECT t.table_name, TIMESTAMP_DIFF(CURRENT_TIMESTAMP(), CAST(t.creation_time AS TIMESTAMP), MILLISECOND) AS age_ms, IFNULL({{template "comment" .}}, '') AS comment
FROM (SELECT table_name, creation_time FROM {{ident .Schema}}.INFORMATION_SCHEMA.TABLES WHERE STARTS_WITH(table_name, {{quote .Prefix}})) AS t
LEFT JOIN (
  SELECT table_name, option_value FROM {{ident .Schema}}.INFORMATION_SCHEMA.TABLE_OPTIONS WHERE option_name = 'description' AND STARTS_WITH(table_name, {{quote .Prefix}})
) AS o ON t.table_name = o.table_name
{{end}}

{{define "lease_beats"}}
SELECT TIMESTAMP_DIFF(CURRENT_TIMESTAMP(), MAX(`at`), MILLISECOND) AS age_ms, MAX(released)
FROM {{table "heartbeats"}} WHERE lease = {{quote .Lease}} AND epoch = {{.Epoch}}
HAVING COUNT(*) > 0
{{end}}

{{/* of all leases of a process at once: BigQuery takes 25 statements a table in ten seconds */}}
{{define "lease_beat"}}
INSERT INTO {{table "heartbeats"}} (lease, epoch, host, boot, pid, process_start, `at`, released)
VALUES{{range $i, $l := .Leases}}{{if $i}},{{end}}
  ({{quote $l.Name}}, {{$l.Epoch}}, {{quote $.Host}}, {{quote $.Boot}}, {{$.PID}}, {{quote $.Start}}, CURRENT_TIMESTAMP(), {{$.Released}}){{end}}
{{end}}

{{/* a new holder writes a heartbeat before anything else */}}
{{define "lease_newest"}}
SELECT lease, MAX(epoch) FROM {{table "heartbeats"}} WHERE lease IN ({{.LeaseNames}}) GROUP BY lease
{{end}}

{{define "lease_sweep"}}
DELETE FROM {{table "heartbeats"}} WHERE lease = {{quote .Lease}} AND epoch < {{.Epoch}}
{{end}}
