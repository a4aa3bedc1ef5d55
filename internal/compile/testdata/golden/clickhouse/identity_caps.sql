-- identity person hubs
CREATE OR REPLACE TABLE `kith`.`identity_person_hubs_b2` ENGINE = MergeTree ORDER BY node AS
SELECT v AS node, type, degree, cap
FROM (
  SELECT v, any(tv) AS type, [uniqExactIf(w, tv = 1 AND tw = 0), uniqExactIf(w, tv = 1), uniqExactIf(w, tv = 2 AND tw = 1)] AS degrees, [toUInt64(3), toUInt64(1000), toUInt64(4)] AS limits
  FROM (
  SELECT a AS v, b AS w, ta AS tv, tb AS tw FROM `kith`.`identity_person_edges_b2` WHERE ta IN (1, 1, 2)
  UNION ALL
  SELECT b AS v, a AS w, tb AS tv, ta AS tw FROM `kith`.`identity_person_edges_b2` WHERE tb IN (1, 1, 2)
)
  WHERE v IN (
    SELECT v FROM (
  SELECT a AS v, b AS w, ta AS tv, tb AS tw FROM `kith`.`identity_person_edges_b2` WHERE ta IN (1, 1, 2)
  UNION ALL
  SELECT b AS v, a AS w, tb AS tv, ta AS tw FROM `kith`.`identity_person_edges_b2` WHERE tb IN (1, 1, 2)
) GROUP BY v HAVING sum(1073741825 * (tv = 1 AND tw = 0) + 4290677 * (tv = 1) + 858993460 * (tv = 2 AND tw = 1)) >= 4294967296
  )
  GROUP BY v
) ARRAY JOIN degrees AS degree, limits AS cap
WHERE degree > cap;

-- identity person hook 1
CREATE OR REPLACE TABLE `kith`.`scratch_r2_identity_person_p1` (v UInt64 CODEC(NONE), l UInt64 CODEC(NONE)) ENGINE = MergeTree ORDER BY tuple() AS
SELECT a AS v, max(b) AS l FROM `kith`.`identity_person_edges_b2` WHERE (a NOT IN (SELECT node FROM `kith`.`identity_person_hubs_b2`) AND b NOT IN (SELECT node FROM `kith`.`identity_person_hubs_b2`)) GROUP BY a;

-- identity person lift 1
CREATE OR REPLACE TABLE `kith`.`scratch_r2_identity_person_e1` (a UInt64 CODEC(NONE), b UInt64 CODEC(NONE)) ENGINE = MergeTree ORDER BY tuple() AS
SELECT least(x, y) AS a, greatest(x, y) AS b
FROM (
  SELECT s.l AS x, if(t.v = e.b, t.l, e.b) AS y
  FROM (SELECT a, b FROM `kith`.`identity_person_edges_b2` WHERE (a NOT IN (SELECT node FROM `kith`.`identity_person_hubs_b2`) AND b NOT IN (SELECT node FROM `kith`.`identity_person_hubs_b2`))) AS e LEFT ANY JOIN `kith`.`scratch_r2_identity_person_q1` AS s ON e.a = s.v LEFT ANY JOIN `kith`.`scratch_r2_identity_person_q1` AS t ON e.b = t.v
  WHERE x != y
) GROUP BY a, b
SETTINGS join_use_nulls = 0;

-- identity person split edges
CREATE OR REPLACE TABLE `kith`.`scratch_r2_identity_person_split_edges_0` ENGINE = MergeTree ORDER BY (a, b) AS
SELECT a, b, max(last_seen) AS last_seen, sum(n) AS n FROM `kith`.`identity_person_edges_b2` WHERE a IN (SELECT node FROM `kith`.`scratch_r2_identity_person_split_nodes_0`) AND (a NOT IN (SELECT node FROM `kith`.`identity_person_hubs_b2`) AND b NOT IN (SELECT node FROM `kith`.`identity_person_hubs_b2`)) GROUP BY a, b
SETTINGS compile_aggregate_expressions = 0;

-- identity person links in quarantine
INSERT INTO `kith`.`scratch_r2_identity_person_rejected` (a, b, why)
SELECT e.a, e.b, 2
FROM (SELECT a, b FROM `kith`.`identity_person_edges_b2` WHERE a IN (SELECT node FROM `kith`.`scratch_r2_identity_person_moved` WHERE large != 0) AND (a NOT IN (SELECT node FROM `kith`.`identity_person_hubs_b2`) AND b NOT IN (SELECT node FROM `kith`.`identity_person_hubs_b2`)) GROUP BY a, b) AS e
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
    SELECT a AS x, b AS y, a, b, source, n, first_seen FROM `kith`.`identity_person_edges_b2` WHERE (a, b) NOT IN (SELECT a, b FROM `kith`.`identity_person_refused_b2`) AND (a NOT IN (SELECT node FROM `kith`.`identity_person_hubs_b2`) AND b NOT IN (SELECT node FROM `kith`.`identity_person_hubs_b2`)) AND a IN (SELECT node FROM `kith`.`identity_person_map_b1` WHERE entity_id IN (SELECT old_id FROM `kith`.`scratch_r2_identity_person_merged`))
    UNION ALL SELECT b AS x, a AS y, a, b, source, n, first_seen FROM `kith`.`identity_person_edges_b2` WHERE (a, b) NOT IN (SELECT a, b FROM `kith`.`identity_person_refused_b2`) AND (a NOT IN (SELECT node FROM `kith`.`identity_person_hubs_b2`) AND b NOT IN (SELECT node FROM `kith`.`identity_person_hubs_b2`)) AND b IN (SELECT node FROM `kith`.`identity_person_map_b1` WHERE entity_id IN (SELECT old_id FROM `kith`.`scratch_r2_identity_person_merged`))
  ) AS x
  JOIN (SELECT node, entity_id FROM `kith`.`identity_person_map_b1` WHERE entity_id IN (SELECT old_id FROM `kith`.`scratch_r2_identity_person_merged`)) AS p ON x.x = p.node
  LEFT JOIN (SELECT node, entity_id FROM `kith`.`identity_person_map_b1` WHERE entity_id IN (SELECT old_id FROM `kith`.`scratch_r2_identity_person_merged`)) AS q ON x.y = q.node
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

