//! Other documents that a schema refers to.

use std::collections::BTreeMap;

use taskgraph_value::Value;

use super::resolve::{MOST_SCHEMA, missing};
use crate::{SchemaError, bounds};

/// The most documents that one schema may bring in.
pub const MOST_FETCHED: usize = 16;
/// How long fetching one of them may take, in seconds.
pub const MOST_FETCH_SECONDS: u64 = 10;

/// Fetches a document: a function from its address, and the most bytes to read, to its text.
///
/// It is only asked for addresses that begin with `https://`, must not follow redirects to others, should send no
/// credentials, and should give up after [`MOST_FETCH_SECONDS`]. An error says why, in words.
pub trait Fetch {
    /// Fetches the text at an address.
    fn fetch(&mut self, url: &str, most_bytes: usize) -> Result<String, String>;
}

impl<F: FnMut(&str, usize) -> Result<String, String>> Fetch for F {
    fn fetch(&mut self, url: &str, most_bytes: usize) -> Result<String, String> {
        self(url, most_bytes)
    }
}

/// SchemaDocuments that schemas may refer to, by their addresses. None of them is ever fetched here.
///
/// Whoever may wait for a network asks [`SchemaDocuments::missing`] and calls [`SchemaDocuments::insert`] until nothing is missing;
/// [`SchemaDocuments::complete`] does that with a [`Fetch`].
///
/// ```
/// use taskgraph_actions::{SchemaDocuments, InputSchema};
/// use taskgraph_value::map;
///
/// let schema = map! { "$ref" => "https://example.com/thing.json#/definitions/thing" }.into();
/// assert_eq!(
///     InputSchema::new(&schema).unwrap_err().to_string(),
///     "the schema refers to https://example.com/thing.json, and nobody said that it may be fetched",
/// );
///
/// let mut documents = SchemaDocuments::default();
/// let mut fetch = |_: &str, _: usize| Ok(r#"{"definitions": {"thing": {"type": "string"}}}"#.to_owned());
/// documents.complete(&schema, &mut fetch)?;
/// let schema = InputSchema::with_documents(&schema, &documents)?;
/// assert!(schema.validate(Some(&"text".into())).is_ok());
/// assert!(schema.validate(Some(&5.into())).is_err());
/// # Ok::<(), taskgraph_actions::SchemaError>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct SchemaDocuments(BTreeMap<String, Value>);

impl SchemaDocuments {
    /// Adds the text of a document: JSON of at most 1 MiB.
    pub fn insert(&mut self, url: &str, text: &str) -> Result<(), SchemaError> {
        let fail = |problem: String| SchemaError::Fetch { url: url.to_owned(), problem };
        if text.len() > MOST_SCHEMA {
            return Err(fail(format!("it is larger than {}", bounds::bytes(MOST_SCHEMA))));
        }
        if self.0.len() >= MOST_FETCHED {
            return Err(fail(format!("there are more than {MOST_FETCHED} documents")));
        }
        let document: Value =
            serde_json::from_str(text).map_err(|error| fail(format!("it is no JSON: {error}")))?;
        bounds::measure(&document, MOST_SCHEMA).map_err(|problem| fail(format!("it {problem}")))?;
        self.0.insert(url.to_owned(), document);
        Ok(())
    }

    /// The address of a document that a schema refers to, directly or not, and that is not here yet.
    pub fn missing(&self, schema: &Value) -> Result<Option<String>, SchemaError> {
        missing(schema, self)
    }

    /// Fetches all that a schema refers to.
    pub fn complete(&mut self, schema: &Value, fetch: &mut dyn Fetch) -> Result<(), SchemaError> {
        while let Some(url) = self.missing(schema)? {
            let text = fetch
                .fetch(&url, MOST_SCHEMA)
                .map_err(|problem| SchemaError::Fetch { url: url.clone(), problem })?;
            self.insert(&url, &text)?;
        }
        Ok(())
    }

    pub(super) fn get(&self, url: &str) -> Option<&Value> {
        self.0.get(url)
    }
}
