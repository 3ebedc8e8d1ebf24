//! What this library prints.

use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use taskgraph_config::{GraphConfig, Offline, ParametersSource, load_parameters};
use taskgraph_generate::{
    Generator, Lookup, LookupError, Lookups, OptimizationInputs, Status, filter, registry,
};
use taskgraph_graph::write_json;
use taskgraph_kinds::{Environment, Session};
use taskgraph_transforms::set_run_task_dir;
use taskgraph_value::{Map, Str, Value, map};

use crate::checkout::Checkout;
use crate::expected::{Printed, split};

/// When all graphs are made.
const NOW: &str = "2024-05-06T07:08:09Z";

/// The arguments of a set of parameters.
struct Args {
    root: String,
    tasks: Option<String>,
    exclude_keys: Vec<String>,
    target_kinds: Vec<String>,
    fast: bool,
}

impl Args {
    fn read(path: &Path) -> Self {
        let text = match fs::read_to_string(path) {
            Err(error) if error.kind() == ErrorKind::NotFound => String::new(),
            text => text.unwrap(),
        };
        let mut args = Args {
            root: "taskcluster".into(),
            tasks: None,
            exclude_keys: Vec::new(),
            target_kinds: Vec::new(),
            fast: false,
        };
        let mut words = text.split_whitespace().map(str::to_owned);
        while let Some(flag) = words.next() {
            let mut value = || words.next().unwrap_or_else(|| panic!("{flag} needs a value"));
            match flag.as_str() {
                "-r" | "--root" => args.root = value(),
                "--tasks" | "--tasks-regex" => args.tasks = Some(value()),
                "--exclude-key" => args.exclude_keys.push(value()),
                "-k" | "--target-kind" => args.target_kinds.push(value()),
                "-F" | "--fast" => args.fast = true,
                _ => panic!("{}: unknown argument {flag}", path.display()),
            }
        }
        args
    }
}

/// One set of parameters.
pub(crate) struct Run {
    generator: Generator,
    args: Args,
}

impl Run {
    pub(crate) fn new(checkout: &Checkout, fixture: &Path, set: &str) -> Self {
        let params = fixture.join("params");
        let args = Args::read(&params.join(format!("{set}.args")));
        let spec = ["yml", "json"]
            .map(|form| params.join(format!("{set}.{form}")))
            .into_iter()
            .find(|path| path.exists());
        let spec = spec.unwrap_or_else(|| panic!("no parameters {set}"));

        let repo = checkout.repo();
        let config = GraphConfig::load(args.root.as_ref(), &repo).unwrap();
        let kinds: Vec<Value> = args.target_kinds.iter().map(|kind| kind.as_str().into()).collect();
        let overrides: Map = map! { "target-kinds" => kinds };
        let source = ParametersSource {
            strict: false,
            overrides,
            trust_domain: Some(config.trust_domain()),
            repo_root: &repo,
            cwd: &repo,
            now: chrono::DateTime::parse_from_rfc3339(NOW).unwrap(),
            remote: &Offline,
            extensions: &[],
        };
        let parameters = load_parameters(spec.to_str(), &source).unwrap_or_else(|error| panic!("{error}"));
        let environment = [("TASKCLUSTER_ROOT_URL", "https://tc.example.com")]
            .map(|(name, value)| (name.into(), value.into()));
        let mut session =
            Session::new(config, parameters, registry().into(), Environment::new(environment), repo);
        session.fast = args.fast;
        if let Some(folder) = checkout.run_task() {
            set_run_task_dir(&session, Some(folder.to_owned()));
        }
        // Ids of the reference's driver. A task that the reference does not create shows as one more task here.
        let ids = label_to_taskid(fixture, set).unwrap_or_default();
        let task_id = move |label: &str| {
            ids.get(label)
                .cloned()
                .unwrap_or_else(|| format!("of `{label}`, which the reference does not create"))
        };
        let inputs = OptimizationInputs::new(NOW.parse().unwrap(), task_id, Index::read(fixture));
        Run { generator: Generator::new(session).with_inputs(inputs), args }
    }

    /// The printed form of a graph, `tasks`, `full`, `target`, `target-graph`, `optimized` or `morphed`.
    pub(crate) fn print(&self, graph: &str) -> Printed {
        let generated = match graph {
            "tasks" => self.generator.full_task_set(),
            "full" => self.generator.full_task_graph(),
            "target" => self.generator.target_task_set(),
            "target-graph" => self.generator.target_task_graph(),
            "optimized" => self.generator.optimized_task_graph(),
            "morphed" => self.generator.morphed_task_graph(),
            _ => panic!("no graph {graph}"),
        };
        let generated = generated.unwrap_or_else(|error| panic!("{graph}: {error}"));
        let filtered = filter(generated, self.args.tasks.as_deref(), &self.args.exclude_keys).unwrap();
        let mut text = Vec::new();
        write_json(&filtered, &mut text).unwrap();
        split(&(String::from_utf8(text).unwrap() + "\n\n"))
    }

    /// TaskIds by label, after the morphs.
    pub(crate) fn label_to_taskid(&self) -> BTreeMap<String, String> {
        let ids = self.generator.label_to_taskid().unwrap_or_else(|error| panic!("label-to-taskid: {error}"));
        ids.iter().map(|(label, task_id)| (label.to_string(), task_id.to_string())).collect()
    }

    /// Why the graph cannot be optimized.
    pub(crate) fn optimization_error(&self) -> Option<String> {
        self.generator.optimized_task_graph().err().map(|error| error.to_string())
    }
}

/// TaskIds by label as the reference has them; nothing if it fails to optimize the graph.
pub(crate) fn label_to_taskid(fixture: &Path, set: &str) -> Option<BTreeMap<String, String>> {
    let path = fixture.join("expected").join(set).join("label-to-taskid.json");
    Some(serde_json::from_str(&fs::read_to_string(path).ok()?).unwrap())
}

/// What a fixture's `index.json` has: tasks by index path.
struct Index(BTreeMap<String, BTreeMap<String, String>>);

impl Index {
    fn read(fixture: &Path) -> Self {
        let text = fs::read_to_string(fixture.join("index.json"));
        Index(text.map_or_else(|_| BTreeMap::new(), |text| serde_json::from_str(&text).unwrap()))
    }
}

impl Lookup for Index {
    fn look_up(&self, index_paths: &[Str]) -> Result<Lookups, LookupError> {
        let mut lookups = Lookups::default();
        for path in index_paths {
            if let Some(task) = self.0.get(path.as_str()) {
                let part = |name: &str| Str::from(task[name].as_str());
                lookups.tasks.insert(path.clone(), part("taskId"));
                let status = Status { state: part("state"), expires: part("expires") };
                lookups.statuses.insert(part("taskId"), status);
            }
        }
        Ok(lookups)
    }
}
