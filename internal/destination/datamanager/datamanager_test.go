package datamanager_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/destination"
	"github.com/kithdata/kith/internal/destination/datamanager"
	"github.com/kithdata/kith/internal/destination/destinationtest"
	"github.com/kithdata/kith/internal/sandbox"
	"github.com/kithdata/kith/internal/sandbox/contract"
	fake "github.com/kithdata/kith/internal/sandbox/datamanager"
)

const secret = destinationtest.Secret

func open(t *testing.T, cfg fake.Config) *sandbox.Sandbox {
	t.Helper()
	if cfg.JobTime == 0 {
		cfg.JobTime = time.Millisecond
	}
	if cfg.PerMinute == 0 {
		cfg.PerMinute = -1
	}
	box, err := sandbox.Open("", sandbox.Options{Google: cfg})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = box.Close() })
	return box
}

// recorded serves the fake and holds everything that passes against Google's messages
// at the end of the test.
func recorded(t *testing.T, box *sandbox.Sandbox) http.Handler {
	t.Helper()
	rec := &contract.Recorder{Next: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		in := r.Clone(r.Context())
		in.URL.Path, in.URL.RawPath = "/google"+r.URL.Path, ""
		in.Host = "localhost"
		box.Handler().ServeHTTP(w, in)
	})}
	t.Cleanup(func() {
		m, err := contract.LoadMethods(contract.Shared(t, "google-datamanager/datamanager-v1.jsonschema.json"))
		if err != nil {
			t.Fatal(err)
		}
		m.Ignore = []string{"/token"}
		list := m.Check(rec.Requests())
		for _, v := range list[:min(len(list), 5)] {
			t.Error(v)
		}
	})
	return rec
}

func config(url string, options map[string]string) destination.Config {
	cfg := destination.Config{
		Name: "ads", Type: "google_data_manager", AllowPrivate: true,
		Options: map[string]string{"base_url": url, "token_url": url + "/token", "account": "123-456-7890"},
		Secret: func(string) (string, error) {
			return `{"type":"authorized_user","client_id":"c","client_secret":"s3cret-of-client","refresh_token":"` + secret + `"}`, nil
		},
	}
	for k, v := range options {
		cfg.Options[k] = v
	}
	return cfg
}

func start(t *testing.T, cfg fake.Config, options map[string]string) (cdp.Destination, *sandbox.Sandbox) {
	t.Helper()
	box := open(t, cfg)
	server := httptest.NewServer(recorded(t, box))
	t.Cleanup(server.Close)
	d, err := datamanager.New(config(server.URL, options))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	return d, box
}

func hash(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:])
}

var audience = cdp.Delivery{Kind: cdp.Audience, Remote: `VIP "gold"`, Match: []string{"emailAddress", "phoneNumber"}}

func member(i int) cdp.Delta {
	return cdp.Delta{
		Op: cdp.Add, RowID: fmt.Sprintf("p_%d", i), Key: fmt.Sprintf("p_%d", i), H: uint64(i), IdempotencyKey: fmt.Sprintf("%064x", i),
		Match: json.RawMessage(fmt.Sprintf(`{"emailAddress":[%q]}`, hash(fmt.Sprintf("ann.%d@example.com", i)))),
	}
}

// refused is a member that the fake refuses.
func refused(i int) cdp.Delta {
	r := member(i)
	r.Match = json.RawMessage(fmt.Sprintf(`{"emailAddress":[%q]}`, hash("no@rejected.example")))
	return r
}

func value[T any](t *testing.T) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func lists(t *testing.T, box *sandbox.Sandbox) map[string]map[string]int {
	t.Helper()
	return value[map[string]map[string]int](t)(box.Google(secret).Lists())
}

func TestSuite(t *testing.T) {
	t.Parallel()
	for _, anonymous := range []bool{false, true} {
		t.Run(map[bool]string{false: "named", true: "anonymous"}[anonymous], func(t *testing.T) {
			t.Parallel()
			h := destinationtest.Harness{
				Spec: datamanager.Spec(), New: datamanager.New, Delivery: audience, Row: member, Bad: refused,
				Echo: func(text string) string {
					return fmt.Sprintf(`{"error":{"code":400,"status":"INVALID_ARGUMENT","message":%s}}`, destination.AppendString(nil, text))
				},
				Start: func(t *testing.T) destinationtest.Remote {
					box := open(t, fake.Config{Anonymous: anonymous})
					return destinationtest.Remote{
						Handler: recorded(t, box),
						Config: func(url string) destination.Config {
							cfg := config(url, nil)
							cfg.Sandbox = true // its secret is not JSON
							return cfg
						},
						Held: func() []string {
							time.Sleep(3 * time.Millisecond)
							var keys []string
							have := lists(t, box)[audience.Remote]
							for i := 0; i < 10_100 && len(keys) < len(have); i++ {
								if have["email:"+hash(fmt.Sprintf("ann.%d@example.com", i))] > 0 {
									keys = append(keys, member(i).Key)
								}
							}
							return keys
						},
					}
				},
			}
			destinationtest.Suite(t, h)
		})
	}
}

func push(t *testing.T, d cdp.Destination, op cdp.Op, rows ...cdp.Delta) []cdp.Result {
	t.Helper()
	b := cdp.Batch{Delivery: audience, Op: op, Rows: rows, Number: 1}
	if op == cdp.Remove {
		b.Action = cdp.ActionRemove
	}
	return value[[]cdp.Result](t)(d.Push(t.Context(), b))
}

func poll(t *testing.T, d cdp.Destination, job string) cdp.JobState {
	t.Helper()
	p, _ := d.(cdp.Poller)
	for range 500 {
		if s := value[cdp.JobState](t)(p.Poll(t.Context(), audience, job)); s.Done {
			return s
		}
		time.Sleep(time.Millisecond)
	}
	t.Fatal("the request is not processed")
	return cdp.JobState{}
}

// TestMembers: all identifiers of a person are sent, in members of ten, an address
// only when it is whole, and nothing that is not hashed.
func TestMembers(t *testing.T) {
	t.Parallel()
	d, box := start(t, fake.Config{}, map[string]string{"ad_user_data": "granted", "ad_personalization": "granted", "accept_terms": "true", "login_account": "999-1"})
	var many []string
	for i := range 12 {
		many = append(many, hash(fmt.Sprint(i)))
	}
	list, _ := json.Marshal(many)
	rows := []cdp.Delta{member(1), member(2), member(3), member(4), member(5)}
	rows[0].Match = json.RawMessage(fmt.Sprintf(`{"emailAddress":%s,"phoneNumber":[%q],"givenName":[%q],"familyName":[%q],"regionCode":["NL"],"postalCode":["1234 AB"]}`,
		list, hash("+31612345678"), hash("mary"), hash("jones")))
	rows[1].Match = json.RawMessage(fmt.Sprintf(`{"emailAddress":[%q],"givenName":[%q],"regionCode":["NL"]}`, hash("b"), hash("bob")))
	rows[2].Match = json.RawMessage(`{"emailAddress":["plain@example.com"]}`)
	rows[3].Match = json.RawMessage(`{"emailAddress":[""],"regionCode":["NL"]}`)
	res := push(t, d, cdp.Add, rows...)
	var got [][3]any
	for _, r := range res {
		got = append(got, [3]any{r.Fate, r.Place, r.Places})
	}
	want := [][3]any{{cdp.Pending, 0, 2}, {cdp.Pending, 2, 1}, {cdp.Rejected, 0, 0}, {cdp.Rejected, 0, 0}, {cdp.Pending, 3, 1}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if res[2].Code != cdp.InvalidValue || strings.Contains(res[2].Reason, "plain") || res[3].Code != cdp.MissingValue {
		t.Errorf("%+v %+v", res[2], res[3])
	}
	poll(t, d, res[0].Job)
	have := lists(t, box)[audience.Remote]
	if len(have) != 12+1+1+1+1 || have["address:"+hash("mary")+hash("jones")+"NL1234 AB"] != 1 {
		t.Errorf("%d identifiers: %v", len(have), have)
	}
	log := value[[]sandbox.Recorded](t)(box.Requests())
	for _, r := range log {
		if strings.HasSuffix(r.URL, ":ingest") {
			for _, part := range []string{`"adUserData":"CONSENT_GRANTED"`, `"adPersonalization":"CONSENT_GRANTED"`, `"customerMatchTermsOfServiceStatus":"ACCEPTED"`, `"encoding":"HEX"`, `"accountId":"1234567890"`, `"accountId":"9991"`} {
				if !strings.Contains(string(r.Body), part) {
					t.Errorf("no %s in %s", part, r.Body)
				}
			}
		}
	}
	res = push(t, d, cdp.Remove, rows[0])
	poll(t, d, res[0].Job)
	if have := lists(t, box)[audience.Remote]; len(have) != 2 {
		t.Errorf("after the removal: %v", have)
	}
}

// TestStatus: what Google counts, what it fails, and what it has forgotten.
func TestStatus(t *testing.T) {
	t.Parallel()
	d, _ := start(t, fake.Config{Unprocessed: []string{hash("ann.2@example.com"), hash("ann.3@example.com")}}, nil)
	if s := poll(t, d, push(t, d, cdp.Add, member(1), member(2), member(3))[0].Job); s.Refused != 2 || s.Failed || s.All != nil || len(s.Rejected) > 0 {
		t.Errorf("partial: %+v", s)
	}
	if s := poll(t, d, push(t, d, cdp.Add, member(2))[0].Job); s.All == nil || s.All.Fate != cdp.Rejected || s.All.Code != cdp.InvalidValue || s.All.Vendor != "INVALID_FORMAT" {
		t.Errorf("a reason that stays: %+v", s)
	}
	if s := poll(t, d, "req-nobody-1"); !s.Failed || !s.Gone || !strings.Contains(s.Reason, "not know") {
		t.Errorf("forgotten: %+v", s)
	}
	failing, _ := start(t, fake.Config{FailEvery: 1}, nil)
	if s := poll(t, failing, push(t, failing, cdp.Add, member(1))[0].Job); !s.Failed || s.All != nil {
		t.Errorf("an internal error: %+v", s)
	}
	denied, _ := start(t, fake.Config{FailEvery: 1, FailReason: "NO_CONSENT"}, nil)
	if s := poll(t, denied, push(t, denied, cdp.Add, member(1))[0].Job); s.All != nil || !s.Failed || !strings.Contains(s.Reason, "NO_CONSENT") || !strings.Contains(s.Reason, "ad_user_data") {
		t.Errorf("no consent: %+v", s)
	}
}

// TestRefusals: a named row is refused alone, an unnamed one is the engine's to find,
// and what no row is to blame for ends the run.
func TestRefusals(t *testing.T) {
	t.Parallel()
	ask := func(cfg fake.Config, options map[string]string, rows ...cdp.Delta) error {
		d, _ := start(t, cfg, options)
		_, err := d.Push(t.Context(), cdp.Batch{Delivery: audience, Op: cdp.Add, Rows: rows})
		return err
	}
	var no *cdp.Refused
	if err := ask(fake.Config{}, nil, member(1), refused(2), member(3)); !errors.As(err, &no) || no.Row != 1 || no.Vendor != "INVALID_AUDIENCE_MEMBER" || no.Code != cdp.InvalidValue {
		t.Errorf("named: %#v", err)
	}
	if err := ask(fake.Config{Anonymous: true}, nil, member(1), refused(2)); !errors.As(err, &no) || no.Row != -1 {
		t.Errorf("anonymous: %#v", err)
	}
	var fatal *cdp.Fatal
	if err := ask(fake.Config{NoTerms: true}, nil, member(1)); !errors.As(err, &fatal) || !strings.Contains(fatal.Help, "accept_terms") {
		t.Errorf("terms: %#v", err)
	}
	d, _ := start(t, fake.Config{}, nil)
	del := audience
	del.ID = "77"
	if _, err := d.Push(t.Context(), cdp.Batch{Delivery: del, Op: cdp.Add, Rows: []cdp.Delta{member(1)}}); !errors.As(err, &fatal) || !strings.Contains(fatal.Reason, "77") {
		t.Errorf("list: %#v", err)
	}
}

// TestQuota: RetryInfo is the wait where there is no header.
func TestQuota(t *testing.T) {
	t.Parallel()
	d, _ := start(t, fake.Config{PerMinute: 2}, nil)
	if err := d.Check(t.Context(), audience); err != nil {
		t.Fatal(err)
	}
	_, err := d.Push(t.Context(), cdp.Batch{Delivery: audience, Op: cdp.Add, Rows: []cdp.Delta{member(1)}})
	var wait *cdp.Throttled
	if !errors.As(err, &wait) || wait.Code != cdp.RateLimited || wait.After < 50*time.Second || wait.After > time.Minute {
		t.Errorf("%#v", err)
	}
}

func TestOptions(t *testing.T) {
	for option, v := range map[string]string{
		"account": "ads-1", "login_account": "x", "ad_user_data": "yes", "accept_terms": "maybe", "membership_days": "541", "quota_project": "a b", "base_url": "ftp://x",
	} {
		if _, err := datamanager.New(config("http://127.0.0.1:1", map[string]string{option: v})); err == nil || !strings.HasPrefix(err.Error(), option) {
			t.Errorf("%s: %v", option, err)
		}
	}
	got := value[string](t)(datamanager.Endpoint(destination.Config{Options: map[string]string{"account": "123-456"}}))
	if got != "google_data_manager:datamanager.googleapis.com:443/google_ads/123456" {
		t.Error(got)
	}
}
