package destination

import "sync"

// Credential is a secret and the one host (name and port) that may see it.
type Credential struct {
	Secret string
	Host   string
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
func (c *credentials) get() (Credential, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.have {
		c.cred, c.err = c.resolve()
		c.have = true
	}
	return c.cred, c.err
}

// renew is called with a credential that was refused; ok says that there is another
// one now. Of many requests that were refused at once the first one resolves.
func (c *credentials) renew(refused Credential) (ok bool) {
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
