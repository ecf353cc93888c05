//! Starts the server's components in the order of their dependencies.

use std::sync::Arc;

use tokio::{
    signal::unix::{SignalKind, signal},
    sync::{Mutex, watch},
};
use tokio_util::sync::CancellationToken;

use super::{
    background,
    components::{captcha, limiter, site_defaults},
    data_dir,
    data_dir_lock::{DirLock, lock_data_dir},
    database::{make_first_tokens, migrate_within, open_store, patiently},
    health,
    keys::{admit_keys, open_keys},
    listen, preflight,
    reload::{self, Follower},
    running::Running,
};
use crate::{
    config::Config,
    grpc::{self, transport::in_flight::InFlight},
    keyring::Keyring,
    ops::{
        descriptors::{self, Connections},
        http::Readiness,
    },
    service::{AccessTokens, Authenticator, PageCache, Parts, Services},
    store::Store,
    supervise::supervise,
};

/// Prepares the database: migrates it, checks that the keys fit, and creates the initial tokens on a new one.
async fn prepare(config: &Config, store: &dyn Store, keyring: &Keyring, tokens: &AccessTokens) -> anyhow::Result<()> {
    migrate_within(store, None).await?;
    admit_keys(config, store, keyring).await?;
    make_first_tokens(config, tokens).await
}

/// Starts the server and returns when it accepts calls. Probes are served earlier, so that a start that waits for its
/// database can be distinguished from one that hangs.
///
/// # Errors
/// A setting is wrong, a component cannot be opened or bound, or the database cannot be prepared.
pub async fn start(config: Config) -> anyhow::Result<Running> {
    // The handler is installed first, because the signal would otherwise end a start that waits for its database.
    let hangups = signal(SignalKind::hangup())?;
    for warning in preflight::warnings(&config) {
        tracing::warn!("{warning}");
    }
    let connections = Connections::within(descriptors::raise());
    let tls = listen::open_tls(&config)?;
    let lock = lock_embedded(&config)?;
    let grpc_listener = listen::bind("grpc.addr (DUYET_GRPC_ADDR)", config.grpc_addr).await?;
    let http_listener = listen::bind("http.addr (DUYET_HTTP_ADDR)", config.http_addr).await?;
    let (grpc_addr, http_addr) = (grpc_listener.local_addr()?, http_listener.local_addr()?);
    let store = open_store(&config)?;
    let keyring = Arc::new(open_keys(&config, &*store).await?);
    let authenticator = Arc::new(Authenticator::new(Arc::clone(&store), Arc::clone(&keyring)));
    let tokens = AccessTokens::new(Arc::clone(&store), Arc::clone(&keyring));
    let (readiness, ready) = watch::channel(Readiness::Starting);
    let (stop_grpc, stop_rest) = (CancellationToken::new(), CancellationToken::new());
    // Stops all tasks if the start fails.
    let on_failure = stop_rest.clone().drop_guard();
    listen::serve_http(http_listener, connections, &authenticator, ready, &stop_rest)?;

    // Creating the services reports wrong settings before anything is stored.
    let services = Arc::new(build_services(&config, Arc::clone(&store), Arc::clone(&keyring))?);
    prepare(&config, &*store, &keyring, &tokens).await?;
    // Terms are loaded before the first call, so that no comment passes without being checked against them.
    patiently(None, || services.rules.load_terms()).await?;
    let (reporter, health) = tonic_health::server::health_reporter();
    let in_flight = InFlight::default();
    let routes =
        grpc::routes(&services, authenticator, health, config.reflection, in_flight.clone(), config.heartbeat)?;
    readiness.send_replace(Readiness::Ready);
    health::report(&reporter, Readiness::Ready).await;
    background::spawn(Arc::clone(&services), reporter, &readiness, stop_rest.clone());
    let (follower, reloaded) = (Arc::new(Mutex::new(Follower::new(config.clone(), hangups))), Arc::clone(&services));
    let follow = move || reload::follow(Arc::clone(&follower), Arc::clone(&reloaded));
    let reload = supervise("config_reload", follow);
    tokio::spawn(stop_rest.clone().run_until_cancelled_owned(reload));
    listen::follow(tls.as_ref(), &stop_rest);
    let slots = listen::grpc_slots(&config, connections);
    let grpc = listen::serve_grpc(grpc_listener, tls, slots, routes, &stop_grpc);
    tracing::info!(%grpc_addr, %http_addr, store = config.store_name(), "duyetd is ready");
    on_failure.disarm();
    Ok(Running {
        grpc_addr,
        http_addr,
        store,
        services,
        readiness,
        in_flight,
        notice: config.drain_notice,
        stop_grpc,
        stop_rest,
        grpc,
        _lock: lock,
    })
}

/// Locks the directory of an embedded database before anything in it is created or read. Returns `None` with a database
/// URL.
fn lock_embedded(config: &Config) -> anyhow::Result<Option<DirLock>> {
    if config.database_url.is_some() {
        return Ok(None);
    }
    data_dir::create(&config.data_dir)?;
    lock_data_dir(&config.data_dir).map(Some)
}

fn build_services(config: &Config, store: Arc<dyn Store>, keyring: Arc<Keyring>) -> anyhow::Result<Services> {
    Ok(Services::new(Parts {
        store,
        writers: if config.database_url.is_some() { config.store.writers } else { 1 },
        readers: config.store.readers,
        limiter: limiter(config)?,
        images: captcha(config)?,
        keyring,
        defaults: site_defaults(config),
        pages: PageCache::new(config.page_cache_mib, config.database_url.is_some()),
        heartbeat: config.heartbeat,
    }))
}
