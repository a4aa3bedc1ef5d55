package bigquery

import (
	_ "embed"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

//go:embed tools.lock
var toolsLock string

// ToolsVersion names the sources of the emulator and the analyzer that belong to this
// kith: a hash of the files of internal/tools, which `make engine` builds from.
func ToolsVersion() string { return strings.TrimSpace(toolsLock) }

// ErrNoTools says that the emulator and the analyzer have not been built.
var ErrNoTools = errors.New("the BigQuery tools (emulator, analyzer) are not installed: run `make engine` in kith's repository, " +
	"or name the folder that holds them in KITH_BIGQUERY_TOOLS")

// Tool finds one of the programs of internal/tools, "emulator" or "analyzer": in own,
// a folder that the user names, or where `make engine` puts it below os.UserCacheDir.
func Tool(own, cacheDir, name string) (string, error) {
	dir := own
	if dir == "" {
		if cacheDir == "" {
			return "", ErrNoTools
		}
		dir = filepath.Join(cacheDir, "kith", "tools-bigquery", ToolsVersion())
	}
	path := filepath.Join(dir, name)
	st, err := os.Stat(path)
	if errors.Is(err, os.ErrNotExist) {
		return "", ErrNoTools
	}
	if err != nil {
		return "", err
	}
	if !st.Mode().IsRegular() || st.Mode().Perm()&0o002 != 0 {
		return "", fmt.Errorf("%s is no file, or everybody may write it", path)
	}
	return path, nil
}
