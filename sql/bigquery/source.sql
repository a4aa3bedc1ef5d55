{{/* the rows of a source, the newest of each key, filtered: what a filter leaves out has still taken the place of the rows before it */}}
{{/* of rows that are as new as each other every pass takes the same: the hash is of all columns, whichever it reads */}}
{{define "source_rows"}}
SELECT {{.Columns}} FROM (
{{if .Dedupe}}SELECT * FROM (
{{end}}{{.Inner}}
{{if .Dedupe}}) AS __kith_s
WHERE TRUE QUALIFY ROW_NUMBER() OVER (PARTITION BY {{range $i, $k := .Key}}{{if $i}}, {{end}}{{$k}}{{end}} ORDER BY {{range .Newest}}{{.}} DESC, {{end}}FARM_FINGERPRINT(TO_JSON_STRING(__kith_s))) = 1
{{end}}) AS __kith_s
{{if .Where}}WHERE {{.Where}}
{{end}}{{end}}

{{define "source_newest"}}
SELECT MAX(__kith_at) FROM (SELECT {{.At}} AS __kith_at FROM (
{{.From}}
)) WHERE __kith_at <= {{.Until}}
{{end}}
