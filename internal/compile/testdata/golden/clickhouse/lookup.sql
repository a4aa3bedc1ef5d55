-- lookup_nodes
SELECT coalesce(arrayMap(__kith_n -> if(arrayMap(__kith_t -> if(length(__kith_t) = lengthUTF8(__kith_t), trim(BOTH ' \t\n\r\f\v' FROM __kith_t), replaceRegexpAll(__kith_t, '^[\\s\\p{Z}\\p{C}]+|[\\s\\p{Z}\\p{C}]+$', '')), [__kith_n])[1] != '', __kith_n, NULL), ['O\'Neil@Example.org'])[1], '') AS v0, toUInt64(if(coalesce(arrayMap(__kith_n -> if(arrayMap(__kith_t -> if(length(__kith_t) = lengthUTF8(__kith_t), trim(BOTH ' \t\n\r\f\v' FROM __kith_t), replaceRegexpAll(__kith_t, '^[\\s\\p{Z}\\p{C}]+|[\\s\\p{Z}\\p{C}]+$', '')), [__kith_n])[1] != '', __kith_n, NULL), ['O\'Neil@Example.org'])[1], '') = '', 0, greatest(sipHash64Keyed((toUInt64(14333647848874882852), toUInt64(11818513996432774184)), concat('handle\0', coalesce(arrayMap(__kith_n -> if(arrayMap(__kith_t -> if(length(__kith_t) = lengthUTF8(__kith_t), trim(BOTH ' \t\n\r\f\v' FROM __kith_t), replaceRegexpAll(__kith_t, '^[\\s\\p{Z}\\p{C}]+|[\\s\\p{Z}\\p{C}]+$', '')), [__kith_n])[1] != '', __kith_n, NULL), ['O\'Neil@Example.org'])[1], ''))), toUInt64(1)))) AS d0, coalesce(arrayMap(__kith_n -> if(match(ifNull(__kith_n, ''), '^[^\\s\\p{Z}\\p{C}@<>"(),;]+@[^\\s\\p{Z}\\p{C}@<>"(),;]+\\.[^\\s\\p{Z}\\p{C}@<>"(),;.]{2,}$'), __kith_n, NULL), [lowerUTF8(arrayMap(__kith_t -> if(length(__kith_t) = lengthUTF8(__kith_t), trim(BOTH ' \t\n\r\f\v' FROM __kith_t), replaceRegexpAll(__kith_t, '^[\\s\\p{Z}\\p{C}]+|[\\s\\p{Z}\\p{C}]+$', '')), ['O\'Neil@Example.org'])[1])])[1], '') AS v1, toUInt64(if(coalesce(arrayMap(__kith_n -> if(match(ifNull(__kith_n, ''), '^[^\\s\\p{Z}\\p{C}@<>"(),;]+@[^\\s\\p{Z}\\p{C}@<>"(),;]+\\.[^\\s\\p{Z}\\p{C}@<>"(),;.]{2,}$'), __kith_n, NULL), [lowerUTF8(arrayMap(__kith_t -> if(length(__kith_t) = lengthUTF8(__kith_t), trim(BOTH ' \t\n\r\f\v' FROM __kith_t), replaceRegexpAll(__kith_t, '^[\\s\\p{Z}\\p{C}]+|[\\s\\p{Z}\\p{C}]+$', '')), ['O\'Neil@Example.org'])[1])])[1], '') = '', 0, multiIf(coalesce(arrayMap(__kith_n -> if(match(ifNull(__kith_n, ''), '^[^\\s\\p{Z}\\p{C}@<>"(),;]+@[^\\s\\p{Z}\\p{C}@<>"(),;]+\\.[^\\s\\p{Z}\\p{C}@<>"(),;.]{2,}$'), __kith_n, NULL), [lowerUTF8(arrayMap(__kith_t -> if(length(__kith_t) = lengthUTF8(__kith_t), trim(BOTH ' \t\n\r\f\v' FROM __kith_t), replaceRegexpAll(__kith_t, '^[\\s\\p{Z}\\p{C}]+|[\\s\\p{Z}\\p{C}]+$', '')), ['O\'Neil@Example.org'])[1])])[1], '') = 'o\'neil@example.org', 42, greatest(sipHash64Keyed((toUInt64(14333647848874882852), toUInt64(11818513996432774184)), concat('email\0', coalesce(arrayMap(__kith_n -> if(match(ifNull(__kith_n, ''), '^[^\\s\\p{Z}\\p{C}@<>"(),;]+@[^\\s\\p{Z}\\p{C}@<>"(),;]+\\.[^\\s\\p{Z}\\p{C}@<>"(),;.]{2,}$'), __kith_n, NULL), [lowerUTF8(arrayMap(__kith_t -> if(length(__kith_t) = lengthUTF8(__kith_t), trim(BOTH ' \t\n\r\f\v' FROM __kith_t), replaceRegexpAll(__kith_t, '^[\\s\\p{Z}\\p{C}]+|[\\s\\p{Z}\\p{C}]+$', '')), ['O\'Neil@Example.org'])[1])])[1], ''))), toUInt64(1))))) AS d1, coalesce(arrayMap(__kith_n -> if(match(__kith_n, '^\\+[1-9][0-9]{7,14}$'), __kith_n, NULL), [replaceRegexpOne(arrayMap(__kith_d -> multiIf(startsWith(__kith_d, '+'), __kith_d, startsWith(__kith_d, '00'), concat('+', substring(__kith_d, 3)), concat('+', '31', replaceRegexpOne(__kith_d, '^0()', '\\1'))), [ifNull(replaceRegexpAll(replaceOne(replaceRegexpOne('O\'Neil@Example.org', '(?is)[;,/#x].*$', ''), '(0)', ''), '[^0-9+]', ''), '')])[1], '^\\+(20|27|30|31|32|33|34|40|41|43|44|45|46|47|48|49|51|54|55|61|62|64|81|82|84|86|90|91|92|94|98|212|213|234|254|351|352|353|355|358|359|380|381|385|386|387|389|420|421|880|962|966|971|972)0', '+\\1')])[1], '') AS v2, toUInt64(if(coalesce(arrayMap(__kith_n -> if(match(__kith_n, '^\\+[1-9][0-9]{7,14}$'), __kith_n, NULL), [replaceRegexpOne(arrayMap(__kith_d -> multiIf(startsWith(__kith_d, '+'), __kith_d, startsWith(__kith_d, '00'), concat('+', substring(__kith_d, 3)), concat('+', '31', replaceRegexpOne(__kith_d, '^0()', '\\1'))), [ifNull(replaceRegexpAll(replaceOne(replaceRegexpOne('O\'Neil@Example.org', '(?is)[;,/#x].*$', ''), '(0)', ''), '[^0-9+]', ''), '')])[1], '^\\+(20|27|30|31|32|33|34|40|41|43|44|45|46|47|48|49|51|54|55|61|62|64|81|82|84|86|90|91|92|94|98|212|213|234|254|351|352|353|355|358|359|380|381|385|386|387|389|420|421|880|962|966|971|972)0', '+\\1')])[1], '') = '', 0, greatest(sipHash64Keyed((toUInt64(14333647848874882852), toUInt64(11818513996432774184)), concat('phone\0', coalesce(arrayMap(__kith_n -> if(match(__kith_n, '^\\+[1-9][0-9]{7,14}$'), __kith_n, NULL), [replaceRegexpOne(arrayMap(__kith_d -> multiIf(startsWith(__kith_d, '+'), __kith_d, startsWith(__kith_d, '00'), concat('+', substring(__kith_d, 3)), concat('+', '31', replaceRegexpOne(__kith_d, '^0()', '\\1'))), [ifNull(replaceRegexpAll(replaceOne(replaceRegexpOne('O\'Neil@Example.org', '(?is)[;,/#x].*$', ''), '(0)', ''), '[^0-9+]', ''), '')])[1], '^\\+(20|27|30|31|32|33|34|40|41|43|44|45|46|47|48|49|51|54|55|61|62|64|81|82|84|86|90|91|92|94|98|212|213|234|254|351|352|353|355|358|359|380|381|385|386|387|389|420|421|880|962|966|971|972)0', '+\\1')])[1], ''))), toUInt64(1)))) AS d2;

-- lookup_map
SELECT node, type, value, entity_id, first_seen, last_seen, n FROM `kith`.`identity_person_map_build` WHERE node IN (7, 8);

-- lookup_entity
SELECT entity_id, anchor, created_at, identifiers, quarantined, nodes FROM `kith`.`entity_person_build` WHERE entity_id IN ('p_1', 'p_2');

-- lookup_alias
SELECT new_id FROM (
  SELECT old_id, argMax(new_id, at) AS new_id FROM `kith`.`entity_merges`
  WHERE entity = 'person' AND (build = 'build' OR build IN (SELECT build FROM `kith`.`builds`))
  GROUP BY old_id HAVING new_id != ''
) WHERE old_id IN ('p_o\'x');

-- lookup_edges
SELECT e.a, e.b, e.source, e.first_seen, e.last_seen, e.n, r.why
FROM (
  SELECT a, b, CAST(source AS String) AS source, min(first_seen) AS first_seen, max(last_seen) AS last_seen, sum(n) AS n FROM `kith`.`identity_person_edges_build`
  WHERE a IN (7, 8)
  GROUP BY a, b, source ORDER BY a, b, source LIMIT 10
) AS e LEFT ANY JOIN (SELECT a, b, why FROM `kith`.`identity_person_refused_build` WHERE a IN (7, 8)) AS r ON e.a = r.a AND e.b = r.b
ORDER BY e.a, e.b, e.source
SETTINGS compile_aggregate_expressions = 0, join_use_nulls = 0;

-- lookup_hub_edges
SELECT a, b, CAST(source AS String), min(first_seen), max(last_seen), sum(n), 0 FROM `kith`.`identity_person_edges_build`
WHERE a IN (SELECT node FROM `kith`.`identity_person_hubs_build`) AND a NOT IN (SELECT arrayJoin(nodes) FROM `kith`.`entity_person_build` WHERE entity_id IN ('p_1', 'p_2')) AND b IN (SELECT arrayJoin(nodes) FROM `kith`.`entity_person_build` WHERE entity_id IN ('p_1', 'p_2'))
GROUP BY a, b, source ORDER BY a, b, source LIMIT 10
SETTINGS compile_aggregate_expressions = 0;

-- lookup_hubs
SELECT node, max(degree), min(cap) FROM `kith`.`identity_person_hubs_build` GROUP BY node;

-- lookup_shared
SELECT node, type, value, '', min(first_seen), max(last_seen), max(n) FROM `kith`.`identity_person_shared_build` WHERE entity_id IN ('p_1', 'p_2') GROUP BY node, type, value ORDER BY node LIMIT 10
SETTINGS compile_aggregate_expressions = 0;

-- lookup_profile
SELECT `handle`, `email`, `phone`, toString(`employer_spent`), `nick`, `__kith_row_nick_0`, `usual`, concat('[', arrayStringConcat(arrayMap(__kith_e -> toJSONString(__kith_e), `last_keys`), ','), ']'), concat('[', arrayStringConcat(arrayMap(__kith_e -> toJSONString(__kith_e), `emails`), ','), ']'), toString(`spent`), toString(`n_recent`), toString(`mean_op`), toString(`n_month`), toString(`p90`), concat(substring(formatDateTime(`first_at`, '%Y-%m-%dT%H:%i:%S.%f', 'UTC'), 1, if(toUnixTimestamp64Micro(assumeNotNull(`first_at`)) % 1000000 = 0, 19, 26)), 'Z'), toString(`n_after`), toString(`first_day`), toString(`n_after_day`), toString(`tier`), if(isNull(`is_big`), NULL, if(`is_big`, 'true', 'false')), `half`, `__kith_segment_bounced`, `__kith_segment_spenders`, `__kith_segment_at_spender`, `__kith_segment_best`, `__kith_consent_general`, `__kith_consent_by_address`, concat('[', arrayStringConcat(arrayMap(__kith_e -> toJSONString(__kith_e), `__kith_granted_by_address`), ','), ']') FROM `kith`.`profile_person_build` WHERE cityHash64(ifNull(entity_id, '')) = cityHash64(ifNull('p_o\'x', '')) AND entity_id = 'p_o\'x';

-- lookup_segments
SELECT segment, max(entered_at) FROM `kith`.`members_history` FINAL
WHERE entity = 'person' AND segment IN ('bounced', 'spenders', 'at_spender', 'best') AND entity_id = 'p_o\'x' AND isNull(exited_at) GROUP BY segment;

-- lookup_merges
SELECT old_id, at FROM `kith`.`entity_merges` WHERE entity = 'person' AND new_id = 'p_o\'x' AND direct = 1 AND build IN (SELECT build FROM `kith`.`builds`) ORDER BY at LIMIT 10;

-- lookup_baseline
SELECT argMax(key, ver), argMax(remote_id, ver), argMax(gone, ver), argMax(h, ver), max(ver), argMax(del, ver) FROM `kith`.`baseline_rows_out` WHERE kh = cityHash64(ifNull('p_o\'x', '')) AND row_id = 'p_o\'x' HAVING count() > 0;

-- lookup_rejection
SELECT argMax(CAST(code AS String), ver), argMax(attempts, ver), argMax(next_try, ver), argMax(at, ver), argMax(del, ver) FROM `kith`.`rejections` WHERE sync = 'rows_out' AND kh = cityHash64(ifNull('p_o\'x', '')) AND row_id = 'p_o\'x' HAVING count() > 0;

-- identity_differ_count
SELECT uniqExactIf(id, id != other), uniqExactIf(id, id = other), sum(n) - (SELECT sum(n) FROM (SELECT max(n) AS n FROM (
  SELECT p.entity_id AS id, q.entity_id AS other, count() AS n
  FROM (SELECT node, entity_id FROM `kith`.`identity_person_map_build`) AS p JOIN (SELECT node, entity_id FROM `kith`.`identity_person_map_build`) AS q ON p.node = q.node
  GROUP BY id, other
) GROUP BY id))
FROM (
  SELECT p.entity_id AS id, q.entity_id AS other, count() AS n
  FROM (SELECT node, entity_id FROM `kith`.`identity_person_map_build`) AS p JOIN (SELECT node, entity_id FROM `kith`.`identity_person_map_build`) AS q ON p.node = q.node
  GROUP BY id, other
);

-- identity_differ
SELECT id, other, n FROM (
  SELECT p.entity_id AS id, q.entity_id AS other, count() AS n
  FROM (SELECT node, entity_id FROM `kith`.`identity_person_map_build`) AS p JOIN (SELECT node, entity_id FROM `kith`.`identity_person_map_build`) AS q ON p.node = q.node
  GROUP BY id, other
) WHERE id != other ORDER BY n DESC, id, other LIMIT 10;

-- check_baseline
SELECT count(), countIf(row_id NOT IN (SELECT entity_id FROM `kith`.`entity_person_build`) AND row_id NOT IN (SELECT old_id FROM (
  SELECT old_id, argMax(new_id, at) AS new_id FROM `kith`.`entity_merges`
  WHERE entity = 'person' AND (build = 'build' OR build IN (SELECT build FROM `kith`.`builds`))
  GROUP BY old_id HAVING new_id != ''
)))
FROM (SELECT row_id, argMax(del, ver) AS del, argMax(gone, ver) AS gone FROM `kith`.`baseline_rows_out` GROUP BY kh, row_id)
WHERE del = 0 AND gone = 0 AND position(row_id, 'key-') = 0;

-- check_map
SELECT count() - uniqExact(node) AS twice, count() - uniqExact(type, value) AS values_twice,
  countIf(entity_id NOT IN (SELECT entity_id FROM `kith`.`entity_person_build`)) AS homeless
FROM `kith`.`identity_person_map_build`;

-- check_entities
SELECT count() - uniqExact(entity_id), countIf(anchor NOT IN (SELECT node FROM `kith`.`identity_person_map_build`)),
  countIf(m.n != e.identifiers OR m.mix != e.mix)
FROM (SELECT entity_id, anchor, identifiers, arrayReduce('groupBitXor', nodes) AS mix FROM `kith`.`entity_person_build`) AS e
LEFT JOIN (SELECT entity_id, count() AS n, groupBitXor(node) AS mix FROM `kith`.`identity_person_map_build` GROUP BY entity_id) AS m ON e.entity_id = m.entity_id
SETTINGS join_use_nulls = 0;

-- check_links
SELECT countIf(a NOT IN (SELECT node FROM `kith`.`identity_person_map_build`) OR b NOT IN (SELECT node FROM `kith`.`identity_person_map_build`)), countIf(a >= b) FROM `kith`.`identity_person_edges_build`;

-- check_collisions
SELECT (SELECT count() FROM (SELECT node FROM `kith`.`identity_person_values_build` WHERE node != 0 GROUP BY node HAVING uniqExact(type, value) > 1)),
  (SELECT uniqExact(identifier, value) FROM `kith`.`identity_collisions` WHERE entity = 'person');

-- check_aliases
SELECT countIf(new_id IN (SELECT old_id FROM (
  SELECT old_id, argMax(new_id, at) AS new_id FROM `kith`.`entity_merges`
  WHERE entity = 'person' AND (build = 'build' OR build IN (SELECT build FROM `kith`.`builds`))
  GROUP BY old_id HAVING new_id != ''
))), countIf(old_id = new_id), countIf(old_id IN (SELECT entity_id FROM `kith`.`entity_person_build`)), count()
FROM (
  SELECT old_id, argMax(new_id, at) AS new_id FROM `kith`.`entity_merges`
  WHERE entity = 'person' AND (build = 'build' OR build IN (SELECT build FROM `kith`.`builds`))
  GROUP BY old_id HAVING new_id != ''
);

