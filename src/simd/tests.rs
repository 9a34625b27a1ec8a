//! Every vector operation on every ISA against plain lane-wise arithmetic.

use super::*;

/// The first `N` lanes alone, where there are more.
fn low_lanes<S: Isa, R: Real, const N: usize>(isa: S) {
    let lanes = <Vec<S, R>>::LANES;
    if N >= lanes {
        return;
    }
    let number = |i: usize| R::from_f64(1.0 + i as f64);
    let from: std::vec::Vec<R> = (0..N).map(number).collect();
    let (mut read, mut written) = (vec![R::ONE; lanes], vec![-R::ONE; N + 1]);
    // SAFETY: N elements to read, LANES to write and then read; N to write.
    unsafe {
        <Vec<S, R>>::load_low::<N>(isa, from.as_ptr()).store(read.as_mut_ptr());
        <Vec<S, R>>::load(isa, read.as_ptr()).store_low::<N>(written.as_mut_ptr());
    }
    for (i, &x) in read.iter().enumerate() {
        assert_eq!(x, if i < N { number(i) } else { R::ZERO }, "load_low {N}, lane {i}");
    }
    assert!(written[..N] == from[..] && written[N] == -R::ONE, "store_low {N}");
}

struct EveryOperation<R>(core::marker::PhantomData<R>);

impl<R: Real> Dispatch for EveryOperation<R> {
    type Output = ();
    #[inline(always)]
    fn run<S: Isa>(self, isa: S) {
        low_lanes::<S, R, 1>(isa);
        low_lanes::<S, R, 2>(isa);
        low_lanes::<S, R, 4>(isa);
        low_lanes::<S, R, 8>(isa);
        let lanes = <Vec<S, R>>::LANES;
        let a: std::vec::Vec<R> = (0..lanes).map(|i| R::from_f64(i as f64 * 1.5 - 3.0)).collect();
        let b: std::vec::Vec<R> = (0..lanes).map(|i| R::from_f64(7.0 - i as f64)).collect();
        let c: std::vec::Vec<R> = (0..lanes).map(|i| R::from_f64(0.25 * i as f64)).collect();
        // SAFETY: each slice has LANES elements.
        let (va, vb, vc) = unsafe {
            (
                <Vec<S, R>>::load(isa, a.as_ptr()),
                <Vec<S, R>>::load(isa, b.as_ptr()),
                <Vec<S, R>>::load(isa, c.as_ptr()),
            )
        };
        let check = |name: &str, got: Vec<S, R>, want: &dyn Fn(usize) -> R| {
            let mut out = vec![R::ZERO; lanes];
            // SAFETY: `out` has LANES elements.
            unsafe { got.store(out.as_mut_ptr()) };
            for (i, &x) in out.iter().enumerate() {
                assert_eq!(x, want(i), "{name}, lane {i}");
            }
        };
        // Small multiples of 1/8 are exact, fused or not.
        check("add", va + vb, &|i| a[i] + b[i]);
        check("sub", va - vb, &|i| a[i] - b[i]);
        check("mul", va * vb, &|i| a[i] * b[i]);
        check("div", vb / <Vec<S, R>>::splat(isa, R::from_f64(2.0)), &|i| b[i] / R::from_f64(2.0));
        check("neg", -va, &|i| -a[i]);
        check("mul_add", va.mul_add(vb, vc), &|i| a[i] * b[i] + c[i]);
        check("neg_mul_add", va.neg_mul_add(vb, vc), &|i| c[i] - a[i] * b[i]);
        check("mul_sub_add", va.mul_sub_add(vb, vc), &|i| {
            if i % 2 == 0 { a[i] * b[i] - c[i] } else { a[i] * b[i] + c[i] }
        });
        check("abs", va.abs(), &|i| a[i].abs());
        check("max", va.max(vb), &|i| if a[i] > b[i] { a[i] } else { b[i] });
        check("min", va.min(vb), &|i| if a[i] < b[i] { a[i] } else { b[i] });
        check("swap_pairs", va.swap_pairs(), &|i| a[i ^ 1]);
        check("dup_even", va.dup_even(), &|i| a[i & !1]);
        check("dup_odd", va.dup_odd(), &|i| a[i | 1]);
        let sums = [va, vb, vc, va * vb].map(|v| v.sum());
        assert_eq!(<Vec<S, R>>::sum_each([va, vb, vc, va * vb]), sums);
        check("pairs", <Vec<S, R>>::pairs(isa, a[0], a[1]), &|i| a[i % 2]);
        assert_eq!(va.largest(), a[lanes - 1]);
        assert_eq!((-va).largest(), -a[0]);
        assert_eq!(va.smallest(), a[0]);
        assert_eq!(vb.smallest(), b[lanes - 1]);
        let nan = <Vec<S, R>>::splat(isa, R::NAN);
        assert_eq!(nan.equal_lanes(nan), 0);
        for i in 0..lanes {
            assert_eq!(va.equal_lanes(<Vec<S, R>>::splat(isa, a[i])), 1 << i);
        }
        assert!(!nan.any_above(va) && !va.any_above(nan) && !va.any_above(va));
        let mut above = a.clone();
        above[lanes - 1] += R::ONE;
        // SAFETY: LANES elements.
        assert!(unsafe { <Vec<S, R>>::load(isa, above.as_ptr()) }.any_above(va));
        let [even, odd] = va.unzip(vb);
        let sorted = |half: Vec<S, R>| {
            let mut out = vec![R::ZERO; lanes];
            // SAFETY: `out` has LANES elements.
            unsafe { half.store(out.as_mut_ptr()) };
            out
        };
        let pairs: std::vec::Vec<(R, R)> = sorted(even).into_iter().zip(sorted(odd)).collect();
        for i in (0..lanes).step_by(2) {
            assert!(pairs.contains(&(a[i], a[i + 1])) && pairs.contains(&(b[i], b[i + 1])), "unzip {i}");
        }
        assert_eq!(va.sum(), a.iter().fold(R::ZERO, |s, &x| s + x));
        // SAFETY: LANES elements, backwards.
        let gathered = unsafe { <Vec<S, R>>::gather(isa, |i| &raw const a[lanes - 1 - i]) };
        check("gather", gathered, &|i| a[lanes - 1 - i]);
        for (start, end) in (0..=lanes).flat_map(|end| (0..=end).map(move |start| (start, end))) {
            let span = <Vec<S, R>>::span(isa, start, end);
            let inside = |i: usize| if (start..end).contains(&i) { a[i] } else { R::ZERO };
            check("within", va.within(span), &inside);
            let some = a[start..end].to_vec();
            // SAFETY: elements of the span, in a vector that has no others.
            let read = unsafe { <Vec<S, R>>::load_span(isa, some.as_ptr().wrapping_sub(start), span) };
            check("load_span", read, &inside);
        }
        for n in 0..=lanes {
            // SAFETY: n <= LANES elements.
            let first = unsafe { <Vec<S, R>>::load_first(isa, a.as_ptr(), n) };
            check("load_first", first, &|i| if i < n { a[i] } else { R::ZERO });
            // SAFETY: n <= LANES elements.
            let over = unsafe { vb.load_over(a.as_ptr(), <Vec<S, R>>::mask(isa, n)) };
            check("load_over", over, &|i| if i < n { a[i] } else { b[i] });
            check("over", va.over(vb, <Vec<S, R>>::mask(isa, n)), &|i| if i < n { a[i] } else { b[i] });
            let mut out = b.clone();
            // SAFETY: n <= LANES elements.
            unsafe { va.store_first(isa, out.as_mut_ptr(), n) };
            for (i, &x) in out.iter().enumerate() {
                assert_eq!(x, if i < n { a[i] } else { b[i] }, "store_first {n}, lane {i}");
            }
        }
    }
}

#[test]
fn every_operation_on_every_isa() {
    let mut tested = 0;
    for level in Level::ALL {
        tested += usize::from(dispatch_on(level, EveryOperation::<f32>(Default::default())).is_some());
        tested += usize::from(dispatch_on(level, EveryOperation::<f64>(Default::default())).is_some());
    }
    assert!(tested >= 2, "the portable ISA is always there");
}

/// Complex numbers gathered, and `f32` widened.
struct Pairs;

impl Dispatch for Pairs {
    type Output = ();
    #[inline(always)]
    fn run<S: Isa>(self, isa: S) {
        fn check<S: Isa, T: Scalar>(isa: S) {
            let lanes = <Vec<S, T::Real>>::LANES;
            let real = |i: usize| T::Real::from_f64(i as f64);
            let x: std::vec::Vec<T> =
                (0..lanes).map(|i| T::from_parts(real(2 * i), real(2 * i + 1))).collect();
            let mut out = vec![T::ZERO; lanes / 2];
            // SAFETY: every second of LANES elements; `out` has half as many.
            unsafe { <Vec<S, T::Real>>::gather(isa, |i| &raw const x[2 * i]).store(out.as_mut_ptr().cast()) };
            for i in 0..lanes / 2 {
                assert_eq!(out[i], x[2 * i]);
            }
        }
        check::<S, crate::scalar::c32>(isa);
        check::<S, crate::scalar::c64>(isa);
        let x: std::vec::Vec<f32> = (0..S::F32::LANES).map(|i| i as f32 + 0.1).collect();
        // SAFETY: LANES elements.
        let wide = isa.widen(unsafe { S::F32::load(isa, x.as_ptr()) });
        for i in 0..x.len() {
            let mut half = vec![0.0; S::F64::LANES];
            // SAFETY: LANES elements.
            unsafe { wide[i / S::F64::LANES].store(half.as_mut_ptr()) };
            assert_eq!(half[i % S::F64::LANES], f64::from(x[i]));
        }
    }
}

#[test]
fn pairs_on_every_isa() {
    let tested = Level::ALL.into_iter().filter(|&level| dispatch_on(level, Pairs).is_some()).count();
    assert!(tested >= 1, "the portable ISA is always there");
}

struct Transposes<T>(core::marker::PhantomData<T>);

impl<T: crate::scalar::Scalar> Dispatch for Transposes<T> {
    type Output = ();
    #[inline(always)]
    fn run<S: Isa>(self, isa: S) {
        for rows in 0..=19 {
            for cols in 0..=19 {
                for width in [rows, rows + 1, rows + 17] {
                    let (from_stride, to_stride) = (cols + 3, width + 2);
                    let number =
                        |i: usize| T::from_parts(T::Real::from_f64(i as f64), T::Real::from_f64(-(i as f64)));
                    let from: std::vec::Vec<T> = (0..rows * from_stride + 1).map(number).collect();
                    let untouched = number(12345);
                    let mut to = vec![untouched; cols * to_stride + 1];
                    // SAFETY: the sizes of `from` and `to` are those of the arguments.
                    unsafe {
                        isa.transpose(Transposition {
                            from: from.as_ptr(),
                            from_stride: from_stride as isize,
                            rows,
                            cols,
                            to: to.as_mut_ptr(),
                            to_stride,
                            width,
                            ahead: 0,
                        })
                    };
                    for j in 0..cols {
                        for i in 0..to_stride {
                            let want = if i < rows {
                                number(i * from_stride + j)
                            } else if i < width {
                                T::ZERO
                            } else {
                                untouched
                            };
                            assert_eq!(
                                to[j * to_stride + i],
                                want,
                                "{rows} x {cols}, width {width}: ({i}, {j})"
                            );
                        }
                    }
                }
            }
        }
    }
}

#[test]
fn transposes_on_every_isa() {
    for level in Level::ALL {
        dispatch_on(level, Transposes::<f32>(Default::default()));
        dispatch_on(level, Transposes::<f64>(Default::default()));
        dispatch_on(level, Transposes::<crate::scalar::c32>(Default::default()));
        dispatch_on(level, Transposes::<crate::scalar::c64>(Default::default()));
    }
}
