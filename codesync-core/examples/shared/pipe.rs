//! Frames over any pipe of bytes: four bytes of length, big-endian, and the frame.

use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use codesync_core::limits::FRAME_BYTES_MAX;

use crate::tiny_server::TinyServer;

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

/// Serves one document on a listener for as long as the process lives, a thread for each socket.
pub(crate) fn serve(listener: TcpListener, text: &str) {
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
