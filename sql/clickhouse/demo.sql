{{/* The data of `kith demo`: who there is (schema demo, which no project reads), what they left behind until .Now (schema shop),
     and what happens on the day after it. Chance is a hash of a name and a number, so the same people come every time.
     People below 100 are cast: each has a part in what the demo tells. */}}

{{/* u(name, n) is a number in [0, 1), pick(name, n, m) one of 0 .. m-1, chance(name, n, p) is true in a share p */}}
{{define "demo_chance"}}WITH
  (s, n) -> (cityHash64(s, n) % 1000000) / 1000000. AS u,
  (s, n, m) -> toUInt32(cityHash64(s, n) % m) AS pick,
  (s, n, p) -> (cityHash64(s, n) % 1000000) / 1000000. < p AS chance,
  ['boots', 'shoes', 'jackets', 'tents', 'backpacks', 'sleeping bags', 'stoves', 'clothing', 'climbing', 'maps'] AS categories{{end}}

{{define "demo_schema_shop"}}
CREATE DATABASE {{.ShopSchema}}
{{end}}

{{define "demo_schema_truth"}}
CREATE DATABASE {{.TruthSchema}}
{{end}}

{{define "demo_humans"}}
CREATE TABLE {{.Truth "humans"}} ENGINE = MergeTree ORDER BY n AS
{{template "demo_chance"}},
  ['Sanne', 'Daan', 'Emma', 'Lucas', 'Julia', 'Sem', 'Mila', 'Levi', 'Tess', 'Finn', 'Sophie', 'Noah', 'Anna', 'Bram', 'Lotte', 'Jesse', 'Eva', 'Thijs', 'Fleur', 'Luuk', 'Noor', 'Milan', 'Lisa', 'Ruben', 'Sara', 'Stijn', 'Maud', 'Lars', 'Yara', 'Gijs', 'Elin', 'Omar', 'Nina', 'Youssef', 'Femke', 'Mehmet', 'Roos', 'Adam', 'Isa', 'Hugo'] AS firsts,
  ['de Jong', 'Jansen', 'de Vries', 'van den Berg', 'Bakker', 'van Dijk', 'Visser', 'Smit', 'Meijer', 'de Boer', 'Mulder', 'de Groot', 'Bos', 'Vos', 'Peters', 'Hendriks', 'van Leeuwen', 'Dekker', 'Brouwer', 'de Wit', 'Dijkstra', 'Smits', 'de Graaf', 'van der Meer', 'Kok', 'Jacobs', 'de Haan', 'Vermeulen', 'Yilmaz', 'El Amrani', 'Nguyen', 'Kowalski', 'Peeters', 'Maes', 'Claes', 'Müller', 'Schmidt', 'Özdemir', 'Silva', 'Rossi'] AS lasts,
  ['Amsterdam', 'Rotterdam', 'Utrecht', 'Den Haag', 'Eindhoven', 'Groningen', 'Nijmegen', 'Maastricht', 'Antwerpen', 'Gent', '''s-Hertogenbosch', 'Köln'] AS cities,
  firsts[1 + pick('first', n, 40)] AS common_first,
  lasts[1 + pick('last', n, 40)] AS common_last,
  n < 100 AS cast_member,
  NOT cast_member AND chance('household', intDiv(n, 2), 0.03) OR n IN (50, 51) AS household
SELECT
  toUInt32(number) AS n,
  if(n < 100, n NOT IN (21, 23), chance('customer', n, 0.45)) AS is_customer,
  if(is_customer, concat('C', leftPad(toString(n), 6, '0')), NULL) AS customer_id,
  multiIf(n = 0, '<script>alert(1)</script>', n = 1, 'Zoë 🌷', n IN (20, 21), 'Femke', n IN (22, 23), 'Omar', common_first) AS first_name,
  multiIf(n = 2, 'O''Brien', n = 3, 'de "Vries"', n = 4, 'back\\slash', n = 5, '''); DROP TABLE orders; --', n = 6, '{x:String} ?', n = 7, 'two\nlines', n IN (20, 21), 'de Wit', n IN (22, 23), 'Nguyen', common_last) AS last_name,
  concat(replaceRegexpAll(lower(common_first), '[^a-z]', ''), '.', replaceRegexpAll(lower(common_last), '[^a-z]', ''), toString(n), '@',
    multiIf(n IN (10, 11, 12), 'rejected.example', chance('domain', n, 0.5), 'example.com', chance('domain', n, 0.8), 'example.org', 'example.net')) AS email,
  leftPad(toString(1000000 + if(household, n - n % 2, n)), 8, '0') AS subscriber_number,
  [concat('06-', subscriber_number), concat('+31 6 ', subscriber_number), concat('00316', subscriber_number), concat('06 ', substring(subscriber_number, 1, 4), ' ', substring(subscriber_number, 5))][1 + pick('phone format', n, 4)] AS phone,
  NOT cast_member AND chance('tablet', intDiv(n, 2), 0.02) OR n IN (50, 51) AS shares_tablet,
  if(chance('second device', n, 0.4), 2, 1) AS devices,
  toDate32('1945-01-01') + pick('birthdate', n, 22000) AS birthdate,
  cities[1 + pick('city', n, 12)] AS city,
  multiIf(city IN ('Antwerpen', 'Gent'), 'BE', city = 'Köln', 'DE', 'NL') AS country,
  cast_member OR chance('buyer', n, 0.6) AS is_buyer,
  if(is_buyer, 1 + least(toUInt32(floor(-log(1 - u('orders', n)) * 1.4)), 25), 0) AS order_count,
  n IN (21, 23, 52, 53) OR NOT cast_member AND chance('newsletter', n, 0.35) AS is_subscriber,
  NOT cast_member AND chance('unsubscribed', n, 0.12) AS has_unsubscribed,
  if(cast_member, toUInt32(1 + n % 20), toUInt32(400 * pow(u('lag', n), 2))) AS quiet_days,
  if(cast_member, 150, 540) AS span_days
FROM numbers({{.People}})
{{end}}

{{define "demo_crm_contacts"}}
CREATE TABLE {{.Shop "crm_contacts"}} (
  customer_id String, email Nullable(String), mobile Nullable(String), first_name Nullable(String), last_name Nullable(String), birthdate Nullable(Date32),
  city LowCardinality(Nullable(String)), country LowCardinality(Nullable(String)), email_opt_in Nullable(Bool), phone_opt_in Nullable(Bool),
  updated_at DateTime64(3, 'UTC'), _loaded_at DateTime64(3, 'UTC')
) ENGINE = MergeTree ORDER BY customer_id
{{end}}

{{/* an address as people and clerks write it */}}
{{define "demo_written"}}multiIf(n < 100, if(n = 8, upper(email), email),
    w < 0.04, upper(email), w < 0.06, concat(' ', email, ' '), w < 0.075, replaceOne(email, '.', ''), w < 0.105, replaceOne(email, '@', '+shop@'), email){{end}}

{{define "demo_crm_contacts_fill"}}
INSERT INTO {{.Shop "crm_contacts"}}
{{template "demo_chance"}},
  u('crm email', n) AS w
SELECT
  assumeNotNull(customer_id),
  multiIf(n IN (52, 53) OR n >= 100 AND chance('crm test', n, 0.004), 'test@test.com', n >= 100 AND chance('crm no email', n, 0.03), NULL, {{template "demo_written"}}),
  multiIf(n < 100, phone, chance('mobile', n, 0.7), phone, chance('mobile', n, 0.9), NULL, ['', 'n/a', '12345', '0600000000'][1 + pick('mobile', n, 4)]),
  first_name, last_name, if(n < 100 OR chance('has birthdate', n, 0.8), birthdate, NULL),
  if(version = 0, city, 'Amsterdam'), country,
  multiIf(n < 100, true, chance('opt in', n, 0.65), true, chance('opt in', n, 0.95), false, NULL), n < 100 OR chance('phone opt in', n, 0.4),
  toDateTime64({{.Now}} - toIntervalSecond(if(n < 100, 690 * 86400, toUInt32(86400 * (1 + 680 * pow(u('crm', n), 2))))) - toIntervalDay(version * 40), 3, 'UTC') AS updated_at,
  updated_at + toIntervalHour(6)
FROM {{.Truth "humans"}}
ARRAY JOIN range(if(n >= 100 AND (cityHash64('moved', n) % 100) < 3, 2, 1)) AS version
WHERE is_customer
{{end}}

{{define "demo_web_events"}}
CREATE TABLE {{.Shop "web_events"}} (
  event_id String, anon String, user_email Nullable(String), event LowCardinality(String), properties String, is_bot Bool,
  occurred_at DateTime64(3, 'UTC'), _loaded_at DateTime64(3, 'UTC')
) ENGINE = MergeTree ORDER BY occurred_at
{{end}}

{{/* ten for everybody; some people come far more often */}}
{{define "demo_web_events_fill"}}
INSERT INTO {{.Shop "web_events"}}
{{template "demo_chance"}},
  k % 97 = 0 AS bot,
  pick('device', k, h.devices) AS device,
  h.n % 5000 BETWEEN 200 AND 207 AND k % 5 = 0 AS on_kiosk,
  categories[1 + pick('category', k, 10)] AS category,
  NOT bot AND (h.is_customer OR h.n % 3 != 0) AND chance('login', k, 0.12) AS logged_in,
  toUInt32(86400 * (h.quiet_days + u('when', k) * h.span_days)) AS ago
SELECT
  concat('e', toString(k)),
  multiIf(bot, concat('bot-', toString(k % 31)), on_kiosk, concat('kiosk-', toString(intDiv(h.n, 5000))),
    concat('d', lower(hex(cityHash64('device', if(h.shares_tablet AND device = 0, h.n - h.n % 2, h.n), device))))),
  if(logged_in, if(chance('shout', k, 0.05), upper(h.email), h.email), NULL),
  multiIf(logged_in, 'login', chance('event', k, 0.12), 'add_to_cart', chance('event', k, 0.22), 'search', 'page_view'),
  concat('{"category":"', category, '","path":"/', replaceAll(category, ' ', '-'), '/', toString(pick('item', k, 900)), '"}'),
  bot,
  toDateTime64({{.Now}} - toIntervalSecond(ago), 3, 'UTC') AS occurred_at,
  occurred_at + toIntervalSecond(20)
FROM (
  SELECT number AS k, toUInt32(if(number < {{.People}}, number, {{.People}} * pow((cityHash64('who', number) % 1000000) / 1000000., 1.4))) AS n
  FROM numbers({{.Events}})
) AS e
INNER JOIN {{.Truth "humans"}} AS h ON e.n = h.n
{{end}}

{{define "demo_orders"}}
CREATE TABLE {{.Shop "orders"}} (
  order_id String, customer_id Nullable(String), email Nullable(String), status LowCardinality(String), total Decimal(12, 2), currency LowCardinality(String),
  ordered_at DateTime64(3, 'UTC')
) ENGINE = MergeTree ORDER BY ordered_at
{{end}}

{{define "demo_order_items"}}
CREATE TABLE {{.Shop "order_items"}} (order_id String, line_no UInt8, product String, category LowCardinality(String), price Decimal(12, 2))
ENGINE = MergeTree ORDER BY (order_id, line_no)
{{end}}

{{/* what an order of somebody looks like: k names it */}}
{{define "demo_order"}}concat('O', leftPad(toString(k), 9, '0')) AS order_id,
  multiIf(n < 100 OR chance('status', k, 0.93), 'paid', chance('status', k, 0.96), 'refunded', chance('status', k, 0.99), 'cancelled', 'test') AS status,
  arrayMap(line -> toDecimal64(round(8 + 170 * pow((cityHash64('price', k, line) % 1000) / 1000., 3), 2), 2), range(1 + pick('lines', k, 3))) AS prices{{end}}

{{define "demo_purchases"}}
  {{template "demo_chance"}}
  SELECT n * 100 + nth AS k, {{template "demo_order"}}, customer_id, if(n >= 100 AND chance('order email', k, 0.04), upper(email), email) AS written,
    toDateTime64({{.Now}} - toIntervalSecond(toUInt32(86400 * (quiet_days + if(nth = 0, 0, u('ordered', k)) * span_days))) - toIntervalMinute(1 + pick('minute', k, 600)), 3, 'UTC') AS ordered_at
  FROM {{.Truth "humans"}} ARRAY JOIN range(order_count) AS nth
{{end}}

{{define "demo_orders_fill"}}
INSERT INTO {{.Shop "orders"}} SELECT order_id, customer_id, written, status, arraySum(prices), 'EUR', ordered_at FROM ({{template "demo_purchases" .}})
{{end}}

{{define "demo_lines"}}
{{template "demo_chance"}}, categories[1 + pick('bought', k * 10 + line, 10)] AS category
SELECT order_id, line, concat(replaceAll(category, ' ', '-'), '-', toString(pick('product', k * 10 + line, 120))), category, price{{end}}

{{define "demo_order_items_fill"}}
INSERT INTO {{.Shop "order_items"}} {{template "demo_lines"}} FROM ({{template "demo_purchases" .}}) ARRAY JOIN prices AS price, arrayEnumerate(prices) AS line
{{end}}

{{define "demo_pos_receipts"}}
CREATE TABLE {{.Shop "pos_receipts"}} (
  receipt_id String, store LowCardinality(String), loyalty_card Nullable(String), email Nullable(String), phone Nullable(String), total Decimal(12, 2), paid_at DateTime64(3, 'UTC')
) ENGINE = MergeTree ORDER BY paid_at
{{end}}

{{define "demo_pos_receipts_fill"}}
INSERT INTO {{.Shop "pos_receipts"}}
{{template "demo_chance"}},
  n * 10 + nth AS k,
  u('pos', k) AS w
SELECT
  concat('R', leftPad(toString(k), 8, '0')), ['Amsterdam', 'Utrecht', 'Gent'][1 + pick('store', n, 3)],
  if(w < 0.5, customer_id, NULL),
  multiIf(chance('clerk', k, 0.02), 'test@test.com', w BETWEEN 0.3 AND 0.7, email, NULL),
  if(w BETWEEN 0.6 AND 0.9, phone, NULL),
  toDecimal64(round(5 + 120 * pow(u('paid', k), 2), 2), 2),
  toDateTime64({{.Now}} - toIntervalSecond(toUInt32(86400 * (quiet_days + u('visit', k) * span_days))), 3, 'UTC')
FROM {{.Truth "humans"}} ARRAY JOIN range(1 + n % 3) AS nth
WHERE n >= 100 AND chance('visits stores', n, 0.15)
{{end}}

{{define "demo_newsletter"}}
CREATE TABLE {{.Shop "newsletter"}} (email Nullable(String), first_name Nullable(String), subscribed Bool, changed_at DateTime64(3, 'UTC')) ENGINE = MergeTree ORDER BY changed_at
{{end}}

{{define "demo_newsletter_fill"}}
INSERT INTO {{.Shop "newsletter"}}
{{template "demo_chance"}},
  u('newsletter email', n) AS w
SELECT
  if(n >= 100 AND chance('newsletter test', n, 0.003), 'test@test.com', {{template "demo_written"}}),
  if(n < 100 OR chance('newsletter name', n, 0.7), first_name, NULL),
  nth = 0,
  toDateTime64({{.Now}} - toIntervalSecond(if(n < 100, 100 * 86400, toUInt32(86400 * (40 + 600 * u('signed up', n))))) + toIntervalDay(nth * 20), 3, 'UTC')
FROM {{.Truth "humans"}} ARRAY JOIN range(if(has_unsubscribed, 2, 1)) AS nth
WHERE is_subscriber
{{end}}

{{define "demo_email_bounces"}}
CREATE TABLE {{.Shop "email_bounces"}} (email String, kind LowCardinality(String), bounced_at DateTime64(3, 'UTC')) ENGINE = MergeTree ORDER BY bounced_at
{{end}}

{{define "demo_email_bounces_fill"}}
INSERT INTO {{.Shop "email_bounces"}}
{{template "demo_chance"}}
SELECT email, if(chance('bounced', n, 0.01), 'hard', 'soft'), toDateTime64({{.Now}} - toIntervalDay(1 + pick('bounce', n, 90)), 3, 'UTC')
FROM {{.Truth "humans"}} WHERE n >= 100 AND chance('bounced', n, 0.03)
{{end}}

{{/* what follows happens on the day after .Now */}}

{{/* Who orders: one in 250; 70; and 20 and 22, who type the address under which they bought as guests (21, 23). */}}
{{define "demo_day_purchases"}}
  {{template "demo_chance"}}
  SELECT 90000000 + n AS k, {{template "demo_order"}}, customer_id, if(n IN (20, 22), guest, email) AS written,
    toDateTime64({{.Now}} + toIntervalMinute(if(n < 100, 60, 60 + pick('day order', n, 1200))), 3, 'UTC') AS ordered_at
  FROM (SELECT h.*, g.email AS guest FROM {{.Truth "humans"}} AS h LEFT JOIN {{.Truth "humans"}} AS g ON g.n = h.n + 1)
  WHERE n IN (20, 22, 70) OR n >= 100 AND is_buyer AND cityHash64('orders today', n) % 250 = 0
{{end}}

{{define "demo_day_orders"}}
INSERT INTO {{.Shop "orders"}} SELECT order_id, customer_id, written, status, arraySum(prices), 'EUR', ordered_at FROM ({{template "demo_day_purchases" .}})
{{end}}

{{define "demo_day_items"}}
INSERT INTO {{.Shop "order_items"}} {{template "demo_lines"}} FROM ({{template "demo_day_purchases" .}}) ARRAY JOIN prices AS price, arrayEnumerate(prices) AS line
{{end}}

{{/* one visit for every fifth; 20 and 22 log in under their own address in the evening */}}
{{define "demo_day_events"}}
INSERT INTO {{.Shop "web_events"}}
{{template "demo_chance"}},
  categories[1 + pick('day category', n, 10)] AS category
SELECT
  concat('f', toString(n)), concat('d', lower(hex(cityHash64('device', n, toUInt32(devices - 1))))),
  if(n IN (20, 22) OR n % 40 = 0, email, NULL) AS user_email,
  if(user_email IS NULL, 'page_view', 'login'),
  concat('{"category":"', category, '","path":"/', replaceAll(category, ' ', '-'), '"}'), false,
  toDateTime64({{.Now}} + toIntervalMinute(if(n < 100, 1080, pick('day visit', n, 1400))), 3, 'UTC') AS occurred_at, occurred_at + toIntervalSecond(20)
FROM {{.Truth "humans"}}
WHERE n IN (20, 22) OR n >= 100 AND n % 5 = 0 AND quiet_days < 60 AND NOT shares_tablet
{{end}}

{{/* 30 opts out, 40 has a new address, 41 moves; some others move, and some guests make an account */}}
{{define "demo_day_contacts"}}
INSERT INTO {{.Shop "crm_contacts"}}
{{template "demo_chance"}}
SELECT
  concat('C', leftPad(toString(n), 6, '0')), if(n = 40, replaceOne(email, '@', '.new@'), email), phone, first_name, last_name, birthdate,
  if(is_customer AND n NOT IN (30, 40), 'Haarlem', city), country, n NOT IN (30) AND (n < 100 OR chance('opt in', n, 0.65)), n < 100 OR chance('phone opt in', n, 0.4),
  toDateTime64({{.Now}} + toIntervalHour(8), 3, 'UTC') AS updated_at, updated_at + toIntervalHour(6)
FROM {{.Truth "humans"}}
WHERE n IN (30, 40, 41) OR n >= 100 AND cityHash64('crm today', n) % 2000 = 0
{{end}}

{{/* 31 and some others unsubscribe, some sign up */}}
{{define "demo_day_newsletter"}}
INSERT INTO {{.Shop "newsletter"}}
SELECT email, NULL, n != 31 AND NOT is_subscriber, toDateTime64({{.Now}} + toIntervalHour(9), 3, 'UTC')
FROM {{.Truth "humans"}}
WHERE n = 31 OR n >= 100 AND cityHash64('newsletter today', n) % 1500 = 0
{{end}}

{{/* the mail to 60 came back */}}
{{define "demo_day_bounces"}}
INSERT INTO {{.Shop "email_bounces"}}
SELECT email, 'hard', toDateTime64({{.Now}} + toIntervalHour(10), 3, 'UTC') FROM {{.Truth "humans"}} WHERE n = 60
{{end}}

{{/* the cast, for the telling: who they are, and the address that they have */}}
{{define "demo_cast"}}
SELECT toUInt64(n), concat(first_name, ' ', last_name), email FROM {{.Truth "humans"}} WHERE n < 100 ORDER BY n
{{end}}
