{{/* The least that kith needs, one statement per line. The rights to run jobs and to read by the Storage Read API are given on the
project, which no statement can. A dataset cannot be moved: without a location it would be in the US. */}}

{{define "grants"}}
-- gcloud projects add-iam-policy-binding {{.Project}} --member={{template "member" .}} --role=roles/bigquery.jobUser;
-- gcloud projects add-iam-policy-binding {{.Project}} --member={{template "member" .}} --role=roles/bigquery.readSessionUser;
CREATE SCHEMA IF NOT EXISTS {{ident .State}}{{if .Location}} OPTIONS (location = {{quote .Location}}){{end}};
{{range .Read}}GRANT `roles/bigquery.dataViewer` ON SCHEMA {{ident .}} TO '{{template "member" $}}';
{{end}}GRANT `roles/bigquery.dataEditor` ON SCHEMA {{ident .State}} TO '{{template "member" .}}';
{{end}}

{{define "member"}}{{if not (contains .User ":")}}serviceAccount:{{end}}{{.User}}{{if not (contains .User "@")}}@{{.Project}}.iam.gserviceaccount.com{{end}}{{end}}
