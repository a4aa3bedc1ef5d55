package webhook

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"strings"
	"time"
)

// signed checks a header "t=<unix>,v1=<hex>" and says what is wrong with it; "" is right. There may be several v1, while
// a secret is being changed.
func signed(header, secret string, body []byte, now time.Time) string {
	var stamp string
	var sums []string
	for part := range strings.SplitSeq(header, ",") {
		switch k, v, _ := strings.Cut(strings.TrimSpace(part), "="); k {
		case "t":
			stamp = v
		case "v1":
			sums = append(sums, v)
		}
	}
	unix, err := strconv.ParseInt(stamp, 10, 64)
	switch {
	case header == "":
		return "no signature"
	case err != nil || len(sums) == 0:
		return "the signature is not t=<unix>,v1=<hex>"
	}
	if age := now.Sub(time.Unix(unix, 0)); age > tolerance || age < -tolerance {
		return "the signature is too old or from the future"
	}
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(stamp + "."))
	mac.Write(body)
	want := mac.Sum(nil)
	for _, s := range sums {
		if got, err := hex.DecodeString(s); err == nil && hmac.Equal(got, want) {
			return ""
		}
	}
	return "the signature does not match"
}
