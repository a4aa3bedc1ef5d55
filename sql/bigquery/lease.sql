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

{{/*
With what the heartbeats of each epoch say: how many there are, how old the last one is, whether it gave the lease back. An
epoch whose table is gone, as empty tables are that no backup has, counts: what it wrote is not to be older than all that comes.
*/}}
{{define "lease_current"}}
SELECT IFNULL(t.table_name, b.name), IFNULL(t.age_ms, b.beat_ms), IFNULL(t.comment, ''), b.beats, b.beat_ms, b.released
FROM ({{template "lease_state" .}}) AS t
FULL JOIN (
  SELECT CONCAT({{quote .Prefix}}, CAST(epoch AS STRING)) AS name, COUNT(*) AS beats, TIMESTAMP_DIFF(CURRENT_TIMESTAMP(), MAX(`at`), MILLISECOND) AS beat_ms, MAX(released) AS released
  FROM {{table "heartbeats"}} WHERE lease = {{quote .Lease}} GROUP BY epoch
) AS b ON t.table_name = b.name
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

{{/* nobody has had the lease of a sync since: what a holder writes that was paused, where no version can tell, is to write nothing */}}
{{define "last_holder"}}(SELECT COUNT(*) FROM {{table "heartbeats"}} WHERE lease = {{quote .Sync}} AND epoch > {{.Epoch}}) = 0{{end}}

{{define "lease_sweep"}}
DELETE FROM {{table "heartbeats"}} WHERE lease = {{quote .Lease}} AND epoch < {{.Epoch}}
{{end}}
