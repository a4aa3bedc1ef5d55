package cli

import (
	"bytes"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"
)

// TestTracesToldSeldom: a collector that is away is told at once, and then now and then, without
// the secrets that it may send back.
func TestTracesToldSeldom(t *testing.T) {
	var b bytes.Buffer
	now := time.Unix(1000, 0)
	told := &tracesTold{log: slog.New(slog.NewTextHandler(&b, nil)), now: func() time.Time { return now }, secrets: headerTexts("x-one=a,Authorization=Bearer%20planted", "api-key: other-planted")}
	for range 7 {
		told.tell(errors.New(`401 (body: "Bearer planted" and OTHER-PLANTED are unknown)`))
		now = now.Add(2 * time.Minute)
	}
	if text := b.String(); strings.Count(text, "\n") != 2 || strings.Count(text, "401") != 2 || !strings.Contains(text, "before=0\n") || !strings.Contains(text, "before=4\n") || strings.Contains(strings.ToLower(text), "planted") {
		t.Errorf("log:\n%s", text)
	}
}
