//! Decision tasks.

use serde_json::{Map, Value, json};
use taskcluster_queue_client::{Cluster, TaskId};

use super::{Expectations, Verification, parameters, said::Said, template_of};
use crate::{
    change::Change,
    compare::{FieldDifference, agreed},
    error::Error,
    names::Names,
    render::{Making, decision_context, render, tasks},
    source::{Source, github_url, pushlog_url},
};

/// Verifies a decision task: rebuilds it from the template of its revision and from what is known of the change.
///
/// What the host of the repository does not say, or the source does not reach, is taken from the task itself and its
/// `parameters.yml`; [`Verification::assumed`] says what.
///
/// Fails with [`Error::Task`] if the task is no decision task or does not say where it comes from, with
/// [`Error::TasksFor`], with what is wrong with the template, and with what the services and the source say.
pub async fn verify_decision(
    task_id: &TaskId,
    cluster: &Cluster,
    source: &dyn Source,
    expectations: &Expectations,
) -> Result<Verification, Error> {
    let task = cluster.queue().task(task_id).await?;
    let said = Said::new(task_id, &task, expectations)?;
    if said.is_action() {
        return Err(said.wrong("it is an action task, not a decision task".to_owned()));
    }
    let parameters = parameters(cluster, task_id).await?.unwrap_or_default();
    let template = template_of(&said, source).await?;
    let mut known = Known { change: Change::default(), assumed: Vec::new(), message: None };
    known.fill(&said, &parameters, expectations)?;
    known.look_up(&said, source).await?;

    let making =
        Making { root_url: expectations.root_url(cluster), ..Making::of_one_task(task_id, said.created()?) };
    let mut context = decision_context(&known.change, &making)?;
    context.insert("taskId".to_owned(), Value::Null);
    let rendered = render(template.value(), template.name(), context, &making)?;
    let rebuilt = tasks(template.name(), rendered)?.into_iter().map(Value::Object).collect();
    let mut verification = Verification::of(&said, &said, &template, rebuilt, &[])?;
    if let Some(difference) = known.message {
        verification.differences.push(difference);
        verification.agreed = agreed(&task, &verification.differences);
    }
    verification.assumed = known.assumed;
    Ok(verification)
}

/// What is known of a change.
struct Known {
    change: Change,
    assumed: Vec<String>,
    /// The message in the task is not that of the push.
    message: Option<FieldDifference>,
}

impl Known {
    /// From the task and its parameters.
    fn fill(
        &mut self,
        said: &Said<'_>,
        parameters: &Value,
        expectations: &Expectations,
    ) -> Result<(), Error> {
        let parameter = |key: &str| parameters[key].as_str().map(str::to_owned);
        let or_parameter = |found: &str, key: &str| match found {
            "" => parameter(key).unwrap_or_default(),
            found => found.to_owned(),
        };
        let tasks_for = said.tasks_for()?.to_owned();
        let repository = said.repository()?;
        let is_hg = tasks_for == "hg-push"
            || match said.variable("REPOSITORY_TYPE") {
                Some(kind) => kind == "hg",
                None => repository.starts_with("https://hg."),
            };
        let owner = said.task["metadata"]["owner"].as_str().unwrap_or_default();
        let project = expectations.project.clone().or_else(|| parameter("project"));
        let level = expectations.level.clone().or_else(|| parameter("level")).or_else(|| level(said.task));
        if tasks_for.ends_with("-push") && is_hg || tasks_for == "cron" {
            let unknown = [("level", &expectations.level), ("project", &expectations.project)];
            let unknown = unknown.iter().filter(|(_, expected)| expected.is_none()).map(|(name, _)| *name);
            let unknown = unknown.collect::<Vec<_>>().join(" and the ");
            if !unknown.is_empty() {
                self.assumed.push(format!("the {unknown} of the repository"));
            }
        }
        let cron = match &said.task["extra"]["cron"] {
            Value::String(text) => serde_json::from_str(text)
                .map_err(|error| said.wrong(format!("`extra.cron` is no JSON: {error}")))?,
            other => other.clone(),
        };
        let no_message = if is_hg { " " } else { "" };
        let message = said.variable("COMMIT_MSG").or_else(|| said.variable("PULL_REQUEST_TITLE"));
        let message = message.unwrap_or(no_message);
        let pull_request = said.variable("PULL_REQUEST_NUMBER").and_then(|number| number.parse().ok());
        self.change = Change {
            repository_type: if is_hg { "hg" } else { "git" }.to_owned(),
            base_repository: said.first(&["BASE_REPOSITORY"]).to_owned(),
            base_ref: or_parameter(said.first(&["BASE_BRANCH", "BASE_REF"]), "base_ref"),
            base_rev: or_parameter(said.first(&["BASE_REV"]), "base_rev"),
            head_repository: repository.to_owned(),
            head_ref: or_parameter(said.first(&["HEAD_BRANCH", "HEAD_REF"]), "head_ref"),
            head_rev: said.revision()?.to_owned(),
            head_tag: String::new(),
            owner: owner.to_owned(),
            level: level.unwrap_or_default(),
            project: project.unwrap_or_else(|| Names::of(repository).name),
            pushlog_id: parameter("pushlog_id").unwrap_or_default(),
            pushdate: parameters["pushdate"].as_i64().unwrap_or_default(),
            message: message.to_owned(),
            pull_request: pull_request.unwrap_or_default(),
            cron,
            event: self.pushed_at(said, &tasks_for),
            tasks_for,
        };
        Ok(())
    }

    /// Times that GitHub does not tell later.
    fn pushed_at(&self, said: &Said<'_>, tasks_for: &str) -> Map<String, Value> {
        let Some(time) = said.variable("PUSH_DATE_TIME") else { return Map::new() };
        let event = match tasks_for {
            "github-push" => json!({ "repository": { "pushed_at": time } }),
            "cron" | "github-release" => json!({ "release": { "published_at": time } }),
            "github-pull-request" | "github-pull-request-untrusted" => {
                json!({ "pull_request": { "head": { "updated_at": time } } })
            }
            _ => Value::Null,
        };
        match event {
            Value::Object(event) => event,
            _ => Map::new(),
        }
    }

    /// From the host of the repository.
    async fn look_up(&mut self, said: &Said<'_>, source: &dyn Source) -> Result<(), Error> {
        let (repository, revision) = (said.repository()?, said.revision()?);
        let tasks_for = self.change.tasks_for.clone();
        let (url, what) = match tasks_for.as_str() {
            "cron" if self.change.repository_type == "git" => return Ok(()),
            "hg-push" | "cron" => (pushlog_url(repository, revision), "the push: its number, time and base"),
            "github-push" | "git-push" => (github_url(repository, "commits", revision), "who pushed"),
            "github-release" => (
                github_url(repository, "releases/tags", revision),
                "the release: its time, author and target",
            ),
            _ => {
                let base = match self.change.base_repository.as_str() {
                    "" => repository,
                    base => base,
                };
                let number = self.change.pull_request.to_string();
                (github_url(base, "pulls", &number), "the pull request: its author, title and repositories")
            }
        };
        let found = match &url {
            Some(url) => source.document(url).await?,
            None => None,
        };
        let used = found.is_some_and(|document| match tasks_for.as_str() {
            "hg-push" | "cron" => self.pushlog(said, &document),
            "github-push" | "git-push" => self.commit(&document),
            "github-release" => self.release(&document),
            _ => self.pull_request(document),
        });
        if !used {
            self.assumed.insert(0, what.to_owned());
        }
        Ok(())
    }

    fn pushlog(&mut self, said: &Said<'_>, document: &Value) -> bool {
        let push = document["pushes"].as_object().and_then(|pushes| pushes.iter().next());
        let Some((number, push)) = push else { return false };
        let changesets = push["changesets"].as_array().map_or(&[][..], Vec::as_slice);
        let (Some(first), Some(tip)) = (changesets.first(), changesets.last()) else { return false };
        let change = &mut self.change;
        number.clone_into(&mut change.pushlog_id);
        change.pushdate = push["date"].as_i64().unwrap_or_default();
        push["user"].as_str().unwrap_or_default().clone_into(&mut change.owner);
        first["parents"][0].as_str().unwrap_or_default().clone_into(&mut change.base_rev);
        // A push to try says in its message what to run; no other message is passed on.
        let description = tip["desc"].as_str().unwrap_or_default();
        let tried =
            description.find("try:").map(|at| description[at..].split('\n').next().unwrap_or_default());
        let allowed = change.message == " " || tried == Some(change.message.as_str());
        if change.tasks_for == "hg-push" && !allowed {
            self.message = Some(FieldDifference {
                field: said.message_field(),
                expected: Some(json!(tried.unwrap_or(" "))),
                found: Some(json!(change.message)),
            });
        }
        true
    }

    fn commit(&mut self, document: &Value) -> bool {
        // What is committed at GitHub itself is committed by `web-flow`.
        let login = |who: &str| document[who]["login"].as_str().filter(|login| *login != "web-flow");
        let Some(login) = login("committer").or_else(|| login("author")) else { return false };
        self.over(json!({ "sender": { "login": login } }));
        true
    }

    fn release(&mut self, document: &Value) -> bool {
        if !document["target_commitish"].is_string() {
            return false;
        }
        // Releases have no commits of their own, so that these stay as they were.
        self.change.event.remove("release");
        self.over(json!({
            "release": {
                "target_commitish": document["target_commitish"],
                "published_at": document["published_at"],
            },
            "sender": { "login": document["author"]["login"] },
        }));
        true
    }

    fn pull_request(&mut self, mut document: Value) -> bool {
        if !document["base"]["repo"].is_object() || !document["head"].is_object() {
            return false;
        }
        // Both may have got new commits since.
        document["base"]["sha"] = json!(self.change.base_rev);
        document["head"]["sha"] = json!(self.change.head_rev);
        self.over(json!({
            "repository": document["base"]["repo"],
            "sender": { "login": document["head"]["user"]["login"] },
            "pull_request": document,
        }));
        true
    }

    /// Puts more into the event, but keeps what is there.
    fn over(&mut self, mut event: Value) {
        crate::change::overlay(&mut event, &self.change.event);
        if let Value::Object(event) = event {
            self.change.event = event;
        }
    }
}

/// The level that the name of a scheduler ends in.
fn level(task: &Value) -> Option<String> {
    let (_, level) = task["schedulerId"].as_str()?.rsplit_once("level-")?;
    Some(level.to_owned())
}
