package destination

import (
	"context"
	"sync"
)

// Credential is a secret and the one host (name and port) that may see it.
type Credential struct {
	Secret string
	Host   string
}

// source is where a client has its credential from.
type source interface {
	get(ctx context.Context) (Credential, error)
	// refuse says that a vendor refused a credential; ok says that another can be had.
	refuse(c Credential) (ok bool)
}

// renewed are tokens that are bought with a longer-lived secret.
type renewed struct {
	tokens  *Tokens
	allowed func(secret string) (Credential, error)
}

func (r renewed) get(ctx context.Context) (Credential, error) {
	token, err := r.tokens.Get(ctx)
	if err != nil {
		return Credential{}, err
	}
	return r.allowed(token)
}

func (r renewed) refuse(c Credential) bool {
	r.tokens.Refuse(c.Secret)
	return true
}

// credentials is the credential of a client. It is resolved at the first request, and
// once more for all requests together when the vendor says that it has expired: a
// token in a file may have been written anew, a command may print another one.
type credentials struct {
	resolve func() (Credential, error)

	mu    sync.Mutex
	have  bool
	cred  Credential
	err   error
	tried bool // cred was refused, and resolving it anew gave the same
}

// get is the credential as it is now.
func (c *credentials) get(context.Context) (Credential, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.have {
		c.cred, c.err = c.resolve()
		c.have = true
	}
	return c.cred, c.err
}

// refuse is called with a credential that was refused; ok says that there is another
// one now. Of many requests that were refused at once the first one resolves.
func (c *credentials) refuse(refused Credential) (ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.cred != refused {
		return c.err == nil
	}
	if c.tried || refused.Secret == "" {
		return false
	}
	next, err := c.resolve()
	if err != nil || next == refused {
		c.tried = true
		return false
	}
	c.cred = next
	return true
}
