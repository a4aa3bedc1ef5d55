// Package contract holds recorded requests against what a vendor has published: an OpenAPI document, and the rules that
// such documents do not enforce (rows and bytes of a batch, headers). It is for tests.
//
//	c, err := contract.Load(contract.Shared(t, "klaviyo/reverse-etl.json"))
//	c.Rules = contract.Klaviyo()
//	recorder := &contract.Recorder{Next: vendorFake}   // or the requests of a sandbox
//	// ... let the destination push to httptest.NewServer(recorder) ...
//	for _, v := range c.Check(recorder.Requests()) {
//		t.Error(v)
//	}
package contract

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/gorillamux"

	"github.com/kithdata/kith/internal/sandbox"
)

// Violation is one way in which one request or answer departs from its contract. Message never holds a value.
type Violation struct {
	Seq     int64 // of the recorded request
	Method  string
	Path    string
	Rule    string // "path", "request", "response", or the name of a rule of ours
	Where   string // a JSON pointer into the body, or the name of a parameter or header
	Message string
}

// String is one line for a test's log.
func (v Violation) String() string {
	s := fmt.Sprintf("#%d %s %s: %s", v.Seq, v.Method, v.Path, v.Rule)
	if v.Where != "" {
		s += " at " + v.Where
	}
	return s + ": " + v.Message
}

func violation(r sandbox.Recorded, rule, where, message string) Violation {
	path, _, _ := strings.Cut(r.URL, "?")
	return Violation{Seq: r.Seq, Method: r.Method, Path: path, Rule: rule, Where: where, Message: message}
}

// Contract is a loaded document and the rules beside it.
type Contract struct {
	// Prefix is taken from the paths of the requests before they are looked up, such as "/klaviyo".
	Prefix string
	// Rules are checked besides the document.
	Rules []Rule
	// Responses has the answers checked as well: whether a fake keeps to the contract.
	Responses bool

	router routers.Router
}

const host = "http://contract.invalid"

// documents are what has been loaded: path -> func() (routers.Router, error). A vendor's is large, and validated.
var documents sync.Map

// Load reads an OpenAPI 3 document, the first time that it is asked for.
func Load(path string) (*Contract, error) {
	once, _ := documents.LoadOrStore(path, sync.OnceValues(func() (routers.Router, error) { return load(path) }))
	router, err := once.(func() (routers.Router, error))() //nolint:errcheck // nothing else is stored
	if err != nil {
		return nil, err
	}
	return &Contract{router: router}, nil
}

func load(path string) (routers.Router, error) {
	doc, err := openapi3.NewLoader().LoadFromFile(path)
	if err != nil {
		return nil, fmt.Errorf("load contract: %w", err)
	}
	doc.Servers = openapi3.Servers{{URL: host}} // whatever the vendor's host, ours is what was recorded
	err = doc.Validate(context.Background(), openapi3.DisableExamplesValidation(), openapi3.DisableSchemaDefaultsValidation())
	if err != nil {
		return nil, fmt.Errorf("contract %s: %w", path, err)
	}
	router, err := gorillamux.NewRouter(doc)
	if err != nil {
		return nil, fmt.Errorf("contract %s: %w", path, err)
	}
	return router, nil
}

// Check returns what is wrong with the requests. Of a request whose body was not kept only path, method and rules
// without a body are checked.
func (c *Contract) Check(log []sandbox.Recorded) []Violation {
	var out []Violation
	for _, r := range log {
		url, ok := strings.CutPrefix(r.URL, c.Prefix)
		if !ok {
			continue
		}
		out = append(out, c.check(r, url)...)
		for _, rule := range c.Rules {
			out = append(out, rule.check(r, url)...)
		}
	}
	return out
}

func (c *Contract) check(r sandbox.Recorded, url string) []Violation {
	req, err := http.NewRequest(r.Method, host+url, bytes.NewReader(r.Body))
	if err != nil {
		return []Violation{violation(r, "path", "", "not a URL")}
	}
	if r.Header != nil {
		req.Header = r.Header.Clone()
	}
	route, params, err := c.router.FindRoute(req)
	if err != nil {
		return []Violation{violation(r, "path", "", err.Error())}
	}
	if !r.Kept {
		return nil
	}
	in := &openapi3filter.RequestValidationInput{
		Request: req, PathParams: params, Route: route,
		Options: &openapi3filter.Options{
			MultiError: true, AuthenticationFunc: openapi3filter.NoopAuthenticationFunc, IncludeResponseStatus: true,
			SkipSettingDefaults: true, // a required header with a default is still required
		},
	}
	var out []Violation
	for _, p := range problems(openapi3filter.ValidateRequest(context.Background(), in)) {
		out = append(out, violation(r, "request", p.where, p.message))
	}
	if !c.Responses || r.Status == 0 || r.Fault != "" {
		return out
	}
	answer := &openapi3filter.ResponseValidationInput{
		RequestValidationInput: in, Status: r.Status, Header: r.ResponseHeader, Options: in.Options,
		Body: io.NopCloser(bytes.NewReader(r.ResponseBody)),
	}
	for _, p := range problems(openapi3filter.ValidateResponse(context.Background(), answer)) {
		out = append(out, violation(r, "response", p.where, p.message))
	}
	return out
}

type problem struct{ where, message string }

// problems flattens kin-openapi's errors. Of a schema error only the reason is taken, which holds no value.
func problems(err error) []problem {
	switch e := err.(type) { //nolint:errorlint // the tree is walked from its root, wrapped errors by their own case
	case nil:
		return nil
	case openapi3.MultiError:
		var out []problem
		for _, one := range e {
			out = append(out, problems(one)...)
		}
		return out
	case *openapi3filter.RequestError:
		where := ""
		if e.Parameter != nil {
			where = e.Parameter.Name
		}
		return wrapped(where, e.Reason, e.Err)
	case *openapi3filter.ResponseError:
		return wrapped("", e.Reason, e.Err)
	case *openapi3.SchemaError:
		return []problem{{"/" + strings.Join(e.JSONPointer(), "/"), e.Reason}}
	case *openapi3filter.ParseError:
		return []problem{{"", "the body or a parameter cannot be read: " + e.Reason}}
	}
	return []problem{{"", err.Error()}}
}

func wrapped(where, reason string, err error) []problem {
	inner := problems(err)
	if len(inner) == 0 || errors.Is(err, openapi3filter.ErrInvalidRequired) {
		inner = []problem{{"", strings.TrimSpace(reason)}}
		if err != nil {
			inner[0].message = strings.TrimSpace(reason + " " + err.Error())
		}
	}
	for i := range inner {
		if inner[i].where == "" {
			inner[i].where = where
		}
	}
	return inner
}
