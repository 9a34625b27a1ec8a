//! Products of every format on every ISA against plain loops in the documented order, bit for bit, between pages that
//! must not be touched; quantising and dequantising against numbers worked out by hand and against each other.

use super::activations::NEGLIGIBLE;
use super::format::Decoded;
use super::product::{Problem, Weights};
use super::{FORMATS, Format, packed};
use crate::platform::threads;
use crate::simd::dot::DotLevel;
use crate::testing::{Guarded, Random, Side};

/// Every ISA of this machine.
fn levels() -> impl Iterator<Item = DotLevel> {
    DotLevel::ALL.into_iter().filter(|level| level.supported())
}

/// Blocks of random bits, but with factors that are neither huge nor NaN.
fn random_blocks(format: &Format, count: usize, random: &mut Random) -> Vec<u8> {
    let mut blocks = vec![0; count * format.bytes];
    for block in blocks.chunks_exact_mut(format.bytes) {
        loop {
            block.iter_mut().for_each(|byte| *byte = random.bits() as u8);
            let Decoded { d, m, .. } = (format.decode)(block);
            if d.abs() < 100.0 && m.abs() < 100.0 {
                break;
            }
        }
    }
    blocks
}

/// Activations of mixed sizes, with whole blocks of zeros and of tiny numbers among them.
fn random_activations(count: usize, random: &mut Random) -> Vec<f32> {
    let mut values = vec![0.0; count];
    for (i, chunk) in values.chunks_mut(32).enumerate() {
        let size = match i % 7 {
            3 => 0.0,
            5 => f32::MIN_POSITIVE,
            _ => 2f32.powi(random.bits() as i32 % 8),
        };
        chunk.iter_mut().for_each(|x| *x = random.real() as f32 * size);
    }
    values
}

/// A block of activations as the documentation has it: d and integers.
fn quantised(values: &[f32]) -> (f32, Vec<i32>) {
    let largest = values.iter().fold(0.0, |largest: f32, x| if x.is_nan() { *x } else { largest.max(x.abs()) });
    if values.iter().any(|x| !x.is_finite()) {
        (f32::NAN, vec![0; values.len()])
    } else if largest < NEGLIGIBLE {
        (0.0, vec![0; values.len()])
    } else {
        let inverse = 127.0 / largest;
        (largest / 127.0, values.iter().map(|x| (x * inverse).round_ties_even() as i32).collect())
    }
}

/// One element of C by plain loops in the documented order.
fn element(format: &Format, a: &[f32], w: &[u8]) -> f32 {
    let mut c = 0.0f32;
    for (a, w) in a.chunks_exact(format.values).zip(w.chunks_exact(format.bytes)) {
        let (d_a, q_a) = quantised(a);
        let w = (format.decode)(w);
        let (mut sum, mut offsets) = (0i32, 0i32);
        for (i, q) in q_a.iter().enumerate() {
            sum += w.scales[i / format.group] * w.weights[i] * q;
            offsets += w.offsets[i / format.group] * q;
        }
        c += w.d * d_a * sum as f32;
        if format.offsets && format.values == 32 {
            c += w.m * (d_a * offsets as f32);
        } else if format.offsets {
            c += w.m * d_a * offsets as f32;
        }
    }
    c
}

#[track_caller]
fn assert_same(got: f32, want: f32, what: &dyn core::fmt::Debug) {
    assert!(got.to_bits() == want.to_bits() || got.is_nan() && want.is_nan(), "{got}, not {want}: {what:?}");
}

/// A product of random operands, all at pages that must not be touched, with gaps between rows.
struct Case {
    format: &'static Format,
    m: usize,
    n: usize,
    k: usize,
    a: Guarded<f32>,
    lda: usize,
    w: Guarded<u8>,
    stride: usize,
    want: Vec<f32>,
}

impl Case {
    fn new(format: &'static Format, m: usize, n: usize, blocks: usize, gap: usize, side: Side) -> Case {
        let k = blocks * format.values;
        let mut random = Random::new((m * 1009 + n * 31 + blocks + format.bytes) as u64);
        let (lda, stride) = (k + gap, format.row_bytes(k) + gap);
        let mut a = random_activations((m - 1) * lda + k, &mut random);
        let mut w = vec![0xff; (n - 1) * stride + format.row_bytes(k)];
        for row in w.chunks_mut(stride) {
            let blocks = random_blocks(format, blocks, &mut random);
            row[..blocks.len()].copy_from_slice(&blocks);
        }
        a.chunks_mut(lda).for_each(|row| row.iter_mut().skip(k).for_each(|gap| *gap = f32::NAN));
        let rows_of_w = || w.chunks(stride).map(|row| &row[..format.row_bytes(k)]);
        let want = a.chunks(lda).flat_map(|a| rows_of_w().map(|w| element(format, &a[..k], w))).collect();
        Case { format, m, n, k, a: Guarded::new(&a, side), lda, w: Guarded::new(&w, side), stride, want }
    }

    /// Multiplies on an ISA and threads, the weights packed beforehand or not, and compares.
    fn run(&self, level: DotLevel, threads: usize, pack: bool, side: Side) {
        let ldc = self.n + 3;
        let mut c = Guarded::new(&vec![7.0f32; (self.m - 1) * ldc + self.n], side);
        let mut panels = Vec::new();
        let w = if pack {
            let (format, n, k) = (self.format, self.n, self.k);
            panels = vec![0u8; packed::bytes(format, level, n, k).unwrap()];
            // SAFETY: as many rows as the case has, and room for its panels.
            unsafe {
                packed::pack(format, level, n, k, (self.w.as_ptr(), self.stride), panels.as_mut_ptr());
                assert_eq!(packed::panels(format, level, n + 1, k, panels.as_ptr()), None);
                Weights::Packed(packed::panels(format, level, n, k, panels.as_ptr()).unwrap())
            }
        } else {
            Weights::Blocks { first: self.w.as_ptr(), stride: self.stride }
        };
        let problem = Problem {
            format: self.format,
            level,
            m: self.m,
            n: self.n,
            k: self.k,
            a: self.a.as_ptr(),
            lda: self.lda as isize,
            w,
            c: c.as_mut_ptr(),
            ldc: ldc as isize,
        };
        let before = threads::set_local(threads as i32);
        // SAFETY: the operands are as large as the problem says.
        unsafe { problem.multiply_on(threads) }.unwrap();
        threads::set_local(before);
        drop(panels);
        let what = (self.format.name, level.name(), threads, pack, self.m, self.n, self.k);
        for (i, row) in c.chunks(ldc).enumerate() {
            for (j, &got) in row.iter().enumerate() {
                let want = if j < self.n { self.want[i * self.n + j] } else { 7.0 };
                assert_same(got, want, &(what, i, j));
            }
        }
    }
}

#[test]
fn products_are_the_documented_ones_bit_for_bit() {
    for format in &FORMATS {
        let unit = 256 / format.values;
        for (m, n, blocks) in [(1, 1, 1), (1, 33, 3 * unit), (2, 16, unit), (3, 17, 1), (5, 65, 2 * unit), (7, 40, 5 * unit + 1)]
        {
            for side in Side::ALL {
                let case = Case::new(format, m, n, blocks, if side == Side::Start { 0 } else { 5 }, side);
                for level in levels() {
                    for (threads, pack) in [(1, false), (3, false), (1, true)] {
                        case.run(level, threads, pack, side);
                    }
                }
            }
        }
    }
}

/// Sizes that straddle the blocks of the cache: many tokens and a depth of several blocks.
#[test]
fn large_products_are_the_documented_ones_too() {
    for format in &FORMATS {
        let case = Case::new(format, 70, 50, 2304 / format.values, 0, Side::End);
        for level in levels() {
            case.run(level, 2, false, Side::End);
        }
    }
}
