//! Spam findings from the submitted form to the moderator's case.

use duyet_proto::v1::{self, Mode, Outcome};

use crate::support::newsroom::{Database, Newsroom, on_both_databases};

on_both_databases! {
    suspicious_form_signals_are_findings,
    hidden_characters_and_mixed_scripts_are_findings,
    a_text_repeated_by_any_reader_is_a_finding,
    disguised_copies_of_a_text_are_one_campaign,
    stored_text_has_no_hidden_characters,
}

async fn rules(newsroom: &Newsroom, id: &str) -> Vec<String> {
    let mut rules: Vec<_> = newsroom.desk().case(id).await.findings.into_iter().map(|finding| finding.rule).collect();
    rules.sort();
    rules
}

async fn suspicious_form_signals_are_findings(database: Database) {
    let newsroom = Newsroom::open(database).await;
    newsroom.desk().set_mode("bai", Mode::Post, 0).await;
    let mut portal = newsroom.portal();
    let mut form = portal.form("bai", "Bài viết rất hay").await;
    form.honeypot = "http://bot.example".into();
    // The year 2100: the form was sent before it was opened.
    form.form_opened_at = Some(prost_types::Timestamp { seconds: 4_102_444_800, nanos: 0 });
    form.client = portal.form("bai", "x").await.client;
    let caught = portal.comments.submit_comment(form).await.unwrap().into_inner();
    assert_eq!(caught.outcome(), Outcome::Pending);
    assert_eq!(rules(&newsroom, &caught.comment_id).await, ["FAST_FORM", "HONEYPOT", "OTHER_DEVICE"]);

    // The form claims that it was opened years ago, but its image was drawn a moment ago.
    let form = portal.form("bai", "Bài viết thật bổ ích").await;
    let years_ago = prost_types::Timestamp { seconds: 1_600_000_000, nanos: 0 };
    let form = v1::SubmitCommentRequest { form_opened_at: Some(years_ago), ..form };
    let caught = portal.comments.submit_comment(form).await.unwrap().into_inner();
    assert_eq!(rules(&newsroom, &caught.comment_id).await, ["FAST_FORM"]);

    let human = portal.say("bai", "Bài viết rất hữu ích").await;
    assert_eq!(human.outcome(), Outcome::Published);
    assert!(rules(&newsroom, &human.comment_id).await.is_empty());
}

async fn hidden_characters_and_mixed_scripts_are_findings(database: Database) {
    let newsroom = Newsroom::open(database).await;
    let mut portal = newsroom.portal();
    let mixed = portal.say("bai", "Vào c\u{430}sino ngay").await.comment_id;
    assert_eq!(rules(&newsroom, &mixed).await, ["MIXED_SCRIPT", "SPAM_WORDS"]);
    let shouted = portal.say("bai", &"mua ".repeat(20)).await.comment_id;
    assert_eq!(rules(&newsroom, &shouted).await, ["REPEATED_WORD"]);
    let broken_up = portal.say("bai", "Bài\u{200b} này\u{200b} hay\u{200b} lắm").await.comment_id;
    assert_eq!(rules(&newsroom, &broken_up).await, ["INVISIBLE_CHARACTERS"]);
}

async fn a_text_repeated_by_any_reader_is_a_finding(database: Database) {
    let newsroom = Newsroom::open(database).await;
    let mut portal = newsroom.portal();
    let first = portal.say("bai-a", "Mời bạn bè tham gia nhóm của lớp").await.comment_id;
    let form = portal.form("bai-b", "MỜI bạn bè tham gia nhóm của lớp").await;
    let renamed = v1::SubmitCommentRequest { author_name: "Một tên khác".into(), ..form };
    let again = portal.comments.submit_comment(renamed).await.unwrap().into_inner().comment_id;
    assert!(rules(&newsroom, &first).await.is_empty());
    assert_eq!(rules(&newsroom, &again).await, ["REPEATED_TEXT"]);
    for _ in 0..2 {
        let short = v1::SubmitCommentRequest {
            author_name: "An".into(),
            title: String::new(),
            ..portal.form("bai-a", "Hay quá!").await
        };
        let id = portal.comments.submit_comment(short).await.unwrap().into_inner().comment_id;
        assert!(rules(&newsroom, &id).await.is_empty(), "short texts repeat by chance, so they have no finding");
    }
}

async fn stored_text_has_no_hidden_characters(database: Database) {
    let newsroom = Newsroom::open(database).await;
    let mut portal = newsroom.portal();
    let mut form = portal.form("bai", "Ca\u{200b}\u{302}u \u{202e}chuye\u{302}\u{323}n").await;
    form.title = "Tie\u{302}u\u{feff} đe\u{302}\u{300}".into();
    form.article_title = "Ba\u{300}i\u{200d}".into();
    let id = portal.comments.submit_comment(form).await.unwrap().into_inner().comment_id;
    let case = newsroom.desk().case(&id).await;
    let v1::Comment { title, content, .. } = case.comment.unwrap();
    let stored = [content.as_str(), title.as_str(), case.article_title.as_str()];
    assert_eq!(stored, ["Câu chuyện", "Tiêu đề", "Bài"]);
}

async fn disguised_copies_of_a_text_are_one_campaign(database: Database) {
    let newsroom = Newsroom::open(database).await;
    let (mut portal, mut desk) = (newsroom.portal(), newsroom.desk());
    let dresses = [
        ("bai-1", "An", "Vào nhóm nhận quà miễn phí"),
        ("bai-2", "Bình", "VÀO NHÓM nhận quà, miễn phí!!!"),
        ("bai-3", "Chi", "Vào 𝗻𝗵𝗼𝗺 nhận qu\u{430} miễn phí"),
        ("bai-1", "Dung", "vao n.h.o.m nhan qua m1en ph1"),
    ];
    let mut ids = Vec::new();
    for (article, name, content) in dresses {
        let form = portal.form(article, content).await;
        let form = v1::SubmitCommentRequest { author_name: name.into(), title: String::new(), ..form };
        ids.push(portal.comments.submit_comment(form).await.unwrap().into_inner().comment_id);
    }
    let about_repetition = async |id: &str| {
        let found = rules(&newsroom, id).await.into_iter();
        found.filter(|rule| rule == "REPEATED_TEXT" || rule == "CAMPAIGN").collect::<Vec<_>>()
    };
    assert!(about_repetition(&ids[0]).await.is_empty());
    assert_eq!(about_repetition(&ids[1]).await, ["REPEATED_TEXT"]);
    assert_eq!(about_repetition(&ids[2]).await, ["CAMPAIGN"], "the text of a third author makes a campaign");
    assert_eq!(about_repetition(&ids[3]).await, ["CAMPAIGN"]);
    let case = desk.case(&ids[0]).await;
    let siblings: Vec<_> = case.siblings.iter().map(|one| one.id.as_str()).collect();
    assert_eq!(
        (case.same_text, siblings),
        (3, vec![ids[3].as_str(), &ids[2], &ids[1]]),
        "the case lists the comments of all articles, newest first"
    );
}
