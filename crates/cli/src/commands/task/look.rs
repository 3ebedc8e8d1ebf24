//! Commands that only look at tasks.

use std::io::Write;

use anyhow::Result;
use serde_json::{Value, json};
use taskcluster_operations::{Failure, definitions, name, run_of, statuses, summary};
use taskcluster_queue_client::{Cluster, Error, Status, TaskId};

use super::Ids;
use super::act::{stands, tell};
use crate::connection::Connection;
use crate::listing::{Listing, Style, print_json};
use crate::log::Log;
use crate::output::Destination;
use crate::world::World;

/// Where a command looks, and where it writes to.
pub(crate) struct Look<'a> {
    pub(crate) ids: Ids,
    pub(crate) style: Style,
    pub(crate) world: &'a World,
    pub(crate) log: &'a Log,
}

/// Which runs of a task are asked for.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Runs {
    All,
    /// One by its number, or the last one.
    One(Option<u32>),
}

/// What is found of each task: one or several rows, each with the line that is printed if only one task was named.
type Found = Vec<(String, Value)>;

impl Look<'_> {
    /// Looks at all tasks, and prints what was found before what failed.
    fn print(
        self,
        columns: &'static [(&'static str, &'static str)],
        look: impl AsyncFnOnce(&Cluster, &[TaskId]) -> Result<Vec<Result<Found, Failure>>, Error>,
        out: &mut dyn Write,
    ) -> Result<()> {
        let connection = Connection::open(self.world)?;
        let found = connection.block_on(look(connection.cluster(), &self.ids.ids))?;
        let mut rows = Vec::new();
        let mut failures = Vec::new();
        for (id, found) in self.ids.ids.iter().zip(found) {
            match found {
                Ok(found) => rows.extend(found),
                Err(failure) => failures.push((id.to_string(), failure)),
            }
        }
        if self.ids.alone && self.style != Style::Json {
            Destination::Out
                .write(out, |out| rows.iter().try_for_each(|(line, _)| Ok(writeln!(out, "{line}")?)))?;
        } else {
            let mut listing = Listing::new(columns);
            rows.into_iter().for_each(|(_, row)| listing.push(row));
            listing.print(self.style, out)?;
        }
        tell(failures, self.ids.ids.len(), self.log)
    }

    pub(crate) fn status(self, runs: Runs, out: &mut dyn Write) -> Result<()> {
        let rows = |status: Status| -> Result<Found, Failure> {
            let of_run = |run: &taskcluster_queue_client::Run| {
                let text = summary(run.state, run.reason_resolved.as_deref());
                json!({
                    "taskId": status.task_id, "runId": run.run_id, "status": text, "state": run.state,
                    "reasonCreated": run.reason_created, "reasonResolved": run.reason_resolved,
                    "scheduled": run.scheduled, "started": run.started, "resolved": run.resolved,
                })
            };
            Ok(match runs {
                Runs::All => {
                    let line = |row: &Value| {
                        format!("Run #{}: {}", row["runId"], row["status"].as_str().unwrap_or_default())
                    };
                    status.runs.iter().map(of_run).map(|row| (line(&row), row)).collect()
                }
                Runs::One(None) if status.runs.is_empty() => {
                    let text = stands(&status);
                    let state = status.state;
                    vec![(
                        text.clone(),
                        json!({"taskId": status.task_id, "runId": null, "status": text, "state": state}),
                    )]
                }
                Runs::One(run) => {
                    let row = of_run(run_of(&status, run)?);
                    vec![(row["status"].as_str().unwrap_or_default().to_owned(), row)]
                }
            })
        };
        let columns = &[("TASK", "taskId"), ("RUN", "runId"), ("STATUS", "status")];
        self.print(
            columns,
            async |cluster, ids| {
                let found = statuses(cluster, ids).await?;
                Ok(found.into_iter().map(|status| rows(status?)).collect())
            },
            out,
        )
    }

    pub(crate) fn name(self, out: &mut dyn Write) -> Result<()> {
        self.field(&[("TASK", "taskId"), ("NAME", "name")], name, out)
    }

    pub(crate) fn group(self, out: &mut dyn Write) -> Result<()> {
        let group = |definition: &Value| definition["taskGroupId"].as_str().unwrap_or_default().to_owned();
        self.field(&[("TASK", "taskId"), ("GROUP", "taskGroupId")], group, out)
    }

    /// One text of each definition, which is in the last column.
    fn field(
        self,
        columns: &'static [(&'static str, &'static str); 2],
        field: impl Fn(&Value) -> String,
        out: &mut dyn Write,
    ) -> Result<()> {
        let row = |id: &TaskId, definition: Value| {
            let text = field(&definition);
            let mut row = json!({"taskId": id});
            row[columns[1].1] = text.clone().into();
            vec![(text, row)]
        };
        self.print(
            columns,
            async |cluster, ids| {
                let found = definitions(cluster, ids).await?;
                Ok(ids.iter().zip(found).map(|(id, found)| Ok(row(id, found?))).collect())
            },
            out,
        )
    }

    /// The definitions are JSON in any case: of one task that was named, its own, else a list.
    pub(crate) fn definition(self, out: &mut dyn Write) -> Result<()> {
        let connection = Connection::open(self.world)?;
        let found = connection.block_on(definitions(connection.cluster(), &self.ids.ids))?;
        let mut tasks = Vec::new();
        let mut failures = Vec::new();
        for (id, found) in self.ids.ids.iter().zip(found) {
            match found {
                Ok(task) => tasks.push(json!({"taskId": id, "task": task})),
                Err(failure) => failures.push((id.to_string(), failure)),
            }
        }
        if !self.ids.alone || self.style == Style::Json {
            print_json(&tasks, out)?;
        } else if let Some(task) = tasks.first() {
            print_json(&task["task"], out)?;
        }
        tell(failures, self.ids.ids.len(), self.log)
    }

    pub(crate) fn artifacts(self, run: Option<u32>, out: &mut dyn Write) -> Result<()> {
        let alone = self.ids.alone && self.style == Style::Table;
        let columns: &[_] = match alone {
            true => &[("ARTIFACT", "name"), ("TYPE", "contentType"), ("EXPIRES", "expires")],
            false => &[("TASK", "taskId"), ("ARTIFACT", "name")],
        };
        let look = Look { ids: Ids { alone: self.ids.alone && !alone, ..self.ids }, ..self };
        look.print(
            columns,
            async |cluster, ids| {
                let mut all = Vec::new();
                for (id, status) in ids.iter().zip(statuses(cluster, ids).await?) {
                    all.push(match status {
                        Ok(status) => artifacts_of(cluster, id, &status, run).await,
                        Err(failure) => Err(failure),
                    });
                }
                Ok(all)
            },
            out,
        )
    }
}

async fn artifacts_of(
    cluster: &Cluster,
    id: &TaskId,
    status: &Status,
    run: Option<u32>,
) -> Result<Found, Failure> {
    let run = run_of(status, run)?.run_id;
    let artifacts = cluster.queue().list_artifacts(id, Some(run)).await?;
    let row = |artifact: taskcluster_queue_client::Artifact| {
        let row = json!({
            "taskId": id, "runId": run, "name": artifact.name, "storageType": artifact.storage_type,
            "contentType": artifact.content_type, "expires": artifact.expires,
        });
        (artifact.name, row)
    };
    Ok(artifacts.into_iter().map(row).collect())
}
