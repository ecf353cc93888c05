//! What a server is made of, each part by its settings. A part that cannot be made names them.

use anyhow::Context as _;

use crate::{captcha::ImagePool, config::Config, limiter::Limiter, service::SiteDefaults};

/// What an operator should know of a configuration that a server starts with all the same.
pub(super) fn risks(config: &Config) -> Vec<&'static str> {
    let is_plain = !config.grpc_addr.ip().is_loopback() && config.tls_cert_file.is_none();
    let risks = [
        (
            config.fixed_answer.is_some(),
            "captcha.fixed_answer is set: EVERY CAPTCHA HAS THE SAME ANSWER. For tests only",
        ),
        (
            config.redis_url.is_none() && config.expected_replicas.get() > 1,
            "expected_replicas is set without REDIS_URL: every replica has the whole quotas",
        ),
        (is_plain, "gRPC is plaintext and listens beyond loopback: put a proxy that ends TLS in front of it"),
    ];
    risks.into_iter().filter_map(|(holds, risk)| holds.then_some(risk)).collect()
}

/// Must be called inside a runtime. Connects to Redis in the background, if at all.
pub(super) fn limiter(config: &Config) -> anyhow::Result<Limiter> {
    let Some(url) = &config.redis_url else { return Ok(Limiter::local(config.limits.clone())) };
    let limiter = Limiter::with_redis(config.limits.clone(), url.expose(), config.expected_replicas);
    limiter.context("REDIS_URL")
}

pub(super) fn captcha(config: &Config) -> anyhow::Result<ImagePool> {
    let pool = ImagePool::start(config.alphabet, &config.profiles, config.fixed_answer.clone());
    pool.map_err(|error| anyhow::anyhow!("captcha.profiles, captcha.alphabet, captcha.fixed_answer: {error}"))
}

/// What of the configuration every call asks for.
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
