//! Fills in all the text inside a value.

use taskgraph_value::{List, Map, Str, Value, split_path};

use crate::{Error, Lookup, SubstituteError, format};

/// Fills in every string of a value, and every key of its mappings. Other values stay as they are.
///
/// A list or mapping in which nothing changes is returned as it was: shared, not copied.
pub fn substitute(value: Value, values: &dyn Lookup) -> Result<Value, Error> {
    Ok(changed(&value, values)?.unwrap_or(value))
}

/// Fills in the strings of some fields of a task. Fields are dotted paths such as `worker.max-run-time`.
///
/// The task is left as it was if any of them is missing or has a template that cannot be filled in.
pub fn substitute_fields<S: AsRef<str>>(
    task: &mut Map,
    fields: &[S],
    values: &dyn Lookup,
) -> Result<(), SubstituteError> {
    let mut result = task.clone();
    for field in fields {
        let path = field.as_ref();
        let value = find(&result, path)?;
        let new = changed(value, values)
            .map_err(|source| SubstituteError::Template { path: path.to_owned(), source })?;
        if let (Some(new), Some(place)) = (new, find_mut(&mut result, path)) {
            *place = new;
        }
    }
    *task = result;
    Ok(())
}

fn find<'a>(task: &'a Map, path: &str) -> Result<&'a Value, SubstituteError> {
    let missing = |problem| SubstituteError::MissingField { path: path.to_owned(), problem };
    let (first, rest) = split_path(path).map_or((path, None), |(first, rest)| (first, Some(rest)));
    let mut value = task.get(first).ok_or_else(|| missing(format!("the task has no key `{first}`")))?;
    let mut done = first;
    for key in rest.into_iter().flat_map(|rest| rest.split('.')) {
        let map = value
            .as_map()
            .ok_or_else(|| missing(format!("expected a mapping at `{done}`, found {}", value.type_name())))?;
        value = map.get(key).ok_or_else(|| missing(format!("`{done}` has no key `{key}`")))?;
        done = &path[..done.len() + 1 + key.len()];
    }
    Ok(value)
}

fn find_mut<'a>(task: &'a mut Map, path: &str) -> Option<&'a mut Value> {
    match split_path(path) {
        None => task.get_mut(path),
        Some((first, rest)) => task.get_mut(first)?.at_mut(rest),
    }
}

/// The value with its strings filled in; nothing if that is what it is already.
fn changed(value: &Value, values: &dyn Lookup) -> Result<Option<Value>, Error> {
    match value {
        Value::Str(text) => Ok(changed_text(text, values)?.map(Value::Str)),
        Value::List(list) => Ok(changed_list(list, values)?.map(Value::List)),
        Value::Map(map) => Ok(changed_map(map, values)?.map(Value::Map)),
        _ => Ok(None),
    }
}

fn changed_text(text: &Str, values: &dyn Lookup) -> Result<Option<Str>, Error> {
    let new = format(text, values)?;
    Ok((!Str::ptr_eq(&new, text)).then_some(new))
}

fn changed_list(list: &List, values: &dyn Lookup) -> Result<Option<List>, Error> {
    for (at, item) in list.iter().enumerate() {
        let Some(first) = changed(item, values)? else { continue };
        let mut items = Vec::with_capacity(list.len());
        items.extend_from_slice(&list[..at]);
        items.push(first);
        for item in &list[at + 1..] {
            items.push(changed(item, values)?.unwrap_or_else(|| item.clone()));
        }
        return Ok(Some(items.into()));
    }
    Ok(None)
}

fn changed_map(map: &Map, values: &dyn Lookup) -> Result<Option<Map>, Error> {
    let mut new: Option<Map> = None;
    for (at, (key, value)) in map.iter().enumerate() {
        if let Some(new_key) = changed_text(key, values)? {
            let before = new.as_ref().unwrap_or(map).iter().take(at);
            let mut entries: Vec<_> = before.map(|(key, value)| (key.clone(), value.clone())).collect();
            entries.push((new_key, changed(value, values)?.unwrap_or_else(|| value.clone())));
            for (key, value) in map.iter().skip(at + 1) {
                let new_key = changed_text(key, values)?.unwrap_or_else(|| key.clone());
                entries.push((new_key, changed(value, values)?.unwrap_or_else(|| value.clone())));
            }
            return Ok(Some(entries.into()));
        }
        if let Some(value) = changed(value, values)? {
            new.get_or_insert_with(|| map.clone()).replace_at(at, value);
        }
    }
    Ok(new)
}

#[cfg(test)]
mod tests {
    use taskgraph_value::{json, map};

    use super::*;

    #[test]
    fn fills_in_keys_and_nested_values() {
        let value = map! {
            "a-{n}" => vec!["x{n}".into(), 5.into(), Value::from(map! { "k" => "{{{n}}}" })],
            "same" => Value::Null,
            "a-1" => "last",
        };
        let values = map! { "n" => 1 };
        let result = substitute(value.into(), &values).unwrap();
        assert_eq!(json::compact(&result).unwrap(), r#"{"a-1":"last","same":null}"#);
        let result =
            substitute(vec![Value::from("x{n}"), 5.into(), "{{{n}}}".into()].into(), &values).unwrap();
        assert_eq!(json::compact(&result).unwrap(), r#"["x1",5,"{1}"]"#);
    }

    #[test]
    fn each_value_is_filled_in_once_however_deep() {
        let mut value = Value::from("{n}");
        for _ in 0..60 {
            value = map! { "first" => value, "{n}" => "{n}" }.into();
        }
        let mut filled = &substitute(value, &map! { "n" => 1 }).unwrap();
        for _ in 0..60 {
            assert_eq!(filled.at("1"), Some(&"1".into()));
            filled = filled.at("first").unwrap();
        }
        assert_eq!(filled, &"1".into());
    }

    #[test]
    fn shares_what_does_not_change() {
        let inner = Value::from(vec!["plain".into(), Value::from(map! { "k" => 1 })]);
        let value = Value::from(map! { "inner" => inner.clone(), "text" => "{n}" });
        let result = substitute(value.clone(), &map! { "n" => 1 }).unwrap();
        let items = |value: &Value| value.as_list().unwrap().as_ptr();
        assert_eq!(items(result.at("inner").unwrap()), items(&inner));
        let untouched = substitute(inner.clone(), &map! {}).unwrap();
        assert_eq!(items(&untouched), items(&inner));
    }

    #[test]
    fn fields_by_path() {
        let mut task =
            map! { "name" => "{n}", "worker" => map! { "env" => map! { "A" => "{n}" }, "max" => "{n}" } };
        substitute_fields(&mut task, &["name", "worker.env"], &map! { "n" => 7 }).unwrap();
        assert_eq!(
            json::compact(&task.clone().into()).unwrap(),
            r#"{"name":"7","worker":{"env":{"A":"7"},"max":"{n}"}}"#
        );
        let before = task.clone();
        for (path, message) in [
            ("treeherder", "no field `treeherder`: the task has no key `treeherder`"),
            ("worker.env.B", "no field `worker.env.B`: `worker.env` has no key `B`"),
            ("name.x", "no field `name.x`: expected a mapping at `name`, found a string"),
            (
                "worker.max",
                "field `worker.max`: template `{n}`: `n` has no value; known are m \
                 (a literal brace is written `{{` or `}}`)",
            ),
        ] {
            let error = substitute_fields(&mut task, &["name", path], &map! { "m" => 1 }).unwrap_err();
            assert_eq!(error.to_string(), message);
            assert_eq!(task, before);
        }
    }
}
