package klaviyo

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/destination"
)

// single is a profile that is written by a call of its own. A bulk import leaves alone
// whatever is null, and says nothing: "The Bulk Import Profiles API does not support
// setting fields to null to clear them" (Klaviyo, Bulk Import Profiles API, November 2026).
type single struct {
	row     int
	profile profile
}

// importEach writes profiles one after the other. begun says that other rows of the batch
// have their results; then, and after the first profile, what ends it is told by rows.
func (d *Destination) importEach(ctx context.Context, b cdp.Batch, list []single, results []cdp.Result, begun bool) error {
	for n, s := range list {
		err := d.importOne(ctx, b, s)
		var no *cdp.Refused
		switch {
		case err == nil:
			results[s.row] = cdp.Result{Fate: cdp.Delivered}
		case errors.As(err, &no) && begun:
			results[s.row] = cdp.Result{Fate: cdp.Rejected, Code: no.Code, Vendor: no.Vendor, Reason: no.Reason}
		case !begun:
			if no != nil {
				no.Row = s.row
			}
			return err
		default:
			results[s.row] = destination.Later(err)
			for _, s := range list[n+1:] {
				results[s.row] = destination.NotSent(err)
			}
			return nil
		}
		begun = true
	}
	return nil
}

// importOne creates or updates one profile: what is null is cleared, what is absent stays.
func (d *Destination) importOne(ctx context.Context, b cdp.Batch, s single) error {
	in := struct {
		Data profile `json:"data"`
	}{s.profile}
	body, err := json.Marshal(in)
	switch {
	case err != nil:
		return &cdp.Refused{Row: s.row, Code: cdp.InvalidValue, Reason: "the values are not JSON"}
	case len(body) > maxProfile:
		return &cdp.Refused{Row: s.row, Code: cdp.TooLarge, Reason: "the profile is larger than 100 KB"}
	}
	var got struct {
		Data resource `json:"data"`
	}
	err = d.call(ctx, destination.Request{Method: http.MethodPost, Path: profilePath}, json.RawMessage(body), &got,
		func(a *destination.Response) error { return refusal(a, b, nil) })
	if err == nil && got.Data.ID == "" {
		return &destination.Uncertain{Status: http.StatusOK, Reason: "an answer without a profile"}
	}
	return err
}
