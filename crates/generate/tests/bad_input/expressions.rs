//! Values that depend on attributes, and regular expressions.

use insta::assert_snapshot;

use crate::support::{CONFIG, DEFAULTS, Repository, error, task_error, transformed_task_error};

/// The message about a `chunks` of a task-context.
fn keyed(value: &str) -> String {
    transformed_task_error(
        "task_context",
        &format!(
            "    attributes: {value}\n    task-context: {{from-object: {{platform: linux64, level: 3, nothing: null, list: [a]}}, substitution-fields: [attributes]}}"
        ),
    )
}

#[test]
fn keyed_by() {
    assert_snapshot!(keyed("{by-platform: {mac: 1, win: 2}}"), @"taskcluster/kinds/test/kind.yml:3: kind `test`, task `unit`: `by-platform`: `linux64` matches no alternative (alternatives: `mac`, `win`), and there is no `default`, while determining `attributes` in `unit`");
    assert_snapshot!(keyed("{by-platform: {linux.*: 1, .*64: 2, default: 3}}"), @"taskcluster/kinds/test/kind.yml:3: kind `test`, task `unit`: `by-platform`: `linux64` matches several alternatives (`linux.*`, `.*64`), while determining `attributes` in `unit`");
    assert_snapshot!(keyed("{by-platform: {default: 3}}"), @"taskcluster/kinds/test/kind.yml:3: kind `test`, task `unit`: `by-platform` has no alternative but `default`, so it is unnecessary, while determining `attributes` in `unit`");
    assert_snapshot!(keyed("{by-platform: {}}"), @"taskcluster/kinds/test/kind.yml:3: kind `test`, task `unit`: `by-platform`: `linux64` matches no alternative (alternatives: none), and there is no `default`, while determining `attributes` in `unit`");
    assert_snapshot!(keyed("{by-platform: [a, b]}"), @"taskcluster/kinds/test/kind.yml:3: kind `test`, task `unit`: `by-platform`: expected a mapping of alternatives, found a list of 2, while determining `attributes` in `unit`");
    assert_snapshot!(keyed("{by-platform: null}"), @"taskcluster/kinds/test/kind.yml:3: kind `test`, task `unit`: `by-platform`: expected a mapping of alternatives, found null, while determining `attributes` in `unit`");
    assert_snapshot!(keyed("{by-missing: {a: b}}"), @"taskcluster/kinds/test/kind.yml:3: kind `test`, task `unit`: `by-missing`: there is no attribute `missing` and no alternative `default` (alternatives: `a`), while determining `attributes` in `unit`");
    assert_snapshot!(keyed("{by-nothing: {a: b}}"), @"taskcluster/kinds/test/kind.yml:3: kind `test`, task `unit`: `by-nothing`: there is no attribute `nothing` and no alternative `default` (alternatives: `a`), while determining `attributes` in `unit`");
    assert_snapshot!(keyed("{by-level: {'1': b, default: c}}"), @"taskcluster/kinds/test/kind.yml:3: kind `test`, task `unit`: `by-level`: expected the attribute to be a string, found the integer 3, while determining `attributes` in `unit`");
    assert_snapshot!(keyed("{by-list: {a: b, default: c}}"), @"taskcluster/kinds/test/kind.yml:3: kind `test`, task `unit`: `by-list`: expected the attribute to be a string, found a list of 1, while determining `attributes` in `unit`");
    assert_snapshot!(keyed("{by-platform: {linux64: {by-platform: {mac: 1}}}}"), @"taskcluster/kinds/test/kind.yml:3: kind `test`, task `unit`: `by-platform`: `linux64` matches no alternative (alternatives: `mac`), and there is no `default`, while determining `attributes` in `unit`");
    assert_snapshot!(keyed("{by-platform: {'linux(64': 1, default: 2}}"), @"taskcluster/kinds/test/kind.yml:3: kind `test`, task `unit`: `by-platform`: bad regular expression `linux(64`: missing `)` for the group at position 5, while determining `attributes` in `unit`");
    assert_snapshot!(keyed("{by-platform: {'(l|li|lin|linu|linux|i|n|u|x|6|4)*(?=z)y': 1, '(x+x+)+y': 2}}"), @"taskcluster/kinds/test/kind.yml:3: kind `test`, task `unit`: `by-platform`: `linux64` matches no alternative (alternatives: `(l|li|lin|linu|linux|i|n|u|x|6|4)*(?=z)y`, `(x+x+)+y`), and there is no `default`, while determining `attributes` in `unit`");
    let many: String = (0..1000).map(|at| format!("platform{at}: 1, ")).collect();
    assert_snapshot!(keyed(&format!("{{by-platform: {{{many}}}}}")), @"taskcluster/kinds/test/kind.yml:3: kind `test`, task `unit`: `by-platform`: `linux64` matches no alternative (alternatives: `platform0`, `platform1`, `platform2`, `platform3`, `platform4`, `platform5`, `platform6`, `platform7`, `platform8`, `platform9`, `platform10`, `platform11`, `platform12`, `platform13`, `platform14`, `platform15`, `platform16`, `platform17`, `platform18`, `platform19` and 980 more), and there is no `default`, while determining `attributes` in `unit`");
}

#[test]
fn keyed_by_elsewhere() {
    assert_snapshot!(task_error("    run-on-projects: {by-build-platform: {linux: all, default: [x]}}\n    attributes: {build_platform: [x]}"), @"taskcluster/kinds/test/kind.yml:2: kind `test`, task `test-unit`: `by-build-platform`: expected the attribute to be a string, found a list of 1, while determining `run-on-projects` in `test-unit`");
    assert_snapshot!(task_error("    run-on-projects: {by-build-platform: {default: [x]}}"), @"taskcluster/kinds/test/kind.yml:2: kind `test`, task `test-unit`: `by-build-platform` has no alternative but `default`, so it is unnecessary, while determining `run-on-projects` in `test-unit`");
    assert_snapshot!(task_error("    run-on-projects: {by-build-platform: {linux: [x]}}"), @"taskcluster/kinds/test/kind.yml:2: kind `test`, task `test-unit`: `by-build-platform`: there is no attribute `build-platform` and no alternative `default` (alternatives: `linux`), while determining `run-on-projects` in `test-unit`");
    assert_snapshot!(transformed_task_error("notify", "    notify: {recipients: [{type: email, address: {by-project: {other: x}}}]}"), @"taskcluster/kinds/test/kind.yml:3: kind `test`, task `unit`: `by-project`: `example` matches no alternative (alternatives: `other`), and there is no `default`, while determining `address` in `test-unit`");
    assert_snapshot!(transformed_task_error("notify", "    notifications: {subject: x, emails: {by-level: {'3': [x]}}}"), @"taskcluster/kinds/test/kind.yml:3: kind `test`, task `unit`: `by-level`: `1` matches no alternative (alternatives: `3`), and there is no `default`, while determining `emails` in `test-unit`");
    let config = CONFIG.replace("worker-type: t}", "worker-type: {by-level: {'3': x}}}");
    assert_snapshot!(error(&[("config.yml", &config), ("kinds/test/kind.yml", &format!("tasks: {{unit: {{}}}}\n{DEFAULTS}"))]), @"taskcluster/kinds/test/kind.yml:1: kind `test`, task `test-unit`: `by-level`: `1` matches no alternative (alternatives: `3`), and there is no `default`, while determining `worker-type` of the worker alias `linux`");
}

#[test]
fn regular_expressions() {
    assert_snapshot!(task_error("    run-on-git-branches: ['release/(']"), @"taskcluster/kinds/test/kind.yml:2: task `test-unit`: `run-on-git-branches`: bad regular expression `release/(`: missing `)` for the group at position 8");
    assert_snapshot!(task_error("    run-on-git-branches: ['*']"), @"taskcluster/kinds/test/kind.yml:2: task `test-unit`: `run-on-git-branches`: bad regular expression `*`: nothing to repeat at position 0");
    assert_snapshot!(task_error("    run-on-git-branches: ['\\N{DIGIT ONE}']"), @r"taskcluster/kinds/test/kind.yml:2: task `test-unit`: `run-on-git-branches`: bad regular expression `\N{DIGIT ONE}`: named characters are not supported, at position 0");
    assert_snapshot!(task_error(&format!("    run-on-git-branches: ['{}a']", "(".repeat(5000))), @"taskcluster/kinds/test/kind.yml:2: task `test-unit`: `run-on-git-branches`: bad regular expression `(((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((...`: missing `)` for the group at position 4999");
    let branch = Repository::task("    run-on-git-branches: ['(a|a|aa)+b(?=c)']");
    assert_snapshot!(branch.parameters(&format!("head_ref: {}", "a".repeat(64))).error(), @"taskcluster/kinds/test/kind.yml:2: task `test-unit`: `run-on-git-branches`: bad regular expression `(a|a|aa)+b(?=c)`: it needs too much backtracking");
    let kind = format!("tasks: {{unit: {{}}}}\n{DEFAULTS}");
    let repositories = |two: &str| {
        let config = CONFIG.replace("{example: {name: Example}}", two);
        let kind = kind.replace("checkout: false", "checkout: {a: {}}");
        error(&[("config.yml", &config), ("kinds/test/kind.yml", &kind)])
    };
    assert_snapshot!(repositories("{a: {name: a, project-regex: '('}, b: {name: b, project-regex: x}}"), @"taskcluster/kinds/test/kind.yml:1: kind `test`, task `test-unit`: `taskgraph.repositories.a.project-regex` of config.yml: bad regular expression `(`: missing `)` for the group at position 0");
    assert_snapshot!(repositories("{a: {name: a, project-regex: ''}, b: {name: b, project-regex: ''}}"), @"taskcluster/kinds/test/kind.yml:1: kind `test`, task `test-unit`: one of the repositories of config.yml must match the project `example` by its `project-regex`, but several do");
    assert_snapshot!(repositories("{a: {name: a, project-regex: x}, b: {name: b, project-regex: y}}"), @"taskcluster/kinds/test/kind.yml:1: kind `test`, task `test-unit`: one of the repositories of config.yml must match the project `example` by its `project-regex`, but none do");
    assert_snapshot!(repositories("{a: {name: a, project-regex: e}, b: {name: b}}"), @"taskcluster/kinds/test/kind.yml:1: kind `test`, task `test-unit`: `taskgraph.repositories.b.project-regex` of config.yml: missing, expected a regular expression, because there are several repositories");
    assert_snapshot!(repositories("{a: {name: a, project-regex: e}, b: {name: b, project-regex: x}}"), @"taskcluster/kinds/test/kind.yml:1: kind `test`, task `test-unit`: `taskgraph.repositories.b.default-repository` of config.yml: missing, expected a string");
    let config = CONFIG.replace("    linux:", "    'li(nux':");
    assert_snapshot!(error(&[("config.yml", &config), ("kinds/test/kind.yml", &kind)]), @"taskcluster/kinds/test/kind.yml:1: kind `test`, task `unit`: `by-worker-type`: bad regular expression `li(nux`: missing `)` for the group at position 2, while determining the aliases of `workers` in config.yml");
}
