package fake

import (
	"encoding/json"
	"fmt"
)

// AppendJSON appends s as a JSON string. Plain ASCII, nearly all there is, costs one pass.
func AppendJSON(buf []byte, s string) []byte {
	for i := 0; i < len(s); i++ {
		if c := s[i]; c < ' ' || c > '~' || c == '"' || c == '\\' {
			quoted, err := json.Marshal(s)
			if err != nil {
				panic(fmt.Sprintf("fake: a string that is not JSON: %v", err)) // json.Marshal takes every string
			}
			return append(buf, quoted...)
		}
	}
	buf = append(buf, '"')
	buf = append(buf, s...)
	return append(buf, '"')
}

// Marshal is for answers that this program made up: they always marshal.
func Marshal(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("fake: an answer that is not JSON: %v", err))
	}
	return b
}
