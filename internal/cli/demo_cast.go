package cli

import (
	"slices"
	"strings"
)

// scene is the part that members of the cast have: what they did is told by the
// data (sql/clickhouse/demo.sql), what came of it is read from the sandbox.
type scene struct {
	people []uint64
	did    string
}

// firstScenes are of the first run.
var firstScenes = []scene{
	{[]uint64{50, 51}, "share one phone and one tablet"},
	{[]uint64{52, 53}, "both gave the shop test@test.com"},
	{[]uint64{10, 11, 12}, "have addresses that HubSpot refuses"},
}

// hardNames are members of the cast whose names are hard to carry unchanged.
var hardNames = []uint64{0, 1, 2, 5}

// dayScenes are of the day after.
var dayScenes = []scene{
	{[]uint64{20, 21}, "turns out to be one person, not a customer and a guest: an order names both"},
	{[]uint64{40}, "has a new address"},
	{[]uint64{41}, "moved"},
	{[]uint64{70}, "bought something"},
	{[]uint64{30, 31}, "opted out, in the CRM and by the link in a mail"},
	{[]uint64{60}, "has a mailbox that does not exist any more"},
}

// arrived tells who is in HubSpot after the first run.
func (d *demonstration) arrived(now *look) {
	d.say("  what was typed arrives as it was typed:")
	for _, n := range hardNames {
		if r, ok := now.of(d.cast[n].email); ok {
			d.say("    %-12s %s", maskID(d.cast[n].email), printable(r.Properties["firstname"]+" "+r.Properties["lastname"]))
		}
	}
	d.say("  and some of the hard cases:")
	for _, s := range firstScenes {
		there := uint64(0)
		for _, n := range s.people {
			if _, ok := now.of(d.cast[n].email); ok {
				there++
			}
		}
		d.say("    %s %s: %s", d.called(s.people), s.did, counted(there, "contact"))
	}
}

// happened tells what became of some contacts.
func (d *demonstration) happened(before, now *look) {
	d.say("  some of them, as HubSpot has them now:")
	for _, s := range dayScenes {
		d.say("    %s %s", d.called(s.people), s.did)
		for _, n := range s.people {
			d.say("      %-12s %s", maskID(d.cast[n].email), printable(before.became(now, d.cast[n].email)))
		}
	}
}

// called is the names of people: "Ann, Bob and Cas". Two may have one name.
func (d *demonstration) called(people []uint64) string {
	var list []string
	for _, n := range people {
		if name := printable(d.cast[n].name); !slices.Contains(list, name) {
			list = append(list, name)
		}
	}
	if len(list) == 1 {
		return list[0]
	}
	return strings.Join(list[:len(list)-1], ", ") + " and " + list[len(list)-1]
}
