//! Scenario R7: Redis is slow, stalls, resets connections or is black-holed, as simulated by a proxy.

use std::time::Duration;

use super::super::scenario::scenario;
use super::{crowd::Crowd, limiter, ms, time_until_degraded, time_until_shared};
use crate::support::{
    proxy::{Proxy, Trouble},
    redis::RedisServer,
};

const fn millis(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

/// Each trouble, and whether the limiter keeps using Redis during it (`None` if either is right).
const TROUBLES: [(&str, Trouble, Option<bool>); 6] = [
    ("+5 ms", Trouble::Delay(millis(5)), Some(true)),
    ("+40 ms", Trouble::Delay(millis(40)), None),
    ("+200 ms", Trouble::Delay(millis(200)), Some(false)),
    ("10 % of answers stall for 300 ms", Trouble::Stall { share: 0.1, length: millis(300) }, None),
    ("swallowed", Trouble::BlackHole, Some(false)),
    ("reset", Trouble::Reset, Some(false)),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_redis_never_delays_a_call_beyond_60_ms() {
    scenario("R7", "Redis behind a network that delays, stalls, drops and resets", async |_report| {
        let redis = RedisServer::start();
        let proxy = Proxy::start(redis.port()).await;
        let limiter = limiter(&proxy.url());
        for (name, trouble, stays) in TROUBLES {
            time_until_shared(&limiter).await;
            let crowd = Crowd::gather(&[&limiter], 8);
            proxy.make(trouble);
            if stays == Some(false) {
                println!("{name}: out of use after {}", ms(time_until_degraded(&limiter).await));
            }
            tokio::time::sleep(millis(900)).await;
            let in_use = !limiter.is_degraded();
            proxy.make(Trouble::Pass);
            let healed = time_until_shared(&limiter).await;
            println!("{name}: in use at the end: {in_use}; shared again {} after it passed", ms(healed));
            crowd.leave().await.assert_within_bound(name);
            assert!(stays.is_none_or(|stays| stays == in_use), "{name}");
            assert!(healed < Duration::from_secs(2), "{name}");
        }
    })
    .await;
}
