//! What the reference printed.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// Printed tasks: by label or taskId, the text of the task.
pub(crate) type Printed = BTreeMap<String, String>;

/// The full graph.
pub(crate) fn full(folder: &Path, set: &str) -> Printed {
    let path = folder.join("expected").join(set).join("full.json");
    split(&fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display())))
}

/// Why the reference fails to optimize the graph, if it does.
pub(crate) fn optimization_error(folder: &Path, set: &str) -> Option<String> {
    fs::read_to_string(folder.join("expected").join(set).join("optimized.error")).ok()
}

/// Any graph. Those that have their tasks from another one are kept as lists of labels, or of taskIds.
pub(crate) fn graph(folder: &Path, set: &str, graph: &str, from: &Printed) -> Printed {
    let expected = folder.join("expected").join(set);
    if let Ok(whole) = fs::read_to_string(expected.join(format!("{graph}.json"))) {
        return split(&whole);
    }
    let labels = fs::read_to_string(expected.join(format!("{graph}.labels"))).unwrap();
    labels.lines().map(|label| (label.to_owned(), from[label].clone())).collect()
}

/// The tasks of a printed graph, which must be in the order of their keys.
pub(crate) fn split(printed: &str) -> Printed {
    if printed == "{}\n\n" {
        return Printed::new();
    }
    let inner = printed.strip_prefix("{\n  \"").and_then(|rest| rest.strip_suffix("\n  }\n}\n\n"));
    let inner = inner.expect("not a printed graph");
    let mut tasks = Printed::new();
    for task in inner.split("\n  },\n  \"") {
        let (label, body) = task.split_once("\": {\n").expect("not a printed task");
        let label: String = serde_json::from_str(&format!("\"{label}\"")).unwrap();
        assert!(tasks.last_key_value().is_none_or(|(last, _)| *last < label), "{label} is not at its place");
        tasks.insert(label, format!("{{\n{body}\n  }}"));
    }
    tasks
}

#[test]
fn a_printed_graph_is_split() {
    let printed = "{\n  \"a\": {\n    \"x\": {\n      \"y\": 1\n    }\n  },\n  \"\\u00e9\": {\n    \"x\": {}\n  }\n}\n\n";
    let tasks: Vec<_> = split(printed).into_iter().collect();
    assert_eq!(tasks[0], ("a".into(), "{\n    \"x\": {\n      \"y\": 1\n    }\n  }".into()));
    assert_eq!(tasks[1], ("é".into(), "{\n    \"x\": {}\n  }".into()));
}
