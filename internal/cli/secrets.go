package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
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
			return a.execSecret(root, strings.TrimPrefix(v, "exec:"))
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

func readSecret(root, path string) (string, error) {
	if !filepath.IsAbs(path) {
		path = filepath.Join(root, path)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return "", fmt.Errorf("secret file: %w", err)
	}
	return strings.TrimRight(string(b), "\r\n"), nil
}

const secretTimeout = 30 * time.Second

func (a *app) execSecret(root, command string) (string, error) {
	if !a.exec && a.streams.Env("KITH_ALLOW_EXEC") != "1" {
		return "", withHelp(errors.New("a secret is an exec: command, which is not allowed"),
			"--allow-exec or KITH_ALLOW_EXEC=1 allows it; it is off so that a pull request cannot run a command in CI")
	}
	ctx, cancel := context.WithTimeout(a.soft, secretTimeout)
	defer cancel()
	c := exec.CommandContext(ctx, "/bin/sh", "-c", command)
	c.Dir = root
	var out bytes.Buffer
	c.Stdout = &out
	if err := c.Run(); err != nil {
		return "", fmt.Errorf("secret command: %w", err) // its output may hold the secret
	}
	return strings.TrimRight(out.String(), "\r\n"), nil
}
