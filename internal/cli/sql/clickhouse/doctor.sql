{{/* What doctor asks the warehouse. */}}

{{define "server_version"}}
SELECT version()
{{end}}

{{define "source_readable"}}
SELECT {{range $i, $c := .Columns}}{{if $i}}, {{end}}{{ident $c}}{{else}}1{{end}} FROM {{table .Table}} LIMIT 0
{{end}}

{{define "source_newest"}}
SELECT max({{ident .Column}}) FROM {{table .Table}}
{{end}}

{{define "state_engine"}}
SELECT engine FROM system.databases WHERE name = {{quote .Schema}}
{{end}}
