//! No response is larger than 3 MiB, so that a client with gRPC's default limit of 4 MiB accepts every response.

use std::{
    collections::{BTreeMap, BTreeSet, HashSet},
    time::{Duration, Instant},
};

use duyet_proto::{
    DESCRIPTORS,
    v1::{self, Action},
};
use duyetd::domain::{
    Error,
    budget::RESPONSE_BYTES,
    id::{CommentId, SiteId},
    submission::{Inserted, Submission},
};
use prost::Message;
use prost_types::{FileDescriptorSet, field_descriptor_proto::Label};
use uuid::Uuid;

use crate::support::{
    newsroom::{Database, Desk, Newsroom, on_both_databases},
    sample::{article, published, reply_to, submission},
};

on_both_databases! {
    pages_and_claims_of_long_comments_end_at_the_size_limit,
    results_of_bulk_decisions_have_no_texts,
    pages_of_long_threads_end_at_the_size_limit,
}

/// The responses with a repeated part, and what limits its size.
const BOUNDED: [(&str, &str); 19] = [
    ("BanService/CreateBan", "500 results without texts"),
    ("BanService/ListBans", "Page"),
    ("CommentService/CountComments", "200 numbers"),
    ("CommentService/GetComment", "one comment without replies"),
    ("CommentService/ListComments", "Page, in addition to the reader's own comments"),
    ("ModerationService/BulkDecide", "500 results without texts"),
    ("ModerationService/ClaimNext", "ByteBudget; the claims of the other cases are released"),
    ("ModerationService/Decide", "one comment without replies"),
    ("ModerationService/GetCase", "100 decisions, 100 notes, 10 reports, 21 excerpts"),
    ("ModerationService/GetStats", "numbers"),
    ("ModerationService/ListAudit", "Page"),
    ("ModerationService/ListQueue", "Page"),
    ("ModerationService/Revert", "500 results without texts"),
    ("ModerationService/WatchQueue", "one case without related comments"),
    ("PrivacyService/ExportAuthor", "one comment without replies"),
    ("RuleService/AssessText", "findings of one text"),
    ("RuleService/ListTerms", "Page"),
    ("RuleService/PutTerm", "10 examples of 120 characters"),
    ("RuleService/ReplayRules", "ByteBudget, and 10 examples"),
];

#[test]
fn every_response_with_a_repeated_part_has_a_size_limit() {
    let set = FileDescriptorSet::decode(DESCRIPTORS).unwrap();
    let ours = || set.file.iter().filter(|file| file.package() == "duyet.v1");
    let messages: BTreeMap<String, _> = ours()
        .flat_map(|file| &file.message_type)
        .map(|message| (format!(".duyet.v1.{}", message.name()), message))
        .collect();
    let mut repeating = BTreeSet::new();
    for service in ours().flat_map(|file| &file.service) {
        for method in &service.method {
            let (mut seen, mut open) = (HashSet::new(), vec![method.output_type().to_owned()]);
            while let Some(name) = open.pop() {
                let Some(message) = messages.get(&name).filter(|_| seen.insert(name.clone())) else { continue };
                for field in &message.field {
                    open.push(field.type_name().to_owned());
                    if field.label() == Label::Repeated {
                        repeating.insert(format!("{}/{}", service.name(), method.name()));
                    }
                }
            }
        }
    }
    let listed: BTreeSet<_> = BOUNDED.iter().map(|(path, _)| (*path).to_owned()).collect();
    assert_eq!(repeating, listed, "BOUNDED must list every response with a repeated part");
}

/// Builds a unique comment of 3,000 graphemes on a title of the maximum length.
fn long(n: i64, mut one: Submission) -> Submission {
    let number = n.to_string();
    one.site = SiteId::parse("default").unwrap();
    one.comment.content = format!("{}{number}", "👍🏽".repeat(3_000 - number.len()));
    one.comment.title = "👍🏽".repeat(150);
    one.fingerprint = [7; 16];
    one
}

async fn store_all(newsroom: &Newsroom, all: &[Submission]) {
    let (store, began) = (duyetd::server::open_store(&newsroom.config).unwrap(), Instant::now());
    for batch in all.chunks(10) {
        let answers = loop {
            match store.insert_submissions(batch).await {
                // On a busy machine the server may hold SQLite's write lock for too long. Nothing is stored then.
                Err(Error::StorageUnavailable(_)) if began.elapsed() < Duration::from_secs(60) => {}
                answers => break answers.unwrap(),
            }
        };
        assert!(answers.iter().all(|answer| *answer == Inserted::Stored), "{answers:?}");
    }
    store.close().await;
}

/// Opens a newsroom where `count` long comments are pending on the sample article.
pub(crate) async fn newsroom_with_waiting(database: Database, count: i64) -> Newsroom {
    let newsroom = Newsroom::open(database).await;
    store_all(&newsroom, &(0..count).map(|n| long(n, submission(n))).collect::<Vec<_>>()).await;
    newsroom
}

/// Returns all pages of the queue with their sizes.
async fn whole_queue(desk: &mut Desk) -> (Vec<v1::ReviewCase>, Vec<usize>) {
    let mut request = v1::ListQueueRequest { page_size: 200, ..Default::default() };
    let (mut cases, mut sizes) = (Vec::new(), Vec::new());
    while sizes.len() < 20 {
        let page = desk.moderation.list_queue(request.clone()).await.unwrap().into_inner();
        sizes.push(page.encoded_len());
        cases.extend(page.cases);
        request.page_token = page.next_page_token;
        if request.page_token.is_empty() {
            break;
        }
    }
    (cases, sizes)
}

async fn pages_and_claims_of_long_comments_end_at_the_size_limit(database: Database) {
    let newsroom = newsroom_with_waiting(database, 200).await;
    let mut desk = newsroom.desk();
    let (cases, sizes) = whole_queue(&mut desk).await;
    let ids: HashSet<_> = cases.iter().map(|case| case.comment.as_ref().unwrap().id.clone()).collect();
    assert_eq!((cases.len(), ids.len(), sizes.len()), (200, 200, 2), "{sizes:?}");
    assert!(sizes.iter().all(|size| *size <= RESPONSE_BYTES) && sizes[0] > RESPONSE_BYTES * 3 / 4, "{sizes:?}");

    // Each case has ten siblings and ten other comments of the same author.
    let case = desk.case(ids.iter().next().unwrap()).await;
    assert_eq!((case.siblings.len(), case.author_comments.len()), (10, 10));
    assert!(case.siblings[0].content.ends_with('…') && case.siblings[0].content.len() < 1_300);
    let request = v1::ClaimNextRequest { limit: 50, ..Default::default() };
    let claimed = desk.moderation.claim_next(request).await.unwrap().into_inner();
    assert!(claimed.encoded_len() <= RESPONSE_BYTES && claimed.cases.len() < 50, "{}", claimed.cases.len());
    let held = v1::QueueFilter { claimed: Some(true), ..Default::default() };
    let held = v1::ListQueueRequest { filter: Some(held), page_size: 1, ..Default::default() };
    let held = desk.moderation.list_queue(held).await.unwrap().into_inner().total;
    assert_eq!(usize::try_from(held).unwrap(), claimed.cases.len(), "comments that did not fit are not claimed");
}

fn bulk(cases: &[v1::ReviewCase], action: Action) -> v1::BulkDecideRequest {
    let item = |case: &v1::ReviewCase| {
        let comment = case.comment.as_ref().unwrap();
        v1::BulkItem { comment_id: comment.id.clone(), expected_revision: comment.revision }
    };
    v1::BulkDecideRequest {
        items: cases.iter().map(item).collect(),
        action: action.into(),
        request_id: Uuid::new_v4().to_string(),
        ..Default::default()
    }
}

async fn results_of_bulk_decisions_have_no_texts(database: Database) {
    let newsroom = newsroom_with_waiting(database, 500).await;
    let mut desk = newsroom.desk();
    let (cases, _) = whole_queue(&mut desk).await;
    let request = bulk(&cases, Action::Approve);
    assert!(request.encoded_len() < 64 * 1024, "500 items fit in one message");
    let decided = desk.moderation.bulk_decide(request.clone()).await.unwrap().into_inner();
    assert_eq!(decided.results.iter().filter(|item| item.changed).count(), 500);
    let item = decided.results[0].comment.as_ref().unwrap();
    assert_eq!((item.status(), item.revision), (v1::CommentStatus::Approved, 2));
    assert_eq!([&item.author_name, &item.title, &item.content], ["", "", ""]);
    let resent = desk.moderation.bulk_decide(request).await.unwrap().into_inner();
    assert_eq!(resent, decided);

    let target = v1::revert_request::Target::BatchId(decided.batch_id);
    let revert = v1::RevertRequest { target: Some(target), request_id: Uuid::new_v4().to_string() };
    let reverted = desk.moderation.revert(revert.clone()).await.unwrap().into_inner();
    assert_eq!(reverted.results.iter().filter(|item| item.changed).count(), 500);
    assert_eq!(desk.moderation.revert(revert).await.unwrap().into_inner(), reverted);
    // All items fail: failed items have the largest results.
    let stale = desk.moderation.bulk_decide(bulk(&cases, Action::Approve)).await.unwrap().into_inner();
    assert!(stale.results.iter().all(|item| item.status.as_ref().is_some_and(|status| status.code != 0)));
    assert!(stale.encoded_len() <= RESPONSE_BYTES, "{}", stale.encoded_len());
}

async fn pages_of_long_threads_end_at_the_size_limit(database: Database) {
    let newsroom = Newsroom::open(database).await;
    let roots: Vec<_> = (0..100).map(|n| long(n, published(n))).collect();
    let reply = |(n, root): (i64, &Submission)| reply_to(root.comment.id, long(n, published(n)));
    let replies: Vec<_> = (100..).zip(&roots).map(reply).collect();
    store_all(&newsroom, &roots).await;
    store_all(&newsroom, &replies).await;
    let mut portal = newsroom.portal();
    let mut request =
        v1::ListCommentsRequest { article_id: article().as_str().into(), page_size: 100, ..Default::default() };
    let mut listed = Vec::new();
    for _ in 0..10 {
        let page = portal.page(request.clone()).await;
        assert!(page.encoded_len() <= RESPONSE_BYTES, "{}", page.encoded_len());
        assert!(page.comments.iter().all(|root| root.replies.len() == 1));
        listed.extend(page.comments.into_iter().map(|root| root.id));
        request.page_token = page.next_page_token;
        if request.page_token.is_empty() {
            break;
        }
    }
    let newest_first: Vec<_> = roots.iter().rev().map(|root| CommentId::to_string(&root.comment.id)).collect();
    assert_eq!(listed, newest_first, "the pages have every thread once, in order");
}
