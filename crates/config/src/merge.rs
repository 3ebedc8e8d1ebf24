//! Merging of descriptions, as a task is merged over its kind's `task-defaults`.

use taskgraph_value::{List, Map, Value};

/// `over` merged over `base`: mappings are merged key by key, lists are appended to lists, and anything else of
/// `over` replaces what `base` has, as do values of another type.
///
/// A keyed value of `over` (a single key `by-*`) replaces, too; one of `base` is merged into. Keys keep their
/// place in `base`, new ones follow. What does not change is shared with `base`, what comes from `over` alone with
/// `over`.
///
/// ```
/// use taskgraph_config::merge;
/// use taskgraph_value::map;
///
/// let base = map! { "env" => map! { "LANG" => "C" }, "scopes" => vec!["a".into()], "tier" => 1 };
/// let over = map! { "env" => map! { "DEBUG" => "1" }, "scopes" => vec!["b".into()], "tier" => "two" };
/// assert_eq!(
///     merge(&base, &over),
///     map! {
///         "env" => map! { "LANG" => "C", "DEBUG" => "1" },
///         "scopes" => vec!["a".into(), "b".into()],
///         "tier" => "two",
///     }
/// );
/// ```
pub fn merge(base: &Map, over: &Map) -> Map {
    if base.is_empty() {
        return over.clone();
    }
    let mut merged = base.clone();
    for (key, value) in over {
        let value = match (merged.get(key), value) {
            (Some(Value::Map(base)), Value::Map(over)) if !is_keyed(over) => {
                if over.is_empty() {
                    continue;
                }
                merge(base, over).into()
            }
            (Some(Value::List(base)), Value::List(over)) => {
                if over.is_empty() {
                    continue;
                }
                if base.is_empty() {
                    Value::List(over.clone())
                } else {
                    base.iter().chain(over).cloned().collect::<List>().into()
                }
            }
            _ => value.clone(),
        };
        merged.insert(key.clone(), value);
    }
    merged
}

fn is_keyed(map: &Map) -> bool {
    map.single().is_some_and(|(key, _)| key.starts_with("by-"))
}

#[cfg(test)]
mod tests;
