//! Searches in made-up homes.

use std::os::unix::fs::{PermissionsExt, symlink};

use super::*;
use crate::{RunTaskFile, cache_digest};

/// A folder in which every path of a search lies.
struct Machine(tempfile::TempDir);

impl Machine {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn at(&self, path: &str) -> PathBuf {
        self.0.path().join(path)
    }

    fn write(&self, path: &str, content: &str) {
        let path = self.at(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, content).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// Scripts of no use but to be found.
    fn scripts(&self, dir: &str) {
        for file in RunTaskFile::ALL {
            self.write(&format!("{dir}/{}", file.name()), "fake");
        }
    }

    /// An installed reference.
    fn install(&self, packages: &str, version: &str) {
        self.scripts(&format!("{packages}/taskgraph/run-task"));
        self.write(&format!("{packages}/taskcluster_taskgraph-{version}.dist-info/METADATA"), "");
    }

    /// `VIRTUAL_ENV`, `PATH` and `HOME` inside.
    fn search(&self, path: &[&str]) -> RunTaskSearch {
        RunTaskSearch {
            environment: SearchEnvironment {
                virtual_env: Some(self.at("venv")),
                path: path.iter().map(|folder| self.at(folder)).collect(),
                home: Some(self.at("home")),
                cache_home: None,
            },
            ..RunTaskSearch::default()
        }
    }

    /// Where the files are, below this folder, and their version.
    #[track_caller]
    fn check(&self, search: &RunTaskSearch, dir: &str, version: &str, origin: Origin) {
        let found = search.locate().unwrap();
        assert_eq!(found.dir(), self.at(dir));
        assert_eq!((found.version().unwrap_or("-"), found.origin()), (version, origin));
    }
}

const PACKAGES: &str = "lib/python3.11/site-packages";

#[test]
fn named_folders_come_first_and_must_be_complete() {
    let machine = Machine::new();
    machine.scripts("flag");
    machine.scripts("config");
    machine.install(&format!("venv/{PACKAGES}"), "24.5.1");
    let mut search = machine.search(&[]);
    search.configured = Some(machine.at("config"));
    machine.check(&search, "config", "-", Origin::Configured);
    search.explicit = Some(machine.at("flag"));
    machine.check(&search, "flag", "-", Origin::Explicit);

    fs::remove_file(machine.at("flag/hgrc")).unwrap();
    let message = search.locate().unwrap_err().to_string();
    assert!(
        message.ends_with("flag` (from the command line or environment) has no file `hgrc`"),
        "{message}"
    );
}

#[test]
fn virtual_environments_and_user_packages_are_found() {
    let machine = Machine::new();
    machine.install(&format!("home/.local/{PACKAGES}"), "24.0.0");
    let user = format!("home/.local/{PACKAGES}/taskgraph/run-task");
    machine.check(&machine.search(&[]), &user, "24.0.0", Origin::Installed);
    machine.install("venv/lib/python3.9/site-packages", "23.0.0");
    let venv = "venv/lib/python3.9/site-packages/taskgraph/run-task";
    machine.check(&machine.search(&[]), venv, "23.0.0", Origin::Installed);
    machine.install("venv/lib/python3.12/site-packages", "22.0.0");
    let newer = "venv/lib/python3.12/site-packages/taskgraph/run-task";
    machine.check(&machine.search(&[]), newer, "22.0.0", Origin::Installed);
}

#[test]
fn the_default_release_is_preferred() {
    let machine = Machine::new();
    machine.install(&format!("venv/{PACKAGES}"), "24.0.0");
    machine.install(&format!("home/.local/{PACKAGES}"), "24.5.1");
    let user = format!("home/.local/{PACKAGES}/taskgraph/run-task");
    machine.check(&machine.search(&[]), &user, "24.5.1", Origin::Installed);
}

#[test]
fn programs_on_path_lead_to_their_packages() {
    let machine = Machine::new();
    machine.write("usr/bin/python3", "\x7fELF");
    machine.install("usr/local/lib/python3/dist-packages", "24.0.0");
    let search = machine.search(&["nothing", "usr/bin"]);
    let found = "usr/local/lib/python3/dist-packages/taskgraph/run-task";
    machine.check(&search, found, "24.0.0", Origin::Installed);
}

#[test]
fn links_lead_to_a_python_unless_it_is_an_environment_of_its_own() {
    let machine = Machine::new();
    machine.write("opt/bin/python3", "\x7fELF");
    machine.install(&format!("opt/{PACKAGES}"), "24.0.0");
    fs::create_dir_all(machine.at("home/bin")).unwrap();
    symlink(machine.at("opt/bin/python3"), machine.at("home/bin/python3")).unwrap();
    let search = machine.search(&["home/bin"]);
    let found = search.locate().unwrap();
    assert_eq!(found.version(), Some("24.0.0"));
    machine.write("home/pyvenv.cfg", "");
    assert!(search.locate().is_err());
}

#[test]
fn scripts_lead_to_their_interpreter() {
    for script in [
        "#!$/pipx/bin/python3\nimport sys\n",
        "#! $/pipx/bin/python3 -sE\n",
        "#!/bin/sh\n'''exec' $/pipx/bin/python3 \"$0\" \"$@\"\n' '''\n",
        "#!/bin/sh\n'''exec' \"$/pipx/bin/python3\" \"$0\" \"$@\"\n",
    ] {
        let machine = Machine::new();
        let root = machine.0.path().display().to_string();
        machine.write("home/.local/bin/taskgraph", &script.replace("$/", &format!("{root}/")));
        machine.install(&format!("pipx/{PACKAGES}"), "24.5.1");
        let found = format!("pipx/{PACKAGES}/taskgraph/run-task");
        machine.check(&machine.search(&["home/.local/bin"]), &found, "24.5.1", Origin::Installed);
    }
}

#[test]
fn scripts_of_other_kinds_are_ignored() {
    for script in
        ["\x7fELF", "", "#!", "#! \n", "#!python3\n", "#!/bin/sh\n'''exec' \"", "#!/bin/sh\n'''exec' "]
    {
        let machine = Machine::new();
        machine.write("bin/taskgraph", script);
        assert!(machine.search(&["bin"]).locate().is_err(), "{script:?}");
    }
}

#[test]
fn python_is_asked_last_and_not_trusted() {
    let machine = Machine::new();
    let root = machine.0.path().display().to_string();
    machine.scripts("editable/taskgraph/run-task");
    let mut search = machine.search(&["bin"]);
    search.ask_python = Some(Duration::from_secs(60));
    for (answer, found) in [
        ("echo $/editable/taskgraph; echo more", true),
        ("echo $/elsewhere", false),
        ("echo editable/taskgraph", false),
        ("echo; echo $/editable/taskgraph", false),
        ("exit 1", false),
    ] {
        machine.write("bin/python3", &format!("#!/bin/sh\n{}\n", answer.replace("$/", &format!("{root}/"))));
        assert_eq!(search.locate().is_ok(), found, "{answer}");
    }
    machine.write("bin/python3", &format!("#!/bin/sh\necho {root}/editable/taskgraph\n"));
    machine.check(&search, "editable/taskgraph/run-task", "-", Origin::Installed);
    search.ask_python = None;
    assert!(search.locate().is_err());
}

#[test]
fn a_python_that_does_not_answer_is_stopped() {
    let machine = Machine::new();
    machine.write("bin/python3", "#!/bin/sh\nexec sleep 600\n");
    let mut search = machine.search(&["bin"]);
    search.ask_python = Some(Duration::from_millis(20));
    assert!(search.locate().is_err());
}

#[test]
fn the_cache_comes_last() {
    let machine = Machine::new();
    let cache = "home/.cache/taskgraph/run-task";
    let search = machine.search(&[]);
    machine.scripts(&format!("{cache}/.install-abc"));
    assert!(search.locate().is_err());
    for (added, found) in
        [("9.0.0", "9.0.0"), ("24.4.1", "24.4.1"), ("24.5.1", "24.5.1"), ("25.0.0", "24.5.1")]
    {
        machine.scripts(&format!("{cache}/{added}"));
        machine.check(&search, &format!("{cache}/{found}"), found, Origin::Cache);
    }
    machine.install(&format!("venv/{PACKAGES}"), "20.0.0");
    assert_eq!(search.locate().unwrap().version(), Some("20.0.0"));
}

#[test]
fn variables_are_read_from_a_lookup() {
    let environment = SearchEnvironment::from_lookup(|name| {
        Some(match name {
            "PATH" => "/a:relative::/b".into(),
            "HOME" => "/home/me".into(),
            "XDG_CACHE_HOME" => "".into(),
            _ => return None,
        })
    });
    assert_eq!(environment.path, [Path::new("/a"), Path::new("/b")]);
    assert_eq!(environment.virtual_env, None);
    assert_eq!(environment.run_task_cache().unwrap(), Path::new("/home/me/.cache/taskgraph/run-task"));
    let moved = SearchEnvironment { cache_home: Some("/c".into()), ..environment };
    assert_eq!(moved.run_task_cache().unwrap(), Path::new("/c/taskgraph/run-task"));
    assert_eq!(SearchEnvironment::default().run_task_cache(), None);
}

#[test]
fn cache_digests_are_twenty_digits_of_the_script() {
    let machine = Machine::new();
    machine.scripts("flag");
    let files = RunTaskFiles::open(&machine.at("flag"), Origin::Explicit).unwrap();
    assert_eq!(files.read(RunTaskFile::Hgrc).unwrap(), b"fake");
    assert_eq!(cache_digest(&files).unwrap(), "b5d54c39e66671c9731b");
    let shown =
        format!("`{}` (version unknown, from the command line or environment)", files.dir().display());
    assert_eq!(files.to_string(), shown);
}
