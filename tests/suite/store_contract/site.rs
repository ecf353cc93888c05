use chrono::Duration;
use duyetd::domain::{
    Error,
    article::Article,
    audit::{AuditEntry, AuditFilter},
    mode::Mode,
    site::{Lockdown, LockdownCall, Site, SiteChange, SiteRules},
    submission::{Inserted, Submission},
};
use tokio::task::JoinSet;

use crate::support::{
    home::Home,
    sample::{article, article_change, at, lockdown, other_site, request, site, site_change, submission},
};

impl Home {
    async fn site(&self) -> Site {
        self.store.find_policies(&site(), &[]).await.unwrap().site
    }

    async fn article(&self) -> Article {
        self.store.find_policies(&site(), &[article()]).await.unwrap().articles.remove(0)
    }

    /// Returns the audit, newest first.
    async fn audit(&self) -> Vec<AuditEntry> {
        self.store.list_audit(&site(), &AuditFilter::default(), 100, None).await.unwrap().items
    }
}

/// Builds a submission at second `n` by a portal that gives the article's publication date, on a site that closes
/// articles after a week.
fn dated(n: i64, published: Option<i64>) -> Submission {
    let rules = SiteRules { mode: Mode::Pre, auto_close_days: 7, lockdown_until: None };
    let published = published.map(|days| at(0) + Duration::days(days));
    Submission { article_published_at: published, site_rules: rules, ..submission(n) }
}

contract! {
    async fn a_site_has_defaults_until_it_is_changed_at_the_expected_revision(home: &Home) {
        assert_eq!(home.site().await, Site::default());
        let first = SiteChange { auto_close_days: Some(7), report_threshold: Some(5), ..site_change(1, 0) };
        let made = home.store.update_site(&first).await.unwrap();
        let expected = Site { mode: Some(Mode::Post), auto_close_days: 7, report_threshold: 5, revision: 1, lockdown: None };
        assert_eq!(made, expected);
        let stale = home.store.update_site(&site_change(2, 0)).await;
        assert!(matches!(stale, Err(Error::StaleSite { current: 1 })), "{stale:?}");
        let second = SiteChange { mode: Some(None), auto_close_days: Some(0), ..site_change(3, 1) };
        let changed = home.store.update_site(&second).await.unwrap();
        assert_eq!(changed, Site { mode: None, auto_close_days: 0, revision: 2, ..expected });
        assert_eq!(home.site().await, changed);
        let other = home.store.find_policies(&other_site(), &[]).await.unwrap().site;
        assert_eq!(other, Site::default(), "another site's");
        let audit = home.audit().await;
        let entries: Vec<_> = audit.iter().map(|one| (one.action.as_str(), one.note.as_str(), one.revision)).collect();
        let post = "mode=POST auto_close_days=7 report_threshold=5";
        assert_eq!(entries, [("UPDATE_SITE", "mode=default auto_close_days=0", 2), ("UPDATE_SITE", post, 1)]);
        assert_eq!((audit[1].actor.as_str(), audit[1].at, audit[1].id), ("minh", at(1), first.audit_id));
        assert_eq!(audit[1].request_id, first.request.map(|request| request.id));
        assert_eq!(home.rows("changes").await, 2);
    }

    async fn a_replay_returns_the_first_result_and_writes_nothing(home: &Home) {
        let change = site_change(1, 0);
        let changed = home.store.update_site(&change).await.unwrap();
        let call = lockdown(2, Some(at(100)));
        let locked = home.store.call_lockdown(&call).await.unwrap();
        home.store.update_site(&SiteChange { mode: Some(Some(Mode::Closed)), ..site_change(3, 1) }).await.unwrap();
        home.store.call_lockdown(&lockdown(4, None)).await.unwrap();
        let now = home.site().await;
        assert_eq!(home.store.update_site(&change).await.unwrap(), changed);
        assert_eq!(home.store.call_lockdown(&call).await.unwrap(), locked);
        assert_eq!(home.site().await, now);
        assert_eq!(home.rows("audit").await, 4);
        let mut other = change;
        other.request.as_mut().unwrap().payload_hash = [8; 32];
        assert!(matches!(home.store.update_site(&other).await, Err(Error::RequestIdReused)));
        let other = LockdownCall { request: other.request, ..call };
        assert!(matches!(home.store.call_lockdown(&other).await, Err(Error::RequestIdReused)));
    }

    async fn only_one_of_concurrent_first_changes_wins(home: &Home) {
        let mut tasks = JoinSet::new();
        for n in 0..6 {
            let store = home.store.clone();
            tasks.spawn(async move { store.update_site(&site_change(n, 0)).await });
        }
        let results = tasks.join_all().await;
        assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1, "{results:?}");
        let stale = |result: &&Result<_, _>| matches!(result, Err(Error::StaleSite { current: 1 }));
        assert_eq!(results.iter().filter(stale).count(), 5, "{results:?}");
        assert_eq!((home.rows("audit").await, home.rows("requests").await), (1, 1));
    }

    async fn concurrent_duplicates_of_a_change_get_one_result(home: &Home) {
        let (change, call) = (site_change(1, 0), lockdown(2, Some(at(100))));
        let mut tasks = JoinSet::new();
        for _ in 0..6 {
            let (store, change, call) = (home.store.clone(), change.clone(), call.clone());
            tasks.spawn(async move {
                (store.update_site(&change).await.unwrap(), store.call_lockdown(&call).await.unwrap())
            });
        }
        let answers = tasks.join_all().await;
        assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
        assert_eq!((home.rows("audit").await, home.rows("requests").await), (2, 2));
    }

    async fn a_concurrent_first_change_and_lockdown_are_both_stored(home: &Home) {
        for round in 0..20 {
            let site = duyetd::domain::id::SiteId::parse(&format!("bao-{round}")).unwrap();
            let change = SiteChange { site: site.clone(), ..site_change(1, 0) };
            let call = LockdownCall { site: site.clone(), ..lockdown(1, Some(at(100))) };
            let (one, two) = (home.store.clone(), home.store.clone());
            let changing = tokio::spawn(async move { one.update_site(&change).await });
            let calling = tokio::spawn(async move { two.call_lockdown(&call).await });
            changing.await.unwrap().unwrap();
            calling.await.unwrap().unwrap();
            let after = home.store.find_policies(&site, &[]).await.unwrap().site;
            assert_eq!((after.mode, after.revision, after.lockdown.is_some()), (Some(Mode::Post), 1, true));
        }
    }

    async fn a_lockdown_is_started_moved_and_lifted_without_a_revision(home: &Home) {
        home.store.update_site(&site_change(1, 0)).await.unwrap();
        let locked = home.store.call_lockdown(&lockdown(2, Some(at(100)))).await.unwrap();
        let expected = Lockdown { until: at(100), note: "tin giả".into(), called_by: "lan".into(), harder_challenges: true };
        assert_eq!((locked.lockdown.as_ref(), locked.revision), (Some(&expected), 1));
        assert_eq!((locked.is_alarmed(at(99)), locked.is_alarmed(at(100))), (true, false));
        assert_eq!((locked.lockdown_at(at(99)), locked.lockdown_at(at(100))), (Some(&expected), None));
        let modes = [99, 100].map(|n| locked.rules(Mode::Pre).mode_at(at(n)));
        assert_eq!(modes, [Mode::Pre, Mode::Post], "it ends automatically");
        let longer = home.store.call_lockdown(&lockdown(3, Some(at(500)))).await.unwrap();
        assert_eq!(longer.lockdown.map(|lockdown| lockdown.until), Some(at(500)));
        let lifted = home.store.call_lockdown(&lockdown(4, None)).await.unwrap();
        assert_eq!((lifted.lockdown, lifted.mode, lifted.revision), (None, Some(Mode::Post), 1));
        let audit = home.audit().await;
        let entries: Vec<_> = audit.iter().map(|one| (one.action.as_str(), one.note.clone(), one.revision)).collect();
        let until = |n| format!("until={} harder_challenges tin giả", at(n).to_rfc3339_opts(chrono::SecondsFormat::Secs, true));
        assert_eq!(entries[..2], [("LOCKDOWN", "lifted tin giả".into(), 1), ("LOCKDOWN", until(500), 1)]);
        let context = home.store.call_lockdown(&LockdownCall { request: Some(request()), ..lockdown(5, None) }).await;
        assert_eq!(context.unwrap().lockdown, None, "lifting without a lockdown is allowed");
    }

    async fn the_first_publication_date_from_the_portal_wins(home: &Home) {
        home.store_all(&[dated(1, None)]).await;
        assert_eq!(home.article().await.published_at, None);
        home.store_all(&[dated(2, Some(-2)), dated(3, Some(-5))]).await;
        let known = Some(at(0) - Duration::days(2));
        assert_eq!(home.article().await.published_at, known);
        let later = Submission { article_title: "Tên mới".into(), ..dated(4, Some(-1)) };
        home.store_all(&[later]).await;
        let article = home.article().await;
        assert_eq!((article.published_at, article.title.as_str(), article.revision), (known, "Tên mới", 1));
        let mut corrected = article_change(5, 1);
        corrected.published_at = Some(Some(at(5)));
        home.store.update_article(&corrected).await.unwrap();
        home.store_all(&[dated(6, Some(-1))]).await;
        assert_eq!(home.article().await.published_at, Some(at(5)), "the date set by a moderator is kept");
    }

    async fn a_submission_on_an_article_that_its_date_closes_stores_no_row(home: &Home) {
        home.store_all(&[dated(1, None)]).await;
        let before = (home.rows("comments").await, home.rows("requests").await);
        let late = dated(2, Some(-7));
        let answer = home.insert(&late).await.unwrap();
        let Inserted::ArticleClosed(article) = answer else { panic!("{answer:?}") };
        assert_eq!(late.site_rules.mode_of(&article, at(2)), Mode::Closed);
        assert_eq!((home.rows("comments").await, home.rows("requests").await), before);
        let mut open = article_change(3, 1);
        open.close_at = Some(Some(at(0) + Duration::days(30)));
        home.store.update_article(&open).await.unwrap();
        assert_eq!(home.insert(&dated(4, Some(-7))).await.unwrap(), Inserted::Stored, "the article's own closing time takes precedence");
    }
}
