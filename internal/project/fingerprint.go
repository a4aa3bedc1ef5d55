package project

import (
	"crypto/sha256"
	"encoding/hex"
)

// Fingerprint tells whether the files of a project have changed: it is of the names
// and the contents of all that Load would read.
func Fingerprint(root string) (string, error) {
	l := &loader{root: root, reported: map[problemKey]int{}}
	names := []string{kithFile}
	for _, dir := range []string{"models", "syncs"} {
		names = append(names, l.find(dir)...)
	}
	if l.problems.HasErrors() { // of a folder: what is in it cannot be told
		return "", l.problems.Err()
	}
	h := sha256.New()
	for _, name := range names {
		b, err := ReadFile(root, name)
		if err != nil {
			return "", err
		}
		sum := sha256.Sum256(b)
		_, _ = h.Write([]byte(name + "\x00")) // a hash takes anything
		_, _ = h.Write(sum[:])
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}
