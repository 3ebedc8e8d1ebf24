//! Tests of signatures: reading them, and not falling over any.

use super::{Claim, Proof, SignedRequest, bewit_of, decode_leniently};

fn read(authorization: Option<&str>, path_and_query: &str) -> Result<Option<Claim>, String> {
    let request = SignedRequest {
        verb: "GET",
        host: "localhost",
        port: 80,
        path_and_query,
        authorization,
        content_type: None,
        body: b"",
    };
    Claim::of(&request).map_err(|error| error.message)
}

#[test]
fn headers_are_read() {
    let header = r#"Hawk id="me", ts="1353832234", nonce="j4h3g2", ext="some", hash="aGFzaA==", mac="bWFj""#;
    let claim = read(Some(header), "/").unwrap().unwrap();
    let text = |text: &str| text.to_owned();
    let proof = Proof::Header {
        ts: text("1353832234"),
        nonce: text("j4h3g2"),
        mac: text("bWFj"),
        hash: Some(text("aGFzaA==")),
    };
    assert_eq!(claim, Claim { client_id: text("me"), ext: Some(text("some")), proof });
    assert_eq!(read(None, "/?a=bewit"), Ok(None));
}

#[test]
fn malformed_headers_are_refused() {
    let message = |header: &str| read(Some(header), "/").unwrap_err();
    assert_eq!(message("Bearer abc"), "Unauthorized");
    assert_eq!(message(""), "Unauthorized");
    assert_eq!(message("Hawk"), "Bad Request: Invalid header syntax");
    assert_eq!(message("Hawk abc"), "Bad Request: Bad header format");
    assert_eq!(message(r#"Hawk id="a" ts="1""#), "Bad Request: Bad header format");
    assert_eq!(message(r#"Hawk id="a"#), "Bad Request: Bad header format");
    assert_eq!(message(r#"Hawk who="a""#), "Bad Request: Unknown attribute: who");
    assert_eq!(message(r#"Hawk id="a", id="b""#), "Bad Request: Duplicate attribute: id");
    assert_eq!(message("Hawk id=\"ä\""), "Bad Request: Bad attribute value: id");
    assert_eq!(message(r#"Hawk id="a", ts="1", nonce="n""#), "Bad Request: Missing attributes");
}

#[test]
fn malformed_bewits_are_refused() {
    let message = |bewit: &str| read(None, &format!("/?bewit={bewit}")).unwrap_err();
    assert_eq!(message(""), "Unauthorized: Empty bewit");
    assert_eq!(message("%%%"), "Bad Request: Invalid bewit encoding");
    assert_eq!(message("YQ"), "Bad Request: Invalid bewit structure");
    assert_eq!(message("XFxc"), "Bad Request: Missing bewit attributes");
    assert!(read(Some("Hawk x"), "/?bewit=YQ").unwrap_err().contains("two authentication schemes"));
}

#[test]
fn no_time_is_too_large() {
    let now = "2026-02-03T04:05:06Z".parse().unwrap();
    for ts in ["18446744073709551615", "99999999999", "-1", "1e9", "x", "4294967296"] {
        let header = format!(r#"Hawk id="me", ts="{ts}", nonce="n", mac="bWFj""#);
        let request = SignedRequest {
            verb: "GET",
            host: "localhost",
            port: 80,
            path_and_query: "/",
            authorization: Some(&header),
            content_type: None,
            body: b"",
        };
        let claim = Claim::of(&request).unwrap().unwrap();
        assert_eq!(
            claim.verify(&request, "key", now).unwrap_err().message,
            "Unauthorized: Stale timestamp",
            "{ts}"
        );
    }
}

#[test]
fn the_bewit_leaves_the_query() {
    assert_eq!(bewit_of("/a?bewit=x"), Some(("x", "/a".to_owned())));
    assert_eq!(bewit_of("/a?b=1&bewit=x&c=2"), Some(("x", "/a?b=1&c=2".to_owned())));
    assert_eq!(bewit_of("/a?b=1"), None);
    assert_eq!(bewit_of("/bewit=x"), None);
}

#[test]
fn base64_of_both_alphabets() {
    assert_eq!(decode_leniently("-_8="), decode_leniently("+/8"));
    assert_eq!(decode_leniently("e30="), Some(b"{}".to_vec()));
    assert_eq!(decode_leniently("!"), None);
}
