//! `taskgraph task log`

use std::io::Write;
use std::time::Duration;

use anyhow::Result;
use taskcluster_operations::{LogError, follow_log};
use taskcluster_queue_client::TaskId;

use super::act::tell;
use crate::connection::Connection;
use crate::failure::ReaderGone;
use crate::log::Log;
use crate::world::World;

/// Prints logs one after another, under a line with the id of the task if there are several.
pub(crate) fn run(ids: &[TaskId], world: &World, out: &mut dyn Write, log: &Log) -> Result<()> {
    let connection = Connection::open(world)?;
    let mut failures = Vec::new();
    for (at, id) in ids.iter().enumerate() {
        let mut write = |bytes: &[u8]| out.write_all(bytes).and_then(|()| out.flush());
        let head = if at == 0 { "" } else { "\n" };
        let begun = if ids.len() > 1 { write(format!("{head}==> {id} <==\n").as_bytes()) } else { Ok(()) };
        let pause = async |time: Duration| tokio::time::sleep(time).await;
        let followed = match begun {
            Ok(()) => connection.block_on(follow_log(connection.cluster(), id, &mut write, pause)),
            Err(error) => Err(LogError::Write(error)),
        };
        match followed {
            Ok(_) => {}
            Err(LogError::Failure(failure)) => failures.push((id.to_string(), failure)),
            Err(LogError::Write(error)) if error.kind() == std::io::ErrorKind::BrokenPipe => {
                return Err(ReaderGone.into());
            }
            Err(error) => return Err(error.into()),
        }
    }
    tell(failures, ids.len(), log)
}
