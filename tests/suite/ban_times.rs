//! The duration of bans over days and months, with a clock controlled by the test.

use std::sync::Arc;

use chrono::{DateTime, Duration, Utc};
use duyetd::{
    captcha::ImagePool,
    domain::{
        Error, Result,
        access::{Caller, Role},
        ban::{BanEffect, BanKind, BanMade},
        captcha_answer::Alphabet,
        challenge::ChallengeKind,
        form::{RawForm, ReaderContext},
        id::{ArticleId, CommentId},
        image_profile::Profile,
        mode::Mode,
        reason::Reason,
    },
    keyring::Keyring,
    limiter::Limiter,
    service::{BanRequest, BanTarget, HEARTBEAT, PageCache, Parts, RevealRequest, Services, SiteDefaults, Submitted},
};
use uuid::Uuid;

use crate::support::{
    home::Home,
    newsroom::{ANSWER, wide_quotas},
    sample::site,
};

const ARTICLE: &str = "bai";

/// The services without a network, and one article in POST mode.
struct Desk {
    home: Home,
    services: Services,
    admin: Caller,
}

/// A reader known by address, without a device.
struct From(&'static str);

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

impl Desk {
    fn at(home: Home) -> Self {
        let images = ImagePool::start(Alphabet::Mixed, Profile::ALL, Some(ANSWER.to_owned())).unwrap();
        let keyring = Arc::new(Keyring::parse(&Keyring::generate()).unwrap());
        let services = Services::new(Parts {
            store: home.store.clone(),
            writers: 1,
            readers: 1,
            limiter: Limiter::local(wide_quotas()),
            images,
            keyring,
            defaults: SiteDefaults { mode: Mode::Post, ..SiteDefaults::default() },
            pages: PageCache::new(0, false),
            heartbeat: HEARTBEAT,
        });
        let admin = Caller { token: uuid::Uuid::nil(), site: site(), name: "minh".into(), role: Role::Admin };
        Self { home, services, admin }
    }

    async fn say(&self, from: &From, content: &str, now: DateTime<Utc>) -> Result<Submitted> {
        let client = ReaderContext { ip: Some(from.0.parse().unwrap()), device_token: String::new() };
        let challenge_token = self.challenge(&client, now).await;
        let form = RawForm {
            article_id: ARTICLE.into(),
            author_name: "Lan".into(),
            content: format!("{content}, {now}"),
            challenge_token,
            challenge_answer: ANSWER.into(),
            client: client.clone(),
            request_id: Uuid::new_v4().to_string(),
            ..RawForm::default()
        };
        self.services.submissions.submit_comment(&site(), form, now).await
    }

    /// Issues a challenge and returns its token. A busy machine may have no ready image, so the call is repeated.
    async fn challenge(&self, client: &ReaderContext, now: DateTime<Utc>) -> String {
        let (challenges, article) = (&self.services.challenges, ArticleId::parse(ARTICLE).unwrap());
        for _ in 0..100 {
            match challenges.issue_challenge(&site(), &article, client, &[ChallengeKind::Image], now).await {
                Err(Error::Overloaded { .. }) => {}
                issued => return issued.unwrap().token,
            }
        }
        panic!("no image became ready");
    }

    async fn comment(&self, from: &From, now: DateTime<Utc>) -> CommentId {
        self.say(from, "Câu đầu tiên", now).await.unwrap().answer.comment
    }

    async fn is_banned(&self, from: &From, now: DateTime<Utc>) -> bool {
        match self.say(from, "Câu sau", now).await {
            Ok(_) => false,
            Err(Error::Banned) => true,
            Err(other) => panic!("{other:?}"),
        }
    }

    /// Checks whether a ban denies or holds the reader's submit.
    async fn is_stopped(&self, from: &From, now: DateTime<Utc>) -> bool {
        match self.say(from, "Câu sau", now).await {
            Ok(submitted) => submitted.answer.published_at.is_none(),
            Err(Error::Banned) => true,
            Err(other) => panic!("{other:?}"),
        }
    }

    async fn ban(&self, request: &BanRequest, now: DateTime<Utc>) -> Result<BanMade> {
        self.services.bans.create_ban(&self.admin, request.clone(), now).await
    }
}

fn request(comment: CommentId, kind: BanKind, expires_at: DateTime<Utc>) -> BanRequest {
    BanRequest {
        target: BanTarget::Comment(comment, kind),
        effect: BanEffect::Block,
        reason: Reason::SpamAd,
        note: String::new(),
        expires_at,
        reject_pending: false,
        remove_published: false,
        since: None,
        request_id: Uuid::new_v4(),
    }
}

macro_rules! on_both_homes {
    ($($name:ident,)+) => {
        mod sqlite {
            use super::{Desk, Home};
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() { super::$name(Desk::at(Home::sqlite().await)).await; })+
        }
        mod postgres {
            use super::{Desk, Home};
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() { super::$name(Desk::at(Home::postgres().await)).await; })+
        }
    };
}

on_both_homes! {
    a_prefix_ban_stays_in_force_over_changes_of_month,
    a_prefix_from_two_months_ago_cannot_be_banned,
    a_ban_expires_at_its_exact_second,
    a_resent_ban_is_replayed_after_it_expired,
    a_ban_decides_comments_of_the_last_30_days_by_default,
    a_reveal_without_an_audit_entry_fails,
}

async fn a_prefix_ban_stays_in_force_over_changes_of_month(desk: Desk) {
    let (reader, neighbour) = (From("203.0.113.7"), From("203.0.113.99"));
    for (sent, made) in [
        ("2026-11-30T23:59:59Z", "2026-11-30T23:59:59Z"),
        ("2026-11-30T23:59:59Z", "2026-12-01T00:00:00Z"),
        ("2026-10-01T00:00:00Z", "2026-11-30T23:59:59Z"),
        // February is short, so the ban ends in the third month after the comment's month.
        ("2026-12-31T12:00:00Z", "2027-01-31T12:00:00Z"),
    ] {
        let desk = Desk::at(if desk.home.is_postgres() { Home::postgres().await } else { Home::sqlite().await });
        let (sent, made) = (at(sent), at(made));
        let comment = desk.comment(&reader, sent).await;
        let ends = made + Duration::days(30);
        desk.ban(&request(comment, BanKind::IpPrefix, ends), made).await.unwrap();
        for day in 0..30 {
            let now = made + Duration::days(day);
            assert!(desk.is_banned(&neighbour, now).await, "sent {sent}, banned {made}, day {day}");
        }
        assert!(desk.is_banned(&reader, ends - Duration::seconds(1)).await);
        assert!(!desk.is_banned(&From("203.0.112.7"), made).await, "the next /24 is not banned");
        assert!(!desk.is_banned(&reader, ends).await);
    }
}

async fn a_prefix_from_two_months_ago_cannot_be_banned(desk: Desk) {
    let reader = From("2001:db8:1:2::7");
    let (sent, now) = (at("2026-09-30T23:59:59Z"), at("2026-11-01T00:00:00Z"));
    let comment = desk.comment(&reader, sent).await;
    let week = now + Duration::days(7);
    // The author key of a reader without a device is derived from the prefix.
    for kind in [BanKind::IpPrefix, BanKind::Author] {
        let result = desk.ban(&request(comment, kind, week), now).await;
        assert!(matches!(result, Err(Error::BanSubjectUnknown)), "{kind}: {result:?}");
        let in_time = now - Duration::seconds(1);
        let made = desk.ban(&request(comment, kind, week), in_time).await.unwrap();
        assert!(desk.is_stopped(&From("2001:db8:1:2::99"), now).await, "{kind}");
        desk.home.execute("delete from bans").await.unwrap();
        assert!(!desk.is_stopped(&From("2001:db8:1:2::99"), now + Duration::hours(1)).await, "{kind}");
        assert_eq!(made.ban.author.is_empty(), kind == BanKind::IpPrefix);
    }
    assert!(
        desk.ban(&request(comment, BanKind::Fingerprint, week), now).await.is_ok(),
        "a fingerprint can be banned at any age"
    );
}

async fn a_ban_expires_at_its_exact_second(desk: Desk) {
    let (reader, now) = (From("203.0.113.7"), at("2026-11-23T10:00:00Z"));
    let comment = desk.comment(&reader, now).await;
    let end = now + Duration::hours(1);
    for wrong in [now, now - Duration::seconds(1), now + Duration::days(30) + Duration::seconds(1)] {
        match desk.ban(&request(comment, BanKind::IpPrefix, wrong), now).await {
            Err(Error::Invalid(violations)) => assert_eq!(violations.fields(), ["expires_at"]),
            other => panic!("{other:?}"),
        }
    }
    desk.ban(&request(comment, BanKind::IpPrefix, end), now).await.unwrap();
    assert!(desk.is_banned(&reader, end - Duration::microseconds(1)).await);
    assert!(!desk.is_banned(&reader, end).await);
}

async fn a_resent_ban_is_replayed_after_it_expired(desk: Desk) {
    let (reader, now) = (From("203.0.113.7"), at("2026-10-31T23:59:00Z"));
    // The comment is from last month; at the time of the resend it is from the month before that.
    let comment = desk.comment(&reader, at("2026-09-30T12:00:00Z")).await;
    let brief = request(comment, BanKind::IpPrefix, now + Duration::seconds(30));
    let first = desk.ban(&brief, now).await.unwrap();
    assert_eq!(desk.ban(&brief, now + Duration::hours(1)).await.unwrap(), first);
    let other = BanRequest { effect: BanEffect::Hold, ..brief };
    assert!(matches!(desk.ban(&other, now + Duration::hours(1)).await, Err(Error::RequestIdReused)));
    assert_eq!(desk.home.rows("bans").await, 1);
}

async fn a_ban_decides_comments_of_the_last_30_days_by_default(desk: Desk) {
    let (reader, now) = (From("203.0.113.7"), at("2026-11-30T12:00:00Z"));
    // The hash of a prefix changes every month, so all comments are in one month.
    for day in [1, 20, 29] {
        desk.say(&reader, "Một câu", at("2026-11-01T00:00:00Z") + Duration::days(day)).await.unwrap();
    }
    let old = desk.say(&From("203.0.113.8"), "Mua ngay kẻo lỡ dịp này", now - Duration::days(31)).await.unwrap();
    let text = BanRequest {
        remove_published: true,
        ..request(old.answer.comment, BanKind::Fingerprint, now + Duration::days(1))
    };
    let default = desk.ban(&text, now).await.unwrap();
    assert_eq!(
        (default.settled.len(), default.ban.batch),
        (0, None),
        "the comment is older than 30 days, so the ban does not decide it"
    );
    let further = BanRequest { since: Some(now - Duration::days(31)), request_id: Uuid::new_v4(), ..text };
    let explicit = desk.ban(&further, now).await.unwrap();
    assert_eq!(explicit.settled.len(), 1);
    desk.home.recount().await;
}

async fn a_reveal_without_an_audit_entry_fails(desk: Desk) {
    let now = at("2026-11-23T10:00:00Z");
    let comment = desk.comment(&From("203.0.113.7"), now).await;
    let look = RevealRequest { comment, note: "công văn 12".into(), request_id: Uuid::new_v4() };
    // The audit table rejects new rows.
    let full = if desk.home.is_postgres() {
        "create function is_full() returns trigger language plpgsql as $$ begin raise exception 'full'; end $$;
        create trigger audit_is_full before insert on audit for each statement execute function is_full();"
    } else {
        "create trigger audit_is_full before insert on audit begin select raise(abort, 'full'); end;"
    };
    desk.home.execute(full).await.unwrap();
    assert!(desk.services.privacy.reveal_sender(&desk.admin, look.clone(), now).await.is_err());
    assert_eq!(desk.home.rows("audit").await, 0);
    let table = if desk.home.is_postgres() { " on audit" } else { "" };
    desk.home.execute(&format!("drop trigger audit_is_full{table}")).await.unwrap();
    let (trace, entry) = desk.services.privacy.reveal_sender(&desk.admin, look, now).await.unwrap();
    assert_eq!(Some(trace), desk.home.store.find_sender(&site(), comment).await.unwrap());
    let stored = desk.home.number("select count(*) from audit where action = 'REVEAL_SENDER'").await;
    assert!(stored == 1 && !entry.is_nil());
}
