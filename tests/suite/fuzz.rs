//! Fuzz tests of the text normaliser, the spam score and its terms, the configuration, tokens, stored models and the
//! wire's decoder, with input that no person writes. `PROPTEST_CASES=100000 tests/run fuzz` runs them for longer.

use duyetd::{
    config::Settings,
    domain::{
        comment::FormText,
        id::SiteId,
        page::Cursor,
        spam::{
            FormSignals, Knowledge, Model, Reading, Term, TermDraft, TermSet, TermState, TermTier, assess,
            model::Evidence, skeleton,
        },
        text,
    },
    grpc::role,
    keyring::{Keyring, Purpose},
};
use proptest::{prelude::*, strategy::ValueTree as _};
use tonic::{
    Code, Request, Status,
    client::Grpc,
    codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder},
    metadata::MetadataValue,
};
use unicode_normalization::is_nfc;
use uuid::Uuid;

use crate::support::newsroom::{Database, Newsroom};

/// Text fragments that have broken other software: marks without a letter, joiners, tags, direction controls, styles,
/// Vietnamese in both normalisation forms.
const PIECES: &[&str] = &[
    "a",
    "ệ",
    "e\u{323}\u{302}",
    "\u{301}\u{301}\u{301}",
    "\u{200b}",
    "\u{200d}",
    "\u{202e}",
    "\u{2066}",
    "\u{e0041}",
    "\u{fe0f}",
    "\0",
    "\u{1b}[2J",
    "\r\n",
    " ",
    "\u{a0}",
    ".",
    "@",
    "://",
    "0912",
    "%00",
    "5tr",
    "c4s1n0",
    "𝗰𝗮𝘀𝗶𝗻𝗼",
    "с\u{430}sino",
    "đĩ",
    "d\u{309}i",
    "🙂",
    "👩‍👩‍👧",
    "ﷺ",
    "ẞ",
    "İ",
    "ﬃ",
    "가",
    "\u{1100}\u{1161}",
    "नि",
    "a.b",
    "...",
    "www.",
    "x x x x x",
    "t.e.n",
    "!!!!",
    "\u{ff21}",
    "ǅ",
    "\u{10ffff}",
];

fn hostile() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => proptest::sample::select(PIECES).prop_map(str::to_owned),
        1 => any::<char>().prop_map(String::from),
        1 => "\\PC{0,8}",
    ];
    proptest::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

fn term(pattern: &str, tier: TermTier) -> Term {
    Term {
        id: Uuid::nil(),
        pattern: pattern.to_owned(),
        tier,
        state: TermState::Enforce,
        weight: 1.0,
        note: String::new(),
        revision: 1,
        updated_by: "lan".into(),
        updated_at: chrono::DateTime::UNIX_EPOCH,
    }
}

/// Builds a model that learned a few comments of each class.
fn model() -> Model {
    let mut model = Model::default();
    for n in 0..12 {
        let content = if n % 2 == 0 { format!("Vào casino số {n}") } else { format!("Bài viết số {n} hay") };
        let form = FormText { author_name: "Lan".into(), title: String::new(), content };
        model.learn(&Evidence::of(&Reading::of(&form)), n % 2 == 0);
    }
    model.calibrate();
    model
}

proptest! {
    #[test]
    fn normalisation_is_idempotent_and_leaves_only_allowed_characters(raw in hostile()) {
        for (cleaned, again) in [
            (text::clean_block(&raw), text::clean_block(&text::clean_block(&raw))),
            (text::clean_line(&raw), text::clean_line(&text::clean_line(&raw))),
        ] {
            prop_assert!(is_nfc(&cleaned));
            prop_assert!(!cleaned.chars().any(|c| c.is_control() && c != '\n'), "{cleaned:?}");
            prop_assert_eq!(&cleaned, &again);
        }
        prop_assert!(!text::clean_line(&raw).contains('\n'));
        let folded = text::fold(&raw);
        prop_assert_eq!(text::fold(&folded), folded);
    }

    #[test]
    fn any_text_is_assessed_and_every_finding_is_within_the_text(
        author_name in hostile(), title in hostile(), content in hostile(), pattern in hostile(),
    ) {
        let form = FormText { author_name, title, content };
        let terms: Vec<_> = TermTier::ALL.iter().map(|tier| term(&text::clean_line(&pattern), *tier)).collect();
        let terms = TermSet::compile(&terms).unwrap();
        let model = model();
        let judged = assess(&form, &FormSignals::default(), &Knowledge { model: Some(&model), terms: Some(&terms) });
        prop_assert!((0.0..=1.0).contains(&judged.score), "{}", judged.score);
        for found in &judged.findings {
            let Some(field) = found.field else { continue };
            let text = match field.as_str() { "author_name" => &form.author_name, "title" => &form.title, _ => &form.content };
            let matched = text.get(found.start..found.end);
            prop_assert!(matched.is_some_and(|matched| matched.starts_with(&found.excerpt)), "{found:?}");
        }
        skeleton(&Reading::of(&form));
    }

    #[test]
    fn any_term_is_rejected_with_a_violation_or_matches_its_own_text(pattern in hostile(), note in hostile(), weight in any::<f64>()) {
        let mut violations = duyetd::domain::violation::Violations::default();
        let (tier, state) = (Some(TermTier::Exact), Some(TermState::Enforce));
        let draft = TermDraft::check(&pattern, tier, state, weight, &note, &mut violations).unwrap();
        if violations.fields().is_empty() {
            let set = TermSet::compile(&[term(&draft.pattern, TermTier::Exact)]).unwrap();
            let form = FormText { author_name: String::new(), title: String::new(), content: draft.pattern };
            prop_assert!(!set.find(&Reading::of(&form)).findings.is_empty());
        }
    }

    #[test]
    fn any_configuration_is_parsed_or_fails_without_showing_secrets(
        cut in 0_usize..400, patch in "[\\PC\n\"=\\[\\]]{0,12}",
    ) {
        let good = "log = \"info\"\nkeys = \"hunter2\"\nredis_url = \"redis://:hunter2@h/\"\n[grpc]\naddr = \"127.0.0.1:1\"\n\
            [policy]\nmode = \"POST\"\nlow = 0.1\n[limits]\nsubmits_per_device = \"5/1m\"\n[captcha]\nprofiles = [\"BANDS\"]\n";
        let at = good.char_indices().map(|(at, _)| at).nth(cut % good.len()).unwrap_or(0);
        let text = format!("{}{patch}{}", &good[..at], &good[at..]);
        if let Err(error) = Settings::from_toml(&text) {
            prop_assert!(!error.to_string().contains("hunter2"), "{error}");
        }
    }

    #[test]
    fn an_altered_token_never_decrypts_to_another_value(at in any::<prop::sample::Index>(), c in any::<char>(), noise in "\\PC{0,300}") {
        let keyring = Keyring::parse(&Keyring::generate()).unwrap();
        let cursor = Cursor { at: chrono::DateTime::UNIX_EPOCH, id: Uuid::from_u128(7), score: 0.5 };
        let good = keyring.seal(Purpose::Page, &["bao-hue"], &cursor).unwrap();
        let mut letters: Vec<char> = good.chars().collect();
        let at = at.index(letters.len());
        letters[at] = c;
        let changed: String = letters.into_iter().collect();
        let opened = keyring.open::<Cursor>(Purpose::Page, &["bao-hue"], &changed);
        prop_assert!(opened.is_err() || changed == good);
        prop_assert!(keyring.open::<Cursor>(Purpose::Page, &["bao-hue"], &noise).is_err());
        let site = SiteId::parse("bao-hue").unwrap();
        prop_assert!(keyring.open_device(&site, &noise).is_none() && keyring.open_receipt(&site, &noise).is_none());
    }

    #[test]
    fn any_stored_model_is_decoded_or_fails(at in any::<prop::sample::Index>(), byte in any::<u8>(), length in any::<prop::sample::Index>()) {
        let mut bytes = model().encode();
        let at = at.index(bytes.len());
        let changed = bytes[at] != byte;
        bytes[at] = byte;
        prop_assert_eq!(Model::decode(&bytes).is_err(), changed);
        bytes.truncate(length.index(bytes.len()));
        prop_assert!(Model::decode(&bytes).is_err());
    }
}

/// A codec that passes bytes unchanged.
#[derive(Debug, Clone, Copy, Default)]
struct Bytes;

impl Codec for Bytes {
    type Encode = Vec<u8>;
    type Decode = Vec<u8>;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        Self
    }

    fn decoder(&mut self) -> Self {
        Self
    }
}

impl Encoder for Bytes {
    type Item = Vec<u8>;
    type Error = Status;

    fn encode(&mut self, item: Vec<u8>, target: &mut EncodeBuf<'_>) -> Result<(), Status> {
        prost::bytes::BufMut::put_slice(target, &item);
        Ok(())
    }
}

impl Decoder for Bytes {
    type Item = Vec<u8>;
    type Error = Status;

    fn decode(&mut self, source: &mut DecodeBuf<'_>) -> Result<Option<Vec<u8>>, Status> {
        let mut item = vec![0; prost::bytes::Buf::remaining(source)];
        prost::bytes::Buf::copy_to_slice(source, &mut item);
        Ok(Some(item))
    }
}

/// Calls every RPC with a few hundred messages: nested, truncated, of wrong types, with numbers that overflow.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_message_gets_a_response_that_is_not_an_internal_error() {
    let newsroom = Newsroom::open(Database::Sqlite).await;
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let message = proptest::collection::vec(field(), 0..6).prop_map(|fields| fields.concat());
    for (path, roles) in role::TABLE {
        if path.ends_with("/WatchQueue") {
            continue;
        }
        let token = if roles.contains(&duyetd::domain::access::Role::Admin) { "admin" } else { "portal" };
        let header = MetadataValue::try_from(format!("Bearer {}", newsroom.token(token))).unwrap();
        let mut client = Grpc::new(newsroom.channel());
        for _ in 0..60 {
            let sent = message.new_tree(&mut runner).unwrap().current();
            let mut request = Request::new(sent.clone());
            request.metadata_mut().insert("authorization", header.clone());
            client.ready().await.unwrap();
            let answer = client.unary(request, http::uri::PathAndQuery::from_static(path), Bytes).await;
            let code = answer.map_or_else(|status| status.code(), |_| Code::Ok);
            assert!(!matches!(code, Code::Internal | Code::Unknown | Code::Cancelled), "{path}: {code} for {sent:?}");
        }
    }
    newsroom.desk().queue().await;
}

/// Generates one field: a number, eight or four bytes, text, or an invalid field.
fn field() -> impl Strategy<Value = Vec<u8>> {
    let tag = |number: u8, kind: u8| vec![number << 3 | kind];
    prop_oneof![
        (1_u8..16, any::<u64>()).prop_map(move |(number, value)| [tag(number, 0), varint(value)].concat()),
        (1_u8..16, any::<u64>())
            .prop_map(move |(number, value)| [tag(number, 1), value.to_le_bytes().to_vec()].concat()),
        (1_u8..16, hostile()).prop_map(move |(number, text)| delimited(tag(number, 2), text.into_bytes())),
        (1_u8..16, proptest::collection::vec(any::<u8>(), 0..40))
            .prop_map(move |(number, bytes)| delimited(tag(number, 2), bytes)),
        (1_u8..16).prop_map(move |number| delimited(tag(number, 2), Uuid::from_u128(7).to_string().into_bytes())),
        proptest::collection::vec(any::<u8>(), 0..12),
    ]
}

fn delimited(tag: Vec<u8>, bytes: Vec<u8>) -> Vec<u8> {
    [tag, varint(bytes.len() as u64), bytes].concat()
}

fn varint(mut value: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        let low = u8::try_from(value & 0x7f).unwrap();
        value >>= 7;
        if value == 0 {
            bytes.push(low);
            return bytes;
        }
        bytes.push(low | 0x80);
    }
}
