//! Lists that are handed out in pages.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use crate::call::Call;

/// Where a page begins: after the entry with this key, which has as many parts as the list is sorted by. A token that
/// is not ours is ignored, as the services do.
pub(crate) fn after<const PARTS: usize>(call: &Call<'_>) -> [String; PARTS] {
    call.option("continuationToken")
        .and_then(|token| URL_SAFE_NO_PAD.decode(token).ok())
        .and_then(|bytes| serde_json::from_slice::<Vec<String>>(&bytes).ok())
        .and_then(|parts| parts.try_into().ok())
        .unwrap_or_else(|| std::array::from_fn(|_| String::new()))
}

/// How many entries to read: one more than wanted, which says whether there is another page.
pub(crate) fn to_read(call: &Call<'_>) -> i64 {
    i64::try_from(call.limit()).unwrap_or(1000) + 1
}

/// The answer with a page of entries under `name`, and a token if there are more of them.
pub(crate) fn answer<T>(
    call: &Call<'_>,
    name: &str,
    mut entries: Vec<T>,
    key: impl Fn(&T) -> Vec<String>,
    show: impl Fn(&T) -> Value,
) -> Value {
    let more = entries.len() > call.limit();
    entries.truncate(call.limit());
    let mut answer = json!({ name: entries.iter().map(show).collect::<Vec<_>>() });
    if let Some(last) = entries.last().filter(|_| more) {
        answer["continuationToken"] = json!(URL_SAFE_NO_PAD.encode(json!(key(last)).to_string()));
    }
    answer
}
