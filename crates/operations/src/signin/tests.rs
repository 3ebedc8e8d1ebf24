//! Sign-ins, with the browser played.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::thread;

use super::*;

fn wanted(scopes: &[&str], lifetime: u64) -> Wanted {
    Wanted {
        name: "cli".into(),
        scopes: scopes.iter().map(|scope| (*scope).to_owned()).collect(),
        lifetime: Duration::from_secs(lifetime),
        description: "for tests".into(),
    }
}

/// What a browser that sends this gets, as a status.
fn send(port: u16, request: &str) -> String {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.contains("no-store") && answer.contains("no-referrer"), "{answer}");
    answer.split("\r\n").next().unwrap().to_owned()
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

/// The port and the path of the callback in a URL.
fn callback(url: &str) -> (u16, String) {
    let escaped = url.split("callback_url=").nth(1).unwrap().split('&').next().unwrap();
    let callback = percent_encoding::percent_decode_str(escaped).decode_utf8().unwrap();
    let (port, path) = callback.strip_prefix("http://localhost:").unwrap().split_once('/').unwrap();
    (port.parse().unwrap(), format!("/{path}"))
}

#[test]
fn the_page_is_told_what_is_wanted() {
    let scopes = ["queue:rerun-task:*", "a b&c"];
    let signin =
        runtime().block_on(SignIn::begin("https://tc.example.com/", &wanted(&scopes, 900), 0, [7; 32]));
    let signin = signin.unwrap();
    let (port, path) = callback(signin.url());
    assert_eq!(path, "/BwcHBwcHRweHBwcHBwcHBw");
    assert_eq!(
        signin.url(),
        format!(
            "https://tc.example.com/auth/clients/create?scope=queue%3Arerun-task%3A%2A&scope=a%20b%26c\
             &name=cli-BwcHBw&expires=15%20minutes\
             &callback_url=http%3A%2F%2Flocalhost%3A{port}%2FBwcHBwcHRweHBwcHBwcHBw&description=for%20tests"
        )
    );
}

#[test]
fn only_the_secret_path_is_accepted() {
    let runtime = runtime();
    let signin =
        runtime.block_on(SignIn::begin("https://tc.example.com", &wanted(&["*"], 60), 0, [9; 32])).unwrap();
    let (port, path) = callback(signin.url());
    let browser = thread::spawn(move || {
        // A connection that says nothing holds nobody up.
        let silent = TcpStream::connect(("127.0.0.1", port)).unwrap();
        let credentials = "?clientId=github/1|me+you/cli%2Dx&accessToken=s3cret-_";
        let statuses = [
            send(port, &format!("GET /{credentials} HTTP/1.1\r\n\r\n")),
            send(port, &format!("GET {path}x{credentials} HTTP/1.1\r\n\r\n")),
            send(port, &format!("POST {path}{credentials} HTTP/1.1\r\n\r\n")),
            send(port, "nonsense\r\n\r\n"),
            send(port, &format!("GET {path} HTTP/1.1\r\n\r\n")),
            send(port, &format!("GET {path}?clientId=me&accessToken= HTTP/1.1\r\n\r\n")),
            send(port, &format!("GET {path}?clientId=me%0a&accessToken=x HTTP/1.1\r\n\r\n")),
            send(port, &format!("GET {path}?clientId=me&accessToken=x&certificate=no HTTP/1.1\r\n\r\n")),
            send(port, &format!("GET {path}{credentials} HTTP/1.1\r\nHost: localhost\r\n\r\n")),
        ];
        drop(silent);
        statuses
    });
    let credentials = runtime.block_on(signin.finish()).unwrap();
    assert_eq!(credentials.client_id(), "github/1|me+you/cli-x");
    assert_eq!(credentials.access_token(), "s3cret-_");
    let statuses =
        browser.join().unwrap().map(|status| status.split(' ').nth(1).unwrap_or_default().to_owned());
    assert_eq!(statuses, ["404", "404", "400", "400", "400", "400", "400", "400", "200"]);
    // Nobody listens any more.
    assert!(TcpStream::connect(("127.0.0.1", port)).is_err());
}

#[test]
fn connections_that_bring_nothing_hold_no_other_up() {
    let runtime = runtime();
    let signin =
        runtime.block_on(SignIn::begin("https://tc.example.com", &wanted(&["*"], 60), 0, [9; 32])).unwrap();
    let (port, path) = callback(signin.url());
    let browser = thread::spawn(move || {
        // Two connections are open; what comes on the first is answered, and ends it, before the other says anything.
        let mut first = TcpStream::connect(("127.0.0.1", port)).unwrap();
        let mut second = TcpStream::connect(("127.0.0.1", port)).unwrap();
        first.write_all(b"GET /favicon.ico HTTP/1.1\r\n\r\n").unwrap();
        first.read_to_string(&mut String::new()).unwrap();
        second
            .write_all(format!("GET {path}?clientId=me&accessToken=x HTTP/1.1\r\n\r\n").as_bytes())
            .unwrap();
        let mut answer = String::new();
        second.read_to_string(&mut answer).unwrap();
        answer
    });
    assert_eq!(runtime.block_on(signin.finish()).unwrap().client_id(), "me");
    assert!(browser.join().unwrap().starts_with("HTTP/1.1 200"));
}

#[test]
fn a_port_that_is_taken_is_said() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let error = runtime()
        .block_on(SignIn::begin("https://x.example", &wanted(&["*"], 60), port, [0; 32]))
        .unwrap_err();
    assert_eq!(error.to_string(), format!("cannot listen on port {port} of loopback"));
}

#[track_caller]
fn check(wanted: &Wanted, all_scopes: bool, expected: &str) {
    let found = wanted.check(all_scopes).map_or_else(|error| error.to_string(), |()| "fine".to_owned());
    assert_eq!(found, expected);
}

#[test]
fn everything_for_long_must_be_asked_for_twice() {
    let dangerous = "the scope `*`, which is every scope you have, for more than an hour is dangerous";
    check(&wanted(&["a", "*"], 3601), false, dangerous);
    check(&wanted(&["a", "*"], 3601), true, "fine");
    check(&wanted(&["*"], 3600), false, "fine");
    check(&wanted(&["a*"], 86_400), false, "fine");
    check(&wanted(&[], 60), true, "no scopes are named");
    check(&wanted(&["é"], 60), true, "bad scope `é`: expected printable ASCII characters");
    let bad = Wanted { name: "a b".into(), ..wanted(&["a"], 60) };
    check(&bad, true, "bad name `a b`: expected letters, digits and `-_.:@/`");
}

#[test]
fn lifetimes_have_one_unit_that_is_short() {
    let lifetime = |text| lifetime(text).map(shown).unwrap_or_else(|error| error.to_string());
    assert_eq!(lifetime("15m"), "15 minutes");
    assert_eq!(lifetime("1h"), "1 hours");
    assert_eq!(lifetime("1d"), "1 days");
    assert_eq!(lifetime(" 2 weeks "), "14 days");
    assert_eq!(lifetime("1h 1 sec"), "3601 seconds");
    for bad in ["", "m", "0m", "1mo", "-1d", "1 y", "tomorrow", "1.5h"] {
        assert_eq!(
            lifetime(bad),
            format!("bad lifetime `{bad}`: expected a time such as `15m`, `1h` or `1d`")
        );
    }
}
