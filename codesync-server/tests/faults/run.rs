//! Runs in which everything goes wrong.

use std::env;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use codesync_testing::Signal;
use tokio::sync::Mutex;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, sleep_until};

use crate::cluster::SERVERS;
use crate::schedule::{Fault, Schedule, Victim};
use crate::stage::{PEOPLE, Stage};

/// For how many seconds things go wrong in each run.
const SECONDS: u64 = 60;
/// How many runs.
const RUNS: u64 = 3;
/// As many as the long run takes.
const RUNS_LONG: u64 = 21;
/// Longest time between two edits of one person.
const PAUSE_MS: usize = 160;
const SLOW: Duration = Duration::from_millis(150);
const SLOW_OBJECTS: Duration = Duration::from_secs(2);

fn number<T: FromStr>(name: &str, usual: T) -> T {
    let Ok(value) = env::var(name) else { return usual };
    value.parse().unwrap_or_else(|_| panic!("{name}={value} is no number"))
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_fails_nothing_acknowledged_is_lost_and_all_copies_agree() {
    let is_long = env::var_os("CODESYNC_TEST_LONG").is_some();
    let runs = if is_long { RUNS_LONG } else { RUNS };
    let (first, runs) = (number("CODESYNC_SEED", 1), number("CODESYNC_TEST_FAULT_RUNS", runs));
    let seconds = number("CODESYNC_TEST_FAULT_SECONDS", SECONDS);
    let mut failed = Vec::new();
    for seed in first..first + runs {
        let schedule = Schedule::of(seed, seconds * 1000, PEOPLE);
        println!("seed {seed}: {} faults", schedule.0.len());
        if let Err(error) = run(seed, seconds, &schedule).await {
            println!(
                "seed {seed} failed: {error:#}\nits schedule:\n{schedule}\
                 run it again: CODESYNC_SEED={seed} CODESYNC_TEST_FAULT_RUNS=1 \
                 CODESYNC_TEST_FAULT_SECONDS={seconds} \
                 cargo nextest run -p codesync-server --test faults whatever_fails"
            );
            failed.push(seed);
        }
    }
    assert!(failed.is_empty(), "{} of {runs} seeds failed: {failed:?}", failed.len());
}

async fn run(seed: u64, seconds: u64, schedule: &Schedule) -> Result<()> {
    let stage = Arc::new(Stage::set(seed, PAUSE_MS).await?);
    stage.set_typing(true);
    let began = Instant::now();
    let (mut faults, turns) = (JoinSet::new(), Arc::new(Turns::default()));
    for (ms, fault) in &schedule.0 {
        sleep_until(began + Duration::from_millis(*ms)).await;
        let (stage, turns, fault) = (Arc::clone(&stage), Arc::clone(&turns), *fault);
        faults.spawn(async move {
            let _turn = turns.of(fault.victim()).lock().await;
            inflict(&stage, fault).await.with_context(|| format!("{fault:?} was not to be healed"))
        });
    }
    sleep_until(began + Duration::from_secs(seconds)).await;
    while let Some(healed) = faults.join_next().await {
        healed??;
    }
    let stage = Arc::into_inner(stage).context("a fault goes on")?;
    stage.judge().await.map(drop)
}

/// A fault that takes longer to heal than it should is not met by the next one of the same thing.
#[derive(Default)]
struct Turns {
    servers: [Mutex<()>; SERVERS],
    redis: Mutex<()>,
    postgres: Mutex<()>,
    objects: Mutex<()>,
    messages: Mutex<()>,
    wires: Mutex<()>,
    people: Mutex<()>,
    guest: Mutex<()>,
}

impl Turns {
    fn of(&self, victim: Victim) -> &Mutex<()> {
        match victim {
            Victim::Server(number) => &self.servers[number],
            Victim::Redis => &self.redis,
            Victim::Postgres => &self.postgres,
            Victim::Objects => &self.objects,
            Victim::Messages => &self.messages,
            Victim::Wire(_) => &self.wires,
            Victim::Person(_) => &self.people,
            Victim::Guest => &self.guest,
        }
    }
}

/// Lets something fail, and heals it when its time is over.
async fn inflict(stage: &Stage, fault: Fault) -> Result<()> {
    let cluster = &stage.cluster;
    let time = Duration::from_millis;
    match fault {
        Fault::KillServer { server, ms } => {
            cluster.replace_server(server, Signal::Kill, time(ms)).await?;
        }
        Fault::PauseServer { server, ms } => cluster.pause_server(server, time(ms)).await,
        Fault::DrainServer { server } => {
            cluster.replace_server(server, Signal::Terminate, Duration::ZERO).await?;
        }
        Fault::KillRedis { ms } => {
            cluster.end_redis();
            sleep(time(ms)).await;
            cluster.restart_redis()?;
        }
        Fault::FlushRedis => cluster.flush_redis()?,
        Fault::PauseRedis { ms } => cluster.pause_redis(time(ms)).await,
        Fault::RestartPostgres { crash, ms } => {
            cluster.end_postgres(if crash { Signal::Quit } else { Signal::Interrupt });
            sleep(time(ms)).await;
            cluster.restart_postgres()?;
        }
        Fault::FailObjects { ms } => {
            for wires in &cluster.wires {
                wires.objects.set(|weather| weather.fails = true);
            }
            sleep(time(ms)).await;
            for wires in &cluster.wires {
                wires.objects.set(|weather| weather.fails = false);
            }
        }
        Fault::SlowObjects { ms } => {
            for wires in &cluster.wires {
                wires.objects.set(|weather| weather.delay = SLOW_OBJECTS);
            }
            sleep(time(ms)).await;
            for wires in &cluster.wires {
                wires.objects.set(|weather| weather.delay = Duration::ZERO);
            }
        }
        Fault::LoseMessages { ms } => {
            for server in 0..SERVERS {
                cluster.wires[server].redis.set(|weather| weather.loses_messages = true);
            }
            sleep(time(ms)).await;
            for server in 0..SERVERS {
                cluster.wires[server].redis.set(|weather| weather.loses_messages = false);
            }
        }
        Fault::CutDatabase { server } => cluster.wires[server].database.cut(),
        Fault::TearDatabase { server } => cluster.wires[server].database.tear(),
        Fault::CutPerson { person } => stage.fronts[person].cut(),
        Fault::TearPerson { person } => stage.fronts[person].tear(),
        Fault::SlowPerson { person, ms } => {
            stage.fronts[person].set(|weather| weather.delay = SLOW);
            sleep(time(ms)).await;
            stage.fronts[person].set(|weather| weather.delay = Duration::ZERO);
        }
        Fault::KillPerson { person } => stage.people[person].restart(),
        Fault::Demote { ms } => stage.demote(time(ms)).await?,
    }
    Ok(())
}
