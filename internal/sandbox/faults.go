package sandbox

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/kithdata/kith/internal/sandbox/fake"
)

// Effect is what a fault does to a request: a closed list.
type Effect string

// The effects. "Before" means that the request is not applied, "after" that it is and that the sender does not learn of it.
const (
	Answer        Effect = "status"         // refuse with Status, in the vendor's shape unless Body is given
	AnswerAfter   Effect = "status_after"   // apply, then answer with Status all the same
	Late          Effect = "delay"          // apply, and answer after Delay
	Cut           Effect = "cut"            // apply, and break the connection in the middle of the answer's body
	Drip          Effect = "drip"           // apply, and answer in small pieces over Delay (2 s)
	Reset         Effect = "reset"          // reset the connection before the request is applied
	ResetAfter    Effect = "reset_after"    // apply, then reset the connection
	TimeoutBefore Effect = "timeout_before" // never answer; Delay bounds the wait, else the sender's patience does
	TimeoutAfter  Effect = "timeout_after"  // apply, and never answer
	Expired       Effect = "expired"        // 401, the token has expired
)

func effects() []Effect {
	return []Effect{
		Answer, AnswerAfter, Late, Cut, Drip, Reset, ResetAfter, TimeoutBefore, TimeoutAfter, Expired,
	}
}

// before says that the request is not applied.
func (e Effect) before() bool { return e == Answer || e == Reset || e == TimeoutBefore || e == Expired }

// silent says that there is no answer.
func (e Effect) silent() bool {
	return e == Reset || e == ResetAfter || e == TimeoutBefore || e == TimeoutAfter
}

// Fault scripts one way to fail. A request that agrees with Path, PathRegex and Method is counted by the fault; Nth, From
// and Every choose among those (none given: all of them), Probability then tosses a coin, and Times bounds how often
// the fault fires. Of several that would fire the first one does. Faults and their counts are part of the state: every
// process that shares it has them.
type Fault struct {
	Name      string `json:"name,omitempty"`       // in the log and the counters; the effect unless given
	Path      string `json:"path,omitempty"`       // a prefix: /hubspot/crm/v3/objects
	PathRegex string `json:"path_regex,omitempty"` // of the whole path
	Method    string `json:"method,omitempty"`

	Nth         int     `json:"nth,omitempty"`   // exactly the nth, from 1
	From        int     `json:"from,omitempty"`  // the nth and all that follow
	Every       int     `json:"every,omitempty"` // each nth
	Probability float64 `json:"probability,omitempty"`
	Times       int     `json:"times,omitempty"`

	Do     Effect            `json:"do"`
	Status int               `json:"status,omitempty"`
	Header map[string]string `json:"headers,omitempty"`
	Body   string            `json:"body,omitempty"`
	Delay  Duration          `json:"delay,omitempty"`

	Seen  int `json:"seen,omitempty"`  // requests that agreed
	Fired int `json:"fired,omitempty"` // requests that it met
}

// Duration is a time.Duration that is written "1.5s" in JSON.
type Duration time.Duration

// MarshalText writes "1.5s".
func (d Duration) MarshalText() ([]byte, error) { return []byte(time.Duration(d).String()), nil }

// UnmarshalText reads "1.5s".
func (d *Duration) UnmarshalText(b []byte) error {
	v, err := time.ParseDuration(string(b))
	*d = Duration(v)
	return err
}

func (f Fault) label() string {
	if f.Name != "" {
		return f.Name
	}
	return string(f.Do)
}

func (f Fault) check() error {
	switch {
	case !slices.Contains(effects(), f.Do):
		return fmt.Errorf("do: %q is none of %v", f.Do, effects())
	case (f.Do == Answer || f.Do == AnswerAfter) && (f.Status < 200 || f.Status > 599):
		return fmt.Errorf("status: %d is not between 200 and 599", f.Status)
	case f.Do == Late && f.Delay <= 0:
		return errors.New("delay: is missing")
	case f.Nth < 0 || f.From < 0 || f.Every < 0 || f.Times < 0 || f.Delay < 0:
		return errors.New("nth, from, every, times and delay are not negative")
	case f.Probability < 0 || f.Probability > 1:
		return errors.New("probability: is between 0 and 1")
	}
	return nil
}

// ParseFaults reads a script: {"faults": [{"path": "/hubspot/", "nth": 3, "do": "status", "status": 503}]}.
func ParseFaults(script []byte) ([]Fault, error) {
	var file struct {
		Faults []Fault `json:"faults"`
	}
	dec := json.NewDecoder(bytes.NewReader(script))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&file); err != nil {
		return nil, fmt.Errorf("faults: %w", err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("faults: there is something after the script")
	}
	_, err := compileFaults(file.Faults)
	return file.Faults, err
}

// LoadFaults reads a script from a file.
func LoadFaults(path string) ([]Fault, error) {
	script, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	return ParseFaults(script)
}

type compiled struct {
	Fault
	re *regexp.Regexp
}

func compileFaults(fs []Fault) ([]compiled, error) {
	out := make([]compiled, 0, len(fs))
	for i, f := range fs {
		if err := f.check(); err != nil {
			return nil, fmt.Errorf("fault %d: %w", i+1, err)
		}
		c := compiled{Fault: f}
		if f.PathRegex != "" {
			re, err := regexp.Compile("^(?:" + f.PathRegex + ")$")
			if err != nil {
				return nil, fmt.Errorf("fault %d: path_regex: %w", i+1, err)
			}
			c.re = re
		}
		out = append(out, c)
	}
	return out, nil
}

// faultState is the script and how far it has come.
type faultState struct{ items []compiled }

func (s *faultState) set(fs []Fault) (err error) {
	s.items, err = compileFaults(fs)
	return err
}

func (s *faultState) list() []Fault {
	out := make([]Fault, len(s.items))
	for i, c := range s.items {
		out[i] = c.Fault
	}
	return out
}

// choose finds the fault of a request: the indexes of those that agree with it, and of the one that fires, or -1. It
// changes nothing: met does.
func (s *faultState) choose(method, path string, chance func() float64) (agree []int64, fires int64) {
	fires = -1
	for i := range s.items {
		c := &s.items[i]
		if !c.agrees(method, path) {
			continue
		}
		agree = append(agree, int64(i))
		if fires < 0 && c.due(c.Seen+1) && (c.Probability == 0 || chance() < c.Probability) {
			fires = int64(i)
		}
	}
	return agree, fires
}

func (c *compiled) agrees(method, path string) bool {
	return strings.HasPrefix(path, c.Path) && (c.re == nil || c.re.MatchString(path)) &&
		(c.Method == "" || strings.EqualFold(c.Method, method))
}

func (c *compiled) due(n int) bool {
	if c.Times > 0 && c.Fired >= c.Times {
		return false
	}
	if c.Nth == 0 && c.From == 0 && c.Every == 0 {
		return true
	}
	return n == c.Nth || c.From > 0 && n >= c.From || c.Every > 0 && n%c.Every == 0
}

func (s *faultState) met(agree []int64, fires int64) {
	for _, i := range agree {
		if i >= 0 && i < int64(len(s.items)) {
			s.items[i].Seen++
		}
	}
	if fires >= 0 && fires < int64(len(s.items)) {
		s.items[fires].Fired++
	}
}

func encFaults(tx *fake.Tx, fs []Fault) {
	tx.Op(core, opFaults)
	tx.Bytes(fake.Marshal(fs))
}

// SetFaults replaces the script, for every process that shares the state.
func (s *Sandbox) SetFaults(fs []Fault) error {
	return s.locked(func(tx *fake.Tx) error { return s.setFaults(tx, fs) })
}

// AddFaults appends to the script.
func (s *Sandbox) AddFaults(fs ...Fault) error {
	return s.locked(func(tx *fake.Tx) error { return s.setFaults(tx, append(s.faults.list(), fs...)) })
}

func (s *Sandbox) setFaults(tx *fake.Tx, fs []Fault) error {
	next := faultState{}
	if err := next.set(fs); err != nil {
		return err
	}
	s.faults = next
	encFaults(tx, fs)
	return nil
}

// Faults returns the script with its counts.
func (s *Sandbox) Faults() (fs []Fault, err error) {
	err = s.locked(func(*fake.Tx) error { fs = s.faults.list(); return nil })
	return fs, err
}
