package webhook_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/kithdata/kith/internal/destination/webhook"
)

var digits = regexp.MustCompile(`…[0-9a-f]{12}`)

// TestShown: of the path of an incoming webhook no part that may be a credential is shown.
func TestShown(t *testing.T) {
	for endpoint, want := range map[string]string{
		"webhook:hooks.slack.com:443/services/T0/B0/x object people": "webhook:hooks.slack.com:443/services/… object people",
		"webhook:hooks.zapier.com:443/hooks/catch/1234567/abcdefg/":  "webhook:hooks.zapier.com:443/hooks/…",
		"webhook:hook.eu1.make.com:443/abcdefghijklmnopqrstuvwxyz12": "webhook:hook.eu1.make.com:443/…",
		"webhook:n8n.example.com:443/webhook/2f4c-11ee":              "webhook:n8n.example.com:443/webhook/…",
		"webhook:[::1]:9/x/y":                            "webhook:[::1]:9/x/…",
		"webhook:example.com:443/people":                 "webhook:example.com:443/people",
		"webhook:example.com:443/people/":                "webhook:example.com:443/people/",
		"webhook:example.com:443/":                       "webhook:example.com:443/",
		`{"error":"to \"webhook:a:1/x/y\" so far"}`:      `{"error":"to \"webhook:a:1/x/…\" so far"}`,
		"hubspot:api.hubapi.com:443/7654321 object":      "hubspot:api.hubapi.com:443/7654321 object",
		`"webhook:a:1/x/y" instead of "webhook:b:1/x/y"`: `"webhook:a:1/x/…" instead of "webhook:b:1/x/…"`,
	} {
		got := webhook.Shown(endpoint)
		if plain := digits.ReplaceAllString(got, "…"); plain != want {
			t.Errorf("%s is shown as %s, want %s", endpoint, plain, want)
		}
		if webhook.Shown(got) != got {
			t.Errorf("%s is shown as %s, and that as %s", endpoint, got, webhook.Shown(got))
		}
	}
	if a, b := webhook.Shown("webhook:a:1/s/x"), webhook.Shown("webhook:a:1/s/y"); a == b || !strings.HasPrefix(a, "webhook:a:1/s/…") {
		t.Errorf("two paths are shown as %s and %s", a, b)
	}
}
