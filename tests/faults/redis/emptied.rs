//! Scenario R4: Redis loses all data under load.

use super::super::scenario::scenario;
use super::{BURST, crowd::Crowd, let_through, limiter, time_until_shared};
use crate::support::redis::RedisServer;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_emptied_redis_allows_at_most_one_additional_burst() {
    scenario("R4", "FLUSHALL under load", async |report| {
        let redis = RedisServer::start();
        let (one, other) = (limiter(&redis.url()), limiter(&redis.url()));
        time_until_shared(&one).await;
        time_until_shared(&other).await;
        let crowd = Crowd::gather(&[&one, &other], 8);
        let (before, mut most) = (let_through(&[&one, &other], 20, "a").await, 0);
        for round in 0..20 {
            let name = format!("reader-{round}");
            let mut through = let_through(&[&one], 10, &name).await;
            redis.say::<()>("FLUSHALL");
            through += let_through(&[&other, &one], 20, &name).await;
            most = most.max(through);
        }
        report.count("most_allowed_with_a_burst_of_5", most as usize);
        println!("emptied 20 times: at most {most} let through of a burst of 5");
        crowd.leave().await.assert_within_bound("emptied");
        assert_eq!(before, BURST, "two replicas must share one burst");
        assert!(most <= 2 * BURST);
    })
    .await;
}
