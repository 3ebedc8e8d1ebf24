//! Synthetic repositories: what a project of so many tasks looks like, the same one in every run.
//!
//! Below [`SMALL`] tasks there is one image and a few builds, to measure fixed costs. From there on nine in ten tasks
//! are tests: for every build, every suite, in chunks. The rest are builds by matrix, toolchains and fetches for
//! them, signing and publishing of builds, and checks that are written one by one.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use taskgraph_checkouts::commit;

use super::texts::{
    BUILD_KIND, CHECK_KIND, CONFIG, IMAGE_KIND, PARAMETERS, PUBLISH, REPORT, SIGN, TEST_KIND, TOOLCHAIN_KIND,
};

/// The fewest tasks that all kinds are made for.
const SMALL: usize = 300;

const SUITES: [&str; 5] = ["unit", "browser", "layout", "network", "storage"];
const CHUNKS: usize = 9;
/// How many platforms one task of the kind `build` is a matrix of, at most.
const PLATFORMS_PER_BUILD: usize = 10;
const IMAGES: [&str; 4] = ["base", "build", "test", "fetch"];

/// Writes a repository of `tasks` tasks to `to`, which must not exist, and commits it. `parameters.yml` is beside it.
pub(super) fn create(tasks: usize, to: &Path) -> Result<()> {
    ensure!(tasks >= 2, "a repository needs at least 2 tasks, one of them its image");
    let mut files = Files(to);
    files.write("taskcluster/config.yml", CONFIG)?;
    files.write("version.txt", "1.2.3\n")?;
    files
        .write("tools/setup.sh", "#!/bin/sh\nset -e\napt-get update\napt-get install -y build-essential\n")?;
    if tasks < SMALL {
        write_small(tasks, &mut files)?
    } else {
        write_large(tasks, &mut files)?
    }
    files.write(".gitignore", "/parameters.yml\n")?;
    commit("bench", to)?;
    files.write("parameters.yml", PARAMETERS)
}

/// Writes files below a folder.
struct Files<'a>(&'a Path);

impl Files<'_> {
    fn write(&mut self, path: &str, text: &str) -> Result<()> {
        let file = self.0.join(path);
        let folder = file.parent().unwrap_or(self.0);
        fs::create_dir_all(folder).with_context(|| format!("creating {}", folder.display()))?;
        fs::write(&file, text).with_context(|| format!("writing {}", file.display()))
    }

    fn kind(&mut self, name: &str, text: &str) -> Result<()> {
        self.write(&format!("taskcluster/kinds/{name}/kind.yml"), text)
    }
}

fn write_small(tasks: usize, files: &mut Files<'_>) -> Result<()> {
    write_images(&IMAGES[..1], files)?;
    let mut kind = String::from("kind-dependencies: [docker-image]\n\ntasks:\n");
    for at in 1..tasks {
        _ = write!(
            kind,
            "    part-{at}:
        description: Build part {at}
        attributes: {{build_platform: linux64}}
        treeherder: {{symbol: B(p{at}), platform: linux64/opt, kind: build}}
        worker-type: b-linux
        worker: {{docker-image: {{in-tree: base}}, max-run-time: 3600}}
        run: {{using: run-task, cwd: '{{checkout}}', command: make part-{at}}}
"
        );
    }
    files.kind("build", &kind)
}

fn write_large(tasks: usize, files: &mut Files<'_>) -> Result<()> {
    let platforms = tasks / 100;
    let builds = 2 * platforms;
    let tests = builds * SUITES.len() * CHUNKS;
    let (fetches, toolchains) = ((tasks / 200).max(4), (tasks / 250).max(3));
    // One signing task per build, a publishing task per optimized build, and one report.
    let others = IMAGES.len() + fetches + toolchains + builds + tests + builds + platforms + 1;
    let checks = tasks.checked_sub(others).context("the kinds have more tasks than wanted")?;

    write_images(&IMAGES, files)?;
    write_fetches(fetches, files)?;
    write_toolchains(toolchains, fetches, files)?;
    write_builds(platforms, toolchains, files)?;
    files.kind("test", &test_kind())?;
    files.kind("sign", SIGN)?;
    files.kind("publish", PUBLISH)?;
    files.kind("report", REPORT)?;
    write_checks(checks, files)
}

fn write_images(images: &[&str], files: &mut Files<'_>) -> Result<()> {
    let mut kind = String::from(IMAGE_KIND);
    for image in images {
        let (from, parent) = if *image == "base" {
            ("# %ARG RELEASE\nFROM debian:$RELEASE\n", "        args: {RELEASE: '12'}\n")
        } else {
            ("ARG DOCKER_IMAGE_PARENT\nFROM $DOCKER_IMAGE_PARENT\n", "        parent: base\n")
        };
        _ = write!(kind, "    {image}:\n        symbol: {image}\n{parent}");
        let dockerfile = format!(
            "{from}# %include-run-task\nVOLUME /builds/worker/checkouts\nVOLUME /builds/worker/.task-cache\n\
             # %include tools/setup.sh\nADD topsrcdir/tools/setup.sh /setup/setup.sh\nRUN /setup/setup.sh {image}\n"
        );
        files.write(&format!("taskcluster/docker/{image}/Dockerfile"), &dockerfile)?;
    }
    files.kind("docker-image", &kind)
}

fn write_fetches(count: usize, files: &mut Files<'_>) -> Result<()> {
    let mut kind = String::from(
        "transforms: [taskgraph.transforms.fetch, taskgraph.transforms.run, taskgraph.transforms.task]\n\
         loader: taskgraph.loader.transform:loader\n\nkind-dependencies: [docker-image]\n\ntasks:\n",
    );
    for at in 0..count {
        _ = write!(kind, "    source-{at}:\n        description: Source {at}\n        fetch:\n");
        _ = if at % 2 == 0 {
            write!(
                kind,
                "            type: static-url
            url: https://example.com/sources/source-{at}-1.{at}.tar.gz
            sha256: '{at:064x}'
            size: {}
            strip-components: 1
            add-prefix: source-{at}/
",
                1000 + at
            )
        } else {
            write!(
                kind,
                "            type: git
            repo: https://github.com/example-org/source-{at}
            revision: '{at:040x}'
"
            )
        };
    }
    files.kind("fetch", &kind)
}

fn write_toolchains(count: usize, fetches: usize, files: &mut Files<'_>) -> Result<()> {
    let mut kind = String::from(TOOLCHAIN_KIND);
    for at in 0..count {
        let (first, second) = (2 * at % fetches, (2 * at + 1) % fetches);
        _ = write!(
            kind,
            "    tool-{at}:
        description: Build tool {at}
        treeherder: {{symbol: TL(t{at}), platform: toolchains/opt, kind: build}}
        fetches: {{fetch: [source-{first}, source-{second}]}}
        run:
            script: build-tool.sh
            arguments: ['{at}', --release]
            resources: [tools/setup.sh, 'taskcluster/scripts/**']
            toolchain-artifact: public/build/tool-{at}.tar.zst
"
        );
    }
    files.write(
        "taskcluster/scripts/toolchain/build-tool.sh",
        "#!/bin/sh\nmake -C \"$MOZ_FETCHES_DIR\" \"tool-$1\"\n",
    )?;
    files.kind("toolchain", &kind)
}

fn write_builds(platforms: usize, toolchains: usize, files: &mut Files<'_>) -> Result<()> {
    let names: Vec<String> = (0..platforms).map(|at| format!("plat{at}")).collect();
    let mut kind = String::from(BUILD_KIND);
    for (at, family) in names.chunks(PLATFORMS_PER_BUILD).enumerate() {
        let list = family.join(", ");
        let (first, second) = (at % toolchains, (at + 1) % toolchains);
        let mut tools = vec![format!("tool-{first}")];
        if second != first {
            tools.push(format!("tool-{second}"));
        }
        _ = write!(
            kind,
            "    family-{at}:\n        matrix:\n            platform: [{list}]\n        fetches: {{toolchain: [{}]}}\n",
            tools.join(", ")
        );
    }
    files.kind("build", &kind)
}

fn test_kind() -> String {
    TEST_KIND.replace("SUITES", &SUITES.join(", ")).replace("CHUNKS", &CHUNKS.to_string())
}

fn write_checks(count: usize, files: &mut Files<'_>) -> Result<()> {
    let (mut written, mut more) =
        (String::from(CHECK_KIND), String::from("task-defaults: {attributes: {extra: true}}\n"));
    for at in 0..count {
        let text = format!(
            "\
{indent}check-{at}:
{indent}    description: Check area {at}
{indent}    treeherder: {{symbol: C(c{at}), platform: checks/opt}}
{indent}    when: {{files-changed: ['src/area-{at}/**', '*.toml', tools/setup.sh]}}
{indent}    run:
{indent}        command: 'tools/check.py --area {at} --strict'
",
            indent = if at % 2 == 0 { "    " } else { "" }
        );
        if at % 2 == 0 { written.push_str(&text) } else { more.push_str(&text) }
    }
    if count == 0 {
        written.push_str("    {}\n");
    }
    files.write("taskcluster/kinds/check/more.yml", &more)?;
    files.kind("check", &written)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text_of(folder: &Path, path: &str) -> String {
        fs::read_to_string(folder.join("taskcluster/kinds").join(path)).unwrap()
    }

    #[test]
    fn same_size_same_repository() {
        let scratch = tempfile::tempdir().unwrap();
        let (a, b) = (scratch.path().join("a"), scratch.path().join("b"));
        create(1000, &a).unwrap();
        create(1000, &b).unwrap();
        for kind in ["build", "check", "docker-image", "fetch", "test", "toolchain"] {
            let file = format!("{kind}/kind.yml");
            assert_eq!(text_of(&a, &file), text_of(&b, &file));
        }
        assert!(a.join("parameters.yml").exists());
    }

    #[test]
    fn sizes() {
        let scratch = tempfile::tempdir().unwrap();
        for tasks in [2, 5, 299, 300, 301, 999, 12345] {
            create(tasks, &scratch.path().join(tasks.to_string())).unwrap();
        }
        assert!(create(1, &scratch.path().join("1")).is_err());
        assert_eq!(text_of(&scratch.path().join("5"), "build/kind.yml").matches("description:").count(), 4);
    }
}
