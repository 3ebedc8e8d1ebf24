//! Which changes of files are asked for.

use std::str::FromStr;

use crate::error::Error;

/// Which kinds of change count.
///
/// ```
/// use taskgraph_vcs::DiffFilter;
/// assert_eq!("AM".parse::<DiffFilter>()?, DiffFilter::ADDED_OR_MODIFIED);
/// assert_eq!("".parse::<DiffFilter>()?, DiffFilter::ALL);
/// # Ok::<(), taskgraph_vcs::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DiffFilter {
    /// Files that were added.
    pub added: bool,
    /// Files that were deleted.
    pub deleted: bool,
    /// Files whose content or mode was modified.
    pub modified: bool,
}

impl DiffFilter {
    /// Every change.
    pub const ALL: DiffFilter = DiffFilter { added: true, deleted: true, modified: true };
    /// Files that are still there; what `files_changed` lists by default.
    pub const ADDED_OR_MODIFIED: DiffFilter = DiffFilter { added: true, deleted: false, modified: true };

    /// The letters of the kinds asked for, in capitals. No kind at all counts as all kinds.
    pub(crate) fn letters(self) -> String {
        let DiffFilter { added, deleted, modified } = self;
        let all = [('A', added), ('D', deleted), ('M', modified)];
        let chosen: String = all.iter().filter(|(_, on)| *on).map(|(letter, _)| letter).collect();
        if chosen.is_empty() { "ADM".to_owned() } else { chosen }
    }
}

impl FromStr for DiffFilter {
    type Err = Error;

    /// Reads letters among `A`, `D` and `M`, in either case; an empty text asks for all.
    fn from_str(text: &str) -> Result<DiffFilter, Error> {
        if text.is_empty() {
            return Ok(DiffFilter::ALL);
        }
        let mut filter = DiffFilter { added: false, deleted: false, modified: false };
        for letter in text.chars() {
            match letter.to_ascii_uppercase() {
                'A' => filter.added = true,
                'D' => filter.deleted = true,
                'M' => filter.modified = true,
                _ => return Err(Error::BadDiffFilter { value: text.to_owned() }),
            }
        }
        Ok(filter)
    }
}

/// Between which two states files are compared.
///
/// Mercurial has no index: there the first three are the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Changes<'a> {
    /// From the index to the working directory.
    Unstaged,
    /// From the current revision to the index.
    Staged,
    /// From the current revision to the working directory.
    Uncommitted,
    /// What one revision changed (git: from its first parent, Mercurial: all revisions of the revset).
    In(&'a str),
    /// What the revisions that `rev` has and `base` lacks changed; a file may be listed several times. In a
    /// shallow git clone, and when `base` is [`NULL_REVISION`](crate::NULL_REVISION), the two trees are compared instead.
    Between {
        /// The revision whose history does not count.
        base: &'a str,
        /// The revision whose history counts.
        rev: &'a str,
    },
}

/// Which files besides modified ones make a working directory unclean. By default neither.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CleanCheck {
    /// Files that are neither tracked nor ignored.
    pub untracked: bool,
    /// Ignored files. git counts them only if `untracked` is set too.
    pub ignored: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_are_letters_in_either_case() {
        assert_eq!("mda".parse::<DiffFilter>().unwrap(), DiffFilter::ALL);
        assert_eq!("d".parse::<DiffFilter>().unwrap().letters(), "D");
        let none = DiffFilter { added: false, deleted: false, modified: false };
        assert_eq!(none.letters(), "ADM");
        let error = "AR".parse::<DiffFilter>().unwrap_err();
        assert_eq!(error.to_string(), "bad diff filter `AR`: expected letters among A, D and M");
    }
}
