//! The loops on every ISA, with small blocks and made-up teams, so that every block edge is crossed.

use super::blocking::Blocks;
use super::gemm::{Gemm, Region};
use super::operand::Operand;
use super::plan::Grid;
use super::*;
use crate::kernel::kernels_on;
use crate::scalar::{Real, Scalar, c32, c64};
use crate::testing::levels;
use crate::view::{MatRef, Symmetry, Uplo};

/// Runs a plan on plain threads, as many as it has members.
fn run<P: Product>(product: &P, plan: &Plan) {
    assert!(with_plan(plan, |plan, groups, workspace| {
        std::thread::scope(|scope| {
            for member in 0..plan.grid.groups() * plan.grid.members {
                scope.spawn(move || loops::member(product, plan, groups, workspace, member));
            }
        });
    }));
}

/// Arrangements of up to five threads.
const GRIDS: [Grid; 8] = [
    Grid::ALONE,
    Grid { across: 2, ..Grid::ALONE },
    Grid { across: 3, ..Grid::ALONE },
    Grid { down: 2, ..Grid::ALONE },
    Grid { members: 3, ..Grid::ALONE },
    Grid { down: 2, across: 2, members: 1 },
    Grid { down: 1, across: 2, members: 2 },
    Grid { down: 2, across: 1, members: 2 },
];

fn products<T: Scalar>() {
    let number = |i: usize| {
        let part = |i: usize| T::Real::from_f64(((i * 7919 + 13) % 32) as f64 / 8.0 - 2.0);
        T::from_parts(part(i), part(i + 11))
    };
    for kernels in levels().filter_map(kernels_on::<T>) {
        for (m, n, k) in [(1, 1, 1), (50, 17, 33), (97, 25, 40), (145, 9, 64)] {
            let (a, b): (Vec<T>, Vec<T>) =
                ((0..m * k).map(number).collect(), (0..n * k).map(|i| number(i + 3)).collect());
            // SAFETY: column-major without padding.
            let (a, b) = unsafe {
                (MatRef::new(a.as_ptr(), m, k, 1, m as isize), MatRef::new(b.as_ptr(), n, k, 1, n as isize))
            };
            let before: Vec<T> = (0..m * n).map(|i| number(i + 7)).collect();
            let triangle = |uplo| Region::Triangle(uplo, Symmetry::Symmetric);
            for region in [Region::Full, triangle(Uplo::Upper), triangle(Uplo::Lower)] {
                let mut first: Option<Vec<T>> = None;
                // A as it is, and in two parts whose seam lies inside a block.
                let parts = [a.block(0..m, 0..k / 3), a.block(0..m, k / 3..k)];
                let ways = GRIDS.into_iter().map(|grid| (grid, Operand::Dense(a)));
                for (grid, a_operand) in ways.chain([(GRIDS[6], Operand::Joined(parts))]) {
                    let mut c = before.clone();
                    let product = Gemm {
                        kernels,
                        m,
                        n,
                        k,
                        alpha: T::ONE,
                        a: a_operand,
                        conj_a: false,
                        b: Operand::Dense(b),
                        conj_b: false,
                        beta: T::ONE,
                        c: c.as_mut_ptr(),
                        c_col: m as isize,
                        region,
                    };
                    let mut plan = Plan::new(&product.shape(), 1, 1);
                    plan.set_grid(grid);
                    plan.set_blocks(Blocks { mc: kernels.mr, kc: 12, nc: 2 * kernels.nr });
                    run(&product, &plan);
                    for (at, &x) in c.iter().enumerate() {
                        let (i, j) = (at % m, at / m);
                        let mut want = before[at];
                        let wanted = match region {
                            Region::Full => true,
                            Region::Triangle(Uplo::Upper, _) => i <= j,
                            Region::Triangle(Uplo::Lower, _) => i >= j,
                        };
                        if wanted {
                            for p in 0..k {
                                want += a.get(i, p) * b.get(j, p);
                            }
                        }
                        let error = (x - want).abs1().to_f64();
                        let bound = 256.0 * k as f64 * T::Real::EPSILON.to_f64();
                        assert!(error <= bound, "{:?} {grid:?} {m} {n} {k} ({i}, {j})", kernels.level);
                    }
                    // The same bits, whoever computes.
                    assert!(*first.get_or_insert_with(|| c.clone()) == c, "{:?} {grid:?}", kernels.level);
                }
            }
        }
    }
}

#[test]
fn block_edges_and_teams_on_every_isa() {
    products::<f32>();
    products::<f64>();
    products::<c32>();
    products::<c64>();
}
