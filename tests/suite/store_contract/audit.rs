use duyetd::domain::{
    audit::{AuditAction, AuditFilter},
    lifecycle::Action,
    revert::Target,
};

use super::revert::revert;
use crate::support::{
    home::Home,
    sample::{article_change, at, decision, other_site, site, submission},
};

contract! {
    async fn the_audit_cannot_be_changed(home: &Home) {
        home.store.update_article(&article_change(1, 0)).await.unwrap();
        for sql in ["update audit set note = 'x'", "delete from audit"] {
            let error = home.execute(sql).await.unwrap_err();
            assert!(error.to_string().contains("append-only"), "{error}");
        }
        if home.is_postgres() {
            assert!(home.execute("truncate audit").await.is_err());
        }
        assert_eq!(home.rows("audit").await, 1);
    }

    async fn the_audit_cannot_be_replaced(home: &Home) {
        let one = submission(1);
        home.store_all(std::slice::from_ref(&one)).await;
        let decided = home.decide_one(&decision(10, one.comment.id, Action::Approve, 1)).await.unwrap();
        let target = Target::Entry(decided.answer.last_change.decision.unwrap());
        home.store.revert(&revert(20, target)).await.unwrap();
        for sql in if home.is_postgres() { postgres_forgeries() } else { sqlite_forgeries() } {
            let error = home.execute(&sql).await.expect_err(&sql);
            assert!(error.to_string().contains("append-only"), "{sql}: {error}");
        }
        let honest = home.number("select count(*) from audit where actor <> 'mallory'").await;
        assert_eq!((honest, home.rows("audit").await), (2, 2));
    }

    async fn entries_are_listed_newest_first_with_any_filter(home: &Home) {
        let mut comments = Vec::new();
        for n in 0..9 {
            let one = submission(n);
            home.store_all(std::slice::from_ref(&one)).await;
            let mut decision = decision(100 + n / 2, one.comment.id, if n % 2 == 0 { Action::Approve } else { Action::Spam }, 1);
            decision.actor = if n < 4 { "lan".into() } else { "minh".into() };
            home.decide_one(&decision).await.unwrap();
            comments.push(one.comment.id);
        }
        home.store.update_article(&article_change(500, 1)).await.unwrap();
        let all = AuditFilter::default();
        let mut walked = Vec::new();
        let mut after = None;
        loop {
            let page = home.store.list_audit(&site(), &all, 3, after).await.unwrap();
            walked.extend(page.items.into_iter().map(|entry| (entry.at, entry.id)));
            assert!(walked.len() <= 10, "the pages never end");
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        assert_eq!(walked.len(), 10);
        assert!(walked.windows(2).all(|pair| pair[0] > pair[1]));
        let cases = [
            (AuditFilter { comment: Some(comments[3]), ..all.clone() }, 1),
            (AuditFilter { actor: Some("lan".into()), ..all.clone() }, 4),
            (AuditFilter { action: Some(AuditAction::Spam), ..all.clone() }, 4),
            (AuditFilter { action: Some(AuditAction::UpdateArticle), ..all.clone() }, 1),
            (AuditFilter { since: Some(at(102)), until: Some(at(103)), ..all.clone() }, 2),
            (AuditFilter { actor: Some("lan".into()), action: Some(AuditAction::Approve), ..all.clone() }, 2),
        ];
        for (filter, expected) in cases {
            let page = home.store.list_audit(&site(), &filter, 50, None).await.unwrap();
            assert_eq!(page.items.len(), expected, "{filter:?}");
        }
        assert_eq!(home.store.list_audit(&other_site(), &all, 50, None).await.unwrap().items, []);
    }

    async fn the_entries_of_one_comment_are_paged(home: &Home) {
        let (one, neighbour) = (submission(1), submission(2));
        home.store_all(&[one.clone(), neighbour.clone()]).await;
        let steps = [Action::Approve, Action::Spam, Action::Requeue, Action::Reject];
        for (n, action) in (1..).zip(steps) {
            home.decide_one(&decision(10 + n, one.comment.id, action, n)).await.unwrap();
        }
        home.decide_one(&decision(20, neighbour.comment.id, Action::Approve, 1)).await.unwrap();
        let filter = AuditFilter { comment: Some(one.comment.id), ..AuditFilter::default() };
        let (mut walked, mut after) = (Vec::new(), None);
        for _ in steps {
            let page = home.store.list_audit(&site(), &filter, 1, after).await.unwrap();
            walked.extend(page.items.into_iter().map(|entry| entry.action.as_str()));
            after = page.next;
        }
        assert_eq!((walked.join(" ").as_str(), after), ("REJECT REQUEUE SPAM APPROVE", None));
    }
}

/// Returns statements that copy entries under another actor: with their keys, or with new keys and the same
/// `reverts`.
fn copies(fresh_id: &str) -> [String; 2] {
    let copy = |id: &str| {
        format!(
            "insert into audit (site_id, audit_id, at, actor, action, revision, note, reverts)
            select site_id, {id}, at, 'mallory', action, revision, note, reverts from audit"
        )
    };
    [copy("audit_id"), format!("{} where reverts is not null", copy(fresh_id))]
}

fn sqlite_forgeries() -> Vec<String> {
    let copies = copies("randomblob(16)");
    let by_rowid = copies[0]
        .replace("(site_id", "(rowid, site_id")
        .replace("select site_id, audit_id", "select rowid, site_id, randomblob(16)");
    let mut forgeries = vec![
        by_rowid.replacen("insert", "replace", 1),
        format!("{} where true on conflict (site_id, audit_id) do update set actor = 'mallory'", copies[0]),
    ];
    for or in ["replace", "ignore", "fail", "rollback", "abort"] {
        forgeries.push(format!("update or {or} audit set actor = 'mallory'"));
        forgeries.extend(copies.iter().map(|copy| copy.replacen("insert", &format!("insert or {or}"), 1)));
    }
    forgeries
}

fn postgres_forgeries() -> Vec<String> {
    let [by_key, by_revert] = copies("gen_random_uuid()");
    let merge = "merge into audit using (select 1) one on true when matched then";
    let mut forgeries = vec![
        format!("{by_key} on conflict (site_id, audit_id) do update set actor = 'mallory'"),
        format!("{by_revert} on conflict (site_id, reverts) where reverts is not null do update set actor = 'mallory'"),
        format!("{merge} update set actor = 'mallory'"),
        format!("{merge} delete"),
        "truncate audit cascade".to_owned(),
    ];
    for sql in ["update audit set actor = 'mallory'", "delete from audit", "truncate audit"] {
        forgeries.push(format!("set session_replication_role = replica; {sql}"));
    }
    forgeries
}
