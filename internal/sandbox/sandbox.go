// Package sandbox serves stateful fakes of vendors' APIs over loopback HTTP: for every target that is not live, for the
// tests, and for users' CI. Nothing leaves the machine and no account is needed, yet a request meets what it would meet at
// the vendor: ids, limits, refused rows, rate limits, and, on request, every way a network has to fail.
//
//	s, err := sandbox.Open(".kith/sandbox", sandbox.Options{}) // "" keeps the state in memory
//	base, err := s.Serve(ctx, "127.0.0.1:0")                   // http://127.0.0.1:40123
//	// base_url of a HubSpot destination: base + "/hubspot"; of a webhook: base + "/webhook/orders"
//	err = s.SetFaults([]sandbox.Fault{{Path: "/hubspot/", Nth: 3, Do: sandbox.TimeoutAfter}})
//	contacts, err := s.HubSpot(token).Objects("contacts") // contacts["ada@example.com"].Properties["firstname"]
//
// The state lives in a journal that several processes append to and none owns (package journal); any of them may be
// killed at any instruction. /_sandbox/ shows it (admin.go).
//
// The package imports nothing of kith's destinations and they import nothing of it: each side is written from the
// vendor's documents, so that the two cannot be wrong together.
package sandbox

import (
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	mathrand "math/rand/v2"
	"net/http"
	"path/filepath"
	"sync"
	"time"

	"github.com/kithdata/kith/internal/sandbox/datamanager"
	"github.com/kithdata/kith/internal/sandbox/fake"
	"github.com/kithdata/kith/internal/sandbox/hubspot"
	"github.com/kithdata/kith/internal/sandbox/journal"
	"github.com/kithdata/kith/internal/sandbox/klaviyo"
	"github.com/kithdata/kith/internal/sandbox/webhook"
)

// ErrClosed is the error of every call after Close.
var ErrClosed = errors.New("sandbox is closed")

// Options change how a sandbox behaves. The zero value is a good sandbox.
type Options struct {
	// Now and Rand are the clock and the source of chance (of faults with a probability); nil is the real ones. Rand is
	// used under the sandbox's lock.
	Now  func() time.Time
	Rand *mathrand.Rand
	// Token must come with every request if it is set: as the first segment of the path, "/~token/hubspot/...", or for
	// the admin pages as a bearer token or the password of basic authentication. An address that is not loopback is
	// served only with a token.
	Token string
	// HubSpot, Klaviyo, Google and Webhooks configure the fakes; Webhooks by the receiver's name.
	HubSpot  hubspot.Config
	Klaviyo  klaviyo.Config
	Google   datamanager.Config
	Webhooks map[string]webhook.Config
	// Faults, unless nil, replace those that the state has.
	Faults []Fault
	// Log is how many requests are remembered, Bodies of how many the headers and bodies too; 10,000 and 256 unless set.
	// The counters know of all.
	Log    int
	Bodies int
	// CompactAt is the size in bytes from which Open rewrites the journal; 64 MiB unless set.
	CompactAt int64
}

func (o Options) withDefaults() Options {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Rand == nil {
		var seed [16]byte
		_, _ = rand.Read(seed[:]) // it never fails
		o.Rand = mathrand.New(mathrand.NewPCG(binary.LittleEndian.Uint64(seed[:8]), binary.LittleEndian.Uint64(seed[8:])))
	}
	if o.Log <= 0 {
		o.Log = 10_000
	}
	if o.Bodies <= 0 {
		o.Bodies = 256
	}
	if o.CompactAt <= 0 {
		o.CompactAt = 64 << 20
	}
	return o
}

// Sandbox is the fakes and what they remember. It is safe for concurrent use, also together with other processes that
// opened the same directory.
type Sandbox struct {
	opts    Options
	hubspot *hubspot.Fake
	klaviyo *klaviyo.Fake
	google  *datamanager.Fake
	webhook *webhook.Fake
	closing chan struct{} // closed by Close: whoever waits in a fault stops waiting
	admin   http.Handler
	serving sync.WaitGroup

	mu       sync.Mutex // one request at a time: the files' lock is held under it
	closed   bool
	servers  []*http.Server
	journal  *journal.Journal // nil in memory
	bodies   bodyStore
	faults   faultState
	log      requestLog
	counters map[counterKey]*Counter
	seq      int64 // of the last request
}

// Open opens the state in dir, making it if it is missing, or an empty state in memory for "". A large journal is
// rewritten on the way.
func Open(dir string, opts Options) (*Sandbox, error) {
	s := &Sandbox{
		opts: opts.withDefaults(), hubspot: hubspot.New(opts.HubSpot), klaviyo: klaviyo.New(opts.Klaviyo),
		google: datamanager.New(opts.Google), webhook: webhook.New(opts.Webhooks), closing: make(chan struct{}),
	}
	s.reset()
	s.admin = s.adminRoutes()
	if dir == "" {
		s.bodies = &memoryBodies{most: s.opts.Bodies}
	} else {
		j, err := journal.Open(dir)
		if err != nil {
			return nil, fmt.Errorf("open the sandbox's state: %w", err)
		}
		s.journal, s.bodies = j, fileBodies{dir: filepath.Join(dir, "bodies"), most: int64(s.opts.Bodies)}
		if err := s.locked(s.compact); err != nil {
			return nil, errors.Join(fmt.Errorf("open the sandbox's state: %w", err), j.Close())
		}
	}
	if opts.Faults != nil {
		if err := s.SetFaults(opts.Faults); err != nil {
			return nil, errors.Join(err, s.Close())
		}
	}
	return s, nil
}

// Close ends what Serve began and releases the files.
func (s *Sandbox) Close() error {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return nil
	}
	s.closed = true
	servers := s.servers
	close(s.closing)
	s.mu.Unlock()

	errs := make([]error, 0, len(servers)+1)
	for _, server := range servers {
		errs = append(errs, shutdown(server))
	}
	s.serving.Wait()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.journal != nil {
		errs = append(errs, s.journal.Close())
	}
	return errors.Join(errs...)
}

// fakes are the vendors by the first segment of their path, which is their name in the journal too.
func (s *Sandbox) fake(name string) (fake.Fake, bool) {
	switch name {
	case hubspot.Name:
		return s.hubspot, true
	case klaviyo.Name:
		return s.klaviyo, true
	case datamanager.Name:
		return s.google, true
	case webhook.Name:
		return s.webhook, true
	}
	return nil, false
}

func fakeNames() []string {
	return []string{hubspot.Name, klaviyo.Name, datamanager.Name, webhook.Name}
}

// locked runs fn on the present state, alone among all processes, and appends to the journal what fn wrote to tx. When
// fn fails or panics, what it changed is forgotten.
func (s *Sandbox) locked(fn func(tx *fake.Tx) error) (err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return ErrClosed
	}
	if s.journal == nil {
		return fn(s.newTx())
	}
	if err := s.journal.Lock(s.reset, s.apply); err != nil {
		return err
	}
	done := false
	defer func() {
		if !done {
			s.journal.Rewind()
		}
		err = errors.Join(err, s.journal.Unlock())
	}()
	tx := s.newTx()
	if err := fn(tx); err != nil {
		return err
	}
	if len(tx.Record()) > 0 {
		if err := s.journal.Append(tx.Record()); err != nil {
			return err
		}
	}
	done = true
	return nil
}

func (s *Sandbox) newTx() *fake.Tx { return fake.NewTx(s.opts.Now(), s.opts.Rand.Uint64) }

// reset empties the state; the configuration stays.
func (s *Sandbox) reset() {
	s.hubspot.Reset()
	s.klaviyo.Reset()
	s.google.Reset()
	s.webhook.Reset()
	s.faults = faultState{}
	s.log = requestLog{most: s.opts.Log}
	s.counters = map[counterKey]*Counter{}
	s.seq = 0
}
