//! Several sets of parameters.

use crate::support::TestEnv;

const MAIN: &str = "build-linux\ntest-unit\n\n";
const RELEASE: &str = "build-linux\nbuild-mac\nrelease-notes-write\n\n";

#[test]
fn graphs_are_printed_in_the_order_given() {
    let env = TestEnv::new();
    for workers in ["", "-j 1", "-j 2", "-j 9"] {
        let run = env.run(&format!("target -p params/release.json -p params/main.yml {workers}"));
        assert_eq!(
            run.stderr.lines().filter(|line| line.starts_with("Dumping")).collect::<Vec<_>>(),
            ["Dumping result with parameters from release:", "Dumping result with parameters from main:"]
        );
        assert!(run.stderr.contains("release: Generated target_task_set: 3 tasks (3 kinds loaded) in N s\n"));
        assert_eq!(run.ok(), format!("{RELEASE}{MAIN}"));
    }
}

#[test]
fn a_folder_stands_for_its_files() {
    let env = TestEnv::new();
    env.write("params/readme.txt", "not parameters");
    assert_eq!(env.run("target -p params").ok(), format!("{MAIN}{RELEASE}"));
    assert_eq!(env.run("target -p params/main.yml -p params/ -q").ok(), format!("{MAIN}{MAIN}{RELEASE}"));
    let message = env.run("target -p taskcluster/kinds").failed(1);
    assert_eq!(
        message,
        "error: the folder `taskcluster/kinds` has no parameters: expected files that end in .yml or .json\n"
    );
}

#[test]
fn a_failure_does_not_stop_the_others() {
    let env = TestEnv::new();
    env.write("params/broken.yml", "level: 7\n");
    let run = env.run("target -q -p params");
    assert_eq!((run.code, run.stdout), (Some(1), format!("{MAIN}{RELEASE}")));
    assert!(
        run.stderr.starts_with("error: parameters `params/broken.yml`: invalid parameters:\n"),
        "{}",
        run.stderr
    );
    assert!(
        run.stderr.ends_with("error: 1 of 3 sets of parameters failed: params/broken.yml\n"),
        "{}",
        run.stderr
    );
}

#[test]
fn each_set_has_a_file() {
    let env = TestEnv::new();
    let run = env.run("target -p params -o out.txt");
    assert!(!run.stderr.contains("Dumping"), "{}", run.stderr);
    assert_eq!(run.ok(), "");
    assert_eq!((env.read("out_main.txt"), env.read("out_release.txt")), (MAIN.into(), RELEASE.into()));
    env.run("target -p params -o {params}-{params}").ok();
    assert_eq!((env.read("main-main"), env.read("release-release")), (MAIN.into(), RELEASE.into()));
}

#[test]
fn two_sets_of_one_name_write_nothing() {
    let env = TestEnv::new();
    env.write("other/main.json", "{}");
    let message = env.run("target -p params -p other -o out.txt").failed(1);
    assert_eq!(
        message,
        "error: several sets of parameters are called `main`, and all would be written to `out_main.txt`\n"
    );
    assert!(!env.path("out_release.txt").exists());
}

#[test]
fn a_failing_set_leaves_its_file_alone() {
    let env = TestEnv::new();
    env.write("params/broken.yml", "level: 7\n");
    env.write("out_broken", "as it was");
    assert_eq!(env.run("target -p params -o out").code, Some(1));
    assert_eq!((env.read("out_broken"), env.read("out_main")), ("as it was".into(), MAIN.into()));
}
