package sandbox

import (
	"crypto/sha256"
	"crypto/subtle"
	"net"
	"net/http"
	"net/url"
	"strings"
)

// guard decides whether a request may come in and returns its path without the token. Without a token only names of this
// machine are served, so that a web page cannot reach the sandbox under a name of its own (DNS rebinding).
func (s *Sandbox) guard(r *http.Request) (path, problem string) {
	path = r.URL.EscapedPath()
	if s.opts.Token == "" {
		if !loopbackName(hostOf(r.Host)) {
			return "", "the host of the request is not a name of this machine"
		}
	} else {
		var ok bool
		if path, ok = s.admits(r, path); !ok {
			return "", "the token is missing or wrong"
		}
	}
	if r.Method != http.MethodGet && r.Method != http.MethodHead && foreign(r) {
		return "", "the request comes from another origin"
	}
	return path, ""
}

// admits looks for the token in the path, or for the admin pages in the Authorization header.
func (s *Sandbox) admits(r *http.Request, path string) (string, bool) {
	if rest, ok := strings.CutPrefix(path, "/~"); ok {
		token, rest, _ := strings.Cut(rest, "/")
		if plain, err := url.PathUnescape(token); err == nil {
			return "/" + rest, same(plain, s.opts.Token)
		}
		return "", false
	}
	if path != adminPath && !strings.HasPrefix(path, adminPath+"/") {
		return "", false
	}
	if _, password, ok := r.BasicAuth(); ok {
		return path, same(password, s.opts.Token)
	}
	token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	return path, ok && same(token, s.opts.Token)
}

// same compares in constant time, whatever the lengths.
func same(a, b string) bool {
	x, y := sha256.Sum256([]byte(a)), sha256.Sum256([]byte(b))
	return subtle.ConstantTimeCompare(x[:], y[:]) == 1
}

func hostOf(hostport string) string {
	if host, _, err := net.SplitHostPort(hostport); err == nil {
		return host
	}
	return strings.Trim(hostport, "[]")
}

func loopbackName(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}

// foreign says that a browser sent the request for a page of another origin.
func foreign(r *http.Request) bool {
	if site := r.Header.Get("Sec-Fetch-Site"); site == "cross-site" || site == "same-site" {
		return true
	}
	origin := r.Header.Get("Origin")
	if origin == "" {
		return false
	}
	u, err := url.Parse(origin)
	return err != nil || !strings.EqualFold(u.Host, r.Host)
}
