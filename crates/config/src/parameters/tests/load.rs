//! Parameters from files, addresses and tasks.

use std::path::Path;

use chrono::DateTime;
use taskgraph_schema::{Object, Shape, optional, required};
use taskgraph_value::json;

use super::super::*;
use super::*;

/// A complete file.
const COMPLETE: &str = "\
base_repository: https://github.com/example/app
base_rev: '1111'
build_date: 1700000000
build_number: 1
do_not_optimize: []
enable_always_target: [docker-image]
existing_tasks: {build: abc}
files_changed: [a.txt]
filters: [target_tasks_method]
head_ref: main
head_repository: https://github.com/example/app
head_rev: '2222'
head_tag: ''
level: '1'
moz_build_date: '20231114221320'
optimize_target_tasks: true
owner: somebody@example.com
project: app
pushdate: 0
pushlog_id: '0'
repository_type: git
target_tasks_method: default
tasks_for: github-push
";

/// Knows one task, `task-1`, at one path of the index, and one address.
struct Cluster(&'static str);

impl Remote for Cluster {
    fn find_task(&self, index: &str) -> Result<String, RemoteError> {
        match index {
            "example.v2.app.latest.taskgraph.decision" => Ok("task-1".into()),
            other => Err(format!("nothing at {other}").into()),
        }
    }

    fn artifact(&self, task_id: &str, name: &str) -> Result<Vec<u8>, RemoteError> {
        match (task_id, name) {
            ("task-1", "public/parameters.yml") => Ok(self.0.into()),
            _ => Err(format!("no {name} of {task_id}").into()),
        }
    }

    fn get(&self, url: &str) -> Result<Vec<u8>, RemoteError> {
        match url {
            "https://example.com/p.yml" => Ok(self.0.into()),
            _ => Err("not found".into()),
        }
    }
}

struct Case {
    folder: tempfile::TempDir,
    strict: bool,
    overrides: Map,
    trust_domain: Option<&'static str>,
    remote: &'static str,
    extensions: Vec<ParametersExtension>,
}

impl Case {
    fn new(files: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for (path, text) in files {
            std::fs::write(folder.path().join(path), text).unwrap();
        }
        let trust_domain = Some("example");
        Case {
            folder,
            strict: true,
            overrides: map! {},
            trust_domain,
            remote: COMPLETE,
            extensions: Vec::new(),
        }
    }

    fn open(mut self) -> Self {
        self.strict = false;
        self
    }

    fn load(&self, spec: Option<&str>) -> Result<Parameters, ParametersError> {
        let source = ParametersSource {
            strict: self.strict,
            overrides: self.overrides.clone(),
            trust_domain: self.trust_domain,
            repo_root: self.folder.path(),
            cwd: self.folder.path(),
            now: DateTime::parse_from_rfc3339("2024-05-06T23:08:09+02:00").unwrap(),
            remote: &Cluster(self.remote),
            extensions: &self.extensions,
        };
        load_parameters(spec, &source)
    }

    #[track_caller]
    fn fails(&self, spec: &str, expected: &str) {
        assert_eq!(self.load(Some(spec)).unwrap_err().to_string(), expected);
    }
}

#[test]
fn a_complete_file_is_taken_as_it_is() {
    let values = yaml(COMPLETE);
    for strict in [true, false] {
        let mut case = Case::new(&[("p.yml", COMPLETE)]);
        case.strict = strict;
        let found = case.load(Some("p.yml")).unwrap();
        assert_eq!(found.spec(), Some("p.yml"));
        for (key, value) in &values {
            assert_eq!(found.get(key), Some(value));
        }
        let added: Vec<&str> = found.values().keys().skip(values.len()).map(Str::as_str).collect();
        let optional = ["base_ref", "next_version", "optimize_strategies", "version"];
        assert_eq!(added, if strict { &[][..] } else { &optional[..] });
    }
}

fn yaml(text: &str) -> Map {
    crate::yaml::read_str(text, Path::new("p.yml")).unwrap().value.as_map().unwrap().clone()
}

#[test]
fn every_kind_of_specification() {
    let json = json::compact(&yaml(COMPLETE).into()).unwrap();
    let case = Case::new(&[("p.yml", COMPLETE), ("p.json", &json), ("with space.json", &json)]);
    let absolute = case.folder.path().join("p.json");
    let address = format!("file://{}/with%20space.json", case.folder.path().display());
    for spec in [
        "p.yml",
        "p.json",
        "./p.json",
        absolute.to_str().unwrap(),
        &address,
        "https://example.com/p.yml",
        "task-id=task-1",
        "task-id=task-1=ignored",
        "project=app",
        "index=example.v2.app.latest.taskgraph.decision",
    ] {
        let found = case.load(Some(spec)).unwrap();
        assert_eq!(found.values(), &yaml(COMPLETE), "{spec}");
        assert_eq!(found.spec(), Some(spec));
    }
}

#[test]
fn files_that_are_none() {
    let case = Case::new(&[
        ("p.txt", COMPLETE),
        ("list.yml", "- 1\n"),
        ("empty.yml", ""),
        ("broken.yml", "a: 1\nb: [\n"),
        ("broken.json", "{\"a\": 1,\n \"b\": }"),
        ("number.json", "7"),
    ]);
    std::fs::write(case.folder.path().join("bytes.json"), b"{\"\xff\": 1}").unwrap();
    std::fs::write(case.folder.path().join("bytes.yml"), b"a: \xff").unwrap();
    std::fs::create_dir(case.folder.path().join("folder.yml")).unwrap();
    let forms =
        "expected a .yml or .json file, a URL of one, `task-id=<id>`, `project=<name>` or `index=<path>`";
    for (spec, expected) in [
        ("missing.yml", format!("no parameters file `missing.yml`: {forms}")),
        ("task-id=", format!("no parameters file `task-id=`: {forms}")),
        ("tasks-for=x", format!("no parameters file `tasks-for=x`: {forms}")),
        ("folder.yml", "cannot read `folder.yml`: Is a directory (os error 21)".into()),
        ("p.txt", "parameters file `p.txt` is neither JSON nor YAML: expected a name that ends in .yml or .json".into()),
        ("https://example.com/", "parameters file `https://example.com/` is neither JSON nor YAML: expected a name that ends in .yml or .json".into()),
        ("https://example.com/q.yml", "cannot get the parameters of `https://example.com/q.yml`: not found".into()),
        ("https://me:secret@example.com/q.yml", "cannot get the parameters of `https://example.com/q.yml`: not found".into()),
        ("https://me:secret@example.com/", "parameters file `https://example.com/` is neither JSON nor YAML: expected a name that ends in .yml or .json".into()),
        ("index=a.b", "cannot get the parameters of `index=a.b`: nothing at a.b".into()),
        ("project=other", "cannot get the parameters of `project=other`: nothing at example.v2.other.latest.taskgraph.decision".into()),
        ("task-id=x", "cannot get the parameters of `task-id=x`: no public/parameters.yml of x".into()),
        ("list.yml", "list.yml: expected a mapping of parameters, found a list".into()),
        ("empty.yml", "empty.yml: expected a mapping of parameters, found null".into()),
        ("number.json", "number.json: expected a mapping of parameters, found an integer".into()),
        ("broken.yml", "broken.yml:3:1: did not find expected node content while parsing a flow node".into()),
        ("broken.json", "broken.json:2:7: expected value".into()),
        ("bytes.json", "bytes.json:1:3: not UTF-8 from byte 2 on".into()),
        ("bytes.yml", "bytes.yml:1:4: not UTF-8 from byte 3 on".into()),
    ] {
        case.fails(spec, &expected);
    }
    let mut case = Case::new(&[]);
    case.trust_domain = None;
    case.fails("project=app", "cannot find the parameters of `project=app` without a trust domain");
    case.remote = "a: [";
    case.fails(
        "task-id=task-1",
        "task-id=task-1/public/parameters.yml:2:1: did not find expected node content while parsing a flow node",
    );
}

#[test]
fn all_that_is_wrong_is_said_with_its_line() {
    let text = COMPLETE
        .replace("level: '1'", "level: 1")
        .replace("head_rev", "head-rev")
        .replace("owner: somebody@example.com\n", "")
        .replace("{build: abc}", "\n  build: 1")
        + "code-review: {phabricator: x}\nversion: 1.0\n";
    Case::new(&[("p.yml", &text)]).fails(
        "p.yml",
        "invalid parameters:
  p.yml:8: `existing_tasks.build`: expected a string, found the integer 1
  p.yml:13: `head-rev`: unknown key; did you mean `head_rev`?
  p.yml:15: `level`: expected a string, found the integer 1
  p.yml:24: `code-review.phabricator`: unknown key; known are phabricator-build-target
  p.yml:24: `code-review.phabricator-build-target`: missing, expected a string
  p.yml:25: `version`: expected a string, found the number 1.0
  p.yml: `head_rev`: missing, expected a string
  p.yml: `owner`: missing, expected a string",
    );
    let json = json::pretty(&map! { "level" => 1 }.into()).unwrap();
    let found = Case::new(&[("p.json", &json)]).load(Some("p.json")).unwrap_err().to_string();
    assert!(found.starts_with("invalid parameters:\n  p.json:2: `level`: expected a string"), "{found}");
    assert_eq!(found.lines().count(), 24, "{found}");
}

#[test]
fn without_strictness_defaults_are_added_and_unknown_parameters_kept() {
    let mut case = Case::new(&[
        ("p.yml", "level: '1'\nanything: [1]\nspec: x\n"),
        ("version.txt", "1.5a1 \u{1c}\nmore"),
    ])
    .open();
    case.overrides = map! { "target-kinds" => vec!["build".into()], "level" => "2", "spec" => "y" };
    let found = case.load(Some("p.yml")).unwrap();
    // What the reference made of the same, outside of a checkout, at the same time.
    assert_eq!(
        json::compact(&found.values().clone().into()).unwrap(),
        r#"{"level":"2","anything":[1],"target-kinds":["build"],"base_repository":"","base_ref":"","base_rev":"","build_date":1715029689,"build_number":1,"do_not_optimize":[],"enable_always_target":true,"existing_tasks":{},"files_changed":[],"filters":["target_tasks_method"],"head_ref":"","head_repository":"","head_rev":"","head_tag":"","moz_build_date":"20240506230809","next_version":null,"optimize_strategies":null,"optimize_target_tasks":true,"owner":"nobody@mozilla.com","project":"","pushdate":1715029689,"pushlog_id":"0","repository_type":"git","target_tasks_method":"default","tasks_for":"","version":"1.5a1"}"#
    );
    for spec in [None, Some("")] {
        let found = case.load(spec).unwrap();
        assert_eq!(found.values().keys().next().unwrap(), "target-kinds");
        assert_eq!(found.spec(), None);
    }
    case.fails("missing.yml", &case.load(Some("missing.yml")).unwrap_err().to_string());
}

#[test]
fn wrong_values_are_wrong_without_strictness_too() {
    let mut case = Case::new(&[("p.yml", "level: 1\n")]).open();
    case.overrides = map! { "files_changed" => "x" };
    case.fails(
        "p.yml",
        "invalid parameters:
  p.yml:1: `level`: expected a string, found the integer 1
  p.yml: `files_changed`: expected a list of strings, found the string \"x\"",
    );
    assert_eq!(
        case.load(None).unwrap_err().to_string(),
        "invalid parameters:\n  `files_changed`: expected a list of strings, found the string \"x\""
    );
}

#[test]
fn overrides_are_unknown_where_they_are_unknown() {
    let mut case = Case::new(&[("p.yml", COMPLETE)]);
    case.overrides = map! { "target-kinds" => vec![] };
    let found = case.load(Some("p.yml")).unwrap_err().to_string();
    assert!(found.starts_with("invalid parameters:\n  p.yml: `target-kinds`: unknown key"), "{found}");
}

#[test]
fn extensions() {
    static SHIPPING: Object =
        Object::closed(&[required("release_type", Shape::Str), optional("release_eta", Shape::Int)]);
    let extension = || {
        ParametersExtension::new(&SHIPPING)
            .with_defaults(|_| map! { "release_type" => "none", "owner" => "shipping@example.com" })
    };
    let text = format!("{COMPLETE}release_type: beta\nrelease_eta: soon\nrelease_kind: x\n");
    let mut case = Case::new(&[("p.yml", &text)]);
    case.extensions.push(extension());
    let found = case.load(Some("p.yml")).unwrap_err().to_string();
    let lines: Vec<&str> = found.lines().collect();
    assert_eq!(lines.len(), 3, "{found}");
    assert!(lines[1].starts_with("  p.yml:26: `release_kind`: unknown key"), "{found}");
    assert_eq!(lines[2], "  p.yml:25: `release_eta`: expected an integer, found the string \"soon\"");

    let mut case = Case::new(&[("p.yml", COMPLETE)]);
    case.extensions.push(extension());
    case.fails("p.yml", "invalid parameters:\n  p.yml: `release_type`: missing, expected a string");
    let case = case.open();
    let found = case.load(Some("p.yml")).unwrap();
    assert_eq!(found.text("release_type").unwrap(), "none");
    assert_eq!(found.text("owner").unwrap(), "somebody@example.com");
    assert_eq!(case.load(None).unwrap().text("owner").unwrap(), "shipping@example.com");
}

#[test]
fn a_broken_version_file_is_an_error() {
    let case = Case::new(&[]).open();
    std::fs::write(case.folder.path().join("version.txt"), b"\xff").unwrap();
    assert!(matches!(case.load(None), Err(ParametersError::Io { .. })));
    std::fs::write(case.folder.path().join("version.txt"), "").unwrap();
    assert_eq!(case.load(None).unwrap().text("version").unwrap(), "");
}
