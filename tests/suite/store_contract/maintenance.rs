use chrono::Duration;
use duyetd::domain::{
    Error,
    comment::Comment,
    id::SiteId,
    lifecycle::Action,
    stats::{CountDrift, Job, QueueGauge},
    submission::Submission,
};
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::support::{
    home::Home,
    sample::{article_named, at, decision, other_site, published, reply_to, site, submission},
};

impl Home {
    async fn begin(&self, holder: Uuid, now: i64, until: i64) -> bool {
        self.store.begin_job(&site(), Job::Recount, holder, at(now), at(until)).await.unwrap()
    }

    async fn drift(&self) -> CountDrift {
        self.store.count_drift(&site()).await.unwrap()
    }

    /// Returns the numbers of the comments that were not reviewed in time. The text of each comment ends with its
    /// number.
    async fn forgotten(&self, before: i64, limit: usize) -> Vec<i64> {
        let found = self.store.forgotten_pending(&site(), at(before), limit).await.unwrap();
        let mut numbers = Vec::new();
        for (id, revision) in found {
            let comment = self.comment(id).await;
            assert_eq!(comment.revision, revision);
            numbers.push(comment.content.rsplit(' ').next().unwrap().parse().unwrap());
        }
        numbers
    }
}

fn on(site: SiteId, article: &str, mut submission: Submission) -> Submission {
    submission.site = site;
    submission.comment.article = article_named(article);
    submission
}

contract! {
    async fn a_site_with_comments_is_listed_once(home: &Home) {
        assert!(home.store.sites().await.unwrap().is_empty());
        let mut elsewhere = submission(3);
        elsewhere.site = other_site();
        home.store_all(&[submission(1), submission(2), elsewhere]).await;
        assert_eq!(home.store.sites().await.unwrap(), [site(), other_site()]);
        assert_eq!(home.store.known_sites().await.unwrap(), [site(), other_site()]);
    }

    async fn a_site_with_any_article_is_listed_once(home: &Home) {
        assert_eq!(home.store.sites().await.unwrap(), []);
        let (near, far) = (site(), other_site());
        home.store_all(&[
            on(far.clone(), "a", submission(1)),
            on(near.clone(), "a", submission(2)),
            on(near.clone(), "b", submission(3)),
            on(far.clone(), "c", submission(4)),
        ]).await;
        assert_eq!(home.store.sites().await.unwrap(), [near, far]);
    }

    async fn only_one_of_concurrent_replicas_gets_a_job(home: &Home) {
        for round in 0..10 {
            let mut tasks = JoinSet::new();
            for _ in 0..8 {
                let (store, holder) = (home.store.clone(), Uuid::new_v4());
                let (now, until) = (at(round * 10), at(round * 10 + 10));
                tasks.spawn(async move { store.begin_job(&site(), Job::Recount, holder, now, until).await.unwrap() });
            }
            let got = tasks.join_all().await;
            assert_eq!(got.iter().filter(|got| **got).count(), 1, "round {round}: {got:?}");
        }
    }

    async fn a_job_is_leased_renewed_and_taken_over_after_its_lease(home: &Home) {
        let (one, two) = (Uuid::new_v4(), Uuid::new_v4());
        assert!(home.begin(one, 0, 10).await);
        assert!(!home.begin(two, 9, 19).await, "another replica holds the job");
        assert!(home.begin(one, 9, 20).await, "the holder renews its lease");
        assert!(!home.begin(two, 19, 29).await);
        assert!(home.begin(two, 20, 30).await, "the lease has expired");
        assert!(!home.begin(one, 29, 39).await, "the lease was lost");
        let other = home.store.begin_job(&site(), Job::ExpirePending, one, at(29), at(39)).await.unwrap();
        let elsewhere = home.store.begin_job(&other_site(), Job::Recount, one, at(29), at(39)).await.unwrap();
        assert!(other && elsewhere, "other jobs and other sites are not affected");
    }

    async fn only_pending_comments_without_recent_decisions_are_forgotten(home: &Home) {
        let all: Vec<_> = (1..=8).map(submission).collect();
        home.store_all(&all).await;
        home.store_all(&[published(9), on(other_site(), "a", submission(1)), submission(50)]).await;
        let decide = async |second: i64, number: usize, action, revision| {
            home.decide_one(&decision(second, all[number - 1].comment.id, action, revision)).await.unwrap();
        };
        // Comments 2 to 5: requeued long ago, requeued recently, decided, escalated.
        decide(20, 2, Action::Approve, 1).await;
        decide(21, 2, Action::Requeue, 2).await;
        decide(20, 3, Action::Approve, 1).await;
        decide(40, 3, Action::Requeue, 2).await;
        decide(20, 4, Action::Reject, 1).await;
        home.execute("update comments set due_at = created_at, takedown_kind = 'COMPLAINT' where content like '% 5'").await.unwrap();
        assert_eq!(home.forgotten(30, 100).await, [1, 2, 6, 7, 8]);
        assert_eq!(home.forgotten(30, 3).await, [1, 2, 6], "oldest first");
        assert_eq!(home.forgotten(40, 100).await, [1, 2, 6, 7, 8], "a decision at exactly that time counts as later");
        assert_eq!(home.forgotten(41, 100).await, [1, 2, 3, 6, 7, 8]);
        assert_eq!(home.forgotten(1, 100).await, [] as [i64; 0]);
    }

    async fn gauges_show_pending_comments_and_takedowns(home: &Home) {
        assert_eq!(home.store.queue_gauges(99).await.unwrap(), []);
        let third = SiteId::parse("bao-ba").unwrap();
        home.store_all(&[submission(10), submission(20), published(5), published(30)]).await;
        home.store_all(&[on(other_site(), "a", published(40)), on(third.clone(), "a", published(41))]).await;
        home.execute("update comments set flagged_at = (select max(created_at) from comments c where c.site_id = comments.site_id)
            where content like '% 5' or content like '% 40'").await.unwrap();
        home.execute("update comments set due_at = created_at, takedown_kind = 'AUTHORITY'
            where content like '% 20' or content like '% 30' or content like '% 40'").await.unwrap();
        let mut gauges = home.store.queue_gauges(99).await.unwrap();
        gauges.sort_by(|one, other| one.site.cmp(&other.site));
        let near = QueueGauge { site: site(), pending: 3, oldest: Some(at(10)), takedowns: 2, next_due: Some(at(20)) };
        let far = QueueGauge { site: other_site(), pending: 1, oldest: Some(at(40)), takedowns: 1, next_due: Some(at(40)) };
        assert_eq!(gauges, [near.clone(), far], "a flagged comment counts as waiting since the time of its flag");
        home.execute("update comments set flagged_at = null").await.unwrap();
        let gauges = home.store.queue_gauges(99).await.unwrap();
        let far = gauges.iter().find(|gauge| gauge.site == other_site()).unwrap();
        assert_eq!((far.pending, far.oldest, far.takedowns), (0, None, 1), "a takedown demand is counted even if its comment is not flagged");
        assert!(gauges.iter().all(|gauge| gauge.site != third));
    }

    async fn counts_do_not_drift_under_load_and_tampering_is_detected(home: &Home) {
        assert_eq!(home.drift().await, CountDrift::default());
        let mut desks = JoinSet::new();
        for desk in 0..4 {
            let store = home.store.clone();
            desks.spawn(async move { busy_desk(&*store, desk).await });
        }
        // A recount that runs concurrently sees a consistent snapshot.
        while !desks.is_empty() {
            assert_eq!(home.drift().await, CountDrift::default());
            while desks.try_join_next().transpose().unwrap().is_some() {}
        }
        assert_eq!(home.drift().await, CountDrift::default());
        home.recount().await;
        let public = home.number("select count(*) from comments where status = 'APPROVED'").await;
        assert!(public > 10, "too few comments were published to test the counts: {public}");

        home.execute("update articles set public_count = public_count + 3 where article_id = 'bai-1'").await.unwrap();
        home.execute("update articles set public_count = public_count + 2 where article_id = 'bai-2'").await.unwrap();
        assert_eq!(home.drift().await, CountDrift { comments: 5, replies: 0 });
        let root = "(select comment_id from comments where parent_id is null order by comment_id limit 1)";
        home.execute(&format!("update comments set reply_count = reply_count + 4 where comment_id = {root}")).await.unwrap();
        assert_eq!(home.drift().await, CountDrift { comments: 5, replies: 4 });
        assert_eq!(home.store.count_drift(&other_site()).await.unwrap(), CountDrift::default(), "another site's");
        home.execute("update comments set status = 'SPAM' where status = 'APPROVED' and parent_id is not null").await.unwrap();
        let drift = home.drift().await;
        assert!(drift.comments > 5 && drift.replies > 4, "{drift:?}");
    }

    async fn a_large_site_is_recounted_completely(home: &Home) {
        home.store_all(&[published(1)]).await;
        let (id, more) = if home.is_postgres() { ("gen_random_uuid()", 11_000) } else { ("randomblob(16)", 4_500) };
        home.execute(&format!(
            "insert into articles (site_id, article_id, title, url, revision, public_count, created_at)
            with recursive n (i) as (select 1 union all select i + 1 from n where i < {more})
            select a.site_id, 'bai-' || i, '', '', 1, 1, a.created_at from articles a, n;
            insert into comments (site_id, comment_id, article_id, author_name, title, content, status, revision, created_at,
                published_at, reply_count, author, fingerprint, folded, findings, spam_score)
            with recursive n (i) as (select 1 union all select i + 1 from n where i < {more})
            select site_id, {id}, 'bai-' || i, '', '', '', 'APPROVED', 1, created_at, published_at, 0, author, fingerprint, '',
                findings, 0 from comments, n"
        )).await.unwrap();
        assert_eq!(home.drift().await, CountDrift::default());
        home.execute("update articles set public_count = 0
            where article_id = (select max(article_id) from articles) or article_id = (select min(article_id) from articles)")
            .await.unwrap();
        for end in ["asc", "desc"] {
            let sql = format!("update comments set reply_count = 1
                where comment_id = (select comment_id from comments order by comment_id {end} limit 1)");
            home.execute(&sql).await.unwrap();
        }
        assert_eq!(home.drift().await, CountDrift { comments: 2, replies: 2 });
    }
}

/// Submits, replies and decides at random for a while. The random numbers differ in every run.
async fn busy_desk(store: &dyn duyetd::store::Store, desk: i64) {
    let mut numbers = Uuid::new_v4().into_bytes().into_iter().cycle();
    let mut known: Vec<Submission> = Vec::new();
    for step in 0..60 {
        let second = desk * 1_000 + step;
        let number = numbers.next().unwrap();
        let fresh = if number.is_multiple_of(2) { published(second) } else { submission(second) };
        let mut fresh = on(site(), &format!("bai-{}", number % 3), fresh);
        // A reply needs a root that was public, which the service ensures.
        let fits = |one: &&Submission| {
            let Comment { article, parent, published_at, .. } = &one.comment;
            *article == fresh.comment.article && parent.is_none() && published_at.is_some()
        };
        if let Some(root) = known.iter().find(fits).filter(|_| number % 5 < 3) {
            fresh = reply_to(root.comment.id, fresh);
        }
        store.insert_submissions(std::slice::from_ref(&fresh)).await.unwrap();
        known.push(fresh);
        let chosen = &known[usize::from(numbers.next().unwrap()) % known.len()].comment;
        let action = Action::ALL[usize::from(numbers.next().unwrap()) % 4];
        let revision = store.find_comment(&site(), chosen.id).await.unwrap().unwrap().revision;
        let mut batch = decision(second, chosen.id, action, revision);
        batch.at = at(second) + Duration::milliseconds(500);
        match crate::support::home::decide_one(store, &batch).await {
            Ok(_) | Err(Error::InvalidTransition { .. } | Error::StaleRevision(_)) => {}
            Err(error) => panic!("{error:?}"),
        }
    }
}
