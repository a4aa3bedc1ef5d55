package cdp

import (
	"time"

	"github.com/kithdata/kith/internal/diag"
)

// AlertKind is what people are told about: a closed list.
type AlertKind string

// The kinds of alerts.
const (
	AlertFailed    AlertKind = "failed"
	AlertBlocked   AlertKind = "blocked"   // a guard asks for approval
	AlertRecovered AlertKind = "recovered" // what was told before is over
	AlertRejected  AlertKind = "rejected"  // the share of rejected rows is too high
	AlertLate      AlertKind = "late"      // a run that was due has not ended, or was given up
	AlertRows      AlertKind = "rows"      // the number of rows is off its history
)

// AlertKinds are all of them.
var AlertKinds = []AlertKind{AlertFailed, AlertBlocked, AlertRecovered, AlertRejected, AlertLate, AlertRows}

// Alerts is who is told what about a build or a sync.
type Alerts struct {
	To       []*Channel
	On       []AlertKind
	Rejected float64       // per cent of the rows that a run sent
	Late     time.Duration // after the moment at which a run was due
	Rows     float64       // per cent off the median of the last runs
}

// Default limits of alerts.
const (
	DefaultRejected = 5.0
	DefaultLate     = time.Hour
	DefaultRows     = 50.0
)

// Channel is a place where people read alerts. Options are texts with ${ENV}
// unresolved: they are resolved when something is sent.
type Channel struct {
	Name    string
	Type    string // slack, webhook
	Options map[string]Setting
	Pos     diag.Pos
}
