//! Resource use of processes: CPU time, memory and open files, read from Linux's /proc.

use std::{
    collections::BTreeMap,
    fs,
    time::{Duration, Instant},
};

/// Root processes; their descendants are included in all figures.
#[derive(Debug, Clone)]
pub(crate) struct Processes(pub(crate) Vec<u32>);

/// One line of /proc/<pid>/stat: the parent's id, and the ticks of the process and of its terminated children.
struct Stat {
    parent: u32,
    ticks: u64,
}

/// A clock tick of `stat`: 10 ms on all common Linux systems.
const TICK: Duration = Duration::from_millis(10);
const PAGE: u64 = 4_096;
/// Maximum number of rereads. A reading takes one or two milliseconds, and so do thirty PostgreSQL sessions that end
/// together.
const REREADS: usize = 20;

fn stat(pid: u32) -> Option<Stat> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let fields: Vec<&str> = text.rsplit_once(") ")?.1.split(' ').collect();
    let number = |at: usize| fields.get(at).and_then(|one| one.parse::<u64>().ok()).unwrap_or_default();
    // state, ppid, ...: utime, stime, cutime, cstime are fields 14 to 17 of the whole line.
    let parent = u32::try_from(number(1)).ok()?;
    Some(Stat { parent, ticks: (11..15).map(number).sum() })
}

fn all() -> BTreeMap<u32, Stat> {
    let pids = fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = pids.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    pids.filter_map(|pid| Some((pid, stat(pid)?))).collect()
}

impl Processes {
    /// Returns the CPU time of the processes, their children and their terminated children.
    pub(crate) fn cpu(&self) -> Duration {
        // A child that ends after its parent was read would be missed in both, so everything is read again until no
        // child ended meanwhile.
        let mut read = self.ticks();
        for _ in 0..REREADS {
            let again = self.ticks();
            let is_settled = read.keys().eq(again.keys());
            read = again;
            if is_settled {
                break;
            }
        }
        TICK * u32::try_from(read.into_values().sum::<u64>()).unwrap_or(u32::MAX)
    }

    fn ticks(&self) -> BTreeMap<u32, u64> {
        self.family().map(|(pid, stat)| (pid, stat.ticks)).collect()
    }

    /// Returns the memory of the processes and their children in MiB. Shared memory is counted once.
    pub(crate) fn memory_mib(&self) -> f64 {
        let share = |pid| {
            let text = fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).unwrap_or_default();
            let line = text.lines().find_map(|line| line.strip_prefix("Pss:")).unwrap_or_default();
            line.trim_end_matches("kB").trim().parse::<f64>().unwrap_or_default() / 1024.0
        };
        self.family().map(|(pid, _)| share(pid)).sum()
    }

    fn family(&self) -> impl Iterator<Item = (u32, Stat)> {
        let all = all();
        let parents: BTreeMap<u32, u32> = all.iter().map(|(pid, stat)| (*pid, stat.parent)).collect();
        all.into_iter().filter(move |(pid, _)| {
            let mut at = *pid;
            while !self.0.contains(&at) {
                match parents.get(&at) {
                    Some(parent) if *parent > 1 => at = *parent,
                    _ => return false,
                }
            }
            true
        })
    }
}

/// A running measurement.
pub(crate) struct Meter {
    watched: Processes,
    cpu: Duration,
    others: Others,
}

/// The cost of a measured window.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cost {
    /// CPU time of the watched processes.
    pub(crate) cpu: Duration,
    /// Number of cores that other programs used meanwhile.
    pub(crate) others: f64,
    pub(crate) window: Duration,
}

impl Meter {
    pub(crate) fn start(watched: &Processes) -> Self {
        Self { watched: watched.clone(), cpu: watched.cpu(), others: Others::start() }
    }

    pub(crate) fn stop(&self) -> Cost {
        let (window, cpu) = (self.others.began.elapsed(), self.watched.cpu().saturating_sub(self.cpu));
        Cost { cpu, others: self.others.cores(), window }
    }
}

/// All programs except this benchmark and the PostgreSQL that `benches/run` started.
#[derive(Debug)]
pub(crate) struct Others {
    began: Instant,
    busy: Duration,
    ours: Duration,
}

impl Others {
    pub(crate) fn start() -> Self {
        Self { began: Instant::now(), busy: busy(), ours: ours().cpu() }
    }

    /// Returns the average number of cores that they have used since the start.
    pub(crate) fn cores(&self) -> f64 {
        let (busy, window) = (busy().saturating_sub(self.busy), self.began.elapsed());
        let ours = ours().cpu().saturating_sub(self.ours);
        busy.saturating_sub(ours).as_secs_f64() / window.as_secs_f64()
    }
}

/// Returns this benchmark with its children, and PostgreSQL, whose parent is the script that started both.
fn ours() -> Processes {
    let postgres = std::env::var("DUYET_BENCH_POSTGRES_PID").ok().and_then(|pid| pid.parse().ok());
    Processes(postgres.into_iter().chain([std::process::id()]).collect())
}

/// Returns the busy time of all processors of the machine.
fn busy() -> Duration {
    let text = fs::read_to_string("/proc/stat").unwrap_or_default();
    let fields = text.lines().next().unwrap_or_default().split_whitespace().skip(1);
    let ticks: Vec<u64> = fields.filter_map(|one| one.parse().ok()).collect();
    // user, nice, system, idle, iowait, irq, softirq, steal
    let busy = ticks.iter().take(8).sum::<u64>() - ticks.get(3).unwrap_or(&0) - ticks.get(4).unwrap_or(&0);
    TICK * u32::try_from(busy).unwrap_or(u32::MAX)
}

pub(crate) fn resident_mib(pid: u32) -> f64 {
    let text = fs::read_to_string(format!("/proc/{pid}/statm")).unwrap_or_default();
    let pages: u64 = text.split(' ').nth(1).and_then(|one| one.parse().ok()).unwrap_or_default();
    #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
    let bytes = (pages * PAGE) as f64;
    bytes / f64::from(1 << 20)
}

pub(crate) fn descriptors(pid: u32) -> usize {
    fs::read_dir(format!("/proc/{pid}/fd")).map(Iterator::count).unwrap_or_default()
}
