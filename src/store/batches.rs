//! Grouping of many callers' calls to the store into few transactions and statements (group commit). Sixty rows cost
//! little more than one.

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

/// Maximum number of waiting items. Further items fail with [`Error::Overloaded`].
pub const QUEUE: usize = 1_024;
/// Maximum number of items in one batch.
const BATCH: usize = 64;
/// Longest wait for a batch to become large.
const LINGER: Duration = Duration::from_millis(4);
/// Retry-after of callers that find the queue full. The store drains a full queue in less time.
const RETRY_AFTER: Duration = Duration::from_millis(200);

/// A batch that takes this long to fail shows that the database does not respond. An error that the database returns
/// arrives sooner.
const SILENCE: Duration = Duration::from_secs(2);

const SILENT: &str = "the database did not respond to earlier calls";

struct Job<Q, A> {
    item: Q,
    answer: oneshot::Sender<Result<A>>,
}

/// The store's function for a whole batch. It returns the results in the order of the items.
type Call<S, Q, A> = for<'a> fn(&'a S, &'a [Q]) -> BoxFuture<'a, Result<Vec<A>>>;

/// A queue that groups the items of many callers into few batches for the store. A single item is processed at once,
/// and items that arrive meanwhile form the next batch. While many calls are in flight ([`Crowd`]), a batch waits up to
/// `LINGER` until it is large.
#[derive(Debug)]
pub struct Batches<Q, A> {
    /// `None` once closed.
    jobs: RwLock<Option<mpsc::Sender<Job<Q, A>>>>,
    workers: Mutex<Vec<JoinHandle<()>>>,
    /// The name of the queue in the error [`Error::Overloaded`].
    what: &'static str,
}

/// The queue that stores submissions.
pub type SubmissionWriter = Batches<Submission, Inserted>;

/// The queue that reads the contexts of submits.
pub type SubmitReader = Batches<SubmitQuestion, SubmitContext>;

/// The queue that reads the contexts of challenges.
pub type ChallengeReader = Batches<ChallengeQuestion, ChallengeContext>;

/// The queue that reads pages of public comments.
pub type PageReader = Batches<CommentPage, ArticlePage>;

impl SubmissionWriter {
    /// Starts `workers` tasks, each of which writes one batch at a time. Must be called inside a runtime.
    pub fn start(store: &Arc<dyn SubmissionStore>, workers: usize, crowd: &Crowd) -> Self {
        let names = ("submission_writes", "submit queue");
        Self::new(store, workers, names, crowd, |store, batch| store.insert_submissions(batch))
    }

    /// Stores a submission and returns after its commit. A caller that stops waiting does not cancel the write.
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

    /// Returns the context of a submit, which is read after this call began.
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

    /// Returns the context of a challenge, which is read after this call began.
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

    /// Returns a page of public comments, which is read after this call began.
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
        // The workers do not stop while a sender exists.
        drop(sender);
        answered.await.map_err(|_| Error::internal("an item was dropped by its batch"))?
    }

    /// Rejects new items, drains the queue and waits until the workers have stopped.
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
        // A panic must not end the worker, because no later item would be processed. The callers of this batch get an
        // error, because their response channels are dropped.
        let results = AssertUnwindSafe(answer_all(&*store, &items, call)).catch_unwind().await;
        if results.is_err() {
            panicked(task);
        }
        let is_away = |result: &Result<A>| matches!(result, Err(Error::StorageUnavailable(_)));
        let silent = began.elapsed() >= SILENCE && results.iter().flatten().all(is_away);
        for (answer, result) in answers.into_iter().zip(results.into_iter().flatten()) {
            // The caller may have cancelled its call.
            answer.send(result).ok();
        }
        if silent {
            give_up_waiting(&jobs);
        }
    }
}

/// Fills the batch with the waiting items. Returns `false` once the queue is closed and empty. While many calls are in
/// flight it waits for more items, because a row of a large batch costs PostgreSQL half as much as a row of a small
/// one.
async fn gather<T>(jobs: &mut mpsc::Receiver<T>, crowd: &Crowd, batch: &mut Vec<T>) -> bool {
    if jobs.recv_many(batch, BATCH).await == 0 {
        return false;
    }
    let deadline = Instant::now() + LINGER;
    while batch.len() < crowd.worth_waiting_for().min(BATCH) {
        let free = BATCH - batch.len();
        if !matches!(timeout_at(deadline, jobs.recv_many(batch, free)).await, Ok(1..)) {
            break;
        }
    }
    true
}

/// Fails the items that waited while the database did not respond. Otherwise their calls would wait for the same
/// timeout again.
fn give_up_waiting<Q, A>(jobs: &Mutex<mpsc::Receiver<Job<Q, A>>>) {
    // If another worker holds the lock, it waits for items, so the queue is empty.
    let Ok(mut jobs) = jobs.try_lock() else { return };
    for _ in 0..jobs.len() {
        let Ok(job) = jobs.try_recv() else { return };
        job.answer.send(Err(Error::StorageUnavailable(SILENT.into()))).ok();
    }
}

/// Returns one result per item. After a fault of the program, it retries the items of the batch one by one, so that one
/// bad row does not fail the calls of others. If the storage is unavailable, it is unavailable for all items.
async fn answer_all<S: Sync + ?Sized, Q: Sync, A>(store: &S, items: &[Q], call: Call<S, Q, A>) -> Vec<Result<A>> {
    match call(store, items).await {
        Ok(answers) => answers.into_iter().map(Ok).collect(),
        Err(Error::StorageUnavailable(source)) => {
            let message = source.to_string();
            items.iter().map(|_| Err(Error::StorageUnavailable(message.clone().into()))).collect()
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
    answers.into_iter().next().ok_or_else(|| Error::internal("the store returned no result"))
}
