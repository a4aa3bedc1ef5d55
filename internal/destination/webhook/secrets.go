package webhook

import (
	"fmt"
	"net/http"
	"reflect"
	"strings"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/destination"
)

// secrets are what a call shows, besides the token.
type secrets struct {
	sign   string
	header http.Header
	values []string // none of which may be seen
}

// alike reports whether a receiver would see no difference.
func alike(a, b *secrets) bool {
	return a == b || a != nil && b != nil && a.sign == b.sign && reflect.DeepEqual(a.header, b.header)
}

func resolve(cfg destination.Config, headers map[string]string) (*secrets, error) {
	s := &secrets{header: http.Header{}}
	if cfg.Secret == nil {
		return s, nil
	}
	get := func(option string) (string, error) {
		v, err := cfg.Secret(option)
		if err != nil {
			return "", destination.Unread(fmt.Errorf("%s: %w", option, err))
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
