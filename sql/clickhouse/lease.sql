{{/* A lease is a table that only one process can create (SEMANTICS section 2). */}}

{{define "lease_take"}}
CREATE TABLE {{table .Name}} (a UInt8) ENGINE = MergeTree ORDER BY a COMMENT {{quote .Holder}}
{{end}}

{{define "lease_state"}}
SELECT name, toInt64(toUnixTimestamp64Milli(now64(3)) - toUnixTimestamp(metadata_modification_time) * 1000) AS age_ms, comment
FROM system.tables WHERE database = {{quote .Schema}} AND startsWith(name, {{quote .Prefix}})
{{end}}

{{/*
With what the heartbeats of each epoch say: how many there are, how old the last one is, whether it gave the lease back. An
epoch whose table is gone, as empty tables are that no backup has, counts: what it wrote is not to be older than all that comes.
*/}}
{{define "lease_current"}}
SELECT if(t.name = '', b.name, t.name), if(t.name = '', b.beat_ms, t.age_ms), t.comment, b.beats, b.beat_ms, b.released
FROM ({{template "lease_state" .}}) AS t
FULL JOIN (
  SELECT concat({{quote .Prefix}}, toString(epoch)) AS name, count() AS beats, toInt64(toUnixTimestamp64Milli(now64(3)) - toUnixTimestamp64Milli(max(at))) AS beat_ms, max(released) AS released
  FROM {{table "heartbeats"}} WHERE lease = {{quote .Lease}} GROUP BY epoch
) AS b ON t.name = b.name
SETTINGS join_use_nulls = 0
{{end}}

{{/* of all leases of a process at once */}}
{{define "lease_beat"}}
INSERT INTO {{table "heartbeats"}} (lease, epoch, host, boot, pid, process_start, at, released)
{{range $i, $l := .Leases}}{{if $i}}
UNION ALL {{end}}SELECT {{quote $l.Name}}, {{$l.Epoch}}, {{quote $.Host}}, {{quote $.Boot}}, {{$.PID}}, {{quote $.Start}}, now64(3), {{$.Released}}{{end}}
{{end}}

{{/* a new holder writes a heartbeat before anything else */}}
{{define "lease_newest"}}
SELECT lease, max(epoch) FROM {{table "heartbeats"}} WHERE lease IN ({{.LeaseNames}}) GROUP BY lease
{{end}}

{{/* nobody has had the lease of a sync since: what a holder writes that was paused, where no version can tell, is to write nothing */}}
{{define "last_holder"}}(SELECT count() FROM {{table "heartbeats"}} WHERE lease = {{quote .Sync}} AND epoch > {{.Epoch}}) = 0{{end}}

{{define "lease_sweep"}}
DELETE FROM {{table "heartbeats"}} WHERE lease = {{quote .Lease}} AND epoch < {{.Epoch}}
{{end}}
