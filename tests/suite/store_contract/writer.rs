use std::sync::Arc;

use duyetd::{
    domain::{Error, submission::Inserted},
    store::{
        batches::{QUEUE, SubmissionWriter},
        contract::SubmissionStore,
        crowd::Crowd,
    },
};
use tokio::task::JoinSet;

use crate::support::{
    home::Home,
    panicking_inserts::Panicking,
    sample::{published, submission},
};

contract! {
    async fn one_invalid_row_fails_alone(home: &Home) {
        let writer = Arc::new(SubmissionWriter::start(&home.submissions(), 1, &Crowd::default()));
        let mut tasks = JoinSet::new();
        for n in 0..40 {
            let mut one = published(n);
            if n == 17 {
                one.comment.parent = Some(submission(99).comment.id);
            }
            let writer = writer.clone();
            tasks.spawn(async move { (n, writer.insert(one).await) });
        }
        for (n, answer) in tasks.join_all().await {
            match answer {
                Ok(answer) => assert!(n != 17 && answer == Inserted::Stored),
                Err(error) => assert!(n == 17 && matches!(error, Error::Internal(_)), "{error:?}"),
            }
        }
        assert_eq!(home.rows("comments").await, 39);
        home.recount().await;
    }

    async fn closing_writes_queued_submissions(home: &Home) {
        let writer = Arc::new(SubmissionWriter::start(&home.submissions(), 2, &Crowd::default()));
        let mut tasks = JoinSet::new();
        for n in 0..100 {
            let writer = writer.clone();
            tasks.spawn(async move { writer.insert(submission(n)).await });
        }
        let first = tasks.join_next().await.unwrap().unwrap();
        assert_eq!(first.unwrap(), Inserted::Stored);
        writer.close().await;
        let answers = tasks.join_all().await;
        let stored = answers.iter().filter(|answer| matches!(answer, Ok(Inserted::Stored))).count();
        let shed = answers.iter().filter(|answer| matches!(answer, Err(Error::Overloaded { .. }))).count();
        assert_eq!(stored + shed, 99);
        assert_eq!(home.rows("comments").await, i64::try_from(stored).unwrap() + 1);
        assert!(matches!(writer.insert(submission(200)).await, Err(Error::Overloaded { .. })));
    }
}

#[tokio::test]
async fn a_panic_fails_the_calls_of_its_batch_but_does_not_end_the_writer() {
    let home = Home::sqlite().await;
    let store: Arc<dyn SubmissionStore> = Arc::new(Panicking { store: home.store.clone(), armed: true.into() });
    let writer = SubmissionWriter::start(&store, 1, &Crowd::default());
    let answer = writer.insert(submission(1)).await;
    assert!(matches!(answer, Err(Error::Internal(_))), "{answer:?}");
    assert_eq!(writer.insert(submission(2)).await.unwrap(), Inserted::Stored);
}

/// Maximum number of submissions that one writer holds in addition to the queue.
const BATCH: usize = 64;

#[tokio::test]
async fn a_full_queue_rejects_at_once_and_keeps_accepted_submissions() {
    let home = Home::sqlite().await;
    // Another connection holds the write lock, so the writer waits with its first batch.
    home.execute("begin immediate").await.unwrap();
    let writer = Arc::new(SubmissionWriter::start(&home.submissions(), 1, &Crowd::default()));
    let mut tasks = JoinSet::new();
    let surplus = 50;
    for _ in 0..QUEUE + BATCH + surplus {
        let writer = writer.clone();
        tasks.spawn(async move { writer.insert(submission(0)).await });
    }
    for _ in 0..surplus {
        match tasks.join_next().await.unwrap().unwrap() {
            Err(Error::Overloaded { what: "submit queue", retry_after }) => assert!(!retry_after.is_zero()),
            other => panic!("{other:?}"),
        }
    }
    home.execute("rollback").await.unwrap();
    let answers = tasks.join_all().await;
    let stored = answers.iter().filter(|answer| matches!(answer, Ok(Inserted::Stored))).count();
    assert!(stored >= QUEUE, "{stored}");
    assert_eq!(home.rows("comments").await, i64::try_from(stored).unwrap());
}
