//! Every operation, type, ISA, stride and length against the reference's loops in double precision, with
//! guard pages behind and before the operands and NaN between their elements.

use super::*;
use crate::scalar::{c32, c64};
use crate::testing::{Guarded, Random, Side, assert_close, bits, nan, on_every_level, on_threads, widen};

/// A vector as BLAS gets it: `n` elements, `inc` apart, NaN between them.
struct Operand<T> {
    memory: Guarded<T>,
    n: usize,
    inc: isize,
}

impl<T: Scalar> Operand<T> {
    fn random(n: usize, inc: isize, side: Side, random: &mut Random) -> Self {
        let len = if n == 0 { 0 } else { 1 + (n - 1) * inc.unsigned_abs() };
        let mut values = vec![nan::<T>(); len];
        for at in values.iter_mut().step_by(inc.unsigned_abs().max(1)) {
            *at = random.element();
        }
        Operand { memory: Guarded::new(&values, side), n, inc }
    }

    fn view(&self) -> VecRef<'_, T> {
        // SAFETY: n elements, inc apart.
        unsafe { VecRef::from_blas(self.n, self.memory.as_ptr(), self.inc) }
    }

    fn view_mut(&mut self) -> VecMut<'_, T> {
        // SAFETY: n elements, inc apart.
        unsafe { VecMut::from_blas(self.n, self.memory.as_mut_ptr(), self.inc) }
    }

    /// Where logical element i is in memory.
    fn place(&self, i: usize) -> usize {
        let step = self.inc.unsigned_abs();
        if self.inc < 0 { (self.n - 1 - i) * step } else { i * step }
    }

    /// The memory in double precision, to run the reference's loop on.
    fn model(&self) -> Model {
        let memory = self.memory.iter().map(|&x| widen(x)).collect();
        Model { memory, places: (0..self.n).map(|i| self.place(i)).collect() }
    }

    /// Compares the elements with the model's, and what is between them with NaN.
    #[track_caller]
    fn check(&self, model: &Model, terms: usize, what: &dyn core::fmt::Debug) {
        let mut between = vec![true; self.memory.len()];
        for &place in &model.places {
            between[place] = false;
            assert_close(self.memory[place], model.memory[place], terms, what);
        }
        for (x, _) in self.memory.iter().zip(between).filter(|(_, between)| *between) {
            assert_eq!(bits(*x), bits(nan::<T>()), "written between elements: {what:?}");
        }
    }
}

struct Model {
    memory: Vec<c64>,
    places: Vec<usize>,
}

impl Model {
    fn get(&self, i: usize) -> c64 {
        self.memory[self.places[i]]
    }

    fn set(&mut self, i: usize, x: c64) {
        self.memory[self.places[i]] = x;
    }

    fn values(&self) -> Vec<c64> {
        (0..self.places.len()).map(|i| self.get(i)).collect()
    }
}

const INCREMENTS: [(isize, isize); 10] =
    [(1, 1), (2, 1), (1, -1), (-1, -1), (3, -2), (-3, 2), (0, 1), (1, 0), (0, 0), (-2, -2)];

/// Runs a test for all ISAs, lengths, increments and guards; what ends at a guard page on several threads.
fn for_all_cases(test: impl Fn(usize, (isize, isize), Side, &mut Random)) {
    on_every_level(|_| {
        let mut random = Random::new(1);
        for n in (0..=130).chain([255, 256, 257, 1000, 2049, 8192, 8193, 20000]) {
            for increments in INCREMENTS {
                for (side, threads) in Side::ALL.into_iter().zip([1, 3]) {
                    on_threads(threads, || test(n, increments, side, &mut random));
                }
            }
        }
    });
}

/// Stamps a test for each of the four types.
macro_rules! for_every_type {
    ($($name:ident => $check:ident;)*) => {$(
        mod $name {
            #[test]
            fn s() { super::$check::<f32>() }
            #[test]
            fn d() { super::$check::<f64>() }
            #[test]
            fn c() { super::$check::<super::c32>() }
            #[test]
            fn z() { super::$check::<super::c64>() }
        }
    )*};
}

for_every_type! {
    sums => check_sums;
    updates => check_updates;
    exchanges => check_exchanges;
    extremes => check_extremes;
    norms => check_norms;
    nan_rules => check_nan_rules;
    sums_depend_on_length_only => check_fixed_order;
    rotations_made => check_rotg;
}

fn check_sums<T: Scalar>() {
    for_all_cases(|n, (incx, incy), side, random| {
        let what = (n, incx, incy, side);
        let x = Operand::<T>::random(n, incx, side, random);
        let y = Operand::<T>::random(n, incy, side, random);
        let (xs, ys) = (x.model().values(), y.model().values());
        let products = |f: &dyn Fn(c64, c64) -> c64| xs.iter().zip(&ys).map(|(&x, &y)| f(x, y)).sum::<c64>();
        assert_close(dot(x.view(), y.view()), products(&|x, y| x * y), 2 * n, &what);
        assert_close(dotc(x.view(), y.view()), products(&|x, y| x.conj() * y), 2 * n, &what);
        let asum_want = xs.iter().map(|x| x.re.abs() + x.im.abs()).sum::<f64>();
        assert_close(T::from_real(asum(x.view())), asum_want.into(), 2 * n, &what);
        let sum_want = xs.iter().map(|x| x.re + x.im).sum::<f64>();
        assert_close(T::from_real(sum(x.view())), sum_want.into(), 2 * n, &what);
        let norm_want = xs.iter().map(|x| x.norm_sqr()).sum::<f64>().sqrt();
        assert_close(T::from_real(nrm2(x.view())), norm_want.into(), 2 * n, &what);
    });
}

#[test]
fn wide_sums() {
    for_all_cases(|n, (incx, incy), side, random| {
        let x = Operand::<f32>::random(n, incx, side, random);
        let y = Operand::<f32>::random(n, incy, side, random);
        let want: f64 = x.model().values().iter().zip(y.model().values()).map(|(x, y)| x.re * y.re).sum();
        // Products and sums of multiples of 1/128 are exact in double precision.
        assert_eq!(dsdot(x.view(), y.view()), want, "{n} {incx} {incy}");
        assert_eq!(sdsdot(0.5, x.view(), y.view()), (0.5 + want) as f32, "{n} {incx} {incy}");
    });
}

fn check_updates<T: Scalar>() {
    for_all_cases(|n, (incx, incy), side, random| {
        let x = Operand::<T>::random(n, incx, side, random);
        let xs = x.model().values();
        let (alpha, beta): (T, T) = (random.element(), random.element());
        let real = alpha.re();
        // One y is added to n times if its increment is 0.
        if incy == 0 && n > 16 {
            return;
        }
        let terms = if incy == 0 { 4000 } else { 4 };
        let mut check = |update: &dyn Fn(VecMut<T>), model: &dyn Fn(c64, c64) -> c64, name: &str| {
            let mut y = Operand::<T>::random(n, incy, side, random);
            let mut want = y.model();
            for (i, &x) in xs.iter().enumerate() {
                want.set(i, model(x, want.get(i)));
            }
            update(y.view_mut());
            y.check(&want, terms, &(name, n, incx, incy, side));
        };
        let (a, b) = (widen(alpha), widen(beta));
        check(&|y| axpy(alpha, x.view(), y), &|x, y| a * x + y, "axpy");
        check(&|y| axpyc(alpha, x.view(), y), &|x, y| a * x.conj() + y, "axpyc");
        check(&|y| axpy(T::ZERO, x.view(), y), &|_, y| y, "axpy by 0");
        check(&|y| copy(x.view(), y), &|x, _| x, "copy");
        check(&|y| axpby(alpha, x.view(), beta, y), &|x, y| a * x + b * y, "axpby");
        check(&|y| axpby(alpha, x.view(), T::ZERO, y), &|x, _| a * x, "axpby, beta 0");
        check(&|y| axpby(T::ZERO, x.view(), beta, y), &|_, y| b * y, "axpby, alpha 0");
        check(&|y| axpby(T::ZERO, x.view(), T::ZERO, y), &|_, _| c64::ZERO, "axpby, both 0");
        if incy != 0 {
            check(&|y| scal(alpha, y), &|_, y| a * y, "scal");
            check(&|y| scal_real(real, y), &|_, y| y * real.to_f64(), "scal_real");
        }
    });
}

fn check_exchanges<T: Scalar>() {
    for_all_cases(|n, (incx, incy), side, random| {
        let (c, s): (T, T) = (random.element(), random.element());
        let (c, s_real) = (c.re(), T::from_real(s.re()));
        let terms = if incx == 0 || incy == 0 { 16 * n } else { 4 };
        // |c| + |s| may be 2 for each step; steps pile up where an increment is 0.
        if (incx == 0 || incy == 0) && n > 16 {
            return;
        }
        let mut check =
            |exchange: &dyn Fn(VecMut<T>, VecMut<T>), model: &dyn Fn(c64, c64) -> [c64; 2], name: &str| {
                let mut x = Operand::<T>::random(n, incx, side, random);
                let mut y = Operand::<T>::random(n, incy, side, random);
                let (mut x_want, mut y_want) = (x.model(), y.model());
                for i in 0..n {
                    let [new_x, new_y] = model(x_want.get(i), y_want.get(i));
                    x_want.set(i, new_x);
                    y_want.set(i, new_y);
                }
                exchange(x.view_mut(), y.view_mut());
                let size = x_want
                    .values()
                    .iter()
                    .chain(&y_want.values())
                    .map(|x| x.norm_sqr().sqrt())
                    .fold(1.0, f64::max);
                let terms = (terms as f64 * size) as usize;
                x.check(&x_want, terms, &(name, n, incx, incy, side));
                y.check(&y_want, terms, &(name, n, incx, incy, side));
            };
        check(&|x, y| swap(x, y), &|x, y| [y, x], "swap");
        let (cw, sw) = (widen(T::from_real(c)), widen(s_real));
        check(&|x, y| rot(x, y, c, s_real), &|x, y| [cw * x + sw * y, cw * y - sw * x], "rot");
        let sw = widen(s);
        check(&|x, y| rot(x, y, c, s), &|x, y| [cw * x + sw * y, cw * y - sw.conj() * x], "rot, complex s");
    });
}

#[test]
fn modified_rotations() {
    for_all_cases(|n, (incx, incy), side, random| {
        if (incx == 0 || incy == 0) && n > 8 {
            return;
        }
        for flag in [-2.0, -1.0, 0.0, 1.0] {
            let mut param = [flag, 0.0, 0.0, 0.0, 0.0];
            param[1..].fill_with(|| random.real());
            let [h11, h21, h12, h22] = match flag {
                -2.0 => [1.0, 0.0, 0.0, 1.0],
                0.0 => [1.0, param[2], param[3], 1.0],
                1.0 => [param[1], -1.0, 1.0, param[4]],
                _ => [param[1], param[2], param[3], param[4]],
            };
            let mut x = Operand::<f64>::random(n, incx, side, random);
            let mut y = Operand::<f64>::random(n, incy, side, random);
            let (mut x_want, mut y_want) = (x.model(), y.model());
            for i in 0..n {
                let (old_x, old_y) = (x_want.get(i), y_want.get(i));
                x_want.set(i, old_x * h11 + old_y * h12);
                y_want.set(i, old_x * h21 + old_y * h22);
            }
            rotm(x.view_mut(), y.view_mut(), &param);
            x.check(&x_want, 4000, &(flag, n, incx, incy));
            y.check(&y_want, 4000, &(flag, n, incx, incy));
        }
    });
}

/// The reference's loop: a later key replaces the first one if it compares greater.
fn first_best(keys: impl Iterator<Item = f64>) -> Option<usize> {
    let mut best = None;
    for (i, key) in keys.enumerate() {
        match best {
            None => best = Some((i, key)),
            Some((_, largest)) if key > largest => best = Some((i, key)),
            _ => (),
        }
    }
    best.map(|(i, _)| i)
}

fn check_extremes<T: Scalar>() {
    for_all_cases(|n, (inc, _), side, random| {
        let mut x = Operand::<T>::random(n, inc, side, random);
        // Ties are common among multiples of 1/128; NaN and zeros now and then.
        for i in 0..n {
            let place = x.place(i);
            match random.bits() % 64 {
                0 => x.memory[place] = nan(),
                1 => x.memory[place] = T::from_parts(T::Real::ZERO, T::Real::NAN),
                2 => x.memory[place] = T::ZERO,
                _ => (),
            }
        }
        let what = (n, inc, side);
        let keys: Vec<f64> = (0..n).map(|i| x.view().get(i).abs1().to_f64()).collect();
        let largest = first_best(keys.iter().copied());
        let smallest = first_best(keys.iter().map(|key| -key));
        assert_eq!(iamax(x.view()), largest, "{what:?}");
        assert_eq!(iamin(x.view()), smallest, "{what:?}");
        let same = |got: T::Real, place: Option<usize>| {
            let want = place.map_or(0.0, |i| keys[i]);
            assert!(got.to_f64() == want || got.is_nan() && want.is_nan(), "{got:?} {want} {what:?}");
        };
        same(amax(x.view()), largest);
        same(amin(x.view()), smallest);
        let reals: Vec<T::Real> = (0..n).map(|i| x.view().get(i).re()).collect();
        let view = VecRef::from_slice(&reals);
        let largest = first_best(reals.iter().map(|x| x.to_f64()));
        let smallest = first_best(reals.iter().map(|x| -x.to_f64()));
        assert_eq!(imax(view), largest, "{what:?}");
        assert_eq!(imin(view), smallest, "{what:?}");
        let same = |got: T::Real, place: Option<usize>| {
            let want = place.map_or(T::Real::ZERO, |i| reals[i]);
            assert!(got == want || got.is_nan() && want.is_nan(), "{got:?} {want:?} {what:?}");
        };
        same(max(view), largest);
        same(min(view), smallest);
    });
}

/// Numbers whose squares overflow or underflow, alone, in company, and with zeros.
fn check_norms<T: Scalar>() {
    on_every_level(|_| {
        let (tiny, huge) = (T::Real::MIN_POSITIVE, T::Real::MAX);
        let subnormal = tiny * T::Real::EPSILON;
        let quarter = T::Real::from_f64(0.25);
        for n in [1, 2, 3, 15, 16, 17, 64, 300, 9000] {
            let root = (n as f64).sqrt();
            for size in [tiny, subnormal, huge * quarter * quarter, T::Real::ONE, tiny.sqrt(), huge.sqrt()] {
                let x = vec![T::from_real(size); n];
                let want = size.to_f64() * root;
                if want > T::Real::MAX.to_f64() {
                    continue;
                }
                let got = nrm2(VecRef::from_slice(&x)).to_f64();
                let bound = (40.0 * T::Real::EPSILON.to_f64() * want).max(subnormal.to_f64());
                assert!((got - want).abs() <= bound, "{n} of {size:?}: {got}, not {want}");
            }
            let mut x = vec![T::ZERO; n];
            assert_eq!(nrm2(VecRef::from_slice(&x)), T::Real::ZERO);
            x[n - 1] = T::from_parts(T::Real::ZERO, huge);
            let want = if T::IS_COMPLEX { huge } else { T::Real::ZERO };
            assert_eq!(nrm2(VecRef::from_slice(&x)), want);
            x[n - 1] = T::from_real(subnormal);
            assert_eq!(nrm2(VecRef::from_slice(&x)), subnormal);
        }
        assert_eq!(nrm2::<T>(VecRef::from_slice(&[])), T::Real::ZERO);
    });
}

fn check_nan_rules<T: Scalar>() {
    on_every_level(|_| {
        let infinity = T::from_real(T::Real::MAX * T::Real::MAX);
        for n in [1, 5, 16, 100, 1000] {
            for at in [0, n / 2, n - 1] {
                let mut x = vec![T::ONE; n];
                x[at] = infinity;
                assert_eq!(nrm2(VecRef::from_slice(&x)), infinity.re());
                x[(at + 1) % n] = nan();
                assert!(nrm2(VecRef::from_slice(&x)).is_nan());
                assert!(asum(VecRef::from_slice(&x)).is_nan());
                assert!(dot(VecRef::from_slice(&x), VecRef::from_slice(&x)).re().is_nan());
                // 0 times NaN or Inf is NaN, also in scal.
                x[at] = if n == 1 { nan() } else { infinity };
                scal(T::ZERO, VecMut::from_slice(&mut x));
                assert!(x[at].re().is_nan() && x[(at + 1) % n].re().is_nan());
                assert!((0..n).filter(|&i| i != at && i != (at + 1) % n).all(|i| x[i] == T::ZERO));
                // beta = 0 does not read y.
                let y = vec![T::ONE; n];
                axpby(T::ONE, VecRef::from_slice(&y), T::ZERO, VecMut::from_slice(&mut x));
                assert_eq!(x, y);
            }
        }
    });
}

/// The same numbers give the same bits at any alignment and stride.
fn check_fixed_order<T: Scalar>() {
    on_every_level(|_| {
        let mut random = Random::new(7);
        let all: Vec<T> = (0..600_100).map(|_| random.element::<T>().scale(T::Real::from_f64(0.3))).collect();
        // The last one has chunks of more than one piece.
        for n in [1, 3, 17, 64, 129, 1000, 8192, 20000, 600_000] {
            let (x, y) = (&all[..n], &all[100..n + 100]);
            let want = dot(VecRef::from_slice(x), VecRef::from_slice(y));
            let norm = nrm2(VecRef::from_slice(x));
            let total = asum(VecRef::from_slice(x));
            for threads in 2..5 {
                let x = VecRef::from_slice(x);
                assert_eq!(on_threads(threads, || dot(x, VecRef::from_slice(y))), want);
                assert_eq!(on_threads(threads, || nrm2(x)), norm);
                assert_eq!(on_threads(threads, || asum(x)), total);
            }
            for shift in 1..if n > 20000 { 2 } else { 16 } {
                let shifted: Vec<T> = all[..shift].iter().chain(x).copied().collect();
                let x = VecRef::from_slice(&shifted[shift..]);
                assert_eq!(dot(x, VecRef::from_slice(y)), want);
                assert_eq!(nrm2(x), norm);
                assert_eq!(asum(x), total);
            }
            let spread: Vec<T> = x.iter().flat_map(|&x| [x, nan(), nan()]).collect();
            // SAFETY: every third element of 3 n.
            let x = unsafe { VecRef::new(spread.as_ptr(), n, 3) };
            assert_eq!(dot(x, VecRef::from_slice(y)), want);
            assert_eq!(nrm2(x), norm);
            assert_eq!(asum(x), total);
        }
    });
}

/// c^2 + |s|^2 = 1, the second component is zero, r has the norm of (a, b); from tiny to huge.
fn check_rotg<T: Scalar>() {
    let mut random = Random::new(3);
    let eps = T::Real::EPSILON.to_f64();
    let powers = [-1.0, -0.9, -0.5, -0.45, -0.1, 0.0, 0.1, 0.45, 0.5, 0.9];
    let huge = T::Real::MAX.to_f64();
    for (p, q) in powers.iter().flat_map(|&p| powers.map(|q| (p, q))) {
        for _ in 0..20 {
            let scaled = |x: T, power: f64| {
                x.scale(T::Real::from_f64(if power == -1.0 { 4096.0 / huge } else { huge.powf(power) }))
            };
            let (a0, b0): (T, T) = (scaled(random.element(), p), scaled(random.element(), q));
            let (mut a, mut b) = (a0, b0);
            let (c, s) = rotg(&mut a, &mut b);
            // Compare after dividing by the larger, in double precision.
            let size = widen(a0).l1_norm().max(widen(b0).l1_norm());
            if size == 0.0 {
                assert!(c == T::Real::ONE && s == T::ZERO);
                continue;
            }
            let unit = 2.0f64.powi(-(size.log2() as i32));
            let down = |x: T| widen(x) * unit;
            let (c, s) = (c.to_f64(), widen(s));
            let what = format!("{a0:?} {b0:?}: c {c} s {s} r {a:?}");
            assert!((c * c + s.norm_sqr() - 1.0).abs() <= 16.0 * eps, "{what}");
            assert!((down(a0) * c + down(b0) * s - down(a)).l1_norm() <= 64.0 * eps, "{what}");
            assert!((down(b0) * c - down(a0) * s.conj()).l1_norm() <= 64.0 * eps, "{what}");
            if T::IS_COMPLEX {
                assert_eq!(b, b0);
            } else {
                // c and s can be had again from z.
                let z = b.re().to_f64();
                let (c2, s2) = if z == 1.0 {
                    (0.0, 1.0)
                } else if z.abs() < 1.0 {
                    ((1.0 - z * z).sqrt(), z)
                } else {
                    (1.0 / z, (1.0 - 1.0 / (z * z)).sqrt())
                };
                assert!(
                    (c2.abs() - c.abs()).abs() < 1e-3 && (s2.abs() - s.re.abs()).abs() < 1e-3,
                    "{what} z {z}"
                );
            }
        }
    }
}

/// H zeroes the second component and keeps the weighted norm, and d1 and d2 end up in range.
#[test]
fn modified_rotations_made() {
    let mut random = Random::new(5);
    for round in 0..4000 {
        let mut pick = || random.real() * 4096f64.powi(random.bits() as i32 % 7 - 3);
        let (d1, d2, x1, y1) =
            (pick().abs(), pick().abs() * if round % 5 == 0 { -1.0 } else { 1.0 }, pick(), pick());
        let (mut e1, mut e2, mut z1) = (d1, d2, x1);
        let mut param = [9.0; 5];
        rotmg(&mut e1, &mut e2, &mut z1, y1, &mut param);
        let [h11, h21, h12, h22] = match param[0] {
            -2.0 => [1.0, 0.0, 0.0, 1.0],
            0.0 => [1.0, param[2], param[3], 1.0],
            1.0 => [param[1], -1.0, 1.0, param[4]],
            -1.0 => [param[1], param[2], param[3], param[4]],
            flag => panic!("flag {flag}"),
        };
        let what = format!("{d1} {d2} {x1} {y1}: {param:?}");
        if e1 == 0.0 && e2 == 0.0 && z1 == 0.0 {
            continue; // Not possible as a rotation: everything is set to zero.
        }
        let (p, q) = (d1 * x1 * x1, d2 * y1 * y1);
        let size = p.abs() + q.abs();
        assert!((e1 * z1 * z1 - (p + q)).abs() <= 1e-13 * size, "norm: {what}");
        if param[0] != -2.0 {
            assert!(
                (h11 * x1 + h12 * y1 - z1).abs() <= 1e-13 * (h11 * x1).abs().max((h12 * y1).abs()),
                "{what}"
            );
            assert!((h21 * x1 + h22 * y1).abs() <= 1e-13 * (h21 * x1).abs(), "{what}");
        }
        for e in [e1, e2] {
            assert!(
                param[0] == -2.0 || e == 0.0 || (4096f64.powi(-2)..=4096f64.powi(2)).contains(&e.abs()),
                "{what}"
            );
        }
    }
    // What the reference loops on for ever.
    let (mut d1, mut d2, mut x1, mut param) = (f64::INFINITY, 1.0, 1.0, [0.0; 5]);
    rotmg(&mut d1, &mut d2, &mut x1, 1.0, &mut param);
}
