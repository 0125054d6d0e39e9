//! An upstream that breaks below HTTP, on a raw socket.
#![allow(dead_code, reason = "each test binary uses a part of it")]

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// How each connection breaks.
#[derive(Clone, Debug)]
pub(crate) enum Fault {
    /// Closed after the question, without an answer.
    Close,
    /// The question is read and nothing is ever said.
    Silence,
    /// Bytes that are no HTTP.
    Garbage,
    /// Fewer bytes than promised.
    ShortBody,
    /// A body without end.
    Endless,
    /// Headers without end.
    HugeHeaders,
    /// A byte now and then, for ever.
    Trickle,
    /// A redirect to this address.
    Redirect(SocketAddr),
    /// Said to be gzip, and is not.
    BadGzip,
    /// Some kilobytes of gzip that are gigabytes of zeros, again and again.
    GzipBomb,
    /// This body, whole.
    Body(&'static str, Vec<u8>),
    /// These bytes, and the end.
    Wire(Vec<u8>),
    /// This page of a list, so long after the question, with another `NEXT` each time.
    Pages(Duration, &'static str),
    /// Told to go on, again and again.
    Continue,
    /// A stream: each piece so long after the one before.
    Script(Vec<(Duration, String)>, Ending),
}

/// How a scripted stream ends.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Ending {
    /// As it should; the connection may be used again.
    Properly,
    /// The connection is closed within the body.
    Cut,
    /// Never: nothing more is said.
    Never,
    /// Never: comments are sent for ever.
    Comments,
}

/// Runs until dropped.
pub(crate) struct Faulty {
    pub(crate) address: SocketAddr,
    pub(crate) connections: Arc<AtomicUsize>,
    /// Bytes of endless bodies that the client took.
    pub(crate) written: Arc<AtomicUsize>,
    server: JoinHandle<()>,
}

impl Drop for Faulty {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Faulty {
    pub(crate) async fn start(fault: Fault) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let connections = Arc::new(AtomicUsize::new(0));
        let written = Arc::new(AtomicUsize::new(0));
        let (count, wrote) = (Arc::clone(&connections), Arc::clone(&written));
        let server = tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                count.fetch_add(1, Ordering::SeqCst);
                tokio::spawn(serve(socket, fault.clone(), Arc::clone(&wrote)));
            }
        });
        Self { address, connections, written, server }
    }

    pub(crate) fn base_url(&self) -> String {
        format!("http://{}", self.address)
    }
}

async fn serve(mut socket: TcpStream, fault: Fault, written: Arc<AtomicUsize>) {
    let mut question = vec![0; 64 << 10];
    let _ = socket.read(&mut question).await;
    if let Fault::Script(pieces, ending) = &fault {
        // Questions are small: one read holds one.
        while play(&mut socket, pieces, *ending).await.is_ok() {
            if !matches!(socket.read(&mut question).await, Ok(1..)) {
                break;
            }
        }
        return;
    }
    let head = |more: &str| format!("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n{more}\r\n");
    let _ = match fault {
        // A script was played above.
        Fault::Close | Fault::Script(..) => Ok(()),
        Fault::Silence => {
            tokio::time::sleep(Duration::from_hours(1)).await;
            Ok(())
        }
        Fault::Garbage => socket.write_all(b"\x00\x01SSH-2.0-nope\r\n\r\n").await,
        Fault::ShortBody => socket.write_all((head("Content-Length: 500\r\n") + "{\"choices\":[").as_bytes()).await,
        Fault::Endless => {
            let _ = socket.write_all(head("").as_bytes()).await;
            flood(&mut socket, &[b' '; 8192], &written).await;
            Ok(())
        }
        Fault::GzipBomb => {
            let _ = socket.write_all(head("Content-Encoding: gzip\r\n").as_bytes()).await;
            let _ = socket.write_all(GZIP_HEAD).await;
            flood(&mut socket, &ZEROS.repeat(512), &written).await;
            Ok(())
        }
        Fault::Body(kind, body) => {
            let head = format!("HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n\r\n", body.len());
            let _ = socket.write_all(head.as_bytes()).await;
            socket.write_all(&body).await
        }
        Fault::Pages(after, page) => {
            tokio::time::sleep(after).await;
            let page = page.replace("NEXT", &socket.peer_addr().map_or(0, |client| client.port()).to_string());
            let head = head(&format!("Connection: close\r\nContent-Length: {}\r\n", page.len()));
            socket.write_all((head + &page).as_bytes()).await
        }
        Fault::Wire(bytes) => socket.write_all(&bytes).await,
        Fault::Continue => {
            flood(&mut socket, b"HTTP/1.1 100 Continue\r\n\r\n", &written).await;
            Ok(())
        }
        Fault::HugeHeaders => {
            let _ = socket.write_all(b"HTTP/1.1 200 OK\r\n").await;
            let line = format!("x-pad: {}\r\n", "y".repeat(8000));
            while socket.write_all(line.as_bytes()).await.is_ok() {}
            Ok(())
        }
        Fault::Trickle => {
            let _ = socket.write_all(head("").as_bytes()).await;
            while socket.write_all(b" ").await.is_ok() {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            Ok(())
        }
        Fault::Redirect(to) => {
            let answer =
                format!("HTTP/1.1 307 T\r\nLocation: http://{to}/v1/chat/completions\r\nContent-Length: 0\r\n\r\n");
            socket.write_all(answer.as_bytes()).await
        }
        Fault::BadGzip => {
            let body = "this is no gzip";
            let more = format!("Content-Encoding: gzip\r\nContent-Length: {}\r\n", body.len());
            socket.write_all((head(&more) + body).as_bytes()).await
        }
    };
    let _ = socket.shutdown().await;
}

/// A gzip header and the beginning of one endless block: a literal 0 in the fixed code.
const GZIP_HEAD: &[u8] = &[0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255, 0b0110_0011];
/// 2064 zeros in that block: eight times "258 bytes, from 1 byte back", 13 bits each, as they lie behind the header.
const ZEROS: [u8; 13] = zeros();

/// Huffman codes begin with their highest bit, bytes with their lowest; the block's header and literal are 11 bits.
const fn zeros() -> [u8; 13] {
    let match_code: u32 = 0b0_0000_1010_0011;
    let mut bytes = [0; 13];
    let mut bit = 0;
    while bit < 104 {
        // The literal's last three bits are 0, and so are a match's: the first piece is as all the others.
        let at = (bit + 104 - 3) % 13;
        if match_code >> at & 1 == 1 {
            bytes[bit / 8] |= 1 << (bit % 8);
        }
        bit += 1;
    }
    bytes
}

async fn flood(socket: &mut TcpStream, piece: &[u8], written: &AtomicUsize) {
    while socket.write_all(piece).await.is_ok() {
        written.fetch_add(piece.len(), Ordering::SeqCst);
    }
}

async fn play(socket: &mut TcpStream, pieces: &[(Duration, String)], ending: Ending) -> std::io::Result<()> {
    let head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";
    socket.write_all(head.as_bytes()).await?;
    for (after, piece) in pieces {
        tokio::time::sleep(*after).await;
        socket.write_all(chunk(piece).as_bytes()).await?;
    }
    match ending {
        Ending::Properly => socket.write_all(b"0\r\n\r\n").await,
        Ending::Cut => Err(std::io::ErrorKind::BrokenPipe.into()),
        Ending::Never => {
            tokio::time::sleep(Duration::from_hours(1)).await;
            Ok(())
        }
        Ending::Comments => loop {
            tokio::time::sleep(Duration::from_millis(20)).await;
            socket.write_all(chunk(": keep-alive\n\n").as_bytes()).await?;
        },
    }
}

fn chunk(piece: &str) -> String {
    format!("{:x}\r\n{piece}\r\n", piece.len())
}
