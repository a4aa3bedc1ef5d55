{{/* What doctor asks the warehouse. */}}

{{define "server_version"}}
SELECT CONCAT('as ', SESSION_USER())
{{end}}

{{define "source_readable"}}
SELECT {{range $i, $c := .Columns}}{{if $i}}, {{end}}{{ident $c}}{{else}}1{{end}} FROM {{table .Table}} LIMIT 0
{{end}}

{{define "source_newest"}}
SELECT MAX({{ident .Column}}) FROM {{table .Table}}
{{end}}
