package datamanager

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/kithdata/kith/internal/sandbox/fake"
)

type object = map[string]any

func answer(status int, body any) fake.Reply {
	return fake.Reply{Status: status, Header: fake.JSON(), Body: fake.Marshal(body)}
}

// failure is google.rpc.Status as JSON.
func failure(status int, code, message string, details ...object) fake.Reply {
	return answer(status, object{"error": object{"code": status, "message": message, "status": code, "details": details}})
}

func errorInfo(reason string, metadata map[string]string) object {
	return object{"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": reason, "domain": "datamanager.googleapis.com", "metadata": metadata}
}

func refuse(status int, reason, message string) fake.Reply {
	code := map[int]string{http.StatusNotFound: "NOT_FOUND", http.StatusForbidden: "PERMISSION_DENIED"}[status]
	if code == "" {
		code = "INVALID_ARGUMENT"
	}
	return failure(status, code, message, errorInfo(reason, nil))
}

func refused(reason, message string) action {
	return func(*fake.Tx, *account) fake.Reply { return refuse(http.StatusBadRequest, reason, message) }
}

// Refusal is an answer that a scripted fault asks for.
func (f *Fake) Refusal(status int, expired bool, _ string) fake.Reply {
	switch {
	case status == http.StatusUnauthorized && expired:
		return failure(status, "UNAUTHENTICATED", "Request had invalid authentication credentials.", errorInfo("ACCESS_TOKEN_EXPIRED", nil))
	case status == http.StatusUnauthorized:
		return failure(status, "UNAUTHENTICATED", "Request is missing required authentication credential.", errorInfo("CREDENTIALS_MISSING", nil))
	case status == http.StatusTooManyRequests:
		return exhausted(1)
	case status == http.StatusNotFound:
		return refuse(status, "NOT_FOUND", "Requested entity was not found.")
	case status >= http.StatusInternalServerError:
		return failure(status, "INTERNAL", "Internal error encountered.", errorInfo("INTERNAL_ERROR", nil))
	}
	return refuse(status, "INVALID_ARGUMENT", http.StatusText(status))
}

func exhausted(seconds int64) fake.Reply {
	return failure(http.StatusTooManyRequests, "RESOURCE_EXHAUSTED", "Quota exceeded for quota metric 'Ingestion requests'.",
		errorInfo("RATE_LIMIT_EXCEEDED", map[string]string{"quota_limit": "IngestionRequestsPerMinutePerProject"}),
		object{"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": fmt.Sprintf("%ds", seconds)})
}

// admit counts a request against the quota of a minute.
func (f *Fake) admit(tx *fake.Tx, a *account) (fake.Reply, bool) {
	now := tx.Now.UnixMilli()
	if now >= a.minute.start+60_000 {
		a.minute = window{start: now}
	}
	if f.cfg.PerMinute >= 0 && a.minute.used >= int64(f.cfg.PerMinute) {
		return exhausted((a.minute.start + 60_000 - now + 999) / 1000), true
	}
	a.minute.used++
	encWindow(tx, a)
	return fake.Reply{}, false
}

// token answers the token endpoint: for a refresh token, or for the assertion of a service account.
func (f *Fake) token(r fake.Request) fake.Call {
	form, err := url.ParseQuery(string(r.Body))
	credential := form.Get("refresh_token")
	if form.Get("grant_type") == "urn:ietf:params:oauth:grant-type:jwt-bearer" {
		credential = issuer(form.Get("assertion"))
	}
	call := fake.Call{Route: "/token", Account: Account(credential)}
	call.Run = func(tx *fake.Tx) fake.Reply {
		if err != nil || r.Method != http.MethodPost || credential == "" || strings.HasPrefix(credential, "revoked") {
			return answer(http.StatusBadRequest, object{"error": "invalid_grant", "error_description": "Bad Request"})
		}
		token := f.account(call.Account).issue(tx, f.cfg.TokenLife)
		return answer(http.StatusOK, object{"access_token": token, "expires_in": int(f.cfg.TokenLife / time.Second), "token_type": "Bearer"})
	}
	return call
}

type identifier struct {
	Email   string            `json:"emailAddress"`
	Phone   string            `json:"phoneNumber"`
	Address map[string]string `json:"address"`
}

type membersRequest struct {
	Destinations []struct {
		Operating struct {
			Type string `json:"accountType"`
			ID   string `json:"accountId"`
		} `json:"operatingAccount"`
		Login *struct {
			Type string `json:"accountType"`
			ID   string `json:"accountId"`
		} `json:"loginAccount"`
		List string `json:"productDestinationId"`
	} `json:"destinations"`
	Members []struct {
		User struct {
			Identifiers []identifier `json:"userIdentifiers"`
		} `json:"userData"`
	} `json:"audienceMembers"`
	Consent      map[string]string `json:"consent"`
	ValidateOnly bool              `json:"validateOnly"`
	Encoding     string            `json:"encoding"`
	Terms        struct {
		Status string `json:"customerMatchTermsOfServiceStatus"`
	} `json:"termsOfService"`
}

// members takes a request as a whole, or refuses it as a whole.
func members(f *Fake, r fake.Request, ingest bool) action {
	var in membersRequest
	dec := json.NewDecoder(bytes.NewReader(r.Body))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&in); err != nil {
		return refused("INVALID_ARGUMENT", "Invalid JSON payload received.")
	}
	switch {
	case len(in.Destinations) != 1:
		return refused("INVALID_DESTINATION", "One destination is expected.")
	case len(in.Members) == 0:
		return refused("REQUIRED_FIELD_MISSING", "Audience members are missing.")
	case len(in.Members) > 10_000:
		return refused("TOO_MANY_AUDIENCE_MEMBERS", "At most 10000 audience members are allowed.")
	case in.Encoding != "HEX":
		return refused("INVALID_ENUM_VALUE", "The encoding is missing.")
	case ingest && f.cfg.NoTerms && in.Terms.Status != "ACCEPTED":
		return refused("TERMS_AND_CONDITIONS_NOT_SIGNED", "The terms of service are not signed.")
	}
	req := request{List: in.Destinations[0].List, Ingest: ingest, Status: "PROCESSING", Records: len(in.Members)}
	for i, m := range in.Members {
		list, reason, field := idents(m.User.Identifiers)
		if reason != "" {
			return f.badMember(i, field, reason)
		}
		req.Members = append(req.Members, list)
		req.Idents += len(list)
	}
	return func(tx *fake.Tx, a *account) fake.Reply {
		if a.lists[req.List] == nil {
			return refuse(http.StatusBadRequest, "INVALID_USER_LIST_ID", "The user list does not exist.")
		}
		if in.ValidateOnly {
			return answer(http.StatusOK, object{})
		}
		stored := req
		stored.ID = fmt.Sprintf("req-%s-%d", a.id, a.next(tx))
		stored.Made = tx.Now
		stored.Due = tx.Now.Add(f.cfg.JobTime + time.Duration(tx.Rand()%uint64(f.cfg.JobTime)))
		if f.cfg.FailEvery > 0 && (len(a.requests)+1)%f.cfg.FailEvery == 0 {
			stored.Fail = f.cfg.FailReason
		}
		a.setRequest(&stored)
		a.write(tx, opRequest, &stored)
		reply := answer(http.StatusOK, object{"requestId": stored.ID})
		reply.Rows = stored.Records
		return reply
	}
}

func (f *Fake) badMember(i int, field, reason string) action {
	details := []object{errorInfo(reason, nil)}
	if !f.cfg.Anonymous {
		details = append(details, object{"@type": "type.googleapis.com/google.rpc.BadRequest", "fieldViolations": []object{{
			"field": fmt.Sprintf("audience_members.audience_members[%d].user_data.%s", i, field), "description": "The value is not valid.", "reason": reason,
		}}})
	}
	return func(*fake.Tx, *account) fake.Reply {
		reply := failure(http.StatusBadRequest, "INVALID_ARGUMENT", "There was a problem with the request.", details...)
		reply.Rejected = 1
		return reply
	}
}

var (
	hexHash = regexp.MustCompile(`^[0-9a-f]{64}$`)
	iso     = regexp.MustCompile(`^[A-Z]{2}$`)
)

// idents reads the identifiers of a member, or says what is wrong.
func idents(list []identifier) (out []string, reason, field string) {
	switch {
	case len(list) == 0:
		return nil, "NO_IDENTIFIERS_PROVIDED", "user_identifiers"
	case len(list) > 10:
		return nil, "TOO_MANY_USER_IDENTIFIERS", "user_identifiers"
	}
	for i, x := range list {
		at := fmt.Sprintf("user_identifiers[%d].", i)
		switch {
		case x.Email == magic():
			return nil, "INVALID_AUDIENCE_MEMBER", at + "email_address"
		case x.Email != "" && !hexHash.MatchString(x.Email):
			return nil, "INVALID_SHA256_FORMAT", at + "email_address"
		case x.Phone != "" && !hexHash.MatchString(x.Phone):
			return nil, "INVALID_SHA256_FORMAT", at + "phone_number"
		case x.Email != "":
			out = append(out, "email:"+x.Email)
		case x.Phone != "":
			out = append(out, "phone:"+x.Phone)
		case !hexHash.MatchString(x.Address["givenName"]), !hexHash.MatchString(x.Address["familyName"]):
			return nil, "INVALID_SHA256_FORMAT", at + "address"
		case !iso.MatchString(x.Address["regionCode"]), x.Address["postalCode"] == "":
			return nil, "REQUIRED_FIELD_MISSING", at + "address"
		default:
			out = append(out, "address:"+x.Address["givenName"]+x.Address["familyName"]+x.Address["regionCode"]+x.Address["postalCode"])
		}
	}
	return out, "", ""
}

// advance processes the requests whose time has come, in the order in which they end.
func (f *Fake) advance(tx *fake.Tx, a *account) {
	due := slices.DeleteFunc(slices.Clone(a.open), func(id string) bool { return tx.Now.Before(a.requests[id].Due) })
	slices.SortStableFunc(due, func(x, y string) int { return a.requests[x].Due.Compare(a.requests[y].Due) })
	for _, id := range due {
		r := *a.requests[id]
		r.Errors = map[string]int{}
		switch {
		case r.Fail != "":
			r.Errors["PROCESSING_ERROR_REASON_"+r.Fail] = r.Records
		default:
			for _, m := range r.Members {
				if r.Ingest && slices.ContainsFunc(m, func(x string) bool { return slices.Contains(f.cfg.Unprocessed, strings.TrimPrefix(x, "email:")) }) {
					r.Errors["PROCESSING_ERROR_REASON_INVALID_FORMAT"]++
					continue
				}
				a.change(tx, a.lists[r.List], r.Ingest, m)
			}
		}
		wrong := 0
		for _, n := range r.Errors {
			wrong += n
		}
		switch wrong {
		case 0:
			r.Status = "SUCCESS"
		case r.Records:
			r.Status = "FAILED"
		default:
			r.Status = "PARTIAL_SUCCESS"
		}
		r.Members = nil
		a.setRequest(&r)
		a.write(tx, opRequest, &r)
	}
}

func (f *Fake) retrieve(id string) action {
	return func(tx *fake.Tx, a *account) fake.Reply {
		r := a.requests[id]
		if r == nil || tx.Now.Before(r.Made.Add(f.cfg.KnownAfter)) {
			return refuse(http.StatusNotFound, "INVALID_REQUEST_ID", "The request id is not known.")
		}
		status := object{"requestStatus": r.Status, "destination": object{"operatingAccount": object{"accountType": "GOOGLE_ADS", "accountId": "1"}, "productDestinationId": r.List}}
		counts := object{"recordCount": strconv.Itoa(r.Records), "userIdentifierCount": strconv.Itoa(r.Idents)}
		if r.Ingest {
			counts["uploadMatchRateRange"] = "MATCH_RATE_RANGE_61_TO_70"
			status["audienceMembersIngestionStatus"] = object{"userDataIngestionStatus": counts}
		} else {
			status["audienceMembersRemovalStatus"] = object{"userDataRemovalStatus": counts}
		}
		if len(r.Errors) > 0 {
			var list []object
			for reason, n := range r.Errors {
				list = append(list, object{"reason": reason, "recordCount": strconv.Itoa(n)})
			}
			status["errorInfo"] = object{"errorCounts": list}
		}
		return answer(http.StatusOK, object{"requestStatusPerDestination": []object{status}})
	}
}
