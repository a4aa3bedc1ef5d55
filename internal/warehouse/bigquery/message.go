package bigquery

import (
	"regexp"
	"strings"

	"github.com/kithdata/kith/internal/cdp"
)

// clean keeps what helps of a message about a statement: what it says of names, rights and
// limits, and of anything else no value. BigQuery has one reason for most errors of a
// statement, it quotes few of the values that it repeats, and ERROR('...') says what it is given.
func clean(reason, message, sql string) string {
	message = firstLine(message)
	if ofService(reason) {
		return message
	}
	place := placeAtEnd.FindString(message)
	said := strings.TrimSuffix(message, place)
	before := beforeIt.FindString(said)
	said = said[len(before):]
	if ofStatement.MatchString(said) {
		return message
	}
	masked := cdp.MaskValues(said, sql)
	if masked == "…" {
		masked = "an error whose text may hold values of rows"
	}
	return before + masked + place
}

// ofService reports whether a reason is of the service, of rights or of limits, and not of values.
func ofService(reason string) bool {
	switch reason {
	case "accessDenied", "authError", "backendError", "billingNotEnabled", "billingTierLimitExceeded", "blocked", "bytesBilledLimitExceeded", "duplicate", "forbidden", "internalError",
		"jobBackendError", "jobInternalError", "jobRateLimitExceeded", "notFound", "notImplemented", "quotaExceeded", "rateLimitExceeded", "required", "resourceInUse", "resourcesExceeded",
		"responseTooLarge", "stopped", "tableUnavailable", "timeout":
		return true
	}
	return false
}

var (
	placeAtEnd = regexp.MustCompile(` at \[\d+:\d+\]$| \[at \d+:\d+\]$`)
	beforeIt   = regexp.MustCompile(`^(?:Query error: |Invalid value: |Error: |failed to (?:analyze|scan rows|parse statements?): )+`) // the emulator's words, too
)

// ofStatement finds what the analyzer and the service say of what a statement names, and of
// what it may do and use: cloud.google.com/bigquery/docs/error-messages, and the messages of
// the analyzer itself, checked 2026-11-30.
var ofStatement = regexp.MustCompile(`^(?:` + strings.Join([]string{
	`Syntax error: `, `Lexical error: `, `Unrecognized name: `, `Unrecognized type `, `Type not found: `, `(?:Function|Table-valued function|Procedure) not found: `, `Table not found: `,
	`Not found: (?:Table|Dataset|Project|Job|Routine|Model|Connection) `, `Not found: [A-Za-z0-9_:.-]+$`, `(?:Table|Dataset|Schema) (?:already exists|does not exist): `, `Table \S+ (?:not found|already exists|does not exist)`,
	`Already Exists: `, `Access Denied: `, `Permission `, `(?:The )?[Uu]ser does not have `, `Request had `, `Billing has not been enabled`, `Caller `,
	`No matching signature for `, `Number of arguments does not match`, `Signature `,
	`Column name \S+ (?:is|does|was|of) `, `Queries in UNION `, `Column \S+ (?:in|is not|not|contains|of type|has type) `, `Name \S+ (?:not found inside|is ambiguous) `, `Field name \S+ does not exist `, `Cannot access field `,
	`Duplicate (?:column name|alias|table alias) `, `Query column \d+ has type `, `Value of type \S+ cannot be assigned`, `Value has type `, `Inserted row has wrong column count`, `Invalid cast from [A-Z]`, `Invalid [A-Z]+ literal$`,
	`(?:SELECT list|ORDER BY clause|HAVING clause|QUALIFY clause|Star expansion|PARTITION BY|WINDOW) expression references `, `Aggregat(?:e|ion) function`, `Analytic function`, `Grouping by expressions? `,
	`Partition(?:ing)? by expressions? `, `WHERE clause should return `, `Table name "\S+" (?:missing dataset|cannot)`, `Invalid (?:table|dataset|project)[ -]?(?:name|ID|id)`, `Cannot query over table `,
	`Resources exceeded during query`, `Quota exceeded`, `Exceeded (?:rate limits|quota)`, `Query exceeded (?:limit|resource)`, `Job exceeded `, `Custom quota exceeded`, `Response too large`,
	`Transaction is aborted `, `Could not serialize access `, `Too many DML statements `, `Provided Schema does not match`, `The job encountered an error during execution`,
	`[A-Z/]+ (?:must|can) match at most one source row`, `Scalar subquery produced more than one element`, `Required field \S+ cannot be null`, `Required parameter is missing`, `Cannot (?:add|drop|change|modify) `,
	`An internal error occurred`, `The service is currently unavailable`, `Error encountered during execution. Retrying may solve`, `Operation timed out`, `No such `, `Unsupported `, `Unexpected keyword `,
}, "|") + `)`)
