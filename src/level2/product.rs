//! `y <- y + alpha A x`, A symmetric or Hermitian in dense or packed storage: symv, spmv, hemv, hpmv.

use super::panel::Panel;
use super::shape::beside;
use crate::engine::passes;
use crate::level1;
use crate::level1::lanes::each;
use crate::platform::memory::Buffer;
use crate::scalar::Scalar;
use crate::simd::{Dispatch, Isa};
use crate::view::{VecMut, VecRef};
use core::ops::Range;

/// `y <- y + alpha A x`, A symmetric or Hermitian of order n = len x, the triangle beside the diagonal in
/// the panel's spans, which are full but for bands, and those go [`SymmetricProduct::line_by_line`] only; the elements
/// of x and y are adjacent.
///
/// Each stored element a = A(i, l) is read once and used twice: `y_i += a c_l` with `c = alpha x`, and
/// `t_l += a x_i` (conjugated if Hermitian), from which `y_l += alpha t_l`.
pub struct SymmetricProduct<'a, T> {
    pub alpha: T,
    /// A row's elements are those of the column with the same number, transposed: where lines are rows and A
    /// is Hermitian, those of the conjugated matrix.
    pub a: Panel<T>,
    /// Whether lines go on after the diagonal.
    pub after: bool,
    pub hermitian: bool,
    pub x: VecRef<'a, T>,
    pub y: VecMut<'a, T>,
}

// SAFETY: matrix and x are only read; the elements of y are used by one thread.
unsafe impl<T: Sync> Sync for SymmetricProduct<'_, T> {}

/// Bytes of a triangle about whose threads the cost model is asked.
const LARGE: usize = 64 * 1024;

impl<T: Scalar> Dispatch for &SymmetricProduct<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<S: Isa>(self, isa: S) {
        debug_assert!(self.x.stride() == 1 && self.y.stride() == 1);
        let y = self.y.as_mut_ptr();
        if self.bytes() <= LARGE {
            self.halves(isa, y, 0..self.x.len().div_ceil(2));
        } else {
            isa.enter_aside(Large(self));
        }
    }
}

/// A product with a large matrix, dense or packed.
struct Large<'a, T>(&'a SymmetricProduct<'a, T>);

impl<T: Scalar> Dispatch for Large<'_, T> {
    type Output = ();

    /// Threads take different lines. As each line adds to all of y, all but the first thread add to vectors of
    /// their own, which are added to y in the end.
    #[inline(always)]
    fn run<S: Isa>(self, isa: S) {
        let Large(product) = self;
        let n = product.x.len();
        let halves = n.div_ceil(2);
        let wanted = passes::threads(product.bytes(), halves / 4);
        let sums = if wanted > 1 { Buffer::take((wanted - 1) * n * size_of::<T>()) } else { None };
        let threads = if sums.is_some() { wanted } else { 1 };
        let y_of = |member: usize| match &sums {
            Some(sums) if member > 0 => sums.as_mut_ptr().cast::<T>().wrapping_add((member - 1) * n),
            _ => product.y.as_mut_ptr(),
        };
        let members = passes::split_among(threads, halves, 4, |member, half| {
            isa.enter(Lot { of: product, y: y_of(member), is_new: member > 0, half });
        });
        for member in 1..members {
            // SAFETY: n elements that the member wrote, and y's, which nobody else uses any more.
            let (part, y) = unsafe { (VecRef::new(y_of(member), n, 1), VecMut::new(y_of(0), n, 1)) };
            level1::axpy(T::ONE, part, y);
        }
    }
}

/// A thread's lines, from both ends of the triangle, and where it adds to.
struct Lot<'a, T> {
    of: &'a SymmetricProduct<'a, T>,
    y: *mut T,
    /// Whether that holds nothing yet.
    is_new: bool,
    half: Range<usize>,
}

impl<T: Scalar> Dispatch for Lot<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<S: Isa>(self, isa: S) {
        let n = self.of.x.len();
        if self.is_new {
            // SAFETY: n elements that only this thread uses.
            level1::fill(T::ZERO, unsafe { VecMut::new(self.y, n, 1) });
        }
        self.of.halves(isa, self.y, self.half);
    }
}

impl<T: Scalar> SymmetricProduct<'_, T> {
    /// Bytes of the triangle.
    #[inline(always)]
    fn bytes(&self) -> usize {
        self.x.len() * self.x.len() / 2 * size_of::<T>()
    }

    /// Adds what lines `half` and those from the other end contribute.
    #[inline(always)]
    fn halves<S: Isa>(&self, isa: S, y: *mut T, half: Range<usize>) {
        for Range { start: mut l, end } in passes::both_ends(self.x.len(), half) {
            while l + 4 <= end {
                self.lines::<S, 4>(isa, l, y);
                l += 4;
            }
            while l < end {
                self.lines::<S, 1>(isa, l, y);
                l += 1;
            }
        }
    }

    #[inline(always)]
    fn lines<S: Isa, const G: usize>(&self, isa: S, l: usize, y: *mut T) {
        let x = self.x.as_ptr();
        // SAFETY: lines of the caller's matrix; x and y have elements for all of them.
        unsafe {
            let c: [T; G] = each(|g| self.alpha * *x.wrapping_add(l + g));
            self.corner(l, c, y);
            let window = beside(l, G, self.after, self.x.len());
            let sums = self.a.add_and_dot(isa, l, self.hermitian, c, (x, y), &window);
            for (g, sum) in sums.into_iter().enumerate() {
                *y.wrapping_add(l + g) += self.alpha * sum;
            }
        }
    }

    /// The small square that lines `l .. l + G` have on the diagonal, times c: `alpha x` of those lines.
    ///
    /// # Safety
    /// The lines must exist, and y there.
    #[inline(always)]
    unsafe fn corner<const G: usize>(&self, l: usize, c: [T; G], y: *mut T) {
        let lines: [*const T; G] = self.a.group_at(l);
        // SAFETY: the caller vouches for lines and y; only stored elements are read.
        unsafe {
            let element =
                |line: usize, i: usize| *lines[line].wrapping_offset(i as isize * self.a.lines.step);
            let mut sums: [T; G] = each(|g| *y.wrapping_add(l + g));
            for g in 0..G {
                let a = element(g, g);
                let a = if self.hermitian { T::from_real(a.re()) } else { a.conj_if(self.a.conj) };
                sums[g] += c[g] * a;
                // Rounds enough for any g are unrolled early, and keep `sums` in registers.
                for i in 0..G {
                    if i <= g {
                        continue;
                    }
                    let (line, other) = if self.after { (g, i) } else { (i, g) };
                    let a = element(line, other);
                    sums[other] += c[line] * a.conj_if(self.a.conj);
                    sums[line] += c[other] * a.conj_if(self.a.conj != self.hermitian);
                }
            }
            for g in 0..G {
                *y.wrapping_add(l + g) = sums[g];
            }
        }
    }

    /// The same for x and y with any stride, without memory: line by line by the operations of level 1.
    pub fn line_by_line(&self) {
        let n = self.x.len();
        // SAFETY: nobody else uses y meanwhile.
        let mut all = unsafe { self.y.again() };
        for l in 0..n {
            // SAFETY: an element of the diagonal.
            let diagonal = unsafe { self.a.lines.get(l, l) };
            let diagonal =
                if self.hermitian { T::from_real(diagonal.re()) } else { diagonal.conj_if(self.a.conj) };
            let c = self.alpha * self.x.get(l);
            let range = self.a.spans.of(l, &beside(l, 1, self.after, n));
            // SAFETY: what the line has beside the diagonal.
            let line = unsafe { self.a.vector(l, range.clone()) };
            let x = self.x.slice(range.clone());
            let sum =
                if self.a.conj != self.hermitian { level1::dotc(line, x) } else { level1::dot(line, x) };
            all.set(l, all.get(l) + c * diagonal + self.alpha * sum);
            let y = all.slice(range);
            if self.a.conj { level1::axpyc(c, line, y) } else { level1::axpy(c, line, y) }
        }
    }
}
