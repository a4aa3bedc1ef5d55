package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/destination"
)

// secrets resolves the texts of kith.yml when a connection is opened: ${X} and
// ${X:-default} from the environment, file:PATH, and exec:COMMAND where allowed.
// The prefix counts only as it is written in the file: what a variable holds is
// never a path or a command.
func (a *app) secrets(root string) func(text string) (string, error) {
	return func(text string) (string, error) {
		v, err := a.expand(text)
		switch {
		case err != nil:
			return "", err
		case strings.HasPrefix(text, "file:"):
			return readSecret(root, strings.TrimPrefix(v, "file:"))
		case strings.HasPrefix(text, "exec:"):
			// The shell expands its variables: no value stands on a command line of ours.
			return a.execSecret(root, strings.TrimPrefix(text, "exec:"))
		}
		return v, nil
	}
}

// expand replaces ${X} and ${X:-default}.
func (a *app) expand(text string) (string, error) {
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(text, "${")
		b.WriteString(before)
		if !found {
			return b.String(), nil
		}
		name, after, closed := strings.Cut(rest, "}")
		if !closed {
			return "", errors.New("${ without }")
		}
		name, def, hasDefault := strings.Cut(name, ":-")
		v := a.streams.Env(name)
		if v == "" && !hasDefault {
			return "", withHelp(fmt.Errorf("environment variable %s is not set", name), "set %s, or give it a default: ${%s:-...}", name, name)
		}
		if v == "" {
			v = def
		}
		b.WriteString(v)
		text = after
	}
}

// fits checks the value of an option that comes from the environment as the loader checks
// one that is written: what is neither true nor false must not pass for false.
func fits(o cdp.Option, value string) error {
	values := o.Values
	if o.Kind == cdp.OptBool {
		values = []string{"true", "false"}
	}
	if value == "" || len(values) == 0 || slices.Contains(values, value) {
		return nil
	}
	return fmt.Errorf("the value from the environment is none of: %s", strings.Join(values, ", "))
}

func readSecret(root, path string) (string, error) {
	if !filepath.IsAbs(path) {
		path = filepath.Join(root, path)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return "", fmt.Errorf("secret file: %w", err)
	}
	secret := strings.TrimRight(string(b), "\r\n")
	if secret == "" {
		return "", fmt.Errorf("secret file: %s is empty", path)
	}
	return secret, nil
}

const secretTimeout = 30 * time.Second

// execSecret runs a command and takes what it prints. What it says on stderr goes into
// the error, without the output and without anything that looks like a secret.
func (a *app) execSecret(root, command string) (string, error) {
	if !a.exec && a.streams.Env("KITH_ALLOW_EXEC") != "1" {
		return "", withHelp(errors.New("a secret is an exec: command, which is not allowed"),
			"--allow-exec or KITH_ALLOW_EXEC=1 allows it; it is off so that a pull request cannot run a command in CI")
	}
	timeout := secretTimeout
	if t, err := time.ParseDuration(a.streams.Env("KITH_EXEC_TIMEOUT")); err == nil && t > 0 {
		timeout = t
	}
	ctx, cancel := context.WithTimeout(a.soft, timeout)
	defer cancel()
	c := exec.CommandContext(ctx, "/bin/sh", "-c", command)
	c.Dir = root
	// What the shell has started is ended with it, and its pipes are not waited for.
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	c.Cancel = func() error { return syscall.Kill(-c.Process.Pid, syscall.SIGKILL) }
	c.WaitDelay = time.Second
	var out, said bytes.Buffer
	c.Stdout, c.Stderr = &out, &limited{w: &said, left: 4 << 10}
	err := c.Run()
	secret := strings.TrimRight(out.String(), "\r\n")
	switch {
	case ctx.Err() != nil && a.soft.Err() == nil:
		return "", withHelp(fmt.Errorf("secret command: it took longer than %s", timeout), "KITH_EXEC_TIMEOUT=60s gives it more time; it must not ask anything")
	case err != nil:
		text := fmt.Sprintf("secret command: %v", err)
		if why := destination.Scrub(said.String(), append(strings.Fields(secret), secret)...); why != "" {
			text += ": " + why
		}
		return "", errors.New(text)
	case secret == "":
		return "", errors.New("secret command: it printed nothing")
	}
	return secret, nil
}

// limited keeps the beginning of what is written to it.
type limited struct {
	w    *bytes.Buffer
	left int
}

func (l *limited) Write(b []byte) (int, error) {
	n := min(len(b), l.left)
	l.left -= n
	_, _ = l.w.Write(b[:n]) // a buffer
	return len(b), nil
}
