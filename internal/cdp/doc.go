// Package cdp holds the nouns of kith and the ports that join its rooms: a
// [Project] and what it declares, the [Statement] that the compiler makes, the
// [Change] that a sync delivers and the [Result] that a destination answers.
//
// It imports nothing but positions, does no I/O and has methods on values only,
// so every other room can speak the same words. The words are those of the
// glossary in the design page: one word per thing, in YAML, in Go, in tables
// and in what users read.
//
// The three ports are [Dialect] (text of one SQL dialect), [Warehouse] (a
// connection that runs statements) and [Destination] (a remote system that takes
// batches of changes). Each has one conformance suite that every implementation
// passes: warehouse.Suite and destinationtest.Suite.
package cdp
