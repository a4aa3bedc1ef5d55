package webhook

import (
	"net/http"
	"reflect"
	"strings"
	"sync"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/destination"
)

// secrets are what a call shows, besides the token.
type secrets struct {
	sign   string
	header http.Header
	values []string // none of which may be seen
}

// kept are the secrets as they were last resolved: at the first call, and once more for
// all calls together when they are refused, as the client does with the token.
type kept struct {
	resolve func() (*secrets, error)

	mu    sync.Mutex
	now   *secrets
	err   error
	tried bool // now was refused, and resolving it anew gave the same
}

func (k *kept) get() (*secrets, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.now == nil && k.err == nil {
		k.now, k.err = k.resolve()
	}
	return k.now, k.err
}

// refuse is called with secrets that were refused; ok says that there are others now.
func (k *kept) refuse(refused *secrets) (ok bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.now != refused {
		return true
	}
	if k.tried || len(refused.values) == 0 {
		return false
	}
	next, err := k.resolve()
	if err != nil || next.sign == refused.sign && reflect.DeepEqual(next.header, refused.header) {
		k.tried = true
		return false
	}
	k.now = next
	return true
}

func resolve(cfg destination.Config, headers map[string]string) (*secrets, error) {
	s := &secrets{header: http.Header{}}
	if cfg.Secret == nil {
		return s, nil
	}
	get := func(option string) (string, error) {
		v, err := cfg.Secret(option)
		if err != nil {
			return "", &cdp.Fatal{Reason: option + ": " + err.Error(), Help: "set the secret, then run again"}
		}
		if v != "" {
			s.values = append(s.values, v)
		}
		return v, nil
	}
	var err error
	if s.sign, err = get("secret"); err != nil {
		return s, err
	}
	for name := range headers {
		v, err := get("headers." + name)
		if err != nil {
			return s, err
		}
		if strings.ContainsFunc(v, func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }) {
			return s, &cdp.Fatal{Reason: "headers." + name + ": a control character in the value", Help: "check the secret for a line break at its end"}
		}
		s.header.Set(name, v)
	}
	return s, nil
}
