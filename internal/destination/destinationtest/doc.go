// Package destinationtest certifies destinations: one suite that every
// implementation of cdp.Destination passes, whether its rows count at once, after
// a job (cdp.Poller) or only together (cdp.Session).
//
// The suite plays the engine: it pushes batches, splits those that are refused,
// repeats those whose outcome is unknown, and compares what it was told with what
// the remote system holds. Between the destination and its remote it puts a server
// that loses answers, throttles, redirects and echoes.
//
//	func TestSuite(t *testing.T) {
//		destinationtest.Suite(t, destinationtest.Harness{
//			Spec:     vendor.Spec(),
//			New:      vendor.New,
//			Start:    func(t *testing.T) destinationtest.Remote { return newFake() },
//			Delivery: cdp.Delivery{Kind: cdp.Object, Remote: "people", Mode: cdp.Upsert, Key: "email"},
//			Row:      func(i int) cdp.Delta { return person(i) },
//		})
//	}
package destinationtest
