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
    let largest =
        values.iter().fold(0.0, |largest: f32, x| if x.is_nan() { *x } else { largest.max(x.abs()) });
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
        for (m, n, blocks) in [
            (1, 1, 1),
            (1, 33, 3 * unit),
            (2, 16, unit),
            (3, 17, 1),
            (5, 65, 2 * unit),
            (7, 40, 5 * unit + 1),
        ] {
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

/// Values worked out by hand from ggml's definitions.
#[test]
fn blocks_have_the_values_that_are_worked_out_by_hand() {
    let half = |x: f32| half::f16::from_f32(x).to_le_bytes();
    let block = |name: &str, parts: &[(usize, &[u8])]| {
        let format = FORMATS.iter().find(|format| format.name == name).unwrap();
        let mut bytes = vec![0; format.bytes];
        for (at, part) in parts {
            bytes[*at..*at + part.len()].copy_from_slice(part);
        }
        let mut values = vec![0.0; format.values];
        (format.dequantize)(&bytes, &mut values);
        values
    };
    let check = |values: Vec<f32>, want: &[(usize, f32)]| {
        for &(i, want) in want {
            assert_eq!(values[i], want, "value {i}");
        }
    };
    let (one, two, part) = (half(1.0), half(2.0), half(0.5));
    check(block("q4_0", &[(0, &two), (2, &[0x9f])]), &[(0, 14.0), (16, 2.0), (1, -16.0)]);
    check(block("q4_1", &[(0, &one), (2, &half(-3.0)), (9, &[0x4c])]), &[(5, 9.0), (21, 1.0), (0, -3.0)]);
    let q5_0 = block("q5_0", &[(0, &one), (2, &[1, 0, 0, 0x80]), (6, &[1]), (21, &[0x20])]);
    check(q5_0, &[(0, 1.0), (16, -16.0), (31, 2.0)]);
    let q5_1 = block("q5_1", &[(0, &two), (2, &one), (6, &[2]), (9, &[0x3f])]);
    check(q5_1, &[(1, 31.0), (17, 39.0), (0, 1.0)]);
    check(block("q8_0", &[(0, &part), (2, &[0x80]), (33, &[0x7f])]), &[(0, -64.0), (31, 63.5)]);
    check(
        block("q2_K", &[(0, &[0x23, 0, 0x11, 0, 0x0f, 0, 0xf1]), (16, &[0xe4]), (80, &one), (82, &part)]),
        &[(0, -1.0), (32, 0.5), (64, 30.0), (96, -4.5)],
    );
    let q3_k: &[(usize, &[u8])] =
        &[(0, &[0x11]), (32, &[2]), (64, &[1]), (96, &[0xf3]), (104, &[0x12]), (108, &one)];
    check(block("q3_K", q3_k), &[(0, 6.0), (1, -12.0), (128, -1.0)]);
    let groups: [(usize, &[u8]); 5] = [(0, &one), (2, &one), (4, &[0x45]), (8, &[0x87]), (12, &[0x21])];
    let q4_k = [&groups[..], &[(16, &[0x3a]), (80, &[2, 3])]].concat();
    check(block("q4_K", &q4_k), &[(0, 43.0), (32, 0.0), (128, 0.0), (129, 17.0)]);
    let q5_k = [&groups[..], &[(16, &[0x11]), (48, &[0x3a]), (112, &[2, 3])]].concat();
    check(block("q5_K", &q5_k), &[(0, 123.0), (32, 0.0), (128, 272.0), (129, 17.0)]);
    let q6_k: &[(usize, &[u8])] =
        &[(0, &[0x5a]), (128, &[3]), (192, &[0xfe, 0, 0, 0, 1, 0, 0, 0, 3]), (208, &part)];
    check(block("q6_K", q6_k), &[(0, -26.0), (64, -13.5), (128, -48.0)]);
    check(block("iq4_nl", &[(0, &two), (2, &[0xf0])]), &[(0, -254.0), (16, 226.0)]);
    check(
        block("iq4_xs", &[(0, &one), (2, &[0x0d]), (4, &[0x2f]), (8, &[0x80]), (24, &[0x09])]),
        &[(0, 127.0), (16, -1.0), (32, 234.0)],
    );
    check(block("mxfp4", &[(0, &[128, 0xf7])]), &[(0, 12.0), (16, -12.0), (1, 0.0)]);
    check(block("mxfp4", &[(0, &[0, 0x12])]), &[(0, 2f32.powi(-127)), (16, 2f32.powi(-128))]);
    check(block("mxfp4", &[(0, &[1, 0x01])]), &[(0, 2f32.powi(-127))]);
}

/// Squares of errors, as a part of the squares of the values, that the bits of a format allow for weights that are
/// distributed evenly. (8 bits: a step of 2/255 has a twelfth of its square as error, against 1/3.)
fn allowed_error(name: &str) -> f64 {
    match name {
        "q8_0" => 3e-5,
        "q6_K" => 6e-4,
        "q5_0" | "q5_1" | "q5_K" => 1.5e-3,
        "q4_0" | "q4_1" | "q4_K" | "iq4_nl" | "iq4_xs" => 8e-3,
        "mxfp4" => 2e-2,
        "q3_K" => 3e-2,
        _ => 8e-2,
    }
}

#[test]
fn quantised_values_are_near() {
    let mut random = Random::new(11);
    for format in &FORMATS {
        for size in [1.0, 0.02, 1e3] {
            let values: Vec<f32> = (0..4096).map(|_| random.real() as f32 * size).collect();
            let mut blocks = vec![0xff; format.row_bytes(values.len())];
            (format.quantize)(&values, &mut blocks);
            let mut back = vec![0.0; values.len()];
            (format.dequantize)(&blocks, &mut back);
            let squares =
                |of: &dyn Fn(usize) -> f32| (0..4096).map(|i| f64::from(of(i)).powi(2)).sum::<f64>();
            let error = squares(&|i| back[i] - values[i]) / squares(&|i| values[i]);
            assert!(error < allowed_error(format.name), "{} {size}: {error}", format.name);
            // What can be represented stays.
            let mut again = vec![0; blocks.len()];
            (format.quantize)(&vec![0.0; values.len()], &mut again);
            (format.dequantize)(&again, &mut back);
            assert!(back.iter().all(|&x| x == 0.0), "{}: zeros", format.name);
        }
    }
}

/// The product against one in double precision of dequantised weights and the activations as they are.
#[test]
fn products_are_near_those_of_reals() {
    let (m, n) = (6, 20);
    for format in &FORMATS {
        let k = 512;
        let mut random = Random::new(5);
        let a: Vec<f32> = (0..m * k).map(|_| random.real() as f32).collect();
        let w: Vec<f32> = (0..n * k).map(|_| random.real() as f32).collect();
        let mut blocks = vec![0; n * format.row_bytes(k)];
        (format.quantize)(&w, &mut blocks);
        let mut w = vec![0.0f32; n * k];
        (format.dequantize)(&blocks, &mut w);
        for level in levels() {
            let mut c = vec![0.0f32; m * n];
            let problem = Problem {
                format,
                level,
                m,
                n,
                k,
                a: a.as_ptr(),
                lda: k as isize,
                w: Weights::Blocks { first: blocks.as_ptr(), stride: format.row_bytes(k) },
                c: c.as_mut_ptr(),
                ldc: n as isize,
            };
            // SAFETY: the operands are as large as the problem says.
            unsafe { problem.multiply() }.unwrap();
            let (mut error, mut square) = (0.0, 0.0);
            for (i, &got) in c.iter().enumerate() {
                let (a, w) = (&a[i / n * k..][..k], &w[i % n * k..][..k]);
                let want: f64 = a.iter().zip(w).map(|(&a, &w)| f64::from(a) * f64::from(w)).sum();
                error += (f64::from(got) - want).powi(2);
                square += want * want;
            }
            assert!(error / square < 5e-4, "{} {}: {}", format.name, level.name(), error / square);
        }
    }
}

/// Runs one token against 3 rows, on every ISA, and compares with the plain loops.
fn check_token(format: &'static Format, a: &[f32], w: &[u8]) {
    let (n, k) = (w.len() / format.row_bytes(a.len()), a.len());
    for level in levels() {
        let mut c = vec![7.0f32; n];
        let problem = Problem {
            format,
            level,
            m: 1,
            n,
            k,
            a: a.as_ptr(),
            lda: k as isize,
            w: Weights::Blocks { first: w.as_ptr(), stride: format.row_bytes(k) },
            c: c.as_mut_ptr(),
            ldc: n as isize,
        };
        // SAFETY: the operands are as large as the problem says.
        unsafe { problem.multiply() }.unwrap();
        for (row, &got) in w.chunks(format.row_bytes(k)).zip(&c) {
            assert_same(got, element(format, a, row), &(format.name, level.name(), a[0]));
        }
    }
}

/// All bits set or none: the extremes of integers and scales, factors that are NaN or zero.
#[test]
fn extremes_do_not_overflow_and_nan_stays() {
    for format in &FORMATS {
        let k = 256;
        let bytes = format.row_bytes(k);
        for fill in [0x00, 0xff, 0x80, 0x7f, 0x55] {
            let mut w = vec![fill; 3 * bytes];
            // In the second and third row the factors are sane, so that the integers show.
            let mut random = Random::new(u64::from(fill) + 1);
            for (block, sane) in w[bytes..]
                .chunks_exact_mut(format.bytes)
                .zip(random_blocks(format, 16, &mut random).chunks_exact(format.bytes))
            {
                let factors = [0, 1, 2, 3, 80, 81, 82, 83, 108, 109, 208, 209];
                for at in factors.into_iter().filter(|&at| at < format.bytes) {
                    block[at] = sane[at];
                }
            }
            for x in [1.0, -1.0, f32::NAN, f32::INFINITY, f32::MAX, f32::MIN_POSITIVE, NEGLIGIBLE, 0.0] {
                let mut a = vec![x; k];
                check_token(format, &a, &w);
                a.iter_mut().skip(1).step_by(2).for_each(|a| *a = -*a);
                check_token(format, &a, &w);
            }
        }
    }
}
