package destination

import (
	"context"
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

// credentials is the credential of a client.
type credentials struct{ *Resolved[Credential] }

func (c credentials) get(context.Context) (Credential, error) { return c.Get() }

func (c credentials) refuse(refused Credential) (ok bool) {
	return refused.Secret != "" && c.Refuse(refused)
}
