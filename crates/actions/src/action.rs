//! One action.

use taskgraph_value::{Map, Str, Value, map};

use crate::{Subject, TagSet};

/// Something that can be done to a task, or to a task group.
///
/// ```
/// use taskgraph_actions::{Action, Subject, TagSet};
/// use taskgraph_value::{map, Value};
///
/// let mut action = Action::hook("rerun", "Rerun", "Runs a task again.", "project-x", "in-tree/abc", map! {});
/// assert!(action.is_for(&Subject::Group));
///
/// action.context = vec![TagSet::new([("kind", "test")])];
/// let task = Value::from(map! { "tags" => map! { "kind" => "test", "os" => "linux" } });
/// assert!(action.is_for(&Subject::Task { id: "fdtgsD5DQUmAQZEaGMvQ4Q", definition: &task }));
/// assert!(!action.is_for(&Subject::Group));
/// assert_eq!(action.required_scope().unwrap(), "in-tree:hook-action:project-x/in-tree/abc");
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Action {
    /// What identifies it: unique among the actions for one task, or for the group. The format allows none.
    pub name: Option<Str>,
    /// What a menu shows.
    pub title: Str,
    /// What it does, in markdown.
    pub description: Str,
    /// The tag-sets of which a task has to have one. An action without any is for the group, one with an empty tag-set
    /// for every task.
    pub context: Vec<TagSet>,
    /// The JSON schema of its input. Without it, the input is null.
    pub schema: Option<Value>,
    /// What other services want to know, such as `actionPerm`.
    pub extra: Option<Map>,
    /// What happens when it is triggered.
    pub trigger: Trigger,
}

/// What happens when an action is triggered.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Trigger {
    /// A task is created.
    Task {
        /// The JSON-e template of its definition.
        task: Map,
    },
    /// A hook is triggered.
    Hook {
        /// The group of the hook.
        hook_group_id: Str,
        /// Which hook.
        hook_id: Str,
        /// The JSON-e template of what it is triggered with.
        hook_payload: Map,
    },
}

impl Action {
    /// An action on the group, without input, that creates a task.
    pub fn task(
        name: impl Into<Str>,
        title: impl Into<Str>,
        description: impl Into<Str>,
        task: Map,
    ) -> Action {
        Action::new(name, title, description, Trigger::Task { task })
    }

    /// An action on the group, without input, that triggers a hook.
    pub fn hook(
        name: impl Into<Str>,
        title: impl Into<Str>,
        description: impl Into<Str>,
        hook_group_id: impl Into<Str>,
        hook_id: impl Into<Str>,
        hook_payload: Map,
    ) -> Action {
        let (hook_group_id, hook_id) = (hook_group_id.into(), hook_id.into());
        Action::new(name, title, description, Trigger::Hook { hook_group_id, hook_id, hook_payload })
    }

    fn new(
        name: impl Into<Str>,
        title: impl Into<Str>,
        description: impl Into<Str>,
        trigger: Trigger,
    ) -> Action {
        Action {
            name: Some(name.into()),
            title: title.into(),
            description: description.into(),
            context: Vec::new(),
            schema: None,
            extra: None,
            trigger,
        }
    }

    /// Whether it is for the group as a whole.
    pub fn is_for_group(&self) -> bool {
        self.context.is_empty()
    }

    /// Whether it is for tasks with these tags.
    pub fn is_for_tags(&self, tags: &Map) -> bool {
        self.context.iter().any(|set| set.is_satisfied_by(tags))
    }

    /// Whether it is for this task, or for the group.
    pub fn is_for(&self, subject: &Subject<'_>) -> bool {
        match subject.tags() {
            Some(tags) => self.is_for_tags(&tags),
            None => self.is_for_group(),
        }
    }

    /// The scope that a decision task must have for its action to be triggered, if a hook is.
    pub fn required_scope(&self) -> Option<String> {
        match &self.trigger {
            Trigger::Task { .. } => None,
            Trigger::Hook { hook_group_id, hook_id, .. } => {
                Some(format!("in-tree:hook-action:{hook_group_id}/{hook_id}"))
            }
        }
    }

    /// Its name for messages, or its title if it has none.
    pub(crate) fn shown_name(&self) -> &str {
        self.name.as_deref().unwrap_or(&self.title)
    }

    /// What it is for, in words.
    pub(crate) fn shown_context(&self) -> String {
        const MOST: usize = 5;
        if self.context.is_empty() {
            return "the task group".to_owned();
        }
        let mut shown: Vec<String> = self.context.iter().take(MOST).map(ToString::to_string).collect();
        if self.context.len() > MOST {
            shown.push(format!("{} more", self.context.len() - MOST));
        }
        shown.join(" or ")
    }

    /// The action as the document has it. Its shape has been checked.
    pub(crate) fn read(entry: &Map) -> Action {
        let text = |key: &str| entry.get_str(key).cloned().unwrap_or_default();
        let mapping = |key: &str| entry.get_map(key).cloned().unwrap_or_default();
        let trigger = match text("kind").as_str() {
            "task" => Trigger::Task { task: mapping("task") },
            _ => Trigger::Hook {
                hook_group_id: text("hookGroupId"),
                hook_id: text("hookId"),
                hook_payload: mapping("hookPayload"),
            },
        };
        Action {
            name: entry.get_str("name").cloned(),
            title: text("title"),
            description: text("description"),
            context: entry.get_list("context").iter().map(TagSet::read).collect(),
            schema: entry.get("schema").cloned(),
            extra: entry.get_map("extra").cloned(),
            trigger,
        }
    }

    /// The action as the document has it.
    pub(crate) fn write(&self) -> Value {
        let mut entry = Map::new();
        let mut put = |key: &'static str, value: Option<Value>| {
            if let Some(value) = value {
                entry.insert(key.into(), value);
            }
        };
        put("name", self.name.clone().map(Value::Str));
        put("title", Some(Value::from(&self.title)));
        put("description", Some(Value::from(&self.description)));
        put("context", Some(self.context.iter().map(TagSet::write).collect::<Vec<_>>().into()));
        put("schema", self.schema.clone());
        let trigger = match &self.trigger {
            Trigger::Task { task } => map! { "kind" => "task", "task" => task.clone() },
            Trigger::Hook { hook_group_id, hook_id, hook_payload } => map! {
                "kind" => "hook",
                "hookGroupId" => hook_group_id,
                "hookId" => hook_id,
                "hookPayload" => hook_payload.clone(),
            },
        };
        trigger.into_iter().for_each(|(key, value)| {
            entry.insert(key, value);
        });
        if let Some(extra) = &self.extra {
            entry.insert("extra".into(), extra.clone().into());
        }
        Value::Map(entry)
    }
}
