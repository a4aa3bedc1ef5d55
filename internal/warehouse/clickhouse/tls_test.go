package clickhouse_test

import (
	"crypto/tls"
	"encoding/pem"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/warehouse/clickhouse"
)

// secured puts TLS in front of a port, with the certificate of httptest (for
// 127.0.0.1 and example.com), and returns its address and the file of its CA.
func secured(t *testing.T, to string) (addr, ca string) {
	t.Helper()
	s := httptest.NewTLSServer(http.NotFoundHandler())
	defer s.Close()
	l, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: s.TLS.Certificates, MinVersion: tls.VersionTLS12})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go relay(c, to)
		}
	}()
	ca = filepath.Join(t.TempDir(), "ca.pem")
	block := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw})
	if err := os.WriteFile(ca, block, 0o600); err != nil {
		t.Fatal(err)
	}
	return l.Addr().String(), ca
}

func relay(c net.Conn, to string) {
	defer c.Close() //nolint:errcheck // the test is over
	if tc, ok := c.(*tls.Conn); !ok || tc.Handshake() != nil {
		return
	}
	s, err := net.Dial("tcp", to)
	if err != nil {
		return
	}
	go func() {
		_, _ = io.Copy(s, c)
		_ = s.Close()
	}()
	_, _ = io.Copy(c, s)
}

func TestTLS(t *testing.T) {
	for _, p := range []clickhouse.Protocol{clickhouse.Native, clickhouse.HTTP} {
		cfg := serverConfig(t, p)
		addr, ca := secured(t, cfg.Addr[0])
		cfg.Addr, cfg.Secure = []string{addr}, true
		for name, test := range map[string]struct {
			change func(*clickhouse.Config)
			says   string
		}{
			"unknown CA": {func(*clickhouse.Config) {}, "certificate"},
			"CA file":    {func(c *clickhouse.Config) { c.CAFile = ca }, ""},
			"name":       {func(c *clickhouse.Config) { c.CAFile, c.ServerName = ca, "example.com" }, ""},
			"wrong name": {func(c *clickhouse.Config) { c.CAFile, c.ServerName = ca, "kith.test" }, "kith.test"},
			"any":        {func(c *clickhouse.Config) { c.SkipVerify = true }, ""},
		} {
			t.Run(string(p)+"/"+name, func(t *testing.T) {
				c := cfg
				test.change(&c)
				w, err := clickhouse.Open(t.Context(), c, nil)
				if test.says != "" {
					if !errors.Is(err, cdp.ErrUnreachable) || !strings.Contains(err.Error(), test.says) {
						t.Errorf("got %v", err)
					}
					return
				}
				if err != nil {
					t.Fatal(err)
				}
				defer w.Close() //nolint:errcheck // the test is over
				for row, err := range w.Query(t.Context(), cdp.Statement{SQL: "SELECT 'over TLS'"}) {
					if err != nil || row[0] != "over TLS" {
						t.Errorf("got %v, %v", row, err)
					}
				}
			})
		}
	}
}

// TestRedirect: credentials do not follow a redirect.
func TestRedirect(t *testing.T) {
	var asked int
	target := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked++ }))
	defer target.Close()
	s := httptest.NewServer(http.RedirectHandler(target.URL, http.StatusTemporaryRedirect))
	defer s.Close()
	_, err := clickhouse.Open(t.Context(), clickhouse.Config{
		Addr: []string{s.Listener.Addr().String()}, Protocol: clickhouse.HTTP, Password: "s3cret-password",
	}, nil)
	if err == nil || !strings.Contains(err.Error(), "redirect") || strings.Contains(err.Error(), "s3cret") || asked > 0 {
		t.Errorf("asked %d times; got %v", asked, err)
	}
}
