//! A client of a few lines: what goes over the socket is what stands in a test, and nothing is followed or unpacked.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// A part of every key and token that the tests plant; no answer may hold it.
pub(crate) const CANARY: &str = "canary";
/// The token that may act.
pub(crate) const TOKEN: &str = "canary-token-to-act-0123456789";

/// Longer than any answer takes.
const PATIENCE: Duration = Duration::from_secs(20);

/// One answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.body.clone()).unwrap()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }
}

/// Sends this and reads the answer to its end.
pub(crate) async fn send(at: SocketAddr, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
    let exchange = async {
        let mut stream = TcpStream::connect(at).await.unwrap();
        stream.write_all(request(at, method, path, headers, body).as_bytes()).await.unwrap();
        let mut raw = vec![];
        stream.read_to_end(&mut raw).await.unwrap();
        raw
    };
    let raw = timeout(PATIENCE, exchange).await.unwrap_or_else(|_| panic!("{method} {path} is not answered"));
    let answer = parse(&raw).unwrap_or_else(|| panic!("{method} {path}: {:?}", String::from_utf8_lossy(&raw)));
    for told in [String::from_utf8_lossy(&answer.body).into_owned(), format!("{:?}", answer.headers)] {
        assert!(!told.contains(CANARY), "{method} {path} tells a secret: {told}");
    }
    answer
}

fn request(at: SocketAddr, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> String {
    let mut request = format!("{method} {path} HTTP/1.1\r\nHost: {at}\r\nConnection: close\r\n");
    for (name, value) in headers {
        request += &[name, ": ", value, "\r\n"].concat();
    }
    if method == "POST" {
        request += &["Content-Length: ", &body.len().to_string(), "\r\n"].concat();
    }
    format!("{request}\r\n{body}")
}

fn parse(raw: &[u8]) -> Option<Answer> {
    let end = raw.windows(4).position(|four| four == b"\r\n\r\n")?;
    let head = std::str::from_utf8(&raw[..end]).ok()?;
    let mut lines = head.split("\r\n");
    let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
    let headers: BTreeMap<_, _> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
        .collect();
    let body = &raw[end + 4..];
    let body = if headers.get("transfer-encoding").is_some_and(|coding| coding == "chunked") {
        unchunked(body)?
    } else {
        body.to_vec()
    };
    Some(Answer { status, headers, body })
}

fn unchunked(mut raw: &[u8]) -> Option<Vec<u8>> {
    let mut whole = vec![];
    loop {
        let line = raw.windows(2).position(|two| two == b"\r\n")?;
        let length = usize::from_str_radix(std::str::from_utf8(&raw[..line]).ok()?, 16).ok()?;
        if length == 0 {
            return Some(whole);
        }
        whole.extend(raw.get(line + 2..line + 2 + length)?);
        raw = raw.get(line + 4 + length..)?;
    }
}

/// A stream of news that is listened to.
pub(crate) struct News(BufReader<TcpStream>);

impl News {
    pub(crate) async fn listen(at: SocketAddr) -> Self {
        let mut stream = TcpStream::connect(at).await.unwrap();
        stream.write_all(request(at, "GET", "/api/events", &[], "").as_bytes()).await.unwrap();
        Self(BufReader::new(stream))
    }

    /// The next event's name and data; `None` when the stream has ended.
    pub(crate) async fn next(&mut self) -> Option<(String, Value)> {
        let mut name = String::new();
        loop {
            let line = self.line().await?;
            if let Some(event) = line.strip_prefix("event: ") {
                event.clone_into(&mut name);
            }
            if let Some(data) = line.strip_prefix("data: ") {
                return Some((name, serde_json::from_str(data).unwrap()));
            }
        }
    }

    /// The next line that has anything in it.
    pub(crate) async fn line(&mut self) -> Option<String> {
        loop {
            let mut line = String::new();
            let read = timeout(PATIENCE, self.0.read_line(&mut line)).await.expect("no news").unwrap();
            if read == 0 {
                return None;
            }
            if !line.trim().is_empty() {
                return Some(line.trim_end().to_owned());
            }
        }
    }
}
