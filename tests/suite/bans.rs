//! Tests of bans: whom they affect, and what a banned reader sees.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicUsize, Ordering},
};

use duyet_proto::v1::{self, BanEffect, BanSubject, CommentStatus, Mode, Outcome, create_ban_request::Subject};
use tokio::task::JoinSet;
use tonic::Code;
use uuid::Uuid;

use crate::support::{
    home::Home,
    newsroom::{Database, Desk, Newsroom, Portal, fields, fresh_challenge, on_both_databases, portal_at, reason},
    readers::{Reader, ban_of, people, send},
};

on_both_databases! {
    each_kind_of_ban_denies_exactly_its_subject,
    each_kind_of_ban_holds_exactly_its_subject,
    an_author_without_a_device_is_known_by_prefix_and_name,
    a_banned_reader_is_charged_nothing_and_gets_no_details,
    validation_errors_are_returned_before_a_ban_and_a_ban_before_the_captcha,
    a_held_comment_is_pending_in_every_mode_with_a_finding,
    a_ban_does_not_affect_another_site,
    sixty_four_concurrent_submits_get_the_status_that_ban_and_score_require,
    every_submit_that_starts_after_the_response_is_subject_to_the_ban,
}

/// The submits that a ban of each kind must affect: the same device, the /24 prefix, the text "Mua ngay kẻo lỡ dịp này"
/// in any spelling.
const HITS: [(BanSubject, [bool; 3]); 4] = [
    (BanSubject::Device, [true, false, false]),
    (BanSubject::IpPrefix, [false, true, false]),
    (BanSubject::Fingerprint, [false, false, true]),
    (BanSubject::Author, [true, false, false]),
];

/// Bans a comment's device, prefix, author or text: one ban of each kind. Uses `hit` to check which submits each ban
/// affects: by the same device, from the same /24 prefix, with the same text, by the banned reader and by an unrelated
/// reader.
async fn check_kinds(
    database: Database,
    effect: BanEffect,
    mut hit: impl AsyncFnMut(&mut Portal, &Reader, &str) -> bool,
) {
    let newsroom = Newsroom::open(database).await;
    let (mut portal, mut desk) = (newsroom.portal(), newsroom.desk());
    desk.set_mode("bai", Mode::Post, 0).await;
    for (kind, expected) in HITS {
        let [banned, same_device, neighbour] = people(&mut portal).await;
        let stranger = Reader::new(&mut portal, "Tú", "192.0.2.1").await;
        let said = format!("Mua ngay kẻo lỡ dịp này, {kind:?}");
        let id = banned.comment(&mut portal, "bai", &said).await;
        let request = ban_of(&mut desk, &id, kind, effect).await;
        let ban = desk.ban(request).await.unwrap().ban.unwrap();
        assert_eq!((ban.subject_kind(), ban.effect(), ban.comment_id.as_str()), (kind, effect, id.as_str()));
        let author = desk.case(&id).await.author_history.unwrap().author;
        assert_eq!(ban.author, if kind == BanSubject::Author { author } else { String::new() });

        let bare = format!("  mua NGAY keo lo dip nay, {kind:?} ");
        let found = [
            hit(&mut portal, &same_device, &format!("Việc khác hẳn, {kind:?}")).await,
            hit(&mut portal, &neighbour, &format!("Hàng xóm nói, {kind:?}")).await,
            hit(&mut portal, &stranger, &bare).await,
        ];
        assert_eq!(found, expected, "{kind:?}");
        assert!(hit(&mut portal, &banned, &said.to_uppercase()).await, "{kind:?}: the banned reader is affected");
        assert!(
            !hit(&mut portal, &stranger, &format!("Người lạ nói, {kind:?}")).await,
            "{kind:?}: an unrelated reader is not affected"
        );
        desk.unban(&ban.id).await;
        assert!(
            !hit(&mut portal, &banned, &format!("Được nói lại, {kind:?}")).await,
            "{kind:?}: the reader is not affected after the ban"
        );
    }
}

async fn each_kind_of_ban_denies_exactly_its_subject(database: Database) {
    check_kinds(database, BanEffect::Block, async |portal, reader, content| reader.is_blocked(portal, content).await)
        .await;
}

async fn each_kind_of_ban_holds_exactly_its_subject(database: Database) {
    check_kinds(database, BanEffect::Hold, async |portal, reader, content| {
        // In upper case the text would also match the duplicate rule, so it goes to another article.
        let article = if content.chars().any(char::is_lowercase) { "bai" } else { "bai-khac" };
        reader.say(portal, article, content).await.unwrap().outcome() == Outcome::Pending
    })
    .await;
}

async fn an_author_without_a_device_is_known_by_prefix_and_name(database: Database) {
    let newsroom = Newsroom::open(database).await;
    let (mut portal, mut desk) = (newsroom.portal(), newsroom.desk());
    let lan = Reader::without_device("Trần Thị Lan", "203.0.113.7");
    let id = lan.comment(&mut portal, "bai", "Câu đầu tiên").await;
    let author = desk.case(&id).await.author_history.unwrap().author;
    let from_comment = ban_of(&mut desk, &id, BanSubject::Author, BanEffect::Block).await;
    // Creates the same ban with the author key that the case shows, and without a kind.
    let request =
        v1::CreateBanRequest { subject: Some(Subject::Author(author.clone())), subject_kind: 0, ..from_comment };
    let ban = desk.ban(request).await.unwrap().ban.unwrap();
    // Several people may share one name behind one address.
    assert_eq!(ban.effect(), BanEffect::Hold);
    assert_eq!((ban.subject_kind(), ban.author, ban.comment_id), (BanSubject::Author, author, String::new()));
    let by_comment = ban_of(&mut desk, &id, BanSubject::Author, BanEffect::Block).await;
    assert_eq!(desk.ban(by_comment).await.unwrap().ban.unwrap().effect(), BanEffect::Hold);
    // Restores the state that an earlier version stored.
    Home::beside(&newsroom.config).execute("update bans set effect = 'BLOCK'").await.unwrap();
    desk.set_mode("bai", Mode::Post, 1).await;
    for (name, ip, held) in [
        ("Trần Thị Lan", "203.0.113.7", true),
        ("trần  thị LAN", "203.0.113.8", true),
        ("Tran Thi Lan", "203.0.113.8", false),
        ("Trần Thị Làn", "203.0.113.7", false),
        ("Trần Thị Hoa", "203.0.113.7", false),
        ("Trần Thị Lan", "203.0.114.7", false),
    ] {
        let reader = Reader::without_device(name, ip);
        let said = reader.say(&mut portal, "bai", &format!("{name} nói từ {ip}")).await.unwrap();
        assert_eq!(said.outcome() == Outcome::Pending, held, "{name} {ip}");
    }
    // Another kind of ban with the effect BLOCK still blocks.
    let prefix = ban_of(&mut desk, &id, BanSubject::IpPrefix, BanEffect::Block).await;
    desk.ban(prefix).await.unwrap();
    assert!(lan.is_blocked(&mut portal, "Câu bị chặn").await);
}

fn metrics(newsroom: &Newsroom) -> String {
    use std::io::{Read as _, Write as _};
    let mut socket = std::net::TcpStream::connect(newsroom.running.http_addr).unwrap();
    write!(socket, "GET /metrics HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    socket.read_to_string(&mut answer).unwrap();
    answer
}

async fn a_banned_reader_is_charged_nothing_and_gets_no_details(database: Database) {
    let newsroom = Newsroom::open_with(database, |config| {
        config.limits.submits_per_device = "2/1h".parse().unwrap();
    })
    .await;
    // The test uses its own site, because all servers of the tests share one metrics registry.
    let site = format!("cam-{}", Uuid::new_v4().simple());
    let mut portal = newsroom.portal_with(&newsroom.new_token("PORTAL", &site).await);
    let mut desk = newsroom.desk_with(&newsroom.new_token("MODERATOR", &site).await);
    let banned = Reader::new(&mut portal, "Lan", "203.0.113.7").await;
    let first = banned.form(&mut portal, "bai", "Câu đầu tiên").await;
    let id = portal.comments.submit_comment(first.clone()).await.unwrap().into_inner().comment_id;
    let request = ban_of(&mut desk, &id, BanSubject::Device, BanEffect::Block).await;
    let ban = desk.ban(request).await.unwrap().ban.unwrap();

    let form = banned.form(&mut portal, "bai", "Câu thứ hai").await;
    for _ in 0..5 {
        let status = portal.comments.submit_comment(form.clone()).await.unwrap_err();
        assert_eq!((status.code(), reason(&status).as_str()), (Code::PermissionDenied, "BANNED"));
        let details = tonic_types::StatusExt::get_error_details(&status);
        assert!(details.error_info().unwrap().metadata.is_empty());
        assert_eq!(details.localized_message().unwrap().message, "You cannot comment here at the moment.");
        assert!(details.precondition_failure().is_none() && details.retry_info().is_none());
        assert!(details.resource_info().is_none() && details.quota_failure().is_none());
        assert!(
            fresh_challenge(&status).is_none(),
            "no fresh challenge is returned, because the challenge was not spent"
        );
    }
    let shown = metrics(&newsroom);
    let counted = format!("duyet_comments_submitted_total{{site=\"{site}\",outcome=\"BANNED\"}} 5");
    assert!(shown.contains(&counted), "{counted} is not in {shown}");

    let resent = portal.comments.submit_comment(first).await.unwrap().into_inner();
    assert!(resent.replayed && resent.comment_id == id, "a comment accepted before the ban is replayed");
    let pass = v1::VerifyChallengeRequest {
        token: portal.challenge("bai").await.token,
        answer: crate::support::newsroom::ANSWER.into(),
        article_id: "bai".into(),
        request_id: Uuid::new_v4().to_string(),
        ..Default::default()
    };
    assert!(
        portal.captcha.verify_challenge(pass).await.is_ok(),
        "the ban does not deny a verification for another form"
    );

    desk.unban(&ban.id).await;
    let taken = portal.comments.submit_comment(form).await.unwrap().into_inner();
    assert!(!taken.replayed, "the same request and challenge are accepted, and one of two submits is left");
    assert_eq!(reason(&banned.say(&mut portal, "bai", "Câu thứ ba").await.unwrap_err()), "RATE_LIMITED");
}

async fn validation_errors_are_returned_before_a_ban_and_a_ban_before_the_captcha(database: Database) {
    let newsroom = Newsroom::open(database).await;
    let (mut portal, mut desk) = (newsroom.portal(), newsroom.desk());
    let [banned, ..] = people(&mut portal).await;
    let id = banned.comment(&mut portal, "bai", "Câu đầu tiên").await;
    let request = ban_of(&mut desk, &id, BanSubject::Device, BanEffect::Block).await;
    desk.ban(request).await.unwrap();
    desk.set_mode("dong", Mode::Closed, 0).await;
    let closed = banned.say(&mut portal, "dong", "Muộn rồi").await.unwrap_err();
    assert_eq!(reason(&closed), "ARTICLE_CLOSED");
    let form = banned.form(&mut portal, "bai", "Trả lời").await;
    let orphan = v1::SubmitCommentRequest { parent_id: Uuid::new_v4().to_string(), ..form.clone() };
    assert_eq!(reason(&portal.comments.submit_comment(orphan).await.unwrap_err()), "COMMENT_NOT_FOUND");
    let bare = v1::SubmitCommentRequest { content: String::new(), ..form.clone() };
    assert_eq!(fields(&portal.comments.submit_comment(bare).await.unwrap_err()), ["content"]);
    let wrong = v1::SubmitCommentRequest { challenge_answer: "CCCCC".into(), ..form };
    assert_eq!(
        reason(&portal.comments.submit_comment(wrong).await.unwrap_err()),
        "BANNED",
        "the ban is checked before the captcha"
    );
}

async fn a_held_comment_is_pending_in_every_mode_with_a_finding(database: Database) {
    let newsroom = Newsroom::open(database).await;
    let (mut portal, mut desk) = (newsroom.portal(), newsroom.desk());
    let [held, _, free] = people(&mut portal).await;
    let id = held.comment(&mut portal, "bai", "Câu đầu tiên").await;
    let request = ban_of(&mut desk, &id, BanSubject::Device, BanEffect::Hold).await;
    desk.ban(request).await.unwrap();
    for mode in [Mode::Pre, Mode::Post, Mode::Hybrid] {
        let article = format!("bai-{mode:?}");
        desk.set_mode(&article, mode, 0).await;
        let content = format!("Nội dung hiền lành ở {mode:?}");
        let answer = held.say(&mut portal, &article, &content).await.unwrap();
        assert_eq!(answer.outcome(), Outcome::Pending, "{mode:?}");
        let case = desk.case(&answer.comment_id).await;
        assert_eq!(case.comment.as_ref().unwrap().status(), CommentStatus::Pending);
        let finding = case.findings.iter().find(|finding| finding.rule == "HELD_BY_BAN").unwrap();
        assert_eq!((finding.weight, finding.start, finding.end, finding.field.as_str()), (0.0, 0, 0, ""));
        assert!(finding.explanation.contains("ban"), "{}", finding.explanation);

        let other = free.say(&mut portal, &article, &format!("Một câu khác ở {mode:?}")).await.unwrap();
        assert_eq!(other.outcome() == Outcome::Published, mode != Mode::Pre, "{mode:?}");
        let plain = desk.case(&other.comment_id).await;
        assert!(plain.findings.iter().all(|finding| finding.rule != "HELD_BY_BAN"));
        assert_eq!(case.spam_score.to_bits(), plain.spam_score.to_bits(), "a ban does not change the spam score");
        desk.approve(&answer.comment_id).await;
    }
}

async fn a_ban_does_not_affect_another_site(database: Database) {
    let newsroom = Newsroom::open(database).await;
    let (mut portal, mut desk) = (newsroom.portal(), newsroom.desk());
    let mut abroad = newsroom.desk_with(&newsroom.new_token("ADMIN", "bao-vinh").await);
    let [banned, ..] = people(&mut portal).await;
    let id = banned.comment(&mut portal, "bai", "Câu đầu tiên").await;
    let request = ban_of(&mut desk, &id, BanSubject::Device, BanEffect::Block).await;
    assert_eq!(reason(&abroad.ban(request.clone()).await.unwrap_err()), "COMMENT_NOT_FOUND");
    let author = Some(Subject::Author(desk.case(&id).await.author_history.unwrap().author));
    let by_key = v1::CreateBanRequest { subject: author, subject_kind: 0, ..request.clone() };
    let foreign = abroad.ban(by_key).await.unwrap().ban.unwrap();
    assert!(!banned.is_blocked(&mut portal, "Vẫn nói được").await);
    let own = desk.ban(request).await.unwrap().ban.unwrap();
    assert!(banned.is_blocked(&mut portal, "Bây giờ thì không").await);
    for (desk, id) in [(&mut desk, &foreign.id), (&mut abroad, &own.id)] {
        let request =
            v1::RevokeBanRequest { ban_id: id.clone(), request_id: Uuid::new_v4().to_string(), ..Default::default() };
        assert_eq!(reason(&desk.bans.revoke_ban(request).await.unwrap_err()), "BAN_NOT_FOUND");
    }
    assert_eq!(desk.ban_list(v1::ListBansRequest::default()).await.bans, [own]);
}

async fn sixty_four_concurrent_submits_get_the_status_that_ban_and_score_require(database: Database) {
    let newsroom = Newsroom::open(database).await;
    let (mut portal, mut desk) = (newsroom.portal(), newsroom.desk());
    desk.set_mode("bai", Mode::Hybrid, 0).await;
    let held = Reader::new(&mut portal, "Lan", "203.0.113.7").await;
    let id = held.comment(&mut portal, "bai", "Câu đầu tiên").await;
    let request = ban_of(&mut desk, &id, BanSubject::IpPrefix, BanEffect::Hold).await;
    desk.ban(request).await.unwrap();
    let mut forms = Vec::new();
    for number in 0..64 {
        let ip = if number % 2 == 0 { "203.0.113.9" } else { "198.51.100.9" };
        let content = if number % 4 < 2 {
            format!("Một ý kiến hiền lành, số {number}")
        } else {
            format!("Vay nhanh gọi 0912 345 6{number:02} hoặc https://vay-{number}.example.com")
        };
        let reader = Reader::new(&mut portal, "Mai", ip).await;
        forms.push((number % 4, reader.form(&mut portal, "bai", &content).await));
    }
    let mut calls = JoinSet::new();
    for (lot, form) in forms {
        let mut portal = portal.clone();
        calls.spawn(async move { (lot, send(&mut portal, form).await.unwrap()) });
    }
    for (lot, answer) in calls.join_all().await {
        let case = desk.case(&answer.comment_id).await;
        let held = case.findings.iter().any(|finding| finding.rule == "HELD_BY_BAN");
        let status = case.comment.unwrap().status();
        // Before moderators have made enough decisions, comments that look like spam are also pending.
        let expected = match lot {
            0 | 2 => (true, CommentStatus::Pending),
            1 => (false, CommentStatus::Approved),
            _ => (false, CommentStatus::Pending),
        };
        assert_eq!((held, status), expected);
    }
    assert_eq!(portal.list("bai").await.total_count, 17);
}

/// Submits one comment after another from one device until `enough` submits were started after the response to the
/// ban. Each of those must satisfy `fits`.
async fn stream(
    mut portal: Portal,
    reader: Reader,
    name: String,
    (answered, enough): (Arc<AtomicBool>, usize),
    sent: Arc<AtomicUsize>,
    fits: fn(&Result<v1::SubmitCommentResponse, tonic::Status>) -> bool,
) {
    let mut after = 0;
    for number in 0.. {
        let form = reader.form(&mut portal, "bai", &format!("Dòng {name}, câu {number}")).await;
        let late = answered.load(Ordering::SeqCst);
        let answer = send(&mut portal, form).await;
        sent.fetch_add(1, Ordering::SeqCst);
        assert!(!late || fits(&answer), "the ban did not apply to a submit: {answer:?}");
        after += usize::from(late);
        if after >= enough {
            return;
        }
    }
}

/// Lets one device submit through `portals` while it is banned together with its comments.
async fn race(
    (portals, desk): (&[Portal], &mut Desk),
    reader: &Reader,
    effect: BanEffect,
    fits: fn(&Result<v1::SubmitCommentResponse, tonic::Status>) -> bool,
) {
    let mut portal = portals[0].clone();
    let id = reader.comment(&mut portal, "bai", &format!("Trước khi {effect:?}")).await;
    let (answered, sent) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    let mut streams = JoinSet::new();
    for number in 0..6 {
        let portal = portals[number % portals.len()].clone();
        let name = format!("{effect:?} {number}");
        streams.spawn(stream(portal, reader.clone(), name, (answered.clone(), 5), sent.clone(), fits));
    }
    while sent.load(Ordering::SeqCst) < 12 {
        tokio::task::yield_now().await;
    }
    let request = ban_of(desk, &id, BanSubject::Device, effect).await;
    let request = v1::CreateBanRequest { reject_pending: true, remove_published: true, ..request };
    let made = desk.ban(request).await.unwrap();
    answered.store(true, Ordering::SeqCst);
    while let Some(ended) = streams.join_next().await {
        ended.unwrap();
    }
    assert!(made.results.iter().all(|one| one.changed));
    desk.unban(&made.ban.unwrap().id).await;
}

async fn every_submit_that_starts_after_the_response_is_subject_to_the_ban(database: Database) {
    let newsroom = Newsroom::open(database).await;
    let mut desk = newsroom.desk();
    desk.set_mode("bai", Mode::Post, 0).await;
    let mut portals = vec![newsroom.portal()];
    let replica = match database {
        Database::Sqlite => None,
        Database::Postgres => Some(newsroom.replica().await),
    };
    portals.extend(replica.iter().map(|replica| portal_at(replica.grpc_addr, &newsroom.token("portal"))));
    let reader = Reader::new(&mut portals[0], "Lan", "203.0.113.7").await;
    race((&portals, &mut desk), &reader, BanEffect::Block, |answer| {
        answer.as_ref().is_err_and(|status| reason(status) == "BANNED")
    })
    .await;
    race((&portals, &mut desk), &reader, BanEffect::Hold, |answer| {
        answer.as_ref().is_ok_and(|answer| answer.outcome() == Outcome::Pending)
    })
    .await;
    let public = portals[0].list("bai").await;
    let shown = public.comments.iter().map(|root| 1 + i64::from(root.reply_count)).sum::<i64>();
    assert_eq!(
        (public.total_count, public.next_page_token.as_str()),
        (shown, ""),
        "the total equals the number of comments on the page"
    );
}
