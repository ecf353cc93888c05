//! Creates the components of a server from their settings. Errors name the settings.

use anyhow::Context as _;

use crate::{captcha::ImagePool, config::Config, limiter::Limiter, service::SiteDefaults};

/// Lists warnings about settings with which a server nevertheless starts.
pub(super) fn risks(config: &Config) -> Vec<&'static str> {
    let is_plain = !config.grpc_addr.ip().is_loopback() && config.tls_cert_file.is_none();
    let risks = [
        (
            config.fixed_answer.is_some(),
            "captcha.fixed_answer is set: EVERY CAPTCHA HAS THE SAME ANSWER. For tests only",
        ),
        (
            config.redis_url.is_none() && config.expected_replicas.get() > 1,
            "expected_replicas is set without REDIS_URL: every replica applies the full quotas",
        ),
        (
            is_plain,
            "gRPC uses plaintext on an address other than loopback: put a proxy that terminates TLS in front of it",
        ),
    ];
    risks.into_iter().filter_map(|(holds, risk)| holds.then_some(risk)).collect()
}

/// Creates the rate limiter. Must be called inside a runtime, because it connects to Redis in the background if a URL
/// is set.
pub(super) fn limiter(config: &Config) -> anyhow::Result<Limiter> {
    let Some(url) = &config.redis_url else { return Ok(Limiter::local(config.limits.clone())) };
    let limiter = Limiter::with_redis(config.limits.clone(), url.expose(), config.expected_replicas);
    limiter.context("REDIS_URL")
}

pub(super) fn captcha(config: &Config) -> anyhow::Result<ImagePool> {
    let pool = ImagePool::start(config.alphabet, &config.profiles, config.fixed_answer.clone());
    pool.map_err(|error| anyhow::anyhow!("captcha.profiles, captcha.alphabet, captcha.fixed_answer: {error}"))
}

pub(super) const fn site_defaults(config: &Config) -> SiteDefaults {
    SiteDefaults {
        text: config.text,
        mode: config.mode,
        thresholds: config.thresholds,
        sample_percent: config.sample_percent,
        expire_pending_days: config.expire_pending_days,
        retention: config.retention,
        proof_tries: config.proof_tries,
    }
}
