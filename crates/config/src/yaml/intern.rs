//! Strings that many descriptions share.

use std::sync::LazyLock;

use rustc_hash::FxHashSet;
use taskgraph_value::{Str, text};

macro_rules! words {
    ($($word:literal)*) => { [$(text!($word)),*] };
}

/// Keys and values that nearly every task has.
static WORDS: LazyLock<FxHashSet<Str>> = LazyLock::new(|| {
    let words = words! {
        "" "action" "alias" "allow-ptrace" "always" "always-target" "artifact" "artifact-prefix" "artifact_prefix"
        "artifact-reference" "artifacts" "attributes" "bare" "base-rev" "build" "build-type" "build_platform"
        "build_type" "by-level" "by-project" "by-task-platform" "by-worker-type" "cache" "cache-dotcache" "caches"
        "chain-of-trust" "checkout" "chunks" "command" "context" "copy-attributes" "created" "cwd" "deadline-after"
        "default" "definition" "dependencies" "description" "dest" "digest" "directory" "docker-image" "docker-in-docker"
        "docker-worker" "env" "exclude" "expires-after" "extra" "extract" "false" "features" "fetch" "fetch-alias"
        "fetch-artifact" "fetches" "file" "files-changed" "format" "from-deps" "generic-worker" "group" "group-by"
        "if-dependencies" "ignore" "image" "in-tree" "include" "index" "index-search" "indexed" "job-name" "kind"
        "kind-dependencies" "kinds" "label" "level" "linux" "loader" "loopback-audio" "loopback-video" "macosx" "matrix"
        "max-run-time" "message" "metadata" "mounts" "name" "namespace" "needs-sccache" "notify" "never" "opt"
        "optimization" "optional" "options" "os" "path" "payload" "persistent" "platform" "primary-dependency" "priority"
        "privileged" "product" "provisionerId" "pull_request" "push" "rank" "read-only" "recipients" "relative-datestamp"
        "require-signed" "resources" "retries" "retry-exit-status" "retry-exit-statuses" "routes" "run" "run-on-branches"
        "run-on-git-branches" "run-on-projects" "run-on-tasks-for" "run-task" "run-task-caches" "run_on_projects"
        "schedulerId" "scopes" "script" "secrets" "set-name" "sha256" "shipping-phase" "shipping-product" "size"
        "skip-artifacts" "skip-unless-changed" "soft-dependencies" "sparse-profile" "static-url" "strip-components"
        "substitution-fields" "symbol" "tags" "target" "targets" "task" "task-context" "task-defaults" "task-from"
        "task-reference" "tasks" "tasks-from" "taskcluster-proxy" "tier" "toolchain" "toolchain-alias"
        "toolchain-artifact" "transforms" "treeherder" "true" "type" "unique-kinds" "url" "use-caches" "use-system-python"
        "using" "value" "volume" "volumes" "when" "win" "with" "windows" "worker" "worker-type" "workdir" "workerType"
    };
    words.into_iter().collect()
});

/// A string that shares its memory with every other well-known word of this text; an unknown word gets memory
/// of its own.
///
/// ```
/// use taskgraph_config::yaml::intern;
/// use taskgraph_value::Str;
/// assert!(Str::ptr_eq(&intern("worker-type"), &intern("worker-type")));
/// assert_eq!(intern("anything else"), "anything else");
/// ```
pub fn intern(text: &str) -> Str {
    WORDS.get(text).cloned().unwrap_or_else(|| text.into())
}

/// The strings of one document, each kept once.
#[derive(Default)]
pub(super) struct Interner {
    seen: FxHashSet<Str>,
}

impl Interner {
    /// Longest text worth remembering, in bytes.
    const LONGEST: usize = 64;

    pub(super) fn intern(&mut self, text: &str) -> Str {
        if text.len() > Self::LONGEST {
            return text.into();
        }
        if let Some(known) = WORDS.get(text).or_else(|| self.seen.get(text)) {
            return known.clone();
        }
        let new = Str::from(text);
        self.seen.insert(new.clone());
        new
    }
}
