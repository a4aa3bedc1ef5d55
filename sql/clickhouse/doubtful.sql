{{/* Keys that a row may have been given by a rekey without an answer (cdp.DoubtfulID), and keys that others have. */}}

{{/* the row that a doubtful key is of; every other row is its own */}}
{{define "own_id"}}if(position(row_id, {{doubtful}}) > 0, substring(row_id, 1, position(row_id, {{doubtful}}) - 1), row_id){{end}}

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
    SELECT __kith_id, max(__kith_withdrawn) AS __kith_withdrawn, max(__kith_merged) AS __kith_merged FROM (
{{.Reasons}}
    ) WHERE __kith_id IN (SELECT {{template "own_id"}} FROM {{table .Raw}} WHERE reason = 5) GROUP BY __kith_id
  ) AS w ON r.own = w.__kith_id
) WHERE why != 3 AND own NOT IN (
  SELECT row_id FROM (
{{template "wanted" .}}
  ) WHERE row_id IN (SELECT {{template "own_id"}} FROM {{table .Raw}} WHERE reason = 5)
)
SETTINGS join_use_nulls = 0
{{end}}

{{/* a row that is removed, or that a stronger reason may yet have removed although for the one that is assumed it is ignored */}}
{{define "may_go"}}(op = 1 OR op = 0 AND reason != 0){{end}}

{{/* a key that is wanted is not removed: it is forgotten, but a doubtful one not before the row itself is known to be there */}}
{{define "fix_taken"}}
INSERT INTO {{table .Fix}} (kh, row_id, op, verdict, reason, code)
SELECT kh, row_id, op, if(reason = 5 AND kh IN (SELECT kh FROM {{table .Raw}} WHERE op > 1), 1, 2), 0, '' FROM {{table .Raw}} WHERE {{template "may_go"}} AND key IN (
  SELECT key FROM (
{{template "wanted" .}}
  ) WHERE key IN (SELECT key FROM {{table .Raw}} WHERE {{template "may_go"}})
)
{{end}}
