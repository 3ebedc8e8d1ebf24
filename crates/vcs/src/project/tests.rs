//! URLs and what the Python implementation (mozilla-repo-urls 0.2.2 on giturlparse 0.16.0) makes of them.

use super::*;

/// The second column is what `mozilla_repo_urls.parse(url).repo_name` printed; `None` where it raised.
const PRINTED: &[(&str, Option<&str>)] = &[
    ("https://github.com/mozilla/pdf.js", Some("pdf.js")),
    ("https://github.com/mozilla/pdf.js.git", Some("pdf.js")),
    ("https://github.com/mozilla/pdf.js/", Some("pdf.js")),
    ("https://github.com/mozilla/pdf.js.git///", Some("pdf.js")),
    ("HTTPS://github.com/mozilla/pdf.js", Some("pdf.js")),
    ("https://GitHub.com/mozilla/pdf.js", None),
    ("git+https://github.com/mozilla/pdf.js.git", Some("pdf.js")),
    ("https://user:token@github.com/mozilla/pdf.js.git", Some("pdf.js")),
    ("https://user@github.com/mozilla/pdf.js.git", None),
    ("https://github.com:443/mozilla/pdf.js.git", None),
    ("http://github.com/mozilla/pdf.js", None),
    ("https://www.github.com/mozilla/pdf.js", None),
    ("https://github.com/mozilla", None),
    ("https://github.com/mozilla/group/pdf.js", None),
    ("https://github.com/mozilla/pdf.js/tree/main", Some("main")),
    ("https://github.com/mozilla/pdf.js/blob/main/src/app.js", Some("app.js")),
    ("https://github.com/mozilla/pdf.js/pull/1", None),
    ("https://github.com/mozilla/.git", Some("mozilla")),
    ("https://gist.github.com/someone/0123456789abcdef", Some("0123456789abcdef")),
    ("git@github.com:mozilla/pdf.js.git", Some("pdf.js")),
    ("git@github.com:mozilla/pdf.js", Some("pdf.js")),
    ("git@github.com:/mozilla/pdf.js", None),
    ("git@github.com:pdf.js.git", None),
    ("someone@github.com:mozilla/pdf.js.git", None),
    ("org-123@github.com:mozilla/pdf.js.git", None),
    ("ssh://git@github.com/mozilla/pdf.js.git", Some("pdf.js")),
    ("ssh://git@github.com:22/mozilla/pdf.js.git", None),
    ("git+ssh://git@github.com/mozilla/pdf.js.git", Some("pdf.js")),
    ("ssh://github.com/mozilla/pdf.js.git", None),
    ("git://github.com/mozilla/pdf.js.git", Some("pdf.js")),
    ("github.com/mozilla/pdf.js", None),
    ("github.com:mozilla/pdf.js", None),
    ("https://hg.mozilla.org/mozilla-central", Some("mozilla-central")),
    ("https://hg.mozilla.org/mozilla-central/", Some("mozilla-central")),
    ("https://hg.mozilla.org/projects/nss", Some("nss")),
    ("https://hg.mozilla.org/releases/l10n/mozilla-release", Some("mozilla-release")),
    ("https://hg.mozilla.org/mozilla-central/file/tip", Some("mozilla-central")),
    ("https://hg.mozilla.org/projects/nss/raw-file/tip/readme", Some("nss")),
    ("https://hg.mozilla.org/mozilla-central/rev/0123", Some("0123")),
    ("https://hg.mozilla.org/a/file/b", Some("a")),
    ("https://hg.mozilla.org/a/file/file/b", Some("file")),
    ("https://hg.mozilla.org/ab/file/file/b", Some("ab")),
    ("https://hg.mozilla.org:443/mozilla-central", None),
    ("https://user:token@hg.mozilla.org/mozilla-central", None),
    ("https://user:token@hg.mozilla.org/projects/nss", Some("nss")),
    ("http://hg.mozilla.org/mozilla-central", Some("")),
    ("http://hg.mozilla.org/projects/nss", Some("")),
    ("https://hg.mozilla.org", None),
    ("https://hg.mozilla.org//mozilla-central", Some("")),
    ("ssh://hg.mozilla.org/mozilla-central", Some("mozilla-central")),
    ("ssh://hg.mozilla.org/projects/nss", Some("nss")),
    ("ssh://hg.mozilla.org/releases/l10n/mozilla-release", None),
    ("ssh://hg.mozilla.org:22/mozilla-central", Some("mozilla-central")),
    ("ssh://someone@hg.mozilla.org/mozilla-central", None),
    ("ssh://someone@hg.mozilla.org/projects/nss", Some("nss")),
    ("someone@hg.mozilla.org:mozilla-central", Some("")),
    ("someone@hg.mozilla.org:projects/nss", Some("nss")),
    ("hg://hg.mozilla.org/mozilla-central", Some("mozilla-central")),
    ("hg://hg.mozilla.org:https/projects/nss", Some("nss")),
    ("hg::https://hg.mozilla.org/mozilla-unified", Some("mozilla-unified")),
    ("hg::ssh://hg.mozilla.org/mozilla-unified", Some("mozilla-unified")),
    ("hg://hg.mozilla.org:8000/mozilla-central", None),
    ("git://hg.mozilla.org/projects/nss", Some("nss")),
    ("git://hg.mozilla.org/nss", Some("")),
    ("https://bitbucket.org/mozilla/pdf.js.git", None),
    ("git@bitbucket.org:mozilla/pdf.js.git", None),
    ("https://gitlab.com/group/project", None),
    ("https://gitlab.com/group/subgroup/project.git", None),
    ("git@gitlab.com:group/project.git", None),
    ("https://codeberg.org/someone/project", None),
    ("https://example.com/mozilla-central", None),
    ("ssh://git@example.com:2222/group/project.git", None),
    ("git@example.com:project.git", None),
    ("/home/someone/project", None),
    ("/home/someone/project.git", None),
    ("../project", None),
    ("./project", None),
    ("project", None),
    ("file:///home/someone/project", None),
    ("C:\\repos\\project", None),
    ("https://", None),
    ("https://github.com/", None),
    ("/", None),
    ("@", None),
    (":", None),
    ("", None),
];

#[test]
fn names_are_those_python_prints() {
    let wrong: Vec<_> = PRINTED
        .iter()
        .map(|(url, printed)| (url, project_name(url), printed.map(str::to_owned)))
        .filter(|(_, ours, printed)| ours != printed)
        .collect();
    assert!(wrong.is_empty(), "url, ours, printed: {wrong:#?}");
}

#[test]
fn no_text_is_too_odd() {
    let pieces = ["", "é", "https://", "@", ":", "/", "hg.mozilla.org", "git@", "ssh", "://", "\n"];
    for a in pieces {
        for b in pieces {
            for c in pieces {
                for d in pieces {
                    project_name(&[a, b, c, d, "/é/"].concat());
                }
            }
        }
    }
}
