//! Values that are alike but for a few places.

use std::borrow::Cow;
use std::iter;

use crate::{Map, Str, Value, split_path};

/// Where a value is within another: the steps that lead there, outermost first.
///
/// ```
/// use taskgraph_value::{Place, Value, map};
///
/// let task = map! { "worker" => map! { "command" => vec![Value::from("make"), "test".into()] } };
/// let place = Place::new(["worker", "command"]).then_at(1);
/// assert_eq!(place.find(&task), Some(&"test".into()));
/// assert_eq!(Place::new(["worker", "env"]).find(&task), None);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place(Vec<Step<Str>>);

/// One step further into a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step<S> {
    /// To what a mapping has under a key.
    Key(S),
    /// To what a list has at a position, from 0.
    At(usize),
}

impl Place {
    /// The place at the end of these keys.
    pub fn new<S: Into<Str>>(keys: impl IntoIterator<Item = S>) -> Self {
        Place(keys.into_iter().map(|key| Step::Key(key.into())).collect())
    }

    /// The place under a key of what is here.
    #[must_use]
    pub fn then(&self, key: impl Into<Str>) -> Self {
        self.and(Step::Key(key.into()))
    }

    /// The place at a position of what is here.
    #[must_use]
    pub fn then_at(&self, position: usize) -> Self {
        self.and(Step::At(position))
    }

    /// The place one step further in.
    #[must_use]
    pub fn and(&self, step: Step<Str>) -> Self {
        Place(self.0.iter().cloned().chain([step]).collect())
    }

    /// The steps, to be matched.
    pub fn steps(&self) -> Vec<Step<&str>> {
        self.0.iter().map(Step::as_ref).collect()
    }

    /// The first step, if it is a key.
    pub fn first_key(&self) -> Option<&Str> {
        match self.0.first()? {
            Step::Key(key) => Some(key),
            Step::At(_) => None,
        }
    }

    /// The last step.
    pub fn last(&self) -> Option<&Step<Str>> {
        self.0.last()
    }

    /// The place within what is at the first step.
    #[must_use]
    pub fn after_first(&self) -> Self {
        Place(self.0.iter().skip(1).cloned().collect())
    }

    /// What is there.
    pub fn find<'a>(&self, map: &'a Map) -> Option<&'a Value> {
        let first = map.get(self.first_key()?)?;
        self.0[1..].iter().try_fold(first, |value, step| value.step(step.as_ref()).map(|(_, value)| value))
    }

    /// What is there, to be changed.
    pub fn find_mut<'a>(&self, map: &'a mut Map) -> Option<&'a mut Value> {
        find_mut(map.get_mut(self.first_key()?)?, &self.0[1..])
    }
}

impl Step<Str> {
    fn as_ref(&self) -> Step<&str> {
        match self {
            Step::Key(key) => Step::Key(key),
            Step::At(position) => Step::At(*position),
        }
    }
}

fn find_mut<'a>(value: &'a mut Value, steps: &[Step<Str>]) -> Option<&'a mut Value> {
    steps.iter().try_fold(value, |value, step| match (value, step) {
        (Value::Map(map), Step::Key(key)) => map.get_mut(key),
        (Value::List(items), Step::At(position)) => items.get_mut(*position),
        _ => None,
    })
}

/// The steps of a path such as `payload.command[0]`: keys of mappings with dots between them, and positions in lists.
fn steps_of(path: &str) -> impl Iterator<Item = Step<&str>> {
    let mut rest = Some(path);
    let mut position = None;
    iter::from_fn(move || {
        if let Some(position) = position.take() {
            return Some(Step::At(position));
        }
        let path = rest?;
        let part;
        (part, rest) = split_path(path).map_or((path, None), |(part, rest)| (part, Some(rest)));
        let indexed = part.strip_suffix(']').and_then(|part| part.split_once('['));
        let Some((key, at)) = indexed.and_then(|(key, at)| Some((key, at.parse().ok()?))) else {
            return Some(Step::Key(part));
        };
        position = Some(at);
        Some(Step::Key(key))
    })
}

impl Value {
    /// What is at a path: keys of mappings with dots between them, each of which a position in a list may follow, as in
    /// `payload.command[0]`.
    pub fn find(&self, path: &str) -> Option<&Value> {
        steps_of(path).try_fold(self, |value, step| value.step(step).map(|(_, value)| value))
    }

    /// What is one step further in, and its position.
    fn step(&self, step: Step<&str>) -> Option<(usize, &Value)> {
        match (self, step) {
            (Value::Map(map), Step::Key(key)) => map.get_at(key),
            (Value::List(items), Step::At(position)) => Some((position, items.get(position)?)),
            _ => None,
        }
    }
}

/// What others have where a first value may have something else.
#[derive(Clone, Debug)]
pub struct Difference {
    /// Where. If the first has nothing there, nor have the others.
    pub place: Place,
    /// What each of the others has there, in their order.
    pub values: Vec<Value>,
}

/// Values that are alike but for a few places: a first, and what the others have instead. They are made when they are
/// needed, and then share with the first what they have in common with it.
///
/// ```
/// use taskgraph_value::{Difference, Place, Variants, map};
///
/// let first = map! { "routes" => vec![], "tags" => map! { "label" => "unit-1", "kind" => "test" } };
/// let labels = Difference { place: Place::new(["tags", "label"]), values: vec!["unit-2".into(), "unit-3".into()] };
/// let variants = Variants::new(first.into(), [labels]);
/// assert_eq!(variants.make(1), map! { "routes" => vec![], "tags" => map! { "label" => "unit-3", "kind" => "test" } }.into());
/// assert_eq!(variants.peek(0, "tags.label").as_deref(), Some(&"unit-2".into()));
/// ```
#[derive(Debug)]
pub struct Variants {
    first: Value,
    changes: Changes,
}

impl Variants {
    /// The variants of a value. Each difference should have as many values as there are others, which are numbered from
    /// 0. Where places are the same, or one is within another, the last difference holds.
    pub fn new(first: Value, differences: impl IntoIterator<Item = Difference>) -> Self {
        let mut changes = Changes::default();
        for Difference { place, values } in differences {
            changes.add(&first, &place.0, values);
        }
        Variants { first, changes }
    }

    /// One of the others.
    pub fn make(&self, number: usize) -> Value {
        self.changes.make(&self.first, number)
    }

    /// What one of the others has at a path, as for [`Value::find`], without making the rest of it.
    pub fn peek(&self, number: usize, path: &str) -> Option<Cow<'_, Value>> {
        let (mut value, mut changes) = (&self.first, Some(&self.changes));
        for step in steps_of(path) {
            let (at, inner) = value.step(step)?;
            value = inner;
            changes = match changes.and_then(|changes| changes.at(at)) {
                None => None,
                Some(Change::Inside(changes)) => Some(changes),
                Some(Change::To(values)) => {
                    value = values.get(number).unwrap_or(value);
                    None
                }
            };
        }
        Some(changes.map_or(Cow::Borrowed(value), |changes| Cow::Owned(changes.make(value, number))))
    }
}

/// What differs within a mapping or list, by position.
#[derive(Debug, Default)]
struct Changes(Vec<(usize, Change)>);

#[derive(Debug)]
enum Change {
    /// The others have these instead.
    To(Vec<Value>),
    Inside(Changes),
}

impl Changes {
    fn at(&self, at: usize) -> Option<&Change> {
        self.0.iter().find(|(position, _)| *position == at).map(|(_, change)| change)
    }

    /// Adds what is different at some steps from `first`, if something is there.
    fn add(&mut self, first: &Value, steps: &[Step<Str>], values: Vec<Value>) {
        let Some((step, rest)) = steps.split_first() else { return };
        let Some((at, inner)) = first.step(step.as_ref()) else { return };
        let known = self.0.iter_mut().find(|(position, _)| *position == at).map(|(_, change)| change);
        match known {
            Some(change) if rest.is_empty() => *change = Change::To(values),
            Some(Change::Inside(changes)) => changes.add(inner, rest, values),
            Some(Change::To(known)) => {
                for (known, value) in known.iter_mut().zip(values) {
                    find_mut(known, rest).into_iter().for_each(|place| *place = value.clone());
                }
            }
            None if rest.is_empty() => self.0.push((at, Change::To(values))),
            None => {
                let mut changes = Changes::default();
                changes.add(inner, rest, values);
                if !changes.0.is_empty() {
                    self.0.push((at, Change::Inside(changes)));
                }
            }
        }
    }

    fn make(&self, first: &Value, number: usize) -> Value {
        match first {
            Value::Map(map) => {
                let mut made = map.clone();
                for (at, change) in &self.0 {
                    let new = map.values().nth(*at).and_then(|value| change.make(value, number));
                    new.into_iter().for_each(|new| drop(made.replace_at(*at, new)));
                }
                made.into()
            }
            Value::List(items) => {
                let mut made = items.clone();
                for (at, change) in &self.0 {
                    let new = items.get(*at).and_then(|value| change.make(value, number));
                    new.into_iter().for_each(|new| made[*at] = new);
                }
                made.into()
            }
            other => other.clone(),
        }
    }
}

impl Change {
    fn make(&self, first: &Value, number: usize) -> Option<Value> {
        match self {
            Change::To(values) => values.get(number).cloned(),
            Change::Inside(changes) => Some(changes.make(first, number)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::map;

    fn difference(place: &str, values: [Value; 2]) -> Difference {
        let step = |step: &str| step.parse().map_or_else(|_| Step::Key(step.into()), Step::At);
        let place = place.split('.').fold(Place::new([""; 0]), |place, part| place.and(step(part)));
        Difference { place, values: values.into() }
    }

    #[test]
    fn variants_differ_where_they_should() {
        let first = map! {
            "a" => map! { "x" => 1, "y" => vec![Value::from(1), 2.into()] },
            "b" => "same",
            "c" => "x",
        };
        let differences = [
            difference("a.y.1", [3.into(), 4.into()]),
            difference("a.x", [5.into(), 6.into()]),
            difference("c", ["y".into(), Value::Null]),
            difference("a.z", [1.into(), 1.into()]),
            difference("b.x", [1.into(), 1.into()]),
            difference("a.y.z", [1.into(), 1.into()]),
            difference("a.y.7", [1.into(), 1.into()]),
        ];
        let variants = Variants::new(first.clone().into(), differences);
        let made = map! {
            "a" => map! { "x" => 6, "y" => vec![Value::from(1), 4.into()] },
            "b" => "same",
            "c" => Value::Null,
        };
        assert_eq!(variants.make(1), made.into());
        assert_eq!(variants.make(2), first.into(), "there is no third");
        let peek = |path: &str| variants.peek(0, path).map(Cow::into_owned);
        assert_eq!(peek("a"), Some(map! { "x" => 5, "y" => vec![Value::from(1), 3.into()] }.into()));
        assert_eq!(peek("a.y"), Some(vec![Value::from(1), 3.into()].into()));
        assert_eq!(peek("b"), Some("same".into()));
        assert!(matches!(variants.peek(0, "b"), Some(Cow::Borrowed(_))));
        assert_eq!(peek("c"), Some("y".into()));
        assert_eq!([peek("a.y[0]"), peek("a.y[1]")], [Some(1.into()), Some(3.into())]);
        for nothing in ["d", "c.d", "a.y[2]", "a.y.1", "a[1]", "a.y[-1]", "a.y[", "a.y]", "[0]", ""] {
            assert_eq!([peek(nothing), variants.first.find(nothing).cloned()], [None, None], "{nothing}");
        }
        assert_eq!(variants.first.find("a.y[1]"), Some(&2.into()));
        let digits = Value::from(map! { "a" => map! { "0" => 1 }, "b[x]" => 2 });
        assert_eq!([digits.find("a[0]"), digits.find("a.0")], [None, Some(&1.into())]);
        assert_eq!(digits.find("b[x]"), Some(&2.into()));
    }

    #[test]
    fn the_last_of_several_differences_of_one_place_holds() {
        let first = map! { "a" => map! { "x" => 1 } };
        let other = |x: i64| Value::from(map! { "x" => x });
        let within = |differences: [Difference; 2]| Variants::new(first.clone().into(), differences).make(1);
        let outer = || difference("a", [other(2), other(3)]);
        let inner = || difference("a.x", [4.into(), 5.into()]);
        assert_eq!(within([outer(), inner()]), map! { "a" => other(5) }.into());
        assert_eq!(within([inner(), outer()]), map! { "a" => other(3) }.into());
        assert_eq!(within([inner(), inner()]), map! { "a" => other(5) }.into());
    }
}
