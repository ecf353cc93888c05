//! The change feed: the kind of each change, and that a follower misses none while others write.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use duyetd::{
    domain::{
        change::{Change, ChangeKind},
        comment::Comment,
        lifecycle::Action,
    },
    store::Store,
};
use tokio::{task::JoinSet, time::timeout};

use crate::support::{
    home::Home,
    sample::{
        article, article_change, article_named, at, decision, lockdown, other_site, published, report, site,
        site_change, submission,
    },
};

/// Reads the whole feed in pages of three.
async fn follow(store: &dyn Store, mut after: i64) -> Vec<Change> {
    let mut all = Vec::new();
    loop {
        let page = store.changes(&site(), after, 3).await.unwrap();
        let Some(last) = page.last() else { return all };
        after = last.seq;
        all.extend(page);
    }
}

fn kinds(changes: &[Change]) -> Vec<(ChangeKind, i64)> {
    changes.iter().map(|change| (change.kind, change.revision)).collect()
}

async fn decide(home: &Home, n: i64, comment: &Comment, action: Action) {
    let revision = home.comment(comment.id).await.revision;
    home.decide_one(&decision(n, comment.id, action, revision)).await.unwrap();
}

contract! {
    async fn each_change_has_its_kind_revision_and_time(home: &Home) {
        use ChangeKind::{
            ArticleChanged, CaseChanged, CommentHidden, CommentPublished, CommentRestored, CommentSubmitted, SiteChanged,
        };
        let (waiting, live) = (submission(1), published(2));
        home.store_all(&[waiting.clone(), live.clone()]).await;
        let comment = &waiting.comment;
        for (n, action) in [Action::Approve, Action::Approve, Action::Reject, Action::Approve, Action::Requeue].into_iter().enumerate() {
            decide(home, 10 + i64::try_from(n).unwrap(), comment, action).await;
        }
        home.store.update_article(&article_change(20, 1)).await.unwrap();
        home.store.update_site(&site_change(21, 0)).await.unwrap();
        home.store.call_lockdown(&lockdown(22, Some(at(99)))).await.unwrap();
        let changes = follow(&*home.store, 0).await;
        assert_eq!(kinds(&changes), [
            (CommentSubmitted, 1), (CommentPublished, 1),
            (CommentPublished, 2), (CommentHidden, 3), (CommentRestored, 4), (CommentHidden, 5),
            (ArticleChanged, 2), (SiteChanged, 1), (SiteChanged, 1),
        ]);
        let rest = &changes[2..6];
        assert!(rest.iter().all(|change| change.comment == Some(comment.id) && change.article == Some(article())));
        let times: Vec<_> = changes.iter().map(|change| change.at).collect();
        assert_eq!(times, [1, 2, 10, 12, 13, 14, 20, 21, 22].map(at));
        assert!(changes[7..].iter().all(|change| change.comment.is_none() && change.article.is_none()));
        // A decision that does not change the status is a change of the case only.
        home.store.report(&report(30, live.comment.id, 1)).await.unwrap();
        decide(home, 31, &live.comment, Action::Approve).await;
        assert_eq!(kinds(&follow(&*home.store, changes[8].seq).await), [(CaseChanged, 1)]);
    }

    async fn numbers_grow_within_a_site_and_sites_do_not_mix(home: &Home) {
        let mut elsewhere = submission(3);
        elsewhere.site = other_site();
        let first = home.store.newest_change(&site()).await.unwrap();
        home.store_all(&[submission(1), submission(2), elsewhere]).await;
        let changes = follow(&*home.store, first).await;
        assert_eq!(changes.len(), 2);
        assert!(changes[0].seq > first && changes[1].seq > changes[0].seq);
        assert_eq!(home.store.changes(&other_site(), 0, 9).await.unwrap().len(), 1);
        let newest = home.store.newest_change(&site()).await.unwrap();
        assert!(newest >= changes[1].seq && follow(&*home.store, newest).await.is_empty());
        home.store_all(&[submission(4)]).await;
        assert_eq!(follow(&*home.store, newest).await.len(), 1);
    }

    async fn old_changes_are_deleted_in_batches_and_numbers_are_not_reused(home: &Home) {
        let all: Vec<_> = (1..=5).map(submission).collect();
        home.store_all(&all).await;
        let mut elsewhere = submission(1);
        elsewhere.site = other_site();
        home.store_all(&[elsewhere]).await;
        let last = follow(&*home.store, 0).await[4].seq;
        assert_eq!(home.store.prune_changes(&site(), at(1), 10).await.unwrap(), 0);
        assert_eq!(home.store.prune_changes(&site(), at(4), 2).await.unwrap(), 2);
        assert_eq!(home.store.prune_changes(&site(), at(4), 2).await.unwrap(), 1);
        assert_eq!(home.store.prune_changes(&site(), at(4), 2).await.unwrap(), 0);
        assert_eq!(home.store.prune_changes(&site(), at(99), 10).await.unwrap(), 1);
        let kept = follow(&*home.store, 0).await;
        assert_eq!(kept.iter().map(|change| change.seq).collect::<Vec<_>>(), [last]);
        assert_eq!(home.rows("changes").await, 2, "another site's change is not deleted");
        home.store_all(&[submission(6)]).await;
        assert!(follow(&*home.store, last).await[0].seq > last);
    }

    async fn a_follower_of_concurrent_writers_gets_every_change_once_and_in_order(home: &Home) {
        let mut writers = JoinSet::new();
        for writer in 0..6_i64 {
            let store = Arc::clone(&home.store);
            writers.spawn(async move {
                for n in 0..40_i64 {
                    let mut one = if (writer + n) % 2 == 0 { published(writer * 100 + n) } else { submission(writer * 100 + n) };
                    one.comment.article = article_named(&format!("bai-{}", n % 3));
                    store.insert_submissions(&[one.clone()]).await.unwrap();
                    let action = if one.comment.status.is_public() { Action::Reject } else { Action::Approve };
                    store.decide(&decision(9_000 + writer * 100 + n, one.comment.id, action, 1)).await.unwrap();
                }
            });
        }
        let mut seen: Vec<Change> = Vec::new();
        while !writers.is_empty() {
            seen.extend(follow(&*home.store, seen.last().map_or(0, |last| last.seq)).await);
            while let Some(done) = writers.try_join_next() {
                done.unwrap();
            }
        }
        seen.extend(follow(&*home.store, seen.last().map_or(0, |last| last.seq)).await);
        assert!(seen.is_sorted_by(|one, next| one.seq < next.seq));
        assert_eq!(i64::try_from(seen.len()).unwrap(), home.rows("changes").await);
        let comments: BTreeSet<_> = seen.iter().filter_map(|change| change.comment).collect();
        assert_eq!((comments.len(), seen.len()), (240, 480));
    }
}

/// The submission has its number and waits for its article. A later one commits in the meantime, and must not be read
/// first.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_change_is_not_read_before_one_with_a_smaller_number() {
    let home = Home::postgres().await;
    home.store_all(&[published(1)]).await;
    let after = home.store.newest_change(&site()).await.unwrap();
    let mut others = home.pg().begin().await.unwrap();
    sqlx::query("select 1 from articles for update").execute(&mut *others).await.unwrap();
    let store = Arc::clone(&home.store);
    let first = published(2);
    let one = first.clone();
    let slow = tokio::spawn(async move { store.insert_submissions(&[one]).await.unwrap() });
    let is_numbered = "select count(*) from pg_locks l join pg_database d on d.oid = l.database
        where d.datname = current_database() and l.locktype = 'advisory' and l.mode = 'ShareLock'";
    let numbered = async { while home.number(is_numbered).await == 0 {} };
    timeout(Duration::from_secs(10), numbered).await.expect("the slow submission has its number");
    let mut fast = submission(3);
    fast.comment.article = article_named("bai-khac");
    home.store_all(&[fast.clone()]).await;
    assert_eq!(home.rows("changes").await, 2, "the later submission is committed");
    assert!(follow(&*home.store, after).await.is_empty(), "it comes after one that is not committed");
    assert!(home.store.newest_change(&site()).await.unwrap() <= after + 1);
    others.rollback().await.unwrap();
    slow.await.unwrap();
    let ids: Vec<_> = follow(&*home.store, after).await.iter().map(|change| change.comment.unwrap()).collect();
    assert_eq!(ids, [first.comment.id, fast.comment.id]);
}
