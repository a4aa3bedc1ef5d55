package klaviyo

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"strconv"
	"strings"

	"github.com/kithdata/kith/internal/sandbox/fake"
)

const (
	maxProfiles = 10_000
	maxBody     = 5_000_000
	maxProfile  = 100_000
)

type importRequest struct {
	Data struct {
		Type       string `json:"type"`
		Attributes struct {
			Profiles struct {
				Data []json.RawMessage `json:"data"`
			} `json:"profiles"`
		} `json:"attributes"`
		Relationships struct {
			Lists struct {
				Data []struct {
					ID string `json:"id"`
				} `json:"data"`
			} `json:"lists"`
		} `json:"relationships"`
	} `json:"data"`
}

type profileIn struct {
	Type       string         `json:"type"`
	Attributes map[string]any `json:"attributes"`
	Meta       struct {
		Patch struct {
			Unset any `json:"unset"` // a name, or a list of them
		} `json:"patch_properties"`
	} `json:"meta"`
}

const profilesAt = "/data/attributes/profiles/data"

// importJob takes a job. A profile, an address or a number that is malformed refuses the whole request, with one error for
// each such profile; what shows only when a profile is written is an error of the job.
func importJob(f *Fake, q query) action {
	var in importRequest
	if no := decode(q, &in); no != nil {
		return no
	}
	rows := in.Data.Attributes.Profiles.Data
	switch {
	case len(q.Body) > maxBody:
		return refuse(http.StatusRequestEntityTooLarge, "payload_too_large", "The payload exceeds 5MB.", "")
	case in.Data.Type != "profile-bulk-import-job":
		return bad("The type is not profile-bulk-import-job.", "/data/type")
	case len(rows) == 0:
		return bad("At least one profile is required.", profilesAt)
	case len(rows) > maxProfiles:
		return bad("No more than 10000 profiles are allowed.", profilesAt)
	}
	var wrong []problem
	for i, raw := range rows {
		detail, at := malformed(raw), ""
		if detail == "" {
			detail, at = invalid(raw)
		}
		if detail != "" {
			wrong = append(wrong, newProblem(http.StatusBadRequest, "invalid", detail, fmt.Sprintf("%s/%d%s", profilesAt, i, at)))
		}
	}
	if len(wrong) > 0 {
		return func(*fake.Tx, *account) fake.Reply { return problems(http.StatusBadRequest, wrong...) }
	}
	return func(tx *fake.Tx, a *account) fake.Reply {
		j := &job{Status: "queued", Created: tx.Now, Due: tx.Now.Add(f.cfg.JobTime), Profiles: rows, Total: len(rows)}
		for _, l := range in.Data.Relationships.Lists.Data {
			if a.lists[l.ID] == nil {
				return missing()
			}
			j.Lists = append(j.Lists, l.ID)
		}
		j.Cancel = f.cfg.CancelEvery > 0 && (len(a.jobs)+1)%f.cfg.CancelEvery == 0
		j.ID = a.next(tx)
		a.setJob(j)
		a.write(tx, opJob, j)
		reply := answer(http.StatusAccepted, object{"data": a.jobDoc(tx, j)})
		reply.Rows = len(rows)
		return reply
	}
}

// malformed says why a profile refuses its whole request.
func malformed(raw json.RawMessage) string {
	var p profileIn
	if json.Unmarshal(raw, &p) != nil || p.Type != "profile" || p.Attributes == nil {
		return "The profile is malformed."
	}
	if len(raw) > maxProfile {
		return "The profile exceeds 100KB."
	}
	probe, some := Profile{Attributes: p.Attributes}, false
	for _, k := range keys {
		some = some || probe.text(k) != ""
	}
	if !some {
		return "One of email, phone_number or external_id is required."
	}
	return ""
}

// invalid says which value of a profile no request may have, and where it stands.
func invalid(raw json.RawMessage) (detail, at string) {
	var in profileIn
	_ = json.Unmarshal(raw, &in) // its form was looked at
	probe := Profile{Attributes: in.Attributes}
	switch email, phone := probe.text("email"), probe.text("phone_number"); {
	case email != "" && !address.MatchString(email):
		return "Invalid email address " + email, "/attributes/email"
	case phone != "" && !e164.MatchString(phone):
		return "Invalid phone number format (Example of a valid format: +12345678901).", "/attributes/phone_number"
	}
	return "", ""
}

// advance ends the jobs whose time has come.
func (f *Fake) advance(tx *fake.Tx, a *account) {
	for _, id := range append([]string(nil), a.open...) {
		j := *a.jobs[id]
		if tx.Now.Before(j.Due) {
			continue
		}
		j.Status = "cancelled"
		if !j.Cancel {
			j.Status = "complete"
			for i, raw := range j.Profiles {
				if _, e := a.upsert(tx, raw, j.Lists, false); e != nil {
					e.Pointer = fmt.Sprintf("%s/%d%s", profilesAt, i, e.Pointer)
					j.Errors = append(j.Errors, *e)
				}
			}
		}
		j.Profiles = nil
		a.setJob(&j)
		a.write(tx, opJob, &j)
	}
}

var (
	e164    = regexp.MustCompile(`^\+[1-9][0-9]{6,14}$`)
	address = regexp.MustCompile(`^[^\s@]+@[^\s@]+\.[^\s@]+$`)
)

// upsert writes a profile and adds it to lists, or says why not. clears says whether null clears a value, as at the endpoint
// of one profile; a bulk import leaves it as it is.
func (a *account) upsert(tx *fake.Tx, raw json.RawMessage, lists []string, clears bool) (*Profile, *importError) {
	var in profileIn
	_ = json.Unmarshal(raw, &in) // it was decoded when it came
	probe := Profile{Attributes: in.Attributes}
	no := func(at, detail string) (*Profile, *importError) {
		payload := fake.Marshal(in.Attributes)
		return nil, &importError{Code: "invalid", Title: "Invalid input.", Detail: detail, Pointer: "/attributes/" + at, Payload: payload}
	}
	if email := probe.text("email"); strings.HasSuffix(email, "@rejected.example") {
		return no("email", "Invalid email address "+email)
	}
	if detail, at := invalid(raw); detail != "" {
		return no(strings.TrimPrefix(at, "/attributes/"), detail)
	}
	p := &Profile{Attributes: map[string]any{}}
	if old := a.find(in.Attributes); old != nil {
		*p = *old
		p.Attributes = maps.Clone(old.Attributes)
	} else {
		p.ID = a.next(tx)
	}
	p.Imports++
	merge(p.Attributes, in.Attributes, clears)
	p.unset(in.unset())
	a.put(p)
	a.write(tx, opProfile, p)
	for _, l := range lists {
		a.member(tx, a.lists[l], p.ID, true)
	}
	return p, nil
}

// merge writes attributes over others: absent stays, null clears or stays; so do the members of location and properties.
func merge(into, from map[string]any, clears bool) {
	for k, v := range from {
		inner, ok := v.(map[string]any)
		switch {
		case v == nil && clears:
			delete(into, k)
		case v == nil:
		case ok && (k == "location" || k == "properties"):
			part := map[string]any{}
			if old, ok := into[k].(map[string]any); ok {
				part = maps.Clone(old)
			}
			merge(part, inner, clears)
			into[k] = part
		default:
			into[k] = v
		}
	}
}

func (a *account) jobDoc(tx *fake.Tx, j *job) object {
	attributes := object{"status": j.Status, "created_at": stamp(j.Created), "total_count": j.Total, "expires_at": stamp(j.Created.AddDate(0, 0, 7))}
	switch j.Status {
	case "complete":
		attributes["completed_count"], attributes["failed_count"], attributes["completed_at"] = j.Total-len(j.Errors), len(j.Errors), stamp(j.Due)
	case "queued":
		if tx.Now.After(j.Created) {
			attributes["status"], attributes["started_at"] = "processing", stamp(j.Created)
		}
	}
	return object{"type": "profile-bulk-import-job", "id": j.ID, "attributes": attributes, "links": self("/api/profile-bulk-import-jobs/" + j.ID)}
}

func getJob(_ *Fake, q query) action {
	return func(tx *fake.Tx, a *account) fake.Reply {
		j := a.jobs[q.id]
		if j == nil {
			return missing()
		}
		return answer(http.StatusOK, object{"data": a.jobDoc(tx, j)})
	}
}

// importErrors pages through the errors of a job. The cursor is the number of the first one, as text that says nothing.
func importErrors(f *Fake, q query) action {
	size := 20
	if s := q.Query.Get("page[size]"); s != "" {
		n, err := strconv.Atoi(s)
		if err != nil || n < 1 || n > 100 {
			return bad("The page size is between 1 and 100.", "")
		}
		size = n
	}
	from := 0
	if c := q.Query.Get("page[cursor]"); c != "" {
		n, err := strconv.Atoi(strings.TrimPrefix(c, "cursor-"))
		if err != nil || n < 0 {
			return bad("The cursor is invalid.", "")
		}
		from = n
	}
	return func(_ *fake.Tx, a *account) fake.Reply {
		j := a.jobs[q.id]
		if j == nil {
			return missing()
		}
		data := []object{}
		end := min(from+size, len(j.Errors))
		for i := min(from, end); i < end; i++ {
			e := j.Errors[i]
			data = append(data, object{"type": "import-error", "id": fmt.Sprintf("%s-%d", j.ID, i), "attributes": object{
				"code": e.Code, "title": e.Title, "detail": e.Detail, "source": object{"pointer": f.pointer(e)}, "original_payload": f.payload(e),
			}, "links": self("/api/import-errors/" + strconv.Itoa(i))})
		}
		links := self(fmt.Sprintf("/api/profile-bulk-import-jobs/%s/import-errors", j.ID))
		if end < len(j.Errors) {
			links["next"] = fmt.Sprintf("https://a.klaviyo.com/api/profile-bulk-import-jobs/%s/import-errors?page%%5Bcursor%%5D=cursor-%d", j.ID, end)
		}
		return answer(http.StatusOK, object{"data": data, "links": links})
	}
}

func (f *Fake) pointer(e importError) any {
	switch f.cfg.Pointer {
	case "":
		return e.Pointer
	case "null":
		return nil
	}
	return f.cfg.Pointer
}

func (f *Fake) payload(e importError) any {
	if f.cfg.NoPayload {
		return nil
	}
	return e.Payload
}
