//! An upstream that breaks below HTTP, on a raw socket.

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
}

/// Runs until dropped.
pub(crate) struct Faulty {
    pub(crate) address: SocketAddr,
    pub(crate) connections: Arc<AtomicUsize>,
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
        let count = Arc::clone(&connections);
        let server = tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                count.fetch_add(1, Ordering::SeqCst);
                tokio::spawn(serve(socket, fault.clone()));
            }
        });
        Self { address, connections, server }
    }

    pub(crate) fn base_url(&self) -> String {
        format!("http://{}", self.address)
    }
}

async fn serve(mut socket: TcpStream, fault: Fault) {
    let mut question = vec![0; 64 << 10];
    let _ = socket.read(&mut question).await;
    let head = |more: &str| format!("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n{more}\r\n");
    let _ = match fault {
        Fault::Close => Ok(()),
        Fault::Silence => {
            tokio::time::sleep(Duration::from_secs(3600)).await;
            Ok(())
        }
        Fault::Garbage => socket.write_all(b"\x00\x01SSH-2.0-nope\r\n\r\n").await,
        Fault::ShortBody => socket.write_all((head("Content-Length: 500\r\n") + "{\"choices\":[").as_bytes()).await,
        Fault::Endless => {
            let _ = socket.write_all(head("").as_bytes()).await;
            while socket.write_all(&[b' '; 8192]).await.is_ok() {}
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
