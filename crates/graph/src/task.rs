//! One task.

use taskgraph_value::{List, Map, Str, Value, text};

use crate::{Definition, Error};

/// A task of a graph: its definition, and what the graph needs to know about it.
#[derive(Clone, Debug, PartialEq)]
pub struct Task {
    /// The kind that it belongs to.
    pub kind: Str,
    /// Its name, unique within a graph.
    pub label: Str,
    /// What it is for.
    pub description: Str,
    /// What filters and other tasks go by. Always has `kind`.
    pub attributes: Map,
    /// What to create it with.
    pub task: Definition,
    /// When it need not run; null for always.
    pub optimization: Value,
    /// The labels of the tasks that it needs, by the names that it has for them.
    pub dependencies: Map,
    /// The labels of the tasks that it waits for if they are there.
    pub soft_dependencies: List,
    /// It only runs if one of these labels does.
    pub if_dependencies: List,
    /// The task it was created as, or that replaces it.
    pub task_id: Option<Str>,
}

impl Task {
    /// What it needs: name and label. Anything else in `dependencies` is left out.
    pub fn dependencies(&self) -> impl Iterator<Item = (&Str, &Str)> {
        self.dependencies.iter().filter_map(|(name, label)| Some((name, label.as_str()?)))
    }

    /// The JSON form, as a mapping.
    pub fn to_map(&self) -> Map {
        let mut map = taskgraph_value::map! {
            "kind" => &self.kind,
            "label" => &self.label,
            "description" => &self.description,
            "attributes" => self.attributes.clone(),
            "dependencies" => self.dependencies.clone(),
            "soft_dependencies" => self.soft_dependencies.clone(),
            "if_dependencies" => self.if_dependencies.clone(),
            "optimization" => self.optimization.clone(),
            "task" => self.task.whole().into_owned(),
        };
        if let Some(task_id) = &self.task_id {
            map.insert(text!("task_id"), task_id.into());
        }
        map
    }

    /// A task from its JSON form. `key` is the key it has there, for the error.
    ///
    /// `description`, `dependencies` and the other lists may be missing.
    pub fn from_map(key: &str, map: &Map) -> Result<Task, Error> {
        let wrong = |problem: String| Error::NotAGraph { key: Some(key.into()), problem };
        let missing = |name: &str| wrong(format!("`{name}` is missing"));
        let value = |name: &str| map.get(name).ok_or_else(|| missing(name));
        let string = |name: &str| {
            let value = value(name)?;
            let text = value.as_str().cloned();
            text.ok_or_else(|| wrong(format!("`{name}`: expected a string, found {}", value.type_name())))
        };
        let mapping = |name: &str| match map.get(name) {
            None => Ok(None),
            Some(Value::Map(map)) => Ok(Some(map.clone())),
            Some(other) => Err(wrong(format!("`{name}`: expected a mapping, found {}", other.type_name()))),
        };
        let list = |name: &str| match map.get(name) {
            None => Ok(List::new()),
            Some(Value::List(list)) => Ok(list.clone()),
            Some(other) => Err(wrong(format!("`{name}`: expected a list, found {}", other.type_name()))),
        };
        let kind = string("kind")?;
        let mut attributes = mapping("attributes")?.ok_or_else(|| missing("attributes"))?;
        attributes.insert(text!("kind"), (&kind).into());
        Ok(Task {
            label: string("label")?,
            description: map.get_str("description").cloned().unwrap_or_default(),
            attributes,
            task: value("task")?.clone().into(),
            optimization: value("optimization")?.clone(),
            dependencies: mapping("dependencies")?.unwrap_or_default(),
            soft_dependencies: list("soft_dependencies")?,
            if_dependencies: list("if_dependencies")?,
            task_id: map.get_str("task_id").cloned(),
            kind,
        })
    }
}
