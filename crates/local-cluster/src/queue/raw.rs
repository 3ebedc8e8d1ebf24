//! JSON put together from texts that are JSON, and the tokens of lists.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

use crate::call::Call;

/// An object. The values are JSON, the names need no escaping.
pub(super) fn object(fields: &[(&str, &str)]) -> Vec<u8> {
    let length = fields.iter().map(|(name, value)| name.len() + value.len() + 4).sum::<usize>();
    let mut text = Vec::with_capacity(length + 2);
    text.push(b'{');
    for (index, (name, value)) in fields.iter().enumerate() {
        if index > 0 {
            text.push(b',');
        }
        text.push(b'"');
        text.extend_from_slice(name.as_bytes());
        text.extend_from_slice(b"\":");
        text.extend_from_slice(value.as_bytes());
    }
    text.push(b'}');
    text
}

/// A string.
pub(super) fn string(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// A list whose entries are written one by one.
pub(super) struct List {
    text: String,
}

impl List {
    pub(super) fn new() -> List {
        List { text: "[".to_owned() }
    }

    /// The entry is an object.
    pub(super) fn push(&mut self, fields: &[(&str, &str)]) {
        if self.text.len() > 1 {
            self.text.push(',');
        }
        self.text.push('{');
        for (index, (name, value)) in fields.iter().enumerate() {
            if index > 0 {
                self.text.push(',');
            }
            self.text.push('"');
            self.text.push_str(name);
            self.text.push_str("\":");
            self.text.push_str(value);
        }
        self.text.push('}');
    }

    pub(super) fn finish(mut self) -> String {
        self.text.push(']');
        self.text
    }
}

/// Where a list goes on: after this entry. A token that is not ours is ignored, as the services do.
pub(super) fn after(call: &Call<'_>) -> String {
    call.option("continuationToken")
        .and_then(|token| URL_SAFE_NO_PAD.decode(token).ok())
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .unwrap_or_default()
}

/// The token for what comes after an entry, as a JSON string.
pub(super) fn token(last: &str) -> String {
    format!("\"{}\"", URL_SAFE_NO_PAD.encode(last))
}
