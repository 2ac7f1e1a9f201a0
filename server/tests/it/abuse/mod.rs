//! What people send who mean harm, or whose program has gone wrong: each is answered with an error, within limits,
//! and the server goes on serving others.

mod connection;
mod flood;
mod identity;
mod mutation;
mod path;
mod process;
mod text;

use std::{net::SocketAddr, time::Duration};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

/// All that is answered to these bytes, until the server closes; it must within a bound.
async fn exchange(address: &str, sent: &[u8]) -> String {
    let address: SocketAddr = address.trim_start_matches("http://").parse().unwrap();
    let mut stream = TcpStream::connect(address).await.unwrap();
    // The server may have answered and closed before it has read all.
    let _ = stream.write_all(sent).await;
    let mut answer = Vec::new();
    let read = stream.read_to_end(&mut answer);
    let bound = Duration::from_secs(60);
    let _ = timeout(bound, read)
        .await
        .expect("the connection stays open");
    String::from_utf8_lossy(&answer).into_owned()
}
