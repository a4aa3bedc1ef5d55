package ledger

import (
	"context"
	"encoding/json"
	"time"
)

// Claim is what one process claims of an account's rates for one round.
type Claim struct {
	Holder   string // a process, at one account
	Round    uint64 // by the warehouse's clock
	Weight   float64
	Calls    uint64        // made since its last claim
	Ahead    uint64        // calls of the long rates that it may make beyond those, of its last grant
	Recent   uint64        // calls within the longest of the short rates
	Age      time.Duration // of the last of them
	Released bool          // it has given back everything
	At       time.Time
	Dead     bool // its process ran on this machine and is gone
}

// NewHolder names this process at an account.
func (l *Ledger) NewHolder() string {
	me := l.holder
	me.Nonce = random(8)
	b, _ := json.Marshal(me) // of texts and a number: never fails
	return string(b)
}

// Rounds are the length of a round and how long before it claims have to be there.
func (l *Ledger) Rounds() (round, margin time.Duration) {
	return 4 * l.timing.Beat, 4 * l.timing.Beat / 5
}

// Claim writes a claim; the warehouse's clock says when. Written twice its calls
// count twice, which wastes a few and is never too many.
func (l *Ledger) Claim(ctx context.Context, account string, c Claim) error {
	return l.exec(ctx, "budget_claim", map[string]any{"Account": account, "C": c, "Age": c.Age.Milliseconds()})
}

// Claims are the claims of the last time, and the warehouse's clock.
func (l *Ledger) Claims(ctx context.Context, account string, within time.Duration) (now time.Time, claims []Claim, err error) {
	rows, err := All(ctx, l.w, l.c.Ledger("budget_claims", map[string]any{"Account": account, "Millis": within.Milliseconds()}))
	if err != nil {
		return now, nil, err
	}
	for _, r := range rows {
		c := Claim{Holder: Text(r[0]), Round: Uint(r[1]), Recent: Uint(r[3]), Released: Uint(r[4]) != 0, Age: time.Duration(Uint(r[6])) * time.Millisecond}
		c.Weight, _ = r[2].(float64)
		c.At, _ = r[5].(time.Time)
		if c.Holder == "" {
			now = c.At
			continue
		}
		c.Dead = l.dead(c.Holder)
		claims = append(claims, c)
	}
	return now, claims, nil
}

// Used is calls that were made, and when they will have been made so long ago that a rate
// takes them no longer.
type Used struct {
	Calls uint64
	Until time.Duration // from now on
}

// usedParts is into how many parts the time of a rate is cut to say when it was used.
const usedParts = 96

// Used is what was called at an account within the last time, the oldest first.
func (l *Ledger) Used(ctx context.Context, account string, within time.Duration) ([]Used, error) {
	part := within / usedParts
	rows, err := All(ctx, l.w, l.c.Ledger("budget_used", map[string]any{"Account": account, "Millis": within.Milliseconds(), "Part": part.Milliseconds()}))
	if err != nil {
		return nil, err
	}
	var list []Used
	for _, r := range rows {
		list = append(list, Used{Calls: Uint(r[1]), Until: max(0, within-time.Duration(Uint(r[0]))*part)})
	}
	return list, nil
}

// Spent is what was called at an account, and who may call more before they say so.
type Spent struct {
	Calls   uint64
	Holders []Claim // of each process that has not given everything back: its last Round, and Ahead
}

// Spent is what was called within the last time, by what processes have claimed in that time,
// or at most lasting before it.
func (l *Ledger) Spent(ctx context.Context, account string, within, lasting time.Duration) (s Spent, err error) {
	rows, err := All(ctx, l.w, l.c.Ledger("budget_spent", map[string]any{"Account": account, "Within": within.Milliseconds(), "Millis": (within + lasting).Milliseconds()}))
	for _, r := range rows {
		c := Claim{Holder: Text(r[0]), Calls: Uint(r[1]), Round: Uint(r[2]), Ahead: Uint(r[3])}
		if s.Calls += c.Calls; c.Holder != "" { // the rest is of those that have
			c.Dead = l.dead(c.Holder)
			s.Holders = append(s.Holders, c)
		}
	}
	return s, err
}

// dead reports whether a holder's process ran on this machine and is gone.
func (l *Ledger) dead(holder string) bool {
	var h Holder
	return json.Unmarshal([]byte(holder), &h) == nil && l.holder.sees(h)
}
