//! Client processes that are killed at any moment, on a wire that is cut at any other.

use std::collections::BTreeMap;
use std::time::Duration;

use codesync_client::core::DocumentId;

use crate::proxy::Proxy;
use crate::stage::{Server, folder};
use crate::typist::Typist;

/// How often a process is killed.
const KILLS: u64 = 60;
/// Words that one process would type if it were let.
const WORDS: usize = 400;

/// A small generator of numbers, so that a run can be told by its seed.
struct Numbers(u64);

impl Numbers {
    /// A number below `end`.
    fn below(&mut self, end: u64) -> u64 {
        // SplitMix64, as in Vigna's public domain reference.
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % end
    }
}

#[tokio::test]
async fn a_client_that_is_killed_at_any_moment_loses_and_doubles_nothing_it_kept() {
    let (data, outbox) = (folder(), folder());
    let server = Server::start(data.path(), 0).await;
    let document = server.document("").await;
    let proxy = Proxy::start(&server.url).await;
    let link = proxy.url.link(document);
    let seed = std::env::var("CODESYNC_SEED").ok().and_then(|seed| seed.parse().ok());
    let seed = seed.unwrap_or(4127);
    println!("CODESYNC_SEED={seed}");
    let mut numbers = Numbers(seed);
    let mut kept: BTreeMap<String, usize> = BTreeMap::new();

    for run in 0..KILLS {
        let prefix = format!("r{run}");
        let mut typist = Typist::start(&link, outbox.path(), &prefix, WORDS);
        let wanted = numbers.below(30) as usize;
        let is_cut = numbers.below(3) == 0;
        while let Some(line) = typist.next().await {
            if let Some(n) = line.strip_prefix("kept ") {
                let n: usize = n.parse().expect("a number");
                kept.insert(prefix.clone(), n + 1);
                if is_cut && n == wanted / 2 {
                    proxy.cut();
                }
                if n >= wanted {
                    break;
                }
            } else if line == "open" && wanted == 0 {
                break;
            }
        }
        // Somewhere within the writing, syncing and sending of the next word.
        tokio::time::sleep(Duration::from_micros(numbers.below(3_000))).await;
        typist.process.kill().await.expect("it is ours");
        while let Some(line) = typist.next().await {
            if let Some(n) = line.strip_prefix("kept ") {
                kept.insert(prefix.clone(), n.parse::<usize>().expect("a number") + 1);
            }
        }
        proxy.mend();
    }

    let mut last = Typist::start(&link, outbox.path(), "last", 1);
    while last.next().await.expect("it runs to its end") != "saved" {}
    check(&server, document, &kept).await;
}

/// Every word that was reported kept stands in the text once, and no word twice.
async fn check(server: &Server, document: DocumentId, kept: &BTreeMap<String, usize>) {
    let text = server.text(document).await;
    let mut counted: BTreeMap<&str, usize> = BTreeMap::new();
    for word in text.split_whitespace() {
        *counted.entry(word).or_default() += 1;
    }
    for (word, times) in &counted {
        assert_eq!(*times, 1, "{word} stands {times} times");
    }
    let mut missing = Vec::new();
    for (prefix, words) in kept {
        missing.extend(
            (0..*words)
                .map(|n| format!("{prefix}-{n}"))
                .filter(|word| !counted.contains_key(word.as_str())),
        );
    }
    assert!(missing.is_empty(), "kept but not there: {missing:?}");
    assert!(kept.values().sum::<usize>() > 100, "too little was typed to mean anything");
}
