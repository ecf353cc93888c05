//! One connection to one Redis server.

use std::time::Duration;

use redis::{AsyncConnectionConfig, Client, ConnectionInfo, RedisResult, aio::MultiplexedConnection};

use super::answer_timeout::{patiently, timed_out};

/// Longest time to connect and log in.
const CONNECTION_PATIENCE: Duration = Duration::from_millis(100);

/// Connects without retries. The library's own timeouts are off, because they would include delays of this process.
pub(super) async fn open(server: &ConnectionInfo) -> RedisResult<MultiplexedConnection> {
    let config = AsyncConnectionConfig::new().set_connection_timeout(None).set_response_timeout(None);
    let client = Client::open(server.clone())?;
    let connection = client.get_multiplexed_async_connection_with_config(&config);
    patiently(CONNECTION_PATIENCE, connection).await.unwrap_or_else(|| Err(timed_out()))
}
