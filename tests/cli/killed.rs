//! A write by the admin API, killed before and after it was sent: what came of it is looked up, and never done again.

use std::process::Stdio;

use tokio::io::{AsyncBufReadExt as _, BufReader};

use crate::scene::{Scene, binary};
use crate::unseen::hub;

/// Runs `apply` until it stands still there, and kills it.
async fn killed_at(scene: &Scene, point: &str) {
    let mut command = binary(&scene.folder(), &["apply"]);
    let mut child = command.env("CHANNELWARDEN_CRASH_AT", point).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let wanted = format!("crash-point {point}");
    while lines.next_line().await.unwrap().unwrap() != wanted {}
    child.kill().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_call_is_settled_by_looking() {
    for (point, sent, says) in [
        ("after-journal", 0, "abandoned (the old list stands there)"),
        ("before-put", 0, "abandoned (the old list stands there)"),
        ("before-commit", 0, "abandoned (the old list stands there)"),
        ("after-commit", 1, "applied (our list stands there)"),
        ("before-outcome", 1, "applied (our list stands there)"),
    ] {
        let (scene, stand_in) = hub("propose", "admin-api").await;
        scene.confirm(2).await;
        killed_at(&scene, point).await;
        assert_eq!(stand_in.count("PUT"), sent, "{point}");
        let again = scene.run_to(0, &["apply"]).await;
        assert!(again.out.contains("was left open by a crash") && again.out.contains(says), "{point}: {again}");
        assert_eq!((scene.list("Acme").await.as_str(), stand_in.count("PUT")), ("good,fine", 1), "{point}");
        assert_eq!(stand_in.offered().await, ["dead", "fine", "good"], "{point}: Borealis has the dead one");
    }
}
