{{/* What was written under an earlier hash function, in terms of the current one. */}}

{{/* what is desired as both functions have it; an id that stands on several rows is left to the diff, which refuses it */}}
{{define "rehash_stage"}}
CREATE OR REPLACE TABLE {{table .Rehash}} {{template "expires"}} AS
SELECT row_id, h, {{if .Whole}}{{.Hash}} AS was{{else}}key, match{{end}}, [{{.FH}}] AS fh, [{{.EarlierFH}}] AS was_fh{{if .Added}}, [{{range $i, $a := .Absents}}{{if $i}}, {{end}}{{$a}}{{end}}] AS absent{{end}}
FROM (
{{template "wanted" .}}
) WHERE row_id NOT IN ({{template "in_jobs" .}})
QUALIFY COUNT(*) OVER (PARTITION BY row_id) = 1
{{end}}

{{/*
What is not as it was sent has to differ, whatever its hash was. Nothing is appended to be folded: it is no answer, and
what was acknowledged has been folded before.
*/}}
{{define "baseline_rehash"}}
MERGE {{table .Baseline}} AS b USING {{table .Rehash}} AS c ON b.row_id = c.row_id
WHEN MATCHED AND b.mapping = {{.Of}} AND (b.h != 0 OR b.gone != 0) THEN UPDATE SET
  h = CASE WHEN {{template "as_sent" .}} THEN c.h WHEN b.h = c.h THEN ~c.h | 1 ELSE b.h END,
  fh = [{{range $i, $p := .Places}}{{if $i}}, {{end}}IF({{template "field_as_sent" $p}}, c.fh[ORDINAL({{$p.New}})], c.fh[ORDINAL({{$p.New}})] ^ 1){{end}}],
  mapping = {{.Mapping}}
{{end}}

{{define "field_as_sent"}}{{if .Old}}IFNULL(b.fh[SAFE_ORDINAL({{.Old}})] = c.was_fh[ORDINAL({{.New}})], FALSE){{else}}c.absent[ORDINAL({{.New}})]{{end}}{{end}}

{{/* of a mapping whose fields have changed too there is no hash of a row: as for any changed mapping, each field decides */}}
{{define "as_sent"}}{{if .Whole}}b.h = c.was{{else}}b.gone = 0 AND b.key = c.key AND IFNULL(b.match, '') = IFNULL(c.match, ''){{range .Places}} AND {{template "field_as_sent" .}}{{end}}{{end}}{{end}}

{{/* how many rows have a hash under each of some mappings */}}
{{define "baseline_mappings"}}
SELECT mapping, COUNT(*) FROM {{table .Baseline}} WHERE h != 0 AND mapping IN ({{.Versions}}) GROUP BY mapping ORDER BY mapping
{{end}}

{{define "baseline_newest"}}
SELECT IFNULL(MAX(mapping), 0) FROM {{table .Baseline}}
{{end}}

{{define "rejections_mappings"}}
SELECT mapping, COUNT(*) FROM (
  SELECT mapping, del FROM {{table "rejections"}} WHERE sync = {{quote .Sync}} {{template "newest" "kh, row_id"}}
) WHERE del = 0 AND mapping IN ({{.Versions}}) GROUP BY mapping ORDER BY mapping
{{end}}

{{/* what was rejected under an earlier mapping, with the hash that it has now; that of a removal is of what was sent */}}
{{define "rejected_earlier"}}
  SELECT x.row_id AS row_id, x.op AS op, IF(x.op = 1, x.h, c.h) AS h, x.code AS code FROM (
    SELECT row_id, op, h, code FROM (
      SELECT row_id, op, h, code, mapping, next_try, ver, del FROM {{table "rejections"}} WHERE sync = {{quote .Sync}} {{template "newest" "kh, row_id"}}
    ) WHERE del = 0 AND mapping = {{.Of}} AND next_try > {{.Now}}{{template "not_former" .}}
  ) AS x
  LEFT JOIN (
    SELECT row_id, h, {{.Hash}} AS was FROM (
{{template "wanted" .}}
    ) WHERE row_id IN (SELECT row_id FROM {{table "rejections"}} WHERE sync = {{quote .Sync}} AND mapping = {{.Of}})
  ) AS c ON x.row_id = c.row_id
  WHERE x.op = 1 OR x.h = c.was
{{end}}
