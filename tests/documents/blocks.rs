//! What the documents tell one to type is taken by a shell, by our own command line, and by our own reader.

mod configurations;
mod executed;
mod shell;

use std::io::Write as _;
use std::process::{Command, Stdio};

use channelwarden::cli::Cli;
use clap::Parser as _;
use clap::error::ErrorKind;

use self::shell::{commands, ours};
use super::super::place;
use super::pages::{Block, page, pages};

/// Words that stand for others in a usage line.
const PLACEHOLDERS: [&str; 10] = ["FILE", "NAME", "ID", "URL", "PATH", "TIME", "CHANGE", "ROUND", "MODEL", "CHANNEL"];

/// Every shell block of every document.
fn shell_blocks() -> Vec<Block> {
    let blocks: Vec<_> = pages().iter().flat_map(super::pages::Page::blocks).collect();
    let other = blocks.iter().find(|block| matches!(block.language.as_str(), "bash" | "shell" | "console"));
    assert!(other.is_none(), "{}: what a user types is a block of sh", other.unwrap().at);
    blocks.into_iter().filter(|block| block.language == "sh").collect()
}

#[test]
fn a_shell_takes_every_block() {
    let blocks = shell_blocks();
    assert!(blocks.len() > 20, "only {} blocks were found", blocks.len());
    for block in blocks {
        let mut bash = Command::new("bash");
        let mut bash = bash.arg("-n").stdin(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        bash.stdin.take().unwrap().write_all(block.text.as_bytes()).unwrap();
        let done = bash.wait_with_output().unwrap();
        // An unfinished here-document is only a warning.
        assert!(
            done.status.success() && done.stderr.is_empty(),
            "{}: {}",
            block.at,
            String::from_utf8_lossy(&done.stderr)
        );
    }
}

#[test]
fn our_command_line_takes_every_command_of_ours() {
    let mut count = 0;
    for block in shell_blocks() {
        for words in commands(&block.text) {
            let Some(args) = ours(&words) else { continue };
            let placeholder =
                |arg: &&String| arg.contains(['<', '…']) || arg.contains("...") || PLACEHOLDERS.contains(&arg.as_str());
            let found = args.iter().find(placeholder);
            assert!(found.is_none(), "{}: {words:?}: {found:?} is a placeholder; show what one really types", block.at);
            let taken = Cli::try_parse_from(std::iter::once("channelwarden").chain(args.iter().map(String::as_str)));
            if let Err(usage) = taken {
                let told = matches!(usage.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion);
                assert!(told, "{}: {words:?} is not taken:\n{usage}", block.at);
            }
            count += 1;
        }
    }
    assert!(count > 50, "only {count} commands of ours were found");
}

#[test]
fn every_script_that_is_named_is_there() {
    let mut count = 0;
    for block in shell_blocks() {
        for word in commands(&block.text).into_iter().flatten() {
            let path = word.strip_prefix("./").unwrap_or(&word);
            if ["scripts/", ".ci/", "packaging/"].iter().any(|folder| path.starts_with(folder)) {
                assert!(place(path).exists(), "{}: there is no {path}", block.at);
                count += 1;
            }
        }
    }
    assert!(count >= 3, "only {count} were found");
}

#[test]
fn both_readmes_tell_one_to_type_the_same() {
    let typed = |path: &str| -> Vec<(Option<String>, String)> {
        let blocks = page(path).blocks().into_iter().filter(|block| block.language == "sh");
        blocks.map(|block| (block.mark, without_comments(&block.text))).collect()
    };
    let (english, chinese) = (typed("README.md"), typed("README.zh-CN.md"));
    for (english, chinese) in english.iter().zip(&chinese) {
        assert_eq!(english, chinese);
    }
    assert_eq!(english.len(), chinese.len(), "one of them has more blocks");
}

/// What the README grants is granted in docs/grants.md, whose blocks `tests/grants.rs` runs.
#[test]
fn the_readme_grants_what_the_grants_document_does() {
    let joined = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let grants = joined(&page("docs/grants.md").text).replace("'172.%'", "'%'");
    let mut count = 0;
    for block in page("README.md").blocks() {
        for statement in block.text.split_inclusive(';').map(joined).filter(|text| text.starts_with("GRANT ")) {
            assert!(grants.contains(&statement), "{}: docs/grants.md has no {statement}", block.at);
            count += 1;
        }
    }
    assert_eq!(count, 12, "six for each of two engines");
}

fn without_comments(script: &str) -> String {
    let lines = script.lines().map(|line| line.split_once(" #").map_or(line, |(typed, _)| typed).trim_end());
    lines.filter(|line| !line.starts_with('#')).collect::<Vec<_>>().join("\n")
}
