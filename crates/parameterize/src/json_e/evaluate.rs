//! What expressions come to.

use std::borrow::Cow;

use taskgraph_value::{Map, Value};

use super::{
    Renderer,
    builtins::{Builtin, Function},
    parse::Node,
    scope::Scope,
};

/// Errors are messages: they end up in the answer to whoever triggers a hook.
pub(super) type Result<T, E = String> = std::result::Result<T, E>;

/// A value, or a function, which only expressions know.
pub(super) enum Found<'v> {
    Value(Cow<'v, Value>),
    Function(Function),
}

impl<'v> Found<'v> {
    fn own(value: Value) -> Self {
        Found::Value(Cow::Owned(value))
    }

    /// The value; functions are none.
    fn value(self) -> Result<Cow<'v, Value>> {
        match self {
            Found::Value(value) => Ok(value),
            Found::Function(_) => Err("a function is used as a value".to_owned()),
        }
    }

    /// The same, of its own.
    pub(super) fn into_value(self) -> Result<Value> {
        Ok(self.value()?.into_owned())
    }

    /// Whether conditions take it for true.
    fn is_truthy(&self) -> bool {
        match self {
            Found::Value(value) => is_truthy(value),
            Found::Function(_) => true,
        }
    }
}

/// Whether conditions take it for true.
pub(super) fn is_truthy(value: &Value) -> bool {
    match value {
        Value::Float(number) => *number != 0.0,
        other => other.is_truthy(),
    }
}

/// The number that a value is.
pub(super) fn float(value: &Value) -> Option<f64> {
    match value {
        #[expect(clippy::cast_precision_loss, reason = "the language has no other numbers")]
        Value::Int(number) => Some(*number as f64),
        Value::Float(number) => Some(*number),
        Value::BigInt(digits) => digits.parse().ok(),
        _ => None,
    }
}

fn numbers(left: &Value, right: &Value) -> Option<(f64, f64)> {
    Some((float(left)?, float(right)?))
}

/// A number as JSON has it: whole if it is.
pub(super) fn number(number: f64) -> Result<Value> {
    #[expect(clippy::cast_possible_truncation, reason = "only if nothing is lost")]
    if number.fract() == 0.0 && number.abs() < 9_007_199_254_740_992.0 {
        return Ok(Value::from(number as i64));
    }
    if number.is_finite() { Ok(Value::Float(number)) } else { Err("the result is no number".to_owned()) }
}

impl Renderer<'_> {
    pub(super) fn evaluate<'v>(&self, node: &Node<'_>, scope: &'v Scope<'v>) -> Result<Found<'v>> {
        self.meter.spend(16)?;
        Ok(match node {
            Node::Literal(value) => Found::own(value.clone()),
            Node::Name(name) => match scope.get(name) {
                Some(value) => Found::Value(Cow::Borrowed(value)),
                None => Found::Function(
                    self.function(name).ok_or_else(|| format!("unknown context value {name}"))?,
                ),
            },
            Node::List(items) => {
                let items = items.iter().map(|item| self.copy(item, scope));
                Found::own(Value::from(items.collect::<Result<Vec<_>>>()?))
            }
            Node::Object(entries) => {
                let mut object = Map::new();
                for (key, value) in entries {
                    self.meter.spend(64)?;
                    object.insert((*key).into(), self.copy(value, scope)?);
                }
                Found::own(Value::Map(object))
            }
            Node::Unary(operator, operand) => {
                let operand = self.evaluate(operand, scope)?;
                match operator {
                    '!' => Found::own(Value::Bool(!operand.is_truthy())),
                    _ => {
                        let operand = operand.value()?;
                        let operand =
                            float(&operand).ok_or_else(|| format!("unary {operator} expects a number"))?;
                        Found::own(number(if *operator == '-' { -operand } else { operand })?)
                    }
                }
            }
            Node::Binary(operator, left, right) => {
                let left = self.evaluate(left, scope)?;
                // The right operand may make no sense if the left one decides.
                match (*operator, left.is_truthy()) {
                    ("||", true) => return Ok(Found::own(Value::Bool(true))),
                    ("&&", false) => return Ok(Found::own(Value::Bool(false))),
                    _ => {}
                }
                let right = self.evaluate(right, scope)?;
                if matches!(*operator, "||" | "&&") {
                    return Ok(Found::own(Value::Bool(right.is_truthy())));
                }
                let (left, right) = (left.value()?, right.value()?);
                Found::own(self.binary(operator, &left, &right)?)
            }
            Node::Index(node, index) => {
                let value = self.evaluate(node, scope)?.value()?;
                let index = self.evaluate(index, scope)?.value()?;
                Found::Value(self.index(value, &index)?)
            }
            Node::Slice(node, from, to) => {
                let value = self.evaluate(node, scope)?.value()?;
                let bound = |bound: &Option<Box<Node<'_>>>| {
                    let bound = bound.as_ref().map(|bound| self.evaluate(bound, scope)?.value());
                    bound.transpose()?.map(|bound| whole(&bound)).transpose()
                };
                Found::own(self.slice(&value, bound(from)?, bound(to)?)?)
            }
            Node::Dot(node, name) => {
                let value = self.evaluate(node, scope)?.value()?;
                let missing = || format!("object has no property {name}");
                Found::Value(match value {
                    Cow::Borrowed(Value::Map(object)) => Cow::Borrowed(object.get(name).ok_or_else(missing)?),
                    Cow::Owned(Value::Map(mut object)) => {
                        Cow::Owned(object.remove(name).ok_or_else(missing)?)
                    }
                    _ => return Err(format!("infix: . expects an object with a property {name}")),
                })
            }
            Node::Call(function, arguments) => {
                let Found::Function(function) = self.evaluate(function, scope)? else {
                    return Err("what is called is not a function".to_owned());
                };
                let arguments = arguments.iter().map(|argument| self.evaluate(argument, scope));
                let arguments = arguments.collect::<Result<Vec<_>>>()?;
                // Functions are values for this one only.
                if let (Function::Builtin(Builtin::Typeof), [Found::Function(_)]) = (function, &arguments[..])
                {
                    return Ok(Found::own(Value::from("function")));
                }
                let arguments = arguments.into_iter().map(Found::value).collect::<Result<Vec<_>>>()?;
                match function {
                    Function::Builtin(function) => Found::own(self.call(function, &arguments, scope)?),
                    Function::Given(at) => Found::own(self.call_given(at, arguments)?),
                }
            }
        })
    }

    /// Calls a function of the caller, which may keep what it is given.
    fn call_given(&self, at: usize, arguments: Vec<Cow<'_, Value>>) -> Result<Value> {
        let Some((_, function)) = self.functions.get(at) else {
            return Err("what is called is not a function".to_owned());
        };
        let arguments = arguments.into_iter().map(Cow::into_owned).collect::<Vec<_>>();
        for argument in &arguments {
            self.meter.admit(argument)?;
        }
        let value = function(&arguments)?;
        self.meter.admit(&value)?;
        Ok(value)
    }

    /// A value that becomes part of another one.
    fn copy(&self, node: &Node<'_>, scope: &Scope<'_>) -> Result<Value> {
        let value = self.evaluate(node, scope)?.value()?;
        self.meter.admit(&value)?;
        Ok(value.into_owned())
    }

    fn binary(&self, operator: &str, left: &Value, right: &Value) -> Result<Value> {
        let wrong = |what: &str| Err(format!("infix: {operator} expects {what}"));
        Ok(match (operator, left, right) {
            ("==", _, _) => Value::Bool(self.equal(left, right)?),
            ("!=", _, _) => Value::Bool(!self.equal(left, right)?),
            ("in", Value::Str(part), Value::Str(whole)) => {
                self.meter.spend(whole.len() as u64)?;
                Value::Bool(whole.contains(part.as_str()))
            }
            ("in", Value::Str(key), Value::Map(object)) => Value::Bool(object.contains_key(key)),
            ("in", item, Value::List(items)) => {
                for other in items.iter() {
                    if self.equal(item, other)? {
                        return Ok(Value::Bool(true));
                    }
                }
                Value::Bool(false)
            }
            ("in", _, _) => return wrong("a list, or a string and an object or a string"),
            ("+", Value::Str(left), Value::Str(right)) => {
                self.meter.spend((left.len() + right.len()) as u64)?;
                Value::from(format!("{left}{right}"))
            }
            ("<" | ">" | "<=" | ">=", Value::Str(left), Value::Str(right)) => {
                self.meter.spend(left.len().min(right.len()) as u64)?;
                compare(operator, left, right)
            }
            _ => match (operator, numbers(left, right)) {
                ("+", Some((left, right))) => number(left + right)?,
                ("-", Some((left, right))) => number(left - right)?,
                ("*", Some((left, right))) => number(left * right)?,
                ("/", Some((_, 0.0))) => return Err("division by zero".to_owned()),
                ("/", Some((left, right))) => number(left / right)?,
                ("**", Some((left, right))) => number(left.powf(right))?,
                (_, Some((left, right))) => compare(operator, &left, &right),
                ("+" | "<" | ">" | "<=" | ">=", None) => return wrong("two numbers or two strings"),
                (_, None) => return wrong("two numbers"),
            },
        })
    }

    /// Whether two values are equal: numbers by their value, objects in whatever order.
    pub(super) fn equal(&self, left: &Value, right: &Value) -> Result<bool> {
        self.meter.spend(4)?;
        Ok(match (left, right) {
            (Value::Str(left), Value::Str(right)) => {
                self.meter.spend(left.len() as u64)?;
                left == right
            }
            (Value::List(left), Value::List(right)) => {
                if left.len() != right.len() {
                    return Ok(false);
                }
                for (left, right) in left.iter().zip(right.iter()) {
                    if !self.equal(left, right)? {
                        return Ok(false);
                    }
                }
                true
            }
            (Value::Map(left), Value::Map(right)) => {
                if left.len() != right.len() {
                    return Ok(false);
                }
                for (key, left) in left {
                    match right.get(key) {
                        Some(right) if self.equal(left, right)? => {}
                        _ => return Ok(false),
                    }
                }
                true
            }
            _ => match numbers(left, right) {
                Some((left, right)) => left == right,
                None => left == right,
            },
        })
    }

    fn index<'v>(&self, value: Cow<'v, Value>, index: &Value) -> Result<Cow<'v, Value>> {
        let outside = || "index out of bounds".to_owned();
        let position = |length: usize| {
            let index = whole(index)?;
            let length = i64::try_from(length).map_err(|_| outside())?;
            let index = if index < 0 { index.saturating_add(length) } else { index };
            usize::try_from(index).map_err(|_| outside())
        };
        Ok(match (value, index) {
            (Cow::Borrowed(Value::List(items)), _) => {
                Cow::Borrowed(items.get(position(items.len())?).ok_or_else(outside)?)
            }
            (Cow::Owned(Value::List(mut items)), _) => {
                let at = position(items.len())?;
                if at >= items.len() {
                    return Err(outside());
                }
                Cow::Owned(items.swap_remove(at))
            }
            (Cow::Borrowed(Value::Map(object)), Value::Str(key)) => match object.get(key) {
                Some(value) => Cow::Borrowed(value),
                None => Cow::Owned(Value::Null),
            },
            (Cow::Owned(Value::Map(mut object)), Value::Str(key)) => {
                Cow::Owned(object.remove(key).unwrap_or_default())
            }
            (value, _) if value.as_map().is_some() => return Err("object keys must be strings".to_owned()),
            (value, _) => match value.as_ref() {
                Value::Str(text) => {
                    self.meter.spend(text.len() as u64)?;
                    let at = position(text.chars().count())?;
                    let found = text.chars().nth(at).ok_or_else(outside)?;
                    Cow::Owned(Value::from(found.to_string()))
                }
                _ => return Err("infix: [..] expects object, array, or string".to_owned()),
            },
        })
    }

    fn slice(&self, value: &Value, from: Option<i64>, to: Option<i64>) -> Result<Value> {
        let clip = |bound: i64, length: usize| {
            let length = i64::try_from(length).unwrap_or(i64::MAX);
            let bound = if bound < 0 { bound.saturating_add(length) } else { bound };
            usize::try_from(bound.clamp(0, length)).unwrap_or_default()
        };
        let range = |length: usize| {
            let to = to.map_or(length, |to| clip(to, length));
            from.map_or(0, |from| clip(from, length)).min(to)..to
        };
        match value {
            Value::List(items) => {
                let part = Value::from(items[range(items.len())].to_vec());
                self.meter.admit(&part)?;
                Ok(part)
            }
            Value::Str(text) => {
                self.meter.spend(text.len() as u64)?;
                let range = range(text.chars().count());
                Ok(Value::from(text.chars().skip(range.start).take(range.len()).collect::<String>()))
            }
            _ => Err("infix: [..] expects object, array, or string".to_owned()),
        }
    }
}

fn compare<T: PartialOrd>(operator: &str, left: &T, right: &T) -> Value {
    Value::Bool(match operator {
        "<" => left < right,
        ">" => left > right,
        "<=" => left <= right,
        _ => left >= right,
    })
}

/// An index.
fn whole(value: &Value) -> Result<i64> {
    let found = float(value).filter(|number| number.fract() == 0.0 && number.abs() < 9e15);
    #[expect(clippy::cast_possible_truncation, reason = "it is whole and small")]
    found
        .map(|number| number as i64)
        .ok_or_else(|| "should only use integers to access arrays or strings".to_owned())
}
