//! What an action takes as input.

mod documents;
mod example;
mod fields;
mod fill;
mod pattern;
mod resolve;

use jsonschema::{Draft, PatternOptions, Validator};
use taskgraph_schema::{Violation, describe};
use taskgraph_value::{Map, Value, map};

use self::resolve::{Resolved, resolve};
pub use self::{
    documents::{Fetch, MOST_FETCH_SECONDS, MOST_FETCHED, SchemaDocuments},
    fields::Field,
};
use crate::{Action, InputError, SchemaError, bounds, convert, violations};

/// The largest input, in bytes of JSON, with its defaults filled in.
pub const MOST_INPUT: usize = 1 << 20;
/// The most work: parts of the schema times bytes of the input, which is also memory if the input is wrong.
const MOST_WORK: u64 = 50_000_000;
/// The same for patterns: the steps that they take for a character times bytes of the input.
const MOST_PATTERN_WORK: u64 = 400_000_000;

/// The JSON schema of an action's input, ready to be used.
///
/// Draft 7, unless its `$schema` names draft 4, 6, 2019-09 or 2020-12. What it costs is known before it is used: a
/// schema may not refer to itself, may have about 20 000 parts when its references are followed, and patterns that
/// compile to at most 256 KiB; patterns with look-around may go back 10 000 times. What is beyond that fails, as do
/// inputs of more than [`MOST_INPUT`] bytes, or too large for the schema.
///
/// ```
/// use taskgraph_actions::InputSchema;
/// use taskgraph_value::{json, map};
///
/// let times = map! { "type" => "integer", "default" => 1, "minimum" => 1, "maximum" => 100 };
/// let schema = map! { "type" => "object", "properties" => map! { "times" => times } };
/// let schema = InputSchema::new(&schema.into())?;
///
/// assert_eq!(json::compact(&schema.validate(None)?)?, r#"{"times":1}"#);
/// let error = schema.validate(Some(&map! { "times" => 101 }.into())).unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "the input is not as the action wants it: `times`: expected at most 100, found the integer 101",
/// );
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct InputSchema {
    /// The schema, its references leading to its own `definitions` only.
    schema: Value,
    draft: Draft,
    validator: Validator,
    /// What it costs per byte of input: its parts, and the steps of its patterns.
    parts: u64,
    patterns: u64,
}

impl InputSchema {
    /// Prepares a schema that does not refer to other documents.
    pub fn new(schema: &Value) -> Result<InputSchema, SchemaError> {
        InputSchema::with_documents(schema, &SchemaDocuments::default())
    }

    /// Prepares a schema that may refer to these documents.
    ///
    /// Fails with [`SchemaError::External`] if it refers to one that is missing.
    pub fn with_documents(schema: &Value, documents: &SchemaDocuments) -> Result<InputSchema, SchemaError> {
        let Resolved { schema, draft, parts, patterns } = resolve(schema, documents)?;
        let validator = compile(&schema, draft)?;
        Ok(InputSchema { schema, draft, validator, parts, patterns })
    }

    /// Fills in defaults and compares an input with the schema; without one, begins with the schema's own default, or
    /// with an empty mapping if it wants a mapping, or with null.
    ///
    /// The result is what templates get to see.
    pub fn validate(&self, given: Option<&Value>) -> Result<Value, InputError> {
        let input = match given {
            Some(input) => input.clone(),
            None => self.start(),
        };
        self.admit(&input)?;
        let input = self.fill(input)?;
        self.admit(&input)?;
        let json = convert::to_json(&input);
        if self.validator.is_valid(&json) {
            return Ok(input);
        }
        let violations = violations::list(&self.validator, &json).into_iter();
        Err(InputError::Invalid {
            violations: violations.map(|violation| as_given(violation, given)).collect(),
        })
    }

    /// Compares what stands for one [`Field`] with its part of the schema. A field that the schema does not know takes
    /// anything.
    pub fn check_field(&self, name: &str, value: &Value) -> Result<(), InputError> {
        let Some(part) = self.part(name) else { return Ok(()) };
        self.admit(value)?;
        // The reference is wrapped, because in early drafts nothing beside it counts.
        let mut schema = map! { "allOf" => vec![part.clone()] };
        if let Some(definitions) = self.schema.as_map().and_then(|schema| schema.get("definitions")) {
            schema.insert("definitions".into(), definitions.clone());
        }
        let validator = compile(&schema.into(), self.draft)?;
        let json = convert::to_json(value);
        if validator.is_valid(&json) {
            return Ok(());
        }
        let mut violations = violations::list(&validator, &json);
        for violation in &mut violations {
            violation.path = [name, &violation.path]
                .iter()
                .filter(|key| !key.is_empty())
                .copied()
                .collect::<Vec<_>>()
                .join(".");
        }
        Err(InputError::Invalid { violations })
    }

    fn is_valid(&self, input: &Value) -> bool {
        self.admit(input).is_ok() && self.validator.is_valid(&convert::to_json(input))
    }

    fn admit(&self, input: &Value) -> Result<(), InputError> {
        let size = bounds::measure(input, MOST_INPUT).map_err(|problem| InputError::Size { problem })?;
        let work = |per_byte: u64| per_byte.saturating_mul(size as u64);
        if work(self.parts) > MOST_WORK || work(self.patterns) > MOST_PATTERN_WORK {
            let problem = "is too large to be compared with a schema of this size".to_owned();
            return Err(InputError::Size { problem });
        }
        Ok(())
    }

    /// A schema, or what it refers to.
    fn follow<'s>(&'s self, mut schema: &'s Value) -> &'s Value {
        // The references were checked not to go in a circle.
        while let Some(target) = schema.as_map().and_then(|schema| schema.get_str("$ref")) {
            let name = target.strip_prefix(resolve::DEFINITIONS).unwrap_or_default();
            let definitions = self.schema.as_map().and_then(|schema| schema.get_map("definitions"));
            match definitions.and_then(|definitions| definitions.get(name)) {
                Some(found) => schema = found,
                None => break,
            }
        }
        schema
    }

    /// The schema as a mapping, all its `allOf` included, each followed.
    fn layers<'s>(&'s self, schema: &'s Value) -> Vec<&'s Map> {
        let mut layers = Vec::new();
        if let Some(map) = self.follow(schema).as_map() {
            layers.push(map);
            for part in map.get_list("allOf") {
                layers.extend(self.layers(part));
            }
        }
        layers
    }
}

fn compile(schema: &Value, draft: Draft) -> Result<Validator, SchemaError> {
    let linear = jsonschema::options()
        .with_draft(draft)
        .should_validate_formats(true)
        .should_ignore_unknown_formats(true)
        .with_pattern_options(
            PatternOptions::fancy_regex()
                .backtrack_limit(resolve::MOST_BACKTRACKS)
                .size_limit(resolve::LARGEST_PATTERN)
                .dfa_size_limit(1 << 20),
        )
        .build(&convert::to_json(schema));
    linear.map_err(|error| {
        let path = violations::path(&error).join(".");
        let problem = error.masked_with("the value").to_string();
        let problem = if path.is_empty() { problem } else { format!("`{path}`: {problem}") };
        SchemaError::Invalid { problem }
    })
}

impl Action {
    /// What templates get to see as input: compared with the action's schema, with its defaults filled in. Without a schema
    /// it is null.
    pub fn input(&self, input: Option<&Value>, documents: &SchemaDocuments) -> Result<Value, InputError> {
        match (&self.schema, input) {
            (Some(schema), input) => InputSchema::with_documents(schema, documents)?.validate(input),
            (None, None | Some(Value::Null)) => Ok(Value::Null),
            (None, Some(input)) => Err(InputError::NotTaken { found: describe(input) }),
        }
    }
}

/// What is wrong with an input, if that is why it is an error.
impl InputError {
    /// The places of an input that are not as the schema wants them; none if it is wrong in another way.
    pub fn violations(&self) -> &[Violation] {
        match self {
            InputError::Invalid { violations } => violations,
            _ => &[],
        }
    }
}

/// What is wrong with a default is wrong with what was left out: nobody wrote the default.
fn as_given(mut violation: Violation, given: Option<&Value>) -> Violation {
    let key = violation.path.split('.').next().unwrap_or_default();
    let is_given = match given {
        Some(Value::Map(map)) => map.contains_key(key),
        other => other.is_some(),
    };
    if let (false, Some((expected, _))) = (is_given, violation.problem.split_once(", found ")) {
        violation.problem = format!("{expected}, found nothing");
    }
    violation
}
