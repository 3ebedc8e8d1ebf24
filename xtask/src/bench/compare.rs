//! Whether two printed graphs are equal, task by task.

use anyhow::{Result, bail};
use serde_json::Value;

use crate::fixtures::split;

/// Fails, naming the first task that differs. Equal text is equal; else values are compared. The order of soft
/// dependencies does not count: in the reference it is that in which processes happen to end.
pub(super) fn check_equal(ours: &str, reference: &str) -> Result<usize> {
    let (ours, reference) = (split(ours)?, split(reference)?);
    for (at, (label, body)) in reference.iter().enumerate() {
        match ours.get(at) {
            Some((our_label, _)) if our_label != label => {
                bail!("task {at} is `{our_label}`, in the reference `{label}`")
            }
            Some((_, our_body)) if our_body == body || parse(our_body)? == parse(body)? => {}
            Some(_) => bail!("task `{label}` is not as in the reference"),
            None => bail!("task `{label}` of the reference is missing"),
        }
    }
    match ours.get(reference.len()) {
        Some((label, _)) => bail!("task `{label}` is not in the reference"),
        None => Ok(reference.len()),
    }
}

/// A task, with its soft dependencies sorted.
fn parse(body: &str) -> Result<Value> {
    let mut task: Value = serde_json::from_str(&format!("{{{body}}}"))?;
    if let Some(Value::Array(soft)) = task.get_mut("soft_dependencies") {
        soft.sort_by_key(ToString::to_string);
    }
    Ok(task)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn graph(tasks: &[(&str, &str)]) -> String {
        let tasks: Vec<String> =
            tasks.iter().map(|(label, body)| format!("  \"{label}\": {{\n    {body}\n  }}")).collect();
        format!("{{\n{}\n}}\n\n", tasks.join(",\n"))
    }

    #[test]
    fn differences_are_named() {
        let reference = graph(&[("a", "\"x\": 1"), ("b", "\"soft_dependencies\": [\"p\", \"q\"]")]);
        assert_eq!(check_equal(&reference, &reference).unwrap(), 2);
        let reordered = graph(&[("a", "\"x\":  1"), ("b", "\"soft_dependencies\": [\"q\", \"p\"]")]);
        assert_eq!(check_equal(&reordered, &reference).unwrap(), 2);
        let said = |ours: &[(&str, &str)]| check_equal(&graph(ours), &reference).unwrap_err().to_string();
        assert_eq!(said(&[("a", "\"x\": 2")]), "task `a` is not as in the reference");
        assert_eq!(said(&[("a", "\"x\": 1")]), "task `b` of the reference is missing");
        assert_eq!(said(&[("c", "\"x\": 1")]), "task 0 is `c`, in the reference `a`");
        assert!(check_equal(&reference, &graph(&[("a", "\"x\": 1")])).is_err());
    }
}
