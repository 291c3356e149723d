//! The machine underneath: processor time and memory of processes, cores, the disk.

use std::fs;
use std::io::{Seek, Write};
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

/// Writes that tell how long the disk takes for one.
const SYNCS: usize = 200;

/// Processor time that a process has used so far, from the system's clock of that process; `None`
/// where the system has no such clock, or no such process.
#[must_use]
pub fn cpu(pid: u32) -> Option<Duration> {
    #[cfg(target_os = "linux")]
    {
        let pid = nix::unistd::Pid::from_raw(i32::try_from(pid).ok()?);
        let time = nix::time::ClockId::pid_cpu_clock_id(pid).ok()?.now().ok()?;
        Some(time.into())
    }
    #[cfg(not(target_os = "linux"))]
    {
        let _ = pid;
        None
    }
}

/// Processor time that a process and its children have used so far, those that have ended
/// included; `None` where `/proc` does not tell. It is counted in hundredths of a second.
#[must_use]
pub fn family_cpu(pid: u32) -> Option<Duration> {
    let own = Stat::of(pid)?;
    let children = fs::read_dir("/proc").ok()?.filter_map(|entry| {
        let child: u32 = entry.ok()?.file_name().to_str()?.parse().ok()?;
        Stat::of(child).filter(|stat| stat.parent == pid)
    });
    let ticks = own.ticks + own.ticks_of_ended + children.map(|stat| stat.ticks).sum::<u64>();
    Some(TICK * u32::try_from(ticks).ok()?)
}

/// The process that started this one; `None` where `/proc` does not tell.
#[must_use]
pub fn parent(pid: u32) -> Option<u32> {
    Some(Stat::of(pid)?.parent)
}

/// The unit of time in `/proc`, the same on every Linux that runs this (`USER_HZ`).
const TICK: Duration = Duration::from_millis(10);

/// What `/proc` says of a process (proc_pid_stat(5)).
struct Stat {
    parent: u32,
    ticks: u64,
    /// Of children that have ended.
    ticks_of_ended: u64,
}

impl Stat {
    fn of(pid: u32) -> Option<Self> {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        // The second field is a name in brackets, which may hold anything.
        let mut fields = stat.rsplit_once(')')?.1.split_whitespace().skip(1);
        let parent = fields.next()?.parse().ok()?;
        let mut ticks = fields.skip(9).map(|field| field.parse::<u64>().ok());
        let mut two = || Some(ticks.next()?? + ticks.next()??);
        Some(Self { parent, ticks: two()?, ticks_of_ended: two()? })
    }
}

/// Bytes of memory that a process holds now; `None` where `/proc` does not tell.
#[must_use]
pub fn resident_bytes(pid: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kibibytes: u64 = line.trim().strip_suffix(" kB")?.trim().parse().ok()?;
    Some(kibibytes * 1024)
}

/// Which cores belong to whom.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Cores {
    /// Servers have the first core, the generator has the second.
    Apart,
    /// Everybody has all of them: the system cannot do it, or has only one, or it was not wanted.
    Shared,
}

impl Cores {
    /// Moves this thread to its core, if that can be done.
    #[must_use]
    pub fn pin() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        if cores >= 2 && move_to(1) { Self::Apart } else { Self::Shared }
    }

    /// Starts something on the servers' core: a new process begins where its parent is.
    pub fn on_servers_core<T>(self, start: impl FnOnce() -> T) -> T {
        if self == Self::Shared {
            return start();
        }
        move_to(0);
        let started = start();
        move_to(1);
        started
    }
}

impl std::fmt::Display for Cores {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Apart => f.write_str("servers pinned to core 0, generator to core 1"),
            Self::Shared => f.write_str("not pinned: servers and generator share all cores"),
        }
    }
}

#[cfg(target_os = "linux")]
fn move_to(core: usize) -> bool {
    let mut set = nix::sched::CpuSet::new();
    let this_thread = nix::unistd::Pid::from_raw(0);
    set.set(core).is_ok() && nix::sched::sched_setaffinity(this_thread, &set).is_ok()
}

#[cfg(not(target_os = "linux"))]
fn move_to(_core: usize) -> bool {
    false
}

/// Lets this process and its children have as many sockets as the system allows.
pub fn raise_file_limit() {
    #[cfg(target_os = "linux")]
    {
        use nix::sys::resource::{Resource, getrlimit, setrlimit};
        if let Ok((soft, hard)) = getrlimit(Resource::RLIMIT_NOFILE)
            && soft < hard
        {
            // With fewer, a run that needs more says so when a socket cannot be had.
            let _ = setrlimit(Resource::RLIMIT_NOFILE, hard, hard);
        }
    }
}

/// How long the disk under `folder` takes to make 4 KiB durable: each of many times, in a file that
/// has its length already, as a log that is written round and round has.
///
/// # Errors
///
/// If the folder cannot be written.
pub fn disk_syncs(folder: &Path) -> Result<Vec<Duration>> {
    let measure = || -> std::io::Result<Vec<Duration>> {
        let mut file = tempfile::tempfile_in(folder)?;
        let block = [b'.'; 4096];
        for _ in 0..SYNCS {
            file.write_all(&block)?;
        }
        file.sync_all()?;
        file.rewind()?;
        let mut taken = Vec::with_capacity(SYNCS);
        for _ in 0..SYNCS {
            file.write_all(&block)?;
            let began = Instant::now();
            file.sync_data()?;
            taken.push(began.elapsed());
        }
        Ok(taken)
    };
    measure().with_context(|| format!("cannot write in {}", folder.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(target_os = "linux")]
    #[test]
    fn a_process_that_works_is_seen_to_use_time_and_memory() {
        let own = std::process::id();
        let before = cpu(own).expect("there is a clock");
        let mut sum = 0_u64;
        while cpu(own).expect("there is a clock") == before {
            sum = std::hint::black_box(sum + 1);
        }
        assert!(resident_bytes(own).expect("there is /proc") > 1024 * 1024);
        assert_eq!(cpu(u32::MAX), None);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn the_work_of_children_is_counted_with_their_parent() {
        let own = std::process::id();
        let before = family_cpu(own).expect("there is /proc");
        let work = "n=0; while [ $n -lt 300000 ]; do n=$((n + 1)); done";
        let worked = std::process::Command::new("sh").args(["-c", work]).status();
        assert!(worked.expect("there is a shell").success());
        assert!(family_cpu(own).expect("there is /proc") > before);
        assert!(parent(own).is_some_and(|parent| parent != own));
        assert_eq!(parent(u32::MAX), None);
    }

    #[test]
    fn the_disk_is_measured_and_left_clean() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        assert_eq!(disk_syncs(folder.path()).expect("it can be written").len(), SYNCS);
        assert_eq!(fs::read_dir(folder.path()).expect("it is there").count(), 0);
    }
}
