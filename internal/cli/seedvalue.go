package cli

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/kithdata/kith/internal/cdp"
)

// parseValue reads the text of a file into the form of a cdp.Row. Text is trimmed;
// what is empty then is null.
func parseValue(text string, t cdp.Type) (any, error) {
	text = strings.TrimSpace(text)
	if text == "" {
		if t.Kind == cdp.List {
			return []any{}, nil
		}
		return nil, nil
	}
	switch t.Kind {
	case cdp.Int:
		n, err := strconv.ParseInt(strings.TrimPrefix(text, "+"), 10, 64)
		if err != nil {
			return nil, errors.New("is not a whole number")
		}
		return n, nil
	case cdp.Float:
		f, err := strconv.ParseFloat(text, 64)
		if err != nil || math.IsInf(f, 0) || math.IsNaN(f) {
			return nil, errors.New("is not a number")
		}
		return f, nil
	case cdp.Decimal:
		return parseDecimal(text, t)
	case cdp.Bool:
		return parseBool(text)
	case cdp.Date:
		return parseDate(text)
	case cdp.Timestamp:
		return parseTimestamp(text)
	case cdp.JSON:
		if !json.Valid([]byte(text)) {
			return nil, errors.New("is not JSON")
		}
		return text, nil
	case cdp.List:
		return parseList(text, t)
	}
	return text, nil
}

// parseDecimal checks digits; a zero too many behind the point does no harm.
func parseDecimal(text string, t cdp.Type) (any, error) {
	sign := ""
	body := text
	if strings.HasPrefix(body, "-") || strings.HasPrefix(body, "+") {
		sign, body = strings.TrimPrefix(body[:1], "+"), body[1:]
	}
	whole, fraction, _ := strings.Cut(body, ".")
	if whole+fraction == "" || strings.Trim(whole+fraction, "0123456789") != "" {
		return nil, fmt.Errorf("is not a %s", t)
	}
	fraction = strings.TrimRight(fraction, "0")
	whole = strings.TrimLeft(whole, "0")
	if len(fraction) > t.Scale {
		return nil, fmt.Errorf("has more than %d digits behind the point (%s)", t.Scale, t)
	}
	if len(whole) > t.Precision-t.Scale {
		return nil, fmt.Errorf("has more than %d digits before the point (%s)", t.Precision-t.Scale, t)
	}
	if whole == "" {
		whole = "0"
	}
	if fraction != "" {
		whole += "." + fraction
	}
	return sign + whole, nil
}

func parseBool(text string) (any, error) {
	switch strings.ToLower(text) {
	case "true", "t", "1", "yes", "y":
		return true, nil
	case "false", "f", "0", "no", "n":
		return false, nil
	}
	return nil, errors.New("is neither true nor false")
}

// The first and the last day that every warehouse can store.
var (
	firstDay = time.Date(1900, 1, 1, 0, 0, 0, 0, time.UTC)
	lastDay  = time.Date(2299, 12, 31, 23, 59, 59, 999_999_000, time.UTC)
)

func inRange(t time.Time) (any, error) {
	if t.Before(firstDay) || t.After(lastDay) {
		return nil, errors.New("is not between the years 1900 and 2299")
	}
	return t, nil
}

func parseDate(text string) (any, error) {
	for _, layout := range []string{"2006-01-02", "20060102", "2006/01/02"} {
		if t, err := time.Parse(layout, text); err == nil {
			return inRange(t)
		}
	}
	return nil, errors.New("is not a date (2026-11-01 or 20261101)")
}

// parseTimestamp takes a time without a zone as UTC.
func parseTimestamp(text string) (any, error) {
	for _, layout := range []string{
		time.RFC3339Nano, "2006-01-02 15:04:05.999999999", "2006-01-02T15:04:05.999999999", "2006-01-02 15:04:05.999999999Z07:00",
		"2006-01-02 15:04", "2006-01-02", "20060102",
	} {
		if t, err := time.Parse(layout, text); err == nil {
			return inRange(t.UTC().Truncate(time.Microsecond))
		}
	}
	return nil, errors.New("is not a time (2026-11-01T12:00:00Z)")
}

// parseList reads a JSON array.
func parseList(text string, t cdp.Type) (any, error) {
	var items []json.RawMessage
	if err := json.Unmarshal([]byte(text), &items); err != nil {
		return nil, errors.New(`is not a list (["a", "b"])`)
	}
	out := []any{}
	for _, raw := range items {
		v, err := parseJSON(raw, *t.Elem)
		if err != nil {
			return nil, fmt.Errorf("has an item that %w", err)
		}
		if v != nil {
			out = append(out, v)
		}
	}
	return out, nil
}

// parseJSON reads a value of a JSON line: a string as text is read, else its JSON.
func parseJSON(raw json.RawMessage, t cdp.Type) (any, error) {
	raw = bytes.TrimSpace(raw)
	if len(raw) == 0 || string(raw) == "null" {
		return parseValue("", t)
	}
	if raw[0] == '"' && t.Kind != cdp.JSON {
		var s string
		if err := json.Unmarshal(raw, &s); err != nil {
			return nil, errors.New("is not JSON")
		}
		return parseValue(s, t)
	}
	return parseValue(string(raw), t)
}
