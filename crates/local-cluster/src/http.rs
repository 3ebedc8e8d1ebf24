//! Requests and answers as HTTP has them.

use std::{sync::Arc, time::Duration};

use axum::{
    body::{Body, Bytes},
    extract::{Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode, header},
};
use chrono::{DateTime, Utc};
use futures_util::StreamExt as _;
use serde_json::{Map, Value, json};
use tokio::time;

use crate::{
    auth::{self, SignedRequest},
    call::{Answer, Call, timestamp},
    error::ApiError,
    hooks, index, notify, purge_cache, queue,
    route::{self, Route},
    schema, secrets,
    server::Shared,
};

/// The longest body of a call.
const LONGEST_BODY: usize = 10 * 1024 * 1024;
/// The longest artifact.
const LONGEST_CONTENT: usize = 512 * 1024 * 1024;
/// How long a client may take to send a body.
const SLOWEST: Duration = Duration::from_secs(300);
/// How long those wait who ask for work.
const WAIT: Duration = Duration::from_secs(20);
/// How often they look for what other processes did, and for what time did.
const LOOK: Duration = Duration::from_millis(200);

/// Answers a request.
pub(crate) async fn answer(State(shared): State<Arc<Shared>>, request: Request) -> Response<Body> {
    let (head, body) = request.into_parts();
    let path = head.uri.path();
    if let Some(key) = path.strip_prefix("/storage/") {
        return storage(&shared, head.method.as_str(), key, &head.headers, body).await;
    }
    let Some(route) = route::find(head.method.as_str(), path) else {
        return not_found();
    };
    if let Some(answer) = service_answer(&shared, route.method.name) {
        return render(answer);
    }
    let body = match read(body, LONGEST_BODY).await {
        Ok(body) => body,
        Err(Unread::TooLong) => {
            let error = ApiError::internal();
            return render_error(&error, &Context::new(&shared, &route, &Value::Null));
        }
        // Nobody is there to be answered, or nobody who speaks HTTP.
        Err(Unread::Broken) => return plain(StatusCode::BAD_REQUEST, "the body of the request ended early"),
        Err(Unread::Slow) => {
            return plain(StatusCode::REQUEST_TIMEOUT, "the body of the request took too long");
        }
    };
    let path_and_query = head.uri.path_and_query().map_or(path, |whole| whole.as_str());
    let host = text(&head.headers, header::HOST).unwrap_or_default();
    let (name, port) = split_host(host);
    let incoming = Incoming {
        route,
        query: route::parse_query(head.uri.query().unwrap_or_default()),
        signed: SignedRequest {
            verb: head.method.as_str(),
            host: name,
            port,
            path_and_query,
            authorization: text(&head.headers, header::AUTHORIZATION),
            content_type: text(&head.headers, header::CONTENT_TYPE),
            body: &body,
        },
        root_url: if host.is_empty() { shared.root_url.clone() } else { format!("http://{host}") },
    };
    if incoming.route.method.name == "claimWork" && incoming.route.service.name == "queue" {
        return claim_work(&shared, &incoming).await;
    }
    run(&shared, &incoming)
}

/// A request that has arrived.
struct Incoming<'a> {
    route: Route,
    query: Vec<(String, String)>,
    signed: SignedRequest<'a>,
    root_url: String,
}

/// What every service answers in the same way, to anybody.
fn service_answer(shared: &Shared, method: &str) -> Option<Answer> {
    match method {
        "ping" => {
            Some(Answer::json(&json!({ "alive": true, "uptime": shared.started.elapsed().as_secs_f64() })))
        }
        "heartbeat" | "lbheartbeat" => Some(Answer::empty()),
        "version" => Some(Answer::json(&json!({
            "source": env!("CARGO_PKG_REPOSITORY"),
            "version": env!("CARGO_PKG_VERSION"),
            "commit": "NONE",
            "build": "NONE",
        }))),
        _ => None,
    }
}

fn run(shared: &Shared, incoming: &Incoming<'_>) -> Response<Body> {
    match call(shared, incoming) {
        Ok(answer) => {
            if incoming.signed.verb != "GET" {
                shared.changed.notify_waiters();
            }
            render(answer)
        }
        Err(response) => *response,
    }
}

/// Carries out a call, and renders the error if there is one.
fn call(shared: &Shared, incoming: &Incoming<'_>) -> Result<Answer, Box<Response<Body>>> {
    let now = (shared.clock)();
    let mut payload = Value::Null;
    let result = carry_out(shared, incoming, now, &mut payload);
    result.map_err(|mut error| {
        let mut payload = error.payload.take().map_or(payload, |payload| *payload);
        if incoming.route.service.name == "secrets" {
            secrets::clean(&mut payload);
        }
        Box::new(render_error(&error, &Context { now, route: &incoming.route, payload: &payload }))
    })
}

fn carry_out(
    shared: &Shared,
    incoming: &Incoming<'_>,
    now: DateTime<Utc>,
    payload: &mut Value,
) -> Result<Answer, ApiError> {
    let Incoming { route, query, signed, root_url } = incoming;
    let mut body = parse(route.method.takes_body, signed)?;
    let checked = schema::check_arguments(route.service.name, route.method, &route.arguments, query);
    if let Err(error) = checked {
        *payload = body;
        return Err(error);
    }
    shared.store.transact(now, |db| {
        let checked = auth::authenticate(signed, db, now).and_then(|identity| {
            if route.method.takes_body {
                schema::check_body(route.service.name, route.method.name, &mut body)?;
            }
            Ok(identity)
        });
        let identity = match checked {
            Ok(identity) => identity,
            Err(error) => {
                *payload = std::mem::take(&mut body);
                return Err(error);
            }
        };
        let mut call = Call {
            method: route.method,
            arguments: route.arguments.clone(),
            query: query.clone(),
            body: std::mem::take(&mut body),
            identity: &identity,
            now,
            root_url,
            random: shared.random.as_ref(),
        };
        let result = match route.service.name {
            "queue" => queue::handle(&mut call, db),
            "index" => index::handle(&call, db),
            "hooks" => hooks::handle(&call, db),
            "auth" => auth::handle(&call, db),
            "secrets" => secrets::handle(&call, db),
            "notify" => notify::handle(&call, db),
            "purge-cache" => purge_cache::handle(&call, db),
            _ => Err(ApiError::unknown_route()),
        };
        if result.is_err() {
            *payload = call.body;
        }
        result
    })
}

/// The body, which is an object or a list. A method that takes none gets null.
fn parse(takes_body: bool, request: &SignedRequest<'_>) -> Result<Value, ApiError> {
    if !takes_body {
        return Ok(Value::Null);
    }
    let content_type = request.content_type.unwrap_or_default();
    let essence = content_type.split(';').next().unwrap_or_default().trim();
    if !essence.eq_ignore_ascii_case("application/json") {
        let given = if content_type.is_empty() { "null" } else { content_type };
        return Err(ApiError::malformed(format!(
            "Payload must be JSON with content-type: application/json got content-type: {given}"
        )));
    }
    if request.body.is_empty() {
        return Ok(Value::Object(Map::new()));
    }
    match serde_json::from_slice::<Value>(request.body) {
        Ok(body @ (Value::Object(_) | Value::Array(_))) => Ok(body),
        Ok(_) => Err(ApiError::malformed("Failed to parse JSON: Must be an object or array")),
        Err(error) => Err(ApiError::malformed(format!("Failed to parse JSON: {error}"))),
    }
}

/// Waits for work, for 20 seconds by either clock.
async fn claim_work(shared: &Shared, incoming: &Incoming<'_>) -> Response<Body> {
    let started = (shared.clock)();
    let give_up = time::sleep(WAIT);
    tokio::pin!(give_up);
    let mut stopping = shared.stopping.clone();
    loop {
        let changed = shared.changed.notified();
        tokio::pin!(changed);
        changed.as_mut().enable();
        let answer = match call(shared, incoming) {
            Ok(answer) => answer,
            Err(response) => return *response,
        };
        let waited = (shared.clock)() - started;
        if answer.body != br#"{"tasks":[]}"# || waited.to_std().unwrap_or_default() >= WAIT {
            return render(answer);
        }
        tokio::select! {
            () = &mut changed => {}
            () = time::sleep(LOOK) => {}
            () = &mut give_up => return render(answer),
            _ = stopping.wait_for(|stop| *stop) => return render(answer),
        }
    }
}

/// The content of artifacts.
async fn storage(shared: &Shared, verb: &str, key: &str, headers: &HeaderMap, body: Body) -> Response<Body> {
    let now = (shared.clock)();
    match verb {
        "GET" | "HEAD" => match shared.store.transact(now, |db| queue::read_content(db, key, now)) {
            Ok(Some(content)) => {
                let mut headers = vec![("content-type", content.content_type)];
                headers.extend(content.encoding.map(|encoding| ("content-encoding", encoding)));
                render(Answer { status: 200, headers, body: content.body })
            }
            Ok(None) => plain(StatusCode::NOT_FOUND, "there is no such content"),
            Err(error) => refuse(&error),
        },
        "PUT" => match read(body, LONGEST_CONTENT).await {
            Ok(body) => {
                let content_type = text(headers, header::CONTENT_TYPE);
                let encoding = text(headers, header::CONTENT_ENCODING);
                let accepted = shared
                    .store
                    .transact(now, |db| queue::accept_content(db, key, content_type, encoding, &body, now));
                match accepted {
                    Ok(()) => plain(StatusCode::OK, ""),
                    Err(error) => refuse(&error),
                }
            }
            Err(Unread::TooLong) => plain(StatusCode::PAYLOAD_TOO_LARGE, "the content is too long"),
            Err(_) => plain(StatusCode::BAD_REQUEST, "the content ended early"),
        },
        _ => not_found(),
    }
}

enum Unread {
    TooLong,
    Broken,
    Slow,
}

/// Reads a body. One that is too long is read to its end, so that the client gets to read the answer.
async fn read(body: Body, longest: usize) -> Result<Bytes, Unread> {
    let reading = async {
        let mut stream = body.into_data_stream();
        let Some(first) = stream.next().await else { return Ok(Bytes::new()) };
        let first = first.map_err(|_| Unread::Broken)?;
        let mut length = first.len();
        let mut whole: Option<Vec<u8>> = None;
        while let Some(chunk) = stream.next().await {
            let chunk = chunk.map_err(|_| Unread::Broken)?;
            length = length.saturating_add(chunk.len());
            if length > longest {
                whole = None;
            } else {
                whole.get_or_insert_with(|| first.to_vec()).extend_from_slice(&chunk);
            }
        }
        if length > longest {
            return Err(Unread::TooLong);
        }
        Ok(whole.map_or(first, Bytes::from))
    };
    time::timeout(SLOWEST, reading).await.unwrap_or(Err(Unread::Slow))
}

fn text(headers: &HeaderMap, name: HeaderName) -> Option<&str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

/// Name and port of a `Host` header.
fn split_host(host: &str) -> (&str, u16) {
    match host.rsplit_once(':') {
        Some((name, port)) => port.parse().map_or((host, 80), |port| (name, port)),
        None => (host, 80),
    }
}

/// What an error says about the call.
struct Context<'a> {
    now: DateTime<Utc>,
    route: &'a Route,
    payload: &'a Value,
}

impl<'a> Context<'a> {
    fn new(shared: &Shared, route: &'a Route, payload: &'a Value) -> Context<'a> {
        Context { now: (shared.clock)(), route, payload }
    }
}

fn render_error(error: &ApiError, context: &Context<'_>) -> Response<Body> {
    if error.code.is_empty() {
        return not_found();
    }
    let Context { now, route, payload } = context;
    let time = timestamp(*now);
    let (method, code, status) = (route.method.name, error.code, error.status);
    let message = format!(
        "{}\n\n---\n\n* method:     {method}\n* errorCode:  {code}\n* statusCode: {status}\n* time:       {time}",
        error.message
    );
    let params = route
        .method
        .arguments()
        .zip(&route.arguments)
        .map(|(name, value)| (name.to_owned(), Value::from(value.as_str())))
        .collect::<Map<_, _>>();
    // A call without a body is as one with an empty body.
    let empty = json!({});
    let payload = if payload.is_null() { &empty } else { *payload };
    let body = json!({
        "code": code,
        "message": message,
        "requestInfo": { "method": method, "params": params, "payload": payload, "time": time },
    });
    render(Answer { status, ..Answer::json(&body) })
}

/// What an unknown path is answered.
fn not_found() -> Response<Body> {
    render(Answer { status: 404, ..Answer::json(&json!({ "error": "Not found" })) })
}

fn refuse(error: &ApiError) -> Response<Body> {
    plain(StatusCode::from_u16(error.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR), &error.message)
}

fn plain(status: StatusCode, message: &str) -> Response<Body> {
    let mut response = Response::new(Body::from(message.to_owned()));
    *response.status_mut() = status;
    let text = HeaderValue::from_static("text/plain; charset=utf-8");
    response.headers_mut().insert(header::CONTENT_TYPE, text);
    response
}

fn render(answer: Answer) -> Response<Body> {
    let mut response = Response::new(Body::from(answer.body));
    *response.status_mut() = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    let json = HeaderValue::from_static("application/json; charset=utf-8");
    headers.insert(header::CONTENT_TYPE, json);
    for (name, value) in answer.headers {
        if let Ok(value) = HeaderValue::from_str(&value) {
            headers.insert(HeaderName::from_static(name), value);
        }
    }
    response
}
