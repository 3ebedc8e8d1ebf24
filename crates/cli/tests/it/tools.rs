//! `from-now` and `slugid`, which need neither a repository nor a deployment.

use crate::support::TestEnv;

#[test]
fn times_are_printed_as_the_official_client_prints_them() {
    let env = TestEnv::new();
    for args in ["0s", "1 day 2 hours", "1d2h3min", "1y", "-2 weeks", "- 2 weeks", "--quiet 1mo"] {
        let time = env.run(&format!("from-now {args}")).ok();
        let shape: String = time.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
        assert_eq!(shape, "0000-00-00T00:00:00Z\n", "{args}");
    }
    // Text is compared as text: later times are greater.
    let times = ["-1d", "0s", "1d", "1w", "1mo", "1y"].map(|args| env.run(&format!("from-now {args}")).ok());
    assert!(times.is_sorted(), "{times:?}");
    let zoned = env.variable("TZ", "Asia/Kathmandu").run("from-now 1h").ok();
    assert!(zoned.ends_with("+05:45\n") || zoned.ends_with("Z\n"), "{zoned}"); // if the machine knows zones
}

#[test]
fn durations_that_are_none_are_said() {
    let env = TestEnv::new();
    let message = env.run("from-now tomorrow morning").failed(1);
    assert_eq!(
        message,
        "error: bad duration `tomorrow morning`: expected numbers with units, the largest first, as in `1 year 2 \
         months 3 weeks 4 days 5 hours 6 minutes 7 seconds` or `1d2h`\n"
    );
    let message = env.run("from-now 999999y").failed(1);
    assert_eq!(message, "error: bad duration `999999y`: expected a time that is not so far away\n");
    env.run("from-now").failed(2);
}

#[test]
fn ids_are_made_and_converted() {
    let env = TestEnv::new();
    let (slug, uuid) = ("fdtgsD5DQUmAQZEaGMvQ4Q", "7ddb60b0-3e43-4149-8041-911a18cbd0e1");
    assert_eq!(env.run(&format!("slugid encode {uuid}")).ok(), format!("{slug}\n"));
    assert_eq!(env.run(&format!("slugid decode {slug}")).ok(), format!("{uuid}\n"));
    let ids = [(); 2].map(|()| env.run("slugid generate").ok());
    assert_ne!(ids[0], ids[1]);
    let dashed = "-8YmvY41QbKYkEsJYSfLYw";
    assert_eq!(env.run(&format!("slugid decode {dashed}")).ok(), "fbc626bd-8e35-41b2-9890-4b096127cb63\n");
    for flag in ["-n", "--nice"] {
        let nice = env.run(&format!("slugid generate {flag}")).ok();
        assert!(nice.len() == 23 && nice.starts_with(|c: char| c.is_ascii_alphabetic()), "{nice}");
        env.run(&format!("slugid decode {nice}")).ok();
    }
    let message = env.run("slugid decode xyz").failed(1);
    assert!(message.starts_with("error: bad slugid `xyz`: expected a version 4 UUID in 22"), "{message}");
    let message = env.run("slugid encode 7ddb60b0-3e43").failed(1);
    assert!(message.starts_with("error: bad UUID `7ddb60b0-3e43`: expected one of version 4"), "{message}");
}
