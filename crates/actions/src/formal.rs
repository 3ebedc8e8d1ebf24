//! The formal schema of documents.

use std::sync::LazyLock;

use jsonschema::{Validator, error::ValidationErrorKind as Kind};
use serde_json::{Value as Json, json};
use taskgraph_schema::Violation;
use taskgraph_value::Value;

use crate::{DocumentError, convert, violations};

/// The formal JSON schema of `public/actions.json`, draft 7.
pub const DOCUMENT_SCHEMA: &str = include_str!("actions.schema.json");

struct Formal {
    document: Validator,
    task: Validator,
    hook: Validator,
}

/// None if the file were broken, which a test rules out.
static FORMAL: LazyLock<Option<Formal>> = LazyLock::new(|| {
    let document = serde_json::from_str::<Json>(DOCUMENT_SCHEMA).ok()?;
    let of = |definition: &str| {
        let schema = json!({ "$ref": definition, "definitions": document["definitions"] });
        jsonschema::draft7::new(&schema).ok()
    };
    Some(Formal {
        document: jsonschema::draft7::new(&document).ok()?,
        task: of("#/definitions/task-action")?,
        hook: of("#/definitions/hook-action")?,
    })
});

/// Compares a document with the schema. Its size has been checked.
pub(crate) fn check(document: &Value) -> Result<(), DocumentError> {
    let broken = || DocumentError::Json { problem: "the formal schema is broken".to_owned() };
    let formal = FORMAL.as_ref().ok_or_else(broken)?;
    let document = convert::to_json(document);
    if formal.document.is_valid(&document) {
        return Ok(());
    }
    let mut found: Vec<Violation> = Vec::new();
    for error in formal.document.iter_errors(&document) {
        if matches!(error.kind(), Kind::OneOfNotValid { .. }) {
            found.extend(of_action(formal, &violations::path(&error), &document));
        } else {
            violations::add(&error, &mut found);
        }
        if found.len() >= violations::MOST {
            break;
        }
    }
    Err(DocumentError::Shape { violations: found })
}

/// What is wrong with one action: what its own kind says, rather than that it is of neither kind.
fn of_action(formal: &Formal, place: &[String], document: &Json) -> Vec<Violation> {
    let Some(action) = place.iter().try_fold(document, |value, key| match value {
        Json::Array(items) => items.get(key.parse::<usize>().ok()?),
        other => other.get(key),
    }) else {
        return Vec::new();
    };
    let prefix = place.join(".");
    let validator = match action.get("kind").and_then(Json::as_str) {
        Some("task") => &formal.task,
        Some("hook") => &formal.hook,
        _ => {
            let (path, problem) = match action.get("kind") {
                None if action.is_object() => (format!("{prefix}.kind"), "missing".to_owned()),
                None => (prefix, "expected a mapping with a kind, `task` or `hook`".to_owned()),
                Some(_) => (format!("{prefix}.kind"), "expected a string, `task` or `hook`".to_owned()),
            };
            return vec![Violation { path, problem }];
        }
    };
    let found = violations::list(validator, action).into_iter();
    found
        .map(|Violation { path, problem }| {
            let path = if path.is_empty() { prefix.clone() } else { format!("{prefix}.{path}") };
            Violation { path, problem }
        })
        .collect()
}
