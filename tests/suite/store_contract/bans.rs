//! Tests of bans: their subjects and duration, the comments that are decided with them, and their look-up by every
//! submit.

use std::sync::Arc;

use duyetd::{
    domain::{
        Error,
        audit::{AuditAction, AuditEntry, AuditFilter},
        ban::{BanEffect, BanKind, BanSubject, NewBan},
        decision::MAX_ITEMS,
        id::SiteId,
        lifecycle::{Action, Status},
        reason::Reason,
        submission::{Inserted, Submission, SubmitQuestion},
    },
    store::{batches::SubmissionWriter, crowd::Crowd},
};
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::support::{
    home::Home,
    sample::{
        along, article_named, at, ban, decision, other_site, published, reply_to, request, revocation, site,
        submission, text,
    },
};

const DEVICE: [u8; 16] = [1; 16];
const AUTHOR: &str = "00112233aabbccdd";

async fn effect(home: &Home, site: &SiteId, n: i64, subjects: &[(BanKind, &[u8])]) -> Option<BanEffect> {
    let one = submission(n);
    let subjects: Vec<_> = subjects.iter().map(|(kind, key)| BanSubject { kind: *kind, key: key.to_vec() }).collect();
    let question = SubmitQuestion {
        text: text(&one),
        site: site.clone(),
        request_id: one.request.id,
        article: one.comment.article,
        parent: None,
        // This device is never banned. Without a device the reader would be known by name, and a ban of a name only
        // holds comments.
        device: Some([66; 16]),
        fingerprint: one.fingerprint,
        skeleton: one.skeleton,
        author: one.sender.author,
        subjects,
        now: at(n),
        same_text_since: at(0),
    };
    home.submit_context(&question).await.unwrap().ban
}

async fn on_device(home: &Home, n: i64) -> Option<BanEffect> {
    effect(home, &site(), n, &[(BanKind::Device, &DEVICE)]).await
}

/// Repeats a call while the database of a busy machine is unavailable.
macro_rules! until_available {
    ($call:expr) => {
        loop {
            match $call.await {
                Err(Error::StorageUnavailable(_) | Error::Overloaded { .. }) => {}
                answer => break answer.unwrap(),
            }
        }
    };
}

fn by_another_reader(mut one: Submission) -> Submission {
    one.sender.device = Some([99; 16]);
    one.sender.author = "ffffffffffffffff".into();
    one
}

async fn audit(home: &Home, filter: AuditFilter) -> Vec<AuditEntry> {
    home.store.list_audit(&site(), &filter, 1_000, None).await.unwrap().items
}

async fn batch(home: &Home, id: Uuid) -> Vec<AuditEntry> {
    audit(home, AuditFilter { batch: Some(id), ..AuditFilter::default() }).await
}

async fn list(home: &Home, ended: bool, n: i64) -> Vec<Uuid> {
    let page = home.store.list_bans(&site(), ended, at(n), 100, None).await.unwrap();
    page.items.into_iter().map(|ban| ban.id).collect()
}

contract! {
    async fn a_ban_affects_exactly_its_subject_on_its_site(home: &Home) {
        for (n, kind) in (1..).zip(BanKind::ALL) {
            let key = [u8::try_from(n).unwrap(); 16];
            let made = home.store.create_ban(&ban(n, *kind, &key, BanEffect::Hold)).await.unwrap();
            assert_eq!((made.ban.batch, made.settled.len(), made.more), (None, 0, false));
            assert_eq!(effect(home, &site(), 50, &[(*kind, &key)]).await, Some(BanEffect::Hold), "{kind}");
            assert_eq!(effect(home, &site(), 50, &[(*kind, &[77; 16])]).await, None, "{kind}: another subject is not affected");
            assert_eq!(effect(home, &other_site(), 50, &[(*kind, &key)]).await, None, "{kind}: another site is not affected");
            for other in BanKind::ALL.iter().filter(|other| *other != kind) {
                assert_eq!(effect(home, &site(), 50, &[(*other, &key)]).await, None, "a ban of {kind} does not affect {other}");
            }
        }
        assert_eq!(effect(home, &site(), 50, &[]).await, None);
    }

    async fn the_stronger_of_two_bans_wins(home: &Home) {
        home.store.create_ban(&ban(1, BanKind::Device, &DEVICE, BanEffect::Hold)).await.unwrap();
        home.store.create_ban(&ban(2, BanKind::Author, AUTHOR.as_bytes(), BanEffect::Block)).await.unwrap();
        home.store.create_ban(&ban(3, BanKind::Author, AUTHOR.as_bytes(), BanEffect::Hold)).await.unwrap();
        let both: [(BanKind, &[u8]); 2] = [(BanKind::Device, &DEVICE), (BanKind::Author, AUTHOR.as_bytes())];
        assert_eq!(effect(home, &site(), 50, &both).await, Some(BanEffect::Block));
        assert_eq!(on_device(home, 50).await, Some(BanEffect::Hold));
    }

    async fn a_ban_ends_at_its_time_or_when_a_moderator_revokes_it(home: &Home) {
        let new = ban(1, BanKind::Device, &DEVICE, BanEffect::Block);
        home.store.create_ban(&new).await.unwrap();
        let last = 1 + 3_600;
        assert_eq!(on_device(home, last - 1).await, Some(BanEffect::Block));
        assert_eq!(on_device(home, last).await, None, "the end is exclusive");

        let (ended, changed) = home.store.revoke_ban(&revocation(20, new.ban.id)).await.unwrap();
        assert!(changed);
        assert_eq!((ended.revoked_at, ended.revoked_by.as_str()), (Some(at(20)), "minh"));
        assert_eq!(on_device(home, 21).await, None);
        let entries = audit(home, AuditFilter { ban: Some(new.ban.id), ..AuditFilter::default() }).await;
        let listed: Vec<_> = entries.iter().map(|entry| (entry.action, entry.actor.as_str(), entry.at)).collect();
        assert_eq!(listed, [(AuditAction::RevokeBan, "minh", at(20)), (AuditAction::CreateBan, "lan", at(1))]);
    }

    async fn revoking_an_ended_ban_changes_nothing(home: &Home) {
        let new = ban(1, BanKind::Device, &DEVICE, BanEffect::Block);
        home.store.create_ban(&new).await.unwrap();
        let first = revocation(20, new.ban.id);
        let answer = home.store.revoke_ban(&first).await.unwrap();
        let second = home.store.revoke_ban(&revocation(30, new.ban.id)).await.unwrap();
        assert_eq!(second, (answer.0.clone(), false));
        assert_eq!(home.rows("audit").await, 2);
        assert_eq!(home.store.revoke_ban(&first).await.unwrap(), answer, "a replay returns the first result");

        let brief = ban(2, BanKind::Author, AUTHOR.as_bytes(), BanEffect::Block);
        home.store.create_ban(&brief).await.unwrap();
        let (ban, changed) = home.store.revoke_ban(&revocation(2 + 3_600, brief.ban.id)).await.unwrap();
        assert_eq!((changed, ban.revoked_at), (false, None), "the ban had expired");

        let unknown = Uuid::new_v4();
        assert!(matches!(home.store.revoke_ban(&revocation(40, unknown)).await, Err(Error::BanNotFound(id)) if id == unknown));
        let mut foreign = revocation(40, brief.ban.id);
        foreign.site = other_site();
        assert!(matches!(home.store.revoke_ban(&foreign).await, Err(Error::BanNotFound(_))));
        let mut reused = revocation(50, brief.ban.id);
        reused.request = first.request.map(|row| duyetd::domain::request::RequestRow { payload_hash: [8; 32], ..row });
        assert!(matches!(home.store.revoke_ban(&reused).await, Err(Error::RequestIdReused)));
    }

    async fn bans_are_listed_newest_first_in_pages(home: &Home) {
        let mut ids = Vec::new();
        for n in 1..=5 {
            let mut new = ban(n, BanKind::Author, AUTHOR.as_bytes(), BanEffect::Hold);
            new.ban.comment = Some(submission(n).comment.id);
            // Some bans are created at the same moment.
            new.ban.created_at = at(n / 2 * 2);
            ids.push(home.store.create_ban(&new).await.unwrap().ban);
        }
        ids.sort_by_key(|ban| std::cmp::Reverse((ban.created_at, ban.id)));
        let mut seen = Vec::new();
        let mut after = None;
        loop {
            let page = home.store.list_bans(&site(), false, at(10), 2, after).await.unwrap();
            assert!(page.items.len() <= 2);
            seen.extend(page.items);
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        assert_eq!(seen, ids, "the list has the bans as they were created, newest first");
        home.store.revoke_ban(&revocation(20, ids[0].id)).await.unwrap();
        let rest: Vec<_> = ids[1..].iter().map(|ban| ban.id).collect();
        assert_eq!(list(home, false, 30).await, rest);
        assert!(list(home, false, 10_000).await.is_empty(), "all bans have expired");
        assert_eq!(list(home, true, 10_000).await.len(), 5);
        assert!(home.store.list_bans(&other_site(), true, at(30), 9, None).await.unwrap().items.is_empty());
    }

    async fn the_sender_of_a_comment_is_found_on_its_site_only(home: &Home) {
        let one = submission(1);
        home.store_all(std::slice::from_ref(&one)).await;
        let trace = home.store.find_sender(&site(), one.comment.id).await.unwrap().unwrap();
        assert_eq!((trace.sender, trace.fingerprint, trace.created_at), (one.sender.clone(), one.fingerprint, at(1)));
        assert_eq!(home.store.find_sender(&other_site(), one.comment.id).await.unwrap(), None);
        assert_eq!(home.store.find_sender(&site(), submission(2).comment.id).await.unwrap(), None);
    }

    async fn comments_decided_with_a_ban_are_one_batch(home: &Home) {
        let (old, root, waiting) = (published(1), published(100), submission(101));
        let (reply, stranger) = (reply_to(root.comment.id, published(102)), by_another_reader(published(103)));
        let rejected = submission(104);
        let all = [old.clone(), root.clone(), waiting.clone(), reply.clone(), stranger.clone(), rejected.clone()];
        home.store_all(&all).await;
        home.decide_one(&decision(150, rejected.comment.id, Action::Reject, 1)).await.unwrap();

        let new = along(50, ban(200, BanKind::Device, &DEVICE, BanEffect::Block));
        let made = home.store.create_ban(&new).await.unwrap();
        let ids: Vec<_> = made.settled.iter().map(|one| one.comment.as_ref().unwrap().id).collect();
        assert_eq!(ids, [reply.comment.id, waiting.comment.id, root.comment.id], "the newest comments are decided first");
        assert!(made.settled.iter().all(|one| one.result.as_ref().unwrap().changed) && !made.more);
        for (one, status) in [
            (&old, Status::Approved),
            (&root, Status::Removed),
            (&waiting, Status::Rejected),
            (&reply, Status::Removed),
            (&stranger, Status::Approved),
            (&rejected, Status::Rejected),
        ] {
            assert_eq!(home.comment(one.comment.id).await.status, status);
        }
        home.recount().await;

        let entries = batch(home, made.ban.batch.unwrap()).await;
        assert_eq!((entries.len(), made.ban.batch), (4, new.along.map(|along| along.batch)));
        let request = new.request.as_ref().map(|request| request.id);
        for entry in &entries {
            assert_eq!((entry.actor.as_str(), entry.at, entry.reason), ("lan", at(200), Some(Reason::SpamAd)));
            assert_eq!((entry.note.as_str(), entry.request_id), ("quảng cáo", request));
        }
        let own = entries.iter().find(|entry| entry.action == AuditAction::CreateBan).unwrap();
        assert_eq!((own.id, own.ban, own.comment, own.to_status), (new.ban.id, Some(new.ban.id), None, None));
        assert_eq!(entries.iter().filter(|entry| entry.action == AuditAction::Reject).count(), 3);
        // Six submits, one decision, and three comments decided with the ban.
        assert_eq!(home.rows("changes").await, 10);
    }

    async fn a_ban_decides_only_the_requested_comments(home: &Home) {
        for (n, kind) in (1..).zip(BanKind::ALL) {
            let key = [u8::try_from(n).unwrap() + 10; 16];
            let of_subject = |mut one: Submission| {
                match kind {
                    BanKind::Device => one.sender.device = Some(key),
                    BanKind::IpPrefix => one.sender.prefix = Some(key),
                    BanKind::Fingerprint => one.fingerprint = key,
                    BanKind::Author => one.sender.author = format!("{n:016x}"),
                }
                one
            };
            let (live, waiting) = (of_subject(published(n * 10)), of_subject(submission(n * 10 + 1)));
            home.store_all(&[live.clone(), waiting.clone()]).await;
            let text = format!("{n:016x}");
            let key = if *kind == BanKind::Author { text.as_bytes() } else { &key[..] };
            let part = |at: i64, reject_pending, remove_published| {
                let mut new = along(0, ban(at, *kind, key, BanEffect::Hold));
                let all = new.along.unwrap();
                new.along = Some(duyetd::domain::ban::Along { reject_pending, remove_published, ..all });
                new
            };
            let first = home.store.create_ban(&part(n * 10 + 2, true, false)).await.unwrap();
            assert_eq!(first.settled.len(), 1, "{kind}");
            assert_eq!(home.comment(live.comment.id).await.status, Status::Approved);
            assert_eq!(home.comment(waiting.comment.id).await.status, Status::Rejected);
            let second = home.store.create_ban(&part(n * 10 + 3, false, true)).await.unwrap();
            assert_eq!(second.settled.len(), 1, "{kind}");
            assert_eq!(home.comment(live.comment.id).await.status, Status::Removed);
            let third = home.store.create_ban(&part(n * 10 + 4, true, true)).await.unwrap();
            assert_eq!((third.settled.len(), third.ban.batch), (0, None), "no comment was left to decide, so there is no batch");
        }
        home.recount().await;
    }

    async fn a_ban_of_a_text_decides_equal_texts_but_not_variants(home: &Home) {
        let of_campaign = |n, text: u8| Submission { fingerprint: [text; 16], skeleton: Some([7; 16]), ..submission(n) };
        let [first, copy, variant] = [of_campaign(1, 1), of_campaign(2, 1), of_campaign(3, 2)];
        home.store_all(&[first.clone(), copy.clone(), variant.clone()]).await;
        let mut new = along(0, ban(10, BanKind::Fingerprint, &[1; 16], BanEffect::Block));
        new.ban.comment = Some(first.comment.id);
        assert_eq!(home.store.create_ban(&new).await.unwrap().settled.len(), 2);
        let expected = [(first, Status::Rejected), (copy, Status::Rejected), (variant, Status::Pending)];
        for (one, status) in expected {
            assert_eq!(home.comment(one.comment.id).await.status, status);
        }
    }

    async fn a_ban_decides_at_most_500_comments_and_reports_more(home: &Home) {
        let mut all: Vec<_> = (0..510).map(submission).collect();
        // Comments of another reader are not counted.
        for one in all.iter_mut().skip(500).step_by(2) {
            *one = by_another_reader(one.clone());
        }
        for chunk in all.chunks(64) {
            home.store_all(chunk).await;
        }
        let made = home.store.create_ban(&along(0, ban(1_000, BanKind::Device, &DEVICE, BanEffect::Block))).await.unwrap();
        assert_eq!((made.settled.len(), made.more), (MAX_ITEMS, true));
        assert_eq!(batch(home, made.ban.batch.unwrap()).await.len(), MAX_ITEMS + 1);
        let left = home.number("select count(*) from comments where status = 'PENDING'").await;
        assert_eq!(left, 10);
        let oldest = home.comment(all[0].comment.id).await.status;
        assert_eq!((oldest, home.comment(all[509].comment.id).await.status), (Status::Pending, Status::Rejected));

        let rest = home.store.create_ban(&along(0, ban(1_001, BanKind::Device, &DEVICE, BanEffect::Block))).await.unwrap();
        assert_eq!((rest.settled.len(), rest.more), (5, false));
    }

    async fn a_replay_returns_the_first_ban_and_writes_nothing(home: &Home) {
        let (live, waiting) = (published(1), submission(2));
        home.store_all(&[live.clone(), waiting.clone()]).await;
        let new = along(0, ban(10, BanKind::Device, &DEVICE, BanEffect::Block));
        let first = home.store.create_ban(&new).await.unwrap();
        home.decide_one(&decision(11, live.comment.id, Action::Spam, 2)).await.unwrap();
        home.store_all(&[submission(12)]).await;
        let rows = (home.rows("audit").await, home.rows("bans").await, home.rows("requests").await);

        let mut resent = along(0, ban(20, BanKind::Device, &DEVICE, BanEffect::Block));
        resent.request.clone_from(&new.request);
        let again = home.store.create_ban(&resent).await.unwrap();
        assert_eq!((&again.ban, again.more), (&first.ban, first.more));
        let results = |made: &duyetd::domain::ban::BanMade| made.settled.iter().map(|one| one.result.clone()).collect::<Vec<_>>();
        assert_eq!(results(&again), results(&first));
        let now: Vec<_> = again.settled.iter().map(|one| one.comment.as_ref().unwrap().status).collect();
        assert_eq!(now, [Status::Rejected, Status::Spam], "the response contains the current state of the comments");
        assert_eq!((home.rows("audit").await, home.rows("bans").await, home.rows("requests").await), rows);
        resent.request.as_mut().unwrap().payload_hash = [8; 32];
        assert!(matches!(home.store.create_ban(&resent).await, Err(Error::RequestIdReused)));
    }

    async fn concurrent_duplicates_of_a_ban_are_one_ban(home: &Home) {
        let all: Vec<_> = (0..20).map(submission).collect();
        home.store_all(&all).await;
        let shared = request();
        let mut tasks = JoinSet::new();
        for n in 0..8 {
            let mut copy = along(0, ban(100 + n, BanKind::Device, &DEVICE, BanEffect::Block));
            copy.request = Some(shared.clone());
            let store = home.store.clone();
            tasks.spawn(async move { store.create_ban(&copy).await.unwrap() });
        }
        let answers = tasks.join_all().await;
        assert!(answers.iter().all(|made| *made == answers[0]));
        assert_eq!((home.rows("bans").await, home.rows("audit").await), (1, 21));
    }

    async fn a_failed_ban_stores_no_row(home: &Home) {
        let one = published(1);
        home.store_all(std::slice::from_ref(&one)).await;
        let new = along(0, ban(10, BanKind::Device, &DEVICE, BanEffect::Block));
        home.store.create_ban(&new).await.unwrap();
        home.decide_one(&decision(11, one.comment.id, Action::Approve, 2)).await.unwrap();
        // The second ban has the same id, so neither its row nor its decisions on comments are stored.
        let again = NewBan { request: Some(request()), ..new };
        assert!(matches!(home.store.create_ban(&again).await, Err(Error::Internal(_))));
        assert_eq!(home.comment(one.comment.id).await.status, Status::Approved);
        assert_eq!((home.rows("bans").await, home.rows("audit").await, home.rows("requests").await), (1, 3, 3));
        home.recount().await;
    }

    async fn concurrent_bans_submits_and_decisions_keep_every_count_right(home: &Home) {
        home.watch_deadlocks().await;
        let roots: Vec<_> = (0..4).map(|n| {
            let mut root = by_another_reader(published(n));
            root.comment.article = article_named(&format!("bai-{n}"));
            root
        }).collect();
        home.store_all(&roots).await;
        let writer = Arc::new(SubmissionWriter::start(&home.submissions(), 2, &Crowd::default()));
        let mut submits = JoinSet::new();
        for n in 0..256 {
            // The writer's batches mix articles, roots and replies, pending, public and spam comments.
            let root = &roots[usize::try_from(n % 4).unwrap()];
            let mut one = match n % 8 {
                0..4 => reply_to(root.comment.id, published(10 + n)),
                4 | 5 => published(10 + n),
                6 => submission(10 + n),
                _ => {
                    let mut spam = submission(10 + n);
                    spam.comment.status = Status::Spam;
                    spam
                }
            };
            one.comment.article = root.comment.article.clone();
            let writer = writer.clone();
            submits.spawn(async move { (one.comment.id, until_available!(writer.insert(one.clone()))) });
        }
        let mut bans = JoinSet::new();
        for task in 0..3_i64 {
            let store = home.store.clone();
            bans.spawn(async move {
                let mut moved = 0;
                for n in 0..8 {
                    let new = along(0, ban(1_000 + n * 3 + task, BanKind::Device, &DEVICE, BanEffect::Block));
                    moved += until_available!(store.create_ban(&new)).settled.len();
                }
                moved
            });
        }
        let mut decisions = JoinSet::new();
        while let Some(stored) = submits.join_next().await {
            let (id, inserted) = stored.unwrap();
            assert!(matches!(inserted, Inserted::Stored | Inserted::Known(_)));
            let store = home.store.clone();
            decisions.spawn(async move {
                let spam = decision(2_000, id, Action::Spam, 1);
                until_available!(store.decide(&spam))
            });
        }
        decisions.join_all().await;
        let moved: usize = bans.join_all().await.into_iter().sum();
        let last = home.store.create_ban(&along(0, ban(3_000, BanKind::Device, &DEVICE, BanEffect::Block))).await.unwrap();
        writer.close().await;
        home.recount().await;
        let by_bans = audit(home, AuditFilter { action: Some(AuditAction::Reject), ..AuditFilter::default() }).await;
        assert_eq!(by_bans.len(), moved + last.settled.len(), "bans return exactly the comments that they changed");
        let of_device = "select count(*) from comments where author = '00112233aabbccdd' and status in ('PENDING', 'APPROVED')";
        assert_eq!(home.number(of_device).await, 0);
        // In hundreds of runs on a busy machine, there was one deadlock with an unknown cause. PostgreSQL ended one of
        // two transactions, and the store repeated it. More deadlocks mean a wrong lock order.
        assert!(home.deadlocks().await <= 1);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_concurrently_decided_comment_is_not_decided_by_a_ban() {
    let home = Home::postgres().await;
    let (moved, waiting) = (submission(1), submission(2));
    home.store_all(&[moved.clone(), waiting.clone()]).await;
    let mut colleague = home.pg().begin().await.unwrap();
    let decide = "update comments set status = 'SPAM', revision = 2 where comment_id = $1";
    sqlx::query(decide).bind(moved.comment.id.0).execute(&mut *colleague).await.unwrap();
    let new = along(0, ban(10, BanKind::Device, &DEVICE, BanEffect::Block));
    let (store, batch_id) = (home.store.clone(), new.along.unwrap().batch);
    let made = tokio::spawn(async move { store.create_ban(&new).await.unwrap() });
    let waits = "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'";
    while home.number(waits).await == 0 {
        tokio::task::yield_now().await;
    }
    colleague.commit().await.unwrap();
    let made = made.await.unwrap();
    let along: Vec<_> = made.settled.iter().map(|one| one.comment.as_ref().unwrap().id).collect();
    assert_eq!(along, [waiting.comment.id]);
    assert_eq!(home.comment(moved.comment.id).await.status, Status::Spam);
    assert_eq!(batch(&home, batch_id).await.len(), 2);
}
