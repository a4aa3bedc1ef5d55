-- identity person rows of odd (entity person) at models/all.yml:35:20
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_person_rows_odd` OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 2 DAY)) AS
SELECT v0, IF((v0 = '' OR ((LOWER(TRIM(v0, ' ')) IN ('-1', 'null', '(null)', 'nil', 'none', 'nan', 'na', 'n/a', 'undefined', 'unknown', 'anonymous', 'test@test.com')) OR REGEXP_CONTAINS(v0, '^[0-]*$') OR REGEXP_CONTAINS(v0, '^(no|do-?not)[-_.]?reply@'))), 0, GREATEST(FARM_FINGERPRINT(SHA256(CONCAT('\x00handle\x00', v0))) & 0x7FFFFFFFFFFFFFFF, 1)) AS d0, v1, IF((v1 = '' OR ((LOWER(TRIM(v1, ' ')) IN ('-1', 'null', '(null)', 'nil', 'none', 'nan', 'na', 'n/a', 'undefined', 'unknown', 'anonymous', 'test@test.com')) OR (v1 = COALESCE((SELECT IF(REGEXP_CONTAINS(__kith_n, '^[^\\s\\p{Z}\\p{C}@<>"(),;]+@[^\\s\\p{Z}\\p{C}@<>"(),;]+\\.[^\\s\\p{Z}\\p{C}@<>"(),;.]{2,}$'), __kith_n, NULL) FROM UNNEST([LOWER((SELECT IF(BYTE_LENGTH(__kith_t) = CHAR_LENGTH(__kith_t), TRIM(__kith_t, ' \t\n\r\f\v'), REGEXP_REPLACE(__kith_t, '^[\\s\\p{Z}\\p{C}]+|[\\s\\p{Z}\\p{C}]+$', '')) FROM UNNEST(['test@test.com']) AS __kith_t))]) AS __kith_n), 'test@test.com')) OR REGEXP_CONTAINS(v1, '^[0-]*$') OR REGEXP_CONTAINS(v1, '^(no|do-?not)[-_.]?reply@') OR REGEXP_CONTAINS(v1, '@example\\.com$'))), 0, GREATEST(FARM_FINGERPRINT(SHA256(CONCAT('\x00email\x00', v1))) & 0x7FFFFFFFFFFFFFFF, 1)) AS d1, x1, s1, v2, IF((v2 = '' OR ((LOWER(TRIM(v2, ' ')) IN ('-1', 'null', '(null)', 'nil', 'none', 'nan', 'na', 'n/a', 'undefined', 'unknown', 'anonymous', 'test@test.com')) OR REGEXP_CONTAINS(v2, '^[0-]*$') OR REGEXP_CONTAINS(v2, '^(no|do-?not)[-_.]?reply@'))), 0, GREATEST(FARM_FINGERPRINT(SHA256(CONCAT('\x00phone\x00', v2))) & 0x7FFFFFFFFFFFFFFF, 1)) AS d2, x2, s2, bucket, first_seen, last_seen, n, mix
FROM (
  SELECT __kith_v0 AS v0, __kith_v1 AS v1, COUNTIF(__kith_v1 = '' AND __kith_x1 != '') AS x1, MIN(IF(__kith_v1 = '' AND __kith_x1 != '', CONCAT(SUBSTR(__kith_x1, 1, 1), REGEXP_REPLACE(SUBSTR(__kith_x1, 2, 23), r'[^@.+: -]', '*')), NULL)) AS s1, __kith_v2 AS v2, COUNTIF(__kith_v2 = '' AND __kith_x2 != '') AS x2, MIN(IF(__kith_v2 = '' AND __kith_x2 != '', CONCAT(SUBSTR(__kith_x2, 1, 1), REGEXP_REPLACE(SUBSTR(__kith_x2, 2, 23), r'[^@.+: -]', '*')), NULL)) AS s2, bucket, MIN(__kith_at) AS first_seen, MAX(IF(__kith_at <= TIMESTAMP '1970-01-01 00:00:00.000000+00:00', __kith_at, TIMESTAMP '1970-01-01 00:00:00.000000+00:00')) AS last_seen, COUNT(*) AS n, 0 AS mix
  FROM (
    SELECT COALESCE((SELECT IF((SELECT IF(BYTE_LENGTH(__kith_t) = CHAR_LENGTH(__kith_t), TRIM(__kith_t, ' \t\n\r\f\v'), REGEXP_REPLACE(__kith_t, '^[\\s\\p{Z}\\p{C}]+|[\\s\\p{Z}\\p{C}]+$', '')) FROM UNNEST([__kith_n]) AS __kith_t) != '', __kith_n, NULL) FROM UNNEST([__kith_s.`k`]) AS __kith_n), '') AS __kith_v0, COALESCE((SELECT IF(REGEXP_CONTAINS(__kith_n, '^[^\\s\\p{Z}\\p{C}@<>"(),;]+@[^\\s\\p{Z}\\p{C}@<>"(),;]+\\.[^\\s\\p{Z}\\p{C}@<>"(),;.]{2,}$'), __kith_n, NULL) FROM UNNEST([LOWER((SELECT IF(BYTE_LENGTH(__kith_t) = CHAR_LENGTH(__kith_t), TRIM(__kith_t, ' \t\n\r\f\v'), REGEXP_REPLACE(__kith_t, '^[\\s\\p{Z}\\p{C}]+|[\\s\\p{Z}\\p{C}]+$', '')) FROM UNNEST([__kith_s.`p`]) AS __kith_t))]) AS __kith_n), '') AS __kith_v1, COALESCE(NULLIF((SELECT IF(BYTE_LENGTH(__kith_t) = CHAR_LENGTH(__kith_t), TRIM(__kith_t, ' \t\n\r\f\v'), REGEXP_REPLACE(__kith_t, '^[\\s\\p{Z}\\p{C}]+|[\\s\\p{Z}\\p{C}]+$', '')) FROM UNNEST([__kith_s.`p`]) AS __kith_t), ''), '') AS __kith_x1, COALESCE((SELECT IF(REGEXP_CONTAINS(__kith_n, '^\\+[1-9][0-9]{7,14}$'), __kith_n, NULL) FROM UNNEST([(SELECT COALESCE(CONCAT(REGEXP_EXTRACT(__kith_e, '^(\\+(?:20|27|30|31|32|33|34|40|41|43|44|45|46|47|48|49|51|54|55|61|62|64|81|82|84|86|90|91|92|94|98|212|213|234|254|351|352|353|355|358|359|380|381|385|386|387|389|420|421|880|962|966|971|972))0'), REGEXP_EXTRACT(__kith_e, '^\\+(?:20|27|30|31|32|33|34|40|41|43|44|45|46|47|48|49|51|54|55|61|62|64|81|82|84|86|90|91|92|94|98|212|213|234|254|351|352|353|355|358|359|380|381|385|386|387|389|420|421|880|962|966|971|972)0(.*)$')), __kith_e) FROM UNNEST([(SELECT CASE WHEN STARTS_WITH(__kith_d, '+') THEN __kith_d WHEN STARTS_WITH(__kith_d, '00') THEN CONCAT('+', SUBSTR(__kith_d, 3)) ELSE CONCAT('+', '31', REGEXP_REPLACE(__kith_d, '^0', '')) END FROM UNNEST([IFNULL(REGEXP_REPLACE((SELECT IF(STRPOS(__kith_f, '(0)') > 0, CONCAT(SUBSTR(__kith_f, 1, STRPOS(__kith_f, '(0)') - 1), SUBSTR(__kith_f, STRPOS(__kith_f, '(0)') + 3)), __kith_f) FROM UNNEST([REGEXP_REPLACE(__kith_s.`it's quoted`, r'(?is)[;,/#x].*$', '')]) AS __kith_f), r'[^0-9+]', ''), '')]) AS __kith_d)]) AS __kith_e)]) AS __kith_n), '') AS __kith_v2, COALESCE(NULLIF((SELECT IF(BYTE_LENGTH(__kith_t) = CHAR_LENGTH(__kith_t), TRIM(__kith_t, ' \t\n\r\f\v'), REGEXP_REPLACE(__kith_t, '^[\\s\\p{Z}\\p{C}]+|[\\s\\p{Z}\\p{C}]+$', '')) FROM UNNEST([__kith_s.`it's quoted`]) AS __kith_t), ''), '') AS __kith_x2, COALESCE(__kith_s.`at`, __kith_s.`seen`, TIMESTAMP '2299-12-31 23:59:59.000000+00:00') AS __kith_at, 0 AS bucket
    FROM (
SELECT __kith_s.`k` AS `k`, __kith_s.`p` AS `p`, __kith_s.`__x` AS `__x`, __kith_s.`it's quoted` AS `it's quoted`, __kith_s.`at` AS `at`, __kith_s.`seen` AS `seen` FROM (
SELECT * FROM (
SELECT __kith_t.`k` AS `k`, __kith_t.`h` AS `h`, __kith_t.`p` AS `p`, __kith_t.`op` AS `op`, __kith_t.`select` AS `select`, __kith_t.`__x` AS `__x`, __kith_t.`it's quoted` AS `it's quoted`, __kith_t.`j` AS `j`, __kith_t.`price` AS `price`, CAST((
h * 2
) AS INT64) AS `twice`, __kith_t.`tags` AS `tags`, __kith_t.`at` AS `at`, __kith_t.`seen` AS `seen`, __kith_t.`day` AS `day`, __kith_t.`row_id` AS `row_id`, __kith_t.`key` AS `key`, __kith_t.`value` AS `value` FROM (
SELECT CAST(__kith_t.`k` AS STRING) AS `k`, CAST(__kith_t.`h` AS INT64) AS `h`, CAST(__kith_t.`p` AS STRING) AS `p`, CAST(__kith_t.`op` AS INT64) AS `op`, CAST(__kith_t.`select` AS STRING) AS `select`, CAST(__kith_t.`__x` AS BOOL) AS `__x`, CAST(__kith_t.`it's quoted` AS STRING) AS `it's quoted`, (SELECT IF(SAFE.PARSE_JSON(__kith_j, wide_number_mode=>'round') IS NULL, __kith_j, TO_JSON_STRING(PARSE_JSON(__kith_j, wide_number_mode=>'round'))) FROM UNNEST([IF(__kith_t.`j` IS NULL, NULL, COALESCE(JSON_VALUE(TO_JSON_STRING(__kith_t.`j`)), NULLIF(TO_JSON_STRING(__kith_t.`j`), 'null')))]) AS __kith_j) AS `j`, CAST(REGEXP_EXTRACT(CAST(CAST(SAFE_CAST(SAFE.JSON_VALUE(__kith_t.`j`, '$."price"."net"') AS NUMERIC) AS NUMERIC) AS STRING), r'^-?[0-9]+(?:\.[0-9]{1,2})?') AS NUMERIC) AS `price`, ARRAY(SELECT CAST(__kith_e AS STRING) FROM UNNEST(__kith_t.`tags`) AS __kith_e WITH OFFSET AS __kith_o WHERE __kith_e IS NOT NULL ORDER BY __kith_o) AS `tags`, CAST(__kith_t.`at` AS TIMESTAMP) AS `at`, CAST(__kith_t.`seen` AS TIMESTAMP) AS `seen`, CAST(__kith_t.`day` AS DATE) AS `day`, CAST(__kith_t.`row_id` AS STRING) AS `row_id`, CAST(__kith_t.`key` AS STRING) AS `key`, IF(IS_INF(CAST(__kith_t.`value` AS FLOAT64)) OR IS_NAN(CAST(__kith_t.`value` AS FLOAT64)), NULL, CAST(__kith_t.`value` AS FLOAT64) + 0.0) AS `value` FROM `raw`.`odd` AS __kith_t
) AS __kith_t
) AS __kith_s
WHERE TRUE QUALIFY ROW_NUMBER() OVER (PARTITION BY __kith_s.`k`, __kith_s.`op` ORDER BY __kith_s.`seen` DESC, __kith_s.`at` DESC, FARM_FINGERPRINT(TO_JSON_STRING(__kith_s))) = 1
) AS __kith_s
WHERE ((NOT IFNULL((__kith_s.`select` = 'test'), FALSE)))
    ) AS __kith_s
    WHERE (IFNULL((__kith_s.`__x` = true), FALSE))
  ) GROUP BY __kith_v0, __kith_v1, __kith_v2, bucket
);

-- identity person values (entity person) at models/all.yml:28:11
CREATE OR REPLACE TABLE `kith`.`identity_person_values_build` CLUSTER BY node AS
SELECT d0 AS node, 0 AS type, v0 AS value, 'odd' AS source, bucket, IF(d0 = 0, 1, 0) AS state, MIN(first_seen) AS first_seen, MAX(last_seen) AS last_seen, SUM(n) AS n
FROM `kith`.`scratch_run_identity_person_rows_odd` WHERE v0 != '' GROUP BY d0, v0, bucket
UNION ALL
SELECT d1 AS node, 1 AS type, v1 AS value, 'odd' AS source, bucket, IF(d1 = 0, 1, 0) AS state, MIN(first_seen) AS first_seen, MAX(last_seen) AS last_seen, SUM(n) AS n
FROM `kith`.`scratch_run_identity_person_rows_odd` WHERE v1 != '' GROUP BY d1, v1, bucket
UNION ALL
SELECT 0 AS node, 1 AS type, MIN(s1) AS value, 'odd' AS source, bucket, 2 AS state, MIN(first_seen) AS first_seen, MAX(last_seen) AS last_seen, SUM(x1) AS n
FROM `kith`.`scratch_run_identity_person_rows_odd` WHERE x1 > 0 GROUP BY bucket
UNION ALL
SELECT d2 AS node, 2 AS type, v2 AS value, 'odd' AS source, bucket, IF(d2 = 0, 1, 0) AS state, MIN(first_seen) AS first_seen, MAX(last_seen) AS last_seen, SUM(n) AS n
FROM `kith`.`scratch_run_identity_person_rows_odd` WHERE v2 != '' GROUP BY d2, v2, bucket
UNION ALL
SELECT 0 AS node, 2 AS type, MIN(s2) AS value, 'odd' AS source, bucket, 2 AS state, MIN(first_seen) AS first_seen, MAX(last_seen) AS last_seen, SUM(x2) AS n
FROM `kith`.`scratch_run_identity_person_rows_odd` WHERE x2 > 0 GROUP BY bucket;

-- identity person nodes (entity person) at models/all.yml:28:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_person_nodes` OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 2 DAY)) AS
SELECT node, type, value, MIN(first_seen) AS first_seen, MAX(last_seen) AS last_seen, SUM(n) AS n
FROM `kith`.`identity_person_values_build` WHERE node != 0 GROUP BY node, type, value;

-- identity person collisions (entity person) at models/all.yml:28:11
SELECT s.node, s.type, s.value, FALSE AS known
FROM (SELECT * FROM `kith`.`scratch_run_identity_person_nodes` WHERE TRUE QUALIFY COUNT(*) OVER (PARTITION BY node) > 1) AS s
ORDER BY s.node, known DESC, s.first_seen, s.type, s.value
LIMIT 1;

-- identity person edges (entity person) at models/all.yml:28:11
CREATE OR REPLACE TABLE `kith`.`identity_person_edges_build` (
  a INT64,
  b INT64,
  ta INT64,
  tb INT64,
  source STRING,
  bucket INT64,
  first_seen TIMESTAMP,
  last_seen TIMESTAMP,
  n INT64
) CLUSTER BY a, b AS
SELECT LEAST(s, t) AS a, GREATEST(s, t) AS b, ANY_VALUE(IF(s < t, sr, 1)) AS ta, ANY_VALUE(IF(s < t, 1, sr)) AS tb, 'odd' AS source, bucket, MIN(first_seen) AS first_seen, MAX(last_seen) AS last_seen, SUM(n) AS n
FROM (
  SELECT d0 AS s, 0 AS sr, d1 AS t, bucket, first_seen, last_seen, n FROM `kith`.`scratch_run_identity_person_rows_odd` WHERE d1 != 0
) WHERE s != 0 AND s != t GROUP BY a, b, bucket
UNION ALL
SELECT LEAST(s, t) AS a, GREATEST(s, t) AS b, ANY_VALUE(IF(s < t, sr, 2)) AS ta, ANY_VALUE(IF(s < t, 2, sr)) AS tb, 'odd' AS source, bucket, MIN(first_seen) AS first_seen, MAX(last_seen) AS last_seen, SUM(n) AS n
FROM (
  SELECT CASE WHEN d0 != 0 THEN d0 WHEN d1 != 0 THEN d1 ELSE 0 END AS s, CASE WHEN d0 != 0 THEN 0 WHEN d1 != 0 THEN 1 ELSE 0 END AS sr, d2 AS t, bucket, first_seen, last_seen, n FROM `kith`.`scratch_run_identity_person_rows_odd` WHERE d2 != 0
) WHERE s != 0 AND s != t GROUP BY a, b, bucket;

-- identity person reads (entity person) at models/all.yml:28:11
CREATE OR REPLACE TABLE `kith`.`identity_person_reads_build` AS
SELECT source, bucket, n, mix, unowned, cut, TIMESTAMP '1970-01-01 00:00:00.000000+00:00' AS as_of, TIMESTAMP '0001-01-01 00:00:00.000000+00:00' AS full_at, '' AS rules
FROM (
  SELECT 'odd' AS source, r.bucket AS bucket, SUM(r.n) AS n, BIT_XOR(r.mix) AS mix, SUM(IF(r.d0 = 0 AND r.d1 = 0 AND r.d2 = 0, r.n, 0)) AS unowned, TIMESTAMP '1970-01-01 00:00:00.000000+00:00' AS cut FROM `kith`.`scratch_run_identity_person_rows_odd` AS r GROUP BY r.bucket
);

-- identity person node count (entity person) at models/all.yml:28:11
SELECT COUNT(*), (SELECT COUNT(*) FROM `kith`.`identity_person_edges_build`) FROM `kith`.`scratch_run_identity_person_nodes`;

-- identity person match records (entity person) at models/all.yml:28:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_person_match_records` OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 2 DAY)) AS
SELECT *, GREATEST(FARM_FINGERPRINT(CONCAT(TO_JSON_STRING(f0), ',', TO_JSON_STRING(f1), ',', TO_JSON_STRING(f2), ',', TO_JSON_STRING(f3), ',', TO_JSON_STRING(f4), ',')) & 0x7FFFFFFFFFFFFFFF, 1) AS place
FROM (
  SELECT GREATEST(FARM_FINGERPRINT(CONCAT(TO_JSON_STRING(CAST(node AS STRING)), ',', TO_JSON_STRING(f0), ',', TO_JSON_STRING(f1), ',', TO_JSON_STRING(f2), ',', TO_JSON_STRING(f3), ',', TO_JSON_STRING(f4), ',')) & 0x7FFFFFFFFFFFFFFF, 1) AS id, node, f0, COUNT(*) OVER (PARTITION BY f0, IF(f0 = '', MOD(node, 1000), 0)) AS t0, f1, COUNT(*) OVER (PARTITION BY f1, IF(f1 = '', MOD(node, 1000), 0)) AS t1, f2, COUNT(*) OVER (PARTITION BY f2, IF(f2 = '', MOD(node, 1000), 0)) AS t2, f3, COUNT(*) OVER (PARTITION BY f3, IF(f3 = '', MOD(node, 1000), 0)) AS t3, f4, COUNT(*) OVER (PARTITION BY f4, IF(f4 = '', MOD(node, 1000), 0)) AS t4
  FROM (
    SELECT node, f0, f1, f2, f3, f4 FROM (
      SELECT CASE WHEN (SELECT IF((__kith_v = '' OR ((LOWER(TRIM(__kith_v, ' ')) IN ('-1', 'null', '(null)', 'nil', 'none', 'nan', 'na', 'n/a', 'undefined', 'unknown', 'anonymous', 'test@test.com')) OR REGEXP_CONTAINS(__kith_v, '^[0-]*$') OR REGEXP_CONTAINS(__kith_v, '^(no|do-?not)[-_.]?reply@'))), 0, GREATEST(FARM_FINGERPRINT(SHA256(CONCAT('\x00handle\x00', __kith_v))) & 0x7FFFFFFFFFFFFFFF, 1)) FROM UNNEST([COALESCE((SELECT IF((SELECT IF(BYTE_LENGTH(__kith_t) = CHAR_LENGTH(__kith_t), TRIM(__kith_t, ' \t\n\r\f\v'), REGEXP_REPLACE(__kith_t, '^[\\s\\p{Z}\\p{C}]+|[\\s\\p{Z}\\p{C}]+$', '')) FROM UNNEST([__kith_n]) AS __kith_t) != '', __kith_n, NULL) FROM UNNEST([__kith_s.`k`]) AS __kith_n), '')]) AS __kith_v) != 0 THEN (SELECT IF((__kith_v = '' OR ((LOWER(TRIM(__kith_v, ' ')) IN ('-1', 'null', '(null)', 'nil', 'none', 'nan', 'na', 'n/a', 'undefined', 'unknown', 'anonymous', 'test@test.com')) OR REGEXP_CONTAINS(__kith_v, '^[0-]*$') OR REGEXP_CONTAINS(__kith_v, '^(no|do-?not)[-_.]?reply@'))), 0, GREATEST(FARM_FINGERPRINT(SHA256(CONCAT('\x00handle\x00', __kith_v))) & 0x7FFFFFFFFFFFFFFF, 1)) FROM UNNEST([COALESCE((SELECT IF((SELECT IF(BYTE_LENGTH(__kith_t) = CHAR_LENGTH(__kith_t), TRIM(__kith_t, ' \t\n\r\f\v'), REGEXP_REPLACE(__kith_t, '^[\\s\\p{Z}\\p{C}]+|[\\s\\p{Z}\\p{C}]+$', '')) FROM UNNEST([__kith_n]) AS __kith_t) != '', __kith_n, NULL) FROM UNNEST([__kith_s.`k`]) AS __kith_n), '')]) AS __kith_v) WHEN (SELECT IF((__kith_v = '' OR ((LOWER(TRIM(__kith_v, ' ')) IN ('-1', 'null', '(null)', 'nil', 'none', 'nan', 'na', 'n/a', 'undefined', 'unknown', 'anonymous', 'test@test.com')) OR (__kith_v = COALESCE((SELECT IF(REGEXP_CONTAINS(__kith_n, '^[^\\s\\p{Z}\\p{C}@<>"(),;]+@[^\\s\\p{Z}\\p{C}@<>"(),;]+\\.[^\\s\\p{Z}\\p{C}@<>"(),;.]{2,}$'), __kith_n, NULL) FROM UNNEST([LOWER((SELECT IF(BYTE_LENGTH(__kith_t) = CHAR_LENGTH(__kith_t), TRIM(__kith_t, ' \t\n\r\f\v'), REGEXP_REPLACE(__kith_t, '^[\\s\\p{Z}\\p{C}]+|[\\s\\p{Z}\\p{C}]+$', '')) FROM UNNEST(['test@test.com']) AS __kith_t))]) AS __kith_n), 'test@test.com')) OR REGEXP_CONTAINS(__kith_v, '^[0-]*$') OR REGEXP_CONTAINS(__kith_v, '^(no|do-?not)[-_.]?reply@') OR REGEXP_CONTAINS(__kith_v, '@example\\.com$'))), 0, GREATEST(FARM_FINGERPRINT(SHA256(CONCAT('\x00email\x00', __kith_v))) & 0x7FFFFFFFFFFFFFFF, 1)) FROM UNNEST([COALESCE((SELECT IF(REGEXP_CONTAINS(__kith_n, '^[^\\s\\p{Z}\\p{C}@<>"(),;]+@[^\\s\\p{Z}\\p{C}@<>"(),;]+\\.[^\\s\\p{Z}\\p{C}@<>"(),;.]{2,}$'), __kith_n, NULL) FROM UNNEST([LOWER((SELECT IF(BYTE_LENGTH(__kith_t) = CHAR_LENGTH(__kith_t), TRIM(__kith_t, ' \t\n\r\f\v'), REGEXP_REPLACE(__kith_t, '^[\\s\\p{Z}\\p{C}]+|[\\s\\p{Z}\\p{C}]+$', '')) FROM UNNEST([__kith_s.`p`]) AS __kith_t))]) AS __kith_n), '')]) AS __kith_v) != 0 THEN (SELECT IF((__kith_v = '' OR ((LOWER(TRIM(__kith_v, ' ')) IN ('-1', 'null', '(null)', 'nil', 'none', 'nan', 'na', 'n/a', 'undefined', 'unknown', 'anonymous', 'test@test.com')) OR (__kith_v = COALESCE((SELECT IF(REGEXP_CONTAINS(__kith_n, '^[^\\s\\p{Z}\\p{C}@<>"(),;]+@[^\\s\\p{Z}\\p{C}@<>"(),;]+\\.[^\\s\\p{Z}\\p{C}@<>"(),;.]{2,}$'), __kith_n, NULL) FROM UNNEST([LOWER((SELECT IF(BYTE_LENGTH(__kith_t) = CHAR_LENGTH(__kith_t), TRIM(__kith_t, ' \t\n\r\f\v'), REGEXP_REPLACE(__kith_t, '^[\\s\\p{Z}\\p{C}]+|[\\s\\p{Z}\\p{C}]+$', '')) FROM UNNEST(['test@test.com']) AS __kith_t))]) AS __kith_n), 'test@test.com')) OR REGEXP_CONTAINS(__kith_v, '^[0-]*$') OR REGEXP_CONTAINS(__kith_v, '^(no|do-?not)[-_.]?reply@') OR REGEXP_CONTAINS(__kith_v, '@example\\.com$'))), 0, GREATEST(FARM_FINGERPRINT(SHA256(CONCAT('\x00email\x00', __kith_v))) & 0x7FFFFFFFFFFFFFFF, 1)) FROM UNNEST([COALESCE((SELECT IF(REGEXP_CONTAINS(__kith_n, '^[^\\s\\p{Z}\\p{C}@<>"(),;]+@[^\\s\\p{Z}\\p{C}@<>"(),;]+\\.[^\\s\\p{Z}\\p{C}@<>"(),;.]{2,}$'), __kith_n, NULL) FROM UNNEST([LOWER((SELECT IF(BYTE_LENGTH(__kith_t) = CHAR_LENGTH(__kith_t), TRIM(__kith_t, ' \t\n\r\f\v'), REGEXP_REPLACE(__kith_t, '^[\\s\\p{Z}\\p{C}]+|[\\s\\p{Z}\\p{C}]+$', '')) FROM UNNEST([__kith_s.`p`]) AS __kith_t))]) AS __kith_n), '')]) AS __kith_v) WHEN (SELECT IF((__kith_v = '' OR ((LOWER(TRIM(__kith_v, ' ')) IN ('-1', 'null', '(null)', 'nil', 'none', 'nan', 'na', 'n/a', 'undefined', 'unknown', 'anonymous', 'test@test.com')) OR REGEXP_CONTAINS(__kith_v, '^[0-]*$') OR REGEXP_CONTAINS(__kith_v, '^(no|do-?not)[-_.]?reply@'))), 0, GREATEST(FARM_FINGERPRINT(SHA256(CONCAT('\x00phone\x00', __kith_v))) & 0x7FFFFFFFFFFFFFFF, 1)) FROM UNNEST([COALESCE((SELECT IF(REGEXP_CONTAINS(__kith_n, '^\\+[1-9][0-9]{7,14}$'), __kith_n, NULL) FROM UNNEST([(SELECT COALESCE(CONCAT(REGEXP_EXTRACT(__kith_e, '^(\\+(?:20|27|30|31|32|33|34|40|41|43|44|45|46|47|48|49|51|54|55|61|62|64|81|82|84|86|90|91|92|94|98|212|213|234|254|351|352|353|355|358|359|380|381|385|386|387|389|420|421|880|962|966|971|972))0'), REGEXP_EXTRACT(__kith_e, '^\\+(?:20|27|30|31|32|33|34|40|41|43|44|45|46|47|48|49|51|54|55|61|62|64|81|82|84|86|90|91|92|94|98|212|213|234|254|351|352|353|355|358|359|380|381|385|386|387|389|420|421|880|962|966|971|972)0(.*)$')), __kith_e) FROM UNNEST([(SELECT CASE WHEN STARTS_WITH(__kith_d, '+') THEN __kith_d WHEN STARTS_WITH(__kith_d, '00') THEN CONCAT('+', SUBSTR(__kith_d, 3)) ELSE CONCAT('+', '31', REGEXP_REPLACE(__kith_d, '^0', '')) END FROM UNNEST([IFNULL(REGEXP_REPLACE((SELECT IF(STRPOS(__kith_f, '(0)') > 0, CONCAT(SUBSTR(__kith_f, 1, STRPOS(__kith_f, '(0)') - 1), SUBSTR(__kith_f, STRPOS(__kith_f, '(0)') + 3)), __kith_f) FROM UNNEST([REGEXP_REPLACE(__kith_s.`it's quoted`, r'(?is)[;,/#x].*$', '')]) AS __kith_f), r'[^0-9+]', ''), '')]) AS __kith_d)]) AS __kith_e)]) AS __kith_n), '')]) AS __kith_v) != 0 THEN (SELECT IF((__kith_v = '' OR ((LOWER(TRIM(__kith_v, ' ')) IN ('-1', 'null', '(null)', 'nil', 'none', 'nan', 'na', 'n/a', 'undefined', 'unknown', 'anonymous', 'test@test.com')) OR REGEXP_CONTAINS(__kith_v, '^[0-]*$') OR REGEXP_CONTAINS(__kith_v, '^(no|do-?not)[-_.]?reply@'))), 0, GREATEST(FARM_FINGERPRINT(SHA256(CONCAT('\x00phone\x00', __kith_v))) & 0x7FFFFFFFFFFFFFFF, 1)) FROM UNNEST([COALESCE((SELECT IF(REGEXP_CONTAINS(__kith_n, '^\\+[1-9][0-9]{7,14}$'), __kith_n, NULL) FROM UNNEST([(SELECT COALESCE(CONCAT(REGEXP_EXTRACT(__kith_e, '^(\\+(?:20|27|30|31|32|33|34|40|41|43|44|45|46|47|48|49|51|54|55|61|62|64|81|82|84|86|90|91|92|94|98|212|213|234|254|351|352|353|355|358|359|380|381|385|386|387|389|420|421|880|962|966|971|972))0'), REGEXP_EXTRACT(__kith_e, '^\\+(?:20|27|30|31|32|33|34|40|41|43|44|45|46|47|48|49|51|54|55|61|62|64|81|82|84|86|90|91|92|94|98|212|213|234|254|351|352|353|355|358|359|380|381|385|386|387|389|420|421|880|962|966|971|972)0(.*)$')), __kith_e) FROM UNNEST([(SELECT CASE WHEN STARTS_WITH(__kith_d, '+') THEN __kith_d WHEN STARTS_WITH(__kith_d, '00') THEN CONCAT('+', SUBSTR(__kith_d, 3)) ELSE CONCAT('+', '31', REGEXP_REPLACE(__kith_d, '^0', '')) END FROM UNNEST([IFNULL(REGEXP_REPLACE((SELECT IF(STRPOS(__kith_f, '(0)') > 0, CONCAT(SUBSTR(__kith_f, 1, STRPOS(__kith_f, '(0)') - 1), SUBSTR(__kith_f, STRPOS(__kith_f, '(0)') + 3)), __kith_f) FROM UNNEST([REGEXP_REPLACE(__kith_s.`it's quoted`, r'(?is)[;,/#x].*$', '')]) AS __kith_f), r'[^0-9+]', ''), '')]) AS __kith_d)]) AS __kith_e)]) AS __kith_n), '')]) AS __kith_v) ELSE 0 END AS node, TRIM(REGEXP_REPLACE(LOWER(IFNULL(__kith_s.`select`, '')), r'\s+', ' '), ' ') AS f0, TRIM(REGEXP_REPLACE(LOWER(IFNULL(__kith_s.`row_id`, '')), r'\s+', ' '), ' ') AS f1, SUBSTR(REGEXP_REPLACE(LOWER(IFNULL(FORMAT_DATE('%Y-%m-%d', __kith_s.`day`), '')), r'[^0-9]', ''), 1, 8) AS f2, TRIM(REGEXP_REPLACE(LOWER(IFNULL(__kith_s.`p`, '')), r'\s+', ' '), ' ') AS f3, REGEXP_REPLACE(LOWER(IFNULL(__kith_s.`it's quoted`, '')), r'[^\p{L}\p{N}]', '') AS f4 FROM (
SELECT __kith_s.`k` AS `k`, __kith_s.`p` AS `p`, __kith_s.`select` AS `select`, __kith_s.`__x` AS `__x`, __kith_s.`it's quoted` AS `it's quoted`, __kith_s.`day` AS `day`, __kith_s.`row_id` AS `row_id` FROM (
SELECT * FROM (
SELECT __kith_t.`k` AS `k`, __kith_t.`h` AS `h`, __kith_t.`p` AS `p`, __kith_t.`op` AS `op`, __kith_t.`select` AS `select`, __kith_t.`__x` AS `__x`, __kith_t.`it's quoted` AS `it's quoted`, __kith_t.`j` AS `j`, __kith_t.`price` AS `price`, CAST((
h * 2
) AS INT64) AS `twice`, __kith_t.`tags` AS `tags`, __kith_t.`at` AS `at`, __kith_t.`seen` AS `seen`, __kith_t.`day` AS `day`, __kith_t.`row_id` AS `row_id`, __kith_t.`key` AS `key`, __kith_t.`value` AS `value` FROM (
SELECT CAST(__kith_t.`k` AS STRING) AS `k`, CAST(__kith_t.`h` AS INT64) AS `h`, CAST(__kith_t.`p` AS STRING) AS `p`, CAST(__kith_t.`op` AS INT64) AS `op`, CAST(__kith_t.`select` AS STRING) AS `select`, CAST(__kith_t.`__x` AS BOOL) AS `__x`, CAST(__kith_t.`it's quoted` AS STRING) AS `it's quoted`, (SELECT IF(SAFE.PARSE_JSON(__kith_j, wide_number_mode=>'round') IS NULL, __kith_j, TO_JSON_STRING(PARSE_JSON(__kith_j, wide_number_mode=>'round'))) FROM UNNEST([IF(__kith_t.`j` IS NULL, NULL, COALESCE(JSON_VALUE(TO_JSON_STRING(__kith_t.`j`)), NULLIF(TO_JSON_STRING(__kith_t.`j`), 'null')))]) AS __kith_j) AS `j`, CAST(REGEXP_EXTRACT(CAST(CAST(SAFE_CAST(SAFE.JSON_VALUE(__kith_t.`j`, '$."price"."net"') AS NUMERIC) AS NUMERIC) AS STRING), r'^-?[0-9]+(?:\.[0-9]{1,2})?') AS NUMERIC) AS `price`, ARRAY(SELECT CAST(__kith_e AS STRING) FROM UNNEST(__kith_t.`tags`) AS __kith_e WITH OFFSET AS __kith_o WHERE __kith_e IS NOT NULL ORDER BY __kith_o) AS `tags`, CAST(__kith_t.`at` AS TIMESTAMP) AS `at`, CAST(__kith_t.`seen` AS TIMESTAMP) AS `seen`, CAST(__kith_t.`day` AS DATE) AS `day`, CAST(__kith_t.`row_id` AS STRING) AS `row_id`, CAST(__kith_t.`key` AS STRING) AS `key`, IF(IS_INF(CAST(__kith_t.`value` AS FLOAT64)) OR IS_NAN(CAST(__kith_t.`value` AS FLOAT64)), NULL, CAST(__kith_t.`value` AS FLOAT64) + 0.0) AS `value` FROM `raw`.`odd` AS __kith_t
) AS __kith_t
) AS __kith_s
WHERE TRUE QUALIFY ROW_NUMBER() OVER (PARTITION BY __kith_s.`k`, __kith_s.`op` ORDER BY __kith_s.`seen` DESC, __kith_s.`at` DESC, FARM_FINGERPRINT(TO_JSON_STRING(__kith_s))) = 1
) AS __kith_s
WHERE ((NOT IFNULL((__kith_s.`select` = 'test'), FALSE)))
      ) AS __kith_s WHERE (IFNULL((__kith_s.`__x` = true), FALSE))
    ) WHERE node != 0 AND NOT (f0 = '' AND f1 = '' AND f2 = '' AND f3 = '' AND f4 = '')
    GROUP BY node, f0, f1, f2, f3, f4
  )
);

-- identity person match terms (entity person) at models/all.yml:28:11
SELECT COUNT(*), COUNTIF(f0 != ''), IFNULL(SUM(IF(f0 != '', t0, 0)) / NULLIF(COUNTIF(f0 != ''), 0), 0), COUNTIF(f1 != ''), IFNULL(SUM(IF(f1 != '', t1, 0)) / NULLIF(COUNTIF(f1 != ''), 0), 0), COUNTIF(f2 != ''), IFNULL(SUM(IF(f2 != '', t2, 0)) / NULLIF(COUNTIF(f2 != ''), 0), 0), COUNTIF(f3 != ''), IFNULL(SUM(IF(f3 != '', t3, 0)) / NULLIF(COUNTIF(f3 != ''), 0), 0), COUNTIF(f4 != ''), IFNULL(SUM(IF(f4 != '', t4, 0)) / NULLIF(COUNTIF(f4 != ''), 0), 0) FROM `kith`.`scratch_run_identity_person_match_records`;

-- identity person match keys (entity person) at models/all.yml:28:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_person_match_keys` OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 2 DAY)) AS
SELECT DISTINCT id, key FROM `kith`.`scratch_run_identity_person_match_records`, UNNEST([IF((f0 != '' AND f1 != ''), GREATEST(FARM_FINGERPRINT(CONCAT(TO_JSON_STRING(CAST(0 AS STRING)), ',', TO_JSON_STRING(least(COALESCE(NULLIF(SOUNDEX(f0), ''), f0), COALESCE(NULLIF(SOUNDEX(f1), ''), f1))), ',', TO_JSON_STRING(greatest(COALESCE(NULLIF(SOUNDEX(f0), ''), f0), COALESCE(NULLIF(SOUNDEX(f1), ''), f1))), ',')) & 0x7FFFFFFFFFFFFFFF, 1), 0),
  IF((f0 != '' AND f2 != ''), GREATEST(FARM_FINGERPRINT(CONCAT(TO_JSON_STRING(CAST(1 AS STRING)), ',', TO_JSON_STRING(COALESCE(NULLIF(SOUNDEX(f0), ''), f0)), ',', TO_JSON_STRING(f2), ',')) & 0x7FFFFFFFFFFFFFFF, 1), 0),
  IF((f0 != '' AND f3 != ''), GREATEST(FARM_FINGERPRINT(CONCAT(TO_JSON_STRING(CAST(2 AS STRING)), ',', TO_JSON_STRING(COALESCE(NULLIF(SOUNDEX(f0), ''), f0)), ',', TO_JSON_STRING(f3), ',')) & 0x7FFFFFFFFFFFFFFF, 1), 0),
  IF((f0 != '' AND f4 != ''), GREATEST(FARM_FINGERPRINT(CONCAT(TO_JSON_STRING(CAST(3 AS STRING)), ',', TO_JSON_STRING(COALESCE(NULLIF(SOUNDEX(f0), ''), f0)), ',', TO_JSON_STRING(f4), ',')) & 0x7FFFFFFFFFFFFFFF, 1), 0),
  IF((f1 != '' AND f2 != ''), GREATEST(FARM_FINGERPRINT(CONCAT(TO_JSON_STRING(CAST(4 AS STRING)), ',', TO_JSON_STRING(COALESCE(NULLIF(SOUNDEX(f1), ''), f1)), ',', TO_JSON_STRING(f2), ',')) & 0x7FFFFFFFFFFFFFFF, 1), 0),
  IF((f1 != '' AND f3 != ''), GREATEST(FARM_FINGERPRINT(CONCAT(TO_JSON_STRING(CAST(5 AS STRING)), ',', TO_JSON_STRING(COALESCE(NULLIF(SOUNDEX(f1), ''), f1)), ',', TO_JSON_STRING(f3), ',')) & 0x7FFFFFFFFFFFFFFF, 1), 0),
  IF((f1 != '' AND f4 != ''), GREATEST(FARM_FINGERPRINT(CONCAT(TO_JSON_STRING(CAST(6 AS STRING)), ',', TO_JSON_STRING(COALESCE(NULLIF(SOUNDEX(f1), ''), f1)), ',', TO_JSON_STRING(f4), ',')) & 0x7FFFFFFFFFFFFFFF, 1), 0),
  IF((f2 != ''), GREATEST(FARM_FINGERPRINT(CONCAT(TO_JSON_STRING(CAST(7 AS STRING)), ',', TO_JSON_STRING(f2), ',')) & 0x7FFFFFFFFFFFFFFF, 1), 0),
  IF((f2 != '' AND f3 != ''), GREATEST(FARM_FINGERPRINT(CONCAT(TO_JSON_STRING(CAST(8 AS STRING)), ',', TO_JSON_STRING(f2), ',', TO_JSON_STRING(f3), ',')) & 0x7FFFFFFFFFFFFFFF, 1), 0),
  IF((f2 != '' AND f4 != ''), GREATEST(FARM_FINGERPRINT(CONCAT(TO_JSON_STRING(CAST(9 AS STRING)), ',', TO_JSON_STRING(f2), ',', TO_JSON_STRING(f4), ',')) & 0x7FFFFFFFFFFFFFFF, 1), 0),
  IF((f3 != ''), GREATEST(FARM_FINGERPRINT(CONCAT(TO_JSON_STRING(CAST(10 AS STRING)), ',', TO_JSON_STRING(f3), ',')) & 0x7FFFFFFFFFFFFFFF, 1), 0),
  IF((f3 != ''), GREATEST(FARM_FINGERPRINT(CONCAT(TO_JSON_STRING(CAST(11 AS STRING)), ',', TO_JSON_STRING(SPLIT(f3, '@')[SAFE_OFFSET(0)]), ',')) & 0x7FFFFFFFFFFFFFFF, 1), 0),
  IF((f3 != '' AND f4 != ''), GREATEST(FARM_FINGERPRINT(CONCAT(TO_JSON_STRING(CAST(12 AS STRING)), ',', TO_JSON_STRING(f3), ',', TO_JSON_STRING(f4), ',')) & 0x7FFFFFFFFFFFFFFF, 1), 0),
  IF((f4 != ''), GREATEST(FARM_FINGERPRINT(CONCAT(TO_JSON_STRING(CAST(13 AS STRING)), ',', TO_JSON_STRING(f4), ',')) & 0x7FFFFFFFFFFFFFFF, 1), 0)]) AS key WHERE key != 0;

-- identity person match pairs (entity person) at models/all.yml:28:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_person_match_pairs` OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 2 DAY)) AS
SELECT a, b
FROM (SELECT ARRAY_AGG(id LIMIT 50) AS ids FROM `kith`.`scratch_run_identity_person_match_keys` GROUP BY key HAVING COUNT(*) BETWEEN 2 AND 50), UNNEST(ids) AS a, UNNEST(ids) AS b
WHERE a < b GROUP BY a, b;

-- identity person match key counts (entity person) at models/all.yml:28:11
SELECT COUNTIF(n BETWEEN 2 AND 50), COUNTIF(n > 50) FROM (SELECT COUNT(*) AS n FROM `kith`.`scratch_run_identity_person_match_keys` GROUP BY key);

-- identity person match random pairs (entity person) at models/all.yml:28:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_person_match_random` OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 2 DAY)) AS
SELECT a, b
FROM (
  SELECT id AS a, ROW_NUMBER() OVER (ORDER BY place, id) AS nth, ARRAY_AGG(id) OVER (ORDER BY place, id ROWS BETWEEN 1 FOLLOWING AND 50 FOLLOWING) AS others
  FROM (SELECT id, place FROM `kith`.`scratch_run_identity_person_match_records` ORDER BY place, id LIMIT 1050)
), UNNEST(others) AS b
WHERE nth <= 1000;

-- identity person match levels (entity person) at models/all.yml:28:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_person_match_levels` OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 2 DAY)) AS
SELECT a, b, na, nb, (g0 + 1) * 1 + (g1 + 1) * 6 + (g2 + 1) * 36 + (g3 + 1) * 216 + (g4 + 1) * 1296 AS code,
  LN(IF(g0 = 4, q0, 1)) + LN(IF(g1 = 4, q1, 1)) + LN(IF(g2 = 4, q2, 1)) + LN(IF(g3 = 4, q3, 1)) + LN(IF(g4 = 4, q4, 1)) AS common,
  0.0 + LN(IF(g0 = 4, q0, 1)) + LN(IF(g1 = 4, q1, 1)) + LN(IF(g2 = 4, q2, 1)) + LN(IF(g3 = 4, q3, 1)) AS own
FROM (
  SELECT a, b, na, nb, q0, level.g0 AS g0, q1, level.g1 AS g1, q2, level.g2 AS g2, q3, level.g3 AS g3, q4, level.g4 AS g4
  FROM (
    SELECT a, b, na, nb, q0, x0, IF(crossed, z1, z0) AS y0, q1, x1, IF(crossed, z0, z1) AS y1, q2, x2, z2 AS y2, q3, x3, z3 AS y3, q4, x4, z4 AS y4
    FROM (
      SELECT l.id AS a, r.id AS b, l.node AS na, r.node AS nb, l.f0 AS x0, r.f0 AS z0, GREATEST(l.t0, r.t0) / n.t0 AS q0, l.f1 AS x1, r.f1 AS z1, GREATEST(l.t1, r.t1) / n.t1 AS q1, l.f2 AS x2, r.f2 AS z2, GREATEST(l.t2, r.t2) / n.t2 AS q2, l.f3 AS x3, r.f3 AS z3, GREATEST(l.t3, r.t3) / n.t3 AS q3, l.f4 AS x4, r.f4 AS z4, GREATEST(l.t4, r.t4) / n.t4 AS q4
      FROM (
        SELECT ARRAY_AGG(r IGNORE NULLS LIMIT 1)[SAFE_OFFSET(0)] AS r, ARRAY_AGG(l IGNORE NULLS) AS ls
        FROM (
          SELECT id, STRUCT(id, node, f0, t0, f1, t1, f2, t2, f3, t3, f4, t4) AS r, NULL AS l FROM `kith`.`scratch_run_identity_person_match_records`
          UNION ALL
          SELECT b, NULL, l FROM (
            SELECT ARRAY_AGG(l IGNORE NULLS LIMIT 1)[SAFE_OFFSET(0)] AS l, ARRAY_AGG(b IGNORE NULLS) AS bs
            FROM (
              SELECT id, STRUCT(id, node, f0, t0, f1, t1, f2, t2, f3, t3, f4, t4) AS l, NULL AS b FROM `kith`.`scratch_run_identity_person_match_records`
              UNION ALL
              SELECT a, NULL, b FROM `kith`.`scratch_run_identity_person_match_pairs`
            ) GROUP BY id
          ), UNNEST(bs) AS b
        ) GROUP BY id
      ), UNNEST(ls) AS l CROSS JOIN (SELECT GREATEST(COUNTIF(f0 != ''), 1) AS t0, GREATEST(COUNTIF(f1 != ''), 1) AS t1, GREATEST(COUNTIF(f2 != ''), 1) AS t2, GREATEST(COUNTIF(f3 != ''), 1) AS t3, GREATEST(COUNTIF(f4 != ''), 1) AS t4 FROM `kith`.`scratch_run_identity_person_match_records`) AS n
    ), UNNEST([(IF((x0 = '' OR z1 = ''), -1, IF(x0 = z1, 4, (SELECT (SELECT CASE WHEN __kith_e * 5 <= GREATEST(CHAR_LENGTH(x0), CHAR_LENGTH(z1)) THEN 3 WHEN __kith_e * 20 <= GREATEST(CHAR_LENGTH(x0), CHAR_LENGTH(z1)) * 7 THEN 2 WHEN __kith_e * 2 <= GREATEST(CHAR_LENGTH(x0), CHAR_LENGTH(z1)) OR STARTS_WITH(x0, z1) OR STARTS_WITH(z1, x0) THEN 1 ELSE 0 END FROM UNNEST([IF(__kith_d = 2 AND (SELECT STRING_AGG(__kith_c, '' ORDER BY __kith_c) FROM UNNEST(SPLIT(IF(__kith_d = 2, x0, '-'), '')) AS __kith_c) = (SELECT STRING_AGG(__kith_c, '' ORDER BY __kith_c) FROM UNNEST(SPLIT(IF(__kith_d = 2, z1, '-'), '')) AS __kith_c), 1, __kith_d)]) AS __kith_e) FROM UNNEST([EDIT_DISTANCE(x0, z1)]) AS __kith_d))) >= 2 AND IF((x1 = '' OR z0 = ''), -1, IF(x1 = z0, 4, (SELECT (SELECT CASE WHEN __kith_e * 5 <= GREATEST(CHAR_LENGTH(x1), CHAR_LENGTH(z0)) THEN 3 WHEN __kith_e * 20 <= GREATEST(CHAR_LENGTH(x1), CHAR_LENGTH(z0)) * 7 THEN 2 WHEN __kith_e * 2 <= GREATEST(CHAR_LENGTH(x1), CHAR_LENGTH(z0)) OR STARTS_WITH(x1, z0) OR STARTS_WITH(z0, x1) THEN 1 ELSE 0 END FROM UNNEST([IF(__kith_d = 2 AND (SELECT STRING_AGG(__kith_c, '' ORDER BY __kith_c) FROM UNNEST(SPLIT(IF(__kith_d = 2, x1, '-'), '')) AS __kith_c) = (SELECT STRING_AGG(__kith_c, '' ORDER BY __kith_c) FROM UNNEST(SPLIT(IF(__kith_d = 2, z0, '-'), '')) AS __kith_c), 1, __kith_d)]) AS __kith_e) FROM UNNEST([EDIT_DISTANCE(x1, z0)]) AS __kith_d))) >= 2 AND IF((x0 = '' OR z1 = ''), -1, IF(x0 = z1, 4, (SELECT (SELECT CASE WHEN __kith_e * 5 <= GREATEST(CHAR_LENGTH(x0), CHAR_LENGTH(z1)) THEN 3 WHEN __kith_e * 20 <= GREATEST(CHAR_LENGTH(x0), CHAR_LENGTH(z1)) * 7 THEN 2 WHEN __kith_e * 2 <= GREATEST(CHAR_LENGTH(x0), CHAR_LENGTH(z1)) OR STARTS_WITH(x0, z1) OR STARTS_WITH(z1, x0) THEN 1 ELSE 0 END FROM UNNEST([IF(__kith_d = 2 AND (SELECT STRING_AGG(__kith_c, '' ORDER BY __kith_c) FROM UNNEST(SPLIT(IF(__kith_d = 2, x0, '-'), '')) AS __kith_c) = (SELECT STRING_AGG(__kith_c, '' ORDER BY __kith_c) FROM UNNEST(SPLIT(IF(__kith_d = 2, z1, '-'), '')) AS __kith_c), 1, __kith_d)]) AS __kith_e) FROM UNNEST([EDIT_DISTANCE(x0, z1)]) AS __kith_d))) + IF((x1 = '' OR z0 = ''), -1, IF(x1 = z0, 4, (SELECT (SELECT CASE WHEN __kith_e * 5 <= GREATEST(CHAR_LENGTH(x1), CHAR_LENGTH(z0)) THEN 3 WHEN __kith_e * 20 <= GREATEST(CHAR_LENGTH(x1), CHAR_LENGTH(z0)) * 7 THEN 2 WHEN __kith_e * 2 <= GREATEST(CHAR_LENGTH(x1), CHAR_LENGTH(z0)) OR STARTS_WITH(x1, z0) OR STARTS_WITH(z0, x1) THEN 1 ELSE 0 END FROM UNNEST([IF(__kith_d = 2 AND (SELECT STRING_AGG(__kith_c, '' ORDER BY __kith_c) FROM UNNEST(SPLIT(IF(__kith_d = 2, x1, '-'), '')) AS __kith_c) = (SELECT STRING_AGG(__kith_c, '' ORDER BY __kith_c) FROM UNNEST(SPLIT(IF(__kith_d = 2, z0, '-'), '')) AS __kith_c), 1, __kith_d)]) AS __kith_e) FROM UNNEST([EDIT_DISTANCE(x1, z0)]) AS __kith_d))) > IF((x0 = '' OR z0 = ''), -1, IF(x0 = z0, 4, (SELECT (SELECT CASE WHEN __kith_e * 5 <= GREATEST(CHAR_LENGTH(x0), CHAR_LENGTH(z0)) THEN 3 WHEN __kith_e * 20 <= GREATEST(CHAR_LENGTH(x0), CHAR_LENGTH(z0)) * 7 THEN 2 WHEN __kith_e * 2 <= GREATEST(CHAR_LENGTH(x0), CHAR_LENGTH(z0)) OR STARTS_WITH(x0, z0) OR STARTS_WITH(z0, x0) THEN 1 ELSE 0 END FROM UNNEST([IF(__kith_d = 2 AND (SELECT STRING_AGG(__kith_c, '' ORDER BY __kith_c) FROM UNNEST(SPLIT(IF(__kith_d = 2, x0, '-'), '')) AS __kith_c) = (SELECT STRING_AGG(__kith_c, '' ORDER BY __kith_c) FROM UNNEST(SPLIT(IF(__kith_d = 2, z0, '-'), '')) AS __kith_c), 1, __kith_d)]) AS __kith_e) FROM UNNEST([EDIT_DISTANCE(x0, z0)]) AS __kith_d))) + IF((x1 = '' OR z1 = ''), -1, IF(x1 = z1, 4, (SELECT (SELECT CASE WHEN __kith_e * 5 <= GREATEST(CHAR_LENGTH(x1), CHAR_LENGTH(z1)) THEN 3 WHEN __kith_e * 20 <= GREATEST(CHAR_LENGTH(x1), CHAR_LENGTH(z1)) * 7 THEN 2 WHEN __kith_e * 2 <= GREATEST(CHAR_LENGTH(x1), CHAR_LENGTH(z1)) OR STARTS_WITH(x1, z1) OR STARTS_WITH(z1, x1) THEN 1 ELSE 0 END FROM UNNEST([IF(__kith_d = 2 AND (SELECT STRING_AGG(__kith_c, '' ORDER BY __kith_c) FROM UNNEST(SPLIT(IF(__kith_d = 2, x1, '-'), '')) AS __kith_c) = (SELECT STRING_AGG(__kith_c, '' ORDER BY __kith_c) FROM UNNEST(SPLIT(IF(__kith_d = 2, z1, '-'), '')) AS __kith_c), 1, __kith_d)]) AS __kith_e) FROM UNNEST([EDIT_DISTANCE(x1, z1)]) AS __kith_d))))]) AS crossed
  ), UNNEST([STRUCT(IF((x0 = '' OR y0 = ''), -1, IF(x0 = y0, 4, (SELECT (SELECT CASE WHEN __kith_e * 5 <= GREATEST(CHAR_LENGTH(x0), CHAR_LENGTH(y0)) THEN 3 WHEN __kith_e * 20 <= GREATEST(CHAR_LENGTH(x0), CHAR_LENGTH(y0)) * 7 THEN 2 WHEN __kith_e * 2 <= GREATEST(CHAR_LENGTH(x0), CHAR_LENGTH(y0)) OR STARTS_WITH(x0, y0) OR STARTS_WITH(y0, x0) THEN 1 ELSE 0 END FROM UNNEST([IF(__kith_d = 2 AND (SELECT STRING_AGG(__kith_c, '' ORDER BY __kith_c) FROM UNNEST(SPLIT(IF(__kith_d = 2, x0, '-'), '')) AS __kith_c) = (SELECT STRING_AGG(__kith_c, '' ORDER BY __kith_c) FROM UNNEST(SPLIT(IF(__kith_d = 2, y0, '-'), '')) AS __kith_c), 1, __kith_d)]) AS __kith_e) FROM UNNEST([EDIT_DISTANCE(x0, y0)]) AS __kith_d))) AS g0, IF((x1 = '' OR y1 = ''), -1, IF(x1 = y1, 4, (SELECT (SELECT CASE WHEN __kith_e * 5 <= GREATEST(CHAR_LENGTH(x1), CHAR_LENGTH(y1)) THEN 3 WHEN __kith_e * 20 <= GREATEST(CHAR_LENGTH(x1), CHAR_LENGTH(y1)) * 7 THEN 2 WHEN __kith_e * 2 <= GREATEST(CHAR_LENGTH(x1), CHAR_LENGTH(y1)) OR STARTS_WITH(x1, y1) OR STARTS_WITH(y1, x1) THEN 1 ELSE 0 END FROM UNNEST([IF(__kith_d = 2 AND (SELECT STRING_AGG(__kith_c, '' ORDER BY __kith_c) FROM UNNEST(SPLIT(IF(__kith_d = 2, x1, '-'), '')) AS __kith_c) = (SELECT STRING_AGG(__kith_c, '' ORDER BY __kith_c) FROM UNNEST(SPLIT(IF(__kith_d = 2, y1, '-'), '')) AS __kith_c), 1, __kith_d)]) AS __kith_e) FROM UNNEST([EDIT_DISTANCE(x1, y1)]) AS __kith_d))) AS g1, IF((x2 = '' OR y2 = ''), -1, IF(x2 = y2, 4, (SELECT (SELECT CASE WHEN __kith_e <= 1 THEN 3 WHEN __kith_e <= 2 OR LENGTH(x2) = 8 AND LENGTH(y2) = 8 AND ((IF(SUBSTR(x2, 1, 4) = SUBSTR(y2, 1, 4), 1, 0) + IF(SUBSTR(x2, 5, 2) = SUBSTR(y2, 5, 2), 1, 0) + IF(SUBSTR(x2, 7, 2) = SUBSTR(y2, 7, 2), 1, 0)) = 2 OR SUBSTR(x2, 1, 4) = SUBSTR(y2, 1, 4) AND SUBSTR(x2, 5, 2) = SUBSTR(y2, 7, 2) AND SUBSTR(x2, 7, 2) = SUBSTR(y2, 5, 2)) THEN 2 WHEN LENGTH(x2) = 8 AND LENGTH(y2) = 8 AND (IF(SUBSTR(x2, 1, 4) = SUBSTR(y2, 1, 4), 1, 0) + IF(SUBSTR(x2, 5, 2) = SUBSTR(y2, 5, 2), 1, 0) + IF(SUBSTR(x2, 7, 2) = SUBSTR(y2, 7, 2), 1, 0)) = 1 THEN 1 ELSE 0 END FROM UNNEST([IF(__kith_d = 2 AND (SELECT STRING_AGG(__kith_c, '' ORDER BY __kith_c) FROM UNNEST(SPLIT(IF(__kith_d = 2, x2, '-'), '')) AS __kith_c) = (SELECT STRING_AGG(__kith_c, '' ORDER BY __kith_c) FROM UNNEST(SPLIT(IF(__kith_d = 2, y2, '-'), '')) AS __kith_c), 1, __kith_d)]) AS __kith_e) FROM UNNEST([EDIT_DISTANCE(x2, y2, max_distance => 3)]) AS __kith_d))) AS g2, IF((x3 = '' OR y3 = ''), -1, IF(x3 = y3, 4, (SELECT (SELECT CASE WHEN __kith_e <= 2 THEN 3 WHEN SPLIT(x3, '@')[SAFE_OFFSET(0)] = SPLIT(y3, '@')[SAFE_OFFSET(0)] THEN 2 ELSE 0 END FROM UNNEST([IF(__kith_d = 2 AND (SELECT STRING_AGG(__kith_c, '' ORDER BY __kith_c) FROM UNNEST(SPLIT(IF(__kith_d = 2, x3, '-'), '')) AS __kith_c) = (SELECT STRING_AGG(__kith_c, '' ORDER BY __kith_c) FROM UNNEST(SPLIT(IF(__kith_d = 2, y3, '-'), '')) AS __kith_c), 1, __kith_d)]) AS __kith_e) FROM UNNEST([EDIT_DISTANCE(x3, y3, max_distance => 3)]) AS __kith_d))) AS g3, IF((x4 = '' OR y4 = ''), -1, IF(x4 = y4, 4, (SELECT (SELECT CASE WHEN __kith_e <= 1 THEN 3 WHEN __kith_e <= 2 THEN 2 ELSE 0 END FROM UNNEST([IF(__kith_d = 2 AND (SELECT STRING_AGG(__kith_c, '' ORDER BY __kith_c) FROM UNNEST(SPLIT(IF(__kith_d = 2, x4, '-'), '')) AS __kith_c) = (SELECT STRING_AGG(__kith_c, '' ORDER BY __kith_c) FROM UNNEST(SPLIT(IF(__kith_d = 2, y4, '-'), '')) AS __kith_c), 1, __kith_d)]) AS __kith_e) FROM UNNEST([EDIT_DISTANCE(x4, y4, max_distance => 3)]) AS __kith_d))) AS g4)]) AS level
);

-- identity person match random levels (entity person) at models/all.yml:28:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_person_match_random_levels` OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 2 DAY)) AS
SELECT a, b, na, nb, (g0 + 1) * 1 + (g1 + 1) * 6 + (g2 + 1) * 36 + (g3 + 1) * 216 + (g4 + 1) * 1296 AS code,
  LN(IF(g0 = 4, q0, 1)) + LN(IF(g1 = 4, q1, 1)) + LN(IF(g2 = 4, q2, 1)) + LN(IF(g3 = 4, q3, 1)) + LN(IF(g4 = 4, q4, 1)) AS common,
  0.0 + LN(IF(g0 = 4, q0, 1)) + LN(IF(g1 = 4, q1, 1)) + LN(IF(g2 = 4, q2, 1)) + LN(IF(g3 = 4, q3, 1)) AS own
FROM (
  SELECT a, b, na, nb, q0, level.g0 AS g0, q1, level.g1 AS g1, q2, level.g2 AS g2, q3, level.g3 AS g3, q4, level.g4 AS g4
  FROM (
    SELECT a, b, na, nb, q0, x0, IF(crossed, z1, z0) AS y0, q1, x1, IF(crossed, z0, z1) AS y1, q2, x2, z2 AS y2, q3, x3, z3 AS y3, q4, x4, z4 AS y4
    FROM (
      SELECT l.id AS a, r.id AS b, l.node AS na, r.node AS nb, l.f0 AS x0, r.f0 AS z0, GREATEST(l.t0, r.t0) / n.t0 AS q0, l.f1 AS x1, r.f1 AS z1, GREATEST(l.t1, r.t1) / n.t1 AS q1, l.f2 AS x2, r.f2 AS z2, GREATEST(l.t2, r.t2) / n.t2 AS q2, l.f3 AS x3, r.f3 AS z3, GREATEST(l.t3, r.t3) / n.t3 AS q3, l.f4 AS x4, r.f4 AS z4, GREATEST(l.t4, r.t4) / n.t4 AS q4
      FROM (
        SELECT ARRAY_AGG(r IGNORE NULLS LIMIT 1)[SAFE_OFFSET(0)] AS r, ARRAY_AGG(l IGNORE NULLS) AS ls
        FROM (
          SELECT id, STRUCT(id, node, f0, t0, f1, t1, f2, t2, f3, t3, f4, t4) AS r, NULL AS l FROM `kith`.`scratch_run_identity_person_match_records`
          UNION ALL
          SELECT b, NULL, l FROM (
            SELECT ARRAY_AGG(l IGNORE NULLS LIMIT 1)[SAFE_OFFSET(0)] AS l, ARRAY_AGG(b IGNORE NULLS) AS bs
            FROM (
              SELECT id, STRUCT(id, node, f0, t0, f1, t1, f2, t2, f3, t3, f4, t4) AS l, NULL AS b FROM `kith`.`scratch_run_identity_person_match_records`
              UNION ALL
              SELECT a, NULL, b FROM `kith`.`scratch_run_identity_person_match_random`
            ) GROUP BY id
          ), UNNEST(bs) AS b
        ) GROUP BY id
      ), UNNEST(ls) AS l CROSS JOIN (SELECT GREATEST(COUNTIF(f0 != ''), 1) AS t0, GREATEST(COUNTIF(f1 != ''), 1) AS t1, GREATEST(COUNTIF(f2 != ''), 1) AS t2, GREATEST(COUNTIF(f3 != ''), 1) AS t3, GREATEST(COUNTIF(f4 != ''), 1) AS t4 FROM `kith`.`scratch_run_identity_person_match_records`) AS n
    ), UNNEST([(IF((x0 = '' OR z1 = ''), -1, IF(x0 = z1, 4, (SELECT (SELECT CASE WHEN __kith_e * 5 <= GREATEST(CHAR_LENGTH(x0), CHAR_LENGTH(z1)) THEN 3 WHEN __kith_e * 20 <= GREATEST(CHAR_LENGTH(x0), CHAR_LENGTH(z1)) * 7 THEN 2 WHEN __kith_e * 2 <= GREATEST(CHAR_LENGTH(x0), CHAR_LENGTH(z1)) OR STARTS_WITH(x0, z1) OR STARTS_WITH(z1, x0) THEN 1 ELSE 0 END FROM UNNEST([IF(__kith_d = 2 AND (SELECT STRING_AGG(__kith_c, '' ORDER BY __kith_c) FROM UNNEST(SPLIT(IF(__kith_d = 2, x0, '-'), '')) AS __kith_c) = (SELECT STRING_AGG(__kith_c, '' ORDER BY __kith_c) FROM UNNEST(SPLIT(IF(__kith_d = 2, z1, '-'), '')) AS __kith_c), 1, __kith_d)]) AS __kith_e) FROM UNNEST([EDIT_DISTANCE(x0, z1)]) AS __kith_d))) >= 2 AND IF((x1 = '' OR z0 = ''), -1, IF(x1 = z0, 4, (SELECT (SELECT CASE WHEN __kith_e * 5 <= GREATEST(CHAR_LENGTH(x1), CHAR_LENGTH(z0)) THEN 3 WHEN __kith_e * 20 <= GREATEST(CHAR_LENGTH(x1), CHAR_LENGTH(z0)) * 7 THEN 2 WHEN __kith_e * 2 <= GREATEST(CHAR_LENGTH(x1), CHAR_LENGTH(z0)) OR STARTS_WITH(x1, z0) OR STARTS_WITH(z0, x1) THEN 1 ELSE 0 END FROM UNNEST([IF(__kith_d = 2 AND (SELECT STRING_AGG(__kith_c, '' ORDER BY __kith_c) FROM UNNEST(SPLIT(IF(__kith_d = 2, x1, '-'), '')) AS __kith_c) = (SELECT STRING_AGG(__kith_c, '' ORDER BY __kith_c) FROM UNNEST(SPLIT(IF(__kith_d = 2, z0, '-'), '')) AS __kith_c), 1, __kith_d)]) AS __kith_e) FROM UNNEST([EDIT_DISTANCE(x1, z0)]) AS __kith_d))) >= 2 AND IF((x0 = '' OR z1 = ''), -1, IF(x0 = z1, 4, (SELECT (SELECT CASE WHEN __kith_e * 5 <= GREATEST(CHAR_LENGTH(x0), CHAR_LENGTH(z1)) THEN 3 WHEN __kith_e * 20 <= GREATEST(CHAR_LENGTH(x0), CHAR_LENGTH(z1)) * 7 THEN 2 WHEN __kith_e * 2 <= GREATEST(CHAR_LENGTH(x0), CHAR_LENGTH(z1)) OR STARTS_WITH(x0, z1) OR STARTS_WITH(z1, x0) THEN 1 ELSE 0 END FROM UNNEST([IF(__kith_d = 2 AND (SELECT STRING_AGG(__kith_c, '' ORDER BY __kith_c) FROM UNNEST(SPLIT(IF(__kith_d = 2, x0, '-'), '')) AS __kith_c) = (SELECT STRING_AGG(__kith_c, '' ORDER BY __kith_c) FROM UNNEST(SPLIT(IF(__kith_d = 2, z1, '-'), '')) AS __kith_c), 1, __kith_d)]) AS __kith_e) FROM UNNEST([EDIT_DISTANCE(x0, z1)]) AS __kith_d))) + IF((x1 = '' OR z0 = ''), -1, IF(x1 = z0, 4, (SELECT (SELECT CASE WHEN __kith_e * 5 <= GREATEST(CHAR_LENGTH(x1), CHAR_LENGTH(z0)) THEN 3 WHEN __kith_e * 20 <= GREATEST(CHAR_LENGTH(x1), CHAR_LENGTH(z0)) * 7 THEN 2 WHEN __kith_e * 2 <= GREATEST(CHAR_LENGTH(x1), CHAR_LENGTH(z0)) OR STARTS_WITH(x1, z0) OR STARTS_WITH(z0, x1) THEN 1 ELSE 0 END FROM UNNEST([IF(__kith_d = 2 AND (SELECT STRING_AGG(__kith_c, '' ORDER BY __kith_c) FROM UNNEST(SPLIT(IF(__kith_d = 2, x1, '-'), '')) AS __kith_c) = (SELECT STRING_AGG(__kith_c, '' ORDER BY __kith_c) FROM UNNEST(SPLIT(IF(__kith_d = 2, z0, '-'), '')) AS __kith_c), 1, __kith_d)]) AS __kith_e) FROM UNNEST([EDIT_DISTANCE(x1, z0)]) AS __kith_d))) > IF((x0 = '' OR z0 = ''), -1, IF(x0 = z0, 4, (SELECT (SELECT CASE WHEN __kith_e * 5 <= GREATEST(CHAR_LENGTH(x0), CHAR_LENGTH(z0)) THEN 3 WHEN __kith_e * 20 <= GREATEST(CHAR_LENGTH(x0), CHAR_LENGTH(z0)) * 7 THEN 2 WHEN __kith_e * 2 <= GREATEST(CHAR_LENGTH(x0), CHAR_LENGTH(z0)) OR STARTS_WITH(x0, z0) OR STARTS_WITH(z0, x0) THEN 1 ELSE 0 END FROM UNNEST([IF(__kith_d = 2 AND (SELECT STRING_AGG(__kith_c, '' ORDER BY __kith_c) FROM UNNEST(SPLIT(IF(__kith_d = 2, x0, '-'), '')) AS __kith_c) = (SELECT STRING_AGG(__kith_c, '' ORDER BY __kith_c) FROM UNNEST(SPLIT(IF(__kith_d = 2, z0, '-'), '')) AS __kith_c), 1, __kith_d)]) AS __kith_e) FROM UNNEST([EDIT_DISTANCE(x0, z0)]) AS __kith_d))) + IF((x1 = '' OR z1 = ''), -1, IF(x1 = z1, 4, (SELECT (SELECT CASE WHEN __kith_e * 5 <= GREATEST(CHAR_LENGTH(x1), CHAR_LENGTH(z1)) THEN 3 WHEN __kith_e * 20 <= GREATEST(CHAR_LENGTH(x1), CHAR_LENGTH(z1)) * 7 THEN 2 WHEN __kith_e * 2 <= GREATEST(CHAR_LENGTH(x1), CHAR_LENGTH(z1)) OR STARTS_WITH(x1, z1) OR STARTS_WITH(z1, x1) THEN 1 ELSE 0 END FROM UNNEST([IF(__kith_d = 2 AND (SELECT STRING_AGG(__kith_c, '' ORDER BY __kith_c) FROM UNNEST(SPLIT(IF(__kith_d = 2, x1, '-'), '')) AS __kith_c) = (SELECT STRING_AGG(__kith_c, '' ORDER BY __kith_c) FROM UNNEST(SPLIT(IF(__kith_d = 2, z1, '-'), '')) AS __kith_c), 1, __kith_d)]) AS __kith_e) FROM UNNEST([EDIT_DISTANCE(x1, z1)]) AS __kith_d))))]) AS crossed
  ), UNNEST([STRUCT(IF((x0 = '' OR y0 = ''), -1, IF(x0 = y0, 4, (SELECT (SELECT CASE WHEN __kith_e * 5 <= GREATEST(CHAR_LENGTH(x0), CHAR_LENGTH(y0)) THEN 3 WHEN __kith_e * 20 <= GREATEST(CHAR_LENGTH(x0), CHAR_LENGTH(y0)) * 7 THEN 2 WHEN __kith_e * 2 <= GREATEST(CHAR_LENGTH(x0), CHAR_LENGTH(y0)) OR STARTS_WITH(x0, y0) OR STARTS_WITH(y0, x0) THEN 1 ELSE 0 END FROM UNNEST([IF(__kith_d = 2 AND (SELECT STRING_AGG(__kith_c, '' ORDER BY __kith_c) FROM UNNEST(SPLIT(IF(__kith_d = 2, x0, '-'), '')) AS __kith_c) = (SELECT STRING_AGG(__kith_c, '' ORDER BY __kith_c) FROM UNNEST(SPLIT(IF(__kith_d = 2, y0, '-'), '')) AS __kith_c), 1, __kith_d)]) AS __kith_e) FROM UNNEST([EDIT_DISTANCE(x0, y0)]) AS __kith_d))) AS g0, IF((x1 = '' OR y1 = ''), -1, IF(x1 = y1, 4, (SELECT (SELECT CASE WHEN __kith_e * 5 <= GREATEST(CHAR_LENGTH(x1), CHAR_LENGTH(y1)) THEN 3 WHEN __kith_e * 20 <= GREATEST(CHAR_LENGTH(x1), CHAR_LENGTH(y1)) * 7 THEN 2 WHEN __kith_e * 2 <= GREATEST(CHAR_LENGTH(x1), CHAR_LENGTH(y1)) OR STARTS_WITH(x1, y1) OR STARTS_WITH(y1, x1) THEN 1 ELSE 0 END FROM UNNEST([IF(__kith_d = 2 AND (SELECT STRING_AGG(__kith_c, '' ORDER BY __kith_c) FROM UNNEST(SPLIT(IF(__kith_d = 2, x1, '-'), '')) AS __kith_c) = (SELECT STRING_AGG(__kith_c, '' ORDER BY __kith_c) FROM UNNEST(SPLIT(IF(__kith_d = 2, y1, '-'), '')) AS __kith_c), 1, __kith_d)]) AS __kith_e) FROM UNNEST([EDIT_DISTANCE(x1, y1)]) AS __kith_d))) AS g1, IF((x2 = '' OR y2 = ''), -1, IF(x2 = y2, 4, (SELECT (SELECT CASE WHEN __kith_e <= 1 THEN 3 WHEN __kith_e <= 2 OR LENGTH(x2) = 8 AND LENGTH(y2) = 8 AND ((IF(SUBSTR(x2, 1, 4) = SUBSTR(y2, 1, 4), 1, 0) + IF(SUBSTR(x2, 5, 2) = SUBSTR(y2, 5, 2), 1, 0) + IF(SUBSTR(x2, 7, 2) = SUBSTR(y2, 7, 2), 1, 0)) = 2 OR SUBSTR(x2, 1, 4) = SUBSTR(y2, 1, 4) AND SUBSTR(x2, 5, 2) = SUBSTR(y2, 7, 2) AND SUBSTR(x2, 7, 2) = SUBSTR(y2, 5, 2)) THEN 2 WHEN LENGTH(x2) = 8 AND LENGTH(y2) = 8 AND (IF(SUBSTR(x2, 1, 4) = SUBSTR(y2, 1, 4), 1, 0) + IF(SUBSTR(x2, 5, 2) = SUBSTR(y2, 5, 2), 1, 0) + IF(SUBSTR(x2, 7, 2) = SUBSTR(y2, 7, 2), 1, 0)) = 1 THEN 1 ELSE 0 END FROM UNNEST([IF(__kith_d = 2 AND (SELECT STRING_AGG(__kith_c, '' ORDER BY __kith_c) FROM UNNEST(SPLIT(IF(__kith_d = 2, x2, '-'), '')) AS __kith_c) = (SELECT STRING_AGG(__kith_c, '' ORDER BY __kith_c) FROM UNNEST(SPLIT(IF(__kith_d = 2, y2, '-'), '')) AS __kith_c), 1, __kith_d)]) AS __kith_e) FROM UNNEST([EDIT_DISTANCE(x2, y2, max_distance => 3)]) AS __kith_d))) AS g2, IF((x3 = '' OR y3 = ''), -1, IF(x3 = y3, 4, (SELECT (SELECT CASE WHEN __kith_e <= 2 THEN 3 WHEN SPLIT(x3, '@')[SAFE_OFFSET(0)] = SPLIT(y3, '@')[SAFE_OFFSET(0)] THEN 2 ELSE 0 END FROM UNNEST([IF(__kith_d = 2 AND (SELECT STRING_AGG(__kith_c, '' ORDER BY __kith_c) FROM UNNEST(SPLIT(IF(__kith_d = 2, x3, '-'), '')) AS __kith_c) = (SELECT STRING_AGG(__kith_c, '' ORDER BY __kith_c) FROM UNNEST(SPLIT(IF(__kith_d = 2, y3, '-'), '')) AS __kith_c), 1, __kith_d)]) AS __kith_e) FROM UNNEST([EDIT_DISTANCE(x3, y3, max_distance => 3)]) AS __kith_d))) AS g3, IF((x4 = '' OR y4 = ''), -1, IF(x4 = y4, 4, (SELECT (SELECT CASE WHEN __kith_e <= 1 THEN 3 WHEN __kith_e <= 2 THEN 2 ELSE 0 END FROM UNNEST([IF(__kith_d = 2 AND (SELECT STRING_AGG(__kith_c, '' ORDER BY __kith_c) FROM UNNEST(SPLIT(IF(__kith_d = 2, x4, '-'), '')) AS __kith_c) = (SELECT STRING_AGG(__kith_c, '' ORDER BY __kith_c) FROM UNNEST(SPLIT(IF(__kith_d = 2, y4, '-'), '')) AS __kith_c), 1, __kith_d)]) AS __kith_e) FROM UNNEST([EDIT_DISTANCE(x4, y4, max_distance => 3)]) AS __kith_d))) AS g4)]) AS level
);

-- identity person match histogram (entity person) at models/all.yml:28:11
SELECT code, COUNT(*) FROM `kith`.`scratch_run_identity_person_match_levels` GROUP BY code ORDER BY code;

-- identity person match random histogram (entity person) at models/all.yml:28:11
SELECT code, COUNT(*) FROM `kith`.`scratch_run_identity_person_match_random_levels` GROUP BY code ORDER BY code;

-- identity person match weights (entity person) at models/all.yml:28:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_person_match_weights` (code INT64, m FLOAT64, u FLOAT64, h FLOAT64) OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 2 DAY));

-- identity person match weight count (entity person) at models/all.yml:28:11
SELECT COUNT(*) FROM `kith`.`scratch_run_identity_person_match_weights`;

-- identity person match scores (entity person) at models/all.yml:28:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_person_match_scored` OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 2 DAY)) AS
SELECT a, b, best.p AS probability, best.x AS ra, best.y AS rb
FROM (
  SELECT a, b, ARRAY_AGG(STRUCT(p, x, y) ORDER BY p DESC, x DESC, y DESC LIMIT 1)[OFFSET(0)] AS best
  FROM (
    SELECT LEAST(l.na, l.nb) AS a, GREATEST(l.na, l.nb) AS b, IF(l.na < l.nb, l.a, l.b) AS x, IF(l.na < l.nb, l.b, l.a) AS y,
      1 / (1 + EXP(LEAST(w.u + l.common - w.m, 700)) + EXP(LEAST(w.h + l.own - w.m, 700))) AS p
    FROM `kith`.`scratch_run_identity_person_match_levels` AS l JOIN `kith`.`scratch_run_identity_person_match_weights` AS w ON l.code = w.code
    WHERE l.na != l.nb
  ) WHERE p >= 0.9 GROUP BY a, b
);

-- identity person hook 1 (entity person) at models/all.yml:28:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_person_match_exact_p1` OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 2 DAY)) AS
SELECT a AS v, MAX(b) AS l FROM `kith`.`identity_person_edges_build` GROUP BY a;

-- identity person depth 1 (entity person) at models/all.yml:28:11
SELECT COUNT(*), COUNTIF(g.v IS NOT NULL)
FROM (SELECT l FROM `kith`.`scratch_run_identity_person_match_exact_p1` WHERE MOD(l, 64) = 0) AS p LEFT JOIN (SELECT v FROM `kith`.`scratch_run_identity_person_match_exact_p1` WHERE MOD(v, 64) = 0) AS g ON p.l = g.v;

-- identity person jump 1 (entity person) at models/all.yml:28:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_person_match_exact_q1` OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 2 DAY)) AS
SELECT p.v AS v, IFNULL(g.l, p.l) AS l FROM `kith`.`scratch_run_identity_person_match_exact_p1` AS p LEFT JOIN `kith`.`scratch_run_identity_person_match_exact_p1` AS g ON p.l = g.v;

-- identity person lift 1 (entity person) at models/all.yml:28:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_person_match_exact_e1` OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 2 DAY)) AS
SELECT LEAST(x, y) AS a, GREATEST(x, y) AS b
FROM (
  SELECT IFNULL(s.l, e.a) AS x, IFNULL(t.l, e.b) AS y
  FROM `kith`.`identity_person_edges_build` AS e LEFT JOIN `kith`.`scratch_run_identity_person_match_exact_q1` AS s ON e.a = s.v LEFT JOIN `kith`.`scratch_run_identity_person_match_exact_q1` AS t ON e.b = t.v
) WHERE x != y GROUP BY a, b;

-- identity person live edges 2 (entity person) at models/all.yml:28:11
SELECT COUNT(*) FROM `kith`.`scratch_run_identity_person_match_exact_e1`;

-- identity person hook 2 (entity person) at models/all.yml:28:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_person_match_exact_p2` OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 2 DAY)) AS
SELECT IF(ha < hb, b, a) AS v, ARRAY_AGG(IF(ha < hb, a, b) ORDER BY LEAST(ha, hb) LIMIT 1)[OFFSET(0)] AS l
FROM (SELECT a, b, FARM_FINGERPRINT(CONCAT('4354685564936845354', CAST(a AS STRING))) AS ha, FARM_FINGERPRINT(CONCAT('4354685564936845354', CAST(b AS STRING))) AS hb FROM `kith`.`scratch_run_identity_person_match_exact_e1`) GROUP BY v;

-- identity person lift 2 (entity person) at models/all.yml:28:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_person_match_exact_e2` OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 2 DAY)) AS
SELECT LEAST(x, y) AS a, GREATEST(x, y) AS b
FROM (
  SELECT IFNULL(s.l, e.a) AS x, IFNULL(t.l, e.b) AS y
  FROM `kith`.`scratch_run_identity_person_match_exact_e1` AS e LEFT JOIN `kith`.`scratch_run_identity_person_match_exact_p2` AS s ON e.a = s.v LEFT JOIN `kith`.`scratch_run_identity_person_match_exact_p2` AS t ON e.b = t.v
) WHERE x != y GROUP BY a, b;

-- identity person live edges 3 (entity person) at models/all.yml:28:11
SELECT COUNT(*) FROM `kith`.`scratch_run_identity_person_match_exact_e2`;

-- identity person fetch 3 (entity person) at models/all.yml:28:11
SELECT a, b FROM `kith`.`scratch_run_identity_person_match_exact_e2`;

-- identity person finish 3 (entity person) at models/all.yml:28:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_person_match_exact_q3` (v INT64, l INT64) OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 2 DAY));

-- identity person compose 2 (entity person) at models/all.yml:28:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_person_match_exact_m2` OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 2 DAY)) AS
SELECT q.v AS v, IFNULL(m.l, q.l) AS l FROM `kith`.`scratch_run_identity_person_match_exact_p2` AS q LEFT JOIN `kith`.`scratch_run_identity_person_match_exact_q3` AS m ON q.l = m.v
UNION ALL
SELECT v, l FROM `kith`.`scratch_run_identity_person_match_exact_q3` WHERE v NOT IN (SELECT v FROM `kith`.`scratch_run_identity_person_match_exact_p2`);

-- identity person match nodes (entity person) at models/all.yml:28:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_person_match_nodes` OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 2 DAY)) AS
SELECT node, type, label AS part FROM (
  SELECT s.*, IFNULL(m.l, s.hooked) AS label
  FROM (SELECT n.*, IFNULL(q.l, n.node) AS hooked FROM `kith`.`scratch_run_identity_person_nodes` AS n LEFT JOIN `kith`.`scratch_run_identity_person_match_exact_q1` AS q ON n.node = q.v) AS s
  LEFT JOIN `kith`.`scratch_run_identity_person_match_exact_m2` AS m ON s.hooked = m.v
);

-- identity person match links (entity person) at models/all.yml:28:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_person_match_links` OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 2 DAY)) AS
SELECT s.a AS a, s.b AS b, s.probability AS probability, s.decided AS decided, LEAST(x.part, y.part) AS la, GREATEST(x.part, y.part) AS lb
FROM (
  SELECT p.a AS a, p.b AS b, p.probability AS probability, 0 AS decided FROM `kith`.`scratch_run_identity_person_match_scored` AS p
  WHERE p.probability >= 0.99 AND NOT EXISTS (SELECT 1 FROM (
  SELECT a, b, decision FROM (
    SELECT a, b, ARRAY_AGG(decision ORDER BY `at` DESC LIMIT 1)[OFFSET(0)] AS decision FROM `kith`.`match_decisions` WHERE entity = 'person' GROUP BY a, b
  ) WHERE decision != 'undecided'
) AS d WHERE d.a = p.a AND d.b = p.b)
  UNION ALL
  SELECT a, b, 1.0 AS probability, 1 AS decided FROM (
  SELECT a, b, decision FROM (
    SELECT a, b, ARRAY_AGG(decision ORDER BY `at` DESC LIMIT 1)[OFFSET(0)] AS decision FROM `kith`.`match_decisions` WHERE entity = 'person' GROUP BY a, b
  ) WHERE decision != 'undecided'
) WHERE decision = 'accepted'
) AS s JOIN `kith`.`scratch_run_identity_person_match_nodes` AS x ON s.a = x.node JOIN `kith`.`scratch_run_identity_person_match_nodes` AS y ON s.b = y.node
WHERE x.part != y.part;

-- identity person match link count (entity person) at models/all.yml:28:11
SELECT COUNT(*) FROM `kith`.`scratch_run_identity_person_match_links`;

-- identity person match joined (entity person) at models/all.yml:28:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_person_match_joined` OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 2 DAY)) AS
SELECT la AS a, lb AS b FROM `kith`.`scratch_run_identity_person_match_links` GROUP BY a, b;

-- identity person match parts (entity person) at models/all.yml:28:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_person_match_parts` OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 2 DAY)) AS
SELECT part AS node, COUNT(*) AS size, COUNTIF(type = 0) AS c0, COUNTIF(type = 1) AS c1
FROM `kith`.`scratch_run_identity_person_match_nodes` WHERE part IN (SELECT la FROM `kith`.`scratch_run_identity_person_match_links` UNION ALL SELECT lb FROM `kith`.`scratch_run_identity_person_match_links`)
GROUP BY part;

-- identity person hook 1 (entity person) at models/all.yml:28:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_person_match_joined_p1` OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 2 DAY)) AS
SELECT a AS v, MAX(b) AS l FROM `kith`.`scratch_run_identity_person_match_joined` GROUP BY a;

-- identity person depth 1 (entity person) at models/all.yml:28:11
SELECT COUNT(*), COUNTIF(g.v IS NOT NULL)
FROM (SELECT l FROM `kith`.`scratch_run_identity_person_match_joined_p1` WHERE MOD(l, 64) = 0) AS p LEFT JOIN (SELECT v FROM `kith`.`scratch_run_identity_person_match_joined_p1` WHERE MOD(v, 64) = 0) AS g ON p.l = g.v;

-- identity person jump 1 (entity person) at models/all.yml:28:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_person_match_joined_q1` OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 2 DAY)) AS
SELECT p.v AS v, IFNULL(g.l, p.l) AS l FROM `kith`.`scratch_run_identity_person_match_joined_p1` AS p LEFT JOIN `kith`.`scratch_run_identity_person_match_joined_p1` AS g ON p.l = g.v;

-- identity person lift 1 (entity person) at models/all.yml:28:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_person_match_joined_e1` OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 2 DAY)) AS
SELECT LEAST(x, y) AS a, GREATEST(x, y) AS b
FROM (
  SELECT IFNULL(s.l, e.a) AS x, IFNULL(t.l, e.b) AS y
  FROM `kith`.`scratch_run_identity_person_match_joined` AS e LEFT JOIN `kith`.`scratch_run_identity_person_match_joined_q1` AS s ON e.a = s.v LEFT JOIN `kith`.`scratch_run_identity_person_match_joined_q1` AS t ON e.b = t.v
) WHERE x != y GROUP BY a, b;

-- identity person live edges 2 (entity person) at models/all.yml:28:11
SELECT COUNT(*) FROM `kith`.`scratch_run_identity_person_match_joined_e1`;

-- identity person hook 2 (entity person) at models/all.yml:28:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_person_match_joined_p2` OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 2 DAY)) AS
SELECT IF(ha < hb, b, a) AS v, ARRAY_AGG(IF(ha < hb, a, b) ORDER BY LEAST(ha, hb) LIMIT 1)[OFFSET(0)] AS l
FROM (SELECT a, b, FARM_FINGERPRINT(CONCAT('4354685564936845354', CAST(a AS STRING))) AS ha, FARM_FINGERPRINT(CONCAT('4354685564936845354', CAST(b AS STRING))) AS hb FROM `kith`.`scratch_run_identity_person_match_joined_e1`) GROUP BY v;

-- identity person lift 2 (entity person) at models/all.yml:28:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_person_match_joined_e2` OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 2 DAY)) AS
SELECT LEAST(x, y) AS a, GREATEST(x, y) AS b
FROM (
  SELECT IFNULL(s.l, e.a) AS x, IFNULL(t.l, e.b) AS y
  FROM `kith`.`scratch_run_identity_person_match_joined_e1` AS e LEFT JOIN `kith`.`scratch_run_identity_person_match_joined_p2` AS s ON e.a = s.v LEFT JOIN `kith`.`scratch_run_identity_person_match_joined_p2` AS t ON e.b = t.v
) WHERE x != y GROUP BY a, b;

-- identity person live edges 3 (entity person) at models/all.yml:28:11
SELECT COUNT(*) FROM `kith`.`scratch_run_identity_person_match_joined_e2`;

-- identity person fetch 3 (entity person) at models/all.yml:28:11
SELECT a, b FROM `kith`.`scratch_run_identity_person_match_joined_e2`;

-- identity person finish 3 (entity person) at models/all.yml:28:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_person_match_joined_q3` (v INT64, l INT64) OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 2 DAY));

-- identity person compose 2 (entity person) at models/all.yml:28:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_person_match_joined_m2` OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 2 DAY)) AS
SELECT q.v AS v, IFNULL(m.l, q.l) AS l FROM `kith`.`scratch_run_identity_person_match_joined_p2` AS q LEFT JOIN `kith`.`scratch_run_identity_person_match_joined_q3` AS m ON q.l = m.v
UNION ALL
SELECT v, l FROM `kith`.`scratch_run_identity_person_match_joined_q3` WHERE v NOT IN (SELECT v FROM `kith`.`scratch_run_identity_person_match_joined_p2`);

-- identity person match groups (entity person) at models/all.yml:28:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_person_match_groups` OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 2 DAY)) AS
SELECT node, size, c0, c1, label AS part FROM (
  SELECT s.*, IFNULL(m.l, s.hooked) AS label
  FROM (SELECT n.*, IFNULL(q.l, n.node) AS hooked FROM `kith`.`scratch_run_identity_person_match_parts` AS n LEFT JOIN `kith`.`scratch_run_identity_person_match_joined_q1` AS q ON n.node = q.v) AS s
  LEFT JOIN `kith`.`scratch_run_identity_person_match_joined_m2` AS m ON s.hooked = m.v
);

-- identity person match over (entity person) at models/all.yml:28:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_person_match_over` OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 2 DAY)) AS
SELECT part FROM `kith`.`scratch_run_identity_person_match_groups` GROUP BY part
HAVING SUM(size) > 500 OR SUM(c0) > 1 OR SUM(c1) > 5
UNION DISTINCT
SELECT x.part AS part FROM (
  SELECT x.part AS la, y.part AS lb
  FROM (
  SELECT a, b, decision FROM (
    SELECT a, b, ARRAY_AGG(decision ORDER BY `at` DESC LIMIT 1)[OFFSET(0)] AS decision FROM `kith`.`match_decisions` WHERE entity = 'person' GROUP BY a, b
  ) WHERE decision != 'undecided'
) AS d JOIN `kith`.`scratch_run_identity_person_match_nodes` AS x ON d.a = x.node JOIN `kith`.`scratch_run_identity_person_match_nodes` AS y ON d.b = y.node
  WHERE d.decision = 'refused' AND x.part != y.part
) AS d JOIN `kith`.`scratch_run_identity_person_match_groups` AS x ON d.la = x.node JOIN `kith`.`scratch_run_identity_person_match_groups` AS y ON d.lb = y.node
WHERE x.part = y.part;

-- identity person match held (entity person) at models/all.yml:28:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_person_match_held` (a INT64, b INT64, why STRING) OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 2 DAY));

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
  SELECT a, b, decision FROM (
    SELECT a, b, ARRAY_AGG(decision ORDER BY `at` DESC LIMIT 1)[OFFSET(0)] AS decision FROM `kith`.`match_decisions` WHERE entity = 'person' GROUP BY a, b
  ) WHERE decision != 'undecided'
) AS d JOIN `kith`.`scratch_run_identity_person_match_nodes` AS x ON d.a = x.node JOIN `kith`.`scratch_run_identity_person_match_nodes` AS y ON d.b = y.node
  WHERE d.decision = 'refused' AND x.part != y.part
)
WHERE la IN (SELECT node FROM `kith`.`scratch_run_identity_person_match_groups` WHERE part IN (SELECT part FROM `kith`.`scratch_run_identity_person_match_over`));

-- identity person match held count (entity person) at models/all.yml:28:11
SELECT COUNT(*) FROM `kith`.`scratch_run_identity_person_match_held`;

-- identity person match edges (entity person) at models/all.yml:28:11
INSERT INTO `kith`.`identity_person_edges_build` (a, b, ta, tb, source, bucket, first_seen, last_seen, n)
SELECT s.a, s.b, x.type, y.type, IF(s.decided = 1, '(decision)', '(match)'), 0, GREATEST(x.first_seen, y.first_seen), LEAST(x.last_seen, y.last_seen), 0
FROM (SELECT l.a AS a, l.b AS b, l.decided AS decided FROM `kith`.`scratch_run_identity_person_match_links` AS l WHERE NOT EXISTS (SELECT 1 FROM `kith`.`scratch_run_identity_person_match_held` AS h WHERE h.a = l.a AND h.b = l.b)) AS s
JOIN `kith`.`scratch_run_identity_person_nodes` AS x ON s.a = x.node JOIN `kith`.`scratch_run_identity_person_nodes` AS y ON s.b = y.node;

-- identity person hook 1 (entity person) at models/all.yml:28:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_person_p1` OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 2 DAY)) AS
SELECT a AS v, MAX(b) AS l FROM `kith`.`identity_person_edges_build` GROUP BY a;

-- identity person depth 1 (entity person) at models/all.yml:28:11
SELECT COUNT(*), COUNTIF(g.v IS NOT NULL)
FROM (SELECT l FROM `kith`.`scratch_run_identity_person_p1` WHERE MOD(l, 64) = 0) AS p LEFT JOIN (SELECT v FROM `kith`.`scratch_run_identity_person_p1` WHERE MOD(v, 64) = 0) AS g ON p.l = g.v;

-- identity person jump 1 (entity person) at models/all.yml:28:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_person_q1` OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 2 DAY)) AS
SELECT p.v AS v, IFNULL(g.l, p.l) AS l FROM `kith`.`scratch_run_identity_person_p1` AS p LEFT JOIN `kith`.`scratch_run_identity_person_p1` AS g ON p.l = g.v;

-- identity person lift 1 (entity person) at models/all.yml:28:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_person_e1` OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 2 DAY)) AS
SELECT LEAST(x, y) AS a, GREATEST(x, y) AS b
FROM (
  SELECT IFNULL(s.l, e.a) AS x, IFNULL(t.l, e.b) AS y
  FROM `kith`.`identity_person_edges_build` AS e LEFT JOIN `kith`.`scratch_run_identity_person_q1` AS s ON e.a = s.v LEFT JOIN `kith`.`scratch_run_identity_person_q1` AS t ON e.b = t.v
) WHERE x != y GROUP BY a, b;

-- identity person live edges 2 (entity person) at models/all.yml:28:11
SELECT COUNT(*) FROM `kith`.`scratch_run_identity_person_e1`;

-- identity person hook 2 (entity person) at models/all.yml:28:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_person_p2` OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 2 DAY)) AS
SELECT IF(ha < hb, b, a) AS v, ARRAY_AGG(IF(ha < hb, a, b) ORDER BY LEAST(ha, hb) LIMIT 1)[OFFSET(0)] AS l
FROM (SELECT a, b, FARM_FINGERPRINT(CONCAT('4354685564936845354', CAST(a AS STRING))) AS ha, FARM_FINGERPRINT(CONCAT('4354685564936845354', CAST(b AS STRING))) AS hb FROM `kith`.`scratch_run_identity_person_e1`) GROUP BY v;

-- identity person lift 2 (entity person) at models/all.yml:28:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_person_e2` OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 2 DAY)) AS
SELECT LEAST(x, y) AS a, GREATEST(x, y) AS b
FROM (
  SELECT IFNULL(s.l, e.a) AS x, IFNULL(t.l, e.b) AS y
  FROM `kith`.`scratch_run_identity_person_e1` AS e LEFT JOIN `kith`.`scratch_run_identity_person_p2` AS s ON e.a = s.v LEFT JOIN `kith`.`scratch_run_identity_person_p2` AS t ON e.b = t.v
) WHERE x != y GROUP BY a, b;

-- identity person live edges 3 (entity person) at models/all.yml:28:11
SELECT COUNT(*) FROM `kith`.`scratch_run_identity_person_e2`;

-- identity person fetch 3 (entity person) at models/all.yml:28:11
SELECT a, b FROM `kith`.`scratch_run_identity_person_e2`;

-- identity person finish 3 (entity person) at models/all.yml:28:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_person_q3` (v INT64, l INT64) OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 2 DAY));

-- identity person compose 2 (entity person) at models/all.yml:28:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_person_m2` OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 2 DAY)) AS
SELECT q.v AS v, IFNULL(m.l, q.l) AS l FROM `kith`.`scratch_run_identity_person_p2` AS q LEFT JOIN `kith`.`scratch_run_identity_person_q3` AS m ON q.l = m.v
UNION ALL
SELECT v, l FROM `kith`.`scratch_run_identity_person_q3` WHERE v NOT IN (SELECT v FROM `kith`.`scratch_run_identity_person_p2`);

-- identity person components (entity person) at models/all.yml:28:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_person_found` OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 2 DAY)) AS
SELECT node, type, value, first_seen, last_seen, n, label AS part FROM (
  SELECT s.*, IFNULL(m.l, s.hooked) AS label
  FROM (SELECT n.*, IFNULL(q.l, n.node) AS hooked FROM `kith`.`scratch_run_identity_person_nodes` AS n LEFT JOIN `kith`.`scratch_run_identity_person_q1` AS q ON n.node = q.v) AS s
  LEFT JOIN `kith`.`scratch_run_identity_person_m2` AS m ON s.hooked = m.v
);

-- identity person anchors (entity person) at models/all.yml:28:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_person_parts` OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 2 DAY)) AS
SELECT part, ARRAY_AGG(node ORDER BY first_seen, type, value LIMIT 1)[OFFSET(0)] AS anchor, MIN(CONCAT(LPAD(CAST(UNIX_MICROS(first_seen) + 62135596800000000 AS STRING), 18, '0'), LPAD(CAST(type AS STRING), 3, '0'), value)) AS first, COUNT(*) AS identifiers, ARRAY_AGG(node LIMIT 2147483647) AS nodes, COUNTIF(type = 0) > 1 OR COUNTIF(type = 1) > 5 AS over_max
FROM `kith`.`scratch_run_identity_person_found` GROUP BY part;

-- identity person guards (entity person) at models/all.yml:28:11
SELECT COUNTIF(over_max), COUNTIF(NOT over_max AND identifiers > 2147483647) FROM `kith`.`scratch_run_identity_person_parts`;

-- identity person rejected links (entity person) at models/all.yml:28:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_person_rejected` (a INT64, b INT64, why INT64) OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 2 DAY));

-- identity person shared (entity person) at models/all.yml:28:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_person_shared` (node INT64) OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 2 DAY));

-- identity person split nodes (entity person) at models/all.yml:28:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_person_split_nodes_0` OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 2 DAY)) AS
SELECT node, type, last_seen, n, part AS whole, part FROM `kith`.`scratch_run_identity_person_found` WHERE part IN (SELECT part FROM `kith`.`scratch_run_identity_person_parts` WHERE over_max);

-- identity person split edges (entity person) at models/all.yml:28:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_person_split_edges_0` OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 2 DAY)) AS
SELECT a, b, MAX(last_seen) AS last_seen, SUM(n) AS n FROM `kith`.`identity_person_edges_build` WHERE a IN (SELECT node FROM `kith`.`scratch_run_identity_person_split_nodes_0`) GROUP BY a, b;

-- identity person over handle (entity person) at models/all.yml:28:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_person_split_over_handle` OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 2 DAY)) AS
SELECT part FROM `kith`.`scratch_run_identity_person_split_nodes_0` GROUP BY part HAVING COUNTIF(type = 0) > 1;

-- identity person count over handle (entity person) at models/all.yml:28:11
SELECT COUNT(*) FROM `kith`.`scratch_run_identity_person_split_over_handle`;

-- identity person seeds handle (entity person) at models/all.yml:28:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_person_split_seeds_0` OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 2 DAY)) AS
SELECT node, IF(place <= 1, best, node) AS label, 0 AS hop
FROM (
  SELECT node, ROW_NUMBER() OVER (PARTITION BY part ORDER BY n DESC, last_seen DESC, node) AS place,
    FIRST_VALUE(node) OVER (PARTITION BY part ORDER BY n DESC, last_seen DESC, node) AS best
  FROM `kith`.`scratch_run_identity_person_split_nodes_0` WHERE type = 0 AND part IN (SELECT part FROM `kith`.`scratch_run_identity_person_split_over_handle`)
);

-- identity person hop 1 (entity person) at models/all.yml:28:11
INSERT INTO `kith`.`scratch_run_identity_person_split_seeds_0` (node, label, hop)
SELECT node, ARRAY_AGG(label ORDER BY n DESC, last_seen DESC, label LIMIT 1)[OFFSET(0)], 1
FROM (
  SELECT e.y AS node, s.label AS label, SUM(e.n) AS n, MAX(e.last_seen) AS last_seen
  FROM (SELECT a AS x, b AS y, n, last_seen FROM `kith`.`scratch_run_identity_person_split_edges_0` UNION ALL SELECT b AS x, a AS y, n, last_seen FROM `kith`.`scratch_run_identity_person_split_edges_0`) AS e
  JOIN (SELECT node, label FROM `kith`.`scratch_run_identity_person_split_seeds_0` WHERE hop = 1 - 1) AS s ON e.x = s.node
  WHERE e.y NOT IN (SELECT node FROM `kith`.`scratch_run_identity_person_split_seeds_0`)
  GROUP BY node, label
) GROUP BY node;

-- identity person count hop 1 (entity person) at models/all.yml:28:11
SELECT COUNT(*) FROM `kith`.`scratch_run_identity_person_split_seeds_0` WHERE hop = 1;

-- identity person free links handle (entity person) at models/all.yml:28:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_person_split_free_0` OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 2 DAY)) AS
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
GROUP BY e.x HAVING COUNT(DISTINCT s.label) > 1;

-- identity person count shared (entity person) at models/all.yml:28:11
SELECT COUNT(*) FROM `kith`.`scratch_run_identity_person_shared`;

-- identity person reject shared handle (entity person) at models/all.yml:28:11
INSERT INTO `kith`.`scratch_run_identity_person_rejected` (a, b, why)
SELECT a, b, 3 FROM `kith`.`scratch_run_identity_person_split_edges_0` WHERE a IN (SELECT node FROM `kith`.`scratch_run_identity_person_shared`) OR b IN (SELECT node FROM `kith`.`scratch_run_identity_person_shared`);

-- identity person reject (entity person) at models/all.yml:28:11
INSERT INTO `kith`.`scratch_run_identity_person_rejected` (a, b, why)
SELECT e.a, e.b, 1
FROM `kith`.`scratch_run_identity_person_split_edges_0` AS e LEFT JOIN `kith`.`scratch_run_identity_person_split_seeds_0` AS s ON e.a = s.node LEFT JOIN `kith`.`scratch_run_identity_person_split_seeds_0` AS t ON e.b = t.node
WHERE IFNULL(s.label, 0) != IFNULL(t.label, 0);

-- identity person links left (entity person) at models/all.yml:28:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_person_split_edges_1` OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 2 DAY)) AS
SELECT e.* FROM `kith`.`scratch_run_identity_person_split_edges_0` AS e WHERE NOT EXISTS (SELECT 1 FROM `kith`.`scratch_run_identity_person_rejected` AS r WHERE r.a = e.a AND r.b = e.b);

-- identity person hook 1 (entity person) at models/all.yml:28:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_person_split_0_p1` OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 2 DAY)) AS
SELECT a AS v, MAX(b) AS l FROM `kith`.`scratch_run_identity_person_split_edges_1` GROUP BY a;

-- identity person depth 1 (entity person) at models/all.yml:28:11
SELECT COUNT(*), COUNTIF(g.v IS NOT NULL)
FROM (SELECT l FROM `kith`.`scratch_run_identity_person_split_0_p1` WHERE MOD(l, 64) = 0) AS p LEFT JOIN (SELECT v FROM `kith`.`scratch_run_identity_person_split_0_p1` WHERE MOD(v, 64) = 0) AS g ON p.l = g.v;

-- identity person jump 1 (entity person) at models/all.yml:28:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_person_split_0_q1` OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 2 DAY)) AS
SELECT p.v AS v, IFNULL(g.l, p.l) AS l FROM `kith`.`scratch_run_identity_person_split_0_p1` AS p LEFT JOIN `kith`.`scratch_run_identity_person_split_0_p1` AS g ON p.l = g.v;

-- identity person lift 1 (entity person) at models/all.yml:28:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_person_split_0_e1` OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 2 DAY)) AS
SELECT LEAST(x, y) AS a, GREATEST(x, y) AS b
FROM (
  SELECT IFNULL(s.l, e.a) AS x, IFNULL(t.l, e.b) AS y
  FROM `kith`.`scratch_run_identity_person_split_edges_1` AS e LEFT JOIN `kith`.`scratch_run_identity_person_split_0_q1` AS s ON e.a = s.v LEFT JOIN `kith`.`scratch_run_identity_person_split_0_q1` AS t ON e.b = t.v
) WHERE x != y GROUP BY a, b;

-- identity person live edges 2 (entity person) at models/all.yml:28:11
SELECT COUNT(*) FROM `kith`.`scratch_run_identity_person_split_0_e1`;

-- identity person hook 2 (entity person) at models/all.yml:28:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_person_split_0_p2` OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 2 DAY)) AS
SELECT IF(ha < hb, b, a) AS v, ARRAY_AGG(IF(ha < hb, a, b) ORDER BY LEAST(ha, hb) LIMIT 1)[OFFSET(0)] AS l
FROM (SELECT a, b, FARM_FINGERPRINT(CONCAT('4354685564936845354', CAST(a AS STRING))) AS ha, FARM_FINGERPRINT(CONCAT('4354685564936845354', CAST(b AS STRING))) AS hb FROM `kith`.`scratch_run_identity_person_split_0_e1`) GROUP BY v;

-- identity person lift 2 (entity person) at models/all.yml:28:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_person_split_0_e2` OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 2 DAY)) AS
SELECT LEAST(x, y) AS a, GREATEST(x, y) AS b
FROM (
  SELECT IFNULL(s.l, e.a) AS x, IFNULL(t.l, e.b) AS y
  FROM `kith`.`scratch_run_identity_person_split_0_e1` AS e LEFT JOIN `kith`.`scratch_run_identity_person_split_0_p2` AS s ON e.a = s.v LEFT JOIN `kith`.`scratch_run_identity_person_split_0_p2` AS t ON e.b = t.v
) WHERE x != y GROUP BY a, b;

-- identity person live edges 3 (entity person) at models/all.yml:28:11
SELECT COUNT(*) FROM `kith`.`scratch_run_identity_person_split_0_e2`;

-- identity person fetch 3 (entity person) at models/all.yml:28:11
SELECT a, b FROM `kith`.`scratch_run_identity_person_split_0_e2`;

-- identity person finish 3 (entity person) at models/all.yml:28:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_person_split_0_q3` (v INT64, l INT64) OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 2 DAY));

-- identity person compose 2 (entity person) at models/all.yml:28:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_person_split_0_m2` OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 2 DAY)) AS
SELECT q.v AS v, IFNULL(m.l, q.l) AS l FROM `kith`.`scratch_run_identity_person_split_0_p2` AS q LEFT JOIN `kith`.`scratch_run_identity_person_split_0_q3` AS m ON q.l = m.v
UNION ALL
SELECT v, l FROM `kith`.`scratch_run_identity_person_split_0_q3` WHERE v NOT IN (SELECT v FROM `kith`.`scratch_run_identity_person_split_0_p2`);

-- identity person split parts (entity person) at models/all.yml:28:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_person_split_nodes_1` OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 2 DAY)) AS
SELECT node, type, last_seen, n, whole, label AS part FROM (
  SELECT s.*, IFNULL(m.l, s.hooked) AS label
  FROM (SELECT n.*, IFNULL(q.l, n.node) AS hooked FROM `kith`.`scratch_run_identity_person_split_nodes_0` AS n LEFT JOIN `kith`.`scratch_run_identity_person_split_0_q1` AS q ON n.node = q.v) AS s
  LEFT JOIN `kith`.`scratch_run_identity_person_split_0_m2` AS m ON s.hooked = m.v
);

-- identity person over email (entity person) at models/all.yml:28:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_person_split_over_email` OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 2 DAY)) AS
SELECT part FROM `kith`.`scratch_run_identity_person_split_nodes_1` GROUP BY part HAVING COUNTIF(type = 1) > 5;

-- identity person count over email (entity person) at models/all.yml:28:11
SELECT COUNT(*) FROM `kith`.`scratch_run_identity_person_split_over_email`;

-- identity person seeds email (entity person) at models/all.yml:28:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_person_split_seeds_1` OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 2 DAY)) AS
SELECT node, IF(place <= 5, best, node) AS label, 0 AS hop
FROM (
  SELECT node, ROW_NUMBER() OVER (PARTITION BY part ORDER BY n DESC, last_seen DESC, node) AS place,
    FIRST_VALUE(node) OVER (PARTITION BY part ORDER BY n DESC, last_seen DESC, node) AS best
  FROM `kith`.`scratch_run_identity_person_split_nodes_1` WHERE type = 1 AND part IN (SELECT part FROM `kith`.`scratch_run_identity_person_split_over_email`)
);

-- identity person hop 1 (entity person) at models/all.yml:28:11
INSERT INTO `kith`.`scratch_run_identity_person_split_seeds_1` (node, label, hop)
SELECT node, ARRAY_AGG(label ORDER BY n DESC, last_seen DESC, label LIMIT 1)[OFFSET(0)], 1
FROM (
  SELECT e.y AS node, s.label AS label, SUM(e.n) AS n, MAX(e.last_seen) AS last_seen
  FROM (SELECT a AS x, b AS y, n, last_seen FROM `kith`.`scratch_run_identity_person_split_edges_1` UNION ALL SELECT b AS x, a AS y, n, last_seen FROM `kith`.`scratch_run_identity_person_split_edges_1`) AS e
  JOIN (SELECT node, label FROM `kith`.`scratch_run_identity_person_split_seeds_1` WHERE hop = 1 - 1) AS s ON e.x = s.node
  WHERE e.y NOT IN (SELECT node FROM `kith`.`scratch_run_identity_person_split_seeds_1`)
  GROUP BY node, label
) GROUP BY node;

-- identity person count hop 1 (entity person) at models/all.yml:28:11
SELECT COUNT(*) FROM `kith`.`scratch_run_identity_person_split_seeds_1` WHERE hop = 1;

-- identity person free links email (entity person) at models/all.yml:28:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_person_split_free_1` OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 2 DAY)) AS
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
GROUP BY e.x HAVING COUNT(DISTINCT s.label) > 1;

-- identity person count shared (entity person) at models/all.yml:28:11
SELECT COUNT(*) FROM `kith`.`scratch_run_identity_person_shared`;

-- identity person reject shared email (entity person) at models/all.yml:28:11
INSERT INTO `kith`.`scratch_run_identity_person_rejected` (a, b, why)
SELECT a, b, 3 FROM `kith`.`scratch_run_identity_person_split_edges_1` WHERE a IN (SELECT node FROM `kith`.`scratch_run_identity_person_shared`) OR b IN (SELECT node FROM `kith`.`scratch_run_identity_person_shared`);

-- identity person reject (entity person) at models/all.yml:28:11
INSERT INTO `kith`.`scratch_run_identity_person_rejected` (a, b, why)
SELECT e.a, e.b, 1
FROM `kith`.`scratch_run_identity_person_split_edges_1` AS e LEFT JOIN `kith`.`scratch_run_identity_person_split_seeds_1` AS s ON e.a = s.node LEFT JOIN `kith`.`scratch_run_identity_person_split_seeds_1` AS t ON e.b = t.node
WHERE IFNULL(s.label, 0) != IFNULL(t.label, 0);

-- identity person links left (entity person) at models/all.yml:28:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_person_split_edges_2` OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 2 DAY)) AS
SELECT e.* FROM `kith`.`scratch_run_identity_person_split_edges_1` AS e WHERE NOT EXISTS (SELECT 1 FROM `kith`.`scratch_run_identity_person_rejected` AS r WHERE r.a = e.a AND r.b = e.b);

-- identity person hook 1 (entity person) at models/all.yml:28:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_person_split_1_p1` OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 2 DAY)) AS
SELECT a AS v, MAX(b) AS l FROM `kith`.`scratch_run_identity_person_split_edges_2` GROUP BY a;

-- identity person depth 1 (entity person) at models/all.yml:28:11
SELECT COUNT(*), COUNTIF(g.v IS NOT NULL)
FROM (SELECT l FROM `kith`.`scratch_run_identity_person_split_1_p1` WHERE MOD(l, 64) = 0) AS p LEFT JOIN (SELECT v FROM `kith`.`scratch_run_identity_person_split_1_p1` WHERE MOD(v, 64) = 0) AS g ON p.l = g.v;

-- identity person jump 1 (entity person) at models/all.yml:28:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_person_split_1_q1` OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 2 DAY)) AS
SELECT p.v AS v, IFNULL(g.l, p.l) AS l FROM `kith`.`scratch_run_identity_person_split_1_p1` AS p LEFT JOIN `kith`.`scratch_run_identity_person_split_1_p1` AS g ON p.l = g.v;

-- identity person lift 1 (entity person) at models/all.yml:28:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_person_split_1_e1` OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 2 DAY)) AS
SELECT LEAST(x, y) AS a, GREATEST(x, y) AS b
FROM (
  SELECT IFNULL(s.l, e.a) AS x, IFNULL(t.l, e.b) AS y
  FROM `kith`.`scratch_run_identity_person_split_edges_2` AS e LEFT JOIN `kith`.`scratch_run_identity_person_split_1_q1` AS s ON e.a = s.v LEFT JOIN `kith`.`scratch_run_identity_person_split_1_q1` AS t ON e.b = t.v
) WHERE x != y GROUP BY a, b;

-- identity person live edges 2 (entity person) at models/all.yml:28:11
SELECT COUNT(*) FROM `kith`.`scratch_run_identity_person_split_1_e1`;

-- identity person hook 2 (entity person) at models/all.yml:28:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_person_split_1_p2` OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 2 DAY)) AS
SELECT IF(ha < hb, b, a) AS v, ARRAY_AGG(IF(ha < hb, a, b) ORDER BY LEAST(ha, hb) LIMIT 1)[OFFSET(0)] AS l
FROM (SELECT a, b, FARM_FINGERPRINT(CONCAT('4354685564936845354', CAST(a AS STRING))) AS ha, FARM_FINGERPRINT(CONCAT('4354685564936845354', CAST(b AS STRING))) AS hb FROM `kith`.`scratch_run_identity_person_split_1_e1`) GROUP BY v;

-- identity person lift 2 (entity person) at models/all.yml:28:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_person_split_1_e2` OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 2 DAY)) AS
SELECT LEAST(x, y) AS a, GREATEST(x, y) AS b
FROM (
  SELECT IFNULL(s.l, e.a) AS x, IFNULL(t.l, e.b) AS y
  FROM `kith`.`scratch_run_identity_person_split_1_e1` AS e LEFT JOIN `kith`.`scratch_run_identity_person_split_1_p2` AS s ON e.a = s.v LEFT JOIN `kith`.`scratch_run_identity_person_split_1_p2` AS t ON e.b = t.v
) WHERE x != y GROUP BY a, b;

-- identity person live edges 3 (entity person) at models/all.yml:28:11
SELECT COUNT(*) FROM `kith`.`scratch_run_identity_person_split_1_e2`;

-- identity person fetch 3 (entity person) at models/all.yml:28:11
SELECT a, b FROM `kith`.`scratch_run_identity_person_split_1_e2`;

-- identity person finish 3 (entity person) at models/all.yml:28:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_person_split_1_q3` (v INT64, l INT64) OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 2 DAY));

-- identity person compose 2 (entity person) at models/all.yml:28:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_person_split_1_m2` OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 2 DAY)) AS
SELECT q.v AS v, IFNULL(m.l, q.l) AS l FROM `kith`.`scratch_run_identity_person_split_1_p2` AS q LEFT JOIN `kith`.`scratch_run_identity_person_split_1_q3` AS m ON q.l = m.v
UNION ALL
SELECT v, l FROM `kith`.`scratch_run_identity_person_split_1_q3` WHERE v NOT IN (SELECT v FROM `kith`.`scratch_run_identity_person_split_1_p2`);

-- identity person split parts (entity person) at models/all.yml:28:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_person_split_nodes_2` OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 2 DAY)) AS
SELECT node, type, last_seen, n, whole, label AS part FROM (
  SELECT s.*, IFNULL(m.l, s.hooked) AS label
  FROM (SELECT n.*, IFNULL(q.l, n.node) AS hooked FROM `kith`.`scratch_run_identity_person_split_nodes_1` AS n LEFT JOIN `kith`.`scratch_run_identity_person_split_1_q1` AS q ON n.node = q.v) AS s
  LEFT JOIN `kith`.`scratch_run_identity_person_split_1_m2` AS m ON s.hooked = m.v
);

-- identity person too large (entity person) at models/all.yml:28:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_person_large` OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 2 DAY)) AS
SELECT part FROM `kith`.`scratch_run_identity_person_parts` WHERE NOT over_max AND identifiers > 2147483647
UNION ALL
SELECT part FROM `kith`.`scratch_run_identity_person_split_nodes_2` GROUP BY part HAVING COUNT(*) > 2147483647;

-- identity person count too large (entity person) at models/all.yml:28:11
SELECT COUNT(*) FROM `kith`.`scratch_run_identity_person_large`;

-- identity person moved (entity person) at models/all.yml:28:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_person_moved` OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 2 DAY)) AS
SELECT node, whole, IF(large = 0, part, node) AS part, large, was
FROM (
  SELECT c.node AS node, c.whole AS whole, c.part AS part, c.large AS large,
    FALSE AS was
  FROM (
    SELECT s.node, s.whole, s.part, IFNULL(l.part, 0) AS large FROM `kith`.`scratch_run_identity_person_split_nodes_2` AS s LEFT JOIN `kith`.`scratch_run_identity_person_large` AS l ON s.part = l.part WHERE s.node NOT IN (SELECT node FROM `kith`.`scratch_run_identity_person_shared`)
    UNION ALL
    SELECT node, part AS whole, part, part AS large FROM `kith`.`scratch_run_identity_person_found` WHERE part IN (SELECT part FROM `kith`.`scratch_run_identity_person_large`) AND part IN (SELECT part FROM `kith`.`scratch_run_identity_person_parts` WHERE NOT over_max)
  ) AS c
);

-- identity person links in quarantine (entity person) at models/all.yml:28:11
INSERT INTO `kith`.`scratch_run_identity_person_rejected` (a, b, why)
SELECT e.a, e.b, 2
FROM (SELECT a, b FROM `kith`.`identity_person_edges_build` WHERE a IN (SELECT node FROM `kith`.`scratch_run_identity_person_moved` WHERE large != 0) GROUP BY a, b) AS e
JOIN `kith`.`scratch_run_identity_person_moved` AS s ON e.a = s.node JOIN `kith`.`scratch_run_identity_person_moved` AS t ON e.b = t.node
WHERE s.large = t.large AND s.part != t.part AND NOT EXISTS (SELECT 1 FROM `kith`.`scratch_run_identity_person_rejected` AS r WHERE r.a = e.a AND r.b = e.b);

-- identity person moved anchors (entity person) at models/all.yml:28:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_person_moved_parts` OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 2 DAY)) AS
SELECT part, ARRAY_AGG(node ORDER BY first_seen, type, value LIMIT 1)[OFFSET(0)] AS anchor, MIN(CONCAT(LPAD(CAST(UNIX_MICROS(first_seen) + 62135596800000000 AS STRING), 18, '0'), LPAD(CAST(type AS STRING), 3, '0'), value)) AS first, COUNT(*) AS identifiers, ARRAY_AGG(node) AS nodes, ANY_VALUE(whole) AS whole, MAX(large) AS large
FROM (SELECT f.node AS node, f.type AS type, f.value AS value, f.first_seen AS first_seen, m.part AS part, m.whole AS whole, IF(m.large != 0, 1, 0) AS large
  FROM `kith`.`scratch_run_identity_person_found` AS f JOIN `kith`.`scratch_run_identity_person_moved` AS m ON f.node = m.node)
GROUP BY part;

-- identity person rejected counts (entity person) at models/all.yml:28:11
SELECT COUNTIF(why = 1), COUNTIF(why = 2), COUNTIF(why = 3) FROM `kith`.`scratch_run_identity_person_rejected`;

-- identity person ids (entity person) at models/all.yml:28:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_person_ids` OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 2 DAY)) AS
SELECT part, CONCAT('p_', SUBSTR(TO_HEX(SHA256(CONCAT('\x00person\x00', ['handle', 'email', 'phone'][OFFSET(type)], '\x00', value))), 1, 32)) AS entity_id, anchor, TIMESTAMP '1970-01-01 00:00:00.000000+00:00' AS created_at, identifiers, quarantined, whole, nodes
FROM (SELECT part, anchor, CAST(SUBSTR(first, 19, 3) AS INT64) AS type, SUBSTR(first, 22) AS value, identifiers, quarantined, whole, nodes FROM (
  SELECT part, anchor, first, identifiers, nodes, 0 AS whole, 0 AS quarantined FROM `kith`.`scratch_run_identity_person_parts` WHERE part NOT IN (SELECT whole FROM `kith`.`scratch_run_identity_person_moved`)
  UNION ALL SELECT part, anchor, first, identifiers, nodes, whole, large AS quarantined FROM `kith`.`scratch_run_identity_person_moved_parts`
));

-- identity person map (entity person) at models/all.yml:28:11
CREATE OR REPLACE TABLE `kith`.`identity_person_map_build` CLUSTER BY node AS
SELECT c.node AS node, c.type AS type, c.value AS value, i.entity_id AS entity_id, c.first_seen AS first_seen, c.last_seen AS last_seen, c.n AS n
FROM (
  SELECT f.node AS node, f.type AS type, f.value AS value, f.first_seen AS first_seen, f.last_seen AS last_seen, f.n AS n, IFNULL(m.part, f.part) AS part
  FROM `kith`.`scratch_run_identity_person_found` AS f LEFT JOIN `kith`.`scratch_run_identity_person_moved` AS m ON f.node = m.node
  WHERE f.node NOT IN (SELECT node FROM `kith`.`scratch_run_identity_person_shared`)
) AS c JOIN `kith`.`scratch_run_identity_person_ids` AS i ON c.part = i.part;

-- identity person entities (entity person) at models/all.yml:28:11
CREATE OR REPLACE TABLE `kith`.`entity_person_build` CLUSTER BY entity_id AS
SELECT entity_id, anchor, created_at, identifiers, quarantined, whole, nodes FROM `kith`.`scratch_run_identity_person_ids`;

-- identity person refused links (entity person) at models/all.yml:28:11
CREATE OR REPLACE TABLE `kith`.`identity_person_refused_build` (a INT64, b INT64, why INT64) CLUSTER BY a, b AS
SELECT a, b, MIN(why) AS why FROM `kith`.`scratch_run_identity_person_rejected` GROUP BY a, b;

-- identity person entity count (entity person) at models/all.yml:28:11
SELECT COUNT(*), IFNULL(SUM(identifiers), 0), COUNT(DISTINCT IF(quarantined = 1, whole, NULL)),
  (SELECT COUNT(*) FROM `kith`.`identity_person_refused_build` WHERE why = 1),
  (SELECT IFNULL(SUM(unowned), 0) FROM `kith`.`identity_person_reads_build`),
  (SELECT COUNT(*) FROM (SELECT DISTINCT type, value FROM `kith`.`identity_person_values_build` WHERE node = 0 AND state = 1)),
  (SELECT IFNULL(SUM(n), 0) FROM `kith`.`identity_person_values_build` WHERE node = 0 AND state = 2),
  (SELECT COUNT(*) FROM `kith`.`identity_person_map_build`)
FROM `kith`.`entity_person_build`;

-- identity person shared values (entity person) at models/all.yml:28:11
CREATE OR REPLACE TABLE `kith`.`identity_person_shared_build` (
  node INT64,
  type INT64,
  value STRING,
  entity_id STRING,
  first_seen TIMESTAMP,
  last_seen TIMESTAMP,
  n INT64
) CLUSTER BY node AS
SELECT f.node AS node, f.type AS type, f.value AS value, m.entity_id AS entity_id, f.first_seen AS first_seen, f.last_seen AS last_seen, f.n AS n
FROM (
  SELECT e.x AS x, t.entity_id AS entity_id
  FROM (SELECT a AS x, b AS y FROM `kith`.`scratch_run_identity_person_rejected` WHERE why = 3 UNION ALL SELECT b AS x, a AS y FROM `kith`.`scratch_run_identity_person_rejected` WHERE why = 3) AS e
  JOIN (SELECT node, entity_id FROM `kith`.`identity_person_map_build`) AS t ON e.y = t.node
  WHERE e.x IN (SELECT node FROM `kith`.`scratch_run_identity_person_shared`)
  GROUP BY x, entity_id
) AS m JOIN `kith`.`scratch_run_identity_person_found` AS f ON m.x = f.node;

-- identity person count shared (entity person) at models/all.yml:28:11
SELECT COUNT(*) FROM `kith`.`scratch_run_identity_person_shared`;

-- identity person audit shared (entity person) at models/all.yml:28:11
INSERT INTO `kith`.`identity_audit` (`at`, build, run_id, entity, event, entity_id, other_id, a, b, source, n, size)
SELECT CURRENT_TIMESTAMP(), 'build', 'run', 'person', 'shared', '', '', node, 0, '', n, entities
FROM (SELECT node, MAX(n) AS n, COUNT(*) AS entities FROM `kith`.`identity_person_shared_build` GROUP BY node)
ORDER BY entities DESC, node LIMIT 1000;

-- identity person match review (entity person) at models/all.yml:28:11
CREATE OR REPLACE TABLE `kith`.`identity_person_review_build` (
  pair STRING,
  a INT64,
  b INT64,
  probability FLOAT64,
  why STRING,
  a_entity STRING,
  b_entity STRING,
  a_values ARRAY<STRING>,
  b_values ARRAY<STRING>
) AS
SELECT TO_HEX(SUBSTR(SHA256(CONCAT(CAST(s.a AS STRING), ',', CAST(s.b AS STRING))), 1, 8)) AS pair, s.a AS a, s.b AS b, s.probability AS probability, s.why AS why, x.entity_id AS a_entity, y.entity_id AS b_entity,
  [l.f0, l.f1, l.f2, l.f3, l.f4] AS a_values, [r.f0, r.f1, r.f2, r.f3, r.f4] AS b_values
FROM (
  SELECT p.a AS a, p.b AS b, p.probability AS probability, p.ra AS ra, p.rb AS rb, '' AS why FROM `kith`.`scratch_run_identity_person_match_scored` AS p
  WHERE p.probability < 0.99 AND NOT EXISTS (SELECT 1 FROM (
  SELECT a, b, decision FROM (
    SELECT a, b, ARRAY_AGG(decision ORDER BY `at` DESC LIMIT 1)[OFFSET(0)] AS decision FROM `kith`.`match_decisions` WHERE entity = 'person' GROUP BY a, b
  ) WHERE decision != 'undecided'
) AS d WHERE d.a = p.a AND d.b = p.b)
  UNION ALL
  SELECT z.a AS a, z.b AS b, z.probability AS probability, z.ra AS ra, z.rb AS rb, h.why AS why
  FROM `kith`.`scratch_run_identity_person_match_scored` AS z JOIN `kith`.`scratch_run_identity_person_match_held` AS h ON z.a = h.a AND z.b = h.b
) AS s
JOIN `kith`.`identity_person_map_build` AS x ON s.a = x.node JOIN `kith`.`identity_person_map_build` AS y ON s.b = y.node
JOIN `kith`.`scratch_run_identity_person_match_records` AS l ON s.ra = l.id JOIN `kith`.`scratch_run_identity_person_match_records` AS r ON s.rb = r.id
WHERE x.entity_id != y.entity_id;

-- identity person match review count (entity person) at models/all.yml:28:11
SELECT COUNT(*) FROM `kith`.`identity_person_review_build`;

-- identity person changed ids (entity person) at models/all.yml:28:11
SELECT 0, 0,
  (SELECT COUNT(*) FROM (
  SELECT old_id, new_id FROM (
    SELECT old_id, ARRAY_AGG(new_id ORDER BY `at` DESC LIMIT 1)[OFFSET(0)] AS new_id FROM `kith`.`entity_merges`
    WHERE entity = 'person' AND (build = 'build' OR build IN (SELECT build FROM `kith`.`builds`))
    GROUP BY old_id
  ) WHERE new_id != ''
) WHERE old_id IN (SELECT entity_id FROM `kith`.`scratch_run_identity_person_ids`));

-- identity person merges (entity person) at models/all.yml:28:11
INSERT INTO `kith`.`entity_merges` (entity, old_id, new_id, build, `at`, direct)
SELECT 'person', old_id, new_id, 'build', CURRENT_TIMESTAMP(), direct
FROM (
  SELECT old_id, '' AS new_id, 0 AS direct FROM (
  SELECT old_id, new_id FROM (
    SELECT old_id, ARRAY_AGG(new_id ORDER BY `at` DESC LIMIT 1)[OFFSET(0)] AS new_id FROM `kith`.`entity_merges`
    WHERE entity = 'person' AND (build = 'build' OR build IN (SELECT build FROM `kith`.`builds`))
    GROUP BY old_id
  ) WHERE new_id != ''
) AS a WHERE old_id IN (SELECT entity_id FROM `kith`.`scratch_run_identity_person_ids`)
);

-- identity person audit rejected (entity person) at models/all.yml:28:11
INSERT INTO `kith`.`identity_audit` (`at`, build, run_id, entity, event, entity_id, other_id, a, b, source, n, size)
WITH fresh AS (
  SELECT r.a, r.b FROM `kith`.`scratch_run_identity_person_rejected` AS r WHERE r.why = 1
)
SELECT CURRENT_TIMESTAMP(), 'build', 'run', 'person', event, '', '', a, b, source, n, 0
FROM (
  SELECT 'rejected_links' AS event, 0 AS a, 0 AS b, '' AS source, COUNT(*) AS n FROM fresh
  UNION ALL
  SELECT 'rejected' AS event, a, b, source, n FROM (
    SELECT e.a AS a, e.b AS b, e.source AS source, SUM(e.n) AS n FROM `kith`.`identity_person_edges_build` AS e JOIN fresh AS f ON e.a = f.a AND e.b = f.b
    GROUP BY a, b, source ORDER BY n DESC, a, b, source LIMIT 1000
  )
) WHERE n > 0;

-- identity person audit quarantined (entity person) at models/all.yml:28:11
INSERT INTO `kith`.`identity_audit` (`at`, build, run_id, entity, event, entity_id, other_id, a, b, source, n, size)
SELECT CURRENT_TIMESTAMP(), 'build', 'run', 'person', 'quarantined', '', '', large, 0, '', fresh, size
FROM (SELECT large, COUNTIF(NOT was) AS fresh, COUNT(*) AS size FROM `kith`.`scratch_run_identity_person_moved` WHERE large != 0 GROUP BY large)
WHERE fresh > 0 ORDER BY size DESC, large LIMIT 1000;

-- identity person audit collision (entity person) at models/all.yml:28:11
INSERT INTO `kith`.`identity_audit` (`at`, build, run_id, entity, event, entity_id, other_id, a, b, source, n, size)
VALUES (CURRENT_TIMESTAMP(), 'build', 'run', 'person', 'collision', '', '', 1, 2, '', 1, 0);

-- identity person audit values (entity person) at models/all.yml:28:11
INSERT INTO `kith`.`identity_audit` (`at`, build, run_id, entity, event, entity_id, other_id, a, b, source, n, size, sample)
WITH fresh AS (
  SELECT v.type AS type, v.value AS value, v.state AS state, v.source AS source, SUM(v.n) AS n
  FROM (SELECT *, IF(state = 1, value, source) AS word FROM `kith`.`identity_person_values_build` WHERE node = 0) AS v
  GROUP BY type, value, state, source
)
SELECT CURRENT_TIMESTAMP(), 'build', 'run', 'person', event, '', ['handle', 'email', 'phone'][OFFSET(type)], 0, 0, source, n, size, sample
FROM (
  SELECT IF(state = 1, 'blocked_values', 'invalid_values') AS event, type, '' AS source, SUM(n) AS n, COUNT(DISTINCT value) AS size, '' AS sample FROM fresh GROUP BY state, type
  UNION ALL
  SELECT IF(state = 1, 'blocked', 'invalid') AS event, type, source, n, 0 AS size, IF(state = 1, CONCAT(SUBSTR(value, 1, 1), REGEXP_REPLACE(SUBSTR(value, 2, 23), r'[^@.+: -]', '*')), value) AS sample FROM (
    SELECT * FROM fresh ORDER BY n DESC, type, value, source LIMIT 1000
  )
);

-- identity person guard report (entity person) at models/all.yml:28:11
WITH audit AS (
  SELECT * FROM `kith`.`identity_audit` WHERE build = 'build' AND entity = 'person'
), named AS (
  SELECT node, value FROM `kith`.`identity_person_map_build` WHERE node IN (SELECT node FROM audit, UNNEST([a, b]) AS node)
)
SELECT event, other, SUM(total), MAX(largest), ARRAY_AGG(text IGNORE NULLS ORDER BY n DESC, a, b, sample LIMIT 3)
FROM (
  SELECT CASE WHEN x.event IN ('blocked', 'blocked_values') THEN 'blocked' WHEN x.event IN ('invalid', 'invalid_values') THEN 'invalid' WHEN x.event IN ('demoted', 'demoted_values') THEN 'demoted' WHEN x.event IN ('rejected', 'rejected_links') THEN 'rejected' ELSE x.event END AS event,
    IF(x.event IN ('blocked', 'blocked_values', 'invalid', 'invalid_values', 'demoted', 'demoted_values'), x.other_id, '') AS other,
    CASE WHEN x.event IN ('rejected_links', 'invalid_values', 'demoted_values') THEN x.n WHEN x.event = 'blocked_values' THEN x.size WHEN x.event IN ('merged', 'split', 'quarantined', 'collision') THEN 1 ELSE 0 END AS total,
    IF(x.event IN ('quarantined', 'merged'), x.size, 0) AS largest,
    CASE WHEN x.sample != '' THEN CONCAT(x.sample, IF(x.event = 'demoted', CONCAT(' (', CAST(x.n AS STRING), ' neighbours, cap ', CAST(x.size AS STRING), ')'), CONCAT(' (', CAST(x.n AS STRING), ' rows)')))
      WHEN x.event IN ('rejected', 'merged', 'quarantined') AND p.value IS NOT NULL THEN CONCAT(CONCAT(SUBSTR(p.value, 1, 1), REGEXP_REPLACE(SUBSTR(p.value, 2, 23), r'[^@.+: -]', '*')), IF(q.value IS NOT NULL, CONCAT(' - ', CONCAT(SUBSTR(q.value, 1, 1), REGEXP_REPLACE(SUBSTR(q.value, 2, 23), r'[^@.+: -]', '*'))), ''), IF(x.event = 'quarantined', CONCAT(' and ', CAST(x.size - 1 AS STRING), ' more'), CONCAT(' (', x.source, ', ', CAST(x.n AS STRING), ' rows)')))
    END AS text,
    x.n AS n, x.a AS a, x.b AS b, x.sample AS sample
  FROM audit AS x LEFT JOIN named AS p ON x.a = p.node LEFT JOIN named AS q ON x.b = q.node
) GROUP BY event, other ORDER BY event, other;

-- identity firm rows of odd (entity firm) at models/all.yml:40:77
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_firm_rows_odd` OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 2 DAY)) AS
SELECT v0, IF((v0 = '' OR ((LOWER(TRIM(v0, ' ')) IN ('-1', 'null', '(null)', 'nil', 'none', 'nan', 'na', 'n/a', 'undefined', 'unknown', 'anonymous', 'test@test.com')) OR REGEXP_CONTAINS(v0, '^[0-]*$') OR REGEXP_CONTAINS(v0, '^(no|do-?not)[-_.]?reply@'))), 0, GREATEST(FARM_FINGERPRINT(SHA256(CONCAT('\x00domain\x00', v0))) & 0x7FFFFFFFFFFFFFFF, 1)) AS d0, v1, IF((v1 = '' OR ((LOWER(TRIM(v1, ' ')) IN ('-1', 'null', '(null)', 'nil', 'none', 'nan', 'na', 'n/a', 'undefined', 'unknown', 'anonymous', 'test@test.com')) OR REGEXP_CONTAINS(v1, '^[0-]*$') OR REGEXP_CONTAINS(v1, '^(no|do-?not)[-_.]?reply@'))), 0, GREATEST(FARM_FINGERPRINT(SHA256(CONCAT('\x00vat\x00', v1))) & 0x7FFFFFFFFFFFFFFF, 1)) AS d1, bucket, first_seen, last_seen, n, mix
FROM (
  SELECT __kith_v0 AS v0, __kith_v1 AS v1, bucket, MIN(__kith_at) AS first_seen, MAX(IF(__kith_at <= TIMESTAMP '1970-01-01 00:00:00.000000+00:00', __kith_at, TIMESTAMP '1970-01-01 00:00:00.000000+00:00')) AS last_seen, COUNT(*) AS n, 0 AS mix
  FROM (
    SELECT COALESCE((SELECT IF((SELECT IF(BYTE_LENGTH(__kith_t) = CHAR_LENGTH(__kith_t), TRIM(__kith_t, ' \t\n\r\f\v'), REGEXP_REPLACE(__kith_t, '^[\\s\\p{Z}\\p{C}]+|[\\s\\p{Z}\\p{C}]+$', '')) FROM UNNEST([__kith_n]) AS __kith_t) != '', __kith_n, NULL) FROM UNNEST([__kith_s.`row_id`]) AS __kith_n), '') AS __kith_v0, COALESCE((SELECT IF((SELECT IF(BYTE_LENGTH(__kith_t) = CHAR_LENGTH(__kith_t), TRIM(__kith_t, ' \t\n\r\f\v'), REGEXP_REPLACE(__kith_t, '^[\\s\\p{Z}\\p{C}]+|[\\s\\p{Z}\\p{C}]+$', '')) FROM UNNEST([__kith_n]) AS __kith_t) != '', __kith_n, NULL) FROM UNNEST([__kith_s.`key`]) AS __kith_n), '') AS __kith_v1, COALESCE(__kith_s.`at`, __kith_s.`seen`, TIMESTAMP '2299-12-31 23:59:59.000000+00:00') AS __kith_at, 0 AS bucket
    FROM (
SELECT __kith_s.`at` AS `at`, __kith_s.`seen` AS `seen`, __kith_s.`row_id` AS `row_id`, __kith_s.`key` AS `key` FROM (
SELECT * FROM (
SELECT __kith_t.`k` AS `k`, __kith_t.`h` AS `h`, __kith_t.`p` AS `p`, __kith_t.`op` AS `op`, __kith_t.`select` AS `select`, __kith_t.`__x` AS `__x`, __kith_t.`it's quoted` AS `it's quoted`, __kith_t.`j` AS `j`, __kith_t.`price` AS `price`, CAST((
h * 2
) AS INT64) AS `twice`, __kith_t.`tags` AS `tags`, __kith_t.`at` AS `at`, __kith_t.`seen` AS `seen`, __kith_t.`day` AS `day`, __kith_t.`row_id` AS `row_id`, __kith_t.`key` AS `key`, __kith_t.`value` AS `value` FROM (
SELECT CAST(__kith_t.`k` AS STRING) AS `k`, CAST(__kith_t.`h` AS INT64) AS `h`, CAST(__kith_t.`p` AS STRING) AS `p`, CAST(__kith_t.`op` AS INT64) AS `op`, CAST(__kith_t.`select` AS STRING) AS `select`, CAST(__kith_t.`__x` AS BOOL) AS `__x`, CAST(__kith_t.`it's quoted` AS STRING) AS `it's quoted`, (SELECT IF(SAFE.PARSE_JSON(__kith_j, wide_number_mode=>'round') IS NULL, __kith_j, TO_JSON_STRING(PARSE_JSON(__kith_j, wide_number_mode=>'round'))) FROM UNNEST([IF(__kith_t.`j` IS NULL, NULL, COALESCE(JSON_VALUE(TO_JSON_STRING(__kith_t.`j`)), NULLIF(TO_JSON_STRING(__kith_t.`j`), 'null')))]) AS __kith_j) AS `j`, CAST(REGEXP_EXTRACT(CAST(CAST(SAFE_CAST(SAFE.JSON_VALUE(__kith_t.`j`, '$."price"."net"') AS NUMERIC) AS NUMERIC) AS STRING), r'^-?[0-9]+(?:\.[0-9]{1,2})?') AS NUMERIC) AS `price`, ARRAY(SELECT CAST(__kith_e AS STRING) FROM UNNEST(__kith_t.`tags`) AS __kith_e WITH OFFSET AS __kith_o WHERE __kith_e IS NOT NULL ORDER BY __kith_o) AS `tags`, CAST(__kith_t.`at` AS TIMESTAMP) AS `at`, CAST(__kith_t.`seen` AS TIMESTAMP) AS `seen`, CAST(__kith_t.`day` AS DATE) AS `day`, CAST(__kith_t.`row_id` AS STRING) AS `row_id`, CAST(__kith_t.`key` AS STRING) AS `key`, IF(IS_INF(CAST(__kith_t.`value` AS FLOAT64)) OR IS_NAN(CAST(__kith_t.`value` AS FLOAT64)), NULL, CAST(__kith_t.`value` AS FLOAT64) + 0.0) AS `value` FROM `raw`.`odd` AS __kith_t
) AS __kith_t
) AS __kith_s
WHERE TRUE QUALIFY ROW_NUMBER() OVER (PARTITION BY __kith_s.`k`, __kith_s.`op` ORDER BY __kith_s.`seen` DESC, __kith_s.`at` DESC, FARM_FINGERPRINT(TO_JSON_STRING(__kith_s))) = 1
) AS __kith_s
WHERE ((NOT IFNULL((__kith_s.`select` = 'test'), FALSE)))
    ) AS __kith_s
  ) GROUP BY __kith_v0, __kith_v1, bucket
);

-- identity firm values (entity firm) at models/all.yml:39:11
CREATE OR REPLACE TABLE `kith`.`identity_firm_values_build` CLUSTER BY node AS
SELECT d0 AS node, 0 AS type, v0 AS value, 'odd' AS source, bucket, IF(d0 = 0, 1, 0) AS state, MIN(first_seen) AS first_seen, MAX(last_seen) AS last_seen, SUM(n) AS n
FROM `kith`.`scratch_run_identity_firm_rows_odd` WHERE v0 != '' GROUP BY d0, v0, bucket
UNION ALL
SELECT d1 AS node, 1 AS type, v1 AS value, 'odd' AS source, bucket, IF(d1 = 0, 1, 0) AS state, MIN(first_seen) AS first_seen, MAX(last_seen) AS last_seen, SUM(n) AS n
FROM `kith`.`scratch_run_identity_firm_rows_odd` WHERE v1 != '' GROUP BY d1, v1, bucket;

-- identity firm nodes (entity firm) at models/all.yml:39:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_firm_nodes` OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 2 DAY)) AS
SELECT node, type, value, MIN(first_seen) AS first_seen, MAX(last_seen) AS last_seen, SUM(n) AS n
FROM `kith`.`identity_firm_values_build` WHERE node != 0 GROUP BY node, type, value;

-- identity firm collisions (entity firm) at models/all.yml:39:11
SELECT s.node, s.type, s.value, FALSE AS known
FROM (SELECT * FROM `kith`.`scratch_run_identity_firm_nodes` WHERE TRUE QUALIFY COUNT(*) OVER (PARTITION BY node) > 1) AS s
ORDER BY s.node, known DESC, s.first_seen, s.type, s.value
LIMIT 1;

-- identity firm edges (entity firm) at models/all.yml:39:11
CREATE OR REPLACE TABLE `kith`.`identity_firm_edges_build` (
  a INT64,
  b INT64,
  ta INT64,
  tb INT64,
  source STRING,
  bucket INT64,
  first_seen TIMESTAMP,
  last_seen TIMESTAMP,
  n INT64
) CLUSTER BY a, b AS
SELECT LEAST(s, t) AS a, GREATEST(s, t) AS b, ANY_VALUE(IF(s < t, sr, 1)) AS ta, ANY_VALUE(IF(s < t, 1, sr)) AS tb, 'odd' AS source, bucket, MIN(first_seen) AS first_seen, MAX(last_seen) AS last_seen, SUM(n) AS n
FROM (
  SELECT d0 AS s, 0 AS sr, d1 AS t, bucket, first_seen, last_seen, n FROM `kith`.`scratch_run_identity_firm_rows_odd` WHERE d1 != 0
) WHERE s != 0 AND s != t GROUP BY a, b, bucket;

-- identity firm reads (entity firm) at models/all.yml:39:11
CREATE OR REPLACE TABLE `kith`.`identity_firm_reads_build` AS
SELECT source, bucket, n, mix, unowned, cut, TIMESTAMP '1970-01-01 00:00:00.000000+00:00' AS as_of, TIMESTAMP '0001-01-01 00:00:00.000000+00:00' AS full_at, '' AS rules
FROM (
  SELECT 'odd' AS source, r.bucket AS bucket, SUM(r.n) AS n, BIT_XOR(r.mix) AS mix, SUM(IF(r.d0 = 0 AND r.d1 = 0, r.n, 0)) AS unowned, TIMESTAMP '1970-01-01 00:00:00.000000+00:00' AS cut FROM `kith`.`scratch_run_identity_firm_rows_odd` AS r GROUP BY r.bucket
);

-- identity firm node count (entity firm) at models/all.yml:39:11
SELECT COUNT(*), (SELECT COUNT(*) FROM `kith`.`identity_firm_edges_build`) FROM `kith`.`scratch_run_identity_firm_nodes`;

-- identity firm match records (entity firm) at models/all.yml:39:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_firm_match_records` OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 2 DAY)) AS
SELECT *, GREATEST(FARM_FINGERPRINT(CONCAT(TO_JSON_STRING(f0), ',', TO_JSON_STRING(f1), ',')) & 0x7FFFFFFFFFFFFFFF, 1) AS place
FROM (
  SELECT GREATEST(FARM_FINGERPRINT(CONCAT(TO_JSON_STRING(CAST(node AS STRING)), ',', TO_JSON_STRING(f0), ',', TO_JSON_STRING(f1), ',')) & 0x7FFFFFFFFFFFFFFF, 1) AS id, node, f0, COUNT(*) OVER (PARTITION BY f0, IF(f0 = '', MOD(node, 1000), 0)) AS t0, f1, COUNT(*) OVER (PARTITION BY f1, IF(f1 = '', MOD(node, 1000), 0)) AS t1
  FROM (
    SELECT node, f0, f1 FROM (
      SELECT CASE WHEN (SELECT IF((__kith_v = '' OR ((LOWER(TRIM(__kith_v, ' ')) IN ('-1', 'null', '(null)', 'nil', 'none', 'nan', 'na', 'n/a', 'undefined', 'unknown', 'anonymous', 'test@test.com')) OR REGEXP_CONTAINS(__kith_v, '^[0-]*$') OR REGEXP_CONTAINS(__kith_v, '^(no|do-?not)[-_.]?reply@'))), 0, GREATEST(FARM_FINGERPRINT(SHA256(CONCAT('\x00domain\x00', __kith_v))) & 0x7FFFFFFFFFFFFFFF, 1)) FROM UNNEST([COALESCE((SELECT IF((SELECT IF(BYTE_LENGTH(__kith_t) = CHAR_LENGTH(__kith_t), TRIM(__kith_t, ' \t\n\r\f\v'), REGEXP_REPLACE(__kith_t, '^[\\s\\p{Z}\\p{C}]+|[\\s\\p{Z}\\p{C}]+$', '')) FROM UNNEST([__kith_n]) AS __kith_t) != '', __kith_n, NULL) FROM UNNEST([__kith_s.`row_id`]) AS __kith_n), '')]) AS __kith_v) != 0 THEN (SELECT IF((__kith_v = '' OR ((LOWER(TRIM(__kith_v, ' ')) IN ('-1', 'null', '(null)', 'nil', 'none', 'nan', 'na', 'n/a', 'undefined', 'unknown', 'anonymous', 'test@test.com')) OR REGEXP_CONTAINS(__kith_v, '^[0-]*$') OR REGEXP_CONTAINS(__kith_v, '^(no|do-?not)[-_.]?reply@'))), 0, GREATEST(FARM_FINGERPRINT(SHA256(CONCAT('\x00domain\x00', __kith_v))) & 0x7FFFFFFFFFFFFFFF, 1)) FROM UNNEST([COALESCE((SELECT IF((SELECT IF(BYTE_LENGTH(__kith_t) = CHAR_LENGTH(__kith_t), TRIM(__kith_t, ' \t\n\r\f\v'), REGEXP_REPLACE(__kith_t, '^[\\s\\p{Z}\\p{C}]+|[\\s\\p{Z}\\p{C}]+$', '')) FROM UNNEST([__kith_n]) AS __kith_t) != '', __kith_n, NULL) FROM UNNEST([__kith_s.`row_id`]) AS __kith_n), '')]) AS __kith_v) WHEN (SELECT IF((__kith_v = '' OR ((LOWER(TRIM(__kith_v, ' ')) IN ('-1', 'null', '(null)', 'nil', 'none', 'nan', 'na', 'n/a', 'undefined', 'unknown', 'anonymous', 'test@test.com')) OR REGEXP_CONTAINS(__kith_v, '^[0-]*$') OR REGEXP_CONTAINS(__kith_v, '^(no|do-?not)[-_.]?reply@'))), 0, GREATEST(FARM_FINGERPRINT(SHA256(CONCAT('\x00vat\x00', __kith_v))) & 0x7FFFFFFFFFFFFFFF, 1)) FROM UNNEST([COALESCE((SELECT IF((SELECT IF(BYTE_LENGTH(__kith_t) = CHAR_LENGTH(__kith_t), TRIM(__kith_t, ' \t\n\r\f\v'), REGEXP_REPLACE(__kith_t, '^[\\s\\p{Z}\\p{C}]+|[\\s\\p{Z}\\p{C}]+$', '')) FROM UNNEST([__kith_n]) AS __kith_t) != '', __kith_n, NULL) FROM UNNEST([__kith_s.`key`]) AS __kith_n), '')]) AS __kith_v) != 0 THEN (SELECT IF((__kith_v = '' OR ((LOWER(TRIM(__kith_v, ' ')) IN ('-1', 'null', '(null)', 'nil', 'none', 'nan', 'na', 'n/a', 'undefined', 'unknown', 'anonymous', 'test@test.com')) OR REGEXP_CONTAINS(__kith_v, '^[0-]*$') OR REGEXP_CONTAINS(__kith_v, '^(no|do-?not)[-_.]?reply@'))), 0, GREATEST(FARM_FINGERPRINT(SHA256(CONCAT('\x00vat\x00', __kith_v))) & 0x7FFFFFFFFFFFFFFF, 1)) FROM UNNEST([COALESCE((SELECT IF((SELECT IF(BYTE_LENGTH(__kith_t) = CHAR_LENGTH(__kith_t), TRIM(__kith_t, ' \t\n\r\f\v'), REGEXP_REPLACE(__kith_t, '^[\\s\\p{Z}\\p{C}]+|[\\s\\p{Z}\\p{C}]+$', '')) FROM UNNEST([__kith_n]) AS __kith_t) != '', __kith_n, NULL) FROM UNNEST([__kith_s.`key`]) AS __kith_n), '')]) AS __kith_v) ELSE 0 END AS node, TRIM(REGEXP_REPLACE(LOWER(IFNULL(__kith_s.`select`, '')), r'\s+', ' '), ' ') AS f0, REGEXP_REPLACE(LOWER(IFNULL(__kith_s.`key`, '')), r'[^\p{L}\p{N}]', '') AS f1 FROM (
SELECT __kith_s.`select` AS `select`, __kith_s.`row_id` AS `row_id`, __kith_s.`key` AS `key` FROM (
SELECT * FROM (
SELECT __kith_t.`k` AS `k`, __kith_t.`h` AS `h`, __kith_t.`p` AS `p`, __kith_t.`op` AS `op`, __kith_t.`select` AS `select`, __kith_t.`__x` AS `__x`, __kith_t.`it's quoted` AS `it's quoted`, __kith_t.`j` AS `j`, __kith_t.`price` AS `price`, CAST((
h * 2
) AS INT64) AS `twice`, __kith_t.`tags` AS `tags`, __kith_t.`at` AS `at`, __kith_t.`seen` AS `seen`, __kith_t.`day` AS `day`, __kith_t.`row_id` AS `row_id`, __kith_t.`key` AS `key`, __kith_t.`value` AS `value` FROM (
SELECT CAST(__kith_t.`k` AS STRING) AS `k`, CAST(__kith_t.`h` AS INT64) AS `h`, CAST(__kith_t.`p` AS STRING) AS `p`, CAST(__kith_t.`op` AS INT64) AS `op`, CAST(__kith_t.`select` AS STRING) AS `select`, CAST(__kith_t.`__x` AS BOOL) AS `__x`, CAST(__kith_t.`it's quoted` AS STRING) AS `it's quoted`, (SELECT IF(SAFE.PARSE_JSON(__kith_j, wide_number_mode=>'round') IS NULL, __kith_j, TO_JSON_STRING(PARSE_JSON(__kith_j, wide_number_mode=>'round'))) FROM UNNEST([IF(__kith_t.`j` IS NULL, NULL, COALESCE(JSON_VALUE(TO_JSON_STRING(__kith_t.`j`)), NULLIF(TO_JSON_STRING(__kith_t.`j`), 'null')))]) AS __kith_j) AS `j`, CAST(REGEXP_EXTRACT(CAST(CAST(SAFE_CAST(SAFE.JSON_VALUE(__kith_t.`j`, '$."price"."net"') AS NUMERIC) AS NUMERIC) AS STRING), r'^-?[0-9]+(?:\.[0-9]{1,2})?') AS NUMERIC) AS `price`, ARRAY(SELECT CAST(__kith_e AS STRING) FROM UNNEST(__kith_t.`tags`) AS __kith_e WITH OFFSET AS __kith_o WHERE __kith_e IS NOT NULL ORDER BY __kith_o) AS `tags`, CAST(__kith_t.`at` AS TIMESTAMP) AS `at`, CAST(__kith_t.`seen` AS TIMESTAMP) AS `seen`, CAST(__kith_t.`day` AS DATE) AS `day`, CAST(__kith_t.`row_id` AS STRING) AS `row_id`, CAST(__kith_t.`key` AS STRING) AS `key`, IF(IS_INF(CAST(__kith_t.`value` AS FLOAT64)) OR IS_NAN(CAST(__kith_t.`value` AS FLOAT64)), NULL, CAST(__kith_t.`value` AS FLOAT64) + 0.0) AS `value` FROM `raw`.`odd` AS __kith_t
) AS __kith_t
) AS __kith_s
WHERE TRUE QUALIFY ROW_NUMBER() OVER (PARTITION BY __kith_s.`k`, __kith_s.`op` ORDER BY __kith_s.`seen` DESC, __kith_s.`at` DESC, FARM_FINGERPRINT(TO_JSON_STRING(__kith_s))) = 1
) AS __kith_s
WHERE ((NOT IFNULL((__kith_s.`select` = 'test'), FALSE)))
      ) AS __kith_s
    ) WHERE node != 0 AND NOT (f0 = '' AND f1 = '')
    GROUP BY node, f0, f1
  )
);

-- identity firm match terms (entity firm) at models/all.yml:39:11
SELECT COUNT(*), COUNTIF(f0 != ''), IFNULL(SUM(IF(f0 != '', t0, 0)) / NULLIF(COUNTIF(f0 != ''), 0), 0), COUNTIF(f1 != ''), IFNULL(SUM(IF(f1 != '', t1, 0)) / NULLIF(COUNTIF(f1 != ''), 0), 0) FROM `kith`.`scratch_run_identity_firm_match_records`;

-- identity firm match keys (entity firm) at models/all.yml:39:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_firm_match_keys` OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 2 DAY)) AS
SELECT DISTINCT id, key FROM `kith`.`scratch_run_identity_firm_match_records`, UNNEST([IF((f0 != ''), GREATEST(FARM_FINGERPRINT(CONCAT(TO_JSON_STRING(CAST(0 AS STRING)), ',', TO_JSON_STRING(SUBSTR(f0, 1, 3)), ',')) & 0x7FFFFFFFFFFFFFFF, 1), 0),
  IF((f1 != ''), GREATEST(FARM_FINGERPRINT(CONCAT(TO_JSON_STRING(CAST(1 AS STRING)), ',', TO_JSON_STRING(f1), ',')) & 0x7FFFFFFFFFFFFFFF, 1), 0)]) AS key WHERE key != 0;

-- identity firm match pairs (entity firm) at models/all.yml:39:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_firm_match_pairs` OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 2 DAY)) AS
SELECT a, b
FROM (SELECT ARRAY_AGG(id LIMIT 50) AS ids FROM `kith`.`scratch_run_identity_firm_match_keys` GROUP BY key HAVING COUNT(*) BETWEEN 2 AND 50), UNNEST(ids) AS a, UNNEST(ids) AS b
WHERE a < b GROUP BY a, b;

-- identity firm match key counts (entity firm) at models/all.yml:39:11
SELECT COUNTIF(n BETWEEN 2 AND 50), COUNTIF(n > 50) FROM (SELECT COUNT(*) AS n FROM `kith`.`scratch_run_identity_firm_match_keys` GROUP BY key);

-- identity firm match random pairs (entity firm) at models/all.yml:39:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_firm_match_random` OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 2 DAY)) AS
SELECT a, b
FROM (
  SELECT id AS a, ROW_NUMBER() OVER (ORDER BY place, id) AS nth, ARRAY_AGG(id) OVER (ORDER BY place, id ROWS BETWEEN 1 FOLLOWING AND 50 FOLLOWING) AS others
  FROM (SELECT id, place FROM `kith`.`scratch_run_identity_firm_match_records` ORDER BY place, id LIMIT 1050)
), UNNEST(others) AS b
WHERE nth <= 1000;

-- identity firm match levels (entity firm) at models/all.yml:39:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_firm_match_levels` OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 2 DAY)) AS
SELECT a, b, na, nb, (g0 + 1) * 1 + (g1 + 1) * 6 AS code,
  LN(IF(g0 = 4, q0, 1)) + LN(IF(g1 = 4, q1, 1)) AS common,
  0.0 + LN(IF(g0 = 4, q0, 1)) + LN(IF(g1 = 4, q1, 1)) AS own
FROM (
  SELECT a, b, na, nb, q0, level.g0 AS g0, q1, level.g1 AS g1
  FROM (
    SELECT a, b, na, nb, q0, x0, z0 AS y0, q1, x1, z1 AS y1
    FROM (
      SELECT l.id AS a, r.id AS b, l.node AS na, r.node AS nb, l.f0 AS x0, r.f0 AS z0, GREATEST(l.t0, r.t0) / n.t0 AS q0, l.f1 AS x1, r.f1 AS z1, GREATEST(l.t1, r.t1) / n.t1 AS q1
      FROM (
        SELECT ARRAY_AGG(r IGNORE NULLS LIMIT 1)[SAFE_OFFSET(0)] AS r, ARRAY_AGG(l IGNORE NULLS) AS ls
        FROM (
          SELECT id, STRUCT(id, node, f0, t0, f1, t1) AS r, NULL AS l FROM `kith`.`scratch_run_identity_firm_match_records`
          UNION ALL
          SELECT b, NULL, l FROM (
            SELECT ARRAY_AGG(l IGNORE NULLS LIMIT 1)[SAFE_OFFSET(0)] AS l, ARRAY_AGG(b IGNORE NULLS) AS bs
            FROM (
              SELECT id, STRUCT(id, node, f0, t0, f1, t1) AS l, NULL AS b FROM `kith`.`scratch_run_identity_firm_match_records`
              UNION ALL
              SELECT a, NULL, b FROM `kith`.`scratch_run_identity_firm_match_pairs`
            ) GROUP BY id
          ), UNNEST(bs) AS b
        ) GROUP BY id
      ), UNNEST(ls) AS l CROSS JOIN (SELECT GREATEST(COUNTIF(f0 != ''), 1) AS t0, GREATEST(COUNTIF(f1 != ''), 1) AS t1 FROM `kith`.`scratch_run_identity_firm_match_records`) AS n
    ), UNNEST([false]) AS crossed
  ), UNNEST([STRUCT(IF((x0 = '' OR y0 = ''), -1, IF(x0 = y0, 4, (SELECT (SELECT CASE WHEN __kith_e * 5 <= GREATEST(CHAR_LENGTH(x0), CHAR_LENGTH(y0)) THEN 3 WHEN __kith_e * 20 <= GREATEST(CHAR_LENGTH(x0), CHAR_LENGTH(y0)) * 7 THEN 2 WHEN __kith_e * 2 <= GREATEST(CHAR_LENGTH(x0), CHAR_LENGTH(y0)) OR STARTS_WITH(x0, y0) OR STARTS_WITH(y0, x0) THEN 1 ELSE 0 END FROM UNNEST([IF(__kith_d = 2 AND (SELECT STRING_AGG(__kith_c, '' ORDER BY __kith_c) FROM UNNEST(SPLIT(IF(__kith_d = 2, x0, '-'), '')) AS __kith_c) = (SELECT STRING_AGG(__kith_c, '' ORDER BY __kith_c) FROM UNNEST(SPLIT(IF(__kith_d = 2, y0, '-'), '')) AS __kith_c), 1, __kith_d)]) AS __kith_e) FROM UNNEST([EDIT_DISTANCE(x0, y0)]) AS __kith_d))) AS g0, IF((x1 = '' OR y1 = ''), -1, IF(x1 = y1, 4, (SELECT (SELECT CASE WHEN __kith_e <= 1 THEN 3 WHEN __kith_e <= 2 THEN 2 ELSE 0 END FROM UNNEST([IF(__kith_d = 2 AND (SELECT STRING_AGG(__kith_c, '' ORDER BY __kith_c) FROM UNNEST(SPLIT(IF(__kith_d = 2, x1, '-'), '')) AS __kith_c) = (SELECT STRING_AGG(__kith_c, '' ORDER BY __kith_c) FROM UNNEST(SPLIT(IF(__kith_d = 2, y1, '-'), '')) AS __kith_c), 1, __kith_d)]) AS __kith_e) FROM UNNEST([EDIT_DISTANCE(x1, y1, max_distance => 3)]) AS __kith_d))) AS g1)]) AS level
);

-- identity firm match random levels (entity firm) at models/all.yml:39:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_firm_match_random_levels` OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 2 DAY)) AS
SELECT a, b, na, nb, (g0 + 1) * 1 + (g1 + 1) * 6 AS code,
  LN(IF(g0 = 4, q0, 1)) + LN(IF(g1 = 4, q1, 1)) AS common,
  0.0 + LN(IF(g0 = 4, q0, 1)) + LN(IF(g1 = 4, q1, 1)) AS own
FROM (
  SELECT a, b, na, nb, q0, level.g0 AS g0, q1, level.g1 AS g1
  FROM (
    SELECT a, b, na, nb, q0, x0, z0 AS y0, q1, x1, z1 AS y1
    FROM (
      SELECT l.id AS a, r.id AS b, l.node AS na, r.node AS nb, l.f0 AS x0, r.f0 AS z0, GREATEST(l.t0, r.t0) / n.t0 AS q0, l.f1 AS x1, r.f1 AS z1, GREATEST(l.t1, r.t1) / n.t1 AS q1
      FROM (
        SELECT ARRAY_AGG(r IGNORE NULLS LIMIT 1)[SAFE_OFFSET(0)] AS r, ARRAY_AGG(l IGNORE NULLS) AS ls
        FROM (
          SELECT id, STRUCT(id, node, f0, t0, f1, t1) AS r, NULL AS l FROM `kith`.`scratch_run_identity_firm_match_records`
          UNION ALL
          SELECT b, NULL, l FROM (
            SELECT ARRAY_AGG(l IGNORE NULLS LIMIT 1)[SAFE_OFFSET(0)] AS l, ARRAY_AGG(b IGNORE NULLS) AS bs
            FROM (
              SELECT id, STRUCT(id, node, f0, t0, f1, t1) AS l, NULL AS b FROM `kith`.`scratch_run_identity_firm_match_records`
              UNION ALL
              SELECT a, NULL, b FROM `kith`.`scratch_run_identity_firm_match_random`
            ) GROUP BY id
          ), UNNEST(bs) AS b
        ) GROUP BY id
      ), UNNEST(ls) AS l CROSS JOIN (SELECT GREATEST(COUNTIF(f0 != ''), 1) AS t0, GREATEST(COUNTIF(f1 != ''), 1) AS t1 FROM `kith`.`scratch_run_identity_firm_match_records`) AS n
    ), UNNEST([false]) AS crossed
  ), UNNEST([STRUCT(IF((x0 = '' OR y0 = ''), -1, IF(x0 = y0, 4, (SELECT (SELECT CASE WHEN __kith_e * 5 <= GREATEST(CHAR_LENGTH(x0), CHAR_LENGTH(y0)) THEN 3 WHEN __kith_e * 20 <= GREATEST(CHAR_LENGTH(x0), CHAR_LENGTH(y0)) * 7 THEN 2 WHEN __kith_e * 2 <= GREATEST(CHAR_LENGTH(x0), CHAR_LENGTH(y0)) OR STARTS_WITH(x0, y0) OR STARTS_WITH(y0, x0) THEN 1 ELSE 0 END FROM UNNEST([IF(__kith_d = 2 AND (SELECT STRING_AGG(__kith_c, '' ORDER BY __kith_c) FROM UNNEST(SPLIT(IF(__kith_d = 2, x0, '-'), '')) AS __kith_c) = (SELECT STRING_AGG(__kith_c, '' ORDER BY __kith_c) FROM UNNEST(SPLIT(IF(__kith_d = 2, y0, '-'), '')) AS __kith_c), 1, __kith_d)]) AS __kith_e) FROM UNNEST([EDIT_DISTANCE(x0, y0)]) AS __kith_d))) AS g0, IF((x1 = '' OR y1 = ''), -1, IF(x1 = y1, 4, (SELECT (SELECT CASE WHEN __kith_e <= 1 THEN 3 WHEN __kith_e <= 2 THEN 2 ELSE 0 END FROM UNNEST([IF(__kith_d = 2 AND (SELECT STRING_AGG(__kith_c, '' ORDER BY __kith_c) FROM UNNEST(SPLIT(IF(__kith_d = 2, x1, '-'), '')) AS __kith_c) = (SELECT STRING_AGG(__kith_c, '' ORDER BY __kith_c) FROM UNNEST(SPLIT(IF(__kith_d = 2, y1, '-'), '')) AS __kith_c), 1, __kith_d)]) AS __kith_e) FROM UNNEST([EDIT_DISTANCE(x1, y1, max_distance => 3)]) AS __kith_d))) AS g1)]) AS level
);

-- identity firm match histogram (entity firm) at models/all.yml:39:11
SELECT code, COUNT(*) FROM `kith`.`scratch_run_identity_firm_match_levels` GROUP BY code ORDER BY code;

-- identity firm match random histogram (entity firm) at models/all.yml:39:11
SELECT code, COUNT(*) FROM `kith`.`scratch_run_identity_firm_match_random_levels` GROUP BY code ORDER BY code;

-- identity firm match weights (entity firm) at models/all.yml:39:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_firm_match_weights` (code INT64, m FLOAT64, u FLOAT64, h FLOAT64) OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 2 DAY));

-- identity firm match weight count (entity firm) at models/all.yml:39:11
SELECT COUNT(*) FROM `kith`.`scratch_run_identity_firm_match_weights`;

-- identity firm match scores (entity firm) at models/all.yml:39:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_firm_match_scored` OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 2 DAY)) AS
SELECT a, b, best.p AS probability, best.x AS ra, best.y AS rb
FROM (
  SELECT a, b, ARRAY_AGG(STRUCT(p, x, y) ORDER BY p DESC, x DESC, y DESC LIMIT 1)[OFFSET(0)] AS best
  FROM (
    SELECT LEAST(l.na, l.nb) AS a, GREATEST(l.na, l.nb) AS b, IF(l.na < l.nb, l.a, l.b) AS x, IF(l.na < l.nb, l.b, l.a) AS y,
      1 / (1 + EXP(LEAST(w.u + l.common - w.m, 700)) + EXP(LEAST(w.h + l.own - w.m, 700))) AS p
    FROM `kith`.`scratch_run_identity_firm_match_levels` AS l JOIN `kith`.`scratch_run_identity_firm_match_weights` AS w ON l.code = w.code
    WHERE l.na != l.nb
  ) WHERE p >= 0.9 GROUP BY a, b
);

-- identity firm hook 1 (entity firm) at models/all.yml:39:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_firm_match_exact_p1` OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 2 DAY)) AS
SELECT a AS v, MAX(b) AS l FROM `kith`.`identity_firm_edges_build` GROUP BY a;

-- identity firm depth 1 (entity firm) at models/all.yml:39:11
SELECT COUNT(*), COUNTIF(g.v IS NOT NULL)
FROM (SELECT l FROM `kith`.`scratch_run_identity_firm_match_exact_p1` WHERE MOD(l, 64) = 0) AS p LEFT JOIN (SELECT v FROM `kith`.`scratch_run_identity_firm_match_exact_p1` WHERE MOD(v, 64) = 0) AS g ON p.l = g.v;

-- identity firm jump 1 (entity firm) at models/all.yml:39:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_firm_match_exact_q1` OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 2 DAY)) AS
SELECT p.v AS v, IFNULL(g.l, p.l) AS l FROM `kith`.`scratch_run_identity_firm_match_exact_p1` AS p LEFT JOIN `kith`.`scratch_run_identity_firm_match_exact_p1` AS g ON p.l = g.v;

-- identity firm lift 1 (entity firm) at models/all.yml:39:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_firm_match_exact_e1` OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 2 DAY)) AS
SELECT LEAST(x, y) AS a, GREATEST(x, y) AS b
FROM (
  SELECT IFNULL(s.l, e.a) AS x, IFNULL(t.l, e.b) AS y
  FROM `kith`.`identity_firm_edges_build` AS e LEFT JOIN `kith`.`scratch_run_identity_firm_match_exact_q1` AS s ON e.a = s.v LEFT JOIN `kith`.`scratch_run_identity_firm_match_exact_q1` AS t ON e.b = t.v
) WHERE x != y GROUP BY a, b;

-- identity firm live edges 2 (entity firm) at models/all.yml:39:11
SELECT COUNT(*) FROM `kith`.`scratch_run_identity_firm_match_exact_e1`;

-- identity firm hook 2 (entity firm) at models/all.yml:39:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_firm_match_exact_p2` OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 2 DAY)) AS
SELECT IF(ha < hb, b, a) AS v, ARRAY_AGG(IF(ha < hb, a, b) ORDER BY LEAST(ha, hb) LIMIT 1)[OFFSET(0)] AS l
FROM (SELECT a, b, FARM_FINGERPRINT(CONCAT('4354685564936845354', CAST(a AS STRING))) AS ha, FARM_FINGERPRINT(CONCAT('4354685564936845354', CAST(b AS STRING))) AS hb FROM `kith`.`scratch_run_identity_firm_match_exact_e1`) GROUP BY v;

-- identity firm lift 2 (entity firm) at models/all.yml:39:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_firm_match_exact_e2` OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 2 DAY)) AS
SELECT LEAST(x, y) AS a, GREATEST(x, y) AS b
FROM (
  SELECT IFNULL(s.l, e.a) AS x, IFNULL(t.l, e.b) AS y
  FROM `kith`.`scratch_run_identity_firm_match_exact_e1` AS e LEFT JOIN `kith`.`scratch_run_identity_firm_match_exact_p2` AS s ON e.a = s.v LEFT JOIN `kith`.`scratch_run_identity_firm_match_exact_p2` AS t ON e.b = t.v
) WHERE x != y GROUP BY a, b;

-- identity firm live edges 3 (entity firm) at models/all.yml:39:11
SELECT COUNT(*) FROM `kith`.`scratch_run_identity_firm_match_exact_e2`;

-- identity firm fetch 3 (entity firm) at models/all.yml:39:11
SELECT a, b FROM `kith`.`scratch_run_identity_firm_match_exact_e2`;

-- identity firm finish 3 (entity firm) at models/all.yml:39:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_firm_match_exact_q3` (v INT64, l INT64) OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 2 DAY));

-- identity firm compose 2 (entity firm) at models/all.yml:39:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_firm_match_exact_m2` OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 2 DAY)) AS
SELECT q.v AS v, IFNULL(m.l, q.l) AS l FROM `kith`.`scratch_run_identity_firm_match_exact_p2` AS q LEFT JOIN `kith`.`scratch_run_identity_firm_match_exact_q3` AS m ON q.l = m.v
UNION ALL
SELECT v, l FROM `kith`.`scratch_run_identity_firm_match_exact_q3` WHERE v NOT IN (SELECT v FROM `kith`.`scratch_run_identity_firm_match_exact_p2`);

-- identity firm match nodes (entity firm) at models/all.yml:39:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_firm_match_nodes` OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 2 DAY)) AS
SELECT node, type, label AS part FROM (
  SELECT s.*, IFNULL(m.l, s.hooked) AS label
  FROM (SELECT n.*, IFNULL(q.l, n.node) AS hooked FROM `kith`.`scratch_run_identity_firm_nodes` AS n LEFT JOIN `kith`.`scratch_run_identity_firm_match_exact_q1` AS q ON n.node = q.v) AS s
  LEFT JOIN `kith`.`scratch_run_identity_firm_match_exact_m2` AS m ON s.hooked = m.v
);

-- identity firm match links (entity firm) at models/all.yml:39:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_firm_match_links` OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 2 DAY)) AS
SELECT s.a AS a, s.b AS b, s.probability AS probability, s.decided AS decided, LEAST(x.part, y.part) AS la, GREATEST(x.part, y.part) AS lb
FROM (
  SELECT p.a AS a, p.b AS b, p.probability AS probability, 0 AS decided FROM `kith`.`scratch_run_identity_firm_match_scored` AS p
  WHERE p.probability >= 0.99 AND NOT EXISTS (SELECT 1 FROM (
  SELECT a, b, decision FROM (
    SELECT a, b, ARRAY_AGG(decision ORDER BY `at` DESC LIMIT 1)[OFFSET(0)] AS decision FROM `kith`.`match_decisions` WHERE entity = 'firm' GROUP BY a, b
  ) WHERE decision != 'undecided'
) AS d WHERE d.a = p.a AND d.b = p.b)
  UNION ALL
  SELECT a, b, 1.0 AS probability, 1 AS decided FROM (
  SELECT a, b, decision FROM (
    SELECT a, b, ARRAY_AGG(decision ORDER BY `at` DESC LIMIT 1)[OFFSET(0)] AS decision FROM `kith`.`match_decisions` WHERE entity = 'firm' GROUP BY a, b
  ) WHERE decision != 'undecided'
) WHERE decision = 'accepted'
) AS s JOIN `kith`.`scratch_run_identity_firm_match_nodes` AS x ON s.a = x.node JOIN `kith`.`scratch_run_identity_firm_match_nodes` AS y ON s.b = y.node
WHERE x.part != y.part;

-- identity firm match link count (entity firm) at models/all.yml:39:11
SELECT COUNT(*) FROM `kith`.`scratch_run_identity_firm_match_links`;

-- identity firm match joined (entity firm) at models/all.yml:39:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_firm_match_joined` OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 2 DAY)) AS
SELECT la AS a, lb AS b FROM `kith`.`scratch_run_identity_firm_match_links` GROUP BY a, b;

-- identity firm match parts (entity firm) at models/all.yml:39:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_firm_match_parts` OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 2 DAY)) AS
SELECT part AS node, COUNT(*) AS size
FROM `kith`.`scratch_run_identity_firm_match_nodes` WHERE part IN (SELECT la FROM `kith`.`scratch_run_identity_firm_match_links` UNION ALL SELECT lb FROM `kith`.`scratch_run_identity_firm_match_links`)
GROUP BY part;

-- identity firm hook 1 (entity firm) at models/all.yml:39:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_firm_match_joined_p1` OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 2 DAY)) AS
SELECT a AS v, MAX(b) AS l FROM `kith`.`scratch_run_identity_firm_match_joined` GROUP BY a;

-- identity firm depth 1 (entity firm) at models/all.yml:39:11
SELECT COUNT(*), COUNTIF(g.v IS NOT NULL)
FROM (SELECT l FROM `kith`.`scratch_run_identity_firm_match_joined_p1` WHERE MOD(l, 64) = 0) AS p LEFT JOIN (SELECT v FROM `kith`.`scratch_run_identity_firm_match_joined_p1` WHERE MOD(v, 64) = 0) AS g ON p.l = g.v;

-- identity firm jump 1 (entity firm) at models/all.yml:39:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_firm_match_joined_q1` OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 2 DAY)) AS
SELECT p.v AS v, IFNULL(g.l, p.l) AS l FROM `kith`.`scratch_run_identity_firm_match_joined_p1` AS p LEFT JOIN `kith`.`scratch_run_identity_firm_match_joined_p1` AS g ON p.l = g.v;

-- identity firm lift 1 (entity firm) at models/all.yml:39:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_firm_match_joined_e1` OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 2 DAY)) AS
SELECT LEAST(x, y) AS a, GREATEST(x, y) AS b
FROM (
  SELECT IFNULL(s.l, e.a) AS x, IFNULL(t.l, e.b) AS y
  FROM `kith`.`scratch_run_identity_firm_match_joined` AS e LEFT JOIN `kith`.`scratch_run_identity_firm_match_joined_q1` AS s ON e.a = s.v LEFT JOIN `kith`.`scratch_run_identity_firm_match_joined_q1` AS t ON e.b = t.v
) WHERE x != y GROUP BY a, b;

-- identity firm live edges 2 (entity firm) at models/all.yml:39:11
SELECT COUNT(*) FROM `kith`.`scratch_run_identity_firm_match_joined_e1`;

-- identity firm hook 2 (entity firm) at models/all.yml:39:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_firm_match_joined_p2` OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 2 DAY)) AS
SELECT IF(ha < hb, b, a) AS v, ARRAY_AGG(IF(ha < hb, a, b) ORDER BY LEAST(ha, hb) LIMIT 1)[OFFSET(0)] AS l
FROM (SELECT a, b, FARM_FINGERPRINT(CONCAT('4354685564936845354', CAST(a AS STRING))) AS ha, FARM_FINGERPRINT(CONCAT('4354685564936845354', CAST(b AS STRING))) AS hb FROM `kith`.`scratch_run_identity_firm_match_joined_e1`) GROUP BY v;

-- identity firm lift 2 (entity firm) at models/all.yml:39:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_firm_match_joined_e2` OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 2 DAY)) AS
SELECT LEAST(x, y) AS a, GREATEST(x, y) AS b
FROM (
  SELECT IFNULL(s.l, e.a) AS x, IFNULL(t.l, e.b) AS y
  FROM `kith`.`scratch_run_identity_firm_match_joined_e1` AS e LEFT JOIN `kith`.`scratch_run_identity_firm_match_joined_p2` AS s ON e.a = s.v LEFT JOIN `kith`.`scratch_run_identity_firm_match_joined_p2` AS t ON e.b = t.v
) WHERE x != y GROUP BY a, b;

-- identity firm live edges 3 (entity firm) at models/all.yml:39:11
SELECT COUNT(*) FROM `kith`.`scratch_run_identity_firm_match_joined_e2`;

-- identity firm fetch 3 (entity firm) at models/all.yml:39:11
SELECT a, b FROM `kith`.`scratch_run_identity_firm_match_joined_e2`;

-- identity firm finish 3 (entity firm) at models/all.yml:39:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_firm_match_joined_q3` (v INT64, l INT64) OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 2 DAY));

-- identity firm compose 2 (entity firm) at models/all.yml:39:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_firm_match_joined_m2` OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 2 DAY)) AS
SELECT q.v AS v, IFNULL(m.l, q.l) AS l FROM `kith`.`scratch_run_identity_firm_match_joined_p2` AS q LEFT JOIN `kith`.`scratch_run_identity_firm_match_joined_q3` AS m ON q.l = m.v
UNION ALL
SELECT v, l FROM `kith`.`scratch_run_identity_firm_match_joined_q3` WHERE v NOT IN (SELECT v FROM `kith`.`scratch_run_identity_firm_match_joined_p2`);

-- identity firm match groups (entity firm) at models/all.yml:39:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_firm_match_groups` OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 2 DAY)) AS
SELECT node, size, label AS part FROM (
  SELECT s.*, IFNULL(m.l, s.hooked) AS label
  FROM (SELECT n.*, IFNULL(q.l, n.node) AS hooked FROM `kith`.`scratch_run_identity_firm_match_parts` AS n LEFT JOIN `kith`.`scratch_run_identity_firm_match_joined_q1` AS q ON n.node = q.v) AS s
  LEFT JOIN `kith`.`scratch_run_identity_firm_match_joined_m2` AS m ON s.hooked = m.v
);

-- identity firm match over (entity firm) at models/all.yml:39:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_firm_match_over` OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 2 DAY)) AS
SELECT part FROM `kith`.`scratch_run_identity_firm_match_groups` GROUP BY part
HAVING SUM(size) > 500
UNION DISTINCT
SELECT x.part AS part FROM (
  SELECT x.part AS la, y.part AS lb
  FROM (
  SELECT a, b, decision FROM (
    SELECT a, b, ARRAY_AGG(decision ORDER BY `at` DESC LIMIT 1)[OFFSET(0)] AS decision FROM `kith`.`match_decisions` WHERE entity = 'firm' GROUP BY a, b
  ) WHERE decision != 'undecided'
) AS d JOIN `kith`.`scratch_run_identity_firm_match_nodes` AS x ON d.a = x.node JOIN `kith`.`scratch_run_identity_firm_match_nodes` AS y ON d.b = y.node
  WHERE d.decision = 'refused' AND x.part != y.part
) AS d JOIN `kith`.`scratch_run_identity_firm_match_groups` AS x ON d.la = x.node JOIN `kith`.`scratch_run_identity_firm_match_groups` AS y ON d.lb = y.node
WHERE x.part = y.part;

-- identity firm match held (entity firm) at models/all.yml:39:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_firm_match_held` (a INT64, b INT64, why STRING) OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 2 DAY));

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
  SELECT a, b, decision FROM (
    SELECT a, b, ARRAY_AGG(decision ORDER BY `at` DESC LIMIT 1)[OFFSET(0)] AS decision FROM `kith`.`match_decisions` WHERE entity = 'firm' GROUP BY a, b
  ) WHERE decision != 'undecided'
) AS d JOIN `kith`.`scratch_run_identity_firm_match_nodes` AS x ON d.a = x.node JOIN `kith`.`scratch_run_identity_firm_match_nodes` AS y ON d.b = y.node
  WHERE d.decision = 'refused' AND x.part != y.part
)
WHERE la IN (SELECT node FROM `kith`.`scratch_run_identity_firm_match_groups` WHERE part IN (SELECT part FROM `kith`.`scratch_run_identity_firm_match_over`));

-- identity firm match held count (entity firm) at models/all.yml:39:11
SELECT COUNT(*) FROM `kith`.`scratch_run_identity_firm_match_held`;

-- identity firm match edges (entity firm) at models/all.yml:39:11
INSERT INTO `kith`.`identity_firm_edges_build` (a, b, ta, tb, source, bucket, first_seen, last_seen, n)
SELECT s.a, s.b, x.type, y.type, IF(s.decided = 1, '(decision)', '(match)'), 0, GREATEST(x.first_seen, y.first_seen), LEAST(x.last_seen, y.last_seen), 0
FROM (SELECT l.a AS a, l.b AS b, l.decided AS decided FROM `kith`.`scratch_run_identity_firm_match_links` AS l WHERE NOT EXISTS (SELECT 1 FROM `kith`.`scratch_run_identity_firm_match_held` AS h WHERE h.a = l.a AND h.b = l.b)) AS s
JOIN `kith`.`scratch_run_identity_firm_nodes` AS x ON s.a = x.node JOIN `kith`.`scratch_run_identity_firm_nodes` AS y ON s.b = y.node;

-- identity firm hook 1 (entity firm) at models/all.yml:39:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_firm_p1` OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 2 DAY)) AS
SELECT a AS v, MAX(b) AS l FROM `kith`.`identity_firm_edges_build` GROUP BY a;

-- identity firm depth 1 (entity firm) at models/all.yml:39:11
SELECT COUNT(*), COUNTIF(g.v IS NOT NULL)
FROM (SELECT l FROM `kith`.`scratch_run_identity_firm_p1` WHERE MOD(l, 64) = 0) AS p LEFT JOIN (SELECT v FROM `kith`.`scratch_run_identity_firm_p1` WHERE MOD(v, 64) = 0) AS g ON p.l = g.v;

-- identity firm jump 1 (entity firm) at models/all.yml:39:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_firm_q1` OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 2 DAY)) AS
SELECT p.v AS v, IFNULL(g.l, p.l) AS l FROM `kith`.`scratch_run_identity_firm_p1` AS p LEFT JOIN `kith`.`scratch_run_identity_firm_p1` AS g ON p.l = g.v;

-- identity firm lift 1 (entity firm) at models/all.yml:39:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_firm_e1` OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 2 DAY)) AS
SELECT LEAST(x, y) AS a, GREATEST(x, y) AS b
FROM (
  SELECT IFNULL(s.l, e.a) AS x, IFNULL(t.l, e.b) AS y
  FROM `kith`.`identity_firm_edges_build` AS e LEFT JOIN `kith`.`scratch_run_identity_firm_q1` AS s ON e.a = s.v LEFT JOIN `kith`.`scratch_run_identity_firm_q1` AS t ON e.b = t.v
) WHERE x != y GROUP BY a, b;

-- identity firm live edges 2 (entity firm) at models/all.yml:39:11
SELECT COUNT(*) FROM `kith`.`scratch_run_identity_firm_e1`;

-- identity firm hook 2 (entity firm) at models/all.yml:39:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_firm_p2` OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 2 DAY)) AS
SELECT IF(ha < hb, b, a) AS v, ARRAY_AGG(IF(ha < hb, a, b) ORDER BY LEAST(ha, hb) LIMIT 1)[OFFSET(0)] AS l
FROM (SELECT a, b, FARM_FINGERPRINT(CONCAT('4354685564936845354', CAST(a AS STRING))) AS ha, FARM_FINGERPRINT(CONCAT('4354685564936845354', CAST(b AS STRING))) AS hb FROM `kith`.`scratch_run_identity_firm_e1`) GROUP BY v;

-- identity firm lift 2 (entity firm) at models/all.yml:39:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_firm_e2` OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 2 DAY)) AS
SELECT LEAST(x, y) AS a, GREATEST(x, y) AS b
FROM (
  SELECT IFNULL(s.l, e.a) AS x, IFNULL(t.l, e.b) AS y
  FROM `kith`.`scratch_run_identity_firm_e1` AS e LEFT JOIN `kith`.`scratch_run_identity_firm_p2` AS s ON e.a = s.v LEFT JOIN `kith`.`scratch_run_identity_firm_p2` AS t ON e.b = t.v
) WHERE x != y GROUP BY a, b;

-- identity firm live edges 3 (entity firm) at models/all.yml:39:11
SELECT COUNT(*) FROM `kith`.`scratch_run_identity_firm_e2`;

-- identity firm fetch 3 (entity firm) at models/all.yml:39:11
SELECT a, b FROM `kith`.`scratch_run_identity_firm_e2`;

-- identity firm finish 3 (entity firm) at models/all.yml:39:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_firm_q3` (v INT64, l INT64) OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 2 DAY));

-- identity firm compose 2 (entity firm) at models/all.yml:39:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_firm_m2` OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 2 DAY)) AS
SELECT q.v AS v, IFNULL(m.l, q.l) AS l FROM `kith`.`scratch_run_identity_firm_p2` AS q LEFT JOIN `kith`.`scratch_run_identity_firm_q3` AS m ON q.l = m.v
UNION ALL
SELECT v, l FROM `kith`.`scratch_run_identity_firm_q3` WHERE v NOT IN (SELECT v FROM `kith`.`scratch_run_identity_firm_p2`);

-- identity firm components (entity firm) at models/all.yml:39:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_firm_found` OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 2 DAY)) AS
SELECT node, type, value, first_seen, last_seen, n, label AS part FROM (
  SELECT s.*, IFNULL(m.l, s.hooked) AS label
  FROM (SELECT n.*, IFNULL(q.l, n.node) AS hooked FROM `kith`.`scratch_run_identity_firm_nodes` AS n LEFT JOIN `kith`.`scratch_run_identity_firm_q1` AS q ON n.node = q.v) AS s
  LEFT JOIN `kith`.`scratch_run_identity_firm_m2` AS m ON s.hooked = m.v
);

-- identity firm anchors (entity firm) at models/all.yml:39:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_firm_parts` OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 2 DAY)) AS
SELECT part, ARRAY_AGG(node ORDER BY first_seen, type, value LIMIT 1)[OFFSET(0)] AS anchor, MIN(CONCAT(LPAD(CAST(UNIX_MICROS(first_seen) + 62135596800000000 AS STRING), 18, '0'), LPAD(CAST(type AS STRING), 3, '0'), value)) AS first, COUNT(*) AS identifiers, ARRAY_AGG(node LIMIT 2147483647) AS nodes, FALSE AS over_max
FROM `kith`.`scratch_run_identity_firm_found` GROUP BY part;

-- identity firm guards (entity firm) at models/all.yml:39:11
SELECT COUNTIF(over_max), COUNTIF(NOT over_max AND identifiers > 2147483647) FROM `kith`.`scratch_run_identity_firm_parts`;

-- identity firm rejected links (entity firm) at models/all.yml:39:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_firm_rejected` (a INT64, b INT64, why INT64) OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 2 DAY));

-- identity firm too large (entity firm) at models/all.yml:39:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_firm_large` OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 2 DAY)) AS
SELECT part FROM `kith`.`scratch_run_identity_firm_parts` WHERE NOT over_max AND identifiers > 2147483647;

-- identity firm count too large (entity firm) at models/all.yml:39:11
SELECT COUNT(*) FROM `kith`.`scratch_run_identity_firm_large`;

-- identity firm moved (entity firm) at models/all.yml:39:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_firm_moved` OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 2 DAY)) AS
SELECT node, whole, IF(large = 0, part, node) AS part, large, was
FROM (
  SELECT c.node AS node, c.whole AS whole, c.part AS part, c.large AS large,
    FALSE AS was
  FROM (
    SELECT node, part AS whole, part, part AS large FROM `kith`.`scratch_run_identity_firm_found` WHERE part IN (SELECT part FROM `kith`.`scratch_run_identity_firm_large`) AND part IN (SELECT part FROM `kith`.`scratch_run_identity_firm_parts` WHERE NOT over_max)
  ) AS c
);

-- identity firm links in quarantine (entity firm) at models/all.yml:39:11
INSERT INTO `kith`.`scratch_run_identity_firm_rejected` (a, b, why)
SELECT e.a, e.b, 2
FROM (SELECT a, b FROM `kith`.`identity_firm_edges_build` WHERE a IN (SELECT node FROM `kith`.`scratch_run_identity_firm_moved` WHERE large != 0) GROUP BY a, b) AS e
JOIN `kith`.`scratch_run_identity_firm_moved` AS s ON e.a = s.node JOIN `kith`.`scratch_run_identity_firm_moved` AS t ON e.b = t.node
WHERE s.large = t.large AND s.part != t.part AND NOT EXISTS (SELECT 1 FROM `kith`.`scratch_run_identity_firm_rejected` AS r WHERE r.a = e.a AND r.b = e.b);

-- identity firm moved anchors (entity firm) at models/all.yml:39:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_firm_moved_parts` OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 2 DAY)) AS
SELECT part, ARRAY_AGG(node ORDER BY first_seen, type, value LIMIT 1)[OFFSET(0)] AS anchor, MIN(CONCAT(LPAD(CAST(UNIX_MICROS(first_seen) + 62135596800000000 AS STRING), 18, '0'), LPAD(CAST(type AS STRING), 3, '0'), value)) AS first, COUNT(*) AS identifiers, ARRAY_AGG(node) AS nodes, ANY_VALUE(whole) AS whole, MAX(large) AS large
FROM (SELECT f.node AS node, f.type AS type, f.value AS value, f.first_seen AS first_seen, m.part AS part, m.whole AS whole, IF(m.large != 0, 1, 0) AS large
  FROM `kith`.`scratch_run_identity_firm_found` AS f JOIN `kith`.`scratch_run_identity_firm_moved` AS m ON f.node = m.node)
GROUP BY part;

-- identity firm rejected counts (entity firm) at models/all.yml:39:11
SELECT COUNTIF(why = 1), COUNTIF(why = 2), COUNTIF(why = 3) FROM `kith`.`scratch_run_identity_firm_rejected`;

-- identity firm ids (entity firm) at models/all.yml:39:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_identity_firm_ids` OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 2 DAY)) AS
SELECT part, CONCAT('f_', SUBSTR(TO_HEX(SHA256(CONCAT('\x00firm\x00', ['domain', 'vat'][OFFSET(type)], '\x00', value))), 1, 32)) AS entity_id, anchor, TIMESTAMP '1970-01-01 00:00:00.000000+00:00' AS created_at, identifiers, quarantined, whole, nodes
FROM (SELECT part, anchor, CAST(SUBSTR(first, 19, 3) AS INT64) AS type, SUBSTR(first, 22) AS value, identifiers, quarantined, whole, nodes FROM (
  SELECT part, anchor, first, identifiers, nodes, 0 AS whole, 0 AS quarantined FROM `kith`.`scratch_run_identity_firm_parts` WHERE part NOT IN (SELECT whole FROM `kith`.`scratch_run_identity_firm_moved`)
  UNION ALL SELECT part, anchor, first, identifiers, nodes, whole, large AS quarantined FROM `kith`.`scratch_run_identity_firm_moved_parts`
));

-- identity firm map (entity firm) at models/all.yml:39:11
CREATE OR REPLACE TABLE `kith`.`identity_firm_map_build` CLUSTER BY node AS
SELECT c.node AS node, c.type AS type, c.value AS value, i.entity_id AS entity_id, c.first_seen AS first_seen, c.last_seen AS last_seen, c.n AS n
FROM (
  SELECT f.node AS node, f.type AS type, f.value AS value, f.first_seen AS first_seen, f.last_seen AS last_seen, f.n AS n, IFNULL(m.part, f.part) AS part
  FROM `kith`.`scratch_run_identity_firm_found` AS f LEFT JOIN `kith`.`scratch_run_identity_firm_moved` AS m ON f.node = m.node
) AS c JOIN `kith`.`scratch_run_identity_firm_ids` AS i ON c.part = i.part;

-- identity firm entities (entity firm) at models/all.yml:39:11
CREATE OR REPLACE TABLE `kith`.`entity_firm_build` CLUSTER BY entity_id AS
SELECT entity_id, anchor, created_at, identifiers, quarantined, whole, nodes FROM `kith`.`scratch_run_identity_firm_ids`;

-- identity firm refused links (entity firm) at models/all.yml:39:11
CREATE OR REPLACE TABLE `kith`.`identity_firm_refused_build` (a INT64, b INT64, why INT64) CLUSTER BY a, b AS
SELECT a, b, MIN(why) AS why FROM `kith`.`scratch_run_identity_firm_rejected` GROUP BY a, b;

-- identity firm entity count (entity firm) at models/all.yml:39:11
SELECT COUNT(*), IFNULL(SUM(identifiers), 0), COUNT(DISTINCT IF(quarantined = 1, whole, NULL)),
  (SELECT COUNT(*) FROM `kith`.`identity_firm_refused_build` WHERE why = 1),
  (SELECT IFNULL(SUM(unowned), 0) FROM `kith`.`identity_firm_reads_build`),
  (SELECT COUNT(*) FROM (SELECT DISTINCT type, value FROM `kith`.`identity_firm_values_build` WHERE node = 0 AND state = 1)),
  (SELECT IFNULL(SUM(n), 0) FROM `kith`.`identity_firm_values_build` WHERE node = 0 AND state = 2),
  (SELECT COUNT(*) FROM `kith`.`identity_firm_map_build`)
FROM `kith`.`entity_firm_build`;

-- identity firm match review (entity firm) at models/all.yml:39:11
CREATE OR REPLACE TABLE `kith`.`identity_firm_review_build` (
  pair STRING,
  a INT64,
  b INT64,
  probability FLOAT64,
  why STRING,
  a_entity STRING,
  b_entity STRING,
  a_values ARRAY<STRING>,
  b_values ARRAY<STRING>
) AS
SELECT TO_HEX(SUBSTR(SHA256(CONCAT(CAST(s.a AS STRING), ',', CAST(s.b AS STRING))), 1, 8)) AS pair, s.a AS a, s.b AS b, s.probability AS probability, s.why AS why, x.entity_id AS a_entity, y.entity_id AS b_entity,
  [l.f0, l.f1] AS a_values, [r.f0, r.f1] AS b_values
FROM (
  SELECT p.a AS a, p.b AS b, p.probability AS probability, p.ra AS ra, p.rb AS rb, '' AS why FROM `kith`.`scratch_run_identity_firm_match_scored` AS p
  WHERE p.probability < 0.99 AND NOT EXISTS (SELECT 1 FROM (
  SELECT a, b, decision FROM (
    SELECT a, b, ARRAY_AGG(decision ORDER BY `at` DESC LIMIT 1)[OFFSET(0)] AS decision FROM `kith`.`match_decisions` WHERE entity = 'firm' GROUP BY a, b
  ) WHERE decision != 'undecided'
) AS d WHERE d.a = p.a AND d.b = p.b)
  UNION ALL
  SELECT z.a AS a, z.b AS b, z.probability AS probability, z.ra AS ra, z.rb AS rb, h.why AS why
  FROM `kith`.`scratch_run_identity_firm_match_scored` AS z JOIN `kith`.`scratch_run_identity_firm_match_held` AS h ON z.a = h.a AND z.b = h.b
) AS s
JOIN `kith`.`identity_firm_map_build` AS x ON s.a = x.node JOIN `kith`.`identity_firm_map_build` AS y ON s.b = y.node
JOIN `kith`.`scratch_run_identity_firm_match_records` AS l ON s.ra = l.id JOIN `kith`.`scratch_run_identity_firm_match_records` AS r ON s.rb = r.id
WHERE x.entity_id != y.entity_id;

-- identity firm match review count (entity firm) at models/all.yml:39:11
SELECT COUNT(*) FROM `kith`.`identity_firm_review_build`;

-- identity firm changed ids (entity firm) at models/all.yml:39:11
SELECT 0, 0,
  (SELECT COUNT(*) FROM (
  SELECT old_id, new_id FROM (
    SELECT old_id, ARRAY_AGG(new_id ORDER BY `at` DESC LIMIT 1)[OFFSET(0)] AS new_id FROM `kith`.`entity_merges`
    WHERE entity = 'firm' AND (build = 'build' OR build IN (SELECT build FROM `kith`.`builds`))
    GROUP BY old_id
  ) WHERE new_id != ''
) WHERE old_id IN (SELECT entity_id FROM `kith`.`scratch_run_identity_firm_ids`));

-- identity firm merges (entity firm) at models/all.yml:39:11
INSERT INTO `kith`.`entity_merges` (entity, old_id, new_id, build, `at`, direct)
SELECT 'firm', old_id, new_id, 'build', CURRENT_TIMESTAMP(), direct
FROM (
  SELECT old_id, '' AS new_id, 0 AS direct FROM (
  SELECT old_id, new_id FROM (
    SELECT old_id, ARRAY_AGG(new_id ORDER BY `at` DESC LIMIT 1)[OFFSET(0)] AS new_id FROM `kith`.`entity_merges`
    WHERE entity = 'firm' AND (build = 'build' OR build IN (SELECT build FROM `kith`.`builds`))
    GROUP BY old_id
  ) WHERE new_id != ''
) AS a WHERE old_id IN (SELECT entity_id FROM `kith`.`scratch_run_identity_firm_ids`)
);

-- identity firm audit rejected (entity firm) at models/all.yml:39:11
INSERT INTO `kith`.`identity_audit` (`at`, build, run_id, entity, event, entity_id, other_id, a, b, source, n, size)
WITH fresh AS (
  SELECT r.a, r.b FROM `kith`.`scratch_run_identity_firm_rejected` AS r WHERE r.why = 1
)
SELECT CURRENT_TIMESTAMP(), 'build', 'run', 'firm', event, '', '', a, b, source, n, 0
FROM (
  SELECT 'rejected_links' AS event, 0 AS a, 0 AS b, '' AS source, COUNT(*) AS n FROM fresh
  UNION ALL
  SELECT 'rejected' AS event, a, b, source, n FROM (
    SELECT e.a AS a, e.b AS b, e.source AS source, SUM(e.n) AS n FROM `kith`.`identity_firm_edges_build` AS e JOIN fresh AS f ON e.a = f.a AND e.b = f.b
    GROUP BY a, b, source ORDER BY n DESC, a, b, source LIMIT 1000
  )
) WHERE n > 0;

-- identity firm audit quarantined (entity firm) at models/all.yml:39:11
INSERT INTO `kith`.`identity_audit` (`at`, build, run_id, entity, event, entity_id, other_id, a, b, source, n, size)
SELECT CURRENT_TIMESTAMP(), 'build', 'run', 'firm', 'quarantined', '', '', large, 0, '', fresh, size
FROM (SELECT large, COUNTIF(NOT was) AS fresh, COUNT(*) AS size FROM `kith`.`scratch_run_identity_firm_moved` WHERE large != 0 GROUP BY large)
WHERE fresh > 0 ORDER BY size DESC, large LIMIT 1000;

-- identity firm audit collision (entity firm) at models/all.yml:39:11
INSERT INTO `kith`.`identity_audit` (`at`, build, run_id, entity, event, entity_id, other_id, a, b, source, n, size)
VALUES (CURRENT_TIMESTAMP(), 'build', 'run', 'firm', 'collision', '', '', 1, 2, '', 1, 0);

-- identity firm audit values (entity firm) at models/all.yml:39:11
INSERT INTO `kith`.`identity_audit` (`at`, build, run_id, entity, event, entity_id, other_id, a, b, source, n, size, sample)
WITH fresh AS (
  SELECT v.type AS type, v.value AS value, v.state AS state, v.source AS source, SUM(v.n) AS n
  FROM (SELECT *, IF(state = 1, value, source) AS word FROM `kith`.`identity_firm_values_build` WHERE node = 0) AS v
  GROUP BY type, value, state, source
)
SELECT CURRENT_TIMESTAMP(), 'build', 'run', 'firm', event, '', ['domain', 'vat'][OFFSET(type)], 0, 0, source, n, size, sample
FROM (
  SELECT IF(state = 1, 'blocked_values', 'invalid_values') AS event, type, '' AS source, SUM(n) AS n, COUNT(DISTINCT value) AS size, '' AS sample FROM fresh GROUP BY state, type
  UNION ALL
  SELECT IF(state = 1, 'blocked', 'invalid') AS event, type, source, n, 0 AS size, IF(state = 1, CONCAT(SUBSTR(value, 1, 1), REGEXP_REPLACE(SUBSTR(value, 2, 23), r'[^@.+: -]', '*')), value) AS sample FROM (
    SELECT * FROM fresh ORDER BY n DESC, type, value, source LIMIT 1000
  )
);

-- identity firm guard report (entity firm) at models/all.yml:39:11
WITH audit AS (
  SELECT * FROM `kith`.`identity_audit` WHERE build = 'build' AND entity = 'firm'
), named AS (
  SELECT node, value FROM `kith`.`identity_firm_map_build` WHERE node IN (SELECT node FROM audit, UNNEST([a, b]) AS node)
)
SELECT event, other, SUM(total), MAX(largest), ARRAY_AGG(text IGNORE NULLS ORDER BY n DESC, a, b, sample LIMIT 3)
FROM (
  SELECT CASE WHEN x.event IN ('blocked', 'blocked_values') THEN 'blocked' WHEN x.event IN ('invalid', 'invalid_values') THEN 'invalid' WHEN x.event IN ('demoted', 'demoted_values') THEN 'demoted' WHEN x.event IN ('rejected', 'rejected_links') THEN 'rejected' ELSE x.event END AS event,
    IF(x.event IN ('blocked', 'blocked_values', 'invalid', 'invalid_values', 'demoted', 'demoted_values'), x.other_id, '') AS other,
    CASE WHEN x.event IN ('rejected_links', 'invalid_values', 'demoted_values') THEN x.n WHEN x.event = 'blocked_values' THEN x.size WHEN x.event IN ('merged', 'split', 'quarantined', 'collision') THEN 1 ELSE 0 END AS total,
    IF(x.event IN ('quarantined', 'merged'), x.size, 0) AS largest,
    CASE WHEN x.sample != '' THEN CONCAT(x.sample, IF(x.event = 'demoted', CONCAT(' (', CAST(x.n AS STRING), ' neighbours, cap ', CAST(x.size AS STRING), ')'), CONCAT(' (', CAST(x.n AS STRING), ' rows)')))
      WHEN x.event IN ('rejected', 'merged', 'quarantined') AND p.value IS NOT NULL THEN CONCAT(CONCAT(SUBSTR(p.value, 1, 1), REGEXP_REPLACE(SUBSTR(p.value, 2, 23), r'[^@.+: -]', '*')), IF(q.value IS NOT NULL, CONCAT(' - ', CONCAT(SUBSTR(q.value, 1, 1), REGEXP_REPLACE(SUBSTR(q.value, 2, 23), r'[^@.+: -]', '*'))), ''), IF(x.event = 'quarantined', CONCAT(' and ', CAST(x.size - 1 AS STRING), ' more'), CONCAT(' (', x.source, ', ', CAST(x.n AS STRING), ' rows)')))
    END AS text,
    x.n AS n, x.a AS a, x.b AS b, x.sample AS sample
  FROM audit AS x LEFT JOIN named AS p ON x.a = p.node LEFT JOIN named AS q ON x.b = q.node
) GROUP BY event, other ORDER BY event, other;

-- relation employer (relation employer) at models/all.yml:45:12
CREATE OR REPLACE TABLE `kith`.`scratch_run_relation_employer` CLUSTER BY entity_id OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 2 DAY)) AS
SELECT __kith_a.entity_id AS entity_id, ARRAY_AGG(IF((IFNULL(__kith_b.entity_id, '') != ''), __kith_b.entity_id, NULL) IGNORE NULLS ORDER BY COALESCE(__kith_s.`at`, __kith_s.`seen`, TIMESTAMP '1970-01-01 00:00:00.000000+00:00') DESC, __kith_s.`k`, __kith_s.`op`, __kith_b.entity_id LIMIT 1)[SAFE_OFFSET(0)] AS other_id
FROM (
  SELECT *, CASE WHEN (SELECT IF((__kith_v = '' OR ((LOWER(TRIM(__kith_v, ' ')) IN ('-1', 'null', '(null)', 'nil', 'none', 'nan', 'na', 'n/a', 'undefined', 'unknown', 'anonymous', 'test@test.com')) OR REGEXP_CONTAINS(__kith_v, '^[0-]*$') OR REGEXP_CONTAINS(__kith_v, '^(no|do-?not)[-_.]?reply@'))), 0, GREATEST(FARM_FINGERPRINT(SHA256(CONCAT('\x00handle\x00', __kith_v))) & 0x7FFFFFFFFFFFFFFF, 1)) FROM UNNEST([COALESCE((SELECT IF((SELECT IF(BYTE_LENGTH(__kith_t) = CHAR_LENGTH(__kith_t), TRIM(__kith_t, ' \t\n\r\f\v'), REGEXP_REPLACE(__kith_t, '^[\\s\\p{Z}\\p{C}]+|[\\s\\p{Z}\\p{C}]+$', '')) FROM UNNEST([__kith_n]) AS __kith_t) != '', __kith_n, NULL) FROM UNNEST([__kith_s.`k`]) AS __kith_n), '')]) AS __kith_v) != 0 THEN (SELECT IF((__kith_v = '' OR ((LOWER(TRIM(__kith_v, ' ')) IN ('-1', 'null', '(null)', 'nil', 'none', 'nan', 'na', 'n/a', 'undefined', 'unknown', 'anonymous', 'test@test.com')) OR REGEXP_CONTAINS(__kith_v, '^[0-]*$') OR REGEXP_CONTAINS(__kith_v, '^(no|do-?not)[-_.]?reply@'))), 0, GREATEST(FARM_FINGERPRINT(SHA256(CONCAT('\x00handle\x00', __kith_v))) & 0x7FFFFFFFFFFFFFFF, 1)) FROM UNNEST([COALESCE((SELECT IF((SELECT IF(BYTE_LENGTH(__kith_t) = CHAR_LENGTH(__kith_t), TRIM(__kith_t, ' \t\n\r\f\v'), REGEXP_REPLACE(__kith_t, '^[\\s\\p{Z}\\p{C}]+|[\\s\\p{Z}\\p{C}]+$', '')) FROM UNNEST([__kith_n]) AS __kith_t) != '', __kith_n, NULL) FROM UNNEST([__kith_s.`k`]) AS __kith_n), '')]) AS __kith_v) WHEN (SELECT IF((__kith_v = '' OR ((LOWER(TRIM(__kith_v, ' ')) IN ('-1', 'null', '(null)', 'nil', 'none', 'nan', 'na', 'n/a', 'undefined', 'unknown', 'anonymous', 'test@test.com')) OR (__kith_v = COALESCE((SELECT IF(REGEXP_CONTAINS(__kith_n, '^[^\\s\\p{Z}\\p{C}@<>"(),;]+@[^\\s\\p{Z}\\p{C}@<>"(),;]+\\.[^\\s\\p{Z}\\p{C}@<>"(),;.]{2,}$'), __kith_n, NULL) FROM UNNEST([LOWER((SELECT IF(BYTE_LENGTH(__kith_t) = CHAR_LENGTH(__kith_t), TRIM(__kith_t, ' \t\n\r\f\v'), REGEXP_REPLACE(__kith_t, '^[\\s\\p{Z}\\p{C}]+|[\\s\\p{Z}\\p{C}]+$', '')) FROM UNNEST(['test@test.com']) AS __kith_t))]) AS __kith_n), 'test@test.com')) OR REGEXP_CONTAINS(__kith_v, '^[0-]*$') OR REGEXP_CONTAINS(__kith_v, '^(no|do-?not)[-_.]?reply@') OR REGEXP_CONTAINS(__kith_v, '@example\\.com$'))), 0, GREATEST(FARM_FINGERPRINT(SHA256(CONCAT('\x00email\x00', __kith_v))) & 0x7FFFFFFFFFFFFFFF, 1)) FROM UNNEST([COALESCE((SELECT IF(REGEXP_CONTAINS(__kith_n, '^[^\\s\\p{Z}\\p{C}@<>"(),;]+@[^\\s\\p{Z}\\p{C}@<>"(),;]+\\.[^\\s\\p{Z}\\p{C}@<>"(),;.]{2,}$'), __kith_n, NULL) FROM UNNEST([LOWER((SELECT IF(BYTE_LENGTH(__kith_t) = CHAR_LENGTH(__kith_t), TRIM(__kith_t, ' \t\n\r\f\v'), REGEXP_REPLACE(__kith_t, '^[\\s\\p{Z}\\p{C}]+|[\\s\\p{Z}\\p{C}]+$', '')) FROM UNNEST([__kith_s.`p`]) AS __kith_t))]) AS __kith_n), '')]) AS __kith_v) != 0 THEN (SELECT IF((__kith_v = '' OR ((LOWER(TRIM(__kith_v, ' ')) IN ('-1', 'null', '(null)', 'nil', 'none', 'nan', 'na', 'n/a', 'undefined', 'unknown', 'anonymous', 'test@test.com')) OR (__kith_v = COALESCE((SELECT IF(REGEXP_CONTAINS(__kith_n, '^[^\\s\\p{Z}\\p{C}@<>"(),;]+@[^\\s\\p{Z}\\p{C}@<>"(),;]+\\.[^\\s\\p{Z}\\p{C}@<>"(),;.]{2,}$'), __kith_n, NULL) FROM UNNEST([LOWER((SELECT IF(BYTE_LENGTH(__kith_t) = CHAR_LENGTH(__kith_t), TRIM(__kith_t, ' \t\n\r\f\v'), REGEXP_REPLACE(__kith_t, '^[\\s\\p{Z}\\p{C}]+|[\\s\\p{Z}\\p{C}]+$', '')) FROM UNNEST(['test@test.com']) AS __kith_t))]) AS __kith_n), 'test@test.com')) OR REGEXP_CONTAINS(__kith_v, '^[0-]*$') OR REGEXP_CONTAINS(__kith_v, '^(no|do-?not)[-_.]?reply@') OR REGEXP_CONTAINS(__kith_v, '@example\\.com$'))), 0, GREATEST(FARM_FINGERPRINT(SHA256(CONCAT('\x00email\x00', __kith_v))) & 0x7FFFFFFFFFFFFFFF, 1)) FROM UNNEST([COALESCE((SELECT IF(REGEXP_CONTAINS(__kith_n, '^[^\\s\\p{Z}\\p{C}@<>"(),;]+@[^\\s\\p{Z}\\p{C}@<>"(),;]+\\.[^\\s\\p{Z}\\p{C}@<>"(),;.]{2,}$'), __kith_n, NULL) FROM UNNEST([LOWER((SELECT IF(BYTE_LENGTH(__kith_t) = CHAR_LENGTH(__kith_t), TRIM(__kith_t, ' \t\n\r\f\v'), REGEXP_REPLACE(__kith_t, '^[\\s\\p{Z}\\p{C}]+|[\\s\\p{Z}\\p{C}]+$', '')) FROM UNNEST([__kith_s.`p`]) AS __kith_t))]) AS __kith_n), '')]) AS __kith_v) WHEN (SELECT IF((__kith_v = '' OR ((LOWER(TRIM(__kith_v, ' ')) IN ('-1', 'null', '(null)', 'nil', 'none', 'nan', 'na', 'n/a', 'undefined', 'unknown', 'anonymous', 'test@test.com')) OR REGEXP_CONTAINS(__kith_v, '^[0-]*$') OR REGEXP_CONTAINS(__kith_v, '^(no|do-?not)[-_.]?reply@'))), 0, GREATEST(FARM_FINGERPRINT(SHA256(CONCAT('\x00phone\x00', __kith_v))) & 0x7FFFFFFFFFFFFFFF, 1)) FROM UNNEST([COALESCE((SELECT IF(REGEXP_CONTAINS(__kith_n, '^\\+[1-9][0-9]{7,14}$'), __kith_n, NULL) FROM UNNEST([(SELECT COALESCE(CONCAT(REGEXP_EXTRACT(__kith_e, '^(\\+(?:20|27|30|31|32|33|34|40|41|43|44|45|46|47|48|49|51|54|55|61|62|64|81|82|84|86|90|91|92|94|98|212|213|234|254|351|352|353|355|358|359|380|381|385|386|387|389|420|421|880|962|966|971|972))0'), REGEXP_EXTRACT(__kith_e, '^\\+(?:20|27|30|31|32|33|34|40|41|43|44|45|46|47|48|49|51|54|55|61|62|64|81|82|84|86|90|91|92|94|98|212|213|234|254|351|352|353|355|358|359|380|381|385|386|387|389|420|421|880|962|966|971|972)0(.*)$')), __kith_e) FROM UNNEST([(SELECT CASE WHEN STARTS_WITH(__kith_d, '+') THEN __kith_d WHEN STARTS_WITH(__kith_d, '00') THEN CONCAT('+', SUBSTR(__kith_d, 3)) ELSE CONCAT('+', '31', REGEXP_REPLACE(__kith_d, '^0', '')) END FROM UNNEST([IFNULL(REGEXP_REPLACE((SELECT IF(STRPOS(__kith_f, '(0)') > 0, CONCAT(SUBSTR(__kith_f, 1, STRPOS(__kith_f, '(0)') - 1), SUBSTR(__kith_f, STRPOS(__kith_f, '(0)') + 3)), __kith_f) FROM UNNEST([REGEXP_REPLACE(__kith_s.`it's quoted`, r'(?is)[;,/#x].*$', '')]) AS __kith_f), r'[^0-9+]', ''), '')]) AS __kith_d)]) AS __kith_e)]) AS __kith_n), '')]) AS __kith_v) != 0 AND (SELECT IF((__kith_v = '' OR ((LOWER(TRIM(__kith_v, ' ')) IN ('-1', 'null', '(null)', 'nil', 'none', 'nan', 'na', 'n/a', 'undefined', 'unknown', 'anonymous', 'test@test.com')) OR REGEXP_CONTAINS(__kith_v, '^[0-]*$') OR REGEXP_CONTAINS(__kith_v, '^(no|do-?not)[-_.]?reply@'))), 0, GREATEST(FARM_FINGERPRINT(SHA256(CONCAT('\x00phone\x00', __kith_v))) & 0x7FFFFFFFFFFFFFFF, 1)) FROM UNNEST([COALESCE((SELECT IF(REGEXP_CONTAINS(__kith_n, '^\\+[1-9][0-9]{7,14}$'), __kith_n, NULL) FROM UNNEST([(SELECT COALESCE(CONCAT(REGEXP_EXTRACT(__kith_e, '^(\\+(?:20|27|30|31|32|33|34|40|41|43|44|45|46|47|48|49|51|54|55|61|62|64|81|82|84|86|90|91|92|94|98|212|213|234|254|351|352|353|355|358|359|380|381|385|386|387|389|420|421|880|962|966|971|972))0'), REGEXP_EXTRACT(__kith_e, '^\\+(?:20|27|30|31|32|33|34|40|41|43|44|45|46|47|48|49|51|54|55|61|62|64|81|82|84|86|90|91|92|94|98|212|213|234|254|351|352|353|355|358|359|380|381|385|386|387|389|420|421|880|962|966|971|972)0(.*)$')), __kith_e) FROM UNNEST([(SELECT CASE WHEN STARTS_WITH(__kith_d, '+') THEN __kith_d WHEN STARTS_WITH(__kith_d, '00') THEN CONCAT('+', SUBSTR(__kith_d, 3)) ELSE CONCAT('+', '31', REGEXP_REPLACE(__kith_d, '^0', '')) END FROM UNNEST([IFNULL(REGEXP_REPLACE((SELECT IF(STRPOS(__kith_f, '(0)') > 0, CONCAT(SUBSTR(__kith_f, 1, STRPOS(__kith_f, '(0)') - 1), SUBSTR(__kith_f, STRPOS(__kith_f, '(0)') + 3)), __kith_f) FROM UNNEST([REGEXP_REPLACE(__kith_s.`it's quoted`, r'(?is)[;,/#x].*$', '')]) AS __kith_f), r'[^0-9+]', ''), '')]) AS __kith_d)]) AS __kith_e)]) AS __kith_n), '')]) AS __kith_v) NOT IN (SELECT node FROM `kith`.`identity_person_shared_build`) THEN (SELECT IF((__kith_v = '' OR ((LOWER(TRIM(__kith_v, ' ')) IN ('-1', 'null', '(null)', 'nil', 'none', 'nan', 'na', 'n/a', 'undefined', 'unknown', 'anonymous', 'test@test.com')) OR REGEXP_CONTAINS(__kith_v, '^[0-]*$') OR REGEXP_CONTAINS(__kith_v, '^(no|do-?not)[-_.]?reply@'))), 0, GREATEST(FARM_FINGERPRINT(SHA256(CONCAT('\x00phone\x00', __kith_v))) & 0x7FFFFFFFFFFFFFFF, 1)) FROM UNNEST([COALESCE((SELECT IF(REGEXP_CONTAINS(__kith_n, '^\\+[1-9][0-9]{7,14}$'), __kith_n, NULL) FROM UNNEST([(SELECT COALESCE(CONCAT(REGEXP_EXTRACT(__kith_e, '^(\\+(?:20|27|30|31|32|33|34|40|41|43|44|45|46|47|48|49|51|54|55|61|62|64|81|82|84|86|90|91|92|94|98|212|213|234|254|351|352|353|355|358|359|380|381|385|386|387|389|420|421|880|962|966|971|972))0'), REGEXP_EXTRACT(__kith_e, '^\\+(?:20|27|30|31|32|33|34|40|41|43|44|45|46|47|48|49|51|54|55|61|62|64|81|82|84|86|90|91|92|94|98|212|213|234|254|351|352|353|355|358|359|380|381|385|386|387|389|420|421|880|962|966|971|972)0(.*)$')), __kith_e) FROM UNNEST([(SELECT CASE WHEN STARTS_WITH(__kith_d, '+') THEN __kith_d WHEN STARTS_WITH(__kith_d, '00') THEN CONCAT('+', SUBSTR(__kith_d, 3)) ELSE CONCAT('+', '31', REGEXP_REPLACE(__kith_d, '^0', '')) END FROM UNNEST([IFNULL(REGEXP_REPLACE((SELECT IF(STRPOS(__kith_f, '(0)') > 0, CONCAT(SUBSTR(__kith_f, 1, STRPOS(__kith_f, '(0)') - 1), SUBSTR(__kith_f, STRPOS(__kith_f, '(0)') + 3)), __kith_f) FROM UNNEST([REGEXP_REPLACE(__kith_s.`it's quoted`, r'(?is)[;,/#x].*$', '')]) AS __kith_f), r'[^0-9+]', ''), '')]) AS __kith_d)]) AS __kith_e)]) AS __kith_n), '')]) AS __kith_v) ELSE 0 END AS __kith_owner, CASE WHEN (SELECT IF((__kith_v = '' OR ((LOWER(TRIM(__kith_v, ' ')) IN ('-1', 'null', '(null)', 'nil', 'none', 'nan', 'na', 'n/a', 'undefined', 'unknown', 'anonymous', 'test@test.com')) OR REGEXP_CONTAINS(__kith_v, '^[0-]*$') OR REGEXP_CONTAINS(__kith_v, '^(no|do-?not)[-_.]?reply@'))), 0, GREATEST(FARM_FINGERPRINT(SHA256(CONCAT('\x00domain\x00', __kith_v))) & 0x7FFFFFFFFFFFFFFF, 1)) FROM UNNEST([COALESCE((SELECT IF((SELECT IF(BYTE_LENGTH(__kith_t) = CHAR_LENGTH(__kith_t), TRIM(__kith_t, ' \t\n\r\f\v'), REGEXP_REPLACE(__kith_t, '^[\\s\\p{Z}\\p{C}]+|[\\s\\p{Z}\\p{C}]+$', '')) FROM UNNEST([__kith_n]) AS __kith_t) != '', __kith_n, NULL) FROM UNNEST([__kith_s.`row_id`]) AS __kith_n), '')]) AS __kith_v) != 0 THEN (SELECT IF((__kith_v = '' OR ((LOWER(TRIM(__kith_v, ' ')) IN ('-1', 'null', '(null)', 'nil', 'none', 'nan', 'na', 'n/a', 'undefined', 'unknown', 'anonymous', 'test@test.com')) OR REGEXP_CONTAINS(__kith_v, '^[0-]*$') OR REGEXP_CONTAINS(__kith_v, '^(no|do-?not)[-_.]?reply@'))), 0, GREATEST(FARM_FINGERPRINT(SHA256(CONCAT('\x00domain\x00', __kith_v))) & 0x7FFFFFFFFFFFFFFF, 1)) FROM UNNEST([COALESCE((SELECT IF((SELECT IF(BYTE_LENGTH(__kith_t) = CHAR_LENGTH(__kith_t), TRIM(__kith_t, ' \t\n\r\f\v'), REGEXP_REPLACE(__kith_t, '^[\\s\\p{Z}\\p{C}]+|[\\s\\p{Z}\\p{C}]+$', '')) FROM UNNEST([__kith_n]) AS __kith_t) != '', __kith_n, NULL) FROM UNNEST([__kith_s.`row_id`]) AS __kith_n), '')]) AS __kith_v) WHEN (SELECT IF((__kith_v = '' OR ((LOWER(TRIM(__kith_v, ' ')) IN ('-1', 'null', '(null)', 'nil', 'none', 'nan', 'na', 'n/a', 'undefined', 'unknown', 'anonymous', 'test@test.com')) OR REGEXP_CONTAINS(__kith_v, '^[0-]*$') OR REGEXP_CONTAINS(__kith_v, '^(no|do-?not)[-_.]?reply@'))), 0, GREATEST(FARM_FINGERPRINT(SHA256(CONCAT('\x00vat\x00', __kith_v))) & 0x7FFFFFFFFFFFFFFF, 1)) FROM UNNEST([COALESCE((SELECT IF((SELECT IF(BYTE_LENGTH(__kith_t) = CHAR_LENGTH(__kith_t), TRIM(__kith_t, ' \t\n\r\f\v'), REGEXP_REPLACE(__kith_t, '^[\\s\\p{Z}\\p{C}]+|[\\s\\p{Z}\\p{C}]+$', '')) FROM UNNEST([__kith_n]) AS __kith_t) != '', __kith_n, NULL) FROM UNNEST([__kith_s.`key`]) AS __kith_n), '')]) AS __kith_v) != 0 THEN (SELECT IF((__kith_v = '' OR ((LOWER(TRIM(__kith_v, ' ')) IN ('-1', 'null', '(null)', 'nil', 'none', 'nan', 'na', 'n/a', 'undefined', 'unknown', 'anonymous', 'test@test.com')) OR REGEXP_CONTAINS(__kith_v, '^[0-]*$') OR REGEXP_CONTAINS(__kith_v, '^(no|do-?not)[-_.]?reply@'))), 0, GREATEST(FARM_FINGERPRINT(SHA256(CONCAT('\x00vat\x00', __kith_v))) & 0x7FFFFFFFFFFFFFFF, 1)) FROM UNNEST([COALESCE((SELECT IF((SELECT IF(BYTE_LENGTH(__kith_t) = CHAR_LENGTH(__kith_t), TRIM(__kith_t, ' \t\n\r\f\v'), REGEXP_REPLACE(__kith_t, '^[\\s\\p{Z}\\p{C}]+|[\\s\\p{Z}\\p{C}]+$', '')) FROM UNNEST([__kith_n]) AS __kith_t) != '', __kith_n, NULL) FROM UNNEST([__kith_s.`key`]) AS __kith_n), '')]) AS __kith_v) ELSE 0 END AS __kith_other FROM (
SELECT __kith_s.`k` AS `k`, __kith_s.`p` AS `p`, __kith_s.`op` AS `op`, __kith_s.`__x` AS `__x`, __kith_s.`it's quoted` AS `it's quoted`, __kith_s.`at` AS `at`, __kith_s.`seen` AS `seen`, __kith_s.`row_id` AS `row_id`, __kith_s.`key` AS `key` FROM (
SELECT * FROM (
SELECT __kith_t.`k` AS `k`, __kith_t.`h` AS `h`, __kith_t.`p` AS `p`, __kith_t.`op` AS `op`, __kith_t.`select` AS `select`, __kith_t.`__x` AS `__x`, __kith_t.`it's quoted` AS `it's quoted`, __kith_t.`j` AS `j`, __kith_t.`price` AS `price`, CAST((
h * 2
) AS INT64) AS `twice`, __kith_t.`tags` AS `tags`, __kith_t.`at` AS `at`, __kith_t.`seen` AS `seen`, __kith_t.`day` AS `day`, __kith_t.`row_id` AS `row_id`, __kith_t.`key` AS `key`, __kith_t.`value` AS `value` FROM (
SELECT CAST(__kith_t.`k` AS STRING) AS `k`, CAST(__kith_t.`h` AS INT64) AS `h`, CAST(__kith_t.`p` AS STRING) AS `p`, CAST(__kith_t.`op` AS INT64) AS `op`, CAST(__kith_t.`select` AS STRING) AS `select`, CAST(__kith_t.`__x` AS BOOL) AS `__x`, CAST(__kith_t.`it's quoted` AS STRING) AS `it's quoted`, (SELECT IF(SAFE.PARSE_JSON(__kith_j, wide_number_mode=>'round') IS NULL, __kith_j, TO_JSON_STRING(PARSE_JSON(__kith_j, wide_number_mode=>'round'))) FROM UNNEST([IF(__kith_t.`j` IS NULL, NULL, COALESCE(JSON_VALUE(TO_JSON_STRING(__kith_t.`j`)), NULLIF(TO_JSON_STRING(__kith_t.`j`), 'null')))]) AS __kith_j) AS `j`, CAST(REGEXP_EXTRACT(CAST(CAST(SAFE_CAST(SAFE.JSON_VALUE(__kith_t.`j`, '$."price"."net"') AS NUMERIC) AS NUMERIC) AS STRING), r'^-?[0-9]+(?:\.[0-9]{1,2})?') AS NUMERIC) AS `price`, ARRAY(SELECT CAST(__kith_e AS STRING) FROM UNNEST(__kith_t.`tags`) AS __kith_e WITH OFFSET AS __kith_o WHERE __kith_e IS NOT NULL ORDER BY __kith_o) AS `tags`, CAST(__kith_t.`at` AS TIMESTAMP) AS `at`, CAST(__kith_t.`seen` AS TIMESTAMP) AS `seen`, CAST(__kith_t.`day` AS DATE) AS `day`, CAST(__kith_t.`row_id` AS STRING) AS `row_id`, CAST(__kith_t.`key` AS STRING) AS `key`, IF(IS_INF(CAST(__kith_t.`value` AS FLOAT64)) OR IS_NAN(CAST(__kith_t.`value` AS FLOAT64)), NULL, CAST(__kith_t.`value` AS FLOAT64) + 0.0) AS `value` FROM `raw`.`odd` AS __kith_t
) AS __kith_t
) AS __kith_s
WHERE TRUE QUALIFY ROW_NUMBER() OVER (PARTITION BY __kith_s.`k`, __kith_s.`op` ORDER BY __kith_s.`seen` DESC, __kith_s.`at` DESC, FARM_FINGERPRINT(TO_JSON_STRING(__kith_s))) = 1
) AS __kith_s
WHERE ((NOT IFNULL((__kith_s.`select` = 'test'), FALSE)))
  ) AS __kith_s
  WHERE (IFNULL((__kith_s.`__x` = true), FALSE)) AND (IFNULL((__kith_s.`op` = CAST('1' AS INT64)), FALSE))
) AS __kith_s
JOIN (SELECT node, entity_id FROM `kith`.`identity_person_map_build`) AS __kith_a ON __kith_s.__kith_owner = __kith_a.node
JOIN (SELECT node, entity_id FROM `kith`.`identity_firm_map_build`) AS __kith_b ON __kith_s.__kith_other = __kith_b.node
GROUP BY __kith_a.entity_id;

-- relation staff (relation staff) at models/all.yml:46:12
CREATE OR REPLACE TABLE `kith`.`scratch_run_relation_staff` CLUSTER BY entity_id OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 2 DAY)) AS
SELECT __kith_a.entity_id AS entity_id, __kith_b.entity_id AS other_id
FROM (
  SELECT *, CASE WHEN (SELECT IF((__kith_v = '' OR ((LOWER(TRIM(__kith_v, ' ')) IN ('-1', 'null', '(null)', 'nil', 'none', 'nan', 'na', 'n/a', 'undefined', 'unknown', 'anonymous', 'test@test.com')) OR REGEXP_CONTAINS(__kith_v, '^[0-]*$') OR REGEXP_CONTAINS(__kith_v, '^(no|do-?not)[-_.]?reply@'))), 0, GREATEST(FARM_FINGERPRINT(SHA256(CONCAT('\x00domain\x00', __kith_v))) & 0x7FFFFFFFFFFFFFFF, 1)) FROM UNNEST([COALESCE((SELECT IF((SELECT IF(BYTE_LENGTH(__kith_t) = CHAR_LENGTH(__kith_t), TRIM(__kith_t, ' \t\n\r\f\v'), REGEXP_REPLACE(__kith_t, '^[\\s\\p{Z}\\p{C}]+|[\\s\\p{Z}\\p{C}]+$', '')) FROM UNNEST([__kith_n]) AS __kith_t) != '', __kith_n, NULL) FROM UNNEST([__kith_s.`row_id`]) AS __kith_n), '')]) AS __kith_v) != 0 THEN (SELECT IF((__kith_v = '' OR ((LOWER(TRIM(__kith_v, ' ')) IN ('-1', 'null', '(null)', 'nil', 'none', 'nan', 'na', 'n/a', 'undefined', 'unknown', 'anonymous', 'test@test.com')) OR REGEXP_CONTAINS(__kith_v, '^[0-]*$') OR REGEXP_CONTAINS(__kith_v, '^(no|do-?not)[-_.]?reply@'))), 0, GREATEST(FARM_FINGERPRINT(SHA256(CONCAT('\x00domain\x00', __kith_v))) & 0x7FFFFFFFFFFFFFFF, 1)) FROM UNNEST([COALESCE((SELECT IF((SELECT IF(BYTE_LENGTH(__kith_t) = CHAR_LENGTH(__kith_t), TRIM(__kith_t, ' \t\n\r\f\v'), REGEXP_REPLACE(__kith_t, '^[\\s\\p{Z}\\p{C}]+|[\\s\\p{Z}\\p{C}]+$', '')) FROM UNNEST([__kith_n]) AS __kith_t) != '', __kith_n, NULL) FROM UNNEST([__kith_s.`row_id`]) AS __kith_n), '')]) AS __kith_v) WHEN (SELECT IF((__kith_v = '' OR ((LOWER(TRIM(__kith_v, ' ')) IN ('-1', 'null', '(null)', 'nil', 'none', 'nan', 'na', 'n/a', 'undefined', 'unknown', 'anonymous', 'test@test.com')) OR REGEXP_CONTAINS(__kith_v, '^[0-]*$') OR REGEXP_CONTAINS(__kith_v, '^(no|do-?not)[-_.]?reply@'))), 0, GREATEST(FARM_FINGERPRINT(SHA256(CONCAT('\x00vat\x00', __kith_v))) & 0x7FFFFFFFFFFFFFFF, 1)) FROM UNNEST([COALESCE((SELECT IF((SELECT IF(BYTE_LENGTH(__kith_t) = CHAR_LENGTH(__kith_t), TRIM(__kith_t, ' \t\n\r\f\v'), REGEXP_REPLACE(__kith_t, '^[\\s\\p{Z}\\p{C}]+|[\\s\\p{Z}\\p{C}]+$', '')) FROM UNNEST([__kith_n]) AS __kith_t) != '', __kith_n, NULL) FROM UNNEST([__kith_s.`key`]) AS __kith_n), '')]) AS __kith_v) != 0 THEN (SELECT IF((__kith_v = '' OR ((LOWER(TRIM(__kith_v, ' ')) IN ('-1', 'null', '(null)', 'nil', 'none', 'nan', 'na', 'n/a', 'undefined', 'unknown', 'anonymous', 'test@test.com')) OR REGEXP_CONTAINS(__kith_v, '^[0-]*$') OR REGEXP_CONTAINS(__kith_v, '^(no|do-?not)[-_.]?reply@'))), 0, GREATEST(FARM_FINGERPRINT(SHA256(CONCAT('\x00vat\x00', __kith_v))) & 0x7FFFFFFFFFFFFFFF, 1)) FROM UNNEST([COALESCE((SELECT IF((SELECT IF(BYTE_LENGTH(__kith_t) = CHAR_LENGTH(__kith_t), TRIM(__kith_t, ' \t\n\r\f\v'), REGEXP_REPLACE(__kith_t, '^[\\s\\p{Z}\\p{C}]+|[\\s\\p{Z}\\p{C}]+$', '')) FROM UNNEST([__kith_n]) AS __kith_t) != '', __kith_n, NULL) FROM UNNEST([__kith_s.`key`]) AS __kith_n), '')]) AS __kith_v) ELSE 0 END AS __kith_owner, CASE WHEN (SELECT IF((__kith_v = '' OR ((LOWER(TRIM(__kith_v, ' ')) IN ('-1', 'null', '(null)', 'nil', 'none', 'nan', 'na', 'n/a', 'undefined', 'unknown', 'anonymous', 'test@test.com')) OR REGEXP_CONTAINS(__kith_v, '^[0-]*$') OR REGEXP_CONTAINS(__kith_v, '^(no|do-?not)[-_.]?reply@'))), 0, GREATEST(FARM_FINGERPRINT(SHA256(CONCAT('\x00handle\x00', __kith_v))) & 0x7FFFFFFFFFFFFFFF, 1)) FROM UNNEST([COALESCE((SELECT IF((SELECT IF(BYTE_LENGTH(__kith_t) = CHAR_LENGTH(__kith_t), TRIM(__kith_t, ' \t\n\r\f\v'), REGEXP_REPLACE(__kith_t, '^[\\s\\p{Z}\\p{C}]+|[\\s\\p{Z}\\p{C}]+$', '')) FROM UNNEST([__kith_n]) AS __kith_t) != '', __kith_n, NULL) FROM UNNEST([__kith_s.`k`]) AS __kith_n), '')]) AS __kith_v) != 0 THEN (SELECT IF((__kith_v = '' OR ((LOWER(TRIM(__kith_v, ' ')) IN ('-1', 'null', '(null)', 'nil', 'none', 'nan', 'na', 'n/a', 'undefined', 'unknown', 'anonymous', 'test@test.com')) OR REGEXP_CONTAINS(__kith_v, '^[0-]*$') OR REGEXP_CONTAINS(__kith_v, '^(no|do-?not)[-_.]?reply@'))), 0, GREATEST(FARM_FINGERPRINT(SHA256(CONCAT('\x00handle\x00', __kith_v))) & 0x7FFFFFFFFFFFFFFF, 1)) FROM UNNEST([COALESCE((SELECT IF((SELECT IF(BYTE_LENGTH(__kith_t) = CHAR_LENGTH(__kith_t), TRIM(__kith_t, ' \t\n\r\f\v'), REGEXP_REPLACE(__kith_t, '^[\\s\\p{Z}\\p{C}]+|[\\s\\p{Z}\\p{C}]+$', '')) FROM UNNEST([__kith_n]) AS __kith_t) != '', __kith_n, NULL) FROM UNNEST([__kith_s.`k`]) AS __kith_n), '')]) AS __kith_v) WHEN (SELECT IF((__kith_v = '' OR ((LOWER(TRIM(__kith_v, ' ')) IN ('-1', 'null', '(null)', 'nil', 'none', 'nan', 'na', 'n/a', 'undefined', 'unknown', 'anonymous', 'test@test.com')) OR (__kith_v = COALESCE((SELECT IF(REGEXP_CONTAINS(__kith_n, '^[^\\s\\p{Z}\\p{C}@<>"(),;]+@[^\\s\\p{Z}\\p{C}@<>"(),;]+\\.[^\\s\\p{Z}\\p{C}@<>"(),;.]{2,}$'), __kith_n, NULL) FROM UNNEST([LOWER((SELECT IF(BYTE_LENGTH(__kith_t) = CHAR_LENGTH(__kith_t), TRIM(__kith_t, ' \t\n\r\f\v'), REGEXP_REPLACE(__kith_t, '^[\\s\\p{Z}\\p{C}]+|[\\s\\p{Z}\\p{C}]+$', '')) FROM UNNEST(['test@test.com']) AS __kith_t))]) AS __kith_n), 'test@test.com')) OR REGEXP_CONTAINS(__kith_v, '^[0-]*$') OR REGEXP_CONTAINS(__kith_v, '^(no|do-?not)[-_.]?reply@') OR REGEXP_CONTAINS(__kith_v, '@example\\.com$'))), 0, GREATEST(FARM_FINGERPRINT(SHA256(CONCAT('\x00email\x00', __kith_v))) & 0x7FFFFFFFFFFFFFFF, 1)) FROM UNNEST([COALESCE((SELECT IF(REGEXP_CONTAINS(__kith_n, '^[^\\s\\p{Z}\\p{C}@<>"(),;]+@[^\\s\\p{Z}\\p{C}@<>"(),;]+\\.[^\\s\\p{Z}\\p{C}@<>"(),;.]{2,}$'), __kith_n, NULL) FROM UNNEST([LOWER((SELECT IF(BYTE_LENGTH(__kith_t) = CHAR_LENGTH(__kith_t), TRIM(__kith_t, ' \t\n\r\f\v'), REGEXP_REPLACE(__kith_t, '^[\\s\\p{Z}\\p{C}]+|[\\s\\p{Z}\\p{C}]+$', '')) FROM UNNEST([__kith_s.`p`]) AS __kith_t))]) AS __kith_n), '')]) AS __kith_v) != 0 THEN (SELECT IF((__kith_v = '' OR ((LOWER(TRIM(__kith_v, ' ')) IN ('-1', 'null', '(null)', 'nil', 'none', 'nan', 'na', 'n/a', 'undefined', 'unknown', 'anonymous', 'test@test.com')) OR (__kith_v = COALESCE((SELECT IF(REGEXP_CONTAINS(__kith_n, '^[^\\s\\p{Z}\\p{C}@<>"(),;]+@[^\\s\\p{Z}\\p{C}@<>"(),;]+\\.[^\\s\\p{Z}\\p{C}@<>"(),;.]{2,}$'), __kith_n, NULL) FROM UNNEST([LOWER((SELECT IF(BYTE_LENGTH(__kith_t) = CHAR_LENGTH(__kith_t), TRIM(__kith_t, ' \t\n\r\f\v'), REGEXP_REPLACE(__kith_t, '^[\\s\\p{Z}\\p{C}]+|[\\s\\p{Z}\\p{C}]+$', '')) FROM UNNEST(['test@test.com']) AS __kith_t))]) AS __kith_n), 'test@test.com')) OR REGEXP_CONTAINS(__kith_v, '^[0-]*$') OR REGEXP_CONTAINS(__kith_v, '^(no|do-?not)[-_.]?reply@') OR REGEXP_CONTAINS(__kith_v, '@example\\.com$'))), 0, GREATEST(FARM_FINGERPRINT(SHA256(CONCAT('\x00email\x00', __kith_v))) & 0x7FFFFFFFFFFFFFFF, 1)) FROM UNNEST([COALESCE((SELECT IF(REGEXP_CONTAINS(__kith_n, '^[^\\s\\p{Z}\\p{C}@<>"(),;]+@[^\\s\\p{Z}\\p{C}@<>"(),;]+\\.[^\\s\\p{Z}\\p{C}@<>"(),;.]{2,}$'), __kith_n, NULL) FROM UNNEST([LOWER((SELECT IF(BYTE_LENGTH(__kith_t) = CHAR_LENGTH(__kith_t), TRIM(__kith_t, ' \t\n\r\f\v'), REGEXP_REPLACE(__kith_t, '^[\\s\\p{Z}\\p{C}]+|[\\s\\p{Z}\\p{C}]+$', '')) FROM UNNEST([__kith_s.`p`]) AS __kith_t))]) AS __kith_n), '')]) AS __kith_v) WHEN (SELECT IF((__kith_v = '' OR ((LOWER(TRIM(__kith_v, ' ')) IN ('-1', 'null', '(null)', 'nil', 'none', 'nan', 'na', 'n/a', 'undefined', 'unknown', 'anonymous', 'test@test.com')) OR REGEXP_CONTAINS(__kith_v, '^[0-]*$') OR REGEXP_CONTAINS(__kith_v, '^(no|do-?not)[-_.]?reply@'))), 0, GREATEST(FARM_FINGERPRINT(SHA256(CONCAT('\x00phone\x00', __kith_v))) & 0x7FFFFFFFFFFFFFFF, 1)) FROM UNNEST([COALESCE((SELECT IF(REGEXP_CONTAINS(__kith_n, '^\\+[1-9][0-9]{7,14}$'), __kith_n, NULL) FROM UNNEST([(SELECT COALESCE(CONCAT(REGEXP_EXTRACT(__kith_e, '^(\\+(?:20|27|30|31|32|33|34|40|41|43|44|45|46|47|48|49|51|54|55|61|62|64|81|82|84|86|90|91|92|94|98|212|213|234|254|351|352|353|355|358|359|380|381|385|386|387|389|420|421|880|962|966|971|972))0'), REGEXP_EXTRACT(__kith_e, '^\\+(?:20|27|30|31|32|33|34|40|41|43|44|45|46|47|48|49|51|54|55|61|62|64|81|82|84|86|90|91|92|94|98|212|213|234|254|351|352|353|355|358|359|380|381|385|386|387|389|420|421|880|962|966|971|972)0(.*)$')), __kith_e) FROM UNNEST([(SELECT CASE WHEN STARTS_WITH(__kith_d, '+') THEN __kith_d WHEN STARTS_WITH(__kith_d, '00') THEN CONCAT('+', SUBSTR(__kith_d, 3)) ELSE CONCAT('+', '31', REGEXP_REPLACE(__kith_d, '^0', '')) END FROM UNNEST([IFNULL(REGEXP_REPLACE((SELECT IF(STRPOS(__kith_f, '(0)') > 0, CONCAT(SUBSTR(__kith_f, 1, STRPOS(__kith_f, '(0)') - 1), SUBSTR(__kith_f, STRPOS(__kith_f, '(0)') + 3)), __kith_f) FROM UNNEST([REGEXP_REPLACE(__kith_s.`it's quoted`, r'(?is)[;,/#x].*$', '')]) AS __kith_f), r'[^0-9+]', ''), '')]) AS __kith_d)]) AS __kith_e)]) AS __kith_n), '')]) AS __kith_v) != 0 AND (SELECT IF((__kith_v = '' OR ((LOWER(TRIM(__kith_v, ' ')) IN ('-1', 'null', '(null)', 'nil', 'none', 'nan', 'na', 'n/a', 'undefined', 'unknown', 'anonymous', 'test@test.com')) OR REGEXP_CONTAINS(__kith_v, '^[0-]*$') OR REGEXP_CONTAINS(__kith_v, '^(no|do-?not)[-_.]?reply@'))), 0, GREATEST(FARM_FINGERPRINT(SHA256(CONCAT('\x00phone\x00', __kith_v))) & 0x7FFFFFFFFFFFFFFF, 1)) FROM UNNEST([COALESCE((SELECT IF(REGEXP_CONTAINS(__kith_n, '^\\+[1-9][0-9]{7,14}$'), __kith_n, NULL) FROM UNNEST([(SELECT COALESCE(CONCAT(REGEXP_EXTRACT(__kith_e, '^(\\+(?:20|27|30|31|32|33|34|40|41|43|44|45|46|47|48|49|51|54|55|61|62|64|81|82|84|86|90|91|92|94|98|212|213|234|254|351|352|353|355|358|359|380|381|385|386|387|389|420|421|880|962|966|971|972))0'), REGEXP_EXTRACT(__kith_e, '^\\+(?:20|27|30|31|32|33|34|40|41|43|44|45|46|47|48|49|51|54|55|61|62|64|81|82|84|86|90|91|92|94|98|212|213|234|254|351|352|353|355|358|359|380|381|385|386|387|389|420|421|880|962|966|971|972)0(.*)$')), __kith_e) FROM UNNEST([(SELECT CASE WHEN STARTS_WITH(__kith_d, '+') THEN __kith_d WHEN STARTS_WITH(__kith_d, '00') THEN CONCAT('+', SUBSTR(__kith_d, 3)) ELSE CONCAT('+', '31', REGEXP_REPLACE(__kith_d, '^0', '')) END FROM UNNEST([IFNULL(REGEXP_REPLACE((SELECT IF(STRPOS(__kith_f, '(0)') > 0, CONCAT(SUBSTR(__kith_f, 1, STRPOS(__kith_f, '(0)') - 1), SUBSTR(__kith_f, STRPOS(__kith_f, '(0)') + 3)), __kith_f) FROM UNNEST([REGEXP_REPLACE(__kith_s.`it's quoted`, r'(?is)[;,/#x].*$', '')]) AS __kith_f), r'[^0-9+]', ''), '')]) AS __kith_d)]) AS __kith_e)]) AS __kith_n), '')]) AS __kith_v) NOT IN (SELECT node FROM `kith`.`identity_person_shared_build`) THEN (SELECT IF((__kith_v = '' OR ((LOWER(TRIM(__kith_v, ' ')) IN ('-1', 'null', '(null)', 'nil', 'none', 'nan', 'na', 'n/a', 'undefined', 'unknown', 'anonymous', 'test@test.com')) OR REGEXP_CONTAINS(__kith_v, '^[0-]*$') OR REGEXP_CONTAINS(__kith_v, '^(no|do-?not)[-_.]?reply@'))), 0, GREATEST(FARM_FINGERPRINT(SHA256(CONCAT('\x00phone\x00', __kith_v))) & 0x7FFFFFFFFFFFFFFF, 1)) FROM UNNEST([COALESCE((SELECT IF(REGEXP_CONTAINS(__kith_n, '^\\+[1-9][0-9]{7,14}$'), __kith_n, NULL) FROM UNNEST([(SELECT COALESCE(CONCAT(REGEXP_EXTRACT(__kith_e, '^(\\+(?:20|27|30|31|32|33|34|40|41|43|44|45|46|47|48|49|51|54|55|61|62|64|81|82|84|86|90|91|92|94|98|212|213|234|254|351|352|353|355|358|359|380|381|385|386|387|389|420|421|880|962|966|971|972))0'), REGEXP_EXTRACT(__kith_e, '^\\+(?:20|27|30|31|32|33|34|40|41|43|44|45|46|47|48|49|51|54|55|61|62|64|81|82|84|86|90|91|92|94|98|212|213|234|254|351|352|353|355|358|359|380|381|385|386|387|389|420|421|880|962|966|971|972)0(.*)$')), __kith_e) FROM UNNEST([(SELECT CASE WHEN STARTS_WITH(__kith_d, '+') THEN __kith_d WHEN STARTS_WITH(__kith_d, '00') THEN CONCAT('+', SUBSTR(__kith_d, 3)) ELSE CONCAT('+', '31', REGEXP_REPLACE(__kith_d, '^0', '')) END FROM UNNEST([IFNULL(REGEXP_REPLACE((SELECT IF(STRPOS(__kith_f, '(0)') > 0, CONCAT(SUBSTR(__kith_f, 1, STRPOS(__kith_f, '(0)') - 1), SUBSTR(__kith_f, STRPOS(__kith_f, '(0)') + 3)), __kith_f) FROM UNNEST([REGEXP_REPLACE(__kith_s.`it's quoted`, r'(?is)[;,/#x].*$', '')]) AS __kith_f), r'[^0-9+]', ''), '')]) AS __kith_d)]) AS __kith_e)]) AS __kith_n), '')]) AS __kith_v) ELSE 0 END AS __kith_other FROM (
SELECT __kith_s.`k` AS `k`, __kith_s.`p` AS `p`, __kith_s.`op` AS `op`, __kith_s.`__x` AS `__x`, __kith_s.`it's quoted` AS `it's quoted`, __kith_s.`at` AS `at`, __kith_s.`seen` AS `seen`, __kith_s.`row_id` AS `row_id`, __kith_s.`key` AS `key` FROM (
SELECT * FROM (
SELECT __kith_t.`k` AS `k`, __kith_t.`h` AS `h`, __kith_t.`p` AS `p`, __kith_t.`op` AS `op`, __kith_t.`select` AS `select`, __kith_t.`__x` AS `__x`, __kith_t.`it's quoted` AS `it's quoted`, __kith_t.`j` AS `j`, __kith_t.`price` AS `price`, CAST((
h * 2
) AS INT64) AS `twice`, __kith_t.`tags` AS `tags`, __kith_t.`at` AS `at`, __kith_t.`seen` AS `seen`, __kith_t.`day` AS `day`, __kith_t.`row_id` AS `row_id`, __kith_t.`key` AS `key`, __kith_t.`value` AS `value` FROM (
SELECT CAST(__kith_t.`k` AS STRING) AS `k`, CAST(__kith_t.`h` AS INT64) AS `h`, CAST(__kith_t.`p` AS STRING) AS `p`, CAST(__kith_t.`op` AS INT64) AS `op`, CAST(__kith_t.`select` AS STRING) AS `select`, CAST(__kith_t.`__x` AS BOOL) AS `__x`, CAST(__kith_t.`it's quoted` AS STRING) AS `it's quoted`, (SELECT IF(SAFE.PARSE_JSON(__kith_j, wide_number_mode=>'round') IS NULL, __kith_j, TO_JSON_STRING(PARSE_JSON(__kith_j, wide_number_mode=>'round'))) FROM UNNEST([IF(__kith_t.`j` IS NULL, NULL, COALESCE(JSON_VALUE(TO_JSON_STRING(__kith_t.`j`)), NULLIF(TO_JSON_STRING(__kith_t.`j`), 'null')))]) AS __kith_j) AS `j`, CAST(REGEXP_EXTRACT(CAST(CAST(SAFE_CAST(SAFE.JSON_VALUE(__kith_t.`j`, '$."price"."net"') AS NUMERIC) AS NUMERIC) AS STRING), r'^-?[0-9]+(?:\.[0-9]{1,2})?') AS NUMERIC) AS `price`, ARRAY(SELECT CAST(__kith_e AS STRING) FROM UNNEST(__kith_t.`tags`) AS __kith_e WITH OFFSET AS __kith_o WHERE __kith_e IS NOT NULL ORDER BY __kith_o) AS `tags`, CAST(__kith_t.`at` AS TIMESTAMP) AS `at`, CAST(__kith_t.`seen` AS TIMESTAMP) AS `seen`, CAST(__kith_t.`day` AS DATE) AS `day`, CAST(__kith_t.`row_id` AS STRING) AS `row_id`, CAST(__kith_t.`key` AS STRING) AS `key`, IF(IS_INF(CAST(__kith_t.`value` AS FLOAT64)) OR IS_NAN(CAST(__kith_t.`value` AS FLOAT64)), NULL, CAST(__kith_t.`value` AS FLOAT64) + 0.0) AS `value` FROM `raw`.`odd` AS __kith_t
) AS __kith_t
) AS __kith_s
WHERE TRUE QUALIFY ROW_NUMBER() OVER (PARTITION BY __kith_s.`k`, __kith_s.`op` ORDER BY __kith_s.`seen` DESC, __kith_s.`at` DESC, FARM_FINGERPRINT(TO_JSON_STRING(__kith_s))) = 1
) AS __kith_s
WHERE ((NOT IFNULL((__kith_s.`select` = 'test'), FALSE)))
  ) AS __kith_s
  WHERE (IFNULL((__kith_s.`__x` = true), FALSE))
) AS __kith_s
JOIN (SELECT node, entity_id FROM `kith`.`identity_firm_map_build`) AS __kith_a ON __kith_s.__kith_owner = __kith_a.node
JOIN (SELECT node, entity_id FROM `kith`.`identity_person_map_build`) AS __kith_b ON __kith_s.__kith_other = __kith_b.node
GROUP BY __kith_a.entity_id, __kith_b.entity_id;

-- profile person 1 (entity person) at models/all.yml:28:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_person_profile_0` CLUSTER BY entity_id OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 2 DAY)) AS
SELECT __kith_p.*, CAST((SELECT (SELECT CASE WHEN __kith_l < 500000 THEN 'a' ELSE 'b' END FROM UNNEST([MOD(MOD(CAST(CONCAT('0x', SUBSTR(__kith_h, 1, 8)) AS INT64), 1000000) * 967296 + CAST(CONCAT('0x', SUBSTR(__kith_h, 9, 8)) AS INT64), 1000000)]) AS __kith_l) FROM UNNEST([TO_HEX(SHA256(CONCAT('s\x00', entity_id)))]) AS __kith_h) AS STRING) AS `half`,
  IFNULL((SELECT __kith_x.f FROM UNNEST([STRUCT(`__kith_said_general_0_at` AS t, `__kith_said_general_0` AS f)]) AS __kith_x WHERE __kith_x.t IS NOT NULL AND __kith_x.f IS NOT NULL ORDER BY __kith_x.t DESC, __kith_x.f LIMIT 1), false) AS `__kith_consent_general`,
  (IFNULL(ARRAY_LENGTH(`__kith_granted_by_address`), 0) > 0) AS `__kith_consent_by_address`
FROM (
SELECT __kith_p.*, __kith_a0.__kith_c0 AS `handle`,
  __kith_a0.__kith_c1 AS `email`,
  __kith_a0.__kith_c2 AS `__kith_all_email`,
  __kith_a0.__kith_c3 AS `phone`,
  __kith_a0.__kith_c4 AS `emails`,
  COALESCE(__kith_a1.__kith_c0, CAST('0' AS INT64)) AS `n_recent`,
  COALESCE(__kith_a1.__kith_c1, CAST('0' AS BIGNUMERIC)) AS `spent`,
  __kith_a1.__kith_c2 AS `nick`,
  __kith_a1.__kith_c3 AS `__kith_row_nick_0`,
  __kith_a1.__kith_c4 AS `mean_op`,
  COALESCE(__kith_a1.__kith_c5, CAST('0' AS INT64)) AS `n_month`,
  __kith_a1.__kith_c6 AS `p90`,
  __kith_a1.__kith_c7 AS `first_at`,
  __kith_a1.__kith_c8 AS `first_day`,
  __kith_a1.__kith_c9 AS `__kith_said_general_0`,
  __kith_a1.__kith_c10 AS `__kith_said_general_0_at`,
  COALESCE(__kith_a1.__kith_c11, CAST('0' AS INT64)) AS `__kith_event_0`,
  __kith_a1.__kith_c12 AS `__kith_event_1`,
  __kith_a2.__kith_c0 AS `usual`,
  __kith_a3.__kith_c0 AS `last_keys`,
  __kith_a4.__kith_c0 AS `__kith_granted_by_address`
FROM (
SELECT entity_id FROM `kith`.`entity_person_build`
) AS __kith_p
LEFT JOIN (
SELECT __kith_entity, ARRAY_AGG(IF((IFNULL(value, '') != '') AND (type = 0), value, NULL) IGNORE NULLS ORDER BY last_seen DESC, value LIMIT 1)[SAFE_OFFSET(0)] AS __kith_c0,
  ARRAY_AGG(IF((IFNULL(value, '') != '') AND (type = 1), value, NULL) IGNORE NULLS ORDER BY last_seen DESC, value LIMIT 1)[SAFE_OFFSET(0)] AS __kith_c1,
  IFNULL(ARRAY_AGG(IF((IFNULL(value, '') != '') AND (type = 1), value, NULL) IGNORE NULLS ORDER BY last_seen DESC, value LIMIT 100), []) AS __kith_c2,
  ARRAY_AGG(IF((IFNULL(value, '') != '') AND (type = 2), value, NULL) IGNORE NULLS ORDER BY last_seen DESC, value LIMIT 1)[SAFE_OFFSET(0)] AS __kith_c3,
  IFNULL(ARRAY_AGG(IF((IFNULL(value, '') != '') AND (type = 1), value, NULL) IGNORE NULLS ORDER BY last_seen DESC, value LIMIT 5), []) AS __kith_c4
FROM (SELECT entity_id AS __kith_entity, type, value, last_seen FROM (
  SELECT node, type, value, entity_id, first_seen, last_seen, n FROM `kith`.`identity_person_map_build`
  UNION ALL SELECT node, type, value, entity_id, first_seen, last_seen, n FROM `kith`.`identity_person_shared_build`
)) AS __kith_m
GROUP BY __kith_entity
) AS __kith_a0 ON __kith_p.entity_id = __kith_a0.__kith_entity
LEFT JOIN (
SELECT __kith_entity, COUNTIF(IFNULL((__kith_s.`at` > TIMESTAMP_SUB(TIMESTAMP '1970-01-01 00:00:00.000000+00:00', INTERVAL 7776000000000 MICROSECOND) AND __kith_s.`at` <= TIMESTAMP '1970-01-01 00:00:00.000000+00:00'), FALSE)) AS __kith_c0,
  CAST(REGEXP_EXTRACT(CAST(CAST(SUM(IF((IFNULL((__kith_s.`op` IN (CAST('1' AS INT64), CAST('2' AS INT64))), FALSE)), __kith_s.`price`, NULL)) AS BIGNUMERIC) AS STRING), r'^-?[0-9]+(?:\.[0-9]{1,2})?') AS BIGNUMERIC) AS __kith_c1,
  ARRAY_AGG(IF((IFNULL(__kith_s.`select`, '') != ''), __kith_s.`select`, NULL) IGNORE NULLS ORDER BY COALESCE(__kith_s.`at`, __kith_s.`seen`, TIMESTAMP '1970-01-01 00:00:00.000000+00:00') DESC, __kith_s.`k`, __kith_s.`op`, __kith_s.`select` LIMIT 1)[SAFE_OFFSET(0)] AS __kith_c2,
  ARRAY_AGG(IF((IFNULL(CONCAT(COALESCE(CONCAT(FORMAT_TIMESTAMP('%Y-%m-%dT%H:%M:', COALESCE(__kith_s.`at`, __kith_s.`seen`), 'UTC'), IF(MOD(UNIX_MICROS(COALESCE(__kith_s.`at`, __kith_s.`seen`)), 1000000) = 0, FORMAT_TIMESTAMP('%S', COALESCE(__kith_s.`at`, __kith_s.`seen`), 'UTC'), FORMAT_TIMESTAMP('%E6S', COALESCE(__kith_s.`at`, __kith_s.`seen`), 'UTC')), 'Z'), ''), '\n', COALESCE(__kith_s.`k`, ''), ', ', COALESCE(CAST(__kith_s.`op` AS STRING), '')), '') != '') AND (IFNULL(__kith_s.`select`, '') != ''), CONCAT(COALESCE(CONCAT(FORMAT_TIMESTAMP('%Y-%m-%dT%H:%M:', COALESCE(__kith_s.`at`, __kith_s.`seen`), 'UTC'), IF(MOD(UNIX_MICROS(COALESCE(__kith_s.`at`, __kith_s.`seen`)), 1000000) = 0, FORMAT_TIMESTAMP('%S', COALESCE(__kith_s.`at`, __kith_s.`seen`), 'UTC'), FORMAT_TIMESTAMP('%E6S', COALESCE(__kith_s.`at`, __kith_s.`seen`), 'UTC')), 'Z'), ''), '\n', COALESCE(__kith_s.`k`, ''), ', ', COALESCE(CAST(__kith_s.`op` AS STRING), '')), NULL) IGNORE NULLS ORDER BY COALESCE(__kith_s.`at`, __kith_s.`seen`, TIMESTAMP '1970-01-01 00:00:00.000000+00:00') DESC, __kith_s.`k`, __kith_s.`op`, __kith_s.`select` LIMIT 1)[SAFE_OFFSET(0)] AS __kith_c3,
  IF(IS_INF(CAST((CAST(SUM(CAST(__kith_s.`op` AS NUMERIC)) AS FLOAT64) / NULLIF(COUNT(__kith_s.`op`), 0)) AS FLOAT64)) OR IS_NAN(CAST((CAST(SUM(CAST(__kith_s.`op` AS NUMERIC)) AS FLOAT64) / NULLIF(COUNT(__kith_s.`op`), 0)) AS FLOAT64)), NULL, CAST((CAST(SUM(CAST(__kith_s.`op` AS NUMERIC)) AS FLOAT64) / NULLIF(COUNT(__kith_s.`op`), 0)) AS FLOAT64) + 0.0) AS __kith_c4,
  COUNT(DISTINCT IF(IFNULL((__kith_s.`at` >= TIMESTAMP(DATE_SUB(DATE_TRUNC(DATE(TIMESTAMP '1970-01-01 00:00:00.000000+00:00', 'Europe/Amsterdam'), MONTH), INTERVAL 3 MONTH), 'Europe/Amsterdam') AND __kith_s.`at` < TIMESTAMP(DATE_TRUNC(DATE(TIMESTAMP '1970-01-01 00:00:00.000000+00:00', 'Europe/Amsterdam'), MONTH), 'Europe/Amsterdam') AND __kith_s.`at` <= TIMESTAMP '1970-01-01 00:00:00.000000+00:00'), FALSE), __kith_s.`day`, NULL)) AS __kith_c5,
  IF(IS_INF(CAST((
APPROX_QUANTILES(value, 10)[OFFSET(9)]
) AS FLOAT64)) OR IS_NAN(CAST((
APPROX_QUANTILES(value, 10)[OFFSET(9)]
) AS FLOAT64)), NULL, CAST((
APPROX_QUANTILES(value, 10)[OFFSET(9)]
) AS FLOAT64) + 0.0) AS __kith_c6,
  CAST(MIN(__kith_s.`at`) AS TIMESTAMP) AS __kith_c7,
  CAST(MIN(__kith_s.`day`) AS DATE) AS __kith_c8,
  ARRAY_AGG(IF((__kith_s.`__x` IS NOT NULL), __kith_s.`__x`, NULL) IGNORE NULLS ORDER BY COALESCE(__kith_s.`at`, __kith_s.`seen`, TIMESTAMP '1970-01-01 00:00:00.000000+00:00') DESC, __kith_s.`__x` LIMIT 1)[SAFE_OFFSET(0)] AS __kith_c9,
  ARRAY_AGG(IF((COALESCE(__kith_s.`at`, __kith_s.`seen`, TIMESTAMP '1970-01-01 00:00:00.000000+00:00') IS NOT NULL) AND (__kith_s.`__x` IS NOT NULL), COALESCE(__kith_s.`at`, __kith_s.`seen`, TIMESTAMP '1970-01-01 00:00:00.000000+00:00'), NULL) IGNORE NULLS ORDER BY COALESCE(__kith_s.`at`, __kith_s.`seen`, TIMESTAMP '1970-01-01 00:00:00.000000+00:00') DESC, __kith_s.`__x` LIMIT 1)[SAFE_OFFSET(0)] AS __kith_c10,
  COUNTIF((IFNULL((__kith_s.`h` = CAST('13' AS INT64)), FALSE))) AS __kith_c11,
  CAST(REGEXP_EXTRACT(CAST(CAST(SUM(IF(IFNULL((__kith_s.`at` > TIMESTAMP_SUB(TIMESTAMP '1970-01-01 00:00:00.000000+00:00', INTERVAL 2592000000000 MICROSECOND) AND __kith_s.`at` <= TIMESTAMP '1970-01-01 00:00:00.000000+00:00'), FALSE), __kith_s.`price`, NULL)) AS BIGNUMERIC) AS STRING), r'^-?[0-9]+(?:\.[0-9]{1,2})?') AS BIGNUMERIC) AS __kith_c12
FROM (
  SELECT *, CASE WHEN (SELECT IF((__kith_v = '' OR ((LOWER(TRIM(__kith_v, ' ')) IN ('-1', 'null', '(null)', 'nil', 'none', 'nan', 'na', 'n/a', 'undefined', 'unknown', 'anonymous', 'test@test.com')) OR REGEXP_CONTAINS(__kith_v, '^[0-]*$') OR REGEXP_CONTAINS(__kith_v, '^(no|do-?not)[-_.]?reply@'))), 0, GREATEST(FARM_FINGERPRINT(SHA256(CONCAT('\x00handle\x00', __kith_v))) & 0x7FFFFFFFFFFFFFFF, 1)) FROM UNNEST([COALESCE((SELECT IF((SELECT IF(BYTE_LENGTH(__kith_t) = CHAR_LENGTH(__kith_t), TRIM(__kith_t, ' \t\n\r\f\v'), REGEXP_REPLACE(__kith_t, '^[\\s\\p{Z}\\p{C}]+|[\\s\\p{Z}\\p{C}]+$', '')) FROM UNNEST([__kith_n]) AS __kith_t) != '', __kith_n, NULL) FROM UNNEST([__kith_s.`k`]) AS __kith_n), '')]) AS __kith_v) != 0 THEN (SELECT IF((__kith_v = '' OR ((LOWER(TRIM(__kith_v, ' ')) IN ('-1', 'null', '(null)', 'nil', 'none', 'nan', 'na', 'n/a', 'undefined', 'unknown', 'anonymous', 'test@test.com')) OR REGEXP_CONTAINS(__kith_v, '^[0-]*$') OR REGEXP_CONTAINS(__kith_v, '^(no|do-?not)[-_.]?reply@'))), 0, GREATEST(FARM_FINGERPRINT(SHA256(CONCAT('\x00handle\x00', __kith_v))) & 0x7FFFFFFFFFFFFFFF, 1)) FROM UNNEST([COALESCE((SELECT IF((SELECT IF(BYTE_LENGTH(__kith_t) = CHAR_LENGTH(__kith_t), TRIM(__kith_t, ' \t\n\r\f\v'), REGEXP_REPLACE(__kith_t, '^[\\s\\p{Z}\\p{C}]+|[\\s\\p{Z}\\p{C}]+$', '')) FROM UNNEST([__kith_n]) AS __kith_t) != '', __kith_n, NULL) FROM UNNEST([__kith_s.`k`]) AS __kith_n), '')]) AS __kith_v) WHEN (SELECT IF((__kith_v = '' OR ((LOWER(TRIM(__kith_v, ' ')) IN ('-1', 'null', '(null)', 'nil', 'none', 'nan', 'na', 'n/a', 'undefined', 'unknown', 'anonymous', 'test@test.com')) OR (__kith_v = COALESCE((SELECT IF(REGEXP_CONTAINS(__kith_n, '^[^\\s\\p{Z}\\p{C}@<>"(),;]+@[^\\s\\p{Z}\\p{C}@<>"(),;]+\\.[^\\s\\p{Z}\\p{C}@<>"(),;.]{2,}$'), __kith_n, NULL) FROM UNNEST([LOWER((SELECT IF(BYTE_LENGTH(__kith_t) = CHAR_LENGTH(__kith_t), TRIM(__kith_t, ' \t\n\r\f\v'), REGEXP_REPLACE(__kith_t, '^[\\s\\p{Z}\\p{C}]+|[\\s\\p{Z}\\p{C}]+$', '')) FROM UNNEST(['test@test.com']) AS __kith_t))]) AS __kith_n), 'test@test.com')) OR REGEXP_CONTAINS(__kith_v, '^[0-]*$') OR REGEXP_CONTAINS(__kith_v, '^(no|do-?not)[-_.]?reply@') OR REGEXP_CONTAINS(__kith_v, '@example\\.com$'))), 0, GREATEST(FARM_FINGERPRINT(SHA256(CONCAT('\x00email\x00', __kith_v))) & 0x7FFFFFFFFFFFFFFF, 1)) FROM UNNEST([COALESCE((SELECT IF(REGEXP_CONTAINS(__kith_n, '^[^\\s\\p{Z}\\p{C}@<>"(),;]+@[^\\s\\p{Z}\\p{C}@<>"(),;]+\\.[^\\s\\p{Z}\\p{C}@<>"(),;.]{2,}$'), __kith_n, NULL) FROM UNNEST([LOWER((SELECT IF(BYTE_LENGTH(__kith_t) = CHAR_LENGTH(__kith_t), TRIM(__kith_t, ' \t\n\r\f\v'), REGEXP_REPLACE(__kith_t, '^[\\s\\p{Z}\\p{C}]+|[\\s\\p{Z}\\p{C}]+$', '')) FROM UNNEST([__kith_s.`p`]) AS __kith_t))]) AS __kith_n), '')]) AS __kith_v) != 0 THEN (SELECT IF((__kith_v = '' OR ((LOWER(TRIM(__kith_v, ' ')) IN ('-1', 'null', '(null)', 'nil', 'none', 'nan', 'na', 'n/a', 'undefined', 'unknown', 'anonymous', 'test@test.com')) OR (__kith_v = COALESCE((SELECT IF(REGEXP_CONTAINS(__kith_n, '^[^\\s\\p{Z}\\p{C}@<>"(),;]+@[^\\s\\p{Z}\\p{C}@<>"(),;]+\\.[^\\s\\p{Z}\\p{C}@<>"(),;.]{2,}$'), __kith_n, NULL) FROM UNNEST([LOWER((SELECT IF(BYTE_LENGTH(__kith_t) = CHAR_LENGTH(__kith_t), TRIM(__kith_t, ' \t\n\r\f\v'), REGEXP_REPLACE(__kith_t, '^[\\s\\p{Z}\\p{C}]+|[\\s\\p{Z}\\p{C}]+$', '')) FROM UNNEST(['test@test.com']) AS __kith_t))]) AS __kith_n), 'test@test.com')) OR REGEXP_CONTAINS(__kith_v, '^[0-]*$') OR REGEXP_CONTAINS(__kith_v, '^(no|do-?not)[-_.]?reply@') OR REGEXP_CONTAINS(__kith_v, '@example\\.com$'))), 0, GREATEST(FARM_FINGERPRINT(SHA256(CONCAT('\x00email\x00', __kith_v))) & 0x7FFFFFFFFFFFFFFF, 1)) FROM UNNEST([COALESCE((SELECT IF(REGEXP_CONTAINS(__kith_n, '^[^\\s\\p{Z}\\p{C}@<>"(),;]+@[^\\s\\p{Z}\\p{C}@<>"(),;]+\\.[^\\s\\p{Z}\\p{C}@<>"(),;.]{2,}$'), __kith_n, NULL) FROM UNNEST([LOWER((SELECT IF(BYTE_LENGTH(__kith_t) = CHAR_LENGTH(__kith_t), TRIM(__kith_t, ' \t\n\r\f\v'), REGEXP_REPLACE(__kith_t, '^[\\s\\p{Z}\\p{C}]+|[\\s\\p{Z}\\p{C}]+$', '')) FROM UNNEST([__kith_s.`p`]) AS __kith_t))]) AS __kith_n), '')]) AS __kith_v) WHEN (SELECT IF((__kith_v = '' OR ((LOWER(TRIM(__kith_v, ' ')) IN ('-1', 'null', '(null)', 'nil', 'none', 'nan', 'na', 'n/a', 'undefined', 'unknown', 'anonymous', 'test@test.com')) OR REGEXP_CONTAINS(__kith_v, '^[0-]*$') OR REGEXP_CONTAINS(__kith_v, '^(no|do-?not)[-_.]?reply@'))), 0, GREATEST(FARM_FINGERPRINT(SHA256(CONCAT('\x00phone\x00', __kith_v))) & 0x7FFFFFFFFFFFFFFF, 1)) FROM UNNEST([COALESCE((SELECT IF(REGEXP_CONTAINS(__kith_n, '^\\+[1-9][0-9]{7,14}$'), __kith_n, NULL) FROM UNNEST([(SELECT COALESCE(CONCAT(REGEXP_EXTRACT(__kith_e, '^(\\+(?:20|27|30|31|32|33|34|40|41|43|44|45|46|47|48|49|51|54|55|61|62|64|81|82|84|86|90|91|92|94|98|212|213|234|254|351|352|353|355|358|359|380|381|385|386|387|389|420|421|880|962|966|971|972))0'), REGEXP_EXTRACT(__kith_e, '^\\+(?:20|27|30|31|32|33|34|40|41|43|44|45|46|47|48|49|51|54|55|61|62|64|81|82|84|86|90|91|92|94|98|212|213|234|254|351|352|353|355|358|359|380|381|385|386|387|389|420|421|880|962|966|971|972)0(.*)$')), __kith_e) FROM UNNEST([(SELECT CASE WHEN STARTS_WITH(__kith_d, '+') THEN __kith_d WHEN STARTS_WITH(__kith_d, '00') THEN CONCAT('+', SUBSTR(__kith_d, 3)) ELSE CONCAT('+', '31', REGEXP_REPLACE(__kith_d, '^0', '')) END FROM UNNEST([IFNULL(REGEXP_REPLACE((SELECT IF(STRPOS(__kith_f, '(0)') > 0, CONCAT(SUBSTR(__kith_f, 1, STRPOS(__kith_f, '(0)') - 1), SUBSTR(__kith_f, STRPOS(__kith_f, '(0)') + 3)), __kith_f) FROM UNNEST([REGEXP_REPLACE(__kith_s.`it's quoted`, r'(?is)[;,/#x].*$', '')]) AS __kith_f), r'[^0-9+]', ''), '')]) AS __kith_d)]) AS __kith_e)]) AS __kith_n), '')]) AS __kith_v) != 0 AND (SELECT IF((__kith_v = '' OR ((LOWER(TRIM(__kith_v, ' ')) IN ('-1', 'null', '(null)', 'nil', 'none', 'nan', 'na', 'n/a', 'undefined', 'unknown', 'anonymous', 'test@test.com')) OR REGEXP_CONTAINS(__kith_v, '^[0-]*$') OR REGEXP_CONTAINS(__kith_v, '^(no|do-?not)[-_.]?reply@'))), 0, GREATEST(FARM_FINGERPRINT(SHA256(CONCAT('\x00phone\x00', __kith_v))) & 0x7FFFFFFFFFFFFFFF, 1)) FROM UNNEST([COALESCE((SELECT IF(REGEXP_CONTAINS(__kith_n, '^\\+[1-9][0-9]{7,14}$'), __kith_n, NULL) FROM UNNEST([(SELECT COALESCE(CONCAT(REGEXP_EXTRACT(__kith_e, '^(\\+(?:20|27|30|31|32|33|34|40|41|43|44|45|46|47|48|49|51|54|55|61|62|64|81|82|84|86|90|91|92|94|98|212|213|234|254|351|352|353|355|358|359|380|381|385|386|387|389|420|421|880|962|966|971|972))0'), REGEXP_EXTRACT(__kith_e, '^\\+(?:20|27|30|31|32|33|34|40|41|43|44|45|46|47|48|49|51|54|55|61|62|64|81|82|84|86|90|91|92|94|98|212|213|234|254|351|352|353|355|358|359|380|381|385|386|387|389|420|421|880|962|966|971|972)0(.*)$')), __kith_e) FROM UNNEST([(SELECT CASE WHEN STARTS_WITH(__kith_d, '+') THEN __kith_d WHEN STARTS_WITH(__kith_d, '00') THEN CONCAT('+', SUBSTR(__kith_d, 3)) ELSE CONCAT('+', '31', REGEXP_REPLACE(__kith_d, '^0', '')) END FROM UNNEST([IFNULL(REGEXP_REPLACE((SELECT IF(STRPOS(__kith_f, '(0)') > 0, CONCAT(SUBSTR(__kith_f, 1, STRPOS(__kith_f, '(0)') - 1), SUBSTR(__kith_f, STRPOS(__kith_f, '(0)') + 3)), __kith_f) FROM UNNEST([REGEXP_REPLACE(__kith_s.`it's quoted`, r'(?is)[;,/#x].*$', '')]) AS __kith_f), r'[^0-9+]', ''), '')]) AS __kith_d)]) AS __kith_e)]) AS __kith_n), '')]) AS __kith_v) NOT IN (SELECT node FROM `kith`.`identity_person_shared_build`) THEN (SELECT IF((__kith_v = '' OR ((LOWER(TRIM(__kith_v, ' ')) IN ('-1', 'null', '(null)', 'nil', 'none', 'nan', 'na', 'n/a', 'undefined', 'unknown', 'anonymous', 'test@test.com')) OR REGEXP_CONTAINS(__kith_v, '^[0-]*$') OR REGEXP_CONTAINS(__kith_v, '^(no|do-?not)[-_.]?reply@'))), 0, GREATEST(FARM_FINGERPRINT(SHA256(CONCAT('\x00phone\x00', __kith_v))) & 0x7FFFFFFFFFFFFFFF, 1)) FROM UNNEST([COALESCE((SELECT IF(REGEXP_CONTAINS(__kith_n, '^\\+[1-9][0-9]{7,14}$'), __kith_n, NULL) FROM UNNEST([(SELECT COALESCE(CONCAT(REGEXP_EXTRACT(__kith_e, '^(\\+(?:20|27|30|31|32|33|34|40|41|43|44|45|46|47|48|49|51|54|55|61|62|64|81|82|84|86|90|91|92|94|98|212|213|234|254|351|352|353|355|358|359|380|381|385|386|387|389|420|421|880|962|966|971|972))0'), REGEXP_EXTRACT(__kith_e, '^\\+(?:20|27|30|31|32|33|34|40|41|43|44|45|46|47|48|49|51|54|55|61|62|64|81|82|84|86|90|91|92|94|98|212|213|234|254|351|352|353|355|358|359|380|381|385|386|387|389|420|421|880|962|966|971|972)0(.*)$')), __kith_e) FROM UNNEST([(SELECT CASE WHEN STARTS_WITH(__kith_d, '+') THEN __kith_d WHEN STARTS_WITH(__kith_d, '00') THEN CONCAT('+', SUBSTR(__kith_d, 3)) ELSE CONCAT('+', '31', REGEXP_REPLACE(__kith_d, '^0', '')) END FROM UNNEST([IFNULL(REGEXP_REPLACE((SELECT IF(STRPOS(__kith_f, '(0)') > 0, CONCAT(SUBSTR(__kith_f, 1, STRPOS(__kith_f, '(0)') - 1), SUBSTR(__kith_f, STRPOS(__kith_f, '(0)') + 3)), __kith_f) FROM UNNEST([REGEXP_REPLACE(__kith_s.`it's quoted`, r'(?is)[;,/#x].*$', '')]) AS __kith_f), r'[^0-9+]', ''), '')]) AS __kith_d)]) AS __kith_e)]) AS __kith_n), '')]) AS __kith_v) ELSE 0 END AS __kith_owner FROM (
SELECT __kith_s.`k` AS `k`, __kith_s.`h` AS `h`, __kith_s.`p` AS `p`, __kith_s.`op` AS `op`, __kith_s.`select` AS `select`, __kith_s.`__x` AS `__x`, __kith_s.`it's quoted` AS `it's quoted`, __kith_s.`j` AS `j`, __kith_s.`price` AS `price`, __kith_s.`twice` AS `twice`, __kith_s.`tags` AS `tags`, __kith_s.`at` AS `at`, __kith_s.`seen` AS `seen`, __kith_s.`day` AS `day`, __kith_s.`row_id` AS `row_id`, __kith_s.`key` AS `key`, __kith_s.`value` AS `value` FROM (
SELECT * FROM (
SELECT __kith_t.`k` AS `k`, __kith_t.`h` AS `h`, __kith_t.`p` AS `p`, __kith_t.`op` AS `op`, __kith_t.`select` AS `select`, __kith_t.`__x` AS `__x`, __kith_t.`it's quoted` AS `it's quoted`, __kith_t.`j` AS `j`, __kith_t.`price` AS `price`, CAST((
h * 2
) AS INT64) AS `twice`, __kith_t.`tags` AS `tags`, __kith_t.`at` AS `at`, __kith_t.`seen` AS `seen`, __kith_t.`day` AS `day`, __kith_t.`row_id` AS `row_id`, __kith_t.`key` AS `key`, __kith_t.`value` AS `value` FROM (
SELECT CAST(__kith_t.`k` AS STRING) AS `k`, CAST(__kith_t.`h` AS INT64) AS `h`, CAST(__kith_t.`p` AS STRING) AS `p`, CAST(__kith_t.`op` AS INT64) AS `op`, CAST(__kith_t.`select` AS STRING) AS `select`, CAST(__kith_t.`__x` AS BOOL) AS `__x`, CAST(__kith_t.`it's quoted` AS STRING) AS `it's quoted`, (SELECT IF(SAFE.PARSE_JSON(__kith_j, wide_number_mode=>'round') IS NULL, __kith_j, TO_JSON_STRING(PARSE_JSON(__kith_j, wide_number_mode=>'round'))) FROM UNNEST([IF(__kith_t.`j` IS NULL, NULL, COALESCE(JSON_VALUE(TO_JSON_STRING(__kith_t.`j`)), NULLIF(TO_JSON_STRING(__kith_t.`j`), 'null')))]) AS __kith_j) AS `j`, CAST(REGEXP_EXTRACT(CAST(CAST(SAFE_CAST(SAFE.JSON_VALUE(__kith_t.`j`, '$."price"."net"') AS NUMERIC) AS NUMERIC) AS STRING), r'^-?[0-9]+(?:\.[0-9]{1,2})?') AS NUMERIC) AS `price`, ARRAY(SELECT CAST(__kith_e AS STRING) FROM UNNEST(__kith_t.`tags`) AS __kith_e WITH OFFSET AS __kith_o WHERE __kith_e IS NOT NULL ORDER BY __kith_o) AS `tags`, CAST(__kith_t.`at` AS TIMESTAMP) AS `at`, CAST(__kith_t.`seen` AS TIMESTAMP) AS `seen`, CAST(__kith_t.`day` AS DATE) AS `day`, CAST(__kith_t.`row_id` AS STRING) AS `row_id`, CAST(__kith_t.`key` AS STRING) AS `key`, IF(IS_INF(CAST(__kith_t.`value` AS FLOAT64)) OR IS_NAN(CAST(__kith_t.`value` AS FLOAT64)), NULL, CAST(__kith_t.`value` AS FLOAT64) + 0.0) AS `value` FROM `raw`.`odd` AS __kith_t
) AS __kith_t
) AS __kith_s
WHERE TRUE QUALIFY ROW_NUMBER() OVER (PARTITION BY __kith_s.`k`, __kith_s.`op` ORDER BY __kith_s.`seen` DESC, __kith_s.`at` DESC, FARM_FINGERPRINT(TO_JSON_STRING(__kith_s))) = 1
) AS __kith_s
WHERE ((NOT IFNULL((__kith_s.`select` = 'test'), FALSE)))
  ) AS __kith_s WHERE (IFNULL((__kith_s.`__x` = true), FALSE))
) AS __kith_s
JOIN (SELECT node AS __kith_node, entity_id AS __kith_entity FROM `kith`.`identity_person_map_build`) AS __kith_m ON __kith_s.__kith_owner = __kith_m.__kith_node
GROUP BY __kith_entity
) AS __kith_a1 ON __kith_p.entity_id = __kith_a1.__kith_entity
LEFT JOIN (
SELECT __kith_entity, ARRAY_AGG(IF((IFNULL(__kith_value, '') != ''), __kith_value, NULL) IGNORE NULLS ORDER BY __kith_n DESC, __kith_last DESC, __kith_source, __kith_value LIMIT 1)[SAFE_OFFSET(0)] AS __kith_c0
FROM (SELECT __kith_entity, __kith_value, count(*) AS __kith_n, max(__kith_at) AS __kith_last, min(__kith_at) AS __kith_first, min(__kith_source) AS __kith_source FROM (
SELECT __kith_entity, __kith_s.`row_id` AS __kith_value, COALESCE(__kith_s.`at`, __kith_s.`seen`, TIMESTAMP '1970-01-01 00:00:00.000000+00:00') AS __kith_at, 0 AS __kith_source FROM (
  SELECT *, CASE WHEN (SELECT IF((__kith_v = '' OR ((LOWER(TRIM(__kith_v, ' ')) IN ('-1', 'null', '(null)', 'nil', 'none', 'nan', 'na', 'n/a', 'undefined', 'unknown', 'anonymous', 'test@test.com')) OR REGEXP_CONTAINS(__kith_v, '^[0-]*$') OR REGEXP_CONTAINS(__kith_v, '^(no|do-?not)[-_.]?reply@'))), 0, GREATEST(FARM_FINGERPRINT(SHA256(CONCAT('\x00handle\x00', __kith_v))) & 0x7FFFFFFFFFFFFFFF, 1)) FROM UNNEST([COALESCE((SELECT IF((SELECT IF(BYTE_LENGTH(__kith_t) = CHAR_LENGTH(__kith_t), TRIM(__kith_t, ' \t\n\r\f\v'), REGEXP_REPLACE(__kith_t, '^[\\s\\p{Z}\\p{C}]+|[\\s\\p{Z}\\p{C}]+$', '')) FROM UNNEST([__kith_n]) AS __kith_t) != '', __kith_n, NULL) FROM UNNEST([__kith_s.`k`]) AS __kith_n), '')]) AS __kith_v) != 0 THEN (SELECT IF((__kith_v = '' OR ((LOWER(TRIM(__kith_v, ' ')) IN ('-1', 'null', '(null)', 'nil', 'none', 'nan', 'na', 'n/a', 'undefined', 'unknown', 'anonymous', 'test@test.com')) OR REGEXP_CONTAINS(__kith_v, '^[0-]*$') OR REGEXP_CONTAINS(__kith_v, '^(no|do-?not)[-_.]?reply@'))), 0, GREATEST(FARM_FINGERPRINT(SHA256(CONCAT('\x00handle\x00', __kith_v))) & 0x7FFFFFFFFFFFFFFF, 1)) FROM UNNEST([COALESCE((SELECT IF((SELECT IF(BYTE_LENGTH(__kith_t) = CHAR_LENGTH(__kith_t), TRIM(__kith_t, ' \t\n\r\f\v'), REGEXP_REPLACE(__kith_t, '^[\\s\\p{Z}\\p{C}]+|[\\s\\p{Z}\\p{C}]+$', '')) FROM UNNEST([__kith_n]) AS __kith_t) != '', __kith_n, NULL) FROM UNNEST([__kith_s.`k`]) AS __kith_n), '')]) AS __kith_v) WHEN (SELECT IF((__kith_v = '' OR ((LOWER(TRIM(__kith_v, ' ')) IN ('-1', 'null', '(null)', 'nil', 'none', 'nan', 'na', 'n/a', 'undefined', 'unknown', 'anonymous', 'test@test.com')) OR (__kith_v = COALESCE((SELECT IF(REGEXP_CONTAINS(__kith_n, '^[^\\s\\p{Z}\\p{C}@<>"(),;]+@[^\\s\\p{Z}\\p{C}@<>"(),;]+\\.[^\\s\\p{Z}\\p{C}@<>"(),;.]{2,}$'), __kith_n, NULL) FROM UNNEST([LOWER((SELECT IF(BYTE_LENGTH(__kith_t) = CHAR_LENGTH(__kith_t), TRIM(__kith_t, ' \t\n\r\f\v'), REGEXP_REPLACE(__kith_t, '^[\\s\\p{Z}\\p{C}]+|[\\s\\p{Z}\\p{C}]+$', '')) FROM UNNEST(['test@test.com']) AS __kith_t))]) AS __kith_n), 'test@test.com')) OR REGEXP_CONTAINS(__kith_v, '^[0-]*$') OR REGEXP_CONTAINS(__kith_v, '^(no|do-?not)[-_.]?reply@') OR REGEXP_CONTAINS(__kith_v, '@example\\.com$'))), 0, GREATEST(FARM_FINGERPRINT(SHA256(CONCAT('\x00email\x00', __kith_v))) & 0x7FFFFFFFFFFFFFFF, 1)) FROM UNNEST([COALESCE((SELECT IF(REGEXP_CONTAINS(__kith_n, '^[^\\s\\p{Z}\\p{C}@<>"(),;]+@[^\\s\\p{Z}\\p{C}@<>"(),;]+\\.[^\\s\\p{Z}\\p{C}@<>"(),;.]{2,}$'), __kith_n, NULL) FROM UNNEST([LOWER((SELECT IF(BYTE_LENGTH(__kith_t) = CHAR_LENGTH(__kith_t), TRIM(__kith_t, ' \t\n\r\f\v'), REGEXP_REPLACE(__kith_t, '^[\\s\\p{Z}\\p{C}]+|[\\s\\p{Z}\\p{C}]+$', '')) FROM UNNEST([__kith_s.`p`]) AS __kith_t))]) AS __kith_n), '')]) AS __kith_v) != 0 THEN (SELECT IF((__kith_v = '' OR ((LOWER(TRIM(__kith_v, ' ')) IN ('-1', 'null', '(null)', 'nil', 'none', 'nan', 'na', 'n/a', 'undefined', 'unknown', 'anonymous', 'test@test.com')) OR (__kith_v = COALESCE((SELECT IF(REGEXP_CONTAINS(__kith_n, '^[^\\s\\p{Z}\\p{C}@<>"(),;]+@[^\\s\\p{Z}\\p{C}@<>"(),;]+\\.[^\\s\\p{Z}\\p{C}@<>"(),;.]{2,}$'), __kith_n, NULL) FROM UNNEST([LOWER((SELECT IF(BYTE_LENGTH(__kith_t) = CHAR_LENGTH(__kith_t), TRIM(__kith_t, ' \t\n\r\f\v'), REGEXP_REPLACE(__kith_t, '^[\\s\\p{Z}\\p{C}]+|[\\s\\p{Z}\\p{C}]+$', '')) FROM UNNEST(['test@test.com']) AS __kith_t))]) AS __kith_n), 'test@test.com')) OR REGEXP_CONTAINS(__kith_v, '^[0-]*$') OR REGEXP_CONTAINS(__kith_v, '^(no|do-?not)[-_.]?reply@') OR REGEXP_CONTAINS(__kith_v, '@example\\.com$'))), 0, GREATEST(FARM_FINGERPRINT(SHA256(CONCAT('\x00email\x00', __kith_v))) & 0x7FFFFFFFFFFFFFFF, 1)) FROM UNNEST([COALESCE((SELECT IF(REGEXP_CONTAINS(__kith_n, '^[^\\s\\p{Z}\\p{C}@<>"(),;]+@[^\\s\\p{Z}\\p{C}@<>"(),;]+\\.[^\\s\\p{Z}\\p{C}@<>"(),;.]{2,}$'), __kith_n, NULL) FROM UNNEST([LOWER((SELECT IF(BYTE_LENGTH(__kith_t) = CHAR_LENGTH(__kith_t), TRIM(__kith_t, ' \t\n\r\f\v'), REGEXP_REPLACE(__kith_t, '^[\\s\\p{Z}\\p{C}]+|[\\s\\p{Z}\\p{C}]+$', '')) FROM UNNEST([__kith_s.`p`]) AS __kith_t))]) AS __kith_n), '')]) AS __kith_v) WHEN (SELECT IF((__kith_v = '' OR ((LOWER(TRIM(__kith_v, ' ')) IN ('-1', 'null', '(null)', 'nil', 'none', 'nan', 'na', 'n/a', 'undefined', 'unknown', 'anonymous', 'test@test.com')) OR REGEXP_CONTAINS(__kith_v, '^[0-]*$') OR REGEXP_CONTAINS(__kith_v, '^(no|do-?not)[-_.]?reply@'))), 0, GREATEST(FARM_FINGERPRINT(SHA256(CONCAT('\x00phone\x00', __kith_v))) & 0x7FFFFFFFFFFFFFFF, 1)) FROM UNNEST([COALESCE((SELECT IF(REGEXP_CONTAINS(__kith_n, '^\\+[1-9][0-9]{7,14}$'), __kith_n, NULL) FROM UNNEST([(SELECT COALESCE(CONCAT(REGEXP_EXTRACT(__kith_e, '^(\\+(?:20|27|30|31|32|33|34|40|41|43|44|45|46|47|48|49|51|54|55|61|62|64|81|82|84|86|90|91|92|94|98|212|213|234|254|351|352|353|355|358|359|380|381|385|386|387|389|420|421|880|962|966|971|972))0'), REGEXP_EXTRACT(__kith_e, '^\\+(?:20|27|30|31|32|33|34|40|41|43|44|45|46|47|48|49|51|54|55|61|62|64|81|82|84|86|90|91|92|94|98|212|213|234|254|351|352|353|355|358|359|380|381|385|386|387|389|420|421|880|962|966|971|972)0(.*)$')), __kith_e) FROM UNNEST([(SELECT CASE WHEN STARTS_WITH(__kith_d, '+') THEN __kith_d WHEN STARTS_WITH(__kith_d, '00') THEN CONCAT('+', SUBSTR(__kith_d, 3)) ELSE CONCAT('+', '31', REGEXP_REPLACE(__kith_d, '^0', '')) END FROM UNNEST([IFNULL(REGEXP_REPLACE((SELECT IF(STRPOS(__kith_f, '(0)') > 0, CONCAT(SUBSTR(__kith_f, 1, STRPOS(__kith_f, '(0)') - 1), SUBSTR(__kith_f, STRPOS(__kith_f, '(0)') + 3)), __kith_f) FROM UNNEST([REGEXP_REPLACE(__kith_s.`it's quoted`, r'(?is)[;,/#x].*$', '')]) AS __kith_f), r'[^0-9+]', ''), '')]) AS __kith_d)]) AS __kith_e)]) AS __kith_n), '')]) AS __kith_v) != 0 AND (SELECT IF((__kith_v = '' OR ((LOWER(TRIM(__kith_v, ' ')) IN ('-1', 'null', '(null)', 'nil', 'none', 'nan', 'na', 'n/a', 'undefined', 'unknown', 'anonymous', 'test@test.com')) OR REGEXP_CONTAINS(__kith_v, '^[0-]*$') OR REGEXP_CONTAINS(__kith_v, '^(no|do-?not)[-_.]?reply@'))), 0, GREATEST(FARM_FINGERPRINT(SHA256(CONCAT('\x00phone\x00', __kith_v))) & 0x7FFFFFFFFFFFFFFF, 1)) FROM UNNEST([COALESCE((SELECT IF(REGEXP_CONTAINS(__kith_n, '^\\+[1-9][0-9]{7,14}$'), __kith_n, NULL) FROM UNNEST([(SELECT COALESCE(CONCAT(REGEXP_EXTRACT(__kith_e, '^(\\+(?:20|27|30|31|32|33|34|40|41|43|44|45|46|47|48|49|51|54|55|61|62|64|81|82|84|86|90|91|92|94|98|212|213|234|254|351|352|353|355|358|359|380|381|385|386|387|389|420|421|880|962|966|971|972))0'), REGEXP_EXTRACT(__kith_e, '^\\+(?:20|27|30|31|32|33|34|40|41|43|44|45|46|47|48|49|51|54|55|61|62|64|81|82|84|86|90|91|92|94|98|212|213|234|254|351|352|353|355|358|359|380|381|385|386|387|389|420|421|880|962|966|971|972)0(.*)$')), __kith_e) FROM UNNEST([(SELECT CASE WHEN STARTS_WITH(__kith_d, '+') THEN __kith_d WHEN STARTS_WITH(__kith_d, '00') THEN CONCAT('+', SUBSTR(__kith_d, 3)) ELSE CONCAT('+', '31', REGEXP_REPLACE(__kith_d, '^0', '')) END FROM UNNEST([IFNULL(REGEXP_REPLACE((SELECT IF(STRPOS(__kith_f, '(0)') > 0, CONCAT(SUBSTR(__kith_f, 1, STRPOS(__kith_f, '(0)') - 1), SUBSTR(__kith_f, STRPOS(__kith_f, '(0)') + 3)), __kith_f) FROM UNNEST([REGEXP_REPLACE(__kith_s.`it's quoted`, r'(?is)[;,/#x].*$', '')]) AS __kith_f), r'[^0-9+]', ''), '')]) AS __kith_d)]) AS __kith_e)]) AS __kith_n), '')]) AS __kith_v) NOT IN (SELECT node FROM `kith`.`identity_person_shared_build`) THEN (SELECT IF((__kith_v = '' OR ((LOWER(TRIM(__kith_v, ' ')) IN ('-1', 'null', '(null)', 'nil', 'none', 'nan', 'na', 'n/a', 'undefined', 'unknown', 'anonymous', 'test@test.com')) OR REGEXP_CONTAINS(__kith_v, '^[0-]*$') OR REGEXP_CONTAINS(__kith_v, '^(no|do-?not)[-_.]?reply@'))), 0, GREATEST(FARM_FINGERPRINT(SHA256(CONCAT('\x00phone\x00', __kith_v))) & 0x7FFFFFFFFFFFFFFF, 1)) FROM UNNEST([COALESCE((SELECT IF(REGEXP_CONTAINS(__kith_n, '^\\+[1-9][0-9]{7,14}$'), __kith_n, NULL) FROM UNNEST([(SELECT COALESCE(CONCAT(REGEXP_EXTRACT(__kith_e, '^(\\+(?:20|27|30|31|32|33|34|40|41|43|44|45|46|47|48|49|51|54|55|61|62|64|81|82|84|86|90|91|92|94|98|212|213|234|254|351|352|353|355|358|359|380|381|385|386|387|389|420|421|880|962|966|971|972))0'), REGEXP_EXTRACT(__kith_e, '^\\+(?:20|27|30|31|32|33|34|40|41|43|44|45|46|47|48|49|51|54|55|61|62|64|81|82|84|86|90|91|92|94|98|212|213|234|254|351|352|353|355|358|359|380|381|385|386|387|389|420|421|880|962|966|971|972)0(.*)$')), __kith_e) FROM UNNEST([(SELECT CASE WHEN STARTS_WITH(__kith_d, '+') THEN __kith_d WHEN STARTS_WITH(__kith_d, '00') THEN CONCAT('+', SUBSTR(__kith_d, 3)) ELSE CONCAT('+', '31', REGEXP_REPLACE(__kith_d, '^0', '')) END FROM UNNEST([IFNULL(REGEXP_REPLACE((SELECT IF(STRPOS(__kith_f, '(0)') > 0, CONCAT(SUBSTR(__kith_f, 1, STRPOS(__kith_f, '(0)') - 1), SUBSTR(__kith_f, STRPOS(__kith_f, '(0)') + 3)), __kith_f) FROM UNNEST([REGEXP_REPLACE(__kith_s.`it's quoted`, r'(?is)[;,/#x].*$', '')]) AS __kith_f), r'[^0-9+]', ''), '')]) AS __kith_d)]) AS __kith_e)]) AS __kith_n), '')]) AS __kith_v) ELSE 0 END AS __kith_owner FROM (
SELECT __kith_s.`k` AS `k`, __kith_s.`p` AS `p`, __kith_s.`op` AS `op`, __kith_s.`__x` AS `__x`, __kith_s.`it's quoted` AS `it's quoted`, __kith_s.`at` AS `at`, __kith_s.`seen` AS `seen`, __kith_s.`row_id` AS `row_id` FROM (
SELECT * FROM (
SELECT __kith_t.`k` AS `k`, __kith_t.`h` AS `h`, __kith_t.`p` AS `p`, __kith_t.`op` AS `op`, __kith_t.`select` AS `select`, __kith_t.`__x` AS `__x`, __kith_t.`it's quoted` AS `it's quoted`, __kith_t.`j` AS `j`, __kith_t.`price` AS `price`, CAST((
h * 2
) AS INT64) AS `twice`, __kith_t.`tags` AS `tags`, __kith_t.`at` AS `at`, __kith_t.`seen` AS `seen`, __kith_t.`day` AS `day`, __kith_t.`row_id` AS `row_id`, __kith_t.`key` AS `key`, __kith_t.`value` AS `value` FROM (
SELECT CAST(__kith_t.`k` AS STRING) AS `k`, CAST(__kith_t.`h` AS INT64) AS `h`, CAST(__kith_t.`p` AS STRING) AS `p`, CAST(__kith_t.`op` AS INT64) AS `op`, CAST(__kith_t.`select` AS STRING) AS `select`, CAST(__kith_t.`__x` AS BOOL) AS `__x`, CAST(__kith_t.`it's quoted` AS STRING) AS `it's quoted`, (SELECT IF(SAFE.PARSE_JSON(__kith_j, wide_number_mode=>'round') IS NULL, __kith_j, TO_JSON_STRING(PARSE_JSON(__kith_j, wide_number_mode=>'round'))) FROM UNNEST([IF(__kith_t.`j` IS NULL, NULL, COALESCE(JSON_VALUE(TO_JSON_STRING(__kith_t.`j`)), NULLIF(TO_JSON_STRING(__kith_t.`j`), 'null')))]) AS __kith_j) AS `j`, CAST(REGEXP_EXTRACT(CAST(CAST(SAFE_CAST(SAFE.JSON_VALUE(__kith_t.`j`, '$."price"."net"') AS NUMERIC) AS NUMERIC) AS STRING), r'^-?[0-9]+(?:\.[0-9]{1,2})?') AS NUMERIC) AS `price`, ARRAY(SELECT CAST(__kith_e AS STRING) FROM UNNEST(__kith_t.`tags`) AS __kith_e WITH OFFSET AS __kith_o WHERE __kith_e IS NOT NULL ORDER BY __kith_o) AS `tags`, CAST(__kith_t.`at` AS TIMESTAMP) AS `at`, CAST(__kith_t.`seen` AS TIMESTAMP) AS `seen`, CAST(__kith_t.`day` AS DATE) AS `day`, CAST(__kith_t.`row_id` AS STRING) AS `row_id`, CAST(__kith_t.`key` AS STRING) AS `key`, IF(IS_INF(CAST(__kith_t.`value` AS FLOAT64)) OR IS_NAN(CAST(__kith_t.`value` AS FLOAT64)), NULL, CAST(__kith_t.`value` AS FLOAT64) + 0.0) AS `value` FROM `raw`.`odd` AS __kith_t
) AS __kith_t
) AS __kith_s
WHERE TRUE QUALIFY ROW_NUMBER() OVER (PARTITION BY __kith_s.`k`, __kith_s.`op` ORDER BY __kith_s.`seen` DESC, __kith_s.`at` DESC, FARM_FINGERPRINT(TO_JSON_STRING(__kith_s))) = 1
) AS __kith_s
WHERE ((NOT IFNULL((__kith_s.`select` = 'test'), FALSE)))
  ) AS __kith_s WHERE (IFNULL((__kith_s.`__x` = true), FALSE))
) AS __kith_s
JOIN (SELECT node AS __kith_node, entity_id AS __kith_entity FROM `kith`.`identity_person_map_build`) AS __kith_m ON __kith_s.__kith_owner = __kith_m.__kith_node WHERE (IFNULL(__kith_s.`row_id`, '') != '')
) AS __kith_u GROUP BY __kith_entity, __kith_value) AS __kith_v
GROUP BY __kith_entity
) AS __kith_a2 ON __kith_p.entity_id = __kith_a2.__kith_entity
LEFT JOIN (
SELECT __kith_entity, IFNULL(ARRAY_AGG(IF((IFNULL(__kith_value, '') != ''), __kith_value, NULL) IGNORE NULLS ORDER BY __kith_last DESC, __kith_source, __kith_value LIMIT 3), []) AS __kith_c0
FROM (SELECT __kith_entity, __kith_value, count(*) AS __kith_n, max(__kith_at) AS __kith_last, min(__kith_at) AS __kith_first, min(__kith_source) AS __kith_source FROM (
SELECT __kith_entity, __kith_s.`key` AS __kith_value, COALESCE(__kith_s.`at`, __kith_s.`seen`, TIMESTAMP '1970-01-01 00:00:00.000000+00:00') AS __kith_at, 0 AS __kith_source FROM (
  SELECT *, CASE WHEN (SELECT IF((__kith_v = '' OR ((LOWER(TRIM(__kith_v, ' ')) IN ('-1', 'null', '(null)', 'nil', 'none', 'nan', 'na', 'n/a', 'undefined', 'unknown', 'anonymous', 'test@test.com')) OR REGEXP_CONTAINS(__kith_v, '^[0-]*$') OR REGEXP_CONTAINS(__kith_v, '^(no|do-?not)[-_.]?reply@'))), 0, GREATEST(FARM_FINGERPRINT(SHA256(CONCAT('\x00handle\x00', __kith_v))) & 0x7FFFFFFFFFFFFFFF, 1)) FROM UNNEST([COALESCE((SELECT IF((SELECT IF(BYTE_LENGTH(__kith_t) = CHAR_LENGTH(__kith_t), TRIM(__kith_t, ' \t\n\r\f\v'), REGEXP_REPLACE(__kith_t, '^[\\s\\p{Z}\\p{C}]+|[\\s\\p{Z}\\p{C}]+$', '')) FROM UNNEST([__kith_n]) AS __kith_t) != '', __kith_n, NULL) FROM UNNEST([__kith_s.`k`]) AS __kith_n), '')]) AS __kith_v) != 0 THEN (SELECT IF((__kith_v = '' OR ((LOWER(TRIM(__kith_v, ' ')) IN ('-1', 'null', '(null)', 'nil', 'none', 'nan', 'na', 'n/a', 'undefined', 'unknown', 'anonymous', 'test@test.com')) OR REGEXP_CONTAINS(__kith_v, '^[0-]*$') OR REGEXP_CONTAINS(__kith_v, '^(no|do-?not)[-_.]?reply@'))), 0, GREATEST(FARM_FINGERPRINT(SHA256(CONCAT('\x00handle\x00', __kith_v))) & 0x7FFFFFFFFFFFFFFF, 1)) FROM UNNEST([COALESCE((SELECT IF((SELECT IF(BYTE_LENGTH(__kith_t) = CHAR_LENGTH(__kith_t), TRIM(__kith_t, ' \t\n\r\f\v'), REGEXP_REPLACE(__kith_t, '^[\\s\\p{Z}\\p{C}]+|[\\s\\p{Z}\\p{C}]+$', '')) FROM UNNEST([__kith_n]) AS __kith_t) != '', __kith_n, NULL) FROM UNNEST([__kith_s.`k`]) AS __kith_n), '')]) AS __kith_v) WHEN (SELECT IF((__kith_v = '' OR ((LOWER(TRIM(__kith_v, ' ')) IN ('-1', 'null', '(null)', 'nil', 'none', 'nan', 'na', 'n/a', 'undefined', 'unknown', 'anonymous', 'test@test.com')) OR (__kith_v = COALESCE((SELECT IF(REGEXP_CONTAINS(__kith_n, '^[^\\s\\p{Z}\\p{C}@<>"(),;]+@[^\\s\\p{Z}\\p{C}@<>"(),;]+\\.[^\\s\\p{Z}\\p{C}@<>"(),;.]{2,}$'), __kith_n, NULL) FROM UNNEST([LOWER((SELECT IF(BYTE_LENGTH(__kith_t) = CHAR_LENGTH(__kith_t), TRIM(__kith_t, ' \t\n\r\f\v'), REGEXP_REPLACE(__kith_t, '^[\\s\\p{Z}\\p{C}]+|[\\s\\p{Z}\\p{C}]+$', '')) FROM UNNEST(['test@test.com']) AS __kith_t))]) AS __kith_n), 'test@test.com')) OR REGEXP_CONTAINS(__kith_v, '^[0-]*$') OR REGEXP_CONTAINS(__kith_v, '^(no|do-?not)[-_.]?reply@') OR REGEXP_CONTAINS(__kith_v, '@example\\.com$'))), 0, GREATEST(FARM_FINGERPRINT(SHA256(CONCAT('\x00email\x00', __kith_v))) & 0x7FFFFFFFFFFFFFFF, 1)) FROM UNNEST([COALESCE((SELECT IF(REGEXP_CONTAINS(__kith_n, '^[^\\s\\p{Z}\\p{C}@<>"(),;]+@[^\\s\\p{Z}\\p{C}@<>"(),;]+\\.[^\\s\\p{Z}\\p{C}@<>"(),;.]{2,}$'), __kith_n, NULL) FROM UNNEST([LOWER((SELECT IF(BYTE_LENGTH(__kith_t) = CHAR_LENGTH(__kith_t), TRIM(__kith_t, ' \t\n\r\f\v'), REGEXP_REPLACE(__kith_t, '^[\\s\\p{Z}\\p{C}]+|[\\s\\p{Z}\\p{C}]+$', '')) FROM UNNEST([__kith_s.`p`]) AS __kith_t))]) AS __kith_n), '')]) AS __kith_v) != 0 THEN (SELECT IF((__kith_v = '' OR ((LOWER(TRIM(__kith_v, ' ')) IN ('-1', 'null', '(null)', 'nil', 'none', 'nan', 'na', 'n/a', 'undefined', 'unknown', 'anonymous', 'test@test.com')) OR (__kith_v = COALESCE((SELECT IF(REGEXP_CONTAINS(__kith_n, '^[^\\s\\p{Z}\\p{C}@<>"(),;]+@[^\\s\\p{Z}\\p{C}@<>"(),;]+\\.[^\\s\\p{Z}\\p{C}@<>"(),;.]{2,}$'), __kith_n, NULL) FROM UNNEST([LOWER((SELECT IF(BYTE_LENGTH(__kith_t) = CHAR_LENGTH(__kith_t), TRIM(__kith_t, ' \t\n\r\f\v'), REGEXP_REPLACE(__kith_t, '^[\\s\\p{Z}\\p{C}]+|[\\s\\p{Z}\\p{C}]+$', '')) FROM UNNEST(['test@test.com']) AS __kith_t))]) AS __kith_n), 'test@test.com')) OR REGEXP_CONTAINS(__kith_v, '^[0-]*$') OR REGEXP_CONTAINS(__kith_v, '^(no|do-?not)[-_.]?reply@') OR REGEXP_CONTAINS(__kith_v, '@example\\.com$'))), 0, GREATEST(FARM_FINGERPRINT(SHA256(CONCAT('\x00email\x00', __kith_v))) & 0x7FFFFFFFFFFFFFFF, 1)) FROM UNNEST([COALESCE((SELECT IF(REGEXP_CONTAINS(__kith_n, '^[^\\s\\p{Z}\\p{C}@<>"(),;]+@[^\\s\\p{Z}\\p{C}@<>"(),;]+\\.[^\\s\\p{Z}\\p{C}@<>"(),;.]{2,}$'), __kith_n, NULL) FROM UNNEST([LOWER((SELECT IF(BYTE_LENGTH(__kith_t) = CHAR_LENGTH(__kith_t), TRIM(__kith_t, ' \t\n\r\f\v'), REGEXP_REPLACE(__kith_t, '^[\\s\\p{Z}\\p{C}]+|[\\s\\p{Z}\\p{C}]+$', '')) FROM UNNEST([__kith_s.`p`]) AS __kith_t))]) AS __kith_n), '')]) AS __kith_v) WHEN (SELECT IF((__kith_v = '' OR ((LOWER(TRIM(__kith_v, ' ')) IN ('-1', 'null', '(null)', 'nil', 'none', 'nan', 'na', 'n/a', 'undefined', 'unknown', 'anonymous', 'test@test.com')) OR REGEXP_CONTAINS(__kith_v, '^[0-]*$') OR REGEXP_CONTAINS(__kith_v, '^(no|do-?not)[-_.]?reply@'))), 0, GREATEST(FARM_FINGERPRINT(SHA256(CONCAT('\x00phone\x00', __kith_v))) & 0x7FFFFFFFFFFFFFFF, 1)) FROM UNNEST([COALESCE((SELECT IF(REGEXP_CONTAINS(__kith_n, '^\\+[1-9][0-9]{7,14}$'), __kith_n, NULL) FROM UNNEST([(SELECT COALESCE(CONCAT(REGEXP_EXTRACT(__kith_e, '^(\\+(?:20|27|30|31|32|33|34|40|41|43|44|45|46|47|48|49|51|54|55|61|62|64|81|82|84|86|90|91|92|94|98|212|213|234|254|351|352|353|355|358|359|380|381|385|386|387|389|420|421|880|962|966|971|972))0'), REGEXP_EXTRACT(__kith_e, '^\\+(?:20|27|30|31|32|33|34|40|41|43|44|45|46|47|48|49|51|54|55|61|62|64|81|82|84|86|90|91|92|94|98|212|213|234|254|351|352|353|355|358|359|380|381|385|386|387|389|420|421|880|962|966|971|972)0(.*)$')), __kith_e) FROM UNNEST([(SELECT CASE WHEN STARTS_WITH(__kith_d, '+') THEN __kith_d WHEN STARTS_WITH(__kith_d, '00') THEN CONCAT('+', SUBSTR(__kith_d, 3)) ELSE CONCAT('+', '31', REGEXP_REPLACE(__kith_d, '^0', '')) END FROM UNNEST([IFNULL(REGEXP_REPLACE((SELECT IF(STRPOS(__kith_f, '(0)') > 0, CONCAT(SUBSTR(__kith_f, 1, STRPOS(__kith_f, '(0)') - 1), SUBSTR(__kith_f, STRPOS(__kith_f, '(0)') + 3)), __kith_f) FROM UNNEST([REGEXP_REPLACE(__kith_s.`it's quoted`, r'(?is)[;,/#x].*$', '')]) AS __kith_f), r'[^0-9+]', ''), '')]) AS __kith_d)]) AS __kith_e)]) AS __kith_n), '')]) AS __kith_v) != 0 AND (SELECT IF((__kith_v = '' OR ((LOWER(TRIM(__kith_v, ' ')) IN ('-1', 'null', '(null)', 'nil', 'none', 'nan', 'na', 'n/a', 'undefined', 'unknown', 'anonymous', 'test@test.com')) OR REGEXP_CONTAINS(__kith_v, '^[0-]*$') OR REGEXP_CONTAINS(__kith_v, '^(no|do-?not)[-_.]?reply@'))), 0, GREATEST(FARM_FINGERPRINT(SHA256(CONCAT('\x00phone\x00', __kith_v))) & 0x7FFFFFFFFFFFFFFF, 1)) FROM UNNEST([COALESCE((SELECT IF(REGEXP_CONTAINS(__kith_n, '^\\+[1-9][0-9]{7,14}$'), __kith_n, NULL) FROM UNNEST([(SELECT COALESCE(CONCAT(REGEXP_EXTRACT(__kith_e, '^(\\+(?:20|27|30|31|32|33|34|40|41|43|44|45|46|47|48|49|51|54|55|61|62|64|81|82|84|86|90|91|92|94|98|212|213|234|254|351|352|353|355|358|359|380|381|385|386|387|389|420|421|880|962|966|971|972))0'), REGEXP_EXTRACT(__kith_e, '^\\+(?:20|27|30|31|32|33|34|40|41|43|44|45|46|47|48|49|51|54|55|61|62|64|81|82|84|86|90|91|92|94|98|212|213|234|254|351|352|353|355|358|359|380|381|385|386|387|389|420|421|880|962|966|971|972)0(.*)$')), __kith_e) FROM UNNEST([(SELECT CASE WHEN STARTS_WITH(__kith_d, '+') THEN __kith_d WHEN STARTS_WITH(__kith_d, '00') THEN CONCAT('+', SUBSTR(__kith_d, 3)) ELSE CONCAT('+', '31', REGEXP_REPLACE(__kith_d, '^0', '')) END FROM UNNEST([IFNULL(REGEXP_REPLACE((SELECT IF(STRPOS(__kith_f, '(0)') > 0, CONCAT(SUBSTR(__kith_f, 1, STRPOS(__kith_f, '(0)') - 1), SUBSTR(__kith_f, STRPOS(__kith_f, '(0)') + 3)), __kith_f) FROM UNNEST([REGEXP_REPLACE(__kith_s.`it's quoted`, r'(?is)[;,/#x].*$', '')]) AS __kith_f), r'[^0-9+]', ''), '')]) AS __kith_d)]) AS __kith_e)]) AS __kith_n), '')]) AS __kith_v) NOT IN (SELECT node FROM `kith`.`identity_person_shared_build`) THEN (SELECT IF((__kith_v = '' OR ((LOWER(TRIM(__kith_v, ' ')) IN ('-1', 'null', '(null)', 'nil', 'none', 'nan', 'na', 'n/a', 'undefined', 'unknown', 'anonymous', 'test@test.com')) OR REGEXP_CONTAINS(__kith_v, '^[0-]*$') OR REGEXP_CONTAINS(__kith_v, '^(no|do-?not)[-_.]?reply@'))), 0, GREATEST(FARM_FINGERPRINT(SHA256(CONCAT('\x00phone\x00', __kith_v))) & 0x7FFFFFFFFFFFFFFF, 1)) FROM UNNEST([COALESCE((SELECT IF(REGEXP_CONTAINS(__kith_n, '^\\+[1-9][0-9]{7,14}$'), __kith_n, NULL) FROM UNNEST([(SELECT COALESCE(CONCAT(REGEXP_EXTRACT(__kith_e, '^(\\+(?:20|27|30|31|32|33|34|40|41|43|44|45|46|47|48|49|51|54|55|61|62|64|81|82|84|86|90|91|92|94|98|212|213|234|254|351|352|353|355|358|359|380|381|385|386|387|389|420|421|880|962|966|971|972))0'), REGEXP_EXTRACT(__kith_e, '^\\+(?:20|27|30|31|32|33|34|40|41|43|44|45|46|47|48|49|51|54|55|61|62|64|81|82|84|86|90|91|92|94|98|212|213|234|254|351|352|353|355|358|359|380|381|385|386|387|389|420|421|880|962|966|971|972)0(.*)$')), __kith_e) FROM UNNEST([(SELECT CASE WHEN STARTS_WITH(__kith_d, '+') THEN __kith_d WHEN STARTS_WITH(__kith_d, '00') THEN CONCAT('+', SUBSTR(__kith_d, 3)) ELSE CONCAT('+', '31', REGEXP_REPLACE(__kith_d, '^0', '')) END FROM UNNEST([IFNULL(REGEXP_REPLACE((SELECT IF(STRPOS(__kith_f, '(0)') > 0, CONCAT(SUBSTR(__kith_f, 1, STRPOS(__kith_f, '(0)') - 1), SUBSTR(__kith_f, STRPOS(__kith_f, '(0)') + 3)), __kith_f) FROM UNNEST([REGEXP_REPLACE(__kith_s.`it's quoted`, r'(?is)[;,/#x].*$', '')]) AS __kith_f), r'[^0-9+]', ''), '')]) AS __kith_d)]) AS __kith_e)]) AS __kith_n), '')]) AS __kith_v) ELSE 0 END AS __kith_owner FROM (
SELECT __kith_s.`k` AS `k`, __kith_s.`p` AS `p`, __kith_s.`op` AS `op`, __kith_s.`__x` AS `__x`, __kith_s.`it's quoted` AS `it's quoted`, __kith_s.`at` AS `at`, __kith_s.`seen` AS `seen`, __kith_s.`key` AS `key` FROM (
SELECT * FROM (
SELECT __kith_t.`k` AS `k`, __kith_t.`h` AS `h`, __kith_t.`p` AS `p`, __kith_t.`op` AS `op`, __kith_t.`select` AS `select`, __kith_t.`__x` AS `__x`, __kith_t.`it's quoted` AS `it's quoted`, __kith_t.`j` AS `j`, __kith_t.`price` AS `price`, CAST((
h * 2
) AS INT64) AS `twice`, __kith_t.`tags` AS `tags`, __kith_t.`at` AS `at`, __kith_t.`seen` AS `seen`, __kith_t.`day` AS `day`, __kith_t.`row_id` AS `row_id`, __kith_t.`key` AS `key`, __kith_t.`value` AS `value` FROM (
SELECT CAST(__kith_t.`k` AS STRING) AS `k`, CAST(__kith_t.`h` AS INT64) AS `h`, CAST(__kith_t.`p` AS STRING) AS `p`, CAST(__kith_t.`op` AS INT64) AS `op`, CAST(__kith_t.`select` AS STRING) AS `select`, CAST(__kith_t.`__x` AS BOOL) AS `__x`, CAST(__kith_t.`it's quoted` AS STRING) AS `it's quoted`, (SELECT IF(SAFE.PARSE_JSON(__kith_j, wide_number_mode=>'round') IS NULL, __kith_j, TO_JSON_STRING(PARSE_JSON(__kith_j, wide_number_mode=>'round'))) FROM UNNEST([IF(__kith_t.`j` IS NULL, NULL, COALESCE(JSON_VALUE(TO_JSON_STRING(__kith_t.`j`)), NULLIF(TO_JSON_STRING(__kith_t.`j`), 'null')))]) AS __kith_j) AS `j`, CAST(REGEXP_EXTRACT(CAST(CAST(SAFE_CAST(SAFE.JSON_VALUE(__kith_t.`j`, '$."price"."net"') AS NUMERIC) AS NUMERIC) AS STRING), r'^-?[0-9]+(?:\.[0-9]{1,2})?') AS NUMERIC) AS `price`, ARRAY(SELECT CAST(__kith_e AS STRING) FROM UNNEST(__kith_t.`tags`) AS __kith_e WITH OFFSET AS __kith_o WHERE __kith_e IS NOT NULL ORDER BY __kith_o) AS `tags`, CAST(__kith_t.`at` AS TIMESTAMP) AS `at`, CAST(__kith_t.`seen` AS TIMESTAMP) AS `seen`, CAST(__kith_t.`day` AS DATE) AS `day`, CAST(__kith_t.`row_id` AS STRING) AS `row_id`, CAST(__kith_t.`key` AS STRING) AS `key`, IF(IS_INF(CAST(__kith_t.`value` AS FLOAT64)) OR IS_NAN(CAST(__kith_t.`value` AS FLOAT64)), NULL, CAST(__kith_t.`value` AS FLOAT64) + 0.0) AS `value` FROM `raw`.`odd` AS __kith_t
) AS __kith_t
) AS __kith_s
WHERE TRUE QUALIFY ROW_NUMBER() OVER (PARTITION BY __kith_s.`k`, __kith_s.`op` ORDER BY __kith_s.`seen` DESC, __kith_s.`at` DESC, FARM_FINGERPRINT(TO_JSON_STRING(__kith_s))) = 1
) AS __kith_s
WHERE ((NOT IFNULL((__kith_s.`select` = 'test'), FALSE)))
  ) AS __kith_s WHERE (IFNULL((__kith_s.`__x` = true), FALSE))
) AS __kith_s
JOIN (SELECT node AS __kith_node, entity_id AS __kith_entity FROM `kith`.`identity_person_map_build`) AS __kith_m ON __kith_s.__kith_owner = __kith_m.__kith_node WHERE (IFNULL(__kith_s.`key`, '') != '')
) AS __kith_u GROUP BY __kith_entity, __kith_value) AS __kith_v
GROUP BY __kith_entity
) AS __kith_a3 ON __kith_p.entity_id = __kith_a3.__kith_entity
LEFT JOIN (
SELECT __kith_entity, IFNULL(ARRAY_AGG(IF((IFNULL(__kith_value, '') != '') AND __kith_granted, __kith_value, NULL) IGNORE NULLS ORDER BY __kith_seen DESC, __kith_value LIMIT 1000), []) AS __kith_c0
FROM (
  SELECT m.entity_id AS __kith_entity, m.value AS __kith_value, m.last_seen AS __kith_seen, IFNULL(d.granted, false) AS __kith_granted
  FROM (SELECT entity_id, value, last_seen FROM (
  SELECT node, type, value, entity_id, first_seen, last_seen, n FROM `kith`.`identity_person_map_build`
  UNION ALL SELECT node, type, value, entity_id, first_seen, last_seen, n FROM `kith`.`identity_person_shared_build`
) WHERE type = 1) AS m
  LEFT JOIN (
    SELECT __kith_value AS value, ARRAY_AGG(__kith_granted ORDER BY __kith_at DESC, __kith_granted LIMIT 1)[OFFSET(0)] AS granted
    FROM (
SELECT (SELECT IF(REGEXP_CONTAINS(__kith_n, '^[^\\s\\p{Z}\\p{C}@<>"(),;]+@[^\\s\\p{Z}\\p{C}@<>"(),;]+\\.[^\\s\\p{Z}\\p{C}@<>"(),;.]{2,}$'), __kith_n, NULL) FROM UNNEST([LOWER((SELECT IF(BYTE_LENGTH(__kith_t) = CHAR_LENGTH(__kith_t), TRIM(__kith_t, ' \t\n\r\f\v'), REGEXP_REPLACE(__kith_t, '^[\\s\\p{Z}\\p{C}]+|[\\s\\p{Z}\\p{C}]+$', '')) FROM UNNEST([__kith_s.`p`]) AS __kith_t))]) AS __kith_n) AS __kith_value, __kith_s.`__x` AS __kith_granted, COALESCE(__kith_s.`at`, __kith_s.`seen`, TIMESTAMP '1970-01-01 00:00:00.000000+00:00') AS __kith_at FROM (
SELECT __kith_s.`k` AS `k`, __kith_s.`h` AS `h`, __kith_s.`p` AS `p`, __kith_s.`op` AS `op`, __kith_s.`select` AS `select`, __kith_s.`__x` AS `__x`, __kith_s.`it's quoted` AS `it's quoted`, __kith_s.`j` AS `j`, __kith_s.`price` AS `price`, __kith_s.`twice` AS `twice`, __kith_s.`tags` AS `tags`, __kith_s.`at` AS `at`, __kith_s.`seen` AS `seen`, __kith_s.`day` AS `day`, __kith_s.`row_id` AS `row_id`, __kith_s.`key` AS `key`, __kith_s.`value` AS `value` FROM (
SELECT * FROM (
SELECT __kith_t.`k` AS `k`, __kith_t.`h` AS `h`, __kith_t.`p` AS `p`, __kith_t.`op` AS `op`, __kith_t.`select` AS `select`, __kith_t.`__x` AS `__x`, __kith_t.`it's quoted` AS `it's quoted`, __kith_t.`j` AS `j`, __kith_t.`price` AS `price`, CAST((
h * 2
) AS INT64) AS `twice`, __kith_t.`tags` AS `tags`, __kith_t.`at` AS `at`, __kith_t.`seen` AS `seen`, __kith_t.`day` AS `day`, __kith_t.`row_id` AS `row_id`, __kith_t.`key` AS `key`, __kith_t.`value` AS `value` FROM (
SELECT CAST(__kith_t.`k` AS STRING) AS `k`, CAST(__kith_t.`h` AS INT64) AS `h`, CAST(__kith_t.`p` AS STRING) AS `p`, CAST(__kith_t.`op` AS INT64) AS `op`, CAST(__kith_t.`select` AS STRING) AS `select`, CAST(__kith_t.`__x` AS BOOL) AS `__x`, CAST(__kith_t.`it's quoted` AS STRING) AS `it's quoted`, (SELECT IF(SAFE.PARSE_JSON(__kith_j, wide_number_mode=>'round') IS NULL, __kith_j, TO_JSON_STRING(PARSE_JSON(__kith_j, wide_number_mode=>'round'))) FROM UNNEST([IF(__kith_t.`j` IS NULL, NULL, COALESCE(JSON_VALUE(TO_JSON_STRING(__kith_t.`j`)), NULLIF(TO_JSON_STRING(__kith_t.`j`), 'null')))]) AS __kith_j) AS `j`, CAST(REGEXP_EXTRACT(CAST(CAST(SAFE_CAST(SAFE.JSON_VALUE(__kith_t.`j`, '$."price"."net"') AS NUMERIC) AS NUMERIC) AS STRING), r'^-?[0-9]+(?:\.[0-9]{1,2})?') AS NUMERIC) AS `price`, ARRAY(SELECT CAST(__kith_e AS STRING) FROM UNNEST(__kith_t.`tags`) AS __kith_e WITH OFFSET AS __kith_o WHERE __kith_e IS NOT NULL ORDER BY __kith_o) AS `tags`, CAST(__kith_t.`at` AS TIMESTAMP) AS `at`, CAST(__kith_t.`seen` AS TIMESTAMP) AS `seen`, CAST(__kith_t.`day` AS DATE) AS `day`, CAST(__kith_t.`row_id` AS STRING) AS `row_id`, CAST(__kith_t.`key` AS STRING) AS `key`, IF(IS_INF(CAST(__kith_t.`value` AS FLOAT64)) OR IS_NAN(CAST(__kith_t.`value` AS FLOAT64)), NULL, CAST(__kith_t.`value` AS FLOAT64) + 0.0) AS `value` FROM `raw`.`odd` AS __kith_t
) AS __kith_t
) AS __kith_s
WHERE TRUE QUALIFY ROW_NUMBER() OVER (PARTITION BY __kith_s.`k`, __kith_s.`op` ORDER BY __kith_s.`seen` DESC, __kith_s.`at` DESC, FARM_FINGERPRINT(TO_JSON_STRING(__kith_s))) = 1
) AS __kith_s
WHERE ((NOT IFNULL((__kith_s.`select` = 'test'), FALSE)))
) AS __kith_s
WHERE (IFNULL((__kith_s.`__x` = true), FALSE))
    ) WHERE __kith_value IS NOT NULL AND __kith_granted IS NOT NULL GROUP BY __kith_value
  ) AS d ON m.value = d.value
) AS __kith_c
GROUP BY __kith_entity
) AS __kith_a4 ON __kith_p.entity_id = __kith_a4.__kith_entity
) AS __kith_p;

-- profile person 2 (entity person) at models/all.yml:28:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_person_profile_1` CLUSTER BY entity_id OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 2 DAY)) AS
SELECT * FROM `kith`.`scratch_run_person_profile_0`;

-- profile firm 1 (entity firm) at models/all.yml:39:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_firm_profile_0` CLUSTER BY entity_id OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 2 DAY)) AS
SELECT __kith_p.*, __kith_a0.__kith_c0 AS `staff_spent`,
  __kith_a0.__kith_c1 AS `staff_recent`
FROM (
SELECT __kith_p.*, __kith_a0.__kith_c0 AS `domain`,
  __kith_a0.__kith_c1 AS `vat`
FROM (
SELECT entity_id FROM `kith`.`entity_firm_build`
) AS __kith_p
LEFT JOIN (
SELECT __kith_entity, ARRAY_AGG(IF((IFNULL(value, '') != '') AND (type = 0), value, NULL) IGNORE NULLS ORDER BY last_seen DESC, value LIMIT 1)[SAFE_OFFSET(0)] AS __kith_c0,
  ARRAY_AGG(IF((IFNULL(value, '') != '') AND (type = 1), value, NULL) IGNORE NULLS ORDER BY last_seen DESC, value LIMIT 1)[SAFE_OFFSET(0)] AS __kith_c1
FROM (SELECT entity_id AS __kith_entity, type, value, last_seen FROM `kith`.`identity_firm_map_build`) AS __kith_m
GROUP BY __kith_entity
) AS __kith_a0 ON __kith_p.entity_id = __kith_a0.__kith_entity
) AS __kith_p
LEFT JOIN (
SELECT __kith_entity, CAST(REGEXP_EXTRACT(CAST(CAST(SUM(IF((IFNULL((`n_recent` >= CAST('1' AS INT64)), FALSE)), `spent`, NULL)) AS BIGNUMERIC) AS STRING), r'^-?[0-9]+(?:\.[0-9]{1,2})?') AS BIGNUMERIC) AS __kith_c0,
  CAST(SUM(`n_recent`) AS INT64) AS __kith_c1
FROM (
  SELECT __kith_r.entity_id AS __kith_entity, __kith_o.* FROM `kith`.`scratch_run_relation_staff` AS __kith_r JOIN `kith`.`scratch_run_person_profile_0` AS __kith_o ON __kith_r.other_id = __kith_o.entity_id
) AS __kith_s
GROUP BY __kith_entity
) AS __kith_a0 ON __kith_p.entity_id = __kith_a0.__kith_entity;

-- profile person (entity person) at models/all.yml:28:11
CREATE OR REPLACE TABLE `kith`.`profile_person_build` CLUSTER BY entity_id AS
SELECT __kith_p.*, IFNULL((`__kith_relation_2` > 0), FALSE) AS `__kith_segment_at_spender`
FROM (
SELECT __kith_p.*, (`__kith_segment_spenders` AND ROW_NUMBER() OVER (PARTITION BY `__kith_segment_spenders` ORDER BY `spent` IS NULL, `spent` DESC, entity_id) <= 10) AS `__kith_segment_best`
FROM (
SELECT __kith_p.*, __kith_a0.__kith_c0 AS `employer_spent`,
  __kith_a0.__kith_c1 AS `__kith_related_0_staff_spent`,
  COALESCE(__kith_a1.__kith_c0, CAST('0' AS INT64)) AS `__kith_relation_2`
FROM (
SELECT __kith_p.*, IF(`spent` IS NULL, NULL, NTILE(5) OVER (PARTITION BY `spent` IS NULL ORDER BY `spent`, entity_id)) AS `tier`,
  CAST((
spent > 100 AND n_recent > 2
) AS BOOL) AS `is_big`,
  IFNULL((`__kith_event_0` > 0), FALSE) AS `__kith_segment_bounced`,
  ((IFNULL((`spent` >= CAST('10' AS BIGNUMERIC)), FALSE)) AND ((IFNULL((STRPOS(`nick`, 'O\'B') > 0), FALSE)) OR (IFNULL((`__kith_event_1` > CAST('5' AS BIGNUMERIC)), FALSE)))) AS `__kith_segment_spenders`
FROM (
SELECT __kith_p.*, COALESCE(__kith_a0.__kith_c0, CAST('0' AS INT64)) AS `n_after`,
  COALESCE(__kith_a0.__kith_c1, CAST('0' AS INT64)) AS `n_after_day`
FROM (
SELECT * FROM `kith`.`scratch_run_person_profile_1`
) AS __kith_p
LEFT JOIN (
SELECT __kith_entity, COUNTIF(IFNULL((__kith_s.`at` > __kith_b.`first_at` AND __kith_s.`at` <= TIMESTAMP '1970-01-01 00:00:00.000000+00:00' AND __kith_s.`at` <= TIMESTAMP_ADD(__kith_b.`first_at`, INTERVAL 2592000000000 MICROSECOND)), FALSE)) AS __kith_c0,
  COUNTIF(IFNULL((__kith_s.`at` > TIMESTAMP(__kith_b.`first_day`, 'Europe/Amsterdam') AND __kith_s.`at` <= TIMESTAMP '1970-01-01 00:00:00.000000+00:00' AND __kith_s.`at` <= TIMESTAMP_ADD(TIMESTAMP(__kith_b.`first_day`, 'Europe/Amsterdam'), INTERVAL 2592000000000 MICROSECOND)), FALSE)) AS __kith_c1
FROM (
  SELECT *, CASE WHEN (SELECT IF((__kith_v = '' OR ((LOWER(TRIM(__kith_v, ' ')) IN ('-1', 'null', '(null)', 'nil', 'none', 'nan', 'na', 'n/a', 'undefined', 'unknown', 'anonymous', 'test@test.com')) OR REGEXP_CONTAINS(__kith_v, '^[0-]*$') OR REGEXP_CONTAINS(__kith_v, '^(no|do-?not)[-_.]?reply@'))), 0, GREATEST(FARM_FINGERPRINT(SHA256(CONCAT('\x00handle\x00', __kith_v))) & 0x7FFFFFFFFFFFFFFF, 1)) FROM UNNEST([COALESCE((SELECT IF((SELECT IF(BYTE_LENGTH(__kith_t) = CHAR_LENGTH(__kith_t), TRIM(__kith_t, ' \t\n\r\f\v'), REGEXP_REPLACE(__kith_t, '^[\\s\\p{Z}\\p{C}]+|[\\s\\p{Z}\\p{C}]+$', '')) FROM UNNEST([__kith_n]) AS __kith_t) != '', __kith_n, NULL) FROM UNNEST([__kith_s.`k`]) AS __kith_n), '')]) AS __kith_v) != 0 THEN (SELECT IF((__kith_v = '' OR ((LOWER(TRIM(__kith_v, ' ')) IN ('-1', 'null', '(null)', 'nil', 'none', 'nan', 'na', 'n/a', 'undefined', 'unknown', 'anonymous', 'test@test.com')) OR REGEXP_CONTAINS(__kith_v, '^[0-]*$') OR REGEXP_CONTAINS(__kith_v, '^(no|do-?not)[-_.]?reply@'))), 0, GREATEST(FARM_FINGERPRINT(SHA256(CONCAT('\x00handle\x00', __kith_v))) & 0x7FFFFFFFFFFFFFFF, 1)) FROM UNNEST([COALESCE((SELECT IF((SELECT IF(BYTE_LENGTH(__kith_t) = CHAR_LENGTH(__kith_t), TRIM(__kith_t, ' \t\n\r\f\v'), REGEXP_REPLACE(__kith_t, '^[\\s\\p{Z}\\p{C}]+|[\\s\\p{Z}\\p{C}]+$', '')) FROM UNNEST([__kith_n]) AS __kith_t) != '', __kith_n, NULL) FROM UNNEST([__kith_s.`k`]) AS __kith_n), '')]) AS __kith_v) WHEN (SELECT IF((__kith_v = '' OR ((LOWER(TRIM(__kith_v, ' ')) IN ('-1', 'null', '(null)', 'nil', 'none', 'nan', 'na', 'n/a', 'undefined', 'unknown', 'anonymous', 'test@test.com')) OR (__kith_v = COALESCE((SELECT IF(REGEXP_CONTAINS(__kith_n, '^[^\\s\\p{Z}\\p{C}@<>"(),;]+@[^\\s\\p{Z}\\p{C}@<>"(),;]+\\.[^\\s\\p{Z}\\p{C}@<>"(),;.]{2,}$'), __kith_n, NULL) FROM UNNEST([LOWER((SELECT IF(BYTE_LENGTH(__kith_t) = CHAR_LENGTH(__kith_t), TRIM(__kith_t, ' \t\n\r\f\v'), REGEXP_REPLACE(__kith_t, '^[\\s\\p{Z}\\p{C}]+|[\\s\\p{Z}\\p{C}]+$', '')) FROM UNNEST(['test@test.com']) AS __kith_t))]) AS __kith_n), 'test@test.com')) OR REGEXP_CONTAINS(__kith_v, '^[0-]*$') OR REGEXP_CONTAINS(__kith_v, '^(no|do-?not)[-_.]?reply@') OR REGEXP_CONTAINS(__kith_v, '@example\\.com$'))), 0, GREATEST(FARM_FINGERPRINT(SHA256(CONCAT('\x00email\x00', __kith_v))) & 0x7FFFFFFFFFFFFFFF, 1)) FROM UNNEST([COALESCE((SELECT IF(REGEXP_CONTAINS(__kith_n, '^[^\\s\\p{Z}\\p{C}@<>"(),;]+@[^\\s\\p{Z}\\p{C}@<>"(),;]+\\.[^\\s\\p{Z}\\p{C}@<>"(),;.]{2,}$'), __kith_n, NULL) FROM UNNEST([LOWER((SELECT IF(BYTE_LENGTH(__kith_t) = CHAR_LENGTH(__kith_t), TRIM(__kith_t, ' \t\n\r\f\v'), REGEXP_REPLACE(__kith_t, '^[\\s\\p{Z}\\p{C}]+|[\\s\\p{Z}\\p{C}]+$', '')) FROM UNNEST([__kith_s.`p`]) AS __kith_t))]) AS __kith_n), '')]) AS __kith_v) != 0 THEN (SELECT IF((__kith_v = '' OR ((LOWER(TRIM(__kith_v, ' ')) IN ('-1', 'null', '(null)', 'nil', 'none', 'nan', 'na', 'n/a', 'undefined', 'unknown', 'anonymous', 'test@test.com')) OR (__kith_v = COALESCE((SELECT IF(REGEXP_CONTAINS(__kith_n, '^[^\\s\\p{Z}\\p{C}@<>"(),;]+@[^\\s\\p{Z}\\p{C}@<>"(),;]+\\.[^\\s\\p{Z}\\p{C}@<>"(),;.]{2,}$'), __kith_n, NULL) FROM UNNEST([LOWER((SELECT IF(BYTE_LENGTH(__kith_t) = CHAR_LENGTH(__kith_t), TRIM(__kith_t, ' \t\n\r\f\v'), REGEXP_REPLACE(__kith_t, '^[\\s\\p{Z}\\p{C}]+|[\\s\\p{Z}\\p{C}]+$', '')) FROM UNNEST(['test@test.com']) AS __kith_t))]) AS __kith_n), 'test@test.com')) OR REGEXP_CONTAINS(__kith_v, '^[0-]*$') OR REGEXP_CONTAINS(__kith_v, '^(no|do-?not)[-_.]?reply@') OR REGEXP_CONTAINS(__kith_v, '@example\\.com$'))), 0, GREATEST(FARM_FINGERPRINT(SHA256(CONCAT('\x00email\x00', __kith_v))) & 0x7FFFFFFFFFFFFFFF, 1)) FROM UNNEST([COALESCE((SELECT IF(REGEXP_CONTAINS(__kith_n, '^[^\\s\\p{Z}\\p{C}@<>"(),;]+@[^\\s\\p{Z}\\p{C}@<>"(),;]+\\.[^\\s\\p{Z}\\p{C}@<>"(),;.]{2,}$'), __kith_n, NULL) FROM UNNEST([LOWER((SELECT IF(BYTE_LENGTH(__kith_t) = CHAR_LENGTH(__kith_t), TRIM(__kith_t, ' \t\n\r\f\v'), REGEXP_REPLACE(__kith_t, '^[\\s\\p{Z}\\p{C}]+|[\\s\\p{Z}\\p{C}]+$', '')) FROM UNNEST([__kith_s.`p`]) AS __kith_t))]) AS __kith_n), '')]) AS __kith_v) WHEN (SELECT IF((__kith_v = '' OR ((LOWER(TRIM(__kith_v, ' ')) IN ('-1', 'null', '(null)', 'nil', 'none', 'nan', 'na', 'n/a', 'undefined', 'unknown', 'anonymous', 'test@test.com')) OR REGEXP_CONTAINS(__kith_v, '^[0-]*$') OR REGEXP_CONTAINS(__kith_v, '^(no|do-?not)[-_.]?reply@'))), 0, GREATEST(FARM_FINGERPRINT(SHA256(CONCAT('\x00phone\x00', __kith_v))) & 0x7FFFFFFFFFFFFFFF, 1)) FROM UNNEST([COALESCE((SELECT IF(REGEXP_CONTAINS(__kith_n, '^\\+[1-9][0-9]{7,14}$'), __kith_n, NULL) FROM UNNEST([(SELECT COALESCE(CONCAT(REGEXP_EXTRACT(__kith_e, '^(\\+(?:20|27|30|31|32|33|34|40|41|43|44|45|46|47|48|49|51|54|55|61|62|64|81|82|84|86|90|91|92|94|98|212|213|234|254|351|352|353|355|358|359|380|381|385|386|387|389|420|421|880|962|966|971|972))0'), REGEXP_EXTRACT(__kith_e, '^\\+(?:20|27|30|31|32|33|34|40|41|43|44|45|46|47|48|49|51|54|55|61|62|64|81|82|84|86|90|91|92|94|98|212|213|234|254|351|352|353|355|358|359|380|381|385|386|387|389|420|421|880|962|966|971|972)0(.*)$')), __kith_e) FROM UNNEST([(SELECT CASE WHEN STARTS_WITH(__kith_d, '+') THEN __kith_d WHEN STARTS_WITH(__kith_d, '00') THEN CONCAT('+', SUBSTR(__kith_d, 3)) ELSE CONCAT('+', '31', REGEXP_REPLACE(__kith_d, '^0', '')) END FROM UNNEST([IFNULL(REGEXP_REPLACE((SELECT IF(STRPOS(__kith_f, '(0)') > 0, CONCAT(SUBSTR(__kith_f, 1, STRPOS(__kith_f, '(0)') - 1), SUBSTR(__kith_f, STRPOS(__kith_f, '(0)') + 3)), __kith_f) FROM UNNEST([REGEXP_REPLACE(__kith_s.`it's quoted`, r'(?is)[;,/#x].*$', '')]) AS __kith_f), r'[^0-9+]', ''), '')]) AS __kith_d)]) AS __kith_e)]) AS __kith_n), '')]) AS __kith_v) != 0 AND (SELECT IF((__kith_v = '' OR ((LOWER(TRIM(__kith_v, ' ')) IN ('-1', 'null', '(null)', 'nil', 'none', 'nan', 'na', 'n/a', 'undefined', 'unknown', 'anonymous', 'test@test.com')) OR REGEXP_CONTAINS(__kith_v, '^[0-]*$') OR REGEXP_CONTAINS(__kith_v, '^(no|do-?not)[-_.]?reply@'))), 0, GREATEST(FARM_FINGERPRINT(SHA256(CONCAT('\x00phone\x00', __kith_v))) & 0x7FFFFFFFFFFFFFFF, 1)) FROM UNNEST([COALESCE((SELECT IF(REGEXP_CONTAINS(__kith_n, '^\\+[1-9][0-9]{7,14}$'), __kith_n, NULL) FROM UNNEST([(SELECT COALESCE(CONCAT(REGEXP_EXTRACT(__kith_e, '^(\\+(?:20|27|30|31|32|33|34|40|41|43|44|45|46|47|48|49|51|54|55|61|62|64|81|82|84|86|90|91|92|94|98|212|213|234|254|351|352|353|355|358|359|380|381|385|386|387|389|420|421|880|962|966|971|972))0'), REGEXP_EXTRACT(__kith_e, '^\\+(?:20|27|30|31|32|33|34|40|41|43|44|45|46|47|48|49|51|54|55|61|62|64|81|82|84|86|90|91|92|94|98|212|213|234|254|351|352|353|355|358|359|380|381|385|386|387|389|420|421|880|962|966|971|972)0(.*)$')), __kith_e) FROM UNNEST([(SELECT CASE WHEN STARTS_WITH(__kith_d, '+') THEN __kith_d WHEN STARTS_WITH(__kith_d, '00') THEN CONCAT('+', SUBSTR(__kith_d, 3)) ELSE CONCAT('+', '31', REGEXP_REPLACE(__kith_d, '^0', '')) END FROM UNNEST([IFNULL(REGEXP_REPLACE((SELECT IF(STRPOS(__kith_f, '(0)') > 0, CONCAT(SUBSTR(__kith_f, 1, STRPOS(__kith_f, '(0)') - 1), SUBSTR(__kith_f, STRPOS(__kith_f, '(0)') + 3)), __kith_f) FROM UNNEST([REGEXP_REPLACE(__kith_s.`it's quoted`, r'(?is)[;,/#x].*$', '')]) AS __kith_f), r'[^0-9+]', ''), '')]) AS __kith_d)]) AS __kith_e)]) AS __kith_n), '')]) AS __kith_v) NOT IN (SELECT node FROM `kith`.`identity_person_shared_build`) THEN (SELECT IF((__kith_v = '' OR ((LOWER(TRIM(__kith_v, ' ')) IN ('-1', 'null', '(null)', 'nil', 'none', 'nan', 'na', 'n/a', 'undefined', 'unknown', 'anonymous', 'test@test.com')) OR REGEXP_CONTAINS(__kith_v, '^[0-]*$') OR REGEXP_CONTAINS(__kith_v, '^(no|do-?not)[-_.]?reply@'))), 0, GREATEST(FARM_FINGERPRINT(SHA256(CONCAT('\x00phone\x00', __kith_v))) & 0x7FFFFFFFFFFFFFFF, 1)) FROM UNNEST([COALESCE((SELECT IF(REGEXP_CONTAINS(__kith_n, '^\\+[1-9][0-9]{7,14}$'), __kith_n, NULL) FROM UNNEST([(SELECT COALESCE(CONCAT(REGEXP_EXTRACT(__kith_e, '^(\\+(?:20|27|30|31|32|33|34|40|41|43|44|45|46|47|48|49|51|54|55|61|62|64|81|82|84|86|90|91|92|94|98|212|213|234|254|351|352|353|355|358|359|380|381|385|386|387|389|420|421|880|962|966|971|972))0'), REGEXP_EXTRACT(__kith_e, '^\\+(?:20|27|30|31|32|33|34|40|41|43|44|45|46|47|48|49|51|54|55|61|62|64|81|82|84|86|90|91|92|94|98|212|213|234|254|351|352|353|355|358|359|380|381|385|386|387|389|420|421|880|962|966|971|972)0(.*)$')), __kith_e) FROM UNNEST([(SELECT CASE WHEN STARTS_WITH(__kith_d, '+') THEN __kith_d WHEN STARTS_WITH(__kith_d, '00') THEN CONCAT('+', SUBSTR(__kith_d, 3)) ELSE CONCAT('+', '31', REGEXP_REPLACE(__kith_d, '^0', '')) END FROM UNNEST([IFNULL(REGEXP_REPLACE((SELECT IF(STRPOS(__kith_f, '(0)') > 0, CONCAT(SUBSTR(__kith_f, 1, STRPOS(__kith_f, '(0)') - 1), SUBSTR(__kith_f, STRPOS(__kith_f, '(0)') + 3)), __kith_f) FROM UNNEST([REGEXP_REPLACE(__kith_s.`it's quoted`, r'(?is)[;,/#x].*$', '')]) AS __kith_f), r'[^0-9+]', ''), '')]) AS __kith_d)]) AS __kith_e)]) AS __kith_n), '')]) AS __kith_v) ELSE 0 END AS __kith_owner FROM (
SELECT __kith_s.`k` AS `k`, __kith_s.`p` AS `p`, __kith_s.`__x` AS `__x`, __kith_s.`it's quoted` AS `it's quoted`, __kith_s.`at` AS `at` FROM (
SELECT * FROM (
SELECT __kith_t.`k` AS `k`, __kith_t.`h` AS `h`, __kith_t.`p` AS `p`, __kith_t.`op` AS `op`, __kith_t.`select` AS `select`, __kith_t.`__x` AS `__x`, __kith_t.`it's quoted` AS `it's quoted`, __kith_t.`j` AS `j`, __kith_t.`price` AS `price`, CAST((
h * 2
) AS INT64) AS `twice`, __kith_t.`tags` AS `tags`, __kith_t.`at` AS `at`, __kith_t.`seen` AS `seen`, __kith_t.`day` AS `day`, __kith_t.`row_id` AS `row_id`, __kith_t.`key` AS `key`, __kith_t.`value` AS `value` FROM (
SELECT CAST(__kith_t.`k` AS STRING) AS `k`, CAST(__kith_t.`h` AS INT64) AS `h`, CAST(__kith_t.`p` AS STRING) AS `p`, CAST(__kith_t.`op` AS INT64) AS `op`, CAST(__kith_t.`select` AS STRING) AS `select`, CAST(__kith_t.`__x` AS BOOL) AS `__x`, CAST(__kith_t.`it's quoted` AS STRING) AS `it's quoted`, (SELECT IF(SAFE.PARSE_JSON(__kith_j, wide_number_mode=>'round') IS NULL, __kith_j, TO_JSON_STRING(PARSE_JSON(__kith_j, wide_number_mode=>'round'))) FROM UNNEST([IF(__kith_t.`j` IS NULL, NULL, COALESCE(JSON_VALUE(TO_JSON_STRING(__kith_t.`j`)), NULLIF(TO_JSON_STRING(__kith_t.`j`), 'null')))]) AS __kith_j) AS `j`, CAST(REGEXP_EXTRACT(CAST(CAST(SAFE_CAST(SAFE.JSON_VALUE(__kith_t.`j`, '$."price"."net"') AS NUMERIC) AS NUMERIC) AS STRING), r'^-?[0-9]+(?:\.[0-9]{1,2})?') AS NUMERIC) AS `price`, ARRAY(SELECT CAST(__kith_e AS STRING) FROM UNNEST(__kith_t.`tags`) AS __kith_e WITH OFFSET AS __kith_o WHERE __kith_e IS NOT NULL ORDER BY __kith_o) AS `tags`, CAST(__kith_t.`at` AS TIMESTAMP) AS `at`, CAST(__kith_t.`seen` AS TIMESTAMP) AS `seen`, CAST(__kith_t.`day` AS DATE) AS `day`, CAST(__kith_t.`row_id` AS STRING) AS `row_id`, CAST(__kith_t.`key` AS STRING) AS `key`, IF(IS_INF(CAST(__kith_t.`value` AS FLOAT64)) OR IS_NAN(CAST(__kith_t.`value` AS FLOAT64)), NULL, CAST(__kith_t.`value` AS FLOAT64) + 0.0) AS `value` FROM `raw`.`odd` AS __kith_t
) AS __kith_t
) AS __kith_s
WHERE TRUE QUALIFY ROW_NUMBER() OVER (PARTITION BY __kith_s.`k`, __kith_s.`op` ORDER BY __kith_s.`seen` DESC, __kith_s.`at` DESC, FARM_FINGERPRINT(TO_JSON_STRING(__kith_s))) = 1
) AS __kith_s
WHERE ((NOT IFNULL((__kith_s.`select` = 'test'), FALSE)))
  ) AS __kith_s WHERE (IFNULL((__kith_s.`__x` = true), FALSE))
) AS __kith_s
JOIN (SELECT node AS __kith_node, entity_id AS __kith_entity FROM `kith`.`identity_person_map_build`) AS __kith_m ON __kith_s.__kith_owner = __kith_m.__kith_node
JOIN (SELECT entity_id AS __kith_id, * FROM (SELECT * FROM `kith`.`scratch_run_person_profile_1`)) AS __kith_b ON __kith_m.__kith_entity = __kith_b.__kith_id
GROUP BY __kith_entity
) AS __kith_a0 ON __kith_p.entity_id = __kith_a0.__kith_entity
) AS __kith_p
) AS __kith_p
LEFT JOIN (
SELECT __kith_entity, `staff_spent` AS __kith_c0,
  `staff_spent` AS __kith_c1
FROM (
  SELECT __kith_r.entity_id AS __kith_entity, __kith_o.* FROM `kith`.`scratch_run_relation_employer` AS __kith_r JOIN `kith`.`scratch_run_firm_profile_0` AS __kith_o ON __kith_r.other_id = __kith_o.entity_id
) AS __kith_s
) AS __kith_a0 ON __kith_p.entity_id = __kith_a0.__kith_entity
LEFT JOIN (
SELECT __kith_entity, COUNTIF((IFNULL((`staff_spent` >= CAST('10' AS BIGNUMERIC)), FALSE))) AS __kith_c0
FROM (
  SELECT __kith_r.entity_id AS __kith_entity, __kith_o.* FROM `kith`.`scratch_run_relation_employer` AS __kith_r JOIN `kith`.`scratch_run_firm_profile_0` AS __kith_o ON __kith_r.other_id = __kith_o.entity_id
) AS __kith_s
GROUP BY __kith_entity
) AS __kith_a1 ON __kith_p.entity_id = __kith_a1.__kith_entity
) AS __kith_p
) AS __kith_p;

-- profile firm (entity firm) at models/all.yml:39:11
CREATE OR REPLACE TABLE `kith`.`profile_firm_build` CLUSTER BY entity_id AS
SELECT * FROM `kith`.`scratch_run_firm_profile_0`;

-- merged members person (entity person) at models/all.yml:28:11
INSERT INTO `kith`.`members_history` (entity, segment, entity_id, entered_at, exited_at, ver, del)
SELECT 'person', segment, to_id, entered, CAST(NULL AS TIMESTAMP), 4294967296, 0 FROM (
  SELECT h.segment AS segment, IFNULL(m.new_id, h.entity_id) AS to_id, MIN(h.entered_at) AS entered, LOGICAL_OR(m.new_id IS NOT NULL) AS moved
  FROM (
SELECT segment, entity_id, entered_at FROM (
  SELECT segment, entity_id, entered_at, exited_at, del FROM `kith`.`members_history` WHERE entity = 'person' QUALIFY ROW_NUMBER() OVER (PARTITION BY segment, entity_id, entered_at ORDER BY ver DESC) = 1
) WHERE del = 0 AND exited_at IS NULL
) AS h
  LEFT JOIN (SELECT old_id, new_id FROM (
  SELECT old_id, new_id FROM (
    SELECT old_id, ARRAY_AGG(new_id ORDER BY `at` DESC LIMIT 1)[OFFSET(0)] AS new_id FROM `kith`.`entity_merges`
    WHERE entity = 'person' AND (build = 'build' OR build IN (SELECT build FROM `kith`.`builds`))
    GROUP BY old_id
  ) WHERE new_id != ''
)) AS m ON h.entity_id = m.old_id
  GROUP BY segment, to_id
) WHERE moved;

-- members left by merges person (entity person) at models/all.yml:28:11
INSERT INTO `kith`.`members_history` (entity, segment, entity_id, entered_at, exited_at, ver, del)
SELECT 'person', segment, entity_id, entered_at, CAST(NULL AS TIMESTAMP), 4294967296, 1
FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY segment, entity_id ORDER BY entered_at) AS nth FROM (
SELECT segment, entity_id, entered_at FROM (
  SELECT segment, entity_id, entered_at, exited_at, del FROM `kith`.`members_history` WHERE entity = 'person' QUALIFY ROW_NUMBER() OVER (PARTITION BY segment, entity_id, entered_at ORDER BY ver DESC) = 1
) WHERE del = 0 AND exited_at IS NULL
))
WHERE nth > 1 OR entity_id IN (SELECT old_id FROM (SELECT old_id, new_id FROM (
  SELECT old_id, new_id FROM (
    SELECT old_id, ARRAY_AGG(new_id ORDER BY `at` DESC LIMIT 1)[OFFSET(0)] AS new_id FROM `kith`.`entity_merges`
    WHERE entity = 'person' AND (build = 'build' OR build IN (SELECT build FROM `kith`.`builds`))
    GROUP BY old_id
  ) WHERE new_id != ''
)));

-- members person (entity person) at models/all.yml:28:11
SELECT segment, COUNT(*), COUNTIF(NOT was), COUNTIF(NOT here) FROM (
  SELECT segment, entity_id, LOGICAL_OR(here) AS here, LOGICAL_OR(was IS NOT NULL) AS was, ARRAY_AGG(was IGNORE NULLS) AS entries
  FROM (
    SELECT segment, entity_id, TRUE AS here, CAST(NULL AS TIMESTAMP) AS was FROM (
SELECT s.segment, p.entity_id
FROM `kith`.`profile_person_build` AS p, UNNEST([STRUCT('bounced' AS segment, p.`__kith_segment_bounced` AS inside), STRUCT('spenders' AS segment, p.`__kith_segment_spenders` AS inside), STRUCT('at_spender' AS segment, p.`__kith_segment_at_spender` AS inside), STRUCT('best' AS segment, p.`__kith_segment_best` AS inside)]) AS s WHERE s.inside
)
    UNION ALL
    SELECT segment, entity_id, FALSE, entered_at FROM (
SELECT segment, entity_id, entered_at FROM (
  SELECT segment, entity_id, entered_at, exited_at, del FROM `kith`.`members_history` WHERE entity = 'person' QUALIFY ROW_NUMBER() OVER (PARTITION BY segment, entity_id, entered_at ORDER BY ver DESC) = 1
) WHERE del = 0 AND exited_at IS NULL
)
  ) GROUP BY segment, entity_id
) GROUP BY segment;

-- members that enter person (entity person) at models/all.yml:28:11
INSERT INTO `kith`.`members_history` (entity, segment, entity_id, entered_at, exited_at, ver, del)
SELECT 'person', segment, entity_id, TIMESTAMP '1970-01-01 00:00:00.000000+00:00', CAST(NULL AS TIMESTAMP), 4294967297, 0
FROM (
  SELECT segment, entity_id, LOGICAL_OR(here) AS here, LOGICAL_OR(was IS NOT NULL) AS was, ARRAY_AGG(was IGNORE NULLS) AS entries
  FROM (
    SELECT segment, entity_id, TRUE AS here, CAST(NULL AS TIMESTAMP) AS was FROM (
SELECT s.segment, p.entity_id
FROM `kith`.`profile_person_build` AS p, UNNEST([STRUCT('bounced' AS segment, p.`__kith_segment_bounced` AS inside), STRUCT('spenders' AS segment, p.`__kith_segment_spenders` AS inside), STRUCT('at_spender' AS segment, p.`__kith_segment_at_spender` AS inside), STRUCT('best' AS segment, p.`__kith_segment_best` AS inside)]) AS s WHERE s.inside
)
    UNION ALL
    SELECT segment, entity_id, FALSE, entered_at FROM (
SELECT segment, entity_id, entered_at FROM (
  SELECT segment, entity_id, entered_at, exited_at, del FROM `kith`.`members_history` WHERE entity = 'person' QUALIFY ROW_NUMBER() OVER (PARTITION BY segment, entity_id, entered_at ORDER BY ver DESC) = 1
) WHERE del = 0 AND exited_at IS NULL
)
  ) GROUP BY segment, entity_id
) WHERE NOT was;

-- members that leave person (entity person) at models/all.yml:28:11
INSERT INTO `kith`.`members_history` (entity, segment, entity_id, entered_at, exited_at, ver, del)
SELECT 'person', s.segment, s.entity_id, entered_at, TIMESTAMP '1970-01-01 00:00:00.000000+00:00', 4294967297, 0
FROM (
  SELECT segment, entity_id, LOGICAL_OR(here) AS here, LOGICAL_OR(was IS NOT NULL) AS was, ARRAY_AGG(was IGNORE NULLS) AS entries
  FROM (
    SELECT segment, entity_id, TRUE AS here, CAST(NULL AS TIMESTAMP) AS was FROM (
SELECT s.segment, p.entity_id
FROM `kith`.`profile_person_build` AS p, UNNEST([STRUCT('bounced' AS segment, p.`__kith_segment_bounced` AS inside), STRUCT('spenders' AS segment, p.`__kith_segment_spenders` AS inside), STRUCT('at_spender' AS segment, p.`__kith_segment_at_spender` AS inside), STRUCT('best' AS segment, p.`__kith_segment_best` AS inside)]) AS s WHERE s.inside
)
    UNION ALL
    SELECT segment, entity_id, FALSE, entered_at FROM (
SELECT segment, entity_id, entered_at FROM (
  SELECT segment, entity_id, entered_at, exited_at, del FROM `kith`.`members_history` WHERE entity = 'person' QUALIFY ROW_NUMBER() OVER (PARTITION BY segment, entity_id, entered_at ORDER BY ver DESC) = 1
) WHERE del = 0 AND exited_at IS NULL
)
  ) GROUP BY segment, entity_id
) AS s, UNNEST(s.entries) AS entered_at
WHERE NOT s.here AND s.segment IN ('bounced', 'spenders', 'at_spender', 'best');

-- baseline (sync rows_out) at syncs/all.yml:2:11
CREATE TABLE IF NOT EXISTS `kith`.`baseline_rows_out` (
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
) CLUSTER BY kh, row_id;

-- acknowledgements (sync rows_out) at syncs/all.yml:2:11
CREATE TABLE IF NOT EXISTS `kith`.`acks_rows_out` (
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
) PARTITION BY _PARTITIONDATE CLUSTER BY ver OPTIONS (partition_expiration_days = 60);

-- changeset table (sync rows_out) at syncs/all.yml:2:11
CREATE TABLE `kith`.`changeset_rows_out_raw` (
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
) CLUSTER BY op, kh, row_id;

-- digest (sync rows_out) at syncs/all.yml:2:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_rows_out_digest` CLUSTER BY bucket OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 2 DAY)) AS
SELECT bucket, COUNTIF(differs) AS d, SUM(copies) AS desired_rows, COUNTIF(b.gone = 0) AS baseline_rows, COUNTIF(b.gone != 0) AS gone_rows, SUM(no_id) AS no_id, SUM(no_key) AS no_key, 0 AS earlier_rows,
  ARRAY_AGG(IF(differs, STRUCT(c, b, copies), NULL) IGNORE NULLS) AS pairs
FROM (
  SELECT *, IFNULL(c.kh, IFNULL(b.kh, 0)) >> 47 AS bucket,
    CASE WHEN copies = 0 THEN b.row_id IS NOT NULL AND b.gone = 0 WHEN b.row_id IS NULL OR copies > 1 THEN TRUE ELSE (c.h != b.h) END AS differs
  FROM (
    SELECT row_id, ARRAY_AGG(c IGNORE NULLS LIMIT 1)[SAFE_OFFSET(0)] AS c, ARRAY_AGG(b IGNORE NULLS LIMIT 1)[SAFE_OFFSET(0)] AS b,
      COUNTIF(ok) AS copies, COUNTIF(NOT has_id) AS no_id, COUNTIF(has_id AND NOT has_key) AS no_key
    FROM (
      SELECT row_id, IF(ok, STRUCT(kh, h, row_id, key, __kith_f0, __kith_f1, __kith_f2, __kith_f3, __kith_f4, __kith_f5, __kith_f6, __kith_f7, __kith_f8, match, `at`), NULL) AS c, NULL AS b, ok, has_id, has_key
      FROM (
SELECT (FARM_FINGERPRINT(IFNULL(__kith_id, '')) & 0x7FFFFFFFFFFFFFFF) AS kh, GREATEST(FARM_FINGERPRINT(CONCAT(TO_JSON_STRING(__kith_key), ',', TO_JSON_STRING(CAST(__kith_f0 AS STRING)), ',', TO_JSON_STRING(CAST(__kith_f1 AS STRING)), ',', TO_JSON_STRING(__kith_f2), ',', TO_JSON_STRING(CASE WHEN __kith_f3 THEN 'true' WHEN NOT __kith_f3 THEN 'false' END), ',', TO_JSON_STRING(CONCAT('[', ARRAY_TO_STRING(ARRAY(SELECT TO_JSON_STRING(__kith_e) FROM UNNEST(__kith_f4) AS __kith_e WITH OFFSET AS __kith_o ORDER BY __kith_o), ','), ']')), ',', TO_JSON_STRING(CAST(__kith_f5 AS STRING)), ',', TO_JSON_STRING(CONCAT(FORMAT_TIMESTAMP('%Y-%m-%dT%H:%M:', __kith_f6, 'UTC'), IF(MOD(UNIX_MICROS(__kith_f6), 1000000) = 0, FORMAT_TIMESTAMP('%S', __kith_f6, 'UTC'), FORMAT_TIMESTAMP('%E6S', __kith_f6, 'UTC')), 'Z')), ',', TO_JSON_STRING(FORMAT_DATE('%Y-%m-%d', __kith_f7)), ',', TO_JSON_STRING(__kith_f8), ',')) & 0x7FFFFFFFFFFFFFFF, 1) AS h, __kith_id AS row_id, __kith_key AS key,
  __kith_f0, __kith_f1, __kith_f2, __kith_f3, __kith_f4, __kith_f5, __kith_f6, __kith_f7, __kith_f8, __kith_match AS match, __kith_at AS `at`,
  (NOT (__kith_id IS NULL)) AS has_id, (IFNULL(__kith_key, '') != '') AS has_key, ((NOT (__kith_id IS NULL)) AND (IFNULL(__kith_key, '') != '')) AS ok
FROM (
SELECT CONCAT(CAST(BYTE_LENGTH(__kith_s.`k`) AS STRING), ':', __kith_s.`k`, CAST(BYTE_LENGTH(CAST(__kith_s.`op` AS STRING)) AS STRING), ':', CAST(__kith_s.`op` AS STRING)) AS __kith_id,
  NULLIF(__kith_s.`row_id`, '') AS __kith_key,
  __kith_s.`h` AS __kith_f0,
  __kith_s.`op` AS __kith_f1,
  __kith_s.`select` AS __kith_f2,
  __kith_s.`__x` AS __kith_f3,
  __kith_s.`tags` AS __kith_f4,
  __kith_s.`price` AS __kith_f5,
  __kith_s.`at` AS __kith_f6,
  __kith_s.`day` AS __kith_f7,
  CAST('kith' AS STRING) AS __kith_f8,
  '' AS __kith_match,
  __kith_s.`at` AS __kith_at
FROM (
SELECT __kith_s.`k` AS `k`, __kith_s.`h` AS `h`, __kith_s.`op` AS `op`, __kith_s.`select` AS `select`, __kith_s.`__x` AS `__x`, __kith_s.`price` AS `price`, __kith_s.`tags` AS `tags`, __kith_s.`at` AS `at`, __kith_s.`day` AS `day`, __kith_s.`row_id` AS `row_id` FROM (
SELECT * FROM (
SELECT __kith_t.`k` AS `k`, __kith_t.`h` AS `h`, __kith_t.`p` AS `p`, __kith_t.`op` AS `op`, __kith_t.`select` AS `select`, __kith_t.`__x` AS `__x`, __kith_t.`it's quoted` AS `it's quoted`, __kith_t.`j` AS `j`, __kith_t.`price` AS `price`, CAST((
h * 2
) AS INT64) AS `twice`, __kith_t.`tags` AS `tags`, __kith_t.`at` AS `at`, __kith_t.`seen` AS `seen`, __kith_t.`day` AS `day`, __kith_t.`row_id` AS `row_id`, __kith_t.`key` AS `key`, __kith_t.`value` AS `value` FROM (
SELECT CAST(__kith_t.`k` AS STRING) AS `k`, CAST(__kith_t.`h` AS INT64) AS `h`, CAST(__kith_t.`p` AS STRING) AS `p`, CAST(__kith_t.`op` AS INT64) AS `op`, CAST(__kith_t.`select` AS STRING) AS `select`, CAST(__kith_t.`__x` AS BOOL) AS `__x`, CAST(__kith_t.`it's quoted` AS STRING) AS `it's quoted`, (SELECT IF(SAFE.PARSE_JSON(__kith_j, wide_number_mode=>'round') IS NULL, __kith_j, TO_JSON_STRING(PARSE_JSON(__kith_j, wide_number_mode=>'round'))) FROM UNNEST([IF(__kith_t.`j` IS NULL, NULL, COALESCE(JSON_VALUE(TO_JSON_STRING(__kith_t.`j`)), NULLIF(TO_JSON_STRING(__kith_t.`j`), 'null')))]) AS __kith_j) AS `j`, CAST(REGEXP_EXTRACT(CAST(CAST(SAFE_CAST(SAFE.JSON_VALUE(__kith_t.`j`, '$."price"."net"') AS NUMERIC) AS NUMERIC) AS STRING), r'^-?[0-9]+(?:\.[0-9]{1,2})?') AS NUMERIC) AS `price`, ARRAY(SELECT CAST(__kith_e AS STRING) FROM UNNEST(__kith_t.`tags`) AS __kith_e WITH OFFSET AS __kith_o WHERE __kith_e IS NOT NULL ORDER BY __kith_o) AS `tags`, CAST(__kith_t.`at` AS TIMESTAMP) AS `at`, CAST(__kith_t.`seen` AS TIMESTAMP) AS `seen`, CAST(__kith_t.`day` AS DATE) AS `day`, CAST(__kith_t.`row_id` AS STRING) AS `row_id`, CAST(__kith_t.`key` AS STRING) AS `key`, IF(IS_INF(CAST(__kith_t.`value` AS FLOAT64)) OR IS_NAN(CAST(__kith_t.`value` AS FLOAT64)), NULL, CAST(__kith_t.`value` AS FLOAT64) + 0.0) AS `value` FROM `raw`.`odd` AS __kith_t
) AS __kith_t
) AS __kith_s
WHERE TRUE QUALIFY ROW_NUMBER() OVER (PARTITION BY __kith_s.`k`, __kith_s.`op` ORDER BY __kith_s.`seen` DESC, __kith_s.`at` DESC, FARM_FINGERPRINT(TO_JSON_STRING(__kith_s))) = 1
) AS __kith_s
WHERE ((NOT IFNULL((__kith_s.`select` = 'test'), FALSE)))
) AS __kith_s
WHERE (IFNULL((__kith_s.`h` > CAST('0' AS INT64)), FALSE))
)
)
      UNION ALL
      SELECT row_id, NULL, STRUCT(kh, row_id, key, h, fh, remote_id, match, gone, mapping, ver), FALSE, TRUE, TRUE
      FROM `kith`.`baseline_rows_out`
    ) GROUP BY row_id
  )
) GROUP BY bucket;

-- digest totals (sync rows_out) at syncs/all.yml:2:11
SELECT COUNTIF(d != 0), SUM(desired_rows), SUM(baseline_rows), SUM(no_id), SUM(no_key), SUM(d), IF(COUNT(*) > 0 OR NOT EXISTS (SELECT 1 FROM `kith`.`baseline_rows_out`), 1, 0), IFNULL(SUM(earlier_rows), 0), IFNULL(SUM(gone_rows), 0)
FROM `kith`.`scratch_run_rows_out_digest`;

-- changeset (sync rows_out) at syncs/all.yml:2:11
INSERT INTO `kith`.`changeset_rows_out_raw` (op, kh, row_id, action, reason, key, old_key, h, fh, changed, fields, match, old_match, remote_id, `at`, gone, del)
SELECT
  op, kh, row_id, act, IF(here, 0, reason),
  IF(op = 1 AND known, old_key, key),
  IF(op = 2, old_key, ''),
  IF(op = 1 OR NOT here, old_h, h),
  fh, changed,
  CASE WHEN op = 1 AND act = 'set' THEN CASE WHEN reason = 4 THEN '{}' WHEN reason = 3 THEN '{}' WHEN reason = 2 THEN '{}' WHEN reason = 1 THEN '{}' ELSE '' END WHEN op = 1 THEN '' ELSE fields END,
  IF(here AND op != 1, match, old_match),
  IF(op = 2, old_match, ''),
  remote_id, `at`,
  CASE WHEN op = 0 AND NOT here THEN reason WHEN op = 2 THEN old_gone ELSE 0 END,
  0
FROM (
  SELECT r.*, op, IF(op = 1, IF(here, 'delete', action), '') AS act
  FROM (
    SELECT *, CASE WHEN same THEN [0] WHEN NOT here AND action = 'ignore' THEN [0] WHEN NOT here THEN [1] WHEN NOT known THEN [4] WHEN old_gone != 0 AND old_key = key THEN [3]
    WHEN old_key != key THEN [2] WHEN old_h = 0 AND bare THEN [4] ELSE [3] END AS ops
    FROM (
      SELECT here, known, copies, reason, CASE WHEN reason = 4 THEN 'delete' WHEN reason = 3 THEN 'delete' WHEN reason = 2 THEN 'delete' WHEN reason = 1 THEN 'delete' WHEN reason = 5 THEN 'delete' ELSE '' END AS action, fh, IF(here AND known, ARRAY(SELECT i FROM UNNEST(fh) AS x WITH OFFSET AS i WHERE x != IFNULL(b.fh[SAFE_OFFSET(i)], 0) ORDER BY i), []) AS changed, FALSE AS same,
        IF(here, c.kh, b.kh) AS kh, IF(here, c.row_id, b.row_id) AS row_id, IF(here, c.key, b.key) AS key, IFNULL(b.key, '') AS old_key,
        IFNULL(c.h, 0) AS h, IFNULL(b.h, 0) AS old_h, IF(here, CONCAT('{', ARRAY_TO_STRING([IF(c.__kith_f0 IS NULL, NULL, CONCAT('"h":', CAST(c.__kith_f0 AS STRING))), IF(c.__kith_f1 IS NULL, NULL, CONCAT('"o\'p":', CAST(c.__kith_f1 AS STRING))), IF(c.__kith_f2 IS NULL, NULL, CONCAT('"select":', TO_JSON_STRING(c.__kith_f2))), IF(c.__kith_f3 IS NULL, '"flag":null', CONCAT('"flag":', CASE WHEN c.__kith_f3 THEN 'true' WHEN NOT c.__kith_f3 THEN 'false' END)), CONCAT('"tags":', CONCAT('[', ARRAY_TO_STRING(ARRAY(SELECT TO_JSON_STRING(__kith_e) FROM UNNEST(c.__kith_f4) AS __kith_e WITH OFFSET AS __kith_o ORDER BY __kith_o), ','), ']')), IF(c.__kith_f5 IS NULL, NULL, CONCAT('"price":', CAST(c.__kith_f5 AS STRING))), IF(c.__kith_f6 IS NULL, NULL, CONCAT('"at":', CONCAT('"', CONCAT(FORMAT_TIMESTAMP('%Y-%m-%dT%H:%M:', c.__kith_f6, 'UTC'), IF(MOD(UNIX_MICROS(c.__kith_f6), 1000000) = 0, FORMAT_TIMESTAMP('%S', c.__kith_f6, 'UTC'), FORMAT_TIMESTAMP('%E6S', c.__kith_f6, 'UTC')), 'Z'), '"'))), IF(c.__kith_f7 IS NULL, NULL, CONCAT('"day":', CONCAT('"', FORMAT_DATE('%Y-%m-%d', c.__kith_f7), '"'))), IF(c.__kith_f8 IS NULL, NULL, CONCAT('"fixed":', TO_JSON_STRING(c.__kith_f8)))], ','), '}'), '') AS fields, IFNULL(c.match, '') AS match, IFNULL(b.match, '') AS old_match,
        IFNULL(b.remote_id, '') AS remote_id, c.`at` AS `at`, IFNULL(b.gone, 0) AS old_gone, IFNULL(ARRAY_LENGTH(b.fh), 0) = 0 AS bare
      FROM (
        SELECT p.c AS c, p.b AS b, p.copies AS copies, p.copies > 0 AS here, p.b.row_id IS NOT NULL AS known, IF(STRPOS(p.b.row_id, '\x1ekey-') > 0, 5, 2) AS reason,
          IF(p.copies > 0, (SELECT [(FARM_FINGERPRINT(TO_JSON_STRING(CAST(c.__kith_f0 AS STRING))) & 0xFFFFFFFF), (FARM_FINGERPRINT(TO_JSON_STRING(CAST(c.__kith_f1 AS STRING))) & 0xFFFFFFFF), (FARM_FINGERPRINT(TO_JSON_STRING(c.__kith_f2)) & 0xFFFFFFFF), (FARM_FINGERPRINT(TO_JSON_STRING(CASE WHEN c.__kith_f3 THEN 'true' WHEN NOT c.__kith_f3 THEN 'false' END)) & 0xFFFFFFFF), (FARM_FINGERPRINT(TO_JSON_STRING(CONCAT('[', ARRAY_TO_STRING(ARRAY(SELECT TO_JSON_STRING(__kith_e) FROM UNNEST(c.__kith_f4) AS __kith_e WITH OFFSET AS __kith_o ORDER BY __kith_o), ','), ']'))) & 0xFFFFFFFF), (FARM_FINGERPRINT(TO_JSON_STRING(CAST(c.__kith_f5 AS STRING))) & 0xFFFFFFFF), (FARM_FINGERPRINT(TO_JSON_STRING(CONCAT(FORMAT_TIMESTAMP('%Y-%m-%dT%H:%M:', c.__kith_f6, 'UTC'), IF(MOD(UNIX_MICROS(c.__kith_f6), 1000000) = 0, FORMAT_TIMESTAMP('%S', c.__kith_f6, 'UTC'), FORMAT_TIMESTAMP('%E6S', c.__kith_f6, 'UTC')), 'Z'))) & 0xFFFFFFFF), (FARM_FINGERPRINT(TO_JSON_STRING(FORMAT_DATE('%Y-%m-%d', c.__kith_f7))) & 0xFFFFFFFF), (FARM_FINGERPRINT(TO_JSON_STRING(c.__kith_f8)) & 0xFFFFFFFF)] FROM UNNEST([p.c]) AS c), p.b.fh) AS fh
        FROM `kith`.`scratch_run_rows_out_digest` AS g, UNNEST(g.pairs) AS p WHERE bucket BETWEEN 0 >> 47 AND 9223372036854775807 >> 47
      )
    )
  ) AS r, UNNEST(r.ops) AS op, UNNEST(GENERATE_ARRAY(1, GREATEST(r.copies, 1))) AS copy
);

-- repeated row ids (sync rows_out) at syncs/all.yml:2:11
SELECT COUNT(*), IFNULL(MAX(n), 0) FROM (SELECT COUNT(*) AS n FROM `kith`.`changeset_rows_out_raw` WHERE op != 1 GROUP BY kh, row_id HAVING COUNT(*) > 1);

-- verdicts (sync rows_out) at syncs/all.yml:2:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_rows_out_fix` (kh INT64, row_id STRING, op INT64, verdict INT64, reason INT64, code STRING) OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 2 DAY));

-- duplicate keys (sync rows_out) at syncs/all.yml:2:11
INSERT INTO `kith`.`scratch_run_rows_out_fix` (kh, row_id, op, verdict, reason, code)
SELECT kh, row_id, 255, 1, 0, 'duplicate_key' FROM `kith`.`changeset_rows_out_raw` WHERE op IN (2, 3, 4) AND key IN (
  SELECT key FROM (
SELECT (FARM_FINGERPRINT(IFNULL(__kith_id, '')) & 0x7FFFFFFFFFFFFFFF) AS kh, GREATEST(FARM_FINGERPRINT(CONCAT(TO_JSON_STRING(__kith_key), ',', TO_JSON_STRING(CAST(__kith_f0 AS STRING)), ',', TO_JSON_STRING(CAST(__kith_f1 AS STRING)), ',', TO_JSON_STRING(__kith_f2), ',', TO_JSON_STRING(CASE WHEN __kith_f3 THEN 'true' WHEN NOT __kith_f3 THEN 'false' END), ',', TO_JSON_STRING(CONCAT('[', ARRAY_TO_STRING(ARRAY(SELECT TO_JSON_STRING(__kith_e) FROM UNNEST(__kith_f4) AS __kith_e WITH OFFSET AS __kith_o ORDER BY __kith_o), ','), ']')), ',', TO_JSON_STRING(CAST(__kith_f5 AS STRING)), ',', TO_JSON_STRING(CONCAT(FORMAT_TIMESTAMP('%Y-%m-%dT%H:%M:', __kith_f6, 'UTC'), IF(MOD(UNIX_MICROS(__kith_f6), 1000000) = 0, FORMAT_TIMESTAMP('%S', __kith_f6, 'UTC'), FORMAT_TIMESTAMP('%E6S', __kith_f6, 'UTC')), 'Z')), ',', TO_JSON_STRING(FORMAT_DATE('%Y-%m-%d', __kith_f7)), ',', TO_JSON_STRING(__kith_f8), ',')) & 0x7FFFFFFFFFFFFFFF, 1) AS h, __kith_id AS row_id, __kith_key AS key,
  __kith_f0, __kith_f1, __kith_f2, __kith_f3, __kith_f4, __kith_f5, __kith_f6, __kith_f7, __kith_f8, __kith_match AS match, __kith_at AS `at`
FROM (
SELECT CONCAT(CAST(BYTE_LENGTH(__kith_s.`k`) AS STRING), ':', __kith_s.`k`, CAST(BYTE_LENGTH(CAST(__kith_s.`op` AS STRING)) AS STRING), ':', CAST(__kith_s.`op` AS STRING)) AS __kith_id,
  NULLIF(__kith_s.`row_id`, '') AS __kith_key,
  __kith_s.`h` AS __kith_f0,
  __kith_s.`op` AS __kith_f1,
  __kith_s.`select` AS __kith_f2,
  __kith_s.`__x` AS __kith_f3,
  __kith_s.`tags` AS __kith_f4,
  __kith_s.`price` AS __kith_f5,
  __kith_s.`at` AS __kith_f6,
  __kith_s.`day` AS __kith_f7,
  CAST('kith' AS STRING) AS __kith_f8,
  '' AS __kith_match,
  __kith_s.`at` AS __kith_at
FROM (
SELECT __kith_s.`k` AS `k`, __kith_s.`h` AS `h`, __kith_s.`op` AS `op`, __kith_s.`select` AS `select`, __kith_s.`__x` AS `__x`, __kith_s.`price` AS `price`, __kith_s.`tags` AS `tags`, __kith_s.`at` AS `at`, __kith_s.`day` AS `day`, __kith_s.`row_id` AS `row_id` FROM (
SELECT * FROM (
SELECT __kith_t.`k` AS `k`, __kith_t.`h` AS `h`, __kith_t.`p` AS `p`, __kith_t.`op` AS `op`, __kith_t.`select` AS `select`, __kith_t.`__x` AS `__x`, __kith_t.`it's quoted` AS `it's quoted`, __kith_t.`j` AS `j`, __kith_t.`price` AS `price`, CAST((
h * 2
) AS INT64) AS `twice`, __kith_t.`tags` AS `tags`, __kith_t.`at` AS `at`, __kith_t.`seen` AS `seen`, __kith_t.`day` AS `day`, __kith_t.`row_id` AS `row_id`, __kith_t.`key` AS `key`, __kith_t.`value` AS `value` FROM (
SELECT CAST(__kith_t.`k` AS STRING) AS `k`, CAST(__kith_t.`h` AS INT64) AS `h`, CAST(__kith_t.`p` AS STRING) AS `p`, CAST(__kith_t.`op` AS INT64) AS `op`, CAST(__kith_t.`select` AS STRING) AS `select`, CAST(__kith_t.`__x` AS BOOL) AS `__x`, CAST(__kith_t.`it's quoted` AS STRING) AS `it's quoted`, (SELECT IF(SAFE.PARSE_JSON(__kith_j, wide_number_mode=>'round') IS NULL, __kith_j, TO_JSON_STRING(PARSE_JSON(__kith_j, wide_number_mode=>'round'))) FROM UNNEST([IF(__kith_t.`j` IS NULL, NULL, COALESCE(JSON_VALUE(TO_JSON_STRING(__kith_t.`j`)), NULLIF(TO_JSON_STRING(__kith_t.`j`), 'null')))]) AS __kith_j) AS `j`, CAST(REGEXP_EXTRACT(CAST(CAST(SAFE_CAST(SAFE.JSON_VALUE(__kith_t.`j`, '$."price"."net"') AS NUMERIC) AS NUMERIC) AS STRING), r'^-?[0-9]+(?:\.[0-9]{1,2})?') AS NUMERIC) AS `price`, ARRAY(SELECT CAST(__kith_e AS STRING) FROM UNNEST(__kith_t.`tags`) AS __kith_e WITH OFFSET AS __kith_o WHERE __kith_e IS NOT NULL ORDER BY __kith_o) AS `tags`, CAST(__kith_t.`at` AS TIMESTAMP) AS `at`, CAST(__kith_t.`seen` AS TIMESTAMP) AS `seen`, CAST(__kith_t.`day` AS DATE) AS `day`, CAST(__kith_t.`row_id` AS STRING) AS `row_id`, CAST(__kith_t.`key` AS STRING) AS `key`, IF(IS_INF(CAST(__kith_t.`value` AS FLOAT64)) OR IS_NAN(CAST(__kith_t.`value` AS FLOAT64)), NULL, CAST(__kith_t.`value` AS FLOAT64) + 0.0) AS `value` FROM `raw`.`odd` AS __kith_t
) AS __kith_t
) AS __kith_s
WHERE TRUE QUALIFY ROW_NUMBER() OVER (PARTITION BY __kith_s.`k`, __kith_s.`op` ORDER BY __kith_s.`seen` DESC, __kith_s.`at` DESC, FARM_FINGERPRINT(TO_JSON_STRING(__kith_s))) = 1
) AS __kith_s
WHERE ((NOT IFNULL((__kith_s.`select` = 'test'), FALSE)))
) AS __kith_s
WHERE (IFNULL((__kith_s.`h` > CAST('0' AS INT64)), FALSE))
) WHERE ((NOT (__kith_id IS NULL)) AND (IFNULL(__kith_key, '') != ''))
  ) GROUP BY key HAVING COUNT(*) > 1
);

-- taken keys (sync rows_out) at syncs/all.yml:2:11
INSERT INTO `kith`.`scratch_run_rows_out_fix` (kh, row_id, op, verdict, reason, code)
SELECT kh, row_id, op, IF(reason = 5 AND kh IN (SELECT kh FROM `kith`.`changeset_rows_out_raw` WHERE op > 1), 1, 7), 0, '' FROM `kith`.`changeset_rows_out_raw` WHERE (op = 1 OR op = 0 AND reason != 0) AND key IN (
  SELECT key FROM (
SELECT (FARM_FINGERPRINT(IFNULL(__kith_id, '')) & 0x7FFFFFFFFFFFFFFF) AS kh, GREATEST(FARM_FINGERPRINT(CONCAT(TO_JSON_STRING(__kith_key), ',', TO_JSON_STRING(CAST(__kith_f0 AS STRING)), ',', TO_JSON_STRING(CAST(__kith_f1 AS STRING)), ',', TO_JSON_STRING(__kith_f2), ',', TO_JSON_STRING(CASE WHEN __kith_f3 THEN 'true' WHEN NOT __kith_f3 THEN 'false' END), ',', TO_JSON_STRING(CONCAT('[', ARRAY_TO_STRING(ARRAY(SELECT TO_JSON_STRING(__kith_e) FROM UNNEST(__kith_f4) AS __kith_e WITH OFFSET AS __kith_o ORDER BY __kith_o), ','), ']')), ',', TO_JSON_STRING(CAST(__kith_f5 AS STRING)), ',', TO_JSON_STRING(CONCAT(FORMAT_TIMESTAMP('%Y-%m-%dT%H:%M:', __kith_f6, 'UTC'), IF(MOD(UNIX_MICROS(__kith_f6), 1000000) = 0, FORMAT_TIMESTAMP('%S', __kith_f6, 'UTC'), FORMAT_TIMESTAMP('%E6S', __kith_f6, 'UTC')), 'Z')), ',', TO_JSON_STRING(FORMAT_DATE('%Y-%m-%d', __kith_f7)), ',', TO_JSON_STRING(__kith_f8), ',')) & 0x7FFFFFFFFFFFFFFF, 1) AS h, __kith_id AS row_id, __kith_key AS key,
  __kith_f0, __kith_f1, __kith_f2, __kith_f3, __kith_f4, __kith_f5, __kith_f6, __kith_f7, __kith_f8, __kith_match AS match, __kith_at AS `at`
FROM (
SELECT CONCAT(CAST(BYTE_LENGTH(__kith_s.`k`) AS STRING), ':', __kith_s.`k`, CAST(BYTE_LENGTH(CAST(__kith_s.`op` AS STRING)) AS STRING), ':', CAST(__kith_s.`op` AS STRING)) AS __kith_id,
  NULLIF(__kith_s.`row_id`, '') AS __kith_key,
  __kith_s.`h` AS __kith_f0,
  __kith_s.`op` AS __kith_f1,
  __kith_s.`select` AS __kith_f2,
  __kith_s.`__x` AS __kith_f3,
  __kith_s.`tags` AS __kith_f4,
  __kith_s.`price` AS __kith_f5,
  __kith_s.`at` AS __kith_f6,
  __kith_s.`day` AS __kith_f7,
  CAST('kith' AS STRING) AS __kith_f8,
  '' AS __kith_match,
  __kith_s.`at` AS __kith_at
FROM (
SELECT __kith_s.`k` AS `k`, __kith_s.`h` AS `h`, __kith_s.`op` AS `op`, __kith_s.`select` AS `select`, __kith_s.`__x` AS `__x`, __kith_s.`price` AS `price`, __kith_s.`tags` AS `tags`, __kith_s.`at` AS `at`, __kith_s.`day` AS `day`, __kith_s.`row_id` AS `row_id` FROM (
SELECT * FROM (
SELECT __kith_t.`k` AS `k`, __kith_t.`h` AS `h`, __kith_t.`p` AS `p`, __kith_t.`op` AS `op`, __kith_t.`select` AS `select`, __kith_t.`__x` AS `__x`, __kith_t.`it's quoted` AS `it's quoted`, __kith_t.`j` AS `j`, __kith_t.`price` AS `price`, CAST((
h * 2
) AS INT64) AS `twice`, __kith_t.`tags` AS `tags`, __kith_t.`at` AS `at`, __kith_t.`seen` AS `seen`, __kith_t.`day` AS `day`, __kith_t.`row_id` AS `row_id`, __kith_t.`key` AS `key`, __kith_t.`value` AS `value` FROM (
SELECT CAST(__kith_t.`k` AS STRING) AS `k`, CAST(__kith_t.`h` AS INT64) AS `h`, CAST(__kith_t.`p` AS STRING) AS `p`, CAST(__kith_t.`op` AS INT64) AS `op`, CAST(__kith_t.`select` AS STRING) AS `select`, CAST(__kith_t.`__x` AS BOOL) AS `__x`, CAST(__kith_t.`it's quoted` AS STRING) AS `it's quoted`, (SELECT IF(SAFE.PARSE_JSON(__kith_j, wide_number_mode=>'round') IS NULL, __kith_j, TO_JSON_STRING(PARSE_JSON(__kith_j, wide_number_mode=>'round'))) FROM UNNEST([IF(__kith_t.`j` IS NULL, NULL, COALESCE(JSON_VALUE(TO_JSON_STRING(__kith_t.`j`)), NULLIF(TO_JSON_STRING(__kith_t.`j`), 'null')))]) AS __kith_j) AS `j`, CAST(REGEXP_EXTRACT(CAST(CAST(SAFE_CAST(SAFE.JSON_VALUE(__kith_t.`j`, '$."price"."net"') AS NUMERIC) AS NUMERIC) AS STRING), r'^-?[0-9]+(?:\.[0-9]{1,2})?') AS NUMERIC) AS `price`, ARRAY(SELECT CAST(__kith_e AS STRING) FROM UNNEST(__kith_t.`tags`) AS __kith_e WITH OFFSET AS __kith_o WHERE __kith_e IS NOT NULL ORDER BY __kith_o) AS `tags`, CAST(__kith_t.`at` AS TIMESTAMP) AS `at`, CAST(__kith_t.`seen` AS TIMESTAMP) AS `seen`, CAST(__kith_t.`day` AS DATE) AS `day`, CAST(__kith_t.`row_id` AS STRING) AS `row_id`, CAST(__kith_t.`key` AS STRING) AS `key`, IF(IS_INF(CAST(__kith_t.`value` AS FLOAT64)) OR IS_NAN(CAST(__kith_t.`value` AS FLOAT64)), NULL, CAST(__kith_t.`value` AS FLOAT64) + 0.0) AS `value` FROM `raw`.`odd` AS __kith_t
) AS __kith_t
) AS __kith_s
WHERE TRUE QUALIFY ROW_NUMBER() OVER (PARTITION BY __kith_s.`k`, __kith_s.`op` ORDER BY __kith_s.`seen` DESC, __kith_s.`at` DESC, FARM_FINGERPRINT(TO_JSON_STRING(__kith_s))) = 1
) AS __kith_s
WHERE ((NOT IFNULL((__kith_s.`select` = 'test'), FALSE)))
) AS __kith_s
WHERE (IFNULL((__kith_s.`h` > CAST('0' AS INT64)), FALSE))
) WHERE ((NOT (__kith_id IS NULL)) AND (IFNULL(__kith_key, '') != ''))
  )
);

-- passed records (sync rows_out) at syncs/all.yml:2:11
INSERT INTO `kith`.`scratch_run_rows_out_fix` (kh, row_id, op, verdict, reason, code)
SELECT kh, row_id, op, IF(op = 2, 5, 2), 0, '' FROM `kith`.`changeset_rows_out_raw` WHERE (op = 2 AND gone != 0 OR (op = 1 OR op = 0 AND reason != 0) AND reason != 5 AND h = 0) AND row_id NOT IN (SELECT row_id FROM (
  SELECT * FROM (SELECT * FROM `kith`.`foreign_rows` WHERE sync = 'rows_out' QUALIFY ROW_NUMBER() OVER (PARTITION BY kh, row_id ORDER BY ver DESC) = 1) WHERE del = 0
)) AND row_id IN (
  SELECT x.id FROM (
    SELECT row_id AS id, own, record FROM (SELECT row_id, IF(STRPOS(row_id, '\x1ekey-') > 0, SUBSTR(row_id, 1, STRPOS(row_id, '\x1ekey-') - 1), row_id) AS own, IF(op = 2, old_key, key) AS k, remote_id FROM `kith`.`changeset_rows_out_raw` WHERE op = 2 AND gone != 0 OR (op = 1 OR op = 0 AND reason != 0) AND reason != 5 AND h = 0), UNNEST([IF(IFNULL(remote_id, '') NOT IN ('', '\x1enone'), CONCAT('r', remote_id), CONCAT('k', k)), CONCAT('u', k)]) AS record
  ) AS x
  JOIN (
    SELECT row_id AS id, IF(STRPOS(row_id, '\x1ekey-') > 0, SUBSTR(row_id, 1, STRPOS(row_id, '\x1ekey-') - 1), row_id) AS own, gone, ver, record FROM `kith`.`baseline_rows_out`, UNNEST(IF(IFNULL(remote_id, '') NOT IN ('', '\x1enone'), [CONCAT('r', remote_id), CONCAT('k', key)], [CONCAT('u', key)])) AS record
    WHERE (key IN (SELECT k FROM (SELECT row_id, IF(STRPOS(row_id, '\x1ekey-') > 0, SUBSTR(row_id, 1, STRPOS(row_id, '\x1ekey-') - 1), row_id) AS own, IF(op = 2, old_key, key) AS k, remote_id FROM `kith`.`changeset_rows_out_raw` WHERE op = 2 AND gone != 0 OR (op = 1 OR op = 0 AND reason != 0) AND reason != 5 AND h = 0)) OR IFNULL(remote_id, '') NOT IN ('', '\x1enone') AND remote_id IN (SELECT remote_id FROM (SELECT row_id, IF(STRPOS(row_id, '\x1ekey-') > 0, SUBSTR(row_id, 1, STRPOS(row_id, '\x1ekey-') - 1), row_id) AS own, IF(op = 2, old_key, key) AS k, remote_id FROM `kith`.`changeset_rows_out_raw` WHERE op = 2 AND gone != 0 OR (op = 1 OR op = 0 AND reason != 0) AND reason != 5 AND h = 0))) AND (h != 0 OR IFNULL(ARRAY_LENGTH(fh), 0) > 0 OR IFNULL(remote_id, '') NOT IN ('', '\x1enone')) AND row_id NOT IN (SELECT row_id FROM (
  SELECT * FROM (SELECT * FROM `kith`.`foreign_rows` WHERE sync = 'rows_out' QUALIFY ROW_NUMBER() OVER (PARTITION BY kh, row_id ORDER BY ver DESC) = 1) WHERE del = 0
))
  ) AS y ON x.record = y.record
  GROUP BY x.id, x.own HAVING LOGICAL_OR(y.id = x.id AND y.gone != 0) AND ARRAY_AGG(y.own ORDER BY IF(y.gone = 0, 0, 1), y.ver DESC LIMIT 1)[OFFSET(0)] != x.own
);

-- returned keys (sync rows_out) at syncs/all.yml:2:11
INSERT INTO `kith`.`scratch_run_rows_out_fix` (kh, row_id, op, verdict, reason, code)
SELECT kh, row_id, op, 5, 0, '' FROM `kith`.`changeset_rows_out_raw` WHERE op = 2 AND gone != 0 AND row_id NOT IN (SELECT row_id FROM (
  SELECT * FROM (SELECT * FROM `kith`.`foreign_rows` WHERE sync = 'rows_out' QUALIFY ROW_NUMBER() OVER (PARTITION BY kh, row_id ORDER BY ver DESC) = 1) WHERE del = 0
)) AND (old_key NOT IN (SELECT key FROM `kith`.`changeset_rows_out_raw` WHERE op = 2) OR CONCAT(TO_JSON_STRING(old_key), TO_JSON_STRING(key)) IN (SELECT CONCAT(TO_JSON_STRING(key), TO_JSON_STRING(old_key)) FROM `kith`.`changeset_rows_out_raw` WHERE op = 2 AND gone != 0)) AND old_key IN (
  SELECT key FROM (
SELECT (FARM_FINGERPRINT(IFNULL(__kith_id, '')) & 0x7FFFFFFFFFFFFFFF) AS kh, GREATEST(FARM_FINGERPRINT(CONCAT(TO_JSON_STRING(__kith_key), ',', TO_JSON_STRING(CAST(__kith_f0 AS STRING)), ',', TO_JSON_STRING(CAST(__kith_f1 AS STRING)), ',', TO_JSON_STRING(__kith_f2), ',', TO_JSON_STRING(CASE WHEN __kith_f3 THEN 'true' WHEN NOT __kith_f3 THEN 'false' END), ',', TO_JSON_STRING(CONCAT('[', ARRAY_TO_STRING(ARRAY(SELECT TO_JSON_STRING(__kith_e) FROM UNNEST(__kith_f4) AS __kith_e WITH OFFSET AS __kith_o ORDER BY __kith_o), ','), ']')), ',', TO_JSON_STRING(CAST(__kith_f5 AS STRING)), ',', TO_JSON_STRING(CONCAT(FORMAT_TIMESTAMP('%Y-%m-%dT%H:%M:', __kith_f6, 'UTC'), IF(MOD(UNIX_MICROS(__kith_f6), 1000000) = 0, FORMAT_TIMESTAMP('%S', __kith_f6, 'UTC'), FORMAT_TIMESTAMP('%E6S', __kith_f6, 'UTC')), 'Z')), ',', TO_JSON_STRING(FORMAT_DATE('%Y-%m-%d', __kith_f7)), ',', TO_JSON_STRING(__kith_f8), ',')) & 0x7FFFFFFFFFFFFFFF, 1) AS h, __kith_id AS row_id, __kith_key AS key,
  __kith_f0, __kith_f1, __kith_f2, __kith_f3, __kith_f4, __kith_f5, __kith_f6, __kith_f7, __kith_f8, __kith_match AS match, __kith_at AS `at`
FROM (
SELECT CONCAT(CAST(BYTE_LENGTH(__kith_s.`k`) AS STRING), ':', __kith_s.`k`, CAST(BYTE_LENGTH(CAST(__kith_s.`op` AS STRING)) AS STRING), ':', CAST(__kith_s.`op` AS STRING)) AS __kith_id,
  NULLIF(__kith_s.`row_id`, '') AS __kith_key,
  __kith_s.`h` AS __kith_f0,
  __kith_s.`op` AS __kith_f1,
  __kith_s.`select` AS __kith_f2,
  __kith_s.`__x` AS __kith_f3,
  __kith_s.`tags` AS __kith_f4,
  __kith_s.`price` AS __kith_f5,
  __kith_s.`at` AS __kith_f6,
  __kith_s.`day` AS __kith_f7,
  CAST('kith' AS STRING) AS __kith_f8,
  '' AS __kith_match,
  __kith_s.`at` AS __kith_at
FROM (
SELECT __kith_s.`k` AS `k`, __kith_s.`h` AS `h`, __kith_s.`op` AS `op`, __kith_s.`select` AS `select`, __kith_s.`__x` AS `__x`, __kith_s.`price` AS `price`, __kith_s.`tags` AS `tags`, __kith_s.`at` AS `at`, __kith_s.`day` AS `day`, __kith_s.`row_id` AS `row_id` FROM (
SELECT * FROM (
SELECT __kith_t.`k` AS `k`, __kith_t.`h` AS `h`, __kith_t.`p` AS `p`, __kith_t.`op` AS `op`, __kith_t.`select` AS `select`, __kith_t.`__x` AS `__x`, __kith_t.`it's quoted` AS `it's quoted`, __kith_t.`j` AS `j`, __kith_t.`price` AS `price`, CAST((
h * 2
) AS INT64) AS `twice`, __kith_t.`tags` AS `tags`, __kith_t.`at` AS `at`, __kith_t.`seen` AS `seen`, __kith_t.`day` AS `day`, __kith_t.`row_id` AS `row_id`, __kith_t.`key` AS `key`, __kith_t.`value` AS `value` FROM (
SELECT CAST(__kith_t.`k` AS STRING) AS `k`, CAST(__kith_t.`h` AS INT64) AS `h`, CAST(__kith_t.`p` AS STRING) AS `p`, CAST(__kith_t.`op` AS INT64) AS `op`, CAST(__kith_t.`select` AS STRING) AS `select`, CAST(__kith_t.`__x` AS BOOL) AS `__x`, CAST(__kith_t.`it's quoted` AS STRING) AS `it's quoted`, (SELECT IF(SAFE.PARSE_JSON(__kith_j, wide_number_mode=>'round') IS NULL, __kith_j, TO_JSON_STRING(PARSE_JSON(__kith_j, wide_number_mode=>'round'))) FROM UNNEST([IF(__kith_t.`j` IS NULL, NULL, COALESCE(JSON_VALUE(TO_JSON_STRING(__kith_t.`j`)), NULLIF(TO_JSON_STRING(__kith_t.`j`), 'null')))]) AS __kith_j) AS `j`, CAST(REGEXP_EXTRACT(CAST(CAST(SAFE_CAST(SAFE.JSON_VALUE(__kith_t.`j`, '$."price"."net"') AS NUMERIC) AS NUMERIC) AS STRING), r'^-?[0-9]+(?:\.[0-9]{1,2})?') AS NUMERIC) AS `price`, ARRAY(SELECT CAST(__kith_e AS STRING) FROM UNNEST(__kith_t.`tags`) AS __kith_e WITH OFFSET AS __kith_o WHERE __kith_e IS NOT NULL ORDER BY __kith_o) AS `tags`, CAST(__kith_t.`at` AS TIMESTAMP) AS `at`, CAST(__kith_t.`seen` AS TIMESTAMP) AS `seen`, CAST(__kith_t.`day` AS DATE) AS `day`, CAST(__kith_t.`row_id` AS STRING) AS `row_id`, CAST(__kith_t.`key` AS STRING) AS `key`, IF(IS_INF(CAST(__kith_t.`value` AS FLOAT64)) OR IS_NAN(CAST(__kith_t.`value` AS FLOAT64)), NULL, CAST(__kith_t.`value` AS FLOAT64) + 0.0) AS `value` FROM `raw`.`odd` AS __kith_t
) AS __kith_t
) AS __kith_s
WHERE TRUE QUALIFY ROW_NUMBER() OVER (PARTITION BY __kith_s.`k`, __kith_s.`op` ORDER BY __kith_s.`seen` DESC, __kith_s.`at` DESC, FARM_FINGERPRINT(TO_JSON_STRING(__kith_s))) = 1
) AS __kith_s
WHERE ((NOT IFNULL((__kith_s.`select` = 'test'), FALSE)))
) AS __kith_s
WHERE (IFNULL((__kith_s.`h` > CAST('0' AS INT64)), FALSE))
) WHERE ((NOT (__kith_id IS NULL)) AND (IFNULL(__kith_key, '') != ''))
  )
);

-- returned rows (sync rows_out) at syncs/all.yml:2:11
INSERT INTO `kith`.`changeset_rows_out_raw` (op, kh, row_id, action, reason, key, old_key, h, fh, changed, fields, match, old_match, remote_id, `at`, gone, del)
SELECT half, kh, row_id, '', 0, IF(half = 0, old_key, key), '', IF(half = 0, 0, h), fh, changed, IF(half = 0, '', fields), match, '', IF(half = 0, remote_id, ''), `at`, 0, IF(half = 0, 1, 0)
FROM `kith`.`changeset_rows_out_raw`, UNNEST([0, 4]) AS half WHERE op = 2 AND gone != 0 AND row_id IN (SELECT row_id FROM `kith`.`scratch_run_rows_out_fix` WHERE verdict = 5);

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
INSERT INTO `kith`.`changeset_rows_out_raw` (op, kh, row_id, action, reason, key, old_key, h, fh, changed, fields, match, old_match, remote_id, `at`, gone, del)
SELECT half, kh, row_id, '', 0, key, '', IF(half = 0, 0, h), IF(half = 0, ARRAY(SELECT 0 FROM UNNEST(fh)), fh), GENERATE_ARRAY(0, ARRAY_LENGTH(fh) - 1), IF(half = 0, '', fields), match, '', o.id, `at`, 0, 0
FROM (SELECT * FROM `kith`.`changeset_rows_out_raw`, UNNEST([0, 3]) AS half WHERE op = 2 AND row_id IN (SELECT row_id FROM `kith`.`scratch_run_rows_out_fix` WHERE verdict = 6)) AS r
JOIN (SELECT old_key AS stands, remote_id AS id FROM `kith`.`changeset_rows_out_raw` WHERE op = 2 AND row_id IN (SELECT row_id FROM `kith`.`scratch_run_rows_out_fix` WHERE verdict = 6)) AS o ON r.key = o.stands;

-- reasons (sync rows_out) at syncs/all.yml:2:11
INSERT INTO `kith`.`scratch_run_rows_out_fix` (kh, row_id, op, verdict, reason, code)
SELECT kh, row_id, op, 3, why, '' FROM (
  SELECT r.kh AS kh, r.row_id AS row_id, r.op AS op, r.reason AS reason, CASE WHEN w.__kith_withdrawn = 1 THEN 4 WHEN w.__kith_merged = 1 THEN 3 WHEN IFNULL(w.__kith_id, '') = '' THEN 2 ELSE 1 END AS why
  FROM (SELECT kh, row_id, op, reason, IF(STRPOS(row_id, '\x1ekey-') > 0, SUBSTR(row_id, 1, STRPOS(row_id, '\x1ekey-') - 1), row_id) AS own FROM `kith`.`changeset_rows_out_raw` WHERE reason NOT IN (0, 5)) AS r
  LEFT JOIN (
    SELECT __kith_id, MAX(__kith_withdrawn) AS __kith_withdrawn, MAX(__kith_merged) AS __kith_merged FROM (
SELECT CONCAT(CAST(BYTE_LENGTH(__kith_s.`k`) AS STRING), ':', __kith_s.`k`, CAST(BYTE_LENGTH(CAST(__kith_s.`op` AS STRING)) AS STRING), ':', CAST(__kith_s.`op` AS STRING)) AS __kith_id, 0 AS __kith_withdrawn, 0 AS __kith_merged FROM (
SELECT __kith_s.`k` AS `k`, __kith_s.`h` AS `h`, __kith_s.`p` AS `p`, __kith_s.`op` AS `op`, __kith_s.`select` AS `select`, __kith_s.`__x` AS `__x`, __kith_s.`it's quoted` AS `it's quoted`, __kith_s.`j` AS `j`, __kith_s.`price` AS `price`, __kith_s.`twice` AS `twice`, __kith_s.`tags` AS `tags`, __kith_s.`at` AS `at`, __kith_s.`seen` AS `seen`, __kith_s.`day` AS `day`, __kith_s.`row_id` AS `row_id`, __kith_s.`key` AS `key`, __kith_s.`value` AS `value` FROM (
SELECT * FROM (
SELECT __kith_t.`k` AS `k`, __kith_t.`h` AS `h`, __kith_t.`p` AS `p`, __kith_t.`op` AS `op`, __kith_t.`select` AS `select`, __kith_t.`__x` AS `__x`, __kith_t.`it's quoted` AS `it's quoted`, __kith_t.`j` AS `j`, __kith_t.`price` AS `price`, CAST((
h * 2
) AS INT64) AS `twice`, __kith_t.`tags` AS `tags`, __kith_t.`at` AS `at`, __kith_t.`seen` AS `seen`, __kith_t.`day` AS `day`, __kith_t.`row_id` AS `row_id`, __kith_t.`key` AS `key`, __kith_t.`value` AS `value` FROM (
SELECT CAST(__kith_t.`k` AS STRING) AS `k`, CAST(__kith_t.`h` AS INT64) AS `h`, CAST(__kith_t.`p` AS STRING) AS `p`, CAST(__kith_t.`op` AS INT64) AS `op`, CAST(__kith_t.`select` AS STRING) AS `select`, CAST(__kith_t.`__x` AS BOOL) AS `__x`, CAST(__kith_t.`it's quoted` AS STRING) AS `it's quoted`, (SELECT IF(SAFE.PARSE_JSON(__kith_j, wide_number_mode=>'round') IS NULL, __kith_j, TO_JSON_STRING(PARSE_JSON(__kith_j, wide_number_mode=>'round'))) FROM UNNEST([IF(__kith_t.`j` IS NULL, NULL, COALESCE(JSON_VALUE(TO_JSON_STRING(__kith_t.`j`)), NULLIF(TO_JSON_STRING(__kith_t.`j`), 'null')))]) AS __kith_j) AS `j`, CAST(REGEXP_EXTRACT(CAST(CAST(SAFE_CAST(SAFE.JSON_VALUE(__kith_t.`j`, '$."price"."net"') AS NUMERIC) AS NUMERIC) AS STRING), r'^-?[0-9]+(?:\.[0-9]{1,2})?') AS NUMERIC) AS `price`, ARRAY(SELECT CAST(__kith_e AS STRING) FROM UNNEST(__kith_t.`tags`) AS __kith_e WITH OFFSET AS __kith_o WHERE __kith_e IS NOT NULL ORDER BY __kith_o) AS `tags`, CAST(__kith_t.`at` AS TIMESTAMP) AS `at`, CAST(__kith_t.`seen` AS TIMESTAMP) AS `seen`, CAST(__kith_t.`day` AS DATE) AS `day`, CAST(__kith_t.`row_id` AS STRING) AS `row_id`, CAST(__kith_t.`key` AS STRING) AS `key`, IF(IS_INF(CAST(__kith_t.`value` AS FLOAT64)) OR IS_NAN(CAST(__kith_t.`value` AS FLOAT64)), NULL, CAST(__kith_t.`value` AS FLOAT64) + 0.0) AS `value` FROM `raw`.`odd` AS __kith_t
) AS __kith_t
) AS __kith_s
WHERE TRUE QUALIFY ROW_NUMBER() OVER (PARTITION BY __kith_s.`k`, __kith_s.`op` ORDER BY __kith_s.`seen` DESC, __kith_s.`at` DESC, FARM_FINGERPRINT(TO_JSON_STRING(__kith_s))) = 1
) AS __kith_s
WHERE ((NOT IFNULL((__kith_s.`select` = 'test'), FALSE)))
) AS __kith_s
    ) WHERE __kith_id IN (SELECT IF(STRPOS(row_id, '\x1ekey-') > 0, SUBSTR(row_id, 1, STRPOS(row_id, '\x1ekey-') - 1), row_id) FROM `kith`.`changeset_rows_out_raw` WHERE reason NOT IN (0, 5)) GROUP BY __kith_id
  ) AS w ON r.own = w.__kith_id
) WHERE why != reason;

-- doubtful keys (sync rows_out) at syncs/all.yml:2:11
INSERT INTO `kith`.`scratch_run_rows_out_fix` (kh, row_id, op, verdict, reason, code)
SELECT kh, row_id, op, 3, why, '' FROM (
  SELECT r.kh AS kh, r.row_id AS row_id, r.op AS op, r.own AS own, CASE WHEN w.__kith_withdrawn = 1 THEN 4 WHEN w.__kith_merged = 1 THEN 3 WHEN IFNULL(w.__kith_id, '') = '' THEN 2 ELSE 1 END AS why
  FROM (SELECT kh, row_id, op, IF(STRPOS(row_id, '\x1ekey-') > 0, SUBSTR(row_id, 1, STRPOS(row_id, '\x1ekey-') - 1), row_id) AS own FROM `kith`.`changeset_rows_out_raw` WHERE reason = 5) AS r
  LEFT JOIN (
    SELECT __kith_id, MAX(__kith_withdrawn) AS __kith_withdrawn, MAX(__kith_merged) AS __kith_merged FROM (
SELECT CONCAT(CAST(BYTE_LENGTH(__kith_s.`k`) AS STRING), ':', __kith_s.`k`, CAST(BYTE_LENGTH(CAST(__kith_s.`op` AS STRING)) AS STRING), ':', CAST(__kith_s.`op` AS STRING)) AS __kith_id, 0 AS __kith_withdrawn, 0 AS __kith_merged FROM (
SELECT __kith_s.`k` AS `k`, __kith_s.`h` AS `h`, __kith_s.`p` AS `p`, __kith_s.`op` AS `op`, __kith_s.`select` AS `select`, __kith_s.`__x` AS `__x`, __kith_s.`it's quoted` AS `it's quoted`, __kith_s.`j` AS `j`, __kith_s.`price` AS `price`, __kith_s.`twice` AS `twice`, __kith_s.`tags` AS `tags`, __kith_s.`at` AS `at`, __kith_s.`seen` AS `seen`, __kith_s.`day` AS `day`, __kith_s.`row_id` AS `row_id`, __kith_s.`key` AS `key`, __kith_s.`value` AS `value` FROM (
SELECT * FROM (
SELECT __kith_t.`k` AS `k`, __kith_t.`h` AS `h`, __kith_t.`p` AS `p`, __kith_t.`op` AS `op`, __kith_t.`select` AS `select`, __kith_t.`__x` AS `__x`, __kith_t.`it's quoted` AS `it's quoted`, __kith_t.`j` AS `j`, __kith_t.`price` AS `price`, CAST((
h * 2
) AS INT64) AS `twice`, __kith_t.`tags` AS `tags`, __kith_t.`at` AS `at`, __kith_t.`seen` AS `seen`, __kith_t.`day` AS `day`, __kith_t.`row_id` AS `row_id`, __kith_t.`key` AS `key`, __kith_t.`value` AS `value` FROM (
SELECT CAST(__kith_t.`k` AS STRING) AS `k`, CAST(__kith_t.`h` AS INT64) AS `h`, CAST(__kith_t.`p` AS STRING) AS `p`, CAST(__kith_t.`op` AS INT64) AS `op`, CAST(__kith_t.`select` AS STRING) AS `select`, CAST(__kith_t.`__x` AS BOOL) AS `__x`, CAST(__kith_t.`it's quoted` AS STRING) AS `it's quoted`, (SELECT IF(SAFE.PARSE_JSON(__kith_j, wide_number_mode=>'round') IS NULL, __kith_j, TO_JSON_STRING(PARSE_JSON(__kith_j, wide_number_mode=>'round'))) FROM UNNEST([IF(__kith_t.`j` IS NULL, NULL, COALESCE(JSON_VALUE(TO_JSON_STRING(__kith_t.`j`)), NULLIF(TO_JSON_STRING(__kith_t.`j`), 'null')))]) AS __kith_j) AS `j`, CAST(REGEXP_EXTRACT(CAST(CAST(SAFE_CAST(SAFE.JSON_VALUE(__kith_t.`j`, '$."price"."net"') AS NUMERIC) AS NUMERIC) AS STRING), r'^-?[0-9]+(?:\.[0-9]{1,2})?') AS NUMERIC) AS `price`, ARRAY(SELECT CAST(__kith_e AS STRING) FROM UNNEST(__kith_t.`tags`) AS __kith_e WITH OFFSET AS __kith_o WHERE __kith_e IS NOT NULL ORDER BY __kith_o) AS `tags`, CAST(__kith_t.`at` AS TIMESTAMP) AS `at`, CAST(__kith_t.`seen` AS TIMESTAMP) AS `seen`, CAST(__kith_t.`day` AS DATE) AS `day`, CAST(__kith_t.`row_id` AS STRING) AS `row_id`, CAST(__kith_t.`key` AS STRING) AS `key`, IF(IS_INF(CAST(__kith_t.`value` AS FLOAT64)) OR IS_NAN(CAST(__kith_t.`value` AS FLOAT64)), NULL, CAST(__kith_t.`value` AS FLOAT64) + 0.0) AS `value` FROM `raw`.`odd` AS __kith_t
) AS __kith_t
) AS __kith_s
WHERE TRUE QUALIFY ROW_NUMBER() OVER (PARTITION BY __kith_s.`k`, __kith_s.`op` ORDER BY __kith_s.`seen` DESC, __kith_s.`at` DESC, FARM_FINGERPRINT(TO_JSON_STRING(__kith_s))) = 1
) AS __kith_s
WHERE ((NOT IFNULL((__kith_s.`select` = 'test'), FALSE)))
) AS __kith_s
    ) WHERE __kith_id IN (SELECT IF(STRPOS(row_id, '\x1ekey-') > 0, SUBSTR(row_id, 1, STRPOS(row_id, '\x1ekey-') - 1), row_id) FROM `kith`.`changeset_rows_out_raw` WHERE reason = 5) GROUP BY __kith_id
  ) AS w ON r.own = w.__kith_id
) WHERE why != 3 AND own NOT IN (
  SELECT row_id FROM (
SELECT (FARM_FINGERPRINT(IFNULL(__kith_id, '')) & 0x7FFFFFFFFFFFFFFF) AS kh, GREATEST(FARM_FINGERPRINT(CONCAT(TO_JSON_STRING(__kith_key), ',', TO_JSON_STRING(CAST(__kith_f0 AS STRING)), ',', TO_JSON_STRING(CAST(__kith_f1 AS STRING)), ',', TO_JSON_STRING(__kith_f2), ',', TO_JSON_STRING(CASE WHEN __kith_f3 THEN 'true' WHEN NOT __kith_f3 THEN 'false' END), ',', TO_JSON_STRING(CONCAT('[', ARRAY_TO_STRING(ARRAY(SELECT TO_JSON_STRING(__kith_e) FROM UNNEST(__kith_f4) AS __kith_e WITH OFFSET AS __kith_o ORDER BY __kith_o), ','), ']')), ',', TO_JSON_STRING(CAST(__kith_f5 AS STRING)), ',', TO_JSON_STRING(CONCAT(FORMAT_TIMESTAMP('%Y-%m-%dT%H:%M:', __kith_f6, 'UTC'), IF(MOD(UNIX_MICROS(__kith_f6), 1000000) = 0, FORMAT_TIMESTAMP('%S', __kith_f6, 'UTC'), FORMAT_TIMESTAMP('%E6S', __kith_f6, 'UTC')), 'Z')), ',', TO_JSON_STRING(FORMAT_DATE('%Y-%m-%d', __kith_f7)), ',', TO_JSON_STRING(__kith_f8), ',')) & 0x7FFFFFFFFFFFFFFF, 1) AS h, __kith_id AS row_id, __kith_key AS key,
  __kith_f0, __kith_f1, __kith_f2, __kith_f3, __kith_f4, __kith_f5, __kith_f6, __kith_f7, __kith_f8, __kith_match AS match, __kith_at AS `at`
FROM (
SELECT CONCAT(CAST(BYTE_LENGTH(__kith_s.`k`) AS STRING), ':', __kith_s.`k`, CAST(BYTE_LENGTH(CAST(__kith_s.`op` AS STRING)) AS STRING), ':', CAST(__kith_s.`op` AS STRING)) AS __kith_id,
  NULLIF(__kith_s.`row_id`, '') AS __kith_key,
  __kith_s.`h` AS __kith_f0,
  __kith_s.`op` AS __kith_f1,
  __kith_s.`select` AS __kith_f2,
  __kith_s.`__x` AS __kith_f3,
  __kith_s.`tags` AS __kith_f4,
  __kith_s.`price` AS __kith_f5,
  __kith_s.`at` AS __kith_f6,
  __kith_s.`day` AS __kith_f7,
  CAST('kith' AS STRING) AS __kith_f8,
  '' AS __kith_match,
  __kith_s.`at` AS __kith_at
FROM (
SELECT __kith_s.`k` AS `k`, __kith_s.`h` AS `h`, __kith_s.`op` AS `op`, __kith_s.`select` AS `select`, __kith_s.`__x` AS `__x`, __kith_s.`price` AS `price`, __kith_s.`tags` AS `tags`, __kith_s.`at` AS `at`, __kith_s.`day` AS `day`, __kith_s.`row_id` AS `row_id` FROM (
SELECT * FROM (
SELECT __kith_t.`k` AS `k`, __kith_t.`h` AS `h`, __kith_t.`p` AS `p`, __kith_t.`op` AS `op`, __kith_t.`select` AS `select`, __kith_t.`__x` AS `__x`, __kith_t.`it's quoted` AS `it's quoted`, __kith_t.`j` AS `j`, __kith_t.`price` AS `price`, CAST((
h * 2
) AS INT64) AS `twice`, __kith_t.`tags` AS `tags`, __kith_t.`at` AS `at`, __kith_t.`seen` AS `seen`, __kith_t.`day` AS `day`, __kith_t.`row_id` AS `row_id`, __kith_t.`key` AS `key`, __kith_t.`value` AS `value` FROM (
SELECT CAST(__kith_t.`k` AS STRING) AS `k`, CAST(__kith_t.`h` AS INT64) AS `h`, CAST(__kith_t.`p` AS STRING) AS `p`, CAST(__kith_t.`op` AS INT64) AS `op`, CAST(__kith_t.`select` AS STRING) AS `select`, CAST(__kith_t.`__x` AS BOOL) AS `__x`, CAST(__kith_t.`it's quoted` AS STRING) AS `it's quoted`, (SELECT IF(SAFE.PARSE_JSON(__kith_j, wide_number_mode=>'round') IS NULL, __kith_j, TO_JSON_STRING(PARSE_JSON(__kith_j, wide_number_mode=>'round'))) FROM UNNEST([IF(__kith_t.`j` IS NULL, NULL, COALESCE(JSON_VALUE(TO_JSON_STRING(__kith_t.`j`)), NULLIF(TO_JSON_STRING(__kith_t.`j`), 'null')))]) AS __kith_j) AS `j`, CAST(REGEXP_EXTRACT(CAST(CAST(SAFE_CAST(SAFE.JSON_VALUE(__kith_t.`j`, '$."price"."net"') AS NUMERIC) AS NUMERIC) AS STRING), r'^-?[0-9]+(?:\.[0-9]{1,2})?') AS NUMERIC) AS `price`, ARRAY(SELECT CAST(__kith_e AS STRING) FROM UNNEST(__kith_t.`tags`) AS __kith_e WITH OFFSET AS __kith_o WHERE __kith_e IS NOT NULL ORDER BY __kith_o) AS `tags`, CAST(__kith_t.`at` AS TIMESTAMP) AS `at`, CAST(__kith_t.`seen` AS TIMESTAMP) AS `seen`, CAST(__kith_t.`day` AS DATE) AS `day`, CAST(__kith_t.`row_id` AS STRING) AS `row_id`, CAST(__kith_t.`key` AS STRING) AS `key`, IF(IS_INF(CAST(__kith_t.`value` AS FLOAT64)) OR IS_NAN(CAST(__kith_t.`value` AS FLOAT64)), NULL, CAST(__kith_t.`value` AS FLOAT64) + 0.0) AS `value` FROM `raw`.`odd` AS __kith_t
) AS __kith_t
) AS __kith_s
WHERE TRUE QUALIFY ROW_NUMBER() OVER (PARTITION BY __kith_s.`k`, __kith_s.`op` ORDER BY __kith_s.`seen` DESC, __kith_s.`at` DESC, FARM_FINGERPRINT(TO_JSON_STRING(__kith_s))) = 1
) AS __kith_s
WHERE ((NOT IFNULL((__kith_s.`select` = 'test'), FALSE)))
) AS __kith_s
WHERE (IFNULL((__kith_s.`h` > CAST('0' AS INT64)), FALSE))
) WHERE ((NOT (__kith_id IS NULL)) AND (IFNULL(__kith_key, '') != ''))
  )
);

-- backoff (sync rows_out) at syncs/all.yml:2:11
INSERT INTO `kith`.`scratch_run_rows_out_fix` (kh, row_id, op, verdict, reason, code)
SELECT r.kh, r.row_id, IF(r.op = 1 AND r.reason = 0, 255, r.op), 1, 0, IF(x.code = 'unconfirmed', x.code, 'backoff') FROM (
  SELECT r.kh, r.row_id, r.op, r.reason, IF(r.goes, 1, r.op) AS sent, IF(r.goes, r.h ^ IFNULL(f.why, r.reason), r.h) AS h
  FROM (SELECT kh, row_id, op, h, reason, (op = 1 OR op = 0 AND reason != 0) AS goes FROM `kith`.`changeset_rows_out_raw`) AS r
  LEFT JOIN (SELECT row_id, MAX(reason) AS why FROM `kith`.`scratch_run_rows_out_fix` WHERE op < 2 AND verdict = 3 GROUP BY row_id) AS f ON r.row_id = f.row_id
) AS r
JOIN (
  SELECT row_id, op, h, code FROM (
    SELECT row_id, op, h, code, mapping, next_try, ver, del FROM `kith`.`rejections` WHERE sync = 'rows_out' QUALIFY ROW_NUMBER() OVER (PARTITION BY kh, row_id ORDER BY ver DESC) = 1
  ) WHERE del = 0 AND mapping = 1 AND next_try > TIMESTAMP '1970-01-01 00:00:00.000000+00:00'
) AS x ON r.row_id = x.row_id AND r.sent = x.op AND r.h = x.h;

-- pending (sync rows_out) at syncs/all.yml:2:11
INSERT INTO `kith`.`scratch_run_rows_out_fix` (kh, row_id, op, verdict, reason, code)
SELECT r.kh, r.row_id, r.op, 1, 0, 'pending' FROM `kith`.`changeset_rows_out_raw` AS r
JOIN (
  SELECT row_id, LOGICAL_OR(op = 1) AS removing FROM `kith`.`job_rows` WHERE job IN (SELECT job FROM (SELECT job, state FROM `kith`.`jobs` WHERE sync = 'rows_out' QUALIFY ROW_NUMBER() OVER (PARTITION BY sync, job ORDER BY ver DESC) = 1) WHERE state = 'open') GROUP BY row_id
) AS x ON r.row_id = x.row_id
WHERE NOT (r.op < 2 AND NOT x.removing AND (r.reason = 4 OR r.row_id IN (SELECT row_id FROM `kith`.`scratch_run_rows_out_fix` WHERE op < 2 AND verdict = 3 AND reason = 4)));

-- changeset table (sync rows_out) at syncs/all.yml:2:11
CREATE TABLE `kith`.`changeset_rows_out` (
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
) CLUSTER BY op, kh, row_id;

-- changeset with verdicts (sync rows_out) at syncs/all.yml:2:11
INSERT INTO `kith`.`changeset_rows_out` (op, kh, row_id, action, reason, key, old_key, h, fh, changed, fields, match, old_match, remote_id, `at`, gone, del)
SELECT
  o, kh, row_id, IF(reason = 0, action, act), why, key, old_key, h, fh, changed,
  IF(reason != 0 AND act = 'set', CASE WHEN why = 4 THEN '{}' WHEN why = 3 THEN '{}' WHEN why = 2 THEN '{}' WHEN why = 1 THEN '{}' ELSE '' END, fields), match, old_match, remote_id, `at`,
  CASE WHEN o = 0 AND reason != 0 AND NOT forget THEN why WHEN quiet THEN 0 ELSE gone END,
  IF(forget, 1, del)
FROM (
  SELECT *, CASE WHEN forget OR quiet THEN 0 WHEN reason = 0 THEN op WHEN act = 'ignore' THEN 0 ELSE 1 END AS o
  FROM (
    SELECT *, CASE WHEN why = 4 THEN 'delete' WHEN why = 3 THEN 'delete' WHEN why = 2 THEN 'delete' WHEN why = 1 THEN 'delete' WHEN why = 5 THEN 'delete' ELSE '' END AS act
    FROM (
      SELECT r.*, IFNULL(f.forget, FALSE) AS forget, IFNULL(f.quiet, FALSE) AS quiet, IF(IFNULL(f.why, 0) != 0, f.why, r.reason) AS why
      FROM (SELECT * FROM `kith`.`changeset_rows_out_raw` WHERE kh BETWEEN 0 AND 9223372036854775807) AS r
      LEFT JOIN (
        SELECT row_id, op, LOGICAL_OR(verdict IN (1, 5, 6)) AS hold, LOGICAL_OR(verdict = 2) OR LOGICAL_OR(verdict = 7) AND NOT LOGICAL_OR(verdict = 8) AS forget, LOGICAL_OR(verdict = 4) AS quiet, MAX(reason) AS why
        FROM `kith`.`scratch_run_rows_out_fix` WHERE op != 255 GROUP BY row_id, op
      ) AS f ON r.row_id = f.row_id AND r.op = f.op
      WHERE NOT IFNULL(f.hold, FALSE) AND r.row_id NOT IN (SELECT row_id FROM `kith`.`scratch_run_rows_out_fix` WHERE op = 255)
    )
  )
);

-- silent rows (sync rows_out) at syncs/all.yml:2:11
INSERT INTO `kith`.`acks_rows_out` (kh, row_id, key, h, fh, remote_id, match, gone, mapping, ver, del, `at`)
SELECT kh, row_id, key, IF(gone = 0, h, 0), fh, remote_id, match, gone, 1, 4294967296, del, CURRENT_TIMESTAMP()
FROM `kith`.`changeset_rows_out` WHERE op = 0
UNION ALL
SELECT r.kh, r.row_id, r.key, 0, [], '', r.match, 0, 1, 4294967296, 0, CURRENT_TIMESTAMP()
FROM `kith`.`changeset_rows_out_raw` AS r
WHERE r.op = 4 AND NOT EXISTS (SELECT 1 FROM `kith`.`baseline_rows_out` AS b WHERE b.row_id = r.row_id)
  AND r.key IN (SELECT key FROM `kith`.`changeset_rows_out` WHERE op = 0 AND del = 1 AND remote_id != '\x1enone' AND row_id NOT IN (SELECT row_id FROM (
  SELECT * FROM (SELECT * FROM `kith`.`foreign_rows` WHERE sync = 'rows_out' QUALIFY ROW_NUMBER() OVER (PARTITION BY kh, row_id ORDER BY ver DESC) = 1) WHERE del = 0
)))
UNION ALL
SELECT r.kh, CONCAT(r.row_id, '\x1ekey-', TO_HEX(SUBSTR(SHA256(r.key), 1, 8))), r.key, 0, [], '', '', 0, 1, 4294967296, 0, CURRENT_TIMESTAMP()
FROM `kith`.`changeset_rows_out_raw` AS r WHERE r.op = 2 AND r.key IN (SELECT key FROM `kith`.`changeset_rows_out` WHERE op = 0 AND del = 1 AND remote_id != '\x1enone' AND row_id NOT IN (SELECT row_id FROM (
  SELECT * FROM (SELECT * FROM `kith`.`foreign_rows` WHERE sync = 'rows_out' QUALIFY ROW_NUMBER() OVER (PARTITION BY kh, row_id ORDER BY ver DESC) = 1) WHERE del = 0
)));

-- rows of others (sync rows_out) at syncs/all.yml:2:11
INSERT INTO `kith`.`scratch_run_rows_out_fix` (kh, row_id, op, verdict, reason, code)
SELECT kh, row_id, op, IF(op IN (2, 3), 4, 2), 0, '' FROM `kith`.`changeset_rows_out_raw`
WHERE (op = 1 OR op = 0 AND reason != 0) AND remote_id = '\x1enone' OR (op IN (2, 3) OR (op = 1 OR op = 0 AND reason != 0)) AND row_id IN (SELECT row_id FROM (
  SELECT * FROM (SELECT * FROM `kith`.`foreign_rows` WHERE sync = 'rows_out' QUALIFY ROW_NUMBER() OVER (PARTITION BY kh, row_id ORDER BY ver DESC) = 1) WHERE del = 0
));

-- page of new rows (sync rows_out) at syncs/all.yml:2:11
SELECT kh, row_id, action, reason, key, old_key, h, fh, fields, match, remote_id, `at`
FROM `kith`.`changeset_rows_out`
WHERE op = 4 AND kh >= 0 AND (kh > 0 OR row_id > '') AND row_id NOT IN (SELECT row_id FROM `kith`.`baseline_rows_out`)
  AND CONCAT(row_id, '\x1ekey-', TO_HEX(SUBSTR(SHA256(key), 1, 8))) NOT IN (SELECT row_id FROM `kith`.`baseline_rows_out` WHERE STRPOS(row_id, '\x1ekey-') > 0)
ORDER BY kh, row_id LIMIT 100;

-- records of other rows (sync rows_out) at syncs/all.yml:2:11
SELECT c.row_id, IFNULL(b.remote_id, ''), b.gone != 0
FROM (SELECT row_id, key FROM `kith`.`changeset_rows_out` WHERE op = 4 AND kh BETWEEN 0 AND 4611686018427387904) AS c
JOIN (
  SELECT key, remote_id, gone FROM `kith`.`baseline_rows_out` WHERE row_id NOT IN (SELECT row_id FROM (
  SELECT * FROM (SELECT * FROM `kith`.`foreign_rows` WHERE sync = 'rows_out' QUALIFY ROW_NUMBER() OVER (PARTITION BY kh, row_id ORDER BY ver DESC) = 1) WHERE del = 0
)) AND (gone = 0 OR (h != 0 OR IFNULL(ARRAY_LENGTH(fh), 0) > 0 OR IFNULL(remote_id, '') NOT IN ('', '\x1enone')) AND row_id NOT IN (SELECT row_id FROM (
  SELECT * FROM (SELECT * FROM `kith`.`foreign_rows` WHERE sync = 'rows_out' QUALIFY ROW_NUMBER() OVER (PARTITION BY kh, row_id ORDER BY ver DESC) = 1) WHERE del = 0
)))
) AS b ON c.key = b.key;

-- without rows of others (sync rows_out) at syncs/all.yml:2:11
DELETE FROM `kith`.`changeset_rows_out` WHERE op = 4 AND row_id IN (SELECT row_id FROM (
  SELECT * FROM (SELECT * FROM `kith`.`foreign_rows` WHERE sync = 'rows_out' QUALIFY ROW_NUMBER() OVER (PARTITION BY kh, row_id ORDER BY ver DESC) = 1) WHERE del = 0
));

-- without rows that were not looked up (sync rows_out) at syncs/all.yml:2:11
DELETE FROM `kith`.`changeset_rows_out` WHERE op = 4 AND kh IN (1, 2) AND row_id IN ('a', 'b');

-- changeset fingerprint (sync rows_out) at syncs/all.yml:2:11
SELECT CAST(IFNULL(SUM(CAST(FARM_FINGERPRINT(CONCAT(CAST(op AS STRING), ',', CAST(kh AS STRING), ',', TO_JSON_STRING(row_id), TO_JSON_STRING(action), CAST(reason AS STRING), TO_JSON_STRING(key), TO_JSON_STRING(old_key), CAST(h AS STRING), ',', TO_JSON_STRING(match), TO_JSON_STRING(fields))) & 0xFFFFFFFFFF AS NUMERIC)), 0) AS STRING), COUNT(*)
FROM `kith`.`changeset_rows_out` WHERE op != 0;

-- changeset beyond (sync rows_out) at syncs/all.yml:2:11
SELECT COUNT(*) FROM `kith`.`changeset_rows_out` AS c
WHERE c.op IN (1, 2, 3) AND NOT EXISTS (
  SELECT 1 FROM `kith`.`changeset_rows_out_raw` AS o WHERE o.row_id = c.row_id AND (o.op = c.op OR o.op = 2 AND c.op = 3)
    AND (c.op != 1 OR o.key = c.key AND o.action = c.action AND (o.reason = 0) = (c.reason = 0) AND o.fields = c.fields)
);

-- fold_count (sync rows_out)
SELECT COUNT(*), (
  SELECT IFNULL(STRING_AGG(SUBSTR(table_name, LENGTH('scratch_fold_baseline_rows_out_') + 1)), '') FROM `kith`.INFORMATION_SCHEMA.TABLES
  WHERE STARTS_WITH(table_name, 'scratch_fold_baseline_rows_out_') AND REGEXP_CONTAINS(SUBSTR(table_name, LENGTH('scratch_fold_baseline_rows_out_') + 1), '^[0-9a-f]{16}$')
) FROM `kith`.`acks_rows_out` WHERE ver >= 4294967296;

-- fold_stage (sync rows_out)
CREATE OR REPLACE TABLE `kith`.`scratch_fold_baseline_rows_out_0123456789abcdef` OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 2 DAY)) AS
SELECT * FROM `kith`.`acks_rows_out` WHERE ver >= 4294967296
QUALIFY ROW_NUMBER() OVER (PARTITION BY row_id ORDER BY ver DESC, `at` DESC) = 1;

-- fold_merge (sync rows_out)
MERGE `kith`.`baseline_rows_out` AS b USING `kith`.`scratch_fold_baseline_rows_out_0123456789abcdef` AS s ON b.row_id = s.row_id
WHEN MATCHED AND s.ver >= b.ver AND s.del = 1 THEN DELETE
WHEN MATCHED AND (s.ver > b.ver OR s.ver = b.ver AND s.mapping >= b.mapping) THEN UPDATE SET kh = s.kh, key = s.key, h = s.h, fh = s.fh, remote_id = s.remote_id, match = s.match, gone = s.gone, mapping = s.mapping, ver = s.ver, del = 0
WHEN NOT MATCHED AND s.del = 0 THEN INSERT (kh, row_id, key, h, fh, remote_id, match, gone, mapping, ver, del)
  VALUES (s.kh, s.row_id, s.key, s.h, s.fh, s.remote_id, s.match, s.gone, s.mapping, s.ver, 0);

-- baseline (sync people_crm) at syncs/all.yml:8:11
CREATE TABLE IF NOT EXISTS `kith`.`baseline_people_crm` (
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
) CLUSTER BY kh, row_id;

-- acknowledgements (sync people_crm) at syncs/all.yml:8:11
CREATE TABLE IF NOT EXISTS `kith`.`acks_people_crm` (
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
) PARTITION BY _PARTITIONDATE CLUSTER BY ver OPTIONS (partition_expiration_days = 60);

-- changeset table (sync people_crm) at syncs/all.yml:8:11
CREATE TABLE `kith`.`changeset_people_crm_raw` (
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
) CLUSTER BY op, kh, row_id;

-- digest (sync people_crm) at syncs/all.yml:8:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_people_crm_digest` CLUSTER BY bucket OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 2 DAY)) AS
SELECT bucket, COUNTIF(differs) AS d, SUM(copies) AS desired_rows, COUNTIF(b.gone = 0) AS baseline_rows, COUNTIF(b.gone != 0) AS gone_rows, SUM(no_id) AS no_id, SUM(no_key) AS no_key, 0 AS earlier_rows,
  ARRAY_AGG(IF(differs, STRUCT(c, b, copies), NULL) IGNORE NULLS) AS pairs
FROM (
  SELECT *, IFNULL(c.kh, IFNULL(b.kh, 0)) >> 47 AS bucket,
    CASE WHEN copies = 0 THEN b.row_id IS NOT NULL AND b.gone = 0 WHEN b.row_id IS NULL OR copies > 1 THEN TRUE ELSE (c.h != b.h) END AS differs
  FROM (
    SELECT row_id, ARRAY_AGG(c IGNORE NULLS LIMIT 1)[SAFE_OFFSET(0)] AS c, ARRAY_AGG(b IGNORE NULLS LIMIT 1)[SAFE_OFFSET(0)] AS b,
      COUNTIF(ok) AS copies, COUNTIF(NOT has_id) AS no_id, COUNTIF(has_id AND NOT has_key) AS no_key
    FROM (
      SELECT row_id, IF(ok, STRUCT(kh, h, row_id, key, __kith_f0, __kith_f1, __kith_f2, __kith_f3, __kith_f4, __kith_f5, match, `at`), NULL) AS c, NULL AS b, ok, has_id, has_key
      FROM (
SELECT (FARM_FINGERPRINT(IFNULL(__kith_id, '')) & 0x7FFFFFFFFFFFFFFF) AS kh, GREATEST(FARM_FINGERPRINT(CONCAT(TO_JSON_STRING(__kith_key), ',', TO_JSON_STRING(__kith_f0), ',', TO_JSON_STRING(CAST(__kith_f1 AS STRING)), ',', TO_JSON_STRING(CASE WHEN __kith_f2 THEN 'true' WHEN NOT __kith_f2 THEN 'false' END), ',', TO_JSON_STRING(CAST(__kith_f3 AS STRING)), ',', TO_JSON_STRING(__kith_f4), ',', TO_JSON_STRING(CAST(__kith_f5 AS STRING)), ',')) & 0x7FFFFFFFFFFFFFFF, 1) AS h, __kith_id AS row_id, __kith_key AS key,
  __kith_f0, __kith_f1, __kith_f2, __kith_f3, __kith_f4, __kith_f5, __kith_match AS match, __kith_at AS `at`,
  (IFNULL(__kith_id, '') != '') AS has_id, (IFNULL(__kith_key, '') != '') AS has_key, ((IFNULL(__kith_id, '') != '') AND (IFNULL(__kith_key, '') != '')) AS ok
FROM (
SELECT entity_id AS __kith_id,
  NULLIF(LOWER(TRIM(IF(IFNULL((`email` IN UNNEST(`__kith_granted_by_address`)), FALSE), `email`, `__kith_granted_by_address`[SAFE_OFFSET(0)]), ' ')), '') AS __kith_key,
  `nick` AS __kith_f0,
  `spent` AS __kith_f1,
  CAST(`__kith_segment_best` AS BOOL) AS __kith_f2,
  `tier` AS __kith_f3,
  CAST((
concat(nick, '!')
) AS STRING) AS __kith_f4,
  `__kith_related_0_staff_spent` AS __kith_f5,
  '' AS __kith_match,
  CAST(NULL AS TIMESTAMP) AS __kith_at
FROM `kith`.`profile_person_build`
WHERE `__kith_segment_spenders` AND (`__kith_consent_general` AND `__kith_consent_by_address` AND (NOT `__kith_segment_bounced`))
)
)
      UNION ALL
      SELECT row_id, NULL, STRUCT(kh, row_id, key, h, fh, remote_id, match, gone, mapping, ver), FALSE, TRUE, TRUE
      FROM `kith`.`baseline_people_crm`
    ) GROUP BY row_id
  )
) GROUP BY bucket;

-- digest totals (sync people_crm) at syncs/all.yml:8:11
SELECT COUNTIF(d != 0), SUM(desired_rows), SUM(baseline_rows), SUM(no_id), SUM(no_key), SUM(d), IF(COUNT(*) > 0 OR NOT EXISTS (SELECT 1 FROM `kith`.`baseline_people_crm`), 1, 0), IFNULL(SUM(earlier_rows), 0), IFNULL(SUM(gone_rows), 0)
FROM `kith`.`scratch_run_people_crm_digest`;

-- changeset (sync people_crm) at syncs/all.yml:8:11
INSERT INTO `kith`.`changeset_people_crm_raw` (op, kh, row_id, action, reason, key, old_key, h, fh, changed, fields, match, old_match, remote_id, `at`, gone, del)
SELECT
  op, kh, row_id, act, IF(here, 0, reason),
  IF(op = 1 AND known, old_key, key),
  IF(op = 2, old_key, ''),
  IF(op = 1 OR NOT here, old_h, h),
  fh, changed,
  CASE WHEN op = 1 AND act = 'set' THEN CASE WHEN reason = 4 THEN '{}' WHEN reason = 3 THEN '{}' WHEN reason = 2 THEN '{}' WHEN reason = 1 THEN '{"best":false,"o\'p":"7","good":true,"count":3,"code":"3","said":"it\'s \\"so\\""}' ELSE '' END WHEN op = 1 THEN '' ELSE fields END,
  IF(here AND op != 1, match, old_match),
  IF(op = 2, old_match, ''),
  remote_id, `at`,
  CASE WHEN op = 0 AND NOT here THEN reason WHEN op = 2 THEN old_gone ELSE 0 END,
  0
FROM (
  SELECT r.*, op, IF(op = 1, IF(here, 'delete', action), '') AS act
  FROM (
    SELECT *, CASE WHEN same THEN [0] WHEN NOT here AND action = 'ignore' THEN [0] WHEN NOT here THEN [1] WHEN NOT known THEN [4] WHEN old_gone != 0 AND old_key = key THEN [3]
    WHEN old_key != key THEN [2] WHEN old_h = 0 AND bare THEN [4] ELSE [3] END AS ops
    FROM (
      SELECT here, known, copies, reason, CASE WHEN reason = 4 THEN 'archive' WHEN reason = 3 THEN 'archive' WHEN reason = 2 THEN 'ignore' WHEN reason = 1 THEN 'set' WHEN reason = 5 THEN 'delete' ELSE '' END AS action, fh, IF(here AND known, ARRAY(SELECT i FROM UNNEST(fh) AS x WITH OFFSET AS i WHERE x != IFNULL(b.fh[SAFE_OFFSET(i)], 0) ORDER BY i), []) AS changed, FALSE AS same,
        IF(here, c.kh, b.kh) AS kh, IF(here, c.row_id, b.row_id) AS row_id, IF(here, c.key, b.key) AS key, IFNULL(b.key, '') AS old_key,
        IFNULL(c.h, 0) AS h, IFNULL(b.h, 0) AS old_h, IF(here, CONCAT('{', ARRAY_TO_STRING([IF(c.__kith_f0 IS NULL, NULL, CONCAT('"nick":', TO_JSON_STRING(c.__kith_f0))), IF(c.__kith_f1 IS NULL, NULL, CONCAT('"spent":', CAST(c.__kith_f1 AS STRING))), IF(c.__kith_f2 IS NULL, NULL, CONCAT('"best":', CASE WHEN c.__kith_f2 THEN 'true' WHEN NOT c.__kith_f2 THEN 'false' END)), IF(c.__kith_f3 IS NULL, NULL, CONCAT('"tier":', CAST(c.__kith_f3 AS STRING))), IF(c.__kith_f4 IS NULL, NULL, CONCAT('"label":', TO_JSON_STRING(c.__kith_f4))), IF(c.__kith_f5 IS NULL, NULL, CONCAT('"firm":', CAST(c.__kith_f5 AS STRING)))], ','), '}'), '') AS fields, IFNULL(c.match, '') AS match, IFNULL(b.match, '') AS old_match,
        IFNULL(b.remote_id, '') AS remote_id, c.`at` AS `at`, IFNULL(b.gone, 0) AS old_gone, IFNULL(ARRAY_LENGTH(b.fh), 0) = 0 AS bare
      FROM (
        SELECT p.c AS c, p.b AS b, p.copies AS copies, p.copies > 0 AS here, p.b.row_id IS NOT NULL AS known, IF(STRPOS(p.b.row_id, '\x1ekey-') > 0, 5, 1) AS reason,
          IF(p.copies > 0, (SELECT [(FARM_FINGERPRINT(TO_JSON_STRING(c.__kith_f0)) & 0xFFFFFFFF), (FARM_FINGERPRINT(TO_JSON_STRING(CAST(c.__kith_f1 AS STRING))) & 0xFFFFFFFF), (FARM_FINGERPRINT(TO_JSON_STRING(CASE WHEN c.__kith_f2 THEN 'true' WHEN NOT c.__kith_f2 THEN 'false' END)) & 0xFFFFFFFF), (FARM_FINGERPRINT(TO_JSON_STRING(CAST(c.__kith_f3 AS STRING))) & 0xFFFFFFFF), (FARM_FINGERPRINT(TO_JSON_STRING(c.__kith_f4)) & 0xFFFFFFFF), (FARM_FINGERPRINT(TO_JSON_STRING(CAST(c.__kith_f5 AS STRING))) & 0xFFFFFFFF)] FROM UNNEST([p.c]) AS c), p.b.fh) AS fh
        FROM `kith`.`scratch_run_people_crm_digest` AS g, UNNEST(g.pairs) AS p WHERE bucket BETWEEN 0 >> 47 AND 9223372036854775807 >> 47
      )
    )
  ) AS r, UNNEST(r.ops) AS op, UNNEST(GENERATE_ARRAY(1, GREATEST(r.copies, 1))) AS copy
);

-- stronger reasons (sync people_crm) at syncs/all.yml:8:11
INSERT INTO `kith`.`changeset_people_crm_raw` (op, kh, row_id, action, reason, key, old_key, h, fh, changed, fields, match, old_match, remote_id, `at`, gone, del)
SELECT IF(act = 'ignore', 0, 1), kh, row_id, act, reason, key, '', h, fh, [], IF(act = 'set', CASE WHEN reason = 4 THEN '{}' WHEN reason = 3 THEN '{}' WHEN reason = 2 THEN '{}' WHEN reason = 1 THEN '{"best":false,"o\'p":"7","good":true,"count":3,"code":"3","said":"it\'s \\"so\\""}' ELSE '' END, ''), match, '', remote_id, CAST(NULL AS TIMESTAMP), IF(act = 'ignore', reason, 0), 0
FROM (
  SELECT *, CASE WHEN reason = 4 THEN 'archive' WHEN reason = 3 THEN 'archive' WHEN reason = 2 THEN 'ignore' WHEN reason = 1 THEN 'set' WHEN reason = 5 THEN 'delete' ELSE '' END AS act
  FROM (
    SELECT b.*, CASE WHEN w.__kith_withdrawn = 1 THEN 4 WHEN w.__kith_merged = 1 THEN 3 WHEN IFNULL(w.__kith_id, '') = '' THEN 2 ELSE 1 END AS reason
    FROM (SELECT *, IF(STRPOS(row_id, '\x1ekey-') > 0, SUBSTR(row_id, 1, STRPOS(row_id, '\x1ekey-') - 1), row_id) AS own FROM `kith`.`baseline_people_crm` WHERE gone != 0) AS b
    LEFT JOIN (
      SELECT __kith_id, MAX(__kith_withdrawn) AS __kith_withdrawn, MAX(__kith_merged) AS __kith_merged FROM (
SELECT entity_id AS __kith_id, IF((`__kith_consent_general` AND `__kith_consent_by_address` AND (NOT `__kith_segment_bounced`)), 0, 1) AS __kith_withdrawn, 0 AS __kith_merged FROM `kith`.`profile_person_build`
UNION ALL
SELECT __kith_a.old_id, COALESCE(__kith_w.__kith_withdrawn, 0), 1 FROM (SELECT old_id, new_id FROM (
  SELECT old_id, new_id FROM (
    SELECT old_id, ARRAY_AGG(new_id ORDER BY `at` DESC LIMIT 1)[OFFSET(0)] AS new_id FROM `kith`.`entity_merges`
    WHERE entity = 'person' AND (build = 'build' OR build IN (SELECT build FROM `kith`.`builds`))
    GROUP BY old_id
  ) WHERE new_id != ''
)) AS __kith_a
LEFT JOIN (
SELECT entity_id AS __kith_id, IF((`__kith_consent_general` AND `__kith_consent_by_address` AND (NOT `__kith_segment_bounced`)), 0, 1) AS __kith_withdrawn, 0 AS __kith_merged FROM `kith`.`profile_person_build` WHERE entity_id IN (SELECT new_id FROM (SELECT old_id, new_id FROM (
  SELECT old_id, new_id FROM (
    SELECT old_id, ARRAY_AGG(new_id ORDER BY `at` DESC LIMIT 1)[OFFSET(0)] AS new_id FROM `kith`.`entity_merges`
    WHERE entity = 'person' AND (build = 'build' OR build IN (SELECT build FROM `kith`.`builds`))
    GROUP BY old_id
  ) WHERE new_id != ''
)))
) AS __kith_w ON __kith_a.new_id = __kith_w.__kith_id
      ) WHERE __kith_id IN (SELECT IF(STRPOS(row_id, '\x1ekey-') > 0, SUBSTR(row_id, 1, STRPOS(row_id, '\x1ekey-') - 1), row_id) FROM `kith`.`baseline_people_crm` WHERE gone != 0) GROUP BY __kith_id
    ) AS w ON b.own = w.__kith_id
    WHERE b.own NOT IN (SELECT row_id FROM (
SELECT (FARM_FINGERPRINT(IFNULL(__kith_id, '')) & 0x7FFFFFFFFFFFFFFF) AS kh, GREATEST(FARM_FINGERPRINT(CONCAT(TO_JSON_STRING(__kith_key), ',', TO_JSON_STRING(__kith_f0), ',', TO_JSON_STRING(CAST(__kith_f1 AS STRING)), ',', TO_JSON_STRING(CASE WHEN __kith_f2 THEN 'true' WHEN NOT __kith_f2 THEN 'false' END), ',', TO_JSON_STRING(CAST(__kith_f3 AS STRING)), ',', TO_JSON_STRING(__kith_f4), ',', TO_JSON_STRING(CAST(__kith_f5 AS STRING)), ',')) & 0x7FFFFFFFFFFFFFFF, 1) AS h, __kith_id AS row_id, __kith_key AS key,
  __kith_f0, __kith_f1, __kith_f2, __kith_f3, __kith_f4, __kith_f5, __kith_match AS match, __kith_at AS `at`
FROM (
SELECT entity_id AS __kith_id,
  NULLIF(LOWER(TRIM(IF(IFNULL((`email` IN UNNEST(`__kith_granted_by_address`)), FALSE), `email`, `__kith_granted_by_address`[SAFE_OFFSET(0)]), ' ')), '') AS __kith_key,
  `nick` AS __kith_f0,
  `spent` AS __kith_f1,
  CAST(`__kith_segment_best` AS BOOL) AS __kith_f2,
  `tier` AS __kith_f3,
  CAST((
concat(nick, '!')
) AS STRING) AS __kith_f4,
  `__kith_related_0_staff_spent` AS __kith_f5,
  '' AS __kith_match,
  CAST(NULL AS TIMESTAMP) AS __kith_at
FROM `kith`.`profile_person_build`
WHERE `__kith_segment_spenders` AND (`__kith_consent_general` AND `__kith_consent_by_address` AND (NOT `__kith_segment_bounced`))
) WHERE ((IFNULL(__kith_id, '') != '') AND (IFNULL(__kith_key, '') != ''))
    ))
  ) WHERE reason > gone
);

-- repeated row ids (sync people_crm) at syncs/all.yml:8:11
SELECT COUNT(*), IFNULL(MAX(n), 0) FROM (SELECT COUNT(*) AS n FROM `kith`.`changeset_people_crm_raw` WHERE op != 1 GROUP BY kh, row_id HAVING COUNT(*) > 1);

-- verdicts (sync people_crm) at syncs/all.yml:8:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_people_crm_fix` (kh INT64, row_id STRING, op INT64, verdict INT64, reason INT64, code STRING) OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 2 DAY));

-- duplicate keys (sync people_crm) at syncs/all.yml:8:11
INSERT INTO `kith`.`scratch_run_people_crm_fix` (kh, row_id, op, verdict, reason, code)
SELECT kh, row_id, 255, 1, 0, 'duplicate_key' FROM `kith`.`changeset_people_crm_raw` WHERE op IN (2, 3, 4) AND key IN (
  SELECT key FROM (
SELECT (FARM_FINGERPRINT(IFNULL(__kith_id, '')) & 0x7FFFFFFFFFFFFFFF) AS kh, GREATEST(FARM_FINGERPRINT(CONCAT(TO_JSON_STRING(__kith_key), ',', TO_JSON_STRING(__kith_f0), ',', TO_JSON_STRING(CAST(__kith_f1 AS STRING)), ',', TO_JSON_STRING(CASE WHEN __kith_f2 THEN 'true' WHEN NOT __kith_f2 THEN 'false' END), ',', TO_JSON_STRING(CAST(__kith_f3 AS STRING)), ',', TO_JSON_STRING(__kith_f4), ',', TO_JSON_STRING(CAST(__kith_f5 AS STRING)), ',')) & 0x7FFFFFFFFFFFFFFF, 1) AS h, __kith_id AS row_id, __kith_key AS key,
  __kith_f0, __kith_f1, __kith_f2, __kith_f3, __kith_f4, __kith_f5, __kith_match AS match, __kith_at AS `at`
FROM (
SELECT entity_id AS __kith_id,
  NULLIF(LOWER(TRIM(IF(IFNULL((`email` IN UNNEST(`__kith_granted_by_address`)), FALSE), `email`, `__kith_granted_by_address`[SAFE_OFFSET(0)]), ' ')), '') AS __kith_key,
  `nick` AS __kith_f0,
  `spent` AS __kith_f1,
  CAST(`__kith_segment_best` AS BOOL) AS __kith_f2,
  `tier` AS __kith_f3,
  CAST((
concat(nick, '!')
) AS STRING) AS __kith_f4,
  `__kith_related_0_staff_spent` AS __kith_f5,
  '' AS __kith_match,
  CAST(NULL AS TIMESTAMP) AS __kith_at
FROM `kith`.`profile_person_build`
WHERE `__kith_segment_spenders` AND (`__kith_consent_general` AND `__kith_consent_by_address` AND (NOT `__kith_segment_bounced`))
) WHERE ((IFNULL(__kith_id, '') != '') AND (IFNULL(__kith_key, '') != ''))
  ) GROUP BY key HAVING COUNT(*) > 1
);

-- taken keys (sync people_crm) at syncs/all.yml:8:11
INSERT INTO `kith`.`scratch_run_people_crm_fix` (kh, row_id, op, verdict, reason, code)
SELECT kh, row_id, op, IF(reason = 5 AND kh IN (SELECT kh FROM `kith`.`changeset_people_crm_raw` WHERE op > 1), 1, 7), 0, '' FROM `kith`.`changeset_people_crm_raw` WHERE (op = 1 OR op = 0 AND reason != 0) AND key IN (
  SELECT key FROM (
SELECT (FARM_FINGERPRINT(IFNULL(__kith_id, '')) & 0x7FFFFFFFFFFFFFFF) AS kh, GREATEST(FARM_FINGERPRINT(CONCAT(TO_JSON_STRING(__kith_key), ',', TO_JSON_STRING(__kith_f0), ',', TO_JSON_STRING(CAST(__kith_f1 AS STRING)), ',', TO_JSON_STRING(CASE WHEN __kith_f2 THEN 'true' WHEN NOT __kith_f2 THEN 'false' END), ',', TO_JSON_STRING(CAST(__kith_f3 AS STRING)), ',', TO_JSON_STRING(__kith_f4), ',', TO_JSON_STRING(CAST(__kith_f5 AS STRING)), ',')) & 0x7FFFFFFFFFFFFFFF, 1) AS h, __kith_id AS row_id, __kith_key AS key,
  __kith_f0, __kith_f1, __kith_f2, __kith_f3, __kith_f4, __kith_f5, __kith_match AS match, __kith_at AS `at`
FROM (
SELECT entity_id AS __kith_id,
  NULLIF(LOWER(TRIM(IF(IFNULL((`email` IN UNNEST(`__kith_granted_by_address`)), FALSE), `email`, `__kith_granted_by_address`[SAFE_OFFSET(0)]), ' ')), '') AS __kith_key,
  `nick` AS __kith_f0,
  `spent` AS __kith_f1,
  CAST(`__kith_segment_best` AS BOOL) AS __kith_f2,
  `tier` AS __kith_f3,
  CAST((
concat(nick, '!')
) AS STRING) AS __kith_f4,
  `__kith_related_0_staff_spent` AS __kith_f5,
  '' AS __kith_match,
  CAST(NULL AS TIMESTAMP) AS __kith_at
FROM `kith`.`profile_person_build`
WHERE `__kith_segment_spenders` AND (`__kith_consent_general` AND `__kith_consent_by_address` AND (NOT `__kith_segment_bounced`))
) WHERE ((IFNULL(__kith_id, '') != '') AND (IFNULL(__kith_key, '') != ''))
  )
);

-- keys of withdrawn (sync people_crm) at syncs/all.yml:8:11
INSERT INTO `kith`.`scratch_run_people_crm_fix` (kh, row_id, op, verdict, reason, code)
SELECT kh, row_id, op, IF(key IN (
  SELECT key FROM `kith`.`changeset_people_crm_raw` WHERE op = 4 AND row_id NOT IN (SELECT row_id FROM `kith`.`scratch_run_people_crm_fix` WHERE verdict = 1 AND op IN (4, 255) AND code NOT IN ('', 'pending'))
), 1, 8), 0, '' FROM `kith`.`changeset_people_crm_raw` WHERE (op = 1 OR op = 0 AND reason != 0)
AND row_id IN (SELECT row_id FROM `kith`.`scratch_run_people_crm_fix` WHERE verdict = 7) AND (reason = 4 OR row_id IN (SELECT row_id FROM `kith`.`scratch_run_people_crm_fix` WHERE op < 2 AND verdict = 3 AND reason = 4))
AND key NOT IN (
  SELECT key FROM (
SELECT (FARM_FINGERPRINT(IFNULL(__kith_id, '')) & 0x7FFFFFFFFFFFFFFF) AS kh, GREATEST(FARM_FINGERPRINT(CONCAT(TO_JSON_STRING(__kith_key), ',', TO_JSON_STRING(__kith_f0), ',', TO_JSON_STRING(CAST(__kith_f1 AS STRING)), ',', TO_JSON_STRING(CASE WHEN __kith_f2 THEN 'true' WHEN NOT __kith_f2 THEN 'false' END), ',', TO_JSON_STRING(CAST(__kith_f3 AS STRING)), ',', TO_JSON_STRING(__kith_f4), ',', TO_JSON_STRING(CAST(__kith_f5 AS STRING)), ',')) & 0x7FFFFFFFFFFFFFFF, 1) AS h, __kith_id AS row_id, __kith_key AS key,
  __kith_f0, __kith_f1, __kith_f2, __kith_f3, __kith_f4, __kith_f5, __kith_match AS match, __kith_at AS `at`
FROM (
SELECT entity_id AS __kith_id,
  NULLIF(LOWER(TRIM(IF(IFNULL((`email` IN UNNEST(`__kith_granted_by_address`)), FALSE), `email`, `__kith_granted_by_address`[SAFE_OFFSET(0)]), ' ')), '') AS __kith_key,
  `nick` AS __kith_f0,
  `spent` AS __kith_f1,
  CAST(`__kith_segment_best` AS BOOL) AS __kith_f2,
  `tier` AS __kith_f3,
  CAST((
concat(nick, '!')
) AS STRING) AS __kith_f4,
  `__kith_related_0_staff_spent` AS __kith_f5,
  '' AS __kith_match,
  CAST(NULL AS TIMESTAMP) AS __kith_at
FROM `kith`.`profile_person_build`
WHERE `__kith_segment_spenders` AND (`__kith_consent_general` AND `__kith_consent_by_address` AND (NOT `__kith_segment_bounced`))
) WHERE ((IFNULL(__kith_id, '') != '') AND (IFNULL(__kith_key, '') != ''))
  ) WHERE row_id NOT IN (SELECT row_id FROM `kith`.`changeset_people_crm_raw` WHERE op IN (2, 4) AND row_id NOT IN (SELECT row_id FROM `kith`.`scratch_run_people_crm_fix` WHERE verdict = 6))
);

-- passed records (sync people_crm) at syncs/all.yml:8:11
INSERT INTO `kith`.`scratch_run_people_crm_fix` (kh, row_id, op, verdict, reason, code)
SELECT kh, row_id, op, IF(op = 2, 5, 2), 0, '' FROM `kith`.`changeset_people_crm_raw` WHERE (op = 2 AND gone != 0 OR (op = 1 OR op = 0 AND reason != 0) AND reason != 5 AND h = 0) AND row_id NOT IN (SELECT row_id FROM (
  SELECT * FROM (SELECT * FROM `kith`.`foreign_rows` WHERE sync = 'people_crm' QUALIFY ROW_NUMBER() OVER (PARTITION BY kh, row_id ORDER BY ver DESC) = 1) WHERE del = 0
)) AND row_id IN (
  SELECT x.id FROM (
    SELECT row_id AS id, own, record FROM (SELECT row_id, IF(STRPOS(row_id, '\x1ekey-') > 0, SUBSTR(row_id, 1, STRPOS(row_id, '\x1ekey-') - 1), row_id) AS own, IF(op = 2, old_key, key) AS k, remote_id FROM `kith`.`changeset_people_crm_raw` WHERE op = 2 AND gone != 0 OR (op = 1 OR op = 0 AND reason != 0) AND reason != 5 AND h = 0), UNNEST([IF(IFNULL(remote_id, '') NOT IN ('', '\x1enone'), CONCAT('r', remote_id), CONCAT('k', k)), CONCAT('u', k)]) AS record
  ) AS x
  JOIN (
    SELECT row_id AS id, IF(STRPOS(row_id, '\x1ekey-') > 0, SUBSTR(row_id, 1, STRPOS(row_id, '\x1ekey-') - 1), row_id) AS own, gone, ver, record FROM `kith`.`baseline_people_crm`, UNNEST(IF(IFNULL(remote_id, '') NOT IN ('', '\x1enone'), [CONCAT('r', remote_id), CONCAT('k', key)], [CONCAT('u', key)])) AS record
    WHERE (key IN (SELECT k FROM (SELECT row_id, IF(STRPOS(row_id, '\x1ekey-') > 0, SUBSTR(row_id, 1, STRPOS(row_id, '\x1ekey-') - 1), row_id) AS own, IF(op = 2, old_key, key) AS k, remote_id FROM `kith`.`changeset_people_crm_raw` WHERE op = 2 AND gone != 0 OR (op = 1 OR op = 0 AND reason != 0) AND reason != 5 AND h = 0)) OR IFNULL(remote_id, '') NOT IN ('', '\x1enone') AND remote_id IN (SELECT remote_id FROM (SELECT row_id, IF(STRPOS(row_id, '\x1ekey-') > 0, SUBSTR(row_id, 1, STRPOS(row_id, '\x1ekey-') - 1), row_id) AS own, IF(op = 2, old_key, key) AS k, remote_id FROM `kith`.`changeset_people_crm_raw` WHERE op = 2 AND gone != 0 OR (op = 1 OR op = 0 AND reason != 0) AND reason != 5 AND h = 0))) AND (h != 0 OR IFNULL(ARRAY_LENGTH(fh), 0) > 0 OR IFNULL(remote_id, '') NOT IN ('', '\x1enone')) AND row_id NOT IN (SELECT row_id FROM (
  SELECT * FROM (SELECT * FROM `kith`.`foreign_rows` WHERE sync = 'people_crm' QUALIFY ROW_NUMBER() OVER (PARTITION BY kh, row_id ORDER BY ver DESC) = 1) WHERE del = 0
))
  ) AS y ON x.record = y.record
  GROUP BY x.id, x.own HAVING LOGICAL_OR(y.id = x.id AND y.gone != 0) AND ARRAY_AGG(y.own ORDER BY IF(y.gone = 0, 0, 1), y.ver DESC LIMIT 1)[OFFSET(0)] != x.own
);

-- returned keys (sync people_crm) at syncs/all.yml:8:11
INSERT INTO `kith`.`scratch_run_people_crm_fix` (kh, row_id, op, verdict, reason, code)
SELECT kh, row_id, op, 5, 0, '' FROM `kith`.`changeset_people_crm_raw` WHERE op = 2 AND gone != 0 AND row_id NOT IN (SELECT row_id FROM (
  SELECT * FROM (SELECT * FROM `kith`.`foreign_rows` WHERE sync = 'people_crm' QUALIFY ROW_NUMBER() OVER (PARTITION BY kh, row_id ORDER BY ver DESC) = 1) WHERE del = 0
)) AND (old_key NOT IN (SELECT key FROM `kith`.`changeset_people_crm_raw` WHERE op = 2) OR CONCAT(TO_JSON_STRING(old_key), TO_JSON_STRING(key)) IN (SELECT CONCAT(TO_JSON_STRING(key), TO_JSON_STRING(old_key)) FROM `kith`.`changeset_people_crm_raw` WHERE op = 2 AND gone != 0)) AND old_key IN (
  SELECT key FROM (
SELECT (FARM_FINGERPRINT(IFNULL(__kith_id, '')) & 0x7FFFFFFFFFFFFFFF) AS kh, GREATEST(FARM_FINGERPRINT(CONCAT(TO_JSON_STRING(__kith_key), ',', TO_JSON_STRING(__kith_f0), ',', TO_JSON_STRING(CAST(__kith_f1 AS STRING)), ',', TO_JSON_STRING(CASE WHEN __kith_f2 THEN 'true' WHEN NOT __kith_f2 THEN 'false' END), ',', TO_JSON_STRING(CAST(__kith_f3 AS STRING)), ',', TO_JSON_STRING(__kith_f4), ',', TO_JSON_STRING(CAST(__kith_f5 AS STRING)), ',')) & 0x7FFFFFFFFFFFFFFF, 1) AS h, __kith_id AS row_id, __kith_key AS key,
  __kith_f0, __kith_f1, __kith_f2, __kith_f3, __kith_f4, __kith_f5, __kith_match AS match, __kith_at AS `at`
FROM (
SELECT entity_id AS __kith_id,
  NULLIF(LOWER(TRIM(IF(IFNULL((`email` IN UNNEST(`__kith_granted_by_address`)), FALSE), `email`, `__kith_granted_by_address`[SAFE_OFFSET(0)]), ' ')), '') AS __kith_key,
  `nick` AS __kith_f0,
  `spent` AS __kith_f1,
  CAST(`__kith_segment_best` AS BOOL) AS __kith_f2,
  `tier` AS __kith_f3,
  CAST((
concat(nick, '!')
) AS STRING) AS __kith_f4,
  `__kith_related_0_staff_spent` AS __kith_f5,
  '' AS __kith_match,
  CAST(NULL AS TIMESTAMP) AS __kith_at
FROM `kith`.`profile_person_build`
WHERE `__kith_segment_spenders` AND (`__kith_consent_general` AND `__kith_consent_by_address` AND (NOT `__kith_segment_bounced`))
) WHERE ((IFNULL(__kith_id, '') != '') AND (IFNULL(__kith_key, '') != ''))
  )
);

-- returned rows (sync people_crm) at syncs/all.yml:8:11
INSERT INTO `kith`.`changeset_people_crm_raw` (op, kh, row_id, action, reason, key, old_key, h, fh, changed, fields, match, old_match, remote_id, `at`, gone, del)
SELECT half, kh, row_id, '', 0, IF(half = 0, old_key, key), '', IF(half = 0, 0, h), fh, changed, IF(half = 0, '', fields), match, '', IF(half = 0, remote_id, ''), `at`, 0, IF(half = 0, 1, 0)
FROM `kith`.`changeset_people_crm_raw`, UNNEST([0, 4]) AS half WHERE op = 2 AND gone != 0 AND row_id IN (SELECT row_id FROM `kith`.`scratch_run_people_crm_fix` WHERE verdict = 5);

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
INSERT INTO `kith`.`changeset_people_crm_raw` (op, kh, row_id, action, reason, key, old_key, h, fh, changed, fields, match, old_match, remote_id, `at`, gone, del)
SELECT half, kh, row_id, '', 0, key, '', IF(half = 0, 0, h), IF(half = 0, ARRAY(SELECT 0 FROM UNNEST(fh)), fh), GENERATE_ARRAY(0, ARRAY_LENGTH(fh) - 1), IF(half = 0, '', fields), match, '', o.id, `at`, 0, 0
FROM (SELECT * FROM `kith`.`changeset_people_crm_raw`, UNNEST([0, 3]) AS half WHERE op = 2 AND row_id IN (SELECT row_id FROM `kith`.`scratch_run_people_crm_fix` WHERE verdict = 6)) AS r
JOIN (SELECT old_key AS stands, remote_id AS id FROM `kith`.`changeset_people_crm_raw` WHERE op = 2 AND row_id IN (SELECT row_id FROM `kith`.`scratch_run_people_crm_fix` WHERE verdict = 6)) AS o ON r.key = o.stands;

-- reasons (sync people_crm) at syncs/all.yml:8:11
INSERT INTO `kith`.`scratch_run_people_crm_fix` (kh, row_id, op, verdict, reason, code)
SELECT kh, row_id, op, 3, why, '' FROM (
  SELECT r.kh AS kh, r.row_id AS row_id, r.op AS op, r.reason AS reason, CASE WHEN w.__kith_withdrawn = 1 THEN 4 WHEN w.__kith_merged = 1 THEN 3 WHEN IFNULL(w.__kith_id, '') = '' THEN 2 ELSE 1 END AS why
  FROM (SELECT kh, row_id, op, reason, IF(STRPOS(row_id, '\x1ekey-') > 0, SUBSTR(row_id, 1, STRPOS(row_id, '\x1ekey-') - 1), row_id) AS own FROM `kith`.`changeset_people_crm_raw` WHERE reason NOT IN (0, 5)) AS r
  LEFT JOIN (
    SELECT __kith_id, MAX(__kith_withdrawn) AS __kith_withdrawn, MAX(__kith_merged) AS __kith_merged FROM (
SELECT entity_id AS __kith_id, IF((`__kith_consent_general` AND `__kith_consent_by_address` AND (NOT `__kith_segment_bounced`)), 0, 1) AS __kith_withdrawn, 0 AS __kith_merged FROM `kith`.`profile_person_build`
UNION ALL
SELECT __kith_a.old_id, COALESCE(__kith_w.__kith_withdrawn, 0), 1 FROM (SELECT old_id, new_id FROM (
  SELECT old_id, new_id FROM (
    SELECT old_id, ARRAY_AGG(new_id ORDER BY `at` DESC LIMIT 1)[OFFSET(0)] AS new_id FROM `kith`.`entity_merges`
    WHERE entity = 'person' AND (build = 'build' OR build IN (SELECT build FROM `kith`.`builds`))
    GROUP BY old_id
  ) WHERE new_id != ''
)) AS __kith_a
LEFT JOIN (
SELECT entity_id AS __kith_id, IF((`__kith_consent_general` AND `__kith_consent_by_address` AND (NOT `__kith_segment_bounced`)), 0, 1) AS __kith_withdrawn, 0 AS __kith_merged FROM `kith`.`profile_person_build` WHERE entity_id IN (SELECT new_id FROM (SELECT old_id, new_id FROM (
  SELECT old_id, new_id FROM (
    SELECT old_id, ARRAY_AGG(new_id ORDER BY `at` DESC LIMIT 1)[OFFSET(0)] AS new_id FROM `kith`.`entity_merges`
    WHERE entity = 'person' AND (build = 'build' OR build IN (SELECT build FROM `kith`.`builds`))
    GROUP BY old_id
  ) WHERE new_id != ''
)))
) AS __kith_w ON __kith_a.new_id = __kith_w.__kith_id
    ) WHERE __kith_id IN (SELECT IF(STRPOS(row_id, '\x1ekey-') > 0, SUBSTR(row_id, 1, STRPOS(row_id, '\x1ekey-') - 1), row_id) FROM `kith`.`changeset_people_crm_raw` WHERE reason NOT IN (0, 5)) GROUP BY __kith_id
  ) AS w ON r.own = w.__kith_id
) WHERE why != reason;

-- doubtful keys (sync people_crm) at syncs/all.yml:8:11
INSERT INTO `kith`.`scratch_run_people_crm_fix` (kh, row_id, op, verdict, reason, code)
SELECT kh, row_id, op, 3, why, '' FROM (
  SELECT r.kh AS kh, r.row_id AS row_id, r.op AS op, r.own AS own, CASE WHEN w.__kith_withdrawn = 1 THEN 4 WHEN w.__kith_merged = 1 THEN 3 WHEN IFNULL(w.__kith_id, '') = '' THEN 2 ELSE 1 END AS why
  FROM (SELECT kh, row_id, op, IF(STRPOS(row_id, '\x1ekey-') > 0, SUBSTR(row_id, 1, STRPOS(row_id, '\x1ekey-') - 1), row_id) AS own FROM `kith`.`changeset_people_crm_raw` WHERE reason = 5) AS r
  LEFT JOIN (
    SELECT __kith_id, MAX(__kith_withdrawn) AS __kith_withdrawn, MAX(__kith_merged) AS __kith_merged FROM (
SELECT entity_id AS __kith_id, IF((`__kith_consent_general` AND `__kith_consent_by_address` AND (NOT `__kith_segment_bounced`)), 0, 1) AS __kith_withdrawn, 0 AS __kith_merged FROM `kith`.`profile_person_build`
UNION ALL
SELECT __kith_a.old_id, COALESCE(__kith_w.__kith_withdrawn, 0), 1 FROM (SELECT old_id, new_id FROM (
  SELECT old_id, new_id FROM (
    SELECT old_id, ARRAY_AGG(new_id ORDER BY `at` DESC LIMIT 1)[OFFSET(0)] AS new_id FROM `kith`.`entity_merges`
    WHERE entity = 'person' AND (build = 'build' OR build IN (SELECT build FROM `kith`.`builds`))
    GROUP BY old_id
  ) WHERE new_id != ''
)) AS __kith_a
LEFT JOIN (
SELECT entity_id AS __kith_id, IF((`__kith_consent_general` AND `__kith_consent_by_address` AND (NOT `__kith_segment_bounced`)), 0, 1) AS __kith_withdrawn, 0 AS __kith_merged FROM `kith`.`profile_person_build` WHERE entity_id IN (SELECT new_id FROM (SELECT old_id, new_id FROM (
  SELECT old_id, new_id FROM (
    SELECT old_id, ARRAY_AGG(new_id ORDER BY `at` DESC LIMIT 1)[OFFSET(0)] AS new_id FROM `kith`.`entity_merges`
    WHERE entity = 'person' AND (build = 'build' OR build IN (SELECT build FROM `kith`.`builds`))
    GROUP BY old_id
  ) WHERE new_id != ''
)))
) AS __kith_w ON __kith_a.new_id = __kith_w.__kith_id
    ) WHERE __kith_id IN (SELECT IF(STRPOS(row_id, '\x1ekey-') > 0, SUBSTR(row_id, 1, STRPOS(row_id, '\x1ekey-') - 1), row_id) FROM `kith`.`changeset_people_crm_raw` WHERE reason = 5) GROUP BY __kith_id
  ) AS w ON r.own = w.__kith_id
) WHERE why != 3 AND own NOT IN (
  SELECT row_id FROM (
SELECT (FARM_FINGERPRINT(IFNULL(__kith_id, '')) & 0x7FFFFFFFFFFFFFFF) AS kh, GREATEST(FARM_FINGERPRINT(CONCAT(TO_JSON_STRING(__kith_key), ',', TO_JSON_STRING(__kith_f0), ',', TO_JSON_STRING(CAST(__kith_f1 AS STRING)), ',', TO_JSON_STRING(CASE WHEN __kith_f2 THEN 'true' WHEN NOT __kith_f2 THEN 'false' END), ',', TO_JSON_STRING(CAST(__kith_f3 AS STRING)), ',', TO_JSON_STRING(__kith_f4), ',', TO_JSON_STRING(CAST(__kith_f5 AS STRING)), ',')) & 0x7FFFFFFFFFFFFFFF, 1) AS h, __kith_id AS row_id, __kith_key AS key,
  __kith_f0, __kith_f1, __kith_f2, __kith_f3, __kith_f4, __kith_f5, __kith_match AS match, __kith_at AS `at`
FROM (
SELECT entity_id AS __kith_id,
  NULLIF(LOWER(TRIM(IF(IFNULL((`email` IN UNNEST(`__kith_granted_by_address`)), FALSE), `email`, `__kith_granted_by_address`[SAFE_OFFSET(0)]), ' ')), '') AS __kith_key,
  `nick` AS __kith_f0,
  `spent` AS __kith_f1,
  CAST(`__kith_segment_best` AS BOOL) AS __kith_f2,
  `tier` AS __kith_f3,
  CAST((
concat(nick, '!')
) AS STRING) AS __kith_f4,
  `__kith_related_0_staff_spent` AS __kith_f5,
  '' AS __kith_match,
  CAST(NULL AS TIMESTAMP) AS __kith_at
FROM `kith`.`profile_person_build`
WHERE `__kith_segment_spenders` AND (`__kith_consent_general` AND `__kith_consent_by_address` AND (NOT `__kith_segment_bounced`))
) WHERE ((IFNULL(__kith_id, '') != '') AND (IFNULL(__kith_key, '') != ''))
  )
);

-- merged entities (sync people_crm) at syncs/all.yml:8:11
INSERT INTO `kith`.`acks_people_crm` (kh, row_id, key, h, fh, remote_id, match, gone, mapping, ver, del, `at`)
SELECT (FARM_FINGERPRINT(IFNULL(new_id, '')) & 0x7FFFFFFFFFFFFFFF), new_id, key, h, fh, remote_id, match, gone, mapping, 4294967296, 0, CURRENT_TIMESTAMP()
FROM (
  SELECT b.*, m.new_id FROM `kith`.`baseline_people_crm` AS b
  JOIN (SELECT old_id, new_id FROM (
  SELECT old_id, new_id FROM (
    SELECT old_id, ARRAY_AGG(new_id ORDER BY `at` DESC LIMIT 1)[OFFSET(0)] AS new_id FROM `kith`.`entity_merges`
    WHERE entity = 'person' AND (build = 'build' OR build IN (SELECT build FROM `kith`.`builds`))
    GROUP BY old_id
  ) WHERE new_id != ''
)) AS m ON b.row_id = m.old_id
  WHERE m.new_id NOT IN (SELECT row_id FROM `kith`.`baseline_people_crm`) AND m.old_id NOT IN (SELECT row_id FROM `kith`.`job_rows` WHERE job IN (SELECT job FROM (SELECT job, state FROM `kith`.`jobs` WHERE sync = 'people_crm' QUALIFY ROW_NUMBER() OVER (PARTITION BY sync, job ORDER BY ver DESC) = 1) WHERE state = 'open'))
  QUALIFY ROW_NUMBER() OVER (PARTITION BY m.new_id ORDER BY b.gone, b.ver DESC, b.row_id) = 1
);

-- merged entities left (sync people_crm) at syncs/all.yml:8:11
INSERT INTO `kith`.`acks_people_crm` (kh, row_id, key, h, fh, remote_id, match, gone, mapping, ver, del, `at`)
SELECT b.kh, b.row_id, b.key, b.h, b.fh, b.remote_id, b.match, b.gone, b.mapping, 4294967297, 1, CURRENT_TIMESTAMP()
FROM `kith`.`baseline_people_crm` AS b
JOIN (SELECT old_id, new_id FROM (
  SELECT old_id, new_id FROM (
    SELECT old_id, ARRAY_AGG(new_id ORDER BY `at` DESC LIMIT 1)[OFFSET(0)] AS new_id FROM `kith`.`entity_merges`
    WHERE entity = 'person' AND (build = 'build' OR build IN (SELECT build FROM `kith`.`builds`))
    GROUP BY old_id
  ) WHERE new_id != ''
)) AS m ON b.row_id = m.old_id
JOIN (SELECT row_id, key, h FROM `kith`.`baseline_people_crm`) AS s ON m.new_id = s.row_id
WHERE b.key = s.key AND b.h = s.h AND m.old_id NOT IN (SELECT row_id FROM `kith`.`job_rows` WHERE job IN (SELECT job FROM (SELECT job, state FROM `kith`.`jobs` WHERE sync = 'people_crm' QUALIFY ROW_NUMBER() OVER (PARTITION BY sync, job ORDER BY ver DESC) = 1) WHERE state = 'open'));

-- backoff (sync people_crm) at syncs/all.yml:8:11
INSERT INTO `kith`.`scratch_run_people_crm_fix` (kh, row_id, op, verdict, reason, code)
SELECT r.kh, r.row_id, IF(r.op = 1 AND r.reason = 0, 255, r.op), 1, 0, IF(x.code = 'unconfirmed', x.code, 'backoff') FROM (
  SELECT r.kh, r.row_id, r.op, r.reason, IF(r.goes, 1, r.op) AS sent, IF(r.goes, r.h ^ IFNULL(f.why, r.reason), r.h) AS h
  FROM (SELECT kh, row_id, op, h, reason, (op = 1 OR op = 0 AND reason != 0) AS goes FROM `kith`.`changeset_people_crm_raw`) AS r
  LEFT JOIN (SELECT row_id, MAX(reason) AS why FROM `kith`.`scratch_run_people_crm_fix` WHERE op < 2 AND verdict = 3 GROUP BY row_id) AS f ON r.row_id = f.row_id
) AS r
JOIN (
  SELECT row_id, op, h, code FROM (
    SELECT row_id, op, h, code, mapping, next_try, ver, del FROM `kith`.`rejections` WHERE sync = 'people_crm' QUALIFY ROW_NUMBER() OVER (PARTITION BY kh, row_id ORDER BY ver DESC) = 1
  ) WHERE del = 0 AND mapping = 1 AND next_try > TIMESTAMP '1970-01-01 00:00:00.000000+00:00'
) AS x ON r.row_id = x.row_id AND r.sent = x.op AND r.h = x.h;

-- pending (sync people_crm) at syncs/all.yml:8:11
INSERT INTO `kith`.`scratch_run_people_crm_fix` (kh, row_id, op, verdict, reason, code)
SELECT r.kh, r.row_id, r.op, 1, 0, 'pending' FROM `kith`.`changeset_people_crm_raw` AS r
JOIN (
  SELECT row_id, LOGICAL_OR(op = 1) AS removing FROM `kith`.`job_rows` WHERE job IN (SELECT job FROM (SELECT job, state FROM `kith`.`jobs` WHERE sync = 'people_crm' QUALIFY ROW_NUMBER() OVER (PARTITION BY sync, job ORDER BY ver DESC) = 1) WHERE state = 'open') GROUP BY row_id
) AS x ON r.row_id = x.row_id
WHERE NOT (r.op < 2 AND NOT x.removing AND (r.reason = 4 OR r.row_id IN (SELECT row_id FROM `kith`.`scratch_run_people_crm_fix` WHERE op < 2 AND verdict = 3 AND reason = 4)));

-- changeset table (sync people_crm) at syncs/all.yml:8:11
CREATE TABLE `kith`.`changeset_people_crm` (
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
) CLUSTER BY op, kh, row_id;

-- changeset with verdicts (sync people_crm) at syncs/all.yml:8:11
INSERT INTO `kith`.`changeset_people_crm` (op, kh, row_id, action, reason, key, old_key, h, fh, changed, fields, match, old_match, remote_id, `at`, gone, del)
SELECT
  o, kh, row_id, IF(reason = 0, action, act), why, key, old_key, h, fh, changed,
  IF(reason != 0 AND act = 'set', CASE WHEN why = 4 THEN '{}' WHEN why = 3 THEN '{}' WHEN why = 2 THEN '{}' WHEN why = 1 THEN '{"best":false,"o\'p":"7","good":true,"count":3,"code":"3","said":"it\'s \\"so\\""}' ELSE '' END, fields), match, old_match, remote_id, `at`,
  CASE WHEN o = 0 AND reason != 0 AND NOT forget THEN why WHEN quiet THEN 0 ELSE gone END,
  IF(forget, 1, del)
FROM (
  SELECT *, CASE WHEN forget OR quiet THEN 0 WHEN reason = 0 THEN op WHEN act = 'ignore' THEN 0 ELSE 1 END AS o
  FROM (
    SELECT *, CASE WHEN why = 4 THEN 'archive' WHEN why = 3 THEN 'archive' WHEN why = 2 THEN 'ignore' WHEN why = 1 THEN 'set' WHEN why = 5 THEN 'delete' ELSE '' END AS act
    FROM (
      SELECT r.*, IFNULL(f.forget, FALSE) AS forget, IFNULL(f.quiet, FALSE) AS quiet, IF(IFNULL(f.why, 0) != 0, f.why, r.reason) AS why
      FROM (SELECT * FROM `kith`.`changeset_people_crm_raw` WHERE kh BETWEEN 0 AND 9223372036854775807) AS r
      LEFT JOIN (
        SELECT row_id, op, LOGICAL_OR(verdict IN (1, 5, 6)) AS hold, LOGICAL_OR(verdict = 2) OR LOGICAL_OR(verdict = 7) AND NOT LOGICAL_OR(verdict = 8) AS forget, LOGICAL_OR(verdict = 4) AS quiet, MAX(reason) AS why
        FROM `kith`.`scratch_run_people_crm_fix` WHERE op != 255 GROUP BY row_id, op
      ) AS f ON r.row_id = f.row_id AND r.op = f.op
      WHERE NOT IFNULL(f.hold, FALSE) AND r.row_id NOT IN (SELECT row_id FROM `kith`.`scratch_run_people_crm_fix` WHERE op = 255)
    )
  )
);

-- silent rows (sync people_crm) at syncs/all.yml:8:11
INSERT INTO `kith`.`acks_people_crm` (kh, row_id, key, h, fh, remote_id, match, gone, mapping, ver, del, `at`)
SELECT kh, row_id, key, IF(gone = 0, h, 0), fh, remote_id, match, gone, 1, 4294967296, del, CURRENT_TIMESTAMP()
FROM `kith`.`changeset_people_crm` WHERE op = 0
UNION ALL
SELECT r.kh, r.row_id, r.key, 0, [], '', r.match, 0, 1, 4294967296, 0, CURRENT_TIMESTAMP()
FROM `kith`.`changeset_people_crm_raw` AS r
WHERE r.op = 4 AND NOT EXISTS (SELECT 1 FROM `kith`.`baseline_people_crm` AS b WHERE b.row_id = r.row_id)
  AND r.key IN (SELECT key FROM `kith`.`changeset_people_crm` WHERE op = 0 AND del = 1 AND remote_id != '\x1enone' AND row_id NOT IN (SELECT row_id FROM (
  SELECT * FROM (SELECT * FROM `kith`.`foreign_rows` WHERE sync = 'people_crm' QUALIFY ROW_NUMBER() OVER (PARTITION BY kh, row_id ORDER BY ver DESC) = 1) WHERE del = 0
)))
UNION ALL
SELECT r.kh, CONCAT(r.row_id, '\x1ekey-', TO_HEX(SUBSTR(SHA256(r.key), 1, 8))), r.key, 0, [], '', '', 0, 1, 4294967296, 0, CURRENT_TIMESTAMP()
FROM `kith`.`changeset_people_crm_raw` AS r WHERE r.op = 2 AND r.key IN (SELECT key FROM `kith`.`changeset_people_crm` WHERE op = 0 AND del = 1 AND remote_id != '\x1enone' AND row_id NOT IN (SELECT row_id FROM (
  SELECT * FROM (SELECT * FROM `kith`.`foreign_rows` WHERE sync = 'people_crm' QUALIFY ROW_NUMBER() OVER (PARTITION BY kh, row_id ORDER BY ver DESC) = 1) WHERE del = 0
)));

-- rows of others (sync people_crm) at syncs/all.yml:8:11
INSERT INTO `kith`.`scratch_run_people_crm_fix` (kh, row_id, op, verdict, reason, code)
SELECT kh, row_id, op, IF(op IN (2, 3), 4, 2), 0, '' FROM `kith`.`changeset_people_crm_raw`
WHERE (op = 1 OR op = 0 AND reason != 0) AND remote_id = '\x1enone' OR (op IN (2, 3) OR (op = 1 OR op = 0 AND reason != 0)) AND row_id IN (SELECT row_id FROM (
  SELECT * FROM (SELECT * FROM `kith`.`foreign_rows` WHERE sync = 'people_crm' QUALIFY ROW_NUMBER() OVER (PARTITION BY kh, row_id ORDER BY ver DESC) = 1) WHERE del = 0
));

-- page of new rows (sync people_crm) at syncs/all.yml:8:11
SELECT kh, row_id, action, reason, key, old_key, h, fh, fields, match, remote_id, `at`
FROM `kith`.`changeset_people_crm`
WHERE op = 4 AND kh >= 0 AND (kh > 0 OR row_id > '') AND row_id NOT IN (SELECT row_id FROM `kith`.`baseline_people_crm`)
  AND CONCAT(row_id, '\x1ekey-', TO_HEX(SUBSTR(SHA256(key), 1, 8))) NOT IN (SELECT row_id FROM `kith`.`baseline_people_crm` WHERE STRPOS(row_id, '\x1ekey-') > 0)
ORDER BY kh, row_id LIMIT 100;

-- records of other rows (sync people_crm) at syncs/all.yml:8:11
SELECT c.row_id, IFNULL(b.remote_id, ''), b.gone != 0
FROM (SELECT row_id, key FROM `kith`.`changeset_people_crm` WHERE op = 4 AND kh BETWEEN 0 AND 4611686018427387904) AS c
JOIN (
  SELECT key, remote_id, gone FROM `kith`.`baseline_people_crm` WHERE row_id NOT IN (SELECT row_id FROM (
  SELECT * FROM (SELECT * FROM `kith`.`foreign_rows` WHERE sync = 'people_crm' QUALIFY ROW_NUMBER() OVER (PARTITION BY kh, row_id ORDER BY ver DESC) = 1) WHERE del = 0
)) AND (gone = 0 OR (h != 0 OR IFNULL(ARRAY_LENGTH(fh), 0) > 0 OR IFNULL(remote_id, '') NOT IN ('', '\x1enone')) AND row_id NOT IN (SELECT row_id FROM (
  SELECT * FROM (SELECT * FROM `kith`.`foreign_rows` WHERE sync = 'people_crm' QUALIFY ROW_NUMBER() OVER (PARTITION BY kh, row_id ORDER BY ver DESC) = 1) WHERE del = 0
)))
) AS b ON c.key = b.key;

-- without rows of others (sync people_crm) at syncs/all.yml:8:11
DELETE FROM `kith`.`changeset_people_crm` WHERE op = 4 AND row_id IN (SELECT row_id FROM (
  SELECT * FROM (SELECT * FROM `kith`.`foreign_rows` WHERE sync = 'people_crm' QUALIFY ROW_NUMBER() OVER (PARTITION BY kh, row_id ORDER BY ver DESC) = 1) WHERE del = 0
));

-- without rows that were not looked up (sync people_crm) at syncs/all.yml:8:11
DELETE FROM `kith`.`changeset_people_crm` WHERE op = 4 AND kh IN (1, 2) AND row_id IN ('a', 'b');

-- changeset fingerprint (sync people_crm) at syncs/all.yml:8:11
SELECT CAST(IFNULL(SUM(CAST(FARM_FINGERPRINT(CONCAT(CAST(op AS STRING), ',', CAST(kh AS STRING), ',', TO_JSON_STRING(row_id), TO_JSON_STRING(action), CAST(reason AS STRING), TO_JSON_STRING(key), TO_JSON_STRING(old_key), CAST(h AS STRING), ',', TO_JSON_STRING(match), TO_JSON_STRING(fields))) & 0xFFFFFFFFFF AS NUMERIC)), 0) AS STRING), COUNT(*)
FROM `kith`.`changeset_people_crm` WHERE op != 0;

-- changeset beyond (sync people_crm) at syncs/all.yml:8:11
SELECT COUNT(*) FROM `kith`.`changeset_people_crm` AS c
WHERE c.op IN (1, 2, 3) AND NOT EXISTS (
  SELECT 1 FROM `kith`.`changeset_people_crm_raw` AS o WHERE o.row_id = c.row_id AND (o.op = c.op OR o.op = 2 AND c.op = 3)
    AND (c.op != 1 OR o.key = c.key AND o.action = c.action AND (o.reason = 0) = (c.reason = 0) AND o.fields = c.fields)
);

-- fold_count (sync people_crm)
SELECT COUNT(*), (
  SELECT IFNULL(STRING_AGG(SUBSTR(table_name, LENGTH('scratch_fold_baseline_people_crm_') + 1)), '') FROM `kith`.INFORMATION_SCHEMA.TABLES
  WHERE STARTS_WITH(table_name, 'scratch_fold_baseline_people_crm_') AND REGEXP_CONTAINS(SUBSTR(table_name, LENGTH('scratch_fold_baseline_people_crm_') + 1), '^[0-9a-f]{16}$')
) FROM `kith`.`acks_people_crm` WHERE ver >= 4294967296;

-- fold_stage (sync people_crm)
CREATE OR REPLACE TABLE `kith`.`scratch_fold_baseline_people_crm_0123456789abcdef` OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 2 DAY)) AS
SELECT * FROM `kith`.`acks_people_crm` WHERE ver >= 4294967296
QUALIFY ROW_NUMBER() OVER (PARTITION BY row_id ORDER BY ver DESC, `at` DESC) = 1;

-- fold_merge (sync people_crm)
MERGE `kith`.`baseline_people_crm` AS b USING `kith`.`scratch_fold_baseline_people_crm_0123456789abcdef` AS s ON b.row_id = s.row_id
WHEN MATCHED AND s.ver >= b.ver AND s.del = 1 THEN DELETE
WHEN MATCHED AND (s.ver > b.ver OR s.ver = b.ver AND s.mapping >= b.mapping) THEN UPDATE SET kh = s.kh, key = s.key, h = s.h, fh = s.fh, remote_id = s.remote_id, match = s.match, gone = s.gone, mapping = s.mapping, ver = s.ver, del = 0
WHEN NOT MATCHED AND s.del = 0 THEN INSERT (kh, row_id, key, h, fh, remote_id, match, gone, mapping, ver, del)
  VALUES (s.kh, s.row_id, s.key, s.h, s.fh, s.remote_id, s.match, s.gone, s.mapping, s.ver, 0);

-- baseline (sync best_list) at syncs/all.yml:15:11
CREATE TABLE IF NOT EXISTS `kith`.`baseline_best_list` (
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
) CLUSTER BY kh, row_id;

-- acknowledgements (sync best_list) at syncs/all.yml:15:11
CREATE TABLE IF NOT EXISTS `kith`.`acks_best_list` (
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
) PARTITION BY _PARTITIONDATE CLUSTER BY ver OPTIONS (partition_expiration_days = 60);

-- changeset table (sync best_list) at syncs/all.yml:15:11
CREATE TABLE `kith`.`changeset_best_list_raw` (
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
) CLUSTER BY op, kh, row_id;

-- desired (sync best_list) at syncs/all.yml:15:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_best_list_desired` CLUSTER BY kh, row_id OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 2 DAY)) AS
SELECT (FARM_FINGERPRINT(IFNULL(__kith_id, '')) & 0x7FFFFFFFFFFFFFFF) AS kh, GREATEST(FARM_FINGERPRINT(CONCAT(TO_JSON_STRING(__kith_key), ',', TO_JSON_STRING(__kith_match), ',')) & 0x7FFFFFFFFFFFFFFF, 1) AS h, __kith_id AS row_id, __kith_key AS key,
  __kith_match AS match, __kith_at AS `at`,
  (IFNULL(__kith_id, '') != '') AS has_id, (IFNULL(__kith_key, '') != '') AS has_key, ((IFNULL(__kith_id, '') != '') AND (IFNULL(__kith_key, '') != '')) AS ok
FROM (
SELECT entity_id AS __kith_id,
  IF(((IFNULL(ARRAY_LENGTH(ARRAY(SELECT __kith_w FROM (SELECT (SELECT IF(REGEXP_CONTAINS(__kith_n, '^[^\\s\\p{Z}\\p{C}@<>"(),;]+@[^\\s\\p{Z}\\p{C}@<>"(),;]+\\.[^\\s\\p{Z}\\p{C}@<>"(),;.]{2,}$'), __kith_n, NULL) FROM UNNEST([LOWER((SELECT IF(BYTE_LENGTH(__kith_t) = CHAR_LENGTH(__kith_t), TRIM(__kith_t, ' \t\n\r\f\v'), REGEXP_REPLACE(__kith_t, '^[\\s\\p{Z}\\p{C}]+|[\\s\\p{Z}\\p{C}]+$', '')) FROM UNNEST([__kith_v]) AS __kith_t))]) AS __kith_n) AS __kith_w, __kith_o FROM UNNEST(ARRAY(SELECT __kith_v FROM UNNEST(`__kith_all_email`) AS __kith_v WITH OFFSET AS __kith_o WHERE __kith_v IN UNNEST(`__kith_granted_by_address`) ORDER BY __kith_o)) AS __kith_v WITH OFFSET AS __kith_o) WHERE __kith_w IS NOT NULL ORDER BY __kith_o)), 0) > 0)), entity_id, CAST(NULL AS STRING)) AS __kith_key,
  CONCAT('{', ARRAY_TO_STRING([IF(ARRAY_LENGTH(ARRAY(SELECT __kith_w FROM (SELECT (SELECT IF(REGEXP_CONTAINS(__kith_n, '^[^\\s\\p{Z}\\p{C}@<>"(),;]+@[^\\s\\p{Z}\\p{C}@<>"(),;]+\\.[^\\s\\p{Z}\\p{C}@<>"(),;.]{2,}$'), __kith_n, NULL) FROM UNNEST([LOWER((SELECT IF(BYTE_LENGTH(__kith_t) = CHAR_LENGTH(__kith_t), TRIM(__kith_t, ' \t\n\r\f\v'), REGEXP_REPLACE(__kith_t, '^[\\s\\p{Z}\\p{C}]+|[\\s\\p{Z}\\p{C}]+$', '')) FROM UNNEST([__kith_v]) AS __kith_t))]) AS __kith_n) AS __kith_w, __kith_o FROM UNNEST(ARRAY(SELECT __kith_v FROM UNNEST(`__kith_all_email`) AS __kith_v WITH OFFSET AS __kith_o WHERE __kith_v IN UNNEST(`__kith_granted_by_address`) ORDER BY __kith_o)) AS __kith_v WITH OFFSET AS __kith_o) WHERE __kith_w IS NOT NULL ORDER BY __kith_o)) > 0, CONCAT('"email":', CONCAT('[', ARRAY_TO_STRING(ARRAY(SELECT TO_JSON_STRING(__kith_e) FROM UNNEST(ARRAY(SELECT __kith_w FROM (SELECT (SELECT IF(REGEXP_CONTAINS(__kith_n, '^[^\\s\\p{Z}\\p{C}@<>"(),;]+@[^\\s\\p{Z}\\p{C}@<>"(),;]+\\.[^\\s\\p{Z}\\p{C}@<>"(),;.]{2,}$'), __kith_n, NULL) FROM UNNEST([LOWER((SELECT IF(BYTE_LENGTH(__kith_t) = CHAR_LENGTH(__kith_t), TRIM(__kith_t, ' \t\n\r\f\v'), REGEXP_REPLACE(__kith_t, '^[\\s\\p{Z}\\p{C}]+|[\\s\\p{Z}\\p{C}]+$', '')) FROM UNNEST([__kith_v]) AS __kith_t))]) AS __kith_n) AS __kith_w, __kith_o FROM UNNEST(ARRAY(SELECT __kith_v FROM UNNEST(`__kith_all_email`) AS __kith_v WITH OFFSET AS __kith_o WHERE __kith_v IN UNNEST(`__kith_granted_by_address`) ORDER BY __kith_o)) AS __kith_v WITH OFFSET AS __kith_o) WHERE __kith_w IS NOT NULL ORDER BY __kith_o)) AS __kith_e WITH OFFSET AS __kith_o ORDER BY __kith_o), ','), ']')), NULL)], ','), '}') AS __kith_match,
  CAST(NULL AS TIMESTAMP) AS __kith_at
FROM `kith`.`profile_person_build`
WHERE `__kith_segment_best` AND (`__kith_consent_by_address` AND (NOT `__kith_segment_bounced`))
);

-- digest (sync best_list) at syncs/all.yml:15:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_best_list_digest` CLUSTER BY bucket OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 2 DAY)) AS
SELECT bucket, COUNTIF(differs) AS d, SUM(copies) AS desired_rows, COUNTIF(b.gone = 0) AS baseline_rows, COUNTIF(b.gone != 0) AS gone_rows, SUM(no_id) AS no_id, SUM(no_key) AS no_key, 0 AS earlier_rows,
  ARRAY_AGG(IF(differs, STRUCT(c, b, copies), NULL) IGNORE NULLS) AS pairs
FROM (
  SELECT *, IFNULL(c.kh, IFNULL(b.kh, 0)) >> 47 AS bucket,
    CASE WHEN copies = 0 THEN b.row_id IS NOT NULL AND b.gone = 0 WHEN b.row_id IS NULL OR copies > 1 THEN TRUE ELSE (c.h != b.h) END AS differs
  FROM (
    SELECT row_id, ARRAY_AGG(c IGNORE NULLS LIMIT 1)[SAFE_OFFSET(0)] AS c, ARRAY_AGG(b IGNORE NULLS LIMIT 1)[SAFE_OFFSET(0)] AS b,
      COUNTIF(ok) AS copies, COUNTIF(NOT has_id) AS no_id, COUNTIF(has_id AND NOT has_key) AS no_key
    FROM (
      SELECT row_id, IF(ok, STRUCT(kh, h, row_id, key, match, `at`), NULL) AS c, NULL AS b, ok, has_id, has_key
      FROM (SELECT * FROM `kith`.`scratch_run_best_list_desired`)
      UNION ALL
      SELECT row_id, NULL, STRUCT(kh, row_id, key, h, fh, remote_id, match, gone, mapping, ver), FALSE, TRUE, TRUE
      FROM `kith`.`baseline_best_list`
    ) GROUP BY row_id
  )
) GROUP BY bucket;

-- digest totals (sync best_list) at syncs/all.yml:15:11
SELECT COUNTIF(d != 0), SUM(desired_rows), SUM(baseline_rows), SUM(no_id), SUM(no_key), SUM(d), IF(COUNT(*) > 0 OR NOT EXISTS (SELECT 1 FROM `kith`.`baseline_best_list`), 1, 0), IFNULL(SUM(earlier_rows), 0), IFNULL(SUM(gone_rows), 0)
FROM `kith`.`scratch_run_best_list_digest`;

-- changeset (sync best_list) at syncs/all.yml:15:11
INSERT INTO `kith`.`changeset_best_list_raw` (op, kh, row_id, action, reason, key, old_key, h, fh, changed, fields, match, old_match, remote_id, `at`, gone, del)
SELECT
  op, kh, row_id, act, IF(here, 0, reason),
  IF(op = 1 AND known, old_key, key),
  IF(op = 2, old_key, ''),
  IF(op = 1 OR NOT here, old_h, h),
  fh, changed,
  CASE WHEN op = 1 AND act = 'set' THEN CASE WHEN reason = 4 THEN '{}' WHEN reason = 3 THEN '{}' WHEN reason = 2 THEN '{}' WHEN reason = 1 THEN '{}' ELSE '' END WHEN op = 1 THEN '' ELSE fields END,
  IF(here AND op != 1, match, old_match),
  IF(op = 2, old_match, ''),
  remote_id, `at`,
  CASE WHEN op = 0 AND NOT here THEN reason WHEN op = 2 THEN old_gone ELSE 0 END,
  0
FROM (
  SELECT r.*, op, IF(op = 1, IF(here, 'remove', action), '') AS act
  FROM (
    SELECT *, CASE WHEN same THEN [0] WHEN NOT here AND action = 'ignore' THEN [0] WHEN NOT here THEN [1] WHEN NOT known THEN [4] WHEN old_gone != 0 AND old_match = match THEN [3]
    WHEN NOT NOT EXISTS (
      SELECT 1 FROM UNNEST([STRUCT(ARRAY_CONCAT(ARRAY(SELECT CONCAT('email', '=', __kith_v) FROM UNNEST(JSON_VALUE_ARRAY(NULLIF(match, ''), '$.email')) AS __kith_v WHERE __kith_v != '')) AS now, (SELECT ARRAY_CONCAT(ARRAY(SELECT CONCAT('email', '=', __kith_v) FROM UNNEST(JSON_VALUE_ARRAY(NULLIF(match, ''), '$.email')) AS __kith_v WHERE __kith_v != '')) FROM UNNEST([old_match]) AS match) AS was)]) AS k, UNNEST(ARRAY_CONCAT(k.now, k.was)) AS token
      WHERE token NOT IN UNNEST(k.now) OR token NOT IN UNNEST(k.was)
    ) THEN [1, 4] WHEN old_h = 0 AND bare THEN [4] WHEN old_gone = 0 AND old_h != 0 AND old_key = key AND unchanged AND NOT EXISTS (
      SELECT 1 FROM UNNEST([STRUCT(ARRAY_CONCAT(ARRAY(SELECT CONCAT('email', '=', __kith_v) FROM UNNEST(JSON_VALUE_ARRAY(NULLIF(match, ''), '$.email')) AS __kith_v WHERE __kith_v != '')) AS now, (SELECT ARRAY_CONCAT(ARRAY(SELECT CONCAT('email', '=', __kith_v) FROM UNNEST(JSON_VALUE_ARRAY(NULLIF(match, ''), '$.email')) AS __kith_v WHERE __kith_v != '')) FROM UNNEST([old_match]) AS match) AS was)]) AS k, UNNEST(ARRAY_CONCAT(k.now, k.was)) AS token
      WHERE token NOT IN UNNEST(k.now) OR token NOT IN UNNEST(k.was)
    ) THEN [0] ELSE [3] END AS ops
    FROM (
      SELECT here, known, copies, reason, CASE WHEN reason = 4 THEN 'remove' WHEN reason = 3 THEN 'remove' WHEN reason = 2 THEN 'remove' WHEN reason = 1 THEN 'remove' ELSE '' END AS action, fh, IF(here AND known, ARRAY(SELECT i FROM UNNEST(fh) AS x WITH OFFSET AS i WHERE x != IFNULL(b.fh[SAFE_OFFSET(i)], 0) ORDER BY i), []) AS changed, FALSE AS same, IFNULL(here AND known AND IFNULL(ARRAY_LENGTH(fh), 0) = IFNULL(ARRAY_LENGTH(b.fh), 0) AND NOT EXISTS (SELECT 1 FROM UNNEST(fh) AS x WITH OFFSET AS i WHERE x != b.fh[SAFE_OFFSET(i)]), FALSE) AS unchanged,
        IF(here, c.kh, b.kh) AS kh, IF(here, c.row_id, b.row_id) AS row_id, IF(here, c.key, b.key) AS key, IFNULL(b.key, '') AS old_key,
        IFNULL(c.h, 0) AS h, IFNULL(b.h, 0) AS old_h, IF(here, '{}', '') AS fields, IFNULL(c.match, '') AS match, IFNULL(b.match, '') AS old_match,
        IFNULL(b.remote_id, '') AS remote_id, c.`at` AS `at`, IFNULL(b.gone, 0) AS old_gone, IFNULL(ARRAY_LENGTH(b.fh), 0) = 0 AS bare
      FROM (
        SELECT p.c AS c, p.b AS b, p.copies AS copies, p.copies > 0 AS here, p.b.row_id IS NOT NULL AS known, 1 AS reason,
          IF(p.copies > 0, (SELECT [] FROM UNNEST([p.c]) AS c), p.b.fh) AS fh
        FROM `kith`.`scratch_run_best_list_digest` AS g, UNNEST(g.pairs) AS p WHERE bucket BETWEEN 0 >> 47 AND 9223372036854775807 >> 47
      )
    )
  ) AS r, UNNEST(r.ops) AS op, UNNEST(GENERATE_ARRAY(1, GREATEST(r.copies, 1))) AS copy
);

-- repeated row ids (sync best_list) at syncs/all.yml:15:11
SELECT COUNT(*), IFNULL(MAX(n), 0) FROM (SELECT COUNT(*) AS n FROM `kith`.`changeset_best_list_raw` WHERE op != 1 GROUP BY kh, row_id HAVING COUNT(*) > 1);

-- verdicts (sync best_list) at syncs/all.yml:15:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_best_list_fix` (kh INT64, row_id STRING, op INT64, verdict INT64, reason INT64, code STRING) OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 2 DAY));

-- spared members table (sync best_list) at syncs/all.yml:15:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_best_list_spared` (op INT64, kh INT64, row_id STRING, old_match STRING, old_remote_id STRING, remote_id STRING, nothing BOOL, match STRING) OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 2 DAY));

-- spared members (sync best_list) at syncs/all.yml:15:11
INSERT INTO `kith`.`scratch_run_best_list_spared` (op, kh, row_id, old_match, old_remote_id, remote_id, nothing, match)
SELECT op, kh, row_id, old_match, old_remote_id, ARRAY_TO_STRING(records, ',') AS remote_id, IF(old_remote_id = '', ARRAY_LENGTH(rest) = 0, op < 2 AND ARRAY_LENGTH(records) = 0) AS nothing,
  IF(ARRAY_LENGTH(rest) = had, old_match, CONCAT('{', ARRAY_TO_STRING(ARRAY_CONCAT(
    IF(JSON_QUERY(old_match, '$.email') IS NOT NULL, [CONCAT('"', 'email', '":', TO_JSON_STRING(ARRAY(SELECT SUBSTR(x, LENGTH('email') + 2) FROM UNNEST(rest) AS x WITH OFFSET AS i WHERE STARTS_WITH(x, CONCAT('email', '=')) ORDER BY i)))], [])
  ), ','), '}')) AS match
FROM (
  SELECT op, kh, row_id, ANY_VALUE(match) AS old_match, ANY_VALUE(remote_id) AS old_remote_id,
    ARRAY_CONCAT(IFNULL(ARRAY_AGG(IF(ours AND NOT record, token, NULL) IGNORE NULLS ORDER BY token), [])) AS rest, COUNTIF(NOT record) AS had,
    ARRAY_CONCAT(IFNULL(ARRAY_AGG(IF(ours AND record, token, NULL) IGNORE NULLS ORDER BY token), [])) AS records, COUNTIF(record) AS had_records
  FROM (
    SELECT l.op, l.kh, l.row_id, l.match, l.remote_id, l.token, FALSE AS record, k.token IS NULL OR k.one = l.row_id AND k.other = l.row_id AS ours
    FROM (SELECT r.op, r.kh, r.row_id, r.match, r.remote_id, token FROM (SELECT *, ARRAY_CONCAT(ARRAY(SELECT CONCAT('email', '=', __kith_v) FROM UNNEST(JSON_VALUE_ARRAY(NULLIF(match, ''), '$.email')) AS __kith_v WHERE __kith_v != '')) AS tokens FROM `kith`.`changeset_best_list_raw` WHERE kh BETWEEN 0 AND 9223372036854775807 AND (op = 1 OR op = 0 AND reason != 0)) AS r, UNNEST(r.tokens) AS token) AS l
    LEFT JOIN (
      SELECT token, MIN(row_id) AS one, MAX(row_id) AS other
      FROM (
        SELECT c.row_id, token FROM (SELECT row_id, ARRAY_CONCAT(ARRAY(SELECT CONCAT('email', '=', __kith_v) FROM UNNEST(JSON_VALUE_ARRAY(NULLIF(match, ''), '$.email')) AS __kith_v WHERE __kith_v != '')) AS tokens FROM (
SELECT * FROM `kith`.`scratch_run_best_list_desired` WHERE ok
        )) AS c, UNNEST(c.tokens) AS token
      ) WHERE token IN (SELECT token FROM (SELECT r.op, r.kh, r.row_id, r.match, r.remote_id, token FROM (SELECT *, ARRAY_CONCAT(ARRAY(SELECT CONCAT('email', '=', __kith_v) FROM UNNEST(JSON_VALUE_ARRAY(NULLIF(match, ''), '$.email')) AS __kith_v WHERE __kith_v != '')) AS tokens FROM `kith`.`changeset_best_list_raw` WHERE kh BETWEEN 0 AND 9223372036854775807 AND (op = 1 OR op = 0 AND reason != 0)) AS r, UNNEST(r.tokens) AS token)) GROUP BY token
    ) AS k ON l.token = k.token
    UNION ALL
    SELECT l.op, l.kh, l.row_id, l.match, l.remote_id, l.token, TRUE, k.token IS NULL OR k.one = l.row_id AND k.other = l.row_id
    FROM (SELECT r.op, r.kh, r.row_id, r.match, r.remote_id, token FROM (SELECT *, SPLIT(REPLACE(remote_id, ';', ','), ',') AS tokens FROM `kith`.`changeset_best_list_raw` WHERE kh BETWEEN 0 AND 9223372036854775807 AND ((op = 1 OR op = 0 AND reason != 0) OR op IN (3, 4)) AND remote_id != '') AS r, UNNEST(r.tokens) AS token) AS l
    LEFT JOIN (
      SELECT token, MIN(row_id) AS one, MAX(row_id) AS other
      FROM (
        SELECT b.row_id, token FROM (
          SELECT row_id, SPLIT(REPLACE(remote_id, ';', ','), ',') AS tokens FROM `kith`.`baseline_best_list` WHERE gone = 0 AND remote_id != '' AND row_id NOT IN (SELECT row_id FROM `kith`.`changeset_best_list_raw` WHERE (op = 1 OR op = 0 AND reason != 0))
        ) AS b, UNNEST(b.tokens) AS token
      ) WHERE token IN (SELECT token FROM (SELECT r.op, r.kh, r.row_id, r.match, r.remote_id, token FROM (SELECT *, SPLIT(REPLACE(remote_id, ';', ','), ',') AS tokens FROM `kith`.`changeset_best_list_raw` WHERE kh BETWEEN 0 AND 9223372036854775807 AND ((op = 1 OR op = 0 AND reason != 0) OR op IN (3, 4)) AND remote_id != '') AS r, UNNEST(r.tokens) AS token)) GROUP BY token
    ) AS k ON l.token = k.token
  )
  GROUP BY op, kh, row_id
) WHERE ARRAY_LENGTH(rest) < had OR ARRAY_LENGTH(records) < had_records;

-- spared members count (sync best_list) at syncs/all.yml:15:11
SELECT COUNT(*) FROM `kith`.`scratch_run_best_list_spared`;

-- wholly spared members (sync best_list) at syncs/all.yml:15:11
INSERT INTO `kith`.`scratch_run_best_list_fix` (kh, row_id, op, verdict, reason, code)
SELECT kh, row_id, op, 2, 0, '' FROM `kith`.`scratch_run_best_list_spared` WHERE nothing;

-- reasons (sync best_list) at syncs/all.yml:15:11
INSERT INTO `kith`.`scratch_run_best_list_fix` (kh, row_id, op, verdict, reason, code)
SELECT kh, row_id, op, 3, why, '' FROM (
  SELECT r.kh AS kh, r.row_id AS row_id, r.op AS op, r.reason AS reason, CASE WHEN w.__kith_withdrawn = 1 THEN 4 WHEN w.__kith_merged = 1 THEN 3 WHEN IFNULL(w.__kith_id, '') = '' THEN 2 ELSE 1 END AS why
  FROM (SELECT kh, row_id, op, reason, IF(STRPOS(row_id, '\x1ekey-') > 0, SUBSTR(row_id, 1, STRPOS(row_id, '\x1ekey-') - 1), row_id) AS own FROM `kith`.`changeset_best_list_raw` WHERE reason NOT IN (0, 5)) AS r
  LEFT JOIN (
    SELECT __kith_id, MAX(__kith_withdrawn) AS __kith_withdrawn, MAX(__kith_merged) AS __kith_merged FROM (
SELECT entity_id AS __kith_id, IF((`__kith_consent_by_address` AND (NOT `__kith_segment_bounced`)), 0, 1) AS __kith_withdrawn, 0 AS __kith_merged FROM `kith`.`profile_person_build`
UNION ALL
SELECT __kith_a.old_id, COALESCE(__kith_w.__kith_withdrawn, 0), 1 FROM (SELECT old_id, new_id FROM (
  SELECT old_id, new_id FROM (
    SELECT old_id, ARRAY_AGG(new_id ORDER BY `at` DESC LIMIT 1)[OFFSET(0)] AS new_id FROM `kith`.`entity_merges`
    WHERE entity = 'person' AND (build = 'build' OR build IN (SELECT build FROM `kith`.`builds`))
    GROUP BY old_id
  ) WHERE new_id != ''
)) AS __kith_a
LEFT JOIN (
SELECT entity_id AS __kith_id, IF((`__kith_consent_by_address` AND (NOT `__kith_segment_bounced`)), 0, 1) AS __kith_withdrawn, 0 AS __kith_merged FROM `kith`.`profile_person_build` WHERE entity_id IN (SELECT new_id FROM (SELECT old_id, new_id FROM (
  SELECT old_id, new_id FROM (
    SELECT old_id, ARRAY_AGG(new_id ORDER BY `at` DESC LIMIT 1)[OFFSET(0)] AS new_id FROM `kith`.`entity_merges`
    WHERE entity = 'person' AND (build = 'build' OR build IN (SELECT build FROM `kith`.`builds`))
    GROUP BY old_id
  ) WHERE new_id != ''
)))
) AS __kith_w ON __kith_a.new_id = __kith_w.__kith_id
    ) WHERE __kith_id IN (SELECT IF(STRPOS(row_id, '\x1ekey-') > 0, SUBSTR(row_id, 1, STRPOS(row_id, '\x1ekey-') - 1), row_id) FROM `kith`.`changeset_best_list_raw` WHERE reason NOT IN (0, 5)) GROUP BY __kith_id
  ) AS w ON r.own = w.__kith_id
) WHERE why != reason;

-- merged entities (sync best_list) at syncs/all.yml:15:11
INSERT INTO `kith`.`acks_best_list` (kh, row_id, key, h, fh, remote_id, match, gone, mapping, ver, del, `at`)
SELECT (FARM_FINGERPRINT(IFNULL(new_id, '')) & 0x7FFFFFFFFFFFFFFF), new_id, key, h, fh, remote_id, match, gone, mapping, 4294967296, 0, CURRENT_TIMESTAMP()
FROM (
  SELECT b.*, m.new_id FROM `kith`.`baseline_best_list` AS b
  JOIN (SELECT old_id, new_id FROM (
  SELECT old_id, new_id FROM (
    SELECT old_id, ARRAY_AGG(new_id ORDER BY `at` DESC LIMIT 1)[OFFSET(0)] AS new_id FROM `kith`.`entity_merges`
    WHERE entity = 'person' AND (build = 'build' OR build IN (SELECT build FROM `kith`.`builds`))
    GROUP BY old_id
  ) WHERE new_id != ''
)) AS m ON b.row_id = m.old_id
  WHERE m.new_id NOT IN (SELECT row_id FROM `kith`.`baseline_best_list`) AND m.old_id NOT IN (SELECT row_id FROM `kith`.`job_rows` WHERE job IN (SELECT job FROM (SELECT job, state FROM `kith`.`jobs` WHERE sync = 'best_list' QUALIFY ROW_NUMBER() OVER (PARTITION BY sync, job ORDER BY ver DESC) = 1) WHERE state = 'open'))
  QUALIFY ROW_NUMBER() OVER (PARTITION BY m.new_id ORDER BY b.gone, b.ver DESC, b.row_id) = 1
);

-- merged entities left (sync best_list) at syncs/all.yml:15:11
INSERT INTO `kith`.`acks_best_list` (kh, row_id, key, h, fh, remote_id, match, gone, mapping, ver, del, `at`)
SELECT b.kh, b.row_id, b.key, b.h, b.fh, b.remote_id, b.match, b.gone, b.mapping, 4294967297, 1, CURRENT_TIMESTAMP()
FROM `kith`.`baseline_best_list` AS b
JOIN (SELECT old_id, new_id FROM (
  SELECT old_id, new_id FROM (
    SELECT old_id, ARRAY_AGG(new_id ORDER BY `at` DESC LIMIT 1)[OFFSET(0)] AS new_id FROM `kith`.`entity_merges`
    WHERE entity = 'person' AND (build = 'build' OR build IN (SELECT build FROM `kith`.`builds`))
    GROUP BY old_id
  ) WHERE new_id != ''
)) AS m ON b.row_id = m.old_id
JOIN (SELECT row_id, key, h FROM `kith`.`baseline_best_list`) AS s ON m.new_id = s.row_id
WHERE b.key = s.key AND b.h = s.h AND m.old_id NOT IN (SELECT row_id FROM `kith`.`job_rows` WHERE job IN (SELECT job FROM (SELECT job, state FROM `kith`.`jobs` WHERE sync = 'best_list' QUALIFY ROW_NUMBER() OVER (PARTITION BY sync, job ORDER BY ver DESC) = 1) WHERE state = 'open'));

-- backoff (sync best_list) at syncs/all.yml:15:11
INSERT INTO `kith`.`scratch_run_best_list_fix` (kh, row_id, op, verdict, reason, code)
SELECT r.kh, r.row_id, IF(r.op = 1 AND r.reason = 0, 255, r.op), 1, 0, IF(x.code = 'unconfirmed', x.code, 'backoff') FROM (
  SELECT r.kh, r.row_id, r.op, r.reason, IF(r.goes, 1, r.op) AS sent, IF(r.goes, r.h ^ IFNULL(f.why, r.reason), r.h) AS h
  FROM (SELECT kh, row_id, op, h, reason, (op = 1 OR op = 0 AND reason != 0) AS goes FROM `kith`.`changeset_best_list_raw`) AS r
  LEFT JOIN (SELECT row_id, MAX(reason) AS why FROM `kith`.`scratch_run_best_list_fix` WHERE op < 2 AND verdict = 3 GROUP BY row_id) AS f ON r.row_id = f.row_id
) AS r
JOIN (
  SELECT row_id, op, h, code FROM (
    SELECT row_id, op, h, code, mapping, next_try, ver, del FROM `kith`.`rejections` WHERE sync = 'best_list' QUALIFY ROW_NUMBER() OVER (PARTITION BY kh, row_id ORDER BY ver DESC) = 1
  ) WHERE del = 0 AND mapping = 1 AND next_try > TIMESTAMP '1970-01-01 00:00:00.000000+00:00'
) AS x ON r.row_id = x.row_id AND r.sent = x.op AND r.h = x.h;

-- pending (sync best_list) at syncs/all.yml:15:11
INSERT INTO `kith`.`scratch_run_best_list_fix` (kh, row_id, op, verdict, reason, code)
SELECT r.kh, r.row_id, r.op, 1, 0, 'pending' FROM `kith`.`changeset_best_list_raw` AS r
JOIN (
  SELECT row_id, LOGICAL_OR(op = 1) AS removing FROM `kith`.`job_rows` WHERE job IN (SELECT job FROM (SELECT job, state FROM `kith`.`jobs` WHERE sync = 'best_list' QUALIFY ROW_NUMBER() OVER (PARTITION BY sync, job ORDER BY ver DESC) = 1) WHERE state = 'open') GROUP BY row_id
) AS x ON r.row_id = x.row_id
WHERE NOT (r.op < 2 AND NOT x.removing AND (r.reason = 4 OR r.row_id IN (SELECT row_id FROM `kith`.`scratch_run_best_list_fix` WHERE op < 2 AND verdict = 3 AND reason = 4)));

-- changeset table (sync best_list) at syncs/all.yml:15:11
CREATE TABLE `kith`.`changeset_best_list` (
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
) CLUSTER BY op, kh, row_id;

-- changeset with verdicts (sync best_list) at syncs/all.yml:15:11
INSERT INTO `kith`.`changeset_best_list` (op, kh, row_id, action, reason, key, old_key, h, fh, changed, fields, match, old_match, remote_id, `at`, gone, del)
SELECT
  o, kh, row_id, IF(reason = 0, action, act), why, key, old_key, h, fh, changed,
  IF(reason != 0 AND act = 'set', CASE WHEN why = 4 THEN '{}' WHEN why = 3 THEN '{}' WHEN why = 2 THEN '{}' WHEN why = 1 THEN '{}' ELSE '' END, fields), match, old_match, remote_id, `at`,
  CASE WHEN o = 0 AND reason != 0 AND NOT forget THEN why WHEN quiet THEN 0 ELSE gone END,
  IF(forget, 1, del)
FROM (
  SELECT *, CASE WHEN forget OR quiet THEN 0 WHEN reason = 0 THEN op WHEN act = 'ignore' THEN 0 ELSE 1 END AS o
  FROM (
    SELECT *, CASE WHEN why = 4 THEN 'remove' WHEN why = 3 THEN 'remove' WHEN why = 2 THEN 'remove' WHEN why = 1 THEN 'remove' ELSE '' END AS act
    FROM (
      SELECT r.*, IFNULL(f.forget, FALSE) AS forget, IFNULL(f.quiet, FALSE) AS quiet, IF(IFNULL(f.why, 0) != 0, f.why, r.reason) AS why
      FROM (SELECT * FROM `kith`.`changeset_best_list_raw` WHERE kh BETWEEN 0 AND 9223372036854775807) AS r
      LEFT JOIN (
        SELECT row_id, op, LOGICAL_OR(verdict IN (1, 5, 6)) AS hold, LOGICAL_OR(verdict = 2) OR LOGICAL_OR(verdict = 7) AND NOT LOGICAL_OR(verdict = 8) AS forget, LOGICAL_OR(verdict = 4) AS quiet, MAX(reason) AS why
        FROM `kith`.`scratch_run_best_list_fix` WHERE op != 255 GROUP BY row_id, op
      ) AS f ON r.row_id = f.row_id AND r.op = f.op
      WHERE NOT IFNULL(f.hold, FALSE) AND r.row_id NOT IN (SELECT row_id FROM `kith`.`scratch_run_best_list_fix` WHERE op = 255)
    )
  )
);

-- silent rows (sync best_list) at syncs/all.yml:15:11
INSERT INTO `kith`.`acks_best_list` (kh, row_id, key, h, fh, remote_id, match, gone, mapping, ver, del, `at`)
SELECT kh, row_id, key, IF(gone = 0, h, 0), fh, remote_id, match, gone, 1, 4294967296, del, CURRENT_TIMESTAMP()
FROM `kith`.`changeset_best_list` WHERE op = 0
UNION ALL
SELECT r.kh, r.row_id, r.key, 0, [], '', r.match, 0, 1, 4294967296, 0, CURRENT_TIMESTAMP()
FROM `kith`.`changeset_best_list_raw` AS r
WHERE r.op = 4 AND NOT EXISTS (SELECT 1 FROM `kith`.`baseline_best_list` AS b WHERE b.row_id = r.row_id)
  AND r.key IN (SELECT key FROM `kith`.`changeset_best_list` WHERE op = 0 AND del = 1 AND remote_id != '\x1enone' AND row_id NOT IN (SELECT row_id FROM (
  SELECT * FROM (SELECT * FROM `kith`.`foreign_rows` WHERE sync = 'best_list' QUALIFY ROW_NUMBER() OVER (PARTITION BY kh, row_id ORDER BY ver DESC) = 1) WHERE del = 0
)))
UNION ALL
SELECT r.kh, CONCAT(r.row_id, '\x1ekey-', TO_HEX(SUBSTR(SHA256(r.key), 1, 8))), r.key, 0, [], '', '', 0, 1, 4294967296, 0, CURRENT_TIMESTAMP()
FROM `kith`.`changeset_best_list_raw` AS r WHERE r.op = 2 AND r.key IN (SELECT key FROM `kith`.`changeset_best_list` WHERE op = 0 AND del = 1 AND remote_id != '\x1enone' AND row_id NOT IN (SELECT row_id FROM (
  SELECT * FROM (SELECT * FROM `kith`.`foreign_rows` WHERE sync = 'best_list' QUALIFY ROW_NUMBER() OVER (PARTITION BY kh, row_id ORDER BY ver DESC) = 1) WHERE del = 0
)));

-- rows of others (sync best_list) at syncs/all.yml:15:11
INSERT INTO `kith`.`scratch_run_best_list_fix` (kh, row_id, op, verdict, reason, code)
SELECT kh, row_id, op, IF(op IN (2, 3), 4, 2), 0, '' FROM `kith`.`changeset_best_list_raw`
WHERE (op = 1 OR op = 0 AND reason != 0) AND remote_id = '\x1enone' OR (op IN (2, 3) OR (op = 1 OR op = 0 AND reason != 0)) AND row_id IN (SELECT row_id FROM (
  SELECT * FROM (SELECT * FROM `kith`.`foreign_rows` WHERE sync = 'best_list' QUALIFY ROW_NUMBER() OVER (PARTITION BY kh, row_id ORDER BY ver DESC) = 1) WHERE del = 0
));

-- page of new rows (sync best_list) at syncs/all.yml:15:11
SELECT kh, row_id, action, reason, key, old_key, h, fh, fields, match, remote_id, `at`
FROM `kith`.`changeset_best_list`
WHERE op = 4 AND kh >= 0 AND (kh > 0 OR row_id > '') AND row_id NOT IN (SELECT row_id FROM `kith`.`baseline_best_list`)
  AND CONCAT(row_id, '\x1ekey-', TO_HEX(SUBSTR(SHA256(key), 1, 8))) NOT IN (SELECT row_id FROM `kith`.`baseline_best_list` WHERE STRPOS(row_id, '\x1ekey-') > 0)
ORDER BY kh, row_id LIMIT 100;

-- records of other rows (sync best_list) at syncs/all.yml:15:11
SELECT c.row_id, IFNULL(b.remote_id, ''), b.gone != 0
FROM (SELECT row_id, key FROM `kith`.`changeset_best_list` WHERE op = 4 AND kh BETWEEN 0 AND 4611686018427387904) AS c
JOIN (
  SELECT key, remote_id, gone FROM `kith`.`baseline_best_list` WHERE row_id NOT IN (SELECT row_id FROM (
  SELECT * FROM (SELECT * FROM `kith`.`foreign_rows` WHERE sync = 'best_list' QUALIFY ROW_NUMBER() OVER (PARTITION BY kh, row_id ORDER BY ver DESC) = 1) WHERE del = 0
)) AND (gone = 0 OR (h != 0 OR IFNULL(ARRAY_LENGTH(fh), 0) > 0 OR IFNULL(remote_id, '') NOT IN ('', '\x1enone')) AND row_id NOT IN (SELECT row_id FROM (
  SELECT * FROM (SELECT * FROM `kith`.`foreign_rows` WHERE sync = 'best_list' QUALIFY ROW_NUMBER() OVER (PARTITION BY kh, row_id ORDER BY ver DESC) = 1) WHERE del = 0
)))
) AS b ON c.key = b.key;

-- without rows of others (sync best_list) at syncs/all.yml:15:11
DELETE FROM `kith`.`changeset_best_list` WHERE op = 4 AND row_id IN (SELECT row_id FROM (
  SELECT * FROM (SELECT * FROM `kith`.`foreign_rows` WHERE sync = 'best_list' QUALIFY ROW_NUMBER() OVER (PARTITION BY kh, row_id ORDER BY ver DESC) = 1) WHERE del = 0
));

-- without rows that were not looked up (sync best_list) at syncs/all.yml:15:11
DELETE FROM `kith`.`changeset_best_list` WHERE op = 4 AND kh IN (1, 2) AND row_id IN ('a', 'b');

-- changeset fingerprint (sync best_list) at syncs/all.yml:15:11
SELECT CAST(IFNULL(SUM(CAST(FARM_FINGERPRINT(CONCAT(CAST(op AS STRING), ',', CAST(kh AS STRING), ',', TO_JSON_STRING(row_id), TO_JSON_STRING(action), CAST(reason AS STRING), TO_JSON_STRING(key), TO_JSON_STRING(old_key), CAST(h AS STRING), ',', TO_JSON_STRING(match), TO_JSON_STRING(fields))) & 0xFFFFFFFFFF AS NUMERIC)), 0) AS STRING), COUNT(*)
FROM `kith`.`changeset_best_list` WHERE op != 0;

-- changeset beyond (sync best_list) at syncs/all.yml:15:11
SELECT COUNT(*) FROM `kith`.`changeset_best_list` AS c
WHERE c.op IN (1, 2, 3) AND NOT EXISTS (
  SELECT 1 FROM `kith`.`changeset_best_list_raw` AS o WHERE o.row_id = c.row_id AND (o.op = c.op OR o.op = 2 AND c.op = 3)
    AND (c.op != 1 OR o.key = c.key AND o.action = c.action AND (o.reason = 0) = (c.reason = 0) AND o.fields = c.fields)
);

-- narrow removals (sync best_list) at syncs/all.yml:15:11
INSERT INTO `kith`.`changeset_best_list` (op, kh, row_id, action, reason, key, old_key, h, fh, changed, fields, match, old_match, remote_id, `at`, gone, del)
SELECT c.op, c.kh, c.row_id, c.action, c.reason, c.key, c.old_key, c.h, c.fh, c.changed, c.fields, s.match, c.old_match, s.remote_id, c.`at`, c.gone, c.del
FROM `kith`.`changeset_best_list` AS c
JOIN (SELECT GREATEST(op, 1) AS op, row_id, match, remote_id FROM `kith`.`scratch_run_best_list_spared` WHERE NOT nothing) AS s ON c.op = s.op AND c.row_id = s.row_id;

-- wide removals (sync best_list) at syncs/all.yml:15:11
DELETE FROM `kith`.`changeset_best_list`
WHERE CONCAT(CAST(op AS STRING), TO_JSON_STRING(row_id), TO_JSON_STRING(match), TO_JSON_STRING(remote_id)) IN (
  SELECT CONCAT(CAST(GREATEST(op, 1) AS STRING), TO_JSON_STRING(row_id), TO_JSON_STRING(old_match), TO_JSON_STRING(old_remote_id)) FROM `kith`.`scratch_run_best_list_spared` WHERE NOT nothing
);

-- spared values (sync best_list) at syncs/all.yml:15:11
INSERT INTO `kith`.`acks_best_list` (kh, row_id, key, h, fh, remote_id, match, gone, mapping, ver, del, `at`)
SELECT r.kh, IF(b.row_id IS NULL, r.row_id, CONCAT(r.row_id, '\x1ekey-', TO_HEX(SUBSTR(SHA256(r.match), 1, 8)))), r.key, 0, [], '', r.match, 0, 1, 4294967296, 0, CURRENT_TIMESTAMP()
FROM `kith`.`changeset_best_list_raw` AS r
LEFT JOIN `kith`.`baseline_best_list` AS b ON r.row_id = b.row_id
WHERE r.op = 4 AND r.row_id IN (
  SELECT x.row_id FROM (SELECT row_id, ARRAY_CONCAT(ARRAY(SELECT CONCAT('email', '=', __kith_v) FROM UNNEST(JSON_VALUE_ARRAY(NULLIF(match, ''), '$.email')) AS __kith_v WHERE __kith_v != '')) AS tokens FROM `kith`.`changeset_best_list_raw` WHERE op = 4) AS x, UNNEST(x.tokens) AS token
  WHERE token IN (
    SELECT token FROM (SELECT ARRAY_CONCAT(ARRAY(SELECT CONCAT('email', '=', __kith_v) FROM UNNEST(JSON_VALUE_ARRAY(NULLIF(match, ''), '$.email')) AS __kith_v WHERE __kith_v != '')) AS tokens FROM (SELECT old_match AS match FROM `kith`.`scratch_run_best_list_spared` WHERE old_remote_id = '')) AS s, UNNEST(s.tokens) AS token
  )
);

-- fold_count (sync best_list)
SELECT COUNT(*), (
  SELECT IFNULL(STRING_AGG(SUBSTR(table_name, LENGTH('scratch_fold_baseline_best_list_') + 1)), '') FROM `kith`.INFORMATION_SCHEMA.TABLES
  WHERE STARTS_WITH(table_name, 'scratch_fold_baseline_best_list_') AND REGEXP_CONTAINS(SUBSTR(table_name, LENGTH('scratch_fold_baseline_best_list_') + 1), '^[0-9a-f]{16}$')
) FROM `kith`.`acks_best_list` WHERE ver >= 4294967296;

-- fold_stage (sync best_list)
CREATE OR REPLACE TABLE `kith`.`scratch_fold_baseline_best_list_0123456789abcdef` OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 2 DAY)) AS
SELECT * FROM `kith`.`acks_best_list` WHERE ver >= 4294967296
QUALIFY ROW_NUMBER() OVER (PARTITION BY row_id ORDER BY ver DESC, `at` DESC) = 1;

-- fold_merge (sync best_list)
MERGE `kith`.`baseline_best_list` AS b USING `kith`.`scratch_fold_baseline_best_list_0123456789abcdef` AS s ON b.row_id = s.row_id
WHEN MATCHED AND s.ver >= b.ver AND s.del = 1 THEN DELETE
WHEN MATCHED AND (s.ver > b.ver OR s.ver = b.ver AND s.mapping >= b.mapping) THEN UPDATE SET kh = s.kh, key = s.key, h = s.h, fh = s.fh, remote_id = s.remote_id, match = s.match, gone = s.gone, mapping = s.mapping, ver = s.ver, del = 0
WHEN NOT MATCHED AND s.del = 0 THEN INSERT (kh, row_id, key, h, fh, remote_id, match, gone, mapping, ver, del)
  VALUES (s.kh, s.row_id, s.key, s.h, s.fh, s.remote_id, s.match, s.gone, s.mapping, s.ver, 0);

-- baseline (sync odd_events) at syncs/all.yml:20:11
CREATE TABLE IF NOT EXISTS `kith`.`baseline_odd_events` (
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
) CLUSTER BY kh, row_id;

-- acknowledgements (sync odd_events) at syncs/all.yml:20:11
CREATE TABLE IF NOT EXISTS `kith`.`acks_odd_events` (
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
) PARTITION BY _PARTITIONDATE CLUSTER BY ver OPTIONS (partition_expiration_days = 60);

-- changeset table (sync odd_events) at syncs/all.yml:20:11
CREATE TABLE `kith`.`changeset_odd_events_raw` (
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
) CLUSTER BY op, kh, row_id;

-- desired (sync odd_events) at syncs/all.yml:20:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_odd_events_desired` CLUSTER BY kh, row_id OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 2 DAY)) AS
SELECT (FARM_FINGERPRINT(IFNULL(__kith_id, '')) & 0x7FFFFFFFFFFFFFFF) AS kh, GREATEST(FARM_FINGERPRINT(CONCAT(TO_JSON_STRING(__kith_id), ',')) & 0x7FFFFFFFFFFFFFFF, 1) AS h, __kith_id AS row_id, __kith_key AS key,
  __kith_f0, __kith_f1, __kith_match AS match, __kith_at AS `at`,
  (IFNULL(__kith_id, '') != '') AS has_id, (IFNULL(__kith_key, '') != '') AS has_key, ((IFNULL(__kith_id, '') != '') AND (IFNULL(__kith_key, '') != '')) AND NOT IFNULL((__kith_at < TIMESTAMP_SUB(TIMESTAMP '1970-01-01 00:00:00.000000+00:00', INTERVAL 604800000000 MICROSECOND)), FALSE) AS ok
FROM (
SELECT NULLIF(__kith_s.`row_id`, '') AS __kith_id,
  NULLIF(__kith_s.`row_id`, '') AS __kith_key,
  __kith_p.`__kith_t_spent` AS __kith_f0,
  __kith_s.`op` AS __kith_f1,
  CONCAT('{', ARRAY_TO_STRING([IF(ARRAY_LENGTH(ARRAY(SELECT __kith_w FROM (SELECT (SELECT IF(REGEXP_CONTAINS(__kith_n, '^[^\\s\\p{Z}\\p{C}@<>"(),;]+@[^\\s\\p{Z}\\p{C}@<>"(),;]+\\.[^\\s\\p{Z}\\p{C}@<>"(),;.]{2,}$'), __kith_n, NULL) FROM UNNEST([LOWER((SELECT IF(BYTE_LENGTH(__kith_t) = CHAR_LENGTH(__kith_t), TRIM(__kith_t, ' \t\n\r\f\v'), REGEXP_REPLACE(__kith_t, '^[\\s\\p{Z}\\p{C}]+|[\\s\\p{Z}\\p{C}]+$', '')) FROM UNNEST([__kith_v]) AS __kith_t))]) AS __kith_n) AS __kith_w, __kith_o FROM UNNEST(__kith_p.`__kith_t___kith_all_email`) AS __kith_v WITH OFFSET AS __kith_o) WHERE __kith_w IS NOT NULL ORDER BY __kith_o)) > 0, CONCAT('"email":', CONCAT('[', ARRAY_TO_STRING(ARRAY(SELECT TO_JSON_STRING(__kith_e) FROM UNNEST(ARRAY(SELECT __kith_w FROM (SELECT (SELECT IF(REGEXP_CONTAINS(__kith_n, '^[^\\s\\p{Z}\\p{C}@<>"(),;]+@[^\\s\\p{Z}\\p{C}@<>"(),;]+\\.[^\\s\\p{Z}\\p{C}@<>"(),;.]{2,}$'), __kith_n, NULL) FROM UNNEST([LOWER((SELECT IF(BYTE_LENGTH(__kith_t) = CHAR_LENGTH(__kith_t), TRIM(__kith_t, ' \t\n\r\f\v'), REGEXP_REPLACE(__kith_t, '^[\\s\\p{Z}\\p{C}]+|[\\s\\p{Z}\\p{C}]+$', '')) FROM UNNEST([__kith_v]) AS __kith_t))]) AS __kith_n) AS __kith_w, __kith_o FROM UNNEST(__kith_p.`__kith_t___kith_all_email`) AS __kith_v WITH OFFSET AS __kith_o) WHERE __kith_w IS NOT NULL ORDER BY __kith_o)) AS __kith_e WITH OFFSET AS __kith_o ORDER BY __kith_o), ','), ']')), NULL)], ','), '}') AS __kith_match,
  __kith_s.`at` AS __kith_at
FROM (
  SELECT *, CASE WHEN (SELECT IF((__kith_v = '' OR ((LOWER(TRIM(__kith_v, ' ')) IN ('-1', 'null', '(null)', 'nil', 'none', 'nan', 'na', 'n/a', 'undefined', 'unknown', 'anonymous', 'test@test.com')) OR REGEXP_CONTAINS(__kith_v, '^[0-]*$') OR REGEXP_CONTAINS(__kith_v, '^(no|do-?not)[-_.]?reply@'))), 0, GREATEST(FARM_FINGERPRINT(SHA256(CONCAT('\x00handle\x00', __kith_v))) & 0x7FFFFFFFFFFFFFFF, 1)) FROM UNNEST([COALESCE((SELECT IF((SELECT IF(BYTE_LENGTH(__kith_t) = CHAR_LENGTH(__kith_t), TRIM(__kith_t, ' \t\n\r\f\v'), REGEXP_REPLACE(__kith_t, '^[\\s\\p{Z}\\p{C}]+|[\\s\\p{Z}\\p{C}]+$', '')) FROM UNNEST([__kith_n]) AS __kith_t) != '', __kith_n, NULL) FROM UNNEST([__kith_s.`k`]) AS __kith_n), '')]) AS __kith_v) != 0 THEN (SELECT IF((__kith_v = '' OR ((LOWER(TRIM(__kith_v, ' ')) IN ('-1', 'null', '(null)', 'nil', 'none', 'nan', 'na', 'n/a', 'undefined', 'unknown', 'anonymous', 'test@test.com')) OR REGEXP_CONTAINS(__kith_v, '^[0-]*$') OR REGEXP_CONTAINS(__kith_v, '^(no|do-?not)[-_.]?reply@'))), 0, GREATEST(FARM_FINGERPRINT(SHA256(CONCAT('\x00handle\x00', __kith_v))) & 0x7FFFFFFFFFFFFFFF, 1)) FROM UNNEST([COALESCE((SELECT IF((SELECT IF(BYTE_LENGTH(__kith_t) = CHAR_LENGTH(__kith_t), TRIM(__kith_t, ' \t\n\r\f\v'), REGEXP_REPLACE(__kith_t, '^[\\s\\p{Z}\\p{C}]+|[\\s\\p{Z}\\p{C}]+$', '')) FROM UNNEST([__kith_n]) AS __kith_t) != '', __kith_n, NULL) FROM UNNEST([__kith_s.`k`]) AS __kith_n), '')]) AS __kith_v) WHEN (SELECT IF((__kith_v = '' OR ((LOWER(TRIM(__kith_v, ' ')) IN ('-1', 'null', '(null)', 'nil', 'none', 'nan', 'na', 'n/a', 'undefined', 'unknown', 'anonymous', 'test@test.com')) OR (__kith_v = COALESCE((SELECT IF(REGEXP_CONTAINS(__kith_n, '^[^\\s\\p{Z}\\p{C}@<>"(),;]+@[^\\s\\p{Z}\\p{C}@<>"(),;]+\\.[^\\s\\p{Z}\\p{C}@<>"(),;.]{2,}$'), __kith_n, NULL) FROM UNNEST([LOWER((SELECT IF(BYTE_LENGTH(__kith_t) = CHAR_LENGTH(__kith_t), TRIM(__kith_t, ' \t\n\r\f\v'), REGEXP_REPLACE(__kith_t, '^[\\s\\p{Z}\\p{C}]+|[\\s\\p{Z}\\p{C}]+$', '')) FROM UNNEST(['test@test.com']) AS __kith_t))]) AS __kith_n), 'test@test.com')) OR REGEXP_CONTAINS(__kith_v, '^[0-]*$') OR REGEXP_CONTAINS(__kith_v, '^(no|do-?not)[-_.]?reply@') OR REGEXP_CONTAINS(__kith_v, '@example\\.com$'))), 0, GREATEST(FARM_FINGERPRINT(SHA256(CONCAT('\x00email\x00', __kith_v))) & 0x7FFFFFFFFFFFFFFF, 1)) FROM UNNEST([COALESCE((SELECT IF(REGEXP_CONTAINS(__kith_n, '^[^\\s\\p{Z}\\p{C}@<>"(),;]+@[^\\s\\p{Z}\\p{C}@<>"(),;]+\\.[^\\s\\p{Z}\\p{C}@<>"(),;.]{2,}$'), __kith_n, NULL) FROM UNNEST([LOWER((SELECT IF(BYTE_LENGTH(__kith_t) = CHAR_LENGTH(__kith_t), TRIM(__kith_t, ' \t\n\r\f\v'), REGEXP_REPLACE(__kith_t, '^[\\s\\p{Z}\\p{C}]+|[\\s\\p{Z}\\p{C}]+$', '')) FROM UNNEST([__kith_s.`p`]) AS __kith_t))]) AS __kith_n), '')]) AS __kith_v) != 0 THEN (SELECT IF((__kith_v = '' OR ((LOWER(TRIM(__kith_v, ' ')) IN ('-1', 'null', '(null)', 'nil', 'none', 'nan', 'na', 'n/a', 'undefined', 'unknown', 'anonymous', 'test@test.com')) OR (__kith_v = COALESCE((SELECT IF(REGEXP_CONTAINS(__kith_n, '^[^\\s\\p{Z}\\p{C}@<>"(),;]+@[^\\s\\p{Z}\\p{C}@<>"(),;]+\\.[^\\s\\p{Z}\\p{C}@<>"(),;.]{2,}$'), __kith_n, NULL) FROM UNNEST([LOWER((SELECT IF(BYTE_LENGTH(__kith_t) = CHAR_LENGTH(__kith_t), TRIM(__kith_t, ' \t\n\r\f\v'), REGEXP_REPLACE(__kith_t, '^[\\s\\p{Z}\\p{C}]+|[\\s\\p{Z}\\p{C}]+$', '')) FROM UNNEST(['test@test.com']) AS __kith_t))]) AS __kith_n), 'test@test.com')) OR REGEXP_CONTAINS(__kith_v, '^[0-]*$') OR REGEXP_CONTAINS(__kith_v, '^(no|do-?not)[-_.]?reply@') OR REGEXP_CONTAINS(__kith_v, '@example\\.com$'))), 0, GREATEST(FARM_FINGERPRINT(SHA256(CONCAT('\x00email\x00', __kith_v))) & 0x7FFFFFFFFFFFFFFF, 1)) FROM UNNEST([COALESCE((SELECT IF(REGEXP_CONTAINS(__kith_n, '^[^\\s\\p{Z}\\p{C}@<>"(),;]+@[^\\s\\p{Z}\\p{C}@<>"(),;]+\\.[^\\s\\p{Z}\\p{C}@<>"(),;.]{2,}$'), __kith_n, NULL) FROM UNNEST([LOWER((SELECT IF(BYTE_LENGTH(__kith_t) = CHAR_LENGTH(__kith_t), TRIM(__kith_t, ' \t\n\r\f\v'), REGEXP_REPLACE(__kith_t, '^[\\s\\p{Z}\\p{C}]+|[\\s\\p{Z}\\p{C}]+$', '')) FROM UNNEST([__kith_s.`p`]) AS __kith_t))]) AS __kith_n), '')]) AS __kith_v) WHEN (SELECT IF((__kith_v = '' OR ((LOWER(TRIM(__kith_v, ' ')) IN ('-1', 'null', '(null)', 'nil', 'none', 'nan', 'na', 'n/a', 'undefined', 'unknown', 'anonymous', 'test@test.com')) OR REGEXP_CONTAINS(__kith_v, '^[0-]*$') OR REGEXP_CONTAINS(__kith_v, '^(no|do-?not)[-_.]?reply@'))), 0, GREATEST(FARM_FINGERPRINT(SHA256(CONCAT('\x00phone\x00', __kith_v))) & 0x7FFFFFFFFFFFFFFF, 1)) FROM UNNEST([COALESCE((SELECT IF(REGEXP_CONTAINS(__kith_n, '^\\+[1-9][0-9]{7,14}$'), __kith_n, NULL) FROM UNNEST([(SELECT COALESCE(CONCAT(REGEXP_EXTRACT(__kith_e, '^(\\+(?:20|27|30|31|32|33|34|40|41|43|44|45|46|47|48|49|51|54|55|61|62|64|81|82|84|86|90|91|92|94|98|212|213|234|254|351|352|353|355|358|359|380|381|385|386|387|389|420|421|880|962|966|971|972))0'), REGEXP_EXTRACT(__kith_e, '^\\+(?:20|27|30|31|32|33|34|40|41|43|44|45|46|47|48|49|51|54|55|61|62|64|81|82|84|86|90|91|92|94|98|212|213|234|254|351|352|353|355|358|359|380|381|385|386|387|389|420|421|880|962|966|971|972)0(.*)$')), __kith_e) FROM UNNEST([(SELECT CASE WHEN STARTS_WITH(__kith_d, '+') THEN __kith_d WHEN STARTS_WITH(__kith_d, '00') THEN CONCAT('+', SUBSTR(__kith_d, 3)) ELSE CONCAT('+', '31', REGEXP_REPLACE(__kith_d, '^0', '')) END FROM UNNEST([IFNULL(REGEXP_REPLACE((SELECT IF(STRPOS(__kith_f, '(0)') > 0, CONCAT(SUBSTR(__kith_f, 1, STRPOS(__kith_f, '(0)') - 1), SUBSTR(__kith_f, STRPOS(__kith_f, '(0)') + 3)), __kith_f) FROM UNNEST([REGEXP_REPLACE(__kith_s.`it's quoted`, r'(?is)[;,/#x].*$', '')]) AS __kith_f), r'[^0-9+]', ''), '')]) AS __kith_d)]) AS __kith_e)]) AS __kith_n), '')]) AS __kith_v) != 0 AND (SELECT IF((__kith_v = '' OR ((LOWER(TRIM(__kith_v, ' ')) IN ('-1', 'null', '(null)', 'nil', 'none', 'nan', 'na', 'n/a', 'undefined', 'unknown', 'anonymous', 'test@test.com')) OR REGEXP_CONTAINS(__kith_v, '^[0-]*$') OR REGEXP_CONTAINS(__kith_v, '^(no|do-?not)[-_.]?reply@'))), 0, GREATEST(FARM_FINGERPRINT(SHA256(CONCAT('\x00phone\x00', __kith_v))) & 0x7FFFFFFFFFFFFFFF, 1)) FROM UNNEST([COALESCE((SELECT IF(REGEXP_CONTAINS(__kith_n, '^\\+[1-9][0-9]{7,14}$'), __kith_n, NULL) FROM UNNEST([(SELECT COALESCE(CONCAT(REGEXP_EXTRACT(__kith_e, '^(\\+(?:20|27|30|31|32|33|34|40|41|43|44|45|46|47|48|49|51|54|55|61|62|64|81|82|84|86|90|91|92|94|98|212|213|234|254|351|352|353|355|358|359|380|381|385|386|387|389|420|421|880|962|966|971|972))0'), REGEXP_EXTRACT(__kith_e, '^\\+(?:20|27|30|31|32|33|34|40|41|43|44|45|46|47|48|49|51|54|55|61|62|64|81|82|84|86|90|91|92|94|98|212|213|234|254|351|352|353|355|358|359|380|381|385|386|387|389|420|421|880|962|966|971|972)0(.*)$')), __kith_e) FROM UNNEST([(SELECT CASE WHEN STARTS_WITH(__kith_d, '+') THEN __kith_d WHEN STARTS_WITH(__kith_d, '00') THEN CONCAT('+', SUBSTR(__kith_d, 3)) ELSE CONCAT('+', '31', REGEXP_REPLACE(__kith_d, '^0', '')) END FROM UNNEST([IFNULL(REGEXP_REPLACE((SELECT IF(STRPOS(__kith_f, '(0)') > 0, CONCAT(SUBSTR(__kith_f, 1, STRPOS(__kith_f, '(0)') - 1), SUBSTR(__kith_f, STRPOS(__kith_f, '(0)') + 3)), __kith_f) FROM UNNEST([REGEXP_REPLACE(__kith_s.`it's quoted`, r'(?is)[;,/#x].*$', '')]) AS __kith_f), r'[^0-9+]', ''), '')]) AS __kith_d)]) AS __kith_e)]) AS __kith_n), '')]) AS __kith_v) NOT IN (SELECT node FROM `kith`.`identity_person_shared_build`) THEN (SELECT IF((__kith_v = '' OR ((LOWER(TRIM(__kith_v, ' ')) IN ('-1', 'null', '(null)', 'nil', 'none', 'nan', 'na', 'n/a', 'undefined', 'unknown', 'anonymous', 'test@test.com')) OR REGEXP_CONTAINS(__kith_v, '^[0-]*$') OR REGEXP_CONTAINS(__kith_v, '^(no|do-?not)[-_.]?reply@'))), 0, GREATEST(FARM_FINGERPRINT(SHA256(CONCAT('\x00phone\x00', __kith_v))) & 0x7FFFFFFFFFFFFFFF, 1)) FROM UNNEST([COALESCE((SELECT IF(REGEXP_CONTAINS(__kith_n, '^\\+[1-9][0-9]{7,14}$'), __kith_n, NULL) FROM UNNEST([(SELECT COALESCE(CONCAT(REGEXP_EXTRACT(__kith_e, '^(\\+(?:20|27|30|31|32|33|34|40|41|43|44|45|46|47|48|49|51|54|55|61|62|64|81|82|84|86|90|91|92|94|98|212|213|234|254|351|352|353|355|358|359|380|381|385|386|387|389|420|421|880|962|966|971|972))0'), REGEXP_EXTRACT(__kith_e, '^\\+(?:20|27|30|31|32|33|34|40|41|43|44|45|46|47|48|49|51|54|55|61|62|64|81|82|84|86|90|91|92|94|98|212|213|234|254|351|352|353|355|358|359|380|381|385|386|387|389|420|421|880|962|966|971|972)0(.*)$')), __kith_e) FROM UNNEST([(SELECT CASE WHEN STARTS_WITH(__kith_d, '+') THEN __kith_d WHEN STARTS_WITH(__kith_d, '00') THEN CONCAT('+', SUBSTR(__kith_d, 3)) ELSE CONCAT('+', '31', REGEXP_REPLACE(__kith_d, '^0', '')) END FROM UNNEST([IFNULL(REGEXP_REPLACE((SELECT IF(STRPOS(__kith_f, '(0)') > 0, CONCAT(SUBSTR(__kith_f, 1, STRPOS(__kith_f, '(0)') - 1), SUBSTR(__kith_f, STRPOS(__kith_f, '(0)') + 3)), __kith_f) FROM UNNEST([REGEXP_REPLACE(__kith_s.`it's quoted`, r'(?is)[;,/#x].*$', '')]) AS __kith_f), r'[^0-9+]', ''), '')]) AS __kith_d)]) AS __kith_e)]) AS __kith_n), '')]) AS __kith_v) ELSE 0 END AS __kith_owner FROM (
SELECT __kith_s.`k` AS `k`, __kith_s.`p` AS `p`, __kith_s.`op` AS `op`, __kith_s.`__x` AS `__x`, __kith_s.`it's quoted` AS `it's quoted`, __kith_s.`at` AS `at`, __kith_s.`row_id` AS `row_id` FROM (
SELECT * FROM (
SELECT __kith_t.`k` AS `k`, __kith_t.`h` AS `h`, __kith_t.`p` AS `p`, __kith_t.`op` AS `op`, __kith_t.`select` AS `select`, __kith_t.`__x` AS `__x`, __kith_t.`it's quoted` AS `it's quoted`, __kith_t.`j` AS `j`, __kith_t.`price` AS `price`, CAST((
h * 2
) AS INT64) AS `twice`, __kith_t.`tags` AS `tags`, __kith_t.`at` AS `at`, __kith_t.`seen` AS `seen`, __kith_t.`day` AS `day`, __kith_t.`row_id` AS `row_id`, __kith_t.`key` AS `key`, __kith_t.`value` AS `value` FROM (
SELECT CAST(__kith_t.`k` AS STRING) AS `k`, CAST(__kith_t.`h` AS INT64) AS `h`, CAST(__kith_t.`p` AS STRING) AS `p`, CAST(__kith_t.`op` AS INT64) AS `op`, CAST(__kith_t.`select` AS STRING) AS `select`, CAST(__kith_t.`__x` AS BOOL) AS `__x`, CAST(__kith_t.`it's quoted` AS STRING) AS `it's quoted`, (SELECT IF(SAFE.PARSE_JSON(__kith_j, wide_number_mode=>'round') IS NULL, __kith_j, TO_JSON_STRING(PARSE_JSON(__kith_j, wide_number_mode=>'round'))) FROM UNNEST([IF(__kith_t.`j` IS NULL, NULL, COALESCE(JSON_VALUE(TO_JSON_STRING(__kith_t.`j`)), NULLIF(TO_JSON_STRING(__kith_t.`j`), 'null')))]) AS __kith_j) AS `j`, CAST(REGEXP_EXTRACT(CAST(CAST(SAFE_CAST(SAFE.JSON_VALUE(__kith_t.`j`, '$."price"."net"') AS NUMERIC) AS NUMERIC) AS STRING), r'^-?[0-9]+(?:\.[0-9]{1,2})?') AS NUMERIC) AS `price`, ARRAY(SELECT CAST(__kith_e AS STRING) FROM UNNEST(__kith_t.`tags`) AS __kith_e WITH OFFSET AS __kith_o WHERE __kith_e IS NOT NULL ORDER BY __kith_o) AS `tags`, CAST(__kith_t.`at` AS TIMESTAMP) AS `at`, CAST(__kith_t.`seen` AS TIMESTAMP) AS `seen`, CAST(__kith_t.`day` AS DATE) AS `day`, CAST(__kith_t.`row_id` AS STRING) AS `row_id`, CAST(__kith_t.`key` AS STRING) AS `key`, IF(IS_INF(CAST(__kith_t.`value` AS FLOAT64)) OR IS_NAN(CAST(__kith_t.`value` AS FLOAT64)), NULL, CAST(__kith_t.`value` AS FLOAT64) + 0.0) AS `value` FROM `raw`.`odd` AS __kith_t
) AS __kith_t
) AS __kith_s
WHERE TRUE QUALIFY ROW_NUMBER() OVER (PARTITION BY __kith_s.`k`, __kith_s.`op` ORDER BY __kith_s.`seen` DESC, __kith_s.`at` DESC, FARM_FINGERPRINT(TO_JSON_STRING(__kith_s))) = 1
) AS __kith_s
WHERE ((NOT IFNULL((__kith_s.`select` = 'test'), FALSE)))
  ) AS __kith_s WHERE (IFNULL((__kith_s.`__x` = true), FALSE))
) AS __kith_s
LEFT JOIN (SELECT node AS __kith_node, entity_id AS __kith_entity FROM `kith`.`identity_person_map_build`) AS __kith_m ON __kith_s.__kith_owner = __kith_m.__kith_node
LEFT JOIN (SELECT entity_id AS __kith_entity, `__kith_all_email` AS `__kith_t___kith_all_email`, `spent` AS `__kith_t_spent`, `__kith_consent_general` AS `__kith_t___kith_consent_general`, `__kith_segment_bounced` AS `__kith_t___kith_segment_bounced` FROM `kith`.`profile_person_build`) AS __kith_p ON __kith_m.__kith_entity = __kith_p.__kith_entity
WHERE (COALESCE(__kith_p.`__kith_t___kith_consent_general`, false) AND (NOT COALESCE(__kith_p.`__kith_t___kith_segment_bounced`, false))) AND IFNULL((__kith_s.`at` >= TIMESTAMP '2025-12-31 23:00:00.000000+00:00'), FALSE)
);

-- digest (sync odd_events) at syncs/all.yml:20:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_odd_events_digest` CLUSTER BY bucket OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 2 DAY)) AS
SELECT bucket, COUNTIF(differs) AS d, SUM(copies) AS desired_rows, COUNTIF(b.gone = 0) AS baseline_rows, COUNTIF(b.gone != 0) AS gone_rows, SUM(no_id) AS no_id, SUM(no_key) AS no_key, 0 AS earlier_rows,
  ARRAY_AGG(IF(differs, STRUCT(c, b, copies), NULL) IGNORE NULLS) AS pairs
FROM (
  SELECT *, IFNULL(c.kh, IFNULL(b.kh, 0)) >> 47 AS bucket,
    CASE WHEN copies = 0 THEN b.row_id IS NOT NULL AND 1 = 0 WHEN b.row_id IS NULL THEN TRUE ELSE b.row_id = '' OR b.h = 0 END AS differs
  FROM (
    SELECT row_id, ARRAY_AGG(c IGNORE NULLS LIMIT 1)[SAFE_OFFSET(0)] AS c, ARRAY_AGG(b IGNORE NULLS LIMIT 1)[SAFE_OFFSET(0)] AS b,
      COUNTIF(ok) AS copies, COUNTIF(NOT has_id) AS no_id, COUNTIF(has_id AND NOT has_key) AS no_key
    FROM (
      SELECT row_id, IF(ok, STRUCT(kh, h, row_id, key, __kith_f0, __kith_f1, match, `at`), NULL) AS c, NULL AS b, ok, has_id, has_key
      FROM (SELECT * FROM `kith`.`scratch_run_odd_events_desired`)
      UNION ALL
      SELECT row_id, NULL, STRUCT(kh, row_id, key, h, fh, remote_id, match, gone, mapping, ver), FALSE, TRUE, TRUE
      FROM `kith`.`baseline_odd_events`
    ) GROUP BY row_id
  )
) GROUP BY bucket;

-- digest totals (sync odd_events) at syncs/all.yml:20:11
SELECT COUNTIF(d != 0), SUM(desired_rows), SUM(baseline_rows), SUM(no_id), SUM(no_key), SUM(d), IF(COUNT(*) > 0 OR NOT EXISTS (SELECT 1 FROM `kith`.`baseline_odd_events`), 1, 0), IFNULL(SUM(earlier_rows), 0), IFNULL(SUM(gone_rows), 0)
FROM `kith`.`scratch_run_odd_events_digest`;

-- changeset (sync odd_events) at syncs/all.yml:20:11
INSERT INTO `kith`.`changeset_odd_events_raw` (op, kh, row_id, action, reason, key, old_key, h, fh, changed, fields, match, old_match, remote_id, `at`, gone, del)
SELECT
  op, kh, row_id, act, IF(here, 0, reason),
  IF(op = 1 AND known, old_key, key),
  IF(op = 2, old_key, ''),
  IF(op = 1 OR NOT here, old_h, h),
  fh, changed,
  CASE WHEN op = 1 AND act = 'set' THEN CASE WHEN reason = 4 THEN '{}' WHEN reason = 3 THEN '{}' WHEN reason = 2 THEN '{}' WHEN reason = 1 THEN '{}' ELSE '' END WHEN op = 1 THEN '' ELSE fields END,
  IF(here AND op != 1, match, old_match),
  IF(op = 2, old_match, ''),
  remote_id, `at`,
  CASE WHEN op = 0 AND NOT here THEN reason WHEN op = 2 THEN old_gone ELSE 0 END,
  0
FROM (
  SELECT r.*, op, IF(op = 1, IF(here, 'ignore', action), '') AS act
  FROM (
    SELECT *, CASE WHEN same THEN [0] WHEN NOT here AND action = 'ignore' THEN [0] WHEN NOT here THEN [1] WHEN NOT known THEN [4] WHEN old_gone != 0 THEN [3]
    WHEN FALSE THEN [3] WHEN old_h = 0 AND bare THEN [4] ELSE [3] END AS ops
    FROM (
      SELECT here, known, copies, reason, CASE WHEN reason = 4 THEN 'ignore' WHEN reason = 3 THEN 'ignore' WHEN reason = 2 THEN 'ignore' WHEN reason = 1 THEN 'ignore' ELSE '' END AS action, fh, IF(here AND known, ARRAY(SELECT i FROM UNNEST(fh) AS x WITH OFFSET AS i WHERE x != IFNULL(b.fh[SAFE_OFFSET(i)], 0) ORDER BY i), []) AS changed, FALSE AS same,
        IF(here, c.kh, b.kh) AS kh, IF(here, c.row_id, b.row_id) AS row_id, IF(here, c.key, b.key) AS key, IFNULL(b.key, '') AS old_key,
        IFNULL(c.h, 0) AS h, IFNULL(b.h, 0) AS old_h, IF(here, CONCAT('{', ARRAY_TO_STRING([IF(c.__kith_f0 IS NULL, NULL, CONCAT('"spent":', CAST(c.__kith_f0 AS STRING))), IF(c.__kith_f1 IS NULL, NULL, CONCAT('"op":', CAST(c.__kith_f1 AS STRING)))], ','), '}'), '') AS fields, IFNULL(c.match, '') AS match, IFNULL(b.match, '') AS old_match,
        IFNULL(b.remote_id, '') AS remote_id, c.`at` AS `at`, IFNULL(b.gone, 0) AS old_gone, IFNULL(ARRAY_LENGTH(b.fh), 0) = 0 AS bare
      FROM (
        SELECT p.c AS c, p.b AS b, p.copies AS copies, p.copies > 0 AS here, p.b.row_id IS NOT NULL AS known, 2 AS reason,
          IF(p.copies > 0, (SELECT [(FARM_FINGERPRINT(TO_JSON_STRING(CAST(c.__kith_f0 AS STRING))) & 0xFFFFFFFF), (FARM_FINGERPRINT(TO_JSON_STRING(CAST(c.__kith_f1 AS STRING))) & 0xFFFFFFFF)] FROM UNNEST([p.c]) AS c), p.b.fh) AS fh
        FROM `kith`.`scratch_run_odd_events_digest` AS g, UNNEST(g.pairs) AS p WHERE bucket BETWEEN 0 >> 47 AND 9223372036854775807 >> 47
      )
    )
  ) AS r, UNNEST(r.ops) AS op, UNNEST(GENERATE_ARRAY(1, GREATEST(r.copies, 1))) AS copy
);

-- repeated row ids (sync odd_events) at syncs/all.yml:20:11
SELECT COUNT(*), IFNULL(MAX(n), 0) FROM (SELECT COUNT(*) AS n FROM `kith`.`changeset_odd_events_raw` WHERE op != 1 GROUP BY kh, row_id HAVING COUNT(*) > 1);

-- verdicts (sync odd_events) at syncs/all.yml:20:11
CREATE OR REPLACE TABLE `kith`.`scratch_run_odd_events_fix` (kh INT64, row_id STRING, op INT64, verdict INT64, reason INT64, code STRING) OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 2 DAY));

-- expired events (sync odd_events) at syncs/all.yml:20:11
SELECT COUNT(*) FROM (
SELECT NULLIF(__kith_s.`row_id`, '') AS __kith_id,
  NULLIF(__kith_s.`row_id`, '') AS __kith_key,
  __kith_p.`__kith_t_spent` AS __kith_f0,
  __kith_s.`op` AS __kith_f1,
  CONCAT('{', ARRAY_TO_STRING([IF(ARRAY_LENGTH(ARRAY(SELECT __kith_w FROM (SELECT (SELECT IF(REGEXP_CONTAINS(__kith_n, '^[^\\s\\p{Z}\\p{C}@<>"(),;]+@[^\\s\\p{Z}\\p{C}@<>"(),;]+\\.[^\\s\\p{Z}\\p{C}@<>"(),;.]{2,}$'), __kith_n, NULL) FROM UNNEST([LOWER((SELECT IF(BYTE_LENGTH(__kith_t) = CHAR_LENGTH(__kith_t), TRIM(__kith_t, ' \t\n\r\f\v'), REGEXP_REPLACE(__kith_t, '^[\\s\\p{Z}\\p{C}]+|[\\s\\p{Z}\\p{C}]+$', '')) FROM UNNEST([__kith_v]) AS __kith_t))]) AS __kith_n) AS __kith_w, __kith_o FROM UNNEST(__kith_p.`__kith_t___kith_all_email`) AS __kith_v WITH OFFSET AS __kith_o) WHERE __kith_w IS NOT NULL ORDER BY __kith_o)) > 0, CONCAT('"email":', CONCAT('[', ARRAY_TO_STRING(ARRAY(SELECT TO_JSON_STRING(__kith_e) FROM UNNEST(ARRAY(SELECT __kith_w FROM (SELECT (SELECT IF(REGEXP_CONTAINS(__kith_n, '^[^\\s\\p{Z}\\p{C}@<>"(),;]+@[^\\s\\p{Z}\\p{C}@<>"(),;]+\\.[^\\s\\p{Z}\\p{C}@<>"(),;.]{2,}$'), __kith_n, NULL) FROM UNNEST([LOWER((SELECT IF(BYTE_LENGTH(__kith_t) = CHAR_LENGTH(__kith_t), TRIM(__kith_t, ' \t\n\r\f\v'), REGEXP_REPLACE(__kith_t, '^[\\s\\p{Z}\\p{C}]+|[\\s\\p{Z}\\p{C}]+$', '')) FROM UNNEST([__kith_v]) AS __kith_t))]) AS __kith_n) AS __kith_w, __kith_o FROM UNNEST(__kith_p.`__kith_t___kith_all_email`) AS __kith_v WITH OFFSET AS __kith_o) WHERE __kith_w IS NOT NULL ORDER BY __kith_o)) AS __kith_e WITH OFFSET AS __kith_o ORDER BY __kith_o), ','), ']')), NULL)], ','), '}') AS __kith_match,
  __kith_s.`at` AS __kith_at
FROM (
  SELECT *, CASE WHEN (SELECT IF((__kith_v = '' OR ((LOWER(TRIM(__kith_v, ' ')) IN ('-1', 'null', '(null)', 'nil', 'none', 'nan', 'na', 'n/a', 'undefined', 'unknown', 'anonymous', 'test@test.com')) OR REGEXP_CONTAINS(__kith_v, '^[0-]*$') OR REGEXP_CONTAINS(__kith_v, '^(no|do-?not)[-_.]?reply@'))), 0, GREATEST(FARM_FINGERPRINT(SHA256(CONCAT('\x00handle\x00', __kith_v))) & 0x7FFFFFFFFFFFFFFF, 1)) FROM UNNEST([COALESCE((SELECT IF((SELECT IF(BYTE_LENGTH(__kith_t) = CHAR_LENGTH(__kith_t), TRIM(__kith_t, ' \t\n\r\f\v'), REGEXP_REPLACE(__kith_t, '^[\\s\\p{Z}\\p{C}]+|[\\s\\p{Z}\\p{C}]+$', '')) FROM UNNEST([__kith_n]) AS __kith_t) != '', __kith_n, NULL) FROM UNNEST([__kith_s.`k`]) AS __kith_n), '')]) AS __kith_v) != 0 THEN (SELECT IF((__kith_v = '' OR ((LOWER(TRIM(__kith_v, ' ')) IN ('-1', 'null', '(null)', 'nil', 'none', 'nan', 'na', 'n/a', 'undefined', 'unknown', 'anonymous', 'test@test.com')) OR REGEXP_CONTAINS(__kith_v, '^[0-]*$') OR REGEXP_CONTAINS(__kith_v, '^(no|do-?not)[-_.]?reply@'))), 0, GREATEST(FARM_FINGERPRINT(SHA256(CONCAT('\x00handle\x00', __kith_v))) & 0x7FFFFFFFFFFFFFFF, 1)) FROM UNNEST([COALESCE((SELECT IF((SELECT IF(BYTE_LENGTH(__kith_t) = CHAR_LENGTH(__kith_t), TRIM(__kith_t, ' \t\n\r\f\v'), REGEXP_REPLACE(__kith_t, '^[\\s\\p{Z}\\p{C}]+|[\\s\\p{Z}\\p{C}]+$', '')) FROM UNNEST([__kith_n]) AS __kith_t) != '', __kith_n, NULL) FROM UNNEST([__kith_s.`k`]) AS __kith_n), '')]) AS __kith_v) WHEN (SELECT IF((__kith_v = '' OR ((LOWER(TRIM(__kith_v, ' ')) IN ('-1', 'null', '(null)', 'nil', 'none', 'nan', 'na', 'n/a', 'undefined', 'unknown', 'anonymous', 'test@test.com')) OR (__kith_v = COALESCE((SELECT IF(REGEXP_CONTAINS(__kith_n, '^[^\\s\\p{Z}\\p{C}@<>"(),;]+@[^\\s\\p{Z}\\p{C}@<>"(),;]+\\.[^\\s\\p{Z}\\p{C}@<>"(),;.]{2,}$'), __kith_n, NULL) FROM UNNEST([LOWER((SELECT IF(BYTE_LENGTH(__kith_t) = CHAR_LENGTH(__kith_t), TRIM(__kith_t, ' \t\n\r\f\v'), REGEXP_REPLACE(__kith_t, '^[\\s\\p{Z}\\p{C}]+|[\\s\\p{Z}\\p{C}]+$', '')) FROM UNNEST(['test@test.com']) AS __kith_t))]) AS __kith_n), 'test@test.com')) OR REGEXP_CONTAINS(__kith_v, '^[0-]*$') OR REGEXP_CONTAINS(__kith_v, '^(no|do-?not)[-_.]?reply@') OR REGEXP_CONTAINS(__kith_v, '@example\\.com$'))), 0, GREATEST(FARM_FINGERPRINT(SHA256(CONCAT('\x00email\x00', __kith_v))) & 0x7FFFFFFFFFFFFFFF, 1)) FROM UNNEST([COALESCE((SELECT IF(REGEXP_CONTAINS(__kith_n, '^[^\\s\\p{Z}\\p{C}@<>"(),;]+@[^\\s\\p{Z}\\p{C}@<>"(),;]+\\.[^\\s\\p{Z}\\p{C}@<>"(),;.]{2,}$'), __kith_n, NULL) FROM UNNEST([LOWER((SELECT IF(BYTE_LENGTH(__kith_t) = CHAR_LENGTH(__kith_t), TRIM(__kith_t, ' \t\n\r\f\v'), REGEXP_REPLACE(__kith_t, '^[\\s\\p{Z}\\p{C}]+|[\\s\\p{Z}\\p{C}]+$', '')) FROM UNNEST([__kith_s.`p`]) AS __kith_t))]) AS __kith_n), '')]) AS __kith_v) != 0 THEN (SELECT IF((__kith_v = '' OR ((LOWER(TRIM(__kith_v, ' ')) IN ('-1', 'null', '(null)', 'nil', 'none', 'nan', 'na', 'n/a', 'undefined', 'unknown', 'anonymous', 'test@test.com')) OR (__kith_v = COALESCE((SELECT IF(REGEXP_CONTAINS(__kith_n, '^[^\\s\\p{Z}\\p{C}@<>"(),;]+@[^\\s\\p{Z}\\p{C}@<>"(),;]+\\.[^\\s\\p{Z}\\p{C}@<>"(),;.]{2,}$'), __kith_n, NULL) FROM UNNEST([LOWER((SELECT IF(BYTE_LENGTH(__kith_t) = CHAR_LENGTH(__kith_t), TRIM(__kith_t, ' \t\n\r\f\v'), REGEXP_REPLACE(__kith_t, '^[\\s\\p{Z}\\p{C}]+|[\\s\\p{Z}\\p{C}]+$', '')) FROM UNNEST(['test@test.com']) AS __kith_t))]) AS __kith_n), 'test@test.com')) OR REGEXP_CONTAINS(__kith_v, '^[0-]*$') OR REGEXP_CONTAINS(__kith_v, '^(no|do-?not)[-_.]?reply@') OR REGEXP_CONTAINS(__kith_v, '@example\\.com$'))), 0, GREATEST(FARM_FINGERPRINT(SHA256(CONCAT('\x00email\x00', __kith_v))) & 0x7FFFFFFFFFFFFFFF, 1)) FROM UNNEST([COALESCE((SELECT IF(REGEXP_CONTAINS(__kith_n, '^[^\\s\\p{Z}\\p{C}@<>"(),;]+@[^\\s\\p{Z}\\p{C}@<>"(),;]+\\.[^\\s\\p{Z}\\p{C}@<>"(),;.]{2,}$'), __kith_n, NULL) FROM UNNEST([LOWER((SELECT IF(BYTE_LENGTH(__kith_t) = CHAR_LENGTH(__kith_t), TRIM(__kith_t, ' \t\n\r\f\v'), REGEXP_REPLACE(__kith_t, '^[\\s\\p{Z}\\p{C}]+|[\\s\\p{Z}\\p{C}]+$', '')) FROM UNNEST([__kith_s.`p`]) AS __kith_t))]) AS __kith_n), '')]) AS __kith_v) WHEN (SELECT IF((__kith_v = '' OR ((LOWER(TRIM(__kith_v, ' ')) IN ('-1', 'null', '(null)', 'nil', 'none', 'nan', 'na', 'n/a', 'undefined', 'unknown', 'anonymous', 'test@test.com')) OR REGEXP_CONTAINS(__kith_v, '^[0-]*$') OR REGEXP_CONTAINS(__kith_v, '^(no|do-?not)[-_.]?reply@'))), 0, GREATEST(FARM_FINGERPRINT(SHA256(CONCAT('\x00phone\x00', __kith_v))) & 0x7FFFFFFFFFFFFFFF, 1)) FROM UNNEST([COALESCE((SELECT IF(REGEXP_CONTAINS(__kith_n, '^\\+[1-9][0-9]{7,14}$'), __kith_n, NULL) FROM UNNEST([(SELECT COALESCE(CONCAT(REGEXP_EXTRACT(__kith_e, '^(\\+(?:20|27|30|31|32|33|34|40|41|43|44|45|46|47|48|49|51|54|55|61|62|64|81|82|84|86|90|91|92|94|98|212|213|234|254|351|352|353|355|358|359|380|381|385|386|387|389|420|421|880|962|966|971|972))0'), REGEXP_EXTRACT(__kith_e, '^\\+(?:20|27|30|31|32|33|34|40|41|43|44|45|46|47|48|49|51|54|55|61|62|64|81|82|84|86|90|91|92|94|98|212|213|234|254|351|352|353|355|358|359|380|381|385|386|387|389|420|421|880|962|966|971|972)0(.*)$')), __kith_e) FROM UNNEST([(SELECT CASE WHEN STARTS_WITH(__kith_d, '+') THEN __kith_d WHEN STARTS_WITH(__kith_d, '00') THEN CONCAT('+', SUBSTR(__kith_d, 3)) ELSE CONCAT('+', '31', REGEXP_REPLACE(__kith_d, '^0', '')) END FROM UNNEST([IFNULL(REGEXP_REPLACE((SELECT IF(STRPOS(__kith_f, '(0)') > 0, CONCAT(SUBSTR(__kith_f, 1, STRPOS(__kith_f, '(0)') - 1), SUBSTR(__kith_f, STRPOS(__kith_f, '(0)') + 3)), __kith_f) FROM UNNEST([REGEXP_REPLACE(__kith_s.`it's quoted`, r'(?is)[;,/#x].*$', '')]) AS __kith_f), r'[^0-9+]', ''), '')]) AS __kith_d)]) AS __kith_e)]) AS __kith_n), '')]) AS __kith_v) != 0 AND (SELECT IF((__kith_v = '' OR ((LOWER(TRIM(__kith_v, ' ')) IN ('-1', 'null', '(null)', 'nil', 'none', 'nan', 'na', 'n/a', 'undefined', 'unknown', 'anonymous', 'test@test.com')) OR REGEXP_CONTAINS(__kith_v, '^[0-]*$') OR REGEXP_CONTAINS(__kith_v, '^(no|do-?not)[-_.]?reply@'))), 0, GREATEST(FARM_FINGERPRINT(SHA256(CONCAT('\x00phone\x00', __kith_v))) & 0x7FFFFFFFFFFFFFFF, 1)) FROM UNNEST([COALESCE((SELECT IF(REGEXP_CONTAINS(__kith_n, '^\\+[1-9][0-9]{7,14}$'), __kith_n, NULL) FROM UNNEST([(SELECT COALESCE(CONCAT(REGEXP_EXTRACT(__kith_e, '^(\\+(?:20|27|30|31|32|33|34|40|41|43|44|45|46|47|48|49|51|54|55|61|62|64|81|82|84|86|90|91|92|94|98|212|213|234|254|351|352|353|355|358|359|380|381|385|386|387|389|420|421|880|962|966|971|972))0'), REGEXP_EXTRACT(__kith_e, '^\\+(?:20|27|30|31|32|33|34|40|41|43|44|45|46|47|48|49|51|54|55|61|62|64|81|82|84|86|90|91|92|94|98|212|213|234|254|351|352|353|355|358|359|380|381|385|386|387|389|420|421|880|962|966|971|972)0(.*)$')), __kith_e) FROM UNNEST([(SELECT CASE WHEN STARTS_WITH(__kith_d, '+') THEN __kith_d WHEN STARTS_WITH(__kith_d, '00') THEN CONCAT('+', SUBSTR(__kith_d, 3)) ELSE CONCAT('+', '31', REGEXP_REPLACE(__kith_d, '^0', '')) END FROM UNNEST([IFNULL(REGEXP_REPLACE((SELECT IF(STRPOS(__kith_f, '(0)') > 0, CONCAT(SUBSTR(__kith_f, 1, STRPOS(__kith_f, '(0)') - 1), SUBSTR(__kith_f, STRPOS(__kith_f, '(0)') + 3)), __kith_f) FROM UNNEST([REGEXP_REPLACE(__kith_s.`it's quoted`, r'(?is)[;,/#x].*$', '')]) AS __kith_f), r'[^0-9+]', ''), '')]) AS __kith_d)]) AS __kith_e)]) AS __kith_n), '')]) AS __kith_v) NOT IN (SELECT node FROM `kith`.`identity_person_shared_build`) THEN (SELECT IF((__kith_v = '' OR ((LOWER(TRIM(__kith_v, ' ')) IN ('-1', 'null', '(null)', 'nil', 'none', 'nan', 'na', 'n/a', 'undefined', 'unknown', 'anonymous', 'test@test.com')) OR REGEXP_CONTAINS(__kith_v, '^[0-]*$') OR REGEXP_CONTAINS(__kith_v, '^(no|do-?not)[-_.]?reply@'))), 0, GREATEST(FARM_FINGERPRINT(SHA256(CONCAT('\x00phone\x00', __kith_v))) & 0x7FFFFFFFFFFFFFFF, 1)) FROM UNNEST([COALESCE((SELECT IF(REGEXP_CONTAINS(__kith_n, '^\\+[1-9][0-9]{7,14}$'), __kith_n, NULL) FROM UNNEST([(SELECT COALESCE(CONCAT(REGEXP_EXTRACT(__kith_e, '^(\\+(?:20|27|30|31|32|33|34|40|41|43|44|45|46|47|48|49|51|54|55|61|62|64|81|82|84|86|90|91|92|94|98|212|213|234|254|351|352|353|355|358|359|380|381|385|386|387|389|420|421|880|962|966|971|972))0'), REGEXP_EXTRACT(__kith_e, '^\\+(?:20|27|30|31|32|33|34|40|41|43|44|45|46|47|48|49|51|54|55|61|62|64|81|82|84|86|90|91|92|94|98|212|213|234|254|351|352|353|355|358|359|380|381|385|386|387|389|420|421|880|962|966|971|972)0(.*)$')), __kith_e) FROM UNNEST([(SELECT CASE WHEN STARTS_WITH(__kith_d, '+') THEN __kith_d WHEN STARTS_WITH(__kith_d, '00') THEN CONCAT('+', SUBSTR(__kith_d, 3)) ELSE CONCAT('+', '31', REGEXP_REPLACE(__kith_d, '^0', '')) END FROM UNNEST([IFNULL(REGEXP_REPLACE((SELECT IF(STRPOS(__kith_f, '(0)') > 0, CONCAT(SUBSTR(__kith_f, 1, STRPOS(__kith_f, '(0)') - 1), SUBSTR(__kith_f, STRPOS(__kith_f, '(0)') + 3)), __kith_f) FROM UNNEST([REGEXP_REPLACE(__kith_s.`it's quoted`, r'(?is)[;,/#x].*$', '')]) AS __kith_f), r'[^0-9+]', ''), '')]) AS __kith_d)]) AS __kith_e)]) AS __kith_n), '')]) AS __kith_v) ELSE 0 END AS __kith_owner FROM (
SELECT __kith_s.`k` AS `k`, __kith_s.`p` AS `p`, __kith_s.`op` AS `op`, __kith_s.`__x` AS `__x`, __kith_s.`it's quoted` AS `it's quoted`, __kith_s.`at` AS `at`, __kith_s.`row_id` AS `row_id` FROM (
SELECT * FROM (
SELECT __kith_t.`k` AS `k`, __kith_t.`h` AS `h`, __kith_t.`p` AS `p`, __kith_t.`op` AS `op`, __kith_t.`select` AS `select`, __kith_t.`__x` AS `__x`, __kith_t.`it's quoted` AS `it's quoted`, __kith_t.`j` AS `j`, __kith_t.`price` AS `price`, CAST((
h * 2
) AS INT64) AS `twice`, __kith_t.`tags` AS `tags`, __kith_t.`at` AS `at`, __kith_t.`seen` AS `seen`, __kith_t.`day` AS `day`, __kith_t.`row_id` AS `row_id`, __kith_t.`key` AS `key`, __kith_t.`value` AS `value` FROM (
SELECT CAST(__kith_t.`k` AS STRING) AS `k`, CAST(__kith_t.`h` AS INT64) AS `h`, CAST(__kith_t.`p` AS STRING) AS `p`, CAST(__kith_t.`op` AS INT64) AS `op`, CAST(__kith_t.`select` AS STRING) AS `select`, CAST(__kith_t.`__x` AS BOOL) AS `__x`, CAST(__kith_t.`it's quoted` AS STRING) AS `it's quoted`, (SELECT IF(SAFE.PARSE_JSON(__kith_j, wide_number_mode=>'round') IS NULL, __kith_j, TO_JSON_STRING(PARSE_JSON(__kith_j, wide_number_mode=>'round'))) FROM UNNEST([IF(__kith_t.`j` IS NULL, NULL, COALESCE(JSON_VALUE(TO_JSON_STRING(__kith_t.`j`)), NULLIF(TO_JSON_STRING(__kith_t.`j`), 'null')))]) AS __kith_j) AS `j`, CAST(REGEXP_EXTRACT(CAST(CAST(SAFE_CAST(SAFE.JSON_VALUE(__kith_t.`j`, '$."price"."net"') AS NUMERIC) AS NUMERIC) AS STRING), r'^-?[0-9]+(?:\.[0-9]{1,2})?') AS NUMERIC) AS `price`, ARRAY(SELECT CAST(__kith_e AS STRING) FROM UNNEST(__kith_t.`tags`) AS __kith_e WITH OFFSET AS __kith_o WHERE __kith_e IS NOT NULL ORDER BY __kith_o) AS `tags`, CAST(__kith_t.`at` AS TIMESTAMP) AS `at`, CAST(__kith_t.`seen` AS TIMESTAMP) AS `seen`, CAST(__kith_t.`day` AS DATE) AS `day`, CAST(__kith_t.`row_id` AS STRING) AS `row_id`, CAST(__kith_t.`key` AS STRING) AS `key`, IF(IS_INF(CAST(__kith_t.`value` AS FLOAT64)) OR IS_NAN(CAST(__kith_t.`value` AS FLOAT64)), NULL, CAST(__kith_t.`value` AS FLOAT64) + 0.0) AS `value` FROM `raw`.`odd` AS __kith_t
) AS __kith_t
) AS __kith_s
WHERE TRUE QUALIFY ROW_NUMBER() OVER (PARTITION BY __kith_s.`k`, __kith_s.`op` ORDER BY __kith_s.`seen` DESC, __kith_s.`at` DESC, FARM_FINGERPRINT(TO_JSON_STRING(__kith_s))) = 1
) AS __kith_s
WHERE ((NOT IFNULL((__kith_s.`select` = 'test'), FALSE)))
  ) AS __kith_s WHERE (IFNULL((__kith_s.`__x` = true), FALSE))
) AS __kith_s
LEFT JOIN (SELECT node AS __kith_node, entity_id AS __kith_entity FROM `kith`.`identity_person_map_build`) AS __kith_m ON __kith_s.__kith_owner = __kith_m.__kith_node
LEFT JOIN (SELECT entity_id AS __kith_entity, `__kith_all_email` AS `__kith_t___kith_all_email`, `spent` AS `__kith_t_spent`, `__kith_consent_general` AS `__kith_t___kith_consent_general`, `__kith_segment_bounced` AS `__kith_t___kith_segment_bounced` FROM `kith`.`profile_person_build`) AS __kith_p ON __kith_m.__kith_entity = __kith_p.__kith_entity
WHERE (COALESCE(__kith_p.`__kith_t___kith_consent_general`, false) AND (NOT COALESCE(__kith_p.`__kith_t___kith_segment_bounced`, false))) AND IFNULL((__kith_s.`at` >= TIMESTAMP '2025-12-31 23:00:00.000000+00:00'), FALSE)
) WHERE IFNULL((__kith_at < TIMESTAMP_SUB(TIMESTAMP '1970-01-01 00:00:00.000000+00:00', INTERVAL 604800000000 MICROSECOND)), FALSE) AND IFNULL(__kith_id, '') NOT IN (SELECT row_id FROM `kith`.`baseline_odd_events` WHERE h != 0);

-- backoff (sync odd_events) at syncs/all.yml:20:11
INSERT INTO `kith`.`scratch_run_odd_events_fix` (kh, row_id, op, verdict, reason, code)
SELECT r.kh, r.row_id, IF(r.op = 1 AND r.reason = 0, 255, r.op), 1, 0, IF(x.code = 'unconfirmed', x.code, 'backoff') FROM (
  SELECT r.kh, r.row_id, r.op, r.reason, IF(r.goes, 1, r.op) AS sent, IF(r.goes, r.h ^ IFNULL(f.why, r.reason), r.h) AS h
  FROM (SELECT kh, row_id, op, h, reason, (op = 1 OR op = 0 AND reason != 0) AS goes FROM `kith`.`changeset_odd_events_raw`) AS r
  LEFT JOIN (SELECT row_id, MAX(reason) AS why FROM `kith`.`scratch_run_odd_events_fix` WHERE op < 2 AND verdict = 3 GROUP BY row_id) AS f ON r.row_id = f.row_id
) AS r
JOIN (
  SELECT row_id, op, h, code FROM (
    SELECT row_id, op, h, code, mapping, next_try, ver, del FROM `kith`.`rejections` WHERE sync = 'odd_events' QUALIFY ROW_NUMBER() OVER (PARTITION BY kh, row_id ORDER BY ver DESC) = 1
  ) WHERE del = 0 AND mapping = 1 AND next_try > TIMESTAMP '1970-01-01 00:00:00.000000+00:00'
) AS x ON r.row_id = x.row_id AND r.sent = x.op AND r.h = x.h;

-- pending (sync odd_events) at syncs/all.yml:20:11
INSERT INTO `kith`.`scratch_run_odd_events_fix` (kh, row_id, op, verdict, reason, code)
SELECT r.kh, r.row_id, r.op, 1, 0, 'pending' FROM `kith`.`changeset_odd_events_raw` AS r
JOIN (
  SELECT row_id, LOGICAL_OR(op = 1) AS removing FROM `kith`.`job_rows` WHERE job IN (SELECT job FROM (SELECT job, state FROM `kith`.`jobs` WHERE sync = 'odd_events' QUALIFY ROW_NUMBER() OVER (PARTITION BY sync, job ORDER BY ver DESC) = 1) WHERE state = 'open') GROUP BY row_id
) AS x ON r.row_id = x.row_id
WHERE NOT (r.op < 2 AND NOT x.removing AND (r.reason = 4 OR r.row_id IN (SELECT row_id FROM `kith`.`scratch_run_odd_events_fix` WHERE op < 2 AND verdict = 3 AND reason = 4)));

-- changeset table (sync odd_events) at syncs/all.yml:20:11
CREATE TABLE `kith`.`changeset_odd_events` (
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
) CLUSTER BY op, kh, row_id;

-- changeset with verdicts (sync odd_events) at syncs/all.yml:20:11
INSERT INTO `kith`.`changeset_odd_events` (op, kh, row_id, action, reason, key, old_key, h, fh, changed, fields, match, old_match, remote_id, `at`, gone, del)
SELECT
  o, kh, row_id, IF(reason = 0, action, act), why, key, old_key, h, fh, changed,
  IF(reason != 0 AND act = 'set', CASE WHEN why = 4 THEN '{}' WHEN why = 3 THEN '{}' WHEN why = 2 THEN '{}' WHEN why = 1 THEN '{}' ELSE '' END, fields), match, old_match, remote_id, `at`,
  CASE WHEN o = 0 AND reason != 0 AND NOT forget THEN why WHEN quiet THEN 0 ELSE gone END,
  IF(forget, 1, del)
FROM (
  SELECT *, CASE WHEN forget OR quiet THEN 0 WHEN reason = 0 THEN op WHEN act = 'ignore' THEN 0 ELSE 1 END AS o
  FROM (
    SELECT *, CASE WHEN why = 4 THEN 'ignore' WHEN why = 3 THEN 'ignore' WHEN why = 2 THEN 'ignore' WHEN why = 1 THEN 'ignore' ELSE '' END AS act
    FROM (
      SELECT r.*, IFNULL(f.forget, FALSE) AS forget, IFNULL(f.quiet, FALSE) AS quiet, IF(IFNULL(f.why, 0) != 0, f.why, r.reason) AS why
      FROM (SELECT * FROM `kith`.`changeset_odd_events_raw` WHERE kh BETWEEN 0 AND 9223372036854775807) AS r
      LEFT JOIN (
        SELECT row_id, op, LOGICAL_OR(verdict IN (1, 5, 6)) AS hold, LOGICAL_OR(verdict = 2) OR LOGICAL_OR(verdict = 7) AND NOT LOGICAL_OR(verdict = 8) AS forget, LOGICAL_OR(verdict = 4) AS quiet, MAX(reason) AS why
        FROM `kith`.`scratch_run_odd_events_fix` WHERE op != 255 GROUP BY row_id, op
      ) AS f ON r.row_id = f.row_id AND r.op = f.op
      WHERE NOT IFNULL(f.hold, FALSE) AND r.row_id NOT IN (SELECT row_id FROM `kith`.`scratch_run_odd_events_fix` WHERE op = 255)
    )
  )
);

-- silent rows (sync odd_events) at syncs/all.yml:20:11
INSERT INTO `kith`.`acks_odd_events` (kh, row_id, key, h, fh, remote_id, match, gone, mapping, ver, del, `at`)
SELECT kh, row_id, key, IF(gone = 0, h, 0), fh, remote_id, match, gone, 1, 4294967296, del, CURRENT_TIMESTAMP()
FROM `kith`.`changeset_odd_events` WHERE op = 0
UNION ALL
SELECT r.kh, r.row_id, r.key, 0, [], '', r.match, 0, 1, 4294967296, 0, CURRENT_TIMESTAMP()
FROM `kith`.`changeset_odd_events_raw` AS r
WHERE r.op = 4 AND NOT EXISTS (SELECT 1 FROM `kith`.`baseline_odd_events` AS b WHERE b.row_id = r.row_id)
  AND r.key IN (SELECT key FROM `kith`.`changeset_odd_events` WHERE op = 0 AND del = 1 AND remote_id != '\x1enone' AND row_id NOT IN (SELECT row_id FROM (
  SELECT * FROM (SELECT * FROM `kith`.`foreign_rows` WHERE sync = 'odd_events' QUALIFY ROW_NUMBER() OVER (PARTITION BY kh, row_id ORDER BY ver DESC) = 1) WHERE del = 0
)))
UNION ALL
SELECT r.kh, CONCAT(r.row_id, '\x1ekey-', TO_HEX(SUBSTR(SHA256(r.key), 1, 8))), r.key, 0, [], '', '', 0, 1, 4294967296, 0, CURRENT_TIMESTAMP()
FROM `kith`.`changeset_odd_events_raw` AS r WHERE r.op = 2 AND r.key IN (SELECT key FROM `kith`.`changeset_odd_events` WHERE op = 0 AND del = 1 AND remote_id != '\x1enone' AND row_id NOT IN (SELECT row_id FROM (
  SELECT * FROM (SELECT * FROM `kith`.`foreign_rows` WHERE sync = 'odd_events' QUALIFY ROW_NUMBER() OVER (PARTITION BY kh, row_id ORDER BY ver DESC) = 1) WHERE del = 0
)));

-- rows of others (sync odd_events) at syncs/all.yml:20:11
INSERT INTO `kith`.`scratch_run_odd_events_fix` (kh, row_id, op, verdict, reason, code)
SELECT kh, row_id, op, IF(op IN (2, 3), 4, 2), 0, '' FROM `kith`.`changeset_odd_events_raw`
WHERE (op = 1 OR op = 0 AND reason != 0) AND remote_id = '\x1enone' OR (op IN (2, 3) OR (op = 1 OR op = 0 AND reason != 0)) AND row_id IN (SELECT row_id FROM (
  SELECT * FROM (SELECT * FROM `kith`.`foreign_rows` WHERE sync = 'odd_events' QUALIFY ROW_NUMBER() OVER (PARTITION BY kh, row_id ORDER BY ver DESC) = 1) WHERE del = 0
));

-- page of new rows (sync odd_events) at syncs/all.yml:20:11
SELECT kh, row_id, action, reason, key, old_key, h, fh, fields, match, remote_id, `at`
FROM `kith`.`changeset_odd_events`
WHERE op = 4 AND kh >= 0 AND (kh > 0 OR row_id > '') AND row_id NOT IN (SELECT row_id FROM `kith`.`baseline_odd_events`)
  AND CONCAT(row_id, '\x1ekey-', TO_HEX(SUBSTR(SHA256(key), 1, 8))) NOT IN (SELECT row_id FROM `kith`.`baseline_odd_events` WHERE STRPOS(row_id, '\x1ekey-') > 0)
ORDER BY kh, row_id LIMIT 100;

-- records of other rows (sync odd_events) at syncs/all.yml:20:11
SELECT c.row_id, IFNULL(b.remote_id, ''), b.gone != 0
FROM (SELECT row_id, key FROM `kith`.`changeset_odd_events` WHERE op = 4 AND kh BETWEEN 0 AND 4611686018427387904) AS c
JOIN (
  SELECT key, remote_id, gone FROM `kith`.`baseline_odd_events` WHERE row_id NOT IN (SELECT row_id FROM (
  SELECT * FROM (SELECT * FROM `kith`.`foreign_rows` WHERE sync = 'odd_events' QUALIFY ROW_NUMBER() OVER (PARTITION BY kh, row_id ORDER BY ver DESC) = 1) WHERE del = 0
)) AND (gone = 0 OR (h != 0 OR IFNULL(ARRAY_LENGTH(fh), 0) > 0 OR IFNULL(remote_id, '') NOT IN ('', '\x1enone')) AND row_id NOT IN (SELECT row_id FROM (
  SELECT * FROM (SELECT * FROM `kith`.`foreign_rows` WHERE sync = 'odd_events' QUALIFY ROW_NUMBER() OVER (PARTITION BY kh, row_id ORDER BY ver DESC) = 1) WHERE del = 0
)))
) AS b ON c.key = b.key;

-- without rows of others (sync odd_events) at syncs/all.yml:20:11
DELETE FROM `kith`.`changeset_odd_events` WHERE op = 4 AND row_id IN (SELECT row_id FROM (
  SELECT * FROM (SELECT * FROM `kith`.`foreign_rows` WHERE sync = 'odd_events' QUALIFY ROW_NUMBER() OVER (PARTITION BY kh, row_id ORDER BY ver DESC) = 1) WHERE del = 0
));

-- without rows that were not looked up (sync odd_events) at syncs/all.yml:20:11
DELETE FROM `kith`.`changeset_odd_events` WHERE op = 4 AND kh IN (1, 2) AND row_id IN ('a', 'b');

-- changeset fingerprint (sync odd_events) at syncs/all.yml:20:11
SELECT CAST(IFNULL(SUM(CAST(FARM_FINGERPRINT(CONCAT(CAST(op AS STRING), ',', CAST(kh AS STRING), ',', TO_JSON_STRING(row_id), TO_JSON_STRING(action), CAST(reason AS STRING), TO_JSON_STRING(key), TO_JSON_STRING(old_key), CAST(h AS STRING), ',', TO_JSON_STRING(match), TO_JSON_STRING(fields), CAST(IFNULL(UNIX_MICROS(`at`), 0) AS STRING))) & 0xFFFFFFFFFF AS NUMERIC)), 0) AS STRING), COUNT(*)
FROM `kith`.`changeset_odd_events` WHERE op != 0;

-- changeset beyond (sync odd_events) at syncs/all.yml:20:11
SELECT COUNT(*) FROM `kith`.`changeset_odd_events` AS c
WHERE c.op IN (1, 2, 3) AND NOT EXISTS (
  SELECT 1 FROM `kith`.`changeset_odd_events_raw` AS o WHERE o.row_id = c.row_id AND (o.op = c.op OR o.op = 2 AND c.op = 3)
    AND (c.op != 1 OR o.key = c.key AND o.action = c.action AND (o.reason = 0) = (c.reason = 0) AND o.fields = c.fields)
);

-- fold_count (sync odd_events)
SELECT COUNT(*), (
  SELECT IFNULL(STRING_AGG(SUBSTR(table_name, LENGTH('scratch_fold_baseline_odd_events_') + 1)), '') FROM `kith`.INFORMATION_SCHEMA.TABLES
  WHERE STARTS_WITH(table_name, 'scratch_fold_baseline_odd_events_') AND REGEXP_CONTAINS(SUBSTR(table_name, LENGTH('scratch_fold_baseline_odd_events_') + 1), '^[0-9a-f]{16}$')
) FROM `kith`.`acks_odd_events` WHERE ver >= 4294967296;

-- fold_stage (sync odd_events)
CREATE OR REPLACE TABLE `kith`.`scratch_fold_baseline_odd_events_0123456789abcdef` OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 2 DAY)) AS
SELECT * FROM `kith`.`acks_odd_events` WHERE ver >= 4294967296
QUALIFY ROW_NUMBER() OVER (PARTITION BY row_id ORDER BY ver DESC, `at` DESC) = 1;

-- fold_merge (sync odd_events)
MERGE `kith`.`baseline_odd_events` AS b USING `kith`.`scratch_fold_baseline_odd_events_0123456789abcdef` AS s ON b.row_id = s.row_id
WHEN MATCHED AND s.ver >= b.ver AND s.del = 1 THEN DELETE
WHEN MATCHED AND (s.ver > b.ver OR s.ver = b.ver AND s.mapping >= b.mapping) THEN UPDATE SET kh = s.kh, key = s.key, h = s.h, fh = s.fh, remote_id = s.remote_id, match = s.match, gone = s.gone, mapping = s.mapping, ver = s.ver, del = 0
WHEN NOT MATCHED AND s.del = 0 THEN INSERT (kh, row_id, key, h, fh, remote_id, match, gone, mapping, ver, del)
  VALUES (s.kh, s.row_id, s.key, s.h, s.fh, s.remote_id, s.match, s.gone, s.mapping, s.ver, 0);

-- baseline (sync day_events) at syncs/days.yml:2:12
CREATE TABLE IF NOT EXISTS `kith`.`baseline_day_events` (
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
) CLUSTER BY kh, row_id;

-- acknowledgements (sync day_events) at syncs/days.yml:2:12
CREATE TABLE IF NOT EXISTS `kith`.`acks_day_events` (
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
) PARTITION BY _PARTITIONDATE CLUSTER BY ver OPTIONS (partition_expiration_days = 60);

-- changeset table (sync day_events) at syncs/days.yml:2:12
CREATE TABLE `kith`.`changeset_day_events_raw` (
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
) CLUSTER BY op, kh, row_id;

-- digest (sync day_events) at syncs/days.yml:2:12
CREATE OR REPLACE TABLE `kith`.`scratch_run_day_events_digest` CLUSTER BY bucket OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 2 DAY)) AS
SELECT bucket, COUNTIF(differs) AS d, SUM(copies) AS desired_rows, COUNTIF(b.gone = 0) AS baseline_rows, COUNTIF(b.gone != 0) AS gone_rows, SUM(no_id) AS no_id, SUM(no_key) AS no_key, 0 AS earlier_rows,
  ARRAY_AGG(IF(differs, STRUCT(c, b, copies), NULL) IGNORE NULLS) AS pairs
FROM (
  SELECT *, IFNULL(c.kh, IFNULL(b.kh, 0)) >> 47 AS bucket,
    CASE WHEN copies = 0 THEN b.row_id IS NOT NULL AND 1 = 0 WHEN b.row_id IS NULL THEN TRUE ELSE b.row_id = '' OR b.h = 0 END AS differs
  FROM (
    SELECT row_id, ARRAY_AGG(c IGNORE NULLS LIMIT 1)[SAFE_OFFSET(0)] AS c, ARRAY_AGG(b IGNORE NULLS LIMIT 1)[SAFE_OFFSET(0)] AS b,
      COUNTIF(ok) AS copies, COUNTIF(NOT has_id) AS no_id, COUNTIF(has_id AND NOT has_key) AS no_key
    FROM (
      SELECT row_id, IF(ok, STRUCT(kh, h, row_id, key, match, `at`), NULL) AS c, NULL AS b, ok, has_id, has_key
      FROM (
SELECT (FARM_FINGERPRINT(IFNULL(__kith_id, '')) & 0x7FFFFFFFFFFFFFFF) AS kh, GREATEST(FARM_FINGERPRINT(CONCAT(TO_JSON_STRING(__kith_id), ',')) & 0x7FFFFFFFFFFFFFFF, 1) AS h, __kith_id AS row_id, __kith_key AS key,
  __kith_match AS match, __kith_at AS `at`,
  (IFNULL(__kith_id, '') != '') AS has_id, (IFNULL(__kith_key, '') != '') AS has_key, ((IFNULL(__kith_id, '') != '') AND (IFNULL(__kith_key, '') != '')) AND NOT IFNULL((__kith_at < TIMESTAMP_SUB(TIMESTAMP '1970-01-01 00:00:00.000000+00:00', INTERVAL 604800000000 MICROSECOND)), FALSE) AS ok
FROM (
SELECT NULLIF(__kith_s.`id`, '') AS __kith_id,
  NULLIF(__kith_s.`id`, '') AS __kith_key,
  '' AS __kith_match,
  TIMESTAMP(__kith_s.`day`, 'Europe/Amsterdam') AS __kith_at
FROM (
SELECT CAST(__kith_t.`id` AS STRING) AS `id`, CAST(__kith_t.`day` AS DATE) AS `day` FROM `raw`.`days` AS __kith_t
) AS __kith_s
WHERE IFNULL((TIMESTAMP(__kith_s.`day`, 'Europe/Amsterdam') >= TIMESTAMP(DATE_TRUNC(DATE(TIMESTAMP '1970-01-01 00:00:00.000000+00:00', 'Europe/Amsterdam'), DAY), 'Europe/Amsterdam')), FALSE)
)
)
      UNION ALL
      SELECT row_id, NULL, STRUCT(kh, row_id, key, h, fh, remote_id, match, gone, mapping, ver), FALSE, TRUE, TRUE
      FROM `kith`.`baseline_day_events`
    ) GROUP BY row_id
  )
) GROUP BY bucket;

-- digest totals (sync day_events) at syncs/days.yml:2:12
SELECT COUNTIF(d != 0), SUM(desired_rows), SUM(baseline_rows), SUM(no_id), SUM(no_key), SUM(d), IF(COUNT(*) > 0 OR NOT EXISTS (SELECT 1 FROM `kith`.`baseline_day_events`), 1, 0), IFNULL(SUM(earlier_rows), 0), IFNULL(SUM(gone_rows), 0)
FROM `kith`.`scratch_run_day_events_digest`;

-- changeset (sync day_events) at syncs/days.yml:2:12
INSERT INTO `kith`.`changeset_day_events_raw` (op, kh, row_id, action, reason, key, old_key, h, fh, changed, fields, match, old_match, remote_id, `at`, gone, del)
SELECT
  op, kh, row_id, act, IF(here, 0, reason),
  IF(op = 1 AND known, old_key, key),
  IF(op = 2, old_key, ''),
  IF(op = 1 OR NOT here, old_h, h),
  fh, changed,
  CASE WHEN op = 1 AND act = 'set' THEN CASE WHEN reason = 4 THEN '{}' WHEN reason = 3 THEN '{}' WHEN reason = 2 THEN '{}' WHEN reason = 1 THEN '{}' ELSE '' END WHEN op = 1 THEN '' ELSE fields END,
  IF(here AND op != 1, match, old_match),
  IF(op = 2, old_match, ''),
  remote_id, `at`,
  CASE WHEN op = 0 AND NOT here THEN reason WHEN op = 2 THEN old_gone ELSE 0 END,
  0
FROM (
  SELECT r.*, op, IF(op = 1, IF(here, 'ignore', action), '') AS act
  FROM (
    SELECT *, CASE WHEN same THEN [0] WHEN NOT here AND action = 'ignore' THEN [0] WHEN NOT here THEN [1] WHEN NOT known THEN [4] WHEN old_gone != 0 THEN [3]
    WHEN FALSE THEN [3] WHEN old_h = 0 AND bare THEN [4] ELSE [3] END AS ops
    FROM (
      SELECT here, known, copies, reason, CASE WHEN reason = 4 THEN 'ignore' WHEN reason = 3 THEN 'ignore' WHEN reason = 2 THEN 'ignore' WHEN reason = 1 THEN 'ignore' ELSE '' END AS action, fh, IF(here AND known, ARRAY(SELECT i FROM UNNEST(fh) AS x WITH OFFSET AS i WHERE x != IFNULL(b.fh[SAFE_OFFSET(i)], 0) ORDER BY i), []) AS changed, FALSE AS same,
        IF(here, c.kh, b.kh) AS kh, IF(here, c.row_id, b.row_id) AS row_id, IF(here, c.key, b.key) AS key, IFNULL(b.key, '') AS old_key,
        IFNULL(c.h, 0) AS h, IFNULL(b.h, 0) AS old_h, IF(here, '{}', '') AS fields, IFNULL(c.match, '') AS match, IFNULL(b.match, '') AS old_match,
        IFNULL(b.remote_id, '') AS remote_id, c.`at` AS `at`, IFNULL(b.gone, 0) AS old_gone, IFNULL(ARRAY_LENGTH(b.fh), 0) = 0 AS bare
      FROM (
        SELECT p.c AS c, p.b AS b, p.copies AS copies, p.copies > 0 AS here, p.b.row_id IS NOT NULL AS known, 2 AS reason,
          IF(p.copies > 0, (SELECT [] FROM UNNEST([p.c]) AS c), p.b.fh) AS fh
        FROM `kith`.`scratch_run_day_events_digest` AS g, UNNEST(g.pairs) AS p WHERE bucket BETWEEN 0 >> 47 AND 9223372036854775807 >> 47
      )
    )
  ) AS r, UNNEST(r.ops) AS op, UNNEST(GENERATE_ARRAY(1, GREATEST(r.copies, 1))) AS copy
);

-- repeated row ids (sync day_events) at syncs/days.yml:2:12
SELECT COUNT(*), IFNULL(MAX(n), 0) FROM (SELECT COUNT(*) AS n FROM `kith`.`changeset_day_events_raw` WHERE op != 1 GROUP BY kh, row_id HAVING COUNT(*) > 1);

-- verdicts (sync day_events) at syncs/days.yml:2:12
CREATE OR REPLACE TABLE `kith`.`scratch_run_day_events_fix` (kh INT64, row_id STRING, op INT64, verdict INT64, reason INT64, code STRING) OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 2 DAY));

-- expired events (sync day_events) at syncs/days.yml:2:12
SELECT COUNT(*) FROM (
SELECT NULLIF(__kith_s.`id`, '') AS __kith_id,
  NULLIF(__kith_s.`id`, '') AS __kith_key,
  '' AS __kith_match,
  TIMESTAMP(__kith_s.`day`, 'Europe/Amsterdam') AS __kith_at
FROM (
SELECT CAST(__kith_t.`id` AS STRING) AS `id`, CAST(__kith_t.`day` AS DATE) AS `day` FROM `raw`.`days` AS __kith_t
) AS __kith_s
WHERE IFNULL((TIMESTAMP(__kith_s.`day`, 'Europe/Amsterdam') >= TIMESTAMP(DATE_TRUNC(DATE(TIMESTAMP '1970-01-01 00:00:00.000000+00:00', 'Europe/Amsterdam'), DAY), 'Europe/Amsterdam')), FALSE)
) WHERE IFNULL((__kith_at < TIMESTAMP_SUB(TIMESTAMP '1970-01-01 00:00:00.000000+00:00', INTERVAL 604800000000 MICROSECOND)), FALSE) AND IFNULL(__kith_id, '') NOT IN (SELECT row_id FROM `kith`.`baseline_day_events` WHERE h != 0);

-- backoff (sync day_events) at syncs/days.yml:2:12
INSERT INTO `kith`.`scratch_run_day_events_fix` (kh, row_id, op, verdict, reason, code)
SELECT r.kh, r.row_id, IF(r.op = 1 AND r.reason = 0, 255, r.op), 1, 0, IF(x.code = 'unconfirmed', x.code, 'backoff') FROM (
  SELECT r.kh, r.row_id, r.op, r.reason, IF(r.goes, 1, r.op) AS sent, IF(r.goes, r.h ^ IFNULL(f.why, r.reason), r.h) AS h
  FROM (SELECT kh, row_id, op, h, reason, (op = 1 OR op = 0 AND reason != 0) AS goes FROM `kith`.`changeset_day_events_raw`) AS r
  LEFT JOIN (SELECT row_id, MAX(reason) AS why FROM `kith`.`scratch_run_day_events_fix` WHERE op < 2 AND verdict = 3 GROUP BY row_id) AS f ON r.row_id = f.row_id
) AS r
JOIN (
  SELECT row_id, op, h, code FROM (
    SELECT row_id, op, h, code, mapping, next_try, ver, del FROM `kith`.`rejections` WHERE sync = 'day_events' QUALIFY ROW_NUMBER() OVER (PARTITION BY kh, row_id ORDER BY ver DESC) = 1
  ) WHERE del = 0 AND mapping = 1 AND next_try > TIMESTAMP '1970-01-01 00:00:00.000000+00:00'
) AS x ON r.row_id = x.row_id AND r.sent = x.op AND r.h = x.h;

-- pending (sync day_events) at syncs/days.yml:2:12
INSERT INTO `kith`.`scratch_run_day_events_fix` (kh, row_id, op, verdict, reason, code)
SELECT r.kh, r.row_id, r.op, 1, 0, 'pending' FROM `kith`.`changeset_day_events_raw` AS r
JOIN (
  SELECT row_id, LOGICAL_OR(op = 1) AS removing FROM `kith`.`job_rows` WHERE job IN (SELECT job FROM (SELECT job, state FROM `kith`.`jobs` WHERE sync = 'day_events' QUALIFY ROW_NUMBER() OVER (PARTITION BY sync, job ORDER BY ver DESC) = 1) WHERE state = 'open') GROUP BY row_id
) AS x ON r.row_id = x.row_id
WHERE NOT (r.op < 2 AND NOT x.removing AND (r.reason = 4 OR r.row_id IN (SELECT row_id FROM `kith`.`scratch_run_day_events_fix` WHERE op < 2 AND verdict = 3 AND reason = 4)));

-- changeset table (sync day_events) at syncs/days.yml:2:12
CREATE TABLE `kith`.`changeset_day_events` (
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
) CLUSTER BY op, kh, row_id;

-- changeset with verdicts (sync day_events) at syncs/days.yml:2:12
INSERT INTO `kith`.`changeset_day_events` (op, kh, row_id, action, reason, key, old_key, h, fh, changed, fields, match, old_match, remote_id, `at`, gone, del)
SELECT
  o, kh, row_id, IF(reason = 0, action, act), why, key, old_key, h, fh, changed,
  IF(reason != 0 AND act = 'set', CASE WHEN why = 4 THEN '{}' WHEN why = 3 THEN '{}' WHEN why = 2 THEN '{}' WHEN why = 1 THEN '{}' ELSE '' END, fields), match, old_match, remote_id, `at`,
  CASE WHEN o = 0 AND reason != 0 AND NOT forget THEN why WHEN quiet THEN 0 ELSE gone END,
  IF(forget, 1, del)
FROM (
  SELECT *, CASE WHEN forget OR quiet THEN 0 WHEN reason = 0 THEN op WHEN act = 'ignore' THEN 0 ELSE 1 END AS o
  FROM (
    SELECT *, CASE WHEN why = 4 THEN 'ignore' WHEN why = 3 THEN 'ignore' WHEN why = 2 THEN 'ignore' WHEN why = 1 THEN 'ignore' ELSE '' END AS act
    FROM (
      SELECT r.*, IFNULL(f.forget, FALSE) AS forget, IFNULL(f.quiet, FALSE) AS quiet, IF(IFNULL(f.why, 0) != 0, f.why, r.reason) AS why
      FROM (SELECT * FROM `kith`.`changeset_day_events_raw` WHERE kh BETWEEN 0 AND 9223372036854775807) AS r
      LEFT JOIN (
        SELECT row_id, op, LOGICAL_OR(verdict IN (1, 5, 6)) AS hold, LOGICAL_OR(verdict = 2) OR LOGICAL_OR(verdict = 7) AND NOT LOGICAL_OR(verdict = 8) AS forget, LOGICAL_OR(verdict = 4) AS quiet, MAX(reason) AS why
        FROM `kith`.`scratch_run_day_events_fix` WHERE op != 255 GROUP BY row_id, op
      ) AS f ON r.row_id = f.row_id AND r.op = f.op
      WHERE NOT IFNULL(f.hold, FALSE) AND r.row_id NOT IN (SELECT row_id FROM `kith`.`scratch_run_day_events_fix` WHERE op = 255)
    )
  )
);

-- silent rows (sync day_events) at syncs/days.yml:2:12
INSERT INTO `kith`.`acks_day_events` (kh, row_id, key, h, fh, remote_id, match, gone, mapping, ver, del, `at`)
SELECT kh, row_id, key, IF(gone = 0, h, 0), fh, remote_id, match, gone, 1, 4294967296, del, CURRENT_TIMESTAMP()
FROM `kith`.`changeset_day_events` WHERE op = 0
UNION ALL
SELECT r.kh, r.row_id, r.key, 0, [], '', r.match, 0, 1, 4294967296, 0, CURRENT_TIMESTAMP()
FROM `kith`.`changeset_day_events_raw` AS r
WHERE r.op = 4 AND NOT EXISTS (SELECT 1 FROM `kith`.`baseline_day_events` AS b WHERE b.row_id = r.row_id)
  AND r.key IN (SELECT key FROM `kith`.`changeset_day_events` WHERE op = 0 AND del = 1 AND remote_id != '\x1enone' AND row_id NOT IN (SELECT row_id FROM (
  SELECT * FROM (SELECT * FROM `kith`.`foreign_rows` WHERE sync = 'day_events' QUALIFY ROW_NUMBER() OVER (PARTITION BY kh, row_id ORDER BY ver DESC) = 1) WHERE del = 0
)))
UNION ALL
SELECT r.kh, CONCAT(r.row_id, '\x1ekey-', TO_HEX(SUBSTR(SHA256(r.key), 1, 8))), r.key, 0, [], '', '', 0, 1, 4294967296, 0, CURRENT_TIMESTAMP()
FROM `kith`.`changeset_day_events_raw` AS r WHERE r.op = 2 AND r.key IN (SELECT key FROM `kith`.`changeset_day_events` WHERE op = 0 AND del = 1 AND remote_id != '\x1enone' AND row_id NOT IN (SELECT row_id FROM (
  SELECT * FROM (SELECT * FROM `kith`.`foreign_rows` WHERE sync = 'day_events' QUALIFY ROW_NUMBER() OVER (PARTITION BY kh, row_id ORDER BY ver DESC) = 1) WHERE del = 0
)));

-- rows of others (sync day_events) at syncs/days.yml:2:12
INSERT INTO `kith`.`scratch_run_day_events_fix` (kh, row_id, op, verdict, reason, code)
SELECT kh, row_id, op, IF(op IN (2, 3), 4, 2), 0, '' FROM `kith`.`changeset_day_events_raw`
WHERE (op = 1 OR op = 0 AND reason != 0) AND remote_id = '\x1enone' OR (op IN (2, 3) OR (op = 1 OR op = 0 AND reason != 0)) AND row_id IN (SELECT row_id FROM (
  SELECT * FROM (SELECT * FROM `kith`.`foreign_rows` WHERE sync = 'day_events' QUALIFY ROW_NUMBER() OVER (PARTITION BY kh, row_id ORDER BY ver DESC) = 1) WHERE del = 0
));

-- page of new rows (sync day_events) at syncs/days.yml:2:12
SELECT kh, row_id, action, reason, key, old_key, h, fh, fields, match, remote_id, `at`
FROM `kith`.`changeset_day_events`
WHERE op = 4 AND kh >= 0 AND (kh > 0 OR row_id > '') AND row_id NOT IN (SELECT row_id FROM `kith`.`baseline_day_events`)
  AND CONCAT(row_id, '\x1ekey-', TO_HEX(SUBSTR(SHA256(key), 1, 8))) NOT IN (SELECT row_id FROM `kith`.`baseline_day_events` WHERE STRPOS(row_id, '\x1ekey-') > 0)
ORDER BY kh, row_id LIMIT 100;

-- records of other rows (sync day_events) at syncs/days.yml:2:12
SELECT c.row_id, IFNULL(b.remote_id, ''), b.gone != 0
FROM (SELECT row_id, key FROM `kith`.`changeset_day_events` WHERE op = 4 AND kh BETWEEN 0 AND 4611686018427387904) AS c
JOIN (
  SELECT key, remote_id, gone FROM `kith`.`baseline_day_events` WHERE row_id NOT IN (SELECT row_id FROM (
  SELECT * FROM (SELECT * FROM `kith`.`foreign_rows` WHERE sync = 'day_events' QUALIFY ROW_NUMBER() OVER (PARTITION BY kh, row_id ORDER BY ver DESC) = 1) WHERE del = 0
)) AND (gone = 0 OR (h != 0 OR IFNULL(ARRAY_LENGTH(fh), 0) > 0 OR IFNULL(remote_id, '') NOT IN ('', '\x1enone')) AND row_id NOT IN (SELECT row_id FROM (
  SELECT * FROM (SELECT * FROM `kith`.`foreign_rows` WHERE sync = 'day_events' QUALIFY ROW_NUMBER() OVER (PARTITION BY kh, row_id ORDER BY ver DESC) = 1) WHERE del = 0
)))
) AS b ON c.key = b.key;

-- without rows of others (sync day_events) at syncs/days.yml:2:12
DELETE FROM `kith`.`changeset_day_events` WHERE op = 4 AND row_id IN (SELECT row_id FROM (
  SELECT * FROM (SELECT * FROM `kith`.`foreign_rows` WHERE sync = 'day_events' QUALIFY ROW_NUMBER() OVER (PARTITION BY kh, row_id ORDER BY ver DESC) = 1) WHERE del = 0
));

-- without rows that were not looked up (sync day_events) at syncs/days.yml:2:12
DELETE FROM `kith`.`changeset_day_events` WHERE op = 4 AND kh IN (1, 2) AND row_id IN ('a', 'b');

-- changeset fingerprint (sync day_events) at syncs/days.yml:2:12
SELECT CAST(IFNULL(SUM(CAST(FARM_FINGERPRINT(CONCAT(CAST(op AS STRING), ',', CAST(kh AS STRING), ',', TO_JSON_STRING(row_id), TO_JSON_STRING(action), CAST(reason AS STRING), TO_JSON_STRING(key), TO_JSON_STRING(old_key), CAST(h AS STRING), ',', TO_JSON_STRING(match), TO_JSON_STRING(fields), CAST(IFNULL(UNIX_MICROS(`at`), 0) AS STRING))) & 0xFFFFFFFFFF AS NUMERIC)), 0) AS STRING), COUNT(*)
FROM `kith`.`changeset_day_events` WHERE op != 0;

-- changeset beyond (sync day_events) at syncs/days.yml:2:12
SELECT COUNT(*) FROM `kith`.`changeset_day_events` AS c
WHERE c.op IN (1, 2, 3) AND NOT EXISTS (
  SELECT 1 FROM `kith`.`changeset_day_events_raw` AS o WHERE o.row_id = c.row_id AND (o.op = c.op OR o.op = 2 AND c.op = 3)
    AND (c.op != 1 OR o.key = c.key AND o.action = c.action AND (o.reason = 0) = (c.reason = 0) AND o.fields = c.fields)
);

-- fold_count (sync day_events)
SELECT COUNT(*), (
  SELECT IFNULL(STRING_AGG(SUBSTR(table_name, LENGTH('scratch_fold_baseline_day_events_') + 1)), '') FROM `kith`.INFORMATION_SCHEMA.TABLES
  WHERE STARTS_WITH(table_name, 'scratch_fold_baseline_day_events_') AND REGEXP_CONTAINS(SUBSTR(table_name, LENGTH('scratch_fold_baseline_day_events_') + 1), '^[0-9a-f]{16}$')
) FROM `kith`.`acks_day_events` WHERE ver >= 4294967296;

-- fold_stage (sync day_events)
CREATE OR REPLACE TABLE `kith`.`scratch_fold_baseline_day_events_0123456789abcdef` OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 2 DAY)) AS
SELECT * FROM `kith`.`acks_day_events` WHERE ver >= 4294967296
QUALIFY ROW_NUMBER() OVER (PARTITION BY row_id ORDER BY ver DESC, `at` DESC) = 1;

-- fold_merge (sync day_events)
MERGE `kith`.`baseline_day_events` AS b USING `kith`.`scratch_fold_baseline_day_events_0123456789abcdef` AS s ON b.row_id = s.row_id
WHEN MATCHED AND s.ver >= b.ver AND s.del = 1 THEN DELETE
WHEN MATCHED AND (s.ver > b.ver OR s.ver = b.ver AND s.mapping >= b.mapping) THEN UPDATE SET kh = s.kh, key = s.key, h = s.h, fh = s.fh, remote_id = s.remote_id, match = s.match, gone = s.gone, mapping = s.mapping, ver = s.ver, del = 0
WHEN NOT MATCHED AND s.del = 0 THEN INSERT (kh, row_id, key, h, fh, remote_id, match, gone, mapping, ver, del)
  VALUES (s.kh, s.row_id, s.key, s.h, s.fh, s.remote_id, s.match, s.gone, s.mapping, s.ver, 0);

