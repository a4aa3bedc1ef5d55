package bigquery

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	rest "google.golang.org/api/bigquery/v2"
)

// cellValue brings a cell of a page into the form of cdp.Row. The service writes
// every scalar as text.
func cellValue(f *rest.TableFieldSchema, v any) (any, error) {
	if f.Mode == "REPEATED" {
		items, ok := v.([]any)
		if v == nil {
			return []any{}, nil
		}
		if !ok {
			return nil, fmt.Errorf("column %s: a list is expected, not %T", f.Name, v)
		}
		one := *f
		one.Mode = "NULLABLE"
		out := make([]any, len(items))
		for i, item := range items {
			if cell, ok := item.(map[string]any); ok {
				item = cell["v"]
			}
			var err error
			if out[i], err = cellValue(&one, item); err != nil {
				return nil, err
			}
		}
		return out, nil
	}
	switch v := v.(type) {
	case nil:
		return nil, nil
	case string:
		out, err := scalar(f.Type, v)
		if err != nil {
			return nil, fmt.Errorf("column %s (%s): %w", f.Name, f.Type, err)
		}
		return out, nil
	case map[string]any:
		object, err := record(f, v)
		if err != nil {
			return nil, err
		}
		text, err := json.Marshal(object)
		return string(text), err
	}
	return nil, fmt.Errorf("column %s (%s): an unexpected %T", f.Name, f.Type, v)
}

// scalar reads text of the service. An error does not show it.
func scalar(typ, text string) (any, error) {
	var v any
	var err error
	switch typ {
	case "INTEGER", "INT64":
		v, err = strconv.ParseInt(text, 10, 64)
	case "FLOAT", "FLOAT64":
		v, err = float(text)
	case "BOOLEAN", "BOOL":
		v, err = strconv.ParseBool(text)
	case "NUMERIC", "BIGNUMERIC", "DECIMAL", "BIGDECIMAL":
		return trimZeros(text), nil
	case "TIMESTAMP":
		var micros int64
		micros, err = strconv.ParseInt(text, 10, 64)
		v = time.UnixMicro(micros).UTC()
	case "DATE":
		v, err = time.Parse(time.DateOnly, text)
	case "DATETIME":
		v, err = time.Parse("2006-01-02T15:04:05.999999", text)
	case "BYTES":
		var b []byte
		b, err = base64.StdEncoding.DecodeString(text)
		v = string(b)
	default:
		return text, nil
	}
	if err != nil {
		return nil, fmt.Errorf("the service sent what is no %s", typ)
	}
	return v, nil
}

func float(text string) (float64, error) {
	switch text {
	case "Inf", "Infinity", "+Inf":
		return math.Inf(1), nil
	case "-Inf", "-Infinity":
		return math.Inf(-1), nil
	}
	return strconv.ParseFloat(text, 64)
}

// trimZeros is the canonical text of a decimal.
func trimZeros(text string) string {
	if strings.Contains(text, ".") {
		text = strings.TrimRight(strings.TrimRight(text, "0"), ".")
	}
	if text == "-0" || text == "" {
		return "0"
	}
	return text
}

// object is a STRUCT as JSON, its fields in their order.
type object struct {
	names  []string
	values []any
}

func record(f *rest.TableFieldSchema, v map[string]any) (object, error) {
	cells, _ := v["f"].([]any)
	if len(cells) != len(f.Fields) {
		return object{}, fmt.Errorf("column %s: %d values for %d fields", f.Name, len(cells), len(f.Fields))
	}
	var o object
	for i, field := range f.Fields {
		cell, _ := cells[i].(map[string]any)
		value, err := cellValue(field, cell["v"])
		if err != nil {
			return o, err
		}
		o.names, o.values = append(o.names, field.Name), append(o.values, inJSON(field, value))
	}
	return o, nil
}

// inJSON is a value as it stands within JSON: what is JSON text already stays so.
func inJSON(f *rest.TableFieldSchema, v any) any {
	text, isText := v.(string)
	switch {
	case isText && (f.Type == "RECORD" || f.Type == "STRUCT" || f.Type == "JSON") && json.Valid([]byte(text)):
		return json.RawMessage(text)
	case f.Type == "DATE" && f.Mode != "REPEATED" && v != nil:
		if at, ok := v.(time.Time); ok {
			return at.Format(time.DateOnly)
		}
	}
	if x, ok := v.(float64); ok && (math.IsNaN(x) || math.IsInf(x, 0)) {
		return nil
	}
	if list, ok := v.([]any); ok {
		one := *f
		one.Mode = "NULLABLE"
		out := make([]any, len(list))
		for i, item := range list {
			out[i] = inJSON(&one, item)
		}
		return out
	}
	return v
}

// MarshalJSON implements json.Marshaler; a map would sort the fields.
func (o object) MarshalJSON() ([]byte, error) {
	out := []byte{'{'}
	for i, name := range o.names {
		if i > 0 {
			out = append(out, ',')
		}
		key, err := json.Marshal(name)
		if err != nil {
			return nil, err
		}
		value, err := json.Marshal(o.values[i])
		if err != nil {
			return nil, err
		}
		out = append(append(append(out, key...), ':'), value...)
	}
	return append(out, '}'), nil
}
