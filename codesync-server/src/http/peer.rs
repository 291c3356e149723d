//! Who is at the other end: the peer of the connection, or the one for whom listed proxies ask.
//!
//! A header that anybody can send proves nothing. `X-Forwarded-For` is read only when it comes from
//! a proxy on the operator's list, and only as far back as one listed proxy vouches for the next.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use axum::http::{HeaderMap, HeaderName};

use crate::config::reach::Reach;

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
/// Addresses that are looked at, from the last one on.
const HOPS_MAX: usize = 16;

/// The other end of the connection that a request came on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Peer(pub(crate) SocketAddr);

/// The address of whoever asks. IPv4 in IPv6's clothes has been undressed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct ClientAddress(pub IpAddr);

impl ClientAddress {
    /// Goes back through the proxies as far as they are listed. The first address that is none of
    /// them is the client's; what stands before it is hearsay.
    pub(crate) fn of(peer: IpAddr, headers: &HeaderMap, reach: &Reach) -> Self {
        let mut client = peer.to_canonical();
        let named = headers.get_all(FORWARDED_FOR).iter().rev();
        let named = named.flat_map(|value| value.to_str().unwrap_or_default().rsplit(','));
        for name in named.take(HOPS_MAX) {
            if !reach.trusts(client) {
                break;
            }
            // A listed proxy that writes something else is as far back as can be seen.
            let Some(address) = address(name.trim()) else { break };
            client = address.to_canonical();
        }
        Self(client)
    }

    /// What is counted as one place: a household has a whole /64 of IPv6 addresses.
    #[must_use]
    pub fn place(&self) -> String {
        match self.0 {
            IpAddr::V4(address) => address.to_string(),
            IpAddr::V6(address) => {
                let [a, b, c, d, ..] = address.segments();
                format!("{}/64", Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
            }
        }
    }
}

impl fmt::Display for ClientAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// An address as proxies write it: some add the port.
fn address(text: &str) -> Option<IpAddr> {
    let of_socket = || text.parse().ok().map(|socket: SocketAddr| socket.ip());
    text.parse().ok().or_else(of_socket)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(proxies: &[&str], peer: &str, forwarded: &[&str], client: &str) {
        let proxies = proxies.iter().map(|text| text.parse().expect("a network")).collect();
        let reach = Reach { origins: Vec::new(), proxies };
        let mut headers = HeaderMap::new();
        for header in forwarded {
            headers.append(FORWARDED_FOR, header.parse().expect("a header"));
        }
        let found = ClientAddress::of(peer.parse().expect("an address"), &headers, &reach);
        assert_eq!(found.to_string(), client, "{peer} {forwarded:?}");
    }

    #[test]
    fn a_stranger_cannot_say_that_he_is_somebody_else() {
        check(&[], "192.0.2.1", &["10.0.0.1"], "192.0.2.1");
        check(&["10.0.0.0/8"], "192.0.2.1", &["10.0.0.1"], "192.0.2.1");
        // He sent the first two himself; the proxy added where they came from.
        check(&["10.0.0.0/8"], "10.0.0.1", &["1.1.1.1, 10.0.0.9, 192.0.2.1"], "192.0.2.1");
        check(&["10.0.0.0/8"], "10.0.0.1", &["203.0.113.9", "192.0.2.7"], "192.0.2.7");
    }

    #[test]
    fn a_chain_of_listed_proxies_is_followed_to_its_end() {
        let trusted = ["10.0.0.0/8", "fd00::/8"];
        check(&trusted, "10.0.0.1", &["192.0.2.1"], "192.0.2.1");
        check(&trusted, "10.0.0.1", &["192.0.2.1:4711"], "192.0.2.1");
        check(&trusted, "10.0.0.1", &["192.0.2.1", "fd00::7, 10.9.9.9"], "192.0.2.1");
        check(&trusted, "::ffff:10.0.0.1", &["::ffff:192.0.2.1"], "192.0.2.1");
        check(&trusted, "10.0.0.1", &[], "10.0.0.1");
        check(&trusted, "10.0.0.1", &["unknown, 10.0.0.2"], "10.0.0.2");
        check(&trusted, "10.0.0.1", &[""], "10.0.0.1");
    }

    #[test]
    fn a_household_counts_once() {
        let place = |text: &str| ClientAddress(text.parse().expect("an address")).place();
        assert_eq!(place("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::/64");
        assert_eq!(place("2001:db8:1:2::9"), place("2001:db8:1:2:ffff::"));
        assert_ne!(place("2001:db8:1:3::9"), place("2001:db8:1:2::9"));
        assert_eq!(place("192.0.2.1"), "192.0.2.1");
    }
}
