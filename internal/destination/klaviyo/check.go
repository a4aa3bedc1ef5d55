package klaviyo

import (
	"context"
	"fmt"
	"net/http"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/destination"
)

// Check sees that the token is one, and of the account that is given, and that the key is one that
// Klaviyo has; it makes the list of an audience that is missing.
func (d *Destination) Check(ctx context.Context, del cdp.Delivery) error {
	if del.Kind == cdp.Object && del.Key != email && del.Key != phone && del.Key != externalID {
		return &cdp.Fatal{
			Reason: fmt.Sprintf("Klaviyo finds no profile by %q", del.Key),
			Help:   "use key: {email: ...}, key: {phone_number: ...} or key: {external_id: ...}",
		}
	}
	if d.account != "" {
		if err := d.ours(ctx); err != nil {
			return err
		}
	}
	switch {
	case del.Kind == cdp.Audience:
		_, err := d.list(ctx, del)
		return err
	case d.account != "":
		return nil
	}
	// Any call shows that the key is one: lists may be read 75 times a second, the account once, which
	// a key may read that may not read lists. Events need neither.
	unread := false
	err := d.call(ctx, destination.Request{Method: http.MethodGet, Path: listsPath}, nil, nil, func(a *destination.Response) error {
		unread = a.Status == http.StatusForbidden
		return final(a)
	})
	if unread {
		return d.call(ctx, destination.Request{Method: http.MethodGet, Path: accountsPath}, nil, nil, final)
	}
	return err
}

// ours sees that the token is that of the account.
func (d *Destination) ours(ctx context.Context) error {
	var got struct {
		Data []resource `json:"data"`
	}
	if err := d.call(ctx, destination.Request{Method: http.MethodGet, Path: accountsPath}, nil, &got, final); err != nil {
		return err
	}
	if len(got.Data) != 1 || got.Data[0].ID != d.account {
		return &cdp.Fatal{Reason: "the token belongs to another account than " + d.account, Help: "use a key of the account, or correct account"}
	}
	return nil
}
