//! Where a server is, and which of its documents is meant: [`ServerUrl`] and [`Link`].
//!
//! Both are parsed once, at the edge; what comes out is known to be usable. Nothing here connects.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use codesync_core::DocumentId;
use reqwest::Url;

/// The address of a CodeSync server: scheme, host, port, and a path when it lives below one.
///
/// Plain `http` is taken for this machine only; everything else has to be `https`, so that neither
/// text nor a token ever crosses a network in the clear.
///
/// ```
/// use codesync_client::ServerUrl;
///
/// let server: ServerUrl = "http://localhost:3000".parse()?;
/// assert_eq!(server.to_string(), "http://localhost:3000");
/// assert_eq!(server.socket().as_str(), "ws://localhost:3000/socket");
/// assert!("http://example.com".parse::<ServerUrl>().is_err());
/// # Ok::<(), codesync_client::ServerUrlError>(())
/// ```
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ServerUrl {
    /// Always ends in a slash, has no query, fragment or credentials.
    base: Url,
}

/// A text that is not the address of a server.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum ServerUrlError {
    /// It is no URL at all.
    #[error("{met:?} is not an address such as http://localhost:3000")]
    Malformed {
        /// What was given, cut to a readable length.
        met: String,
    },
    /// The scheme is neither `http` nor `https`.
    #[error("scheme {scheme:?} is not http or https")]
    Scheme {
        /// The scheme that was met.
        scheme: String,
    },
    /// Plain `http` to another machine.
    #[error("plain http is for this machine only; use https://{host}")]
    Insecure {
        /// The host that was named.
        host: String,
    },
    /// A user name or a password inside the address.
    #[error("an address must not carry a user name or password")]
    Credentials,
}

impl ServerUrl {
    /// The address of the REST interface's `path`, which is given without a leading slash.
    pub(crate) fn join(&self, path: &str) -> Url {
        self.base.join(path).expect("a relative path joins to a base that ends in a slash")
    }

    /// The address of the WebSocket.
    #[must_use]
    pub fn socket(&self) -> Url {
        let mut url = self.join("socket");
        let scheme = if url.scheme() == "https" { "wss" } else { "ws" };
        url.set_scheme(scheme).expect("both are special schemes");
        url
    }

    /// The link under which a browser shows a document of this server.
    #[must_use]
    pub fn link(&self, document: DocumentId) -> Link {
        Link { server: self.clone(), document, secret: None }
    }

    /// A name for this server that is safe as a single folder name, and different for two servers.
    #[must_use]
    pub fn folder_name(&self) -> String {
        let mut name = String::new();
        for c in self.to_string().chars() {
            match c {
                'a'..='z' | '0'..='9' | '.' | '-' => name.push(c),
                // "://" and ":" and "/" each keep a mark of their own, so that no two servers meet.
                ':' => name.push('_'),
                '/' => name.push('+'),
                other => name.push_str(&format!("%{:x}", u32::from(other))),
            }
        }
        name
    }
}

impl fmt::Display for ServerUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.base.as_str().trim_end_matches('/'))
    }
}

impl FromStr for ServerUrl {
    type Err = ServerUrlError;

    fn from_str(text: &str) -> Result<Self, ServerUrlError> {
        let malformed = || ServerUrlError::Malformed { met: text.chars().take(80).collect() };
        let mut base = Url::parse(text.trim()).map_err(|_| malformed())?;
        if !matches!(base.scheme(), "http" | "https") {
            return Err(ServerUrlError::Scheme { scheme: base.scheme().to_owned() });
        }
        let host = base.host_str().ok_or_else(malformed)?.to_owned();
        if base.scheme() == "http" && !is_this_machine(&host) {
            return Err(ServerUrlError::Insecure { host });
        }
        if !base.username().is_empty() || base.password().is_some() {
            return Err(ServerUrlError::Credentials);
        }
        base.set_query(None);
        base.set_fragment(None);
        let path = format!("{}/", base.path().trim_end_matches('/'));
        base.set_path(&path);
        Ok(Self { base })
    }
}

fn is_this_machine(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    bare == "localhost"
        || bare.ends_with(".localhost")
        || bare.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// A document of a server, as people send it to each other: `http://localhost:3000/d/<id>`, with
/// `#` and a secret behind it where it invites whoever has it.
///
/// ```
/// use codesync_client::Link;
///
/// let link: Link = "http://localhost:3000/d/0191e5c4-7c1a-7cc3-98e2-3f8a61a40e11".parse()?;
/// assert_eq!(link.server.to_string(), "http://localhost:3000");
/// assert_eq!(link.document.to_string(), "0191e5c4-7c1a-7cc3-98e2-3f8a61a40e11");
/// # Ok::<(), codesync_client::LinkError>(())
/// ```
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Link {
    /// The server that has the document.
    pub server: ServerUrl,
    /// The document.
    pub document: DocumentId,
    /// What makes a member of whoever has the link. It is not part of what is shown.
    pub secret: Option<LinkSecret>,
}

/// What stands behind the `#` of a link. Whoever knows it is let in: `Debug` leaves out what it is.
#[derive(Clone, Eq, PartialEq)]
pub struct LinkSecret(String);

impl LinkSecret {
    /// The secret itself, to be taken up at its server.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for LinkSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LinkSecret(…)")
    }
}

/// A text that is not the link of a document.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum LinkError {
    /// The server part is wrong.
    #[error(transparent)]
    Server(#[from] ServerUrlError),
    /// The path does not end in `/d/` and a document's id.
    #[error("the link does not end in /d/ and the id of a document")]
    Path,
}

impl fmt::Display for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/d/{}", self.server, self.document)
    }
}

impl FromStr for Link {
    type Err = LinkError;

    fn from_str(text: &str) -> Result<Self, LinkError> {
        let whole = text.trim();
        let bare = whole.split(['?', '#']).next().unwrap_or(whole).trim_end_matches('/');
        let (server, document) = bare.rsplit_once("/d/").ok_or(LinkError::Path)?;
        let secret = whole.split_once('#').map(|(_, secret)| secret.to_owned());
        Ok(Self {
            server: server.parse()?,
            document: document.parse().map_err(|_| LinkError::Path)?,
            secret: secret.filter(|secret| !secret.is_empty()).map(LinkSecret),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Result<&str, ServerUrlError>) {
        let met = text.parse::<ServerUrl>().map(|server| server.to_string());
        assert_eq!(met, expected.map(str::to_owned), "{text}");
    }

    #[test]
    fn an_address_is_brought_into_one_form() {
        check("http://localhost:3000/", Ok("http://localhost:3000"));
        check("http://127.0.0.1:3000", Ok("http://127.0.0.1:3000"));
        check("http://[::1]:3000?x#y", Ok("http://[::1]:3000"));
        check("https://Example.COM", Ok("https://example.com"));
        check("https://example.com/code/", Ok("https://example.com/code"));
    }

    #[test]
    fn an_address_that_cannot_be_used_is_refused_with_its_reason() {
        check("localhost", Err(ServerUrlError::Malformed { met: "localhost".into() }));
        check("ftp://localhost", Err(ServerUrlError::Scheme { scheme: "ftp".into() }));
        check("http://example.com", Err(ServerUrlError::Insecure { host: "example.com".into() }));
        check("https://a:b@example.com", Err(ServerUrlError::Credentials));
    }

    #[test]
    fn two_servers_never_share_a_folder() {
        let names: Vec<String> =
            ["http://localhost:1", "http://localhost:11", "https://localhost:1", "https://h/1"]
                .iter()
                .map(|text| text.parse::<ServerUrl>().expect("it is valid").folder_name())
                .collect();
        let mut unique = names.clone();
        unique.sort();
        unique.dedup();
        assert_eq!(unique.len(), names.len(), "{names:?}");
        assert!(names.iter().all(|name| !name.contains(['/', '\\', ':'])), "{names:?}");
    }

    #[test]
    fn a_link_names_a_server_and_a_document() {
        let id = "0191e5c4-7c1a-7cc3-98e2-3f8a61a40e11";
        let link: Link = format!("https://h/x/d/{id}/?q#f").parse().expect("it is a link");
        assert_eq!(link.to_string(), format!("https://h/x/d/{id}"));
        assert_eq!(link.secret.as_ref().map(LinkSecret::expose), Some("f"));
        assert!(!format!("{link:?}").contains("\"f\""), "a secret is not shown");
        assert_eq!("https://h/d/nothing".parse::<Link>(), Err(LinkError::Path));
        assert_eq!("https://h/".parse::<Link>(), Err(LinkError::Path));
    }
}
