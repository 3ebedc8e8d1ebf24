//! From a kind.yml to the tasks of a kind.

use std::sync::Arc;

use taskgraph_schema::describe;
use taskgraph_value::{Value, text};

use crate::family::count_tasks;
use crate::loaded::add_tasks;
use crate::memo::Memo;
use crate::{
    DependencyTasks, Description, Error, Family, Kind, KindContext, LoadedTask, Loader, Problem, Session,
    TransformSequence,
};

/// What is found out about some tasks of a kind, see [`KindGraph::load_tasks_and`](crate::KindGraph::load_tasks_and).
pub type Look<'a, T> = dyn Fn(&[LoadedTask]) -> T + Sync + 'a;

/// The tasks of a kind, and what was found out about them.
pub(crate) type Loaded<T> = (Vec<LoadedTask>, Vec<T>);

/// A kind, and what its loader made, which waits for transforms.
pub(crate) struct Described<'a> {
    kind: KindContext<'a>,
    tasks: Vec<Description>,
}

/// Whether a kind can be described before the kinds that it depends on have tasks.
pub(crate) fn is_described_early(source: &Kind, session: &Session) -> bool {
    loader_of(source, session).is_ok_and(|loader| !loader.needs_dependencies())
}

/// Runs the loader of a kind.
pub(crate) fn describe_kind<'a>(
    source: &'a Kind,
    session: &'a Session,
    dependencies: DependencyTasks,
) -> Result<Described<'a>, Error> {
    session.note(source.document());
    let mut kind = KindContext {
        kind: source.name.clone(),
        path: source.path.clone(),
        config: source.config().clone(),
        source,
        dependencies,
        session,
        memo: Memo::default(),
    };
    let tasks = loader_of(source, session)?.load(&mut kind)?;
    Ok(Described { kind, tasks })
}

impl Described<'_> {
    /// The same kind, whose loader did not see the tasks that it depends on.
    pub(crate) fn with_dependencies(mut self, dependencies: DependencyTasks) -> Self {
        self.kind.dependencies = dependencies;
        self
    }

    /// Runs the transforms of a kind.
    pub(crate) fn transform<T: Send>(self, look: &Look<'_, T>) -> Result<Loaded<T>, Error> {
        let Described { kind, tasks } = self;
        let mut transforms = TransformSequence::new();
        for name in kind.source.transform_names(&kind.config)? {
            let found = kind.registry.transforms(&name);
            transforms =
                transforms.then_all(&*found.map_err(|unknown| kind.source.error(&["transforms"], unknown))?);
        }
        let finish = |families: Vec<Family>| {
            let mut tasks = Vec::with_capacity(count_tasks(&families));
            families.into_iter().try_for_each(|family| add_tasks(&kind.kind, family, &mut tasks))?;
            let looked = look(&tasks);
            Ok((tasks, looked))
        };
        kind.session.grown(tasks.len());
        // Not at once, for then any of several errors may come out.
        let families = tasks.into_iter().map(Family::from).collect();
        let parts: Vec<Result<_, Error>> = transforms.run_then(&kind, families, &finish)?;
        let mut loaded = (Vec::new(), Vec::with_capacity(parts.len()));
        for part in parts {
            let (mut tasks, looked) = part?;
            loaded.0.append(&mut tasks);
            loaded.1.push(looked);
        }
        Ok(loaded)
    }
}

fn loader_of(kind: &Kind, session: &Session) -> Result<Arc<dyn Loader>, Error> {
    let named =
        ["loader", "implementation"].into_iter().find_map(|key| Some((key, kind.config().get_some(key)?)));
    let (key, name) = match named {
        None => ("loader", text!("taskgraph.loader.default:loader")),
        Some((key, Value::Str(name))) => (key, name.clone()),
        Some((key, other)) => {
            return Err(kind.error(&[key], Problem::wrong(key, "the name of a loader", describe(other))));
        }
    };
    session.registry.get::<dyn Loader>(&name).map_err(|unknown| kind.error(&[key], unknown))
}
