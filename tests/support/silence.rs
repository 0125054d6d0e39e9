//! A way to a database that can fall silent, as a half-open connection does: nobody closes it, nothing comes through.
#![allow(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::watch;

/// When a connection falls silent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Silence {
    /// The statement that holds this text never arrives.
    Before(&'static str),
    /// It arrives, and the answer is lost.
    After(&'static str),
}

/// Stands between a client and a database. The first connection that sends the awaited text falls silent; those after it
/// come through until another silence is asked for.
pub(crate) struct Line {
    address: SocketAddr,
    awaited: Arc<Mutex<Option<Silence>>>,
}

impl Line {
    pub(crate) async fn to(database: &str) -> Self {
        let url = url::Url::parse(database).unwrap();
        let server = format!("{}:{}", url.host_str().unwrap(), url.port().unwrap());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let awaited = Arc::new(Mutex::new(None));
        let shared = Arc::clone(&awaited);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let server = tokio::net::TcpStream::connect(&server).await.unwrap();
                let ((client_read, client_write), (server_read, server_write)) =
                    (client.into_split(), server.into_split());
                let (silent, heard) = watch::channel(false);
                tokio::spawn(ask(client_read, server_write, Arc::clone(&shared), silent));
                tokio::spawn(answer(server_read, client_write, heard));
            }
        });
        Self { address, awaited }
    }

    /// The database's address by this way.
    pub(crate) fn address(&self, database: &str) -> String {
        let mut url = url::Url::parse(database).unwrap();
        url.set_port(Some(self.address.port())).unwrap();
        url.to_string()
    }

    pub(crate) fn fall_silent(&self, when: Silence) {
        *self.awaited.lock().unwrap() = Some(when);
    }

    /// Whether what was asked for happened.
    pub(crate) fn fell_silent(&self) -> bool {
        self.awaited.lock().unwrap().is_none()
    }
}

/// Passes on what the client says until it is time; then hears it out without passing anything on, and hangs up with it.
async fn ask(
    mut client: OwnedReadHalf,
    mut server: OwnedWriteHalf,
    awaited: Arc<Mutex<Option<Silence>>>,
    silent: watch::Sender<bool>,
) {
    let mut bytes = vec![0; 64 << 10];
    while let Ok(n @ 1..) = client.read(&mut bytes).await {
        let said = &bytes[..n];
        let reached = {
            let mut awaited = awaited.lock().unwrap();
            let text = match *awaited {
                Some(Silence::Before(text) | Silence::After(text)) if !*silent.borrow() => text,
                _ => "",
            };
            let reached = !text.is_empty() && said.windows(text.len()).any(|part| part == text.as_bytes());
            if reached { awaited.take() } else { None }
        };
        let was_silent = *silent.borrow();
        if reached.is_some() {
            silent.send(true).unwrap();
        }
        let through = !was_silent && !matches!(reached, Some(Silence::Before(_)));
        if through && server.write_all(said).await.is_err() {
            return;
        }
    }
}

async fn answer(mut server: OwnedReadHalf, mut client: OwnedWriteHalf, silent: watch::Receiver<bool>) {
    let mut bytes = vec![0; 64 << 10];
    while let Ok(n @ 1..) = server.read(&mut bytes).await {
        if !*silent.borrow() && client.write_all(&bytes[..n]).await.is_err() {
            return;
        }
    }
}
