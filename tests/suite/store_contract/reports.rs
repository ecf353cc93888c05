use duyetd::domain::{
    Error, Result,
    comment::Comment,
    id::CommentId,
    lifecycle::{Action, Status},
    mode::Mode,
    reason::Reason,
    report::{ModeratorNote, NewNote, Reported},
};
use tokio::task::JoinSet;

use crate::support::{
    home::{Home, decide_one},
    sample::{article_change, at, decision, id_at, other_site, published, report, request, site, submission},
};

impl Home {
    /// Stores a public comment, published at second `n`.
    async fn live(&self, n: i64) -> Comment {
        let one = published(n);
        self.store_all(std::slice::from_ref(&one)).await;
        one.comment
    }

    async fn report(&self, n: i64, comment: CommentId, reader: u8) -> Reported {
        self.store.report(&report(n, comment, reader)).await.unwrap()
    }

    /// Stores a site's row with a report threshold and a mode.
    async fn set_site(&self, site: &str, threshold: i32, mode: &str) {
        let sql = format!(
            "delete from sites where site_id = '{site}';
            insert into sites (site_id, mode, auto_close_days, report_threshold, revision, lockdown_note, lockdown_by)
            values ('{site}', {mode}, 0, {threshold}, 1, '', '')"
        );
        self.execute(&sql).await.unwrap();
    }

    /// Returns the number of all reports of a comment, the number since the last review, and the time of its flag.
    async fn reports_of(&self, id: CommentId) -> (i32, i32, Option<chrono::DateTime<chrono::Utc>>) {
        let attention = self.comment(id).await.attention;
        (attention.reports, attention.open_reports, attention.flagged_at)
    }
}

fn note(n: i64, comment: CommentId) -> NewNote {
    let note = ModeratorNote {
        id: id_at(at(n)),
        at: at(n),
        actor: "lan".into(),
        text: "Đã gọi tác giả.\nChờ trả lời.".into(),
    };
    NewNote { site: site(), comment, note, request: Some(request()) }
}

fn is_not_found<T>(result: &Result<T>) -> bool {
    matches!(result, Err(Error::CommentNotFound(_)))
}

contract! {
    async fn a_report_is_stored_with_its_reason_and_text(home: &Home) {
        let live = home.live(1).await;
        assert_eq!(home.report(5, live.id, 1).await, Reported::Counted);
        let mut silent = report(6, live.id, 2);
        (silent.reason, silent.note) = (None, String::new());
        home.store.report(&silent).await.unwrap();
        let kept = "select count(*) from reports where site_id = 'bao-hue' and reason = 'INSULT' and note = 'Chửi bới'";
        assert_eq!(home.number(kept).await, 1);
        assert_eq!(home.number("select count(*) from reports where reason is null and note = ''").await, 1);
        assert_eq!(home.reports_of(live.id).await, (2, 2, None));
    }

    async fn concurrent_reports_by_one_reader_count_once(home: &Home) {
        let live = home.live(1).await;
        let mut tasks = JoinSet::new();
        for n in 0..12 {
            let (store, copy) = (home.store.clone(), report(10 + n, live.id, 7));
            tasks.spawn(async move { store.report(&copy).await.unwrap() });
        }
        let answers = tasks.join_all().await;
        assert_eq!(answers.iter().filter(|answer| **answer == Reported::Counted).count(), 1);
        assert_eq!(answers.iter().filter(|answer| **answer == Reported::Known).count(), 11);
        assert_eq!((home.reports_of(live.id).await, home.rows("reports").await), ((1, 1, None), 1));
    }

    async fn reports_by_twenty_readers_at_once_are_counted_exactly_and_write_one_change(home: &Home) {
        let live = home.live(1).await;
        let mut tasks = JoinSet::new();
        for reader in 0..20 {
            let (store, one) = (home.store.clone(), report(10, live.id, reader));
            tasks.spawn(async move { store.report(&one).await.unwrap() });
        }
        let answers = tasks.join_all().await;
        assert_eq!(answers.iter().filter(|answer| **answer == Reported::Requeued).count(), 1);
        assert!(!answers.contains(&Reported::Known));
        assert_eq!(home.reports_of(live.id).await, (20, 20, Some(at(10))));
        assert_eq!(home.number("select count(*) from changes where kind = 'CASE_CHANGED'").await, 1);
        let now = home.comment(live.id).await;
        assert_eq!((now.status, now.revision, now.published_at), (Status::Approved, 1, live.published_at));
    }

    async fn enough_reports_flag_a_reviewed_comment_once_per_review(home: &Home) {
        let live = home.live(1).await;
        home.decide_one(&decision(2, live.id, Action::Approve, 1)).await.unwrap();
        for (reader, expected) in [(1, Reported::Counted), (2, Reported::Counted), (3, Reported::Requeued), (4, Reported::Counted)] {
            assert_eq!(home.report(10 + i64::from(reader), live.id, reader).await, expected, "{reader}");
        }
        assert_eq!(home.reports_of(live.id).await, (4, 4, Some(at(13))));
        let back = home.comment(live.id).await;
        assert!(back.is_queued() && back.status.is_public() && back.reviewed_at == Some(at(2)), "the comment is queued, and readers see it");
        assert_eq!((back.revision, home.rows("changes").await), (1, 3));

        let looked = home.decide_one(&decision(20, live.id, Action::Approve, 1)).await.unwrap();
        assert!(looked.answer.changed, "reports do not change the revision");
        assert_eq!(home.reports_of(live.id).await, (4, 0, None));
        assert_eq!(home.report(21, live.id, 1).await, Reported::Known, "a reader who reported before is not counted again");
        for (reader, expected) in [(11, Reported::Counted), (12, Reported::Counted), (13, Reported::Requeued)] {
            assert_eq!(home.report(20 + i64::from(reader), live.id, reader).await, expected, "{reader}");
        }
        assert_eq!(home.reports_of(live.id).await, (7, 3, Some(at(33))));
        assert_eq!(home.rows("changes").await, 5, "the changes are: submitted, approved, flagged, approved, flagged");
    }

    async fn the_feed_row_of_a_flagged_comment_has_the_time_of_the_report(home: &Home) {
        home.set_site("bao-hue", 1, "null").await;
        let live = home.live(1).await;
        assert_eq!(home.report(9, live.id, 1).await, Reported::Requeued);
        let micros = if home.is_postgres() { "(extract(epoch from at) * 1000000)::bigint" } else { "at" };
        let sql = format!("select {micros} from changes where kind = 'CASE_CHANGED' and article_id = 'cau-moi' and comment_id is not null");
        assert_eq!(home.number(&sql).await, at(9).timestamp_micros());
    }

    async fn the_report_threshold_is_set_by_the_site(home: &Home) {
        home.set_site("bao-hue", 2, "null").await;
        home.set_site("bao-vinh", 1, "null").await;
        let live = home.live(1).await;
        assert_eq!(home.report(2, live.id, 1).await, Reported::Counted);
        assert_eq!(home.report(3, live.id, 2).await, Reported::Requeued);

        home.set_site("bao-hue", 9, "null").await;
        let other = home.live(4).await;
        for reader in 1..=5 {
            assert_eq!(home.report(5, other.id, reader).await, Reported::Counted);
        }
        home.set_site("bao-hue", 4, "null").await;
        assert_eq!(home.report(6, other.id, 6).await, Reported::Requeued, "a lower threshold applies from the next report on");
    }

    async fn reports_of_a_queued_comment_are_counted_and_write_no_change(home: &Home) {
        let live = home.live(1).await;
        let flagged = if home.is_postgres() { "to_timestamp(1795392002)" } else { "1795392002000000" };
        home.execute(&format!("update comments set flagged_at = {flagged}")).await.unwrap();
        for reader in 1..=4 {
            assert_eq!(home.report(9, live.id, reader).await, Reported::Counted);
        }
        assert_eq!(home.reports_of(live.id).await, (4, 4, Some(at(2))));
        assert_eq!(home.rows("changes").await, 1);
    }

    async fn only_visible_comments_can_be_reported(home: &Home) {
        let (waiting, live) = (submission(1), home.live(2).await);
        home.store_all(std::slice::from_ref(&waiting)).await;
        let removed = home.live(3).await;
        home.decide_one(&decision(4, removed.id, Action::Reject, 1)).await.unwrap();
        let unknown = submission(5).comment;
        for id in [waiting.comment.id, removed.id, unknown.id] {
            assert!(is_not_found(&home.store.report(&report(9, id, 1)).await), "{id}");
        }
        let mut foreign = report(9, live.id, 1);
        foreign.site = other_site();
        assert!(is_not_found(&home.store.report(&foreign).await));

        let mut hidden = report(9, live.id, 1);
        hidden.default_mode = Mode::Hidden;
        assert!(is_not_found(&home.store.report(&hidden).await), "an article without a mode is hidden by the server's default");
        home.set_site("bao-hue", 3, "'HIDDEN'").await;
        assert!(is_not_found(&home.store.report(&report(9, live.id, 1)).await));
        let mut closed = article_change(10, 1);
        closed.mode = Some(Some(Mode::Closed));
        home.store.update_article(&closed).await.unwrap();
        assert_eq!(home.report(11, live.id, 1).await, Reported::Counted, "comments of a closed article can be reported");
        let mut hidden = article_change(12, 2);
        hidden.mode = Some(Some(Mode::Hidden));
        home.store.update_article(&hidden).await.unwrap();
        home.set_site("bao-hue", 3, "'PRE'").await;
        assert!(is_not_found(&home.store.report(&report(13, live.id, 2)).await));
        assert_eq!((home.reports_of(live.id).await, home.rows("reports").await), ((1, 1, None), 1));
    }

    async fn a_decision_is_not_stale_after_concurrent_reports(home: &Home) {
        for (round, action) in (0_u8..8).zip([Action::Approve, Action::Reject].into_iter().cycle()) {
            let n = i64::from(round) * 100;
            let live = home.live(n).await;
            let mut tasks = JoinSet::new();
            for reader in 0..8 {
                let (store, one) = (home.store.clone(), report(n + 10, live.id, reader));
                tasks.spawn(async move {
                    match store.report(&one).await {
                        Ok(reported) => i32::from(reported != Reported::Known),
                        // The comment was taken down concurrently.
                        Err(Error::CommentNotFound(_)) => 0,
                        Err(other) => panic!("{other:?}"),
                    }
                });
            }
            let (store, answer) = (home.store.clone(), decision(n + 20, live.id, action, 1));
            let decided = tokio::spawn(async move { decide_one(&*store, &answer).await });
            let counted: i32 = tasks.join_all().await.into_iter().sum();
            let decided = decided.await.unwrap().unwrap();
            assert!(decided.answer.changed);
            let (reports, open, flagged_at) = home.reports_of(live.id).await;
            assert_eq!(reports, counted);
            assert_eq!(flagged_at.is_some(), open >= 3, "{open} reports since the review");
            assert!(action == Action::Approve || open == 0);
        }
        home.recount().await;
    }

    async fn counts_stay_right_during_concurrent_reports_and_decisions(home: &Home) {
        let live = home.live(0).await;
        let mut tasks = JoinSet::new();
        for walker in 0..2_u8 {
            let (store, id) = (home.store.clone(), live.id);
            tasks.spawn(async move {
                for step in 0..10 {
                    let now = store.find_comment(&site(), id).await.unwrap().unwrap();
                    let action = if step % 2 == 0 { Action::Reject } else { Action::Approve };
                    match decide_one(&*store, &decision(100 + step, id, action, now.revision)).await {
                        Ok(_) | Err(Error::StaleRevision(_) | Error::InvalidTransition { .. }) => {}
                        Err(other) => panic!("{other:?}"),
                    }
                }
            });
            let store = home.store.clone();
            tasks.spawn(async move {
                for reader in 0..20 {
                    let one = report(100, id, walker * 20 + reader);
                    let answer = store.report(&one).await;
                    assert!(is_not_found(&answer) || answer.is_ok(), "{answer:?}");
                }
            });
        }
        tasks.join_all().await;
        let (reports, open, flagged_at) = home.reports_of(live.id).await;
        assert_eq!(i64::from(reports), home.rows("reports").await);
        assert!(open <= reports && flagged_at.is_some() == (open >= 3));
        home.recount().await;
    }

    async fn a_note_is_stored_once_and_its_resend_returns_the_first(home: &Home) {
        let waiting = submission(1);
        home.store_all(std::slice::from_ref(&waiting)).await;
        let id = waiting.comment.id;
        let first = note(2, id);
        assert_eq!(home.store.add_note(&first).await.unwrap(), first.note);
        let mut resent = note(3, id);
        resent.request.clone_from(&first.request);
        assert_eq!(home.store.add_note(&resent).await.unwrap(), first.note);
        let mut other = note(4, id);
        other.request = first.request.clone().map(|mut row| { row.payload_hash = [8; 32]; row });
        assert!(matches!(home.store.add_note(&other).await, Err(Error::RequestIdReused)));
        let kept = "select count(*) from notes where site_id = 'bao-hue' and actor = 'lan' and text like 'Đã gọi tác giả.%Chờ trả lời.'";
        assert_eq!((home.number(kept).await, home.rows("notes").await), (1, 1));
        let now = home.comment(id).await;
        assert_eq!((now.status, now.revision, home.rows("changes").await, home.rows("audit").await), (Status::Pending, 1, 1, 0));
    }

    async fn concurrent_duplicates_of_a_note_are_one_note(home: &Home) {
        let waiting = submission(1);
        home.store_all(std::slice::from_ref(&waiting)).await;
        let shared = request();
        let mut tasks = JoinSet::new();
        for n in 0..12 {
            let (store, mut copy) = (home.store.clone(), note(2 + n, waiting.comment.id));
            copy.request = Some(shared.clone());
            tasks.spawn(async move { store.add_note(&copy).await });
        }
        let answers = tasks.join_all().await;
        let first = answers[0].as_ref().unwrap().clone();
        assert!(answers.into_iter().all(|answer| answer.unwrap() == first));
        assert_eq!(home.rows("notes").await, 1);
    }

    async fn a_note_needs_a_comment_of_its_site(home: &Home) {
        let waiting = submission(1);
        home.store_all(std::slice::from_ref(&waiting)).await;
        let mut foreign = note(2, waiting.comment.id);
        foreign.site = other_site();
        assert!(is_not_found(&home.store.add_note(&foreign).await));
        assert!(is_not_found(&home.store.add_note(&note(2, submission(9).comment.id)).await));
        assert_eq!((home.rows("notes").await, home.rows("requests").await), (0, 1));
    }

    async fn a_report_may_have_any_reason(home: &Home) {
        let live = home.live(1).await;
        for (reader, reason) in (0_u8..).zip(Reason::ALL) {
            let mut one = report(2, live.id, reader);
            one.reason = Some(*reason);
            home.store.report(&one).await.unwrap();
        }
        let kinds = "select count(distinct reason) from reports";
        assert_eq!(home.number(kinds).await, i64::try_from(Reason::ALL.len()).unwrap());
    }
}
