// Package warehouse certifies implementations of [cdp.Warehouse]. The
// implementations are in the folders below, one per driver; each runs [Suite] in
// its tests:
//
//	func TestSuite(t *testing.T) {
//		warehouse.Suite(t, texts, func(t *testing.T) cdp.Warehouse { return open(t) })
//	}
//
// It has no other code: whoever needs a warehouse takes the port from package cdp.
package warehouse
