//! A revert restores the exact earlier state. It succeeds only once, and only if nothing has happened since.

use chrono::{DateTime, Duration, Utc};
use duyetd::domain::{
    Error,
    actor::SYSTEM,
    audit::{AuditAction, AuditEntry, AuditFilter},
    comment::{Comment, Takedown, TakedownKind},
    decision::{DecisionBatch, DecisionError, DecisionItem},
    id::CommentId,
    lifecycle::{Action, Status},
    report::Escalation,
    revert::{OWN_HOURS, Revert, RevertResult, Reverted, Subject, Target},
    submission::Submission,
};
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::support::{
    home::Home,
    sample::{article_change, at, decision, id_at, other_site, published, reply_to, request, site, submission},
};

/// Builds a revert at second `n` by Lan.
pub(super) fn revert(n: i64, target: Target) -> Revert {
    Revert {
        batch: id_at(at(n)),
        site: site(),
        target,
        actor: "lan".into(),
        any: false,
        at: at(n),
        request: Some(request()),
    }
}

fn by_admin(revert: Revert) -> Revert {
    Revert { actor: "chief".into(), any: true, ..revert }
}

/// Builds a batch at second `n` by Lan on comments at their current revision.
pub(super) fn batch_of(n: i64, action: Action, comments: &[Comment]) -> DecisionBatch {
    let item = |one: &Comment| DecisionItem { id: id_at(at(n)), comment: one.id, expected_revision: one.revision };
    DecisionBatch {
        batch: Some(id_at(at(n))),
        items: comments.iter().map(item).collect(),
        ..decision(n, CommentId(Uuid::nil()), action, 1)
    }
}

/// Builds a takedown demand at second `n` by Minh.
pub(super) fn demand(n: i64, comment: CommentId, kind: TakedownKind) -> Escalation {
    Escalation {
        site: site(),
        comment,
        takedown: Takedown { kind, due_at: at(n) + Duration::hours(kind.hours()) },
        entry: AuditEntry {
            note: "Công văn 12".into(),
            ..AuditEntry::new(id_at(at(n)), AuditAction::Escalate, "minh", at(n))
        },
        request: Some(request()),
    }
}

/// Helpers for the actions of these tests.
#[derive(Clone, Copy)]
pub(super) struct Desk<'a>(pub(super) &'a Home);

impl Desk<'_> {
    pub(super) async fn stored(self, submission: Submission) -> Comment {
        let stored = submission.comment.clone();
        self.0.store_all(&[submission]).await;
        stored
    }

    /// Makes a decision by Lan at the comment's current revision, and returns its entry's id.
    pub(super) async fn decides(self, n: i64, id: CommentId, action: Action) -> Uuid {
        self.decides_as(n, "lan", id, action).await
    }

    pub(super) async fn decides_as(self, n: i64, actor: &str, id: CommentId, action: Action) -> Uuid {
        let revision = self.0.comment(id).await.revision;
        let decision = DecisionBatch { actor: actor.into(), ..decision(n, id, action, revision) };
        let answer = self.0.decide_one(&decision).await.unwrap().answer;
        assert!(answer.changed);
        answer.last_change.decision.unwrap()
    }

    pub(super) async fn reverts(self, revert: &Revert) -> RevertResult {
        self.0.store.revert(revert).await.unwrap()
    }

    pub(super) async fn reverts_one(self, n: i64, entry: Uuid) -> Result<Uuid, DecisionError> {
        self.one(&revert(n, Target::Entry(entry))).await
    }

    pub(super) async fn one(self, revert: &Revert) -> Result<Uuid, DecisionError> {
        let reverted = self.reverts(revert).await;
        assert_eq!((reverted.items.len(), reverted.batch), (1, None));
        only(reverted).result
    }

    /// Returns all entries of a comment, oldest first.
    pub(super) async fn story(self, id: CommentId) -> Vec<AuditEntry> {
        let filter = AuditFilter { comment: Some(id), ..AuditFilter::default() };
        let mut entries = self.0.store.list_audit(&site(), &filter, 1_000, None).await.unwrap().items;
        entries.retain(|entry| entry.to_status.is_some());
        entries.sort_by_key(|entry| (entry.revision, entry.at, entry.id));
        entries
    }

    /// Sets the report counts of a comment, as readers' reports would.
    pub(super) async fn reported(self, id: CommentId, total: i32, open: i32, flagged_at: Option<DateTime<Utc>>) {
        let flagged_at = flagged_at.map_or_else(|| "null".to_owned(), |at| self.0.time(at));
        let sql = format!(
            "update comments set reports = {total}, open_reports = {open}, flagged_at = {flagged_at} where comment_id = {}",
            self.0.id(id.0)
        );
        self.0.execute(&sql).await.unwrap();
    }

    async fn claimed(self, id: CommentId) {
        let (id, end) = (self.0.id(id.0), self.0.time(at(900)));
        self.0.execute(&format!("insert into claims values ('bao-hue', {id}, 'minh', {end})")).await.unwrap();
    }

    /// Stores a ban by Lan at second `n`, with an entry that has the ban's id.
    pub(super) async fn bans(self, n: i64, batch: Option<Uuid>, expires_at: DateTime<Utc>) -> Uuid {
        let ban = id_at(at(n));
        let (id, subject) = (self.0.id(ban), self.0.bytes());
        let (made, end) = (self.0.time(at(n)), self.0.time(expires_at));
        let sql = format!(
            "insert into bans values ('bao-hue', {id}, 'DEVICE', {subject}, 'BLOCK', 'INSULT', '', 'lan', {made}, {end}, null, null,
                null, '', null)"
        );
        self.0.execute(&sql).await.unwrap();
        let entry = AuditEntry { batch, ban: Some(ban), ..AuditEntry::new(ban, AuditAction::CreateBan, "lan", at(n)) };
        self.0.store.record(&site(), &entry).await.unwrap();
        ban
    }

    /// Revokes a ban at second `n`, and returns the id of its audit entry.
    pub(super) async fn unbans(self, n: i64, ban: Uuid) -> Uuid {
        let (id, end) = (self.0.id(ban), self.0.time(at(n)));
        let sql = format!("update bans set revoked_at = {end}, revoked_by = 'minh' where ban_id = {id}");
        self.0.execute(&sql).await.unwrap();
        let entry =
            AuditEntry { ban: Some(ban), ..AuditEntry::new(id_at(at(n)), AuditAction::RevokeBan, "lan", at(n)) };
        self.0.store.record(&site(), &entry).await.unwrap();
        entry.id
    }

    pub(super) async fn unrevoked(self) -> i64 {
        let sql = "select count(*) from bans where revoked_at is null and revoked_by = ''";
        self.0.number(sql).await
    }
}

fn only(reverted: RevertResult) -> Reverted {
    reverted.items.into_iter().next().unwrap()
}

/// Returns the comment without its revision, which a revert does not restore.
fn restored(comment: &Comment) -> Comment {
    Comment { revision: 0, ..comment.clone() }
}

fn is_stale(result: Result<Uuid, DecisionError>, by: &str) -> bool {
    matches!(result, Err(DecisionError::Stale(last_change)) if last_change.actor == by)
}

contract! {
    async fn a_comment_is_not_public_after_its_approval_is_reverted(home: &Home) {
        let desk = Desk(home);
        let waiting = desk.stored(submission(1)).await;
        let approval = desk.decides(2, waiting.id, Action::Approve).await;
        desk.claimed(waiting.id).await;
        let request = revert(5, Target::Entry(approval));
        let reverted = desk.reverts(&request).await;
        assert_eq!(reverted.batch, None);
        let item = only(reverted);
        let stored = home.comment(waiting.id).await;
        assert_eq!((item.subject, item.comment.as_ref()), (Subject::Comment(waiting.id), Some(&stored)));
        assert_eq!((stored.status, stored.revision, stored.reviewed_at), (Status::Pending, 3, None));
        assert_eq!(stored.published_at, Some(at(2)), "published_at is set once");
        assert_eq!((home.rows("changes").await, home.rows("claims").await), (3, 0));
        let entry = desk.story(waiting.id).await.pop().unwrap();
        assert_eq!((item.result, entry.action, entry.actor.as_str()), (Ok(entry.id), AuditAction::Revert, "lan"));
        assert_eq!((entry.from_status, entry.to_status), (Some(Status::Approved), Some(Status::Pending)));
        assert_eq!((entry.reverts, entry.batch, entry.revision, entry.at), (Some(approval), None, 3, at(5)));
        assert_eq!(entry.request_id, request.request.map(|request| request.id));
        home.recount().await;
    }

    async fn only_the_latest_change_can_be_reverted(home: &Home) {
        let desk = Desk(home);
        let waiting = desk.stored(submission(1)).await;
        let approval = desk.decides(2, waiting.id, Action::Approve).await;
        let spam = desk.decides_as(3, "minh", waiting.id, Action::Spam).await;
        assert!(is_stale(desk.reverts_one(4, approval).await, "minh"));
        assert_eq!((home.comment(waiting.id).await.status, home.rows("audit").await), (Status::Spam, 2));
        let by_minh = Revert { actor: "minh".into(), ..revert(5, Target::Entry(spam)) };
        assert!(desk.one(&by_minh).await.is_ok());
        assert_eq!(home.comment(waiting.id).await.status, Status::Approved);
        assert!(is_stale(desk.reverts_one(6, approval).await, "minh"), "a revert is a later change");
        home.recount().await;
    }

    async fn a_decision_before_a_takedown_demand_cannot_be_reverted(home: &Home) {
        let desk = Desk(home);
        let waiting = desk.stored(submission(1)).await;
        let approval = desk.decides(2, waiting.id, Action::Approve).await;
        home.store.escalate(&demand(3, waiting.id, TakedownKind::Authority)).await.unwrap();
        assert!(is_stale(desk.reverts_one(4, approval).await, "minh"));
        assert!(home.comment(waiting.id).await.attention.takedown.is_some());
    }

    async fn a_decision_before_another_approval_cannot_be_reverted(home: &Home) {
        let desk = Desk(home);
        let waiting = desk.stored(submission(1)).await;
        let approval = desk.decides(2, waiting.id, Action::Approve).await;
        desk.reported(waiting.id, 3, 3, Some(at(3))).await;
        desk.decides_as(4, "minh", waiting.id, Action::Approve).await;
        assert!(is_stale(desk.reverts_one(5, approval).await, "minh"), "the later approval did not change the status, but it is still a later decision");
        assert!(home.comment(waiting.id).await.status.is_public());
    }

    async fn concurrent_reverts_of_one_decision_revert_it_once(home: &Home) {
        let desk = Desk(home);
        let waiting = desk.stored(submission(1)).await;
        let approval = desk.decides(2, waiting.id, Action::Approve).await;
        let mut tasks = JoinSet::new();
        for n in 0..12 {
            let (store, revert) = (home.store.clone(), revert(3 + n, Target::Entry(approval)));
            tasks.spawn(async move { only(store.revert(&revert).await.unwrap()).result });
        }
        let results = tasks.join_all().await;
        assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1);
        assert_eq!(results.iter().filter(|result| **result == Err(DecisionError::AlreadyReverted)).count(), 11);
        assert_eq!((home.rows("audit").await, home.comment(waiting.id).await.revision), (2, 3));
        home.recount().await;
    }

    async fn a_revert_can_itself_be_reverted(home: &Home) {
        let desk = Desk(home);
        let live = desk.stored(published(1)).await;
        desk.reported(live.id, 4, 3, Some(at(2))).await;
        let reported = home.comment(live.id).await;
        let removal = desk.decides(3, live.id, Action::Reject).await;
        let removed = home.comment(live.id).await;
        let back = desk.reverts_one(4, removal).await.unwrap();
        assert_eq!(restored(&home.comment(live.id).await), restored(&reported));
        let again = desk.reverts_one(5, back).await.unwrap();
        assert_eq!(restored(&home.comment(live.id).await), restored(&removed), "the reports are closed again, too");
        assert!(desk.reverts_one(6, again).await.is_ok());
        assert_eq!(restored(&home.comment(live.id).await), restored(&reported));
        assert_eq!(home.comment(live.id).await.revision, 5);
        home.recount().await;
    }

    async fn later_reports_stay_open_after_a_revert(home: &Home) {
        let desk = Desk(home);
        let live = desk.stored(published(1)).await;
        desk.reported(live.id, 4, 3, Some(at(2))).await;
        let look = desk.decides(3, live.id, Action::Approve).await;
        assert_eq!(home.comment(live.id).await.attention.open_reports, 0);
        desk.reported(live.id, 6, 2, None).await;
        desk.reverts_one(4, look).await.unwrap();
        let comment = home.comment(live.id).await;
        let attention = &comment.attention;
        assert_eq!((attention.reports, attention.open_reports, attention.flagged_at), (6, 5, Some(at(2))));
        assert_eq!((comment.reviewed_at, comment.revision), (None, 1), "reverting an approval of a public comment changes no status");
    }

    async fn a_later_flag_stays_after_a_revert(home: &Home) {
        let desk = Desk(home);
        let live = desk.stored(published(1)).await;
        let look = desk.decides(3, live.id, Action::Approve).await;
        desk.reported(live.id, 3, 3, Some(at(4))).await;
        desk.reverts_one(5, look).await.unwrap();
        let attention = home.comment(live.id).await.attention;
        assert_eq!((attention.open_reports, attention.flagged_at), (3, Some(at(4))));
    }

    async fn moderators_can_revert_their_own_decisions_for_a_day_and_admins_can_revert_all(home: &Home) {
        let desk = Desk(home);
        let waiting = desk.stored(submission(1)).await;
        let approval = desk.decides_as(2, "minh", waiting.id, Action::Approve).await;
        let denied = home.store.revert(&revert(3, Target::Entry(approval))).await;
        assert!(matches!(denied, Err(Error::RevertDenied)));
        let late = 2 + OWN_HOURS * 3_600;
        let minh = |n| Revert { actor: "minh".into(), ..revert(n, Target::Entry(approval)) };
        assert!(matches!(home.store.revert(&minh(late + 1)).await, Err(Error::RevertDenied)));
        assert_eq!((home.rows("audit").await, home.comment(waiting.id).await.status), (1, Status::Approved));
        let chief = by_admin(revert(late + 9_999, Target::Entry(approval)));
        assert!(desk.one(&chief).await.is_ok());
        assert_eq!(desk.story(waiting.id).await[1].actor, "chief");
        let own = desk.decides_as(late + 10_000, "minh", waiting.id, Action::Approve).await;
        let in_time = Revert { target: Target::Entry(own), ..minh(late + 10_000 + OWN_HOURS * 3_600) };
        assert!(desk.one(&in_time).await.is_ok());
    }

    async fn an_admin_can_revert_an_expiry(home: &Home) {
        let desk = Desk(home);
        let waiting = desk.stored(submission(1)).await;
        let mut expiry = decision(2, waiting.id, Action::Reject, 1);
        expiry.recorded_as = AuditAction::Expire;
        expiry.actor = SYSTEM.into();
        let entry = home.decide_one(&expiry).await.unwrap().answer.last_change.decision.unwrap();
        assert!(matches!(home.store.revert(&revert(3, Target::Entry(entry))).await, Err(Error::RevertDenied)));
        assert!(desk.one(&by_admin(revert(4, Target::Entry(entry)))).await.is_ok());
        assert_eq!(restored(&home.comment(waiting.id).await), restored(&waiting));
    }

    async fn reverting_a_batch_with_another_moderators_decision_is_denied(home: &Home) {
        let desk = Desk(home);
        let (one, other) = (desk.stored(submission(1)).await, desk.stored(submission(2)).await);
        let mine = batch_of(3, Action::Reject, std::slice::from_ref(&one));
        let theirs = DecisionBatch { batch: mine.batch, actor: "minh".into(), ..batch_of(3, Action::Reject, &[other]) };
        home.store.decide(&mine).await.unwrap();
        home.store.decide(&theirs).await.unwrap();
        let target = Target::Batch(mine.batch.unwrap());
        assert!(matches!(home.store.revert(&revert(4, target)).await, Err(Error::RevertDenied)));
        assert_eq!((home.rows("audit").await, home.comment(one.id).await.status), (2, Status::Rejected));
        let reverted = desk.reverts(&by_admin(revert(5, target))).await;
        assert!(reverted.items.iter().all(|item| item.result.is_ok()));
    }

    async fn each_item_of_a_batch_is_reverted_independently(home: &Home) {
        let desk = Desk(home);
        let root = desk.stored(published(1)).await;
        let replies: Vec<_> = (2..7).map(|n| reply_to(root.id, submission(n))).collect();
        home.store_all(&replies).await;
        let replies: Vec<Comment> = replies.into_iter().map(|one| one.comment).collect();
        let batch = batch_of(10, Action::Approve, &replies);
        home.store.decide(&batch).await.unwrap();
        assert_eq!(home.comment(root.id).await.reply_count, 5);
        desk.decides_as(11, "minh", replies[1].id, Action::Reject).await;
        let single = batch.items[2].id;
        desk.reverts_one(12, single).await.unwrap();
        let request = revert(13, Target::Batch(batch.batch.unwrap()));
        let reverted = desk.reverts(&request).await;
        assert_eq!((reverted.batch, reverted.items.len()), (Some(request.batch), 5));
        for item in &reverted.items {
            let Subject::Comment(id) = item.subject else { panic!("{item:?}") };
            if id == replies[1].id {
                assert!(is_stale(item.result.clone(), "minh"));
            } else if id == replies[2].id {
                assert_eq!(item.result, Err(DecisionError::AlreadyReverted));
            } else {
                let entry = desk.story(id).await.pop().unwrap();
                assert_eq!((item.result.as_ref(), entry.batch), (Ok(&entry.id), Some(request.batch)));
            }
            assert_eq!(item.comment, Some(home.comment(id).await));
        }
        let statuses: Vec<_> = reverted.items.iter().filter(|item| item.result.is_ok()).collect();
        assert_eq!((statuses.len(), home.comment(root.id).await.reply_count), (3, 0));
        home.recount().await;
    }

    async fn responses_to_a_batch_and_its_revert_have_current_reply_counts(home: &Home) {
        let desk = Desk(home);
        let root = desk.stored(submission(1)).await;
        let replies = [submission(2), submission(3)].map(|one| reply_to(root.id, one));
        home.store_all(&replies).await;
        let all = [vec![root.clone()], replies.iter().map(|one| one.comment.clone()).collect()].concat();
        let batch = batch_of(5, Action::Approve, &all);
        let settled = home.store.decide(&batch).await.unwrap();
        for one in settled {
            let comment = one.comment.unwrap();
            assert_eq!(comment, home.comment(comment.id).await);
        }
        assert_eq!(home.comment(root.id).await.reply_count, 2);
        let reverted = desk.reverts(&revert(6, Target::Batch(batch.batch.unwrap()))).await;
        for item in reverted.items {
            let comment = item.comment.unwrap();
            assert_eq!(comment, home.comment(comment.id).await);
        }
        home.recount().await;
    }

    async fn target_last_means_the_newest_decision_that_has_not_been_reverted(home: &Home) {
        let desk = Desk(home);
        let comments = [desk.stored(submission(1)).await, desk.stored(submission(2)).await, desk.stored(submission(3)).await];
        let first = desk.decides(5, comments[0].id, Action::Approve).await;
        let batch = batch_of(6, Action::Reject, &comments[1..]);
        home.store.decide(&batch).await.unwrap();
        desk.decides_as(7, "minh", comments[0].id, Action::Requeue).await;
        desk.decides_as(8, "minh", comments[0].id, Action::Approve).await;
        let reverted = desk.reverts(&revert(9, Target::Last)).await;
        assert_eq!((reverted.items.len(), reverted.batch.is_some()), (2, true), "the whole batch is reverted");
        assert!(reverted.items.iter().all(|item| item.result.is_ok()));
        assert!(is_stale(desk.one(&revert(10, Target::Last)).await, "minh"), "the newest decision is stale, and no older one is reverted");
        for name in ["hoa", "chief"] {
            let other = Revert { actor: name.into(), any: true, ..revert(11, Target::Last) };
            assert!(matches!(home.store.revert(&other).await, Err(Error::AuditEntryNotFound)));
        }
        let elsewhere = Revert { site: other_site(), ..revert(12, Target::Last) };
        assert!(matches!(home.store.revert(&elsewhere).await, Err(Error::AuditEntryNotFound)));
        let last = desk.decides(20, comments[1].id, Action::Approve).await;
        let late = Revert { any: true, ..revert(21 + OWN_HOURS * 3_600, Target::Last) };
        assert!(matches!(home.store.revert(&late).await, Err(Error::AuditEntryNotFound)), "`Target::Last` is limited to a day for admins, too");
        desk.one(&revert(22, Target::Last)).await.unwrap();
        assert_eq!(desk.story(comments[1].id).await.pop().unwrap().reverts, Some(last));
        assert_ne!(first, last);
    }

    async fn a_resent_revert_reverts_nothing_more(home: &Home) {
        let desk = Desk(home);
        let comments = [desk.stored(submission(1)).await, desk.stored(submission(2)).await];
        desk.decides(3, comments[0].id, Action::Approve).await;
        home.store.decide(&batch_of(4, Action::Approve, &comments[1..])).await.unwrap();
        let request = revert(5, Target::Last);
        let first = desk.reverts(&request).await;
        desk.decides(6, comments[1].id, Action::Spam).await;
        let resent = Revert { batch: id_at(at(7)), at: at(7), ..request.clone() };
        let again = desk.reverts(&resent).await;
        assert_eq!((again.batch, &again.items[0].result), (first.batch, &first.items[0].result));
        assert_eq!(again.items[0].comment.as_ref().unwrap().status, Status::Spam, "the response contains the current state of the comment");
        assert_eq!((home.rows("audit").await, home.comment(comments[0].id).await.status), (4, Status::Approved));
        let mut other = request;
        other.request.as_mut().unwrap().payload_hash = [8; 32];
        assert!(matches!(home.store.revert(&other).await, Err(Error::RequestIdReused)));
        let failing = revert(8, Target::Entry(first.items[0].result.clone().unwrap()));
        let result = desk.one(&failing).await;
        assert!(is_stale(result.clone(), "lan"));
        desk.decides(9, comments[1].id, Action::Approve).await;
        assert_eq!(desk.one(&failing).await, result, "an error is replayed, too");
    }

    async fn concurrent_duplicates_of_a_revert_get_one_result(home: &Home) {
        let desk = Desk(home);
        for n in 0..4 {
            let waiting = desk.stored(submission(n)).await;
            desk.decides(10 + n, waiting.id, Action::Approve).await;
        }
        let request = revert(20, Target::Last);
        let mut tasks = JoinSet::new();
        for n in 0..12 {
            let (store, copy) = (home.store.clone(), Revert { batch: id_at(at(20 + n)), at: at(20 + n), ..request.clone() });
            tasks.spawn(async move { only(store.revert(&copy).await.unwrap()).result.unwrap() });
        }
        let entries = tasks.join_all().await;
        assert!(entries.iter().all(|entry| *entry == entries[0]));
        assert_eq!(home.rows("audit").await, 5, "duplicates revert one decision");
        home.recount().await;
    }

    async fn a_revert_of_an_unknown_entry_fails(home: &Home) {
        let desk = Desk(home);
        let waiting = desk.stored(submission(1)).await;
        let approval = desk.decides(2, waiting.id, Action::Approve).await;
        let unknown = id_at(at(3));
        for target in [Target::Entry(unknown), Target::Batch(unknown)] {
            let answer = home.store.revert(&by_admin(revert(3, target))).await;
            assert!(matches!(answer, Err(Error::AuditEntryNotFound)));
        }
        let foreign = Revert { site: other_site(), ..by_admin(revert(4, Target::Entry(approval))) };
        assert!(matches!(home.store.revert(&foreign).await, Err(Error::AuditEntryNotFound)));
        assert_eq!(home.rows("audit").await, 1);
    }

    async fn policy_changes_and_erased_comments_cannot_be_reverted(home: &Home) {
        let desk = Desk(home);
        let waiting = desk.stored(submission(1)).await;
        let change = article_change(2, 1);
        home.store.update_article(&change).await.unwrap();
        let policy = by_admin(revert(3, Target::Entry(change.audit_id)));
        assert!(matches!(home.store.revert(&policy).await, Err(Error::NotRevertible)));
        let look = AuditEntry {
            comment: Some(waiting.id),
            ..AuditEntry::new(id_at(at(3)), AuditAction::RevealSender, "chief", at(3))
        };
        home.store.record(&site(), &look).await.unwrap();
        let look = by_admin(revert(4, Target::Entry(look.id)));
        assert!(matches!(home.store.revert(&look).await, Err(Error::NotRevertible)));
        let rejection = desk.decides(5, waiting.id, Action::Reject).await;
        home.execute("update comments set status = 'ERASED', revision = 3").await.unwrap();
        assert_eq!(desk.reverts_one(6, rejection).await, Err(DecisionError::NotRevertible));
        assert_eq!(home.comment(waiting.id).await.status, Status::Erased);
    }

    async fn entries_of_the_first_release_can_be_reverted(home: &Home) {
        let desk = Desk(home);
        let waiting = desk.stored(submission(1)).await;
        home.execute("update comments set status = 'REJECTED', revision = 2").await.unwrap();
        let old = AuditEntry {
            comment: Some(waiting.id),
            article: Some(waiting.article.clone()),
            from_status: Some(Status::Pending),
            to_status: Some(Status::Rejected),
            revision: 2,
            ..AuditEntry::new(id_at(at(2)), AuditAction::Reject, "lan", at(2))
        };
        home.store.record(&site(), &old).await.unwrap();
        desk.reverts_one(3, old.id).await.unwrap();
        assert_eq!(restored(&home.comment(waiting.id).await), restored(&waiting));
    }

    async fn reverting_a_ban_ends_it_and_reverting_a_revocation_restores_it(home: &Home) {
        let desk = Desk(home);
        let ban = desk.bans(1, None, at(9_999)).await;
        let reverted = desk.reverts(&revert(2, Target::Entry(ban))).await;
        let item = only(reverted);
        assert_eq!((item.subject, item.comment), (Subject::Ban(ban), None));
        assert_eq!(home.number("select count(*) from bans where revoked_at is not null and revoked_by = 'lan'").await, 1);
        let filter = AuditFilter { ban: Some(ban), ..AuditFilter::default() };
        let entry = home.store.list_audit(&site(), &filter, 1, None).await.unwrap().items.remove(0);
        assert_eq!((entry.action, entry.reverts, item.result.as_ref()), (AuditAction::Revert, Some(ban), Ok(&entry.id)));
        assert_eq!(desk.reverts_one(3, ban).await, Err(DecisionError::AlreadyReverted));
        let redone = desk.reverts_one(4, entry.id).await.unwrap();
        assert_eq!(desk.unrevoked().await, 1);
        assert_eq!(desk.reverts_one(5, entry.id).await, Err(DecisionError::AlreadyReverted));
        desk.reverts_one(6, redone).await.unwrap();
        assert_eq!(desk.unrevoked().await, 0);

        let other = desk.bans(10, None, at(9_999)).await;
        let end = desk.unbans(11, other).await;
        assert_eq!(desk.reverts_one(12, other).await, Err(DecisionError::AlreadyReverted), "the ban has already been revoked");
        desk.reverts_one(13, end).await.unwrap();
        assert_eq!((desk.unrevoked().await, home.rows("changes").await), (1, 0));
        let again = desk.unbans(14, other).await;
        assert_eq!(desk.reverts_one(15, end).await, Err(DecisionError::AlreadyReverted));
        assert!(desk.reverts_one(16, again).await.is_ok());
    }

    async fn reverting_an_expired_ban_records_an_entry_but_does_not_revoke_it(home: &Home) {
        let desk = Desk(home);
        let ban = desk.bans(1, None, at(100)).await;
        let entry = desk.reverts_one(100, ban).await.unwrap();
        assert_eq!((desk.unrevoked().await, home.rows("audit").await), (1, 2));
        desk.reverts_one(101, entry).await.unwrap();
        assert_eq!(desk.unrevoked().await, 1);
    }

    async fn concurrent_reverts_of_a_ban_end_it_once(home: &Home) {
        let desk = Desk(home);
        let ban = desk.bans(1, None, at(9_999)).await;
        let mut tasks = JoinSet::new();
        for n in 0..8 {
            let (store, revert) = (home.store.clone(), revert(3 + n, Target::Entry(ban)));
            tasks.spawn(async move { only(store.revert(&revert).await.unwrap()).result });
        }
        let results = tasks.join_all().await;
        assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1);
        assert_eq!((desk.unrevoked().await, home.rows("audit").await), (0, 2));
    }

    async fn reverting_a_bans_batch_restores_exactly_that_batch(home: &Home) {
        let desk = Desk(home);
        let root = desk.stored(published(1)).await;
        let bystander = desk.stored(reply_to(root.id, published(2))).await;
        let waiting = desk.stored(submission(3)).await;
        let live = desk.stored(published(4)).await;
        let looked_at = desk.stored(reply_to(root.id, submission(5))).await;
        desk.decides(20, looked_at.id, Action::Approve).await;
        let sent_back = desk.stored(published(6)).await;
        desk.decides(21, sent_back.id, Action::Requeue).await;
        let reported = desk.stored(reply_to(root.id, published(7))).await;
        desk.reported(reported.id, 5, 3, Some(at(22))).await;
        let demanded = desk.stored(published(8)).await;
        home.store.escalate(&demand(23, demanded.id, TakedownKind::Complaint)).await.unwrap();
        let rescued = desk.stored(submission(9)).await;

        let banned = [waiting.id, live.id, looked_at.id, sent_back.id, reported.id, demanded.id];
        let mut before = Vec::new();
        for id in banned.into_iter().chain([rescued.id]) {
            before.push(home.comment(id).await);
        }
        let all_before = [home.comment(root.id).await, home.comment(bystander.id).await];
        let articles = "select coalesce(sum(public_count), 0) from articles where site_id = 'bao-hue'";
        let articles = if home.is_postgres() { format!("select ({articles})::bigint") } else { articles.to_owned() };
        let public = home.number(&articles).await;

        let batch = batch_of(30, Action::Reject, &before);
        desk.bans(30, batch.batch, at(99_999)).await;
        assert!(home.store.decide(&batch).await.unwrap().iter().all(|one| one.result.is_ok()));
        assert_eq!((home.number(&articles).await, home.comment(root.id).await.reply_count), (2, 1));
        desk.decides_as(31, "minh", rescued.id, Action::Approve).await;
        let moved = home.comment(rescued.id).await;

        let request = revert(40, Target::Batch(batch.batch.unwrap()));
        let reverted = desk.reverts(&request).await;
        assert_eq!(reverted.items.len(), 8);
        for item in &reverted.items {
            let spared = item.subject == Subject::Comment(rescued.id);
            assert_eq!(item.result.is_err(), spared, "{item:?}");
        }
        for then in before.iter().take(6) {
            let now = home.comment(then.id).await;
            assert_eq!(restored(&now), restored(then));
            assert_eq!(now.revision, then.revision + 2);
        }
        assert_eq!(home.comment(rescued.id).await, moved);
        assert_eq!([home.comment(root.id).await, home.comment(bystander.id).await], all_before);
        assert_eq!((desk.unrevoked().await, home.number(&articles).await), (0, public + 1));
        home.recount().await;

        let again = desk.reverts(&revert(41, Target::Batch(request.batch))).await;
        assert_eq!(again.items.iter().filter(|item| item.result.is_ok()).count(), 7);
        for id in banned {
            assert!(!home.comment(id).await.status.is_public());
        }
        assert_eq!(desk.unrevoked().await, 1);
        home.recount().await;
    }

    async fn a_concurrent_revert_and_decision_are_serialized(home: &Home) {
        let desk = Desk(home);
        let root = desk.stored(published(0)).await;
        for round in 0..15_i64 {
            let waiting = desk.stored(reply_to(root.id, submission(round))).await;
            let approval = desk.decides(20, waiting.id, Action::Approve).await;
            let removal = DecisionBatch { actor: "minh".into(), ..decision(21, waiting.id, Action::Spam, 2) };
            let (one, other) = (home.store.clone(), home.store.clone());
            let request = tokio::spawn(async move { only(one.revert(&revert(21, Target::Entry(approval))).await.unwrap()).result });
            let removed = tokio::spawn(async move { other.decide(&removal).await.unwrap().remove(0).result });
            let (reverted, removed) = (request.await.unwrap(), removed.await.unwrap());
            assert_eq!(usize::from(reverted.is_ok()) + usize::from(removed.is_ok()), 1);
            let status = home.comment(waiting.id).await.status;
            assert_eq!(status, if reverted.is_ok() { Status::Pending } else { Status::Spam });
            match (reverted, removed) {
                (reverted @ Err(_), _) => assert!(is_stale(reverted, "minh")),
                (_, removed) => assert!(matches!(removed, Err(DecisionError::Stale(last_change)) if last_change.actor == "lan")),
            }
        }
        home.recount().await;
    }
}
