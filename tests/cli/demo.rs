//! `demo --once`: with nothing but the binary, within a minute.

use crate::scene::run_in;

#[tokio::test]
async fn the_demo_tells_the_whole_story() {
    let folder = tempfile::tempdir().unwrap();
    let ran = run_in(folder.path(), &["demo", "--once"]).await;
    assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{ran}");
    for line in [
        "withdrawn  #1 Acme: gpt-3.5-legacy (gone 2×",
        "withdrawn  #7 Glacier: mixtral-8x7b (timed-out 3×",
        "restored   #7 Glacier: mixtral-8x7b (it works again)",
        "added      #1 Acme: gpt-5-mini (",
        "held       #4 Dune: only-here-and-gone (",
        "held       #5 Ember: qwen-max, gpt-4o-mini, o3-mini (",
        "kept       #2 Borealis: llama-busy (busy",
        "kept       #6 Fjord, disabled by hand: everything (disabled by hand)",
    ] {
        assert!(ran.out.lines().any(|told| told.starts_with(line)), "no {line:?} in {ran}");
    }
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "it left something behind");
}
