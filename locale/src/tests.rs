//! Both languages have every message, with the same placeholders.

use std::collections::{BTreeMap, BTreeSet};

use super::*;

/// Returns every key of a file with the placeholders in its message.
fn keys(source: &str) -> BTreeMap<&str, BTreeSet<&str>> {
    let mut keys = BTreeMap::<_, BTreeSet<_>>::new();
    let mut current = None;
    for line in source.lines().filter(|line| !line.starts_with('#')) {
        if let Some((key, _)) = line.split_once('=').filter(|_| line.starts_with(|c: char| c.is_ascii_lowercase())) {
            current = Some(key.trim());
            assert!(keys.insert(key.trim(), BTreeSet::new()).is_none(), "{key} twice");
        }
        let places = line.split('$').skip(1).map(|rest| rest.split(|c: char| !c.is_ascii_lowercase()).next().unwrap());
        if let Some(key) = current {
            keys.entry(key).or_default().extend(places);
        }
    }
    keys
}

#[test]
fn both_languages_have_the_same_keys_and_places() {
    assert_eq!(keys(VI), keys(EN));
}

#[test]
fn both_files_parse_whole_and_every_message_can_be_filled() {
    for (locale, source) in [(Locale::Vi, VI), (Locale::En, EN)] {
        assert!(FluentResource::try_new(source.to_owned()).is_ok(), "{locale:?}");
        for (key, places) in keys(source) {
            let values = places.iter().map(|place| (*place, Value::from("PENDING"))).collect::<Vec<_>>();
            let text = locale.text_with(key, &values);
            assert!(!text.contains(['{', '}', '$']) && text != key, "{key}: {text}");
        }
    }
}

#[test]
fn every_error_reason_has_a_message() {
    let names = include_str!("../../proto/duyet/v1/error_reason.proto")
        .lines()
        .filter_map(|line| line.trim().strip_prefix("ERROR_REASON_")?.split_once(" = "))
        .map(|(name, _)| name)
        .filter(|name| *name != "UNSPECIFIED");
    for name in names {
        let key = format!("error-{}", name.to_ascii_lowercase().replace('_', "-"));
        assert!(keys(VI).contains_key(key.as_str()), "{key}");
    }
}

#[test]
fn numbers_select_the_plural_where_the_language_has_one() {
    let wait = |locale: Locale, seconds: i64| locale.text_with("error-rate-limited", &[("seconds", seconds.into())]);
    assert_eq!(wait(Locale::En, 1), "You are going too fast. Please try again in 1 second.");
    assert_eq!(wait(Locale::En, 3600), "You are going too fast. Please try again in 3,600 seconds.");
    assert_eq!(wait(Locale::Vi, 1), "Bạn thao tác quá nhanh. Vui lòng thử lại sau 1 giây.");
}

#[test]
fn an_empty_excerpt_gets_its_own_sentence() {
    let repeated = |excerpt: &str| Locale::En.text_with("finding-repeated-text", &[("excerpt", excerpt.into())]);
    assert_eq!(repeated(""), "The same text was sent before.");
    assert_eq!(repeated("mua mua mua"), "Repeated over and over: “mua mua mua”.");
}

#[test]
fn statuses_are_named_in_the_readers_language() {
    let values = [("from", Value::from("ERASED")), ("to", Value::from("APPROVED"))];
    let text = Locale::Vi.text_with("error-invalid-transition", &values);
    assert_eq!(text, "Không thể chuyển bình luận từ đã xóa sang đã duyệt.");
}

#[test]
fn an_unknown_key_is_returned_unchanged() {
    assert_eq!(Locale::Vi.text("no-such-key"), "no-such-key");
}

#[test]
fn the_supported_language_with_the_highest_weight_wins() {
    let best = Locale::from_accept_language;
    assert_eq!(best("vi-VN,vi;q=0.9,en;q=0.8"), Some(Locale::Vi));
    assert_eq!(best("fr, en-GB;q=0.7, vi;q=0.2"), Some(Locale::En));
    assert_eq!(best("en;q=0, *;q=0.1"), Some(Locale::Vi));
    assert_eq!(best("de, fr;q=0.5"), None);
    assert_eq!(best("en;q=huge"), None);
    assert_eq!(best(""), None);
}

#[test]
fn an_environment_variable_selects_the_language() {
    assert_eq!(Locale::from_env("en_US.UTF-8"), Locale::En);
    assert_eq!(Locale::from_env("vi_VN"), Locale::Vi);
    assert_eq!(Locale::from_env("C.UTF-8"), Locale::Vi);
}
