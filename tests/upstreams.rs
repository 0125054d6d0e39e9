//! Every row of the failure taxonomy and every case of the field's matrix: how an upstream behaves on a real socket, what
//! that shows, and what the verdict comes to over time.
//!
//! One file a row (`row_01…row_46`) or case (`case_01…case_34`), each with as many cases as have been met. What concerns
//! whole channels stands in `tests/scenarios`, under the same name.
#![allow(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

#[path = "upstreams/case.rs"]
mod case;
#[path = "upstreams/script.rs"]
mod script;

use std::collections::BTreeSet;
use std::path::Path;

use case::{Case, play};
use futures::StreamExt as _;
use serde::Deserialize;

const SIDE_BY_SIDE: usize = 8;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    /// What the row or case is.
    about: String,
    cases: Vec<Case>,
}

fn files(folder: &str) -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let paths = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<_> = paths
        .filter(|path| path.extension().is_some_and(|end| end == "json5"))
        .map(|path| (path.file_stem().unwrap().to_str().unwrap().to_owned(), std::fs::read_to_string(&path).unwrap()))
        .collect();
    files.sort();
    files
}

#[tokio::test(flavor = "multi_thread")]
async fn every_row_and_every_case_comes_out_as_it_should() {
    let mut plays = vec![];
    for (name, text) in files("tests/upstreams") {
        let file: File = json5::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert!(!file.cases.is_empty(), "{name} holds no case");
        for case in file.cases {
            let title = format!("{name} ({}), {}", file.about, case.about);
            plays.push(async move {
                play(&case).await.into_iter().map(|problem| format!("{title}: {problem}")).collect::<Vec<_>>()
            });
        }
    }
    let played = plays.len();
    let problems: Vec<_> = futures::stream::iter(plays).buffer_unordered(SIDE_BY_SIDE).concat().await;
    assert!(problems.is_empty(), "{} of {played}:\n{}", problems.len(), problems.join("\n"));
}

#[test]
fn no_row_and_no_case_is_left_out() {
    let there: BTreeSet<String> = ["tests/upstreams", "tests/scenarios"]
        .into_iter()
        .flat_map(files)
        .filter_map(|(name, _)| {
            let (sort, rest) = name.split_once('_')?;
            Some(format!("{sort} {}", rest.split('_').next()?))
        })
        .collect();
    let rows = (1..=46).map(|number| format!("row {number:02}"));
    let cases = (1..=34).map(|number| format!("case {number:02}"));
    let missing: Vec<_> = rows.chain(cases).filter(|name| !there.contains(name)).collect();
    assert_eq!(missing, Vec::<String>::new());
}

/// The harness itself must be able to fail.
#[tokio::test]
async fn a_wrong_expectation_is_noticed() {
    const GONE: &str = r#"{ status: 404, body: { error: { code: "model_not_found", message: "{key}" } } }"#;
    const WORKS: &str = "{ works: true }";
    for (case, wrong) in [
        (format!(r#"{{ says: {GONE}, outcome: "gone", verdict: "doubtful" }}"#), None),
        (format!(r#"{{ says: {GONE}, outcome: "gone", looks: [0, 11], verdict: "withdraw" }}"#), None),
        (format!(r#"{{ says: {GONE}, outcome: "works", verdict: "working" }}"#), Some("not the outcome")),
        (format!(r#"{{ says: {GONE}, outcome: "gone", verdict: "withdraw" }}"#), Some("the verdict is doubtful")),
        (format!(r#"{{ says: {GONE}, outcome: "gone", verdict: "never" }}"#), Some("the verdict is doubtful")),
        (
            format!(r#"{{ says: {GONE}, outcome: "gone", detail: "no such words", verdict: "doubtful" }}"#),
            Some("not the detail"),
        ),
        (format!(r#"{{ says: {GONE}, outcome: "gone", wait: [1, 2], verdict: "doubtful" }}"#), Some("not the wait")),
        (
            format!(r#"{{ says: {GONE}, outcome: "gone", shape: "stream", verdict: "doubtful" }}"#),
            Some("not the shape"),
        ),
        (
            format!(r#"{{ script: [{WORKS}, {WORKS}], outcome: "works", verdict: "working" }}"#),
            Some("1 requests, not 2"),
        ),
        (
            r#"{ script: [{ path: "/v2/x" }], outcome: "works", verdict: "working" }"#.to_owned(),
            Some("/v1/chat/completions instead of /v2/x"),
        ),
        (
            r#"{ script: [{ has: { stream: true } }], outcome: "works", verdict: "working" }"#.to_owned(),
            Some("stream is false, not true"),
        ),
        (
            format!(r#"{{ says: {WORKS}, auth: "x-api-key", outcome: "works", verdict: "working" }}"#),
            Some("wrong authorization header"),
        ),
        (
            r#"{ says: { body: { data: [{ id: "a" }] } }, list: { names: ["b"] } }"#.to_owned(),
            Some("the list is Offered"),
        ),
        (format!(r#"{{ says: {WORKS}, outcome: "works", looks: [], verdict: "working" }}"#), Some("without a look")),
    ] {
        let problems = play(&json5::from_str(&case).unwrap()).await;
        match wrong {
            None => assert_eq!(problems, Vec::<String>::new(), "{case}"),
            Some(words) => assert!(problems.iter().any(|problem| problem.contains(words)), "{case}: {problems:?}"),
        }
    }
}
