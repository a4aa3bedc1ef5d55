package main

import (
	"bytes"
	"encoding/json"
	"regexp"
	"strconv"
	"time"
)

// field is a column of an answer.
type field struct {
	Type   string  `json:"type"`
	Mode   string  `json:"mode"`
	Fields []field `json:"fields"`
}

// nested reports whether there are timestamps in lists or records, which the emulator
// writes as it keeps them; the others it writes as the service does.
func nested(fields []field, below bool) bool {
	for _, f := range fields {
		if f.Type == "TIMESTAMP" && (below || f.Mode == "REPEATED") || nested(f.Fields, true) {
			return true
		}
	}
	return false
}

// mendTimes writes every timestamp of an answer in microseconds.
func mendTimes(body []byte) []byte {
	var head struct {
		Schema struct {
			Fields []field `json:"fields"`
		} `json:"schema"`
	}
	if json.Unmarshal(body, &head) != nil || !nested(head.Schema.Fields, false) {
		return body
	}
	var full map[string]any
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	if decoder.Decode(&full) != nil {
		return body
	}
	rows, _ := full["rows"].([]any)
	for _, row := range rows {
		mendRecord(row, head.Schema.Fields)
	}
	mended, err := json.Marshal(full)
	if err != nil {
		return body
	}
	return mended
}

func mendRecord(record any, fields []field) {
	r, _ := record.(map[string]any)
	cells, _ := r["f"].([]any)
	for i, cell := range cells {
		if c, ok := cell.(map[string]any); ok && i < len(fields) {
			c["v"] = mendValue(c["v"], fields[i])
		}
	}
}

func mendValue(v any, f field) any {
	if list, ok := v.([]any); ok && f.Mode == "REPEATED" {
		for _, item := range list {
			if c, ok := item.(map[string]any); ok {
				c["v"] = mendValue(c["v"], field{Type: f.Type, Fields: f.Fields})
			}
		}
		return v
	}
	if len(f.Fields) > 0 {
		mendRecord(v, f.Fields)
		return v
	}
	text, ok := v.(string)
	if !ok || f.Type != "TIMESTAMP" || number.MatchString(text) {
		return v
	}
	at, err := time.Parse("2006-01-02 15:04:05.999999-07", text)
	if err != nil {
		return v
	}
	return strconv.FormatInt(at.UnixMicro(), 10)
}

var number = regexp.MustCompile(`^-?[0-9.]+$`)
