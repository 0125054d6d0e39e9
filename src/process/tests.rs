//! Real processes, started by the tests and stopped by their ids.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use super::*;

/// Listens, starts children that hold the same socket and burn nothing, says its port, and waits.
const LISTENER: &str = r"
import socket, subprocess, sys
port, children, burn = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3] == 'burn'
s = socket.socket()
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind(('127.0.0.1', port))
s.listen()
code = 'import sys, threading; threading.Thread(target=sys.stdin.read, daemon=True).start(); sys.stdin.read()'
started = [subprocess.Popen([sys.executable, '-c', code], stdin=subprocess.PIPE, pass_fds=[s.fileno()])
           for _ in range(children)]
print(s.getsockname()[1], flush=True)
while burn:
    pass
sys.stdin.read()
for child in started:
    child.stdin.close()
    child.wait()
";

/// A script that listens, and its children; stopped when it is dropped.
struct Program {
    child: Child,
    port: u16,
}

impl Program {
    fn start(folder: &Path, name: &str, port: u16, children: u32, burn: &str) -> Self {
        let script = folder.join(name);
        std::fs::write(&script, LISTENER).unwrap();
        let mut command = Command::new("python3");
        command.arg(&script).args([port.to_string(), children.to_string(), burn.to_owned()]);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        Self { child, port: line.trim().parse().unwrap() }
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // Its children end with their stdin.
        drop(self.child.stdin.take());
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// By port; each test whose answer hangs on a name has one of its own, as all run at once.
fn wanted(port: u16) -> Wanted {
    Wanted { port: Some(port), kind: Some(GatewayKind::Veloera) }
}

fn look(watcher: &mut Watcher, port: u16, before: Option<&ProcessSeen>) -> Option<ProcessSeen> {
    watcher.look(&wanted(port), before, crate::clock::now())
}

#[test]
fn a_listener_is_found_at_its_port_and_its_tree_is_summed_up() {
    let folder = tempfile::tempdir().unwrap();
    let program = Program::start(folder.path(), "veloera", 0, 2, "rest");
    let mut watcher = Watcher::default();
    let seen = look(&mut watcher, program.port, None).unwrap();
    assert_eq!((seen.pid, seen.name.as_str(), seen.restarts), (program.child.id(), "veloera", 0));
    assert_eq!(seen.processes, 3, "threads are no processes");
    let own = All::read().unwrap().0.process(Pid::from_u32(seen.pid)).unwrap().memory();
    assert!(seen.memory_bytes > own + own / 2, "{} of the tree, {own} of its top", seen.memory_bytes);
    assert!(seen.open_files.is_some_and(|files| files >= 9), "{:?}", seen.open_files);
    let age = seen.at.duration_since(seen.started).as_secs();
    assert!((-5..600).contains(&age), "started {age} s ago");

    let again = look(&mut watcher, program.port, Some(&seen)).unwrap();
    assert_eq!((again.pid, again.restarts), (seen.pid, 0), "the same one");
    let port = program.port;
    drop(program);
    // Its children end a moment after it.
    let is_gone = (0..200).any(|_| {
        std::thread::sleep(Duration::from_millis(10));
        look(&mut watcher, port, Some(&again)).is_none()
    });
    assert!(is_gone);
}

#[test]
fn another_process_at_the_port_was_started_anew_and_a_number_used_again_is_another_one() {
    let folder = tempfile::tempdir().unwrap();
    let first = Program::start(folder.path(), "gateway", 0, 0, "rest");
    let mut watcher = Watcher::default();
    let before = look(&mut watcher, first.port, None).unwrap();
    let port = first.port;
    drop(first);
    let second = Program::start(folder.path(), "gateway", port, 0, "rest");
    let seen = look(&mut watcher, port, Some(&before)).unwrap();
    assert_eq!((seen.pid, seen.restarts), (second.child.id(), 1));
    assert_eq!(look(&mut watcher, port, Some(&seen)).unwrap().restarts, 1, "once");

    let long_ago = seen.started - jiff::SignedDuration::from_hours(1);
    let same_number = ProcessSeen { started: long_ago, ..seen };
    assert_eq!(look(&mut watcher, port, Some(&same_number)).unwrap().restarts, 2);
}

#[test]
fn who_listens_is_it_whatever_its_name_unless_it_only_forwards() {
    let folder = tempfile::tempdir().unwrap();
    let mut watcher = Watcher::default();
    let stranger = Program::start(folder.path(), "my-gateway", 0, 0, "rest");
    let seen = look(&mut watcher, stranger.port, None).unwrap();
    assert_eq!((seen.pid, seen.name.as_str()), (stranger.child.id(), "my-gateway"));
    let proxy = Program::start(folder.path(), "docker-proxy", 0, 0, "rest");
    let name = Wanted { port: Some(proxy.port), kind: Some(GatewayKind::OneApi) };
    assert_eq!(watcher.look(&name, None, crate::clock::now()), None, "no figures of the proxy");
}

#[test]
fn a_forwarded_port_leads_to_the_one_of_that_name_which_does_not_listen_elsewhere() {
    let folder = tempfile::tempdir().unwrap();
    let mut watcher = Watcher::default();
    let wanted = |port| Wanted { port: Some(port), kind: Some(GatewayKind::DoneHub) };
    let elsewhere = Program::start(folder.path(), "done-hub", 0, 0, "rest");
    let proxy = Program::start(folder.path(), "docker-proxy", 0, 0, "rest");
    let found =
        |watcher: &mut Watcher| watcher.look(&wanted(proxy.port), None, crate::clock::now()).map(|seen| seen.pid);
    assert_eq!(found(&mut watcher), None, "that one serves another port");
    // It waits and listens nowhere: as one in a container looks from outside.
    let script = folder.path().join("done-hub-v1");
    std::fs::write(&script, "import sys\nsys.stdin.read()\n").unwrap();
    let mut inside = Command::new("python3").arg(&script).stdin(Stdio::piped()).spawn().unwrap();
    let pid = (0..100).find_map(|_| {
        std::thread::sleep(Duration::from_millis(20));
        found(&mut watcher)
    });
    let number = inside.id();
    inside.kill().unwrap();
    inside.wait().unwrap();
    assert_eq!(pid, Some(number));
    assert!(watcher.look(&wanted(elsewhere.port), None, crate::clock::now()).is_some());
}

#[test]
fn the_processor_is_measured_since_the_look_before() {
    let folder = tempfile::tempdir().unwrap();
    let program = Program::start(folder.path(), "burner", 0, 0, "burn");
    let mut watcher = Watcher::default();
    let at = crate::clock::now();
    let first = watcher.look(&wanted(program.port), None, at).unwrap();
    assert_eq!(first.cpu_percent.to_bits(), 0.0_f32.to_bits(), "nothing to compare with");
    // Its own time decides, not ours: a busy machine gives it less.
    let used = |watcher: &Watcher| watcher.cpu.values().sum::<u64>();
    let before = used(&watcher);
    let mut second = first.clone();
    for _ in 0..200 {
        std::thread::sleep(Duration::from_millis(25));
        let (cpu, looked) = (watcher.cpu.clone(), watcher.looked);
        second = watcher.look(&wanted(program.port), Some(&first), at + jiff::SignedDuration::from_secs(1)).unwrap();
        if used(&watcher) >= before + 100 {
            break;
        }
        (watcher.cpu, watcher.looked) = (cpu, looked);
    }
    #[expect(clippy::cast_precision_loss)]
    let expected = (used(&watcher) - before) as f32 / 10.0;
    assert!(expected >= 10.0, "it burnt {expected} % of a second");
    assert!((second.cpu_percent - expected).abs() < 0.01, "{} and not {expected}", second.cpu_percent);
}
