package cli

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func secretsOf(t *testing.T, env map[string]string) (resolve func(string) (string, error), dir string) {
	t.Helper()
	for name, v := range env {
		t.Setenv(name, v)
	}
	dir = t.TempDir()
	a := &app{streams: Streams{Env: os.Getenv}, exec: true, soft: context.Background()}
	return a.secrets(dir), dir
}

// TestExecSecret: a command's output is the secret; no value stands on a command line,
// and nothing that it says shows the secret.
func TestExecSecret(t *testing.T) {
	secret, _ := secretsOf(t, map[string]string{"VAULT_TOKEN": "hvs-planted-4711-secret", "KITH_EXEC_TIMEOUT": "2s"})
	for text, want := range map[string]string{
		"exec:echo hunter2":                        "hunter2",
		`exec:printf 'a b\n\n'`:                    "a b",
		`exec:printf %s "${VAULT_TOKEN}"`:          "hvs-planted-4711-secret",
		`exec:printf %s "${NO_SUCH_VAR:-default}"`: "default",
	} {
		if got, err := secret(text); err != nil || got != want {
			t.Errorf("%s: %q, %v", text, got, err)
		}
	}
	for text, want := range map[string]string{
		"exec:exit 3": "exit status 3",
		"exec:true":   "it printed nothing",
		`exec:echo hunter2-planted-99; echo "login with hunter2-planted-99 as ada@example.com failed" >&2; exit 1`: "login with",
		"exec:sleep 60 & sleep 60": "took longer than 2s",
	} {
		begun := time.Now()
		_, err := secret(text)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", text, err)
			continue
		}
		for _, no := range []string{"hunter2-planted-99", "ada@example.com", "hvs-planted"} {
			if strings.Contains(err.Error(), no) {
				t.Errorf("%s shows %q: %v", text, no, err)
			}
		}
		if took := time.Since(begun); took > 15*time.Second {
			t.Errorf("%s took %v", text, took)
		}
	}
	// While it runs, the command line of the shell has the name of the variable only.
	got, err := secret(`exec:: "${VAULT_TOKEN}"; tr '\0' ' ' < /proc/$$/cmdline`)
	if _, noProc := os.Stat("/proc/self/cmdline"); noProc == nil && (err != nil || strings.Contains(got, "hvs-planted") || !strings.Contains(got, "${VAULT_TOKEN}")) {
		t.Errorf("ps shows %q, %v", got, err)
	}
}

// TestFileSecret: a file is read each time, so that one that was written anew counts.
func TestFileSecret(t *testing.T) {
	secret, dir := secretsOf(t, nil)
	path := filepath.Join(dir, "token")
	for _, text := range []string{"one\n", "two\r\n"} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if got, err := secret("file:token"); err != nil || got != strings.TrimSpace(text) {
			t.Errorf("%q, %v", got, err)
		}
	}
	if err := os.WriteFile(path, []byte("\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := secret("file:token"); err == nil || !strings.Contains(err.Error(), "is empty") {
		t.Errorf("an empty file: %v", err)
	}
}
