// Package embedded runs a real ClickHouse for kith: a child process that is the
// kith binary again, with the library libchdb.so loaded into it. Nothing of
// ClickHouse is in the kith process itself.
//
// It serves a target that says `embedded: {path: ...}`. All kith processes that
// name the same path share one engine: the first starts it and owns it, the others
// attach; when the owner ends, so does the engine, and whoever needs it next
// starts it again.
//
//	engine, err := embedded.Open(ctx, embedded.Config{
//		Path: ".kith/warehouse", CacheDir: cache,
//		StateDatabase: "kith", ReadDatabases: []string{"raw"},
//	})
//	...
//	defer engine.Close()
//	w, err := engine.Warehouse(ctx, embedded.Fragment, clickhouse.Config{Database: "kith"}, dialect.ClickHouse{})
//
// and first thing in main:
//
//	if len(os.Args) > 1 && os.Args[1] == embedded.ChildCommand {
//		os.Exit(embedded.ChildMain(os.Args[2:]))
//	}
//
// # Files
//
// Below Config.Path: clickhouse/ is ClickHouse's own; kith-engine/ its
// configuration, with the hashes of the passwords; kith-engine.json says where the
// engine listens and holds the passwords in clear (0600); kith-engine.lock is
// locked by the owner.
//
// # Users and limits
//
// The engine listens on 127.0.0.1. Passwords are new with every start and never in
// an argument or the environment. [Full] may create, read and write every database;
// [Fragment] may read the declared databases and does as it likes in the state
// database. Neither may read files, URLs, buckets or other servers,
// and only engines of the MergeTree family, Memory and Null make tables.
//
// ClickHouse checks no right for one function: file(path) reads any file that the
// process may read. On Linux 5.19 and later the child therefore gives up, by
// Landlock, the right to open files outside of its folder and (6.7) to connect to
// anything; see [Engine.Sandboxed]. Elsewhere SQL that others wrote must be checked
// for that function before it runs.
//
// system.query_log begins anew with every start, since ClickHouse cannot
// take up the tables of its system database again.
package embedded
