-- identity person rows of crm
CREATE OR REPLACE TABLE `kith`.`scratch_r2_identity_person_rows_crm` OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 2 DAY)) AS
SELECT v0, IF((v0 = '' OR ((LOWER(TRIM(v0, ' ')) IN ('-1', 'null', '(null)', 'nil', 'none', 'nan', 'na', 'n/a', 'undefined', 'unknown', 'anonymous', 'test@test.com')) OR REGEXP_CONTAINS(v0, '^[0-]*$') OR REGEXP_CONTAINS(v0, '^(no|do-?not)[-_.]?reply@'))), 0, GREATEST(FARM_FINGERPRINT(SHA256(CONCAT('salt\x00customer_id\x00', v0))) & 0x7FFFFFFFFFFFFFFF, 1)) AS d0, v1, IF((v1 = '' OR ((LOWER(TRIM(v1, ' ')) IN ('-1', 'null', '(null)', 'nil', 'none', 'nan', 'na', 'n/a', 'undefined', 'unknown', 'anonymous', 'test@test.com')) OR (v1 = COALESCE((SELECT IF(REGEXP_CONTAINS(__kith_n, '^[^\\s\\p{Z}\\p{C}@<>"(),;]+@[^\\s\\p{Z}\\p{C}@<>"(),;]+\\.[^\\s\\p{Z}\\p{C}@<>"(),;.]{2,}$'), __kith_n, NULL) FROM UNNEST([LOWER((SELECT IF(BYTE_LENGTH(__kith_t) = CHAR_LENGTH(__kith_t), TRIM(__kith_t, ' \t\n\r\f\v'), REGEXP_REPLACE(__kith_t, '^[\\s\\p{Z}\\p{C}]+|[\\s\\p{Z}\\p{C}]+$', '')) FROM UNNEST(['Shop@Example.com']) AS __kith_t))]) AS __kith_n), 'Shop@Example.com')) OR REGEXP_CONTAINS(v1, '^[0-]*$') OR REGEXP_CONTAINS(v1, '^(no|do-?not)[-_.]?reply@') OR REGEXP_CONTAINS(v1, '@example\\.net$'))), 0, CASE WHEN v1 = 'o\'neil@example.org' THEN 42 ELSE GREATEST(FARM_FINGERPRINT(SHA256(CONCAT('salt\x00email\x00', v1))) & 0x7FFFFFFFFFFFFFFF, 1) END) AS d1, x1, s1, v2, IF((v2 = '' OR ((LOWER(TRIM(v2, ' ')) IN ('-1', 'null', '(null)', 'nil', 'none', 'nan', 'na', 'n/a', 'undefined', 'unknown', 'anonymous', 'test@test.com')) OR REGEXP_CONTAINS(v2, '^[0-]*$') OR REGEXP_CONTAINS(v2, '^(no|do-?not)[-_.]?reply@'))), 0, GREATEST(FARM_FINGERPRINT(SHA256(CONCAT('salt\x00phone\x00', v2))) & 0x7FFFFFFFFFFFFFFF, 1)) AS d2, x2, s2, bucket, first_seen, last_seen, n, mix
FROM (
  SELECT __kith_v0 AS v0, __kith_v1 AS v1, COUNTIF(__kith_v1 = '' AND __kith_x1 != '') AS x1, MIN(IF(__kith_v1 = '' AND __kith_x1 != '', CONCAT(SUBSTR(__kith_x1, 1, 1), REGEXP_REPLACE(SUBSTR(__kith_x1, 2, 23), r'[^@.+: -]', '*')), NULL)) AS s1, __kith_v2 AS v2, COUNTIF(__kith_v2 = '' AND __kith_x2 != '') AS x2, MIN(IF(__kith_v2 = '' AND __kith_x2 != '', CONCAT(SUBSTR(__kith_x2, 1, 1), REGEXP_REPLACE(SUBSTR(__kith_x2, 2, 23), r'[^@.+: -]', '*')), NULL)) AS s2, bucket, MIN(__kith_at) AS first_seen, MAX(IF(__kith_at <= TIMESTAMP '2026-11-01 12:00:00.000000+00:00', __kith_at, TIMESTAMP '1970-01-01 00:00:00.000000+00:00')) AS last_seen, COUNT(*) AS n, 0 AS mix
  FROM (
    SELECT COALESCE((SELECT IF((SELECT IF(BYTE_LENGTH(__kith_t) = CHAR_LENGTH(__kith_t), TRIM(__kith_t, ' \t\n\r\f\v'), REGEXP_REPLACE(__kith_t, '^[\\s\\p{Z}\\p{C}]+|[\\s\\p{Z}\\p{C}]+$', '')) FROM UNNEST([__kith_n]) AS __kith_t) != '', __kith_n, NULL) FROM UNNEST([CAST(__kith_s.`id` AS STRING)]) AS __kith_n), '') AS __kith_v0, COALESCE((SELECT IF(REGEXP_CONTAINS(__kith_n, '^[^\\s\\p{Z}\\p{C}@<>"(),;]+@[^\\s\\p{Z}\\p{C}@<>"(),;]+\\.[^\\s\\p{Z}\\p{C}@<>"(),;.]{2,}$'), __kith_n, NULL) FROM UNNEST([LOWER((SELECT IF(BYTE_LENGTH(__kith_t) = CHAR_LENGTH(__kith_t), TRIM(__kith_t, ' \t\n\r\f\v'), REGEXP_REPLACE(__kith_t, '^[\\s\\p{Z}\\p{C}]+|[\\s\\p{Z}\\p{C}]+$', '')) FROM UNNEST([__kith_s.`mail`]) AS __kith_t))]) AS __kith_n), '') AS __kith_v1, COALESCE(NULLIF((SELECT IF(BYTE_LENGTH(__kith_t) = CHAR_LENGTH(__kith_t), TRIM(__kith_t, ' \t\n\r\f\v'), REGEXP_REPLACE(__kith_t, '^[\\s\\p{Z}\\p{C}]+|[\\s\\p{Z}\\p{C}]+$', '')) FROM UNNEST([__kith_s.`mail`]) AS __kith_t), ''), '') AS __kith_x1, COALESCE((SELECT IF(REGEXP_CONTAINS(__kith_n, '^\\+[1-9][0-9]{7,14}$'), __kith_n, NULL) FROM UNNEST([(SELECT COALESCE(CONCAT(REGEXP_EXTRACT(__kith_e, '^(\\+(?:20|27|30|31|32|33|34|40|41|43|44|45|46|47|48|49|51|54|55|61|62|64|81|82|84|86|90|91|92|94|98|212|213|234|254|351|352|353|355|358|359|380|381|385|386|387|389|420|421|880|962|966|971|972))0'), REGEXP_EXTRACT(__kith_e, '^\\+(?:20|27|30|31|32|33|34|40|41|43|44|45|46|47|48|49|51|54|55|61|62|64|81|82|84|86|90|91|92|94|98|212|213|234|254|351|352|353|355|358|359|380|381|385|386|387|389|420|421|880|962|966|971|972)0(.*)$')), __kith_e) FROM UNNEST([(SELECT CASE WHEN STARTS_WITH(__kith_d, '+') THEN __kith_d WHEN STARTS_WITH(__kith_d, '00') THEN CONCAT('+', SUBSTR(__kith_d, 3)) ELSE CONCAT('+', '31', REGEXP_REPLACE(__kith_d, '^0', '')) END FROM UNNEST([IFNULL(REGEXP_REPLACE((SELECT IF(STRPOS(__kith_f, '(0)') > 0, CONCAT(SUBSTR(__kith_f, 1, STRPOS(__kith_f, '(0)') - 1), SUBSTR(__kith_f, STRPOS(__kith_f, '(0)') + 3)), __kith_f) FROM UNNEST([REGEXP_REPLACE(__kith_s.`mobile`, r'(?is)[;,/#x].*$', '')]) AS __kith_f), r'[^0-9+]', ''), '')]) AS __kith_d)]) AS __kith_e)]) AS __kith_n), '') AS __kith_v2, COALESCE(NULLIF((SELECT IF(BYTE_LENGTH(__kith_t) = CHAR_LENGTH(__kith_t), TRIM(__kith_t, ' \t\n\r\f\v'), REGEXP_REPLACE(__kith_t, '^[\\s\\p{Z}\\p{C}]+|[\\s\\p{Z}\\p{C}]+$', '')) FROM UNNEST([__kith_s.`mobile`]) AS __kith_t), ''), '') AS __kith_x2, COALESCE(CAST(__kith_s.`day` AS TIMESTAMP), __kith_s.`loaded_at`, TIMESTAMP '2299-12-31 23:59:59.000000+00:00') AS __kith_at, 0 AS bucket
    FROM (
SELECT __kith_s.`id` AS `id`, __kith_s.`mail` AS `mail`, __kith_s.`mobile` AS `mobile`, __kith_s.`day` AS `day`, __kith_s.`loaded_at` AS `loaded_at` FROM (
SELECT * FROM (
SELECT CAST(__kith_t.`id` AS INT64) AS `id`, CAST(__kith_t.`mail` AS STRING) AS `mail`, CAST(__kith_t.`mobile` AS STRING) AS `mobile`, CAST(__kith_t.`day` AS DATE) AS `day`, CAST(__kith_t.`loaded_at` AS TIMESTAMP) AS `loaded_at` FROM `raw`.`contacts` AS __kith_t
) AS __kith_s
WHERE TRUE QUALIFY ROW_NUMBER() OVER (PARTITION BY __kith_s.`id` ORDER BY __kith_s.`loaded_at` DESC, __kith_s.`day` DESC, FARM_FINGERPRINT(TO_JSON_STRING(__kith_s))) = 1
) AS __kith_s
    ) AS __kith_s
  ) GROUP BY __kith_v0, __kith_v1, __kith_v2, bucket
);

-- identity person rows of web
CREATE OR REPLACE TABLE `kith`.`scratch_r2_identity_person_rows_web` OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 2 DAY)) AS
SELECT v0, IF((v0 = '' OR ((LOWER(TRIM(v0, ' ')) IN ('-1', 'null', '(null)', 'nil', 'none', 'nan', 'na', 'n/a', 'undefined', 'unknown', 'anonymous', 'test@test.com')) OR (v0 = COALESCE((SELECT IF(REGEXP_CONTAINS(__kith_n, '^[^\\s\\p{Z}\\p{C}@<>"(),;]+@[^\\s\\p{Z}\\p{C}@<>"(),;]+\\.[^\\s\\p{Z}\\p{C}@<>"(),;.]{2,}$'), __kith_n, NULL) FROM UNNEST([LOWER((SELECT IF(BYTE_LENGTH(__kith_t) = CHAR_LENGTH(__kith_t), TRIM(__kith_t, ' \t\n\r\f\v'), REGEXP_REPLACE(__kith_t, '^[\\s\\p{Z}\\p{C}]+|[\\s\\p{Z}\\p{C}]+$', '')) FROM UNNEST(['Shop@Example.com']) AS __kith_t))]) AS __kith_n), 'Shop@Example.com')) OR REGEXP_CONTAINS(v0, '^[0-]*$') OR REGEXP_CONTAINS(v0, '^(no|do-?not)[-_.]?reply@') OR REGEXP_CONTAINS(v0, '@example\\.net$'))), 0, CASE WHEN v0 = 'o\'neil@example.org' THEN 42 ELSE GREATEST(FARM_FINGERPRINT(SHA256(CONCAT('salt\x00email\x00', v0))) & 0x7FFFFFFFFFFFFFFF, 1) END) AS d0, x0, s0, v1, IF((v1 = '' OR ((LOWER(TRIM(v1, ' ')) IN ('-1', 'null', '(null)', 'nil', 'none', 'nan', 'na', 'n/a', 'undefined', 'unknown', 'anonymous', 'test@test.com')) OR REGEXP_CONTAINS(v1, '^[0-]*$') OR REGEXP_CONTAINS(v1, '^(no|do-?not)[-_.]?reply@'))), 0, GREATEST(FARM_FINGERPRINT(SHA256(CONCAT('salt\x00phone\x00', v1))) & 0x7FFFFFFFFFFFFFFF, 1)) AS d1, x1, s1, bucket, first_seen, last_seen, n, mix
FROM (
  SELECT __kith_v0 AS v0, COUNTIF(__kith_v0 = '' AND __kith_x0 != '') AS x0, MIN(IF(__kith_v0 = '' AND __kith_x0 != '', CONCAT(SUBSTR(__kith_x0, 1, 1), REGEXP_REPLACE(SUBSTR(__kith_x0, 2, 23), r'[^@.+: -]', '*')), NULL)) AS s0, __kith_v1 AS v1, COUNTIF(__kith_v1 = '' AND __kith_x1 != '') AS x1, MIN(IF(__kith_v1 = '' AND __kith_x1 != '', CONCAT(SUBSTR(__kith_x1, 1, 1), REGEXP_REPLACE(SUBSTR(__kith_x1, 2, 23), r'[^@.+: -]', '*')), NULL)) AS s1, bucket, MIN(__kith_at) AS first_seen, MAX(IF(__kith_at <= TIMESTAMP '2026-11-01 12:00:00.000000+00:00', __kith_at, TIMESTAMP '1970-01-01 00:00:00.000000+00:00')) AS last_seen, COUNT(*) AS n, 0 AS mix
  FROM (
    SELECT COALESCE((SELECT IF(REGEXP_CONTAINS(__kith_n, '^[^\\s\\p{Z}\\p{C}@<>"(),;]+@[^\\s\\p{Z}\\p{C}@<>"(),;]+\\.[^\\s\\p{Z}\\p{C}@<>"(),;.]{2,}$'), __kith_n, NULL) FROM UNNEST([LOWER((SELECT IF(BYTE_LENGTH(__kith_t) = CHAR_LENGTH(__kith_t), TRIM(__kith_t, ' \t\n\r\f\v'), REGEXP_REPLACE(__kith_t, '^[\\s\\p{Z}\\p{C}]+|[\\s\\p{Z}\\p{C}]+$', '')) FROM UNNEST([__kith_s.`email`]) AS __kith_t))]) AS __kith_n), '') AS __kith_v0, COALESCE(NULLIF((SELECT IF(BYTE_LENGTH(__kith_t) = CHAR_LENGTH(__kith_t), TRIM(__kith_t, ' \t\n\r\f\v'), REGEXP_REPLACE(__kith_t, '^[\\s\\p{Z}\\p{C}]+|[\\s\\p{Z}\\p{C}]+$', '')) FROM UNNEST([__kith_s.`email`]) AS __kith_t), ''), '') AS __kith_x0, COALESCE((SELECT IF(REGEXP_CONTAINS(__kith_n, '^\\+[1-9][0-9]{7,14}$'), __kith_n, NULL) FROM UNNEST([(SELECT COALESCE(CONCAT(REGEXP_EXTRACT(__kith_e, '^(\\+(?:20|27|30|31|32|33|34|40|41|43|44|45|46|47|48|49|51|54|55|61|62|64|81|82|84|86|90|91|92|94|98|212|213|234|254|351|352|353|355|358|359|380|381|385|386|387|389|420|421|880|962|966|971|972))0'), REGEXP_EXTRACT(__kith_e, '^\\+(?:20|27|30|31|32|33|34|40|41|43|44|45|46|47|48|49|51|54|55|61|62|64|81|82|84|86|90|91|92|94|98|212|213|234|254|351|352|353|355|358|359|380|381|385|386|387|389|420|421|880|962|966|971|972)0(.*)$')), __kith_e) FROM UNNEST([(SELECT CASE WHEN STARTS_WITH(__kith_d, '+') THEN __kith_d WHEN STARTS_WITH(__kith_d, '00') THEN CONCAT('+', SUBSTR(__kith_d, 3)) ELSE CONCAT('+', '31', REGEXP_REPLACE(__kith_d, '^0', '')) END FROM UNNEST([IFNULL(REGEXP_REPLACE((SELECT IF(STRPOS(__kith_f, '(0)') > 0, CONCAT(SUBSTR(__kith_f, 1, STRPOS(__kith_f, '(0)') - 1), SUBSTR(__kith_f, STRPOS(__kith_f, '(0)') + 3)), __kith_f) FROM UNNEST([REGEXP_REPLACE(__kith_s.`phone`, r'(?is)[;,/#x].*$', '')]) AS __kith_f), r'[^0-9+]', ''), '')]) AS __kith_d)]) AS __kith_e)]) AS __kith_n), '') AS __kith_v1, COALESCE(NULLIF((SELECT IF(BYTE_LENGTH(__kith_t) = CHAR_LENGTH(__kith_t), TRIM(__kith_t, ' \t\n\r\f\v'), REGEXP_REPLACE(__kith_t, '^[\\s\\p{Z}\\p{C}]+|[\\s\\p{Z}\\p{C}]+$', '')) FROM UNNEST([__kith_s.`phone`]) AS __kith_t), ''), '') AS __kith_x1, COALESCE(__kith_s.`at`, __kith_s.`at`, TIMESTAMP '2299-12-31 23:59:59.000000+00:00') AS __kith_at, 0 AS bucket
    FROM (
SELECT CAST(__kith_t.`email` AS STRING) AS `email`, CAST(__kith_t.`phone` AS STRING) AS `phone`, CAST(__kith_t.`bot` AS BOOL) AS `bot`, CAST(__kith_t.`at` AS TIMESTAMP) AS `at` FROM `raw`.`events` AS __kith_t
    ) AS __kith_s
    WHERE (IFNULL((__kith_s.`bot` = false), FALSE))
  ) GROUP BY __kith_v0, __kith_v1, bucket
);

-- identity person rows of list
CREATE OR REPLACE TABLE `kith`.`scratch_r2_identity_person_rows_list` OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 2 DAY)) AS
SELECT v0, IF((v0 = '' OR ((LOWER(TRIM(v0, ' ')) IN ('-1', 'null', '(null)', 'nil', 'none', 'nan', 'na', 'n/a', 'undefined', 'unknown', 'anonymous', 'test@test.com')) OR (v0 = COALESCE((SELECT IF(REGEXP_CONTAINS(__kith_n, '^[^\\s\\p{Z}\\p{C}@<>"(),;]+@[^\\s\\p{Z}\\p{C}@<>"(),;]+\\.[^\\s\\p{Z}\\p{C}@<>"(),;.]{2,}$'), __kith_n, NULL) FROM UNNEST([LOWER((SELECT IF(BYTE_LENGTH(__kith_t) = CHAR_LENGTH(__kith_t), TRIM(__kith_t, ' \t\n\r\f\v'), REGEXP_REPLACE(__kith_t, '^[\\s\\p{Z}\\p{C}]+|[\\s\\p{Z}\\p{C}]+$', '')) FROM UNNEST(['Shop@Example.com']) AS __kith_t))]) AS __kith_n), 'Shop@Example.com')) OR REGEXP_CONTAINS(v0, '^[0-]*$') OR REGEXP_CONTAINS(v0, '^(no|do-?not)[-_.]?reply@') OR REGEXP_CONTAINS(v0, '@example\\.net$'))), 0, CASE WHEN v0 = 'o\'neil@example.org' THEN 42 ELSE GREATEST(FARM_FINGERPRINT(SHA256(CONCAT('salt\x00email\x00', v0))) & 0x7FFFFFFFFFFFFFFF, 1) END) AS d0, x0, s0, v1, IF((v1 = '' OR ((LOWER(TRIM(v1, ' ')) IN ('-1', 'null', '(null)', 'nil', 'none', 'nan', 'na', 'n/a', 'undefined', 'unknown', 'anonymous', 'test@test.com')) OR REGEXP_CONTAINS(v1, '^[0-]*$') OR REGEXP_CONTAINS(v1, '^(no|do-?not)[-_.]?reply@'))), 0, GREATEST(FARM_FINGERPRINT(SHA256(CONCAT('salt\x00phone\x00', v1))) & 0x7FFFFFFFFFFFFFFF, 1)) AS d1, x1, s1, bucket, first_seen, last_seen, n, mix
FROM (
  SELECT __kith_v0 AS v0, COUNTIF(__kith_v0 = '' AND __kith_x0 != '') AS x0, MIN(IF(__kith_v0 = '' AND __kith_x0 != '', CONCAT(SUBSTR(__kith_x0, 1, 1), REGEXP_REPLACE(SUBSTR(__kith_x0, 2, 23), r'[^@.+: -]', '*')), NULL)) AS s0, __kith_v1 AS v1, COUNTIF(__kith_v1 = '' AND __kith_x1 != '') AS x1, MIN(IF(__kith_v1 = '' AND __kith_x1 != '', CONCAT(SUBSTR(__kith_x1, 1, 1), REGEXP_REPLACE(SUBSTR(__kith_x1, 2, 23), r'[^@.+: -]', '*')), NULL)) AS s1, bucket, MIN(__kith_at) AS first_seen, MAX(IF(__kith_at <= TIMESTAMP '2026-11-01 12:00:00.000000+00:00', __kith_at, TIMESTAMP '1970-01-01 00:00:00.000000+00:00')) AS last_seen, COUNT(*) AS n, 0 AS mix
  FROM (
    SELECT COALESCE((SELECT IF(REGEXP_CONTAINS(__kith_n, '^[^\\s\\p{Z}\\p{C}@<>"(),;]+@[^\\s\\p{Z}\\p{C}@<>"(),;]+\\.[^\\s\\p{Z}\\p{C}@<>"(),;.]{2,}$'), __kith_n, NULL) FROM UNNEST([LOWER((SELECT IF(BYTE_LENGTH(__kith_t) = CHAR_LENGTH(__kith_t), TRIM(__kith_t, ' \t\n\r\f\v'), REGEXP_REPLACE(__kith_t, '^[\\s\\p{Z}\\p{C}]+|[\\s\\p{Z}\\p{C}]+$', '')) FROM UNNEST([__kith_s.`email`]) AS __kith_t))]) AS __kith_n), '') AS __kith_v0, COALESCE(NULLIF((SELECT IF(BYTE_LENGTH(__kith_t) = CHAR_LENGTH(__kith_t), TRIM(__kith_t, ' \t\n\r\f\v'), REGEXP_REPLACE(__kith_t, '^[\\s\\p{Z}\\p{C}]+|[\\s\\p{Z}\\p{C}]+$', '')) FROM UNNEST([__kith_s.`email`]) AS __kith_t), ''), '') AS __kith_x0, COALESCE((SELECT IF(REGEXP_CONTAINS(__kith_n, '^\\+[1-9][0-9]{7,14}$'), __kith_n, NULL) FROM UNNEST([(SELECT COALESCE(CONCAT(REGEXP_EXTRACT(__kith_e, '^(\\+(?:20|27|30|31|32|33|34|40|41|43|44|45|46|47|48|49|51|54|55|61|62|64|81|82|84|86|90|91|92|94|98|212|213|234|254|351|352|353|355|358|359|380|381|385|386|387|389|420|421|880|962|966|971|972))0'), REGEXP_EXTRACT(__kith_e, '^\\+(?:20|27|30|31|32|33|34|40|41|43|44|45|46|47|48|49|51|54|55|61|62|64|81|82|84|86|90|91|92|94|98|212|213|234|254|351|352|353|355|358|359|380|381|385|386|387|389|420|421|880|962|966|971|972)0(.*)$')), __kith_e) FROM UNNEST([(SELECT CASE WHEN STARTS_WITH(__kith_d, '+') THEN __kith_d WHEN STARTS_WITH(__kith_d, '00') THEN CONCAT('+', SUBSTR(__kith_d, 3)) ELSE CONCAT('+', '31', REGEXP_REPLACE(__kith_d, '^0', '')) END FROM UNNEST([IFNULL(REGEXP_REPLACE((SELECT IF(STRPOS(__kith_f, '(0)') > 0, CONCAT(SUBSTR(__kith_f, 1, STRPOS(__kith_f, '(0)') - 1), SUBSTR(__kith_f, STRPOS(__kith_f, '(0)') + 3)), __kith_f) FROM UNNEST([REGEXP_REPLACE(__kith_s.`phone`, r'(?is)[;,/#x].*$', '')]) AS __kith_f), r'[^0-9+]', ''), '')]) AS __kith_d)]) AS __kith_e)]) AS __kith_n), '') AS __kith_v1, COALESCE(NULLIF((SELECT IF(BYTE_LENGTH(__kith_t) = CHAR_LENGTH(__kith_t), TRIM(__kith_t, ' \t\n\r\f\v'), REGEXP_REPLACE(__kith_t, '^[\\s\\p{Z}\\p{C}]+|[\\s\\p{Z}\\p{C}]+$', '')) FROM UNNEST([__kith_s.`phone`]) AS __kith_t), ''), '') AS __kith_x1, COALESCE(TIMESTAMP '2299-12-31 23:59:59.000000+00:00') AS __kith_at, 0 AS bucket
    FROM (
SELECT CAST(__kith_t.`email` AS STRING) AS `email`, CAST(__kith_t.`phone` AS STRING) AS `phone` FROM `raw`.`list` AS __kith_t
    ) AS __kith_s
  ) GROUP BY __kith_v0, __kith_v1, bucket
);

-- identity person values
CREATE OR REPLACE TABLE `kith`.`identity_person_values_b2` CLUSTER BY node AS
SELECT d0 AS node, 0 AS type, v0 AS value, 'crm' AS source, bucket, IF(d0 = 0, 1, 0) AS state, MIN(first_seen) AS first_seen, MAX(last_seen) AS last_seen, SUM(n) AS n
FROM `kith`.`scratch_r2_identity_person_rows_crm` WHERE v0 != '' GROUP BY d0, v0, bucket
UNION ALL
SELECT d1 AS node, 1 AS type, v1 AS value, 'crm' AS source, bucket, IF(d1 = 0, 1, 0) AS state, MIN(first_seen) AS first_seen, MAX(last_seen) AS last_seen, SUM(n) AS n
FROM `kith`.`scratch_r2_identity_person_rows_crm` WHERE v1 != '' GROUP BY d1, v1, bucket
UNION ALL
SELECT 0 AS node, 1 AS type, MIN(s1) AS value, 'crm' AS source, bucket, 2 AS state, MIN(first_seen) AS first_seen, MAX(last_seen) AS last_seen, SUM(x1) AS n
FROM `kith`.`scratch_r2_identity_person_rows_crm` WHERE x1 > 0 GROUP BY bucket
UNION ALL
SELECT d2 AS node, 2 AS type, v2 AS value, 'crm' AS source, bucket, IF(d2 = 0, 1, 0) AS state, MIN(first_seen) AS first_seen, MAX(last_seen) AS last_seen, SUM(n) AS n
FROM `kith`.`scratch_r2_identity_person_rows_crm` WHERE v2 != '' GROUP BY d2, v2, bucket
UNION ALL
SELECT 0 AS node, 2 AS type, MIN(s2) AS value, 'crm' AS source, bucket, 2 AS state, MIN(first_seen) AS first_seen, MAX(last_seen) AS last_seen, SUM(x2) AS n
FROM `kith`.`scratch_r2_identity_person_rows_crm` WHERE x2 > 0 GROUP BY bucket
UNION ALL
SELECT d0 AS node, 1 AS type, v0 AS value, 'web' AS source, bucket, IF(d0 = 0, 1, 0) AS state, MIN(first_seen) AS first_seen, MAX(last_seen) AS last_seen, SUM(n) AS n
FROM `kith`.`scratch_r2_identity_person_rows_web` WHERE v0 != '' GROUP BY d0, v0, bucket
UNION ALL
SELECT 0 AS node, 1 AS type, MIN(s0) AS value, 'web' AS source, bucket, 2 AS state, MIN(first_seen) AS first_seen, MAX(last_seen) AS last_seen, SUM(x0) AS n
FROM `kith`.`scratch_r2_identity_person_rows_web` WHERE x0 > 0 GROUP BY bucket
UNION ALL
SELECT d1 AS node, 2 AS type, v1 AS value, 'web' AS source, bucket, IF(d1 = 0, 1, 0) AS state, MIN(first_seen) AS first_seen, MAX(last_seen) AS last_seen, SUM(n) AS n
FROM `kith`.`scratch_r2_identity_person_rows_web` WHERE v1 != '' GROUP BY d1, v1, bucket
UNION ALL
SELECT 0 AS node, 2 AS type, MIN(s1) AS value, 'web' AS source, bucket, 2 AS state, MIN(first_seen) AS first_seen, MAX(last_seen) AS last_seen, SUM(x1) AS n
FROM `kith`.`scratch_r2_identity_person_rows_web` WHERE x1 > 0 GROUP BY bucket
UNION ALL
SELECT d0 AS node, 1 AS type, v0 AS value, 'list' AS source, bucket, IF(d0 = 0, 1, 0) AS state, MIN(first_seen) AS first_seen, MAX(last_seen) AS last_seen, SUM(n) AS n
FROM `kith`.`scratch_r2_identity_person_rows_list` WHERE v0 != '' GROUP BY d0, v0, bucket
UNION ALL
SELECT 0 AS node, 1 AS type, MIN(s0) AS value, 'list' AS source, bucket, 2 AS state, MIN(first_seen) AS first_seen, MAX(last_seen) AS last_seen, SUM(x0) AS n
FROM `kith`.`scratch_r2_identity_person_rows_list` WHERE x0 > 0 GROUP BY bucket
UNION ALL
SELECT d1 AS node, 2 AS type, v1 AS value, 'list' AS source, bucket, IF(d1 = 0, 1, 0) AS state, MIN(first_seen) AS first_seen, MAX(last_seen) AS last_seen, SUM(n) AS n
FROM `kith`.`scratch_r2_identity_person_rows_list` WHERE v1 != '' AND (d1 = 0 OR (d0 = 0)) GROUP BY d1, v1, bucket
UNION ALL
SELECT 0 AS node, 2 AS type, MIN(s1) AS value, 'list' AS source, bucket, 2 AS state, MIN(first_seen) AS first_seen, MAX(last_seen) AS last_seen, SUM(x1) AS n
FROM `kith`.`scratch_r2_identity_person_rows_list` WHERE x1 > 0 GROUP BY bucket;

-- identity person nodes
CREATE OR REPLACE TABLE `kith`.`scratch_r2_identity_person_nodes` OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 2 DAY)) AS
SELECT node, type, value, MIN(first_seen) AS first_seen, MAX(last_seen) AS last_seen, SUM(n) AS n
FROM `kith`.`identity_person_values_b2` WHERE node != 0 GROUP BY node, type, value;

-- identity person collisions
SELECT s.node, s.type, s.value, IFNULL(p.value = s.value, FALSE) AS known
FROM (SELECT * FROM `kith`.`scratch_r2_identity_person_nodes` WHERE TRUE QUALIFY COUNT(*) OVER (PARTITION BY node) > 1) AS s
LEFT JOIN `kith`.`identity_person_map_b1` AS p ON s.node = p.node
ORDER BY s.node, known DESC, s.first_seen, s.type, s.value
LIMIT 1;

-- identity person edges
CREATE OR REPLACE TABLE `kith`.`identity_person_edges_b2` (
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
SELECT LEAST(s, t) AS a, GREATEST(s, t) AS b, ANY_VALUE(IF(s < t, sr, 1)) AS ta, ANY_VALUE(IF(s < t, 1, sr)) AS tb, 'crm' AS source, bucket, MIN(first_seen) AS first_seen, MAX(last_seen) AS last_seen, SUM(n) AS n
FROM (
  SELECT d0 AS s, 0 AS sr, d1 AS t, bucket, first_seen, last_seen, n FROM `kith`.`scratch_r2_identity_person_rows_crm` WHERE d1 != 0
) WHERE s != 0 AND s != t GROUP BY a, b, bucket
UNION ALL
SELECT LEAST(s, t) AS a, GREATEST(s, t) AS b, ANY_VALUE(IF(s < t, sr, 2)) AS ta, ANY_VALUE(IF(s < t, 2, sr)) AS tb, 'crm' AS source, bucket, MIN(first_seen) AS first_seen, MAX(last_seen) AS last_seen, SUM(n) AS n
FROM (
  SELECT CASE WHEN d0 != 0 THEN d0 WHEN d1 != 0 THEN d1 ELSE 0 END AS s, CASE WHEN d0 != 0 THEN 0 WHEN d1 != 0 THEN 1 ELSE 0 END AS sr, d2 AS t, bucket, first_seen, last_seen, n FROM `kith`.`scratch_r2_identity_person_rows_crm` WHERE d2 != 0
) WHERE s != 0 AND s != t GROUP BY a, b, bucket
UNION ALL
SELECT LEAST(s, t) AS a, GREATEST(s, t) AS b, ANY_VALUE(IF(s < t, sr, 2)) AS ta, ANY_VALUE(IF(s < t, 2, sr)) AS tb, 'web' AS source, bucket, MIN(first_seen) AS first_seen, MAX(last_seen) AS last_seen, SUM(n) AS n
FROM (
  SELECT d0 AS s, 1 AS sr, d1 AS t, bucket, first_seen, last_seen, n FROM `kith`.`scratch_r2_identity_person_rows_web` WHERE d1 != 0
) WHERE s != 0 AND s != t GROUP BY a, b, bucket;

-- identity person reads
CREATE OR REPLACE TABLE `kith`.`identity_person_reads_b2` AS
SELECT source, bucket, n, mix, unowned, cut, TIMESTAMP '2026-11-01 12:00:00.000000+00:00' AS as_of, TIMESTAMP '0001-01-01 00:00:00.000000+00:00' AS full_at, '' AS rules
FROM (
  SELECT 'crm' AS source, r.bucket AS bucket, SUM(r.n) AS n, BIT_XOR(r.mix) AS mix, SUM(IF(r.d0 = 0 AND r.d1 = 0 AND r.d2 = 0, r.n, 0)) AS unowned, TIMESTAMP '1970-01-01 00:00:00.000000+00:00' AS cut FROM `kith`.`scratch_r2_identity_person_rows_crm` AS r GROUP BY r.bucket
  UNION ALL
  SELECT 'web' AS source, r.bucket AS bucket, SUM(r.n) AS n, BIT_XOR(r.mix) AS mix, SUM(IF(r.d0 = 0 AND r.d1 = 0, r.n, 0)) AS unowned, TIMESTAMP '1970-01-01 00:00:00.000000+00:00' AS cut FROM `kith`.`scratch_r2_identity_person_rows_web` AS r GROUP BY r.bucket
  UNION ALL
  SELECT 'list' AS source, r.bucket AS bucket, SUM(r.n) AS n, BIT_XOR(r.mix) AS mix, SUM(IF(r.d0 = 0 AND r.d1 = 0, r.n, 0)) AS unowned, TIMESTAMP '1970-01-01 00:00:00.000000+00:00' AS cut FROM `kith`.`scratch_r2_identity_person_rows_list` AS r GROUP BY r.bucket
);

-- identity person node count
SELECT COUNT(*), (SELECT COUNT(*) FROM `kith`.`identity_person_edges_b2`) FROM `kith`.`scratch_r2_identity_person_nodes`;

-- identity person hook 1
CREATE OR REPLACE TABLE `kith`.`scratch_r2_identity_person_p1` OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 2 DAY)) AS
SELECT a AS v, MAX(b) AS l FROM `kith`.`identity_person_edges_b2` GROUP BY a;

-- identity person depth 1
SELECT COUNT(*), COUNTIF(g.v IS NOT NULL)
FROM (SELECT l FROM `kith`.`scratch_r2_identity_person_p1` WHERE MOD(l, 64) = 0) AS p LEFT JOIN (SELECT v FROM `kith`.`scratch_r2_identity_person_p1` WHERE MOD(v, 64) = 0) AS g ON p.l = g.v;

-- identity person jump 1
CREATE OR REPLACE TABLE `kith`.`scratch_r2_identity_person_q1` OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 2 DAY)) AS
SELECT p.v AS v, IFNULL(g.l, p.l) AS l FROM `kith`.`scratch_r2_identity_person_p1` AS p LEFT JOIN `kith`.`scratch_r2_identity_person_p1` AS g ON p.l = g.v;

-- identity person lift 1
CREATE OR REPLACE TABLE `kith`.`scratch_r2_identity_person_e1` OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 2 DAY)) AS
SELECT LEAST(x, y) AS a, GREATEST(x, y) AS b
FROM (
  SELECT IFNULL(s.l, e.a) AS x, IFNULL(t.l, e.b) AS y
  FROM `kith`.`identity_person_edges_b2` AS e LEFT JOIN `kith`.`scratch_r2_identity_person_q1` AS s ON e.a = s.v LEFT JOIN `kith`.`scratch_r2_identity_person_q1` AS t ON e.b = t.v
) WHERE x != y GROUP BY a, b;

-- identity person live edges 2
SELECT COUNT(*) FROM `kith`.`scratch_r2_identity_person_e1`;

-- identity person hook 2
CREATE OR REPLACE TABLE `kith`.`scratch_r2_identity_person_p2` OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 2 DAY)) AS
SELECT IF(ha < hb, b, a) AS v, ARRAY_AGG(IF(ha < hb, a, b) ORDER BY LEAST(ha, hb) LIMIT 1)[OFFSET(0)] AS l
FROM (SELECT a, b, FARM_FINGERPRINT(CONCAT('4354685564936845354', CAST(a AS STRING))) AS ha, FARM_FINGERPRINT(CONCAT('4354685564936845354', CAST(b AS STRING))) AS hb FROM `kith`.`scratch_r2_identity_person_e1`) GROUP BY v;

-- identity person lift 2
CREATE OR REPLACE TABLE `kith`.`scratch_r2_identity_person_e2` OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 2 DAY)) AS
SELECT LEAST(x, y) AS a, GREATEST(x, y) AS b
FROM (
  SELECT IFNULL(s.l, e.a) AS x, IFNULL(t.l, e.b) AS y
  FROM `kith`.`scratch_r2_identity_person_e1` AS e LEFT JOIN `kith`.`scratch_r2_identity_person_p2` AS s ON e.a = s.v LEFT JOIN `kith`.`scratch_r2_identity_person_p2` AS t ON e.b = t.v
) WHERE x != y GROUP BY a, b;

-- identity person live edges 3
SELECT COUNT(*) FROM `kith`.`scratch_r2_identity_person_e2`;

-- identity person fetch 3
SELECT a, b FROM `kith`.`scratch_r2_identity_person_e2`;

-- identity person finish 3
CREATE OR REPLACE TABLE `kith`.`scratch_r2_identity_person_q3` (v INT64, l INT64) OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 2 DAY));

-- identity person compose 2
CREATE OR REPLACE TABLE `kith`.`scratch_r2_identity_person_m2` OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 2 DAY)) AS
SELECT q.v AS v, IFNULL(m.l, q.l) AS l FROM `kith`.`scratch_r2_identity_person_p2` AS q LEFT JOIN `kith`.`scratch_r2_identity_person_q3` AS m ON q.l = m.v
UNION ALL
SELECT v, l FROM `kith`.`scratch_r2_identity_person_q3` WHERE v NOT IN (SELECT v FROM `kith`.`scratch_r2_identity_person_p2`);

-- identity person components
CREATE OR REPLACE TABLE `kith`.`scratch_r2_identity_person_found` OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 2 DAY)) AS
SELECT node, type, value, first_seen, last_seen, n, label AS part FROM (
  SELECT s.*, IFNULL(m.l, s.hooked) AS label
  FROM (SELECT n.*, IFNULL(q.l, n.node) AS hooked FROM `kith`.`scratch_r2_identity_person_nodes` AS n LEFT JOIN `kith`.`scratch_r2_identity_person_q1` AS q ON n.node = q.v) AS s
  LEFT JOIN `kith`.`scratch_r2_identity_person_m2` AS m ON s.hooked = m.v
);

-- identity person anchors
CREATE OR REPLACE TABLE `kith`.`scratch_r2_identity_person_parts` OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 2 DAY)) AS
SELECT part, ARRAY_AGG(node ORDER BY first_seen, type, value LIMIT 1)[OFFSET(0)] AS anchor, MIN(CONCAT(LPAD(CAST(UNIX_MICROS(first_seen) + 62135596800000000 AS STRING), 18, '0'), LPAD(CAST(type AS STRING), 3, '0'), value)) AS first, COUNT(*) AS identifiers, ARRAY_AGG(node LIMIT 200) AS nodes, COUNTIF(type = 0) > 1 OR COUNTIF(type = 1) > 5 AS over_max
FROM `kith`.`scratch_r2_identity_person_found` GROUP BY part;

-- identity person guards
SELECT COUNTIF(over_max), COUNTIF(NOT over_max AND identifiers > 200) FROM `kith`.`scratch_r2_identity_person_parts`;

-- identity person rejected links
CREATE OR REPLACE TABLE `kith`.`scratch_r2_identity_person_rejected` (a INT64, b INT64, why INT64) OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 2 DAY));

-- identity person split nodes
CREATE OR REPLACE TABLE `kith`.`scratch_r2_identity_person_split_nodes_0` OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 2 DAY)) AS
SELECT node, type, last_seen, n, part AS whole, part FROM `kith`.`scratch_r2_identity_person_found` WHERE part IN (SELECT part FROM `kith`.`scratch_r2_identity_person_parts` WHERE over_max);

-- identity person split edges
CREATE OR REPLACE TABLE `kith`.`scratch_r2_identity_person_split_edges_0` OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 2 DAY)) AS
SELECT a, b, MAX(last_seen) AS last_seen, SUM(n) AS n FROM `kith`.`identity_person_edges_b2` WHERE a IN (SELECT node FROM `kith`.`scratch_r2_identity_person_split_nodes_0`) GROUP BY a, b;

-- identity person over customer_id
CREATE OR REPLACE TABLE `kith`.`scratch_r2_identity_person_split_over_customer_id` OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 2 DAY)) AS
SELECT part FROM `kith`.`scratch_r2_identity_person_split_nodes_0` GROUP BY part HAVING COUNTIF(type = 0) > 1;

-- identity person count over customer_id
SELECT COUNT(*) FROM `kith`.`scratch_r2_identity_person_split_over_customer_id`;

-- identity person seeds customer_id
CREATE OR REPLACE TABLE `kith`.`scratch_r2_identity_person_split_seeds_0` OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 2 DAY)) AS
SELECT node, IF(place <= 1, best, node) AS label, 0 AS hop
FROM (
  SELECT node, ROW_NUMBER() OVER (PARTITION BY part ORDER BY n DESC, last_seen DESC, node) AS place,
    FIRST_VALUE(node) OVER (PARTITION BY part ORDER BY n DESC, last_seen DESC, node) AS best
  FROM `kith`.`scratch_r2_identity_person_split_nodes_0` WHERE type = 0 AND part IN (SELECT part FROM `kith`.`scratch_r2_identity_person_split_over_customer_id`)
);

-- identity person hop 1
INSERT INTO `kith`.`scratch_r2_identity_person_split_seeds_0` (node, label, hop)
SELECT node, ARRAY_AGG(label ORDER BY n DESC, last_seen DESC, label LIMIT 1)[OFFSET(0)], 1
FROM (
  SELECT e.y AS node, s.label AS label, SUM(e.n) AS n, MAX(e.last_seen) AS last_seen
  FROM (SELECT a AS x, b AS y, n, last_seen FROM `kith`.`scratch_r2_identity_person_split_edges_0` UNION ALL SELECT b AS x, a AS y, n, last_seen FROM `kith`.`scratch_r2_identity_person_split_edges_0`) AS e
  JOIN (SELECT node, label FROM `kith`.`scratch_r2_identity_person_split_seeds_0` WHERE hop = 1 - 1) AS s ON e.x = s.node
  WHERE e.y NOT IN (SELECT node FROM `kith`.`scratch_r2_identity_person_split_seeds_0`)
  GROUP BY node, label
) GROUP BY node;

-- identity person count hop 1
SELECT COUNT(*) FROM `kith`.`scratch_r2_identity_person_split_seeds_0` WHERE hop = 1;

-- identity person reject
INSERT INTO `kith`.`scratch_r2_identity_person_rejected` (a, b, why)
SELECT e.a, e.b, 1
FROM `kith`.`scratch_r2_identity_person_split_edges_0` AS e LEFT JOIN `kith`.`scratch_r2_identity_person_split_seeds_0` AS s ON e.a = s.node LEFT JOIN `kith`.`scratch_r2_identity_person_split_seeds_0` AS t ON e.b = t.node
WHERE IFNULL(s.label, 0) != IFNULL(t.label, 0);

-- identity person links left
CREATE OR REPLACE TABLE `kith`.`scratch_r2_identity_person_split_edges_1` OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 2 DAY)) AS
SELECT e.* FROM `kith`.`scratch_r2_identity_person_split_edges_0` AS e WHERE NOT EXISTS (SELECT 1 FROM `kith`.`scratch_r2_identity_person_rejected` AS r WHERE r.a = e.a AND r.b = e.b);

-- identity person hook 1
CREATE OR REPLACE TABLE `kith`.`scratch_r2_identity_person_split_0_p1` OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 2 DAY)) AS
SELECT a AS v, MAX(b) AS l FROM `kith`.`scratch_r2_identity_person_split_edges_1` GROUP BY a;

-- identity person depth 1
SELECT COUNT(*), COUNTIF(g.v IS NOT NULL)
FROM (SELECT l FROM `kith`.`scratch_r2_identity_person_split_0_p1` WHERE MOD(l, 64) = 0) AS p LEFT JOIN (SELECT v FROM `kith`.`scratch_r2_identity_person_split_0_p1` WHERE MOD(v, 64) = 0) AS g ON p.l = g.v;

-- identity person jump 1
CREATE OR REPLACE TABLE `kith`.`scratch_r2_identity_person_split_0_q1` OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 2 DAY)) AS
SELECT p.v AS v, IFNULL(g.l, p.l) AS l FROM `kith`.`scratch_r2_identity_person_split_0_p1` AS p LEFT JOIN `kith`.`scratch_r2_identity_person_split_0_p1` AS g ON p.l = g.v;

-- identity person lift 1
CREATE OR REPLACE TABLE `kith`.`scratch_r2_identity_person_split_0_e1` OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 2 DAY)) AS
SELECT LEAST(x, y) AS a, GREATEST(x, y) AS b
FROM (
  SELECT IFNULL(s.l, e.a) AS x, IFNULL(t.l, e.b) AS y
  FROM `kith`.`scratch_r2_identity_person_split_edges_1` AS e LEFT JOIN `kith`.`scratch_r2_identity_person_split_0_q1` AS s ON e.a = s.v LEFT JOIN `kith`.`scratch_r2_identity_person_split_0_q1` AS t ON e.b = t.v
) WHERE x != y GROUP BY a, b;

-- identity person live edges 2
SELECT COUNT(*) FROM `kith`.`scratch_r2_identity_person_split_0_e1`;

-- identity person hook 2
CREATE OR REPLACE TABLE `kith`.`scratch_r2_identity_person_split_0_p2` OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 2 DAY)) AS
SELECT IF(ha < hb, b, a) AS v, ARRAY_AGG(IF(ha < hb, a, b) ORDER BY LEAST(ha, hb) LIMIT 1)[OFFSET(0)] AS l
FROM (SELECT a, b, FARM_FINGERPRINT(CONCAT('4354685564936845354', CAST(a AS STRING))) AS ha, FARM_FINGERPRINT(CONCAT('4354685564936845354', CAST(b AS STRING))) AS hb FROM `kith`.`scratch_r2_identity_person_split_0_e1`) GROUP BY v;

-- identity person lift 2
CREATE OR REPLACE TABLE `kith`.`scratch_r2_identity_person_split_0_e2` OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 2 DAY)) AS
SELECT LEAST(x, y) AS a, GREATEST(x, y) AS b
FROM (
  SELECT IFNULL(s.l, e.a) AS x, IFNULL(t.l, e.b) AS y
  FROM `kith`.`scratch_r2_identity_person_split_0_e1` AS e LEFT JOIN `kith`.`scratch_r2_identity_person_split_0_p2` AS s ON e.a = s.v LEFT JOIN `kith`.`scratch_r2_identity_person_split_0_p2` AS t ON e.b = t.v
) WHERE x != y GROUP BY a, b;

-- identity person live edges 3
SELECT COUNT(*) FROM `kith`.`scratch_r2_identity_person_split_0_e2`;

-- identity person fetch 3
SELECT a, b FROM `kith`.`scratch_r2_identity_person_split_0_e2`;

-- identity person finish 3
CREATE OR REPLACE TABLE `kith`.`scratch_r2_identity_person_split_0_q3` (v INT64, l INT64) OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 2 DAY));

-- identity person compose 2
CREATE OR REPLACE TABLE `kith`.`scratch_r2_identity_person_split_0_m2` OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 2 DAY)) AS
SELECT q.v AS v, IFNULL(m.l, q.l) AS l FROM `kith`.`scratch_r2_identity_person_split_0_p2` AS q LEFT JOIN `kith`.`scratch_r2_identity_person_split_0_q3` AS m ON q.l = m.v
UNION ALL
SELECT v, l FROM `kith`.`scratch_r2_identity_person_split_0_q3` WHERE v NOT IN (SELECT v FROM `kith`.`scratch_r2_identity_person_split_0_p2`);

-- identity person split parts
CREATE OR REPLACE TABLE `kith`.`scratch_r2_identity_person_split_nodes_1` OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 2 DAY)) AS
SELECT node, type, last_seen, n, whole, label AS part FROM (
  SELECT s.*, IFNULL(m.l, s.hooked) AS label
  FROM (SELECT n.*, IFNULL(q.l, n.node) AS hooked FROM `kith`.`scratch_r2_identity_person_split_nodes_0` AS n LEFT JOIN `kith`.`scratch_r2_identity_person_split_0_q1` AS q ON n.node = q.v) AS s
  LEFT JOIN `kith`.`scratch_r2_identity_person_split_0_m2` AS m ON s.hooked = m.v
);

-- identity person over email
CREATE OR REPLACE TABLE `kith`.`scratch_r2_identity_person_split_over_email` OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 2 DAY)) AS
SELECT part FROM `kith`.`scratch_r2_identity_person_split_nodes_1` GROUP BY part HAVING COUNTIF(type = 1) > 5;

-- identity person count over email
SELECT COUNT(*) FROM `kith`.`scratch_r2_identity_person_split_over_email`;

-- identity person seeds email
CREATE OR REPLACE TABLE `kith`.`scratch_r2_identity_person_split_seeds_1` OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 2 DAY)) AS
SELECT node, IF(place <= 5, best, node) AS label, 0 AS hop
FROM (
  SELECT node, ROW_NUMBER() OVER (PARTITION BY part ORDER BY n DESC, last_seen DESC, node) AS place,
    FIRST_VALUE(node) OVER (PARTITION BY part ORDER BY n DESC, last_seen DESC, node) AS best
  FROM `kith`.`scratch_r2_identity_person_split_nodes_1` WHERE type = 1 AND part IN (SELECT part FROM `kith`.`scratch_r2_identity_person_split_over_email`)
);

-- identity person hop 1
INSERT INTO `kith`.`scratch_r2_identity_person_split_seeds_1` (node, label, hop)
SELECT node, ARRAY_AGG(label ORDER BY n DESC, last_seen DESC, label LIMIT 1)[OFFSET(0)], 1
FROM (
  SELECT e.y AS node, s.label AS label, SUM(e.n) AS n, MAX(e.last_seen) AS last_seen
  FROM (SELECT a AS x, b AS y, n, last_seen FROM `kith`.`scratch_r2_identity_person_split_edges_1` UNION ALL SELECT b AS x, a AS y, n, last_seen FROM `kith`.`scratch_r2_identity_person_split_edges_1`) AS e
  JOIN (SELECT node, label FROM `kith`.`scratch_r2_identity_person_split_seeds_1` WHERE hop = 1 - 1) AS s ON e.x = s.node
  WHERE e.y NOT IN (SELECT node FROM `kith`.`scratch_r2_identity_person_split_seeds_1`)
  GROUP BY node, label
) GROUP BY node;

-- identity person count hop 1
SELECT COUNT(*) FROM `kith`.`scratch_r2_identity_person_split_seeds_1` WHERE hop = 1;

-- identity person reject
INSERT INTO `kith`.`scratch_r2_identity_person_rejected` (a, b, why)
SELECT e.a, e.b, 1
FROM `kith`.`scratch_r2_identity_person_split_edges_1` AS e LEFT JOIN `kith`.`scratch_r2_identity_person_split_seeds_1` AS s ON e.a = s.node LEFT JOIN `kith`.`scratch_r2_identity_person_split_seeds_1` AS t ON e.b = t.node
WHERE IFNULL(s.label, 0) != IFNULL(t.label, 0);

-- identity person links left
CREATE OR REPLACE TABLE `kith`.`scratch_r2_identity_person_split_edges_2` OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 2 DAY)) AS
SELECT e.* FROM `kith`.`scratch_r2_identity_person_split_edges_1` AS e WHERE NOT EXISTS (SELECT 1 FROM `kith`.`scratch_r2_identity_person_rejected` AS r WHERE r.a = e.a AND r.b = e.b);

-- identity person hook 1
CREATE OR REPLACE TABLE `kith`.`scratch_r2_identity_person_split_1_p1` OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 2 DAY)) AS
SELECT a AS v, MAX(b) AS l FROM `kith`.`scratch_r2_identity_person_split_edges_2` GROUP BY a;

-- identity person depth 1
SELECT COUNT(*), COUNTIF(g.v IS NOT NULL)
FROM (SELECT l FROM `kith`.`scratch_r2_identity_person_split_1_p1` WHERE MOD(l, 64) = 0) AS p LEFT JOIN (SELECT v FROM `kith`.`scratch_r2_identity_person_split_1_p1` WHERE MOD(v, 64) = 0) AS g ON p.l = g.v;

-- identity person jump 1
CREATE OR REPLACE TABLE `kith`.`scratch_r2_identity_person_split_1_q1` OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 2 DAY)) AS
SELECT p.v AS v, IFNULL(g.l, p.l) AS l FROM `kith`.`scratch_r2_identity_person_split_1_p1` AS p LEFT JOIN `kith`.`scratch_r2_identity_person_split_1_p1` AS g ON p.l = g.v;

-- identity person lift 1
CREATE OR REPLACE TABLE `kith`.`scratch_r2_identity_person_split_1_e1` OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 2 DAY)) AS
SELECT LEAST(x, y) AS a, GREATEST(x, y) AS b
FROM (
  SELECT IFNULL(s.l, e.a) AS x, IFNULL(t.l, e.b) AS y
  FROM `kith`.`scratch_r2_identity_person_split_edges_2` AS e LEFT JOIN `kith`.`scratch_r2_identity_person_split_1_q1` AS s ON e.a = s.v LEFT JOIN `kith`.`scratch_r2_identity_person_split_1_q1` AS t ON e.b = t.v
) WHERE x != y GROUP BY a, b;

-- identity person live edges 2
SELECT COUNT(*) FROM `kith`.`scratch_r2_identity_person_split_1_e1`;

-- identity person hook 2
CREATE OR REPLACE TABLE `kith`.`scratch_r2_identity_person_split_1_p2` OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 2 DAY)) AS
SELECT IF(ha < hb, b, a) AS v, ARRAY_AGG(IF(ha < hb, a, b) ORDER BY LEAST(ha, hb) LIMIT 1)[OFFSET(0)] AS l
FROM (SELECT a, b, FARM_FINGERPRINT(CONCAT('4354685564936845354', CAST(a AS STRING))) AS ha, FARM_FINGERPRINT(CONCAT('4354685564936845354', CAST(b AS STRING))) AS hb FROM `kith`.`scratch_r2_identity_person_split_1_e1`) GROUP BY v;

-- identity person lift 2
CREATE OR REPLACE TABLE `kith`.`scratch_r2_identity_person_split_1_e2` OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 2 DAY)) AS
SELECT LEAST(x, y) AS a, GREATEST(x, y) AS b
FROM (
  SELECT IFNULL(s.l, e.a) AS x, IFNULL(t.l, e.b) AS y
  FROM `kith`.`scratch_r2_identity_person_split_1_e1` AS e LEFT JOIN `kith`.`scratch_r2_identity_person_split_1_p2` AS s ON e.a = s.v LEFT JOIN `kith`.`scratch_r2_identity_person_split_1_p2` AS t ON e.b = t.v
) WHERE x != y GROUP BY a, b;

-- identity person live edges 3
SELECT COUNT(*) FROM `kith`.`scratch_r2_identity_person_split_1_e2`;

-- identity person fetch 3
SELECT a, b FROM `kith`.`scratch_r2_identity_person_split_1_e2`;

-- identity person finish 3
CREATE OR REPLACE TABLE `kith`.`scratch_r2_identity_person_split_1_q3` (v INT64, l INT64) OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 2 DAY));

-- identity person compose 2
CREATE OR REPLACE TABLE `kith`.`scratch_r2_identity_person_split_1_m2` OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 2 DAY)) AS
SELECT q.v AS v, IFNULL(m.l, q.l) AS l FROM `kith`.`scratch_r2_identity_person_split_1_p2` AS q LEFT JOIN `kith`.`scratch_r2_identity_person_split_1_q3` AS m ON q.l = m.v
UNION ALL
SELECT v, l FROM `kith`.`scratch_r2_identity_person_split_1_q3` WHERE v NOT IN (SELECT v FROM `kith`.`scratch_r2_identity_person_split_1_p2`);

-- identity person split parts
CREATE OR REPLACE TABLE `kith`.`scratch_r2_identity_person_split_nodes_2` OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 2 DAY)) AS
SELECT node, type, last_seen, n, whole, label AS part FROM (
  SELECT s.*, IFNULL(m.l, s.hooked) AS label
  FROM (SELECT n.*, IFNULL(q.l, n.node) AS hooked FROM `kith`.`scratch_r2_identity_person_split_nodes_1` AS n LEFT JOIN `kith`.`scratch_r2_identity_person_split_1_q1` AS q ON n.node = q.v) AS s
  LEFT JOIN `kith`.`scratch_r2_identity_person_split_1_m2` AS m ON s.hooked = m.v
);

-- identity person too large
CREATE OR REPLACE TABLE `kith`.`scratch_r2_identity_person_large` OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 2 DAY)) AS
SELECT part FROM `kith`.`scratch_r2_identity_person_parts` WHERE NOT over_max AND identifiers > 200
UNION ALL
SELECT part FROM `kith`.`scratch_r2_identity_person_split_nodes_2` GROUP BY part HAVING COUNT(*) > 200;

-- identity person count too large
SELECT COUNT(*) FROM `kith`.`scratch_r2_identity_person_large`;

-- identity person moved
CREATE OR REPLACE TABLE `kith`.`scratch_r2_identity_person_moved` OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 2 DAY)) AS
SELECT node, whole, IF(large = 0, part, IF(entity_id = '', node, MIN(node) OVER (PARTITION BY large, entity_id))) AS part, large, was
FROM (
  SELECT c.node AS node, c.whole AS whole, c.part AS part, c.large AS large,
    IFNULL(p.entity_id, '') AS entity_id, q.entity_id IS NOT NULL AS was
  FROM (
    SELECT s.node, s.whole, s.part, IFNULL(l.part, 0) AS large FROM `kith`.`scratch_r2_identity_person_split_nodes_2` AS s LEFT JOIN `kith`.`scratch_r2_identity_person_large` AS l ON s.part = l.part
    UNION ALL
    SELECT node, part AS whole, part, part AS large FROM `kith`.`scratch_r2_identity_person_found` WHERE part IN (SELECT part FROM `kith`.`scratch_r2_identity_person_large`) AND part IN (SELECT part FROM `kith`.`scratch_r2_identity_person_parts` WHERE NOT over_max)
  ) AS c
  LEFT JOIN `kith`.`identity_person_map_b1` AS p ON c.node = p.node
  LEFT JOIN (SELECT entity_id FROM `kith`.`entity_person_b1` WHERE quarantined = 1) AS q ON p.entity_id = q.entity_id
);

-- identity person links in quarantine
INSERT INTO `kith`.`scratch_r2_identity_person_rejected` (a, b, why)
SELECT e.a, e.b, 2
FROM (SELECT a, b FROM `kith`.`identity_person_edges_b2` WHERE a IN (SELECT node FROM `kith`.`scratch_r2_identity_person_moved` WHERE large != 0) GROUP BY a, b) AS e
JOIN `kith`.`scratch_r2_identity_person_moved` AS s ON e.a = s.node JOIN `kith`.`scratch_r2_identity_person_moved` AS t ON e.b = t.node
WHERE s.large = t.large AND s.part != t.part AND NOT EXISTS (SELECT 1 FROM `kith`.`scratch_r2_identity_person_rejected` AS r WHERE r.a = e.a AND r.b = e.b);

-- identity person moved anchors
CREATE OR REPLACE TABLE `kith`.`scratch_r2_identity_person_moved_parts` OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 2 DAY)) AS
SELECT part, ARRAY_AGG(node ORDER BY first_seen, type, value LIMIT 1)[OFFSET(0)] AS anchor, MIN(CONCAT(LPAD(CAST(UNIX_MICROS(first_seen) + 62135596800000000 AS STRING), 18, '0'), LPAD(CAST(type AS STRING), 3, '0'), value)) AS first, COUNT(*) AS identifiers, ARRAY_AGG(node) AS nodes, ANY_VALUE(whole) AS whole, MAX(large) AS large
FROM (SELECT f.node AS node, f.type AS type, f.value AS value, f.first_seen AS first_seen, m.part AS part, m.whole AS whole, IF(m.large != 0, 1, 0) AS large
  FROM `kith`.`scratch_r2_identity_person_found` AS f JOIN `kith`.`scratch_r2_identity_person_moved` AS m ON f.node = m.node)
GROUP BY part;

-- identity person rejected counts
SELECT COUNTIF(why = 1), COUNTIF(why = 2), COUNTIF(why = 3) FROM `kith`.`scratch_r2_identity_person_rejected`;

-- identity person overlap
CREATE OR REPLACE TABLE `kith`.`scratch_r2_identity_person_overlap` OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 2 DAY)) AS
SELECT p.entity_id AS entity_id, c.part AS part, SUM(3 - c.type) AS weight, MIN(c.type) AS strongest, COUNT(*) AS shared, MIN(c.node) AS least, LOGICAL_OR(o.anchor IS NOT NULL) AS anchored
FROM (
  SELECT f.node AS node, f.type AS type, f.value AS value, f.first_seen AS first_seen, f.last_seen AS last_seen, f.n AS n, IFNULL(m.part, f.part) AS part
  FROM `kith`.`scratch_r2_identity_person_found` AS f LEFT JOIN `kith`.`scratch_r2_identity_person_moved` AS m ON f.node = m.node
) AS c
JOIN (SELECT node, entity_id FROM `kith`.`identity_person_map_b1`) AS p ON c.node = p.node
LEFT JOIN (SELECT anchor FROM `kith`.`entity_person_b1`) AS o ON p.node = o.anchor
GROUP BY entity_id, part;

-- identity person claims
CREATE OR REPLACE TABLE `kith`.`scratch_r2_identity_person_claims` OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 2 DAY)) AS
SELECT entity_id, best.part AS part, best.anchored AS anchored, parts
FROM (
  SELECT entity_id, ARRAY_AGG(STRUCT(part, anchored) ORDER BY decides DESC, strongest, anchored DESC, weight DESC, least DESC LIMIT 1)[OFFSET(0)] AS best, COUNT(*) AS parts
  FROM (SELECT *, anchored AND part NOT IN (SELECT part FROM `kith`.`scratch_r2_identity_person_moved_parts` WHERE whole IN (SELECT part FROM `kith`.`scratch_r2_identity_person_parts` WHERE over_max)) AS decides FROM `kith`.`scratch_r2_identity_person_overlap`) GROUP BY entity_id
);

-- identity person survivors
CREATE OR REPLACE TABLE `kith`.`scratch_r2_identity_person_winners` OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 2 DAY)) AS
SELECT part, best.entity_id AS entity_id, best.anchored AS anchored, claims
FROM (
  SELECT c.part AS part, ARRAY_AGG(STRUCT(c.entity_id, c.anchored) ORDER BY o.place LIMIT 1)[OFFSET(0)] AS best, COUNT(*) AS claims
  FROM `kith`.`scratch_r2_identity_person_claims` AS c
  LEFT JOIN (
    SELECT s.entity_id AS entity_id, IF(s.entity_id IN (SELECT c.entity_id FROM `kith`.`scratch_r2_identity_person_claims` AS c JOIN (
      SELECT part, CONCAT('p_', SUBSTR(TO_HEX(SHA256(CONCAT('salt\x00person\x00', ['customer_id', 'email', 'phone'][OFFSET(type)], '\x00', value))), 1, 32)) AS minted FROM (SELECT part, CAST(SUBSTR(first, 19, 3) AS INT64) AS type, SUBSTR(first, 22) AS value FROM (
  SELECT part, anchor, first, identifiers, nodes, 0 AS whole, 0 AS quarantined FROM `kith`.`scratch_r2_identity_person_parts` WHERE part NOT IN (SELECT whole FROM `kith`.`scratch_r2_identity_person_moved`)
  UNION ALL SELECT part, anchor, first, identifiers, nodes, whole, large AS quarantined FROM `kith`.`scratch_r2_identity_person_moved_parts`
) WHERE part IN (SELECT part FROM `kith`.`scratch_r2_identity_person_claims` GROUP BY part HAVING COUNT(*) > 1))
    ) AS k ON c.part = k.part AND c.entity_id = k.minted), '', CONCAT(LPAD(CAST(UNIX_MICROS(first_seen) + 62135596800000000 AS STRING), 18, '0'), LPAD(CAST(type AS STRING), 3, '0'), value)) AS place
    FROM `kith`.`identity_person_map_b1` AS m
    JOIN (
      SELECT entity_id, anchor FROM `kith`.`entity_person_b1` WHERE entity_id IN (
        SELECT entity_id FROM `kith`.`scratch_r2_identity_person_claims` WHERE part IN (SELECT part FROM `kith`.`scratch_r2_identity_person_claims` GROUP BY part HAVING COUNT(*) > 1)
      )
    ) AS s ON m.node = s.anchor
  ) AS o ON c.entity_id = o.entity_id
  GROUP BY part
);

-- identity person ids
CREATE OR REPLACE TABLE `kith`.`scratch_r2_identity_person_ids` OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 2 DAY)) AS
SELECT k.part AS part,
  CASE WHEN w.entity_id IS NOT NULL THEN w.entity_id WHEN x.entity_id IS NOT NULL THEN k.spare ELSE k.minted END AS entity_id,
  IF(w.anchored, o.anchor, k.anchor) AS anchor,
  IF(w.entity_id IS NOT NULL, o.created_at, TIMESTAMP '2026-11-01 12:00:00.000000+00:00') AS created_at,
  k.identifiers AS identifiers, k.quarantined AS quarantined, k.whole AS whole, k.nodes AS nodes
FROM (
  SELECT part, anchor, CONCAT('p_', SUBSTR(TO_HEX(SHA256(CONCAT('salt\x00person\x00', ['customer_id', 'email', 'phone'][OFFSET(type)], '\x00', value))), 1, 32)) AS minted, CONCAT('p_', SUBSTR(TO_HEX(SHA256(CONCAT('salt\x00person\x00', ['customer_id', 'email', 'phone'][OFFSET(type)], '\x00', CONCAT(value, '\x00b1')))), 1, 32)) AS spare, identifiers, quarantined, whole, nodes
  FROM (SELECT part, anchor, CAST(SUBSTR(first, 19, 3) AS INT64) AS type, SUBSTR(first, 22) AS value, identifiers, quarantined, whole, nodes FROM (
  SELECT part, anchor, first, identifiers, nodes, 0 AS whole, 0 AS quarantined FROM `kith`.`scratch_r2_identity_person_parts` WHERE part NOT IN (SELECT whole FROM `kith`.`scratch_r2_identity_person_moved`)
  UNION ALL SELECT part, anchor, first, identifiers, nodes, whole, large AS quarantined FROM `kith`.`scratch_r2_identity_person_moved_parts`
))
) AS k
LEFT JOIN `kith`.`scratch_r2_identity_person_winners` AS w ON k.part = w.part
LEFT JOIN (SELECT DISTINCT entity_id FROM `kith`.`scratch_r2_identity_person_claims`
) AS x ON k.minted = x.entity_id
LEFT JOIN `kith`.`entity_person_b1` AS o ON w.entity_id = o.entity_id;

-- identity person map
CREATE OR REPLACE TABLE `kith`.`identity_person_map_b2` CLUSTER BY node AS
SELECT c.node AS node, c.type AS type, c.value AS value, i.entity_id AS entity_id, c.first_seen AS first_seen, c.last_seen AS last_seen, c.n AS n
FROM (
  SELECT f.node AS node, f.type AS type, f.value AS value, f.first_seen AS first_seen, f.last_seen AS last_seen, f.n AS n, IFNULL(m.part, f.part) AS part
  FROM `kith`.`scratch_r2_identity_person_found` AS f LEFT JOIN `kith`.`scratch_r2_identity_person_moved` AS m ON f.node = m.node
) AS c JOIN `kith`.`scratch_r2_identity_person_ids` AS i ON c.part = i.part;

-- identity person entities
CREATE OR REPLACE TABLE `kith`.`entity_person_b2` CLUSTER BY entity_id AS
SELECT entity_id, anchor, created_at, identifiers, quarantined, whole, nodes FROM `kith`.`scratch_r2_identity_person_ids`;

-- identity person refused links
CREATE OR REPLACE TABLE `kith`.`identity_person_refused_b2` (a INT64, b INT64, why INT64) CLUSTER BY a, b AS
SELECT a, b, MIN(why) AS why FROM `kith`.`scratch_r2_identity_person_rejected` GROUP BY a, b;

-- identity person entity count
SELECT COUNT(*), IFNULL(SUM(identifiers), 0), COUNT(DISTINCT IF(quarantined = 1, whole, NULL)),
  (SELECT COUNT(*) FROM `kith`.`identity_person_refused_b2` WHERE why = 1),
  (SELECT IFNULL(SUM(unowned), 0) FROM `kith`.`identity_person_reads_b2`),
  (SELECT COUNT(*) FROM (SELECT DISTINCT type, value FROM `kith`.`identity_person_values_b2` WHERE node = 0 AND state = 1)),
  (SELECT IFNULL(SUM(n), 0) FROM `kith`.`identity_person_values_b2` WHERE node = 0 AND state = 2),
  (SELECT COUNT(*) FROM `kith`.`identity_person_map_b2`)
FROM `kith`.`entity_person_b2`;

-- identity person merged
CREATE OR REPLACE TABLE `kith`.`scratch_r2_identity_person_merged` OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 2 DAY)) AS
SELECT c.entity_id AS old_id, w.entity_id AS new_id FROM `kith`.`scratch_r2_identity_person_claims` AS c JOIN `kith`.`scratch_r2_identity_person_winners` AS w ON c.part = w.part WHERE c.entity_id != w.entity_id;

-- identity person changed ids
SELECT (SELECT COUNT(*) FROM `kith`.`scratch_r2_identity_person_merged`), (SELECT COUNT(*) FROM `kith`.`scratch_r2_identity_person_claims` WHERE parts > 1),
  (SELECT COUNT(*) FROM (
  SELECT old_id, new_id FROM (
    SELECT old_id, ARRAY_AGG(new_id ORDER BY `at` DESC LIMIT 1)[OFFSET(0)] AS new_id FROM `kith`.`entity_merges`
    WHERE entity = 'person' AND (build = 'b2' OR build IN (SELECT build FROM `kith`.`builds`))
    GROUP BY old_id
  ) WHERE new_id != ''
) WHERE old_id IN (SELECT entity_id FROM `kith`.`scratch_r2_identity_person_ids`));

-- identity person merges
INSERT INTO `kith`.`entity_merges` (entity, old_id, new_id, build, `at`, direct)
SELECT 'person', old_id, new_id, 'b2', CURRENT_TIMESTAMP(), direct
FROM (
  SELECT old_id, new_id, 1 AS direct FROM `kith`.`scratch_r2_identity_person_merged`
  UNION ALL
  SELECT a.old_id, m.new_id, 0 AS direct FROM (
  SELECT old_id, new_id FROM (
    SELECT old_id, ARRAY_AGG(new_id ORDER BY `at` DESC LIMIT 1)[OFFSET(0)] AS new_id FROM `kith`.`entity_merges`
    WHERE entity = 'person' AND (build = 'b2' OR build IN (SELECT build FROM `kith`.`builds`))
    GROUP BY old_id
  ) WHERE new_id != ''
) AS a JOIN `kith`.`scratch_r2_identity_person_merged` AS m ON a.new_id = m.old_id
  WHERE a.old_id NOT IN (SELECT entity_id FROM `kith`.`scratch_r2_identity_person_ids`)
  UNION ALL
  SELECT old_id, '' AS new_id, 0 AS direct FROM (
  SELECT old_id, new_id FROM (
    SELECT old_id, ARRAY_AGG(new_id ORDER BY `at` DESC LIMIT 1)[OFFSET(0)] AS new_id FROM `kith`.`entity_merges`
    WHERE entity = 'person' AND (build = 'b2' OR build IN (SELECT build FROM `kith`.`builds`))
    GROUP BY old_id
  ) WHERE new_id != ''
) AS a WHERE old_id IN (SELECT entity_id FROM `kith`.`scratch_r2_identity_person_ids`)
);

-- identity person audit merged
INSERT INTO `kith`.`identity_audit` (`at`, build, run_id, entity, event, entity_id, other_id, a, b, source, n, size)
SELECT CURRENT_TIMESTAMP(), 'b2', 'r2', 'person', 'merged', m.new_id, m.old_id, IFNULL(e.link.a, 0), IFNULL(e.link.b, 0), IFNULL(e.link.source, ''), IFNULL(e.link.n, 0), IFNULL(i.identifiers, 0)
FROM `kith`.`scratch_r2_identity_person_merged` AS m
LEFT JOIN (
  SELECT p.entity_id AS entity_id, ARRAY_AGG(STRUCT(x.a, x.b, x.source, x.n) ORDER BY x.first_seen DESC, x.a DESC, x.b DESC LIMIT 1)[OFFSET(0)] AS link
  FROM (
    SELECT a AS x, b AS y, a, b, source, n, first_seen FROM (
      SELECT e.a, e.b, e.source, e.n, e.first_seen FROM `kith`.`identity_person_edges_b2` AS e LEFT JOIN `kith`.`identity_person_refused_b2` AS r ON e.a = r.a AND e.b = r.b WHERE r.a IS NULL
    )
    UNION ALL SELECT b AS x, a AS y, a, b, source, n, first_seen FROM (
      SELECT e.a, e.b, e.source, e.n, e.first_seen FROM `kith`.`identity_person_edges_b2` AS e LEFT JOIN `kith`.`identity_person_refused_b2` AS r ON e.a = r.a AND e.b = r.b WHERE r.a IS NULL
    )
  ) AS x
  JOIN (SELECT node, entity_id FROM `kith`.`identity_person_map_b1` WHERE entity_id IN (SELECT old_id FROM `kith`.`scratch_r2_identity_person_merged`)) AS p ON x.x = p.node
  LEFT JOIN (SELECT node, entity_id FROM `kith`.`identity_person_map_b1` WHERE entity_id IN (SELECT old_id FROM `kith`.`scratch_r2_identity_person_merged`)) AS q ON x.y = q.node
  WHERE IFNULL(q.entity_id, '') != p.entity_id
  GROUP BY entity_id
) AS e ON m.old_id = e.entity_id
LEFT JOIN (SELECT entity_id, identifiers FROM `kith`.`scratch_r2_identity_person_ids`) AS i ON m.new_id = i.entity_id;

-- identity person audit split
INSERT INTO `kith`.`identity_audit` (`at`, build, run_id, entity, event, entity_id, other_id, a, b, source, n, size)
SELECT CURRENT_TIMESTAMP(), 'b2', 'r2', 'person', 'split', o.entity_id, i.entity_id, i.anchor, 0, '', o.shared, i.identifiers
FROM `kith`.`scratch_r2_identity_person_overlap` AS o
JOIN `kith`.`scratch_r2_identity_person_claims` AS c ON o.entity_id = c.entity_id
JOIN `kith`.`scratch_r2_identity_person_ids` AS i ON o.part = i.part
WHERE c.parts > 1 AND o.part != c.part;

-- identity person jump
SELECT (SELECT COUNT(*) FROM `kith`.`entity_person_b1`),
  (SELECT COUNT(*) FROM `kith`.`entity_person_b1`) - (SELECT COUNT(*) FROM `kith`.`scratch_r2_identity_person_claims`),
  (SELECT IFNULL(SUM(identifiers), 0) FROM `kith`.`entity_person_b1` WHERE quarantined = 1),
  (SELECT IFNULL(SUM(identifiers), 0) FROM `kith`.`entity_person_b2` WHERE quarantined = 1),
  (SELECT IFNULL(SUM(identifiers), 0) FROM `kith`.`entity_person_b1`);

-- identity person audit rejected
INSERT INTO `kith`.`identity_audit` (`at`, build, run_id, entity, event, entity_id, other_id, a, b, source, n, size)
WITH fresh AS (
  SELECT r.a, r.b FROM `kith`.`scratch_r2_identity_person_rejected` AS r WHERE r.why = 1 AND NOT EXISTS (SELECT 1 FROM `kith`.`identity_person_refused_b1` AS o WHERE o.why = 1 AND o.a = r.a AND o.b = r.b)
)
SELECT CURRENT_TIMESTAMP(), 'b2', 'r2', 'person', event, '', '', a, b, source, n, 0
FROM (
  SELECT 'rejected_links' AS event, 0 AS a, 0 AS b, '' AS source, COUNT(*) AS n FROM fresh
  UNION ALL
  SELECT 'rejected' AS event, a, b, source, n FROM (
    SELECT e.a AS a, e.b AS b, e.source AS source, SUM(e.n) AS n FROM `kith`.`identity_person_edges_b2` AS e JOIN fresh AS f ON e.a = f.a AND e.b = f.b
    GROUP BY a, b, source ORDER BY n DESC, a, b, source LIMIT 1000
  )
) WHERE n > 0;

-- identity person audit quarantined
INSERT INTO `kith`.`identity_audit` (`at`, build, run_id, entity, event, entity_id, other_id, a, b, source, n, size)
SELECT CURRENT_TIMESTAMP(), 'b2', 'r2', 'person', 'quarantined', '', '', large, 0, '', fresh, size
FROM (SELECT large, COUNTIF(NOT was) AS fresh, COUNT(*) AS size FROM `kith`.`scratch_r2_identity_person_moved` WHERE large != 0 GROUP BY large)
WHERE fresh > 0 ORDER BY size DESC, large LIMIT 1000;

-- identity person audit collision
INSERT INTO `kith`.`identity_audit` (`at`, build, run_id, entity, event, entity_id, other_id, a, b, source, n, size)
VALUES (CURRENT_TIMESTAMP(), 'b2', 'r2', 'person', 'collision', '', '', 1, 2, '', 1, 0);

-- identity person audit values
INSERT INTO `kith`.`identity_audit` (`at`, build, run_id, entity, event, entity_id, other_id, a, b, source, n, size, sample)
WITH fresh AS (
  SELECT v.type AS type, v.value AS value, v.state AS state, v.source AS source, SUM(v.n) AS n
  FROM (SELECT *, IF(state = 1, value, source) AS word FROM `kith`.`identity_person_values_b2` WHERE node = 0) AS v
  LEFT JOIN (SELECT DISTINCT state, type, IF(state = 1, value, source) AS word FROM `kith`.`identity_person_values_b1` WHERE node = 0) AS p ON v.state = p.state AND v.type = p.type AND v.word = p.word
  WHERE p.state IS NULL
  GROUP BY type, value, state, source
)
SELECT CURRENT_TIMESTAMP(), 'b2', 'r2', 'person', event, '', ['customer_id', 'email', 'phone'][OFFSET(type)], 0, 0, source, n, size, sample
FROM (
  SELECT IF(state = 1, 'blocked_values', 'invalid_values') AS event, type, '' AS source, SUM(n) AS n, COUNT(DISTINCT value) AS size, '' AS sample FROM fresh GROUP BY state, type
  UNION ALL
  SELECT IF(state = 1, 'blocked', 'invalid') AS event, type, source, n, 0 AS size, IF(state = 1, CONCAT(SUBSTR(value, 1, 1), REGEXP_REPLACE(SUBSTR(value, 2, 23), r'[^@.+: -]', '*')), value) AS sample FROM (
    SELECT * FROM fresh ORDER BY n DESC, type, value, source LIMIT 1000
  )
);

-- identity person guard report
WITH audit AS (
  SELECT * FROM `kith`.`identity_audit` WHERE build = 'b2' AND entity = 'person'
), named AS (
  SELECT node, value FROM `kith`.`identity_person_map_b2` WHERE node IN (SELECT node FROM audit, UNNEST([a, b]) AS node)
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

