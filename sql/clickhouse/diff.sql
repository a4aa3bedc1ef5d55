{{/*
The diff of a sync: desired <> baseline -> changeset. Stage 1 reads both sides once and keeps a sum per bucket of kh;
stage 2 joins only the buckets whose sums differ, a slice at a time.
*/}}

{{define "baseline_create"}}
CREATE TABLE IF NOT EXISTS {{table .Baseline}} (
  kh UInt64,
  row_id String,
  key String,
  h UInt64,
  fh Array(UInt32),
  remote_id String,
  match String,
  gone UInt8,
  mapping UInt32,
  ver UInt64,
  del UInt8
) ENGINE = ReplacingMergeTree(ver, del) ORDER BY (kh, row_id)
{{end}}

{{/* reading FINAL what stands in many parts takes a multiple of reading one */}}
{{define "baseline_compact"}}
OPTIMIZE TABLE {{table .Baseline}} FINAL
{{end}}

{{/* what is acknowledged is appended to the baseline itself */}}
{{define "acks_create"}}{{end}}

{{/*
A statement that fills it writes one part, and the statements go in the order of the table: to merge those would take as
long as to write them, and make a page little cheaper to read. None is wide: that takes a megabyte or more for each column.
*/}}
{{define "changeset_create"}}
CREATE TABLE {{table .Changeset}} (
  op UInt8,
  kh UInt64,
  row_id String,
  action LowCardinality(String),
  reason UInt8,
  key String,
  old_key String,
  h UInt64,
  fh Array(UInt32),
  changed Array(UInt16),
  fields String,
  match String,
  old_match String,
  remote_id String,
  at Nullable(DateTime64(6, 'UTC')),
  gone UInt8,
  del UInt8
) ENGINE = MergeTree ORDER BY (op, kh, row_id)
SETTINGS min_bytes_for_wide_part = 1073741824, max_bytes_to_merge_at_max_space_in_pool = 8388608, parts_to_delay_insert = 100000, parts_to_throw_insert = 100000
{{end}}

{{/* what earlier hash functions make of the row, where rows that they wrote have to be told */}}
{{define "earlier_hashes"}}{{range .Hashes}}{{.Expr}} AS {{.Name}}, {{end}}{{end}}

{{/*
.From selects __kith_id, __kith_key, __kith_f0 .., __kith_match, __kith_at (and for
events __kith_expired); no name of a user is in scope outside of it.
*/}}
{{define "hashed"}}
SELECT {{.KH}} AS kh, {{.RowHash}} AS h, {{template "earlier_hashes" .}}assumeNotNull(__kith_id) AS row_id, assumeNotNull(__kith_key) AS key,
  {{range .Columns}}{{.}}, {{end}}__kith_match AS match, __kith_at AS at
FROM (
{{.From}}
) WHERE {{.RowOK}}{{if .Expired}} AND NOT {{.Expired}}{{end}}
{{end}}

{{/* stored with the rows that cannot be sent, so that the digest can count them without reading everything again */}}
{{define "desired_create"}}
CREATE TABLE {{table .Desired}} ENGINE = MergeTree ORDER BY (kh, row_id) AS
SELECT {{.KH}} AS kh, {{.RowHash}} AS h, {{template "earlier_hashes" .}}ifNull(__kith_id, '') AS row_id, ifNull(__kith_key, '') AS key,
  {{range .Columns}}{{.}}, {{end}}__kith_match AS match, __kith_at AS at, {{template "fault" .}} AS fault
FROM (
{{.From}}
)
SETTINGS {{template "small_blocks"}}
{{end}}

{{/* why a row cannot be sent: 0 nothing, 1 no id, 2 no key, 3 too old */}}
{{define "fault"}}multiIf(NOT {{.HasID}}, toUInt8(1), {{if not .KeyIsID}}NOT {{.HasKey}}, toUInt8(2), {{end}}{{if .Expired}}{{.Expired}}, toUInt8(3), {{end}}toUInt8(0)){{end}}

{{define "wanted"}}{{if .Materialised}}SELECT * EXCEPT (fault) FROM {{table .Desired}} WHERE fault = 0{{else}}{{template "hashed" .}}{{end}}{{end}}

{{define "bucket"}}toUInt32(bitShiftRight(kh, {{.Shift}})){{end}}

{{/*
What a row adds to the sum of its bucket. One that differs in h alone always changes the sum, as the factor is odd; the
mask keeps a baseline row of h = 0 ("maybe there") from adding nothing. It is new in each run: what adds up to nothing
by chance in one hardly does so in the next.
*/}}
{{define "mix"}}bitOr(kh, 1) * bitXor(h, cityHash64({{quote .Digest}})){{end}}

{{/* what a row of the baseline takes from it: of one that another mapping wrote never what is desired adds */}}
{{define "mix_sent"}}{{if .Remapped}}bitOr(kh, 1) * (bitXor(h, cityHash64({{quote .Digest}})) + (mapping != {{.Mapping}})){{else}}{{template "mix" .}}{{end}}{{end}}

{{define "mix_if"}}{{if .Faultless}}{{template "mix" .}}{{else}}if(fault = 0, {{template "mix" .}}, 0){{end}}{{end}}

{{/*
Each bucket has the sum over its desired rows less that over its baseline: not 0 where a row differs. The sums of many
buckets are an array that is filled by place, without a table of groups: 8 bytes a bucket and thread. Few are the faster
grouped by a number of 16 bits, whose table is an array as well. A row of the digest is a bucket that differs; one more,
whose number is the largest there is, has the totals.
*/}}
{{define "digest_create"}}
CREATE OR REPLACE TABLE {{table .Digest}} (b UInt32, desired_rows UInt64, baseline_rows UInt64, no_id UInt64, no_key UInt64, earlier_rows UInt64) ENGINE = MergeTree ORDER BY b AS
SELECT arrayJoin(arrayPushFront(arrayFilter((i, x) -> x != 0, range(toUInt32({{.Buckets}})), d), toUInt32({{.Totals}}))) AS b,
  if(b = {{.Totals}}, n, 0) AS desired_rows, if(b = {{.Totals}}, m, 0) AS baseline_rows, if(b = {{.Totals}}, i, 0) AS no_id, if(b = {{.Totals}}, k, 0) AS no_key, if(b = {{.Totals}}, e, 0) AS earlier_rows
FROM (
  SELECT {{if .Grouped}}sumResample(0, {{.Buckets}}, 1)(d, g){{else}}sumForEach(d){{end}} AS d, sum(n) AS n, sum(m) AS m, sum(i) AS i, sum(k) AS k, sum(e) AS e
  FROM (
    SELECT {{if .Grouped}}toUInt16({{template "bucket" .}}) AS g, sum({{template "mix_if" .}}){{else}}sumResample(0, {{.Buckets}}, 1)({{template "mix_if" .}}, {{template "bucket" .}}){{end}} AS d, {{if .Faultless}}count() AS n, toUInt64(0) AS m, toUInt64(0) AS i, toUInt64(0) AS k{{else}}countIf(fault = 0) AS n, toUInt64(0) AS m, countIf(fault = 1) AS i, countIf(fault = 2) AS k{{end}}, toUInt64(0) AS e
    FROM (
{{if .Materialised}}SELECT kh, h, fault FROM {{table .Desired}}{{else}}SELECT {{.KH}} AS kh, {{.RowHash}} AS h{{if not .Faultless}}, {{template "fault" .}} AS fault{{end}}
FROM (
{{.From}}
){{end}}
    ){{if .Grouped}} GROUP BY g{{end}}
    UNION ALL
    SELECT {{if .Grouped}}toUInt16({{template "bucket" .}}) AS g, bitNot(sum({{template "mix_sent" .}})) + 1{{else}}arrayMap(x -> bitNot(x) + 1, sumResample(0, {{.Buckets}}, 1)({{template "mix_sent" .}}, {{template "bucket" .}})){{end}}, 0, count(), 0, 0, {{if .Remapped}}countIf(mapping != {{.Mapping}}){{else}}0{{end}}
    FROM ({{template "baseline_live" .}}){{if .Grouped}} GROUP BY g{{end}}
  )
)
{{end}}

{{/*
What stands in the baseline and is not gone, in no order. FINAL merges all parts when a few have been written since the
largest was merged. A part holds an id once, so what was only ever written to the largest needs no merging: that is each
kh without a row of the least version outside of it, or a later one. A merge meanwhile changes nothing about that. All
rows of such versions are counted, as the largest part may have been merged from later ones.
*/}}
{{define "baseline_live"}}{{if .Large}}
      WITH (
        SELECT min(ver) FROM {{table .Baseline}}
        WHERE _part != (SELECT argMax(part, n) FROM (SELECT _part AS part, count() AS n FROM {{table .Baseline}} GROUP BY part))
      ) AS late, (SELECT count() FROM {{table .Baseline}} WHERE late > 0 AND ver >= late) BETWEEN 1 AND {{.Late}} AS few
      SELECT {{template "sent" .}} FROM {{table .Baseline}} WHERE few AND gone = 0 AND del = 0{{template "not_former" .}} AND kh NOT IN (SELECT kh FROM {{table .Baseline}} WHERE few AND ver >= late)
      UNION ALL
      SELECT {{template "sent" .}} FROM {{table .Baseline}} FINAL PREWHERE kh IN (SELECT kh FROM {{table .Baseline}} WHERE few AND ver >= late) WHERE few AND gone = 0{{template "not_former" .}}
      UNION ALL
      SELECT {{template "sent" .}} FROM {{table .Baseline}} FINAL WHERE NOT few AND gone = 0{{template "not_former" .}}
{{else}}SELECT {{template "sent" .}} FROM {{table .Baseline}} FINAL WHERE gone = 0{{template "not_former" .}}{{end}}{{end}}

{{define "sent"}}kh, h{{if .Remapped}}, mapping{{end}}{{end}}

{{define "not_former"}}{{if .Former}} AND ver > {{.Former}}{{end}}{{end}}

{{/*
The sixth is how many rows the buckets that differ have, as far as the others tell: so many buckets are hit by so many
rows that differ, and the others are spread over all. The seventh is 1 of a digest that was made. The ninth is 0 where no row is gone: what has been written over counts until it is merged.
*/}}
{{define "digest_totals"}}
WITH toFloat64(greatest(sum(desired_rows), sum(baseline_rows))) AS rows, dirty / {{.Buckets}} AS share, least(rows, -{{.Buckets}} * log(1 - share)) AS differ
SELECT countIf(b < {{.Buckets}}) AS dirty, sum(desired_rows), sum(baseline_rows), sum(no_id), sum(no_key), toUInt64(ceil(differ + (rows - differ) * share)), countIf(b = {{.Totals}}), sum(earlier_rows), {{if .Stronger}}(SELECT count() FROM {{table .Baseline}} WHERE gone != 0{{template "not_former" .}}){{else}}0{{end}}
FROM {{table .Digest}}
{{end}}

{{define "within"}}kh BETWEEN {{.Lo}} AND {{.Hi}}{{if not .All}} AND {{template "bucket" .}} IN (SELECT b FROM {{table .Digest}} WHERE b < {{.Buckets}}){{end}}{{end}}

{{/*
What a row of the join becomes. A move without rekey is two rows; where none is, nothing has to be copied for it. Who was
left where they were, and returns under another key or with other values, moves as well.
*/}}
{{define "ops"}}{{$l := "["}}{{$r := "]"}}{{if or .Event .Rekey .Stays}}{{$l = ""}}{{$r = ""}}{{else}}arrayJoin({{end -}}
multiIf({{if .Same}}same, {{$l}}0{{$r}}, {{end}}NOT here AND action = 'ignore', {{$l}}0{{$r}}, NOT here, {{$l}}1{{$r}}, NOT known, {{$l}}4{{$r}}, old_gone != 0{{if .Audience}} AND old_match = match{{else if not .Event}} AND old_key = key{{end}}, {{$l}}3{{$r}},
    {{if not .Event}}{{if .Audience}}{{template "moves" .}}{{else}}old_key != key{{end}}, {{if .Rekey}}2{{else if .Stays}}3{{else}}[1, 4]{{end}}, {{end}}old_h = 0 AND bare, {{$l}}4{{$r}}, {{if .Still}}{{template "still" .}}, {{$l}}0{{$r}}, {{end}}{{$l}}3{{$r}})
{{- if $l}}){{end}}{{end}}

{{/*
A member moves when what they are known by is not what it was. Of who is known by the same, in another order or beside
other values, nothing has to be said.
*/}}
{{define "moves"}}{{if .Alone}}NOT ({{template "known_alike" .}}){{else}}old_match != match{{end}}{{end}}
{{define "still"}}old_gone = 0 AND old_h != 0 AND old_key = key AND {{template "unchanged" .}} AND {{template "known_alike" .}}{{end}}
{{define "known_alike"}}arraySort(arrayDistinct({{template "known_by" .}})) = arraySort(arrayDistinct(arrayFlatten(arrayMap(match -> {{template "known_by" .}}, [old_match])))){{end}}

{{/* the indexes, from 0, of the fields whose hash differs; arrays side by side are compared at once, elements of an array that a function holds are not */}}
{{define "changed"}}arrayFilter((i, x, y) -> x != y AND here AND known, range(toUInt16(length(fh))), fh, arrayResize({{if .Mixed}}multiIf({{range .Before}}old_mapping = {{.Version}}, [{{range $i, $p := .Places}}{{if $i}}, {{end}}{{if .Old}}old_fh[{{.Old}}]{{else}}0{{end}}{{end}}], {{end}}old_mapping = {{.Mapping}}, old_fh, []){{else}}old_fh{{end}}, length(fh))){{end}}

{{/* true for a row that differs only because the mapping changed */}}
{{define "same"}}(here AND known AND old_gone = 0 AND old_h != 0 AND old_key = key AND match = old_match AND old_mapping != {{.Mapping}} AND {{template "unchanged" .}}){{end}}

{{/* true for a row whose fields are as the mapping that wrote it had them, what has come since being empty; never where nobody knows what that had */}}
{{define "unchanged"}}{{if .Mixed}}multiIf({{range .Before}}old_mapping = {{.Version}}, true{{range .Places}} AND {{if .Old}}fh[{{.New}}] = old_fh[{{.Old}}]{{else}}absent[{{.New}}]{{end}}{{end}}, {{end}}old_mapping = {{.Mapping}}, fh = old_fh, false){{else}}fh = old_fh{{end}}{{end}}

{{/*
The desired rows that differ, and the tags of those that are to go: what makes the join small where the desired rows are
in no order, so that reading them a slice at a time would read everything for each. Of the baseline it takes what tells
that a row differs; the rest of it is read for the rows that do.
*/}}
{{define "pairs_create"}}
CREATE OR REPLACE TABLE {{table .Pairs}} ENGINE = MergeTree ORDER BY (kh, row_id) AS
SELECT c.row_id != '' AS wanted, if(wanted, c.tag, b.tag) AS tag, if(wanted, c.kh, b.kh) AS kh, c.row_id AS row_id, c.h AS h, c.key AS key,
  {{range .Columns}}c.{{.}} AS {{.}}, {{end}}c.match AS match, c.at AS at
FROM (
  SELECT *, {{template "id_tag" .}} AS tag FROM (
{{template "wanted" .}}
  ) WHERE {{template "within" .}}
) AS c
FULL OUTER JOIN (
  SELECT {{template "id_tag" .}} AS tag, kh, h, gone{{if .Remapped}}, mapping{{end}} FROM {{table .Baseline}} FINAL
  PREWHERE {{template "within" .}}
) AS b ON c.tag = b.tag
WHERE if(c.row_id = '', {{.Removed}}, {{.Differs}})
SETTINGS join_use_nulls = 0, {{template "small_blocks"}}
{{end}}

{{/*
The same where so many buckets differ that a join of them takes more memory than there is: of a set of 8 bytes a row 7.5
million take 180 MB. What is in it is in the baseline as it is desired; what is not is not, or has another hash.
*/}}
{{define "pairs_many"}}
CREATE OR REPLACE TABLE {{table .Pairs}} ENGINE = MergeTree ORDER BY (kh, row_id) AS
SELECT toUInt8(1) AS wanted, tag, kh, row_id, h, key,
  {{range .Columns}}{{.}}, {{end}}match, at
FROM (
  SELECT *, {{template "id_tag" .}} AS tag FROM (
{{template "wanted" .}}
  ) WHERE {{template "within" .}}
)
WHERE bitXor(tag, h) NOT IN (
  SELECT bitXor({{template "id_tag" .}}, h) FROM {{table .Baseline}} FINAL
  PREWHERE {{template "within" .}}{{if .Remapped}} WHERE mapping = {{.Mapping}}{{end}}
)
SETTINGS {{template "small_blocks"}}
{{end}}

{{define "pairs_gone"}}
INSERT INTO {{table .Pairs}} (wanted, tag, kh)
SELECT toUInt8(0), {{template "id_tag" .}} AS tag, b.kh FROM (
  SELECT kh, row_id, gone FROM {{table .Baseline}} FINAL
  PREWHERE {{template "within" .}}
) AS b
WHERE {{.Removed}} AND tag NOT IN (
  SELECT {{template "id_tag" .}} FROM (
{{template "wanted" .}}
  ) WHERE {{template "within" .}}
)
{{end}}

{{define "pairs_count"}}
SELECT count() FROM {{table .Pairs}}
{{end}}

{{/*
An id in 8 bytes, as a text of 32 takes a join twice the memory. Another id may have the same once in a very long while;
its key is new in each run, so that what one run takes for equal the next does not, and nobody can make ids that collide.
*/}}
{{define "id_tag"}}sipHash64Keyed((cityHash64({{quote .Pairs}}), toUInt64(11400714819323198485)), row_id){{end}}

{{/* a part is written for as much: one of more than 10 MB is wide, with a buffer of a megabyte or more for each column */}}
{{define "small_blocks"}}min_insert_block_size_rows = 65536, min_insert_block_size_bytes = 8388608{{end}}

{{/*
Every text that a row's JSON is made of is there for a block at once. What a name stands for is put in its place wherever
it stands, names in it as well, and each column of each level is looked up: analysing takes longer than a small diff.
*/}}
{{define "changeset_fill"}}
INSERT INTO {{table .Raw}} (op, kh, row_id, action, reason, key, old_key, h, fh, changed, fields, match, old_match, remote_id, at, gone, del)
SELECT
  op, kh, row_id,
  if(op = 1, if(here, {{.MoveAction}}, action), '') AS act,
  if(here, 0, reason) AS why,
  if(op = 1 OR NOT here, old_key, key) AS k,
  if(op = 2, old_key, '') AS ok,
  if(op = 1 OR NOT here, old_h, h) AS hh,
  fh, {{template "changed" .}} AS changed,
  if(here AND op != 1, fields, if(op = 1 AND act = 'set', {{.SetFields}}, '')) AS ff,
  if(here AND op != 1, match, old_match) AS m,
  if(op = 2, old_match, '') AS om,
  remote_id, at,
  multiIf(op = 0 AND NOT here, reason, op = 2, old_gone, 0) AS gone,
  toUInt8(0) AS del
FROM ({{if .Mixed}}
  SELECT *, {{if .Same}}{{template "same" .}} AS same, {{end}}{{template "ops" .}} AS op
  FROM ({{end}}
    SELECT
      c.row_id != '' AS here, b.row_id != '' AS known,
      if(here, c.kh, b.kh) AS kh,
      if(here, c.row_id, b.row_id) AS row_id,
      {{if .Rekey}}b.reason{{else}}toUInt8({{.Reason}}){{end}} AS reason,
      {{.Action}} AS action,
      c.key AS key,
      b.key AS old_key,
      c.h AS h,
      b.h AS old_h,
      if(here, [{{.FH}}], b.fh) AS fh,
      b.fh AS old_fh,
      {{if or .Event .Rekey .Stays}}{{.Fields}}{{else}}if(here, {{.Fields}}, ''){{end}} AS fields,
      c.match AS match,
      b.match AS old_match,
      b.remote_id AS remote_id,
      c.at AS at,
      b.gone AS old_gone,
      empty(b.fh) AS bare,
      {{if .Mixed}}b.mapping AS old_mapping, [{{range $i, $a := .Absents}}{{if $i}}, {{end}}{{$a}}{{end}}] AS absent{{else}}{{template "ops" .}} AS op{{end}}
    FROM (
{{if .Paired}}      SELECT * EXCEPT (wanted) FROM {{table .Pairs}} WHERE kh BETWEEN {{.Lo}} AND {{.Hi}}{{else}}      SELECT * FROM (
{{template "wanted" .}}
      ) WHERE {{template "within" .}}{{end}}
    ) AS c
    {{if .Paired}}LEFT{{else}}FULL OUTER{{end}} JOIN (
      SELECT kh, row_id, key, h, fh, remote_id, match, gone, mapping, ver{{if .Rekey}}, toUInt8(if(position(row_id, {{doubtful}}) > 0, 5, {{.Reason}})) AS reason{{end}}{{if .Paired}}, {{template "id_tag" .}} AS tag{{end}} FROM {{table .Baseline}} FINAL
      PREWHERE {{if .Paired}}kh BETWEEN {{.Lo}} AND {{.Hi}} AND kh IN (SELECT kh FROM {{table .Pairs}} WHERE kh BETWEEN {{.Lo}} AND {{.Hi}}){{else}}{{template "within" .}}{{end}}{{if .Former}}
      WHERE ver > {{.Former}}{{end}}
    ) AS b ON {{if .Paired}}c.tag = b.tag AND c.kh = b.kh{{else}}c.row_id = b.row_id{{end}}
    WHERE if(c.row_id = '', {{if .Paired}}b.row_id != '' AND {{end}}{{.Removed}}, {{.Differs}}){{if .Mixed}}
  ){{end}}
)
SETTINGS join_use_nulls = 0, min_insert_block_size_rows = 262144, min_insert_block_size_bytes = 50331648, max_block_size = 16384
{{end}}

{{define "changeset_counts"}}
SELECT op, reason, action, count(), countIf(notEmpty(changed)), countIf({{template "returns"}}), countIf({{template "may_go"}} AND key != row_id) FROM {{table .Changeset}} GROUP BY op, reason, action ORDER BY op, reason DESC, action
{{end}}

{{/* what an ended full run has left to be sent as it was before */}}
{{define "changeset_again"}}
SELECT count() FROM (SELECT kh, row_id, key, match FROM {{table .Changeset}} WHERE op = 3 AND empty(changed)) AS c
JOIN (SELECT kh, row_id, key, match FROM {{table .Baseline}} FINAL WHERE h = 0 AND gone = 0 AND notEmpty(fh)) AS b
ON c.kh = b.kh AND c.row_id = b.row_id AND c.key = b.key AND c.match = b.match
{{end}}

{{define "changeset_fields"}}
SELECT f, count() FROM (SELECT arrayJoin(changed) AS f FROM {{table .Changeset}} WHERE op IN (2, 3)) GROUP BY f ORDER BY f
{{end}}

{{define "changeset_duplicates"}}
SELECT count(), any(n) FROM (SELECT count() AS n FROM {{table .Changeset}} WHERE op != 1 AND kh BETWEEN {{.Lo}} AND {{.Hi}} GROUP BY kh, row_id HAVING n > 1)
{{end}}

{{/* ids take much memory: first the hashes that stand on several rows */}}
{{define "desired_repeated"}}
SELECT count(), any(n) FROM (
  SELECT count() AS n FROM (
{{template "wanted" .}}
  ) WHERE kh IN (
    SELECT kh FROM (
{{template "wanted" .}}
    ) WHERE kh BETWEEN {{.Lo}} AND {{.Hi}} GROUP BY kh HAVING count() > 1
  ) GROUP BY kh, row_id HAVING n > 1
)
{{end}}

{{define "changeset_sample"}}
SELECT op, action, reason, key, fields, changed FROM {{table .Changeset}} WHERE op = {{.Op}} ORDER BY kh LIMIT {{.Limit}}
{{end}}

{{/* kh BETWEEN is what the primary key understands; the tuple alone reads from the start. One text is cheaper to read than a dozen columns. */}}
{{define "changeset_page"}}
SELECT formatRow('RowBinary', kh, row_id, action, reason, key, old_key, h, fh, fields, match, remote_id, at)
FROM {{table .Changeset}}
WHERE op = {{.Op}} AND kh BETWEEN {{.AfterKH}} AND {{.UpTo}} AND (kh, row_id) > ({{.AfterKH}}, {{quote .AfterID}}){{if .Only}} AND reason = {{.Only}}{{end}}
ORDER BY kh, row_id LIMIT {{.Limit}}
{{end}}
