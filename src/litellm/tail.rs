//! One log file, followed across rotation, truncation and restarts: each of its lines is read once.
//!
//! Decides: where to go on, which file comes next, and when a half line or record is given up. It looks for itself, as
//! notices of changes do not pass every mount. Must not know: what a line means, where the place is kept.

mod lines;
mod place;
mod rotated;
mod system;

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

pub(super) use self::lines::Lines;
pub use self::place::FileId;
use self::place::{Identity, Place};
use super::failure::{Clock, Failures};
use super::record::Docker;
use crate::model::{LogFailure, Secret};

/// What one look reads at most, in bytes.
const CHUNK: usize = 256 * 1024;
/// When nothing came for so long, what is there is whole: a record, or a line without its end.
const QUIET: SignedDuration = SignedDuration::from_secs(5);

/// How the lines of a file are wrapped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Not at all.
    Plain,
    /// As docker's `json-file` does.
    Docker,
}

/// What one look at a file brought.
#[derive(Debug, Default)]
pub struct Look {
    /// The failures that were read.
    pub failures: Vec<LogFailure>,
    /// Where to go on; `None`: as before.
    pub place: Option<String>,
    /// There is more already.
    pub more: bool,
    /// What has become of the file, in words, when that changed.
    pub news: Option<String>,
}

/// Where a line stood: in which of the files that were read, by their order, and at which byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Position {
    file: u32,
    offset: u64,
}

/// How the first file is begun.
#[derive(Clone, Debug)]
enum Start {
    /// Seen for the first time: at its end, as history is no news.
    FirstSight,
    /// There was none before: at its beginning.
    Anew,
    /// Where we stopped.
    At(Place),
}

/// The file that is read.
#[derive(Debug)]
struct Open {
    file: File,
    identity: Identity,
    /// The next byte to read.
    next: u64,
}

/// Lines to failures.
#[derive(Debug)]
struct Reading {
    docker: Option<Docker<Position>>,
    failures: Failures<Position>,
}

/// Follows one file.
#[derive(Debug)]
pub struct Tail {
    path: PathBuf,
    zone: TimeZone,
    start: Start,
    open: Option<Open>,
    /// The number of the open file.
    number: u32,
    /// Files before it, of which a record is not whole yet.
    before: Vec<(u32, Identity)>,
    lines: Lines,
    reading: Reading,
    /// Since when nothing came.
    quiet: Option<Timestamp>,
    /// When everything there was had been read.
    caught_up: Option<Timestamp>,
    /// The place that was told last.
    told: Option<String>,
    trouble: Option<String>,
    buffer: Vec<u8>,
}

impl Tail {
    /// Follows the file at `path`, from the place that [`Look::place`] told; `None`: it was never looked at. Nothing that
    /// is told has any of the secrets. `zone`: the machine's.
    pub fn new(path: &Path, form: Form, place: Option<&str>, secrets: Vec<Secret>, zone: TimeZone) -> Self {
        let start = match place.map(Place::parse) {
            None => Start::FirstSight,
            Some(None) => Start::Anew,
            Some(Some(place)) => Start::At(place),
        };
        let last = if let Start::At(place) = &start { place.last.clone() } else { None };
        let docker = (form == Form::Docker).then(Docker::default);
        Self {
            path: path.to_owned(),
            zone,
            start,
            open: None,
            number: 0,
            before: vec![],
            lines: Lines::default(),
            reading: Reading { docker, failures: Failures::new(secrets, last) },
            quiet: None,
            caught_up: None,
            told: place.map(str::to_owned),
            trouble: None,
            buffer: vec![],
        }
    }

    /// Whether that place is one in the file which is at `path` now: it may have been followed under another name.
    pub fn is_place_in(place: &str, path: &Path) -> bool {
        let fits = |place: Place| {
            let file = File::open(path)?;
            Ok::<bool, io::Error>(FileId::of(&file)? == place.id && place.fits(&file)?)
        };
        Place::parse(place).is_some_and(|place| fits(place).unwrap_or(false))
    }

    /// The path that is followed.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The file that is open.
    pub fn file(&self) -> Option<FileId> {
        self.open.as_ref().map(|open| open.identity.id)
    }

    /// Whether everything was read, and nothing came for this long.
    pub fn is_quiet(&self, now: Timestamp, age: SignedDuration) -> bool {
        self.quiet.is_some_and(|since| now.duration_since(since) >= age)
    }

    /// Looks once: reads what is there, at most 256 KB. `now`: the time.
    pub fn look(&mut self, now: Timestamp) -> Look {
        let mut look = Look::default();
        let state = match self.read(now, &mut look) {
            Ok(state) => state,
            Err(error) if error.kind() == io::ErrorKind::NotFound => Some("is not there (yet)".to_owned()),
            Err(error) => Some(format!("cannot be read: {error}")),
        };
        if self.trouble != state {
            look.news = Some(state.clone().unwrap_or_else(|| "is read again".to_owned()));
            self.trouble = state;
        }
        let place = self.place();
        if self.told.as_ref() != Some(&place) && (self.open.is_some() || matches!(self.start, Start::Anew)) {
            self.told = Some(place.clone());
            look.place = Some(place);
        }
        look
    }

    /// Reads a chunk of the open file, or opens one. What is to be told of it, if it is not as usual.
    fn read(&mut self, now: Timestamp, look: &mut Look) -> io::Result<Option<String>> {
        if self.open.is_none() {
            let lost = self.begin(now)?;
            if lost.is_some() {
                look.more = true;
                return Ok(lost);
            }
        }
        // Asked before the open file is read to its end: whoever writes to the new one has left this one.
        let newer = self.is_rotated();
        self.follow_truncation()?;
        let Some(open) = &mut self.open else { return Ok(None) };
        self.buffer.resize(CHUNK, 0);
        let read = system::read_at(&open.file, &mut self.buffer, open.next)?;
        let clock = Clock { now, since: self.caught_up, zone: self.zone.clone() };
        let (number, reading, failures) = (self.number, &mut self.reading, &mut look.failures);
        self.lines.take(&self.buffer[..read], open.next, |line, offset| {
            reading.line(line, Position { file: number, offset }, &clock, failures);
        });
        open.next += read as u64;
        if read < CHUNK {
            self.caught_up = Some(now);
        }
        look.more = read == CHUNK || newer;
        if read > 0 {
            self.quiet = None;
        } else if newer {
            self.go_on(&clock, look)?;
        } else if now.duration_since(*self.quiet.get_or_insert(now)) >= QUIET {
            self.end_line(&clock, look);
            self.reading.finish(&clock, &mut look.failures);
        }
        Ok(None)
    }

    /// Opens the file to begin with. What of it is lost, in words.
    fn begin(&mut self, now: Timestamp) -> io::Result<Option<String>> {
        let place = match &self.start {
            Start::At(place) => place.clone(),
            start @ (Start::FirstSight | Start::Anew) => {
                let anew = matches!(start, Start::Anew);
                match self.open_file() {
                    Ok(file) => {
                        let end = if anew { 0 } else { file.metadata()?.len() };
                        self.caught_up = (!anew).then_some(now);
                        return self.open_at(file, end).map(|()| None);
                    }
                    Err(error) => {
                        if error.kind() == io::ErrorKind::NotFound {
                            self.start = Start::Anew;
                        }
                        return Err(error);
                    }
                }
            }
        };
        for _ in 0..rotated::TRIES {
            if let Some(file) = rotated::find(&self.path, &place)? {
                return self.open_at(file, place.offset).map(|()| None);
            }
            std::thread::sleep(rotated::PAUSE);
        }
        // Nothing that can be read has what was not read.
        let file = self.open_file()?;
        self.start = Start::Anew;
        self.open_at(file, 0)?;
        let why = if rotated::has_compressed(&self.path) { "compressed" } else { "gone" };
        Ok(Some(format!(
            "was rotated while nobody read it, and the rest of the old one is {why}: read from its beginning"
        )))
    }

    /// Opening a pipe would wait for whoever writes to it, perhaps for ever.
    fn open_file(&self) -> io::Result<File> {
        if std::fs::metadata(&self.path)?.is_file() {
            File::open(&self.path)
        } else {
            Err(io::Error::other("it is no regular file"))
        }
    }

    fn open_at(&mut self, file: File, next: u64) -> io::Result<()> {
        let identity = Identity::of(&file)?;
        if let Some(before) = self.open.replace(Open { file, identity, next }) {
            self.before.push((self.number, before.identity));
            self.number += 1;
        }
        self.quiet = None;
        Ok(())
    }

    /// Whether another file stands in this one's place, and that one or one between the two holds something.
    fn is_rotated(&self) -> bool {
        let Some(open) = &self.open else { return false };
        match std::fs::metadata(&self.path) {
            Ok(_) if FileId::at(&self.path).is_ok_and(|there| there == open.identity.id) => false,
            Ok(there) if there.len() > 0 => true,
            Ok(_) | Err(_) => rotated::has_newer(&self.path, &open.file),
        }
    }

    /// The open file was emptied (copy-truncate): goes on in the copy, if there is one, and otherwise at its beginning.
    fn follow_truncation(&mut self) -> io::Result<()> {
        let Some(open) = &mut self.open else { return Ok(()) };
        if open.file.metadata()?.len() >= open.next && open.identity.still_holds(&open.file)? {
            return Ok(());
        }
        let place = Place::new(&open.identity, open.next, None);
        let copy = rotated::copy(&self.path, &place)?;
        if let Some(copy) = copy {
            return self.open_at(copy, place.offset);
        }
        let file = open.file.try_clone()?;
        self.lines = Lines::default();
        self.open_at(file, 0)
    }

    /// The open file was rotated away and is read to its end: the next one.
    fn go_on(&mut self, clock: &Clock, look: &mut Look) -> io::Result<()> {
        let Some(open) = &self.open else { return Ok(()) };
        let next = rotated::next(&self.path, &open.file)?;
        self.end_line(clock, look);
        self.open_at(next, 0)?;
        look.more = true;
        Ok(())
    }

    /// A line without its end is one.
    fn end_line(&mut self, clock: &Clock, look: &mut Look) {
        let (file, reading, failures) = (self.number, &mut self.reading, &mut look.failures);
        self.lines.finish(|line, offset| reading.line(line, Position { file, offset }, clock, failures));
    }

    /// Where a restart has to go on: at the beginning of what is not whole.
    fn place(&mut self) -> String {
        let Some(open) = &self.open else { return Place::ABSENT.to_owned() };
        let here = Position { file: self.number, offset: self.lines.begins().unwrap_or(open.next) };
        let from = self.reading.begins().map_or(here, |begun| begun.min(here));
        self.before.retain(|(number, _)| *number >= from.file);
        let identity = self.before.iter().find(|(number, _)| *number == from.file).map_or(&open.identity, |(_, of)| of);
        Place::new(identity, from.offset, self.reading.failures.last().map(str::to_owned)).to_json()
    }
}

impl Reading {
    fn line(&mut self, line: &[u8], at: Position, clock: &Clock, into: &mut Vec<LogFailure>) {
        let found = match &mut self.docker {
            None => self.failures.line(line, at, None, clock),
            Some(docker) => match docker.line(line, at) {
                Some((at, exact, line)) => self.failures.line(&line, at, Some(exact), clock),
                None => None,
            },
        };
        into.extend(found);
    }

    fn finish(&mut self, clock: &Clock, into: &mut Vec<LogFailure>) {
        if let Some(docker) = &mut self.docker {
            docker.forget();
        }
        into.extend(self.failures.finish(clock));
    }

    fn begins(&self) -> Option<Position> {
        let partial = self.docker.as_ref().and_then(Docker::begins);
        [self.failures.begins(), partial].into_iter().flatten().min().copied()
    }
}
