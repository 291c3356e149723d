//! A program in a pseudo-terminal, and what it costs: processor time, bytes, memory.

use std::ffi::OsString;
use std::fs;
use std::io::{Read, Write};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};

const SIZE: PtySize = PtySize { rows: 40, cols: 120, pixel_width: 0, pixel_height: 0 };
/// How long nothing may be printed, and hardly anything computed, until a program has come to rest.
const REST: Duration = Duration::from_millis(300);
/// What still counts as rest: timers, and nothing that a key could cause.
const IDLE_CPU: Duration = Duration::from_millis(2);
/// Longest wait for anything.
const WAIT: Duration = Duration::from_secs(40);

/// A program's name, its arguments, and its environment beside a home and a terminal.
pub(crate) struct Launch {
    pub(crate) program: OsString,
    pub(crate) arguments: Vec<OsString>,
    pub(crate) environment: Vec<(&'static str, OsString)>,
}

/// What was printed.
#[derive(Default)]
struct Printed {
    bytes: usize,
    /// How often something was printed, as far as that can be told apart: what is printed in one go
    /// is read in one.
    draws: usize,
    /// The newest part, in which a marker is looked for.
    tail: Vec<u8>,
    is_over: bool,
}

/// What a program has used so far.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Usage {
    pub(crate) cpu: Duration,
    pub(crate) bytes: usize,
    pub(crate) draws: usize,
}

impl Usage {
    pub(crate) fn since(self, earlier: Self) -> Self {
        Self {
            cpu: self.cpu.saturating_sub(earlier.cpu),
            bytes: self.bytes - earlier.bytes,
            draws: self.draws - earlier.draws,
        }
    }
}

pub(crate) struct Pane {
    _master: Box<dyn MasterPty + Send>,
    /// Keys on their way: some programs take minutes for what is pasted at once.
    keys: mpsc::Sender<Vec<u8>>,
    unread: Arc<AtomicUsize>,
    child: Box<dyn Child + Send + Sync>,
    printed: Arc<(Mutex<Printed>, Condvar)>,
    began: Instant,
}

impl Pane {
    /// Starts the program in a terminal of 120×40 cells with 256 colours.
    pub(crate) fn start(launch: &Launch, home: &std::path::Path) -> Result<Self> {
        let pty = native_pty_system().openpty(SIZE)?;
        let mut command = CommandBuilder::new(&launch.program);
        command.env_clear();
        command.env("HOME", home);
        command.env("TERM", "xterm-256color");
        command.env("LANG", "C.UTF-8");
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        for (name, value) in &launch.environment {
            command.env(name, value);
        }
        command.cwd(home);
        command.args(&launch.arguments);
        let began = Instant::now();
        let child = pty.slave.spawn_command(command)?;
        drop(pty.slave);
        let printed = Arc::<(Mutex<Printed>, Condvar)>::default();
        let (mut reader, news) = (pty.master.try_clone_reader()?, Arc::clone(&printed));
        thread::spawn(move || {
            let mut buffer = [0; 65536];
            loop {
                let read = reader.read(&mut buffer).unwrap_or(0);
                let Ok(mut printed) = news.0.lock() else { return };
                printed.take(&buffer[..read]);
                news.1.notify_all();
                if read == 0 {
                    return;
                }
            }
        });
        let mut writer = pty.master.take_writer()?;
        let (keys, sent) = mpsc::channel::<Vec<u8>>();
        let unread = Arc::<AtomicUsize>::default();
        let left = Arc::clone(&unread);
        thread::spawn(move || {
            for keys in sent {
                if writer.write_all(&keys).is_err() {
                    return;
                }
                left.fetch_sub(keys.len(), Ordering::Relaxed);
            }
        });
        Ok(Self { _master: pty.master, keys, unread, child, printed, began })
    }

    pub(crate) fn send(&mut self, keys: &[u8]) -> Result<()> {
        self.unread.fetch_add(keys.len(), Ordering::Relaxed);
        Ok(self.keys.send(keys.to_vec())?)
    }

    /// Waits until this has been printed, and says how long after the start that was.
    pub(crate) fn shows(&self, marker: &str) -> Result<Duration> {
        let deadline = Instant::now() + WAIT;
        let mut printed = self.printed.0.lock().map_err(|_| anyhow::anyhow!("no reader"))?;
        while !printed.tail.windows(marker.len()).any(|part| part == marker.as_bytes()) {
            let left = deadline.saturating_duration_since(Instant::now());
            ensure!(!left.is_zero() && !printed.is_over, "{marker:?} is never shown");
            printed =
                self.printed.1.wait_timeout(printed, left).map_err(|_| anyhow::anyhow!(""))?.0;
        }
        Ok(self.began.elapsed())
    }

    pub(crate) fn usage(&self) -> Result<Usage> {
        let cpu = cpu(self.child.process_id().context("it has no id")?);
        let printed = self.printed.0.lock().map_err(|_| anyhow::anyhow!("no reader"))?;
        ensure!(!printed.is_over, "the program has ended");
        Ok(Usage { cpu, bytes: printed.bytes, draws: printed.draws })
    }

    /// Waits until nothing is printed or computed any more, and says what was used until then.
    pub(crate) fn rest(&self) -> Result<Usage> {
        let deadline = Instant::now() + WAIT;
        let mut before = self.usage()?;
        loop {
            thread::sleep(REST);
            let now = self.usage()?;
            let used = now.since(before);
            let is_read = self.unread.load(Ordering::Relaxed) == 0;
            if is_read && used.bytes == 0 && used.cpu < IDLE_CPU {
                return Ok(before);
            }
            ensure!(Instant::now() < deadline, "it never comes to rest");
            before = now;
        }
    }

    /// Resident memory in bytes.
    pub(crate) fn memory(&self) -> Result<u64> {
        let id = self.child.process_id().context("it has no id")?;
        let status = fs::read_to_string(format!("/proc/{id}/status"))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kib: u64 =
            line.and_then(|it| it.split_whitespace().next()).context("no VmRSS")?.parse()?;
        Ok(kib * 1024)
    }
}

impl Drop for Pane {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Printed {
    fn take(&mut self, news: &[u8]) {
        self.is_over |= news.is_empty();
        self.bytes += news.len();
        self.draws += 1;
        self.tail.extend_from_slice(news);
        let surplus = self.tail.len().saturating_sub(1 << 16);
        self.tail.drain(..surplus);
    }
}

/// Processor time of all threads of a process and of its children, as the scheduler counts it.
fn cpu(process: u32) -> Duration {
    let threads = fs::read_dir(format!("/proc/{process}/task")).into_iter().flatten().flatten();
    threads
        .map(|thread| {
            let read =
                |name: &str| fs::read_to_string(thread.path().join(name)).unwrap_or_default();
            let own = read("schedstat").split(' ').next().and_then(|ns| ns.parse().ok());
            let children = read("children");
            let children = children.split_whitespace().filter_map(|id| id.parse().ok()).map(cpu);
            Duration::from_nanos(own.unwrap_or_default()) + children.sum::<Duration>()
        })
        .sum()
}
