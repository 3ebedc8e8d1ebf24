//! Reading previous graphs from where their artifacts are: a deployment, or folders.

use std::fs;
use std::path::Path;

use chrono::{DateTime, Utc};
use futures_util::{StreamExt, stream};
use serde_json::Value as Json;
use taskcluster_queue_client::{Cluster, Error as ClientError, State, TaskId};
use taskgraph_config::yaml;
use taskgraph_schema::describe;
use taskgraph_value::{Map, Str, Value};

use crate::previous::{FULL_GRAPH, LABELS, PARAMETERS};
use crate::{Error, PreviousFault, PreviousGraph, PreviousGraphs, PreviousProblem};

/// How many graphs are read at a time: some have a hundred megabytes.
const AT_A_TIME: usize = 4;

/// Previous graphs, and the parameters of the first of them.
#[derive(Clone, Debug, PartialEq)]
pub struct Fetched {
    /// The graphs.
    pub graphs: PreviousGraphs,
    /// The parameters of the first.
    pub parameters: Map,
}

impl Fetched {
    /// Reads the artifacts of decision and action tasks of a trust domain, in order.
    ///
    /// Fails with [`Error::Previous`] and every graph that nothing can be built on: that are missing, expired, not
    /// completed, of another trust domain, or without the artifacts that describe a graph; and with [`Error::LookUp`].
    pub async fn from_cluster(
        cluster: &Cluster,
        ids: &[TaskId],
        trust_domain: &str,
        now: DateTime<Utc>,
    ) -> Result<Fetched, Error> {
        let look_up = |source| Error::LookUp { source };
        let mut distinct: Vec<TaskId> = ids.to_vec();
        distinct.sort_unstable();
        distinct.dedup();
        let statuses = cluster.queue().statuses(&distinct).await.map_err(look_up)?;
        let tasks = cluster.queue().tasks(&distinct).await.map_err(look_up)?;
        let problem = |id: &TaskId| {
            let at = distinct.binary_search(id).ok()?;
            let (status, task) = (statuses.get(at)?, tasks.get(at)?);
            let Some(status) = status else { return Some(PreviousProblem::Missing) };
            if status.expires.parse::<DateTime<Utc>>().is_ok_and(|expires| expires <= now) {
                return Some(PreviousProblem::Expired { at: status.expires.clone() });
            }
            if let Some(found) = task.as_ref().and_then(trust_domain_of).filter(|found| found != trust_domain)
            {
                return Some(PreviousProblem::OtherDomain { expected: trust_domain.to_owned(), found });
            }
            match status.state {
                State::Completed => None,
                state if state.is_resolved() => Some(PreviousProblem::Failed { state }),
                state => Some(PreviousProblem::NotEnded { state }),
            }
        };
        check(ids.iter().filter_map(|id| Some((id, problem(id)?))))?;

        let graphs = ids.iter().map(async |id| (id, graph(cluster, id).await));
        let graphs: Vec<_> = stream::iter(graphs).buffered(AT_A_TIME).collect().await;
        let mut read = Vec::new();
        let mut faults = Vec::new();
        for (id, graph) in graphs {
            match graph {
                Ok(graph) => read.push(graph),
                Err(problem) => faults.push((id, problem)),
            }
        }
        check(faults)?;
        let parameters = match ids.first() {
            None => Map::new(),
            Some(first) => {
                let parameters = parameters(cluster, first).await;
                parameters.map_err(|problem| fault(first, problem))?
            }
        };
        Ok(Fetched { graphs: PreviousGraphs::new(read), parameters })
    }

    /// Reads folders of artifacts, as a decision task writes them, in order.
    ///
    /// Fails with [`Error::Folder`].
    pub fn from_folders(folders: &[&Path]) -> Result<Fetched, Error> {
        let mut graphs = Vec::new();
        let mut parameters = Map::new();
        for (at, folder) in folders.iter().enumerate() {
            let bad = |name: &str, problem: String| Error::Folder {
                folder: (*folder).to_owned(),
                problem: format!("`{name}`: {problem}"),
            };
            let read = |name: &str| fs::read(folder.join(name)).map_err(|error| bad(name, error.to_string()));
            let name: Str = folder.to_string_lossy().as_ref().into();
            let graph = PreviousGraph::parse(name, &read(FULL_GRAPH)?, &read(LABELS)?);
            graphs.push(graph.map_err(|(name, problem)| bad(name, problem))?);
            if at == 0 {
                parameters = values(&read(PARAMETERS)?).map_err(|problem| bad(PARAMETERS, problem))?;
            }
        }
        Ok(Fetched { graphs: PreviousGraphs::new(graphs), parameters })
    }
}

fn fault(id: &TaskId, problem: PreviousProblem) -> Error {
    Error::Previous { faults: vec![PreviousFault { task_id: id.clone(), problem }] }
}

/// Fails with all faults, each once.
fn check<'a>(faults: impl IntoIterator<Item = (&'a TaskId, PreviousProblem)>) -> Result<(), Error> {
    let mut all: Vec<PreviousFault> = Vec::new();
    for (task_id, problem) in faults {
        if all.iter().all(|fault| fault.task_id != *task_id) {
            all.push(PreviousFault { task_id: task_id.clone(), problem });
        }
    }
    if all.is_empty() { Ok(()) } else { Err(Error::Previous { faults: all }) }
}

async fn artifact(cluster: &Cluster, id: &TaskId, name: &str) -> Result<Vec<u8>, PreviousProblem> {
    let name = format!("public/{name}");
    cluster.queue().artifact(id, None, &name).await.map_err(|error| match error {
        ClientError::NotFound(_) | ClientError::ArtifactFailed(_) => PreviousProblem::NoArtifact { name },
        source => PreviousProblem::Artifact { name, source },
    })
}

async fn graph(cluster: &Cluster, id: &TaskId) -> Result<PreviousGraph, PreviousProblem> {
    let labels = artifact(cluster, id, LABELS).await?;
    let full = artifact(cluster, id, FULL_GRAPH).await?;
    PreviousGraph::parse(id.as_str(), &full, &labels)
        .map_err(|(name, problem)| PreviousProblem::BadArtifact { name: format!("public/{name}"), problem })
}

async fn parameters(cluster: &Cluster, id: &TaskId) -> Result<Map, PreviousProblem> {
    let bytes = artifact(cluster, id, PARAMETERS).await?;
    values(&bytes)
        .map_err(|problem| PreviousProblem::BadArtifact { name: format!("public/{PARAMETERS}"), problem })
}

fn values(bytes: &[u8]) -> Result<Map, String> {
    let document = yaml::read_bytes(bytes, Path::new(PARAMETERS)).map_err(|error| error.to_string())?;
    match document.value {
        Value::Map(values) => Ok(values),
        other => Err(format!("expected a mapping, found {}", describe(&other))),
    }
}

/// The trust domain of a decision or action task, by its scheduler or its place in the index; nothing if neither says
/// it.
fn trust_domain_of(task: &Json) -> Option<String> {
    let scheduler = task.get("schedulerId").and_then(Json::as_str).unwrap_or_default();
    if let Some((domain, level)) = scheduler.rsplit_once("-level-")
        && !domain.is_empty()
        && level.chars().all(|digit| digit.is_ascii_digit())
    {
        return Some(domain.to_owned());
    }
    let routes = task.get("routes").and_then(Json::as_array).into_iter().flatten();
    let mut domains = routes.filter_map(|route| route.as_str()?.strip_prefix("index.")?.split_once(".v2."));
    domains.next().map(|(domain, _)| domain.to_owned())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn trust_domains_are_in_scheduler_ids_and_routes() {
        let of = |scheduler: &str, routes: &[&str]| {
            trust_domain_of(&json!({"schedulerId": scheduler, "routes": routes})).unwrap_or_default()
        };
        assert_eq!(of("gecko-level-3", &["index.comm.v2.x"]), "gecko");
        assert_eq!(of("mobile-level-t-level-1", &[]), "mobile-level-t");
        assert_eq!(of("taskcluster-github", &["checks", "index.app-services.v2.x.latest"]), "app-services");
        assert_eq!(of("-", &["index.garbage"]), "");
        assert_eq!(trust_domain_of(&json!({})), None);
    }
}
