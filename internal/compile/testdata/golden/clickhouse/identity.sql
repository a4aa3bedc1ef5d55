-- identity person rows of crm
CREATE OR REPLACE TABLE `kith`.`scratch_r2_identity_person_rows_crm` ENGINE = MergeTree ORDER BY tuple() AS
SELECT v0, toUInt64(if((v0 = '' OR ((lowerUTF8(trimBoth(v0)) IN ('-1', 'null', '(null)', 'nil', 'none', 'nan', 'na', 'n/a', 'undefined', 'unknown', 'anonymous', 'test@test.com')) OR match(v0, '^[0-]*$') OR match(v0, '^(no|do-?not)[-_.]?reply@'))), 0, greatest(sipHash64Keyed((toUInt64(14333647848874882852), toUInt64(11818513996432774184)), concat('customer_id\0', v0)), toUInt64(1)))) AS d0, v1, toUInt64(if((v1 = '' OR ((lowerUTF8(trimBoth(v1)) IN ('-1', 'null', '(null)', 'nil', 'none', 'nan', 'na', 'n/a', 'undefined', 'unknown', 'anonymous', 'test@test.com')) OR (v1 = coalesce(arrayMap(__kith_n -> if(match(ifNull(__kith_n, ''), '^[^\\s\\p{Z}\\p{C}@<>"(),;]+@[^\\s\\p{Z}\\p{C}@<>"(),;]+\\.[^\\s\\p{Z}\\p{C}@<>"(),;.]{2,}$'), __kith_n, NULL), [lowerUTF8(arrayMap(__kith_t -> if(length(__kith_t) = lengthUTF8(__kith_t), trim(BOTH ' \t\n\r\f\v' FROM __kith_t), replaceRegexpAll(__kith_t, '^[\\s\\p{Z}\\p{C}]+|[\\s\\p{Z}\\p{C}]+$', '')), ['Shop@Example.com'])[1])])[1], 'Shop@Example.com')) OR match(v1, '^[0-]*$') OR match(v1, '^(no|do-?not)[-_.]?reply@') OR match(v1, '@example\\.net$'))), 0, multiIf(v1 = 'o\'neil@example.org', 42, greatest(sipHash64Keyed((toUInt64(14333647848874882852), toUInt64(11818513996432774184)), concat('email\0', v1)), toUInt64(1))))) AS d1, x1, s1, v2, toUInt64(if((v2 = '' OR ((lowerUTF8(trimBoth(v2)) IN ('-1', 'null', '(null)', 'nil', 'none', 'nan', 'na', 'n/a', 'undefined', 'unknown', 'anonymous', 'test@test.com')) OR match(v2, '^[0-]*$') OR match(v2, '^(no|do-?not)[-_.]?reply@'))), 0, greatest(sipHash64Keyed((toUInt64(14333647848874882852), toUInt64(11818513996432774184)), concat('phone\0', v2)), toUInt64(1)))) AS d2, x2, s2, bucket, first_seen, last_seen, n, mix
FROM (
  SELECT __kith_v0 AS v0, __kith_v1 AS v1, countIf(__kith_x1 != '') AS x1, minIf(__kith_x1, __kith_x1 != '') AS s1, __kith_v2 AS v2, countIf(__kith_x2 != '') AS x2, minIf(__kith_x2, __kith_x2 != '') AS s2, bucket, min(__kith_at) AS first_seen, max(if(__kith_at <= toDateTime64('2026-11-01 12:00:00.000000', 6, 'UTC'), __kith_at, toDateTime64('1970-01-01 00:00:00.000000', 6, 'UTC'))) AS last_seen, count() AS n, toUInt64(0) AS mix
  FROM (
    SELECT coalesce(arrayMap(__kith_n -> if(arrayMap(__kith_t -> if(length(__kith_t) = lengthUTF8(__kith_t), trim(BOTH ' \t\n\r\f\v' FROM __kith_t), replaceRegexpAll(__kith_t, '^[\\s\\p{Z}\\p{C}]+|[\\s\\p{Z}\\p{C}]+$', '')), [__kith_n])[1] != '', __kith_n, NULL), [toString(__kith_s.`id`)])[1], '') AS __kith_v0, coalesce(arrayMap(__kith_n -> if(match(ifNull(__kith_n, ''), '^[^\\s\\p{Z}\\p{C}@<>"(),;]+@[^\\s\\p{Z}\\p{C}@<>"(),;]+\\.[^\\s\\p{Z}\\p{C}@<>"(),;.]{2,}$'), __kith_n, NULL), [lowerUTF8(arrayMap(__kith_t -> if(length(__kith_t) = lengthUTF8(__kith_t), trim(BOTH ' \t\n\r\f\v' FROM __kith_t), replaceRegexpAll(__kith_t, '^[\\s\\p{Z}\\p{C}]+|[\\s\\p{Z}\\p{C}]+$', '')), [__kith_s.`mail`])[1])])[1], '') AS __kith_v1, if(__kith_v1 = '', concat(substringUTF8(coalesce(nullIf(arrayMap(__kith_t -> if(length(__kith_t) = lengthUTF8(__kith_t), trim(BOTH ' \t\n\r\f\v' FROM __kith_t), replaceRegexpAll(__kith_t, '^[\\s\\p{Z}\\p{C}]+|[\\s\\p{Z}\\p{C}]+$', '')), [__kith_s.`mail`])[1], ''), ''), 1, 1), replaceRegexpAll(substringUTF8(coalesce(nullIf(arrayMap(__kith_t -> if(length(__kith_t) = lengthUTF8(__kith_t), trim(BOTH ' \t\n\r\f\v' FROM __kith_t), replaceRegexpAll(__kith_t, '^[\\s\\p{Z}\\p{C}]+|[\\s\\p{Z}\\p{C}]+$', '')), [__kith_s.`mail`])[1], ''), ''), 2, 23), '[^@.+: -]', '*')), '') AS __kith_x1, coalesce(arrayMap(__kith_n -> if(match(__kith_n, '^\\+[1-9][0-9]{7,14}$'), __kith_n, NULL), [replaceRegexpOne(arrayMap(__kith_d -> multiIf(startsWith(__kith_d, '+'), __kith_d, startsWith(__kith_d, '00'), concat('+', substring(__kith_d, 3)), concat('+', '31', replaceRegexpOne(__kith_d, '^0()', '\\1'))), [ifNull(replaceRegexpAll(replaceOne(replaceRegexpOne(__kith_s.`mobile`, '(?is)[;,/#x].*$', ''), '(0)', ''), '[^0-9+]', ''), '')])[1], '^\\+(20|27|30|31|32|33|34|40|41|43|44|45|46|47|48|49|51|54|55|61|62|64|81|82|84|86|90|91|92|94|98|212|213|234|254|351|352|353|355|358|359|380|381|385|386|387|389|420|421|880|962|966|971|972)0', '+\\1')])[1], '') AS __kith_v2, if(__kith_v2 = '', concat(substringUTF8(coalesce(nullIf(arrayMap(__kith_t -> if(length(__kith_t) = lengthUTF8(__kith_t), trim(BOTH ' \t\n\r\f\v' FROM __kith_t), replaceRegexpAll(__kith_t, '^[\\s\\p{Z}\\p{C}]+|[\\s\\p{Z}\\p{C}]+$', '')), [__kith_s.`mobile`])[1], ''), ''), 1, 1), replaceRegexpAll(substringUTF8(coalesce(nullIf(arrayMap(__kith_t -> if(length(__kith_t) = lengthUTF8(__kith_t), trim(BOTH ' \t\n\r\f\v' FROM __kith_t), replaceRegexpAll(__kith_t, '^[\\s\\p{Z}\\p{C}]+|[\\s\\p{Z}\\p{C}]+$', '')), [__kith_s.`mobile`])[1], ''), ''), 2, 23), '[^@.+: -]', '*')), '') AS __kith_x2, coalesce(CAST(__kith_s.`day` AS Nullable(DateTime64(6, 'UTC'))), __kith_s.`loaded_at`, toDateTime64('2299-12-31 23:59:59.000000', 6, 'UTC')) AS __kith_at, toUInt32(0) AS bucket
    FROM (
SELECT __kith_s.`id` AS `id`, __kith_s.`mail` AS `mail`, __kith_s.`mobile` AS `mobile`, __kith_s.`day` AS `day`, __kith_s.`loaded_at` AS `loaded_at` FROM (
SELECT * FROM (
SELECT accurateCast(CAST(__kith_t.`id` AS Nullable(Int128)), 'Nullable(Int64)') AS `id`, CAST(__kith_t.`mail` AS Nullable(String)) AS `mail`, CAST(__kith_t.`mobile` AS Nullable(String)) AS `mobile`, CAST(__kith_t.`day` AS Nullable(Date32)) AS `day`, CAST(__kith_t.`loaded_at` AS Nullable(DateTime64(6, 'UTC'))) AS `loaded_at` FROM `raw`.`contacts` AS __kith_t
) AS __kith_s
ORDER BY __kith_s.`loaded_at` DESC, __kith_s.`day` DESC, cityHash64(tuple(__kith_s.*)) LIMIT 1 BY __kith_s.`id`
) AS __kith_s
    ) AS __kith_s
  ) GROUP BY v0, v1, v2, bucket
)
SETTINGS compile_aggregate_expressions = 0;

-- identity person rows of web
CREATE OR REPLACE TABLE `kith`.`scratch_r2_identity_person_rows_web` ENGINE = MergeTree ORDER BY tuple() AS
SELECT v0, toUInt64(if((v0 = '' OR ((lowerUTF8(trimBoth(v0)) IN ('-1', 'null', '(null)', 'nil', 'none', 'nan', 'na', 'n/a', 'undefined', 'unknown', 'anonymous', 'test@test.com')) OR (v0 = coalesce(arrayMap(__kith_n -> if(match(ifNull(__kith_n, ''), '^[^\\s\\p{Z}\\p{C}@<>"(),;]+@[^\\s\\p{Z}\\p{C}@<>"(),;]+\\.[^\\s\\p{Z}\\p{C}@<>"(),;.]{2,}$'), __kith_n, NULL), [lowerUTF8(arrayMap(__kith_t -> if(length(__kith_t) = lengthUTF8(__kith_t), trim(BOTH ' \t\n\r\f\v' FROM __kith_t), replaceRegexpAll(__kith_t, '^[\\s\\p{Z}\\p{C}]+|[\\s\\p{Z}\\p{C}]+$', '')), ['Shop@Example.com'])[1])])[1], 'Shop@Example.com')) OR match(v0, '^[0-]*$') OR match(v0, '^(no|do-?not)[-_.]?reply@') OR match(v0, '@example\\.net$'))), 0, multiIf(v0 = 'o\'neil@example.org', 42, greatest(sipHash64Keyed((toUInt64(14333647848874882852), toUInt64(11818513996432774184)), concat('email\0', v0)), toUInt64(1))))) AS d0, x0, s0, v1, toUInt64(if((v1 = '' OR ((lowerUTF8(trimBoth(v1)) IN ('-1', 'null', '(null)', 'nil', 'none', 'nan', 'na', 'n/a', 'undefined', 'unknown', 'anonymous', 'test@test.com')) OR match(v1, '^[0-]*$') OR match(v1, '^(no|do-?not)[-_.]?reply@'))), 0, greatest(sipHash64Keyed((toUInt64(14333647848874882852), toUInt64(11818513996432774184)), concat('phone\0', v1)), toUInt64(1)))) AS d1, x1, s1, bucket, first_seen, last_seen, n, mix
FROM (
  SELECT __kith_v0 AS v0, countIf(__kith_x0 != '') AS x0, minIf(__kith_x0, __kith_x0 != '') AS s0, __kith_v1 AS v1, countIf(__kith_x1 != '') AS x1, minIf(__kith_x1, __kith_x1 != '') AS s1, bucket, min(__kith_at) AS first_seen, max(if(__kith_at <= toDateTime64('2026-11-01 12:00:00.000000', 6, 'UTC'), __kith_at, toDateTime64('1970-01-01 00:00:00.000000', 6, 'UTC'))) AS last_seen, count() AS n, toUInt64(0) AS mix
  FROM (
    SELECT coalesce(arrayMap(__kith_n -> if(match(ifNull(__kith_n, ''), '^[^\\s\\p{Z}\\p{C}@<>"(),;]+@[^\\s\\p{Z}\\p{C}@<>"(),;]+\\.[^\\s\\p{Z}\\p{C}@<>"(),;.]{2,}$'), __kith_n, NULL), [lowerUTF8(arrayMap(__kith_t -> if(length(__kith_t) = lengthUTF8(__kith_t), trim(BOTH ' \t\n\r\f\v' FROM __kith_t), replaceRegexpAll(__kith_t, '^[\\s\\p{Z}\\p{C}]+|[\\s\\p{Z}\\p{C}]+$', '')), [__kith_s.`email`])[1])])[1], '') AS __kith_v0, if(__kith_v0 = '', concat(substringUTF8(coalesce(nullIf(arrayMap(__kith_t -> if(length(__kith_t) = lengthUTF8(__kith_t), trim(BOTH ' \t\n\r\f\v' FROM __kith_t), replaceRegexpAll(__kith_t, '^[\\s\\p{Z}\\p{C}]+|[\\s\\p{Z}\\p{C}]+$', '')), [__kith_s.`email`])[1], ''), ''), 1, 1), replaceRegexpAll(substringUTF8(coalesce(nullIf(arrayMap(__kith_t -> if(length(__kith_t) = lengthUTF8(__kith_t), trim(BOTH ' \t\n\r\f\v' FROM __kith_t), replaceRegexpAll(__kith_t, '^[\\s\\p{Z}\\p{C}]+|[\\s\\p{Z}\\p{C}]+$', '')), [__kith_s.`email`])[1], ''), ''), 2, 23), '[^@.+: -]', '*')), '') AS __kith_x0, coalesce(arrayMap(__kith_n -> if(match(__kith_n, '^\\+[1-9][0-9]{7,14}$'), __kith_n, NULL), [replaceRegexpOne(arrayMap(__kith_d -> multiIf(startsWith(__kith_d, '+'), __kith_d, startsWith(__kith_d, '00'), concat('+', substring(__kith_d, 3)), concat('+', '31', replaceRegexpOne(__kith_d, '^0()', '\\1'))), [ifNull(replaceRegexpAll(replaceOne(replaceRegexpOne(__kith_s.`phone`, '(?is)[;,/#x].*$', ''), '(0)', ''), '[^0-9+]', ''), '')])[1], '^\\+(20|27|30|31|32|33|34|40|41|43|44|45|46|47|48|49|51|54|55|61|62|64|81|82|84|86|90|91|92|94|98|212|213|234|254|351|352|353|355|358|359|380|381|385|386|387|389|420|421|880|962|966|971|972)0', '+\\1')])[1], '') AS __kith_v1, if(__kith_v1 = '', concat(substringUTF8(coalesce(nullIf(arrayMap(__kith_t -> if(length(__kith_t) = lengthUTF8(__kith_t), trim(BOTH ' \t\n\r\f\v' FROM __kith_t), replaceRegexpAll(__kith_t, '^[\\s\\p{Z}\\p{C}]+|[\\s\\p{Z}\\p{C}]+$', '')), [__kith_s.`phone`])[1], ''), ''), 1, 1), replaceRegexpAll(substringUTF8(coalesce(nullIf(arrayMap(__kith_t -> if(length(__kith_t) = lengthUTF8(__kith_t), trim(BOTH ' \t\n\r\f\v' FROM __kith_t), replaceRegexpAll(__kith_t, '^[\\s\\p{Z}\\p{C}]+|[\\s\\p{Z}\\p{C}]+$', '')), [__kith_s.`phone`])[1], ''), ''), 2, 23), '[^@.+: -]', '*')), '') AS __kith_x1, coalesce(__kith_s.`at`, __kith_s.`at`, toDateTime64('2299-12-31 23:59:59.000000', 6, 'UTC')) AS __kith_at, toUInt32(0) AS bucket
    FROM (
SELECT CAST(__kith_t.`email` AS Nullable(String)) AS `email`, CAST(__kith_t.`phone` AS Nullable(String)) AS `phone`, CAST(__kith_t.`bot` AS Nullable(Bool)) AS `bot`, CAST(__kith_t.`at` AS Nullable(DateTime64(6, 'UTC'))) AS `at` FROM `raw`.`events` AS __kith_t
    ) AS __kith_s
    WHERE (ifNull((__kith_s.`bot` = false), false))
  ) GROUP BY v0, v1, bucket
)
SETTINGS compile_aggregate_expressions = 0;

-- identity person rows of list
CREATE OR REPLACE TABLE `kith`.`scratch_r2_identity_person_rows_list` ENGINE = MergeTree ORDER BY tuple() AS
SELECT v0, toUInt64(if((v0 = '' OR ((lowerUTF8(trimBoth(v0)) IN ('-1', 'null', '(null)', 'nil', 'none', 'nan', 'na', 'n/a', 'undefined', 'unknown', 'anonymous', 'test@test.com')) OR (v0 = coalesce(arrayMap(__kith_n -> if(match(ifNull(__kith_n, ''), '^[^\\s\\p{Z}\\p{C}@<>"(),;]+@[^\\s\\p{Z}\\p{C}@<>"(),;]+\\.[^\\s\\p{Z}\\p{C}@<>"(),;.]{2,}$'), __kith_n, NULL), [lowerUTF8(arrayMap(__kith_t -> if(length(__kith_t) = lengthUTF8(__kith_t), trim(BOTH ' \t\n\r\f\v' FROM __kith_t), replaceRegexpAll(__kith_t, '^[\\s\\p{Z}\\p{C}]+|[\\s\\p{Z}\\p{C}]+$', '')), ['Shop@Example.com'])[1])])[1], 'Shop@Example.com')) OR match(v0, '^[0-]*$') OR match(v0, '^(no|do-?not)[-_.]?reply@') OR match(v0, '@example\\.net$'))), 0, multiIf(v0 = 'o\'neil@example.org', 42, greatest(sipHash64Keyed((toUInt64(14333647848874882852), toUInt64(11818513996432774184)), concat('email\0', v0)), toUInt64(1))))) AS d0, x0, s0, v1, toUInt64(if((v1 = '' OR ((lowerUTF8(trimBoth(v1)) IN ('-1', 'null', '(null)', 'nil', 'none', 'nan', 'na', 'n/a', 'undefined', 'unknown', 'anonymous', 'test@test.com')) OR match(v1, '^[0-]*$') OR match(v1, '^(no|do-?not)[-_.]?reply@'))), 0, greatest(sipHash64Keyed((toUInt64(14333647848874882852), toUInt64(11818513996432774184)), concat('phone\0', v1)), toUInt64(1)))) AS d1, x1, s1, bucket, first_seen, last_seen, n, mix
FROM (
  SELECT __kith_v0 AS v0, countIf(__kith_x0 != '') AS x0, minIf(__kith_x0, __kith_x0 != '') AS s0, __kith_v1 AS v1, countIf(__kith_x1 != '') AS x1, minIf(__kith_x1, __kith_x1 != '') AS s1, bucket, min(__kith_at) AS first_seen, max(if(__kith_at <= toDateTime64('2026-11-01 12:00:00.000000', 6, 'UTC'), __kith_at, toDateTime64('1970-01-01 00:00:00.000000', 6, 'UTC'))) AS last_seen, count() AS n, toUInt64(0) AS mix
  FROM (
    SELECT coalesce(arrayMap(__kith_n -> if(match(ifNull(__kith_n, ''), '^[^\\s\\p{Z}\\p{C}@<>"(),;]+@[^\\s\\p{Z}\\p{C}@<>"(),;]+\\.[^\\s\\p{Z}\\p{C}@<>"(),;.]{2,}$'), __kith_n, NULL), [lowerUTF8(arrayMap(__kith_t -> if(length(__kith_t) = lengthUTF8(__kith_t), trim(BOTH ' \t\n\r\f\v' FROM __kith_t), replaceRegexpAll(__kith_t, '^[\\s\\p{Z}\\p{C}]+|[\\s\\p{Z}\\p{C}]+$', '')), [__kith_s.`email`])[1])])[1], '') AS __kith_v0, if(__kith_v0 = '', concat(substringUTF8(coalesce(nullIf(arrayMap(__kith_t -> if(length(__kith_t) = lengthUTF8(__kith_t), trim(BOTH ' \t\n\r\f\v' FROM __kith_t), replaceRegexpAll(__kith_t, '^[\\s\\p{Z}\\p{C}]+|[\\s\\p{Z}\\p{C}]+$', '')), [__kith_s.`email`])[1], ''), ''), 1, 1), replaceRegexpAll(substringUTF8(coalesce(nullIf(arrayMap(__kith_t -> if(length(__kith_t) = lengthUTF8(__kith_t), trim(BOTH ' \t\n\r\f\v' FROM __kith_t), replaceRegexpAll(__kith_t, '^[\\s\\p{Z}\\p{C}]+|[\\s\\p{Z}\\p{C}]+$', '')), [__kith_s.`email`])[1], ''), ''), 2, 23), '[^@.+: -]', '*')), '') AS __kith_x0, coalesce(arrayMap(__kith_n -> if(match(__kith_n, '^\\+[1-9][0-9]{7,14}$'), __kith_n, NULL), [replaceRegexpOne(arrayMap(__kith_d -> multiIf(startsWith(__kith_d, '+'), __kith_d, startsWith(__kith_d, '00'), concat('+', substring(__kith_d, 3)), concat('+', '31', replaceRegexpOne(__kith_d, '^0()', '\\1'))), [ifNull(replaceRegexpAll(replaceOne(replaceRegexpOne(__kith_s.`phone`, '(?is)[;,/#x].*$', ''), '(0)', ''), '[^0-9+]', ''), '')])[1], '^\\+(20|27|30|31|32|33|34|40|41|43|44|45|46|47|48|49|51|54|55|61|62|64|81|82|84|86|90|91|92|94|98|212|213|234|254|351|352|353|355|358|359|380|381|385|386|387|389|420|421|880|962|966|971|972)0', '+\\1')])[1], '') AS __kith_v1, if(__kith_v1 = '', concat(substringUTF8(coalesce(nullIf(arrayMap(__kith_t -> if(length(__kith_t) = lengthUTF8(__kith_t), trim(BOTH ' \t\n\r\f\v' FROM __kith_t), replaceRegexpAll(__kith_t, '^[\\s\\p{Z}\\p{C}]+|[\\s\\p{Z}\\p{C}]+$', '')), [__kith_s.`phone`])[1], ''), ''), 1, 1), replaceRegexpAll(substringUTF8(coalesce(nullIf(arrayMap(__kith_t -> if(length(__kith_t) = lengthUTF8(__kith_t), trim(BOTH ' \t\n\r\f\v' FROM __kith_t), replaceRegexpAll(__kith_t, '^[\\s\\p{Z}\\p{C}]+|[\\s\\p{Z}\\p{C}]+$', '')), [__kith_s.`phone`])[1], ''), ''), 2, 23), '[^@.+: -]', '*')), '') AS __kith_x1, coalesce(toDateTime64('2299-12-31 23:59:59.000000', 6, 'UTC')) AS __kith_at, toUInt32(0) AS bucket
    FROM (
SELECT CAST(__kith_t.`email` AS Nullable(String)) AS `email`, CAST(__kith_t.`phone` AS Nullable(String)) AS `phone` FROM `raw`.`list` AS __kith_t
    ) AS __kith_s
  ) GROUP BY v0, v1, bucket
)
SETTINGS compile_aggregate_expressions = 0;

-- identity person values
CREATE OR REPLACE TABLE `kith`.`identity_person_values_b2` ENGINE = MergeTree PARTITION BY bucket != 0 ORDER BY node AS
SELECT d0 AS node, toUInt8(0) AS type, v0 AS value, CAST('crm' AS LowCardinality(String)) AS source, bucket, toUInt8(node = 0) AS state, min(first_seen) AS first_seen, max(last_seen) AS last_seen, sum(n) AS n
FROM `kith`.`scratch_r2_identity_person_rows_crm` WHERE v0 != '' GROUP BY node, value, bucket
UNION ALL
SELECT d1 AS node, toUInt8(1) AS type, v1 AS value, CAST('crm' AS LowCardinality(String)) AS source, bucket, toUInt8(node = 0) AS state, min(first_seen) AS first_seen, max(last_seen) AS last_seen, sum(n) AS n
FROM `kith`.`scratch_r2_identity_person_rows_crm` WHERE v1 != '' GROUP BY node, value, bucket
UNION ALL
SELECT toUInt64(0) AS node, toUInt8(1) AS type, min(s1) AS value, CAST('crm' AS LowCardinality(String)) AS source, bucket, toUInt8(2) AS state, min(first_seen) AS first_seen, max(last_seen) AS last_seen, sum(x1) AS n
FROM `kith`.`scratch_r2_identity_person_rows_crm` WHERE x1 > 0 GROUP BY bucket
UNION ALL
SELECT d2 AS node, toUInt8(2) AS type, v2 AS value, CAST('crm' AS LowCardinality(String)) AS source, bucket, toUInt8(node = 0) AS state, min(first_seen) AS first_seen, max(last_seen) AS last_seen, sum(n) AS n
FROM `kith`.`scratch_r2_identity_person_rows_crm` WHERE v2 != '' GROUP BY node, value, bucket
UNION ALL
SELECT toUInt64(0) AS node, toUInt8(2) AS type, min(s2) AS value, CAST('crm' AS LowCardinality(String)) AS source, bucket, toUInt8(2) AS state, min(first_seen) AS first_seen, max(last_seen) AS last_seen, sum(x2) AS n
FROM `kith`.`scratch_r2_identity_person_rows_crm` WHERE x2 > 0 GROUP BY bucket
UNION ALL
SELECT d0 AS node, toUInt8(1) AS type, v0 AS value, CAST('web' AS LowCardinality(String)) AS source, bucket, toUInt8(node = 0) AS state, min(first_seen) AS first_seen, max(last_seen) AS last_seen, sum(n) AS n
FROM `kith`.`scratch_r2_identity_person_rows_web` WHERE v0 != '' GROUP BY node, value, bucket
UNION ALL
SELECT toUInt64(0) AS node, toUInt8(1) AS type, min(s0) AS value, CAST('web' AS LowCardinality(String)) AS source, bucket, toUInt8(2) AS state, min(first_seen) AS first_seen, max(last_seen) AS last_seen, sum(x0) AS n
FROM `kith`.`scratch_r2_identity_person_rows_web` WHERE x0 > 0 GROUP BY bucket
UNION ALL
SELECT d1 AS node, toUInt8(2) AS type, v1 AS value, CAST('web' AS LowCardinality(String)) AS source, bucket, toUInt8(node = 0) AS state, min(first_seen) AS first_seen, max(last_seen) AS last_seen, sum(n) AS n
FROM `kith`.`scratch_r2_identity_person_rows_web` WHERE v1 != '' GROUP BY node, value, bucket
UNION ALL
SELECT toUInt64(0) AS node, toUInt8(2) AS type, min(s1) AS value, CAST('web' AS LowCardinality(String)) AS source, bucket, toUInt8(2) AS state, min(first_seen) AS first_seen, max(last_seen) AS last_seen, sum(x1) AS n
FROM `kith`.`scratch_r2_identity_person_rows_web` WHERE x1 > 0 GROUP BY bucket
UNION ALL
SELECT d0 AS node, toUInt8(1) AS type, v0 AS value, CAST('list' AS LowCardinality(String)) AS source, bucket, toUInt8(node = 0) AS state, min(first_seen) AS first_seen, max(last_seen) AS last_seen, sum(n) AS n
FROM `kith`.`scratch_r2_identity_person_rows_list` WHERE v0 != '' GROUP BY node, value, bucket
UNION ALL
SELECT toUInt64(0) AS node, toUInt8(1) AS type, min(s0) AS value, CAST('list' AS LowCardinality(String)) AS source, bucket, toUInt8(2) AS state, min(first_seen) AS first_seen, max(last_seen) AS last_seen, sum(x0) AS n
FROM `kith`.`scratch_r2_identity_person_rows_list` WHERE x0 > 0 GROUP BY bucket
UNION ALL
SELECT d1 AS node, toUInt8(2) AS type, v1 AS value, CAST('list' AS LowCardinality(String)) AS source, bucket, toUInt8(node = 0) AS state, min(first_seen) AS first_seen, max(last_seen) AS last_seen, sum(n) AS n
FROM `kith`.`scratch_r2_identity_person_rows_list` WHERE v1 != '' AND (d1 = 0 OR (d0 = 0)) GROUP BY node, value, bucket
UNION ALL
SELECT toUInt64(0) AS node, toUInt8(2) AS type, min(s1) AS value, CAST('list' AS LowCardinality(String)) AS source, bucket, toUInt8(2) AS state, min(first_seen) AS first_seen, max(last_seen) AS last_seen, sum(x1) AS n
FROM `kith`.`scratch_r2_identity_person_rows_list` WHERE x1 > 0 GROUP BY bucket
SETTINGS compile_aggregate_expressions = 0;

-- identity person nodes
CREATE OR REPLACE TABLE `kith`.`scratch_r2_identity_person_nodes` (node UInt64 CODEC(NONE), type UInt8 CODEC(NONE), value String CODEC(NONE), first_seen DateTime64(6, 'UTC') CODEC(NONE), last_seen DateTime64(6, 'UTC') CODEC(NONE), n UInt64 CODEC(NONE)) ENGINE = MergeTree ORDER BY tuple() AS
SELECT node, type, value, min(first_seen) AS first_seen, max(last_seen) AS last_seen, sum(n) AS n
FROM `kith`.`identity_person_values_b2` WHERE node != 0 GROUP BY node, type, value
SETTINGS compile_aggregate_expressions = 0;

-- identity person collisions
SELECT s.node, s.type, s.value, p.value = s.value AS known
FROM (SELECT * FROM `kith`.`scratch_r2_identity_person_nodes` WHERE node IN (SELECT node FROM `kith`.`scratch_r2_identity_person_nodes` GROUP BY node HAVING count() > 1)) AS s
LEFT JOIN (SELECT node, value FROM `kith`.`identity_person_map_b1` WHERE node IN (SELECT node FROM `kith`.`scratch_r2_identity_person_nodes` GROUP BY node HAVING count() > 1)) AS p ON s.node = p.node
ORDER BY s.node, known DESC, s.first_seen, s.type, s.value
LIMIT 1
SETTINGS join_use_nulls = 0;

-- identity person edges
CREATE OR REPLACE TABLE `kith`.`identity_person_edges_b2` (
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
SELECT least(s, t) AS a, greatest(s, t) AS b, any(if(s < t, sr, 1)) AS ta, any(if(s < t, 1, sr)) AS tb, 'crm' AS source, bucket, min(first_seen) AS first_seen, max(last_seen) AS last_seen, sum(n) AS n
FROM (
  SELECT d0 AS s, 0 AS sr, d1 AS t, bucket, first_seen, last_seen, n FROM `kith`.`scratch_r2_identity_person_rows_crm` WHERE d1 != 0
) WHERE s != 0 AND s != t GROUP BY a, b, bucket
UNION ALL
SELECT least(s, t) AS a, greatest(s, t) AS b, any(if(s < t, sr, 2)) AS ta, any(if(s < t, 2, sr)) AS tb, 'crm' AS source, bucket, min(first_seen) AS first_seen, max(last_seen) AS last_seen, sum(n) AS n
FROM (
  SELECT multiIf(d0 != 0, d0, d1 != 0, d1, 0) AS s, multiIf(d0 != 0, 0, d1 != 0, 1, 0) AS sr, d2 AS t, bucket, first_seen, last_seen, n FROM `kith`.`scratch_r2_identity_person_rows_crm` WHERE d2 != 0
) WHERE s != 0 AND s != t GROUP BY a, b, bucket
UNION ALL
SELECT least(s, t) AS a, greatest(s, t) AS b, any(if(s < t, sr, 2)) AS ta, any(if(s < t, 2, sr)) AS tb, 'web' AS source, bucket, min(first_seen) AS first_seen, max(last_seen) AS last_seen, sum(n) AS n
FROM (
  SELECT d0 AS s, 1 AS sr, d1 AS t, bucket, first_seen, last_seen, n FROM `kith`.`scratch_r2_identity_person_rows_web` WHERE d1 != 0
) WHERE s != 0 AND s != t GROUP BY a, b, bucket
SETTINGS compile_aggregate_expressions = 0;

-- identity person reads
CREATE OR REPLACE TABLE `kith`.`identity_person_reads_b2` ENGINE = MergeTree ORDER BY (source, bucket) AS
SELECT source, bucket, n, mix, unowned, cut, toDateTime64('2026-11-01 12:00:00.000000', 6, 'UTC') AS as_of, toDateTime64('0001-01-01 00:00:00.000000', 6, 'UTC') AS full_at, '' AS rules
FROM (
  SELECT CAST('crm' AS LowCardinality(String)) AS source, bucket, sum(r.n) AS n, groupBitXor(r.mix) AS mix, sumIf(r.n, d0 = 0 AND d1 = 0 AND d2 = 0) AS unowned, toDateTime64('1970-01-01 00:00:00.000000', 6, 'UTC') AS cut FROM `kith`.`scratch_r2_identity_person_rows_crm` AS r GROUP BY bucket
  UNION ALL
  SELECT CAST('web' AS LowCardinality(String)) AS source, bucket, sum(r.n) AS n, groupBitXor(r.mix) AS mix, sumIf(r.n, d0 = 0 AND d1 = 0) AS unowned, toDateTime64('1970-01-01 00:00:00.000000', 6, 'UTC') AS cut FROM `kith`.`scratch_r2_identity_person_rows_web` AS r GROUP BY bucket
  UNION ALL
  SELECT CAST('list' AS LowCardinality(String)) AS source, bucket, sum(r.n) AS n, groupBitXor(r.mix) AS mix, sumIf(r.n, d0 = 0 AND d1 = 0) AS unowned, toDateTime64('1970-01-01 00:00:00.000000', 6, 'UTC') AS cut FROM `kith`.`scratch_r2_identity_person_rows_list` AS r GROUP BY bucket
);

-- identity person node count
SELECT count(), (SELECT count() FROM `kith`.`identity_person_edges_b2`) FROM `kith`.`scratch_r2_identity_person_nodes`;

-- identity person hook 1
CREATE OR REPLACE TABLE `kith`.`scratch_r2_identity_person_p1` (v UInt64 CODEC(NONE), l UInt64 CODEC(NONE)) ENGINE = MergeTree ORDER BY tuple() AS
SELECT a AS v, max(b) AS l FROM `kith`.`identity_person_edges_b2` GROUP BY a;

-- identity person depth 1
SELECT count(), countIf(l IN (SELECT v FROM `kith`.`scratch_r2_identity_person_p1` WHERE v % 64 = 0)) FROM `kith`.`scratch_r2_identity_person_p1` WHERE l % 64 = 0;

-- identity person jump 1
CREATE OR REPLACE TABLE `kith`.`scratch_r2_identity_person_q1` (v UInt64 CODEC(NONE), l UInt64 CODEC(NONE)) ENGINE = MergeTree ORDER BY tuple() AS
SELECT p.v AS v, if(g.v = p.l, g.l, p.l) AS l FROM `kith`.`scratch_r2_identity_person_p1` AS p LEFT ANY JOIN `kith`.`scratch_r2_identity_person_p1` AS g ON p.l = g.v
SETTINGS join_use_nulls = 0;

-- identity person lift 1
CREATE OR REPLACE TABLE `kith`.`scratch_r2_identity_person_e1` (a UInt64 CODEC(NONE), b UInt64 CODEC(NONE)) ENGINE = MergeTree ORDER BY tuple() AS
SELECT least(x, y) AS a, greatest(x, y) AS b
FROM (
  SELECT s.l AS x, if(t.v = e.b, t.l, e.b) AS y
  FROM `kith`.`identity_person_edges_b2` AS e LEFT ANY JOIN `kith`.`scratch_r2_identity_person_q1` AS s ON e.a = s.v LEFT ANY JOIN `kith`.`scratch_r2_identity_person_q1` AS t ON e.b = t.v
  WHERE x != y
) GROUP BY a, b
SETTINGS join_use_nulls = 0;

-- identity person live edges 2
SELECT count() FROM `kith`.`scratch_r2_identity_person_e1`;

-- identity person hook 2
CREATE OR REPLACE TABLE `kith`.`scratch_r2_identity_person_p2` (v UInt64 CODEC(NONE), l UInt64 CODEC(NONE)) ENGINE = MergeTree ORDER BY tuple() AS
SELECT if(ha < hb, b, a) AS v, argMin(if(ha < hb, a, b), least(ha, hb)) AS l
FROM (SELECT a, b, intHash64(bitXor(a, 4354685564936845354)) AS ha, intHash64(bitXor(b, 4354685564936845354)) AS hb FROM `kith`.`scratch_r2_identity_person_e1`) GROUP BY v;

-- identity person lift 2
CREATE OR REPLACE TABLE `kith`.`scratch_r2_identity_person_e2` (a UInt64 CODEC(NONE), b UInt64 CODEC(NONE)) ENGINE = MergeTree ORDER BY tuple() AS
SELECT least(x, y) AS a, greatest(x, y) AS b
FROM (
  SELECT if(s.v = e.a, s.l, e.a) AS x, if(t.v = e.b, t.l, e.b) AS y
  FROM `kith`.`scratch_r2_identity_person_e1` AS e LEFT ANY JOIN `kith`.`scratch_r2_identity_person_p2` AS s ON e.a = s.v LEFT ANY JOIN `kith`.`scratch_r2_identity_person_p2` AS t ON e.b = t.v
  WHERE x != y
) GROUP BY a, b
SETTINGS join_use_nulls = 0;

-- identity person live edges 3
SELECT count() FROM `kith`.`scratch_r2_identity_person_e2`;

-- identity person fetch 3
SELECT a, b FROM `kith`.`scratch_r2_identity_person_e2`;

-- identity person finish 3
CREATE OR REPLACE TABLE `kith`.`scratch_r2_identity_person_q3` (v UInt64 CODEC(NONE), l UInt64 CODEC(NONE)) ENGINE = MergeTree ORDER BY tuple();

-- identity person compose 2
CREATE OR REPLACE TABLE `kith`.`scratch_r2_identity_person_m2` (v UInt64 CODEC(NONE), l UInt64 CODEC(NONE)) ENGINE = MergeTree ORDER BY tuple() AS
SELECT q.v AS v, if(m.v = q.l, m.l, q.l) AS l FROM `kith`.`scratch_r2_identity_person_p2` AS q LEFT ANY JOIN `kith`.`scratch_r2_identity_person_q3` AS m ON q.l = m.v
UNION ALL
SELECT v, l FROM `kith`.`scratch_r2_identity_person_q3` WHERE v NOT IN (SELECT v FROM `kith`.`scratch_r2_identity_person_p2`)
SETTINGS join_use_nulls = 0;

-- identity person components
CREATE OR REPLACE TABLE `kith`.`scratch_r2_identity_person_found` (node UInt64 CODEC(NONE), type UInt8 CODEC(NONE), value String CODEC(NONE), first_seen DateTime64(6, 'UTC') CODEC(NONE), last_seen DateTime64(6, 'UTC') CODEC(NONE), n UInt64 CODEC(NONE), part UInt64 CODEC(NONE)) ENGINE = MergeTree ORDER BY tuple() AS
SELECT node, type, value, first_seen, last_seen, n, label AS part FROM (
  SELECT s.*, if(m.v = s.hooked, m.l, s.hooked) AS label
  FROM (SELECT n.*, if(q.v = n.node, q.l, n.node) AS hooked FROM `kith`.`scratch_r2_identity_person_nodes` AS n LEFT ANY JOIN `kith`.`scratch_r2_identity_person_q1` AS q ON n.node = q.v) AS s
  LEFT ANY JOIN `kith`.`scratch_r2_identity_person_m2` AS m ON s.hooked = m.v
)
SETTINGS join_use_nulls = 0;

-- identity person anchors
CREATE OR REPLACE TABLE `kith`.`scratch_r2_identity_person_parts` (part UInt64 CODEC(NONE), first String CODEC(NONE), anchor UInt64 CODEC(NONE), identifiers UInt32, nodes Array(UInt64) CODEC(NONE), over UInt8) ENGINE = MergeTree ORDER BY tuple() AS
SELECT part, min(concat(reinterpretAsFixedString(byteSwap(bitShiftLeft(toUInt64(toUnixTimestamp64Micro(first_seen) + 2208988800000000), 8) + type)), replaceAll(value, '\0', '\0\1'), '\0\0', reinterpretAsFixedString(node))) AS first, reinterpretAsUInt64(substring(first, -8)) AS anchor, toUInt32(count()) AS identifiers, groupArray(node) AS nodes, countIf(type = 0) > 1 OR countIf(type = 1) > 5 AS over
FROM `kith`.`scratch_r2_identity_person_found` GROUP BY part;

-- identity person guards
SELECT countIf(over), countIf(NOT over AND identifiers > 200) FROM `kith`.`scratch_r2_identity_person_parts`;

-- identity person rejected links
CREATE OR REPLACE TABLE `kith`.`scratch_r2_identity_person_rejected` (a UInt64, b UInt64, why UInt8) ENGINE = MergeTree ORDER BY (a, b);

-- identity person split nodes
CREATE OR REPLACE TABLE `kith`.`scratch_r2_identity_person_split_nodes_0` ENGINE = MergeTree ORDER BY node AS
SELECT node, type, value, first_seen, last_seen, n, part AS whole, part FROM `kith`.`scratch_r2_identity_person_found` WHERE part IN (SELECT part FROM `kith`.`scratch_r2_identity_person_parts` WHERE over);

-- identity person split edges
CREATE OR REPLACE TABLE `kith`.`scratch_r2_identity_person_split_edges_0` ENGINE = MergeTree ORDER BY (a, b) AS
SELECT a, b, max(last_seen) AS last_seen, sum(n) AS n FROM `kith`.`identity_person_edges_b2` WHERE a IN (SELECT node FROM `kith`.`scratch_r2_identity_person_split_nodes_0`) GROUP BY a, b
SETTINGS compile_aggregate_expressions = 0;

-- identity person over customer_id
CREATE OR REPLACE TABLE `kith`.`scratch_r2_identity_person_split_over_customer_id` ENGINE = MergeTree ORDER BY part AS
SELECT part FROM `kith`.`scratch_r2_identity_person_split_nodes_0` GROUP BY part HAVING countIf(type = 0) > 1;

-- identity person count over customer_id
SELECT count() FROM `kith`.`scratch_r2_identity_person_split_over_customer_id`;

-- identity person seeds customer_id
CREATE OR REPLACE TABLE `kith`.`scratch_r2_identity_person_split_seeds_0` ENGINE = MergeTree ORDER BY node AS
SELECT node, if(place <= 1, best, node) AS label, toUInt32(0) AS hop
FROM (
  SELECT node, row_number() OVER attested AS place, first_value(node) OVER attested AS best
  FROM `kith`.`scratch_r2_identity_person_split_nodes_0` WHERE type = 0 AND part IN (SELECT part FROM `kith`.`scratch_r2_identity_person_split_over_customer_id`)
  WINDOW attested AS (PARTITION BY part ORDER BY n DESC, last_seen DESC, node)
);

-- identity person hop 1
INSERT INTO `kith`.`scratch_r2_identity_person_split_seeds_0` (node, label, hop)
SELECT node, argMax(label, (n, last_seen, bitNot(label))), 1
FROM (
  SELECT e.y AS node, s.label AS label, sum(e.n) AS n, max(e.last_seen) AS last_seen
  FROM (SELECT a AS x, b AS y, n, last_seen FROM `kith`.`scratch_r2_identity_person_split_edges_0` UNION ALL SELECT b AS x, a AS y, n, last_seen FROM `kith`.`scratch_r2_identity_person_split_edges_0`) AS e
  JOIN (SELECT node, label FROM `kith`.`scratch_r2_identity_person_split_seeds_0` WHERE hop = 1 - 1) AS s ON e.x = s.node
  WHERE e.y NOT IN (SELECT node FROM `kith`.`scratch_r2_identity_person_split_seeds_0`)
  GROUP BY node, label
) GROUP BY node
SETTINGS compile_aggregate_expressions = 0;

-- identity person count hop 1
SELECT count() FROM `kith`.`scratch_r2_identity_person_split_seeds_0` WHERE hop = 1;

-- identity person reject
INSERT INTO `kith`.`scratch_r2_identity_person_rejected` (a, b, why)
SELECT e.a, e.b, 1
FROM `kith`.`scratch_r2_identity_person_split_edges_0` AS e LEFT JOIN `kith`.`scratch_r2_identity_person_split_seeds_0` AS s ON e.a = s.node LEFT JOIN `kith`.`scratch_r2_identity_person_split_seeds_0` AS t ON e.b = t.node
WHERE s.label != t.label
SETTINGS join_use_nulls = 0;

-- identity person links left
CREATE OR REPLACE TABLE `kith`.`scratch_r2_identity_person_split_edges_1` ENGINE = MergeTree ORDER BY (a, b) AS
SELECT * FROM `kith`.`scratch_r2_identity_person_split_edges_0` WHERE (a, b) NOT IN (SELECT a, b FROM `kith`.`scratch_r2_identity_person_rejected`);

-- identity person hook 1
CREATE OR REPLACE TABLE `kith`.`scratch_r2_identity_person_split_0_p1` (v UInt64 CODEC(NONE), l UInt64 CODEC(NONE)) ENGINE = MergeTree ORDER BY tuple() AS
SELECT a AS v, max(b) AS l FROM `kith`.`scratch_r2_identity_person_split_edges_1` GROUP BY a;

-- identity person depth 1
SELECT count(), countIf(l IN (SELECT v FROM `kith`.`scratch_r2_identity_person_split_0_p1` WHERE v % 64 = 0)) FROM `kith`.`scratch_r2_identity_person_split_0_p1` WHERE l % 64 = 0;

-- identity person jump 1
CREATE OR REPLACE TABLE `kith`.`scratch_r2_identity_person_split_0_q1` (v UInt64 CODEC(NONE), l UInt64 CODEC(NONE)) ENGINE = MergeTree ORDER BY tuple() AS
SELECT p.v AS v, if(g.v = p.l, g.l, p.l) AS l FROM `kith`.`scratch_r2_identity_person_split_0_p1` AS p LEFT ANY JOIN `kith`.`scratch_r2_identity_person_split_0_p1` AS g ON p.l = g.v
SETTINGS join_use_nulls = 0;

-- identity person lift 1
CREATE OR REPLACE TABLE `kith`.`scratch_r2_identity_person_split_0_e1` (a UInt64 CODEC(NONE), b UInt64 CODEC(NONE)) ENGINE = MergeTree ORDER BY tuple() AS
SELECT least(x, y) AS a, greatest(x, y) AS b
FROM (
  SELECT s.l AS x, if(t.v = e.b, t.l, e.b) AS y
  FROM `kith`.`scratch_r2_identity_person_split_edges_1` AS e LEFT ANY JOIN `kith`.`scratch_r2_identity_person_split_0_q1` AS s ON e.a = s.v LEFT ANY JOIN `kith`.`scratch_r2_identity_person_split_0_q1` AS t ON e.b = t.v
  WHERE x != y
) GROUP BY a, b
SETTINGS join_use_nulls = 0;

-- identity person live edges 2
SELECT count() FROM `kith`.`scratch_r2_identity_person_split_0_e1`;

-- identity person hook 2
CREATE OR REPLACE TABLE `kith`.`scratch_r2_identity_person_split_0_p2` (v UInt64 CODEC(NONE), l UInt64 CODEC(NONE)) ENGINE = MergeTree ORDER BY tuple() AS
SELECT if(ha < hb, b, a) AS v, argMin(if(ha < hb, a, b), least(ha, hb)) AS l
FROM (SELECT a, b, intHash64(bitXor(a, 4354685564936845354)) AS ha, intHash64(bitXor(b, 4354685564936845354)) AS hb FROM `kith`.`scratch_r2_identity_person_split_0_e1`) GROUP BY v;

-- identity person lift 2
CREATE OR REPLACE TABLE `kith`.`scratch_r2_identity_person_split_0_e2` (a UInt64 CODEC(NONE), b UInt64 CODEC(NONE)) ENGINE = MergeTree ORDER BY tuple() AS
SELECT least(x, y) AS a, greatest(x, y) AS b
FROM (
  SELECT if(s.v = e.a, s.l, e.a) AS x, if(t.v = e.b, t.l, e.b) AS y
  FROM `kith`.`scratch_r2_identity_person_split_0_e1` AS e LEFT ANY JOIN `kith`.`scratch_r2_identity_person_split_0_p2` AS s ON e.a = s.v LEFT ANY JOIN `kith`.`scratch_r2_identity_person_split_0_p2` AS t ON e.b = t.v
  WHERE x != y
) GROUP BY a, b
SETTINGS join_use_nulls = 0;

-- identity person live edges 3
SELECT count() FROM `kith`.`scratch_r2_identity_person_split_0_e2`;

-- identity person fetch 3
SELECT a, b FROM `kith`.`scratch_r2_identity_person_split_0_e2`;

-- identity person finish 3
CREATE OR REPLACE TABLE `kith`.`scratch_r2_identity_person_split_0_q3` (v UInt64 CODEC(NONE), l UInt64 CODEC(NONE)) ENGINE = MergeTree ORDER BY tuple();

-- identity person compose 2
CREATE OR REPLACE TABLE `kith`.`scratch_r2_identity_person_split_0_m2` (v UInt64 CODEC(NONE), l UInt64 CODEC(NONE)) ENGINE = MergeTree ORDER BY tuple() AS
SELECT q.v AS v, if(m.v = q.l, m.l, q.l) AS l FROM `kith`.`scratch_r2_identity_person_split_0_p2` AS q LEFT ANY JOIN `kith`.`scratch_r2_identity_person_split_0_q3` AS m ON q.l = m.v
UNION ALL
SELECT v, l FROM `kith`.`scratch_r2_identity_person_split_0_q3` WHERE v NOT IN (SELECT v FROM `kith`.`scratch_r2_identity_person_split_0_p2`)
SETTINGS join_use_nulls = 0;

-- identity person split parts
CREATE OR REPLACE TABLE `kith`.`scratch_r2_identity_person_split_nodes_1` ENGINE = MergeTree ORDER BY node AS
SELECT node, type, value, first_seen, last_seen, n, whole, label AS part FROM (
  SELECT s.*, if(m.v = s.hooked, m.l, s.hooked) AS label
  FROM (SELECT n.*, if(q.v = n.node, q.l, n.node) AS hooked FROM `kith`.`scratch_r2_identity_person_split_nodes_0` AS n LEFT ANY JOIN `kith`.`scratch_r2_identity_person_split_0_q1` AS q ON n.node = q.v) AS s
  LEFT ANY JOIN `kith`.`scratch_r2_identity_person_split_0_m2` AS m ON s.hooked = m.v
)
SETTINGS join_use_nulls = 0;

-- identity person over email
CREATE OR REPLACE TABLE `kith`.`scratch_r2_identity_person_split_over_email` ENGINE = MergeTree ORDER BY part AS
SELECT part FROM `kith`.`scratch_r2_identity_person_split_nodes_1` GROUP BY part HAVING countIf(type = 1) > 5;

-- identity person count over email
SELECT count() FROM `kith`.`scratch_r2_identity_person_split_over_email`;

-- identity person seeds email
CREATE OR REPLACE TABLE `kith`.`scratch_r2_identity_person_split_seeds_1` ENGINE = MergeTree ORDER BY node AS
SELECT node, if(place <= 5, best, node) AS label, toUInt32(0) AS hop
FROM (
  SELECT node, row_number() OVER attested AS place, first_value(node) OVER attested AS best
  FROM `kith`.`scratch_r2_identity_person_split_nodes_1` WHERE type = 1 AND part IN (SELECT part FROM `kith`.`scratch_r2_identity_person_split_over_email`)
  WINDOW attested AS (PARTITION BY part ORDER BY n DESC, last_seen DESC, node)
);

-- identity person hop 1
INSERT INTO `kith`.`scratch_r2_identity_person_split_seeds_1` (node, label, hop)
SELECT node, argMax(label, (n, last_seen, bitNot(label))), 1
FROM (
  SELECT e.y AS node, s.label AS label, sum(e.n) AS n, max(e.last_seen) AS last_seen
  FROM (SELECT a AS x, b AS y, n, last_seen FROM `kith`.`scratch_r2_identity_person_split_edges_1` UNION ALL SELECT b AS x, a AS y, n, last_seen FROM `kith`.`scratch_r2_identity_person_split_edges_1`) AS e
  JOIN (SELECT node, label FROM `kith`.`scratch_r2_identity_person_split_seeds_1` WHERE hop = 1 - 1) AS s ON e.x = s.node
  WHERE e.y NOT IN (SELECT node FROM `kith`.`scratch_r2_identity_person_split_seeds_1`)
  GROUP BY node, label
) GROUP BY node
SETTINGS compile_aggregate_expressions = 0;

-- identity person count hop 1
SELECT count() FROM `kith`.`scratch_r2_identity_person_split_seeds_1` WHERE hop = 1;

-- identity person reject
INSERT INTO `kith`.`scratch_r2_identity_person_rejected` (a, b, why)
SELECT e.a, e.b, 1
FROM `kith`.`scratch_r2_identity_person_split_edges_1` AS e LEFT JOIN `kith`.`scratch_r2_identity_person_split_seeds_1` AS s ON e.a = s.node LEFT JOIN `kith`.`scratch_r2_identity_person_split_seeds_1` AS t ON e.b = t.node
WHERE s.label != t.label
SETTINGS join_use_nulls = 0;

-- identity person links left
CREATE OR REPLACE TABLE `kith`.`scratch_r2_identity_person_split_edges_2` ENGINE = MergeTree ORDER BY (a, b) AS
SELECT * FROM `kith`.`scratch_r2_identity_person_split_edges_1` WHERE (a, b) NOT IN (SELECT a, b FROM `kith`.`scratch_r2_identity_person_rejected`);

-- identity person hook 1
CREATE OR REPLACE TABLE `kith`.`scratch_r2_identity_person_split_1_p1` (v UInt64 CODEC(NONE), l UInt64 CODEC(NONE)) ENGINE = MergeTree ORDER BY tuple() AS
SELECT a AS v, max(b) AS l FROM `kith`.`scratch_r2_identity_person_split_edges_2` GROUP BY a;

-- identity person depth 1
SELECT count(), countIf(l IN (SELECT v FROM `kith`.`scratch_r2_identity_person_split_1_p1` WHERE v % 64 = 0)) FROM `kith`.`scratch_r2_identity_person_split_1_p1` WHERE l % 64 = 0;

-- identity person jump 1
CREATE OR REPLACE TABLE `kith`.`scratch_r2_identity_person_split_1_q1` (v UInt64 CODEC(NONE), l UInt64 CODEC(NONE)) ENGINE = MergeTree ORDER BY tuple() AS
SELECT p.v AS v, if(g.v = p.l, g.l, p.l) AS l FROM `kith`.`scratch_r2_identity_person_split_1_p1` AS p LEFT ANY JOIN `kith`.`scratch_r2_identity_person_split_1_p1` AS g ON p.l = g.v
SETTINGS join_use_nulls = 0;

-- identity person lift 1
CREATE OR REPLACE TABLE `kith`.`scratch_r2_identity_person_split_1_e1` (a UInt64 CODEC(NONE), b UInt64 CODEC(NONE)) ENGINE = MergeTree ORDER BY tuple() AS
SELECT least(x, y) AS a, greatest(x, y) AS b
FROM (
  SELECT s.l AS x, if(t.v = e.b, t.l, e.b) AS y
  FROM `kith`.`scratch_r2_identity_person_split_edges_2` AS e LEFT ANY JOIN `kith`.`scratch_r2_identity_person_split_1_q1` AS s ON e.a = s.v LEFT ANY JOIN `kith`.`scratch_r2_identity_person_split_1_q1` AS t ON e.b = t.v
  WHERE x != y
) GROUP BY a, b
SETTINGS join_use_nulls = 0;

-- identity person live edges 2
SELECT count() FROM `kith`.`scratch_r2_identity_person_split_1_e1`;

-- identity person hook 2
CREATE OR REPLACE TABLE `kith`.`scratch_r2_identity_person_split_1_p2` (v UInt64 CODEC(NONE), l UInt64 CODEC(NONE)) ENGINE = MergeTree ORDER BY tuple() AS
SELECT if(ha < hb, b, a) AS v, argMin(if(ha < hb, a, b), least(ha, hb)) AS l
FROM (SELECT a, b, intHash64(bitXor(a, 4354685564936845354)) AS ha, intHash64(bitXor(b, 4354685564936845354)) AS hb FROM `kith`.`scratch_r2_identity_person_split_1_e1`) GROUP BY v;

-- identity person lift 2
CREATE OR REPLACE TABLE `kith`.`scratch_r2_identity_person_split_1_e2` (a UInt64 CODEC(NONE), b UInt64 CODEC(NONE)) ENGINE = MergeTree ORDER BY tuple() AS
SELECT least(x, y) AS a, greatest(x, y) AS b
FROM (
  SELECT if(s.v = e.a, s.l, e.a) AS x, if(t.v = e.b, t.l, e.b) AS y
  FROM `kith`.`scratch_r2_identity_person_split_1_e1` AS e LEFT ANY JOIN `kith`.`scratch_r2_identity_person_split_1_p2` AS s ON e.a = s.v LEFT ANY JOIN `kith`.`scratch_r2_identity_person_split_1_p2` AS t ON e.b = t.v
  WHERE x != y
) GROUP BY a, b
SETTINGS join_use_nulls = 0;

-- identity person live edges 3
SELECT count() FROM `kith`.`scratch_r2_identity_person_split_1_e2`;

-- identity person fetch 3
SELECT a, b FROM `kith`.`scratch_r2_identity_person_split_1_e2`;

-- identity person finish 3
CREATE OR REPLACE TABLE `kith`.`scratch_r2_identity_person_split_1_q3` (v UInt64 CODEC(NONE), l UInt64 CODEC(NONE)) ENGINE = MergeTree ORDER BY tuple();

-- identity person compose 2
CREATE OR REPLACE TABLE `kith`.`scratch_r2_identity_person_split_1_m2` (v UInt64 CODEC(NONE), l UInt64 CODEC(NONE)) ENGINE = MergeTree ORDER BY tuple() AS
SELECT q.v AS v, if(m.v = q.l, m.l, q.l) AS l FROM `kith`.`scratch_r2_identity_person_split_1_p2` AS q LEFT ANY JOIN `kith`.`scratch_r2_identity_person_split_1_q3` AS m ON q.l = m.v
UNION ALL
SELECT v, l FROM `kith`.`scratch_r2_identity_person_split_1_q3` WHERE v NOT IN (SELECT v FROM `kith`.`scratch_r2_identity_person_split_1_p2`)
SETTINGS join_use_nulls = 0;

-- identity person split parts
CREATE OR REPLACE TABLE `kith`.`scratch_r2_identity_person_split_nodes_2` ENGINE = MergeTree ORDER BY node AS
SELECT node, type, value, first_seen, last_seen, n, whole, label AS part FROM (
  SELECT s.*, if(m.v = s.hooked, m.l, s.hooked) AS label
  FROM (SELECT n.*, if(q.v = n.node, q.l, n.node) AS hooked FROM `kith`.`scratch_r2_identity_person_split_nodes_1` AS n LEFT ANY JOIN `kith`.`scratch_r2_identity_person_split_1_q1` AS q ON n.node = q.v) AS s
  LEFT ANY JOIN `kith`.`scratch_r2_identity_person_split_1_m2` AS m ON s.hooked = m.v
)
SETTINGS join_use_nulls = 0;

-- identity person too large
CREATE OR REPLACE TABLE `kith`.`scratch_r2_identity_person_large` ENGINE = MergeTree ORDER BY tuple() AS
SELECT part FROM `kith`.`scratch_r2_identity_person_parts` WHERE NOT over AND identifiers > 200
UNION ALL
SELECT part FROM `kith`.`scratch_r2_identity_person_split_nodes_2` GROUP BY part HAVING count() > 200;

-- identity person count too large
SELECT count() FROM `kith`.`scratch_r2_identity_person_large`;

-- identity person moved
CREATE OR REPLACE TABLE `kith`.`scratch_r2_identity_person_moved` ENGINE = MergeTree ORDER BY node AS
SELECT node, type, value, first_seen, last_seen, n, whole, if(large = 0, part, if(entity_id = '', node, min(node) OVER (PARTITION BY large, entity_id))) AS part, large, was
FROM (
  SELECT c.*,
    p.entity_id AS entity_id, p.entity_id IN (SELECT entity_id FROM `kith`.`entity_person_b1` WHERE quarantined = 1) AS was
  FROM (
    SELECT node, type, value, first_seen, last_seen, n, part AS whole, part, part AS large FROM `kith`.`scratch_r2_identity_person_found` WHERE part IN (SELECT part FROM `kith`.`scratch_r2_identity_person_parts` WHERE NOT over AND identifiers > 200)
    UNION ALL
    SELECT node, type, value, first_seen, last_seen, n, whole, part, if(part IN (SELECT part FROM `kith`.`scratch_r2_identity_person_large`), part, 0) AS large FROM `kith`.`scratch_r2_identity_person_split_nodes_2`
  ) AS c
  LEFT JOIN `kith`.`identity_person_map_b1` AS p ON c.node = p.node
)
SETTINGS join_use_nulls = 0;

-- identity person links in quarantine
INSERT INTO `kith`.`scratch_r2_identity_person_rejected` (a, b, why)
SELECT e.a, e.b, 2
FROM (SELECT a, b FROM `kith`.`identity_person_edges_b2` WHERE a IN (SELECT node FROM `kith`.`scratch_r2_identity_person_moved` WHERE large != 0) GROUP BY a, b) AS e
JOIN `kith`.`scratch_r2_identity_person_moved` AS s ON e.a = s.node JOIN `kith`.`scratch_r2_identity_person_moved` AS t ON e.b = t.node
WHERE s.large = t.large AND s.part != t.part AND (e.a, e.b) NOT IN (SELECT a, b FROM `kith`.`scratch_r2_identity_person_rejected`);

-- identity person moved anchors
CREATE OR REPLACE TABLE `kith`.`scratch_r2_identity_person_moved_parts` ENGINE = MergeTree ORDER BY tuple() AS
SELECT part, min(concat(reinterpretAsFixedString(byteSwap(bitShiftLeft(toUInt64(toUnixTimestamp64Micro(first_seen) + 2208988800000000), 8) + type)), replaceAll(value, '\0', '\0\1'), '\0\0', reinterpretAsFixedString(node))) AS first, reinterpretAsUInt64(substring(first, -8)) AS anchor, toUInt32(count()) AS identifiers, groupArray(node) AS nodes, any(m.whole) AS whole, max(m.large != 0) AS large FROM `kith`.`scratch_r2_identity_person_moved` AS m GROUP BY part;

-- identity person rejected counts
SELECT countIf(why = 1), countIf(why = 2), countIf(why = 3) FROM `kith`.`scratch_r2_identity_person_rejected`;

-- identity person overlap
CREATE OR REPLACE TABLE `kith`.`scratch_r2_identity_person_overlap` ENGINE = MergeTree ORDER BY tuple() AS
SELECT p.entity_id AS entity_id, c.part AS part, toUInt64(sum(3 - c.type)) AS weight, min(c.type) AS strongest, count() AS shared, min(c.node) AS least, max(o.anchor = p.node) AS anchored
FROM (
  SELECT node, type, value, first_seen, last_seen, n, part FROM `kith`.`scratch_r2_identity_person_found` WHERE part NOT IN (SELECT whole FROM `kith`.`scratch_r2_identity_person_moved`)
  UNION ALL SELECT node, type, value, first_seen, last_seen, n, part FROM `kith`.`scratch_r2_identity_person_moved`
) AS c
JOIN (SELECT node, entity_id FROM `kith`.`identity_person_map_b1`) AS p ON c.node = p.node
LEFT JOIN (SELECT anchor FROM `kith`.`entity_person_b1`) AS o ON p.node = o.anchor
GROUP BY entity_id, part
SETTINGS join_use_nulls = 0;

-- identity person claims
CREATE OR REPLACE TABLE `kith`.`scratch_r2_identity_person_claims` ENGINE = MergeTree ORDER BY tuple() AS
SELECT entity_id, argMax(part, rank) AS part, argMax(anchored, rank) AS anchored, count() AS parts
FROM (
  SELECT *, bitOr(bitShiftLeft(toUInt128(if(anchored AND part NOT IN (SELECT part FROM `kith`.`scratch_r2_identity_person_moved_parts` WHERE whole IN (SELECT part FROM `kith`.`scratch_r2_identity_person_parts` WHERE over)), toUInt64(1e18), 0) + toUInt64(3 - strongest) * toUInt64(1e15) + if(anchored, toUInt64(1e13), 0) + weight), 64), toUInt128(least)) AS rank
  FROM `kith`.`scratch_r2_identity_person_overlap`
)
GROUP BY entity_id;

-- identity person survivors
CREATE OR REPLACE TABLE `kith`.`scratch_r2_identity_person_winners` ENGINE = MergeTree ORDER BY tuple() AS
SELECT c.part AS part, argMin(c.entity_id, o.place) AS entity_id, argMin(c.anchored, o.place) AS anchored, count() AS claims
FROM `kith`.`scratch_r2_identity_person_claims` AS c
LEFT JOIN (
  SELECT s.entity_id AS entity_id, if(s.entity_id IN (SELECT entity_id FROM `kith`.`scratch_r2_identity_person_claims` WHERE (part, entity_id) IN (
    SELECT part, concat('p_', lower(hex(substring(SHA256(concat('salt\0person\0', ['customer_id', 'email', 'phone'][type + 1], '\0', value)), 1, 16)))) FROM (SELECT part, reinterpretAsUInt8(substring(first, 8, 1)) AS type, replaceAll(substring(first, 9, length(first) - 18), '\0\1', '\0') AS value FROM (
  SELECT part, anchor, first, identifiers, nodes, toUInt64(0) AS whole, 0 AS quarantined FROM `kith`.`scratch_r2_identity_person_parts` WHERE part NOT IN (SELECT whole FROM `kith`.`scratch_r2_identity_person_moved`)
  UNION ALL SELECT part, anchor, first, identifiers, nodes, whole, large AS quarantined FROM `kith`.`scratch_r2_identity_person_moved_parts`
) WHERE part IN (SELECT part FROM `kith`.`scratch_r2_identity_person_claims` GROUP BY part HAVING count() > 1))
  )), '', concat(leftPad(hex(toUInt64(toUnixTimestamp64Micro(first_seen) + 2208988800000000)), 16, '0'), hex(type), value)) AS place
  FROM `kith`.`identity_person_map_b1` AS m
  JOIN (
    SELECT entity_id, anchor FROM `kith`.`entity_person_b1` WHERE entity_id IN (
      SELECT entity_id FROM `kith`.`scratch_r2_identity_person_claims` WHERE part IN (SELECT part FROM `kith`.`scratch_r2_identity_person_claims` GROUP BY part HAVING count() > 1)
    )
  ) AS s ON m.node = s.anchor
) AS o ON c.entity_id = o.entity_id
GROUP BY part
SETTINGS join_use_nulls = 0;

-- identity person ids
CREATE OR REPLACE TABLE `kith`.`scratch_r2_identity_person_ids` (part UInt64 CODEC(NONE), entity_id String CODEC(NONE), anchor UInt64 CODEC(NONE), created_at DateTime64(6, 'UTC'), identifiers UInt32, quarantined UInt8, whole UInt64, nodes Array(UInt64) CODEC(NONE)) ENGINE = MergeTree ORDER BY tuple() AS
SELECT k.part AS part,
  multiIf(w.entity_id != '', w.entity_id, k.minted IN (SELECT entity_id FROM `kith`.`scratch_r2_identity_person_claims`), k.spare, k.minted) AS entity_id,
  if(w.anchored, o.anchor, k.anchor) AS anchor,
  if(w.entity_id != '', o.created_at, toDateTime64('2026-11-01 12:00:00.000000', 6, 'UTC')) AS created_at,
  k.identifiers AS identifiers, k.quarantined AS quarantined, k.whole AS whole, k.nodes AS nodes
FROM (
  SELECT part, anchor, nodes, whole, reinterpretAsUInt8(substring(first, 8, 1)) AS type, replaceAll(substring(first, 9, length(first) - 18), '\0\1', '\0') AS value, concat('p_', lower(hex(substring(SHA256(concat('salt\0person\0', ['customer_id', 'email', 'phone'][type + 1], '\0', value)), 1, 16)))) AS minted, concat('p_', lower(hex(substring(SHA256(concat('salt\0person\0', ['customer_id', 'email', 'phone'][type + 1], '\0', concat(value, '\0b1'))), 1, 16)))) AS spare, identifiers, quarantined
  FROM (
  SELECT part, anchor, first, identifiers, nodes, toUInt64(0) AS whole, 0 AS quarantined FROM `kith`.`scratch_r2_identity_person_parts` WHERE part NOT IN (SELECT whole FROM `kith`.`scratch_r2_identity_person_moved`)
  UNION ALL SELECT part, anchor, first, identifiers, nodes, whole, large AS quarantined FROM `kith`.`scratch_r2_identity_person_moved_parts`
)
) AS k
LEFT JOIN `kith`.`scratch_r2_identity_person_winners` AS w ON k.part = w.part
LEFT JOIN `kith`.`entity_person_b1` AS o ON w.entity_id = o.entity_id
SETTINGS join_use_nulls = 0;

-- identity person map
CREATE OR REPLACE TABLE `kith`.`identity_person_map_b2` (node UInt64 CODEC(NONE), type UInt8, value String, entity_id String CODEC(NONE), first_seen DateTime64(6, 'UTC'), last_seen DateTime64(6, 'UTC'), n UInt64) ENGINE = MergeTree ORDER BY node AS
SELECT c.node AS node, c.type AS type, c.value AS value, toStringCutToZero(i.id) AS entity_id, c.first_seen AS first_seen, c.last_seen AS last_seen, c.n AS n
FROM (
  SELECT node, type, value, first_seen, last_seen, n, part FROM `kith`.`scratch_r2_identity_person_found` WHERE part NOT IN (SELECT whole FROM `kith`.`scratch_r2_identity_person_moved`)
  UNION ALL SELECT node, type, value, first_seen, last_seen, n, part FROM `kith`.`scratch_r2_identity_person_moved`
) AS c LEFT ANY JOIN (SELECT part, toFixedString(entity_id, 34) AS id FROM `kith`.`scratch_r2_identity_person_ids`) AS i ON c.part = i.part
SETTINGS join_use_nulls = 0;

-- identity person entities
CREATE OR REPLACE TABLE `kith`.`entity_person_b2` (entity_id String CODEC(NONE), anchor UInt64, created_at DateTime64(6, 'UTC'), identifiers UInt32, quarantined UInt8, whole UInt64, nodes Array(UInt64) CODEC(NONE)) ENGINE = MergeTree ORDER BY entity_id AS
SELECT entity_id, anchor, created_at, identifiers, toUInt8(quarantined) AS quarantined, whole, nodes FROM `kith`.`scratch_r2_identity_person_ids`;

-- identity person refused links
CREATE OR REPLACE TABLE `kith`.`identity_person_refused_b2` (a UInt64, b UInt64, why UInt8) ENGINE = MergeTree ORDER BY (a, b) AS
SELECT a, b, min(why) AS why FROM `kith`.`scratch_r2_identity_person_rejected` GROUP BY a, b;

-- identity person entity count
SELECT count(), sum(identifiers), uniqExactIf(whole, quarantined = 1),
  (SELECT count() FROM `kith`.`identity_person_refused_b2` WHERE why = 1),
  (SELECT sum(unowned) FROM `kith`.`identity_person_reads_b2`),
  (SELECT uniqExact(type, value) FROM `kith`.`identity_person_values_b2` WHERE node = 0 AND state = 1),
  (SELECT sum(n) FROM `kith`.`identity_person_values_b2` WHERE node = 0 AND state = 2),
  (SELECT count() FROM `kith`.`identity_person_map_b2`)
FROM `kith`.`entity_person_b2`;

-- identity person merged
CREATE OR REPLACE TABLE `kith`.`scratch_r2_identity_person_merged` ENGINE = MergeTree ORDER BY tuple() AS
SELECT c.entity_id AS old_id, w.entity_id AS new_id FROM `kith`.`scratch_r2_identity_person_claims` AS c JOIN `kith`.`scratch_r2_identity_person_winners` AS w ON c.part = w.part WHERE c.entity_id != w.entity_id;

-- identity person changed ids
SELECT (SELECT count() FROM `kith`.`scratch_r2_identity_person_merged`), (SELECT count() FROM `kith`.`scratch_r2_identity_person_claims` WHERE parts > 1),
  (SELECT count() FROM (
  SELECT old_id, argMax(new_id, at) AS new_id FROM `kith`.`entity_merges`
  WHERE entity = 'person' AND (build = 'b2' OR build IN (SELECT build FROM `kith`.`builds`))
  GROUP BY old_id HAVING new_id != ''
) WHERE old_id IN (SELECT entity_id FROM `kith`.`scratch_r2_identity_person_ids`));

-- identity person merges
INSERT INTO `kith`.`entity_merges` (entity, old_id, new_id, build, at, direct)
SELECT 'person', old_id, new_id, 'b2', now64(6), direct
FROM (
  SELECT old_id, new_id, 1 AS direct FROM `kith`.`scratch_r2_identity_person_merged`
  UNION ALL
  SELECT a.old_id, m.new_id, 0 AS direct FROM (
  SELECT old_id, argMax(new_id, at) AS new_id FROM `kith`.`entity_merges`
  WHERE entity = 'person' AND (build = 'b2' OR build IN (SELECT build FROM `kith`.`builds`))
  GROUP BY old_id HAVING new_id != ''
) AS a JOIN `kith`.`scratch_r2_identity_person_merged` AS m ON a.new_id = m.old_id
  WHERE a.old_id NOT IN (SELECT entity_id FROM `kith`.`scratch_r2_identity_person_ids`)
  UNION ALL
  SELECT old_id, '' AS new_id, 0 AS direct FROM (
  SELECT old_id, argMax(new_id, at) AS new_id FROM `kith`.`entity_merges`
  WHERE entity = 'person' AND (build = 'b2' OR build IN (SELECT build FROM `kith`.`builds`))
  GROUP BY old_id HAVING new_id != ''
) AS a WHERE old_id IN (SELECT entity_id FROM `kith`.`scratch_r2_identity_person_ids`)
);

-- identity person audit merged
INSERT INTO `kith`.`identity_audit` (at, build, run_id, entity, event, entity_id, other_id, a, b, source, n, size)
SELECT now64(3), 'b2', 'r2', 'person', 'merged', m.new_id, m.old_id, e.link.1, e.link.2, e.link.3, e.link.4, i.identifiers
FROM `kith`.`scratch_r2_identity_person_merged` AS m
LEFT JOIN (
  SELECT p.entity_id AS entity_id, argMax((x.a, x.b, x.source, x.n), (x.first_seen, x.a, x.b)) AS link
  FROM (
    SELECT a AS x, b AS y, a, b, source, n, first_seen FROM `kith`.`identity_person_edges_b2` WHERE (a, b) NOT IN (SELECT a, b FROM `kith`.`identity_person_refused_b2`) AND a IN (SELECT node FROM `kith`.`identity_person_map_b1` WHERE entity_id IN (SELECT old_id FROM `kith`.`scratch_r2_identity_person_merged`))
    UNION ALL SELECT b AS x, a AS y, a, b, source, n, first_seen FROM `kith`.`identity_person_edges_b2` WHERE (a, b) NOT IN (SELECT a, b FROM `kith`.`identity_person_refused_b2`) AND b IN (SELECT node FROM `kith`.`identity_person_map_b1` WHERE entity_id IN (SELECT old_id FROM `kith`.`scratch_r2_identity_person_merged`))
  ) AS x
  JOIN (SELECT node, entity_id FROM `kith`.`identity_person_map_b1` WHERE entity_id IN (SELECT old_id FROM `kith`.`scratch_r2_identity_person_merged`)) AS p ON x.x = p.node
  LEFT JOIN (SELECT node, entity_id FROM `kith`.`identity_person_map_b1` WHERE entity_id IN (SELECT old_id FROM `kith`.`scratch_r2_identity_person_merged`)) AS q ON x.y = q.node
  WHERE q.entity_id != p.entity_id
  GROUP BY entity_id
) AS e ON m.old_id = e.entity_id
LEFT JOIN (SELECT entity_id, identifiers FROM `kith`.`scratch_r2_identity_person_ids` WHERE entity_id IN (SELECT new_id FROM `kith`.`scratch_r2_identity_person_merged`)) AS i ON m.new_id = i.entity_id
SETTINGS join_use_nulls = 0;

-- identity person audit split
INSERT INTO `kith`.`identity_audit` (at, build, run_id, entity, event, entity_id, other_id, a, b, source, n, size)
SELECT now64(3), 'b2', 'r2', 'person', 'split', o.entity_id, i.entity_id, i.anchor, 0, '', o.shared, i.identifiers
FROM `kith`.`scratch_r2_identity_person_overlap` AS o
JOIN `kith`.`scratch_r2_identity_person_claims` AS c ON o.entity_id = c.entity_id
JOIN `kith`.`scratch_r2_identity_person_ids` AS i ON o.part = i.part
WHERE c.parts > 1 AND o.part != c.part;

-- identity person jump
SELECT (SELECT count() FROM `kith`.`entity_person_b1`),
  (SELECT count() FROM `kith`.`entity_person_b1`) - (SELECT count() FROM `kith`.`scratch_r2_identity_person_claims`),
  (SELECT sum(identifiers) FROM `kith`.`entity_person_b1` WHERE quarantined = 1),
  (SELECT sum(identifiers) FROM `kith`.`entity_person_b2` WHERE quarantined = 1),
  (SELECT sum(identifiers) FROM `kith`.`entity_person_b1`);

-- identity person audit rejected
INSERT INTO `kith`.`identity_audit` (at, build, run_id, entity, event, entity_id, other_id, a, b, source, n, size)
WITH fresh AS (
  SELECT a, b FROM `kith`.`scratch_r2_identity_person_rejected` WHERE why = 1 AND (a, b) NOT IN (SELECT a, b FROM `kith`.`identity_person_refused_b1` WHERE why = 1)
)
SELECT now64(3), 'b2', 'r2', 'person', event, '', '', a, b, source, n, 0
FROM (
  SELECT 'rejected_links' AS event, toUInt64(0) AS a, toUInt64(0) AS b, '' AS source, count() AS n FROM fresh
  UNION ALL
  SELECT 'rejected' AS event, a, b, CAST(source AS String) AS source, n FROM (
    SELECT a, b, source, sum(n) AS n FROM `kith`.`identity_person_edges_b2` PREWHERE a IN (SELECT a FROM fresh) WHERE (a, b) IN (SELECT a, b FROM fresh) GROUP BY a, b, source ORDER BY n DESC, a, b, source LIMIT 1000
  )
) WHERE n > 0;

-- identity person audit quarantined
INSERT INTO `kith`.`identity_audit` (at, build, run_id, entity, event, entity_id, other_id, a, b, source, n, size)
SELECT now64(3), 'b2', 'r2', 'person', 'quarantined', '', '', large, 0, '', countIf(NOT was), count()
FROM `kith`.`scratch_r2_identity_person_moved` WHERE large != 0 GROUP BY large HAVING countIf(NOT was) > 0
ORDER BY count() DESC, large LIMIT 1000;

-- identity person audit collision
INSERT INTO `kith`.`identity_audit` (at, build, run_id, entity, event, entity_id, other_id, a, b, source, n, size)
SELECT now64(3), 'b2', 'r2', 'person', 'collision', '', '', 1, 2, '', 1, 0;

-- identity person audit values
INSERT INTO `kith`.`identity_audit` (at, build, run_id, entity, event, entity_id, other_id, a, b, source, n, size, sample)
WITH fresh AS (
  SELECT type, value, state, source, sum(n) AS n FROM `kith`.`identity_person_values_b2` WHERE node = 0
    AND (state, type, if(state = 1, value, CAST(source AS String))) NOT IN (SELECT state, type, if(state = 1, value, CAST(source AS String)) FROM `kith`.`identity_person_values_b1` WHERE node = 0)
  GROUP BY type, value, state, source
)
SELECT now64(3), 'b2', 'r2', 'person', event, '', ['customer_id', 'email', 'phone'][type + 1], 0, 0, source, n, size, sample
FROM (
  SELECT if(state = 1, 'blocked_values', 'invalid_values') AS event, type, '' AS source, sum(n) AS n, uniqExact(value) AS size, '' AS sample FROM fresh GROUP BY state, type
  UNION ALL
  SELECT if(state = 1, 'blocked', 'invalid') AS event, type, CAST(source AS String) AS source, n, 0 AS size, if(state = 1, concat(substringUTF8(value, 1, 1), replaceRegexpAll(substringUTF8(value, 2, 23), '[^@.+: -]', '*')), value) AS sample FROM (
    SELECT * FROM fresh ORDER BY n DESC, type, value, source LIMIT 1000
  )
);

-- identity person guard report
SELECT event, other, sum(total), max(largest), arraySlice(groupArrayIf(text, text != ''), 1, 3)
FROM (
  SELECT multiIf(event IN ('blocked', 'blocked_values'), 'blocked', event IN ('invalid', 'invalid_values'), 'invalid', event IN ('demoted', 'demoted_values'), 'demoted', event IN ('rejected', 'rejected_links'), 'rejected', CAST(x.event AS String)) AS event,
    if(x.event IN ('blocked', 'blocked_values', 'invalid', 'invalid_values', 'demoted', 'demoted_values'), x.other_id, '') AS other,
    multiIf(x.event IN ('rejected_links', 'invalid_values', 'demoted_values'), x.n, x.event = 'blocked_values', x.size, x.event IN ('merged', 'split', 'quarantined', 'collision'), 1, 0) AS total,
    if(x.event IN ('quarantined', 'merged'), x.size, 0) AS largest,
    multiIf(sample != '', concat(sample, if(x.event = 'demoted', concat(' (', toString(x.n), ' neighbours, cap ', toString(x.size), ')'), concat(' (', toString(x.n), ' rows)'))),
      x.event IN ('rejected', 'merged', 'quarantined') AND p.value != '', concat(concat(substringUTF8(p.value, 1, 1), replaceRegexpAll(substringUTF8(p.value, 2, 23), '[^@.+: -]', '*')), if(q.value != '', concat(' - ', concat(substringUTF8(q.value, 1, 1), replaceRegexpAll(substringUTF8(q.value, 2, 23), '[^@.+: -]', '*'))), ''), if(x.event = 'quarantined', concat(' and ', toString(x.size - 1), ' more'), concat(' (', CAST(x.source AS String), ', ', toString(x.n), ' rows)'))),
      '') AS text
  FROM (SELECT * FROM `kith`.`identity_audit` WHERE build = 'b2' AND entity = 'person' ORDER BY n DESC, a, b, sample) AS x
  LEFT JOIN (
    SELECT node, value FROM `kith`.`identity_person_map_b2` WHERE node IN (
      SELECT arrayJoin([a, b]) FROM (
        SELECT a, b FROM `kith`.`identity_audit` WHERE build = 'b2' AND entity = 'person' AND sample = '' AND a != 0 ORDER BY n DESC, a, b LIMIT 12 BY event
      )
    )
  ) AS p ON x.a = p.node
  LEFT JOIN (
    SELECT node, value FROM `kith`.`identity_person_map_b2` WHERE node IN (
      SELECT arrayJoin([a, b]) FROM (
        SELECT a, b FROM `kith`.`identity_audit` WHERE build = 'b2' AND entity = 'person' AND sample = '' AND a != 0 ORDER BY n DESC, a, b LIMIT 12 BY event
      )
    )
  ) AS q ON x.b = q.node
) GROUP BY event, other ORDER BY event, other
SETTINGS join_use_nulls = 0;

