//! The file `.taskcluster.yml`.

use std::path::Path;

use serde_json::Value as Json;
use sha2::{Digest, Sha256};
use taskgraph_config::yaml;
use taskgraph_value::{Map, Value};

use crate::error::Error;

/// How many bytes the file may have. Real ones have about 20 thousand.
pub const LARGEST_TEMPLATE: usize = 1 << 20;

/// A tree's `.taskcluster.yml`, of version 1: the JSON-e template of its decision and action tasks.
#[derive(Clone, Debug)]
pub struct Template {
    name: String,
    hash: String,
    value: Value,
}

impl Template {
    /// Reads the content of the file. `name` is what errors call it.
    ///
    /// Fails with [`Error::Yaml`], [`Error::TooLarge`], and [`Error::Template`] if it is not of version 1 or has no
    /// `tasks`.
    pub fn parse(content: &[u8], name: &Path) -> Result<Template, Error> {
        let shown = name.display().to_string();
        if content.len() > LARGEST_TEMPLATE {
            return Err(Error::TooLarge { what: shown, limit: LARGEST_TEMPLATE });
        }
        let document = yaml::read_bytes(content, name)?;
        let wrong = |problem: &str| Err(Error::Template { name: shown.clone(), problem: problem.to_owned() });
        let Value::Map(file) = &document.value else {
            return wrong("expected a mapping with `version` and `tasks`");
        };
        if file.get("version") != Some(&Value::from(1)) {
            return wrong("expected `version: 1`");
        }
        if !matches!(file.get("tasks"), Some(Value::List(_) | Value::Map(_))) {
            return wrong("expected a list of `tasks`, or a template of one");
        }
        let digest = Sha256::digest(content);
        let hash = digest.iter().take(5).map(|byte| format!("{byte:02x}")).collect();
        Ok(Template { name: shown, hash, value: document.value })
    }

    /// The first ten hexadecimal digits of the SHA-256 of the file: hooks are named by it.
    pub fn hash(&self) -> &str {
        &self.hash
    }

    /// What the file is called in errors.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// All of it, not rendered.
    pub fn value(&self) -> &Value {
        &self.value
    }

    /// Whether an expression in it has this text in quotes, as in `tasks_for == "cron"`.
    pub fn mentions(&self, text: &str) -> bool {
        let quoted = ['"', '\''].map(|quote| format!("{quote}{text}{quote}"));
        has_any_of(&self.value, &quoted)
    }

    /// Whether results are reported to GitHub as checks, and not as statuses.
    pub fn reports_checks(&self) -> bool {
        self.value.as_map().and_then(|file| file.get("reporting")).is_some_and(Value::is_truthy)
    }

    /// The template of the first task, of which hooks are made.
    pub(crate) fn first_task(&self) -> Result<Json, Error> {
        let tasks = self.value.as_map().and_then(|file: &Map| file.get("tasks"));
        let first = match tasks {
            Some(Value::List(tasks)) => tasks.first(),
            _ => None,
        };
        let wrong = |problem: String| Error::Template { name: self.name.clone(), problem };
        let Some(first) = first else {
            return Err(wrong(
                "hooks need `tasks` to be a list with the task, before it is rendered".to_owned(),
            ));
        };
        serde_json::to_value(first).map_err(|error| wrong(error.to_string()))
    }
}

/// Whether a key or a text has one of these in it.
fn has_any_of(value: &Value, parts: &[String]) -> bool {
    let has = |text: &str| parts.iter().any(|part| text.contains(part.as_str()));
    match value {
        Value::Str(text) => has(text),
        Value::List(list) => list.iter().any(|item| has_any_of(item, parts)),
        Value::Map(map) => map.iter().any(|(key, item)| has(key) || has_any_of(item, parts)),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Template, Error> {
        Template::parse(text.as_bytes(), Path::new(".taskcluster.yml"))
    }

    #[test]
    fn files_that_are_no_templates() {
        for (text, part) in [
            ("", "expected a mapping"),
            ("- 1", "expected a mapping"),
            ("tasks: []", "expected `version: 1`"),
            ("version: 0\ntasks: []", "expected `version: 1`"),
            ("version: '1'\ntasks: []", "expected `version: 1`"),
            ("version: 1", "expected a list of `tasks`"),
            ("version: 1\ntasks: x", "expected a list of `tasks`"),
            ("version: [1", ".taskcluster.yml:"),
        ] {
            let message = parse(text).unwrap_err().to_string();
            assert!(message.starts_with(".taskcluster.yml:") && message.contains(part), "{text}: {message}");
        }
        let large = format!("version: 1\ntasks: []\n{}", "#".repeat(LARGEST_TEMPLATE));
        assert!(matches!(parse(&large), Err(Error::TooLarge { .. })));
    }

    #[test]
    fn events_are_mentioned_in_quotes() {
        let template = parse(
            "version: 1\ntasks:\n  - {$if: 'tasks_for == \"nightly\"'}\n  - $switch: {\"tasks_for in ['a', 'b']\": c}\n",
        )
        .unwrap();
        for (text, expected) in [("nightly", true), ("a", true), ("b", true), ("c", false), ("night", false)]
        {
            assert_eq!(template.mentions(text), expected, "{text}");
        }
    }

    #[test]
    fn the_hash_is_of_the_bytes() {
        // printf 'version: 1\ntasks: []\n' | sha256sum
        assert_eq!(parse("version: 1\ntasks: []\n").unwrap().hash(), "9b9a42ee35");
        assert_ne!(parse("version: 1\r\ntasks: []\n").unwrap().hash(), "9b9a42ee35");
    }

    #[test]
    fn hooks_are_made_of_the_first_of_a_list() {
        assert_eq!(parse("version: 1\ntasks: [{a: 1}, {b: 2}]").unwrap().first_task().unwrap()["a"], 1);
        for text in ["version: 1\ntasks: []", "version: 1\ntasks: {$let: {}, in: []}"] {
            let message = parse(text).unwrap().first_task().unwrap_err().to_string();
            assert!(message.contains("hooks need `tasks` to be a list"), "{message}");
        }
    }
}
