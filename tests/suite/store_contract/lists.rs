use duyetd::{
    domain::{
        article::ArticleRules,
        id::CommentId,
        lifecycle::Action,
        mode::Mode,
        page::{CommentPage, Cursor, Order, Page, Thread},
        public_comment::{Appearance, PublicComment},
    },
    store::contract::PagePolicy,
};

use crate::support::{
    home::Home,
    sample::{article, article_named, at, decision, other_site, published, reply_to, site, submission},
};

impl Home {
    async fn page(&self, parent: Option<CommentId>, order: Order, size: usize, after: Option<Cursor>) -> Page<Thread> {
        let page = CommentPage { site: site(), article: article(), parent, order, size, after, own: vec![] };
        // The page is read in a batch with a page of an unknown article and one of another order.
        let unknown = CommentPage { article: article_named("unknown"), ..page.clone() };
        let other = match order {
            Order::Oldest => Order::Newest,
            Order::Newest => Order::Oldest,
        };
        let turned = CommentPage { order: other, parent: None, size: 1, ..page.clone() };
        let elsewhere = CommentPage { site: other_site(), ..page.clone() };
        let asked = [unknown, turned.clone(), page, elsewhere, turned];
        let mut found = self.store.list_comments(&asked).await.unwrap();
        assert_eq!(found.len(), 5);
        assert!(found[0].policy.article.is_none() && found[0].threads.items.is_empty());
        assert_eq!(found[1], found[4]);
        assert!(found[1].threads.items.len() <= 1);
        let page = found.remove(2);
        assert!(page.threads.items.is_empty() || page.policy.article.is_some());
        page.threads
    }

    async fn roots(&self) -> Vec<PublicComment> {
        self.page(None, Order::Oldest, 100, None).await.items.into_iter().map(|thread| thread.root).collect()
    }
}

contract! {
    async fn pages_neither_repeat_nor_skip_while_comments_are_published(home: &Home) {
        // Three comments share each second, so that the id must break ties.
        let first: Vec<_> = (0..100).map(|n| published(100 + n / 3)).collect();
        for batch in first.chunks(50) {
            home.store_all(batch).await;
        }
        let mut expected: Vec<_> = first.iter().map(|one| (one.comment.published_at, one.comment.id)).collect();
        expected.sort();
        for order in [Order::Oldest, Order::Newest] {
            let mut walked = Vec::new();
            let mut after = None;
            loop {
                let page = home.page(None, order, 7, after).await;
                assert!(page.items.len() == 7 || page.next.is_none());
                walked.extend(page.items.iter().map(|thread| (thread.root.published_at, thread.root.id)));
                // Newer comments never shift a page; in ascending order they come at the end.
                home.store_all(&[published(1_000)]).await;
                after = page.next;
                if after.is_none() || walked.len() >= 200 {
                    break;
                }
            }
            if order == Order::Newest {
                walked.reverse();
            }
            walked.retain(|(at, _)| *at < Some(at_late()));
            assert_eq!(walked, expected);
        }
    }

    async fn readers_see_only_public_comments(home: &Home) {
        let public = published(1);
        let waiting = submission(2);
        let mut elsewhere = published(3);
        elsewhere.comment.article = article_named("bai-khac");
        let mut foreign = published(4);
        foreign.site = other_site();
        home.store_all(&[public.clone(), waiting.clone(), elsewhere, foreign]).await;
        assert_eq!(home.roots().await, [PublicComment::from(public.comment.clone())]);
        for (n, action) in [(10, Action::Spam), (11, Action::Approve), (12, Action::Requeue)] {
            let now = home.comment(public.comment.id).await;
            home.decide_one(&decision(n, now.id, action, now.revision)).await.unwrap();
            assert_eq!(home.roots().await.len(), usize::from(action == Action::Approve), "{action}");
        }
    }

    async fn a_removed_comment_is_a_tombstone_while_it_has_public_replies(home: &Home) {
        let root = published(1);
        let reply = reply_to(root.comment.id, published(2));
        home.store_all(&[root.clone(), reply.clone()]).await;
        home.decide_one(&decision(3, root.comment.id, Action::Reject, 1)).await.unwrap();
        let roots = home.roots().await;
        assert_eq!((roots[0].appearance, roots[0].id), (Appearance::Tombstone, root.comment.id));
        assert_eq!(roots[0].content, "");
        home.decide_one(&decision(4, reply.comment.id, Action::Reject, 1)).await.unwrap();
        assert_eq!(home.roots().await, []);
        home.recount().await;
    }

    async fn a_root_has_its_first_replies_and_a_cursor_for_more(home: &Home) {
        let root = published(1);
        let lonely = published(2);
        let replies: Vec<_> = (10..15).map(|n| reply_to(root.comment.id, published(n))).collect();
        let waiting = reply_to(root.comment.id, submission(9));
        home.store_all(&[vec![root.clone(), lonely, waiting], replies.clone()].concat()).await;
        let page = home.page(None, Order::Newest, 10, None).await;
        assert_eq!(page.items.iter().map(|thread| thread.replies.items.len()).collect::<Vec<_>>(), [0, 3]);
        let thread = &page.items[1];
        assert_eq!(thread.root.reply_count, 5);
        let shown: Vec<_> = thread.replies.items.iter().map(|reply| reply.id).collect();
        let ids: Vec<_> = replies.iter().map(|reply| reply.comment.id).collect();
        assert_eq!(shown, ids[..3]);
        let more = home.page(Some(root.comment.id), Order::Oldest, 10, thread.replies.next).await;
        assert_eq!(more.items.iter().map(|thread| thread.root.id).collect::<Vec<_>>(), ids[3..]);
        assert!(more.next.is_none() && more.items.iter().all(|thread| thread.replies.items.is_empty()));
        let newest = home.page(Some(root.comment.id), Order::Newest, 2, None).await;
        assert_eq!(newest.items.iter().map(|thread| thread.root.id).collect::<Vec<_>>(), [ids[4], ids[3]]);
        let older = home.page(Some(root.comment.id), Order::Newest, 2, newest.next).await;
        assert_eq!(older.items.iter().map(|thread| thread.root.id).collect::<Vec<_>>(), [ids[2], ids[1]]);
        let oldest = home.page(Some(root.comment.id), Order::Newest, 2, older.next).await;
        assert_eq!((oldest.items.len(), oldest.items[0].root.id, oldest.next), (1, ids[0], None));
    }

    async fn a_root_with_three_replies_has_no_cursor(home: &Home) {
        let root = published(1);
        let replies = (2..5).map(|n| reply_to(root.comment.id, published(n)));
        home.store_all(&[root.clone()].into_iter().chain(replies).collect::<Vec<_>>()).await;
        let page = home.page(None, Order::Newest, 10, None).await;
        assert_eq!((page.items[0].replies.items.len(), page.items[0].replies.next), (3, None));
    }

    async fn a_reader_sees_only_their_own_pending_comments(home: &Home) {
        let (late, early, public) = (submission(5), submission(3), published(4));
        let mut elsewhere = submission(6);
        elsewhere.comment.article = article_named("bai-khac");
        let all = [late.clone(), early.clone(), public, elsewhere];
        home.store_all(&all).await;
        let ids: Vec<_> = all.iter().map(|one| one.comment.id).collect();
        let page = |site, own| CommentPage {
            site,
            article: article(),
            parent: None,
            order: Order::Newest,
            size: 20,
            after: None,
            own,
        };
        let asked = [page(site(), vec![]), page(site(), ids.clone()), page(other_site(), ids.clone()), page(site(), ids)];
        let found = home.store.list_comments(&asked).await.unwrap();
        let waiting: Vec<_> = found.iter().map(|page| page.waiting.clone()).collect();
        let own = vec![PublicComment::from(early.comment), PublicComment::from(late.comment)];
        assert_eq!(waiting, [vec![], own.clone(), vec![], own]);
        assert!(found.iter().all(|page| page.threads.items.len() == usize::from(page.policy.total > 0)));
    }

    async fn a_page_has_the_policies_of_its_article_and_site(home: &Home) {
        home.store_all(&[published(1), published(2)]).await;
        let (opened, close_at, until) = (at(77), at(88), at(99));
        let time = |at: chrono::DateTime<chrono::Utc>| {
            if home.is_postgres() { format!("'{}'", at.to_rfc3339()) } else { at.timestamp_micros().to_string() }
        };
        let article_change = format!(
            "update articles set mode = 'HYBRID', close_at = {}, published_at = {}", time(close_at), time(opened)
        );
        let site_change = format!(
            "insert into sites (site_id, revision, mode, auto_close_days, report_threshold, lockdown_until, lockdown_note,
                lockdown_by) values ('{}', 1, 'POST', 7, 0, {}, '', '')", site(), time(until)
        );
        let policy = async || {
            let page = CommentPage {
                site: site(),
                article: article(),
                parent: None,
                order: Order::Oldest,
                size: 1,
                after: None,
                own: vec![],
            };
            home.store.list_comments(&[page]).await.unwrap().remove(0).policy
        };
        let before = policy().await;
        assert_eq!((before.total, before.site_mode, before.auto_close_days, before.lockdown_until), (2, None, 0, None));
        home.execute(&article_change).await.unwrap();
        home.execute(&site_change).await.unwrap();
        let article = ArticleRules { mode: Some(Mode::Hybrid), close_at: Some(close_at), opened_at: opened };
        let expected = PagePolicy {
            site_mode: Some(Mode::Post),
            auto_close_days: 7,
            lockdown_until: Some(until),
            article: Some(article),
            total: 2,
        };
        assert_eq!(policy().await, expected);
        assert_eq!(expected.mode(Mode::Pre, at(87)), Mode::Pre, "a lockdown");
        assert_eq!(expected.mode(Mode::Pre, at(88)), Mode::Closed);
    }
}

fn at_late() -> chrono::DateTime<chrono::Utc> {
    at(1_000)
}
