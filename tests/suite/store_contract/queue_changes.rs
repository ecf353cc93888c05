//! Queued comments that are not PENDING, the queue's orders, and how followers of the queue see changes.

use std::collections::BTreeSet;

use duyetd::domain::{
    claim::ClaimRequest,
    id::CommentId,
    lifecycle::{Action, Status},
    queue::{QueueFilter, QueueOrder},
    search::Search,
    submission::Submission,
};

use crate::support::{
    home::Home,
    sample::{article_named, at, decision, other_site, published, site, submission},
};

fn ids(submissions: &[Submission]) -> Vec<CommentId> {
    submissions.iter().map(|one| one.comment.id).collect()
}

impl Home {
    async fn reported(&self, id: CommentId, open: i32) {
        self.set(id, &format!("reports = {open} + 1, open_reports = {open}")).await;
    }

    /// Lets Lan claim a comment of `author` from second 0 until `until`.
    async fn hold(&self, author: &str, until: i64) {
        let filter = QueueFilter { author: Some(author.into()), ..QueueFilter::default() };
        let request = ClaimRequest {
            site: &site(),
            moderator: "lan",
            filter: &filter,
            order: QueueOrder::Oldest,
            count: 1,
            renew: &[],
            now: at(0),
            until: at(until),
        };
        assert_eq!(self.store.claim_next(&request).await.unwrap().new.len(), 1);
    }
}

fn by(author: &str, mut submission: Submission) -> Submission {
    submission.sender.author = author.into();
    submission
}

/// Filters of every kind, alone and combined.
fn filters() -> Vec<QueueFilter> {
    let base = QueueFilter::default;
    vec![
        base(),
        QueueFilter { status: vec![Status::Pending], ..base() },
        QueueFilter { status: vec![Status::Pending, Status::Approved], ..base() },
        QueueFilter { status: vec![Status::Approved], unreviewed: true, ..base() },
        QueueFilter { claimed: Some(true), ..base() },
        QueueFilter { claimed: Some(false), ..base() },
        QueueFilter { status: vec![Status::Pending], claimed: Some(false), reported: true, ..base() },
        QueueFilter { reported: true, ..base() },
        QueueFilter { status: vec![Status::Approved], reported: true, ..base() },
        QueueFilter { article: Some(article_named("bai-khac")), ..base() },
        QueueFilter { query: Search::parse("y kien 3", true), ..base() },
        QueueFilter { author: Some("aaaaaaaaaaaaaaaa".into()), ..base() },
        QueueFilter { min_score: Some(0.1), max_score: Some(0.2), ..base() },
        QueueFilter { rule: Some("LINK".into()), ..base() },
    ]
}

contract! {
    async fn a_flagged_comment_is_queued_until_a_decision(home: &Home) {
        let (live, waiting) = (published(1), submission(2));
        home.store_all(&[live.clone(), waiting.clone()]).await;
        let (live, waiting) = (live.comment.id, waiting.comment.id);
        let everything = QueueFilter::default();
        assert_eq!(home.queue(&everything, QueueOrder::Oldest, 10).await, [waiting]);
        home.flag(live, at(5)).await;
        for size in [1, 10] {
            assert_eq!(home.queue(&everything, QueueOrder::Oldest, size).await, [live, waiting]);
            assert_eq!(home.queue(&everything, QueueOrder::Newest, size).await, [waiting, live]);
        }
        let pending = QueueFilter { status: vec![Status::Pending], ..QueueFilter::default() };
        assert_eq!(home.queue(&pending, QueueOrder::Oldest, 10).await, [waiting]);
        let approved = QueueFilter { status: vec![Status::Approved], ..QueueFilter::default() };
        assert_eq!(home.queue(&approved, QueueOrder::Oldest, 10).await, [live]);
        home.decide_one(&decision(9, live, Action::Approve, 1)).await.unwrap();
        assert_eq!(home.queue(&everything, QueueOrder::Oldest, 10).await, [waiting]);
    }

    async fn orders_by_reports_and_by_takedown_deadline(home: &Home) {
        let all: Vec<_> = (1..=6).map(submission).collect();
        home.store_all(&all).await;
        let [one, two, three, four, five, six] = ids(&all)[..] else { panic!() };
        for (id, open) in [(two, 3), (four, 7), (five, 3), (six, 1)] {
            home.reported(id, open).await;
        }
        for (id, due) in [(six, 100), (one, 300), (three, 100), (four, -50)] {
            home.demand(id, at(due)).await;
        }
        let everything = QueueFilter::default();
        let pending = QueueFilter { status: vec![Status::Pending], ..QueueFilter::default() };
        let any = QueueFilter { status: Status::ALL.to_vec(), ..QueueFilter::default() };
        for (filter, size) in [&everything, &pending, &any].into_iter().flat_map(|one| [1, 2, 100].map(|size| (one, size))) {
            assert_eq!(home.queue(filter, QueueOrder::Reports, size).await, [four, two, five, six, one, three]);
            assert_eq!(home.queue(filter, QueueOrder::Due, size).await, [four, three, six, one]);
        }
        let reported = QueueFilter { reported: true, ..QueueFilter::default() };
        assert_eq!(home.queue(&reported, QueueOrder::Due, 1).await, [four, six]);
        assert_eq!(home.queue(&reported, QueueOrder::Newest, 1).await, [six, five, four, two]);
    }

    async fn a_claim_is_shown_until_it_expires(home: &Home) {
        let all = [by("aaaaaaaaaaaaaaaa", submission(1)), submission(2)];
        home.store_all(&all).await;
        let [held, free] = ids(&all)[..] else { panic!() };
        home.hold("aaaaaaaaaaaaaaaa", 60).await;
        let claimed = |claimed| QueueFilter { claimed: Some(claimed), ..QueueFilter::default() };
        for (now, of_held, of_free) in [(59, vec![held], vec![free]), (60, vec![], vec![held, free])] {
            for order in [QueueOrder::Oldest, QueueOrder::Score, QueueOrder::Reports] {
                assert_eq!(home.queue_at(&claimed(true), order, 1, at(now)).await, of_held, "{now}");
                assert_eq!(home.queue_at(&claimed(false), order, 1, at(now)).await, of_free, "{now}");
            }
        }
        let of = async |now| home.store.find_case(&site(), held, at(now)).await.unwrap().unwrap().claim;
        assert_eq!(of(59).await.map(|claim| (claim.moderator, claim.expires_at)), Some(("lan".into(), at(60))));
        assert_eq!(of(60).await, None);
    }

    async fn cases_found_by_id_match_a_filter_if_its_list_contains_them(home: &Home) {
        let mut elsewhere = submission(5);
        elsewhere.comment.article = article_named("bai-khac");
        let all = [
            by("aaaaaaaaaaaaaaaa", submission(1)), by("bbbbbbbbbbbbbbbb", submission(2)), submission(3), published(4), elsewhere,
            published(6), Submission { spam_score: 0.9, ..submission(7) },
        ];
        home.store_all(&all).await;
        let ids = ids(&all);
        home.flag(ids[3], at(9)).await;
        home.reported(ids[1], 2).await;
        home.reported(ids[3], 1).await;
        home.decide_one(&decision(9, ids[5], Action::Approve, 1)).await.unwrap();
        home.hold("bbbbbbbbbbbbbbbb", 60).await;
        let mut foreign = submission(8);
        foreign.site = other_site();
        home.store_all(std::slice::from_ref(&foreign)).await;
        let asked = [&ids[..], &[foreign.comment.id]].concat();
        let mut lists = BTreeSet::new();
        for filter in filters() {
            let listed: BTreeSet<_> = home.queue(&filter, QueueOrder::Oldest, 3).await.into_iter().collect();
            let found = home.store.find_cases(&site(), &asked, &filter, at(0)).await.unwrap();
            assert_eq!(found.len(), ids.len(), "the comment of another site is unknown");
            let matching = found.iter().filter(|(_, matches)| *matches).map(|(case, _)| case.comment.id).collect();
            assert_eq!(listed, matching, "{filter:?}");
            lists.insert(listed);
        }
        assert!(lists.len() > 7, "the filters must select different comments");
        assert!(home.store.find_cases(&site(), &[], &QueueFilter::default(), at(0)).await.unwrap().is_empty());
    }
}
