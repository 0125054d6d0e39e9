use clap::Parser as _;

use super::*;

fn alert(cause: Cause, gateway: &str, channel: Option<i64>) -> AlertRow {
    AlertRow {
        cause: cause.to_string(),
        severity: cause.severity().as_str().to_owned(),
        gateway: gateway.to_owned(),
        channel,
        channel_name: "$(reboot)".to_owned(),
        subject: "`reboot`".to_owned(),
        since: jiff::Timestamp::UNIX_EPOCH,
        evidence: "; reboot".to_owned(),
    }
}

fn hold(id: Option<i64>, gateway: Option<&str>, channel: Option<i64>, model: Option<&str>) -> HoldRow {
    let (gateway, model) = (gateway.map(str::to_owned), model.map(str::to_owned));
    HoldRow { id, gateway, channel, model, reason: "; reboot".to_owned(), at: None }
}

/// As the real command line reads them.
fn parsed(rows: &[ActionRow]) -> usize {
    let mut seen = 0;
    for ActionRow { why, command } in rows {
        assert!(!why.is_empty() && !format!("{why}{command}").contains("reboot"), "{why}: {command}");
        let words: Vec<_> = command.split(' ').collect();
        seen += 1;
        let parsed = crate::cli::Cli::try_parse_from(&words);
        assert!(parsed.is_ok(), "{command}: {}", parsed.err().unwrap());
    }
    seen
}

#[test]
fn every_command_is_one_that_we_have() {
    let mut seen = 0;
    for (cause, channel) in Cause::ALL.into_iter().flat_map(|cause| [(cause, None), (cause, Some(3))]) {
        let gateway = if channel.is_none() && cause == Cause::StoreUnreachable { "" } else { "main" };
        let alerts = [alert(cause, gateway, channel)];
        let rows = actions(&Facts { alerts: &alerts, ..Facts::default() });
        assert_eq!(!rows.is_empty(), cause.severity() == Severity::Critical, "{cause}");
        seen += parsed(&rows);
    }
    let holds = [
        hold(None, None, None, None),
        hold(Some(1), None, None, None),
        hold(Some(2), Some("main"), None, None),
        hold(Some(3), Some("main"), Some(3), None),
        hold(Some(4), Some("main"), Some(3), Some("$(reboot)")),
    ];
    let rows = actions(&Facts {
        unread: vec!["main"],
        ailing: vec!["proxy"],
        troubled: vec!["proxy"],
        unseen: vec!["new"],
        proposed: vec![("main", 2)],
        wanted: vec![("seen", 1)],
        liftable: vec![("main", 3)],
        holds: &holds,
        dead: 2,
        ..Facts::default()
    });
    let commands: Vec<_> = rows.iter().map(|row| row.command.as_str()).collect();
    assert_eq!(
        commands,
        [
            "channelwarden doctor",
            "channelwarden sweep --gateway proxy",
            "channelwarden hold --list",
            "channelwarden release",
            "channelwarden release --gateway main",
            "channelwarden release --gateway main --channel 3",
            "channelwarden plan --gateway main",
            "channelwarden apply --gateway main --channel 3 --held",
            "channelwarden plan --gateway seen",
            "channelwarden sweep --gateway new --dry-run",
            "channelwarden notify outbox --dead",
            "channelwarden notify retry",
        ]
    );
    seen += parsed(&rows);
    assert!(seen > 12 + 10, "only {seen} commands were looked at");
}

#[test]
fn only_what_is_critical_is_not_well_and_a_long_list_is_cut() {
    assert!(Facts::default().nothing_is_critical());
    let mild = [alert(Cause::Held, "main", Some(1))];
    assert!(Facts { alerts: &mild, dead: 3, ..Facts::default() }.nothing_is_critical());
    let bad: Vec<_> = (1..=50).map(|id| alert(Cause::NoCredit, "main", Some(id))).collect();
    let facts = Facts { alerts: &bad, ..Facts::default() };
    assert!(!facts.nothing_is_critical());
    assert_eq!(actions(&facts).len(), MOST);
    for facts in [
        Facts { unread: vec!["a"], ..Facts::default() },
        Facts { ailing: vec!["a"], ..Facts::default() },
        Facts { troubled: vec!["a"], ..Facts::default() },
    ] {
        assert!(!facts.nothing_is_critical(), "{facts:?}");
    }
}
