//! Frames over any pipe of bytes: four bytes of length, big-endian, and the frame.

#[path = "tiny_server.rs"]
mod tiny_server;

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream, ToSocketAddrs};
use std::sync::{Arc, Mutex, mpsc};
use std::thread;

use codesync_core::limits::FRAME_BYTES_MAX;

use self::tiny_server::TinyServer;

pub(crate) fn write_frame(pipe: &mut impl Write, frame: &[u8]) -> io::Result<()> {
    pipe.write_all(&(frame.len() as u32).to_be_bytes())?;
    pipe.write_all(frame)?;
    pipe.flush()
}

pub(crate) fn read_frame(pipe: &mut impl Read) -> io::Result<Vec<u8>> {
    let mut length = [0; 4];
    pipe.read_exact(&mut length)?;
    let length = u32::from_be_bytes(length) as usize;
    if length > FRAME_BYTES_MAX {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "the frame is too long"));
    }
    let mut frame = vec![0; length];
    pipe.read_exact(&mut frame)?;
    Ok(frame)
}

/// Connects, and passes on what arrives: each frame, and `None` when the socket has ended.
pub(crate) fn connect<T: Send + 'static>(
    server: impl ToSocketAddrs,
    news: mpsc::Sender<T>,
    news_of: fn(Option<Vec<u8>>) -> T,
) -> io::Result<TcpStream> {
    let socket = TcpStream::connect(server)?;
    let mut reader = socket.try_clone()?;
    thread::spawn(move || {
        loop {
            let frame = read_frame(&mut reader).ok();
            let is_last = frame.is_none();
            if news.send(news_of(frame)).is_err() || is_last {
                return;
            }
        }
    });
    Ok(socket)
}

/// Serves one document on a free port of this machine for as long as the process lives, a thread
/// for each socket. Answers with the address.
pub(crate) fn serve(text: &str) -> io::Result<SocketAddr> {
    let listener = TcpListener::bind(("127.0.0.1", 0))?;
    let address = listener.local_addr()?;
    let server = Arc::new(Mutex::new((TinyServer::new(text), Vec::<TcpStream>::new())));
    thread::spawn(move || {
        for socket in listener.incoming().map_while(Result::ok) {
            let server = Arc::clone(&server);
            let number = {
                let (_, sockets) = &mut *server.lock().expect("no thread panics with it");
                let Ok(writer) = socket.try_clone() else { continue };
                sockets.push(writer);
                sockets.len() - 1
            };
            thread::spawn(move || serve_socket(socket, number, &server));
        }
    });
    Ok(address)
}

fn serve_socket(
    mut socket: TcpStream,
    number: usize,
    server: &Mutex<(TinyServer, Vec<TcpStream>)>,
) {
    while let Ok(frame) = read_frame(&mut socket) {
        let (server, sockets) = &mut *server.lock().expect("no thread panics with it");
        let Ok(answers) = server.receive(number, &frame) else { break };
        for (to, answer) in answers {
            // A socket that cannot be written to ends in its own thread.
            let _ = write_frame(&mut sockets[to], &answer);
        }
    }
    server.lock().expect("no thread panics with it").0.gone(number);
}
