//! Comparing a value with its shape.

use taskgraph_value::{Map, Value};

use crate::{Field, Object, Shape, Violation, describe};

/// Everything in which `value` differs from `shape`; empty if it has that shape.
///
/// Violations come in the order of the value's keys, then missing keys in the order of their declaration.
pub fn check(shape: &Shape, value: &Value) -> Vec<Violation> {
    let mut walk = Walk::default();
    walk.value(shape, value);
    walk.found
}

/// As [`check`], for a mapping.
pub fn check_object(object: &'static Object, map: &Map) -> Vec<Violation> {
    let mut walk = Walk::default();
    walk.object(object, map, None);
    walk.found
}

/// As [`check_object`], knowing a mapping that has the shape: what both share is not looked at again.
///
/// Mappings that are made from one, such as the tasks of a matrix, are checked in little more time than the one.
pub fn check_object_like(object: &'static Object, map: &Map, accepted: &Map) -> Vec<Violation> {
    let mut walk = Walk::default();
    walk.object_like(object, map, accepted);
    walk.found
}

#[derive(Default)]
struct Walk<'a> {
    path: Vec<Step<'a>>,
    found: Vec<Violation>,
}

#[derive(Clone, Copy)]
enum Step<'a> {
    Key(&'a str),
    Item(usize),
}

impl<'a> Walk<'a> {
    fn report(&mut self, problem: String) {
        let mut path = String::new();
        for step in &self.path {
            match step {
                Step::Key(key) if path.is_empty() => path.push_str(key),
                Step::Key(key) => {
                    path.push('.');
                    path.push_str(key);
                }
                Step::Item(at) => path.push_str(&format!("[{at}]")),
            }
        }
        self.found.push(Violation { path, problem });
    }

    fn report_at(&mut self, step: Step<'a>, problem: String) {
        self.path.push(step);
        self.report(problem);
        self.path.pop();
    }

    /// What was found here; just its type where secrets are kept.
    fn found(&self, value: &Value) -> String {
        let secret = |step: &Step<'_>| matches!(step, Step::Key("env" | "headers"));
        if self.path.iter().any(secret) { value.type_name().into() } else { describe(value) }
    }

    fn value_at(&mut self, step: Step<'a>, shape: &Shape, value: &'a Value) {
        if accepts_at_once(shape, value) {
            return;
        }
        self.path.push(step);
        self.value(shape, value);
        self.path.pop();
    }

    fn value(&mut self, shape: &Shape, value: &'a Value) {
        match (shape, value) {
            _ if accepts_at_once(shape, value) => {}
            (Shape::ListOf(item), Value::List(list)) => {
                for (at, value) in list.iter().enumerate() {
                    self.value_at(Step::Item(at), item, value);
                }
            }
            (Shape::MapOf(item), Value::Map(map)) => {
                for (key, value) in map {
                    self.value_at(Step::Key(key), item, value);
                }
            }
            (Shape::Object(object), Value::Map(map)) => self.object(object, map, None),
            (Shape::Tagged(tag, variants), Value::Map(map)) => self.tagged(tag, variants, map),
            (Shape::AnyOf(shapes), _) => self.any_of(shape, shapes, value),
            (Shape::KeyedBy(names, item), _) => self.keyed_by(names, item, value),
            _ => self.report(format!("expected {}, found {}", expected(shape), self.found(value))),
        }
    }

    fn object(&mut self, object: &Object, map: &'a Map, tag: Option<&str>) {
        let mut seen = 0u64;
        for (key, value) in map {
            if Some(key.as_str()) == tag {
                continue;
            }
            match object.position(key) {
                Some(at) => {
                    seen |= 1 << at;
                    self.field(object.field(at), key, value);
                }
                None if object.open => {}
                None => {
                    let known: Vec<&str> = object.keys().collect();
                    let problem = match closest(key, &known) {
                        Some(near) => format!("unknown key; did you mean `{near}`?"),
                        None => format!("unknown key; known are {}", known.join(", ")),
                    };
                    self.report_at(Step::Key(key), problem);
                }
            }
        }
        for (at, field) in object.fields().enumerate() {
            if field.required && seen & (1 << at) == 0 {
                self.report_at(
                    Step::Key(field.name),
                    format!("missing, expected {}", expected(&field.shape)),
                );
            }
        }
        self.rules(object, map);
    }

    fn field(&mut self, field: &Field, key: &'a str, value: &'a Value) {
        if !(field.nullable && value.is_null()) {
            self.value_at(Step::Key(key), &field.shape, value);
        }
    }

    fn object_like(&mut self, object: &Object, map: &'a Map, accepted: &Map) {
        if !map.has_keys_of(accepted) {
            return self.object(object, map, None);
        }
        for ((key, value), (_, known)) in map.iter().zip(accepted) {
            if !value.is(known)
                && let Some(at) = object.position(key)
            {
                let field = object.field(at);
                match (&field.shape, value, known) {
                    (shape @ (Shape::MapOf(_) | Shape::Object(_)), Value::Map(map), Value::Map(known)) => {
                        self.path.push(Step::Key(key));
                        self.map_like(shape, map, known);
                        self.path.pop();
                    }
                    _ => self.field(field, key, value),
                }
            }
        }
        self.rules(object, map);
    }

    fn map_like(&mut self, shape: &Shape, map: &'a Map, accepted: &Map) {
        match shape {
            Shape::Object(object) => self.object_like(object, map, accepted),
            Shape::MapOf(item) if map.has_keys_of(accepted) => {
                let other = map.iter().zip(accepted).filter(|((_, value), (_, known))| !value.is(known));
                other.for_each(|((key, value), _)| self.value_at(Step::Key(key), item, value));
            }
            Shape::MapOf(item) => {
                map.iter().for_each(|(key, value)| self.value_at(Step::Key(key), item, value))
            }
            _ => {}
        }
    }

    fn rules(&mut self, object: &Object, map: &Map) {
        for rule in object.rules {
            if let Some(problem) = rule(map) {
                self.report(problem);
            }
        }
    }

    fn tagged(&mut self, tag: &'static str, variants: &[(&str, &'static Object)], map: &'a Map) {
        let known = || variants.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ");
        let Some(value) = map.get(tag) else {
            return self.report_at(Step::Key(tag), format!("missing, expected one of {}", known()));
        };
        match variants.iter().find(|(name, _)| value.as_str().is_some_and(|text| text == name)) {
            Some((_, object)) => self.object(object, map, Some(tag)),
            None => {
                self.report_at(
                    Step::Key(tag),
                    format!("expected one of {}, found {}", known(), describe(value)),
                );
            }
        }
    }

    fn any_of(&mut self, whole: &Shape, shapes: &[Shape], value: &'a Value) {
        let before = self.found.len();
        let mut closest: Option<Vec<Violation>> = None;
        if shapes.iter().any(|shape| accepts_at_once(shape, value)) {
            return;
        }
        for shape in shapes.iter().filter(|shape| same_container(shape, value)) {
            self.value(shape, value);
            if self.found.len() == before {
                return;
            }
            // The one alternative that is a mapping says more about a mapping than the list of all alternatives.
            closest.get_or_insert(self.found.split_off(before));
        }
        match closest {
            Some(found) => self.found.extend(found),
            None => self.report(format!("expected {}, found {}", expected(whole), self.found(value))),
        }
    }

    fn keyed_by(&mut self, names: &[&str], item: &Shape, value: &'a Value) {
        let keyed = value
            .as_map()
            .and_then(Map::single)
            .filter(|(key, _)| key.strip_prefix("by-").is_some_and(|name| names.contains(&name)));
        let Some((key, alternatives)) = keyed else { return self.value(item, value) };
        self.path.push(Step::Key(key));
        match alternatives {
            Value::Map(alternatives) => {
                for (name, value) in alternatives {
                    self.path.push(Step::Key(name));
                    self.keyed_by(names, item, value);
                    self.path.pop();
                }
            }
            other => self.report(format!("expected a mapping of alternatives, found {}", describe(other))),
        }
        self.path.pop();
    }
}

/// Whether the value has the shape, as far as one look tells: not for shapes with others in them.
fn accepts_at_once(shape: &Shape, value: &Value) -> bool {
    match (shape, value) {
        (Shape::Any, _)
        | (Shape::Str, Value::Str(_))
        | (Shape::Int, Value::Int(_) | Value::BigInt(_))
        | (Shape::Bool, Value::Bool(_))
        | (Shape::Mapping, Value::Map(_))
        | (Shape::List, Value::List(_)) => true,
        (Shape::OneOf(texts), Value::Str(text)) => texts.contains(&text.as_str()),
        (Shape::AnyOf(shapes), _) => shapes.iter().any(|shape| accepts_at_once(shape, value)),
        _ => false,
    }
}

/// Whether a shape with others in it may be that of the value.
fn same_container(shape: &Shape, value: &Value) -> bool {
    match shape {
        Shape::MapOf(_) | Shape::Object(_) | Shape::Tagged(..) => matches!(value, Value::Map(_)),
        Shape::ListOf(_) => matches!(value, Value::List(_)),
        Shape::AnyOf(shapes) => shapes.iter().any(|shape| same_container(shape, value)),
        Shape::KeyedBy(..) => true,
        _ => false,
    }
}

fn expected(shape: &Shape) -> String {
    match shape {
        Shape::Any => "a value".into(),
        Shape::Str => "a string".into(),
        Shape::Int => "an integer".into(),
        Shape::Bool => "a boolean".into(),
        Shape::Mapping | Shape::Object(_) | Shape::Tagged(..) => "a mapping".into(),
        Shape::List => "a list".into(),
        Shape::OneOf([only]) => format!("{only:?}"),
        Shape::OneOf(texts) => format!("one of {}", texts.join(", ")),
        Shape::ListOf(Shape::Str) => "a list of strings".into(),
        Shape::ListOf(_) => "a list".into(),
        Shape::MapOf(Shape::Str) => "a mapping of strings".into(),
        Shape::MapOf(_) => "a mapping".into(),
        Shape::KeyedBy(_, shape) => expected(shape),
        Shape::AnyOf(shapes) => shapes.iter().map(expected).collect::<Vec<_>>().join(" or "),
    }
}

/// The known name that a misspelt one most likely stands for: same letters but for dashes, or one edit away.
fn closest<'a>(name: &str, known: &[&'a str]) -> Option<&'a str> {
    let plain = |text: &str| text.replace('_', "-").to_lowercase();
    known
        .iter()
        .find(|candidate| plain(name) == **candidate)
        .or_else(|| {
            known.iter().find(|candidate| candidate.len() > 3 && one_edit_apart(&plain(name), candidate))
        })
        .copied()
}

fn one_edit_apart(a: &str, b: &str) -> bool {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    let start = a.iter().zip(b).take_while(|(x, y)| x == y).count();
    let (a, b) = (&a[start..], &b[start..]);
    let end = a.iter().rev().zip(b.iter().rev()).take_while(|(x, y)| x == y).count();
    a.len() - end <= 1 && b.len() - end <= 1
}

#[cfg(test)]
mod tests;
