//! Records: what `to_float` leaves in a row of floats instead of the floats.
//!
//! libggml-blas converts row i of its weights, `k` values at `x + i * stride`, into row i of its buffer, `k`
//! floats at `y + 4 * k * i`. A record at the start of the row says where the weights are.
//!
//! # Why no old record is taken for a new one
//!
//! A record counts only where it was written (it names its own address), by this process (its check is made
//! with a random number) and since the thread that multiplies has last asked for traits (its time is not
//! before). libggml-blas asks for traits once for each product whose weights are no floats, on the thread that
//! then multiplies, before any row is converted. So:
//!
//! * recorded weights: all rows of the buffer that the product reads were written since; older records in
//!   rows behind them are not looked at;
//! * types that get the original converter: it has filled every row with floats, and the thread knows that it
//!   gave no recorder out ([`Epoch::none`]), so that nobody looks for records;
//! * F32 weights: nobody asks for traits and B are the weights themselves. They are in memory that
//!   libggml-blas doesn't own, so that no converter ever wrote there; and if they are in memory that the
//!   buffer was in before it was freed, reading them in has overwritten it: a record in them would be one that
//!   the program took for floats of its own, unwritten.
//!
//! Called by `traits` (which hands out [`write`]) and `product`; calls `traits` for the original converters.

use crate::{openmp, traits};
use core::ffi::c_void;
use core::ptr;
use core::sync::atomic::{AtomicU64, Ordering};
use std::hash::{BuildHasher, RandomState};
use std::sync::OnceLock;

/// Counts the askings for traits.
static NOW: AtomicU64 = AtomicU64::new(0);

/// A moment; records are compared with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Epoch(u64);

impl Epoch {
    /// Later than every record.
    pub const fn none() -> Epoch {
        Epoch(u64::MAX)
    }

    /// A new one, later than every record that there is, not later than any that will be.
    pub fn begin() -> Epoch {
        Epoch(NOW.fetch_add(1, Ordering::AcqRel) + 1)
    }
}

/// Where the weights of a row are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub struct Record {
    /// Of all else, with a number that only this process knows.
    check: u64,
    /// Where this record lies.
    at: usize,
    /// The weights.
    pub source: usize,
    /// Values of the row.
    pub k: i64,
    written: u64,
    /// Their format, by its place in [`traits::FORMATS`].
    pub format: usize,
}

impl Record {
    fn new(format: usize, source: *const c_void, row: *mut f32, k: i64) -> Record {
        let written = NOW.load(Ordering::Acquire);
        let mut record = Record { check: 0, at: row as usize, source: source as usize, k, written, format };
        record.check = record.right_check();
        record
    }

    fn right_check(&self) -> u64 {
        static SECRET: OnceLock<u64> = OnceLock::new();
        // Standing for "no record" in rows of zeros must be impossible, hence the 1.
        let secret = *SECRET.get_or_init(|| RandomState::new().hash_one(0) | 1);
        // Odd factors are one-to-one: what differs in one word differs in the sum.
        [self.at as u64, self.source as u64, self.k as u64, self.written, self.format as u64]
            .into_iter()
            .fold(secret, |sum, word| (sum ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(29))
    }

    /// The record in a row of `k` floats, if there is one that isn't older than `since`.
    ///
    /// # Safety
    /// The row must be readable.
    #[inline]
    pub unsafe fn read(row: *const f32, k: usize, since: Epoch) -> Option<Record> {
        if k * size_of::<f32>() < size_of::<Record>() {
            return None;
        }
        // SAFETY: the row is at least that long; any bytes are a record.
        let record = unsafe { row.cast::<Record>().read_unaligned() };
        let valid =
            record.at == row as usize && record.written >= since.0 && record.check == record.right_check();
        valid.then_some(record)
    }

    /// Converts the weights into the row that the record is in.
    ///
    /// # Safety
    /// The record must have been read from its row a moment ago, and the row must be writable.
    pub unsafe fn convert(&self) {
        let to_float = traits::original_to_float(self.format).expect("it has recorded");
        // SAFETY: the arguments that the recorder got.
        unsafe { to_float(ptr::with_exposed_provenance(self.source), self.at as *mut f32, self.k) };
    }
}

/// A `to_float` of ggml for the format at this place of [`traits::FORMATS`]: leaves a record in the row.
///
/// # Safety
/// As ggml's: `k` weights can be read from `source` and as many floats be written to `row`, both until the
/// product has been made.
pub unsafe extern "C" fn write<const FORMAT: usize>(source: *const c_void, row: *mut f32, k: i64) {
    let record = Record::new(FORMAT, source, row, k);
    if k as usize * size_of::<f32>() < size_of::<Record>() {
        // SAFETY: the caller's promise, for a record that lies in no row but leads to it.
        return unsafe { record.convert() };
    }
    // SAFETY: the row has room for it.
    unsafe { row.cast::<Record>().write_unaligned(record) };
}

/// What the rows of B hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rows {
    /// Floats, all of them.
    Floats,
    /// Records of weights that lie as a matrix of one format.
    Weights {
        /// By its place in [`traits::FORMATS`].
        format: usize,
        /// The first row.
        source: *const c_void,
        /// Bytes from row to row.
        stride: usize,
    },
    /// Some records; they don't make a matrix.
    Mixed,
}

/// What the `n` rows of `k` floats at `b`, one after the other, hold.
///
/// # Safety
/// They must be readable.
pub unsafe fn rows(b: *const f32, n: usize, k: usize, since: Epoch) -> Rows {
    if since == Epoch::none() {
        return Rows::Floats;
    }
    // SAFETY: row i of n.
    let record = |i: usize| unsafe { Record::read(b.add(i * k), k, since) };
    let Some(first) = record(0) else {
        return if (1..n).any(|i| record(i).is_some()) { Rows::Mixed } else { Rows::Floats };
    };
    let stride = match record(n - 1) {
        Some(last) if n > 1 => last.source.wrapping_sub(first.source) / (n - 1),
        _ => traits::FORMATS[first.format].row_bytes(k).unwrap_or(0),
    };
    let belongs = |record: Record, i: usize| {
        let source = first.source.wrapping_add(i.wrapping_mul(stride));
        record.format == first.format && record.k == k as i64 && record.source == source
    };
    if !(0..n).all(|i| record(i).is_some_and(|record| belongs(record, i))) {
        return Rows::Mixed;
    }
    let source = ptr::with_exposed_provenance(first.source);
    Rows::Weights { format: first.format, source, stride }
}

/// Converts the weights of all rows that hold records; the others stay as they are. On ggml's threads.
///
/// # Safety
/// The rows must be writable, and the weights that the records lead to still be there.
pub unsafe fn convert(b: *mut f32, n: usize, k: usize, since: Epoch) {
    let b = b.expose_provenance();
    openmp::share(n, |rows| {
        for i in rows {
            // SAFETY: row i of n, each on one thread.
            unsafe {
                let row = ptr::with_exposed_provenance_mut::<f32>(b).add(i * k);
                if let Some(record) = Record::read(row, k, since) {
                    record.convert();
                }
            }
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    const K: usize = 64;
    const BYTES: usize = 68; // of a row of weights
    const Q8_0: usize = 4;

    /// Leaves records of consecutive rows of weights, which nobody reads, in these rows of `b`.
    fn record(b: &mut [f32], rows: core::ops::Range<usize>) {
        for i in rows {
            let source = ptr::without_provenance(0x1000 + i * BYTES);
            let row = &mut b[i * K..][..K];
            // SAFETY: a row of K floats.
            unsafe { write::<Q8_0>(source, row.as_mut_ptr(), K as i64) };
        }
    }

    fn found(b: &[f32], since: Epoch) -> Rows {
        // SAFETY: whole rows.
        unsafe { rows(b.as_ptr(), b.len() / K, K, since) }
    }

    #[test]
    fn rows_of_a_matrix() {
        let since = Epoch::begin();
        let mut b = vec![0.0; 9 * K];
        assert_eq!(found(&b, since), Rows::Floats);
        record(&mut b, 4..9);
        assert_eq!(found(&b, since), Rows::Mixed);
        record(&mut b, 0..4);
        let weights =
            |source| Rows::Weights { format: Q8_0, source: ptr::without_provenance(source), stride: BYTES };
        assert_eq!(found(&b, since), weights(0x1000));
        assert_eq!(found(&b[K..], since), weights(0x1000 + BYTES));
        assert_eq!(found(&b, Epoch::none()), Rows::Floats);
    }

    #[test]
    fn old_records_do_not_count() {
        let mut b = vec![0.0; 4 * K];
        let before = Epoch::begin();
        record(&mut b, 0..4);
        let since = Epoch::begin();
        assert_eq!(found(&b, since), Rows::Floats);
        record(&mut b, 0..3);
        assert_eq!(found(&b, since), Rows::Mixed);
        assert!(matches!(found(&b, before), Rows::Weights { .. }));
    }

    #[test]
    fn rows_that_differ_do_not_belong_together() {
        let since = Epoch::begin();
        let spoil: [fn(&mut [f32]); 4] = [
            |b| b.copy_within(K..2 * K, 2 * K), // a record of another row
            |b| b[K + 2] = f32::from_bits(b[K + 2].to_bits() ^ 1), // a bit of the address
            |b| {
                // SAFETY: a row of K floats.
                unsafe { write::<0>(ptr::without_provenance(0x1000 + BYTES), b[K..].as_mut_ptr(), K as i64) }
            },
            |b| {
                // SAFETY: the same.
                unsafe {
                    write::<Q8_0>(ptr::without_provenance(0x1001 + BYTES), b[K..].as_mut_ptr(), K as i64)
                }
            },
        ];
        for spoil in spoil {
            let mut b = vec![0.0; 4 * K];
            record(&mut b, 0..4);
            spoil(&mut b);
            assert_eq!(found(&b, since), Rows::Mixed);
        }
    }

    #[test]
    fn other_bits_are_no_record() {
        let since = Epoch::begin();
        let mut b = vec![0.0; K];
        record(&mut b, 0..1);
        for word in 0..size_of::<Record>() / 4 {
            for bit in 0..32 {
                let mut spoilt = vec![0.0; K];
                record(&mut spoilt, 0..1);
                spoilt[word] = f32::from_bits(spoilt[word].to_bits() ^ (1 << bit));
                assert_eq!(found(&spoilt, since), Rows::Floats, "word {word}, bit {bit}");
            }
        }
    }
}
