//! One line of text for stderr: put together on the stack and written at once, so that it takes no lock, no
//! memory, doesn't mix with other threads' lines, and can't fail in a way the caller would notice.
//!
//! Used by `xerbla.rs` and `trace.rs`.

use crate::platform::preserve::Errno;
use core::fmt;

/// A line being put together; what doesn't fit is cut off.
pub struct Line {
    text: [u8; 512],
    len: usize,
}

impl Line {
    /// An empty line.
    pub fn new() -> Line {
        Line { text: [0; 512], len: 0 }
    }

    /// The text so far.
    pub fn as_bytes(&self) -> &[u8] {
        &self.text[..self.len]
    }

    /// Writes the line, with its line end, to stderr.
    pub fn print(&mut self) {
        let len = self.len.min(self.text.len() - 1);
        self.text[len] = b'\n';
        print(&self.text[..=len]);
    }
}

/// Writes a text to stderr. A closed stderr is nobody's business; `errno` stays.
pub fn print(text: &[u8]) {
    let _errno = Errno::keep();
    // SAFETY: a readable buffer.
    unsafe { libc::write(libc::STDERR_FILENO, text.as_ptr().cast(), text.len()) };
}

impl fmt::Write for Line {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let room = &mut self.text[self.len..];
        let taken = text.len().min(room.len());
        room[..taken].copy_from_slice(&text.as_bytes()[..taken]);
        self.len += taken;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use core::fmt::Write;

    #[test]
    fn a_long_line_is_cut() {
        let mut line = Line::new();
        for _ in 0..100 {
            write!(line, "0123456789").unwrap();
        }
        assert_eq!(line.as_bytes().len(), 512);
        assert!(line.as_bytes().starts_with(b"01234567890123"));
    }
}
