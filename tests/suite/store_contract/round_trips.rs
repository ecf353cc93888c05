//! The number of round trips to PostgreSQL that a call needs.

use std::time::Duration;

use duyetd::{
    domain::{
        page::{CommentPage, Order},
        submission::{Inserted, Submission},
    },
    store::{
        contract::{CommentStore as _, SubmissionStore as _},
        postgres::{PoolSettings, PostgresStore},
    },
};

use crate::support::{
    home::Home,
    proxy::Proxy,
    sample::{article, published, reply_to, site, submission},
};

/// Returns a store that connects to the home's database through a proxy, which counts round trips.
async fn counted(home: &Home) -> (Proxy, PostgresStore) {
    let options = (*home.pg().connect_options()).clone();
    let proxy = Proxy::start(options.get_port()).await;
    let options = options.host("127.0.0.1").port(proxy.addr.port());
    let patience = PoolSettings { acquire: Duration::from_secs(30), ..PoolSettings::default() };
    (proxy, PostgresStore::connect_lazy_with(options, patience))
}

/// PostgreSQL returns policies, comments, replies and the reader's own comments in one response, also for many pages,
/// and the connection needs no other message before the next call.
#[tokio::test]
async fn pages_take_one_round_trip() {
    let home = Home::postgres().await;
    let root = published(1);
    let own = submission(3);
    home.store_all(&[root.clone(), reply_to(root.comment.id, published(2)), own.clone()]).await;
    let (proxy, store) = counted(&home).await;
    let page = CommentPage {
        site: site(),
        article: article(),
        parent: None,
        order: Order::Newest,
        size: 20,
        after: None,
        own: vec![own.comment.id],
    };
    let replies = CommentPage { parent: Some(root.comment.id), order: Order::Oldest, own: vec![], ..page.clone() };
    for pages in [vec![page.clone()], vec![page, replies]] {
        let mut fewest = u64::MAX;
        // A connection prepares a statement once, and discards its plans periodically.
        for _ in 0..50 {
            let before = proxy.round_trips();
            let found = store.list_comments(&pages).await.unwrap();
            // A message that follows the response is counted, too.
            tokio::time::sleep(Duration::from_millis(5)).await;
            fewest = fewest.min(proxy.round_trips() - before);
            let threads = &found[0].threads.items;
            assert_eq!((threads.len(), threads[0].replies.items.len(), found[0].waiting.len()), (1, 1, 1));
        }
        assert_eq!(fewest, 1, "{} pages", pages.len());
    }
}

/// Returns the fewest round trips of 30 batches whose submissions are changed by `change`.
async fn trips_of_batches(home: &Home, change: impl Fn(Submission) -> Submission) -> u64 {
    let (proxy, store) = counted(home).await;
    let mut fewest = u64::MAX;
    for round in 1..30 {
        let batch: Vec<_> = (0..8).map(|n| change(submission(round * 8 + n))).collect();
        let before = proxy.round_trips();
        let answers = store.insert_submissions(&batch).await.unwrap();
        assert!(answers.iter().all(|answer| *answer == Inserted::Stored), "{answers:?}");
        tokio::time::sleep(Duration::from_millis(5)).await;
        fewest = fewest.min(proxy.round_trips() - before);
    }
    fewest
}

/// The transaction takes its locks first; then the batch is looked up, written and committed.
#[tokio::test]
async fn a_batch_of_submits_takes_four_round_trips() {
    let home = Home::postgres().await;
    home.store_all(&[submission(0)]).await;
    assert_eq!(trips_of_batches(&home, |one| one).await, 4);
}

/// Nothing is looked up while the article is unchanged since the submits read it.
#[tokio::test]
async fn a_batch_for_a_known_article_takes_three_round_trips() {
    let home = Home::postgres().await;
    home.store_all(&[submission(0)]).await;
    let known_article = home.store.find_policies(&site(), &[article()]).await.unwrap().articles.pop();
    assert!(known_article.is_some());
    let knowing = |one| Submission { known_article: known_article.clone(), ..one };
    assert_eq!(trips_of_batches(&home, knowing).await, 3);
}
