// Package klaviyo writes profiles, lists and events of a Klaviyo account.
//
//	destinations:
//	  - {name: email, type: klaviyo, token: "${KLAVIYO_KEY}"}
//	syncs:
//	  - {name: people, from: {entity: person}, to: {destination: email, object: profiles}, key: {email: email}, fields: {first_name: first_name, ltv: lifetime_value}, consent: marketing}
//	  - {name: vips, from: {segment: vip}, to: {destination: email, audience: VIP}, match: [email], consent: marketing}
//	  - {name: orders, from: {source: orders, entity: person, start: now}, to: {destination: email, event: Placed Order}, key: {id: order_id}, match: [email], fields: {value: amount}, consent: marketing}
//
// The token is a private key, with the scopes that its option names: also a job and its
// errors are read by profiles:read.
//
// # Profiles
//
// The key is email, phone_number (E.164) or external_id. Up to 10,000 profiles are
// one bulk import job: the answer is the job, and Klaviyo's list of the job's errors
// says afterwards which profiles were refused: by what it repeats of them, or by a place.
// A field that is no attribute of a profile is a custom property of that name;
// location.city and its like are parts of the location. on_removed: set sends the
// constants like any change.
//
// A bulk import clears nothing: of what is null it leaves the value that is there, custom
// properties included. So a row with a null (on_null: clear) is written by a call of its
// own, Create or Update Profile, which answers for it at once; a custom property is unset.
//
// # Audiences
//
// An audience is a list, made when it is missing. Who is added is imported with the
// addresses alone, so that nothing else of a profile changes: one profile for each
// e-mail address of a person, else for each phone number.
// Who is removed is looked up among the members of the list by the values that were
// sent, and leaves the list; the profile and its consent stay.
//
// Being on a list is not consent. With subscribe: email or sms whoever is added is
// subscribed as well, by that alone, which takes back an earlier unsubscription or suppression of
// the same address; it is never the default, and leaving the list does not
// unsubscribe. On a list with double opt-in a person is a member once they confirm: a removal before
// that is put off (unconfirmed), and looked up again.
//
// # Events
//
// An event goes to the metric of its name, for the profile of the person's first
// e-mail address, else phone number. value and value_currency are the event's own;
// other fields are its properties. Klaviyo recognises a repeated
// unique_id of a profile and metric and refuses the request that has one; kith then
// takes that event as delivered and sends the others again.
//
// # Sources
//
// Klaviyo's OpenAPI document, revision 2026-07-15, read in November 2026.
package klaviyo

import (
	"time"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/destination"
)

const (
	vendor   = "Klaviyo"
	baseURL  = "https://a.klaviyo.com"
	revision = "2026-07-15"

	maxProfiles = 10_000    // of a bulk import job
	maxEvents   = 1_000     // of a bulk request of events
	maxMembers  = 1_000     // of a change of a list, or of subscriptions
	maxLookup   = 100       // members that one page of a list has
	maxFilter   = 4_000     // bytes of the values of a lookup, in an address; Klaviyo tells no limit
	maxBody     = 5_000_000 // bytes of a request; "5MB" read as the smaller one
	maxProfile  = 100_000   // bytes of a profile
)

// scopes are those of all calls, as Klaviyo's description has them.
const scopes = "profiles:read, profiles:write, lists:read, lists:write, for events events:write, with account accounts:read, and with subscribe subscriptions:write"

// The keys of a profile.
const (
	email      = "email"
	phone      = "phone_number"
	externalID = "external_id"
)

// Spec declares the destination.
func Spec() cdp.DestinationSpec {
	return cdp.DestinationSpec{
		Type:  "klaviyo",
		Title: "Klaviyo",
		Doc:   "Writes profiles in bulk import jobs, lists, and events.",
		Options: []cdp.Option{
			{Name: "token", Kind: cdp.OptString, Required: true, Secret: true, Doc: "A private API key, or the access token of an OAuth app; its scopes: " + scopes + "."},
			{Name: "auth", Kind: cdp.OptEnum, Values: []string{"key", "oauth"}, Default: "key", Doc: "What the token is."},
			{Name: "account", Kind: cdp.OptString, Doc: "The account's id (public API key); when given, a token of another account is refused."},
			{Name: "subscribe", Kind: cdp.OptEnum, Values: []string{"none", "email", "sms"}, Default: "none", Doc: "Whether an audience also subscribes whom it adds, by address or by number, which takes back an earlier unsubscription; never the default. A row without that value is rejected."},
			{Name: "wait", Kind: cdp.OptDuration, Default: "10m", Doc: "How long a run waits for its import jobs before it leaves them to the next run."},
			{Name: "revision", Kind: cdp.OptString, Default: revision, Doc: "The revision of the API."},
			{Name: "burst", Kind: cdp.OptInt, Doc: "Calls per second, where Klaviyo has granted another number than 10."},
			{Name: "steady", Kind: cdp.OptInt, Doc: "Calls per minute, where Klaviyo has granted another number than 150."},
			{Name: "base_url", Kind: cdp.OptURL, Default: baseURL, Doc: "Another address of the API."},
			{Name: "allow_private", Kind: cdp.OptBool, Default: "false", Doc: "Allows private and loopback addresses."},
		},
		Writes: []cdp.RemoteSpec{
			{
				Kind: cdp.Object, Names: []string{"profiles"}, Actions: []cdp.Action{cdp.ActionIgnore, cdp.ActionSet},
				Folds: map[string]cdp.Fold{email: cdp.FoldLower}, Clearing: &clearing,
			},
			// A removal looks members up, then takes them out of the list.
			{
				Kind: cdp.Audience, Actions: []cdp.Action{cdp.ActionIgnore, cdp.ActionRemove}, Calls: map[cdp.Op]int{cdp.Remove: 2}, RemoveRows: maxLookup,
				Recognised: cdp.Recognised{Alone: []string{email, phone}, First: true},
			},
			{Kind: cdp.EventTo, MaxRows: maxEvents, Dedup: "by unique_id within profile and metric"},
		},
		Limits: limits,
		Match: map[string]cdp.MatchSpec{
			"email": {Name: email, Normalize: "email"},
			"phone": {Name: phone, Normalize: "phone"},
		},
	}
}

// limits are those of bulk import, of bulk events and of the membership of lists:
// burst 10/s, steady 150/m.
var limits = cdp.Limits{
	MaxRows: maxProfiles, MaxBytes: 4_500_000, RowBytes: 95_000,
	Rates:      []cdp.Rate{{Calls: 10, Per: time.Second}, {Calls: 150, Per: time.Minute}},
	Concurrent: 5, Timeout: time.Minute, Retries: 5, MaxWait: time.Minute,
	PollFor: 10 * time.Minute, JobAge: 24 * time.Hour,
}

// Fit is the Spec as the options of the block want it. With subscribe: sms a member is known
// by the number that was subscribed, and by an address if it came by that before: each is
// looked up, so that a removal may have none that another row has.
func Fit(cfg destination.Config) cdp.DestinationSpec {
	spec := Spec()
	if cfg.String("subscribe", "") == "sms" {
		for i := range spec.Writes {
			spec.Writes[i].Recognised.First = false
			if spec.Writes[i].Kind == cdp.Audience {
				spec.Writes[i].Most = map[cdp.Op]int{cdp.Remove: 3} // addresses, numbers, and who leaves
			}
		}
	}
	return spec
}

// clearing is the endpoint of a single profile: burst 75/s, steady 750/m.
var clearing = cdp.Apart{
	Name: "profile-import", MaxRows: 10,
	Rates: []cdp.Rate{{Calls: 75, Per: time.Second}, {Calls: 750, Per: time.Minute}},
}

// Limits are the limits under the options of the block.
func Limits(cfg destination.Config) (cdp.Limits, error) {
	l := limits
	l.Rates = append([]cdp.Rate(nil), l.Rates...)
	for i, option := range []string{"burst", "steady"} {
		n, err := cfg.Int(option, l.Rates[i].Calls, 1, 1_000_000)
		if err != nil {
			return l, err
		}
		l.Rates[i].Calls = n
	}
	var err error
	l.PollFor, err = cfg.Duration("wait", l.PollFor, 0, 24*time.Hour)
	return l, err
}

// Endpoint is the host and, when the block names it, the account.
func Endpoint(cfg destination.Config) (string, error) {
	u, err := cfg.BaseURL(baseURL)
	if err != nil {
		return "", err
	}
	cfg.Type = Spec().Type
	return cfg.Endpoint(u, cfg.String("account", "")), nil
}
