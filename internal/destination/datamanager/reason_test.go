package datamanager_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/destination/datamanager"
	"github.com/kithdata/kith/internal/sandbox/contract"
)

// refusedWith is the error of a push of three members that is answered with an error of
// some details, after the list of the audience was found.
func refusedWith(t *testing.T, status int, code, details string) error {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		switch {
		case r.URL.Path == "/token":
			_, _ = fmt.Fprint(w, `{"access_token":"made-up","expires_in":3600,"token_type":"Bearer"}`)
		case r.Method == http.MethodGet:
			_, _ = fmt.Fprintf(w, `{"userLists":[{"id":"7","displayName":%q}]}`, audience.Remote)
		default:
			w.WriteHeader(status)
			_, _ = fmt.Fprintf(w, `{"error":{"code":%d,"status":%q,"message":"There was a problem with the request.","details":[%s]}}`, status, code, details)
		}
	}))
	defer server.Close()
	d := value[cdp.Destination](t)(datamanager.New(config(server.URL, nil)))
	defer func() { _ = d.Close() }()
	_, err := d.Push(t.Context(), cdp.Batch{Delivery: audience, Op: cdp.Add, Rows: []cdp.Delta{member(1), member(2), member(3)}})
	return err
}

func info(reason string) string {
	return fmt.Sprintf(`{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":%q,"domain":"datamanager.googleapis.com"}`, reason)
}

func violation(field, reason string) string {
	return fmt.Sprintf(`{"@type":"type.googleapis.com/google.rpc.BadRequest","fieldViolations":[{"field":%q,"description":"The value is not valid.","reason":%q}]}`, field, reason)
}

// ofMembers are the reasons of Google's enum that members of a request may be to blame for:
// of these a smaller request is the way out.
var ofMembers = []string{
	"ERROR_REASON_UNSPECIFIED", "INVALID_ARGUMENT", "REQUIRED_FIELD_MISSING", "INVALID_FORMAT", "INVALID_HEX_ENCODING", "INVALID_BASE64_ENCODING",
	"INVALID_SHA256_FORMAT", "INVALID_POSTAL_CODE", "INVALID_COUNTRY_CODE", "INVALID_AUDIENCE_MEMBER", "TOO_MANY_AUDIENCE_MEMBERS",
	"TOO_MANY_USER_IDENTIFIERS", "INVALID_MOBILE_ID_FORMAT", "INVALID_NUMBER_FORMAT", "NO_IDENTIFIERS_PROVIDED", "FIELD_VALUE_TOO_LONG",
	"FIELD_VALUE_TOO_SHORT", "TOO_MANY_ELEMENTS", "TOO_FEW_ELEMENTS", "INVALID_REGION_CODE",
}

// TestReasons: of every reason that Google documents either the request is split, or the run
// ends with what to do; never is a batch taken apart for what is wrong with the account.
func TestReasons(t *testing.T) {
	t.Parallel()
	raw := value[[]byte](t)(os.ReadFile(contract.Shared(t, "google-datamanager/error.proto")))
	var enum []string
	for _, m := range regexp.MustCompile(`(?m)^  ([A-Z0-9_]+) = \d+`).FindAllSubmatch(raw, -1) {
		enum = append(enum, string(m[1]))
	}
	if len(enum) < 120 {
		t.Fatalf("%d reasons in the contract", len(enum))
	}
	for _, reason := range ofMembers {
		if !slices.Contains(enum, reason) {
			t.Errorf("%s is no reason of Google's", reason)
		}
	}
	for _, reason := range enum {
		err := refusedWith(t, http.StatusBadRequest, "INVALID_ARGUMENT", info(reason))
		var (
			no    *cdp.Refused
			fatal *cdp.Fatal
		)
		split, ends := errors.As(err, &no), errors.As(err, &fatal)
		if want := slices.Contains(ofMembers, reason); split != want || ends == want {
			t.Errorf("%s: %#v", reason, err)
		}
		if ends && (!strings.Contains(fatal.Reason, reason) || fatal.Help == "") {
			t.Errorf("%s: %q, help %q", reason, fatal.Reason, fatal.Help)
		}
		if split && no.Row != -1 {
			t.Errorf("%s: row %d", reason, no.Row)
		}
	}
}

// TestReasonsTogether: what decides where an answer has several reasons, none, or one that
// is not known yet.
func TestReasonsTogether(t *testing.T) {
	t.Parallel()
	member1 := "audience_members.audience_members[1].user_data.user_identifiers[0].email_address"
	for name, c := range map[string]struct {
		status        int
		code, details string
		row           int // -1 of a request that is split, -2 where the run ends
		help          string
	}{
		"nothing but the status":             {400, "INVALID_ARGUMENT", "", -1, ""},
		"a violation without a reason":       {400, "INVALID_ARGUMENT", violation("audience_members[1].user_data", ""), 1, ""},
		"the member that is named":           {400, "INVALID_ARGUMENT", info("INVALID_ARGUMENT") + "," + violation(member1, "INVALID_SHA256_FORMAT"), 1, ""},
		"the account, beside the general":    {400, "INVALID_ARGUMENT", info("INVALID_ARGUMENT") + "," + violation("destinations[0]", "EU_POLITICAL_ADVERTISING_DECLARATION_REQUIRED"), -2, "political"},
		"a general reason of a destination":  {400, "INVALID_ARGUMENT", violation("destinations.destinations[0].operating_account", "REQUIRED_FIELD_MISSING"), -2, "account"},
		"a reason of members, another state": {400, "FAILED_PRECONDITION", info("INVALID_HEX_ENCODING"), -1, ""},
		"a state of the account":             {400, "FAILED_PRECONDITION", "", -2, ""},
		"the list is not there":              {404, "NOT_FOUND", info("NOT_FOUND"), -2, "audience"},
		"an unknown reason":                  {400, "INVALID_ARGUMENT", info("ACCOUNT_ON_THE_MOON"), -2, ""},
		"an unknown reason of a member":      {400, "INVALID_ARGUMENT", violation(member1, "MEMBER_ON_THE_MOON"), 1, ""},
	} {
		err := refusedWith(t, c.status, c.code, c.details)
		var (
			no    *cdp.Refused
			fatal *cdp.Fatal
		)
		switch {
		case c.row == -2:
			if !errors.As(err, &fatal) || fatal.Help == "" || !strings.Contains(fatal.Help, c.help) {
				t.Errorf("%s: %#v", name, err)
			}
		case !errors.As(err, &no) || no.Row != c.row:
			t.Errorf("%s: %#v", name, err)
		}
	}
}
