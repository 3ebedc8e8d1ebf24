//! Lines that a shell evaluates to change its environment.

use clap::Args;

#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct ShellArgs {
    /// Print lines for csh and tcsh (the default is for bash, zsh and other kin of the Bourne shell)
    #[arg(long, overrides_with = "fish")]
    csh: bool,
    /// Print lines for fish
    #[arg(long, overrides_with = "csh")]
    fish: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shell {
    Bourne,
    Csh,
    Fish,
}

impl ShellArgs {
    pub(crate) fn shell(self) -> Shell {
        match (self.csh, self.fish) {
            (true, _) => Shell::Csh,
            (_, true) => Shell::Fish,
            _ => Shell::Bourne,
        }
    }
}

impl Shell {
    /// The line that sets a variable. It ends with a semicolon, so that lines may be joined.
    pub(crate) fn set(self, name: &str, value: &str) -> String {
        match self {
            Shell::Bourne => format!("export {name}='{}';", value.replace('\'', "'\\''")),
            // History is expanded even within quotes.
            Shell::Csh => format!("setenv {name} '{}';", value.replace('\'', "'\\''").replace('!', "\\!")),
            Shell::Fish => format!("set -gx {name} '{}';", value.replace('\\', "\\\\").replace('\'', "\\'")),
        }
    }

    /// The line that unsets a variable, if it is set.
    pub(crate) fn unset(self, name: &str) -> String {
        match self {
            Shell::Bourne => format!("unset {name};"),
            Shell::Csh => format!("unsetenv {name};"),
            Shell::Fish => format!("set -e {name};"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_cannot_leave_their_quotes() {
        let value = r"a'b\c!d$e`f";
        assert_eq!(Shell::Bourne.set("X", value), r"export X='a'\''b\c!d$e`f';");
        assert_eq!(Shell::Csh.set("X", value), r"setenv X 'a'\''b\c\!d$e`f';");
        assert_eq!(Shell::Fish.set("X", value), r"set -gx X 'a\'b\\c!d$e`f';");
        assert_eq!(Shell::Bourne.unset("X"), "unset X;");
        assert_eq!(Shell::Csh.unset("X"), "unsetenv X;");
        assert_eq!(Shell::Fish.unset("X"), "set -e X;");
    }
}
