//! Which sockets listen at which port, and who holds them, as Linux tells.
//!
//! Decides: how `/proc/net/tcp` and `/proc/*/fd` are read. Must not know: which program is meant.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;

/// `st` of a socket that listens.
const LISTENS: &str = "0A";

/// Every socket that listens in our network namespace: its inode and port.
pub(super) fn listening() -> BTreeMap<u64, u16> {
    let tables = ["/proc/net/tcp", "/proc/net/tcp6"];
    // Without IPv6 there is no second table.
    tables.iter().filter_map(|path| fs::read_to_string(path).ok()).flat_map(|text| parse(&text)).collect()
}

/// The listening sockets of one table: `sl local_address rem_address st tx:rx tr:when retrnsmt uid timeout inode …`.
fn parse(table: &str) -> Vec<(u64, u16)> {
    let one = |line: &str| {
        let words: Vec<&str> = line.split_ascii_whitespace().collect();
        let (_, port) = words.get(1)?.rsplit_once(':')?;
        let inode = words.get(9)?.parse().ok()?;
        (*words.get(3)? == LISTENS).then_some((inode, u16::from_str_radix(port, 16).ok()?))
    };
    table.lines().skip(1).filter_map(one).collect()
}

/// The sockets that a process holds; `None` where we may not look.
pub(super) fn held_by(pid: u32) -> Option<BTreeSet<u64>> {
    let files = match fs::read_dir(format!("/proc/{pid}/fd")) {
        Ok(files) => files,
        // It ended meanwhile.
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Some(BTreeSet::new()),
        Err(_) => return None,
    };
    let inode = |file: io::Result<fs::DirEntry>| {
        let link = fs::read_link(file.ok()?.path()).ok()?;
        link.to_str()?.strip_prefix("socket:[")?.strip_suffix(']')?.parse().ok()
    };
    Some(files.filter_map(inode).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_listens_is_read_of_either_table() {
        let v4 = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n\
                  \x20  0: 0100007F:0FA0 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 4711 1 0\n\
                  \x20  1: 0100007F:0FA1 0100007F:C000 01 00000000:00000000 00:00000000 00000000  1000        0 4712 1 0\n\
                  cut off\n";
        assert_eq!(parse(v4), [(4711, 4000)]);
        let v6 = "  sl  local_address                         remote_address                        st\n\
                  \x20  0: 00000000000000000000000000000000:0BB8 00000000000000000000000000000000:0000 0A 0:0 0:0 0 0 0 99 1\n";
        assert_eq!(parse(v6), [(99, 3000)]);
    }

    #[test]
    fn our_own_listener_is_found() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let listening = listening();
        let ours: Vec<u64> = held_by(std::process::id()).unwrap().into_iter().collect();
        assert!(ours.iter().any(|inode| listening.get(inode) == Some(&port)));
        drop(listener);
        assert!(!super::listening().values().any(|other| *other == port));
    }
}
