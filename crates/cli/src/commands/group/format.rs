//! Templates of the official client, as far as they only name fields: `{{ .Status.TaskID }}`.

use std::str::FromStr;

use anyhow::{Error, Result, bail};
use serde_json::{Value, json};
use taskcluster_queue_client::Task;

/// How to print a task of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Template(Vec<Part>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Text(String),
    /// A path into `{"status": .., "task": ..}`. Names are those of Go, which differ from JSON's in case only.
    Field(Vec<String>),
}

impl Default for Template {
    /// What the official client prints: the id, the name, the state.
    fn default() -> Template {
        let field = |path: &[&str]| Part::Field(path.iter().map(|&name| name.to_owned()).collect());
        let space = || Part::Text(" ".to_owned());
        Template(vec![
            field(&["Status", "TaskID"]),
            space(),
            field(&["Task", "Metadata", "Name"]),
            space(),
            field(&["Status", "State"]),
        ])
    }
}

impl FromStr for Template {
    type Err = Error;

    fn from_str(text: &str) -> Result<Template> {
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("{{") {
            if !before.is_empty() {
                parts.push(Part::Text(before.to_owned()));
            }
            let Some((field, after)) = after.split_once("}}") else {
                bail!("expected `}}}}` after `{{{{`");
            };
            let field = field.trim();
            let path =
                field.strip_prefix('.').map(|path| path.split('.').map(str::to_owned).collect::<Vec<_>>());
            let is_name = |name: &String| {
                !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
            };
            match path {
                Some(path) if path.iter().all(is_name) => parts.push(Part::Field(path)),
                _ => bail!("expected a field such as `.Status.TaskID`, found `{field}`"),
            }
            rest = after;
        }
        if !rest.is_empty() {
            parts.push(Part::Text(rest.to_owned()));
        }
        Ok(Template(parts))
    }
}

impl Template {
    /// Fails if the task has no such field.
    pub(crate) fn fill(&self, task: &Task) -> Result<String> {
        let task = json!({"status": task.status, "task": task.task});
        let mut text = String::new();
        for part in &self.0 {
            match part {
                Part::Text(part) => text += part,
                Part::Field(path) => match find(&task, path) {
                    Some(Value::String(value)) => text += value,
                    Some(value) => text += &value.to_string(),
                    None => bail!("a task of a list has no field `.{}`", path.join(".")),
                },
            }
        }
        Ok(text)
    }
}

fn find<'a>(value: &'a Value, path: &[String]) -> Option<&'a Value> {
    path.iter().try_fold(value, |value, name| {
        let object = value.as_object()?;
        object.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(template: &str, expected: &str) {
        let id = "fdtgsD5DQUmAQZEaGMvQ4Q";
        let task: Task = serde_json::from_value(json!({
            "status": {
                "taskId": id, "taskGroupId": id, "schedulerId": "-", "state": "failed", "deadline": "", "expires": "",
                "workerType": "linux", "retriesLeft": 5,
            },
            "task": {"metadata": {"name": "a & b"}, "tags": {"kind": "test"}},
        }))
        .unwrap();
        let filled = template.parse::<Template>().and_then(|template| template.fill(&task));
        assert_eq!(filled.unwrap_or_else(|error| error.to_string()), expected);
    }

    #[test]
    fn fields_are_filled_in() {
        let usual = "fdtgsD5DQUmAQZEaGMvQ4Q a & b failed";
        check("{{ .Status.TaskID }} {{ .Task.Metadata.Name }} {{ .Status.State }}", usual);
        assert_eq!(
            "{{.Status.TaskID}} {{.Task.Metadata.Name}} {{.Status.State}}".parse::<Template>().unwrap(),
            Template::default()
        );
        check("<{{.Status.WorkerType}}|{{ .Status.RetriesLeft }}>", "<linux|5>");
        check("{{ .Task.Tags }}", r#"{"kind":"test"}"#);
        check("no field", "no field");
        check("", "");
    }

    #[test]
    fn other_templates_are_errors() {
        check("{{ .Status.Nothing }}", "a task of a list has no field `.Status.Nothing`");
        check("{{ .Status.State.X }}", "a task of a list has no field `.Status.State.X`");
        check("{{ .Status", "expected `}}` after `{{`");
        for bad in ["", ".", ".Status.", "Status", "if .Status", ".Status | len", "range .X"] {
            check(
                &format!("{{{{ {bad} }}}}"),
                &format!("expected a field such as `.Status.TaskID`, found `{bad}`"),
            );
        }
    }
}
