package bigquery

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"time"
	"unicode/utf8"

	"google.golang.org/api/option"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
)

// Config says which project runs the statements and as whom. Only Project is required.
type Config struct {
	Project  string // runs and pays the jobs; tables without a project are in it
	Location string // "EU", "us-central1"; the service finds it from the tables when empty
	Dataset  string // of names without one

	CredentialsFile string // of a service account, or of workload identity federation; default credentials when empty
	Impersonate     string // the service account to act as

	Labels         map[string]string // of every job, beside kith's own
	MaxBytesBilled int64             // of one job that is not Unlimited; the service refuses it when it would read more; 0: no limit
	JobTimeout     time.Duration     // the service ends a job that runs longer; 0: no limit
	PagedReads     bool              // do not use the Storage Read API
	Quota          string            // project that is billed for the requests, where it is not Project

	// Endpoint and StorageEndpoint are addresses (host:port) of something else that
	// speaks the API, without credentials and encryption: the emulator, a test.
	Endpoint, StorageEndpoint string

	// AnswerIn is how long rows that are appended wait for their answer, before they are
	// appended again. Default 2 min.
	AnswerIn time.Duration

	// Backoff is how long the first repetition waits; it doubles. Default 1 s.
	Backoff time.Duration
}

// attempts is how often a request or a job is tried in all.
const attempts = 6

// ownLabels are the keys of labels that kith sets.
var ownLabels = []string{"app", "run", "statement", "model"}

var (
	projectName = regexp.MustCompile(`^[a-z0-9.:-]*[a-z][a-z0-9.:-]*$`)
	labelChars  = regexp.MustCompile(`^[\p{Ll}\p{Lo}0-9_-]*$`) // a bound of repetition in it would cost every start of kith 8 ms
	labelFirst  = regexp.MustCompile(`^[\p{Ll}\p{Lo}]`)
)

// isLabelKey and isLabelValue report whether BigQuery takes a text as the key or the value
// of a label, see https://cloud.google.com/bigquery/docs/labels-intro#requirements.
func isLabelKey(text string) bool { return isLabelValue(text) && labelFirst.MatchString(text) }

func isLabelValue(text string) bool {
	return utf8.RuneCountInString(text) <= 63 && labelChars.MatchString(text)
}

func (c Config) validate() error {
	switch {
	case c.Project == "":
		return errors.New("bigquery: no project")
	case !projectName.MatchString(c.Project):
		return fmt.Errorf("bigquery: %q is no project id", c.Project)
	case c.MaxBytesBilled < 0:
		return errors.New("bigquery: max_bytes_billed is negative")
	case c.JobTimeout < 0:
		return errors.New("bigquery: job_timeout is negative")
	}
	for _, name := range slices.Sorted(maps.Keys(c.Labels)) {
		switch {
		case slices.Contains(ownLabels, name):
			return fmt.Errorf("bigquery: label %s is kith's own and cannot be set", name)
		case !isLabelKey(name):
			return fmt.Errorf("bigquery: %q is no key of a label: lower case letters, digits, - and _, a letter first, at most 63", name)
		case !isLabelValue(c.Labels[name]):
			return fmt.Errorf("bigquery: label %s has a value that is not allowed: lower case letters, digits, - and _, at most 63", name)
		}
	}
	return nil
}

// options are those of the clients over HTTP and gRPC. Their own telemetry is off: a trace
// has the statements, by name, and not the addresses that are called for them.
func (c Config) options() (rest, storage []option.ClientOption, err error) {
	if c.Endpoint != "" {
		plain, quiet := option.WithoutAuthentication(), option.WithTelemetryDisabled()
		rest = []option.ClientOption{plain, quiet, option.WithEndpoint("http://" + c.Endpoint + "/bigquery/v2/")}
		storage = []option.ClientOption{
			plain, quiet, option.WithEndpoint(c.StorageEndpoint),
			option.WithGRPCDialOption(grpc.WithTransportCredentials(insecure.NewCredentials())),
		}
		return rest, storage, nil
	}
	who, err := c.credentials()
	if err != nil {
		return nil, nil, err
	}
	common := []option.ClientOption{option.WithUserAgent("kith/1"), option.WithAuthCredentials(who), option.WithTelemetryDisabled()}
	if c.Quota != "" {
		common = append(common, option.WithQuotaProject(c.Quota))
	}
	return common, common, nil
}
