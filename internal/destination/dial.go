package destination

import (
	"fmt"
	"net"
	"net/netip"
	"syscall"
)

// never are the ranges that no configuration opens: link-local, multicast,
// unspecified and reserved addresses, and those on which clouds serve credentials
// to whoever asks. Sources: IANA special-purpose registries; AWS, GCP, Azure,
// Oracle and Alibaba instance metadata pages. Checked November 2026.
var never = prefixes(
	"0.0.0.0/8",          // this host: connects to loopback on Linux
	"169.254.0.0/16",     // link-local; 169.254.169.254 is AWS, GCP, Azure
	"168.63.129.16/32",   // Azure wire server
	"100.100.100.200/32", // Alibaba metadata
	"192.0.0.192/32",     // Oracle metadata
	"224.0.0.0/4",        // multicast
	"240.0.0.0/4",        // reserved, broadcast
	"::/128",             // unspecified
	"fe80::/10",          // link-local
	"fec0::/10",          // site-local, deprecated
	"ff00::/8",           // multicast
	"fd00:ec2::/32",      // AWS metadata
	"fd20:ce::/32",       // GCP metadata
)

// private are the ranges that `allow_private: true` opens.
var private = prefixes(
	"127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16",
	"100.64.0.0/10", // carrier-grade NAT
	"192.0.0.0/24", "198.18.0.0/15",
	"::1/128", "fc00::/7", "64:ff9b:1::/48",
)

// embedding are the IPv6 ranges that carry an IPv4 address, and at which byte.
var embedding = []struct {
	prefix netip.Prefix
	at     int
}{
	{netip.MustParsePrefix("64:ff9b::/96"), 12}, // NAT64
	{netip.MustParsePrefix("2002::/16"), 2},     // 6to4
	{netip.MustParsePrefix("::/96"), 12},        // IPv4-compatible, deprecated
}

func prefixes(list ...string) []netip.Prefix {
	out := make([]netip.Prefix, len(list))
	for i, s := range list {
		out[i] = netip.MustParsePrefix(s)
	}
	return out
}

func within(ip netip.Addr, list []netip.Prefix) bool {
	for _, p := range list {
		if p.Contains(ip) {
			return true
		}
	}
	return false
}

// Forbidden is the error of an address that may not be dialled.
type Forbidden struct {
	Addr    string
	Private bool // allow_private would open it
}

func (e *Forbidden) Error() string {
	if e.Private {
		return fmt.Sprintf("%s is a private or loopback address", e.Addr)
	}
	return fmt.Sprintf("%s is a link-local, metadata or reserved address", e.Addr)
}

// Allowed reports, as a *Forbidden or nil, whether an address may be dialled. An
// IPv4 address inside an IPv6 one (mapped, NAT64, 6to4) is judged as IPv4.
func Allowed(ip netip.Addr, allowPrivate bool) error {
	shown := ip.WithZone("").String()
	ip = ip.Unmap().WithZone("")
	if ip.Is6() {
		for _, e := range embedding {
			if e.prefix.Contains(ip) && ip != netip.IPv6Loopback() {
				b := ip.As16()
				ip = netip.AddrFrom4([4]byte(b[e.at : e.at+4]))
				break
			}
		}
	}
	switch {
	case !ip.IsValid() || within(ip, never):
		return &Forbidden{Addr: shown}
	case !allowPrivate && within(ip, private):
		return &Forbidden{Addr: shown, Private: true}
	}
	return nil
}

// guard is the Control function of a dialer. It sees the address after resolution,
// once for each that is tried, so that no name and no second answer of a name
// server leads around it.
func guard(allowPrivate bool) func(network, address string, _ syscall.RawConn) error {
	return func(_, address string, _ syscall.RawConn) error {
		host, _, err := net.SplitHostPort(address)
		if err != nil {
			return err
		}
		ip, err := netip.ParseAddr(host)
		if err != nil {
			return &Forbidden{Addr: "an address that is not an IP address"}
		}
		return Allowed(ip, allowPrivate)
	}
}
