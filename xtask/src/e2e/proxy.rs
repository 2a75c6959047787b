//! A way to the server that can be cut: bytes are passed on, or nothing is.

use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// A proxy on a port of its own. While it is cut, connections stay open and
/// nothing passes, as when a network cable is pulled.
#[derive(Debug)]
pub(super) struct Proxy {
    port: u16,
    is_cut: Arc<watch::Sender<bool>>,
    task: JoinHandle<()>,
}

impl Proxy {
    /// A proxy before `server` (host and port).
    pub(super) async fn start(server: String) -> anyhow::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let port = listener.local_addr()?.port();
        let is_cut = Arc::new(watch::Sender::new(false));
        let cut = Arc::clone(&is_cut);
        let task = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(join(client, server.clone(), cut.subscribe()));
            }
        });
        Ok(Self { port, is_cut, task })
    }

    pub(super) fn port(&self) -> u16 {
        self.port
    }

    /// Lets nothing pass from now on, or everything again.
    pub(super) fn cut(&self, is_cut: bool) {
        self.is_cut.send_replace(is_cut);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn join(client: TcpStream, server: String, mut cut: watch::Receiver<bool>) {
    // A connection that is made while the network is cut is not answered.
    if cut.wait_for(|is_cut| !*is_cut).await.is_err() {
        return;
    }
    let Ok(server) = TcpStream::connect(server).await else { return };
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    tokio::select! {
        () = pass(from_client, to_server, cut.clone()) => {}
        () = pass(from_server, to_client, cut) => {}
    }
}

async fn pass(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, mut cut: watch::Receiver<bool>) {
    let mut buffer = vec![0; 64 << 10];
    while let Ok(length) = from.read(&mut buffer).await {
        if length == 0 || cut.wait_for(|is_cut| !*is_cut).await.is_err() {
            break;
        }
        if to.write_all(&buffer[..length]).await.is_err() {
            break;
        }
    }
    // What was written is sent before the connection closes.
    let _ = tokio::time::timeout(Duration::from_secs(1), to.shutdown()).await;
}
