//! Tests that sites share a service but no data: a caller that knows the ids of another site can neither read nor
//! change its data.

use std::collections::BTreeSet;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use duyet_proto::v1::{
    self, BanEffect, BanSubject, Reason, TakedownKind, create_ban_request::Subject, revert_request::Target,
};
use duyetd::grpc::role;
use tonic::{Response, Status};
use uuid::Uuid;

use crate::support::{
    newsroom::{ANSWER, Database, Desk, Newsroom, Portal, decision, on_both_databases, reason},
    readers::ban_of,
};

on_both_databases! {
    ids_of_another_site_neither_read_nor_change_anything,
}

/// The ids of a site's data.
struct Ours {
    article: String,
    comment: String,
    waiting: String,
    receipt: String,
    decision: String,
    batch: String,
    ban: String,
    ban_ends: Option<prost_types::Timestamp>,
    term: v1::Term,
    challenge: String,
}

async fn ours(portal: &mut Portal, admin: &mut Desk) -> Ours {
    let article = "bai-cua-ta".to_owned();
    let sent = portal.say(&article, "Đường phố Huế rất đẹp").await;
    let (comment, receipt) = (sent.comment_id, sent.receipt);
    let waiting = portal.say(&article, "Một ý kiến còn chờ").await.comment_id;
    let items = vec![v1::BulkItem { comment_id: comment.clone(), expected_revision: 1 }];
    let (action, request_id) = (v1::Action::Approve.into(), Uuid::new_v4().to_string());
    let bulk = v1::BulkDecideRequest { items, action, request_id, ..Default::default() };
    let done = admin.moderation.bulk_decide(bulk).await.unwrap().into_inner();
    let ban = ban_of(admin, &comment, BanSubject::Device, BanEffect::Hold).await;
    let ban = admin.ban(ban).await.unwrap().ban.unwrap();
    let term = admin.put(super::terms::term("chạy án", v1::TermTier::Exact)).await.unwrap();
    let challenge = portal.challenge(&article).await.token;
    Ours {
        article,
        comment,
        waiting,
        receipt,
        decision: done.results[0].decision_id.clone(),
        batch: done.batch_id,
        ban: ban.id,
        ban_ends: ban.expires_at,
        term,
        challenge,
    }
}

/// Returns all data of a site that any role can read.
async fn snapshot(portal: &mut Portal, desk: &mut Desk, ours: &Ours) -> String {
    let cases = [desk.case(&ours.comment).await, desk.case(&ours.waiting).await];
    let article = v1::GetArticleRequest { article_id: ours.article.clone() };
    let article = desk.policy.get_article(article).await.unwrap().into_inner();
    let site = desk.policy.get_site(v1::GetSiteRequest {}).await.unwrap().into_inner();
    let bans =
        desk.bans.list_bans(v1::ListBansRequest { ended: true, ..Default::default() }).await.unwrap().into_inner();
    let terms = desk.rules.list_terms(v1::ListTermsRequest::default()).await.unwrap().into_inner();
    let audit = desk.audit(v1::ListAuditRequest::default()).await;
    let page = portal.list(&ours.article).await;
    let queue = desk.queue().await.total;
    format!("{cases:?}{article:?}{site:?}{bans:?}{terms:?}{audit:?}{page:?}{queue}")
}

fn outcome<T>(answer: Result<Response<T>, Status>) -> String {
    answer.map_or_else(|status| reason(&status), |_| "OK".to_owned())
}

fn request_id() -> String {
    Uuid::new_v4().to_string()
}

async fn ids_of_another_site_neither_read_nor_change_anything(database: Database) {
    let newsroom = Newsroom::open(database).await;
    let (mut portal, mut admin) = (newsroom.portal(), newsroom.desk_with(&newsroom.token("admin")));
    let ours = ours(&mut portal, &mut admin).await;
    let before = snapshot(&mut portal, &mut admin, &ours).await;
    let mut stranger = newsroom.desk_with(&newsroom.new_token("ADMIN", "bao-vinh").await);
    let mut their_portal = newsroom.portal_with(&newsroom.new_token("PORTAL", "bao-vinh").await);

    let mut tried: BTreeSet<&str> = BTreeSet::new();
    for (rpc, answer) in by_portal(&mut their_portal, &ours).await {
        assert!(answer.0 == answer.1, "{rpc}: {answer:?}");
        tried.insert(rpc);
    }
    for (rpc, answer) in
        by_moderation(&mut stranger, &ours).await.into_iter().chain(by_admin(&mut stranger, &ours).await)
    {
        assert!(answer.0 == answer.1, "{rpc}: {answer:?}");
        tried.insert(rpc);
    }
    assert_eq!(snapshot(&mut portal, &mut admin, &ours).await, before);
    // These RPCs take no id: they are about the caller's own site, or about nothing stored.
    let nameless = ["IssueChallenge", "WatchQueue", "GetSite", "UpdateSite", "Lockdown", "AssessText"];
    for (path, _) in role::TABLE {
        let name = path.rsplit('/').next().unwrap();
        assert!(tried.contains(name) != nameless.contains(&name), "{path} must be called by this test");
    }
}

/// The actual and the expected result by RPC.
type Answers = Vec<(&'static str, (String, &'static str))>;

async fn by_portal(portal: &mut Portal, ours: &Ours) -> Answers {
    let form =
        v1::SubmitCommentRequest { parent_id: ours.comment.clone(), ..portal.form(&ours.article, "Trả lời").await };
    let foreign = v1::VerifyChallengeRequest {
        token: ours.challenge.clone(),
        answer: ANSWER.into(),
        article_id: ours.article.clone(),
        request_id: request_id(),
        ..Default::default()
    };
    let report = v1::ReportCommentRequest {
        comment_id: ours.comment.clone(),
        reason: Reason::Insult.into(),
        client: portal.form("bai", "x").await.client,
        request_id: request_id(),
        ..Default::default()
    };
    let page = portal.list(&ours.article).await;
    let count = v1::CountCommentsRequest { article_ids: vec![ours.article.clone()] };
    let counted = portal.comments.count_comments(count).await.unwrap().into_inner();
    let withdrawal = v1::WithdrawCommentRequest {
        comment_id: ours.comment.clone(),
        receipt: ours.receipt.clone(),
        request_id: request_id(),
    };
    let one = v1::GetCommentRequest { id: ours.comment.clone(), receipts: vec![] };
    vec![
        ("SubmitComment", (outcome(portal.comments.submit_comment(form).await), "COMMENT_NOT_FOUND")),
        ("VerifyChallenge", (outcome(portal.captcha.verify_challenge(foreign).await), "CAPTCHA_INVALID")),
        ("ReportComment", (outcome(portal.comments.report_comment(report).await), "COMMENT_NOT_FOUND")),
        ("WithdrawComment", (outcome(portal.comments.withdraw_comment(withdrawal).await), "VALIDATION_FAILED")),
        ("GetComment", (outcome(portal.comments.get_comment(one).await), "COMMENT_NOT_FOUND")),
        ("ListComments", (format!("{}", page.comments.len()), "0")),
        ("CountComments", (format!("{}", counted.counts.values().sum::<i64>()), "0")),
    ]
}

async fn by_moderation(desk: &mut Desk, ours: &Ours) -> Answers {
    let id = || ours.comment.clone();
    let mut answers = Vec::new();
    let campaign = v1::QueueFilter { campaign_of: id(), status: vec![1, 2], ..Default::default() };
    let queue = v1::ListQueueRequest { filter: Some(campaign), ..Default::default() };
    let found = desk.moderation.list_queue(queue).await.unwrap().into_inner();
    answers.push(("ListQueue", (found.total.to_string(), "0")));
    let case = desk.moderation.get_case(v1::GetCaseRequest { comment_id: id() }).await;
    answers.push(("GetCase", (outcome(case), "COMMENT_NOT_FOUND")));
    let claim = v1::ClaimNextRequest { limit: 50, ..Default::default() };
    let claimed = desk.moderation.claim_next(claim).await.unwrap().into_inner();
    answers.push(("ClaimNext", (claimed.cases.len().to_string(), "0")));
    let release = v1::ReleaseClaimsRequest { comment_ids: vec![id()] };
    answers.push(("ReleaseClaims", (outcome(desk.moderation.release_claims(release).await), "OK")));
    let rejection = v1::DecideRequest { expected_revision: 2, ..decision(&ours.comment, v1::Action::Reject) };
    answers.push(("Decide", (outcome(desk.moderation.decide(rejection).await), "COMMENT_NOT_FOUND")));
    let items = vec![v1::BulkItem { comment_id: id(), expected_revision: 2 }];
    let action = v1::Action::Spam.into();
    let bulk = v1::BulkDecideRequest { items, action, request_id: request_id(), ..Default::default() };
    let result = desk.moderation.bulk_decide(bulk).await.unwrap().into_inner().results.remove(0);
    answers.push(("BulkDecide", (format!("{} {:?}", result.changed, result.comment), "false None")));
    for target in [Target::DecisionId(ours.decision.clone()), Target::BatchId(ours.batch.clone())] {
        let revert = v1::RevertRequest { target: Some(target), request_id: request_id() };
        answers.push(("Revert", (outcome(desk.moderation.revert(revert).await), "AUDIT_ENTRY_NOT_FOUND")));
    }
    let kind = TakedownKind::Authority.into();
    let demand = v1::EscalateRequest { comment_id: id(), kind, request_id: request_id(), ..Default::default() };
    answers.push(("Escalate", (outcome(desk.moderation.escalate(demand).await), "COMMENT_NOT_FOUND")));
    let note = v1::AddNoteRequest { comment_id: id(), text: "x".into(), request_id: request_id() };
    answers.push(("AddNote", (outcome(desk.moderation.add_note(note).await), "COMMENT_NOT_FOUND")));
    let stats = desk.moderation.get_stats(v1::GetStatsRequest::default()).await.unwrap().into_inner();
    answers.push(("GetStats", (format!("{} {}", stats.waiting, stats.submitted.len()), "0 0")));
    let audit = desk.audit(v1::ListAuditRequest { comment_id: id(), ..Default::default() }).await;
    answers.push(("ListAudit", (audit.len().to_string(), "0")));
    answers
}

async fn by_admin(desk: &mut Desk, ours: &Ours) -> Answers {
    let mut answers = Vec::new();
    let ban = v1::CreateBanRequest {
        subject: Some(Subject::CommentId(ours.comment.clone())),
        subject_kind: BanSubject::Device.into(),
        effect: BanEffect::Block.into(),
        reason: Reason::Insult.into(),
        expires_at: ours.ban_ends,
        reject_pending: true,
        remove_published: true,
        request_id: request_id(),
        ..Default::default()
    };
    answers.push(("CreateBan", (outcome(desk.bans.create_ban(ban).await), "COMMENT_NOT_FOUND")));
    let end = v1::RevokeBanRequest { ban_id: ours.ban.clone(), request_id: request_id(), ..Default::default() };
    answers.push(("RevokeBan", (outcome(desk.bans.revoke_ban(end).await), "BAN_NOT_FOUND")));
    let bans = desk.bans.list_bans(v1::ListBansRequest { ended: true, ..Default::default() }).await.unwrap();
    answers.push(("ListBans", (bans.into_inner().bans.len().to_string(), "0")));
    let reveal =
        v1::RevealSenderRequest { comment_id: ours.comment.clone(), note: "x".into(), request_id: request_id() };
    answers.push(("RevealSender", (outcome(desk.privacy.reveal_sender(reveal).await), "COMMENT_NOT_FOUND")));
    let of = Some(v1::export_author_request::Of::CommentId(ours.comment.clone()));
    let export = desk.privacy.export_author(v1::ExportAuthorRequest { of }).await;
    answers
        .push(("ExportAuthor", (export.map_or_else(|status| reason(&status), |_| "OK".into()), "COMMENT_NOT_FOUND")));
    let of = Some(v1::erase_author_request::Of::CommentId(ours.comment.clone()));
    let erase = v1::EraseAuthorRequest { of, request_id: request_id(), ..Default::default() };
    answers.push(("EraseAuthor", (outcome(desk.privacy.erase_author(erase).await), "COMMENT_NOT_FOUND")));
    answers.push((
        "PutTerm",
        (desk.put(ours.term.clone()).await.map_or_else(|status| reason(&status), |_| "OK".into()), "TERM_NOT_FOUND"),
    ));
    let delete = v1::DeleteTermRequest { term_id: ours.term.id.clone(), revision: 1, request_id: request_id() };
    answers.push(("DeleteTerm", (outcome(desk.rules.delete_term(delete).await), "TERM_NOT_FOUND")));
    let terms = desk.rules.list_terms(v1::ListTermsRequest::default()).await.unwrap().into_inner().terms;
    answers.push(("ListTerms", (terms.len().to_string(), "0")));
    let replay = desk.rules.replay_rules(v1::ReplayRulesRequest::default()).await.unwrap().into_inner();
    answers.push(("ReplayRules", (replay.rules.len().to_string(), "0")));
    let approve = v1::ApprovePendingRequest {
        article_id: ours.article.clone(),
        max_score: Some(1.0),
        dry_run: false,
        request_id: request_id(),
    };
    answers.push(("ApprovePending", (outcome(desk.policy.approve_pending(approve).await), "ARTICLE_NOT_FOUND")));
    let article = v1::GetArticleRequest { article_id: ours.article.clone() };
    answers.push(("GetArticle", (outcome(desk.policy.get_article(article).await), "ARTICLE_NOT_FOUND")));
    // Portals choose the ids of articles, so the other site may create an article with this id.
    let closed = desk.set_mode(&ours.article, v1::Mode::Hidden, 0).await;
    answers.push(("UpdateArticle", (closed.revision.to_string(), "1")));
    answers
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_token_with_any_bit_changed_is_invalid() {
    let newsroom = Newsroom::open(Database::Sqlite).await;
    let (mut portal, mut admin) = (newsroom.portal(), newsroom.desk_with(&newsroom.token("admin")));
    for n in 0..2 {
        let id = portal.say("bai", &format!("Ý kiến số {n}")).await.comment_id;
        admin.approve(&id).await;
        portal.say("bai", &format!("Còn chờ số {n}")).await;
        let ban = ban_of(&mut admin, &id, BanSubject::Fingerprint, BanEffect::Hold).await;
        admin.ban(ban).await.unwrap();
        admin.put(super::terms::term(&format!("từ số {n}"), v1::TermTier::Exact)).await.unwrap();
    }
    let mut flips = 0;
    for list in ["ListComments", "ListQueue", "ListAudit", "ListBans", "ListTerms"] {
        let token = next_page(&mut portal, &mut admin, list, String::new()).await.unwrap();
        let bytes = URL_SAFE_NO_PAD.decode(&token).unwrap();
        for bit in 0..bytes.len() * 8 {
            let mut flipped = bytes.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            let answer = next_page(&mut portal, &mut admin, list, URL_SAFE_NO_PAD.encode(flipped)).await;
            assert_eq!(reason(&answer.unwrap_err()), "PAGE_TOKEN_INVALID", "{list}, bit {bit}");
            flips += 1;
        }
        next_page(&mut portal, &mut admin, list, token).await.unwrap();
    }
    assert!(flips > 1_000, "{flips}");
}

/// Returns the token after a page of one item.
async fn next_page(portal: &mut Portal, desk: &mut Desk, list: &str, page_token: String) -> Result<String, Status> {
    let page_size = 1;
    Ok(match list {
        "ListComments" => {
            let request =
                v1::ListCommentsRequest { article_id: "bai".into(), page_size, page_token, ..Default::default() };
            portal.comments.list_comments(request).await?.into_inner().next_page_token
        }
        "ListQueue" => {
            let request = v1::ListQueueRequest { page_size, page_token, ..Default::default() };
            desk.moderation.list_queue(request).await?.into_inner().next_page_token
        }
        "ListAudit" => {
            let request = v1::ListAuditRequest { page_size, page_token, ..Default::default() };
            desk.moderation.list_audit(request).await?.into_inner().next_page_token
        }
        "ListBans" => {
            let request = v1::ListBansRequest { page_size, page_token, ..Default::default() };
            desk.bans.list_bans(request).await?.into_inner().next_page_token
        }
        _ => {
            let request = v1::ListTermsRequest { page_size, page_token, ..Default::default() };
            desk.rules.list_terms(request).await?.into_inner().next_page_token
        }
    })
}
