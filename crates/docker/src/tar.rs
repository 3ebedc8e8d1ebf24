//! The tar format of Python's `tarfile` in GNU mode, for regular files with everything variable pinned.

use std::io::{self, Write};

/// 2016-01-01T00:00:00Z, the time of every file in an archive, in seconds since 1970.
pub(crate) const MTIME: u32 = 1_451_606_400;

const BLOCK: usize = 512;
const RECORD: u64 = 10_240;
/// Names of this length or less fit into a header, without a NUL at the end if need be.
const NAME: usize = 100;

/// Writes headers and padding; the contents go through [`Write`] in between.
pub(crate) struct Archive<W> {
    inner: W,
    written: u64,
}

impl<W: Write> Archive<W> {
    pub(crate) fn new(inner: W) -> Self {
        Self { inner, written: 0 }
    }

    /// Starts a file: exactly `size` bytes must follow, then [`Archive::pad`].
    pub(crate) fn start_file(&mut self, name: &[u8], mode: u32, size: u64) -> io::Result<()> {
        if name.len() > NAME {
            let length = name.len() as u64 + 1;
            self.write_all(&header(b"././@LongLink", 0, length, 0, b'L'))?;
            self.write_all(name)?;
            self.write_all(b"\0")?;
            self.pad(BLOCK as u64)?;
        }
        self.write_all(&header(name, mode, size, MTIME.into(), b'0'))
    }

    /// Fills up with zeros to a multiple of `to` bytes.
    fn pad(&mut self, to: u64) -> io::Result<()> {
        let mut missing = self.written.next_multiple_of(to) - self.written;
        while missing > 0 {
            let zeros = [0; BLOCK];
            let count = missing.min(BLOCK as u64);
            self.write_all(&zeros[..count as usize])?;
            missing -= count;
        }
        Ok(())
    }

    /// Ends a file started with [`Archive::start_file`].
    pub(crate) fn end_file(&mut self) -> io::Result<()> {
        self.pad(BLOCK as u64)
    }

    /// Two empty blocks end an archive, which is padded to whole records. Returns the writer.
    pub(crate) fn finish(mut self) -> io::Result<W> {
        self.write_all(&[0; 2 * BLOCK])?;
        self.pad(RECORD)?;
        Ok(self.inner)
    }
}

impl<W: Write> Write for Archive<W> {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        let count = self.inner.write(buffer)?;
        self.written += count as u64;
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

fn header(name: &[u8], mode: u32, size: u64, mtime: u64, kind: u8) -> [u8; BLOCK] {
    let mut block = [0; BLOCK];
    let name = &name[..name.len().min(NAME)];
    block[..name.len()].copy_from_slice(name);
    number(&mut block[100..108], u64::from(mode & 0o7777));
    number(&mut block[108..116], 0); // owner
    number(&mut block[116..124], 0); // group
    number(&mut block[124..136], size);
    number(&mut block[136..148], mtime);
    block[148..156].fill(b' '); // the checksum counts as spaces while it is computed
    block[156] = kind;
    block[257..265].copy_from_slice(b"ustar  \0");
    // Device numbers are empty in newer Pythons; digests are those of the older ones, which wrote zeros.
    number(&mut block[329..337], 0);
    number(&mut block[337..345], 0);

    let sum: u64 = block.iter().map(|&byte| u64::from(byte)).sum();
    number(&mut block[148..155], sum);
    block[155] = b' ';
    block
}

/// Octal digits and a NUL, or base 256 with a leading 0o200 where they do not fit.
fn number(field: &mut [u8], value: u64) {
    let digits = field.len() - 1;
    if value >> (3 * digits).min(63) == 0 {
        field.copy_from_slice(format!("{value:0digits$o}\0").as_bytes());
    } else {
        field.fill(0);
        let bytes = value.to_be_bytes();
        let start = field.len() - bytes.len();
        field[start..].copy_from_slice(&bytes);
        field[0] = 0o200;
    }
}

#[cfg(test)]
mod tests;
