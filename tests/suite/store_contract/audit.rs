use duyet::domain::{
    audit::{AuditAction, AuditFilter},
    lifecycle::Action,
};

use crate::support::{
    home::Home,
    sample::{article_change, at, decision, other_site, site, submission},
};

contract! {
    async fn the_audit_refuses_to_be_changed(home: &Home) {
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

    async fn entries_are_listed_newest_first_by_any_condition(home: &Home) {
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

    async fn the_entries_of_one_comment_are_paged_too(home: &Home) {
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
