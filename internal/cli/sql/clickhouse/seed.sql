{{/* The tables of sources, for seed and, empty, for validate. */}}

{{define "source_schema"}}
CREATE DATABASE IF NOT EXISTS {{ident .Schema}}
{{end}}

{{define "source_table"}}
CREATE OR REPLACE TABLE {{table .Table}} (
{{- range $i, $c := .Columns}}{{if $i}},{{end}}
  {{ident $c.Name}} {{type $c.Type}}
{{- end}}
) ENGINE = MergeTree ORDER BY {{if .Key}}({{range $i, $k := .Key}}{{if $i}}, {{end}}{{ident $k}}{{end}}) SETTINGS allow_nullable_key = 1{{else}}tuple(){{end}}
{{end}}

{{define "source_exists"}}
SELECT count() FROM system.tables WHERE database = {{quote .Schema}} AND name = {{quote .Name}}
{{end}}

{{define "source_staging"}}
{{.Name}}__kith_seed
{{end}}

{{define "source_swap"}}
EXCHANGE TABLES {{table .A}} AND {{table .B}}
{{end}}

{{define "source_rename"}}
RENAME TABLE {{table .A}} TO {{table .B}}
{{end}}

{{define "source_drop"}}
DROP TABLE IF EXISTS {{table .}} SYNC
{{end}}

{{define "source_append"}}
INSERT INTO {{table .To}} ({{range $i, $c := .Columns}}{{if $i}}, {{end}}{{ident $c}}{{end}})
SELECT {{range $i, $c := .Columns}}{{if $i}}, {{end}}{{ident $c}}{{end}} FROM {{table .From}}
{{end}}

{{define "source_last"}}
SELECT max({{ident .Column}}) FROM {{table .Table}}
{{end}}
