-- lookup_nodes
SELECT COALESCE((SELECT IF((SELECT IF(BYTE_LENGTH(__kith_t) = CHAR_LENGTH(__kith_t), TRIM(__kith_t, ' \t\n\r\f\v'), REGEXP_REPLACE(__kith_t, '^[\\s\\p{Z}\\p{C}]+|[\\s\\p{Z}\\p{C}]+$', '')) FROM UNNEST([__kith_n]) AS __kith_t) != '', __kith_n, NULL) FROM UNNEST(['O\'Neil@Example.org']) AS __kith_n), '') AS v0, IF(COALESCE((SELECT IF((SELECT IF(BYTE_LENGTH(__kith_t) = CHAR_LENGTH(__kith_t), TRIM(__kith_t, ' \t\n\r\f\v'), REGEXP_REPLACE(__kith_t, '^[\\s\\p{Z}\\p{C}]+|[\\s\\p{Z}\\p{C}]+$', '')) FROM UNNEST([__kith_n]) AS __kith_t) != '', __kith_n, NULL) FROM UNNEST(['O\'Neil@Example.org']) AS __kith_n), '') = '', 0, GREATEST(FARM_FINGERPRINT(SHA256(CONCAT('salt\x00handle\x00', COALESCE((SELECT IF((SELECT IF(BYTE_LENGTH(__kith_t) = CHAR_LENGTH(__kith_t), TRIM(__kith_t, ' \t\n\r\f\v'), REGEXP_REPLACE(__kith_t, '^[\\s\\p{Z}\\p{C}]+|[\\s\\p{Z}\\p{C}]+$', '')) FROM UNNEST([__kith_n]) AS __kith_t) != '', __kith_n, NULL) FROM UNNEST(['O\'Neil@Example.org']) AS __kith_n), '')))) & 0x7FFFFFFFFFFFFFFF, 1)) AS d0, COALESCE((SELECT IF(REGEXP_CONTAINS(__kith_n, '^[^\\s\\p{Z}\\p{C}@<>"(),;]+@[^\\s\\p{Z}\\p{C}@<>"(),;]+\\.[^\\s\\p{Z}\\p{C}@<>"(),;.]{2,}$'), __kith_n, NULL) FROM UNNEST([LOWER((SELECT IF(BYTE_LENGTH(__kith_t) = CHAR_LENGTH(__kith_t), TRIM(__kith_t, ' \t\n\r\f\v'), REGEXP_REPLACE(__kith_t, '^[\\s\\p{Z}\\p{C}]+|[\\s\\p{Z}\\p{C}]+$', '')) FROM UNNEST(['O\'Neil@Example.org']) AS __kith_t))]) AS __kith_n), '') AS v1, IF(COALESCE((SELECT IF(REGEXP_CONTAINS(__kith_n, '^[^\\s\\p{Z}\\p{C}@<>"(),;]+@[^\\s\\p{Z}\\p{C}@<>"(),;]+\\.[^\\s\\p{Z}\\p{C}@<>"(),;.]{2,}$'), __kith_n, NULL) FROM UNNEST([LOWER((SELECT IF(BYTE_LENGTH(__kith_t) = CHAR_LENGTH(__kith_t), TRIM(__kith_t, ' \t\n\r\f\v'), REGEXP_REPLACE(__kith_t, '^[\\s\\p{Z}\\p{C}]+|[\\s\\p{Z}\\p{C}]+$', '')) FROM UNNEST(['O\'Neil@Example.org']) AS __kith_t))]) AS __kith_n), '') = '', 0, CASE WHEN COALESCE((SELECT IF(REGEXP_CONTAINS(__kith_n, '^[^\\s\\p{Z}\\p{C}@<>"(),;]+@[^\\s\\p{Z}\\p{C}@<>"(),;]+\\.[^\\s\\p{Z}\\p{C}@<>"(),;.]{2,}$'), __kith_n, NULL) FROM UNNEST([LOWER((SELECT IF(BYTE_LENGTH(__kith_t) = CHAR_LENGTH(__kith_t), TRIM(__kith_t, ' \t\n\r\f\v'), REGEXP_REPLACE(__kith_t, '^[\\s\\p{Z}\\p{C}]+|[\\s\\p{Z}\\p{C}]+$', '')) FROM UNNEST(['O\'Neil@Example.org']) AS __kith_t))]) AS __kith_n), '') = 'o\'neil@example.org' THEN 42 ELSE GREATEST(FARM_FINGERPRINT(SHA256(CONCAT('salt\x00email\x00', COALESCE((SELECT IF(REGEXP_CONTAINS(__kith_n, '^[^\\s\\p{Z}\\p{C}@<>"(),;]+@[^\\s\\p{Z}\\p{C}@<>"(),;]+\\.[^\\s\\p{Z}\\p{C}@<>"(),;.]{2,}$'), __kith_n, NULL) FROM UNNEST([LOWER((SELECT IF(BYTE_LENGTH(__kith_t) = CHAR_LENGTH(__kith_t), TRIM(__kith_t, ' \t\n\r\f\v'), REGEXP_REPLACE(__kith_t, '^[\\s\\p{Z}\\p{C}]+|[\\s\\p{Z}\\p{C}]+$', '')) FROM UNNEST(['O\'Neil@Example.org']) AS __kith_t))]) AS __kith_n), '')))) & 0x7FFFFFFFFFFFFFFF, 1) END) AS d1, COALESCE((SELECT IF(REGEXP_CONTAINS(__kith_n, '^\\+[1-9][0-9]{7,14}$'), __kith_n, NULL) FROM UNNEST([(SELECT COALESCE(CONCAT(REGEXP_EXTRACT(__kith_e, '^(\\+(?:20|27|30|31|32|33|34|40|41|43|44|45|46|47|48|49|51|54|55|61|62|64|81|82|84|86|90|91|92|94|98|212|213|234|254|351|352|353|355|358|359|380|381|385|386|387|389|420|421|880|962|966|971|972))0'), REGEXP_EXTRACT(__kith_e, '^\\+(?:20|27|30|31|32|33|34|40|41|43|44|45|46|47|48|49|51|54|55|61|62|64|81|82|84|86|90|91|92|94|98|212|213|234|254|351|352|353|355|358|359|380|381|385|386|387|389|420|421|880|962|966|971|972)0(.*)$')), __kith_e) FROM UNNEST([(SELECT CASE WHEN STARTS_WITH(__kith_d, '+') THEN __kith_d WHEN STARTS_WITH(__kith_d, '00') THEN CONCAT('+', SUBSTR(__kith_d, 3)) ELSE CONCAT('+', '31', REGEXP_REPLACE(__kith_d, '^0', '')) END FROM UNNEST([IFNULL(REGEXP_REPLACE((SELECT IF(STRPOS(__kith_f, '(0)') > 0, CONCAT(SUBSTR(__kith_f, 1, STRPOS(__kith_f, '(0)') - 1), SUBSTR(__kith_f, STRPOS(__kith_f, '(0)') + 3)), __kith_f) FROM UNNEST([REGEXP_REPLACE('O\'Neil@Example.org', r'(?is)[;,/#x].*$', '')]) AS __kith_f), r'[^0-9+]', ''), '')]) AS __kith_d)]) AS __kith_e)]) AS __kith_n), '') AS v2, IF(COALESCE((SELECT IF(REGEXP_CONTAINS(__kith_n, '^\\+[1-9][0-9]{7,14}$'), __kith_n, NULL) FROM UNNEST([(SELECT COALESCE(CONCAT(REGEXP_EXTRACT(__kith_e, '^(\\+(?:20|27|30|31|32|33|34|40|41|43|44|45|46|47|48|49|51|54|55|61|62|64|81|82|84|86|90|91|92|94|98|212|213|234|254|351|352|353|355|358|359|380|381|385|386|387|389|420|421|880|962|966|971|972))0'), REGEXP_EXTRACT(__kith_e, '^\\+(?:20|27|30|31|32|33|34|40|41|43|44|45|46|47|48|49|51|54|55|61|62|64|81|82|84|86|90|91|92|94|98|212|213|234|254|351|352|353|355|358|359|380|381|385|386|387|389|420|421|880|962|966|971|972)0(.*)$')), __kith_e) FROM UNNEST([(SELECT CASE WHEN STARTS_WITH(__kith_d, '+') THEN __kith_d WHEN STARTS_WITH(__kith_d, '00') THEN CONCAT('+', SUBSTR(__kith_d, 3)) ELSE CONCAT('+', '31', REGEXP_REPLACE(__kith_d, '^0', '')) END FROM UNNEST([IFNULL(REGEXP_REPLACE((SELECT IF(STRPOS(__kith_f, '(0)') > 0, CONCAT(SUBSTR(__kith_f, 1, STRPOS(__kith_f, '(0)') - 1), SUBSTR(__kith_f, STRPOS(__kith_f, '(0)') + 3)), __kith_f) FROM UNNEST([REGEXP_REPLACE('O\'Neil@Example.org', r'(?is)[;,/#x].*$', '')]) AS __kith_f), r'[^0-9+]', ''), '')]) AS __kith_d)]) AS __kith_e)]) AS __kith_n), '') = '', 0, GREATEST(FARM_FINGERPRINT(SHA256(CONCAT('salt\x00phone\x00', COALESCE((SELECT IF(REGEXP_CONTAINS(__kith_n, '^\\+[1-9][0-9]{7,14}$'), __kith_n, NULL) FROM UNNEST([(SELECT COALESCE(CONCAT(REGEXP_EXTRACT(__kith_e, '^(\\+(?:20|27|30|31|32|33|34|40|41|43|44|45|46|47|48|49|51|54|55|61|62|64|81|82|84|86|90|91|92|94|98|212|213|234|254|351|352|353|355|358|359|380|381|385|386|387|389|420|421|880|962|966|971|972))0'), REGEXP_EXTRACT(__kith_e, '^\\+(?:20|27|30|31|32|33|34|40|41|43|44|45|46|47|48|49|51|54|55|61|62|64|81|82|84|86|90|91|92|94|98|212|213|234|254|351|352|353|355|358|359|380|381|385|386|387|389|420|421|880|962|966|971|972)0(.*)$')), __kith_e) FROM UNNEST([(SELECT CASE WHEN STARTS_WITH(__kith_d, '+') THEN __kith_d WHEN STARTS_WITH(__kith_d, '00') THEN CONCAT('+', SUBSTR(__kith_d, 3)) ELSE CONCAT('+', '31', REGEXP_REPLACE(__kith_d, '^0', '')) END FROM UNNEST([IFNULL(REGEXP_REPLACE((SELECT IF(STRPOS(__kith_f, '(0)') > 0, CONCAT(SUBSTR(__kith_f, 1, STRPOS(__kith_f, '(0)') - 1), SUBSTR(__kith_f, STRPOS(__kith_f, '(0)') + 3)), __kith_f) FROM UNNEST([REGEXP_REPLACE('O\'Neil@Example.org', r'(?is)[;,/#x].*$', '')]) AS __kith_f), r'[^0-9+]', ''), '')]) AS __kith_d)]) AS __kith_e)]) AS __kith_n), '')))) & 0x7FFFFFFFFFFFFFFF, 1)) AS d2;

-- lookup_map
SELECT node, type, value, entity_id, first_seen, last_seen, n FROM `kith`.`identity_person_map_build` WHERE node IN (7, 8);

-- lookup_entity
SELECT entity_id, anchor, created_at, identifiers, quarantined, nodes FROM `kith`.`entity_person_build` WHERE entity_id IN ('p_1', 'p_2');

-- lookup_alias
SELECT new_id FROM (
  SELECT ARRAY_AGG(new_id ORDER BY `at` DESC LIMIT 1)[OFFSET(0)] AS new_id FROM `kith`.`entity_merges`
  WHERE entity = 'person' AND old_id IN ('p_o\'x') AND (build = 'build' OR build IN (SELECT build FROM `kith`.`builds`))
  GROUP BY old_id
) WHERE new_id != '';

-- lookup_edges
SELECT e.a, e.b, e.source, e.first_seen, e.last_seen, e.n, IFNULL(r.why, 0)
FROM (
  SELECT a, b, source, MIN(first_seen) AS first_seen, MAX(last_seen) AS last_seen, SUM(n) AS n FROM `kith`.`identity_person_edges_build`
  WHERE a IN (7, 8)
  GROUP BY a, b, source ORDER BY a, b, source LIMIT 10
) AS e LEFT JOIN (SELECT a, b, why FROM `kith`.`identity_person_refused_build` WHERE a IN (7, 8)) AS r ON e.a = r.a AND e.b = r.b
ORDER BY e.a, e.b, e.source;

-- lookup_hub_edges
SELECT a, b, source, MIN(first_seen), MAX(last_seen), SUM(n), 0 FROM `kith`.`identity_person_edges_build`
WHERE a IN (SELECT node FROM `kith`.`identity_person_hubs_build`) AND a NOT IN (SELECT node FROM `kith`.`entity_person_build`, UNNEST(nodes) AS node WHERE entity_id IN ('p_1', 'p_2')) AND b IN (SELECT node FROM `kith`.`entity_person_build`, UNNEST(nodes) AS node WHERE entity_id IN ('p_1', 'p_2'))
GROUP BY a, b, source ORDER BY a, b, source LIMIT 10;

-- lookup_hubs
SELECT node, MAX(degree), MIN(cap) FROM `kith`.`identity_person_hubs_build` GROUP BY node;

-- lookup_shared
SELECT node, type, value, '', MIN(first_seen), MAX(last_seen), MAX(n) FROM `kith`.`identity_person_shared_build` WHERE entity_id IN ('p_1', 'p_2') GROUP BY node, type, value ORDER BY node LIMIT 10;

-- lookup_profile
SELECT `handle`, `email`, `phone`, CAST(`employer_spent` AS STRING), `nick`, `__kith_row_nick_0`, `usual`, CONCAT('[', ARRAY_TO_STRING(ARRAY(SELECT TO_JSON_STRING(__kith_e) FROM UNNEST(`last_keys`) AS __kith_e WITH OFFSET AS __kith_o ORDER BY __kith_o), ','), ']'), CONCAT('[', ARRAY_TO_STRING(ARRAY(SELECT TO_JSON_STRING(__kith_e) FROM UNNEST(`emails`) AS __kith_e WITH OFFSET AS __kith_o ORDER BY __kith_o), ','), ']'), CAST(`spent` AS STRING), CAST(`n_recent` AS STRING), REPLACE(REPLACE(CAST(`mean_op` AS STRING), 'e+', 'e'), 'e-0', 'e-'), CAST(`n_month` AS STRING), REPLACE(REPLACE(CAST(`p90` AS STRING), 'e+', 'e'), 'e-0', 'e-'), CONCAT(FORMAT_TIMESTAMP('%Y-%m-%dT%H:%M:', `first_at`, 'UTC'), IF(MOD(UNIX_MICROS(`first_at`), 1000000) = 0, FORMAT_TIMESTAMP('%S', `first_at`, 'UTC'), FORMAT_TIMESTAMP('%E6S', `first_at`, 'UTC')), 'Z'), CAST(`n_after` AS STRING), FORMAT_DATE('%Y-%m-%d', `first_day`), CAST(`n_after_day` AS STRING), CAST(`tier` AS STRING), CASE WHEN `is_big` THEN 'true' WHEN NOT `is_big` THEN 'false' END, `half`, `__kith_segment_bounced`, `__kith_segment_spenders`, `__kith_segment_at_spender`, `__kith_segment_best`, `__kith_consent_general`, `__kith_consent_by_address`, CONCAT('[', ARRAY_TO_STRING(ARRAY(SELECT TO_JSON_STRING(__kith_e) FROM UNNEST(`__kith_granted_by_address`) AS __kith_e WITH OFFSET AS __kith_o ORDER BY __kith_o), ','), ']') FROM `kith`.`profile_person_build` WHERE entity_id = 'p_o\'x';

-- lookup_segments
SELECT segment, MAX(entered_at) FROM (
  SELECT segment, entered_at, exited_at, del FROM `kith`.`members_history`
  WHERE entity = 'person' AND segment IN ('bounced', 'spenders', 'at_spender', 'best') AND entity_id = 'p_o\'x' QUALIFY ROW_NUMBER() OVER (PARTITION BY segment, entered_at ORDER BY ver DESC) = 1
) WHERE del = 0 AND exited_at IS NULL GROUP BY segment;

-- lookup_merges
SELECT old_id, `at` FROM `kith`.`entity_merges` WHERE entity = 'person' AND new_id = 'p_o\'x' AND direct = 1 AND build IN (SELECT build FROM `kith`.`builds`) ORDER BY `at` LIMIT 10;

-- lookup_baseline
SELECT key, remote_id, gone, h, ver, del FROM `kith`.`baseline_rows_out` WHERE kh = (FARM_FINGERPRINT(IFNULL('p_o\'x', '')) & 0x7FFFFFFFFFFFFFFF) AND row_id = 'p_o\'x' ORDER BY ver DESC LIMIT 1;

-- lookup_rejection
SELECT code, attempts, next_try, `at`, del FROM `kith`.`rejections` WHERE sync = 'rows_out' AND kh = (FARM_FINGERPRINT(IFNULL('p_o\'x', '')) & 0x7FFFFFFFFFFFFFFF) AND row_id = 'p_o\'x' ORDER BY ver DESC LIMIT 1;

-- identity_differ_count
SELECT COUNTIF(differs), COUNTIF(keeps), IFNULL(SUM(total - most), 0)
FROM (
  SELECT id, LOGICAL_OR(id != other) AS differs, LOGICAL_OR(id = other) AS keeps, SUM(n) AS total, MAX(n) AS most
  FROM (
  SELECT p.entity_id AS id, q.entity_id AS other, COUNT(*) AS n
  FROM `kith`.`identity_person_map_build` AS p JOIN `kith`.`identity_person_map_build` AS q ON p.node = q.node
  GROUP BY p.entity_id, q.entity_id
) GROUP BY id
);

-- identity_differ
SELECT id, other, n FROM (
  SELECT p.entity_id AS id, q.entity_id AS other, COUNT(*) AS n
  FROM `kith`.`identity_person_map_build` AS p JOIN `kith`.`identity_person_map_build` AS q ON p.node = q.node
  GROUP BY p.entity_id, q.entity_id
) WHERE id != other ORDER BY n DESC, id, other LIMIT 10;

-- check_baseline
SELECT COUNT(*), COUNTIF(row_id NOT IN (SELECT entity_id FROM `kith`.`entity_person_build`) AND row_id NOT IN (SELECT old_id FROM (
  SELECT old_id, new_id FROM (
    SELECT old_id, ARRAY_AGG(new_id ORDER BY `at` DESC LIMIT 1)[OFFSET(0)] AS new_id FROM `kith`.`entity_merges`
    WHERE entity = 'person' AND (build = 'build' OR build IN (SELECT build FROM `kith`.`builds`))
    GROUP BY old_id
  ) WHERE new_id != ''
)))
FROM `kith`.`baseline_rows_out` WHERE del = 0 AND gone = 0 AND STRPOS(row_id, '\x1ekey-') = 0;

-- check_map
SELECT COUNT(*) - COUNT(DISTINCT node) AS twice, COUNT(*) - COUNT(DISTINCT FORMAT('%d %s', type, value)) AS values_twice,
  COUNTIF(entity_id NOT IN (SELECT entity_id FROM `kith`.`entity_person_build`)) AS homeless
FROM `kith`.`identity_person_map_build`;

-- check_entities
SELECT COUNT(*) - COUNT(DISTINCT e.entity_id), COUNTIF(e.anchor NOT IN (SELECT node FROM `kith`.`identity_person_map_build`)),
  COUNTIF(IFNULL(m.n, 0) != e.identifiers OR IFNULL(m.mix, 0) != e.mix)
FROM (SELECT entity_id, anchor, identifiers, (SELECT IFNULL(BIT_XOR(x), 0) FROM UNNEST(nodes) AS x) AS mix FROM `kith`.`entity_person_build`) AS e
LEFT JOIN (SELECT entity_id, COUNT(*) AS n, BIT_XOR(node) AS mix FROM `kith`.`identity_person_map_build` GROUP BY entity_id) AS m ON e.entity_id = m.entity_id;

-- check_links
SELECT COUNTIF(a NOT IN (SELECT node FROM `kith`.`identity_person_map_build`) OR b NOT IN (SELECT node FROM `kith`.`identity_person_map_build`)), COUNTIF(a >= b) FROM `kith`.`identity_person_edges_build`;

-- check_collisions
SELECT (SELECT COUNT(*) FROM (SELECT node FROM `kith`.`identity_person_values_build` WHERE node != 0 GROUP BY node HAVING COUNT(DISTINCT FORMAT('%d %s', type, value)) > 1)),
  (SELECT COUNT(DISTINCT CONCAT(identifier, ' ', value)) FROM `kith`.`identity_collisions` WHERE entity = 'person');

-- check_aliases
SELECT COUNTIF(new_id IN (SELECT old_id FROM (
  SELECT old_id, new_id FROM (
    SELECT old_id, ARRAY_AGG(new_id ORDER BY `at` DESC LIMIT 1)[OFFSET(0)] AS new_id FROM `kith`.`entity_merges`
    WHERE entity = 'person' AND (build = 'build' OR build IN (SELECT build FROM `kith`.`builds`))
    GROUP BY old_id
  ) WHERE new_id != ''
))), COUNTIF(old_id = new_id), COUNTIF(old_id IN (SELECT entity_id FROM `kith`.`entity_person_build`)), COUNT(*)
FROM (
  SELECT old_id, new_id FROM (
    SELECT old_id, ARRAY_AGG(new_id ORDER BY `at` DESC LIMIT 1)[OFFSET(0)] AS new_id FROM `kith`.`entity_merges`
    WHERE entity = 'person' AND (build = 'build' OR build IN (SELECT build FROM `kith`.`builds`))
    GROUP BY old_id
  ) WHERE new_id != ''
);

