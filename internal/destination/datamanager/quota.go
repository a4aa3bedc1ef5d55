package datamanager

import (
	"errors"
	"net/http"
	"regexp"
	"sync/atomic"

	"github.com/kithdata/kith/internal/destination"
)

// quotaProject is the project that calls are counted at and whose owner must have enabled the API.
// Of a user's credentials Google takes that of whoever made their client, where no other is named:
// for those of its own command line that is a project of Google's, which has no quota for this.
type quotaProject struct {
	named string                 // by the option
	found atomic.Pointer[string] // in the credentials
}

// projectID is what the id of a project is made of, which goes into a header.
var projectID = regexp.MustCompile(`^[A-Za-z0-9.:_-]+$`)

// reads keeps the project of credentials that are parsed.
func (q *quotaProject) reads(parse func(string) (destination.Grant, error)) func(string) (destination.Grant, error) {
	return func(secret string) (destination.Grant, error) {
		g, err := parse(secret)
		if err == nil && g.QuotaProject != "" && !projectID.MatchString(g.QuotaProject) {
			err = errors.New("quota_project_id is not the id of a project")
		}
		if err == nil {
			q.found.Store(&g.QuotaProject)
		}
		return g, err
	}
}

// authorize puts a token on a request, for which the credentials were read, and the project.
func (q *quotaProject) authorize(h http.Header, token string) {
	destination.Bearer(h, token)
	project := q.named
	if found := q.found.Load(); project == "" && found != nil {
		project = *found
	}
	if project != "" {
		h.Set("X-Goog-User-Project", project)
	}
}
