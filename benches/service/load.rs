//! The load generator: closed (each caller waits for its response) and open (a fixed rate, regardless of responses).

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use hdrhistogram::Histogram;
use tokio::{task::JoinSet, time::Instant};
use tonic::Status;

use crate::processes::{Cost, Meter, Others, Processes};

/// Number of concurrent callers and of their connections, unless a goal names another number.
pub(crate) const CALLERS: usize = 50;
pub(crate) const CONNECTIONS: usize = 8;
/// Time in which calls are not counted.
pub(crate) const WARM_UP: Duration = Duration::from_secs(1);
/// Maximum number of concurrent calls of an open load. Calls beyond it are counted as failures, because the server
/// has collapsed.
const MOST_UNDER_WAY: usize = 10_000;

/// The result of a run. Times are in milliseconds, CPU time in microseconds per call, memory in MiB.
#[derive(Debug, Clone, Default)]
pub(crate) struct Figures {
    pub(crate) rate: f64,
    pub(crate) p50: f64,
    pub(crate) p99: f64,
    pub(crate) p999: f64,
    pub(crate) cpu: f64,
    /// Memory of all serving processes, right after the calls.
    pub(crate) memory: f64,
    /// Number of cores that other programs used during the run.
    pub(crate) others: f64,
    pub(crate) failed: u64,
}

/// Returns a histogram of microseconds, up to a minute, with three significant digits.
pub(crate) fn histogram() -> Histogram<u64> {
    Histogram::new_with_bounds(1, 60_000_000, 3).unwrap_or_else(|_| unreachable!("constants in range"))
}

pub(crate) fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

#[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
pub(crate) fn float(number: u64) -> f64 {
    number as f64
}

impl Figures {
    /// Computes the figures of the calls that `cost` covers.
    pub(crate) fn of(times: &Histogram<u64>, failed: u64, cost: Cost) -> Self {
        let at = |quantile| float(times.value_at_quantile(quantile)) / 1e3;
        let calls = float(times.len().max(1));
        Self {
            rate: float(times.len()) / cost.window.as_secs_f64(),
            p50: at(0.5),
            p99: at(0.99),
            p999: at(0.999),
            cpu: cost.cpu.as_secs_f64() * 1e6 / calls,
            memory: 0.0,
            others: cost.others,
            failed,
        }
    }
}

/// Runs a closed load: each of `callers` makes one call after the other, for `time` after a second of warm-up.
pub(crate) async fn closed<C, F>(
    callers: usize,
    time: Duration,
    watched: &Processes,
    call: C,
) -> anyhow::Result<Figures>
where
    C: Fn(usize) -> F + Clone + Send + 'static,
    F: Future<Output = Result<(), Status>> + Send,
{
    let begin = Instant::now() + WARM_UP;
    let end = begin + time;
    let mut tasks = JoinSet::new();
    for caller in 0..callers {
        let call = call.clone();
        tasks.spawn(async move {
            let (mut times, mut failed, mut error) = (histogram(), 0, None);
            loop {
                let asked = Instant::now();
                if asked >= end {
                    return (times, failed, error);
                }
                match call(caller).await {
                    Ok(()) if asked >= begin => times.saturating_record(micros(asked.elapsed())),
                    Ok(()) => {}
                    Err(status) => {
                        failed += 1;
                        error = Some(status);
                        // Shed calls must not turn into a busy loop.
                        tokio::time::sleep(Duration::from_millis(10)).await;
                    }
                }
            }
        });
    }
    tokio::time::sleep_until(begin).await;
    let meter = Meter::start(watched);
    tokio::time::sleep_until(end).await;
    let cost = Cost { window: time, ..meter.stop() };
    let (mut times, mut failed) = (histogram(), 0);
    while let Some(caller) = tasks.join_next().await {
        let (some, few, error) = caller?;
        times.add(&some)?;
        failed += few;
        if let Some(status) = error {
            tracing::warn!(code = ?status.code(), message = status.message(), "calls failed");
        }
    }
    Ok(Figures { memory: watched.memory_mib(), ..Figures::of(&times, failed, cost) })
}

/// Runs an open load: calls begin `rate` times a second, each timed from its scheduled start, so that a slow answer
/// does not delay the next call.
pub(crate) async fn open<C, F>(rate: f64, time: Duration, watched: &Processes, call: C) -> anyhow::Result<Figures>
where
    C: Fn(usize) -> F + Clone + Send + 'static,
    F: Future<Output = Result<(), Status>> + Send,
{
    let (failed, under_way) = (Arc::new(AtomicU64::new(0)), Arc::new(tokio::sync::Semaphore::new(MOST_UNDER_WAY)));
    let (begin, meter) = (Instant::now(), Meter::start(watched));
    let (answers, mut answered) = tokio::sync::mpsc::unbounded_channel();
    let mut number = 0;
    loop {
        let due = begin + Duration::from_secs_f64(float(number) / rate);
        if due >= begin + time {
            break;
        }
        tokio::time::sleep_until(due).await;
        // All calls that are due begin now, so that a late timer costs no calls.
        let Ok(place) = Arc::clone(&under_way).try_acquire_owned() else {
            failed.fetch_add(1, Ordering::Relaxed);
            number += 1;
            continue;
        };
        let (call, answers, failed) = (call.clone(), answers.clone(), Arc::clone(&failed));
        tokio::spawn(async move {
            match call(usize::try_from(number).unwrap_or_default()).await {
                Ok(()) => drop(answers.send(micros(due.elapsed()))),
                Err(_) => drop(failed.fetch_add(1, Ordering::Relaxed)),
            }
            drop(place);
        });
        number += 1;
    }
    drop(answers);
    let mut times = histogram();
    while let Some(took) = answered.recv().await {
        times.saturating_record(took);
    }
    let figures = Figures::of(&times, failed.load(Ordering::Relaxed), meter.stop());
    Ok(Figures { memory: watched.memory_mib(), ..figures })
}

/// Short bursts with pauses, for results that are prepared in advance.
#[derive(Debug)]
pub(crate) struct Bursts {
    times: Histogram<u64>,
    took: Duration,
    cpu: Duration,
    failed: u64,
    others: Others,
}

impl Default for Bursts {
    fn default() -> Self {
        Self { times: histogram(), took: Duration::ZERO, cpu: Duration::ZERO, failed: 0, others: Others::start() }
    }
}

impl Bursts {
    /// Makes `calls` concurrent calls.
    pub(crate) async fn burst<C, F>(&mut self, calls: usize, watched: &Processes, call: C) -> anyhow::Result<()>
    where
        C: Fn(usize) -> F,
        F: Future<Output = Result<(), Status>> + Send + 'static,
    {
        let before = watched.cpu();
        let (began, mut tasks) = (Instant::now(), JoinSet::new());
        for number in 0..calls {
            let call = call(number);
            tasks.spawn(async move {
                let asked = Instant::now();
                call.await.map(|()| micros(asked.elapsed()))
            });
        }
        while let Some(took) = tasks.join_next().await {
            match took? {
                Ok(took) => self.times.saturating_record(took),
                Err(_) => self.failed += 1,
            }
        }
        self.took += began.elapsed();
        // A tick is as long as a burst, so only the sum over many bursts is meaningful.
        self.cpu += watched.cpu().saturating_sub(before);
        Ok(())
    }

    pub(crate) fn figures(&self, watched: &Processes) -> Figures {
        let cost = Cost { cpu: self.cpu, others: self.others.cores(), window: self.took };
        Figures { memory: watched.memory_mib(), ..Figures::of(&self.times, self.failed, cost) }
    }
}
