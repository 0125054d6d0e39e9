//! A gigabyte of log takes no memory to read.

use std::fs::{self, File};
use std::io::Write as _;
use std::process::Command;

use channelwarden::litellm::tail::Form;

use crate::{ABSENT, World, record};

/// Our resident memory, in bytes.
fn resident() -> usize {
    let statm = fs::read_to_string("/proc/self/statm").unwrap();
    statm.split(' ').nth(1).unwrap().parse::<usize>().unwrap() * 4096
}

/// In a process of its own: what the other tests take meanwhile is not ours.
#[test]
fn a_gigabyte_takes_no_memory() {
    let name = "gigabyte::a_gigabyte_takes_no_memory";
    if std::env::args().any(|word| word == "--exact") {
        return a_gigabyte();
    }
    let ran = Command::new(std::env::current_exe().unwrap()).args(["--exact", name, "--nocapture"]).output().unwrap();
    let said = String::from_utf8_lossy(&ran.stdout);
    assert!(ran.status.success() && said.contains("1 GiB in "), "{said}\n{}", String::from_utf8_lossy(&ran.stderr));
    println!("{said}");
}

fn a_gigabyte() {
    const BLOCK: usize = 8 << 20;
    const BLOCKS: u32 = 128;
    let mut world = World::new(Some(ABSENT), Form::Plain);
    let access = b"INFO:     127.0.0.1:35530 - \"POST /v1/chat/completions HTTP/1.1\" 200 OK\n";
    let mut block = vec![];
    while block.len() < BLOCK {
        block.extend_from_slice(access);
        block.extend(std::iter::repeat_n(b'x', 6000));
        block.push(b'\n');
    }
    let mut file = File::create(world.log()).unwrap();
    for number in 0..BLOCKS {
        file.write_all(&block).unwrap();
        file.write_all(&record(number)).unwrap();
    }
    drop((block, file));
    assert!(fs::metadata(world.log()).unwrap().len() > 1 << 30);
    let (before, mut most) = (resident(), 0);
    let mut looks = 0;
    while world.look() {
        looks += 1;
        if looks % 64 == 0 {
            most = most.max(resident());
        }
    }
    world.finish();
    fs::remove_file(world.log()).unwrap();
    world.expect(0..BLOCKS);
    assert!(looks > 4000, "{looks}");
    let grown = most.saturating_sub(before);
    println!("1 GiB in {looks} looks: {} KiB more", grown / 1024);
    assert!(grown < 64 << 20, "{grown} bytes more");
}
