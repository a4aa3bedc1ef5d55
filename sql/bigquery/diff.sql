{{/*
The diff of a sync: desired <> baseline -> changeset. One statement reads both sides once and brings the rows of one id
together by UNION ALL and GROUP BY, which is one shuffle, as a FULL OUTER JOIN would be; digests of buckets would read
everything a second time. It keeps, per bucket of kh, the totals and the pairs that differ: one table, so that the totals
cost no second look at the data.
*/}}

{{/* Every run reads all of a baseline, and what changes lies anywhere: partitions would prune nothing. Clustered by kh, one row is found in one block. */}}
{{define "baseline_create"}}
CREATE TABLE IF NOT EXISTS {{table .Baseline}} (
  kh INT64,
  row_id STRING,
  key STRING,
  h INT64,
  fh ARRAY<INT64>,
  remote_id STRING,
  match STRING,
  gone INT64,
  mapping INT64,
  ver INT64,
  del INT64
) CLUSTER BY kh, row_id
{{end}}

{{/*
What is acknowledged is appended here, and folded into the baseline by one MERGE: rows that arrive in a stream cannot be
changed for half an hour, and a MERGE per batch would be queued. Nothing is deleted; partitions expire. Clustered by ver,
a fold reads what it has to.
*/}}
{{define "acks_create"}}
CREATE TABLE IF NOT EXISTS {{table .Acks}} (
  kh INT64,
  row_id STRING,
  key STRING,
  h INT64,
  fh ARRAY<INT64>,
  remote_id STRING,
  match STRING,
  gone INT64,
  mapping INT64,
  ver INT64,
  del INT64,
  `at` TIMESTAMP
) PARTITION BY _PARTITIONDATE CLUSTER BY ver OPTIONS (partition_expiration_days = 60)
{{end}}

{{/* clustered for the pages, which name an op and go on from a kh */}}
{{define "changeset_create"}}
CREATE TABLE {{table .Changeset}} (
  op INT64,
  kh INT64,
  row_id STRING,
  action STRING,
  reason INT64,
  key STRING,
  old_key STRING,
  h INT64,
  fh ARRAY<INT64>,
  changed ARRAY<INT64>,
  fields STRING,
  match STRING,
  old_match STRING,
  remote_id STRING,
  `at` TIMESTAMP,
  gone INT64,
  del INT64
) CLUSTER BY op, kh, row_id
{{end}}

{{/* what earlier hash functions make of the row, where rows that they wrote have to be told */}}
{{define "earlier_hashes"}}{{range .Hashes}}{{.Expr}} AS {{.Name}}, {{end}}{{end}}

{{/*
.From selects __kith_id, __kith_key, __kith_f0 .., __kith_match, __kith_at (and for
events __kith_expired); no name of a user is in scope outside of it.
*/}}
{{define "hashed"}}
SELECT {{.KH}} AS kh, {{.RowHash}} AS h, {{template "earlier_hashes" .}}__kith_id AS row_id, __kith_key AS key,
  {{range .Columns}}{{.}}, {{end}}__kith_match AS match, __kith_at AS `at`
FROM (
{{.From}}
) WHERE {{.RowOK}}{{if .Expired}} AND NOT {{.Expired}}{{end}}
{{end}}

{{/* the same with the rows that cannot be sent, and why not */}}
{{define "flagged"}}
SELECT {{.KH}} AS kh, {{.RowHash}} AS h, {{template "earlier_hashes" .}}__kith_id AS row_id, __kith_key AS key,
  {{range .Columns}}{{.}}, {{end}}__kith_match AS match, __kith_at AS `at`,
  {{.HasID}} AS has_id, {{.HasKey}} AS has_key, {{.RowOK}}{{if .Expired}} AND NOT {{.Expired}}{{end}} AS ok
FROM (
{{.From}}
)
{{end}}

{{define "wanted"}}{{if .Materialised}}SELECT * FROM {{table .Desired}} WHERE ok{{else}}{{template "hashed" .}}{{end}}{{end}}

{{define "desired_create"}}
CREATE OR REPLACE TABLE {{table .Desired}} CLUSTER BY kh, row_id {{template "expires"}} AS
{{template "flagged" .}}
{{end}}

{{/* c is what is desired of a row, b what its baseline says; copies counts the desired rows of one id, of which
there may be one only, also where nothing else has changed */}}
{{define "digest_create"}}
CREATE OR REPLACE TABLE {{table .Digest}} CLUSTER BY bucket {{template "expires"}} AS
SELECT bucket, COUNTIF(differs) AS d, SUM(copies) AS desired_rows, COUNTIF(b.gone = 0) AS baseline_rows, COUNTIF(b.gone != 0) AS gone_rows, SUM(no_id) AS no_id, SUM(no_key) AS no_key, {{if .Remapped}}COUNTIF(b.gone = 0 AND b.mapping != {{.Mapping}}){{else}}0{{end}} AS earlier_rows,
  ARRAY_AGG(IF(differs, STRUCT(c, b, copies), NULL) IGNORE NULLS) AS pairs
FROM (
  SELECT *, {{template "bucket"}} AS bucket,
    CASE WHEN copies = 0 THEN b.row_id IS NOT NULL AND {{.Removed}} WHEN b.row_id IS NULL{{if not .Event}} OR copies > 1{{end}} THEN TRUE ELSE {{.Differs}} END AS differs
  FROM (
    SELECT row_id, ARRAY_AGG(c IGNORE NULLS LIMIT 1)[SAFE_OFFSET(0)] AS c, ARRAY_AGG(b IGNORE NULLS LIMIT 1)[SAFE_OFFSET(0)] AS b,
      COUNTIF(ok) AS copies, COUNTIF(NOT has_id) AS no_id, COUNTIF(has_id AND NOT has_key) AS no_key
    FROM (
      SELECT row_id, IF(ok, STRUCT(kh, h, row_id, key, {{range .Columns}}{{.}}, {{end}}match, `at`), NULL) AS c, NULL AS b, ok, has_id, has_key
      FROM ({{if .Materialised}}SELECT * FROM {{table .Desired}}{{else}}{{template "flagged" .}}{{end}})
      UNION ALL
      SELECT row_id, NULL, STRUCT(kh, row_id, key, h, fh, remote_id, match, gone, mapping, ver), FALSE, TRUE, TRUE
      FROM {{table .Baseline}}{{if .Former}} WHERE ver > {{.Former}}{{end}}
    ) GROUP BY row_id
  )
) GROUP BY bucket
{{end}}

{{/* 2^16 of them: the pairs of one stay far below the largest row that there can be */}}
{{define "bucket"}}IFNULL(c.kh, IFNULL(b.kh, 0)) >> 47{{end}}

{{/* the seventh is 1 of a digest that was made: one of a baseline has buckets; the ninth is how many rows are gone */}}
{{define "digest_totals"}}
SELECT COUNTIF(d != 0), SUM(desired_rows), SUM(baseline_rows), SUM(no_id), SUM(no_key), SUM(d), IF(COUNT(*) > 0 OR NOT EXISTS (SELECT 1 FROM {{table .Baseline}}{{if .Former}} WHERE ver > {{.Former}}{{end}}), 1, 0), IFNULL(SUM(earlier_rows), 0), IFNULL(SUM(gone_rows), 0)
FROM {{table .Digest}}
{{end}}

{{define "not_former"}}{{if .Former}} AND ver > {{.Former}}{{end}}{{end}}

{{define "within"}}bucket BETWEEN {{.Lo}} >> 47 AND {{.Hi}} >> 47{{end}}

{{/* what a pair becomes; a move without rekey is two rows. Who was left where they were, and returns under another key or with other values, moves as well. */}}
{{define "ops"}}CASE WHEN same THEN [0] WHEN NOT here AND action = 'ignore' THEN [0] WHEN NOT here THEN [1] WHEN NOT known THEN [4] WHEN old_gone != 0{{if .Audience}} AND old_match = match{{else if not .Event}} AND old_key = key{{end}} THEN [3]
    WHEN {{if .Event}}FALSE{{else if .Audience}}{{template "moves" .}}{{else}}old_key != key{{end}} THEN {{if .Rekey}}[2]{{else if .Stays}}[3]{{else}}[1, 4]{{end}} WHEN old_h = 0 AND bare THEN [4]{{if .Still}} WHEN {{template "still" .}} THEN [0]{{end}} ELSE [3] END{{end}}

{{/*
A member moves when what they are known by is not what it was. Of who is known by the same, in another order or beside
other values, nothing has to be said.
*/}}
{{define "moves"}}{{if .Alone}}NOT {{template "known_alike" .}}{{else}}old_match != match{{end}}{{end}}
{{define "still"}}old_gone = 0 AND old_h != 0 AND old_key = key AND unchanged AND {{template "known_alike" .}}{{end}}
{{define "known_alike"}}NOT EXISTS (
      SELECT 1 FROM UNNEST([STRUCT({{template "known_by" .}} AS now, (SELECT {{template "known_by" .}} FROM UNNEST([old_match]) AS match) AS was)]) AS k, UNNEST(ARRAY_CONCAT(k.now, k.was)) AS token
      WHERE token NOT IN UNNEST(k.now) OR token NOT IN UNNEST(k.was)
    ){{end}}

{{/* the indexes, from 0, of the fields whose hash differs */}}
{{define "changed"}}ARRAY(SELECT i FROM UNNEST(fh) AS x WITH OFFSET AS i WHERE x != IFNULL({{if .Mixed}}CASE b.mapping{{range .Before}} WHEN {{.Version}} THEN [{{range $i, $p := .Places}}{{if $i}}, {{end}}{{if .Old}}b.fh[SAFE_ORDINAL({{.Old}})]{{else}}0{{end}}{{end}}]{{end}} WHEN {{.Mapping}} THEN b.fh ELSE [] END{{else}}b.fh{{end}}[SAFE_OFFSET(i)], 0) ORDER BY i){{end}}

{{/* true for a row that differs only because the mapping changed */}}
{{define "same"}}{{if .Same}}(IFNULL(b.gone = 0 AND b.h != 0 AND b.key = c.key AND b.match = c.match AND b.mapping != {{.Mapping}}, FALSE) AND {{template "unchanged" .}}){{else}}FALSE{{end}}{{end}}

{{/* true for a row whose fields are as the mapping that wrote it had them, what has come since being empty; never where nobody knows what that had */}}
{{define "unchanged"}}IFNULL(here AND known AND {{if .Mixed}}CASE b.mapping{{range .Before}} WHEN {{.Version}} THEN TRUE{{range .Places}} AND {{if .Old}}fh[SAFE_ORDINAL({{.New}})] = b.fh[SAFE_ORDINAL({{.Old}})]{{else}}{{.Absent}}{{end}}{{end}}{{end}} WHEN {{.Mapping}} THEN {{template "equal_fields" .}} ELSE FALSE END{{else}}{{template "equal_fields" .}}{{end}}, FALSE){{end}}
{{define "equal_fields"}}IFNULL(ARRAY_LENGTH(fh), 0) = IFNULL(ARRAY_LENGTH(b.fh), 0) AND NOT EXISTS (SELECT 1 FROM UNNEST(fh) AS x WITH OFFSET AS i WHERE x != b.fh[SAFE_OFFSET(i)]){{end}}

{{define "changeset_fill"}}
INSERT INTO {{table .Raw}} (op, kh, row_id, action, reason, key, old_key, h, fh, changed, fields, match, old_match, remote_id, `at`, gone, del)
SELECT
  op, kh, row_id, act, IF(here, 0, reason),
  IF(op = 1 AND known, old_key, key),
  IF(op = 2, old_key, ''),
  IF(op = 1 OR NOT here, old_h, h),
  fh, changed,
  CASE WHEN op = 1 AND act = 'set' THEN {{.SetFields}} WHEN op = 1 THEN '' ELSE fields END,
  IF(here AND op != 1, match, old_match),
  IF(op = 2, old_match, ''),
  remote_id, `at`,
  CASE WHEN op = 0 AND NOT here THEN reason WHEN op = 2 THEN old_gone ELSE 0 END,
  0
FROM (
  SELECT r.*, op, IF(op = 1, IF(here, {{.MoveAction}}, action), '') AS act
  FROM (
    SELECT *, {{template "ops" .}} AS ops
    FROM (
      SELECT here, known, copies, reason, {{.Action}} AS action, fh, IF(here AND known, {{template "changed" .}}, []) AS changed, {{template "same" .}} AS same,{{if .Still}} {{template "unchanged" .}} AS unchanged,{{end}}
        IF(here, c.kh, b.kh) AS kh, IF(here, c.row_id, b.row_id) AS row_id, IF(here, c.key, b.key) AS key, IFNULL(b.key, '') AS old_key,
        IFNULL(c.h, 0) AS h, IFNULL(b.h, 0) AS old_h, IF(here, {{.Fields}}, '') AS fields, IFNULL(c.match, '') AS match, IFNULL(b.match, '') AS old_match,
        IFNULL(b.remote_id, '') AS remote_id, c.`at` AS `at`, IFNULL(b.gone, 0) AS old_gone, IFNULL(ARRAY_LENGTH(b.fh), 0) = 0 AS bare
      FROM (
        SELECT p.c AS c, p.b AS b, p.copies AS copies, p.copies > 0 AS here, p.b.row_id IS NOT NULL AS known, {{if .Rekey}}IF(STRPOS(p.b.row_id, {{doubtful}}) > 0, 5, {{.Reason}}){{else}}{{.Reason}}{{end}} AS reason,
          IF(p.copies > 0, (SELECT [{{.FH}}] FROM UNNEST([p.c]) AS c), p.b.fh) AS fh
        FROM {{table .Digest}} AS g, UNNEST(g.pairs) AS p WHERE {{template "within" .}}
      )
    )
  ) AS r, UNNEST(r.ops) AS op, UNNEST(GENERATE_ARRAY(1, GREATEST(r.copies, 1))) AS copy
)
{{end}}

{{define "changeset_counts"}}
SELECT op, reason, action, COUNT(*), COUNTIF(ARRAY_LENGTH(changed) > 0), COUNTIF({{template "returns"}}), COUNTIF({{template "may_go"}} AND key != row_id) FROM {{table .Changeset}} GROUP BY op, reason, action ORDER BY op, reason DESC, action
{{end}}

{{/* what an ended full run has left to be sent as it was before */}}
{{define "changeset_again"}}
SELECT COUNT(*) FROM {{table .Changeset}} AS c JOIN {{table .Baseline}} AS b
ON c.kh = b.kh AND c.row_id = b.row_id AND c.key = b.key AND IFNULL(c.match, '') = IFNULL(b.match, '')
WHERE c.op = 3 AND ARRAY_LENGTH(c.changed) = 0 AND b.h = 0 AND b.gone = 0 AND ARRAY_LENGTH(b.fh) > 0
{{end}}

{{define "changeset_fields"}}
SELECT f, COUNT(*) FROM {{table .Changeset}} AS c, UNNEST(c.changed) AS f WHERE c.op IN (2, 3) GROUP BY f ORDER BY f
{{end}}

{{define "changeset_duplicates"}}
SELECT COUNT(*), IFNULL(MAX(n), 0) FROM (SELECT COUNT(*) AS n FROM {{table .Changeset}} WHERE op != 1 GROUP BY kh, row_id HAVING COUNT(*) > 1)
{{end}}

{{define "desired_repeated"}}
SELECT COUNT(*), IFNULL(MAX(n), 0) FROM (
  SELECT COUNT(*) AS n FROM (
{{template "wanted" .}}
  ) GROUP BY kh, row_id HAVING COUNT(*) > 1
)
{{end}}

{{define "changeset_sample"}}
SELECT op, action, reason, key, fields, changed FROM {{table .Changeset}} WHERE op = {{.Op}} ORDER BY kh LIMIT {{.Limit}}
{{end}}

{{/* kh BETWEEN is what clustering understands */}}
{{define "changeset_page"}}
SELECT kh, row_id, action, reason, key, old_key, h, fh, fields, match, remote_id, `at`
FROM {{table .Changeset}}
WHERE op = {{.Op}} AND kh BETWEEN {{.AfterKH}} AND {{.UpTo}} AND (kh > {{.AfterKH}} OR row_id > {{quote .AfterID}}){{if .Only}} AND reason = {{.Only}}{{end}}
ORDER BY kh, row_id LIMIT {{.Limit}}
{{end}}
