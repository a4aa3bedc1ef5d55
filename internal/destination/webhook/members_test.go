package webhook

import (
	"bufio"
	"bytes"
	"encoding/json"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
)

// FuzzResults: what is read of an object as it comes is what is read of it as a whole.
func FuzzResults(f *testing.F) {
	for _, s := range []string{
		`{"results":[{"row_id":"p_1","status":"rejected","after":1e3}]}`, `{"a":{"results":[1]},"b":"\\\"}","c":[[],{}]}`, `{"RESULTS":[{"row_id":7}],"c":{"d":"]"}}`,
		`{"results":null}`, `{"results":{}}`, `{}`, `{"":"","results":[]}`, `{"results":[{}]}x`, `{"a":[}`, `{"a" : tru`, `{"a":1,}`, `{"a"}`, `{"a":1:2}`, `{"\u0072esults":[{"code":[1]}]}`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		var got []rowAnswer
		listed, err := eachResult(bufio.NewReader(iotest.OneByteReader(bytes.NewReader(body))), func(r rowAnswer) { got = append(got, r) })
		twice := bytes.Count(bytes.ToLower(body), []byte("results"))+bytes.Count(body, []byte(`\u`)) > 1
		if !json.Valid(body) || !bytes.HasPrefix(bytes.TrimSpace(body), []byte("{")) || twice {
			return
		}
		var whole struct {
			Results json.RawMessage `json:"results"`
		}
		if err := json.Unmarshal(body, &whole); err != nil {
			t.Fatal(err)
		}
		var want []rowAnswer
		bad := whole.Results != nil && json.Unmarshal(whole.Results, &want) != nil
		if bad != (err != nil) || !bad && (listed != (want != nil) || len(got) != len(want) || len(got) > 0 && !cmp.Equal(want, got)) {
			t.Errorf("%q: %v, %v, want %v, %t", body, got, err, want, bad)
		}
	})
}
