package hubspot

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/destination"
)

// properties turns the fields of a row into property values, which are all text.
func properties(fields json.RawMessage, types map[string]cdp.Type) (map[string]string, error) {
	out := map[string]string{}
	err := destination.EachField(fields, func(name string, raw json.RawMessage) error {
		v, err := value(raw, types[name])
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		out[name] = v
		return nil
	})
	return out, err
}

var (
	errSeparator = errors.New("an element of the list holds ';', which HubSpot takes for the end of an element")
	errText      = errors.New("not a value that can be sent as text")
)

// value is the text of a value (properties guide, November 2026):
//
//   - null clears: "property values can be cleared by passing an empty string";
//   - a date is YYYY-MM-DD or milliseconds at midnight UTC: the former, as it comes;
//   - a dateTime is ISO 8601 or milliseconds: the latter, which has one form;
//   - several checkboxes are the options joined by ';';
//   - a number has no exponent.
func value(raw json.RawMessage, t cdp.Type) (string, error) {
	switch {
	case len(raw) == 0 || string(raw) == "null":
		return "", nil
	case raw[0] == '"':
		s, err := destination.Text(raw)
		if err != nil {
			return "", errText
		}
		if t.Kind == cdp.Timestamp {
			return millis(s), nil
		}
		return s, nil
	case raw[0] == '[' && t.Kind != cdp.JSON:
		return joined(raw, t)
	case raw[0] == '{' || raw[0] == '[':
		return string(raw), nil
	}
	s := string(raw)
	if strings.ContainsAny(s, "eE") && s != "true" && s != "false" {
		f, err := strconv.ParseFloat(s, 64)
		if err != nil {
			return "", errText
		}
		return strconv.FormatFloat(f, 'f', -1, 64), nil
	}
	return s, nil
}

func joined(raw json.RawMessage, t cdp.Type) (string, error) {
	list, err := destination.Elements(raw)
	if err != nil {
		return "", errText
	}
	var elem cdp.Type
	if t.Elem != nil {
		elem = *t.Elem
	}
	texts := make([]string, 0, len(list))
	for _, e := range list {
		s, err := value(e, elem)
		switch {
		case err != nil:
			return "", err
		case strings.Contains(s, ";"):
			return "", errSeparator
		case s != "":
			texts = append(texts, s)
		}
	}
	return strings.Join(texts, ";"), nil
}

// millis is a timestamp of the warehouse in milliseconds since 1970, rounded down;
// a text of another form goes as it is, for HubSpot to judge.
func millis(s string) string {
	if t, ok := destination.Time(s); ok {
		return strconv.FormatInt(t.UnixMilli(), 10)
	}
	return s
}
