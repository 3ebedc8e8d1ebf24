//! `signin`, `signout` and `creds check`.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::Stdio;
use std::thread;
use std::time::Duration;

use crate::support::{Run, TestEnv};

/// A machine whose browser writes down what it is to open.
#[cfg(unix)]
fn with_browser() -> TestEnv {
    use std::os::unix::fs::PermissionsExt;
    let env = TestEnv::without_checkout();
    let opener = if cfg!(target_os = "macos") { "bin/open" } else { "bin/xdg-open" };
    let bin = env.path("bin").to_str().unwrap().to_owned();
    env.write(opener, &format!("#!/bin/sh\nprintf %s \"$1\" > {bin}/new && mv {bin}/new {bin}/opened\n"));
    fs::set_permissions(env.path(opener), PermissionsExt::from_mode(0o755)).unwrap();
    env.variable("PATH", &format!("{bin}:/usr/bin:/bin"))
        .variable("TASKCLUSTER_ROOT_URL", "https://tc.example.com/")
}

/// Signs in; the browser grants what it is asked for. Returns what was opened, too.
#[cfg(unix)]
fn sign_in(env: &TestEnv, args: &[&str]) -> (Run, String) {
    let mut command = env.taskgraph(&env.repo(), ["signin"].into_iter().chain(args.iter().copied()));
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let url = loop {
        match fs::read_to_string(env.path("bin/opened")) {
            Ok(url) => break url,
            Err(_) => thread::sleep(Duration::from_millis(5)),
        }
    };
    fs::remove_file(env.path("bin/opened")).unwrap();
    let callback = url.split("callback_url=http%3A%2F%2Flocalhost%3A").nth(1).unwrap();
    let (port, path) = callback.split('&').next().unwrap().split_once("%2F").unwrap();
    let mut stream = TcpStream::connect(format!("127.0.0.1:{port}")).unwrap();
    write!(stream, "GET /{path}?clientId=github/1|me/cli-x&accessToken=it's-s3cret HTTP/1.1\r\n\r\n")
        .unwrap();
    let mut page = String::new();
    stream.read_to_string(&mut page).unwrap();
    assert!(page.starts_with("HTTP/1.1 200 OK\r\n") && page.contains("You are signed in."), "{page}");
    (env.finished(child.wait_with_output().unwrap()), url)
}

#[cfg(unix)]
#[test]
fn a_browser_brings_credentials() {
    let env = with_browser();
    let scopes = ["-s", "queue:rerun-task:*", "--scope", "secrets:get:a\n secrets:get:b\n"];
    let (run, url) = sign_in(&env, &scopes);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    assert!(
        url.starts_with(
            "https://tc.example.com/auth/clients/create?scope=queue%3Arerun-task%3A%2A&scope=secrets%3Aget%3Aa\
             &scope=secrets%3Aget%3Ab&name=cli-"
        ),
        "{url}"
    );
    assert!(url.contains("&expires=1%20days&callback_url="), "{url}");
    assert_eq!(
        run.stdout,
        "export TASKCLUSTER_ROOT_URL='https://tc.example.com';\n\
         export TASKCLUSTER_CLIENT_ID='github/1|me/cli-x';\n\
         export TASKCLUSTER_ACCESS_TOKEN='it'\\''s-s3cret';\n\
         unset TASKCLUSTER_CERTIFICATE;\n"
    );
    assert_eq!(
        run.stderr,
        format!(
            "To sign in, open this page in a browser on this machine:\n{url}\nSigned in as github/1|me/cli-x.\n"
        )
    );

    // Expired credentials in the environment do not keep anybody from getting new ones.
    let env = env.variable("TASKCLUSTER_CLIENT_ID", "me").variable("TASKCLUSTER_CERTIFICATE", "nonsense");
    let (run, url) = sign_in(&env, &["-q", "--fish", "-n", "rerunner", "--expires", "15m"]);
    assert!(url.contains("?scope=%2A&name=rerunner-") && url.contains("&expires=15%20minutes&"), "{url}");
    assert!(run.stdout.contains("set -gx TASKCLUSTER_ACCESS_TOKEN 'it\\'s-s3cret';\n"), "{}", run.stdout);
    // Without the address, nobody could go on if no browser opens.
    assert_eq!(run.stderr, format!("To sign in, open this page in a browser on this machine:\n{url}\n"));
    let (run, _) = sign_in(&env, &["--csh", "--all-scopes"]);
    assert!(run.stdout.contains("setenv TASKCLUSTER_CLIENT_ID 'github/1|me/cli-x';\n"), "{}", run.stdout);
}

#[test]
fn what_nobody_should_ask_for_is_refused() {
    let env = TestEnv::new();
    let check = |args: &[&str], code: i32, expected: &str| {
        let mut command = env.taskgraph(&env.repo(), ["signin"].into_iter().chain(args.iter().copied()));
        command.env("TASKCLUSTER_ROOT_URL", "https://tc.example.com");
        let message = env.finished(command.output().unwrap()).failed(code);
        assert_eq!(message, expected);
    };
    check(
        &[],
        2,
        "error: the scope `*`, which is every scope you have, for more than an hour is dangerous\n\
         hint: name the scopes with -s, or take --expires 1h, or say --all-scopes\n",
    );
    check(
        &["--expires", "soon"],
        2,
        "error: bad lifetime `soon`: expected a time such as `15m`, `1h` or `1d`\n",
    );
    check(&["-s", " \n "], 2, "error: no scopes are named\n");
    check(&["-s", "é"], 2, "error: bad scope `é`: expected printable ASCII characters\n");
    check(&["-s", "a", "-n", "a b"], 2, "error: bad name `a b`: expected letters, digits and `-_.:@/`\n");
    check(
        &["--local"],
        1,
        "error: nobody signs in to the embedded cluster: commands use it as its client `local/root`\n",
    );
    let message = env.run("signin -s a").failed(1);
    assert!(message.contains("expected the environment variable TASKCLUSTER_ROOT_URL\n"), "{message}");
    let env = env.variable("TASKCLUSTER_ROOT_URL", "tc.example.com");
    let message = env.run("signin -s a").failed(1);
    assert!(message.starts_with("error: bad URL `tc.example.com`: expected"), "{message}");
}

#[test]
fn shells_forget_credentials() {
    let env = TestEnv::without_checkout();
    assert_eq!(
        env.run("signout").ok(),
        "unset TASKCLUSTER_CLIENT_ID;\nunset TASKCLUSTER_ACCESS_TOKEN;\nunset TASKCLUSTER_CERTIFICATE;\n"
    );
    assert_eq!(env.run("signout --csh").ok().lines().next(), Some("unsetenv TASKCLUSTER_CLIENT_ID;"));
    assert_eq!(env.run("signout --fish").ok().lines().next(), Some("set -e TASKCLUSTER_CLIENT_ID;"));
}

#[test]
fn credentials_are_checked() {
    let env = TestEnv::new();
    let shown = env.run("--local creds check").ok();
    let lines: Vec<&str> = shown.lines().collect();
    assert_eq!(lines[0], "client:     local/root");
    assert!(lines[1].starts_with("deployment: http://127.0.0.1:"), "{shown}");
    assert!(lines[2].starts_with("expires:    ") && lines[2].ends_with('Z'), "{shown}");
    assert_eq!(lines[3..], ["scopes:", "  *"]);
    let json: serde_json::Value = serde_json::from_str(&env.run("--local creds check --json").ok()).unwrap();
    assert_eq!((&json["clientId"], &json["scopes"]), (&"local/root".into(), &serde_json::json!(["*"])));

    let run = env.run("--local signin --check");
    assert_eq!((run.code, run.stdout.as_str()), (Some(0), ""));
    assert_eq!(run.stderr, "Signed in as local/root.\n");
    let env = env.variable("TASKCLUSTER_ROOT_URL", "https://tc.example.com");
    let message = env.run("signin --check").failed(4);
    assert!(message.starts_with("error: nobody is signed in: "), "{message}");
}
