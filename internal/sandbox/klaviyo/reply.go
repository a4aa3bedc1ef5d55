package klaviyo

import (
	"encoding/json"
	"net/http"
	"strconv"
	"time"

	"github.com/kithdata/kith/internal/sandbox/fake"
)

const mediaType = "application/vnd.api+json"

type object = map[string]any

func header() http.Header { return http.Header{"Content-Type": {mediaType}} }

func answer(status int, body any) fake.Reply {
	if body == nil {
		return fake.Reply{Status: status, Header: http.Header{}}
	}
	return fake.Reply{Status: status, Header: header(), Body: fake.Marshal(body)}
}

// problem is one error of Klaviyo's.
type problem struct {
	ID     string            `json:"id"`
	Status int               `json:"status,omitempty"`
	Code   string            `json:"code"`
	Title  string            `json:"title"`
	Detail string            `json:"detail"`
	Source map[string]string `json:"source"`
}

func newProblem(status int, code, detail, pointer string) problem {
	p := problem{ID: "00000000-0000-4000-8000-000000000000", Status: status, Code: code, Title: "Invalid input.", Detail: detail, Source: map[string]string{}}
	if pointer != "" {
		p.Source["pointer"] = pointer
	}
	return p
}

func problems(status int, list ...problem) fake.Reply {
	return answer(status, object{"errors": list})
}

func refuse(status int, code, detail, pointer string) action {
	return func(*fake.Tx, *account) fake.Reply {
		return problems(status, newProblem(status, code, detail, pointer))
	}
}

func bad(detail, pointer string) action {
	return refuse(http.StatusBadRequest, "invalid", detail, pointer)
}

func missing() fake.Reply {
	return problems(http.StatusNotFound, newProblem(http.StatusNotFound, "not_found", "A resource with this id does not exist.", ""))
}

// Refusal is an answer that a scripted fault asks for.
func (f *Fake) Refusal(status int, expired bool, _ string) fake.Reply {
	p := newProblem(status, "error", http.StatusText(status), "")
	switch {
	case status == http.StatusUnauthorized && expired:
		p.Code, p.Detail = "not_authenticated", "The access token has expired."
	case status == http.StatusUnauthorized:
		p.Code, p.Detail = "not_authenticated", "Authentication credentials were not provided."
	case status == http.StatusTooManyRequests:
		p.Code, p.Detail = "throttled", "Request was throttled."
	case status == http.StatusNotFound:
		p.Code = "not_found"
	}
	reply := problems(status, p)
	if status == http.StatusTooManyRequests {
		reply.Header.Set("Retry-After", "1")
	}
	return reply
}

// decode reads a body into v, or says how it is refused.
func decode(q query, v any) action {
	if err := json.Unmarshal(q.Body, v); err != nil {
		return bad("The payload provided in the request is invalid.", "/data")
	}
	return nil
}

// admit counts a request against limits of its account, from the first on, or refuses it; a refused request is not counted.
func (f *Fake) admit(tx *fake.Tx, a *account, first int) (h http.Header, refused bool) {
	now := tx.Now.UnixMilli()
	limits := []struct {
		most int
		per  int64
	}{{f.cfg.Limits.Burst, 1000}, {f.cfg.Limits.Steady, 60_000}}
	if first == reading {
		limits[0].most, limits[1].most = min(limits[0].most, 1), min(limits[1].most, 15)
	}
	for i, l := range limits {
		w := &a.windows[first+i]
		if now >= w.start+l.per {
			*w = window{start: now}
		}
		if l.most >= 0 && w.used >= int64(l.most) {
			wait := strconv.FormatInt((w.start+l.per-now+999)/1000, 10)
			return http.Header{"Retry-After": {wait}, "Ratelimit-Reset": {wait}, "Ratelimit-Remaining": {"0"}}, true
		}
	}
	for i := range limits {
		a.windows[first+i].used++
		encWindow(tx, a, first+i)
	}
	return http.Header{}, false
}

func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000000+00:00") }

func self(path string) object { return object{"self": "https://a.klaviyo.com" + path} }
