//! Terms: unique, changed at the expected revision, never without an audit entry, and tried on past decisions.

use duyetd::domain::{
    Error,
    audit::{AuditAction, AuditEntry, AuditFilter},
    decision::DecisionBatch,
    lifecycle::{Action, Status},
    spam::{MAX_TERMS, Term, TermState, TermTier},
    violation::Problem,
};
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::support::{
    home::Home,
    sample::{at, decision, other_site, published, site, submission, term_change},
};

fn problem(error: &Error) -> Option<(&'static str, Problem)> {
    match error {
        Error::Invalid(violations) => violations.iter().next().cloned(),
        _ => None,
    }
}

async fn audit(home: &Home) -> Vec<AuditEntry> {
    home.store.list_audit(&site(), &AuditFilter::default(), 1_000, None).await.unwrap().items
}

async fn version(home: &Home) -> Option<i64> {
    let versions = home.store.term_versions().await.unwrap();
    versions.into_iter().find(|(of, _)| *of == site()).map(|(_, version)| version)
}

contract! {
    async fn a_term_is_added_changed_and_deleted_with_audit_entries(home: &Home) {
        assert_eq!(version(home).await, None);
        let new = term_change(1, "Lô đề", TermTier::Exact);
        let listed = home.store.change_term(&new).await.unwrap();
        let expected = Term {
            id: new.id,
            pattern: "Lô đề".into(),
            tier: TermTier::Exact,
            state: TermState::Enforce,
            weight: 2.5,
            note: "cờ bạc".into(),
            revision: 1,
            updated_by: "lan".into(),
            updated_at: at(1),
        };
        assert_eq!((&listed, home.store.all_terms(&site()).await.unwrap()), (&expected, vec![expected.clone()]));

        let mut change = term_change(2, "lô đề", TermTier::Stripped);
        (change.id, change.expected_revision) = (new.id, 1);
        let changed = home.store.change_term(&change).await.unwrap();
        assert_eq!((changed.revision, changed.tier, changed.updated_at), (2, TermTier::Stripped, at(2)));
        assert_eq!(home.store.all_terms(&site()).await.unwrap(), std::slice::from_ref(&changed));

        let mut end = term_change(3, "", TermTier::Exact);
        (end.id, end.expected_revision, end.to) = (new.id, 2, None);
        end.entry.action = AuditAction::DeleteTerm;
        let gone = home.store.change_term(&end).await.unwrap();
        assert_eq!((gone.pattern.as_str(), gone.revision), ("lô đề", 3));
        assert!(home.store.all_terms(&site()).await.unwrap().is_empty());
        assert_eq!(version(home).await, Some(3), "a deletion increases the version");

        let listed: Vec<_> =
            audit(home).await.into_iter().map(|entry| (entry.action, entry.revision, entry.note, entry.at)).collect();
        assert_eq!(listed, [
            (AuditAction::DeleteTerm, 3, "STRIPPED ENFORCE 2.5: lô đề".to_owned(), at(3)),
            (AuditAction::PutTerm, 2, "STRIPPED ENFORCE 2.5: lô đề".to_owned(), at(2)),
            (AuditAction::PutTerm, 1, "EXACT ENFORCE 2.5: Lô đề".to_owned(), at(1)),
        ]);
        let again = term_change(4, "lô đề", TermTier::Stripped);
        assert_eq!(home.store.change_term(&again).await.unwrap().revision, 1, "the pattern can be used again");
        assert_eq!(version(home).await, Some(4));
    }

    async fn a_change_at_an_older_revision_fails(home: &Home) {
        let new = term_change(1, "lô đề", TermTier::Exact);
        home.store.change_term(&new).await.unwrap();
        let mut late = term_change(2, "lô", TermTier::Exact);
        late.id = new.id;
        for expected in [0, 2] {
            late.expected_revision = expected;
            let error = home.store.change_term(&late).await.unwrap_err();
            assert!(matches!(error, Error::StaleTerm { current: 1 }), "{error}");
        }
        let mut foreign = late.clone();
        (foreign.site, foreign.expected_revision) = (other_site(), 1);
        assert!(matches!(home.store.change_term(&foreign).await, Err(Error::TermNotFound(id)) if id == new.id));
        let mut unknown = late.clone();
        (unknown.id, unknown.expected_revision) = (Uuid::new_v4(), 1);
        assert!(matches!(home.store.change_term(&unknown).await, Err(Error::TermNotFound(_))));
        assert_eq!((version(home).await, home.rows("audit").await), (Some(1), 1));
    }

    async fn a_pattern_is_unique_in_its_tier_in_any_spelling(home: &Home) {
        home.store.change_term(&term_change(1, "hòa bình", TermTier::Exact)).await.unwrap();
        let duplicate = term_change(2, "HOÀ, BÌNH", TermTier::Exact);
        let error = home.store.change_term(&duplicate).await.unwrap_err();
        assert_eq!(problem(&error), Some(("term.pattern", Problem::Repeated)));
        let other = home.store.change_term(&term_change(3, "hòa bình", TermTier::Teencode)).await.unwrap();
        let mut moved = term_change(4, "Hòa Bình", TermTier::Exact);
        (moved.id, moved.expected_revision) = (other.id, 1);
        let error = home.store.change_term(&moved).await.unwrap_err();
        assert_eq!(problem(&error), Some(("term.pattern", Problem::Repeated)));
        let mut elsewhere = term_change(5, "hòa bình", TermTier::Exact);
        elsewhere.site = other_site();
        home.store.change_term(&elsewhere).await.unwrap();
        assert_eq!(home.rows("audit").await, 3);
    }

    async fn twenty_duplicates_of_one_change_are_stored_once(home: &Home) {
        let new = term_change(1, "lô đề", TermTier::Exact);
        let mut tasks = JoinSet::new();
        for _ in 0..20 {
            let (store, mut copy) = (home.store.clone(), new.clone());
            // Each duplicate of a request that adds a term has an id of its own.
            (copy.id, copy.entry.id) = (Uuid::new_v4(), Uuid::new_v4());
            tasks.spawn(async move { store.change_term(&copy).await });
        }
        let answers = tasks.join_all().await;
        let ids: std::collections::BTreeSet<_> = answers.into_iter().map(|answer| answer.unwrap().id).collect();
        assert_eq!(ids.len(), 1);
        assert_eq!((version(home).await, home.rows("audit").await), (Some(1), 1));
        let mut other = new.clone();
        other.request = new.request.map(|row| duyetd::domain::request::RequestRow { payload_hash: [8; 32], ..row });
        assert!(matches!(home.store.change_term(&other).await, Err(Error::RequestIdReused)));
    }

    async fn terms_are_listed_last_changed_first_and_searched_by_words(home: &Home) {
        for (n, pattern) in (1..).zip(["lô đề", "cá độ", "vay nóng", "lô tô", "nhà cái"]) {
            // Two terms are changed at the same moment.
            home.store.change_term(&term_change(n / 2 * 2, pattern, TermTier::Exact)).await.unwrap();
        }
        let mut all = home.store.all_terms(&site()).await.unwrap();
        all.sort_by_key(|term| std::cmp::Reverse((term.updated_at, term.id)));
        let (mut seen, mut after) = (Vec::new(), None);
        loop {
            let page = home.store.list_terms(&site(), "", 2, after).await.unwrap();
            assert!(page.items.len() <= 2);
            seen.extend(page.items);
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        assert_eq!(seen, all);
        let key = duyetd::domain::spam::term_key("LÔ");
        let found = home.store.list_terms(&site(), &key, 9, None).await.unwrap().items;
        assert_eq!(found.iter().map(|term| term.pattern.as_str()).collect::<Vec<_>>(), ["lô tô", "lô đề"]);
        assert!(home.store.list_terms(&other_site(), "", 9, None).await.unwrap().items.is_empty());
        assert!(home.store.list_terms(&site(), "%", 9, None).await.unwrap().items.is_empty(), "the query has no wildcards");
    }

    async fn a_site_has_a_maximum_number_of_terms(home: &Home) {
        let fill = format!(
            "insert into terms select 'bao-hue', {}, 'x', cast(n as text), 'EXACT', 'OFF', 1.0, '', 1, 'lan', {}, null
            from (with recursive c(n) as (select 1 union all select n + 1 from c where n < {MAX_TERMS}) select n from c) s",
            if home.is_postgres() { "gen_random_uuid()" } else { "randomblob(16)" },
            if home.is_postgres() { "now()" } else { "1" },
        );
        home.execute(&fill).await.unwrap();
        let error = home.store.change_term(&term_change(1, "lô đề", TermTier::Exact)).await.unwrap_err();
        assert_eq!(problem(&error), Some(("term", Problem::TooMany { limit: MAX_TERMS })));
        home.execute("delete from terms where match_key = '1'").await.unwrap();
        home.store.change_term(&term_change(1, "lô đề", TermTier::Exact)).await.unwrap();
    }

    async fn terms_are_tried_on_moderators_decisions(home: &Home) {
        let kinds: [(Action, Status); 4] = [
            (Action::Approve, Status::Approved),
            (Action::Reject, Status::Rejected),
            (Action::Spam, Status::Spam),
            (Action::Reject, Status::Removed),
        ];
        let mut expected = Vec::new();
        for (n, (action, status)) in (1..).zip(kinds) {
            let one = if status == Status::Removed { published(n) } else { submission(n) };
            home.store_all(std::slice::from_ref(&one)).await;
            home.decide_one(&decision(100 + n, one.comment.id, action, 1)).await.unwrap();
            expected.push((one.comment.id, status));
        }
        let [waits, expired, back] = [10, 12, 13].map(submission);
        let all = [waits, expired.clone(), back.clone(), published(14)];
        home.store_all(&all).await;
        let rejection = decision(200, expired.comment.id, Action::Reject, 1);
        home.decide_one(&DecisionBatch { recorded_as: AuditAction::Expire, ..rejection }).await.unwrap();
        home.decide_one(&decision(200, back.comment.id, Action::Approve, 1)).await.unwrap();
        home.decide_one(&decision(201, back.comment.id, Action::Requeue, 2)).await.unwrap();

        expected.reverse();
        let decided = home.store.decided_comments(&site(), at(0), 100).await.unwrap();
        assert_eq!(decided.iter().map(|one| (one.id, one.status)).collect::<Vec<_>>(), expected);
        assert_eq!((decided[0].text.content.as_str(), decided[0].at), ("Đường phố Huế, ý kiến 4", at(104)));
        assert_eq!(home.store.decided_comments(&site(), at(103), 1).await.unwrap().len(), 1);
        assert_eq!(home.store.decided_comments(&site(), at(103), 9).await.unwrap().len(), 2);
        assert!(home.store.decided_comments(&other_site(), at(0), 9).await.unwrap().is_empty());

        let received = home.store.received_comments(&site(), at(12), 2).await.unwrap();
        assert_eq!(received.iter().map(|one| one.id).collect::<Vec<_>>(), [all[3].comment.id, back.comment.id]);
        assert!(home.store.received_comments(&other_site(), at(0), 9).await.unwrap().is_empty());
        home.decide_one(&decision(300, expired.comment.id, Action::Approve, 2)).await.unwrap();
        let late = home.store.decided_comments(&site(), at(250), 9).await.unwrap();
        assert_eq!(late.len(), 1, "a moderator decided it later");
    }
}
