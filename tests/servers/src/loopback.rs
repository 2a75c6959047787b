//! A server on a port of its own.

use crate::faults::{Fault, Faults};
use bytes::Bytes;
use futures::StreamExt;
use futures::stream;
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioIo, TokioTimer};
use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};

/// The body of an answer.
pub type Body = UnsyncBoxBody<Bytes, io::Error>;

/// A server that is gone when this is dropped.
pub struct Loopback {
    address: SocketAddr,
    faults: Faults,
    task: JoinHandle<()>,
}

impl Loopback {
    /// Starts a server that answers by `answer`.
    pub async fn start<A, F>(answer: A) -> Self
    where
        A: Fn(Request<Incoming>) -> F + Send + Sync + 'static,
        F: Future<Output = Response<Body>> + Send + 'static,
    {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let faults = Faults::default();
        let task = tokio::spawn(accept(listener, Arc::new(answer), faults.clone()));
        Self { address, faults, task }
    }

    /// Where it listens: `http://127.0.0.1:41234`.
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Its faults, and the requests that came.
    pub fn faults(&self) -> &Faults {
        &self.faults
    }
}

impl Drop for Loopback {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// A body that is there as a whole.
pub fn body(bytes: impl Into<Bytes>) -> Body {
    Full::new(bytes.into()).map_err(|never| match never {}).boxed_unsync()
}

async fn accept<A, F>(listener: TcpListener, answer: Arc<A>, faults: Faults)
where
    A: Fn(Request<Incoming>) -> F + Send + Sync + 'static,
    F: Future<Output = Response<Body>> + Send + 'static,
{
    // The connections end with the server.
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        connections.spawn(serve(stream, Arc::clone(&answer), faults.clone()));
        while connections.try_join_next().is_some() {}
    }
}

async fn serve<A, F>(stream: TcpStream, answer: Arc<A>, faults: Faults)
where
    A: Fn(Request<Incoming>) -> F + Send + Sync + 'static,
    F: Future<Output = Response<Body>> + Send + 'static,
{
    let service = service_fn(move |request: Request<Incoming>| {
        let (answer, faults) = (Arc::clone(&answer), faults.clone());
        async move {
            let (parts, incoming) = request.into_parts();
            let fault = faults.of(&parts);
            let request = Request::from_parts(parts, incoming);
            let faulty = match fault {
                Fault::None => answer(request).await,
                Fault::Answer { status, headers, body: bytes } => {
                    let mut response = Response::new(body(bytes));
                    *response.status_mut() = status;
                    *response.headers_mut() = headers;
                    response
                }
                Fault::CutBodyAfter(bytes) => answer(request).await.map(|body| cut(body, bytes, false)),
                Fault::StallBodyAfter(bytes) => answer(request).await.map(|body| cut(body, bytes, true)),
                Fault::Delay(delay) => {
                    tokio::time::sleep(delay).await;
                    answer(request).await
                }
                Fault::Close => return Err(io::Error::other("closed")),
            };
            Ok::<_, io::Error>(faulty)
        }
    });
    // A client that goes away is none of the server's business.
    let _ =
        http1::Builder::new().timer(TokioTimer::new()).serve_connection(TokioIo::new(stream), service).await;
}

/// The first `most` bytes of a body, and then an error, or nothing for ever.
fn cut(body: Body, most: usize, stalls: bool) -> Body {
    let pieces = body.into_data_stream();
    let pieces = stream::unfold((pieces, most), move |(mut pieces, left)| async move {
        if left == 0 {
            if stalls {
                std::future::pending::<Infallible>().await;
            }
            // The bytes before it are to reach the client first.
            tokio::task::yield_now().await;
            return Some((Err(io::Error::other("cut")), (pieces, left)));
        }
        let piece = pieces.next().await?;
        let piece = piece.map(|piece| piece.slice(..piece.len().min(left)));
        let taken = piece.as_ref().map_or(0, Bytes::len);
        Some((piece.map(Frame::data), (pieces, left - taken)))
    });
    StreamBody::new(pieces).boxed_unsync()
}
