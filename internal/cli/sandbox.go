package cli

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/kithdata/kith/internal/sandbox"
)

// sandboxFlags are where the sandbox listens and what it is.
type sandboxFlags struct {
	addr, dir, faults string
	memory, token     bool
}

func (a *app) sandboxCommand() *cobra.Command {
	f := sandboxFlags{addr: "127.0.0.1:8700"}
	c := &cobra.Command{
		Use:   "sandbox",
		Short: "Serve fakes of the vendors' APIs",
		Long: `They keep state: HubSpot, Klaviyo, Google Data Manager and webhook receivers, until
Ctrl-C, with a page that shows the requests, and what HubSpot and webhooks hold. Inside
a project it serves the sandbox that targets without deliver: live write to, so it can be
looked at while kith runs.`,
		Example: `  kith sandbox                       then open http://127.0.0.1:8700/_sandbox/
  kith sandbox --memory --faults faults.json --addr 127.0.0.1:0`,
		Args: noArgs,
		RunE: func(*cobra.Command, []string) error { return a.sandbox(f) },
	}
	c.Flags().StringVar(&f.addr, "addr", f.addr, "address to listen on; port 0 is a free one")
	c.Flags().StringVar(&f.dir, "dir", "", "directory of the state (default: .kith/sandbox of the project, else memory)")
	c.Flags().BoolVar(&f.memory, "memory", false, "keep the state in memory only")
	c.Flags().StringVar(&f.faults, "faults", "", "JSON file that scripts faults; it replaces those of the state")
	c.Flags().BoolVar(&f.token, "token", false, "ask for a token: that of KITH_SANDBOX_TOKEN, else a new one")
	return c
}

func (a *app) sandbox(f sandboxFlags) (err error) {
	var o sandbox.Options
	if f.faults != "" {
		if o.Faults, err = sandbox.LoadFaults(a.path(f.faults)); err != nil {
			return fmt.Errorf("--faults %s: %w", f.faults, err)
		}
	}
	if f.token {
		if o.Token = a.streams.Env("KITH_SANDBOX_TOKEN"); o.Token == "" {
			b := make([]byte, 16)
			_, _ = rand.Read(b) // never fails
			o.Token = hex.EncodeToString(b)
		}
	}
	dir, err := a.sandboxDir(f)
	if err != nil {
		return err
	}
	box, err := sandbox.Open(dir, o)
	if err != nil {
		return err
	}
	defer func() {
		if closeErr := box.Close(); err == nil {
			err = closeErr
		}
	}()
	base, err := box.Serve(a.hard, f.addr)
	if err != nil {
		return withHelp(err, "--addr 127.0.0.1:0 takes a free port; another address than this machine's needs --token")
	}
	if err := a.sandboxOpen(base, dir, o.Token); err != nil {
		return err
	}
	<-a.soft.Done()
	return nil
}

// sandboxDir is where the state lives; "" keeps it in memory.
func (a *app) sandboxDir(f sandboxFlags) (string, error) {
	if f.memory {
		return "", nil
	}
	if f.dir != "" {
		return a.path(f.dir), nil
	}
	root, err := a.projectDir()
	if err != nil {
		if a.dir != "" {
			return "", err
		}
		return "", nil // outside of a project
	}
	return filepath.Join(root, sandboxDir), nil
}

// sandboxOpen says where it listens.
func (a *app) sandboxOpen(base, dir, token string) error {
	root := base
	if token != "" {
		root += "/~" + token
	}
	urls := map[string]string{}
	for _, d := range drivers() {
		if d.sandbox == "" {
			continue
		}
		urls[d.spec().Type] = root + d.sandbox
		if d.named {
			urls[d.spec().Type] += "/NAME"
		}
	}
	if a.json {
		doc := map[string]any{"url": base, "page": root + "/_sandbox/", "base_urls": urls, "dir": dir}
		if token != "" {
			doc["token"] = token
		}
		return a.printJSON(doc)
	}
	where, end := "in memory", "what it holds goes with it"
	if dir != "" {
		where, end = "in "+dir, "what it holds stays"
	}
	a.out.printf("sandbox: %s/_sandbox/ (state %s)\n", root, where)
	for _, d := range drivers() {
		if u := urls[d.spec().Type]; u != "" {
			a.out.printf("  %-8s base_url: %s\n", d.spec().Type, u)
		}
	}
	a.out.printf("Ctrl-C stops it; %s\n", end)
	return nil
}
