//! What all kinds of a run have in common.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rustc_hash::FxHashMap;
use taskgraph_config::{GraphConfig, Parameters, yaml::Document};
use taskgraph_value::Map;

use crate::{Registry, growth::Growth, memo::Memo};

/// The environment variables that a run may see.
#[derive(Clone, Default)]
pub struct Environment(FxHashMap<String, String>);

impl Environment {
    /// These variables and no others.
    pub fn new(variables: impl IntoIterator<Item = (String, String)>) -> Self {
        Environment(variables.into_iter().collect())
    }

    /// The same variables, and this one.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.0.insert(name.to_owned(), value.to_owned());
        self
    }

    /// The variable of a name, also if it is empty.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }
}

/// Names only: values may be secrets.
impl std::fmt::Debug for Environment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut names: Vec<&String> = self.0.keys().collect();
        names.sort_unstable();
        f.debug_tuple("Environment").field(&names).finish()
    }
}

/// Everything that a run of the generator starts from. All kinds see the same one.
pub struct Session {
    /// The graph configuration.
    pub config: GraphConfig,
    /// The parameters.
    pub parameters: Parameters,
    /// The objects that kinds refer to by name.
    pub registry: Arc<Registry>,
    /// The environment variables that a run may see.
    pub environment: Environment,
    /// Where relative paths start.
    pub cwd: PathBuf,
    /// Leaves out digests and schema checks, to look at a graph quickly.
    pub fast: bool,
    /// The folder to write image contexts to; only a decision task has one.
    pub contexts: Option<PathBuf>,
    dates: AtomicBool,
    growth: Option<Growth>,
    memo: Memo,
}

impl Session {
    /// A session that writes no image contexts, and checks everything.
    pub fn new(
        config: GraphConfig,
        parameters: Parameters,
        registry: Arc<Registry>,
        environment: Environment,
        cwd: PathBuf,
    ) -> Self {
        let dates = [config.values(), parameters.values()].into_iter();
        let dates = dates.flat_map(Map::values).any(|value| value.find_date().is_some());
        Session {
            dates: dates.into(),
            config,
            parameters,
            registry,
            environment,
            cwd,
            fast: false,
            contexts: None,
            growth: None,
            memo: Memo::default(),
        }
    }

    /// Calls `then` once, as soon as there are more than `tasks` tasks, on the thread that makes the next: for what
    /// pays in a large graph and costs in a small one.
    pub fn when_many(&mut self, tasks: usize, then: impl Fn() + Send + Sync + 'static) {
        self.growth = Some(Growth::new(tasks, then));
    }

    /// There are this many more tasks.
    pub(crate) fn grown(&self, tasks: usize) {
        if let Some(growth) = &self.growth {
            growth.by(tasks);
        }
    }

    /// Must be told of every document that tasks may have values of, see [`Session::may_have_dates`].
    pub fn note(&self, document: &Document) {
        if document.has_dates {
            self.dates.store(true, Ordering::Relaxed);
        }
    }

    /// Whether tasks may have dates, which have to be looked for before they are printed as JSON.
    pub fn may_have_dates(&self) -> bool {
        self.dates.load(Ordering::Relaxed)
    }

    /// The one value of type `T` of this session, made when it is first asked for. Transforms keep in it what all
    /// kinds need and one look is enough for, such as the list of tracked files.
    pub fn memo<T: Send + Sync + 'static>(&self, make: impl FnOnce() -> T) -> Arc<T> {
        self.memo.get(make)
    }
}
