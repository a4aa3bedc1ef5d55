package cli

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// kithIn runs kith in a new project of one file, with no environment, and returns both streams.
func kithIn(t *testing.T, file string, args ...string) (code int, out, errs string) {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "kith.yml"), []byte(file), 0o600); err != nil {
		t.Fatal(err)
	}
	var o, e strings.Builder
	code = Main(args, Streams{In: strings.NewReader(""), Out: &o, Err: &e, Env: func(string) string { return "" }, Dir: dir})
	return code, o.String(), e.String()
}

// TestSecretInClear: what is said of a secret that is written down, or of what stands beside
// it, shows where it is and not what it is.
func TestSecretInClear(t *testing.T) {
	const file = `version: 1
name: shop
targets:
  prod: {type: clickhouse, addr: h, password: hunter2-pw}
destinations:
  - {name: crm, type: hubspot, tken: hunter2-x, token: "pat-na1-0123456789-hunter2"}
`
	for _, args := range [][]string{{"validate"}, {"validate", "--json"}, {"plan"}, {"serve"}} {
		code, out, errs := kithIn(t, file, args...)
		if code != 1 || strings.Contains(out+errs, "hunter2") {
			t.Errorf("%v exits with %d and says\n%s%s", args, code, out, errs)
		}
		if args[0] == "validate" && !strings.Contains(out+errs, "looks like a real credential") {
			t.Errorf("%v does not say that a secret is in clear:\n%s%s", args, out, errs)
		}
	}
	_, _, errs := kithIn(t, file, "validate")
	for _, want := range []string{"kith.yml:4:47: ", "password: **********}\n", "tken: *********, token: ****", "kith.yml:6:56: "} {
		if !strings.Contains(errs, want) {
			t.Errorf("%q is not in\n%s", want, errs)
		}
	}
}

// TestPasswordFrom: a refused login names the variable of the password, and not the
// password that would hold without it.
func TestPasswordFrom(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-ClickHouse-Exception-Code", "516")
		w.WriteHeader(http.StatusForbidden)
		_, _ = w.Write([]byte("Code: 516. DB::Exception: default: Authentication failed. (AUTHENTICATION_FAILED)"))
	}))
	defer server.Close()
	for password, want := range map[string]string{
		"${CH_PASSWORD:-hunter2}":            "; the password comes from ${CH_PASSWORD:-…}",
		"hunter2${A:-hunter2}${B:-}-hunter2": "; the password comes from ${A:-…} and ${B:-…}",
		"exec:printf hunter2":                "; the password comes from `exec:printf …`",
		"hunter2":                            "",
	} {
		file := "version: 1\nname: shop\ntargets:\n  prod: {type: clickhouse, addr: \"" + strings.TrimPrefix(server.URL, "http://") + "\", protocol: http, password: \"" + password + "\"}\n"
		for _, args := range [][]string{{"build", "--allow-exec"}, {"build", "--allow-exec", "--json"}} {
			code, out, errs := kithIn(t, file, args...)
			if code != 1 || strings.Contains(out+errs, "hunter2") {
				t.Errorf("%s: %v exits with %d and says\n%s%s", password, args, code, out, errs)
			}
			if text := "check username and password of target prod (kith.yml:4:3)" + want; !strings.Contains(errs, text+"\n") {
				t.Errorf("%s: %q is not in\n%s", password, text, errs)
			}
		}
	}
}
