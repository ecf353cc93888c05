//! Invisible characters that are part of a word's spelling, and the ways to write one article id.

use duyet_proto::v1::{self, Action, Mode};
use unicode_normalization::UnicodeNormalization as _;
use uuid::Uuid;

use crate::support::newsroom::{ANSWER, Database, Newsroom, decision, fields, on_both_databases, reason};

on_both_databases! {
    joiners_that_are_part_of_a_word_are_kept,
    a_family_emoji_counts_as_one_character,
    a_name_without_a_visible_character_is_rejected,
    all_forms_of_an_article_id_are_one_article,
}

const SPELT: [&str; 9] = [
    "👨\u{200d}👩\u{200d}👧\u{200d}👦 khoẻ",
    "❤️\u{200d}🔥",
    "🏴\u{e0067}\u{e0062}\u{e0073}\u{e0063}\u{e0074}\u{e007f}",
    "👩🏽\u{200d}🤝\u{200d}👨🏻",
    "ខ្ញុំ\u{200b}ស្រឡាញ់\u{200b}ភាសា\u{200b}ខ្មែរ",
    "می\u{200c}خواهم",
    "ශ්\u{200d}රී ලංකා",
    "क्\u{200d}ष",
    "🇻🇳 1️⃣",
];

async fn joiners_that_are_part_of_a_word_are_kept(database: Database) {
    let newsroom = Newsroom::open(database).await;
    let (mut portal, mut desk) = (newsroom.portal(), newsroom.desk());
    for spelt in SPELT {
        let form = portal.form("bai", spelt).await;
        let form = v1::SubmitCommentRequest { author_name: spelt.into(), title: spelt.into(), ..form };
        let id = portal.comments.submit_comment(form).await.unwrap().into_inner().comment_id;
        desk.approve(&id).await;
        let request = v1::GetCommentRequest { id, receipts: vec![] };
        let comment = portal.comments.get_comment(request).await.unwrap().into_inner().comment.unwrap();
        assert_eq!([&comment.author_name, &comment.title, &comment.content], [spelt; 3]);
        // A search does not need to know the invisible characters.
        let filter = v1::QueueFilter {
            query: spelt.replace(['\u{200b}', '\u{200c}', '\u{200d}'], ""),
            status: vec![v1::CommentStatus::Approved.into()],
            ..Default::default()
        };
        let request = v1::ListQueueRequest { filter: Some(filter), ..Default::default() };
        let found = desk.moderation.list_queue(request).await.unwrap().into_inner();
        assert_eq!(found.cases.len(), 1, "{spelt}");
    }
    let disguised = portal.say("bai", "c\u{200b}a\u{200c}s\u{200d}ino 👍\u{e0061}\u{e007f}").await.comment_id;
    let case = desk.case(&disguised).await;
    assert_eq!(case.comment.unwrap().content, "casino 👍");
}

async fn a_family_emoji_counts_as_one_character(database: Database) {
    let newsroom = Newsroom::open(database).await;
    let mut portal = newsroom.portal();
    let families = |count: usize| "👨\u{200d}👩\u{200d}👧\u{200d}👦".repeat(count);
    let id = portal.say("bai", &families(1_000)).await.comment_id;
    assert_eq!(newsroom.desk().case(&id).await.comment.unwrap().content, families(1_000));
    let form = v1::SubmitCommentRequest { author_name: families(60), ..portal.form("bai", "Cả nhà").await };
    portal.comments.submit_comment(form).await.unwrap();
    let form = v1::SubmitCommentRequest { author_name: families(61), ..portal.form("bai", "Cả nhà").await };
    assert_eq!(fields(&portal.comments.submit_comment(form).await.unwrap_err()), ["author_name"]);
}

async fn a_name_without_a_visible_character_is_rejected(database: Database) {
    let newsroom = Newsroom::open(database).await;
    let mut portal = newsroom.portal();
    let form = portal.form("bai", "Hay").await;
    for blank in [
        "\u{fe0f}",
        "\u{2800}",
        "\u{3164}",
        "\u{115f}\u{1160}",
        "\u{ffa0}",
        "\u{34f}",
        "\u{200b}",
        "\u{e0041}",
        "\u{3000}",
    ] {
        let form = v1::SubmitCommentRequest { author_name: blank.into(), content: blank.into(), ..form.clone() };
        let status = portal.comments.submit_comment(form).await.unwrap_err();
        assert_eq!(fields(&status), ["author_name", "content"], "{blank:?}");
    }
    portal.comments.submit_comment(form).await.expect("the challenge was not spent");
}

async fn all_forms_of_an_article_id_are_one_article(database: Database) {
    let newsroom = Newsroom::open(database).await;
    let (mut portal, mut desk) = (newsroom.portal(), newsroom.desk());
    let composed = "cầu-mới-ở-Huế";
    let apart: String = composed.nfd().collect();
    let blank = format!("\u{a0}{composed}\u{3000}");
    // The challenge was issued for another form of the same id.
    let challenge = portal.challenge(&blank).await;
    let form = v1::SubmitCommentRequest {
        article_id: apart.clone(),
        challenge_token: challenge.token,
        ..portal.form(composed, "Hay").await
    };
    let first = portal.comments.submit_comment(form.clone()).await.unwrap().into_inner();
    let resent = v1::SubmitCommentRequest { article_id: composed.into(), ..form };
    assert!(portal.comments.submit_comment(resent).await.unwrap().into_inner().replayed);
    desk.approve(&first.comment_id).await;
    let verify = v1::VerifyChallengeRequest {
        token: portal.challenge(composed).await.token,
        answer: ANSWER.into(),
        article_id: apart.clone(),
        request_id: Uuid::new_v4().to_string(),
        ..Default::default()
    };
    portal.captcha.verify_challenge(verify).await.unwrap();

    let ids = vec![composed.to_owned(), apart.clone(), blank.clone()];
    let request = v1::CountCommentsRequest { article_ids: ids.clone() };
    let counts = portal.comments.count_comments(request).await.unwrap().into_inner().counts;
    assert_eq!(counts, ids.iter().map(|id| (id.clone(), 1)).collect());
    for id in &ids {
        assert_eq!(portal.list(id).await.total_count, 1, "{id:?}");
        let request = v1::GetArticleRequest { article_id: id.clone() };
        let article = desk.policy.get_article(request).await.unwrap().into_inner().article.unwrap();
        assert_eq!((article.article_id.as_str(), article.revision), (composed, 1), "{id:?}");
        let filter = v1::QueueFilter {
            article_id: id.clone(),
            status: vec![v1::CommentStatus::Approved.into()],
            ..Default::default()
        };
        let request = v1::ListQueueRequest { filter: Some(filter), ..Default::default() };
        assert_eq!(desk.moderation.list_queue(request).await.unwrap().into_inner().total, 1, "{id:?}");
    }
    desk.set_mode(&apart, Mode::Closed, 1).await;
    let request = v1::ListAuditRequest { article_id: blank, action: "UPDATE_ARTICLE".into(), ..Default::default() };
    assert_eq!(desk.moderation.list_audit(request).await.unwrap().into_inner().entries.len(), 1);
    let late = portal.form(composed, "Muộn").await;
    assert_eq!(reason(&portal.comments.submit_comment(late).await.unwrap_err()), "ARTICLE_CLOSED");
    desk.decide(v1::DecideRequest { expected_revision: 2, ..decision(&first.comment_id, Action::Reject) })
        .await
        .unwrap();
    for bad in ["a\nb", "bai\u{0}", "\u{85}", "\u{3000}", ""] {
        let request = v1::ListCommentsRequest { article_id: bad.into(), ..Default::default() };
        assert_eq!(fields(&portal.comments.list_comments(request).await.unwrap_err()), ["article_id"], "{bad:?}");
    }
}
