//! Values that other programs would interpret as commands are stored, found, shown and decided as plain text.

use duyet_proto::v1;
use duyetd::domain::search::Search;
use uuid::Uuid;

use crate::support::{
    home::Home,
    newsroom::{Database, Newsroom, fields, on_both_databases},
};

on_both_databases! {
    values_that_look_like_commands_are_treated_as_text,
}

/// SQL, markup, templates, shells, paths, formats and JSON. None contains a character that is removed on input.
const VALUES: [&str; 24] = [
    "'; drop table comments; --",
    "' or '1'='1",
    "\" or \"\"=\"",
    "1); delete from audit where (1=1",
    "' union select secret_hash from tokens --",
    "$1 $2 ?1 :name @p",
    "%' escape '!",
    "%_%",
    "\\'; select pg_sleep(10); --",
    "E'\\\\x27'",
    "/* */ -- #",
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "<svg/onload=alert`1`>",
    "javascript:alert(1)//",
    "&lt;b&gt; &#x27; &amp;",
    "{{7*7}} ${7*7} #{7*7} <%= 7*7 %>",
    "$(reboot) `reboot` | reboot; && reboot",
    "../../../../etc/passwd",
    "C:\\..\\..\\windows\\win.ini",
    "%s %n %x {} {0} {:?}",
    "{\"a\": [1, null], \"b\": \"\\u0000\"}",
    "!!python/object/apply:os.system ['id']",
    "=cmd|' /C calc'!A0",
];

fn request_id() -> String {
    Uuid::new_v4().to_string()
}

async fn values_that_look_like_commands_are_treated_as_text(database: Database) {
    let newsroom = Newsroom::open(database).await;
    let mut portal = newsroom.portal();
    let mut desk = newsroom.desk_with(&newsroom.token("admin"));
    for value in VALUES {
        let form = portal.form(value, value).await;
        let form = v1::SubmitCommentRequest {
            author_name: value.into(),
            title: value.into(),
            article_title: value.into(),
            ..form
        };
        let id = portal.comments.submit_comment(form).await.unwrap_or_else(|status| panic!("{value}: {status}"));
        let id = id.into_inner().comment_id;
        let note = v1::AddNoteRequest { comment_id: id.clone(), text: value.into(), request_id: request_id() };
        desk.moderation.add_note(note).await.unwrap();
        let decision =
            v1::DecideRequest { note: value.into(), ..crate::support::newsroom::decision(&id, v1::Action::Approve) };
        desk.decide(decision).await.unwrap();

        let case = desk.case(&id).await;
        let comment = case.comment.unwrap();
        assert_eq!([&*comment.author_name, &*comment.title, &*comment.content], [value; 3]);
        assert_eq!((comment.article_id.as_str(), case.article_title.as_str()), (value, value));
        assert_eq!((case.notes[0].text.as_str(), case.decisions[0].note.as_str()), (value, value));
        let page = portal.list(value).await;
        assert_eq!(
            (page.comments.len(), page.comments[0].content.as_str()),
            (1, value),
            "the page has only the comment of this article"
        );
        let filter = v1::QueueFilter { query: value.into(), status: (1..=6).collect(), ..Default::default() };
        let request = v1::ListQueueRequest { filter: Some(filter), page_size: 100, ..Default::default() };
        let found = desk.moderation.list_queue(request).await;
        if let Some(search) = Search::parse(value, false) {
            let found = found.unwrap().into_inner().cases;
            assert!(
                found.iter().any(|case| case.comment.as_ref().unwrap().id == id),
                "a search for {value} finds its comment"
            );
            for case in found {
                let text = case.comment.unwrap().content;
                assert!(search.finds_text([&text, "", ""]), "{value} finds {text}");
            }
        } else {
            assert_eq!(fields(&found.unwrap_err()), ["filter.query"], "{value}");
        }
        let audit = v1::ListAuditRequest { actor: value.into(), ..Default::default() };
        if let Ok(entries) = desk.moderation.list_audit(audit).await {
            assert!(entries.into_inner().entries.is_empty(), "{value} does not match an actor");
        }
        let assessed = v1::AssessTextRequest { author_name: value.into(), title: value.into(), content: value.into() };
        desk.rules.assess_text(assessed).await.unwrap();
    }
    let home = Home::beside(&newsroom.config);
    assert_eq!(home.rows("comments").await, i64::try_from(VALUES.len()).unwrap());
    assert_eq!(home.rows("notes").await, i64::try_from(VALUES.len()).unwrap());
    home.recount().await;
}
