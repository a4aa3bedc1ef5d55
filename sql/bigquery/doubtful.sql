{{/* Keys that a row may have been given by a rekey without an answer (cdp.DoubtfulID), and keys that others have. */}}

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

{{/* a row that was left at the destination, and is to be found there under another key */}}
{{define "returns"}}op = 2 AND gone != 0{{end}}

{{/*
What somebody else wants by now under the key of such a row is theirs: it is not renamed, but left to them, and the row is
added under its own key. Who is to be renamed to that key has a record, and cannot be while this one stands there: it is
renamed, and they wait (fix_in_use), but for two who return each under the key of the other. Of a record from before kith nothing is sent at all.
*/}}
{{define "fix_returned"}}
INSERT INTO {{table .Fix}} (kh, row_id, op, verdict, reason, code)
SELECT kh, row_id, op, 5, 0, '' FROM {{table .Raw}} WHERE {{template "returns"}} AND row_id NOT IN (SELECT row_id FROM {{template "foreign_now" .}}) AND (old_key NOT IN (SELECT key FROM {{table .Raw}} WHERE op = 2) OR CONCAT(TO_JSON_STRING(old_key), TO_JSON_STRING(key)) IN (SELECT CONCAT(TO_JSON_STRING(key), TO_JSON_STRING(old_key)) FROM {{table .Raw}} WHERE {{template "returns"}})) AND old_key IN (
  SELECT key FROM (
{{template "wanted" .}}
  )
)
{{end}}

{{/* what a row that was left may be found by at the destination: one that returns, or is to go for a stronger reason */}}
{{define "left_behind"}}SELECT row_id, {{template "own_id"}} AS own, IF(op = 2, old_key, key) AS k, remote_id FROM {{table .Raw}} WHERE {{template "returns"}} OR {{template "may_go"}} AND reason != 5 AND h = 0{{end}}
{{define "has_record"}}IFNULL(remote_id, '') NOT IN ('', {{norecord}}){{end}}

{{/* a row of the baseline that has been sent, as far as one can know, and is kith's */}}
{{define "was_sent"}}(h != 0 OR IFNULL(ARRAY_LENGTH(fh), 0) > 0 OR {{template "has_record"}}) AND row_id NOT IN (SELECT row_id FROM {{template "foreign_now" .}}){{end}}

{{/*
Whoever was sent under the key of a row that was left has its record by now, whatever key they were given since: who returns
is added, and who is to go is forgotten. Of whom nobody knows that they were sent it is not. A record is known by its id, or by its key where either has none: r is an id,
k the key of one whose id is known, and u of one whose id is not. Of several who were left it is that of the last.
*/}}
{{define "fix_passed"}}
INSERT INTO {{table .Fix}} (kh, row_id, op, verdict, reason, code)
SELECT kh, row_id, op, IF(op = 2, 5, 2), 0, '' FROM {{table .Raw}} WHERE ({{template "returns"}} OR {{template "may_go"}} AND reason != 5 AND h = 0) AND row_id NOT IN (SELECT row_id FROM {{template "foreign_now" .}}) AND row_id IN (
  SELECT x.id FROM (
    SELECT row_id AS id, own, record FROM ({{template "left_behind" .}}), UNNEST([IF({{template "has_record"}}, CONCAT('r', remote_id), CONCAT('k', k)), CONCAT('u', k)]) AS record
  ) AS x
  JOIN (
    SELECT row_id AS id, {{template "own_id"}} AS own, gone, ver, record FROM {{table .Baseline}}, UNNEST(IF({{template "has_record"}}, [CONCAT('r', remote_id), CONCAT('k', key)], [CONCAT('u', key)])) AS record
    WHERE (key IN (SELECT k FROM ({{template "left_behind" .}})) OR {{template "has_record"}} AND remote_id IN (SELECT remote_id FROM ({{template "left_behind" .}}))) AND {{template "was_sent" .}}{{template "not_former" .}}
  ) AS y ON x.record = y.record
  GROUP BY x.id, x.own HAVING LOGICAL_OR(y.id = x.id AND y.gone != 0) AND ARRAY_AGG(y.own ORDER BY IF(y.gone = 0, 0, 1), y.ver DESC LIMIT 1)[OFFSET(0)] != x.own
)
{{end}}

{{define "changeset_returned"}}
INSERT INTO {{table .Raw}} (op, kh, row_id, action, reason, key, old_key, h, fh, changed, fields, match, old_match, remote_id, `at`, gone, del)
SELECT half, kh, row_id, '', 0, IF(half = 0, old_key, key), '', IF(half = 0, 0, h), fh, changed, IF(half = 0, '', fields), match, '', IF(half = 0, remote_id, ''), `at`, 0, IF(half = 0, 1, 0)
FROM {{table .Raw}}, UNNEST([0, 4]) AS half WHERE {{template "returns"}} AND row_id IN (SELECT row_id FROM {{table .Fix}} WHERE verdict = 5)
{{end}}

{{/* a row that is removed, or that a stronger reason may yet have removed although for the one that is assumed it is ignored */}}
{{define "may_go"}}(op = 1 OR op = 0 AND reason != 0){{end}}

{{/*
A key that is wanted is not removed: it is forgotten, but a doubtful one not before the row itself is known to be there, and that
of who withdrew consent not before fix_consent has looked who wants it.
*/}}
{{define "fix_taken"}}
INSERT INTO {{table .Fix}} (kh, row_id, op, verdict, reason, code)
SELECT kh, row_id, op, IF(reason = 5 AND kh IN (SELECT kh FROM {{table .Raw}} WHERE op > 1), 1, 7), 0, '' FROM {{table .Raw}} WHERE {{template "may_go"}} AND key IN (
  SELECT key FROM (
{{template "wanted" .}}
  )
)
{{end}}

{{/* rows whose record is to be given another key */}}
{{define "renames"}}(SELECT row_id, key, old_key FROM {{table .Raw}} WHERE op = 2 AND row_id NOT IN (SELECT row_id FROM {{table .Fix}} WHERE verdict IN (4, 5, 6))){{end}}

{{/*
Under a key stands the record of who had it until that one is renamed: who is to have it waits with them, and so does, for
the next run, who is to be renamed to the key of somebody who is renamed now. Whose keys go round in a ring do not wait for
each other (fix_rings). .Every takes all who are to be renamed as waiting.
*/}}
{{define "fix_in_use"}}
INSERT INTO {{table .Fix}} (kh, row_id, op, verdict, reason, code)
SELECT kh, row_id, 255, 1, 0, 'key_in_use' FROM {{table .Raw}} WHERE op IN (2, 3, 4) AND row_id NOT IN (SELECT row_id FROM {{table .Fix}} WHERE verdict = 1) AND (
  key IN (SELECT old_key FROM {{template "renames" .}} AS n{{if not .Every}} WHERE n.row_id IN (SELECT row_id FROM {{table .Fix}} WHERE verdict = 1 AND code != '' AND op IN (2, 255)){{end}})
  OR op = 2 AND key IN (SELECT old_key FROM {{template "renames" .}} AS n WHERE n.key NOT IN (SELECT old_key FROM {{template "renames" .}} AS o))
)
{{end}}

{{/* of those who are to be renamed, and do not wait, each who would wait for another: their keys go round in rings */}}
{{define "still_renamed"}}{{template "renames" .}} AS n WHERE n.row_id NOT IN (SELECT row_id FROM {{table .Fix}} WHERE verdict = 1 AND op IN (2, 255)){{end}}
{{define "fix_rings"}}
INSERT INTO {{table .Fix}} (kh, row_id, op, verdict, reason, code)
SELECT kh, row_id, op, 6, 0, '' FROM {{table .Raw}} WHERE op = 2 AND row_id IN (
  SELECT n.row_id FROM {{template "still_renamed" .}} AND n.key IN (SELECT n.old_key FROM {{template "still_renamed" .}})
)
{{end}}
{{define "in_ring"}}op = 2 AND row_id IN (SELECT row_id FROM {{table .Fix}} WHERE verdict = 6){{end}}

{{/*
No record of a ring can be renamed while the next one stands there, so none is: each row gets the one that stands under its new
key. The baseline has it as theirs before anything is sent, with values that nobody knows, so that each can go by itself.
*/}}
{{define "changeset_rings"}}
INSERT INTO {{table .Raw}} (op, kh, row_id, action, reason, key, old_key, h, fh, changed, fields, match, old_match, remote_id, `at`, gone, del)
SELECT half, kh, row_id, '', 0, key, '', IF(half = 0, 0, h), IF(half = 0, ARRAY(SELECT 0 FROM UNNEST(fh)), fh), GENERATE_ARRAY(0, ARRAY_LENGTH(fh) - 1), IF(half = 0, '', fields), match, '', o.id, `at`, 0, 0
FROM (SELECT * FROM {{table .Raw}}, UNNEST([0, 3]) AS half WHERE {{template "in_ring" .}}) AS r
JOIN (SELECT old_key AS stands, remote_id AS id FROM {{table .Raw}} WHERE {{template "in_ring" .}}) AS o ON r.key = o.stands
{{end}}

{{/*
Withdrawn consent waits for nobody. Whoever has been sent under the key has the record by now, and keeps it. Who is added in
this run is to be known to have it before the removal is forgotten, and whose job is open to have ended. Nobody else who
wants the key spares the record: who is held, or refused, has not overwritten it, and who is to be renamed to the key has
another, and is renamed when this one is gone. Where an add leaves alone what it finds, nobody takes a record over (.Leaves).
*/}}
{{define "fix_consent"}}
INSERT INTO {{table .Fix}} (kh, row_id, op, verdict, reason, code)
SELECT kh, row_id, op, {{if .Leaves}}8{{else}}IF(key IN (
  SELECT key FROM {{table .Raw}} WHERE op = 4 AND row_id NOT IN (SELECT row_id FROM {{table .Fix}} WHERE verdict = 1 AND op IN (4, 255) AND code NOT IN ('', 'pending'))
), 1, 8){{end}}, 0, '' FROM {{table .Raw}} WHERE {{template "may_go"}}
AND row_id IN (SELECT row_id FROM {{table .Fix}} WHERE verdict = 7) AND (reason = 4 OR row_id IN (SELECT row_id FROM {{table .Fix}} WHERE op < 2 AND verdict = 3 AND reason = 4))
AND key NOT IN (
  SELECT key FROM (
{{template "wanted" .}}
  ) WHERE row_id NOT IN (SELECT row_id FROM {{table .Raw}} WHERE op IN (2, 4) AND row_id NOT IN (SELECT row_id FROM {{table .Fix}} WHERE verdict = 6))
)
{{end}}
