//! Comparing a value with its shape.

use taskgraph_value::{Map, Value};

use crate::{Object, Shape, Violation, describe};

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
                    let field = object.field(at);
                    if !(field.nullable && value.is_null()) {
                        self.value_at(Step::Key(key), &field.shape, value);
                    }
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
mod tests {
    use taskgraph_value::map;

    use super::*;
    use crate::{optional, required, with_default};

    static RUN: Object = Object::open(&[required("using", Shape::Str), optional("workdir", Shape::Str)]);
    static RECIPIENT: Object =
        Object::closed(&[required("address", Shape::KeyedBy(&["level"], &Shape::Str))]);
    static TASK: Object = Object::closed(&[
        required("run", Shape::Object(&RUN)),
        optional("worker", Shape::MapOf(&Shape::Str)),
        optional("priority", Shape::OneOf(&["low", "high"])),
        with_default("rank", Shape::AnyOf(&[Shape::OneOf(&["by-tier"]), Shape::Int])),
        optional("notify", Shape::ListOf(&Shape::Tagged("type", &[("email", &RECIPIENT)]))),
    ])
    .with_rules(&[|map| {
        (map.contains_key("worker") && map.contains_key("notify"))
            .then(|| "`worker` and `notify` exclude each other".into())
    }]);

    fn found(value: Map) -> Vec<String> {
        check_object(&TASK, &value).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn all_violations_are_found_at_once() {
        assert_eq!(
            found(
                map! { "run" => map! { "x" => 1 }, "worker" => map! { "a" => 1, "b" => true }, "priority" => "big", "piority" => 1 }
            ),
            [
                "`run.using`: missing, expected a string",
                "`worker.a`: expected a string, found the integer 1",
                "`worker.b`: expected a string, found the boolean true",
                "`priority`: expected one of low, high, found the string \"big\"",
                "`piority`: unknown key; did you mean `priority`?",
            ]
        );
    }

    #[test]
    fn optional_keys_may_be_null_and_defaulted_ones_not() {
        let run = map! { "using" => "x", "workdir" => Value::Null };
        assert_eq!(found(map! { "run" => run.clone(), "worker" => Value::Null }), [""; 0]);
        assert_eq!(
            found(map! { "run" => run, "rank" => Value::Null }),
            ["`rank`: expected \"by-tier\" or an integer, found null"]
        );
    }

    #[test]
    fn keyed_by_and_tags() {
        let run = map! { "using" => "x" };
        let keyed = map! { "by-level" => map! { "3" => "a", "default" => 7 } };
        assert_eq!(
            found(map! { "run" => run, "notify" => vec![
                map! { "type" => "email", "address" => keyed }.into(),
                map! { "type" => "fax" }.into(),
            ] }),
            [
                "`notify[0].address.by-level.default`: expected a string, found the integer 7",
                "`notify[1].type`: expected one of email, found the string \"fax\"",
            ]
        );
    }

    #[test]
    fn variables_are_not_shown() {
        static WORKER: Object = Object::open(&[optional("env", Shape::MapOf(&Shape::Str))]);
        let worker = map! { "env" => map! { "PASSWORD" => 123_456 } };
        let found: Vec<String> = check_object(&WORKER, &worker).iter().map(ToString::to_string).collect();
        assert_eq!(found, ["`env.PASSWORD`: expected a string, found an integer"]);
    }

    #[test]
    fn rules_see_the_whole_mapping() {
        assert_eq!(
            found(map! { "run" => map! { "using" => "x" }, "worker" => map! {}, "notify" => vec![] }),
            ["`worker` and `notify` exclude each other"]
        );
    }
}
