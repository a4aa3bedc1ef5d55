// Package datamanager writes Customer Match audiences of Google through the Data
// Manager API.
//
//	destinations:
//	  - {name: ads, type: google_data_manager, account: "123-456-7890", credentials: "file:adc.json", ad_user_data: granted, ad_personalization: granted}
//	syncs:
//	  - {name: vip_ads, from: {segment: vip}, to: {destination: ads, audience: VIP}, match: [email, phone], consent: ads}
//
// The credentials are those of an authorised user or of a service account, as
// Google's tools write them: JSON with client_id, client_secret and refresh_token, or
// with client_email and private_key. Their scope is
// https://www.googleapis.com/auth/datamanager, and whoever they are must be a user of
// the account. No developer token is needed. Calls are counted at the project that a user's
// credentials have as quota_project_id, or at quota_project.
//
// # Members
//
// A member has up to ten identifiers: all e-mail addresses and phone numbers of a
// person, and one address when first name, last name, country and postcode are all
// matched. Everything but country and postcode is normalised and hashed in the
// warehouse. Google asks that mail addresses of its own domains lose their dots and
// what follows a '+'; no other platform wants that.
//
// # Answers
//
// A request is taken or refused as a whole. Where Google names a member it is that
// row that is rejected; where it does not the engine splits the request until it is
// found. What is wrong with the account, the list or the terms ends the run instead.
// A request that was taken is a job: hours may pass until Google tells how many
// members it could not take, and why, but never which. They count as delivered, and
// the number is in the report. A request that failed as a whole for a reason of its
// members rejects its rows; for any other, consent among them, they are sent again.
//
// # Consent
//
// ad_user_data and ad_personalization are what Google is told of every member. kith
// claims nothing by itself: members in Europe are not used unless both are granted,
// so set them when the consent of the sync means that.
//
// # Sources
//
// The protos and the discovery document of datamanager v1 (revision 20261007), and
// developers.google.com/data-manager/api; read in November 2026.
package datamanager

import (
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/destination"
)

const (
	vendor   = "Google"
	baseURL  = "https://datamanager.googleapis.com"
	tokenURL = "https://oauth2.googleapis.com/token" //nolint:gosec // an address
	scope    = "https://www.googleapis.com/auth/datamanager"

	maxMembers     = 10_000 // of a request
	maxIdentifiers = 10     // of a member
	maxBody        = 10 << 20
)

// Names of the identifiers of a member.
const (
	email     = "emailAddress"
	phone     = "phoneNumber"
	givenName = "givenName"
	lastName  = "familyName"
	region    = "regionCode"
	postcode  = "postalCode"
)

// Spec declares the destination.
func Spec() cdp.DestinationSpec {
	consent := []string{"unspecified", "granted", "denied"}
	return cdp.DestinationSpec{
		Type:  "google_data_manager",
		Title: "Google Data Manager",
		Doc:   "Writes Customer Match audiences of Google Ads and other Google products, hashed.",
		Options: []cdp.Option{
			{Name: "account", Kind: cdp.OptString, Required: true, Doc: "The id of the account that owns the audiences, with or without dashes."},
			{Name: "credentials", Kind: cdp.OptString, Required: true, Secret: true, Doc: "The JSON of an authorised user (client_id, client_secret, refresh_token) or of a service account (client_email, private_key)."},
			{Name: "quota_project", Kind: cdp.OptString, Doc: "The id of the Google Cloud project whose quota calls take, in which the Data Manager API is enabled; by default the quota_project_id of the credentials, and of a service account its own project."},
			{Name: "account_type", Kind: cdp.OptEnum, Values: []string{"google_ads", "display_video_advertiser", "display_video_partner"}, Default: "google_ads", Doc: "The product of the account."},
			{Name: "login_account", Kind: cdp.OptString, Doc: "The id of the manager account that the credentials belong to, when it is another."},
			{Name: "ad_user_data", Kind: cdp.OptEnum, Values: consent, Default: consent[0], Doc: "The consent to send data to Google for advertising that every member of a sync has given."},
			{Name: "ad_personalization", Kind: cdp.OptEnum, Values: consent, Default: consent[0], Doc: "The consent to personalised advertising that every member of a sync has given."},
			{Name: "accept_terms", Kind: cdp.OptBool, Default: "false", Doc: "Says with every request that the terms of Customer Match are accepted; not needed where somebody has accepted them in the product."},
			{Name: "membership_days", Kind: cdp.OptInt, Default: "540", Doc: "How long a member stays in an audience that kith makes, 1 to 540 days from when it was last sent: sync --full sends all again, in time."},
			{Name: "wait", Kind: cdp.OptDuration, Default: "0s", Doc: "How long a run waits until Google has processed its requests; it may take hours, so the next run asks."},
			{Name: "rate", Kind: cdp.OptInt, Doc: "Calls per minute, where Google has granted another number than 300."},
			{Name: "base_url", Kind: cdp.OptURL, Default: baseURL, Doc: "Another address of the API."},
			{Name: "token_url", Kind: cdp.OptURL, Default: tokenURL, Doc: "Another address of the token endpoint."},
			{Name: "allow_private", Kind: cdp.OptBool, Default: "false", Doc: "Allows private and loopback addresses."},
		},
		Writes: []cdp.RemoteSpec{{
			Kind: cdp.Audience, Actions: []cdp.Action{cdp.ActionIgnore, cdp.ActionRemove},
			Recognised: cdp.Recognised{Alone: []string{email, phone}, Together: []string{givenName, lastName, region, postcode}},
		}},
		Limits: limits,
		Match: map[string]cdp.MatchSpec{
			"email":      {Name: email, Normalize: "mailbox", Hash: true},
			"phone":      {Name: phone, Normalize: "phone", Hash: true},
			"first_name": {Name: givenName, Normalize: "name", Hash: true},
			"last_name":  {Name: lastName, Normalize: "name", Hash: true},
			"country":    {Name: region, Normalize: "country"},
			"postcode":   {Name: postcode, Normalize: "trim"},
		},
	}
}

// limits are those of the IngestionService of one project: 300 a minute, 100,000 a
// day, about ten at once.
var limits = cdp.Limits{
	MaxRows: maxMembers, MaxBytes: 8 << 20, RowBytes: 100_000,
	Rates:      []cdp.Rate{{Calls: 300, Per: time.Minute}, {Calls: 100_000, Per: 24 * time.Hour}},
	Concurrent: 4, Timeout: 2 * time.Minute, Retries: 5, MaxWait: time.Minute,
	// "Wait for 30 minutes, then send a RetrieveRequestStatus request" (diagnostics, November 2026):
	// a request is given twice that until an answer that it is not known counts.
	JobAge: 48 * time.Hour, JobKnown: time.Hour,
}

// Limits are the limits under the options of the block.
func Limits(cfg destination.Config) (cdp.Limits, error) {
	l := limits
	l.Rates = append([]cdp.Rate(nil), l.Rates...)
	rate, err := cfg.Int("rate", l.Rates[0].Calls, 1, 1_000_000)
	if err != nil {
		return l, err
	}
	l.Rates[0].Calls = rate
	l.PollFor, err = cfg.Duration("wait", 0, 0, 24*time.Hour)
	return l, err
}

var digits = regexp.MustCompile(`^[0-9]+$`)

// account is the id of an account without dashes.
func account(cfg destination.Config, option string) (string, error) {
	id := strings.ReplaceAll(cfg.String(option, ""), "-", "")
	if id != "" && !digits.MatchString(id) {
		return "", fmt.Errorf("%s: %q is not the number of an account", option, cfg.String(option, ""))
	}
	return id, nil
}

// Endpoint is the host and the account.
func Endpoint(cfg destination.Config) (string, error) {
	u, err := cfg.BaseURL(baseURL)
	if err != nil {
		return "", err
	}
	id, err := account(cfg, "account")
	if err != nil {
		return "", err
	}
	cfg.Type = Spec().Type
	return cfg.Endpoint(u, cfg.String("account_type", "google_ads")+"/"+id), nil
}
