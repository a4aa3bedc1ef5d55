package klaviyo

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/destination"
)

// entry is one event of a bulk request, with its profile.
type entry struct {
	Type       string `json:"type"`
	Attributes struct {
		Profile struct {
			Data profile `json:"data"`
		} `json:"profile"`
		Events struct {
			Data []event `json:"data"`
		} `json:"events"`
	} `json:"attributes"`
}

type event struct {
	Type       string `json:"type"`
	Attributes struct {
		Properties map[string]any `json:"properties"`
		Time       string         `json:"time,omitempty"`
		Value      *json.Number   `json:"value,omitempty"`
		Currency   string         `json:"value_currency,omitempty"`
		UniqueID   string         `json:"unique_id"`
		Metric     struct {
			Data metric `json:"data"`
		} `json:"metric"`
	} `json:"attributes"`
}

type metric struct {
	Type       string `json:"type"`
	Attributes struct {
		Name string `json:"name"`
	} `json:"attributes"`
}

// events sends events. The answer says that Klaviyo has validated and taken them.
func (d *Destination) events(ctx context.Context, b cdp.Batch) ([]cdp.Result, error) {
	results := make([]cdp.Result, len(b.Rows))
	load := destination.Load{}
	kinds := types(b)
	for i, r := range b.Rows {
		e, err := newEvent(b.Remote, r, kinds)
		if err != nil {
			results[i] = rejected(cdp.InvalidValue, err.Error())
			continue
		}
		raw, err := json.Marshal(e)
		if err != nil {
			results[i] = rejected(cdp.InvalidValue, "the values are not JSON")
			continue
		}
		load.Add(i, raw)
	}
	for n, part := range load.Parts(maxEvents, maxBody-1024) {
		repeated, err := d.eventJob(ctx, b, part)
		if err != nil && n == 0 {
			return nil, err
		}
		for place, row := range part.Rows {
			switch {
			case err != nil:
				results[row] = destination.Later(err)
			case len(repeated) == 0 || slices.Contains(repeated, place):
				results[row] = cdp.Result{Fate: cdp.Delivered}
			default:
				results[row] = cdp.Result{Fate: cdp.Deferred, Code: cdp.Unavailable, Reason: "sent with an event that Klaviyo had already"}
			}
		}
	}
	return results, nil
}

// eventJob sends events. A repeated unique_id fails the whole request, and nothing
// of it is processed: those events were delivered before, the others are to be sent
// again. repeated are their places, none when all were taken.
func (d *Destination) eventJob(ctx context.Context, b cdp.Batch, part destination.Load) (repeated []int, err error) {
	in := map[string]any{"data": map[string]any{
		"type":       "event-bulk-create-job",
		"attributes": map[string]any{"events-bulk-create": map[string]any{"data": part.Elements}},
	}}
	err = d.call(ctx, destination.Request{Method: http.MethodPost, Path: eventsPath}, in, nil, func(a *destination.Response) error {
		for _, e := range readErrors(a.Body) {
			if e.repeats() {
				repeated = append(repeated, e.place())
			}
		}
		return refusal(a, b, part.Rows)
	})
	var no *cdp.Refused
	if len(repeated) == 0 || !errors.As(err, &no) {
		return nil, err
	}
	repeated = slices.DeleteFunc(repeated, func(p int) bool { return p < 0 || p >= len(part.Rows) })
	switch {
	case len(repeated) > 0:
		return repeated, nil
	case len(part.Rows) == 1:
		return nil, nil
	}
	no.Row, no.More = -1, nil // splitting finds which event it is
	return nil, err
}

// repeats reports whether an error is about an event that was sent before.
func (e apiError) repeats() bool {
	all := strings.ToLower(e.Code + " " + e.Title + " " + e.Detail + " " + e.Source.Pointer)
	return strings.Contains(all, "unique_id") && (strings.Contains(all, "duplicate") || strings.Contains(all, "already") || strings.Contains(all, "repeated"))
}

var errNobody = errors.New("nothing to recognise the person by")

func newEvent(name string, r cdp.Delta, kinds map[string]cdp.Type) (entry, error) {
	e := entry{Type: "event-bulk-create"}
	p := newProfile()
	m, err := match(r)
	if err != nil {
		return e, errNobody
	}
	kind, values := m.people(known...)
	if kind == "" {
		return e, errNobody
	}
	if err := p.identify(kind, values[0]); err != nil {
		return e, err
	}
	e.Attributes.Profile.Data = p
	x := event{Type: "event"}
	x.Attributes.Properties = map[string]any{}
	x.Attributes.UniqueID = r.IdempotencyKey
	x.Attributes.Metric.Data.Type, x.Attributes.Metric.Data.Attributes.Name = "metric", name
	if !r.At.IsZero() {
		x.Attributes.Time = r.At.UTC().Format(time.RFC3339)
	}
	err = destination.EachField(r.Fields, func(name string, v json.RawMessage) error {
		n, isNumber := number(v)
		s, textErr := text(v)
		t, isText := s.(string)
		switch {
		case name == "value" && isNumber:
			x.Attributes.Value = &n
		case name == "value_currency" && textErr == nil && isText:
			x.Attributes.Currency = t
		default:
			x.Attributes.Properties[name] = value(v, kinds[name])
		}
		return nil
	})
	e.Attributes.Events.Data = []event{x}
	return e, err
}
