//! The guarded listener. tonic closes neither silent sockets nor too many of them, and spins when the process runs out of
//! descriptors; here a place is taken before accepting, and a socket that says nothing for a while is closed.

use std::{
    io,
    net::SocketAddr,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore, mpsc},
};
use tokio_io_timeout::TimeoutReader;
use tokio_stream::wrappers::ReceiverStream;
use tokio_util::sync::CancellationToken;
use tonic::transport::server::Connected;

/// Connections at once: a portal's backend keeps a few, so this is a bound on abuse. Under half of a usual 65,536 limit.
const MOST_CONNECTIONS: usize = 4_096;

/// A connection that sends nothing for so long is closed. Longer than [`KEEPALIVE`], whose answers keep a healthy one alive.
const SILENCE: Duration = Duration::from_secs(30);

/// How often an idle connection is asked for a sign of life.
pub const KEEPALIVE: Duration = Duration::from_secs(10);

/// Pause after a failed accept, so that a process without descriptors does not spin.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Accepts until `stop`; the stream ends then.
pub fn accept(listener: TcpListener, stop: CancellationToken) -> ReceiverStream<io::Result<Guarded>> {
    let (sender, receiver) = mpsc::channel(1);
    let places = Arc::new(Semaphore::new(MOST_CONNECTIONS));
    tokio::spawn(async move {
        stop.run_until_cancelled(async {
            loop {
                let Ok(place) = Arc::clone(&places).acquire_owned().await else { return };
                match listener.accept().await {
                    Ok((socket, peer)) => {
                        if sender.send(Ok(Guarded::new(socket, peer, place))).await.is_err() {
                            return;
                        }
                    }
                    Err(error) => {
                        tracing::warn!(cause = %error, "accept failed");
                        tokio::time::sleep(ACCEPT_PAUSE).await;
                    }
                }
            }
        })
        .await;
    });
    ReceiverStream::new(receiver)
}

/// A connection that gives its place back when it ends.
pub struct Guarded {
    socket: Pin<Box<TimeoutReader<TcpStream>>>,
    peer: SocketAddr,
    _place: OwnedSemaphorePermit,
}

impl Guarded {
    fn new(socket: TcpStream, peer: SocketAddr, place: OwnedSemaphorePermit) -> Self {
        if let Err(error) = socket.set_nodelay(true) {
            tracing::debug!(cause = %error, "no TCP_NODELAY");
        }
        let mut socket = TimeoutReader::new(socket);
        socket.set_timeout(Some(SILENCE));
        Self { socket: Box::pin(socket), peer, _place: place }
    }

    fn stream(&mut self) -> Pin<&mut TcpStream> {
        Pin::new(self.socket.as_mut().get_pin_mut().get_mut())
    }
}

impl Connected for Guarded {
    type ConnectInfo = SocketAddr;

    fn connect_info(&self) -> SocketAddr {
        self.peer
    }
}

impl AsyncRead for Guarded {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        self.socket.as_mut().poll_read(cx, buf)
    }
}

impl AsyncWrite for Guarded {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.stream().poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.stream().poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.stream().poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncReadExt as _;
    use tokio_stream::StreamExt as _;

    use super::*;

    #[tokio::test]
    async fn a_socket_that_says_nothing_is_closed_but_not_before_it_was_asked() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap();
        let mut incoming = accept(listener, CancellationToken::new());
        let _silent = TcpStream::connect(addr).await.unwrap();
        let mut guarded = incoming.next().await.unwrap().unwrap();
        assert_eq!(guarded.socket.timeout(), Some(SILENCE));
        assert!(KEEPALIVE < SILENCE);
        guarded.socket.as_mut().set_timeout_pinned(Some(Duration::from_millis(1)));
        assert_eq!(guarded.read_u8().await.unwrap_err().kind(), io::ErrorKind::TimedOut);
    }

    #[tokio::test]
    async fn a_connection_that_ends_gives_its_place_back() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let _client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let (socket, peer) = listener.accept().await.unwrap();
        let places = Arc::new(Semaphore::new(1));
        let guarded = Guarded::new(socket, peer, Arc::clone(&places).acquire_owned().await.unwrap());
        assert_eq!(places.available_permits(), 0);
        drop(guarded);
        assert_eq!(places.available_permits(), 1);
    }
}
