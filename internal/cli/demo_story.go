package cli

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/engine"
)

// say prints a line of the story; with --json there is none.
func (d *demonstration) say(format string, args ...any) {
	if !d.json {
		d.out.printf(format+"\n", args...)
	}
}

// title begins a chapter.
func (d *demonstration) title(text string) {
	d.say("\n%s", d.out.paint(bold, text))
}

// took ends one.
func (d *demonstration) took(since time.Time) {
	d.say("  %s", d.out.paint(dim, "("+seconds(time.Since(since).Seconds())+")"))
}

// prologue makes the shop.
func (d *demonstration) prologue() error {
	start := time.Now()
	engine := "a real ClickHouse"
	if isEmulator(d.session.project.Target) {
		engine = "BigQuery's emulator"
	}
	d.say("A shop of its own in %s: %s, the project of kith's repository, and", d.dir, engine)
	d.say("stand-ins for HubSpot and the shop's services. Nothing leaves this machine.")
	d.title("1  The warehouse")
	if err := d.openShop(); err != nil {
		return err
	}
	if err := d.readCast(); err != nil {
		return err
	}
	rows, err := d.counts()
	if err != nil {
		return err
	}
	d.say("  %s people left", number(d.shop.People))
	for _, t := range shopTables {
		d.say("  %10s  %s", number(rows[t.name]), either(rows[t.name], t.row, t.rows))
	}
	d.say("  with typing errors, shared phones and tablets, opt-outs, test@test.com, and a <script>.")
	d.took(start)
	return nil
}

// firstRun pushes everybody.
func (d *demonstration) firstRun() error {
	start := time.Now()
	d.title("2  The first run, as of " + moment(d.shop.At))
	report, now, err := d.run(d.shop.At)
	if err != nil {
		return err
	}
	for _, e := range report.Entities {
		d.entity(e)
	}
	d.say("  segments:")
	for _, s := range report.Segments {
		d.say("  %10s  %s", number(s.Members), s.Segment)
	}
	d.say("  sent (+ added, ~ changed, - removed):")
	d.sent(report)
	d.arrived(now)
	d.took(start)
	return nil
}

// repeat runs again over the same rows.
func (d *demonstration) repeat() error {
	start := time.Now()
	d.title("3  The same run again: nothing has changed")
	report, now, err := d.run(d.shop.At)
	if err != nil {
		return err
	}
	requests, rows, waiting := uint64(0), uint64(0), uint64(0)
	for _, s := range report.Syncs {
		requests, rows, waiting = requests+s.Requests, rows+s.Delivered+s.Rejected, waiting+s.Held
	}
	d.say("  %s sent in %s; the sandbox counted %s.", counted(rows, "row"), counted(requests, "request"), number(now.requests))
	if waiting > 0 {
		d.say("  %s that HubSpot refused wait for an hour before they are tried again.", counted(waiting, "row"))
	}
	d.took(start)
	return nil
}

// dayPasses adds a day to the shop.
func (d *demonstration) dayPasses() error {
	d.title("4  A day passes")
	before, err := d.counts()
	if err != nil {
		return err
	}
	if err := d.passDay(); err != nil {
		return err
	}
	after, err := d.counts()
	if err != nil {
		return err
	}
	var news []string
	for _, t := range shopTables {
		if n := after[t.name] - before[t.name]; n > 0 {
			news = append(news, number(n)+" "+either(n, t.row, t.rows))
		}
	}
	d.say("  %s.", strings.Join(news, ", "))
	return nil
}

// plan shows what the next run would do.
func (d *demonstration) plan() error {
	start := time.Now()
	d.title("5  The plan: what a run would send now, before it sends it")
	observe, end := d.progress()
	d.engine.Observe = observe
	plan, err := d.engine.Plan(d.soft, d.hard, engine.Request{Command: "plan", Build: true, Syncs: d.syncs(), AsOf: d.shop.Next})
	end()
	if err != nil {
		return err
	}
	for _, s := range plan.Syncs {
		d.say("  %-18s %s  in %s", s.Sync, d.changes(s.Added, s.Changed+s.Rekeyed, s.Removed, s.Reasons), counted(s.Calls, "call"))
		if len(s.Fields) > 0 {
			d.say("  %-18s of %s", "", mostChanged(s.Fields))
		}
		if s.GuardText != "" {
			d.say("  %-18s blocked: %s", "", s.GuardText)
		}
		if s.Error != "" {
			d.say("  %-18s failed: %s", "", printable(s.Error))
		}
	}
	d.took(start)
	return nil
}

// mostChanged is "city 3, lifetime_value 7 and 2 fields more".
func mostChanged(fields []engine.FieldChange) string {
	const most = 4
	list := slices.SortedStableFunc(slices.Values(fields), func(a, b engine.FieldChange) int { return cmp.Compare(b.Rows, a.Rows) })
	var parts []string
	for _, f := range list[:min(most, len(list))] {
		parts = append(parts, f.Field+" "+number(f.Rows))
	}
	text := strings.Join(parts, ", ")
	if n := len(list) - most; n > 0 {
		text += fmt.Sprintf(" and %d fields more", n)
	}
	return text
}

// dayAfter pushes what the day changed.
func (d *demonstration) dayAfter() error {
	start := time.Now()
	d.title("6  The run of the day after, " + moment(d.shop.Next))
	before := d.seen
	report, now, err := d.run(d.shop.Next)
	if err != nil {
		return err
	}
	for _, e := range report.Entities {
		d.entity(e)
	}
	d.sent(report)
	d.say("  the sandbox counted %s.", counted(uint64(now.requests), "request"))
	d.happened(before, now)
	d.took(start)
	return nil
}

// epilogue says what to try.
func (d *demonstration) epilogue() error {
	d.title("7  Yours to try")
	d.say("  cd %s", d.dir)
	on := ""
	if d.target != "" {
		on = " --target " + d.target
	}
	for _, x := range [][2]string{
		{"kith plan" + on, "what the time since then has changed"},
		{"kith log --rejected" + on, "what HubSpot refused, and when it is tried again"},
		{"kith sandbox", "HubSpot's stand-in, with its contacts, in a browser"},
		{"kith status" + on, "every sync and its last run"},
	} {
		d.say("  %-*s %s", len("kith log --rejected   ")+len(on), x[0], x[1])
	}
	d.say("  Lower `gte: 400` of the segment vip in models/segments.yml, and plan again.")
	return nil
}

// entity tells who is who.
func (d *demonstration) entity(e engine.EntityReport) {
	who := counted(e.Entities, e.Entity)
	if e.Entity == "person" {
		who = number(e.Entities) + " " + either(e.Entities, "person", "people")
	}
	d.say("  %s are %s.", counted(e.Identifiers, "identifier"), who)
	for _, x := range []struct {
		n    uint64
		text string
	}{
		{e.Merged, "merged into somebody who was known before"},
		{e.Blocked, "values set aside that stand for nobody, such as test@test.com"},
		{e.Quarantined, "set apart: too much seems to be one person"},
		{e.Unowned, "rows are nobody's"},
	} {
		if x.n > 0 {
			d.say("  %10s  %s", number(x.n), x.text)
		}
	}
}

// sent tells what went where.
func (d *demonstration) sent(r *engine.Report) {
	for i, s := range r.Syncs {
		d.say("  %-18s %s: %s", s.Sync, addressee(d.syncs()[i]), d.changes(s.Added, s.Changed, s.Removed, s.Reasons))
		d.say("  %-18s %s", "", fates(s))
	}
}

// addressee is where a sync writes, in words.
func addressee(s *cdp.Sync) string {
	title := s.Destination.Type
	if d, err := driverOf(s.Destination.Type); err == nil {
		title = d.spec().Title
	}
	switch s.Kind {
	case cdp.Audience:
		return title + ", list " + s.Remote
	case cdp.EventTo:
		return title + ", event " + s.Remote
	}
	return title + ", " + s.Remote
}

// failed tells how a run ended that should not have ended so.
func (d *demonstration) failed(r *engine.Report) {
	d.err.printf("%s the run ended as %s %s\n", d.err.paint(red, "error:"), r.Status, printable(r.Error))
	for _, s := range r.Syncs {
		if s.Error != "" {
			d.err.printf("  sync %s: %s\n", s.Sync, printable(s.Error))
			d.printHelp(s.Help)
		}
	}
}

func moment(t time.Time) string { return t.Format("2 January 2006, 15:04") }

// either is one for 1, else many.
func either(n uint64, one, many string) string {
	if n == 1 {
		return one
	}
	return many
}
