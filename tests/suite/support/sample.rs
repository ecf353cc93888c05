//! Submissions, decisions and tokens with default values, of which a test changes what it needs.

use std::sync::atomic::{AtomicU64, Ordering};

use chrono::{DateTime, Duration, Utc};
use duyetd::domain::{
    access::{AccessToken, Role},
    article::ArticleChange,
    audit::{AuditAction, AuditEntry},
    ban::{Along, Ban, BanEffect, BanKind, BanSubject, NewBan, Revocation},
    comment::{Attention, Comment, FormText},
    decision::{DecisionBatch, DecisionItem},
    id::{ArticleId, CommentId, SiteId},
    key::KeyMark,
    lifecycle::{Action, Status},
    mode::Mode,
    reason::Reason,
    report::Report,
    request::RequestRow,
    site::{LockdownCall, SiteChange, SiteRules},
    spam::{TermChange, TermDraft, TermState, TermTier},
    submission::{Sender, Submission},
};
use uuid::{Timestamp, Uuid};

/// Returns the time at `seconds` of the tests' fixed day; samples never read the clock.
pub(crate) fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_795_392_000, 0).unwrap() + Duration::seconds(seconds)
}

pub(crate) fn id_at(time: DateTime<Utc>) -> Uuid {
    let seconds = u64::try_from(time.timestamp()).unwrap();
    Uuid::new_v7(Timestamp::from_unix(uuid::NoContext, seconds, time.timestamp_subsec_nanos()))
}

pub(crate) fn site() -> SiteId {
    SiteId::parse("bao-hue").unwrap()
}

pub(crate) fn other_site() -> SiteId {
    SiteId::parse("bao-vinh").unwrap()
}

pub(crate) fn article() -> ArticleId {
    article_named("cau-moi")
}

pub(crate) fn article_named(name: &str) -> ArticleId {
    ArticleId::parse(name).unwrap()
}

pub(crate) fn request() -> RequestRow {
    RequestRow {
        id: Uuid::new_v4(),
        payload_hash: [7; 32],
        earlier_hashes: Vec::new(),
        response: "{\"answer\":1}".into(),
    }
}

/// Builds a unique title, so that no sample is a duplicate of another by accident.
fn title() -> String {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    format!("Cầu mới, lần {}", NEXT.fetch_add(1, Ordering::Relaxed))
}

/// Builds a pending comment, submitted at second `n`.
pub(crate) fn submission(n: i64) -> Submission {
    let created_at = at(n);
    let comment = Comment {
        id: CommentId(id_at(created_at)),
        article: article(),
        parent: None,
        reply_to: None,
        author_name: "Nguyễn Thị Lan".into(),
        title: title(),
        content: format!("Đường phố Huế, ý kiến {n}"),
        status: Status::Pending,
        revision: 1,
        created_at,
        published_at: None,
        reviewed_at: None,
        reply_count: 0,
        attention: Attention::default(),
    };
    let form = FormText {
        author_name: comment.author_name.clone(),
        title: comment.title.clone(),
        content: comment.content.clone(),
    };
    Submission {
        site: site(),
        sender: Sender {
            device: Some([1; 16]),
            address: Some([2; 16]),
            prefix: None,
            author: "00112233aabbccdd".into(),
            key: None,
        },
        findings: vec![],
        spam_score: 0.125,
        fingerprint: *Uuid::new_v4().as_bytes(),
        skeleton: None,
        folded: form.folded(&form.said()),
        article_title: "Cầu mới khánh thành".into(),
        article_url: "https://bao-hue.example/cau-moi".into(),
        article_published_at: None,
        known_article: None,
        site_rules: SiteRules { mode: Mode::Pre, auto_close_days: 0, lockdown_until: None },
        nonce: *Uuid::new_v4().as_bytes(),
        request: request(),
        comment,
    }
}

pub(crate) fn text(submission: &Submission) -> FormText {
    let Comment { author_name, title, content, .. } = submission.comment.clone();
    FormText { author_name, title, content }
}

/// Repeats the text of `first`, submitted by the same device at second `n` with a request and a challenge of its
/// own.
pub(crate) fn repeated(n: i64, first: &Submission) -> Submission {
    let Comment { article, parent, reply_to, author_name, title, content, .. } = first.comment.clone();
    let comment = Comment { article, parent, reply_to, author_name, title, content, ..submission(n).comment };
    Submission { comment, sender: first.sender.clone(), fingerprint: first.fingerprint, ..submission(n) }
}

/// Builds a comment that is public from the start.
pub(crate) fn published(n: i64) -> Submission {
    let mut submission = submission(n);
    submission.comment.status = Status::Approved;
    submission.comment.published_at = Some(at(n));
    submission
}

/// Turns a submission into a reply to `root`.
pub(crate) fn reply_to(root: CommentId, mut reply: Submission) -> Submission {
    reply.comment.parent = Some(root);
    reply.comment.reply_to = Some(root);
    reply
}

/// Builds a decision at second `n` by the moderator Lan, who saw `revision`.
pub(crate) fn decision(n: i64, comment: CommentId, action: Action, revision: i64) -> DecisionBatch {
    DecisionBatch {
        site: site(),
        action,
        recorded_as: action.into(),
        reason: action.needs_reason().then_some(Reason::Insult),
        note: String::new(),
        actor: "lan".into(),
        at: at(n),
        batch: None,
        items: vec![DecisionItem { id: id_at(at(n)), comment, expected_revision: revision }],
        request: Some(request()),
    }
}

/// Builds a report at second `n` by a reader of that number.
pub(crate) fn report(n: i64, comment: CommentId, reader: u8) -> Report {
    Report {
        site: site(),
        comment,
        reporter: [reader; 16],
        network: [reader; 16],
        key: KeyMark(1),
        aliases: vec![],
        reason: Some(Reason::Insult),
        note: "Chửi bới".into(),
        at: at(n),
        default_mode: Mode::Pre,
    }
}

/// Builds a change of the sample article at second `n` that changes no field yet.
pub(crate) fn article_change(n: i64, revision: i64) -> ArticleChange {
    ArticleChange {
        audit_id: id_at(at(n)),
        site: site(),
        id: article(),
        title: None,
        url: None,
        mode: None,
        close_at: None,
        published_at: None,
        expected_revision: revision,
        actor: "minh".into(),
        at: at(n),
        request: Some(request()),
    }
}

/// Builds a change of the sample site at second `n` to POST.
pub(crate) fn site_change(n: i64, revision: i64) -> SiteChange {
    SiteChange {
        audit_id: id_at(at(n)),
        site: site(),
        mode: Some(Some(Mode::Post)),
        auto_close_days: None,
        report_threshold: None,
        expected_revision: revision,
        actor: "minh".into(),
        at: at(n),
        request: Some(request()),
    }
}

/// Builds a lockdown of the sample site from second `n` on, or its end.
pub(crate) fn lockdown(n: i64, until: Option<DateTime<Utc>>) -> LockdownCall {
    LockdownCall {
        audit_id: id_at(at(n)),
        site: site(),
        until,
        harder_challenges: until.is_some(),
        note: "tin giả".into(),
        actor: "lan".into(),
        at: at(n),
        request: Some(request()),
    }
}

pub(crate) fn token(name: &str) -> AccessToken {
    AccessToken {
        id: id_at(at(0)),
        site: site(),
        name: name.into(),
        role: Role::Moderator,
        secret_hash: [9; 32],
        macs: vec![],
        created_at: at(0),
        expires_at: None,
        revoked_at: None,
    }
}

/// Builds a ban by Lan at second `n` for an hour, which decides no comments.
pub(crate) fn ban(n: i64, kind: BanKind, key: &[u8], effect: BanEffect) -> NewBan {
    let ban = Ban {
        id: id_at(at(n)),
        kind,
        author: if kind == BanKind::Author { String::from_utf8(key.to_vec()).unwrap() } else { String::new() },
        effect,
        reason: Reason::SpamAd,
        note: "quảng cáo".into(),
        created_by: "lan".into(),
        created_at: at(n),
        expires_at: at(n + 3_600),
        comment: None,
        batch: None,
        revoked_at: None,
        revoked_by: String::new(),
    };
    let subject = BanSubject { kind, key: key.to_vec() };
    NewBan { site: site(), subject, key: None, ban, along: None, request: Some(request()) }
}

/// Adds decisions on all comments since second `since` to a ban.
pub(crate) fn along(since: i64, new: NewBan) -> NewBan {
    let along =
        Along { reject_pending: true, remove_published: true, since: at(since), batch: id_at(new.ban.created_at) };
    NewBan { along: Some(along), ..new }
}

/// Builds the end of a ban by Minh at second `n`.
pub(crate) fn revocation(n: i64, ban: Uuid) -> Revocation {
    let entry = AuditEntry { ban: Some(ban), ..AuditEntry::new(id_at(at(n)), AuditAction::RevokeBan, "minh", at(n)) };
    Revocation { site: site(), ban, entry, request: Some(request()) }
}

/// Builds a term that Lan adds at second `n`, in force.
pub(crate) fn term_change(n: i64, pattern: &str, tier: TermTier) -> TermChange {
    let note = "cờ bạc".to_owned();
    TermChange {
        site: site(),
        id: id_at(at(n)),
        to: Some(TermDraft { pattern: pattern.into(), tier, state: TermState::Enforce, weight: 2.5, note }),
        expected_revision: 0,
        entry: AuditEntry::new(id_at(at(n)), AuditAction::PutTerm, "lan", at(n)),
        request: Some(request()),
    }
}
