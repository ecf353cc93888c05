use std::sync::Arc;

use chrono::{DateTime, Utc};
use duyetd::domain::{
    access::{Caller, Role},
    id::CommentId,
    lifecycle::{Action, Status},
    page::QueuePage,
    queue::{EXACT_TOTAL, QueueFilter, QueueOrder},
    search::Search,
    spam::{Finding, Rule},
    stats::GAUGED,
    submission::Submission,
};

use duyetd::service::QueueRequest;
use uuid::Uuid;

use crate::support::{
    home::Home,
    office::services,
    sample::{article_named, at, decision, other_site, published, site, submission, text},
};

fn scored(n: i64, spam_score: f64) -> Submission {
    Submission { spam_score, ..submission(n) }
}

fn folded(one: &Submission) -> String {
    let form = text(one);
    form.folded(&form.said())
}

fn search(query: &str) -> Option<Search> {
    Search::parse(query, true)
}

fn with_text(n: i64, content: &str) -> Submission {
    let mut one = submission(n);
    one.comment.content = content.into();
    one.folded = folded(&one);
    one
}

impl Home {
    /// Reads the whole queue in pages of `size`.
    pub(crate) async fn queue(&self, filter: &QueueFilter, order: QueueOrder, size: usize) -> Vec<CommentId> {
        self.queue_at(filter, order, size, at(0)).await
    }

    /// Reads the whole queue as it is at `now`.
    pub(crate) async fn queue_at(
        &self,
        filter: &QueueFilter,
        order: QueueOrder,
        size: usize,
        now: DateTime<Utc>,
    ) -> Vec<CommentId> {
        let mut found = Vec::new();
        let mut after = None;
        loop {
            let page = QueuePage { site: &site(), filter, order, size, after, until: None, now };
            let page = self.store.list_queue(&page).await.unwrap();
            found.extend(page.items.iter().map(|case| case.comment.id));
            assert!(found.len() <= 100, "the pages must end");
            after = page.next;
            if after.is_none() {
                break;
            }
            assert!(page.items.len() == size || filter.query.is_some());
        }
        let page = QueuePage { site: &site(), filter, order, size: 0, after: None, until: None, now };
        let total = self.store.count_queue(&page, EXACT_TOTAL + 1).await.unwrap();
        assert_eq!(total, i64::try_from(found.len()).unwrap());
        found
    }
}

impl Home {
    /// Stores one comment and `count` copies of it.
    async fn copies(&self, count: usize) {
        self.store_all(&[submission(1)]).await;
        let columns =
            "site_id, article_id, author_name, title, content, status, revision, created_at, reply_count, author,
            fingerprint, folded, findings, spam_score";
        let ids = if self.is_postgres() {
            format!("gen_random_uuid() from comments, generate_series(1, {count})")
        } else {
            format!(
                "randomblob(16) from comments, (with recursive n(i) as (select 1 union all select i + 1 from n where i < {count})
                select i from n)"
            )
        };
        self.execute(&format!("insert into comments ({columns}, comment_id) select {columns}, {ids}")).await.unwrap();
    }
}

fn ids(submissions: &[Submission]) -> Vec<CommentId> {
    submissions.iter().map(|one| one.comment.id).collect()
}

contract! {
    async fn the_queue_has_pending_comments_in_the_requested_order(home: &Home) {
        let tie = 1.0 / 3.0;
        let all = [scored(1, tie), scored(2, 0.9), scored(3, tie), scored(4, tie), scored(5, 0.0), published(6)];
        let mut foreign = submission(7);
        foreign.site = other_site();
        home.store_all(&all).await;
        home.store_all(&[foreign]).await;
        let [first, top, second, third_one, clean, _] = ids(&all)[..] else { panic!() };
        let filter = QueueFilter::default();
        // Two filters: one without a condition, and one with a condition that all comments meet.
        let unreviewed = QueueFilter { unreviewed: true, ..QueueFilter::default() };
        for (filter, size) in [&filter, &unreviewed].into_iter().flat_map(|filter| [1, 2, 100].map(|size| (filter, size))) {
            assert_eq!(home.queue(filter, QueueOrder::Oldest, size).await, [first, top, second, third_one, clean]);
            assert_eq!(home.queue(filter, QueueOrder::Newest, size).await, [clean, third_one, second, top, first]);
            assert_eq!(home.queue(filter, QueueOrder::Score, size).await, [top, first, second, third_one, clean]);
        }
        let any = QueueFilter { status: vec![Status::Pending, Status::Approved], ..QueueFilter::default() };
        assert_eq!(home.queue(&any, QueueOrder::Oldest, 2).await, ids(&all));
        assert_eq!(home.queue(&any, QueueOrder::Score, 2).await.len(), 6);
        assert_eq!(home.queue(&any, QueueOrder::Newest, 4).await.len(), 6);
    }

    async fn a_query_finds_every_word(home: &Home) {
        let all = [with_text(1, "Đường phố Huế"), with_text(2, "phố cổ Hội An"), with_text(3, "giảm 50% hôm_nay \\o/")];
        home.store_all(&all).await;
        let [hue, an, sale] = ids(&all)[..] else { panic!() };
        let cases: [(&str, bool, &[CommentId]); 9] = [
            ("Huế", false, &[hue]), ("hue PHO", true, &[hue]), ("hue PHO", false, &[]), ("phố", false, &[hue, an]),
            ("50%", false, &[sale]), ("hôm", false, &[sale]), ("hô", false, &[]), ("\\o/", false, &[sale]), ("phố vinh", true, &[]),
        ];
        for (query, ignore_marks, expected) in cases {
            let filter = QueueFilter { query: Search::parse(query, ignore_marks), ..QueueFilter::default() };
            assert_eq!(home.queue(&filter, QueueOrder::Oldest, 10).await, expected, "{query}");
        }
    }

    async fn a_campaign_is_found_by_any_of_its_comments_and_on_its_site_only(home: &Home) {
        let said = |n, skeleton: Option<[u8; 16]>, fingerprint: [u8; 16]| {
            let mut one = submission(n);
            (one.skeleton, one.fingerprint) = (skeleton, fingerprint);
            one.comment.article = article_named(&format!("bai-{n}"));
            one
        };
        let (skeletons, fingerprints) = ([[1; 16], [2; 16]], [[3; 16], [4; 16]]);
        let mut live = said(3, Some(skeletons[0]), [11; 16]);
        (live.comment.status, live.comment.published_at) = (Status::Approved, Some(at(3)));
        let mut foreign = said(4, Some(skeletons[0]), [12; 16]);
        foreign.site = other_site();
        let all = [
            said(1, Some(skeletons[0]), [9; 16]),
            said(2, Some(skeletons[0]), [10; 16]),
            live,
            said(5, Some(skeletons[1]), [9; 16]),
            said(6, None, fingerprints[0]),
            said(7, None, fingerprints[0]),
            said(8, None, fingerprints[1]),
        ];
        home.store_all(&all).await;
        home.store_all(std::slice::from_ref(&foreign)).await;
        let [first, second, live, other, short, short_copy, lone] = ids(&all)[..] else { panic!() };
        let waiting = |of| QueueFilter { campaign_of: Some(of), ..QueueFilter::default() };
        for (of, expected) in [
            (first, vec![first, second]),
            (second, vec![first, second]),
            (live, vec![first, second]),
            (other, vec![other]),
            (short, vec![short, short_copy]),
            (lone, vec![lone]),
            (foreign.comment.id, vec![]),
            (submission(9).comment.id, vec![]),
        ] {
            assert_eq!(home.queue(&waiting(of), QueueOrder::Oldest, 2).await, expected);
            assert_eq!(home.queue(&waiting(of), QueueOrder::Score, 9).await.len(), expected.len());
            let pending = QueueFilter { status: vec![Status::Pending], ..waiting(of) };
            assert_eq!(home.queue(&pending, QueueOrder::Oldest, 9).await, expected);
            let (site, filter, order) = (site(), waiting(of), QueueOrder::Oldest);
            let page = QueuePage { site: &site, filter: &filter, order, size: 0, after: None, until: None, now: at(99) };
            let counted = home.store.count_queue(&page, EXACT_TOTAL + 1).await.unwrap();
            assert_eq!(usize::try_from(counted).unwrap(), expected.len());
        }
        let any = QueueFilter { status: vec![Status::Pending, Status::Approved], ..waiting(first) };
        assert_eq!(home.queue(&any, QueueOrder::Newest, 2).await, [live, second, first]);
    }

    async fn all_conditions_of_a_filter_must_match(home: &Home) {
        let finding = Finding::whole(Rule::Link, 2.5);
        let mut link = scored(1, 0.6);
        link.findings = vec![finding];
        let mut author = scored(2, 0.2);
        author.sender.author = "ffffffffffffffff".into();
        let mut elsewhere = scored(3, 0.8);
        elsewhere.comment.article = article_named("bai-khac");
        let live = published(4);
        home.store_all(&[link.clone(), author.clone(), elsewhere.clone(), live.clone()]).await;
        let pending = QueueFilter::default;
        let any = || QueueFilter { status: Status::ALL.to_vec(), ..QueueFilter::default() };
        let cases = [
            (QueueFilter { rule: Some("LINK".into()), ..pending() }, vec![&link]),
            (QueueFilter { rule: Some("LINK".into()), ..any() }, vec![&link]),
            (QueueFilter { rule: Some("HONEYPOT".into()), ..pending() }, vec![]),
            (QueueFilter { author: Some("ffffffffffffffff".into()), ..pending() }, vec![&author]),
            (QueueFilter { article: Some(article_named("bai-khac")), ..pending() }, vec![&elsewhere]),
            (QueueFilter { min_score: Some(0.6), ..pending() }, vec![&link, &elsewhere]),
            (QueueFilter { max_score: Some(0.6), ..pending() }, vec![&link, &author]),
            (QueueFilter { min_score: Some(0.3), max_score: Some(0.7), ..any() }, vec![&link]),
            (QueueFilter { status: vec![Status::Approved], unreviewed: true, ..pending() }, vec![&live]),
        ];
        for (filter, expected) in cases {
            let expected: Vec<_> = expected.iter().map(|one| one.comment.id).collect();
            assert_eq!(home.queue(&filter, QueueOrder::Oldest, 10).await, expected, "{filter:?}");
        }
        home.decide_one(&decision(9, live.comment.id, Action::Approve, 1)).await.unwrap();
        let looked = QueueFilter { status: vec![Status::Approved], unreviewed: true, ..pending() };
        assert_eq!(home.queue(&looked, QueueOrder::Newest, 10).await, []);
    }

    async fn a_case_in_a_list_has_its_article_and_author(home: &Home) {
        let one = submission(1);
        home.store_all(std::slice::from_ref(&one)).await;
        let filter = QueueFilter::default();
        let page = QueuePage { site: &site(), filter: &filter, order: QueueOrder::Oldest, size: 5, after: None, until: None, now: at(0) };
        let case = home.store.list_queue(&page).await.unwrap().items.remove(0);
        assert_eq!((case.article_title, case.article_url), (one.article_title, one.article_url));
        assert_eq!((case.history.author, case.comment), (one.sender.author, one.comment));
    }

    async fn a_case_shows_the_authors_history_and_the_same_text(home: &Home) {
        let first = submission(1);
        let mut all: Vec<_> = (2..9).map(submission).collect();
        all[0].fingerprint = first.fingerprint;
        all[6].sender.author = "eeeeeeeeeeeeeeee".into();
        all[6].fingerprint = first.fingerprint;
        home.store_all(&[vec![first.clone()], all.clone()].concat()).await;
        let actions = [Action::Approve, Action::Approve, Action::Reject, Action::Spam, Action::Approve];
        for (one, action) in all.iter().zip(actions) {
            home.decide_one(&decision(20, one.comment.id, action, 1)).await.unwrap();
        }
        home.decide_one(&decision(30, all[4].comment.id, Action::Reject, 2)).await.unwrap();
        // The same author key and text on another site belong to another author.
        let mut foreign = submission(40);
        (foreign.site, foreign.fingerprint) = (other_site(), first.fingerprint);
        home.store_all(&[foreign]).await;
        let case = home.store.find_case(&site(), first.comment.id, at(0)).await.unwrap().unwrap();
        let history = case.history;
        assert_eq!((history.approved, history.rejected, history.spam, history.pending), (2, 2, 1, 1));
        let details = case.details.unwrap();
        assert_eq!((details.same_text, details.decisions.len()), (2, 0));
        let removed = home.store.find_case(&site(), all[4].comment.id, at(0)).await.unwrap().unwrap();
        assert_eq!(removed.details.unwrap().decisions.iter().map(|entry| entry.revision).collect::<Vec<_>>(), [3, 2]);
    }

    async fn slices_cover_the_queue_once_in_every_order(home: &Home) {
        let all: Vec<_> = (1..24).map(|n| scored(n, [0.5, 0.1 + 0.2][usize::try_from(n % 2).unwrap()])).collect();
        home.store_all(&all).await;
        let mut published = published(30);
        published.comment.content = "khac".into();
        published.folded = folded(&published);
        home.store_all(&[published.clone()]).await;
        let said = QueueFilter { query: search("duong pho"), ..QueueFilter::default() };
        let any = QueueFilter { status: vec![Status::Pending, Status::Approved], ..said.clone() };
        let pending = QueueFilter { status: vec![Status::Pending], ..said.clone() };
        for (filter, order) in [&said, &any, &pending].into_iter().flat_map(|filter| QueueOrder::ALL.iter().map(move |o| (filter, *o))) {
            let (site, mut after, mut found, mut counted, mut slices) = (site(), None, Vec::new(), 0, 0);
            let page = |size, after, until| QueuePage { site: &site, filter, order, size, after, until, now: at(0) };
            loop {
                let until = home.store.queue_slice(&page(5, after, None)).await.unwrap();
                let listed = home.store.list_queue(&page(99, after, until)).await.unwrap();
                assert!(listed.items.len() <= 5 || until.is_none());
                assert_eq!(listed.next, None);
                found.extend(listed.items.iter().map(|case| case.comment.id));
                counted += home.store.count_queue(&page(0, after, until), EXACT_TOTAL + 1).await.unwrap();
                slices += 1;
                after = until;
                if after.is_none() {
                    break;
                }
            }
            assert_eq!(found, home.queue(filter, order, 99).await, "{order} {filter:?}");
            assert_eq!(usize::try_from(counted).unwrap(), found.len());
            let whole = order == QueueOrder::Due || (filter.status.len() > 1 && matches!(order, QueueOrder::Score | QueueOrder::Reports));
            assert_eq!(slices, if whole { 1 } else { 5 }, "{order} {filter:?}");
        }
    }

    async fn a_long_queue_is_counted_up_to_the_requested_maximum(home: &Home) {
        home.copies(10_100).await;
        let filter = QueueFilter::default();
        let (site, order) = (site(), QueueOrder::Oldest);
        let page = QueuePage { site: &site, filter: &filter, order, size: 0, after: None, until: None, now: at(0) };
        assert_eq!(home.store.count_queue(&page, EXACT_TOTAL + 1).await.unwrap(), EXACT_TOTAL + 1);
        for (most, pending) in [(GAUGED, 10_101), (99, 99)] {
            assert_eq!(home.store.queue_gauges(most).await.unwrap()[0].pending, pending);
        }
    }

    async fn a_search_continues_after_its_first_slice(home: &Home) {
        home.copies(10_100).await;
        // One match is in the first slice and one in the last. The next page starts at the end of the slice, although
        // the first slice filled the page.
        let needles = [0, 900_000].map(|n| with_text(n, "Kim dưới đáy bể"));
        home.store_all(&needles).await;
        let office = services(&home.store);
        let caller = Arc::new(Caller { token: Uuid::nil(), site: site(), name: "lan".into(), role: Role::Moderator });
        let mut request = QueueRequest {
            filter: QueueFilter { query: search("kim day"), ..QueueFilter::default() },
            order: QueueOrder::Oldest,
            size: 1,
            page_token: String::new(),
        };
        let (mut found, mut calls) = (Vec::new(), 0);
        loop {
            let page = office.moderation.list_queue(&caller, &request, at(0)).await.unwrap().convert(|list| list);
            found.extend(page.cases.iter().map(|case| case.comment.id));
            calls += 1;
            assert!(calls < 10, "the search must end");
            request.page_token = page.next_page_token;
            if request.page_token.is_empty() {
                assert_eq!(page.total, 2);
                break;
            }
        }
        assert_eq!(found, ids(&needles));
    }

    async fn gauges_count_pending_comments_of_each_site(home: &Home) {
        assert_eq!(home.store.queue_gauges(99).await.unwrap(), []);
        let mut foreign = submission(7);
        foreign.site = other_site();
        home.store_all(&[submission(5), submission(3), published(1), foreign]).await;
        let mut gauges = home.store.queue_gauges(99).await.unwrap();
        gauges.sort_by_key(|gauge| gauge.site.clone());
        let counted: Vec<_> = gauges.iter().map(|gauge| (gauge.site.clone(), gauge.pending, gauge.oldest)).collect();
        assert_eq!(counted, [(site(), 2, Some(at(3))), (other_site(), 1, Some(at(7)))]);
    }
}
