//! Single faults, and what people may expect while they last.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use codesync_testing::Signal;
use tokio::time::{Instant, sleep, timeout};

use crate::cluster::SERVERS;
use crate::stage::{CURRENT_MAX, Stage};

const PAUSE_MS: usize = 160;
const MOMENT: Duration = Duration::from_secs(5);
/// The share of appends that may lose a race.
const RACES_MAX: f64 = 0.1;
/// How long the database is away.
const DATABASE_AWAY: Duration = Duration::from_secs(30);
/// From its return to the first acknowledgement.
const RECOVERY_MAX: Duration = Duration::from_secs(3);
const AWAY_MAX: Duration = Duration::from_secs(2);

async fn typing(pause_ms: usize) -> Result<Stage> {
    let stage = Stage::set(1, pause_ms).await?;
    stage.set_typing(true);
    stage.all("everybody to be acknowledged", |view| view.acked > 0).await?;
    Ok(stage)
}

impl Stage {
    /// Waits until everybody has had another acknowledgement, for edits typed from now on.
    async fn acknowledged_again(&self) -> Result<()> {
        let mut views: Vec<_> = self.people.iter().map(|person| person.view.clone()).collect();
        let typed: Vec<_> = views.iter().map(|view| view.borrow().typed).collect();
        for (view, typed) in views.iter_mut().zip(typed) {
            let waited = timeout(MOMENT * 4, view.wait_for(|it| it.acked > typed)).await;
            waited.context("nothing is acknowledged")??;
        }
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_redis_editing_and_acknowledging_go_on() -> Result<()> {
    let stage = typing(PAUSE_MS).await?;
    stage.cluster.end_redis();
    stage.acknowledged_again().await?;
    sleep(MOMENT).await;
    stage.acknowledged_again().await?;
    stage.check_spread().await?;
    stage.cluster.restart_redis()?;
    stage.acknowledged_again().await?;
    stage.judge().await.map(drop)
}

#[tokio::test(flavor = "multi_thread")]
async fn without_any_message_of_redis_everybody_is_current_within_two_seconds() -> Result<()> {
    let stage = typing(PAUSE_MS).await?;
    for wires in &stage.cluster.wires {
        wires.redis.set(|weather| weather.loses_messages = true);
    }
    let mut longest = Duration::ZERO;
    for index in 0..15 {
        longest = longest.max(stage.spread(index % SERVERS).await?);
    }
    println!("without any message of Redis an edit took {longest:?} at most");
    ensure!(longest <= CURRENT_MAX, "an edit took {longest:?}");
    let lost: u64 = stage.cluster.wires.iter().map(|wires| wires.redis.lost()).sum();
    ensure!(lost > 0, "no message was lost");
    stage.judge().await.map(drop)
}

#[tokio::test(flavor = "multi_thread")]
async fn while_postgres_is_away_people_type_on_and_are_soon_acknowledged_after_it() -> Result<()> {
    let stage = typing(PAUSE_MS).await?;
    stage.cluster.end_postgres(Signal::Quit);
    let before: Vec<_> = stage.people.iter().map(|person| *person.view.borrow()).collect();
    sleep(DATABASE_AWAY).await;
    for (person, before) in stage.people.iter().zip(&before) {
        let now = *person.view.borrow();
        ensure!(now.typed > before.typed + 50, "typing stopped: {before:?}, then {now:?}");
    }
    let mut views: Vec<_> = stage.people.iter().map(|person| person.view.clone()).collect();
    let waiting: Vec<_> = views.iter().map(|view| view.borrow().acked).collect();
    stage.cluster.restart_postgres()?;
    let began = Instant::now();
    for (view, acked) in views.iter_mut().zip(waiting) {
        timeout(MOMENT * 4, view.wait_for(|it| it.acked > acked)).await.context("too late")??;
        let took = began.elapsed();
        ensure!(took <= RECOVERY_MAX, "the first acknowledgement came after {took:?}");
    }
    println!("everybody was acknowledged {:?} after the database's return", began.elapsed());
    for server in 0..SERVERS {
        // It would not be there if it had ended meanwhile.
        stage.cluster.server(server).send(Signal::Continue);
    }
    // What was typed meanwhile came as few edits; there shall be more to judge.
    sleep(MOMENT).await;
    stage.acknowledged_again().await?;
    stage.judge().await.map(drop)
}

#[tokio::test(flavor = "multi_thread")]
async fn without_objects_edits_are_acknowledged_as_ever() -> Result<()> {
    let stage = typing(PAUSE_MS).await?;
    for wires in &stage.cluster.wires {
        wires.objects.set(|weather| weather.fails = true);
    }
    // Longer than the time in which a snapshot is due.
    let until = Instant::now() + MOMENT * 2;
    while Instant::now() < until {
        let began = Instant::now();
        stage.acknowledged_again().await?;
        ensure!(began.elapsed() < CURRENT_MAX, "it took {:?}", began.elapsed());
    }
    let failures = stage.cluster.counted("codesync_snapshot_failures_total")?;
    ensure!(failures > 0.0, "no snapshot was tried");
    for wires in &stage.cluster.wires {
        wires.objects.set(|weather| weather.fails = false);
    }
    stage.judge().await.map(drop)
}

#[tokio::test(flavor = "multi_thread")]
async fn all_servers_are_replaced_under_load_and_nobody_is_away_for_long() -> Result<()> {
    let stage = typing(PAUSE_MS).await?;
    for server in 0..SERVERS {
        stage.route_around(Some(server));
        stage.cluster.replace_server(server, Signal::Terminate, Duration::ZERO).await?;
        stage.route_around(None);
        stage.acknowledged_again().await?;
    }
    let records = stage.judge().await?;
    let longest = records.iter().map(|record| record.away_max).max().unwrap_or_default();
    println!("nobody was away for more than {longest:?}");
    ensure!(longest > Duration::ZERO, "nobody had to leave");
    ensure!(longest < AWAY_MAX, "somebody was away for {longest:?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn three_servers_that_write_into_one_document_lose_nothing_but_races() -> Result<()> {
    let stage = typing(PAUSE_MS).await?;
    let before = appends(&stage)?;
    sleep(MOMENT * 2).await;
    let after = appends(&stage)?;
    let appends: Vec<_> = before.1.iter().zip(&after.1).map(|(then, now)| now - then).collect();
    let (conflicts, all) = (after.0 - before.0, appends.iter().sum::<f64>());
    let share = conflicts / all;
    println!("{conflicts} of {all} appends lost a race: {:.1} %", share * 100.0);
    ensure!(appends.iter().all(|own| *own > 20.0), "somebody hardly wrote: {appends:?}");
    ensure!(share < RACES_MAX, "{conflicts} of {all} appends lost a race");
    stage.judge().await.map(drop)
}

/// How many appends lost a race at all servers, and how many each of them made.
fn appends(stage: &Stage) -> Result<(f64, Vec<f64>)> {
    let conflicts = stage.cluster.counted("codesync_append_conflicts_total")?;
    let servers = (0..SERVERS).map(|number| stage.cluster.server(number));
    let appends = servers.map(|server| server.counted("codesync_append_seconds_count"));
    Ok((conflicts, appends.collect::<Result<_>>()?))
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edit_that_is_not_current_everywhere_in_time_is_found() -> Result<()> {
    let stage = Stage::set(1, PAUSE_MS).await?;
    stage.check_spread().await?;
    // Nobody leaves a server that says nothing so soon.
    let pause = stage.cluster.pause_server(SERVERS - 1, CURRENT_MAX * 2);
    let (checked, ()) = tokio::join!(stage.check_spread(), pause);
    let error = checked.err().context("nothing was found")?;
    ensure!(error.to_string().contains("I8 current"), "{error:#}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_snapshot_that_is_not_the_text_of_its_revision_is_found() -> Result<()> {
    let stage = typing(PAUSE_MS).await?;
    stage.set_typing(false);
    stage.all("everybody to be saved", |view| view.is_saved).await?;
    stage.cluster.verify()?;
    stage.cluster.forge_snapshot(stage.document).await?;
    let error = stage.cluster.verify().err().context("nothing was found")?;
    ensure!(format!("{error:#}").contains("holds another text"), "{error:#}");
    Ok(())
}
