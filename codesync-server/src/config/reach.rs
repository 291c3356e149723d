//! From where a server is reached: addresses, names in browsers, proxies in front.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use ipnet::IpNet;
use url::{Host, Url};

use super::source::{Given, Reader};
use super::{Listen, Role};

/// Port where nothing else is said.
pub const PORT: u16 = 3000;
/// Port of role websocket where nothing else is said.
pub const WEBSOCKET_PORT: u16 = 3001;

/// Who may ask.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Reach {
    /// Addresses under which browsers may come. None: the names of this machine itself.
    pub origins: Vec<Origin>,
    /// Proxies whose word about a request is taken.
    pub proxies: Vec<IpNet>,
}

impl Reach {
    /// For programs and browsers of this machine, under its own names.
    pub const MACHINE: Self = Self { origins: Vec::new(), proxies: Vec::new() };

    /// Whether one of its addresses is not this machine itself.
    pub(super) fn names_other_machines(&self) -> bool {
        self.origins.iter().any(|origin| !origin.is_of_machine())
    }

    /// Whether a peer's word about whom it speaks for is taken.
    #[must_use]
    pub fn trusts(&self, peer: IpAddr) -> bool {
        // An IPv4 peer of a socket that takes both kinds comes as ::ffff:a.b.c.d.
        let peer = peer.to_canonical();
        self.proxies.iter().any(|network| network.contains(&peer))
    }
}

/// Where a page comes from, as browsers say it: `https://code.example.org`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Origin {
    scheme: String,
    /// The name, and the port if it is not the usual one.
    authority: String,
}

impl Origin {
    /// Reads an address without a path. Beyond this machine it must be `https`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let url = Url::parse(text).ok()?;
        let bare = url.username().is_empty() && url.password().is_none();
        let whole = matches!(url.path(), "" | "/") && url.query().is_none();
        let safe = match url.scheme() {
            "https" => true,
            "http" => is_of_machine(&url),
            _ => false,
        };
        if !(bare && whole && safe && url.fragment().is_none()) {
            return None;
        }
        let host = url.host_str()?;
        let authority = url.port().map_or(host.to_owned(), |port| format!("{host}:{port}"));
        Some(Self { scheme: url.scheme().to_owned(), authority })
    }

    #[must_use]
    pub fn authority(&self) -> &str {
        &self.authority
    }

    #[must_use]
    pub fn is_encrypted(&self) -> bool {
        self.scheme == "https"
    }

    /// Whether a browser's `Origin` header names this one.
    #[must_use]
    pub fn matches(&self, header: &str) -> bool {
        header
            .strip_prefix(self.scheme.as_str())
            .and_then(|rest| rest.strip_prefix("://"))
            .is_some_and(|authority| authority.eq_ignore_ascii_case(&self.authority))
    }

    fn is_of_machine(&self) -> bool {
        Url::parse(&self.to_string()).is_ok_and(|url| is_of_machine(&url))
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", self.scheme, self.authority)
    }
}

fn is_of_machine(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// Where the server listens for the public.
pub(super) fn listen(reader: &mut Reader<'_>, role: Option<Role>) -> Option<Listen> {
    let host = host(reader, "host");
    let main = port(reader, "port", PORT);
    let websocket = port(reader, "websocket-port", WEBSOCKET_PORT);
    let port = if role == Some(Role::WebSocket) { websocket } else { main };
    Some(Listen { host: host?, port: port? })
}

/// Where the server tells its operators how it is.
pub(super) fn admin(reader: &mut Reader<'_>) -> Option<Option<SocketAddr>> {
    let host = host(reader, "admin-host");
    if reader.given("admin-port").is_none() {
        return Some(None);
    }
    let port = port(reader, "admin-port", 0);
    Some(Some(SocketAddr::new(host?, port?)))
}

fn host(reader: &mut Reader<'_>, name: &str) -> Option<IpAddr> {
    if reader.given(name).is_none() {
        return Some(IpAddr::V4(Ipv4Addr::LOCALHOST));
    }
    let remedy = "127.0.0.1 is this machine alone, 0.0.0.0 every network it is in";
    reader.read(name, "an IP address", remedy, |text| text.parse().ok())
}

fn port(reader: &mut Reader<'_>, name: &str, default: u16) -> Option<u16> {
    if reader.given(name).is_none() {
        return Some(default);
    }
    let remedy = "0 takes any free one";
    reader.read(name, "a port from 0 to 65535", remedy, |text| text.parse().ok())
}

/// Who may ask. `host` is where the server listens, if that could be read.
pub(super) fn reach(reader: &mut Reader<'_>, host: Option<IpAddr>) -> Option<Reach> {
    let origins = origins(reader);
    let proxies = proxies(reader);
    let (host, origins) = (host?, origins?);
    if origins.is_empty() && !host.is_loopback() {
        let met = format!("nothing, and {host} can be reached from other machines");
        let remedy = "say under which address people come, such as https://code.example.org, or listen to 127.0.0.1 alone";
        reader.fault("CODESYNC_PUBLIC_URL", &met, "at least one address", remedy);
        return None;
    }
    let proxies = match proxies? {
        // Whatever stands in front of a public server that only this machine reaches is a proxy.
        None if host.is_loopback() && !origins.is_empty() => {
            vec![
                IpNet::from(IpAddr::V4(Ipv4Addr::LOCALHOST)),
                IpNet::from(IpAddr::V6(Ipv6Addr::LOCALHOST)),
            ]
        }
        given => given.unwrap_or_default(),
    };
    Some(Reach { origins, proxies })
}

fn origins(reader: &mut Reader<'_>) -> Option<Vec<Origin>> {
    let expected = "addresses without a path, https:// beyond this machine";
    let remedy = "for example https://code.example.org; several stand with a comma between them";
    list(reader, "public-url", expected, remedy, Origin::parse).map(Option::unwrap_or_default)
}

fn proxies(reader: &mut Reader<'_>) -> Option<Option<Vec<IpNet>>> {
    let expected = "IP addresses or networks";
    let remedy = "for example 10.0.0.0/16,fd00::/8";
    list(reader, "trusted-proxies", expected, remedy, |text| {
        text.parse().ok().or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from))
    })
}

/// Values with commas between them. `None` if one cannot be read, `Some(None)` if nothing is said.
fn list<T>(
    reader: &mut Reader<'_>,
    name: &str,
    expected: &str,
    remedy: &str,
    parse: impl Fn(&str) -> Option<T>,
) -> Option<Option<Vec<T>>> {
    let Some(given) = reader.given(name) else { return Some(None) };
    let mut values = Vec::new();
    let mut sound = true;
    for text in given.text.split(',').map(str::trim) {
        match parse(text) {
            Some(value) => values.push(value),
            None => {
                sound = false;
                let one = Given { text: text.to_owned(), ..given.clone() };
                reader.wrong(&one, expected, remedy);
            }
        }
    }
    sound.then_some(Some(values))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_an_address_without_a_path() {
        let parse = |text| Origin::parse(text).map(|origin| origin.to_string());
        assert_eq!(parse("https://Code.Example.org").as_deref(), Some("https://code.example.org"));
        assert_eq!(
            parse("https://code.example.org:443/").as_deref(),
            Some("https://code.example.org")
        );
        assert_eq!(
            parse("https://code.example.org:8443").as_deref(),
            Some("https://code.example.org:8443")
        );
        assert_eq!(parse("http://localhost:3000").as_deref(), Some("http://localhost:3000"));
        for wrong in [
            "code.example.org",
            "http://code.example.org",
            "https://code.example.org/path",
            "https://user@code.example.org",
            "https://code.example.org?x",
            "https://code.example.org#x",
            "ftp://code.example.org",
            "https://",
            "",
        ] {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn an_origin_header_must_name_it_exactly() {
        let origin = Origin::parse("https://code.example.org").expect("an origin");
        assert!(origin.matches("https://code.example.org"));
        assert!(origin.matches("https://CODE.example.org"));
        for other in [
            "http://code.example.org",
            "https://code.example.org:8443",
            "https://code.example.org.evil.example",
            "https://evil.example",
            "null",
            "",
        ] {
            assert!(!origin.matches(other), "{other}");
        }
    }

    #[test]
    fn a_proxy_is_known_in_both_spellings_of_its_address() {
        let proxies = vec!["10.0.0.0/8".parse().expect("a network")];
        let reach = Reach { origins: Vec::new(), proxies };
        assert!(reach.trusts("10.1.2.3".parse().expect("an address")));
        assert!(reach.trusts("::ffff:10.1.2.3".parse().expect("an address")));
        assert!(!reach.trusts("11.1.2.3".parse().expect("an address")));
        assert!(!Reach::MACHINE.trusts(IpAddr::V4(Ipv4Addr::LOCALHOST)));
    }
}
