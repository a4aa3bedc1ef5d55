{{/* The least that kith needs on a server, one statement per line. kith's own tables
are of the MergeTree family; where servers check engines, they must be granted. */}}

{{define "grants"}}
CREATE DATABASE IF NOT EXISTS {{ident .State}};
{{range .Read}}GRANT SELECT ON {{ident .}}.* TO {{ident $.User}};
{{end}}GRANT SELECT, INSERT, ALTER, CREATE DATABASE, CREATE TABLE, CREATE VIEW, DROP TABLE, DROP VIEW, TRUNCATE, OPTIMIZE, SHOW ON {{ident .State}}.* TO {{ident .User}};
GRANT TABLE ENGINE ON MergeTree, TABLE ENGINE ON ReplacingMergeTree, TABLE ENGINE ON Memory TO {{ident .User}};
GRANT SELECT ON system.tables TO {{ident .User}};
GRANT SELECT ON system.processes TO {{ident .User}};
{{end}}
