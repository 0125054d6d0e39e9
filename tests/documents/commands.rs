//! Every command and flag stands in docs/commands.md.

use std::fmt::Write as _;

use channelwarden::cli::Cli;
use clap::{Arg, Command, CommandFactory as _};

use super::page::{anchor, below_the_mark, cell, code, paragraphs, shown, table};

#[test]
fn every_command_and_flag_is_described() {
    let mut program = Cli::command();
    program.build();
    let (mut list, mut out, mut flags) = (vec![], String::new(), 0);
    walk(&mut program, "channelwarden", &mut |path, command| {
        let about = command.get_about().unwrap_or_else(|| panic!("`{path}` does not say what it does")).to_string();
        if command.is_subcommand_required_set() || !path.contains(' ') {
            return;
        }
        list.push(vec![format!("[{}](#{})", code(path), anchor(path)), cell(&about)]);
        let _ = write!(out, "## `{path}`\n\n{}", paragraphs(&about));
        out += &shown(command.render_usage().to_string().trim_start_matches("Usage: "));
        let rows: Vec<_> = arguments(command).map(|arg| vec![spelt(arg), meaning(path, arg)]).collect();
        flags += rows.len();
        if !rows.is_empty() {
            out += &table(&["Argument or option", "Meaning"], &rows);
        }
        if let Some(more) = command.get_after_help() {
            out += &shown(&more.to_string());
        }
    });
    assert!(list.len() >= 25 && flags > 60, "{} commands, {flags} flags", list.len());
    let everywhere: Vec<_> = program
        .get_arguments()
        .filter(|arg| arg.is_global_set() || arg.get_id() == "help")
        .map(|arg| vec![spelt(arg), meaning("channelwarden", arg)])
        .collect();
    let index = table(&["Command", "What it does"], &list)
        + "Options of every command; `channelwarden --version` tells which program this is:\n\n";
    below_the_mark(
        "docs/commands.md",
        &(index + &table(&["Option", "Meaning"], &everywhere) + &exit_codes(&program) + &out),
    );
}

/// The program and what is below it, in the order of its help.
fn walk(command: &mut Command, path: &str, see: &mut impl FnMut(&str, &mut Command)) {
    see(path, command);
    for inner in command.get_subcommands_mut().filter(|inner| inner.get_name() != "help" && !inner.is_hide_set()) {
        let path = format!("{path} {}", inner.get_name());
        walk(inner, &path, see);
    }
}

/// What is not every command's: `--config` is the program's own.
fn arguments(command: &Command) -> impl Iterator<Item = &Arg> {
    let own = |arg: &&Arg| !(arg.is_hide_set() || matches!(arg.get_id().as_str(), "config" | "help" | "version"));
    command
        .get_positionals()
        .chain(command.get_opts())
        .chain(command.get_arguments().filter(|arg| is_flag(arg)))
        .filter(own)
}

fn is_flag(arg: &Arg) -> bool {
    !arg.is_positional() && !arg.get_action().takes_values()
}

/// With its short form: `-c`, `--config <FILE>`.
fn spelt(arg: &Arg) -> String {
    let short = arg.get_short().map(|short| format!("{}, ", code(&format!("-{short}"))));
    short.unwrap_or_default() + &code(&arg.to_string())
}

fn meaning(path: &str, arg: &Arg) -> String {
    let help = arg.get_help().unwrap_or_else(|| panic!("`{path}`: {arg} has no help")).to_string();
    let values = arg.get_possible_values();
    let values: Vec<_> = values.iter().map(|value| code(value.get_name())).collect();
    let defaults: Vec<_> = arg.get_default_values().iter().map(|value| code(&value.to_string_lossy())).collect();
    let mut out = cell(&help);
    if arg.get_action().takes_values() && !values.is_empty() {
        let _ = write!(out, "; one of {}", values.join(", "));
    }
    if arg.get_action().takes_values() && !defaults.is_empty() {
        let _ = write!(out, "; left out: {}", defaults.join(", "));
    }
    out
}

/// As the program's own help has them.
fn exit_codes(program: &Command) -> String {
    let help = program.get_after_help().unwrap().to_string();
    let (_, codes) = help.split_once("Exit codes: ").unwrap();
    let rows: Vec<_> = codes
        .split(", ")
        .map(|code| code.split_once(' ').unwrap())
        .map(|(number, meaning)| vec![code(number), cell(meaning)])
        .collect();
    assert!(rows.len() == 5 && rows[0][0] == "`0`", "{rows:?}");
    format!(
        "## Exit codes\n\nWhere a command has codes of its own, its section says so.\n\n{}",
        table(&["Code", "Meaning"], &rows)
    )
}
