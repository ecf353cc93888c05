//! Searches by words find all comments that contain them, indexed or not.

use std::collections::{BTreeMap, BTreeSet};

use duyetd::domain::{
    actor::SYSTEM,
    audit::AuditAction,
    comment::FormText,
    id::{CommentId, SiteId},
    lifecycle::Status,
    page::QueuePage,
    privacy::Erasure,
    queue::{QueueFilter, QueueOrder},
    search::{Found, Search},
    submission::Submission,
};
use rand::{Rng as _, SeedableRng as _, rngs::StdRng};
use uuid::Uuid;

use crate::support::{
    home::Home,
    sample::{at, id_at, other_site, published, site, submission},
};

/// Words that differ by marks, by the place of a tone mark, by case and by adjacent characters.
const WORDS: [&str; 16] = [
    "vậy",
    "vay",
    "VẬY",
    "va\u{302}\u{323}y",
    "hoà",
    "hòa",
    "hoa",
    "tiền",
    "tien",
    "vay-tiền",
    "bao.example",
    "50%",
    "🔞",
    "中国",
    "đ",
    "d",
];

/// Some words are common and some rare, because the index treats them differently.
fn random_text(random: &mut StdRng, most: usize) -> String {
    let word = |random: &mut StdRng| match random.random_range(0..4) {
        0 => format!("vậy{}", random.random_range(0..60)),
        1 => format!("vay{}", random.random_range(0..60)),
        _ => WORDS[random.random_range(0..WORDS.len())].to_owned(),
    };
    let count = random.random_range(1..=most);
    (0..count).map(|_| word(random)).collect::<Vec<_>>().join([" ", ", ", "\n", ""][random.random_range(0..4)])
}

fn said(mut submission: Submission, [name, title, content]: [String; 3]) -> Submission {
    let form = FormText { author_name: name, title, content };
    submission.folded = form.folded(&form.said());
    submission.comment.author_name = form.author_name;
    submission.comment.title = form.title;
    submission.comment.content = form.content;
    submission
}

impl Home {
    /// Indexes the whole backlog of the site.
    async fn index(&self, site: &SiteId) {
        while self.store.index_comments(site, 100).await.unwrap() > 0 {}
    }

    async fn search(&self, site: &SiteId, query: &str, ignore_marks: bool) -> BTreeSet<CommentId> {
        let search = Search::parse(query, ignore_marks).unwrap();
        match self.store.search(site, &search).await.unwrap() {
            Found::Comments(found) => found.into_iter().collect(),
            many => panic!("{many:?}"),
        }
    }

    async fn erase(&self, site: &SiteId, id: CommentId) {
        let erasure = Erasure {
            site: site.clone(),
            action: AuditAction::Erase,
            actor: SYSTEM.into(),
            note: String::new(),
            at: at(99_999),
            batch: Uuid::new_v4(),
            items: vec![(id_at(at(99_999)), id)],
            only: None,
            request_id: None,
            remember: None,
        };
        assert_eq!(self.store.erase(&erasure).await.unwrap(), 1);
    }
}

/// Compares the results of a search with a scan of every comment.
async fn compare(
    home: &Home,
    all: &BTreeMap<SiteId, Vec<Submission>>,
    query: &str,
    ignore_marks: bool,
    by_index: bool,
) {
    let Some(search) = Search::parse(query, ignore_marks) else { return };
    for (site, comments) in all {
        let finds = |one: &&Submission| search.finds(&one.comment);
        let expected: BTreeSet<_> = comments.iter().filter(finds).map(|one| one.comment.id).collect();
        // The queue's page is searched both by text and by index.
        let mut filter = QueueFilter {
            query: Some(search.clone()),
            status: vec![Status::Pending, Status::Approved],
            ..QueueFilter::default()
        };
        match home.store.search(site, &search).await.unwrap() {
            Found::Comments(found) => {
                assert_eq!(found.len(), expected.len(), "{query}");
                assert_eq!(BTreeSet::from_iter(found), expected, "{query}");
            }
            Found::Many(unindexed) => filter.unindexed = Some(unindexed).filter(|_| by_index),
            Found::Unknown => panic!("a short backlog is scanned"),
        }
        let (mut listed, mut after) = (BTreeSet::new(), None);
        let page = |after| QueuePage {
            site,
            filter: &filter,
            order: QueueOrder::Newest,
            size: 3,
            after,
            until: None,
            now: at(0),
        };
        loop {
            let found = home.store.list_queue(&page(after)).await.unwrap();
            listed.extend(found.items.iter().map(|case| case.comment.id));
            after = found.next;
            if after.is_none() {
                break;
            }
        }
        assert_eq!(listed, expected, "{query}");
        let counted = home.store.count_queue(&page(None), 1_001).await.unwrap();
        assert_eq!(usize::try_from(counted).unwrap(), expected.len());
    }
}

contract! {
    async fn a_search_finds_the_same_as_a_scan_of_every_comment(home: &Home) {
        let mut random = StdRng::seed_from_u64(23);
        let mut all = BTreeMap::from([(site(), vec![]), (other_site(), vec![])]);
        for round in 0..60 {
            let mut batch = Vec::new();
            for n in 0..random.random_range(1..6) {
                let mut one = if random.random_bool(0.5) { published(round * 10 + n) } else { submission(round * 10 + n) };
                if random.random_bool(0.3) {
                    one.site = other_site();
                }
                let texts = [2, 2, 8].map(|most| random_text(&mut random, most));
                batch.push(said(one, texts));
            }
            home.store_all(&batch).await;
            for one in batch {
                all.get_mut(&one.site).unwrap().push(one);
            }
            let of = [site(), other_site()][usize::from(random.random_bool(0.3))].clone();
            if random.random_bool(0.5) {
                home.store.index_comments(&of, random.random_range(1..8)).await.unwrap();
            }
            if random.random_bool(0.3) {
                let comments = all.get_mut(&of).unwrap();
                if !comments.is_empty() {
                    let erased = comments.swap_remove(random.random_range(0..comments.len()));
                    home.erase(&of, erased.comment.id).await;
                }
            }
            let query = random_text(&mut random, 3);
            let query = if random.random_bool(0.4) { format!("\"{query}\"") } else { query };
            compare(home, &all, &query, random.random_bool(0.5), random.random_bool(0.5)).await;
        }
        home.index(&site()).await;
        home.index(&other_site()).await;
        assert_eq!(home.store.unindexed_sites().await.unwrap(), []);
        for word in WORDS {
            compare(home, &all, word, false, true).await;
            compare(home, &all, word, true, true).await;
        }
        let left = all.values().map(Vec::len).sum::<usize>();
        assert_eq!(home.rows("search_terms").await, i64::try_from(left).unwrap());
    }

    async fn the_backlog_lists_its_sites_and_is_indexed_newest_first(home: &Home) {
        assert_eq!(home.store.unindexed_sites().await.unwrap(), []);
        for n in 0..3 {
            home.store_all(&[submission(10 * n), submission(10 * n + 1)]).await;
        }
        let mut foreign = submission(7);
        foreign.site = other_site();
        home.store_all(&[foreign]).await;
        assert_eq!(home.store.unindexed_sites().await.unwrap(), [site(), other_site()]);
        // Batches of submits are indexed as a whole.
        assert_eq!(home.store.index_comments(&site(), 3).await.unwrap(), 4);
        assert_eq!(home.rows("search_terms").await, 4);
        assert_eq!(home.store.index_comments(&site(), 3).await.unwrap(), 2);
        assert_eq!(home.store.index_comments(&site(), 3).await.unwrap(), 0);
        assert_eq!(home.store.unindexed_sites().await.unwrap(), [other_site()]);
    }

    async fn the_index_has_no_data_of_an_erased_comment(home: &Home) {
        let all = ["mot hai ba", "mot bon", "nam"].map(String::from);
        let all: Vec<_> = (1..).zip(all).map(|(n, text)| said(submission(n), ["Lan".into(), String::new(), text])).collect();
        home.store_all(&all).await;
        home.index(&site()).await;
        let [first, second, third] = [0, 1, 2].map(|at: usize| all[at].comment.id);
        assert_eq!(home.search(&site(), "mot", false).await, BTreeSet::from([first, second]));
        home.erase(&site(), first).await;
        assert_eq!(home.search(&site(), "mot", false).await, BTreeSet::from([second]));
        assert_eq!(home.search(&site(), "hai", false).await, BTreeSet::new());
        assert_eq!(home.rows("search_terms").await, 2);
        home.erase(&site(), second).await;
        home.erase(&site(), third).await;
        assert_eq!(home.rows("search_terms").await, 0);
        if !home.is_postgres() {
            // The check compares the FTS5 index with the rows of terms. Deleted data must not leave a page in the
            // index.
            home.execute("insert into search_index (search_index, rank) values ('integrity-check', 1)").await.unwrap();
            // A page without entries has only its header.
            let left = "select count(*) from search_index_data where id > 10 and length(block) > 4";
            assert_eq!(home.number(left).await, 0);
        }
        // A comment that is erased before it was indexed.
        let late = submission(9);
        home.store_all(std::slice::from_ref(&late)).await;
        home.erase(&site(), late.comment.id).await;
        home.index(&site()).await;
        assert_eq!(home.rows("search_terms").await, 0);
    }

    async fn comments_of_an_older_version_are_added_to_the_backlog(home: &Home) {
        let all: Vec<_> = (1..6).map(submission).collect();
        home.store_all(&all).await;
        home.erase(&site(), all[4].comment.id).await;
        home.execute("delete from search_backlog").await.unwrap();
        home.store_all(&[submission(8)]).await;
        home.index(&site()).await;
        assert_eq!(home.rows("search_terms").await, 1);
        let (mut after, mut looks) = (CommentId(Uuid::nil()), 0);
        while let Some(last) = home.store.find_unindexed(&site(), after, 2, Uuid::new_v4()).await.unwrap() {
            (after, looks) = (last, looks + 1);
        }
        assert_eq!(looks, 3);
        home.index(&site()).await;
        assert_eq!(home.rows("search_terms").await, 5);
    }

    async fn a_search_with_too_many_results_returns_no_ids(home: &Home) {
        let all: Vec<_> = (0..300).map(|n| said(submission(n), ["Lan".into(), format!("số {n}"), "ai cũng nói".into()])).collect();
        home.store_all(&all).await;
        home.index(&site()).await;
        let search = |query| Search::parse(query, false).unwrap();
        let named = home.store.search(&site(), &search("nói")).await.unwrap();
        // SQLite returns them if they are not more than a search may return.
        match named {
            Found::Comments(found) => assert_eq!((found.len(), home.is_postgres()), (300, false)),
            many => assert_eq!((many, home.is_postgres()), (Found::Many(vec![]), true)),
        }
        assert_eq!(home.search(&site(), "\"số 7\" nói", false).await, BTreeSet::from([all[7].comment.id]));
        assert_eq!(home.search(&site(), "khongai", false).await, BTreeSet::new());
    }
}
