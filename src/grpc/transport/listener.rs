//! The guarded gRPC listener. tonic limits neither the number of connections nor idle ones, and busy-loops when the
//! process runs out of file descriptors. Here, every connection needs a slot, and a socket is closed when it sends
//! nothing for a while or does not finish its TLS handshake.

use std::{
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpListener, TcpStream},
    sync::mpsc,
};
use tokio_io_timeout::TimeoutReader;
use tokio_stream::wrappers::ReceiverStream;
use tokio_util::sync::CancellationToken;
use tonic::transport::server::Connected;

use super::tls::Tls;
use crate::{
    ops::connection_slots::{AdmittedConnection, ConnectionSlot, ConnectionSlots},
    supervise::supervise,
};

/// Idle time after which a connection is closed. It is longer than [`KEEPALIVE`], whose replies keep a healthy
/// connection open.
const SILENCE: Duration = Duration::from_secs(30);

/// Interval of keepalive pings on idle connections.
pub const KEEPALIVE: Duration = Duration::from_secs(10);

/// Pause after a failed accept, so that a process without free file descriptors does not busy-loop.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Longest TLS handshake. A handshake takes two round trips; a slower client would occupy a slot for nothing.
const HANDSHAKE: Duration = Duration::from_secs(5);

/// Accepts connections until `stop` is cancelled, which ends the stream.
pub fn accept(
    listener: TcpListener,
    tls: Option<Arc<Tls>>,
    slots: Arc<ConnectionSlots>,
    stop: CancellationToken,
) -> ReceiverStream<io::Result<Guarded>> {
    let (sender, receiver) = mpsc::channel(1);
    tokio::spawn(async move {
        let accepting = supervise("grpc_accept", || accept_all(&listener, tls.as_ref(), &slots, &sender));
        stop.run_until_cancelled(accepting).await;
    });
    ReceiverStream::new(receiver)
}

/// Accepts connections until the receiver is dropped.
async fn accept_all(
    listener: &TcpListener,
    tls: Option<&Arc<Tls>>,
    slots: &Arc<ConnectionSlots>,
    sender: &mpsc::Sender<io::Result<Guarded>>,
) {
    loop {
        let (socket, peer) = match listener.accept().await {
            Ok(accepted) => accepted,
            Err(error) => {
                tracing::warn!(cause = %error, "accepting a connection failed");
                tokio::time::sleep(ACCEPT_PAUSE).await;
                continue;
            }
        };
        send_at_once(&socket);
        // Without a free slot, `admit` closes the socket.
        let Some(admitted) = slots.admit(socket, peer) else { continue };
        let Some(tls) = tls else {
            if sender.send(Ok(Guarded::plain(admitted))).await.is_err() {
                return;
            }
            continue;
        };
        // Each handshake runs in a separate task, so that a slow one does not delay other connections.
        let (tls, sender) = (Arc::clone(tls), sender.clone());
        tokio::spawn(async move {
            if let Some(guarded) = Guarded::over_tls(&tls, admitted).await {
                sender.send(Ok(guarded)).await.ok();
            }
        });
    }
}

/// A byte stream in both directions, plain or over TLS.
trait Duplex: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Duplex for T {}

/// A connection that holds a slot.
pub struct Guarded {
    socket: Pin<Box<TimeoutReader<Box<dyn Duplex>>>>,
    slot: Arc<ConnectionSlot>,
}

impl Guarded {
    fn plain(admitted: AdmittedConnection) -> Self {
        let slot = Arc::clone(admitted.slot());
        Self::new(Box::new(admitted), slot)
    }

    /// Performs the TLS handshake. Returns `None` when it fails or times out.
    async fn over_tls(tls: &Tls, admitted: AdmittedConnection) -> Option<Self> {
        let slot = Arc::clone(admitted.slot());
        match tokio::time::timeout(HANDSHAKE, tls.acceptor().accept(admitted)).await {
            Ok(Ok(socket)) => Some(Self::new(Box::new(socket), slot)),
            Ok(Err(error)) => {
                tracing::debug!(cause = %error, "a TLS handshake failed");
                None
            }
            Err(_) => None,
        }
    }

    fn new(socket: Box<dyn Duplex>, slot: Arc<ConnectionSlot>) -> Self {
        let mut socket = TimeoutReader::new(socket);
        socket.set_timeout(Some(SILENCE));
        Self { socket: Box::pin(socket), slot }
    }

    fn stream(&mut self) -> Pin<&mut dyn Duplex> {
        Pin::new(&mut **self.socket.as_mut().get_pin_mut().get_mut())
    }
}

fn send_at_once(socket: &TcpStream) {
    if let Err(error) = socket.set_nodelay(true) {
        tracing::debug!(cause = %error, "TCP_NODELAY could not be set");
    }
}

impl Connected for Guarded {
    type ConnectInfo = Arc<ConnectionSlot>;

    fn connect_info(&self) -> Arc<ConnectionSlot> {
        Arc::clone(&self.slot)
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

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.stream().poll_write_vectored(cx, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.socket.is_write_vectored()
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
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio_stream::StreamExt as _;

    use super::*;

    #[tokio::test]
    async fn several_slices_are_sent_in_one_write() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap();
        let mut incoming = accept(listener, None, ConnectionSlots::new(1, 1), CancellationToken::new());
        let _client = TcpStream::connect(addr).await.unwrap();
        let mut guarded = incoming.next().await.unwrap().unwrap();
        assert!(guarded.is_write_vectored(), "without it, HTTP/2 writes each frame's header and payload separately");
        let slices = [io::IoSlice::new(b"header"), io::IoSlice::new(b"payload")];
        assert_eq!(guarded.write_vectored(&slices).await.unwrap(), 13);
    }

    #[tokio::test]
    async fn a_silent_socket_is_closed_but_not_before_a_keepalive_ping() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap();
        let mut incoming = accept(listener, None, ConnectionSlots::new(1, 1), CancellationToken::new());
        let _silent = TcpStream::connect(addr).await.unwrap();
        let mut guarded = incoming.next().await.unwrap().unwrap();
        assert_eq!(guarded.socket.timeout(), Some(SILENCE));
        assert!(KEEPALIVE < SILENCE);
        guarded.socket.as_mut().set_timeout_pinned(Some(Duration::from_millis(1)));
        assert_eq!(guarded.read_u8().await.unwrap_err().kind(), io::ErrorKind::TimedOut);
    }
}
