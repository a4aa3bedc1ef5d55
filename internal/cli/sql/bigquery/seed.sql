{{/* The tables of sources, for seed. */}}

{{define "source_schema"}}
CREATE SCHEMA IF NOT EXISTS {{ident .Schema}}
{{end}}

{{define "source_table"}}
CREATE OR REPLACE TABLE {{table .Table}} (
{{- range $i, $c := .Columns}}{{if $i}},{{end}}
  {{ident $c.Name}} {{type $c.Type}}
{{- end}}
) OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 1 DAY))
{{end}}

{{define "source_exists"}}
SELECT COUNT(*) FROM {{ident .Schema}}.INFORMATION_SCHEMA.TABLES WHERE table_name = {{quote .Name}}
{{end}}

{{/* A table that is made anew under its old name loses what is streamed into it for a while, so each load has a name of its own. */}}
{{define "source_staging"}}
{{.Name}}__kith_seed_{{.Load}}
{{end}}

{{/* Rows that were just streamed cannot be renamed or exchanged: they are copied, which is one step too. */}}
{{define "source_swap"}}
CREATE OR REPLACE TABLE {{table .B}} AS SELECT * FROM {{table .A}}
{{end}}

{{define "source_rename"}}
CREATE TABLE {{table .B}} AS SELECT * FROM {{table .A}}
{{end}}

{{define "source_drop"}}
DROP TABLE IF EXISTS {{table .}}
{{end}}

{{define "source_append"}}
INSERT INTO {{table .To}} ({{range $i, $c := .Columns}}{{if $i}}, {{end}}{{ident $c}}{{end}})
SELECT {{range $i, $c := .Columns}}{{if $i}}, {{end}}{{ident $c}}{{end}} FROM {{table .From}}
{{end}}

{{define "source_last"}}
SELECT MAX({{ident .Column}}) FROM {{table .Table}}
{{end}}
