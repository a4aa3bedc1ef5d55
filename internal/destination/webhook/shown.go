package webhook

import (
	"crypto/sha256"
	"encoding/hex"
	"regexp"
	"strings"
)

// Shown is a text that names endpoints as people may read it: whoever knows the path of
// an incoming webhook of Slack, Zapier, Make or n8n can write there. Of a path its first
// part stays if it is a word, and the rest is twelve hex digits that tell it from another.
//
//	webhook:hooks.slack.com:443/services/T0/B0/x   becomes   webhook:hooks.slack.com:443/services/…5d6f1b4f2a90
func Shown(text string) string {
	return endpoints.ReplaceAllStringFunc(text, func(endpoint string) string {
		m := endpoints.FindStringSubmatch(endpoint)
		host, path := m[1], m[2]
		first, rest, more := strings.Cut(path, "/")
		switch {
		case path == "", shownRest.MatchString(path), word.MatchString(first) && (!more || rest == "" || shownRest.MatchString(rest)):
			return endpoint
		case word.MatchString(first):
			first += "/"
		default:
			first = ""
		}
		sum := sha256.Sum256([]byte(path))
		return host + "/" + first + "…" + hex.EncodeToString(sum[:6])
	})
}

var (
	endpoints = regexp.MustCompile(`\b(webhook:(?:\[[^\]\s]*\]|[^/\s:"]+):\d+)/([^\s"\\]*)`)
	word      = regexp.MustCompile(`^(?:[A-Za-z]{1,12}(?:[_-][A-Za-z]{1,12}){0,2}|v\d)$`) // no vendor's token is one
	shownRest = regexp.MustCompile(`^…[0-9a-f]{12}$`)                                     // a path of an address has no such character: it is escaped
)
