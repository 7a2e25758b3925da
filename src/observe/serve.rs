//! The totals over HTTP, for Prometheus on this machine: one page, the loopback device only.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;

use super::error::ObserveError;
use super::prometheus::exposition;
use super::store::Store;

/// A request's head is not longer.
const LONGEST: usize = 8 << 10;
/// One who connects and says nothing is left alone.
const PATIENCE: Duration = Duration::from_secs(5);

/// Answers `GET /metrics` on the port until `cancel`; gives the address, whose port was chosen if 0 was asked for.
pub async fn serve(path: &Path, port: u16, cancel: CancellationToken) -> Result<SocketAddr, ObserveError> {
    let refused = |error: std::io::Error| ObserveError::Port { port, reason: error.to_string() };
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await.map_err(refused)?;
    let address = listener.local_addr().map_err(refused)?;
    let path = path.to_owned();
    tokio::spawn(async move {
        loop {
            let accepted = tokio::select! {
                () = cancel.cancelled() => return,
                accepted = listener.accept() => accepted,
            };
            match accepted {
                Ok((stream, _)) => drop(tokio::spawn(tokio::time::timeout(PATIENCE, answer(stream, path.clone())))),
                // Out of file descriptors, which passes.
                Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
            }
        }
    });
    Ok(address)
}

async fn answer(mut stream: TcpStream, path: PathBuf) -> std::io::Result<()> {
    let mut head = Vec::new();
    let mut piece = [0; 1024];
    while !head.windows(4).any(|four| four == b"\r\n\r\n") {
        let read = stream.read(&mut piece).await?;
        head.extend_from_slice(piece.get(..read).unwrap_or_default());
        if read == 0 || head.len() > LONGEST {
            return Ok(());
        }
    }
    let head = String::from_utf8_lossy(&head);
    let (status, kind, body) = match asked(&head) {
        Ok(()) => {
            let read = move || Store::open(&path).and_then(|store| exposition(&store));
            match tokio::task::spawn_blocking(read).await {
                Ok(Ok(text)) => ("200 OK", "text/plain; version=0.0.4; charset=utf-8", text),
                _ => ("500 Internal Server Error", "text/plain", "the counts cannot be read\n".to_owned()),
            }
        }
        Err(status) => (status, "text/plain", format!("{status}\n")),
    };
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).await?;
    stream.write_all(body.as_bytes()).await?;
    stream.shutdown().await
}

/// Whether the head asks for the one page, and for it on this machine: a page in a browser whose name was made
/// to point here (DNS rebinding) sends its own name as the host.
fn asked(head: &str) -> Result<(), &'static str> {
    let mut lines = head.split("\r\n");
    let mut words = lines.next().unwrap_or_default().split(' ');
    let host = lines.find_map(|line| line.split_once(':').filter(|(name, _)| name.eq_ignore_ascii_case("host")));
    let host = host.map_or("", |(_, host)| host.trim());
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    if !["127.0.0.1", "localhost"].contains(&name) {
        return Err("403 Forbidden");
    }
    match (words.next(), words.next()) {
        (Some("GET"), Some("/metrics")) => Ok(()),
        (Some("GET"), _) => Err("404 Not Found"),
        _ => Err("405 Method Not Allowed"),
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    async fn get(address: SocketAddr, request: &str) -> String {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).await.unwrap();
        text
    }

    #[tokio::test]
    async fn one_page_for_this_machine_alone() {
        let folder = tempfile::tempdir().unwrap();
        let cancel = CancellationToken::new();
        let address = serve(&folder.path().join("m.sqlite"), 0, cancel.clone()).await.unwrap();
        assert!(address.ip().is_loopback());
        let page = get(address, "GET /metrics HTTP/1.1\r\nHost: localhost:1\r\n\r\n").await;
        assert!(page.starts_with("HTTP/1.1 200 OK\r\n") && page.contains("ask_nix_build_info{"), "{page}");
        for (request, status) in [
            ("GET /metrics HTTP/1.1\r\nHost: evil.example\r\n\r\n", "403"),
            ("GET /metrics HTTP/1.1\r\n\r\n", "403"),
            ("GET /etc/passwd HTTP/1.1\r\nHost: localhost\r\n\r\n", "404"),
            ("POST /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n", "405"),
        ] {
            let told = get(address, request).await;
            assert!(told.starts_with(&format!("HTTP/1.1 {status}")), "{request}: {told}");
        }
        cancel.cancel();
    }
}
