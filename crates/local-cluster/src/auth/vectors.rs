//! What the official Python client (version 106) made of fixed inputs: issuer `issuer`, times, nonces and seeds below.

/// Of the issuer.
#[rustfmt::skip]
pub(super) const TOKEN: &str = "tok-en_of-the-issuer-0123456789abcdef0123456";
/// 2026-02-03T04:05:00Z, when the requests were signed. The certificates are from five minutes earlier, for a day.
#[rustfmt::skip]
pub(super) const NOW: i64 = 1_770_091_500;
#[rustfmt::skip]
pub(super) const CERTIFICATE: &str = r#"{"version":1,"scopes":["queue:create-task:*","a b"],"start":1770091200000,"expiry":1770177600000,"seed":"aaaaaaaaSaaaaaaaaaaaaAbbbbbbbbSbbbbbbbbbbbbA","signature":"S/Ii5u5t0or79cAhVL2Im6NV1z8SWpMTk+x7eRGT+CA="}"#;
#[rustfmt::skip]
pub(super) const ACCESS_TOKEN: &str = "8wE5P3zivqZvr8VQo3ypcWzkWksF6SI693_x9Wkc0aM";
/// GET http://127.0.0.1:8080/api/queue/v1/task/abc?limit=5 with an empty body.
#[rustfmt::skip]
pub(super) const GET: &str = r#"Hawk mac="kPD/OXajG5EXf/6QEXC+q+RvEMyiIQFQYZbV0PG82Og=", hash="B0weSUXsMcb5UhL41FZbrUJCAotzSI3HawE1NPLRUz8=", id="issuer", ts="1770091500", nonce="nonce1", ext="eyJjZXJ0aWZpY2F0ZSI6eyJ2ZXJzaW9uIjoxLCJzY29wZXMiOlsicXVldWU6Y3JlYXRlLXRhc2s6KiIsImEgYiJdLCJzdGFydCI6MTc3MDA5MTIwMDAwMCwiZXhwaXJ5IjoxNzcwMTc3NjAwMDAwLCJzZWVkIjoiYWFhYWFhYWFTYWFhYWFhYWFhYWFhQWJiYmJiYmJiU2JiYmJiYmJiYmJiYkEiLCJzaWduYXR1cmUiOiJTL0lpNXU1dDBvcjc5Y0FoVkwySW02TlYxejhTV3BNVGsreDdlUkdUK0NBPSJ9fQ==""#;
/// PUT http://127.0.0.1:8080/api/queue/v1/task/abc with {"a":1}, authorized for `queue:create-task:low` only.
#[rustfmt::skip]
pub(super) const PUT: &str = r#"Hawk mac="O0VO8kuxS3HU2XtaypVt/h7ocetrSuspiYnkGb6+Lq8=", hash="qKG2AtsqLMhIdy7+OrxWG0bU8wTDncYSW0gmNukAKpI=", id="issuer", ts="1770091500", nonce="nonce1", ext="eyJjZXJ0aWZpY2F0ZSI6eyJ2ZXJzaW9uIjoxLCJzY29wZXMiOlsicXVldWU6Y3JlYXRlLXRhc2s6KiIsImEgYiJdLCJzdGFydCI6MTc3MDA5MTIwMDAwMCwiZXhwaXJ5IjoxNzcwMTc3NjAwMDAwLCJzZWVkIjoiYWFhYWFhYWFTYWFhYWFhYWFhYWFhQWJiYmJiYmJiU2JiYmJiYmJiYmJiYkEiLCJzaWduYXR1cmUiOiJTL0lpNXU1dDBvcjc5Y0FoVkwySW02TlYxejhTV3BNVGsreDdlUkdUK0NBPSJ9LCJhdXRob3JpemVkU2NvcGVzIjpbInF1ZXVlOmNyZWF0ZS10YXNrOmxvdyJdfQ==""#;
/// As those, with credentials named `local/named`.
#[rustfmt::skip]
pub(super) const NAMED_CERTIFICATE: &str = r#"{"version":1,"scopes":["queue:create-task:*","a b"],"start":1770091200000,"expiry":1770177600000,"seed":"aaaaaaaaSaaaaaaaaaaaaAbbbbbbbbSbbbbbbbbbbbbA","issuer":"issuer","signature":"xWYcA6H8VsRCLvu9IEiI3HD1Wki/IXaLCwTVZs1gIBI="}"#;
#[rustfmt::skip]
pub(super) const NAMED_GET: &str = r#"Hawk mac="p/kKOzVslB7BBqczYvsIiCJ6z4zgIL/BOr7lSw116BM=", hash="B0weSUXsMcb5UhL41FZbrUJCAotzSI3HawE1NPLRUz8=", id="local/named", ts="1770091500", nonce="nonce1", ext="eyJjZXJ0aWZpY2F0ZSI6eyJ2ZXJzaW9uIjoxLCJzY29wZXMiOlsicXVldWU6Y3JlYXRlLXRhc2s6KiIsImEgYiJdLCJzdGFydCI6MTc3MDA5MTIwMDAwMCwiZXhwaXJ5IjoxNzcwMTc3NjAwMDAwLCJzZWVkIjoiYWFhYWFhYWFTYWFhYWFhYWFhYWFhQWJiYmJiYmJiU2JiYmJiYmJiYmJiYkEiLCJpc3N1ZXIiOiJpc3N1ZXIiLCJzaWduYXR1cmUiOiJ4V1ljQTZIOFZzUkNMdnU5SUVpSTNIRDFXa2kvSVhhTEN3VFZaczFnSUJJPSJ9fQ==""#;
#[rustfmt::skip]
pub(super) const NAMED_PUT: &str = r#"Hawk mac="/BmoTVtoptlJvvWkYonUyEgNoqxG36kawI9zp9wnyGI=", hash="qKG2AtsqLMhIdy7+OrxWG0bU8wTDncYSW0gmNukAKpI=", id="local/named", ts="1770091500", nonce="nonce1", ext="eyJjZXJ0aWZpY2F0ZSI6eyJ2ZXJzaW9uIjoxLCJzY29wZXMiOlsicXVldWU6Y3JlYXRlLXRhc2s6KiIsImEgYiJdLCJzdGFydCI6MTc3MDA5MTIwMDAwMCwiZXhwaXJ5IjoxNzcwMTc3NjAwMDAwLCJzZWVkIjoiYWFhYWFhYWFTYWFhYWFhYWFhYWFhQWJiYmJiYmJiU2JiYmJiYmJiYmJiYkEiLCJpc3N1ZXIiOiJpc3N1ZXIiLCJzaWduYXR1cmUiOiJ4V1ljQTZIOFZzUkNMdnU5SUVpSTNIRDFXa2kvSVhhTEN3VFZaczFnSUJJPSJ9LCJhdXRob3JpemVkU2NvcGVzIjpbInF1ZXVlOmNyZWF0ZS10YXNrOmxvdyJdfQ==""#;
/// Until 2026-02-03T04:10:00Z, with the issuer's own credentials.
#[rustfmt::skip]
pub(super) const BEWIT: &str = "/api/index/v1/task/a.b?bewit=aXNzdWVyXDE3NzAwOTE4MDBcMXlJUzFkOU53b29keDg0UitUY3dWbmFYVFZhMGpMZVZNOGNvbmdEUUpEZz1cZTMwPQ";
/// The same, authorized for `queue:status:x` only.
#[rustfmt::skip]
pub(super) const AUTHORIZED_BEWIT: &str = "/api/queue/v1/task-group/fdtgsD5DQUmAQZEaGMvQ4Q/list?bewit=aXNzdWVyXDE3NzAwOTE4MDBcbDZoVmpaT2NuUWRYY1BMZTI2SG1Qam12ellOZEQzdUxNNEJmMGxua2YxUT1cZXlKaGRYUm9iM0pwZW1Wa1UyTnZjR1Z6SWpwYkluRjFaWFZsT25OMFlYUjFjenA0SWwxOQ";
