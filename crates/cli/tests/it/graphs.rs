//! What is printed: which graph, which part of it, in which form.

use crate::support::TestEnv;

#[track_caller]
fn check(args: &str, expected: &str) {
    assert_eq!(TestEnv::new().run(args).ok(), expected, "{args}");
}

#[test]
fn each_command_prints_its_graph() {
    check("tasks -p params/main.yml", "build-linux\nbuild-mac\nrelease-notes-write\ntest-unit\n\n");
    check("full -p params/main.yml", "build-linux\nbuild-mac\nrelease-notes-write\ntest-unit\n\n");
    check("target -p params/main.yml", "build-linux\ntest-unit\n\n");
    check("target -p params/release.json", "build-linux\nbuild-mac\nrelease-notes-write\n\n");
    check("target-graph -p params/main.yml --tasks test", "test-unit\n\n");
    let env = TestEnv::new();
    env.edit("taskcluster/kinds/build/kind.yml", "[all]", "[]");
    assert_eq!(env.run("target -p params/main.yml").ok(), "test-unit\n\n");
    assert_eq!(env.run("target-graph -p params/main.yml").ok(), "build-linux\ntest-unit\n\n");
}

#[test]
fn what_is_left_to_create_has_task_ids_as_keys() {
    check("optimized -p params/release.json", "build-linux\nbuild-mac\nrelease-notes-write\n\n");
    check("morphed -p params/release.json", "build-linux\nbuild-mac\nrelease-notes-write\n\n");
    let graph: serde_json::Value =
        serde_json::from_str(&TestEnv::new().run("morphed -q -J -p params/release.json").ok()).unwrap();
    for (key, task) in graph.as_object().unwrap() {
        assert_eq!(task["task_id"], key.as_str());
        assert_eq!(key.len(), 22);
    }
}

#[test]
fn forms_have_the_same_values() {
    let env = TestEnv::new();
    let json = env.run("full -J -p params/main.yml --tasks test-unit").ok();
    assert!(json.starts_with("{\n  \"test-unit\": {\n    \"attributes\": {\n"), "{json}");
    assert!(json.contains("    \"dependencies\": {\n      \"build\": \"build-linux\"\n    },\n"), "{json}");
    assert!(json.ends_with("\n  }\n}\n\n"), "{json}");
    let yaml = env.run("full -Y -p params/main.yml --tasks test-unit").ok();
    assert!(yaml.starts_with("test-unit:\n  attributes:\n"), "{yaml}");
    assert!(yaml.contains("\n  dependencies:\n    build: build-linux\n"), "{yaml}");
    assert!(yaml.ends_with("\n\n\n"), "{yaml}");
    for (form, nothing) in [("-L", "\n\n"), ("-J", "{}\n\n"), ("-Y", "{}\n\n\n")] {
        assert_eq!(env.run(&format!("full {form} --tasks nothing")).ok(), nothing);
    }
}

#[test]
fn the_last_form_counts() {
    check("full -J -Y -L --tasks build-mac", "build-mac\n\n");
    check("full --labels --json --labels --tasks build-mac", "build-mac\n\n");
    let json = TestEnv::new().run("full -L -J --tasks build-mac").ok();
    assert!(json.starts_with("{\n"), "{json}");
}

#[test]
fn tasks_are_chosen_by_the_beginning_of_their_label() {
    check("full --tasks-regex build", "build-linux\nbuild-mac\n\n");
    check("full --tasks build-(?!mac)", "build-linux\n\n");
    check("full --tasks unit", "\n\n");
    check("full --tasks .*unit", "test-unit\n\n");
    check("full --tasks x --tasks .*unit", "test-unit\n\n");
}

#[test]
fn keys_are_left_out() {
    let env = TestEnv::new();
    let text = |keys: &str| env.run(&format!("full -J -p params/main.yml --tasks test {keys}")).ok();
    assert!(text("").contains("\"source\""));
    let without =
        text("--exclude-key task.metadata.source --exclude-key description --exclude-key no.such.key");
    assert!(!without.contains("\"source\"") && without.contains("\"owner\""), "{without}");
    assert!(without.contains("    \"description\": \"\",\n"), "{without}");
    let message = env.run("full --exclude-key task").failed(1);
    assert!(message.contains("error: the key `task` cannot be excluded, a task needs it"), "{message}");
}

#[test]
fn kinds_are_chosen_with_what_they_depend_on() {
    check("full -k test", "build-linux\nbuild-mac\ntest-unit\n\n");
    check(
        "full --target-kind build --target-kind release-notes",
        "build-linux\nbuild-mac\nrelease-notes-write\n\n",
    );
}

#[test]
fn options_may_be_shortened_and_joined() {
    check("full -Lpparams/main.yml --no-opt -j1 --max 2 --tasks=build-m", "build-mac\n\n");
    check("full --no-optimize --fast -F --tasks build-m", "build-mac\n\n");
}

#[test]
fn fast_leaves_out_schema_checks() {
    let env = TestEnv::new();
    env.edit(
        "taskcluster/kinds/build/kind.yml",
        "description: Builds for Linux",
        "nonsense: 1, description: d",
    );
    let message = env.run("full").failed(1);
    assert!(message.contains("`nonsense`"), "{message}");
    assert!(env.run("full -F").ok().contains("build-linux"));
}

#[test]
fn defaults_come_from_the_checkout() {
    let env = TestEnv::new();
    env.edit(
        "taskcluster/kinds/build/kind.yml",
        "transforms: [",
        "transforms: [taskgraph.transforms.task_context, ",
    );
    env.edit(
        "taskcluster/kinds/build/kind.yml",
        "worker-type: succeed",
        "worker-type: succeed, task-context: {from-parameters: {files: files_changed, head: head_ref}, \
         substitution-fields: [description]}",
    );
    env.edit("taskcluster/kinds/build/kind.yml", "Builds for Linux", "'{head}: {files}'");
    env.commit("context");
    env.write("params/files.yml", "files_changed: [given]\n");
    env.write("params/main.yml", "level: '1'\n");
    let description = |args: &str| {
        let json = env.run(&format!("tasks -J --tasks build-linux {args}")).ok();
        let line = json.lines().find(|line| line.starts_with("    \"description\"")).unwrap();
        line.trim_start_matches("    \"description\": \"").trim_end_matches("\",").to_owned()
    };
    assert_eq!(description(""), "main: ['params/main.yml']");
    assert_eq!(description("-p params/files.yml"), "main: ['given']");
    assert_eq!(description("-p params/files.yml --force-local-files-changed"), "main: ['params/main.yml']");
}

#[test]
fn the_root_is_part_of_tasks_as_it_was_given() {
    let env = TestEnv::new();
    std::fs::rename(env.path("taskcluster"), env.path("ci")).unwrap();
    std::fs::create_dir(env.path("below")).unwrap();
    let json = env.run("full -J -r ./ci --tasks test").ok();
    assert!(json.contains("/./ci/kinds/test\""), "{json}");
    let json = env.run_in("below", "full -J --root ../ci --tasks test").ok();
    assert!(json.contains("/../ci/kinds/test\""), "{json}");
}
