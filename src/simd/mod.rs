//! Vectors of reals on each ISA, and the way into code compiled for an ISA.
//!
//! An algorithm is written once, generic over an [`Isa`], as a type that implements [`Dispatch`]; its
//! `run` and everything below it is `#[inline(always)]`. [`dispatch`] picks the ISA of this process and
//! enters through that ISA's single `#[target_feature]` function, into which the whole algorithm is
//! inlined. An ISA is a token that only CPU detection vouches for ([`Isa::assume`]), and vectors are only
//! made from a token, so that holding a vector proves that the CPU has the instructions: arithmetic on
//! vectors is safe, only memory access is not.
//!
//! Files: `avx512.rs`, `avx2.rs` (x86-64 only; a file below for each precision), `portable.rs` (plain arrays, every
//! CPU); `transpose` has blocks in other rows, `factor` products with a fixed number of any type, `dot` the vectors of
//! integers.

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
pub mod dot;
mod factor;
mod portable;
mod transpose;

use crate::platform::cpu;
use crate::scalar::{Real, Scalar};
use core::mem::{ManuallyDrop, MaybeUninit};
use core::ops::{Add, Div, Mul, Neg, Sub};

#[cfg(target_arch = "x86_64")]
pub use avx2::Avx2;
#[cfg(target_arch = "x86_64")]
pub use avx512::Avx512;
pub use factor::Factor;
pub use portable::Portable;
pub use transpose::Transposition;

/// An instruction set, as a token: a value of the type proves that the CPU has it.
pub trait Isa: Copy + Send + Sync + 'static {
    /// Vector of `f32`.
    type F32: Vector<Self, Elem = f32>;
    /// Vector of `f64`.
    type F64: Vector<Self, Elem = f64>;
    /// Which ISA this is.
    const LEVEL: Level;

    /// The token.
    ///
    /// # Safety
    /// CPU and system must support the ISA.
    unsafe fn assume() -> Self;

    /// Runs `work` compiled for this ISA.
    fn enter<D: Dispatch>(self, work: D) -> D::Output;

    /// Runs `work` compiled for this ISA and never inlined: what is rare takes no registers and no room on the
    /// stack from what is frequent.
    #[inline(always)]
    fn enter_aside<D: Dispatch>(self, work: D) -> D::Output {
        if const { !in_words::<D>() } {
            return aside(self, work);
        }
        let [a, b, c] = into_words(work);
        // SAFETY: the words are of this type.
        unsafe { aside_by_words::<Self, D>(self, a, b, c) }
    }

    /// The lanes in double precision, first those of the lower half.
    fn widen(self, x: Self::F32) -> [Self::F64; 2];

    /// Converts numbers of half precision as long as there are instructions for it; how many of the `n` that was.
    ///
    /// # Safety
    /// `n` numbers must be readable at `from`, as many be writable at `to`.
    #[inline(always)]
    unsafe fn widen_halves(self, from: *const half::f16, to: *mut f32, n: usize) -> usize {
        let _ = (from, to, n);
        0
    }

    /// Hints that the cache line at `address` will be wanted; any address is allowed.
    fn prefetch<T>(self, address: *const T);

    /// Puts what [`Vector::store_past_caches`] wrote before what is written later, for other threads.
    fn fence(self);

    /// `to[j][i] <- from[i][j]`: transposes `rows` x `cols` elements of type `T` (4, 8 or 16 bytes), rows
    /// `from_stride` apart, into rows `to_stride` apart (strides in elements). Lanes `rows..width` of each
    /// row written are set to 0.
    ///
    /// # Safety
    /// The source must be readable, `cols` rows of `width >= rows` elements writable.
    unsafe fn transpose<T: Copy>(self, block: Transposition<T>);
}

/// A vector of reals on ISA `S`.
///
/// "First lanes" variants touch only the memory of the lanes that they name.
pub trait Vector<S: Isa>:
    Copy + Add<Output = Self> + Sub<Output = Self> + Mul<Output = Self> + Div<Output = Self> + Neg<Output = Self>
{
    /// Type of a lane.
    type Elem: Real;
    /// A choice of the first lanes.
    type Mask: Copy;
    /// A choice of neighbouring lanes, which need not be the first.
    type Span: Copy;
    /// Lanes.
    const LANES: usize;

    /// All lanes `x`.
    fn splat(isa: S, x: Self::Elem) -> Self;
    /// Even lanes `even`, odd lanes `odd`: one complex number, over and over.
    fn pairs(isa: S, even: Self::Elem, odd: Self::Elem) -> Self;
    /// The first `n` lanes, `n <= LANES`.
    fn mask(isa: S, n: usize) -> Self::Mask;
    /// Lanes `start..end`, `start <= end <= LANES`.
    fn span(isa: S, start: usize, end: usize) -> Self::Span;
    /// Reads the lanes of `span`; the others are 0. `from` is where lane 0 is or would be.
    ///
    /// # Safety
    /// The elements in `span` must be readable.
    unsafe fn load_span(isa: S, from: *const Self::Elem, span: Self::Span) -> Self;
    /// The lanes of `span`; the others are 0.
    fn within(self, span: Self::Span) -> Self;
    /// Reads `LANES` elements, any alignment.
    ///
    /// # Safety
    /// They must be readable.
    unsafe fn load(isa: S, from: *const Self::Elem) -> Self;
    /// Reads the lanes of `mask`; the others are 0.
    ///
    /// # Safety
    /// The elements in `mask` must be readable.
    unsafe fn load_masked(isa: S, from: *const Self::Elem, mask: Self::Mask) -> Self;
    /// Reads the lanes of `mask`; the others are `self`'s.
    ///
    /// # Safety
    /// The elements in `mask` must be readable.
    unsafe fn load_over(self, from: *const Self::Elem, mask: Self::Mask) -> Self;
    /// Reads elements, real or complex, from wherever `at` says element 0, 1, ... of the register is.
    ///
    /// # Safety
    /// They must be readable.
    unsafe fn gather<T: Scalar<Real = Self::Elem>>(isa: S, at: impl Fn(usize) -> *const T) -> Self;
    /// The lanes of `mask`; the others are `other`'s.
    fn over(self, other: Self, mask: Self::Mask) -> Self;
    /// Writes `LANES` elements, any alignment.
    ///
    /// # Safety
    /// They must be writable.
    unsafe fn store(self, to: *mut Self::Elem);
    /// Writes `LANES` elements without keeping them in a cache, where that pays on the ISA's CPUs; see [`Isa::fence`].
    ///
    /// # Safety
    /// They must be writable, at an address that is a multiple of the register's size.
    unsafe fn store_past_caches(self, to: *mut Self::Elem);
    /// Reads the first `N` lanes, a power of two less than `LANES`; the others are 0.
    ///
    /// # Safety
    /// They must be readable.
    unsafe fn load_low<const N: usize>(isa: S, from: *const Self::Elem) -> Self;
    /// Writes the first `N` lanes, a power of two less than `LANES`. What a store without a mask writes, a load of the
    /// same size gets before it is in the cache.
    ///
    /// # Safety
    /// They must be writable.
    unsafe fn store_low<const N: usize>(self, to: *mut Self::Elem);
    /// Writes the lanes of `mask`.
    ///
    /// # Safety
    /// The elements in `mask` must be writable.
    unsafe fn store_masked(self, to: *mut Self::Elem, mask: Self::Mask);

    /// `self * by + plus`, rounded once where the ISA has FMA.
    fn mul_add(self, by: Self, plus: Self) -> Self;
    /// `plus - self * by`, rounded once where the ISA has FMA.
    fn neg_mul_add(self, by: Self, plus: Self) -> Self;
    /// Even lanes `self * by - other`, odd lanes `self * by + other`: with [`Vector::swap_pairs`] and
    /// duplicated parts, a complex product.
    fn mul_sub_add(self, by: Self, other: Self) -> Self;
    /// Lane-wise absolute value.
    fn abs(self) -> Self;
    /// Lane-wise larger value; where either is NaN, the one of `other`.
    fn max(self, other: Self) -> Self;
    /// Lane-wise smaller value; where either is NaN, the one of `other`.
    fn min(self, other: Self) -> Self;
    /// Exchanges lanes 2i and 2i+1: real and imaginary parts.
    fn swap_pairs(self) -> Self;
    /// Each even lane into itself and its right neighbour: the real parts, twice.
    fn dup_even(self) -> Self;
    /// Each odd lane into itself and its left neighbour: the imaginary parts, twice.
    fn dup_odd(self) -> Self;
    /// Sum of all lanes, by halving.
    fn sum(self) -> Self::Elem;
    /// The sums of the lanes of four vectors, cheaper than one by one.
    fn sum_each(vectors: [Self; 4]) -> [Self::Elem; 4];
    /// Largest lane; unspecified if any is NaN.
    fn largest(self) -> Self::Elem;
    /// Smallest lane; unspecified if any is NaN.
    fn smallest(self) -> Self::Elem;
    /// One bit for each lane, the first lane lowest: whether the lanes are equal (NaN never is).
    fn equal_lanes(self, other: Self) -> u32;
    /// Whether any lane is larger than `other`'s (NaN never is).
    fn any_above(self, other: Self) -> bool;
    /// The even lanes of both vectors, and the odd ones, in one order that is the same for both.
    fn unzip(self, other: Self) -> [Self; 2];

    /// All lanes 0.
    #[inline(always)]
    fn zero(isa: S) -> Self {
        Self::splat(isa, <Self::Elem as Scalar>::ZERO)
    }
    /// Reads the first `n <= LANES` elements; the other lanes are 0.
    ///
    /// # Safety
    /// They must be readable.
    #[inline(always)]
    unsafe fn load_first(isa: S, from: *const Self::Elem, n: usize) -> Self {
        // SAFETY: the caller vouches for the first n.
        unsafe { Self::load_masked(isa, from, Self::mask(isa, n)) }
    }
    /// Writes the first `n <= LANES` elements.
    ///
    /// # Safety
    /// They must be writable.
    #[inline(always)]
    unsafe fn store_first(self, isa: S, to: *mut Self::Elem, n: usize) {
        // SAFETY: the caller vouches for the first n.
        unsafe { self.store_masked(to, Self::mask(isa, n)) }
    }
}

/// The vector of real type `R` on ISA `S`.
pub type Vec<S, R> = <R as Real>::Vector<S>;

/// The same address, where it comes from hidden from the compiler: which otherwise keeps dozens of multiples of a
/// stride in memory to add to one address, rather than add the stride to the last address.
#[inline(always)]
#[allow(clippy::pointers_in_nomem_asm_block)] // Nothing follows the pointer.
pub fn opaque<T>(address: *const T) -> *const T {
    #[cfg(target_arch = "x86_64")]
    {
        let mut hidden = address;
        // SAFETY: there are no instructions.
        unsafe {
            core::arch::asm!("/* {0} */", inout(reg) hidden, options(pure, nomem, nostack, preserves_flags));
        }
        hidden
    }
    #[cfg(not(target_arch = "x86_64"))]
    address
}

/// An algorithm that is compiled once for each ISA.
pub trait Dispatch {
    /// What it returns.
    type Output;
    /// The algorithm; implement it `#[inline(always)]`.
    fn run<S: Isa>(self, isa: S) -> Self::Output;
}

/// Two machine words of [`Dispatch`] work.
type Pair = (MaybeUninit<*const u8>, MaybeUninit<*const u8>);

/// Whether work goes into code of another ISA word by word, as three pairs: the call can't be inlined, so many words
/// travel in registers, and a struct would go through memory, which a call for a few elements would feel; so would
/// words on the stack, for which the call could not be a jump.
/// To be asked in a `const` block, so that only one way is compiled.
#[inline(always)]
const fn in_words<D>() -> bool {
    size_of::<D>() <= 3 * size_of::<Pair>()
}

/// The words of `work`, [`in_words`]; the others are left open, which costs nothing.
#[inline(always)]
fn into_words<D>(work: D) -> [Pair; 3] {
    assert!(in_words::<D>());
    let mut words = [const { MaybeUninit::uninit() }; 6];
    // SAFETY: there are words enough, as asserted.
    unsafe { words.as_mut_ptr().cast::<D>().write_unaligned(work) };
    core::array::from_fn(|i| (words[2 * i], words[2 * i + 1]))
}

/// What [`into_words`] made words of.
///
/// # Safety
/// They must be the words of a `D`, used once.
#[inline(always)]
unsafe fn from_words<D>([a, b, c]: [Pair; 3]) -> D {
    let words = [a.0, a.1, b.0, b.1, c.0, c.1];
    // SAFETY: the caller vouches for them.
    unsafe { words.as_ptr().cast::<D>().read_unaligned() }
}

/// Work too large for words, by where it is.
struct Apart<D>(*const D);

impl<D: Dispatch> Dispatch for Apart<D> {
    type Output = D::Output;

    #[inline(always)]
    fn run<S: Isa>(self, isa: S) -> D::Output {
        // SAFETY: `dispatch` gave it away, once.
        unsafe { self.0.read() }.run(isa)
    }
}

/// [`Isa::enter_aside`]. Without the ISA's features, because rustc (1.95) takes no notice of `inline(never)` beside
/// `target_feature`; but code with features is never inlined into code without.
#[inline(never)]
fn aside<S: Isa, D: Dispatch>(isa: S, work: D) -> D::Output {
    isa.enter(work)
}

/// [`aside`] for words.
///
/// # Safety
/// The words must be those of a `D`, used once.
#[inline(never)]
unsafe fn aside_by_words<S: Isa, D: Dispatch>(isa: S, a: Pair, b: Pair, c: Pair) -> D::Output {
    // SAFETY: the caller's promise.
    isa.enter(unsafe { from_words::<D>([a, b, c]) })
}

/// The ISAs, worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Level {
    /// Plain code for the build's target.
    Portable = 1,
    /// AVX2 and FMA.
    Avx2 = 2,
    /// AVX-512 F, BW, DQ, VL.
    Avx512 = 3,
}

impl Level {
    /// Every ISA, best first.
    pub const ALL: [Level; 3] = [Level::Avx512, Level::Avx2, Level::Portable];

    /// The name that `ZENBLAS_ISA` takes.
    pub const fn name(self) -> &'static str {
        match self {
            Level::Portable => "portable",
            Level::Avx2 => "avx2",
            Level::Avx512 => "avx512",
        }
    }

    /// The ISA of that name.
    pub fn from_name(name: &str) -> Option<Level> {
        Level::ALL.into_iter().find(|level| level.name() == name)
    }
}

/// Runs `work` on the best ISA of this CPU, or the one that `ZENBLAS_ISA` forces.
#[inline(always)]
pub fn dispatch<D: Dispatch>(work: D) -> D::Output {
    // SAFETY: the level is that of this process, or not known.
    unsafe { dispatch_to(cpu::level_number(), work) }
}

/// Runs `work` on ISA `level`; `None` if this CPU lacks it.
pub fn dispatch_on<D: Dispatch>(level: Level, work: D) -> Option<D::Output> {
    // SAFETY: checked here.
    cpu::supports(level).then(|| unsafe { dispatch_to(level as usize, work) })
}

/// # Safety
/// CPU and system must support the ISA with this number, if it is not 0.
#[inline(always)]
unsafe fn dispatch_to<D: Dispatch>(number: usize, work: D) -> D::Output {
    if const { !in_words::<D>() } {
        let work = ManuallyDrop::new(work);
        // SAFETY: the caller's promise.
        return unsafe { jump(number, Apart(&raw const *work)) };
    }
    // SAFETY: the caller's promise.
    unsafe { jump(number, work) }
}

/// Code for an ISA, which work enters by its words.
type Way<D> = unsafe fn(Pair, Pair, Pair) -> <D as Dispatch>::Output;

/// One jump through a table straight into the ISA's code, with the words where that wants them.
///
/// # Safety
/// As for [`dispatch_to`].
#[inline(always)]
unsafe fn jump<D: Dispatch>(number: usize, work: D) -> D::Output {
    let ways: &[Way<D>; 4] = const {
        &[first_way::<D>, way::<D>(Level::Portable), way::<D>(Level::Avx2), way::<D>(Level::Avx512)]
    };
    let way = ways[number];
    let [a, b, c] = into_words(work);
    // SAFETY: the words are of this type, the caller vouches for the ISA.
    unsafe { way(a, b, c) }
}

const fn way<D: Dispatch>(level: Level) -> Way<D> {
    match level {
        #[cfg(target_arch = "x86_64")]
        Level::Avx512 => avx512::enter_by_words::<D>,
        #[cfg(target_arch = "x86_64")]
        Level::Avx2 => avx2::enter_by_words::<D>,
        _ => portable::enter_by_words::<D>,
    }
}

/// The way for the first time in a process, when the CPU is asked.
///
/// # Safety
/// The words must be those of a `D`, used once.
#[cold]
unsafe fn first_way<D: Dispatch>(a: Pair, b: Pair, c: Pair) -> D::Output {
    // SAFETY: the caller's promise; `cpu::level` names an ISA that the CPU and the system support.
    unsafe { way::<D>(cpu::level())(a, b, c) }
}

#[cfg(test)]
mod tests;
