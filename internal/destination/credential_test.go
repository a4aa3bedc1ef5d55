package destination_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/kithdata/kith/internal/destination"
)

// TestExpiredCredential: many workers meet an expired token at once; it is resolved
// anew once for all of them, and every request arrives whole.
func TestExpiredCredential(t *testing.T) {
	for name, c := range map[string]struct {
		tokens   []string // as they are resolved, one after the other
		status   int
		resolved int64
	}{
		"renewed":     {[]string{"old-token-1", "new-token-2", "third-3"}, 200, 2},
		"still old":   {[]string{"old-token-1", "old-token-1", "new-token-2"}, 401, 2},
		"cannot tell": {[]string{"old-token-1", ""}, 401, 2},
	} {
		t.Run(name, func(t *testing.T) {
			var resolved atomic.Int64
			var mu sync.Mutex
			bodies := map[string]int{}
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				b, _ := io.ReadAll(r.Body)
				if r.Header.Get("Authorization") != "Bearer new-token-2" {
					w.WriteHeader(http.StatusUnauthorized)
					return
				}
				mu.Lock()
				bodies[string(b)]++
				mu.Unlock()
			}))
			defer server.Close()
			client, err := destination.NewClient(destination.Config{
				Name: "x", Type: "webhook", AllowPrivate: true, Options: map[string]string{"base_url": server.URL},
				Secret: func(string) (string, error) {
					n := resolved.Add(1)
					if int(n) > len(c.tokens) || c.tokens[n-1] == "" {
						return "", fmt.Errorf("no token")
					}
					return c.tokens[n-1], nil
				},
			}, destination.ClientOptions{Secret: "token", Authorize: destination.Bearer})
			if err != nil {
				t.Fatal(err)
			}
			defer client.Close() //nolint:errcheck // idle connections
			var all sync.WaitGroup
			for i := range 40 {
				all.Go(func() {
					body := fmt.Sprintf(`{"n":%d,"pad":"%s"}`, i, strings.Repeat("x", 10_000))
					a, err := client.Do(context.Background(), destination.Request{Method: "POST", Path: "/", Body: []byte(body)})
					if err != nil || a.Status != c.status {
						t.Errorf("%v %v", a, err)
					}
				})
			}
			all.Wait()
			if n := resolved.Load(); n != c.resolved {
				t.Errorf("the secret was resolved %d times", n)
			}
			if want := map[int]int{200: 40, 401: 0}[c.status]; len(bodies) != want {
				t.Errorf("%d bodies arrived", len(bodies))
			}
		})
	}
}
