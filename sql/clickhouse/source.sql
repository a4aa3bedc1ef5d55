{{/* the rows of a source, filtered and with the newest row of each key */}}
{{define "source_rows"}}
SELECT {{.Columns}} FROM (
{{.Inner}}
) AS __kith_s
{{if .Where}}WHERE {{.Where}}
{{end}}{{if .Dedupe}}ORDER BY {{range .Newest}}{{.}} DESC, {{end}}1 LIMIT 1 BY {{range $i, $k := .Key}}{{if $i}}, {{end}}{{$k}}{{end}}
{{end}}{{end}}

{{define "source_newest"}}
SELECT max(__kith_at) FROM (SELECT {{.At}} AS __kith_at FROM (
{{.From}}
)) WHERE __kith_at <= {{.Until}}
{{end}}
