-- digest
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
    SELECT toUInt16(toUInt32(bitShiftRight(kh, 48))) AS g, bitNot(sum(bitOr(kh, 1) * (bitXor(h, cityHash64('scratch_run_rows_out_digest')) + (mapping != 4)))) + 1, 0, count(), 0, 0, countIf(mapping != 4)
    FROM (
      WITH (
        SELECT min(ver) FROM `kith`.`baseline_rows_out`
        WHERE _part != (SELECT argMax(part, n) FROM (SELECT _part AS part, count() AS n FROM `kith`.`baseline_rows_out` GROUP BY part))
      ) AS late, (SELECT count() FROM `kith`.`baseline_rows_out` WHERE late > 0 AND ver >= late) BETWEEN 1 AND 20000 AS few
      SELECT kh, h, mapping FROM `kith`.`baseline_rows_out` WHERE few AND gone = 0 AND del = 0 AND kh NOT IN (SELECT kh FROM `kith`.`baseline_rows_out` WHERE few AND ver >= late)
      UNION ALL
      SELECT kh, h, mapping FROM `kith`.`baseline_rows_out` FINAL PREWHERE kh IN (SELECT kh FROM `kith`.`baseline_rows_out` WHERE few AND ver >= late) WHERE few AND gone = 0
      UNION ALL
      SELECT kh, h, mapping FROM `kith`.`baseline_rows_out` FINAL WHERE NOT few AND gone = 0
) GROUP BY g
  )
);

-- changeset
INSERT INTO `kith`.`changeset_rows_out_raw` (op, kh, row_id, action, reason, key, old_key, h, fh, changed, fields, match, old_match, remote_id, at, gone, del)
SELECT
  op, kh, row_id,
  if(op = 1, if(here, 'delete', action), '') AS act,
  if(here, 0, reason) AS why,
  if(op = 1 OR NOT here, old_key, key) AS k,
  if(op = 2, old_key, '') AS ok,
  if(op = 1 OR NOT here, old_h, h) AS hh,
  fh, arrayFilter((i, x, y) -> x != y AND here AND known, range(toUInt16(length(fh))), fh, arrayResize(multiIf(old_mapping = 1, [0, old_fh[1], old_fh[2], old_fh[3], old_fh[4], old_fh[5], old_fh[6], old_fh[7], old_fh[8]], old_mapping = 3, [old_fh[1], old_fh[2], old_fh[3], old_fh[4], old_fh[5], old_fh[6], old_fh[7], old_fh[8], old_fh[9]], old_mapping = 4, old_fh, []), length(fh))) AS changed,
  if(here AND op != 1, fields, if(op = 1 AND act = 'set', multiIf(reason = 4, '{}', reason = 3, '{}', reason = 2, '{}', reason = 1, '{}', ''), '')) AS ff,
  if(here AND op != 1, match, old_match) AS m,
  if(op = 2, old_match, '') AS om,
  remote_id, at,
  multiIf(op = 0 AND NOT here, reason, op = 2, old_gone, 0) AS gone,
  toUInt8(0) AS del
FROM (
  SELECT *, (here AND known AND old_gone = 0 AND old_h != 0 AND old_key = key AND match = old_match AND old_mapping != 4 AND multiIf(old_mapping = 1, true AND absent[1] AND fh[2] = old_fh[1] AND fh[3] = old_fh[2] AND fh[4] = old_fh[3] AND fh[5] = old_fh[4] AND fh[6] = old_fh[5] AND fh[7] = old_fh[6] AND fh[8] = old_fh[7] AND fh[9] = old_fh[8], old_mapping = 3, true AND fh[1] = old_fh[1] AND fh[2] = old_fh[2] AND fh[3] = old_fh[3] AND fh[4] = old_fh[4] AND fh[5] = old_fh[5] AND fh[6] = old_fh[6] AND fh[7] = old_fh[7] AND fh[8] = old_fh[8] AND fh[9] = old_fh[9], old_mapping = 4, fh = old_fh, false)) AS same, multiIf(same, 0, NOT here AND action = 'ignore', 0, NOT here, 1, NOT known, 4, old_gone != 0 AND old_key = key, 3,
    old_key != key, 2, old_h = 0 AND bare, 4, 3) AS op
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
      b.mapping AS old_mapping, [isNull(c.__kith_f0), isNull(c.__kith_f1), isNull(c.__kith_f2), isNull(c.__kith_f3), empty(c.__kith_f4), isNull(c.__kith_f5), isNull(c.__kith_f6), isNull(c.__kith_f7), isNull(c.__kith_f8)] AS absent
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
    WHERE if(c.row_id = '', b.gone = 0, (c.h != b.h OR b.mapping != 4))
  )
)
SETTINGS join_use_nulls = 0, min_insert_block_size_rows = 262144, min_insert_block_size_bytes = 50331648, max_block_size = 16384;

-- digest
CREATE OR REPLACE TABLE `kith`.`scratch_run_rows_out_digest` (b UInt32, desired_rows UInt64, baseline_rows UInt64, no_id UInt64, no_key UInt64, earlier_rows UInt64) ENGINE = MergeTree ORDER BY b AS
SELECT arrayJoin(arrayPushFront(arrayFilter((i, x) -> x != 0, range(toUInt32(262144)), d), toUInt32(4294967295))) AS b,
  if(b = 4294967295, n, 0) AS desired_rows, if(b = 4294967295, m, 0) AS baseline_rows, if(b = 4294967295, i, 0) AS no_id, if(b = 4294967295, k, 0) AS no_key, if(b = 4294967295, e, 0) AS earlier_rows
FROM (
  SELECT sumForEach(d) AS d, sum(n) AS n, sum(m) AS m, sum(i) AS i, sum(k) AS k, sum(e) AS e
  FROM (
    SELECT sumResample(0, 262144, 1)(if(fault = 0, bitOr(kh, 1) * bitXor(h, cityHash64('scratch_run_rows_out_digest')), 0), toUInt32(bitShiftRight(kh, 46))) AS d, countIf(fault = 0) AS n, toUInt64(0) AS m, countIf(fault = 1) AS i, countIf(fault = 2) AS k, toUInt64(0) AS e
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
    )
    UNION ALL
    SELECT arrayMap(x -> bitNot(x) + 1, sumResample(0, 262144, 1)(bitOr(kh, 1) * (bitXor(h, cityHash64('scratch_run_rows_out_digest')) + (mapping != 4)), toUInt32(bitShiftRight(kh, 46)))), 0, count(), 0, 0, countIf(mapping != 4)
    FROM (
      WITH (
        SELECT min(ver) FROM `kith`.`baseline_rows_out`
        WHERE _part != (SELECT argMax(part, n) FROM (SELECT _part AS part, count() AS n FROM `kith`.`baseline_rows_out` GROUP BY part))
      ) AS late, (SELECT count() FROM `kith`.`baseline_rows_out` WHERE late > 0 AND ver >= late) BETWEEN 1 AND 20000 AS few
      SELECT kh, h, mapping FROM `kith`.`baseline_rows_out` WHERE few AND gone = 0 AND del = 0 AND ver > 25769803776 AND kh NOT IN (SELECT kh FROM `kith`.`baseline_rows_out` WHERE few AND ver >= late)
      UNION ALL
      SELECT kh, h, mapping FROM `kith`.`baseline_rows_out` FINAL PREWHERE kh IN (SELECT kh FROM `kith`.`baseline_rows_out` WHERE few AND ver >= late) WHERE few AND gone = 0 AND ver > 25769803776
      UNION ALL
      SELECT kh, h, mapping FROM `kith`.`baseline_rows_out` FINAL WHERE NOT few AND gone = 0 AND ver > 25769803776
)
  )
);

-- changeset
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
      ) WHERE kh BETWEEN 0 AND 18446744073709551615
    ) AS c
    FULL OUTER JOIN (
      SELECT kh, row_id, key, h, fh, remote_id, match, gone, mapping, ver, toUInt8(if(position(row_id, 'key-') > 0, 5, 2)) AS reason FROM `kith`.`baseline_rows_out` FINAL
      PREWHERE kh BETWEEN 0 AND 18446744073709551615
      WHERE ver > 25769803776
    ) AS b ON c.row_id = b.row_id
    WHERE if(c.row_id = '', b.gone = 0, (b.ver < 30064771072 OR mod(b.ver, 4294967296) = 0 OR c.h != b.h OR b.mapping != 4))
)
SETTINGS join_use_nulls = 0, min_insert_block_size_rows = 262144, min_insert_block_size_bytes = 50331648, max_block_size = 16384;

-- changeset
INSERT INTO `kith`.`changeset_rows_out_raw` (op, kh, row_id, action, reason, key, old_key, h, fh, changed, fields, match, old_match, remote_id, at, gone, del)
SELECT
  op, kh, row_id,
  if(op = 1, if(here, 'delete', action), '') AS act,
  if(here, 0, reason) AS why,
  if(op = 1 OR NOT here, old_key, key) AS k,
  if(op = 2, old_key, '') AS ok,
  if(op = 1 OR NOT here, old_h, h) AS hh,
  fh, arrayFilter((i, x, y) -> x != y AND here AND known, range(toUInt16(length(fh))), fh, arrayResize(multiIf(old_mapping = 1, [0, old_fh[1], old_fh[2], old_fh[3], old_fh[4], old_fh[5], old_fh[6], old_fh[7], old_fh[8]], old_mapping = 3, [old_fh[1], old_fh[2], old_fh[3], old_fh[4], old_fh[5], old_fh[6], old_fh[7], old_fh[8], old_fh[9]], old_mapping = 4, old_fh, []), length(fh))) AS changed,
  if(here AND op != 1, fields, if(op = 1 AND act = 'set', multiIf(reason = 4, '{}', reason = 3, '{}', reason = 2, '{}', reason = 1, '{}', ''), '')) AS ff,
  if(here AND op != 1, match, old_match) AS m,
  if(op = 2, old_match, '') AS om,
  remote_id, at,
  multiIf(op = 0 AND NOT here, reason, op = 2, old_gone, 0) AS gone,
  toUInt8(0) AS del
FROM (
  SELECT *, multiIf(NOT here AND action = 'ignore', 0, NOT here, 1, NOT known, 4, old_gone != 0 AND old_key = key, 3,
    old_key != key, 2, old_h = 0 AND bare, 4, 3) AS op
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
      b.mapping AS old_mapping, [isNull(c.__kith_f0), isNull(c.__kith_f1), isNull(c.__kith_f2), isNull(c.__kith_f3), empty(c.__kith_f4), isNull(c.__kith_f5), isNull(c.__kith_f6), isNull(c.__kith_f7), isNull(c.__kith_f8)] AS absent
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
      ) WHERE kh BETWEEN 0 AND 18446744073709551615
    ) AS c
    FULL OUTER JOIN (
      SELECT kh, row_id, key, h, fh, remote_id, match, gone, mapping, ver, toUInt8(if(position(row_id, 'key-') > 0, 5, 2)) AS reason FROM `kith`.`baseline_rows_out` FINAL
      PREWHERE kh BETWEEN 0 AND 18446744073709551615
      WHERE ver > 25769803776
    ) AS b ON c.row_id = b.row_id
    WHERE if(c.row_id = '', b.gone = 0, (b.ver < 30064771072 OR mod(b.ver, 4294967296) = 0 OR c.h != b.h OR b.mapping != 4))
  )
)
SETTINGS join_use_nulls = 0, min_insert_block_size_rows = 262144, min_insert_block_size_bytes = 50331648, max_block_size = 16384;

-- adopt
INSERT INTO `kith`.`baseline_rows_out` (kh, row_id, key, h, fh, remote_id, match, gone, mapping, ver, del)
SELECT kh, row_id, key, h, [toUInt32(cityHash64(tuple(__kith_f0))), toUInt32(cityHash64(tuple(__kith_f1))), toUInt32(cityHash64(tuple(__kith_f2))), toUInt32(cityHash64(tuple(__kith_f3))), toUInt32(cityHash64(tuple(__kith_f4))), toUInt32(cityHash64(tuple(__kith_f5))), toUInt32(cityHash64(tuple(__kith_f6))), toUInt32(cityHash64(tuple(__kith_f7))), toUInt32(cityHash64(tuple(__kith_f8)))], '', match, 0, 4, 4294967296, 0
FROM (
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
)
SETTINGS min_insert_block_size_rows = 65536, min_insert_block_size_bytes = 8388608;

-- forget the rest
INSERT INTO `kith`.`baseline_rows_out` (kh, row_id, key, h, fh, remote_id, match, gone, mapping, ver, del)
SELECT kh, row_id, key, h, fh, remote_id, match, gone, mapping, 4294967296, 1
FROM `kith`.`baseline_rows_out` FINAL WHERE ver < 4294967296;

-- desired
CREATE TABLE `kith`.`scratch_run_rows_out_desired` ENGINE = MergeTree ORDER BY (kh, row_id) AS
SELECT cityHash64(ifNull(__kith_id, '')) AS kh, greatest(cityHash64(tuple(__kith_key, __kith_f0, __kith_f1, __kith_f2, __kith_f3, __kith_f4, __kith_f5, __kith_f6, __kith_f7, __kith_f8)), toUInt64(1)) AS h, ifNull(__kith_id, '') AS row_id, ifNull(__kith_key, '') AS key,
  __kith_f0, __kith_f1, __kith_f2, __kith_f3, __kith_f4, __kith_f5, __kith_f6, __kith_f7, __kith_f8, __kith_match AS match, __kith_at AS at, multiIf(NOT (NOT isNull(__kith_id)), toUInt8(1), NOT (ifNull(__kith_key, '') != ''), toUInt8(2), toUInt8(0)) AS fault
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
SETTINGS min_insert_block_size_rows = 65536, min_insert_block_size_bytes = 8388608;

-- adopt
INSERT INTO `kith`.`baseline_rows_out` (kh, row_id, key, h, fh, remote_id, match, gone, mapping, ver, del)
SELECT kh, row_id, key, h, [toUInt32(cityHash64(tuple(__kith_f0))), toUInt32(cityHash64(tuple(__kith_f1))), toUInt32(cityHash64(tuple(__kith_f2))), toUInt32(cityHash64(tuple(__kith_f3))), toUInt32(cityHash64(tuple(__kith_f4))), toUInt32(cityHash64(tuple(__kith_f5))), toUInt32(cityHash64(tuple(__kith_f6))), toUInt32(cityHash64(tuple(__kith_f7))), toUInt32(cityHash64(tuple(__kith_f8)))], '', match, 0, 4, 4294967296, 0
FROM (SELECT * EXCEPT (fault) FROM `kith`.`scratch_run_rows_out_desired` WHERE fault = 0)
SETTINGS min_insert_block_size_rows = 65536, min_insert_block_size_bytes = 8388608;

-- desired totals
SELECT countIf(fault = 0), countIf(fault = 1), countIf(fault = 2) FROM `kith`.`scratch_run_rows_out_desired`;

-- shared keys
SELECT count() FROM (
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
) WHERE key IN (
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
  ) WHERE cityHash64(key) % 3 = 0 GROUP BY key HAVING count() > 1
);

-- commit
INSERT INTO `kith`.`baseline_rows_out` (kh, row_id, key, h, fh, remote_id, match, gone, mapping, ver, del)
WITH op = 1 AND action IN ('ignore', 'archive', 'set') AS kept, op = 1 AND NOT kept AS dropped
SELECT kh, row_id, key, if(op = 1, 0, h), if(dropped, [], fh), remote_id, if(dropped, '', match), if(kept, reason, 0), 4, 4294967296 + op, dropped
FROM `kith`.`changeset_rows_out` WHERE op > 0 AND (op, row_id) NOT IN (SELECT op, row_id FROM `kith`.`scratch_run_rows_out_fix` WHERE verdict = 9)
SETTINGS min_insert_block_size_rows = 65536, min_insert_block_size_bytes = 8388608;

-- commit log
INSERT INTO `kith`.`sync_log` (at, sync, run_id, destination, batch, attempt, kh, op, action, fate, code, vendor_code, reason, job)
SELECT now64(3), 'rows_out', 'run', 'crm', 0, 1, kh, ['silent', 'remove', 'rekey', 'change', 'add'][op + 1], action, 'delivered', '', '', '', ''
FROM `kith`.`changeset_rows_out` WHERE op > 0 AND op = 1 AND reason = 4 AND (op, row_id) NOT IN (SELECT op, row_id FROM `kith`.`scratch_run_rows_out_fix` WHERE verdict = 9)
SETTINGS min_insert_block_size_rows = 65536, min_insert_block_size_bytes = 8388608;

-- baseline rows
SELECT countIf(gone = 0), count() FROM `kith`.`baseline_rows_out` FINAL;

-- copy of the baseline
INSERT INTO `kith`.`baseline_rows_out` SELECT * FROM `kith`.`baseline_rows_out` FINAL;

-- held rows
SELECT code, uniqExactIf(row_id, code != '') FROM `kith`.`scratch_run_rows_out_fix` GROUP BY code ORDER BY code;

-- changeset counts
SELECT op, reason, action, count(), countIf(notEmpty(changed)), countIf(op = 2 AND gone != 0), countIf((op = 1 OR op = 0 AND reason != 0) AND key != row_id) FROM `kith`.`changeset_rows_out` GROUP BY op, reason, action ORDER BY op, reason DESC, action;

-- changeset again
SELECT count() FROM (SELECT kh, row_id, key, match FROM `kith`.`changeset_rows_out` WHERE op = 3 AND empty(changed)) AS c
JOIN (SELECT kh, row_id, key, match FROM `kith`.`baseline_rows_out` FINAL WHERE h = 0 AND gone = 0 AND notEmpty(fh)) AS b
ON c.kh = b.kh AND c.row_id = b.row_id AND c.key = b.key AND c.match = b.match;

-- changed fields
SELECT f, count() FROM (SELECT arrayJoin(changed) AS f FROM `kith`.`changeset_rows_out` WHERE op IN (2, 3)) GROUP BY f ORDER BY f;

-- repeated row ids
SELECT count(), any(n) FROM (SELECT count() AS n FROM `kith`.`changeset_rows_out` WHERE op != 1 AND kh BETWEEN 0 AND 18446744073709551615 GROUP BY kh, row_id HAVING n > 1);

-- repeated desired rows
SELECT count(), any(n) FROM (
  SELECT count() AS n FROM (
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
  ) WHERE kh IN (
    SELECT kh FROM (
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
    ) WHERE kh BETWEEN 0 AND 18446744073709551615 GROUP BY kh HAVING count() > 1
  ) GROUP BY kh, row_id HAVING n > 1
);

-- digest totals
WITH toFloat64(greatest(sum(desired_rows), sum(baseline_rows))) AS rows, dirty / 65536 AS share, least(rows, -65536 * log(1 - share)) AS differ
SELECT countIf(b < 65536) AS dirty, sum(desired_rows), sum(baseline_rows), sum(no_id), sum(no_key), toUInt64(ceil(differ + (rows - differ) * share)), countIf(b = 4294967295), sum(earlier_rows), 0
FROM `kith`.`scratch_run_rows_out_digest`;

-- changeset fingerprint
SELECT toString(sum(cityHash64(op, kh, row_id, action, reason, key, old_key, h, match, fields))), count()
FROM `kith`.`changeset_rows_out` WHERE op != 0 AND NOT (op = 1 AND reason = 4);

-- changeset beyond
SELECT count() FROM `kith`.`changeset_rows_out`
WHERE op IN (1, 2, 3) AND (row_id, op, action, op = 1 AND reason != 0, if(op = 1, key, ''), if(op = 1, fields, '')) NOT IN (
  SELECT row_id, arrayJoin(if(op = 2, [2, 3], [op])) AS may, action, op = 1 AND reason != 0, if(op = 1, key, ''), if(op = 1, fields, '') FROM `kith`.`changeset_rows_out_raw` WHERE op IN (1, 2, 3)
);

-- sample
SELECT op, action, reason, key, fields, changed FROM `kith`.`changeset_rows_out` WHERE op = 3 ORDER BY kh LIMIT 3;

-- page
SELECT formatRow('RowBinary', kh, row_id, action, reason, key, old_key, h, fh, fields, match, remote_id, at)
FROM `kith`.`changeset_rows_out`
WHERE op = 4 AND kh BETWEEN 7 AND 9000 AND (kh, row_id) > (7, 'o\'p')
ORDER BY kh, row_id LIMIT 100;

-- page
SELECT formatRow('RowBinary', kh, row_id, action, reason, key, old_key, h, fh, fields, match, remote_id, at)
FROM `kith`.`changeset_rows_out`
WHERE op = 1 AND kh BETWEEN 0 AND 9223372036854775807 AND (kh, row_id) > (0, '') AND reason = 4
ORDER BY kh, row_id LIMIT 100;

-- backoff
INSERT INTO `kith`.`scratch_run_rows_out_fix` (kh, row_id, op, verdict, reason, code)
SELECT r.kh, r.row_id, if(r.op = 1 AND r.reason = 0, 255, r.op), 1, 0, if(x.code = 'unconfirmed', x.code, 'backoff') FROM (
  SELECT r.kh AS kh, r.row_id AS row_id, r.op AS op, r.reason AS reason, if(r.goes, 1, r.op) AS sent, if(r.goes, bitXor(r.h, toUInt64(if(f.why != 0, f.why, r.reason))), r.h) AS h
  FROM (SELECT kh, row_id, op, h, reason, (op = 1 OR op = 0 AND reason != 0) AS goes FROM `kith`.`changeset_rows_out_raw`) AS r
  LEFT JOIN (SELECT row_id, max(reason) AS why FROM `kith`.`scratch_run_rows_out_fix` WHERE op < 2 AND verdict = 3 GROUP BY row_id) AS f ON r.row_id = f.row_id
) AS r
JOIN (SELECT row_id, op, h, code FROM `kith`.`rejections` FINAL WHERE sync = 'rows_out' AND mapping = 4 AND next_try > toDateTime64('1970-01-01 00:00:00.000000', 6, 'UTC') AND ver > 25769803776) AS x
ON r.row_id = x.row_id AND r.sent = x.op AND r.h = x.h
SETTINGS join_use_nulls = 0;

-- silent rows
INSERT INTO `kith`.`baseline_rows_out` (kh, row_id, key, h, fh, remote_id, match, gone, mapping, ver, del)
SELECT kh, row_id, key, if(gone = 0, h, 0), fh, remote_id, match, gone, 4, 4294967296, del
FROM `kith`.`changeset_rows_out` WHERE op = 0
UNION ALL
SELECT kh, row_id, key, 0, [], '', match, 0, 4, 4294967296, 0
FROM `kith`.`changeset_rows_out_raw` WHERE op = 4 AND key IN (SELECT key FROM `kith`.`changeset_rows_out` WHERE op = 0 AND del = 1 AND remote_id != 'none' AND row_id NOT IN (SELECT row_id FROM `kith`.`foreign_rows` FINAL WHERE sync = 'rows_out')) AND row_id NOT IN (
  SELECT row_id FROM `kith`.`baseline_rows_out` FINAL PREWHERE kh IN (SELECT kh FROM `kith`.`changeset_rows_out_raw` WHERE op = 4 AND key IN (SELECT key FROM `kith`.`changeset_rows_out` WHERE op = 0 AND del = 1 AND remote_id != 'none' AND row_id NOT IN (SELECT row_id FROM `kith`.`foreign_rows` FINAL WHERE sync = 'rows_out'))) WHERE ver > 25769803776
)
UNION ALL
SELECT kh, concat(row_id, 'key-', lower(hex(substring(SHA256(key), 1, 8)))), key, 0, [], '', '', 0, 4, 4294967296, 0
FROM `kith`.`changeset_rows_out_raw` WHERE op = 2 AND key IN (SELECT key FROM `kith`.`changeset_rows_out` WHERE op = 0 AND del = 1 AND remote_id != 'none' AND row_id NOT IN (SELECT row_id FROM `kith`.`foreign_rows` FINAL WHERE sync = 'rows_out'));

-- columns of the source
SELECT `k`, `h`, `p`, `op`, `select`, `__x`, `it's quoted`, `j`, `tags`, `at`, `seen`, `day`, `row_id`, `key`, `value` FROM `raw`.`odd`;

-- digest
CREATE OR REPLACE TABLE `kith`.`scratch_run_rows_out_digest` (b UInt32, desired_rows UInt64, baseline_rows UInt64, no_id UInt64, no_key UInt64, earlier_rows UInt64) ENGINE = MergeTree ORDER BY b AS
SELECT arrayJoin(arrayPushFront(arrayFilter((i, x) -> x != 0, range(toUInt32(4096)), d), toUInt32(4294967295))) AS b,
  if(b = 4294967295, n, 0) AS desired_rows, if(b = 4294967295, m, 0) AS baseline_rows, if(b = 4294967295, i, 0) AS no_id, if(b = 4294967295, k, 0) AS no_key, if(b = 4294967295, e, 0) AS earlier_rows
FROM (
  SELECT sumResample(0, 4096, 1)(d, g) AS d, sum(n) AS n, sum(m) AS m, sum(i) AS i, sum(k) AS k, sum(e) AS e
  FROM (
    SELECT toUInt16(toUInt32(bitShiftRight(kh, 52))) AS g, sum(if(fault = 0, bitOr(kh, 1) * bitXor(h, cityHash64('scratch_run_rows_out_digest')), 0)) AS d, countIf(fault = 0) AS n, toUInt64(0) AS m, countIf(fault = 1) AS i, countIf(fault = 2) AS k, toUInt64(0) AS e
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
SELECT CAST(__kith_t.`k` AS String) AS `k`, CAST(__kith_t.`h` AS Int64) AS `h`, CAST(__kith_t.`p` AS Nullable(String)) AS `p`, accurateCast(CAST(__kith_t.`op` AS Nullable(Int128)), 'Nullable(Int64)') AS `op`, CAST(__kith_t.`select` AS Nullable(String)) AS `select`, CAST(__kith_t.`__x` AS Nullable(Bool)) AS `__x`, CAST(__kith_t.`it's quoted` AS Nullable(String)) AS `it's quoted`, if(startsWith(trimLeft(CAST(__kith_t.`j` AS Nullable(String))), '{'), concat('{', arrayStringConcat(arrayMap(__kith_p -> concat(toJSONString(__kith_p.1), ':', __kith_p.2), arraySort(JSONExtractKeysAndValuesRaw(assumeNotNull(CAST(__kith_t.`j` AS Nullable(String)))))), ','), '}'), CAST(__kith_t.`j` AS Nullable(String))) AS `j`, CAST(toDecimal64OrNull(JSONExtract(ifNull(CAST(__kith_t.`j` AS Nullable(String)), ''), 'price', 'net', 'Nullable(String)'), 2) AS Nullable(Decimal(12, 2))) AS `price`, arrayMap(__kith_e -> assumeNotNull(__kith_e), arrayFilter(__kith_e -> isNotNull(__kith_e), arrayMap(__kith_e -> CAST(__kith_e AS Nullable(String)), __kith_t.`tags`))) AS `tags`, CAST(__kith_t.`at` AS Nullable(DateTime64(6, 'UTC'))) AS `at`, CAST(__kith_t.`seen` AS Nullable(DateTime64(6, 'UTC'))) AS `seen`, CAST(__kith_t.`day` AS Nullable(Date32)) AS `day`, CAST(__kith_t.`row_id` AS Nullable(String)) AS `row_id`, CAST(__kith_t.`key` AS Nullable(String)) AS `key`, if(isFinite(CAST(__kith_t.`value` AS Nullable(Float64))), CAST(__kith_t.`value` AS Nullable(Float64)) + 0., NULL) AS `value` FROM `raw`.`odd` AS __kith_t
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
    SELECT toUInt16(toUInt32(bitShiftRight(kh, 52))) AS g, bitNot(sum(bitOr(kh, 1) * bitXor(h, cityHash64('scratch_run_rows_out_digest')))) + 1, 0, count(), 0, 0, 0
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

-- digest
CREATE OR REPLACE TABLE `kith`.`scratch_run_rows_out_digest` (b UInt32, desired_rows UInt64, baseline_rows UInt64, no_id UInt64, no_key UInt64, earlier_rows UInt64) ENGINE = MergeTree ORDER BY b AS
SELECT arrayJoin(arrayPushFront(arrayFilter((i, x) -> x != 0, range(toUInt32(1024)), d), toUInt32(4294967295))) AS b,
  if(b = 4294967295, n, 0) AS desired_rows, if(b = 4294967295, m, 0) AS baseline_rows, if(b = 4294967295, i, 0) AS no_id, if(b = 4294967295, k, 0) AS no_key, if(b = 4294967295, e, 0) AS earlier_rows
FROM (
  SELECT sumResample(0, 1024, 1)(d, g) AS d, sum(n) AS n, sum(m) AS m, sum(i) AS i, sum(k) AS k, sum(e) AS e
  FROM (
    SELECT toUInt16(toUInt32(bitShiftRight(kh, 54))) AS g, sum(if(fault = 0, bitOr(kh, 1) * bitXor(h, cityHash64('scratch_run_rows_out_digest')), 0)) AS d, countIf(fault = 0) AS n, toUInt64(0) AS m, countIf(fault = 1) AS i, countIf(fault = 2) AS k, toUInt64(0) AS e
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
    SELECT toUInt16(toUInt32(bitShiftRight(kh, 54))) AS g, bitNot(sum(bitOr(kh, 1) * bitXor(h, cityHash64('scratch_run_rows_out_digest')))) + 1, 0, count(), 0, 0, 0
    FROM (SELECT kh, h FROM `kith`.`baseline_rows_out` FINAL WHERE gone = 0) GROUP BY g
  )
);

-- pairs
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
  ) WHERE kh BETWEEN 0 AND 18446744073709551615 AND toUInt32(bitShiftRight(kh, 46)) IN (SELECT b FROM `kith`.`scratch_run_rows_out_digest` WHERE b < 262144)
) AS c
FULL OUTER JOIN (
  SELECT sipHash64Keyed((cityHash64('scratch_run_rows_out_pairs'), toUInt64(11400714819323198485)), row_id) AS tag, kh, h, gone FROM `kith`.`baseline_rows_out` FINAL
  PREWHERE kh BETWEEN 0 AND 18446744073709551615 AND toUInt32(bitShiftRight(kh, 46)) IN (SELECT b FROM `kith`.`scratch_run_rows_out_digest` WHERE b < 262144)
) AS b ON c.tag = b.tag
WHERE if(c.row_id = '', b.gone = 0, (c.h != b.h))
SETTINGS join_use_nulls = 0, min_insert_block_size_rows = 65536, min_insert_block_size_bytes = 8388608;

-- changeset
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

-- pairs
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
  ) WHERE kh BETWEEN 0 AND 18446744073709551615 AND toUInt32(bitShiftRight(kh, 46)) IN (SELECT b FROM `kith`.`scratch_run_rows_out_digest` WHERE b < 262144)
)
WHERE bitXor(tag, h) NOT IN (
  SELECT bitXor(sipHash64Keyed((cityHash64('scratch_run_rows_out_pairs'), toUInt64(11400714819323198485)), row_id), h) FROM `kith`.`baseline_rows_out` FINAL
  PREWHERE kh BETWEEN 0 AND 18446744073709551615 AND toUInt32(bitShiftRight(kh, 46)) IN (SELECT b FROM `kith`.`scratch_run_rows_out_digest` WHERE b < 262144) WHERE mapping = 4
)
SETTINGS min_insert_block_size_rows = 65536, min_insert_block_size_bytes = 8388608;

-- pairs gone
INSERT INTO `kith`.`scratch_run_rows_out_pairs` (wanted, tag, kh)
SELECT toUInt8(0), sipHash64Keyed((cityHash64('scratch_run_rows_out_pairs'), toUInt64(11400714819323198485)), row_id) AS tag, b.kh FROM (
  SELECT kh, row_id, gone FROM `kith`.`baseline_rows_out` FINAL
  PREWHERE kh BETWEEN 0 AND 18446744073709551615 AND toUInt32(bitShiftRight(kh, 46)) IN (SELECT b FROM `kith`.`scratch_run_rows_out_digest` WHERE b < 262144)
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
  ) WHERE kh BETWEEN 0 AND 18446744073709551615 AND toUInt32(bitShiftRight(kh, 46)) IN (SELECT b FROM `kith`.`scratch_run_rows_out_digest` WHERE b < 262144)
);

-- rehash
INSERT INTO `kith`.`baseline_rows_out` (kh, row_id, key, h, fh, remote_id, match, gone, mapping, ver, del)
SELECT b.kh, b.row_id, b.key, multiIf(b.h = c.was, c.h, b.h = c.h, bitOr(bitNot(c.h), 1), b.h),
  [if(b.fh[1] = c.was_fh[1], c.fh[1], bitXor(c.fh[1], 1)), if(b.fh[2] = c.was_fh[2], c.fh[2], bitXor(c.fh[2], 1)), if(b.fh[3] = c.was_fh[3], c.fh[3], bitXor(c.fh[3], 1)), if(b.fh[4] = c.was_fh[4], c.fh[4], bitXor(c.fh[4], 1)), if(b.fh[5] = c.was_fh[5], c.fh[5], bitXor(c.fh[5], 1)), if(b.fh[6] = c.was_fh[6], c.fh[6], bitXor(c.fh[6], 1)), if(b.fh[7] = c.was_fh[7], c.fh[7], bitXor(c.fh[7], 1)), if(b.fh[8] = c.was_fh[8], c.fh[8], bitXor(c.fh[8], 1)), if(b.fh[9] = c.was_fh[9], c.fh[9], bitXor(c.fh[9], 1))],
  b.remote_id, b.match, b.gone, 4, b.ver, 0
FROM (
  SELECT * FROM `kith`.`baseline_rows_out` FINAL
  PREWHERE kh BETWEEN 0 AND 18446744073709551615
  WHERE mapping = 1 AND (h != 0 OR gone != 0) AND row_id NOT IN (SELECT row_id FROM `kith`.`job_rows` WHERE job IN (SELECT job FROM `kith`.`jobs` FINAL WHERE sync = 'rows_out' AND state = 'open'))
) AS b
JOIN (
  SELECT kh, row_id, h, __kith_h0 AS was, [toUInt32(cityHash64(tuple(greatest(cityHash64(tuple('other', __kith_f0)), toUInt64(1))))), toUInt32(cityHash64(tuple(greatest(cityHash64(tuple('other', __kith_f1)), toUInt64(1))))), toUInt32(cityHash64(tuple(greatest(cityHash64(tuple('other', __kith_f2)), toUInt64(1))))), toUInt32(cityHash64(tuple(greatest(cityHash64(tuple('other', __kith_f3)), toUInt64(1))))), toUInt32(cityHash64(tuple(greatest(cityHash64(tuple('other', __kith_f4)), toUInt64(1))))), toUInt32(cityHash64(tuple(greatest(cityHash64(tuple('other', __kith_f5)), toUInt64(1))))), toUInt32(cityHash64(tuple(greatest(cityHash64(tuple('other', __kith_f6)), toUInt64(1))))), toUInt32(cityHash64(tuple(greatest(cityHash64(tuple('other', __kith_f7)), toUInt64(1))))), toUInt32(cityHash64(tuple(greatest(cityHash64(tuple('other', __kith_f8)), toUInt64(1)))))] AS fh, [toUInt32(cityHash64(tuple(__kith_f0))), toUInt32(cityHash64(tuple(__kith_f1))), toUInt32(cityHash64(tuple(__kith_f2))), toUInt32(cityHash64(tuple(__kith_f3))), toUInt32(cityHash64(tuple(__kith_f4))), toUInt32(cityHash64(tuple(__kith_f5))), toUInt32(cityHash64(tuple(__kith_f6))), toUInt32(cityHash64(tuple(__kith_f7))), toUInt32(cityHash64(tuple(__kith_f8)))] AS was_fh
  FROM (
SELECT cityHash64(ifNull(__kith_id, '')) AS kh, greatest(cityHash64(tuple('other', __kith_key, __kith_f0, __kith_f1, __kith_f2, __kith_f3, __kith_f4, __kith_f5, __kith_f6, __kith_f7, __kith_f8)), toUInt64(1)) AS h, greatest(cityHash64(tuple(__kith_key, __kith_f0, __kith_f1, __kith_f2, __kith_f3, __kith_f4, __kith_f5, __kith_f6, __kith_f7, __kith_f8)), toUInt64(1)) AS __kith_h0, assumeNotNull(__kith_id) AS row_id, assumeNotNull(__kith_key) AS key,
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
  ) WHERE kh BETWEEN 0 AND 18446744073709551615
) AS c ON b.kh = c.kh AND b.row_id = c.row_id
SETTINGS min_insert_block_size_rows = 65536, min_insert_block_size_bytes = 8388608;

-- backoff of before
INSERT INTO `kith`.`scratch_run_rows_out_fix` (kh, row_id, op, verdict, reason, code)
SELECT r.kh, r.row_id, if(r.op = 1 AND r.reason = 0, 255, r.op), 1, 0, if(x.code = 'unconfirmed', x.code, 'backoff') FROM (
  SELECT r.kh AS kh, r.row_id AS row_id, r.op AS op, r.reason AS reason, if(r.goes, 1, r.op) AS sent, if(r.goes, bitXor(r.h, toUInt64(if(f.why != 0, f.why, r.reason))), r.h) AS h
  FROM (SELECT kh, row_id, op, h, reason, (op = 1 OR op = 0 AND reason != 0) AS goes FROM `kith`.`changeset_rows_out_raw`) AS r
  LEFT JOIN (SELECT row_id, max(reason) AS why FROM `kith`.`scratch_run_rows_out_fix` WHERE op < 2 AND verdict = 3 GROUP BY row_id) AS f ON r.row_id = f.row_id
) AS r
JOIN (
  SELECT x.row_id AS row_id, x.op AS op, if(x.op = 1, x.h, c.h) AS h, x.code AS code FROM (
    SELECT row_id, op, h, code FROM `kith`.`rejections` FINAL WHERE sync = 'rows_out' AND mapping = 1 AND next_try > toDateTime64('1970-01-01 00:00:00.000000', 6, 'UTC')
  ) AS x
  LEFT JOIN (
    SELECT row_id, h, __kith_h0 AS was FROM (
SELECT cityHash64(ifNull(__kith_id, '')) AS kh, greatest(cityHash64(tuple('other', __kith_key, __kith_f0, __kith_f1, __kith_f2, __kith_f3, __kith_f4, __kith_f5, __kith_f6, __kith_f7, __kith_f8)), toUInt64(1)) AS h, greatest(cityHash64(tuple(__kith_key, __kith_f0, __kith_f1, __kith_f2, __kith_f3, __kith_f4, __kith_f5, __kith_f6, __kith_f7, __kith_f8)), toUInt64(1)) AS __kith_h0, assumeNotNull(__kith_id) AS row_id, assumeNotNull(__kith_key) AS key,
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
    ) WHERE row_id IN (SELECT row_id FROM `kith`.`rejections` WHERE sync = 'rows_out' AND mapping = 1)
  ) AS c ON x.row_id = c.row_id
  WHERE x.op = 1 OR x.h = c.was
) AS x
ON r.row_id = x.row_id AND r.sent = x.op AND r.h = x.h
SETTINGS join_use_nulls = 0;

-- rehash
INSERT INTO `kith`.`baseline_rows_out` (kh, row_id, key, h, fh, remote_id, match, gone, mapping, ver, del)
SELECT b.kh, b.row_id, b.key, multiIf(b.gone = 0 AND b.key = c.key AND b.match = c.match AND c.absent[1] AND b.fh[2] = c.was_fh[2] AND b.fh[3] = c.was_fh[3] AND b.fh[4] = c.was_fh[4] AND b.fh[5] = c.was_fh[5] AND b.fh[6] = c.was_fh[6] AND b.fh[7] = c.was_fh[7] AND b.fh[8] = c.was_fh[8] AND b.fh[9] = c.was_fh[9], c.h, b.h = c.h, bitOr(bitNot(c.h), 1), b.h),
  [if(c.absent[1], c.fh[1], bitXor(c.fh[1], 1)), if(b.fh[2] = c.was_fh[2], c.fh[2], bitXor(c.fh[2], 1)), if(b.fh[3] = c.was_fh[3], c.fh[3], bitXor(c.fh[3], 1)), if(b.fh[4] = c.was_fh[4], c.fh[4], bitXor(c.fh[4], 1)), if(b.fh[5] = c.was_fh[5], c.fh[5], bitXor(c.fh[5], 1)), if(b.fh[6] = c.was_fh[6], c.fh[6], bitXor(c.fh[6], 1)), if(b.fh[7] = c.was_fh[7], c.fh[7], bitXor(c.fh[7], 1)), if(b.fh[8] = c.was_fh[8], c.fh[8], bitXor(c.fh[8], 1)), if(b.fh[9] = c.was_fh[9], c.fh[9], bitXor(c.fh[9], 1))],
  b.remote_id, b.match, b.gone, 4, b.ver, 0
FROM (
  SELECT * FROM `kith`.`baseline_rows_out` FINAL
  PREWHERE kh BETWEEN 0 AND 18446744073709551615
  WHERE mapping = 2 AND (h != 0 OR gone != 0) AND row_id NOT IN (SELECT row_id FROM `kith`.`job_rows` WHERE job IN (SELECT job FROM `kith`.`jobs` FINAL WHERE sync = 'rows_out' AND state = 'open'))
) AS b
JOIN (
  SELECT kh, row_id, h, key, match, [toUInt32(cityHash64(tuple(greatest(cityHash64(tuple('other', __kith_f0)), toUInt64(1))))), toUInt32(cityHash64(tuple(greatest(cityHash64(tuple('other', __kith_f1)), toUInt64(1))))), toUInt32(cityHash64(tuple(greatest(cityHash64(tuple('other', __kith_f2)), toUInt64(1))))), toUInt32(cityHash64(tuple(greatest(cityHash64(tuple('other', __kith_f3)), toUInt64(1))))), toUInt32(cityHash64(tuple(greatest(cityHash64(tuple('other', __kith_f4)), toUInt64(1))))), toUInt32(cityHash64(tuple(greatest(cityHash64(tuple('other', __kith_f5)), toUInt64(1))))), toUInt32(cityHash64(tuple(greatest(cityHash64(tuple('other', __kith_f6)), toUInt64(1))))), toUInt32(cityHash64(tuple(greatest(cityHash64(tuple('other', __kith_f7)), toUInt64(1))))), toUInt32(cityHash64(tuple(greatest(cityHash64(tuple('other', __kith_f8)), toUInt64(1)))))] AS fh, [toUInt32(cityHash64(tuple(__kith_f0))), toUInt32(cityHash64(tuple(__kith_f1))), toUInt32(cityHash64(tuple(__kith_f2))), toUInt32(cityHash64(tuple(__kith_f3))), toUInt32(cityHash64(tuple(__kith_f4))), toUInt32(cityHash64(tuple(__kith_f5))), toUInt32(cityHash64(tuple(__kith_f6))), toUInt32(cityHash64(tuple(__kith_f7))), toUInt32(cityHash64(tuple(__kith_f8)))] AS was_fh, [isNull(__kith_f0), isNull(__kith_f1), isNull(__kith_f2), isNull(__kith_f3), empty(__kith_f4), isNull(__kith_f5), isNull(__kith_f6), isNull(__kith_f7), isNull(__kith_f8)] AS absent
  FROM (
SELECT cityHash64(ifNull(__kith_id, '')) AS kh, greatest(cityHash64(tuple('other', __kith_key, __kith_f0, __kith_f1, __kith_f2, __kith_f3, __kith_f4, __kith_f5, __kith_f6, __kith_f7, __kith_f8)), toUInt64(1)) AS h, greatest(cityHash64(tuple(__kith_key, __kith_f0, __kith_f1, __kith_f2, __kith_f3, __kith_f4, __kith_f5, __kith_f6, __kith_f7, __kith_f8)), toUInt64(1)) AS __kith_h0, assumeNotNull(__kith_id) AS row_id, assumeNotNull(__kith_key) AS key,
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
  ) WHERE kh BETWEEN 0 AND 18446744073709551615
) AS c ON b.kh = c.kh AND b.row_id = c.row_id
SETTINGS min_insert_block_size_rows = 65536, min_insert_block_size_bytes = 8388608;

-- digest
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
    SELECT toUInt16(toUInt32(bitShiftRight(kh, 48))) AS g, bitNot(sum(bitOr(kh, 1) * (bitXor(h, cityHash64('scratch_run_people_crm_digest')) + (mapping != 4)))) + 1, 0, count(), 0, 0, countIf(mapping != 4)
    FROM (
      WITH (
        SELECT min(ver) FROM `kith`.`baseline_people_crm`
        WHERE _part != (SELECT argMax(part, n) FROM (SELECT _part AS part, count() AS n FROM `kith`.`baseline_people_crm` GROUP BY part))
      ) AS late, (SELECT count() FROM `kith`.`baseline_people_crm` WHERE late > 0 AND ver >= late) BETWEEN 1 AND 20000 AS few
      SELECT kh, h, mapping FROM `kith`.`baseline_people_crm` WHERE few AND gone = 0 AND del = 0 AND kh NOT IN (SELECT kh FROM `kith`.`baseline_people_crm` WHERE few AND ver >= late)
      UNION ALL
      SELECT kh, h, mapping FROM `kith`.`baseline_people_crm` FINAL PREWHERE kh IN (SELECT kh FROM `kith`.`baseline_people_crm` WHERE few AND ver >= late) WHERE few AND gone = 0
      UNION ALL
      SELECT kh, h, mapping FROM `kith`.`baseline_people_crm` FINAL WHERE NOT few AND gone = 0
) GROUP BY g
  )
);

-- changeset
INSERT INTO `kith`.`changeset_people_crm_raw` (op, kh, row_id, action, reason, key, old_key, h, fh, changed, fields, match, old_match, remote_id, at, gone, del)
SELECT
  op, kh, row_id,
  if(op = 1, if(here, 'delete', action), '') AS act,
  if(here, 0, reason) AS why,
  if(op = 1 OR NOT here, old_key, key) AS k,
  if(op = 2, old_key, '') AS ok,
  if(op = 1 OR NOT here, old_h, h) AS hh,
  fh, arrayFilter((i, x, y) -> x != y AND here AND known, range(toUInt16(length(fh))), fh, arrayResize(multiIf(old_mapping = 1, [0, old_fh[1], old_fh[2], old_fh[3], old_fh[4], old_fh[5]], old_mapping = 3, [old_fh[1], old_fh[2], old_fh[3], old_fh[4], old_fh[5], old_fh[6]], old_mapping = 4, old_fh, []), length(fh))) AS changed,
  if(here AND op != 1, fields, if(op = 1 AND act = 'set', multiIf(reason = 4, '{}', reason = 3, '{}', reason = 2, '{}', reason = 1, '{"best":false,"o\'p":"7","good":true,"count":3,"code":"3","said":"it\'s \\"so\\""}', ''), '')) AS ff,
  if(here AND op != 1, match, old_match) AS m,
  if(op = 2, old_match, '') AS om,
  remote_id, at,
  multiIf(op = 0 AND NOT here, reason, op = 2, old_gone, 0) AS gone,
  toUInt8(0) AS del
FROM (
  SELECT *, (here AND known AND old_gone = 0 AND old_h != 0 AND old_key = key AND match = old_match AND old_mapping != 4 AND multiIf(old_mapping = 1, true AND absent[1] AND fh[2] = old_fh[1] AND fh[3] = old_fh[2] AND fh[4] = old_fh[3] AND fh[5] = old_fh[4] AND fh[6] = old_fh[5], old_mapping = 3, true AND fh[1] = old_fh[1] AND fh[2] = old_fh[2] AND fh[3] = old_fh[3] AND fh[4] = old_fh[4] AND fh[5] = old_fh[5] AND fh[6] = old_fh[6], old_mapping = 4, fh = old_fh, false)) AS same, multiIf(same, 0, NOT here AND action = 'ignore', 0, NOT here, 1, NOT known, 4, old_gone != 0 AND old_key = key, 3,
    old_key != key, 2, old_h = 0 AND bare, 4, 3) AS op
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
      b.mapping AS old_mapping, [isNull(c.__kith_f0), isNull(c.__kith_f1), isNull(c.__kith_f2), isNull(c.__kith_f3), isNull(c.__kith_f4), isNull(c.__kith_f5)] AS absent
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
    WHERE if(c.row_id = '', b.gone = 0, (c.h != b.h OR b.mapping != 4))
  )
)
SETTINGS join_use_nulls = 0, min_insert_block_size_rows = 262144, min_insert_block_size_bytes = 50331648, max_block_size = 16384;

-- digest
CREATE OR REPLACE TABLE `kith`.`scratch_run_people_crm_digest` (b UInt32, desired_rows UInt64, baseline_rows UInt64, no_id UInt64, no_key UInt64, earlier_rows UInt64) ENGINE = MergeTree ORDER BY b AS
SELECT arrayJoin(arrayPushFront(arrayFilter((i, x) -> x != 0, range(toUInt32(262144)), d), toUInt32(4294967295))) AS b,
  if(b = 4294967295, n, 0) AS desired_rows, if(b = 4294967295, m, 0) AS baseline_rows, if(b = 4294967295, i, 0) AS no_id, if(b = 4294967295, k, 0) AS no_key, if(b = 4294967295, e, 0) AS earlier_rows
FROM (
  SELECT sumForEach(d) AS d, sum(n) AS n, sum(m) AS m, sum(i) AS i, sum(k) AS k, sum(e) AS e
  FROM (
    SELECT sumResample(0, 262144, 1)(if(fault = 0, bitOr(kh, 1) * bitXor(h, cityHash64('scratch_run_people_crm_digest')), 0), toUInt32(bitShiftRight(kh, 46))) AS d, countIf(fault = 0) AS n, toUInt64(0) AS m, countIf(fault = 1) AS i, countIf(fault = 2) AS k, toUInt64(0) AS e
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
    )
    UNION ALL
    SELECT arrayMap(x -> bitNot(x) + 1, sumResample(0, 262144, 1)(bitOr(kh, 1) * (bitXor(h, cityHash64('scratch_run_people_crm_digest')) + (mapping != 4)), toUInt32(bitShiftRight(kh, 46)))), 0, count(), 0, 0, countIf(mapping != 4)
    FROM (
      WITH (
        SELECT min(ver) FROM `kith`.`baseline_people_crm`
        WHERE _part != (SELECT argMax(part, n) FROM (SELECT _part AS part, count() AS n FROM `kith`.`baseline_people_crm` GROUP BY part))
      ) AS late, (SELECT count() FROM `kith`.`baseline_people_crm` WHERE late > 0 AND ver >= late) BETWEEN 1 AND 20000 AS few
      SELECT kh, h, mapping FROM `kith`.`baseline_people_crm` WHERE few AND gone = 0 AND del = 0 AND ver > 25769803776 AND kh NOT IN (SELECT kh FROM `kith`.`baseline_people_crm` WHERE few AND ver >= late)
      UNION ALL
      SELECT kh, h, mapping FROM `kith`.`baseline_people_crm` FINAL PREWHERE kh IN (SELECT kh FROM `kith`.`baseline_people_crm` WHERE few AND ver >= late) WHERE few AND gone = 0 AND ver > 25769803776
      UNION ALL
      SELECT kh, h, mapping FROM `kith`.`baseline_people_crm` FINAL WHERE NOT few AND gone = 0 AND ver > 25769803776
)
  )
);

-- changeset
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
      ) WHERE kh BETWEEN 0 AND 18446744073709551615
    ) AS c
    FULL OUTER JOIN (
      SELECT kh, row_id, key, h, fh, remote_id, match, gone, mapping, ver, toUInt8(if(position(row_id, 'key-') > 0, 5, 1)) AS reason FROM `kith`.`baseline_people_crm` FINAL
      PREWHERE kh BETWEEN 0 AND 18446744073709551615
      WHERE ver > 25769803776
    ) AS b ON c.row_id = b.row_id
    WHERE if(c.row_id = '', b.gone = 0, (b.ver < 30064771072 OR mod(b.ver, 4294967296) = 0 OR c.h != b.h OR b.mapping != 4))
)
SETTINGS join_use_nulls = 0, min_insert_block_size_rows = 262144, min_insert_block_size_bytes = 50331648, max_block_size = 16384;

-- changeset
INSERT INTO `kith`.`changeset_people_crm_raw` (op, kh, row_id, action, reason, key, old_key, h, fh, changed, fields, match, old_match, remote_id, at, gone, del)
SELECT
  op, kh, row_id,
  if(op = 1, if(here, 'delete', action), '') AS act,
  if(here, 0, reason) AS why,
  if(op = 1 OR NOT here, old_key, key) AS k,
  if(op = 2, old_key, '') AS ok,
  if(op = 1 OR NOT here, old_h, h) AS hh,
  fh, arrayFilter((i, x, y) -> x != y AND here AND known, range(toUInt16(length(fh))), fh, arrayResize(multiIf(old_mapping = 1, [0, old_fh[1], old_fh[2], old_fh[3], old_fh[4], old_fh[5]], old_mapping = 3, [old_fh[1], old_fh[2], old_fh[3], old_fh[4], old_fh[5], old_fh[6]], old_mapping = 4, old_fh, []), length(fh))) AS changed,
  if(here AND op != 1, fields, if(op = 1 AND act = 'set', multiIf(reason = 4, '{}', reason = 3, '{}', reason = 2, '{}', reason = 1, '{"best":false,"o\'p":"7","good":true,"count":3,"code":"3","said":"it\'s \\"so\\""}', ''), '')) AS ff,
  if(here AND op != 1, match, old_match) AS m,
  if(op = 2, old_match, '') AS om,
  remote_id, at,
  multiIf(op = 0 AND NOT here, reason, op = 2, old_gone, 0) AS gone,
  toUInt8(0) AS del
FROM (
  SELECT *, multiIf(NOT here AND action = 'ignore', 0, NOT here, 1, NOT known, 4, old_gone != 0 AND old_key = key, 3,
    old_key != key, 2, old_h = 0 AND bare, 4, 3) AS op
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
      b.mapping AS old_mapping, [isNull(c.__kith_f0), isNull(c.__kith_f1), isNull(c.__kith_f2), isNull(c.__kith_f3), isNull(c.__kith_f4), isNull(c.__kith_f5)] AS absent
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
      ) WHERE kh BETWEEN 0 AND 18446744073709551615
    ) AS c
    FULL OUTER JOIN (
      SELECT kh, row_id, key, h, fh, remote_id, match, gone, mapping, ver, toUInt8(if(position(row_id, 'key-') > 0, 5, 1)) AS reason FROM `kith`.`baseline_people_crm` FINAL
      PREWHERE kh BETWEEN 0 AND 18446744073709551615
      WHERE ver > 25769803776
    ) AS b ON c.row_id = b.row_id
    WHERE if(c.row_id = '', b.gone = 0, (b.ver < 30064771072 OR mod(b.ver, 4294967296) = 0 OR c.h != b.h OR b.mapping != 4))
  )
)
SETTINGS join_use_nulls = 0, min_insert_block_size_rows = 262144, min_insert_block_size_bytes = 50331648, max_block_size = 16384;

-- adopt
INSERT INTO `kith`.`baseline_people_crm` (kh, row_id, key, h, fh, remote_id, match, gone, mapping, ver, del)
SELECT kh, row_id, key, h, [toUInt32(cityHash64(tuple(__kith_f0))), toUInt32(cityHash64(tuple(__kith_f1))), toUInt32(cityHash64(tuple(__kith_f2))), toUInt32(cityHash64(tuple(__kith_f3))), toUInt32(cityHash64(tuple(__kith_f4))), toUInt32(cityHash64(tuple(__kith_f5)))], '', match, 0, 4, 4294967296, 0
FROM (
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
)
SETTINGS min_insert_block_size_rows = 65536, min_insert_block_size_bytes = 8388608;

-- forget the rest
INSERT INTO `kith`.`baseline_people_crm` (kh, row_id, key, h, fh, remote_id, match, gone, mapping, ver, del)
SELECT kh, row_id, key, h, fh, remote_id, match, gone, mapping, 4294967296, 1
FROM `kith`.`baseline_people_crm` FINAL WHERE ver < 4294967296;

-- desired
CREATE TABLE `kith`.`scratch_run_people_crm_desired` ENGINE = MergeTree ORDER BY (kh, row_id) AS
SELECT cityHash64(ifNull(__kith_id, '')) AS kh, greatest(cityHash64(tuple(__kith_key, __kith_f0, __kith_f1, __kith_f2, __kith_f3, __kith_f4, __kith_f5)), toUInt64(1)) AS h, ifNull(__kith_id, '') AS row_id, ifNull(__kith_key, '') AS key,
  __kith_f0, __kith_f1, __kith_f2, __kith_f3, __kith_f4, __kith_f5, __kith_match AS match, __kith_at AS at, multiIf(NOT (ifNull(__kith_id, '') != ''), toUInt8(1), NOT (ifNull(__kith_key, '') != ''), toUInt8(2), toUInt8(0)) AS fault
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
SETTINGS min_insert_block_size_rows = 65536, min_insert_block_size_bytes = 8388608;

-- adopt
INSERT INTO `kith`.`baseline_people_crm` (kh, row_id, key, h, fh, remote_id, match, gone, mapping, ver, del)
SELECT kh, row_id, key, h, [toUInt32(cityHash64(tuple(__kith_f0))), toUInt32(cityHash64(tuple(__kith_f1))), toUInt32(cityHash64(tuple(__kith_f2))), toUInt32(cityHash64(tuple(__kith_f3))), toUInt32(cityHash64(tuple(__kith_f4))), toUInt32(cityHash64(tuple(__kith_f5)))], '', match, 0, 4, 4294967296, 0
FROM (SELECT * EXCEPT (fault) FROM `kith`.`scratch_run_people_crm_desired` WHERE fault = 0)
SETTINGS min_insert_block_size_rows = 65536, min_insert_block_size_bytes = 8388608;

-- desired totals
SELECT countIf(fault = 0), countIf(fault = 1), countIf(fault = 2) FROM `kith`.`scratch_run_people_crm_desired`;

-- shared keys
SELECT count() FROM (
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
) WHERE key IN (
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
  ) WHERE cityHash64(key) % 3 = 0 GROUP BY key HAVING count() > 1
);

-- commit
INSERT INTO `kith`.`baseline_people_crm` (kh, row_id, key, h, fh, remote_id, match, gone, mapping, ver, del)
WITH op = 1 AND action IN ('ignore', 'archive', 'set') AS kept, op = 1 AND NOT kept AS dropped
SELECT kh, row_id, key, if(op = 1, 0, h), if(dropped, [], fh), remote_id, if(dropped, '', match), if(kept, reason, 0), 4, 4294967296 + op, dropped
FROM `kith`.`changeset_people_crm` WHERE op > 0 AND (op, row_id) NOT IN (SELECT op, row_id FROM `kith`.`scratch_run_people_crm_fix` WHERE verdict = 9)
SETTINGS min_insert_block_size_rows = 65536, min_insert_block_size_bytes = 8388608;

-- commit log
INSERT INTO `kith`.`sync_log` (at, sync, run_id, destination, batch, attempt, kh, op, action, fate, code, vendor_code, reason, job)
SELECT now64(3), 'people_crm', 'run', 'crm', 0, 1, kh, ['silent', 'remove', 'rekey', 'change', 'add'][op + 1], action, 'delivered', '', '', '', ''
FROM `kith`.`changeset_people_crm` WHERE op > 0 AND op = 1 AND reason = 4 AND (op, row_id) NOT IN (SELECT op, row_id FROM `kith`.`scratch_run_people_crm_fix` WHERE verdict = 9)
SETTINGS min_insert_block_size_rows = 65536, min_insert_block_size_bytes = 8388608;

-- baseline rows
SELECT countIf(gone = 0), count() FROM `kith`.`baseline_people_crm` FINAL;

-- copy of the baseline
INSERT INTO `kith`.`baseline_people_crm` SELECT * FROM `kith`.`baseline_people_crm` FINAL;

-- held rows
SELECT code, uniqExactIf(row_id, code != '') FROM `kith`.`scratch_run_people_crm_fix` GROUP BY code ORDER BY code;

-- changeset counts
SELECT op, reason, action, count(), countIf(notEmpty(changed)), countIf(op = 2 AND gone != 0), countIf((op = 1 OR op = 0 AND reason != 0) AND key != row_id) FROM `kith`.`changeset_people_crm` GROUP BY op, reason, action ORDER BY op, reason DESC, action;

-- changeset again
SELECT count() FROM (SELECT kh, row_id, key, match FROM `kith`.`changeset_people_crm` WHERE op = 3 AND empty(changed)) AS c
JOIN (SELECT kh, row_id, key, match FROM `kith`.`baseline_people_crm` FINAL WHERE h = 0 AND gone = 0 AND notEmpty(fh)) AS b
ON c.kh = b.kh AND c.row_id = b.row_id AND c.key = b.key AND c.match = b.match;

-- changed fields
SELECT f, count() FROM (SELECT arrayJoin(changed) AS f FROM `kith`.`changeset_people_crm` WHERE op IN (2, 3)) GROUP BY f ORDER BY f;

-- repeated row ids
SELECT count(), any(n) FROM (SELECT count() AS n FROM `kith`.`changeset_people_crm` WHERE op != 1 AND kh BETWEEN 0 AND 18446744073709551615 GROUP BY kh, row_id HAVING n > 1);

-- repeated desired rows
SELECT count(), any(n) FROM (
  SELECT count() AS n FROM (
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
  ) WHERE kh IN (
    SELECT kh FROM (
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
    ) WHERE kh BETWEEN 0 AND 18446744073709551615 GROUP BY kh HAVING count() > 1
  ) GROUP BY kh, row_id HAVING n > 1
);

-- digest totals
WITH toFloat64(greatest(sum(desired_rows), sum(baseline_rows))) AS rows, dirty / 65536 AS share, least(rows, -65536 * log(1 - share)) AS differ
SELECT countIf(b < 65536) AS dirty, sum(desired_rows), sum(baseline_rows), sum(no_id), sum(no_key), toUInt64(ceil(differ + (rows - differ) * share)), countIf(b = 4294967295), sum(earlier_rows), (SELECT count() FROM `kith`.`baseline_people_crm` WHERE gone != 0)
FROM `kith`.`scratch_run_people_crm_digest`;

-- changeset fingerprint
SELECT toString(sum(cityHash64(op, kh, row_id, action, reason, key, old_key, h, match, fields))), count()
FROM `kith`.`changeset_people_crm` WHERE op != 0 AND NOT (op = 1 AND reason = 4);

-- changeset beyond
SELECT count() FROM `kith`.`changeset_people_crm`
WHERE op IN (1, 2, 3) AND (row_id, op, action, op = 1 AND reason != 0, if(op = 1, key, ''), if(op = 1, fields, '')) NOT IN (
  SELECT row_id, arrayJoin(if(op = 2, [2, 3], [op])) AS may, action, op = 1 AND reason != 0, if(op = 1, key, ''), if(op = 1, fields, '') FROM `kith`.`changeset_people_crm_raw` WHERE op IN (1, 2, 3)
);

-- sample
SELECT op, action, reason, key, fields, changed FROM `kith`.`changeset_people_crm` WHERE op = 3 ORDER BY kh LIMIT 3;

-- page
SELECT formatRow('RowBinary', kh, row_id, action, reason, key, old_key, h, fh, fields, match, remote_id, at)
FROM `kith`.`changeset_people_crm`
WHERE op = 4 AND kh BETWEEN 7 AND 9000 AND (kh, row_id) > (7, 'o\'p')
ORDER BY kh, row_id LIMIT 100;

-- page
SELECT formatRow('RowBinary', kh, row_id, action, reason, key, old_key, h, fh, fields, match, remote_id, at)
FROM `kith`.`changeset_people_crm`
WHERE op = 1 AND kh BETWEEN 0 AND 9223372036854775807 AND (kh, row_id) > (0, '') AND reason = 4
ORDER BY kh, row_id LIMIT 100;

-- backoff
INSERT INTO `kith`.`scratch_run_people_crm_fix` (kh, row_id, op, verdict, reason, code)
SELECT r.kh, r.row_id, if(r.op = 1 AND r.reason = 0, 255, r.op), 1, 0, if(x.code = 'unconfirmed', x.code, 'backoff') FROM (
  SELECT r.kh AS kh, r.row_id AS row_id, r.op AS op, r.reason AS reason, if(r.goes, 1, r.op) AS sent, if(r.goes, bitXor(r.h, toUInt64(if(f.why != 0, f.why, r.reason))), r.h) AS h
  FROM (SELECT kh, row_id, op, h, reason, (op = 1 OR op = 0 AND reason != 0) AS goes FROM `kith`.`changeset_people_crm_raw`) AS r
  LEFT JOIN (SELECT row_id, max(reason) AS why FROM `kith`.`scratch_run_people_crm_fix` WHERE op < 2 AND verdict = 3 GROUP BY row_id) AS f ON r.row_id = f.row_id
) AS r
JOIN (SELECT row_id, op, h, code FROM `kith`.`rejections` FINAL WHERE sync = 'people_crm' AND mapping = 4 AND next_try > toDateTime64('1970-01-01 00:00:00.000000', 6, 'UTC') AND ver > 25769803776) AS x
ON r.row_id = x.row_id AND r.sent = x.op AND r.h = x.h
SETTINGS join_use_nulls = 0;

-- silent rows
INSERT INTO `kith`.`baseline_people_crm` (kh, row_id, key, h, fh, remote_id, match, gone, mapping, ver, del)
SELECT kh, row_id, key, if(gone = 0, h, 0), fh, remote_id, match, gone, 4, 4294967296, del
FROM `kith`.`changeset_people_crm` WHERE op = 0
UNION ALL
SELECT kh, row_id, key, 0, [], '', match, 0, 4, 4294967296, 0
FROM `kith`.`changeset_people_crm_raw` WHERE op = 4 AND key IN (SELECT key FROM `kith`.`changeset_people_crm` WHERE op = 0 AND del = 1 AND remote_id != 'none' AND row_id NOT IN (SELECT row_id FROM `kith`.`foreign_rows` FINAL WHERE sync = 'people_crm')) AND row_id NOT IN (
  SELECT row_id FROM `kith`.`baseline_people_crm` FINAL PREWHERE kh IN (SELECT kh FROM `kith`.`changeset_people_crm_raw` WHERE op = 4 AND key IN (SELECT key FROM `kith`.`changeset_people_crm` WHERE op = 0 AND del = 1 AND remote_id != 'none' AND row_id NOT IN (SELECT row_id FROM `kith`.`foreign_rows` FINAL WHERE sync = 'people_crm'))) WHERE ver > 25769803776
)
UNION ALL
SELECT kh, concat(row_id, 'key-', lower(hex(substring(SHA256(key), 1, 8)))), key, 0, [], '', '', 0, 4, 4294967296, 0
FROM `kith`.`changeset_people_crm_raw` WHERE op = 2 AND key IN (SELECT key FROM `kith`.`changeset_people_crm` WHERE op = 0 AND del = 1 AND remote_id != 'none' AND row_id NOT IN (SELECT row_id FROM `kith`.`foreign_rows` FINAL WHERE sync = 'people_crm'));

-- digest
CREATE OR REPLACE TABLE `kith`.`scratch_run_people_crm_digest` (b UInt32, desired_rows UInt64, baseline_rows UInt64, no_id UInt64, no_key UInt64, earlier_rows UInt64) ENGINE = MergeTree ORDER BY b AS
SELECT arrayJoin(arrayPushFront(arrayFilter((i, x) -> x != 0, range(toUInt32(1024)), d), toUInt32(4294967295))) AS b,
  if(b = 4294967295, n, 0) AS desired_rows, if(b = 4294967295, m, 0) AS baseline_rows, if(b = 4294967295, i, 0) AS no_id, if(b = 4294967295, k, 0) AS no_key, if(b = 4294967295, e, 0) AS earlier_rows
FROM (
  SELECT sumResample(0, 1024, 1)(d, g) AS d, sum(n) AS n, sum(m) AS m, sum(i) AS i, sum(k) AS k, sum(e) AS e
  FROM (
    SELECT toUInt16(toUInt32(bitShiftRight(kh, 54))) AS g, sum(if(fault = 0, bitOr(kh, 1) * bitXor(h, cityHash64('scratch_run_people_crm_digest')), 0)) AS d, countIf(fault = 0) AS n, toUInt64(0) AS m, countIf(fault = 1) AS i, countIf(fault = 2) AS k, toUInt64(0) AS e
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
    SELECT toUInt16(toUInt32(bitShiftRight(kh, 54))) AS g, bitNot(sum(bitOr(kh, 1) * bitXor(h, cityHash64('scratch_run_people_crm_digest')))) + 1, 0, count(), 0, 0, 0
    FROM (SELECT kh, h FROM `kith`.`baseline_people_crm` FINAL WHERE gone = 0) GROUP BY g
  )
);

-- pairs
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
  ) WHERE kh BETWEEN 0 AND 18446744073709551615 AND toUInt32(bitShiftRight(kh, 46)) IN (SELECT b FROM `kith`.`scratch_run_people_crm_digest` WHERE b < 262144)
) AS c
FULL OUTER JOIN (
  SELECT sipHash64Keyed((cityHash64('scratch_run_people_crm_pairs'), toUInt64(11400714819323198485)), row_id) AS tag, kh, h, gone FROM `kith`.`baseline_people_crm` FINAL
  PREWHERE kh BETWEEN 0 AND 18446744073709551615 AND toUInt32(bitShiftRight(kh, 46)) IN (SELECT b FROM `kith`.`scratch_run_people_crm_digest` WHERE b < 262144)
) AS b ON c.tag = b.tag
WHERE if(c.row_id = '', b.gone = 0, (c.h != b.h))
SETTINGS join_use_nulls = 0, min_insert_block_size_rows = 65536, min_insert_block_size_bytes = 8388608;

-- changeset
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

-- pairs
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
  ) WHERE kh BETWEEN 0 AND 18446744073709551615 AND toUInt32(bitShiftRight(kh, 46)) IN (SELECT b FROM `kith`.`scratch_run_people_crm_digest` WHERE b < 262144)
)
WHERE bitXor(tag, h) NOT IN (
  SELECT bitXor(sipHash64Keyed((cityHash64('scratch_run_people_crm_pairs'), toUInt64(11400714819323198485)), row_id), h) FROM `kith`.`baseline_people_crm` FINAL
  PREWHERE kh BETWEEN 0 AND 18446744073709551615 AND toUInt32(bitShiftRight(kh, 46)) IN (SELECT b FROM `kith`.`scratch_run_people_crm_digest` WHERE b < 262144) WHERE mapping = 4
)
SETTINGS min_insert_block_size_rows = 65536, min_insert_block_size_bytes = 8388608;

-- pairs gone
INSERT INTO `kith`.`scratch_run_people_crm_pairs` (wanted, tag, kh)
SELECT toUInt8(0), sipHash64Keyed((cityHash64('scratch_run_people_crm_pairs'), toUInt64(11400714819323198485)), row_id) AS tag, b.kh FROM (
  SELECT kh, row_id, gone FROM `kith`.`baseline_people_crm` FINAL
  PREWHERE kh BETWEEN 0 AND 18446744073709551615 AND toUInt32(bitShiftRight(kh, 46)) IN (SELECT b FROM `kith`.`scratch_run_people_crm_digest` WHERE b < 262144)
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
  ) WHERE kh BETWEEN 0 AND 18446744073709551615 AND toUInt32(bitShiftRight(kh, 46)) IN (SELECT b FROM `kith`.`scratch_run_people_crm_digest` WHERE b < 262144)
);

-- merged entities waiting
SELECT count() FROM `kith`.`baseline_people_crm` FINAL WHERE row_id IN (SELECT old_id FROM (SELECT old_id, new_id FROM (
  SELECT old_id, argMax(new_id, at) AS new_id FROM `kith`.`entity_merges`
  WHERE entity = 'person' AND (build = 'build' OR build IN (SELECT build FROM `kith`.`builds`))
  GROUP BY old_id HAVING new_id != ''
)));

-- rehash
INSERT INTO `kith`.`baseline_people_crm` (kh, row_id, key, h, fh, remote_id, match, gone, mapping, ver, del)
SELECT b.kh, b.row_id, b.key, multiIf(b.h = c.was, c.h, b.h = c.h, bitOr(bitNot(c.h), 1), b.h),
  [if(b.fh[1] = c.was_fh[1], c.fh[1], bitXor(c.fh[1], 1)), if(b.fh[2] = c.was_fh[2], c.fh[2], bitXor(c.fh[2], 1)), if(b.fh[3] = c.was_fh[3], c.fh[3], bitXor(c.fh[3], 1)), if(b.fh[4] = c.was_fh[4], c.fh[4], bitXor(c.fh[4], 1)), if(b.fh[5] = c.was_fh[5], c.fh[5], bitXor(c.fh[5], 1)), if(b.fh[6] = c.was_fh[6], c.fh[6], bitXor(c.fh[6], 1))],
  b.remote_id, b.match, b.gone, 4, b.ver, 0
FROM (
  SELECT * FROM `kith`.`baseline_people_crm` FINAL
  PREWHERE kh BETWEEN 0 AND 18446744073709551615
  WHERE mapping = 1 AND (h != 0 OR gone != 0) AND row_id NOT IN (SELECT row_id FROM `kith`.`job_rows` WHERE job IN (SELECT job FROM `kith`.`jobs` FINAL WHERE sync = 'people_crm' AND state = 'open'))
) AS b
JOIN (
  SELECT kh, row_id, h, __kith_h0 AS was, [toUInt32(cityHash64(tuple(greatest(cityHash64(tuple('other', __kith_f0)), toUInt64(1))))), toUInt32(cityHash64(tuple(greatest(cityHash64(tuple('other', __kith_f1)), toUInt64(1))))), toUInt32(cityHash64(tuple(greatest(cityHash64(tuple('other', __kith_f2)), toUInt64(1))))), toUInt32(cityHash64(tuple(greatest(cityHash64(tuple('other', __kith_f3)), toUInt64(1))))), toUInt32(cityHash64(tuple(greatest(cityHash64(tuple('other', __kith_f4)), toUInt64(1))))), toUInt32(cityHash64(tuple(greatest(cityHash64(tuple('other', __kith_f5)), toUInt64(1)))))] AS fh, [toUInt32(cityHash64(tuple(__kith_f0))), toUInt32(cityHash64(tuple(__kith_f1))), toUInt32(cityHash64(tuple(__kith_f2))), toUInt32(cityHash64(tuple(__kith_f3))), toUInt32(cityHash64(tuple(__kith_f4))), toUInt32(cityHash64(tuple(__kith_f5)))] AS was_fh
  FROM (
SELECT cityHash64(ifNull(__kith_id, '')) AS kh, greatest(cityHash64(tuple('other', __kith_key, __kith_f0, __kith_f1, __kith_f2, __kith_f3, __kith_f4, __kith_f5)), toUInt64(1)) AS h, greatest(cityHash64(tuple(__kith_key, __kith_f0, __kith_f1, __kith_f2, __kith_f3, __kith_f4, __kith_f5)), toUInt64(1)) AS __kith_h0, assumeNotNull(__kith_id) AS row_id, assumeNotNull(__kith_key) AS key,
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
  ) WHERE kh BETWEEN 0 AND 18446744073709551615
) AS c ON b.kh = c.kh AND b.row_id = c.row_id
SETTINGS min_insert_block_size_rows = 65536, min_insert_block_size_bytes = 8388608;

-- backoff of before
INSERT INTO `kith`.`scratch_run_people_crm_fix` (kh, row_id, op, verdict, reason, code)
SELECT r.kh, r.row_id, if(r.op = 1 AND r.reason = 0, 255, r.op), 1, 0, if(x.code = 'unconfirmed', x.code, 'backoff') FROM (
  SELECT r.kh AS kh, r.row_id AS row_id, r.op AS op, r.reason AS reason, if(r.goes, 1, r.op) AS sent, if(r.goes, bitXor(r.h, toUInt64(if(f.why != 0, f.why, r.reason))), r.h) AS h
  FROM (SELECT kh, row_id, op, h, reason, (op = 1 OR op = 0 AND reason != 0) AS goes FROM `kith`.`changeset_people_crm_raw`) AS r
  LEFT JOIN (SELECT row_id, max(reason) AS why FROM `kith`.`scratch_run_people_crm_fix` WHERE op < 2 AND verdict = 3 GROUP BY row_id) AS f ON r.row_id = f.row_id
) AS r
JOIN (
  SELECT x.row_id AS row_id, x.op AS op, if(x.op = 1, x.h, c.h) AS h, x.code AS code FROM (
    SELECT row_id, op, h, code FROM `kith`.`rejections` FINAL WHERE sync = 'people_crm' AND mapping = 1 AND next_try > toDateTime64('1970-01-01 00:00:00.000000', 6, 'UTC')
  ) AS x
  LEFT JOIN (
    SELECT row_id, h, __kith_h0 AS was FROM (
SELECT cityHash64(ifNull(__kith_id, '')) AS kh, greatest(cityHash64(tuple('other', __kith_key, __kith_f0, __kith_f1, __kith_f2, __kith_f3, __kith_f4, __kith_f5)), toUInt64(1)) AS h, greatest(cityHash64(tuple(__kith_key, __kith_f0, __kith_f1, __kith_f2, __kith_f3, __kith_f4, __kith_f5)), toUInt64(1)) AS __kith_h0, assumeNotNull(__kith_id) AS row_id, assumeNotNull(__kith_key) AS key,
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
    ) WHERE row_id IN (SELECT row_id FROM `kith`.`rejections` WHERE sync = 'people_crm' AND mapping = 1)
  ) AS c ON x.row_id = c.row_id
  WHERE x.op = 1 OR x.h = c.was
) AS x
ON r.row_id = x.row_id AND r.sent = x.op AND r.h = x.h
SETTINGS join_use_nulls = 0;

-- rehash
INSERT INTO `kith`.`baseline_people_crm` (kh, row_id, key, h, fh, remote_id, match, gone, mapping, ver, del)
SELECT b.kh, b.row_id, b.key, multiIf(b.gone = 0 AND b.key = c.key AND b.match = c.match AND c.absent[1] AND b.fh[2] = c.was_fh[2] AND b.fh[3] = c.was_fh[3] AND b.fh[4] = c.was_fh[4] AND b.fh[5] = c.was_fh[5] AND b.fh[6] = c.was_fh[6], c.h, b.h = c.h, bitOr(bitNot(c.h), 1), b.h),
  [if(c.absent[1], c.fh[1], bitXor(c.fh[1], 1)), if(b.fh[2] = c.was_fh[2], c.fh[2], bitXor(c.fh[2], 1)), if(b.fh[3] = c.was_fh[3], c.fh[3], bitXor(c.fh[3], 1)), if(b.fh[4] = c.was_fh[4], c.fh[4], bitXor(c.fh[4], 1)), if(b.fh[5] = c.was_fh[5], c.fh[5], bitXor(c.fh[5], 1)), if(b.fh[6] = c.was_fh[6], c.fh[6], bitXor(c.fh[6], 1))],
  b.remote_id, b.match, b.gone, 4, b.ver, 0
FROM (
  SELECT * FROM `kith`.`baseline_people_crm` FINAL
  PREWHERE kh BETWEEN 0 AND 18446744073709551615
  WHERE mapping = 2 AND (h != 0 OR gone != 0) AND row_id NOT IN (SELECT row_id FROM `kith`.`job_rows` WHERE job IN (SELECT job FROM `kith`.`jobs` FINAL WHERE sync = 'people_crm' AND state = 'open'))
) AS b
JOIN (
  SELECT kh, row_id, h, key, match, [toUInt32(cityHash64(tuple(greatest(cityHash64(tuple('other', __kith_f0)), toUInt64(1))))), toUInt32(cityHash64(tuple(greatest(cityHash64(tuple('other', __kith_f1)), toUInt64(1))))), toUInt32(cityHash64(tuple(greatest(cityHash64(tuple('other', __kith_f2)), toUInt64(1))))), toUInt32(cityHash64(tuple(greatest(cityHash64(tuple('other', __kith_f3)), toUInt64(1))))), toUInt32(cityHash64(tuple(greatest(cityHash64(tuple('other', __kith_f4)), toUInt64(1))))), toUInt32(cityHash64(tuple(greatest(cityHash64(tuple('other', __kith_f5)), toUInt64(1)))))] AS fh, [toUInt32(cityHash64(tuple(__kith_f0))), toUInt32(cityHash64(tuple(__kith_f1))), toUInt32(cityHash64(tuple(__kith_f2))), toUInt32(cityHash64(tuple(__kith_f3))), toUInt32(cityHash64(tuple(__kith_f4))), toUInt32(cityHash64(tuple(__kith_f5)))] AS was_fh, [isNull(__kith_f0), isNull(__kith_f1), isNull(__kith_f2), isNull(__kith_f3), isNull(__kith_f4), isNull(__kith_f5)] AS absent
  FROM (
SELECT cityHash64(ifNull(__kith_id, '')) AS kh, greatest(cityHash64(tuple('other', __kith_key, __kith_f0, __kith_f1, __kith_f2, __kith_f3, __kith_f4, __kith_f5)), toUInt64(1)) AS h, greatest(cityHash64(tuple(__kith_key, __kith_f0, __kith_f1, __kith_f2, __kith_f3, __kith_f4, __kith_f5)), toUInt64(1)) AS __kith_h0, assumeNotNull(__kith_id) AS row_id, assumeNotNull(__kith_key) AS key,
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
  ) WHERE kh BETWEEN 0 AND 18446744073709551615
) AS c ON b.kh = c.kh AND b.row_id = c.row_id
SETTINGS min_insert_block_size_rows = 65536, min_insert_block_size_bytes = 8388608;

-- digest
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
    SELECT toUInt16(toUInt32(bitShiftRight(kh, 48))) AS g, bitNot(sum(bitOr(kh, 1) * (bitXor(h, cityHash64('scratch_run_best_list_digest')) + (mapping != 4)))) + 1, 0, count(), 0, 0, countIf(mapping != 4)
    FROM (
      WITH (
        SELECT min(ver) FROM `kith`.`baseline_best_list`
        WHERE _part != (SELECT argMax(part, n) FROM (SELECT _part AS part, count() AS n FROM `kith`.`baseline_best_list` GROUP BY part))
      ) AS late, (SELECT count() FROM `kith`.`baseline_best_list` WHERE late > 0 AND ver >= late) BETWEEN 1 AND 20000 AS few
      SELECT kh, h, mapping FROM `kith`.`baseline_best_list` WHERE few AND gone = 0 AND del = 0 AND kh NOT IN (SELECT kh FROM `kith`.`baseline_best_list` WHERE few AND ver >= late)
      UNION ALL
      SELECT kh, h, mapping FROM `kith`.`baseline_best_list` FINAL PREWHERE kh IN (SELECT kh FROM `kith`.`baseline_best_list` WHERE few AND ver >= late) WHERE few AND gone = 0
      UNION ALL
      SELECT kh, h, mapping FROM `kith`.`baseline_best_list` FINAL WHERE NOT few AND gone = 0
) GROUP BY g
  )
);

-- changeset
INSERT INTO `kith`.`changeset_best_list_raw` (op, kh, row_id, action, reason, key, old_key, h, fh, changed, fields, match, old_match, remote_id, at, gone, del)
SELECT
  op, kh, row_id,
  if(op = 1, if(here, 'remove', action), '') AS act,
  if(here, 0, reason) AS why,
  if(op = 1 OR NOT here, old_key, key) AS k,
  if(op = 2, old_key, '') AS ok,
  if(op = 1 OR NOT here, old_h, h) AS hh,
  fh, arrayFilter((i, x, y) -> x != y AND here AND known, range(toUInt16(length(fh))), fh, arrayResize(multiIf(old_mapping = 1, [], old_mapping = 3, [], old_mapping = 4, old_fh, []), length(fh))) AS changed,
  if(here AND op != 1, fields, if(op = 1 AND act = 'set', multiIf(reason = 4, '{}', reason = 3, '{}', reason = 2, '{}', reason = 1, '{}', ''), '')) AS ff,
  if(here AND op != 1, match, old_match) AS m,
  if(op = 2, old_match, '') AS om,
  remote_id, at,
  multiIf(op = 0 AND NOT here, reason, op = 2, old_gone, 0) AS gone,
  toUInt8(0) AS del
FROM (
  SELECT *, (here AND known AND old_gone = 0 AND old_h != 0 AND old_key = key AND match = old_match AND old_mapping != 4 AND multiIf(old_mapping = 1, true, old_mapping = 3, true, old_mapping = 4, fh = old_fh, false)) AS same, arrayJoin(multiIf(same, [0], NOT here AND action = 'ignore', [0], NOT here, [1], NOT known, [4], old_gone != 0 AND old_match = match, [3],
    NOT (arraySort(arrayDistinct(arrayConcat(arrayMap(__kith_v -> concat('email', '=', __kith_v), arrayFilter(__kith_v -> __kith_v != '', JSONExtract(match, 'email', 'Array(String)')))))) = arraySort(arrayDistinct(arrayFlatten(arrayMap(match -> arrayConcat(arrayMap(__kith_v -> concat('email', '=', __kith_v), arrayFilter(__kith_v -> __kith_v != '', JSONExtract(match, 'email', 'Array(String)')))), [old_match]))))), [1, 4], old_h = 0 AND bare, [4], old_gone = 0 AND old_h != 0 AND old_key = key AND multiIf(old_mapping = 1, true, old_mapping = 3, true, old_mapping = 4, fh = old_fh, false) AND arraySort(arrayDistinct(arrayConcat(arrayMap(__kith_v -> concat('email', '=', __kith_v), arrayFilter(__kith_v -> __kith_v != '', JSONExtract(match, 'email', 'Array(String)')))))) = arraySort(arrayDistinct(arrayFlatten(arrayMap(match -> arrayConcat(arrayMap(__kith_v -> concat('email', '=', __kith_v), arrayFilter(__kith_v -> __kith_v != '', JSONExtract(match, 'email', 'Array(String)')))), [old_match])))), [0], [3])) AS op
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
      b.mapping AS old_mapping, [] AS absent
    FROM (
      SELECT * FROM (
SELECT * EXCEPT (fault) FROM `kith`.`scratch_run_best_list_desired` WHERE fault = 0
      ) WHERE kh BETWEEN 0 AND 18446744073709551615 AND toUInt32(bitShiftRight(kh, 48)) IN (SELECT b FROM `kith`.`scratch_run_best_list_digest` WHERE b < 65536)
    ) AS c
    FULL OUTER JOIN (
      SELECT kh, row_id, key, h, fh, remote_id, match, gone, mapping, ver FROM `kith`.`baseline_best_list` FINAL
      PREWHERE kh BETWEEN 0 AND 18446744073709551615 AND toUInt32(bitShiftRight(kh, 48)) IN (SELECT b FROM `kith`.`scratch_run_best_list_digest` WHERE b < 65536)
    ) AS b ON c.row_id = b.row_id
    WHERE if(c.row_id = '', b.gone = 0, (c.h != b.h OR b.mapping != 4))
  )
)
SETTINGS join_use_nulls = 0, min_insert_block_size_rows = 262144, min_insert_block_size_bytes = 50331648, max_block_size = 16384;

-- digest
CREATE OR REPLACE TABLE `kith`.`scratch_run_best_list_digest` (b UInt32, desired_rows UInt64, baseline_rows UInt64, no_id UInt64, no_key UInt64, earlier_rows UInt64) ENGINE = MergeTree ORDER BY b AS
SELECT arrayJoin(arrayPushFront(arrayFilter((i, x) -> x != 0, range(toUInt32(262144)), d), toUInt32(4294967295))) AS b,
  if(b = 4294967295, n, 0) AS desired_rows, if(b = 4294967295, m, 0) AS baseline_rows, if(b = 4294967295, i, 0) AS no_id, if(b = 4294967295, k, 0) AS no_key, if(b = 4294967295, e, 0) AS earlier_rows
FROM (
  SELECT sumForEach(d) AS d, sum(n) AS n, sum(m) AS m, sum(i) AS i, sum(k) AS k, sum(e) AS e
  FROM (
    SELECT sumResample(0, 262144, 1)(if(fault = 0, bitOr(kh, 1) * bitXor(h, cityHash64('scratch_run_best_list_digest')), 0), toUInt32(bitShiftRight(kh, 46))) AS d, countIf(fault = 0) AS n, toUInt64(0) AS m, countIf(fault = 1) AS i, countIf(fault = 2) AS k, toUInt64(0) AS e
    FROM (
SELECT kh, h, fault FROM `kith`.`scratch_run_best_list_desired`
    )
    UNION ALL
    SELECT arrayMap(x -> bitNot(x) + 1, sumResample(0, 262144, 1)(bitOr(kh, 1) * (bitXor(h, cityHash64('scratch_run_best_list_digest')) + (mapping != 4)), toUInt32(bitShiftRight(kh, 46)))), 0, count(), 0, 0, countIf(mapping != 4)
    FROM (
      WITH (
        SELECT min(ver) FROM `kith`.`baseline_best_list`
        WHERE _part != (SELECT argMax(part, n) FROM (SELECT _part AS part, count() AS n FROM `kith`.`baseline_best_list` GROUP BY part))
      ) AS late, (SELECT count() FROM `kith`.`baseline_best_list` WHERE late > 0 AND ver >= late) BETWEEN 1 AND 20000 AS few
      SELECT kh, h, mapping FROM `kith`.`baseline_best_list` WHERE few AND gone = 0 AND del = 0 AND ver > 25769803776 AND kh NOT IN (SELECT kh FROM `kith`.`baseline_best_list` WHERE few AND ver >= late)
      UNION ALL
      SELECT kh, h, mapping FROM `kith`.`baseline_best_list` FINAL PREWHERE kh IN (SELECT kh FROM `kith`.`baseline_best_list` WHERE few AND ver >= late) WHERE few AND gone = 0 AND ver > 25769803776
      UNION ALL
      SELECT kh, h, mapping FROM `kith`.`baseline_best_list` FINAL WHERE NOT few AND gone = 0 AND ver > 25769803776
)
  )
);

-- changeset
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
    NOT (arraySort(arrayDistinct(arrayConcat(arrayMap(__kith_v -> concat('email', '=', __kith_v), arrayFilter(__kith_v -> __kith_v != '', JSONExtract(match, 'email', 'Array(String)')))))) = arraySort(arrayDistinct(arrayFlatten(arrayMap(match -> arrayConcat(arrayMap(__kith_v -> concat('email', '=', __kith_v), arrayFilter(__kith_v -> __kith_v != '', JSONExtract(match, 'email', 'Array(String)')))), [old_match]))))), [1, 4], old_h = 0 AND bare, [4], [3])) AS op
    FROM (
      SELECT * FROM (
SELECT * EXCEPT (fault) FROM `kith`.`scratch_run_best_list_desired` WHERE fault = 0
      ) WHERE kh BETWEEN 0 AND 18446744073709551615
    ) AS c
    FULL OUTER JOIN (
      SELECT kh, row_id, key, h, fh, remote_id, match, gone, mapping, ver FROM `kith`.`baseline_best_list` FINAL
      PREWHERE kh BETWEEN 0 AND 18446744073709551615
      WHERE ver > 25769803776
    ) AS b ON c.row_id = b.row_id
    WHERE if(c.row_id = '', b.gone = 0, (b.ver < 30064771072 OR mod(b.ver, 4294967296) = 0 OR c.h != b.h OR b.mapping != 4))
)
SETTINGS join_use_nulls = 0, min_insert_block_size_rows = 262144, min_insert_block_size_bytes = 50331648, max_block_size = 16384;

-- changeset
INSERT INTO `kith`.`changeset_best_list_raw` (op, kh, row_id, action, reason, key, old_key, h, fh, changed, fields, match, old_match, remote_id, at, gone, del)
SELECT
  op, kh, row_id,
  if(op = 1, if(here, 'remove', action), '') AS act,
  if(here, 0, reason) AS why,
  if(op = 1 OR NOT here, old_key, key) AS k,
  if(op = 2, old_key, '') AS ok,
  if(op = 1 OR NOT here, old_h, h) AS hh,
  fh, arrayFilter((i, x, y) -> x != y AND here AND known, range(toUInt16(length(fh))), fh, arrayResize(multiIf(old_mapping = 1, [], old_mapping = 3, [], old_mapping = 4, old_fh, []), length(fh))) AS changed,
  if(here AND op != 1, fields, if(op = 1 AND act = 'set', multiIf(reason = 4, '{}', reason = 3, '{}', reason = 2, '{}', reason = 1, '{}', ''), '')) AS ff,
  if(here AND op != 1, match, old_match) AS m,
  if(op = 2, old_match, '') AS om,
  remote_id, at,
  multiIf(op = 0 AND NOT here, reason, op = 2, old_gone, 0) AS gone,
  toUInt8(0) AS del
FROM (
  SELECT *, arrayJoin(multiIf(NOT here AND action = 'ignore', [0], NOT here, [1], NOT known, [4], old_gone != 0 AND old_match = match, [3],
    NOT (arraySort(arrayDistinct(arrayConcat(arrayMap(__kith_v -> concat('email', '=', __kith_v), arrayFilter(__kith_v -> __kith_v != '', JSONExtract(match, 'email', 'Array(String)')))))) = arraySort(arrayDistinct(arrayFlatten(arrayMap(match -> arrayConcat(arrayMap(__kith_v -> concat('email', '=', __kith_v), arrayFilter(__kith_v -> __kith_v != '', JSONExtract(match, 'email', 'Array(String)')))), [old_match]))))), [1, 4], old_h = 0 AND bare, [4], [3])) AS op
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
      b.mapping AS old_mapping, [] AS absent
    FROM (
      SELECT * FROM (
SELECT * EXCEPT (fault) FROM `kith`.`scratch_run_best_list_desired` WHERE fault = 0
      ) WHERE kh BETWEEN 0 AND 18446744073709551615
    ) AS c
    FULL OUTER JOIN (
      SELECT kh, row_id, key, h, fh, remote_id, match, gone, mapping, ver FROM `kith`.`baseline_best_list` FINAL
      PREWHERE kh BETWEEN 0 AND 18446744073709551615
      WHERE ver > 25769803776
    ) AS b ON c.row_id = b.row_id
    WHERE if(c.row_id = '', b.gone = 0, (b.ver < 30064771072 OR mod(b.ver, 4294967296) = 0 OR c.h != b.h OR b.mapping != 4))
  )
)
SETTINGS join_use_nulls = 0, min_insert_block_size_rows = 262144, min_insert_block_size_bytes = 50331648, max_block_size = 16384;

-- adopt
INSERT INTO `kith`.`baseline_best_list` (kh, row_id, key, h, fh, remote_id, match, gone, mapping, ver, del)
SELECT kh, row_id, key, h, [], '', match, 0, 4, 4294967296, 0
FROM (SELECT * EXCEPT (fault) FROM `kith`.`scratch_run_best_list_desired` WHERE fault = 0)
SETTINGS min_insert_block_size_rows = 65536, min_insert_block_size_bytes = 8388608;

-- forget the rest
INSERT INTO `kith`.`baseline_best_list` (kh, row_id, key, h, fh, remote_id, match, gone, mapping, ver, del)
SELECT kh, row_id, key, h, fh, remote_id, match, gone, mapping, 4294967296, 1
FROM `kith`.`baseline_best_list` FINAL WHERE ver < 4294967296;

-- desired
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

-- adopt
INSERT INTO `kith`.`baseline_best_list` (kh, row_id, key, h, fh, remote_id, match, gone, mapping, ver, del)
SELECT kh, row_id, key, h, [], '', match, 0, 4, 4294967296, 0
FROM (SELECT * EXCEPT (fault) FROM `kith`.`scratch_run_best_list_desired` WHERE fault = 0)
SETTINGS min_insert_block_size_rows = 65536, min_insert_block_size_bytes = 8388608;

-- desired totals
SELECT countIf(fault = 0), countIf(fault = 1), countIf(fault = 2) FROM `kith`.`scratch_run_best_list_desired`;

-- shared keys
SELECT count() FROM (
SELECT * EXCEPT (fault) FROM `kith`.`scratch_run_best_list_desired` WHERE fault = 0
) WHERE key IN (
  SELECT key FROM (
SELECT * EXCEPT (fault) FROM `kith`.`scratch_run_best_list_desired` WHERE fault = 0
  ) WHERE cityHash64(key) % 3 = 0 GROUP BY key HAVING count() > 1
);

-- commit
INSERT INTO `kith`.`baseline_best_list` (kh, row_id, key, h, fh, remote_id, match, gone, mapping, ver, del)
WITH op = 1 AND action IN ('ignore', 'archive', 'set') AS kept, op = 1 AND NOT kept AS dropped
SELECT kh, row_id, key, if(op = 1, 0, h), if(dropped, [], fh), remote_id, if(dropped, '', match), if(kept, reason, 0), 4, 4294967296 + op, dropped
FROM `kith`.`changeset_best_list` WHERE op > 0 AND (op, row_id) NOT IN (SELECT op, row_id FROM `kith`.`scratch_run_best_list_fix` WHERE verdict = 9)
SETTINGS min_insert_block_size_rows = 65536, min_insert_block_size_bytes = 8388608;

-- commit log
INSERT INTO `kith`.`sync_log` (at, sync, run_id, destination, batch, attempt, kh, op, action, fate, code, vendor_code, reason, job)
SELECT now64(3), 'best_list', 'run', 'crm', 0, 1, kh, ['silent', 'remove', 'rekey', 'change', 'add'][op + 1], action, 'delivered', '', '', '', ''
FROM `kith`.`changeset_best_list` WHERE op > 0 AND op = 1 AND reason = 4 AND (op, row_id) NOT IN (SELECT op, row_id FROM `kith`.`scratch_run_best_list_fix` WHERE verdict = 9)
SETTINGS min_insert_block_size_rows = 65536, min_insert_block_size_bytes = 8388608;

-- baseline rows
SELECT countIf(gone = 0), count() FROM `kith`.`baseline_best_list` FINAL;

-- copy of the baseline
INSERT INTO `kith`.`baseline_best_list` SELECT * FROM `kith`.`baseline_best_list` FINAL;

-- held rows
SELECT code, uniqExactIf(row_id, code != '') FROM `kith`.`scratch_run_best_list_fix` GROUP BY code ORDER BY code;

-- changeset counts
SELECT op, reason, action, count(), countIf(notEmpty(changed)), countIf(op = 2 AND gone != 0), countIf((op = 1 OR op = 0 AND reason != 0) AND key != row_id) FROM `kith`.`changeset_best_list` GROUP BY op, reason, action ORDER BY op, reason DESC, action;

-- changeset again
SELECT count() FROM (SELECT kh, row_id, key, match FROM `kith`.`changeset_best_list` WHERE op = 3 AND empty(changed)) AS c
JOIN (SELECT kh, row_id, key, match FROM `kith`.`baseline_best_list` FINAL WHERE h = 0 AND gone = 0 AND notEmpty(fh)) AS b
ON c.kh = b.kh AND c.row_id = b.row_id AND c.key = b.key AND c.match = b.match;

-- changed fields
SELECT f, count() FROM (SELECT arrayJoin(changed) AS f FROM `kith`.`changeset_best_list` WHERE op IN (2, 3)) GROUP BY f ORDER BY f;

-- repeated row ids
SELECT count(), any(n) FROM (SELECT count() AS n FROM `kith`.`changeset_best_list` WHERE op != 1 AND kh BETWEEN 0 AND 18446744073709551615 GROUP BY kh, row_id HAVING n > 1);

-- repeated desired rows
SELECT count(), any(n) FROM (
  SELECT count() AS n FROM (
SELECT * EXCEPT (fault) FROM `kith`.`scratch_run_best_list_desired` WHERE fault = 0
  ) WHERE kh IN (
    SELECT kh FROM (
SELECT * EXCEPT (fault) FROM `kith`.`scratch_run_best_list_desired` WHERE fault = 0
    ) WHERE kh BETWEEN 0 AND 18446744073709551615 GROUP BY kh HAVING count() > 1
  ) GROUP BY kh, row_id HAVING n > 1
);

-- digest totals
WITH toFloat64(greatest(sum(desired_rows), sum(baseline_rows))) AS rows, dirty / 65536 AS share, least(rows, -65536 * log(1 - share)) AS differ
SELECT countIf(b < 65536) AS dirty, sum(desired_rows), sum(baseline_rows), sum(no_id), sum(no_key), toUInt64(ceil(differ + (rows - differ) * share)), countIf(b = 4294967295), sum(earlier_rows), 0
FROM `kith`.`scratch_run_best_list_digest`;

-- changeset fingerprint
SELECT toString(sum(cityHash64(op, kh, row_id, action, reason, key, old_key, h, match, fields))), count()
FROM `kith`.`changeset_best_list` WHERE op != 0 AND NOT (op = 1 AND reason = 4);

-- changeset beyond
SELECT count() FROM `kith`.`changeset_best_list`
WHERE op IN (1, 2, 3) AND (row_id, op, action, op = 1 AND reason != 0, if(op = 1, key, ''), if(op = 1, fields, '')) NOT IN (
  SELECT row_id, arrayJoin(if(op = 2, [2, 3], [op])) AS may, action, op = 1 AND reason != 0, if(op = 1, key, ''), if(op = 1, fields, '') FROM `kith`.`changeset_best_list_raw` WHERE op IN (1, 2, 3)
);

-- sample
SELECT op, action, reason, key, fields, changed FROM `kith`.`changeset_best_list` WHERE op = 3 ORDER BY kh LIMIT 3;

-- page
SELECT formatRow('RowBinary', kh, row_id, action, reason, key, old_key, h, fh, fields, match, remote_id, at)
FROM `kith`.`changeset_best_list`
WHERE op = 4 AND kh BETWEEN 7 AND 9000 AND (kh, row_id) > (7, 'o\'p')
ORDER BY kh, row_id LIMIT 100;

-- page
SELECT formatRow('RowBinary', kh, row_id, action, reason, key, old_key, h, fh, fields, match, remote_id, at)
FROM `kith`.`changeset_best_list`
WHERE op = 1 AND kh BETWEEN 0 AND 9223372036854775807 AND (kh, row_id) > (0, '') AND reason = 4
ORDER BY kh, row_id LIMIT 100;

-- backoff
INSERT INTO `kith`.`scratch_run_best_list_fix` (kh, row_id, op, verdict, reason, code)
SELECT r.kh, r.row_id, if(r.op = 1 AND r.reason = 0, 255, r.op), 1, 0, if(x.code = 'unconfirmed', x.code, 'backoff') FROM (
  SELECT r.kh AS kh, r.row_id AS row_id, r.op AS op, r.reason AS reason, if(r.goes, 1, r.op) AS sent, if(r.goes, bitXor(r.h, toUInt64(if(f.why != 0, f.why, r.reason))), r.h) AS h
  FROM (SELECT kh, row_id, op, h, reason, (op = 1 OR op = 0 AND reason != 0) AS goes FROM `kith`.`changeset_best_list_raw`) AS r
  LEFT JOIN (SELECT row_id, max(reason) AS why FROM `kith`.`scratch_run_best_list_fix` WHERE op < 2 AND verdict = 3 GROUP BY row_id) AS f ON r.row_id = f.row_id
) AS r
JOIN (SELECT row_id, op, h, code FROM `kith`.`rejections` FINAL WHERE sync = 'best_list' AND mapping = 4 AND next_try > toDateTime64('1970-01-01 00:00:00.000000', 6, 'UTC') AND ver > 25769803776) AS x
ON r.row_id = x.row_id AND r.sent = x.op AND r.h = x.h
SETTINGS join_use_nulls = 0;

-- silent rows
INSERT INTO `kith`.`baseline_best_list` (kh, row_id, key, h, fh, remote_id, match, gone, mapping, ver, del)
SELECT kh, row_id, key, if(gone = 0, h, 0), fh, remote_id, match, gone, 4, 4294967296, del
FROM `kith`.`changeset_best_list` WHERE op = 0
UNION ALL
SELECT kh, row_id, key, 0, [], '', match, 0, 4, 4294967296, 0
FROM `kith`.`changeset_best_list_raw` WHERE op = 4 AND key IN (SELECT key FROM `kith`.`changeset_best_list` WHERE op = 0 AND del = 1 AND remote_id != 'none' AND row_id NOT IN (SELECT row_id FROM `kith`.`foreign_rows` FINAL WHERE sync = 'best_list')) AND row_id NOT IN (
  SELECT row_id FROM `kith`.`baseline_best_list` FINAL PREWHERE kh IN (SELECT kh FROM `kith`.`changeset_best_list_raw` WHERE op = 4 AND key IN (SELECT key FROM `kith`.`changeset_best_list` WHERE op = 0 AND del = 1 AND remote_id != 'none' AND row_id NOT IN (SELECT row_id FROM `kith`.`foreign_rows` FINAL WHERE sync = 'best_list'))) WHERE ver > 25769803776
)
UNION ALL
SELECT kh, concat(row_id, 'key-', lower(hex(substring(SHA256(key), 1, 8)))), key, 0, [], '', '', 0, 4, 4294967296, 0
FROM `kith`.`changeset_best_list_raw` WHERE op = 2 AND key IN (SELECT key FROM `kith`.`changeset_best_list` WHERE op = 0 AND del = 1 AND remote_id != 'none' AND row_id NOT IN (SELECT row_id FROM `kith`.`foreign_rows` FINAL WHERE sync = 'best_list'));

-- spared members
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
      FROM (SELECT row_id, arrayJoin(splitByChar(',', replaceAll(remote_id, ';', ','))) AS token FROM `kith`.`baseline_best_list` FINAL WHERE gone = 0 AND remote_id != '' AND ver > 25769803776 AND row_id NOT IN (SELECT row_id FROM `kith`.`changeset_best_list_raw` WHERE (op = 1 OR op = 0 AND reason != 0)))
      WHERE token IN (SELECT token FROM (SELECT op, kh, row_id, match, remote_id, arrayJoin(splitByChar(',', replaceAll(remote_id, ';', ','))) AS token FROM `kith`.`changeset_best_list_raw` WHERE kh BETWEEN 0 AND 18446744073709551615 AND ((op = 1 OR op = 0 AND reason != 0) OR op IN (3, 4)) AND remote_id != '')) GROUP BY token
    ) AS k ON l.token = k.token
  )
  GROUP BY op, kh, row_id HAVING length(rest) < had OR length(records) < had_records
)
SETTINGS join_use_nulls = 0, min_insert_block_size_rows = 65536, min_insert_block_size_bytes = 8388608, max_block_size = 16384;

-- spared values
INSERT INTO `kith`.`baseline_best_list` (kh, row_id, key, h, fh, remote_id, match, gone, mapping, ver, del)
SELECT kh, if(row_id IN (SELECT row_id FROM `kith`.`baseline_best_list` FINAL PREWHERE kh IN (SELECT kh FROM `kith`.`changeset_best_list_raw` WHERE op = 4) WHERE ver > 25769803776), concat(row_id, 'key-', lower(hex(substring(SHA256(match), 1, 8)))), row_id),
  key, 0, [], '', match, 0, 4, 4294967296, 0
FROM `kith`.`changeset_best_list_raw` WHERE op = 4 AND row_id IN (
  SELECT row_id FROM (SELECT row_id, arrayJoin(arrayConcat(arrayMap(__kith_v -> concat('email', '=', __kith_v), arrayFilter(__kith_v -> __kith_v != '', JSONExtract(match, 'email', 'Array(String)'))))) AS token FROM `kith`.`changeset_best_list_raw` WHERE op = 4)
  WHERE token IN (SELECT arrayJoin(arrayConcat(arrayMap(__kith_v -> concat('email', '=', __kith_v), arrayFilter(__kith_v -> __kith_v != '', JSONExtract(match, 'email', 'Array(String)'))))) FROM (SELECT old_match AS match FROM `kith`.`scratch_run_best_list_spared` WHERE old_remote_id = ''))
);

-- digest
CREATE OR REPLACE TABLE `kith`.`scratch_run_best_list_digest` (b UInt32, desired_rows UInt64, baseline_rows UInt64, no_id UInt64, no_key UInt64, earlier_rows UInt64) ENGINE = MergeTree ORDER BY b AS
SELECT arrayJoin(arrayPushFront(arrayFilter((i, x) -> x != 0, range(toUInt32(1024)), d), toUInt32(4294967295))) AS b,
  if(b = 4294967295, n, 0) AS desired_rows, if(b = 4294967295, m, 0) AS baseline_rows, if(b = 4294967295, i, 0) AS no_id, if(b = 4294967295, k, 0) AS no_key, if(b = 4294967295, e, 0) AS earlier_rows
FROM (
  SELECT sumResample(0, 1024, 1)(d, g) AS d, sum(n) AS n, sum(m) AS m, sum(i) AS i, sum(k) AS k, sum(e) AS e
  FROM (
    SELECT toUInt16(toUInt32(bitShiftRight(kh, 54))) AS g, sum(if(fault = 0, bitOr(kh, 1) * bitXor(h, cityHash64('scratch_run_best_list_digest')), 0)) AS d, countIf(fault = 0) AS n, toUInt64(0) AS m, countIf(fault = 1) AS i, countIf(fault = 2) AS k, toUInt64(0) AS e
    FROM (
SELECT kh, h, fault FROM `kith`.`scratch_run_best_list_desired`
    ) GROUP BY g
    UNION ALL
    SELECT toUInt16(toUInt32(bitShiftRight(kh, 54))) AS g, bitNot(sum(bitOr(kh, 1) * bitXor(h, cityHash64('scratch_run_best_list_digest')))) + 1, 0, count(), 0, 0, 0
    FROM (SELECT kh, h FROM `kith`.`baseline_best_list` FINAL WHERE gone = 0) GROUP BY g
  )
);

-- merged entities waiting
SELECT count() FROM `kith`.`baseline_best_list` FINAL WHERE row_id IN (SELECT old_id FROM (SELECT old_id, new_id FROM (
  SELECT old_id, argMax(new_id, at) AS new_id FROM `kith`.`entity_merges`
  WHERE entity = 'person' AND (build = 'build' OR build IN (SELECT build FROM `kith`.`builds`))
  GROUP BY old_id HAVING new_id != ''
)));

-- desired
CREATE TABLE `kith`.`scratch_run_best_list_desired_earlier` ENGINE = MergeTree ORDER BY (kh, row_id) AS
SELECT cityHash64(ifNull(__kith_id, '')) AS kh, greatest(cityHash64(tuple('other', __kith_key, __kith_match)), toUInt64(1)) AS h, greatest(cityHash64(tuple(__kith_key, __kith_match)), toUInt64(1)) AS __kith_h0, ifNull(__kith_id, '') AS row_id, ifNull(__kith_key, '') AS key,
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

-- rehash
INSERT INTO `kith`.`baseline_best_list` (kh, row_id, key, h, fh, remote_id, match, gone, mapping, ver, del)
SELECT b.kh, b.row_id, b.key, multiIf(b.h = c.was, c.h, b.h = c.h, bitOr(bitNot(c.h), 1), b.h),
  [],
  b.remote_id, b.match, b.gone, 4, b.ver, 0
FROM (
  SELECT * FROM `kith`.`baseline_best_list` FINAL
  PREWHERE kh BETWEEN 0 AND 18446744073709551615
  WHERE mapping = 1 AND (h != 0 OR gone != 0) AND row_id NOT IN (SELECT row_id FROM `kith`.`job_rows` WHERE job IN (SELECT job FROM `kith`.`jobs` FINAL WHERE sync = 'best_list' AND state = 'open'))
) AS b
JOIN (
  SELECT kh, row_id, h, __kith_h0 AS was, [] AS fh, [] AS was_fh
  FROM (
SELECT * EXCEPT (fault) FROM `kith`.`scratch_run_best_list_desired_earlier` WHERE fault = 0
  ) WHERE kh BETWEEN 0 AND 18446744073709551615
) AS c ON b.kh = c.kh AND b.row_id = c.row_id
SETTINGS min_insert_block_size_rows = 65536, min_insert_block_size_bytes = 8388608;

-- backoff of before
INSERT INTO `kith`.`scratch_run_best_list_fix` (kh, row_id, op, verdict, reason, code)
SELECT r.kh, r.row_id, if(r.op = 1 AND r.reason = 0, 255, r.op), 1, 0, if(x.code = 'unconfirmed', x.code, 'backoff') FROM (
  SELECT r.kh AS kh, r.row_id AS row_id, r.op AS op, r.reason AS reason, if(r.goes, 1, r.op) AS sent, if(r.goes, bitXor(r.h, toUInt64(if(f.why != 0, f.why, r.reason))), r.h) AS h
  FROM (SELECT kh, row_id, op, h, reason, (op = 1 OR op = 0 AND reason != 0) AS goes FROM `kith`.`changeset_best_list_raw`) AS r
  LEFT JOIN (SELECT row_id, max(reason) AS why FROM `kith`.`scratch_run_best_list_fix` WHERE op < 2 AND verdict = 3 GROUP BY row_id) AS f ON r.row_id = f.row_id
) AS r
JOIN (
  SELECT x.row_id AS row_id, x.op AS op, if(x.op = 1, x.h, c.h) AS h, x.code AS code FROM (
    SELECT row_id, op, h, code FROM `kith`.`rejections` FINAL WHERE sync = 'best_list' AND mapping = 1 AND next_try > toDateTime64('1970-01-01 00:00:00.000000', 6, 'UTC')
  ) AS x
  LEFT JOIN (
    SELECT row_id, h, __kith_h0 AS was FROM (
SELECT * EXCEPT (fault) FROM `kith`.`scratch_run_best_list_desired_earlier` WHERE fault = 0
    ) WHERE row_id IN (SELECT row_id FROM `kith`.`rejections` WHERE sync = 'best_list' AND mapping = 1)
  ) AS c ON x.row_id = c.row_id
  WHERE x.op = 1 OR x.h = c.was
) AS x
ON r.row_id = x.row_id AND r.sent = x.op AND r.h = x.h
SETTINGS join_use_nulls = 0;

-- rehash
INSERT INTO `kith`.`baseline_best_list` (kh, row_id, key, h, fh, remote_id, match, gone, mapping, ver, del)
SELECT b.kh, b.row_id, b.key, multiIf(b.gone = 0 AND b.key = c.key AND b.match = c.match, c.h, b.h = c.h, bitOr(bitNot(c.h), 1), b.h),
  [],
  b.remote_id, b.match, b.gone, 4, b.ver, 0
FROM (
  SELECT * FROM `kith`.`baseline_best_list` FINAL
  PREWHERE kh BETWEEN 0 AND 18446744073709551615
  WHERE mapping = 2 AND (h != 0 OR gone != 0) AND row_id NOT IN (SELECT row_id FROM `kith`.`job_rows` WHERE job IN (SELECT job FROM `kith`.`jobs` FINAL WHERE sync = 'best_list' AND state = 'open'))
) AS b
JOIN (
  SELECT kh, row_id, h, key, match, [] AS fh, [] AS was_fh
  FROM (
SELECT * EXCEPT (fault) FROM `kith`.`scratch_run_best_list_desired_earlier` WHERE fault = 0
  ) WHERE kh BETWEEN 0 AND 18446744073709551615
) AS c ON b.kh = c.kh AND b.row_id = c.row_id
SETTINGS min_insert_block_size_rows = 65536, min_insert_block_size_bytes = 8388608;

-- digest
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

-- changeset
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
      multiIf(same, 0, NOT here AND action = 'ignore', 0, NOT here, 1, NOT known, 4, old_gone != 0, 3,
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

-- digest
CREATE OR REPLACE TABLE `kith`.`scratch_run_odd_events_digest` (b UInt32, desired_rows UInt64, baseline_rows UInt64, no_id UInt64, no_key UInt64, earlier_rows UInt64) ENGINE = MergeTree ORDER BY b AS
SELECT arrayJoin(arrayPushFront(arrayFilter((i, x) -> x != 0, range(toUInt32(262144)), d), toUInt32(4294967295))) AS b,
  if(b = 4294967295, n, 0) AS desired_rows, if(b = 4294967295, m, 0) AS baseline_rows, if(b = 4294967295, i, 0) AS no_id, if(b = 4294967295, k, 0) AS no_key, if(b = 4294967295, e, 0) AS earlier_rows
FROM (
  SELECT sumForEach(d) AS d, sum(n) AS n, sum(m) AS m, sum(i) AS i, sum(k) AS k, sum(e) AS e
  FROM (
    SELECT sumResample(0, 262144, 1)(if(fault = 0, bitOr(kh, 1) * bitXor(h, cityHash64('scratch_run_odd_events_digest')), 0), toUInt32(bitShiftRight(kh, 46))) AS d, countIf(fault = 0) AS n, toUInt64(0) AS m, countIf(fault = 1) AS i, countIf(fault = 2) AS k, toUInt64(0) AS e
    FROM (
SELECT kh, h, fault FROM `kith`.`scratch_run_odd_events_desired`
    )
    UNION ALL
    SELECT arrayMap(x -> bitNot(x) + 1, sumResample(0, 262144, 1)(bitOr(kh, 1) * bitXor(h, cityHash64('scratch_run_odd_events_digest')), toUInt32(bitShiftRight(kh, 46)))), 0, count(), 0, 0, 0
    FROM (
      WITH (
        SELECT min(ver) FROM `kith`.`baseline_odd_events`
        WHERE _part != (SELECT argMax(part, n) FROM (SELECT _part AS part, count() AS n FROM `kith`.`baseline_odd_events` GROUP BY part))
      ) AS late, (SELECT count() FROM `kith`.`baseline_odd_events` WHERE late > 0 AND ver >= late) BETWEEN 1 AND 20000 AS few
      SELECT kh, h FROM `kith`.`baseline_odd_events` WHERE few AND gone = 0 AND del = 0 AND ver > 25769803776 AND kh NOT IN (SELECT kh FROM `kith`.`baseline_odd_events` WHERE few AND ver >= late)
      UNION ALL
      SELECT kh, h FROM `kith`.`baseline_odd_events` FINAL PREWHERE kh IN (SELECT kh FROM `kith`.`baseline_odd_events` WHERE few AND ver >= late) WHERE few AND gone = 0 AND ver > 25769803776
      UNION ALL
      SELECT kh, h FROM `kith`.`baseline_odd_events` FINAL WHERE NOT few AND gone = 0 AND ver > 25769803776
)
  )
);

-- changeset
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
      ) WHERE kh BETWEEN 0 AND 18446744073709551615
    ) AS c
    FULL OUTER JOIN (
      SELECT kh, row_id, key, h, fh, remote_id, match, gone, mapping, ver FROM `kith`.`baseline_odd_events` FINAL
      PREWHERE kh BETWEEN 0 AND 18446744073709551615
      WHERE ver > 25769803776
    ) AS b ON c.row_id = b.row_id
    WHERE if(c.row_id = '', 1 = 0, b.row_id = '' OR b.h = 0)
)
SETTINGS join_use_nulls = 0, min_insert_block_size_rows = 262144, min_insert_block_size_bytes = 50331648, max_block_size = 16384;

-- changeset
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
      ) WHERE kh BETWEEN 0 AND 18446744073709551615
    ) AS c
    FULL OUTER JOIN (
      SELECT kh, row_id, key, h, fh, remote_id, match, gone, mapping, ver FROM `kith`.`baseline_odd_events` FINAL
      PREWHERE kh BETWEEN 0 AND 18446744073709551615
      WHERE ver > 25769803776
    ) AS b ON c.row_id = b.row_id
    WHERE if(c.row_id = '', 1 = 0, b.row_id = '' OR b.h = 0)
)
SETTINGS join_use_nulls = 0, min_insert_block_size_rows = 262144, min_insert_block_size_bytes = 50331648, max_block_size = 16384;

-- adopt
INSERT INTO `kith`.`baseline_odd_events` (kh, row_id, key, h, fh, remote_id, match, gone, mapping, ver, del)
SELECT kh, row_id, key, h, [toUInt32(cityHash64(tuple(__kith_f0))), toUInt32(cityHash64(tuple(__kith_f1)))], '', match, 0, 4, 4294967296, 0
FROM (SELECT * EXCEPT (fault) FROM `kith`.`scratch_run_odd_events_desired` WHERE fault = 0)
SETTINGS min_insert_block_size_rows = 65536, min_insert_block_size_bytes = 8388608;

-- forget the rest
INSERT INTO `kith`.`baseline_odd_events` (kh, row_id, key, h, fh, remote_id, match, gone, mapping, ver, del)
SELECT kh, row_id, key, h, fh, remote_id, match, gone, mapping, 4294967296, 1
FROM `kith`.`baseline_odd_events` FINAL WHERE ver < 4294967296;

-- desired
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

-- adopt
INSERT INTO `kith`.`baseline_odd_events` (kh, row_id, key, h, fh, remote_id, match, gone, mapping, ver, del)
SELECT kh, row_id, key, h, [toUInt32(cityHash64(tuple(__kith_f0))), toUInt32(cityHash64(tuple(__kith_f1)))], '', match, 0, 4, 4294967296, 0
FROM (SELECT * EXCEPT (fault) FROM `kith`.`scratch_run_odd_events_desired` WHERE fault = 0)
SETTINGS min_insert_block_size_rows = 65536, min_insert_block_size_bytes = 8388608;

-- desired totals
SELECT countIf(fault = 0), countIf(fault = 1), countIf(fault = 2) FROM `kith`.`scratch_run_odd_events_desired`;

-- shared keys
SELECT count() FROM (
SELECT * EXCEPT (fault) FROM `kith`.`scratch_run_odd_events_desired` WHERE fault = 0
) WHERE key IN (
  SELECT key FROM (
SELECT * EXCEPT (fault) FROM `kith`.`scratch_run_odd_events_desired` WHERE fault = 0
  ) WHERE cityHash64(key) % 3 = 0 GROUP BY key HAVING count() > 1
);

-- commit
INSERT INTO `kith`.`baseline_odd_events` (kh, row_id, key, h, fh, remote_id, match, gone, mapping, ver, del)
WITH op = 1 AND action IN ('ignore', 'archive', 'set') AS kept, op = 1 AND NOT kept AS dropped
SELECT kh, row_id, key, if(op = 1, 0, h), if(dropped, [], fh), remote_id, if(dropped, '', match), if(kept, reason, 0), 4, 4294967296 + op, dropped
FROM `kith`.`changeset_odd_events` WHERE op > 0 AND (op, row_id) NOT IN (SELECT op, row_id FROM `kith`.`scratch_run_odd_events_fix` WHERE verdict = 9)
SETTINGS min_insert_block_size_rows = 65536, min_insert_block_size_bytes = 8388608;

-- commit log
INSERT INTO `kith`.`sync_log` (at, sync, run_id, destination, batch, attempt, kh, op, action, fate, code, vendor_code, reason, job)
SELECT now64(3), 'odd_events', 'run', 'crm', 0, 1, kh, ['silent', 'remove', 'rekey', 'change', 'add'][op + 1], action, 'delivered', '', '', '', ''
FROM `kith`.`changeset_odd_events` WHERE op > 0 AND op = 1 AND reason = 4 AND (op, row_id) NOT IN (SELECT op, row_id FROM `kith`.`scratch_run_odd_events_fix` WHERE verdict = 9)
SETTINGS min_insert_block_size_rows = 65536, min_insert_block_size_bytes = 8388608;

-- baseline rows
SELECT countIf(gone = 0), count() FROM `kith`.`baseline_odd_events` FINAL;

-- copy of the baseline
INSERT INTO `kith`.`baseline_odd_events` SELECT * FROM `kith`.`baseline_odd_events` FINAL;

-- held rows
SELECT code, uniqExactIf(row_id, code != '') FROM `kith`.`scratch_run_odd_events_fix` GROUP BY code ORDER BY code;

-- changeset counts
SELECT op, reason, action, count(), countIf(notEmpty(changed)), countIf(op = 2 AND gone != 0), countIf((op = 1 OR op = 0 AND reason != 0) AND key != row_id) FROM `kith`.`changeset_odd_events` GROUP BY op, reason, action ORDER BY op, reason DESC, action;

-- changeset again
SELECT count() FROM (SELECT kh, row_id, key, match FROM `kith`.`changeset_odd_events` WHERE op = 3 AND empty(changed)) AS c
JOIN (SELECT kh, row_id, key, match FROM `kith`.`baseline_odd_events` FINAL WHERE h = 0 AND gone = 0 AND notEmpty(fh)) AS b
ON c.kh = b.kh AND c.row_id = b.row_id AND c.key = b.key AND c.match = b.match;

-- changed fields
SELECT f, count() FROM (SELECT arrayJoin(changed) AS f FROM `kith`.`changeset_odd_events` WHERE op IN (2, 3)) GROUP BY f ORDER BY f;

-- repeated row ids
SELECT count(), any(n) FROM (SELECT count() AS n FROM `kith`.`changeset_odd_events` WHERE op != 1 AND kh BETWEEN 0 AND 18446744073709551615 GROUP BY kh, row_id HAVING n > 1);

-- repeated desired rows
SELECT count(), any(n) FROM (
  SELECT count() AS n FROM (
SELECT * EXCEPT (fault) FROM `kith`.`scratch_run_odd_events_desired` WHERE fault = 0
  ) WHERE kh IN (
    SELECT kh FROM (
SELECT * EXCEPT (fault) FROM `kith`.`scratch_run_odd_events_desired` WHERE fault = 0
    ) WHERE kh BETWEEN 0 AND 18446744073709551615 GROUP BY kh HAVING count() > 1
  ) GROUP BY kh, row_id HAVING n > 1
);

-- digest totals
WITH toFloat64(greatest(sum(desired_rows), sum(baseline_rows))) AS rows, dirty / 65536 AS share, least(rows, -65536 * log(1 - share)) AS differ
SELECT countIf(b < 65536) AS dirty, sum(desired_rows), sum(baseline_rows), sum(no_id), sum(no_key), toUInt64(ceil(differ + (rows - differ) * share)), countIf(b = 4294967295), sum(earlier_rows), 0
FROM `kith`.`scratch_run_odd_events_digest`;

-- changeset fingerprint
SELECT toString(sum(cityHash64(op, kh, row_id, action, reason, key, old_key, h, match, fields, ifNull(toUnixTimestamp64Micro(at), 0)))), count()
FROM `kith`.`changeset_odd_events` WHERE op != 0 AND NOT (op = 1 AND reason = 4);

-- changeset beyond
SELECT count() FROM `kith`.`changeset_odd_events`
WHERE op IN (1, 2, 3) AND (row_id, op, action, op = 1 AND reason != 0, if(op = 1, key, ''), if(op = 1, fields, '')) NOT IN (
  SELECT row_id, arrayJoin(if(op = 2, [2, 3], [op])) AS may, action, op = 1 AND reason != 0, if(op = 1, key, ''), if(op = 1, fields, '') FROM `kith`.`changeset_odd_events_raw` WHERE op IN (1, 2, 3)
);

-- sample
SELECT op, action, reason, key, fields, changed FROM `kith`.`changeset_odd_events` WHERE op = 3 ORDER BY kh LIMIT 3;

-- page
SELECT formatRow('RowBinary', kh, row_id, action, reason, key, old_key, h, fh, fields, match, remote_id, at)
FROM `kith`.`changeset_odd_events`
WHERE op = 4 AND kh BETWEEN 7 AND 9000 AND (kh, row_id) > (7, 'o\'p')
ORDER BY kh, row_id LIMIT 100;

-- page
SELECT formatRow('RowBinary', kh, row_id, action, reason, key, old_key, h, fh, fields, match, remote_id, at)
FROM `kith`.`changeset_odd_events`
WHERE op = 1 AND kh BETWEEN 0 AND 9223372036854775807 AND (kh, row_id) > (0, '') AND reason = 4
ORDER BY kh, row_id LIMIT 100;

-- backoff
INSERT INTO `kith`.`scratch_run_odd_events_fix` (kh, row_id, op, verdict, reason, code)
SELECT r.kh, r.row_id, if(r.op = 1 AND r.reason = 0, 255, r.op), 1, 0, if(x.code = 'unconfirmed', x.code, 'backoff') FROM (
  SELECT r.kh AS kh, r.row_id AS row_id, r.op AS op, r.reason AS reason, if(r.goes, 1, r.op) AS sent, if(r.goes, bitXor(r.h, toUInt64(if(f.why != 0, f.why, r.reason))), r.h) AS h
  FROM (SELECT kh, row_id, op, h, reason, (op = 1 OR op = 0 AND reason != 0) AS goes FROM `kith`.`changeset_odd_events_raw`) AS r
  LEFT JOIN (SELECT row_id, max(reason) AS why FROM `kith`.`scratch_run_odd_events_fix` WHERE op < 2 AND verdict = 3 GROUP BY row_id) AS f ON r.row_id = f.row_id
) AS r
JOIN (SELECT row_id, op, h, code FROM `kith`.`rejections` FINAL WHERE sync = 'odd_events' AND mapping = 4 AND next_try > toDateTime64('1970-01-01 00:00:00.000000', 6, 'UTC') AND ver > 25769803776) AS x
ON r.row_id = x.row_id AND r.sent = x.op AND r.h = x.h
SETTINGS join_use_nulls = 0;

-- silent rows
INSERT INTO `kith`.`baseline_odd_events` (kh, row_id, key, h, fh, remote_id, match, gone, mapping, ver, del)
SELECT kh, row_id, key, if(gone = 0, h, 0), fh, remote_id, match, gone, 4, 4294967296, del
FROM `kith`.`changeset_odd_events` WHERE op = 0
UNION ALL
SELECT kh, row_id, key, 0, [], '', match, 0, 4, 4294967296, 0
FROM `kith`.`changeset_odd_events_raw` WHERE op = 4 AND key IN (SELECT key FROM `kith`.`changeset_odd_events` WHERE op = 0 AND del = 1 AND remote_id != 'none' AND row_id NOT IN (SELECT row_id FROM `kith`.`foreign_rows` FINAL WHERE sync = 'odd_events')) AND row_id NOT IN (
  SELECT row_id FROM `kith`.`baseline_odd_events` FINAL PREWHERE kh IN (SELECT kh FROM `kith`.`changeset_odd_events_raw` WHERE op = 4 AND key IN (SELECT key FROM `kith`.`changeset_odd_events` WHERE op = 0 AND del = 1 AND remote_id != 'none' AND row_id NOT IN (SELECT row_id FROM `kith`.`foreign_rows` FINAL WHERE sync = 'odd_events'))) WHERE ver > 25769803776
)
UNION ALL
SELECT kh, concat(row_id, 'key-', lower(hex(substring(SHA256(key), 1, 8)))), key, 0, [], '', '', 0, 4, 4294967296, 0
FROM `kith`.`changeset_odd_events_raw` WHERE op = 2 AND key IN (SELECT key FROM `kith`.`changeset_odd_events` WHERE op = 0 AND del = 1 AND remote_id != 'none' AND row_id NOT IN (SELECT row_id FROM `kith`.`foreign_rows` FINAL WHERE sync = 'odd_events'));

-- expired events
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
) WHERE ifNull((__kith_at < subtractMicroseconds(toDateTime64('1970-01-01 00:00:00.000000', 6, 'UTC'), 604800000000)), false) AND __kith_id NOT IN (SELECT row_id FROM `kith`.`baseline_odd_events` FINAL WHERE h != 0 AND ver > 25769803776);

-- digest
CREATE OR REPLACE TABLE `kith`.`scratch_run_odd_events_digest` (b UInt32, desired_rows UInt64, baseline_rows UInt64, no_id UInt64, no_key UInt64, earlier_rows UInt64) ENGINE = MergeTree ORDER BY b AS
SELECT arrayJoin(arrayPushFront(arrayFilter((i, x) -> x != 0, range(toUInt32(1024)), d), toUInt32(4294967295))) AS b,
  if(b = 4294967295, n, 0) AS desired_rows, if(b = 4294967295, m, 0) AS baseline_rows, if(b = 4294967295, i, 0) AS no_id, if(b = 4294967295, k, 0) AS no_key, if(b = 4294967295, e, 0) AS earlier_rows
FROM (
  SELECT sumResample(0, 1024, 1)(d, g) AS d, sum(n) AS n, sum(m) AS m, sum(i) AS i, sum(k) AS k, sum(e) AS e
  FROM (
    SELECT toUInt16(toUInt32(bitShiftRight(kh, 54))) AS g, sum(if(fault = 0, bitOr(kh, 1) * bitXor(h, cityHash64('scratch_run_odd_events_digest')), 0)) AS d, countIf(fault = 0) AS n, toUInt64(0) AS m, countIf(fault = 1) AS i, countIf(fault = 2) AS k, toUInt64(0) AS e
    FROM (
SELECT kh, h, fault FROM `kith`.`scratch_run_odd_events_desired`
    ) GROUP BY g
    UNION ALL
    SELECT toUInt16(toUInt32(bitShiftRight(kh, 54))) AS g, bitNot(sum(bitOr(kh, 1) * bitXor(h, cityHash64('scratch_run_odd_events_digest')))) + 1, 0, count(), 0, 0, 0
    FROM (SELECT kh, h FROM `kith`.`baseline_odd_events` FINAL WHERE gone = 0) GROUP BY g
  )
);

-- digest
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

-- changeset
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
      multiIf(same, 0, NOT here AND action = 'ignore', 0, NOT here, 1, NOT known, 4, old_gone != 0, 3,
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

-- digest
CREATE OR REPLACE TABLE `kith`.`scratch_run_day_events_digest` (b UInt32, desired_rows UInt64, baseline_rows UInt64, no_id UInt64, no_key UInt64, earlier_rows UInt64) ENGINE = MergeTree ORDER BY b AS
SELECT arrayJoin(arrayPushFront(arrayFilter((i, x) -> x != 0, range(toUInt32(262144)), d), toUInt32(4294967295))) AS b,
  if(b = 4294967295, n, 0) AS desired_rows, if(b = 4294967295, m, 0) AS baseline_rows, if(b = 4294967295, i, 0) AS no_id, if(b = 4294967295, k, 0) AS no_key, if(b = 4294967295, e, 0) AS earlier_rows
FROM (
  SELECT sumForEach(d) AS d, sum(n) AS n, sum(m) AS m, sum(i) AS i, sum(k) AS k, sum(e) AS e
  FROM (
    SELECT sumResample(0, 262144, 1)(if(fault = 0, bitOr(kh, 1) * bitXor(h, cityHash64('scratch_run_day_events_digest')), 0), toUInt32(bitShiftRight(kh, 46))) AS d, countIf(fault = 0) AS n, toUInt64(0) AS m, countIf(fault = 1) AS i, countIf(fault = 2) AS k, toUInt64(0) AS e
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
    )
    UNION ALL
    SELECT arrayMap(x -> bitNot(x) + 1, sumResample(0, 262144, 1)(bitOr(kh, 1) * bitXor(h, cityHash64('scratch_run_day_events_digest')), toUInt32(bitShiftRight(kh, 46)))), 0, count(), 0, 0, 0
    FROM (
      WITH (
        SELECT min(ver) FROM `kith`.`baseline_day_events`
        WHERE _part != (SELECT argMax(part, n) FROM (SELECT _part AS part, count() AS n FROM `kith`.`baseline_day_events` GROUP BY part))
      ) AS late, (SELECT count() FROM `kith`.`baseline_day_events` WHERE late > 0 AND ver >= late) BETWEEN 1 AND 20000 AS few
      SELECT kh, h FROM `kith`.`baseline_day_events` WHERE few AND gone = 0 AND del = 0 AND ver > 25769803776 AND kh NOT IN (SELECT kh FROM `kith`.`baseline_day_events` WHERE few AND ver >= late)
      UNION ALL
      SELECT kh, h FROM `kith`.`baseline_day_events` FINAL PREWHERE kh IN (SELECT kh FROM `kith`.`baseline_day_events` WHERE few AND ver >= late) WHERE few AND gone = 0 AND ver > 25769803776
      UNION ALL
      SELECT kh, h FROM `kith`.`baseline_day_events` FINAL WHERE NOT few AND gone = 0 AND ver > 25769803776
)
  )
);

-- changeset
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
      ) WHERE kh BETWEEN 0 AND 18446744073709551615
    ) AS c
    FULL OUTER JOIN (
      SELECT kh, row_id, key, h, fh, remote_id, match, gone, mapping, ver FROM `kith`.`baseline_day_events` FINAL
      PREWHERE kh BETWEEN 0 AND 18446744073709551615
      WHERE ver > 25769803776
    ) AS b ON c.row_id = b.row_id
    WHERE if(c.row_id = '', 1 = 0, b.row_id = '' OR b.h = 0)
)
SETTINGS join_use_nulls = 0, min_insert_block_size_rows = 262144, min_insert_block_size_bytes = 50331648, max_block_size = 16384;

-- changeset
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
      ) WHERE kh BETWEEN 0 AND 18446744073709551615
    ) AS c
    FULL OUTER JOIN (
      SELECT kh, row_id, key, h, fh, remote_id, match, gone, mapping, ver FROM `kith`.`baseline_day_events` FINAL
      PREWHERE kh BETWEEN 0 AND 18446744073709551615
      WHERE ver > 25769803776
    ) AS b ON c.row_id = b.row_id
    WHERE if(c.row_id = '', 1 = 0, b.row_id = '' OR b.h = 0)
)
SETTINGS join_use_nulls = 0, min_insert_block_size_rows = 262144, min_insert_block_size_bytes = 50331648, max_block_size = 16384;

-- adopt
INSERT INTO `kith`.`baseline_day_events` (kh, row_id, key, h, fh, remote_id, match, gone, mapping, ver, del)
SELECT kh, row_id, key, h, [], '', match, 0, 4, 4294967296, 0
FROM (
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
)
SETTINGS min_insert_block_size_rows = 65536, min_insert_block_size_bytes = 8388608;

-- forget the rest
INSERT INTO `kith`.`baseline_day_events` (kh, row_id, key, h, fh, remote_id, match, gone, mapping, ver, del)
SELECT kh, row_id, key, h, fh, remote_id, match, gone, mapping, 4294967296, 1
FROM `kith`.`baseline_day_events` FINAL WHERE ver < 4294967296;

-- desired
CREATE TABLE `kith`.`scratch_run_day_events_desired` ENGINE = MergeTree ORDER BY (kh, row_id) AS
SELECT cityHash64(ifNull(__kith_id, '')) AS kh, greatest(cityHash64(tuple(__kith_id)), toUInt64(1)) AS h, ifNull(__kith_id, '') AS row_id, ifNull(__kith_key, '') AS key,
  __kith_match AS match, __kith_at AS at, multiIf(NOT (ifNull(__kith_id, '') != ''), toUInt8(1), ifNull((__kith_at < subtractMicroseconds(toDateTime64('1970-01-01 00:00:00.000000', 6, 'UTC'), 604800000000)), false), toUInt8(3), toUInt8(0)) AS fault
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
SETTINGS min_insert_block_size_rows = 65536, min_insert_block_size_bytes = 8388608;

-- adopt
INSERT INTO `kith`.`baseline_day_events` (kh, row_id, key, h, fh, remote_id, match, gone, mapping, ver, del)
SELECT kh, row_id, key, h, [], '', match, 0, 4, 4294967296, 0
FROM (SELECT * EXCEPT (fault) FROM `kith`.`scratch_run_day_events_desired` WHERE fault = 0)
SETTINGS min_insert_block_size_rows = 65536, min_insert_block_size_bytes = 8388608;

-- desired totals
SELECT countIf(fault = 0), countIf(fault = 1), countIf(fault = 2) FROM `kith`.`scratch_run_day_events_desired`;

-- shared keys
SELECT count() FROM (
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
) WHERE key IN (
  SELECT key FROM (
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
  ) WHERE cityHash64(key) % 3 = 0 GROUP BY key HAVING count() > 1
);

-- commit
INSERT INTO `kith`.`baseline_day_events` (kh, row_id, key, h, fh, remote_id, match, gone, mapping, ver, del)
WITH op = 1 AND action IN ('ignore', 'archive', 'set') AS kept, op = 1 AND NOT kept AS dropped
SELECT kh, row_id, key, if(op = 1, 0, h), if(dropped, [], fh), remote_id, if(dropped, '', match), if(kept, reason, 0), 4, 4294967296 + op, dropped
FROM `kith`.`changeset_day_events` WHERE op > 0 AND (op, row_id) NOT IN (SELECT op, row_id FROM `kith`.`scratch_run_day_events_fix` WHERE verdict = 9)
SETTINGS min_insert_block_size_rows = 65536, min_insert_block_size_bytes = 8388608;

-- commit log
INSERT INTO `kith`.`sync_log` (at, sync, run_id, destination, batch, attempt, kh, op, action, fate, code, vendor_code, reason, job)
SELECT now64(3), 'day_events', 'run', 'crm', 0, 1, kh, ['silent', 'remove', 'rekey', 'change', 'add'][op + 1], action, 'delivered', '', '', '', ''
FROM `kith`.`changeset_day_events` WHERE op > 0 AND op = 1 AND reason = 4 AND (op, row_id) NOT IN (SELECT op, row_id FROM `kith`.`scratch_run_day_events_fix` WHERE verdict = 9)
SETTINGS min_insert_block_size_rows = 65536, min_insert_block_size_bytes = 8388608;

-- baseline rows
SELECT countIf(gone = 0), count() FROM `kith`.`baseline_day_events` FINAL;

-- copy of the baseline
INSERT INTO `kith`.`baseline_day_events` SELECT * FROM `kith`.`baseline_day_events` FINAL;

-- held rows
SELECT code, uniqExactIf(row_id, code != '') FROM `kith`.`scratch_run_day_events_fix` GROUP BY code ORDER BY code;

-- changeset counts
SELECT op, reason, action, count(), countIf(notEmpty(changed)), countIf(op = 2 AND gone != 0), countIf((op = 1 OR op = 0 AND reason != 0) AND key != row_id) FROM `kith`.`changeset_day_events` GROUP BY op, reason, action ORDER BY op, reason DESC, action;

-- changeset again
SELECT count() FROM (SELECT kh, row_id, key, match FROM `kith`.`changeset_day_events` WHERE op = 3 AND empty(changed)) AS c
JOIN (SELECT kh, row_id, key, match FROM `kith`.`baseline_day_events` FINAL WHERE h = 0 AND gone = 0 AND notEmpty(fh)) AS b
ON c.kh = b.kh AND c.row_id = b.row_id AND c.key = b.key AND c.match = b.match;

-- changed fields
SELECT f, count() FROM (SELECT arrayJoin(changed) AS f FROM `kith`.`changeset_day_events` WHERE op IN (2, 3)) GROUP BY f ORDER BY f;

-- repeated row ids
SELECT count(), any(n) FROM (SELECT count() AS n FROM `kith`.`changeset_day_events` WHERE op != 1 AND kh BETWEEN 0 AND 18446744073709551615 GROUP BY kh, row_id HAVING n > 1);

-- repeated desired rows
SELECT count(), any(n) FROM (
  SELECT count() AS n FROM (
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
  ) WHERE kh IN (
    SELECT kh FROM (
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
    ) WHERE kh BETWEEN 0 AND 18446744073709551615 GROUP BY kh HAVING count() > 1
  ) GROUP BY kh, row_id HAVING n > 1
);

-- digest totals
WITH toFloat64(greatest(sum(desired_rows), sum(baseline_rows))) AS rows, dirty / 65536 AS share, least(rows, -65536 * log(1 - share)) AS differ
SELECT countIf(b < 65536) AS dirty, sum(desired_rows), sum(baseline_rows), sum(no_id), sum(no_key), toUInt64(ceil(differ + (rows - differ) * share)), countIf(b = 4294967295), sum(earlier_rows), 0
FROM `kith`.`scratch_run_day_events_digest`;

-- changeset fingerprint
SELECT toString(sum(cityHash64(op, kh, row_id, action, reason, key, old_key, h, match, fields, ifNull(toUnixTimestamp64Micro(at), 0)))), count()
FROM `kith`.`changeset_day_events` WHERE op != 0 AND NOT (op = 1 AND reason = 4);

-- changeset beyond
SELECT count() FROM `kith`.`changeset_day_events`
WHERE op IN (1, 2, 3) AND (row_id, op, action, op = 1 AND reason != 0, if(op = 1, key, ''), if(op = 1, fields, '')) NOT IN (
  SELECT row_id, arrayJoin(if(op = 2, [2, 3], [op])) AS may, action, op = 1 AND reason != 0, if(op = 1, key, ''), if(op = 1, fields, '') FROM `kith`.`changeset_day_events_raw` WHERE op IN (1, 2, 3)
);

-- sample
SELECT op, action, reason, key, fields, changed FROM `kith`.`changeset_day_events` WHERE op = 3 ORDER BY kh LIMIT 3;

-- page
SELECT formatRow('RowBinary', kh, row_id, action, reason, key, old_key, h, fh, fields, match, remote_id, at)
FROM `kith`.`changeset_day_events`
WHERE op = 4 AND kh BETWEEN 7 AND 9000 AND (kh, row_id) > (7, 'o\'p')
ORDER BY kh, row_id LIMIT 100;

-- page
SELECT formatRow('RowBinary', kh, row_id, action, reason, key, old_key, h, fh, fields, match, remote_id, at)
FROM `kith`.`changeset_day_events`
WHERE op = 1 AND kh BETWEEN 0 AND 9223372036854775807 AND (kh, row_id) > (0, '') AND reason = 4
ORDER BY kh, row_id LIMIT 100;

-- backoff
INSERT INTO `kith`.`scratch_run_day_events_fix` (kh, row_id, op, verdict, reason, code)
SELECT r.kh, r.row_id, if(r.op = 1 AND r.reason = 0, 255, r.op), 1, 0, if(x.code = 'unconfirmed', x.code, 'backoff') FROM (
  SELECT r.kh AS kh, r.row_id AS row_id, r.op AS op, r.reason AS reason, if(r.goes, 1, r.op) AS sent, if(r.goes, bitXor(r.h, toUInt64(if(f.why != 0, f.why, r.reason))), r.h) AS h
  FROM (SELECT kh, row_id, op, h, reason, (op = 1 OR op = 0 AND reason != 0) AS goes FROM `kith`.`changeset_day_events_raw`) AS r
  LEFT JOIN (SELECT row_id, max(reason) AS why FROM `kith`.`scratch_run_day_events_fix` WHERE op < 2 AND verdict = 3 GROUP BY row_id) AS f ON r.row_id = f.row_id
) AS r
JOIN (SELECT row_id, op, h, code FROM `kith`.`rejections` FINAL WHERE sync = 'day_events' AND mapping = 4 AND next_try > toDateTime64('1970-01-01 00:00:00.000000', 6, 'UTC') AND ver > 25769803776) AS x
ON r.row_id = x.row_id AND r.sent = x.op AND r.h = x.h
SETTINGS join_use_nulls = 0;

-- silent rows
INSERT INTO `kith`.`baseline_day_events` (kh, row_id, key, h, fh, remote_id, match, gone, mapping, ver, del)
SELECT kh, row_id, key, if(gone = 0, h, 0), fh, remote_id, match, gone, 4, 4294967296, del
FROM `kith`.`changeset_day_events` WHERE op = 0
UNION ALL
SELECT kh, row_id, key, 0, [], '', match, 0, 4, 4294967296, 0
FROM `kith`.`changeset_day_events_raw` WHERE op = 4 AND key IN (SELECT key FROM `kith`.`changeset_day_events` WHERE op = 0 AND del = 1 AND remote_id != 'none' AND row_id NOT IN (SELECT row_id FROM `kith`.`foreign_rows` FINAL WHERE sync = 'day_events')) AND row_id NOT IN (
  SELECT row_id FROM `kith`.`baseline_day_events` FINAL PREWHERE kh IN (SELECT kh FROM `kith`.`changeset_day_events_raw` WHERE op = 4 AND key IN (SELECT key FROM `kith`.`changeset_day_events` WHERE op = 0 AND del = 1 AND remote_id != 'none' AND row_id NOT IN (SELECT row_id FROM `kith`.`foreign_rows` FINAL WHERE sync = 'day_events'))) WHERE ver > 25769803776
)
UNION ALL
SELECT kh, concat(row_id, 'key-', lower(hex(substring(SHA256(key), 1, 8)))), key, 0, [], '', '', 0, 4, 4294967296, 0
FROM `kith`.`changeset_day_events_raw` WHERE op = 2 AND key IN (SELECT key FROM `kith`.`changeset_day_events` WHERE op = 0 AND del = 1 AND remote_id != 'none' AND row_id NOT IN (SELECT row_id FROM `kith`.`foreign_rows` FINAL WHERE sync = 'day_events'));

-- expired events
SELECT count() FROM (
SELECT nullIf(__kith_s.`id`, '') AS __kith_id,
  nullIf(__kith_s.`id`, '') AS __kith_key,
  '' AS __kith_match,
  toDateTime64(toTimeZone(toDateTime64(__kith_s.`day`, 6, 'Europe/Amsterdam'), 'UTC'), 6, 'UTC') AS __kith_at
FROM (
SELECT CAST(__kith_t.`id` AS Nullable(String)) AS `id`, CAST(__kith_t.`day` AS Nullable(Date32)) AS `day` FROM `raw`.`days` AS __kith_t
) AS __kith_s
WHERE ifNull((toDateTime64(toTimeZone(toDateTime64(__kith_s.`day`, 6, 'Europe/Amsterdam'), 'UTC'), 6, 'UTC') >= toDateTime64(toTimeZone(toDateTime64(toDate(toTimeZone(toDateTime64('1970-01-01 00:00:00.000000', 6, 'UTC'), 'Europe/Amsterdam')), 6, 'Europe/Amsterdam'), 'UTC'), 6, 'UTC')), false)
) WHERE ifNull((__kith_at < subtractMicroseconds(toDateTime64('1970-01-01 00:00:00.000000', 6, 'UTC'), 604800000000)), false) AND __kith_id NOT IN (SELECT row_id FROM `kith`.`baseline_day_events` FINAL WHERE h != 0 AND ver > 25769803776);

-- columns of the source
SELECT `id`, `day` FROM `raw`.`days`;

-- digest
CREATE OR REPLACE TABLE `kith`.`scratch_run_day_events_digest` (b UInt32, desired_rows UInt64, baseline_rows UInt64, no_id UInt64, no_key UInt64, earlier_rows UInt64) ENGINE = MergeTree ORDER BY b AS
SELECT arrayJoin(arrayPushFront(arrayFilter((i, x) -> x != 0, range(toUInt32(4096)), d), toUInt32(4294967295))) AS b,
  if(b = 4294967295, n, 0) AS desired_rows, if(b = 4294967295, m, 0) AS baseline_rows, if(b = 4294967295, i, 0) AS no_id, if(b = 4294967295, k, 0) AS no_key, if(b = 4294967295, e, 0) AS earlier_rows
FROM (
  SELECT sumResample(0, 4096, 1)(d, g) AS d, sum(n) AS n, sum(m) AS m, sum(i) AS i, sum(k) AS k, sum(e) AS e
  FROM (
    SELECT toUInt16(toUInt32(bitShiftRight(kh, 52))) AS g, sum(if(fault = 0, bitOr(kh, 1) * bitXor(h, cityHash64('scratch_run_day_events_digest')), 0)) AS d, countIf(fault = 0) AS n, toUInt64(0) AS m, countIf(fault = 1) AS i, countIf(fault = 2) AS k, toUInt64(0) AS e
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
    SELECT toUInt16(toUInt32(bitShiftRight(kh, 52))) AS g, bitNot(sum(bitOr(kh, 1) * bitXor(h, cityHash64('scratch_run_day_events_digest')))) + 1, 0, count(), 0, 0, 0
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

-- digest
CREATE OR REPLACE TABLE `kith`.`scratch_run_day_events_digest` (b UInt32, desired_rows UInt64, baseline_rows UInt64, no_id UInt64, no_key UInt64, earlier_rows UInt64) ENGINE = MergeTree ORDER BY b AS
SELECT arrayJoin(arrayPushFront(arrayFilter((i, x) -> x != 0, range(toUInt32(1024)), d), toUInt32(4294967295))) AS b,
  if(b = 4294967295, n, 0) AS desired_rows, if(b = 4294967295, m, 0) AS baseline_rows, if(b = 4294967295, i, 0) AS no_id, if(b = 4294967295, k, 0) AS no_key, if(b = 4294967295, e, 0) AS earlier_rows
FROM (
  SELECT sumResample(0, 1024, 1)(d, g) AS d, sum(n) AS n, sum(m) AS m, sum(i) AS i, sum(k) AS k, sum(e) AS e
  FROM (
    SELECT toUInt16(toUInt32(bitShiftRight(kh, 54))) AS g, sum(if(fault = 0, bitOr(kh, 1) * bitXor(h, cityHash64('scratch_run_day_events_digest')), 0)) AS d, countIf(fault = 0) AS n, toUInt64(0) AS m, countIf(fault = 1) AS i, countIf(fault = 2) AS k, toUInt64(0) AS e
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
    SELECT toUInt16(toUInt32(bitShiftRight(kh, 54))) AS g, bitNot(sum(bitOr(kh, 1) * bitXor(h, cityHash64('scratch_run_day_events_digest')))) + 1, 0, count(), 0, 0, 0
    FROM (SELECT kh, h FROM `kith`.`baseline_day_events` FINAL WHERE gone = 0) GROUP BY g
  )
);

-- pairs
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
  ) WHERE kh BETWEEN 0 AND 18446744073709551615 AND toUInt32(bitShiftRight(kh, 46)) IN (SELECT b FROM `kith`.`scratch_run_day_events_digest` WHERE b < 262144)
) AS c
FULL OUTER JOIN (
  SELECT sipHash64Keyed((cityHash64('scratch_run_day_events_pairs'), toUInt64(11400714819323198485)), row_id) AS tag, kh, h, gone FROM `kith`.`baseline_day_events` FINAL
  PREWHERE kh BETWEEN 0 AND 18446744073709551615 AND toUInt32(bitShiftRight(kh, 46)) IN (SELECT b FROM `kith`.`scratch_run_day_events_digest` WHERE b < 262144)
) AS b ON c.tag = b.tag
WHERE if(c.row_id = '', 1 = 0, b.row_id = '' OR b.h = 0)
SETTINGS join_use_nulls = 0, min_insert_block_size_rows = 65536, min_insert_block_size_bytes = 8388608;

-- changeset
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

-- pairs
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
  ) WHERE kh BETWEEN 0 AND 18446744073709551615 AND toUInt32(bitShiftRight(kh, 46)) IN (SELECT b FROM `kith`.`scratch_run_day_events_digest` WHERE b < 262144)
)
WHERE bitXor(tag, h) NOT IN (
  SELECT bitXor(sipHash64Keyed((cityHash64('scratch_run_day_events_pairs'), toUInt64(11400714819323198485)), row_id), h) FROM `kith`.`baseline_day_events` FINAL
  PREWHERE kh BETWEEN 0 AND 18446744073709551615 AND toUInt32(bitShiftRight(kh, 46)) IN (SELECT b FROM `kith`.`scratch_run_day_events_digest` WHERE b < 262144)
)
SETTINGS min_insert_block_size_rows = 65536, min_insert_block_size_bytes = 8388608;

-- pairs gone
INSERT INTO `kith`.`scratch_run_day_events_pairs` (wanted, tag, kh)
SELECT toUInt8(0), sipHash64Keyed((cityHash64('scratch_run_day_events_pairs'), toUInt64(11400714819323198485)), row_id) AS tag, b.kh FROM (
  SELECT kh, row_id, gone FROM `kith`.`baseline_day_events` FINAL
  PREWHERE kh BETWEEN 0 AND 18446744073709551615 AND toUInt32(bitShiftRight(kh, 46)) IN (SELECT b FROM `kith`.`scratch_run_day_events_digest` WHERE b < 262144)
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
  ) WHERE kh BETWEEN 0 AND 18446744073709551615 AND toUInt32(bitShiftRight(kh, 46)) IN (SELECT b FROM `kith`.`scratch_run_day_events_digest` WHERE b < 262144)
);

