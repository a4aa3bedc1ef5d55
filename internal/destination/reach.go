package destination

import (
	"context"
	"crypto/tls"
	"net/http"
)

// Authorized resolves the credential of the client, and makes no call where that is a secret
// of the project.
func (c *Client) Authorized(ctx context.Context) error {
	_, err := c.cred.get(ctx)
	return err
}

// Reach connects to the host and asks nothing of it, with TLS where the address is https. Behind
// a proxy it does nothing: whether that leads there only a request shows. An error is as of Do.
func (c *Client) Reach(ctx context.Context) error {
	t, ok := c.transport.(*http.Transport)
	if !ok || t.Proxy != nil {
		return nil
	}
	call, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	conn, err := t.DialContext(call, "tcp", Host(c.base))
	if err != nil {
		return noAnswer(ctx, err, false)
	}
	defer func() { _ = conn.Close() }() // nothing was sent
	if c.base.Scheme == "http" {
		return nil
	}
	secured := t.TLSClientConfig.Clone()
	secured.ServerName = c.base.Hostname()
	if err := tls.Client(conn, secured).HandshakeContext(call); err != nil {
		return noAnswer(ctx, err, false)
	}
	return nil
}
