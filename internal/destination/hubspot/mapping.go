package hubspot

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/kithdata/kith/internal/cdp"
)

// lookAgain is how long what was seen of an object's properties holds: the window of the rate,
// so that batches that are taken apart are looked into with few calls more.
const lookAgain = burst

// look is what was seen of the mapping of a sync, when.
type look struct {
	at    time.Time
	wrong error // *cdp.Fatal, or nil
}

// mapping sees whether the object is there and has the mapped properties still, after an answer
// that may be about them: an administrator can archive a property, make it read-only or take
// its unique values away at any time. It is a *cdp.Fatal that names them, or nil: taken for a
// fault of rows, that would take each batch apart and hold every row of it. Also where the look
// itself fails it is nil, and the next such answer looks again.
func (d *Destination) mapping(ctx context.Context, del cdp.Delivery) error {
	if del.Kind != cdp.Object {
		return nil
	}
	// One caller at a time, so that batches that meet the same look once.
	d.looking.Lock()
	defer d.looking.Unlock()
	if l, ok := d.looks[del.Sync]; ok && d.now().Sub(l.at) < lookAgain {
		return l.wrong
	}
	err := d.object(ctx, del)
	var fatal *cdp.Fatal
	if err != nil && !errors.As(err, &fatal) {
		return nil
	}
	d.looks[del.Sync] = look{d.now(), err}
	return err
}

// unmapped is the error of a batch, or that of its mapping where it was refused and no row was named.
// Where rows of it may be written, that is told instead.
func (d *Destination) unmapped(ctx context.Context, del cdp.Delivery, err error) error {
	var no *cdp.Refused
	if !errors.As(err, &no) || no.Row >= 0 || len(no.More) > 0 || no.Doubt || no.Code == cdp.Conflict {
		return err
	}
	if wrong := d.mapping(ctx, del); wrong != nil {
		return wrong
	}
	return err
}

// ofMapping reports whether an error is about a property or the key, not a value: HubSpot may
// say so of each row.
func (e apiError) ofMapping() bool {
	text := strings.ToUpper(e.Message)
	for _, sub := range e.Errors {
		text += " " + strings.ToUpper(sub.Code+" "+sub.Message)
	}
	return slices.ContainsFunc([]string{"PROPERTY_DOESNT_EXIST", "READ_ONLY_VALUE", "NON-UNIQUE PROPERTY"}, func(s string) bool { return strings.Contains(text, s) })
}
