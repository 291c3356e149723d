//! Kill -9 in the middle of recorded sessions: of the server, and of a person.

use anyhow::{Context, Result, bail, ensure};
use codesync_core::TextHash;
use codesync_loadgen::dice::Dice;
use codesync_loadgen::rest;
use codesync_loadgen::server::Server;
use tokio::try_join;

use crate::apart::{Apart, Orders, Said};
use crate::player::Report;
use crate::stage::Stage;

/// How often somebody is killed in a session.
const KILLS: usize = 50;
/// Longest time from when a kill is due to the kill, in turns that everybody else has.
const TURNS_MAX: usize = 6_000;

#[tokio::test]
async fn a_server_killed_while_people_type_loses_and_doubles_nothing() {
    let (mut server, stage) = Stage::set("clownschool").await;
    let mut dice = dice();
    let kills = kill_server(&mut server, &stage, &mut dice);
    let all = async { try_join!(stage.play(0..stage.people()), kills) };
    let (ends, ()) = stage.in_time(all).await;
    stage.check(&server, &ends).await;
}

#[tokio::test]
async fn a_person_killed_while_he_types_loses_and_doubles_nothing() {
    let (server, stage) = Stage::set("friendsforever").await;
    let (agent, mut dice) = (0, dice());
    let folder = tempfile::tempdir().expect("there is room for a folder");
    let (link, outbox) = (stage.link.clone(), folder.path().to_owned());
    let orders = Orders { link, outbox, trace: "friendsforever".into(), agent };
    let lives = lives(&orders, &stage, &mut dice);
    let all = async { try_join!(stage.play(1..stage.people()), lives) };
    let (mut ends, end) = stage.in_time(all).await;
    ends.push(end);
    stage.check(&server, &ends).await;
}

/// Chance, by a seed that is said and may be given.
fn dice() -> Dice {
    let seed = std::env::var("CODESYNC_SEED").ok().and_then(|seed| seed.parse().ok());
    let seed = seed.unwrap_or(4127);
    println!("CODESYNC_SEED={seed}");
    Dice::new(seed, 0)
}

/// When the kill of this number is due, in things done of `all`: each within a stretch of its own.
fn due(kill: usize, all: usize, dice: &mut Dice) -> usize {
    (kill * all + dice.below(all)) / (KILLS + 1)
}

/// Lets the others go on for a moment of any length.
async fn a_moment(dice: &mut Dice) {
    for _ in 0..dice.below(TURNS_MAX) {
        tokio::task::yield_now().await;
    }
}

/// Kills the server and starts it again on its data, while people type. What it had acknowledged
/// must be there each time.
async fn kill_server(server: &mut Server, stage: &Stage, dice: &mut Dice) -> Result<()> {
    let Stage { script, progress, link, .. } = stage;
    let transactions = script.transactions();
    let mut unheard = 0;
    for kill in 0..KILLS {
        progress.reaches(due(kill, transactions.len(), dice)).await;
        a_moment(dice).await;
        progress.set_served(false);
        server.kill().await?;
        let acknowledged = progress.heard_since(0);
        ensure!(acknowledged.len() < transactions.len(), "kill {kill} comes after the end");
        server.restart().await?;
        let head = rest::revision(server.address(), link.document).await?;
        let kept = rest::content(server.address(), link.document).await?;
        progress.set_served(true);
        let steps = acknowledged.iter().flat_map(|(number, _)| &transactions[*number].steps);
        script.check(&kept, steps).with_context(|| format!("after kill {kill}"))?;
        unheard += usize::from(acknowledged.iter().all(|(_, revision)| revision.get() < head));
    }
    println!("{KILLS} kills; {unheard} times it had committed more than anybody had heard of");
    ensure!(unheard > 0, "no kill came between a commit and its acknowledgement");
    Ok(())
}

/// What is known of a person who is killed again and again.
#[derive(Default)]
struct Lives {
    kills: usize,
    /// Own steps that are on his disk.
    kept: usize,
    /// Lives that began with more on the disk than had been said, and with work to be sent.
    unheard: usize,
    unsent: usize,
}

/// One person's many lives, each but the last ended by a kill, the next one begun with what is in
/// the outbox. The text at the end, by its hash.
async fn lives(orders: &Orders, stage: &Stage, dice: &mut Dice) -> Result<TextHash> {
    let all = stage.script.steps_of(orders.agent).count();
    let mut lives = Lives::default();
    loop {
        let due = if lives.kills < KILLS { due(lives.kills, all, dice) } else { usize::MAX };
        let (mut process, mut ear) = Apart::start(orders, lives.kept)?;
        let life = async {
            let end = lives.listen(&mut process, stage, due).await?;
            a_moment(dice).await;
            Ok::<_, anyhow::Error>(end)
        };
        let end = tokio::select! {
            end = life => end?,
            told = ear.tell(&stage.progress) => bail!("the process does not listen: {told:?}"),
        };
        let Lives { kills, unheard, unsent, .. } = lives;
        if let Some(end) = end {
            ensure!(kills == KILLS, "kill {kills} comes after the end");
            println!(
                "{KILLS} kills; {unheard} lives began with more on the disk than had been said, \
                 {unsent} with work to be sent"
            );
            ensure!(unsent > 0, "no kill came between the disk and the server");
            process.end().await?;
            return Ok(end);
        }
        process.kill().await.with_context(|| format!("kill {kills}"))?;
        lives.kills += 1;
        // What was said before counts.
        let end = lives.listen(&mut process, stage, usize::MAX).await?;
        ensure!(end.is_none(), "kill {kills} came after the end");
    }
}

impl Lives {
    /// Listens until so many steps are kept, or the process is at its end: with the hash of its
    /// text if it has typed everything.
    async fn listen(
        &mut self,
        process: &mut Apart,
        stage: &Stage,
        due: usize,
    ) -> Result<Option<TextHash>> {
        while let Some(said) = process.next().await? {
            match said {
                Said::Open(steps, unsaved) => {
                    self.unheard += usize::from(steps > self.kept);
                    self.unsent += usize::from(unsaved > 0);
                    self.kept = steps;
                }
                Said::Report(Report::Kept(steps)) => self.kept = steps,
                Said::Report(Report::Committed(number, revision)) => {
                    stage.progress.note(number, revision);
                }
                Said::End(text) => return Ok(Some(text)),
            }
            if self.kept >= due {
                break;
            }
        }
        Ok(None)
    }
}
