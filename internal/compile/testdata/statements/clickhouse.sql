-- identity person rows of odd (entity person) at models/all.yml:35:20
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_person_rows_odd` ENGINE = MergeTree ORDER BY tuple() AS
SELECT v0, toUInt64(if((v0 = '' OR ((lowerUTF8(trimBoth(v0)) IN ('-1', 'null', '(null)', 'nil', 'none', 'nan', 'na', 'n/a', 'undefined', 'unknown', 'anonymous', 'test@test.com')) OR match(v0, '^[0-]*$') OR match(v0, '^(no|do-?not)[-_.]?reply@'))), 0, greatest(sipHash64Keyed((toUInt64(659865222065112260), toUInt64(12906127358314240260)), concat('handle\0', v0)), toUInt64(1)))) AS d0, v1, toUInt64(if((v1 = '' OR ((lowerUTF8(trimBoth(v1)) IN ('-1', 'null', '(null)', 'nil', 'none', 'nan', 'na', 'n/a', 'undefined', 'unknown', 'anonymous', 'test@test.com')) OR (v1 = coalesce(arrayMap(__kith_n -> if(match(ifNull(__kith_n, ''), '^[^\\s\\p{Z}\\p{C}@<>"(),;]+@[^\\s\\p{Z}\\p{C}@<>"(),;]+\\.[^\\s\\p{Z}\\p{C}@<>"(),;.]{2,}$'), __kith_n, NULL), [lowerUTF8(arrayMap(__kith_t -> if(length(__kith_t) = lengthUTF8(__kith_t), trim(BOTH ' \t\n\r\f\v' FROM __kith_t), replaceRegexpAll(__kith_t, '^[\\s\\p{Z}\\p{C}]+|[\\s\\p{Z}\\p{C}]+$', '')), ['test@test.com'])[1])])[1], 'test@test.com')) OR match(v1, '^[0-]*$') OR match(v1, '^(no|do-?not)[-_.]?reply@') OR match(v1, '@example\\.com$'))), 0, greatest(sipHash64Keyed((toUInt64(659865222065112260), toUInt64(12906127358314240260)), concat('email\0', v1)), toUInt64(1)))) AS d1, x1, s1, v2, toUInt64(if((v2 = '' OR ((lowerUTF8(trimBoth(v2)) IN ('-1', 'null', '(null)', 'nil', 'none', 'nan', 'na', 'n/a', 'undefined', 'unknown', 'anonymous', 'test@test.com')) OR match(v2, '^[0-]*$') OR match(v2, '^(no|do-?not)[-_.]?reply@'))), 0, greatest(sipHash64Keyed((toUInt64(659865222065112260), toUInt64(12906127358314240260)), concat('phone\0', v2)), toUInt64(1)))) AS d2, x2, s2, bucket, first_seen, last_seen, n, mix
FROM (
  SELECT __kith_v0 AS v0, __kith_v1 AS v1, countIf(__kith_x1 != '') AS x1, minIf(__kith_x1, __kith_x1 != '') AS s1, __kith_v2 AS v2, countIf(__kith_x2 != '') AS x2, minIf(__kith_x2, __kith_x2 != '') AS s2, bucket, min(__kith_at) AS first_seen, max(if(__kith_at <= toDateTime64('1970-01-01 00:00:00.000000', 6, 'UTC'), __kith_at, toDateTime64('1970-01-01 00:00:00.000000', 6, 'UTC'))) AS last_seen, count() AS n, toUInt64(0) AS mix
  FROM (
    SELECT coalesce(arrayMap(__kith_n -> if(arrayMap(__kith_t -> if(length(__kith_t) = lengthUTF8(__kith_t), trim(BOTH ' \t\n\r\f\v' FROM __kith_t), replaceRegexpAll(__kith_t, '^[\\s\\p{Z}\\p{C}]+|[\\s\\p{Z}\\p{C}]+$', '')), [__kith_n])[1] != '', __kith_n, NULL), [__kith_s.`k`])[1], '') AS __kith_v0, coalesce(arrayMap(__kith_n -> if(match(ifNull(__kith_n, ''), '^[^\\s\\p{Z}\\p{C}@<>"(),;]+@[^\\s\\p{Z}\\p{C}@<>"(),;]+\\.[^\\s\\p{Z}\\p{C}@<>"(),;.]{2,}$'), __kith_n, NULL), [lowerUTF8(arrayMap(__kith_t -> if(length(__kith_t) = lengthUTF8(__kith_t), trim(BOTH ' \t\n\r\f\v' FROM __kith_t), replaceRegexpAll(__kith_t, '^[\\s\\p{Z}\\p{C}]+|[\\s\\p{Z}\\p{C}]+$', '')), [__kith_s.`p`])[1])])[1], '') AS __kith_v1, if(__kith_v1 = '', concat(substringUTF8(coalesce(nullIf(arrayMap(__kith_t -> if(length(__kith_t) = lengthUTF8(__kith_t), trim(BOTH ' \t\n\r\f\v' FROM __kith_t), replaceRegexpAll(__kith_t, '^[\\s\\p{Z}\\p{C}]+|[\\s\\p{Z}\\p{C}]+$', '')), [__kith_s.`p`])[1], ''), ''), 1, 1), replaceRegexpAll(substringUTF8(coalesce(nullIf(arrayMap(__kith_t -> if(length(__kith_t) = lengthUTF8(__kith_t), trim(BOTH ' \t\n\r\f\v' FROM __kith_t), replaceRegexpAll(__kith_t, '^[\\s\\p{Z}\\p{C}]+|[\\s\\p{Z}\\p{C}]+$', '')), [__kith_s.`p`])[1], ''), ''), 2, 23), '[^@.+: -]', '*')), '') AS __kith_x1, coalesce(arrayMap(__kith_n -> if(match(__kith_n, '^\\+[1-9][0-9]{7,14}$'), __kith_n, NULL), [replaceRegexpOne(arrayMap(__kith_d -> multiIf(startsWith(__kith_d, '+'), __kith_d, startsWith(__kith_d, '00'), concat('+', substring(__kith_d, 3)), concat('+', '31', replaceRegexpOne(__kith_d, '^0()', '\\1'))), [ifNull(replaceRegexpAll(replaceOne(replaceRegexpOne(__kith_s.`it's quoted`, '(?is)[;,/#x].*$', ''), '(0)', ''), '[^0-9+]', ''), '')])[1], '^\\+(20|27|30|31|32|33|34|40|41|43|44|45|46|47|48|49|51|54|55|61|62|64|81|82|84|86|90|91|92|94|98|212|213|234|254|351|352|353|355|358|359|380|381|385|386|387|389|420|421|880|962|966|971|972)0', '+\\1')])[1], '') AS __kith_v2, if(__kith_v2 = '', concat(substringUTF8(coalesce(nullIf(arrayMap(__kith_t -> if(length(__kith_t) = lengthUTF8(__kith_t), trim(BOTH ' \t\n\r\f\v' FROM __kith_t), replaceRegexpAll(__kith_t, '^[\\s\\p{Z}\\p{C}]+|[\\s\\p{Z}\\p{C}]+$', '')), [__kith_s.`it's quoted`])[1], ''), ''), 1, 1), replaceRegexpAll(substringUTF8(coalesce(nullIf(arrayMap(__kith_t -> if(length(__kith_t) = lengthUTF8(__kith_t), trim(BOTH ' \t\n\r\f\v' FROM __kith_t), replaceRegexpAll(__kith_t, '^[\\s\\p{Z}\\p{C}]+|[\\s\\p{Z}\\p{C}]+$', '')), [__kith_s.`it's quoted`])[1], ''), ''), 2, 23), '[^@.+: -]', '*')), '') AS __kith_x2, coalesce(__kith_s.`at`, __kith_s.`seen`, toDateTime64('2299-12-31 23:59:59.000000', 6, 'UTC')) AS __kith_at, toUInt32(0) AS bucket
    FROM (
SELECT __kith_s.`k` AS `k`, __kith_s.`p` AS `p`, __kith_s.`__x` AS `__x`, __kith_s.`it's quoted` AS `it's quoted`, __kith_s.`at` AS `at`, __kith_s.`seen` AS `seen` FROM (
SELECT * FROM (
SELECT __kith_t.`k` AS `k`, __kith_t.`h` AS `h`, __kith_t.`p` AS `p`, __kith_t.`op` AS `op`, __kith_t.`select` AS `select`, __kith_t.`__x` AS `__x`, __kith_t.`it's quoted` AS `it's quoted`, __kith_t.`j` AS `j`, __kith_t.`price` AS `price`, accurateCast(CAST((
h * 2
) AS Nullable(Int128)), 'Nullable(Int64)') AS `twice`, __kith_t.`tags` AS `tags`, __kith_t.`at` AS `at`, __kith_t.`seen` AS `seen`, __kith_t.`day` AS `day`, __kith_t.`row_id` AS `row_id`, __kith_t.`key` AS `key`, __kith_t.`value` AS `value` FROM (
SELECT CAST(__kith_t.`k` AS Nullable(String)) AS `k`, accurateCast(CAST(__kith_t.`h` AS Nullable(Int128)), 'Nullable(Int64)') AS `h`, CAST(__kith_t.`p` AS Nullable(String)) AS `p`, accurateCast(CAST(__kith_t.`op` AS Nullable(Int128)), 'Nullable(Int64)') AS `op`, CAST(__kith_t.`select` AS Nullable(String)) AS `select`, CAST(__kith_t.`__x` AS Nullable(Bool)) AS `__x`, CAST(__kith_t.`it's quoted` AS Nullable(String)) AS `it's quoted`, if(startsWith(trimLeft(CAST(__kith_t.`j` AS Nullable(String))), '{'), concat('{', arrayStringConcat(arrayMap(__kith_p -> concat(toJSONString(__kith_p.1), ':', __kith_p.2), arraySort(JSONExtractKeysAndValuesRaw(assumeNotNull(CAST(__kith_t.`j` AS Nullable(String)))))), ','), '}'), CAST(__kith_t.`j` AS Nullable(String))) AS `j`, CAST(toDecimal64OrNull(JSONExtract(ifNull(CAST(__kith_t.`j` AS Nullable(String)), ''), 'price', 'net', 'Nullable(String)'), 2) AS Nullable(Decimal(12, 2))) AS `price`, arrayMap(__kith_e -> assumeNotNull(__kith_e), arrayFilter(__kith_e -> isNotNull(__kith_e), arrayMap(__kith_e -> CAST(__kith_e AS Nullable(String)), __kith_t.`tags`))) AS `tags`, CAST(__kith_t.`at` AS Nullable(DateTime64(6, 'UTC'))) AS `at`, CAST(__kith_t.`seen` AS Nullable(DateTime64(6, 'UTC'))) AS `seen`, CAST(__kith_t.`day` AS Nullable(Date32)) AS `day`, CAST(__kith_t.`row_id` AS Nullable(String)) AS `row_id`, CAST(__kith_t.`key` AS Nullable(String)) AS `key`, if(isFinite(CAST(__kith_t.`value` AS Nullable(Float64))), CAST(__kith_t.`value` AS Nullable(Float64)) + 0., NULL) AS `value` FROM `raw`.`odd` AS __kith_t
) AS __kith_t
) AS __kith_s
ORDER BY __kith_s.`seen` DESC, __kith_s.`at` DESC, cityHash64(tuple(__kith_s.*)) LIMIT 1 BY __kith_s.`k`, __kith_s.`op`
) AS __kith_s
WHERE ((NOT ifNull((__kith_s.`select` = 'test'), false)))
    ) AS __kith_s
    WHERE (ifNull((__kith_s.`__x` = true), false))
  ) GROUP BY v0, v1, v2, bucket
)
SETTINGS compile_aggregate_expressions = 0;

-- identity person values (entity person) at models/all.yml:28:11
CREATE OR REPLACE TABLE `kith`.`identity_person_values_build` ENGINE = MergeTree PARTITION BY bucket != 0 ORDER BY node AS
SELECT d0 AS node, toUInt8(0) AS type, v0 AS value, CAST('odd' AS LowCardinality(String)) AS source, bucket, toUInt8(node = 0) AS state, min(first_seen) AS first_seen, max(last_seen) AS last_seen, sum(n) AS n
FROM `kith`.`scratch_run_identity_person_rows_odd` WHERE v0 != '' GROUP BY node, value, bucket
UNION ALL
SELECT d1 AS node, toUInt8(1) AS type, v1 AS value, CAST('odd' AS LowCardinality(String)) AS source, bucket, toUInt8(node = 0) AS state, min(first_seen) AS first_seen, max(last_seen) AS last_seen, sum(n) AS n
FROM `kith`.`scratch_run_identity_person_rows_odd` WHERE v1 != '' GROUP BY node, value, bucket
UNION ALL
SELECT toUInt64(0) AS node, toUInt8(1) AS type, min(s1) AS value, CAST('odd' AS LowCardinality(String)) AS source, bucket, toUInt8(2) AS state, min(first_seen) AS first_seen, max(last_seen) AS last_seen, sum(x1) AS n
FROM `kith`.`scratch_run_identity_person_rows_odd` WHERE x1 > 0 GROUP BY bucket
UNION ALL
SELECT d2 AS node, toUInt8(2) AS type, v2 AS value, CAST('odd' AS LowCardinality(String)) AS source, bucket, toUInt8(node = 0) AS state, min(first_seen) AS first_seen, max(last_seen) AS last_seen, sum(n) AS n
FROM `kith`.`scratch_run_identity_person_rows_odd` WHERE v2 != '' GROUP BY node, value, bucket
UNION ALL
SELECT toUInt64(0) AS node, toUInt8(2) AS type, min(s2) AS value, CAST('odd' AS LowCardinality(String)) AS source, bucket, toUInt8(2) AS state, min(first_seen) AS first_seen, max(last_seen) AS last_seen, sum(x2) AS n
FROM `kith`.`scratch_run_identity_person_rows_odd` WHERE x2 > 0 GROUP BY bucket
SETTINGS compile_aggregate_expressions = 0;

-- identity person nodes (entity person) at models/all.yml:28:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_person_nodes` (node UInt64 CODEC(NONE), type UInt8 CODEC(NONE), value String CODEC(NONE), first_seen DateTime64(6, 'UTC') CODEC(NONE), last_seen DateTime64(6, 'UTC') CODEC(NONE), n UInt64 CODEC(NONE)) ENGINE = MergeTree ORDER BY tuple() AS
SELECT node, type, value, min(first_seen) AS first_seen, max(last_seen) AS last_seen, sum(n) AS n
FROM `kith`.`identity_person_values_build` WHERE node != 0 GROUP BY node, type, value
SETTINGS compile_aggregate_expressions = 0;

-- identity person collisions (entity person) at models/all.yml:28:11
SELECT s.node, s.type, s.value, 0 AS known
FROM (SELECT * FROM `kith`.`scratch_run_identity_person_nodes` WHERE node IN (SELECT node FROM `kith`.`scratch_run_identity_person_nodes` GROUP BY node HAVING count() > 1)) AS s
ORDER BY s.node, known DESC, s.first_seen, s.type, s.value
LIMIT 1
SETTINGS join_use_nulls = 0;

-- identity person edges (entity person) at models/all.yml:28:11
CREATE OR REPLACE TABLE `kith`.`identity_person_edges_build` (
  a UInt64,
  b UInt64,
  ta UInt8,
  tb UInt8,
  source LowCardinality(String),
  bucket UInt32,
  first_seen DateTime64(6, 'UTC'),
  last_seen DateTime64(6, 'UTC'),
  n UInt64
) ENGINE = MergeTree PARTITION BY bucket != 0 ORDER BY (a, b) AS
SELECT least(s, t) AS a, greatest(s, t) AS b, any(if(s < t, sr, 1)) AS ta, any(if(s < t, 1, sr)) AS tb, 'odd' AS source, bucket, min(first_seen) AS first_seen, max(last_seen) AS last_seen, sum(n) AS n
FROM (
  SELECT d0 AS s, 0 AS sr, d1 AS t, bucket, first_seen, last_seen, n FROM `kith`.`scratch_run_identity_person_rows_odd` WHERE d1 != 0
) WHERE s != 0 AND s != t GROUP BY a, b, bucket
UNION ALL
SELECT least(s, t) AS a, greatest(s, t) AS b, any(if(s < t, sr, 2)) AS ta, any(if(s < t, 2, sr)) AS tb, 'odd' AS source, bucket, min(first_seen) AS first_seen, max(last_seen) AS last_seen, sum(n) AS n
FROM (
  SELECT multiIf(d0 != 0, d0, d1 != 0, d1, 0) AS s, multiIf(d0 != 0, 0, d1 != 0, 1, 0) AS sr, d2 AS t, bucket, first_seen, last_seen, n FROM `kith`.`scratch_run_identity_person_rows_odd` WHERE d2 != 0
) WHERE s != 0 AND s != t GROUP BY a, b, bucket
SETTINGS compile_aggregate_expressions = 0;

-- identity person reads (entity person) at models/all.yml:28:11
CREATE OR REPLACE TABLE `kith`.`identity_person_reads_build` ENGINE = MergeTree ORDER BY (source, bucket) AS
SELECT source, bucket, n, mix, unowned, cut, toDateTime64('1970-01-01 00:00:00.000000', 6, 'UTC') AS as_of, toDateTime64('0001-01-01 00:00:00.000000', 6, 'UTC') AS full_at, '' AS rules
FROM (
  SELECT CAST('odd' AS LowCardinality(String)) AS source, bucket, sum(r.n) AS n, groupBitXor(r.mix) AS mix, sumIf(r.n, d0 = 0 AND d1 = 0 AND d2 = 0) AS unowned, toDateTime64('1970-01-01 00:00:00.000000', 6, 'UTC') AS cut FROM `kith`.`scratch_run_identity_person_rows_odd` AS r GROUP BY bucket
);

-- identity person node count (entity person) at models/all.yml:28:11
SELECT count(), (SELECT count() FROM `kith`.`identity_person_edges_build`) FROM `kith`.`scratch_run_identity_person_nodes`;

-- identity person match records (entity person) at models/all.yml:28:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_person_match_records` ENGINE = MergeTree ORDER BY id AS
SELECT *, row_number() OVER (ORDER BY greatest(cityHash64(tuple(f0, f1, f2, f3, f4)), toUInt64(1)), id) AS place
FROM (
  SELECT greatest(cityHash64(tuple(node, f0, f1, f2, f3, f4)), toUInt64(1)) AS id, node, f0,
    if(f0 = '', 0., count() OVER (PARTITION BY f0) / greatest(countIf(f0 != '') OVER (), 1)) AS t0, f1,
    if(f1 = '', 0., count() OVER (PARTITION BY f1) / greatest(countIf(f1 != '') OVER (), 1)) AS t1, f2,
    if(f2 = '', 0., count() OVER (PARTITION BY f2) / greatest(countIf(f2 != '') OVER (), 1)) AS t2, f3,
    if(f3 = '', 0., count() OVER (PARTITION BY f3) / greatest(countIf(f3 != '') OVER (), 1)) AS t3, f4,
    if(f4 = '', 0., count() OVER (PARTITION BY f4) / greatest(countIf(f4 != '') OVER (), 1)) AS t4
  FROM (
    SELECT node, f0, f1, f2, f3, f4 FROM (
      SELECT toUInt64(multiIf(arrayMap(__kith_v -> if((__kith_v = '' OR ((lowerUTF8(trimBoth(__kith_v)) IN ('-1', 'null', '(null)', 'nil', 'none', 'nan', 'na', 'n/a', 'undefined', 'unknown', 'anonymous', 'test@test.com')) OR match(__kith_v, '^[0-]*$') OR match(__kith_v, '^(no|do-?not)[-_.]?reply@'))), 0, greatest(sipHash64Keyed((toUInt64(659865222065112260), toUInt64(12906127358314240260)), concat('handle\0', __kith_v)), toUInt64(1))), [coalesce(arrayMap(__kith_n -> if(arrayMap(__kith_t -> if(length(__kith_t) = lengthUTF8(__kith_t), trim(BOTH ' \t\n\r\f\v' FROM __kith_t), replaceRegexpAll(__kith_t, '^[\\s\\p{Z}\\p{C}]+|[\\s\\p{Z}\\p{C}]+$', '')), [__kith_n])[1] != '', __kith_n, NULL), [__kith_s.`k`])[1], '')])[1] != 0, arrayMap(__kith_v -> if((__kith_v = '' OR ((lowerUTF8(trimBoth(__kith_v)) IN ('-1', 'null', '(null)', 'nil', 'none', 'nan', 'na', 'n/a', 'undefined', 'unknown', 'anonymous', 'test@test.com')) OR match(__kith_v, '^[0-]*$') OR match(__kith_v, '^(no|do-?not)[-_.]?reply@'))), 0, greatest(sipHash64Keyed((toUInt64(659865222065112260), toUInt64(12906127358314240260)), concat('handle\0', __kith_v)), toUInt64(1))), [coalesce(arrayMap(__kith_n -> if(arrayMap(__kith_t -> if(length(__kith_t) = lengthUTF8(__kith_t), trim(BOTH ' \t\n\r\f\v' FROM __kith_t), replaceRegexpAll(__kith_t, '^[\\s\\p{Z}\\p{C}]+|[\\s\\p{Z}\\p{C}]+$', '')), [__kith_n])[1] != '', __kith_n, NULL), [__kith_s.`k`])[1], '')])[1], arrayMap(__kith_v -> if((__kith_v = '' OR ((lowerUTF8(trimBoth(__kith_v)) IN ('-1', 'null', '(null)', 'nil', 'none', 'nan', 'na', 'n/a', 'undefined', 'unknown', 'anonymous', 'test@test.com')) OR (__kith_v = coalesce(arrayMap(__kith_n -> if(match(ifNull(__kith_n, ''), '^[^\\s\\p{Z}\\p{C}@<>"(),;]+@[^\\s\\p{Z}\\p{C}@<>"(),;]+\\.[^\\s\\p{Z}\\p{C}@<>"(),;.]{2,}$'), __kith_n, NULL), [lowerUTF8(arrayMap(__kith_t -> if(length(__kith_t) = lengthUTF8(__kith_t), trim(BOTH ' \t\n\r\f\v' FROM __kith_t), replaceRegexpAll(__kith_t, '^[\\s\\p{Z}\\p{C}]+|[\\s\\p{Z}\\p{C}]+$', '')), ['test@test.com'])[1])])[1], 'test@test.com')) OR match(__kith_v, '^[0-]*$') OR match(__kith_v, '^(no|do-?not)[-_.]?reply@') OR match(__kith_v, '@example\\.com$'))), 0, greatest(sipHash64Keyed((toUInt64(659865222065112260), toUInt64(12906127358314240260)), concat('email\0', __kith_v)), toUInt64(1))), [coalesce(arrayMap(__kith_n -> if(match(ifNull(__kith_n, ''), '^[^\\s\\p{Z}\\p{C}@<>"(),;]+@[^\\s\\p{Z}\\p{C}@<>"(),;]+\\.[^\\s\\p{Z}\\p{C}@<>"(),;.]{2,}$'), __kith_n, NULL), [lowerUTF8(arrayMap(__kith_t -> if(length(__kith_t) = lengthUTF8(__kith_t), trim(BOTH ' \t\n\r\f\v' FROM __kith_t), replaceRegexpAll(__kith_t, '^[\\s\\p{Z}\\p{C}]+|[\\s\\p{Z}\\p{C}]+$', '')), [__kith_s.`p`])[1])])[1], '')])[1] != 0, arrayMap(__kith_v -> if((__kith_v = '' OR ((lowerUTF8(trimBoth(__kith_v)) IN ('-1', 'null', '(null)', 'nil', 'none', 'nan', 'na', 'n/a', 'undefined', 'unknown', 'anonymous', 'test@test.com')) OR (__kith_v = coalesce(arrayMap(__kith_n -> if(match(ifNull(__kith_n, ''), '^[^\\s\\p{Z}\\p{C}@<>"(),;]+@[^\\s\\p{Z}\\p{C}@<>"(),;]+\\.[^\\s\\p{Z}\\p{C}@<>"(),;.]{2,}$'), __kith_n, NULL), [lowerUTF8(arrayMap(__kith_t -> if(length(__kith_t) = lengthUTF8(__kith_t), trim(BOTH ' \t\n\r\f\v' FROM __kith_t), replaceRegexpAll(__kith_t, '^[\\s\\p{Z}\\p{C}]+|[\\s\\p{Z}\\p{C}]+$', '')), ['test@test.com'])[1])])[1], 'test@test.com')) OR match(__kith_v, '^[0-]*$') OR match(__kith_v, '^(no|do-?not)[-_.]?reply@') OR match(__kith_v, '@example\\.com$'))), 0, greatest(sipHash64Keyed((toUInt64(659865222065112260), toUInt64(12906127358314240260)), concat('email\0', __kith_v)), toUInt64(1))), [coalesce(arrayMap(__kith_n -> if(match(ifNull(__kith_n, ''), '^[^\\s\\p{Z}\\p{C}@<>"(),;]+@[^\\s\\p{Z}\\p{C}@<>"(),;]+\\.[^\\s\\p{Z}\\p{C}@<>"(),;.]{2,}$'), __kith_n, NULL), [lowerUTF8(arrayMap(__kith_t -> if(length(__kith_t) = lengthUTF8(__kith_t), trim(BOTH ' \t\n\r\f\v' FROM __kith_t), replaceRegexpAll(__kith_t, '^[\\s\\p{Z}\\p{C}]+|[\\s\\p{Z}\\p{C}]+$', '')), [__kith_s.`p`])[1])])[1], '')])[1], arrayMap(__kith_v -> if((__kith_v = '' OR ((lowerUTF8(trimBoth(__kith_v)) IN ('-1', 'null', '(null)', 'nil', 'none', 'nan', 'na', 'n/a', 'undefined', 'unknown', 'anonymous', 'test@test.com')) OR match(__kith_v, '^[0-]*$') OR match(__kith_v, '^(no|do-?not)[-_.]?reply@'))), 0, greatest(sipHash64Keyed((toUInt64(659865222065112260), toUInt64(12906127358314240260)), concat('phone\0', __kith_v)), toUInt64(1))), [coalesce(arrayMap(__kith_n -> if(match(__kith_n, '^\\+[1-9][0-9]{7,14}$'), __kith_n, NULL), [replaceRegexpOne(arrayMap(__kith_d -> multiIf(startsWith(__kith_d, '+'), __kith_d, startsWith(__kith_d, '00'), concat('+', substring(__kith_d, 3)), concat('+', '31', replaceRegexpOne(__kith_d, '^0()', '\\1'))), [ifNull(replaceRegexpAll(replaceOne(replaceRegexpOne(__kith_s.`it's quoted`, '(?is)[;,/#x].*$', ''), '(0)', ''), '[^0-9+]', ''), '')])[1], '^\\+(20|27|30|31|32|33|34|40|41|43|44|45|46|47|48|49|51|54|55|61|62|64|81|82|84|86|90|91|92|94|98|212|213|234|254|351|352|353|355|358|359|380|381|385|386|387|389|420|421|880|962|966|971|972)0', '+\\1')])[1], '')])[1] != 0, arrayMap(__kith_v -> if((__kith_v = '' OR ((lowerUTF8(trimBoth(__kith_v)) IN ('-1', 'null', '(null)', 'nil', 'none', 'nan', 'na', 'n/a', 'undefined', 'unknown', 'anonymous', 'test@test.com')) OR match(__kith_v, '^[0-]*$') OR match(__kith_v, '^(no|do-?not)[-_.]?reply@'))), 0, greatest(sipHash64Keyed((toUInt64(659865222065112260), toUInt64(12906127358314240260)), concat('phone\0', __kith_v)), toUInt64(1))), [coalesce(arrayMap(__kith_n -> if(match(__kith_n, '^\\+[1-9][0-9]{7,14}$'), __kith_n, NULL), [replaceRegexpOne(arrayMap(__kith_d -> multiIf(startsWith(__kith_d, '+'), __kith_d, startsWith(__kith_d, '00'), concat('+', substring(__kith_d, 3)), concat('+', '31', replaceRegexpOne(__kith_d, '^0()', '\\1'))), [ifNull(replaceRegexpAll(replaceOne(replaceRegexpOne(__kith_s.`it's quoted`, '(?is)[;,/#x].*$', ''), '(0)', ''), '[^0-9+]', ''), '')])[1], '^\\+(20|27|30|31|32|33|34|40|41|43|44|45|46|47|48|49|51|54|55|61|62|64|81|82|84|86|90|91|92|94|98|212|213|234|254|351|352|353|355|358|359|380|381|385|386|387|389|420|421|880|962|966|971|972)0', '+\\1')])[1], '')])[1], 0)) AS node, trimBoth(replaceRegexpAll(lowerUTF8(ifNull(CAST(__kith_s.`select` AS Nullable(String)), '')), '\\s+', ' ')) AS f0, trimBoth(replaceRegexpAll(lowerUTF8(ifNull(CAST(__kith_s.`row_id` AS Nullable(String)), '')), '\\s+', ' ')) AS f1, substring(replaceRegexpAll(lowerUTF8(ifNull(CAST(toString(__kith_s.`day`) AS Nullable(String)), '')), '[^0-9]', ''), 1, 8) AS f2, trimBoth(replaceRegexpAll(lowerUTF8(ifNull(CAST(__kith_s.`p` AS Nullable(String)), '')), '\\s+', ' ')) AS f3, replaceRegexpAll(lowerUTF8(ifNull(CAST(__kith_s.`it's quoted` AS Nullable(String)), '')), '[^\\p{L}\\p{N}]', '') AS f4 FROM (
SELECT __kith_s.`k` AS `k`, __kith_s.`p` AS `p`, __kith_s.`select` AS `select`, __kith_s.`__x` AS `__x`, __kith_s.`it's quoted` AS `it's quoted`, __kith_s.`day` AS `day`, __kith_s.`row_id` AS `row_id` FROM (
SELECT * FROM (
SELECT __kith_t.`k` AS `k`, __kith_t.`h` AS `h`, __kith_t.`p` AS `p`, __kith_t.`op` AS `op`, __kith_t.`select` AS `select`, __kith_t.`__x` AS `__x`, __kith_t.`it's quoted` AS `it's quoted`, __kith_t.`j` AS `j`, __kith_t.`price` AS `price`, accurateCast(CAST((
h * 2
) AS Nullable(Int128)), 'Nullable(Int64)') AS `twice`, __kith_t.`tags` AS `tags`, __kith_t.`at` AS `at`, __kith_t.`seen` AS `seen`, __kith_t.`day` AS `day`, __kith_t.`row_id` AS `row_id`, __kith_t.`key` AS `key`, __kith_t.`value` AS `value` FROM (
SELECT CAST(__kith_t.`k` AS Nullable(String)) AS `k`, accurateCast(CAST(__kith_t.`h` AS Nullable(Int128)), 'Nullable(Int64)') AS `h`, CAST(__kith_t.`p` AS Nullable(String)) AS `p`, accurateCast(CAST(__kith_t.`op` AS Nullable(Int128)), 'Nullable(Int64)') AS `op`, CAST(__kith_t.`select` AS Nullable(String)) AS `select`, CAST(__kith_t.`__x` AS Nullable(Bool)) AS `__x`, CAST(__kith_t.`it's quoted` AS Nullable(String)) AS `it's quoted`, if(startsWith(trimLeft(CAST(__kith_t.`j` AS Nullable(String))), '{'), concat('{', arrayStringConcat(arrayMap(__kith_p -> concat(toJSONString(__kith_p.1), ':', __kith_p.2), arraySort(JSONExtractKeysAndValuesRaw(assumeNotNull(CAST(__kith_t.`j` AS Nullable(String)))))), ','), '}'), CAST(__kith_t.`j` AS Nullable(String))) AS `j`, CAST(toDecimal64OrNull(JSONExtract(ifNull(CAST(__kith_t.`j` AS Nullable(String)), ''), 'price', 'net', 'Nullable(String)'), 2) AS Nullable(Decimal(12, 2))) AS `price`, arrayMap(__kith_e -> assumeNotNull(__kith_e), arrayFilter(__kith_e -> isNotNull(__kith_e), arrayMap(__kith_e -> CAST(__kith_e AS Nullable(String)), __kith_t.`tags`))) AS `tags`, CAST(__kith_t.`at` AS Nullable(DateTime64(6, 'UTC'))) AS `at`, CAST(__kith_t.`seen` AS Nullable(DateTime64(6, 'UTC'))) AS `seen`, CAST(__kith_t.`day` AS Nullable(Date32)) AS `day`, CAST(__kith_t.`row_id` AS Nullable(String)) AS `row_id`, CAST(__kith_t.`key` AS Nullable(String)) AS `key`, if(isFinite(CAST(__kith_t.`value` AS Nullable(Float64))), CAST(__kith_t.`value` AS Nullable(Float64)) + 0., NULL) AS `value` FROM `raw`.`odd` AS __kith_t
) AS __kith_t
) AS __kith_s
ORDER BY __kith_s.`seen` DESC, __kith_s.`at` DESC, cityHash64(tuple(__kith_s.*)) LIMIT 1 BY __kith_s.`k`, __kith_s.`op`
) AS __kith_s
WHERE ((NOT ifNull((__kith_s.`select` = 'test'), false)))
      ) AS __kith_s WHERE (ifNull((__kith_s.`__x` = true), false))
    ) WHERE node != 0 AND NOT (f0 = '' AND f1 = '' AND f2 = '' AND f3 = '' AND f4 = '')
    GROUP BY node, f0, f1, f2, f3, f4
  )
);

-- identity person match terms (entity person) at models/all.yml:28:11
SELECT count(), countIf(f0 != ''), sum(t0), countIf(f1 != ''), sum(t1), countIf(f2 != ''), sum(t2), countIf(f3 != ''), sum(t3), countIf(f4 != ''), sum(t4) FROM `kith`.`scratch_run_identity_person_match_records`;

-- identity person match keys (entity person) at models/all.yml:28:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_person_match_keys` ENGINE = MergeTree ORDER BY (key, id) AS
SELECT id, arrayJoin(arrayDistinct(arrayFilter(k -> k != 0, [if((f0 != '' AND f1 != ''), greatest(cityHash64(tuple(0, least(if(soundex(f0) = '', f0, soundex(f0)), if(soundex(f1) = '', f1, soundex(f1))), greatest(if(soundex(f0) = '', f0, soundex(f0)), if(soundex(f1) = '', f1, soundex(f1))))), toUInt64(1)), 0),
  if((f0 != '' AND f2 != ''), greatest(cityHash64(tuple(1, if(soundex(f0) = '', f0, soundex(f0)), f2)), toUInt64(1)), 0),
  if((f0 != '' AND f3 != ''), greatest(cityHash64(tuple(2, if(soundex(f0) = '', f0, soundex(f0)), f3)), toUInt64(1)), 0),
  if((f0 != '' AND f4 != ''), greatest(cityHash64(tuple(3, if(soundex(f0) = '', f0, soundex(f0)), f4)), toUInt64(1)), 0),
  if((f1 != '' AND f2 != ''), greatest(cityHash64(tuple(4, if(soundex(f1) = '', f1, soundex(f1)), f2)), toUInt64(1)), 0),
  if((f1 != '' AND f3 != ''), greatest(cityHash64(tuple(5, if(soundex(f1) = '', f1, soundex(f1)), f3)), toUInt64(1)), 0),
  if((f1 != '' AND f4 != ''), greatest(cityHash64(tuple(6, if(soundex(f1) = '', f1, soundex(f1)), f4)), toUInt64(1)), 0),
  if((f2 != ''), greatest(cityHash64(tuple(7, f2)), toUInt64(1)), 0),
  if((f2 != '' AND f3 != ''), greatest(cityHash64(tuple(8, f2, f3)), toUInt64(1)), 0),
  if((f2 != '' AND f4 != ''), greatest(cityHash64(tuple(9, f2, f4)), toUInt64(1)), 0),
  if((f3 != ''), greatest(cityHash64(tuple(10, f3)), toUInt64(1)), 0),
  if((f3 != ''), greatest(cityHash64(tuple(11, splitByChar('@', f3)[1])), toUInt64(1)), 0),
  if((f3 != '' AND f4 != ''), greatest(cityHash64(tuple(12, f3, f4)), toUInt64(1)), 0),
  if((f4 != ''), greatest(cityHash64(tuple(13, f4)), toUInt64(1)), 0)]))) AS key
FROM `kith`.`scratch_run_identity_person_match_records`;

-- identity person match pairs (entity person) at models/all.yml:28:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_person_match_pairs` ENGINE = MergeTree ORDER BY tuple() AS
SELECT l.id AS a, r.id AS b
FROM (SELECT id, key FROM `kith`.`scratch_run_identity_person_match_keys` WHERE key IN (SELECT key FROM `kith`.`scratch_run_identity_person_match_keys` GROUP BY key HAVING count() BETWEEN 2 AND 50)) AS l
JOIN (SELECT id, key FROM `kith`.`scratch_run_identity_person_match_keys` WHERE key IN (SELECT key FROM `kith`.`scratch_run_identity_person_match_keys` GROUP BY key HAVING count() BETWEEN 2 AND 50)) AS r ON l.key = r.key
WHERE l.id < r.id GROUP BY a, b;

-- identity person match key counts (entity person) at models/all.yml:28:11
SELECT countIf(n BETWEEN 2 AND 50), countIf(n > 50) FROM (SELECT count() AS n FROM `kith`.`scratch_run_identity_person_match_keys` GROUP BY key);

-- identity person match random pairs (entity person) at models/all.yml:28:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_person_match_random` ENGINE = MergeTree ORDER BY tuple() AS
SELECT l.id AS a, r.id AS b
FROM (SELECT id, place + arrayJoin(range(1, 50 + 1)) AS other FROM `kith`.`scratch_run_identity_person_match_records` WHERE place <= 1000) AS l
JOIN `kith`.`scratch_run_identity_person_match_records` AS r ON l.other = r.place;

-- identity person match levels (entity person) at models/all.yml:28:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_person_match_levels` ENGINE = MergeTree ORDER BY tuple() AS
SELECT a, b, na, nb, toUInt64(g0 + 1) * 1 + toUInt64(g1 + 1) * 6 + toUInt64(g2 + 1) * 36 + toUInt64(g3 + 1) * 216 + toUInt64(g4 + 1) * 1296 AS code,
  if(g0 = 4, ln(q0), 0.) + if(g1 = 4, ln(q1), 0.) + if(g2 = 4, ln(q2), 0.) + if(g3 = 4, ln(q3), 0.) + if(g4 = 4, ln(q4), 0.) AS common,
  0. + if(g0 = 4, ln(q0), 0.) + if(g1 = 4, ln(q1), 0.) + if(g2 = 4, ln(q2), 0.) + if(g3 = 4, ln(q3), 0.) AS own
FROM (
  SELECT a, b, na, nb, q0, if((x0 = '' OR y0 = ''), -1, multiIf(x0 = y0, 4, jaroWinklerSimilarity(x0, y0) >= 0.92, 3, jaroWinklerSimilarity(x0, y0) >= 0.85, 2, jaroWinklerSimilarity(x0, y0) >= 0.75, 1, 0)) AS g0, q1, if((x1 = '' OR y1 = ''), -1, multiIf(x1 = y1, 4, jaroWinklerSimilarity(x1, y1) >= 0.92, 3, jaroWinklerSimilarity(x1, y1) >= 0.85, 2, jaroWinklerSimilarity(x1, y1) >= 0.75, 1, 0)) AS g1, q2, if((x2 = '' OR y2 = ''), -1, multiIf(x2 = y2, 4, damerauLevenshteinDistance(x2, y2) <= 1, 3, damerauLevenshteinDistance(x2, y2) <= 2 OR length(x2) = 8 AND length(y2) = 8 AND ((toUInt8(substring(x2, 1, 4) = substring(y2, 1, 4)) + toUInt8(substring(x2, 5, 2) = substring(y2, 5, 2)) + toUInt8(substring(x2, 7, 2) = substring(y2, 7, 2))) = 2 OR substring(x2, 1, 4) = substring(y2, 1, 4) AND substring(x2, 5, 2) = substring(y2, 7, 2) AND substring(x2, 7, 2) = substring(y2, 5, 2)), 2, length(x2) = 8 AND length(y2) = 8 AND (toUInt8(substring(x2, 1, 4) = substring(y2, 1, 4)) + toUInt8(substring(x2, 5, 2) = substring(y2, 5, 2)) + toUInt8(substring(x2, 7, 2) = substring(y2, 7, 2))) = 1, 1, 0)) AS g2, q3, if((x3 = '' OR y3 = ''), -1, multiIf(x3 = y3, 4, damerauLevenshteinDistance(x3, y3) <= 2, 3, splitByChar('@', x3)[1] = splitByChar('@', y3)[1], 2, 0)) AS g3, q4, if((x4 = '' OR y4 = ''), -1, multiIf(x4 = y4, 4, damerauLevenshteinDistance(x4, y4) <= 1, 3, damerauLevenshteinDistance(x4, y4) <= 2, 2, 0)) AS g4
  FROM (
    SELECT a, b, na, nb, q0, x0, if(crossed, z1, z0) AS y0, q1, x1, if(crossed, z0, z1) AS y1, q2, x2, z2 AS y2, q3, x3, z3 AS y3, q4, x4, z4 AS y4
    FROM (
      SELECT *, (if((x0 = '' OR z1 = ''), -1, multiIf(x0 = z1, 4, jaroWinklerSimilarity(x0, z1) >= 0.92, 3, jaroWinklerSimilarity(x0, z1) >= 0.85, 2, jaroWinklerSimilarity(x0, z1) >= 0.75, 1, 0)) >= 2 AND if((x1 = '' OR z0 = ''), -1, multiIf(x1 = z0, 4, jaroWinklerSimilarity(x1, z0) >= 0.92, 3, jaroWinklerSimilarity(x1, z0) >= 0.85, 2, jaroWinklerSimilarity(x1, z0) >= 0.75, 1, 0)) >= 2 AND if((x0 = '' OR z1 = ''), -1, multiIf(x0 = z1, 4, jaroWinklerSimilarity(x0, z1) >= 0.92, 3, jaroWinklerSimilarity(x0, z1) >= 0.85, 2, jaroWinklerSimilarity(x0, z1) >= 0.75, 1, 0)) + if((x1 = '' OR z0 = ''), -1, multiIf(x1 = z0, 4, jaroWinklerSimilarity(x1, z0) >= 0.92, 3, jaroWinklerSimilarity(x1, z0) >= 0.85, 2, jaroWinklerSimilarity(x1, z0) >= 0.75, 1, 0)) > if((x0 = '' OR z0 = ''), -1, multiIf(x0 = z0, 4, jaroWinklerSimilarity(x0, z0) >= 0.92, 3, jaroWinklerSimilarity(x0, z0) >= 0.85, 2, jaroWinklerSimilarity(x0, z0) >= 0.75, 1, 0)) + if((x1 = '' OR z1 = ''), -1, multiIf(x1 = z1, 4, jaroWinklerSimilarity(x1, z1) >= 0.92, 3, jaroWinklerSimilarity(x1, z1) >= 0.85, 2, jaroWinklerSimilarity(x1, z1) >= 0.75, 1, 0))) AS crossed
      FROM (
        SELECT p.a AS a, p.b AS b, l.node AS na, r.node AS nb, l.f0 AS x0, r.f0 AS z0, greatest(l.t0, r.t0) AS q0, l.f1 AS x1, r.f1 AS z1, greatest(l.t1, r.t1) AS q1, l.f2 AS x2, r.f2 AS z2, greatest(l.t2, r.t2) AS q2, l.f3 AS x3, r.f3 AS z3, greatest(l.t3, r.t3) AS q3, l.f4 AS x4, r.f4 AS z4, greatest(l.t4, r.t4) AS q4
        FROM `kith`.`scratch_run_identity_person_match_pairs` AS p JOIN `kith`.`scratch_run_identity_person_match_records` AS l ON p.a = l.id JOIN `kith`.`scratch_run_identity_person_match_records` AS r ON p.b = r.id
      )
    )
  )
);

-- identity person match random levels (entity person) at models/all.yml:28:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_person_match_random_levels` ENGINE = MergeTree ORDER BY tuple() AS
SELECT a, b, na, nb, toUInt64(g0 + 1) * 1 + toUInt64(g1 + 1) * 6 + toUInt64(g2 + 1) * 36 + toUInt64(g3 + 1) * 216 + toUInt64(g4 + 1) * 1296 AS code,
  if(g0 = 4, ln(q0), 0.) + if(g1 = 4, ln(q1), 0.) + if(g2 = 4, ln(q2), 0.) + if(g3 = 4, ln(q3), 0.) + if(g4 = 4, ln(q4), 0.) AS common,
  0. + if(g0 = 4, ln(q0), 0.) + if(g1 = 4, ln(q1), 0.) + if(g2 = 4, ln(q2), 0.) + if(g3 = 4, ln(q3), 0.) AS own
FROM (
  SELECT a, b, na, nb, q0, if((x0 = '' OR y0 = ''), -1, multiIf(x0 = y0, 4, jaroWinklerSimilarity(x0, y0) >= 0.92, 3, jaroWinklerSimilarity(x0, y0) >= 0.85, 2, jaroWinklerSimilarity(x0, y0) >= 0.75, 1, 0)) AS g0, q1, if((x1 = '' OR y1 = ''), -1, multiIf(x1 = y1, 4, jaroWinklerSimilarity(x1, y1) >= 0.92, 3, jaroWinklerSimilarity(x1, y1) >= 0.85, 2, jaroWinklerSimilarity(x1, y1) >= 0.75, 1, 0)) AS g1, q2, if((x2 = '' OR y2 = ''), -1, multiIf(x2 = y2, 4, damerauLevenshteinDistance(x2, y2) <= 1, 3, damerauLevenshteinDistance(x2, y2) <= 2 OR length(x2) = 8 AND length(y2) = 8 AND ((toUInt8(substring(x2, 1, 4) = substring(y2, 1, 4)) + toUInt8(substring(x2, 5, 2) = substring(y2, 5, 2)) + toUInt8(substring(x2, 7, 2) = substring(y2, 7, 2))) = 2 OR substring(x2, 1, 4) = substring(y2, 1, 4) AND substring(x2, 5, 2) = substring(y2, 7, 2) AND substring(x2, 7, 2) = substring(y2, 5, 2)), 2, length(x2) = 8 AND length(y2) = 8 AND (toUInt8(substring(x2, 1, 4) = substring(y2, 1, 4)) + toUInt8(substring(x2, 5, 2) = substring(y2, 5, 2)) + toUInt8(substring(x2, 7, 2) = substring(y2, 7, 2))) = 1, 1, 0)) AS g2, q3, if((x3 = '' OR y3 = ''), -1, multiIf(x3 = y3, 4, damerauLevenshteinDistance(x3, y3) <= 2, 3, splitByChar('@', x3)[1] = splitByChar('@', y3)[1], 2, 0)) AS g3, q4, if((x4 = '' OR y4 = ''), -1, multiIf(x4 = y4, 4, damerauLevenshteinDistance(x4, y4) <= 1, 3, damerauLevenshteinDistance(x4, y4) <= 2, 2, 0)) AS g4
  FROM (
    SELECT a, b, na, nb, q0, x0, if(crossed, z1, z0) AS y0, q1, x1, if(crossed, z0, z1) AS y1, q2, x2, z2 AS y2, q3, x3, z3 AS y3, q4, x4, z4 AS y4
    FROM (
      SELECT *, (if((x0 = '' OR z1 = ''), -1, multiIf(x0 = z1, 4, jaroWinklerSimilarity(x0, z1) >= 0.92, 3, jaroWinklerSimilarity(x0, z1) >= 0.85, 2, jaroWinklerSimilarity(x0, z1) >= 0.75, 1, 0)) >= 2 AND if((x1 = '' OR z0 = ''), -1, multiIf(x1 = z0, 4, jaroWinklerSimilarity(x1, z0) >= 0.92, 3, jaroWinklerSimilarity(x1, z0) >= 0.85, 2, jaroWinklerSimilarity(x1, z0) >= 0.75, 1, 0)) >= 2 AND if((x0 = '' OR z1 = ''), -1, multiIf(x0 = z1, 4, jaroWinklerSimilarity(x0, z1) >= 0.92, 3, jaroWinklerSimilarity(x0, z1) >= 0.85, 2, jaroWinklerSimilarity(x0, z1) >= 0.75, 1, 0)) + if((x1 = '' OR z0 = ''), -1, multiIf(x1 = z0, 4, jaroWinklerSimilarity(x1, z0) >= 0.92, 3, jaroWinklerSimilarity(x1, z0) >= 0.85, 2, jaroWinklerSimilarity(x1, z0) >= 0.75, 1, 0)) > if((x0 = '' OR z0 = ''), -1, multiIf(x0 = z0, 4, jaroWinklerSimilarity(x0, z0) >= 0.92, 3, jaroWinklerSimilarity(x0, z0) >= 0.85, 2, jaroWinklerSimilarity(x0, z0) >= 0.75, 1, 0)) + if((x1 = '' OR z1 = ''), -1, multiIf(x1 = z1, 4, jaroWinklerSimilarity(x1, z1) >= 0.92, 3, jaroWinklerSimilarity(x1, z1) >= 0.85, 2, jaroWinklerSimilarity(x1, z1) >= 0.75, 1, 0))) AS crossed
      FROM (
        SELECT p.a AS a, p.b AS b, l.node AS na, r.node AS nb, l.f0 AS x0, r.f0 AS z0, greatest(l.t0, r.t0) AS q0, l.f1 AS x1, r.f1 AS z1, greatest(l.t1, r.t1) AS q1, l.f2 AS x2, r.f2 AS z2, greatest(l.t2, r.t2) AS q2, l.f3 AS x3, r.f3 AS z3, greatest(l.t3, r.t3) AS q3, l.f4 AS x4, r.f4 AS z4, greatest(l.t4, r.t4) AS q4
        FROM `kith`.`scratch_run_identity_person_match_random` AS p JOIN `kith`.`scratch_run_identity_person_match_records` AS l ON p.a = l.id JOIN `kith`.`scratch_run_identity_person_match_records` AS r ON p.b = r.id
      )
    )
  )
);

-- identity person match histogram (entity person) at models/all.yml:28:11
SELECT code, count() FROM `kith`.`scratch_run_identity_person_match_levels` GROUP BY code ORDER BY code;

-- identity person match random histogram (entity person) at models/all.yml:28:11
SELECT code, count() FROM `kith`.`scratch_run_identity_person_match_random_levels` GROUP BY code ORDER BY code;

-- identity person match weights (entity person) at models/all.yml:28:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_person_match_weights` (code UInt64, m Float64, u Float64, h Float64) ENGINE = MergeTree ORDER BY code;

-- identity person match weight count (entity person) at models/all.yml:28:11
SELECT count() FROM `kith`.`scratch_run_identity_person_match_weights`;

-- identity person match scores (entity person) at models/all.yml:28:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_person_match_scored` ENGINE = MergeTree ORDER BY (a, b) AS
SELECT a, b, max(p) AS probability, argMax(x, (p, x, y)) AS ra, argMax(y, (p, x, y)) AS rb
FROM (
  SELECT least(l.na, l.nb) AS a, greatest(l.na, l.nb) AS b, if(l.na < l.nb, l.a, l.b) AS x, if(l.na < l.nb, l.b, l.a) AS y,
    1 / (1 + exp(least(w.u + l.common - w.m, 700.)) + exp(least(w.h + l.own - w.m, 700.))) AS p
  FROM `kith`.`scratch_run_identity_person_match_levels` AS l JOIN `kith`.`scratch_run_identity_person_match_weights` AS w ON l.code = w.code
  WHERE l.na != l.nb
) WHERE p >= 0.9 GROUP BY a, b;

-- identity person hook 1 (entity person) at models/all.yml:28:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_person_match_exact_p1` (v UInt64 CODEC(NONE), l UInt64 CODEC(NONE)) ENGINE = MergeTree ORDER BY tuple() AS
SELECT a AS v, max(b) AS l FROM `kith`.`identity_person_edges_build` GROUP BY a;

-- identity person depth 1 (entity person) at models/all.yml:28:11
SELECT count(), countIf(l IN (SELECT v FROM `kith`.`scratch_run_identity_person_match_exact_p1` WHERE v % 64 = 0)) FROM `kith`.`scratch_run_identity_person_match_exact_p1` WHERE l % 64 = 0;

-- identity person jump 1 (entity person) at models/all.yml:28:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_person_match_exact_q1` (v UInt64 CODEC(NONE), l UInt64 CODEC(NONE)) ENGINE = MergeTree ORDER BY tuple() AS
SELECT p.v AS v, if(g.v = p.l, g.l, p.l) AS l FROM `kith`.`scratch_run_identity_person_match_exact_p1` AS p LEFT ANY JOIN `kith`.`scratch_run_identity_person_match_exact_p1` AS g ON p.l = g.v
SETTINGS join_use_nulls = 0;

-- identity person lift 1 (entity person) at models/all.yml:28:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_person_match_exact_e1` (a UInt64 CODEC(NONE), b UInt64 CODEC(NONE)) ENGINE = MergeTree ORDER BY tuple() AS
SELECT least(x, y) AS a, greatest(x, y) AS b
FROM (
  SELECT s.l AS x, if(t.v = e.b, t.l, e.b) AS y
  FROM `kith`.`identity_person_edges_build` AS e LEFT ANY JOIN `kith`.`scratch_run_identity_person_match_exact_q1` AS s ON e.a = s.v LEFT ANY JOIN `kith`.`scratch_run_identity_person_match_exact_q1` AS t ON e.b = t.v
  WHERE x != y
) GROUP BY a, b
SETTINGS join_use_nulls = 0;

-- identity person live edges 2 (entity person) at models/all.yml:28:11
SELECT count() FROM `kith`.`scratch_run_identity_person_match_exact_e1`;

-- identity person hook 2 (entity person) at models/all.yml:28:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_person_match_exact_p2` (v UInt64 CODEC(NONE), l UInt64 CODEC(NONE)) ENGINE = MergeTree ORDER BY tuple() AS
SELECT if(ha < hb, b, a) AS v, argMin(if(ha < hb, a, b), least(ha, hb)) AS l
FROM (SELECT a, b, intHash64(bitXor(a, 4354685564936845354)) AS ha, intHash64(bitXor(b, 4354685564936845354)) AS hb FROM `kith`.`scratch_run_identity_person_match_exact_e1`) GROUP BY v;

-- identity person lift 2 (entity person) at models/all.yml:28:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_person_match_exact_e2` (a UInt64 CODEC(NONE), b UInt64 CODEC(NONE)) ENGINE = MergeTree ORDER BY tuple() AS
SELECT least(x, y) AS a, greatest(x, y) AS b
FROM (
  SELECT if(s.v = e.a, s.l, e.a) AS x, if(t.v = e.b, t.l, e.b) AS y
  FROM `kith`.`scratch_run_identity_person_match_exact_e1` AS e LEFT ANY JOIN `kith`.`scratch_run_identity_person_match_exact_p2` AS s ON e.a = s.v LEFT ANY JOIN `kith`.`scratch_run_identity_person_match_exact_p2` AS t ON e.b = t.v
  WHERE x != y
) GROUP BY a, b
SETTINGS join_use_nulls = 0;

-- identity person live edges 3 (entity person) at models/all.yml:28:11
SELECT count() FROM `kith`.`scratch_run_identity_person_match_exact_e2`;

-- identity person fetch 3 (entity person) at models/all.yml:28:11
SELECT a, b FROM `kith`.`scratch_run_identity_person_match_exact_e2`;

-- identity person finish 3 (entity person) at models/all.yml:28:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_person_match_exact_q3` (v UInt64 CODEC(NONE), l UInt64 CODEC(NONE)) ENGINE = MergeTree ORDER BY tuple();

-- identity person compose 2 (entity person) at models/all.yml:28:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_person_match_exact_m2` (v UInt64 CODEC(NONE), l UInt64 CODEC(NONE)) ENGINE = MergeTree ORDER BY tuple() AS
SELECT q.v AS v, if(m.v = q.l, m.l, q.l) AS l FROM `kith`.`scratch_run_identity_person_match_exact_p2` AS q LEFT ANY JOIN `kith`.`scratch_run_identity_person_match_exact_q3` AS m ON q.l = m.v
UNION ALL
SELECT v, l FROM `kith`.`scratch_run_identity_person_match_exact_q3` WHERE v NOT IN (SELECT v FROM `kith`.`scratch_run_identity_person_match_exact_p2`)
SETTINGS join_use_nulls = 0;

-- identity person match nodes (entity person) at models/all.yml:28:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_person_match_nodes` ENGINE = MergeTree ORDER BY node AS
SELECT node, type, label AS part FROM (
  SELECT s.*, if(m.v = s.hooked, m.l, s.hooked) AS label
  FROM (SELECT n.*, if(q.v = n.node, q.l, n.node) AS hooked FROM `kith`.`scratch_run_identity_person_nodes` AS n LEFT ANY JOIN `kith`.`scratch_run_identity_person_match_exact_q1` AS q ON n.node = q.v) AS s
  LEFT ANY JOIN `kith`.`scratch_run_identity_person_match_exact_m2` AS m ON s.hooked = m.v
)
SETTINGS join_use_nulls = 0;

-- identity person match links (entity person) at models/all.yml:28:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_person_match_links` ENGINE = MergeTree ORDER BY (a, b) AS
SELECT s.a AS a, s.b AS b, s.probability AS probability, s.decided AS decided, least(x.part, y.part) AS la, greatest(x.part, y.part) AS lb
FROM (
  SELECT a, b, probability, 0 AS decided FROM `kith`.`scratch_run_identity_person_match_scored`
  WHERE probability >= 0.99 AND (a, b) NOT IN (SELECT a, b FROM (
  SELECT a, b, argMax(decision, at) AS decision FROM `kith`.`match_decisions` WHERE entity = 'person' GROUP BY a, b HAVING decision != 'undecided'
))
  UNION ALL
  SELECT a, b, 1. AS probability, 1 AS decided FROM (
  SELECT a, b, argMax(decision, at) AS decision FROM `kith`.`match_decisions` WHERE entity = 'person' GROUP BY a, b HAVING decision != 'undecided'
) WHERE decision = 'accepted'
) AS s JOIN `kith`.`scratch_run_identity_person_match_nodes` AS x ON s.a = x.node JOIN `kith`.`scratch_run_identity_person_match_nodes` AS y ON s.b = y.node
WHERE x.part != y.part;

-- identity person match link count (entity person) at models/all.yml:28:11
SELECT count() FROM `kith`.`scratch_run_identity_person_match_links`;

-- identity person match joined (entity person) at models/all.yml:28:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_person_match_joined` ENGINE = MergeTree ORDER BY (a, b) AS
SELECT la AS a, lb AS b FROM `kith`.`scratch_run_identity_person_match_links` GROUP BY a, b;

-- identity person match parts (entity person) at models/all.yml:28:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_person_match_parts` ENGINE = MergeTree ORDER BY node AS
SELECT part AS node, count() AS size, countIf(type = 0) AS c0, countIf(type = 1) AS c1
FROM `kith`.`scratch_run_identity_person_match_nodes` WHERE part IN (SELECT la FROM `kith`.`scratch_run_identity_person_match_links` UNION ALL SELECT lb FROM `kith`.`scratch_run_identity_person_match_links`)
GROUP BY part;

-- identity person hook 1 (entity person) at models/all.yml:28:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_person_match_joined_p1` (v UInt64 CODEC(NONE), l UInt64 CODEC(NONE)) ENGINE = MergeTree ORDER BY tuple() AS
SELECT a AS v, max(b) AS l FROM `kith`.`scratch_run_identity_person_match_joined` GROUP BY a;

-- identity person depth 1 (entity person) at models/all.yml:28:11
SELECT count(), countIf(l IN (SELECT v FROM `kith`.`scratch_run_identity_person_match_joined_p1` WHERE v % 64 = 0)) FROM `kith`.`scratch_run_identity_person_match_joined_p1` WHERE l % 64 = 0;

-- identity person jump 1 (entity person) at models/all.yml:28:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_person_match_joined_q1` (v UInt64 CODEC(NONE), l UInt64 CODEC(NONE)) ENGINE = MergeTree ORDER BY tuple() AS
SELECT p.v AS v, if(g.v = p.l, g.l, p.l) AS l FROM `kith`.`scratch_run_identity_person_match_joined_p1` AS p LEFT ANY JOIN `kith`.`scratch_run_identity_person_match_joined_p1` AS g ON p.l = g.v
SETTINGS join_use_nulls = 0;

-- identity person lift 1 (entity person) at models/all.yml:28:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_person_match_joined_e1` (a UInt64 CODEC(NONE), b UInt64 CODEC(NONE)) ENGINE = MergeTree ORDER BY tuple() AS
SELECT least(x, y) AS a, greatest(x, y) AS b
FROM (
  SELECT s.l AS x, if(t.v = e.b, t.l, e.b) AS y
  FROM `kith`.`scratch_run_identity_person_match_joined` AS e LEFT ANY JOIN `kith`.`scratch_run_identity_person_match_joined_q1` AS s ON e.a = s.v LEFT ANY JOIN `kith`.`scratch_run_identity_person_match_joined_q1` AS t ON e.b = t.v
  WHERE x != y
) GROUP BY a, b
SETTINGS join_use_nulls = 0;

-- identity person live edges 2 (entity person) at models/all.yml:28:11
SELECT count() FROM `kith`.`scratch_run_identity_person_match_joined_e1`;

-- identity person hook 2 (entity person) at models/all.yml:28:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_person_match_joined_p2` (v UInt64 CODEC(NONE), l UInt64 CODEC(NONE)) ENGINE = MergeTree ORDER BY tuple() AS
SELECT if(ha < hb, b, a) AS v, argMin(if(ha < hb, a, b), least(ha, hb)) AS l
FROM (SELECT a, b, intHash64(bitXor(a, 4354685564936845354)) AS ha, intHash64(bitXor(b, 4354685564936845354)) AS hb FROM `kith`.`scratch_run_identity_person_match_joined_e1`) GROUP BY v;

-- identity person lift 2 (entity person) at models/all.yml:28:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_person_match_joined_e2` (a UInt64 CODEC(NONE), b UInt64 CODEC(NONE)) ENGINE = MergeTree ORDER BY tuple() AS
SELECT least(x, y) AS a, greatest(x, y) AS b
FROM (
  SELECT if(s.v = e.a, s.l, e.a) AS x, if(t.v = e.b, t.l, e.b) AS y
  FROM `kith`.`scratch_run_identity_person_match_joined_e1` AS e LEFT ANY JOIN `kith`.`scratch_run_identity_person_match_joined_p2` AS s ON e.a = s.v LEFT ANY JOIN `kith`.`scratch_run_identity_person_match_joined_p2` AS t ON e.b = t.v
  WHERE x != y
) GROUP BY a, b
SETTINGS join_use_nulls = 0;

-- identity person live edges 3 (entity person) at models/all.yml:28:11
SELECT count() FROM `kith`.`scratch_run_identity_person_match_joined_e2`;

-- identity person fetch 3 (entity person) at models/all.yml:28:11
SELECT a, b FROM `kith`.`scratch_run_identity_person_match_joined_e2`;

-- identity person finish 3 (entity person) at models/all.yml:28:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_person_match_joined_q3` (v UInt64 CODEC(NONE), l UInt64 CODEC(NONE)) ENGINE = MergeTree ORDER BY tuple();

-- identity person compose 2 (entity person) at models/all.yml:28:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_person_match_joined_m2` (v UInt64 CODEC(NONE), l UInt64 CODEC(NONE)) ENGINE = MergeTree ORDER BY tuple() AS
SELECT q.v AS v, if(m.v = q.l, m.l, q.l) AS l FROM `kith`.`scratch_run_identity_person_match_joined_p2` AS q LEFT ANY JOIN `kith`.`scratch_run_identity_person_match_joined_q3` AS m ON q.l = m.v
UNION ALL
SELECT v, l FROM `kith`.`scratch_run_identity_person_match_joined_q3` WHERE v NOT IN (SELECT v FROM `kith`.`scratch_run_identity_person_match_joined_p2`)
SETTINGS join_use_nulls = 0;

-- identity person match groups (entity person) at models/all.yml:28:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_person_match_groups` ENGINE = MergeTree ORDER BY node AS
SELECT node, size, c0, c1, label AS part FROM (
  SELECT s.*, if(m.v = s.hooked, m.l, s.hooked) AS label
  FROM (SELECT n.*, if(q.v = n.node, q.l, n.node) AS hooked FROM `kith`.`scratch_run_identity_person_match_parts` AS n LEFT ANY JOIN `kith`.`scratch_run_identity_person_match_joined_q1` AS q ON n.node = q.v) AS s
  LEFT ANY JOIN `kith`.`scratch_run_identity_person_match_joined_m2` AS m ON s.hooked = m.v
)
SETTINGS join_use_nulls = 0;

-- identity person match over (entity person) at models/all.yml:28:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_person_match_over` ENGINE = MergeTree ORDER BY part AS
SELECT part FROM `kith`.`scratch_run_identity_person_match_groups` GROUP BY part
HAVING sum(size) > 500 OR sum(c0) > 1 OR sum(c1) > 5
UNION DISTINCT
SELECT x.part AS part FROM (
  SELECT x.part AS la, y.part AS lb
  FROM (
  SELECT a, b, argMax(decision, at) AS decision FROM `kith`.`match_decisions` WHERE entity = 'person' GROUP BY a, b HAVING decision != 'undecided'
) AS d JOIN `kith`.`scratch_run_identity_person_match_nodes` AS x ON d.a = x.node JOIN `kith`.`scratch_run_identity_person_match_nodes` AS y ON d.b = y.node
  WHERE d.decision = 'refused' AND x.part != y.part
) AS d JOIN `kith`.`scratch_run_identity_person_match_groups` AS x ON d.la = x.node JOIN `kith`.`scratch_run_identity_person_match_groups` AS y ON d.lb = y.node
WHERE x.part = y.part;

-- identity person match held (entity person) at models/all.yml:28:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_person_match_held` (a UInt64, b UInt64, why LowCardinality(String)) ENGINE = MergeTree ORDER BY (a, b);

-- identity person match links over (entity person) at models/all.yml:28:11
SELECT a, b, la, lb FROM `kith`.`scratch_run_identity_person_match_links`
WHERE la IN (SELECT node FROM `kith`.`scratch_run_identity_person_match_groups` WHERE part IN (SELECT part FROM `kith`.`scratch_run_identity_person_match_over`))
ORDER BY decided DESC, probability DESC, a, b;

-- identity person match parts over (entity person) at models/all.yml:28:11
SELECT node, size, c0, c1 FROM `kith`.`scratch_run_identity_person_match_groups` WHERE part IN (SELECT part FROM `kith`.`scratch_run_identity_person_match_over`);

-- identity person match apart (entity person) at models/all.yml:28:11
SELECT la, lb FROM (
  SELECT x.part AS la, y.part AS lb
  FROM (
  SELECT a, b, argMax(decision, at) AS decision FROM `kith`.`match_decisions` WHERE entity = 'person' GROUP BY a, b HAVING decision != 'undecided'
) AS d JOIN `kith`.`scratch_run_identity_person_match_nodes` AS x ON d.a = x.node JOIN `kith`.`scratch_run_identity_person_match_nodes` AS y ON d.b = y.node
  WHERE d.decision = 'refused' AND x.part != y.part
)
WHERE la IN (SELECT node FROM `kith`.`scratch_run_identity_person_match_groups` WHERE part IN (SELECT part FROM `kith`.`scratch_run_identity_person_match_over`));

-- identity person match held count (entity person) at models/all.yml:28:11
SELECT count() FROM `kith`.`scratch_run_identity_person_match_held`;

-- identity person match edges (entity person) at models/all.yml:28:11
INSERT INTO `kith`.`identity_person_edges_build` (a, b, ta, tb, source, bucket, first_seen, last_seen, n)
SELECT s.a, s.b, x.type, y.type, if(s.decided = 1, '(decision)', '(match)'), 0, greatest(x.first_seen, y.first_seen), least(x.last_seen, y.last_seen), 0
FROM (SELECT a, b, decided FROM `kith`.`scratch_run_identity_person_match_links` WHERE (a, b) NOT IN (SELECT a, b FROM `kith`.`scratch_run_identity_person_match_held`)) AS s
JOIN `kith`.`scratch_run_identity_person_nodes` AS x ON s.a = x.node JOIN `kith`.`scratch_run_identity_person_nodes` AS y ON s.b = y.node;

-- identity person hook 1 (entity person) at models/all.yml:28:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_person_p1` (v UInt64 CODEC(NONE), l UInt64 CODEC(NONE)) ENGINE = MergeTree ORDER BY tuple() AS
SELECT a AS v, max(b) AS l FROM `kith`.`identity_person_edges_build` GROUP BY a;

-- identity person depth 1 (entity person) at models/all.yml:28:11
SELECT count(), countIf(l IN (SELECT v FROM `kith`.`scratch_run_identity_person_p1` WHERE v % 64 = 0)) FROM `kith`.`scratch_run_identity_person_p1` WHERE l % 64 = 0;

-- identity person jump 1 (entity person) at models/all.yml:28:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_person_q1` (v UInt64 CODEC(NONE), l UInt64 CODEC(NONE)) ENGINE = MergeTree ORDER BY tuple() AS
SELECT p.v AS v, if(g.v = p.l, g.l, p.l) AS l FROM `kith`.`scratch_run_identity_person_p1` AS p LEFT ANY JOIN `kith`.`scratch_run_identity_person_p1` AS g ON p.l = g.v
SETTINGS join_use_nulls = 0;

-- identity person lift 1 (entity person) at models/all.yml:28:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_person_e1` (a UInt64 CODEC(NONE), b UInt64 CODEC(NONE)) ENGINE = MergeTree ORDER BY tuple() AS
SELECT least(x, y) AS a, greatest(x, y) AS b
FROM (
  SELECT s.l AS x, if(t.v = e.b, t.l, e.b) AS y
  FROM `kith`.`identity_person_edges_build` AS e LEFT ANY JOIN `kith`.`scratch_run_identity_person_q1` AS s ON e.a = s.v LEFT ANY JOIN `kith`.`scratch_run_identity_person_q1` AS t ON e.b = t.v
  WHERE x != y
) GROUP BY a, b
SETTINGS join_use_nulls = 0;

-- identity person live edges 2 (entity person) at models/all.yml:28:11
SELECT count() FROM `kith`.`scratch_run_identity_person_e1`;

-- identity person hook 2 (entity person) at models/all.yml:28:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_person_p2` (v UInt64 CODEC(NONE), l UInt64 CODEC(NONE)) ENGINE = MergeTree ORDER BY tuple() AS
SELECT if(ha < hb, b, a) AS v, argMin(if(ha < hb, a, b), least(ha, hb)) AS l
FROM (SELECT a, b, intHash64(bitXor(a, 4354685564936845354)) AS ha, intHash64(bitXor(b, 4354685564936845354)) AS hb FROM `kith`.`scratch_run_identity_person_e1`) GROUP BY v;

-- identity person lift 2 (entity person) at models/all.yml:28:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_person_e2` (a UInt64 CODEC(NONE), b UInt64 CODEC(NONE)) ENGINE = MergeTree ORDER BY tuple() AS
SELECT least(x, y) AS a, greatest(x, y) AS b
FROM (
  SELECT if(s.v = e.a, s.l, e.a) AS x, if(t.v = e.b, t.l, e.b) AS y
  FROM `kith`.`scratch_run_identity_person_e1` AS e LEFT ANY JOIN `kith`.`scratch_run_identity_person_p2` AS s ON e.a = s.v LEFT ANY JOIN `kith`.`scratch_run_identity_person_p2` AS t ON e.b = t.v
  WHERE x != y
) GROUP BY a, b
SETTINGS join_use_nulls = 0;

-- identity person live edges 3 (entity person) at models/all.yml:28:11
SELECT count() FROM `kith`.`scratch_run_identity_person_e2`;

-- identity person fetch 3 (entity person) at models/all.yml:28:11
SELECT a, b FROM `kith`.`scratch_run_identity_person_e2`;

-- identity person finish 3 (entity person) at models/all.yml:28:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_person_q3` (v UInt64 CODEC(NONE), l UInt64 CODEC(NONE)) ENGINE = MergeTree ORDER BY tuple();

-- identity person compose 2 (entity person) at models/all.yml:28:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_person_m2` (v UInt64 CODEC(NONE), l UInt64 CODEC(NONE)) ENGINE = MergeTree ORDER BY tuple() AS
SELECT q.v AS v, if(m.v = q.l, m.l, q.l) AS l FROM `kith`.`scratch_run_identity_person_p2` AS q LEFT ANY JOIN `kith`.`scratch_run_identity_person_q3` AS m ON q.l = m.v
UNION ALL
SELECT v, l FROM `kith`.`scratch_run_identity_person_q3` WHERE v NOT IN (SELECT v FROM `kith`.`scratch_run_identity_person_p2`)
SETTINGS join_use_nulls = 0;

-- identity person components (entity person) at models/all.yml:28:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_person_found` (node UInt64 CODEC(NONE), type UInt8 CODEC(NONE), value String CODEC(NONE), first_seen DateTime64(6, 'UTC') CODEC(NONE), last_seen DateTime64(6, 'UTC') CODEC(NONE), n UInt64 CODEC(NONE), part UInt64 CODEC(NONE)) ENGINE = MergeTree ORDER BY tuple() AS
SELECT node, type, value, first_seen, last_seen, n, label AS part FROM (
  SELECT s.*, if(m.v = s.hooked, m.l, s.hooked) AS label
  FROM (SELECT n.*, if(q.v = n.node, q.l, n.node) AS hooked FROM `kith`.`scratch_run_identity_person_nodes` AS n LEFT ANY JOIN `kith`.`scratch_run_identity_person_q1` AS q ON n.node = q.v) AS s
  LEFT ANY JOIN `kith`.`scratch_run_identity_person_m2` AS m ON s.hooked = m.v
)
SETTINGS join_use_nulls = 0;

-- identity person anchors (entity person) at models/all.yml:28:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_person_parts` (part UInt64 CODEC(NONE), first String CODEC(NONE), anchor UInt64 CODEC(NONE), identifiers UInt32, nodes Array(UInt64) CODEC(NONE), over UInt8) ENGINE = MergeTree ORDER BY tuple() AS
SELECT part, min(concat(reinterpretAsFixedString(byteSwap(bitShiftLeft(toUInt64(toUnixTimestamp64Micro(first_seen) + 2208988800000000), 8) + type)), replaceAll(value, '\0', '\0\1'), '\0\0', reinterpretAsFixedString(node))) AS first, reinterpretAsUInt64(substring(first, -8)) AS anchor, toUInt32(count()) AS identifiers, groupArray(node) AS nodes, countIf(type = 0) > 1 OR countIf(type = 1) > 5 AS over
FROM `kith`.`scratch_run_identity_person_found` GROUP BY part;

-- identity person guards (entity person) at models/all.yml:28:11
SELECT countIf(over), countIf(NOT over AND identifiers > 2147483647) FROM `kith`.`scratch_run_identity_person_parts`;

-- identity person rejected links (entity person) at models/all.yml:28:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_person_rejected` (a UInt64, b UInt64, why UInt8) ENGINE = MergeTree ORDER BY (a, b);

-- identity person shared (entity person) at models/all.yml:28:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_person_shared` (node UInt64) ENGINE = MergeTree ORDER BY node;

-- identity person split nodes (entity person) at models/all.yml:28:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_person_split_nodes_0` ENGINE = MergeTree ORDER BY node AS
SELECT node, type, value, first_seen, last_seen, n, part AS whole, part FROM `kith`.`scratch_run_identity_person_found` WHERE part IN (SELECT part FROM `kith`.`scratch_run_identity_person_parts` WHERE over);

-- identity person split edges (entity person) at models/all.yml:28:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_person_split_edges_0` ENGINE = MergeTree ORDER BY (a, b) AS
SELECT a, b, max(last_seen) AS last_seen, sum(n) AS n FROM `kith`.`identity_person_edges_build` WHERE a IN (SELECT node FROM `kith`.`scratch_run_identity_person_split_nodes_0`) GROUP BY a, b
SETTINGS compile_aggregate_expressions = 0;

-- identity person over handle (entity person) at models/all.yml:28:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_person_split_over_handle` ENGINE = MergeTree ORDER BY part AS
SELECT part FROM `kith`.`scratch_run_identity_person_split_nodes_0` GROUP BY part HAVING countIf(type = 0) > 1;

-- identity person count over handle (entity person) at models/all.yml:28:11
SELECT count() FROM `kith`.`scratch_run_identity_person_split_over_handle`;

-- identity person seeds handle (entity person) at models/all.yml:28:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_person_split_seeds_0` ENGINE = MergeTree ORDER BY node AS
SELECT node, if(place <= 1, best, node) AS label, toUInt32(0) AS hop
FROM (
  SELECT node, row_number() OVER attested AS place, first_value(node) OVER attested AS best
  FROM `kith`.`scratch_run_identity_person_split_nodes_0` WHERE type = 0 AND part IN (SELECT part FROM `kith`.`scratch_run_identity_person_split_over_handle`)
  WINDOW attested AS (PARTITION BY part ORDER BY n DESC, last_seen DESC, node)
);

-- identity person hop 1 (entity person) at models/all.yml:28:11
INSERT INTO `kith`.`scratch_run_identity_person_split_seeds_0` (node, label, hop)
SELECT node, argMax(label, (n, last_seen, bitNot(label))), 1
FROM (
  SELECT e.y AS node, s.label AS label, sum(e.n) AS n, max(e.last_seen) AS last_seen
  FROM (SELECT a AS x, b AS y, n, last_seen FROM `kith`.`scratch_run_identity_person_split_edges_0` UNION ALL SELECT b AS x, a AS y, n, last_seen FROM `kith`.`scratch_run_identity_person_split_edges_0`) AS e
  JOIN (SELECT node, label FROM `kith`.`scratch_run_identity_person_split_seeds_0` WHERE hop = 1 - 1) AS s ON e.x = s.node
  WHERE e.y NOT IN (SELECT node FROM `kith`.`scratch_run_identity_person_split_seeds_0`)
  GROUP BY node, label
) GROUP BY node
SETTINGS compile_aggregate_expressions = 0;

-- identity person count hop 1 (entity person) at models/all.yml:28:11
SELECT count() FROM `kith`.`scratch_run_identity_person_split_seeds_0` WHERE hop = 1;

-- identity person free links handle (entity person) at models/all.yml:28:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_person_split_free_0` ENGINE = MergeTree ORDER BY (a, b) AS
SELECT a, b, last_seen, n FROM `kith`.`scratch_run_identity_person_split_edges_0`
WHERE a NOT IN (SELECT node FROM `kith`.`scratch_run_identity_person_split_nodes_0` WHERE type IN (2)) AND b NOT IN (SELECT node FROM `kith`.`scratch_run_identity_person_split_nodes_0` WHERE type IN (2));

-- identity person shared handle (entity person) at models/all.yml:28:11
INSERT INTO `kith`.`scratch_run_identity_person_shared` (node)
SELECT e.x
FROM (SELECT a AS x, b AS y FROM `kith`.`scratch_run_identity_person_split_edges_0` UNION ALL SELECT b AS x, a AS y FROM `kith`.`scratch_run_identity_person_split_edges_0`) AS e
JOIN (SELECT node, label FROM `kith`.`scratch_run_identity_person_split_seeds_0`) AS s ON e.y = s.node
WHERE e.x IN (SELECT node FROM `kith`.`scratch_run_identity_person_split_nodes_0` WHERE type IN (2))
  AND e.x NOT IN (SELECT node FROM `kith`.`scratch_run_identity_person_shared`)
  AND e.y NOT IN (SELECT node FROM `kith`.`scratch_run_identity_person_shared`)
GROUP BY e.x HAVING uniqExact(s.label) > 1;

-- identity person count shared (entity person) at models/all.yml:28:11
SELECT count() FROM `kith`.`scratch_run_identity_person_shared`;

-- identity person reject shared handle (entity person) at models/all.yml:28:11
INSERT INTO `kith`.`scratch_run_identity_person_rejected` (a, b, why)
SELECT a, b, 3 FROM `kith`.`scratch_run_identity_person_split_edges_0` WHERE a IN (SELECT node FROM `kith`.`scratch_run_identity_person_shared`) OR b IN (SELECT node FROM `kith`.`scratch_run_identity_person_shared`);

-- identity person reject (entity person) at models/all.yml:28:11
INSERT INTO `kith`.`scratch_run_identity_person_rejected` (a, b, why)
SELECT e.a, e.b, 1
FROM `kith`.`scratch_run_identity_person_split_edges_0` AS e LEFT JOIN `kith`.`scratch_run_identity_person_split_seeds_0` AS s ON e.a = s.node LEFT JOIN `kith`.`scratch_run_identity_person_split_seeds_0` AS t ON e.b = t.node
WHERE s.label != t.label
SETTINGS join_use_nulls = 0;

-- identity person links left (entity person) at models/all.yml:28:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_person_split_edges_1` ENGINE = MergeTree ORDER BY (a, b) AS
SELECT * FROM `kith`.`scratch_run_identity_person_split_edges_0` WHERE (a, b) NOT IN (SELECT a, b FROM `kith`.`scratch_run_identity_person_rejected`);

-- identity person hook 1 (entity person) at models/all.yml:28:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_person_split_0_p1` (v UInt64 CODEC(NONE), l UInt64 CODEC(NONE)) ENGINE = MergeTree ORDER BY tuple() AS
SELECT a AS v, max(b) AS l FROM `kith`.`scratch_run_identity_person_split_edges_1` GROUP BY a;

-- identity person depth 1 (entity person) at models/all.yml:28:11
SELECT count(), countIf(l IN (SELECT v FROM `kith`.`scratch_run_identity_person_split_0_p1` WHERE v % 64 = 0)) FROM `kith`.`scratch_run_identity_person_split_0_p1` WHERE l % 64 = 0;

-- identity person jump 1 (entity person) at models/all.yml:28:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_person_split_0_q1` (v UInt64 CODEC(NONE), l UInt64 CODEC(NONE)) ENGINE = MergeTree ORDER BY tuple() AS
SELECT p.v AS v, if(g.v = p.l, g.l, p.l) AS l FROM `kith`.`scratch_run_identity_person_split_0_p1` AS p LEFT ANY JOIN `kith`.`scratch_run_identity_person_split_0_p1` AS g ON p.l = g.v
SETTINGS join_use_nulls = 0;

-- identity person lift 1 (entity person) at models/all.yml:28:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_person_split_0_e1` (a UInt64 CODEC(NONE), b UInt64 CODEC(NONE)) ENGINE = MergeTree ORDER BY tuple() AS
SELECT least(x, y) AS a, greatest(x, y) AS b
FROM (
  SELECT s.l AS x, if(t.v = e.b, t.l, e.b) AS y
  FROM `kith`.`scratch_run_identity_person_split_edges_1` AS e LEFT ANY JOIN `kith`.`scratch_run_identity_person_split_0_q1` AS s ON e.a = s.v LEFT ANY JOIN `kith`.`scratch_run_identity_person_split_0_q1` AS t ON e.b = t.v
  WHERE x != y
) GROUP BY a, b
SETTINGS join_use_nulls = 0;

-- identity person live edges 2 (entity person) at models/all.yml:28:11
SELECT count() FROM `kith`.`scratch_run_identity_person_split_0_e1`;

-- identity person hook 2 (entity person) at models/all.yml:28:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_person_split_0_p2` (v UInt64 CODEC(NONE), l UInt64 CODEC(NONE)) ENGINE = MergeTree ORDER BY tuple() AS
SELECT if(ha < hb, b, a) AS v, argMin(if(ha < hb, a, b), least(ha, hb)) AS l
FROM (SELECT a, b, intHash64(bitXor(a, 4354685564936845354)) AS ha, intHash64(bitXor(b, 4354685564936845354)) AS hb FROM `kith`.`scratch_run_identity_person_split_0_e1`) GROUP BY v;

-- identity person lift 2 (entity person) at models/all.yml:28:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_person_split_0_e2` (a UInt64 CODEC(NONE), b UInt64 CODEC(NONE)) ENGINE = MergeTree ORDER BY tuple() AS
SELECT least(x, y) AS a, greatest(x, y) AS b
FROM (
  SELECT if(s.v = e.a, s.l, e.a) AS x, if(t.v = e.b, t.l, e.b) AS y
  FROM `kith`.`scratch_run_identity_person_split_0_e1` AS e LEFT ANY JOIN `kith`.`scratch_run_identity_person_split_0_p2` AS s ON e.a = s.v LEFT ANY JOIN `kith`.`scratch_run_identity_person_split_0_p2` AS t ON e.b = t.v
  WHERE x != y
) GROUP BY a, b
SETTINGS join_use_nulls = 0;

-- identity person live edges 3 (entity person) at models/all.yml:28:11
SELECT count() FROM `kith`.`scratch_run_identity_person_split_0_e2`;

-- identity person fetch 3 (entity person) at models/all.yml:28:11
SELECT a, b FROM `kith`.`scratch_run_identity_person_split_0_e2`;

-- identity person finish 3 (entity person) at models/all.yml:28:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_person_split_0_q3` (v UInt64 CODEC(NONE), l UInt64 CODEC(NONE)) ENGINE = MergeTree ORDER BY tuple();

-- identity person compose 2 (entity person) at models/all.yml:28:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_person_split_0_m2` (v UInt64 CODEC(NONE), l UInt64 CODEC(NONE)) ENGINE = MergeTree ORDER BY tuple() AS
SELECT q.v AS v, if(m.v = q.l, m.l, q.l) AS l FROM `kith`.`scratch_run_identity_person_split_0_p2` AS q LEFT ANY JOIN `kith`.`scratch_run_identity_person_split_0_q3` AS m ON q.l = m.v
UNION ALL
SELECT v, l FROM `kith`.`scratch_run_identity_person_split_0_q3` WHERE v NOT IN (SELECT v FROM `kith`.`scratch_run_identity_person_split_0_p2`)
SETTINGS join_use_nulls = 0;

-- identity person split parts (entity person) at models/all.yml:28:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_person_split_nodes_1` ENGINE = MergeTree ORDER BY node AS
SELECT node, type, value, first_seen, last_seen, n, whole, label AS part FROM (
  SELECT s.*, if(m.v = s.hooked, m.l, s.hooked) AS label
  FROM (SELECT n.*, if(q.v = n.node, q.l, n.node) AS hooked FROM `kith`.`scratch_run_identity_person_split_nodes_0` AS n LEFT ANY JOIN `kith`.`scratch_run_identity_person_split_0_q1` AS q ON n.node = q.v) AS s
  LEFT ANY JOIN `kith`.`scratch_run_identity_person_split_0_m2` AS m ON s.hooked = m.v
)
SETTINGS join_use_nulls = 0;

-- identity person over email (entity person) at models/all.yml:28:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_person_split_over_email` ENGINE = MergeTree ORDER BY part AS
SELECT part FROM `kith`.`scratch_run_identity_person_split_nodes_1` GROUP BY part HAVING countIf(type = 1) > 5;

-- identity person count over email (entity person) at models/all.yml:28:11
SELECT count() FROM `kith`.`scratch_run_identity_person_split_over_email`;

-- identity person seeds email (entity person) at models/all.yml:28:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_person_split_seeds_1` ENGINE = MergeTree ORDER BY node AS
SELECT node, if(place <= 5, best, node) AS label, toUInt32(0) AS hop
FROM (
  SELECT node, row_number() OVER attested AS place, first_value(node) OVER attested AS best
  FROM `kith`.`scratch_run_identity_person_split_nodes_1` WHERE type = 1 AND part IN (SELECT part FROM `kith`.`scratch_run_identity_person_split_over_email`)
  WINDOW attested AS (PARTITION BY part ORDER BY n DESC, last_seen DESC, node)
);

-- identity person hop 1 (entity person) at models/all.yml:28:11
INSERT INTO `kith`.`scratch_run_identity_person_split_seeds_1` (node, label, hop)
SELECT node, argMax(label, (n, last_seen, bitNot(label))), 1
FROM (
  SELECT e.y AS node, s.label AS label, sum(e.n) AS n, max(e.last_seen) AS last_seen
  FROM (SELECT a AS x, b AS y, n, last_seen FROM `kith`.`scratch_run_identity_person_split_edges_1` UNION ALL SELECT b AS x, a AS y, n, last_seen FROM `kith`.`scratch_run_identity_person_split_edges_1`) AS e
  JOIN (SELECT node, label FROM `kith`.`scratch_run_identity_person_split_seeds_1` WHERE hop = 1 - 1) AS s ON e.x = s.node
  WHERE e.y NOT IN (SELECT node FROM `kith`.`scratch_run_identity_person_split_seeds_1`)
  GROUP BY node, label
) GROUP BY node
SETTINGS compile_aggregate_expressions = 0;

-- identity person count hop 1 (entity person) at models/all.yml:28:11
SELECT count() FROM `kith`.`scratch_run_identity_person_split_seeds_1` WHERE hop = 1;

-- identity person free links email (entity person) at models/all.yml:28:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_person_split_free_1` ENGINE = MergeTree ORDER BY (a, b) AS
SELECT a, b, last_seen, n FROM `kith`.`scratch_run_identity_person_split_edges_1`
WHERE a NOT IN (SELECT node FROM `kith`.`scratch_run_identity_person_split_nodes_1` WHERE type IN (2)) AND b NOT IN (SELECT node FROM `kith`.`scratch_run_identity_person_split_nodes_1` WHERE type IN (2));

-- identity person shared email (entity person) at models/all.yml:28:11
INSERT INTO `kith`.`scratch_run_identity_person_shared` (node)
SELECT e.x
FROM (SELECT a AS x, b AS y FROM `kith`.`scratch_run_identity_person_split_edges_1` UNION ALL SELECT b AS x, a AS y FROM `kith`.`scratch_run_identity_person_split_edges_1`) AS e
JOIN (SELECT node, label FROM `kith`.`scratch_run_identity_person_split_seeds_1`) AS s ON e.y = s.node
WHERE e.x IN (SELECT node FROM `kith`.`scratch_run_identity_person_split_nodes_1` WHERE type IN (2))
  AND e.x NOT IN (SELECT node FROM `kith`.`scratch_run_identity_person_shared`)
  AND e.y NOT IN (SELECT node FROM `kith`.`scratch_run_identity_person_shared`)
GROUP BY e.x HAVING uniqExact(s.label) > 1;

-- identity person count shared (entity person) at models/all.yml:28:11
SELECT count() FROM `kith`.`scratch_run_identity_person_shared`;

-- identity person reject shared email (entity person) at models/all.yml:28:11
INSERT INTO `kith`.`scratch_run_identity_person_rejected` (a, b, why)
SELECT a, b, 3 FROM `kith`.`scratch_run_identity_person_split_edges_1` WHERE a IN (SELECT node FROM `kith`.`scratch_run_identity_person_shared`) OR b IN (SELECT node FROM `kith`.`scratch_run_identity_person_shared`);

-- identity person reject (entity person) at models/all.yml:28:11
INSERT INTO `kith`.`scratch_run_identity_person_rejected` (a, b, why)
SELECT e.a, e.b, 1
FROM `kith`.`scratch_run_identity_person_split_edges_1` AS e LEFT JOIN `kith`.`scratch_run_identity_person_split_seeds_1` AS s ON e.a = s.node LEFT JOIN `kith`.`scratch_run_identity_person_split_seeds_1` AS t ON e.b = t.node
WHERE s.label != t.label
SETTINGS join_use_nulls = 0;

-- identity person links left (entity person) at models/all.yml:28:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_person_split_edges_2` ENGINE = MergeTree ORDER BY (a, b) AS
SELECT * FROM `kith`.`scratch_run_identity_person_split_edges_1` WHERE (a, b) NOT IN (SELECT a, b FROM `kith`.`scratch_run_identity_person_rejected`);

-- identity person hook 1 (entity person) at models/all.yml:28:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_person_split_1_p1` (v UInt64 CODEC(NONE), l UInt64 CODEC(NONE)) ENGINE = MergeTree ORDER BY tuple() AS
SELECT a AS v, max(b) AS l FROM `kith`.`scratch_run_identity_person_split_edges_2` GROUP BY a;

-- identity person depth 1 (entity person) at models/all.yml:28:11
SELECT count(), countIf(l IN (SELECT v FROM `kith`.`scratch_run_identity_person_split_1_p1` WHERE v % 64 = 0)) FROM `kith`.`scratch_run_identity_person_split_1_p1` WHERE l % 64 = 0;

-- identity person jump 1 (entity person) at models/all.yml:28:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_person_split_1_q1` (v UInt64 CODEC(NONE), l UInt64 CODEC(NONE)) ENGINE = MergeTree ORDER BY tuple() AS
SELECT p.v AS v, if(g.v = p.l, g.l, p.l) AS l FROM `kith`.`scratch_run_identity_person_split_1_p1` AS p LEFT ANY JOIN `kith`.`scratch_run_identity_person_split_1_p1` AS g ON p.l = g.v
SETTINGS join_use_nulls = 0;

-- identity person lift 1 (entity person) at models/all.yml:28:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_person_split_1_e1` (a UInt64 CODEC(NONE), b UInt64 CODEC(NONE)) ENGINE = MergeTree ORDER BY tuple() AS
SELECT least(x, y) AS a, greatest(x, y) AS b
FROM (
  SELECT s.l AS x, if(t.v = e.b, t.l, e.b) AS y
  FROM `kith`.`scratch_run_identity_person_split_edges_2` AS e LEFT ANY JOIN `kith`.`scratch_run_identity_person_split_1_q1` AS s ON e.a = s.v LEFT ANY JOIN `kith`.`scratch_run_identity_person_split_1_q1` AS t ON e.b = t.v
  WHERE x != y
) GROUP BY a, b
SETTINGS join_use_nulls = 0;

-- identity person live edges 2 (entity person) at models/all.yml:28:11
SELECT count() FROM `kith`.`scratch_run_identity_person_split_1_e1`;

-- identity person hook 2 (entity person) at models/all.yml:28:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_person_split_1_p2` (v UInt64 CODEC(NONE), l UInt64 CODEC(NONE)) ENGINE = MergeTree ORDER BY tuple() AS
SELECT if(ha < hb, b, a) AS v, argMin(if(ha < hb, a, b), least(ha, hb)) AS l
FROM (SELECT a, b, intHash64(bitXor(a, 4354685564936845354)) AS ha, intHash64(bitXor(b, 4354685564936845354)) AS hb FROM `kith`.`scratch_run_identity_person_split_1_e1`) GROUP BY v;

-- identity person lift 2 (entity person) at models/all.yml:28:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_person_split_1_e2` (a UInt64 CODEC(NONE), b UInt64 CODEC(NONE)) ENGINE = MergeTree ORDER BY tuple() AS
SELECT least(x, y) AS a, greatest(x, y) AS b
FROM (
  SELECT if(s.v = e.a, s.l, e.a) AS x, if(t.v = e.b, t.l, e.b) AS y
  FROM `kith`.`scratch_run_identity_person_split_1_e1` AS e LEFT ANY JOIN `kith`.`scratch_run_identity_person_split_1_p2` AS s ON e.a = s.v LEFT ANY JOIN `kith`.`scratch_run_identity_person_split_1_p2` AS t ON e.b = t.v
  WHERE x != y
) GROUP BY a, b
SETTINGS join_use_nulls = 0;

-- identity person live edges 3 (entity person) at models/all.yml:28:11
SELECT count() FROM `kith`.`scratch_run_identity_person_split_1_e2`;

-- identity person fetch 3 (entity person) at models/all.yml:28:11
SELECT a, b FROM `kith`.`scratch_run_identity_person_split_1_e2`;

-- identity person finish 3 (entity person) at models/all.yml:28:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_person_split_1_q3` (v UInt64 CODEC(NONE), l UInt64 CODEC(NONE)) ENGINE = MergeTree ORDER BY tuple();

-- identity person compose 2 (entity person) at models/all.yml:28:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_person_split_1_m2` (v UInt64 CODEC(NONE), l UInt64 CODEC(NONE)) ENGINE = MergeTree ORDER BY tuple() AS
SELECT q.v AS v, if(m.v = q.l, m.l, q.l) AS l FROM `kith`.`scratch_run_identity_person_split_1_p2` AS q LEFT ANY JOIN `kith`.`scratch_run_identity_person_split_1_q3` AS m ON q.l = m.v
UNION ALL
SELECT v, l FROM `kith`.`scratch_run_identity_person_split_1_q3` WHERE v NOT IN (SELECT v FROM `kith`.`scratch_run_identity_person_split_1_p2`)
SETTINGS join_use_nulls = 0;

-- identity person split parts (entity person) at models/all.yml:28:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_person_split_nodes_2` ENGINE = MergeTree ORDER BY node AS
SELECT node, type, value, first_seen, last_seen, n, whole, label AS part FROM (
  SELECT s.*, if(m.v = s.hooked, m.l, s.hooked) AS label
  FROM (SELECT n.*, if(q.v = n.node, q.l, n.node) AS hooked FROM `kith`.`scratch_run_identity_person_split_nodes_1` AS n LEFT ANY JOIN `kith`.`scratch_run_identity_person_split_1_q1` AS q ON n.node = q.v) AS s
  LEFT ANY JOIN `kith`.`scratch_run_identity_person_split_1_m2` AS m ON s.hooked = m.v
)
SETTINGS join_use_nulls = 0;

-- identity person too large (entity person) at models/all.yml:28:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_person_large` ENGINE = MergeTree ORDER BY tuple() AS
SELECT part FROM `kith`.`scratch_run_identity_person_parts` WHERE NOT over AND identifiers > 2147483647
UNION ALL
SELECT part FROM `kith`.`scratch_run_identity_person_split_nodes_2` GROUP BY part HAVING count() > 2147483647;

-- identity person count too large (entity person) at models/all.yml:28:11
SELECT count() FROM `kith`.`scratch_run_identity_person_large`;

-- identity person moved (entity person) at models/all.yml:28:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_person_moved` ENGINE = MergeTree ORDER BY node AS
SELECT node, type, value, first_seen, last_seen, n, whole, if(large = 0, part, node) AS part, large, was
FROM (
  SELECT c.*,
    0 AS was
  FROM (
    SELECT node, type, value, first_seen, last_seen, n, part AS whole, part, part AS large FROM `kith`.`scratch_run_identity_person_found` WHERE part IN (SELECT part FROM `kith`.`scratch_run_identity_person_parts` WHERE NOT over AND identifiers > 2147483647)
    UNION ALL
    SELECT node, type, value, first_seen, last_seen, n, whole, part, if(part IN (SELECT part FROM `kith`.`scratch_run_identity_person_large`), part, 0) AS large FROM `kith`.`scratch_run_identity_person_split_nodes_2` WHERE node NOT IN (SELECT node FROM `kith`.`scratch_run_identity_person_shared`)
  ) AS c
)
SETTINGS join_use_nulls = 0;

-- identity person links in quarantine (entity person) at models/all.yml:28:11
INSERT INTO `kith`.`scratch_run_identity_person_rejected` (a, b, why)
SELECT e.a, e.b, 2
FROM (SELECT a, b FROM `kith`.`identity_person_edges_build` WHERE a IN (SELECT node FROM `kith`.`scratch_run_identity_person_moved` WHERE large != 0) GROUP BY a, b) AS e
JOIN `kith`.`scratch_run_identity_person_moved` AS s ON e.a = s.node JOIN `kith`.`scratch_run_identity_person_moved` AS t ON e.b = t.node
WHERE s.large = t.large AND s.part != t.part AND (e.a, e.b) NOT IN (SELECT a, b FROM `kith`.`scratch_run_identity_person_rejected`);

-- identity person moved anchors (entity person) at models/all.yml:28:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_person_moved_parts` ENGINE = MergeTree ORDER BY tuple() AS
SELECT part, min(concat(reinterpretAsFixedString(byteSwap(bitShiftLeft(toUInt64(toUnixTimestamp64Micro(first_seen) + 2208988800000000), 8) + type)), replaceAll(value, '\0', '\0\1'), '\0\0', reinterpretAsFixedString(node))) AS first, reinterpretAsUInt64(substring(first, -8)) AS anchor, toUInt32(count()) AS identifiers, groupArray(node) AS nodes, any(m.whole) AS whole, max(m.large != 0) AS large FROM `kith`.`scratch_run_identity_person_moved` AS m GROUP BY part;

-- identity person rejected counts (entity person) at models/all.yml:28:11
SELECT countIf(why = 1), countIf(why = 2), countIf(why = 3) FROM `kith`.`scratch_run_identity_person_rejected`;

-- identity person ids (entity person) at models/all.yml:28:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_person_ids` (part UInt64 CODEC(NONE), entity_id String CODEC(NONE), anchor UInt64 CODEC(NONE), created_at DateTime64(6, 'UTC'), identifiers UInt32, quarantined UInt8, whole UInt64, nodes Array(UInt64) CODEC(NONE)) ENGINE = MergeTree ORDER BY tuple() AS
SELECT part, concat('p_', lower(hex(substring(SHA256(concat('\0person\0', ['handle', 'email', 'phone'][type + 1], '\0', value)), 1, 16)))) AS entity_id, anchor, toDateTime64('1970-01-01 00:00:00.000000', 6, 'UTC') AS created_at, identifiers, quarantined, whole, nodes
FROM (
  SELECT part, anchor, nodes, whole, reinterpretAsUInt8(substring(first, 8, 1)) AS type, replaceAll(substring(first, 9, length(first) - 18), '\0\1', '\0') AS value, identifiers, quarantined
  FROM (
  SELECT part, anchor, first, identifiers, nodes, toUInt64(0) AS whole, 0 AS quarantined FROM `kith`.`scratch_run_identity_person_parts` WHERE part NOT IN (SELECT whole FROM `kith`.`scratch_run_identity_person_moved`)
  UNION ALL SELECT part, anchor, first, identifiers, nodes, whole, large AS quarantined FROM `kith`.`scratch_run_identity_person_moved_parts`
)
);

-- identity person map (entity person) at models/all.yml:28:11
CREATE OR REPLACE TABLE `kith`.`identity_person_map_build` (node UInt64 CODEC(NONE), type UInt8, value String, entity_id String CODEC(NONE), first_seen DateTime64(6, 'UTC'), last_seen DateTime64(6, 'UTC'), n UInt64) ENGINE = MergeTree ORDER BY node AS
SELECT c.node AS node, c.type AS type, c.value AS value, toStringCutToZero(i.id) AS entity_id, c.first_seen AS first_seen, c.last_seen AS last_seen, c.n AS n
FROM (
  SELECT node, type, value, first_seen, last_seen, n, part FROM `kith`.`scratch_run_identity_person_found` WHERE part NOT IN (SELECT whole FROM `kith`.`scratch_run_identity_person_moved`)
  UNION ALL SELECT node, type, value, first_seen, last_seen, n, part FROM `kith`.`scratch_run_identity_person_moved`
) AS c LEFT ANY JOIN (SELECT part, toFixedString(entity_id, 34) AS id FROM `kith`.`scratch_run_identity_person_ids`) AS i ON c.part = i.part
SETTINGS join_use_nulls = 0;

-- identity person entities (entity person) at models/all.yml:28:11
CREATE OR REPLACE TABLE `kith`.`entity_person_build` (entity_id String CODEC(NONE), anchor UInt64, created_at DateTime64(6, 'UTC'), identifiers UInt32, quarantined UInt8, whole UInt64, nodes Array(UInt64) CODEC(NONE)) ENGINE = MergeTree ORDER BY entity_id AS
SELECT entity_id, anchor, created_at, identifiers, toUInt8(quarantined) AS quarantined, whole, nodes FROM `kith`.`scratch_run_identity_person_ids`;

-- identity person refused links (entity person) at models/all.yml:28:11
CREATE OR REPLACE TABLE `kith`.`identity_person_refused_build` (a UInt64, b UInt64, why UInt8) ENGINE = MergeTree ORDER BY (a, b) AS
SELECT a, b, min(why) AS why FROM `kith`.`scratch_run_identity_person_rejected` GROUP BY a, b;

-- identity person entity count (entity person) at models/all.yml:28:11
SELECT count(), sum(identifiers), uniqExactIf(whole, quarantined = 1),
  (SELECT count() FROM `kith`.`identity_person_refused_build` WHERE why = 1),
  (SELECT sum(unowned) FROM `kith`.`identity_person_reads_build`),
  (SELECT uniqExact(type, value) FROM `kith`.`identity_person_values_build` WHERE node = 0 AND state = 1),
  (SELECT sum(n) FROM `kith`.`identity_person_values_build` WHERE node = 0 AND state = 2),
  (SELECT count() FROM `kith`.`identity_person_map_build`)
FROM `kith`.`entity_person_build`;

-- identity person shared values (entity person) at models/all.yml:28:11
CREATE OR REPLACE TABLE `kith`.`identity_person_shared_build` (
  node UInt64,
  type UInt8,
  value String,
  entity_id String,
  first_seen DateTime64(6, 'UTC'),
  last_seen DateTime64(6, 'UTC'),
  n UInt64
) ENGINE = MergeTree ORDER BY (node, entity_id) AS
SELECT f.node AS node, f.type AS type, f.value AS value, m.entity_id AS entity_id, f.first_seen AS first_seen, f.last_seen AS last_seen, f.n AS n
FROM (
  SELECT x, entity_id
  FROM (SELECT a AS x, b AS y FROM `kith`.`scratch_run_identity_person_rejected` WHERE why = 3 UNION ALL SELECT b AS x, a AS y FROM `kith`.`scratch_run_identity_person_rejected` WHERE why = 3) AS e
  JOIN (SELECT node, entity_id FROM `kith`.`identity_person_map_build`) AS t ON e.y = t.node
  WHERE x IN (SELECT node FROM `kith`.`scratch_run_identity_person_shared`)
  GROUP BY x, entity_id
) AS m JOIN `kith`.`scratch_run_identity_person_found` AS f ON m.x = f.node;

-- identity person count shared (entity person) at models/all.yml:28:11
SELECT count() FROM `kith`.`scratch_run_identity_person_shared`;

-- identity person audit shared (entity person) at models/all.yml:28:11
INSERT INTO `kith`.`identity_audit` (at, build, run_id, entity, event, entity_id, other_id, a, b, source, n, size)
SELECT now64(3), 'build', 'run', 'person', 'shared', '', '', node, 0, '', n, entities
FROM (SELECT node, max(n) AS n, count() AS entities FROM `kith`.`identity_person_shared_build` GROUP BY node)
ORDER BY entities DESC, node LIMIT 1000;

-- identity person match review (entity person) at models/all.yml:28:11
CREATE OR REPLACE TABLE `kith`.`identity_person_review_build` (
  pair String,
  a UInt64,
  b UInt64,
  probability Float64,
  why LowCardinality(String),
  a_entity String,
  b_entity String,
  a_values Array(String),
  b_values Array(String)
) ENGINE = MergeTree ORDER BY pair AS
SELECT lower(hex(sipHash64(s.a, s.b))) AS pair, s.a AS a, s.b AS b, s.probability AS probability, s.why AS why, x.entity_id AS a_entity, y.entity_id AS b_entity,
  [l.f0, l.f1, l.f2, l.f3, l.f4] AS a_values, [r.f0, r.f1, r.f2, r.f3, r.f4] AS b_values
FROM (
  SELECT a, b, probability, ra, rb, '' AS why FROM `kith`.`scratch_run_identity_person_match_scored`
  WHERE probability < 0.99 AND (a, b) NOT IN (SELECT a, b FROM (
  SELECT a, b, argMax(decision, at) AS decision FROM `kith`.`match_decisions` WHERE entity = 'person' GROUP BY a, b HAVING decision != 'undecided'
))
  UNION ALL
  SELECT z.a AS a, z.b AS b, z.probability AS probability, z.ra AS ra, z.rb AS rb, h.why AS why
  FROM `kith`.`scratch_run_identity_person_match_scored` AS z JOIN `kith`.`scratch_run_identity_person_match_held` AS h ON z.a = h.a AND z.b = h.b
) AS s
JOIN `kith`.`identity_person_map_build` AS x ON s.a = x.node JOIN `kith`.`identity_person_map_build` AS y ON s.b = y.node
JOIN `kith`.`scratch_run_identity_person_match_records` AS l ON s.ra = l.id JOIN `kith`.`scratch_run_identity_person_match_records` AS r ON s.rb = r.id
WHERE x.entity_id != y.entity_id;

-- identity person match review count (entity person) at models/all.yml:28:11
SELECT count() FROM `kith`.`identity_person_review_build`;

-- identity person changed ids (entity person) at models/all.yml:28:11
SELECT 0, 0,
  (SELECT count() FROM (
  SELECT old_id, argMax(new_id, at) AS new_id FROM `kith`.`entity_merges`
  WHERE entity = 'person' AND (build = 'build' OR build IN (SELECT build FROM `kith`.`builds`))
  GROUP BY old_id HAVING new_id != ''
) WHERE old_id IN (SELECT entity_id FROM `kith`.`scratch_run_identity_person_ids`));

-- identity person merges (entity person) at models/all.yml:28:11
INSERT INTO `kith`.`entity_merges` (entity, old_id, new_id, build, at, direct)
SELECT 'person', old_id, new_id, 'build', now64(6), direct
FROM (
  SELECT old_id, '' AS new_id, 0 AS direct FROM (
  SELECT old_id, argMax(new_id, at) AS new_id FROM `kith`.`entity_merges`
  WHERE entity = 'person' AND (build = 'build' OR build IN (SELECT build FROM `kith`.`builds`))
  GROUP BY old_id HAVING new_id != ''
) AS a WHERE old_id IN (SELECT entity_id FROM `kith`.`scratch_run_identity_person_ids`)
);

-- identity person audit rejected (entity person) at models/all.yml:28:11
INSERT INTO `kith`.`identity_audit` (at, build, run_id, entity, event, entity_id, other_id, a, b, source, n, size)
WITH fresh AS (
  SELECT a, b FROM `kith`.`scratch_run_identity_person_rejected` WHERE why = 1
)
SELECT now64(3), 'build', 'run', 'person', event, '', '', a, b, source, n, 0
FROM (
  SELECT 'rejected_links' AS event, toUInt64(0) AS a, toUInt64(0) AS b, '' AS source, count() AS n FROM fresh
  UNION ALL
  SELECT 'rejected' AS event, a, b, CAST(source AS String) AS source, n FROM (
    SELECT a, b, source, sum(n) AS n FROM `kith`.`identity_person_edges_build` PREWHERE a IN (SELECT a FROM fresh) WHERE (a, b) IN (SELECT a, b FROM fresh) GROUP BY a, b, source ORDER BY n DESC, a, b, source LIMIT 1000
  )
) WHERE n > 0;

-- identity person audit quarantined (entity person) at models/all.yml:28:11
INSERT INTO `kith`.`identity_audit` (at, build, run_id, entity, event, entity_id, other_id, a, b, source, n, size)
SELECT now64(3), 'build', 'run', 'person', 'quarantined', '', '', large, 0, '', countIf(NOT was), count()
FROM `kith`.`scratch_run_identity_person_moved` WHERE large != 0 GROUP BY large HAVING countIf(NOT was) > 0
ORDER BY count() DESC, large LIMIT 1000;

-- identity person audit collision (entity person) at models/all.yml:28:11
INSERT INTO `kith`.`identity_audit` (at, build, run_id, entity, event, entity_id, other_id, a, b, source, n, size)
SELECT now64(3), 'build', 'run', 'person', 'collision', '', '', 1, 2, '', 1, 0;

-- identity person audit values (entity person) at models/all.yml:28:11
INSERT INTO `kith`.`identity_audit` (at, build, run_id, entity, event, entity_id, other_id, a, b, source, n, size, sample)
WITH fresh AS (
  SELECT type, value, state, source, sum(n) AS n FROM `kith`.`identity_person_values_build` WHERE node = 0
  GROUP BY type, value, state, source
)
SELECT now64(3), 'build', 'run', 'person', event, '', ['handle', 'email', 'phone'][type + 1], 0, 0, source, n, size, sample
FROM (
  SELECT if(state = 1, 'blocked_values', 'invalid_values') AS event, type, '' AS source, sum(n) AS n, uniqExact(value) AS size, '' AS sample FROM fresh GROUP BY state, type
  UNION ALL
  SELECT if(state = 1, 'blocked', 'invalid') AS event, type, CAST(source AS String) AS source, n, 0 AS size, if(state = 1, concat(substringUTF8(value, 1, 1), replaceRegexpAll(substringUTF8(value, 2, 23), '[^@.+: -]', '*')), value) AS sample FROM (
    SELECT * FROM fresh ORDER BY n DESC, type, value, source LIMIT 1000
  )
);

-- identity person guard report (entity person) at models/all.yml:28:11
SELECT event, other, sum(total), max(largest), arraySlice(groupArrayIf(text, text != ''), 1, 3)
FROM (
  SELECT multiIf(event IN ('blocked', 'blocked_values'), 'blocked', event IN ('invalid', 'invalid_values'), 'invalid', event IN ('demoted', 'demoted_values'), 'demoted', event IN ('rejected', 'rejected_links'), 'rejected', CAST(x.event AS String)) AS event,
    if(x.event IN ('blocked', 'blocked_values', 'invalid', 'invalid_values', 'demoted', 'demoted_values'), x.other_id, '') AS other,
    multiIf(x.event IN ('rejected_links', 'invalid_values', 'demoted_values'), x.n, x.event = 'blocked_values', x.size, x.event IN ('merged', 'split', 'quarantined', 'collision'), 1, 0) AS total,
    if(x.event IN ('quarantined', 'merged'), x.size, 0) AS largest,
    multiIf(sample != '', concat(sample, if(x.event = 'demoted', concat(' (', toString(x.n), ' neighbours, cap ', toString(x.size), ')'), concat(' (', toString(x.n), ' rows)'))),
      x.event IN ('rejected', 'merged', 'quarantined') AND p.value != '', concat(concat(substringUTF8(p.value, 1, 1), replaceRegexpAll(substringUTF8(p.value, 2, 23), '[^@.+: -]', '*')), if(q.value != '', concat(' - ', concat(substringUTF8(q.value, 1, 1), replaceRegexpAll(substringUTF8(q.value, 2, 23), '[^@.+: -]', '*'))), ''), if(x.event = 'quarantined', concat(' and ', toString(x.size - 1), ' more'), concat(' (', CAST(x.source AS String), ', ', toString(x.n), ' rows)'))),
      '') AS text
  FROM (SELECT * FROM `kith`.`identity_audit` WHERE build = 'build' AND entity = 'person' ORDER BY n DESC, a, b, sample) AS x
  LEFT JOIN (
    SELECT node, value FROM `kith`.`identity_person_map_build` WHERE node IN (
      SELECT arrayJoin([a, b]) FROM (
        SELECT a, b FROM `kith`.`identity_audit` WHERE build = 'build' AND entity = 'person' AND sample = '' AND a != 0 ORDER BY n DESC, a, b LIMIT 12 BY event
      )
    )
  ) AS p ON x.a = p.node
  LEFT JOIN (
    SELECT node, value FROM `kith`.`identity_person_map_build` WHERE node IN (
      SELECT arrayJoin([a, b]) FROM (
        SELECT a, b FROM `kith`.`identity_audit` WHERE build = 'build' AND entity = 'person' AND sample = '' AND a != 0 ORDER BY n DESC, a, b LIMIT 12 BY event
      )
    )
  ) AS q ON x.b = q.node
) GROUP BY event, other ORDER BY event, other
SETTINGS join_use_nulls = 0;

-- identity firm rows of odd (entity firm) at models/all.yml:40:77
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_firm_rows_odd` ENGINE = MergeTree ORDER BY tuple() AS
SELECT v0, toUInt64(if((v0 = '' OR ((lowerUTF8(trimBoth(v0)) IN ('-1', 'null', '(null)', 'nil', 'none', 'nan', 'na', 'n/a', 'undefined', 'unknown', 'anonymous', 'test@test.com')) OR match(v0, '^[0-]*$') OR match(v0, '^(no|do-?not)[-_.]?reply@'))), 0, greatest(sipHash64Keyed((toUInt64(659865222065112260), toUInt64(12906127358314240260)), concat('domain\0', v0)), toUInt64(1)))) AS d0, v1, toUInt64(if((v1 = '' OR ((lowerUTF8(trimBoth(v1)) IN ('-1', 'null', '(null)', 'nil', 'none', 'nan', 'na', 'n/a', 'undefined', 'unknown', 'anonymous', 'test@test.com')) OR match(v1, '^[0-]*$') OR match(v1, '^(no|do-?not)[-_.]?reply@'))), 0, greatest(sipHash64Keyed((toUInt64(659865222065112260), toUInt64(12906127358314240260)), concat('vat\0', v1)), toUInt64(1)))) AS d1, bucket, first_seen, last_seen, n, mix
FROM (
  SELECT __kith_v0 AS v0, __kith_v1 AS v1, bucket, min(__kith_at) AS first_seen, max(if(__kith_at <= toDateTime64('1970-01-01 00:00:00.000000', 6, 'UTC'), __kith_at, toDateTime64('1970-01-01 00:00:00.000000', 6, 'UTC'))) AS last_seen, count() AS n, toUInt64(0) AS mix
  FROM (
    SELECT coalesce(arrayMap(__kith_n -> if(arrayMap(__kith_t -> if(length(__kith_t) = lengthUTF8(__kith_t), trim(BOTH ' \t\n\r\f\v' FROM __kith_t), replaceRegexpAll(__kith_t, '^[\\s\\p{Z}\\p{C}]+|[\\s\\p{Z}\\p{C}]+$', '')), [__kith_n])[1] != '', __kith_n, NULL), [__kith_s.`row_id`])[1], '') AS __kith_v0, coalesce(arrayMap(__kith_n -> if(arrayMap(__kith_t -> if(length(__kith_t) = lengthUTF8(__kith_t), trim(BOTH ' \t\n\r\f\v' FROM __kith_t), replaceRegexpAll(__kith_t, '^[\\s\\p{Z}\\p{C}]+|[\\s\\p{Z}\\p{C}]+$', '')), [__kith_n])[1] != '', __kith_n, NULL), [__kith_s.`key`])[1], '') AS __kith_v1, coalesce(__kith_s.`at`, __kith_s.`seen`, toDateTime64('2299-12-31 23:59:59.000000', 6, 'UTC')) AS __kith_at, toUInt32(0) AS bucket
    FROM (
SELECT __kith_s.`at` AS `at`, __kith_s.`seen` AS `seen`, __kith_s.`row_id` AS `row_id`, __kith_s.`key` AS `key` FROM (
SELECT * FROM (
SELECT __kith_t.`k` AS `k`, __kith_t.`h` AS `h`, __kith_t.`p` AS `p`, __kith_t.`op` AS `op`, __kith_t.`select` AS `select`, __kith_t.`__x` AS `__x`, __kith_t.`it's quoted` AS `it's quoted`, __kith_t.`j` AS `j`, __kith_t.`price` AS `price`, accurateCast(CAST((
h * 2
) AS Nullable(Int128)), 'Nullable(Int64)') AS `twice`, __kith_t.`tags` AS `tags`, __kith_t.`at` AS `at`, __kith_t.`seen` AS `seen`, __kith_t.`day` AS `day`, __kith_t.`row_id` AS `row_id`, __kith_t.`key` AS `key`, __kith_t.`value` AS `value` FROM (
SELECT CAST(__kith_t.`k` AS Nullable(String)) AS `k`, accurateCast(CAST(__kith_t.`h` AS Nullable(Int128)), 'Nullable(Int64)') AS `h`, CAST(__kith_t.`p` AS Nullable(String)) AS `p`, accurateCast(CAST(__kith_t.`op` AS Nullable(Int128)), 'Nullable(Int64)') AS `op`, CAST(__kith_t.`select` AS Nullable(String)) AS `select`, CAST(__kith_t.`__x` AS Nullable(Bool)) AS `__x`, CAST(__kith_t.`it's quoted` AS Nullable(String)) AS `it's quoted`, if(startsWith(trimLeft(CAST(__kith_t.`j` AS Nullable(String))), '{'), concat('{', arrayStringConcat(arrayMap(__kith_p -> concat(toJSONString(__kith_p.1), ':', __kith_p.2), arraySort(JSONExtractKeysAndValuesRaw(assumeNotNull(CAST(__kith_t.`j` AS Nullable(String)))))), ','), '}'), CAST(__kith_t.`j` AS Nullable(String))) AS `j`, CAST(toDecimal64OrNull(JSONExtract(ifNull(CAST(__kith_t.`j` AS Nullable(String)), ''), 'price', 'net', 'Nullable(String)'), 2) AS Nullable(Decimal(12, 2))) AS `price`, arrayMap(__kith_e -> assumeNotNull(__kith_e), arrayFilter(__kith_e -> isNotNull(__kith_e), arrayMap(__kith_e -> CAST(__kith_e AS Nullable(String)), __kith_t.`tags`))) AS `tags`, CAST(__kith_t.`at` AS Nullable(DateTime64(6, 'UTC'))) AS `at`, CAST(__kith_t.`seen` AS Nullable(DateTime64(6, 'UTC'))) AS `seen`, CAST(__kith_t.`day` AS Nullable(Date32)) AS `day`, CAST(__kith_t.`row_id` AS Nullable(String)) AS `row_id`, CAST(__kith_t.`key` AS Nullable(String)) AS `key`, if(isFinite(CAST(__kith_t.`value` AS Nullable(Float64))), CAST(__kith_t.`value` AS Nullable(Float64)) + 0., NULL) AS `value` FROM `raw`.`odd` AS __kith_t
) AS __kith_t
) AS __kith_s
ORDER BY __kith_s.`seen` DESC, __kith_s.`at` DESC, cityHash64(tuple(__kith_s.*)) LIMIT 1 BY __kith_s.`k`, __kith_s.`op`
) AS __kith_s
WHERE ((NOT ifNull((__kith_s.`select` = 'test'), false)))
    ) AS __kith_s
  ) GROUP BY v0, v1, bucket
)
SETTINGS compile_aggregate_expressions = 0;

-- identity firm values (entity firm) at models/all.yml:39:11
CREATE OR REPLACE TABLE `kith`.`identity_firm_values_build` ENGINE = MergeTree PARTITION BY bucket != 0 ORDER BY node AS
SELECT d0 AS node, toUInt8(0) AS type, v0 AS value, CAST('odd' AS LowCardinality(String)) AS source, bucket, toUInt8(node = 0) AS state, min(first_seen) AS first_seen, max(last_seen) AS last_seen, sum(n) AS n
FROM `kith`.`scratch_run_identity_firm_rows_odd` WHERE v0 != '' GROUP BY node, value, bucket
UNION ALL
SELECT d1 AS node, toUInt8(1) AS type, v1 AS value, CAST('odd' AS LowCardinality(String)) AS source, bucket, toUInt8(node = 0) AS state, min(first_seen) AS first_seen, max(last_seen) AS last_seen, sum(n) AS n
FROM `kith`.`scratch_run_identity_firm_rows_odd` WHERE v1 != '' GROUP BY node, value, bucket
SETTINGS compile_aggregate_expressions = 0;

-- identity firm nodes (entity firm) at models/all.yml:39:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_firm_nodes` (node UInt64 CODEC(NONE), type UInt8 CODEC(NONE), value String CODEC(NONE), first_seen DateTime64(6, 'UTC') CODEC(NONE), last_seen DateTime64(6, 'UTC') CODEC(NONE), n UInt64 CODEC(NONE)) ENGINE = MergeTree ORDER BY tuple() AS
SELECT node, type, value, min(first_seen) AS first_seen, max(last_seen) AS last_seen, sum(n) AS n
FROM `kith`.`identity_firm_values_build` WHERE node != 0 GROUP BY node, type, value
SETTINGS compile_aggregate_expressions = 0;

-- identity firm collisions (entity firm) at models/all.yml:39:11
SELECT s.node, s.type, s.value, 0 AS known
FROM (SELECT * FROM `kith`.`scratch_run_identity_firm_nodes` WHERE node IN (SELECT node FROM `kith`.`scratch_run_identity_firm_nodes` GROUP BY node HAVING count() > 1)) AS s
ORDER BY s.node, known DESC, s.first_seen, s.type, s.value
LIMIT 1
SETTINGS join_use_nulls = 0;

-- identity firm edges (entity firm) at models/all.yml:39:11
CREATE OR REPLACE TABLE `kith`.`identity_firm_edges_build` (
  a UInt64,
  b UInt64,
  ta UInt8,
  tb UInt8,
  source LowCardinality(String),
  bucket UInt32,
  first_seen DateTime64(6, 'UTC'),
  last_seen DateTime64(6, 'UTC'),
  n UInt64
) ENGINE = MergeTree PARTITION BY bucket != 0 ORDER BY (a, b) AS
SELECT least(s, t) AS a, greatest(s, t) AS b, any(if(s < t, sr, 1)) AS ta, any(if(s < t, 1, sr)) AS tb, 'odd' AS source, bucket, min(first_seen) AS first_seen, max(last_seen) AS last_seen, sum(n) AS n
FROM (
  SELECT d0 AS s, 0 AS sr, d1 AS t, bucket, first_seen, last_seen, n FROM `kith`.`scratch_run_identity_firm_rows_odd` WHERE d1 != 0
) WHERE s != 0 AND s != t GROUP BY a, b, bucket
SETTINGS compile_aggregate_expressions = 0;

-- identity firm reads (entity firm) at models/all.yml:39:11
CREATE OR REPLACE TABLE `kith`.`identity_firm_reads_build` ENGINE = MergeTree ORDER BY (source, bucket) AS
SELECT source, bucket, n, mix, unowned, cut, toDateTime64('1970-01-01 00:00:00.000000', 6, 'UTC') AS as_of, toDateTime64('0001-01-01 00:00:00.000000', 6, 'UTC') AS full_at, '' AS rules
FROM (
  SELECT CAST('odd' AS LowCardinality(String)) AS source, bucket, sum(r.n) AS n, groupBitXor(r.mix) AS mix, sumIf(r.n, d0 = 0 AND d1 = 0) AS unowned, toDateTime64('1970-01-01 00:00:00.000000', 6, 'UTC') AS cut FROM `kith`.`scratch_run_identity_firm_rows_odd` AS r GROUP BY bucket
);

-- identity firm node count (entity firm) at models/all.yml:39:11
SELECT count(), (SELECT count() FROM `kith`.`identity_firm_edges_build`) FROM `kith`.`scratch_run_identity_firm_nodes`;

-- identity firm match records (entity firm) at models/all.yml:39:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_firm_match_records` ENGINE = MergeTree ORDER BY id AS
SELECT *, row_number() OVER (ORDER BY greatest(cityHash64(tuple(f0, f1)), toUInt64(1)), id) AS place
FROM (
  SELECT greatest(cityHash64(tuple(node, f0, f1)), toUInt64(1)) AS id, node, f0,
    if(f0 = '', 0., count() OVER (PARTITION BY f0) / greatest(countIf(f0 != '') OVER (), 1)) AS t0, f1,
    if(f1 = '', 0., count() OVER (PARTITION BY f1) / greatest(countIf(f1 != '') OVER (), 1)) AS t1
  FROM (
    SELECT node, f0, f1 FROM (
      SELECT toUInt64(multiIf(arrayMap(__kith_v -> if((__kith_v = '' OR ((lowerUTF8(trimBoth(__kith_v)) IN ('-1', 'null', '(null)', 'nil', 'none', 'nan', 'na', 'n/a', 'undefined', 'unknown', 'anonymous', 'test@test.com')) OR match(__kith_v, '^[0-]*$') OR match(__kith_v, '^(no|do-?not)[-_.]?reply@'))), 0, greatest(sipHash64Keyed((toUInt64(659865222065112260), toUInt64(12906127358314240260)), concat('domain\0', __kith_v)), toUInt64(1))), [coalesce(arrayMap(__kith_n -> if(arrayMap(__kith_t -> if(length(__kith_t) = lengthUTF8(__kith_t), trim(BOTH ' \t\n\r\f\v' FROM __kith_t), replaceRegexpAll(__kith_t, '^[\\s\\p{Z}\\p{C}]+|[\\s\\p{Z}\\p{C}]+$', '')), [__kith_n])[1] != '', __kith_n, NULL), [__kith_s.`row_id`])[1], '')])[1] != 0, arrayMap(__kith_v -> if((__kith_v = '' OR ((lowerUTF8(trimBoth(__kith_v)) IN ('-1', 'null', '(null)', 'nil', 'none', 'nan', 'na', 'n/a', 'undefined', 'unknown', 'anonymous', 'test@test.com')) OR match(__kith_v, '^[0-]*$') OR match(__kith_v, '^(no|do-?not)[-_.]?reply@'))), 0, greatest(sipHash64Keyed((toUInt64(659865222065112260), toUInt64(12906127358314240260)), concat('domain\0', __kith_v)), toUInt64(1))), [coalesce(arrayMap(__kith_n -> if(arrayMap(__kith_t -> if(length(__kith_t) = lengthUTF8(__kith_t), trim(BOTH ' \t\n\r\f\v' FROM __kith_t), replaceRegexpAll(__kith_t, '^[\\s\\p{Z}\\p{C}]+|[\\s\\p{Z}\\p{C}]+$', '')), [__kith_n])[1] != '', __kith_n, NULL), [__kith_s.`row_id`])[1], '')])[1], arrayMap(__kith_v -> if((__kith_v = '' OR ((lowerUTF8(trimBoth(__kith_v)) IN ('-1', 'null', '(null)', 'nil', 'none', 'nan', 'na', 'n/a', 'undefined', 'unknown', 'anonymous', 'test@test.com')) OR match(__kith_v, '^[0-]*$') OR match(__kith_v, '^(no|do-?not)[-_.]?reply@'))), 0, greatest(sipHash64Keyed((toUInt64(659865222065112260), toUInt64(12906127358314240260)), concat('vat\0', __kith_v)), toUInt64(1))), [coalesce(arrayMap(__kith_n -> if(arrayMap(__kith_t -> if(length(__kith_t) = lengthUTF8(__kith_t), trim(BOTH ' \t\n\r\f\v' FROM __kith_t), replaceRegexpAll(__kith_t, '^[\\s\\p{Z}\\p{C}]+|[\\s\\p{Z}\\p{C}]+$', '')), [__kith_n])[1] != '', __kith_n, NULL), [__kith_s.`key`])[1], '')])[1] != 0, arrayMap(__kith_v -> if((__kith_v = '' OR ((lowerUTF8(trimBoth(__kith_v)) IN ('-1', 'null', '(null)', 'nil', 'none', 'nan', 'na', 'n/a', 'undefined', 'unknown', 'anonymous', 'test@test.com')) OR match(__kith_v, '^[0-]*$') OR match(__kith_v, '^(no|do-?not)[-_.]?reply@'))), 0, greatest(sipHash64Keyed((toUInt64(659865222065112260), toUInt64(12906127358314240260)), concat('vat\0', __kith_v)), toUInt64(1))), [coalesce(arrayMap(__kith_n -> if(arrayMap(__kith_t -> if(length(__kith_t) = lengthUTF8(__kith_t), trim(BOTH ' \t\n\r\f\v' FROM __kith_t), replaceRegexpAll(__kith_t, '^[\\s\\p{Z}\\p{C}]+|[\\s\\p{Z}\\p{C}]+$', '')), [__kith_n])[1] != '', __kith_n, NULL), [__kith_s.`key`])[1], '')])[1], 0)) AS node, trimBoth(replaceRegexpAll(lowerUTF8(ifNull(CAST(__kith_s.`select` AS Nullable(String)), '')), '\\s+', ' ')) AS f0, replaceRegexpAll(lowerUTF8(ifNull(CAST(__kith_s.`key` AS Nullable(String)), '')), '[^\\p{L}\\p{N}]', '') AS f1 FROM (
SELECT __kith_s.`select` AS `select`, __kith_s.`row_id` AS `row_id`, __kith_s.`key` AS `key` FROM (
SELECT * FROM (
SELECT __kith_t.`k` AS `k`, __kith_t.`h` AS `h`, __kith_t.`p` AS `p`, __kith_t.`op` AS `op`, __kith_t.`select` AS `select`, __kith_t.`__x` AS `__x`, __kith_t.`it's quoted` AS `it's quoted`, __kith_t.`j` AS `j`, __kith_t.`price` AS `price`, accurateCast(CAST((
h * 2
) AS Nullable(Int128)), 'Nullable(Int64)') AS `twice`, __kith_t.`tags` AS `tags`, __kith_t.`at` AS `at`, __kith_t.`seen` AS `seen`, __kith_t.`day` AS `day`, __kith_t.`row_id` AS `row_id`, __kith_t.`key` AS `key`, __kith_t.`value` AS `value` FROM (
SELECT CAST(__kith_t.`k` AS Nullable(String)) AS `k`, accurateCast(CAST(__kith_t.`h` AS Nullable(Int128)), 'Nullable(Int64)') AS `h`, CAST(__kith_t.`p` AS Nullable(String)) AS `p`, accurateCast(CAST(__kith_t.`op` AS Nullable(Int128)), 'Nullable(Int64)') AS `op`, CAST(__kith_t.`select` AS Nullable(String)) AS `select`, CAST(__kith_t.`__x` AS Nullable(Bool)) AS `__x`, CAST(__kith_t.`it's quoted` AS Nullable(String)) AS `it's quoted`, if(startsWith(trimLeft(CAST(__kith_t.`j` AS Nullable(String))), '{'), concat('{', arrayStringConcat(arrayMap(__kith_p -> concat(toJSONString(__kith_p.1), ':', __kith_p.2), arraySort(JSONExtractKeysAndValuesRaw(assumeNotNull(CAST(__kith_t.`j` AS Nullable(String)))))), ','), '}'), CAST(__kith_t.`j` AS Nullable(String))) AS `j`, CAST(toDecimal64OrNull(JSONExtract(ifNull(CAST(__kith_t.`j` AS Nullable(String)), ''), 'price', 'net', 'Nullable(String)'), 2) AS Nullable(Decimal(12, 2))) AS `price`, arrayMap(__kith_e -> assumeNotNull(__kith_e), arrayFilter(__kith_e -> isNotNull(__kith_e), arrayMap(__kith_e -> CAST(__kith_e AS Nullable(String)), __kith_t.`tags`))) AS `tags`, CAST(__kith_t.`at` AS Nullable(DateTime64(6, 'UTC'))) AS `at`, CAST(__kith_t.`seen` AS Nullable(DateTime64(6, 'UTC'))) AS `seen`, CAST(__kith_t.`day` AS Nullable(Date32)) AS `day`, CAST(__kith_t.`row_id` AS Nullable(String)) AS `row_id`, CAST(__kith_t.`key` AS Nullable(String)) AS `key`, if(isFinite(CAST(__kith_t.`value` AS Nullable(Float64))), CAST(__kith_t.`value` AS Nullable(Float64)) + 0., NULL) AS `value` FROM `raw`.`odd` AS __kith_t
) AS __kith_t
) AS __kith_s
ORDER BY __kith_s.`seen` DESC, __kith_s.`at` DESC, cityHash64(tuple(__kith_s.*)) LIMIT 1 BY __kith_s.`k`, __kith_s.`op`
) AS __kith_s
WHERE ((NOT ifNull((__kith_s.`select` = 'test'), false)))
      ) AS __kith_s
    ) WHERE node != 0 AND NOT (f0 = '' AND f1 = '')
    GROUP BY node, f0, f1
  )
);

-- identity firm match terms (entity firm) at models/all.yml:39:11
SELECT count(), countIf(f0 != ''), sum(t0), countIf(f1 != ''), sum(t1) FROM `kith`.`scratch_run_identity_firm_match_records`;

-- identity firm match keys (entity firm) at models/all.yml:39:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_firm_match_keys` ENGINE = MergeTree ORDER BY (key, id) AS
SELECT id, arrayJoin(arrayDistinct(arrayFilter(k -> k != 0, [if((f0 != ''), greatest(cityHash64(tuple(0, substringUTF8(f0, 1, 3))), toUInt64(1)), 0),
  if((f1 != ''), greatest(cityHash64(tuple(1, f1)), toUInt64(1)), 0)]))) AS key
FROM `kith`.`scratch_run_identity_firm_match_records`;

-- identity firm match pairs (entity firm) at models/all.yml:39:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_firm_match_pairs` ENGINE = MergeTree ORDER BY tuple() AS
SELECT l.id AS a, r.id AS b
FROM (SELECT id, key FROM `kith`.`scratch_run_identity_firm_match_keys` WHERE key IN (SELECT key FROM `kith`.`scratch_run_identity_firm_match_keys` GROUP BY key HAVING count() BETWEEN 2 AND 50)) AS l
JOIN (SELECT id, key FROM `kith`.`scratch_run_identity_firm_match_keys` WHERE key IN (SELECT key FROM `kith`.`scratch_run_identity_firm_match_keys` GROUP BY key HAVING count() BETWEEN 2 AND 50)) AS r ON l.key = r.key
WHERE l.id < r.id GROUP BY a, b;

-- identity firm match key counts (entity firm) at models/all.yml:39:11
SELECT countIf(n BETWEEN 2 AND 50), countIf(n > 50) FROM (SELECT count() AS n FROM `kith`.`scratch_run_identity_firm_match_keys` GROUP BY key);

-- identity firm match random pairs (entity firm) at models/all.yml:39:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_firm_match_random` ENGINE = MergeTree ORDER BY tuple() AS
SELECT l.id AS a, r.id AS b
FROM (SELECT id, place + arrayJoin(range(1, 50 + 1)) AS other FROM `kith`.`scratch_run_identity_firm_match_records` WHERE place <= 1000) AS l
JOIN `kith`.`scratch_run_identity_firm_match_records` AS r ON l.other = r.place;

-- identity firm match levels (entity firm) at models/all.yml:39:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_firm_match_levels` ENGINE = MergeTree ORDER BY tuple() AS
SELECT a, b, na, nb, toUInt64(g0 + 1) * 1 + toUInt64(g1 + 1) * 6 AS code,
  if(g0 = 4, ln(q0), 0.) + if(g1 = 4, ln(q1), 0.) AS common,
  0. + if(g0 = 4, ln(q0), 0.) + if(g1 = 4, ln(q1), 0.) AS own
FROM (
  SELECT a, b, na, nb, q0, if((x0 = '' OR y0 = ''), -1, multiIf(x0 = y0, 4, jaroWinklerSimilarity(x0, y0) >= 0.92, 3, jaroWinklerSimilarity(x0, y0) >= 0.85, 2, jaroWinklerSimilarity(x0, y0) >= 0.75, 1, 0)) AS g0, q1, if((x1 = '' OR y1 = ''), -1, multiIf(x1 = y1, 4, damerauLevenshteinDistance(x1, y1) <= 1, 3, damerauLevenshteinDistance(x1, y1) <= 2, 2, 0)) AS g1
  FROM (
    SELECT a, b, na, nb, q0, x0, z0 AS y0, q1, x1, z1 AS y1
    FROM (
      SELECT *, false AS crossed
      FROM (
        SELECT p.a AS a, p.b AS b, l.node AS na, r.node AS nb, l.f0 AS x0, r.f0 AS z0, greatest(l.t0, r.t0) AS q0, l.f1 AS x1, r.f1 AS z1, greatest(l.t1, r.t1) AS q1
        FROM `kith`.`scratch_run_identity_firm_match_pairs` AS p JOIN `kith`.`scratch_run_identity_firm_match_records` AS l ON p.a = l.id JOIN `kith`.`scratch_run_identity_firm_match_records` AS r ON p.b = r.id
      )
    )
  )
);

-- identity firm match random levels (entity firm) at models/all.yml:39:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_firm_match_random_levels` ENGINE = MergeTree ORDER BY tuple() AS
SELECT a, b, na, nb, toUInt64(g0 + 1) * 1 + toUInt64(g1 + 1) * 6 AS code,
  if(g0 = 4, ln(q0), 0.) + if(g1 = 4, ln(q1), 0.) AS common,
  0. + if(g0 = 4, ln(q0), 0.) + if(g1 = 4, ln(q1), 0.) AS own
FROM (
  SELECT a, b, na, nb, q0, if((x0 = '' OR y0 = ''), -1, multiIf(x0 = y0, 4, jaroWinklerSimilarity(x0, y0) >= 0.92, 3, jaroWinklerSimilarity(x0, y0) >= 0.85, 2, jaroWinklerSimilarity(x0, y0) >= 0.75, 1, 0)) AS g0, q1, if((x1 = '' OR y1 = ''), -1, multiIf(x1 = y1, 4, damerauLevenshteinDistance(x1, y1) <= 1, 3, damerauLevenshteinDistance(x1, y1) <= 2, 2, 0)) AS g1
  FROM (
    SELECT a, b, na, nb, q0, x0, z0 AS y0, q1, x1, z1 AS y1
    FROM (
      SELECT *, false AS crossed
      FROM (
        SELECT p.a AS a, p.b AS b, l.node AS na, r.node AS nb, l.f0 AS x0, r.f0 AS z0, greatest(l.t0, r.t0) AS q0, l.f1 AS x1, r.f1 AS z1, greatest(l.t1, r.t1) AS q1
        FROM `kith`.`scratch_run_identity_firm_match_random` AS p JOIN `kith`.`scratch_run_identity_firm_match_records` AS l ON p.a = l.id JOIN `kith`.`scratch_run_identity_firm_match_records` AS r ON p.b = r.id
      )
    )
  )
);

-- identity firm match histogram (entity firm) at models/all.yml:39:11
SELECT code, count() FROM `kith`.`scratch_run_identity_firm_match_levels` GROUP BY code ORDER BY code;

-- identity firm match random histogram (entity firm) at models/all.yml:39:11
SELECT code, count() FROM `kith`.`scratch_run_identity_firm_match_random_levels` GROUP BY code ORDER BY code;

-- identity firm match weights (entity firm) at models/all.yml:39:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_firm_match_weights` (code UInt64, m Float64, u Float64, h Float64) ENGINE = MergeTree ORDER BY code;

-- identity firm match weight count (entity firm) at models/all.yml:39:11
SELECT count() FROM `kith`.`scratch_run_identity_firm_match_weights`;

-- identity firm match scores (entity firm) at models/all.yml:39:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_firm_match_scored` ENGINE = MergeTree ORDER BY (a, b) AS
SELECT a, b, max(p) AS probability, argMax(x, (p, x, y)) AS ra, argMax(y, (p, x, y)) AS rb
FROM (
  SELECT least(l.na, l.nb) AS a, greatest(l.na, l.nb) AS b, if(l.na < l.nb, l.a, l.b) AS x, if(l.na < l.nb, l.b, l.a) AS y,
    1 / (1 + exp(least(w.u + l.common - w.m, 700.)) + exp(least(w.h + l.own - w.m, 700.))) AS p
  FROM `kith`.`scratch_run_identity_firm_match_levels` AS l JOIN `kith`.`scratch_run_identity_firm_match_weights` AS w ON l.code = w.code
  WHERE l.na != l.nb
) WHERE p >= 0.9 GROUP BY a, b;

-- identity firm hook 1 (entity firm) at models/all.yml:39:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_firm_match_exact_p1` (v UInt64 CODEC(NONE), l UInt64 CODEC(NONE)) ENGINE = MergeTree ORDER BY tuple() AS
SELECT a AS v, max(b) AS l FROM `kith`.`identity_firm_edges_build` GROUP BY a;

-- identity firm depth 1 (entity firm) at models/all.yml:39:11
SELECT count(), countIf(l IN (SELECT v FROM `kith`.`scratch_run_identity_firm_match_exact_p1` WHERE v % 64 = 0)) FROM `kith`.`scratch_run_identity_firm_match_exact_p1` WHERE l % 64 = 0;

-- identity firm jump 1 (entity firm) at models/all.yml:39:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_firm_match_exact_q1` (v UInt64 CODEC(NONE), l UInt64 CODEC(NONE)) ENGINE = MergeTree ORDER BY tuple() AS
SELECT p.v AS v, if(g.v = p.l, g.l, p.l) AS l FROM `kith`.`scratch_run_identity_firm_match_exact_p1` AS p LEFT ANY JOIN `kith`.`scratch_run_identity_firm_match_exact_p1` AS g ON p.l = g.v
SETTINGS join_use_nulls = 0;

-- identity firm lift 1 (entity firm) at models/all.yml:39:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_firm_match_exact_e1` (a UInt64 CODEC(NONE), b UInt64 CODEC(NONE)) ENGINE = MergeTree ORDER BY tuple() AS
SELECT least(x, y) AS a, greatest(x, y) AS b
FROM (
  SELECT s.l AS x, if(t.v = e.b, t.l, e.b) AS y
  FROM `kith`.`identity_firm_edges_build` AS e LEFT ANY JOIN `kith`.`scratch_run_identity_firm_match_exact_q1` AS s ON e.a = s.v LEFT ANY JOIN `kith`.`scratch_run_identity_firm_match_exact_q1` AS t ON e.b = t.v
  WHERE x != y
) GROUP BY a, b
SETTINGS join_use_nulls = 0;

-- identity firm live edges 2 (entity firm) at models/all.yml:39:11
SELECT count() FROM `kith`.`scratch_run_identity_firm_match_exact_e1`;

-- identity firm hook 2 (entity firm) at models/all.yml:39:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_firm_match_exact_p2` (v UInt64 CODEC(NONE), l UInt64 CODEC(NONE)) ENGINE = MergeTree ORDER BY tuple() AS
SELECT if(ha < hb, b, a) AS v, argMin(if(ha < hb, a, b), least(ha, hb)) AS l
FROM (SELECT a, b, intHash64(bitXor(a, 4354685564936845354)) AS ha, intHash64(bitXor(b, 4354685564936845354)) AS hb FROM `kith`.`scratch_run_identity_firm_match_exact_e1`) GROUP BY v;

-- identity firm lift 2 (entity firm) at models/all.yml:39:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_firm_match_exact_e2` (a UInt64 CODEC(NONE), b UInt64 CODEC(NONE)) ENGINE = MergeTree ORDER BY tuple() AS
SELECT least(x, y) AS a, greatest(x, y) AS b
FROM (
  SELECT if(s.v = e.a, s.l, e.a) AS x, if(t.v = e.b, t.l, e.b) AS y
  FROM `kith`.`scratch_run_identity_firm_match_exact_e1` AS e LEFT ANY JOIN `kith`.`scratch_run_identity_firm_match_exact_p2` AS s ON e.a = s.v LEFT ANY JOIN `kith`.`scratch_run_identity_firm_match_exact_p2` AS t ON e.b = t.v
  WHERE x != y
) GROUP BY a, b
SETTINGS join_use_nulls = 0;

-- identity firm live edges 3 (entity firm) at models/all.yml:39:11
SELECT count() FROM `kith`.`scratch_run_identity_firm_match_exact_e2`;

-- identity firm fetch 3 (entity firm) at models/all.yml:39:11
SELECT a, b FROM `kith`.`scratch_run_identity_firm_match_exact_e2`;

-- identity firm finish 3 (entity firm) at models/all.yml:39:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_firm_match_exact_q3` (v UInt64 CODEC(NONE), l UInt64 CODEC(NONE)) ENGINE = MergeTree ORDER BY tuple();

-- identity firm compose 2 (entity firm) at models/all.yml:39:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_firm_match_exact_m2` (v UInt64 CODEC(NONE), l UInt64 CODEC(NONE)) ENGINE = MergeTree ORDER BY tuple() AS
SELECT q.v AS v, if(m.v = q.l, m.l, q.l) AS l FROM `kith`.`scratch_run_identity_firm_match_exact_p2` AS q LEFT ANY JOIN `kith`.`scratch_run_identity_firm_match_exact_q3` AS m ON q.l = m.v
UNION ALL
SELECT v, l FROM `kith`.`scratch_run_identity_firm_match_exact_q3` WHERE v NOT IN (SELECT v FROM `kith`.`scratch_run_identity_firm_match_exact_p2`)
SETTINGS join_use_nulls = 0;

-- identity firm match nodes (entity firm) at models/all.yml:39:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_firm_match_nodes` ENGINE = MergeTree ORDER BY node AS
SELECT node, type, label AS part FROM (
  SELECT s.*, if(m.v = s.hooked, m.l, s.hooked) AS label
  FROM (SELECT n.*, if(q.v = n.node, q.l, n.node) AS hooked FROM `kith`.`scratch_run_identity_firm_nodes` AS n LEFT ANY JOIN `kith`.`scratch_run_identity_firm_match_exact_q1` AS q ON n.node = q.v) AS s
  LEFT ANY JOIN `kith`.`scratch_run_identity_firm_match_exact_m2` AS m ON s.hooked = m.v
)
SETTINGS join_use_nulls = 0;

-- identity firm match links (entity firm) at models/all.yml:39:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_firm_match_links` ENGINE = MergeTree ORDER BY (a, b) AS
SELECT s.a AS a, s.b AS b, s.probability AS probability, s.decided AS decided, least(x.part, y.part) AS la, greatest(x.part, y.part) AS lb
FROM (
  SELECT a, b, probability, 0 AS decided FROM `kith`.`scratch_run_identity_firm_match_scored`
  WHERE probability >= 0.99 AND (a, b) NOT IN (SELECT a, b FROM (
  SELECT a, b, argMax(decision, at) AS decision FROM `kith`.`match_decisions` WHERE entity = 'firm' GROUP BY a, b HAVING decision != 'undecided'
))
  UNION ALL
  SELECT a, b, 1. AS probability, 1 AS decided FROM (
  SELECT a, b, argMax(decision, at) AS decision FROM `kith`.`match_decisions` WHERE entity = 'firm' GROUP BY a, b HAVING decision != 'undecided'
) WHERE decision = 'accepted'
) AS s JOIN `kith`.`scratch_run_identity_firm_match_nodes` AS x ON s.a = x.node JOIN `kith`.`scratch_run_identity_firm_match_nodes` AS y ON s.b = y.node
WHERE x.part != y.part;

-- identity firm match link count (entity firm) at models/all.yml:39:11
SELECT count() FROM `kith`.`scratch_run_identity_firm_match_links`;

-- identity firm match joined (entity firm) at models/all.yml:39:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_firm_match_joined` ENGINE = MergeTree ORDER BY (a, b) AS
SELECT la AS a, lb AS b FROM `kith`.`scratch_run_identity_firm_match_links` GROUP BY a, b;

-- identity firm match parts (entity firm) at models/all.yml:39:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_firm_match_parts` ENGINE = MergeTree ORDER BY node AS
SELECT part AS node, count() AS size
FROM `kith`.`scratch_run_identity_firm_match_nodes` WHERE part IN (SELECT la FROM `kith`.`scratch_run_identity_firm_match_links` UNION ALL SELECT lb FROM `kith`.`scratch_run_identity_firm_match_links`)
GROUP BY part;

-- identity firm hook 1 (entity firm) at models/all.yml:39:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_firm_match_joined_p1` (v UInt64 CODEC(NONE), l UInt64 CODEC(NONE)) ENGINE = MergeTree ORDER BY tuple() AS
SELECT a AS v, max(b) AS l FROM `kith`.`scratch_run_identity_firm_match_joined` GROUP BY a;

-- identity firm depth 1 (entity firm) at models/all.yml:39:11
SELECT count(), countIf(l IN (SELECT v FROM `kith`.`scratch_run_identity_firm_match_joined_p1` WHERE v % 64 = 0)) FROM `kith`.`scratch_run_identity_firm_match_joined_p1` WHERE l % 64 = 0;

-- identity firm jump 1 (entity firm) at models/all.yml:39:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_firm_match_joined_q1` (v UInt64 CODEC(NONE), l UInt64 CODEC(NONE)) ENGINE = MergeTree ORDER BY tuple() AS
SELECT p.v AS v, if(g.v = p.l, g.l, p.l) AS l FROM `kith`.`scratch_run_identity_firm_match_joined_p1` AS p LEFT ANY JOIN `kith`.`scratch_run_identity_firm_match_joined_p1` AS g ON p.l = g.v
SETTINGS join_use_nulls = 0;

-- identity firm lift 1 (entity firm) at models/all.yml:39:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_firm_match_joined_e1` (a UInt64 CODEC(NONE), b UInt64 CODEC(NONE)) ENGINE = MergeTree ORDER BY tuple() AS
SELECT least(x, y) AS a, greatest(x, y) AS b
FROM (
  SELECT s.l AS x, if(t.v = e.b, t.l, e.b) AS y
  FROM `kith`.`scratch_run_identity_firm_match_joined` AS e LEFT ANY JOIN `kith`.`scratch_run_identity_firm_match_joined_q1` AS s ON e.a = s.v LEFT ANY JOIN `kith`.`scratch_run_identity_firm_match_joined_q1` AS t ON e.b = t.v
  WHERE x != y
) GROUP BY a, b
SETTINGS join_use_nulls = 0;

-- identity firm live edges 2 (entity firm) at models/all.yml:39:11
SELECT count() FROM `kith`.`scratch_run_identity_firm_match_joined_e1`;

-- identity firm hook 2 (entity firm) at models/all.yml:39:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_firm_match_joined_p2` (v UInt64 CODEC(NONE), l UInt64 CODEC(NONE)) ENGINE = MergeTree ORDER BY tuple() AS
SELECT if(ha < hb, b, a) AS v, argMin(if(ha < hb, a, b), least(ha, hb)) AS l
FROM (SELECT a, b, intHash64(bitXor(a, 4354685564936845354)) AS ha, intHash64(bitXor(b, 4354685564936845354)) AS hb FROM `kith`.`scratch_run_identity_firm_match_joined_e1`) GROUP BY v;

-- identity firm lift 2 (entity firm) at models/all.yml:39:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_firm_match_joined_e2` (a UInt64 CODEC(NONE), b UInt64 CODEC(NONE)) ENGINE = MergeTree ORDER BY tuple() AS
SELECT least(x, y) AS a, greatest(x, y) AS b
FROM (
  SELECT if(s.v = e.a, s.l, e.a) AS x, if(t.v = e.b, t.l, e.b) AS y
  FROM `kith`.`scratch_run_identity_firm_match_joined_e1` AS e LEFT ANY JOIN `kith`.`scratch_run_identity_firm_match_joined_p2` AS s ON e.a = s.v LEFT ANY JOIN `kith`.`scratch_run_identity_firm_match_joined_p2` AS t ON e.b = t.v
  WHERE x != y
) GROUP BY a, b
SETTINGS join_use_nulls = 0;

-- identity firm live edges 3 (entity firm) at models/all.yml:39:11
SELECT count() FROM `kith`.`scratch_run_identity_firm_match_joined_e2`;

-- identity firm fetch 3 (entity firm) at models/all.yml:39:11
SELECT a, b FROM `kith`.`scratch_run_identity_firm_match_joined_e2`;

-- identity firm finish 3 (entity firm) at models/all.yml:39:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_firm_match_joined_q3` (v UInt64 CODEC(NONE), l UInt64 CODEC(NONE)) ENGINE = MergeTree ORDER BY tuple();

-- identity firm compose 2 (entity firm) at models/all.yml:39:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_firm_match_joined_m2` (v UInt64 CODEC(NONE), l UInt64 CODEC(NONE)) ENGINE = MergeTree ORDER BY tuple() AS
SELECT q.v AS v, if(m.v = q.l, m.l, q.l) AS l FROM `kith`.`scratch_run_identity_firm_match_joined_p2` AS q LEFT ANY JOIN `kith`.`scratch_run_identity_firm_match_joined_q3` AS m ON q.l = m.v
UNION ALL
SELECT v, l FROM `kith`.`scratch_run_identity_firm_match_joined_q3` WHERE v NOT IN (SELECT v FROM `kith`.`scratch_run_identity_firm_match_joined_p2`)
SETTINGS join_use_nulls = 0;

-- identity firm match groups (entity firm) at models/all.yml:39:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_firm_match_groups` ENGINE = MergeTree ORDER BY node AS
SELECT node, size, label AS part FROM (
  SELECT s.*, if(m.v = s.hooked, m.l, s.hooked) AS label
  FROM (SELECT n.*, if(q.v = n.node, q.l, n.node) AS hooked FROM `kith`.`scratch_run_identity_firm_match_parts` AS n LEFT ANY JOIN `kith`.`scratch_run_identity_firm_match_joined_q1` AS q ON n.node = q.v) AS s
  LEFT ANY JOIN `kith`.`scratch_run_identity_firm_match_joined_m2` AS m ON s.hooked = m.v
)
SETTINGS join_use_nulls = 0;

-- identity firm match over (entity firm) at models/all.yml:39:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_firm_match_over` ENGINE = MergeTree ORDER BY part AS
SELECT part FROM `kith`.`scratch_run_identity_firm_match_groups` GROUP BY part
HAVING sum(size) > 500
UNION DISTINCT
SELECT x.part AS part FROM (
  SELECT x.part AS la, y.part AS lb
  FROM (
  SELECT a, b, argMax(decision, at) AS decision FROM `kith`.`match_decisions` WHERE entity = 'firm' GROUP BY a, b HAVING decision != 'undecided'
) AS d JOIN `kith`.`scratch_run_identity_firm_match_nodes` AS x ON d.a = x.node JOIN `kith`.`scratch_run_identity_firm_match_nodes` AS y ON d.b = y.node
  WHERE d.decision = 'refused' AND x.part != y.part
) AS d JOIN `kith`.`scratch_run_identity_firm_match_groups` AS x ON d.la = x.node JOIN `kith`.`scratch_run_identity_firm_match_groups` AS y ON d.lb = y.node
WHERE x.part = y.part;

-- identity firm match held (entity firm) at models/all.yml:39:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_firm_match_held` (a UInt64, b UInt64, why LowCardinality(String)) ENGINE = MergeTree ORDER BY (a, b);

-- identity firm match links over (entity firm) at models/all.yml:39:11
SELECT a, b, la, lb FROM `kith`.`scratch_run_identity_firm_match_links`
WHERE la IN (SELECT node FROM `kith`.`scratch_run_identity_firm_match_groups` WHERE part IN (SELECT part FROM `kith`.`scratch_run_identity_firm_match_over`))
ORDER BY decided DESC, probability DESC, a, b;

-- identity firm match parts over (entity firm) at models/all.yml:39:11
SELECT node, size FROM `kith`.`scratch_run_identity_firm_match_groups` WHERE part IN (SELECT part FROM `kith`.`scratch_run_identity_firm_match_over`);

-- identity firm match apart (entity firm) at models/all.yml:39:11
SELECT la, lb FROM (
  SELECT x.part AS la, y.part AS lb
  FROM (
  SELECT a, b, argMax(decision, at) AS decision FROM `kith`.`match_decisions` WHERE entity = 'firm' GROUP BY a, b HAVING decision != 'undecided'
) AS d JOIN `kith`.`scratch_run_identity_firm_match_nodes` AS x ON d.a = x.node JOIN `kith`.`scratch_run_identity_firm_match_nodes` AS y ON d.b = y.node
  WHERE d.decision = 'refused' AND x.part != y.part
)
WHERE la IN (SELECT node FROM `kith`.`scratch_run_identity_firm_match_groups` WHERE part IN (SELECT part FROM `kith`.`scratch_run_identity_firm_match_over`));

-- identity firm match held count (entity firm) at models/all.yml:39:11
SELECT count() FROM `kith`.`scratch_run_identity_firm_match_held`;

-- identity firm match edges (entity firm) at models/all.yml:39:11
INSERT INTO `kith`.`identity_firm_edges_build` (a, b, ta, tb, source, bucket, first_seen, last_seen, n)
SELECT s.a, s.b, x.type, y.type, if(s.decided = 1, '(decision)', '(match)'), 0, greatest(x.first_seen, y.first_seen), least(x.last_seen, y.last_seen), 0
FROM (SELECT a, b, decided FROM `kith`.`scratch_run_identity_firm_match_links` WHERE (a, b) NOT IN (SELECT a, b FROM `kith`.`scratch_run_identity_firm_match_held`)) AS s
JOIN `kith`.`scratch_run_identity_firm_nodes` AS x ON s.a = x.node JOIN `kith`.`scratch_run_identity_firm_nodes` AS y ON s.b = y.node;

-- identity firm hook 1 (entity firm) at models/all.yml:39:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_firm_p1` (v UInt64 CODEC(NONE), l UInt64 CODEC(NONE)) ENGINE = MergeTree ORDER BY tuple() AS
SELECT a AS v, max(b) AS l FROM `kith`.`identity_firm_edges_build` GROUP BY a;

-- identity firm depth 1 (entity firm) at models/all.yml:39:11
SELECT count(), countIf(l IN (SELECT v FROM `kith`.`scratch_run_identity_firm_p1` WHERE v % 64 = 0)) FROM `kith`.`scratch_run_identity_firm_p1` WHERE l % 64 = 0;

-- identity firm jump 1 (entity firm) at models/all.yml:39:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_firm_q1` (v UInt64 CODEC(NONE), l UInt64 CODEC(NONE)) ENGINE = MergeTree ORDER BY tuple() AS
SELECT p.v AS v, if(g.v = p.l, g.l, p.l) AS l FROM `kith`.`scratch_run_identity_firm_p1` AS p LEFT ANY JOIN `kith`.`scratch_run_identity_firm_p1` AS g ON p.l = g.v
SETTINGS join_use_nulls = 0;

-- identity firm lift 1 (entity firm) at models/all.yml:39:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_firm_e1` (a UInt64 CODEC(NONE), b UInt64 CODEC(NONE)) ENGINE = MergeTree ORDER BY tuple() AS
SELECT least(x, y) AS a, greatest(x, y) AS b
FROM (
  SELECT s.l AS x, if(t.v = e.b, t.l, e.b) AS y
  FROM `kith`.`identity_firm_edges_build` AS e LEFT ANY JOIN `kith`.`scratch_run_identity_firm_q1` AS s ON e.a = s.v LEFT ANY JOIN `kith`.`scratch_run_identity_firm_q1` AS t ON e.b = t.v
  WHERE x != y
) GROUP BY a, b
SETTINGS join_use_nulls = 0;

-- identity firm live edges 2 (entity firm) at models/all.yml:39:11
SELECT count() FROM `kith`.`scratch_run_identity_firm_e1`;

-- identity firm hook 2 (entity firm) at models/all.yml:39:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_firm_p2` (v UInt64 CODEC(NONE), l UInt64 CODEC(NONE)) ENGINE = MergeTree ORDER BY tuple() AS
SELECT if(ha < hb, b, a) AS v, argMin(if(ha < hb, a, b), least(ha, hb)) AS l
FROM (SELECT a, b, intHash64(bitXor(a, 4354685564936845354)) AS ha, intHash64(bitXor(b, 4354685564936845354)) AS hb FROM `kith`.`scratch_run_identity_firm_e1`) GROUP BY v;

-- identity firm lift 2 (entity firm) at models/all.yml:39:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_firm_e2` (a UInt64 CODEC(NONE), b UInt64 CODEC(NONE)) ENGINE = MergeTree ORDER BY tuple() AS
SELECT least(x, y) AS a, greatest(x, y) AS b
FROM (
  SELECT if(s.v = e.a, s.l, e.a) AS x, if(t.v = e.b, t.l, e.b) AS y
  FROM `kith`.`scratch_run_identity_firm_e1` AS e LEFT ANY JOIN `kith`.`scratch_run_identity_firm_p2` AS s ON e.a = s.v LEFT ANY JOIN `kith`.`scratch_run_identity_firm_p2` AS t ON e.b = t.v
  WHERE x != y
) GROUP BY a, b
SETTINGS join_use_nulls = 0;

-- identity firm live edges 3 (entity firm) at models/all.yml:39:11
SELECT count() FROM `kith`.`scratch_run_identity_firm_e2`;

-- identity firm fetch 3 (entity firm) at models/all.yml:39:11
SELECT a, b FROM `kith`.`scratch_run_identity_firm_e2`;

-- identity firm finish 3 (entity firm) at models/all.yml:39:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_firm_q3` (v UInt64 CODEC(NONE), l UInt64 CODEC(NONE)) ENGINE = MergeTree ORDER BY tuple();

-- identity firm compose 2 (entity firm) at models/all.yml:39:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_firm_m2` (v UInt64 CODEC(NONE), l UInt64 CODEC(NONE)) ENGINE = MergeTree ORDER BY tuple() AS
SELECT q.v AS v, if(m.v = q.l, m.l, q.l) AS l FROM `kith`.`scratch_run_identity_firm_p2` AS q LEFT ANY JOIN `kith`.`scratch_run_identity_firm_q3` AS m ON q.l = m.v
UNION ALL
SELECT v, l FROM `kith`.`scratch_run_identity_firm_q3` WHERE v NOT IN (SELECT v FROM `kith`.`scratch_run_identity_firm_p2`)
SETTINGS join_use_nulls = 0;

-- identity firm components (entity firm) at models/all.yml:39:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_firm_found` (node UInt64 CODEC(NONE), type UInt8 CODEC(NONE), value String CODEC(NONE), first_seen DateTime64(6, 'UTC') CODEC(NONE), last_seen DateTime64(6, 'UTC') CODEC(NONE), n UInt64 CODEC(NONE), part UInt64 CODEC(NONE)) ENGINE = MergeTree ORDER BY tuple() AS
SELECT node, type, value, first_seen, last_seen, n, label AS part FROM (
  SELECT s.*, if(m.v = s.hooked, m.l, s.hooked) AS label
  FROM (SELECT n.*, if(q.v = n.node, q.l, n.node) AS hooked FROM `kith`.`scratch_run_identity_firm_nodes` AS n LEFT ANY JOIN `kith`.`scratch_run_identity_firm_q1` AS q ON n.node = q.v) AS s
  LEFT ANY JOIN `kith`.`scratch_run_identity_firm_m2` AS m ON s.hooked = m.v
)
SETTINGS join_use_nulls = 0;

-- identity firm anchors (entity firm) at models/all.yml:39:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_firm_parts` (part UInt64 CODEC(NONE), first String CODEC(NONE), anchor UInt64 CODEC(NONE), identifiers UInt32, nodes Array(UInt64) CODEC(NONE), over UInt8) ENGINE = MergeTree ORDER BY tuple() AS
SELECT part, min(concat(reinterpretAsFixedString(byteSwap(bitShiftLeft(toUInt64(toUnixTimestamp64Micro(first_seen) + 2208988800000000), 8) + type)), replaceAll(value, '\0', '\0\1'), '\0\0', reinterpretAsFixedString(node))) AS first, reinterpretAsUInt64(substring(first, -8)) AS anchor, toUInt32(count()) AS identifiers, groupArray(node) AS nodes, 0 AS over
FROM `kith`.`scratch_run_identity_firm_found` GROUP BY part;

-- identity firm guards (entity firm) at models/all.yml:39:11
SELECT countIf(over), countIf(NOT over AND identifiers > 2147483647) FROM `kith`.`scratch_run_identity_firm_parts`;

-- identity firm rejected links (entity firm) at models/all.yml:39:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_firm_rejected` (a UInt64, b UInt64, why UInt8) ENGINE = MergeTree ORDER BY (a, b);

-- identity firm too large (entity firm) at models/all.yml:39:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_firm_large` ENGINE = MergeTree ORDER BY tuple() AS
SELECT part FROM `kith`.`scratch_run_identity_firm_parts` WHERE NOT over AND identifiers > 2147483647;

-- identity firm count too large (entity firm) at models/all.yml:39:11
SELECT count() FROM `kith`.`scratch_run_identity_firm_large`;

-- identity firm moved (entity firm) at models/all.yml:39:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_firm_moved` ENGINE = MergeTree ORDER BY node AS
SELECT node, type, value, first_seen, last_seen, n, whole, if(large = 0, part, node) AS part, large, was
FROM (
  SELECT c.*,
    0 AS was
  FROM (
    SELECT node, type, value, first_seen, last_seen, n, part AS whole, part, part AS large FROM `kith`.`scratch_run_identity_firm_found` WHERE part IN (SELECT part FROM `kith`.`scratch_run_identity_firm_parts` WHERE NOT over AND identifiers > 2147483647)
  ) AS c
)
SETTINGS join_use_nulls = 0;

-- identity firm links in quarantine (entity firm) at models/all.yml:39:11
INSERT INTO `kith`.`scratch_run_identity_firm_rejected` (a, b, why)
SELECT e.a, e.b, 2
FROM (SELECT a, b FROM `kith`.`identity_firm_edges_build` WHERE a IN (SELECT node FROM `kith`.`scratch_run_identity_firm_moved` WHERE large != 0) GROUP BY a, b) AS e
JOIN `kith`.`scratch_run_identity_firm_moved` AS s ON e.a = s.node JOIN `kith`.`scratch_run_identity_firm_moved` AS t ON e.b = t.node
WHERE s.large = t.large AND s.part != t.part AND (e.a, e.b) NOT IN (SELECT a, b FROM `kith`.`scratch_run_identity_firm_rejected`);

-- identity firm moved anchors (entity firm) at models/all.yml:39:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_firm_moved_parts` ENGINE = MergeTree ORDER BY tuple() AS
SELECT part, min(concat(reinterpretAsFixedString(byteSwap(bitShiftLeft(toUInt64(toUnixTimestamp64Micro(first_seen) + 2208988800000000), 8) + type)), replaceAll(value, '\0', '\0\1'), '\0\0', reinterpretAsFixedString(node))) AS first, reinterpretAsUInt64(substring(first, -8)) AS anchor, toUInt32(count()) AS identifiers, groupArray(node) AS nodes, any(m.whole) AS whole, max(m.large != 0) AS large FROM `kith`.`scratch_run_identity_firm_moved` AS m GROUP BY part;

-- identity firm rejected counts (entity firm) at models/all.yml:39:11
SELECT countIf(why = 1), countIf(why = 2), countIf(why = 3) FROM `kith`.`scratch_run_identity_firm_rejected`;

-- identity firm ids (entity firm) at models/all.yml:39:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_firm_ids` (part UInt64 CODEC(NONE), entity_id String CODEC(NONE), anchor UInt64 CODEC(NONE), created_at DateTime64(6, 'UTC'), identifiers UInt32, quarantined UInt8, whole UInt64, nodes Array(UInt64) CODEC(NONE)) ENGINE = MergeTree ORDER BY tuple() AS
SELECT part, concat('f_', lower(hex(substring(SHA256(concat('\0firm\0', ['domain', 'vat'][type + 1], '\0', value)), 1, 16)))) AS entity_id, anchor, toDateTime64('1970-01-01 00:00:00.000000', 6, 'UTC') AS created_at, identifiers, quarantined, whole, nodes
FROM (
  SELECT part, anchor, nodes, whole, reinterpretAsUInt8(substring(first, 8, 1)) AS type, replaceAll(substring(first, 9, length(first) - 18), '\0\1', '\0') AS value, identifiers, quarantined
  FROM (
  SELECT part, anchor, first, identifiers, nodes, toUInt64(0) AS whole, 0 AS quarantined FROM `kith`.`scratch_run_identity_firm_parts` WHERE part NOT IN (SELECT whole FROM `kith`.`scratch_run_identity_firm_moved`)
  UNION ALL SELECT part, anchor, first, identifiers, nodes, whole, large AS quarantined FROM `kith`.`scratch_run_identity_firm_moved_parts`
)
);

-- identity firm map (entity firm) at models/all.yml:39:11
CREATE OR REPLACE TABLE `kith`.`identity_firm_map_build` (node UInt64 CODEC(NONE), type UInt8, value String, entity_id String CODEC(NONE), first_seen DateTime64(6, 'UTC'), last_seen DateTime64(6, 'UTC'), n UInt64) ENGINE = MergeTree ORDER BY node AS
SELECT c.node AS node, c.type AS type, c.value AS value, toStringCutToZero(i.id) AS entity_id, c.first_seen AS first_seen, c.last_seen AS last_seen, c.n AS n
FROM (
  SELECT node, type, value, first_seen, last_seen, n, part FROM `kith`.`scratch_run_identity_firm_found` WHERE part NOT IN (SELECT whole FROM `kith`.`scratch_run_identity_firm_moved`)
  UNION ALL SELECT node, type, value, first_seen, last_seen, n, part FROM `kith`.`scratch_run_identity_firm_moved`
) AS c LEFT ANY JOIN (SELECT part, toFixedString(entity_id, 34) AS id FROM `kith`.`scratch_run_identity_firm_ids`) AS i ON c.part = i.part
SETTINGS join_use_nulls = 0;

-- identity firm entities (entity firm) at models/all.yml:39:11
CREATE OR REPLACE TABLE `kith`.`entity_firm_build` (entity_id String CODEC(NONE), anchor UInt64, created_at DateTime64(6, 'UTC'), identifiers UInt32, quarantined UInt8, whole UInt64, nodes Array(UInt64) CODEC(NONE)) ENGINE = MergeTree ORDER BY entity_id AS
SELECT entity_id, anchor, created_at, identifiers, toUInt8(quarantined) AS quarantined, whole, nodes FROM `kith`.`scratch_run_identity_firm_ids`;

-- identity firm refused links (entity firm) at models/all.yml:39:11
CREATE OR REPLACE TABLE `kith`.`identity_firm_refused_build` (a UInt64, b UInt64, why UInt8) ENGINE = MergeTree ORDER BY (a, b) AS
SELECT a, b, min(why) AS why FROM `kith`.`scratch_run_identity_firm_rejected` GROUP BY a, b;

-- identity firm entity count (entity firm) at models/all.yml:39:11
SELECT count(), sum(identifiers), uniqExactIf(whole, quarantined = 1),
  (SELECT count() FROM `kith`.`identity_firm_refused_build` WHERE why = 1),
  (SELECT sum(unowned) FROM `kith`.`identity_firm_reads_build`),
  (SELECT uniqExact(type, value) FROM `kith`.`identity_firm_values_build` WHERE node = 0 AND state = 1),
  (SELECT sum(n) FROM `kith`.`identity_firm_values_build` WHERE node = 0 AND state = 2),
  (SELECT count() FROM `kith`.`identity_firm_map_build`)
FROM `kith`.`entity_firm_build`;

-- identity firm match review (entity firm) at models/all.yml:39:11
CREATE OR REPLACE TABLE `kith`.`identity_firm_review_build` (
  pair String,
  a UInt64,
  b UInt64,
  probability Float64,
  why LowCardinality(String),
  a_entity String,
  b_entity String,
  a_values Array(String),
  b_values Array(String)
) ENGINE = MergeTree ORDER BY pair AS
SELECT lower(hex(sipHash64(s.a, s.b))) AS pair, s.a AS a, s.b AS b, s.probability AS probability, s.why AS why, x.entity_id AS a_entity, y.entity_id AS b_entity,
  [l.f0, l.f1] AS a_values, [r.f0, r.f1] AS b_values
FROM (
  SELECT a, b, probability, ra, rb, '' AS why FROM `kith`.`scratch_run_identity_firm_match_scored`
  WHERE probability < 0.99 AND (a, b) NOT IN (SELECT a, b FROM (
  SELECT a, b, argMax(decision, at) AS decision FROM `kith`.`match_decisions` WHERE entity = 'firm' GROUP BY a, b HAVING decision != 'undecided'
))
  UNION ALL
  SELECT z.a AS a, z.b AS b, z.probability AS probability, z.ra AS ra, z.rb AS rb, h.why AS why
  FROM `kith`.`scratch_run_identity_firm_match_scored` AS z JOIN `kith`.`scratch_run_identity_firm_match_held` AS h ON z.a = h.a AND z.b = h.b
) AS s
JOIN `kith`.`identity_firm_map_build` AS x ON s.a = x.node JOIN `kith`.`identity_firm_map_build` AS y ON s.b = y.node
JOIN `kith`.`scratch_run_identity_firm_match_records` AS l ON s.ra = l.id JOIN `kith`.`scratch_run_identity_firm_match_records` AS r ON s.rb = r.id
WHERE x.entity_id != y.entity_id;

-- identity firm match review count (entity firm) at models/all.yml:39:11
SELECT count() FROM `kith`.`identity_firm_review_build`;

-- identity firm changed ids (entity firm) at models/all.yml:39:11
SELECT 0, 0,
  (SELECT count() FROM (
  SELECT old_id, argMax(new_id, at) AS new_id FROM `kith`.`entity_merges`
  WHERE entity = 'firm' AND (build = 'build' OR build IN (SELECT build FROM `kith`.`builds`))
  GROUP BY old_id HAVING new_id != ''
) WHERE old_id IN (SELECT entity_id FROM `kith`.`scratch_run_identity_firm_ids`));

-- identity firm merges (entity firm) at models/all.yml:39:11
INSERT INTO `kith`.`entity_merges` (entity, old_id, new_id, build, at, direct)
SELECT 'firm', old_id, new_id, 'build', now64(6), direct
FROM (
  SELECT old_id, '' AS new_id, 0 AS direct FROM (
  SELECT old_id, argMax(new_id, at) AS new_id FROM `kith`.`entity_merges`
  WHERE entity = 'firm' AND (build = 'build' OR build IN (SELECT build FROM `kith`.`builds`))
  GROUP BY old_id HAVING new_id != ''
) AS a WHERE old_id IN (SELECT entity_id FROM `kith`.`scratch_run_identity_firm_ids`)
);

-- identity firm audit rejected (entity firm) at models/all.yml:39:11
INSERT INTO `kith`.`identity_audit` (at, build, run_id, entity, event, entity_id, other_id, a, b, source, n, size)
WITH fresh AS (
  SELECT a, b FROM `kith`.`scratch_run_identity_firm_rejected` WHERE why = 1
)
SELECT now64(3), 'build', 'run', 'firm', event, '', '', a, b, source, n, 0
FROM (
  SELECT 'rejected_links' AS event, toUInt64(0) AS a, toUInt64(0) AS b, '' AS source, count() AS n FROM fresh
  UNION ALL
  SELECT 'rejected' AS event, a, b, CAST(source AS String) AS source, n FROM (
    SELECT a, b, source, sum(n) AS n FROM `kith`.`identity_firm_edges_build` PREWHERE a IN (SELECT a FROM fresh) WHERE (a, b) IN (SELECT a, b FROM fresh) GROUP BY a, b, source ORDER BY n DESC, a, b, source LIMIT 1000
  )
) WHERE n > 0;

-- identity firm audit quarantined (entity firm) at models/all.yml:39:11
INSERT INTO `kith`.`identity_audit` (at, build, run_id, entity, event, entity_id, other_id, a, b, source, n, size)
SELECT now64(3), 'build', 'run', 'firm', 'quarantined', '', '', large, 0, '', countIf(NOT was), count()
FROM `kith`.`scratch_run_identity_firm_moved` WHERE large != 0 GROUP BY large HAVING countIf(NOT was) > 0
ORDER BY count() DESC, large LIMIT 1000;

-- identity firm audit collision (entity firm) at models/all.yml:39:11
INSERT INTO `kith`.`identity_audit` (at, build, run_id, entity, event, entity_id, other_id, a, b, source, n, size)
SELECT now64(3), 'build', 'run', 'firm', 'collision', '', '', 1, 2, '', 1, 0;

-- identity firm audit values (entity firm) at models/all.yml:39:11
INSERT INTO `kith`.`identity_audit` (at, build, run_id, entity, event, entity_id, other_id, a, b, source, n, size, sample)
WITH fresh AS (
  SELECT type, value, state, source, sum(n) AS n FROM `kith`.`identity_firm_values_build` WHERE node = 0
  GROUP BY type, value, state, source
)
SELECT now64(3), 'build', 'run', 'firm', event, '', ['domain', 'vat'][type + 1], 0, 0, source, n, size, sample
FROM (
  SELECT if(state = 1, 'blocked_values', 'invalid_values') AS event, type, '' AS source, sum(n) AS n, uniqExact(value) AS size, '' AS sample FROM fresh GROUP BY state, type
  UNION ALL
  SELECT if(state = 1, 'blocked', 'invalid') AS event, type, CAST(source AS String) AS source, n, 0 AS size, if(state = 1, concat(substringUTF8(value, 1, 1), replaceRegexpAll(substringUTF8(value, 2, 23), '[^@.+: -]', '*')), value) AS sample FROM (
    SELECT * FROM fresh ORDER BY n DESC, type, value, source LIMIT 1000
  )
);

-- identity firm guard report (entity firm) at models/all.yml:39:11
SELECT event, other, sum(total), max(largest), arraySlice(groupArrayIf(text, text != ''), 1, 3)
FROM (
  SELECT multiIf(event IN ('blocked', 'blocked_values'), 'blocked', event IN ('invalid', 'invalid_values'), 'invalid', event IN ('demoted', 'demoted_values'), 'demoted', event IN ('rejected', 'rejected_links'), 'rejected', CAST(x.event AS String)) AS event,
    if(x.event IN ('blocked', 'blocked_values', 'invalid', 'invalid_values', 'demoted', 'demoted_values'), x.other_id, '') AS other,
    multiIf(x.event IN ('rejected_links', 'invalid_values', 'demoted_values'), x.n, x.event = 'blocked_values', x.size, x.event IN ('merged', 'split', 'quarantined', 'collision'), 1, 0) AS total,
    if(x.event IN ('quarantined', 'merged'), x.size, 0) AS largest,
    multiIf(sample != '', concat(sample, if(x.event = 'demoted', concat(' (', toString(x.n), ' neighbours, cap ', toString(x.size), ')'), concat(' (', toString(x.n), ' rows)'))),
      x.event IN ('rejected', 'merged', 'quarantined') AND p.value != '', concat(concat(substringUTF8(p.value, 1, 1), replaceRegexpAll(substringUTF8(p.value, 2, 23), '[^@.+: -]', '*')), if(q.value != '', concat(' - ', concat(substringUTF8(q.value, 1, 1), replaceRegexpAll(substringUTF8(q.value, 2, 23), '[^@.+: -]', '*'))), ''), if(x.event = 'quarantined', concat(' and ', toString(x.size - 1), ' more'), concat(' (', CAST(x.source AS String), ', ', toString(x.n), ' rows)'))),
      '') AS text
  FROM (SELECT * FROM `kith`.`identity_audit` WHERE build = 'build' AND entity = 'firm' ORDER BY n DESC, a, b, sample) AS x
  LEFT JOIN (
    SELECT node, value FROM `kith`.`identity_firm_map_build` WHERE node IN (
      SELECT arrayJoin([a, b]) FROM (
        SELECT a, b FROM `kith`.`identity_audit` WHERE build = 'build' AND entity = 'firm' AND sample = '' AND a != 0 ORDER BY n DESC, a, b LIMIT 12 BY event
      )
    )
  ) AS p ON x.a = p.node
  LEFT JOIN (
    SELECT node, value FROM `kith`.`identity_firm_map_build` WHERE node IN (
      SELECT arrayJoin([a, b]) FROM (
        SELECT a, b FROM `kith`.`identity_audit` WHERE build = 'build' AND entity = 'firm' AND sample = '' AND a != 0 ORDER BY n DESC, a, b LIMIT 12 BY event
      )
    )
  ) AS q ON x.b = q.node
) GROUP BY event, other ORDER BY event, other
SETTINGS join_use_nulls = 0;

-- relation employer (relation employer) at models/all.yml:45:12
CREATE OR REPLACE TABLE `kith`.`scratch_run_relation_employer` ENGINE = MergeTree ORDER BY entity_id AS
SELECT __kith_a.entity_id AS entity_id, assumeNotNull(argMinOrNullIf(__kith_b.entity_id, tuple(-toUnixTimestamp64Micro(coalesce(__kith_s.`at`, __kith_s.`seen`, toDateTime64('1970-01-01 00:00:00.000000', 6, 'UTC'))), __kith_s.`k`, __kith_s.`op`, __kith_b.entity_id), (ifNull(__kith_b.entity_id, '') != ''))) AS other_id
FROM (
  SELECT *, multiIf(arrayMap(__kith_v -> if((__kith_v = '' OR ((lowerUTF8(trimBoth(__kith_v)) IN ('-1', 'null', '(null)', 'nil', 'none', 'nan', 'na', 'n/a', 'undefined', 'unknown', 'anonymous', 'test@test.com')) OR match(__kith_v, '^[0-]*$') OR match(__kith_v, '^(no|do-?not)[-_.]?reply@'))), 0, greatest(sipHash64Keyed((toUInt64(659865222065112260), toUInt64(12906127358314240260)), concat('handle\0', __kith_v)), toUInt64(1))), [coalesce(arrayMap(__kith_n -> if(arrayMap(__kith_t -> if(length(__kith_t) = lengthUTF8(__kith_t), trim(BOTH ' \t\n\r\f\v' FROM __kith_t), replaceRegexpAll(__kith_t, '^[\\s\\p{Z}\\p{C}]+|[\\s\\p{Z}\\p{C}]+$', '')), [__kith_n])[1] != '', __kith_n, NULL), [__kith_s.`k`])[1], '')])[1] != 0, arrayMap(__kith_v -> if((__kith_v = '' OR ((lowerUTF8(trimBoth(__kith_v)) IN ('-1', 'null', '(null)', 'nil', 'none', 'nan', 'na', 'n/a', 'undefined', 'unknown', 'anonymous', 'test@test.com')) OR match(__kith_v, '^[0-]*$') OR match(__kith_v, '^(no|do-?not)[-_.]?reply@'))), 0, greatest(sipHash64Keyed((toUInt64(659865222065112260), toUInt64(12906127358314240260)), concat('handle\0', __kith_v)), toUInt64(1))), [coalesce(arrayMap(__kith_n -> if(arrayMap(__kith_t -> if(length(__kith_t) = lengthUTF8(__kith_t), trim(BOTH ' \t\n\r\f\v' FROM __kith_t), replaceRegexpAll(__kith_t, '^[\\s\\p{Z}\\p{C}]+|[\\s\\p{Z}\\p{C}]+$', '')), [__kith_n])[1] != '', __kith_n, NULL), [__kith_s.`k`])[1], '')])[1], arrayMap(__kith_v -> if((__kith_v = '' OR ((lowerUTF8(trimBoth(__kith_v)) IN ('-1', 'null', '(null)', 'nil', 'none', 'nan', 'na', 'n/a', 'undefined', 'unknown', 'anonymous', 'test@test.com')) OR (__kith_v = coalesce(arrayMap(__kith_n -> if(match(ifNull(__kith_n, ''), '^[^\\s\\p{Z}\\p{C}@<>"(),;]+@[^\\s\\p{Z}\\p{C}@<>"(),;]+\\.[^\\s\\p{Z}\\p{C}@<>"(),;.]{2,}$'), __kith_n, NULL), [lowerUTF8(arrayMap(__kith_t -> if(length(__kith_t) = lengthUTF8(__kith_t), trim(BOTH ' \t\n\r\f\v' FROM __kith_t), replaceRegexpAll(__kith_t, '^[\\s\\p{Z}\\p{C}]+|[\\s\\p{Z}\\p{C}]+$', '')), ['test@test.com'])[1])])[1], 'test@test.com')) OR match(__kith_v, '^[0-]*$') OR match(__kith_v, '^(no|do-?not)[-_.]?reply@') OR match(__kith_v, '@example\\.com$'))), 0, greatest(sipHash64Keyed((toUInt64(659865222065112260), toUInt64(12906127358314240260)), concat('email\0', __kith_v)), toUInt64(1))), [coalesce(arrayMap(__kith_n -> if(match(ifNull(__kith_n, ''), '^[^\\s\\p{Z}\\p{C}@<>"(),;]+@[^\\s\\p{Z}\\p{C}@<>"(),;]+\\.[^\\s\\p{Z}\\p{C}@<>"(),;.]{2,}$'), __kith_n, NULL), [lowerUTF8(arrayMap(__kith_t -> if(length(__kith_t) = lengthUTF8(__kith_t), trim(BOTH ' \t\n\r\f\v' FROM __kith_t), replaceRegexpAll(__kith_t, '^[\\s\\p{Z}\\p{C}]+|[\\s\\p{Z}\\p{C}]+$', '')), [__kith_s.`p`])[1])])[1], '')])[1] != 0, arrayMap(__kith_v -> if((__kith_v = '' OR ((lowerUTF8(trimBoth(__kith_v)) IN ('-1', 'null', '(null)', 'nil', 'none', 'nan', 'na', 'n/a', 'undefined', 'unknown', 'anonymous', 'test@test.com')) OR (__kith_v = coalesce(arrayMap(__kith_n -> if(match(ifNull(__kith_n, ''), '^[^\\s\\p{Z}\\p{C}@<>"(),;]+@[^\\s\\p{Z}\\p{C}@<>"(),;]+\\.[^\\s\\p{Z}\\p{C}@<>"(),;.]{2,}$'), __kith_n, NULL), [lowerUTF8(arrayMap(__kith_t -> if(length(__kith_t) = lengthUTF8(__kith_t), trim(BOTH ' \t\n\r\f\v' FROM __kith_t), replaceRegexpAll(__kith_t, '^[\\s\\p{Z}\\p{C}]+|[\\s\\p{Z}\\p{C}]+$', '')), ['test@test.com'])[1])])[1], 'test@test.com')) OR match(__kith_v, '^[0-]*$') OR match(__kith_v, '^(no|do-?not)[-_.]?reply@') OR match(__kith_v, '@example\\.com$'))), 0, greatest(sipHash64Keyed((toUInt64(659865222065112260), toUInt64(12906127358314240260)), concat('email\0', __kith_v)), toUInt64(1))), [coalesce(arrayMap(__kith_n -> if(match(ifNull(__kith_n, ''), '^[^\\s\\p{Z}\\p{C}@<>"(),;]+@[^\\s\\p{Z}\\p{C}@<>"(),;]+\\.[^\\s\\p{Z}\\p{C}@<>"(),;.]{2,}$'), __kith_n, NULL), [lowerUTF8(arrayMap(__kith_t -> if(length(__kith_t) = lengthUTF8(__kith_t), trim(BOTH ' \t\n\r\f\v' FROM __kith_t), replaceRegexpAll(__kith_t, '^[\\s\\p{Z}\\p{C}]+|[\\s\\p{Z}\\p{C}]+$', '')), [__kith_s.`p`])[1])])[1], '')])[1], arrayMap(__kith_v -> if((__kith_v = '' OR ((lowerUTF8(trimBoth(__kith_v)) IN ('-1', 'null', '(null)', 'nil', 'none', 'nan', 'na', 'n/a', 'undefined', 'unknown', 'anonymous', 'test@test.com')) OR match(__kith_v, '^[0-]*$') OR match(__kith_v, '^(no|do-?not)[-_.]?reply@'))), 0, greatest(sipHash64Keyed((toUInt64(659865222065112260), toUInt64(12906127358314240260)), concat('phone\0', __kith_v)), toUInt64(1))), [coalesce(arrayMap(__kith_n -> if(match(__kith_n, '^\\+[1-9][0-9]{7,14}$'), __kith_n, NULL), [replaceRegexpOne(arrayMap(__kith_d -> multiIf(startsWith(__kith_d, '+'), __kith_d, startsWith(__kith_d, '00'), concat('+', substring(__kith_d, 3)), concat('+', '31', replaceRegexpOne(__kith_d, '^0()', '\\1'))), [ifNull(replaceRegexpAll(replaceOne(replaceRegexpOne(__kith_s.`it's quoted`, '(?is)[;,/#x].*$', ''), '(0)', ''), '[^0-9+]', ''), '')])[1], '^\\+(20|27|30|31|32|33|34|40|41|43|44|45|46|47|48|49|51|54|55|61|62|64|81|82|84|86|90|91|92|94|98|212|213|234|254|351|352|353|355|358|359|380|381|385|386|387|389|420|421|880|962|966|971|972)0', '+\\1')])[1], '')])[1] != 0 AND arrayMap(__kith_v -> if((__kith_v = '' OR ((lowerUTF8(trimBoth(__kith_v)) IN ('-1', 'null', '(null)', 'nil', 'none', 'nan', 'na', 'n/a', 'undefined', 'unknown', 'anonymous', 'test@test.com')) OR match(__kith_v, '^[0-]*$') OR match(__kith_v, '^(no|do-?not)[-_.]?reply@'))), 0, greatest(sipHash64Keyed((toUInt64(659865222065112260), toUInt64(12906127358314240260)), concat('phone\0', __kith_v)), toUInt64(1))), [coalesce(arrayMap(__kith_n -> if(match(__kith_n, '^\\+[1-9][0-9]{7,14}$'), __kith_n, NULL), [replaceRegexpOne(arrayMap(__kith_d -> multiIf(startsWith(__kith_d, '+'), __kith_d, startsWith(__kith_d, '00'), concat('+', substring(__kith_d, 3)), concat('+', '31', replaceRegexpOne(__kith_d, '^0()', '\\1'))), [ifNull(replaceRegexpAll(replaceOne(replaceRegexpOne(__kith_s.`it's quoted`, '(?is)[;,/#x].*$', ''), '(0)', ''), '[^0-9+]', ''), '')])[1], '^\\+(20|27|30|31|32|33|34|40|41|43|44|45|46|47|48|49|51|54|55|61|62|64|81|82|84|86|90|91|92|94|98|212|213|234|254|351|352|353|355|358|359|380|381|385|386|387|389|420|421|880|962|966|971|972)0', '+\\1')])[1], '')])[1] NOT IN (SELECT node FROM `kith`.`identity_person_shared_build`), arrayMap(__kith_v -> if((__kith_v = '' OR ((lowerUTF8(trimBoth(__kith_v)) IN ('-1', 'null', '(null)', 'nil', 'none', 'nan', 'na', 'n/a', 'undefined', 'unknown', 'anonymous', 'test@test.com')) OR match(__kith_v, '^[0-]*$') OR match(__kith_v, '^(no|do-?not)[-_.]?reply@'))), 0, greatest(sipHash64Keyed((toUInt64(659865222065112260), toUInt64(12906127358314240260)), concat('phone\0', __kith_v)), toUInt64(1))), [coalesce(arrayMap(__kith_n -> if(match(__kith_n, '^\\+[1-9][0-9]{7,14}$'), __kith_n, NULL), [replaceRegexpOne(arrayMap(__kith_d -> multiIf(startsWith(__kith_d, '+'), __kith_d, startsWith(__kith_d, '00'), concat('+', substring(__kith_d, 3)), concat('+', '31', replaceRegexpOne(__kith_d, '^0()', '\\1'))), [ifNull(replaceRegexpAll(replaceOne(replaceRegexpOne(__kith_s.`it's quoted`, '(?is)[;,/#x].*$', ''), '(0)', ''), '[^0-9+]', ''), '')])[1], '^\\+(20|27|30|31|32|33|34|40|41|43|44|45|46|47|48|49|51|54|55|61|62|64|81|82|84|86|90|91|92|94|98|212|213|234|254|351|352|353|355|358|359|380|381|385|386|387|389|420|421|880|962|966|971|972)0', '+\\1')])[1], '')])[1], 0) AS __kith_owner, multiIf(arrayMap(__kith_v -> if((__kith_v = '' OR ((lowerUTF8(trimBoth(__kith_v)) IN ('-1', 'null', '(null)', 'nil', 'none', 'nan', 'na', 'n/a', 'undefined', 'unknown', 'anonymous', 'test@test.com')) OR match(__kith_v, '^[0-]*$') OR match(__kith_v, '^(no|do-?not)[-_.]?reply@'))), 0, greatest(sipHash64Keyed((toUInt64(659865222065112260), toUInt64(12906127358314240260)), concat('domain\0', __kith_v)), toUInt64(1))), [coalesce(arrayMap(__kith_n -> if(arrayMap(__kith_t -> if(length(__kith_t) = lengthUTF8(__kith_t), trim(BOTH ' \t\n\r\f\v' FROM __kith_t), replaceRegexpAll(__kith_t, '^[\\s\\p{Z}\\p{C}]+|[\\s\\p{Z}\\p{C}]+$', '')), [__kith_n])[1] != '', __kith_n, NULL), [__kith_s.`row_id`])[1], '')])[1] != 0, arrayMap(__kith_v -> if((__kith_v = '' OR ((lowerUTF8(trimBoth(__kith_v)) IN ('-1', 'null', '(null)', 'nil', 'none', 'nan', 'na', 'n/a', 'undefined', 'unknown', 'anonymous', 'test@test.com')) OR match(__kith_v, '^[0-]*$') OR match(__kith_v, '^(no|do-?not)[-_.]?reply@'))), 0, greatest(sipHash64Keyed((toUInt64(659865222065112260), toUInt64(12906127358314240260)), concat('domain\0', __kith_v)), toUInt64(1))), [coalesce(arrayMap(__kith_n -> if(arrayMap(__kith_t -> if(length(__kith_t) = lengthUTF8(__kith_t), trim(BOTH ' \t\n\r\f\v' FROM __kith_t), replaceRegexpAll(__kith_t, '^[\\s\\p{Z}\\p{C}]+|[\\s\\p{Z}\\p{C}]+$', '')), [__kith_n])[1] != '', __kith_n, NULL), [__kith_s.`row_id`])[1], '')])[1], arrayMap(__kith_v -> if((__kith_v = '' OR ((lowerUTF8(trimBoth(__kith_v)) IN ('-1', 'null', '(null)', 'nil', 'none', 'nan', 'na', 'n/a', 'undefined', 'unknown', 'anonymous', 'test@test.com')) OR match(__kith_v, '^[0-]*$') OR match(__kith_v, '^(no|do-?not)[-_.]?reply@'))), 0, greatest(sipHash64Keyed((toUInt64(659865222065112260), toUInt64(12906127358314240260)), concat('vat\0', __kith_v)), toUInt64(1))), [coalesce(arrayMap(__kith_n -> if(arrayMap(__kith_t -> if(length(__kith_t) = lengthUTF8(__kith_t), trim(BOTH ' \t\n\r\f\v' FROM __kith_t), replaceRegexpAll(__kith_t, '^[\\s\\p{Z}\\p{C}]+|[\\s\\p{Z}\\p{C}]+$', '')), [__kith_n])[1] != '', __kith_n, NULL), [__kith_s.`key`])[1], '')])[1] != 0, arrayMap(__kith_v -> if((__kith_v = '' OR ((lowerUTF8(trimBoth(__kith_v)) IN ('-1', 'null', '(null)', 'nil', 'none', 'nan', 'na', 'n/a', 'undefined', 'unknown', 'anonymous', 'test@test.com')) OR match(__kith_v, '^[0-]*$') OR match(__kith_v, '^(no|do-?not)[-_.]?reply@'))), 0, greatest(sipHash64Keyed((toUInt64(659865222065112260), toUInt64(12906127358314240260)), concat('vat\0', __kith_v)), toUInt64(1))), [coalesce(arrayMap(__kith_n -> if(arrayMap(__kith_t -> if(length(__kith_t) = lengthUTF8(__kith_t), trim(BOTH ' \t\n\r\f\v' FROM __kith_t), replaceRegexpAll(__kith_t, '^[\\s\\p{Z}\\p{C}]+|[\\s\\p{Z}\\p{C}]+$', '')), [__kith_n])[1] != '', __kith_n, NULL), [__kith_s.`key`])[1], '')])[1], 0) AS __kith_other FROM (
SELECT __kith_s.`k` AS `k`, __kith_s.`p` AS `p`, __kith_s.`op` AS `op`, __kith_s.`__x` AS `__x`, __kith_s.`it's quoted` AS `it's quoted`, __kith_s.`at` AS `at`, __kith_s.`seen` AS `seen`, __kith_s.`row_id` AS `row_id`, __kith_s.`key` AS `key` FROM (
SELECT * FROM (
SELECT __kith_t.`k` AS `k`, __kith_t.`h` AS `h`, __kith_t.`p` AS `p`, __kith_t.`op` AS `op`, __kith_t.`select` AS `select`, __kith_t.`__x` AS `__x`, __kith_t.`it's quoted` AS `it's quoted`, __kith_t.`j` AS `j`, __kith_t.`price` AS `price`, accurateCast(CAST((
h * 2
) AS Nullable(Int128)), 'Nullable(Int64)') AS `twice`, __kith_t.`tags` AS `tags`, __kith_t.`at` AS `at`, __kith_t.`seen` AS `seen`, __kith_t.`day` AS `day`, __kith_t.`row_id` AS `row_id`, __kith_t.`key` AS `key`, __kith_t.`value` AS `value` FROM (
SELECT CAST(__kith_t.`k` AS Nullable(String)) AS `k`, accurateCast(CAST(__kith_t.`h` AS Nullable(Int128)), 'Nullable(Int64)') AS `h`, CAST(__kith_t.`p` AS Nullable(String)) AS `p`, accurateCast(CAST(__kith_t.`op` AS Nullable(Int128)), 'Nullable(Int64)') AS `op`, CAST(__kith_t.`select` AS Nullable(String)) AS `select`, CAST(__kith_t.`__x` AS Nullable(Bool)) AS `__x`, CAST(__kith_t.`it's quoted` AS Nullable(String)) AS `it's quoted`, if(startsWith(trimLeft(CAST(__kith_t.`j` AS Nullable(String))), '{'), concat('{', arrayStringConcat(arrayMap(__kith_p -> concat(toJSONString(__kith_p.1), ':', __kith_p.2), arraySort(JSONExtractKeysAndValuesRaw(assumeNotNull(CAST(__kith_t.`j` AS Nullable(String)))))), ','), '}'), CAST(__kith_t.`j` AS Nullable(String))) AS `j`, CAST(toDecimal64OrNull(JSONExtract(ifNull(CAST(__kith_t.`j` AS Nullable(String)), ''), 'price', 'net', 'Nullable(String)'), 2) AS Nullable(Decimal(12, 2))) AS `price`, arrayMap(__kith_e -> assumeNotNull(__kith_e), arrayFilter(__kith_e -> isNotNull(__kith_e), arrayMap(__kith_e -> CAST(__kith_e AS Nullable(String)), __kith_t.`tags`))) AS `tags`, CAST(__kith_t.`at` AS Nullable(DateTime64(6, 'UTC'))) AS `at`, CAST(__kith_t.`seen` AS Nullable(DateTime64(6, 'UTC'))) AS `seen`, CAST(__kith_t.`day` AS Nullable(Date32)) AS `day`, CAST(__kith_t.`row_id` AS Nullable(String)) AS `row_id`, CAST(__kith_t.`key` AS Nullable(String)) AS `key`, if(isFinite(CAST(__kith_t.`value` AS Nullable(Float64))), CAST(__kith_t.`value` AS Nullable(Float64)) + 0., NULL) AS `value` FROM `raw`.`odd` AS __kith_t
) AS __kith_t
) AS __kith_s
ORDER BY __kith_s.`seen` DESC, __kith_s.`at` DESC, cityHash64(tuple(__kith_s.*)) LIMIT 1 BY __kith_s.`k`, __kith_s.`op`
) AS __kith_s
WHERE ((NOT ifNull((__kith_s.`select` = 'test'), false)))
  ) AS __kith_s
  WHERE (ifNull((__kith_s.`__x` = true), false)) AND (ifNull((__kith_s.`op` = CAST('1' AS Int64)), false))
) AS __kith_s
JOIN (SELECT node, entity_id FROM `kith`.`identity_person_map_build`) AS __kith_a ON __kith_s.__kith_owner = __kith_a.node
JOIN (SELECT node, entity_id FROM `kith`.`identity_firm_map_build`) AS __kith_b ON __kith_s.__kith_other = __kith_b.node
GROUP BY __kith_a.entity_id;

-- relation staff (relation staff) at models/all.yml:46:12
CREATE OR REPLACE TABLE `kith`.`scratch_run_relation_staff` ENGINE = MergeTree ORDER BY entity_id AS
SELECT __kith_a.entity_id AS entity_id, __kith_b.entity_id AS other_id
FROM (
  SELECT *, multiIf(arrayMap(__kith_v -> if((__kith_v = '' OR ((lowerUTF8(trimBoth(__kith_v)) IN ('-1', 'null', '(null)', 'nil', 'none', 'nan', 'na', 'n/a', 'undefined', 'unknown', 'anonymous', 'test@test.com')) OR match(__kith_v, '^[0-]*$') OR match(__kith_v, '^(no|do-?not)[-_.]?reply@'))), 0, greatest(sipHash64Keyed((toUInt64(659865222065112260), toUInt64(12906127358314240260)), concat('domain\0', __kith_v)), toUInt64(1))), [coalesce(arrayMap(__kith_n -> if(arrayMap(__kith_t -> if(length(__kith_t) = lengthUTF8(__kith_t), trim(BOTH ' \t\n\r\f\v' FROM __kith_t), replaceRegexpAll(__kith_t, '^[\\s\\p{Z}\\p{C}]+|[\\s\\p{Z}\\p{C}]+$', '')), [__kith_n])[1] != '', __kith_n, NULL), [__kith_s.`row_id`])[1], '')])[1] != 0, arrayMap(__kith_v -> if((__kith_v = '' OR ((lowerUTF8(trimBoth(__kith_v)) IN ('-1', 'null', '(null)', 'nil', 'none', 'nan', 'na', 'n/a', 'undefined', 'unknown', 'anonymous', 'test@test.com')) OR match(__kith_v, '^[0-]*$') OR match(__kith_v, '^(no|do-?not)[-_.]?reply@'))), 0, greatest(sipHash64Keyed((toUInt64(659865222065112260), toUInt64(12906127358314240260)), concat('domain\0', __kith_v)), toUInt64(1))), [coalesce(arrayMap(__kith_n -> if(arrayMap(__kith_t -> if(length(__kith_t) = lengthUTF8(__kith_t), trim(BOTH ' \t\n\r\f\v' FROM __kith_t), replaceRegexpAll(__kith_t, '^[\\s\\p{Z}\\p{C}]+|[\\s\\p{Z}\\p{C}]+$', '')), [__kith_n])[1] != '', __kith_n, NULL), [__kith_s.`row_id`])[1], '')])[1], arrayMap(__kith_v -> if((__kith_v = '' OR ((lowerUTF8(trimBoth(__kith_v)) IN ('-1', 'null', '(null)', 'nil', 'none', 'nan', 'na', 'n/a', 'undefined', 'unknown', 'anonymous', 'test@test.com')) OR match(__kith_v, '^[0-]*$') OR match(__kith_v, '^(no|do-?not)[-_.]?reply@'))), 0, greatest(sipHash64Keyed((toUInt64(659865222065112260), toUInt64(12906127358314240260)), concat('vat\0', __kith_v)), toUInt64(1))), [coalesce(arrayMap(__kith_n -> if(arrayMap(__kith_t -> if(length(__kith_t) = lengthUTF8(__kith_t), trim(BOTH ' \t\n\r\f\v' FROM __kith_t), replaceRegexpAll(__kith_t, '^[\\s\\p{Z}\\p{C}]+|[\\s\\p{Z}\\p{C}]+$', '')), [__kith_n])[1] != '', __kith_n, NULL), [__kith_s.`key`])[1], '')])[1] != 0, arrayMap(__kith_v -> if((__kith_v = '' OR ((lowerUTF8(trimBoth(__kith_v)) IN ('-1', 'null', '(null)', 'nil', 'none', 'nan', 'na', 'n/a', 'undefined', 'unknown', 'anonymous', 'test@test.com')) OR match(__kith_v, '^[0-]*$') OR match(__kith_v, '^(no|do-?not)[-_.]?reply@'))), 0, greatest(sipHash64Keyed((toUInt64(659865222065112260), toUInt64(12906127358314240260)), concat('vat\0', __kith_v)), toUInt64(1))), [coalesce(arrayMap(__kith_n -> if(arrayMap(__kith_t -> if(length(__kith_t) = lengthUTF8(__kith_t), trim(BOTH ' \t\n\r\f\v' FROM __kith_t), replaceRegexpAll(__kith_t, '^[\\s\\p{Z}\\p{C}]+|[\\s\\p{Z}\\p{C}]+$', '')), [__kith_n])[1] != '', __kith_n, NULL), [__kith_s.`key`])[1], '')])[1], 0) AS __kith_owner, multiIf(arrayMap(__kith_v -> if((__kith_v = '' OR ((lowerUTF8(trimBoth(__kith_v)) IN ('-1', 'null', '(null)', 'nil', 'none', 'nan', 'na', 'n/a', 'undefined', 'unknown', 'anonymous', 'test@test.com')) OR match(__kith_v, '^[0-]*$') OR match(__kith_v, '^(no|do-?not)[-_.]?reply@'))), 0, greatest(sipHash64Keyed((toUInt64(659865222065112260), toUInt64(12906127358314240260)), concat('handle\0', __kith_v)), toUInt64(1))), [coalesce(arrayMap(__kith_n -> if(arrayMap(__kith_t -> if(length(__kith_t) = lengthUTF8(__kith_t), trim(BOTH ' \t\n\r\f\v' FROM __kith_t), replaceRegexpAll(__kith_t, '^[\\s\\p{Z}\\p{C}]+|[\\s\\p{Z}\\p{C}]+$', '')), [__kith_n])[1] != '', __kith_n, NULL), [__kith_s.`k`])[1], '')])[1] != 0, arrayMap(__kith_v -> if((__kith_v = '' OR ((lowerUTF8(trimBoth(__kith_v)) IN ('-1', 'null', '(null)', 'nil', 'none', 'nan', 'na', 'n/a', 'undefined', 'unknown', 'anonymous', 'test@test.com')) OR match(__kith_v, '^[0-]*$') OR match(__kith_v, '^(no|do-?not)[-_.]?reply@'))), 0, greatest(sipHash64Keyed((toUInt64(659865222065112260), toUInt64(12906127358314240260)), concat('handle\0', __kith_v)), toUInt64(1))), [coalesce(arrayMap(__kith_n -> if(arrayMap(__kith_t -> if(length(__kith_t) = lengthUTF8(__kith_t), trim(BOTH ' \t\n\r\f\v' FROM __kith_t), replaceRegexpAll(__kith_t, '^[\\s\\p{Z}\\p{C}]+|[\\s\\p{Z}\\p{C}]+$', '')), [__kith_n])[1] != '', __kith_n, NULL), [__kith_s.`k`])[1], '')])[1], arrayMap(__kith_v -> if((__kith_v = '' OR ((lowerUTF8(trimBoth(__kith_v)) IN ('-1', 'null', '(null)', 'nil', 'none', 'nan', 'na', 'n/a', 'undefined', 'unknown', 'anonymous', 'test@test.com')) OR (__kith_v = coalesce(arrayMap(__kith_n -> if(match(ifNull(__kith_n, ''), '^[^\\s\\p{Z}\\p{C}@<>"(),;]+@[^\\s\\p{Z}\\p{C}@<>"(),;]+\\.[^\\s\\p{Z}\\p{C}@<>"(),;.]{2,}$'), __kith_n, NULL), [lowerUTF8(arrayMap(__kith_t -> if(length(__kith_t) = lengthUTF8(__kith_t), trim(BOTH ' \t\n\r\f\v' FROM __kith_t), replaceRegexpAll(__kith_t, '^[\\s\\p{Z}\\p{C}]+|[\\s\\p{Z}\\p{C}]+$', '')), ['test@test.com'])[1])])[1], 'test@test.com')) OR match(__kith_v, '^[0-]*$') OR match(__kith_v, '^(no|do-?not)[-_.]?reply@') OR match(__kith_v, '@example\\.com$'))), 0, greatest(sipHash64Keyed((toUInt64(659865222065112260), toUInt64(12906127358314240260)), concat('email\0', __kith_v)), toUInt64(1))), [coalesce(arrayMap(__kith_n -> if(match(ifNull(__kith_n, ''), '^[^\\s\\p{Z}\\p{C}@<>"(),;]+@[^\\s\\p{Z}\\p{C}@<>"(),;]+\\.[^\\s\\p{Z}\\p{C}@<>"(),;.]{2,}$'), __kith_n, NULL), [lowerUTF8(arrayMap(__kith_t -> if(length(__kith_t) = lengthUTF8(__kith_t), trim(BOTH ' \t\n\r\f\v' FROM __kith_t), replaceRegexpAll(__kith_t, '^[\\s\\p{Z}\\p{C}]+|[\\s\\p{Z}\\p{C}]+$', '')), [__kith_s.`p`])[1])])[1], '')])[1] != 0, arrayMap(__kith_v -> if((__kith_v = '' OR ((lowerUTF8(trimBoth(__kith_v)) IN ('-1', 'null', '(null)', 'nil', 'none', 'nan', 'na', 'n/a', 'undefined', 'unknown', 'anonymous', 'test@test.com')) OR (__kith_v = coalesce(arrayMap(__kith_n -> if(match(ifNull(__kith_n, ''), '^[^\\s\\p{Z}\\p{C}@<>"(),;]+@[^\\s\\p{Z}\\p{C}@<>"(),;]+\\.[^\\s\\p{Z}\\p{C}@<>"(),;.]{2,}$'), __kith_n, NULL), [lowerUTF8(arrayMap(__kith_t -> if(length(__kith_t) = lengthUTF8(__kith_t), trim(BOTH ' \t\n\r\f\v' FROM __kith_t), replaceRegexpAll(__kith_t, '^[\\s\\p{Z}\\p{C}]+|[\\s\\p{Z}\\p{C}]+$', '')), ['test@test.com'])[1])])[1], 'test@test.com')) OR match(__kith_v, '^[0-]*$') OR match(__kith_v, '^(no|do-?not)[-_.]?reply@') OR match(__kith_v, '@example\\.com$'))), 0, greatest(sipHash64Keyed((toUInt64(659865222065112260), toUInt64(12906127358314240260)), concat('email\0', __kith_v)), toUInt64(1))), [coalesce(arrayMap(__kith_n -> if(match(ifNull(__kith_n, ''), '^[^\\s\\p{Z}\\p{C}@<>"(),;]+@[^\\s\\p{Z}\\p{C}@<>"(),;]+\\.[^\\s\\p{Z}\\p{C}@<>"(),;.]{2,}$'), __kith_n, NULL), [lowerUTF8(arrayMap(__kith_t -> if(length(__kith_t) = lengthUTF8(__kith_t), trim(BOTH ' \t\n\r\f\v' FROM __kith_t), replaceRegexpAll(__kith_t, '^[\\s\\p{Z}\\p{C}]+|[\\s\\p{Z}\\p{C}]+$', '')), [__kith_s.`p`])[1])])[1], '')])[1], arrayMap(__kith_v -> if((__kith_v = '' OR ((lowerUTF8(trimBoth(__kith_v)) IN ('-1', 'null', '(null)', 'nil', 'none', 'nan', 'na', 'n/a', 'undefined', 'unknown', 'anonymous', 'test@test.com')) OR match(__kith_v, '^[0-]*$') OR match(__kith_v, '^(no|do-?not)[-_.]?reply@'))), 0, greatest(sipHash64Keyed((toUInt64(659865222065112260), toUInt64(12906127358314240260)), concat('phone\0', __kith_v)), toUInt64(1))), [coalesce(arrayMap(__kith_n -> if(match(__kith_n, '^\\+[1-9][0-9]{7,14}$'), __kith_n, NULL), [replaceRegexpOne(arrayMap(__kith_d -> multiIf(startsWith(__kith_d, '+'), __kith_d, startsWith(__kith_d, '00'), concat('+', substring(__kith_d, 3)), concat('+', '31', replaceRegexpOne(__kith_d, '^0()', '\\1'))), [ifNull(replaceRegexpAll(replaceOne(replaceRegexpOne(__kith_s.`it's quoted`, '(?is)[;,/#x].*$', ''), '(0)', ''), '[^0-9+]', ''), '')])[1], '^\\+(20|27|30|31|32|33|34|40|41|43|44|45|46|47|48|49|51|54|55|61|62|64|81|82|84|86|90|91|92|94|98|212|213|234|254|351|352|353|355|358|359|380|381|385|386|387|389|420|421|880|962|966|971|972)0', '+\\1')])[1], '')])[1] != 0 AND arrayMap(__kith_v -> if((__kith_v = '' OR ((lowerUTF8(trimBoth(__kith_v)) IN ('-1', 'null', '(null)', 'nil', 'none', 'nan', 'na', 'n/a', 'undefined', 'unknown', 'anonymous', 'test@test.com')) OR match(__kith_v, '^[0-]*$') OR match(__kith_v, '^(no|do-?not)[-_.]?reply@'))), 0, greatest(sipHash64Keyed((toUInt64(659865222065112260), toUInt64(12906127358314240260)), concat('phone\0', __kith_v)), toUInt64(1))), [coalesce(arrayMap(__kith_n -> if(match(__kith_n, '^\\+[1-9][0-9]{7,14}$'), __kith_n, NULL), [replaceRegexpOne(arrayMap(__kith_d -> multiIf(startsWith(__kith_d, '+'), __kith_d, startsWith(__kith_d, '00'), concat('+', substring(__kith_d, 3)), concat('+', '31', replaceRegexpOne(__kith_d, '^0()', '\\1'))), [ifNull(replaceRegexpAll(replaceOne(replaceRegexpOne(__kith_s.`it's quoted`, '(?is)[;,/#x].*$', ''), '(0)', ''), '[^0-9+]', ''), '')])[1], '^\\+(20|27|30|31|32|33|34|40|41|43|44|45|46|47|48|49|51|54|55|61|62|64|81|82|84|86|90|91|92|94|98|212|213|234|254|351|352|353|355|358|359|380|381|385|386|387|389|420|421|880|962|966|971|972)0', '+\\1')])[1], '')])[1] NOT IN (SELECT node FROM `kith`.`identity_person_shared_build`), arrayMap(__kith_v -> if((__kith_v = '' OR ((lowerUTF8(trimBoth(__kith_v)) IN ('-1', 'null', '(null)', 'nil', 'none', 'nan', 'na', 'n/a', 'undefined', 'unknown', 'anonymous', 'test@test.com')) OR match(__kith_v, '^[0-]*$') OR match(__kith_v, '^(no|do-?not)[-_.]?reply@'))), 0, greatest(sipHash64Keyed((toUInt64(659865222065112260), toUInt64(12906127358314240260)), concat('phone\0', __kith_v)), toUInt64(1))), [coalesce(arrayMap(__kith_n -> if(match(__kith_n, '^\\+[1-9][0-9]{7,14}$'), __kith_n, NULL), [replaceRegexpOne(arrayMap(__kith_d -> multiIf(startsWith(__kith_d, '+'), __kith_d, startsWith(__kith_d, '00'), concat('+', substring(__kith_d, 3)), concat('+', '31', replaceRegexpOne(__kith_d, '^0()', '\\1'))), [ifNull(replaceRegexpAll(replaceOne(replaceRegexpOne(__kith_s.`it's quoted`, '(?is)[;,/#x].*$', ''), '(0)', ''), '[^0-9+]', ''), '')])[1], '^\\+(20|27|30|31|32|33|34|40|41|43|44|45|46|47|48|49|51|54|55|61|62|64|81|82|84|86|90|91|92|94|98|212|213|234|254|351|352|353|355|358|359|380|381|385|386|387|389|420|421|880|962|966|971|972)0', '+\\1')])[1], '')])[1], 0) AS __kith_other FROM (
SELECT __kith_s.`k` AS `k`, __kith_s.`p` AS `p`, __kith_s.`op` AS `op`, __kith_s.`__x` AS `__x`, __kith_s.`it's quoted` AS `it's quoted`, __kith_s.`at` AS `at`, __kith_s.`seen` AS `seen`, __kith_s.`row_id` AS `row_id`, __kith_s.`key` AS `key` FROM (
SELECT * FROM (
SELECT __kith_t.`k` AS `k`, __kith_t.`h` AS `h`, __kith_t.`p` AS `p`, __kith_t.`op` AS `op`, __kith_t.`select` AS `select`, __kith_t.`__x` AS `__x`, __kith_t.`it's quoted` AS `it's quoted`, __kith_t.`j` AS `j`, __kith_t.`price` AS `price`, accurateCast(CAST((
h * 2
) AS Nullable(Int128)), 'Nullable(Int64)') AS `twice`, __kith_t.`tags` AS `tags`, __kith_t.`at` AS `at`, __kith_t.`seen` AS `seen`, __kith_t.`day` AS `day`, __kith_t.`row_id` AS `row_id`, __kith_t.`key` AS `key`, __kith_t.`value` AS `value` FROM (
SELECT CAST(__kith_t.`k` AS Nullable(String)) AS `k`, accurateCast(CAST(__kith_t.`h` AS Nullable(Int128)), 'Nullable(Int64)') AS `h`, CAST(__kith_t.`p` AS Nullable(String)) AS `p`, accurateCast(CAST(__kith_t.`op` AS Nullable(Int128)), 'Nullable(Int64)') AS `op`, CAST(__kith_t.`select` AS Nullable(String)) AS `select`, CAST(__kith_t.`__x` AS Nullable(Bool)) AS `__x`, CAST(__kith_t.`it's quoted` AS Nullable(String)) AS `it's quoted`, if(startsWith(trimLeft(CAST(__kith_t.`j` AS Nullable(String))), '{'), concat('{', arrayStringConcat(arrayMap(__kith_p -> concat(toJSONString(__kith_p.1), ':', __kith_p.2), arraySort(JSONExtractKeysAndValuesRaw(assumeNotNull(CAST(__kith_t.`j` AS Nullable(String)))))), ','), '}'), CAST(__kith_t.`j` AS Nullable(String))) AS `j`, CAST(toDecimal64OrNull(JSONExtract(ifNull(CAST(__kith_t.`j` AS Nullable(String)), ''), 'price', 'net', 'Nullable(String)'), 2) AS Nullable(Decimal(12, 2))) AS `price`, arrayMap(__kith_e -> assumeNotNull(__kith_e), arrayFilter(__kith_e -> isNotNull(__kith_e), arrayMap(__kith_e -> CAST(__kith_e AS Nullable(String)), __kith_t.`tags`))) AS `tags`, CAST(__kith_t.`at` AS Nullable(DateTime64(6, 'UTC'))) AS `at`, CAST(__kith_t.`seen` AS Nullable(DateTime64(6, 'UTC'))) AS `seen`, CAST(__kith_t.`day` AS Nullable(Date32)) AS `day`, CAST(__kith_t.`row_id` AS Nullable(String)) AS `row_id`, CAST(__kith_t.`key` AS Nullable(String)) AS `key`, if(isFinite(CAST(__kith_t.`value` AS Nullable(Float64))), CAST(__kith_t.`value` AS Nullable(Float64)) + 0., NULL) AS `value` FROM `raw`.`odd` AS __kith_t
) AS __kith_t
) AS __kith_s
ORDER BY __kith_s.`seen` DESC, __kith_s.`at` DESC, cityHash64(tuple(__kith_s.*)) LIMIT 1 BY __kith_s.`k`, __kith_s.`op`
) AS __kith_s
WHERE ((NOT ifNull((__kith_s.`select` = 'test'), false)))
  ) AS __kith_s
  WHERE (ifNull((__kith_s.`__x` = true), false))
) AS __kith_s
JOIN (SELECT node, entity_id FROM `kith`.`identity_firm_map_build`) AS __kith_a ON __kith_s.__kith_owner = __kith_a.node
JOIN (SELECT node, entity_id FROM `kith`.`identity_person_map_build`) AS __kith_b ON __kith_s.__kith_other = __kith_b.node
GROUP BY __kith_a.entity_id, __kith_b.entity_id;

-- profile person 1 (entity person) at models/all.yml:28:11
CREATE TABLE `kith`.`scratch_run_person_profile_0` ENGINE = MergeTree ORDER BY entity_id AS
SELECT __kith_p.*, CAST(multiIf((reinterpretAsUInt64(reverse(substring(SHA256(concat('s', '\0', entity_id)), 1, 8))) % 1000000) < 500000, 'a', 'b') AS Nullable(String)) AS `half`,
  ifNull(arraySort(__kith_x -> tuple(__kith_x.1, __kith_x.2), arrayFilter(__kith_x -> isNotNull(__kith_x.1) AND isNotNull(__kith_x.2), [tuple(-toUnixTimestamp64Micro(`__kith_said_general_0_at`), `__kith_said_general_0`)]))[1].2, false) AS `__kith_consent_general`,
  CAST(notEmpty(`__kith_granted_by_address`) AS Bool) AS `__kith_consent_by_address`
FROM (
SELECT __kith_p.*, __kith_a0.__kith_c0 AS `handle`,
  __kith_a0.__kith_c1 AS `email`,
  __kith_a0.__kith_c2 AS `__kith_all_email`,
  __kith_a0.__kith_c3 AS `phone`,
  __kith_a0.__kith_c4 AS `emails`,
  coalesce(__kith_a1.__kith_c0, CAST('0' AS Int64)) AS `n_recent`,
  coalesce(__kith_a1.__kith_c1, CAST('0' AS Decimal(38, 2))) AS `spent`,
  __kith_a1.__kith_c2 AS `nick`,
  __kith_a1.__kith_c3 AS `__kith_row_nick_0`,
  __kith_a1.__kith_c4 AS `mean_op`,
  coalesce(__kith_a1.__kith_c5, CAST('0' AS Int64)) AS `n_month`,
  __kith_a1.__kith_c6 AS `p90`,
  __kith_a1.__kith_c7 AS `first_at`,
  __kith_a1.__kith_c8 AS `first_day`,
  __kith_a1.__kith_c9 AS `__kith_said_general_0`,
  __kith_a1.__kith_c10 AS `__kith_said_general_0_at`,
  coalesce(__kith_a1.__kith_c11, CAST('0' AS Int64)) AS `__kith_event_0`,
  __kith_a1.__kith_c12 AS `__kith_event_1`,
  __kith_a2.__kith_c0 AS `usual`,
  __kith_a3.__kith_c0 AS `last_keys`,
  __kith_a4.__kith_c0 AS `__kith_granted_by_address`
FROM (
SELECT entity_id FROM `kith`.`entity_person_build`
) AS __kith_p
LEFT JOIN (
SELECT __kith_entity, argMinOrNullIf(value, tuple(-toUnixTimestamp64Micro(last_seen), value), ((ifNull(value, '') != '') AND (type = 0))) AS __kith_c0,
  argMinOrNullIf(value, tuple(-toUnixTimestamp64Micro(last_seen), value), ((ifNull(value, '') != '') AND (type = 1))) AS __kith_c1,
  arraySlice(arrayDistinct(arrayMap(__kith_x -> __kith_x.3, arraySort(groupArrayIf(tuple(-toUnixTimestamp64Micro(last_seen), value, assumeNotNull(value)), ((ifNull(value, '') != '') AND (type = 1)))))), 1, 100) AS __kith_c2,
  argMinOrNullIf(value, tuple(-toUnixTimestamp64Micro(last_seen), value), ((ifNull(value, '') != '') AND (type = 2))) AS __kith_c3,
  arraySlice(arrayDistinct(arrayMap(__kith_x -> __kith_x.3, arraySort(groupArrayIf(tuple(-toUnixTimestamp64Micro(last_seen), value, assumeNotNull(value)), ((ifNull(value, '') != '') AND (type = 1)))))), 1, 5) AS __kith_c4
FROM (SELECT entity_id AS __kith_entity, type, value, last_seen FROM (
  SELECT node, type, value, entity_id, first_seen, last_seen, n FROM `kith`.`identity_person_map_build`
  UNION ALL SELECT node, type, value, entity_id, first_seen, last_seen, n FROM `kith`.`identity_person_shared_build`
)) AS __kith_m
GROUP BY __kith_entity
) AS __kith_a0 ON __kith_p.entity_id = __kith_a0.__kith_entity
LEFT JOIN (
SELECT __kith_entity, CAST(countIf(ifNull((__kith_s.`at` > subtractMicroseconds(toDateTime64('1970-01-01 00:00:00.000000', 6, 'UTC'), 7776000000000) AND __kith_s.`at` <= toDateTime64('1970-01-01 00:00:00.000000', 6, 'UTC')), false)) AS Nullable(Int64)) AS __kith_c0,
  CAST(sumOrNullIf(__kith_s.`price`, (ifNull((__kith_s.`op` IN (CAST('1' AS Int64), CAST('2' AS Int64))), false))) AS Nullable(Decimal(38, 2))) AS __kith_c1,
  argMinOrNullIf(__kith_s.`select`, tuple(-toUnixTimestamp64Micro(coalesce(__kith_s.`at`, __kith_s.`seen`, toDateTime64('1970-01-01 00:00:00.000000', 6, 'UTC'))), __kith_s.`k`, __kith_s.`op`, __kith_s.`select`), (ifNull(__kith_s.`select`, '') != '')) AS __kith_c2,
  argMinOrNullIf(concat(coalesce(concat(substring(formatDateTime(coalesce(__kith_s.`at`, __kith_s.`seen`), '%Y-%m-%dT%H:%i:%S.%f', 'UTC'), 1, if(toUnixTimestamp64Micro(assumeNotNull(coalesce(__kith_s.`at`, __kith_s.`seen`))) % 1000000 = 0, 19, 26)), 'Z'), ''), '\n', coalesce(__kith_s.`k`, ''), ', ', coalesce(toString(__kith_s.`op`), '')), tuple(-toUnixTimestamp64Micro(coalesce(__kith_s.`at`, __kith_s.`seen`, toDateTime64('1970-01-01 00:00:00.000000', 6, 'UTC'))), __kith_s.`k`, __kith_s.`op`, __kith_s.`select`), ((ifNull(concat(coalesce(concat(substring(formatDateTime(coalesce(__kith_s.`at`, __kith_s.`seen`), '%Y-%m-%dT%H:%i:%S.%f', 'UTC'), 1, if(toUnixTimestamp64Micro(assumeNotNull(coalesce(__kith_s.`at`, __kith_s.`seen`))) % 1000000 = 0, 19, 26)), 'Z'), ''), '\n', coalesce(__kith_s.`k`, ''), ', ', coalesce(toString(__kith_s.`op`), '')), '') != '') AND (ifNull(__kith_s.`select`, '') != ''))) AS __kith_c3,
  if(isFinite(CAST(avgOrNull(toInt128(__kith_s.`op`)) AS Nullable(Float64))), CAST(avgOrNull(toInt128(__kith_s.`op`)) AS Nullable(Float64)) + 0., NULL) AS __kith_c4,
  CAST(uniqExactIf(__kith_s.`day`, ifNull((__kith_s.`at` >= toDateTime64(toTimeZone(toDateTime64(subtractMonths(toDate32(toStartOfMonth(toTimeZone(toDateTime64('1970-01-01 00:00:00.000000', 6, 'UTC'), 'Europe/Amsterdam'))), 3), 6, 'Europe/Amsterdam'), 'UTC'), 6, 'UTC') AND __kith_s.`at` < toDateTime64(toTimeZone(toDateTime64(toStartOfMonth(toTimeZone(toDateTime64('1970-01-01 00:00:00.000000', 6, 'UTC'), 'Europe/Amsterdam')), 6, 'Europe/Amsterdam'), 'UTC'), 6, 'UTC') AND __kith_s.`at` <= toDateTime64('1970-01-01 00:00:00.000000', 6, 'UTC')), false)) AS Nullable(Int64)) AS __kith_c5,
  if(isFinite(CAST((
quantile(0.9)(value)
) AS Nullable(Float64))), CAST((
quantile(0.9)(value)
) AS Nullable(Float64)) + 0., NULL) AS __kith_c6,
  CAST(minOrNull(__kith_s.`at`) AS Nullable(DateTime64(6, 'UTC'))) AS __kith_c7,
  CAST(minOrNull(__kith_s.`day`) AS Nullable(Date32)) AS __kith_c8,
  argMinOrNullIf(__kith_s.`__x`, tuple(-toUnixTimestamp64Micro(coalesce(__kith_s.`at`, __kith_s.`seen`, toDateTime64('1970-01-01 00:00:00.000000', 6, 'UTC'))), __kith_s.`__x`), isNotNull(__kith_s.`__x`)) AS __kith_c9,
  argMinOrNullIf(coalesce(__kith_s.`at`, __kith_s.`seen`, toDateTime64('1970-01-01 00:00:00.000000', 6, 'UTC')), tuple(-toUnixTimestamp64Micro(coalesce(__kith_s.`at`, __kith_s.`seen`, toDateTime64('1970-01-01 00:00:00.000000', 6, 'UTC'))), __kith_s.`__x`), (isNotNull(coalesce(__kith_s.`at`, __kith_s.`seen`, toDateTime64('1970-01-01 00:00:00.000000', 6, 'UTC'))) AND isNotNull(__kith_s.`__x`))) AS __kith_c10,
  CAST(countIf((ifNull((__kith_s.`h` = CAST('13' AS Int64)), false))) AS Nullable(Int64)) AS __kith_c11,
  CAST(sumOrNullIf(__kith_s.`price`, ifNull((__kith_s.`at` > subtractMicroseconds(toDateTime64('1970-01-01 00:00:00.000000', 6, 'UTC'), 2592000000000) AND __kith_s.`at` <= toDateTime64('1970-01-01 00:00:00.000000', 6, 'UTC')), false)) AS Nullable(Decimal(38, 2))) AS __kith_c12
FROM (
  SELECT *, multiIf(arrayMap(__kith_v -> if((__kith_v = '' OR ((lowerUTF8(trimBoth(__kith_v)) IN ('-1', 'null', '(null)', 'nil', 'none', 'nan', 'na', 'n/a', 'undefined', 'unknown', 'anonymous', 'test@test.com')) OR match(__kith_v, '^[0-]*$') OR match(__kith_v, '^(no|do-?not)[-_.]?reply@'))), 0, greatest(sipHash64Keyed((toUInt64(659865222065112260), toUInt64(12906127358314240260)), concat('handle\0', __kith_v)), toUInt64(1))), [coalesce(arrayMap(__kith_n -> if(arrayMap(__kith_t -> if(length(__kith_t) = lengthUTF8(__kith_t), trim(BOTH ' \t\n\r\f\v' FROM __kith_t), replaceRegexpAll(__kith_t, '^[\\s\\p{Z}\\p{C}]+|[\\s\\p{Z}\\p{C}]+$', '')), [__kith_n])[1] != '', __kith_n, NULL), [__kith_s.`k`])[1], '')])[1] != 0, arrayMap(__kith_v -> if((__kith_v = '' OR ((lowerUTF8(trimBoth(__kith_v)) IN ('-1', 'null', '(null)', 'nil', 'none', 'nan', 'na', 'n/a', 'undefined', 'unknown', 'anonymous', 'test@test.com')) OR match(__kith_v, '^[0-]*$') OR match(__kith_v, '^(no|do-?not)[-_.]?reply@'))), 0, greatest(sipHash64Keyed((toUInt64(659865222065112260), toUInt64(12906127358314240260)), concat('handle\0', __kith_v)), toUInt64(1))), [coalesce(arrayMap(__kith_n -> if(arrayMap(__kith_t -> if(length(__kith_t) = lengthUTF8(__kith_t), trim(BOTH ' \t\n\r\f\v' FROM __kith_t), replaceRegexpAll(__kith_t, '^[\\s\\p{Z}\\p{C}]+|[\\s\\p{Z}\\p{C}]+$', '')), [__kith_n])[1] != '', __kith_n, NULL), [__kith_s.`k`])[1], '')])[1], arrayMap(__kith_v -> if((__kith_v = '' OR ((lowerUTF8(trimBoth(__kith_v)) IN ('-1', 'null', '(null)', 'nil', 'none', 'nan', 'na', 'n/a', 'undefined', 'unknown', 'anonymous', 'test@test.com')) OR (__kith_v = coalesce(arrayMap(__kith_n -> if(match(ifNull(__kith_n, ''), '^[^\\s\\p{Z}\\p{C}@<>"(),;]+@[^\\s\\p{Z}\\p{C}@<>"(),;]+\\.[^\\s\\p{Z}\\p{C}@<>"(),;.]{2,}$'), __kith_n, NULL), [lowerUTF8(arrayMap(__kith_t -> if(length(__kith_t) = lengthUTF8(__kith_t), trim(BOTH ' \t\n\r\f\v' FROM __kith_t), replaceRegexpAll(__kith_t, '^[\\s\\p{Z}\\p{C}]+|[\\s\\p{Z}\\p{C}]+$', '')), ['test@test.com'])[1])])[1], 'test@test.com')) OR match(__kith_v, '^[0-]*$') OR match(__kith_v, '^(no|do-?not)[-_.]?reply@') OR match(__kith_v, '@example\\.com$'))), 0, greatest(sipHash64Keyed((toUInt64(659865222065112260), toUInt64(12906127358314240260)), concat('email\0', __kith_v)), toUInt64(1))), [coalesce(arrayMap(__kith_n -> if(match(ifNull(__kith_n, ''), '^[^\\s\\p{Z}\\p{C}@<>"(),;]+@[^\\s\\p{Z}\\p{C}@<>"(),;]+\\.[^\\s\\p{Z}\\p{C}@<>"(),;.]{2,}$'), __kith_n, NULL), [lowerUTF8(arrayMap(__kith_t -> if(length(__kith_t) = lengthUTF8(__kith_t), trim(BOTH ' \t\n\r\f\v' FROM __kith_t), replaceRegexpAll(__kith_t, '^[\\s\\p{Z}\\p{C}]+|[\\s\\p{Z}\\p{C}]+$', '')), [__kith_s.`p`])[1])])[1], '')])[1] != 0, arrayMap(__kith_v -> if((__kith_v = '' OR ((lowerUTF8(trimBoth(__kith_v)) IN ('-1', 'null', '(null)', 'nil', 'none', 'nan', 'na', 'n/a', 'undefined', 'unknown', 'anonymous', 'test@test.com')) OR (__kith_v = coalesce(arrayMap(__kith_n -> if(match(ifNull(__kith_n, ''), '^[^\\s\\p{Z}\\p{C}@<>"(),;]+@[^\\s\\p{Z}\\p{C}@<>"(),;]+\\.[^\\s\\p{Z}\\p{C}@<>"(),;.]{2,}$'), __kith_n, NULL), [lowerUTF8(arrayMap(__kith_t -> if(length(__kith_t) = lengthUTF8(__kith_t), trim(BOTH ' \t\n\r\f\v' FROM __kith_t), replaceRegexpAll(__kith_t, '^[\\s\\p{Z}\\p{C}]+|[\\s\\p{Z}\\p{C}]+$', '')), ['test@test.com'])[1])])[1], 'test@test.com')) OR match(__kith_v, '^[0-]*$') OR match(__kith_v, '^(no|do-?not)[-_.]?reply@') OR match(__kith_v, '@example\\.com$'))), 0, greatest(sipHash64Keyed((toUInt64(659865222065112260), toUInt64(12906127358314240260)), concat('email\0', __kith_v)), toUInt64(1))), [coalesce(arrayMap(__kith_n -> if(match(ifNull(__kith_n, ''), '^[^\\s\\p{Z}\\p{C}@<>"(),;]+@[^\\s\\p{Z}\\p{C}@<>"(),;]+\\.[^\\s\\p{Z}\\p{C}@<>"(),;.]{2,}$'), __kith_n, NULL), [lowerUTF8(arrayMap(__kith_t -> if(length(__kith_t) = lengthUTF8(__kith_t), trim(BOTH ' \t\n\r\f\v' FROM __kith_t), replaceRegexpAll(__kith_t, '^[\\s\\p{Z}\\p{C}]+|[\\s\\p{Z}\\p{C}]+$', '')), [__kith_s.`p`])[1])])[1], '')])[1], arrayMap(__kith_v -> if((__kith_v = '' OR ((lowerUTF8(trimBoth(__kith_v)) IN ('-1', 'null', '(null)', 'nil', 'none', 'nan', 'na', 'n/a', 'undefined', 'unknown', 'anonymous', 'test@test.com')) OR match(__kith_v, '^[0-]*$') OR match(__kith_v, '^(no|do-?not)[-_.]?reply@'))), 0, greatest(sipHash64Keyed((toUInt64(659865222065112260), toUInt64(12906127358314240260)), concat('phone\0', __kith_v)), toUInt64(1))), [coalesce(arrayMap(__kith_n -> if(match(__kith_n, '^\\+[1-9][0-9]{7,14}$'), __kith_n, NULL), [replaceRegexpOne(arrayMap(__kith_d -> multiIf(startsWith(__kith_d, '+'), __kith_d, startsWith(__kith_d, '00'), concat('+', substring(__kith_d, 3)), concat('+', '31', replaceRegexpOne(__kith_d, '^0()', '\\1'))), [ifNull(replaceRegexpAll(replaceOne(replaceRegexpOne(__kith_s.`it's quoted`, '(?is)[;,/#x].*$', ''), '(0)', ''), '[^0-9+]', ''), '')])[1], '^\\+(20|27|30|31|32|33|34|40|41|43|44|45|46|47|48|49|51|54|55|61|62|64|81|82|84|86|90|91|92|94|98|212|213|234|254|351|352|353|355|358|359|380|381|385|386|387|389|420|421|880|962|966|971|972)0', '+\\1')])[1], '')])[1] != 0 AND arrayMap(__kith_v -> if((__kith_v = '' OR ((lowerUTF8(trimBoth(__kith_v)) IN ('-1', 'null', '(null)', 'nil', 'none', 'nan', 'na', 'n/a', 'undefined', 'unknown', 'anonymous', 'test@test.com')) OR match(__kith_v, '^[0-]*$') OR match(__kith_v, '^(no|do-?not)[-_.]?reply@'))), 0, greatest(sipHash64Keyed((toUInt64(659865222065112260), toUInt64(12906127358314240260)), concat('phone\0', __kith_v)), toUInt64(1))), [coalesce(arrayMap(__kith_n -> if(match(__kith_n, '^\\+[1-9][0-9]{7,14}$'), __kith_n, NULL), [replaceRegexpOne(arrayMap(__kith_d -> multiIf(startsWith(__kith_d, '+'), __kith_d, startsWith(__kith_d, '00'), concat('+', substring(__kith_d, 3)), concat('+', '31', replaceRegexpOne(__kith_d, '^0()', '\\1'))), [ifNull(replaceRegexpAll(replaceOne(replaceRegexpOne(__kith_s.`it's quoted`, '(?is)[;,/#x].*$', ''), '(0)', ''), '[^0-9+]', ''), '')])[1], '^\\+(20|27|30|31|32|33|34|40|41|43|44|45|46|47|48|49|51|54|55|61|62|64|81|82|84|86|90|91|92|94|98|212|213|234|254|351|352|353|355|358|359|380|381|385|386|387|389|420|421|880|962|966|971|972)0', '+\\1')])[1], '')])[1] NOT IN (SELECT node FROM `kith`.`identity_person_shared_build`), arrayMap(__kith_v -> if((__kith_v = '' OR ((lowerUTF8(trimBoth(__kith_v)) IN ('-1', 'null', '(null)', 'nil', 'none', 'nan', 'na', 'n/a', 'undefined', 'unknown', 'anonymous', 'test@test.com')) OR match(__kith_v, '^[0-]*$') OR match(__kith_v, '^(no|do-?not)[-_.]?reply@'))), 0, greatest(sipHash64Keyed((toUInt64(659865222065112260), toUInt64(12906127358314240260)), concat('phone\0', __kith_v)), toUInt64(1))), [coalesce(arrayMap(__kith_n -> if(match(__kith_n, '^\\+[1-9][0-9]{7,14}$'), __kith_n, NULL), [replaceRegexpOne(arrayMap(__kith_d -> multiIf(startsWith(__kith_d, '+'), __kith_d, startsWith(__kith_d, '00'), concat('+', substring(__kith_d, 3)), concat('+', '31', replaceRegexpOne(__kith_d, '^0()', '\\1'))), [ifNull(replaceRegexpAll(replaceOne(replaceRegexpOne(__kith_s.`it's quoted`, '(?is)[;,/#x].*$', ''), '(0)', ''), '[^0-9+]', ''), '')])[1], '^\\+(20|27|30|31|32|33|34|40|41|43|44|45|46|47|48|49|51|54|55|61|62|64|81|82|84|86|90|91|92|94|98|212|213|234|254|351|352|353|355|358|359|380|381|385|386|387|389|420|421|880|962|966|971|972)0', '+\\1')])[1], '')])[1], 0) AS __kith_owner FROM (
SELECT __kith_s.`k` AS `k`, __kith_s.`h` AS `h`, __kith_s.`p` AS `p`, __kith_s.`op` AS `op`, __kith_s.`select` AS `select`, __kith_s.`__x` AS `__x`, __kith_s.`it's quoted` AS `it's quoted`, __kith_s.`j` AS `j`, __kith_s.`price` AS `price`, __kith_s.`twice` AS `twice`, __kith_s.`tags` AS `tags`, __kith_s.`at` AS `at`, __kith_s.`seen` AS `seen`, __kith_s.`day` AS `day`, __kith_s.`row_id` AS `row_id`, __kith_s.`key` AS `key`, __kith_s.`value` AS `value` FROM (
SELECT * FROM (
SELECT __kith_t.`k` AS `k`, __kith_t.`h` AS `h`, __kith_t.`p` AS `p`, __kith_t.`op` AS `op`, __kith_t.`select` AS `select`, __kith_t.`__x` AS `__x`, __kith_t.`it's quoted` AS `it's quoted`, __kith_t.`j` AS `j`, __kith_t.`price` AS `price`, accurateCast(CAST((
h * 2
) AS Nullable(Int128)), 'Nullable(Int64)') AS `twice`, __kith_t.`tags` AS `tags`, __kith_t.`at` AS `at`, __kith_t.`seen` AS `seen`, __kith_t.`day` AS `day`, __kith_t.`row_id` AS `row_id`, __kith_t.`key` AS `key`, __kith_t.`value` AS `value` FROM (
SELECT CAST(__kith_t.`k` AS Nullable(String)) AS `k`, accurateCast(CAST(__kith_t.`h` AS Nullable(Int128)), 'Nullable(Int64)') AS `h`, CAST(__kith_t.`p` AS Nullable(String)) AS `p`, accurateCast(CAST(__kith_t.`op` AS Nullable(Int128)), 'Nullable(Int64)') AS `op`, CAST(__kith_t.`select` AS Nullable(String)) AS `select`, CAST(__kith_t.`__x` AS Nullable(Bool)) AS `__x`, CAST(__kith_t.`it's quoted` AS Nullable(String)) AS `it's quoted`, if(startsWith(trimLeft(CAST(__kith_t.`j` AS Nullable(String))), '{'), concat('{', arrayStringConcat(arrayMap(__kith_p -> concat(toJSONString(__kith_p.1), ':', __kith_p.2), arraySort(JSONExtractKeysAndValuesRaw(assumeNotNull(CAST(__kith_t.`j` AS Nullable(String)))))), ','), '}'), CAST(__kith_t.`j` AS Nullable(String))) AS `j`, CAST(toDecimal64OrNull(JSONExtract(ifNull(CAST(__kith_t.`j` AS Nullable(String)), ''), 'price', 'net', 'Nullable(String)'), 2) AS Nullable(Decimal(12, 2))) AS `price`, arrayMap(__kith_e -> assumeNotNull(__kith_e), arrayFilter(__kith_e -> isNotNull(__kith_e), arrayMap(__kith_e -> CAST(__kith_e AS Nullable(String)), __kith_t.`tags`))) AS `tags`, CAST(__kith_t.`at` AS Nullable(DateTime64(6, 'UTC'))) AS `at`, CAST(__kith_t.`seen` AS Nullable(DateTime64(6, 'UTC'))) AS `seen`, CAST(__kith_t.`day` AS Nullable(Date32)) AS `day`, CAST(__kith_t.`row_id` AS Nullable(String)) AS `row_id`, CAST(__kith_t.`key` AS Nullable(String)) AS `key`, if(isFinite(CAST(__kith_t.`value` AS Nullable(Float64))), CAST(__kith_t.`value` AS Nullable(Float64)) + 0., NULL) AS `value` FROM `raw`.`odd` AS __kith_t
) AS __kith_t
) AS __kith_s
ORDER BY __kith_s.`seen` DESC, __kith_s.`at` DESC, cityHash64(tuple(__kith_s.*)) LIMIT 1 BY __kith_s.`k`, __kith_s.`op`
) AS __kith_s
WHERE ((NOT ifNull((__kith_s.`select` = 'test'), false)))
  ) AS __kith_s WHERE (ifNull((__kith_s.`__x` = true), false))
) AS __kith_s
JOIN (SELECT node AS __kith_node, entity_id AS __kith_entity FROM `kith`.`identity_person_map_build`) AS __kith_m ON __kith_s.__kith_owner = __kith_m.__kith_node
GROUP BY __kith_entity
) AS __kith_a1 ON __kith_p.entity_id = __kith_a1.__kith_entity
LEFT JOIN (
SELECT __kith_entity, argMinOrNullIf(__kith_value, tuple(-(__kith_n), -toUnixTimestamp64Micro(__kith_last), __kith_source, __kith_value), (ifNull(__kith_value, '') != '')) AS __kith_c0
FROM (SELECT __kith_entity, __kith_value, count(*) AS __kith_n, max(__kith_at) AS __kith_last, min(__kith_at) AS __kith_first, min(__kith_source) AS __kith_source FROM (
SELECT __kith_entity, __kith_s.`row_id` AS __kith_value, coalesce(__kith_s.`at`, __kith_s.`seen`, toDateTime64('1970-01-01 00:00:00.000000', 6, 'UTC')) AS __kith_at, 0 AS __kith_source FROM (
  SELECT *, multiIf(arrayMap(__kith_v -> if((__kith_v = '' OR ((lowerUTF8(trimBoth(__kith_v)) IN ('-1', 'null', '(null)', 'nil', 'none', 'nan', 'na', 'n/a', 'undefined', 'unknown', 'anonymous', 'test@test.com')) OR match(__kith_v, '^[0-]*$') OR match(__kith_v, '^(no|do-?not)[-_.]?reply@'))), 0, greatest(sipHash64Keyed((toUInt64(659865222065112260), toUInt64(12906127358314240260)), concat('handle\0', __kith_v)), toUInt64(1))), [coalesce(arrayMap(__kith_n -> if(arrayMap(__kith_t -> if(length(__kith_t) = lengthUTF8(__kith_t), trim(BOTH ' \t\n\r\f\v' FROM __kith_t), replaceRegexpAll(__kith_t, '^[\\s\\p{Z}\\p{C}]+|[\\s\\p{Z}\\p{C}]+$', '')), [__kith_n])[1] != '', __kith_n, NULL), [__kith_s.`k`])[1], '')])[1] != 0, arrayMap(__kith_v -> if((__kith_v = '' OR ((lowerUTF8(trimBoth(__kith_v)) IN ('-1', 'null', '(null)', 'nil', 'none', 'nan', 'na', 'n/a', 'undefined', 'unknown', 'anonymous', 'test@test.com')) OR match(__kith_v, '^[0-]*$') OR match(__kith_v, '^(no|do-?not)[-_.]?reply@'))), 0, greatest(sipHash64Keyed((toUInt64(659865222065112260), toUInt64(12906127358314240260)), concat('handle\0', __kith_v)), toUInt64(1))), [coalesce(arrayMap(__kith_n -> if(arrayMap(__kith_t -> if(length(__kith_t) = lengthUTF8(__kith_t), trim(BOTH ' \t\n\r\f\v' FROM __kith_t), replaceRegexpAll(__kith_t, '^[\\s\\p{Z}\\p{C}]+|[\\s\\p{Z}\\p{C}]+$', '')), [__kith_n])[1] != '', __kith_n, NULL), [__kith_s.`k`])[1], '')])[1], arrayMap(__kith_v -> if((__kith_v = '' OR ((lowerUTF8(trimBoth(__kith_v)) IN ('-1', 'null', '(null)', 'nil', 'none', 'nan', 'na', 'n/a', 'undefined', 'unknown', 'anonymous', 'test@test.com')) OR (__kith_v = coalesce(arrayMap(__kith_n -> if(match(ifNull(__kith_n, ''), '^[^\\s\\p{Z}\\p{C}@<>"(),;]+@[^\\s\\p{Z}\\p{C}@<>"(),;]+\\.[^\\s\\p{Z}\\p{C}@<>"(),;.]{2,}$'), __kith_n, NULL), [lowerUTF8(arrayMap(__kith_t -> if(length(__kith_t) = lengthUTF8(__kith_t), trim(BOTH ' \t\n\r\f\v' FROM __kith_t), replaceRegexpAll(__kith_t, '^[\\s\\p{Z}\\p{C}]+|[\\s\\p{Z}\\p{C}]+$', '')), ['test@test.com'])[1])])[1], 'test@test.com')) OR match(__kith_v, '^[0-]*$') OR match(__kith_v, '^(no|do-?not)[-_.]?reply@') OR match(__kith_v, '@example\\.com$'))), 0, greatest(sipHash64Keyed((toUInt64(659865222065112260), toUInt64(12906127358314240260)), concat('email\0', __kith_v)), toUInt64(1))), [coalesce(arrayMap(__kith_n -> if(match(ifNull(__kith_n, ''), '^[^\\s\\p{Z}\\p{C}@<>"(),;]+@[^\\s\\p{Z}\\p{C}@<>"(),;]+\\.[^\\s\\p{Z}\\p{C}@<>"(),;.]{2,}$'), __kith_n, NULL), [lowerUTF8(arrayMap(__kith_t -> if(length(__kith_t) = lengthUTF8(__kith_t), trim(BOTH ' \t\n\r\f\v' FROM __kith_t), replaceRegexpAll(__kith_t, '^[\\s\\p{Z}\\p{C}]+|[\\s\\p{Z}\\p{C}]+$', '')), [__kith_s.`p`])[1])])[1], '')])[1] != 0, arrayMap(__kith_v -> if((__kith_v = '' OR ((lowerUTF8(trimBoth(__kith_v)) IN ('-1', 'null', '(null)', 'nil', 'none', 'nan', 'na', 'n/a', 'undefined', 'unknown', 'anonymous', 'test@test.com')) OR (__kith_v = coalesce(arrayMap(__kith_n -> if(match(ifNull(__kith_n, ''), '^[^\\s\\p{Z}\\p{C}@<>"(),;]+@[^\\s\\p{Z}\\p{C}@<>"(),;]+\\.[^\\s\\p{Z}\\p{C}@<>"(),;.]{2,}$'), __kith_n, NULL), [lowerUTF8(arrayMap(__kith_t -> if(length(__kith_t) = lengthUTF8(__kith_t), trim(BOTH ' \t\n\r\f\v' FROM __kith_t), replaceRegexpAll(__kith_t, '^[\\s\\p{Z}\\p{C}]+|[\\s\\p{Z}\\p{C}]+$', '')), ['test@test.com'])[1])])[1], 'test@test.com')) OR match(__kith_v, '^[0-]*$') OR match(__kith_v, '^(no|do-?not)[-_.]?reply@') OR match(__kith_v, '@example\\.com$'))), 0, greatest(sipHash64Keyed((toUInt64(659865222065112260), toUInt64(12906127358314240260)), concat('email\0', __kith_v)), toUInt64(1))), [coalesce(arrayMap(__kith_n -> if(match(ifNull(__kith_n, ''), '^[^\\s\\p{Z}\\p{C}@<>"(),;]+@[^\\s\\p{Z}\\p{C}@<>"(),;]+\\.[^\\s\\p{Z}\\p{C}@<>"(),;.]{2,}$'), __kith_n, NULL), [lowerUTF8(arrayMap(__kith_t -> if(length(__kith_t) = lengthUTF8(__kith_t), trim(BOTH ' \t\n\r\f\v' FROM __kith_t), replaceRegexpAll(__kith_t, '^[\\s\\p{Z}\\p{C}]+|[\\s\\p{Z}\\p{C}]+$', '')), [__kith_s.`p`])[1])])[1], '')])[1], arrayMap(__kith_v -> if((__kith_v = '' OR ((lowerUTF8(trimBoth(__kith_v)) IN ('-1', 'null', '(null)', 'nil', 'none', 'nan', 'na', 'n/a', 'undefined', 'unknown', 'anonymous', 'test@test.com')) OR match(__kith_v, '^[0-]*$') OR match(__kith_v, '^(no|do-?not)[-_.]?reply@'))), 0, greatest(sipHash64Keyed((toUInt64(659865222065112260), toUInt64(12906127358314240260)), concat('phone\0', __kith_v)), toUInt64(1))), [coalesce(arrayMap(__kith_n -> if(match(__kith_n, '^\\+[1-9][0-9]{7,14}$'), __kith_n, NULL), [replaceRegexpOne(arrayMap(__kith_d -> multiIf(startsWith(__kith_d, '+'), __kith_d, startsWith(__kith_d, '00'), concat('+', substring(__kith_d, 3)), concat('+', '31', replaceRegexpOne(__kith_d, '^0()', '\\1'))), [ifNull(replaceRegexpAll(replaceOne(replaceRegexpOne(__kith_s.`it's quoted`, '(?is)[;,/#x].*$', ''), '(0)', ''), '[^0-9+]', ''), '')])[1], '^\\+(20|27|30|31|32|33|34|40|41|43|44|45|46|47|48|49|51|54|55|61|62|64|81|82|84|86|90|91|92|94|98|212|213|234|254|351|352|353|355|358|359|380|381|385|386|387|389|420|421|880|962|966|971|972)0', '+\\1')])[1], '')])[1] != 0 AND arrayMap(__kith_v -> if((__kith_v = '' OR ((lowerUTF8(trimBoth(__kith_v)) IN ('-1', 'null', '(null)', 'nil', 'none', 'nan', 'na', 'n/a', 'undefined', 'unknown', 'anonymous', 'test@test.com')) OR match(__kith_v, '^[0-]*$') OR match(__kith_v, '^(no|do-?not)[-_.]?reply@'))), 0, greatest(sipHash64Keyed((toUInt64(659865222065112260), toUInt64(12906127358314240260)), concat('phone\0', __kith_v)), toUInt64(1))), [coalesce(arrayMap(__kith_n -> if(match(__kith_n, '^\\+[1-9][0-9]{7,14}$'), __kith_n, NULL), [replaceRegexpOne(arrayMap(__kith_d -> multiIf(startsWith(__kith_d, '+'), __kith_d, startsWith(__kith_d, '00'), concat('+', substring(__kith_d, 3)), concat('+', '31', replaceRegexpOne(__kith_d, '^0()', '\\1'))), [ifNull(replaceRegexpAll(replaceOne(replaceRegexpOne(__kith_s.`it's quoted`, '(?is)[;,/#x].*$', ''), '(0)', ''), '[^0-9+]', ''), '')])[1], '^\\+(20|27|30|31|32|33|34|40|41|43|44|45|46|47|48|49|51|54|55|61|62|64|81|82|84|86|90|91|92|94|98|212|213|234|254|351|352|353|355|358|359|380|381|385|386|387|389|420|421|880|962|966|971|972)0', '+\\1')])[1], '')])[1] NOT IN (SELECT node FROM `kith`.`identity_person_shared_build`), arrayMap(__kith_v -> if((__kith_v = '' OR ((lowerUTF8(trimBoth(__kith_v)) IN ('-1', 'null', '(null)', 'nil', 'none', 'nan', 'na', 'n/a', 'undefined', 'unknown', 'anonymous', 'test@test.com')) OR match(__kith_v, '^[0-]*$') OR match(__kith_v, '^(no|do-?not)[-_.]?reply@'))), 0, greatest(sipHash64Keyed((toUInt64(659865222065112260), toUInt64(12906127358314240260)), concat('phone\0', __kith_v)), toUInt64(1))), [coalesce(arrayMap(__kith_n -> if(match(__kith_n, '^\\+[1-9][0-9]{7,14}$'), __kith_n, NULL), [replaceRegexpOne(arrayMap(__kith_d -> multiIf(startsWith(__kith_d, '+'), __kith_d, startsWith(__kith_d, '00'), concat('+', substring(__kith_d, 3)), concat('+', '31', replaceRegexpOne(__kith_d, '^0()', '\\1'))), [ifNull(replaceRegexpAll(replaceOne(replaceRegexpOne(__kith_s.`it's quoted`, '(?is)[;,/#x].*$', ''), '(0)', ''), '[^0-9+]', ''), '')])[1], '^\\+(20|27|30|31|32|33|34|40|41|43|44|45|46|47|48|49|51|54|55|61|62|64|81|82|84|86|90|91|92|94|98|212|213|234|254|351|352|353|355|358|359|380|381|385|386|387|389|420|421|880|962|966|971|972)0', '+\\1')])[1], '')])[1], 0) AS __kith_owner FROM (
SELECT __kith_s.`k` AS `k`, __kith_s.`p` AS `p`, __kith_s.`op` AS `op`, __kith_s.`__x` AS `__x`, __kith_s.`it's quoted` AS `it's quoted`, __kith_s.`at` AS `at`, __kith_s.`seen` AS `seen`, __kith_s.`row_id` AS `row_id` FROM (
SELECT * FROM (
SELECT __kith_t.`k` AS `k`, __kith_t.`h` AS `h`, __kith_t.`p` AS `p`, __kith_t.`op` AS `op`, __kith_t.`select` AS `select`, __kith_t.`__x` AS `__x`, __kith_t.`it's quoted` AS `it's quoted`, __kith_t.`j` AS `j`, __kith_t.`price` AS `price`, accurateCast(CAST((
h * 2
) AS Nullable(Int128)), 'Nullable(Int64)') AS `twice`, __kith_t.`tags` AS `tags`, __kith_t.`at` AS `at`, __kith_t.`seen` AS `seen`, __kith_t.`day` AS `day`, __kith_t.`row_id` AS `row_id`, __kith_t.`key` AS `key`, __kith_t.`value` AS `value` FROM (
SELECT CAST(__kith_t.`k` AS Nullable(String)) AS `k`, accurateCast(CAST(__kith_t.`h` AS Nullable(Int128)), 'Nullable(Int64)') AS `h`, CAST(__kith_t.`p` AS Nullable(String)) AS `p`, accurateCast(CAST(__kith_t.`op` AS Nullable(Int128)), 'Nullable(Int64)') AS `op`, CAST(__kith_t.`select` AS Nullable(String)) AS `select`, CAST(__kith_t.`__x` AS Nullable(Bool)) AS `__x`, CAST(__kith_t.`it's quoted` AS Nullable(String)) AS `it's quoted`, if(startsWith(trimLeft(CAST(__kith_t.`j` AS Nullable(String))), '{'), concat('{', arrayStringConcat(arrayMap(__kith_p -> concat(toJSONString(__kith_p.1), ':', __kith_p.2), arraySort(JSONExtractKeysAndValuesRaw(assumeNotNull(CAST(__kith_t.`j` AS Nullable(String)))))), ','), '}'), CAST(__kith_t.`j` AS Nullable(String))) AS `j`, CAST(toDecimal64OrNull(JSONExtract(ifNull(CAST(__kith_t.`j` AS Nullable(String)), ''), 'price', 'net', 'Nullable(String)'), 2) AS Nullable(Decimal(12, 2))) AS `price`, arrayMap(__kith_e -> assumeNotNull(__kith_e), arrayFilter(__kith_e -> isNotNull(__kith_e), arrayMap(__kith_e -> CAST(__kith_e AS Nullable(String)), __kith_t.`tags`))) AS `tags`, CAST(__kith_t.`at` AS Nullable(DateTime64(6, 'UTC'))) AS `at`, CAST(__kith_t.`seen` AS Nullable(DateTime64(6, 'UTC'))) AS `seen`, CAST(__kith_t.`day` AS Nullable(Date32)) AS `day`, CAST(__kith_t.`row_id` AS Nullable(String)) AS `row_id`, CAST(__kith_t.`key` AS Nullable(String)) AS `key`, if(isFinite(CAST(__kith_t.`value` AS Nullable(Float64))), CAST(__kith_t.`value` AS Nullable(Float64)) + 0., NULL) AS `value` FROM `raw`.`odd` AS __kith_t
) AS __kith_t
) AS __kith_s
ORDER BY __kith_s.`seen` DESC, __kith_s.`at` DESC, cityHash64(tuple(__kith_s.*)) LIMIT 1 BY __kith_s.`k`, __kith_s.`op`
) AS __kith_s
WHERE ((NOT ifNull((__kith_s.`select` = 'test'), false)))
  ) AS __kith_s WHERE (ifNull((__kith_s.`__x` = true), false))
) AS __kith_s
JOIN (SELECT node AS __kith_node, entity_id AS __kith_entity FROM `kith`.`identity_person_map_build`) AS __kith_m ON __kith_s.__kith_owner = __kith_m.__kith_node WHERE (ifNull(__kith_s.`row_id`, '') != '')
) AS __kith_u GROUP BY __kith_entity, __kith_value) AS __kith_v
GROUP BY __kith_entity
) AS __kith_a2 ON __kith_p.entity_id = __kith_a2.__kith_entity
LEFT JOIN (
SELECT __kith_entity, arraySlice(arrayDistinct(arrayMap(__kith_x -> __kith_x.4, arraySort(groupArrayIf(tuple(-toUnixTimestamp64Micro(__kith_last), __kith_source, __kith_value, assumeNotNull(__kith_value)), (ifNull(__kith_value, '') != ''))))), 1, 3) AS __kith_c0
FROM (SELECT __kith_entity, __kith_value, count(*) AS __kith_n, max(__kith_at) AS __kith_last, min(__kith_at) AS __kith_first, min(__kith_source) AS __kith_source FROM (
SELECT __kith_entity, __kith_s.`key` AS __kith_value, coalesce(__kith_s.`at`, __kith_s.`seen`, toDateTime64('1970-01-01 00:00:00.000000', 6, 'UTC')) AS __kith_at, 0 AS __kith_source FROM (
  SELECT *, multiIf(arrayMap(__kith_v -> if((__kith_v = '' OR ((lowerUTF8(trimBoth(__kith_v)) IN ('-1', 'null', '(null)', 'nil', 'none', 'nan', 'na', 'n/a', 'undefined', 'unknown', 'anonymous', 'test@test.com')) OR match(__kith_v, '^[0-]*$') OR match(__kith_v, '^(no|do-?not)[-_.]?reply@'))), 0, greatest(sipHash64Keyed((toUInt64(659865222065112260), toUInt64(12906127358314240260)), concat('handle\0', __kith_v)), toUInt64(1))), [coalesce(arrayMap(__kith_n -> if(arrayMap(__kith_t -> if(length(__kith_t) = lengthUTF8(__kith_t), trim(BOTH ' \t\n\r\f\v' FROM __kith_t), replaceRegexpAll(__kith_t, '^[\\s\\p{Z}\\p{C}]+|[\\s\\p{Z}\\p{C}]+$', '')), [__kith_n])[1] != '', __kith_n, NULL), [__kith_s.`k`])[1], '')])[1] != 0, arrayMap(__kith_v -> if((__kith_v = '' OR ((lowerUTF8(trimBoth(__kith_v)) IN ('-1', 'null', '(null)', 'nil', 'none', 'nan', 'na', 'n/a', 'undefined', 'unknown', 'anonymous', 'test@test.com')) OR match(__kith_v, '^[0-]*$') OR match(__kith_v, '^(no|do-?not)[-_.]?reply@'))), 0, greatest(sipHash64Keyed((toUInt64(659865222065112260), toUInt64(12906127358314240260)), concat('handle\0', __kith_v)), toUInt64(1))), [coalesce(arrayMap(__kith_n -> if(arrayMap(__kith_t -> if(length(__kith_t) = lengthUTF8(__kith_t), trim(BOTH ' \t\n\r\f\v' FROM __kith_t), replaceRegexpAll(__kith_t, '^[\\s\\p{Z}\\p{C}]+|[\\s\\p{Z}\\p{C}]+$', '')), [__kith_n])[1] != '', __kith_n, NULL), [__kith_s.`k`])[1], '')])[1], arrayMap(__kith_v -> if((__kith_v = '' OR ((lowerUTF8(trimBoth(__kith_v)) IN ('-1', 'null', '(null)', 'nil', 'none', 'nan', 'na', 'n/a', 'undefined', 'unknown', 'anonymous', 'test@test.com')) OR (__kith_v = coalesce(arrayMap(__kith_n -> if(match(ifNull(__kith_n, ''), '^[^\\s\\p{Z}\\p{C}@<>"(),;]+@[^\\s\\p{Z}\\p{C}@<>"(),;]+\\.[^\\s\\p{Z}\\p{C}@<>"(),;.]{2,}$'), __kith_n, NULL), [lowerUTF8(arrayMap(__kith_t -> if(length(__kith_t) = lengthUTF8(__kith_t), trim(BOTH ' \t\n\r\f\v' FROM __kith_t), replaceRegexpAll(__kith_t, '^[\\s\\p{Z}\\p{C}]+|[\\s\\p{Z}\\p{C}]+$', '')), ['test@test.com'])[1])])[1], 'test@test.com')) OR match(__kith_v, '^[0-]*$') OR match(__kith_v, '^(no|do-?not)[-_.]?reply@') OR match(__kith_v, '@example\\.com$'))), 0, greatest(sipHash64Keyed((toUInt64(659865222065112260), toUInt64(12906127358314240260)), concat('email\0', __kith_v)), toUInt64(1))), [coalesce(arrayMap(__kith_n -> if(match(ifNull(__kith_n, ''), '^[^\\s\\p{Z}\\p{C}@<>"(),;]+@[^\\s\\p{Z}\\p{C}@<>"(),;]+\\.[^\\s\\p{Z}\\p{C}@<>"(),;.]{2,}$'), __kith_n, NULL), [lowerUTF8(arrayMap(__kith_t -> if(length(__kith_t) = lengthUTF8(__kith_t), trim(BOTH ' \t\n\r\f\v' FROM __kith_t), replaceRegexpAll(__kith_t, '^[\\s\\p{Z}\\p{C}]+|[\\s\\p{Z}\\p{C}]+$', '')), [__kith_s.`p`])[1])])[1], '')])[1] != 0, arrayMap(__kith_v -> if((__kith_v = '' OR ((lowerUTF8(trimBoth(__kith_v)) IN ('-1', 'null', '(null)', 'nil', 'none', 'nan', 'na', 'n/a', 'undefined', 'unknown', 'anonymous', 'test@test.com')) OR (__kith_v = coalesce(arrayMap(__kith_n -> if(match(ifNull(__kith_n, ''), '^[^\\s\\p{Z}\\p{C}@<>"(),;]+@[^\\s\\p{Z}\\p{C}@<>"(),;]+\\.[^\\s\\p{Z}\\p{C}@<>"(),;.]{2,}$'), __kith_n, NULL), [lowerUTF8(arrayMap(__kith_t -> if(length(__kith_t) = lengthUTF8(__kith_t), trim(BOTH ' \t\n\r\f\v' FROM __kith_t), replaceRegexpAll(__kith_t, '^[\\s\\p{Z}\\p{C}]+|[\\s\\p{Z}\\p{C}]+$', '')), ['test@test.com'])[1])])[1], 'test@test.com')) OR match(__kith_v, '^[0-]*$') OR match(__kith_v, '^(no|do-?not)[-_.]?reply@') OR match(__kith_v, '@example\\.com$'))), 0, greatest(sipHash64Keyed((toUInt64(659865222065112260), toUInt64(12906127358314240260)), concat('email\0', __kith_v)), toUInt64(1))), [coalesce(arrayMap(__kith_n -> if(match(ifNull(__kith_n, ''), '^[^\\s\\p{Z}\\p{C}@<>"(),;]+@[^\\s\\p{Z}\\p{C}@<>"(),;]+\\.[^\\s\\p{Z}\\p{C}@<>"(),;.]{2,}$'), __kith_n, NULL), [lowerUTF8(arrayMap(__kith_t -> if(length(__kith_t) = lengthUTF8(__kith_t), trim(BOTH ' \t\n\r\f\v' FROM __kith_t), replaceRegexpAll(__kith_t, '^[\\s\\p{Z}\\p{C}]+|[\\s\\p{Z}\\p{C}]+$', '')), [__kith_s.`p`])[1])])[1], '')])[1], arrayMap(__kith_v -> if((__kith_v = '' OR ((lowerUTF8(trimBoth(__kith_v)) IN ('-1', 'null', '(null)', 'nil', 'none', 'nan', 'na', 'n/a', 'undefined', 'unknown', 'anonymous', 'test@test.com')) OR match(__kith_v, '^[0-]*$') OR match(__kith_v, '^(no|do-?not)[-_.]?reply@'))), 0, greatest(sipHash64Keyed((toUInt64(659865222065112260), toUInt64(12906127358314240260)), concat('phone\0', __kith_v)), toUInt64(1))), [coalesce(arrayMap(__kith_n -> if(match(__kith_n, '^\\+[1-9][0-9]{7,14}$'), __kith_n, NULL), [replaceRegexpOne(arrayMap(__kith_d -> multiIf(startsWith(__kith_d, '+'), __kith_d, startsWith(__kith_d, '00'), concat('+', substring(__kith_d, 3)), concat('+', '31', replaceRegexpOne(__kith_d, '^0()', '\\1'))), [ifNull(replaceRegexpAll(replaceOne(replaceRegexpOne(__kith_s.`it's quoted`, '(?is)[;,/#x].*$', ''), '(0)', ''), '[^0-9+]', ''), '')])[1], '^\\+(20|27|30|31|32|33|34|40|41|43|44|45|46|47|48|49|51|54|55|61|62|64|81|82|84|86|90|91|92|94|98|212|213|234|254|351|352|353|355|358|359|380|381|385|386|387|389|420|421|880|962|966|971|972)0', '+\\1')])[1], '')])[1] != 0 AND arrayMap(__kith_v -> if((__kith_v = '' OR ((lowerUTF8(trimBoth(__kith_v)) IN ('-1', 'null', '(null)', 'nil', 'none', 'nan', 'na', 'n/a', 'undefined', 'unknown', 'anonymous', 'test@test.com')) OR match(__kith_v, '^[0-]*$') OR match(__kith_v, '^(no|do-?not)[-_.]?reply@'))), 0, greatest(sipHash64Keyed((toUInt64(659865222065112260), toUInt64(12906127358314240260)), concat('phone\0', __kith_v)), toUInt64(1))), [coalesce(arrayMap(__kith_n -> if(match(__kith_n, '^\\+[1-9][0-9]{7,14}$'), __kith_n, NULL), [replaceRegexpOne(arrayMap(__kith_d -> multiIf(startsWith(__kith_d, '+'), __kith_d, startsWith(__kith_d, '00'), concat('+', substring(__kith_d, 3)), concat('+', '31', replaceRegexpOne(__kith_d, '^0()', '\\1'))), [ifNull(replaceRegexpAll(replaceOne(replaceRegexpOne(__kith_s.`it's quoted`, '(?is)[;,/#x].*$', ''), '(0)', ''), '[^0-9+]', ''), '')])[1], '^\\+(20|27|30|31|32|33|34|40|41|43|44|45|46|47|48|49|51|54|55|61|62|64|81|82|84|86|90|91|92|94|98|212|213|234|254|351|352|353|355|358|359|380|381|385|386|387|389|420|421|880|962|966|971|972)0', '+\\1')])[1], '')])[1] NOT IN (SELECT node FROM `kith`.`identity_person_shared_build`), arrayMap(__kith_v -> if((__kith_v = '' OR ((lowerUTF8(trimBoth(__kith_v)) IN ('-1', 'null', '(null)', 'nil', 'none', 'nan', 'na', 'n/a', 'undefined', 'unknown', 'anonymous', 'test@test.com')) OR match(__kith_v, '^[0-]*$') OR match(__kith_v, '^(no|do-?not)[-_.]?reply@'))), 0, greatest(sipHash64Keyed((toUInt64(659865222065112260), toUInt64(12906127358314240260)), concat('phone\0', __kith_v)), toUInt64(1))), [coalesce(arrayMap(__kith_n -> if(match(__kith_n, '^\\+[1-9][0-9]{7,14}$'), __kith_n, NULL), [replaceRegexpOne(arrayMap(__kith_d -> multiIf(startsWith(__kith_d, '+'), __kith_d, startsWith(__kith_d, '00'), concat('+', substring(__kith_d, 3)), concat('+', '31', replaceRegexpOne(__kith_d, '^0()', '\\1'))), [ifNull(replaceRegexpAll(replaceOne(replaceRegexpOne(__kith_s.`it's quoted`, '(?is)[;,/#x].*$', ''), '(0)', ''), '[^0-9+]', ''), '')])[1], '^\\+(20|27|30|31|32|33|34|40|41|43|44|45|46|47|48|49|51|54|55|61|62|64|81|82|84|86|90|91|92|94|98|212|213|234|254|351|352|353|355|358|359|380|381|385|386|387|389|420|421|880|962|966|971|972)0', '+\\1')])[1], '')])[1], 0) AS __kith_owner FROM (
SELECT __kith_s.`k` AS `k`, __kith_s.`p` AS `p`, __kith_s.`op` AS `op`, __kith_s.`__x` AS `__x`, __kith_s.`it's quoted` AS `it's quoted`, __kith_s.`at` AS `at`, __kith_s.`seen` AS `seen`, __kith_s.`key` AS `key` FROM (
SELECT * FROM (
SELECT __kith_t.`k` AS `k`, __kith_t.`h` AS `h`, __kith_t.`p` AS `p`, __kith_t.`op` AS `op`, __kith_t.`select` AS `select`, __kith_t.`__x` AS `__x`, __kith_t.`it's quoted` AS `it's quoted`, __kith_t.`j` AS `j`, __kith_t.`price` AS `price`, accurateCast(CAST((
h * 2
) AS Nullable(Int128)), 'Nullable(Int64)') AS `twice`, __kith_t.`tags` AS `tags`, __kith_t.`at` AS `at`, __kith_t.`seen` AS `seen`, __kith_t.`day` AS `day`, __kith_t.`row_id` AS `row_id`, __kith_t.`key` AS `key`, __kith_t.`value` AS `value` FROM (
SELECT CAST(__kith_t.`k` AS Nullable(String)) AS `k`, accurateCast(CAST(__kith_t.`h` AS Nullable(Int128)), 'Nullable(Int64)') AS `h`, CAST(__kith_t.`p` AS Nullable(String)) AS `p`, accurateCast(CAST(__kith_t.`op` AS Nullable(Int128)), 'Nullable(Int64)') AS `op`, CAST(__kith_t.`select` AS Nullable(String)) AS `select`, CAST(__kith_t.`__x` AS Nullable(Bool)) AS `__x`, CAST(__kith_t.`it's quoted` AS Nullable(String)) AS `it's quoted`, if(startsWith(trimLeft(CAST(__kith_t.`j` AS Nullable(String))), '{'), concat('{', arrayStringConcat(arrayMap(__kith_p -> concat(toJSONString(__kith_p.1), ':', __kith_p.2), arraySort(JSONExtractKeysAndValuesRaw(assumeNotNull(CAST(__kith_t.`j` AS Nullable(String)))))), ','), '}'), CAST(__kith_t.`j` AS Nullable(String))) AS `j`, CAST(toDecimal64OrNull(JSONExtract(ifNull(CAST(__kith_t.`j` AS Nullable(String)), ''), 'price', 'net', 'Nullable(String)'), 2) AS Nullable(Decimal(12, 2))) AS `price`, arrayMap(__kith_e -> assumeNotNull(__kith_e), arrayFilter(__kith_e -> isNotNull(__kith_e), arrayMap(__kith_e -> CAST(__kith_e AS Nullable(String)), __kith_t.`tags`))) AS `tags`, CAST(__kith_t.`at` AS Nullable(DateTime64(6, 'UTC'))) AS `at`, CAST(__kith_t.`seen` AS Nullable(DateTime64(6, 'UTC'))) AS `seen`, CAST(__kith_t.`day` AS Nullable(Date32)) AS `day`, CAST(__kith_t.`row_id` AS Nullable(String)) AS `row_id`, CAST(__kith_t.`key` AS Nullable(String)) AS `key`, if(isFinite(CAST(__kith_t.`value` AS Nullable(Float64))), CAST(__kith_t.`value` AS Nullable(Float64)) + 0., NULL) AS `value` FROM `raw`.`odd` AS __kith_t
) AS __kith_t
) AS __kith_s
ORDER BY __kith_s.`seen` DESC, __kith_s.`at` DESC, cityHash64(tuple(__kith_s.*)) LIMIT 1 BY __kith_s.`k`, __kith_s.`op`
) AS __kith_s
WHERE ((NOT ifNull((__kith_s.`select` = 'test'), false)))
  ) AS __kith_s WHERE (ifNull((__kith_s.`__x` = true), false))
) AS __kith_s
JOIN (SELECT node AS __kith_node, entity_id AS __kith_entity FROM `kith`.`identity_person_map_build`) AS __kith_m ON __kith_s.__kith_owner = __kith_m.__kith_node WHERE (ifNull(__kith_s.`key`, '') != '')
) AS __kith_u GROUP BY __kith_entity, __kith_value) AS __kith_v
GROUP BY __kith_entity
) AS __kith_a3 ON __kith_p.entity_id = __kith_a3.__kith_entity
LEFT JOIN (
SELECT __kith_entity, arraySlice(arrayDistinct(arrayMap(__kith_x -> __kith_x.3, arraySort(groupArrayIf(tuple(-toUnixTimestamp64Micro(__kith_seen), __kith_value, assumeNotNull(__kith_value)), ((ifNull(__kith_value, '') != '') AND __kith_granted))))), 1, 1000) AS __kith_c0
FROM (
  SELECT m.entity_id AS __kith_entity, m.value AS __kith_value, m.last_seen AS __kith_seen,
    if(d.known = 1, d.granted, false) AS __kith_granted
  FROM (SELECT entity_id, value, last_seen FROM (
  SELECT node, type, value, entity_id, first_seen, last_seen, n FROM `kith`.`identity_person_map_build`
  UNION ALL SELECT node, type, value, entity_id, first_seen, last_seen, n FROM `kith`.`identity_person_shared_build`
) WHERE type = 1) AS m
  LEFT JOIN (
    SELECT __kith_value AS value, argMax(assumeNotNull(__kith_granted), tuple(__kith_at, NOT assumeNotNull(__kith_granted))) AS granted, toUInt8(1) AS known
    FROM (
SELECT arrayMap(__kith_n -> if(match(ifNull(__kith_n, ''), '^[^\\s\\p{Z}\\p{C}@<>"(),;]+@[^\\s\\p{Z}\\p{C}@<>"(),;]+\\.[^\\s\\p{Z}\\p{C}@<>"(),;.]{2,}$'), __kith_n, NULL), [lowerUTF8(arrayMap(__kith_t -> if(length(__kith_t) = lengthUTF8(__kith_t), trim(BOTH ' \t\n\r\f\v' FROM __kith_t), replaceRegexpAll(__kith_t, '^[\\s\\p{Z}\\p{C}]+|[\\s\\p{Z}\\p{C}]+$', '')), [__kith_s.`p`])[1])])[1] AS __kith_value, __kith_s.`__x` AS __kith_granted, coalesce(__kith_s.`at`, __kith_s.`seen`, toDateTime64('1970-01-01 00:00:00.000000', 6, 'UTC')) AS __kith_at FROM (
SELECT __kith_s.`k` AS `k`, __kith_s.`h` AS `h`, __kith_s.`p` AS `p`, __kith_s.`op` AS `op`, __kith_s.`select` AS `select`, __kith_s.`__x` AS `__x`, __kith_s.`it's quoted` AS `it's quoted`, __kith_s.`j` AS `j`, __kith_s.`price` AS `price`, __kith_s.`twice` AS `twice`, __kith_s.`tags` AS `tags`, __kith_s.`at` AS `at`, __kith_s.`seen` AS `seen`, __kith_s.`day` AS `day`, __kith_s.`row_id` AS `row_id`, __kith_s.`key` AS `key`, __kith_s.`value` AS `value` FROM (
SELECT * FROM (
SELECT __kith_t.`k` AS `k`, __kith_t.`h` AS `h`, __kith_t.`p` AS `p`, __kith_t.`op` AS `op`, __kith_t.`select` AS `select`, __kith_t.`__x` AS `__x`, __kith_t.`it's quoted` AS `it's quoted`, __kith_t.`j` AS `j`, __kith_t.`price` AS `price`, accurateCast(CAST((
h * 2
) AS Nullable(Int128)), 'Nullable(Int64)') AS `twice`, __kith_t.`tags` AS `tags`, __kith_t.`at` AS `at`, __kith_t.`seen` AS `seen`, __kith_t.`day` AS `day`, __kith_t.`row_id` AS `row_id`, __kith_t.`key` AS `key`, __kith_t.`value` AS `value` FROM (
SELECT CAST(__kith_t.`k` AS Nullable(String)) AS `k`, accurateCast(CAST(__kith_t.`h` AS Nullable(Int128)), 'Nullable(Int64)') AS `h`, CAST(__kith_t.`p` AS Nullable(String)) AS `p`, accurateCast(CAST(__kith_t.`op` AS Nullable(Int128)), 'Nullable(Int64)') AS `op`, CAST(__kith_t.`select` AS Nullable(String)) AS `select`, CAST(__kith_t.`__x` AS Nullable(Bool)) AS `__x`, CAST(__kith_t.`it's quoted` AS Nullable(String)) AS `it's quoted`, if(startsWith(trimLeft(CAST(__kith_t.`j` AS Nullable(String))), '{'), concat('{', arrayStringConcat(arrayMap(__kith_p -> concat(toJSONString(__kith_p.1), ':', __kith_p.2), arraySort(JSONExtractKeysAndValuesRaw(assumeNotNull(CAST(__kith_t.`j` AS Nullable(String)))))), ','), '}'), CAST(__kith_t.`j` AS Nullable(String))) AS `j`, CAST(toDecimal64OrNull(JSONExtract(ifNull(CAST(__kith_t.`j` AS Nullable(String)), ''), 'price', 'net', 'Nullable(String)'), 2) AS Nullable(Decimal(12, 2))) AS `price`, arrayMap(__kith_e -> assumeNotNull(__kith_e), arrayFilter(__kith_e -> isNotNull(__kith_e), arrayMap(__kith_e -> CAST(__kith_e AS Nullable(String)), __kith_t.`tags`))) AS `tags`, CAST(__kith_t.`at` AS Nullable(DateTime64(6, 'UTC'))) AS `at`, CAST(__kith_t.`seen` AS Nullable(DateTime64(6, 'UTC'))) AS `seen`, CAST(__kith_t.`day` AS Nullable(Date32)) AS `day`, CAST(__kith_t.`row_id` AS Nullable(String)) AS `row_id`, CAST(__kith_t.`key` AS Nullable(String)) AS `key`, if(isFinite(CAST(__kith_t.`value` AS Nullable(Float64))), CAST(__kith_t.`value` AS Nullable(Float64)) + 0., NULL) AS `value` FROM `raw`.`odd` AS __kith_t
) AS __kith_t
) AS __kith_s
ORDER BY __kith_s.`seen` DESC, __kith_s.`at` DESC, cityHash64(tuple(__kith_s.*)) LIMIT 1 BY __kith_s.`k`, __kith_s.`op`
) AS __kith_s
WHERE ((NOT ifNull((__kith_s.`select` = 'test'), false)))
) AS __kith_s
WHERE (ifNull((__kith_s.`__x` = true), false))
    ) WHERE isNotNull(__kith_value) AND isNotNull(__kith_granted) GROUP BY value
  ) AS d ON m.value = d.value
) AS __kith_c
GROUP BY __kith_entity
) AS __kith_a4 ON __kith_p.entity_id = __kith_a4.__kith_entity
) AS __kith_p;

-- profile person 2 (entity person) at models/all.yml:28:11
CREATE TABLE `kith`.`scratch_run_person_profile_1` ENGINE = MergeTree ORDER BY entity_id AS
SELECT * FROM `kith`.`scratch_run_person_profile_0`;

-- profile firm 1 (entity firm) at models/all.yml:39:11
CREATE TABLE `kith`.`scratch_run_firm_profile_0` ENGINE = MergeTree ORDER BY entity_id AS
SELECT __kith_p.*, __kith_a0.__kith_c0 AS `staff_spent`,
  __kith_a0.__kith_c1 AS `staff_recent`
FROM (
SELECT __kith_p.*, __kith_a0.__kith_c0 AS `domain`,
  __kith_a0.__kith_c1 AS `vat`
FROM (
SELECT entity_id FROM `kith`.`entity_firm_build`
) AS __kith_p
LEFT JOIN (
SELECT __kith_entity, argMinOrNullIf(value, tuple(-toUnixTimestamp64Micro(last_seen), value), ((ifNull(value, '') != '') AND (type = 0))) AS __kith_c0,
  argMinOrNullIf(value, tuple(-toUnixTimestamp64Micro(last_seen), value), ((ifNull(value, '') != '') AND (type = 1))) AS __kith_c1
FROM (SELECT entity_id AS __kith_entity, type, value, last_seen FROM `kith`.`identity_firm_map_build`) AS __kith_m
GROUP BY __kith_entity
) AS __kith_a0 ON __kith_p.entity_id = __kith_a0.__kith_entity
) AS __kith_p
LEFT JOIN (
SELECT __kith_entity, CAST(sumOrNullIf(`spent`, (ifNull((`n_recent` >= CAST('1' AS Int64)), false))) AS Nullable(Decimal(38, 2))) AS __kith_c0,
  accurateCast(sumOrNull(toInt128(`n_recent`)), 'Nullable(Int64)') AS __kith_c1
FROM (
  SELECT __kith_r.entity_id AS __kith_entity, __kith_o.* FROM `kith`.`scratch_run_relation_staff` AS __kith_r JOIN `kith`.`scratch_run_person_profile_0` AS __kith_o ON __kith_r.other_id = __kith_o.entity_id
) AS __kith_s
GROUP BY __kith_entity
) AS __kith_a0 ON __kith_p.entity_id = __kith_a0.__kith_entity;

-- profile person (entity person) at models/all.yml:28:11
CREATE TABLE `kith`.`profile_person_build` ENGINE = MergeTree ORDER BY (cityHash64(ifNull(entity_id, '')), entity_id) AS
SELECT __kith_p.*, CAST(ifNull((`__kith_relation_2` > 0), false) AS Bool) AS `__kith_segment_at_spender`
FROM (
SELECT __kith_p.*, CAST((`__kith_segment_spenders` AND row_number() OVER (PARTITION BY `__kith_segment_spenders` ORDER BY `spent` DESC NULLS LAST, entity_id ASC) <= 10) AS Bool) AS `__kith_segment_best`
FROM (
SELECT __kith_p.*, __kith_a0.__kith_c0 AS `employer_spent`,
  __kith_a0.__kith_c1 AS `__kith_related_0_staff_spent`,
  coalesce(__kith_a1.__kith_c0, CAST('0' AS Int64)) AS `__kith_relation_2`
FROM (
SELECT __kith_p.*, if(isNull(`spent`), NULL, CAST(ntile(5) OVER (PARTITION BY isNull(`spent`) ORDER BY `spent` ASC, entity_id ASC) AS Nullable(Int64))) AS `tier`,
  CAST((
spent > 100 AND n_recent > 2
) AS Nullable(Bool)) AS `is_big`,
  CAST(ifNull((`__kith_event_0` > 0), false) AS Bool) AS `__kith_segment_bounced`,
  CAST(((ifNull((`spent` >= CAST('10' AS Decimal(38, 2))), false)) AND ((ifNull((position(`nick`, 'O\'B') > 0), false)) OR (ifNull((`__kith_event_1` > CAST('5' AS Decimal(38, 2))), false)))) AS Bool) AS `__kith_segment_spenders`
FROM (
SELECT __kith_p.*, coalesce(__kith_a0.__kith_c0, CAST('0' AS Int64)) AS `n_after`,
  coalesce(__kith_a0.__kith_c1, CAST('0' AS Int64)) AS `n_after_day`
FROM (
SELECT * FROM `kith`.`scratch_run_person_profile_1`
) AS __kith_p
LEFT JOIN (
SELECT __kith_entity, CAST(countIf(ifNull((__kith_s.`at` > __kith_b.`first_at` AND __kith_s.`at` <= toDateTime64('1970-01-01 00:00:00.000000', 6, 'UTC') AND __kith_s.`at` <= addMicroseconds(__kith_b.`first_at`, 2592000000000)), false)) AS Nullable(Int64)) AS __kith_c0,
  CAST(countIf(ifNull((__kith_s.`at` > toDateTime64(toTimeZone(toDateTime64(__kith_b.`first_day`, 6, 'Europe/Amsterdam'), 'UTC'), 6, 'UTC') AND __kith_s.`at` <= toDateTime64('1970-01-01 00:00:00.000000', 6, 'UTC') AND __kith_s.`at` <= addMicroseconds(toDateTime64(toTimeZone(toDateTime64(__kith_b.`first_day`, 6, 'Europe/Amsterdam'), 'UTC'), 6, 'UTC'), 2592000000000)), false)) AS Nullable(Int64)) AS __kith_c1
FROM (
  SELECT *, multiIf(arrayMap(__kith_v -> if((__kith_v = '' OR ((lowerUTF8(trimBoth(__kith_v)) IN ('-1', 'null', '(null)', 'nil', 'none', 'nan', 'na', 'n/a', 'undefined', 'unknown', 'anonymous', 'test@test.com')) OR match(__kith_v, '^[0-]*$') OR match(__kith_v, '^(no|do-?not)[-_.]?reply@'))), 0, greatest(sipHash64Keyed((toUInt64(659865222065112260), toUInt64(12906127358314240260)), concat('handle\0', __kith_v)), toUInt64(1))), [coalesce(arrayMap(__kith_n -> if(arrayMap(__kith_t -> if(length(__kith_t) = lengthUTF8(__kith_t), trim(BOTH ' \t\n\r\f\v' FROM __kith_t), replaceRegexpAll(__kith_t, '^[\\s\\p{Z}\\p{C}]+|[\\s\\p{Z}\\p{C}]+$', '')), [__kith_n])[1] != '', __kith_n, NULL), [__kith_s.`k`])[1], '')])[1] != 0, arrayMap(__kith_v -> if((__kith_v = '' OR ((lowerUTF8(trimBoth(__kith_v)) IN ('-1', 'null', '(null)', 'nil', 'none', 'nan', 'na', 'n/a', 'undefined', 'unknown', 'anonymous', 'test@test.com')) OR match(__kith_v, '^[0-]*$') OR match(__kith_v, '^(no|do-?not)[-_.]?reply@'))), 0, greatest(sipHash64Keyed((toUInt64(659865222065112260), toUInt64(12906127358314240260)), concat('handle\0', __kith_v)), toUInt64(1))), [coalesce(arrayMap(__kith_n -> if(arrayMap(__kith_t -> if(length(__kith_t) = lengthUTF8(__kith_t), trim(BOTH ' \t\n\r\f\v' FROM __kith_t), replaceRegexpAll(__kith_t, '^[\\s\\p{Z}\\p{C}]+|[\\s\\p{Z}\\p{C}]+$', '')), [__kith_n])[1] != '', __kith_n, NULL), [__kith_s.`k`])[1], '')])[1], arrayMap(__kith_v -> if((__kith_v = '' OR ((lowerUTF8(trimBoth(__kith_v)) IN ('-1', 'null', '(null)', 'nil', 'none', 'nan', 'na', 'n/a', 'undefined', 'unknown', 'anonymous', 'test@test.com')) OR (__kith_v = coalesce(arrayMap(__kith_n -> if(match(ifNull(__kith_n, ''), '^[^\\s\\p{Z}\\p{C}@<>"(),;]+@[^\\s\\p{Z}\\p{C}@<>"(),;]+\\.[^\\s\\p{Z}\\p{C}@<>"(),;.]{2,}$'), __kith_n, NULL), [lowerUTF8(arrayMap(__kith_t -> if(length(__kith_t) = lengthUTF8(__kith_t), trim(BOTH ' \t\n\r\f\v' FROM __kith_t), replaceRegexpAll(__kith_t, '^[\\s\\p{Z}\\p{C}]+|[\\s\\p{Z}\\p{C}]+$', '')), ['test@test.com'])[1])])[1], 'test@test.com')) OR match(__kith_v, '^[0-]*$') OR match(__kith_v, '^(no|do-?not)[-_.]?reply@') OR match(__kith_v, '@example\\.com$'))), 0, greatest(sipHash64Keyed((toUInt64(659865222065112260), toUInt64(12906127358314240260)), concat('email\0', __kith_v)), toUInt64(1))), [coalesce(arrayMap(__kith_n -> if(match(ifNull(__kith_n, ''), '^[^\\s\\p{Z}\\p{C}@<>"(),;]+@[^\\s\\p{Z}\\p{C}@<>"(),;]+\\.[^\\s\\p{Z}\\p{C}@<>"(),;.]{2,}$'), __kith_n, NULL), [lowerUTF8(arrayMap(__kith_t -> if(length(__kith_t) = lengthUTF8(__kith_t), trim(BOTH ' \t\n\r\f\v' FROM __kith_t), replaceRegexpAll(__kith_t, '^[\\s\\p{Z}\\p{C}]+|[\\s\\p{Z}\\p{C}]+$', '')), [__kith_s.`p`])[1])])[1], '')])[1] != 0, arrayMap(__kith_v -> if((__kith_v = '' OR ((lowerUTF8(trimBoth(__kith_v)) IN ('-1', 'null', '(null)', 'nil', 'none', 'nan', 'na', 'n/a', 'undefined', 'unknown', 'anonymous', 'test@test.com')) OR (__kith_v = coalesce(arrayMap(__kith_n -> if(match(ifNull(__kith_n, ''), '^[^\\s\\p{Z}\\p{C}@<>"(),;]+@[^\\s\\p{Z}\\p{C}@<>"(),;]+\\.[^\\s\\p{Z}\\p{C}@<>"(),;.]{2,}$'), __kith_n, NULL), [lowerUTF8(arrayMap(__kith_t -> if(length(__kith_t) = lengthUTF8(__kith_t), trim(BOTH ' \t\n\r\f\v' FROM __kith_t), replaceRegexpAll(__kith_t, '^[\\s\\p{Z}\\p{C}]+|[\\s\\p{Z}\\p{C}]+$', '')), ['test@test.com'])[1])])[1], 'test@test.com')) OR match(__kith_v, '^[0-]*$') OR match(__kith_v, '^(no|do-?not)[-_.]?reply@') OR match(__kith_v, '@example\\.com$'))), 0, greatest(sipHash64Keyed((toUInt64(659865222065112260), toUInt64(12906127358314240260)), concat('email\0', __kith_v)), toUInt64(1))), [coalesce(arrayMap(__kith_n -> if(match(ifNull(__kith_n, ''), '^[^\\s\\p{Z}\\p{C}@<>"(),;]+@[^\\s\\p{Z}\\p{C}@<>"(),;]+\\.[^\\s\\p{Z}\\p{C}@<>"(),;.]{2,}$'), __kith_n, NULL), [lowerUTF8(arrayMap(__kith_t -> if(length(__kith_t) = lengthUTF8(__kith_t), trim(BOTH ' \t\n\r\f\v' FROM __kith_t), replaceRegexpAll(__kith_t, '^[\\s\\p{Z}\\p{C}]+|[\\s\\p{Z}\\p{C}]+$', '')), [__kith_s.`p`])[1])])[1], '')])[1], arrayMap(__kith_v -> if((__kith_v = '' OR ((lowerUTF8(trimBoth(__kith_v)) IN ('-1', 'null', '(null)', 'nil', 'none', 'nan', 'na', 'n/a', 'undefined', 'unknown', 'anonymous', 'test@test.com')) OR match(__kith_v, '^[0-]*$') OR match(__kith_v, '^(no|do-?not)[-_.]?reply@'))), 0, greatest(sipHash64Keyed((toUInt64(659865222065112260), toUInt64(12906127358314240260)), concat('phone\0', __kith_v)), toUInt64(1))), [coalesce(arrayMap(__kith_n -> if(match(__kith_n, '^\\+[1-9][0-9]{7,14}$'), __kith_n, NULL), [replaceRegexpOne(arrayMap(__kith_d -> multiIf(startsWith(__kith_d, '+'), __kith_d, startsWith(__kith_d, '00'), concat('+', substring(__kith_d, 3)), concat('+', '31', replaceRegexpOne(__kith_d, '^0()', '\\1'))), [ifNull(replaceRegexpAll(replaceOne(replaceRegexpOne(__kith_s.`it's quoted`, '(?is)[;,/#x].*$', ''), '(0)', ''), '[^0-9+]', ''), '')])[1], '^\\+(20|27|30|31|32|33|34|40|41|43|44|45|46|47|48|49|51|54|55|61|62|64|81|82|84|86|90|91|92|94|98|212|213|234|254|351|352|353|355|358|359|380|381|385|386|387|389|420|421|880|962|966|971|972)0', '+\\1')])[1], '')])[1] != 0 AND arrayMap(__kith_v -> if((__kith_v = '' OR ((lowerUTF8(trimBoth(__kith_v)) IN ('-1', 'null', '(null)', 'nil', 'none', 'nan', 'na', 'n/a', 'undefined', 'unknown', 'anonymous', 'test@test.com')) OR match(__kith_v, '^[0-]*$') OR match(__kith_v, '^(no|do-?not)[-_.]?reply@'))), 0, greatest(sipHash64Keyed((toUInt64(659865222065112260), toUInt64(12906127358314240260)), concat('phone\0', __kith_v)), toUInt64(1))), [coalesce(arrayMap(__kith_n -> if(match(__kith_n, '^\\+[1-9][0-9]{7,14}$'), __kith_n, NULL), [replaceRegexpOne(arrayMap(__kith_d -> multiIf(startsWith(__kith_d, '+'), __kith_d, startsWith(__kith_d, '00'), concat('+', substring(__kith_d, 3)), concat('+', '31', replaceRegexpOne(__kith_d, '^0()', '\\1'))), [ifNull(replaceRegexpAll(replaceOne(replaceRegexpOne(__kith_s.`it's quoted`, '(?is)[;,/#x].*$', ''), '(0)', ''), '[^0-9+]', ''), '')])[1], '^\\+(20|27|30|31|32|33|34|40|41|43|44|45|46|47|48|49|51|54|55|61|62|64|81|82|84|86|90|91|92|94|98|212|213|234|254|351|352|353|355|358|359|380|381|385|386|387|389|420|421|880|962|966|971|972)0', '+\\1')])[1], '')])[1] NOT IN (SELECT node FROM `kith`.`identity_person_shared_build`), arrayMap(__kith_v -> if((__kith_v = '' OR ((lowerUTF8(trimBoth(__kith_v)) IN ('-1', 'null', '(null)', 'nil', 'none', 'nan', 'na', 'n/a', 'undefined', 'unknown', 'anonymous', 'test@test.com')) OR match(__kith_v, '^[0-]*$') OR match(__kith_v, '^(no|do-?not)[-_.]?reply@'))), 0, greatest(sipHash64Keyed((toUInt64(659865222065112260), toUInt64(12906127358314240260)), concat('phone\0', __kith_v)), toUInt64(1))), [coalesce(arrayMap(__kith_n -> if(match(__kith_n, '^\\+[1-9][0-9]{7,14}$'), __kith_n, NULL), [replaceRegexpOne(arrayMap(__kith_d -> multiIf(startsWith(__kith_d, '+'), __kith_d, startsWith(__kith_d, '00'), concat('+', substring(__kith_d, 3)), concat('+', '31', replaceRegexpOne(__kith_d, '^0()', '\\1'))), [ifNull(replaceRegexpAll(replaceOne(replaceRegexpOne(__kith_s.`it's quoted`, '(?is)[;,/#x].*$', ''), '(0)', ''), '[^0-9+]', ''), '')])[1], '^\\+(20|27|30|31|32|33|34|40|41|43|44|45|46|47|48|49|51|54|55|61|62|64|81|82|84|86|90|91|92|94|98|212|213|234|254|351|352|353|355|358|359|380|381|385|386|387|389|420|421|880|962|966|971|972)0', '+\\1')])[1], '')])[1], 0) AS __kith_owner FROM (
SELECT __kith_s.`k` AS `k`, __kith_s.`p` AS `p`, __kith_s.`__x` AS `__x`, __kith_s.`it's quoted` AS `it's quoted`, __kith_s.`at` AS `at` FROM (
SELECT * FROM (
SELECT __kith_t.`k` AS `k`, __kith_t.`h` AS `h`, __kith_t.`p` AS `p`, __kith_t.`op` AS `op`, __kith_t.`select` AS `select`, __kith_t.`__x` AS `__x`, __kith_t.`it's quoted` AS `it's quoted`, __kith_t.`j` AS `j`, __kith_t.`price` AS `price`, accurateCast(CAST((
h * 2
) AS Nullable(Int128)), 'Nullable(Int64)') AS `twice`, __kith_t.`tags` AS `tags`, __kith_t.`at` AS `at`, __kith_t.`seen` AS `seen`, __kith_t.`day` AS `day`, __kith_t.`row_id` AS `row_id`, __kith_t.`key` AS `key`, __kith_t.`value` AS `value` FROM (
SELECT CAST(__kith_t.`k` AS Nullable(String)) AS `k`, accurateCast(CAST(__kith_t.`h` AS Nullable(Int128)), 'Nullable(Int64)') AS `h`, CAST(__kith_t.`p` AS Nullable(String)) AS `p`, accurateCast(CAST(__kith_t.`op` AS Nullable(Int128)), 'Nullable(Int64)') AS `op`, CAST(__kith_t.`select` AS Nullable(String)) AS `select`, CAST(__kith_t.`__x` AS Nullable(Bool)) AS `__x`, CAST(__kith_t.`it's quoted` AS Nullable(String)) AS `it's quoted`, if(startsWith(trimLeft(CAST(__kith_t.`j` AS Nullable(String))), '{'), concat('{', arrayStringConcat(arrayMap(__kith_p -> concat(toJSONString(__kith_p.1), ':', __kith_p.2), arraySort(JSONExtractKeysAndValuesRaw(assumeNotNull(CAST(__kith_t.`j` AS Nullable(String)))))), ','), '}'), CAST(__kith_t.`j` AS Nullable(String))) AS `j`, CAST(toDecimal64OrNull(JSONExtract(ifNull(CAST(__kith_t.`j` AS Nullable(String)), ''), 'price', 'net', 'Nullable(String)'), 2) AS Nullable(Decimal(12, 2))) AS `price`, arrayMap(__kith_e -> assumeNotNull(__kith_e), arrayFilter(__kith_e -> isNotNull(__kith_e), arrayMap(__kith_e -> CAST(__kith_e AS Nullable(String)), __kith_t.`tags`))) AS `tags`, CAST(__kith_t.`at` AS Nullable(DateTime64(6, 'UTC'))) AS `at`, CAST(__kith_t.`seen` AS Nullable(DateTime64(6, 'UTC'))) AS `seen`, CAST(__kith_t.`day` AS Nullable(Date32)) AS `day`, CAST(__kith_t.`row_id` AS Nullable(String)) AS `row_id`, CAST(__kith_t.`key` AS Nullable(String)) AS `key`, if(isFinite(CAST(__kith_t.`value` AS Nullable(Float64))), CAST(__kith_t.`value` AS Nullable(Float64)) + 0., NULL) AS `value` FROM `raw`.`odd` AS __kith_t
) AS __kith_t
) AS __kith_s
ORDER BY __kith_s.`seen` DESC, __kith_s.`at` DESC, cityHash64(tuple(__kith_s.*)) LIMIT 1 BY __kith_s.`k`, __kith_s.`op`
) AS __kith_s
WHERE ((NOT ifNull((__kith_s.`select` = 'test'), false)))
  ) AS __kith_s WHERE (ifNull((__kith_s.`__x` = true), false))
) AS __kith_s
JOIN (SELECT node AS __kith_node, entity_id AS __kith_entity FROM `kith`.`identity_person_map_build`) AS __kith_m ON __kith_s.__kith_owner = __kith_m.__kith_node
JOIN (SELECT entity_id AS __kith_id, * FROM (SELECT * FROM `kith`.`scratch_run_person_profile_1`)) AS __kith_b ON __kith_m.__kith_entity = __kith_b.__kith_id
GROUP BY __kith_entity
) AS __kith_a0 ON __kith_p.entity_id = __kith_a0.__kith_entity
) AS __kith_p
) AS __kith_p
LEFT JOIN (
SELECT __kith_entity, toNullable(`staff_spent`) AS __kith_c0,
  toNullable(`staff_spent`) AS __kith_c1
FROM (
  SELECT __kith_r.entity_id AS __kith_entity, __kith_o.* FROM `kith`.`scratch_run_relation_employer` AS __kith_r JOIN `kith`.`scratch_run_firm_profile_0` AS __kith_o ON __kith_r.other_id = __kith_o.entity_id
) AS __kith_s
) AS __kith_a0 ON __kith_p.entity_id = __kith_a0.__kith_entity
LEFT JOIN (
SELECT __kith_entity, CAST(countIf((ifNull((`staff_spent` >= CAST('10' AS Decimal(38, 2))), false))) AS Nullable(Int64)) AS __kith_c0
FROM (
  SELECT __kith_r.entity_id AS __kith_entity, __kith_o.* FROM `kith`.`scratch_run_relation_employer` AS __kith_r JOIN `kith`.`scratch_run_firm_profile_0` AS __kith_o ON __kith_r.other_id = __kith_o.entity_id
) AS __kith_s
GROUP BY __kith_entity
) AS __kith_a1 ON __kith_p.entity_id = __kith_a1.__kith_entity
) AS __kith_p
) AS __kith_p;

-- profile firm (entity firm) at models/all.yml:39:11
CREATE TABLE `kith`.`profile_firm_build` ENGINE = MergeTree ORDER BY (cityHash64(ifNull(entity_id, '')), entity_id) AS
SELECT * FROM `kith`.`scratch_run_firm_profile_0`;

-- merged members person (entity person) at models/all.yml:28:11
INSERT INTO `kith`.`members_history` (entity, segment, entity_id, entered_at, exited_at, ver, del)
SELECT 'person', segment, to_id, entered, CAST(NULL AS Nullable(DateTime64(6, 'UTC'))), 4294967296, 0 FROM (
  SELECT h.segment AS segment, if(m.new_id = '', h.entity_id, m.new_id) AS to_id, min(h.entered_at) AS entered, max(m.new_id != '') AS moved
  FROM (SELECT * FROM `kith`.`members_history` FINAL WHERE entity = 'person' AND isNull(exited_at)) AS h
  LEFT JOIN (SELECT old_id, new_id FROM (
  SELECT old_id, argMax(new_id, at) AS new_id FROM `kith`.`entity_merges`
  WHERE entity = 'person' AND (build = 'build' OR build IN (SELECT build FROM `kith`.`builds`))
  GROUP BY old_id HAVING new_id != ''
)) AS m ON h.entity_id = m.old_id
  GROUP BY segment, to_id HAVING moved
)
SETTINGS join_use_nulls = 0;

-- members left by merges person (entity person) at models/all.yml:28:11
INSERT INTO `kith`.`members_history` (entity, segment, entity_id, entered_at, exited_at, ver, del)
SELECT entity, segment, entity_id, entered_at, exited_at, 4294967296, 1
FROM (SELECT *, row_number() OVER (PARTITION BY segment, entity_id ORDER BY entered_at) AS nth FROM `kith`.`members_history` FINAL WHERE entity = 'person' AND isNull(exited_at))
WHERE nth > 1 OR entity_id IN (SELECT old_id FROM (SELECT old_id, new_id FROM (
  SELECT old_id, argMax(new_id, at) AS new_id FROM `kith`.`entity_merges`
  WHERE entity = 'person' AND (build = 'build' OR build IN (SELECT build FROM `kith`.`builds`))
  GROUP BY old_id HAVING new_id != ''
)));

-- members person (entity person) at models/all.yml:28:11
SELECT segment, count(), countIf(NOT was), countIf(gone) FROM (
  SELECT if(c.segment = '', h.segment, c.segment) AS segment, h.segment != '' AS was, c.segment = '' AS gone
  FROM (
SELECT segment, entity_id FROM (
  SELECT entity_id, arrayJoin(arrayFilter(x -> x.2, [tuple('bounced', toUInt8(`__kith_segment_bounced`)), tuple('spenders', toUInt8(`__kith_segment_spenders`)), tuple('at_spender', toUInt8(`__kith_segment_at_spender`)), tuple('best', toUInt8(`__kith_segment_best`))])).1 AS segment
  FROM `kith`.`profile_person_build`
)
) AS c
  FULL OUTER JOIN (
    SELECT segment, entity_id FROM `kith`.`members_history` FINAL WHERE entity = 'person' AND isNull(exited_at)
  ) AS h ON c.segment = h.segment AND c.entity_id = h.entity_id
) GROUP BY segment
SETTINGS join_use_nulls = 0;

-- members that enter person (entity person) at models/all.yml:28:11
INSERT INTO `kith`.`members_history` (entity, segment, entity_id, entered_at, exited_at, ver, del)
SELECT 'person', c.segment, c.entity_id, toDateTime64('1970-01-01 00:00:00.000000', 6, 'UTC'), CAST(NULL AS Nullable(DateTime64(6, 'UTC'))), 4294967297, 0
FROM (
SELECT segment, entity_id FROM (
  SELECT entity_id, arrayJoin(arrayFilter(x -> x.2, [tuple('bounced', toUInt8(`__kith_segment_bounced`)), tuple('spenders', toUInt8(`__kith_segment_spenders`)), tuple('at_spender', toUInt8(`__kith_segment_at_spender`)), tuple('best', toUInt8(`__kith_segment_best`))])).1 AS segment
  FROM `kith`.`profile_person_build`
)
) AS c
LEFT ANTI JOIN (
  SELECT segment, entity_id FROM `kith`.`members_history` FINAL WHERE entity = 'person' AND isNull(exited_at)
) AS h ON c.segment = h.segment AND c.entity_id = h.entity_id;

-- members that leave person (entity person) at models/all.yml:28:11
INSERT INTO `kith`.`members_history` (entity, segment, entity_id, entered_at, exited_at, ver, del)
SELECT h.entity, h.segment, h.entity_id, h.entered_at, toDateTime64('1970-01-01 00:00:00.000000', 6, 'UTC'), 4294967297, 0
FROM (SELECT * FROM `kith`.`members_history` FINAL WHERE entity = 'person' AND isNull(exited_at) AND segment IN ('bounced', 'spenders', 'at_spender', 'best')) AS h
LEFT ANTI JOIN (
SELECT segment, entity_id FROM (
  SELECT entity_id, arrayJoin(arrayFilter(x -> x.2, [tuple('bounced', toUInt8(`__kith_segment_bounced`)), tuple('spenders', toUInt8(`__kith_segment_spenders`)), tuple('at_spender', toUInt8(`__kith_segment_at_spender`)), tuple('best', toUInt8(`__kith_segment_best`))])).1 AS segment
  FROM `kith`.`profile_person_build`
)
) AS c ON c.segment = h.segment AND c.entity_id = h.entity_id;

-- baseline (sync rows_out) at syncs/all.yml:2:11
CREATE TABLE IF NOT EXISTS `kith`.`baseline_rows_out` (
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
) ENGINE = ReplacingMergeTree(ver, del) ORDER BY (kh, row_id);

-- changeset table (sync rows_out) at syncs/all.yml:2:11
CREATE TABLE `kith`.`changeset_rows_out_raw` (
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
SETTINGS min_bytes_for_wide_part = 1073741824, max_bytes_to_merge_at_max_space_in_pool = 8388608, parts_to_delay_insert = 100000, parts_to_throw_insert = 100000;

-- digest (sync rows_out) at syncs/all.yml:2:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_rows_out_digest` (b UInt32, desired_rows UInt64, baseline_rows UInt64, no_id UInt64, no_key UInt64, earlier_rows UInt64) ENGINE = MergeTree ORDER BY b AS
SELECT arrayJoin(arrayPushFront(arrayFilter((i, x) -> x != 0, range(toUInt32(65536)), d), toUInt32(4294967295))) AS b,
  if(b = 4294967295, n, 0) AS desired_rows, if(b = 4294967295, m, 0) AS baseline_rows, if(b = 4294967295, i, 0) AS no_id, if(b = 4294967295, k, 0) AS no_key, if(b = 4294967295, e, 0) AS earlier_rows
FROM (
  SELECT sumResample(0, 65536, 1)(d, g) AS d, sum(n) AS n, sum(m) AS m, sum(i) AS i, sum(k) AS k, sum(e) AS e
  FROM (
    SELECT toUInt16(toUInt32(bitShiftRight(kh, 48))) AS g, sum(if(fault = 0, bitOr(kh, 1) * bitXor(h, cityHash64('scratch_run_rows_out_digest')), 0)) AS d, countIf(fault = 0) AS n, toUInt64(0) AS m, countIf(fault = 1) AS i, countIf(fault = 2) AS k, toUInt64(0) AS e
    FROM (
SELECT cityHash64(ifNull(__kith_id, '')) AS kh, greatest(cityHash64(tuple(__kith_key, __kith_f0, __kith_f1, __kith_f2, __kith_f3, __kith_f4, __kith_f5, __kith_f6, __kith_f7, __kith_f8)), toUInt64(1)) AS h, multiIf(NOT (NOT isNull(__kith_id)), toUInt8(1), NOT (ifNull(__kith_key, '') != ''), toUInt8(2), toUInt8(0)) AS fault
FROM (
SELECT concat(toString(length(__kith_s.`k`)), ':', __kith_s.`k`, toString(length(toString(__kith_s.`op`))), ':', toString(__kith_s.`op`)) AS __kith_id,
  nullIf(__kith_s.`row_id`, '') AS __kith_key,
  __kith_s.`h` AS __kith_f0,
  __kith_s.`op` AS __kith_f1,
  __kith_s.`select` AS __kith_f2,
  __kith_s.`__x` AS __kith_f3,
  __kith_s.`tags` AS __kith_f4,
  __kith_s.`price` AS __kith_f5,
  __kith_s.`at` AS __kith_f6,
  __kith_s.`day` AS __kith_f7,
  CAST('kith' AS Nullable(String)) AS __kith_f8,
  '' AS __kith_match,
  __kith_s.`at` AS __kith_at
FROM (
SELECT __kith_s.`k` AS `k`, __kith_s.`h` AS `h`, __kith_s.`op` AS `op`, __kith_s.`select` AS `select`, __kith_s.`__x` AS `__x`, __kith_s.`price` AS `price`, __kith_s.`tags` AS `tags`, __kith_s.`at` AS `at`, __kith_s.`day` AS `day`, __kith_s.`row_id` AS `row_id` FROM (
SELECT * FROM (
SELECT __kith_t.`k` AS `k`, __kith_t.`h` AS `h`, __kith_t.`p` AS `p`, __kith_t.`op` AS `op`, __kith_t.`select` AS `select`, __kith_t.`__x` AS `__x`, __kith_t.`it's quoted` AS `it's quoted`, __kith_t.`j` AS `j`, __kith_t.`price` AS `price`, accurateCast(CAST((
h * 2
) AS Nullable(Int128)), 'Nullable(Int64)') AS `twice`, __kith_t.`tags` AS `tags`, __kith_t.`at` AS `at`, __kith_t.`seen` AS `seen`, __kith_t.`day` AS `day`, __kith_t.`row_id` AS `row_id`, __kith_t.`key` AS `key`, __kith_t.`value` AS `value` FROM (
SELECT CAST(__kith_t.`k` AS Nullable(String)) AS `k`, accurateCast(CAST(__kith_t.`h` AS Nullable(Int128)), 'Nullable(Int64)') AS `h`, CAST(__kith_t.`p` AS Nullable(String)) AS `p`, accurateCast(CAST(__kith_t.`op` AS Nullable(Int128)), 'Nullable(Int64)') AS `op`, CAST(__kith_t.`select` AS Nullable(String)) AS `select`, CAST(__kith_t.`__x` AS Nullable(Bool)) AS `__x`, CAST(__kith_t.`it's quoted` AS Nullable(String)) AS `it's quoted`, if(startsWith(trimLeft(CAST(__kith_t.`j` AS Nullable(String))), '{'), concat('{', arrayStringConcat(arrayMap(__kith_p -> concat(toJSONString(__kith_p.1), ':', __kith_p.2), arraySort(JSONExtractKeysAndValuesRaw(assumeNotNull(CAST(__kith_t.`j` AS Nullable(String)))))), ','), '}'), CAST(__kith_t.`j` AS Nullable(String))) AS `j`, CAST(toDecimal64OrNull(JSONExtract(ifNull(CAST(__kith_t.`j` AS Nullable(String)), ''), 'price', 'net', 'Nullable(String)'), 2) AS Nullable(Decimal(12, 2))) AS `price`, arrayMap(__kith_e -> assumeNotNull(__kith_e), arrayFilter(__kith_e -> isNotNull(__kith_e), arrayMap(__kith_e -> CAST(__kith_e AS Nullable(String)), __kith_t.`tags`))) AS `tags`, CAST(__kith_t.`at` AS Nullable(DateTime64(6, 'UTC'))) AS `at`, CAST(__kith_t.`seen` AS Nullable(DateTime64(6, 'UTC'))) AS `seen`, CAST(__kith_t.`day` AS Nullable(Date32)) AS `day`, CAST(__kith_t.`row_id` AS Nullable(String)) AS `row_id`, CAST(__kith_t.`key` AS Nullable(String)) AS `key`, if(isFinite(CAST(__kith_t.`value` AS Nullable(Float64))), CAST(__kith_t.`value` AS Nullable(Float64)) + 0., NULL) AS `value` FROM `raw`.`odd` AS __kith_t
) AS __kith_t
) AS __kith_s
ORDER BY __kith_s.`seen` DESC, __kith_s.`at` DESC, cityHash64(tuple(__kith_s.*)) LIMIT 1 BY __kith_s.`k`, __kith_s.`op`
) AS __kith_s
WHERE ((NOT ifNull((__kith_s.`select` = 'test'), false)))
) AS __kith_s
WHERE (ifNull((__kith_s.`h` > CAST('0' AS Int64)), false))
)
    ) GROUP BY g
    UNION ALL
    SELECT toUInt16(toUInt32(bitShiftRight(kh, 48))) AS g, bitNot(sum(bitOr(kh, 1) * bitXor(h, cityHash64('scratch_run_rows_out_digest')))) + 1, 0, count(), 0, 0, 0
    FROM (
      WITH (
        SELECT min(ver) FROM `kith`.`baseline_rows_out`
        WHERE _part != (SELECT argMax(part, n) FROM (SELECT _part AS part, count() AS n FROM `kith`.`baseline_rows_out` GROUP BY part))
      ) AS late, (SELECT count() FROM `kith`.`baseline_rows_out` WHERE late > 0 AND ver >= late) BETWEEN 1 AND 20000 AS few
      SELECT kh, h FROM `kith`.`baseline_rows_out` WHERE few AND gone = 0 AND del = 0 AND kh NOT IN (SELECT kh FROM `kith`.`baseline_rows_out` WHERE few AND ver >= late)
      UNION ALL
      SELECT kh, h FROM `kith`.`baseline_rows_out` FINAL PREWHERE kh IN (SELECT kh FROM `kith`.`baseline_rows_out` WHERE few AND ver >= late) WHERE few AND gone = 0
      UNION ALL
      SELECT kh, h FROM `kith`.`baseline_rows_out` FINAL WHERE NOT few AND gone = 0
) GROUP BY g
  )
);

-- digest totals (sync rows_out) at syncs/all.yml:2:11
WITH toFloat64(greatest(sum(desired_rows), sum(baseline_rows))) AS rows, dirty / 65536 AS share, least(rows, -65536 * log(1 - share)) AS differ
SELECT countIf(b < 65536) AS dirty, sum(desired_rows), sum(baseline_rows), sum(no_id), sum(no_key), toUInt64(ceil(differ + (rows - differ) * share)), countIf(b = 4294967295), sum(earlier_rows), 0
FROM `kith`.`scratch_run_rows_out_digest`;

-- changeset (sync rows_out) at syncs/all.yml:2:11
INSERT INTO `kith`.`changeset_rows_out_raw` (op, kh, row_id, action, reason, key, old_key, h, fh, changed, fields, match, old_match, remote_id, at, gone, del)
SELECT
  op, kh, row_id,
  if(op = 1, if(here, 'delete', action), '') AS act,
  if(here, 0, reason) AS why,
  if(op = 1 OR NOT here, old_key, key) AS k,
  if(op = 2, old_key, '') AS ok,
  if(op = 1 OR NOT here, old_h, h) AS hh,
  fh, arrayFilter((i, x, y) -> x != y AND here AND known, range(toUInt16(length(fh))), fh, arrayResize(old_fh, length(fh))) AS changed,
  if(here AND op != 1, fields, if(op = 1 AND act = 'set', multiIf(reason = 4, '{}', reason = 3, '{}', reason = 2, '{}', reason = 1, '{}', ''), '')) AS ff,
  if(here AND op != 1, match, old_match) AS m,
  if(op = 2, old_match, '') AS om,
  remote_id, at,
  multiIf(op = 0 AND NOT here, reason, op = 2, old_gone, 0) AS gone,
  toUInt8(0) AS del
FROM (
    SELECT
      c.row_id != '' AS here, b.row_id != '' AS known,
      if(here, c.kh, b.kh) AS kh,
      if(here, c.row_id, b.row_id) AS row_id,
      b.reason AS reason,
      multiIf(reason = 4, 'delete', reason = 3, 'delete', reason = 2, 'delete', reason = 1, 'delete', reason = 5, 'delete', '') AS action,
      c.key AS key,
      b.key AS old_key,
      c.h AS h,
      b.h AS old_h,
      if(here, [toUInt32(cityHash64(tuple(c.__kith_f0))), toUInt32(cityHash64(tuple(c.__kith_f1))), toUInt32(cityHash64(tuple(c.__kith_f2))), toUInt32(cityHash64(tuple(c.__kith_f3))), toUInt32(cityHash64(tuple(c.__kith_f4))), toUInt32(cityHash64(tuple(c.__kith_f5))), toUInt32(cityHash64(tuple(c.__kith_f6))), toUInt32(cityHash64(tuple(c.__kith_f7))), toUInt32(cityHash64(tuple(c.__kith_f8)))], b.fh) AS fh,
      b.fh AS old_fh,
      concat('{', arrayStringConcat([concat('"h":', toString(c.__kith_f0)), concat('"o\'p":', toString(c.__kith_f1)), concat('"select":', toJSONString(c.__kith_f2)), ifNull(concat('"flag":', if(isNull(c.__kith_f3), NULL, if(c.__kith_f3, 'true', 'false'))), '"flag":null'), concat('"tags":[', arrayStringConcat(arrayMap(__kith_e -> toJSONString(__kith_e), c.__kith_f4), ','), ']'), concat('"price":', toString(c.__kith_f5)), concat('"at":"', substring(formatDateTime(c.__kith_f6, '%Y-%m-%dT%H:%i:%S.%f', 'UTC'), 1, if(toUnixTimestamp64Micro(assumeNotNull(c.__kith_f6)) % 1000000 = 0, 19, 26)), 'Z"'), concat('"day":"', toString(c.__kith_f7), '"'), concat('"fixed":', toJSONString(c.__kith_f8))], ','), '}') AS fields,
      c.match AS match,
      b.match AS old_match,
      b.remote_id AS remote_id,
      c.at AS at,
      b.gone AS old_gone,
      empty(b.fh) AS bare,
      multiIf(NOT here AND action = 'ignore', 0, NOT here, 1, NOT known, 4, old_gone != 0 AND old_key = key, 3,
    old_key != key, 2, old_h = 0 AND bare, 4, 3) AS op
    FROM (
      SELECT * FROM (
SELECT cityHash64(ifNull(__kith_id, '')) AS kh, greatest(cityHash64(tuple(__kith_key, __kith_f0, __kith_f1, __kith_f2, __kith_f3, __kith_f4, __kith_f5, __kith_f6, __kith_f7, __kith_f8)), toUInt64(1)) AS h, assumeNotNull(__kith_id) AS row_id, assumeNotNull(__kith_key) AS key,
  __kith_f0, __kith_f1, __kith_f2, __kith_f3, __kith_f4, __kith_f5, __kith_f6, __kith_f7, __kith_f8, __kith_match AS match, __kith_at AS at
FROM (
SELECT concat(toString(length(__kith_s.`k`)), ':', __kith_s.`k`, toString(length(toString(__kith_s.`op`))), ':', toString(__kith_s.`op`)) AS __kith_id,
  nullIf(__kith_s.`row_id`, '') AS __kith_key,
  __kith_s.`h` AS __kith_f0,
  __kith_s.`op` AS __kith_f1,
  __kith_s.`select` AS __kith_f2,
  __kith_s.`__x` AS __kith_f3,
  __kith_s.`tags` AS __kith_f4,
  __kith_s.`price` AS __kith_f5,
  __kith_s.`at` AS __kith_f6,
  __kith_s.`day` AS __kith_f7,
  CAST('kith' AS Nullable(String)) AS __kith_f8,
  '' AS __kith_match,
  __kith_s.`at` AS __kith_at
FROM (
SELECT __kith_s.`k` AS `k`, __kith_s.`h` AS `h`, __kith_s.`op` AS `op`, __kith_s.`select` AS `select`, __kith_s.`__x` AS `__x`, __kith_s.`price` AS `price`, __kith_s.`tags` AS `tags`, __kith_s.`at` AS `at`, __kith_s.`day` AS `day`, __kith_s.`row_id` AS `row_id` FROM (
SELECT * FROM (
SELECT __kith_t.`k` AS `k`, __kith_t.`h` AS `h`, __kith_t.`p` AS `p`, __kith_t.`op` AS `op`, __kith_t.`select` AS `select`, __kith_t.`__x` AS `__x`, __kith_t.`it's quoted` AS `it's quoted`, __kith_t.`j` AS `j`, __kith_t.`price` AS `price`, accurateCast(CAST((
h * 2
) AS Nullable(Int128)), 'Nullable(Int64)') AS `twice`, __kith_t.`tags` AS `tags`, __kith_t.`at` AS `at`, __kith_t.`seen` AS `seen`, __kith_t.`day` AS `day`, __kith_t.`row_id` AS `row_id`, __kith_t.`key` AS `key`, __kith_t.`value` AS `value` FROM (
SELECT CAST(__kith_t.`k` AS Nullable(String)) AS `k`, accurateCast(CAST(__kith_t.`h` AS Nullable(Int128)), 'Nullable(Int64)') AS `h`, CAST(__kith_t.`p` AS Nullable(String)) AS `p`, accurateCast(CAST(__kith_t.`op` AS Nullable(Int128)), 'Nullable(Int64)') AS `op`, CAST(__kith_t.`select` AS Nullable(String)) AS `select`, CAST(__kith_t.`__x` AS Nullable(Bool)) AS `__x`, CAST(__kith_t.`it's quoted` AS Nullable(String)) AS `it's quoted`, if(startsWith(trimLeft(CAST(__kith_t.`j` AS Nullable(String))), '{'), concat('{', arrayStringConcat(arrayMap(__kith_p -> concat(toJSONString(__kith_p.1), ':', __kith_p.2), arraySort(JSONExtractKeysAndValuesRaw(assumeNotNull(CAST(__kith_t.`j` AS Nullable(String)))))), ','), '}'), CAST(__kith_t.`j` AS Nullable(String))) AS `j`, CAST(toDecimal64OrNull(JSONExtract(ifNull(CAST(__kith_t.`j` AS Nullable(String)), ''), 'price', 'net', 'Nullable(String)'), 2) AS Nullable(Decimal(12, 2))) AS `price`, arrayMap(__kith_e -> assumeNotNull(__kith_e), arrayFilter(__kith_e -> isNotNull(__kith_e), arrayMap(__kith_e -> CAST(__kith_e AS Nullable(String)), __kith_t.`tags`))) AS `tags`, CAST(__kith_t.`at` AS Nullable(DateTime64(6, 'UTC'))) AS `at`, CAST(__kith_t.`seen` AS Nullable(DateTime64(6, 'UTC'))) AS `seen`, CAST(__kith_t.`day` AS Nullable(Date32)) AS `day`, CAST(__kith_t.`row_id` AS Nullable(String)) AS `row_id`, CAST(__kith_t.`key` AS Nullable(String)) AS `key`, if(isFinite(CAST(__kith_t.`value` AS Nullable(Float64))), CAST(__kith_t.`value` AS Nullable(Float64)) + 0., NULL) AS `value` FROM `raw`.`odd` AS __kith_t
) AS __kith_t
) AS __kith_s
ORDER BY __kith_s.`seen` DESC, __kith_s.`at` DESC, cityHash64(tuple(__kith_s.*)) LIMIT 1 BY __kith_s.`k`, __kith_s.`op`
) AS __kith_s
WHERE ((NOT ifNull((__kith_s.`select` = 'test'), false)))
) AS __kith_s
WHERE (ifNull((__kith_s.`h` > CAST('0' AS Int64)), false))
) WHERE ((NOT isNull(__kith_id)) AND (ifNull(__kith_key, '') != ''))
      ) WHERE kh BETWEEN 0 AND 18446744073709551615 AND toUInt32(bitShiftRight(kh, 48)) IN (SELECT b FROM `kith`.`scratch_run_rows_out_digest` WHERE b < 65536)
    ) AS c
    FULL OUTER JOIN (
      SELECT kh, row_id, key, h, fh, remote_id, match, gone, mapping, ver, toUInt8(if(position(row_id, 'key-') > 0, 5, 2)) AS reason FROM `kith`.`baseline_rows_out` FINAL
      PREWHERE kh BETWEEN 0 AND 18446744073709551615 AND toUInt32(bitShiftRight(kh, 48)) IN (SELECT b FROM `kith`.`scratch_run_rows_out_digest` WHERE b < 65536)
    ) AS b ON c.row_id = b.row_id
    WHERE if(c.row_id = '', b.gone = 0, (c.h != b.h))
)
SETTINGS join_use_nulls = 0, min_insert_block_size_rows = 262144, min_insert_block_size_bytes = 50331648, max_block_size = 16384;

-- pairs (sync rows_out) at syncs/all.yml:2:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_rows_out_pairs` ENGINE = MergeTree ORDER BY (kh, row_id) AS
SELECT c.row_id != '' AS wanted, if(wanted, c.tag, b.tag) AS tag, if(wanted, c.kh, b.kh) AS kh, c.row_id AS row_id, c.h AS h, c.key AS key,
  c.__kith_f0 AS __kith_f0, c.__kith_f1 AS __kith_f1, c.__kith_f2 AS __kith_f2, c.__kith_f3 AS __kith_f3, c.__kith_f4 AS __kith_f4, c.__kith_f5 AS __kith_f5, c.__kith_f6 AS __kith_f6, c.__kith_f7 AS __kith_f7, c.__kith_f8 AS __kith_f8, c.match AS match, c.at AS at
FROM (
  SELECT *, sipHash64Keyed((cityHash64('scratch_run_rows_out_pairs'), toUInt64(11400714819323198485)), row_id) AS tag FROM (
SELECT cityHash64(ifNull(__kith_id, '')) AS kh, greatest(cityHash64(tuple(__kith_key, __kith_f0, __kith_f1, __kith_f2, __kith_f3, __kith_f4, __kith_f5, __kith_f6, __kith_f7, __kith_f8)), toUInt64(1)) AS h, assumeNotNull(__kith_id) AS row_id, assumeNotNull(__kith_key) AS key,
  __kith_f0, __kith_f1, __kith_f2, __kith_f3, __kith_f4, __kith_f5, __kith_f6, __kith_f7, __kith_f8, __kith_match AS match, __kith_at AS at
FROM (
SELECT concat(toString(length(__kith_s.`k`)), ':', __kith_s.`k`, toString(length(toString(__kith_s.`op`))), ':', toString(__kith_s.`op`)) AS __kith_id,
  nullIf(__kith_s.`row_id`, '') AS __kith_key,
  __kith_s.`h` AS __kith_f0,
  __kith_s.`op` AS __kith_f1,
  __kith_s.`select` AS __kith_f2,
  __kith_s.`__x` AS __kith_f3,
  __kith_s.`tags` AS __kith_f4,
  __kith_s.`price` AS __kith_f5,
  __kith_s.`at` AS __kith_f6,
  __kith_s.`day` AS __kith_f7,
  CAST('kith' AS Nullable(String)) AS __kith_f8,
  '' AS __kith_match,
  __kith_s.`at` AS __kith_at
FROM (
SELECT __kith_s.`k` AS `k`, __kith_s.`h` AS `h`, __kith_s.`op` AS `op`, __kith_s.`select` AS `select`, __kith_s.`__x` AS `__x`, __kith_s.`price` AS `price`, __kith_s.`tags` AS `tags`, __kith_s.`at` AS `at`, __kith_s.`day` AS `day`, __kith_s.`row_id` AS `row_id` FROM (
SELECT * FROM (
SELECT __kith_t.`k` AS `k`, __kith_t.`h` AS `h`, __kith_t.`p` AS `p`, __kith_t.`op` AS `op`, __kith_t.`select` AS `select`, __kith_t.`__x` AS `__x`, __kith_t.`it's quoted` AS `it's quoted`, __kith_t.`j` AS `j`, __kith_t.`price` AS `price`, accurateCast(CAST((
h * 2
) AS Nullable(Int128)), 'Nullable(Int64)') AS `twice`, __kith_t.`tags` AS `tags`, __kith_t.`at` AS `at`, __kith_t.`seen` AS `seen`, __kith_t.`day` AS `day`, __kith_t.`row_id` AS `row_id`, __kith_t.`key` AS `key`, __kith_t.`value` AS `value` FROM (
SELECT CAST(__kith_t.`k` AS Nullable(String)) AS `k`, accurateCast(CAST(__kith_t.`h` AS Nullable(Int128)), 'Nullable(Int64)') AS `h`, CAST(__kith_t.`p` AS Nullable(String)) AS `p`, accurateCast(CAST(__kith_t.`op` AS Nullable(Int128)), 'Nullable(Int64)') AS `op`, CAST(__kith_t.`select` AS Nullable(String)) AS `select`, CAST(__kith_t.`__x` AS Nullable(Bool)) AS `__x`, CAST(__kith_t.`it's quoted` AS Nullable(String)) AS `it's quoted`, if(startsWith(trimLeft(CAST(__kith_t.`j` AS Nullable(String))), '{'), concat('{', arrayStringConcat(arrayMap(__kith_p -> concat(toJSONString(__kith_p.1), ':', __kith_p.2), arraySort(JSONExtractKeysAndValuesRaw(assumeNotNull(CAST(__kith_t.`j` AS Nullable(String)))))), ','), '}'), CAST(__kith_t.`j` AS Nullable(String))) AS `j`, CAST(toDecimal64OrNull(JSONExtract(ifNull(CAST(__kith_t.`j` AS Nullable(String)), ''), 'price', 'net', 'Nullable(String)'), 2) AS Nullable(Decimal(12, 2))) AS `price`, arrayMap(__kith_e -> assumeNotNull(__kith_e), arrayFilter(__kith_e -> isNotNull(__kith_e), arrayMap(__kith_e -> CAST(__kith_e AS Nullable(String)), __kith_t.`tags`))) AS `tags`, CAST(__kith_t.`at` AS Nullable(DateTime64(6, 'UTC'))) AS `at`, CAST(__kith_t.`seen` AS Nullable(DateTime64(6, 'UTC'))) AS `seen`, CAST(__kith_t.`day` AS Nullable(Date32)) AS `day`, CAST(__kith_t.`row_id` AS Nullable(String)) AS `row_id`, CAST(__kith_t.`key` AS Nullable(String)) AS `key`, if(isFinite(CAST(__kith_t.`value` AS Nullable(Float64))), CAST(__kith_t.`value` AS Nullable(Float64)) + 0., NULL) AS `value` FROM `raw`.`odd` AS __kith_t
) AS __kith_t
) AS __kith_s
ORDER BY __kith_s.`seen` DESC, __kith_s.`at` DESC, cityHash64(tuple(__kith_s.*)) LIMIT 1 BY __kith_s.`k`, __kith_s.`op`
) AS __kith_s
WHERE ((NOT ifNull((__kith_s.`select` = 'test'), false)))
) AS __kith_s
WHERE (ifNull((__kith_s.`h` > CAST('0' AS Int64)), false))
) WHERE ((NOT isNull(__kith_id)) AND (ifNull(__kith_key, '') != ''))
  ) WHERE kh BETWEEN 0 AND 18446744073709551615 AND toUInt32(bitShiftRight(kh, 48)) IN (SELECT b FROM `kith`.`scratch_run_rows_out_digest` WHERE b < 65536)
) AS c
FULL OUTER JOIN (
  SELECT sipHash64Keyed((cityHash64('scratch_run_rows_out_pairs'), toUInt64(11400714819323198485)), row_id) AS tag, kh, h, gone FROM `kith`.`baseline_rows_out` FINAL
  PREWHERE kh BETWEEN 0 AND 18446744073709551615 AND toUInt32(bitShiftRight(kh, 48)) IN (SELECT b FROM `kith`.`scratch_run_rows_out_digest` WHERE b < 65536)
) AS b ON c.tag = b.tag
WHERE if(c.row_id = '', b.gone = 0, (c.h != b.h))
SETTINGS join_use_nulls = 0, min_insert_block_size_rows = 65536, min_insert_block_size_bytes = 8388608;

-- pairs that differ (sync rows_out) at syncs/all.yml:2:11
SELECT count() FROM `kith`.`scratch_run_rows_out_pairs`;

-- changeset (sync rows_out) at syncs/all.yml:2:11
INSERT INTO `kith`.`changeset_rows_out_raw` (op, kh, row_id, action, reason, key, old_key, h, fh, changed, fields, match, old_match, remote_id, at, gone, del)
SELECT
  op, kh, row_id,
  if(op = 1, if(here, 'delete', action), '') AS act,
  if(here, 0, reason) AS why,
  if(op = 1 OR NOT here, old_key, key) AS k,
  if(op = 2, old_key, '') AS ok,
  if(op = 1 OR NOT here, old_h, h) AS hh,
  fh, arrayFilter((i, x, y) -> x != y AND here AND known, range(toUInt16(length(fh))), fh, arrayResize(old_fh, length(fh))) AS changed,
  if(here AND op != 1, fields, if(op = 1 AND act = 'set', multiIf(reason = 4, '{}', reason = 3, '{}', reason = 2, '{}', reason = 1, '{}', ''), '')) AS ff,
  if(here AND op != 1, match, old_match) AS m,
  if(op = 2, old_match, '') AS om,
  remote_id, at,
  multiIf(op = 0 AND NOT here, reason, op = 2, old_gone, 0) AS gone,
  toUInt8(0) AS del
FROM (
    SELECT
      c.row_id != '' AS here, b.row_id != '' AS known,
      if(here, c.kh, b.kh) AS kh,
      if(here, c.row_id, b.row_id) AS row_id,
      b.reason AS reason,
      multiIf(reason = 4, 'delete', reason = 3, 'delete', reason = 2, 'delete', reason = 1, 'delete', reason = 5, 'delete', '') AS action,
      c.key AS key,
      b.key AS old_key,
      c.h AS h,
      b.h AS old_h,
      if(here, [toUInt32(cityHash64(tuple(c.__kith_f0))), toUInt32(cityHash64(tuple(c.__kith_f1))), toUInt32(cityHash64(tuple(c.__kith_f2))), toUInt32(cityHash64(tuple(c.__kith_f3))), toUInt32(cityHash64(tuple(c.__kith_f4))), toUInt32(cityHash64(tuple(c.__kith_f5))), toUInt32(cityHash64(tuple(c.__kith_f6))), toUInt32(cityHash64(tuple(c.__kith_f7))), toUInt32(cityHash64(tuple(c.__kith_f8)))], b.fh) AS fh,
      b.fh AS old_fh,
      concat('{', arrayStringConcat([concat('"h":', toString(c.__kith_f0)), concat('"o\'p":', toString(c.__kith_f1)), concat('"select":', toJSONString(c.__kith_f2)), ifNull(concat('"flag":', if(isNull(c.__kith_f3), NULL, if(c.__kith_f3, 'true', 'false'))), '"flag":null'), concat('"tags":[', arrayStringConcat(arrayMap(__kith_e -> toJSONString(__kith_e), c.__kith_f4), ','), ']'), concat('"price":', toString(c.__kith_f5)), concat('"at":"', substring(formatDateTime(c.__kith_f6, '%Y-%m-%dT%H:%i:%S.%f', 'UTC'), 1, if(toUnixTimestamp64Micro(assumeNotNull(c.__kith_f6)) % 1000000 = 0, 19, 26)), 'Z"'), concat('"day":"', toString(c.__kith_f7), '"'), concat('"fixed":', toJSONString(c.__kith_f8))], ','), '}') AS fields,
      c.match AS match,
      b.match AS old_match,
      b.remote_id AS remote_id,
      c.at AS at,
      b.gone AS old_gone,
      empty(b.fh) AS bare,
      multiIf(NOT here AND action = 'ignore', 0, NOT here, 1, NOT known, 4, old_gone != 0 AND old_key = key, 3,
    old_key != key, 2, old_h = 0 AND bare, 4, 3) AS op
    FROM (
      SELECT * EXCEPT (wanted) FROM `kith`.`scratch_run_rows_out_pairs` WHERE kh BETWEEN 0 AND 18446744073709551615
    ) AS c
    LEFT JOIN (
      SELECT kh, row_id, key, h, fh, remote_id, match, gone, mapping, ver, toUInt8(if(position(row_id, 'key-') > 0, 5, 2)) AS reason, sipHash64Keyed((cityHash64('scratch_run_rows_out_pairs'), toUInt64(11400714819323198485)), row_id) AS tag FROM `kith`.`baseline_rows_out` FINAL
      PREWHERE kh BETWEEN 0 AND 18446744073709551615 AND kh IN (SELECT kh FROM `kith`.`scratch_run_rows_out_pairs` WHERE kh BETWEEN 0 AND 18446744073709551615)
    ) AS b ON c.tag = b.tag AND c.kh = b.kh
    WHERE if(c.row_id = '', b.row_id != '' AND b.gone = 0, (c.h != b.h))
)
SETTINGS join_use_nulls = 0, min_insert_block_size_rows = 262144, min_insert_block_size_bytes = 50331648, max_block_size = 16384;

-- pairs (sync rows_out) at syncs/all.yml:2:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_rows_out_pairs` ENGINE = MergeTree ORDER BY (kh, row_id) AS
SELECT toUInt8(1) AS wanted, tag, kh, row_id, h, key,
  __kith_f0, __kith_f1, __kith_f2, __kith_f3, __kith_f4, __kith_f5, __kith_f6, __kith_f7, __kith_f8, match, at
FROM (
  SELECT *, sipHash64Keyed((cityHash64('scratch_run_rows_out_pairs'), toUInt64(11400714819323198485)), row_id) AS tag FROM (
SELECT cityHash64(ifNull(__kith_id, '')) AS kh, greatest(cityHash64(tuple(__kith_key, __kith_f0, __kith_f1, __kith_f2, __kith_f3, __kith_f4, __kith_f5, __kith_f6, __kith_f7, __kith_f8)), toUInt64(1)) AS h, assumeNotNull(__kith_id) AS row_id, assumeNotNull(__kith_key) AS key,
  __kith_f0, __kith_f1, __kith_f2, __kith_f3, __kith_f4, __kith_f5, __kith_f6, __kith_f7, __kith_f8, __kith_match AS match, __kith_at AS at
FROM (
SELECT concat(toString(length(__kith_s.`k`)), ':', __kith_s.`k`, toString(length(toString(__kith_s.`op`))), ':', toString(__kith_s.`op`)) AS __kith_id,
  nullIf(__kith_s.`row_id`, '') AS __kith_key,
  __kith_s.`h` AS __kith_f0,
  __kith_s.`op` AS __kith_f1,
  __kith_s.`select` AS __kith_f2,
  __kith_s.`__x` AS __kith_f3,
  __kith_s.`tags` AS __kith_f4,
  __kith_s.`price` AS __kith_f5,
  __kith_s.`at` AS __kith_f6,
  __kith_s.`day` AS __kith_f7,
  CAST('kith' AS Nullable(String)) AS __kith_f8,
  '' AS __kith_match,
  __kith_s.`at` AS __kith_at
FROM (
SELECT __kith_s.`k` AS `k`, __kith_s.`h` AS `h`, __kith_s.`op` AS `op`, __kith_s.`select` AS `select`, __kith_s.`__x` AS `__x`, __kith_s.`price` AS `price`, __kith_s.`tags` AS `tags`, __kith_s.`at` AS `at`, __kith_s.`day` AS `day`, __kith_s.`row_id` AS `row_id` FROM (
SELECT * FROM (
SELECT __kith_t.`k` AS `k`, __kith_t.`h` AS `h`, __kith_t.`p` AS `p`, __kith_t.`op` AS `op`, __kith_t.`select` AS `select`, __kith_t.`__x` AS `__x`, __kith_t.`it's quoted` AS `it's quoted`, __kith_t.`j` AS `j`, __kith_t.`price` AS `price`, accurateCast(CAST((
h * 2
) AS Nullable(Int128)), 'Nullable(Int64)') AS `twice`, __kith_t.`tags` AS `tags`, __kith_t.`at` AS `at`, __kith_t.`seen` AS `seen`, __kith_t.`day` AS `day`, __kith_t.`row_id` AS `row_id`, __kith_t.`key` AS `key`, __kith_t.`value` AS `value` FROM (
SELECT CAST(__kith_t.`k` AS Nullable(String)) AS `k`, accurateCast(CAST(__kith_t.`h` AS Nullable(Int128)), 'Nullable(Int64)') AS `h`, CAST(__kith_t.`p` AS Nullable(String)) AS `p`, accurateCast(CAST(__kith_t.`op` AS Nullable(Int128)), 'Nullable(Int64)') AS `op`, CAST(__kith_t.`select` AS Nullable(String)) AS `select`, CAST(__kith_t.`__x` AS Nullable(Bool)) AS `__x`, CAST(__kith_t.`it's quoted` AS Nullable(String)) AS `it's quoted`, if(startsWith(trimLeft(CAST(__kith_t.`j` AS Nullable(String))), '{'), concat('{', arrayStringConcat(arrayMap(__kith_p -> concat(toJSONString(__kith_p.1), ':', __kith_p.2), arraySort(JSONExtractKeysAndValuesRaw(assumeNotNull(CAST(__kith_t.`j` AS Nullable(String)))))), ','), '}'), CAST(__kith_t.`j` AS Nullable(String))) AS `j`, CAST(toDecimal64OrNull(JSONExtract(ifNull(CAST(__kith_t.`j` AS Nullable(String)), ''), 'price', 'net', 'Nullable(String)'), 2) AS Nullable(Decimal(12, 2))) AS `price`, arrayMap(__kith_e -> assumeNotNull(__kith_e), arrayFilter(__kith_e -> isNotNull(__kith_e), arrayMap(__kith_e -> CAST(__kith_e AS Nullable(String)), __kith_t.`tags`))) AS `tags`, CAST(__kith_t.`at` AS Nullable(DateTime64(6, 'UTC'))) AS `at`, CAST(__kith_t.`seen` AS Nullable(DateTime64(6, 'UTC'))) AS `seen`, CAST(__kith_t.`day` AS Nullable(Date32)) AS `day`, CAST(__kith_t.`row_id` AS Nullable(String)) AS `row_id`, CAST(__kith_t.`key` AS Nullable(String)) AS `key`, if(isFinite(CAST(__kith_t.`value` AS Nullable(Float64))), CAST(__kith_t.`value` AS Nullable(Float64)) + 0., NULL) AS `value` FROM `raw`.`odd` AS __kith_t
) AS __kith_t
) AS __kith_s
ORDER BY __kith_s.`seen` DESC, __kith_s.`at` DESC, cityHash64(tuple(__kith_s.*)) LIMIT 1 BY __kith_s.`k`, __kith_s.`op`
) AS __kith_s
WHERE ((NOT ifNull((__kith_s.`select` = 'test'), false)))
) AS __kith_s
WHERE (ifNull((__kith_s.`h` > CAST('0' AS Int64)), false))
) WHERE ((NOT isNull(__kith_id)) AND (ifNull(__kith_key, '') != ''))
  ) WHERE kh BETWEEN 0 AND 18446744073709551615 AND toUInt32(bitShiftRight(kh, 48)) IN (SELECT b FROM `kith`.`scratch_run_rows_out_digest` WHERE b < 65536)
)
WHERE bitXor(tag, h) NOT IN (
  SELECT bitXor(sipHash64Keyed((cityHash64('scratch_run_rows_out_pairs'), toUInt64(11400714819323198485)), row_id), h) FROM `kith`.`baseline_rows_out` FINAL
  PREWHERE kh BETWEEN 0 AND 18446744073709551615 AND toUInt32(bitShiftRight(kh, 48)) IN (SELECT b FROM `kith`.`scratch_run_rows_out_digest` WHERE b < 65536)
)
SETTINGS min_insert_block_size_rows = 65536, min_insert_block_size_bytes = 8388608;

-- pairs gone (sync rows_out) at syncs/all.yml:2:11
INSERT INTO `kith`.`scratch_run_rows_out_pairs` (wanted, tag, kh)
SELECT toUInt8(0), sipHash64Keyed((cityHash64('scratch_run_rows_out_pairs'), toUInt64(11400714819323198485)), row_id) AS tag, b.kh FROM (
  SELECT kh, row_id, gone FROM `kith`.`baseline_rows_out` FINAL
  PREWHERE kh BETWEEN 0 AND 18446744073709551615 AND toUInt32(bitShiftRight(kh, 48)) IN (SELECT b FROM `kith`.`scratch_run_rows_out_digest` WHERE b < 65536)
) AS b
WHERE b.gone = 0 AND tag NOT IN (
  SELECT sipHash64Keyed((cityHash64('scratch_run_rows_out_pairs'), toUInt64(11400714819323198485)), row_id) FROM (
SELECT cityHash64(ifNull(__kith_id, '')) AS kh, greatest(cityHash64(tuple(__kith_key, __kith_f0, __kith_f1, __kith_f2, __kith_f3, __kith_f4, __kith_f5, __kith_f6, __kith_f7, __kith_f8)), toUInt64(1)) AS h, assumeNotNull(__kith_id) AS row_id, assumeNotNull(__kith_key) AS key,
  __kith_f0, __kith_f1, __kith_f2, __kith_f3, __kith_f4, __kith_f5, __kith_f6, __kith_f7, __kith_f8, __kith_match AS match, __kith_at AS at
FROM (
SELECT concat(toString(length(__kith_s.`k`)), ':', __kith_s.`k`, toString(length(toString(__kith_s.`op`))), ':', toString(__kith_s.`op`)) AS __kith_id,
  nullIf(__kith_s.`row_id`, '') AS __kith_key,
  __kith_s.`h` AS __kith_f0,
  __kith_s.`op` AS __kith_f1,
  __kith_s.`select` AS __kith_f2,
  __kith_s.`__x` AS __kith_f3,
  __kith_s.`tags` AS __kith_f4,
  __kith_s.`price` AS __kith_f5,
  __kith_s.`at` AS __kith_f6,
  __kith_s.`day` AS __kith_f7,
  CAST('kith' AS Nullable(String)) AS __kith_f8,
  '' AS __kith_match,
  __kith_s.`at` AS __kith_at
FROM (
SELECT __kith_s.`k` AS `k`, __kith_s.`h` AS `h`, __kith_s.`op` AS `op`, __kith_s.`select` AS `select`, __kith_s.`__x` AS `__x`, __kith_s.`price` AS `price`, __kith_s.`tags` AS `tags`, __kith_s.`at` AS `at`, __kith_s.`day` AS `day`, __kith_s.`row_id` AS `row_id` FROM (
SELECT * FROM (
SELECT __kith_t.`k` AS `k`, __kith_t.`h` AS `h`, __kith_t.`p` AS `p`, __kith_t.`op` AS `op`, __kith_t.`select` AS `select`, __kith_t.`__x` AS `__x`, __kith_t.`it's quoted` AS `it's quoted`, __kith_t.`j` AS `j`, __kith_t.`price` AS `price`, accurateCast(CAST((
h * 2
) AS Nullable(Int128)), 'Nullable(Int64)') AS `twice`, __kith_t.`tags` AS `tags`, __kith_t.`at` AS `at`, __kith_t.`seen` AS `seen`, __kith_t.`day` AS `day`, __kith_t.`row_id` AS `row_id`, __kith_t.`key` AS `key`, __kith_t.`value` AS `value` FROM (
SELECT CAST(__kith_t.`k` AS Nullable(String)) AS `k`, accurateCast(CAST(__kith_t.`h` AS Nullable(Int128)), 'Nullable(Int64)') AS `h`, CAST(__kith_t.`p` AS Nullable(String)) AS `p`, accurateCast(CAST(__kith_t.`op` AS Nullable(Int128)), 'Nullable(Int64)') AS `op`, CAST(__kith_t.`select` AS Nullable(String)) AS `select`, CAST(__kith_t.`__x` AS Nullable(Bool)) AS `__x`, CAST(__kith_t.`it's quoted` AS Nullable(String)) AS `it's quoted`, if(startsWith(trimLeft(CAST(__kith_t.`j` AS Nullable(String))), '{'), concat('{', arrayStringConcat(arrayMap(__kith_p -> concat(toJSONString(__kith_p.1), ':', __kith_p.2), arraySort(JSONExtractKeysAndValuesRaw(assumeNotNull(CAST(__kith_t.`j` AS Nullable(String)))))), ','), '}'), CAST(__kith_t.`j` AS Nullable(String))) AS `j`, CAST(toDecimal64OrNull(JSONExtract(ifNull(CAST(__kith_t.`j` AS Nullable(String)), ''), 'price', 'net', 'Nullable(String)'), 2) AS Nullable(Decimal(12, 2))) AS `price`, arrayMap(__kith_e -> assumeNotNull(__kith_e), arrayFilter(__kith_e -> isNotNull(__kith_e), arrayMap(__kith_e -> CAST(__kith_e AS Nullable(String)), __kith_t.`tags`))) AS `tags`, CAST(__kith_t.`at` AS Nullable(DateTime64(6, 'UTC'))) AS `at`, CAST(__kith_t.`seen` AS Nullable(DateTime64(6, 'UTC'))) AS `seen`, CAST(__kith_t.`day` AS Nullable(Date32)) AS `day`, CAST(__kith_t.`row_id` AS Nullable(String)) AS `row_id`, CAST(__kith_t.`key` AS Nullable(String)) AS `key`, if(isFinite(CAST(__kith_t.`value` AS Nullable(Float64))), CAST(__kith_t.`value` AS Nullable(Float64)) + 0., NULL) AS `value` FROM `raw`.`odd` AS __kith_t
) AS __kith_t
) AS __kith_s
ORDER BY __kith_s.`seen` DESC, __kith_s.`at` DESC, cityHash64(tuple(__kith_s.*)) LIMIT 1 BY __kith_s.`k`, __kith_s.`op`
) AS __kith_s
WHERE ((NOT ifNull((__kith_s.`select` = 'test'), false)))
) AS __kith_s
WHERE (ifNull((__kith_s.`h` > CAST('0' AS Int64)), false))
) WHERE ((NOT isNull(__kith_id)) AND (ifNull(__kith_key, '') != ''))
  ) WHERE kh BETWEEN 0 AND 18446744073709551615 AND toUInt32(bitShiftRight(kh, 48)) IN (SELECT b FROM `kith`.`scratch_run_rows_out_digest` WHERE b < 65536)
);

-- compact the baseline (sync rows_out) at syncs/all.yml:2:11
OPTIMIZE TABLE `kith`.`baseline_rows_out` FINAL;

-- repeated row ids (sync rows_out) at syncs/all.yml:2:11
SELECT count(), any(n) FROM (SELECT count() AS n FROM `kith`.`changeset_rows_out_raw` WHERE op != 1 AND kh BETWEEN 0 AND 18446744073709551615 GROUP BY kh, row_id HAVING n > 1);

-- verdicts (sync rows_out) at syncs/all.yml:2:11
CREATE TABLE `kith`.`scratch_run_rows_out_fix` (kh UInt64, row_id String, op UInt8, verdict UInt8, reason UInt8, code LowCardinality(String)) ENGINE = MergeTree ORDER BY (kh, row_id);

-- duplicate keys (sync rows_out) at syncs/all.yml:2:11
INSERT INTO `kith`.`scratch_run_rows_out_fix` (kh, row_id, op, verdict, reason, code)
SELECT kh, row_id, 255, 1, 0, 'duplicate_key' FROM `kith`.`changeset_rows_out_raw` WHERE op IN (2, 3, 4) AND key IN (
  SELECT key FROM (
SELECT cityHash64(ifNull(__kith_id, '')) AS kh, greatest(cityHash64(tuple(__kith_key, __kith_f0, __kith_f1, __kith_f2, __kith_f3, __kith_f4, __kith_f5, __kith_f6, __kith_f7, __kith_f8)), toUInt64(1)) AS h, assumeNotNull(__kith_id) AS row_id, assumeNotNull(__kith_key) AS key,
  __kith_f0, __kith_f1, __kith_f2, __kith_f3, __kith_f4, __kith_f5, __kith_f6, __kith_f7, __kith_f8, __kith_match AS match, __kith_at AS at
FROM (
SELECT concat(toString(length(__kith_s.`k`)), ':', __kith_s.`k`, toString(length(toString(__kith_s.`op`))), ':', toString(__kith_s.`op`)) AS __kith_id,
  nullIf(__kith_s.`row_id`, '') AS __kith_key,
  __kith_s.`h` AS __kith_f0,
  __kith_s.`op` AS __kith_f1,
  __kith_s.`select` AS __kith_f2,
  __kith_s.`__x` AS __kith_f3,
  __kith_s.`tags` AS __kith_f4,
  __kith_s.`price` AS __kith_f5,
  __kith_s.`at` AS __kith_f6,
  __kith_s.`day` AS __kith_f7,
  CAST('kith' AS Nullable(String)) AS __kith_f8,
  '' AS __kith_match,
  __kith_s.`at` AS __kith_at
FROM (
SELECT __kith_s.`k` AS `k`, __kith_s.`h` AS `h`, __kith_s.`op` AS `op`, __kith_s.`select` AS `select`, __kith_s.`__x` AS `__x`, __kith_s.`price` AS `price`, __kith_s.`tags` AS `tags`, __kith_s.`at` AS `at`, __kith_s.`day` AS `day`, __kith_s.`row_id` AS `row_id` FROM (
SELECT * FROM (
SELECT __kith_t.`k` AS `k`, __kith_t.`h` AS `h`, __kith_t.`p` AS `p`, __kith_t.`op` AS `op`, __kith_t.`select` AS `select`, __kith_t.`__x` AS `__x`, __kith_t.`it's quoted` AS `it's quoted`, __kith_t.`j` AS `j`, __kith_t.`price` AS `price`, accurateCast(CAST((
h * 2
) AS Nullable(Int128)), 'Nullable(Int64)') AS `twice`, __kith_t.`tags` AS `tags`, __kith_t.`at` AS `at`, __kith_t.`seen` AS `seen`, __kith_t.`day` AS `day`, __kith_t.`row_id` AS `row_id`, __kith_t.`key` AS `key`, __kith_t.`value` AS `value` FROM (
SELECT CAST(__kith_t.`k` AS Nullable(String)) AS `k`, accurateCast(CAST(__kith_t.`h` AS Nullable(Int128)), 'Nullable(Int64)') AS `h`, CAST(__kith_t.`p` AS Nullable(String)) AS `p`, accurateCast(CAST(__kith_t.`op` AS Nullable(Int128)), 'Nullable(Int64)') AS `op`, CAST(__kith_t.`select` AS Nullable(String)) AS `select`, CAST(__kith_t.`__x` AS Nullable(Bool)) AS `__x`, CAST(__kith_t.`it's quoted` AS Nullable(String)) AS `it's quoted`, if(startsWith(trimLeft(CAST(__kith_t.`j` AS Nullable(String))), '{'), concat('{', arrayStringConcat(arrayMap(__kith_p -> concat(toJSONString(__kith_p.1), ':', __kith_p.2), arraySort(JSONExtractKeysAndValuesRaw(assumeNotNull(CAST(__kith_t.`j` AS Nullable(String)))))), ','), '}'), CAST(__kith_t.`j` AS Nullable(String))) AS `j`, CAST(toDecimal64OrNull(JSONExtract(ifNull(CAST(__kith_t.`j` AS Nullable(String)), ''), 'price', 'net', 'Nullable(String)'), 2) AS Nullable(Decimal(12, 2))) AS `price`, arrayMap(__kith_e -> assumeNotNull(__kith_e), arrayFilter(__kith_e -> isNotNull(__kith_e), arrayMap(__kith_e -> CAST(__kith_e AS Nullable(String)), __kith_t.`tags`))) AS `tags`, CAST(__kith_t.`at` AS Nullable(DateTime64(6, 'UTC'))) AS `at`, CAST(__kith_t.`seen` AS Nullable(DateTime64(6, 'UTC'))) AS `seen`, CAST(__kith_t.`day` AS Nullable(Date32)) AS `day`, CAST(__kith_t.`row_id` AS Nullable(String)) AS `row_id`, CAST(__kith_t.`key` AS Nullable(String)) AS `key`, if(isFinite(CAST(__kith_t.`value` AS Nullable(Float64))), CAST(__kith_t.`value` AS Nullable(Float64)) + 0., NULL) AS `value` FROM `raw`.`odd` AS __kith_t
) AS __kith_t
) AS __kith_s
ORDER BY __kith_s.`seen` DESC, __kith_s.`at` DESC, cityHash64(tuple(__kith_s.*)) LIMIT 1 BY __kith_s.`k`, __kith_s.`op`
) AS __kith_s
WHERE ((NOT ifNull((__kith_s.`select` = 'test'), false)))
) AS __kith_s
WHERE (ifNull((__kith_s.`h` > CAST('0' AS Int64)), false))
) WHERE ((NOT isNull(__kith_id)) AND (ifNull(__kith_key, '') != ''))
  ) WHERE key IN (SELECT key FROM `kith`.`changeset_rows_out_raw` WHERE op IN (2, 3, 4) AND cityHash64(key) % 1 = 0)
  GROUP BY key HAVING count() > 1
);

-- taken keys (sync rows_out) at syncs/all.yml:2:11
INSERT INTO `kith`.`scratch_run_rows_out_fix` (kh, row_id, op, verdict, reason, code)
SELECT kh, row_id, op, if(reason = 5 AND kh IN (SELECT kh FROM `kith`.`changeset_rows_out_raw` WHERE op > 1), 1, 7), 0, '' FROM `kith`.`changeset_rows_out_raw` WHERE (op = 1 OR op = 0 AND reason != 0) AND key IN (
  SELECT key FROM (
SELECT cityHash64(ifNull(__kith_id, '')) AS kh, greatest(cityHash64(tuple(__kith_key, __kith_f0, __kith_f1, __kith_f2, __kith_f3, __kith_f4, __kith_f5, __kith_f6, __kith_f7, __kith_f8)), toUInt64(1)) AS h, assumeNotNull(__kith_id) AS row_id, assumeNotNull(__kith_key) AS key,
  __kith_f0, __kith_f1, __kith_f2, __kith_f3, __kith_f4, __kith_f5, __kith_f6, __kith_f7, __kith_f8, __kith_match AS match, __kith_at AS at
FROM (
SELECT concat(toString(length(__kith_s.`k`)), ':', __kith_s.`k`, toString(length(toString(__kith_s.`op`))), ':', toString(__kith_s.`op`)) AS __kith_id,
  nullIf(__kith_s.`row_id`, '') AS __kith_key,
  __kith_s.`h` AS __kith_f0,
  __kith_s.`op` AS __kith_f1,
  __kith_s.`select` AS __kith_f2,
  __kith_s.`__x` AS __kith_f3,
  __kith_s.`tags` AS __kith_f4,
  __kith_s.`price` AS __kith_f5,
  __kith_s.`at` AS __kith_f6,
  __kith_s.`day` AS __kith_f7,
  CAST('kith' AS Nullable(String)) AS __kith_f8,
  '' AS __kith_match,
  __kith_s.`at` AS __kith_at
FROM (
SELECT __kith_s.`k` AS `k`, __kith_s.`h` AS `h`, __kith_s.`op` AS `op`, __kith_s.`select` AS `select`, __kith_s.`__x` AS `__x`, __kith_s.`price` AS `price`, __kith_s.`tags` AS `tags`, __kith_s.`at` AS `at`, __kith_s.`day` AS `day`, __kith_s.`row_id` AS `row_id` FROM (
SELECT * FROM (
SELECT __kith_t.`k` AS `k`, __kith_t.`h` AS `h`, __kith_t.`p` AS `p`, __kith_t.`op` AS `op`, __kith_t.`select` AS `select`, __kith_t.`__x` AS `__x`, __kith_t.`it's quoted` AS `it's quoted`, __kith_t.`j` AS `j`, __kith_t.`price` AS `price`, accurateCast(CAST((
h * 2
) AS Nullable(Int128)), 'Nullable(Int64)') AS `twice`, __kith_t.`tags` AS `tags`, __kith_t.`at` AS `at`, __kith_t.`seen` AS `seen`, __kith_t.`day` AS `day`, __kith_t.`row_id` AS `row_id`, __kith_t.`key` AS `key`, __kith_t.`value` AS `value` FROM (
SELECT CAST(__kith_t.`k` AS Nullable(String)) AS `k`, accurateCast(CAST(__kith_t.`h` AS Nullable(Int128)), 'Nullable(Int64)') AS `h`, CAST(__kith_t.`p` AS Nullable(String)) AS `p`, accurateCast(CAST(__kith_t.`op` AS Nullable(Int128)), 'Nullable(Int64)') AS `op`, CAST(__kith_t.`select` AS Nullable(String)) AS `select`, CAST(__kith_t.`__x` AS Nullable(Bool)) AS `__x`, CAST(__kith_t.`it's quoted` AS Nullable(String)) AS `it's quoted`, if(startsWith(trimLeft(CAST(__kith_t.`j` AS Nullable(String))), '{'), concat('{', arrayStringConcat(arrayMap(__kith_p -> concat(toJSONString(__kith_p.1), ':', __kith_p.2), arraySort(JSONExtractKeysAndValuesRaw(assumeNotNull(CAST(__kith_t.`j` AS Nullable(String)))))), ','), '}'), CAST(__kith_t.`j` AS Nullable(String))) AS `j`, CAST(toDecimal64OrNull(JSONExtract(ifNull(CAST(__kith_t.`j` AS Nullable(String)), ''), 'price', 'net', 'Nullable(String)'), 2) AS Nullable(Decimal(12, 2))) AS `price`, arrayMap(__kith_e -> assumeNotNull(__kith_e), arrayFilter(__kith_e -> isNotNull(__kith_e), arrayMap(__kith_e -> CAST(__kith_e AS Nullable(String)), __kith_t.`tags`))) AS `tags`, CAST(__kith_t.`at` AS Nullable(DateTime64(6, 'UTC'))) AS `at`, CAST(__kith_t.`seen` AS Nullable(DateTime64(6, 'UTC'))) AS `seen`, CAST(__kith_t.`day` AS Nullable(Date32)) AS `day`, CAST(__kith_t.`row_id` AS Nullable(String)) AS `row_id`, CAST(__kith_t.`key` AS Nullable(String)) AS `key`, if(isFinite(CAST(__kith_t.`value` AS Nullable(Float64))), CAST(__kith_t.`value` AS Nullable(Float64)) + 0., NULL) AS `value` FROM `raw`.`odd` AS __kith_t
) AS __kith_t
) AS __kith_s
ORDER BY __kith_s.`seen` DESC, __kith_s.`at` DESC, cityHash64(tuple(__kith_s.*)) LIMIT 1 BY __kith_s.`k`, __kith_s.`op`
) AS __kith_s
WHERE ((NOT ifNull((__kith_s.`select` = 'test'), false)))
) AS __kith_s
WHERE (ifNull((__kith_s.`h` > CAST('0' AS Int64)), false))
) WHERE ((NOT isNull(__kith_id)) AND (ifNull(__kith_key, '') != ''))
  ) WHERE key IN (SELECT key FROM `kith`.`changeset_rows_out_raw` WHERE (op = 1 OR op = 0 AND reason != 0))
);

-- passed records (sync rows_out) at syncs/all.yml:2:11
INSERT INTO `kith`.`scratch_run_rows_out_fix` (kh, row_id, op, verdict, reason, code)
SELECT kh, row_id, op, if(op = 2, 5, 2), 0, '' FROM `kith`.`changeset_rows_out_raw` WHERE (op = 2 AND gone != 0 OR (op = 1 OR op = 0 AND reason != 0) AND reason != 5 AND h = 0) AND row_id NOT IN (SELECT row_id FROM `kith`.`foreign_rows` FINAL WHERE sync = 'rows_out') AND row_id IN (
  SELECT x.id FROM (
    SELECT row_id AS id, own, arrayJoin([if(remote_id NOT IN ('', 'none'), concat('r', remote_id), concat('k', k)), concat('u', k)]) AS record FROM (SELECT row_id, if(position(row_id, 'key-') > 0, substring(row_id, 1, position(row_id, 'key-') - 1), row_id) AS own, if(op = 2, old_key, key) AS k, remote_id FROM `kith`.`changeset_rows_out_raw` WHERE op = 2 AND gone != 0 OR (op = 1 OR op = 0 AND reason != 0) AND reason != 5 AND h = 0)
  ) AS x
  JOIN (
    SELECT row_id AS id, if(position(row_id, 'key-') > 0, substring(row_id, 1, position(row_id, 'key-') - 1), row_id) AS own, gone, ver, arrayJoin(if(remote_id NOT IN ('', 'none'), [concat('r', remote_id), concat('k', key)], [concat('u', key)])) AS record FROM `kith`.`baseline_rows_out` FINAL
    WHERE (key IN (SELECT k FROM (SELECT row_id, if(position(row_id, 'key-') > 0, substring(row_id, 1, position(row_id, 'key-') - 1), row_id) AS own, if(op = 2, old_key, key) AS k, remote_id FROM `kith`.`changeset_rows_out_raw` WHERE op = 2 AND gone != 0 OR (op = 1 OR op = 0 AND reason != 0) AND reason != 5 AND h = 0)) OR remote_id NOT IN ('', 'none') AND remote_id IN (SELECT remote_id FROM (SELECT row_id, if(position(row_id, 'key-') > 0, substring(row_id, 1, position(row_id, 'key-') - 1), row_id) AS own, if(op = 2, old_key, key) AS k, remote_id FROM `kith`.`changeset_rows_out_raw` WHERE op = 2 AND gone != 0 OR (op = 1 OR op = 0 AND reason != 0) AND reason != 5 AND h = 0))) AND (h != 0 OR notEmpty(fh) OR remote_id NOT IN ('', 'none')) AND row_id NOT IN (SELECT row_id FROM `kith`.`foreign_rows` FINAL WHERE sync = 'rows_out')
  ) AS y ON x.record = y.record
  GROUP BY x.id, x.own HAVING max(y.id = x.id AND y.gone != 0) AND argMax(y.own, (y.gone = 0, y.ver)) != x.own
);

-- returned keys (sync rows_out) at syncs/all.yml:2:11
INSERT INTO `kith`.`scratch_run_rows_out_fix` (kh, row_id, op, verdict, reason, code)
SELECT kh, row_id, op, 5, 0, '' FROM `kith`.`changeset_rows_out_raw` WHERE op = 2 AND gone != 0 AND row_id NOT IN (SELECT row_id FROM `kith`.`foreign_rows` FINAL WHERE sync = 'rows_out') AND (old_key NOT IN (SELECT key FROM `kith`.`changeset_rows_out_raw` WHERE op = 2) OR (old_key, key) IN (SELECT key, old_key FROM `kith`.`changeset_rows_out_raw` WHERE op = 2 AND gone != 0)) AND old_key IN (
  SELECT key FROM (
SELECT cityHash64(ifNull(__kith_id, '')) AS kh, greatest(cityHash64(tuple(__kith_key, __kith_f0, __kith_f1, __kith_f2, __kith_f3, __kith_f4, __kith_f5, __kith_f6, __kith_f7, __kith_f8)), toUInt64(1)) AS h, assumeNotNull(__kith_id) AS row_id, assumeNotNull(__kith_key) AS key,
  __kith_f0, __kith_f1, __kith_f2, __kith_f3, __kith_f4, __kith_f5, __kith_f6, __kith_f7, __kith_f8, __kith_match AS match, __kith_at AS at
FROM (
SELECT concat(toString(length(__kith_s.`k`)), ':', __kith_s.`k`, toString(length(toString(__kith_s.`op`))), ':', toString(__kith_s.`op`)) AS __kith_id,
  nullIf(__kith_s.`row_id`, '') AS __kith_key,
  __kith_s.`h` AS __kith_f0,
  __kith_s.`op` AS __kith_f1,
  __kith_s.`select` AS __kith_f2,
  __kith_s.`__x` AS __kith_f3,
  __kith_s.`tags` AS __kith_f4,
  __kith_s.`price` AS __kith_f5,
  __kith_s.`at` AS __kith_f6,
  __kith_s.`day` AS __kith_f7,
  CAST('kith' AS Nullable(String)) AS __kith_f8,
  '' AS __kith_match,
  __kith_s.`at` AS __kith_at
FROM (
SELECT __kith_s.`k` AS `k`, __kith_s.`h` AS `h`, __kith_s.`op` AS `op`, __kith_s.`select` AS `select`, __kith_s.`__x` AS `__x`, __kith_s.`price` AS `price`, __kith_s.`tags` AS `tags`, __kith_s.`at` AS `at`, __kith_s.`day` AS `day`, __kith_s.`row_id` AS `row_id` FROM (
SELECT * FROM (
SELECT __kith_t.`k` AS `k`, __kith_t.`h` AS `h`, __kith_t.`p` AS `p`, __kith_t.`op` AS `op`, __kith_t.`select` AS `select`, __kith_t.`__x` AS `__x`, __kith_t.`it's quoted` AS `it's quoted`, __kith_t.`j` AS `j`, __kith_t.`price` AS `price`, accurateCast(CAST((
h * 2
) AS Nullable(Int128)), 'Nullable(Int64)') AS `twice`, __kith_t.`tags` AS `tags`, __kith_t.`at` AS `at`, __kith_t.`seen` AS `seen`, __kith_t.`day` AS `day`, __kith_t.`row_id` AS `row_id`, __kith_t.`key` AS `key`, __kith_t.`value` AS `value` FROM (
SELECT CAST(__kith_t.`k` AS Nullable(String)) AS `k`, accurateCast(CAST(__kith_t.`h` AS Nullable(Int128)), 'Nullable(Int64)') AS `h`, CAST(__kith_t.`p` AS Nullable(String)) AS `p`, accurateCast(CAST(__kith_t.`op` AS Nullable(Int128)), 'Nullable(Int64)') AS `op`, CAST(__kith_t.`select` AS Nullable(String)) AS `select`, CAST(__kith_t.`__x` AS Nullable(Bool)) AS `__x`, CAST(__kith_t.`it's quoted` AS Nullable(String)) AS `it's quoted`, if(startsWith(trimLeft(CAST(__kith_t.`j` AS Nullable(String))), '{'), concat('{', arrayStringConcat(arrayMap(__kith_p -> concat(toJSONString(__kith_p.1), ':', __kith_p.2), arraySort(JSONExtractKeysAndValuesRaw(assumeNotNull(CAST(__kith_t.`j` AS Nullable(String)))))), ','), '}'), CAST(__kith_t.`j` AS Nullable(String))) AS `j`, CAST(toDecimal64OrNull(JSONExtract(ifNull(CAST(__kith_t.`j` AS Nullable(String)), ''), 'price', 'net', 'Nullable(String)'), 2) AS Nullable(Decimal(12, 2))) AS `price`, arrayMap(__kith_e -> assumeNotNull(__kith_e), arrayFilter(__kith_e -> isNotNull(__kith_e), arrayMap(__kith_e -> CAST(__kith_e AS Nullable(String)), __kith_t.`tags`))) AS `tags`, CAST(__kith_t.`at` AS Nullable(DateTime64(6, 'UTC'))) AS `at`, CAST(__kith_t.`seen` AS Nullable(DateTime64(6, 'UTC'))) AS `seen`, CAST(__kith_t.`day` AS Nullable(Date32)) AS `day`, CAST(__kith_t.`row_id` AS Nullable(String)) AS `row_id`, CAST(__kith_t.`key` AS Nullable(String)) AS `key`, if(isFinite(CAST(__kith_t.`value` AS Nullable(Float64))), CAST(__kith_t.`value` AS Nullable(Float64)) + 0., NULL) AS `value` FROM `raw`.`odd` AS __kith_t
) AS __kith_t
) AS __kith_s
ORDER BY __kith_s.`seen` DESC, __kith_s.`at` DESC, cityHash64(tuple(__kith_s.*)) LIMIT 1 BY __kith_s.`k`, __kith_s.`op`
) AS __kith_s
WHERE ((NOT ifNull((__kith_s.`select` = 'test'), false)))
) AS __kith_s
WHERE (ifNull((__kith_s.`h` > CAST('0' AS Int64)), false))
) WHERE ((NOT isNull(__kith_id)) AND (ifNull(__kith_key, '') != ''))
  ) WHERE key IN (SELECT old_key FROM `kith`.`changeset_rows_out_raw` WHERE op = 2 AND gone != 0)
);

-- returned rows (sync rows_out) at syncs/all.yml:2:11
INSERT INTO `kith`.`changeset_rows_out_raw` (op, kh, row_id, action, reason, key, old_key, h, fh, changed, fields, match, old_match, remote_id, at, gone, del)
SELECT half, kh, row_id, '', 0, if(half = 0, old_key, key), '', if(half = 0, 0, h), fh, changed, if(half = 0, '', fields), match, '', if(half = 0, remote_id, ''), at, 0, half = 0
FROM (SELECT *, arrayJoin([0, 4]) AS half FROM `kith`.`changeset_rows_out_raw` WHERE op = 2 AND gone != 0 AND row_id IN (SELECT row_id FROM `kith`.`scratch_run_rows_out_fix` WHERE verdict = 5));

-- keys in use (sync rows_out) at syncs/all.yml:2:11
INSERT INTO `kith`.`scratch_run_rows_out_fix` (kh, row_id, op, verdict, reason, code)
SELECT kh, row_id, 255, 1, 0, 'key_in_use' FROM `kith`.`changeset_rows_out_raw` WHERE op IN (2, 3, 4) AND row_id NOT IN (SELECT row_id FROM `kith`.`scratch_run_rows_out_fix` WHERE verdict = 1) AND (
  key IN (SELECT old_key FROM (SELECT row_id, key, old_key FROM `kith`.`changeset_rows_out_raw` WHERE op = 2 AND row_id NOT IN (SELECT row_id FROM `kith`.`scratch_run_rows_out_fix` WHERE verdict IN (4, 5, 6))) AS n WHERE n.row_id IN (SELECT row_id FROM `kith`.`scratch_run_rows_out_fix` WHERE verdict = 1 AND code != '' AND op IN (2, 255)))
  OR op = 2 AND key IN (SELECT old_key FROM (SELECT row_id, key, old_key FROM `kith`.`changeset_rows_out_raw` WHERE op = 2 AND row_id NOT IN (SELECT row_id FROM `kith`.`scratch_run_rows_out_fix` WHERE verdict IN (4, 5, 6))) AS n WHERE n.key NOT IN (SELECT old_key FROM (SELECT row_id, key, old_key FROM `kith`.`changeset_rows_out_raw` WHERE op = 2 AND row_id NOT IN (SELECT row_id FROM `kith`.`scratch_run_rows_out_fix` WHERE verdict IN (4, 5, 6))) AS o))
);

-- keys in rings (sync rows_out) at syncs/all.yml:2:11
INSERT INTO `kith`.`scratch_run_rows_out_fix` (kh, row_id, op, verdict, reason, code)
SELECT kh, row_id, op, 6, 0, '' FROM `kith`.`changeset_rows_out_raw` WHERE op = 2 AND row_id IN (
  SELECT n.row_id FROM (SELECT row_id, key, old_key FROM `kith`.`changeset_rows_out_raw` WHERE op = 2 AND row_id NOT IN (SELECT row_id FROM `kith`.`scratch_run_rows_out_fix` WHERE verdict IN (4, 5, 6))) AS n WHERE n.row_id NOT IN (SELECT row_id FROM `kith`.`scratch_run_rows_out_fix` WHERE verdict = 1 AND op IN (2, 255)) AND n.key IN (SELECT n.old_key FROM (SELECT row_id, key, old_key FROM `kith`.`changeset_rows_out_raw` WHERE op = 2 AND row_id NOT IN (SELECT row_id FROM `kith`.`scratch_run_rows_out_fix` WHERE verdict IN (4, 5, 6))) AS n WHERE n.row_id NOT IN (SELECT row_id FROM `kith`.`scratch_run_rows_out_fix` WHERE verdict = 1 AND op IN (2, 255)))
);

-- rows of rings (sync rows_out) at syncs/all.yml:2:11
INSERT INTO `kith`.`changeset_rows_out_raw` (op, kh, row_id, action, reason, key, old_key, h, fh, changed, fields, match, old_match, remote_id, at, gone, del)
SELECT half, kh, row_id, '', 0, key, '', if(half = 0, 0, h), if(half = 0, arrayMap(x -> toUInt32(0), fh), fh), range(toUInt16(length(fh))), if(half = 0, '', fields), match, '', o.id, at, 0, 0
FROM (SELECT *, arrayJoin([0, 3]) AS half FROM `kith`.`changeset_rows_out_raw` WHERE op = 2 AND row_id IN (SELECT row_id FROM `kith`.`scratch_run_rows_out_fix` WHERE verdict = 6)) AS r
JOIN (SELECT old_key AS stands, remote_id AS id FROM `kith`.`changeset_rows_out_raw` WHERE op = 2 AND row_id IN (SELECT row_id FROM `kith`.`scratch_run_rows_out_fix` WHERE verdict = 6)) AS o ON r.key = o.stands;

-- reasons (sync rows_out) at syncs/all.yml:2:11
INSERT INTO `kith`.`scratch_run_rows_out_fix` (kh, row_id, op, verdict, reason, code)
SELECT kh, row_id, op, 3, why, '' FROM (
  SELECT r.kh AS kh, r.row_id AS row_id, r.op AS op, r.reason AS reason, toUInt8(multiIf(w.__kith_withdrawn = 1, 4, w.__kith_merged = 1, 3, ifNull(w.__kith_id, '') = '', 2, 1)) AS why
  FROM (SELECT kh, row_id, op, reason, if(position(row_id, 'key-') > 0, substring(row_id, 1, position(row_id, 'key-') - 1), row_id) AS own FROM `kith`.`changeset_rows_out_raw` WHERE reason NOT IN (0, 5)) AS r
  LEFT JOIN (
    SELECT __kith_id, max(__kith_withdrawn) AS __kith_withdrawn, max(__kith_merged) AS __kith_merged FROM (
SELECT concat(toString(length(__kith_s.`k`)), ':', __kith_s.`k`, toString(length(toString(__kith_s.`op`))), ':', toString(__kith_s.`op`)) AS __kith_id, 0 AS __kith_withdrawn, 0 AS __kith_merged FROM (
SELECT __kith_s.`k` AS `k`, __kith_s.`h` AS `h`, __kith_s.`p` AS `p`, __kith_s.`op` AS `op`, __kith_s.`select` AS `select`, __kith_s.`__x` AS `__x`, __kith_s.`it's quoted` AS `it's quoted`, __kith_s.`j` AS `j`, __kith_s.`price` AS `price`, __kith_s.`twice` AS `twice`, __kith_s.`tags` AS `tags`, __kith_s.`at` AS `at`, __kith_s.`seen` AS `seen`, __kith_s.`day` AS `day`, __kith_s.`row_id` AS `row_id`, __kith_s.`key` AS `key`, __kith_s.`value` AS `value` FROM (
SELECT * FROM (
SELECT __kith_t.`k` AS `k`, __kith_t.`h` AS `h`, __kith_t.`p` AS `p`, __kith_t.`op` AS `op`, __kith_t.`select` AS `select`, __kith_t.`__x` AS `__x`, __kith_t.`it's quoted` AS `it's quoted`, __kith_t.`j` AS `j`, __kith_t.`price` AS `price`, accurateCast(CAST((
h * 2
) AS Nullable(Int128)), 'Nullable(Int64)') AS `twice`, __kith_t.`tags` AS `tags`, __kith_t.`at` AS `at`, __kith_t.`seen` AS `seen`, __kith_t.`day` AS `day`, __kith_t.`row_id` AS `row_id`, __kith_t.`key` AS `key`, __kith_t.`value` AS `value` FROM (
SELECT CAST(__kith_t.`k` AS Nullable(String)) AS `k`, accurateCast(CAST(__kith_t.`h` AS Nullable(Int128)), 'Nullable(Int64)') AS `h`, CAST(__kith_t.`p` AS Nullable(String)) AS `p`, accurateCast(CAST(__kith_t.`op` AS Nullable(Int128)), 'Nullable(Int64)') AS `op`, CAST(__kith_t.`select` AS Nullable(String)) AS `select`, CAST(__kith_t.`__x` AS Nullable(Bool)) AS `__x`, CAST(__kith_t.`it's quoted` AS Nullable(String)) AS `it's quoted`, if(startsWith(trimLeft(CAST(__kith_t.`j` AS Nullable(String))), '{'), concat('{', arrayStringConcat(arrayMap(__kith_p -> concat(toJSONString(__kith_p.1), ':', __kith_p.2), arraySort(JSONExtractKeysAndValuesRaw(assumeNotNull(CAST(__kith_t.`j` AS Nullable(String)))))), ','), '}'), CAST(__kith_t.`j` AS Nullable(String))) AS `j`, CAST(toDecimal64OrNull(JSONExtract(ifNull(CAST(__kith_t.`j` AS Nullable(String)), ''), 'price', 'net', 'Nullable(String)'), 2) AS Nullable(Decimal(12, 2))) AS `price`, arrayMap(__kith_e -> assumeNotNull(__kith_e), arrayFilter(__kith_e -> isNotNull(__kith_e), arrayMap(__kith_e -> CAST(__kith_e AS Nullable(String)), __kith_t.`tags`))) AS `tags`, CAST(__kith_t.`at` AS Nullable(DateTime64(6, 'UTC'))) AS `at`, CAST(__kith_t.`seen` AS Nullable(DateTime64(6, 'UTC'))) AS `seen`, CAST(__kith_t.`day` AS Nullable(Date32)) AS `day`, CAST(__kith_t.`row_id` AS Nullable(String)) AS `row_id`, CAST(__kith_t.`key` AS Nullable(String)) AS `key`, if(isFinite(CAST(__kith_t.`value` AS Nullable(Float64))), CAST(__kith_t.`value` AS Nullable(Float64)) + 0., NULL) AS `value` FROM `raw`.`odd` AS __kith_t
) AS __kith_t
) AS __kith_s
ORDER BY __kith_s.`seen` DESC, __kith_s.`at` DESC, cityHash64(tuple(__kith_s.*)) LIMIT 1 BY __kith_s.`k`, __kith_s.`op`
) AS __kith_s
WHERE ((NOT ifNull((__kith_s.`select` = 'test'), false)))
) AS __kith_s
    ) WHERE __kith_id IN (SELECT if(position(row_id, 'key-') > 0, substring(row_id, 1, position(row_id, 'key-') - 1), row_id) FROM `kith`.`changeset_rows_out_raw` WHERE reason NOT IN (0, 5)) GROUP BY __kith_id
  ) AS w ON r.own = w.__kith_id
) WHERE why != reason
SETTINGS join_use_nulls = 0;

-- doubtful keys (sync rows_out) at syncs/all.yml:2:11
INSERT INTO `kith`.`scratch_run_rows_out_fix` (kh, row_id, op, verdict, reason, code)
SELECT kh, row_id, op, 3, why, '' FROM (
  SELECT r.kh AS kh, r.row_id AS row_id, r.op AS op, r.own AS own, toUInt8(multiIf(w.__kith_withdrawn = 1, 4, w.__kith_merged = 1, 3, ifNull(w.__kith_id, '') = '', 2, 1)) AS why
  FROM (SELECT kh, row_id, op, if(position(row_id, 'key-') > 0, substring(row_id, 1, position(row_id, 'key-') - 1), row_id) AS own FROM `kith`.`changeset_rows_out_raw` WHERE reason = 5) AS r
  LEFT JOIN (
    SELECT __kith_id, max(__kith_withdrawn) AS __kith_withdrawn, max(__kith_merged) AS __kith_merged FROM (
SELECT concat(toString(length(__kith_s.`k`)), ':', __kith_s.`k`, toString(length(toString(__kith_s.`op`))), ':', toString(__kith_s.`op`)) AS __kith_id, 0 AS __kith_withdrawn, 0 AS __kith_merged FROM (
SELECT __kith_s.`k` AS `k`, __kith_s.`h` AS `h`, __kith_s.`p` AS `p`, __kith_s.`op` AS `op`, __kith_s.`select` AS `select`, __kith_s.`__x` AS `__x`, __kith_s.`it's quoted` AS `it's quoted`, __kith_s.`j` AS `j`, __kith_s.`price` AS `price`, __kith_s.`twice` AS `twice`, __kith_s.`tags` AS `tags`, __kith_s.`at` AS `at`, __kith_s.`seen` AS `seen`, __kith_s.`day` AS `day`, __kith_s.`row_id` AS `row_id`, __kith_s.`key` AS `key`, __kith_s.`value` AS `value` FROM (
SELECT * FROM (
SELECT __kith_t.`k` AS `k`, __kith_t.`h` AS `h`, __kith_t.`p` AS `p`, __kith_t.`op` AS `op`, __kith_t.`select` AS `select`, __kith_t.`__x` AS `__x`, __kith_t.`it's quoted` AS `it's quoted`, __kith_t.`j` AS `j`, __kith_t.`price` AS `price`, accurateCast(CAST((
h * 2
) AS Nullable(Int128)), 'Nullable(Int64)') AS `twice`, __kith_t.`tags` AS `tags`, __kith_t.`at` AS `at`, __kith_t.`seen` AS `seen`, __kith_t.`day` AS `day`, __kith_t.`row_id` AS `row_id`, __kith_t.`key` AS `key`, __kith_t.`value` AS `value` FROM (
SELECT CAST(__kith_t.`k` AS Nullable(String)) AS `k`, accurateCast(CAST(__kith_t.`h` AS Nullable(Int128)), 'Nullable(Int64)') AS `h`, CAST(__kith_t.`p` AS Nullable(String)) AS `p`, accurateCast(CAST(__kith_t.`op` AS Nullable(Int128)), 'Nullable(Int64)') AS `op`, CAST(__kith_t.`select` AS Nullable(String)) AS `select`, CAST(__kith_t.`__x` AS Nullable(Bool)) AS `__x`, CAST(__kith_t.`it's quoted` AS Nullable(String)) AS `it's quoted`, if(startsWith(trimLeft(CAST(__kith_t.`j` AS Nullable(String))), '{'), concat('{', arrayStringConcat(arrayMap(__kith_p -> concat(toJSONString(__kith_p.1), ':', __kith_p.2), arraySort(JSONExtractKeysAndValuesRaw(assumeNotNull(CAST(__kith_t.`j` AS Nullable(String)))))), ','), '}'), CAST(__kith_t.`j` AS Nullable(String))) AS `j`, CAST(toDecimal64OrNull(JSONExtract(ifNull(CAST(__kith_t.`j` AS Nullable(String)), ''), 'price', 'net', 'Nullable(String)'), 2) AS Nullable(Decimal(12, 2))) AS `price`, arrayMap(__kith_e -> assumeNotNull(__kith_e), arrayFilter(__kith_e -> isNotNull(__kith_e), arrayMap(__kith_e -> CAST(__kith_e AS Nullable(String)), __kith_t.`tags`))) AS `tags`, CAST(__kith_t.`at` AS Nullable(DateTime64(6, 'UTC'))) AS `at`, CAST(__kith_t.`seen` AS Nullable(DateTime64(6, 'UTC'))) AS `seen`, CAST(__kith_t.`day` AS Nullable(Date32)) AS `day`, CAST(__kith_t.`row_id` AS Nullable(String)) AS `row_id`, CAST(__kith_t.`key` AS Nullable(String)) AS `key`, if(isFinite(CAST(__kith_t.`value` AS Nullable(Float64))), CAST(__kith_t.`value` AS Nullable(Float64)) + 0., NULL) AS `value` FROM `raw`.`odd` AS __kith_t
) AS __kith_t
) AS __kith_s
ORDER BY __kith_s.`seen` DESC, __kith_s.`at` DESC, cityHash64(tuple(__kith_s.*)) LIMIT 1 BY __kith_s.`k`, __kith_s.`op`
) AS __kith_s
WHERE ((NOT ifNull((__kith_s.`select` = 'test'), false)))
) AS __kith_s
    ) WHERE __kith_id IN (SELECT if(position(row_id, 'key-') > 0, substring(row_id, 1, position(row_id, 'key-') - 1), row_id) FROM `kith`.`changeset_rows_out_raw` WHERE reason = 5) GROUP BY __kith_id
  ) AS w ON r.own = w.__kith_id
) WHERE why != 3 AND own NOT IN (
  SELECT row_id FROM (
SELECT cityHash64(ifNull(__kith_id, '')) AS kh, greatest(cityHash64(tuple(__kith_key, __kith_f0, __kith_f1, __kith_f2, __kith_f3, __kith_f4, __kith_f5, __kith_f6, __kith_f7, __kith_f8)), toUInt64(1)) AS h, assumeNotNull(__kith_id) AS row_id, assumeNotNull(__kith_key) AS key,
  __kith_f0, __kith_f1, __kith_f2, __kith_f3, __kith_f4, __kith_f5, __kith_f6, __kith_f7, __kith_f8, __kith_match AS match, __kith_at AS at
FROM (
SELECT concat(toString(length(__kith_s.`k`)), ':', __kith_s.`k`, toString(length(toString(__kith_s.`op`))), ':', toString(__kith_s.`op`)) AS __kith_id,
  nullIf(__kith_s.`row_id`, '') AS __kith_key,
  __kith_s.`h` AS __kith_f0,
  __kith_s.`op` AS __kith_f1,
  __kith_s.`select` AS __kith_f2,
  __kith_s.`__x` AS __kith_f3,
  __kith_s.`tags` AS __kith_f4,
  __kith_s.`price` AS __kith_f5,
  __kith_s.`at` AS __kith_f6,
  __kith_s.`day` AS __kith_f7,
  CAST('kith' AS Nullable(String)) AS __kith_f8,
  '' AS __kith_match,
  __kith_s.`at` AS __kith_at
FROM (
SELECT __kith_s.`k` AS `k`, __kith_s.`h` AS `h`, __kith_s.`op` AS `op`, __kith_s.`select` AS `select`, __kith_s.`__x` AS `__x`, __kith_s.`price` AS `price`, __kith_s.`tags` AS `tags`, __kith_s.`at` AS `at`, __kith_s.`day` AS `day`, __kith_s.`row_id` AS `row_id` FROM (
SELECT * FROM (
SELECT __kith_t.`k` AS `k`, __kith_t.`h` AS `h`, __kith_t.`p` AS `p`, __kith_t.`op` AS `op`, __kith_t.`select` AS `select`, __kith_t.`__x` AS `__x`, __kith_t.`it's quoted` AS `it's quoted`, __kith_t.`j` AS `j`, __kith_t.`price` AS `price`, accurateCast(CAST((
h * 2
) AS Nullable(Int128)), 'Nullable(Int64)') AS `twice`, __kith_t.`tags` AS `tags`, __kith_t.`at` AS `at`, __kith_t.`seen` AS `seen`, __kith_t.`day` AS `day`, __kith_t.`row_id` AS `row_id`, __kith_t.`key` AS `key`, __kith_t.`value` AS `value` FROM (
SELECT CAST(__kith_t.`k` AS Nullable(String)) AS `k`, accurateCast(CAST(__kith_t.`h` AS Nullable(Int128)), 'Nullable(Int64)') AS `h`, CAST(__kith_t.`p` AS Nullable(String)) AS `p`, accurateCast(CAST(__kith_t.`op` AS Nullable(Int128)), 'Nullable(Int64)') AS `op`, CAST(__kith_t.`select` AS Nullable(String)) AS `select`, CAST(__kith_t.`__x` AS Nullable(Bool)) AS `__x`, CAST(__kith_t.`it's quoted` AS Nullable(String)) AS `it's quoted`, if(startsWith(trimLeft(CAST(__kith_t.`j` AS Nullable(String))), '{'), concat('{', arrayStringConcat(arrayMap(__kith_p -> concat(toJSONString(__kith_p.1), ':', __kith_p.2), arraySort(JSONExtractKeysAndValuesRaw(assumeNotNull(CAST(__kith_t.`j` AS Nullable(String)))))), ','), '}'), CAST(__kith_t.`j` AS Nullable(String))) AS `j`, CAST(toDecimal64OrNull(JSONExtract(ifNull(CAST(__kith_t.`j` AS Nullable(String)), ''), 'price', 'net', 'Nullable(String)'), 2) AS Nullable(Decimal(12, 2))) AS `price`, arrayMap(__kith_e -> assumeNotNull(__kith_e), arrayFilter(__kith_e -> isNotNull(__kith_e), arrayMap(__kith_e -> CAST(__kith_e AS Nullable(String)), __kith_t.`tags`))) AS `tags`, CAST(__kith_t.`at` AS Nullable(DateTime64(6, 'UTC'))) AS `at`, CAST(__kith_t.`seen` AS Nullable(DateTime64(6, 'UTC'))) AS `seen`, CAST(__kith_t.`day` AS Nullable(Date32)) AS `day`, CAST(__kith_t.`row_id` AS Nullable(String)) AS `row_id`, CAST(__kith_t.`key` AS Nullable(String)) AS `key`, if(isFinite(CAST(__kith_t.`value` AS Nullable(Float64))), CAST(__kith_t.`value` AS Nullable(Float64)) + 0., NULL) AS `value` FROM `raw`.`odd` AS __kith_t
) AS __kith_t
) AS __kith_s
ORDER BY __kith_s.`seen` DESC, __kith_s.`at` DESC, cityHash64(tuple(__kith_s.*)) LIMIT 1 BY __kith_s.`k`, __kith_s.`op`
) AS __kith_s
WHERE ((NOT ifNull((__kith_s.`select` = 'test'), false)))
) AS __kith_s
WHERE (ifNull((__kith_s.`h` > CAST('0' AS Int64)), false))
) WHERE ((NOT isNull(__kith_id)) AND (ifNull(__kith_key, '') != ''))
  ) WHERE row_id IN (SELECT if(position(row_id, 'key-') > 0, substring(row_id, 1, position(row_id, 'key-') - 1), row_id) FROM `kith`.`changeset_rows_out_raw` WHERE reason = 5)
)
SETTINGS join_use_nulls = 0;

-- backoff (sync rows_out) at syncs/all.yml:2:11
INSERT INTO `kith`.`scratch_run_rows_out_fix` (kh, row_id, op, verdict, reason, code)
SELECT r.kh, r.row_id, if(r.op = 1 AND r.reason = 0, 255, r.op), 1, 0, if(x.code = 'unconfirmed', x.code, 'backoff') FROM (
  SELECT r.kh AS kh, r.row_id AS row_id, r.op AS op, r.reason AS reason, if(r.goes, 1, r.op) AS sent, if(r.goes, bitXor(r.h, toUInt64(if(f.why != 0, f.why, r.reason))), r.h) AS h
  FROM (SELECT kh, row_id, op, h, reason, (op = 1 OR op = 0 AND reason != 0) AS goes FROM `kith`.`changeset_rows_out_raw`) AS r
  LEFT JOIN (SELECT row_id, max(reason) AS why FROM `kith`.`scratch_run_rows_out_fix` WHERE op < 2 AND verdict = 3 GROUP BY row_id) AS f ON r.row_id = f.row_id
) AS r
JOIN (SELECT row_id, op, h, code FROM `kith`.`rejections` FINAL WHERE sync = 'rows_out' AND mapping = 1 AND next_try > toDateTime64('1970-01-01 00:00:00.000000', 6, 'UTC')) AS x
ON r.row_id = x.row_id AND r.sent = x.op AND r.h = x.h
SETTINGS join_use_nulls = 0;

-- pending (sync rows_out) at syncs/all.yml:2:11
INSERT INTO `kith`.`scratch_run_rows_out_fix` (kh, row_id, op, verdict, reason, code)
SELECT r.kh, r.row_id, r.op, 1, 0, 'pending' FROM `kith`.`changeset_rows_out_raw` AS r
JOIN (
  SELECT row_id, max(op = 1) AS removing FROM `kith`.`job_rows`
  WHERE job IN (SELECT job FROM `kith`.`jobs` FINAL WHERE sync = 'rows_out' AND state = 'open') GROUP BY row_id
) AS x ON r.row_id = x.row_id
WHERE NOT (r.op < 2 AND x.removing = 0 AND (r.reason = 4 OR r.row_id IN (SELECT row_id FROM `kith`.`scratch_run_rows_out_fix` WHERE op < 2 AND verdict = 3 AND reason = 4)));

-- changeset table (sync rows_out) at syncs/all.yml:2:11
CREATE TABLE `kith`.`changeset_rows_out` (
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
SETTINGS min_bytes_for_wide_part = 1073741824, max_bytes_to_merge_at_max_space_in_pool = 8388608, parts_to_delay_insert = 100000, parts_to_throw_insert = 100000;

-- changeset with verdicts (sync rows_out) at syncs/all.yml:2:11
INSERT INTO `kith`.`changeset_rows_out` (op, kh, row_id, action, reason, key, old_key, h, fh, changed, fields, match, old_match, remote_id, at, gone, del)
SELECT
  multiIf(forget OR quiet, 0, r.reason = 0, r.op, act = 'ignore', 0, 1) AS o, r.kh, r.row_id,
  if(r.reason = 0, r.action, act) AS a, why, r.key, r.old_key, r.h, r.fh, r.changed,
  if(r.reason != 0 AND act = 'set', set_fields, r.fields) AS ff, r.match, r.old_match, r.remote_id, r.at,
  multiIf(o = 0 AND r.reason != 0 AND NOT forget, why, r.quiet, 0, r.gone) AS g,
  if(forget, 1, r.del) AS d
FROM (
  SELECT r.*, f.forget AS forget, f.quiet AS quiet, if(f.why != 0, f.why, r.reason) AS why, multiIf(why = 4, 'delete', why = 3, 'delete', why = 2, 'delete', why = 1, 'delete', why = 5, 'delete', '') AS act, multiIf(why = 4, '{}', why = 3, '{}', why = 2, '{}', why = 1, '{}', '') AS set_fields
  FROM (SELECT * FROM `kith`.`changeset_rows_out_raw` WHERE kh BETWEEN 0 AND 18446744073709551615) AS r
  LEFT JOIN (
    SELECT row_id, op, max(verdict IN (1, 5, 6)) AS hold, max(verdict = 2) OR max(verdict = 7) AND NOT max(verdict = 8) AS forget, max(verdict = 4) AS quiet, max(reason) AS why
    FROM `kith`.`scratch_run_rows_out_fix` WHERE kh BETWEEN 0 AND 18446744073709551615 AND op != 255 GROUP BY row_id, op
  ) AS f ON r.row_id = f.row_id AND r.op = f.op
  WHERE f.hold = 0 AND r.row_id NOT IN (SELECT row_id FROM `kith`.`scratch_run_rows_out_fix` WHERE op = 255 AND kh BETWEEN 0 AND 18446744073709551615)
) AS r
SETTINGS join_use_nulls = 0;

-- silent rows (sync rows_out) at syncs/all.yml:2:11
INSERT INTO `kith`.`baseline_rows_out` (kh, row_id, key, h, fh, remote_id, match, gone, mapping, ver, del)
SELECT kh, row_id, key, if(gone = 0, h, 0), fh, remote_id, match, gone, 1, 4294967296, del
FROM `kith`.`changeset_rows_out` WHERE op = 0
UNION ALL
SELECT kh, row_id, key, 0, [], '', match, 0, 1, 4294967296, 0
FROM `kith`.`changeset_rows_out_raw` WHERE op = 4 AND key IN (SELECT key FROM `kith`.`changeset_rows_out` WHERE op = 0 AND del = 1 AND remote_id != 'none' AND row_id NOT IN (SELECT row_id FROM `kith`.`foreign_rows` FINAL WHERE sync = 'rows_out')) AND row_id NOT IN (
  SELECT row_id FROM `kith`.`baseline_rows_out` FINAL PREWHERE kh IN (SELECT kh FROM `kith`.`changeset_rows_out_raw` WHERE op = 4 AND key IN (SELECT key FROM `kith`.`changeset_rows_out` WHERE op = 0 AND del = 1 AND remote_id != 'none' AND row_id NOT IN (SELECT row_id FROM `kith`.`foreign_rows` FINAL WHERE sync = 'rows_out')))
)
UNION ALL
SELECT kh, concat(row_id, 'key-', lower(hex(substring(SHA256(key), 1, 8)))), key, 0, [], '', '', 0, 1, 4294967296, 0
FROM `kith`.`changeset_rows_out_raw` WHERE op = 2 AND key IN (SELECT key FROM `kith`.`changeset_rows_out` WHERE op = 0 AND del = 1 AND remote_id != 'none' AND row_id NOT IN (SELECT row_id FROM `kith`.`foreign_rows` FINAL WHERE sync = 'rows_out'));

-- rows of others (sync rows_out) at syncs/all.yml:2:11
INSERT INTO `kith`.`scratch_run_rows_out_fix` (kh, row_id, op, verdict, reason, code)
SELECT kh, row_id, op, if(op IN (2, 3), 4, 2), 0, '' FROM `kith`.`changeset_rows_out_raw`
WHERE (op = 1 OR op = 0 AND reason != 0) AND remote_id = 'none' OR (op IN (2, 3) OR (op = 1 OR op = 0 AND reason != 0)) AND row_id IN (SELECT row_id FROM `kith`.`foreign_rows` FINAL WHERE sync = 'rows_out');

-- page of new rows (sync rows_out) at syncs/all.yml:2:11
SELECT kh, row_id, action, reason, key, old_key, h, fh, fields, match, remote_id, at
FROM `kith`.`changeset_rows_out`
WHERE op = 4 AND kh >= 0 AND (kh, row_id) > (0, '') AND row_id NOT IN (SELECT row_id FROM `kith`.`baseline_rows_out` FINAL)
  AND concat(row_id, 'key-', lower(hex(substring(SHA256(key), 1, 8)))) NOT IN (SELECT row_id FROM `kith`.`baseline_rows_out` FINAL WHERE position(row_id, 'key-') > 0)
ORDER BY kh, row_id LIMIT 100;

-- records of other rows (sync rows_out) at syncs/all.yml:2:11
SELECT c.row_id, b.remote_id, b.gone != 0
FROM (SELECT row_id, key FROM `kith`.`changeset_rows_out` WHERE op = 4 AND kh BETWEEN 0 AND 4611686018427387904) AS c
JOIN (
  SELECT key, remote_id, gone FROM `kith`.`baseline_rows_out` FINAL
  WHERE key IN (SELECT key FROM `kith`.`changeset_rows_out` WHERE op = 4 AND kh BETWEEN 0 AND 4611686018427387904) AND row_id NOT IN (SELECT row_id FROM `kith`.`foreign_rows` FINAL WHERE sync = 'rows_out') AND (gone = 0 OR (h != 0 OR notEmpty(fh) OR remote_id NOT IN ('', 'none')) AND row_id NOT IN (SELECT row_id FROM `kith`.`foreign_rows` FINAL WHERE sync = 'rows_out'))
) AS b ON c.key = b.key;

-- without rows of others (sync rows_out) at syncs/all.yml:2:11
DELETE FROM `kith`.`changeset_rows_out` WHERE op = 4 AND row_id IN (SELECT row_id FROM `kith`.`foreign_rows` FINAL WHERE sync = 'rows_out');

-- without rows that were not looked up (sync rows_out) at syncs/all.yml:2:11
DELETE FROM `kith`.`changeset_rows_out` WHERE op = 4 AND kh IN (1, 2) AND row_id IN ('a', 'b');

-- changeset fingerprint (sync rows_out) at syncs/all.yml:2:11
SELECT toString(sum(cityHash64(op, kh, row_id, action, reason, key, old_key, h, match, fields))), count()
FROM `kith`.`changeset_rows_out` WHERE op != 0;

-- changeset beyond (sync rows_out) at syncs/all.yml:2:11
SELECT count() FROM `kith`.`changeset_rows_out`
WHERE op IN (1, 2, 3) AND (row_id, op, action, op = 1 AND reason != 0, if(op = 1, key, ''), if(op = 1, fields, '')) NOT IN (
  SELECT row_id, arrayJoin(if(op = 2, [2, 3], [op])) AS may, action, op = 1 AND reason != 0, if(op = 1, key, ''), if(op = 1, fields, '') FROM `kith`.`changeset_rows_out_raw` WHERE op IN (1, 2, 3)
);

-- baseline (sync people_crm) at syncs/all.yml:8:11
CREATE TABLE IF NOT EXISTS `kith`.`baseline_people_crm` (
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
) ENGINE = ReplacingMergeTree(ver, del) ORDER BY (kh, row_id);

-- changeset table (sync people_crm) at syncs/all.yml:8:11
CREATE TABLE `kith`.`changeset_people_crm_raw` (
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
SETTINGS min_bytes_for_wide_part = 1073741824, max_bytes_to_merge_at_max_space_in_pool = 8388608, parts_to_delay_insert = 100000, parts_to_throw_insert = 100000;

-- digest (sync people_crm) at syncs/all.yml:8:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_people_crm_digest` (b UInt32, desired_rows UInt64, baseline_rows UInt64, no_id UInt64, no_key UInt64, earlier_rows UInt64) ENGINE = MergeTree ORDER BY b AS
SELECT arrayJoin(arrayPushFront(arrayFilter((i, x) -> x != 0, range(toUInt32(65536)), d), toUInt32(4294967295))) AS b,
  if(b = 4294967295, n, 0) AS desired_rows, if(b = 4294967295, m, 0) AS baseline_rows, if(b = 4294967295, i, 0) AS no_id, if(b = 4294967295, k, 0) AS no_key, if(b = 4294967295, e, 0) AS earlier_rows
FROM (
  SELECT sumResample(0, 65536, 1)(d, g) AS d, sum(n) AS n, sum(m) AS m, sum(i) AS i, sum(k) AS k, sum(e) AS e
  FROM (
    SELECT toUInt16(toUInt32(bitShiftRight(kh, 48))) AS g, sum(if(fault = 0, bitOr(kh, 1) * bitXor(h, cityHash64('scratch_run_people_crm_digest')), 0)) AS d, countIf(fault = 0) AS n, toUInt64(0) AS m, countIf(fault = 1) AS i, countIf(fault = 2) AS k, toUInt64(0) AS e
    FROM (
SELECT cityHash64(ifNull(__kith_id, '')) AS kh, greatest(cityHash64(tuple(__kith_key, __kith_f0, __kith_f1, __kith_f2, __kith_f3, __kith_f4, __kith_f5)), toUInt64(1)) AS h, multiIf(NOT (ifNull(__kith_id, '') != ''), toUInt8(1), NOT (ifNull(__kith_key, '') != ''), toUInt8(2), toUInt8(0)) AS fault
FROM (
SELECT entity_id AS __kith_id,
  nullIf(lowerUTF8(trimBoth(if(ifNull(has(`__kith_granted_by_address`, `email`), false), `email`, if(notEmpty(`__kith_granted_by_address`), CAST(`__kith_granted_by_address`[1] AS Nullable(String)), NULL)))), '') AS __kith_key,
  `nick` AS __kith_f0,
  `spent` AS __kith_f1,
  CAST(`__kith_segment_best` AS Nullable(Bool)) AS __kith_f2,
  `tier` AS __kith_f3,
  CAST((
concat(nick, '!')
) AS Nullable(String)) AS __kith_f4,
  `__kith_related_0_staff_spent` AS __kith_f5,
  '' AS __kith_match,
  CAST(NULL AS Nullable(DateTime64(6, 'UTC'))) AS __kith_at
FROM `kith`.`profile_person_build`
WHERE `__kith_segment_spenders` AND (`__kith_consent_general` AND `__kith_consent_by_address` AND (NOT `__kith_segment_bounced`))
)
    ) GROUP BY g
    UNION ALL
    SELECT toUInt16(toUInt32(bitShiftRight(kh, 48))) AS g, bitNot(sum(bitOr(kh, 1) * bitXor(h, cityHash64('scratch_run_people_crm_digest')))) + 1, 0, count(), 0, 0, 0
    FROM (
      WITH (
        SELECT min(ver) FROM `kith`.`baseline_people_crm`
        WHERE _part != (SELECT argMax(part, n) FROM (SELECT _part AS part, count() AS n FROM `kith`.`baseline_people_crm` GROUP BY part))
      ) AS late, (SELECT count() FROM `kith`.`baseline_people_crm` WHERE late > 0 AND ver >= late) BETWEEN 1 AND 20000 AS few
      SELECT kh, h FROM `kith`.`baseline_people_crm` WHERE few AND gone = 0 AND del = 0 AND kh NOT IN (SELECT kh FROM `kith`.`baseline_people_crm` WHERE few AND ver >= late)
      UNION ALL
      SELECT kh, h FROM `kith`.`baseline_people_crm` FINAL PREWHERE kh IN (SELECT kh FROM `kith`.`baseline_people_crm` WHERE few AND ver >= late) WHERE few AND gone = 0
      UNION ALL
      SELECT kh, h FROM `kith`.`baseline_people_crm` FINAL WHERE NOT few AND gone = 0
) GROUP BY g
  )
);

-- digest totals (sync people_crm) at syncs/all.yml:8:11
WITH toFloat64(greatest(sum(desired_rows), sum(baseline_rows))) AS rows, dirty / 65536 AS share, least(rows, -65536 * log(1 - share)) AS differ
SELECT countIf(b < 65536) AS dirty, sum(desired_rows), sum(baseline_rows), sum(no_id), sum(no_key), toUInt64(ceil(differ + (rows - differ) * share)), countIf(b = 4294967295), sum(earlier_rows), (SELECT count() FROM `kith`.`baseline_people_crm` WHERE gone != 0)
FROM `kith`.`scratch_run_people_crm_digest`;

-- changeset (sync people_crm) at syncs/all.yml:8:11
INSERT INTO `kith`.`changeset_people_crm_raw` (op, kh, row_id, action, reason, key, old_key, h, fh, changed, fields, match, old_match, remote_id, at, gone, del)
SELECT
  op, kh, row_id,
  if(op = 1, if(here, 'delete', action), '') AS act,
  if(here, 0, reason) AS why,
  if(op = 1 OR NOT here, old_key, key) AS k,
  if(op = 2, old_key, '') AS ok,
  if(op = 1 OR NOT here, old_h, h) AS hh,
  fh, arrayFilter((i, x, y) -> x != y AND here AND known, range(toUInt16(length(fh))), fh, arrayResize(old_fh, length(fh))) AS changed,
  if(here AND op != 1, fields, if(op = 1 AND act = 'set', multiIf(reason = 4, '{}', reason = 3, '{}', reason = 2, '{}', reason = 1, '{"best":false,"o\'p":"7","good":true,"count":3,"code":"3","said":"it\'s \\"so\\""}', ''), '')) AS ff,
  if(here AND op != 1, match, old_match) AS m,
  if(op = 2, old_match, '') AS om,
  remote_id, at,
  multiIf(op = 0 AND NOT here, reason, op = 2, old_gone, 0) AS gone,
  toUInt8(0) AS del
FROM (
    SELECT
      c.row_id != '' AS here, b.row_id != '' AS known,
      if(here, c.kh, b.kh) AS kh,
      if(here, c.row_id, b.row_id) AS row_id,
      b.reason AS reason,
      multiIf(reason = 4, 'archive', reason = 3, 'archive', reason = 2, 'ignore', reason = 1, 'set', reason = 5, 'delete', '') AS action,
      c.key AS key,
      b.key AS old_key,
      c.h AS h,
      b.h AS old_h,
      if(here, [toUInt32(cityHash64(tuple(c.__kith_f0))), toUInt32(cityHash64(tuple(c.__kith_f1))), toUInt32(cityHash64(tuple(c.__kith_f2))), toUInt32(cityHash64(tuple(c.__kith_f3))), toUInt32(cityHash64(tuple(c.__kith_f4))), toUInt32(cityHash64(tuple(c.__kith_f5)))], b.fh) AS fh,
      b.fh AS old_fh,
      concat('{', arrayStringConcat([concat('"nick":', toJSONString(c.__kith_f0)), concat('"spent":', toString(c.__kith_f1)), concat('"best":', if(isNull(c.__kith_f2), NULL, if(c.__kith_f2, 'true', 'false'))), concat('"tier":', toString(c.__kith_f3)), concat('"label":', toJSONString(c.__kith_f4)), concat('"firm":', toString(c.__kith_f5))], ','), '}') AS fields,
      c.match AS match,
      b.match AS old_match,
      b.remote_id AS remote_id,
      c.at AS at,
      b.gone AS old_gone,
      empty(b.fh) AS bare,
      multiIf(NOT here AND action = 'ignore', 0, NOT here, 1, NOT known, 4, old_gone != 0 AND old_key = key, 3,
    old_key != key, 2, old_h = 0 AND bare, 4, 3) AS op
    FROM (
      SELECT * FROM (
SELECT cityHash64(ifNull(__kith_id, '')) AS kh, greatest(cityHash64(tuple(__kith_key, __kith_f0, __kith_f1, __kith_f2, __kith_f3, __kith_f4, __kith_f5)), toUInt64(1)) AS h, assumeNotNull(__kith_id) AS row_id, assumeNotNull(__kith_key) AS key,
  __kith_f0, __kith_f1, __kith_f2, __kith_f3, __kith_f4, __kith_f5, __kith_match AS match, __kith_at AS at
FROM (
SELECT entity_id AS __kith_id,
  nullIf(lowerUTF8(trimBoth(if(ifNull(has(`__kith_granted_by_address`, `email`), false), `email`, if(notEmpty(`__kith_granted_by_address`), CAST(`__kith_granted_by_address`[1] AS Nullable(String)), NULL)))), '') AS __kith_key,
  `nick` AS __kith_f0,
  `spent` AS __kith_f1,
  CAST(`__kith_segment_best` AS Nullable(Bool)) AS __kith_f2,
  `tier` AS __kith_f3,
  CAST((
concat(nick, '!')
) AS Nullable(String)) AS __kith_f4,
  `__kith_related_0_staff_spent` AS __kith_f5,
  '' AS __kith_match,
  CAST(NULL AS Nullable(DateTime64(6, 'UTC'))) AS __kith_at
FROM `kith`.`profile_person_build`
WHERE `__kith_segment_spenders` AND (`__kith_consent_general` AND `__kith_consent_by_address` AND (NOT `__kith_segment_bounced`))
) WHERE ((ifNull(__kith_id, '') != '') AND (ifNull(__kith_key, '') != ''))
      ) WHERE kh BETWEEN 0 AND 18446744073709551615 AND toUInt32(bitShiftRight(kh, 48)) IN (SELECT b FROM `kith`.`scratch_run_people_crm_digest` WHERE b < 65536)
    ) AS c
    FULL OUTER JOIN (
      SELECT kh, row_id, key, h, fh, remote_id, match, gone, mapping, ver, toUInt8(if(position(row_id, 'key-') > 0, 5, 1)) AS reason FROM `kith`.`baseline_people_crm` FINAL
      PREWHERE kh BETWEEN 0 AND 18446744073709551615 AND toUInt32(bitShiftRight(kh, 48)) IN (SELECT b FROM `kith`.`scratch_run_people_crm_digest` WHERE b < 65536)
    ) AS b ON c.row_id = b.row_id
    WHERE if(c.row_id = '', b.gone = 0, (c.h != b.h))
)
SETTINGS join_use_nulls = 0, min_insert_block_size_rows = 262144, min_insert_block_size_bytes = 50331648, max_block_size = 16384;

-- pairs (sync people_crm) at syncs/all.yml:8:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_people_crm_pairs` ENGINE = MergeTree ORDER BY (kh, row_id) AS
SELECT c.row_id != '' AS wanted, if(wanted, c.tag, b.tag) AS tag, if(wanted, c.kh, b.kh) AS kh, c.row_id AS row_id, c.h AS h, c.key AS key,
  c.__kith_f0 AS __kith_f0, c.__kith_f1 AS __kith_f1, c.__kith_f2 AS __kith_f2, c.__kith_f3 AS __kith_f3, c.__kith_f4 AS __kith_f4, c.__kith_f5 AS __kith_f5, c.match AS match, c.at AS at
FROM (
  SELECT *, sipHash64Keyed((cityHash64('scratch_run_people_crm_pairs'), toUInt64(11400714819323198485)), row_id) AS tag FROM (
SELECT cityHash64(ifNull(__kith_id, '')) AS kh, greatest(cityHash64(tuple(__kith_key, __kith_f0, __kith_f1, __kith_f2, __kith_f3, __kith_f4, __kith_f5)), toUInt64(1)) AS h, assumeNotNull(__kith_id) AS row_id, assumeNotNull(__kith_key) AS key,
  __kith_f0, __kith_f1, __kith_f2, __kith_f3, __kith_f4, __kith_f5, __kith_match AS match, __kith_at AS at
FROM (
SELECT entity_id AS __kith_id,
  nullIf(lowerUTF8(trimBoth(if(ifNull(has(`__kith_granted_by_address`, `email`), false), `email`, if(notEmpty(`__kith_granted_by_address`), CAST(`__kith_granted_by_address`[1] AS Nullable(String)), NULL)))), '') AS __kith_key,
  `nick` AS __kith_f0,
  `spent` AS __kith_f1,
  CAST(`__kith_segment_best` AS Nullable(Bool)) AS __kith_f2,
  `tier` AS __kith_f3,
  CAST((
concat(nick, '!')
) AS Nullable(String)) AS __kith_f4,
  `__kith_related_0_staff_spent` AS __kith_f5,
  '' AS __kith_match,
  CAST(NULL AS Nullable(DateTime64(6, 'UTC'))) AS __kith_at
FROM `kith`.`profile_person_build`
WHERE `__kith_segment_spenders` AND (`__kith_consent_general` AND `__kith_consent_by_address` AND (NOT `__kith_segment_bounced`))
) WHERE ((ifNull(__kith_id, '') != '') AND (ifNull(__kith_key, '') != ''))
  ) WHERE kh BETWEEN 0 AND 18446744073709551615 AND toUInt32(bitShiftRight(kh, 48)) IN (SELECT b FROM `kith`.`scratch_run_people_crm_digest` WHERE b < 65536)
) AS c
FULL OUTER JOIN (
  SELECT sipHash64Keyed((cityHash64('scratch_run_people_crm_pairs'), toUInt64(11400714819323198485)), row_id) AS tag, kh, h, gone FROM `kith`.`baseline_people_crm` FINAL
  PREWHERE kh BETWEEN 0 AND 18446744073709551615 AND toUInt32(bitShiftRight(kh, 48)) IN (SELECT b FROM `kith`.`scratch_run_people_crm_digest` WHERE b < 65536)
) AS b ON c.tag = b.tag
WHERE if(c.row_id = '', b.gone = 0, (c.h != b.h))
SETTINGS join_use_nulls = 0, min_insert_block_size_rows = 65536, min_insert_block_size_bytes = 8388608;

-- pairs that differ (sync people_crm) at syncs/all.yml:8:11
SELECT count() FROM `kith`.`scratch_run_people_crm_pairs`;

-- changeset (sync people_crm) at syncs/all.yml:8:11
INSERT INTO `kith`.`changeset_people_crm_raw` (op, kh, row_id, action, reason, key, old_key, h, fh, changed, fields, match, old_match, remote_id, at, gone, del)
SELECT
  op, kh, row_id,
  if(op = 1, if(here, 'delete', action), '') AS act,
  if(here, 0, reason) AS why,
  if(op = 1 OR NOT here, old_key, key) AS k,
  if(op = 2, old_key, '') AS ok,
  if(op = 1 OR NOT here, old_h, h) AS hh,
  fh, arrayFilter((i, x, y) -> x != y AND here AND known, range(toUInt16(length(fh))), fh, arrayResize(old_fh, length(fh))) AS changed,
  if(here AND op != 1, fields, if(op = 1 AND act = 'set', multiIf(reason = 4, '{}', reason = 3, '{}', reason = 2, '{}', reason = 1, '{"best":false,"o\'p":"7","good":true,"count":3,"code":"3","said":"it\'s \\"so\\""}', ''), '')) AS ff,
  if(here AND op != 1, match, old_match) AS m,
  if(op = 2, old_match, '') AS om,
  remote_id, at,
  multiIf(op = 0 AND NOT here, reason, op = 2, old_gone, 0) AS gone,
  toUInt8(0) AS del
FROM (
    SELECT
      c.row_id != '' AS here, b.row_id != '' AS known,
      if(here, c.kh, b.kh) AS kh,
      if(here, c.row_id, b.row_id) AS row_id,
      b.reason AS reason,
      multiIf(reason = 4, 'archive', reason = 3, 'archive', reason = 2, 'ignore', reason = 1, 'set', reason = 5, 'delete', '') AS action,
      c.key AS key,
      b.key AS old_key,
      c.h AS h,
      b.h AS old_h,
      if(here, [toUInt32(cityHash64(tuple(c.__kith_f0))), toUInt32(cityHash64(tuple(c.__kith_f1))), toUInt32(cityHash64(tuple(c.__kith_f2))), toUInt32(cityHash64(tuple(c.__kith_f3))), toUInt32(cityHash64(tuple(c.__kith_f4))), toUInt32(cityHash64(tuple(c.__kith_f5)))], b.fh) AS fh,
      b.fh AS old_fh,
      concat('{', arrayStringConcat([concat('"nick":', toJSONString(c.__kith_f0)), concat('"spent":', toString(c.__kith_f1)), concat('"best":', if(isNull(c.__kith_f2), NULL, if(c.__kith_f2, 'true', 'false'))), concat('"tier":', toString(c.__kith_f3)), concat('"label":', toJSONString(c.__kith_f4)), concat('"firm":', toString(c.__kith_f5))], ','), '}') AS fields,
      c.match AS match,
      b.match AS old_match,
      b.remote_id AS remote_id,
      c.at AS at,
      b.gone AS old_gone,
      empty(b.fh) AS bare,
      multiIf(NOT here AND action = 'ignore', 0, NOT here, 1, NOT known, 4, old_gone != 0 AND old_key = key, 3,
    old_key != key, 2, old_h = 0 AND bare, 4, 3) AS op
    FROM (
      SELECT * EXCEPT (wanted) FROM `kith`.`scratch_run_people_crm_pairs` WHERE kh BETWEEN 0 AND 18446744073709551615
    ) AS c
    LEFT JOIN (
      SELECT kh, row_id, key, h, fh, remote_id, match, gone, mapping, ver, toUInt8(if(position(row_id, 'key-') > 0, 5, 1)) AS reason, sipHash64Keyed((cityHash64('scratch_run_people_crm_pairs'), toUInt64(11400714819323198485)), row_id) AS tag FROM `kith`.`baseline_people_crm` FINAL
      PREWHERE kh BETWEEN 0 AND 18446744073709551615 AND kh IN (SELECT kh FROM `kith`.`scratch_run_people_crm_pairs` WHERE kh BETWEEN 0 AND 18446744073709551615)
    ) AS b ON c.tag = b.tag AND c.kh = b.kh
    WHERE if(c.row_id = '', b.row_id != '' AND b.gone = 0, (c.h != b.h))
)
SETTINGS join_use_nulls = 0, min_insert_block_size_rows = 262144, min_insert_block_size_bytes = 50331648, max_block_size = 16384;

-- pairs (sync people_crm) at syncs/all.yml:8:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_people_crm_pairs` ENGINE = MergeTree ORDER BY (kh, row_id) AS
SELECT toUInt8(1) AS wanted, tag, kh, row_id, h, key,
  __kith_f0, __kith_f1, __kith_f2, __kith_f3, __kith_f4, __kith_f5, match, at
FROM (
  SELECT *, sipHash64Keyed((cityHash64('scratch_run_people_crm_pairs'), toUInt64(11400714819323198485)), row_id) AS tag FROM (
SELECT cityHash64(ifNull(__kith_id, '')) AS kh, greatest(cityHash64(tuple(__kith_key, __kith_f0, __kith_f1, __kith_f2, __kith_f3, __kith_f4, __kith_f5)), toUInt64(1)) AS h, assumeNotNull(__kith_id) AS row_id, assumeNotNull(__kith_key) AS key,
  __kith_f0, __kith_f1, __kith_f2, __kith_f3, __kith_f4, __kith_f5, __kith_match AS match, __kith_at AS at
FROM (
SELECT entity_id AS __kith_id,
  nullIf(lowerUTF8(trimBoth(if(ifNull(has(`__kith_granted_by_address`, `email`), false), `email`, if(notEmpty(`__kith_granted_by_address`), CAST(`__kith_granted_by_address`[1] AS Nullable(String)), NULL)))), '') AS __kith_key,
  `nick` AS __kith_f0,
  `spent` AS __kith_f1,
  CAST(`__kith_segment_best` AS Nullable(Bool)) AS __kith_f2,
  `tier` AS __kith_f3,
  CAST((
concat(nick, '!')
) AS Nullable(String)) AS __kith_f4,
  `__kith_related_0_staff_spent` AS __kith_f5,
  '' AS __kith_match,
  CAST(NULL AS Nullable(DateTime64(6, 'UTC'))) AS __kith_at
FROM `kith`.`profile_person_build`
WHERE `__kith_segment_spenders` AND (`__kith_consent_general` AND `__kith_consent_by_address` AND (NOT `__kith_segment_bounced`))
) WHERE ((ifNull(__kith_id, '') != '') AND (ifNull(__kith_key, '') != ''))
  ) WHERE kh BETWEEN 0 AND 18446744073709551615 AND toUInt32(bitShiftRight(kh, 48)) IN (SELECT b FROM `kith`.`scratch_run_people_crm_digest` WHERE b < 65536)
)
WHERE bitXor(tag, h) NOT IN (
  SELECT bitXor(sipHash64Keyed((cityHash64('scratch_run_people_crm_pairs'), toUInt64(11400714819323198485)), row_id), h) FROM `kith`.`baseline_people_crm` FINAL
  PREWHERE kh BETWEEN 0 AND 18446744073709551615 AND toUInt32(bitShiftRight(kh, 48)) IN (SELECT b FROM `kith`.`scratch_run_people_crm_digest` WHERE b < 65536)
)
SETTINGS min_insert_block_size_rows = 65536, min_insert_block_size_bytes = 8388608;

-- pairs gone (sync people_crm) at syncs/all.yml:8:11
INSERT INTO `kith`.`scratch_run_people_crm_pairs` (wanted, tag, kh)
SELECT toUInt8(0), sipHash64Keyed((cityHash64('scratch_run_people_crm_pairs'), toUInt64(11400714819323198485)), row_id) AS tag, b.kh FROM (
  SELECT kh, row_id, gone FROM `kith`.`baseline_people_crm` FINAL
  PREWHERE kh BETWEEN 0 AND 18446744073709551615 AND toUInt32(bitShiftRight(kh, 48)) IN (SELECT b FROM `kith`.`scratch_run_people_crm_digest` WHERE b < 65536)
) AS b
WHERE b.gone = 0 AND tag NOT IN (
  SELECT sipHash64Keyed((cityHash64('scratch_run_people_crm_pairs'), toUInt64(11400714819323198485)), row_id) FROM (
SELECT cityHash64(ifNull(__kith_id, '')) AS kh, greatest(cityHash64(tuple(__kith_key, __kith_f0, __kith_f1, __kith_f2, __kith_f3, __kith_f4, __kith_f5)), toUInt64(1)) AS h, assumeNotNull(__kith_id) AS row_id, assumeNotNull(__kith_key) AS key,
  __kith_f0, __kith_f1, __kith_f2, __kith_f3, __kith_f4, __kith_f5, __kith_match AS match, __kith_at AS at
FROM (
SELECT entity_id AS __kith_id,
  nullIf(lowerUTF8(trimBoth(if(ifNull(has(`__kith_granted_by_address`, `email`), false), `email`, if(notEmpty(`__kith_granted_by_address`), CAST(`__kith_granted_by_address`[1] AS Nullable(String)), NULL)))), '') AS __kith_key,
  `nick` AS __kith_f0,
  `spent` AS __kith_f1,
  CAST(`__kith_segment_best` AS Nullable(Bool)) AS __kith_f2,
  `tier` AS __kith_f3,
  CAST((
concat(nick, '!')
) AS Nullable(String)) AS __kith_f4,
  `__kith_related_0_staff_spent` AS __kith_f5,
  '' AS __kith_match,
  CAST(NULL AS Nullable(DateTime64(6, 'UTC'))) AS __kith_at
FROM `kith`.`profile_person_build`
WHERE `__kith_segment_spenders` AND (`__kith_consent_general` AND `__kith_consent_by_address` AND (NOT `__kith_segment_bounced`))
) WHERE ((ifNull(__kith_id, '') != '') AND (ifNull(__kith_key, '') != ''))
  ) WHERE kh BETWEEN 0 AND 18446744073709551615 AND toUInt32(bitShiftRight(kh, 48)) IN (SELECT b FROM `kith`.`scratch_run_people_crm_digest` WHERE b < 65536)
);

-- compact the baseline (sync people_crm) at syncs/all.yml:8:11
OPTIMIZE TABLE `kith`.`baseline_people_crm` FINAL;

-- stronger reasons (sync people_crm) at syncs/all.yml:8:11
INSERT INTO `kith`.`changeset_people_crm_raw` (op, kh, row_id, action, reason, key, old_key, h, fh, changed, fields, match, old_match, remote_id, at, gone, del)
SELECT if(act = 'ignore', 0, 1), kh, row_id, act, reason, key, '', h, fh, [], if(act = 'set', multiIf(reason = 4, '{}', reason = 3, '{}', reason = 2, '{}', reason = 1, '{"best":false,"o\'p":"7","good":true,"count":3,"code":"3","said":"it\'s \\"so\\""}', ''), ''), match, '', remote_id, CAST(NULL AS Nullable(DateTime64(6, 'UTC'))), if(act = 'ignore', reason, 0), 0
FROM (
  SELECT b.*, toUInt8(multiIf(w.__kith_withdrawn = 1, 4, w.__kith_merged = 1, 3, ifNull(w.__kith_id, '') = '', 2, 1)) AS reason, multiIf(reason = 4, 'archive', reason = 3, 'archive', reason = 2, 'ignore', reason = 1, 'set', reason = 5, 'delete', '') AS act
  FROM (SELECT *, if(position(row_id, 'key-') > 0, substring(row_id, 1, position(row_id, 'key-') - 1), row_id) AS own FROM `kith`.`baseline_people_crm` FINAL WHERE gone != 0) AS b
  LEFT JOIN (
    SELECT __kith_id, max(__kith_withdrawn) AS __kith_withdrawn, max(__kith_merged) AS __kith_merged FROM (
SELECT entity_id AS __kith_id, if((`__kith_consent_general` AND `__kith_consent_by_address` AND (NOT `__kith_segment_bounced`)), 0, 1) AS __kith_withdrawn, 0 AS __kith_merged FROM `kith`.`profile_person_build`
UNION ALL
SELECT __kith_a.old_id, coalesce(__kith_w.__kith_withdrawn, 0), 1 FROM (SELECT old_id, new_id FROM (
  SELECT old_id, argMax(new_id, at) AS new_id FROM `kith`.`entity_merges`
  WHERE entity = 'person' AND (build = 'build' OR build IN (SELECT build FROM `kith`.`builds`))
  GROUP BY old_id HAVING new_id != ''
)) AS __kith_a
LEFT JOIN (
SELECT entity_id AS __kith_id, if((`__kith_consent_general` AND `__kith_consent_by_address` AND (NOT `__kith_segment_bounced`)), 0, 1) AS __kith_withdrawn, 0 AS __kith_merged FROM `kith`.`profile_person_build` WHERE entity_id IN (SELECT new_id FROM (SELECT old_id, new_id FROM (
  SELECT old_id, argMax(new_id, at) AS new_id FROM `kith`.`entity_merges`
  WHERE entity = 'person' AND (build = 'build' OR build IN (SELECT build FROM `kith`.`builds`))
  GROUP BY old_id HAVING new_id != ''
)))
) AS __kith_w ON __kith_a.new_id = __kith_w.__kith_id
    ) WHERE __kith_id IN (SELECT if(position(row_id, 'key-') > 0, substring(row_id, 1, position(row_id, 'key-') - 1), row_id) FROM `kith`.`baseline_people_crm` FINAL WHERE gone != 0) GROUP BY __kith_id
  ) AS w ON b.own = w.__kith_id
  WHERE reason > b.gone AND b.own NOT IN (SELECT row_id FROM (
SELECT cityHash64(ifNull(__kith_id, '')) AS kh, greatest(cityHash64(tuple(__kith_key, __kith_f0, __kith_f1, __kith_f2, __kith_f3, __kith_f4, __kith_f5)), toUInt64(1)) AS h, assumeNotNull(__kith_id) AS row_id, assumeNotNull(__kith_key) AS key,
  __kith_f0, __kith_f1, __kith_f2, __kith_f3, __kith_f4, __kith_f5, __kith_match AS match, __kith_at AS at
FROM (
SELECT entity_id AS __kith_id,
  nullIf(lowerUTF8(trimBoth(if(ifNull(has(`__kith_granted_by_address`, `email`), false), `email`, if(notEmpty(`__kith_granted_by_address`), CAST(`__kith_granted_by_address`[1] AS Nullable(String)), NULL)))), '') AS __kith_key,
  `nick` AS __kith_f0,
  `spent` AS __kith_f1,
  CAST(`__kith_segment_best` AS Nullable(Bool)) AS __kith_f2,
  `tier` AS __kith_f3,
  CAST((
concat(nick, '!')
) AS Nullable(String)) AS __kith_f4,
  `__kith_related_0_staff_spent` AS __kith_f5,
  '' AS __kith_match,
  CAST(NULL AS Nullable(DateTime64(6, 'UTC'))) AS __kith_at
FROM `kith`.`profile_person_build`
WHERE `__kith_segment_spenders` AND (`__kith_consent_general` AND `__kith_consent_by_address` AND (NOT `__kith_segment_bounced`))
) WHERE ((ifNull(__kith_id, '') != '') AND (ifNull(__kith_key, '') != ''))
  ))
)
SETTINGS join_use_nulls = 0;

-- repeated row ids (sync people_crm) at syncs/all.yml:8:11
SELECT count(), any(n) FROM (SELECT count() AS n FROM `kith`.`changeset_people_crm_raw` WHERE op != 1 AND kh BETWEEN 0 AND 18446744073709551615 GROUP BY kh, row_id HAVING n > 1);

-- verdicts (sync people_crm) at syncs/all.yml:8:11
CREATE TABLE `kith`.`scratch_run_people_crm_fix` (kh UInt64, row_id String, op UInt8, verdict UInt8, reason UInt8, code LowCardinality(String)) ENGINE = MergeTree ORDER BY (kh, row_id);

-- duplicate keys (sync people_crm) at syncs/all.yml:8:11
INSERT INTO `kith`.`scratch_run_people_crm_fix` (kh, row_id, op, verdict, reason, code)
SELECT kh, row_id, 255, 1, 0, 'duplicate_key' FROM `kith`.`changeset_people_crm_raw` WHERE op IN (2, 3, 4) AND key IN (
  SELECT key FROM (
SELECT cityHash64(ifNull(__kith_id, '')) AS kh, greatest(cityHash64(tuple(__kith_key, __kith_f0, __kith_f1, __kith_f2, __kith_f3, __kith_f4, __kith_f5)), toUInt64(1)) AS h, assumeNotNull(__kith_id) AS row_id, assumeNotNull(__kith_key) AS key,
  __kith_f0, __kith_f1, __kith_f2, __kith_f3, __kith_f4, __kith_f5, __kith_match AS match, __kith_at AS at
FROM (
SELECT entity_id AS __kith_id,
  nullIf(lowerUTF8(trimBoth(if(ifNull(has(`__kith_granted_by_address`, `email`), false), `email`, if(notEmpty(`__kith_granted_by_address`), CAST(`__kith_granted_by_address`[1] AS Nullable(String)), NULL)))), '') AS __kith_key,
  `nick` AS __kith_f0,
  `spent` AS __kith_f1,
  CAST(`__kith_segment_best` AS Nullable(Bool)) AS __kith_f2,
  `tier` AS __kith_f3,
  CAST((
concat(nick, '!')
) AS Nullable(String)) AS __kith_f4,
  `__kith_related_0_staff_spent` AS __kith_f5,
  '' AS __kith_match,
  CAST(NULL AS Nullable(DateTime64(6, 'UTC'))) AS __kith_at
FROM `kith`.`profile_person_build`
WHERE `__kith_segment_spenders` AND (`__kith_consent_general` AND `__kith_consent_by_address` AND (NOT `__kith_segment_bounced`))
) WHERE ((ifNull(__kith_id, '') != '') AND (ifNull(__kith_key, '') != ''))
  ) WHERE key IN (SELECT key FROM `kith`.`changeset_people_crm_raw` WHERE op IN (2, 3, 4) AND cityHash64(key) % 1 = 0)
  GROUP BY key HAVING count() > 1
);

-- taken keys (sync people_crm) at syncs/all.yml:8:11
INSERT INTO `kith`.`scratch_run_people_crm_fix` (kh, row_id, op, verdict, reason, code)
SELECT kh, row_id, op, if(reason = 5 AND kh IN (SELECT kh FROM `kith`.`changeset_people_crm_raw` WHERE op > 1), 1, 7), 0, '' FROM `kith`.`changeset_people_crm_raw` WHERE (op = 1 OR op = 0 AND reason != 0) AND key IN (
  SELECT key FROM (
SELECT cityHash64(ifNull(__kith_id, '')) AS kh, greatest(cityHash64(tuple(__kith_key, __kith_f0, __kith_f1, __kith_f2, __kith_f3, __kith_f4, __kith_f5)), toUInt64(1)) AS h, assumeNotNull(__kith_id) AS row_id, assumeNotNull(__kith_key) AS key,
  __kith_f0, __kith_f1, __kith_f2, __kith_f3, __kith_f4, __kith_f5, __kith_match AS match, __kith_at AS at
FROM (
SELECT entity_id AS __kith_id,
  nullIf(lowerUTF8(trimBoth(if(ifNull(has(`__kith_granted_by_address`, `email`), false), `email`, if(notEmpty(`__kith_granted_by_address`), CAST(`__kith_granted_by_address`[1] AS Nullable(String)), NULL)))), '') AS __kith_key,
  `nick` AS __kith_f0,
  `spent` AS __kith_f1,
  CAST(`__kith_segment_best` AS Nullable(Bool)) AS __kith_f2,
  `tier` AS __kith_f3,
  CAST((
concat(nick, '!')
) AS Nullable(String)) AS __kith_f4,
  `__kith_related_0_staff_spent` AS __kith_f5,
  '' AS __kith_match,
  CAST(NULL AS Nullable(DateTime64(6, 'UTC'))) AS __kith_at
FROM `kith`.`profile_person_build`
WHERE `__kith_segment_spenders` AND (`__kith_consent_general` AND `__kith_consent_by_address` AND (NOT `__kith_segment_bounced`))
) WHERE ((ifNull(__kith_id, '') != '') AND (ifNull(__kith_key, '') != ''))
  ) WHERE key IN (SELECT key FROM `kith`.`changeset_people_crm_raw` WHERE (op = 1 OR op = 0 AND reason != 0))
);

-- keys of withdrawn (sync people_crm) at syncs/all.yml:8:11
INSERT INTO `kith`.`scratch_run_people_crm_fix` (kh, row_id, op, verdict, reason, code)
SELECT kh, row_id, op, if(key IN (
  SELECT key FROM `kith`.`changeset_people_crm_raw` WHERE op = 4 AND row_id NOT IN (SELECT row_id FROM `kith`.`scratch_run_people_crm_fix` WHERE verdict = 1 AND op IN (4, 255) AND code NOT IN ('', 'pending'))
), 1, 8), 0, '' FROM `kith`.`changeset_people_crm_raw` WHERE (op = 1 OR op = 0 AND reason != 0)
AND row_id IN (SELECT row_id FROM `kith`.`scratch_run_people_crm_fix` WHERE verdict = 7) AND (reason = 4 OR row_id IN (SELECT row_id FROM `kith`.`scratch_run_people_crm_fix` WHERE op < 2 AND verdict = 3 AND reason = 4))
AND key NOT IN (
  SELECT key FROM (
SELECT cityHash64(ifNull(__kith_id, '')) AS kh, greatest(cityHash64(tuple(__kith_key, __kith_f0, __kith_f1, __kith_f2, __kith_f3, __kith_f4, __kith_f5)), toUInt64(1)) AS h, assumeNotNull(__kith_id) AS row_id, assumeNotNull(__kith_key) AS key,
  __kith_f0, __kith_f1, __kith_f2, __kith_f3, __kith_f4, __kith_f5, __kith_match AS match, __kith_at AS at
FROM (
SELECT entity_id AS __kith_id,
  nullIf(lowerUTF8(trimBoth(if(ifNull(has(`__kith_granted_by_address`, `email`), false), `email`, if(notEmpty(`__kith_granted_by_address`), CAST(`__kith_granted_by_address`[1] AS Nullable(String)), NULL)))), '') AS __kith_key,
  `nick` AS __kith_f0,
  `spent` AS __kith_f1,
  CAST(`__kith_segment_best` AS Nullable(Bool)) AS __kith_f2,
  `tier` AS __kith_f3,
  CAST((
concat(nick, '!')
) AS Nullable(String)) AS __kith_f4,
  `__kith_related_0_staff_spent` AS __kith_f5,
  '' AS __kith_match,
  CAST(NULL AS Nullable(DateTime64(6, 'UTC'))) AS __kith_at
FROM `kith`.`profile_person_build`
WHERE `__kith_segment_spenders` AND (`__kith_consent_general` AND `__kith_consent_by_address` AND (NOT `__kith_segment_bounced`))
) WHERE ((ifNull(__kith_id, '') != '') AND (ifNull(__kith_key, '') != ''))
  ) WHERE row_id NOT IN (SELECT row_id FROM `kith`.`changeset_people_crm_raw` WHERE op IN (2, 4) AND row_id NOT IN (SELECT row_id FROM `kith`.`scratch_run_people_crm_fix` WHERE verdict = 6)) AND key IN (SELECT key FROM `kith`.`changeset_people_crm_raw` WHERE (op = 1 OR op = 0 AND reason != 0))
);

-- passed records (sync people_crm) at syncs/all.yml:8:11
INSERT INTO `kith`.`scratch_run_people_crm_fix` (kh, row_id, op, verdict, reason, code)
SELECT kh, row_id, op, if(op = 2, 5, 2), 0, '' FROM `kith`.`changeset_people_crm_raw` WHERE (op = 2 AND gone != 0 OR (op = 1 OR op = 0 AND reason != 0) AND reason != 5 AND h = 0) AND row_id NOT IN (SELECT row_id FROM `kith`.`foreign_rows` FINAL WHERE sync = 'people_crm') AND row_id IN (
  SELECT x.id FROM (
    SELECT row_id AS id, own, arrayJoin([if(remote_id NOT IN ('', 'none'), concat('r', remote_id), concat('k', k)), concat('u', k)]) AS record FROM (SELECT row_id, if(position(row_id, 'key-') > 0, substring(row_id, 1, position(row_id, 'key-') - 1), row_id) AS own, if(op = 2, old_key, key) AS k, remote_id FROM `kith`.`changeset_people_crm_raw` WHERE op = 2 AND gone != 0 OR (op = 1 OR op = 0 AND reason != 0) AND reason != 5 AND h = 0)
  ) AS x
  JOIN (
    SELECT row_id AS id, if(position(row_id, 'key-') > 0, substring(row_id, 1, position(row_id, 'key-') - 1), row_id) AS own, gone, ver, arrayJoin(if(remote_id NOT IN ('', 'none'), [concat('r', remote_id), concat('k', key)], [concat('u', key)])) AS record FROM `kith`.`baseline_people_crm` FINAL
    WHERE (key IN (SELECT k FROM (SELECT row_id, if(position(row_id, 'key-') > 0, substring(row_id, 1, position(row_id, 'key-') - 1), row_id) AS own, if(op = 2, old_key, key) AS k, remote_id FROM `kith`.`changeset_people_crm_raw` WHERE op = 2 AND gone != 0 OR (op = 1 OR op = 0 AND reason != 0) AND reason != 5 AND h = 0)) OR remote_id NOT IN ('', 'none') AND remote_id IN (SELECT remote_id FROM (SELECT row_id, if(position(row_id, 'key-') > 0, substring(row_id, 1, position(row_id, 'key-') - 1), row_id) AS own, if(op = 2, old_key, key) AS k, remote_id FROM `kith`.`changeset_people_crm_raw` WHERE op = 2 AND gone != 0 OR (op = 1 OR op = 0 AND reason != 0) AND reason != 5 AND h = 0))) AND (h != 0 OR notEmpty(fh) OR remote_id NOT IN ('', 'none')) AND row_id NOT IN (SELECT row_id FROM `kith`.`foreign_rows` FINAL WHERE sync = 'people_crm')
  ) AS y ON x.record = y.record
  GROUP BY x.id, x.own HAVING max(y.id = x.id AND y.gone != 0) AND argMax(y.own, (y.gone = 0, y.ver)) != x.own
);

-- returned keys (sync people_crm) at syncs/all.yml:8:11
INSERT INTO `kith`.`scratch_run_people_crm_fix` (kh, row_id, op, verdict, reason, code)
SELECT kh, row_id, op, 5, 0, '' FROM `kith`.`changeset_people_crm_raw` WHERE op = 2 AND gone != 0 AND row_id NOT IN (SELECT row_id FROM `kith`.`foreign_rows` FINAL WHERE sync = 'people_crm') AND (old_key NOT IN (SELECT key FROM `kith`.`changeset_people_crm_raw` WHERE op = 2) OR (old_key, key) IN (SELECT key, old_key FROM `kith`.`changeset_people_crm_raw` WHERE op = 2 AND gone != 0)) AND old_key IN (
  SELECT key FROM (
SELECT cityHash64(ifNull(__kith_id, '')) AS kh, greatest(cityHash64(tuple(__kith_key, __kith_f0, __kith_f1, __kith_f2, __kith_f3, __kith_f4, __kith_f5)), toUInt64(1)) AS h, assumeNotNull(__kith_id) AS row_id, assumeNotNull(__kith_key) AS key,
  __kith_f0, __kith_f1, __kith_f2, __kith_f3, __kith_f4, __kith_f5, __kith_match AS match, __kith_at AS at
FROM (
SELECT entity_id AS __kith_id,
  nullIf(lowerUTF8(trimBoth(if(ifNull(has(`__kith_granted_by_address`, `email`), false), `email`, if(notEmpty(`__kith_granted_by_address`), CAST(`__kith_granted_by_address`[1] AS Nullable(String)), NULL)))), '') AS __kith_key,
  `nick` AS __kith_f0,
  `spent` AS __kith_f1,
  CAST(`__kith_segment_best` AS Nullable(Bool)) AS __kith_f2,
  `tier` AS __kith_f3,
  CAST((
concat(nick, '!')
) AS Nullable(String)) AS __kith_f4,
  `__kith_related_0_staff_spent` AS __kith_f5,
  '' AS __kith_match,
  CAST(NULL AS Nullable(DateTime64(6, 'UTC'))) AS __kith_at
FROM `kith`.`profile_person_build`
WHERE `__kith_segment_spenders` AND (`__kith_consent_general` AND `__kith_consent_by_address` AND (NOT `__kith_segment_bounced`))
) WHERE ((ifNull(__kith_id, '') != '') AND (ifNull(__kith_key, '') != ''))
  ) WHERE key IN (SELECT old_key FROM `kith`.`changeset_people_crm_raw` WHERE op = 2 AND gone != 0)
);

-- returned rows (sync people_crm) at syncs/all.yml:8:11
INSERT INTO `kith`.`changeset_people_crm_raw` (op, kh, row_id, action, reason, key, old_key, h, fh, changed, fields, match, old_match, remote_id, at, gone, del)
SELECT half, kh, row_id, '', 0, if(half = 0, old_key, key), '', if(half = 0, 0, h), fh, changed, if(half = 0, '', fields), match, '', if(half = 0, remote_id, ''), at, 0, half = 0
FROM (SELECT *, arrayJoin([0, 4]) AS half FROM `kith`.`changeset_people_crm_raw` WHERE op = 2 AND gone != 0 AND row_id IN (SELECT row_id FROM `kith`.`scratch_run_people_crm_fix` WHERE verdict = 5));

-- keys in use (sync people_crm) at syncs/all.yml:8:11
INSERT INTO `kith`.`scratch_run_people_crm_fix` (kh, row_id, op, verdict, reason, code)
SELECT kh, row_id, 255, 1, 0, 'key_in_use' FROM `kith`.`changeset_people_crm_raw` WHERE op IN (2, 3, 4) AND row_id NOT IN (SELECT row_id FROM `kith`.`scratch_run_people_crm_fix` WHERE verdict = 1) AND (
  key IN (SELECT old_key FROM (SELECT row_id, key, old_key FROM `kith`.`changeset_people_crm_raw` WHERE op = 2 AND row_id NOT IN (SELECT row_id FROM `kith`.`scratch_run_people_crm_fix` WHERE verdict IN (4, 5, 6))) AS n WHERE n.row_id IN (SELECT row_id FROM `kith`.`scratch_run_people_crm_fix` WHERE verdict = 1 AND code != '' AND op IN (2, 255)))
  OR op = 2 AND key IN (SELECT old_key FROM (SELECT row_id, key, old_key FROM `kith`.`changeset_people_crm_raw` WHERE op = 2 AND row_id NOT IN (SELECT row_id FROM `kith`.`scratch_run_people_crm_fix` WHERE verdict IN (4, 5, 6))) AS n WHERE n.key NOT IN (SELECT old_key FROM (SELECT row_id, key, old_key FROM `kith`.`changeset_people_crm_raw` WHERE op = 2 AND row_id NOT IN (SELECT row_id FROM `kith`.`scratch_run_people_crm_fix` WHERE verdict IN (4, 5, 6))) AS o))
);

-- keys in rings (sync people_crm) at syncs/all.yml:8:11
INSERT INTO `kith`.`scratch_run_people_crm_fix` (kh, row_id, op, verdict, reason, code)
SELECT kh, row_id, op, 6, 0, '' FROM `kith`.`changeset_people_crm_raw` WHERE op = 2 AND row_id IN (
  SELECT n.row_id FROM (SELECT row_id, key, old_key FROM `kith`.`changeset_people_crm_raw` WHERE op = 2 AND row_id NOT IN (SELECT row_id FROM `kith`.`scratch_run_people_crm_fix` WHERE verdict IN (4, 5, 6))) AS n WHERE n.row_id NOT IN (SELECT row_id FROM `kith`.`scratch_run_people_crm_fix` WHERE verdict = 1 AND op IN (2, 255)) AND n.key IN (SELECT n.old_key FROM (SELECT row_id, key, old_key FROM `kith`.`changeset_people_crm_raw` WHERE op = 2 AND row_id NOT IN (SELECT row_id FROM `kith`.`scratch_run_people_crm_fix` WHERE verdict IN (4, 5, 6))) AS n WHERE n.row_id NOT IN (SELECT row_id FROM `kith`.`scratch_run_people_crm_fix` WHERE verdict = 1 AND op IN (2, 255)))
);

-- rows of rings (sync people_crm) at syncs/all.yml:8:11
INSERT INTO `kith`.`changeset_people_crm_raw` (op, kh, row_id, action, reason, key, old_key, h, fh, changed, fields, match, old_match, remote_id, at, gone, del)
SELECT half, kh, row_id, '', 0, key, '', if(half = 0, 0, h), if(half = 0, arrayMap(x -> toUInt32(0), fh), fh), range(toUInt16(length(fh))), if(half = 0, '', fields), match, '', o.id, at, 0, 0
FROM (SELECT *, arrayJoin([0, 3]) AS half FROM `kith`.`changeset_people_crm_raw` WHERE op = 2 AND row_id IN (SELECT row_id FROM `kith`.`scratch_run_people_crm_fix` WHERE verdict = 6)) AS r
JOIN (SELECT old_key AS stands, remote_id AS id FROM `kith`.`changeset_people_crm_raw` WHERE op = 2 AND row_id IN (SELECT row_id FROM `kith`.`scratch_run_people_crm_fix` WHERE verdict = 6)) AS o ON r.key = o.stands;

-- reasons (sync people_crm) at syncs/all.yml:8:11
INSERT INTO `kith`.`scratch_run_people_crm_fix` (kh, row_id, op, verdict, reason, code)
SELECT kh, row_id, op, 3, why, '' FROM (
  SELECT r.kh AS kh, r.row_id AS row_id, r.op AS op, r.reason AS reason, toUInt8(multiIf(w.__kith_withdrawn = 1, 4, w.__kith_merged = 1, 3, ifNull(w.__kith_id, '') = '', 2, 1)) AS why
  FROM (SELECT kh, row_id, op, reason, if(position(row_id, 'key-') > 0, substring(row_id, 1, position(row_id, 'key-') - 1), row_id) AS own FROM `kith`.`changeset_people_crm_raw` WHERE reason NOT IN (0, 5)) AS r
  LEFT JOIN (
    SELECT __kith_id, max(__kith_withdrawn) AS __kith_withdrawn, max(__kith_merged) AS __kith_merged FROM (
SELECT entity_id AS __kith_id, if((`__kith_consent_general` AND `__kith_consent_by_address` AND (NOT `__kith_segment_bounced`)), 0, 1) AS __kith_withdrawn, 0 AS __kith_merged FROM `kith`.`profile_person_build`
UNION ALL
SELECT __kith_a.old_id, coalesce(__kith_w.__kith_withdrawn, 0), 1 FROM (SELECT old_id, new_id FROM (
  SELECT old_id, argMax(new_id, at) AS new_id FROM `kith`.`entity_merges`
  WHERE entity = 'person' AND (build = 'build' OR build IN (SELECT build FROM `kith`.`builds`))
  GROUP BY old_id HAVING new_id != ''
)) AS __kith_a
LEFT JOIN (
SELECT entity_id AS __kith_id, if((`__kith_consent_general` AND `__kith_consent_by_address` AND (NOT `__kith_segment_bounced`)), 0, 1) AS __kith_withdrawn, 0 AS __kith_merged FROM `kith`.`profile_person_build` WHERE entity_id IN (SELECT new_id FROM (SELECT old_id, new_id FROM (
  SELECT old_id, argMax(new_id, at) AS new_id FROM `kith`.`entity_merges`
  WHERE entity = 'person' AND (build = 'build' OR build IN (SELECT build FROM `kith`.`builds`))
  GROUP BY old_id HAVING new_id != ''
)))
) AS __kith_w ON __kith_a.new_id = __kith_w.__kith_id
    ) WHERE __kith_id IN (SELECT if(position(row_id, 'key-') > 0, substring(row_id, 1, position(row_id, 'key-') - 1), row_id) FROM `kith`.`changeset_people_crm_raw` WHERE reason NOT IN (0, 5)) GROUP BY __kith_id
  ) AS w ON r.own = w.__kith_id
) WHERE why != reason
SETTINGS join_use_nulls = 0;

-- doubtful keys (sync people_crm) at syncs/all.yml:8:11
INSERT INTO `kith`.`scratch_run_people_crm_fix` (kh, row_id, op, verdict, reason, code)
SELECT kh, row_id, op, 3, why, '' FROM (
  SELECT r.kh AS kh, r.row_id AS row_id, r.op AS op, r.own AS own, toUInt8(multiIf(w.__kith_withdrawn = 1, 4, w.__kith_merged = 1, 3, ifNull(w.__kith_id, '') = '', 2, 1)) AS why
  FROM (SELECT kh, row_id, op, if(position(row_id, 'key-') > 0, substring(row_id, 1, position(row_id, 'key-') - 1), row_id) AS own FROM `kith`.`changeset_people_crm_raw` WHERE reason = 5) AS r
  LEFT JOIN (
    SELECT __kith_id, max(__kith_withdrawn) AS __kith_withdrawn, max(__kith_merged) AS __kith_merged FROM (
SELECT entity_id AS __kith_id, if((`__kith_consent_general` AND `__kith_consent_by_address` AND (NOT `__kith_segment_bounced`)), 0, 1) AS __kith_withdrawn, 0 AS __kith_merged FROM `kith`.`profile_person_build`
UNION ALL
SELECT __kith_a.old_id, coalesce(__kith_w.__kith_withdrawn, 0), 1 FROM (SELECT old_id, new_id FROM (
  SELECT old_id, argMax(new_id, at) AS new_id FROM `kith`.`entity_merges`
  WHERE entity = 'person' AND (build = 'build' OR build IN (SELECT build FROM `kith`.`builds`))
  GROUP BY old_id HAVING new_id != ''
)) AS __kith_a
LEFT JOIN (
SELECT entity_id AS __kith_id, if((`__kith_consent_general` AND `__kith_consent_by_address` AND (NOT `__kith_segment_bounced`)), 0, 1) AS __kith_withdrawn, 0 AS __kith_merged FROM `kith`.`profile_person_build` WHERE entity_id IN (SELECT new_id FROM (SELECT old_id, new_id FROM (
  SELECT old_id, argMax(new_id, at) AS new_id FROM `kith`.`entity_merges`
  WHERE entity = 'person' AND (build = 'build' OR build IN (SELECT build FROM `kith`.`builds`))
  GROUP BY old_id HAVING new_id != ''
)))
) AS __kith_w ON __kith_a.new_id = __kith_w.__kith_id
    ) WHERE __kith_id IN (SELECT if(position(row_id, 'key-') > 0, substring(row_id, 1, position(row_id, 'key-') - 1), row_id) FROM `kith`.`changeset_people_crm_raw` WHERE reason = 5) GROUP BY __kith_id
  ) AS w ON r.own = w.__kith_id
) WHERE why != 3 AND own NOT IN (
  SELECT row_id FROM (
SELECT cityHash64(ifNull(__kith_id, '')) AS kh, greatest(cityHash64(tuple(__kith_key, __kith_f0, __kith_f1, __kith_f2, __kith_f3, __kith_f4, __kith_f5)), toUInt64(1)) AS h, assumeNotNull(__kith_id) AS row_id, assumeNotNull(__kith_key) AS key,
  __kith_f0, __kith_f1, __kith_f2, __kith_f3, __kith_f4, __kith_f5, __kith_match AS match, __kith_at AS at
FROM (
SELECT entity_id AS __kith_id,
  nullIf(lowerUTF8(trimBoth(if(ifNull(has(`__kith_granted_by_address`, `email`), false), `email`, if(notEmpty(`__kith_granted_by_address`), CAST(`__kith_granted_by_address`[1] AS Nullable(String)), NULL)))), '') AS __kith_key,
  `nick` AS __kith_f0,
  `spent` AS __kith_f1,
  CAST(`__kith_segment_best` AS Nullable(Bool)) AS __kith_f2,
  `tier` AS __kith_f3,
  CAST((
concat(nick, '!')
) AS Nullable(String)) AS __kith_f4,
  `__kith_related_0_staff_spent` AS __kith_f5,
  '' AS __kith_match,
  CAST(NULL AS Nullable(DateTime64(6, 'UTC'))) AS __kith_at
FROM `kith`.`profile_person_build`
WHERE `__kith_segment_spenders` AND (`__kith_consent_general` AND `__kith_consent_by_address` AND (NOT `__kith_segment_bounced`))
) WHERE ((ifNull(__kith_id, '') != '') AND (ifNull(__kith_key, '') != ''))
  ) WHERE row_id IN (SELECT if(position(row_id, 'key-') > 0, substring(row_id, 1, position(row_id, 'key-') - 1), row_id) FROM `kith`.`changeset_people_crm_raw` WHERE reason = 5)
)
SETTINGS join_use_nulls = 0;

-- merged entities (sync people_crm) at syncs/all.yml:8:11
INSERT INTO `kith`.`baseline_people_crm` (kh, row_id, key, h, fh, remote_id, match, gone, mapping, ver, del)
SELECT cityHash64(ifNull(new_id, '')), new_id, key, h, fh, remote_id, match, gone, mapping, 4294967296, 0
FROM (SELECT * FROM `kith`.`baseline_people_crm` FINAL) AS b
JOIN (SELECT old_id, new_id FROM (
  SELECT old_id, argMax(new_id, at) AS new_id FROM `kith`.`entity_merges`
  WHERE entity = 'person' AND (build = 'build' OR build IN (SELECT build FROM `kith`.`builds`))
  GROUP BY old_id HAVING new_id != ''
)) AS m ON b.row_id = m.old_id
WHERE m.new_id NOT IN (SELECT row_id FROM `kith`.`baseline_people_crm` FINAL WHERE row_id IN (SELECT new_id FROM (SELECT old_id, new_id FROM (
  SELECT old_id, argMax(new_id, at) AS new_id FROM `kith`.`entity_merges`
  WHERE entity = 'person' AND (build = 'build' OR build IN (SELECT build FROM `kith`.`builds`))
  GROUP BY old_id HAVING new_id != ''
))))
  AND m.old_id NOT IN (SELECT row_id FROM `kith`.`job_rows` WHERE job IN (SELECT job FROM `kith`.`jobs` FINAL WHERE sync = 'people_crm' AND state = 'open'))
ORDER BY b.gone, b.ver DESC, b.row_id LIMIT 1 BY new_id;

-- merged entities left (sync people_crm) at syncs/all.yml:8:11
INSERT INTO `kith`.`baseline_people_crm` (kh, row_id, key, h, fh, remote_id, match, gone, mapping, ver, del)
SELECT b.kh, b.row_id, b.key, b.h, b.fh, b.remote_id, b.match, b.gone, b.mapping, 4294967297, 1
FROM (SELECT * FROM `kith`.`baseline_people_crm` FINAL) AS b
JOIN (SELECT old_id, new_id FROM (
  SELECT old_id, argMax(new_id, at) AS new_id FROM `kith`.`entity_merges`
  WHERE entity = 'person' AND (build = 'build' OR build IN (SELECT build FROM `kith`.`builds`))
  GROUP BY old_id HAVING new_id != ''
)) AS m ON b.row_id = m.old_id
JOIN (SELECT row_id, key, h FROM `kith`.`baseline_people_crm` FINAL WHERE row_id IN (SELECT new_id FROM (SELECT old_id, new_id FROM (
  SELECT old_id, argMax(new_id, at) AS new_id FROM `kith`.`entity_merges`
  WHERE entity = 'person' AND (build = 'build' OR build IN (SELECT build FROM `kith`.`builds`))
  GROUP BY old_id HAVING new_id != ''
)))) AS s ON m.new_id = s.row_id
WHERE b.key = s.key AND b.h = s.h AND m.old_id NOT IN (SELECT row_id FROM `kith`.`job_rows` WHERE job IN (SELECT job FROM `kith`.`jobs` FINAL WHERE sync = 'people_crm' AND state = 'open'));

-- backoff (sync people_crm) at syncs/all.yml:8:11
INSERT INTO `kith`.`scratch_run_people_crm_fix` (kh, row_id, op, verdict, reason, code)
SELECT r.kh, r.row_id, if(r.op = 1 AND r.reason = 0, 255, r.op), 1, 0, if(x.code = 'unconfirmed', x.code, 'backoff') FROM (
  SELECT r.kh AS kh, r.row_id AS row_id, r.op AS op, r.reason AS reason, if(r.goes, 1, r.op) AS sent, if(r.goes, bitXor(r.h, toUInt64(if(f.why != 0, f.why, r.reason))), r.h) AS h
  FROM (SELECT kh, row_id, op, h, reason, (op = 1 OR op = 0 AND reason != 0) AS goes FROM `kith`.`changeset_people_crm_raw`) AS r
  LEFT JOIN (SELECT row_id, max(reason) AS why FROM `kith`.`scratch_run_people_crm_fix` WHERE op < 2 AND verdict = 3 GROUP BY row_id) AS f ON r.row_id = f.row_id
) AS r
JOIN (SELECT row_id, op, h, code FROM `kith`.`rejections` FINAL WHERE sync = 'people_crm' AND mapping = 1 AND next_try > toDateTime64('1970-01-01 00:00:00.000000', 6, 'UTC')) AS x
ON r.row_id = x.row_id AND r.sent = x.op AND r.h = x.h
SETTINGS join_use_nulls = 0;

-- pending (sync people_crm) at syncs/all.yml:8:11
INSERT INTO `kith`.`scratch_run_people_crm_fix` (kh, row_id, op, verdict, reason, code)
SELECT r.kh, r.row_id, r.op, 1, 0, 'pending' FROM `kith`.`changeset_people_crm_raw` AS r
JOIN (
  SELECT row_id, max(op = 1) AS removing FROM `kith`.`job_rows`
  WHERE job IN (SELECT job FROM `kith`.`jobs` FINAL WHERE sync = 'people_crm' AND state = 'open') GROUP BY row_id
) AS x ON r.row_id = x.row_id
WHERE NOT (r.op < 2 AND x.removing = 0 AND (r.reason = 4 OR r.row_id IN (SELECT row_id FROM `kith`.`scratch_run_people_crm_fix` WHERE op < 2 AND verdict = 3 AND reason = 4)));

-- changeset table (sync people_crm) at syncs/all.yml:8:11
CREATE TABLE `kith`.`changeset_people_crm` (
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
SETTINGS min_bytes_for_wide_part = 1073741824, max_bytes_to_merge_at_max_space_in_pool = 8388608, parts_to_delay_insert = 100000, parts_to_throw_insert = 100000;

-- changeset with verdicts (sync people_crm) at syncs/all.yml:8:11
INSERT INTO `kith`.`changeset_people_crm` (op, kh, row_id, action, reason, key, old_key, h, fh, changed, fields, match, old_match, remote_id, at, gone, del)
SELECT
  multiIf(forget OR quiet, 0, r.reason = 0, r.op, act = 'ignore', 0, 1) AS o, r.kh, r.row_id,
  if(r.reason = 0, r.action, act) AS a, why, r.key, r.old_key, r.h, r.fh, r.changed,
  if(r.reason != 0 AND act = 'set', set_fields, r.fields) AS ff, r.match, r.old_match, r.remote_id, r.at,
  multiIf(o = 0 AND r.reason != 0 AND NOT forget, why, r.quiet, 0, r.gone) AS g,
  if(forget, 1, r.del) AS d
FROM (
  SELECT r.*, f.forget AS forget, f.quiet AS quiet, if(f.why != 0, f.why, r.reason) AS why, multiIf(why = 4, 'archive', why = 3, 'archive', why = 2, 'ignore', why = 1, 'set', why = 5, 'delete', '') AS act, multiIf(why = 4, '{}', why = 3, '{}', why = 2, '{}', why = 1, '{"best":false,"o\'p":"7","good":true,"count":3,"code":"3","said":"it\'s \\"so\\""}', '') AS set_fields
  FROM (SELECT * FROM `kith`.`changeset_people_crm_raw` WHERE kh BETWEEN 0 AND 18446744073709551615) AS r
  LEFT JOIN (
    SELECT row_id, op, max(verdict IN (1, 5, 6)) AS hold, max(verdict = 2) OR max(verdict = 7) AND NOT max(verdict = 8) AS forget, max(verdict = 4) AS quiet, max(reason) AS why
    FROM `kith`.`scratch_run_people_crm_fix` WHERE kh BETWEEN 0 AND 18446744073709551615 AND op != 255 GROUP BY row_id, op
  ) AS f ON r.row_id = f.row_id AND r.op = f.op
  WHERE f.hold = 0 AND r.row_id NOT IN (SELECT row_id FROM `kith`.`scratch_run_people_crm_fix` WHERE op = 255 AND kh BETWEEN 0 AND 18446744073709551615)
) AS r
SETTINGS join_use_nulls = 0;

-- silent rows (sync people_crm) at syncs/all.yml:8:11
INSERT INTO `kith`.`baseline_people_crm` (kh, row_id, key, h, fh, remote_id, match, gone, mapping, ver, del)
SELECT kh, row_id, key, if(gone = 0, h, 0), fh, remote_id, match, gone, 1, 4294967296, del
FROM `kith`.`changeset_people_crm` WHERE op = 0
UNION ALL
SELECT kh, row_id, key, 0, [], '', match, 0, 1, 4294967296, 0
FROM `kith`.`changeset_people_crm_raw` WHERE op = 4 AND key IN (SELECT key FROM `kith`.`changeset_people_crm` WHERE op = 0 AND del = 1 AND remote_id != 'none' AND row_id NOT IN (SELECT row_id FROM `kith`.`foreign_rows` FINAL WHERE sync = 'people_crm')) AND row_id NOT IN (
  SELECT row_id FROM `kith`.`baseline_people_crm` FINAL PREWHERE kh IN (SELECT kh FROM `kith`.`changeset_people_crm_raw` WHERE op = 4 AND key IN (SELECT key FROM `kith`.`changeset_people_crm` WHERE op = 0 AND del = 1 AND remote_id != 'none' AND row_id NOT IN (SELECT row_id FROM `kith`.`foreign_rows` FINAL WHERE sync = 'people_crm')))
)
UNION ALL
SELECT kh, concat(row_id, 'key-', lower(hex(substring(SHA256(key), 1, 8)))), key, 0, [], '', '', 0, 1, 4294967296, 0
FROM `kith`.`changeset_people_crm_raw` WHERE op = 2 AND key IN (SELECT key FROM `kith`.`changeset_people_crm` WHERE op = 0 AND del = 1 AND remote_id != 'none' AND row_id NOT IN (SELECT row_id FROM `kith`.`foreign_rows` FINAL WHERE sync = 'people_crm'));

-- rows of others (sync people_crm) at syncs/all.yml:8:11
INSERT INTO `kith`.`scratch_run_people_crm_fix` (kh, row_id, op, verdict, reason, code)
SELECT kh, row_id, op, if(op IN (2, 3), 4, 2), 0, '' FROM `kith`.`changeset_people_crm_raw`
WHERE (op = 1 OR op = 0 AND reason != 0) AND remote_id = 'none' OR (op IN (2, 3) OR (op = 1 OR op = 0 AND reason != 0)) AND row_id IN (SELECT row_id FROM `kith`.`foreign_rows` FINAL WHERE sync = 'people_crm');

-- page of new rows (sync people_crm) at syncs/all.yml:8:11
SELECT kh, row_id, action, reason, key, old_key, h, fh, fields, match, remote_id, at
FROM `kith`.`changeset_people_crm`
WHERE op = 4 AND kh >= 0 AND (kh, row_id) > (0, '') AND row_id NOT IN (SELECT row_id FROM `kith`.`baseline_people_crm` FINAL)
  AND concat(row_id, 'key-', lower(hex(substring(SHA256(key), 1, 8)))) NOT IN (SELECT row_id FROM `kith`.`baseline_people_crm` FINAL WHERE position(row_id, 'key-') > 0)
ORDER BY kh, row_id LIMIT 100;

-- records of other rows (sync people_crm) at syncs/all.yml:8:11
SELECT c.row_id, b.remote_id, b.gone != 0
FROM (SELECT row_id, key FROM `kith`.`changeset_people_crm` WHERE op = 4 AND kh BETWEEN 0 AND 4611686018427387904) AS c
JOIN (
  SELECT key, remote_id, gone FROM `kith`.`baseline_people_crm` FINAL
  WHERE key IN (SELECT key FROM `kith`.`changeset_people_crm` WHERE op = 4 AND kh BETWEEN 0 AND 4611686018427387904) AND row_id NOT IN (SELECT row_id FROM `kith`.`foreign_rows` FINAL WHERE sync = 'people_crm') AND (gone = 0 OR (h != 0 OR notEmpty(fh) OR remote_id NOT IN ('', 'none')) AND row_id NOT IN (SELECT row_id FROM `kith`.`foreign_rows` FINAL WHERE sync = 'people_crm'))
) AS b ON c.key = b.key;

-- without rows of others (sync people_crm) at syncs/all.yml:8:11
DELETE FROM `kith`.`changeset_people_crm` WHERE op = 4 AND row_id IN (SELECT row_id FROM `kith`.`foreign_rows` FINAL WHERE sync = 'people_crm');

-- without rows that were not looked up (sync people_crm) at syncs/all.yml:8:11
DELETE FROM `kith`.`changeset_people_crm` WHERE op = 4 AND kh IN (1, 2) AND row_id IN ('a', 'b');

-- changeset fingerprint (sync people_crm) at syncs/all.yml:8:11
SELECT toString(sum(cityHash64(op, kh, row_id, action, reason, key, old_key, h, match, fields))), count()
FROM `kith`.`changeset_people_crm` WHERE op != 0;

-- changeset beyond (sync people_crm) at syncs/all.yml:8:11
SELECT count() FROM `kith`.`changeset_people_crm`
WHERE op IN (1, 2, 3) AND (row_id, op, action, op = 1 AND reason != 0, if(op = 1, key, ''), if(op = 1, fields, '')) NOT IN (
  SELECT row_id, arrayJoin(if(op = 2, [2, 3], [op])) AS may, action, op = 1 AND reason != 0, if(op = 1, key, ''), if(op = 1, fields, '') FROM `kith`.`changeset_people_crm_raw` WHERE op IN (1, 2, 3)
);

-- baseline (sync best_list) at syncs/all.yml:15:11
CREATE TABLE IF NOT EXISTS `kith`.`baseline_best_list` (
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
) ENGINE = ReplacingMergeTree(ver, del) ORDER BY (kh, row_id);

-- changeset table (sync best_list) at syncs/all.yml:15:11
CREATE TABLE `kith`.`changeset_best_list_raw` (
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
SETTINGS min_bytes_for_wide_part = 1073741824, max_bytes_to_merge_at_max_space_in_pool = 8388608, parts_to_delay_insert = 100000, parts_to_throw_insert = 100000;

-- desired (sync best_list) at syncs/all.yml:15:11
CREATE TABLE `kith`.`scratch_run_best_list_desired` ENGINE = MergeTree ORDER BY (kh, row_id) AS
SELECT cityHash64(ifNull(__kith_id, '')) AS kh, greatest(cityHash64(tuple(__kith_key, __kith_match)), toUInt64(1)) AS h, ifNull(__kith_id, '') AS row_id, ifNull(__kith_key, '') AS key,
  __kith_match AS match, __kith_at AS at, multiIf(NOT (ifNull(__kith_id, '') != ''), toUInt8(1), NOT (ifNull(__kith_key, '') != ''), toUInt8(2), toUInt8(0)) AS fault
FROM (
SELECT entity_id AS __kith_id,
  if((notEmpty(arrayMap(__kith_v -> assumeNotNull(__kith_v), arrayFilter(__kith_v -> isNotNull(__kith_v), arrayMap(__kith_v -> CAST(arrayMap(__kith_n -> if(match(ifNull(__kith_n, ''), '^[^\\s\\p{Z}\\p{C}@<>"(),;]+@[^\\s\\p{Z}\\p{C}@<>"(),;]+\\.[^\\s\\p{Z}\\p{C}@<>"(),;.]{2,}$'), __kith_n, NULL), [lowerUTF8(arrayMap(__kith_t -> if(length(__kith_t) = lengthUTF8(__kith_t), trim(BOTH ' \t\n\r\f\v' FROM __kith_t), replaceRegexpAll(__kith_t, '^[\\s\\p{Z}\\p{C}]+|[\\s\\p{Z}\\p{C}]+$', '')), [__kith_v])[1])])[1] AS Nullable(String)), arrayFilter(__kith_v -> has(`__kith_granted_by_address`, __kith_v), `__kith_all_email`)))))), entity_id, CAST(NULL AS Nullable(String))) AS __kith_key,
  concat('{', arrayStringConcat([if(empty(arrayMap(__kith_v -> assumeNotNull(__kith_v), arrayFilter(__kith_v -> isNotNull(__kith_v), arrayMap(__kith_v -> CAST(arrayMap(__kith_n -> if(match(ifNull(__kith_n, ''), '^[^\\s\\p{Z}\\p{C}@<>"(),;]+@[^\\s\\p{Z}\\p{C}@<>"(),;]+\\.[^\\s\\p{Z}\\p{C}@<>"(),;.]{2,}$'), __kith_n, NULL), [lowerUTF8(arrayMap(__kith_t -> if(length(__kith_t) = lengthUTF8(__kith_t), trim(BOTH ' \t\n\r\f\v' FROM __kith_t), replaceRegexpAll(__kith_t, '^[\\s\\p{Z}\\p{C}]+|[\\s\\p{Z}\\p{C}]+$', '')), [__kith_v])[1])])[1] AS Nullable(String)), arrayFilter(__kith_v -> has(`__kith_granted_by_address`, __kith_v), `__kith_all_email`))))), NULL, concat('"email":[', arrayStringConcat(arrayMap(__kith_e -> toJSONString(__kith_e), arrayMap(__kith_v -> assumeNotNull(__kith_v), arrayFilter(__kith_v -> isNotNull(__kith_v), arrayMap(__kith_v -> CAST(arrayMap(__kith_n -> if(match(ifNull(__kith_n, ''), '^[^\\s\\p{Z}\\p{C}@<>"(),;]+@[^\\s\\p{Z}\\p{C}@<>"(),;]+\\.[^\\s\\p{Z}\\p{C}@<>"(),;.]{2,}$'), __kith_n, NULL), [lowerUTF8(arrayMap(__kith_t -> if(length(__kith_t) = lengthUTF8(__kith_t), trim(BOTH ' \t\n\r\f\v' FROM __kith_t), replaceRegexpAll(__kith_t, '^[\\s\\p{Z}\\p{C}]+|[\\s\\p{Z}\\p{C}]+$', '')), [__kith_v])[1])])[1] AS Nullable(String)), arrayFilter(__kith_v -> has(`__kith_granted_by_address`, __kith_v), `__kith_all_email`))))), ','), ']'))], ','), '}') AS __kith_match,
  CAST(NULL AS Nullable(DateTime64(6, 'UTC'))) AS __kith_at
FROM `kith`.`profile_person_build`
WHERE `__kith_segment_best` AND (`__kith_consent_by_address` AND (NOT `__kith_segment_bounced`))
)
SETTINGS min_insert_block_size_rows = 65536, min_insert_block_size_bytes = 8388608;

-- digest (sync best_list) at syncs/all.yml:15:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_best_list_digest` (b UInt32, desired_rows UInt64, baseline_rows UInt64, no_id UInt64, no_key UInt64, earlier_rows UInt64) ENGINE = MergeTree ORDER BY b AS
SELECT arrayJoin(arrayPushFront(arrayFilter((i, x) -> x != 0, range(toUInt32(65536)), d), toUInt32(4294967295))) AS b,
  if(b = 4294967295, n, 0) AS desired_rows, if(b = 4294967295, m, 0) AS baseline_rows, if(b = 4294967295, i, 0) AS no_id, if(b = 4294967295, k, 0) AS no_key, if(b = 4294967295, e, 0) AS earlier_rows
FROM (
  SELECT sumResample(0, 65536, 1)(d, g) AS d, sum(n) AS n, sum(m) AS m, sum(i) AS i, sum(k) AS k, sum(e) AS e
  FROM (
    SELECT toUInt16(toUInt32(bitShiftRight(kh, 48))) AS g, sum(if(fault = 0, bitOr(kh, 1) * bitXor(h, cityHash64('scratch_run_best_list_digest')), 0)) AS d, countIf(fault = 0) AS n, toUInt64(0) AS m, countIf(fault = 1) AS i, countIf(fault = 2) AS k, toUInt64(0) AS e
    FROM (
SELECT kh, h, fault FROM `kith`.`scratch_run_best_list_desired`
    ) GROUP BY g
    UNION ALL
    SELECT toUInt16(toUInt32(bitShiftRight(kh, 48))) AS g, bitNot(sum(bitOr(kh, 1) * bitXor(h, cityHash64('scratch_run_best_list_digest')))) + 1, 0, count(), 0, 0, 0
    FROM (
      WITH (
        SELECT min(ver) FROM `kith`.`baseline_best_list`
        WHERE _part != (SELECT argMax(part, n) FROM (SELECT _part AS part, count() AS n FROM `kith`.`baseline_best_list` GROUP BY part))
      ) AS late, (SELECT count() FROM `kith`.`baseline_best_list` WHERE late > 0 AND ver >= late) BETWEEN 1 AND 20000 AS few
      SELECT kh, h FROM `kith`.`baseline_best_list` WHERE few AND gone = 0 AND del = 0 AND kh NOT IN (SELECT kh FROM `kith`.`baseline_best_list` WHERE few AND ver >= late)
      UNION ALL
      SELECT kh, h FROM `kith`.`baseline_best_list` FINAL PREWHERE kh IN (SELECT kh FROM `kith`.`baseline_best_list` WHERE few AND ver >= late) WHERE few AND gone = 0
      UNION ALL
      SELECT kh, h FROM `kith`.`baseline_best_list` FINAL WHERE NOT few AND gone = 0
) GROUP BY g
  )
);

-- digest totals (sync best_list) at syncs/all.yml:15:11
WITH toFloat64(greatest(sum(desired_rows), sum(baseline_rows))) AS rows, dirty / 65536 AS share, least(rows, -65536 * log(1 - share)) AS differ
SELECT countIf(b < 65536) AS dirty, sum(desired_rows), sum(baseline_rows), sum(no_id), sum(no_key), toUInt64(ceil(differ + (rows - differ) * share)), countIf(b = 4294967295), sum(earlier_rows), 0
FROM `kith`.`scratch_run_best_list_digest`;

-- changeset (sync best_list) at syncs/all.yml:15:11
INSERT INTO `kith`.`changeset_best_list_raw` (op, kh, row_id, action, reason, key, old_key, h, fh, changed, fields, match, old_match, remote_id, at, gone, del)
SELECT
  op, kh, row_id,
  if(op = 1, if(here, 'remove', action), '') AS act,
  if(here, 0, reason) AS why,
  if(op = 1 OR NOT here, old_key, key) AS k,
  if(op = 2, old_key, '') AS ok,
  if(op = 1 OR NOT here, old_h, h) AS hh,
  fh, arrayFilter((i, x, y) -> x != y AND here AND known, range(toUInt16(length(fh))), fh, arrayResize(old_fh, length(fh))) AS changed,
  if(here AND op != 1, fields, if(op = 1 AND act = 'set', multiIf(reason = 4, '{}', reason = 3, '{}', reason = 2, '{}', reason = 1, '{}', ''), '')) AS ff,
  if(here AND op != 1, match, old_match) AS m,
  if(op = 2, old_match, '') AS om,
  remote_id, at,
  multiIf(op = 0 AND NOT here, reason, op = 2, old_gone, 0) AS gone,
  toUInt8(0) AS del
FROM (
    SELECT
      c.row_id != '' AS here, b.row_id != '' AS known,
      if(here, c.kh, b.kh) AS kh,
      if(here, c.row_id, b.row_id) AS row_id,
      toUInt8(1) AS reason,
      multiIf(reason = 4, 'remove', reason = 3, 'remove', reason = 2, 'remove', reason = 1, 'remove', '') AS action,
      c.key AS key,
      b.key AS old_key,
      c.h AS h,
      b.h AS old_h,
      if(here, [], b.fh) AS fh,
      b.fh AS old_fh,
      if(here, '{}', '') AS fields,
      c.match AS match,
      b.match AS old_match,
      b.remote_id AS remote_id,
      c.at AS at,
      b.gone AS old_gone,
      empty(b.fh) AS bare,
      arrayJoin(multiIf(NOT here AND action = 'ignore', [0], NOT here, [1], NOT known, [4], old_gone != 0 AND old_match = match, [3],
    NOT (arraySort(arrayDistinct(arrayConcat(arrayMap(__kith_v -> concat('email', '=', __kith_v), arrayFilter(__kith_v -> __kith_v != '', JSONExtract(match, 'email', 'Array(String)')))))) = arraySort(arrayDistinct(arrayFlatten(arrayMap(match -> arrayConcat(arrayMap(__kith_v -> concat('email', '=', __kith_v), arrayFilter(__kith_v -> __kith_v != '', JSONExtract(match, 'email', 'Array(String)')))), [old_match]))))), [1, 4], old_h = 0 AND bare, [4], old_gone = 0 AND old_h != 0 AND old_key = key AND fh = old_fh AND arraySort(arrayDistinct(arrayConcat(arrayMap(__kith_v -> concat('email', '=', __kith_v), arrayFilter(__kith_v -> __kith_v != '', JSONExtract(match, 'email', 'Array(String)')))))) = arraySort(arrayDistinct(arrayFlatten(arrayMap(match -> arrayConcat(arrayMap(__kith_v -> concat('email', '=', __kith_v), arrayFilter(__kith_v -> __kith_v != '', JSONExtract(match, 'email', 'Array(String)')))), [old_match])))), [0], [3])) AS op
    FROM (
      SELECT * FROM (
SELECT * EXCEPT (fault) FROM `kith`.`scratch_run_best_list_desired` WHERE fault = 0
      ) WHERE kh BETWEEN 0 AND 18446744073709551615 AND toUInt32(bitShiftRight(kh, 48)) IN (SELECT b FROM `kith`.`scratch_run_best_list_digest` WHERE b < 65536)
    ) AS c
    FULL OUTER JOIN (
      SELECT kh, row_id, key, h, fh, remote_id, match, gone, mapping, ver FROM `kith`.`baseline_best_list` FINAL
      PREWHERE kh BETWEEN 0 AND 18446744073709551615 AND toUInt32(bitShiftRight(kh, 48)) IN (SELECT b FROM `kith`.`scratch_run_best_list_digest` WHERE b < 65536)
    ) AS b ON c.row_id = b.row_id
    WHERE if(c.row_id = '', b.gone = 0, (c.h != b.h))
)
SETTINGS join_use_nulls = 0, min_insert_block_size_rows = 262144, min_insert_block_size_bytes = 50331648, max_block_size = 16384;

-- compact the baseline (sync best_list) at syncs/all.yml:15:11
OPTIMIZE TABLE `kith`.`baseline_best_list` FINAL;

-- repeated row ids (sync best_list) at syncs/all.yml:15:11
SELECT count(), any(n) FROM (SELECT count() AS n FROM `kith`.`changeset_best_list_raw` WHERE op != 1 AND kh BETWEEN 0 AND 18446744073709551615 GROUP BY kh, row_id HAVING n > 1);

-- verdicts (sync best_list) at syncs/all.yml:15:11
CREATE TABLE `kith`.`scratch_run_best_list_fix` (kh UInt64, row_id String, op UInt8, verdict UInt8, reason UInt8, code LowCardinality(String)) ENGINE = MergeTree ORDER BY (kh, row_id);

-- spared members table (sync best_list) at syncs/all.yml:15:11
CREATE TABLE `kith`.`scratch_run_best_list_spared` (op UInt8, kh UInt64, row_id String, old_match String, old_remote_id String, remote_id String, nothing UInt8, match String) ENGINE = MergeTree ORDER BY (op, kh, row_id);

-- spared members (sync best_list) at syncs/all.yml:15:11
INSERT INTO `kith`.`scratch_run_best_list_spared` (op, kh, row_id, old_match, old_remote_id, remote_id, nothing, match)
SELECT op, kh, row_id, old_match, old_remote_id, arrayStringConcat(records, ',') AS remote_id, if(old_remote_id = '', empty(rest), op < 2 AND empty(records)) AS nothing,
  if(length(rest) = had, old_match, concat('{', arrayStringConcat(arrayFilter(x -> x != '', [
    if(JSONHas(old_match, 'email'), concat('"', 'email', '":', toJSONString(arrayMap(x -> substring(x, length('email') + 2), arrayFilter(x -> startsWith(x, concat('email', '=')), rest)))), '')
  ]), ','), '}')) AS match
FROM (
  SELECT op, kh, row_id, any(match) AS old_match, any(remote_id) AS old_remote_id,
    arraySort(groupArrayIf(token, ours AND NOT record)) AS rest, countIf(NOT record) AS had, arraySort(groupArrayIf(token, ours AND record)) AS records, countIf(record) AS had_records
  FROM (
    SELECT l.op AS op, l.kh AS kh, l.row_id AS row_id, l.match AS match, l.remote_id AS remote_id, l.token AS token, false AS record, k.token = '' OR k.one = l.row_id AND k.other = l.row_id AS ours
    FROM (SELECT op, kh, row_id, match, remote_id, arrayJoin(arrayConcat(arrayMap(__kith_v -> concat('email', '=', __kith_v), arrayFilter(__kith_v -> __kith_v != '', JSONExtract(match, 'email', 'Array(String)'))))) AS token FROM `kith`.`changeset_best_list_raw` WHERE kh BETWEEN 0 AND 18446744073709551615 AND (op = 1 OR op = 0 AND reason != 0)) AS l
    LEFT JOIN (
      SELECT token, min(row_id) AS one, max(row_id) AS other
      FROM (SELECT row_id, arrayJoin(arrayConcat(arrayMap(__kith_v -> concat('email', '=', __kith_v), arrayFilter(__kith_v -> __kith_v != '', JSONExtract(match, 'email', 'Array(String)'))))) AS token FROM (
SELECT * EXCEPT (fault) FROM `kith`.`scratch_run_best_list_desired` WHERE fault = 0
      )) WHERE token IN (SELECT token FROM (SELECT op, kh, row_id, match, remote_id, arrayJoin(arrayConcat(arrayMap(__kith_v -> concat('email', '=', __kith_v), arrayFilter(__kith_v -> __kith_v != '', JSONExtract(match, 'email', 'Array(String)'))))) AS token FROM `kith`.`changeset_best_list_raw` WHERE kh BETWEEN 0 AND 18446744073709551615 AND (op = 1 OR op = 0 AND reason != 0))) GROUP BY token
    ) AS k ON l.token = k.token
    UNION ALL
    SELECT l.op, l.kh, l.row_id, l.match, l.remote_id, l.token, true, k.token = '' OR k.one = l.row_id AND k.other = l.row_id
    FROM (SELECT op, kh, row_id, match, remote_id, arrayJoin(splitByChar(',', replaceAll(remote_id, ';', ','))) AS token FROM `kith`.`changeset_best_list_raw` WHERE kh BETWEEN 0 AND 18446744073709551615 AND ((op = 1 OR op = 0 AND reason != 0) OR op IN (3, 4)) AND remote_id != '') AS l
    LEFT JOIN (
      SELECT token, min(row_id) AS one, max(row_id) AS other
      FROM (SELECT row_id, arrayJoin(splitByChar(',', replaceAll(remote_id, ';', ','))) AS token FROM `kith`.`baseline_best_list` FINAL WHERE gone = 0 AND remote_id != '' AND row_id NOT IN (SELECT row_id FROM `kith`.`changeset_best_list_raw` WHERE (op = 1 OR op = 0 AND reason != 0)))
      WHERE token IN (SELECT token FROM (SELECT op, kh, row_id, match, remote_id, arrayJoin(splitByChar(',', replaceAll(remote_id, ';', ','))) AS token FROM `kith`.`changeset_best_list_raw` WHERE kh BETWEEN 0 AND 18446744073709551615 AND ((op = 1 OR op = 0 AND reason != 0) OR op IN (3, 4)) AND remote_id != '')) GROUP BY token
    ) AS k ON l.token = k.token
  )
  GROUP BY op, kh, row_id HAVING length(rest) < had OR length(records) < had_records
)
SETTINGS join_use_nulls = 0, min_insert_block_size_rows = 65536, min_insert_block_size_bytes = 8388608, max_block_size = 16384;

-- spared members count (sync best_list) at syncs/all.yml:15:11
SELECT count() FROM `kith`.`scratch_run_best_list_spared`;

-- wholly spared members (sync best_list) at syncs/all.yml:15:11
INSERT INTO `kith`.`scratch_run_best_list_fix` (kh, row_id, op, verdict, reason, code)
SELECT kh, row_id, op, 2, 0, '' FROM `kith`.`scratch_run_best_list_spared` WHERE nothing;

-- reasons (sync best_list) at syncs/all.yml:15:11
INSERT INTO `kith`.`scratch_run_best_list_fix` (kh, row_id, op, verdict, reason, code)
SELECT kh, row_id, op, 3, why, '' FROM (
  SELECT r.kh AS kh, r.row_id AS row_id, r.op AS op, r.reason AS reason, toUInt8(multiIf(w.__kith_withdrawn = 1, 4, w.__kith_merged = 1, 3, ifNull(w.__kith_id, '') = '', 2, 1)) AS why
  FROM (SELECT kh, row_id, op, reason, if(position(row_id, 'key-') > 0, substring(row_id, 1, position(row_id, 'key-') - 1), row_id) AS own FROM `kith`.`changeset_best_list_raw` WHERE reason NOT IN (0, 5)) AS r
  LEFT JOIN (
    SELECT __kith_id, max(__kith_withdrawn) AS __kith_withdrawn, max(__kith_merged) AS __kith_merged FROM (
SELECT entity_id AS __kith_id, if((`__kith_consent_by_address` AND (NOT `__kith_segment_bounced`)), 0, 1) AS __kith_withdrawn, 0 AS __kith_merged FROM `kith`.`profile_person_build`
UNION ALL
SELECT __kith_a.old_id, coalesce(__kith_w.__kith_withdrawn, 0), 1 FROM (SELECT old_id, new_id FROM (
  SELECT old_id, argMax(new_id, at) AS new_id FROM `kith`.`entity_merges`
  WHERE entity = 'person' AND (build = 'build' OR build IN (SELECT build FROM `kith`.`builds`))
  GROUP BY old_id HAVING new_id != ''
)) AS __kith_a
LEFT JOIN (
SELECT entity_id AS __kith_id, if((`__kith_consent_by_address` AND (NOT `__kith_segment_bounced`)), 0, 1) AS __kith_withdrawn, 0 AS __kith_merged FROM `kith`.`profile_person_build` WHERE entity_id IN (SELECT new_id FROM (SELECT old_id, new_id FROM (
  SELECT old_id, argMax(new_id, at) AS new_id FROM `kith`.`entity_merges`
  WHERE entity = 'person' AND (build = 'build' OR build IN (SELECT build FROM `kith`.`builds`))
  GROUP BY old_id HAVING new_id != ''
)))
) AS __kith_w ON __kith_a.new_id = __kith_w.__kith_id
    ) WHERE __kith_id IN (SELECT if(position(row_id, 'key-') > 0, substring(row_id, 1, position(row_id, 'key-') - 1), row_id) FROM `kith`.`changeset_best_list_raw` WHERE reason NOT IN (0, 5)) GROUP BY __kith_id
  ) AS w ON r.own = w.__kith_id
) WHERE why != reason
SETTINGS join_use_nulls = 0;

-- merged entities (sync best_list) at syncs/all.yml:15:11
INSERT INTO `kith`.`baseline_best_list` (kh, row_id, key, h, fh, remote_id, match, gone, mapping, ver, del)
SELECT cityHash64(ifNull(new_id, '')), new_id, key, h, fh, remote_id, match, gone, mapping, 4294967296, 0
FROM (SELECT * FROM `kith`.`baseline_best_list` FINAL) AS b
JOIN (SELECT old_id, new_id FROM (
  SELECT old_id, argMax(new_id, at) AS new_id FROM `kith`.`entity_merges`
  WHERE entity = 'person' AND (build = 'build' OR build IN (SELECT build FROM `kith`.`builds`))
  GROUP BY old_id HAVING new_id != ''
)) AS m ON b.row_id = m.old_id
WHERE m.new_id NOT IN (SELECT row_id FROM `kith`.`baseline_best_list` FINAL WHERE row_id IN (SELECT new_id FROM (SELECT old_id, new_id FROM (
  SELECT old_id, argMax(new_id, at) AS new_id FROM `kith`.`entity_merges`
  WHERE entity = 'person' AND (build = 'build' OR build IN (SELECT build FROM `kith`.`builds`))
  GROUP BY old_id HAVING new_id != ''
))))
  AND m.old_id NOT IN (SELECT row_id FROM `kith`.`job_rows` WHERE job IN (SELECT job FROM `kith`.`jobs` FINAL WHERE sync = 'best_list' AND state = 'open'))
ORDER BY b.gone, b.ver DESC, b.row_id LIMIT 1 BY new_id;

-- merged entities left (sync best_list) at syncs/all.yml:15:11
INSERT INTO `kith`.`baseline_best_list` (kh, row_id, key, h, fh, remote_id, match, gone, mapping, ver, del)
SELECT b.kh, b.row_id, b.key, b.h, b.fh, b.remote_id, b.match, b.gone, b.mapping, 4294967297, 1
FROM (SELECT * FROM `kith`.`baseline_best_list` FINAL) AS b
JOIN (SELECT old_id, new_id FROM (
  SELECT old_id, argMax(new_id, at) AS new_id FROM `kith`.`entity_merges`
  WHERE entity = 'person' AND (build = 'build' OR build IN (SELECT build FROM `kith`.`builds`))
  GROUP BY old_id HAVING new_id != ''
)) AS m ON b.row_id = m.old_id
JOIN (SELECT row_id, key, h FROM `kith`.`baseline_best_list` FINAL WHERE row_id IN (SELECT new_id FROM (SELECT old_id, new_id FROM (
  SELECT old_id, argMax(new_id, at) AS new_id FROM `kith`.`entity_merges`
  WHERE entity = 'person' AND (build = 'build' OR build IN (SELECT build FROM `kith`.`builds`))
  GROUP BY old_id HAVING new_id != ''
)))) AS s ON m.new_id = s.row_id
WHERE b.key = s.key AND b.h = s.h AND m.old_id NOT IN (SELECT row_id FROM `kith`.`job_rows` WHERE job IN (SELECT job FROM `kith`.`jobs` FINAL WHERE sync = 'best_list' AND state = 'open'));

-- backoff (sync best_list) at syncs/all.yml:15:11
INSERT INTO `kith`.`scratch_run_best_list_fix` (kh, row_id, op, verdict, reason, code)
SELECT r.kh, r.row_id, if(r.op = 1 AND r.reason = 0, 255, r.op), 1, 0, if(x.code = 'unconfirmed', x.code, 'backoff') FROM (
  SELECT r.kh AS kh, r.row_id AS row_id, r.op AS op, r.reason AS reason, if(r.goes, 1, r.op) AS sent, if(r.goes, bitXor(r.h, toUInt64(if(f.why != 0, f.why, r.reason))), r.h) AS h
  FROM (SELECT kh, row_id, op, h, reason, (op = 1 OR op = 0 AND reason != 0) AS goes FROM `kith`.`changeset_best_list_raw`) AS r
  LEFT JOIN (SELECT row_id, max(reason) AS why FROM `kith`.`scratch_run_best_list_fix` WHERE op < 2 AND verdict = 3 GROUP BY row_id) AS f ON r.row_id = f.row_id
) AS r
JOIN (SELECT row_id, op, h, code FROM `kith`.`rejections` FINAL WHERE sync = 'best_list' AND mapping = 1 AND next_try > toDateTime64('1970-01-01 00:00:00.000000', 6, 'UTC')) AS x
ON r.row_id = x.row_id AND r.sent = x.op AND r.h = x.h
SETTINGS join_use_nulls = 0;

-- pending (sync best_list) at syncs/all.yml:15:11
INSERT INTO `kith`.`scratch_run_best_list_fix` (kh, row_id, op, verdict, reason, code)
SELECT r.kh, r.row_id, r.op, 1, 0, 'pending' FROM `kith`.`changeset_best_list_raw` AS r
JOIN (
  SELECT row_id, max(op = 1) AS removing FROM `kith`.`job_rows`
  WHERE job IN (SELECT job FROM `kith`.`jobs` FINAL WHERE sync = 'best_list' AND state = 'open') GROUP BY row_id
) AS x ON r.row_id = x.row_id
WHERE NOT (r.op < 2 AND x.removing = 0 AND (r.reason = 4 OR r.row_id IN (SELECT row_id FROM `kith`.`scratch_run_best_list_fix` WHERE op < 2 AND verdict = 3 AND reason = 4)));

-- changeset table (sync best_list) at syncs/all.yml:15:11
CREATE TABLE `kith`.`changeset_best_list` (
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
SETTINGS min_bytes_for_wide_part = 1073741824, max_bytes_to_merge_at_max_space_in_pool = 8388608, parts_to_delay_insert = 100000, parts_to_throw_insert = 100000;

-- changeset with verdicts (sync best_list) at syncs/all.yml:15:11
INSERT INTO `kith`.`changeset_best_list` (op, kh, row_id, action, reason, key, old_key, h, fh, changed, fields, match, old_match, remote_id, at, gone, del)
SELECT
  multiIf(forget OR quiet, 0, r.reason = 0, r.op, act = 'ignore', 0, 1) AS o, r.kh, r.row_id,
  if(r.reason = 0, r.action, act) AS a, why, r.key, r.old_key, r.h, r.fh, r.changed,
  if(r.reason != 0 AND act = 'set', set_fields, r.fields) AS ff, r.match, r.old_match, r.remote_id, r.at,
  multiIf(o = 0 AND r.reason != 0 AND NOT forget, why, r.quiet, 0, r.gone) AS g,
  if(forget, 1, r.del) AS d
FROM (
  SELECT r.*, f.forget AS forget, f.quiet AS quiet, if(f.why != 0, f.why, r.reason) AS why, multiIf(why = 4, 'remove', why = 3, 'remove', why = 2, 'remove', why = 1, 'remove', '') AS act, multiIf(why = 4, '{}', why = 3, '{}', why = 2, '{}', why = 1, '{}', '') AS set_fields
  FROM (SELECT * FROM `kith`.`changeset_best_list_raw` WHERE kh BETWEEN 0 AND 18446744073709551615) AS r
  LEFT JOIN (
    SELECT row_id, op, max(verdict IN (1, 5, 6)) AS hold, max(verdict = 2) OR max(verdict = 7) AND NOT max(verdict = 8) AS forget, max(verdict = 4) AS quiet, max(reason) AS why
    FROM `kith`.`scratch_run_best_list_fix` WHERE kh BETWEEN 0 AND 18446744073709551615 AND op != 255 GROUP BY row_id, op
  ) AS f ON r.row_id = f.row_id AND r.op = f.op
  WHERE f.hold = 0 AND r.row_id NOT IN (SELECT row_id FROM `kith`.`scratch_run_best_list_fix` WHERE op = 255 AND kh BETWEEN 0 AND 18446744073709551615)
) AS r
SETTINGS join_use_nulls = 0;

-- silent rows (sync best_list) at syncs/all.yml:15:11
INSERT INTO `kith`.`baseline_best_list` (kh, row_id, key, h, fh, remote_id, match, gone, mapping, ver, del)
SELECT kh, row_id, key, if(gone = 0, h, 0), fh, remote_id, match, gone, 1, 4294967296, del
FROM `kith`.`changeset_best_list` WHERE op = 0
UNION ALL
SELECT kh, row_id, key, 0, [], '', match, 0, 1, 4294967296, 0
FROM `kith`.`changeset_best_list_raw` WHERE op = 4 AND key IN (SELECT key FROM `kith`.`changeset_best_list` WHERE op = 0 AND del = 1 AND remote_id != 'none' AND row_id NOT IN (SELECT row_id FROM `kith`.`foreign_rows` FINAL WHERE sync = 'best_list')) AND row_id NOT IN (
  SELECT row_id FROM `kith`.`baseline_best_list` FINAL PREWHERE kh IN (SELECT kh FROM `kith`.`changeset_best_list_raw` WHERE op = 4 AND key IN (SELECT key FROM `kith`.`changeset_best_list` WHERE op = 0 AND del = 1 AND remote_id != 'none' AND row_id NOT IN (SELECT row_id FROM `kith`.`foreign_rows` FINAL WHERE sync = 'best_list')))
)
UNION ALL
SELECT kh, concat(row_id, 'key-', lower(hex(substring(SHA256(key), 1, 8)))), key, 0, [], '', '', 0, 1, 4294967296, 0
FROM `kith`.`changeset_best_list_raw` WHERE op = 2 AND key IN (SELECT key FROM `kith`.`changeset_best_list` WHERE op = 0 AND del = 1 AND remote_id != 'none' AND row_id NOT IN (SELECT row_id FROM `kith`.`foreign_rows` FINAL WHERE sync = 'best_list'));

-- rows of others (sync best_list) at syncs/all.yml:15:11
INSERT INTO `kith`.`scratch_run_best_list_fix` (kh, row_id, op, verdict, reason, code)
SELECT kh, row_id, op, if(op IN (2, 3), 4, 2), 0, '' FROM `kith`.`changeset_best_list_raw`
WHERE (op = 1 OR op = 0 AND reason != 0) AND remote_id = 'none' OR (op IN (2, 3) OR (op = 1 OR op = 0 AND reason != 0)) AND row_id IN (SELECT row_id FROM `kith`.`foreign_rows` FINAL WHERE sync = 'best_list');

-- page of new rows (sync best_list) at syncs/all.yml:15:11
SELECT kh, row_id, action, reason, key, old_key, h, fh, fields, match, remote_id, at
FROM `kith`.`changeset_best_list`
WHERE op = 4 AND kh >= 0 AND (kh, row_id) > (0, '') AND row_id NOT IN (SELECT row_id FROM `kith`.`baseline_best_list` FINAL)
  AND concat(row_id, 'key-', lower(hex(substring(SHA256(key), 1, 8)))) NOT IN (SELECT row_id FROM `kith`.`baseline_best_list` FINAL WHERE position(row_id, 'key-') > 0)
ORDER BY kh, row_id LIMIT 100;

-- records of other rows (sync best_list) at syncs/all.yml:15:11
SELECT c.row_id, b.remote_id, b.gone != 0
FROM (SELECT row_id, key FROM `kith`.`changeset_best_list` WHERE op = 4 AND kh BETWEEN 0 AND 4611686018427387904) AS c
JOIN (
  SELECT key, remote_id, gone FROM `kith`.`baseline_best_list` FINAL
  WHERE key IN (SELECT key FROM `kith`.`changeset_best_list` WHERE op = 4 AND kh BETWEEN 0 AND 4611686018427387904) AND row_id NOT IN (SELECT row_id FROM `kith`.`foreign_rows` FINAL WHERE sync = 'best_list') AND (gone = 0 OR (h != 0 OR notEmpty(fh) OR remote_id NOT IN ('', 'none')) AND row_id NOT IN (SELECT row_id FROM `kith`.`foreign_rows` FINAL WHERE sync = 'best_list'))
) AS b ON c.key = b.key;

-- without rows of others (sync best_list) at syncs/all.yml:15:11
DELETE FROM `kith`.`changeset_best_list` WHERE op = 4 AND row_id IN (SELECT row_id FROM `kith`.`foreign_rows` FINAL WHERE sync = 'best_list');

-- without rows that were not looked up (sync best_list) at syncs/all.yml:15:11
DELETE FROM `kith`.`changeset_best_list` WHERE op = 4 AND kh IN (1, 2) AND row_id IN ('a', 'b');

-- changeset fingerprint (sync best_list) at syncs/all.yml:15:11
SELECT toString(sum(cityHash64(op, kh, row_id, action, reason, key, old_key, h, match, fields))), count()
FROM `kith`.`changeset_best_list` WHERE op != 0;

-- changeset beyond (sync best_list) at syncs/all.yml:15:11
SELECT count() FROM `kith`.`changeset_best_list`
WHERE op IN (1, 2, 3) AND (row_id, op, action, op = 1 AND reason != 0, if(op = 1, key, ''), if(op = 1, fields, '')) NOT IN (
  SELECT row_id, arrayJoin(if(op = 2, [2, 3], [op])) AS may, action, op = 1 AND reason != 0, if(op = 1, key, ''), if(op = 1, fields, '') FROM `kith`.`changeset_best_list_raw` WHERE op IN (1, 2, 3)
);

-- narrow removals (sync best_list) at syncs/all.yml:15:11
INSERT INTO `kith`.`changeset_best_list` (op, kh, row_id, action, reason, key, old_key, h, fh, changed, fields, match, old_match, remote_id, at, gone, del)
SELECT c.op, c.kh, c.row_id, c.action, c.reason, c.key, c.old_key, c.h, c.fh, c.changed, c.fields, s.match, c.old_match, s.remote_id, c.at, c.gone, c.del
FROM `kith`.`changeset_best_list` AS c
JOIN (SELECT greatest(op, 1) AS op, row_id, match, remote_id FROM `kith`.`scratch_run_best_list_spared` WHERE NOT nothing) AS s ON c.op = s.op AND c.row_id = s.row_id;

-- wide removals (sync best_list) at syncs/all.yml:15:11
DELETE FROM `kith`.`changeset_best_list` WHERE (op, row_id, match, remote_id) IN (SELECT greatest(op, 1), row_id, old_match, old_remote_id FROM `kith`.`scratch_run_best_list_spared` WHERE NOT nothing);

-- spared values (sync best_list) at syncs/all.yml:15:11
INSERT INTO `kith`.`baseline_best_list` (kh, row_id, key, h, fh, remote_id, match, gone, mapping, ver, del)
SELECT kh, if(row_id IN (SELECT row_id FROM `kith`.`baseline_best_list` FINAL PREWHERE kh IN (SELECT kh FROM `kith`.`changeset_best_list_raw` WHERE op = 4)), concat(row_id, 'key-', lower(hex(substring(SHA256(match), 1, 8)))), row_id),
  key, 0, [], '', match, 0, 1, 4294967296, 0
FROM `kith`.`changeset_best_list_raw` WHERE op = 4 AND row_id IN (
  SELECT row_id FROM (SELECT row_id, arrayJoin(arrayConcat(arrayMap(__kith_v -> concat('email', '=', __kith_v), arrayFilter(__kith_v -> __kith_v != '', JSONExtract(match, 'email', 'Array(String)'))))) AS token FROM `kith`.`changeset_best_list_raw` WHERE op = 4)
  WHERE token IN (SELECT arrayJoin(arrayConcat(arrayMap(__kith_v -> concat('email', '=', __kith_v), arrayFilter(__kith_v -> __kith_v != '', JSONExtract(match, 'email', 'Array(String)'))))) FROM (SELECT old_match AS match FROM `kith`.`scratch_run_best_list_spared` WHERE old_remote_id = ''))
);

-- baseline (sync odd_events) at syncs/all.yml:20:11
CREATE TABLE IF NOT EXISTS `kith`.`baseline_odd_events` (
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
) ENGINE = ReplacingMergeTree(ver, del) ORDER BY (kh, row_id);

-- changeset table (sync odd_events) at syncs/all.yml:20:11
CREATE TABLE `kith`.`changeset_odd_events_raw` (
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
SETTINGS min_bytes_for_wide_part = 1073741824, max_bytes_to_merge_at_max_space_in_pool = 8388608, parts_to_delay_insert = 100000, parts_to_throw_insert = 100000;

-- desired (sync odd_events) at syncs/all.yml:20:11
CREATE TABLE `kith`.`scratch_run_odd_events_desired` ENGINE = MergeTree ORDER BY (kh, row_id) AS
SELECT cityHash64(ifNull(__kith_id, '')) AS kh, greatest(cityHash64(tuple(__kith_id)), toUInt64(1)) AS h, ifNull(__kith_id, '') AS row_id, ifNull(__kith_key, '') AS key,
  __kith_f0, __kith_f1, __kith_match AS match, __kith_at AS at, multiIf(NOT (ifNull(__kith_id, '') != ''), toUInt8(1), NOT (ifNull(__kith_key, '') != ''), toUInt8(2), ifNull((__kith_at < subtractMicroseconds(toDateTime64('1970-01-01 00:00:00.000000', 6, 'UTC'), 604800000000)), false), toUInt8(3), toUInt8(0)) AS fault
FROM (
SELECT nullIf(__kith_s.`row_id`, '') AS __kith_id,
  nullIf(__kith_s.`row_id`, '') AS __kith_key,
  __kith_p.`__kith_t_spent` AS __kith_f0,
  __kith_s.`op` AS __kith_f1,
  concat('{', arrayStringConcat([if(empty(arrayMap(__kith_v -> assumeNotNull(__kith_v), arrayFilter(__kith_v -> isNotNull(__kith_v), arrayMap(__kith_v -> CAST(arrayMap(__kith_n -> if(match(ifNull(__kith_n, ''), '^[^\\s\\p{Z}\\p{C}@<>"(),;]+@[^\\s\\p{Z}\\p{C}@<>"(),;]+\\.[^\\s\\p{Z}\\p{C}@<>"(),;.]{2,}$'), __kith_n, NULL), [lowerUTF8(arrayMap(__kith_t -> if(length(__kith_t) = lengthUTF8(__kith_t), trim(BOTH ' \t\n\r\f\v' FROM __kith_t), replaceRegexpAll(__kith_t, '^[\\s\\p{Z}\\p{C}]+|[\\s\\p{Z}\\p{C}]+$', '')), [__kith_v])[1])])[1] AS Nullable(String)), __kith_p.`__kith_t___kith_all_email`)))), NULL, concat('"email":[', arrayStringConcat(arrayMap(__kith_e -> toJSONString(__kith_e), arrayMap(__kith_v -> assumeNotNull(__kith_v), arrayFilter(__kith_v -> isNotNull(__kith_v), arrayMap(__kith_v -> CAST(arrayMap(__kith_n -> if(match(ifNull(__kith_n, ''), '^[^\\s\\p{Z}\\p{C}@<>"(),;]+@[^\\s\\p{Z}\\p{C}@<>"(),;]+\\.[^\\s\\p{Z}\\p{C}@<>"(),;.]{2,}$'), __kith_n, NULL), [lowerUTF8(arrayMap(__kith_t -> if(length(__kith_t) = lengthUTF8(__kith_t), trim(BOTH ' \t\n\r\f\v' FROM __kith_t), replaceRegexpAll(__kith_t, '^[\\s\\p{Z}\\p{C}]+|[\\s\\p{Z}\\p{C}]+$', '')), [__kith_v])[1])])[1] AS Nullable(String)), __kith_p.`__kith_t___kith_all_email`)))), ','), ']'))], ','), '}') AS __kith_match,
  __kith_s.`at` AS __kith_at
FROM (
  SELECT *, multiIf(arrayMap(__kith_v -> if((__kith_v = '' OR ((lowerUTF8(trimBoth(__kith_v)) IN ('-1', 'null', '(null)', 'nil', 'none', 'nan', 'na', 'n/a', 'undefined', 'unknown', 'anonymous', 'test@test.com')) OR match(__kith_v, '^[0-]*$') OR match(__kith_v, '^(no|do-?not)[-_.]?reply@'))), 0, greatest(sipHash64Keyed((toUInt64(659865222065112260), toUInt64(12906127358314240260)), concat('handle\0', __kith_v)), toUInt64(1))), [coalesce(arrayMap(__kith_n -> if(arrayMap(__kith_t -> if(length(__kith_t) = lengthUTF8(__kith_t), trim(BOTH ' \t\n\r\f\v' FROM __kith_t), replaceRegexpAll(__kith_t, '^[\\s\\p{Z}\\p{C}]+|[\\s\\p{Z}\\p{C}]+$', '')), [__kith_n])[1] != '', __kith_n, NULL), [__kith_s.`k`])[1], '')])[1] != 0, arrayMap(__kith_v -> if((__kith_v = '' OR ((lowerUTF8(trimBoth(__kith_v)) IN ('-1', 'null', '(null)', 'nil', 'none', 'nan', 'na', 'n/a', 'undefined', 'unknown', 'anonymous', 'test@test.com')) OR match(__kith_v, '^[0-]*$') OR match(__kith_v, '^(no|do-?not)[-_.]?reply@'))), 0, greatest(sipHash64Keyed((toUInt64(659865222065112260), toUInt64(12906127358314240260)), concat('handle\0', __kith_v)), toUInt64(1))), [coalesce(arrayMap(__kith_n -> if(arrayMap(__kith_t -> if(length(__kith_t) = lengthUTF8(__kith_t), trim(BOTH ' \t\n\r\f\v' FROM __kith_t), replaceRegexpAll(__kith_t, '^[\\s\\p{Z}\\p{C}]+|[\\s\\p{Z}\\p{C}]+$', '')), [__kith_n])[1] != '', __kith_n, NULL), [__kith_s.`k`])[1], '')])[1], arrayMap(__kith_v -> if((__kith_v = '' OR ((lowerUTF8(trimBoth(__kith_v)) IN ('-1', 'null', '(null)', 'nil', 'none', 'nan', 'na', 'n/a', 'undefined', 'unknown', 'anonymous', 'test@test.com')) OR (__kith_v = coalesce(arrayMap(__kith_n -> if(match(ifNull(__kith_n, ''), '^[^\\s\\p{Z}\\p{C}@<>"(),;]+@[^\\s\\p{Z}\\p{C}@<>"(),;]+\\.[^\\s\\p{Z}\\p{C}@<>"(),;.]{2,}$'), __kith_n, NULL), [lowerUTF8(arrayMap(__kith_t -> if(length(__kith_t) = lengthUTF8(__kith_t), trim(BOTH ' \t\n\r\f\v' FROM __kith_t), replaceRegexpAll(__kith_t, '^[\\s\\p{Z}\\p{C}]+|[\\s\\p{Z}\\p{C}]+$', '')), ['test@test.com'])[1])])[1], 'test@test.com')) OR match(__kith_v, '^[0-]*$') OR match(__kith_v, '^(no|do-?not)[-_.]?reply@') OR match(__kith_v, '@example\\.com$'))), 0, greatest(sipHash64Keyed((toUInt64(659865222065112260), toUInt64(12906127358314240260)), concat('email\0', __kith_v)), toUInt64(1))), [coalesce(arrayMap(__kith_n -> if(match(ifNull(__kith_n, ''), '^[^\\s\\p{Z}\\p{C}@<>"(),;]+@[^\\s\\p{Z}\\p{C}@<>"(),;]+\\.[^\\s\\p{Z}\\p{C}@<>"(),;.]{2,}$'), __kith_n, NULL), [lowerUTF8(arrayMap(__kith_t -> if(length(__kith_t) = lengthUTF8(__kith_t), trim(BOTH ' \t\n\r\f\v' FROM __kith_t), replaceRegexpAll(__kith_t, '^[\\s\\p{Z}\\p{C}]+|[\\s\\p{Z}\\p{C}]+$', '')), [__kith_s.`p`])[1])])[1], '')])[1] != 0, arrayMap(__kith_v -> if((__kith_v = '' OR ((lowerUTF8(trimBoth(__kith_v)) IN ('-1', 'null', '(null)', 'nil', 'none', 'nan', 'na', 'n/a', 'undefined', 'unknown', 'anonymous', 'test@test.com')) OR (__kith_v = coalesce(arrayMap(__kith_n -> if(match(ifNull(__kith_n, ''), '^[^\\s\\p{Z}\\p{C}@<>"(),;]+@[^\\s\\p{Z}\\p{C}@<>"(),;]+\\.[^\\s\\p{Z}\\p{C}@<>"(),;.]{2,}$'), __kith_n, NULL), [lowerUTF8(arrayMap(__kith_t -> if(length(__kith_t) = lengthUTF8(__kith_t), trim(BOTH ' \t\n\r\f\v' FROM __kith_t), replaceRegexpAll(__kith_t, '^[\\s\\p{Z}\\p{C}]+|[\\s\\p{Z}\\p{C}]+$', '')), ['test@test.com'])[1])])[1], 'test@test.com')) OR match(__kith_v, '^[0-]*$') OR match(__kith_v, '^(no|do-?not)[-_.]?reply@') OR match(__kith_v, '@example\\.com$'))), 0, greatest(sipHash64Keyed((toUInt64(659865222065112260), toUInt64(12906127358314240260)), concat('email\0', __kith_v)), toUInt64(1))), [coalesce(arrayMap(__kith_n -> if(match(ifNull(__kith_n, ''), '^[^\\s\\p{Z}\\p{C}@<>"(),;]+@[^\\s\\p{Z}\\p{C}@<>"(),;]+\\.[^\\s\\p{Z}\\p{C}@<>"(),;.]{2,}$'), __kith_n, NULL), [lowerUTF8(arrayMap(__kith_t -> if(length(__kith_t) = lengthUTF8(__kith_t), trim(BOTH ' \t\n\r\f\v' FROM __kith_t), replaceRegexpAll(__kith_t, '^[\\s\\p{Z}\\p{C}]+|[\\s\\p{Z}\\p{C}]+$', '')), [__kith_s.`p`])[1])])[1], '')])[1], arrayMap(__kith_v -> if((__kith_v = '' OR ((lowerUTF8(trimBoth(__kith_v)) IN ('-1', 'null', '(null)', 'nil', 'none', 'nan', 'na', 'n/a', 'undefined', 'unknown', 'anonymous', 'test@test.com')) OR match(__kith_v, '^[0-]*$') OR match(__kith_v, '^(no|do-?not)[-_.]?reply@'))), 0, greatest(sipHash64Keyed((toUInt64(659865222065112260), toUInt64(12906127358314240260)), concat('phone\0', __kith_v)), toUInt64(1))), [coalesce(arrayMap(__kith_n -> if(match(__kith_n, '^\\+[1-9][0-9]{7,14}$'), __kith_n, NULL), [replaceRegexpOne(arrayMap(__kith_d -> multiIf(startsWith(__kith_d, '+'), __kith_d, startsWith(__kith_d, '00'), concat('+', substring(__kith_d, 3)), concat('+', '31', replaceRegexpOne(__kith_d, '^0()', '\\1'))), [ifNull(replaceRegexpAll(replaceOne(replaceRegexpOne(__kith_s.`it's quoted`, '(?is)[;,/#x].*$', ''), '(0)', ''), '[^0-9+]', ''), '')])[1], '^\\+(20|27|30|31|32|33|34|40|41|43|44|45|46|47|48|49|51|54|55|61|62|64|81|82|84|86|90|91|92|94|98|212|213|234|254|351|352|353|355|358|359|380|381|385|386|387|389|420|421|880|962|966|971|972)0', '+\\1')])[1], '')])[1] != 0 AND arrayMap(__kith_v -> if((__kith_v = '' OR ((lowerUTF8(trimBoth(__kith_v)) IN ('-1', 'null', '(null)', 'nil', 'none', 'nan', 'na', 'n/a', 'undefined', 'unknown', 'anonymous', 'test@test.com')) OR match(__kith_v, '^[0-]*$') OR match(__kith_v, '^(no|do-?not)[-_.]?reply@'))), 0, greatest(sipHash64Keyed((toUInt64(659865222065112260), toUInt64(12906127358314240260)), concat('phone\0', __kith_v)), toUInt64(1))), [coalesce(arrayMap(__kith_n -> if(match(__kith_n, '^\\+[1-9][0-9]{7,14}$'), __kith_n, NULL), [replaceRegexpOne(arrayMap(__kith_d -> multiIf(startsWith(__kith_d, '+'), __kith_d, startsWith(__kith_d, '00'), concat('+', substring(__kith_d, 3)), concat('+', '31', replaceRegexpOne(__kith_d, '^0()', '\\1'))), [ifNull(replaceRegexpAll(replaceOne(replaceRegexpOne(__kith_s.`it's quoted`, '(?is)[;,/#x].*$', ''), '(0)', ''), '[^0-9+]', ''), '')])[1], '^\\+(20|27|30|31|32|33|34|40|41|43|44|45|46|47|48|49|51|54|55|61|62|64|81|82|84|86|90|91|92|94|98|212|213|234|254|351|352|353|355|358|359|380|381|385|386|387|389|420|421|880|962|966|971|972)0', '+\\1')])[1], '')])[1] NOT IN (SELECT node FROM `kith`.`identity_person_shared_build`), arrayMap(__kith_v -> if((__kith_v = '' OR ((lowerUTF8(trimBoth(__kith_v)) IN ('-1', 'null', '(null)', 'nil', 'none', 'nan', 'na', 'n/a', 'undefined', 'unknown', 'anonymous', 'test@test.com')) OR match(__kith_v, '^[0-]*$') OR match(__kith_v, '^(no|do-?not)[-_.]?reply@'))), 0, greatest(sipHash64Keyed((toUInt64(659865222065112260), toUInt64(12906127358314240260)), concat('phone\0', __kith_v)), toUInt64(1))), [coalesce(arrayMap(__kith_n -> if(match(__kith_n, '^\\+[1-9][0-9]{7,14}$'), __kith_n, NULL), [replaceRegexpOne(arrayMap(__kith_d -> multiIf(startsWith(__kith_d, '+'), __kith_d, startsWith(__kith_d, '00'), concat('+', substring(__kith_d, 3)), concat('+', '31', replaceRegexpOne(__kith_d, '^0()', '\\1'))), [ifNull(replaceRegexpAll(replaceOne(replaceRegexpOne(__kith_s.`it's quoted`, '(?is)[;,/#x].*$', ''), '(0)', ''), '[^0-9+]', ''), '')])[1], '^\\+(20|27|30|31|32|33|34|40|41|43|44|45|46|47|48|49|51|54|55|61|62|64|81|82|84|86|90|91|92|94|98|212|213|234|254|351|352|353|355|358|359|380|381|385|386|387|389|420|421|880|962|966|971|972)0', '+\\1')])[1], '')])[1], 0) AS __kith_owner FROM (
SELECT __kith_s.`k` AS `k`, __kith_s.`p` AS `p`, __kith_s.`op` AS `op`, __kith_s.`__x` AS `__x`, __kith_s.`it's quoted` AS `it's quoted`, __kith_s.`at` AS `at`, __kith_s.`row_id` AS `row_id` FROM (
SELECT * FROM (
SELECT __kith_t.`k` AS `k`, __kith_t.`h` AS `h`, __kith_t.`p` AS `p`, __kith_t.`op` AS `op`, __kith_t.`select` AS `select`, __kith_t.`__x` AS `__x`, __kith_t.`it's quoted` AS `it's quoted`, __kith_t.`j` AS `j`, __kith_t.`price` AS `price`, accurateCast(CAST((
h * 2
) AS Nullable(Int128)), 'Nullable(Int64)') AS `twice`, __kith_t.`tags` AS `tags`, __kith_t.`at` AS `at`, __kith_t.`seen` AS `seen`, __kith_t.`day` AS `day`, __kith_t.`row_id` AS `row_id`, __kith_t.`key` AS `key`, __kith_t.`value` AS `value` FROM (
SELECT CAST(__kith_t.`k` AS Nullable(String)) AS `k`, accurateCast(CAST(__kith_t.`h` AS Nullable(Int128)), 'Nullable(Int64)') AS `h`, CAST(__kith_t.`p` AS Nullable(String)) AS `p`, accurateCast(CAST(__kith_t.`op` AS Nullable(Int128)), 'Nullable(Int64)') AS `op`, CAST(__kith_t.`select` AS Nullable(String)) AS `select`, CAST(__kith_t.`__x` AS Nullable(Bool)) AS `__x`, CAST(__kith_t.`it's quoted` AS Nullable(String)) AS `it's quoted`, if(startsWith(trimLeft(CAST(__kith_t.`j` AS Nullable(String))), '{'), concat('{', arrayStringConcat(arrayMap(__kith_p -> concat(toJSONString(__kith_p.1), ':', __kith_p.2), arraySort(JSONExtractKeysAndValuesRaw(assumeNotNull(CAST(__kith_t.`j` AS Nullable(String)))))), ','), '}'), CAST(__kith_t.`j` AS Nullable(String))) AS `j`, CAST(toDecimal64OrNull(JSONExtract(ifNull(CAST(__kith_t.`j` AS Nullable(String)), ''), 'price', 'net', 'Nullable(String)'), 2) AS Nullable(Decimal(12, 2))) AS `price`, arrayMap(__kith_e -> assumeNotNull(__kith_e), arrayFilter(__kith_e -> isNotNull(__kith_e), arrayMap(__kith_e -> CAST(__kith_e AS Nullable(String)), __kith_t.`tags`))) AS `tags`, CAST(__kith_t.`at` AS Nullable(DateTime64(6, 'UTC'))) AS `at`, CAST(__kith_t.`seen` AS Nullable(DateTime64(6, 'UTC'))) AS `seen`, CAST(__kith_t.`day` AS Nullable(Date32)) AS `day`, CAST(__kith_t.`row_id` AS Nullable(String)) AS `row_id`, CAST(__kith_t.`key` AS Nullable(String)) AS `key`, if(isFinite(CAST(__kith_t.`value` AS Nullable(Float64))), CAST(__kith_t.`value` AS Nullable(Float64)) + 0., NULL) AS `value` FROM `raw`.`odd` AS __kith_t
) AS __kith_t
) AS __kith_s
ORDER BY __kith_s.`seen` DESC, __kith_s.`at` DESC, cityHash64(tuple(__kith_s.*)) LIMIT 1 BY __kith_s.`k`, __kith_s.`op`
) AS __kith_s
WHERE ((NOT ifNull((__kith_s.`select` = 'test'), false)))
  ) AS __kith_s WHERE (ifNull((__kith_s.`__x` = true), false))
) AS __kith_s
LEFT JOIN (SELECT node AS __kith_node, entity_id AS __kith_entity FROM `kith`.`identity_person_map_build`) AS __kith_m ON __kith_s.__kith_owner = __kith_m.__kith_node
LEFT JOIN (SELECT entity_id AS __kith_entity, `__kith_all_email` AS `__kith_t___kith_all_email`, toNullable(`spent`) AS `__kith_t_spent`, toNullable(`__kith_consent_general`) AS `__kith_t___kith_consent_general`, toNullable(`__kith_segment_bounced`) AS `__kith_t___kith_segment_bounced` FROM `kith`.`profile_person_build`) AS __kith_p ON __kith_m.__kith_entity = __kith_p.__kith_entity
WHERE (coalesce(__kith_p.`__kith_t___kith_consent_general`, false) AND (NOT coalesce(__kith_p.`__kith_t___kith_segment_bounced`, false))) AND ifNull((__kith_s.`at` >= toDateTime64('2025-12-31 23:00:00.000000', 6, 'UTC')), false)
)
SETTINGS min_insert_block_size_rows = 65536, min_insert_block_size_bytes = 8388608;

-- digest (sync odd_events) at syncs/all.yml:20:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_odd_events_digest` (b UInt32, desired_rows UInt64, baseline_rows UInt64, no_id UInt64, no_key UInt64, earlier_rows UInt64) ENGINE = MergeTree ORDER BY b AS
SELECT arrayJoin(arrayPushFront(arrayFilter((i, x) -> x != 0, range(toUInt32(65536)), d), toUInt32(4294967295))) AS b,
  if(b = 4294967295, n, 0) AS desired_rows, if(b = 4294967295, m, 0) AS baseline_rows, if(b = 4294967295, i, 0) AS no_id, if(b = 4294967295, k, 0) AS no_key, if(b = 4294967295, e, 0) AS earlier_rows
FROM (
  SELECT sumResample(0, 65536, 1)(d, g) AS d, sum(n) AS n, sum(m) AS m, sum(i) AS i, sum(k) AS k, sum(e) AS e
  FROM (
    SELECT toUInt16(toUInt32(bitShiftRight(kh, 48))) AS g, sum(if(fault = 0, bitOr(kh, 1) * bitXor(h, cityHash64('scratch_run_odd_events_digest')), 0)) AS d, countIf(fault = 0) AS n, toUInt64(0) AS m, countIf(fault = 1) AS i, countIf(fault = 2) AS k, toUInt64(0) AS e
    FROM (
SELECT kh, h, fault FROM `kith`.`scratch_run_odd_events_desired`
    ) GROUP BY g
    UNION ALL
    SELECT toUInt16(toUInt32(bitShiftRight(kh, 48))) AS g, bitNot(sum(bitOr(kh, 1) * bitXor(h, cityHash64('scratch_run_odd_events_digest')))) + 1, 0, count(), 0, 0, 0
    FROM (
      WITH (
        SELECT min(ver) FROM `kith`.`baseline_odd_events`
        WHERE _part != (SELECT argMax(part, n) FROM (SELECT _part AS part, count() AS n FROM `kith`.`baseline_odd_events` GROUP BY part))
      ) AS late, (SELECT count() FROM `kith`.`baseline_odd_events` WHERE late > 0 AND ver >= late) BETWEEN 1 AND 20000 AS few
      SELECT kh, h FROM `kith`.`baseline_odd_events` WHERE few AND gone = 0 AND del = 0 AND kh NOT IN (SELECT kh FROM `kith`.`baseline_odd_events` WHERE few AND ver >= late)
      UNION ALL
      SELECT kh, h FROM `kith`.`baseline_odd_events` FINAL PREWHERE kh IN (SELECT kh FROM `kith`.`baseline_odd_events` WHERE few AND ver >= late) WHERE few AND gone = 0
      UNION ALL
      SELECT kh, h FROM `kith`.`baseline_odd_events` FINAL WHERE NOT few AND gone = 0
) GROUP BY g
  )
);

-- digest totals (sync odd_events) at syncs/all.yml:20:11
WITH toFloat64(greatest(sum(desired_rows), sum(baseline_rows))) AS rows, dirty / 65536 AS share, least(rows, -65536 * log(1 - share)) AS differ
SELECT countIf(b < 65536) AS dirty, sum(desired_rows), sum(baseline_rows), sum(no_id), sum(no_key), toUInt64(ceil(differ + (rows - differ) * share)), countIf(b = 4294967295), sum(earlier_rows), 0
FROM `kith`.`scratch_run_odd_events_digest`;

-- changeset (sync odd_events) at syncs/all.yml:20:11
INSERT INTO `kith`.`changeset_odd_events_raw` (op, kh, row_id, action, reason, key, old_key, h, fh, changed, fields, match, old_match, remote_id, at, gone, del)
SELECT
  op, kh, row_id,
  if(op = 1, if(here, 'ignore', action), '') AS act,
  if(here, 0, reason) AS why,
  if(op = 1 OR NOT here, old_key, key) AS k,
  if(op = 2, old_key, '') AS ok,
  if(op = 1 OR NOT here, old_h, h) AS hh,
  fh, arrayFilter((i, x, y) -> x != y AND here AND known, range(toUInt16(length(fh))), fh, arrayResize(old_fh, length(fh))) AS changed,
  if(here AND op != 1, fields, if(op = 1 AND act = 'set', multiIf(reason = 4, '{}', reason = 3, '{}', reason = 2, '{}', reason = 1, '{}', ''), '')) AS ff,
  if(here AND op != 1, match, old_match) AS m,
  if(op = 2, old_match, '') AS om,
  remote_id, at,
  multiIf(op = 0 AND NOT here, reason, op = 2, old_gone, 0) AS gone,
  toUInt8(0) AS del
FROM (
    SELECT
      c.row_id != '' AS here, b.row_id != '' AS known,
      if(here, c.kh, b.kh) AS kh,
      if(here, c.row_id, b.row_id) AS row_id,
      toUInt8(2) AS reason,
      multiIf(reason = 4, 'ignore', reason = 3, 'ignore', reason = 2, 'ignore', reason = 1, 'ignore', '') AS action,
      c.key AS key,
      b.key AS old_key,
      c.h AS h,
      b.h AS old_h,
      if(here, [toUInt32(cityHash64(tuple(c.__kith_f0))), toUInt32(cityHash64(tuple(c.__kith_f1)))], b.fh) AS fh,
      b.fh AS old_fh,
      concat('{', arrayStringConcat([concat('"spent":', toString(c.__kith_f0)), concat('"op":', toString(c.__kith_f1))], ','), '}') AS fields,
      c.match AS match,
      b.match AS old_match,
      b.remote_id AS remote_id,
      c.at AS at,
      b.gone AS old_gone,
      empty(b.fh) AS bare,
      multiIf(NOT here AND action = 'ignore', 0, NOT here, 1, NOT known, 4, old_gone != 0, 3,
    old_h = 0 AND bare, 4, 3) AS op
    FROM (
      SELECT * FROM (
SELECT * EXCEPT (fault) FROM `kith`.`scratch_run_odd_events_desired` WHERE fault = 0
      ) WHERE kh BETWEEN 0 AND 18446744073709551615 AND toUInt32(bitShiftRight(kh, 48)) IN (SELECT b FROM `kith`.`scratch_run_odd_events_digest` WHERE b < 65536)
    ) AS c
    FULL OUTER JOIN (
      SELECT kh, row_id, key, h, fh, remote_id, match, gone, mapping, ver FROM `kith`.`baseline_odd_events` FINAL
      PREWHERE kh BETWEEN 0 AND 18446744073709551615 AND toUInt32(bitShiftRight(kh, 48)) IN (SELECT b FROM `kith`.`scratch_run_odd_events_digest` WHERE b < 65536)
    ) AS b ON c.row_id = b.row_id
    WHERE if(c.row_id = '', 1 = 0, b.row_id = '' OR b.h = 0)
)
SETTINGS join_use_nulls = 0, min_insert_block_size_rows = 262144, min_insert_block_size_bytes = 50331648, max_block_size = 16384;

-- compact the baseline (sync odd_events) at syncs/all.yml:20:11
OPTIMIZE TABLE `kith`.`baseline_odd_events` FINAL;

-- repeated row ids (sync odd_events) at syncs/all.yml:20:11
SELECT count(), any(n) FROM (SELECT count() AS n FROM `kith`.`changeset_odd_events_raw` WHERE op != 1 AND kh BETWEEN 0 AND 18446744073709551615 GROUP BY kh, row_id HAVING n > 1);

-- verdicts (sync odd_events) at syncs/all.yml:20:11
CREATE TABLE `kith`.`scratch_run_odd_events_fix` (kh UInt64, row_id String, op UInt8, verdict UInt8, reason UInt8, code LowCardinality(String)) ENGINE = MergeTree ORDER BY (kh, row_id);

-- expired events (sync odd_events) at syncs/all.yml:20:11
SELECT count() FROM (
SELECT nullIf(__kith_s.`row_id`, '') AS __kith_id,
  nullIf(__kith_s.`row_id`, '') AS __kith_key,
  __kith_p.`__kith_t_spent` AS __kith_f0,
  __kith_s.`op` AS __kith_f1,
  concat('{', arrayStringConcat([if(empty(arrayMap(__kith_v -> assumeNotNull(__kith_v), arrayFilter(__kith_v -> isNotNull(__kith_v), arrayMap(__kith_v -> CAST(arrayMap(__kith_n -> if(match(ifNull(__kith_n, ''), '^[^\\s\\p{Z}\\p{C}@<>"(),;]+@[^\\s\\p{Z}\\p{C}@<>"(),;]+\\.[^\\s\\p{Z}\\p{C}@<>"(),;.]{2,}$'), __kith_n, NULL), [lowerUTF8(arrayMap(__kith_t -> if(length(__kith_t) = lengthUTF8(__kith_t), trim(BOTH ' \t\n\r\f\v' FROM __kith_t), replaceRegexpAll(__kith_t, '^[\\s\\p{Z}\\p{C}]+|[\\s\\p{Z}\\p{C}]+$', '')), [__kith_v])[1])])[1] AS Nullable(String)), __kith_p.`__kith_t___kith_all_email`)))), NULL, concat('"email":[', arrayStringConcat(arrayMap(__kith_e -> toJSONString(__kith_e), arrayMap(__kith_v -> assumeNotNull(__kith_v), arrayFilter(__kith_v -> isNotNull(__kith_v), arrayMap(__kith_v -> CAST(arrayMap(__kith_n -> if(match(ifNull(__kith_n, ''), '^[^\\s\\p{Z}\\p{C}@<>"(),;]+@[^\\s\\p{Z}\\p{C}@<>"(),;]+\\.[^\\s\\p{Z}\\p{C}@<>"(),;.]{2,}$'), __kith_n, NULL), [lowerUTF8(arrayMap(__kith_t -> if(length(__kith_t) = lengthUTF8(__kith_t), trim(BOTH ' \t\n\r\f\v' FROM __kith_t), replaceRegexpAll(__kith_t, '^[\\s\\p{Z}\\p{C}]+|[\\s\\p{Z}\\p{C}]+$', '')), [__kith_v])[1])])[1] AS Nullable(String)), __kith_p.`__kith_t___kith_all_email`)))), ','), ']'))], ','), '}') AS __kith_match,
  __kith_s.`at` AS __kith_at
FROM (
  SELECT *, multiIf(arrayMap(__kith_v -> if((__kith_v = '' OR ((lowerUTF8(trimBoth(__kith_v)) IN ('-1', 'null', '(null)', 'nil', 'none', 'nan', 'na', 'n/a', 'undefined', 'unknown', 'anonymous', 'test@test.com')) OR match(__kith_v, '^[0-]*$') OR match(__kith_v, '^(no|do-?not)[-_.]?reply@'))), 0, greatest(sipHash64Keyed((toUInt64(659865222065112260), toUInt64(12906127358314240260)), concat('handle\0', __kith_v)), toUInt64(1))), [coalesce(arrayMap(__kith_n -> if(arrayMap(__kith_t -> if(length(__kith_t) = lengthUTF8(__kith_t), trim(BOTH ' \t\n\r\f\v' FROM __kith_t), replaceRegexpAll(__kith_t, '^[\\s\\p{Z}\\p{C}]+|[\\s\\p{Z}\\p{C}]+$', '')), [__kith_n])[1] != '', __kith_n, NULL), [__kith_s.`k`])[1], '')])[1] != 0, arrayMap(__kith_v -> if((__kith_v = '' OR ((lowerUTF8(trimBoth(__kith_v)) IN ('-1', 'null', '(null)', 'nil', 'none', 'nan', 'na', 'n/a', 'undefined', 'unknown', 'anonymous', 'test@test.com')) OR match(__kith_v, '^[0-]*$') OR match(__kith_v, '^(no|do-?not)[-_.]?reply@'))), 0, greatest(sipHash64Keyed((toUInt64(659865222065112260), toUInt64(12906127358314240260)), concat('handle\0', __kith_v)), toUInt64(1))), [coalesce(arrayMap(__kith_n -> if(arrayMap(__kith_t -> if(length(__kith_t) = lengthUTF8(__kith_t), trim(BOTH ' \t\n\r\f\v' FROM __kith_t), replaceRegexpAll(__kith_t, '^[\\s\\p{Z}\\p{C}]+|[\\s\\p{Z}\\p{C}]+$', '')), [__kith_n])[1] != '', __kith_n, NULL), [__kith_s.`k`])[1], '')])[1], arrayMap(__kith_v -> if((__kith_v = '' OR ((lowerUTF8(trimBoth(__kith_v)) IN ('-1', 'null', '(null)', 'nil', 'none', 'nan', 'na', 'n/a', 'undefined', 'unknown', 'anonymous', 'test@test.com')) OR (__kith_v = coalesce(arrayMap(__kith_n -> if(match(ifNull(__kith_n, ''), '^[^\\s\\p{Z}\\p{C}@<>"(),;]+@[^\\s\\p{Z}\\p{C}@<>"(),;]+\\.[^\\s\\p{Z}\\p{C}@<>"(),;.]{2,}$'), __kith_n, NULL), [lowerUTF8(arrayMap(__kith_t -> if(length(__kith_t) = lengthUTF8(__kith_t), trim(BOTH ' \t\n\r\f\v' FROM __kith_t), replaceRegexpAll(__kith_t, '^[\\s\\p{Z}\\p{C}]+|[\\s\\p{Z}\\p{C}]+$', '')), ['test@test.com'])[1])])[1], 'test@test.com')) OR match(__kith_v, '^[0-]*$') OR match(__kith_v, '^(no|do-?not)[-_.]?reply@') OR match(__kith_v, '@example\\.com$'))), 0, greatest(sipHash64Keyed((toUInt64(659865222065112260), toUInt64(12906127358314240260)), concat('email\0', __kith_v)), toUInt64(1))), [coalesce(arrayMap(__kith_n -> if(match(ifNull(__kith_n, ''), '^[^\\s\\p{Z}\\p{C}@<>"(),;]+@[^\\s\\p{Z}\\p{C}@<>"(),;]+\\.[^\\s\\p{Z}\\p{C}@<>"(),;.]{2,}$'), __kith_n, NULL), [lowerUTF8(arrayMap(__kith_t -> if(length(__kith_t) = lengthUTF8(__kith_t), trim(BOTH ' \t\n\r\f\v' FROM __kith_t), replaceRegexpAll(__kith_t, '^[\\s\\p{Z}\\p{C}]+|[\\s\\p{Z}\\p{C}]+$', '')), [__kith_s.`p`])[1])])[1], '')])[1] != 0, arrayMap(__kith_v -> if((__kith_v = '' OR ((lowerUTF8(trimBoth(__kith_v)) IN ('-1', 'null', '(null)', 'nil', 'none', 'nan', 'na', 'n/a', 'undefined', 'unknown', 'anonymous', 'test@test.com')) OR (__kith_v = coalesce(arrayMap(__kith_n -> if(match(ifNull(__kith_n, ''), '^[^\\s\\p{Z}\\p{C}@<>"(),;]+@[^\\s\\p{Z}\\p{C}@<>"(),;]+\\.[^\\s\\p{Z}\\p{C}@<>"(),;.]{2,}$'), __kith_n, NULL), [lowerUTF8(arrayMap(__kith_t -> if(length(__kith_t) = lengthUTF8(__kith_t), trim(BOTH ' \t\n\r\f\v' FROM __kith_t), replaceRegexpAll(__kith_t, '^[\\s\\p{Z}\\p{C}]+|[\\s\\p{Z}\\p{C}]+$', '')), ['test@test.com'])[1])])[1], 'test@test.com')) OR match(__kith_v, '^[0-]*$') OR match(__kith_v, '^(no|do-?not)[-_.]?reply@') OR match(__kith_v, '@example\\.com$'))), 0, greatest(sipHash64Keyed((toUInt64(659865222065112260), toUInt64(12906127358314240260)), concat('email\0', __kith_v)), toUInt64(1))), [coalesce(arrayMap(__kith_n -> if(match(ifNull(__kith_n, ''), '^[^\\s\\p{Z}\\p{C}@<>"(),;]+@[^\\s\\p{Z}\\p{C}@<>"(),;]+\\.[^\\s\\p{Z}\\p{C}@<>"(),;.]{2,}$'), __kith_n, NULL), [lowerUTF8(arrayMap(__kith_t -> if(length(__kith_t) = lengthUTF8(__kith_t), trim(BOTH ' \t\n\r\f\v' FROM __kith_t), replaceRegexpAll(__kith_t, '^[\\s\\p{Z}\\p{C}]+|[\\s\\p{Z}\\p{C}]+$', '')), [__kith_s.`p`])[1])])[1], '')])[1], arrayMap(__kith_v -> if((__kith_v = '' OR ((lowerUTF8(trimBoth(__kith_v)) IN ('-1', 'null', '(null)', 'nil', 'none', 'nan', 'na', 'n/a', 'undefined', 'unknown', 'anonymous', 'test@test.com')) OR match(__kith_v, '^[0-]*$') OR match(__kith_v, '^(no|do-?not)[-_.]?reply@'))), 0, greatest(sipHash64Keyed((toUInt64(659865222065112260), toUInt64(12906127358314240260)), concat('phone\0', __kith_v)), toUInt64(1))), [coalesce(arrayMap(__kith_n -> if(match(__kith_n, '^\\+[1-9][0-9]{7,14}$'), __kith_n, NULL), [replaceRegexpOne(arrayMap(__kith_d -> multiIf(startsWith(__kith_d, '+'), __kith_d, startsWith(__kith_d, '00'), concat('+', substring(__kith_d, 3)), concat('+', '31', replaceRegexpOne(__kith_d, '^0()', '\\1'))), [ifNull(replaceRegexpAll(replaceOne(replaceRegexpOne(__kith_s.`it's quoted`, '(?is)[;,/#x].*$', ''), '(0)', ''), '[^0-9+]', ''), '')])[1], '^\\+(20|27|30|31|32|33|34|40|41|43|44|45|46|47|48|49|51|54|55|61|62|64|81|82|84|86|90|91|92|94|98|212|213|234|254|351|352|353|355|358|359|380|381|385|386|387|389|420|421|880|962|966|971|972)0', '+\\1')])[1], '')])[1] != 0 AND arrayMap(__kith_v -> if((__kith_v = '' OR ((lowerUTF8(trimBoth(__kith_v)) IN ('-1', 'null', '(null)', 'nil', 'none', 'nan', 'na', 'n/a', 'undefined', 'unknown', 'anonymous', 'test@test.com')) OR match(__kith_v, '^[0-]*$') OR match(__kith_v, '^(no|do-?not)[-_.]?reply@'))), 0, greatest(sipHash64Keyed((toUInt64(659865222065112260), toUInt64(12906127358314240260)), concat('phone\0', __kith_v)), toUInt64(1))), [coalesce(arrayMap(__kith_n -> if(match(__kith_n, '^\\+[1-9][0-9]{7,14}$'), __kith_n, NULL), [replaceRegexpOne(arrayMap(__kith_d -> multiIf(startsWith(__kith_d, '+'), __kith_d, startsWith(__kith_d, '00'), concat('+', substring(__kith_d, 3)), concat('+', '31', replaceRegexpOne(__kith_d, '^0()', '\\1'))), [ifNull(replaceRegexpAll(replaceOne(replaceRegexpOne(__kith_s.`it's quoted`, '(?is)[;,/#x].*$', ''), '(0)', ''), '[^0-9+]', ''), '')])[1], '^\\+(20|27|30|31|32|33|34|40|41|43|44|45|46|47|48|49|51|54|55|61|62|64|81|82|84|86|90|91|92|94|98|212|213|234|254|351|352|353|355|358|359|380|381|385|386|387|389|420|421|880|962|966|971|972)0', '+\\1')])[1], '')])[1] NOT IN (SELECT node FROM `kith`.`identity_person_shared_build`), arrayMap(__kith_v -> if((__kith_v = '' OR ((lowerUTF8(trimBoth(__kith_v)) IN ('-1', 'null', '(null)', 'nil', 'none', 'nan', 'na', 'n/a', 'undefined', 'unknown', 'anonymous', 'test@test.com')) OR match(__kith_v, '^[0-]*$') OR match(__kith_v, '^(no|do-?not)[-_.]?reply@'))), 0, greatest(sipHash64Keyed((toUInt64(659865222065112260), toUInt64(12906127358314240260)), concat('phone\0', __kith_v)), toUInt64(1))), [coalesce(arrayMap(__kith_n -> if(match(__kith_n, '^\\+[1-9][0-9]{7,14}$'), __kith_n, NULL), [replaceRegexpOne(arrayMap(__kith_d -> multiIf(startsWith(__kith_d, '+'), __kith_d, startsWith(__kith_d, '00'), concat('+', substring(__kith_d, 3)), concat('+', '31', replaceRegexpOne(__kith_d, '^0()', '\\1'))), [ifNull(replaceRegexpAll(replaceOne(replaceRegexpOne(__kith_s.`it's quoted`, '(?is)[;,/#x].*$', ''), '(0)', ''), '[^0-9+]', ''), '')])[1], '^\\+(20|27|30|31|32|33|34|40|41|43|44|45|46|47|48|49|51|54|55|61|62|64|81|82|84|86|90|91|92|94|98|212|213|234|254|351|352|353|355|358|359|380|381|385|386|387|389|420|421|880|962|966|971|972)0', '+\\1')])[1], '')])[1], 0) AS __kith_owner FROM (
SELECT __kith_s.`k` AS `k`, __kith_s.`p` AS `p`, __kith_s.`op` AS `op`, __kith_s.`__x` AS `__x`, __kith_s.`it's quoted` AS `it's quoted`, __kith_s.`at` AS `at`, __kith_s.`row_id` AS `row_id` FROM (
SELECT * FROM (
SELECT __kith_t.`k` AS `k`, __kith_t.`h` AS `h`, __kith_t.`p` AS `p`, __kith_t.`op` AS `op`, __kith_t.`select` AS `select`, __kith_t.`__x` AS `__x`, __kith_t.`it's quoted` AS `it's quoted`, __kith_t.`j` AS `j`, __kith_t.`price` AS `price`, accurateCast(CAST((
h * 2
) AS Nullable(Int128)), 'Nullable(Int64)') AS `twice`, __kith_t.`tags` AS `tags`, __kith_t.`at` AS `at`, __kith_t.`seen` AS `seen`, __kith_t.`day` AS `day`, __kith_t.`row_id` AS `row_id`, __kith_t.`key` AS `key`, __kith_t.`value` AS `value` FROM (
SELECT CAST(__kith_t.`k` AS Nullable(String)) AS `k`, accurateCast(CAST(__kith_t.`h` AS Nullable(Int128)), 'Nullable(Int64)') AS `h`, CAST(__kith_t.`p` AS Nullable(String)) AS `p`, accurateCast(CAST(__kith_t.`op` AS Nullable(Int128)), 'Nullable(Int64)') AS `op`, CAST(__kith_t.`select` AS Nullable(String)) AS `select`, CAST(__kith_t.`__x` AS Nullable(Bool)) AS `__x`, CAST(__kith_t.`it's quoted` AS Nullable(String)) AS `it's quoted`, if(startsWith(trimLeft(CAST(__kith_t.`j` AS Nullable(String))), '{'), concat('{', arrayStringConcat(arrayMap(__kith_p -> concat(toJSONString(__kith_p.1), ':', __kith_p.2), arraySort(JSONExtractKeysAndValuesRaw(assumeNotNull(CAST(__kith_t.`j` AS Nullable(String)))))), ','), '}'), CAST(__kith_t.`j` AS Nullable(String))) AS `j`, CAST(toDecimal64OrNull(JSONExtract(ifNull(CAST(__kith_t.`j` AS Nullable(String)), ''), 'price', 'net', 'Nullable(String)'), 2) AS Nullable(Decimal(12, 2))) AS `price`, arrayMap(__kith_e -> assumeNotNull(__kith_e), arrayFilter(__kith_e -> isNotNull(__kith_e), arrayMap(__kith_e -> CAST(__kith_e AS Nullable(String)), __kith_t.`tags`))) AS `tags`, CAST(__kith_t.`at` AS Nullable(DateTime64(6, 'UTC'))) AS `at`, CAST(__kith_t.`seen` AS Nullable(DateTime64(6, 'UTC'))) AS `seen`, CAST(__kith_t.`day` AS Nullable(Date32)) AS `day`, CAST(__kith_t.`row_id` AS Nullable(String)) AS `row_id`, CAST(__kith_t.`key` AS Nullable(String)) AS `key`, if(isFinite(CAST(__kith_t.`value` AS Nullable(Float64))), CAST(__kith_t.`value` AS Nullable(Float64)) + 0., NULL) AS `value` FROM `raw`.`odd` AS __kith_t
) AS __kith_t
) AS __kith_s
ORDER BY __kith_s.`seen` DESC, __kith_s.`at` DESC, cityHash64(tuple(__kith_s.*)) LIMIT 1 BY __kith_s.`k`, __kith_s.`op`
) AS __kith_s
WHERE ((NOT ifNull((__kith_s.`select` = 'test'), false)))
  ) AS __kith_s WHERE (ifNull((__kith_s.`__x` = true), false))
) AS __kith_s
LEFT JOIN (SELECT node AS __kith_node, entity_id AS __kith_entity FROM `kith`.`identity_person_map_build`) AS __kith_m ON __kith_s.__kith_owner = __kith_m.__kith_node
LEFT JOIN (SELECT entity_id AS __kith_entity, `__kith_all_email` AS `__kith_t___kith_all_email`, toNullable(`spent`) AS `__kith_t_spent`, toNullable(`__kith_consent_general`) AS `__kith_t___kith_consent_general`, toNullable(`__kith_segment_bounced`) AS `__kith_t___kith_segment_bounced` FROM `kith`.`profile_person_build`) AS __kith_p ON __kith_m.__kith_entity = __kith_p.__kith_entity
WHERE (coalesce(__kith_p.`__kith_t___kith_consent_general`, false) AND (NOT coalesce(__kith_p.`__kith_t___kith_segment_bounced`, false))) AND ifNull((__kith_s.`at` >= toDateTime64('2025-12-31 23:00:00.000000', 6, 'UTC')), false)
) WHERE ifNull((__kith_at < subtractMicroseconds(toDateTime64('1970-01-01 00:00:00.000000', 6, 'UTC'), 604800000000)), false) AND __kith_id NOT IN (SELECT row_id FROM `kith`.`baseline_odd_events` FINAL WHERE h != 0);

-- backoff (sync odd_events) at syncs/all.yml:20:11
INSERT INTO `kith`.`scratch_run_odd_events_fix` (kh, row_id, op, verdict, reason, code)
SELECT r.kh, r.row_id, if(r.op = 1 AND r.reason = 0, 255, r.op), 1, 0, if(x.code = 'unconfirmed', x.code, 'backoff') FROM (
  SELECT r.kh AS kh, r.row_id AS row_id, r.op AS op, r.reason AS reason, if(r.goes, 1, r.op) AS sent, if(r.goes, bitXor(r.h, toUInt64(if(f.why != 0, f.why, r.reason))), r.h) AS h
  FROM (SELECT kh, row_id, op, h, reason, (op = 1 OR op = 0 AND reason != 0) AS goes FROM `kith`.`changeset_odd_events_raw`) AS r
  LEFT JOIN (SELECT row_id, max(reason) AS why FROM `kith`.`scratch_run_odd_events_fix` WHERE op < 2 AND verdict = 3 GROUP BY row_id) AS f ON r.row_id = f.row_id
) AS r
JOIN (SELECT row_id, op, h, code FROM `kith`.`rejections` FINAL WHERE sync = 'odd_events' AND mapping = 1 AND next_try > toDateTime64('1970-01-01 00:00:00.000000', 6, 'UTC')) AS x
ON r.row_id = x.row_id AND r.sent = x.op AND r.h = x.h
SETTINGS join_use_nulls = 0;

-- pending (sync odd_events) at syncs/all.yml:20:11
INSERT INTO `kith`.`scratch_run_odd_events_fix` (kh, row_id, op, verdict, reason, code)
SELECT r.kh, r.row_id, r.op, 1, 0, 'pending' FROM `kith`.`changeset_odd_events_raw` AS r
JOIN (
  SELECT row_id, max(op = 1) AS removing FROM `kith`.`job_rows`
  WHERE job IN (SELECT job FROM `kith`.`jobs` FINAL WHERE sync = 'odd_events' AND state = 'open') GROUP BY row_id
) AS x ON r.row_id = x.row_id
WHERE NOT (r.op < 2 AND x.removing = 0 AND (r.reason = 4 OR r.row_id IN (SELECT row_id FROM `kith`.`scratch_run_odd_events_fix` WHERE op < 2 AND verdict = 3 AND reason = 4)));

-- changeset table (sync odd_events) at syncs/all.yml:20:11
CREATE TABLE `kith`.`changeset_odd_events` (
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
SETTINGS min_bytes_for_wide_part = 1073741824, max_bytes_to_merge_at_max_space_in_pool = 8388608, parts_to_delay_insert = 100000, parts_to_throw_insert = 100000;

-- changeset with verdicts (sync odd_events) at syncs/all.yml:20:11
INSERT INTO `kith`.`changeset_odd_events` (op, kh, row_id, action, reason, key, old_key, h, fh, changed, fields, match, old_match, remote_id, at, gone, del)
SELECT
  multiIf(forget OR quiet, 0, r.reason = 0, r.op, act = 'ignore', 0, 1) AS o, r.kh, r.row_id,
  if(r.reason = 0, r.action, act) AS a, why, r.key, r.old_key, r.h, r.fh, r.changed,
  if(r.reason != 0 AND act = 'set', set_fields, r.fields) AS ff, r.match, r.old_match, r.remote_id, r.at,
  multiIf(o = 0 AND r.reason != 0 AND NOT forget, why, r.quiet, 0, r.gone) AS g,
  if(forget, 1, r.del) AS d
FROM (
  SELECT r.*, f.forget AS forget, f.quiet AS quiet, if(f.why != 0, f.why, r.reason) AS why, multiIf(why = 4, 'ignore', why = 3, 'ignore', why = 2, 'ignore', why = 1, 'ignore', '') AS act, multiIf(why = 4, '{}', why = 3, '{}', why = 2, '{}', why = 1, '{}', '') AS set_fields
  FROM (SELECT * FROM `kith`.`changeset_odd_events_raw` WHERE kh BETWEEN 0 AND 18446744073709551615) AS r
  LEFT JOIN (
    SELECT row_id, op, max(verdict IN (1, 5, 6)) AS hold, max(verdict = 2) OR max(verdict = 7) AND NOT max(verdict = 8) AS forget, max(verdict = 4) AS quiet, max(reason) AS why
    FROM `kith`.`scratch_run_odd_events_fix` WHERE kh BETWEEN 0 AND 18446744073709551615 AND op != 255 GROUP BY row_id, op
  ) AS f ON r.row_id = f.row_id AND r.op = f.op
  WHERE f.hold = 0 AND r.row_id NOT IN (SELECT row_id FROM `kith`.`scratch_run_odd_events_fix` WHERE op = 255 AND kh BETWEEN 0 AND 18446744073709551615)
) AS r
SETTINGS join_use_nulls = 0;

-- silent rows (sync odd_events) at syncs/all.yml:20:11
INSERT INTO `kith`.`baseline_odd_events` (kh, row_id, key, h, fh, remote_id, match, gone, mapping, ver, del)
SELECT kh, row_id, key, if(gone = 0, h, 0), fh, remote_id, match, gone, 1, 4294967296, del
FROM `kith`.`changeset_odd_events` WHERE op = 0
UNION ALL
SELECT kh, row_id, key, 0, [], '', match, 0, 1, 4294967296, 0
FROM `kith`.`changeset_odd_events_raw` WHERE op = 4 AND key IN (SELECT key FROM `kith`.`changeset_odd_events` WHERE op = 0 AND del = 1 AND remote_id != 'none' AND row_id NOT IN (SELECT row_id FROM `kith`.`foreign_rows` FINAL WHERE sync = 'odd_events')) AND row_id NOT IN (
  SELECT row_id FROM `kith`.`baseline_odd_events` FINAL PREWHERE kh IN (SELECT kh FROM `kith`.`changeset_odd_events_raw` WHERE op = 4 AND key IN (SELECT key FROM `kith`.`changeset_odd_events` WHERE op = 0 AND del = 1 AND remote_id != 'none' AND row_id NOT IN (SELECT row_id FROM `kith`.`foreign_rows` FINAL WHERE sync = 'odd_events')))
)
UNION ALL
SELECT kh, concat(row_id, 'key-', lower(hex(substring(SHA256(key), 1, 8)))), key, 0, [], '', '', 0, 1, 4294967296, 0
FROM `kith`.`changeset_odd_events_raw` WHERE op = 2 AND key IN (SELECT key FROM `kith`.`changeset_odd_events` WHERE op = 0 AND del = 1 AND remote_id != 'none' AND row_id NOT IN (SELECT row_id FROM `kith`.`foreign_rows` FINAL WHERE sync = 'odd_events'));

-- rows of others (sync odd_events) at syncs/all.yml:20:11
INSERT INTO `kith`.`scratch_run_odd_events_fix` (kh, row_id, op, verdict, reason, code)
SELECT kh, row_id, op, if(op IN (2, 3), 4, 2), 0, '' FROM `kith`.`changeset_odd_events_raw`
WHERE (op = 1 OR op = 0 AND reason != 0) AND remote_id = 'none' OR (op IN (2, 3) OR (op = 1 OR op = 0 AND reason != 0)) AND row_id IN (SELECT row_id FROM `kith`.`foreign_rows` FINAL WHERE sync = 'odd_events');

-- page of new rows (sync odd_events) at syncs/all.yml:20:11
SELECT kh, row_id, action, reason, key, old_key, h, fh, fields, match, remote_id, at
FROM `kith`.`changeset_odd_events`
WHERE op = 4 AND kh >= 0 AND (kh, row_id) > (0, '') AND row_id NOT IN (SELECT row_id FROM `kith`.`baseline_odd_events` FINAL)
  AND concat(row_id, 'key-', lower(hex(substring(SHA256(key), 1, 8)))) NOT IN (SELECT row_id FROM `kith`.`baseline_odd_events` FINAL WHERE position(row_id, 'key-') > 0)
ORDER BY kh, row_id LIMIT 100;

-- records of other rows (sync odd_events) at syncs/all.yml:20:11
SELECT c.row_id, b.remote_id, b.gone != 0
FROM (SELECT row_id, key FROM `kith`.`changeset_odd_events` WHERE op = 4 AND kh BETWEEN 0 AND 4611686018427387904) AS c
JOIN (
  SELECT key, remote_id, gone FROM `kith`.`baseline_odd_events` FINAL
  WHERE key IN (SELECT key FROM `kith`.`changeset_odd_events` WHERE op = 4 AND kh BETWEEN 0 AND 4611686018427387904) AND row_id NOT IN (SELECT row_id FROM `kith`.`foreign_rows` FINAL WHERE sync = 'odd_events') AND (gone = 0 OR (h != 0 OR notEmpty(fh) OR remote_id NOT IN ('', 'none')) AND row_id NOT IN (SELECT row_id FROM `kith`.`foreign_rows` FINAL WHERE sync = 'odd_events'))
) AS b ON c.key = b.key;

-- without rows of others (sync odd_events) at syncs/all.yml:20:11
DELETE FROM `kith`.`changeset_odd_events` WHERE op = 4 AND row_id IN (SELECT row_id FROM `kith`.`foreign_rows` FINAL WHERE sync = 'odd_events');

-- without rows that were not looked up (sync odd_events) at syncs/all.yml:20:11
DELETE FROM `kith`.`changeset_odd_events` WHERE op = 4 AND kh IN (1, 2) AND row_id IN ('a', 'b');

-- changeset fingerprint (sync odd_events) at syncs/all.yml:20:11
SELECT toString(sum(cityHash64(op, kh, row_id, action, reason, key, old_key, h, match, fields, ifNull(toUnixTimestamp64Micro(at), 0)))), count()
FROM `kith`.`changeset_odd_events` WHERE op != 0;

-- changeset beyond (sync odd_events) at syncs/all.yml:20:11
SELECT count() FROM `kith`.`changeset_odd_events`
WHERE op IN (1, 2, 3) AND (row_id, op, action, op = 1 AND reason != 0, if(op = 1, key, ''), if(op = 1, fields, '')) NOT IN (
  SELECT row_id, arrayJoin(if(op = 2, [2, 3], [op])) AS may, action, op = 1 AND reason != 0, if(op = 1, key, ''), if(op = 1, fields, '') FROM `kith`.`changeset_odd_events_raw` WHERE op IN (1, 2, 3)
);

-- baseline (sync day_events) at syncs/days.yml:2:12
CREATE TABLE IF NOT EXISTS `kith`.`baseline_day_events` (
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
) ENGINE = ReplacingMergeTree(ver, del) ORDER BY (kh, row_id);

-- changeset table (sync day_events) at syncs/days.yml:2:12
CREATE TABLE `kith`.`changeset_day_events_raw` (
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
SETTINGS min_bytes_for_wide_part = 1073741824, max_bytes_to_merge_at_max_space_in_pool = 8388608, parts_to_delay_insert = 100000, parts_to_throw_insert = 100000;

-- digest (sync day_events) at syncs/days.yml:2:12
CREATE OR REPLACE TABLE `kith`.`scratch_run_day_events_digest` (b UInt32, desired_rows UInt64, baseline_rows UInt64, no_id UInt64, no_key UInt64, earlier_rows UInt64) ENGINE = MergeTree ORDER BY b AS
SELECT arrayJoin(arrayPushFront(arrayFilter((i, x) -> x != 0, range(toUInt32(65536)), d), toUInt32(4294967295))) AS b,
  if(b = 4294967295, n, 0) AS desired_rows, if(b = 4294967295, m, 0) AS baseline_rows, if(b = 4294967295, i, 0) AS no_id, if(b = 4294967295, k, 0) AS no_key, if(b = 4294967295, e, 0) AS earlier_rows
FROM (
  SELECT sumResample(0, 65536, 1)(d, g) AS d, sum(n) AS n, sum(m) AS m, sum(i) AS i, sum(k) AS k, sum(e) AS e
  FROM (
    SELECT toUInt16(toUInt32(bitShiftRight(kh, 48))) AS g, sum(if(fault = 0, bitOr(kh, 1) * bitXor(h, cityHash64('scratch_run_day_events_digest')), 0)) AS d, countIf(fault = 0) AS n, toUInt64(0) AS m, countIf(fault = 1) AS i, countIf(fault = 2) AS k, toUInt64(0) AS e
    FROM (
SELECT cityHash64(ifNull(__kith_id, '')) AS kh, greatest(cityHash64(tuple(__kith_id)), toUInt64(1)) AS h, multiIf(NOT (ifNull(__kith_id, '') != ''), toUInt8(1), ifNull((__kith_at < subtractMicroseconds(toDateTime64('1970-01-01 00:00:00.000000', 6, 'UTC'), 604800000000)), false), toUInt8(3), toUInt8(0)) AS fault
FROM (
SELECT nullIf(__kith_s.`id`, '') AS __kith_id,
  nullIf(__kith_s.`id`, '') AS __kith_key,
  '' AS __kith_match,
  toDateTime64(toTimeZone(toDateTime64(__kith_s.`day`, 6, 'Europe/Amsterdam'), 'UTC'), 6, 'UTC') AS __kith_at
FROM (
SELECT CAST(__kith_t.`id` AS Nullable(String)) AS `id`, CAST(__kith_t.`day` AS Nullable(Date32)) AS `day` FROM `raw`.`days` AS __kith_t
) AS __kith_s
WHERE ifNull((toDateTime64(toTimeZone(toDateTime64(__kith_s.`day`, 6, 'Europe/Amsterdam'), 'UTC'), 6, 'UTC') >= toDateTime64(toTimeZone(toDateTime64(toDate(toTimeZone(toDateTime64('1970-01-01 00:00:00.000000', 6, 'UTC'), 'Europe/Amsterdam')), 6, 'Europe/Amsterdam'), 'UTC'), 6, 'UTC')), false)
)
    ) GROUP BY g
    UNION ALL
    SELECT toUInt16(toUInt32(bitShiftRight(kh, 48))) AS g, bitNot(sum(bitOr(kh, 1) * bitXor(h, cityHash64('scratch_run_day_events_digest')))) + 1, 0, count(), 0, 0, 0
    FROM (
      WITH (
        SELECT min(ver) FROM `kith`.`baseline_day_events`
        WHERE _part != (SELECT argMax(part, n) FROM (SELECT _part AS part, count() AS n FROM `kith`.`baseline_day_events` GROUP BY part))
      ) AS late, (SELECT count() FROM `kith`.`baseline_day_events` WHERE late > 0 AND ver >= late) BETWEEN 1 AND 20000 AS few
      SELECT kh, h FROM `kith`.`baseline_day_events` WHERE few AND gone = 0 AND del = 0 AND kh NOT IN (SELECT kh FROM `kith`.`baseline_day_events` WHERE few AND ver >= late)
      UNION ALL
      SELECT kh, h FROM `kith`.`baseline_day_events` FINAL PREWHERE kh IN (SELECT kh FROM `kith`.`baseline_day_events` WHERE few AND ver >= late) WHERE few AND gone = 0
      UNION ALL
      SELECT kh, h FROM `kith`.`baseline_day_events` FINAL WHERE NOT few AND gone = 0
) GROUP BY g
  )
);

-- digest totals (sync day_events) at syncs/days.yml:2:12
WITH toFloat64(greatest(sum(desired_rows), sum(baseline_rows))) AS rows, dirty / 65536 AS share, least(rows, -65536 * log(1 - share)) AS differ
SELECT countIf(b < 65536) AS dirty, sum(desired_rows), sum(baseline_rows), sum(no_id), sum(no_key), toUInt64(ceil(differ + (rows - differ) * share)), countIf(b = 4294967295), sum(earlier_rows), 0
FROM `kith`.`scratch_run_day_events_digest`;

-- changeset (sync day_events) at syncs/days.yml:2:12
INSERT INTO `kith`.`changeset_day_events_raw` (op, kh, row_id, action, reason, key, old_key, h, fh, changed, fields, match, old_match, remote_id, at, gone, del)
SELECT
  op, kh, row_id,
  if(op = 1, if(here, 'ignore', action), '') AS act,
  if(here, 0, reason) AS why,
  if(op = 1 OR NOT here, old_key, key) AS k,
  if(op = 2, old_key, '') AS ok,
  if(op = 1 OR NOT here, old_h, h) AS hh,
  fh, arrayFilter((i, x, y) -> x != y AND here AND known, range(toUInt16(length(fh))), fh, arrayResize(old_fh, length(fh))) AS changed,
  if(here AND op != 1, fields, if(op = 1 AND act = 'set', multiIf(reason = 4, '{}', reason = 3, '{}', reason = 2, '{}', reason = 1, '{}', ''), '')) AS ff,
  if(here AND op != 1, match, old_match) AS m,
  if(op = 2, old_match, '') AS om,
  remote_id, at,
  multiIf(op = 0 AND NOT here, reason, op = 2, old_gone, 0) AS gone,
  toUInt8(0) AS del
FROM (
    SELECT
      c.row_id != '' AS here, b.row_id != '' AS known,
      if(here, c.kh, b.kh) AS kh,
      if(here, c.row_id, b.row_id) AS row_id,
      toUInt8(2) AS reason,
      multiIf(reason = 4, 'ignore', reason = 3, 'ignore', reason = 2, 'ignore', reason = 1, 'ignore', '') AS action,
      c.key AS key,
      b.key AS old_key,
      c.h AS h,
      b.h AS old_h,
      if(here, [], b.fh) AS fh,
      b.fh AS old_fh,
      '{}' AS fields,
      c.match AS match,
      b.match AS old_match,
      b.remote_id AS remote_id,
      c.at AS at,
      b.gone AS old_gone,
      empty(b.fh) AS bare,
      multiIf(NOT here AND action = 'ignore', 0, NOT here, 1, NOT known, 4, old_gone != 0, 3,
    old_h = 0 AND bare, 4, 3) AS op
    FROM (
      SELECT * FROM (
SELECT cityHash64(ifNull(__kith_id, '')) AS kh, greatest(cityHash64(tuple(__kith_id)), toUInt64(1)) AS h, assumeNotNull(__kith_id) AS row_id, assumeNotNull(__kith_key) AS key,
  __kith_match AS match, __kith_at AS at
FROM (
SELECT nullIf(__kith_s.`id`, '') AS __kith_id,
  nullIf(__kith_s.`id`, '') AS __kith_key,
  '' AS __kith_match,
  toDateTime64(toTimeZone(toDateTime64(__kith_s.`day`, 6, 'Europe/Amsterdam'), 'UTC'), 6, 'UTC') AS __kith_at
FROM (
SELECT CAST(__kith_t.`id` AS Nullable(String)) AS `id`, CAST(__kith_t.`day` AS Nullable(Date32)) AS `day` FROM `raw`.`days` AS __kith_t
) AS __kith_s
WHERE ifNull((toDateTime64(toTimeZone(toDateTime64(__kith_s.`day`, 6, 'Europe/Amsterdam'), 'UTC'), 6, 'UTC') >= toDateTime64(toTimeZone(toDateTime64(toDate(toTimeZone(toDateTime64('1970-01-01 00:00:00.000000', 6, 'UTC'), 'Europe/Amsterdam')), 6, 'Europe/Amsterdam'), 'UTC'), 6, 'UTC')), false)
) WHERE ((ifNull(__kith_id, '') != '') AND (ifNull(__kith_key, '') != '')) AND NOT ifNull((__kith_at < subtractMicroseconds(toDateTime64('1970-01-01 00:00:00.000000', 6, 'UTC'), 604800000000)), false)
      ) WHERE kh BETWEEN 0 AND 18446744073709551615 AND toUInt32(bitShiftRight(kh, 48)) IN (SELECT b FROM `kith`.`scratch_run_day_events_digest` WHERE b < 65536)
    ) AS c
    FULL OUTER JOIN (
      SELECT kh, row_id, key, h, fh, remote_id, match, gone, mapping, ver FROM `kith`.`baseline_day_events` FINAL
      PREWHERE kh BETWEEN 0 AND 18446744073709551615 AND toUInt32(bitShiftRight(kh, 48)) IN (SELECT b FROM `kith`.`scratch_run_day_events_digest` WHERE b < 65536)
    ) AS b ON c.row_id = b.row_id
    WHERE if(c.row_id = '', 1 = 0, b.row_id = '' OR b.h = 0)
)
SETTINGS join_use_nulls = 0, min_insert_block_size_rows = 262144, min_insert_block_size_bytes = 50331648, max_block_size = 16384;

-- pairs (sync day_events) at syncs/days.yml:2:12
CREATE OR REPLACE TABLE `kith`.`scratch_run_day_events_pairs` ENGINE = MergeTree ORDER BY (kh, row_id) AS
SELECT c.row_id != '' AS wanted, if(wanted, c.tag, b.tag) AS tag, if(wanted, c.kh, b.kh) AS kh, c.row_id AS row_id, c.h AS h, c.key AS key,
  c.match AS match, c.at AS at
FROM (
  SELECT *, sipHash64Keyed((cityHash64('scratch_run_day_events_pairs'), toUInt64(11400714819323198485)), row_id) AS tag FROM (
SELECT cityHash64(ifNull(__kith_id, '')) AS kh, greatest(cityHash64(tuple(__kith_id)), toUInt64(1)) AS h, assumeNotNull(__kith_id) AS row_id, assumeNotNull(__kith_key) AS key,
  __kith_match AS match, __kith_at AS at
FROM (
SELECT nullIf(__kith_s.`id`, '') AS __kith_id,
  nullIf(__kith_s.`id`, '') AS __kith_key,
  '' AS __kith_match,
  toDateTime64(toTimeZone(toDateTime64(__kith_s.`day`, 6, 'Europe/Amsterdam'), 'UTC'), 6, 'UTC') AS __kith_at
FROM (
SELECT CAST(__kith_t.`id` AS Nullable(String)) AS `id`, CAST(__kith_t.`day` AS Nullable(Date32)) AS `day` FROM `raw`.`days` AS __kith_t
) AS __kith_s
WHERE ifNull((toDateTime64(toTimeZone(toDateTime64(__kith_s.`day`, 6, 'Europe/Amsterdam'), 'UTC'), 6, 'UTC') >= toDateTime64(toTimeZone(toDateTime64(toDate(toTimeZone(toDateTime64('1970-01-01 00:00:00.000000', 6, 'UTC'), 'Europe/Amsterdam')), 6, 'Europe/Amsterdam'), 'UTC'), 6, 'UTC')), false)
) WHERE ((ifNull(__kith_id, '') != '') AND (ifNull(__kith_key, '') != '')) AND NOT ifNull((__kith_at < subtractMicroseconds(toDateTime64('1970-01-01 00:00:00.000000', 6, 'UTC'), 604800000000)), false)
  ) WHERE kh BETWEEN 0 AND 18446744073709551615 AND toUInt32(bitShiftRight(kh, 48)) IN (SELECT b FROM `kith`.`scratch_run_day_events_digest` WHERE b < 65536)
) AS c
FULL OUTER JOIN (
  SELECT sipHash64Keyed((cityHash64('scratch_run_day_events_pairs'), toUInt64(11400714819323198485)), row_id) AS tag, kh, h, gone FROM `kith`.`baseline_day_events` FINAL
  PREWHERE kh BETWEEN 0 AND 18446744073709551615 AND toUInt32(bitShiftRight(kh, 48)) IN (SELECT b FROM `kith`.`scratch_run_day_events_digest` WHERE b < 65536)
) AS b ON c.tag = b.tag
WHERE if(c.row_id = '', 1 = 0, b.row_id = '' OR b.h = 0)
SETTINGS join_use_nulls = 0, min_insert_block_size_rows = 65536, min_insert_block_size_bytes = 8388608;

-- pairs that differ (sync day_events) at syncs/days.yml:2:12
SELECT count() FROM `kith`.`scratch_run_day_events_pairs`;

-- changeset (sync day_events) at syncs/days.yml:2:12
INSERT INTO `kith`.`changeset_day_events_raw` (op, kh, row_id, action, reason, key, old_key, h, fh, changed, fields, match, old_match, remote_id, at, gone, del)
SELECT
  op, kh, row_id,
  if(op = 1, if(here, 'ignore', action), '') AS act,
  if(here, 0, reason) AS why,
  if(op = 1 OR NOT here, old_key, key) AS k,
  if(op = 2, old_key, '') AS ok,
  if(op = 1 OR NOT here, old_h, h) AS hh,
  fh, arrayFilter((i, x, y) -> x != y AND here AND known, range(toUInt16(length(fh))), fh, arrayResize(old_fh, length(fh))) AS changed,
  if(here AND op != 1, fields, if(op = 1 AND act = 'set', multiIf(reason = 4, '{}', reason = 3, '{}', reason = 2, '{}', reason = 1, '{}', ''), '')) AS ff,
  if(here AND op != 1, match, old_match) AS m,
  if(op = 2, old_match, '') AS om,
  remote_id, at,
  multiIf(op = 0 AND NOT here, reason, op = 2, old_gone, 0) AS gone,
  toUInt8(0) AS del
FROM (
    SELECT
      c.row_id != '' AS here, b.row_id != '' AS known,
      if(here, c.kh, b.kh) AS kh,
      if(here, c.row_id, b.row_id) AS row_id,
      toUInt8(2) AS reason,
      multiIf(reason = 4, 'ignore', reason = 3, 'ignore', reason = 2, 'ignore', reason = 1, 'ignore', '') AS action,
      c.key AS key,
      b.key AS old_key,
      c.h AS h,
      b.h AS old_h,
      if(here, [], b.fh) AS fh,
      b.fh AS old_fh,
      '{}' AS fields,
      c.match AS match,
      b.match AS old_match,
      b.remote_id AS remote_id,
      c.at AS at,
      b.gone AS old_gone,
      empty(b.fh) AS bare,
      multiIf(NOT here AND action = 'ignore', 0, NOT here, 1, NOT known, 4, old_gone != 0, 3,
    old_h = 0 AND bare, 4, 3) AS op
    FROM (
      SELECT * EXCEPT (wanted) FROM `kith`.`scratch_run_day_events_pairs` WHERE kh BETWEEN 0 AND 18446744073709551615
    ) AS c
    LEFT JOIN (
      SELECT kh, row_id, key, h, fh, remote_id, match, gone, mapping, ver, sipHash64Keyed((cityHash64('scratch_run_day_events_pairs'), toUInt64(11400714819323198485)), row_id) AS tag FROM `kith`.`baseline_day_events` FINAL
      PREWHERE kh BETWEEN 0 AND 18446744073709551615 AND kh IN (SELECT kh FROM `kith`.`scratch_run_day_events_pairs` WHERE kh BETWEEN 0 AND 18446744073709551615)
    ) AS b ON c.tag = b.tag AND c.kh = b.kh
    WHERE if(c.row_id = '', b.row_id != '' AND 1 = 0, b.row_id = '' OR b.h = 0)
)
SETTINGS join_use_nulls = 0, min_insert_block_size_rows = 262144, min_insert_block_size_bytes = 50331648, max_block_size = 16384;

-- pairs (sync day_events) at syncs/days.yml:2:12
CREATE OR REPLACE TABLE `kith`.`scratch_run_day_events_pairs` ENGINE = MergeTree ORDER BY (kh, row_id) AS
SELECT toUInt8(1) AS wanted, tag, kh, row_id, h, key,
  match, at
FROM (
  SELECT *, sipHash64Keyed((cityHash64('scratch_run_day_events_pairs'), toUInt64(11400714819323198485)), row_id) AS tag FROM (
SELECT cityHash64(ifNull(__kith_id, '')) AS kh, greatest(cityHash64(tuple(__kith_id)), toUInt64(1)) AS h, assumeNotNull(__kith_id) AS row_id, assumeNotNull(__kith_key) AS key,
  __kith_match AS match, __kith_at AS at
FROM (
SELECT nullIf(__kith_s.`id`, '') AS __kith_id,
  nullIf(__kith_s.`id`, '') AS __kith_key,
  '' AS __kith_match,
  toDateTime64(toTimeZone(toDateTime64(__kith_s.`day`, 6, 'Europe/Amsterdam'), 'UTC'), 6, 'UTC') AS __kith_at
FROM (
SELECT CAST(__kith_t.`id` AS Nullable(String)) AS `id`, CAST(__kith_t.`day` AS Nullable(Date32)) AS `day` FROM `raw`.`days` AS __kith_t
) AS __kith_s
WHERE ifNull((toDateTime64(toTimeZone(toDateTime64(__kith_s.`day`, 6, 'Europe/Amsterdam'), 'UTC'), 6, 'UTC') >= toDateTime64(toTimeZone(toDateTime64(toDate(toTimeZone(toDateTime64('1970-01-01 00:00:00.000000', 6, 'UTC'), 'Europe/Amsterdam')), 6, 'Europe/Amsterdam'), 'UTC'), 6, 'UTC')), false)
) WHERE ((ifNull(__kith_id, '') != '') AND (ifNull(__kith_key, '') != '')) AND NOT ifNull((__kith_at < subtractMicroseconds(toDateTime64('1970-01-01 00:00:00.000000', 6, 'UTC'), 604800000000)), false)
  ) WHERE kh BETWEEN 0 AND 18446744073709551615 AND toUInt32(bitShiftRight(kh, 48)) IN (SELECT b FROM `kith`.`scratch_run_day_events_digest` WHERE b < 65536)
)
WHERE bitXor(tag, h) NOT IN (
  SELECT bitXor(sipHash64Keyed((cityHash64('scratch_run_day_events_pairs'), toUInt64(11400714819323198485)), row_id), h) FROM `kith`.`baseline_day_events` FINAL
  PREWHERE kh BETWEEN 0 AND 18446744073709551615 AND toUInt32(bitShiftRight(kh, 48)) IN (SELECT b FROM `kith`.`scratch_run_day_events_digest` WHERE b < 65536)
)
SETTINGS min_insert_block_size_rows = 65536, min_insert_block_size_bytes = 8388608;

-- pairs gone (sync day_events) at syncs/days.yml:2:12
INSERT INTO `kith`.`scratch_run_day_events_pairs` (wanted, tag, kh)
SELECT toUInt8(0), sipHash64Keyed((cityHash64('scratch_run_day_events_pairs'), toUInt64(11400714819323198485)), row_id) AS tag, b.kh FROM (
  SELECT kh, row_id, gone FROM `kith`.`baseline_day_events` FINAL
  PREWHERE kh BETWEEN 0 AND 18446744073709551615 AND toUInt32(bitShiftRight(kh, 48)) IN (SELECT b FROM `kith`.`scratch_run_day_events_digest` WHERE b < 65536)
) AS b
WHERE 1 = 0 AND tag NOT IN (
  SELECT sipHash64Keyed((cityHash64('scratch_run_day_events_pairs'), toUInt64(11400714819323198485)), row_id) FROM (
SELECT cityHash64(ifNull(__kith_id, '')) AS kh, greatest(cityHash64(tuple(__kith_id)), toUInt64(1)) AS h, assumeNotNull(__kith_id) AS row_id, assumeNotNull(__kith_key) AS key,
  __kith_match AS match, __kith_at AS at
FROM (
SELECT nullIf(__kith_s.`id`, '') AS __kith_id,
  nullIf(__kith_s.`id`, '') AS __kith_key,
  '' AS __kith_match,
  toDateTime64(toTimeZone(toDateTime64(__kith_s.`day`, 6, 'Europe/Amsterdam'), 'UTC'), 6, 'UTC') AS __kith_at
FROM (
SELECT CAST(__kith_t.`id` AS Nullable(String)) AS `id`, CAST(__kith_t.`day` AS Nullable(Date32)) AS `day` FROM `raw`.`days` AS __kith_t
) AS __kith_s
WHERE ifNull((toDateTime64(toTimeZone(toDateTime64(__kith_s.`day`, 6, 'Europe/Amsterdam'), 'UTC'), 6, 'UTC') >= toDateTime64(toTimeZone(toDateTime64(toDate(toTimeZone(toDateTime64('1970-01-01 00:00:00.000000', 6, 'UTC'), 'Europe/Amsterdam')), 6, 'Europe/Amsterdam'), 'UTC'), 6, 'UTC')), false)
) WHERE ((ifNull(__kith_id, '') != '') AND (ifNull(__kith_key, '') != '')) AND NOT ifNull((__kith_at < subtractMicroseconds(toDateTime64('1970-01-01 00:00:00.000000', 6, 'UTC'), 604800000000)), false)
  ) WHERE kh BETWEEN 0 AND 18446744073709551615 AND toUInt32(bitShiftRight(kh, 48)) IN (SELECT b FROM `kith`.`scratch_run_day_events_digest` WHERE b < 65536)
);

-- compact the baseline (sync day_events) at syncs/days.yml:2:12
OPTIMIZE TABLE `kith`.`baseline_day_events` FINAL;

-- repeated row ids (sync day_events) at syncs/days.yml:2:12
SELECT count(), any(n) FROM (SELECT count() AS n FROM `kith`.`changeset_day_events_raw` WHERE op != 1 AND kh BETWEEN 0 AND 18446744073709551615 GROUP BY kh, row_id HAVING n > 1);

-- verdicts (sync day_events) at syncs/days.yml:2:12
CREATE TABLE `kith`.`scratch_run_day_events_fix` (kh UInt64, row_id String, op UInt8, verdict UInt8, reason UInt8, code LowCardinality(String)) ENGINE = MergeTree ORDER BY (kh, row_id);

-- expired events (sync day_events) at syncs/days.yml:2:12
SELECT count() FROM (
SELECT nullIf(__kith_s.`id`, '') AS __kith_id,
  nullIf(__kith_s.`id`, '') AS __kith_key,
  '' AS __kith_match,
  toDateTime64(toTimeZone(toDateTime64(__kith_s.`day`, 6, 'Europe/Amsterdam'), 'UTC'), 6, 'UTC') AS __kith_at
FROM (
SELECT CAST(__kith_t.`id` AS Nullable(String)) AS `id`, CAST(__kith_t.`day` AS Nullable(Date32)) AS `day` FROM `raw`.`days` AS __kith_t
) AS __kith_s
WHERE ifNull((toDateTime64(toTimeZone(toDateTime64(__kith_s.`day`, 6, 'Europe/Amsterdam'), 'UTC'), 6, 'UTC') >= toDateTime64(toTimeZone(toDateTime64(toDate(toTimeZone(toDateTime64('1970-01-01 00:00:00.000000', 6, 'UTC'), 'Europe/Amsterdam')), 6, 'Europe/Amsterdam'), 'UTC'), 6, 'UTC')), false)
) WHERE ifNull((__kith_at < subtractMicroseconds(toDateTime64('1970-01-01 00:00:00.000000', 6, 'UTC'), 604800000000)), false) AND __kith_id NOT IN (SELECT row_id FROM `kith`.`baseline_day_events` FINAL WHERE h != 0);

-- backoff (sync day_events) at syncs/days.yml:2:12
INSERT INTO `kith`.`scratch_run_day_events_fix` (kh, row_id, op, verdict, reason, code)
SELECT r.kh, r.row_id, if(r.op = 1 AND r.reason = 0, 255, r.op), 1, 0, if(x.code = 'unconfirmed', x.code, 'backoff') FROM (
  SELECT r.kh AS kh, r.row_id AS row_id, r.op AS op, r.reason AS reason, if(r.goes, 1, r.op) AS sent, if(r.goes, bitXor(r.h, toUInt64(if(f.why != 0, f.why, r.reason))), r.h) AS h
  FROM (SELECT kh, row_id, op, h, reason, (op = 1 OR op = 0 AND reason != 0) AS goes FROM `kith`.`changeset_day_events_raw`) AS r
  LEFT JOIN (SELECT row_id, max(reason) AS why FROM `kith`.`scratch_run_day_events_fix` WHERE op < 2 AND verdict = 3 GROUP BY row_id) AS f ON r.row_id = f.row_id
) AS r
JOIN (SELECT row_id, op, h, code FROM `kith`.`rejections` FINAL WHERE sync = 'day_events' AND mapping = 1 AND next_try > toDateTime64('1970-01-01 00:00:00.000000', 6, 'UTC')) AS x
ON r.row_id = x.row_id AND r.sent = x.op AND r.h = x.h
SETTINGS join_use_nulls = 0;

-- pending (sync day_events) at syncs/days.yml:2:12
INSERT INTO `kith`.`scratch_run_day_events_fix` (kh, row_id, op, verdict, reason, code)
SELECT r.kh, r.row_id, r.op, 1, 0, 'pending' FROM `kith`.`changeset_day_events_raw` AS r
JOIN (
  SELECT row_id, max(op = 1) AS removing FROM `kith`.`job_rows`
  WHERE job IN (SELECT job FROM `kith`.`jobs` FINAL WHERE sync = 'day_events' AND state = 'open') GROUP BY row_id
) AS x ON r.row_id = x.row_id
WHERE NOT (r.op < 2 AND x.removing = 0 AND (r.reason = 4 OR r.row_id IN (SELECT row_id FROM `kith`.`scratch_run_day_events_fix` WHERE op < 2 AND verdict = 3 AND reason = 4)));

-- changeset table (sync day_events) at syncs/days.yml:2:12
CREATE TABLE `kith`.`changeset_day_events` (
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
SETTINGS min_bytes_for_wide_part = 1073741824, max_bytes_to_merge_at_max_space_in_pool = 8388608, parts_to_delay_insert = 100000, parts_to_throw_insert = 100000;

-- changeset with verdicts (sync day_events) at syncs/days.yml:2:12
INSERT INTO `kith`.`changeset_day_events` (op, kh, row_id, action, reason, key, old_key, h, fh, changed, fields, match, old_match, remote_id, at, gone, del)
SELECT
  multiIf(forget OR quiet, 0, r.reason = 0, r.op, act = 'ignore', 0, 1) AS o, r.kh, r.row_id,
  if(r.reason = 0, r.action, act) AS a, why, r.key, r.old_key, r.h, r.fh, r.changed,
  if(r.reason != 0 AND act = 'set', set_fields, r.fields) AS ff, r.match, r.old_match, r.remote_id, r.at,
  multiIf(o = 0 AND r.reason != 0 AND NOT forget, why, r.quiet, 0, r.gone) AS g,
  if(forget, 1, r.del) AS d
FROM (
  SELECT r.*, f.forget AS forget, f.quiet AS quiet, if(f.why != 0, f.why, r.reason) AS why, multiIf(why = 4, 'ignore', why = 3, 'ignore', why = 2, 'ignore', why = 1, 'ignore', '') AS act, multiIf(why = 4, '{}', why = 3, '{}', why = 2, '{}', why = 1, '{}', '') AS set_fields
  FROM (SELECT * FROM `kith`.`changeset_day_events_raw` WHERE kh BETWEEN 0 AND 18446744073709551615) AS r
  LEFT JOIN (
    SELECT row_id, op, max(verdict IN (1, 5, 6)) AS hold, max(verdict = 2) OR max(verdict = 7) AND NOT max(verdict = 8) AS forget, max(verdict = 4) AS quiet, max(reason) AS why
    FROM `kith`.`scratch_run_day_events_fix` WHERE kh BETWEEN 0 AND 18446744073709551615 AND op != 255 GROUP BY row_id, op
  ) AS f ON r.row_id = f.row_id AND r.op = f.op
  WHERE f.hold = 0 AND r.row_id NOT IN (SELECT row_id FROM `kith`.`scratch_run_day_events_fix` WHERE op = 255 AND kh BETWEEN 0 AND 18446744073709551615)
) AS r
SETTINGS join_use_nulls = 0;

-- silent rows (sync day_events) at syncs/days.yml:2:12
INSERT INTO `kith`.`baseline_day_events` (kh, row_id, key, h, fh, remote_id, match, gone, mapping, ver, del)
SELECT kh, row_id, key, if(gone = 0, h, 0), fh, remote_id, match, gone, 1, 4294967296, del
FROM `kith`.`changeset_day_events` WHERE op = 0
UNION ALL
SELECT kh, row_id, key, 0, [], '', match, 0, 1, 4294967296, 0
FROM `kith`.`changeset_day_events_raw` WHERE op = 4 AND key IN (SELECT key FROM `kith`.`changeset_day_events` WHERE op = 0 AND del = 1 AND remote_id != 'none' AND row_id NOT IN (SELECT row_id FROM `kith`.`foreign_rows` FINAL WHERE sync = 'day_events')) AND row_id NOT IN (
  SELECT row_id FROM `kith`.`baseline_day_events` FINAL PREWHERE kh IN (SELECT kh FROM `kith`.`changeset_day_events_raw` WHERE op = 4 AND key IN (SELECT key FROM `kith`.`changeset_day_events` WHERE op = 0 AND del = 1 AND remote_id != 'none' AND row_id NOT IN (SELECT row_id FROM `kith`.`foreign_rows` FINAL WHERE sync = 'day_events')))
)
UNION ALL
SELECT kh, concat(row_id, 'key-', lower(hex(substring(SHA256(key), 1, 8)))), key, 0, [], '', '', 0, 1, 4294967296, 0
FROM `kith`.`changeset_day_events_raw` WHERE op = 2 AND key IN (SELECT key FROM `kith`.`changeset_day_events` WHERE op = 0 AND del = 1 AND remote_id != 'none' AND row_id NOT IN (SELECT row_id FROM `kith`.`foreign_rows` FINAL WHERE sync = 'day_events'));

-- rows of others (sync day_events) at syncs/days.yml:2:12
INSERT INTO `kith`.`scratch_run_day_events_fix` (kh, row_id, op, verdict, reason, code)
SELECT kh, row_id, op, if(op IN (2, 3), 4, 2), 0, '' FROM `kith`.`changeset_day_events_raw`
WHERE (op = 1 OR op = 0 AND reason != 0) AND remote_id = 'none' OR (op IN (2, 3) OR (op = 1 OR op = 0 AND reason != 0)) AND row_id IN (SELECT row_id FROM `kith`.`foreign_rows` FINAL WHERE sync = 'day_events');

-- page of new rows (sync day_events) at syncs/days.yml:2:12
SELECT kh, row_id, action, reason, key, old_key, h, fh, fields, match, remote_id, at
FROM `kith`.`changeset_day_events`
WHERE op = 4 AND kh >= 0 AND (kh, row_id) > (0, '') AND row_id NOT IN (SELECT row_id FROM `kith`.`baseline_day_events` FINAL)
  AND concat(row_id, 'key-', lower(hex(substring(SHA256(key), 1, 8)))) NOT IN (SELECT row_id FROM `kith`.`baseline_day_events` FINAL WHERE position(row_id, 'key-') > 0)
ORDER BY kh, row_id LIMIT 100;

-- records of other rows (sync day_events) at syncs/days.yml:2:12
SELECT c.row_id, b.remote_id, b.gone != 0
FROM (SELECT row_id, key FROM `kith`.`changeset_day_events` WHERE op = 4 AND kh BETWEEN 0 AND 4611686018427387904) AS c
JOIN (
  SELECT key, remote_id, gone FROM `kith`.`baseline_day_events` FINAL
  WHERE key IN (SELECT key FROM `kith`.`changeset_day_events` WHERE op = 4 AND kh BETWEEN 0 AND 4611686018427387904) AND row_id NOT IN (SELECT row_id FROM `kith`.`foreign_rows` FINAL WHERE sync = 'day_events') AND (gone = 0 OR (h != 0 OR notEmpty(fh) OR remote_id NOT IN ('', 'none')) AND row_id NOT IN (SELECT row_id FROM `kith`.`foreign_rows` FINAL WHERE sync = 'day_events'))
) AS b ON c.key = b.key;

-- without rows of others (sync day_events) at syncs/days.yml:2:12
DELETE FROM `kith`.`changeset_day_events` WHERE op = 4 AND row_id IN (SELECT row_id FROM `kith`.`foreign_rows` FINAL WHERE sync = 'day_events');

-- without rows that were not looked up (sync day_events) at syncs/days.yml:2:12
DELETE FROM `kith`.`changeset_day_events` WHERE op = 4 AND kh IN (1, 2) AND row_id IN ('a', 'b');

-- changeset fingerprint (sync day_events) at syncs/days.yml:2:12
SELECT toString(sum(cityHash64(op, kh, row_id, action, reason, key, old_key, h, match, fields, ifNull(toUnixTimestamp64Micro(at), 0)))), count()
FROM `kith`.`changeset_day_events` WHERE op != 0;

-- changeset beyond (sync day_events) at syncs/days.yml:2:12
SELECT count() FROM `kith`.`changeset_day_events`
WHERE op IN (1, 2, 3) AND (row_id, op, action, op = 1 AND reason != 0, if(op = 1, key, ''), if(op = 1, fields, '')) NOT IN (
  SELECT row_id, arrayJoin(if(op = 2, [2, 3], [op])) AS may, action, op = 1 AND reason != 0, if(op = 1, key, ''), if(op = 1, fields, '') FROM `kith`.`changeset_day_events_raw` WHERE op IN (1, 2, 3)
);

