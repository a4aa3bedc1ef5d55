package hubspot

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/kithdata/kith/internal/sandbox/fake"
)

const (
	catValidation = "VALIDATION_ERROR"
	catNotFound   = "OBJECT_NOT_FOUND"
	catConflict   = "CONFLICT"
)

// failure is HubSpot's shape of a refused request.
type failure struct {
	Status        string              `json:"status"`
	Message       string              `json:"message"`
	ErrorType     string              `json:"errorType,omitempty"`
	CorrelationID string              `json:"correlationId"`
	PolicyName    string              `json:"policyName,omitempty"`
	RequestID     string              `json:"requestId,omitempty"`
	Category      string              `json:"category,omitempty"`
	SubCategory   string              `json:"subCategory,omitempty"`
	Context       map[string][]string `json:"context,omitempty"`
	Errors        []detail            `json:"errors,omitempty"`
}

type detail struct {
	Message string              `json:"message"`
	Code    string              `json:"code,omitempty"`
	Context map[string][]string `json:"context,omitempty"`
}

func answer(status int, body any) fake.Reply {
	return fake.Reply{Status: status, Header: fake.JSON(), Body: fake.Marshal(body)}
}

func fail(tx *fake.Tx, status int, category, message string, details ...detail) fake.Reply {
	return answer(status, failure{
		Status: "error", Message: message, CorrelationID: id(tx), Category: category, Errors: details,
	})
}

func refuse(status int, category, message string) action {
	return func(tx *fake.Tx, _ *portal) fake.Reply { return fail(tx, status, category, message) }
}

func badRequest(message string) action {
	return refuse(http.StatusBadRequest, catValidation, message)
}

// id makes a correlation id.
func id(tx *fake.Tx) string {
	a, b := tx.Rand(), tx.Rand()
	return fmt.Sprintf("%08x-%04x-4%03x-8%03x-%012x", a>>32, a>>16&0xffff, a&0xfff, b>>52, b&0xffffffffffff)
}

// Refusal is an answer that a scripted fault asks for.
func (f *Fake) Refusal(status int, expired bool, correlation string) fake.Reply {
	body := failure{Status: "error", CorrelationID: correlation}
	switch {
	case status == http.StatusUnauthorized && expired:
		body.Category = "EXPIRED_AUTHENTICATION"
		body.Message = "The OAuth token used to make this call expired."
	case status == http.StatusUnauthorized:
		body.Category = "INVALID_AUTHENTICATION"
		body.Message = "Authentication credentials not found. This API supports OAuth 2.0 authentication and you can " +
			"find more details at https://developers.hubspot.com/docs/methods/auth/oauth-overview"
	case status == http.StatusTooManyRequests:
		body = limited("TEN_SECONDLY_ROLLING", correlation)
	case status >= http.StatusInternalServerError:
		body.Message = "internal error"
	default:
		body.Category = catValidation
		body.Message = http.StatusText(status)
	}
	return answer(status, body)
}

// decode reads a JSON body into v, or says how HubSpot refuses it.
func decode(q query, v any) action {
	if !isJSON(q.Header) {
		return refuse(http.StatusUnsupportedMediaType, catValidation, "HTTP 415 Unsupported Media Type")
	}
	err := json.Unmarshal(q.Body, v)
	var wrong *json.UnmarshalTypeError
	switch {
	case errors.As(err, &wrong):
		return badRequest(fmt.Sprintf("Invalid input JSON at offset %d (%s): cannot deserialize value of type %s from %s",
			wrong.Offset, wrong.Field, wrong.Type, wrong.Value))
	case err != nil:
		return badRequest("Invalid input JSON: " + err.Error())
	}
	return nil
}

const stampLayout = "2006-01-02T15:04:05.000Z"

func stamp(ms int64) string { return time.UnixMilli(ms).UTC().Format(stampLayout) }
