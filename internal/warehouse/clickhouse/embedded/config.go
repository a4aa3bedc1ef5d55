package embedded

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/xml"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"
)

// Config says which engine to run. Path is required, and CacheDir or Lib where no
// clickhouse binary is on the PATH.
type Config struct {
	Path     string // folder of the warehouse; made when it is missing
	Lib      string // libchdb.so that the user vouches for, from KITH_CLICKHOUSE_LIB
	CacheDir string // os.UserCacheDir: `make engine` puts the pinned library below it
	Exe      string // the kith binary; default os.Executable

	// StateDatabase is what Fragment may write. ReadDatabases is what it may read
	// besides; nil means every database but the system's.
	StateDatabase string
	ReadDatabases []string

	HTTP      bool          // listen for HTTP too
	PartLog   bool          // keep system.part_log: what merges and mutations take, which query_log does not say
	MaxMemory uint64        // bytes; 0 for ClickHouse's default, 90 % of the machine's
	KeepFree  uint64        // bytes of the disk that statements leave free
	Wait      time.Duration // for an engine that is starting or dying; default 15 s
}

const (
	defaultWait  = 15 * time.Second
	startTimeout = 2 * time.Minute // for tables that load slowly; a dead child is noticed at once
	stopTimeout  = 2 * time.Second // see child.stop
)

// files of an engine, all below Config.Path.
type files struct{ base string }

func (f files) data() string   { return filepath.Join(f.base, "clickhouse") }
func (f files) conf() string   { return filepath.Join(f.base, "kith-engine") }
func (f files) config() string { return filepath.Join(f.conf(), "config.xml") }
func (f files) users() string  { return filepath.Join(f.conf(), "users.xml") }
func (f files) info() string   { return filepath.Join(f.base, "kith-engine.json") }
func (f files) lock() string   { return filepath.Join(f.base, "kith-engine.lock") }

// User is one of the engine's two users.
type User string

// The users.
const (
	Full     User = "kith"          // seed, demo and creating databases
	Fragment User = "kith_fragment" // everything else: SQL from the project runs as this user
)

// anyDatabase is Fragment for a kith whose project reads other databases than the
// one that started the engine: users cannot be changed while it runs.
const anyDatabase User = "kith_fragment_any"

func newPassword() string {
	var b [32]byte
	_, _ = rand.Read(b[:]) // never fails
	return hex.EncodeToString(b[:])
}

// write writes the configuration and the users of one start.
func (f files) write(cfg Config, in info) error {
	for _, dir := range []string{f.data(), f.conf()} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return err
		}
	}
	if err := os.WriteFile(f.config(), []byte(configXML(cfg, f)), 0o600); err != nil {
		return err
	}
	if err := os.WriteFile(f.users(), []byte(usersXML(cfg, in)), 0o600); err != nil {
		return err
	}
	// ClickHouse keeps its system database in memory but leaves the files of
	// query_log, and does not make a table whose folder is there (26.7, 2026-11).
	err := os.RemoveAll(filepath.Join(f.data(), "data", "system"))
	if errors.Is(err, syscall.ENOTEMPTY) {
		// The engine of a kith that was killed outlives it for a moment, and writes.
		return busyError{fmt.Errorf("an engine that is dying still writes: %w", err)}
	}
	return err
}

// configXML is the engine's configuration. What is dropped is gone in seconds, not in
// eight minutes: the scratch tables of a sync may be larger than what it reads. A DELETE
// rewrites one part after the other, and waits between two of them as long as it is told
// here: 140 ms a part where it is not, 10 ms where it is (26.7, 2026-11-29). A table with
// nothing to do waits twice as long each time, so that it is woken ten times until it sleeps
// for ten seconds, and not seventy times as with a tenth more, which is the default.
func configXML(cfg Config, f files) string {
	var b strings.Builder
	fmt.Fprintf(&b, `<clickhouse>
  <logger><level>none</level></logger>
  <timezone>UTC</timezone>
  <database_atomic_delay_before_drop_table_sec>1</database_atomic_delay_before_drop_table_sec>
  <background_processing_pool_thread_sleep_seconds_if_nothing_to_do>0.01</background_processing_pool_thread_sleep_seconds_if_nothing_to_do>
  <background_processing_pool_task_sleep_seconds_when_no_work_random_part>0.01</background_processing_pool_task_sleep_seconds_when_no_work_random_part>
  <background_processing_pool_task_sleep_seconds_when_no_work_multiplier>2</background_processing_pool_task_sleep_seconds_when_no_work_multiplier>
  <users_config>%s</users_config>
  <user_files_path>%s</user_files_path>
  <access_control_improvements>
    <select_from_system_db_requires_grant>true</select_from_system_db_requires_grant>
    <select_from_information_schema_requires_grant>true</select_from_information_schema_requires_grant>
    <table_engines_require_grant>true</table_engines_require_grant>
  </access_control_improvements>
  <query_log>
    <database>system</database>
    <table>query_log</table>
    <flush_interval_milliseconds>1000</flush_interval_milliseconds>
  </query_log>
`, escape(f.users()), escape(filepath.Join(f.data(), "user_files")))
	if cfg.PartLog {
		b.WriteString("  <part_log><database>system</database><table>part_log</table><flush_interval_milliseconds>1000</flush_interval_milliseconds></part_log>\n")
	}
	if cfg.MaxMemory > 0 {
		fmt.Fprintf(&b, "  <max_server_memory_usage>%d</max_server_memory_usage>\n", cfg.MaxMemory)
	}
	if cfg.KeepFree > 0 {
		fmt.Fprintf(&b, "  <storage_configuration><disks><default><keep_free_space_bytes>%d</keep_free_space_bytes></default></disks></storage_configuration>\n", cfg.KeepFree)
	}
	b.WriteString("</clickhouse>\n")
	return b.String()
}

const (
	engines = "MergeTree ReplacingMergeTree AggregatingMergeTree SummingMergeTree CollapsingMergeTree VersionedCollapsingMergeTree Memory Null"

	write = "INSERT, ALTER, CREATE TABLE, CREATE VIEW, DROP TABLE, DROP VIEW, TRUNCATE, OPTIMIZE, CHECK, SHOW"
)

func usersXML(cfg Config, in info) string {
	var b strings.Builder
	b.WriteString(`<clickhouse>
  <profiles>
    <default/>
    <first><log_queries>0</log_queries><max_sessions_for_user>1</max_sessions_for_user></first>
    <kith><log_queries>1</log_queries></kith>
  </profiles>
  <quotas><default/></quotas>
  <users>
`)
	// The child itself runs its first statement as default, which can have no
	// password. That is its only session, so nobody else gets in.
	user(&b, "default", "<password></password>", "first",
		"GRANT SYSTEM LISTEN ON *.*", "GRANT CREATE TEMPORARY TABLE ON *.*", "GRANT READ ON FILE")
	secret := func(u User) string {
		sum := sha256.Sum256([]byte(in.Passwords[u]))
		return "<password_sha256_hex>" + hex.EncodeToString(sum[:]) + "</password_sha256_hex>"
	}
	user(&b, string(Full), secret(Full), "kith", append([]string{
		"GRANT SELECT, CREATE DATABASE, DROP DATABASE, " + write + ", KILL QUERY, SYSTEM FLUSH LOGS ON *.*",
	}, engineGrants()...)...)
	all := []string{"GRANT SELECT ON *.*", "REVOKE SELECT ON system.*", "REVOKE SELECT ON information_schema.*", "REVOKE SELECT ON INFORMATION_SCHEMA.*"}
	state := append(engineGrants(), "GRANT SELECT ON system.processes") // to kill its own
	if cfg.StateDatabase != "" {
		state = append(state, "GRANT SELECT, "+write+" ON "+ident(cfg.StateDatabase)+".*")
	}
	read := all
	if cfg.ReadDatabases != nil {
		read = nil
		for _, db := range cfg.ReadDatabases {
			if !slices.Contains([]string{"system", "information_schema"}, strings.ToLower(db)) {
				read = append(read, "GRANT SELECT ON "+ident(db)+".*")
			}
		}
	}
	user(&b, string(Fragment), secret(Fragment), "kith", append(read, state...)...)
	user(&b, string(anyDatabase), secret(anyDatabase), "kith", append(all, state...)...)
	b.WriteString("  </users>\n</clickhouse>\n")
	return b.String()
}

func engineGrants() []string {
	var grants []string
	for _, e := range strings.Fields(engines) {
		grants = append(grants, "GRANT TABLE ENGINE ON "+ident(e))
	}
	return grants
}

func user(b *strings.Builder, name, password, profile string, grants ...string) {
	fmt.Fprintf(b, "    <%s>\n      %s\n      <networks><ip>127.0.0.1</ip></networks>\n      <profile>%s</profile><quota>default</quota>\n      <grants>\n",
		name, password, profile)
	for _, g := range grants {
		fmt.Fprintf(b, "        <query>%s</query>\n", escape(g))
	}
	fmt.Fprintf(b, "      </grants>\n    </%s>\n", name)
}

func ident(name string) string {
	return "`" + strings.NewReplacer(`\`, `\\`, "`", "\\`").Replace(name) + "`"
}

func escape(s string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(s)) // a strings.Builder never fails
	return b.String()
}
