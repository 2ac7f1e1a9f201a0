//! Connections: how many there may be, how long each may take to ask, and how long to take its answer.
//!
//! A client that sends its request a byte at a time, or none at all, is cut off, and holds no more than one
//! buffer of [`Limits::head_bytes`] until then; so is one that does not read what it is sent. No address has more than
//! its part of the connections.

use crate::auth::client::Proxies;
use axum::{Router, extract::ConnectInfo};
use hyper::{
    Request,
    body::Incoming,
    server::conn::http1,
    service::{Service, service_fn},
};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use std::{
    collections::HashMap,
    io,
    net::{IpAddr, SocketAddr},
    pin::pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::Semaphore,
    task::JoinSet,
};
use tokio_io_timeout::TimeoutStream;
use tokio_util::sync::CancellationToken;
use tower_http::timeout::TimeoutBody;

/// What clients may take up before they have asked for anything.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Connections at once; further ones wait until one ends.
    pub connections: usize,
    /// Connections of one address; further ones are closed.
    pub of_address: usize,
    /// Proxies, which may have all connections, for they bring many clients.
    pub proxies: Proxies,
    /// How long the head of a request may take, counted from the end of the answer before it: a connection
    /// that is idle for so long is closed.
    pub head_time: Duration,
    /// Most bytes of a request's head.
    pub head_bytes: usize,
    /// How long a body's next bytes may stay away.
    pub body_pause: Duration,
    /// How long a client may take none of the answer's next bytes.
    pub read_pause: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 4096,
            of_address: 2048,
            proxies: Proxies::default(),
            head_time: Duration::from_secs(30),
            head_bytes: 64 << 10,
            body_pause: Duration::from_secs(10),
            read_pause: Duration::from_secs(30),
        }
    }
}

/// How long to wait when the system has no connection to give, as when all file descriptors are in use.
const PAUSE: Duration = Duration::from_millis(250);

/// Answers with `router` whoever connects, until `stop`; then lets every request that is under way end.
///
/// Dropping the future ends them all.
pub async fn serve(listener: TcpListener, router: Router, limits: Limits, stop: CancellationToken) {
    let free = Arc::new(Semaphore::new(limits.connections));
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(limits.head_time)
        .max_buf_size(limits.head_bytes);
    let mut connections = JoinSet::new();
    let guests = Guests::default();
    while let Some((permit, accepted)) = stop
        .run_until_cancelled(async {
            // The semaphore is never closed.
            let permit = free.clone().acquire_owned().await.ok();
            (permit, listener.accept().await)
        })
        .await
    {
        while connections.try_join_next().is_some() {}
        match accepted {
            Ok((stream, peer)) => {
                let address = peer.ip().to_canonical();
                let guest = match limits.proxies.trust(address) {
                    true => None,
                    false => match guests.let_in(address, limits.of_address) {
                        None => {
                            tracing::debug!("{peer}: too many connections");
                            continue;
                        }
                        guest => guest,
                    },
                };
                let client = Client {
                    stream,
                    peer,
                    body_pause: limits.body_pause,
                    read_pause: limits.read_pause,
                };
                let connection = client.answer(http.clone(), router.clone(), stop.clone());
                connections.spawn(async move {
                    connection.await;
                    drop((permit, guest));
                });
            }
            Err(error) if is_of_one_connection(&error) => {}
            Err(error) => {
                tracing::warn!("accepting a connection: {error}");
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
    drop(listener);
    while connections.join_next().await.is_some() {}
}

/// Whether a failure to accept concerns only the connection that would have come next.
fn is_of_one_connection(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionRefused
            | io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
    )
}

/// How many connections each address has.
#[derive(Clone, Default)]
struct Guests(Arc<Mutex<HashMap<IpAddr, usize>>>);

impl Guests {
    fn lock(&self) -> MutexGuard<'_, HashMap<IpAddr, usize>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts a connection for as long as the guest is kept; none where the address has `most` already.
    fn let_in(&self, address: IpAddr, most: usize) -> Option<Guest> {
        let mut guests = self.lock();
        let count = guests.entry(address).or_default();
        if *count >= most {
            return None;
        }
        *count += 1;
        Some(Guest {
            guests: self.clone(),
            address,
        })
    }
}

struct Guest {
    guests: Guests,
    address: IpAddr,
}

impl Drop for Guest {
    fn drop(&mut self) {
        let mut guests = self.guests.lock();
        if let Some(count) = guests.get_mut(&self.address) {
            *count -= 1;
            if *count == 0 {
                guests.remove(&self.address);
            }
        }
    }
}

/// Who has connected.
struct Client {
    stream: TcpStream,
    peer: SocketAddr,
    body_pause: Duration,
    read_pause: Duration,
}

impl Client {
    /// Answers the requests of the connection, one after another.
    async fn answer(self, http: http1::Builder, router: Router, stop: CancellationToken) {
        let Self {
            stream,
            peer,
            body_pause,
            read_pause,
        } = self;
        // Answers are written whole; waiting for more to send with them gains nothing.
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!("{peer}: {error}");
        }
        let router = TowerToHyperService::new(router);
        let service = service_fn(move |mut request: Request<Incoming>| {
            request.extensions_mut().insert(ConnectInfo(peer));
            router.call(request.map(|body| TimeoutBody::new(body_pause, body)))
        });
        let mut stream = TimeoutStream::new(stream);
        stream.set_write_timeout(Some(read_pause));
        let connection = http.serve_connection(TokioIo::new(Box::pin(stream)), service);
        let mut connection = pin!(connection.with_upgrades());
        let mut stopping = pin!(stop.cancelled());
        let mut told = false;
        loop {
            tokio::select! {
                ended = connection.as_mut() => {
                    if let Err(error) = ended {
                        tracing::debug!("{peer}: {error}");
                    }
                    return;
                }
                () = &mut stopping, if !told => {
                    told = true;
                    connection.as_mut().graceful_shutdown();
                }
            }
        }
    }
}
