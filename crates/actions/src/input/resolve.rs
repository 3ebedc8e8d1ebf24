//! Schemas from anywhere, made into such that can be used without harm.
//!
//! All references are followed once, and what they lead to is put into `definitions` under a name of its own. So the
//! validator sees no reference that was not seen here, and what using the schema costs is known.

use std::collections::BTreeMap;

use jsonschema::Draft;
use percent_encoding::percent_decode_str;
use taskgraph_value::{Map, Value};

use super::SchemaDocuments;
use crate::{SchemaError, bounds};

/// The largest schema, in bytes of JSON.
pub(super) const MOST_SCHEMA: usize = 1 << 20;
/// Parts, each counted as often as references lead to it.
const MOST_PARTS: u64 = 20_000;
/// Schemas within each other, references followed.
const DEEPEST: usize = 64;
/// The longest pattern, in bytes, what it may compile to, and how often it may go back.
const LONGEST_PATTERN: usize = 4096;
pub(super) const LARGEST_PATTERN: usize = 256 << 10;
pub(super) const MOST_BACKTRACKS: usize = 10_000;
/// What all patterns may weigh, roughly the steps that a character takes in them.
const MOST_PATTERNS: u64 = 1_000_000;
/// What a pattern weighs that goes back.
const BACKTRACKING: u64 = 5_000;

/// Where references lead to in a schema made here.
pub(super) const DEFINITIONS: &str = "#/definitions/";

pub(super) struct Resolved {
    pub(super) schema: Value,
    pub(super) draft: Draft,
    /// Its parts, and the steps of its patterns for a character.
    pub(super) parts: u64,
    pub(super) patterns: u64,
}

/// What using a schema costs, its references followed.
#[derive(Clone, Copy, Default)]
struct Cost {
    parts: u64,
    patterns: u64,
    /// Schemas within each other.
    height: usize,
}

impl Cost {
    fn add(&mut self, other: Cost) -> Result<(), SchemaError> {
        self.parts = self.parts.saturating_add(other.parts);
        self.patterns = self.patterns.saturating_add(other.patterns);
        self.height = self.height.max(other.height + 1);
        if self.parts > MOST_PARTS {
            return Err(limit(format!("has more than {MOST_PARTS} parts when its references are followed")));
        }
        if self.height > DEEPEST {
            return Err(too_deep());
        }
        if self.patterns > MOST_PATTERNS {
            return Err(limit("has patterns that would take too long".to_owned()));
        }
        Ok(())
    }
}

fn too_deep() -> SchemaError {
    limit(format!("is more than {DEEPEST} schemas deep when its references are followed"))
}

fn limit(problem: String) -> SchemaError {
    SchemaError::Limit { problem }
}

pub(super) fn resolve(schema: &Value, documents: &SchemaDocuments) -> Result<Resolved, SchemaError> {
    bounds::measure(schema, MOST_SCHEMA).map_err(limit)?;
    let draft = draft(schema)?;
    let mut resolver = Resolver { main: schema, documents, draft, targets: BTreeMap::new() };
    let (mut schema, cost) = resolver.schema(None, schema, 0)?;
    if let Value::Map(schema) = &mut schema
        && !resolver.targets.is_empty()
    {
        let mut found: Vec<_> = resolver.targets.into_values().flatten().collect();
        found.sort_by_key(|target| target.number);
        let definitions = found.into_iter().map(|target| (target.name().into(), target.schema));
        schema.insert("definitions".into(), Value::Map(definitions.collect::<Vec<_>>().into()));
    }
    Ok(Resolved { schema, draft, parts: cost.parts, patterns: cost.patterns })
}

/// The first document that is missing.
pub(super) fn missing(schema: &Value, documents: &SchemaDocuments) -> Result<Option<String>, SchemaError> {
    match resolve(schema, documents) {
        Ok(_) => Ok(None),
        Err(SchemaError::External { url }) => Ok(Some(url)),
        Err(error) => Err(error),
    }
}

fn draft(schema: &Value) -> Result<Draft, SchemaError> {
    let Some(name) = schema.as_map().and_then(|schema| schema.get("$schema")) else {
        return Ok(Draft::Draft7);
    };
    let known = name.as_str().map(|name| Draft::from_schema_uri(name));
    match known {
        Some(
            draft @ (Draft::Draft4 | Draft::Draft6 | Draft::Draft7 | Draft::Draft201909 | Draft::Draft202012),
        ) => Ok(draft),
        _ => Err(SchemaError::Reference {
            target: name.as_str().map(ToString::to_string).unwrap_or_else(|| name.type_name().to_owned()),
            problem: " as its own schema: expected draft 4, 6, 7, 2019-09 or 2020-12".to_owned(),
        }),
    }
}

/// What a reference leads to.
struct Target {
    number: usize,
    schema: Value,
    cost: Cost,
}

impl Target {
    fn name(&self) -> String {
        format!("r{}", self.number)
    }
}

struct Resolver<'a> {
    main: &'a Value,
    documents: &'a SchemaDocuments,
    draft: Draft,
    /// By address of the document, none for the schema itself, and place in it; nothing while it is being followed.
    targets: BTreeMap<(Option<String>, String), Option<Target>>,
}

/// What a keyword has.
enum Holds {
    Schema,
    SchemaOrSchemas,
    Schemas,
    /// By names; values that are lists are names themselves.
    Named,
    /// Nothing to be used.
    Nothing,
    /// Data, or a setting.
    Other,
}

fn holds(keyword: &str) -> Holds {
    match keyword {
        "additionalItems"
        | "additionalProperties"
        | "contains"
        | "else"
        | "if"
        | "not"
        | "propertyNames"
        | "then"
        | "unevaluatedItems"
        | "unevaluatedProperties" => Holds::Schema,
        "items" => Holds::SchemaOrSchemas,
        "allOf" | "anyOf" | "oneOf" | "prefixItems" => Holds::Schemas,
        "properties" | "patternProperties" | "dependencies" | "dependentSchemas" => Holds::Named,
        // What is referred to from here gets other names.
        "definitions" | "$defs" | "$schema" | "$anchor" | "$vocabulary" | "contentSchema" => Holds::Nothing,
        _ => Holds::Other,
    }
}

impl Resolver<'_> {
    /// A schema with its references changed, and what it costs.
    fn schema(
        &mut self,
        url: Option<&str>,
        part: &Value,
        depth: usize,
    ) -> Result<(Value, Cost), SchemaError> {
        let mut cost = Cost { parts: 1, ..Cost::default() };
        let Value::Map(part) = part else { return Ok((part.clone(), cost)) };
        if depth > DEEPEST {
            return Err(too_deep());
        }
        let mut made = Map::new();
        let mut evaluated_again = false;
        for (keyword, value) in part {
            let value = match (holds(keyword), value) {
                (Holds::Nothing, _) => continue,
                (Holds::Other, value) => match self.other(url, keyword, value, depth, &mut cost)? {
                    Some(value) => value,
                    None => continue,
                },
                (Holds::Schemas | Holds::SchemaOrSchemas, Value::List(items)) => {
                    let mut made = Vec::new();
                    for item in items {
                        made.push(self.within(url, item, depth, &mut cost)?);
                    }
                    Value::from(made)
                }
                (Holds::Schema | Holds::SchemaOrSchemas, value) => {
                    evaluated_again |= keyword.starts_with("unevaluated");
                    self.within(url, value, depth, &mut cost)?
                }
                (Holds::Named, Value::Map(named)) => {
                    let mut made = Map::with_capacity(named.len());
                    for (name, value) in named {
                        if keyword == "patternProperties" {
                            cost.add(Cost { patterns: weight(name)?, ..Cost::default() })?;
                        }
                        let value = match value {
                            Value::List(names) => {
                                cost.add(Cost { parts: names.len() as u64, ..Cost::default() })?;
                                value.clone()
                            }
                            schema => self.within(url, schema, depth, &mut cost)?,
                        };
                        made.insert(name.clone(), value);
                    }
                    Value::Map(made)
                }
                // Not as it has to be: the validator says so.
                (Holds::Schemas | Holds::Named, value) => value.clone(),
            };
            made.insert(keyword.clone(), value);
        }
        if evaluated_again {
            // What those keywords are about is looked at once more.
            cost.add(Cost { height: 0, ..cost })?;
        }
        Ok((Value::Map(made), cost))
    }

    fn within(
        &mut self,
        url: Option<&str>,
        part: &Value,
        depth: usize,
        cost: &mut Cost,
    ) -> Result<Value, SchemaError> {
        let (made, more) = self.schema(url, part, depth + 1)?;
        cost.add(more)?;
        Ok(made)
    }

    /// A keyword without schemas; none if it is to be left out.
    fn other(
        &mut self,
        url: Option<&str>,
        keyword: &str,
        value: &Value,
        depth: usize,
        cost: &mut Cost,
    ) -> Result<Option<Value>, SchemaError> {
        match (keyword, value) {
            ("$ref", Value::Str(target)) => {
                let (name, more) = self.reference(url, target, depth)?;
                cost.add(more)?;
                return Ok(Some(format!("{DEFINITIONS}{name}").into()));
            }
            ("$dynamicRef" | "$recursiveRef", _) => {
                return Err(limit(format!("has `{keyword}`, which is not supported")));
            }
            ("$dynamicAnchor" | "$recursiveAnchor", _) => return Ok(None),
            ("$id", Value::Str(id)) => self.check_id(id, depth)?,
            ("id", Value::Str(id)) if self.draft == Draft::Draft4 => self.check_id(id, depth)?,
            ("pattern", Value::Str(pattern)) => {
                cost.add(Cost { patterns: weight(pattern)?, ..Cost::default() })?;
                return Ok(Some(value.clone()));
            }
            // Inputs that are patterns would be compiled, whatever that takes.
            ("format", Value::Str(format)) if format == "regex" => return Ok(None),
            // Texts are looked up, others are compared one by one.
            ("enum", Value::List(choices)) => {
                let others = choices.iter().filter(|choice| choice.as_str().is_none()).count();
                cost.add(Cost { parts: others as u64, ..Cost::default() })?;
                return Ok(Some(value.clone()));
            }
            ("required", Value::List(names)) => {
                cost.add(Cost { parts: names.len() as u64, ..Cost::default() })?;
                return Ok(Some(value.clone()));
            }
            ("dependentRequired", Value::Map(named)) => {
                let names = named.values().map(|names| names.as_list().map_or(1, |names| names.len() + 1));
                cost.add(Cost { parts: names.sum::<usize>() as u64, ..Cost::default() })?;
                return Ok(Some(value.clone()));
            }
            _ => return Ok(Some(value.clone())),
        }
        Ok(None)
    }

    /// An id within a schema would change what the references below it refer to.
    fn check_id(&self, id: &str, depth: usize) -> Result<(), SchemaError> {
        if depth == 0 {
            return Ok(());
        }
        let problem = ", an id within a schema, which is not supported".to_owned();
        Err(SchemaError::Reference { target: id.to_owned(), problem })
    }

    /// The name for what a reference leads to, and its cost.
    fn reference(
        &mut self,
        url: Option<&str>,
        text: &str,
        depth: usize,
    ) -> Result<(String, Cost), SchemaError> {
        let fail =
            |problem: &str| SchemaError::Reference { target: text.to_owned(), problem: problem.to_owned() };
        let (document, fragment) = text.split_once('#').unwrap_or((text, ""));
        let own = self.main.as_map().and_then(|schema| schema.get_str("$id"));
        let url = match document {
            "" => url.map(ToOwned::to_owned),
            // Only its own name, which leads nowhere else.
            own_name if own.is_some_and(|own| own.trim_end_matches('#') == own_name) => None,
            document if document.starts_with("https://") => Some(document.to_owned()),
            _ => {
                return Err(fail(
                    ", expected a place within it, as in `#/definitions/x`, or an address with https://",
                ));
            }
        };
        let place = percent_decode_str(fragment).decode_utf8().map_err(|_| fail(", which is no UTF-8"))?;
        let key = (url, place.into_owned());
        match self.targets.get(&key) {
            Some(Some(known)) => return Ok((known.name(), known.cost)),
            Some(None) => return Err(fail(" in a circle")),
            None => {}
        }
        let (main, documents) = (self.main, self.documents);
        let document = match &key.0 {
            None => main,
            Some(url) => documents.get(url).ok_or_else(|| SchemaError::External { url: url.clone() })?,
        };
        let found = at(document, &key.1).ok_or_else(|| fail(", which is not there"))?;
        self.targets.insert(key.clone(), None);
        let (schema, cost) = self.schema(key.0.as_deref(), found, depth + 1)?;
        let number = self.targets.values().flatten().count();
        let target = Target { number, schema, cost };
        let name = target.name();
        self.targets.insert(key, Some(target));
        Ok((name, cost))
    }
}

/// What a JSON pointer leads to.
fn at<'v>(document: &'v Value, pointer: &str) -> Option<&'v Value> {
    if pointer.is_empty() {
        return Some(document);
    }
    pointer.strip_prefix('/')?.split('/').try_fold(document, |value, key| match value {
        Value::Map(map) => map.get(&key.replace("~1", "/").replace("~0", "~")),
        Value::List(items) => items.get(key.parse::<usize>().ok()?),
        _ => None,
    })
}

/// Roughly how many steps one character can take in a pattern.
fn weight(pattern: &str) -> Result<u64, SchemaError> {
    if pattern.len() > LONGEST_PATTERN {
        return Err(limit(format!("has a pattern of more than {}", bounds::bytes(LONGEST_PATTERN))));
    }
    let mut weight = pattern.len() as u64;
    for class in ["\\p", "\\P", "\\w", "\\W", "(?"] {
        weight += 200 * pattern.matches(class).count() as u64;
    }
    // What is repeated is there as often.
    for (at, _) in pattern.match_indices('{') {
        let inside = pattern[at + 1..].split('}').next().unwrap_or_default();
        let most = inside.split(',').filter_map(|number| number.trim().parse::<u64>().ok()).max();
        weight = weight.saturating_mul(most.unwrap_or(1).max(1));
    }
    let goes_back =
        ["(?=", "(?!", "(?<=", "(?<!", "(?>", "\\k", "(?("].iter().any(|group| pattern.contains(group))
            || pattern
                .as_bytes()
                .windows(2)
                .any(|pair| pair[0] == b'\\' && pair[1].is_ascii_digit() && pair[1] != b'0');
    Ok(if goes_back { weight.saturating_add(BACKTRACKING) } else { weight })
}
