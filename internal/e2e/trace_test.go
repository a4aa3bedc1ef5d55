package e2e

import (
	"bytes"
	"encoding/hex"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	common "go.opentelemetry.io/proto/otlp/common/v1"
	trace "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"
)

// collector receives OTLP over HTTP, as an OpenTelemetry collector does.
type collector struct {
	url string

	mu      sync.Mutex
	bodies  [][]byte
	service []*common.KeyValue // of the last body
	spans   []*trace.Span
	failed  []string
}

func newCollector(t *testing.T) *collector {
	t.Helper()
	c := &collector{}
	s := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { c.receive(r) }))
	t.Cleanup(s.Close)
	c.url = s.URL
	return c
}

func (c *collector) receive(r *http.Request) {
	body, err := io.ReadAll(r.Body)
	c.mu.Lock()
	defer c.mu.Unlock()
	if err != nil || r.URL.Path != "/v1/traces" || r.Header.Get("Content-Type") != "application/x-protobuf" {
		c.failed = append(c.failed, r.Method+" "+r.URL.Path+" "+r.Header.Get("Content-Type"))
		return
	}
	var data trace.TracesData // what an export request is on the wire
	if err := proto.Unmarshal(body, &data); err != nil {
		c.failed = append(c.failed, err.Error())
		return
	}
	c.bodies = append(c.bodies, body)
	for _, of := range data.GetResourceSpans() {
		c.service = of.GetResource().GetAttributes()
		for _, scope := range of.GetScopeSpans() {
			c.spans = append(c.spans, scope.GetSpans()...)
		}
	}
}

func attribute(list []*common.KeyValue, key string) string {
	i := slices.IndexFunc(list, func(kv *common.KeyValue) bool { return kv.GetKey() == key })
	if i < 0 {
		return ""
	}
	return list[i].GetValue().GetStringValue()
}

// check looks for the trace of a run that succeeded, and its statements within it, and
// for what must not be in a trace.
func (c *collector) check(t *testing.T, task string, secrets ...string) {
	t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, problem := range c.failed {
		t.Errorf("the collector was sent %s", problem)
	}
	if name := attribute(c.service, "service.name"); name != "kith" {
		t.Errorf("the spans are of service %q", name)
	}
	i := slices.IndexFunc(c.spans, func(s *trace.Span) bool {
		return s.GetName() == task && attribute(s.GetAttributes(), "kith.status") == "succeeded"
	})
	if i < 0 {
		t.Fatalf("no trace of %s among %d spans", task, len(c.spans))
	}
	run := c.spans[i]
	for _, key := range []string{"kith.run", "kith.tick", "kith.kind"} {
		if attribute(run.GetAttributes(), key) == "" {
			t.Errorf("the run has no %s", key)
		}
	}
	if len(run.GetParentSpanId()) != 0 {
		t.Error("the run lies within something else")
	}
	within := map[string]int{}
	for _, s := range c.spans {
		if s != run && bytes.Equal(s.GetTraceId(), run.GetTraceId()) {
			within[s.GetName()]++
			if !bytes.Equal(s.GetParentSpanId(), run.GetSpanId()) || s.GetKind() != trace.Span_SPAN_KIND_CLIENT {
				t.Errorf("%s is a %v below %s", s.GetName(), s.GetKind(), hex.EncodeToString(s.GetParentSpanId()))
			}
			if s.GetStartTimeUnixNano() < run.GetStartTimeUnixNano() || s.GetEndTimeUnixNano() > run.GetEndTimeUnixNano() {
				t.Errorf("%s lies outside of its run", s.GetName())
			}
		}
	}
	for _, name := range []string{"baseline", "changeset", "append"} {
		if within[name] == 0 {
			t.Errorf("no span %s in the run: %v", name, within)
		}
	}
	all := string(bytes.Join(c.bodies, nil))
	for _, text := range append(secrets, "SELECT", "INSERT") {
		if strings.Contains(all, text) {
			t.Errorf("a trace holds %q", text)
		}
	}
}
