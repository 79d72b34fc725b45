//! A connection that is cut around COMMIT: what is told is true, or said to be unknown.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use runbook::step::FailureKind;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::server::{Server, System, url};
use crate::harness::context::{apply, context, service};

/// Where the proxy cuts.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Cut {
    /// When this text comes from the client, before it reaches the server.
    Before(&'static str),
    /// When the server has got it, and before its answer reaches the client.
    After(&'static str),
}

fn find(haystack: &[u8], needle: &str) -> bool {
    haystack.windows(needle.len()).any(|window| window == needle.as_bytes())
}

async fn carry(client: TcpStream, server: TcpStream, cut: Cut) {
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = server.into_split();
    let silent = Arc::new(AtomicBool::new(false));
    let is_silent = Arc::clone(&silent);
    let back = tokio::spawn(async move {
        let mut buffer = vec![0; 65536];
        while let Ok(n @ 1..) = from_server.read(&mut buffer).await {
            if is_silent.load(Ordering::SeqCst) {
                // The server has answered: it has done what it was asked to.
                return;
            }
            if to_client.write_all(&buffer[..n]).await.is_err() {
                return;
            }
        }
    });
    let mut buffer = vec![0; 65536];
    while let Ok(n @ 1..) = from_client.read(&mut buffer).await {
        match cut {
            Cut::Before(text) if find(&buffer[..n], text) => {
                back.abort();
                return;
            }
            Cut::After(text) if find(&buffer[..n], text) => {
                silent.store(true, Ordering::SeqCst);
                to_server.write_all(&buffer[..n]).await.unwrap();
                let _ = back.await;
                return;
            }
            _ => to_server.write_all(&buffer[..n]).await.unwrap(),
        }
    }
}

/// The port of a proxy to `target` that cuts every connection there.
async fn proxy(target: String, cut: Cut) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            let server = TcpStream::connect(&target).await.unwrap();
            tokio::spawn(carry(client, server, cut));
        }
    });
    port
}

#[tokio::test]
async fn what_is_told_of_a_cut_connection_is_true() {
    let rows = [
        (Cut::Before("insert into"), FailureKind::Unreachable, "0"),
        (Cut::Before("cut here"), FailureKind::Unreachable, "0"),
        (Cut::After("cut here"), FailureKind::Unreachable, "0"),
        (Cut::Before("COMMIT"), FailureKind::Unknown, "0"),
        (Cut::After("COMMIT"), FailureKind::Unknown, "1"),
    ];
    for system in [System::Postgres, System::Mariadb] {
        for (cut, kind, count) in rows {
            let server = Server::new(system);
            let table = server.table();
            let engine = if system == System::Mariadb { " engine=innodb" } else { "" };
            server.client(&format!("create table {table} (id int){engine}"));
            let mut target = url::Url::parse(&url(system, server.folder.path())).unwrap();
            let port = target.port().unwrap_or(if system == System::Mariadb { 3306 } else { 5432 });
            let port = proxy(format!("{}:{port}", target.host_str().unwrap()), cut).await;
            target.set_port(Some(port)).unwrap();
            let (cx, _) = context(server.folder.path(), vec![service("db", target.as_str())]);
            let args = json!({"connection": "db", "statements": [
                {"sql": format!("insert into {table} values (1)")}, {"sql": "select 'cut here'"},
            ]});
            let failure = apply(&cx, "query", args).await.unwrap_err();
            assert_eq!(failure.kind, kind, "{system:?} {cut:?}: {failure:?}");
            assert_eq!(failure.error.stage.as_deref(), Some("lost"), "{system:?} {cut:?}: {failure:?}");
            assert_eq!(server.client(&format!("select count(*) from {table}")), count, "{system:?} {cut:?}");
        }
    }
}
