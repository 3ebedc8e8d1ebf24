//! What happened to a repository, and the context that a template is rendered with for it.

use serde_json::{Map, Value, json};

use crate::{
    error::Error,
    names::{Names, page, trimmed},
};

/// Something that asks for a decision task. Texts that do not apply stay empty.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Change {
    /// What it is, one of [`Change::EVENTS`].
    pub tasks_for: String,
    /// `git` or `hg`; matters to cron only.
    pub repository_type: String,
    /// The URL of the repository that a pull request is meant for; that of the head if it is empty.
    pub base_repository: String,
    /// The branch there, as the event has it. For a push to a branch that existed, it is empty.
    pub base_ref: String,
    /// The revision before the change.
    pub base_rev: String,
    /// The URL of the repository that has the change.
    pub head_repository: String,
    /// The branch there, as the event has it: `refs/heads/main` in a push, `main` in a pull request or for cron; of a
    /// release, what the tag was made of.
    pub head_ref: String,
    /// The revision; of a release, the name of the tag may stand for it.
    pub head_rev: String,
    /// The tag of a release.
    pub head_tag: String,
    /// Who did it: an address, or a name.
    pub owner: String,
    /// How far the repository is trusted: `1`, `2` or `3`.
    pub level: String,
    /// The name of the project.
    pub project: String,
    /// The number of the push.
    pub pushlog_id: String,
    /// When it was pushed, in seconds since 1970.
    pub pushdate: i64,
    /// The message of the commit.
    pub message: String,
    /// The number of the pull request.
    pub pull_request: u64,
    /// What a cron task says: `job_name`, `job_symbol`, `quoted_args`, `task_id`, `input`.
    pub cron: Value,
    /// What else the event at GitHub says, or says instead.
    pub event: Map<String, Value>,
}

impl Change {
    /// What may ask for tasks.
    pub const EVENTS: [&str; 8] = [
        "hg-push",
        "git-push",
        "cron",
        "github-push",
        "github-release",
        "github-pull-request",
        "github-pull-request-untrusted",
        "github-issue-comment",
    ];

    /// The names that the template can use, but for those of the task that is made.
    ///
    /// Those of pushes to Mercurial, of cron and of pushes to git are those of Mozilla's build-decision, the events are
    /// the parts of GitHub's that can be known later: those that a template whose tasks are to be verified may use.
    ///
    /// Fails with [`Error::TasksFor`].
    pub fn context(&self) -> Result<Map<String, Value>, Error> {
        let mut context = match self.tasks_for.as_str() {
            "hg-push" => json!({ "repository": self.repository("hg"), "push": self.hg_push(&self.owner) }),
            "cron" => self.cron(),
            "git-push"
            | "github-push"
            | "github-release"
            | "github-pull-request"
            | "github-pull-request-untrusted"
            | "github-issue-comment" => json!({ "event": self.event() }),
            _ => return Err(Error::TasksFor { tasks_for: self.tasks_for.clone() }),
        };
        context["tasks_for"] = json!(self.tasks_for);
        match context {
            Value::Object(context) => Ok(context),
            _ => Ok(Map::new()),
        }
    }

    fn repository(&self, kind: &str) -> Value {
        let url = trimmed(&self.head_repository);
        json!({ "url": url, "project": self.project, "level": self.level, "type": kind })
    }

    fn hg_push(&self, owner: &str) -> Value {
        json!({
            "base_revision": self.base_rev,
            "revision": self.head_rev,
            "comment": if self.tasks_for == "cron" { "" } else { &self.message },
            "owner": owner,
            "pushlog_id": self.pushlog_id,
            "pushdate": self.pushdate,
        })
    }

    fn cron(&self) -> Value {
        if self.repository_type == "hg" {
            return json!({
                "cron": self.cron,
                "repository": self.repository("hg"),
                "push": self.hg_push("cron"),
            });
        }
        json!({
            "cron": self.cron,
            "repository": self.repository("git"),
            "push": { "revision": self.head_rev, "branch": self.head_ref, "owner": "cron" },
            // Templates that know no cron take it for a release.
            "event": self.event(),
        })
    }

    /// Who did it, as a name.
    fn login(&self) -> &str {
        self.owner.split_once('@').map_or(self.owner.as_str(), |(login, _)| login)
    }

    fn event(&self) -> Value {
        let head = repository(&self.head_repository);
        let sender = json!({ "login": self.login() });
        let mut event = match self.tasks_for.as_str() {
            "github-push" | "git-push" => {
                let base_ref = (!self.base_ref.is_empty()).then_some(&self.base_ref);
                let mut repository = head;
                repository["pushed_at"] = json!(self.pushdate);
                json!({
                    "ref": self.head_ref,
                    "before": self.base_rev,
                    "after": self.head_rev,
                    "base_ref": base_ref,
                    "pusher": { "email": self.owner },
                    "repository": repository,
                    "sender": sender,
                })
            }
            "github-release" | "cron" => {
                let tag = if self.head_tag.is_empty() { &self.head_rev } else { &self.head_tag };
                json!({
                    "action": "published",
                    "repository": head,
                    "release": {
                        "tag_name": tag,
                        "target_commitish": self.head_ref,
                        "published_at": time(self.pushdate),
                    },
                    "sender": sender,
                })
            }
            _ => self.pull_request(head),
        };
        overlay(&mut event, &self.event);
        event
    }

    fn pull_request(&self, head: Value) -> Value {
        let base = match self.base_repository.is_empty() {
            true => head.clone(),
            false => repository(&self.base_repository),
        };
        let url = format!("{}/pull/{}", base["html_url"].as_str().unwrap_or_default(), self.pull_request);
        let title = self.message.lines().next().unwrap_or_default();
        let comments = self.tasks_for == "github-issue-comment";
        json!({
            "action": if comments { "created" } else { "synchronize" },
            "number": self.pull_request,
            "repository": base,
            "pull_request": {
                "number": self.pull_request,
                "html_url": url,
                "title": title,
                "user": { "login": self.login() },
                "base": {
                    "ref": self.base_ref, "sha": self.base_rev, "repo": base, "user": base["owner"],
                },
                "head": {
                    "ref": self.head_ref, "sha": self.head_rev, "repo": head, "user": head["owner"],
                    "updated_at": time(self.pushdate),
                },
            },
            "sender": { "login": self.login() },
        })
    }
}

/// A repository as GitHub's events have it.
fn repository(url: &str) -> Value {
    let (names, page) = (Names::of(url), page(url));
    let clone = if page.ends_with(".git") { page.clone() } else { format!("{page}.git") };
    json!({
        "name": names.name,
        "full_name": names.full(),
        "html_url": page,
        "clone_url": clone,
        "ssh_url": format!("git@github.com:{}.git", names.full()),
        "owner": { "login": names.owner },
    })
}

/// A time as GitHub has it in all events but pushes.
fn time(seconds: i64) -> Option<String> {
    let time = chrono::DateTime::from_timestamp(seconds, 0)?;
    Some(time.format("%Y-%m-%dT%H:%M:%SZ").to_string())
}

/// Puts mappings into mappings; anything else takes the place of what was there.
pub(crate) fn overlay(under: &mut Value, over: &Map<String, Value>) {
    for (key, value) in over {
        match (under.get_mut(key), value) {
            (Some(under @ Value::Object(_)), Value::Object(over)) => overlay(under, over),
            _ => under[key] = value.clone(),
        }
    }
}
