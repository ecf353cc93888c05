use std::{sync::Arc, time::Duration};

use duyetd::{
    domain::{Error, submission::Inserted},
    store::{
        Store,
        batches::SubmissionWriter,
        contract::{DatabaseStore as _, SubmissionStore},
        crowd::Crowd,
        postgres::{PoolSettings, PostgresStore},
    },
};
use tokio::{task::JoinSet, time::Instant};

use crate::support::{
    postgres::Postgres,
    sample::{site, submission},
};

async fn store_on(postgres: &Postgres) -> Arc<dyn Store> {
    let store = PostgresStore::connect_lazy(&postgres.url(), PoolSettings::default()).unwrap();
    store.migrate().await.unwrap();
    Arc::new(store)
}

/// Repeats a call until the storage is available; every other result must be "unavailable".
async fn wait_for(store: &dyn Store) -> Duration {
    let start = Instant::now();
    while let Err(error) = store.ping().await {
        assert!(matches!(error, Error::StorageUnavailable(_)), "{error:?}");
        assert!(start.elapsed() < Duration::from_secs(10));
    }
    start.elapsed()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn acknowledged_comments_survive_a_power_failure() {
    let mut postgres = Postgres::start();
    let store = store_on(&postgres).await;
    let submissions: Arc<dyn SubmissionStore> = store.clone();
    let writer = Arc::new(SubmissionWriter::start(&submissions, 2, &Crowd::default()));
    let mut tasks = JoinSet::new();
    for n in 0..600 {
        let writer = writer.clone();
        tasks.spawn(async move {
            let one = submission(n);
            let answer = writer.insert(one.clone()).await;
            (one, answer)
        });
    }
    let mut answered: Vec<_> = vec![tasks.join_next().await.unwrap().unwrap()];
    postgres.kill9();
    answered.extend(tasks.join_all().await);
    postgres.restart();
    assert!(wait_for(&*store).await < Duration::from_secs(2));
    for (one, answer) in answered {
        let found = store.find_comment(&site(), one.comment.id).await.unwrap();
        match answer {
            Ok(answer) => assert!(answer == Inserted::Stored && found.is_some()),
            // The comment may be stored or not: a resend of the request settles it.
            Err(Error::StorageUnavailable(_)) => {
                let again = store.insert_submissions(std::slice::from_ref(&one)).await.unwrap().remove(0);
                let expected = if found.is_some() { Inserted::Known(one.request) } else { Inserted::Stored };
                assert_eq!(again, expected);
            }
            Err(error) => panic!("{error:?}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn calls_to_a_frozen_database_fail_soon_and_succeed_after_the_thaw() {
    let postgres = Postgres::start();
    let store = store_on(&postgres).await;
    store.ping().await.unwrap();
    postgres.pause();
    let mut tasks = JoinSet::new();
    for n in 0..20 {
        let store = store.clone();
        let id = submission(n).comment.id;
        tasks.spawn(async move {
            let site = site();
            tokio::time::timeout(Duration::from_secs(3), store.find_comment(&site, id)).await
        });
    }
    for answer in tasks.join_all().await {
        // Some calls hold a connection on which no response arrives, and end at their deadline.
        assert!(matches!(answer, Ok(Err(Error::StorageUnavailable(_))) | Err(_)), "{answer:?}");
    }
    postgres.resume();
    assert!(wait_for(&*store).await < Duration::from_secs(2));
}
