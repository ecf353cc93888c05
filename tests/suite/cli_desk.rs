//! Tests of the client's commands with a real server: their effects are stored, and can be reverted.

use std::{
    io::{BufRead as _, BufReader},
    process::{Command, Stdio},
    time::Duration,
};

use duyet_proto::v1;
use serde_json::Value;
use uuid::Uuid;

use crate::{
    moderator_client::{duyet, duyet_in, json, text},
    support::{
        newsroom::{Database, Newsroom, Portal, on_both_databases, reason},
        programs,
    },
};

on_both_databases! {
    a_decision_is_reverted_unless_there_is_a_later_one,
    a_bulk_decision_does_what_its_dry_run_printed_and_is_reverted_as_one,
    a_campaign_is_decided_and_reverted_as_one,
    a_ban_denies_a_device_until_it_is_revoked,
    a_ban_by_author_decides_comments_and_both_are_reverted,
    a_lockdown_is_started_and_lifted,
    an_automatically_closed_article_can_be_opened_again,
    an_articles_pending_comments_are_approved,
    reports_notes_and_takedowns_are_shown_to_other_moderators,
    stats_show_decisions_by_moderator,
    a_watch_prints_comments_that_enter_and_leave_the_queue,
    only_an_admin_reveals_a_sender_and_the_audit_records_it,
    every_error_of_these_commands_has_its_exit_code,
    every_command_prints_both_languages,
    unknown_names_are_errors_that_suggest_similar_known_ones,
    an_article_can_be_closed_before_its_first_comment,
}

const MODERATOR: &str = "moderator";

async fn done(newsroom: &Newsroom, arguments: &[&str]) -> String {
    let output = duyet(newsroom, MODERATOR, arguments).await;
    assert_eq!(output.status.code(), Some(0), "{arguments:?}: {}", text(&output));
    text(&output)
}

async fn done_json(newsroom: &Newsroom, arguments: &[&str]) -> Value {
    json(&duyet(newsroom, MODERATOR, &[arguments, &["--json"]].concat()).await)
}

async fn code(newsroom: &Newsroom, token: &str, arguments: &[&str]) -> Option<i32> {
    duyet(newsroom, token, arguments).await.status.code()
}

async fn status(newsroom: &Newsroom, id: &str) -> v1::CommentStatus {
    newsroom.desk().case(id).await.comment.unwrap().status()
}

/// Requests a challenge and submits a comment from the same device. An empty `device` means a new reader.
async fn say_as(portal: &mut Portal, device: &str, article: &str, content: &str) -> Result<String, tonic::Status> {
    let mut form = portal.form(article, content).await;
    if !device.is_empty() {
        form.challenge_token = challenge_for(portal, device, article).await.token;
        form.client.as_mut().unwrap().device_token = device.to_owned();
    }
    portal.comments.submit_comment(form).await.map(|answer| answer.into_inner().comment_id)
}

async fn challenge_for(portal: &mut Portal, device: &str, article: &str) -> v1::IssueChallengeResponse {
    let client = Some(v1::ReaderContext { ip: "203.0.113.7".into(), device_token: device.into() });
    let request = v1::IssueChallengeRequest { article_id: article.into(), client, ..Default::default() };
    // A busy machine draws images slowly and sheds calls, which are retried.
    for _ in 0..100 {
        match portal.captcha.issue_challenge(request.clone()).await {
            Err(status) if reason(&status) == "OVERLOADED" => {}
            answer => return answer.unwrap().into_inner(),
        }
    }
    panic!("no challenge was issued");
}

async fn device(portal: &mut Portal, article: &str) -> String {
    portal.challenge(article).await.device_token
}

async fn report(portal: &mut Portal, id: &str, reason: v1::Reason, note: &str) {
    let device_token = device(portal, "bai").await;
    let client = v1::ReaderContext { ip: "203.0.113.9".into(), device_token };
    let request = v1::ReportCommentRequest {
        comment_id: id.into(),
        reason: reason.into(),
        note: note.into(),
        client: Some(client),
        request_id: Uuid::new_v4().to_string(),
    };
    portal.comments.report_comment(request).await.unwrap();
}

async fn unknown_names_are_errors_that_suggest_similar_known_ones(database: Database) {
    let newsroom = Newsroom::open(database).await;
    let mut portal = newsroom.portal();
    let title = "Cầu mới qua sông thông xe sau ba năm";
    let form = portal.form("bai-2911", "Gọi 0912345678").await;
    let form = v1::SubmitCommentRequest { article_title: title.into(), ..form };
    let id = portal.comments.submit_comment(form).await.unwrap().into_inner().comment_id;
    portal.say("gia-vang", "Giá tăng").await;
    done(&newsroom, &["approve", &id]).await;
    done(&newsroom, &["requeue", &id]).await;
    let unknown = Uuid::new_v4().to_string();
    let cases: [(&[&str], i32, &str); 17] = [
        (&["close", title], 3, "bai-2911 (Cầu mới qua sông"),
        (&["open", "cau moi qua song thong xe"], 3, "bai-2911"),
        (&["approve-pending", "bai-2991"], 3, "bai-2911"),
        (&["queue", "--article", "gia-vagn"], 3, "gia-vang"),
        (&["bulk", "spam", "--yes", "--article", "gia-vagn"], 3, "gia-vang"),
        (&["watch", "--article", "gia-vagn"], 3, "gia-vang"),
        (&["audit", "--article", "gia-vagn"], 3, "gia-vang"),
        (&["queue", "--rule", "SPAM_WORD"], 2, "SPAM_WORDS"),
        (&["bulk", "spam", "--yes", "--rule", "phone"], 2, "phone-number"),
        (&["watch", "--rule", "LNIK"], 2, "LINK"),
        (&["queue", "--author", "abc"], 3, "abc"),
        (&["queue", "--campaign", &unknown], 3, ""),
        (&["audit", "--comment", &unknown], 3, ""),
        (&["audit", "--batch", &unknown], 3, ""),
        (&["audit", "--ban", &unknown], 3, ""),
        (&["audit", "--actor", "moderater"], 3, "moderator"),
        (&["queue", "--order", "scroe"], 2, "score"),
    ];
    for (arguments, code, nearest) in cases {
        let output = duyet(&newsroom, MODERATOR, arguments).await;
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {}", text(&output));
        assert!(text(&output).contains(nearest), "{arguments:?}: {}", text(&output));
    }
    // The failed commands created and decided nothing. Known names that match no comment are not errors.
    assert_eq!(newsroom.desk().queue().await.total, 2);
    for known in [
        ["queue", "--rule", "MONEY"].as_slice(),
        &["queue", "--rule", "money"],
        &["audit", "--actor", "moderator", "--action", "spam"],
        &["queue", "--article", "gia-vang", "--status", "spam"],
    ] {
        done(&newsroom, known).await;
    }
    // A portal's request for an unknown article gets no suggestions, because portals request articles all the time.
    let request = v1::GetArticleRequest { article_id: "gia-vagn".into() };
    let mut portal = newsroom.desk_with(&newsroom.token("portal"));
    let unknown = portal.policy.get_article(request).await.unwrap_err();
    assert!(!String::from_utf8_lossy(unknown.details()).contains("gia-vang"));
}

async fn an_article_can_be_closed_before_its_first_comment(database: Database) {
    let newsroom = Newsroom::open(database).await;
    assert_eq!(code(&newsroom, MODERATOR, &["close", "sap-dang"]).await, Some(3));
    done(&newsroom, &["close", "sap-dang", "--new"]).await;
    let error = say_as(&mut newsroom.portal(), "", "sap-dang", "Sớm quá").await.unwrap_err();
    assert_eq!(reason(&error), "ARTICLE_CLOSED");
    done(&newsroom, &["open", "sap-dang"]).await;
    // An expected revision means that the article must exist.
    let article = v1::ArticlePolicy { article_id: "khong-co".into(), revision: 3, ..Default::default() };
    let request_id = Uuid::new_v4().to_string();
    let request = v1::UpdateArticleRequest { article: Some(article), update_mask: None, request_id };
    let unknown = newsroom.desk().policy.update_article(request).await.unwrap_err();
    assert_eq!(reason(&unknown), "ARTICLE_NOT_FOUND");
}

async fn a_decision_is_reverted_unless_there_is_a_later_one(database: Database) {
    let newsroom = Newsroom::open(database).await;
    let mut portal = newsroom.portal();
    let id = portal.say("bai", "Duyệt nhầm").await.comment_id;
    done(&newsroom, &["approve", &id]).await;
    let reverted = done(&newsroom, &["undo"]).await;
    assert!(reverted.contains(&format!("{id}: back to “pending”")), "{reverted}");
    assert_eq!(status(&newsroom, &id).await, v1::CommentStatus::Pending);

    let approved = done_json(&newsroom, &["approve", &id]).await;
    let decision = approved["decisionId"].as_str().unwrap().to_owned();
    let revision = approved["comment"]["revision"].as_str().unwrap();
    let overruled = ["reject", &id, "-r", "insult", "--revision", revision];
    assert_eq!(code(&newsroom, "admin", &overruled).await, Some(0));
    let late = duyet(&newsroom, MODERATOR, &["undo", &decision]).await;
    assert_eq!(late.status.code(), Some(5), "{}", text(&late));
    assert!(text(&late).contains("admin"), "{}", text(&late));
    assert_eq!(status(&newsroom, &id).await, v1::CommentStatus::Removed);

    let theirs = newsroom.desk().case(&id).await.decisions[0].id.clone();
    assert_eq!(
        code(&newsroom, MODERATOR, &["undo", &theirs]).await,
        Some(4),
        "a moderator cannot revert an admin's decision"
    );
    assert_eq!(code(&newsroom, "admin", &["undo", &theirs]).await, Some(0));
    assert_eq!(status(&newsroom, &id).await, v1::CommentStatus::Approved);
    assert_eq!(code(&newsroom, "admin", &["undo", &theirs]).await, Some(5), "reverted before");
    let audit = done(&newsroom, &["audit", "--action", "revert"]).await;
    assert!(audit.contains("revert: removed → approved") && audit.contains("admin"), "{audit}");
}

async fn a_bulk_decision_does_what_its_dry_run_printed_and_is_reverted_as_one(database: Database) {
    let newsroom = Newsroom::open(database).await;
    let mut portal = newsroom.portal();
    let mut ids = vec![];
    for number in 0..7 {
        ids.push(portal.say("bai", &format!("Vay tiền nhanh số {number}")).await.comment_id);
    }
    let other = portal.say("bai", "Bài viết hay").await.comment_id;
    let filter = ["-q", "vay tien", "--ignore-marks"];
    let dry = done_json(&newsroom, &[["bulk", "spam"].as_slice(), &filter, &["--dry-run"]].concat()).await;
    assert_eq!(dry["items"].as_array().unwrap().len(), 7);
    assert_eq!(newsroom.desk().queue().await.total, 8, "a dry run changes nothing");
    let printed = done(&newsroom, &[["bulk", "spam"].as_slice(), &filter, &["--dry-run"]].concat()).await;
    assert!(printed.contains("Would mark as spam 7 comments (pending 7)."), "{printed}");

    let run = done_json(&newsroom, &[["bulk", "spam"].as_slice(), &filter, &["--yes"]].concat()).await;
    let of = |items: &Value| {
        let items = items.as_array().unwrap().iter();
        items.map(|one| one["commentId"].as_str().unwrap().to_owned()).collect::<std::collections::BTreeSet<_>>()
    };
    assert!(run["results"].as_array().unwrap().iter().all(|one| one["changed"] == true), "{run}");
    assert_eq!(of(&dry["items"]), of(&run["results"]));
    assert_eq!(of(&run["results"]), ids.iter().cloned().collect());
    assert_eq!(newsroom.desk().queue().await.cases[0].comment.as_ref().unwrap().id, other);

    let batch = run["batchId"].as_str().unwrap().to_owned();
    // Another decision is made on one of the comments. The revert of the batch does not revert that decision.
    assert_eq!(code(&newsroom, "admin", &["approve", &ids[0], "--revision", "2"]).await, Some(0));
    let reverted = duyet(&newsroom, MODERATOR, &["undo", "--batch", &batch]).await;
    assert_eq!(reverted.status.code(), Some(5), "{}", text(&reverted));
    assert!(text(&reverted).contains("Reverted 6 of 7."), "{}", text(&reverted));
    assert_eq!(newsroom.desk().queue().await.total, 7);
    let audit = done_json(&newsroom, &["audit", "--batch", &batch]).await;
    assert_eq!(audit["entries"].as_array().unwrap().len(), 7);
}

async fn a_campaign_is_decided_and_reverted_as_one(database: Database) {
    let newsroom = Newsroom::open(database).await;
    let (mut portal, mut desk) = (newsroom.portal(), newsroom.desk());
    desk.set_mode("bai-2", v1::Mode::Post, 0).await;
    let variants = ["Vào nhóm nhận thưởng", "VÀO NHÓM... nhận thưởng!", "Vào n.h.ó.m nhận thưởng"];
    let mut ids = vec![];
    for (article, content) in ["bai-1", "bai-2", "bai-3"].into_iter().zip(variants) {
        let form = v1::SubmitCommentRequest { title: String::new(), ..portal.form(article, content).await };
        ids.push(portal.comments.submit_comment(form).await.unwrap().into_inner().comment_id);
    }
    let other = portal.say("bai-1", "Bài viết hay").await.comment_id;
    let shown = done(&newsroom, &["show", &ids[2]]).await;
    assert!(
        shown.contains(&format!("To decide this whole campaign: duyet bulk spam --campaign {}", ids[2])),
        "{shown}"
    );
    assert!(!done(&newsroom, &["show", &other]).await.contains("--campaign"));

    let waiting = done_json(&newsroom, &["queue", "--campaign", &ids[0]]).await;
    assert_eq!(waiting["total"], "2", "one of the three comments is published");
    let spam = ["bulk", "spam", "--campaign", &ids[0], "--status", "pending,approved", "--yes"];
    let batch = done_json(&newsroom, &spam).await["batchId"].as_str().unwrap().to_owned();
    for id in &ids {
        assert_eq!(status(&newsroom, id).await, v1::CommentStatus::Spam);
    }
    assert_eq!(status(&newsroom, &other).await, v1::CommentStatus::Pending);
    done(&newsroom, &["undo", "--batch", &batch]).await;
    assert_eq!(status(&newsroom, &ids[1]).await, v1::CommentStatus::Approved);
    assert_eq!(status(&newsroom, &ids[0]).await, v1::CommentStatus::Pending);
}

async fn a_ban_denies_a_device_until_it_is_revoked(database: Database) {
    let newsroom = Newsroom::open(database).await;
    let mut portal = newsroom.portal();
    let troll = device(&mut portal, "bai").await;
    let id = say_as(&mut portal, &troll, "bai", "Chửi bới").await.unwrap();
    let banned = done(&newsroom, &["ban", &id, "-r", "insult", "--for", "7d", "--note", "tái phạm"]).await;
    assert!(banned.contains("The device is banned until"), "{banned}");
    let error = say_as(&mut portal, &troll, "bai", "Lại chửi").await.unwrap_err();
    assert_eq!(reason(&error), "BANNED");
    assert!(say_as(&mut portal, "", "bai", "Người khác").await.is_ok(), "another device");

    let bans = done_json(&newsroom, &["bans"]).await;
    let ban = bans["bans"][0].clone();
    assert_eq!((&ban["subjectKind"], &ban["effect"]), (&"BAN_SUBJECT_DEVICE".into(), &"BAN_EFFECT_BLOCK".into()));
    assert_eq!(ban["commentId"], id);
    let ban = ban["id"].as_str().unwrap();
    assert!(done(&newsroom, &["bans"]).await.contains("insult: tái phạm"));
    assert!(done(&newsroom, &["unban", ban, "--note", "nhầm"]).await.contains("is revoked"));
    assert!(done(&newsroom, &["unban", ban]).await.contains("had already ended"));
    assert!(say_as(&mut portal, &troll, "bai", "Xin lỗi").await.is_ok());
    assert_eq!(done_json(&newsroom, &["bans"]).await["bans"], Value::Array(vec![]));
    assert!(done(&newsroom, &["bans", "--ended"]).await.contains("revoked by moderator"));
    let audit = done_json(&newsroom, &["audit", "--ban", ban]).await;
    let actions = audit["entries"].as_array().unwrap().iter().map(|entry| entry["action"].as_str().unwrap().to_owned());
    assert_eq!(actions.collect::<Vec<_>>(), ["REVOKE_BAN", "CREATE_BAN"]);
}

async fn a_ban_by_author_decides_comments_and_both_are_reverted(database: Database) {
    let newsroom = Newsroom::open(database).await;
    let mut portal = newsroom.portal();
    let troll = device(&mut portal, "bai").await;
    let shown = say_as(&mut portal, &troll, "bai", "Lời thứ nhất").await.unwrap();
    let waiting = say_as(&mut portal, &troll, "bai", "Lời thứ hai khác hẳn").await.unwrap();
    done(&newsroom, &["approve", &shown]).await;
    let sweep = ["--reject-pending", "--remove-published"];
    let ban = ["ban", &waiting, "--effect", "hold", "-r", "hate", "--for", "1d"];
    let banned = done_json(&newsroom, &[ban.as_slice(), &sweep].concat()).await;
    assert_eq!(banned["results"].as_array().unwrap().len(), 2, "{banned}");
    assert_eq!(status(&newsroom, &shown).await, v1::CommentStatus::Removed);
    assert_eq!(status(&newsroom, &waiting).await, v1::CommentStatus::Rejected);
    let batch = banned["ban"]["batchId"].as_str().unwrap().to_owned();
    let reverted = done(&newsroom, &["undo", "--batch", &batch]).await;
    assert!(reverted.contains("reverted") && reverted.contains("Reverted 3 of 3."), "{reverted}");
    assert_eq!(status(&newsroom, &shown).await, v1::CommentStatus::Approved);
    assert_eq!(status(&newsroom, &waiting).await, v1::CommentStatus::Pending);

    let author = newsroom.desk().case(&waiting).await.author_history.unwrap().author;
    let printed = done(&newsroom, &["ban", "--author", &author, "-r", "insult", "--for", "2w"]).await;
    assert!(printed.contains(&format!("The author {author} is banned until")), "{printed}");
}

async fn a_lockdown_is_started_and_lifted(database: Database) {
    let newsroom = Newsroom::open(database).await;
    let mut portal = newsroom.portal();
    let changed = json(&duyet(&newsroom, "admin", &["site", "--mode", "post", "--json"]).await);
    assert_eq!(
        (&changed["site"]["mode"], &changed["site"]["effectiveMode"]),
        (&"MODE_POST".into(), &"MODE_POST".into())
    );
    let free = portal.say("bai", "Đăng ngay").await.comment_id;
    assert_eq!(status(&newsroom, &free).await, v1::CommentStatus::Approved);
    let locked = done(&newsroom, &["lockdown", "--for", "2h", "--note", "bot tràn vào"]).await;
    assert!(locked.contains("locked down until"), "{locked}");
    let held = portal.say("bai", "Phải chờ").await.comment_id;
    assert_eq!(status(&newsroom, &held).await, v1::CommentStatus::Pending);
    let site = done(&newsroom, &["site"]).await;
    assert!(
        site.contains("bot tràn vào") && site.contains("reviewed before publication") && site.contains("moderator"),
        "{site}"
    );
    assert!(done(&newsroom, &["lockdown", "--lift"]).await.contains("published at once"));
    let free = portal.say("bai", "Lại đăng ngay").await.comment_id;
    assert_eq!(status(&newsroom, &free).await, v1::CommentStatus::Approved);
    assert_eq!(code(&newsroom, MODERATOR, &["site", "--auto-close", "7"]).await, Some(4), "an admin's");
    let audit = done(&newsroom, &["audit"]).await;
    assert!(audit.contains("lockdown") && audit.contains("update site"), "{audit}");
}

async fn an_automatically_closed_article_can_be_opened_again(database: Database) {
    let newsroom = Newsroom::open(database).await;
    let mut portal = newsroom.portal();
    assert_eq!(code(&newsroom, "admin", &["site", "--auto-close", "7"]).await, Some(0));
    let long_ago = prost_types::Timestamp { seconds: 1_700_000_000, nanos: 0 };
    let article = v1::ArticlePolicy { article_id: "cu".into(), published_at: Some(long_ago), ..Default::default() };
    let mask = prost_types::FieldMask { paths: vec!["published_at".into()] };
    let request_id = Uuid::new_v4().to_string();
    let request = v1::UpdateArticleRequest { article: Some(article), update_mask: Some(mask), request_id };
    newsroom.desk().policy.update_article(request).await.unwrap();
    assert_eq!(portal.list("cu").await.mode(), v1::Mode::Closed);

    let opened = done_json(&newsroom, &["open", "cu"]).await;
    assert_eq!(opened["article"]["effectiveMode"], "MODE_PRE");
    assert!(
        opened["article"]["closeAt"].is_string(),
        "the article is open for the same number of days again: {opened}"
    );
    assert_eq!(portal.list("cu").await.mode(), v1::Mode::Pre);
    let later = done(&newsroom, &["close", "cu", "--at", "2099-01-01"]).await;
    assert!(later.contains("It closes automatically at 2099-01-01"), "{later}");
    done(&newsroom, &["close", "cu"]).await;
    assert_eq!(portal.list("cu").await.mode(), v1::Mode::Closed);
    let opened = done(&newsroom, &["open", "cu", "--for", "2h"]).await;
    assert!(opened.contains("It closes automatically at"), "{opened}");
    assert_eq!(portal.list("cu").await.mode(), v1::Mode::Pre);
}

async fn an_articles_pending_comments_are_approved(database: Database) {
    let newsroom = Newsroom::open(database).await;
    let mut portal = newsroom.portal();
    portal.say("bai", "Ý kiến một").await;
    portal.say("bai", "Ý kiến hai khác hẳn").await;
    portal.say("khac", "Ở bài khác").await;
    let dry = done_json(&newsroom, &["approve-pending", "bai", "--max-score", "1", "--dry-run"]).await;
    assert_eq!((&dry["released"], &dry["stillWaiting"], &dry["batchId"]), (&2.into(), &"0".into(), &"".into()));
    assert_eq!(newsroom.desk().queue().await.total, 3);
    let run = done(&newsroom, &["approve-pending", "bai", "--max-score", "1"]).await;
    assert!(
        run.contains("approved 2 pending comments; 0 still pending") && run.contains("duyet undo --batch"),
        "{run}"
    );
    assert_eq!(portal.list("bai").await.total_count, 2);
    done(&newsroom, &["undo"]).await;
    assert_eq!(portal.list("bai").await.total_count, 0);
    assert_eq!(code(&newsroom, MODERATOR, &["approve-pending", "khong-co"]).await, Some(3));
}

async fn reports_notes_and_takedowns_are_shown_to_other_moderators(database: Database) {
    let newsroom = Newsroom::open(database).await;
    let mut portal = newsroom.portal();
    let id = portal.say("bai", "Đã duyệt rồi bị báo").await.comment_id;
    done(&newsroom, &["approve", &id]).await;
    for note in ["sai sự thật", "bịa \u{1b}[2Jđặt", "xem lại"] {
        report(&mut portal, &id, v1::Reason::FalseInfo, note).await;
    }
    let queue = done(&newsroom, &["queue", "--reported", "--order", "reports"]).await;
    assert!(queue.contains(&id) && queue.contains("Reports") && queue.contains('3'), "{queue}");
    done(&newsroom, &["note", &id, "đã hỏi phóng viên"]).await;
    let demand = ["escalate", &id, "--kind", "authority", "--for", "5h", "--note", "CV 12"];
    let demand = done_json(&newsroom, &demand).await;
    assert_eq!(demand["takedown"]["kind"], "TAKEDOWN_KIND_AUTHORITY");
    let due = done(&newsroom, &["queue", "--order", "due"]).await;
    assert!(due.contains(&id) && due.contains("4 h left"), "{due}");
    let shown = done(&newsroom, &["show", &id]).await;
    let printed = ["3 reports", "false information 3", "sai sự thật", "đã hỏi phóng viên", "demanded by an authority"];
    assert!(printed.iter().all(|words| shown.contains(words)) && !shown.contains('\u{1b}'), "{shown}");
    let entry = demand["decisionId"].as_str().unwrap();
    done(&newsroom, &["undo", entry]).await;
    assert_eq!(done_json(&newsroom, &["show", &id]).await["case"].get("takedown"), None);
}

async fn stats_show_decisions_by_moderator(database: Database) {
    let newsroom = Newsroom::open(database).await;
    let mut portal = newsroom.portal();
    let id = portal.say("bai", "Một").await.comment_id;
    portal.say("bai", "Hai khác hẳn").await;
    done(&newsroom, &["approve", &id]).await;
    assert_eq!(code(&newsroom, "admin", &["spam", &id, "--revision", "2"]).await, Some(0));
    let stats = done_json(&newsroom, &["stats"]).await;
    assert_eq!(stats["waiting"], "1", "{stats}");
    let submitted = stats["submitted"].as_array().unwrap();
    assert!(submitted.contains(&serde_json::json!({ "status": "COMMENT_STATUS_SPAM", "count": "1" })), "{stats}");
    let moderators = stats["moderators"].as_array().unwrap();
    let ours = moderators.iter().find(|one| one["moderator"] == MODERATOR).unwrap();
    assert_eq!((&ours["decisions"], &ours["overturned"]), (&"1".into(), &"1".into()));
    let printed = done(&newsroom, &["stats", "--since", "1h"]).await;
    assert!(printed.contains("moderator") && printed.contains("100%") && printed.contains("Median age"), "{printed}");
}

async fn a_watch_prints_comments_that_enter_and_leave_the_queue(database: Database) {
    let newsroom = Newsroom::open(database).await;
    let mut portal = newsroom.portal();
    let mut command = Command::new(programs::duyet());
    command
        .env_clear()
        .env("HOME", newsroom.token_file("x").parent().unwrap())
        .env("DUYET_ADDR", format!("http://{}", newsroom.running.grpc_addr))
        .env("DUYET_TOKEN_FILE", newsroom.token_file(MODERATOR))
        .args(["watch", "--json"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    let mut child = command.spawn().unwrap();
    let (send, mut lines) = tokio::sync::mpsc::unbounded_channel();
    let output = BufReader::new(child.stdout.take().unwrap());
    std::thread::spawn(move || output.lines().map_while(Result::ok).for_each(|line| drop(send.send(line))));
    let mut next = async |wanted: &str| loop {
        let line = tokio::time::timeout(Duration::from_secs(30), lines.recv()).await.unwrap().unwrap();
        let event: Value = serde_json::from_str(&line).unwrap();
        if event["event"] == wanted {
            return event;
        }
    };
    assert_eq!(next("QUEUE_EVENT_HEARTBEAT").await["total"], "0");
    let id = portal.say("bai", "Mới đến").await.comment_id;
    let came = next("QUEUE_EVENT_WAITING").await;
    assert_eq!((&came["commentId"], &came["case"]["comment"]["content"]), (&id.as_str().into(), &"Mới đến".into()));
    done(&newsroom, &["approve", &id]).await;
    let left = next("QUEUE_EVENT_LEFT").await;
    assert_eq!(
        (&left["commentId"], &left["case"]["comment"]["status"]),
        (&id.into(), &"COMMENT_STATUS_APPROVED".into())
    );
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    let code = tokio::task::spawn_blocking(move || child.wait().unwrap().code()).await.unwrap();
    assert_eq!(code, Some(0));
}

async fn only_an_admin_reveals_a_sender_and_the_audit_records_it(database: Database) {
    let newsroom = Newsroom::open(database).await;
    let id = newsroom.portal().say("bai", "Ai gửi?").await.comment_id;
    assert_eq!(code(&newsroom, MODERATOR, &["reveal", &id, "--note", "CV 12"]).await, Some(4));
    let shown = json(&duyet(&newsroom, "admin", &["reveal", &id, "--note", "CV 12", "--json"]).await);
    assert!(shown["device"].is_string() && shown["ipPrefix"].is_string(), "{shown}");
    let audit = done(&newsroom, &["audit", "--action", "reveal-sender"]).await;
    assert!(audit.contains("reveal sender") && audit.contains("CV 12") && audit.contains("admin"), "{audit}");
}

async fn every_error_of_these_commands_has_its_exit_code(database: Database) {
    let newsroom = Newsroom::open(database).await;
    let id = newsroom.portal().say("bai", "Có một").await.comment_id;
    let unknown = Uuid::new_v4().to_string();
    let cases: [(&str, &[&str], i32); 14] = [
        (MODERATOR, &["undo"], 3),
        (MODERATOR, &["undo", &unknown], 3),
        (MODERATOR, &["undo", "--batch", &unknown], 3),
        (MODERATOR, &["unban", &unknown], 3),
        (MODERATOR, &["ban", &unknown, "-r", "insult", "--for", "1d"], 3),
        (MODERATOR, &["note", &unknown, "x"], 3),
        (MODERATOR, &["escalate", &unknown, "--kind", "complaint"], 3),
        // Advariants are reassigned, so a prefix can be banned for 30 days at most.
        (MODERATOR, &["ban", &id, "--kind", "ip-prefix", "-r", "insult", "--for", "90d"], 2),
        (MODERATOR, &["lockdown", "--for", "90d", "--note", "x"], 2),
        (MODERATOR, &["bulk", "approve", "--yes"], 2),
        (MODERATOR, &["stats", "--since", "2020-01-01"], 2),
        ("portal", &["stats"], 4),
        ("portal", &["bans"], 4),
        ("portal", &["watch"], 4),
    ];
    for (token, arguments, expected) in cases {
        let output = duyet(&newsroom, token, arguments).await;
        assert_eq!(output.status.code(), Some(expected), "{arguments:?}: {}", text(&output));
    }
}

async fn every_command_prints_both_languages(database: Database) {
    let newsroom = Newsroom::open(database).await;
    let id = newsroom.portal().say("bai", "Hai thứ tiếng").await.comment_id;
    let cases: [(&[&str], &str); 9] = [
        (&["show", &id], "chờ duyệt"),
        (&["queue"], "Hiện 1 trong 1 bình luận."),
        (&["note", &id, "x"], "Đã ghi chú"),
        (&["approve", &id], "đã duyệt"),
        (&["undo"], "trở lại “chờ duyệt”"),
        (&["stats"], "Cần xem"),
        (&["site"], "Chế độ khẩn"),
        (&["bans"], "Không có lệnh chặn nào."),
        (&["bulk", "approve", "--article", "bai", "--yes"], "Đã duyệt 1 bình luận"),
    ];
    for (arguments, words) in cases {
        let output = duyet_in("vi", &newsroom, MODERATOR, arguments).await;
        assert_eq!(output.status.code(), Some(0), "{arguments:?}: {}", text(&output));
        assert!(text(&output).contains(words), "{words} in {}", text(&output));
    }
}
