//! Over a real socket: it serves, knows who is at the other end, and ends when it is told to.

use std::time::Duration;

use channelwarden::serve;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::scene::{Scene, config};

const LONG: Duration = Duration::from_secs(30);

async fn said(stream: &mut TcpStream, request: &str) -> String {
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut bytes = vec![0; 16 * 1024];
    let read = timeout(LONG, stream.read(&mut bytes)).await.unwrap().unwrap();
    String::from_utf8_lossy(&bytes[..read]).into_owned()
}

#[tokio::test]
async fn it_serves_until_it_is_told_to_stop_whoever_is_connected() {
    let scene = Scene::new(config()).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let stop = CancellationToken::new();
    let serving = tokio::spawn(serve::serve(listener, scene.app.clone(), stop.clone()));

    let mut first = TcpStream::connect(address).await.unwrap();
    let request = "GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n";
    for _ in 0..2 {
        let answer = said(&mut first, request).await;
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        assert!(answer.contains("content-security-policy"), "{answer}");
    }
    // A head that is far too long is refused, whatever is in it.
    let mut long = TcpStream::connect(address).await.unwrap();
    let answer =
        said(&mut long, &format!("GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX: {}\r\n\r\n", "x".repeat(60_000))).await;
    assert!(answer.starts_with("HTTP/1.1 431"), "{answer}");

    // One that asks for nothing, one in the middle of its head: neither keeps us.
    let _idle = TcpStream::connect(address).await.unwrap();
    let mut half = TcpStream::connect(address).await.unwrap();
    half.write_all(b"GET / HT").await.unwrap();
    stop.cancel();
    timeout(LONG, serving).await.unwrap().unwrap();
    assert!(TcpStream::connect(address).await.is_err());
}
