package sandbox_test

import (
	"bytes"
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/kithdata/kith/internal/sandbox"
)

func TestThePageEscapes(t *testing.T) {
	c := open(t, "", unlimited())
	const evil = `<script>alert(1)</script>`
	c.want(200, "POST", upsertPath, inputs(row("ada@example.com", object{"firstname": evil, "lastname": `" onclick="x`})))
	c.want(200, "POST", "/hubspot/crm/v3/lists", object{"name": evil, "objectTypeId": "0-1", "processingType": "MANUAL"})
	c.push(object{"sync": evil, "object": evil, "rows": []object{change("add", evil, evil, object{evil: evil})}})
	if err := c.s.SetFaults([]sandbox.Fault{{Name: evil, Path: "/" + evil, Do: sandbox.Cut}}); err != nil {
		t.Fatal(err)
	}
	c.want(404, "GET", "/hubspot/%3Cscript%3E?q=%3Cscript%3E", nil)
	a := c.want(200, "GET", "/_sandbox/", nil)
	if bytes.Contains(a.body, []byte("<script")) || bytes.Contains(a.body, []byte(`" onclick`)) {
		t.Errorf("%s", a.body)
	}
	contains(t, a.body, "&lt;script&gt;alert(1)&lt;/script&gt;")
	csp := a.header.Get("Content-Security-Policy")
	if !strings.Contains(csp, "default-src 'none'") || strings.Contains(csp, "unsafe") || strings.Contains(csp, "script-src") {
		t.Error(csp)
	}
	if a.header.Get("X-Content-Type-Options") != "nosniff" {
		t.Error(a.header)
	}
	contains(t, c.want(200, "GET", "/_sandbox/style.css", nil).body, "font")
	c.want(400, "GET", "/_sandbox/state?limit=x", nil)
	contains(t, c.want(200, "GET", "/_sandbox/state?limit=1", nil).body, `"total":1`)
	contains(t, c.want(200, "GET", "/_sandbox/counters", nil).body, `"requests":4`) // admin requests are not counted
	c.want(404, "GET", "/_sandbox/nope", nil)
}

func TestOnlyThisMachine(t *testing.T) {
	c := open(t, "", unlimited())
	c.want(403, "GET", "/_sandbox/", nil, "Host", "attacker.example")
	c.want(403, "POST", upsertPath, upsert("ada@example.com"), "Host", "127.0.0.1.attacker.example")
	c.want(200, "GET", "/_sandbox/", nil, "Host", "localhost:80")
	c.want(200, "GET", "/_sandbox/", nil, "Host", "[::1]:80")
	host := strings.TrimPrefix(c.base, "http://")
	for header, value := range map[string]string{"Origin": "https://attacker.example", "Sec-Fetch-Site": "cross-site"} {
		c.want(403, "POST", "/_sandbox/reset", nil, header, value)
		c.want(403, "POST", upsertPath, upsert("ada@example.com"), header, value)
		c.want(200, "GET", "/_sandbox/state", nil, header, value)
	}
	c.want(403, "POST", "/_sandbox/reset", nil, "Origin", "null")
	c.want(200, "POST", "/_sandbox/reset", nil, "Origin", "http://"+host)
	if n := c.counters(); n.Requests != 0 {
		t.Errorf("%+v", n)
	}
}

func TestOtherAddressesNeedAToken(t *testing.T) {
	s, err := sandbox.Open("", sandbox.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, addr := range []string{":0", "0.0.0.0:0", "[::]:0", "example.com:80", "nonsense"} {
		if base, err := s.Serve(t.Context(), addr); err == nil {
			t.Errorf("%s is served at %s", addr, base)
		}
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}

	opts := unlimited()
	opts.Token = "open sesame"
	c := open(t, "", opts)
	if _, err := c.s.Serve(t.Context(), "0.0.0.0:0"); err != nil {
		t.Error(err)
	}
	c.want(403, "POST", upsertPath, upsert("ada@example.com"))
	c.want(403, "POST", "/~open%20sesam"+upsertPath, upsert("ada@example.com"))
	c.want(200, "POST", "/~open%20sesame"+upsertPath, upsert("ada@example.com"))
	c.want(200, "GET", "/~open%20sesame/_sandbox/", nil)
	c.want(403, "GET", "/_sandbox/", nil)
	c.want(200, "GET", "/_sandbox/", nil, "Authorization", "Bearer open sesame")
	c.want(200, "GET", "/_sandbox/", nil, "Authorization", "Basic OnBlbiBzZXNhbWU=", "Authorization", "Basic Om9wZW4gc2VzYW1l")
	rs, err := c.s.Requests()
	if err != nil || len(rs) != 1 || rs[0].URL != upsertPath {
		t.Errorf("%+v %v", rs, err)
	}
}

func TestConfigureAWebhookByHTTP(t *testing.T) {
	c := open(t, "", unlimited())
	c.want(200, "PUT", "/_sandbox/webhooks/in", object{"results": true, "idempotency_header": "X-Batch"})
	contains(t, c.push(people(change("add", "a", "1", nil)), "X-Batch", "1").body, `"status":"delivered"`)
	c.want(400, "PUT", "/_sandbox/webhooks/in", object{"reslts": true})
}

func TestServeEndsWithItsContext(t *testing.T) {
	s, err := sandbox.Open("", unlimited())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	base, err := s.Serve(ctx, "localhost:0")
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	deadline := time.Now().Add(5 * time.Second)
	for {
		res, err := http.Get(base + "/_sandbox/")
		if err != nil {
			break
		}
		_ = res.Body.Close()
		if time.Now().After(deadline) {
			t.Fatal("still served")
		}
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

func TestBodiesThatAreTooLargeOrPacked(t *testing.T) {
	c := open(t, "", unlimited())
	c.want(413, "POST", upsertPath, strings.Repeat(" ", 33<<20))
	c.want(415, "POST", upsertPath, upsert("ada@example.com"), "Content-Encoding", "gzip")
	if n := c.counters(); n.Requests != 2 || n.Rows != 0 {
		t.Errorf("%+v", n)
	}
}
