//! Tests of terms: their effect on readers' comments, who may change them, and trials before they are in force.

use chrono::Duration;
use duyet_proto::v1::{self, CommentStatus, Mode, Outcome, Verdict};
use duyetd::domain::{
    actor::SYSTEM,
    audit::{AuditAction, AuditFilter},
    lifecycle::Action,
    spam::{TermState, TermTier},
};
use tonic::{Code, Status};
use unicode_normalization::UnicodeNormalization as _;
use uuid::Uuid;

use crate::support::{
    home::Home,
    newsroom::{
        Database, Desk, Newsroom, decision as decide_request, desk_at, fields, on_both_databases, portal_at, reason,
    },
    office::{metric_value, services},
    sample::{at, decision, site, submission, term_change},
};

on_both_databases! {
    a_term_acts_by_its_tier_and_state,
    clean_words_match_no_listed_term,
    a_dry_run_shows_the_comments_that_a_term_would_match_and_writes_nothing,
    only_an_admin_changes_terms,
    all_violations_of_a_term_are_returned_at_once,
    a_term_is_changed_at_the_expected_revision_only,
    a_resent_term_is_stored_once,
    terms_are_listed_in_pages,
    a_starting_server_loads_every_term,
    assess_text_explains_the_score_of_a_text,
    a_replay_compares_rules_with_decisions,
    a_term_that_moderators_overrule_is_put_on_trial,
}

/// Builds a new term in force.
pub(crate) fn term(pattern: &str, tier: v1::TermTier) -> v1::Term {
    v1::Term {
        pattern: pattern.into(),
        tier: tier.into(),
        state: v1::TermState::Enforce.into(),
        weight: 1.5,
        note: "cờ bạc".into(),
        ..v1::Term::default()
    }
}

fn put_request(term: v1::Term) -> v1::PutTermRequest {
    v1::PutTermRequest { term: Some(term), dry_run: false, request_id: Uuid::new_v4().to_string() }
}

impl Desk {
    pub(crate) async fn put(&mut self, term: v1::Term) -> Result<v1::Term, Status> {
        let answer = self.rules.put_term(put_request(term)).await?.into_inner();
        assert_eq!(answer.collisions, None, "only a dry run returns collisions");
        Ok(answer.term.unwrap())
    }

    async fn terms(&mut self, request: v1::ListTermsRequest) -> v1::ListTermsResponse {
        self.rules.list_terms(request).await.unwrap().into_inner()
    }

    async fn delete(&mut self, term: &v1::Term) -> Result<v1::Term, Status> {
        let (term_id, request_id) = (term.id.clone(), Uuid::new_v4().to_string());
        let request = v1::DeleteTermRequest { term_id, revision: term.revision, request_id };
        Ok(self.rules.delete_term(request).await?.into_inner().term.unwrap())
    }

    async fn assess(&mut self, content: &str) -> v1::AssessTextResponse {
        let request = v1::AssessTextRequest { content: content.into(), ..Default::default() };
        self.rules.assess_text(request).await.unwrap().into_inner()
    }
}

async fn open(database: Database) -> (Newsroom, Desk) {
    let newsroom = Newsroom::open(database).await;
    let admin = newsroom.desk_with(&newsroom.token("admin"));
    (newsroom, admin)
}

async fn a_term_acts_by_its_tier_and_state(database: Database) {
    let (newsroom, mut admin) = open(database).await;
    let mut portal = newsroom.portal();
    for (article, mode) in [("truoc", Mode::Pre), ("sau", Mode::Post), ("lai", Mode::Hybrid)] {
        admin.set_mode(article, mode, 0).await;
    }
    let listed = admin.put(term("Chạy án", v1::TermTier::Exact)).await.unwrap();
    assert_eq!((listed.revision, listed.updated_by.as_str(), listed.pattern.as_str()), (1, "admin", "Chạy án"));
    for (article, status) in
        [("truoc", CommentStatus::Pending), ("sau", CommentStatus::Pending), ("lai", CommentStatus::Spam)]
    {
        let sent = portal.say(article, &format!("Chơi CHẠY - ÁN ở {article}")).await;
        assert_eq!(sent.outcome(), Outcome::Pending);
        let case = admin.case(&sent.comment_id).await;
        assert_eq!(case.comment.unwrap().status(), status, "{article}");
        let found = case.findings.iter().find(|found| found.rule == "TERM").unwrap();
        assert_eq!(
            (found.term_id.as_str(), found.excerpt.as_str(), found.weight),
            (listed.id.as_str(), "CHẠY - ÁN", 1.5)
        );
        assert_eq!((found.start, found.end, found.field.as_str()), (6, 18, "content"));
        assert!(found.explanation.contains("“CHẠY - ÁN”"), "{}", found.explanation);
    }
    let shadow = v1::Term { state: v1::TermState::Shadow.into(), ..listed };
    let shadow = admin.put(shadow).await.unwrap();
    let sent = portal.say("lai", "Chơi chạy án là mất tiền").await;
    assert_eq!(sent.outcome(), Outcome::Published);
    let findings = admin.case(&sent.comment_id).await.findings;
    assert_eq!((findings.len(), findings[0].rule.as_str(), findings[0].weight), (1, "TERM_SHADOW", 0.0));
    let held = v1::Term { tier: v1::TermTier::Stripped.into(), state: v1::TermState::Enforce.into(), ..shadow };
    let held = admin.put(held).await.unwrap();
    let form = v1::SubmitCommentRequest { title: String::new(), ..portal.form("lai", "Chay an online uy tin").await };
    let sent = portal.comments.submit_comment(form).await.unwrap().into_inner();
    assert_eq!(admin.case(&sent.comment_id).await.comment.unwrap().status(), CommentStatus::Pending);
    assert_eq!(portal.say("lai", "Chay an, nghĩ gì thế các bạn").await.outcome(), Outcome::Published);
    assert_eq!(admin.delete(&held).await.unwrap().revision, 4);
    assert_eq!(portal.say("lai", "Chạy án thì xin thôi").await.outcome(), Outcome::Published);
    let entries = admin.audit(v1::ListAuditRequest::default()).await;
    let returned: Vec<_> = entries.iter().filter(|entry| entry.action.ends_with("_TERM")).collect();
    assert_eq!(returned.len(), 4);
    assert_eq!(
        (returned[0].action.as_str(), returned[0].note.as_str()),
        ("DELETE_TERM", "STRIPPED ENFORCE 1.5: Chạy án")
    );
}

async fn clean_words_match_no_listed_term(database: Database) {
    let (newsroom, mut admin) = open(database).await;
    let mut portal = newsroom.portal();
    admin.set_mode("bai", Mode::Hybrid, 0).await;
    for tier in [v1::TermTier::Exact, v1::TermTier::Stripped, v1::TermTier::Teencode] {
        for pattern in ["cặc", "lồn", "buồi", "đĩ"] {
            admin.put(term(pattern, tier)).await.unwrap();
        }
    }
    for text in ["Các buổi họp lớn, đi đâu?", "CÁC BUỔI LỚN ĐI VỀ", "Hoà bình, thuý: các lớn, buổi đi"]
    {
        for form in [text.nfc().collect::<String>(), text.nfd().collect()] {
            let judged = admin.assess(&form).await;
            assert_eq!((judged.verdict(), judged.findings.len()), (Verdict::Publish, 0), "{form}");
        }
        assert_eq!(portal.say("bai", text).await.outcome(), Outcome::Published, "{text}");
    }
    let judged = admin.assess("Đồ con đĩ").await;
    assert_eq!((judged.verdict(), judged.findings.len()), (Verdict::Spam, 3));
}

async fn a_dry_run_shows_the_comments_that_a_term_would_match_and_writes_nothing(database: Database) {
    let (newsroom, mut admin) = open(database).await;
    let (mut portal, mut desk) = (newsroom.portal(), newsroom.desk());
    let said = ["Hội chơi lô tô vui quá", "Lô tô là trò trẻ con", "Bài hay", "Chơi lô tô không?", "Lô tô đây"];
    for (n, text) in said.into_iter().enumerate() {
        let id = portal.say("bai", text).await.comment_id;
        match n {
            3 => _ = desk.decide(decide_request(&id, v1::Action::Reject)).await.unwrap(),
            4 => {}
            _ => _ = desk.approve(&id).await,
        }
    }
    let request = v1::PutTermRequest {
        term: Some(term("lô tô", v1::TermTier::Stripped)),
        dry_run: true,
        request_id: String::new(),
    };
    let answer = desk.rules.put_term(request.clone()).await.unwrap().into_inner();
    let report = answer.collisions.unwrap();
    assert_eq!((report.would_match, report.sampled, report.examples.len()), (2, 3, 2));
    let first = &report.examples[0];
    assert_eq!(
        (first.text.as_str(), first.status(), first.verdict()),
        (said[1], CommentStatus::Approved, Verdict::Hold)
    );
    assert_eq!(answer.term.unwrap().revision, 1);
    assert!(admin.terms(v1::ListTermsRequest::default()).await.terms.is_empty());
    let entries = admin.audit(v1::ListAuditRequest::default()).await;
    assert!(entries.iter().all(|entry| entry.action != "PUT_TERM"));
    assert_eq!(desk.assess("lô tô").await.verdict(), Verdict::Publish);

    let listed = admin.put(term("lô tô", v1::TermTier::Stripped)).await.unwrap();
    let error = desk.rules.put_term(request.clone()).await.unwrap_err();
    assert_eq!(fields(&error), ["term.pattern"], "the pattern exists already");
    for (revision, reason_told) in [(1, ""), (2, "STALE_REVISION")] {
        let term = v1::Term { pattern: "lô".into(), revision, ..listed.clone() };
        let answer = desk.rules.put_term(v1::PutTermRequest { term: Some(term), ..request.clone() }).await;
        assert_eq!(answer.map_or_else(|status| reason(&status), |_| String::new()), reason_told);
    }
}

async fn only_an_admin_changes_terms(database: Database) {
    let (newsroom, mut admin) = open(database).await;
    let mut desk = newsroom.desk();
    let error = desk.put(term("chạy án", v1::TermTier::Exact)).await.unwrap_err();
    assert_eq!((error.code(), reason(&error).as_str()), (Code::PermissionDenied, "MISSING_ROLE"));
    let listed = admin.put(term("chạy án", v1::TermTier::Exact)).await.unwrap();
    assert_eq!(reason(&desk.delete(&listed).await.unwrap_err()), "MISSING_ROLE");
    let mut portal = newsroom.desk_with(&newsroom.token("portal"));
    for error in [
        portal.put(listed.clone()).await.unwrap_err(),
        portal.delete(&listed).await.unwrap_err(),
        portal.rules.list_terms(v1::ListTermsRequest::default()).await.unwrap_err(),
        portal.rules.assess_text(v1::AssessTextRequest::default()).await.unwrap_err(),
        portal.rules.replay_rules(v1::ReplayRulesRequest::default()).await.unwrap_err(),
    ] {
        assert_eq!(reason(&error), "MISSING_ROLE");
    }
    let mut other = newsroom.desk_with(&newsroom.new_token("ADMIN", "bao-vinh").await);
    assert!(other.terms(v1::ListTermsRequest::default()).await.terms.is_empty());
    assert_eq!(reason(&other.delete(&listed).await.unwrap_err()), "TERM_NOT_FOUND");
    assert_eq!(reason(&other.put(listed.clone()).await.unwrap_err()), "TERM_NOT_FOUND");
    assert_eq!(other.assess("chạy án").await.verdict(), Verdict::Publish, "terms do not affect another site");
    assert_eq!(admin.terms(v1::ListTermsRequest::default()).await.terms, [listed]);
}

async fn all_violations_of_a_term_are_returned_at_once(database: Database) {
    let (_newsroom, mut admin) = open(database).await;
    let bad = v1::Term { id: "7".into(), weight: f64::NAN, tier: 9, note: "x".repeat(501), ..v1::Term::default() };
    let request = v1::PutTermRequest { term: Some(bad), ..Default::default() };
    let error = admin.rules.put_term(request).await.unwrap_err();
    let mut returned = fields(&error);
    returned.sort();
    let expected = [
        "request_id",
        "term.id",
        "term.note",
        "term.pattern",
        "term.revision",
        "term.state",
        "term.tier",
        "term.weight",
    ];
    assert_eq!(returned, expected);
    let error = admin.rules.put_term(v1::PutTermRequest::default()).await.unwrap_err();
    assert_eq!(fields(&error), ["request_id", "term"]);
    let error = admin.put(v1::Term { revision: 3, ..term("chạy án", v1::TermTier::Exact) }).await.unwrap_err();
    assert_eq!(fields(&error), ["term.revision"]);
    let error = admin.rules.delete_term(v1::DeleteTermRequest::default()).await.unwrap_err();
    assert_eq!(fields(&error), ["term_id", "revision", "request_id"]);
    let error = admin.rules.assess_text(v1::AssessTextRequest::default()).await.unwrap_err();
    assert_eq!(fields(&error), ["content"]);
}

async fn a_term_is_changed_at_the_expected_revision_only(database: Database) {
    let (_newsroom, mut admin) = open(database).await;
    let listed = admin.put(term("chạy án", v1::TermTier::Exact)).await.unwrap();
    let changed = admin.put(v1::Term { weight: 3.0, ..listed.clone() }).await.unwrap();
    assert_eq!((changed.revision, changed.weight, &changed.id), (2, 3.0, &listed.id));
    for error in [admin.put(listed.clone()).await.unwrap_err(), admin.delete(&listed).await.unwrap_err()] {
        assert_eq!((error.code(), reason(&error).as_str()), (Code::Aborted, "STALE_REVISION"));
    }
    let second = admin.put(term("CHẠY ÁN", v1::TermTier::Exact)).await.unwrap_err();
    assert_eq!(fields(&second), ["term.pattern"]);
    assert_eq!(admin.terms(v1::ListTermsRequest::default()).await.terms, [changed]);
}

async fn a_resent_term_is_stored_once(database: Database) {
    let (_newsroom, mut admin) = open(database).await;
    let request = put_request(term("chạy án", v1::TermTier::Exact));
    let first = admin.rules.put_term(request.clone()).await.unwrap().into_inner();
    assert_eq!(admin.rules.put_term(request.clone()).await.unwrap().into_inner(), first);
    let other = v1::PutTermRequest { term: Some(term("hụi chết", v1::TermTier::Exact)), ..request };
    assert_eq!(reason(&admin.rules.put_term(other).await.unwrap_err()), "REQUEST_ID_REUSED");
    assert_eq!(admin.terms(v1::ListTermsRequest::default()).await.terms.len(), 1);
}

async fn terms_are_listed_in_pages(database: Database) {
    let (_newsroom, mut admin) = open(database).await;
    for pattern in ["lô đề", "cá độ", "lô tô"] {
        admin.put(term(pattern, v1::TermTier::Exact)).await.unwrap();
    }
    let patterns =
        |list: &v1::ListTermsResponse| list.terms.iter().map(|term| term.pattern.clone()).collect::<Vec<_>>();
    let first = admin.terms(v1::ListTermsRequest { page_size: 2, ..Default::default() }).await;
    assert_eq!(patterns(&first), ["lô tô", "cá độ"]);
    let page_token = first.next_page_token;
    let rest = admin.terms(v1::ListTermsRequest { page_token: page_token.clone(), ..Default::default() }).await;
    assert_eq!((patterns(&rest), rest.next_page_token.as_str()), (vec!["lô đề".to_owned()], ""));
    let found = admin.terms(v1::ListTermsRequest { query: "LÔ".into(), ..Default::default() }).await;
    assert_eq!(patterns(&found), ["lô tô", "lô đề"]);
    let mixed = v1::ListTermsRequest { query: "lô".into(), page_token, ..Default::default() };
    assert_eq!(reason(&admin.rules.list_terms(mixed).await.unwrap_err()), "PAGE_TOKEN_INVALID");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_replica_loads_a_term_within_seconds() {
    let (newsroom, mut admin) = open(Database::Postgres).await;
    let replica = newsroom.replica().await;
    let mut there = desk_at(replica.grpc_addr, &newsroom.token("moderator"));
    admin.set_mode("bai", Mode::Post, 0).await;
    let listed = admin.put(term("chạy án", v1::TermTier::Exact)).await.unwrap();
    assert_eq!(
        admin.assess("chạy án").await.verdict(),
        Verdict::Spam,
        "the replica that stored the term applies it at once"
    );
    eventually(&mut there, "chạy án", Verdict::Spam).await;
    let mut portal = portal_at(replica.grpc_addr, &newsroom.token("portal"));
    assert_eq!(portal.say("bai", "Chơi chạy án không").await.outcome(), Outcome::Pending);
    admin.delete(&listed).await.unwrap();
    eventually(&mut there, "chạy án", Verdict::Publish).await;
    replica.stop().await;
}

async fn a_starting_server_loads_every_term(database: Database) {
    let (newsroom, mut admin) = open(database).await;
    admin.put(term("hụi chết", v1::TermTier::Exact)).await.unwrap();
    let newsroom = newsroom.restarted().await;
    assert_eq!(newsroom.desk().assess("hụi chết").await.verdict(), Verdict::Spam);
}

async fn eventually(desk: &mut Desk, text: &str, verdict: Verdict) {
    for _ in 0..600 {
        if desk.assess(text).await.verdict() == verdict {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("the other replica never applied the change of the term");
}

async fn assess_text_explains_the_score_of_a_text(database: Database) {
    let (newsroom, mut admin) = open(database).await;
    admin.put(term("chạy án", v1::TermTier::Teencode)).await.unwrap();
    let mut desk = newsroom.desk();
    let clean = desk.assess("Bài viết rất hay, cảm ơn tác giả").await;
    assert_eq!(
        (clean.verdict(), clean.findings.len(), clean.decisions, clean.model_version),
        (Verdict::Publish, 0, 0, 0)
    );
    let request = v1::AssessTextRequest {
        author_name: "Vay nhanh 0912 345 678".into(),
        title: String::new(),
        content: "Chơi chạy án ở https://a.vn".into(),
    };
    let judged = desk.rules.assess_text(request).await.unwrap().into_inner();
    assert_eq!(judged.verdict(), Verdict::Hold);
    assert!(judged.score > 0.9, "{}", judged.score);
    let rules: Vec<_> = judged.findings.iter().map(|found| (found.rule.as_str(), found.field.as_str())).collect();
    assert!(rules.contains(&("LINK", "content")) && rules.contains(&("TERM", "content")), "{rules:?}");
    assert!(rules.contains(&("PHONE_NUMBER", "author_name")), "{rules:?}");
    assert!(judged.findings.iter().all(|found| !found.explanation.is_empty()));
    assert_eq!(newsroom.desk().queue().await.cases.len(), 0, "no comment is stored");
    let mut portal = newsroom.portal();
    super::learning::teach_casino(&mut portal, &mut desk).await;
    let taught = desk.assess("Vào casino nhận thưởng").await;
    assert_eq!((taught.decisions, taught.model_version > 0), (16, true));
    assert!(taught.findings.iter().any(|found| found.rule == "LEARNED"));
}

async fn a_replay_compares_rules_with_decisions(database: Database) {
    let (newsroom, mut admin) = open(database).await;
    let (mut portal, mut desk) = (newsroom.portal(), newsroom.desk());
    let said = [
        ("Chạy án là tệ nạn", v1::Action::Approve),
        ("Bài hay", v1::Action::Approve),
        ("Chơi chạy án đi", v1::Action::Spam),
        ("Xem https://a.vn nhé", v1::Action::Spam),
        ("Im đi", v1::Action::Reject),
    ];
    for (text, action) in said {
        let id = portal.say("bai", text).await.comment_id;
        desk.decide(decide_request(&id, action)).await.unwrap();
    }
    let replay = |desk: &Desk, term, limit| {
        let mut rules = desk.rules.clone();
        async move { rules.replay_rules(v1::ReplayRulesRequest { term, limit }).await.unwrap().into_inner() }
    };
    let table = |answer: &v1::ReplayRulesResponse| -> Vec<_> {
        let row = |row: &v1::VerdictCount| {
            let v1::DecisionCount { approved, refused: rejected, spam } = row.decided.unwrap();
            (row.verdict(), [approved, rejected, spam])
        };
        answer.verdicts.iter().map(row).collect()
    };
    let before = replay(&desk, None, 0).await;
    let expected = [(Verdict::Publish, [2, 1, 1]), (Verdict::Hold, [0, 0, 1]), (Verdict::Spam, [0, 0, 0])];
    assert_eq!(table(&before), expected);
    let with = replay(&desk, Some(term("chạy án", v1::TermTier::Exact)), 0).await;
    let expected = [(Verdict::Publish, [1, 1, 0]), (Verdict::Hold, [0, 0, 1]), (Verdict::Spam, [1, 0, 1])];
    assert_eq!(table(&with), expected);
    let met = with.rules.iter().find(|one| one.rule == "TERM").unwrap();
    assert_eq!(met.met, Some(v1::DecisionCount { approved: 1, refused: 0, spam: 1 }));
    let worst = &with.examples[0];
    assert_eq!(
        (worst.text.as_str(), worst.verdict(), worst.status()),
        (said[0].0, Verdict::Spam, CommentStatus::Approved)
    );
    assert_eq!(table(&replay(&desk, None, 2).await)[0].1, [0, 1, 0], "only the last two decisions are replayed");
    admin.put(term("chạy án", v1::TermTier::Exact)).await.unwrap();
    let again = v1::ReplayRulesRequest { term: Some(term("chạy án", v1::TermTier::Exact)), limit: 0 };
    assert_eq!(fields(&desk.rules.replay_rules(again).await.unwrap_err()), ["term.pattern"]);
    assert_eq!(table(&replay(&desk, None, 0).await), expected);
}

async fn a_term_that_moderators_overrule_is_put_on_trial(database: Database) {
    let home = match database {
        Database::Sqlite => Home::sqlite().await,
        Database::Postgres => Home::postgres().await,
    };
    let replica = services(&home.store);
    for (n, pattern) in (1..).zip(["đường phố", "tác giả"]) {
        home.store.change_term(&term_change(n, pattern, TermTier::Exact)).await.unwrap();
    }
    for n in 100..119 {
        let one = submission(n);
        home.store_all(std::slice::from_ref(&one)).await;
        home.decide_one(&decision(n, one.comment.id, Action::Approve, 1)).await.unwrap();
    }
    let at_work = |hours: i64| at(0) + Duration::hours(hours);
    replica.maintenance.run_jobs(&|| at_work(1)).await.unwrap();
    let states = || async {
        let mut terms = home.store.all_terms(&site()).await.unwrap();
        terms.sort_by(|a, b| a.pattern.cmp(&b.pattern));
        terms.into_iter().map(|term| (term.state, term.revision, term.updated_by)).collect::<Vec<_>>()
    };
    let in_force = |revision, by: &str| (TermState::Enforce, revision, by.to_owned());
    assert_eq!(
        states().await,
        [in_force(1, "lan"), in_force(1, "lan")],
        "19 decisions are too few to put a term on trial"
    );
    let one = submission(120);
    home.store_all(std::slice::from_ref(&one)).await;
    home.decide_one(&decision(120, one.comment.id, Action::Approve, 1)).await.unwrap();
    replica.maintenance.run_jobs(&|| at_work(2)).await.unwrap();
    assert_eq!(states().await, [in_force(1, "lan"), (TermState::Shadow, 2, SYSTEM.to_owned())]);
    let entries = home.store.list_audit(&site(), &AuditFilter::default(), 1, None).await.unwrap().items;
    let returned = (entries[0].action, entries[0].actor.as_str(), entries[0].note.as_str());
    assert_eq!(returned, (AuditAction::StandDownTerm, SYSTEM, "EXACT SHADOW 2.5: đường phố"));
    assert!(metric_value("duyet_terms_stood_down_total{site=\"bao-hue\"}").is_some());

    // An admin enforces the term again, so its trial period starts again.
    let mut again = term_change(3 * 3_600, "đường phố", TermTier::Exact);
    let on_trial = home.store.all_terms(&site()).await.unwrap().into_iter().find(|term| term.revision == 2).unwrap();
    (again.id, again.expected_revision) = (on_trial.id, 2);
    home.store.change_term(&again).await.unwrap();
    replica.maintenance.run_jobs(&|| at_work(4)).await.unwrap();
    assert_eq!(states().await, [in_force(1, "lan"), in_force(3, "lan")]);
}
