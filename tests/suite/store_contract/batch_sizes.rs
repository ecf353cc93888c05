//! When a batch of submissions is written, and how large it is.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use chrono::{DateTime, Utc};
use duyetd::{
    domain::{
        Result,
        id::SiteId,
        request::RequestRow,
        submission::{ChallengeContext, ChallengeQuestion, Inserted, Submission, SubmitContext, SubmitQuestion},
    },
    store::{batches::SubmissionWriter, contract::SubmissionStore, crowd::Crowd},
};
use tokio::{
    task::{JoinSet, yield_now},
    time::Instant,
};
use uuid::Uuid;

use crate::support::sample::submission;

/// A store that responds at once, and records the number of submissions in each batch.
#[derive(Default)]
struct Noted(Mutex<Vec<usize>>);

#[tonic::async_trait]
impl SubmissionStore for Noted {
    async fn insert_submissions(&self, submissions: &[Submission]) -> Result<Vec<Inserted>> {
        self.0.lock().unwrap().push(submissions.len());
        Ok(submissions.iter().map(|_| Inserted::Stored).collect())
    }

    async fn submit_contexts(&self, _: &[SubmitQuestion]) -> Result<Vec<SubmitContext>> {
        unreachable!("the writer only inserts")
    }

    async fn challenge_contexts(&self, _: &[ChallengeQuestion]) -> Result<Vec<ChallengeContext>> {
        unreachable!("the writer only inserts")
    }

    async fn spend_nonce(&self, _: &SiteId, _: [u8; 16], _: Option<&RequestRow>, _: DateTime<Utc>) -> Result<bool> {
        unreachable!("the writer only inserts")
    }

    async fn find_request(&self, _: &SiteId, _: Uuid) -> Result<Option<RequestRow>> {
        unreachable!("the writer only inserts")
    }
}

/// The longest wait for a batch to become large.
const LINGER: Duration = Duration::from_millis(4);

/// Starts `calls` calls, of which `inserting` insert one after the other.
async fn batches_of(calls: usize, inserting: i64) -> (Vec<usize>, Duration) {
    let (noted, crowd) = (Arc::new(Noted::default()), Crowd::default());
    let store: Arc<dyn SubmissionStore> = noted.clone();
    let writer = Arc::new(SubmissionWriter::start(&store, 1, &crowd));
    let crowd: Vec<_> = (0..calls).map(|_| crowd.enter()).collect();
    let (began, mut tasks) = (Instant::now(), JoinSet::new());
    for n in 0..inserting {
        let writer = Arc::clone(&writer);
        tasks.spawn(async move { writer.insert(submission(n)).await.unwrap() });
        for _ in 0..10 {
            yield_now().await;
        }
    }
    tasks.join_all().await;
    drop(crowd);
    let sizes = noted.0.lock().unwrap().clone();
    (sizes, began.elapsed())
}

/// Maximum number of attempts. More than one may be needed, because a busy machine delays calls.
const ATTEMPTS: usize = 50;

#[tokio::test]
async fn few_callers_are_not_delayed() {
    for calls in 1..8 {
        let mut fastest = Duration::MAX;
        for _ in 0..ATTEMPTS {
            let (sizes, took) = batches_of(calls, 1).await;
            assert_eq!(sizes, [1]);
            fastest = fastest.min(took);
        }
        assert!(fastest < LINGER, "{calls} calls: {fastest:?}");
    }
}

#[tokio::test]
async fn a_batch_waits_for_a_share_of_the_calls_in_flight() {
    let mut found = Vec::new();
    for _ in 0..ATTEMPTS {
        found.push(batches_of(12, 3).await.0);
    }
    assert!(found.contains(&vec![3]), "{found:?}");
}

#[tokio::test]
async fn a_batch_waits_for_a_short_time_only() {
    let mut fastest = Duration::MAX;
    for _ in 0..ATTEMPTS {
        let (sizes, took) = batches_of(200, 1).await;
        assert!(sizes == [1] && took >= LINGER, "{sizes:?} in {took:?}");
        fastest = fastest.min(took);
    }
    assert!(fastest < 5 * LINGER, "{fastest:?}");
}
