//! Weights unpacked once for many products: a header that says what follows, then all panels in the order in which the
//! loops take them.

use super::Format;
use super::kernels::Kernels;
use super::product::{WORTH_A_TEAM, depth};
use super::weights::Unpack;
use crate::platform::{pool, threads};
use crate::simd::dot::DotLevel;
use core::ops::Range;

/// What stands before the panels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C, align(8))]
struct Header {
    magic: u64,
    format: i32,
    level: i32,
    n: u64,
    k: u64,
    /// Blocks of a panel: a matter of the cache.
    depth: u64,
}

/// Bytes kept for the header: a cache line, so that panels are aligned if the whole is.
const HEADER: usize = 64;
const _: () = assert!(size_of::<Header>() <= HEADER);

impl Header {
    fn new(format: &Format, level: DotLevel, n: usize, k: usize) -> Header {
        let depth = depth((format.kernels)(level), k / format.values) as u64;
        let (n, k) = (n as u64, k as u64);
        Header {
            magic: u64::from_le_bytes(*b"zenquant"),
            format: format.number,
            level: level as i32,
            n,
            k,
            depth,
        }
    }
}

/// Bytes of an n x k matrix packed. None if that is more than there can be.
pub fn bytes(format: &Format, level: DotLevel, n: usize, k: usize) -> Option<usize> {
    let kernels = (format.kernels)(level);
    let blocks = n.checked_next_multiple_of(kernels.rows)?.checked_mul(k / format.values)?;
    let bytes = (blocks / kernels.rows).checked_mul(kernels.weight_bytes)?.checked_add(HEADER)?;
    (bytes <= isize::MAX as usize).then_some(bytes)
}

/// Packs an n x k matrix, `rows` being where the first row is and the bytes from a row to the next.
///
/// # Safety
/// The rows must be readable, [`bytes`] at `to` writable; the CPU must have the ISA.
pub unsafe fn pack(
    format: &Format,
    level: DotLevel,
    n: usize,
    k: usize,
    rows: (*const u8, usize),
    to: *mut u8,
) {
    // SAFETY: room for the header.
    unsafe { to.cast::<Header>().write_unaligned(Header::new(format, level, n, k)) };
    let kernels = (format.kernels)(level);
    let blocks = k / format.values;
    let (panels, depth) = (n.div_ceil(kernels.rows), depth(kernels, blocks));
    let work = Shared { rows, to: to.wrapping_add(HEADER) };
    let worth_it = panels * blocks * kernels.weight_bytes >= WORTH_A_TEAM;
    let team = pool::take(if worth_it { threads::max() } else { 1 });
    team.share(panels, |panel| {
        let cols = panel * kernels.rows..((panel + 1) * kernels.rows).min(n);
        for start in (0..blocks).step_by(depth) {
            let k = start..(start + depth).min(blocks);
            // SAFETY: the caller's promise; the panel's place, which one member writes.
            unsafe {
                let to = work.to().add(panel_offset(kernels, n, cols.start, &k));
                unpack_panel(format, kernels, work.rows(), blocks, cols.clone(), k, to);
            }
        }
    });
}

/// The panels of what [`pack`] made of a matrix of that format and size on that ISA; None if it is something else.
///
/// # Safety
/// A cache line must be readable there.
pub unsafe fn panels(
    format: &Format,
    level: DotLevel,
    n: usize,
    k: usize,
    packed: *const u8,
) -> Option<*const u8> {
    // SAFETY: the caller's promise; a header is integers, whatever the bits.
    let header = unsafe { packed.cast::<Header>().read_unaligned() };
    (header == Header::new(format, level, n, k)).then(|| packed.wrapping_add(HEADER))
}

/// Where the panel that begins with row `row` of n is among the panels, at blocks `k`.
pub(super) fn panel_offset(kernels: &Kernels, n: usize, row: usize, k: &Range<usize>) -> usize {
    let panels = n.div_ceil(kernels.rows);
    kernels.weight_bytes * (k.start * panels + row / kernels.rows * k.len())
}

/// What the threads share.
struct Shared {
    rows: (*const u8, usize),
    to: *mut u8,
}

// SAFETY: rows are only read, and each panel is written by one thread.
unsafe impl Sync for Shared {}

// (A closure that names the fields would capture only these.)
impl Shared {
    fn rows(&self) -> (*const u8, usize) {
        self.rows
    }

    fn to(&self) -> *mut u8 {
        self.to
    }
}

/// Unpacks rows `cols` of W at blocks `k` into a panel; of `blocks` in a row.
///
/// # Safety
/// The CPU must have the kernels' ISA, the rows be readable, the panel writable.
pub(super) unsafe fn unpack_panel(
    format: &Format,
    kernels: &Kernels,
    (first, stride): (*const u8, usize),
    blocks: usize,
    cols: Range<usize>,
    k: Range<usize>,
    to: *mut u8,
) {
    let from = first.wrapping_add(cols.start * stride + k.start * format.bytes);
    // The loops go on along the same rows, then to the next rows.
    let next = match blocks - k.end {
        0 => from.wrapping_add(kernels.rows * stride).wrapping_sub(k.start * format.bytes),
        _ => from.wrapping_add(k.len() * format.bytes),
    };
    let work = Unpack { from, stride, rows: cols.len(), blocks: k.len(), next, to };
    // SAFETY: the caller's promise.
    unsafe { (kernels.unpack)(&work) }
}
