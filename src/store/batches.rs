//! Gathers what many callers ask of the store into few transactions and statements: sixty rows cost little more than one.

use std::{
    panic::AssertUnwindSafe,
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use futures_util::{FutureExt as _, future::BoxFuture};
use tokio::{
    sync::{Mutex, mpsc, oneshot},
    task::JoinHandle,
    time::{Instant, timeout_at},
};

use super::{
    contract::{ArticlePage, CommentStore, SubmissionStore},
    crowd::Crowd,
};
use crate::{
    domain::{
        Error, Result,
        page::CommentPage,
        submission::{ChallengeContext, ChallengeQuestion, Inserted, Submission, SubmitContext, SubmitQuestion},
    },
    supervise::{panicked, supervise},
};

/// Items that may wait; one more is refused.
pub const QUEUE: usize = 1_024;
/// Most items in one batch.
const BATCH: usize = 64;
/// Longest wait for a batch to become large.
const LINGER: Duration = Duration::from_millis(4);
/// A full queue is emptied in less.
const RETRY_AFTER: Duration = Duration::from_millis(200);

/// A batch that failed after this long failed because the database did not answer, and not because it refused.
const SILENCE: Duration = Duration::from_secs(2);

const SILENT: &str = "the database did not answer those who asked before";

struct Job<Q, A> {
    item: Q,
    answer: oneshot::Sender<Result<A>>,
}

/// Answers a whole batch, in its order.
type Call<S, Q, A> = for<'a> fn(&'a S, &'a [Q]) -> BoxFuture<'a, Result<Vec<A>>>;

/// Groups the items of many callers into few batches for the store. A single item is processed at once, and items that
/// arrive meanwhile form the next batch. In a [`Crowd`] a batch waits up to [`LINGER`] until it is large.
#[derive(Debug)]
pub struct Batches<Q, A> {
    /// `None` once closed.
    jobs: RwLock<Option<mpsc::Sender<Job<Q, A>>>>,
    workers: Mutex<Vec<JoinHandle<()>>>,
    /// What is full when too many wait.
    what: &'static str,
}

/// Stores submissions.
pub type SubmissionWriter = Batches<Submission, Inserted>;

/// Reads what submits must know.
pub type SubmitReader = Batches<SubmitQuestion, SubmitContext>;

/// Reads what challenges must know.
pub type ChallengeReader = Batches<ChallengeQuestion, ChallengeContext>;

/// Reads pages of public comments.
pub type PageReader = Batches<CommentPage, ArticlePage>;

impl SubmissionWriter {
    /// Starts `workers` tasks, each of which writes one batch at a time. Must be called inside a runtime.
    pub fn start(store: &Arc<dyn SubmissionStore>, workers: usize, crowd: &Crowd) -> Self {
        let names = ("submission_writes", "submit queue");
        Self::new(store, workers, names, crowd, |store, batch| store.insert_submissions(batch))
    }

    /// Stores a submission and answers after its commit. A caller that stops waiting does not stop the write.
    ///
    /// # Errors
    /// [`Error::Overloaded`] when the queue is full or closed, and those of [`SubmissionStore::insert_submissions`].
    pub async fn insert(&self, submission: Submission) -> Result<Inserted> {
        self.answer(submission).await
    }
}

impl SubmitReader {
    /// Starts `workers` tasks, each of which reads one batch at a time. Must be called inside a runtime.
    pub fn start(store: &Arc<dyn SubmissionStore>, workers: usize, crowd: &Crowd) -> Self {
        let names = ("submit_reads", "read queue");
        Self::new(store, workers, names, crowd, |store, batch| store.submit_contexts(batch))
    }

    /// What a submit must know, read after it was asked.
    ///
    /// # Errors
    /// [`Error::Overloaded`] when the queue is full or closed, and those of [`SubmissionStore::submit_contexts`].
    pub async fn ask(&self, question: SubmitQuestion) -> Result<SubmitContext> {
        self.answer(question).await
    }
}

impl ChallengeReader {
    /// Starts `workers` tasks, each of which reads one batch at a time. Must be called inside a runtime.
    pub fn start(store: &Arc<dyn SubmissionStore>, workers: usize) -> Self {
        let names = ("challenge_reads", "read queue");
        Self::new(store, workers, names, &Crowd::default(), |store, batch| store.challenge_contexts(batch))
    }

    /// What a challenge must know, read after it was asked.
    ///
    /// # Errors
    /// [`Error::Overloaded`] when the queue is full or closed, and those of [`SubmissionStore::challenge_contexts`].
    pub async fn ask(&self, question: ChallengeQuestion) -> Result<ChallengeContext> {
        self.answer(question).await
    }
}

impl PageReader {
    /// Starts `workers` tasks, each of which reads one batch at a time. Must be called inside a runtime.
    pub fn start(store: &Arc<dyn CommentStore>, workers: usize) -> Self {
        let names = ("page_reads", "read queue");
        Self::new(store, workers, names, &Crowd::default(), |store, batch| store.list_comments(batch))
    }

    /// A page of public comments, read after it was asked for.
    ///
    /// # Errors
    /// [`Error::Overloaded`] when the queue is full or closed, and those of [`CommentStore::list_comments`].
    pub async fn ask(&self, page: CommentPage) -> Result<ArticlePage> {
        self.answer(page).await
    }
}

impl<Q: Send + Sync + 'static, A: Send + 'static> Batches<Q, A> {
    fn new<S: Send + Sync + ?Sized + 'static>(
        store: &Arc<S>,
        workers: usize,
        (task, what): (&'static str, &'static str),
        crowd: &Crowd,
        call: Call<S, Q, A>,
    ) -> Self {
        let (sender, receiver) = mpsc::channel(QUEUE);
        let jobs = Arc::new(Mutex::new(receiver));
        let spawn = |_| {
            let (store, jobs, crowd) = (Arc::clone(store), Arc::clone(&jobs), crowd.clone());
            tokio::spawn(supervise(task, move || {
                work(task, Arc::clone(&store), Arc::clone(&jobs), crowd.clone(), call)
            }))
        };
        Self { jobs: RwLock::new(Some(sender)), workers: Mutex::new((0..workers).map(spawn).collect()), what }
    }

    async fn answer(&self, item: Q) -> Result<A> {
        let full = || Error::Overloaded { what: self.what, retry_after: RETRY_AFTER };
        let sender = self.jobs.read().unwrap_or_else(PoisonError::into_inner).clone().ok_or_else(full)?;
        let (answer, answered) = oneshot::channel();
        sender.try_send(Job { item, answer }).map_err(|_| full())?;
        // An idle sender would keep the workers from ending.
        drop(sender);
        answered.await.map_err(|_| Error::internal("an item was dropped by its batch"))?
    }

    /// Takes no more, ends what waits and stops.
    pub async fn close(&self) {
        self.jobs.write().unwrap_or_else(PoisonError::into_inner).take();
        for worker in self.workers.lock().await.drain(..) {
            worker.await.ok();
        }
    }
}

async fn work<S: Sync + ?Sized, Q: Sync, A>(
    task: &'static str,
    store: Arc<S>,
    jobs: Arc<Mutex<mpsc::Receiver<Job<Q, A>>>>,
    crowd: Crowd,
    call: Call<S, Q, A>,
) {
    let mut batch = Vec::with_capacity(BATCH);
    while gather(&mut *jobs.lock().await, &crowd, &mut batch).await {
        let (items, answers): (Vec<_>, Vec<_>) = batch.drain(..).map(|job| (job.item, job.answer)).unzip();
        let began = Instant::now();
        // A panic must not end the worker: nobody would be answered after it. Its callers are told by their dropped answers.
        let results = AssertUnwindSafe(answer_all(&*store, &items, call)).catch_unwind().await;
        if results.is_err() {
            panicked(task);
        }
        let is_away = |result: &Result<A>| matches!(result, Err(Error::StorageUnavailable(_)));
        let silent = began.elapsed() >= SILENCE && results.iter().flatten().all(is_away);
        for (answer, result) in answers.into_iter().zip(results.into_iter().flatten()) {
            // A caller may have left.
            answer.send(result).ok();
        }
        if silent {
            give_up_waiting(&jobs);
        }
    }
}

/// Fills the batch with the waiting items, and returns `false` once the queue is closed and empty. In a crowd it waits
/// for more, because a row of a large batch costs PostgreSQL half as much as a row of a small one.
async fn gather<T>(jobs: &mut mpsc::Receiver<T>, crowd: &Crowd, batch: &mut Vec<T>) -> bool {
    if jobs.recv_many(batch, BATCH).await == 0 {
        return false;
    }
    let deadline = Instant::now() + LINGER;
    while batch.len() < crowd.worth_waiting_for().min(BATCH) {
        let room = BATCH - batch.len();
        if !matches!(timeout_at(deadline, jobs.recv_many(batch, room)).await, Ok(1..)) {
            break;
        }
    }
    true
}

/// Fails the items that waited while a database did not answer: their calls would wait once more for the same silence.
fn give_up_waiting<Q, A>(jobs: &Mutex<mpsc::Receiver<Job<Q, A>>>) {
    // Another worker that holds the lock waits for items, so that there are none.
    let Ok(mut jobs) = jobs.try_lock() else { return };
    for _ in 0..jobs.len() {
        let Ok(job) = jobs.try_recv() else { return };
        job.answer.send(Err(Error::StorageUnavailable(SILENT.into()))).ok();
    }
}

/// One answer per item. A batch that fails through a fault of ours is tried again one by one, else one bad row would fail
/// strangers; when storage is gone, it is gone for all.
async fn answer_all<S: Sync + ?Sized, Q: Sync, A>(store: &S, items: &[Q], call: Call<S, Q, A>) -> Vec<Result<A>> {
    match call(store, items).await {
        Ok(answers) => answers.into_iter().map(Ok).collect(),
        Err(Error::StorageUnavailable(source)) => {
            let told = source.to_string();
            items.iter().map(|_| Err(Error::StorageUnavailable(told.clone().into()))).collect()
        }
        Err(error) if items.len() == 1 => vec![Err(error)],
        Err(_) => {
            let mut answers = Vec::with_capacity(items.len());
            for item in items {
                answers.push(answer_one(store, item, call).await);
            }
            answers
        }
    }
}

async fn answer_one<S: Sync + ?Sized, Q: Sync, A>(store: &S, item: &Q, call: Call<S, Q, A>) -> Result<A> {
    let answers = call(store, std::slice::from_ref(item)).await?;
    answers.into_iter().next().ok_or_else(|| Error::internal("the store answered nothing"))
}
