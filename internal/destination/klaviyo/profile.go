package klaviyo

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/destination"
)

// attributes are the attributes of a profile that are text; every other field is a
// part of the location or a custom property.
var attributes = []string{email, phone, externalID, "first_name", "last_name", "organization", "locale", "title", "image"}

// profile is a profile of a request.
type profile struct {
	Type       string         `json:"type"`
	Attributes map[string]any `json:"attributes"`
	Meta       *meta          `json:"meta,omitempty"`

	clears bool // an attribute or a property
}

type meta struct {
	Patch struct {
		Unset []string `json:"unset"` // custom properties
	} `json:"patch_properties"`
}

func newProfile() profile { return profile{Type: "profile", Attributes: map[string]any{}} }

var e164 = regexp.MustCompile(`^\+[1-9][0-9]{6,14}$`)

var errE164 = errors.New("not a phone number of the form +31612345678")

// identify sets a key or a match value, as Klaviyo wants it.
func (p profile) identify(name, value string) error {
	if name == phone && !e164.MatchString(value) {
		return fmt.Errorf("%s: %w", phone, errE164)
	}
	p.Attributes[name] = value
	return nil
}

// part is the object of a name within the attributes.
func (p profile) part(name string) map[string]any {
	if m, ok := p.Attributes[name].(map[string]any); ok {
		return m
	}
	m := map[string]any{}
	p.Attributes[name] = m
	return m
}

// unset removes a custom property.
func (p *profile) unset(name string) {
	if p.Meta == nil {
		p.Meta = &meta{}
	}
	p.Meta.Patch.Unset = append(p.Meta.Patch.Unset, name)
}

// fields sets the mapped fields; absent stays unchanged, null clears: an attribute and a
// part of the location as null, a custom property by its name.
func (p *profile) fields(raw json.RawMessage, types map[string]cdp.Type) error {
	return destination.EachField(raw, func(name string, v json.RawMessage) error {
		null := string(v) == "null"
		p.clears = p.clears || null
		if slices.Contains(attributes, name) {
			return p.attribute(name, v)
		}
		if rest, ok := strings.CutPrefix(name, "location."); ok {
			x, err := text(v)
			if err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
			p.part("location")[rest] = x
			return nil
		}
		name, kind := strings.TrimPrefix(name, "properties."), types[name]
		if null {
			p.unset(name)
			return nil
		}
		p.part("properties")[name] = value(v, kind)
		return nil
	})
}

// attribute sets an attribute of a profile, which is text.
func (p profile) attribute(name string, v json.RawMessage) error {
	x, err := text(v)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	if s, ok := x.(string); ok && name == phone {
		return p.identify(name, s)
	}
	p.Attributes[name] = x
	return nil
}

var errText = errors.New("not a value that can be sent as text")

// text is a value as text, or nil for null.
func text(raw json.RawMessage) (any, error) {
	switch {
	case len(raw) == 0 || string(raw) == "null":
		return nil, nil //nolint:nilnil // null is a value
	case raw[0] == '"':
		s, err := destination.Text(raw)
		if err != nil {
			return nil, errText
		}
		return s, nil
	case raw[0] == '{' || raw[0] == '[':
		return nil, errText
	}
	return string(raw), nil
}

// value is a value of a custom property: numbers, truth values, lists and objects as
// they are, times in ISO 8601.
func value(raw json.RawMessage, t cdp.Type) any {
	if t.Kind == cdp.Timestamp && len(raw) > 0 && raw[0] == '"' {
		if s, err := destination.Text(raw); err == nil {
			return destination.ISOTime(s)
		}
	}
	if len(raw) == 0 {
		return nil
	}
	return raw
}

func types(b cdp.Batch) map[string]cdp.Type {
	out := make(map[string]cdp.Type, len(b.Fields))
	for _, f := range b.Fields {
		out[f.Name] = f.Type
	}
	return out
}

// profiles imports the profiles of a batch: one job, in which every row has one place,
// and one by one those of which something is cleared.
func (d *Destination) profiles(ctx context.Context, b cdp.Batch) ([]cdp.Result, error) {
	results := make([]cdp.Result, len(b.Rows))
	load := destination.Load{}
	var alone []single
	kinds := types(b)
	for i, r := range b.Rows {
		p := newProfile()
		err := p.fields(r.Fields, kinds)
		if err == nil {
			err = p.identify(b.Key, r.Key)
		}
		switch {
		case r.Key == "":
			results[i] = rejected(cdp.MissingValue, "the row has no key")
		case err != nil:
			results[i] = rejected(cdp.InvalidValue, err.Error())
		case p.clears:
			alone = append(alone, single{i, p})
		default:
			results[i] = add(&load, i, p)
		}
	}
	if err := d.importAll(ctx, b, load, "", results); err != nil {
		return nil, err
	}
	return results, d.importEach(ctx, b, alone, results, len(load.Elements) > 0)
}

func rejected(code cdp.Code, reason string) cdp.Result {
	return cdp.Result{Fate: cdp.Rejected, Code: code, Reason: reason}
}

// add appends the profiles of a row. It returns the result of a row that cannot be
// sent, else an open one.
func add(l *destination.Load, row int, list ...profile) cdp.Result {
	encoded := make([]json.RawMessage, len(list))
	for i, p := range list {
		raw, err := json.Marshal(p)
		switch {
		case err != nil:
			return rejected(cdp.InvalidValue, "the values are not JSON")
		case len(raw) > maxProfile:
			return rejected(cdp.TooLarge, "the profile is larger than 100 KB")
		}
		encoded[i] = raw
	}
	l.Add(row, encoded...)
	return cdp.Result{}
}

// importAll makes the jobs of a load.
func (d *Destination) importAll(ctx context.Context, b cdp.Batch, load destination.Load, list string, results []cdp.Result) error {
	return destination.SendJobs(load.Parts(maxProfiles, maxBody-1024), results, func(part destination.Load) (string, error) {
		return d.importJob(ctx, b, part, list)
	})
}

// importJob makes one job and returns its id.
func (d *Destination) importJob(ctx context.Context, b cdp.Batch, part destination.Load, list string) (string, error) {
	type lists struct {
		Lists struct {
			Data []ref `json:"data"`
		} `json:"lists"`
	}
	type job struct {
		Type       string `json:"type"`
		Attributes struct {
			Profiles struct {
				Data []json.RawMessage `json:"data"`
			} `json:"profiles"`
		} `json:"attributes"`
		Relationships *lists `json:"relationships,omitempty"`
	}
	in := struct {
		Data job `json:"data"`
	}{Data: job{Type: "profile-bulk-import-job"}}
	in.Data.Attributes.Profiles.Data = part.Elements
	if list != "" {
		in.Data.Relationships = &lists{}
		in.Data.Relationships.Lists.Data = []ref{{"list", list}}
	}
	var got struct {
		Data resource `json:"data"`
	}
	err := d.call(ctx, destination.Request{Method: http.MethodPost, Path: importPath}, in, &got,
		func(a *destination.Response) error {
			if list == "" {
				return refusal(a, b, part.Rows)
			}
			return d.forget(a, b, part.Rows)
		})
	if err != nil {
		return "", err
	}
	if got.Data.ID == "" {
		return "", &destination.Uncertain{Status: http.StatusAccepted, Reason: "an answer without a job"}
	}
	return got.Data.ID, nil
}

// number is a value of JSON as a number; false when it is none.
func number(raw json.RawMessage) (json.Number, bool) {
	s := strings.Trim(string(raw), `"`)
	if _, err := strconv.ParseFloat(s, 64); err != nil {
		return "", false
	}
	return json.Number(s), true
}
