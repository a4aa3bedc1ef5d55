package contract

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"regexp"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/kithdata/kith/internal/sandbox"
)

// Methods is a contract of a vendor that publishes messages instead of an OpenAPI document: JSON Schemas, and which of
// them the body and the answer of each method are ("x-methods").
type Methods struct {
	// Prefix is taken from the paths of the requests before they are looked up.
	Prefix string
	// Ignore are paths of other APIs, such as a token endpoint.
	Ignore  []string
	methods []method
}

type method struct {
	verb              string
	path              *regexp.Regexp
	request, response *jsonschema.Schema // nil for none
}

var parameter = regexp.MustCompile(`\\\{[^}]*\\\}`)

// LoadMethods reads a file of JSON Schemas.
func LoadMethods(path string) (*Methods, error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("load contract: %w", err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
	if err != nil {
		return nil, fmt.Errorf("contract %s: %w", path, err)
	}
	var index struct {
		Methods map[string]struct{ Request, Response string } `json:"x-methods"`
	}
	if err := json.Unmarshal(raw, &index); err != nil {
		return nil, fmt.Errorf("contract %s: %w", path, err)
	}
	const url = "contract.json"
	c := jsonschema.NewCompiler()
	if err := c.AddResource(url, doc); err != nil {
		return nil, fmt.Errorf("contract %s: %w", path, err)
	}
	schema := func(name string) (*jsonschema.Schema, error) {
		if name == "" {
			return nil, nil //nolint:nilnil // no body
		}
		return c.Compile(url + "#/$defs/" + name)
	}
	m := &Methods{}
	for key, x := range index.Methods {
		verb, pattern, _ := strings.Cut(key, " ")
		one := method{verb: verb, path: regexp.MustCompile("^" + parameter.ReplaceAllString(regexp.QuoteMeta(pattern), "[^/]+") + "$")}
		if one.request, err = schema(x.Request); err != nil {
			return nil, fmt.Errorf("contract %s: %s: %w", path, key, err)
		}
		if one.response, err = schema(x.Response); err != nil {
			return nil, fmt.Errorf("contract %s: %s: %w", path, key, err)
		}
		m.methods = append(m.methods, one)
	}
	return m, nil
}

// Check returns what is wrong with the requests, and with the answers that are no errors.
func (m *Methods) Check(log []sandbox.Recorded) []Violation {
	var out []Violation
	for _, r := range log {
		url, ok := strings.CutPrefix(r.URL, m.Prefix)
		path, _, _ := strings.Cut(url, "?")
		if !ok || m.ignores(path) {
			continue
		}
		found := m.find(r.Method, path)
		if found == nil {
			out = append(out, violation(r, "path", "", "no documented method"))
			continue
		}
		if !r.Kept {
			continue
		}
		out = append(out, instance(r, "request", found.request, r.Body)...)
		if r.Status >= 200 && r.Status <= 299 && r.Fault == "" {
			out = append(out, instance(r, "response", found.response, r.ResponseBody)...)
		}
	}
	return out
}

func (m *Methods) ignores(path string) bool {
	for _, p := range m.Ignore {
		if p == path {
			return true
		}
	}
	return false
}

func (m *Methods) find(verb, path string) *method {
	for i := range m.methods {
		if x := &m.methods[i]; x.verb == verb && x.path.MatchString(path) {
			return x
		}
	}
	return nil
}

func instance(r sandbox.Recorded, rule string, s *jsonschema.Schema, body []byte) []Violation {
	if s == nil {
		if len(body) > 0 {
			return []Violation{violation(r, rule, "", "a body where none belongs")}
		}
		return nil
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(body))
	if err != nil {
		return []Violation{violation(r, rule, "", "not JSON")}
	}
	var wrong *jsonschema.ValidationError
	if !errors.As(s.Validate(doc), &wrong) {
		return nil
	}
	var out []Violation
	for _, leaf := range leaves(wrong) {
		// The kind of the error, which holds no value.
		out = append(out, violation(r, rule, "/"+strings.Join(leaf.InstanceLocation, "/"), strings.Join(leaf.ErrorKind.KeywordPath(), "/")))
	}
	return out
}

func leaves(e *jsonschema.ValidationError) []*jsonschema.ValidationError {
	if len(e.Causes) == 0 {
		return []*jsonschema.ValidationError{e}
	}
	var out []*jsonschema.ValidationError
	for _, c := range e.Causes {
		out = append(out, leaves(c)...)
	}
	return out
}
