{{/* To take what a sync wants as delivered. */}}

{{/* take desired as acknowledged, send nothing */}}
{{define "baseline_adopt"}}
INSERT INTO {{table .Baseline}} (kh, row_id, key, h, fh, remote_id, match, gone, mapping, ver, del)
SELECT kh, row_id, key, h, [{{.FH}}], '', match, 0, {{.Mapping}}, {{.Ver}}, 0
FROM ({{template "wanted" .}})
SETTINGS {{template "small_blocks"}}
{{end}}

{{define "baseline_forget_rest"}}
INSERT INTO {{table .Baseline}} (kh, row_id, key, h, fh, remote_id, match, gone, mapping, ver, del)
SELECT kh, row_id, key, h, fh, remote_id, match, gone, mapping, {{.Ver}}, 1
FROM {{table .Baseline}} FINAL WHERE ver < {{.Ver}}
{{end}}

{{/* of stored desired rows: how many there are, and how many have no id or no key */}}
{{define "desired_totals"}}
SELECT countIf(fault = 0), countIf(fault = 1), countIf(fault = 2) FROM {{table .Desired}}
{{end}}

{{/* rows whose remote key another has, one part of the keys at a time */}}
{{define "desired_shared"}}
SELECT count() FROM (
{{template "wanted" .}}
) WHERE key IN (
  SELECT key FROM (
{{template "wanted" .}}
  ) WHERE cityHash64(key) % {{.Parts}} = {{.Part}} GROUP BY key HAVING count() > 1
)
{{end}}
