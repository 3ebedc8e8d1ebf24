//! What is wrong with a value, in words for whoever wrote it.

use jsonschema::{
    ValidationError, Validator,
    error::{TypeKind, ValidationErrorKind as Kind},
};
use serde_json::Value as Json;
use taskgraph_schema::{Violation, describe, one_line};
use taskgraph_value::Value;

/// More are not listed.
pub(crate) const MOST: usize = 100;
/// Choices that are listed.
const MOST_CHOICES: usize = 20;
/// Keys that are listed.
const MOST_KEYS: usize = 20;

/// All that `validator` finds wrong with `value`, in its order, which is always the same.
pub(crate) fn list(validator: &Validator, value: &Json) -> Vec<Violation> {
    let mut found = Vec::new();
    for error in validator.iter_errors(value) {
        add(&error, &mut found);
        if found.len() >= MOST {
            found.truncate(MOST);
            break;
        }
    }
    found
}

/// The keys that lead to where an error is.
pub(crate) fn path(error: &ValidationError<'_>) -> Vec<String> {
    error.instance_path().segments().map(|segment| segment.to_string()).collect()
}

pub(crate) fn add(error: &ValidationError<'_>, found: &mut Vec<Violation>) {
    let place = path(error);
    let mut say = |keys: &[String], problem: String| {
        let path = keys.join(".");
        let violation = Violation { path, problem };
        if !found.contains(&violation) {
            found.push(violation);
        }
    };
    let instance = error.instance().as_ref();
    match error.kind() {
        Kind::AdditionalProperties { unexpected } | Kind::UnevaluatedProperties { unexpected } => {
            for name in unexpected.iter().take(MOST) {
                let keys: Vec<String> = place.iter().chain([name]).cloned().collect();
                say(&keys, "unknown key".to_owned());
            }
        }
        Kind::Required { property } => {
            let name = property.as_str().unwrap_or_default().to_owned();
            let keys: Vec<String> = place.into_iter().chain([name]).collect();
            say(&keys, "missing".to_owned());
        }
        Kind::AnyOf { context } | Kind::OneOfNotValid { context } => {
            // One form that has the right type says more than that there are several forms.
            let close: Vec<_> = context.iter().filter(|errors| !errors.iter().any(is_other_type)).collect();
            match close[..] {
                [errors] if !errors.is_empty() => {
                    errors.iter().take(MOST).for_each(|error| add(error, found))
                }
                _ => say(
                    &place,
                    format!("expected one of the {} forms that it can have{}", context.len(), but(instance)),
                ),
            }
        }
        kind => say(&place, format!("expected {}{}", expected(kind, error), but(instance))),
    }
}

/// Whether a form is not meant at all: the value as a whole has another type, or another constant.
fn is_other_type(error: &ValidationError<'_>) -> bool {
    matches!(error.kind(), Kind::Type { .. } | Kind::FalseSchema)
        || matches!(error.kind(), Kind::Constant { .. } | Kind::Enum { .. })
}

/// What was found.
fn but(instance: &Json) -> String {
    format!(", found {}", describe(&shallow(instance)))
}

/// Enough of a value to describe it.
fn shallow(value: &Json) -> Value {
    match value {
        Json::Array(items) => Value::from(vec![Value::Null; items.len().min(1_000_000)]),
        Json::Object(object) => {
            let keys = object.keys().take(4);
            Value::Map(keys.map(|key| (key.as_str().into(), Value::Null)).collect())
        }
        scalar => crate::convert::from_json(scalar),
    }
}

fn expected(kind: &Kind, error: &ValidationError<'_>) -> String {
    let article = |name: &str| match name {
        "null" => "null".to_owned(),
        "array" => "a list".to_owned(),
        "object" => "a mapping".to_owned(),
        "integer" => "an integer".to_owned(),
        other => format!("a {other}"),
    };
    let count = |limit: &u64, what: &str| format!("{limit} {what}{}", if *limit == 1 { "" } else { "s" });
    match kind {
        Kind::Type { kind: TypeKind::Single(kind) } => article(kind.as_str()),
        Kind::Type { kind: TypeKind::Multiple(kinds) } => {
            kinds.iter().map(|kind| article(kind.as_str())).collect::<Vec<_>>().join(" or ")
        }
        Kind::Enum { options } => match options.as_array() {
            Some(options) => {
                let shown = options.iter().take(MOST_CHOICES).map(short).collect::<Vec<_>>().join(", ");
                let more = if options.len() > MOST_CHOICES { ", ..." } else { "" };
                format!("one of {shown}{more}")
            }
            None => "one of the allowed values".to_owned(),
        },
        Kind::Constant { expected_value } => short(expected_value),
        Kind::Pattern { pattern } => {
            format!("something that matches the pattern {}", short(&pattern.as_str().into()))
        }
        Kind::BacktrackLimitExceeded { .. } | Kind::RegexEngineFailure { .. } => {
            "something that can be compared with the pattern in reasonable time".to_owned()
        }
        Kind::Format { format } => format!("something of the format `{format}`"),
        Kind::MinLength { limit } => format!("at least {}", count(limit, "character")),
        Kind::MaxLength { limit } => format!("at most {}", count(limit, "character")),
        Kind::MinItems { limit } => format!("at least {}", count(limit, "item")),
        Kind::MaxItems { limit } => format!("at most {}", count(limit, "item")),
        Kind::AdditionalItems { limit } => format!("at most {}", count(&(*limit as u64), "item")),
        Kind::MinProperties { limit } => format!("at least {}", count(limit, "key")),
        Kind::MaxProperties { limit } => format!("at most {}", count(limit, "key")),
        Kind::Minimum { limit } => format!("at least {limit}"),
        Kind::Maximum { limit } => format!("at most {limit}"),
        Kind::ExclusiveMinimum { limit } => format!("more than {limit}"),
        Kind::ExclusiveMaximum { limit } => format!("less than {limit}"),
        Kind::MultipleOf { multiple_of } => format!("a multiple of {multiple_of}"),
        Kind::UniqueItems => "items that differ from each other".to_owned(),
        Kind::OneOfMultipleValid { .. } => "exactly one of the forms that it can have to fit".to_owned(),
        Kind::Not { .. } => "something that the schema does not forbid".to_owned(),
        Kind::Contains => "an item of the form that has to be in it".to_owned(),
        Kind::FalseSchema => "nothing to be here".to_owned(),
        Kind::PropertyNames { error } => format!("other keys ({})", one_line(&error.masked().to_string())),
        Kind::UnevaluatedItems { .. } => "fewer items".to_owned(),
        _ => one_line(&error.masked().to_string()).into_owned(),
    }
}

/// A value as JSON, on a line, shortened.
fn short(value: &Json) -> String {
    const MOST: usize = 80;
    let text = match value {
        // Writing all of a large value in order to show a part of it would be a waste.
        Json::Array(_) | Json::Object(_) => describe(&shallow(value)),
        scalar => scalar.to_string(),
    };
    match text.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None => text,
    }
}

/// Violations in one text.
pub(crate) fn joined(violations: &[Violation]) -> String {
    let shown: Vec<String> = violations.iter().take(MOST_KEYS).map(ToString::to_string).collect();
    let more = violations.len().saturating_sub(MOST_KEYS);
    if more > 0 { format!("{}; and {more} more", shown.join("; ")) } else { shown.join("; ") }
}
