//! Configurations, good and bad.

use taskgraph_value::json;

use super::*;

const GOOD: &str = "\
trust-domain: example
task-priority: low
workers:
  aliases:
    b-linux:
      provisioner: example-{level}
      implementation: docker-worker
      os: linux
      worker-type: {by-level: {'3': b-linux, default: b-linux-1}}
taskgraph:
  repositories:
    example: {name: Example, default-ref: main}
";

fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    folder
}

fn load(text: &str) -> Result<GraphConfig, ConfigError> {
    GraphConfig::load(Path::new("taskcluster"), folder(&[("taskcluster/config.yml", text)]).path())
}

#[track_caller]
fn fails(text: &str, expected: &str) {
    assert_eq!(load(text).unwrap_err().to_string(), expected);
}

#[test]
fn defaults() {
    let config = load(GOOD).unwrap();
    assert_eq!(config.trust_domain(), "example");
    assert_eq!(config.task_priority(), &"low".into());
    assert_eq!(config.task_deadline_after(), None);
    assert_eq!(config.task_expires_after(), "28 days");
    assert_eq!(config.docker_image_kind(), "docker-image");
    assert_eq!(config.cached_task_prefix(), "example");
    assert!(config.cache_pull_requests());
    assert_eq!(config.use_caches(), vec!["checkout".into()].into());
    assert_eq!(config.index_products().len(), 0);
    assert_eq!(config.disabled_actions().len(), 0);
    assert_eq!(config.index_path_regexes().len(), 0);
    assert_eq!(config.group_names(), None);
    assert_eq!(config.run_task_dir(), None);
    assert_eq!(config.aliases().len(), 1);
    assert_eq!(
        json::compact(&config.repositories().into()).unwrap(),
        r#"{"example":{"name":"Example","default-ref":"main"}}"#
    );
}

#[test]
fn everything_given() {
    let text = GOOD.replace(
        "task-priority: low",
        "task-priority: {by-project: {x: {by-level: {'3': highest, default: low}}, default: lowest}}",
    ) + "  cached-task-prefix: cached
  cache-pull-requests: false
  index-path-regexes: ['^x']
  run: {use-caches: [cargo, uv]}
  disabled-actions: [retrigger]
  register: example:register
  decision-parameters: example:parameters
task-deadline-after: {by-project: {x: 1 day, default: 2 days}}
task-expires-after: 90 days
docker-image-kind: images
index: {products: [app]}
treeherder: {group-names: {B: Builds}}
run-task-dir: ../scripts/run-task
whatever: [1]
";
    let config = load(&text).unwrap();
    assert_eq!(config.task_expires_after(), "90 days");
    assert_eq!(config.docker_image_kind(), "images");
    assert_eq!(config.cached_task_prefix(), "cached");
    assert!(!config.cache_pull_requests());
    assert_eq!(config.use_caches(), vec!["cargo".into(), "uv".into()].into());
    assert_eq!(config.index_products(), ["app".into()]);
    assert_eq!(config.disabled_actions(), ["retrigger".into()]);
    assert_eq!(config.index_path_regexes(), ["^x".into()]);
    assert_eq!(config.group_names().and_then(|names| names.get_str("B")).unwrap(), "Builds");
    assert_eq!(config.get("whatever"), Some(&vec![1.into()].into()));
    assert!(config.task_deadline_after().is_some_and(|value| value.as_map().is_some()));
    assert_eq!(config.run_task_dir().unwrap(), config.root_dir().parent().unwrap().join("scripts/run-task"));
}

#[test]
fn accepted_and_refused_as_by_the_reference() {
    // What validate_graph_config of the reference said of the same.
    for (from, to, good) in [
        ("task-priority: low", "task-priority: {by-level: {'3': low, default: bogus}}", false),
        ("task-priority: low", "task-priority: {by-foo: {'3': low}}", false),
        ("task-priority: low", "task-priority: null", false),
        ("task-priority: low", "task-priority: {by-level: {}}", true),
        ("task-priority: low", "task-priority: {by-level: low}", false),
        ("  aliases:", "  x: 1\n  aliases:", false),
        ("by-level: {'3'", "by-project: {'3'", false),
        ("os: linux", "os: linux\n      extra: 1", false),
        ("    example: {name: Example, default-ref: main}", "    {}", false),
        ("name: Example, ", "", false),
        ("name: Example,", "name: Example, project-regex: 5,", false),
        ("name: Example,", "name: Example, project-regex: null,", true),
        ("taskgraph:", "taskgraph:\n  x: {}", false),
        ("taskgraph:", "taskgraph:\n  run: {}", true),
        ("taskgraph:", "taskgraph:\n  run: null", true),
        ("taskgraph:", "taskgraph:\n  run: {use-caches: [cargo, x]}", false),
        ("taskgraph:", "taskgraph:\n  run: {use-caches: cargo}", false),
        ("taskgraph:", "taskgraph:\n  run: {use-caches: true}", true),
        ("taskgraph:", "taskgraph:\n  run: {x: 1}", false),
        ("taskgraph:", "taskgraph:\n  cached-task-prefix: null", true),
        ("taskgraph:", "taskgraph:\n  cache-pull-requests: 'yes'", false),
        ("taskgraph:", "docker-image-kind: null\ntaskgraph:", true),
        ("taskgraph:", "docker-image-kind: 4\ntaskgraph:", false),
        ("taskgraph:", "task-deadline-after: {by-level: {'3': x}}\ntaskgraph:", true),
        ("taskgraph:", "task-expires-after: {by-level: {'3': x}}\ntaskgraph:", false),
        // With mozilla-taskgraph.
        ("taskgraph:", "shipit: null\ntaskgraph:", true),
        ("taskgraph:", "shipit: {product: null, other: 3}\ntaskgraph:", true),
        ("taskgraph:", "shipit: {product: 3}\ntaskgraph:", false),
        ("taskgraph:", "shipit: 3\ntaskgraph:", false),
        ("taskgraph:", "version-parser: null\ntaskgraph:", true),
        ("taskgraph:", "version-parser: 3\ntaskgraph:", false),
        ("taskgraph:", "release-branches: {a: true, b: [c], d: []}\ntaskgraph:", true),
        ("taskgraph:", "release-branches: {a: null}\ntaskgraph:", false),
        ("taskgraph:", "release-branches: {a: main}\ntaskgraph:", false),
        ("taskgraph:", "release-branches: {a: [1]}\ntaskgraph:", false),
    ] {
        assert!(GOOD.contains(from), "{from}");
        let found = load(&GOOD.replacen(from, to, 1));
        assert_eq!(found.is_ok(), good, "{to}: {found:?}");
    }
}

#[test]
fn all_that_is_wrong_is_said_with_its_line() {
    let text = GOOD
        .replace("trust-domain: example", "trust-domain: 7")
        .replace("os: linux", "os: [linux]")
        .replace("taskgraph:", "taskgraph:\n  disabled-action: []")
        .replace("task-priority: low\n", "");
    fails(
        &text,
        "invalid graph configuration:
  taskcluster/config.yml:1: `trust-domain`: expected a string, found the integer 7
  taskcluster/config.yml:3: `workers.aliases.b-linux.os`: expected a string, found a list of 1
  taskcluster/config.yml:10: `taskgraph.disabled-action`: unknown key; did you mean `disabled-actions`?
  taskcluster/config.yml: `task-priority`: missing, expected one of highest, very-high, high, medium, low, very-low, lowest",
    );
    fails(
        &GOOD.replace("    example: {name: Example, default-ref: main}", "    {}"),
        "invalid graph configuration:
  taskcluster/config.yml:10: `taskgraph`: expected at least one repository in `repositories`, found none",
    );
}

#[test]
fn files_that_are_no_configuration() {
    fails("", "taskcluster/config.yml: expected a mapping, found null");
    fails("- 1\n", "taskcluster/config.yml: expected a mapping, found a list");
    fails(
        "a: 1\nb: ]\n",
        "taskcluster/config.yml:2:4: did not find expected node content while parsing a block node",
    );
    let empty = folder(&[("taskcluster/x", "")]);
    let error = |root: &str| GraphConfig::load(Path::new(root), empty.path()).unwrap_err().to_string();
    assert_eq!(error("taskcluster"), "no taskgraph configuration: there is no file `taskcluster/config.yml`");
    assert_eq!(error("ci"), "no taskgraph configuration: there is no folder `ci`");
    let bytes = folder(&[]);
    std::fs::write(bytes.path().join("config.yml"), b"a: \xff").unwrap();
    assert_eq!(
        GraphConfig::load(Path::new(""), bytes.path()).unwrap_err().to_string(),
        "config.yml:1:4: not UTF-8 from byte 3 on"
    );
}

#[test]
fn paths_are_normalised_by_their_spelling() {
    let values = || match yaml::read_str(GOOD, Path::new("config.yml")).unwrap().value {
        Value::Map(values) => values,
        other => panic!("{other:?}"),
    };
    // Expected: os.path.abspath.
    for (root, cwd, expected) in [
        ("taskcluster", "/repo", "/repo/taskcluster"),
        ("./taskcluster/", "/repo", "/repo/taskcluster"),
        ("../other//taskcluster/.", "/repo/sub", "/repo/other/taskcluster"),
        ("/abs/../../taskcluster", "/repo", "/taskcluster"),
        ("", "/repo", "/repo"),
    ] {
        let config = GraphConfig::new(values(), Path::new(root), Path::new(cwd)).unwrap();
        assert_eq!(config.root(), Path::new(root));
        assert_eq!(config.root_dir(), Path::new(expected));
        assert_eq!(config.kinds_dir(), Path::new(expected).join("kinds"));
        assert_eq!(config.docker_dir(), Path::new(expected).join("docker"));
    }
}

#[test]
fn the_root_of_the_checkout() {
    let folder = folder(&[
        ("plain/taskcluster/config.yml", GOOD),
        ("plain/ci/config.yml", GOOD),
        ("git/.git", "gitdir: elsewhere"),
        ("git/sub/ci/config.yml", GOOD),
    ]);
    let root = |path: &str| {
        let config = GraphConfig::load(Path::new(path), folder.path()).unwrap();
        config.vcs_root().map(|root| root.strip_prefix(folder.path()).unwrap().to_owned())
    };
    assert_eq!(root("plain/taskcluster").unwrap(), Path::new("plain"));
    assert_eq!(root("git/sub/ci").unwrap(), Path::new("git"));
    assert!(matches!(root("plain/ci"), Err(ConfigError::NotACheckout { .. })));
}
