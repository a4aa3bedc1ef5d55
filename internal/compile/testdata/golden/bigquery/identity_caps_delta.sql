-- identity person links of touched
CREATE OR REPLACE TABLE `kith`.`scratch_r2_identity_person_near` OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 2 DAY)) AS
SELECT DISTINCT a, b, ta, tb FROM `kith`.`identity_person_edges_b2` WHERE a IN (SELECT node FROM `kith`.`scratch_r2_identity_person_touched`) OR b IN (SELECT node FROM `kith`.`scratch_r2_identity_person_touched`);

-- identity person values to demote
CREATE OR REPLACE TABLE `kith`.`scratch_r2_identity_person_hubs_now` CLUSTER BY node OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 2 DAY)) AS
SELECT v AS node, 1 AS type, COUNT(DISTINCT w) AS degree, 3 AS cap
FROM (
  SELECT a AS v, b AS w FROM `kith`.`scratch_r2_identity_person_near` WHERE ta = 1 AND tb = 0 AND a IN (SELECT node FROM `kith`.`scratch_r2_identity_person_touched`)
  UNION ALL
  SELECT b AS v, a AS w FROM `kith`.`scratch_r2_identity_person_near` WHERE tb = 1 AND ta = 0 AND b IN (SELECT node FROM `kith`.`scratch_r2_identity_person_touched`)
) GROUP BY v HAVING COUNT(DISTINCT w) > 3
UNION ALL
SELECT v AS node, 1 AS type, COUNT(DISTINCT w) AS degree, 1000 AS cap
FROM (
  SELECT a AS v, b AS w FROM `kith`.`scratch_r2_identity_person_near` WHERE ta = 1 AND a IN (SELECT node FROM `kith`.`scratch_r2_identity_person_touched`)
  UNION ALL
  SELECT b AS v, a AS w FROM `kith`.`scratch_r2_identity_person_near` WHERE tb = 1 AND b IN (SELECT node FROM `kith`.`scratch_r2_identity_person_touched`)
) GROUP BY v HAVING COUNT(DISTINCT w) > 1000
UNION ALL
SELECT v AS node, 2 AS type, COUNT(DISTINCT w) AS degree, 4 AS cap
FROM (
  SELECT a AS v, b AS w FROM `kith`.`scratch_r2_identity_person_near` WHERE ta = 2 AND tb = 1 AND a IN (SELECT node FROM `kith`.`scratch_r2_identity_person_touched`)
  UNION ALL
  SELECT b AS v, a AS w FROM `kith`.`scratch_r2_identity_person_near` WHERE tb = 2 AND ta = 1 AND b IN (SELECT node FROM `kith`.`scratch_r2_identity_person_touched`)
) GROUP BY v HAVING COUNT(DISTINCT w) > 4;

-- identity person hubs
CREATE OR REPLACE TABLE `kith`.`identity_person_hubs_b2` CLUSTER BY node AS
SELECT node, type, degree, cap FROM `kith`.`identity_person_hubs_b1` WHERE node NOT IN (SELECT node FROM `kith`.`scratch_r2_identity_person_touched`)
UNION ALL SELECT node, type, degree, cap FROM `kith`.`scratch_r2_identity_person_hubs_now`;

-- identity person freed
CREATE OR REPLACE TABLE `kith`.`scratch_r2_identity_person_freed` OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 2 DAY)) AS
SELECT DISTINCT node FROM `kith`.`identity_person_hubs_b1` WHERE node NOT IN (SELECT node FROM `kith`.`identity_person_hubs_b2`);

-- identity person links to hubs
INSERT INTO `kith`.`scratch_r2_identity_person_pairs` (a, b, gone)
SELECT node, node, 1 FROM (SELECT DISTINCT node FROM `kith`.`identity_person_hubs_b2` WHERE node NOT IN (SELECT node FROM `kith`.`identity_person_hubs_b1`));

-- identity person links of freed
INSERT INTO `kith`.`scratch_r2_identity_person_pairs` (a, b, gone)
SELECT DISTINCT a, b, 0 FROM `kith`.`identity_person_edges_b2` WHERE a IN (SELECT node FROM `kith`.`scratch_r2_identity_person_freed`) OR b IN (SELECT node FROM `kith`.`scratch_r2_identity_person_freed`);

-- identity person touched by freed
INSERT INTO `kith`.`scratch_r2_identity_person_touched` (node)
SELECT DISTINCT node FROM `kith`.`identity_person_edges_b2`, UNNEST([a, b]) AS node
WHERE (a IN (SELECT node FROM `kith`.`scratch_r2_identity_person_freed`) OR b IN (SELECT node FROM `kith`.`scratch_r2_identity_person_freed`)) AND node NOT IN (SELECT node FROM `kith`.`scratch_r2_identity_person_touched`);

-- identity person lifted links
CREATE OR REPLACE TABLE `kith`.`scratch_r2_identity_person_lifted` OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 2 DAY)) AS
SELECT DISTINCT LEAST(s.comp, t.comp) AS a, GREATEST(s.comp, t.comp) AS b
FROM (
  SELECT a, b FROM `kith`.`scratch_r2_identity_person_pairs` WHERE gone = 0 AND (a NOT IN (SELECT node FROM `kith`.`identity_person_hubs_b2`) AND b NOT IN (SELECT node FROM `kith`.`identity_person_hubs_b2`))
  UNION DISTINCT
  SELECT a, b FROM `kith`.`identity_person_edges_b2` WHERE a IN (SELECT node FROM `kith`.`scratch_r2_identity_person_nodes` WHERE comp = node) AND (a NOT IN (SELECT node FROM `kith`.`identity_person_hubs_b2`) AND b NOT IN (SELECT node FROM `kith`.`identity_person_hubs_b2`))
) AS e
JOIN `kith`.`scratch_r2_identity_person_nodes` AS s ON e.a = s.node JOIN `kith`.`scratch_r2_identity_person_nodes` AS t ON e.b = t.node
WHERE s.comp != t.comp;

-- identity person split edges
CREATE OR REPLACE TABLE `kith`.`scratch_r2_identity_person_split_edges_0` OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 2 DAY)) AS
SELECT a, b, MAX(last_seen) AS last_seen, SUM(n) AS n FROM `kith`.`identity_person_edges_b2` WHERE a IN (SELECT node FROM `kith`.`scratch_r2_identity_person_split_nodes_0`) AND (a NOT IN (SELECT node FROM `kith`.`identity_person_hubs_b2`) AND b NOT IN (SELECT node FROM `kith`.`identity_person_hubs_b2`)) GROUP BY a, b;

-- identity person links in quarantine
INSERT INTO `kith`.`scratch_r2_identity_person_rejected` (a, b, why)
SELECT e.a, e.b, 2
FROM (SELECT a, b FROM `kith`.`identity_person_edges_b2` WHERE a IN (SELECT node FROM `kith`.`scratch_r2_identity_person_moved` WHERE large != 0) AND (a NOT IN (SELECT node FROM `kith`.`identity_person_hubs_b2`) AND b NOT IN (SELECT node FROM `kith`.`identity_person_hubs_b2`)) GROUP BY a, b) AS e
JOIN `kith`.`scratch_r2_identity_person_moved` AS s ON e.a = s.node JOIN `kith`.`scratch_r2_identity_person_moved` AS t ON e.b = t.node
WHERE s.large = t.large AND s.part != t.part AND NOT EXISTS (SELECT 1 FROM `kith`.`scratch_r2_identity_person_rejected` AS r WHERE r.a = e.a AND r.b = e.b);

-- identity person claims
CREATE OR REPLACE TABLE `kith`.`scratch_r2_identity_person_claims` OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 2 DAY)) AS
SELECT entity_id, best.part AS part, best.anchored AS anchored, parts
FROM (
  SELECT entity_id, ARRAY_AGG(STRUCT(part, anchored) ORDER BY decides DESC, strongest, anchored DESC, weight DESC, least DESC LIMIT 1)[OFFSET(0)] AS best, COUNT(*) AS parts
  FROM (SELECT *, anchored AND part NOT IN (SELECT part FROM `kith`.`scratch_r2_identity_person_moved_parts` WHERE whole IN (SELECT part FROM `kith`.`scratch_r2_identity_person_parts` WHERE over_max)) AND part NOT IN (SELECT node FROM `kith`.`identity_person_hubs_b2`) AS decides FROM `kith`.`scratch_r2_identity_person_overlap`) GROUP BY entity_id
);

-- identity person audit demoted
INSERT INTO `kith`.`identity_audit` (`at`, build, run_id, entity, event, entity_id, other_id, a, b, source, n, size, sample)
WITH fresh AS (
  SELECT h.node AS node, ANY_VALUE(h.type) AS type, MAX(h.degree) AS degree, MIN(h.cap) AS cap FROM `kith`.`identity_person_hubs_b2` AS h
  WHERE h.node NOT IN (SELECT node FROM `kith`.`identity_person_hubs_b1`)
  GROUP BY node
)
SELECT CURRENT_TIMESTAMP(), 'b2', 'r2', 'person', event, '', ['customer_id', 'email', 'phone'][OFFSET(type)], node, 0, '', n, size, sample
FROM (
  SELECT 'demoted_values' AS event, type, 0 AS node, COUNT(*) AS n, MAX(degree) AS size, '' AS sample FROM fresh GROUP BY type
  UNION ALL
  SELECT 'demoted' AS event, f.type AS type, f.node AS node, f.degree AS n, f.cap AS size, CONCAT(SUBSTR(m.value, 1, 1), REGEXP_REPLACE(SUBSTR(m.value, 2, 23), r'[^@.+: -]', '*')) AS sample
  FROM (SELECT * FROM fresh ORDER BY degree DESC, node LIMIT 1000) AS f
  JOIN `kith`.`identity_person_map_b2` AS m ON f.node = m.node
);

