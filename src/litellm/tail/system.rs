//! What each system has its own words for: which file an open one is, and reading it at a place.

use std::fs::File;
use std::io;
use std::path::Path;

/// The numbers of an open file's disk and of the file on it.
#[cfg(unix)]
pub(super) fn numbers(file: &File) -> io::Result<(u64, u64)> {
    use std::os::unix::fs::MetadataExt as _;
    file.metadata().map(|there| (there.dev(), there.ino()))
}

/// As [`numbers`], of the file at `path`, which is not opened: that of a pipe would wait for whoever writes to it.
#[cfg(unix)]
pub(super) fn numbers_at(path: &Path) -> io::Result<(u64, u64)> {
    use std::os::unix::fs::MetadataExt as _;
    std::fs::metadata(path).map(|there| (there.dev(), there.ino()))
}

/// Reads from `offset` on, wherever others read.
#[cfg(unix)]
pub(super) fn read_at(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
    std::os::unix::fs::FileExt::read_at(file, buffer, offset)
}

#[cfg(windows)]
pub(super) fn numbers(file: &File) -> io::Result<(u64, u64)> {
    winapi_util::file::information(file).map(|there| (there.volume_serial_number(), there.file_index()))
}

#[cfg(windows)]
pub(super) fn numbers_at(path: &Path) -> io::Result<(u64, u64)> {
    numbers(&File::open(path)?)
}

#[cfg(windows)]
pub(super) fn read_at(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
    std::os::windows::fs::FileExt::seek_read(file, buffer, offset)
}
