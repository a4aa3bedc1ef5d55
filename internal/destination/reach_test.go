package destination_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/destination"
)

// TestReach: a host is connected to, with TLS where that is asked for, and gets no request.
func TestReach(t *testing.T) {
	none := http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("a request") })
	plain, secured, closed := httptest.NewServer(none), httptest.NewTLSServer(none), httptest.NewServer(none)
	defer plain.Close()
	defer secured.Close()
	closed.Close()
	reach := func(base string) error {
		return client(t, config(base), destination.ClientOptions{}).Reach(t.Context())
	}
	if err := reach(plain.URL); err != nil {
		t.Error(err)
	}
	var away *cdp.Throttled
	if err := reach(closed.URL); !errors.As(err, &away) {
		t.Errorf("nobody listens: %v", err)
	}
	var fatal *cdp.Fatal
	if err := reach(secured.URL); !errors.As(err, &fatal) {
		t.Errorf("a certificate that is not trusted: %v", err)
	}
}
