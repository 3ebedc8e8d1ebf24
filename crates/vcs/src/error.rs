//! What can go wrong between us and a version control program.

use std::path::PathBuf;

use crate::root::VcsTool;

/// Why a question about a checkout has no answer.
///
/// [`NotACheckout`](Error::NotACheckout), [`Failed`](Error::Failed) and [`NoRemotes`](Error::NoRemotes) are
/// about the checkout, and the defaults of parameters fall back to empty values on them; the others are about
/// the machine or the caller.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Neither the folder nor any folder above it is the root of a checkout.
    #[error("`{}` is neither in a git nor in a Mercurial checkout", path.display())]
    NotACheckout {
        /// The folder the search began in.
        path: PathBuf,
    },
    /// A path could not be made absolute.
    #[error("cannot resolve the path `{}`", path.display())]
    Path {
        /// The path as given.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The program could not be started at all.
    #[error("cannot run `{program}`, which the {tool} checkout `{}` needs", root.display())]
    CannotRun {
        /// Which kind of checkout needs it.
        tool: VcsTool,
        /// The program as it would have been run.
        program: String,
        /// The checkout.
        root: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The program ran and said no.
    #[error("`{command}` failed in `{}` ({}): {}", root.display(), status(*code), said(stderr))]
    Failed {
        /// The command, its arguments separated by spaces.
        command: String,
        /// The checkout it ran in.
        root: PathBuf,
        /// Its exit status; `None` when a signal ended it.
        code: Option<i32>,
        /// What it wrote to its standard error stream, without spaces around it.
        stderr: String,
    },
    /// The program printed something that is not UTF-8.
    #[error("`{command}` in `{}` printed text that is not UTF-8: {excerpt}", root.display())]
    NotUtf8 {
        /// The command, its arguments separated by spaces.
        command: String,
        /// The checkout it ran in.
        root: PathBuf,
        /// The line that is not UTF-8, with replacement characters.
        excerpt: String,
    },
    /// The checkout has no remote repository at all.
    #[error("no remotes defined in `{}`", root.display())]
    NoRemotes {
        /// The checkout.
        root: PathBuf,
    },
    /// Neither the checkout nor its remote tells which branch is the default one.
    #[error("unable to find the default branch of `{}`: expected one of the branches to be `main` or `master`, found {found:?}", root.display())]
    NoDefaultBranch {
        /// The checkout.
        root: PathBuf,
        /// Full names of the branches which might be the one: none, or more than one.
        found: Vec<String>,
    },
    /// A revision, branch or remote that would be taken for something else.
    #[error("bad {what} `{value}`: expected a name that neither is empty nor begins with a dash")]
    BadName {
        /// What it was meant to be.
        what: &'static str,
        /// The text.
        value: String,
    },
    /// A diff filter with a letter other than `A`, `D` or `M`.
    #[error("bad diff filter `{value}`: expected letters among A, D and M")]
    BadDiffFilter {
        /// The text.
        value: String,
    },
    /// In a shallow clone the parent of a revision is not there to compare with.
    #[error("`{}` is a shallow clone: expected a base revision to compare `{rev}` with, found none", root.display())]
    ShallowNeedsBase {
        /// The checkout.
        root: PathBuf,
        /// The revision.
        rev: String,
    },
    /// The directory for a revision holds something already.
    #[error("cannot export a revision into `{}`: expected an empty or missing directory", path.display())]
    ExportNotEmpty {
        /// The directory.
        path: PathBuf,
    },
    /// A file or directory could not be read or written.
    #[error("cannot {action} `{}`", path.display())]
    Io {
        /// What was tried: `read`, `create`, ...
        action: &'static str,
        /// The file or directory.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
}

fn status(code: Option<i32>) -> String {
    code.map_or_else(|| "ended by a signal".to_owned(), |code| format!("exit status {code}"))
}

fn said(stderr: &str) -> &str {
    if stderr.is_empty() { "it gave no reason" } else { stderr }
}
