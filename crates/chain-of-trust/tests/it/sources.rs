//! Where templates are read from.

use std::{path::Path, process::Command};

use taskgraph_chain_of_trust::{Checkout, Error, Source, Web};
use taskgraph_vcs::{Repository, Tools, VcsTool};

use crate::support::settings;

fn git(root: &Path, args: &[&str]) -> String {
    let mut command = Command::new("git");
    command.args(["-c", "user.name=Ada", "-c", "user.email=ada@example.com", "-c", "commit.gpgSign=false"]);
    for name in ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"] {
        command.env_remove(name);
    }
    command.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1");
    let output = command.args(args).current_dir(root).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

#[tokio::test]
async fn a_checkout_has_the_template_of_each_revision() {
    let folder = tempfile::tempdir().unwrap();
    git(folder.path(), &["init", "--quiet"]);
    let mut revisions = Vec::new();
    for content in ["first\n", "second\r\n"] {
        std::fs::write(folder.path().join(".taskcluster.yml"), content).unwrap();
        git(folder.path(), &["-c", "core.autocrlf=false", "add", "."]);
        git(folder.path(), &["commit", "--quiet", "-m", "m"]);
        revisions.push(git(folder.path(), &["rev-parse", "HEAD"]));
    }
    std::fs::write(folder.path().join(".taskcluster.yml"), "not committed").unwrap();
    let checkout = Checkout(Repository::at(folder.path(), VcsTool::Git, Tools::default()).unwrap());
    for (revision, content) in revisions.iter().zip(["first\n", "second\r\n"]) {
        assert_eq!(checkout.template("https://anything", revision).await.unwrap(), content.as_bytes());
    }
    for revision in ["0123456789", "--help", ""] {
        let found = checkout.template("https://anything", revision).await;
        assert!(revision.is_empty() || matches!(found, Err(Error::Vcs(_))), "{revision}");
    }
    assert_eq!(checkout.document("https://api.github.com/").await.unwrap(), None);
}

#[tokio::test]
async fn the_web_is_asked_at_known_hosts_only() {
    let web = Web::new(&settings()).unwrap();
    let refused = web.template("http://127.0.0.1:1/acme/engine", "abc").await;
    assert!(matches!(refused, Err(Error::Host { .. })));
    let refused = web.template("https://github.com/acme/engine", "../../x").await;
    assert!(matches!(refused, Err(Error::Revision { .. })));
    assert_eq!(web.document("https://example.com/").await.unwrap(), None);
    assert_eq!(web.document("https://api.github.com.example.com/").await.unwrap(), None);
}
