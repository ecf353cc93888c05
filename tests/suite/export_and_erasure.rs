//! Tests of a reader's rights: everything that a reader wrote can be exported, and can be erased permanently.

use duyet_proto::v1::{
    self, CommentStatus, EraseAuthorRequest, ExportAuthorRequest, ExportAuthorResponse, erase_author_request,
    export_author_request,
};
use tonic::{Code, Status};
use uuid::Uuid;

use crate::support::{
    home::Home,
    newsroom::{Database, Desk, Newsroom, decision, fields, on_both_databases, reason},
    readers::{Reader, ban_of},
};

on_both_databases! {
    all_comments_of_a_device_are_exported_and_erased,
    no_stored_data_contains_an_erased_text,
    without_a_device_only_the_one_comment_is_exported_and_erased,
    a_portal_needs_a_receipt,
    a_resent_erasure_is_the_same_erasure,
    a_resend_continues_an_interrupted_erasure,
    an_erased_comment_keeps_its_replies_visible_and_cannot_be_restored,
}

/// A word that occurs only in the erased texts.
const CANARY: &str = "Zirkonia";

fn request_id() -> String {
    Uuid::new_v4().to_string()
}

fn erase(of: erase_author_request::Of) -> EraseAuthorRequest {
    EraseAuthorRequest { of: Some(of), note: "theo đơn".into(), request_id: request_id() }
}

fn by_comment(id: &str) -> EraseAuthorRequest {
    erase(erase_author_request::Of::CommentId(id.into()))
}

impl Desk {
    async fn erase(&mut self, request: EraseAuthorRequest) -> Result<v1::EraseAuthorResponse, Status> {
        self.privacy.erase_author(request).await.map(tonic::Response::into_inner)
    }

    async fn export(&mut self, of: export_author_request::Of) -> Result<Vec<ExportAuthorResponse>, Status> {
        let mut stream = self.privacy.export_author(ExportAuthorRequest { of: Some(of) }).await?.into_inner();
        let mut items = Vec::new();
        while let Some(one) = stream.message().await? {
            items.push(one);
        }
        Ok(items)
    }
}

fn contents(items: &[ExportAuthorResponse]) -> Vec<String> {
    let content = |item: &ExportAuthorResponse| match (&item.comment, &item.report) {
        (Some(comment), None) => comment.content.clone(),
        (None, Some(report)) => format!("report: {}", report.note),
        both => panic!("{both:?}"),
    };
    items.iter().map(content).collect()
}

async fn all_comments_of_a_device_are_exported_and_erased(database: Database) {
    let newsroom = Newsroom::open(database).await;
    let mut portal = newsroom.portal();
    let mut admin = newsroom.desk_with(&newsroom.token("admin"));
    let lan = Reader::new(&mut portal, "Lan", "203.0.113.7").await;
    let namesake = Reader::new(&mut portal, "Lan", "203.0.113.7").await;
    let mut ids = Vec::new();
    for (n, from) in [&lan, &lan, &namesake, &lan].into_iter().enumerate() {
        ids.push(from.comment(&mut portal, "bai", &format!("Câu số {n}")).await);
    }
    admin.approve(&ids[0]).await;
    admin.approve(&ids[2]).await;
    admin.decide(decision(&ids[1], v1::Action::Spam)).await.unwrap();
    let report = v1::ReportCommentRequest {
        comment_id: ids[2].clone(),
        note: "Chửi tôi".into(),
        client: Some(v1::ReaderContext { device_token: lan.device_token.clone(), ..Default::default() }),
        request_id: request_id(),
        ..Default::default()
    };
    portal.comments.report_comment(report).await.unwrap();

    let key = admin.case(&ids[3]).await.author_history.unwrap().author;
    let all = ["Câu số 0", "Câu số 1", "Câu số 3", "report: Chửi tôi"];
    for of in [export_author_request::Of::CommentId(ids[1].clone()), export_author_request::Of::Author(key.clone())] {
        assert_eq!(contents(&admin.export(of).await.unwrap()), all);
    }
    let erased = admin.erase(by_comment(&ids[0])).await.unwrap();
    assert_eq!((erased.erased, erased.reports), (3, 1));
    for of in [export_author_request::Of::CommentId(ids[0].clone()), export_author_request::Of::Author(key)] {
        assert_eq!(admin.export(of).await.unwrap(), []);
    }

    let entries = admin.audit(v1::ListAuditRequest { batch_id: erased.batch_id, ..Default::default() }).await;
    assert_eq!(entries.len(), 3);
    for entry in &entries {
        assert_eq!((entry.action.as_str(), entry.actor.as_str(), entry.note.as_str()), ("ERASE", "admin", "theo đơn"));
        assert_eq!(entry.to_status(), CommentStatus::Erased);
    }
    let shown = portal.list("bai").await;
    assert_eq!(
        (shown.comments.len(), shown.total_count),
        (1, 1),
        "the comment of another reader with that name remains"
    );
    assert_eq!(admin.case(&ids[2]).await.comment.unwrap().content, "Câu số 2");
    Home::beside(&newsroom.config).recount().await;
}

async fn no_stored_data_contains_an_erased_text(database: Database) {
    let newsroom = Newsroom::open(database).await;
    let (mut portal, mut desk) = (newsroom.portal(), newsroom.desk());
    let mut admin = newsroom.desk_with(&newsroom.token("admin"));
    let reader = Reader::new(&mut portal, &format!("Lan {CANARY}"), "203.0.113.7").await;
    // The text is long enough for overflow pages, which SQLite leaves in the file without `secure_delete`.
    let content =
        format!("Gọi 0901234567 gặp {CANARY}, vay tiền nhanh, {}", format!("{CANARY} nói ").repeat(200).trim_end());
    let form = reader.form(&mut portal, "bai", &content).await;
    let form = v1::SubmitCommentRequest { title: format!("Tựa {CANARY}"), ..form };
    let id = portal.comments.submit_comment(form).await.unwrap().into_inner().comment_id;
    desk.approve(&id).await;
    let other = Reader::new(&mut portal, "Hoa", "198.51.100.7").await;
    let report = v1::ReportCommentRequest {
        comment_id: id.clone(),
        note: format!("{CANARY} lừa tôi"),
        client: Some(v1::ReaderContext { device_token: other.device_token, ..Default::default() }),
        request_id: request_id(),
        ..Default::default()
    };
    portal.comments.report_comment(report).await.unwrap();
    let text = format!("đã gọi {CANARY}");
    let note = v1::AddNoteRequest { comment_id: id.clone(), text: text.clone(), request_id: request_id() };
    desk.moderation.add_note(note.clone()).await.unwrap();
    assert!(!desk.case(&id).await.findings.is_empty());
    // Moderators quote the comment in their notes.
    let ban = ban_of(&mut desk, &id, v1::BanSubject::Device, v1::BanEffect::Hold).await;
    let ban = v1::CreateBanRequest { note: text.clone(), ..ban };
    let banned = desk.ban(ban.clone()).await.unwrap().ban.unwrap();
    assert_eq!(desk.ban(ban.clone()).await.unwrap().ban.unwrap().note, text);
    let unban = v1::RevokeBanRequest { ban_id: banned.id.clone(), note: text.clone(), request_id: request_id() };
    desk.bans.revoke_ban(unban.clone()).await.unwrap();
    let requeue = v1::DecideRequest { note: text.clone(), expected_revision: 2, ..decision(&id, v1::Action::Requeue) };
    desk.decide(requeue).await.unwrap();
    let reject = v1::DecideRequest { note: text.clone(), expected_revision: 3, ..decision(&id, v1::Action::Reject) };
    desk.decide(reject).await.unwrap();
    let quoted = desk.audit(v1::ListAuditRequest::default()).await;
    assert_eq!(quoted.iter().filter(|entry| entry.note == text).count(), 4, "{quoted:?}");

    admin.erase(by_comment(&id)).await.unwrap();
    let entries = desk.audit(v1::ListAuditRequest::default()).await;
    assert_eq!(entries.len(), quoted.len() + 1, "no audit entry is deleted");
    let notes: Vec<_> = entries.iter().map(|entry| entry.note.as_str()).filter(|note| !note.is_empty()).collect();
    assert_eq!(notes, ["theo đơn"], "only the reason of the erasure is kept");
    // Resends get their first responses, but without the erased text.
    let again = desk.moderation.add_note(note).await.unwrap().into_inner();
    assert!(!format!("{again:?}").contains(CANARY), "{again:?}");
    let again = desk.ban(ban).await.unwrap().ban.unwrap();
    assert_eq!((again.id, again.note.as_str()), (banned.id, ""));
    let again = desk.bans.revoke_ban(unban).await.unwrap().into_inner();
    assert!(!format!("{again:?}").contains(CANARY), "{again:?}");
    let case = desk.case(&id).await;
    assert!(case.findings.is_empty() && case.notes.is_empty() && case.reports.unwrap().notes.is_empty());
    let history = case.author_history.unwrap();
    let author = (history.approved, history.author.len());
    assert_eq!(author, (0, 32), "the erased comment is not linked to an author any more");
    assert_eq!(case.comment.unwrap().status(), CommentStatus::Erased);
    let look = v1::RevealSenderRequest { comment_id: id, note: "x".into(), request_id: request_id() };
    let seen = admin.privacy.reveal_sender(look).await.unwrap().into_inner();
    assert_eq!([seen.device, seen.address, seen.ip_prefix], [const { String::new() }; 3]);

    assert_nothing_is_stored_of_it(newsroom, database).await;
}

async fn assert_nothing_is_stored_of_it(newsroom: Newsroom, database: Database) {
    let home = Home::beside(&newsroom.config);
    if database == Database::Postgres {
        let rows = "select coalesce(sum((xpath('/row/n/text()', query_to_xml(format(
                'select count(*) as n from %I t where t::text like %L or t::text like %L',
                table_name, '%Zirkonia%', '%0901234567%'), false, true, '')))[1]::text::bigint), 0)::bigint
            from information_schema.tables where table_schema = 'public'";
        assert_eq!(home.number(rows).await, 0);
        return;
    }
    home.store.close().await;
    drop(home);
    let dir = newsroom.close().await;
    search_files(dir.path());
}

/// Checks that no file of SQLite contains the erased words.
fn search_files(dir: &std::path::Path) {
    let mut read = 0;
    for file in std::fs::read_dir(dir).unwrap() {
        let file = file.unwrap().path();
        if !file.to_str().unwrap().contains("sqlite3") {
            continue;
        }
        let bytes = std::fs::read(&file).unwrap();
        read += bytes.len();
        for word in [CANARY, "0901234567"] {
            let found = bytes.windows(word.len()).position(|window| window == word.as_bytes());
            let around = found.map(|at| String::from_utf8_lossy(&bytes[at.saturating_sub(80)..at + 80]).into_owned());
            assert_eq!(around, None, "in {}", file.display());
        }
    }
    assert!(read > 100_000, "{read} bytes");
}

async fn without_a_device_only_the_one_comment_is_exported_and_erased(database: Database) {
    let newsroom = Newsroom::open(database).await;
    let mut portal = newsroom.portal();
    let mut admin = newsroom.desk_with(&newsroom.token("admin"));
    let lan = Reader::without_device("Lan", "203.0.113.7");
    let first = lan.comment(&mut portal, "bai", "Câu đầu").await;
    let second = lan.comment(&mut portal, "bai", "Câu sau").await;
    let exported = admin.export(export_author_request::Of::CommentId(first.clone())).await.unwrap();
    assert_eq!(contents(&exported), ["Câu đầu"], "the name behind that address may be another person's");
    assert_eq!(admin.erase(by_comment(&first)).await.unwrap().erased, 1);
    assert_eq!(admin.erase(by_comment(&first)).await.unwrap().erased, 0, "the comment was already erased");
    let case = admin.case(&second).await;
    assert_eq!(case.comment.unwrap().content, "Câu sau");
    // An author key in the request selects all comments with that key.
    let key = erase_author_request::Of::Author(case.author_history.unwrap().author);
    assert_eq!(admin.erase(erase(key)).await.unwrap().erased, 1);
}

async fn a_portal_needs_a_receipt(database: Database) {
    let newsroom = Newsroom::open(database).await;
    let mut portal = newsroom.portal();
    let mut as_portal = newsroom.desk_with(&newsroom.token("portal"));
    let reader = Reader::new(&mut portal, "Lan", "203.0.113.7").await;
    let sent = reader.say(&mut portal, "bai", "Câu đầu").await.unwrap();
    // A comment marked as spam looks pending to its author.
    newsroom.execute("update comments set status = 'SPAM'").await;
    let key = newsroom.desk().case(&sent.comment_id).await.author_history.unwrap().author;
    for of in
        [erase_author_request::Of::CommentId(sent.comment_id.clone()), erase_author_request::Of::Author(key.clone())]
    {
        let status = as_portal.erase(erase(of)).await.unwrap_err();
        assert_eq!((status.code(), reason(&status).as_str()), (Code::PermissionDenied, "MISSING_ROLE"));
    }
    let status = as_portal.export(export_author_request::Of::Author(key)).await.unwrap_err();
    assert_eq!(reason(&status), "MISSING_ROLE");
    let forged = erase(erase_author_request::Of::Receipt(format!("B{}", &sent.receipt[1..])));
    assert_eq!(fields(&as_portal.erase(forged).await.unwrap_err()), ["receipt"]);
    let nobody = EraseAuthorRequest { of: None, note: "x".repeat(501), request_id: String::new() };
    assert_eq!(fields(&as_portal.erase(nobody).await.unwrap_err()), ["of", "note", "request_id"]);
    let mut admin = newsroom.desk_with(&newsroom.token("admin"));
    for author in ["", "lan", "<script>"] {
        let wrong = erase(erase_author_request::Of::Author(author.into()));
        assert_eq!(fields(&admin.erase(wrong).await.unwrap_err()), ["author"], "{author}");
    }

    let exported = as_portal.export(export_author_request::Of::Receipt(sent.receipt.clone())).await.unwrap();
    assert_eq!(exported.len(), 1);
    let comment = exported[0].comment.as_ref().unwrap();
    assert_eq!((comment.content.as_str(), comment.status()), ("Câu đầu", CommentStatus::Pending));
    let erased = as_portal.erase(erase(erase_author_request::Of::Receipt(sent.receipt))).await.unwrap();
    assert_eq!(erased.erased, 1);
    let status = newsroom.desk().privacy.erase_author(by_comment(&sent.comment_id)).await.unwrap_err();
    assert_eq!(reason(&status), "MISSING_ROLE", "a moderator may not erase");
}

async fn a_resent_erasure_is_the_same_erasure(database: Database) {
    let newsroom = Newsroom::open(database).await;
    let mut portal = newsroom.portal();
    let mut admin = newsroom.desk_with(&newsroom.token("admin"));
    let lan = Reader::new(&mut portal, "Lan", "203.0.113.7").await;
    let mut ids = Vec::new();
    for n in 0..5 {
        ids.push(lan.comment(&mut portal, "bai", &format!("Câu số {n}")).await);
    }
    let request = by_comment(&ids[0]);
    let first = admin.erase(request.clone()).await.unwrap();
    assert_eq!(first.erased, 5);
    assert_eq!(admin.erase(request.clone()).await.unwrap(), first);
    let other = EraseAuthorRequest { note: "khác".into(), ..request };
    assert_eq!(reason(&admin.erase(other).await.unwrap_err()), "REQUEST_ID_REUSED");
}

async fn a_resend_continues_an_interrupted_erasure(database: Database) {
    let newsroom = Newsroom::open(database).await;
    let mut portal = newsroom.portal();
    let mut admin = newsroom.desk_with(&newsroom.token("admin"));
    let lan = Reader::new(&mut portal, "Lan", "203.0.113.7").await;
    let mut ids = Vec::new();
    for n in 0..6 {
        ids.push(lan.comment(&mut portal, "bai", &format!("Câu số {n}")).await);
    }
    // The comment that identified the author cannot be erased. It must be the last one, or a resend would not find
    // the author any more.
    let guard = match database {
        Database::Sqlite => {
            "create trigger t before update of content on comments when old.content = 'Câu số 2'
            begin select raise(abort, 'no'); end"
        }
        Database::Postgres => {
            "create function no() returns trigger language plpgsql as $$ begin
                if old.content = 'Câu số 2' and new.content = '' then raise exception 'no'; end if; return new; end $$;
            create trigger t before update on comments for each row execute function no()"
        }
    };
    newsroom.execute(guard).await;
    let request = by_comment(&ids[2]);
    assert_eq!(admin.erase(request.clone()).await.unwrap_err().code(), Code::Internal);
    for (n, id) in ids.iter().enumerate() {
        let left = admin.case(id).await.comment.unwrap();
        let expected = if n == 2 { CommentStatus::Pending } else { CommentStatus::Erased };
        assert_eq!((left.status(), left.content.is_empty()), (expected, n != 2), "{n}");
    }
    // Submitted before the trigger is dropped, because after that background work may finish the erasure.
    let late = lan.comment(&mut portal, "bai", "Viết trong lúc đó").await;
    newsroom.execute(if database == Database::Sqlite { "drop trigger t" } else { "drop trigger t on comments" }).await;
    assert_eq!(admin.erase(request.clone()).await.unwrap().erased, 7, "the response has the total of both calls");
    assert_eq!(admin.erase(request).await.unwrap().erased, 7);
    for id in ids.iter().chain([&late]) {
        assert_eq!(admin.case(id).await.comment.unwrap().status(), CommentStatus::Erased);
    }
}

async fn an_erased_comment_keeps_its_replies_visible_and_cannot_be_restored(database: Database) {
    let newsroom = Newsroom::open(database).await;
    let mut portal = newsroom.portal();
    let mut admin = newsroom.desk_with(&newsroom.token("admin"));
    let root = Reader::new(&mut portal, "Lan", "203.0.113.7").await;
    let id = root.comment(&mut portal, "bai", "Câu gốc").await;
    let decided = admin.approve(&id).await.decision_id;
    let answerer = Reader::new(&mut portal, "Mai", "198.51.100.1").await;
    let form = answerer.form(&mut portal, "bai", "Đồng ý").await;
    let form = v1::SubmitCommentRequest { parent_id: id.clone(), ..form };
    let reply = portal.comments.submit_comment(form).await.unwrap().into_inner().comment_id;
    admin.approve(&reply).await;
    admin.erase(by_comment(&id)).await.unwrap();

    let page = portal.list("bai").await;
    assert_eq!(page.total_count, 1);
    let tombstone = &page.comments[0];
    assert_eq!((tombstone.status(), tombstone.content.as_str()), (CommentStatus::Removed, ""));
    assert_eq!(tombstone.replies[0].content, "Đồng ý");
    let again = v1::DecideRequest { expected_revision: 3, ..decision(&id, v1::Action::Approve) };
    assert_eq!(reason(&admin.decide(again).await.unwrap_err()), "INVALID_TRANSITION");
    let target = Some(v1::revert_request::Target::DecisionId(decided));
    let revert = v1::RevertRequest { target, request_id: request_id() };
    match admin.moderation.revert(revert).await {
        Ok(reverted) => assert!(!reverted.into_inner().results[0].changed),
        Err(status) => assert_eq!(reason(&status), "NOT_REVERTIBLE"),
    }
    assert_eq!(admin.case(&id).await.comment.unwrap().status(), CommentStatus::Erased);
    Home::beside(&newsroom.config).recount().await;
}
