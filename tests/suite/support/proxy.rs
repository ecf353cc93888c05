//! A TCP proxy on loopback that passes data on, delays, stalls, drops or resets connections, as controlled by a test.

#![cfg(test)] // so that helpers may unwrap, as tests may

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use rand::{Rng as _, SeedableRng as _, rngs::StdRng};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::{mpsc, watch},
    task::JoinSet,
    time::{Instant, sleep_until},
};

/// What the proxy does to the data.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Trouble {
    Pass,
    /// Delays every response by this duration.
    Delay(Duration),
    /// Delays this share of the responses, and everything after them.
    Stall {
        share: f64,
        length: Duration,
    },
    /// Drops all data silently.
    BlackHole,
    /// Cuts connections and closes new ones at once.
    Reset,
    /// Makes the server's clock appear to be ahead by this number of microseconds, by changing every time in requests
    /// and responses. A number of 16 digits counts as a time.
    Skew(i64),
}

/// A running proxy, which ends when it is dropped.
pub(crate) struct Proxy {
    pub(crate) addr: SocketAddr,
    trouble: watch::Sender<Trouble>,
    port: watch::Sender<u16>,
    round_trips: Arc<AtomicU64>,
    _listener: JoinSet<()>,
}

impl Proxy {
    /// Starts a proxy to a loopback port. Random behaviour follows a printed seed; `DUYET_TEST_SEED` repeats it.
    pub(crate) async fn start(port: u16) -> Self {
        let seed = std::env::var("DUYET_TEST_SEED").map_or_else(|_| rand::random(), |seed| seed.parse().unwrap());
        println!("proxy: DUYET_TEST_SEED={seed}");
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap();
        let (trouble, current) = watch::channel(Trouble::Pass);
        let (port, leads_to) = watch::channel(port);
        let mut tasks = JoinSet::new();
        let round_trips = Arc::<AtomicU64>::default();
        tasks.spawn(listen(listener, leads_to, current, StdRng::seed_from_u64(seed), Arc::clone(&round_trips)));
        Self { addr, trouble, port, round_trips, _listener: tasks }
    }

    pub(crate) fn url(&self) -> String {
        format!("redis://{}/", self.addr)
    }

    /// Redirects new connections to another port, as when a virtual IP address moves to another server.
    pub(crate) fn turn_to(&self, port: u16) {
        self.port.send_replace(port);
    }

    /// Returns the number of round trips over all connections: how often a client sent data after a response.
    pub(crate) fn round_trips(&self) -> u64 {
        self.round_trips.load(Ordering::SeqCst)
    }

    pub(crate) fn make(&self, trouble: Trouble) {
        self.trouble.send_replace(trouble);
    }
}

async fn listen(
    listener: TcpListener,
    port: watch::Receiver<u16>,
    trouble: watch::Receiver<Trouble>,
    mut chance: StdRng,
    round_trips: Arc<AtomicU64>,
) {
    let mut connections = JoinSet::new();
    loop {
        let (client, _) = listener.accept().await.unwrap();
        let current = *trouble.borrow();
        if current == Trouble::Reset {
            continue;
        }
        let leads_to = *port.borrow();
        let Ok(server) = TcpStream::connect(("127.0.0.1", leads_to)).await else { continue };
        client.set_nodelay(true).unwrap();
        server.set_nodelay(true).unwrap();
        let chance = StdRng::from_rng(&mut chance);
        connections.spawn(serve(client, server, trouble.clone(), chance, Arc::clone(&round_trips)));
        while connections.try_join_next().is_some() {}
    }
}

/// Passes data on until one side closes or the connection is cut.
async fn serve(
    client: TcpStream,
    server: TcpStream,
    mut trouble: watch::Receiver<Trouble>,
    chance: StdRng,
    round_trips: Arc<AtomicU64>,
) {
    let is_answered = AtomicBool::new(true);
    let asked = || {
        let is_next = is_answered.swap(false, Ordering::SeqCst);
        round_trips.fetch_add(u64::from(is_next), Ordering::SeqCst);
    };
    let answered = || is_answered.store(true, Ordering::SeqCst);
    let ((from_client, to_client), (from_server, to_server)) = (client.into_split(), server.into_split());
    let cut = trouble.clone();
    tokio::select! {
        () = carry(from_client, to_server, trouble.clone(), None, asked) => {}
        () = carry(from_server, to_client, cut, Some(chance), answered) => {}
        _ = trouble.wait_for(|current| *current == Trouble::Reset) => {}
    }
}

/// Passes data on in one direction. Only responses are delayed.
async fn carry(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    mut trouble: watch::Receiver<Trouble>,
    mut chance: Option<StdRng>,
    heard: impl Fn(),
) {
    let (sender, mut waiting) = mpsc::unbounded_channel::<(Instant, Vec<u8>)>();
    let current = trouble.clone();
    let read = async {
        let mut buffer = vec![0; 16 * 1024];
        while let Ok(length @ 1..) = from.read(&mut buffer).await {
            heard();
            let late = chance.as_mut().map_or(Duration::ZERO, |chance| lateness(*current.borrow(), chance));
            if let Trouble::Skew(ahead) = *current.borrow() {
                let (mark, ahead) = if chance.is_some() { (b':', ahead) } else { (b'\n', -ahead) };
                move_moments(&mut buffer[..length], mark, ahead);
            }
            sender.send((Instant::now() + late, buffer[..length].to_vec())).unwrap();
        }
    };
    let write = async {
        while let Some((due, bytes)) = waiting.recv().await {
            sleep_until(due).await;
            // Data in a black hole stays lost when the connection is cut.
            let passes =
                trouble.wait_for(|now| *now != Trouble::BlackHole).await.is_ok_and(|now| *now != Trouble::Reset);
            if !passes || to.write_all(&bytes).await.is_err() {
                return;
            }
        }
    };
    tokio::select! { () = read => {} () = write => {} }
}

fn lateness(trouble: Trouble, chance: &mut StdRng) -> Duration {
    match trouble {
        Trouble::Delay(length) => length,
        Trouble::Stall { share, length } if chance.random_bool(share) => length,
        Trouble::Pass | Trouble::Stall { .. } | Trouble::BlackHole | Trouble::Reset | Trouble::Skew(_) => {
            Duration::ZERO
        }
    }
}

/// Adds `ahead` to every number of 16 digits between `mark` and the end of a line.
fn move_moments(bytes: &mut [u8], mark: u8, ahead: i64) {
    for at in 0..bytes.len().saturating_sub(17) {
        let (before, rest) = (bytes[at], &mut bytes[at + 1..at + 18]);
        if before == mark && rest[16] == b'\r' && rest[..16].iter().all(u8::is_ascii_digit) {
            let moment: i64 = std::str::from_utf8(&rest[..16]).unwrap().parse().unwrap();
            rest[..16].copy_from_slice((moment + ahead).to_string().as_bytes());
        }
    }
}
