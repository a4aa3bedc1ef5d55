{{/* What was written under an earlier hash function, in terms of the current one. */}}

{{define "rehash_stage"}}{{end}}

{{/*
What is not as it was sent has to differ, whatever its hash was. The newest of several rows of one version is the one that was written last. Only the arrays of a desired row are held by
the join, not its values.
*/}}
{{define "baseline_rehash"}}
INSERT INTO {{table .Baseline}} (kh, row_id, key, h, fh, remote_id, match, gone, mapping, ver, del)
SELECT b.kh, b.row_id, b.key, multiIf({{template "as_sent" .}}, c.h, b.h = c.h, bitOr(bitNot(c.h), 1), b.h),
  [{{range $i, $p := .Places}}{{if $i}}, {{end}}if({{template "field_as_sent" $p}}, c.fh[{{$p.New}}], bitXor(c.fh[{{$p.New}}], 1)){{end}}],
  b.remote_id, b.match, b.gone, {{.Mapping}}, b.ver, 0
FROM (
  SELECT * FROM {{table .Baseline}} FINAL
  PREWHERE kh BETWEEN {{.Lo}} AND {{.Hi}}
  WHERE mapping = {{.Of}} AND (h != 0 OR gone != 0) AND row_id NOT IN ({{template "in_jobs" .}})
) AS b
JOIN (
  SELECT kh, row_id, h, {{if .Whole}}{{.Hash}} AS was{{else}}key, match{{end}}, [{{.FH}}] AS fh, [{{.EarlierFH}}] AS was_fh{{if .Added}}, [{{range $i, $a := .Absents}}{{if $i}}, {{end}}{{$a}}{{end}}] AS absent{{end}}
  FROM (
{{template "wanted" .}}
  ) WHERE kh BETWEEN {{.Lo}} AND {{.Hi}}
) AS c ON b.kh = c.kh AND b.row_id = c.row_id
SETTINGS {{template "small_blocks"}}
{{end}}

{{define "field_as_sent"}}{{if .Old}}b.fh[{{.Old}}] = c.was_fh[{{.New}}]{{else}}c.absent[{{.New}}]{{end}}{{end}}

{{/* of a mapping whose fields have changed too there is no hash of a row: as for any changed mapping, each field decides */}}
{{define "as_sent"}}{{if .Whole}}b.h = c.was{{else}}b.gone = 0 AND b.key = c.key AND b.match = c.match{{range .Places}} AND {{template "field_as_sent" .}}{{end}}{{end}}{{end}}

{{/* how many rows have a hash under each of some mappings: rows that were written anew since are looked for only if there is one */}}
{{define "baseline_mappings"}}
WITH (SELECT count() FROM {{table .Baseline}} WHERE h != 0 AND mapping IN ({{.Versions}})) > 0 AS some
SELECT mapping, count() FROM {{table .Baseline}} FINAL WHERE some AND h != 0 AND mapping IN ({{.Versions}}) GROUP BY mapping ORDER BY mapping
{{end}}

{{/* of all rows that ever were: a version is not given twice */}}
{{define "baseline_newest"}}
SELECT max(mapping) FROM {{table .Baseline}}
{{end}}

{{define "rejections_mappings"}}
SELECT mapping, count() FROM {{table "rejections"}} FINAL WHERE sync = {{quote .Sync}} AND mapping IN ({{.Versions}}) GROUP BY mapping ORDER BY mapping
{{end}}

{{/* what was rejected under an earlier mapping, with the hash that it has now; that of a removal is of what was sent */}}
{{define "rejected_earlier"}}
  SELECT x.row_id AS row_id, x.op AS op, if(x.op = 1, x.h, c.h) AS h, x.code AS code FROM (
    SELECT row_id, op, h, code FROM {{table "rejections"}} FINAL WHERE sync = {{quote .Sync}} AND mapping = {{.Of}} AND next_try > {{.Now}}{{template "not_former" .}}
  ) AS x
  LEFT JOIN (
    SELECT row_id, h, {{.Hash}} AS was FROM (
{{template "wanted" .}}
    ) WHERE row_id IN (SELECT row_id FROM {{table "rejections"}} WHERE sync = {{quote .Sync}} AND mapping = {{.Of}})
  ) AS c ON x.row_id = c.row_id
  WHERE x.op = 1 OR x.h = c.was
{{end}}
