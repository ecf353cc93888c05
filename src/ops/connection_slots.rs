//! Connection slots of a listener, which limit the number of connections in total and per peer. When the peer's slots
//! or all slots are taken, a new connection takes the slot of the oldest unused one, so that idle connections never
//! lock out others. A connection is unused until it has made an authenticated call.

use std::{
    collections::{BTreeMap, HashMap},
    io,
    net::{IpAddr, SocketAddr},
    pin::Pin,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll},
};

use futures_util::task::AtomicWaker;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
};

use crate::domain::address::peer_of;

/// The slots of one listener.
#[derive(Debug)]
pub struct ConnectionSlots {
    all: usize,
    peer: usize,
    taken: Mutex<Taken>,
}

#[derive(Debug, Default)]
struct Taken {
    next: u64,
    /// Taken slots by number, so that iteration begins with the oldest.
    slots: BTreeMap<u64, Arc<ConnectionSlot>>,
    peers: HashMap<IpAddr, usize>,
}

/// The slot of a connection.
#[derive(Debug)]
pub struct ConnectionSlot {
    number: u64,
    peer: IpAddr,
    used: AtomicBool,
    given_away: AtomicBool,
    reader: AtomicWaker,
}

impl ConnectionSlot {
    /// Returns the peer that the connection is counted for.
    pub const fn peer(&self) -> IpAddr {
        self.peer
    }

    /// Marks the slot as used, so that no new connection can take it.
    pub fn keep(&self) {
        self.used.store(true, Ordering::Relaxed);
    }
}

impl ConnectionSlots {
    /// Creates `all` slots, of which one peer can hold at most `peer`.
    pub fn new(all: usize, peer: usize) -> Arc<Self> {
        Arc::new(Self { all, peer: peer.min(all), taken: Mutex::default() })
    }

    /// Takes a slot for a connection. Returns `None` when none is free and none can be taken from an unused connection.
    pub fn admit(self: &Arc<Self>, socket: TcpStream, from: SocketAddr) -> Option<AdmittedConnection> {
        let peer = peer_of(from.ip());
        let mut taken = self.lock();
        let of_peer = taken.peers.get(&peer).copied().unwrap_or_default();
        if of_peer >= self.peer {
            taken.give_away(|slot| slot.peer == peer)?;
        } else if taken.slots.len() >= self.all {
            taken.give_away(|_| true)?;
        }
        let slot = Arc::new(ConnectionSlot {
            number: taken.next,
            peer,
            used: AtomicBool::new(false),
            given_away: AtomicBool::new(false),
            reader: AtomicWaker::new(),
        });
        taken.next += 1;
        taken.slots.insert(slot.number, Arc::clone(&slot));
        *taken.peers.entry(peer).or_default() += 1;
        drop(taken);
        Some(AdmittedConnection { socket, slot, of: Arc::clone(self) })
    }

    fn lock(&self) -> MutexGuard<'_, Taken> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Taken {
    /// Closes the oldest unused connection for which `may_go` returns true, and frees its slot. Returns `None` if there
    /// is none.
    fn give_away(&mut self, may_go: impl Fn(&ConnectionSlot) -> bool) -> Option<()> {
        let idle = |slot: &&Arc<ConnectionSlot>| may_go(slot) && !slot.used.load(Ordering::Relaxed);
        let slot = Arc::clone(self.slots.values().find(idle)?);
        self.leave(&slot);
        slot.given_away.store(true, Ordering::Release);
        slot.reader.wake();
        Some(())
    }

    fn leave(&mut self, slot: &ConnectionSlot) {
        if self.slots.remove(&slot.number).is_none() {
            return;
        }
        if let Some(count) = self.peers.get_mut(&slot.peer) {
            *count -= 1;
            if *count == 0 {
                self.peers.remove(&slot.peer);
            }
        }
    }
}

/// A connection with its slot, which is freed when the connection is dropped.
#[derive(Debug)]
pub struct AdmittedConnection {
    socket: TcpStream,
    slot: Arc<ConnectionSlot>,
    of: Arc<ConnectionSlots>,
}

impl AdmittedConnection {
    pub const fn slot(&self) -> &Arc<ConnectionSlot> {
        &self.slot
    }
}

impl Drop for AdmittedConnection {
    fn drop(&mut self) {
        self.of.lock().leave(&self.slot);
    }
}

impl AsyncRead for AdmittedConnection {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        self.slot.reader.register(cx.waker());
        if self.slot.given_away.load(Ordering::Acquire) {
            return Poll::Ready(Err(io::ErrorKind::ConnectionAborted.into()));
        }
        Pin::new(&mut self.socket).poll_read(cx, buf)
    }
}

impl AsyncWrite for AdmittedConnection {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.socket).poll_write(cx, bytes)
    }

    /// Writes a frame's header and its payload in one system call and one packet.
    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.socket).poll_write_vectored(cx, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.socket.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use tokio::{io::AsyncReadExt as _, net::TcpListener};

    use super::*;

    async fn pair() -> (TcpStream, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        (client, listener.accept().await.unwrap().0)
    }

    fn from(address: &str) -> SocketAddr {
        SocketAddr::new(address.parse().unwrap(), 1)
    }

    #[tokio::test]
    async fn an_idle_connection_gives_way_to_a_new_one_of_its_peer() {
        let slots = ConnectionSlots::new(4, 2);
        let (mut clients, mut admitted) = (Vec::new(), Vec::new());
        for _ in 0..2 {
            let (client, socket) = pair().await;
            admitted.push(slots.admit(socket, from("192.0.2.1")).unwrap());
            clients.push(client);
        }
        admitted[0].slot().keep();
        let (_client, socket) = pair().await;
        let third =
            slots.admit(socket, from("192.0.2.1")).expect("the new connection did not get the second one's slot");
        let error = admitted[1].read_u8().await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::ConnectionAborted);
        third.slot().keep();
        let (_client, socket) = pair().await;
        assert!(slots.admit(socket, from("192.0.2.1")).is_none(), "both slots are in use");
        let (_client, socket) = pair().await;
        assert!(slots.admit(socket, from("192.0.2.2")).is_some(), "another peer has its own slots");
    }

    #[tokio::test]
    async fn the_oldest_idle_connection_gives_way_when_all_slots_are_taken() {
        let slots = ConnectionSlots::new(2, 2);
        let (_one, socket) = pair().await;
        let mut first = slots.admit(socket, from("192.0.2.1")).unwrap();
        let (_two, socket) = pair().await;
        let _second = slots.admit(socket, from("192.0.2.2")).unwrap();
        let (_three, socket) = pair().await;
        let third = slots.admit(socket, from("192.0.2.3")).unwrap();
        assert!(first.read_u8().await.is_err());
        drop((first, third));
        let taken = slots.lock();
        assert_eq!((taken.slots.len(), taken.peers.len()), (1, 1), "no slot is freed twice");
        drop(taken);
    }

    #[tokio::test]
    async fn a_waiting_reader_gets_an_error_when_its_slot_is_taken() {
        let slots = ConnectionSlots::new(1, 1);
        let (_one, socket) = pair().await;
        let mut first = slots.admit(socket, from("192.0.2.1")).unwrap();
        let waiting = tokio::spawn(async move { first.read_u8().await });
        tokio::task::yield_now().await;
        let (_two, socket) = pair().await;
        let _second = slots.admit(socket, from("192.0.2.1")).unwrap();
        assert!(waiting.await.unwrap().is_err());
    }
}
