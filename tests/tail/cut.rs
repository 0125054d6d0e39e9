//! However real logs are cut into pieces, looks, restarts and rotations: the same failures, each once.

use super::*;

/// What happens between two pieces that are written.
#[derive(Clone, Copy, Debug)]
enum Turn {
    Nothing,
    Look,
    Restart,
    Rotate,
}

fn key(failure: &LogFailure) -> (String, Class, String, Option<u16>) {
    (failure.call.clone(), failure.class, failure.model.clone(), failure.status)
}

/// What stands between two logs.
const JUNK: &[u8] = b"\n\xffjunk\n";

/// Several logs in one: plain and JSON, with junk between.
fn many() -> Vec<u8> {
    let names = [
        "chat-gpt-badkey.log.txt",
        "route-pair-credit-1.log.txt",
        "log-json-stderr.txt",
        "chat-stream-midstream.log.txt",
        "chat-gpt-hang.log.txt",
        "log-json-stdout.txt",
        "chat-no-key.log.txt",
        "chat-unknown-model.log.txt",
        "log-info-stderr.txt",
    ];
    names.iter().flat_map(|name| [sample(name).as_slice(), JUNK].concat()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn however_it_is_cut_each_failure_is_told_once(
        pieces in proptest::collection::vec((300_usize..6000, prop_oneof![
            2 => Just(Turn::Nothing), 4 => Just(Turn::Look), 3 => Just(Turn::Restart), 1 => Just(Turn::Rotate),
        ]), 5..60),
        copy in any::<bool>(),
    ) {
        let all = many();
        let mut whole = World::new(Some(ABSENT), Form::Plain);
        whole.write(&all);
        whole.finish();
        let want: Vec<_> = whole.found.iter().map(key).collect();
        prop_assert_eq!(want.len(), 13);
        let mut world = World::new(Some(ABSENT), Form::Plain);
        let (mut rest, mut fresh) = (all.as_slice(), true);
        for (size, turn) in pieces {
            let mut size = size.min(rest.len());
            if matches!(turn, Turn::Rotate) {
                // Nobody rotates between two halves of one write; and files are told apart by how they begin, which two
                // tracebacks may do alike.
                let end: &[u8] = if copy { JUNK } else { b"\n" };
                let found = rest[size..].windows(end.len()).position(|part| part == end);
                size = found.map_or(rest.len(), |at| size + at + end.len());
            }
            if size == 0 {
                break;
            }
            world.write(&rest[..size]);
            rest = &rest[size..];
            if fresh {
                // A copy is known by its beginning: somebody must have seen it.
                world.look();
            }
            fresh = false;
            match turn {
                Turn::Nothing => {}
                Turn::Look => {
                    world.look();
                }
                Turn::Restart => world.restart(),
                Turn::Rotate => {
                    rotate(world.folder.path(), copy);
                    fresh = true;
                }
            }
        }
        world.write(rest);
        // An emptied file is left for the next when there is something in it.
        world.write(JUNK);
        world.finish();
        let found: Vec<_> = world.found.iter().map(key).collect();
        prop_assert_eq!(found, want, "{:?}", world.news);
    }
}
