package datamanager

import (
	"encoding/json"
	"regexp"
	"slices"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/destination"
)

type identifier struct {
	Email   string   `json:"emailAddress,omitempty"`
	Phone   string   `json:"phoneNumber,omitempty"`
	Address *address `json:"address,omitempty"`
}

type address struct {
	Given    string `json:"givenName"`
	Family   string `json:"familyName"`
	Region   string `json:"regionCode"`
	Postcode string `json:"postalCode"`
}

var sha256Hex = regexp.MustCompile(`^[0-9a-f]{64}$`)

// identifiers are those of a row; false when one is not hashed: a value in clear must
// never leave.
func identifiers(match json.RawMessage) (out []identifier, hashed bool, err error) {
	var m map[string][]string
	if len(match) > 0 {
		if err := json.Unmarshal(match, &m); err != nil {
			return nil, false, err
		}
	}
	for name, list := range m {
		m[name] = slices.DeleteFunc(list, func(s string) bool { return s == "" })
		if name == region || name == postcode {
			continue
		}
		if slices.ContainsFunc(m[name], func(s string) bool { return !sha256Hex.MatchString(s) }) {
			return nil, false, nil
		}
	}
	for _, v := range m[email] {
		out = append(out, identifier{Email: v})
	}
	for _, v := range m[phone] {
		out = append(out, identifier{Phone: v})
	}
	if len(m[givenName]) > 0 && len(m[lastName]) > 0 && len(m[region]) > 0 && len(m[postcode]) > 0 {
		out = append(out, identifier{Address: &address{m[givenName][0], m[lastName][0], m[region][0], m[postcode][0]}})
	}
	return out, true, nil
}

// members are the members of a batch: one for each row, more for a row with more
// identifiers than a member may have.
func members(b cdp.Batch, results []cdp.Result) destination.Load {
	type userData struct {
		Identifiers []identifier `json:"userIdentifiers"`
	}
	type member struct {
		User userData `json:"userData"`
	}
	var load destination.Load
	for i, r := range b.Rows {
		list, hashed, err := identifiers(r.Match)
		switch {
		case err != nil:
			results[i] = rejected(cdp.InvalidValue, "the match values are not lists of text")
			continue
		case !hashed:
			results[i] = rejected(cdp.InvalidValue, "a match value is not a SHA-256 hash: it is not sent")
			continue
		case len(list) == 0:
			results[i] = rejected(cdp.MissingValue, "nothing to recognise the person by: an address needs first name, last name, country and postcode")
			continue
		}
		for part := range slices.Chunk(list, maxIdentifiers) {
			raw, err := json.Marshal(member{userData{part}})
			if err != nil {
				results[i] = rejected(cdp.InvalidValue, "the match values are not JSON")
				break
			}
			load.Add(i, raw)
		}
	}
	return load
}

func rejected(code cdp.Code, reason string) cdp.Result {
	return cdp.Result{Fate: cdp.Rejected, Code: code, Reason: reason}
}
