//! The kinds of the fixtures with lines that were changed at random, the same way each time: whatever comes of them, a
//! graph or a message, nothing panics.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use taskgraph_config::{GraphConfig, Parameters, yaml};
use taskgraph_generate::{Generator, registry};
use taskgraph_kinds::{Environment, Registry, Session};
use taskgraph_transforms::set_run_task_dir;
use taskgraph_value::Value;

/// How many changed kinds are generated. All are, in a debug build, within two seconds.
const CASES: u32 = 300;

/// What is written in the place of values.
const VALUES: [&str; 24] = [
    "",
    "null",
    "[]",
    "{}",
    "[[]]",
    "{a: {b: [c]}}",
    "-1",
    "99999999999999999999",
    "1e400",
    "3.5",
    "true",
    "2024-01-01",
    "''",
    "'{'",
    "'{unknown}'",
    "'{this_chunk!r:>9}'",
    "'**/*'",
    "'('",
    "\"\\0\\e\\n\"",
    "é🚀",
    "{by-level: {'3': a, default: b}}",
    "{by-level: {default: b}}",
    "{task-reference: '<self> <nothing>'}",
    "*nothing",
];

/// Keys that mean something to some transform.
const KEYS: [&str; 16] = [
    "name",
    "label",
    "worker",
    "worker-type",
    "run",
    "dependencies",
    "fetches",
    "matrix",
    "chunk",
    "from-deps",
    "task-context",
    "treeherder",
    "index",
    "notify",
    "attributes",
    "<<",
];

/// A change of a text.
#[derive(Clone, Debug)]
enum Change {
    Delete(Index),
    Repeat(Index, Index),
    Move(Index, Index),
    Indent(Index, usize),
    Value(Index, &'static str),
    Key(Index, &'static str),
    Insert(Index, &'static str),
    Truncate(Index),
}

fn changes() -> impl Strategy<Value = Change> {
    let at = any::<Index>;
    let value = || prop::sample::select(&VALUES[..]);
    prop_oneof![
        2 => at().prop_map(Change::Delete),
        1 => (at(), at()).prop_map(|(at, to)| Change::Repeat(at, to)),
        1 => (at(), at()).prop_map(|(at, to)| Change::Move(at, to)),
        1 => (at(), 0..12usize).prop_map(|(at, spaces)| Change::Indent(at, spaces)),
        6 => (at(), value()).prop_map(|(at, value)| Change::Value(at, value)),
        2 => (at(), prop::sample::select(&KEYS[..])).prop_map(|(at, key)| Change::Key(at, key)),
        1 => (at(), prop::sample::select(&["{", "]", ":", "&a", "!x", "\t", "\u{1}", "- "][..]))
            .prop_map(|(at, text)| Change::Insert(at, text)),
        1 => at().prop_map(Change::Truncate),
    ]
}

impl Change {
    fn apply(&self, text: &str) -> String {
        let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
        if lines.is_empty() {
            return String::new();
        }
        let count = lines.len();
        match self {
            Change::Delete(at) => drop(lines.remove(at.index(count))),
            Change::Repeat(at, to) => lines.insert(to.index(count), lines[at.index(count)].clone()),
            Change::Move(at, to) => {
                let line = lines.remove(at.index(count));
                lines.insert(to.index(count), line);
            }
            Change::Indent(at, spaces) => {
                let line = &mut lines[at.index(count)];
                *line = format!("{}{}", " ".repeat(*spaces), line.trim_start());
            }
            Change::Value(at, value) => {
                let line = &mut lines[at.index(count)];
                *line = match line.split_once(": ") {
                    Some((key, _)) => format!("{key}: {value}"),
                    None => format!("{line} {value}"),
                };
            }
            Change::Key(at, key) => {
                let line = &mut lines[at.index(count)];
                let indent = line.len() - line.trim_start().len();
                if let Some((_, value)) = line.clone().split_once(':') {
                    *line = format!("{}{key}:{value}", " ".repeat(indent));
                }
            }
            Change::Insert(at, text) => {
                let line = &mut lines[at.index(count)];
                let places: Vec<usize> = line.char_indices().map(|(at, _)| at).chain([line.len()]).collect();
                line.insert_str(places[at.index(places.len())], text);
            }
            Change::Truncate(at) => {
                return text.chars().take(at.index(text.len() + 1)).collect();
            }
        }
        lines.join("\n") + "\n"
    }
}

/// A kind.yml of a fixture, in a copy of its repository.
struct Subject {
    root: PathBuf,
    file: PathBuf,
    text: String,
    parameters: Parameters,
}

/// The kinds of all fixtures, in order of their paths.
fn subjects(folder: &Path) -> Vec<Subject> {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures");
    let mut subjects = Vec::new();
    for fixture in sorted(&fixtures).into_iter().filter(|path| path.join("repo/taskcluster").is_dir()) {
        let root = folder.join(fixture.file_name().unwrap());
        copy(&fixture.join("repo"), &root);
        let sets = sorted(&fixture.join("params"));
        let set =
            sets.iter().find(|path| path.extension().is_some_and(|extension| extension == "yml")).unwrap();
        let parameters = yaml::read_file(set).unwrap().value;
        let parameters = Parameters::from_values(parameters.as_map().unwrap().clone(), false);
        for kind in sorted(&root.join("taskcluster/kinds")) {
            let file = kind.join("kind.yml");
            if let Ok(text) = fs::read_to_string(&file) {
                subjects.push(Subject { root: root.clone(), file, text, parameters: parameters.clone() });
            }
        }
    }
    assert!(subjects.len() > 30, "found only {} kinds in the fixtures", subjects.len());
    subjects
}

fn sorted(folder: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort_unstable();
    paths
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for path in sorted(from) {
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &target);
        } else {
            fs::copy(&path, &target).unwrap();
        }
    }
}

/// What generating says, or how many tasks there are.
fn generate(subject: &Subject, registry: &Arc<Registry>) -> Result<usize, String> {
    let config =
        GraphConfig::load("taskcluster".as_ref(), &subject.root).map_err(|error| error.to_string())?;
    // Only kinds that this one needs, for speed; with those that others are missing for.
    let mut parameters = subject.parameters.values().clone();
    let kind = subject.file.parent().and_then(Path::file_name).unwrap().to_string_lossy();
    parameters.insert("target-kinds".into(), vec![Value::from(kind.as_ref())].into());
    let parameters = Parameters::from_values(parameters, false);
    let variables = [("TASKCLUSTER_ROOT_URL".to_owned(), "https://tc.example.com".to_owned())];
    let session =
        Session::new(config, parameters, registry.clone(), Environment::new(variables), subject.root.clone());
    set_run_task_dir(&session, Some(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/run-task")));
    let generator = Generator::new(session);
    let graph = generator.target_task_graph().map_err(|error| error.to_string())?;
    taskgraph_graph::write_json(graph, &mut std::io::sink()).map_err(|error| error.to_string())?;
    Ok(graph.tasks().count())
}

#[test]
fn changed_kinds_panic_never() {
    let folder = tempfile::tempdir().unwrap();
    let subjects = subjects(folder.path());
    let registry = Arc::new(registry());
    let (mut graphs, mut messages) = (0, 0);
    let config =
        Config { cases: CASES, failure_persistence: None, max_shrink_iters: 200, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    let counts = std::cell::RefCell::new((&mut graphs, &mut messages));
    let result = runner.run(&(any::<Index>(), prop::collection::vec(changes(), 1..4)), |(at, changes)| {
        let subject = &subjects[at.index(subjects.len())];
        let text = changes.iter().fold(subject.text.clone(), |text, change| change.apply(&text));
        fs::write(&subject.file, &text).unwrap();
        let generated =
            std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| generate(subject, &registry)));
        fs::write(&subject.file, &subject.text).unwrap();
        let mut counts = counts.borrow_mut();
        match generated {
            Err(_) => return Err(TestCaseError::fail(format!("this panics:\n{text}"))),
            Ok(Ok(_)) => *counts.0 += 1,
            Ok(Err(message)) => {
                let unclear = message.is_empty() || message.chars().any(|c| c.is_control() && c != '\n');
                prop_assert!(!unclear, "unclear message {message:?} for:\n{text}");
                *counts.1 += 1;
            }
        }
        Ok(())
    });
    if let Err(error) = result {
        panic!("{error}");
    }
    // Neither is a matter of course, so the changes are neither too small nor too large.
    assert!(graphs > CASES / 10 && messages > CASES / 4, "{graphs} graphs and {messages} messages");
}
