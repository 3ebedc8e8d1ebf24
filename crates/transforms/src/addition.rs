//! What a transform adds to must be a mapping or a list, if it is there.
//!
//! Values of other types would be replaced, and what was written there lost, where no schema has looked before.

use taskgraph_kinds::Problem;
use taskgraph_schema::describe;
use taskgraph_value::{Map, Value};

/// Fails if there is something else than a mapping at these keys, each within the one before it.
pub(crate) fn check_mapping(within: &Map, path: &[&str]) -> Result<(), Problem> {
    check(within, path, "a mapping", |value| value.as_map().is_some())
}

/// Fails if there is something else than a list at these keys, each within the one before it.
pub(crate) fn check_list(within: &Map, path: &[&str]) -> Result<(), Problem> {
    check(within, path, "a list", |value| value.as_list().is_some())
}

fn check(
    mut within: &Map,
    path: &[&str],
    expected: &str,
    is_right: fn(&Value) -> bool,
) -> Result<(), Problem> {
    let wrong = |keys: usize, expected, found| {
        Err(Problem::wrong(&path[..keys].join("."), expected, describe(found)))
    };
    for (at, key) in path.iter().enumerate() {
        match within.get_some(key) {
            None => return Ok(()),
            Some(last) if at + 1 == path.len() => {
                return if is_right(last) { Ok(()) } else { wrong(path.len(), expected, last) };
            }
            Some(Value::Map(inner)) => within = inner,
            Some(other) => return wrong(at + 1, "a mapping", other),
        }
    }
    Ok(())
}
