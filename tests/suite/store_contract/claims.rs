//! Tests of claims: which comments are returned, renewed and released.

use duyetd::domain::{
    claim::{ClaimRequest, Claimed},
    comment::Comment,
    id::CommentId,
    lifecycle::Action,
    page::QueuePage,
    queue::{QueueFilter, QueueOrder},
};

use crate::support::{
    home::Home,
    sample::{article_named, at, decision, other_site, published, site, submission},
};

/// Lan's request for up to 100 comments, claimed for a minute from second 0.
pub(super) const LAN: Wish = Wish { moderator: "lan", count: 100, now: 0, lease: 60, order: QueueOrder::Oldest };
pub(super) const MINH: Wish = Wish { moderator: "minh", ..LAN };

/// A request for claims.
#[derive(Clone, Copy)]
pub(super) struct Wish {
    pub(super) moderator: &'static str,
    pub(super) count: usize,
    pub(super) now: i64,
    pub(super) lease: i64,
    pub(super) order: QueueOrder,
}

impl Home {
    async fn ask(&self, wish: Wish, filter: &QueueFilter, renew: &[CommentId]) -> Claimed {
        let request = ClaimRequest {
            site: &site(),
            moderator: wish.moderator,
            filter,
            order: wish.order,
            count: wish.count,
            renew,
            now: at(wish.now),
            until: at(wish.now + wish.lease),
        };
        self.store.claim_next(&request).await.unwrap()
    }

    async fn claim(&self, wish: Wish) -> Vec<CommentId> {
        self.ask(wish, &QueueFilter::default(), &[]).await.new
    }

    async fn renew(&self, wish: Wish, ids: &[CommentId]) -> Vec<CommentId> {
        self.ask(Wish { count: 0, ..wish }, &QueueFilter::default(), ids).await.renewed
    }

    async fn held(&self, moderator: &str, now: i64) -> usize {
        let filter = QueueFilter { claimed: Some(true), ..QueueFilter::default() };
        let (site, order) = (site(), QueueOrder::Oldest);
        let page =
            QueuePage { site: &site, filter: &filter, order, size: 1_000, after: None, until: None, now: at(now) };
        let cases = self.store.list_queue(&page).await.unwrap().items;
        cases.iter().filter(|case| case.claim.as_ref().is_some_and(|claim| claim.moderator == moderator)).count()
    }

    async fn release(&self, moderator: &str, ids: &[CommentId], now: i64) -> u64 {
        self.store.release_claims(&site(), moderator, ids, at(now)).await.unwrap()
    }

    async fn holder(&self, id: CommentId, now: i64) -> Option<String> {
        self.store.find_case(&site(), id, at(now)).await.unwrap().unwrap().claim.map(|claim| claim.moderator)
    }

    /// Stores `count` pending comments, submitted at seconds 1 to `count`.
    pub(super) async fn crowd(&self, count: i64) -> Vec<Comment> {
        let all: Vec<_> = (1..=count).map(submission).collect();
        self.store_all(&all).await;
        all.into_iter().map(|one| one.comment).collect()
    }

    async fn crowd_ids(&self, count: i64) -> Vec<CommentId> {
        self.crowd(count).await.iter().map(|comment| comment.id).collect()
    }
}

contract! {
    async fn a_claimed_comment_is_not_offered_until_the_lease_ends(home: &Home) {
        let ids = home.crowd_ids(5).await;
        assert_eq!(home.claim(Wish { count: 2, ..LAN }).await, ids[..2]);
        assert_eq!(home.claim(Wish { count: 1, ..MINH }).await, ids[2..3]);
        assert_eq!(home.claim(Wish { count: 0, ..MINH }).await, []);
        // A claimed comment is not returned again, not even to the moderator who holds it.
        assert_eq!(home.claim(Wish { now: 59, ..LAN }).await, ids[3..]);
        assert_eq!(home.claim(Wish { now: 59, ..MINH }).await, []);
        assert_eq!(home.claim(Wish { now: 60, ..MINH }).await, ids[..3]);
        assert_eq!(home.holder(ids[0], 60).await.as_deref(), Some("minh"));
        assert_eq!(home.holder(ids[4], 118).await.as_deref(), Some("lan"));
    }

    async fn claims_follow_the_requested_order_and_filter(home: &Home) {
        let mut all: Vec<_> = (1..=6).map(submission).collect();
        for (one, score) in all.iter_mut().zip([0.1, 0.9, 0.5, 0.9, 0.2, 0.7]) {
            one.spam_score = score;
        }
        all[5].comment.article = article_named("bai-khac");
        let mut foreign = submission(9);
        foreign.site = other_site();
        let live = published(8);
        home.store_all(&all).await;
        home.store_all(&[foreign, live.clone()]).await;
        let [one, two, three, four, five, six]: [CommentId; 6] =
            all.iter().map(|one| one.comment.id).collect::<Vec<_>>().try_into().unwrap();
        home.demand(five, at(50)).await;
        home.demand(live.comment.id, at(40)).await;
        home.set(three, "open_reports = 4").await;
        home.set(six, "open_reports = 2").await;
        let take = async |order, filter: &QueueFilter| {
            let found = home.ask(Wish { order, ..LAN }, filter, &[]).await.new;
            home.release("lan", &[], 0).await;
            found
        };
        let everything = QueueFilter::default();
        let live = live.comment.id;
        assert_eq!(take(QueueOrder::Oldest, &everything).await, [one, two, three, four, five, six, live]);
        assert_eq!(take(QueueOrder::Newest, &everything).await, [live, six, five, four, three, two, one]);
        assert_eq!(take(QueueOrder::Score, &everything).await, [two, four, six, three, five, live, one]);
        assert_eq!(take(QueueOrder::Reports, &everything).await, [three, six, one, two, four, five, live]);
        assert_eq!(take(QueueOrder::Due, &everything).await, [live, five]);
        let elsewhere = QueueFilter { article: Some(article_named("bai-khac")), ..QueueFilter::default() };
        assert_eq!(take(QueueOrder::Score, &elsewhere).await, [six]);
        let worst = QueueFilter { min_score: Some(0.9), reported: false, ..QueueFilter::default() };
        assert_eq!(take(QueueOrder::Newest, &worst).await, [four, two]);
        let pending = QueueFilter { status: vec![duyetd::domain::lifecycle::Status::Pending], ..QueueFilter::default() };
        assert_eq!(take(QueueOrder::Due, &pending).await, [five]);
        assert_eq!(take(QueueOrder::Oldest, &QueueFilter { claimed: Some(true), ..QueueFilter::default() }).await, []);
        assert_eq!(take(QueueOrder::Oldest, &QueueFilter { claimed: Some(false), ..pending }).await.len(), 6);
    }

    async fn a_moderator_holds_at_most_200_claims(home: &Home) {
        let ids = home.crowd_ids(260).await;
        let wish = Wish { count: 50, ..LAN };
        let taken = futures_util::future::join_all((0..8).map(|_| home.claim(wish))).await;
        let mut taken = taken.concat();
        taken.sort_unstable();
        assert_eq!(taken, ids[..200], "concurrent calls get 200 claims together");
        assert_eq!(home.claim(wish).await, []);
        assert_eq!(home.claim(Wish { count: 100, ..MINH }).await, ids[200..], "another moderator gets the rest");
        home.release("lan", &ids[..3], 0).await;
        assert_eq!(home.claim(wish).await, ids[..3], "released comments can be claimed again");
        // All claims have expired. Other comments are claimed, and then the old ones are renewed.
        let later = Wish { now: 60, ..wish };
        assert_eq!(home.claim(Wish { count: 100, ..later }).await.len(), 100);
        home.renew(later, &ids).await;
        assert!(home.held("lan", 60).await <= 200);
        let renewed = home.renew(later, &ids[..50]).await;
        assert_eq!(renewed.len(), 50, "held claims are renewed");
    }

    async fn a_renewed_claim_lasts_another_lease(home: &Home) {
        let ids = home.crowd_ids(3).await;
        assert_eq!(home.claim(LAN).await, ids);
        assert_eq!(home.renew(Wish { now: 50, ..LAN }, &[ids[2], ids[0]]).await, [ids[2], ids[0]]);
        assert_eq!(home.holder(ids[0], 109).await.as_deref(), Some("lan"));
        assert_eq!(home.claim(Wish { now: 60, ..MINH }).await, ids[1..2]);
        // An expired claim can be renewed, unless another moderator has claimed the comment since. This is so even if
        // that other claim has expired, too.
        assert_eq!(home.renew(Wish { now: 115, ..LAN }, &ids).await, [ids[0], ids[2]]);
        assert_eq!(home.renew(Wish { now: 500, ..LAN }, &ids).await, [ids[0], ids[2]]);
        assert_eq!(home.holder(ids[1], 119).await.as_deref(), Some("minh"));
        // Renews and claims in one call.
        let both = home.ask(Wish { now: 520, ..LAN }, &QueueFilter::default(), &ids[..1]).await;
        assert_eq!((both.new, both.renewed), (vec![ids[1]], vec![ids[0]]));
    }

    async fn only_a_held_claim_of_a_queued_comment_is_renewed(home: &Home) {
        let ids = home.crowd_ids(5).await;
        home.claim(Wish { count: 4, ..LAN }).await;
        home.decide_one(&decision(1, ids[0], Action::Approve, 1)).await.unwrap();
        home.decide_one(&decision(2, ids[1], Action::Reject, 1)).await.unwrap();
        home.decide_one(&decision(3, ids[1], Action::Requeue, 2)).await.unwrap();
        assert_eq!(home.release("lan", &ids[2..3], 4).await, 1);
        assert_eq!(home.renew(Wish { now: 5, ..LAN }, &ids).await, ids[3..4]);
        assert_eq!(home.renew(Wish { now: 5, ..MINH }, &ids).await, []);
        // The claim of a comment that is not in the queue is not renewed, even if its row is still in the table.
        home.set(ids[3], "status = 'SPAM'").await;
        assert_eq!(home.renew(Wish { now: 6, ..LAN }, &ids).await, []);
    }

    async fn a_decision_ends_the_claim_of_any_moderator(home: &Home) {
        let ids = home.crowd_ids(2).await;
        home.claim(MINH).await;
        home.decide_one(&decision(1, ids[0], Action::Reject, 1)).await.unwrap();
        assert_eq!((home.holder(ids[0], 2).await, home.rows("claims").await), (None, 1));
        home.decide_one(&decision(2, ids[0], Action::Requeue, 2)).await.unwrap();
        assert_eq!(home.claim(Wish { now: 3, ..LAN }).await, ids[..1]);
    }

    async fn a_moderator_releases_their_own_claims_and_gets_the_number_of_released_claims(home: &Home) {
        let ids = home.crowd_ids(6).await;
        home.claim(Wish { count: 3, ..LAN }).await;
        home.claim(Wish { count: 2, ..MINH }).await;
        assert_eq!(home.release("minh", &ids[..3], 1).await, 0);
        assert_eq!(home.release("lan", &[ids[0], ids[3], ids[5]], 1).await, 1);
        assert_eq!(home.release("lan", &ids[..1], 1).await, 0);
        assert_eq!(home.claim(Wish { now: 2, ..MINH }).await, [ids[0], ids[5]]);
        assert_eq!(home.release("lan", &[], 60).await, 0, "the claims had already expired");
        assert_eq!(home.rows("claims").await, 4);
        assert_eq!(home.release("minh", &[], 59).await, 4);
        assert_eq!(home.store.release_claims(&other_site(), "lan", &[], at(1)).await.unwrap(), 0);
        assert_eq!(home.claim(Wish { now: 3, ..LAN }).await, ids);
    }

    async fn a_list_neither_skips_nor_repeats_while_claims_change(home: &Home) {
        let ids = home.crowd_ids(30).await;
        let mut seen = Vec::new();
        let mut after = None;
        loop {
            let filter = QueueFilter::default();
            let page = duyetd::domain::page::QueuePage {
                site: &site(), filter: &filter, order: QueueOrder::Score, size: 7, after, until: None, now: at(0),
            };
            let page = home.store.list_queue(&page).await.unwrap();
            seen.extend(page.items.iter().map(|case| case.comment.id));
            home.claim(Wish { count: 4, ..LAN }).await;
            home.release("lan", &ids[1..5], 0).await;
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        let mut sorted = seen.clone();
        sorted.sort_unstable();
        assert_eq!(sorted, ids);
    }
}
