package fake

import (
	"encoding/json"
	"math"
	"testing"
	"time"
)

func TestCodec(t *testing.T) {
	at := time.Date(2026, 11, 22, 1, 2, 3, 4, time.UTC)
	tx := NewTx(at, nil)
	tx.Op("name", 7)
	tx.Str("a\x00ü")
	tx.Bytes(nil)
	tx.Bytes([]byte("b"))
	tx.Int(math.MinInt64)
	tx.Bool(true)
	tx.Bool(false)
	tx.Time(at)
	tx.Time(time.Time{})
	d := NewDec(tx.Record())
	ok := d.Str() == "name" && d.Code() == 7 && d.Str() == "a\x00ü" && d.Bytes() == nil && string(d.Bytes()) == "b" &&
		d.Int() == math.MinInt64 && d.Bool() && !d.Bool() && d.Time().Equal(at) && d.Time().IsZero()
	if !ok || d.More() || d.Err() != nil {
		t.Errorf("%v %v", ok, d.Err())
	}
	if d.Int() != 0 || d.Code() != 0 || d.Err() == nil || d.Str() != "" {
		t.Error("read beyond the end")
	}
	tx.Clear()
	if len(tx.Record()) != 0 {
		t.Error("not cleared")
	}
}

func FuzzDec(f *testing.F) {
	f.Add([]byte{3, 'a', 'b', 'c', 1, 2, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1})
	f.Fuzz(func(_ *testing.T, b []byte) {
		d := NewDec(b)
		for d.More() {
			d.Str()
			d.Code()
			d.Int()
			d.Bytes()
			d.Time()
		}
	})
}

func FuzzAppendJSON(f *testing.F) {
	for _, s := range []string{"", "plain", `"quoted" \ `, "<script>", "ü\u2028\x00\n", "\xff"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		var back, want string
		plain, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		if json.Unmarshal(plain, &want) != nil || json.Unmarshal(AppendJSON(nil, s), &back) != nil || back != want {
			t.Errorf("%q came back as %q", s, back)
		}
	})
}
