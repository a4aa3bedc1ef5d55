{{/* the rows of a source, the newest of each key, filtered: what a filter leaves out has still taken the place of the rows before it */}}
{{/* of rows that are as new as each other every pass takes the same: the hash is of all columns, whichever it reads */}}
{{define "source_rows"}}
SELECT {{.Columns}} FROM (
{{if .Dedupe}}SELECT * FROM (
{{end}}{{.Inner}}
{{if .Dedupe}}) AS __kith_s
ORDER BY {{range .Newest}}{{.}} DESC, {{end}}cityHash64(tuple(__kith_s.*)) LIMIT 1 BY {{range $i, $k := .Key}}{{if $i}}, {{end}}{{$k}}{{end}}
{{end}}) AS __kith_s
{{if .Where}}WHERE {{.Where}}
{{end}}{{end}}

{{define "source_newest"}}
SELECT max(__kith_at) FROM (SELECT {{.At}} AS __kith_at FROM (
{{.From}}
)) WHERE __kith_at <= {{.Until}}
{{end}}
