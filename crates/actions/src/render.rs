//! What triggering an action means.

use chrono::{DateTime, Utc};
use taskgraph_parameterize::render_json_e;
use taskgraph_value::{Map, Str, Value, map};

use crate::{Action, Document, RenderError, SchemaDocuments, Subject, Trigger, bounds};

/// The largest task definition or payload, in bytes of JSON.
const MOST_RENDERED: usize = 4 << 20;

/// Where and when an action is triggered.
#[derive(Clone, Copy, Debug)]
pub struct Occasion<'a> {
    /// The task group that it is triggered from.
    pub task_group_id: &'a str,
    /// What it is about.
    pub subject: Subject<'a>,
    /// The id that a task created by it will have.
    pub own_task_id: &'a str,
    /// The time.
    pub now: DateTime<Utc>,
}

/// What has to be done to trigger an action.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Rendered {
    /// Create a task, with the scopes of the decision task as authorized scopes, and the id of the [`Occasion`].
    Task {
        /// Its definition.
        definition: Map,
    },
    /// Trigger a hook, if the scopes of the decision task, expanded, [satisfy](crate::satisfies)
    /// [the action's](Action::required_scope).
    Hook {
        /// The group of the hook.
        hook_group_id: Str,
        /// Which hook.
        hook_id: Str,
        /// What it is triggered with.
        payload: Map,
    },
}

impl Document {
    /// What has to be done to trigger an action of this document. The input is compared with the action's schema
    /// before anything else.
    ///
    /// Templates have the names `taskGroupId`, `taskId` (null for the group), `input` and the document's variables, which
    /// shadow those; those of tasks also have `task` (null for the group) and `ownTaskId`.
    ///
    /// ```
    /// use taskgraph_actions::{Action, Document, SchemaDocuments, Occasion, Rendered, Subject};
    /// use taskgraph_value::{Map, Value, map};
    ///
    /// let template = map! { "deadline" => map! { "$fromNow" => "1 hour" }, "who" => "${who}, ${taskGroupId}" };
    /// let action = Action::task("hello", "Hello", "Says hello.", template);
    /// let document = Document { variables: map! { "who" => "all" }, ..Document::default() };
    /// let occasion = Occasion {
    ///     task_group_id: "fdtgsD5DQUmAQZEaGMvQ4Q",
    ///     subject: Subject::Group,
    ///     own_task_id: "PgAKBjVOQPCNmKf4k9nSZA",
    ///     now: "2026-01-31T12:00:00Z".parse()?,
    /// };
    /// let rendered = document.render(&action, &occasion, None, &SchemaDocuments::default())?;
    /// let definition = map! { "deadline" => "2026-01-31T13:00:00.000Z", "who" => "all, fdtgsD5DQUmAQZEaGMvQ4Q" };
    /// assert_eq!(rendered, Rendered::Task { definition });
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn render(
        &self,
        action: &Action,
        occasion: &Occasion<'_>,
        input: Option<&Value>,
        documents: &SchemaDocuments,
    ) -> Result<Rendered, RenderError> {
        let name = || action.shown_name().to_owned();
        let input = action.input(input, documents)?;
        if !action.is_for(&occasion.subject) {
            return Err(RenderError::NotRelevant {
                name: name(),
                subject: occasion.subject.to_string(),
                contexts: action.shown_context(),
            });
        }
        let (task_id, task) = match occasion.subject {
            Subject::Group => (Value::Null, Value::Null),
            Subject::Task { id, definition } => (Value::from(id), definition.clone()),
        };
        let mut context =
            map! { "taskGroupId" => occasion.task_group_id, "taskId" => task_id, "input" => input };
        let template = match &action.trigger {
            Trigger::Task { task: template } => {
                context.insert("task".into(), task);
                context.insert("ownTaskId".into(), occasion.own_task_id.into());
                template
            }
            Trigger::Hook { hook_group_id, hook_payload, .. } => {
                // With a slash in it, the scope would be that of another group's hook.
                let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
                if hook_group_id.is_empty() || !hook_group_id.chars().all(is_plain) {
                    let hook_group_id = hook_group_id.to_string();
                    return Err(RenderError::HookGroup { name: name(), hook_group_id });
                }
                hook_payload
            }
        };
        context.extend_from(&self.variables);
        let rendered = render_json_e(&Value::Map(template.clone()), &context, occasion.now)
            .map_err(|source| RenderError::Template { name: name(), source })?;
        let Some(Value::Map(rendered)) = rendered else {
            let found = rendered.map_or("nothing", |value| value.type_name()).to_owned();
            return Err(RenderError::NotAMapping { name: name(), found });
        };
        bounds::measure(&Value::Map(rendered.clone()), MOST_RENDERED)
            .map_err(|problem| RenderError::Size { name: name(), problem })?;
        Ok(match &action.trigger {
            Trigger::Task { .. } => Rendered::Task { definition: rendered },
            Trigger::Hook { hook_group_id, hook_id, .. } => Rendered::Hook {
                hook_group_id: hook_group_id.clone(),
                hook_id: hook_id.clone(),
                payload: rendered,
            },
        })
    }
}
