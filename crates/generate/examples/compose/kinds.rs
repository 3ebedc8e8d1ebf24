//! What makes and rewrites tasks: a loader, a transform, and a resolver for transforms that live elsewhere.

use std::any::Any;
use std::sync::Arc;

use taskgraph_kinds::{
    Description, Error, KindContext, Loader, Origin, PerTask, Problem, Registry, Resolver, TransformSequence,
};
use taskgraph_value::{Map, text};

pub(super) fn register(registry: &mut Registry) {
    registry.add_loader("acme.loader:lines", Lines);
    registry.add_transform("acme.transforms.owner", PerTask(set_owner));
    registry.set_resolver(Arc::new(Remote));
}

/// Makes a task of every line of `platforms.txt`, out of the kind's `task-template`.
struct Lines;

impl Loader for Lines {
    fn load(&self, kind: &mut KindContext<'_>) -> Result<Vec<Description>, Error> {
        let file = kind.source.folder.join("platforms.txt");
        let lines = std::fs::read_to_string(&file)
            .map_err(|source| Error::new(Problem::Io { path: file.clone(), source }))?;
        let template = kind.config.get_map("task-template").cloned().unwrap_or_default();
        let describe = |(at, name): (usize, &str)| {
            // A copy shares everything with the template until it is changed.
            let mut fields = template.clone();
            fields.insert(text!("name"), name.into());
            // With an origin, errors of this task say where it was written.
            let origin = Origin { file: file.as_path().into(), line: u32::try_from(at + 1).ok() };
            Description { fields, origin: Some(origin) }
        };
        Ok(lines.lines().enumerate().map(describe).collect())
    }

    fn needs_dependencies(&self) -> bool {
        false
    }
}

/// Gives every task the owner that its kind.yml names. Treats each task on its own, so [`PerTask`] may run it on
/// several threads.
fn set_owner(
    kind: &KindContext<'_>,
    mut task: Description,
    out: &mut Vec<Description>,
) -> Result<(), Problem> {
    let owner =
        kind.config.get_str("owner").ok_or_else(|| Problem::missing("owner", "an address, in kind.yml"))?;
    task.map_mut(text!("attributes")).insert(text!("owner"), owner.into());
    out.push(task);
    Ok(())
}

/// Stands for objects that another process serves. It is asked for what nobody registered, by sort and by name.
struct Remote;

impl Resolver for Remote {
    fn resolve(&self, what: &'static str, name: &str) -> Option<Box<dyn Any + Send + Sync>> {
        if what != "transform" || name != "acme.remote.shout:transforms" {
            return None;
        }
        let shout = |_: &KindContext<'_>, mut task: Description, out: &mut Vec<Description>| {
            let loud = task.text("description")?.to_uppercase();
            task.insert(text!("description"), loud.into());
            out.push(task);
            Ok::<(), Problem>(())
        };
        Some(Box::new(Arc::new(TransformSequence::from(PerTask(shout)))))
    }
}

/// The values that tasks get with `from-custom: [acme.release]`.
pub(super) struct Release;

impl taskgraph_transforms::CustomContext for Release {
    fn values(&self, kind: &KindContext<'_>, tasks: &[&Description]) -> Result<Vec<Map>, Error> {
        let version = kind.parameters.text("version").map_err(Error::new)?;
        let values = taskgraph_value::map! { "release" => format!("Acme {version}") };
        Ok(vec![values; tasks.len()])
    }
}
