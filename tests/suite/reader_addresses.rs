//! Addresses and headers in the forms that proxies and clients write.

#![cfg(test)] // so that helpers may unwrap, as tests may

use duyet_proto::v1;
use duyetd::domain::rate_limit::Quotas;
use http::HeaderMap;
use tonic::{Request, metadata::MetadataMap};
use uuid::Uuid;

use crate::support::{
    newsroom::{Database, Newsroom, on_both_databases, reason, wide_quotas},
    office::metric_value,
    readers::Reader,
};

on_both_databases! {
    all_forms_of_one_address_count_as_one_reader,
    an_unreadable_address_is_ignored_and_counted,
    the_scheme_of_a_token_is_read_in_any_case,
}

async fn all_forms_of_one_address_count_as_one_reader(database: Database) {
    let limits = Quotas { submits_per_prefix: "1/24h".parse().unwrap(), ..wide_quotas() };
    let newsroom = Newsroom::open_with(database, |config| config.limits = limits).await;
    let mut portal = newsroom.portal();
    for (n, [first, other]) in [
        ["203.0.113.7:51234", "203.0.113.8"],
        ["2001:db8::1", "[2001:db8::2]:443"],
        ["fe80::1%eth0", "fe80::2"],
        ["64:ff9b::198.51.100.7", "198.51.100.8"],
        ["\"192.0.2.7\"", "::ffff:192.0.2.8"],
    ]
    .into_iter()
    .enumerate()
    {
        let mut say = async |ip: &str| {
            Reader::without_device("Lan", ip).say(&mut portal, "bai", &format!("Câu số {n} từ {ip}")).await
        };
        say(first).await.unwrap_or_else(|status| panic!("{first}: {status:?}"));
        assert_eq!(reason(&say(other).await.unwrap_err()), "RATE_LIMITED", "{first} and {other} are in one network");
    }
}

async fn an_unreadable_address_is_ignored_and_counted(database: Database) {
    let newsroom = Newsroom::open(database).await;
    // All tests of this process share the metrics.
    let site = format!("proxied-{}", Uuid::new_v4().simple());
    let mut portal = newsroom.portal_with(&newsroom.new_token("PORTAL", &site).await);
    for (what, ip, count) in [
        ("UNKNOWN", "unknown", "1"),
        ("UNKNOWN", "_hidden", "2"),
        ("UNREADABLE", "203.0.113.7.8", "1"),
        ("UNREADABLE", "10.0.0.1, 203.0.113.7", "2"),
    ] {
        Reader::without_device("Lan", ip).comment(&mut portal, "bai", &format!("Câu từ {ip}")).await;
        let metric = format!("duyet_reader_addresses_unread_total{{site=\"{site}\",what=\"{what}\"}}");
        assert_eq!(metric_value(&metric).as_deref(), Some(count), "{ip}");
    }
    Reader::without_device("Lan", "").comment(&mut portal, "bai", "Câu không có địa chỉ").await;
    let unread = ["UNKNOWN", "UNREADABLE"]
        .map(|what| metric_value(&format!("duyet_reader_addresses_unread_total{{site=\"{site}\",what=\"{what}\"}}")));
    assert_eq!(unread, [Some("2".into()), Some("2".into())], "a missing address is not counted");
}

async fn the_scheme_of_a_token_is_read_in_any_case(database: Database) {
    let newsroom = Newsroom::open(database).await;
    let token = newsroom.token("portal");
    for scheme in ["Bearer", "bearer", "BEARER"] {
        let mut headers = HeaderMap::new();
        headers.insert("authorization", format!("{scheme} {token}").parse().unwrap());
        let metadata = MetadataMap::from_headers(headers);
        let request = v1::ListCommentsRequest { article_id: "bai".into(), ..Default::default() };
        let request = Request::from_parts(metadata, tonic::Extensions::default(), request);
        let mut client = v1::comment_service_client::CommentServiceClient::new(newsroom.channel());
        client.list_comments(request).await.unwrap_or_else(|status| panic!("{scheme}: {status:?}"));
    }
}
