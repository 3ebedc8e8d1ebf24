//! `str.format`: templates and what they become.

mod date;
mod float;
mod integer;
mod parse;
mod render;
mod spec;
#[cfg(test)]
mod tests;

use taskgraph_value::Str;

use self::parse::{Piece, Pieces, find_brace};
use crate::{Error, Lookup, error::shorten};

/// A template that is parsed once, to be filled in often.
///
/// ```
/// use taskgraph_parameterize::Template;
/// use taskgraph_value::map;
/// let template = Template::parse("{product:>8}|{ratio:.1%}|{{}}")?;
/// assert_eq!(template.render(&map! { "product" => "vpn", "ratio" => 0.256 })?, "     vpn|25.6%|{}");
/// # Ok::<(), taskgraph_parameterize::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    text: Str,
    pieces: Vec<Piece>,
}

impl Template {
    /// Parses a template. Fails if its braces make no sense; names are looked at when it is filled in.
    pub fn parse(text: &str) -> Result<Self, Error> {
        Self::parse_shared(text.into())
    }

    /// As [`Template::parse`], sharing the text.
    pub fn parse_shared(text: Str) -> Result<Self, Error> {
        let pieces = Pieces::new(&text, 0..text.len()).collect::<Result<Vec<_>, _>>();
        match pieces {
            Ok(pieces) => Ok(Template { text, pieces }),
            Err(problem) => Err(Error::Syntax { template: shorten(&text), problem }),
        }
    }

    /// Fills in values. Fails if one is missing, or if its format specification does not suit it.
    pub fn render(&self, values: &dyn Lookup) -> Result<Str, Error> {
        if find_brace(&self.text).is_none() {
            return Ok(self.text.clone());
        }
        render::pieces(&self.text, self.pieces.iter().map(Ok), values)
    }
}

/// Parses a template and fills it in. Text without braces is returned as it is, without copying it.
///
/// ```
/// use taskgraph_parameterize::format;
/// use taskgraph_value::{Str, map};
/// let plain = Str::from("no braces");
/// assert!(Str::ptr_eq(&plain, &format(&plain, &map! {})?));
/// assert_eq!(format(&"{a}{a!r}".into(), &map! { "a" => "x" })?, "x'x'");
/// # Ok::<(), taskgraph_parameterize::Error>(())
/// ```
pub fn format(text: &Str, values: &dyn Lookup) -> Result<Str, Error> {
    if find_brace(text).is_none() {
        return Ok(text.clone());
    }
    render::pieces(text, Pieces::new(text, 0..text.len()), values)
}
