// Package models holds the models of the reference project, so that `kith demo` runs
// the files that stand here and no copy of them.
package models

import "embed"

// Files are the models.
//
//go:embed *.yml
var Files embed.FS
