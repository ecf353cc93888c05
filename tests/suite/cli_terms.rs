//! Terms, `assess` and `replay` on the command line, against a real server.

use duyet_proto::v1;

use crate::{
    moderator_client::{duyet, duyet_in, json, text},
    support::newsroom::{Database, Newsroom, decision, on_both_databases},
};

on_both_databases! {
    a_term_is_tried_listed_and_deleted,
    a_term_that_matches_approved_comments_needs_a_confirmation,
    a_moderator_may_try_a_term_without_the_right_to_store_it,
    a_text_is_explained_from_a_file_or_from_stdin,
    a_replay_prints_where_rules_and_moderators_disagree,
}

const ADMIN: &str = "admin";

async fn done(newsroom: &Newsroom, arguments: &[&str]) -> String {
    let output = duyet(newsroom, ADMIN, arguments).await;
    assert_eq!(output.status.code(), Some(0), "{arguments:?}: {}", text(&output));
    text(&output)
}

async fn failed(newsroom: &Newsroom, code: i32, arguments: &[&str]) -> String {
    let output = duyet(newsroom, ADMIN, arguments).await;
    assert_eq!(output.status.code(), Some(code), "{arguments:?}: {}", text(&output));
    text(&output)
}

async fn a_term_is_tried_listed_and_deleted(database: Database) {
    let newsroom = Newsroom::open(database).await;
    assert!(done(&newsroom, &["terms"]).await.contains("No terms match."));
    let tried = done(&newsroom, &["term", "Chạy án", "--dry-run"]).await;
    assert!(tried.contains("was tried") && tried.contains("none of 0 approved"), "{tried}");
    assert!(done(&newsroom, &["terms"]).await.contains("No terms match."));

    let new = done(&newsroom, &["term", "Chạy án", "--note", "hối lộ"]).await;
    assert!(new.contains("Term “Chạy án”: exact, on trial, weight 1.0 (revision 1)"), "{new}");
    let same = done(&newsroom, &["term", "chạy án"]).await;
    assert!(same.contains("is unchanged"), "{same}");
    let on = done(&newsroom, &["term", "chạy án", "--state", "enforce", "--weight", "2.5"]).await;
    assert!(on.contains("exact, in force, weight 2.5 (revision 2)"), "{on}");
    done(&newsroom, &["term", "chạy án", "--tier", "stripped"]).await;
    let several = failed(&newsroom, 2, &["term", "chạy án", "--delete"]).await;
    assert!(several.contains("--tier"), "{several}");

    let table = done(&newsroom, &["terms", "án"]).await;
    assert!(table.contains("also without marks") && table.contains("hối lộ") && table.contains("admin"), "{table}");
    let list = json(&duyet(&newsroom, ADMIN, &["terms", "--json", "-n", "1"]).await);
    assert_eq!((list["terms"].as_array().unwrap().len(), &list["terms"][0]["tier"]), (1, &"TERM_TIER_STRIPPED".into()));
    assert!(list["nextPageToken"] != "");
    let gone = done(&newsroom, &["term", "chạy án", "--tier", "exact", "--delete"]).await;
    assert!(gone.contains("is deleted"), "{gone}");
    assert_eq!(json(&duyet(&newsroom, ADMIN, &["terms", "--json"]).await)["terms"].as_array().unwrap().len(), 1);
    failed(&newsroom, 3, &["term", "không có", "--delete"]).await;
    let wrong = failed(&newsroom, 2, &["term", "x", "--weight", "11"]).await;
    assert!(wrong.contains("term.weight"), "{wrong}");
    let audit = done(&newsroom, &["audit", "--action", "put-term"]).await;
    assert!(audit.contains("EXACT ENFORCE 2.5: Chạy án"), "{audit}");
}

async fn a_term_that_matches_approved_comments_needs_a_confirmation(database: Database) {
    let newsroom = Newsroom::open(database).await;
    let (mut portal, mut desk) = (newsroom.portal(), newsroom.desk());
    let id = portal.say("bai", "Bài viết về nạn chạy án rất hay").await.comment_id;
    desk.approve(&id).await;
    let put = ["term", "chạy án", "--state", "enforce"];
    let unasked = failed(&newsroom, 2, &put).await;
    assert!(unasked.contains("1 of 1 approved comments") && unasked.contains("nạn chạy án"), "{unasked}");
    assert!(unasked.contains("--yes"), "{unasked}");
    assert!(done(&newsroom, &["terms"]).await.contains("No terms match."));
    let meant = json(&duyet(&newsroom, ADMIN, &[&put[..], &["--yes", "--json"]].concat()).await);
    assert_eq!(meant["term"]["state"], "TERM_STATE_ENFORCE");
    let tried = json(&duyet(&newsroom, ADMIN, &[&put[..], &["--dry-run", "--json"]].concat()).await);
    assert_eq!((&tried["collisions"]["wouldMatch"], &tried["collisions"]["sampled"]), (&1.into(), &1.into()));
    assert_eq!(tried["collisions"]["examples"][0]["commentId"], id.as_str());
}

async fn a_moderator_may_try_a_term_without_the_right_to_store_it(database: Database) {
    let newsroom = Newsroom::open(database).await;
    let tried = duyet_in("vi", &newsroom, "moderator", &["term", "chạy án", "--dry-run"]).await;
    assert_eq!(tried.status.code(), Some(0), "{}", text(&tried));
    assert!(text(&tried).contains("chưa thay đổi gì"), "{}", text(&tried));
    let denied = duyet(&newsroom, "moderator", &["term", "chạy án"]).await;
    assert_eq!(denied.status.code(), Some(4), "{}", text(&denied));
    done(&newsroom, &["term", "chạy án"]).await;
    let denied = duyet(&newsroom, "moderator", &["term", "chạy án", "--delete"]).await;
    assert_eq!(denied.status.code(), Some(4), "{}", text(&denied));
}

async fn a_text_is_explained_from_a_file_or_from_stdin(database: Database) {
    let newsroom = Newsroom::open(database).await;
    let file = newsroom.token_file("bai");
    std::fs::write(&file, "Vay nhanh gọi 0912 345 678\n").unwrap();
    let printed = done(&newsroom, &["assess", file.to_str().unwrap()]).await;
    assert!(printed.contains("Assessment") && printed.contains("hold") && printed.contains("rules only"), "{printed}");
    assert!(printed.contains("phone number") && printed.contains("0912 345 678"), "{printed}");
    let judged = json(&duyet(&newsroom, ADMIN, &["assess", file.to_str().unwrap(), "--json", "--title", "a.vn"]).await);
    assert_eq!((&judged["verdict"], &judged["decisions"]), (&"VERDICT_HOLD".into(), &"0".into()));
    assert!(judged["findings"].as_array().unwrap().iter().any(|found| found["field"] == "title"));
    let empty = failed(&newsroom, 2, &["assess", "-"]).await;
    assert!(empty.contains("content"), "an empty stdin is an error: {empty}");
    let missing = failed(&newsroom, 2, &["assess", "/nowhere"]).await;
    assert!(missing.contains("Cannot read /nowhere"), "{missing}");
}

async fn a_replay_prints_where_rules_and_moderators_disagree(database: Database) {
    let newsroom = Newsroom::open(database).await;
    let (mut portal, mut desk) = (newsroom.portal(), newsroom.desk());
    for (said, action) in [("Chạy án là tệ nạn", v1::Action::Approve), ("Cần chạy án gọi tôi", v1::Action::Spam)]
    {
        let id = portal.say("bai", said).await.comment_id;
        desk.decide(decision(&id, action)).await.unwrap();
    }
    let printed = done(&newsroom, &["replay"]).await;
    assert!(printed.contains("publish, but spam") && printed.contains("Cần chạy án gọi tôi"), "{printed}");
    let with = done(&newsroom, &["replay", "--with", "chạy án"]).await;
    assert!(with.contains("term: chạy án") && with.contains("spam, but approved"), "{with}");
    let table = json(&duyet(&newsroom, ADMIN, &["replay", "--with", "chạy án", "--tier", "stripped", "--json"]).await);
    let verdict = &table["verdicts"][1];
    assert_eq!((&verdict["verdict"], &verdict["decided"]["approved"]), (&"VERDICT_HOLD".into(), &1.into()));
    assert_eq!((&table["rules"][0]["pattern"], &table["rules"][0]["met"]["spam"]), (&"chạy án".into(), &1.into()));
}
