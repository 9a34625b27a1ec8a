//! Every operation on every ISA against plain arithmetic on lanes and bytes.

use super::*;
use crate::simd::Vector;

/// Runs `work` on every ISA of this machine and counts them.
fn everywhere<D: DotDispatch + Clone>(work: D) -> usize {
    DotLevel::ALL.into_iter().filter_map(|level| dispatch_on(level, work.clone())).count()
}

fn lanes<I: Ints>(vector: I) -> Vec<i32> {
    let mut out = vec![0u8; 4 * I::LANES];
    // SAFETY: as long as the vector.
    unsafe { vector.store(out.as_mut_ptr()) };
    out.chunks_exact(4).map(|lane| i32::from_le_bytes(lane.try_into().unwrap())).collect()
}

fn real_lanes<I: Ints>(vector: Reals<I>) -> Vec<f32> {
    let mut out = vec![0f32; I::LANES];
    // SAFETY: as long as the vector.
    unsafe { vector.store(out.as_mut_ptr()) };
    out
}

fn random_bytes(count: usize, seed: u64) -> Vec<u8> {
    let mut state = seed;
    (0..count)
        .map(|_| {
            state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            (state >> 56) as u8
        })
        .collect()
}

#[derive(Clone)]
struct EveryOperation;

impl DotDispatch for EveryOperation {
    type Output = ();

    #[inline(always)]
    fn run<S: Dot>(self, isa: S) {
        let n = S::Ints::LANES;
        let memory = random_bytes(8 * n, 3);
        // SAFETY: the memory holds two vectors.
        let (a, b) = unsafe {
            (S::Ints::load(isa.isa(), memory.as_ptr()), S::Ints::load(isa.isa(), memory.as_ptr().add(4 * n)))
        };
        let words: Vec<i32> =
            memory.chunks_exact(4).map(|w| i32::from_le_bytes(w.try_into().unwrap())).collect();
        let (x, y) = words.split_at(n);
        let check = |name: &str, got: S::Ints, want: &dyn Fn(usize) -> i32| {
            let want: Vec<i32> = (0..n).map(want).collect();
            assert_eq!(lanes(got), want, "{name} on {}", S::LEVEL.name());
        };
        check("load", a, &|i| x[i]);
        check("splat", S::Ints::splat(isa.isa(), -7), &|_| -7);
        check("add", a + b, &|i| x[i].wrapping_add(y[i]));
        check("sub", a - b, &|i| x[i].wrapping_sub(y[i]));
        check("and", a & b, &|i| x[i] & y[i]);
        check("or", a | b, &|i| x[i] | y[i]);
        check("xor", a ^ b, &|i| x[i] ^ y[i]);
        check("shl", a.shl::<5>(), &|i| x[i] << 5);
        check("shl_by", a.shl_by(7), &|i| x[i] << 7);
        check("shr_by", a.shr_by(9), &|i| (x[i] as u32 >> 9) as i32);
        check("times", a.times(b), &|i| x[i].wrapping_mul(y[i]));
        let halves = |x: i32| [i32::from(x as i16), x >> 16];
        check("dot_words", isa.dot_words(a, b, a), &|i| {
            let ([a, b], [c, d]) = (halves(x[i]), halves(y[i]));
            x[i].wrapping_add(a * c).wrapping_add(b * d)
        });
        check("shr", a.shr::<5>(), &|i| (x[i] as u32 >> 5) as i32);
        check("sar", a.sar::<24>(), &|i| x[i] >> 24);
        check("min", a.min(b), &|i| x[i].min(y[i]));
        check("max", a.max(b), &|i| x[i].max(y[i]));
        assert_eq!(a.largest(), *x.iter().max().unwrap());
        assert_eq!(a.sum(), x.iter().fold(0, |sum, &x| i32::wrapping_add(sum, x)));
        check("bits", S::Ints::of_bits(a.bits()), &|i| x[i]);
        let table: [u8; 16] = core::array::from_fn(|i| (i * 37 + 5) as u8);
        let nibbles = a & S::Ints::splat(isa.isa(), 0x0f0f_0f0f);
        check("lookup", nibbles.lookup(&table), &|i| {
            i32::from_le_bytes((x[i] & 0x0f0f_0f0f).to_le_bytes().map(|byte| table[byte as usize]))
        });
        assert_eq!(real_lanes::<S::Ints>(a.to_reals()), x.iter().map(|&x| x as f32).collect::<Vec<_>>());
        // SAFETY: 2 n and n bytes of 8 n.
        let (halves, bytes) = unsafe {
            (
                S::Ints::load_halves(isa.isa(), memory.as_ptr()),
                S::Ints::load_bytes(isa.isa(), memory.as_ptr()),
            )
        };
        check("load_halves", halves, &|i| u16::from_le_bytes([memory[2 * i], memory[2 * i + 1]]).into());
        check("load_bytes", bytes, &|i| memory[i].into());
        let mut low = vec![0u8; n];
        // SAFETY: n bytes.
        unsafe { a.store_low_bytes(low.as_mut_ptr()) };
        assert_eq!(low, x.iter().map(|&x| x as u8).collect::<Vec<_>>());
    }
}

#[derive(Clone)]
struct Joins;

impl DotDispatch for Joins {
    type Output = ();

    #[inline(always)]
    fn run<S: Dot>(self, isa: S) {
        let n = S::Ints::LANES;
        let word = |bytes: [u8; 4]| i32::from_le_bytes(bytes);
        for stride in [2 * n, 2 * n + 3, 100] {
            // Rows of bytes and of 16-bit numbers, no byte more than is allowed to be read.
            let memory = random_bytes(3 * stride + n, 7);
            let memory = crate::testing::Guarded::new(&memory, crate::testing::Side::End);
            // SAFETY: n bytes in each of 4 rows.
            let bytes = unsafe { S::Ints::join_bytes(isa.isa(), memory.as_ptr(), stride as isize) };
            for (i, got) in lanes(bytes).into_iter().enumerate() {
                assert_eq!(got, word([0, 1, 2, 3].map(|row| memory[row * stride + i])));
            }
            let memory = random_bytes(stride + 2 * n, 8);
            let memory = crate::testing::Guarded::new(&memory, crate::testing::Side::End);
            // SAFETY: n numbers in each of 2 rows.
            let halves = unsafe { S::Ints::join_halves(isa.isa(), memory.as_ptr(), stride as isize) };
            for (i, got) in lanes(halves).into_iter().enumerate() {
                let places = [2 * i, 2 * i + 1, stride + 2 * i, stride + 2 * i + 1];
                assert_eq!(got, word(places.map(|at| memory[at])));
            }
        }
        for stride in [32, 45] {
            let blocks = (n / 8).max(1);
            let memory = random_bytes((blocks - 1) * stride + 32, 9);
            let memory = crate::testing::Guarded::new(&memory, crate::testing::Side::End);
            // SAFETY: as many blocks as a vector has room for.
            let words = unsafe { S::Ints::load_blocks(isa.isa(), memory.as_ptr(), stride as isize) };
            for (i, got) in lanes(words).into_iter().enumerate() {
                let at = i / 8 * stride + i % 8 * 4;
                assert_eq!(got, i32::from_le_bytes(memory[at..at + 4].try_into().unwrap()));
            }
        }
        let memory = random_bytes(8 * 4 * n, 10);
        let mut words = [S::Ints::splat(isa.isa(), 0); 8];
        for (i, words) in words.iter_mut().enumerate() {
            // SAFETY: vector i of 8.
            *words = unsafe { S::Ints::load(isa.isa(), memory.as_ptr().add(i * 4 * n)) };
        }
        let columns = S::Ints::columns(words).map(lanes).concat();
        let words = words.map(lanes);
        for (at, got) in columns.into_iter().enumerate() {
            assert_eq!(got, words[at % 8][at / 8]);
        }
    }
}

#[derive(Clone)]
struct Gathers;

impl DotDispatch for Gathers {
    type Output = ();

    #[inline(always)]
    fn run<S: Dot>(self, isa: S) {
        let n = S::Ints::LANES;
        for stride in [16, 18, 34, 210] {
            // No byte more than is allowed to be read.
            let memory = random_bytes((n - 1) * stride + 16, 5);
            let memory = crate::testing::Guarded::new(&memory, crate::testing::Side::End);
            // SAFETY: 16 bytes in each of n rows.
            let words = unsafe { S::Ints::gather_words(isa.isa(), memory.as_ptr(), stride) };
            for (word, got) in words.into_iter().enumerate() {
                for (row, got) in lanes(got).into_iter().enumerate() {
                    let at = row * stride + 4 * word;
                    assert_eq!(got, i32::from_le_bytes(memory[at..at + 4].try_into().unwrap()));
                }
            }
            // SAFETY: 2 bytes in each of n rows.
            let halves = unsafe { S::Ints::gather_halves(isa.isa(), memory.as_ptr(), stride) };
            for (row, got) in lanes(halves).into_iter().enumerate() {
                let at = row * stride;
                assert_eq!(got, i32::from(u16::from_le_bytes([memory[at], memory[at + 1]])));
            }
        }
    }
}

#[derive(Clone)]
struct Halves;

impl DotDispatch for Halves {
    type Output = ();

    #[inline(always)]
    fn run<S: Dot>(self, isa: S) {
        for half in 0..=u16::MAX {
            let want = half::f16::from_bits(half).to_f32();
            let reals = S::Ints::splat(isa.isa(), half.into()).half_to_reals();
            for got in real_lanes::<S::Ints>(reals) {
                assert!(got.to_bits() == want.to_bits() || (got.is_nan() && want.is_nan()), "{half:#x}");
            }
        }
    }
}

#[derive(Clone)]
struct Dots;

impl DotDispatch for Dots {
    type Output = ();

    #[inline(always)]
    fn run<S: Dot>(self, isa: S) {
        let n = S::Ints::LANES;
        let extreme =
            |bytes: &mut [u8]| bytes.iter_mut().for_each(|b| *b = if *b < 128 { 0x80 } else { 0xff });
        for round in 0..100 {
            let mut block = random_bytes(S::SPREAD_BYTES.max(FACTORS), round);
            let mut bytes = random_bytes(4 * n, round + 1000);
            if round % 4 == 1 {
                extreme(&mut block);
            }
            if round % 4 >= 2 {
                bytes.fill(255);
                block.fill(if round % 4 == 2 { 0x80 } else { 0x7f });
            }
            let factors: Vec<i32> = block[..FACTORS].iter().map(|&b| i32::from(b as i8)).collect();
            let start = i32::MAX - 70_000;
            // SAFETY: the block has SPREAD_BYTES, the bytes a vector.
            unsafe {
                isa.spread(block.as_mut_ptr());
                let bytes_vector = S::Ints::load(isa.isa(), bytes.as_ptr());
                for i in 0..FACTORS / 4 {
                    let sum = S::Ints::splat(isa.isa(), start);
                    let got = lanes((0..S::PARTS).fold(sum, |sum, part| {
                        let factors = isa.factors(block.as_ptr(), i, part);
                        isa.add_products(sum, isa.part(bytes_vector, part), factors)
                    }));
                    for (lane, got) in got.into_iter().enumerate() {
                        let products = (0..4).map(|p| i32::from(bytes[4 * lane + p]) * factors[4 * i + p]);
                        assert_eq!(got, start.wrapping_add(products.sum()), "{} {round}", S::LEVEL.name());
                    }
                }
            }
        }
    }
}

/// Sums of as many steps as are allowed, of the largest bytes and of random ones, with and without a scale.
#[derive(Clone)]
struct Summing;

impl Summing {
    #[inline(always)]
    fn check<S: Dot, T: Sums<S>>(isa: S, largest: u8) {
        let n = S::Ints::LANES;
        for round in 0..20 {
            let mut block = random_bytes(T::FACTOR_BYTES.max(FACTORS), round);
            block.iter_mut().for_each(|byte| *byte = (*byte as i8).max(-127) as u8);
            let mut bytes = random_bytes(4 * n, round + 50);
            bytes.iter_mut().for_each(|byte| *byte = (u32::from(*byte) * u32::from(largest) / 255) as u8);
            if round < 2 {
                bytes.fill(largest);
                block.fill([127, 0x81][round as usize]);
            }
            let factors: Vec<i32> = block[..FACTORS].iter().map(|&b| i32::from(b as i8)).collect();
            let steps = T::most_steps(largest).min(FACTORS / 4);
            let splat = |x| S::Ints::splat(isa.isa(), x);
            // SAFETY: the block has room, the bytes are a vector.
            let sum = |total| unsafe {
                let mut sum = T::begin(isa, total);
                for step in 0..steps {
                    let quad = T::quad(isa, block.as_ptr(), step);
                    sum = T::add(isa, sum, S::Ints::load(isa.isa(), bytes.as_ptr()), quad);
                }
                sum
            };
            // SAFETY: the block has FACTOR_BYTES.
            unsafe { T::prepare(isa, block.as_ptr().cast_mut()) };
            let plain = lanes(T::end(isa, splat(-5), sum(splat(-5))));
            let scaled = lanes(T::end_scaled(isa, splat(3), sum(splat(0)), T::scale(splat(-77))));
            for lane in 0..n {
                let products = (0..4 * steps).map(|i| i32::from(bytes[4 * lane + i % 4]) * factors[i]);
                let want: i32 = products.sum();
                assert_eq!(plain[lane], want - 5, "{} {largest} {round}", S::LEVEL.name());
                assert_eq!(scaled[lane], 3 - 77 * want, "{} {largest} {round}", S::LEVEL.name());
            }
        }
    }
}

impl DotDispatch for Summing {
    type Output = ();

    #[inline(always)]
    fn run<S: Dot>(self, isa: S) {
        for largest in [3, 7, 15, 24, 31, 63, 127] {
            Self::check::<S, S::Narrow>(isa, largest);
        }
        Self::check::<S, Full>(isa, 255);
    }
}

#[test]
fn sums_of_steps_are_exact() {
    everywhere(Summing);
}

#[test]
fn every_operation_on_every_isa() {
    assert!(everywhere(EveryOperation) >= 1, "the portable ISA is always there");
    everywhere(Joins);
    everywhere(Gathers);
    everywhere(Halves);
}

#[test]
fn dot_products_are_exact_modulo_32_bits() {
    everywhere(Dots);
}
