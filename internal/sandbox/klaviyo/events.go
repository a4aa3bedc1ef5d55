package klaviyo

import (
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/kithdata/kith/internal/sandbox/fake"
)

const maxEvents = 1_000

type eventsRequest struct {
	Data struct {
		Attributes struct {
			Bulk struct {
				Data []struct {
					Attributes struct {
						Profile struct {
							Data profileIn `json:"data"`
						} `json:"profile"`
						Events struct {
							Data []struct {
								Attributes json.RawMessage `json:"attributes"`
							} `json:"data"`
						} `json:"events"`
					} `json:"attributes"`
				} `json:"data"`
			} `json:"events-bulk-create"`
		} `json:"attributes"`
	} `json:"data"`
}

type eventIn struct {
	UniqueID string `json:"unique_id"`
	Time     string `json:"time"`
	Metric   struct {
		Data struct {
			Attributes struct {
				Name string `json:"name"`
			} `json:"attributes"`
		} `json:"data"`
	} `json:"metric"`
}

// createEvents takes events, all or none: "if a unique_id is repeated for the same profile and metric, the request will
// fail and no events will be processed". How the error reads is not documented.
func createEvents(_ *Fake, q query) action {
	var in eventsRequest
	if no := decode(q, &in); no != nil {
		return no
	}
	rows := in.Data.Attributes.Bulk.Data
	total := 0
	for i, r := range rows {
		total += len(r.Attributes.Events.Data)
		if detail := malformed(fake.Marshal(r.Attributes.Profile.Data)); detail != "" {
			return bad(detail, at(i))
		}
	}
	switch {
	case len(q.Body) > maxBody:
		return refuse(http.StatusRequestEntityTooLarge, "payload_too_large", "The payload exceeds 5MB.", "")
	case total == 0 || total > maxEvents:
		return bad("Between 1 and 1000 events are allowed.", "/data/attributes/events-bulk-create/data")
	}
	return func(tx *fake.Tx, a *account) fake.Reply {
		var wrong []problem
		var taken []Event
		seen := map[string]bool{}
		for i, r := range rows {
			for _, raw := range r.Attributes.Events.Data {
				var x eventIn
				if json.Unmarshal(raw.Attributes, &x) != nil || x.Metric.Data.Attributes.Name == "" {
					return problems(http.StatusBadRequest, newProblem(http.StatusBadRequest, "invalid", "The event is malformed.", at(i)))
				}
				p := a.find(r.Attributes.Profile.Data.Attributes)
				if p == nil {
					p = &Profile{ID: a.next(tx), Attributes: r.Attributes.Profile.Data.Attributes}
					a.put(p)
					a.write(tx, opProfile, p)
				}
				e := Event{Metric: x.Metric.Data.Attributes.Name, Profile: p.ID, UniqueID: x.UniqueID, Attributes: raw.Attributes}
				if e.UniqueID == "" {
					e.UniqueID = x.Time
				}
				if _, again := a.events[e.key()]; again || seen[e.key()] {
					wrong = append(wrong, newProblem(http.StatusBadRequest, "duplicate", "An event with this unique_id already exists.", at(i)+"/attributes/events/data/0/attributes/unique_id"))
				}
				seen[e.key()] = true
				taken = append(taken, e)
			}
		}
		if len(wrong) > 0 {
			reply := problems(http.StatusBadRequest, wrong...)
			reply.Duplicates = len(wrong)
			return reply
		}
		for _, e := range taken {
			a.events[e.key()] = e
			a.write(tx, opEvent, e)
		}
		reply := answer(http.StatusAccepted, nil)
		reply.Rows = len(taken)
		return reply
	}
}

func at(i int) string { return fmt.Sprintf("/data/attributes/events-bulk-create/data/%d", i) }
