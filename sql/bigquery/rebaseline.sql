{{/* To take what a sync wants as delivered. */}}

{{/* take desired as acknowledged, send nothing */}}
{{define "baseline_adopt"}}
{{template "acks" .}}
SELECT kh, row_id, key, h, [{{.FH}}], '', match, 0, {{.Mapping}}, {{.Ver}}, 0, CURRENT_TIMESTAMP()
FROM ({{template "wanted" .}})
{{end}}

{{define "baseline_forget_rest"}}
{{template "acks" .}}
SELECT kh, row_id, key, h, fh, remote_id, match, gone, mapping, {{.Ver}}, 1, CURRENT_TIMESTAMP()
FROM {{table .Baseline}} WHERE ver < {{.Ver}}
{{end}}

{{/* of stored desired rows: how many there are, and how many have no id or no key */}}
{{define "desired_totals"}}
SELECT COUNTIF(ok), COUNTIF(NOT has_id), COUNTIF(has_id AND NOT has_key) FROM {{table .Desired}}
{{end}}

{{/* rows whose remote key another has: all of the keys at once */}}
{{define "desired_shared"}}
SELECT IFNULL(SUM(n), 0) FROM (
  SELECT COUNT(*) AS n FROM (
{{template "wanted" .}}
  ) GROUP BY key HAVING COUNT(*) > 1
)
{{end}}
