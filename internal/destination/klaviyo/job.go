package klaviyo

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/destination"
)

// found is what the pages of a job's errors have told so far. They are kept because
// a job of 10,000 errors has a hundred pages: a poll that the rate ends goes on where
// it was.
type found struct {
	rejected []cdp.JobRejection
	places   map[int]bool
	cursor   string
}

// Poll asks for the state of an import job and, when it has ended, for its errors.
func (d *Destination) Poll(ctx context.Context, del cdp.Delivery, job string) (cdp.JobState, error) {
	var got struct {
		Data struct {
			Attributes struct {
				Status string `json:"status"`
				Failed *int   `json:"failed_count"`
			} `json:"attributes"`
		} `json:"data"`
	}
	gone := false
	path := importPath + "/" + url.PathEscape(job)
	err := d.call(ctx, destination.Request{Method: http.MethodGet, Path: path}, nil, &got, func(a *destination.Response) error {
		gone = a.Status == http.StatusNotFound && len(readErrors(a.Body)) > 0
		return final(a)
	})
	if gone {
		return cdp.JobState{Done: true, Failed: true, Reason: "Klaviyo does not know the job any more"}, nil
	}
	if err != nil {
		return cdp.JobState{}, err
	}
	switch x := got.Data.Attributes; x.Status {
	case "complete":
		if x.Failed != nil && *x.Failed == 0 {
			return cdp.JobState{Done: true}, nil
		}
		return d.complete(ctx, del, path, job, x.Failed)
	case "cancelled":
		return cdp.JobState{Done: true, Failed: true, Reason: "Klaviyo cancelled the job"}, nil
	case "queued", "processing":
		return cdp.JobState{}, nil
	}
	return cdp.JobState{}, &destination.Uncertain{Status: http.StatusOK, Reason: "a job in a state that is not documented"}
}

// complete reads the errors of a job that has ended, of which failed are counted, where
// Klaviyo counts them.
func (d *Destination) complete(ctx context.Context, del cdp.Delivery, path, job string, failed *int) (cdp.JobState, error) {
	d.mu.Lock()
	f := d.found[job]
	if f == nil {
		f = &found{places: map[int]bool{}}
		d.found[job] = f
	}
	d.mu.Unlock()
	for more := true; more; {
		var err error
		if more, err = d.errorPage(ctx, del, path, f); err != nil {
			return cdp.JobState{}, err
		}
	}
	d.mu.Lock()
	delete(d.found, job)
	d.mu.Unlock()
	state := cdp.JobState{Done: true, Rejected: f.rejected, Names: true}
	if failed != nil {
		state.Refused = max(0, *failed-len(f.rejected))
	}
	return state, nil
}

// errorPage reads the next page of a job's errors; it is false after the last one.
func (d *Destination) errorPage(ctx context.Context, del cdp.Delivery, path string, f *found) (more bool, err error) {
	query := url.Values{"page[size]": {"100"}}
	if f.cursor != "" {
		query.Set("page[cursor]", f.cursor)
	}
	var page struct {
		Data []struct {
			Attributes struct {
				apiError
				Payload map[string]any `json:"original_payload"`
			} `json:"attributes"`
		} `json:"data"`
		Links struct {
			Next string `json:"next"`
		} `json:"links"`
	}
	if err := d.call(ctx, destination.Request{Method: http.MethodGet, Path: path + "/import-errors", Query: query}, nil, &page, final); err != nil {
		return false, err
	}
	for _, x := range page.Data {
		f.add(x.Attributes.apiError, x.Attributes.Payload, del.Key)
	}
	next, err := url.Parse(page.Links.Next)
	if err != nil || page.Links.Next == "" {
		return false, nil
	}
	cursor := next.Query().Get("page[cursor]")
	if cursor == "" || cursor == f.cursor {
		return false, nil
	}
	f.cursor = cursor
	return true, nil
}

// add notes an error; a profile may have several, of which the first counts. Klaviyo
// promises no place: its example points to the whole request. So a row is named by what
// Klaviyo repeats of the profile, if it does, which is not kept beyond the answer. Without
// the values of the profile the detail might hold one.
func (f *found) add(e apiError, payload map[string]any, key string) {
	place := e.place()
	if place >= 0 && f.places[place] {
		return
	}
	f.places[place] = true
	hidden, code := texts(payload), e.kind()
	if payload == nil {
		e.Detail = ""
	}
	r := cdp.JobRejection{Place: place, Result: cdp.Result{
		Fate: cdp.Rejected, Code: code, Vendor: destination.ScrubCode(e.Code, hidden...), Reason: destination.Scrub(e.text(), hidden...),
	}}
	if r.Result.Reason == "" {
		r.Result.Reason = "Klaviyo gives no reason"
	}
	attributes := payload
	if inner, ok := payload["attributes"].(map[string]any); ok {
		attributes = inner
	}
	if key != "" {
		r.Key, _ = attributes[key].(string)
	} else {
		r.Match = map[string]string{}
		for _, name := range known {
			if s, ok := attributes[name].(string); ok && s != "" {
				r.Match[name] = s
			}
		}
	}
	f.rejected = append(f.rejected, r)
}

// texts are the values of a payload, which must not appear in a reason.
func texts(payload map[string]any) []string {
	raw, err := json.Marshal(payload)
	if err != nil {
		return nil
	}
	return destination.Values(cdp.Delta{Fields: raw})
}
