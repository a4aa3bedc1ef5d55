// Package file writes changesets to files on this machine: one file per run and
// sync, which appears as a whole when the run commits, and replaces none.
//
// It is a session (cdp.Session): the rows of a run are written to a temporary file
// that is synced, renamed and made durable by Commit. Push answers Delivered for
// each row as it takes it; the engine withholds the acknowledgement until Commit
// returns. A run without rows leaves no file.
//
//	destinations:
//	  - {name: out, type: file, dir: exports, format: jsonl}
//	syncs:
//	  - {name: people, from: {segment: vip}, to: {destination: out, object: people}, ...}
//
// gives exports/people-000000000012-<run>~object~people.jsonl, named after the object, the
// kind and the sync, with one line per row:
//
//	{"op":"add","row_id":"p_1","key":"ann@example.com","fields":{"firstname":"Ann"}}
//	{"op":"rekey","row_id":"p_2","key":"new@example.com","old_key":"old@example.com","fields":{}}
//	{"op":"remove","action":"delete","reason":"left","row_id":"p_3","key":"c@example.com","fields":{}}
//
// Rows of an audience have "match", rows of an event "at" (RFC 3339, UTC). The number is
// the epoch of the sync, so that its final state is the replay of its files in the order
// of their names. A row_id is of one sync; several may write one object.
//
// # CSV
//
// The columns are op, row_id, key, the mapped fields and those that only removals set, then
// _action and _reason, or for events _at; an audience has a column per match identifier in place of fields, and events
// have them at the end, as _match_email, with one more _ where a field is called so.
// Four things stay apart: an absent field is nothing, a null is \N, an empty text
// is "", and the text \N is "\N" in quotes. Lists and json are JSON text. Values
// are written as they are: a program that takes text with a leading =, +, - or @
// for a formula (Excel does) must be told to import the columns as text.
package file

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/kithdata/kith/internal/cdp"
	"github.com/kithdata/kith/internal/destination"
)

// Spec declares the destination.
func Spec() cdp.DestinationSpec {
	return cdp.DestinationSpec{
		Type:  "file",
		Title: "Files",
		Doc:   "Writes one file per run of a sync into a directory of the project.",
		Options: []cdp.Option{
			{Name: "dir", Kind: cdp.OptString, Required: true, Doc: "The directory, relative to the project; it is created."},
			{Name: "format", Kind: cdp.OptEnum, Values: []string{"jsonl", "csv"}, Default: "jsonl", Doc: "One JSON object per line, or CSV with a header."},
			{Name: "allow_root", Kind: cdp.OptString, Doc: "An absolute directory outside the project below which dir may lie."},
		},
		Writes: []cdp.RemoteSpec{
			{
				Kind: cdp.Object, Modes: []cdp.Mode{cdp.Upsert}, Rekey: true,
				Actions: []cdp.Action{cdp.ActionIgnore, cdp.ActionDelete, cdp.ActionArchive, cdp.ActionSet},
			},
			{Kind: cdp.Audience, Actions: []cdp.Action{cdp.ActionIgnore, cdp.ActionRemove}},
			{Kind: cdp.EventTo, Dedup: "by row_id, when the files of the sync are replayed"},
		},
		Limits: limits,
		Local:  true,
		Match: map[string]cdp.MatchSpec{
			"email":       {Name: "email", Normalize: "email"},
			"phone":       {Name: "phone", Normalize: "phone"},
			"first_name":  {Name: "first_name"},
			"last_name":   {Name: "last_name"},
			"birthdate":   {Name: "birthdate"},
			"gender":      {Name: "gender"},
			"street":      {Name: "street"},
			"city":        {Name: "city"},
			"region":      {Name: "region"},
			"postcode":    {Name: "postcode"},
			"country":     {Name: "country"},
			"ip":          {Name: "ip"},
			"device_id":   {Name: "device_id"},
			"external_id": {Name: "external_id"},
		},
		Session: true,
	}
}

// limits: one call at a time, because the order of lines is the order of delivery.
var limits = cdp.Limits{MaxRows: 10_000, MaxBytes: 16 << 20, Concurrent: 1, Timeout: time.Minute}

// Limits are the limits of the Spec: no option changes them.
func Limits(destination.Config) (cdp.Limits, error) { return limits, nil }

// Endpoint names the directory as the project writes it, so that a checkout at
// another place is the same endpoint.
func Endpoint(cfg destination.Config) (string, error) {
	o, err := parse(cfg)
	if err != nil {
		return "", err
	}
	return "file:" + filepath.ToSlash(o.written), nil
}

// options are the checked options.
type options struct {
	written string   // dir as in the project, cleaned
	root    string   // the directory below which dir lies
	below   []string // the names from root to dir
	csv     bool
}

func parse(cfg destination.Config) (options, error) {
	o := options{root: cfg.Root, csv: cfg.String("format", "jsonl") == "csv"}
	dir, allow := cfg.String("dir", ""), cfg.String("allow_root", "")
	switch {
	case dir == "":
		return o, fmt.Errorf("dir: missing")
	case slices.Contains(strings.Split(filepath.ToSlash(dir), "/"), ".."):
		return o, fmt.Errorf("dir: %q leads upwards; name a directory inside the project, or set allow_root", dir)
	case allow != "" && (!filepath.IsAbs(allow) || filepath.Clean(allow) == filepath.VolumeName(allow)+string(filepath.Separator)):
		return o, fmt.Errorf("allow_root: %q is not an absolute directory below the root of the file system", allow)
	}
	o.written = filepath.Clean(dir)
	full := o.written
	if !filepath.IsAbs(full) {
		full = filepath.Join(cfg.Root, full)
	}
	for _, root := range []string{cfg.Root, allow} {
		if root == "" {
			continue
		}
		rel, err := filepath.Rel(root, full)
		if err != nil || !filepath.IsLocal(rel) {
			continue
		}
		o.root = root
		if rel != "." {
			o.below = strings.Split(filepath.ToSlash(rel), "/")
		}
		return o, nil
	}
	return o, fmt.Errorf("dir: %q is outside the project; set allow_root to a directory above it", dir)
}
