-- identity person links of touched
CREATE OR REPLACE TABLE `kith`.`scratch_r2_identity_person_near` ENGINE = MergeTree ORDER BY tuple() AS
SELECT a, b, ta, tb FROM `kith`.`identity_person_edges_b2`
WHERE if(ta IN (1, 1, 2), a, 0) IN (SELECT node FROM `kith`.`scratch_r2_identity_person_touched`) OR if(tb IN (1, 1, 2), b, 0) IN (SELECT node FROM `kith`.`scratch_r2_identity_person_touched`);

-- identity person values to demote
CREATE OR REPLACE TABLE `kith`.`scratch_r2_identity_person_hubs_now` ENGINE = MergeTree ORDER BY node AS
SELECT v AS node, type, degree, cap
FROM (
  SELECT v, any(tv) AS type, [uniqExactIf(w, tv = 1 AND tw = 0), uniqExactIf(w, tv = 1), uniqExactIf(w, tv = 2 AND tw = 1)] AS degrees, [toUInt64(3), toUInt64(1000), toUInt64(4)] AS limits
  FROM (
  SELECT a AS v, b AS w, ta AS tv, tb AS tw FROM `kith`.`scratch_r2_identity_person_near` WHERE ta IN (1, 1, 2) AND a IN (SELECT node FROM `kith`.`scratch_r2_identity_person_touched`)
  UNION ALL
  SELECT b AS v, a AS w, tb AS tv, ta AS tw FROM `kith`.`scratch_r2_identity_person_near` WHERE tb IN (1, 1, 2) AND b IN (SELECT node FROM `kith`.`scratch_r2_identity_person_touched`)
)
  WHERE v IN (
    SELECT v FROM (
  SELECT a AS v, b AS w, ta AS tv, tb AS tw FROM `kith`.`scratch_r2_identity_person_near` WHERE ta IN (1, 1, 2) AND a IN (SELECT node FROM `kith`.`scratch_r2_identity_person_touched`)
  UNION ALL
  SELECT b AS v, a AS w, tb AS tv, ta AS tw FROM `kith`.`scratch_r2_identity_person_near` WHERE tb IN (1, 1, 2) AND b IN (SELECT node FROM `kith`.`scratch_r2_identity_person_touched`)
) GROUP BY v HAVING sum(1073741825 * (tv = 1 AND tw = 0) + 4290677 * (tv = 1) + 858993460 * (tv = 2 AND tw = 1)) >= 4294967296
  )
  GROUP BY v
) ARRAY JOIN degrees AS degree, limits AS cap
WHERE degree > cap;

-- identity person hubs
CREATE OR REPLACE TABLE `kith`.`identity_person_hubs_b2` ENGINE = MergeTree ORDER BY node AS
SELECT node, type, degree, cap FROM `kith`.`identity_person_hubs_b1` WHERE node NOT IN (SELECT node FROM `kith`.`scratch_r2_identity_person_touched`)
UNION ALL SELECT node, type, degree, cap FROM `kith`.`scratch_r2_identity_person_hubs_now`;

-- identity person freed
CREATE OR REPLACE TABLE `kith`.`scratch_r2_identity_person_freed` ENGINE = MergeTree ORDER BY node AS
SELECT DISTINCT node FROM `kith`.`identity_person_hubs_b1` WHERE node NOT IN (SELECT node FROM `kith`.`identity_person_hubs_b2`);

-- identity person links to hubs
INSERT INTO `kith`.`scratch_r2_identity_person_pairs` (a, b, gone)
SELECT DISTINCT node, node, 1 FROM `kith`.`identity_person_hubs_b2` WHERE node NOT IN (SELECT node FROM `kith`.`identity_person_hubs_b1`);

-- identity person links of freed
INSERT INTO `kith`.`scratch_r2_identity_person_pairs` (a, b, gone)
SELECT DISTINCT a, b, 0 FROM `kith`.`identity_person_edges_b2` WHERE a IN (SELECT node FROM `kith`.`scratch_r2_identity_person_freed`) OR b IN (SELECT node FROM `kith`.`scratch_r2_identity_person_freed`);

-- identity person touched by freed
INSERT INTO `kith`.`scratch_r2_identity_person_touched` (node)
SELECT DISTINCT node FROM (
  SELECT arrayJoin([a, b]) AS node FROM `kith`.`identity_person_edges_b2` WHERE a IN (SELECT node FROM `kith`.`scratch_r2_identity_person_freed`) OR b IN (SELECT node FROM `kith`.`scratch_r2_identity_person_freed`)
) WHERE node NOT IN (SELECT node FROM `kith`.`scratch_r2_identity_person_touched`);

-- identity person lifted links
CREATE OR REPLACE TABLE `kith`.`scratch_r2_identity_person_lifted` ENGINE = MergeTree ORDER BY (a, b) AS
SELECT DISTINCT least(s.comp, t.comp) AS a, greatest(s.comp, t.comp) AS b
FROM (
  SELECT a, b FROM `kith`.`scratch_r2_identity_person_pairs` WHERE gone = 0 AND (a NOT IN (SELECT node FROM `kith`.`identity_person_hubs_b2`) AND b NOT IN (SELECT node FROM `kith`.`identity_person_hubs_b2`))
  UNION ALL
  SELECT a, b FROM `kith`.`scratch_r2_identity_person_close` WHERE a IN (SELECT node FROM `kith`.`scratch_r2_identity_person_nodes` WHERE comp = node) AND (a NOT IN (SELECT node FROM `kith`.`identity_person_hubs_b2`) AND b NOT IN (SELECT node FROM `kith`.`identity_person_hubs_b2`))
) AS e
JOIN `kith`.`scratch_r2_identity_person_nodes` AS s ON e.a = s.node JOIN `kith`.`scratch_r2_identity_person_nodes` AS t ON e.b = t.node
WHERE s.comp != t.comp;

-- identity person split edges
CREATE OR REPLACE TABLE `kith`.`scratch_r2_identity_person_split_edges_0` ENGINE = MergeTree ORDER BY (a, b) AS
SELECT a, b, max(last_seen) AS last_seen, sum(n) AS n FROM `kith`.`scratch_r2_identity_person_close` WHERE a IN (SELECT node FROM `kith`.`scratch_r2_identity_person_split_nodes_0`) AND (a NOT IN (SELECT node FROM `kith`.`identity_person_hubs_b2`) AND b NOT IN (SELECT node FROM `kith`.`identity_person_hubs_b2`)) GROUP BY a, b
SETTINGS compile_aggregate_expressions = 0;

-- identity person links in quarantine
INSERT INTO `kith`.`scratch_r2_identity_person_rejected` (a, b, why)
SELECT e.a, e.b, 2
FROM (SELECT a, b FROM `kith`.`scratch_r2_identity_person_close` WHERE a IN (SELECT node FROM `kith`.`scratch_r2_identity_person_moved` WHERE large != 0) AND (a NOT IN (SELECT node FROM `kith`.`identity_person_hubs_b2`) AND b NOT IN (SELECT node FROM `kith`.`identity_person_hubs_b2`)) GROUP BY a, b) AS e
JOIN `kith`.`scratch_r2_identity_person_moved` AS s ON e.a = s.node JOIN `kith`.`scratch_r2_identity_person_moved` AS t ON e.b = t.node
WHERE s.large = t.large AND s.part != t.part AND (e.a, e.b) NOT IN (SELECT a, b FROM `kith`.`scratch_r2_identity_person_rejected`);

-- identity person claims
CREATE OR REPLACE TABLE `kith`.`scratch_r2_identity_person_claims` ENGINE = MergeTree ORDER BY tuple() AS
SELECT entity_id, argMax(part, rank) AS part, argMax(anchored, rank) AS anchored, count() AS parts
FROM (
  SELECT *, bitOr(bitShiftLeft(toUInt128(if(anchored AND part NOT IN (SELECT part FROM `kith`.`scratch_r2_identity_person_moved_parts` WHERE whole IN (SELECT part FROM `kith`.`scratch_r2_identity_person_parts` WHERE over)) AND part NOT IN (SELECT node FROM `kith`.`identity_person_hubs_b2`), toUInt64(1e18), 0) + toUInt64(3 - strongest) * toUInt64(1e15) + if(anchored, toUInt64(1e13), 0) + weight), 64), toUInt128(least)) AS rank
  FROM `kith`.`scratch_r2_identity_person_overlap`
)
GROUP BY entity_id;

-- identity person audit merged
INSERT INTO `kith`.`identity_audit` (at, build, run_id, entity, event, entity_id, other_id, a, b, source, n, size)
SELECT now64(3), 'b2', 'r2', 'person', 'merged', m.new_id, m.old_id, e.link.1, e.link.2, e.link.3, e.link.4, i.identifiers
FROM `kith`.`scratch_r2_identity_person_merged` AS m
LEFT JOIN (
  SELECT p.entity_id AS entity_id, argMax((x.a, x.b, x.source, x.n), (x.first_seen, x.a, x.b)) AS link
  FROM (
    SELECT a AS x, b AS y, a, b, source, n, first_seen FROM `kith`.`scratch_r2_identity_person_close` WHERE (a, b) NOT IN (SELECT a, b FROM `kith`.`identity_person_refused_b2`) AND (a NOT IN (SELECT node FROM `kith`.`identity_person_hubs_b2`) AND b NOT IN (SELECT node FROM `kith`.`identity_person_hubs_b2`)) AND a IN (SELECT node FROM `kith`.`scratch_r2_identity_person_had_map` WHERE entity_id IN (SELECT old_id FROM `kith`.`scratch_r2_identity_person_merged`))
    UNION ALL SELECT b AS x, a AS y, a, b, source, n, first_seen FROM `kith`.`scratch_r2_identity_person_close` WHERE (a, b) NOT IN (SELECT a, b FROM `kith`.`identity_person_refused_b2`) AND (a NOT IN (SELECT node FROM `kith`.`identity_person_hubs_b2`) AND b NOT IN (SELECT node FROM `kith`.`identity_person_hubs_b2`)) AND b IN (SELECT node FROM `kith`.`scratch_r2_identity_person_had_map` WHERE entity_id IN (SELECT old_id FROM `kith`.`scratch_r2_identity_person_merged`))
  ) AS x
  JOIN (SELECT node, entity_id FROM `kith`.`scratch_r2_identity_person_had_map` WHERE entity_id IN (SELECT old_id FROM `kith`.`scratch_r2_identity_person_merged`)) AS p ON x.x = p.node
  LEFT JOIN (SELECT node, entity_id FROM `kith`.`scratch_r2_identity_person_had_map` WHERE entity_id IN (SELECT old_id FROM `kith`.`scratch_r2_identity_person_merged`)) AS q ON x.y = q.node
  WHERE q.entity_id != p.entity_id
  GROUP BY entity_id
) AS e ON m.old_id = e.entity_id
LEFT JOIN (SELECT entity_id, identifiers FROM `kith`.`scratch_r2_identity_person_ids` WHERE entity_id IN (SELECT new_id FROM `kith`.`scratch_r2_identity_person_merged`)) AS i ON m.new_id = i.entity_id
SETTINGS join_use_nulls = 0;

-- identity person audit demoted
INSERT INTO `kith`.`identity_audit` (at, build, run_id, entity, event, entity_id, other_id, a, b, source, n, size, sample)
WITH fresh AS (
  SELECT h.node AS node, any(h.type) AS type, max(h.degree) AS degree, min(h.cap) AS cap FROM `kith`.`identity_person_hubs_b2` AS h
  WHERE h.node NOT IN (SELECT node FROM `kith`.`identity_person_hubs_b1`)
  GROUP BY node
)
SELECT now64(3), 'b2', 'r2', 'person', event, '', ['customer_id', 'email', 'phone'][type + 1], node, 0, '', n, size, sample
FROM (
  SELECT 'demoted_values' AS event, type, toUInt64(0) AS node, count() AS n, max(degree) AS size, '' AS sample FROM fresh GROUP BY type
  UNION ALL
  SELECT 'demoted' AS event, f.type AS type, f.node AS node, f.degree AS n, f.cap AS size, concat(substringUTF8(m.value, 1, 1), replaceRegexpAll(substringUTF8(m.value, 2, 23), '[^@.+: -]', '*')) AS sample
  FROM (SELECT * FROM fresh ORDER BY degree DESC, node LIMIT 1000) AS f
  JOIN (SELECT node, value FROM `kith`.`identity_person_map_b2` WHERE node IN (SELECT node FROM fresh)) AS m ON f.node = m.node
);

