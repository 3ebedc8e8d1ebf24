//! What is wrong with a value, in the words of the services' validator.

use jsonschema::{
    ValidationError, Validator,
    error::{TypeKind, ValidationErrorKind as Kind},
};
use serde_json::{Value, json};

/// More are counted, not shown.
const MOST: usize = 100;
/// Characters of one violation.
const LONGEST: usize = 2000;

/// All that `validator` finds wrong with `value`: where it is, and what.
pub(super) fn list(validator: &Validator, value: &Value) -> Vec<String> {
    let mut found = Vec::new();
    let mut errors = validator.iter_errors(value);
    for error in errors.by_ref() {
        add(&error, &mut found);
        if found.len() > MOST {
            found.truncate(MOST);
            found.push("and more".to_owned());
            break;
        }
    }
    found
}

fn add(error: &ValidationError<'_>, found: &mut Vec<String>) {
    let mut say = |what: String| {
        let mut line = format!("data{} {what}", error.instance_path());
        if let Some((end, _)) = line.char_indices().nth(LONGEST) {
            line.truncate(end);
        }
        found.push(line);
    };
    match error.kind() {
        Kind::AdditionalProperties { unexpected } | Kind::UnevaluatedProperties { unexpected } => {
            for name in unexpected.iter().take(MOST) {
                say(format!("must NOT have additional properties: {}", json!(name)));
            }
        }
        Kind::AnyOf { context } => {
            branches(context, found);
            found.push(format!("data{} must match a schema in anyOf", error.instance_path()));
        }
        Kind::OneOfNotValid { context } => {
            branches(context, found);
            found.push(format!("data{} must match exactly one schema in oneOf", error.instance_path()));
        }
        other => say(describe(other, error)),
    }
}

fn branches(context: &[Vec<ValidationError<'static>>], found: &mut Vec<String>) {
    for error in context.iter().flatten() {
        if found.len() > MOST {
            return;
        }
        add(error, found);
    }
}

fn describe(kind: &Kind, error: &ValidationError<'_>) -> String {
    match kind {
        Kind::Required { property } => {
            format!("must have required property '{}'", property.as_str().unwrap_or_default())
        }
        Kind::Type { kind: TypeKind::Single(kind) } => format!("must be {kind}"),
        Kind::Type { kind: TypeKind::Multiple(kinds) } => {
            let names = kinds.iter().map(|kind| kind.to_string()).collect::<Vec<_>>();
            format!("must be {}", names.join(","))
        }
        Kind::Pattern { pattern } => format!("must match pattern \"{pattern}\""),
        Kind::Format { format } => format!("must match format \"{format}\""),
        Kind::Enum { .. } => "must be equal to one of the allowed values".to_owned(),
        Kind::Constant { .. } => "must be equal to constant".to_owned(),
        Kind::MinLength { limit } => format!("must NOT have fewer than {limit} characters"),
        Kind::MaxLength { limit } => format!("must NOT have more than {limit} characters"),
        Kind::MinItems { limit } => format!("must NOT have fewer than {limit} items"),
        Kind::MaxItems { limit } => format!("must NOT have more than {limit} items"),
        Kind::AdditionalItems { limit } => format!("must NOT have more than {limit} items"),
        Kind::MinProperties { limit } => format!("must NOT have fewer than {limit} properties"),
        Kind::MaxProperties { limit } => format!("must NOT have more than {limit} properties"),
        Kind::Minimum { limit } => format!("must be >= {limit}"),
        Kind::Maximum { limit } => format!("must be <= {limit}"),
        Kind::ExclusiveMinimum { limit } => format!("must be > {limit}"),
        Kind::ExclusiveMaximum { limit } => format!("must be < {limit}"),
        Kind::MultipleOf { multiple_of } => format!("must be multiple of {multiple_of}"),
        Kind::UniqueItems => "must NOT have duplicate items".to_owned(),
        Kind::OneOfMultipleValid { .. } => "must match exactly one schema in oneOf".to_owned(),
        Kind::Not { .. } => "must NOT be valid".to_owned(),
        Kind::Contains => "must contain at least 1 valid item(s)".to_owned(),
        Kind::FalseSchema => "boolean schema is false".to_owned(),
        Kind::PropertyNames { .. } => "property name must be valid".to_owned(),
        _ => error.masked().to_string(),
    }
}
