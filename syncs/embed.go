// Package syncs holds the syncs of the reference project, for `kith demo`.
package syncs

import "embed"

// Files are the syncs.
//
//go:embed *.yml
var Files embed.FS
