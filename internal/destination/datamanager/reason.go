package datamanager

import (
	"regexp"
	"slices"
)

// What to do about what no row is to blame for.
const (
	askGoogle     = "the account may not use Customer Match: ask Google"
	otherAudience = "the audience cannot be changed: name another"
	otherName     = "name the audience differently"
	accounts      = "check account, account_type and login_account"
	options       = "check the options of the destination: account, account_type, login_account, ad_user_data, ad_personalization"
	// consentOptions: ProcessingErrorReason has of consent what is said with the request, and the
	// settings of the advertiser (processing_errors.proto, November 2026).
	consentOptions = "check ad_user_data and ad_personalization, and the consent settings of the account in the product"

	partner = "a data partner may not write this audience: check login_account, and the link of the two accounts in the product"
	look    = "no row is to blame: look the reason up in Google's description of ErrorReason, mend the account, the audience or the options, and run again"
)

// settled says what helps against the reasons that an operator can do something about.
var settled = map[string]string{
	"TERMS_AND_CONDITIONS_NOT_SIGNED":               "accept the terms of Customer Match in the product, or set accept_terms: true",
	"ADVERTISER_TOS_NOT_ACCEPTED":                   "accept the terms of the partner in the product",
	"EU_POLITICAL_ADVERTISING_DECLARATION_REQUIRED": "declare in the product, for each campaign, whether it has political advertising in the EU",
	"NOT_FOUND":                                             "check the audience, and account and login_account",
	"INVALID_USER_LIST_ID":                                  "check the id of the audience, and that it belongs to the account",
	"INVALID_USER_LIST_TYPE":                                "the audience must be a Customer Match list of contact data",
	"UNSUPPORTED_USER_LIST_UPLOAD_KEY_TYPES":                "the audience must be a Customer Match list of contact data",
	"UNSUPPORTED_INGESTED_USER_LIST_INFO_CONFIG":            "the audience must be a Customer Match list of contact data",
	"USER_LIST_TYPE_NOT_SUPPORTED_FOR_ACCOUNT":              "an account of this type has no Customer Match lists: check account and account_type",
	"UNSUPPORTED_ACCOUNT_TYPES_FOR_USER_LIST_TYPE":          "an account of this type has no Customer Match lists: check account and account_type",
	"USER_LIST_MUTATION_NOT_SUPPORTED":                      otherAudience,
	"SENSITIVE_USER_LIST_IMMUTABLE":                         otherAudience,
	"OWNERSHIP_REQUIRED_FOR_UPDATE":                         "the audience belongs to another account: set account to that one, or name another audience",
	"USER_LIST_NAME_RESERVED":                               "the name is reserved: " + otherName,
	"DISPLAY_NAME_ALREADY_USED":                             "an audience of that name is there but cannot be seen: give its id",
	"INVALID_DISPLAY_NAME":                                  otherName,
	"MEMBERSHIP_DURATION_TOO_LONG":                          "set membership_days to fewer days",
	"INVALID_DESTINATION":                                   accounts,
	"MISMATCHED_ACCOUNT_TYPE":                               "check account_type",
	"DESTINATION_ACCOUNT_TYPE_MISMATCH":                     "check account_type",
	"OPERATING_ACCOUNT_LOGIN_ACCOUNT_MISMATCH":              "check account and login_account",
	"INVALID_CLIENT_ACCOUNT_ID":                             accounts,
	"NOT_ALLOWLISTED":                                       askGoogle,
	"ADVERTISER_NOT_ALLOWLISTED_FOR_UPLOADED_DATA":          askGoogle,
	"DATA_PARTNER_USER_LIST_MUTATE_NOT_ALLOWED":             partner,
	"DIFFERENT_LOGIN_ACCOUNTS_NOT_ALLOWED_FOR_DATA_PARTNER": partner,
	"UNSUPPORTED_OPERATING_ACCOUNT_FOR_DATA_PARTNER":        partner,
	"UNSUPPORTED_LINKED_ACCOUNT_FOR_DATA_PARTNER":           partner,
	"SERVICE_DISABLED":                                      "enable the Data Manager API in a project of yours, and name that as quota_project, or as that of the credentials: gcloud auth application-default set-quota-project",
	"USER_PROJECT_DENIED":                                   "give whoever the credentials belong to the role Service Usage Consumer in the quota project, or name another as quota_project",
	"ACCESS_TOKEN_SCOPE_INSUFFICIENT":                       "make new credentials with the scope " + scope,
	"PERMISSION_DENIED":                                     "make whoever the credentials belong to a user of the account",
}

// ofMember are the reasons for which a smaller request helps: members may be to blame, or
// their number. ErrorReason of error.proto, read in November 2026; of the values that a member
// has not, of events and licences, none is among them.
var ofMember = []string{
	"REQUIRED_FIELD_MISSING", "INVALID_FORMAT", "INVALID_HEX_ENCODING", "INVALID_BASE64_ENCODING", "INVALID_SHA256_FORMAT", "INVALID_NUMBER_FORMAT",
	"FIELD_VALUE_TOO_LONG", "FIELD_VALUE_TOO_SHORT", "TOO_MANY_ELEMENTS", "TOO_FEW_ELEMENTS", "NO_IDENTIFIERS_PROVIDED",
	"INVALID_AUDIENCE_MEMBER", "TOO_MANY_AUDIENCE_MEMBERS", "TOO_MANY_USER_IDENTIFIERS", "INVALID_MOBILE_ID_FORMAT",
	"INVALID_POSTAL_CODE", "INVALID_COUNTRY_CODE", "INVALID_REGION_CODE",
}

// general are the reasons that say nothing.
var general = []string{"INVALID_ARGUMENT", "ERROR_REASON_UNSPECIFIED"}

// beside are the fields of a request that are none of its members'.
var beside = regexp.MustCompile(`(?i)^(destinations|consent|encoding|encryption_?info|terms_?of_?service|validate_?only)\b`)

// settles says what to do about an error that no row is to blame for; "" of one that a row
// may be to blame for, as surely that of a member which is named. A reason that is not known
// and names no member ends the run as well: taken for a member's, one of the account would
// take a batch of 10,000 apart in 19,999 calls and hold each of its rows for days, while a
// run that ends has held nothing back and says why.
func (e apiError) settles(named bool) string {
	reasons := e.reasons()
	for _, reason := range reasons {
		if help := settled[reason]; help != "" {
			return help
		}
	}
	if named {
		return ""
	}
	if e.aside() {
		return options
	}
	told := slices.DeleteFunc(slices.Clone(reasons[:len(reasons)-1]), func(s string) bool { return slices.Contains(general, s) })
	if len(told) == 0 {
		told = reasons[len(reasons)-1:] // the status
	}
	if slices.ContainsFunc(told, func(s string) bool { return slices.Contains(general, s) || slices.Contains(ofMember, s) }) {
		return ""
	}
	return look
}

// aside reports whether an error is about fields of the request that are none of its members'.
func (e apiError) aside() bool {
	some := false
	for _, d := range e.Details {
		for _, v := range d.Violations {
			if !beside.MatchString(v.Field) {
				return false
			}
			some = true
		}
	}
	return some
}
