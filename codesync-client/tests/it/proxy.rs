//! A wire that can be cut: a TCP proxy on the loopback interface.

use std::sync::Arc;

use codesync_client::ServerUrl;
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// Passes everything on to a server while it is whole.
pub(crate) struct Proxy {
    pub(crate) url: ServerUrl,
    is_whole: Arc<watch::Sender<bool>>,
}

impl Proxy {
    pub(crate) async fn start(server: &ServerUrl) -> Self {
        let target = server.to_string().replace("http://", "");
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let port = listener.local_addr().expect("it is bound").port();
        let (is_whole, _) = watch::channel(true);
        let is_whole = Arc::new(is_whole);
        let wire = is_whole.clone();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let mut wire = wire.subscribe();
                let target = target.clone();
                tokio::spawn(async move {
                    if *wire.borrow() {
                        tokio::select! {
                            () = pass(client, &target) => {}
                            _ = wire.wait_for(|is_whole| !is_whole) => {}
                        }
                    }
                });
            }
        });
        let url = format!("http://127.0.0.1:{port}").parse().expect("an address");
        Self { url, is_whole }
    }

    /// Cuts every connection, and every new one at once.
    pub(crate) fn cut(&self) {
        self.is_whole.send_replace(false);
    }

    pub(crate) fn mend(&self) {
        self.is_whole.send_replace(true);
    }
}

async fn pass(mut client: TcpStream, target: &str) {
    if let Ok(mut server) = TcpStream::connect(target).await {
        // Either side may end as it likes; the other is told by the drop.
        let _ = copy_bidirectional(&mut client, &mut server).await;
    }
}
