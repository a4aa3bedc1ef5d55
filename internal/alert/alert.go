// Package alert tells people: it writes a message for Slack's incoming webhooks or
// as a JSON document, and posts it. It knows neither when nor how often to tell;
// that is the daemon's.
//
//	to, err := alert.Open(config, "slack")
//	err = to.Tell(ctx, alert.Message{Kind: "failed", Task: "sync people_to_crm", ...})
//
// A message holds names, numbers and reasons of ours, never a value of a row.
package alert

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/destination"
)

// Message is one thing to tell.
type Message struct {
	Project string        `json:"project"`
	Target  string        `json:"target"`
	Task    string        `json:"task"` // build, or sync and its name
	Kind    cdp.AlertKind `json:"kind"`
	Was     []string      `json:"was,omitempty"` // of recovered: the kinds that are over
	Text    string        `json:"text"`          // what happened
	Help    string        `json:"help,omitempty"`
	Run     string        `json:"run_id,omitempty"`
	Owner   string        `json:"owner,omitempty"`
	Since   time.Time     `json:"since"`
	At      time.Time     `json:"at"`
}

// Line is the message for people, in one line.
func (m Message) Line() string {
	return fmt.Sprintf("%s: %s %s: %s", m.Project, m.Task, m.Kind, m.Text)
}

// Channel posts messages to one address. It is safe for concurrent use.
type Channel struct {
	kind   string
	client *destination.Client
	path   string
	secret func() (string, error)
}

// Open makes a channel of a type, slack or webhook, from its options url and secret.
// The address is a secret itself and in no error.
func Open(cfg destination.Config, kind string) (*Channel, error) {
	text, err := cfg.Secret("url")
	if err != nil {
		return nil, fmt.Errorf("url: %w", err)
	}
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || (u.Scheme != "https" && u.Scheme != "http") {
		return nil, errors.New("url: this is no http or https address")
	}
	path := u.EscapedPath()
	if path == "" {
		path = "/"
	}
	if u.RawQuery != "" {
		path += "?" + u.RawQuery
	}
	base := *u
	base.Path, base.RawPath, base.RawQuery, base.Fragment = "", "", "", ""
	client, err := destination.NewClient(cfg, destination.ClientOptions{BaseURL: base.String(), Timeout: 15 * time.Second, MaxBody: 64 << 10, Conns: 1})
	if err != nil {
		return nil, err
	}
	return &Channel{kind: kind, client: client, path: path, secret: func() (string, error) { return cfg.Secret("secret") }}, nil
}

// Check resolves the secret, which Open does not.
func (c *Channel) Check() error {
	if _, err := c.secret(); err != nil {
		return fmt.Errorf("secret: %w", err)
	}
	return nil
}

// Reach connects to the address, and posts nothing.
func (c *Channel) Reach(ctx context.Context) error { return c.client.Reach(ctx) }

// Close closes idle connections.
func (c *Channel) Close() error { return c.client.Close() }

// Tell posts a message once; who calls repeats it until there is no error.
func (c *Channel) Tell(ctx context.Context, m Message) error {
	body, header, err := c.body(m)
	if err != nil {
		return err
	}
	answer, err := c.client.Do(ctx, destination.Request{Method: http.MethodPost, Path: c.path, Body: body, Header: header})
	switch {
	case err != nil:
		return err
	case !answer.OK():
		return fmt.Errorf("it answered %d", answer.Status)
	}
	return nil
}

func (c *Channel) body(m Message) ([]byte, http.Header, error) {
	if c.kind == "slack" {
		b, err := json.Marshal(slack(m))
		return b, nil, err
	}
	body, err := json.Marshal(m)
	if err != nil {
		return nil, nil, err
	}
	secret, err := c.secret()
	if err != nil || secret == "" {
		return body, nil, err
	}
	stamp := strconv.FormatInt(m.At.Unix(), 10)
	mac := hmac.New(sha256.New, []byte(secret))
	_, _ = mac.Write([]byte(stamp + "." + string(body))) // a hash takes anything
	h := http.Header{}
	h.Set("X-Kith-Timestamp", stamp)
	h.Set("X-Kith-Signature", "sha256="+hex.EncodeToString(mac.Sum(nil)))
	return body, h, nil
}

// signs are what a message begins with, so that a channel can be read at a glance.
var signs = map[cdp.AlertKind]string{
	cdp.AlertFailed: ":red_circle:", cdp.AlertBlocked: ":no_entry:", cdp.AlertRecovered: ":large_green_circle:",
	cdp.AlertRejected: ":large_yellow_circle:", cdp.AlertLate: ":hourglass:", cdp.AlertRows: ":bar_chart:",
}

// slack is the document of an incoming webhook
// (https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks, checked November 2026).
func slack(m Message) map[string]any {
	lines := []string{signs[m.Kind] + " *" + escape(m.Task) + "* " + string(m.Kind) + ": " + escape(m.Text)}
	if m.Help != "" {
		lines = append(lines, escape(m.Help))
	}
	foot := m.Project + ", target " + m.Target + ", since " + m.Since.UTC().Format("2006-01-02 15:04") + " UTC"
	if m.Run != "" {
		foot += ", run " + m.Run
	}
	if m.Owner != "" {
		foot += ", owner " + m.Owner
	}
	text := strings.Join(lines, "\n")
	return map[string]any{
		"text": cut(escape(m.Line()), 2900), // of the notification
		"blocks": []map[string]any{
			{"type": "section", "text": map[string]string{"type": "mrkdwn", "text": cut(text, 2900)}},
			{"type": "context", "elements": []map[string]string{{"type": "mrkdwn", "text": cut(escape(foot), 1900)}}},
		},
	}
}

// escape keeps what Slack would read as a mention or a link from being one.
func escape(s string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(s)
}

// cut keeps a text below Slack's limits (3,000 characters of a section, 2,000 of a context element).
func cut(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n]) + "…"
	}
	return s
}
