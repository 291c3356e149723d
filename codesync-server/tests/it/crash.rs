//! Kill -9 of the server in the middle of the work, again and again.

use std::time::Duration;

use codesync_core::client::Event;

use crate::support::editor::Editor;
use crate::support::process::ServerProcess;
use crate::support::{Dice, content, create};

/// Moments at which the server is killed.
const KILLS: u64 = 50;

/// Each marker is typed once. After every kill: what was acknowledged is there, nothing twice.
#[tokio::test]
async fn a_killed_server_loses_nothing_acknowledged_and_doubles_nothing() {
    let seed =
        std::env::var("CODESYNC_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(4127);
    println!("CODESYNC_SEED={seed}");
    let mut dice = Dice::new(seed);
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut server = ServerProcess::start(folder.path());
    let id = create(server.address, "crash", "").await;
    let mut editors = [
        Editor::open(server.address, id, "Ada", 1).await,
        Editor::open(server.address, id, "Bob", 2).await,
    ];
    let mut typed = 0_u64;
    for kill in 0..KILLS {
        let target = typed + 2 + dice.below(10);
        while typed < target {
            typed += 1;
            let editor = &mut editors[dice.below(2) as usize];
            let length = editor.replica().text().len() as u64;
            // Markers are placed between markers, so that none is torn.
            let at = dice.below(length / 7 + 1) as usize * 7;
            editor.edit(at..at, &format!("<{typed:05}>")).await;
            // Sometimes the acknowledgement is in, sometimes on its way, sometimes nothing left.
            editor.run_for(Duration::from_micros(dice.below(2500))).await;
        }
        let acknowledged: Vec<_> = editors
            .iter()
            .filter(|editor| editor.is_saved())
            .map(|editor| (editor.text(), editor.replica().revision()))
            .collect();
        server.kill();
        server = ServerProcess::start(folder.path());

        let kept = content(server.address, id).await;
        for (text, revision) in acknowledged {
            for marker in markers(&text) {
                assert!(kept.contains(marker), "kill {kill}: {marker} of {revision} is lost");
            }
        }
        for marker in markers(&kept) {
            assert_eq!(kept.matches(marker).count(), 1, "kill {kill}: {marker} came twice");
        }
        for editor in &mut editors {
            editor.cut();
            editor.redirect(server.address);
            editor.reconnect();
        }
    }
    for _ in 0..2 {
        for editor in &mut editors {
            editor.until_saved().await;
        }
    }
    let text = content(server.address, id).await;
    for editor in &mut editors {
        editor.until_text(&text).await;
        let conflict = |event: &Event| matches!(event, Event::Conflict { .. });
        assert!(!editor.events.iter().any(conflict), "a conflict after a crash");
    }
    let mut all: Vec<_> = markers(&text).collect();
    all.sort_unstable();
    let expected: Vec<_> = (1..=typed).map(|number| format!("<{number:05}>")).collect();
    assert_eq!(all, expected);
}

fn markers(text: &str) -> impl Iterator<Item = &str> {
    assert_eq!(text.len() % 7, 0, "no marker is torn");
    (0..text.len() / 7).map(|index| &text[index * 7..index * 7 + 7])
}
