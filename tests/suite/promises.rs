//! Promises of docs/internals/promises.md, each tested with every way to do the action, on both databases.

use std::time::{Duration, Instant};

use duyet_proto::v1::{self, Action, create_ban_request, erase_author_request, revert_request};
use duyetd::{domain::mode::Mode, server::Running};
use uuid::Uuid;

use crate::support::newsroom::{Database, Desk, Newsroom, Portal, decision, on_both_databases, portal_at};

on_both_databases! {
    a_call_that_hides_a_comment_responds_only_when_no_replica_shows_it,
    every_way_to_decide_writes_one_audit_row,
}

/// The lifetime of other replicas' cached pages: `service::core::page_cache::FRESH`.
const FRESH: Duration = Duration::from_millis(250);

fn request_id() -> String {
    Uuid::new_v4().to_string()
}

/// Returns the time in an hour, by the clock that the servers use.
#[expect(clippy::disallowed_methods, reason = "the servers read the same clock")]
fn in_an_hour() -> prost_types::Timestamp {
    prost_types::Timestamp { seconds: chrono::Utc::now().timestamp() + 3_600, nanos: 0 }
}

/// The ways to hide a public comment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Reject,
    Spam,
    Requeue,
    Bulk,
    RevertOfADecision,
    RevertOfABatch,
    RevertOfApprovePending,
    Ban,
    EraseByAdmin,
    EraseByReceipt,
    Withdraw,
    ArticleHidden,
    SiteHidden,
}

impl Way {
    /// The last way hides all comments of the site, so the others must come before it.
    const ALL: [Self; 13] = [
        Self::Reject,
        Self::Spam,
        Self::Requeue,
        Self::Bulk,
        Self::RevertOfADecision,
        Self::RevertOfABatch,
        Self::RevertOfApprovePending,
        Self::Ban,
        Self::EraseByAdmin,
        Self::EraseByReceipt,
        Self::Withdraw,
        Self::ArticleHidden,
        Self::SiteHidden,
    ];
}

/// Clients of one replica, and a comment that is public.
struct Scene {
    portal: Portal,
    desk: Desk,
    admin: Desk,
    /// Clients with a portal's token, for the privacy RPCs.
    rights: Desk,
    article: String,
    id: String,
    receipt: String,
    /// The decision that published the comment, if a moderator made it.
    published_by: Option<revert_request::Target>,
}

impl Scene {
    async fn set(newsroom: &Newsroom, way: Way) -> Self {
        let (portal, desk) = (newsroom.portal(), newsroom.desk());
        let [admin, rights] = ["admin", "portal"].map(|name| newsroom.desk_with(&newsroom.token(name)));
        let article = format!("bai-{way:?}");
        let (id, receipt) = (String::new(), String::new());
        let mut scene = Self { portal, desk, admin, rights, article, id, receipt, published_by: None };
        let by_hand = matches!(way, Way::RevertOfADecision | Way::RevertOfABatch | Way::RevertOfApprovePending);
        if by_hand {
            scene.desk.set_mode(&scene.article, v1::Mode::Pre, 0).await;
        }
        let said = scene.portal.say(&scene.article, &format!("Ý kiến để thử {way:?}")).await;
        (scene.id, scene.receipt) = (said.comment_id, said.receipt);
        scene.published_by = match way {
            Way::RevertOfADecision => {
                let approved = scene.desk.approve(&scene.id).await;
                Some(revert_request::Target::DecisionId(approved.decision_id))
            }
            Way::RevertOfABatch => Some(revert_request::Target::BatchId(scene.bulk(Action::Approve).await)),
            Way::RevertOfApprovePending => Some(revert_request::Target::BatchId(scene.approve_pending().await)),
            _ => None,
        };
        scene
    }

    /// Hides the comment, and returns after the response to the call.
    async fn hide(&mut self, way: Way) {
        match way {
            Way::Reject => self.decide(Action::Reject, 1).await,
            Way::Spam => self.decide(Action::Spam, 1).await,
            Way::Requeue => self.decide(Action::Requeue, 1).await,
            Way::Bulk => drop(self.bulk(Action::Spam).await),
            Way::RevertOfADecision | Way::RevertOfABatch | Way::RevertOfApprovePending => self.revert().await,
            Way::Ban => self.ban().await,
            Way::EraseByAdmin => {
                let of = Some(erase_author_request::Of::CommentId(self.id.clone()));
                let request = v1::EraseAuthorRequest { of, note: "theo đơn".into(), request_id: request_id() };
                self.admin.privacy.erase_author(request).await.unwrap();
            }
            Way::EraseByReceipt => {
                let of = Some(erase_author_request::Of::Receipt(self.receipt.clone()));
                let request = v1::EraseAuthorRequest { of, note: "theo đơn".into(), request_id: request_id() };
                self.rights.privacy.erase_author(request).await.unwrap();
            }
            Way::Withdraw => {
                let (comment_id, receipt) = (self.id.clone(), self.receipt.clone());
                let request = v1::WithdrawCommentRequest { comment_id, receipt, request_id: request_id() };
                assert!(self.portal.comments.withdraw_comment(request).await.unwrap().into_inner().changed);
            }
            Way::ArticleHidden => drop(self.desk.set_mode(&self.article, v1::Mode::Hidden, 1).await),
            Way::SiteHidden => {
                let request = v1::GetSiteRequest::default();
                let site = self.admin.policy.get_site(request).await.unwrap().into_inner().site.unwrap();
                let site = v1::SitePolicy { mode: v1::Mode::Hidden.into(), ..site };
                let update_mask = Some(prost_types::FieldMask { paths: vec!["mode".into()] });
                let request = v1::UpdateSiteRequest { site: Some(site), update_mask, request_id: request_id() };
                self.admin.policy.update_site(request).await.unwrap();
            }
        }
    }

    async fn decide(&mut self, action: Action, expected_revision: i64) {
        let request = v1::DecideRequest { expected_revision, ..decision(&self.id, action) };
        assert!(self.desk.decide(request).await.unwrap().changed, "{action:?}");
    }

    /// Returns the batch.
    async fn bulk(&mut self, action: Action) -> String {
        let items = vec![v1::BulkItem { comment_id: self.id.clone(), expected_revision: 1 }];
        let request =
            v1::BulkDecideRequest { items, action: action.into(), request_id: request_id(), ..Default::default() };
        let answer = self.desk.moderation.bulk_decide(request).await.unwrap().into_inner();
        assert!(answer.results[0].changed);
        answer.batch_id
    }

    /// Returns the batch.
    async fn approve_pending(&mut self) -> String {
        let article_id = self.article.clone();
        let request = v1::ApprovePendingRequest {
            article_id,
            request_id: request_id(),
            max_score: Some(1.0),
            ..Default::default()
        };
        self.desk.policy.approve_pending(request).await.unwrap().into_inner().batch_id
    }

    async fn revert(&mut self) {
        let request = v1::RevertRequest { target: self.published_by.clone(), request_id: request_id() };
        self.desk.moderation.revert(request).await.unwrap();
    }

    /// Bans the device, with its public and pending comments.
    async fn ban(&mut self) {
        let request = v1::CreateBanRequest {
            subject: Some(create_ban_request::Subject::CommentId(self.id.clone())),
            subject_kind: v1::BanSubject::Device.into(),
            effect: v1::BanEffect::Block.into(),
            reason: v1::Reason::SpamAd.into(),
            remove_published: true,
            reject_pending: true,
            expires_at: Some(in_an_hour()),
            request_id: request_id(),
            ..Default::default()
        };
        self.desk.bans.create_ban(request).await.unwrap();
    }

    async fn audit_rows(&mut self) -> Vec<v1::AuditEntry> {
        let request = v1::ListAuditRequest { comment_id: self.id.clone(), page_size: 100, ..Default::default() };
        self.desk.moderation.list_audit(request).await.unwrap().into_inner().entries
    }
}

/// Checks whether readers of that replica see the comment.
async fn shows(portal: &mut Portal, article: &str, id: &str) -> bool {
    portal.list(article).await.comments.iter().any(|shown| shown.id == id && !shown.content.is_empty())
}

/// Promise 5. Readers of another replica fill its cache until the comment is hidden; on SQLite, they are readers of the
/// same server.
async fn a_call_that_hides_a_comment_responds_only_when_no_replica_shows_it(database: Database) {
    let newsroom = Newsroom::open_with(database, |config| config.mode = Mode::Post).await;
    let replica: Option<Running> = match database {
        Database::Postgres => Some(newsroom.replica().await),
        Database::Sqlite => None,
    };
    let addr = replica.as_ref().map_or(newsroom.running.grpc_addr, |replica| replica.grpc_addr);
    let mut other = portal_at(addr, &newsroom.token("portal"));
    let mut early = Vec::new();
    for way in Way::ALL {
        let mut scene = Scene::set(&newsroom, way).await;
        while !shows(&mut other, &scene.article, &scene.id).await {}
        let asked = Instant::now();
        scene.hide(way).await;
        let took = asked.elapsed();
        let is_shown = shows(&mut other, &scene.article, &scene.id).await;
        // The minimum duration is checked in every case. A stale page can only be seen if the other replica's page is
        // young enough.
        if is_shown || (replica.is_some() && took < FRESH) {
            early.push((way, is_shown, took));
        }
    }
    assert!(
        early.is_empty(),
        "the comment was shown after the response, or the response came before other replicas' pages had expired: {early:?}"
    );
    if let Some(replica) = replica {
        replica.stop().await;
    }
    newsroom.close().await;
}

/// Promise 6, for moderators' decisions and for the system's changes on behalf of a person.
async fn every_way_to_decide_writes_one_audit_row(database: Database) {
    let newsroom = Newsroom::open_with(database, |config| config.mode = Mode::Post).await;
    for way in Way::ALL {
        if matches!(way, Way::ArticleHidden | Way::SiteHidden) {
            continue;
        }
        let mut scene = Scene::set(&newsroom, way).await;
        let before = scene.audit_rows().await.len();
        let published = usize::from(scene.published_by.is_some());
        assert_eq!(before, published, "{way:?}: before, there is one audit row if a moderator published the comment");
        scene.hide(way).await;
        let rows = scene.audit_rows().await;
        assert_eq!(rows.len(), before + 1, "{way:?}: {rows:?}");
        assert_ne!(rows[0].from_status, rows[0].to_status, "{way:?}");
    }
    newsroom.close().await;
}
