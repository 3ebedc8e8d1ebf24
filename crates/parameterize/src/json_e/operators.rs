//! Objects of a template that stand for something else.

use std::cmp::Ordering;

use taskgraph_value::{Map, Str, Value, json, map};

use super::{
    Renderer, builtins,
    evaluate::{Result, float, is_truthy},
    from_now::from_now,
    parse::is_name,
    scope::Scope,
};

const OPERATORS: [&str; 16] = [
    "$eval",
    "$flatten",
    "$flattenDeep",
    "$fromNow",
    "$if",
    "$json",
    "$let",
    "$map",
    "$reduce",
    "$find",
    "$match",
    "$switch",
    "$merge",
    "$mergeDeep",
    "$reverse",
    "$sort",
];

/// Whether a key makes an object an operator.
pub(super) fn is_one(key: &str) -> bool {
    OPERATORS.contains(&key)
}

/// What stands under an operator that is not there.
static NOTHING: Value = Value::Null;

impl Renderer<'_> {
    pub(super) fn operate(&self, operator: &str, object: &Map, scope: &Scope<'_>) -> Result<Option<Value>> {
        let given = object.get(operator).unwrap_or(&NOTHING);
        let only = |allowed: &[&str]| {
            let mut unknown =
                object.keys().filter(|key| key.as_str() != operator && !allowed.contains(&key.as_str()));
            match unknown.next() {
                Some(key) => Err(format!("{operator} has undefined properties: {key}")),
                None => Ok(()),
            }
        };
        let result = match operator {
            "$eval" => {
                only(&[])?;
                let text = given.as_str().ok_or("$eval must be given a string expression")?;
                Some(self.expression(text, scope)?)
            }
            "$if" => {
                only(&["then", "else"])?;
                let text = given.as_str().ok_or("$if can evaluate string expressions only")?;
                let branch = if is_truthy(&self.expression(text, scope)?) { "then" } else { "else" };
                match object.get(branch) {
                    Some(template) => self.render(template, scope)?,
                    None => None,
                }
            }
            "$json" => {
                only(&[])?;
                let value = self.render(given, scope)?.unwrap_or_default();
                let mut text = String::new();
                write_json(&value, &mut text)?;
                Some(Value::from(text))
            }
            "$fromNow" => {
                only(&["from"])?;
                let offset = self.render(given, scope)?;
                let from = match object.get("from") {
                    Some(from) => self.render(from, scope)?,
                    None => scope.get("now").cloned(),
                };
                match (offset, from) {
                    (Some(Value::Str(offset)), Some(Value::Str(from))) => {
                        Some(Value::from(from_now(&offset, &from)?))
                    }
                    _ => return Err("$fromNow expects a string".to_owned()),
                }
            }
            "$let" => {
                only(&["in"])?;
                self.bind(object, scope)?
            }
            "$map" => Some(self.map(object, scope)?),
            "$reduce" => self.reduce(object, scope)?,
            "$find" => self.find(object, scope)?,
            "$match" => {
                only(&[])?;
                let Value::Map(cases) = given else {
                    return Err("$match can evaluate objects only".to_owned());
                };
                let mut found = Vec::new();
                for (condition, template) in sorted(cases) {
                    if is_truthy(&self.expression(condition, scope)?) {
                        found.extend(self.render(template, scope)?);
                    }
                }
                Some(Value::from(found))
            }
            "$switch" => {
                only(&[])?;
                self.switch(given, scope)?
            }
            _ => {
                let by = match operator {
                    "$sort" => single(object, "by(").map(|(key, _)| key),
                    _ => None,
                };
                only(by.as_slice())?;
                let Some(Value::List(items)) = self.render(given, scope)? else {
                    return Err(format!("{operator} value must evaluate to an array"));
                };
                Some(self.rearrange(operator, items.into_iter().collect(), object, scope)?)
            }
        };
        if let Some(value) = &result {
            self.meter.admit(value)?;
        }
        Ok(result)
    }

    fn rearrange(&self, operator: &str, items: Vec<Value>, object: &Map, scope: &Scope<'_>) -> Result<Value> {
        let objects = |items: Vec<Value>| {
            let objects = items.into_iter().map(|item| match item {
                Value::Map(object) => Ok(object),
                _ => Err(format!("{operator} value must evaluate to an array of objects")),
            });
            objects.collect::<Result<Vec<_>>>()
        };
        Ok(match operator {
            "$reverse" => Value::from(items.into_iter().rev().collect::<Vec<_>>()),
            "$flatten" => Value::from(flatten(items, 1)),
            "$flattenDeep" => Value::from(flatten(items, usize::MAX)),
            "$merge" => Value::Map(objects(items)?.into_iter().flatten().collect()),
            "$mergeDeep" => {
                let merged = objects(items)?.into_iter().fold(Map::new(), merge_deep);
                Value::Map(merged)
            }
            _ => self.sort(items, object, scope)?,
        })
    }

    fn bind(&self, object: &Map, scope: &Scope<'_>) -> Result<Option<Value>> {
        let given = object.get("$let").unwrap_or(&NOTHING);
        if given.as_map().is_none() {
            return Err("$let value must be an object".to_owned());
        }
        let Some(Value::Map(names)) = self.render(given, scope)? else {
            return Err("$let value must be an object".to_owned());
        };
        if names.keys().any(|name| !is_name(name)) {
            return Err("top level keys of $let must follow /[a-zA-Z_][a-zA-Z0-9_]*/".to_owned());
        }
        let template = object.get("in").ok_or("$let operator requires an `in` clause")?;
        let names = names.iter().map(|(name, value)| (name.as_str(), value.clone()));
        self.render(template, &scope.child(names))
    }

    fn map(&self, object: &Map, scope: &Scope<'_>) -> Result<Value> {
        let (template, names) = each(object, "$map", 2, &[])?;
        let [name, more @ ..] = &names[..] else { return Err(bad_each("$map")) };
        let key_name = more.first();
        match self.render(object.get("$map").unwrap_or(&NOTHING), scope)? {
            Some(Value::List(items)) => {
                let mut mapped = Vec::new();
                for (at, item) in items.into_iter().enumerate() {
                    let at = key_name.map(|key| (*key, Value::from(at as u64)));
                    let inner = scope.child([(*name, item)].into_iter().chain(at));
                    mapped.extend(self.render(template, &inner)?);
                }
                Ok(Value::from(mapped))
            }
            Some(Value::Map(entries)) => {
                let mut mapped = Map::new();
                for (key, value) in entries {
                    let inner = match key_name {
                        Some(key_name) => scope.child([(*name, value), (*key_name, Value::Str(key))]),
                        None => scope.child([(*name, map! { "key" => &key, "val" => value }.into())]),
                    };
                    match self.render(template, &inner)? {
                        Some(Value::Map(rendered)) => mapped.extend_from(&rendered),
                        _ => {
                            return Err(
                                "$map on objects expects each(..) to evaluate to an object".to_owned()
                            );
                        }
                    }
                }
                Ok(Value::Map(mapped))
            }
            _ => Err("$map value must evaluate to an array or object".to_owned()),
        }
    }

    fn reduce(&self, object: &Map, scope: &Scope<'_>) -> Result<Option<Value>> {
        let (template, names) = each(object, "$reduce", 3, &["initial"])?;
        let [so_far, name, more @ ..] = &names[..] else { return Err(bad_each("$reduce")) };
        let initial = object.get("initial").ok_or("$reduce must have exactly three properties")?;
        let Some(Value::List(items)) = self.render(object.get("$reduce").unwrap_or(&NOTHING), scope)? else {
            return Err("$reduce value must evaluate to an array".to_owned());
        };
        let mut result = initial.clone();
        for (at, item) in items.into_iter().enumerate() {
            // Each round copies what there is so far, and makes it deeper perhaps.
            self.meter.admit(&result)?;
            let at = more.first().map(|index| (*index, Value::from(at as u64)));
            let inner = scope.child([(*so_far, result.clone()), (*name, item)].into_iter().chain(at));
            if let Some(next) = self.render(template, &inner)? {
                result = next;
            }
        }
        Ok(Some(result))
    }

    fn find(&self, object: &Map, scope: &Scope<'_>) -> Result<Option<Value>> {
        let (template, names) = each(object, "$find", 2, &[])?;
        let [name, more @ ..] = &names[..] else { return Err(bad_each("$find")) };
        let Some(Value::List(items)) = self.render(object.get("$find").unwrap_or(&NOTHING), scope)? else {
            return Err("$find value must be an array".to_owned());
        };
        let condition = template.as_str().ok_or("$find can evaluate string expressions only")?;
        for (at, item) in items.into_iter().enumerate() {
            let at = more.first().map(|index| (*index, Value::from(at as u64)));
            let inner = scope.child([(*name, item)].into_iter().chain(at));
            if is_truthy(&self.expression(condition, &inner)?) {
                return Ok(inner.get(name).cloned());
            }
        }
        Ok(None)
    }

    fn switch(&self, cases: &Value, scope: &Scope<'_>) -> Result<Option<Value>> {
        let Value::Map(cases) = cases else { return Err("$switch can evaluate objects only".to_owned()) };
        let mut chosen = None;
        for (condition, template) in cases.iter().filter(|(condition, _)| *condition != "$default") {
            if is_truthy(&self.expression(condition, scope)?) && chosen.replace(template).is_some() {
                return Err("$switch can only have one truthy condition".to_owned());
            }
        }
        match chosen.or_else(|| cases.get("$default")) {
            Some(template) => self.render(template, scope),
            None => Ok(None),
        }
    }

    fn sort(&self, items: Vec<Value>, object: &Map, scope: &Scope<'_>) -> Result<Value> {
        let mut keyed = Vec::with_capacity(items.len());
        match single(object, "by(") {
            Some((key, expression)) => {
                let names = names(key, "by(").filter(|names| names.len() == 1);
                let names = names.ok_or("$sort requires by(identifier) syntax")?;
                let expression = expression.as_str().ok_or("invalid expression in $sorted by")?;
                for item in items {
                    let inner = scope.child([(names[0], item)]);
                    let key = self.expression(expression, &inner)?;
                    keyed.push((key, inner.get(names[0]).cloned().unwrap_or_default()));
                }
            }
            None => keyed.extend(items.into_iter().map(|item| (item, Value::Null))),
        }
        // Sorting looks at each several times.
        for (key, item) in &keyed {
            self.meter.admit(item)?;
            self.meter.spend(key.as_str().map_or(64, |key| 64 + key.len() as u64) * 16)?;
        }
        let of = |is: fn(&Value) -> bool| keyed.iter().all(|(key, _)| is(key));
        if !of(|key| key.as_str().is_some()) && !of(|key| float(key).is_some()) {
            return Err("$sorted values to be sorted must have the same type".to_owned());
        }
        keyed.sort_by(|(left, _), (right, _)| match (left, right) {
            (Value::Str(left), Value::Str(right)) => left.cmp(right),
            _ => float(left).partial_cmp(&float(right)).unwrap_or(Ordering::Equal),
        });
        let plain = single(object, "by(").is_none();
        Ok(keyed.into_iter().map(|(key, item)| if plain { key } else { item }).collect::<Vec<_>>().into())
    }
}

/// The template behind `each(..)` of an operator with so many properties, and the names between the parentheses.
fn each<'o>(
    object: &'o Map,
    operator: &str,
    properties: usize,
    others: &[&str],
) -> Result<(&'o Value, Vec<&'o str>)> {
    let unknown = |key: &&Str| {
        key.as_str() != operator && !others.contains(&key.as_str()) && names(key, "each(").is_none()
    };
    if let Some(key) = object.keys().find(unknown) {
        return Err(format!("{operator} has undefined properties: {key}"));
    }
    if object.len() != properties {
        return Err(format!("{operator} must have exactly {properties} properties"));
    }
    let (key, template) = single(object, "each(").ok_or_else(|| bad_each(operator))?;
    let names = names(key, "each(").ok_or_else(|| bad_each(operator))?;
    let most = if operator == "$reduce" { 3 } else { 2 };
    match names.len() > most {
        true => Err(bad_each(operator)),
        false => Ok((template, names)),
    }
}

fn bad_each(operator: &str) -> String {
    match operator {
        "$reduce" => "$reduce requires each(identifier,identifier[,identifier]) syntax".to_owned(),
        _ => format!("{operator} requires each(identifier[,identifier]) syntax"),
    }
}

/// The property that begins so, if there is one and no more.
fn single<'o>(object: &'o Map, start: &str) -> Option<(&'o str, &'o Value)> {
    let mut found = object.iter().filter(|(key, _)| key.starts_with(start));
    let (key, value) = found.next()?;
    found.next().is_none().then_some((key.as_str(), value))
}

/// The names in `each(a,b)`.
fn names<'k>(key: &'k str, start: &str) -> Option<Vec<&'k str>> {
    let inner = key.strip_prefix(start)?.strip_suffix(')')?;
    let names = inner.split(',').map(str::trim_start).collect::<Vec<_>>();
    names.iter().all(|name| is_name(name)).then_some(names)
}

fn flatten(items: Vec<Value>, depth: usize) -> Vec<Value> {
    let mut flat = Vec::new();
    for item in items {
        match item {
            Value::List(inner) if depth == 1 => flat.extend(inner),
            Value::List(inner) => flat.extend(flatten(inner.into_iter().collect(), depth - 1)),
            other => flat.push(other),
        }
    }
    flat
}

fn merge_deep(mut into: Map, from: Map) -> Map {
    for (key, value) in from {
        match (into.get_mut(&key), value) {
            (Some(Value::Map(old)), Value::Map(new)) => *old = merge_deep(std::mem::take(old), new),
            (Some(Value::List(old)), Value::List(new)) => old.extend(new),
            (Some(old), value) => *old = value,
            (None, value) => drop(into.insert(key, value)),
        }
    }
    into
}

/// Keys and values in the order of keys.
fn sorted(object: &Map) -> Vec<(&Str, &Value)> {
    let mut entries: Vec<(&Str, &Value)> = object.iter().collect();
    entries.sort_unstable_by_key(|(a, _)| *a);
    entries
}

/// As JavaScript prints it, with the keys in order.
fn write_json(value: &Value, text: &mut String) -> Result<()> {
    match value {
        Value::Float(number) => text.push_str(&builtins::float_text(*number)),
        Value::List(items) => {
            text.push('[');
            for (at, item) in items.iter().enumerate() {
                if at > 0 {
                    text.push(',');
                }
                write_json(item, text)?;
            }
            text.push(']');
        }
        Value::Map(object) => {
            text.push('{');
            for (at, (key, value)) in sorted(object).into_iter().enumerate() {
                if at > 0 {
                    text.push(',');
                }
                write_string(key, text);
                text.push(':');
                write_json(value, text)?;
            }
            text.push('}');
        }
        Value::Str(string) => write_string(string, text),
        scalar => text.push_str(&json::compact(scalar).map_err(|error| error.to_string())?),
    }
    Ok(())
}

/// As JSON, but with all that can stand for itself.
fn write_string(string: &str, text: &mut String) {
    text.push('"');
    for c in string.chars() {
        match c {
            '"' => text.push_str("\\\""),
            '\\' => text.push_str("\\\\"),
            '\n' => text.push_str("\\n"),
            '\r' => text.push_str("\\r"),
            '\t' => text.push_str("\\t"),
            '\u{8}' => text.push_str("\\b"),
            '\u{c}' => text.push_str("\\f"),
            c if c < ' ' => text.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => text.push(c),
        }
    }
    text.push('"');
}
