{{/* Keys that a row may have been given by a rekey without an answer (cdp.DoubtfulID). */}}

{{/* the row that a doubtful key is of; every other row is its own */}}
{{define "own_id"}}IF(STRPOS(row_id, {{doubtful}}) > 0, SUBSTR(row_id, 1, STRPOS(row_id, {{doubtful}}) - 1), row_id){{end}}

{{/*
Where the row itself is wanted, a key that it may have had in between is removed for being doubtful. Where it is not, what
stands under that key goes, or stays, as the row does: it may be the row's record. Of a merged row the record has been taken
over by another, under one of the keys: then the rest is doubtful.
*/}}
{{define "fix_doubtful"}}
INSERT INTO {{table .Fix}} (kh, row_id, op, verdict, reason, code)
SELECT kh, row_id, op, 3, why, '' FROM (
  SELECT r.kh AS kh, r.row_id AS row_id, r.op AS op, r.own AS own, {{template "reason" .}} AS why
  FROM (SELECT kh, row_id, op, {{template "own_id"}} AS own FROM {{table .Raw}} WHERE reason = 5) AS r
  LEFT JOIN (
    SELECT __kith_id, MAX(__kith_withdrawn) AS __kith_withdrawn, MAX(__kith_merged) AS __kith_merged FROM (
{{.Reasons}}
    ) WHERE __kith_id IN (SELECT {{template "own_id"}} FROM {{table .Raw}} WHERE reason = 5) GROUP BY __kith_id
  ) AS w ON r.own = w.__kith_id
) WHERE why != 3 AND own NOT IN (
  SELECT row_id FROM (
{{template "wanted" .}}
  )
)
{{end}}
