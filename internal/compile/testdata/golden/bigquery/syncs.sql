-- digest
CREATE OR REPLACE TABLE `kith`.`scratch_run_rows_out_digest` CLUSTER BY bucket OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 2 DAY)) AS
SELECT bucket, COUNTIF(differs) AS d, SUM(copies) AS desired_rows, COUNTIF(b.gone = 0) AS baseline_rows, COUNTIF(b.gone != 0) AS gone_rows, SUM(no_id) AS no_id, SUM(no_key) AS no_key, COUNTIF(b.gone = 0 AND b.mapping != 4) AS earlier_rows,
  ARRAY_AGG(IF(differs, STRUCT(c, b, copies), NULL) IGNORE NULLS) AS pairs
FROM (
  SELECT *, IFNULL(c.kh, IFNULL(b.kh, 0)) >> 47 AS bucket,
    CASE WHEN copies = 0 THEN b.row_id IS NOT NULL AND b.gone = 0 WHEN b.row_id IS NULL OR copies > 1 THEN TRUE ELSE (c.h != b.h OR b.mapping != 4) END AS differs
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

-- changeset
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
      SELECT here, known, copies, reason, CASE WHEN reason = 4 THEN 'delete' WHEN reason = 3 THEN 'delete' WHEN reason = 2 THEN 'delete' WHEN reason = 1 THEN 'delete' WHEN reason = 5 THEN 'delete' ELSE '' END AS action, fh, IF(here AND known, ARRAY(SELECT i FROM UNNEST(fh) AS x WITH OFFSET AS i WHERE x != IFNULL(CASE b.mapping WHEN 1 THEN [0, b.fh[SAFE_ORDINAL(1)], b.fh[SAFE_ORDINAL(2)], b.fh[SAFE_ORDINAL(3)], b.fh[SAFE_ORDINAL(4)], b.fh[SAFE_ORDINAL(5)], b.fh[SAFE_ORDINAL(6)], b.fh[SAFE_ORDINAL(7)], b.fh[SAFE_ORDINAL(8)]] WHEN 3 THEN [b.fh[SAFE_ORDINAL(1)], b.fh[SAFE_ORDINAL(2)], b.fh[SAFE_ORDINAL(3)], b.fh[SAFE_ORDINAL(4)], b.fh[SAFE_ORDINAL(5)], b.fh[SAFE_ORDINAL(6)], b.fh[SAFE_ORDINAL(7)], b.fh[SAFE_ORDINAL(8)], b.fh[SAFE_ORDINAL(9)]] WHEN 4 THEN b.fh ELSE [] END[SAFE_OFFSET(i)], 0) ORDER BY i), []) AS changed, (IFNULL(b.gone = 0 AND b.h != 0 AND b.key = c.key AND b.match = c.match AND b.mapping != 4, FALSE) AND IFNULL(here AND known AND CASE b.mapping WHEN 1 THEN TRUE AND (c.__kith_f0 IS NULL) AND fh[SAFE_ORDINAL(2)] = b.fh[SAFE_ORDINAL(1)] AND fh[SAFE_ORDINAL(3)] = b.fh[SAFE_ORDINAL(2)] AND fh[SAFE_ORDINAL(4)] = b.fh[SAFE_ORDINAL(3)] AND fh[SAFE_ORDINAL(5)] = b.fh[SAFE_ORDINAL(4)] AND fh[SAFE_ORDINAL(6)] = b.fh[SAFE_ORDINAL(5)] AND fh[SAFE_ORDINAL(7)] = b.fh[SAFE_ORDINAL(6)] AND fh[SAFE_ORDINAL(8)] = b.fh[SAFE_ORDINAL(7)] AND fh[SAFE_ORDINAL(9)] = b.fh[SAFE_ORDINAL(8)] WHEN 3 THEN TRUE AND fh[SAFE_ORDINAL(1)] = b.fh[SAFE_ORDINAL(1)] AND fh[SAFE_ORDINAL(2)] = b.fh[SAFE_ORDINAL(2)] AND fh[SAFE_ORDINAL(3)] = b.fh[SAFE_ORDINAL(3)] AND fh[SAFE_ORDINAL(4)] = b.fh[SAFE_ORDINAL(4)] AND fh[SAFE_ORDINAL(5)] = b.fh[SAFE_ORDINAL(5)] AND fh[SAFE_ORDINAL(6)] = b.fh[SAFE_ORDINAL(6)] AND fh[SAFE_ORDINAL(7)] = b.fh[SAFE_ORDINAL(7)] AND fh[SAFE_ORDINAL(8)] = b.fh[SAFE_ORDINAL(8)] AND fh[SAFE_ORDINAL(9)] = b.fh[SAFE_ORDINAL(9)] WHEN 4 THEN IFNULL(ARRAY_LENGTH(fh), 0) = IFNULL(ARRAY_LENGTH(b.fh), 0) AND NOT EXISTS (SELECT 1 FROM UNNEST(fh) AS x WITH OFFSET AS i WHERE x != b.fh[SAFE_OFFSET(i)]) ELSE FALSE END, FALSE)) AS same,
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

-- digest
CREATE OR REPLACE TABLE `kith`.`scratch_run_rows_out_digest` CLUSTER BY bucket OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 2 DAY)) AS
SELECT bucket, COUNTIF(differs) AS d, SUM(copies) AS desired_rows, COUNTIF(b.gone = 0) AS baseline_rows, COUNTIF(b.gone != 0) AS gone_rows, SUM(no_id) AS no_id, SUM(no_key) AS no_key, COUNTIF(b.gone = 0 AND b.mapping != 4) AS earlier_rows,
  ARRAY_AGG(IF(differs, STRUCT(c, b, copies), NULL) IGNORE NULLS) AS pairs
FROM (
  SELECT *, IFNULL(c.kh, IFNULL(b.kh, 0)) >> 47 AS bucket,
    CASE WHEN copies = 0 THEN b.row_id IS NOT NULL AND b.gone = 0 WHEN b.row_id IS NULL OR copies > 1 THEN TRUE ELSE (b.ver < 30064771072 OR mod(b.ver, 4294967296) = 0 OR c.h != b.h OR b.mapping != 4) END AS differs
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
      FROM `kith`.`baseline_rows_out` WHERE ver > 25769803776
    ) GROUP BY row_id
  )
) GROUP BY bucket;

-- changeset
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

-- changeset
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
      SELECT here, known, copies, reason, CASE WHEN reason = 4 THEN 'delete' WHEN reason = 3 THEN 'delete' WHEN reason = 2 THEN 'delete' WHEN reason = 1 THEN 'delete' WHEN reason = 5 THEN 'delete' ELSE '' END AS action, fh, IF(here AND known, ARRAY(SELECT i FROM UNNEST(fh) AS x WITH OFFSET AS i WHERE x != IFNULL(CASE b.mapping WHEN 1 THEN [0, b.fh[SAFE_ORDINAL(1)], b.fh[SAFE_ORDINAL(2)], b.fh[SAFE_ORDINAL(3)], b.fh[SAFE_ORDINAL(4)], b.fh[SAFE_ORDINAL(5)], b.fh[SAFE_ORDINAL(6)], b.fh[SAFE_ORDINAL(7)], b.fh[SAFE_ORDINAL(8)]] WHEN 3 THEN [b.fh[SAFE_ORDINAL(1)], b.fh[SAFE_ORDINAL(2)], b.fh[SAFE_ORDINAL(3)], b.fh[SAFE_ORDINAL(4)], b.fh[SAFE_ORDINAL(5)], b.fh[SAFE_ORDINAL(6)], b.fh[SAFE_ORDINAL(7)], b.fh[SAFE_ORDINAL(8)], b.fh[SAFE_ORDINAL(9)]] WHEN 4 THEN b.fh ELSE [] END[SAFE_OFFSET(i)], 0) ORDER BY i), []) AS changed, FALSE AS same,
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

-- adopt
INSERT INTO `kith`.`acks_rows_out` (kh, row_id, key, h, fh, remote_id, match, gone, mapping, ver, del, `at`)
SELECT kh, row_id, key, h, [(FARM_FINGERPRINT(TO_JSON_STRING(CAST(__kith_f0 AS STRING))) & 0xFFFFFFFF), (FARM_FINGERPRINT(TO_JSON_STRING(CAST(__kith_f1 AS STRING))) & 0xFFFFFFFF), (FARM_FINGERPRINT(TO_JSON_STRING(__kith_f2)) & 0xFFFFFFFF), (FARM_FINGERPRINT(TO_JSON_STRING(CASE WHEN __kith_f3 THEN 'true' WHEN NOT __kith_f3 THEN 'false' END)) & 0xFFFFFFFF), (FARM_FINGERPRINT(TO_JSON_STRING(CONCAT('[', ARRAY_TO_STRING(ARRAY(SELECT TO_JSON_STRING(__kith_e) FROM UNNEST(__kith_f4) AS __kith_e WITH OFFSET AS __kith_o ORDER BY __kith_o), ','), ']'))) & 0xFFFFFFFF), (FARM_FINGERPRINT(TO_JSON_STRING(CAST(__kith_f5 AS STRING))) & 0xFFFFFFFF), (FARM_FINGERPRINT(TO_JSON_STRING(CONCAT(FORMAT_TIMESTAMP('%Y-%m-%dT%H:%M:', __kith_f6, 'UTC'), IF(MOD(UNIX_MICROS(__kith_f6), 1000000) = 0, FORMAT_TIMESTAMP('%S', __kith_f6, 'UTC'), FORMAT_TIMESTAMP('%E6S', __kith_f6, 'UTC')), 'Z'))) & 0xFFFFFFFF), (FARM_FINGERPRINT(TO_JSON_STRING(FORMAT_DATE('%Y-%m-%d', __kith_f7))) & 0xFFFFFFFF), (FARM_FINGERPRINT(TO_JSON_STRING(__kith_f8)) & 0xFFFFFFFF)], '', match, 0, 4, 4294967296, 0, CURRENT_TIMESTAMP()
FROM (
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
);

-- forget the rest
INSERT INTO `kith`.`acks_rows_out` (kh, row_id, key, h, fh, remote_id, match, gone, mapping, ver, del, `at`)
SELECT kh, row_id, key, h, fh, remote_id, match, gone, mapping, 4294967296, 1, CURRENT_TIMESTAMP()
FROM `kith`.`baseline_rows_out` WHERE ver < 4294967296;

-- desired
CREATE OR REPLACE TABLE `kith`.`scratch_run_rows_out_desired` CLUSTER BY kh, row_id OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 2 DAY)) AS
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
);

-- adopt
INSERT INTO `kith`.`acks_rows_out` (kh, row_id, key, h, fh, remote_id, match, gone, mapping, ver, del, `at`)
SELECT kh, row_id, key, h, [(FARM_FINGERPRINT(TO_JSON_STRING(CAST(__kith_f0 AS STRING))) & 0xFFFFFFFF), (FARM_FINGERPRINT(TO_JSON_STRING(CAST(__kith_f1 AS STRING))) & 0xFFFFFFFF), (FARM_FINGERPRINT(TO_JSON_STRING(__kith_f2)) & 0xFFFFFFFF), (FARM_FINGERPRINT(TO_JSON_STRING(CASE WHEN __kith_f3 THEN 'true' WHEN NOT __kith_f3 THEN 'false' END)) & 0xFFFFFFFF), (FARM_FINGERPRINT(TO_JSON_STRING(CONCAT('[', ARRAY_TO_STRING(ARRAY(SELECT TO_JSON_STRING(__kith_e) FROM UNNEST(__kith_f4) AS __kith_e WITH OFFSET AS __kith_o ORDER BY __kith_o), ','), ']'))) & 0xFFFFFFFF), (FARM_FINGERPRINT(TO_JSON_STRING(CAST(__kith_f5 AS STRING))) & 0xFFFFFFFF), (FARM_FINGERPRINT(TO_JSON_STRING(CONCAT(FORMAT_TIMESTAMP('%Y-%m-%dT%H:%M:', __kith_f6, 'UTC'), IF(MOD(UNIX_MICROS(__kith_f6), 1000000) = 0, FORMAT_TIMESTAMP('%S', __kith_f6, 'UTC'), FORMAT_TIMESTAMP('%E6S', __kith_f6, 'UTC')), 'Z'))) & 0xFFFFFFFF), (FARM_FINGERPRINT(TO_JSON_STRING(FORMAT_DATE('%Y-%m-%d', __kith_f7))) & 0xFFFFFFFF), (FARM_FINGERPRINT(TO_JSON_STRING(__kith_f8)) & 0xFFFFFFFF)], '', match, 0, 4, 4294967296, 0, CURRENT_TIMESTAMP()
FROM (SELECT * FROM `kith`.`scratch_run_rows_out_desired` WHERE ok);

-- desired totals
SELECT COUNTIF(ok), COUNTIF(NOT has_id), COUNTIF(has_id AND NOT has_key) FROM `kith`.`scratch_run_rows_out_desired`;

-- shared keys
SELECT IFNULL(SUM(n), 0) FROM (
  SELECT COUNT(*) AS n FROM (
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

-- commit
INSERT INTO `kith`.`acks_rows_out` (kh, row_id, key, h, fh, remote_id, match, gone, mapping, ver, del, `at`)
SELECT c.kh, c.row_id, c.key, IF(c.op = 1, 0, c.h), IF(c.dropped, [], c.fh), c.remote_id, IF(c.dropped, '', c.match), IF(c.kept, c.reason, 0),
  4, 4294967296 + c.op, IF(c.dropped, 1, 0), CURRENT_TIMESTAMP()
FROM (
  SELECT *, op = 1 AND action IN ('ignore', 'archive', 'set') AS kept, op = 1 AND action NOT IN ('ignore', 'archive', 'set') AS dropped
  FROM `kith`.`changeset_rows_out`
) AS c WHERE c.op > 0 AND NOT EXISTS (SELECT 1 FROM `kith`.`scratch_run_rows_out_fix` AS f WHERE f.verdict = 9 AND f.op = c.op AND f.row_id = c.row_id);

-- commit log
INSERT INTO `kith`.`sync_log` (`at`, sync, run_id, destination, batch, attempt, kh, op, action, fate, code, vendor_code, reason, job)
SELECT CURRENT_TIMESTAMP(), 'rows_out', 'run', 'crm', 0, 1, c.kh, ['silent', 'remove', 'rekey', 'change', 'add'][OFFSET(c.op)], c.action, 'delivered', '', '', '', ''
FROM `kith`.`changeset_rows_out` AS c WHERE c.op > 0 AND c.op = 1 AND c.reason = 4 AND NOT EXISTS (SELECT 1 FROM `kith`.`scratch_run_rows_out_fix` AS f WHERE f.verdict = 9 AND f.op = c.op AND f.row_id = c.row_id);

-- baseline rows
SELECT COUNTIF(gone = 0), COUNT(*) FROM `kith`.`baseline_rows_out`;

-- copy of the baseline
INSERT INTO `kith`.`baseline_rows_out` (kh, row_id, key, h, fh, remote_id, match, gone, mapping, ver, del)
SELECT kh, row_id, key, h, fh, remote_id, match, gone, mapping, ver, del FROM `kith`.`baseline_rows_out`;

-- held rows
SELECT code, COUNT(DISTINCT IF(code != '', row_id, NULL)) FROM `kith`.`scratch_run_rows_out_fix` GROUP BY code ORDER BY code;

-- changeset counts
SELECT op, reason, action, COUNT(*), COUNTIF(ARRAY_LENGTH(changed) > 0), COUNTIF(op = 2 AND gone != 0), COUNTIF((op = 1 OR op = 0 AND reason != 0) AND key != row_id) FROM `kith`.`changeset_rows_out` GROUP BY op, reason, action ORDER BY op, reason DESC, action;

-- changeset again
SELECT COUNT(*) FROM `kith`.`changeset_rows_out` AS c JOIN `kith`.`baseline_rows_out` AS b
ON c.kh = b.kh AND c.row_id = b.row_id AND c.key = b.key AND IFNULL(c.match, '') = IFNULL(b.match, '')
WHERE c.op = 3 AND ARRAY_LENGTH(c.changed) = 0 AND b.h = 0 AND b.gone = 0 AND ARRAY_LENGTH(b.fh) > 0;

-- changed fields
SELECT f, COUNT(*) FROM `kith`.`changeset_rows_out` AS c, UNNEST(c.changed) AS f WHERE c.op IN (2, 3) GROUP BY f ORDER BY f;

-- repeated row ids
SELECT COUNT(*), IFNULL(MAX(n), 0) FROM (SELECT COUNT(*) AS n FROM `kith`.`changeset_rows_out` WHERE op != 1 GROUP BY kh, row_id HAVING COUNT(*) > 1);

-- repeated desired rows
SELECT COUNT(*), IFNULL(MAX(n), 0) FROM (
  SELECT COUNT(*) AS n FROM (
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
  ) GROUP BY kh, row_id HAVING COUNT(*) > 1
);

-- digest totals
SELECT COUNTIF(d != 0), SUM(desired_rows), SUM(baseline_rows), SUM(no_id), SUM(no_key), SUM(d), IF(COUNT(*) > 0 OR NOT EXISTS (SELECT 1 FROM `kith`.`baseline_rows_out`), 1, 0), IFNULL(SUM(earlier_rows), 0), IFNULL(SUM(gone_rows), 0)
FROM `kith`.`scratch_run_rows_out_digest`;

-- changeset fingerprint
SELECT CAST(IFNULL(SUM(CAST(FARM_FINGERPRINT(CONCAT(CAST(op AS STRING), ',', CAST(kh AS STRING), ',', TO_JSON_STRING(row_id), TO_JSON_STRING(action), CAST(reason AS STRING), TO_JSON_STRING(key), TO_JSON_STRING(old_key), CAST(h AS STRING), ',', TO_JSON_STRING(match), TO_JSON_STRING(fields))) & 0xFFFFFFFFFF AS NUMERIC)), 0) AS STRING), COUNT(*)
FROM `kith`.`changeset_rows_out` WHERE op != 0 AND NOT (op = 1 AND reason = 4);

-- changeset beyond
SELECT COUNT(*) FROM `kith`.`changeset_rows_out` AS c
WHERE c.op IN (1, 2, 3) AND NOT EXISTS (
  SELECT 1 FROM `kith`.`changeset_rows_out_raw` AS o WHERE o.row_id = c.row_id AND (o.op = c.op OR o.op = 2 AND c.op = 3)
    AND (c.op != 1 OR o.key = c.key AND o.action = c.action AND (o.reason = 0) = (c.reason = 0) AND o.fields = c.fields)
);

-- sample
SELECT op, action, reason, key, fields, changed FROM `kith`.`changeset_rows_out` WHERE op = 3 ORDER BY kh LIMIT 3;

-- page
SELECT kh, row_id, action, reason, key, old_key, h, fh, fields, match, remote_id, `at`
FROM `kith`.`changeset_rows_out`
WHERE op = 4 AND kh BETWEEN 7 AND 9000 AND (kh > 7 OR row_id > 'o\'p')
ORDER BY kh, row_id LIMIT 100;

-- page
SELECT kh, row_id, action, reason, key, old_key, h, fh, fields, match, remote_id, `at`
FROM `kith`.`changeset_rows_out`
WHERE op = 1 AND kh BETWEEN 0 AND 9223372036854775807 AND (kh > 0 OR row_id > '') AND reason = 4
ORDER BY kh, row_id LIMIT 100;

-- backoff
INSERT INTO `kith`.`scratch_run_rows_out_fix` (kh, row_id, op, verdict, reason, code)
SELECT r.kh, r.row_id, IF(r.op = 1 AND r.reason = 0, 255, r.op), 1, 0, IF(x.code = 'unconfirmed', x.code, 'backoff') FROM (
  SELECT r.kh, r.row_id, r.op, r.reason, IF(r.goes, 1, r.op) AS sent, IF(r.goes, r.h ^ IFNULL(f.why, r.reason), r.h) AS h
  FROM (SELECT kh, row_id, op, h, reason, (op = 1 OR op = 0 AND reason != 0) AS goes FROM `kith`.`changeset_rows_out_raw`) AS r
  LEFT JOIN (SELECT row_id, MAX(reason) AS why FROM `kith`.`scratch_run_rows_out_fix` WHERE op < 2 AND verdict = 3 GROUP BY row_id) AS f ON r.row_id = f.row_id
) AS r
JOIN (
  SELECT row_id, op, h, code FROM (
    SELECT row_id, op, h, code, mapping, next_try, ver, del FROM `kith`.`rejections` WHERE sync = 'rows_out' QUALIFY ROW_NUMBER() OVER (PARTITION BY kh, row_id ORDER BY ver DESC) = 1
  ) WHERE del = 0 AND mapping = 4 AND next_try > TIMESTAMP '1970-01-01 00:00:00.000000+00:00' AND ver > 25769803776
) AS x ON r.row_id = x.row_id AND r.sent = x.op AND r.h = x.h;

-- silent rows
INSERT INTO `kith`.`acks_rows_out` (kh, row_id, key, h, fh, remote_id, match, gone, mapping, ver, del, `at`)
SELECT kh, row_id, key, IF(gone = 0, h, 0), fh, remote_id, match, gone, 4, 4294967296, del, CURRENT_TIMESTAMP()
FROM `kith`.`changeset_rows_out` WHERE op = 0
UNION ALL
SELECT r.kh, r.row_id, r.key, 0, [], '', r.match, 0, 4, 4294967296, 0, CURRENT_TIMESTAMP()
FROM `kith`.`changeset_rows_out_raw` AS r
WHERE r.op = 4 AND NOT EXISTS (SELECT 1 FROM `kith`.`baseline_rows_out` AS b WHERE b.row_id = r.row_id AND ver > 25769803776)
  AND r.key IN (SELECT key FROM `kith`.`changeset_rows_out` WHERE op = 0 AND del = 1 AND remote_id != '\x1enone' AND row_id NOT IN (SELECT row_id FROM (
  SELECT * FROM (SELECT * FROM `kith`.`foreign_rows` WHERE sync = 'rows_out' QUALIFY ROW_NUMBER() OVER (PARTITION BY kh, row_id ORDER BY ver DESC) = 1) WHERE del = 0
)))
UNION ALL
SELECT r.kh, CONCAT(r.row_id, '\x1ekey-', TO_HEX(SUBSTR(SHA256(r.key), 1, 8))), r.key, 0, [], '', '', 0, 4, 4294967296, 0, CURRENT_TIMESTAMP()
FROM `kith`.`changeset_rows_out_raw` AS r WHERE r.op = 2 AND r.key IN (SELECT key FROM `kith`.`changeset_rows_out` WHERE op = 0 AND del = 1 AND remote_id != '\x1enone' AND row_id NOT IN (SELECT row_id FROM (
  SELECT * FROM (SELECT * FROM `kith`.`foreign_rows` WHERE sync = 'rows_out' QUALIFY ROW_NUMBER() OVER (PARTITION BY kh, row_id ORDER BY ver DESC) = 1) WHERE del = 0
)));

-- hashes
CREATE OR REPLACE TABLE `kith`.`scratch_run_rows_out_rehash_0` OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 2 DAY)) AS
SELECT row_id, h, __kith_h0 AS was, [(FARM_FINGERPRINT(TO_JSON_STRING(CAST(GREATEST(FARM_FINGERPRINT(CONCAT(TO_JSON_STRING('other'), ',', TO_JSON_STRING(CAST(__kith_f0 AS STRING)), ',')) & 0x7FFFFFFFFFFFFFFF, 1) AS STRING))) & 0xFFFFFFFF), (FARM_FINGERPRINT(TO_JSON_STRING(CAST(GREATEST(FARM_FINGERPRINT(CONCAT(TO_JSON_STRING('other'), ',', TO_JSON_STRING(CAST(__kith_f1 AS STRING)), ',')) & 0x7FFFFFFFFFFFFFFF, 1) AS STRING))) & 0xFFFFFFFF), (FARM_FINGERPRINT(TO_JSON_STRING(CAST(GREATEST(FARM_FINGERPRINT(CONCAT(TO_JSON_STRING('other'), ',', TO_JSON_STRING(__kith_f2), ',')) & 0x7FFFFFFFFFFFFFFF, 1) AS STRING))) & 0xFFFFFFFF), (FARM_FINGERPRINT(TO_JSON_STRING(CAST(GREATEST(FARM_FINGERPRINT(CONCAT(TO_JSON_STRING('other'), ',', TO_JSON_STRING(CASE WHEN __kith_f3 THEN 'true' WHEN NOT __kith_f3 THEN 'false' END), ',')) & 0x7FFFFFFFFFFFFFFF, 1) AS STRING))) & 0xFFFFFFFF), (FARM_FINGERPRINT(TO_JSON_STRING(CAST(GREATEST(FARM_FINGERPRINT(CONCAT(TO_JSON_STRING('other'), ',', TO_JSON_STRING(CONCAT('[', ARRAY_TO_STRING(ARRAY(SELECT TO_JSON_STRING(__kith_e) FROM UNNEST(__kith_f4) AS __kith_e WITH OFFSET AS __kith_o ORDER BY __kith_o), ','), ']')), ',')) & 0x7FFFFFFFFFFFFFFF, 1) AS STRING))) & 0xFFFFFFFF), (FARM_FINGERPRINT(TO_JSON_STRING(CAST(GREATEST(FARM_FINGERPRINT(CONCAT(TO_JSON_STRING('other'), ',', TO_JSON_STRING(CAST(__kith_f5 AS STRING)), ',')) & 0x7FFFFFFFFFFFFFFF, 1) AS STRING))) & 0xFFFFFFFF), (FARM_FINGERPRINT(TO_JSON_STRING(CAST(GREATEST(FARM_FINGERPRINT(CONCAT(TO_JSON_STRING('other'), ',', TO_JSON_STRING(CONCAT(FORMAT_TIMESTAMP('%Y-%m-%dT%H:%M:', __kith_f6, 'UTC'), IF(MOD(UNIX_MICROS(__kith_f6), 1000000) = 0, FORMAT_TIMESTAMP('%S', __kith_f6, 'UTC'), FORMAT_TIMESTAMP('%E6S', __kith_f6, 'UTC')), 'Z')), ',')) & 0x7FFFFFFFFFFFFFFF, 1) AS STRING))) & 0xFFFFFFFF), (FARM_FINGERPRINT(TO_JSON_STRING(CAST(GREATEST(FARM_FINGERPRINT(CONCAT(TO_JSON_STRING('other'), ',', TO_JSON_STRING(FORMAT_DATE('%Y-%m-%d', __kith_f7)), ',')) & 0x7FFFFFFFFFFFFFFF, 1) AS STRING))) & 0xFFFFFFFF), (FARM_FINGERPRINT(TO_JSON_STRING(CAST(GREATEST(FARM_FINGERPRINT(CONCAT(TO_JSON_STRING('other'), ',', TO_JSON_STRING(__kith_f8), ',')) & 0x7FFFFFFFFFFFFFFF, 1) AS STRING))) & 0xFFFFFFFF)] AS fh, [(FARM_FINGERPRINT(TO_JSON_STRING(CAST(__kith_f0 AS STRING))) & 0xFFFFFFFF), (FARM_FINGERPRINT(TO_JSON_STRING(CAST(__kith_f1 AS STRING))) & 0xFFFFFFFF), (FARM_FINGERPRINT(TO_JSON_STRING(__kith_f2)) & 0xFFFFFFFF), (FARM_FINGERPRINT(TO_JSON_STRING(CASE WHEN __kith_f3 THEN 'true' WHEN NOT __kith_f3 THEN 'false' END)) & 0xFFFFFFFF), (FARM_FINGERPRINT(TO_JSON_STRING(CONCAT('[', ARRAY_TO_STRING(ARRAY(SELECT TO_JSON_STRING(__kith_e) FROM UNNEST(__kith_f4) AS __kith_e WITH OFFSET AS __kith_o ORDER BY __kith_o), ','), ']'))) & 0xFFFFFFFF), (FARM_FINGERPRINT(TO_JSON_STRING(CAST(__kith_f5 AS STRING))) & 0xFFFFFFFF), (FARM_FINGERPRINT(TO_JSON_STRING(CONCAT(FORMAT_TIMESTAMP('%Y-%m-%dT%H:%M:', __kith_f6, 'UTC'), IF(MOD(UNIX_MICROS(__kith_f6), 1000000) = 0, FORMAT_TIMESTAMP('%S', __kith_f6, 'UTC'), FORMAT_TIMESTAMP('%E6S', __kith_f6, 'UTC')), 'Z'))) & 0xFFFFFFFF), (FARM_FINGERPRINT(TO_JSON_STRING(FORMAT_DATE('%Y-%m-%d', __kith_f7))) & 0xFFFFFFFF), (FARM_FINGERPRINT(TO_JSON_STRING(__kith_f8)) & 0xFFFFFFFF)] AS was_fh
FROM (
SELECT (FARM_FINGERPRINT(IFNULL(__kith_id, '')) & 0x7FFFFFFFFFFFFFFF) AS kh, GREATEST(FARM_FINGERPRINT(CONCAT(TO_JSON_STRING('other'), ',', TO_JSON_STRING(__kith_key), ',', TO_JSON_STRING(CAST(__kith_f0 AS STRING)), ',', TO_JSON_STRING(CAST(__kith_f1 AS STRING)), ',', TO_JSON_STRING(__kith_f2), ',', TO_JSON_STRING(CASE WHEN __kith_f3 THEN 'true' WHEN NOT __kith_f3 THEN 'false' END), ',', TO_JSON_STRING(CONCAT('[', ARRAY_TO_STRING(ARRAY(SELECT TO_JSON_STRING(__kith_e) FROM UNNEST(__kith_f4) AS __kith_e WITH OFFSET AS __kith_o ORDER BY __kith_o), ','), ']')), ',', TO_JSON_STRING(CAST(__kith_f5 AS STRING)), ',', TO_JSON_STRING(CONCAT(FORMAT_TIMESTAMP('%Y-%m-%dT%H:%M:', __kith_f6, 'UTC'), IF(MOD(UNIX_MICROS(__kith_f6), 1000000) = 0, FORMAT_TIMESTAMP('%S', __kith_f6, 'UTC'), FORMAT_TIMESTAMP('%E6S', __kith_f6, 'UTC')), 'Z')), ',', TO_JSON_STRING(FORMAT_DATE('%Y-%m-%d', __kith_f7)), ',', TO_JSON_STRING(__kith_f8), ',')) & 0x7FFFFFFFFFFFFFFF, 1) AS h, GREATEST(FARM_FINGERPRINT(CONCAT(TO_JSON_STRING(__kith_key), ',', TO_JSON_STRING(CAST(__kith_f0 AS STRING)), ',', TO_JSON_STRING(CAST(__kith_f1 AS STRING)), ',', TO_JSON_STRING(__kith_f2), ',', TO_JSON_STRING(CASE WHEN __kith_f3 THEN 'true' WHEN NOT __kith_f3 THEN 'false' END), ',', TO_JSON_STRING(CONCAT('[', ARRAY_TO_STRING(ARRAY(SELECT TO_JSON_STRING(__kith_e) FROM UNNEST(__kith_f4) AS __kith_e WITH OFFSET AS __kith_o ORDER BY __kith_o), ','), ']')), ',', TO_JSON_STRING(CAST(__kith_f5 AS STRING)), ',', TO_JSON_STRING(CONCAT(FORMAT_TIMESTAMP('%Y-%m-%dT%H:%M:', __kith_f6, 'UTC'), IF(MOD(UNIX_MICROS(__kith_f6), 1000000) = 0, FORMAT_TIMESTAMP('%S', __kith_f6, 'UTC'), FORMAT_TIMESTAMP('%E6S', __kith_f6, 'UTC')), 'Z')), ',', TO_JSON_STRING(FORMAT_DATE('%Y-%m-%d', __kith_f7)), ',', TO_JSON_STRING(__kith_f8), ',')) & 0x7FFFFFFFFFFFFFFF, 1) AS __kith_h0, __kith_id AS row_id, __kith_key AS key,
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
) WHERE row_id NOT IN (SELECT row_id FROM `kith`.`job_rows` WHERE job IN (SELECT job FROM (SELECT job, state FROM `kith`.`jobs` WHERE sync = 'rows_out' QUALIFY ROW_NUMBER() OVER (PARTITION BY sync, job ORDER BY ver DESC) = 1) WHERE state = 'open'))
QUALIFY COUNT(*) OVER (PARTITION BY row_id) = 1;

-- rehash
MERGE `kith`.`baseline_rows_out` AS b USING `kith`.`scratch_run_rows_out_rehash_0` AS c ON b.row_id = c.row_id
WHEN MATCHED AND b.mapping = 1 AND (b.h != 0 OR b.gone != 0) THEN UPDATE SET
  h = CASE WHEN b.h = c.was THEN c.h WHEN b.h = c.h THEN ~c.h | 1 ELSE b.h END,
  fh = [IF(IFNULL(b.fh[SAFE_ORDINAL(1)] = c.was_fh[ORDINAL(1)], FALSE), c.fh[ORDINAL(1)], c.fh[ORDINAL(1)] ^ 1), IF(IFNULL(b.fh[SAFE_ORDINAL(2)] = c.was_fh[ORDINAL(2)], FALSE), c.fh[ORDINAL(2)], c.fh[ORDINAL(2)] ^ 1), IF(IFNULL(b.fh[SAFE_ORDINAL(3)] = c.was_fh[ORDINAL(3)], FALSE), c.fh[ORDINAL(3)], c.fh[ORDINAL(3)] ^ 1), IF(IFNULL(b.fh[SAFE_ORDINAL(4)] = c.was_fh[ORDINAL(4)], FALSE), c.fh[ORDINAL(4)], c.fh[ORDINAL(4)] ^ 1), IF(IFNULL(b.fh[SAFE_ORDINAL(5)] = c.was_fh[ORDINAL(5)], FALSE), c.fh[ORDINAL(5)], c.fh[ORDINAL(5)] ^ 1), IF(IFNULL(b.fh[SAFE_ORDINAL(6)] = c.was_fh[ORDINAL(6)], FALSE), c.fh[ORDINAL(6)], c.fh[ORDINAL(6)] ^ 1), IF(IFNULL(b.fh[SAFE_ORDINAL(7)] = c.was_fh[ORDINAL(7)], FALSE), c.fh[ORDINAL(7)], c.fh[ORDINAL(7)] ^ 1), IF(IFNULL(b.fh[SAFE_ORDINAL(8)] = c.was_fh[ORDINAL(8)], FALSE), c.fh[ORDINAL(8)], c.fh[ORDINAL(8)] ^ 1), IF(IFNULL(b.fh[SAFE_ORDINAL(9)] = c.was_fh[ORDINAL(9)], FALSE), c.fh[ORDINAL(9)], c.fh[ORDINAL(9)] ^ 1)],
  mapping = 4;

-- backoff of before
INSERT INTO `kith`.`scratch_run_rows_out_fix` (kh, row_id, op, verdict, reason, code)
SELECT r.kh, r.row_id, IF(r.op = 1 AND r.reason = 0, 255, r.op), 1, 0, IF(x.code = 'unconfirmed', x.code, 'backoff') FROM (
  SELECT r.kh, r.row_id, r.op, r.reason, IF(r.goes, 1, r.op) AS sent, IF(r.goes, r.h ^ IFNULL(f.why, r.reason), r.h) AS h
  FROM (SELECT kh, row_id, op, h, reason, (op = 1 OR op = 0 AND reason != 0) AS goes FROM `kith`.`changeset_rows_out_raw`) AS r
  LEFT JOIN (SELECT row_id, MAX(reason) AS why FROM `kith`.`scratch_run_rows_out_fix` WHERE op < 2 AND verdict = 3 GROUP BY row_id) AS f ON r.row_id = f.row_id
) AS r
JOIN (
  SELECT x.row_id AS row_id, x.op AS op, IF(x.op = 1, x.h, c.h) AS h, x.code AS code FROM (
    SELECT row_id, op, h, code FROM (
      SELECT row_id, op, h, code, mapping, next_try, ver, del FROM `kith`.`rejections` WHERE sync = 'rows_out' QUALIFY ROW_NUMBER() OVER (PARTITION BY kh, row_id ORDER BY ver DESC) = 1
    ) WHERE del = 0 AND mapping = 1 AND next_try > TIMESTAMP '1970-01-01 00:00:00.000000+00:00'
  ) AS x
  LEFT JOIN (
    SELECT row_id, h, __kith_h0 AS was FROM (
SELECT (FARM_FINGERPRINT(IFNULL(__kith_id, '')) & 0x7FFFFFFFFFFFFFFF) AS kh, GREATEST(FARM_FINGERPRINT(CONCAT(TO_JSON_STRING('other'), ',', TO_JSON_STRING(__kith_key), ',', TO_JSON_STRING(CAST(__kith_f0 AS STRING)), ',', TO_JSON_STRING(CAST(__kith_f1 AS STRING)), ',', TO_JSON_STRING(__kith_f2), ',', TO_JSON_STRING(CASE WHEN __kith_f3 THEN 'true' WHEN NOT __kith_f3 THEN 'false' END), ',', TO_JSON_STRING(CONCAT('[', ARRAY_TO_STRING(ARRAY(SELECT TO_JSON_STRING(__kith_e) FROM UNNEST(__kith_f4) AS __kith_e WITH OFFSET AS __kith_o ORDER BY __kith_o), ','), ']')), ',', TO_JSON_STRING(CAST(__kith_f5 AS STRING)), ',', TO_JSON_STRING(CONCAT(FORMAT_TIMESTAMP('%Y-%m-%dT%H:%M:', __kith_f6, 'UTC'), IF(MOD(UNIX_MICROS(__kith_f6), 1000000) = 0, FORMAT_TIMESTAMP('%S', __kith_f6, 'UTC'), FORMAT_TIMESTAMP('%E6S', __kith_f6, 'UTC')), 'Z')), ',', TO_JSON_STRING(FORMAT_DATE('%Y-%m-%d', __kith_f7)), ',', TO_JSON_STRING(__kith_f8), ',')) & 0x7FFFFFFFFFFFFFFF, 1) AS h, GREATEST(FARM_FINGERPRINT(CONCAT(TO_JSON_STRING(__kith_key), ',', TO_JSON_STRING(CAST(__kith_f0 AS STRING)), ',', TO_JSON_STRING(CAST(__kith_f1 AS STRING)), ',', TO_JSON_STRING(__kith_f2), ',', TO_JSON_STRING(CASE WHEN __kith_f3 THEN 'true' WHEN NOT __kith_f3 THEN 'false' END), ',', TO_JSON_STRING(CONCAT('[', ARRAY_TO_STRING(ARRAY(SELECT TO_JSON_STRING(__kith_e) FROM UNNEST(__kith_f4) AS __kith_e WITH OFFSET AS __kith_o ORDER BY __kith_o), ','), ']')), ',', TO_JSON_STRING(CAST(__kith_f5 AS STRING)), ',', TO_JSON_STRING(CONCAT(FORMAT_TIMESTAMP('%Y-%m-%dT%H:%M:', __kith_f6, 'UTC'), IF(MOD(UNIX_MICROS(__kith_f6), 1000000) = 0, FORMAT_TIMESTAMP('%S', __kith_f6, 'UTC'), FORMAT_TIMESTAMP('%E6S', __kith_f6, 'UTC')), 'Z')), ',', TO_JSON_STRING(FORMAT_DATE('%Y-%m-%d', __kith_f7)), ',', TO_JSON_STRING(__kith_f8), ',')) & 0x7FFFFFFFFFFFFFFF, 1) AS __kith_h0, __kith_id AS row_id, __kith_key AS key,
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
    ) WHERE row_id IN (SELECT row_id FROM `kith`.`rejections` WHERE sync = 'rows_out' AND mapping = 1)
  ) AS c ON x.row_id = c.row_id
  WHERE x.op = 1 OR x.h = c.was
) AS x ON r.row_id = x.row_id AND r.sent = x.op AND r.h = x.h;

-- hashes
CREATE OR REPLACE TABLE `kith`.`scratch_run_rows_out_rehash_1` OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 2 DAY)) AS
SELECT row_id, h, key, match, [(FARM_FINGERPRINT(TO_JSON_STRING(CAST(GREATEST(FARM_FINGERPRINT(CONCAT(TO_JSON_STRING('other'), ',', TO_JSON_STRING(CAST(__kith_f0 AS STRING)), ',')) & 0x7FFFFFFFFFFFFFFF, 1) AS STRING))) & 0xFFFFFFFF), (FARM_FINGERPRINT(TO_JSON_STRING(CAST(GREATEST(FARM_FINGERPRINT(CONCAT(TO_JSON_STRING('other'), ',', TO_JSON_STRING(CAST(__kith_f1 AS STRING)), ',')) & 0x7FFFFFFFFFFFFFFF, 1) AS STRING))) & 0xFFFFFFFF), (FARM_FINGERPRINT(TO_JSON_STRING(CAST(GREATEST(FARM_FINGERPRINT(CONCAT(TO_JSON_STRING('other'), ',', TO_JSON_STRING(__kith_f2), ',')) & 0x7FFFFFFFFFFFFFFF, 1) AS STRING))) & 0xFFFFFFFF), (FARM_FINGERPRINT(TO_JSON_STRING(CAST(GREATEST(FARM_FINGERPRINT(CONCAT(TO_JSON_STRING('other'), ',', TO_JSON_STRING(CASE WHEN __kith_f3 THEN 'true' WHEN NOT __kith_f3 THEN 'false' END), ',')) & 0x7FFFFFFFFFFFFFFF, 1) AS STRING))) & 0xFFFFFFFF), (FARM_FINGERPRINT(TO_JSON_STRING(CAST(GREATEST(FARM_FINGERPRINT(CONCAT(TO_JSON_STRING('other'), ',', TO_JSON_STRING(CONCAT('[', ARRAY_TO_STRING(ARRAY(SELECT TO_JSON_STRING(__kith_e) FROM UNNEST(__kith_f4) AS __kith_e WITH OFFSET AS __kith_o ORDER BY __kith_o), ','), ']')), ',')) & 0x7FFFFFFFFFFFFFFF, 1) AS STRING))) & 0xFFFFFFFF), (FARM_FINGERPRINT(TO_JSON_STRING(CAST(GREATEST(FARM_FINGERPRINT(CONCAT(TO_JSON_STRING('other'), ',', TO_JSON_STRING(CAST(__kith_f5 AS STRING)), ',')) & 0x7FFFFFFFFFFFFFFF, 1) AS STRING))) & 0xFFFFFFFF), (FARM_FINGERPRINT(TO_JSON_STRING(CAST(GREATEST(FARM_FINGERPRINT(CONCAT(TO_JSON_STRING('other'), ',', TO_JSON_STRING(CONCAT(FORMAT_TIMESTAMP('%Y-%m-%dT%H:%M:', __kith_f6, 'UTC'), IF(MOD(UNIX_MICROS(__kith_f6), 1000000) = 0, FORMAT_TIMESTAMP('%S', __kith_f6, 'UTC'), FORMAT_TIMESTAMP('%E6S', __kith_f6, 'UTC')), 'Z')), ',')) & 0x7FFFFFFFFFFFFFFF, 1) AS STRING))) & 0xFFFFFFFF), (FARM_FINGERPRINT(TO_JSON_STRING(CAST(GREATEST(FARM_FINGERPRINT(CONCAT(TO_JSON_STRING('other'), ',', TO_JSON_STRING(FORMAT_DATE('%Y-%m-%d', __kith_f7)), ',')) & 0x7FFFFFFFFFFFFFFF, 1) AS STRING))) & 0xFFFFFFFF), (FARM_FINGERPRINT(TO_JSON_STRING(CAST(GREATEST(FARM_FINGERPRINT(CONCAT(TO_JSON_STRING('other'), ',', TO_JSON_STRING(__kith_f8), ',')) & 0x7FFFFFFFFFFFFFFF, 1) AS STRING))) & 0xFFFFFFFF)] AS fh, [(FARM_FINGERPRINT(TO_JSON_STRING(CAST(__kith_f0 AS STRING))) & 0xFFFFFFFF), (FARM_FINGERPRINT(TO_JSON_STRING(CAST(__kith_f1 AS STRING))) & 0xFFFFFFFF), (FARM_FINGERPRINT(TO_JSON_STRING(__kith_f2)) & 0xFFFFFFFF), (FARM_FINGERPRINT(TO_JSON_STRING(CASE WHEN __kith_f3 THEN 'true' WHEN NOT __kith_f3 THEN 'false' END)) & 0xFFFFFFFF), (FARM_FINGERPRINT(TO_JSON_STRING(CONCAT('[', ARRAY_TO_STRING(ARRAY(SELECT TO_JSON_STRING(__kith_e) FROM UNNEST(__kith_f4) AS __kith_e WITH OFFSET AS __kith_o ORDER BY __kith_o), ','), ']'))) & 0xFFFFFFFF), (FARM_FINGERPRINT(TO_JSON_STRING(CAST(__kith_f5 AS STRING))) & 0xFFFFFFFF), (FARM_FINGERPRINT(TO_JSON_STRING(CONCAT(FORMAT_TIMESTAMP('%Y-%m-%dT%H:%M:', __kith_f6, 'UTC'), IF(MOD(UNIX_MICROS(__kith_f6), 1000000) = 0, FORMAT_TIMESTAMP('%S', __kith_f6, 'UTC'), FORMAT_TIMESTAMP('%E6S', __kith_f6, 'UTC')), 'Z'))) & 0xFFFFFFFF), (FARM_FINGERPRINT(TO_JSON_STRING(FORMAT_DATE('%Y-%m-%d', __kith_f7))) & 0xFFFFFFFF), (FARM_FINGERPRINT(TO_JSON_STRING(__kith_f8)) & 0xFFFFFFFF)] AS was_fh, [(__kith_f0 IS NULL), (__kith_f1 IS NULL), (__kith_f2 IS NULL), (__kith_f3 IS NULL), (IFNULL(ARRAY_LENGTH(__kith_f4), 0) = 0), (__kith_f5 IS NULL), (__kith_f6 IS NULL), (__kith_f7 IS NULL), (__kith_f8 IS NULL)] AS absent
FROM (
SELECT (FARM_FINGERPRINT(IFNULL(__kith_id, '')) & 0x7FFFFFFFFFFFFFFF) AS kh, GREATEST(FARM_FINGERPRINT(CONCAT(TO_JSON_STRING('other'), ',', TO_JSON_STRING(__kith_key), ',', TO_JSON_STRING(CAST(__kith_f0 AS STRING)), ',', TO_JSON_STRING(CAST(__kith_f1 AS STRING)), ',', TO_JSON_STRING(__kith_f2), ',', TO_JSON_STRING(CASE WHEN __kith_f3 THEN 'true' WHEN NOT __kith_f3 THEN 'false' END), ',', TO_JSON_STRING(CONCAT('[', ARRAY_TO_STRING(ARRAY(SELECT TO_JSON_STRING(__kith_e) FROM UNNEST(__kith_f4) AS __kith_e WITH OFFSET AS __kith_o ORDER BY __kith_o), ','), ']')), ',', TO_JSON_STRING(CAST(__kith_f5 AS STRING)), ',', TO_JSON_STRING(CONCAT(FORMAT_TIMESTAMP('%Y-%m-%dT%H:%M:', __kith_f6, 'UTC'), IF(MOD(UNIX_MICROS(__kith_f6), 1000000) = 0, FORMAT_TIMESTAMP('%S', __kith_f6, 'UTC'), FORMAT_TIMESTAMP('%E6S', __kith_f6, 'UTC')), 'Z')), ',', TO_JSON_STRING(FORMAT_DATE('%Y-%m-%d', __kith_f7)), ',', TO_JSON_STRING(__kith_f8), ',')) & 0x7FFFFFFFFFFFFFFF, 1) AS h, GREATEST(FARM_FINGERPRINT(CONCAT(TO_JSON_STRING(__kith_key), ',', TO_JSON_STRING(CAST(__kith_f0 AS STRING)), ',', TO_JSON_STRING(CAST(__kith_f1 AS STRING)), ',', TO_JSON_STRING(__kith_f2), ',', TO_JSON_STRING(CASE WHEN __kith_f3 THEN 'true' WHEN NOT __kith_f3 THEN 'false' END), ',', TO_JSON_STRING(CONCAT('[', ARRAY_TO_STRING(ARRAY(SELECT TO_JSON_STRING(__kith_e) FROM UNNEST(__kith_f4) AS __kith_e WITH OFFSET AS __kith_o ORDER BY __kith_o), ','), ']')), ',', TO_JSON_STRING(CAST(__kith_f5 AS STRING)), ',', TO_JSON_STRING(CONCAT(FORMAT_TIMESTAMP('%Y-%m-%dT%H:%M:', __kith_f6, 'UTC'), IF(MOD(UNIX_MICROS(__kith_f6), 1000000) = 0, FORMAT_TIMESTAMP('%S', __kith_f6, 'UTC'), FORMAT_TIMESTAMP('%E6S', __kith_f6, 'UTC')), 'Z')), ',', TO_JSON_STRING(FORMAT_DATE('%Y-%m-%d', __kith_f7)), ',', TO_JSON_STRING(__kith_f8), ',')) & 0x7FFFFFFFFFFFFFFF, 1) AS __kith_h0, __kith_id AS row_id, __kith_key AS key,
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
) WHERE row_id NOT IN (SELECT row_id FROM `kith`.`job_rows` WHERE job IN (SELECT job FROM (SELECT job, state FROM `kith`.`jobs` WHERE sync = 'rows_out' QUALIFY ROW_NUMBER() OVER (PARTITION BY sync, job ORDER BY ver DESC) = 1) WHERE state = 'open'))
QUALIFY COUNT(*) OVER (PARTITION BY row_id) = 1;

-- rehash
MERGE `kith`.`baseline_rows_out` AS b USING `kith`.`scratch_run_rows_out_rehash_1` AS c ON b.row_id = c.row_id
WHEN MATCHED AND b.mapping = 2 AND (b.h != 0 OR b.gone != 0) THEN UPDATE SET
  h = CASE WHEN b.gone = 0 AND b.key = c.key AND IFNULL(b.match, '') = IFNULL(c.match, '') AND c.absent[ORDINAL(1)] AND IFNULL(b.fh[SAFE_ORDINAL(2)] = c.was_fh[ORDINAL(2)], FALSE) AND IFNULL(b.fh[SAFE_ORDINAL(3)] = c.was_fh[ORDINAL(3)], FALSE) AND IFNULL(b.fh[SAFE_ORDINAL(4)] = c.was_fh[ORDINAL(4)], FALSE) AND IFNULL(b.fh[SAFE_ORDINAL(5)] = c.was_fh[ORDINAL(5)], FALSE) AND IFNULL(b.fh[SAFE_ORDINAL(6)] = c.was_fh[ORDINAL(6)], FALSE) AND IFNULL(b.fh[SAFE_ORDINAL(7)] = c.was_fh[ORDINAL(7)], FALSE) AND IFNULL(b.fh[SAFE_ORDINAL(8)] = c.was_fh[ORDINAL(8)], FALSE) AND IFNULL(b.fh[SAFE_ORDINAL(9)] = c.was_fh[ORDINAL(9)], FALSE) THEN c.h WHEN b.h = c.h THEN ~c.h | 1 ELSE b.h END,
  fh = [IF(c.absent[ORDINAL(1)], c.fh[ORDINAL(1)], c.fh[ORDINAL(1)] ^ 1), IF(IFNULL(b.fh[SAFE_ORDINAL(2)] = c.was_fh[ORDINAL(2)], FALSE), c.fh[ORDINAL(2)], c.fh[ORDINAL(2)] ^ 1), IF(IFNULL(b.fh[SAFE_ORDINAL(3)] = c.was_fh[ORDINAL(3)], FALSE), c.fh[ORDINAL(3)], c.fh[ORDINAL(3)] ^ 1), IF(IFNULL(b.fh[SAFE_ORDINAL(4)] = c.was_fh[ORDINAL(4)], FALSE), c.fh[ORDINAL(4)], c.fh[ORDINAL(4)] ^ 1), IF(IFNULL(b.fh[SAFE_ORDINAL(5)] = c.was_fh[ORDINAL(5)], FALSE), c.fh[ORDINAL(5)], c.fh[ORDINAL(5)] ^ 1), IF(IFNULL(b.fh[SAFE_ORDINAL(6)] = c.was_fh[ORDINAL(6)], FALSE), c.fh[ORDINAL(6)], c.fh[ORDINAL(6)] ^ 1), IF(IFNULL(b.fh[SAFE_ORDINAL(7)] = c.was_fh[ORDINAL(7)], FALSE), c.fh[ORDINAL(7)], c.fh[ORDINAL(7)] ^ 1), IF(IFNULL(b.fh[SAFE_ORDINAL(8)] = c.was_fh[ORDINAL(8)], FALSE), c.fh[ORDINAL(8)], c.fh[ORDINAL(8)] ^ 1), IF(IFNULL(b.fh[SAFE_ORDINAL(9)] = c.was_fh[ORDINAL(9)], FALSE), c.fh[ORDINAL(9)], c.fh[ORDINAL(9)] ^ 1)],
  mapping = 4;

-- digest
CREATE OR REPLACE TABLE `kith`.`scratch_run_people_crm_digest` CLUSTER BY bucket OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 2 DAY)) AS
SELECT bucket, COUNTIF(differs) AS d, SUM(copies) AS desired_rows, COUNTIF(b.gone = 0) AS baseline_rows, COUNTIF(b.gone != 0) AS gone_rows, SUM(no_id) AS no_id, SUM(no_key) AS no_key, COUNTIF(b.gone = 0 AND b.mapping != 4) AS earlier_rows,
  ARRAY_AGG(IF(differs, STRUCT(c, b, copies), NULL) IGNORE NULLS) AS pairs
FROM (
  SELECT *, IFNULL(c.kh, IFNULL(b.kh, 0)) >> 47 AS bucket,
    CASE WHEN copies = 0 THEN b.row_id IS NOT NULL AND b.gone = 0 WHEN b.row_id IS NULL OR copies > 1 THEN TRUE ELSE (c.h != b.h OR b.mapping != 4) END AS differs
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

-- changeset
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
      SELECT here, known, copies, reason, CASE WHEN reason = 4 THEN 'archive' WHEN reason = 3 THEN 'archive' WHEN reason = 2 THEN 'ignore' WHEN reason = 1 THEN 'set' WHEN reason = 5 THEN 'delete' ELSE '' END AS action, fh, IF(here AND known, ARRAY(SELECT i FROM UNNEST(fh) AS x WITH OFFSET AS i WHERE x != IFNULL(CASE b.mapping WHEN 1 THEN [0, b.fh[SAFE_ORDINAL(1)], b.fh[SAFE_ORDINAL(2)], b.fh[SAFE_ORDINAL(3)], b.fh[SAFE_ORDINAL(4)], b.fh[SAFE_ORDINAL(5)]] WHEN 3 THEN [b.fh[SAFE_ORDINAL(1)], b.fh[SAFE_ORDINAL(2)], b.fh[SAFE_ORDINAL(3)], b.fh[SAFE_ORDINAL(4)], b.fh[SAFE_ORDINAL(5)], b.fh[SAFE_ORDINAL(6)]] WHEN 4 THEN b.fh ELSE [] END[SAFE_OFFSET(i)], 0) ORDER BY i), []) AS changed, (IFNULL(b.gone = 0 AND b.h != 0 AND b.key = c.key AND b.match = c.match AND b.mapping != 4, FALSE) AND IFNULL(here AND known AND CASE b.mapping WHEN 1 THEN TRUE AND (c.__kith_f0 IS NULL) AND fh[SAFE_ORDINAL(2)] = b.fh[SAFE_ORDINAL(1)] AND fh[SAFE_ORDINAL(3)] = b.fh[SAFE_ORDINAL(2)] AND fh[SAFE_ORDINAL(4)] = b.fh[SAFE_ORDINAL(3)] AND fh[SAFE_ORDINAL(5)] = b.fh[SAFE_ORDINAL(4)] AND fh[SAFE_ORDINAL(6)] = b.fh[SAFE_ORDINAL(5)] WHEN 3 THEN TRUE AND fh[SAFE_ORDINAL(1)] = b.fh[SAFE_ORDINAL(1)] AND fh[SAFE_ORDINAL(2)] = b.fh[SAFE_ORDINAL(2)] AND fh[SAFE_ORDINAL(3)] = b.fh[SAFE_ORDINAL(3)] AND fh[SAFE_ORDINAL(4)] = b.fh[SAFE_ORDINAL(4)] AND fh[SAFE_ORDINAL(5)] = b.fh[SAFE_ORDINAL(5)] AND fh[SAFE_ORDINAL(6)] = b.fh[SAFE_ORDINAL(6)] WHEN 4 THEN IFNULL(ARRAY_LENGTH(fh), 0) = IFNULL(ARRAY_LENGTH(b.fh), 0) AND NOT EXISTS (SELECT 1 FROM UNNEST(fh) AS x WITH OFFSET AS i WHERE x != b.fh[SAFE_OFFSET(i)]) ELSE FALSE END, FALSE)) AS same,
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

-- digest
CREATE OR REPLACE TABLE `kith`.`scratch_run_people_crm_digest` CLUSTER BY bucket OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 2 DAY)) AS
SELECT bucket, COUNTIF(differs) AS d, SUM(copies) AS desired_rows, COUNTIF(b.gone = 0) AS baseline_rows, COUNTIF(b.gone != 0) AS gone_rows, SUM(no_id) AS no_id, SUM(no_key) AS no_key, COUNTIF(b.gone = 0 AND b.mapping != 4) AS earlier_rows,
  ARRAY_AGG(IF(differs, STRUCT(c, b, copies), NULL) IGNORE NULLS) AS pairs
FROM (
  SELECT *, IFNULL(c.kh, IFNULL(b.kh, 0)) >> 47 AS bucket,
    CASE WHEN copies = 0 THEN b.row_id IS NOT NULL AND b.gone = 0 WHEN b.row_id IS NULL OR copies > 1 THEN TRUE ELSE (b.ver < 30064771072 OR mod(b.ver, 4294967296) = 0 OR c.h != b.h OR b.mapping != 4) END AS differs
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
      FROM `kith`.`baseline_people_crm` WHERE ver > 25769803776
    ) GROUP BY row_id
  )
) GROUP BY bucket;

-- changeset
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

-- changeset
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
      SELECT here, known, copies, reason, CASE WHEN reason = 4 THEN 'archive' WHEN reason = 3 THEN 'archive' WHEN reason = 2 THEN 'ignore' WHEN reason = 1 THEN 'set' WHEN reason = 5 THEN 'delete' ELSE '' END AS action, fh, IF(here AND known, ARRAY(SELECT i FROM UNNEST(fh) AS x WITH OFFSET AS i WHERE x != IFNULL(CASE b.mapping WHEN 1 THEN [0, b.fh[SAFE_ORDINAL(1)], b.fh[SAFE_ORDINAL(2)], b.fh[SAFE_ORDINAL(3)], b.fh[SAFE_ORDINAL(4)], b.fh[SAFE_ORDINAL(5)]] WHEN 3 THEN [b.fh[SAFE_ORDINAL(1)], b.fh[SAFE_ORDINAL(2)], b.fh[SAFE_ORDINAL(3)], b.fh[SAFE_ORDINAL(4)], b.fh[SAFE_ORDINAL(5)], b.fh[SAFE_ORDINAL(6)]] WHEN 4 THEN b.fh ELSE [] END[SAFE_OFFSET(i)], 0) ORDER BY i), []) AS changed, FALSE AS same,
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

-- adopt
INSERT INTO `kith`.`acks_people_crm` (kh, row_id, key, h, fh, remote_id, match, gone, mapping, ver, del, `at`)
SELECT kh, row_id, key, h, [(FARM_FINGERPRINT(TO_JSON_STRING(__kith_f0)) & 0xFFFFFFFF), (FARM_FINGERPRINT(TO_JSON_STRING(CAST(__kith_f1 AS STRING))) & 0xFFFFFFFF), (FARM_FINGERPRINT(TO_JSON_STRING(CASE WHEN __kith_f2 THEN 'true' WHEN NOT __kith_f2 THEN 'false' END)) & 0xFFFFFFFF), (FARM_FINGERPRINT(TO_JSON_STRING(CAST(__kith_f3 AS STRING))) & 0xFFFFFFFF), (FARM_FINGERPRINT(TO_JSON_STRING(__kith_f4)) & 0xFFFFFFFF), (FARM_FINGERPRINT(TO_JSON_STRING(CAST(__kith_f5 AS STRING))) & 0xFFFFFFFF)], '', match, 0, 4, 4294967296, 0, CURRENT_TIMESTAMP()
FROM (
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
);

-- forget the rest
INSERT INTO `kith`.`acks_people_crm` (kh, row_id, key, h, fh, remote_id, match, gone, mapping, ver, del, `at`)
SELECT kh, row_id, key, h, fh, remote_id, match, gone, mapping, 4294967296, 1, CURRENT_TIMESTAMP()
FROM `kith`.`baseline_people_crm` WHERE ver < 4294967296;

-- desired
CREATE OR REPLACE TABLE `kith`.`scratch_run_people_crm_desired` CLUSTER BY kh, row_id OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 2 DAY)) AS
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
);

-- adopt
INSERT INTO `kith`.`acks_people_crm` (kh, row_id, key, h, fh, remote_id, match, gone, mapping, ver, del, `at`)
SELECT kh, row_id, key, h, [(FARM_FINGERPRINT(TO_JSON_STRING(__kith_f0)) & 0xFFFFFFFF), (FARM_FINGERPRINT(TO_JSON_STRING(CAST(__kith_f1 AS STRING))) & 0xFFFFFFFF), (FARM_FINGERPRINT(TO_JSON_STRING(CASE WHEN __kith_f2 THEN 'true' WHEN NOT __kith_f2 THEN 'false' END)) & 0xFFFFFFFF), (FARM_FINGERPRINT(TO_JSON_STRING(CAST(__kith_f3 AS STRING))) & 0xFFFFFFFF), (FARM_FINGERPRINT(TO_JSON_STRING(__kith_f4)) & 0xFFFFFFFF), (FARM_FINGERPRINT(TO_JSON_STRING(CAST(__kith_f5 AS STRING))) & 0xFFFFFFFF)], '', match, 0, 4, 4294967296, 0, CURRENT_TIMESTAMP()
FROM (SELECT * FROM `kith`.`scratch_run_people_crm_desired` WHERE ok);

-- desired totals
SELECT COUNTIF(ok), COUNTIF(NOT has_id), COUNTIF(has_id AND NOT has_key) FROM `kith`.`scratch_run_people_crm_desired`;

-- shared keys
SELECT IFNULL(SUM(n), 0) FROM (
  SELECT COUNT(*) AS n FROM (
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

-- commit
INSERT INTO `kith`.`acks_people_crm` (kh, row_id, key, h, fh, remote_id, match, gone, mapping, ver, del, `at`)
SELECT c.kh, c.row_id, c.key, IF(c.op = 1, 0, c.h), IF(c.dropped, [], c.fh), c.remote_id, IF(c.dropped, '', c.match), IF(c.kept, c.reason, 0),
  4, 4294967296 + c.op, IF(c.dropped, 1, 0), CURRENT_TIMESTAMP()
FROM (
  SELECT *, op = 1 AND action IN ('ignore', 'archive', 'set') AS kept, op = 1 AND action NOT IN ('ignore', 'archive', 'set') AS dropped
  FROM `kith`.`changeset_people_crm`
) AS c WHERE c.op > 0 AND NOT EXISTS (SELECT 1 FROM `kith`.`scratch_run_people_crm_fix` AS f WHERE f.verdict = 9 AND f.op = c.op AND f.row_id = c.row_id);

-- commit log
INSERT INTO `kith`.`sync_log` (`at`, sync, run_id, destination, batch, attempt, kh, op, action, fate, code, vendor_code, reason, job)
SELECT CURRENT_TIMESTAMP(), 'people_crm', 'run', 'crm', 0, 1, c.kh, ['silent', 'remove', 'rekey', 'change', 'add'][OFFSET(c.op)], c.action, 'delivered', '', '', '', ''
FROM `kith`.`changeset_people_crm` AS c WHERE c.op > 0 AND c.op = 1 AND c.reason = 4 AND NOT EXISTS (SELECT 1 FROM `kith`.`scratch_run_people_crm_fix` AS f WHERE f.verdict = 9 AND f.op = c.op AND f.row_id = c.row_id);

-- baseline rows
SELECT COUNTIF(gone = 0), COUNT(*) FROM `kith`.`baseline_people_crm`;

-- copy of the baseline
INSERT INTO `kith`.`baseline_people_crm` (kh, row_id, key, h, fh, remote_id, match, gone, mapping, ver, del)
SELECT kh, row_id, key, h, fh, remote_id, match, gone, mapping, ver, del FROM `kith`.`baseline_people_crm`;

-- held rows
SELECT code, COUNT(DISTINCT IF(code != '', row_id, NULL)) FROM `kith`.`scratch_run_people_crm_fix` GROUP BY code ORDER BY code;

-- changeset counts
SELECT op, reason, action, COUNT(*), COUNTIF(ARRAY_LENGTH(changed) > 0), COUNTIF(op = 2 AND gone != 0), COUNTIF((op = 1 OR op = 0 AND reason != 0) AND key != row_id) FROM `kith`.`changeset_people_crm` GROUP BY op, reason, action ORDER BY op, reason DESC, action;

-- changeset again
SELECT COUNT(*) FROM `kith`.`changeset_people_crm` AS c JOIN `kith`.`baseline_people_crm` AS b
ON c.kh = b.kh AND c.row_id = b.row_id AND c.key = b.key AND IFNULL(c.match, '') = IFNULL(b.match, '')
WHERE c.op = 3 AND ARRAY_LENGTH(c.changed) = 0 AND b.h = 0 AND b.gone = 0 AND ARRAY_LENGTH(b.fh) > 0;

-- changed fields
SELECT f, COUNT(*) FROM `kith`.`changeset_people_crm` AS c, UNNEST(c.changed) AS f WHERE c.op IN (2, 3) GROUP BY f ORDER BY f;

-- repeated row ids
SELECT COUNT(*), IFNULL(MAX(n), 0) FROM (SELECT COUNT(*) AS n FROM `kith`.`changeset_people_crm` WHERE op != 1 GROUP BY kh, row_id HAVING COUNT(*) > 1);

-- repeated desired rows
SELECT COUNT(*), IFNULL(MAX(n), 0) FROM (
  SELECT COUNT(*) AS n FROM (
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
  ) GROUP BY kh, row_id HAVING COUNT(*) > 1
);

-- digest totals
SELECT COUNTIF(d != 0), SUM(desired_rows), SUM(baseline_rows), SUM(no_id), SUM(no_key), SUM(d), IF(COUNT(*) > 0 OR NOT EXISTS (SELECT 1 FROM `kith`.`baseline_people_crm`), 1, 0), IFNULL(SUM(earlier_rows), 0), IFNULL(SUM(gone_rows), 0)
FROM `kith`.`scratch_run_people_crm_digest`;

-- changeset fingerprint
SELECT CAST(IFNULL(SUM(CAST(FARM_FINGERPRINT(CONCAT(CAST(op AS STRING), ',', CAST(kh AS STRING), ',', TO_JSON_STRING(row_id), TO_JSON_STRING(action), CAST(reason AS STRING), TO_JSON_STRING(key), TO_JSON_STRING(old_key), CAST(h AS STRING), ',', TO_JSON_STRING(match), TO_JSON_STRING(fields))) & 0xFFFFFFFFFF AS NUMERIC)), 0) AS STRING), COUNT(*)
FROM `kith`.`changeset_people_crm` WHERE op != 0 AND NOT (op = 1 AND reason = 4);

-- changeset beyond
SELECT COUNT(*) FROM `kith`.`changeset_people_crm` AS c
WHERE c.op IN (1, 2, 3) AND NOT EXISTS (
  SELECT 1 FROM `kith`.`changeset_people_crm_raw` AS o WHERE o.row_id = c.row_id AND (o.op = c.op OR o.op = 2 AND c.op = 3)
    AND (c.op != 1 OR o.key = c.key AND o.action = c.action AND (o.reason = 0) = (c.reason = 0) AND o.fields = c.fields)
);

-- sample
SELECT op, action, reason, key, fields, changed FROM `kith`.`changeset_people_crm` WHERE op = 3 ORDER BY kh LIMIT 3;

-- page
SELECT kh, row_id, action, reason, key, old_key, h, fh, fields, match, remote_id, `at`
FROM `kith`.`changeset_people_crm`
WHERE op = 4 AND kh BETWEEN 7 AND 9000 AND (kh > 7 OR row_id > 'o\'p')
ORDER BY kh, row_id LIMIT 100;

-- page
SELECT kh, row_id, action, reason, key, old_key, h, fh, fields, match, remote_id, `at`
FROM `kith`.`changeset_people_crm`
WHERE op = 1 AND kh BETWEEN 0 AND 9223372036854775807 AND (kh > 0 OR row_id > '') AND reason = 4
ORDER BY kh, row_id LIMIT 100;

-- backoff
INSERT INTO `kith`.`scratch_run_people_crm_fix` (kh, row_id, op, verdict, reason, code)
SELECT r.kh, r.row_id, IF(r.op = 1 AND r.reason = 0, 255, r.op), 1, 0, IF(x.code = 'unconfirmed', x.code, 'backoff') FROM (
  SELECT r.kh, r.row_id, r.op, r.reason, IF(r.goes, 1, r.op) AS sent, IF(r.goes, r.h ^ IFNULL(f.why, r.reason), r.h) AS h
  FROM (SELECT kh, row_id, op, h, reason, (op = 1 OR op = 0 AND reason != 0) AS goes FROM `kith`.`changeset_people_crm_raw`) AS r
  LEFT JOIN (SELECT row_id, MAX(reason) AS why FROM `kith`.`scratch_run_people_crm_fix` WHERE op < 2 AND verdict = 3 GROUP BY row_id) AS f ON r.row_id = f.row_id
) AS r
JOIN (
  SELECT row_id, op, h, code FROM (
    SELECT row_id, op, h, code, mapping, next_try, ver, del FROM `kith`.`rejections` WHERE sync = 'people_crm' QUALIFY ROW_NUMBER() OVER (PARTITION BY kh, row_id ORDER BY ver DESC) = 1
  ) WHERE del = 0 AND mapping = 4 AND next_try > TIMESTAMP '1970-01-01 00:00:00.000000+00:00' AND ver > 25769803776
) AS x ON r.row_id = x.row_id AND r.sent = x.op AND r.h = x.h;

-- silent rows
INSERT INTO `kith`.`acks_people_crm` (kh, row_id, key, h, fh, remote_id, match, gone, mapping, ver, del, `at`)
SELECT kh, row_id, key, IF(gone = 0, h, 0), fh, remote_id, match, gone, 4, 4294967296, del, CURRENT_TIMESTAMP()
FROM `kith`.`changeset_people_crm` WHERE op = 0
UNION ALL
SELECT r.kh, r.row_id, r.key, 0, [], '', r.match, 0, 4, 4294967296, 0, CURRENT_TIMESTAMP()
FROM `kith`.`changeset_people_crm_raw` AS r
WHERE r.op = 4 AND NOT EXISTS (SELECT 1 FROM `kith`.`baseline_people_crm` AS b WHERE b.row_id = r.row_id AND ver > 25769803776)
  AND r.key IN (SELECT key FROM `kith`.`changeset_people_crm` WHERE op = 0 AND del = 1 AND remote_id != '\x1enone' AND row_id NOT IN (SELECT row_id FROM (
  SELECT * FROM (SELECT * FROM `kith`.`foreign_rows` WHERE sync = 'people_crm' QUALIFY ROW_NUMBER() OVER (PARTITION BY kh, row_id ORDER BY ver DESC) = 1) WHERE del = 0
)))
UNION ALL
SELECT r.kh, CONCAT(r.row_id, '\x1ekey-', TO_HEX(SUBSTR(SHA256(r.key), 1, 8))), r.key, 0, [], '', '', 0, 4, 4294967296, 0, CURRENT_TIMESTAMP()
FROM `kith`.`changeset_people_crm_raw` AS r WHERE r.op = 2 AND r.key IN (SELECT key FROM `kith`.`changeset_people_crm` WHERE op = 0 AND del = 1 AND remote_id != '\x1enone' AND row_id NOT IN (SELECT row_id FROM (
  SELECT * FROM (SELECT * FROM `kith`.`foreign_rows` WHERE sync = 'people_crm' QUALIFY ROW_NUMBER() OVER (PARTITION BY kh, row_id ORDER BY ver DESC) = 1) WHERE del = 0
)));

-- merged entities waiting
SELECT COUNT(*) FROM `kith`.`baseline_people_crm` WHERE row_id IN (SELECT old_id FROM (SELECT old_id, new_id FROM (
  SELECT old_id, new_id FROM (
    SELECT old_id, ARRAY_AGG(new_id ORDER BY `at` DESC LIMIT 1)[OFFSET(0)] AS new_id FROM `kith`.`entity_merges`
    WHERE entity = 'person' AND (build = 'build' OR build IN (SELECT build FROM `kith`.`builds`))
    GROUP BY old_id
  ) WHERE new_id != ''
)));

-- hashes
CREATE OR REPLACE TABLE `kith`.`scratch_run_people_crm_rehash_0` OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 2 DAY)) AS
SELECT row_id, h, __kith_h0 AS was, [(FARM_FINGERPRINT(TO_JSON_STRING(CAST(GREATEST(FARM_FINGERPRINT(CONCAT(TO_JSON_STRING('other'), ',', TO_JSON_STRING(__kith_f0), ',')) & 0x7FFFFFFFFFFFFFFF, 1) AS STRING))) & 0xFFFFFFFF), (FARM_FINGERPRINT(TO_JSON_STRING(CAST(GREATEST(FARM_FINGERPRINT(CONCAT(TO_JSON_STRING('other'), ',', TO_JSON_STRING(CAST(__kith_f1 AS STRING)), ',')) & 0x7FFFFFFFFFFFFFFF, 1) AS STRING))) & 0xFFFFFFFF), (FARM_FINGERPRINT(TO_JSON_STRING(CAST(GREATEST(FARM_FINGERPRINT(CONCAT(TO_JSON_STRING('other'), ',', TO_JSON_STRING(CASE WHEN __kith_f2 THEN 'true' WHEN NOT __kith_f2 THEN 'false' END), ',')) & 0x7FFFFFFFFFFFFFFF, 1) AS STRING))) & 0xFFFFFFFF), (FARM_FINGERPRINT(TO_JSON_STRING(CAST(GREATEST(FARM_FINGERPRINT(CONCAT(TO_JSON_STRING('other'), ',', TO_JSON_STRING(CAST(__kith_f3 AS STRING)), ',')) & 0x7FFFFFFFFFFFFFFF, 1) AS STRING))) & 0xFFFFFFFF), (FARM_FINGERPRINT(TO_JSON_STRING(CAST(GREATEST(FARM_FINGERPRINT(CONCAT(TO_JSON_STRING('other'), ',', TO_JSON_STRING(__kith_f4), ',')) & 0x7FFFFFFFFFFFFFFF, 1) AS STRING))) & 0xFFFFFFFF), (FARM_FINGERPRINT(TO_JSON_STRING(CAST(GREATEST(FARM_FINGERPRINT(CONCAT(TO_JSON_STRING('other'), ',', TO_JSON_STRING(CAST(__kith_f5 AS STRING)), ',')) & 0x7FFFFFFFFFFFFFFF, 1) AS STRING))) & 0xFFFFFFFF)] AS fh, [(FARM_FINGERPRINT(TO_JSON_STRING(__kith_f0)) & 0xFFFFFFFF), (FARM_FINGERPRINT(TO_JSON_STRING(CAST(__kith_f1 AS STRING))) & 0xFFFFFFFF), (FARM_FINGERPRINT(TO_JSON_STRING(CASE WHEN __kith_f2 THEN 'true' WHEN NOT __kith_f2 THEN 'false' END)) & 0xFFFFFFFF), (FARM_FINGERPRINT(TO_JSON_STRING(CAST(__kith_f3 AS STRING))) & 0xFFFFFFFF), (FARM_FINGERPRINT(TO_JSON_STRING(__kith_f4)) & 0xFFFFFFFF), (FARM_FINGERPRINT(TO_JSON_STRING(CAST(__kith_f5 AS STRING))) & 0xFFFFFFFF)] AS was_fh
FROM (
SELECT (FARM_FINGERPRINT(IFNULL(__kith_id, '')) & 0x7FFFFFFFFFFFFFFF) AS kh, GREATEST(FARM_FINGERPRINT(CONCAT(TO_JSON_STRING('other'), ',', TO_JSON_STRING(__kith_key), ',', TO_JSON_STRING(__kith_f0), ',', TO_JSON_STRING(CAST(__kith_f1 AS STRING)), ',', TO_JSON_STRING(CASE WHEN __kith_f2 THEN 'true' WHEN NOT __kith_f2 THEN 'false' END), ',', TO_JSON_STRING(CAST(__kith_f3 AS STRING)), ',', TO_JSON_STRING(__kith_f4), ',', TO_JSON_STRING(CAST(__kith_f5 AS STRING)), ',')) & 0x7FFFFFFFFFFFFFFF, 1) AS h, GREATEST(FARM_FINGERPRINT(CONCAT(TO_JSON_STRING(__kith_key), ',', TO_JSON_STRING(__kith_f0), ',', TO_JSON_STRING(CAST(__kith_f1 AS STRING)), ',', TO_JSON_STRING(CASE WHEN __kith_f2 THEN 'true' WHEN NOT __kith_f2 THEN 'false' END), ',', TO_JSON_STRING(CAST(__kith_f3 AS STRING)), ',', TO_JSON_STRING(__kith_f4), ',', TO_JSON_STRING(CAST(__kith_f5 AS STRING)), ',')) & 0x7FFFFFFFFFFFFFFF, 1) AS __kith_h0, __kith_id AS row_id, __kith_key AS key,
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
) WHERE row_id NOT IN (SELECT row_id FROM `kith`.`job_rows` WHERE job IN (SELECT job FROM (SELECT job, state FROM `kith`.`jobs` WHERE sync = 'people_crm' QUALIFY ROW_NUMBER() OVER (PARTITION BY sync, job ORDER BY ver DESC) = 1) WHERE state = 'open'))
QUALIFY COUNT(*) OVER (PARTITION BY row_id) = 1;

-- rehash
MERGE `kith`.`baseline_people_crm` AS b USING `kith`.`scratch_run_people_crm_rehash_0` AS c ON b.row_id = c.row_id
WHEN MATCHED AND b.mapping = 1 AND (b.h != 0 OR b.gone != 0) THEN UPDATE SET
  h = CASE WHEN b.h = c.was THEN c.h WHEN b.h = c.h THEN ~c.h | 1 ELSE b.h END,
  fh = [IF(IFNULL(b.fh[SAFE_ORDINAL(1)] = c.was_fh[ORDINAL(1)], FALSE), c.fh[ORDINAL(1)], c.fh[ORDINAL(1)] ^ 1), IF(IFNULL(b.fh[SAFE_ORDINAL(2)] = c.was_fh[ORDINAL(2)], FALSE), c.fh[ORDINAL(2)], c.fh[ORDINAL(2)] ^ 1), IF(IFNULL(b.fh[SAFE_ORDINAL(3)] = c.was_fh[ORDINAL(3)], FALSE), c.fh[ORDINAL(3)], c.fh[ORDINAL(3)] ^ 1), IF(IFNULL(b.fh[SAFE_ORDINAL(4)] = c.was_fh[ORDINAL(4)], FALSE), c.fh[ORDINAL(4)], c.fh[ORDINAL(4)] ^ 1), IF(IFNULL(b.fh[SAFE_ORDINAL(5)] = c.was_fh[ORDINAL(5)], FALSE), c.fh[ORDINAL(5)], c.fh[ORDINAL(5)] ^ 1), IF(IFNULL(b.fh[SAFE_ORDINAL(6)] = c.was_fh[ORDINAL(6)], FALSE), c.fh[ORDINAL(6)], c.fh[ORDINAL(6)] ^ 1)],
  mapping = 4;

-- backoff of before
INSERT INTO `kith`.`scratch_run_people_crm_fix` (kh, row_id, op, verdict, reason, code)
SELECT r.kh, r.row_id, IF(r.op = 1 AND r.reason = 0, 255, r.op), 1, 0, IF(x.code = 'unconfirmed', x.code, 'backoff') FROM (
  SELECT r.kh, r.row_id, r.op, r.reason, IF(r.goes, 1, r.op) AS sent, IF(r.goes, r.h ^ IFNULL(f.why, r.reason), r.h) AS h
  FROM (SELECT kh, row_id, op, h, reason, (op = 1 OR op = 0 AND reason != 0) AS goes FROM `kith`.`changeset_people_crm_raw`) AS r
  LEFT JOIN (SELECT row_id, MAX(reason) AS why FROM `kith`.`scratch_run_people_crm_fix` WHERE op < 2 AND verdict = 3 GROUP BY row_id) AS f ON r.row_id = f.row_id
) AS r
JOIN (
  SELECT x.row_id AS row_id, x.op AS op, IF(x.op = 1, x.h, c.h) AS h, x.code AS code FROM (
    SELECT row_id, op, h, code FROM (
      SELECT row_id, op, h, code, mapping, next_try, ver, del FROM `kith`.`rejections` WHERE sync = 'people_crm' QUALIFY ROW_NUMBER() OVER (PARTITION BY kh, row_id ORDER BY ver DESC) = 1
    ) WHERE del = 0 AND mapping = 1 AND next_try > TIMESTAMP '1970-01-01 00:00:00.000000+00:00'
  ) AS x
  LEFT JOIN (
    SELECT row_id, h, __kith_h0 AS was FROM (
SELECT (FARM_FINGERPRINT(IFNULL(__kith_id, '')) & 0x7FFFFFFFFFFFFFFF) AS kh, GREATEST(FARM_FINGERPRINT(CONCAT(TO_JSON_STRING('other'), ',', TO_JSON_STRING(__kith_key), ',', TO_JSON_STRING(__kith_f0), ',', TO_JSON_STRING(CAST(__kith_f1 AS STRING)), ',', TO_JSON_STRING(CASE WHEN __kith_f2 THEN 'true' WHEN NOT __kith_f2 THEN 'false' END), ',', TO_JSON_STRING(CAST(__kith_f3 AS STRING)), ',', TO_JSON_STRING(__kith_f4), ',', TO_JSON_STRING(CAST(__kith_f5 AS STRING)), ',')) & 0x7FFFFFFFFFFFFFFF, 1) AS h, GREATEST(FARM_FINGERPRINT(CONCAT(TO_JSON_STRING(__kith_key), ',', TO_JSON_STRING(__kith_f0), ',', TO_JSON_STRING(CAST(__kith_f1 AS STRING)), ',', TO_JSON_STRING(CASE WHEN __kith_f2 THEN 'true' WHEN NOT __kith_f2 THEN 'false' END), ',', TO_JSON_STRING(CAST(__kith_f3 AS STRING)), ',', TO_JSON_STRING(__kith_f4), ',', TO_JSON_STRING(CAST(__kith_f5 AS STRING)), ',')) & 0x7FFFFFFFFFFFFFFF, 1) AS __kith_h0, __kith_id AS row_id, __kith_key AS key,
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
    ) WHERE row_id IN (SELECT row_id FROM `kith`.`rejections` WHERE sync = 'people_crm' AND mapping = 1)
  ) AS c ON x.row_id = c.row_id
  WHERE x.op = 1 OR x.h = c.was
) AS x ON r.row_id = x.row_id AND r.sent = x.op AND r.h = x.h;

-- hashes
CREATE OR REPLACE TABLE `kith`.`scratch_run_people_crm_rehash_1` OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 2 DAY)) AS
SELECT row_id, h, key, match, [(FARM_FINGERPRINT(TO_JSON_STRING(CAST(GREATEST(FARM_FINGERPRINT(CONCAT(TO_JSON_STRING('other'), ',', TO_JSON_STRING(__kith_f0), ',')) & 0x7FFFFFFFFFFFFFFF, 1) AS STRING))) & 0xFFFFFFFF), (FARM_FINGERPRINT(TO_JSON_STRING(CAST(GREATEST(FARM_FINGERPRINT(CONCAT(TO_JSON_STRING('other'), ',', TO_JSON_STRING(CAST(__kith_f1 AS STRING)), ',')) & 0x7FFFFFFFFFFFFFFF, 1) AS STRING))) & 0xFFFFFFFF), (FARM_FINGERPRINT(TO_JSON_STRING(CAST(GREATEST(FARM_FINGERPRINT(CONCAT(TO_JSON_STRING('other'), ',', TO_JSON_STRING(CASE WHEN __kith_f2 THEN 'true' WHEN NOT __kith_f2 THEN 'false' END), ',')) & 0x7FFFFFFFFFFFFFFF, 1) AS STRING))) & 0xFFFFFFFF), (FARM_FINGERPRINT(TO_JSON_STRING(CAST(GREATEST(FARM_FINGERPRINT(CONCAT(TO_JSON_STRING('other'), ',', TO_JSON_STRING(CAST(__kith_f3 AS STRING)), ',')) & 0x7FFFFFFFFFFFFFFF, 1) AS STRING))) & 0xFFFFFFFF), (FARM_FINGERPRINT(TO_JSON_STRING(CAST(GREATEST(FARM_FINGERPRINT(CONCAT(TO_JSON_STRING('other'), ',', TO_JSON_STRING(__kith_f4), ',')) & 0x7FFFFFFFFFFFFFFF, 1) AS STRING))) & 0xFFFFFFFF), (FARM_FINGERPRINT(TO_JSON_STRING(CAST(GREATEST(FARM_FINGERPRINT(CONCAT(TO_JSON_STRING('other'), ',', TO_JSON_STRING(CAST(__kith_f5 AS STRING)), ',')) & 0x7FFFFFFFFFFFFFFF, 1) AS STRING))) & 0xFFFFFFFF)] AS fh, [(FARM_FINGERPRINT(TO_JSON_STRING(__kith_f0)) & 0xFFFFFFFF), (FARM_FINGERPRINT(TO_JSON_STRING(CAST(__kith_f1 AS STRING))) & 0xFFFFFFFF), (FARM_FINGERPRINT(TO_JSON_STRING(CASE WHEN __kith_f2 THEN 'true' WHEN NOT __kith_f2 THEN 'false' END)) & 0xFFFFFFFF), (FARM_FINGERPRINT(TO_JSON_STRING(CAST(__kith_f3 AS STRING))) & 0xFFFFFFFF), (FARM_FINGERPRINT(TO_JSON_STRING(__kith_f4)) & 0xFFFFFFFF), (FARM_FINGERPRINT(TO_JSON_STRING(CAST(__kith_f5 AS STRING))) & 0xFFFFFFFF)] AS was_fh, [(__kith_f0 IS NULL), (__kith_f1 IS NULL), (__kith_f2 IS NULL), (__kith_f3 IS NULL), (__kith_f4 IS NULL), (__kith_f5 IS NULL)] AS absent
FROM (
SELECT (FARM_FINGERPRINT(IFNULL(__kith_id, '')) & 0x7FFFFFFFFFFFFFFF) AS kh, GREATEST(FARM_FINGERPRINT(CONCAT(TO_JSON_STRING('other'), ',', TO_JSON_STRING(__kith_key), ',', TO_JSON_STRING(__kith_f0), ',', TO_JSON_STRING(CAST(__kith_f1 AS STRING)), ',', TO_JSON_STRING(CASE WHEN __kith_f2 THEN 'true' WHEN NOT __kith_f2 THEN 'false' END), ',', TO_JSON_STRING(CAST(__kith_f3 AS STRING)), ',', TO_JSON_STRING(__kith_f4), ',', TO_JSON_STRING(CAST(__kith_f5 AS STRING)), ',')) & 0x7FFFFFFFFFFFFFFF, 1) AS h, GREATEST(FARM_FINGERPRINT(CONCAT(TO_JSON_STRING(__kith_key), ',', TO_JSON_STRING(__kith_f0), ',', TO_JSON_STRING(CAST(__kith_f1 AS STRING)), ',', TO_JSON_STRING(CASE WHEN __kith_f2 THEN 'true' WHEN NOT __kith_f2 THEN 'false' END), ',', TO_JSON_STRING(CAST(__kith_f3 AS STRING)), ',', TO_JSON_STRING(__kith_f4), ',', TO_JSON_STRING(CAST(__kith_f5 AS STRING)), ',')) & 0x7FFFFFFFFFFFFFFF, 1) AS __kith_h0, __kith_id AS row_id, __kith_key AS key,
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
) WHERE row_id NOT IN (SELECT row_id FROM `kith`.`job_rows` WHERE job IN (SELECT job FROM (SELECT job, state FROM `kith`.`jobs` WHERE sync = 'people_crm' QUALIFY ROW_NUMBER() OVER (PARTITION BY sync, job ORDER BY ver DESC) = 1) WHERE state = 'open'))
QUALIFY COUNT(*) OVER (PARTITION BY row_id) = 1;

-- rehash
MERGE `kith`.`baseline_people_crm` AS b USING `kith`.`scratch_run_people_crm_rehash_1` AS c ON b.row_id = c.row_id
WHEN MATCHED AND b.mapping = 2 AND (b.h != 0 OR b.gone != 0) THEN UPDATE SET
  h = CASE WHEN b.gone = 0 AND b.key = c.key AND IFNULL(b.match, '') = IFNULL(c.match, '') AND c.absent[ORDINAL(1)] AND IFNULL(b.fh[SAFE_ORDINAL(2)] = c.was_fh[ORDINAL(2)], FALSE) AND IFNULL(b.fh[SAFE_ORDINAL(3)] = c.was_fh[ORDINAL(3)], FALSE) AND IFNULL(b.fh[SAFE_ORDINAL(4)] = c.was_fh[ORDINAL(4)], FALSE) AND IFNULL(b.fh[SAFE_ORDINAL(5)] = c.was_fh[ORDINAL(5)], FALSE) AND IFNULL(b.fh[SAFE_ORDINAL(6)] = c.was_fh[ORDINAL(6)], FALSE) THEN c.h WHEN b.h = c.h THEN ~c.h | 1 ELSE b.h END,
  fh = [IF(c.absent[ORDINAL(1)], c.fh[ORDINAL(1)], c.fh[ORDINAL(1)] ^ 1), IF(IFNULL(b.fh[SAFE_ORDINAL(2)] = c.was_fh[ORDINAL(2)], FALSE), c.fh[ORDINAL(2)], c.fh[ORDINAL(2)] ^ 1), IF(IFNULL(b.fh[SAFE_ORDINAL(3)] = c.was_fh[ORDINAL(3)], FALSE), c.fh[ORDINAL(3)], c.fh[ORDINAL(3)] ^ 1), IF(IFNULL(b.fh[SAFE_ORDINAL(4)] = c.was_fh[ORDINAL(4)], FALSE), c.fh[ORDINAL(4)], c.fh[ORDINAL(4)] ^ 1), IF(IFNULL(b.fh[SAFE_ORDINAL(5)] = c.was_fh[ORDINAL(5)], FALSE), c.fh[ORDINAL(5)], c.fh[ORDINAL(5)] ^ 1), IF(IFNULL(b.fh[SAFE_ORDINAL(6)] = c.was_fh[ORDINAL(6)], FALSE), c.fh[ORDINAL(6)], c.fh[ORDINAL(6)] ^ 1)],
  mapping = 4;

-- digest
CREATE OR REPLACE TABLE `kith`.`scratch_run_best_list_digest` CLUSTER BY bucket OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 2 DAY)) AS
SELECT bucket, COUNTIF(differs) AS d, SUM(copies) AS desired_rows, COUNTIF(b.gone = 0) AS baseline_rows, COUNTIF(b.gone != 0) AS gone_rows, SUM(no_id) AS no_id, SUM(no_key) AS no_key, COUNTIF(b.gone = 0 AND b.mapping != 4) AS earlier_rows,
  ARRAY_AGG(IF(differs, STRUCT(c, b, copies), NULL) IGNORE NULLS) AS pairs
FROM (
  SELECT *, IFNULL(c.kh, IFNULL(b.kh, 0)) >> 47 AS bucket,
    CASE WHEN copies = 0 THEN b.row_id IS NOT NULL AND b.gone = 0 WHEN b.row_id IS NULL OR copies > 1 THEN TRUE ELSE (c.h != b.h OR b.mapping != 4) END AS differs
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

-- changeset
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
      SELECT here, known, copies, reason, CASE WHEN reason = 4 THEN 'remove' WHEN reason = 3 THEN 'remove' WHEN reason = 2 THEN 'remove' WHEN reason = 1 THEN 'remove' ELSE '' END AS action, fh, IF(here AND known, ARRAY(SELECT i FROM UNNEST(fh) AS x WITH OFFSET AS i WHERE x != IFNULL(CASE b.mapping WHEN 1 THEN [] WHEN 3 THEN [] WHEN 4 THEN b.fh ELSE [] END[SAFE_OFFSET(i)], 0) ORDER BY i), []) AS changed, (IFNULL(b.gone = 0 AND b.h != 0 AND b.key = c.key AND b.match = c.match AND b.mapping != 4, FALSE) AND IFNULL(here AND known AND CASE b.mapping WHEN 1 THEN TRUE WHEN 3 THEN TRUE WHEN 4 THEN IFNULL(ARRAY_LENGTH(fh), 0) = IFNULL(ARRAY_LENGTH(b.fh), 0) AND NOT EXISTS (SELECT 1 FROM UNNEST(fh) AS x WITH OFFSET AS i WHERE x != b.fh[SAFE_OFFSET(i)]) ELSE FALSE END, FALSE)) AS same, IFNULL(here AND known AND CASE b.mapping WHEN 1 THEN TRUE WHEN 3 THEN TRUE WHEN 4 THEN IFNULL(ARRAY_LENGTH(fh), 0) = IFNULL(ARRAY_LENGTH(b.fh), 0) AND NOT EXISTS (SELECT 1 FROM UNNEST(fh) AS x WITH OFFSET AS i WHERE x != b.fh[SAFE_OFFSET(i)]) ELSE FALSE END, FALSE) AS unchanged,
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

-- digest
CREATE OR REPLACE TABLE `kith`.`scratch_run_best_list_digest` CLUSTER BY bucket OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 2 DAY)) AS
SELECT bucket, COUNTIF(differs) AS d, SUM(copies) AS desired_rows, COUNTIF(b.gone = 0) AS baseline_rows, COUNTIF(b.gone != 0) AS gone_rows, SUM(no_id) AS no_id, SUM(no_key) AS no_key, COUNTIF(b.gone = 0 AND b.mapping != 4) AS earlier_rows,
  ARRAY_AGG(IF(differs, STRUCT(c, b, copies), NULL) IGNORE NULLS) AS pairs
FROM (
  SELECT *, IFNULL(c.kh, IFNULL(b.kh, 0)) >> 47 AS bucket,
    CASE WHEN copies = 0 THEN b.row_id IS NOT NULL AND b.gone = 0 WHEN b.row_id IS NULL OR copies > 1 THEN TRUE ELSE (b.ver < 30064771072 OR mod(b.ver, 4294967296) = 0 OR c.h != b.h OR b.mapping != 4) END AS differs
  FROM (
    SELECT row_id, ARRAY_AGG(c IGNORE NULLS LIMIT 1)[SAFE_OFFSET(0)] AS c, ARRAY_AGG(b IGNORE NULLS LIMIT 1)[SAFE_OFFSET(0)] AS b,
      COUNTIF(ok) AS copies, COUNTIF(NOT has_id) AS no_id, COUNTIF(has_id AND NOT has_key) AS no_key
    FROM (
      SELECT row_id, IF(ok, STRUCT(kh, h, row_id, key, match, `at`), NULL) AS c, NULL AS b, ok, has_id, has_key
      FROM (SELECT * FROM `kith`.`scratch_run_best_list_desired`)
      UNION ALL
      SELECT row_id, NULL, STRUCT(kh, row_id, key, h, fh, remote_id, match, gone, mapping, ver), FALSE, TRUE, TRUE
      FROM `kith`.`baseline_best_list` WHERE ver > 25769803776
    ) GROUP BY row_id
  )
) GROUP BY bucket;

-- changeset
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
    ) THEN [1, 4] WHEN old_h = 0 AND bare THEN [4] ELSE [3] END AS ops
    FROM (
      SELECT here, known, copies, reason, CASE WHEN reason = 4 THEN 'remove' WHEN reason = 3 THEN 'remove' WHEN reason = 2 THEN 'remove' WHEN reason = 1 THEN 'remove' ELSE '' END AS action, fh, IF(here AND known, ARRAY(SELECT i FROM UNNEST(fh) AS x WITH OFFSET AS i WHERE x != IFNULL(b.fh[SAFE_OFFSET(i)], 0) ORDER BY i), []) AS changed, FALSE AS same,
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

-- changeset
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
    ) THEN [1, 4] WHEN old_h = 0 AND bare THEN [4] ELSE [3] END AS ops
    FROM (
      SELECT here, known, copies, reason, CASE WHEN reason = 4 THEN 'remove' WHEN reason = 3 THEN 'remove' WHEN reason = 2 THEN 'remove' WHEN reason = 1 THEN 'remove' ELSE '' END AS action, fh, IF(here AND known, ARRAY(SELECT i FROM UNNEST(fh) AS x WITH OFFSET AS i WHERE x != IFNULL(CASE b.mapping WHEN 1 THEN [] WHEN 3 THEN [] WHEN 4 THEN b.fh ELSE [] END[SAFE_OFFSET(i)], 0) ORDER BY i), []) AS changed, FALSE AS same,
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

-- adopt
INSERT INTO `kith`.`acks_best_list` (kh, row_id, key, h, fh, remote_id, match, gone, mapping, ver, del, `at`)
SELECT kh, row_id, key, h, [], '', match, 0, 4, 4294967296, 0, CURRENT_TIMESTAMP()
FROM (SELECT * FROM `kith`.`scratch_run_best_list_desired` WHERE ok);

-- forget the rest
INSERT INTO `kith`.`acks_best_list` (kh, row_id, key, h, fh, remote_id, match, gone, mapping, ver, del, `at`)
SELECT kh, row_id, key, h, fh, remote_id, match, gone, mapping, 4294967296, 1, CURRENT_TIMESTAMP()
FROM `kith`.`baseline_best_list` WHERE ver < 4294967296;

-- desired
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

-- adopt
INSERT INTO `kith`.`acks_best_list` (kh, row_id, key, h, fh, remote_id, match, gone, mapping, ver, del, `at`)
SELECT kh, row_id, key, h, [], '', match, 0, 4, 4294967296, 0, CURRENT_TIMESTAMP()
FROM (SELECT * FROM `kith`.`scratch_run_best_list_desired` WHERE ok);

-- desired totals
SELECT COUNTIF(ok), COUNTIF(NOT has_id), COUNTIF(has_id AND NOT has_key) FROM `kith`.`scratch_run_best_list_desired`;

-- shared keys
SELECT IFNULL(SUM(n), 0) FROM (
  SELECT COUNT(*) AS n FROM (
SELECT * FROM `kith`.`scratch_run_best_list_desired` WHERE ok
  ) GROUP BY key HAVING COUNT(*) > 1
);

-- commit
INSERT INTO `kith`.`acks_best_list` (kh, row_id, key, h, fh, remote_id, match, gone, mapping, ver, del, `at`)
SELECT c.kh, c.row_id, c.key, IF(c.op = 1, 0, c.h), IF(c.dropped, [], c.fh), c.remote_id, IF(c.dropped, '', c.match), IF(c.kept, c.reason, 0),
  4, 4294967296 + c.op, IF(c.dropped, 1, 0), CURRENT_TIMESTAMP()
FROM (
  SELECT *, op = 1 AND action IN ('ignore', 'archive', 'set') AS kept, op = 1 AND action NOT IN ('ignore', 'archive', 'set') AS dropped
  FROM `kith`.`changeset_best_list`
) AS c WHERE c.op > 0 AND NOT EXISTS (SELECT 1 FROM `kith`.`scratch_run_best_list_fix` AS f WHERE f.verdict = 9 AND f.op = c.op AND f.row_id = c.row_id);

-- commit log
INSERT INTO `kith`.`sync_log` (`at`, sync, run_id, destination, batch, attempt, kh, op, action, fate, code, vendor_code, reason, job)
SELECT CURRENT_TIMESTAMP(), 'best_list', 'run', 'crm', 0, 1, c.kh, ['silent', 'remove', 'rekey', 'change', 'add'][OFFSET(c.op)], c.action, 'delivered', '', '', '', ''
FROM `kith`.`changeset_best_list` AS c WHERE c.op > 0 AND c.op = 1 AND c.reason = 4 AND NOT EXISTS (SELECT 1 FROM `kith`.`scratch_run_best_list_fix` AS f WHERE f.verdict = 9 AND f.op = c.op AND f.row_id = c.row_id);

-- baseline rows
SELECT COUNTIF(gone = 0), COUNT(*) FROM `kith`.`baseline_best_list`;

-- copy of the baseline
INSERT INTO `kith`.`baseline_best_list` (kh, row_id, key, h, fh, remote_id, match, gone, mapping, ver, del)
SELECT kh, row_id, key, h, fh, remote_id, match, gone, mapping, ver, del FROM `kith`.`baseline_best_list`;

-- held rows
SELECT code, COUNT(DISTINCT IF(code != '', row_id, NULL)) FROM `kith`.`scratch_run_best_list_fix` GROUP BY code ORDER BY code;

-- changeset counts
SELECT op, reason, action, COUNT(*), COUNTIF(ARRAY_LENGTH(changed) > 0), COUNTIF(op = 2 AND gone != 0), COUNTIF((op = 1 OR op = 0 AND reason != 0) AND key != row_id) FROM `kith`.`changeset_best_list` GROUP BY op, reason, action ORDER BY op, reason DESC, action;

-- changeset again
SELECT COUNT(*) FROM `kith`.`changeset_best_list` AS c JOIN `kith`.`baseline_best_list` AS b
ON c.kh = b.kh AND c.row_id = b.row_id AND c.key = b.key AND IFNULL(c.match, '') = IFNULL(b.match, '')
WHERE c.op = 3 AND ARRAY_LENGTH(c.changed) = 0 AND b.h = 0 AND b.gone = 0 AND ARRAY_LENGTH(b.fh) > 0;

-- changed fields
SELECT f, COUNT(*) FROM `kith`.`changeset_best_list` AS c, UNNEST(c.changed) AS f WHERE c.op IN (2, 3) GROUP BY f ORDER BY f;

-- repeated row ids
SELECT COUNT(*), IFNULL(MAX(n), 0) FROM (SELECT COUNT(*) AS n FROM `kith`.`changeset_best_list` WHERE op != 1 GROUP BY kh, row_id HAVING COUNT(*) > 1);

-- repeated desired rows
SELECT COUNT(*), IFNULL(MAX(n), 0) FROM (
  SELECT COUNT(*) AS n FROM (
SELECT * FROM `kith`.`scratch_run_best_list_desired` WHERE ok
  ) GROUP BY kh, row_id HAVING COUNT(*) > 1
);

-- digest totals
SELECT COUNTIF(d != 0), SUM(desired_rows), SUM(baseline_rows), SUM(no_id), SUM(no_key), SUM(d), IF(COUNT(*) > 0 OR NOT EXISTS (SELECT 1 FROM `kith`.`baseline_best_list`), 1, 0), IFNULL(SUM(earlier_rows), 0), IFNULL(SUM(gone_rows), 0)
FROM `kith`.`scratch_run_best_list_digest`;

-- changeset fingerprint
SELECT CAST(IFNULL(SUM(CAST(FARM_FINGERPRINT(CONCAT(CAST(op AS STRING), ',', CAST(kh AS STRING), ',', TO_JSON_STRING(row_id), TO_JSON_STRING(action), CAST(reason AS STRING), TO_JSON_STRING(key), TO_JSON_STRING(old_key), CAST(h AS STRING), ',', TO_JSON_STRING(match), TO_JSON_STRING(fields))) & 0xFFFFFFFFFF AS NUMERIC)), 0) AS STRING), COUNT(*)
FROM `kith`.`changeset_best_list` WHERE op != 0 AND NOT (op = 1 AND reason = 4);

-- changeset beyond
SELECT COUNT(*) FROM `kith`.`changeset_best_list` AS c
WHERE c.op IN (1, 2, 3) AND NOT EXISTS (
  SELECT 1 FROM `kith`.`changeset_best_list_raw` AS o WHERE o.row_id = c.row_id AND (o.op = c.op OR o.op = 2 AND c.op = 3)
    AND (c.op != 1 OR o.key = c.key AND o.action = c.action AND (o.reason = 0) = (c.reason = 0) AND o.fields = c.fields)
);

-- sample
SELECT op, action, reason, key, fields, changed FROM `kith`.`changeset_best_list` WHERE op = 3 ORDER BY kh LIMIT 3;

-- page
SELECT kh, row_id, action, reason, key, old_key, h, fh, fields, match, remote_id, `at`
FROM `kith`.`changeset_best_list`
WHERE op = 4 AND kh BETWEEN 7 AND 9000 AND (kh > 7 OR row_id > 'o\'p')
ORDER BY kh, row_id LIMIT 100;

-- page
SELECT kh, row_id, action, reason, key, old_key, h, fh, fields, match, remote_id, `at`
FROM `kith`.`changeset_best_list`
WHERE op = 1 AND kh BETWEEN 0 AND 9223372036854775807 AND (kh > 0 OR row_id > '') AND reason = 4
ORDER BY kh, row_id LIMIT 100;

-- backoff
INSERT INTO `kith`.`scratch_run_best_list_fix` (kh, row_id, op, verdict, reason, code)
SELECT r.kh, r.row_id, IF(r.op = 1 AND r.reason = 0, 255, r.op), 1, 0, IF(x.code = 'unconfirmed', x.code, 'backoff') FROM (
  SELECT r.kh, r.row_id, r.op, r.reason, IF(r.goes, 1, r.op) AS sent, IF(r.goes, r.h ^ IFNULL(f.why, r.reason), r.h) AS h
  FROM (SELECT kh, row_id, op, h, reason, (op = 1 OR op = 0 AND reason != 0) AS goes FROM `kith`.`changeset_best_list_raw`) AS r
  LEFT JOIN (SELECT row_id, MAX(reason) AS why FROM `kith`.`scratch_run_best_list_fix` WHERE op < 2 AND verdict = 3 GROUP BY row_id) AS f ON r.row_id = f.row_id
) AS r
JOIN (
  SELECT row_id, op, h, code FROM (
    SELECT row_id, op, h, code, mapping, next_try, ver, del FROM `kith`.`rejections` WHERE sync = 'best_list' QUALIFY ROW_NUMBER() OVER (PARTITION BY kh, row_id ORDER BY ver DESC) = 1
  ) WHERE del = 0 AND mapping = 4 AND next_try > TIMESTAMP '1970-01-01 00:00:00.000000+00:00' AND ver > 25769803776
) AS x ON r.row_id = x.row_id AND r.sent = x.op AND r.h = x.h;

-- silent rows
INSERT INTO `kith`.`acks_best_list` (kh, row_id, key, h, fh, remote_id, match, gone, mapping, ver, del, `at`)
SELECT kh, row_id, key, IF(gone = 0, h, 0), fh, remote_id, match, gone, 4, 4294967296, del, CURRENT_TIMESTAMP()
FROM `kith`.`changeset_best_list` WHERE op = 0
UNION ALL
SELECT r.kh, r.row_id, r.key, 0, [], '', r.match, 0, 4, 4294967296, 0, CURRENT_TIMESTAMP()
FROM `kith`.`changeset_best_list_raw` AS r
WHERE r.op = 4 AND NOT EXISTS (SELECT 1 FROM `kith`.`baseline_best_list` AS b WHERE b.row_id = r.row_id AND ver > 25769803776)
  AND r.key IN (SELECT key FROM `kith`.`changeset_best_list` WHERE op = 0 AND del = 1 AND remote_id != '\x1enone' AND row_id NOT IN (SELECT row_id FROM (
  SELECT * FROM (SELECT * FROM `kith`.`foreign_rows` WHERE sync = 'best_list' QUALIFY ROW_NUMBER() OVER (PARTITION BY kh, row_id ORDER BY ver DESC) = 1) WHERE del = 0
)))
UNION ALL
SELECT r.kh, CONCAT(r.row_id, '\x1ekey-', TO_HEX(SUBSTR(SHA256(r.key), 1, 8))), r.key, 0, [], '', '', 0, 4, 4294967296, 0, CURRENT_TIMESTAMP()
FROM `kith`.`changeset_best_list_raw` AS r WHERE r.op = 2 AND r.key IN (SELECT key FROM `kith`.`changeset_best_list` WHERE op = 0 AND del = 1 AND remote_id != '\x1enone' AND row_id NOT IN (SELECT row_id FROM (
  SELECT * FROM (SELECT * FROM `kith`.`foreign_rows` WHERE sync = 'best_list' QUALIFY ROW_NUMBER() OVER (PARTITION BY kh, row_id ORDER BY ver DESC) = 1) WHERE del = 0
)));

-- spared members
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
          SELECT row_id, SPLIT(REPLACE(remote_id, ';', ','), ',') AS tokens FROM `kith`.`baseline_best_list` WHERE gone = 0 AND remote_id != '' AND ver > 25769803776 AND row_id NOT IN (SELECT row_id FROM `kith`.`changeset_best_list_raw` WHERE (op = 1 OR op = 0 AND reason != 0))
        ) AS b, UNNEST(b.tokens) AS token
      ) WHERE token IN (SELECT token FROM (SELECT r.op, r.kh, r.row_id, r.match, r.remote_id, token FROM (SELECT *, SPLIT(REPLACE(remote_id, ';', ','), ',') AS tokens FROM `kith`.`changeset_best_list_raw` WHERE kh BETWEEN 0 AND 9223372036854775807 AND ((op = 1 OR op = 0 AND reason != 0) OR op IN (3, 4)) AND remote_id != '') AS r, UNNEST(r.tokens) AS token)) GROUP BY token
    ) AS k ON l.token = k.token
  )
  GROUP BY op, kh, row_id
) WHERE ARRAY_LENGTH(rest) < had OR ARRAY_LENGTH(records) < had_records;

-- spared values
INSERT INTO `kith`.`acks_best_list` (kh, row_id, key, h, fh, remote_id, match, gone, mapping, ver, del, `at`)
SELECT r.kh, IF(b.row_id IS NULL, r.row_id, CONCAT(r.row_id, '\x1ekey-', TO_HEX(SUBSTR(SHA256(r.match), 1, 8)))), r.key, 0, [], '', r.match, 0, 4, 4294967296, 0, CURRENT_TIMESTAMP()
FROM `kith`.`changeset_best_list_raw` AS r
LEFT JOIN `kith`.`baseline_best_list` AS b ON r.row_id = b.row_id AND b.ver > 25769803776
WHERE r.op = 4 AND r.row_id IN (
  SELECT x.row_id FROM (SELECT row_id, ARRAY_CONCAT(ARRAY(SELECT CONCAT('email', '=', __kith_v) FROM UNNEST(JSON_VALUE_ARRAY(NULLIF(match, ''), '$.email')) AS __kith_v WHERE __kith_v != '')) AS tokens FROM `kith`.`changeset_best_list_raw` WHERE op = 4) AS x, UNNEST(x.tokens) AS token
  WHERE token IN (
    SELECT token FROM (SELECT ARRAY_CONCAT(ARRAY(SELECT CONCAT('email', '=', __kith_v) FROM UNNEST(JSON_VALUE_ARRAY(NULLIF(match, ''), '$.email')) AS __kith_v WHERE __kith_v != '')) AS tokens FROM (SELECT old_match AS match FROM `kith`.`scratch_run_best_list_spared` WHERE old_remote_id = '')) AS s, UNNEST(s.tokens) AS token
  )
);

-- merged entities waiting
SELECT COUNT(*) FROM `kith`.`baseline_best_list` WHERE row_id IN (SELECT old_id FROM (SELECT old_id, new_id FROM (
  SELECT old_id, new_id FROM (
    SELECT old_id, ARRAY_AGG(new_id ORDER BY `at` DESC LIMIT 1)[OFFSET(0)] AS new_id FROM `kith`.`entity_merges`
    WHERE entity = 'person' AND (build = 'build' OR build IN (SELECT build FROM `kith`.`builds`))
    GROUP BY old_id
  ) WHERE new_id != ''
)));

-- desired
CREATE OR REPLACE TABLE `kith`.`scratch_run_best_list_desired_earlier` CLUSTER BY kh, row_id OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 2 DAY)) AS
SELECT (FARM_FINGERPRINT(IFNULL(__kith_id, '')) & 0x7FFFFFFFFFFFFFFF) AS kh, GREATEST(FARM_FINGERPRINT(CONCAT(TO_JSON_STRING('other'), ',', TO_JSON_STRING(__kith_key), ',', TO_JSON_STRING(__kith_match), ',')) & 0x7FFFFFFFFFFFFFFF, 1) AS h, GREATEST(FARM_FINGERPRINT(CONCAT(TO_JSON_STRING(__kith_key), ',', TO_JSON_STRING(__kith_match), ',')) & 0x7FFFFFFFFFFFFFFF, 1) AS __kith_h0, __kith_id AS row_id, __kith_key AS key,
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

-- hashes
CREATE OR REPLACE TABLE `kith`.`scratch_run_best_list_rehash_0` OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 2 DAY)) AS
SELECT row_id, h, __kith_h0 AS was, [] AS fh, [] AS was_fh
FROM (
SELECT * FROM `kith`.`scratch_run_best_list_desired_earlier` WHERE ok
) WHERE row_id NOT IN (SELECT row_id FROM `kith`.`job_rows` WHERE job IN (SELECT job FROM (SELECT job, state FROM `kith`.`jobs` WHERE sync = 'best_list' QUALIFY ROW_NUMBER() OVER (PARTITION BY sync, job ORDER BY ver DESC) = 1) WHERE state = 'open'))
QUALIFY COUNT(*) OVER (PARTITION BY row_id) = 1;

-- rehash
MERGE `kith`.`baseline_best_list` AS b USING `kith`.`scratch_run_best_list_rehash_0` AS c ON b.row_id = c.row_id
WHEN MATCHED AND b.mapping = 1 AND (b.h != 0 OR b.gone != 0) THEN UPDATE SET
  h = CASE WHEN b.h = c.was THEN c.h WHEN b.h = c.h THEN ~c.h | 1 ELSE b.h END,
  fh = [],
  mapping = 4;

-- backoff of before
INSERT INTO `kith`.`scratch_run_best_list_fix` (kh, row_id, op, verdict, reason, code)
SELECT r.kh, r.row_id, IF(r.op = 1 AND r.reason = 0, 255, r.op), 1, 0, IF(x.code = 'unconfirmed', x.code, 'backoff') FROM (
  SELECT r.kh, r.row_id, r.op, r.reason, IF(r.goes, 1, r.op) AS sent, IF(r.goes, r.h ^ IFNULL(f.why, r.reason), r.h) AS h
  FROM (SELECT kh, row_id, op, h, reason, (op = 1 OR op = 0 AND reason != 0) AS goes FROM `kith`.`changeset_best_list_raw`) AS r
  LEFT JOIN (SELECT row_id, MAX(reason) AS why FROM `kith`.`scratch_run_best_list_fix` WHERE op < 2 AND verdict = 3 GROUP BY row_id) AS f ON r.row_id = f.row_id
) AS r
JOIN (
  SELECT x.row_id AS row_id, x.op AS op, IF(x.op = 1, x.h, c.h) AS h, x.code AS code FROM (
    SELECT row_id, op, h, code FROM (
      SELECT row_id, op, h, code, mapping, next_try, ver, del FROM `kith`.`rejections` WHERE sync = 'best_list' QUALIFY ROW_NUMBER() OVER (PARTITION BY kh, row_id ORDER BY ver DESC) = 1
    ) WHERE del = 0 AND mapping = 1 AND next_try > TIMESTAMP '1970-01-01 00:00:00.000000+00:00'
  ) AS x
  LEFT JOIN (
    SELECT row_id, h, __kith_h0 AS was FROM (
SELECT * FROM `kith`.`scratch_run_best_list_desired_earlier` WHERE ok
    ) WHERE row_id IN (SELECT row_id FROM `kith`.`rejections` WHERE sync = 'best_list' AND mapping = 1)
  ) AS c ON x.row_id = c.row_id
  WHERE x.op = 1 OR x.h = c.was
) AS x ON r.row_id = x.row_id AND r.sent = x.op AND r.h = x.h;

-- hashes
CREATE OR REPLACE TABLE `kith`.`scratch_run_best_list_rehash_1` OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 2 DAY)) AS
SELECT row_id, h, key, match, [] AS fh, [] AS was_fh
FROM (
SELECT * FROM `kith`.`scratch_run_best_list_desired_earlier` WHERE ok
) WHERE row_id NOT IN (SELECT row_id FROM `kith`.`job_rows` WHERE job IN (SELECT job FROM (SELECT job, state FROM `kith`.`jobs` WHERE sync = 'best_list' QUALIFY ROW_NUMBER() OVER (PARTITION BY sync, job ORDER BY ver DESC) = 1) WHERE state = 'open'))
QUALIFY COUNT(*) OVER (PARTITION BY row_id) = 1;

-- rehash
MERGE `kith`.`baseline_best_list` AS b USING `kith`.`scratch_run_best_list_rehash_1` AS c ON b.row_id = c.row_id
WHEN MATCHED AND b.mapping = 2 AND (b.h != 0 OR b.gone != 0) THEN UPDATE SET
  h = CASE WHEN b.gone = 0 AND b.key = c.key AND IFNULL(b.match, '') = IFNULL(c.match, '') THEN c.h WHEN b.h = c.h THEN ~c.h | 1 ELSE b.h END,
  fh = [],
  mapping = 4;

-- digest
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

-- changeset
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
      SELECT here, known, copies, reason, CASE WHEN reason = 4 THEN 'ignore' WHEN reason = 3 THEN 'ignore' WHEN reason = 2 THEN 'ignore' WHEN reason = 1 THEN 'ignore' ELSE '' END AS action, fh, IF(here AND known, ARRAY(SELECT i FROM UNNEST(fh) AS x WITH OFFSET AS i WHERE x != IFNULL(b.fh[SAFE_OFFSET(i)], 0) ORDER BY i), []) AS changed, (IFNULL(b.gone = 0 AND b.h != 0 AND b.key = c.key AND b.match = c.match AND b.mapping != 4, FALSE) AND IFNULL(here AND known AND IFNULL(ARRAY_LENGTH(fh), 0) = IFNULL(ARRAY_LENGTH(b.fh), 0) AND NOT EXISTS (SELECT 1 FROM UNNEST(fh) AS x WITH OFFSET AS i WHERE x != b.fh[SAFE_OFFSET(i)]), FALSE)) AS same,
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

-- digest
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
      FROM `kith`.`baseline_odd_events` WHERE ver > 25769803776
    ) GROUP BY row_id
  )
) GROUP BY bucket;

-- changeset
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

-- changeset
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

-- adopt
INSERT INTO `kith`.`acks_odd_events` (kh, row_id, key, h, fh, remote_id, match, gone, mapping, ver, del, `at`)
SELECT kh, row_id, key, h, [(FARM_FINGERPRINT(TO_JSON_STRING(CAST(__kith_f0 AS STRING))) & 0xFFFFFFFF), (FARM_FINGERPRINT(TO_JSON_STRING(CAST(__kith_f1 AS STRING))) & 0xFFFFFFFF)], '', match, 0, 4, 4294967296, 0, CURRENT_TIMESTAMP()
FROM (SELECT * FROM `kith`.`scratch_run_odd_events_desired` WHERE ok);

-- forget the rest
INSERT INTO `kith`.`acks_odd_events` (kh, row_id, key, h, fh, remote_id, match, gone, mapping, ver, del, `at`)
SELECT kh, row_id, key, h, fh, remote_id, match, gone, mapping, 4294967296, 1, CURRENT_TIMESTAMP()
FROM `kith`.`baseline_odd_events` WHERE ver < 4294967296;

-- desired
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

-- adopt
INSERT INTO `kith`.`acks_odd_events` (kh, row_id, key, h, fh, remote_id, match, gone, mapping, ver, del, `at`)
SELECT kh, row_id, key, h, [(FARM_FINGERPRINT(TO_JSON_STRING(CAST(__kith_f0 AS STRING))) & 0xFFFFFFFF), (FARM_FINGERPRINT(TO_JSON_STRING(CAST(__kith_f1 AS STRING))) & 0xFFFFFFFF)], '', match, 0, 4, 4294967296, 0, CURRENT_TIMESTAMP()
FROM (SELECT * FROM `kith`.`scratch_run_odd_events_desired` WHERE ok);

-- desired totals
SELECT COUNTIF(ok), COUNTIF(NOT has_id), COUNTIF(has_id AND NOT has_key) FROM `kith`.`scratch_run_odd_events_desired`;

-- shared keys
SELECT IFNULL(SUM(n), 0) FROM (
  SELECT COUNT(*) AS n FROM (
SELECT * FROM `kith`.`scratch_run_odd_events_desired` WHERE ok
  ) GROUP BY key HAVING COUNT(*) > 1
);

-- commit
INSERT INTO `kith`.`acks_odd_events` (kh, row_id, key, h, fh, remote_id, match, gone, mapping, ver, del, `at`)
SELECT c.kh, c.row_id, c.key, IF(c.op = 1, 0, c.h), IF(c.dropped, [], c.fh), c.remote_id, IF(c.dropped, '', c.match), IF(c.kept, c.reason, 0),
  4, 4294967296 + c.op, IF(c.dropped, 1, 0), CURRENT_TIMESTAMP()
FROM (
  SELECT *, op = 1 AND action IN ('ignore', 'archive', 'set') AS kept, op = 1 AND action NOT IN ('ignore', 'archive', 'set') AS dropped
  FROM `kith`.`changeset_odd_events`
) AS c WHERE c.op > 0 AND NOT EXISTS (SELECT 1 FROM `kith`.`scratch_run_odd_events_fix` AS f WHERE f.verdict = 9 AND f.op = c.op AND f.row_id = c.row_id);

-- commit log
INSERT INTO `kith`.`sync_log` (`at`, sync, run_id, destination, batch, attempt, kh, op, action, fate, code, vendor_code, reason, job)
SELECT CURRENT_TIMESTAMP(), 'odd_events', 'run', 'crm', 0, 1, c.kh, ['silent', 'remove', 'rekey', 'change', 'add'][OFFSET(c.op)], c.action, 'delivered', '', '', '', ''
FROM `kith`.`changeset_odd_events` AS c WHERE c.op > 0 AND c.op = 1 AND c.reason = 4 AND NOT EXISTS (SELECT 1 FROM `kith`.`scratch_run_odd_events_fix` AS f WHERE f.verdict = 9 AND f.op = c.op AND f.row_id = c.row_id);

-- baseline rows
SELECT COUNTIF(gone = 0), COUNT(*) FROM `kith`.`baseline_odd_events`;

-- copy of the baseline
INSERT INTO `kith`.`baseline_odd_events` (kh, row_id, key, h, fh, remote_id, match, gone, mapping, ver, del)
SELECT kh, row_id, key, h, fh, remote_id, match, gone, mapping, ver, del FROM `kith`.`baseline_odd_events`;

-- held rows
SELECT code, COUNT(DISTINCT IF(code != '', row_id, NULL)) FROM `kith`.`scratch_run_odd_events_fix` GROUP BY code ORDER BY code;

-- changeset counts
SELECT op, reason, action, COUNT(*), COUNTIF(ARRAY_LENGTH(changed) > 0), COUNTIF(op = 2 AND gone != 0), COUNTIF((op = 1 OR op = 0 AND reason != 0) AND key != row_id) FROM `kith`.`changeset_odd_events` GROUP BY op, reason, action ORDER BY op, reason DESC, action;

-- changeset again
SELECT COUNT(*) FROM `kith`.`changeset_odd_events` AS c JOIN `kith`.`baseline_odd_events` AS b
ON c.kh = b.kh AND c.row_id = b.row_id AND c.key = b.key AND IFNULL(c.match, '') = IFNULL(b.match, '')
WHERE c.op = 3 AND ARRAY_LENGTH(c.changed) = 0 AND b.h = 0 AND b.gone = 0 AND ARRAY_LENGTH(b.fh) > 0;

-- changed fields
SELECT f, COUNT(*) FROM `kith`.`changeset_odd_events` AS c, UNNEST(c.changed) AS f WHERE c.op IN (2, 3) GROUP BY f ORDER BY f;

-- repeated row ids
SELECT COUNT(*), IFNULL(MAX(n), 0) FROM (SELECT COUNT(*) AS n FROM `kith`.`changeset_odd_events` WHERE op != 1 GROUP BY kh, row_id HAVING COUNT(*) > 1);

-- repeated desired rows
SELECT COUNT(*), IFNULL(MAX(n), 0) FROM (
  SELECT COUNT(*) AS n FROM (
SELECT * FROM `kith`.`scratch_run_odd_events_desired` WHERE ok
  ) GROUP BY kh, row_id HAVING COUNT(*) > 1
);

-- digest totals
SELECT COUNTIF(d != 0), SUM(desired_rows), SUM(baseline_rows), SUM(no_id), SUM(no_key), SUM(d), IF(COUNT(*) > 0 OR NOT EXISTS (SELECT 1 FROM `kith`.`baseline_odd_events`), 1, 0), IFNULL(SUM(earlier_rows), 0), IFNULL(SUM(gone_rows), 0)
FROM `kith`.`scratch_run_odd_events_digest`;

-- changeset fingerprint
SELECT CAST(IFNULL(SUM(CAST(FARM_FINGERPRINT(CONCAT(CAST(op AS STRING), ',', CAST(kh AS STRING), ',', TO_JSON_STRING(row_id), TO_JSON_STRING(action), CAST(reason AS STRING), TO_JSON_STRING(key), TO_JSON_STRING(old_key), CAST(h AS STRING), ',', TO_JSON_STRING(match), TO_JSON_STRING(fields), CAST(IFNULL(UNIX_MICROS(`at`), 0) AS STRING))) & 0xFFFFFFFFFF AS NUMERIC)), 0) AS STRING), COUNT(*)
FROM `kith`.`changeset_odd_events` WHERE op != 0 AND NOT (op = 1 AND reason = 4);

-- changeset beyond
SELECT COUNT(*) FROM `kith`.`changeset_odd_events` AS c
WHERE c.op IN (1, 2, 3) AND NOT EXISTS (
  SELECT 1 FROM `kith`.`changeset_odd_events_raw` AS o WHERE o.row_id = c.row_id AND (o.op = c.op OR o.op = 2 AND c.op = 3)
    AND (c.op != 1 OR o.key = c.key AND o.action = c.action AND (o.reason = 0) = (c.reason = 0) AND o.fields = c.fields)
);

-- sample
SELECT op, action, reason, key, fields, changed FROM `kith`.`changeset_odd_events` WHERE op = 3 ORDER BY kh LIMIT 3;

-- page
SELECT kh, row_id, action, reason, key, old_key, h, fh, fields, match, remote_id, `at`
FROM `kith`.`changeset_odd_events`
WHERE op = 4 AND kh BETWEEN 7 AND 9000 AND (kh > 7 OR row_id > 'o\'p')
ORDER BY kh, row_id LIMIT 100;

-- page
SELECT kh, row_id, action, reason, key, old_key, h, fh, fields, match, remote_id, `at`
FROM `kith`.`changeset_odd_events`
WHERE op = 1 AND kh BETWEEN 0 AND 9223372036854775807 AND (kh > 0 OR row_id > '') AND reason = 4
ORDER BY kh, row_id LIMIT 100;

-- backoff
INSERT INTO `kith`.`scratch_run_odd_events_fix` (kh, row_id, op, verdict, reason, code)
SELECT r.kh, r.row_id, IF(r.op = 1 AND r.reason = 0, 255, r.op), 1, 0, IF(x.code = 'unconfirmed', x.code, 'backoff') FROM (
  SELECT r.kh, r.row_id, r.op, r.reason, IF(r.goes, 1, r.op) AS sent, IF(r.goes, r.h ^ IFNULL(f.why, r.reason), r.h) AS h
  FROM (SELECT kh, row_id, op, h, reason, (op = 1 OR op = 0 AND reason != 0) AS goes FROM `kith`.`changeset_odd_events_raw`) AS r
  LEFT JOIN (SELECT row_id, MAX(reason) AS why FROM `kith`.`scratch_run_odd_events_fix` WHERE op < 2 AND verdict = 3 GROUP BY row_id) AS f ON r.row_id = f.row_id
) AS r
JOIN (
  SELECT row_id, op, h, code FROM (
    SELECT row_id, op, h, code, mapping, next_try, ver, del FROM `kith`.`rejections` WHERE sync = 'odd_events' QUALIFY ROW_NUMBER() OVER (PARTITION BY kh, row_id ORDER BY ver DESC) = 1
  ) WHERE del = 0 AND mapping = 4 AND next_try > TIMESTAMP '1970-01-01 00:00:00.000000+00:00' AND ver > 25769803776
) AS x ON r.row_id = x.row_id AND r.sent = x.op AND r.h = x.h;

-- silent rows
INSERT INTO `kith`.`acks_odd_events` (kh, row_id, key, h, fh, remote_id, match, gone, mapping, ver, del, `at`)
SELECT kh, row_id, key, IF(gone = 0, h, 0), fh, remote_id, match, gone, 4, 4294967296, del, CURRENT_TIMESTAMP()
FROM `kith`.`changeset_odd_events` WHERE op = 0
UNION ALL
SELECT r.kh, r.row_id, r.key, 0, [], '', r.match, 0, 4, 4294967296, 0, CURRENT_TIMESTAMP()
FROM `kith`.`changeset_odd_events_raw` AS r
WHERE r.op = 4 AND NOT EXISTS (SELECT 1 FROM `kith`.`baseline_odd_events` AS b WHERE b.row_id = r.row_id AND ver > 25769803776)
  AND r.key IN (SELECT key FROM `kith`.`changeset_odd_events` WHERE op = 0 AND del = 1 AND remote_id != '\x1enone' AND row_id NOT IN (SELECT row_id FROM (
  SELECT * FROM (SELECT * FROM `kith`.`foreign_rows` WHERE sync = 'odd_events' QUALIFY ROW_NUMBER() OVER (PARTITION BY kh, row_id ORDER BY ver DESC) = 1) WHERE del = 0
)))
UNION ALL
SELECT r.kh, CONCAT(r.row_id, '\x1ekey-', TO_HEX(SUBSTR(SHA256(r.key), 1, 8))), r.key, 0, [], '', '', 0, 4, 4294967296, 0, CURRENT_TIMESTAMP()
FROM `kith`.`changeset_odd_events_raw` AS r WHERE r.op = 2 AND r.key IN (SELECT key FROM `kith`.`changeset_odd_events` WHERE op = 0 AND del = 1 AND remote_id != '\x1enone' AND row_id NOT IN (SELECT row_id FROM (
  SELECT * FROM (SELECT * FROM `kith`.`foreign_rows` WHERE sync = 'odd_events' QUALIFY ROW_NUMBER() OVER (PARTITION BY kh, row_id ORDER BY ver DESC) = 1) WHERE del = 0
)));

-- expired events
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
) WHERE IFNULL((__kith_at < TIMESTAMP_SUB(TIMESTAMP '1970-01-01 00:00:00.000000+00:00', INTERVAL 604800000000 MICROSECOND)), FALSE) AND IFNULL(__kith_id, '') NOT IN (SELECT row_id FROM `kith`.`baseline_odd_events` WHERE h != 0 AND ver > 25769803776);

-- digest
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

-- changeset
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
      SELECT here, known, copies, reason, CASE WHEN reason = 4 THEN 'ignore' WHEN reason = 3 THEN 'ignore' WHEN reason = 2 THEN 'ignore' WHEN reason = 1 THEN 'ignore' ELSE '' END AS action, fh, IF(here AND known, ARRAY(SELECT i FROM UNNEST(fh) AS x WITH OFFSET AS i WHERE x != IFNULL(b.fh[SAFE_OFFSET(i)], 0) ORDER BY i), []) AS changed, (IFNULL(b.gone = 0 AND b.h != 0 AND b.key = c.key AND b.match = c.match AND b.mapping != 4, FALSE) AND IFNULL(here AND known AND IFNULL(ARRAY_LENGTH(fh), 0) = IFNULL(ARRAY_LENGTH(b.fh), 0) AND NOT EXISTS (SELECT 1 FROM UNNEST(fh) AS x WITH OFFSET AS i WHERE x != b.fh[SAFE_OFFSET(i)]), FALSE)) AS same,
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

-- digest
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
      FROM `kith`.`baseline_day_events` WHERE ver > 25769803776
    ) GROUP BY row_id
  )
) GROUP BY bucket;

-- changeset
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

-- changeset
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

-- adopt
INSERT INTO `kith`.`acks_day_events` (kh, row_id, key, h, fh, remote_id, match, gone, mapping, ver, del, `at`)
SELECT kh, row_id, key, h, [], '', match, 0, 4, 4294967296, 0, CURRENT_TIMESTAMP()
FROM (
SELECT (FARM_FINGERPRINT(IFNULL(__kith_id, '')) & 0x7FFFFFFFFFFFFFFF) AS kh, GREATEST(FARM_FINGERPRINT(CONCAT(TO_JSON_STRING(__kith_id), ',')) & 0x7FFFFFFFFFFFFFFF, 1) AS h, __kith_id AS row_id, __kith_key AS key,
  __kith_match AS match, __kith_at AS `at`
FROM (
SELECT NULLIF(__kith_s.`id`, '') AS __kith_id,
  NULLIF(__kith_s.`id`, '') AS __kith_key,
  '' AS __kith_match,
  TIMESTAMP(__kith_s.`day`, 'Europe/Amsterdam') AS __kith_at
FROM (
SELECT CAST(__kith_t.`id` AS STRING) AS `id`, CAST(__kith_t.`day` AS DATE) AS `day` FROM `raw`.`days` AS __kith_t
) AS __kith_s
WHERE IFNULL((TIMESTAMP(__kith_s.`day`, 'Europe/Amsterdam') >= TIMESTAMP(DATE_TRUNC(DATE(TIMESTAMP '1970-01-01 00:00:00.000000+00:00', 'Europe/Amsterdam'), DAY), 'Europe/Amsterdam')), FALSE)
) WHERE ((IFNULL(__kith_id, '') != '') AND (IFNULL(__kith_key, '') != '')) AND NOT IFNULL((__kith_at < TIMESTAMP_SUB(TIMESTAMP '1970-01-01 00:00:00.000000+00:00', INTERVAL 604800000000 MICROSECOND)), FALSE)
);

-- forget the rest
INSERT INTO `kith`.`acks_day_events` (kh, row_id, key, h, fh, remote_id, match, gone, mapping, ver, del, `at`)
SELECT kh, row_id, key, h, fh, remote_id, match, gone, mapping, 4294967296, 1, CURRENT_TIMESTAMP()
FROM `kith`.`baseline_day_events` WHERE ver < 4294967296;

-- desired
CREATE OR REPLACE TABLE `kith`.`scratch_run_day_events_desired` CLUSTER BY kh, row_id OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 2 DAY)) AS
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
);

-- adopt
INSERT INTO `kith`.`acks_day_events` (kh, row_id, key, h, fh, remote_id, match, gone, mapping, ver, del, `at`)
SELECT kh, row_id, key, h, [], '', match, 0, 4, 4294967296, 0, CURRENT_TIMESTAMP()
FROM (SELECT * FROM `kith`.`scratch_run_day_events_desired` WHERE ok);

-- desired totals
SELECT COUNTIF(ok), COUNTIF(NOT has_id), COUNTIF(has_id AND NOT has_key) FROM `kith`.`scratch_run_day_events_desired`;

-- shared keys
SELECT IFNULL(SUM(n), 0) FROM (
  SELECT COUNT(*) AS n FROM (
SELECT (FARM_FINGERPRINT(IFNULL(__kith_id, '')) & 0x7FFFFFFFFFFFFFFF) AS kh, GREATEST(FARM_FINGERPRINT(CONCAT(TO_JSON_STRING(__kith_id), ',')) & 0x7FFFFFFFFFFFFFFF, 1) AS h, __kith_id AS row_id, __kith_key AS key,
  __kith_match AS match, __kith_at AS `at`
FROM (
SELECT NULLIF(__kith_s.`id`, '') AS __kith_id,
  NULLIF(__kith_s.`id`, '') AS __kith_key,
  '' AS __kith_match,
  TIMESTAMP(__kith_s.`day`, 'Europe/Amsterdam') AS __kith_at
FROM (
SELECT CAST(__kith_t.`id` AS STRING) AS `id`, CAST(__kith_t.`day` AS DATE) AS `day` FROM `raw`.`days` AS __kith_t
) AS __kith_s
WHERE IFNULL((TIMESTAMP(__kith_s.`day`, 'Europe/Amsterdam') >= TIMESTAMP(DATE_TRUNC(DATE(TIMESTAMP '1970-01-01 00:00:00.000000+00:00', 'Europe/Amsterdam'), DAY), 'Europe/Amsterdam')), FALSE)
) WHERE ((IFNULL(__kith_id, '') != '') AND (IFNULL(__kith_key, '') != '')) AND NOT IFNULL((__kith_at < TIMESTAMP_SUB(TIMESTAMP '1970-01-01 00:00:00.000000+00:00', INTERVAL 604800000000 MICROSECOND)), FALSE)
  ) GROUP BY key HAVING COUNT(*) > 1
);

-- commit
INSERT INTO `kith`.`acks_day_events` (kh, row_id, key, h, fh, remote_id, match, gone, mapping, ver, del, `at`)
SELECT c.kh, c.row_id, c.key, IF(c.op = 1, 0, c.h), IF(c.dropped, [], c.fh), c.remote_id, IF(c.dropped, '', c.match), IF(c.kept, c.reason, 0),
  4, 4294967296 + c.op, IF(c.dropped, 1, 0), CURRENT_TIMESTAMP()
FROM (
  SELECT *, op = 1 AND action IN ('ignore', 'archive', 'set') AS kept, op = 1 AND action NOT IN ('ignore', 'archive', 'set') AS dropped
  FROM `kith`.`changeset_day_events`
) AS c WHERE c.op > 0 AND NOT EXISTS (SELECT 1 FROM `kith`.`scratch_run_day_events_fix` AS f WHERE f.verdict = 9 AND f.op = c.op AND f.row_id = c.row_id);

-- commit log
INSERT INTO `kith`.`sync_log` (`at`, sync, run_id, destination, batch, attempt, kh, op, action, fate, code, vendor_code, reason, job)
SELECT CURRENT_TIMESTAMP(), 'day_events', 'run', 'crm', 0, 1, c.kh, ['silent', 'remove', 'rekey', 'change', 'add'][OFFSET(c.op)], c.action, 'delivered', '', '', '', ''
FROM `kith`.`changeset_day_events` AS c WHERE c.op > 0 AND c.op = 1 AND c.reason = 4 AND NOT EXISTS (SELECT 1 FROM `kith`.`scratch_run_day_events_fix` AS f WHERE f.verdict = 9 AND f.op = c.op AND f.row_id = c.row_id);

-- baseline rows
SELECT COUNTIF(gone = 0), COUNT(*) FROM `kith`.`baseline_day_events`;

-- copy of the baseline
INSERT INTO `kith`.`baseline_day_events` (kh, row_id, key, h, fh, remote_id, match, gone, mapping, ver, del)
SELECT kh, row_id, key, h, fh, remote_id, match, gone, mapping, ver, del FROM `kith`.`baseline_day_events`;

-- held rows
SELECT code, COUNT(DISTINCT IF(code != '', row_id, NULL)) FROM `kith`.`scratch_run_day_events_fix` GROUP BY code ORDER BY code;

-- changeset counts
SELECT op, reason, action, COUNT(*), COUNTIF(ARRAY_LENGTH(changed) > 0), COUNTIF(op = 2 AND gone != 0), COUNTIF((op = 1 OR op = 0 AND reason != 0) AND key != row_id) FROM `kith`.`changeset_day_events` GROUP BY op, reason, action ORDER BY op, reason DESC, action;

-- changeset again
SELECT COUNT(*) FROM `kith`.`changeset_day_events` AS c JOIN `kith`.`baseline_day_events` AS b
ON c.kh = b.kh AND c.row_id = b.row_id AND c.key = b.key AND IFNULL(c.match, '') = IFNULL(b.match, '')
WHERE c.op = 3 AND ARRAY_LENGTH(c.changed) = 0 AND b.h = 0 AND b.gone = 0 AND ARRAY_LENGTH(b.fh) > 0;

-- changed fields
SELECT f, COUNT(*) FROM `kith`.`changeset_day_events` AS c, UNNEST(c.changed) AS f WHERE c.op IN (2, 3) GROUP BY f ORDER BY f;

-- repeated row ids
SELECT COUNT(*), IFNULL(MAX(n), 0) FROM (SELECT COUNT(*) AS n FROM `kith`.`changeset_day_events` WHERE op != 1 GROUP BY kh, row_id HAVING COUNT(*) > 1);

-- repeated desired rows
SELECT COUNT(*), IFNULL(MAX(n), 0) FROM (
  SELECT COUNT(*) AS n FROM (
SELECT (FARM_FINGERPRINT(IFNULL(__kith_id, '')) & 0x7FFFFFFFFFFFFFFF) AS kh, GREATEST(FARM_FINGERPRINT(CONCAT(TO_JSON_STRING(__kith_id), ',')) & 0x7FFFFFFFFFFFFFFF, 1) AS h, __kith_id AS row_id, __kith_key AS key,
  __kith_match AS match, __kith_at AS `at`
FROM (
SELECT NULLIF(__kith_s.`id`, '') AS __kith_id,
  NULLIF(__kith_s.`id`, '') AS __kith_key,
  '' AS __kith_match,
  TIMESTAMP(__kith_s.`day`, 'Europe/Amsterdam') AS __kith_at
FROM (
SELECT CAST(__kith_t.`id` AS STRING) AS `id`, CAST(__kith_t.`day` AS DATE) AS `day` FROM `raw`.`days` AS __kith_t
) AS __kith_s
WHERE IFNULL((TIMESTAMP(__kith_s.`day`, 'Europe/Amsterdam') >= TIMESTAMP(DATE_TRUNC(DATE(TIMESTAMP '1970-01-01 00:00:00.000000+00:00', 'Europe/Amsterdam'), DAY), 'Europe/Amsterdam')), FALSE)
) WHERE ((IFNULL(__kith_id, '') != '') AND (IFNULL(__kith_key, '') != '')) AND NOT IFNULL((__kith_at < TIMESTAMP_SUB(TIMESTAMP '1970-01-01 00:00:00.000000+00:00', INTERVAL 604800000000 MICROSECOND)), FALSE)
  ) GROUP BY kh, row_id HAVING COUNT(*) > 1
);

-- digest totals
SELECT COUNTIF(d != 0), SUM(desired_rows), SUM(baseline_rows), SUM(no_id), SUM(no_key), SUM(d), IF(COUNT(*) > 0 OR NOT EXISTS (SELECT 1 FROM `kith`.`baseline_day_events`), 1, 0), IFNULL(SUM(earlier_rows), 0), IFNULL(SUM(gone_rows), 0)
FROM `kith`.`scratch_run_day_events_digest`;

-- changeset fingerprint
SELECT CAST(IFNULL(SUM(CAST(FARM_FINGERPRINT(CONCAT(CAST(op AS STRING), ',', CAST(kh AS STRING), ',', TO_JSON_STRING(row_id), TO_JSON_STRING(action), CAST(reason AS STRING), TO_JSON_STRING(key), TO_JSON_STRING(old_key), CAST(h AS STRING), ',', TO_JSON_STRING(match), TO_JSON_STRING(fields), CAST(IFNULL(UNIX_MICROS(`at`), 0) AS STRING))) & 0xFFFFFFFFFF AS NUMERIC)), 0) AS STRING), COUNT(*)
FROM `kith`.`changeset_day_events` WHERE op != 0 AND NOT (op = 1 AND reason = 4);

-- changeset beyond
SELECT COUNT(*) FROM `kith`.`changeset_day_events` AS c
WHERE c.op IN (1, 2, 3) AND NOT EXISTS (
  SELECT 1 FROM `kith`.`changeset_day_events_raw` AS o WHERE o.row_id = c.row_id AND (o.op = c.op OR o.op = 2 AND c.op = 3)
    AND (c.op != 1 OR o.key = c.key AND o.action = c.action AND (o.reason = 0) = (c.reason = 0) AND o.fields = c.fields)
);

-- sample
SELECT op, action, reason, key, fields, changed FROM `kith`.`changeset_day_events` WHERE op = 3 ORDER BY kh LIMIT 3;

-- page
SELECT kh, row_id, action, reason, key, old_key, h, fh, fields, match, remote_id, `at`
FROM `kith`.`changeset_day_events`
WHERE op = 4 AND kh BETWEEN 7 AND 9000 AND (kh > 7 OR row_id > 'o\'p')
ORDER BY kh, row_id LIMIT 100;

-- page
SELECT kh, row_id, action, reason, key, old_key, h, fh, fields, match, remote_id, `at`
FROM `kith`.`changeset_day_events`
WHERE op = 1 AND kh BETWEEN 0 AND 9223372036854775807 AND (kh > 0 OR row_id > '') AND reason = 4
ORDER BY kh, row_id LIMIT 100;

-- backoff
INSERT INTO `kith`.`scratch_run_day_events_fix` (kh, row_id, op, verdict, reason, code)
SELECT r.kh, r.row_id, IF(r.op = 1 AND r.reason = 0, 255, r.op), 1, 0, IF(x.code = 'unconfirmed', x.code, 'backoff') FROM (
  SELECT r.kh, r.row_id, r.op, r.reason, IF(r.goes, 1, r.op) AS sent, IF(r.goes, r.h ^ IFNULL(f.why, r.reason), r.h) AS h
  FROM (SELECT kh, row_id, op, h, reason, (op = 1 OR op = 0 AND reason != 0) AS goes FROM `kith`.`changeset_day_events_raw`) AS r
  LEFT JOIN (SELECT row_id, MAX(reason) AS why FROM `kith`.`scratch_run_day_events_fix` WHERE op < 2 AND verdict = 3 GROUP BY row_id) AS f ON r.row_id = f.row_id
) AS r
JOIN (
  SELECT row_id, op, h, code FROM (
    SELECT row_id, op, h, code, mapping, next_try, ver, del FROM `kith`.`rejections` WHERE sync = 'day_events' QUALIFY ROW_NUMBER() OVER (PARTITION BY kh, row_id ORDER BY ver DESC) = 1
  ) WHERE del = 0 AND mapping = 4 AND next_try > TIMESTAMP '1970-01-01 00:00:00.000000+00:00' AND ver > 25769803776
) AS x ON r.row_id = x.row_id AND r.sent = x.op AND r.h = x.h;

-- silent rows
INSERT INTO `kith`.`acks_day_events` (kh, row_id, key, h, fh, remote_id, match, gone, mapping, ver, del, `at`)
SELECT kh, row_id, key, IF(gone = 0, h, 0), fh, remote_id, match, gone, 4, 4294967296, del, CURRENT_TIMESTAMP()
FROM `kith`.`changeset_day_events` WHERE op = 0
UNION ALL
SELECT r.kh, r.row_id, r.key, 0, [], '', r.match, 0, 4, 4294967296, 0, CURRENT_TIMESTAMP()
FROM `kith`.`changeset_day_events_raw` AS r
WHERE r.op = 4 AND NOT EXISTS (SELECT 1 FROM `kith`.`baseline_day_events` AS b WHERE b.row_id = r.row_id AND ver > 25769803776)
  AND r.key IN (SELECT key FROM `kith`.`changeset_day_events` WHERE op = 0 AND del = 1 AND remote_id != '\x1enone' AND row_id NOT IN (SELECT row_id FROM (
  SELECT * FROM (SELECT * FROM `kith`.`foreign_rows` WHERE sync = 'day_events' QUALIFY ROW_NUMBER() OVER (PARTITION BY kh, row_id ORDER BY ver DESC) = 1) WHERE del = 0
)))
UNION ALL
SELECT r.kh, CONCAT(r.row_id, '\x1ekey-', TO_HEX(SUBSTR(SHA256(r.key), 1, 8))), r.key, 0, [], '', '', 0, 4, 4294967296, 0, CURRENT_TIMESTAMP()
FROM `kith`.`changeset_day_events_raw` AS r WHERE r.op = 2 AND r.key IN (SELECT key FROM `kith`.`changeset_day_events` WHERE op = 0 AND del = 1 AND remote_id != '\x1enone' AND row_id NOT IN (SELECT row_id FROM (
  SELECT * FROM (SELECT * FROM `kith`.`foreign_rows` WHERE sync = 'day_events' QUALIFY ROW_NUMBER() OVER (PARTITION BY kh, row_id ORDER BY ver DESC) = 1) WHERE del = 0
)));

-- expired events
SELECT COUNT(*) FROM (
SELECT NULLIF(__kith_s.`id`, '') AS __kith_id,
  NULLIF(__kith_s.`id`, '') AS __kith_key,
  '' AS __kith_match,
  TIMESTAMP(__kith_s.`day`, 'Europe/Amsterdam') AS __kith_at
FROM (
SELECT CAST(__kith_t.`id` AS STRING) AS `id`, CAST(__kith_t.`day` AS DATE) AS `day` FROM `raw`.`days` AS __kith_t
) AS __kith_s
WHERE IFNULL((TIMESTAMP(__kith_s.`day`, 'Europe/Amsterdam') >= TIMESTAMP(DATE_TRUNC(DATE(TIMESTAMP '1970-01-01 00:00:00.000000+00:00', 'Europe/Amsterdam'), DAY), 'Europe/Amsterdam')), FALSE)
) WHERE IFNULL((__kith_at < TIMESTAMP_SUB(TIMESTAMP '1970-01-01 00:00:00.000000+00:00', INTERVAL 604800000000 MICROSECOND)), FALSE) AND IFNULL(__kith_id, '') NOT IN (SELECT row_id FROM `kith`.`baseline_day_events` WHERE h != 0 AND ver > 25769803776);

