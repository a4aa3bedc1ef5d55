// Package hubspot writes records and static lists of a HubSpot account.
//
//	destinations:
//	  - {name: crm, type: hubspot, token: "${HUBSPOT_TOKEN}", tier: pro}
//	syncs:
//	  - {name: people, from: {segment: vip}, to: {destination: crm, object: contacts}, key: {email: email}, ...}
//	  - {name: list, from: {segment: vip}, to: {destination: crm, audience: VIP}, match: [email], consent: marketing}
//
// The token is that of a service key, a private app or an OAuth app; it needs the
// scopes crm.objects.<type>.read and .write, for lists also crm.lists.read and
// .write.
//
// # Objects
//
// Records are matched by a property with unique values: email of contacts, or a
// property of yours that was created with unique values. Addresses are compared, and
// sent, in lower case; other keys go as they are, without spaces at the ends. A batch of 100 is one
// call: batch/upsert, batch/create (mode insert; of whom HubSpot says that they conflict
// it is asked whether there is a record of the key) or batch/update (mode update, by record
// id; an id that is not known yet is looked up by the key with batch/read).
// Each input carries an objectWriteTraceId, so that HubSpot answers 207 and names
// the records that failed instead of refusing the batch.
//
// Values are text: a date YYYY-MM-DD, a timestamp milliseconds since 1970, a bool
// true or false, a list joined by ';', json as its text; null clears ("").
//
// on_removed: set changes the fields of a record that is there and makes none;
// archive and delete both move the record to the recycle bin, from which it can be
// restored for 90 days; after delete kith forgets the record. kith never calls
// gdpr-delete for a removal: it blocks an address that HubSpot does not know.
//
// # Audiences
//
// An audience is a static list of contacts (processing type MANUAL, or SNAPSHOT by
// id or name), made when it is missing. Contacts are looked up by e-mail, then
// added to or removed from the list by record id; nothing of a contact is changed.
// An address that HubSpot does not know becomes a contact that has it and nothing
// else; with create_missing: false the row is skipped (not_found). Who leaves is
// taken out by the id that was told, and by address where HubSpot no longer has that.
//
// # Sources
//
// developers.hubspot.com, pages "Error handling", "Usage guidelines", "Contacts",
// "Lists" and the reference of v3; checked November 2026. What HubSpot's pages do
// not say is marked at its place in the code.
package hubspot

import (
	"time"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/destination"
)

const (
	vendor  = "HubSpot"
	baseURL = "https://api.hubapi.com"
	// maxBatch is the number of inputs of every batch endpoint: "batch operations
	// are limited to 100 records at a time" (contacts guide, November 2026).
	maxBatch = 100
)

// burst is the window of the rate.
const burst = 10 * time.Second

// tiers are the calls per 10 seconds of one app in one account, and per day of all
// its apps together (usage guidelines, November 2026): free and starter;
// professional and enterprise, of which the smaller day counts; with the API add-on.
var (
	tiers = map[string]int{"free": 100, "pro": 190, "addon": 250}
	daily = map[string]int{"free": 250_000, "pro": 650_000, "addon": 1_000_000}
)

// Spec declares the destination.
func Spec() cdp.DestinationSpec {
	return cdp.DestinationSpec{
		Type:  "hubspot",
		Title: "HubSpot",
		Doc:   "Writes contacts, companies, other CRM objects and static lists.",
		Options: []cdp.Option{
			{Name: "token", Kind: cdp.OptString, Required: true, Secret: true, Doc: "The access token of a service key, a private app or an OAuth app."},
			{Name: "tier", Kind: cdp.OptEnum, Values: []string{"free", "pro", "addon"}, Default: "free", Doc: "Decides the rate: 100, 190 or 250 calls per 10 seconds, 250,000, 650,000 or 1,000,000 per day."},
			{Name: "rate", Kind: cdp.OptInt, Doc: "Calls per 10 seconds, where HubSpot has granted another number than the tier's."},
			{Name: "daily", Kind: cdp.OptInt, Doc: "Calls per day that kith may make, where HubSpot has granted another number than the tier's or other apps need theirs."},
			{Name: "portal", Kind: cdp.OptString, Doc: "The account's id (Hub ID); when given, a token of another account is refused."},
			{Name: "create_missing", Kind: cdp.OptBool, Default: "true", Doc: "Whether an audience makes a contact for an address that HubSpot does not know."},
			{Name: "base_url", Kind: cdp.OptURL, Default: baseURL, Doc: "Another address of the API."},
			{Name: "allow_private", Kind: cdp.OptBool, Default: "false", Doc: "Allows private and loopback addresses."},
		},
		Writes: []cdp.RemoteSpec{
			{
				Kind: cdp.Object, Modes: []cdp.Mode{cdp.Upsert, cdp.Update, cdp.Insert}, Rekey: true, Find: true,
				Actions: []cdp.Action{cdp.ActionIgnore, cdp.ActionDelete, cdp.ActionArchive, cdp.ActionSet},
				KeyFold: cdp.FoldTrim, Folds: map[string]cdp.Fold{emailKey: cdp.FoldLower}, // see canonical
				// a look-up of records whose id is not known comes first, and again when an id is gone
				Most:   map[cdp.Op]int{cdp.Remove: 2, cdp.Change: 2, cdp.Rekey: 4},
				Insert: 2, // and of records that are said to be there, whether they are
			},
			// read, upsert of who is missing, membership; whom a contact is known of is not read to
			// be removed, unless the contact is gone
			{
				Kind: cdp.Audience, Actions: []cdp.Action{cdp.ActionIgnore, cdp.ActionRemove},
				Calls: map[cdp.Op]int{cdp.Change: 3, cdp.Add: 3}, Most: map[cdp.Op]int{cdp.Remove: 4},
				Recognised: cdp.Recognised{Alone: []string{"email"}},
			},
		},
		Limits: limits("free"),
		Match:  map[string]cdp.MatchSpec{"email": {Name: "email", Normalize: "email"}},
	}
}

// Fit is the Spec as the options of the block want it: nobody who is missing is made.
func Fit(cfg destination.Config) cdp.DestinationSpec {
	spec := Spec()
	if cfg.String("create_missing", "true") == "false" {
		for i := range spec.Writes {
			if spec.Writes[i].Kind == cdp.Audience {
				spec.Writes[i].Calls = map[cdp.Op]int{cdp.Change: 2, cdp.Add: 2}
			}
		}
	}
	return spec
}

func limits(tier string) cdp.Limits {
	return cdp.Limits{
		MaxRows: maxBatch, Rates: []cdp.Rate{{Calls: tiers[tier], Per: burst}, {Calls: daily[tier], Per: 24 * time.Hour}},
		Concurrent: 10, Timeout: 30 * time.Second, Retries: 5, MaxWait: time.Minute,
	}
}

// Limits are the limits under the options of the block.
func Limits(cfg destination.Config) (cdp.Limits, error) {
	l := limits(cfg.String("tier", "free"))
	rate, err := cfg.Int("rate", 0, 1, 100_000)
	if err != nil {
		return l, err
	}
	if rate > 0 {
		l.Rates[0].Calls = rate
	}
	day, err := cfg.Int("daily", 0, 1, 1_000_000_000)
	if day > 0 {
		l.Rates[1].Calls = day
	}
	return l, err
}

// Endpoint is the host and, when the block names it, the account.
func Endpoint(cfg destination.Config) (string, error) {
	u, err := cfg.BaseURL(baseURL)
	if err != nil {
		return "", err
	}
	cfg.Type = Spec().Type
	return cfg.Endpoint(u, cfg.String("portal", "")), nil
}
