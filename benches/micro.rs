//! Cost of each part of a submit, alone on one thread: `cargo bench --bench micro`.

use std::hint::black_box;

use chrono::DateTime;
use divan::Bencher;
use duyetd::{
    captcha::{ImageSpec, Renderer},
    domain::{
        captcha_answer::Alphabet,
        challenge::{ChallengeKind, SealedChallenge},
        challenge_level::Level,
        comment::{FormText, TextLimits},
        form::RawForm,
        id::SiteId,
        image_profile::Profile,
        rate_limit::{Charge, ChargeWeight, LimitName, Quotas},
        spam::{self, FormSignals, Knowledge, Reading, assess},
    },
    keyring::{Keyring, PseudonymSubject, Purpose},
    limiter::Limiter,
};
use rand::{SeedableRng as _, rngs::StdRng};

/// A comment of typical length, 300 bytes.
const CONTENT: &str = "Mừng quá, từ nay bà con đi chợ không phải chờ phà nữa. Mong tỉnh sớm làm thêm đường dẫn hai bên cầu cho xe lớn đi được, \
    chứ bây giờ mùa mưa là ngập hết, học sinh phải nghỉ học. Cảm ơn tác giả đã viết bài này, rất kịp thời và đúng với mong mỏi của người dân quê tôi.";

fn main() {
    divan::main();
}

fn form() -> FormText {
    FormText { author_name: "Nguyễn Thị Lan".into(), title: "Mừng quá".into(), content: CONTENT.into() }
}

fn raw() -> RawForm {
    let FormText { author_name, title, content } = form();
    RawForm {
        article_id: "bai-1".into(),
        request_id: "01a208ae-1f26-77bb-9a94-465c555dd43d".into(),
        author_name,
        title,
        content,
        ..RawForm::default()
    }
}

#[divan::bench]
fn text_normalisation(bencher: Bencher<'_, '_>) {
    let limits = TextLimits::default();
    bencher.with_inputs(raw).bench_local_values(|raw| raw.check(&limits).is_ok());
}

#[divan::bench]
fn text_folded() -> String {
    {
        let form = black_box(form());
        form.folded(&form.said())
    }
}

#[divan::bench]
fn spam_reading(bencher: Bencher<'_, '_>) {
    let form = form();
    bencher.bench_local(|| drop(black_box(Reading::of(black_box(&form)))));
}

#[divan::bench]
fn spam_skeleton(bencher: Bencher<'_, '_>) {
    let form = form();
    let reading = Reading::of(&form);
    bencher.bench_local(|| spam::skeleton(black_box(&reading)));
}

#[divan::bench]
fn spam_score(bencher: Bencher<'_, '_>) {
    let (form, signals, knowledge) = (form(), FormSignals::default(), Knowledge::default());
    bencher.bench_local(|| assess(black_box(&form), &signals, &knowledge));
}

fn keyring() -> Keyring {
    Keyring::parse(&Keyring::generate()).unwrap_or_else(|error| panic!("{error}"))
}

fn site() -> SiteId {
    SiteId::parse("default").unwrap_or_else(|| unreachable!("a site"))
}

fn sealed() -> SealedChallenge {
    SealedChallenge {
        kind: ChallengeKind::Image,
        passed: false,
        level: Level::Normal,
        nonce: [7; 16],
        issued_at: DateTime::UNIX_EPOCH,
        expires_at: DateTime::UNIX_EPOCH,
        device: Some([8; 16]),
        answer: "KM7RT".into(),
    }
}

#[divan::bench]
fn token_seal(bencher: Bencher<'_, '_>) {
    let (keyring, sealed) = (keyring(), sealed());
    bencher.bench_local(|| keyring.seal(Purpose::Challenge, &["default", "bai-1"], &sealed));
}

#[divan::bench]
fn token_open(bencher: Bencher<'_, '_>) {
    let keyring = keyring();
    let token = keyring.seal(Purpose::Challenge, &["default", "bai-1"], &sealed()).unwrap_or_default();
    bencher.bench_local(|| keyring.open::<SealedChallenge>(Purpose::Challenge, &["default", "bai-1"], &token).is_ok());
}

#[divan::bench]
fn pseudonym(bencher: Bencher<'_, '_>) {
    let (keyring, site) = (keyring(), site());
    bencher.bench_local(|| keyring.pseudonym(&site, PseudonymSubject::Device, &[1; 16]));
}

#[divan::bench]
fn gcra_in_process(bencher: Bencher<'_, '_>) {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap_or_else(|error| panic!("{error}"));
    let _inside = runtime.enter();
    let quotas = Quotas::all(
        "100000/1s burst 1000000".parse().unwrap_or_else(|error: duyetd::domain::quota::LimitError| panic!("{error}")),
    );
    let limiter = Limiter::local(quotas);
    let names = [LimitName::SubmitsPerDevice, LimitName::SubmitsPerArticle, LimitName::SubmitsPerSite];
    let charges =
        names.map(|limit| Charge { limit, subject: "default/0123456789abcdef".into(), weight: ChargeWeight::One });
    bencher.bench_local(|| runtime.block_on(limiter.check(black_box(&charges))));
}

#[divan::bench]
fn image(bencher: Bencher<'_, '_>) {
    let artist = Renderer::new().unwrap_or_else(|error| panic!("{error}"));
    let mut rng = StdRng::seed_from_u64(1);
    let motif = ImageSpec { alphabet: Alphabet::Mixed, profile: Profile::ALL[0], level: Level::Normal };
    bencher.bench_local(|| artist.draw(motif, &mut rng));
}
