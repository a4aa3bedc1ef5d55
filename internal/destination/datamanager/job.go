package datamanager

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/destination"
)

// status is what Google says about a request for one destination; ours have one.
type status struct {
	Status string `json:"requestStatus"`
	Errors struct {
		Counts []struct {
			Reason string      `json:"reason"`
			Count  json.Number `json:"recordCount"`
		} `json:"errorCounts"`
	} `json:"errorInfo"`
}

// Poll asks what became of a request. Google counts, it never names a member.
func (d *Destination) Poll(ctx context.Context, _ cdp.Delivery, job string) (cdp.JobState, error) {
	var got struct {
		List []status `json:"requestStatusPerDestination"`
	}
	gone := false
	query := url.Values{"requestId": {job}}
	err := d.call(ctx, destination.Request{Method: http.MethodGet, Path: "/v1/requestStatus:retrieve", Query: query}, nil, &got, func(a *destination.Response) error {
		e, ok := readError(a.Body)
		gone = ok && (a.Status == http.StatusNotFound || strings.Contains(e.code(), "INVALID_REQUEST_ID"))
		return final(a)
	})
	if gone {
		return cdp.JobState{Done: true, Failed: true, Gone: true, Reason: "Google does not know the request any more"}, nil
	}
	if err != nil || len(got.List) == 0 {
		return cdp.JobState{}, err
	}
	return got.List[0].state(), nil
}

// state is what a status means for the rows of a request.
func (s status) state() cdp.JobState {
	refused, worst := 0, ""
	var most int64
	for _, c := range s.Errors.Counts {
		n, err := c.Count.Int64()
		if err != nil {
			n = 1
		}
		refused += int(n)
		if n > most {
			most, worst = n, strings.TrimPrefix(c.Reason, "PROCESSING_ERROR_REASON_")
		}
	}
	switch s.Status {
	case "SUCCESS", "PARTIAL_SUCCESS":
		return cdp.JobState{Done: true, Refused: refused}
	case "FAILED":
		if worst == "" || transient[worst] {
			return cdp.JobState{Done: true, Failed: true, Reason: "Google failed to process the request: " + worst}
		}
		if kind(worst) == cdp.NotPermitted { // said of all members at once, see [Destination.send]: none is to blame
			return cdp.JobState{Done: true, Failed: true, Reason: "Google has no consent for the members (" + worst + "): " + consentOptions}
		}
		no := cdp.Result{Fate: cdp.Rejected, Code: kind(worst), Vendor: worst, Reason: "Google took no member of the request"}
		return cdp.JobState{Done: true, All: &no}
	}
	return cdp.JobState{}
}

// transient are the reasons for which the same members may be taken another time.
var transient = map[string]bool{"INTERNAL_ERROR": true, "UNSPECIFIED": true, "OTHER": true}
