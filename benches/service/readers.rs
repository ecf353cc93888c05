//! The load of portals and moderators: clients, and readers' forms that are created before the measurement.

use std::{
    ops::Range,
    sync::{Arc, Mutex, PoisonError},
};

use anyhow::Context as _;
use chrono::{DateTime, Duration, Utc};
use duyet_proto::v1::{
    self, captcha_service_client::CaptchaServiceClient, comment_service_client::CommentServiceClient,
    moderation_service_client::ModerationServiceClient,
};
use duyetd::{
    domain::{
        challenge::{ChallengeKind, IMAGE_SECONDS, SealedChallenge},
        challenge_level::Level,
        id::SiteId,
    },
    keyring::{Keyring, Purpose},
};
use rand::{Rng, SeedableRng as _, rngs::StdRng};
use tonic::{
    Request, Status,
    metadata::{Ascii, MetadataValue},
    service::{Interceptor, interceptor::InterceptedService},
    transport::{Channel, Endpoint},
};

use crate::{
    load::CONNECTIONS,
    servers::{ANSWER, Server},
};

/// Number of articles that are commented on concurrently.
pub(crate) const ARTICLES: usize = 100;
/// Number of forms in a row from one device. If all came from one device, its history would become unrealistically
/// long, and reading it would slow down every submit.
const PER_DEVICE: usize = 5;
/// Approximate size of a comment in bytes, also in the reference tables.
const CONTENT_BYTES: usize = 300;
pub(crate) const SITE: &str = "default";

const WORDS: [&str; 32] = [
    "cầu",
    "đường",
    "bà",
    "con",
    "mừng",
    "lắm",
    "giá",
    "xăng",
    "tăng",
    "học",
    "sinh",
    "nghỉ",
    "các",
    "buổi",
    "lớn",
    "đi",
    "nhà",
    "thưởng",
    "nhận",
    "vay",
    "nhanh",
    "sông",
    "chợ",
    "phà",
    "tỉnh",
    "xã",
    "hay",
    "quá",
    "tác",
    "giả",
    "viết",
    "mưa",
];
const NAMES: [&str; 8] =
    ["Nguyễn Thị Lan", "Trần Văn Bình", "Lê Hoa", "Phạm Minh", "Hoàng Anh", "Đỗ Quyên", "Vũ Nam", "Bùi Hà"];

#[derive(Clone)]
pub(crate) struct Bearer(Option<MetadataValue<Ascii>>);

impl Interceptor for Bearer {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        if let Some(token) = &self.0 {
            request.metadata_mut().insert("authorization", token.clone());
        }
        Ok(request)
    }
}

type Link = InterceptedService<Channel, Bearer>;

/// Connections to a server with one access token, shared by the callers.
#[derive(Clone)]
pub(crate) struct Links(Vec<Channel>, Bearer);

impl Links {
    /// Connects to a server. `role` names a token file in the server's directory; a bare server needs none.
    pub(crate) async fn to(server: &Server, role: Option<&str>) -> anyhow::Result<Self> {
        let bearer = match role {
            Some(role) => Some(format!("Bearer {}", server.token(role)?).parse()?),
            None => None,
        };
        let endpoint = Endpoint::from_shared(format!("http://{}", server.address))?.tcp_nodelay(true);
        let mut channels = Vec::new();
        for _ in 0..CONNECTIONS {
            channels.push(endpoint.connect().await?);
        }
        Ok(Self(channels, Bearer(bearer)))
    }

    fn link(&self, caller: usize) -> Link {
        InterceptedService::new(self.0[caller % self.0.len()].clone(), self.1.clone())
    }

    pub(crate) fn comments(&self, caller: usize) -> CommentServiceClient<Link> {
        CommentServiceClient::new(self.link(caller))
    }

    pub(crate) fn captcha(&self, caller: usize) -> CaptchaServiceClient<Link> {
        CaptchaServiceClient::new(self.link(caller))
    }

    pub(crate) fn desk(&self, caller: usize) -> ModerationServiceClient<Link> {
        ModerationServiceClient::new(self.link(caller))
    }
}

/// Forms to be sent, each once.
#[derive(Clone, Default)]
pub(crate) struct Forms(Arc<Mutex<Vec<v1::SubmitCommentRequest>>>);

impl Forms {
    /// Creates forms with challenges that were issued a minute ago and have correct answers.
    pub(crate) fn make(count: usize, keyring: &Keyring, now: DateTime<Utc>, seed: u64) -> anyhow::Result<Self> {
        let mut rng = StdRng::seed_from_u64(seed);
        let first = rng.random_range(..u32::MAX / 2);
        let devices = first..first + u32::try_from(count.div_ceil(PER_DEVICE))?.max(1);
        let forms: Result<_, _> = (0..count).map(|_| form(&mut rng, &devices, keyring, now)).collect();
        Ok(Self(Arc::new(Mutex::new(forms?))))
    }

    pub(crate) fn next(&self) -> Option<v1::SubmitCommentRequest> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).pop()
    }
}

pub(crate) fn words(rng: &mut impl Rng, bytes: usize) -> String {
    let mut text = String::with_capacity(bytes + 16);
    while text.len() < bytes {
        text.push_str(WORDS[rng.random_range(0..WORDS.len())]);
        text.push(' ');
    }
    text
}

pub(crate) fn article(number: usize) -> String {
    format!("bai-{number}")
}

#[expect(clippy::disallowed_methods, reason = "the edge")]
pub(crate) fn now() -> DateTime<Utc> {
    Utc::now()
}

/// Requests an image for a reader whose address few other readers share.
pub(crate) fn challenge_request(article_number: usize) -> v1::IssueChallengeRequest {
    let [second, third] = rand::random::<[u8; 2]>();
    v1::IssueChallengeRequest {
        article_id: article(article_number),
        accepted_kinds: vec![v1::ChallengeKind::Image.into()],
        client: Some(v1::ReaderContext { ip: format!("10.{second}.{third}.7"), ..Default::default() }),
        ..Default::default()
    }
}

fn form(
    rng: &mut StdRng,
    devices: &Range<u32>,
    keyring: &Keyring,
    now: DateTime<Utc>,
) -> anyhow::Result<v1::SubmitCommentRequest> {
    let (device, article_id) = (rng.random_range(devices.clone()), article(rng.random_range(0..ARTICLES)));
    let site = SiteId::parse(SITE).context("a site")?;
    let mut device_id = [7; 16];
    device_id[..4].copy_from_slice(&device.to_be_bytes());
    let [.., network, host] = device.to_be_bytes();
    let sealed = SealedChallenge {
        kind: ChallengeKind::Image,
        passed: false,
        level: Level::Normal,
        nonce: rng.random(),
        issued_at: now - Duration::seconds(60),
        expires_at: now + Duration::seconds(IMAGE_SECONDS),
        device: Some(device_id),
        answer: ANSWER.to_owned(),
    };
    let opened = (now - Duration::seconds(60)).timestamp();
    Ok(v1::SubmitCommentRequest {
        challenge_token: keyring.seal(Purpose::Challenge, &[SITE, &article_id], &sealed)?,
        article_id,
        article_title: "Khánh thành cầu Bến Thủy".to_owned(),
        article_url: "https://bao.example/bai".to_owned(),
        author_name: NAMES[rng.random_range(0..NAMES.len())].to_owned(),
        content: words(rng, CONTENT_BYTES),
        challenge_answer: ANSWER.to_owned(),
        client: Some(v1::ReaderContext {
            ip: format!("10.{network}.{host}.{}", rng.random_range(1..250)),
            device_token: keyring.device_token(&site, device_id),
        }),
        request_id: uuid::Builder::from_random_bytes(rng.random()).into_uuid().to_string(),
        form_opened_at: Some(prost_types::Timestamp { seconds: opened, nanos: 0 }),
        ..Default::default()
    })
}
