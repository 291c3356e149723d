//! The encrypted wire: REST calls and the socket trust the authorities that the system trusts, by the
//! names in their certificates, and nobody else.
//!
//! Which authorities those are is asked of the environment once in a process, so each visitor is
//! this very test program, started again. Where the system keeps them in a store of its own (macOS,
//! Windows) no environment can add one.

#![cfg(all(unix, not(target_vendor = "apple")))]

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use codesync_client::core::client::Event;
use codesync_client::{Link, Rest, ServerUrl, SessionEvent};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::PrivateKeyDer;
use tempfile::TempDir;
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::process::Command;
use tokio_rustls::TlsAcceptor;

use crate::stage::{Server, folder, insert, open, saved, session};

/// The link that a visitor goes to.
const ORDERS: &str = "CODESYNC_TEST_VISITOR";
/// What a visitor says begins with this.
const SAYS: &str = "visitor: ";
/// Longest wait for a visitor. Far more than it takes.
const WAIT: Duration = Duration::from_secs(60);

/// An authority that signs certificates, known to nobody at first.
struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
    folder: TempDir,
}

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().expect("a key");
        let issuer = CertifiedIssuer::self_signed(params, key).expect("a certificate");
        Self { issuer, folder: folder() }
    }

    /// A file for those who trust this authority.
    fn file(&self) -> PathBuf {
        let path = self.folder.path().join("authority.pem");
        std::fs::write(&path, self.issuer.pem()).expect("there is room");
        path
    }

    /// What a server of this name shows.
    fn acceptor(&self, name: &str) -> TlsAcceptor {
        let key = KeyPair::generate().expect("a key");
        let params = CertificateParams::new([name.to_owned()]).expect("a name");
        let certificate = params.signed_by(&key, &self.issuer).expect("a certificate");
        let key = PrivateKeyDer::try_from(key.serialize_der()).expect("a key");
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("the provider knows them")
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], key)
            .expect("the key is the certificate's");
        TlsAcceptor::from(Arc::new(config))
    }
}

/// Encrypts the way to a server; answers with the address.
async fn encrypt(server: &ServerUrl, acceptor: TlsAcceptor) -> ServerUrl {
    let target = server.to_string().replace("http://", "");
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let port = listener.local_addr().expect("it is bound").port();
    tokio::spawn(async move {
        while let Ok((visitor, _)) = listener.accept().await {
            tokio::spawn(pass(visitor, acceptor.clone(), target.clone()));
        }
    });
    format!("https://localhost:{port}").parse().expect("an address")
}

async fn pass(visitor: TcpStream, acceptor: TlsAcceptor, target: String) {
    // A visitor who does not trust the certificate goes away.
    let Ok(mut visitor) = acceptor.accept(visitor).await else { return };
    let mut server = TcpStream::connect(target).await.expect("the server is there");
    // Either side may end as it likes; the other is told by the drop.
    let _ = copy_bidirectional(&mut visitor, &mut server).await;
}

/// Sends a visitor who trusts one authority. Answers with what he says of REST and of the socket.
async fn visit(link: &Link, trusted: &Path) -> [String; 2] {
    let visitor = Command::new(std::env::current_exe().expect("this is a file"))
        .args(["tls::a_process_visits_when_it_has_orders", "--exact", "--nocapture"])
        .env(ORDERS, link.to_string())
        .env("SSL_CERT_FILE", trusted)
        .env_remove("SSL_CERT_DIR")
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .expect("this program can be started again");
    let ended = tokio::time::timeout(WAIT, visitor.wait_with_output());
    let output = ended.await.expect("he comes back").expect("he says something");
    let said = String::from_utf8(output.stdout).expect("he says text");
    let said = said.lines().filter_map(|line| Some(line.split_once(SAYS)?.1.to_owned()));
    said.collect::<Vec<_>>().try_into().expect("he says two things")
}

/// Whether a visitor gets through whose server has one certificate, and who trusts one authority.
#[track_caller]
fn check([rest, socket]: &[String; 2], is_trusted: bool) {
    if is_trusted {
        assert_eq!((rest.as_str(), socket.as_str()), ("read abc", "saved"));
    } else {
        assert!(rest.starts_with("refused: "), "{rest}");
        assert_eq!(socket, "offline");
    }
}

#[tokio::test]
async fn a_server_whose_authority_the_system_trusts_is_read_and_written_encrypted() {
    let data = folder();
    let server = Server::start(data.path(), 0).await;
    let id = server.document("abc").await;
    let authority = Authority::new();
    let url = encrypt(&server.url, authority.acceptor("localhost")).await;
    check(&visit(&url.link(id), &authority.file()).await, true);
    assert_eq!(server.text(id).await, "visited abc");
    server.stop().await;
}

#[tokio::test]
async fn a_server_of_an_unknown_authority_or_of_another_name_is_told_nothing() {
    let data = folder();
    let server = Server::start(data.path(), 0).await;
    let id = server.document("abc").await;
    let (authority, other) = (Authority::new(), Authority::new());
    let url = encrypt(&server.url, authority.acceptor("localhost")).await;
    check(&visit(&url.link(id), &other.file()).await, false);
    let url = encrypt(&server.url, authority.acceptor("elsewhere.example")).await;
    check(&visit(&url.link(id), &authority.file()).await, false);
    assert_eq!(server.text(id).await, "abc");
    server.stop().await;
}

#[tokio::test]
async fn a_process_visits_when_it_has_orders() {
    let Ok(link) = std::env::var(ORDERS) else { return };
    let link: Link = link.parse().expect("a link");
    match Rest::new(link.server.clone()).content(link.document).await {
        Ok(content) => println!("{SAYS}read {}", content.text),
        Err(error) => println!("{SAYS}refused: {error}"),
    }
    if !is_reached(&link).await {
        return println!("{SAYS}offline");
    }
    let mut session = open(&link.server, "a visitor", None, link.document).await;
    insert(&mut session, link.document, 0, "visited ");
    saved(&mut session, link.document).await;
    println!("{SAYS}saved");
}

/// Whether the first attempt to open a socket succeeds.
async fn is_reached(link: &Link) -> bool {
    let mut session = session(&link.server, "a visitor", None);
    session.open(link.document).expect("it is not open yet");
    loop {
        match session.next().await {
            SessionEvent::Core(Event::Online) => return true,
            SessionEvent::Core(Event::Offline { .. }) => return false,
            _ => {}
        }
    }
}
