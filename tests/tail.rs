//! A log file is followed: across rotation by rename and by copy-truncate, restarts, half lines and bytes that are no text,
//! at any size, each failed request is told once.

#![allow(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

use std::fs::{self, File, OpenOptions};
use std::io::{Seek as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::Duration;

use channelwarden::litellm::tail::{Form, Look, Tail};
use channelwarden::model::{Class, LogFailure};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use tempfile::TempDir;

#[path = "tail/cut.rs"]
mod cut;
#[path = "tail/gigabyte.rs"]
mod gigabyte;

/// What is kept of a file that was not there: whatever comes is new.
const ABSENT: &str = "null";

fn sample(name: &str) -> Vec<u8> {
    fs::read(format!("{}/tests/litellm/samples/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

/// A real failure's whole record and its access line, with a number of its own.
fn record(number: u32) -> Vec<u8> {
    let text = String::from_utf8(sample("chat-or-nocredit.log.txt")).unwrap();
    text.replace("4cc71893-a544-4de1-afa0-b049e358ad2e", &call(number)).into_bytes()
}

fn call(number: u32) -> String {
    format!("{number:08}-a544-4de1-afa0-b049e358ad2e")
}

/// A log in a folder of its own, its reader, and what a store would have: failures and place, kept together.
struct World {
    folder: TempDir,
    form: Form,
    tail: Tail,
    place: Option<String>,
    found: Vec<LogFailure>,
    news: Vec<String>,
    now: Timestamp,
}

impl World {
    fn new(place: Option<&str>, form: Form) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let tail = Tail::new(&folder.path().join("lite.log"), form, place, vec![], TimeZone::UTC);
        let (found, news) = (vec![], vec![]);
        let now = "2026-11-21T04:00:00Z".parse().unwrap();
        Self { folder, form, tail, place: place.map(str::to_owned), found, news, now }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn log(&self) -> PathBuf {
        self.path("lite.log")
    }

    fn write(&self, bytes: &[u8]) {
        append(&self.log(), bytes);
    }

    /// One look; whether there is more.
    fn look(&mut self) -> bool {
        let Look { failures, place, more, news } = self.tail.look(self.now);
        self.found.extend(failures);
        self.place = place.or(self.place.take());
        self.news.extend(news);
        more
    }

    fn read(&mut self) {
        while self.look() {}
    }

    /// Killed, and started again.
    fn restart(&mut self) {
        self.tail = Tail::new(&self.log(), self.form, self.place.as_deref(), vec![], TimeZone::UTC);
    }

    fn wait(&mut self, seconds: i64) {
        self.now = self.now.checked_add(SignedDuration::from_secs(seconds)).unwrap();
    }

    /// Reads all, and waits until what is open counts as whole.
    fn finish(&mut self) {
        self.read();
        self.wait(6);
        self.read();
    }

    fn calls(&self) -> Vec<&str> {
        self.found.iter().map(|failure| failure.call.as_str()).collect()
    }

    fn expect(&self, numbers: impl IntoIterator<Item = u32>) {
        assert_eq!(self.calls(), numbers.into_iter().map(call).collect::<Vec<_>>());
    }
}

fn append(path: &Path, bytes: &[u8]) {
    OpenOptions::new().create(true).append(true).open(path).unwrap().write_all(bytes).unwrap();
}

/// As logrotate: `lite.log.1` is the newest.
fn rotate(folder: &Path, copy: bool) {
    // Files of one tick of the clock have no order.
    thread::sleep(Duration::from_millis(12));
    let name = |number: u32| folder.join(format!("lite.log.{number}"));
    for number in (1..50).rev().filter(|number| name(*number).exists()) {
        fs::rename(name(number), name(number + 1)).unwrap();
    }
    let log = folder.join("lite.log");
    if copy {
        fs::copy(&log, name(1)).unwrap();
        OpenOptions::new().write(true).open(&log).unwrap().set_len(0).unwrap();
    } else {
        fs::rename(&log, name(1)).unwrap();
    }
}

#[test]
fn history_is_no_news_and_what_comes_is() {
    let mut world = World::new(None, Form::Plain);
    world.write(&record(1));
    world.read();
    world.write(&record(2));
    world.finish();
    world.expect([2]);
    let failure = &world.found[0];
    assert_eq!((failure.class, failure.model.as_str(), failure.status), (Class::Credits, "or-nocredit", Some(402)));
}

#[test]
fn renamed_under_the_reader() {
    let mut world = World::new(Some(ABSENT), Form::Plain);
    world.write(&record(1));
    world.read();
    world.write(&record(2));
    rotate(world.folder.path(), false);
    // The writer still has the old file, and there is no new one.
    world.read();
    append(&world.path("lite.log.1"), &record(3));
    File::create(world.log()).unwrap();
    world.read();
    append(&world.path("lite.log.1"), &record(4));
    thread::sleep(Duration::from_millis(12));
    world.write(&record(5));
    // A second rotation before anybody looks.
    rotate(world.folder.path(), false);
    world.write(&record(6));
    world.finish();
    world.expect(1..=6);
}

#[test]
fn renamed_while_nobody_reads() {
    for dated in [false, true] {
        let mut world = World::new(Some(ABSENT), Form::Plain);
        world.write(&record(1));
        world.read();
        world.write(&record(2));
        rotate(world.folder.path(), false);
        world.write(&record(3));
        rotate(world.folder.path(), false);
        if dated {
            fs::rename(world.path("lite.log.2"), world.path("lite.log-20261119")).unwrap();
            fs::rename(world.path("lite.log.1"), world.path("lite-20261120.log")).unwrap();
        }
        world.write(&record(4));
        world.restart();
        world.finish();
        world.expect(1..=4);
    }
}

#[test]
fn a_rotation_that_was_compressed_is_told_as_lost() {
    let mut world = World::new(Some(ABSENT), Form::Plain);
    world.write(&record(1));
    world.read();
    fs::rename(world.log(), world.path("lite.log.1.gz")).unwrap();
    append(&world.path("lite.log.1.gz"), b"x");
    let packed = fs::read(world.path("lite.log.1.gz")).unwrap();
    fs::remove_file(world.path("lite.log.1.gz")).unwrap();
    fs::write(world.path("lite.log.1.gz"), &packed[10..]).unwrap();
    world.write(&record(2));
    world.restart();
    world.news.clear();
    world.finish();
    world.expect([1, 2]);
    assert!(world.news[0].contains("compressed"), "{:?}", world.news);
}

#[test]
fn emptied_under_the_reader_and_while_nobody_reads() {
    for down in [false, true] {
        let mut world = World::new(Some(ABSENT), Form::Plain);
        world.write(&record(1));
        world.read();
        // The rest is in the copy alone; and the file is longer again than it was when it was read.
        world.write(&record(2));
        rotate(world.folder.path(), true);
        for number in 3..=6 {
            world.write(&record(number));
        }
        if down {
            world.restart();
        }
        world.read();
        rotate(world.folder.path(), true);
        world.read();
        world.write(&record(7));
        world.finish();
        world.expect(1..=7);
    }
}

#[test]
fn emptied_twice_while_nobody_looks_and_nothing_new_comes() {
    for down in [false, true] {
        let mut world = World::new(Some(ABSENT), Form::Plain);
        world.write(&record(1));
        world.read();
        world.write(&record(2));
        rotate(world.folder.path(), true);
        world.read();
        world.write(&record(3));
        rotate(world.folder.path(), true);
        if down {
            world.restart();
        }
        world.finish();
        world.expect(1..=3);
        world.write(&record(4));
        world.finish();
        world.expect(1..=4);
    }
}

#[test]
fn renamed_twice_while_nobody_looks_and_nothing_new_comes() {
    let mut world = World::new(Some(ABSENT), Form::Plain);
    world.write(&record(1));
    world.read();
    rotate(world.folder.path(), false);
    world.write(&record(2));
    rotate(world.folder.path(), false);
    world.finish();
    world.expect(1..=2);
}

#[test]
fn emptied_without_a_copy_under_a_writer_that_keeps_its_place() {
    let mut world = World::new(Some(ABSENT), Form::Plain);
    // `>log`, not `>>log`: it goes on behind a hole.
    let mut writer = File::create(world.log()).unwrap();
    for number in 1..=3 {
        writer.write_all(&record(number)).unwrap();
        world.read();
        writer.set_len(0).unwrap();
        if number == 2 {
            world.read();
        }
    }
    writer.write_all(&record(4)).unwrap();
    assert!(writer.stream_position().unwrap() > 4 * 4000);
    world.finish();
    world.expect(1..=4);
}

#[test]
fn half_lines_wait_but_not_forever() {
    let mut world = World::new(Some(ABSENT), Form::Plain);
    let whole = record(1);
    let (first, rest) = whole.split_at(200);
    world.write(first);
    world.read();
    world.wait(4);
    world.read();
    world.write(rest);
    world.finish();
    world.expect([1]);
    assert_eq!(world.found[0].model, "or-nocredit");
    // The last words of a proxy that died have no end.
    let line = record(2).split(|byte| *byte == b'\n').next().unwrap().to_vec();
    world.write(&line);
    world.read();
    world.expect([1]);
    world.finish();
    world.expect([1, 2]);
    world.restart();
    world.write(b"\n");
    world.write(&record(3));
    world.finish();
    world.expect(1..=3);
}

#[test]
fn a_restart_inside_a_record_tells_it_once() {
    let whole = [record(1), record(2)].concat();
    for cut in [1, 150, 700, record(1).len() - 20, record(1).len() - 1, record(1).len() + 90] {
        let mut world = World::new(Some(ABSENT), Form::Plain);
        world.write(&whole[..cut]);
        world.read();
        world.restart();
        world.read();
        world.write(&whole[cut..]);
        world.finish();
        world.restart();
        world.finish();
        world.expect([1, 2]);
        assert!(world.found.iter().all(|failure| failure.status == Some(402) && failure.model == "or-nocredit"));
    }
}

#[test]
fn bytes_that_are_no_text_and_lines_without_end() {
    let mut world = World::new(Some(ABSENT), Form::Plain);
    let mut bad = record(1);
    let at = bad.windows(7).position(|part| part == b"credits").unwrap();
    bad.splice(at + 7..at + 7, [0xff, 0xfe, 0x1b, b'[', 0x07]);
    world.write(b"\xc3\x28\xff\n{\"a\n\n\0\0");
    world.write(&bad);
    world.write(&vec![b'{'; 3 << 20]);
    world.write(b"\n");
    world.write(&record(2));
    world.finish();
    world.expect([1, 2]);
    assert!(!world.found[0].detail.chars().any(char::is_control), "{}", world.found[0].detail);
}

#[test]
fn what_is_not_there_or_cannot_be_read_is_told_once() {
    let mut world = World::new(None, Form::Plain);
    for _ in 0..3 {
        world.look();
    }
    assert_eq!(world.news, ["is not there (yet)"]);
    // It is known that it was not there: what comes is news, after a restart as well.
    world.restart();
    world.write(&record(1));
    world.finish();
    world.expect([1]);
    let mut folder = World::new(None, Form::Plain);
    fs::create_dir(folder.log()).unwrap();
    for _ in 0..3 {
        folder.look();
    }
    assert_eq!(folder.news.len(), 1);
    assert!(folder.news[0].starts_with("cannot be read"), "{:?}", folder.news);
    // Nor is there any waiting for whoever would write to a pipe.
    let mut pipe = World::new(None, Form::Plain);
    assert!(Command::new("mkfifo").arg(pipe.log()).status().unwrap().success());
    pipe.look();
    assert!(pipe.news[0].contains("no regular file"), "{:?}", pipe.news);
    fs::remove_dir(folder.log()).unwrap();
    folder.write(b"");
    folder.read();
    assert_eq!(folder.news.last().unwrap(), "is read again");
}

/// What docker makes of a program's output: a line for each line, cut every 16 KB.
fn wrapped(bytes: &[u8], stream: &str) -> Vec<u8> {
    let mut out = vec![];
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        for piece in line.chunks(1000) {
            let log = String::from_utf8_lossy(piece);
            let line = serde_json::json!({"log": log, "stream": stream, "time": "2026-11-21T03:40:50.5Z"});
            out.extend_from_slice(format!("{line}\n").as_bytes());
        }
    }
    out
}

#[test]
fn dockers_lines_are_unwrapped() {
    let mut world = World::new(Some(ABSENT), Form::Docker);
    let json = wrapped(&sample("json-gpt-badkey.log.txt"), "stderr");
    assert!(json.split(|byte| *byte == b'\n').count() > 4, "one record in several pieces");
    let all = [wrapped(&record(1), "stderr"), json, wrapped(&record(2), "stderr")].concat();
    for piece in all.chunks(777) {
        world.write(piece);
        world.read();
        world.restart();
    }
    world.finish();
    assert_eq!(world.calls(), [call(1), "2bfefd53-6ee1-4553-b922-ac1a20646de6".into(), call(2)]);
    // With docker's own time.
    assert!(world.found.iter().all(|failure| failure.at == "2026-11-21T03:40:50.5Z".parse().unwrap()));
}

#[test]
fn two_readers_and_a_writer_that_goes_on() {
    const RECORDS: u32 = 600;
    let mut first = World::new(Some(ABSENT), Form::Plain);
    let second = World::new(Some(ABSENT), Form::Plain);
    let folder = first.folder.path().to_owned();
    let mut other = Tail::new(&first.log(), Form::Plain, Some(ABSENT), vec![], TimeZone::UTC);
    drop(second);
    // Both have begun before the first rotation, however busy the machine is.
    File::create(first.log()).unwrap();
    first.look();
    other.look(first.now);
    let writer = thread::spawn(move || {
        let log = folder.join("lite.log");
        for number in 0..RECORDS {
            // In pieces, as pipes and buffers hand them on; a rotation stands between records.
            for piece in record(number).chunks(1500) {
                append(&log, piece);
            }
            if number % 150 == 149 {
                rotate(&folder, false);
            }
        }
    });
    let mut seen: Vec<String> = vec![];
    let mut looks = 0_u32;
    loop {
        let over = writer.is_finished();
        let mut more = first.look();
        let look = other.look(first.now);
        more |= look.more;
        seen.extend(look.failures.into_iter().map(|failure| failure.call));
        looks += 1;
        if looks.is_multiple_of(7) {
            first.restart();
        }
        if over && !more {
            break;
        }
    }
    writer.join().unwrap();
    first.finish();
    first.expect(0..RECORDS);
    first.wait(6);
    seen.extend(other.look(first.now).failures.into_iter().map(|failure| failure.call));
    assert_eq!(seen, (0..RECORDS).map(call).collect::<Vec<_>>());
}
