//! `task-reference` and `artifact-reference`: texts that name other tasks by what a task calls them.

use taskgraph_value::{Map, Str, Value};
use thiserror::Error;

use crate::{
    error::shorten,
    marked::{Marks, changed},
};

const TASK: &str = "task-reference";
const ARTIFACT: &str = "artifact-reference";

/// Names that are no dependencies.
const SELF: &str = "self";
const DECISION: &str = "decision";

/// Most names that an error lists.
const LISTED: usize = 12;

/// Where artifacts are: at a deployment, or behind the proxy of a task that reaches it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ArtifactUrls {
    /// The root URL of the deployment (`TASKCLUSTER_ROOT_URL`).
    pub root_url: Option<Str>,
    /// The URL of the proxy that signs requests (`TASKCLUSTER_PROXY_URL`).
    pub proxy_url: Option<Str>,
}

impl ArtifactUrls {
    /// The URL of the latest artifact of a name. One that is not below `public/` goes through the proxy if there is one,
    /// because it needs credentials. Nothing without a root URL.
    ///
    /// ```
    /// use taskgraph_parameterize::ArtifactUrls;
    /// let urls = ArtifactUrls { root_url: Some("https://tc.example/".into()), proxy_url: Some("http://proxy".into()) };
    /// assert_eq!(urls.of("T", "public/a").unwrap(), "https://tc.example/api/queue/v1/task/T/artifacts/public/a");
    /// assert_eq!(urls.of("T", "secret").unwrap(), "http://proxy/api/queue/v1/task/T/artifacts/secret");
    /// ```
    pub fn of(&self, task_id: &str, artifact: &str) -> Option<String> {
        let proxy = if artifact.starts_with("public/") { None } else { self.proxy_url.as_ref() };
        let root = proxy.or(self.root_url.as_ref())?.trim_end_matches('/');
        Some(format!("{root}/api/queue/v1/task/{task_id}/artifacts/{artifact}"))
    }
}

/// What the references of one task lead to.
#[derive(Clone, Copy, Debug)]
pub struct References<'a> {
    /// The task itself: `<self>`.
    pub task_id: &'a str,
    /// The decision task: `<decision>`.
    pub decision_task_id: &'a str,
    /// The taskIds of its dependencies, by the names that it has for them.
    pub dependencies: &'a Map,
    /// Where artifacts are.
    pub urls: &'a ArtifactUrls,
}

/// A reference that leads nowhere, and where it is: the keys that lead to it, joined by dots.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("`{path}`: {problem}")]
pub struct ReferenceError {
    /// The keys.
    pub path: String,
    /// What is wrong.
    pub problem: ReferenceProblem,
}

/// What is wrong with a reference. `text` is the text with the reference in it, shortened if it is long.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum ReferenceProblem {
    /// A name that is none of a dependency.
    #[error("`{text}` refers to `{name}`, which is no dependency of the task; {known}")]
    NoDependency {
        /// The text.
        text: String,
        /// The name.
        name: String,
        /// The names of the dependencies, as a phrase.
        known: String,
    },
    /// An artifact of the task itself, which has none when it is created.
    #[error("`{text}` refers to an artifact of the task itself, which has none yet")]
    OwnArtifact {
        /// The text.
        text: String,
    },
    /// An artifact, and nobody knows where artifacts are.
    #[error("`{text}` needs the address of the deployment; set `TASKCLUSTER_ROOT_URL`")]
    NoRootUrl {
        /// The text.
        text: String,
    },
    /// Something else than a text.
    #[error("expected a text with references, found {found}")]
    NotText {
        /// What it is.
        found: &'static str,
    },
}

/// Replaces every `{"task-reference": "...<name>..."}` and `{"artifact-reference": "...<name/path>..."}` in a value by
/// the text with the taskIds or URLs in it. Parts without any stay shared.
///
/// Besides dependencies there are `<self>` and `<decision>`; `<<>` is a literal `<`. As a key of a mapping,
/// `{"task-reference": {"<name>": value}}` has its keys replaced.
///
/// ```
/// use taskgraph_parameterize::{ArtifactUrls, References, resolve_references};
/// use taskgraph_value::{json, map};
/// let references = References {
///     task_id: "AAA", decision_task_id: "DDD", dependencies: &map! { "build" => "BBB" },
///     urls: &ArtifactUrls { root_url: Some("https://tc.example".into()), proxy_url: None },
/// };
/// let env = map! {
///     "BUILD" => map! { "task-reference" => "<build> of <decision> <<>" },
///     "URL" => map! { "artifact-reference" => "<build/public/target.zip>" },
/// };
/// assert_eq!(
///     json::compact(&resolve_references(&env.into(), &references)?).unwrap(),
///     r#"{"BUILD":"BBB of DDD <","URL":"https://tc.example/api/queue/v1/task/BBB/artifacts/public/target.zip"}"#,
/// );
/// # Ok::<(), taskgraph_parameterize::ReferenceError>(())
/// ```
pub fn resolve_references(value: &Value, references: &References<'_>) -> Result<Value, ReferenceError> {
    match changed(value, references) {
        Ok(new) => Ok(new.unwrap_or_else(|| value.clone())),
        Err(error) => Err(ReferenceError { path: error.path(), problem: error.problem }),
    }
}

impl References<'_> {
    fn dependency(&self, name: &str) -> Option<&str> {
        self.dependencies.get_str(name).map(Str::as_str)
    }

    fn no_dependency(&self, text: &str, name: &str) -> ReferenceProblem {
        let mut names: Vec<&str> = self.dependencies.keys().map(Str::as_str).collect();
        names.sort_unstable();
        let listed = names.iter().take(LISTED).copied().collect::<Vec<_>>().join(", ");
        let known = match names.len() {
            0 => "it has none".to_owned(),
            all if all > LISTED => format!("it has {listed} and {} more", all - LISTED),
            _ => format!("it has {listed}"),
        };
        ReferenceProblem::NoDependency { text: shorten(text), name: shorten(name), known }
    }

    fn task(&self, text: &Str) -> Result<Str, ReferenceProblem> {
        let mut out = String::new();
        let mut done = 0;
        let mut from = 0;
        while let Some(start) = find(text, '<', from) {
            let Some(end) = find(text, '>', start + 1) else { break };
            let name = &text[start + 1..end];
            from = start + 1;
            if name.is_empty() {
                continue;
            }
            let id = match name {
                SELF => self.task_id,
                DECISION => self.decision_task_id,
                name => match self.dependency(name) {
                    Some(id) => id,
                    None if name == "<" => name,
                    None => return Err(self.no_dependency(text, name)),
                },
            };
            reserve(&mut out, text, id.len());
            out.push_str(&text[done..start]);
            out.push_str(id);
            done = end + 1;
            from = done;
        }
        Ok(rest(text, out, done))
    }

    fn artifact(&self, text: &Str) -> Result<Str, ReferenceProblem> {
        let mut out = String::new();
        let mut done = 0;
        let mut from = 0;
        // Where the last search ended: those that start before it find the same.
        let (mut slash, mut end) = (0, 0);
        while let Some(start) = find(text, '<', from) {
            from = start + 1;
            if slash <= start {
                match find(text, '/', start + 1) {
                    Some(at) => slash = at,
                    None => break,
                }
            }
            if end <= slash {
                match find(text, '>', slash + 1) {
                    Some(at) => end = at,
                    None => break,
                }
            }
            let (name, artifact) = (&text[start + 1..slash], &text[slash + 1..end]);
            if name.is_empty() || artifact.is_empty() {
                continue;
            }
            let id = match name {
                SELF => return Err(ReferenceProblem::OwnArtifact { text: shorten(text) }),
                DECISION => self.decision_task_id,
                name => self.dependency(name).ok_or_else(|| self.no_dependency(text, name))?,
            };
            let url = self.urls.of(id, artifact);
            let url = url.ok_or_else(|| ReferenceProblem::NoRootUrl { text: shorten(text) })?;
            reserve(&mut out, text, url.len());
            out.push_str(&text[done..start]);
            out.push_str(&url);
            done = end + 1;
            from = done;
        }
        Ok(rest(text, out, done))
    }
}

impl Marks for References<'_> {
    type Problem = ReferenceProblem;

    fn is_mark(&self, key: &str) -> bool {
        key == TASK || key == ARTIFACT
    }

    fn resolve(&self, mark: &str, text: &Str) -> Result<Str, ReferenceProblem> {
        if mark == TASK { self.task(text) } else { self.artifact(text) }
    }

    fn not_text(&self, _: &str, found: &Value) -> ReferenceProblem {
        ReferenceProblem::NotText { found: found.type_name() }
    }
}

fn find(text: &str, c: char, from: usize) -> Option<usize> {
    text.get(from..)?.find(c).map(|at| from + at)
}

/// Room for what a text becomes, made at its first reference: mostly it is the only one.
fn reserve(out: &mut String, text: &str, more: usize) {
    if out.is_empty() {
        out.reserve(text.len() + more);
    }
}

/// What was written, and the text after the last reference. A text without any stays as it is.
fn rest(text: &Str, mut out: String, done: usize) -> Str {
    if done == 0 {
        return text.clone();
    }
    out.push_str(&text[done..]);
    out.into()
}

#[cfg(test)]
mod tests;
