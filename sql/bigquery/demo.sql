{{/* The data of `kith demo`: who there is (schema demo, which no project reads), what they left behind until .Now (schema shop),
     and what happens on the day after it. Chance is a hash of a name and a number, so the same people come every time.
     People below 100 are cast: each has a part in what the demo tells. The story is that of every dialect; the crowd around
     the cast is another, since chance is. */}}

{{/* roll is a number from 0 on by a name and numbers, chance one in [0, 1) */}}
{{define "roll"}}(FARM_FINGERPRINT(FORMAT('%t', STRUCT({{.}}))) & 0x7FFFFFFFFFFFFFFF){{end}}
{{define "chance"}}(MOD({{template "roll" .}}, 1000000) / 1000000){{end}}

{{define "categories"}}['boots', 'shoes', 'jackets', 'tents', 'backpacks', 'sleeping bags', 'stoves', 'clothing', 'climbing', 'maps']{{end}}

{{define "demo_schema_shop"}}
CREATE SCHEMA {{.ShopSchema}}
{{end}}

{{define "demo_schema_truth"}}
CREATE SCHEMA {{.TruthSchema}}
{{end}}

{{define "demo_humans"}}
CREATE TABLE {{.Truth "humans"}} CLUSTER BY n AS
SELECT
  n, is_customer, IF(is_customer, CONCAT('C', LPAD(CAST(n AS STRING), 6, '0')), NULL) AS customer_id,
  CASE WHEN n = 0 THEN '<script>alert(1)</script>' WHEN n = 1 THEN 'Zoë 🌷' WHEN n IN (20, 21) THEN 'Femke' WHEN n IN (22, 23) THEN 'Omar' ELSE common_first END AS first_name,
  CASE WHEN n = 2 THEN 'O\'Brien' WHEN n = 3 THEN 'de "Vries"' WHEN n = 4 THEN 'back\\slash' WHEN n = 5 THEN '\'); DROP TABLE orders; --' WHEN n = 6 THEN '{x:String} ?' WHEN n = 7 THEN 'two\nlines' WHEN n IN (20, 21) THEN 'de Wit' WHEN n IN (22, 23) THEN 'Nguyen' ELSE common_last END AS last_name,
  CONCAT(REGEXP_REPLACE(LOWER(common_first), '[^a-z]', ''), '.', REGEXP_REPLACE(LOWER(common_last), '[^a-z]', ''), CAST(n AS STRING), '@',
    CASE WHEN n IN (10, 11, 12) THEN 'rejected.example' WHEN {{template "chance" "'domain', n"}} < 0.5 THEN 'example.com' WHEN {{template "chance" "'domain', n"}} < 0.8 THEN 'example.org' ELSE 'example.net' END) AS email,
  [CONCAT('06-', subscriber_number), CONCAT('+31 6 ', subscriber_number), CONCAT('00316', subscriber_number), CONCAT('06 ', SUBSTR(subscriber_number, 1, 4), ' ', SUBSTR(subscriber_number, 5))][OFFSET(MOD({{template "roll" "'phone format', n"}}, 4))] AS phone,
  NOT cast_member AND {{template "chance" "'tablet', DIV(n, 2)"}} < 0.02 OR n IN (50, 51) AS shares_tablet,
  IF({{template "chance" "'second device', n"}} < 0.4, 2, 1) AS devices,
  DATE_ADD(DATE '1945-01-01', INTERVAL MOD({{template "roll" "'birthdate', n"}}, 22000) DAY) AS birthdate,
  city, CASE WHEN city IN ('Antwerpen', 'Gent') THEN 'BE' WHEN city = 'Köln' THEN 'DE' ELSE 'NL' END AS country,
  is_buyer, IF(is_buyer, 1 + LEAST(CAST(FLOOR(LN(1 / (1 - {{template "chance" "'orders', n"}})) * 1.4) AS INT64), 25), 0) AS order_count,
  n IN (21, 23, 52, 53) OR NOT cast_member AND {{template "chance" "'newsletter', n"}} < 0.35 AS is_subscriber,
  NOT cast_member AND {{template "chance" "'unsubscribed', n"}} < 0.12 AS has_unsubscribed,
  IF(cast_member, 1 + MOD(n, 20), CAST(FLOOR(400 * POW({{template "chance" "'lag', n"}}, 2)) AS INT64)) AS quiet_days,
  IF(cast_member, 150, 540) AS span_days
FROM (
  SELECT n, cast_member, common_first, common_last, city, cast_member OR {{template "chance" "'buyer', n"}} < 0.6 AS is_buyer,
    IF(cast_member, n NOT IN (21, 23), {{template "chance" "'customer', n"}} < 0.45) AS is_customer,
    LPAD(CAST(1000000 + IF(NOT cast_member AND {{template "chance" "'household', DIV(n, 2)"}} < 0.03 OR n IN (50, 51), n - MOD(n, 2), n) AS STRING), 8, '0') AS subscriber_number
  FROM (
    SELECT n, n < 100 AS cast_member,
      ['Sanne', 'Daan', 'Emma', 'Lucas', 'Julia', 'Sem', 'Mila', 'Levi', 'Tess', 'Finn', 'Sophie', 'Noah', 'Anna', 'Bram', 'Lotte', 'Jesse', 'Eva', 'Thijs', 'Fleur', 'Luuk', 'Noor', 'Milan', 'Lisa', 'Ruben', 'Sara', 'Stijn', 'Maud', 'Lars', 'Yara', 'Gijs', 'Elin', 'Omar', 'Nina', 'Youssef', 'Femke', 'Mehmet', 'Roos', 'Adam', 'Isa', 'Hugo'][OFFSET(MOD({{template "roll" "'first', n"}}, 40))] AS common_first,
      ['de Jong', 'Jansen', 'de Vries', 'van den Berg', 'Bakker', 'van Dijk', 'Visser', 'Smit', 'Meijer', 'de Boer', 'Mulder', 'de Groot', 'Bos', 'Vos', 'Peters', 'Hendriks', 'van Leeuwen', 'Dekker', 'Brouwer', 'de Wit', 'Dijkstra', 'Smits', 'de Graaf', 'van der Meer', 'Kok', 'Jacobs', 'de Haan', 'Vermeulen', 'Yilmaz', 'El Amrani', 'Nguyen', 'Kowalski', 'Peeters', 'Maes', 'Claes', 'Müller', 'Schmidt', 'Özdemir', 'Silva', 'Rossi'][OFFSET(MOD({{template "roll" "'last', n"}}, 40))] AS common_last,
      ['Amsterdam', 'Rotterdam', 'Utrecht', 'Den Haag', 'Eindhoven', 'Groningen', 'Nijmegen', 'Maastricht', 'Antwerpen', 'Gent', '\'s-Hertogenbosch', 'Köln'][OFFSET(MOD({{template "roll" "'city', n"}}, 12))] AS city
    FROM UNNEST(GENERATE_ARRAY(0, {{.People}} - 1)) AS n
  )
)
{{end}}

{{define "demo_crm_contacts"}}
CREATE TABLE {{.Shop "crm_contacts"}} (
  customer_id STRING, email STRING, mobile STRING, first_name STRING, last_name STRING, birthdate DATE,
  city STRING, country STRING, email_opt_in BOOL, phone_opt_in BOOL, updated_at TIMESTAMP, _loaded_at TIMESTAMP
)
{{end}}

{{/* an address as people and clerks write it */}}
{{define "demo_written"}}CASE WHEN n < 100 THEN IF(n = 8, UPPER(email), email)
    WHEN w < 0.04 THEN UPPER(email) WHEN w < 0.06 THEN CONCAT(' ', email, ' ') WHEN w < 0.075 THEN CONCAT(SUBSTR(email, 1, STRPOS(email, '.') - 1), SUBSTR(email, STRPOS(email, '.') + 1)) WHEN w < 0.105 THEN REPLACE(email, '@', '+shop@') ELSE email END{{end}}

{{define "demo_crm_contacts_fill"}}
INSERT INTO {{.Shop "crm_contacts"}} (customer_id, email, mobile, first_name, last_name, birthdate, city, country, email_opt_in, phone_opt_in, updated_at, _loaded_at)
SELECT
  customer_id,
  CASE WHEN n IN (52, 53) OR n >= 100 AND {{template "chance" "'crm test', n"}} < 0.004 THEN 'test@test.com' WHEN n >= 100 AND {{template "chance" "'crm no email', n"}} < 0.03 THEN NULL ELSE {{template "demo_written"}} END,
  CASE WHEN n < 100 OR {{template "chance" "'mobile', n"}} < 0.7 THEN phone WHEN {{template "chance" "'mobile', n"}} < 0.9 THEN NULL ELSE ['', 'n/a', '12345', '0600000000'][OFFSET(MOD({{template "roll" "'mobile', n"}}, 4))] END,
  first_name, last_name, IF(n < 100 OR {{template "chance" "'has birthdate', n"}} < 0.8, birthdate, NULL),
  IF(version = 0, city, 'Amsterdam'), country,
  CASE WHEN n < 100 OR {{template "chance" "'opt in', n"}} < 0.65 THEN TRUE WHEN {{template "chance" "'opt in', n"}} < 0.95 THEN FALSE END, n < 100 OR {{template "chance" "'phone opt in', n"}} < 0.4,
  updated_at, TIMESTAMP_ADD(updated_at, INTERVAL 6 HOUR)
FROM (
  SELECT h.*, version, {{template "chance" "'crm email', h.n"}} AS w,
    TIMESTAMP_SUB(TIMESTAMP_SUB({{.Now}}, INTERVAL IF(h.n < 100, 690 * 86400, CAST(FLOOR(86400 * (1 + 680 * POW({{template "chance" "'crm', h.n"}}, 2))) AS INT64)) SECOND), INTERVAL version * 40 DAY) AS updated_at
  FROM {{.Truth "humans"}} AS h, UNNEST(GENERATE_ARRAY(0, IF(h.n >= 100 AND MOD({{template "roll" "'moved', h.n"}}, 100) < 3, 1, 0))) AS version
  WHERE h.is_customer
)
{{end}}

{{define "demo_web_events"}}
CREATE TABLE {{.Shop "web_events"}} (
  event_id STRING, anon STRING, user_email STRING, event STRING, properties STRING, is_bot BOOL, occurred_at TIMESTAMP, _loaded_at TIMESTAMP
)
{{end}}

{{/* ten for everybody; some people come far more often */}}
{{define "demo_web_events_fill"}}
INSERT INTO {{.Shop "web_events"}} (event_id, anon, user_email, event, properties, is_bot, occurred_at, _loaded_at)
SELECT
  CONCAT('e', CAST(k AS STRING)),
  CASE WHEN bot THEN CONCAT('bot-', CAST(MOD(k, 31) AS STRING)) WHEN on_kiosk THEN CONCAT('kiosk-', CAST(DIV(n, 5000) AS STRING))
    ELSE CONCAT('d', FORMAT('%x', {{template "roll" "'device', IF(shares_tablet AND device = 0, n - MOD(n, 2), n), device"}})) END,
  IF(logged_in, IF({{template "chance" "'shout', k"}} < 0.05, UPPER(email), email), NULL),
  CASE WHEN logged_in THEN 'login' WHEN {{template "chance" "'event', k"}} < 0.12 THEN 'add_to_cart' WHEN {{template "chance" "'event', k"}} < 0.22 THEN 'search' ELSE 'page_view' END,
  CONCAT('{"category":"', category, '","path":"/', REPLACE(category, ' ', '-'), '/', CAST(MOD({{template "roll" "'item', k"}}, 900) AS STRING), '"}'),
  bot, occurred_at, TIMESTAMP_ADD(occurred_at, INTERVAL 20 SECOND)
FROM (
  SELECT *, NOT bot AND (is_customer OR MOD(n, 3) != 0) AND {{template "chance" "'login', k"}} < 0.12 AS logged_in,
    TIMESTAMP_SUB({{.Now}}, INTERVAL CAST(FLOOR(86400 * (quiet_days + {{template "chance" "'when', k"}} * span_days)) AS INT64) SECOND) AS occurred_at
  FROM (
    SELECT h.*, h.n * 100000 + nth AS k, MOD(h.n * 100000 + nth, 97) = 0 AS bot, MOD({{template "roll" "'device', h.n * 100000 + nth"}}, h.devices) AS device,
      MOD(h.n, 5000) BETWEEN 200 AND 207 AND MOD(nth, 5) = 0 AS on_kiosk, {{template "categories"}}[OFFSET(MOD({{template "roll" "'category', h.n * 100000 + nth"}}, 10))] AS category
    FROM {{.Truth "humans"}} AS h, UNNEST(GENERATE_ARRAY(0, CAST(FLOOR(({{.Events}} - {{.People}}) * (POW((h.n + 1) / {{.People}}, 1 / 1.4) - POW(h.n / {{.People}}, 1 / 1.4))) AS INT64))) AS nth
  )
)
{{end}}

{{define "demo_orders"}}
CREATE TABLE {{.Shop "orders"}} (order_id STRING, customer_id STRING, email STRING, status STRING, total NUMERIC, currency STRING, ordered_at TIMESTAMP)
{{end}}

{{define "demo_order_items"}}
CREATE TABLE {{.Shop "order_items"}} (order_id STRING, line_no INT64, product STRING, category STRING, price NUMERIC)
{{end}}

{{/* what an order of somebody looks like: k names it */}}
{{define "demo_order"}}CONCAT('O', LPAD(CAST(k AS STRING), 9, '0')) AS order_id,
  CASE WHEN n < 100 OR {{template "chance" "'status', k"}} < 0.93 THEN 'paid' WHEN {{template "chance" "'status', k"}} < 0.96 THEN 'refunded' WHEN {{template "chance" "'status', k"}} < 0.99 THEN 'cancelled' ELSE 'test' END AS status,
  ARRAY(SELECT CAST(ROUND(8 + 170 * POW(MOD({{template "roll" "'price', k, line"}}, 1000) / 1000, 3), 2) AS NUMERIC) FROM UNNEST(GENERATE_ARRAY(1, 1 + MOD({{template "roll" "'lines', k"}}, 3))) AS line ORDER BY line) AS prices{{end}}

{{define "demo_purchases"}}
  SELECT k, {{template "demo_order"}}, customer_id, IF(n >= 100 AND {{template "chance" "'order email', k"}} < 0.04, UPPER(email), email) AS written,
    TIMESTAMP_SUB(TIMESTAMP_SUB({{.Now}}, INTERVAL CAST(FLOOR(86400 * (quiet_days + IF(nth = 0, 0, {{template "chance" "'ordered', k"}}) * span_days)) AS INT64) SECOND), INTERVAL 1 + MOD({{template "roll" "'minute', k"}}, 600) MINUTE) AS ordered_at
  FROM (SELECT h.*, nth, h.n * 100 + nth AS k FROM {{.Truth "humans"}} AS h, UNNEST(GENERATE_ARRAY(0, h.order_count - 1)) AS nth)
{{end}}

{{define "demo_orders_into"}}
INSERT INTO {{.Shop "orders"}} (order_id, customer_id, email, status, total, currency, ordered_at)
SELECT order_id, customer_id, written, status, (SELECT SUM(p) FROM UNNEST(prices) AS p), 'EUR', ordered_at{{end}}

{{define "demo_items_into"}}
INSERT INTO {{.Shop "order_items"}} (order_id, line_no, product, category, price)
SELECT order_id, line, CONCAT(REPLACE(category, ' ', '-'), '-', CAST(MOD({{template "roll" "'product', k * 10 + line"}}, 120) AS STRING)), category, price{{end}}

{{define "lines"}}SELECT o.order_id, o.k, place + 1 AS line, price, {{template "categories"}}[OFFSET(MOD({{template "roll" "'bought', o.k * 10 + place + 1"}}, 10))] AS category{{end}}

{{define "demo_orders_fill"}}
{{template "demo_orders_into" .}} FROM ({{template "demo_purchases" .}})
{{end}}

{{define "demo_order_items_fill"}}
{{template "demo_items_into" .}} FROM ({{template "lines"}} FROM ({{template "demo_purchases" .}}) AS o, UNNEST(o.prices) AS price WITH OFFSET AS place)
{{end}}

{{define "demo_pos_receipts"}}
CREATE TABLE {{.Shop "pos_receipts"}} (receipt_id STRING, store STRING, loyalty_card STRING, email STRING, phone STRING, total NUMERIC, paid_at TIMESTAMP)
{{end}}

{{define "demo_pos_receipts_fill"}}
INSERT INTO {{.Shop "pos_receipts"}} (receipt_id, store, loyalty_card, email, phone, total, paid_at)
SELECT
  CONCAT('R', LPAD(CAST(k AS STRING), 8, '0')), ['Amsterdam', 'Utrecht', 'Gent'][OFFSET(MOD({{template "roll" "'store', n"}}, 3))],
  IF(w < 0.5, customer_id, NULL),
  CASE WHEN {{template "chance" "'clerk', k"}} < 0.02 THEN 'test@test.com' WHEN w BETWEEN 0.3 AND 0.7 THEN email END,
  IF(w BETWEEN 0.6 AND 0.9, phone, NULL),
  CAST(ROUND(5 + 120 * POW({{template "chance" "'paid', k"}}, 2), 2) AS NUMERIC),
  TIMESTAMP_SUB({{.Now}}, INTERVAL CAST(FLOOR(86400 * (quiet_days + {{template "chance" "'visit', k"}} * span_days)) AS INT64) SECOND)
FROM (
  SELECT h.*, h.n * 10 + nth AS k, {{template "chance" "'pos', h.n * 10 + nth"}} AS w
  FROM {{.Truth "humans"}} AS h, UNNEST(GENERATE_ARRAY(0, MOD(h.n, 3))) AS nth
  WHERE h.n >= 100 AND {{template "chance" "'visits stores', h.n"}} < 0.15
)
{{end}}

{{define "demo_newsletter"}}
CREATE TABLE {{.Shop "newsletter"}} (email STRING, first_name STRING, subscribed BOOL, changed_at TIMESTAMP)
{{end}}

{{define "demo_newsletter_fill"}}
INSERT INTO {{.Shop "newsletter"}} (email, first_name, subscribed, changed_at)
SELECT
  IF(n >= 100 AND {{template "chance" "'newsletter test', n"}} < 0.003, 'test@test.com', {{template "demo_written"}}),
  IF(n < 100 OR {{template "chance" "'newsletter name', n"}} < 0.7, first_name, NULL),
  nth = 0,
  TIMESTAMP_ADD(TIMESTAMP_SUB({{.Now}}, INTERVAL IF(n < 100, 100 * 86400, CAST(FLOOR(86400 * (40 + 600 * {{template "chance" "'signed up', n"}})) AS INT64)) SECOND), INTERVAL nth * 20 DAY)
FROM (
  SELECT h.*, nth, {{template "chance" "'newsletter email', h.n"}} AS w
  FROM {{.Truth "humans"}} AS h, UNNEST(GENERATE_ARRAY(0, IF(h.has_unsubscribed, 1, 0))) AS nth
  WHERE h.is_subscriber
)
{{end}}

{{define "demo_email_bounces"}}
CREATE TABLE {{.Shop "email_bounces"}} (email STRING, kind STRING, bounced_at TIMESTAMP)
{{end}}

{{define "demo_email_bounces_fill"}}
INSERT INTO {{.Shop "email_bounces"}} (email, kind, bounced_at)
SELECT email, IF({{template "chance" "'bounced', n"}} < 0.01, 'hard', 'soft'), TIMESTAMP_SUB({{.Now}}, INTERVAL 1 + MOD({{template "roll" "'bounce', n"}}, 90) DAY)
FROM {{.Truth "humans"}} WHERE n >= 100 AND {{template "chance" "'bounced', n"}} < 0.03
{{end}}

{{/* what follows happens on the day after .Now */}}

{{/* Who orders: one in 250; 70; and 20 and 22, who type the address under which they bought as guests (21, 23). */}}
{{define "demo_day_purchases"}}
  SELECT k, {{template "demo_order"}}, customer_id, IF(n IN (20, 22), guest, email) AS written,
    TIMESTAMP_ADD({{.Now}}, INTERVAL IF(n < 100, 60, 60 + MOD({{template "roll" "'day order', n"}}, 1200)) MINUTE) AS ordered_at
  FROM (
    SELECT h.*, 90000000 + h.n AS k, g.email AS guest
    FROM (SELECT * FROM {{.Truth "humans"}} WHERE n IN (20, 22, 70) OR n >= 100 AND is_buyer AND MOD({{template "roll" "'orders today', n"}}, 250) = 0) AS h
    LEFT JOIN (SELECT n - 1 AS n, email FROM {{.Truth "humans"}} WHERE n IN (21, 23)) AS g ON g.n = h.n
  )
{{end}}

{{define "demo_day_orders"}}
{{template "demo_orders_into" .}} FROM ({{template "demo_day_purchases" .}})
{{end}}

{{define "demo_day_items"}}
{{template "demo_items_into" .}} FROM ({{template "lines"}} FROM ({{template "demo_day_purchases" .}}) AS o, UNNEST(o.prices) AS price WITH OFFSET AS place)
{{end}}

{{/* one visit for every fifth; 20 and 22 log in under their own address in the evening */}}
{{define "demo_day_events"}}
INSERT INTO {{.Shop "web_events"}} (event_id, anon, user_email, event, properties, is_bot, occurred_at, _loaded_at)
SELECT
  CONCAT('f', CAST(n AS STRING)), CONCAT('d', FORMAT('%x', {{template "roll" "'device', n, devices - 1"}})),
  user_email, IF(user_email IS NULL, 'page_view', 'login'),
  CONCAT('{"category":"', category, '","path":"/', REPLACE(category, ' ', '-'), '"}'), FALSE, occurred_at, TIMESTAMP_ADD(occurred_at, INTERVAL 20 SECOND)
FROM (
  SELECT n, devices, IF(n IN (20, 22) OR MOD(n, 40) = 0, email, NULL) AS user_email, {{template "categories"}}[OFFSET(MOD({{template "roll" "'day category', n"}}, 10))] AS category,
    TIMESTAMP_ADD({{.Now}}, INTERVAL IF(n < 100, 1080, MOD({{template "roll" "'day visit', n"}}, 1400)) MINUTE) AS occurred_at
  FROM {{.Truth "humans"}}
  WHERE n IN (20, 22) OR n >= 100 AND MOD(n, 5) = 0 AND quiet_days < 60 AND NOT shares_tablet
)
{{end}}

{{/* 30 opts out, 40 has a new address, 41 moves; some others move, and some guests make an account */}}
{{define "demo_day_contacts"}}
INSERT INTO {{.Shop "crm_contacts"}} (customer_id, email, mobile, first_name, last_name, birthdate, city, country, email_opt_in, phone_opt_in, updated_at, _loaded_at)
SELECT
  CONCAT('C', LPAD(CAST(n AS STRING), 6, '0')), IF(n = 40, REPLACE(email, '@', '.new@'), email), phone, first_name, last_name, birthdate,
  IF(is_customer AND n NOT IN (30, 40), 'Haarlem', city), country, n != 30 AND (n < 100 OR {{template "chance" "'opt in', n"}} < 0.65), n < 100 OR {{template "chance" "'phone opt in', n"}} < 0.4,
  TIMESTAMP_ADD({{.Now}}, INTERVAL 8 HOUR), TIMESTAMP_ADD({{.Now}}, INTERVAL 14 HOUR)
FROM {{.Truth "humans"}}
WHERE n IN (30, 40, 41) OR n >= 100 AND MOD({{template "roll" "'crm today', n"}}, 2000) = 0
{{end}}

{{/* 31 and some others unsubscribe, some sign up */}}
{{define "demo_day_newsletter"}}
INSERT INTO {{.Shop "newsletter"}} (email, first_name, subscribed, changed_at)
SELECT email, CAST(NULL AS STRING), n != 31 AND NOT is_subscriber, TIMESTAMP_ADD({{.Now}}, INTERVAL 9 HOUR)
FROM {{.Truth "humans"}}
WHERE n = 31 OR n >= 100 AND MOD({{template "roll" "'newsletter today', n"}}, 1500) = 0
{{end}}

{{/* the mail to 60 came back */}}
{{define "demo_day_bounces"}}
INSERT INTO {{.Shop "email_bounces"}} (email, kind, bounced_at)
SELECT email, 'hard', TIMESTAMP_ADD({{.Now}}, INTERVAL 10 HOUR) FROM {{.Truth "humans"}} WHERE n = 60
{{end}}

{{/* the cast, for the telling: who they are, and the address that they have */}}
{{define "demo_cast"}}
SELECT n, CONCAT(first_name, ' ', last_name), email FROM {{.Truth "humans"}} WHERE n < 100 ORDER BY n
{{end}}
