//! The specification of actions: what `public/actions.json` says can be done to the tasks of a group.
//!
//! A decision task publishes a [`Document`]. A user interface reads it, offers the actions that are
//! [relevant](Document::menu) for a task or for the group, asks for [input](InputSchema), and
//! [renders](Document::render) what has to be done: a task to create, or a hook to trigger. This crate is all of that
//! without doing anything: it knows no clock, no disk and no network. SchemaDocuments, schemas, inputs and templates may come
//! from anywhere: what using them costs is bounded, and what is wrong with them is an error.
//!
//! ```
//! use taskgraph_actions::{Document, SchemaDocuments, Occasion, Rendered, Subject};
//! use taskgraph_value::{json, map, Value};
//!
//! let document = Document::parse(r#"{
//!     "version": 1,
//!     "variables": {"pool": "linux"},
//!     "actions": [{
//!         "kind": "task",
//!         "name": "greet",
//!         "title": "Greet",
//!         "description": "Greets somebody.",
//!         "context": [{"kind": "test"}],
//!         "schema": {"type": "object", "properties": {"whom": {"type": "string", "default": "world"}}},
//!         "task": {"workerType": "${pool}", "payload": {"command": ["echo", "${input.whom} ${taskId}"]}}
//!     }]
//! }"#)?;
//!
//! let definition = Value::from(map! { "tags" => map! { "kind" => "test" } });
//! let subject = Subject::Task { id: "fdtgsD5DQUmAQZEaGMvQ4Q", definition: &definition };
//! assert_eq!(document.menu(&subject).len(), 1);
//! assert!(document.menu(&Subject::Group).is_empty());
//!
//! let occasion = Occasion {
//!     task_group_id: "PgAKBjVOQPCNmKf4k9nSZA",
//!     subject,
//!     own_task_id: "AqYbQzZ7Q0mhWrqTmOmyWQ",
//!     now: "2026-01-31T12:00:00Z".parse()?,
//! };
//! let action = document.find("greet", &subject)?;
//! let Rendered::Task { definition } = document.render(action, &occasion, None, &SchemaDocuments::default())? else { panic!() };
//! assert_eq!(
//!     json::compact(&definition.into())?,
//!     r#"{"workerType":"linux","payload":{"command":["echo","world fdtgsD5DQUmAQZEaGMvQ4Q"]}}"#,
//! );
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod action;
mod bounds;
mod context;
mod convert;
mod document;
mod error;
mod formal;
mod input;
mod near;
mod render;
mod scopes;
mod violations;

pub use crate::{
    action::{Action, Trigger},
    context::{Subject, TagSet},
    document::{Document, MOST_DOCUMENT, Overlap, Skipped},
    error::{DocumentError, FindError, InputError, RenderError, SchemaError},
    formal::DOCUMENT_SCHEMA,
    input::{Fetch, Field, InputSchema, MOST_FETCH_SECONDS, MOST_FETCHED, MOST_INPUT, SchemaDocuments},
    render::{Occasion, Rendered},
    scopes::satisfies,
};
