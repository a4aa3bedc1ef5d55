package cli

import (
	"os"
	"path/filepath"
	"testing"
)

// TestServeToken: the newline at the end of a file with a token is no part of it, nor of a
// variable that was made of one.
func TestServeToken(t *testing.T) {
	const token = "0123456789abcdef"
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "token"), []byte(" "+token+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ env, file, want string }{
		{token, "", token}, {token + "\n", "", token}, {token + "\r\n", "", token}, {"", "", ""}, {"other", "token", token},
	} {
		a := &app{streams: Streams{Dir: dir, Env: func(string) string { return c.env }}}
		if got, err := a.serveToken(serveFlags{tokenFile: c.file}); err != nil || got != c.want {
			t.Errorf("%q and file %q: %q, %v", c.env, c.file, got, err)
		}
	}
	for env, want := range map[string]string{"short\n\n\n\n\n\n\n\n\n\n\n": "the token has 5 characters", "\n": "the token has 0 characters"} {
		a := &app{streams: Streams{Env: func(string) string { return env }}}
		if got, err := a.serveToken(serveFlags{}); err == nil || err.Error() != want {
			t.Errorf("%q: %q, %v", env, got, err)
		}
	}
}
