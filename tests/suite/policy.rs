//! Site and article policies: mode, auto-close and lockdown, and their effect on submits in flight.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicUsize, Ordering},
};

use chrono::{DateTime, SubsecRound as _, Utc};
use duyet_proto::v1::{self, Mode, Outcome};
use prost_types::{FieldMask, Timestamp};
use tokio::task::JoinSet;
use tonic::{Code, Status};
use uuid::Uuid;

use crate::support::newsroom::{Database, Desk, Newsroom, Portal, fields, on_both_databases, portal_at, reason};

on_both_databases! {
    a_site_is_changed_by_an_admin_at_the_expected_revision,
    all_violations_of_a_policy_change_are_returned_at_once,
    articles_inherit_the_sites_mode,
    a_lockdown_holds_comments_that_would_be_published_at_once,
    a_lockdown_ends_automatically,
    a_resent_lockdown_gets_its_first_response,
    articles_close_automatically_after_their_publication,
    a_lockdown_does_not_affect_another_site,
    a_submit_that_begins_after_the_closing_fails,
    a_submit_that_begins_after_a_lockdown_is_held,
}

/// Returns the current time in microseconds, the precision that the service stores.
#[expect(clippy::disallowed_methods, reason = "the service's edge reads the same clock")]
fn now() -> DateTime<Utc> {
    DateTime::<Utc>::from(std::time::SystemTime::now()).trunc_subsecs(6)
}

fn time(at: DateTime<Utc>) -> Timestamp {
    Timestamp { seconds: at.timestamp(), nanos: i32::try_from(at.timestamp_subsec_nanos()).unwrap() }
}

fn in_seconds(seconds: i64) -> Timestamp {
    time(now() + chrono::Duration::seconds(seconds))
}

fn in_days(days: i64) -> Timestamp {
    in_seconds(days * 86_400)
}

fn new_request_id() -> String {
    Uuid::new_v4().to_string()
}

impl Desk {
    async fn site(&mut self) -> v1::SitePolicy {
        self.policy.get_site(v1::GetSiteRequest {}).await.unwrap().into_inner().site.unwrap()
    }

    async fn change_site(&mut self, site: v1::SitePolicy, paths: &[&str]) -> Result<v1::SitePolicy, Status> {
        let mask = FieldMask { paths: paths.iter().map(|path| (*path).to_owned()).collect() };
        let request = v1::UpdateSiteRequest { site: Some(site), update_mask: Some(mask), request_id: new_request_id() };
        self.policy.update_site(request).await.map(|response| response.into_inner().site.unwrap())
    }

    /// Changes the site's mode at its current revision.
    async fn set_site_mode(&mut self, mode: Mode) -> v1::SitePolicy {
        let revision = self.site().await.revision;
        let site = v1::SitePolicy { mode: mode.into(), revision, ..Default::default() };
        self.change_site(site, &["mode"]).await.unwrap()
    }

    async fn lock_down(&mut self, until: Option<Timestamp>) -> v1::SitePolicy {
        let request = v1::LockdownRequest {
            until,
            note: "Tin giả lan nhanh".into(),
            request_id: new_request_id(),
            ..Default::default()
        };
        self.policy.lockdown(request).await.unwrap().into_inner().site.unwrap()
    }

    async fn article(&mut self, id: &str) -> v1::ArticlePolicy {
        let request = v1::GetArticleRequest { article_id: id.into() };
        self.policy.get_article(request).await.unwrap().into_inner().article.unwrap()
    }
}

impl Portal {
    /// Submits to an article that was published some days ago.
    async fn say_of(&mut self, article: &str, days_ago: i64) -> Result<v1::SubmitCommentResponse, Status> {
        let form = self.form(article, &Uuid::new_v4().to_string()).await;
        let form = v1::SubmitCommentRequest { article_published_at: Some(in_days(-days_ago)), ..form };
        self.comments.submit_comment(form).await.map(tonic::Response::into_inner)
    }

    async fn count(&mut self, article: &str) -> i64 {
        let request = v1::CountCommentsRequest { article_ids: vec![article.into()] };
        self.comments.count_comments(request).await.unwrap().into_inner().counts[article]
    }
}

fn admin(newsroom: &Newsroom) -> Desk {
    newsroom.desk_with(&newsroom.token("admin"))
}

async fn a_site_is_changed_by_an_admin_at_the_expected_revision(database: Database) {
    let newsroom = Newsroom::open(database).await;
    let (mut admin, mut desk) = (admin(&newsroom), newsroom.desk());
    let untouched = desk.site().await;
    assert_eq!((untouched.mode(), untouched.revision, untouched.effective_mode()), (Mode::Unspecified, 0, Mode::Pre));
    let site = v1::SitePolicy { auto_close_days: 7, report_threshold: 4, ..Default::default() };
    let status = desk.change_site(site.clone(), &[]).await.unwrap_err();
    assert_eq!((status.code(), reason(&status).as_str()), (Code::PermissionDenied, "MISSING_ROLE"));
    let changed = admin.change_site(site, &["auto_close_days"]).await.unwrap();
    assert_eq!((changed.auto_close_days, changed.report_threshold, changed.revision), (7, 0, 1));
    let stale = admin.change_site(v1::SitePolicy::default(), &["*"]).await.unwrap_err();
    assert_eq!((stale.code(), reason(&stale).as_str()), (Code::Aborted, "STALE_REVISION"));
    let info = tonic_types::StatusExt::get_details_error_info(&stale).unwrap();
    assert_eq!(info.metadata["current_revision"], "1");

    let site = v1::SitePolicy { mode: Mode::Hybrid.into(), report_threshold: 1_000, revision: 1, ..Default::default() };
    let request = v1::UpdateSiteRequest { site: Some(site.clone()), update_mask: None, request_id: new_request_id() };
    let first = admin.policy.update_site(request.clone()).await.unwrap().into_inner();
    let all = first.site.clone().unwrap();
    assert_eq!((all.mode(), all.auto_close_days, all.report_threshold, all.revision), (Mode::Hybrid, 0, 1_000, 2));
    let resent = admin.policy.update_site(request.clone()).await.unwrap().into_inner();
    assert_eq!(resent, first, "a resend changes nothing");
    let other = v1::UpdateSiteRequest { site: Some(v1::SitePolicy { mode: 0, ..site }), ..request };
    assert_eq!(reason(&admin.policy.update_site(other).await.unwrap_err()), "REQUEST_ID_REUSED");
    assert_eq!(desk.site().await, all);
}

async fn all_violations_of_a_policy_change_are_returned_at_once(database: Database) {
    let newsroom = Newsroom::open(database).await;
    let mut admin = admin(&newsroom);
    let site =
        v1::SitePolicy { mode: 99, auto_close_days: 3_651, report_threshold: -1, revision: -1, ..Default::default() };
    let mask = FieldMask { paths: vec!["lockdown".into()] };
    let request = v1::UpdateSiteRequest { site: Some(site), update_mask: Some(mask), request_id: "x".into() };
    let status = admin.policy.update_site(request).await.unwrap_err();
    let expected =
        ["site.mode", "site.auto_close_days", "site.report_threshold", "site.revision", "update_mask", "request_id"];
    assert_eq!(fields(&status), expected);

    let long = "á".repeat(501);
    let call = |until, note: &str, request_id: &str| v1::LockdownRequest {
        until: Some(until),
        note: note.into(),
        request_id: request_id.into(),
        ..Default::default()
    };
    let mut lock = async |request| fields(&admin.policy.lockdown(request).await.unwrap_err());
    assert_eq!(lock(call(in_seconds(-1), &long, "")).await, ["note", "request_id", "until"]);
    assert_eq!(lock(call(in_seconds(-1), "", &new_request_id())).await, ["until"]);
    assert_eq!(lock(call(in_days(31), "", &new_request_id())).await, ["until"]);
    assert_eq!(newsroom.desk().site().await, v1::SitePolicy { effective_mode: Mode::Pre.into(), ..Default::default() });
    // The largest allowed values are accepted.
    newsroom.desk().lock_down(Some(in_seconds(30 * 86_400 - 60))).await;
    let site = v1::SitePolicy { auto_close_days: 3_650, report_threshold: 1_000, ..Default::default() };
    let mut admin = self::admin(&newsroom);
    admin.change_site(site, &[]).await.unwrap();

    let approve = v1::ApprovePendingRequest { max_score: Some(1.5), ..Default::default() };
    let status = admin.policy.approve_pending(approve).await.unwrap_err();
    assert_eq!(fields(&status), ["article_id", "max_score", "request_id"]);
    let not_a_number = v1::ApprovePendingRequest {
        article_id: "bai".into(),
        max_score: Some(f64::NAN),
        dry_run: true,
        ..Default::default()
    };
    assert_eq!(fields(&admin.policy.approve_pending(not_a_number).await.unwrap_err()), ["max_score"]);
}

async fn articles_inherit_the_sites_mode(database: Database) {
    let newsroom = Newsroom::open(database).await;
    let (mut portal, mut admin) = (newsroom.portal(), admin(&newsroom));
    assert_eq!(portal.say("bai", "Một").await.outcome(), Outcome::Pending);
    admin.set_site_mode(Mode::Post).await;
    let public = portal.say("bai", "Hai").await;
    assert_eq!(public.outcome(), Outcome::Published);
    admin.set_mode("rieng", Mode::Pre, 0).await;
    assert_eq!(portal.say("rieng", "Ba").await.outcome(), Outcome::Pending, "the article's own mode takes precedence");

    admin.set_site_mode(Mode::Closed).await;
    let form = portal.form("bai", "Bốn").await;
    let status = portal.comments.submit_comment(form).await.unwrap_err();
    assert_eq!((reason(&status).as_str(), portal.count("bai").await), ("ARTICLE_CLOSED", 1));
    let page = portal.list("bai").await;
    assert_eq!(
        (page.mode(), page.comments.len(), page.total_count),
        (Mode::Closed, 1, 1),
        "a closed article can be read"
    );
    assert_eq!(portal.list("chua-ai-noi").await.mode(), Mode::Closed);

    admin.set_site_mode(Mode::Hidden).await;
    let page = portal.list("bai").await;
    assert_eq!((page.mode(), page.comments.len(), page.total_count), (Mode::Hidden, 0, 0));
    assert_eq!(portal.count("bai").await, 0);
    let request = v1::GetCommentRequest { id: public.comment_id.clone(), receipts: vec![public.receipt.clone()] };
    assert_eq!(reason(&portal.comments.get_comment(request).await.unwrap_err()), "COMMENT_NOT_FOUND");
    assert_eq!(admin.article("bai").await.effective_mode(), Mode::Hidden);
    assert_eq!(portal.list("rieng").await.mode(), Mode::Pre);
}

async fn a_lockdown_holds_comments_that_would_be_published_at_once(database: Database) {
    let newsroom = Newsroom::open(database).await;
    let (mut portal, mut desk) = (newsroom.portal(), newsroom.desk());
    for (article, mode) in [("post", Mode::Post), ("hybrid", Mode::Hybrid), ("pre", Mode::Pre), ("an", Mode::Hidden)] {
        desk.set_mode(article, mode, 0).await;
    }
    assert_eq!(portal.say("post", "Trước").await.outcome(), Outcome::Published);
    let closed = desk.set_mode("dong", Mode::Closed, 0).await;
    let locked = desk.lock_down(Some(in_seconds(3_600))).await;
    let lockdown = locked.lockdown.clone().unwrap();
    assert_eq!((lockdown.note.as_str(), lockdown.called_by.as_str()), ("Tin giả lan nhanh", "moderator"));
    assert_eq!((locked.revision, locked.effective_mode()), (0, Mode::Pre));
    for article in ["post", "hybrid", "pre"] {
        assert_eq!(portal.say(article, "Trong lúc khóa").await.outcome(), Outcome::Pending, "{article}");
        assert_eq!(portal.list(article).await.mode(), Mode::Pre, "{article}");
    }
    for article in ["dong", "an"] {
        let form = portal.form(article, "Trong lúc khóa").await;
        assert_eq!(reason(&portal.comments.submit_comment(form).await.unwrap_err()), "ARTICLE_CLOSED", "{article}");
    }
    assert_eq!(desk.article("dong").await, closed, "a lockdown does not open a closed article");
    let policy = desk.article("post").await;
    assert_eq!((policy.mode(), policy.effective_mode()), (Mode::Post, Mode::Pre));
    assert_eq!(portal.list("post").await.comments.len(), 1, "public comments stay public");

    let lifted = desk.lock_down(None).await;
    assert_eq!((lifted.lockdown, desk.site().await.lockdown), (None, None));
    assert_eq!(portal.say("post", "Sau").await.outcome(), Outcome::Published);
    let audit = desk.moderation.list_audit(v1::ListAuditRequest { action: "LOCKDOWN".into(), ..Default::default() });
    let entries = audit.await.unwrap().into_inner().entries;
    let notes: Vec<_> = entries.iter().map(|entry| entry.note.split(' ').next().unwrap()).collect();
    assert!(notes[0] == "lifted" && notes[1].starts_with("until="), "{notes:?}");
}

async fn a_lockdown_ends_automatically(database: Database) {
    let newsroom = Newsroom::open(database).await;
    let (mut portal, mut desk) = (newsroom.portal(), newsroom.desk());
    desk.set_mode("bai", Mode::Post, 0).await;
    let until = in_seconds(2);
    desk.lock_down(Some(until)).await;
    let mut published = None;
    for number in 0..100_000 {
        if let Some(at) = portal.say("bai", &format!("Lần {number}")).await.published_at {
            published = Some(at);
            break;
        }
    }
    let published = published.expect("the lockdown never ended");
    assert!(published.seconds >= until.seconds, "{published:?} is before {until:?}");
    assert_eq!(desk.site().await.lockdown, None, "an ended lockdown is not returned");
}

async fn a_resent_lockdown_gets_its_first_response(database: Database) {
    let newsroom = Newsroom::open(database).await;
    let mut desk = newsroom.desk();
    let until = in_seconds(1);
    let request = v1::LockdownRequest { until: Some(until), request_id: new_request_id(), ..Default::default() };
    desk.policy.lockdown(request.clone()).await.unwrap();
    while desk.site().await.lockdown.is_some() {}
    // The lockdown has ended. A call that is not a resend would fail, because the end of its lockdown is in the past.
    let late = v1::LockdownRequest { request_id: new_request_id(), ..request.clone() };
    assert_eq!(fields(&desk.policy.lockdown(late).await.unwrap_err()), ["until"]);
    desk.policy.lockdown(request.clone()).await.unwrap();
    let other = v1::LockdownRequest { note: "khác".into(), ..request };
    assert_eq!(reason(&desk.policy.lockdown(other).await.unwrap_err()), "REQUEST_ID_REUSED");
}

async fn articles_close_automatically_after_their_publication(database: Database) {
    let newsroom = Newsroom::open(database).await;
    let (mut portal, mut admin) = (newsroom.portal(), admin(&newsroom));
    let site = v1::SitePolicy { auto_close_days: 7, ..Default::default() };
    admin.change_site(site, &[]).await.unwrap();
    portal.say_of("moi", 6).await.unwrap();
    let status = portal.say_of("cu", 8).await.unwrap_err();
    assert_eq!((status.code(), reason(&status).as_str()), (Code::FailedPrecondition, "ARTICLE_CLOSED"));
    portal.say("khong-noi", "Bài không có ngày").await;
    let policy = admin.article("moi").await;
    assert_eq!(policy.effective_mode(), Mode::Pre);
    assert_eq!(policy.closes_at.unwrap().seconds - policy.published_at.unwrap().seconds, 7 * 86_400);
    // The portal may send the publication date later, but only the first date is stored.
    let status = portal.say_of("khong-noi", 8).await.unwrap_err();
    assert_eq!(reason(&status), "ARTICLE_CLOSED", "the publication date comes from the portal");
    assert_eq!(portal.list("khong-noi").await.mode(), Mode::Pre, "a failed submit does not store the date");
    portal.say_of("khong-noi", 5).await.unwrap();
    portal.say_of("khong-noi", 8).await.expect("the first date wins");

    let own = v1::ArticlePolicy {
        article_id: "moi".into(),
        revision: 1,
        close_at: Some(in_days(-1)),
        published_at: policy.published_at,
        ..Default::default()
    };
    let mask = FieldMask { paths: vec!["close_at".into()] };
    let mut change =
        v1::UpdateArticleRequest { article: Some(own.clone()), update_mask: Some(mask), request_id: new_request_id() };
    let closed = admin.policy.update_article(change.clone()).await.unwrap().into_inner().article.unwrap();
    assert_eq!(
        (closed.effective_mode(), closed.closes_at),
        (Mode::Closed, own.close_at),
        "the article's own closing time takes precedence"
    );
    // The article's own closing time also keeps it open when auto-close would close it.
    change.article =
        Some(v1::ArticlePolicy { revision: 2, close_at: Some(in_days(100)), published_at: Some(in_days(-50)), ..own });
    change.update_mask = Some(FieldMask { paths: vec!["close_at".into(), "published_at".into()] });
    change.request_id = new_request_id();
    let open = admin.policy.update_article(change).await.unwrap().into_inner().article.unwrap();
    assert_eq!(open.effective_mode(), Mode::Pre);
    portal.say_of("moi", 50).await.unwrap();
}

async fn a_lockdown_does_not_affect_another_site(database: Database) {
    let newsroom = Newsroom::open(database).await;
    let mut stranger = newsroom.desk_with(&newsroom.new_token("ADMIN", "bao-khac").await);
    stranger.lock_down(Some(in_seconds(3_600))).await;
    stranger.set_site_mode(Mode::Hidden).await;
    let mut desk = newsroom.desk();
    assert_eq!((desk.site().await.revision, desk.site().await.lockdown), (0, None));
    desk.set_mode("bai", Mode::Post, 0).await;
    assert_eq!(newsroom.portal().say("bai", "Chào").await.outcome(), Outcome::Published);
}

/// Callers that submit while a policy changes. Each submit records whether it began after the response to the change.
struct Crowd {
    changed: Arc<AtomicBool>,
    submitted: Arc<AtomicUsize>,
    callers: JoinSet<Vec<(bool, Result<Outcome, String>)>>,
}

/// Number of submits by each caller after the change.
const AFTER: usize = 12;

impl Crowd {
    /// Starts readers of one article, distributed over the portals.
    fn gather(portals: &[Portal]) -> Self {
        let changed = Arc::new(AtomicBool::new(false));
        let submitted = Arc::new(AtomicUsize::new(0));
        let mut callers = JoinSet::new();
        for caller in 0..8 {
            let mut portal = portals[caller % portals.len()].clone();
            let (changed, submitted) = (Arc::clone(&changed), Arc::clone(&submitted));
            callers.spawn(async move {
                let (mut results_so_far, mut after) = (Vec::new(), 0);
                while after < AFTER {
                    let form = portal.form("bai", &Uuid::new_v4().to_string()).await;
                    let began_after = changed.load(Ordering::SeqCst);
                    let result = portal.comments.submit_comment(form).await;
                    submitted.fetch_add(1, Ordering::SeqCst);
                    after += usize::from(began_after);
                    results_so_far
                        .push((began_after, result.map(|one| one.into_inner().outcome()).map_err(|one| reason(&one))));
                }
                results_so_far
            });
        }
        Self { changed, submitted, callers }
    }

    async fn is_busy(&self) {
        while self.submitted.load(Ordering::SeqCst) < 24 {
            tokio::task::yield_now().await;
        }
    }

    /// Must be called after the response to the change. Returns the results of the submits that began after it, and of
    /// those that began before it.
    async fn policy_has_changed(self) -> (Vec<Result<Outcome, String>>, Vec<Result<Outcome, String>>) {
        self.changed.store(true, Ordering::SeqCst);
        let results_so_far = self.callers.join_all().await.into_iter().flatten();
        let (after, before): (Vec<_>, Vec<_>) = results_so_far.partition(|(began_after, _)| *began_after);
        let results = |results_so_far: Vec<(bool, _)>| results_so_far.into_iter().map(|(_, result)| result).collect();
        (results(before), results(after))
    }
}

/// Starts a second replica on PostgreSQL; SQLite has one server. The change goes to the first, the submits go to
/// both.
async fn with_replica(newsroom: &Newsroom) -> (Option<duyetd::server::Running>, Vec<Portal>) {
    let mut portals = vec![newsroom.portal()];
    let mut replica = None;
    if newsroom.config.database_url.is_some() {
        let running = newsroom.replica().await;
        portals.push(portal_at(running.grpc_addr, &newsroom.token("portal")));
        replica = Some(running);
    }
    (replica, portals)
}

async fn a_submit_that_begins_after_the_closing_fails(database: Database) {
    let newsroom = Newsroom::open(database).await;
    let (replica, portals) = with_replica(&newsroom).await;
    let mut desk = newsroom.desk();
    desk.set_mode("bai", Mode::Post, 0).await;
    let crowd = Crowd::gather(&portals);
    crowd.is_busy().await;
    desk.set_mode("bai", Mode::Closed, 1).await;
    let (before, after) = crowd.policy_has_changed().await;
    assert!(before.contains(&Ok(Outcome::Published)), "{before:?}");
    assert!(after.len() >= 8 * AFTER && after.iter().all(|one| *one == Err("ARTICLE_CLOSED".into())), "{after:?}");
    // The count equals the acknowledged submits, so no other submit was published.
    let public = before.iter().filter(|one| **one == Ok(Outcome::Published)).count();
    let mut portal = newsroom.portal();
    assert_eq!(portal.count("bai").await, i64::try_from(public).unwrap());
    if let Some(replica) = replica {
        replica.stop().await;
    }
}

async fn a_submit_that_begins_after_a_lockdown_is_held(database: Database) {
    let newsroom = Newsroom::open(database).await;
    let (replica, portals) = with_replica(&newsroom).await;
    let mut desk = newsroom.desk();
    desk.set_mode("bai", Mode::Post, 0).await;
    let crowd = Crowd::gather(&portals);
    crowd.is_busy().await;
    desk.lock_down(Some(in_seconds(3_600))).await;
    let (before, after) = crowd.policy_has_changed().await;
    assert!(before.contains(&Ok(Outcome::Published)), "{before:?}");
    assert!(after.len() >= 8 * AFTER && after.iter().all(|one| *one == Ok(Outcome::Pending)), "{after:?}");
    if let Some(replica) = replica {
        replica.stop().await;
    }
}
