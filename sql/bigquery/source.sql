{{/* the rows of a source, filtered and with the newest row of each key */}}
{{define "source_rows"}}
SELECT {{.Columns}} FROM (
{{.Inner}}
) AS __kith_s
{{if .Where}}WHERE {{.Where}}
{{else if .Dedupe}}WHERE TRUE
{{end}}{{if .Dedupe}}QUALIFY ROW_NUMBER() OVER (PARTITION BY {{range $i, $k := .Key}}{{if $i}}, {{end}}{{$k}}{{end}}{{if .Newest}} ORDER BY {{range $i, $n := .Newest}}{{if $i}}, {{end}}{{$n}} DESC{{end}}{{end}}) = 1
{{end}}{{end}}

{{define "source_newest"}}
SELECT MAX(__kith_at) FROM (SELECT {{.At}} AS __kith_at FROM (
{{.From}}
)) WHERE __kith_at <= {{.Until}}
{{end}}
