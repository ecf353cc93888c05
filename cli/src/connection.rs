//! The connection to the service: one channel, with the moderator's token, language and a deadline on every call.

use std::time::Duration;

use tonic::{
    Request, Status,
    metadata::{Ascii, MetadataValue},
    service::{Interceptor, interceptor::InterceptedService},
    transport::{Channel, ClientTlsConfig, Endpoint, Identity},
};

use super::{
    exit::{Exit, Failure, unreachable},
    login::Access,
};
use duyet_locale::Locale;
use duyet_proto::v1::{
    ban_service_client::BanServiceClient, moderation_service_client::ModerationServiceClient,
    policy_service_client::PolicyServiceClient, privacy_service_client::PrivacyServiceClient,
    rule_service_client::RuleServiceClient,
};

pub(super) const DEADLINE: Duration = Duration::from_secs(10);
/// Deadline of a stream, longer than the service's own limit for streams.
const STREAM_DEADLINE: Duration = Duration::from_secs(6 * 60);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
/// Interval of HTTP/2 keep-alive pings during a call, to detect a dead connection.
const KEEPALIVE: Duration = Duration::from_secs(4);

/// A channel that adds the moderator's metadata to every call.
pub(super) type Caller = InterceptedService<Channel, Introduction>;

/// A connected service.
#[derive(Clone)]
pub(super) struct Connection {
    /// The address, for messages.
    pub(super) addr: String,
    pub(super) moderation: ModerationServiceClient<Caller>,
    pub(super) policy: PolicyServiceClient<Caller>,
    pub(super) bans: BanServiceClient<Caller>,
    pub(super) privacy: PrivacyServiceClient<Caller>,
    pub(super) rules: RuleServiceClient<Caller>,
}

/// The metadata that identifies the caller on every call.
#[derive(Clone)]
pub(super) struct Introduction {
    authorization: MetadataValue<Ascii>,
    language: MetadataValue<Ascii>,
}

impl Connection {
    /// Connects, or fails within a few seconds.
    pub(super) async fn open(access: &Access, locale: Locale) -> Result<Self, Failure> {
        let introduction = Introduction::new(&access.token, locale)?;
        let endpoint = endpoint(&access.addr, locale)?;
        // The connector's own timeout does not cover everything, for example name resolution.
        let channel = tokio::time::timeout(CONNECT_TIMEOUT, endpoint.connect()).await;
        let channel = channel
            .ok()
            .and_then(Result::ok)
            .ok_or_else(|| Failure::new(Exit::Unavailable, unreachable(locale, &access.addr)))?;
        let caller = InterceptedService::new(channel, introduction);
        Ok(Self {
            addr: access.addr.clone(),
            moderation: ModerationServiceClient::new(caller.clone()),
            policy: PolicyServiceClient::new(caller.clone()),
            bans: BanServiceClient::new(caller.clone()),
            privacy: PrivacyServiceClient::new(caller.clone()),
            rules: RuleServiceClient::new(caller),
        })
    }
}

impl Introduction {
    fn new(token: &str, locale: Locale) -> Result<Self, Failure> {
        let mut authorization = MetadataValue::try_from(format!("Bearer {token}"))
            .map_err(|_| Failure::new(Exit::Denied, locale.text("cli-token-unreadable")))?;
        authorization.set_sensitive(true);
        Ok(Self { authorization, language: MetadataValue::from_static(locale.as_str()) })
    }
}

impl Interceptor for Introduction {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        request.metadata_mut().insert("authorization", self.authorization.clone());
        request.metadata_mut().insert("accept-language", self.language.clone());
        if !request.metadata().contains_key("grpc-timeout") {
            request.set_timeout(DEADLINE);
        }
        Ok(request)
    }
}

pub(super) fn streaming<T>(message: T) -> Request<T> {
    let mut request = Request::new(message);
    request.set_timeout(STREAM_DEADLINE);
    request
}

fn endpoint(addr: &str, locale: Locale) -> Result<Endpoint, Failure> {
    let invalid = |key| Failure::new(Exit::Usage, locale.text_with(key, &[("addr", addr.into())]));
    let endpoint = Endpoint::from_shared(addr.to_owned()).map_err(|_| invalid("cli-bad-address"))?;
    match endpoint.uri().scheme_str() {
        Some("http") => Ok(kept_alive(endpoint)),
        Some("https") => {
            let failed =
                |error: String| Failure::new(Exit::Usage, locale.text_with("cli-no-tls", &[("error", error.into())]));
            let tls = tls_config().map_err(&failed)?;
            Ok(kept_alive(endpoint).tls_config(tls).map_err(|error| failed(error.to_string()))?)
        }
        _ => Err(invalid("cli-bad-address")),
    }
}

fn kept_alive(endpoint: Endpoint) -> Endpoint {
    endpoint.connect_timeout(CONNECT_TIMEOUT).http2_keep_alive_interval(KEEPALIVE).keep_alive_timeout(KEEPALIVE)
}

/// Trusts the system's certificate authorities (`SSL_CERT_FILE`), and presents a client certificate if one is
/// configured.
fn tls_config() -> Result<ClientTlsConfig, String> {
    let tls = ClientTlsConfig::new().with_native_roots();
    let file = |name: &str| std::env::var_os(name).filter(|path| !path.is_empty());
    let (Some(cert), Some(key)) = (file("DUYET_CERT_FILE"), file("DUYET_CERT_KEY_FILE")) else { return Ok(tls) };
    let read = |path: std::ffi::OsString| {
        std::fs::read(&path).map_err(|error| format!("{}: {error}", std::path::Path::new(&path).display()))
    };
    Ok(tls.identity(Identity::from_pem(read(cert)?, read(key)?)))
}
