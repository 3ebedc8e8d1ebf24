//! What the server does about requests that are not as they should be.

use std::time::Duration;

use serde_json::json;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use crate::support::{queue, start, task_id};

#[tokio::test]
async fn ping_works_for_every_service_and_everybody() {
    let setup = start().await;
    for service in ["queue", "index", "hooks", "auth", "secrets", "notify", "purge-cache", "worker-manager"] {
        let path = format!("/api/{service}/v1/ping");
        let reply = setup.root.anonymous().get(&path).await.expect(200);
        assert_eq!(reply["alive"], true);
    }
    setup.root.anonymous().get("/api/queue/v1/__version__").await.expect(200);
    setup.root.anonymous().get("/api/queue/v1/__heartbeat__").await.expect(200);
    setup.root.anonymous().get("/api/queue/v1/__lbheartbeat__").await.expect(200);
}

#[tokio::test]
async fn requests_that_break_off_or_dawdle_do_not_hurt_others() {
    let setup = start().await;
    let path = queue(&format!("/task/{}", task_id(1)));
    let body = setup.definition().to_string();
    let request = setup.root.request("PUT", &path, "Content-Type: application/json\r\n", body.as_bytes());

    // Breaks off in the head, and in the body.
    for length in [1, 30, request.len() - 1] {
        let mut stream = TcpStream::connect(&setup.root.address).await.unwrap();
        stream.write_all(&request[..length]).await.unwrap();
        stream.shutdown().await.unwrap();
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer).await;
        let answer = String::from_utf8_lossy(&answer).into_owned();
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 400"), "{answer}");
    }
    setup.root.get(&queue(&format!("/task/{}/status", task_id(1)))).await.expect(404);

    // Nonsense instead of HTTP, or of its numbers.
    for text in [
        "nonsense\r\n\r\n",
        "PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        "PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        "PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999999\r\n\r\n",
    ] {
        let reply = setup.root.exchange(text.as_bytes()).await;
        assert_eq!(reply.status, 400, "{text}");
    }

    // Dawdlers are there all the time, some within the head and some within the body.
    let mut dawdlers = Vec::new();
    for index in 0..50 {
        let mut stream = TcpStream::connect(&setup.root.address).await.unwrap();
        let length = if index % 2 == 0 { 20 } else { request.len() - 10 };
        stream.write_all(&request[..length]).await.unwrap();
        dawdlers.push((stream, length));
    }
    let others = async {
        for number in 2..30 {
            setup.create(number, json!({})).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), others).await.unwrap();
    // They are served when they come to an end.
    let (mut stream, length) = dawdlers.pop().unwrap();
    stream.write_all(&request[length..]).await.unwrap();
    let mut answer = vec![0; 12];
    stream.read_exact(&mut answer).await.unwrap();
    assert_eq!(answer, b"HTTP/1.1 200");
}

#[tokio::test]
async fn a_connection_serves_many_requests() {
    let setup = start().await;
    let mut stream = TcpStream::connect(&setup.root.address).await.unwrap();
    for _ in 0..5 {
        stream.write_all(&setup.root.request("GET", "/api/queue/v1/ping", "", b"")).await.unwrap();
        let mut head = vec![0; 15];
        stream.read_exact(&mut head).await.unwrap();
        assert_eq!(head, b"HTTP/1.1 200 OK");
        let mut rest = Vec::new();
        while !rest.ends_with(b"}") {
            rest.push(stream.read_u8().await.unwrap());
        }
    }
}
