//! Readers with a device and an address of their own, and bans of them.

use duyet_proto::v1::{self, BanEffect, BanSubject, Reason, create_ban_request::Subject};
use tonic::Status;
use uuid::Uuid;

use super::newsroom::{Desk, Portal, reason};

/// A reader who submits comments.
#[derive(Debug, Clone)]
pub struct Reader {
    pub name: String,
    pub ip: String,
    /// Empty for a reader without a cookie.
    pub device_token: String,
}

impl Reader {
    /// Creates a reader with a device of their own.
    pub async fn new(portal: &mut Portal, name: &str, ip: &str) -> Self {
        let device_token = portal.challenge("bai").await.device_token;
        Self { device_token, ..Self::without_device(name, ip) }
    }

    pub fn without_device(name: &str, ip: &str) -> Self {
        Self { name: name.into(), ip: ip.into(), device_token: String::new() }
    }

    fn client(&self) -> v1::ReaderContext {
        v1::ReaderContext { ip: self.ip.clone(), device_token: self.device_token.clone() }
    }

    pub async fn form(&self, portal: &mut Portal, article: &str, content: &str) -> v1::SubmitCommentRequest {
        let form = portal.form(article, content).await;
        v1::SubmitCommentRequest { author_name: self.name.clone(), client: Some(self.client()), ..form }
    }

    pub async fn say(
        &self,
        portal: &mut Portal,
        article: &str,
        content: &str,
    ) -> Result<v1::SubmitCommentResponse, Status> {
        let form = self.form(portal, article, content).await;
        send(portal, form).await
    }

    /// Submits a comment that must be accepted, and returns its id.
    pub async fn comment(&self, portal: &mut Portal, article: &str, content: &str) -> String {
        self.say(portal, article, content).await.unwrap().comment_id
    }

    /// Checks whether this reader's submit is denied by a ban.
    pub async fn is_blocked(&self, portal: &mut Portal, content: &str) -> bool {
        match self.say(portal, "bai", content).await {
            Ok(_) => false,
            Err(status) => {
                assert_eq!(reason(&status), "BANNED", "{status:?}");
                true
            }
        }
    }
}

/// Returns a reader, and two others: one shares only the first one's device, the other only the /24 prefix.
pub async fn people(portal: &mut Portal) -> [Reader; 3] {
    let banned = Reader::new(portal, "Lan", "203.0.113.7").await;
    let same_device = Reader { name: "Hoa".into(), ip: "198.51.100.1".into(), ..banned.clone() };
    let neighbour = Reader::new(portal, "Mai", "203.0.113.200").await;
    [banned, same_device, neighbour]
}

/// Submits a form, with retries while the database of a busy machine is unavailable.
pub async fn send(portal: &mut Portal, form: v1::SubmitCommentRequest) -> Result<v1::SubmitCommentResponse, Status> {
    for _ in 0..100 {
        match portal.comments.submit_comment(form.clone()).await {
            Err(status) if matches!(reason(&status).as_str(), "STORAGE_UNAVAILABLE" | "OVERLOADED") => {}
            answer => return answer.map(tonic::Response::into_inner),
        }
    }
    panic!("the database stays unavailable");
}

/// Builds a ban of the given trait of a comment, for a day from when it was submitted.
pub async fn ban_of(desk: &mut Desk, id: &str, kind: BanSubject, effect: BanEffect) -> v1::CreateBanRequest {
    let sent = desk.case(id).await.comment.unwrap().created_at.unwrap();
    v1::CreateBanRequest {
        subject: Some(Subject::CommentId(id.into())),
        subject_kind: kind.into(),
        effect: effect.into(),
        reason: Reason::SpamAd.into(),
        note: "quảng cáo".into(),
        expires_at: Some(prost_types::Timestamp { seconds: sent.seconds + 86_400, ..sent }),
        request_id: Uuid::new_v4().to_string(),
        ..Default::default()
    }
}

impl Desk {
    pub async fn ban(&mut self, request: v1::CreateBanRequest) -> Result<v1::CreateBanResponse, Status> {
        self.bans.create_ban(request).await.map(tonic::Response::into_inner)
    }

    pub async fn unban(&mut self, id: &str) -> v1::RevokeBanResponse {
        let request =
            v1::RevokeBanRequest { ban_id: id.into(), request_id: Uuid::new_v4().to_string(), ..Default::default() };
        self.bans.revoke_ban(request).await.unwrap().into_inner()
    }

    pub async fn ban_list(&mut self, request: v1::ListBansRequest) -> v1::ListBansResponse {
        self.bans.list_bans(request).await.unwrap().into_inner()
    }

    pub async fn audit(&mut self, request: v1::ListAuditRequest) -> Vec<v1::AuditEntry> {
        self.moderation.list_audit(request).await.unwrap().into_inner().entries
    }
}
