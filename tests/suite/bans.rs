//! Bans: whom they hit, and what a banned reader is told.

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
    each_kind_denies_its_subject_and_nobody_else,
    each_kind_holds_its_subject_and_nobody_else,
    an_author_without_a_device_is_known_by_prefix_and_name,
    a_banned_reader_pays_nothing_and_learns_nothing,
    what_comes_before_a_ban_is_told_before_it,
    a_held_comment_waits_whatever_the_mode_and_says_why,
    a_ban_of_another_site_does_nothing,
    sixty_four_submits_at_once_stand_where_ban_and_score_put_them,
    no_submit_that_starts_after_the_answer_gets_past_a_ban,
}

/// What each kind must hit: the same device, the /24, the text "Mua ngay kẻo lỡ dịp này" in any spelling.
const HITS: [(BanSubject, [bool; 3]); 4] = [
    (BanSubject::Device, [true, false, false]),
    (BanSubject::IpPrefix, [false, true, false]),
    (BanSubject::Fingerprint, [false, false, true]),
    (BanSubject::Author, [true, false, false]),
];

/// For each kind: bans what stands behind a comment, and asks `hit` of a submit by the same device, one from the /24 and one of the
/// same text. The reader who was banned and a stranger are asked, too.
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
        assert!(hit(&mut portal, &banned, &said.to_uppercase()).await, "{kind:?}: who was banned");
        assert!(!hit(&mut portal, &stranger, &format!("Người lạ nói, {kind:?}")).await, "{kind:?}: a stranger");
        desk.unban(&ban.id).await;
        assert!(!hit(&mut portal, &banned, &format!("Được nói lại, {kind:?}")).await, "{kind:?}: afterwards");
    }
}

async fn each_kind_denies_its_subject_and_nobody_else(database: Database) {
    check_kinds(database, BanEffect::Block, async |portal, reader, content| reader.is_blocked(portal, content).await)
        .await;
}

async fn each_kind_holds_its_subject_and_nobody_else(database: Database) {
    check_kinds(database, BanEffect::Hold, async |portal, reader, content| {
        // In upper case the text is the same to the duplicate rule as well: another article.
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
    // The same by its key, as the case shows it, and without a kind.
    let request =
        v1::CreateBanRequest { subject: Some(Subject::Author(author.clone())), subject_kind: 0, ..from_comment };
    let ban = desk.ban(request).await.unwrap().ban.unwrap();
    // Several people may have one name behind one address.
    assert_eq!(ban.effect(), BanEffect::Hold);
    assert_eq!((ban.subject_kind(), ban.author, ban.comment_id), (BanSubject::Author, author, String::new()));
    let by_comment = ban_of(&mut desk, &id, BanSubject::Author, BanEffect::Block).await;
    assert_eq!(desk.ban(by_comment).await.unwrap().ban.unwrap().effect(), BanEffect::Hold);
    // As an earlier version made them.
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
    // Another ban that may block still does.
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

async fn a_banned_reader_pays_nothing_and_learns_nothing(database: Database) {
    let newsroom = Newsroom::open_with(database, |config| {
        config.limits.submits_per_device = "2/1h".parse().unwrap();
    })
    .await;
    // A site of its own: all servers of the tests count in one place.
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
        assert!(fresh_challenge(&status).is_none(), "the old one is still good");
    }
    let shown = metrics(&newsroom);
    let counted = format!("duyet_comments_submitted_total{{site=\"{site}\",outcome=\"BANNED\"}} 5");
    assert!(shown.contains(&counted), "{counted} is not in {shown}");

    let resent = portal.comments.submit_comment(first).await.unwrap().into_inner();
    assert!(resent.replayed && resent.comment_id == id, "what was taken before stays answered");
    let pass = v1::VerifyChallengeRequest {
        token: portal.challenge("bai").await.token,
        answer: crate::support::newsroom::ANSWER.into(),
        article_id: "bai".into(),
        request_id: Uuid::new_v4().to_string(),
        ..Default::default()
    };
    assert!(portal.captcha.verify_challenge(pass).await.is_ok(), "other forms are none of the ban's business");

    desk.unban(&ban.id).await;
    let taken = portal.comments.submit_comment(form).await.unwrap().into_inner();
    assert!(!taken.replayed, "same request, same challenge, and one of two submits left");
    assert_eq!(reason(&banned.say(&mut portal, "bai", "Câu thứ ba").await.unwrap_err()), "RATE_LIMITED");
}

async fn what_comes_before_a_ban_is_told_before_it(database: Database) {
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
    assert_eq!(reason(&portal.comments.submit_comment(wrong).await.unwrap_err()), "BANNED", "before the captcha");
}

async fn a_held_comment_waits_whatever_the_mode_and_says_why(database: Database) {
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
        assert_eq!(case.spam_score.to_bits(), plain.spam_score.to_bits(), "a ban is no sign of spam");
        desk.approve(&answer.comment_id).await;
    }
}

async fn a_ban_of_another_site_does_nothing(database: Database) {
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

async fn sixty_four_submits_at_once_stand_where_ban_and_score_put_them(database: Database) {
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
        // Before there are decisions to go by, what looks like spam waits as well.
        let expected = match lot {
            0 | 2 => (true, CommentStatus::Pending),
            1 => (false, CommentStatus::Approved),
            _ => (false, CommentStatus::Pending),
        };
        assert_eq!((held, status), expected);
    }
    assert_eq!(portal.list("bai").await.total_count, 17);
}

/// Sends one comment after another from one device until `enough` were started after the ban's answer; each of those must be as `fits`
/// says.
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
        assert!(!late || fits(&answer), "a submit got past the ban: {answer:?}");
        after += usize::from(late);
        if after >= enough {
            return;
        }
    }
}

/// Has one device stream over `portals` while a ban of it is made, with everything that goes along.
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

async fn no_submit_that_starts_after_the_answer_gets_past_a_ban(database: Database) {
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
    assert_eq!((public.total_count, public.next_page_token.as_str()), (shown, ""), "the count is of what is there");
}
