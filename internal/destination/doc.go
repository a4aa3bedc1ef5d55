// Package destination is what the rooms of the remote systems share: the
// configuration they are opened with, one HTTP client that is safe by default,
// one reading of status codes, and the scrubbing of what vendors say.
//
// A room is a folder below this one. It exports
//
//	Spec() cdp.DestinationSpec                        what it can do, as data
//	New(destination.Config) (cdp.Destination, error)  opens nothing, reads no secret
//	Limits(destination.Config) (cdp.Limits, error)    its limits under these options
//	Endpoint(destination.Config) (string, error)      whom it writes to, for the ledger
//
// and is named once, in the list of built-in destinations. It holds no policy: it
// does not retry, sleep or count; the engine does, by the limits. Every room passes
// the suite of package destinationtest.
//
// In the flow a room comes last: the engine takes rows of one operation from a
// changeset, calls Push, and acknowledges what the results say.
//
//	client, err := destination.NewClient(cfg, destination.ClientOptions{
//		BaseURL:   "https://api.vendor.example",
//		Secret:    "token",
//		Authorize: destination.Bearer,
//	})
//	...
//	answer, err := client.Do(ctx, destination.Request{Method: "POST", Path: "/v1/people", Body: body})
//	if err != nil {
//		return nil, err // already *cdp.Throttled, *cdp.Fatal or *destination.Uncertain
//	}
//	if !answer.OK() {
//		return nil, destination.Classify(answer, destination.Policy{Vendor: "Vendor"})
//	}
//
// # Outcomes
//
// The one distinction that matters is whether a request may have been applied.
// A request that was never written (no address, connection refused, a failed
// handshake) is a *cdp.Throttled: nothing happened, try again. A request that was
// written and not answered is an [*Uncertain]: the engine repeats it under the
// same idempotency key. An answer that only says "later" (408, 503) leaves it open as
// well, unless the vendor says that it does not: a *cdp.Throttled in doubt.
package destination
