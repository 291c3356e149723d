//! The socket task: dials when told to, takes in frames, tells when the line is cut. Frames that are
//! to be sent go into its [`Line`].
//!
//! Frames are opaque bytes here. The task obeys [`Call`]s in their order and reports [`News`],
//! each with the number of the attempt it belongs to, so that a late frame of an earlier
//! connection is never taken for one of the present.

mod line;

use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use rustls_platform_verifier::BuilderVerifierExt;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::{HeaderValue, header};
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Bytes, Message};
use tokio_tungstenite::{WebSocketStream, client_async_with_config};

use self::line::Line;
use crate::ServerUrl;

/// Bytes that are read at once. They are zeroed before each read: twice for most of the frames,
/// which have some hundred.
const READ_BYTES: usize = 16 * 1024;
/// The WebSocket subprotocol, as the server negotiates it.
pub(crate) const SUBPROTOCOL: &str = "codesync.v1";

/// How long one attempt may take from the first packet to the finished handshake.
const DIAL_MS_MAX: u64 = 10_000;
/// Largest frame taken from a server, in bytes. Servers send at most a quarter of it.
const FRAME_BYTES_MAX: usize = 1024 * 1024;
/// Frames that wait for the session before the socket is left unread.
pub(crate) const NEWS_MAX: usize = 64;

/// What is told to a [`Wire`], in order.
#[derive(Debug)]
pub(crate) enum Command {
    Call(Call),
    /// Send one frame; without a connection it is dropped, since the protocol sends it again.
    Send(Vec<u8>),
}

/// What the task is told to do, in order.
#[derive(Debug)]
pub(crate) enum Call {
    /// Dial. An earlier connection ends silently.
    Connect,
    /// End the connection silently, or give up dialling.
    Disconnect,
}

/// The task from outside.
pub(crate) struct Wire {
    calls: mpsc::UnboundedSender<Call>,
    line: Arc<Line>,
}

impl Wire {
    /// Starts the task, which ends when the wire is dropped.
    ///
    /// # Panics
    /// Outside of a Tokio runtime.
    pub(crate) fn start(server: ServerUrl, news: mpsc::Sender<News>) -> Self {
        let (calls, calls_in) = mpsc::unbounded_channel();
        let line = Arc::<Line>::default();
        tokio::spawn(run(server, calls_in, line.clone(), news));
        Self { calls, line }
    }

    /// A wire whose frames go into this, with no task behind it.
    #[cfg(test)]
    pub(crate) fn into(sink: line::FrameSink) -> Self {
        let wire = Self { calls: mpsc::unbounded_channel().0, line: Arc::default() };
        wire.line.open(1, sink);
        wire
    }

    /// Does it or has it done; never waits. Whether a frame is on its way to a server.
    pub(crate) fn obey(&self, command: Command) -> bool {
        match command {
            Command::Send(frame) => self.line.send(frame),
            Command::Call(call) => {
                // Without the task the session is going down.
                let _ = self.calls.send(call);
                false
            }
        }
    }
}

/// What happened on the attempt numbered `attempt`; the first [`Call::Connect`] is number 1.
#[derive(Debug)]
pub(crate) struct News {
    pub(crate) attempt: u64,
    pub(crate) what: What,
}

#[derive(Debug)]
pub(crate) enum What {
    Connected,
    Frame(Bytes),
    /// The connection failed or ended. The sentence says why.
    Disconnected(String),
}

/// Anything that carries bytes: a plain or an encrypted connection.
trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

type Socket = WebSocketStream<Box<dyn Stream>>;

/// Runs until the channel of calls closes.
async fn run(
    server: ServerUrl,
    mut calls: mpsc::UnboundedReceiver<Call>,
    line: Arc<Line>,
    news: mpsc::Sender<News>,
) {
    let mut attempt = 0;
    let mut connect = false;
    loop {
        if !connect {
            match calls.recv().await {
                Some(Call::Connect) => {}
                Some(Call::Disconnect) => continue,
                None => return,
            }
        }
        attempt += 1;
        let served = serve(&server, attempt, &mut calls, &line, &news).await;
        line.close();
        connect = match served {
            Served::Reconnect => true,
            Served::Idle => false,
            Served::Closed => return,
        };
    }
}

/// Why one attempt is over.
enum Served {
    Reconnect,
    Idle,
    Closed,
}

async fn serve(
    server: &ServerUrl,
    attempt: u64,
    calls: &mut mpsc::UnboundedReceiver<Call>,
    line: &Arc<Line>,
    news: &mpsc::Sender<News>,
) -> Served {
    let tell = async |what| news.send(News { attempt, what }).await.is_ok();
    let dialling = Box::pin(timeout(Duration::from_millis(DIAL_MS_MAX), dial(server)));
    let socket = tokio::select! {
        dialled = dialling => match dialled {
            Ok(Ok(socket)) => socket,
            Ok(Err(reason)) => {
                tell(What::Disconnected(reason)).await;
                return Served::Idle;
            }
            Err(_) => {
                tell(What::Disconnected("no answer in time".into())).await;
                return Served::Idle;
            }
        },
        call = calls.recv() => match call {
            Some(Call::Connect) => return Served::Reconnect,
            Some(Call::Disconnect) => return Served::Idle,
            None => return Served::Closed,
        },
    };
    let (sink, mut stream) = socket.split();
    line.open(attempt, Box::pin(sink));
    // What finds no room is written by a task of its own, so that a peer that stops reading cannot
    // keep us from obeying.
    let writer = line.clone();
    let writer = AbortOnDrop(tokio::spawn(async move { writer.write(attempt).await }));
    if !tell(What::Connected).await {
        return Served::Closed;
    }

    loop {
        tokio::select! {
            call = calls.recv() => match call {
                Some(Call::Connect) => return Served::Reconnect,
                Some(Call::Disconnect) => return part(line, writer, Served::Idle).await,
                None => return part(line, writer, Served::Closed).await,
            },
            message = stream.next() => {
                let what = match message {
                    Some(Ok(Message::Binary(bytes))) => What::Frame(bytes),
                    Some(Ok(Message::Close(Some(close)))) => What::Disconnected(format!(
                        "the server closed the connection ({}: {})",
                        u16::from(close.code), close.reason.as_str(),
                    )),
                    Some(Ok(Message::Close(None))) | None => {
                        What::Disconnected("the server closed the connection".into())
                    }
                    Some(Ok(_)) => continue,
                    Some(Err(error)) => What::Disconnected(error.to_string()),
                };
                let over = matches!(what, What::Disconnected(_));
                if !tell(what).await {
                    return Served::Closed;
                }
                if over {
                    return Served::Idle;
                }
            }
        }
    }
}

/// How long frames that are already on their way may take when the connection is ended by us.
const FAREWELL_MS_MAX: u64 = 250;

/// Lets what was sent before the end leave, then ends the connection.
async fn part(line: &Line, mut writer: AbortOnDrop, served: Served) -> Served {
    line.finish();
    let _ = timeout(Duration::from_millis(FAREWELL_MS_MAX), &mut writer.0).await;
    served
}

struct AbortOnDrop(tokio::task::JoinHandle<()>);

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}

async fn dial(server: &ServerUrl) -> Result<Socket, String> {
    let url = server.socket();
    let host = url.host_str().ok_or("the address has no host")?.to_owned();
    let port = url.port_or_known_default().ok_or("the address has no port")?;
    let bare = host.trim_start_matches('[').trim_end_matches(']').to_owned();
    let tcp = TcpStream::connect((bare.as_str(), port)).await.map_err(|error| error.to_string())?;
    tcp.set_nodelay(true).map_err(|error| error.to_string())?;
    let stream: Box<dyn Stream> = if url.scheme() == "wss" {
        let name = rustls::pki_types::ServerName::try_from(bare)
            .map_err(|_| format!("{host} is not a name a certificate can have"))?;
        let connector = TlsConnector::from(Arc::new(tls()?));
        Box::new(connector.connect(name, tcp).await.map_err(|error| error.to_string())?)
    } else {
        Box::new(tcp)
    };

    let mut request = url.as_str().into_client_request().map_err(|error| error.to_string())?;
    request
        .headers_mut()
        .insert(header::SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static(SUBPROTOCOL));
    let config = WebSocketConfig::default()
        .read_buffer_size(READ_BYTES)
        .max_message_size(Some(FRAME_BYTES_MAX))
        .max_frame_size(Some(FRAME_BYTES_MAX));
    let (socket, _) = client_async_with_config(request, stream, Some(config))
        .await
        .map_err(|error| error.to_string())?;
    Ok(socket)
}

/// TLS with the same provider and the same trust as the REST calls: aws-lc-rs, and the
/// certificates this system trusts.
fn tls() -> Result<rustls::ClientConfig, String> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .and_then(|builder| builder.with_platform_verifier())
        .map_err(|error| error.to_string())?
        .with_no_client_auth();
    Ok(config)
}
