//! Gathers submissions into batches: a commit costs the same for one row as for sixty.

use std::{
    panic::AssertUnwindSafe,
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use futures_util::FutureExt as _;
use tokio::{
    sync::{Mutex, mpsc, oneshot},
    task::JoinHandle,
};

use super::contract::SubmissionStore;
use crate::domain::{
    Error, Result,
    submission::{Inserted, Submission},
};

/// Submissions that may wait; one more is refused.
pub const QUEUE: usize = 1_024;
/// Most submissions in one transaction.
const BATCH: usize = 64;
/// A full queue is written in less.
const RETRY_AFTER: Duration = Duration::from_millis(200);

struct Job {
    submission: Submission,
    answer: oneshot::Sender<Result<Inserted>>,
}

type Jobs = Arc<Mutex<mpsc::Receiver<Job>>>;

/// Takes submissions from many callers and stores them in few transactions. There is no timer: a lone submission goes at
/// once, and those that come while it is written form the next batch.
#[derive(Debug)]
pub struct SubmissionWriter {
    /// `None` once closed.
    jobs: RwLock<Option<mpsc::Sender<Job>>>,
    writers: Mutex<Vec<JoinHandle<()>>>,
}

impl SubmissionWriter {
    /// Starts `writers` tasks: 2 keep PostgreSQL busy, SQLite has use for 1. Must be called inside a runtime.
    pub fn start(store: &Arc<dyn SubmissionStore>, writers: usize) -> Self {
        let (sender, receiver) = mpsc::channel(QUEUE);
        let jobs = Arc::new(Mutex::new(receiver));
        let spawn = |_| tokio::spawn(write(Arc::clone(store), Arc::clone(&jobs)));
        Self { jobs: RwLock::new(Some(sender)), writers: Mutex::new((0..writers).map(spawn).collect()) }
    }

    /// Stores a submission and answers after its commit. A caller that stops waiting does not stop the write.
    ///
    /// # Errors
    /// [`Error::Overloaded`] when the queue is full or closed, and those of [`SubmissionStore::insert_submissions`].
    pub async fn insert(&self, submission: Submission) -> Result<Inserted> {
        let full = || Error::Overloaded { what: "submit queue", retry_after: RETRY_AFTER };
        let sender = self.jobs.read().unwrap_or_else(PoisonError::into_inner).clone().ok_or_else(full)?;
        let (answer, answered) = oneshot::channel();
        sender.try_send(Job { submission, answer }).map_err(|_| full())?;
        // An idle sender would keep the writers from ending.
        drop(sender);
        answered.await.map_err(|_| Error::internal("a submission was dropped by its writer"))?
    }

    /// Takes no more, writes what waits and ends.
    pub async fn close(&self) {
        self.jobs.write().unwrap_or_else(PoisonError::into_inner).take();
        for writer in self.writers.lock().await.drain(..) {
            // A writer that panicked has told so itself; what it held was answered with an error.
            writer.await.ok();
        }
    }
}

async fn write(store: Arc<dyn SubmissionStore>, jobs: Jobs) {
    let mut batch = Vec::with_capacity(BATCH);
    while jobs.lock().await.recv_many(&mut batch, BATCH).await > 0 {
        let (submissions, answers): (Vec<_>, Vec<_>) = batch.drain(..).map(|job| (job.submission, job.answer)).unzip();
        // A panic must not end the writer: nobody would store anything after it. Its callers are told by their dropped answers.
        let stored = AssertUnwindSafe(store_all(&*store, &submissions)).catch_unwind().await;
        for (answer, result) in answers.into_iter().zip(stored.into_iter().flatten()) {
            // A caller may have left.
            answer.send(result).ok();
        }
    }
}

/// One answer per submission. A batch that fails through a fault of ours is stored one by one, else one bad row would fail
/// strangers; when storage is gone, it is gone for all.
async fn store_all(store: &dyn SubmissionStore, submissions: &[Submission]) -> Vec<Result<Inserted>> {
    match store.insert_submissions(submissions).await {
        Ok(answers) => answers.into_iter().map(Ok).collect(),
        Err(Error::StorageUnavailable(source)) => {
            let told = source.to_string();
            submissions.iter().map(|_| Err(Error::StorageUnavailable(told.clone().into()))).collect()
        }
        Err(error) if submissions.len() == 1 => vec![Err(error)],
        Err(_) => {
            let mut answers = Vec::with_capacity(submissions.len());
            for submission in submissions {
                answers.push(store_one(store, submission).await);
            }
            answers
        }
    }
}

async fn store_one(store: &dyn SubmissionStore, submission: &Submission) -> Result<Inserted> {
    let answers = store.insert_submissions(std::slice::from_ref(submission)).await?;
    answers.into_iter().next().ok_or_else(|| Error::internal("the store answered nothing"))
}
