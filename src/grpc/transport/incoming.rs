//! The guarded listener. tonic closes neither silent sockets nor too many of them, and spins when the process runs out of
//! descriptors; here a place is taken before accepting, and a socket that says nothing for a while is closed, or does not finish its
//! TLS handshake.

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

use super::tls::Tls;

/// Connections at once: a portal's backend keeps a few, so this is a bound on abuse. Under half of a usual 65,536 limit.
const MOST_CONNECTIONS: usize = 4_096;

/// A connection that sends nothing for so long is closed. Longer than [`KEEPALIVE`], whose answers keep a healthy one alive.
const SILENCE: Duration = Duration::from_secs(30);

/// How often an idle connection is asked for a sign of life.
pub const KEEPALIVE: Duration = Duration::from_secs(10);

/// Pause after a failed accept, so that a process without descriptors does not spin.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// A handshake takes two round trips; who needs longer holds a place for nothing.
const HANDSHAKE: Duration = Duration::from_secs(5);

/// Accepts until `stop`; the stream ends then.
pub fn accept(
    listener: TcpListener,
    tls: Option<Arc<Tls>>,
    stop: CancellationToken,
) -> ReceiverStream<io::Result<Guarded>> {
    let (sender, receiver) = mpsc::channel(1);
    let places = Arc::new(Semaphore::new(MOST_CONNECTIONS));
    tokio::spawn(async move {
        stop.run_until_cancelled(async {
            loop {
                let Ok(place) = Arc::clone(&places).acquire_owned().await else { return };
                match listener.accept().await {
                    Ok((socket, peer)) => {
                        let Some(tls) = &tls else {
                            if sender.send(Ok(Guarded::plain(socket, peer, place))).await.is_err() {
                                return;
                            }
                            continue;
                        };
                        // Beside the others: one that is slow holds up nobody.
                        let (tls, sender) = (Arc::clone(tls), sender.clone());
                        tokio::spawn(async move {
                            if let Some(guarded) = Guarded::over_tls(&tls, socket, peer, place).await {
                                sender.send(Ok(guarded)).await.ok();
                            }
                        });
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

/// Bytes both ways, plain or over TLS.
trait Duplex: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Duplex for T {}

/// A connection that gives its place back when it ends.
pub struct Guarded {
    socket: Pin<Box<TimeoutReader<Box<dyn Duplex>>>>,
    peer: SocketAddr,
    _place: OwnedSemaphorePermit,
}

impl Guarded {
    fn plain(socket: TcpStream, peer: SocketAddr, place: OwnedSemaphorePermit) -> Self {
        send_at_once(&socket);
        Self::new(Box::new(socket), peer, place)
    }

    /// `None` when the handshake fails or takes too long.
    async fn over_tls(tls: &Tls, socket: TcpStream, peer: SocketAddr, place: OwnedSemaphorePermit) -> Option<Self> {
        send_at_once(&socket);
        match tokio::time::timeout(HANDSHAKE, tls.acceptor().accept(socket)).await {
            Ok(Ok(socket)) => Some(Self::new(Box::new(socket), peer, place)),
            Ok(Err(error)) => {
                tracing::debug!(cause = %error, "a TLS handshake failed");
                None
            }
            Err(_) => None,
        }
    }

    fn new(socket: Box<dyn Duplex>, peer: SocketAddr, place: OwnedSemaphorePermit) -> Self {
        let mut socket = TimeoutReader::new(socket);
        socket.set_timeout(Some(SILENCE));
        Self { socket: Box::pin(socket), peer, _place: place }
    }

    fn stream(&mut self) -> Pin<&mut dyn Duplex> {
        Pin::new(&mut **self.socket.as_mut().get_pin_mut().get_mut())
    }
}

fn send_at_once(socket: &TcpStream) {
    if let Err(error) = socket.set_nodelay(true) {
        tracing::debug!(cause = %error, "no TCP_NODELAY");
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
        let mut incoming = accept(listener, None, CancellationToken::new());
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
        let guarded = Guarded::plain(socket, peer, Arc::clone(&places).acquire_owned().await.unwrap());
        assert_eq!(places.available_permits(), 0);
        drop(guarded);
        assert_eq!(places.available_permits(), 1);
    }
}
