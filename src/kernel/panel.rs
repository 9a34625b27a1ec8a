//! Packing one panel: `width` rows (or columns) of an operand, k after k, padded with zeros to `W`.
//!
//! `to[p W + i] <- op(from[i, p])` for `p < k`, `i < width`; 0 for `width <= i < W`.
//!
//! The same loop serves A (W = MR, i counts rows) and B (W = NR, i counts columns). Contiguous along i it is
//! a copy, contiguous along k a blockwise transposition in registers, else element by element.
//! [`Unpanel`] is the way back, for operations that work inside a packed panel of A.

use crate::scalar::Scalar;
use crate::simd::{Dispatch, Isa, Transposition, Vec, Vector};

/// Arguments of a packing kernel.
#[derive(Debug)]
pub struct Panel<T> {
    /// Element (0, 0) of the source.
    pub from: *const T,
    /// Elements from an i to the next.
    pub i_stride: isize,
    /// Elements from a k to the next.
    pub k_stride: isize,
    /// Rows (columns) that exist, at most W.
    pub width: usize,
    /// Depth.
    pub k: usize,
    /// Where to write `k W` elements.
    pub to: *mut T,
    /// W: the width of the panel.
    pub padded: usize,
    /// Whether to conjugate.
    pub conj: bool,
}

/// # Safety
/// The CPU has ISA `S`; the source is readable at `i < width`, `p < k`; `to` has room for `k W` elements.
pub(super) unsafe fn pack<S: Isa, T: Scalar>(panel: &Panel<T>) {
    // SAFETY: the caller vouches for the ISA; `Pack::run` relies on the rest.
    unsafe { S::assume() }.enter(Pack(panel))
}

/// [`pack`] in code that is compiled for the ISA already.
///
/// # Safety
/// The source is readable at `i < width`, `p < k`; `to` has room for `k W` elements.
#[inline(always)]
pub(super) unsafe fn pack_on<S: Isa, T: Scalar>(isa: S, panel: &Panel<T>) {
    Pack(panel).run(isa);
}

struct Pack<'a, T>(&'a Panel<T>);

impl<T: Scalar> Dispatch for Pack<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<S: Isa>(self, isa: S) {
        let panel = self.0;
        debug_assert!(panel.width <= panel.padded);
        if panel.i_stride == 1 {
            // SAFETY: the caller of `pack` vouches for source and destination.
            unsafe { copy_rows(isa, panel) }
        } else if panel.k_stride == 1 {
            // SAFETY: as above.
            unsafe {
                isa.transpose(Transposition {
                    from: panel.from,
                    from_stride: panel.i_stride,
                    rows: panel.width,
                    cols: panel.k,
                    to: panel.to,
                    to_stride: panel.padded,
                    width: panel.padded,
                    ahead: panel.padded,
                })
            }
        } else {
            // SAFETY: as above.
            unsafe { gather(panel) }
        }
        if T::IS_COMPLEX && panel.conj {
            for i in 0..panel.k * panel.padded {
                // SAFETY: inside the destination, just written.
                unsafe { *panel.to.add(i) = (*panel.to.add(i)).conj() }
            }
        }
    }
}

/// The source is contiguous along i.
///
/// # Safety
/// As for [`pack`].
#[inline(always)]
unsafe fn copy_rows<S: Isa, T: Scalar>(isa: S, panel: &Panel<T>) {
    // SAFETY: the caller's promise.
    unsafe {
        match (panel.padded * T::PARTS).div_ceil(<Vec<S, T::Real>>::LANES) {
            1 => copy_vectors::<S, T, 1>(isa, panel, 1),
            2 => copy_vectors::<S, T, 2>(isa, panel, 2),
            3 => copy_vectors::<S, T, 3>(isa, panel, 3),
            vectors => copy_vectors::<S, T, 1>(isa, panel, vectors),
        }
    }
}

/// [`copy_rows`] of `vectors` vectors, or of `V` where they are no more than three.
///
/// Whole vectors are read and written where a part would do: what they spill behind a row is the start of the next
/// one, written after it, and what they read there lies before the next row of the source. Only the last rows must
/// keep to their room.
///
/// # Safety
/// As for [`pack`].
#[inline(always)]
unsafe fn copy_vectors<S: Isa, T: Scalar, const V: usize>(isa: S, panel: &Panel<T>, vectors: usize) {
    let vectors = if vectors <= 3 { V } else { vectors };
    let lanes = <Vec<S, T::Real>>::LANES;
    let (reals, valid) = (panel.padded * T::PARTS, panel.width * T::PARTS);
    let k_step = panel.k_stride * T::PARTS as isize;
    // Rows whose last vector still ends inside the panel, and those of them that may be read in whole vectors too.
    let free = (panel.k * reals + reals).saturating_sub(vectors * lanes) / reals;
    let whole = if valid < reals {
        0
    } else if reals == vectors * lanes {
        panel.k
    } else if k_step >= (vectors * lanes) as isize {
        free.min(panel.k.saturating_sub(1))
    } else {
        0
    };
    let (mut from, mut to) = (panel.from.cast::<T::Real>(), panel.to.cast::<T::Real>());
    for p in 0..panel.k {
        for v in 0..vectors {
            let i = v * lanes;
            // Rows of the next panel: a stride apart as they are, no hardware prefetcher sees them coming.
            isa.prefetch(from.wrapping_add(reals + i));
            // SAFETY: the source has `valid` reals in row p, and more rows where whole vectors are read; the
            // destination `reals`, and more rows where vectors spill.
            unsafe {
                if p < whole {
                    <Vec<S, T::Real>>::load(isa, from.add(i)).store(to.add(i));
                    continue;
                }
                let vector = if i + lanes <= valid {
                    <Vec<S, T::Real>>::load(isa, from.add(i))
                } else {
                    <Vec<S, T::Real>>::load_first(isa, from.wrapping_add(i), valid.saturating_sub(i))
                };
                if p < free {
                    vector.store(to.add(i));
                } else {
                    vector.store_first(isa, to.add(i), lanes.min(reals - i));
                }
            }
        }
        (from, to) = (from.wrapping_offset(k_step), to.wrapping_add(reals));
    }
}

/// The source has no unit stride.
///
/// # Safety
/// As for [`pack`].
#[inline(always)]
unsafe fn gather<T: Scalar>(panel: &Panel<T>) {
    let width = panel.padded;
    for p in 0..panel.k {
        for i in 0..width {
            // SAFETY: the source has element (i, p) for i < panel.width, the destination W a step.
            unsafe {
                *panel.to.add(p * width + i) = if i < panel.width {
                    *panel.from.offset(i as isize * panel.i_stride + p as isize * panel.k_stride)
                } else {
                    T::ZERO
                };
            }
        }
    }
}

/// Arguments of an unpacking kernel: `to[i, p] <- from[p W + i]`.
#[derive(Debug)]
pub struct Unpanel<T> {
    /// A panel, `k` times W elements.
    pub from: *const T,
    /// W: the width of the panel.
    pub padded: usize,
    /// Rows to write, at most W.
    pub width: usize,
    /// Depth.
    pub k: usize,
    /// Element (0, 0) of the destination.
    pub to: *mut T,
    /// Elements from an i to the next.
    pub i_stride: isize,
    /// Elements from a k to the next.
    pub k_stride: isize,
}

/// # Safety
/// The CPU has ISA `S`; the panel is readable, the destination writable at `i < width`, `p < k`.
pub(super) unsafe fn unpack<S: Isa, T: Scalar>(panel: &Unpanel<T>) {
    // SAFETY: the caller vouches for the ISA; `Unpack::run` relies on the rest.
    unsafe { S::assume() }.enter(Unpack(panel))
}

struct Unpack<'a, T>(&'a Unpanel<T>);

impl<T: Scalar> Dispatch for Unpack<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<S: Isa>(self, isa: S) {
        let (panel, width) = (self.0, self.0.padded);
        let lanes = <Vec<S, T::Real>>::LANES;
        let reals = panel.width * T::PARTS;
        if panel.i_stride == 1 {
            for p in 0..panel.k {
                let from = panel.from.wrapping_add(p * width).cast::<T::Real>();
                let to = panel.to.wrapping_offset(p as isize * panel.k_stride).cast::<T::Real>();
                for i in (0..reals).step_by(lanes) {
                    let here = lanes.min(reals - i);
                    // SAFETY: `here` reals from i on exist in step p of both.
                    unsafe {
                        if here == lanes {
                            // Masked stores cost AVX2 tens of clocks.
                            <Vec<S, T::Real>>::load(isa, from.add(i)).store(to.add(i));
                        } else {
                            <Vec<S, T::Real>>::load_first(isa, from.add(i), here).store_first(
                                isa,
                                to.add(i),
                                here,
                            );
                        }
                    }
                }
            }
        } else if panel.k_stride == 1 && panel.i_stride > 0 {
            // SAFETY: the caller vouches for both sides.
            unsafe {
                isa.transpose(Transposition {
                    from: panel.from,
                    from_stride: width as isize,
                    rows: panel.k,
                    cols: panel.width,
                    to: panel.to,
                    to_stride: panel.i_stride as usize,
                    width: panel.k,
                    ahead: 0,
                })
            }
        } else {
            for p in 0..panel.k {
                for i in 0..panel.width {
                    // SAFETY: element (i, p) of both sides.
                    unsafe {
                        *panel.to.offset(i as isize * panel.i_stride + p as isize * panel.k_stride) =
                            *panel.from.add(p * width + i)
                    }
                }
            }
        }
    }
}
