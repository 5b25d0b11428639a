//! Sockets, limits, and the orderly end.

use std::convert::Infallible;
use std::future::Future as _;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use anyhow::{Context as _, Result};
use http_body_util::{BodyExt as _, Either, Full, Limited};
use hyper::body::{Body, Bytes, Frame, Incoming};
use hyper::header::{self, HeaderMap, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioIo, TokioTimer};
use signal_hook::consts::{SIGINT, SIGTERM};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc::Receiver;
use tokio::sync::{Semaphore, SemaphorePermit, watch};
use tokio::time::{sleep, timeout};

use super::reply::{Problem, Reply};
use super::route::Asked;
use super::{App, events, routes};
use crate::screen;

/// The largest number of connections at a time. More wait until one ends.
const MOST_CONNECTIONS: usize = 4_096;

/// The largest number of requests that are answered at a time. More wait.
const MOST_THREADS: usize = 256;

/// The time in which a client must send the head of a request, from the end of the last one. So
/// idle connections end too.
const HEAD: Duration = Duration::from_secs(60);

/// The time in which a client must send the body.
const BODY: Duration = Duration::from_secs(60);

/// The number of bytes of all large bodies at a time. More wait.
const ROOM: usize = 512 << 20;
const KIBIBYTE: usize = 1 << 10;

/// The size up to which a body does not wait.
const SMALL_BODY: usize = 64 << 10;

/// The largest number of characters of an `Idempotency-Key`.
const LONGEST_KEY: usize = 200;

/// The time for which a server that ends waits for the requests that it has begun.
const DRAIN: Duration = Duration::from_secs(30);

/// The interval at which signals are looked for.
const LOOK: Duration = Duration::from_millis(50);

/// Serves until SIGTERM or Ctrl-C, then finishes the requests that have begun. A second signal ends
/// the process at once.
pub(super) fn serve(app: &Arc<App>, address: SocketAddr) -> Result<()> {
    let ended = Arc::new(AtomicBool::new(false));
    for signal in [SIGINT, SIGTERM] {
        signal_hook::flag::register_conditional_default(signal, Arc::clone(&ended))?;
        signal_hook::flag::register(signal, Arc::clone(&ended))?;
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .max_blocking_threads(MOST_THREADS)
        .enable_all()
        .build()?;
    let served = runtime.block_on(async {
        let listener = TcpListener::bind(address).await;
        let listener = listener.with_context(|| format!("cannot listen on {address}"))?;
        let own = listener.local_addr()?;
        let location = app.host.storage().location();
        screen::say(&format!("serving {location} at http://{own}"))?;
        tokio::spawn(events::look(Arc::clone(app)));
        listen(app, listener, &ended).await;
        Ok(())
    });
    // Threads that still answer hold the storage: what they acknowledge is durable by then.
    runtime.shutdown_timeout(Duration::from_secs(1));
    served
}

async fn listen(app: &Arc<App>, listener: TcpListener, ended: &AtomicBool) {
    let most = most_connections();
    let connections = Arc::new(Semaphore::new(most));
    let (stop, stopped) = watch::channel(false);
    while !ended.load(Ordering::Relaxed) {
        let Ok(permit) = Arc::clone(&connections).try_acquire_owned() else {
            sleep(LOOK).await;
            continue;
        };
        let stream = match timeout(LOOK, listener.accept()).await {
            Err(_) => continue,
            Ok(Ok((stream, _))) => stream,
            Ok(Err(_)) => {
                // Mostly too many open files: some will be closed.
                sleep(LOOK).await;
                continue;
            }
        };
        let (app, stopped) = (Arc::clone(app), stopped.clone());
        tokio::spawn(async move {
            converse(app, stream, stopped).await;
            drop(permit);
        });
    }
    drop(listener);
    let _ = stop.send(true);
    app.events.close();
    let all = u32::try_from(most).unwrap_or(u32::MAX);
    let _ = timeout(DRAIN, connections.acquire_many(all)).await;
}

/// Raises the number of files that this process may open as far as the system lets it, and returns
/// the number of connections that leave room for the files of the storage.
#[cfg(unix)]
fn most_connections() -> usize {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

    let limit = getrlimit(Resource::Nofile);
    let _ = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit });
    let files = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
    MOST_CONNECTIONS.min(files.saturating_sub(64) as usize).max(1)
}

#[cfg(not(unix))]
fn most_connections() -> usize {
    MOST_CONNECTIONS
}

/// Answers the requests of one connection. After `stopped`, it ends with the request that has begun.
async fn converse(app: Arc<App>, stream: TcpStream, mut stopped: watch::Receiver<bool>) {
    let _ = stream.set_nodelay(true);
    let service = service_fn(move |request| {
        let app = Arc::clone(&app);
        async move { Ok::<_, Infallible>(response(answer(app, request).await)) }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD)
        .max_buf_size(64 << 10)
        .serve_connection(TokioIo::new(stream), service);
    let mut connection = std::pin::pin!(connection);
    let mut stopping = std::pin::pin!(stopped.changed());
    let has_ended = std::future::poll_fn(|context| {
        if connection.as_mut().poll(context).is_ready() {
            return Poll::Ready(true);
        }
        stopping.as_mut().poll(context).map(|_| false)
    });
    if !has_ended.await {
        connection.as_mut().graceful_shutdown();
        let _ = connection.await;
    }
}

async fn answer(app: Arc<App>, request: Request<Incoming>) -> Reply {
    let (head, body) = request.into_parts();
    let found = routes::find(&head.method, head.uri.path());
    let is_open = found.as_ref().is_ok_and(|(route, _)| route.is_open());
    if let Err(problem) = app.guard.check(&head.headers, is_open) {
        return problem.into();
    }
    let (route, names) = match found {
        Ok(found) => found,
        Err(problem) => return problem.into(),
    };
    if body.size_hint().lower() > route.most_bytes as u64 {
        return too_large(route.most_bytes).into();
    }
    // It is held until the request is answered.
    let shared = Arc::clone(&app);
    let _room = shared.room.reserve(body.size_hint().upper(), route.most_bytes).await;
    let body = match timeout(BODY, Limited::new(body, route.most_bytes).collect()).await {
        Ok(Ok(body)) => body.to_bytes(),
        Ok(Err(_)) => return too_large(route.most_bytes).into(),
        Err(_) => {
            return Problem::new(408, "the body of the request did not come", "send it again")
                .into();
        }
    };
    let text = |name| head.headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
    if let Err(problem) = routes::check_body(route, text(header::CONTENT_TYPE.as_str()), &body) {
        return problem.into();
    }
    let key = match key(&head.headers) {
        Ok(key) => key,
        Err(problem) => return problem.into(),
    };
    let query = head.uri.query().unwrap_or_default().to_owned();
    let asked = tokio::task::spawn_blocking(move || {
        (route.answer)(&app, &Asked { names, query, body: body.to_vec(), key })
    });
    asked.await.unwrap_or_else(|_| {
        Problem::new(500, "the server has a defect: the request was not completed", "report it")
            .into()
    })
}

/// Returns the key of a request, by which it is carried out only once.
fn key(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let Some(value) = headers.get("idempotency-key") else { return Ok(None) };
    let key = value.to_str().ok().filter(|key| !key.is_empty() && key.len() <= LONGEST_KEY);
    key.map(|key| Some(key.to_owned())).ok_or_else(|| {
        Problem::new(
            400,
            format!("the header Idempotency-Key is not of 1 to {LONGEST_KEY} ASCII characters"),
            "send a random text, such as a UUID",
        )
    })
}

/// The memory for large bodies, which are collected before a thread answers them.
pub(super) struct Room(Semaphore);

impl Room {
    pub(super) fn new() -> Self {
        Self(Semaphore::new(ROOM / KIBIBYTE))
    }

    /// Waits until there is room for a body of at most this size; `None` for a small body, which
    /// needs no permit.
    async fn reserve(&self, upper: Option<u64>, most: usize) -> Option<SemaphorePermit<'_>> {
        let upper = upper.and_then(|upper| usize::try_from(upper).ok()).unwrap_or(most).min(most);
        let kibibytes = u32::try_from(upper / KIBIBYTE).unwrap_or(u32::MAX);
        if upper <= SMALL_BODY { None } else { self.0.acquire_many(kibibytes).await.ok() }
    }
}

fn too_large(most: usize) -> Problem {
    Problem::new(413, format!("the body is larger than {most} bytes"), "send it in parts")
}

/// A body whose pieces are sent as they come.
struct Pieces(Receiver<Bytes>);

impl Body for Pieces {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        self.0.poll_recv(context).map(|piece| piece.map(|piece| Ok(Frame::data(piece))))
    }
}

fn response(reply: Reply) -> Response<Either<Full<Bytes>, Pieces>> {
    let is_stream = reply.stream.is_some();
    let body = match reply.stream {
        None => Either::Left(Full::new(Bytes::from(reply.body))),
        Some(pieces) => Either::Right(Pieces(pieces)),
    };
    let mut response = Response::new(body);
    *response.status_mut() = hyper::StatusCode::from_u16(reply.status)
        .unwrap_or(hyper::StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    let mut set = |name, value: &str| {
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.insert(name, value);
        }
    };
    set(header::CONTENT_TYPE, reply.content_type);
    let kept = if reply.is_fixed { "public, max-age=31536000, immutable" } else { "no-store" };
    set(header::CACHE_CONTROL, kept);
    set(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(header::REFERRER_POLICY, "no-referrer");
    let policy = reply.policy.unwrap_or_else(|| {
        "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'".to_owned()
    });
    set(header::CONTENT_SECURITY_POLICY, &policy);
    if is_stream {
        // Otherwise some proxies collect pieces before they pass them on.
        set(header::HeaderName::from_static("x-accel-buffering"), "no");
    }
    if reply.status == 401 {
        // With `Basic`, browsers would ask for a password in the middle of a page.
        set(header::WWW_AUTHENTICATE, "Bearer realm=\"hpo\"");
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_bodies_wait_for_each_other_and_small_ones_do_not() {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let (room, large) = (Room::new(), 64 << 20);
            let mut held = Vec::new();
            for _ in 0..ROOM / large {
                held.push(room.reserve(None, large).await.unwrap());
            }
            let mut next = std::pin::pin!(room.reserve(Some(large as u64), large));
            let is_ready = |poll: Poll<_>| Poll::Ready(poll.is_ready());
            assert!(!std::future::poll_fn(|context| is_ready(next.as_mut().poll(context))).await);
            assert!(room.reserve(Some(1_000), large).await.is_none());
            held.pop();
            assert!(next.await.is_some());
        });
    }
}
