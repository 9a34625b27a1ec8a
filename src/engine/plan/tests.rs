use super::*;

/// (cores, CCDs) of machines from a virtual one to two sockets of a server.
const MACHINES: [(usize, usize); 16] = [
    (1, 1),
    (2, 1),
    (2, 2),
    (6, 1),
    (8, 1),
    (8, 2),
    (16, 1),
    (16, 2),
    (64, 4),
    (64, 8),
    (64, 16),
    (128, 8),
    (128, 16),
    (192, 12),
    (192, 16),
    (192, 1),
];

/// Its caches.
const ZEN5: Caches = Caches { l1d: 48 << 10, l2: 1 << 20, l3: 32 << 20, l3_cores: 8 };

/// A product of f32 on AVX-512.
fn shape(m: usize, n: usize, k: usize) -> Shape {
    Shape::new([m, n, k], (48, 192), (8, 32), 60.0)
}

/// What threads and CCDs do under a plan, without doing it.
struct Simulation {
    /// Nanoseconds until the last group is done.
    time: f64,
    /// Nanoseconds of work, all threads together.
    work: f64,
    /// Multiply-adds in all.
    multiplied: f64,
    /// Bytes that the busiest CCD moves over its link.
    ccd_bytes: f64,
}

/// Elements of C that are wanted in a block.
fn wanted(shape: &Shape, rows: &Range<usize>, cols: &Range<usize>) -> f64 {
    cols.clone()
        .map(|j| match shape.triangle {
            None => rows.len(),
            Some(Uplo::Upper) => (j + 1).clamp(rows.start, rows.end) - rows.start,
            Some(Uplo::Lower) => rows.end - j.clamp(rows.start, rows.end),
        })
        .sum::<usize>() as f64
}

fn simulate(shape: &Shape, plan: &Plan, ccd_size: usize) -> Simulation {
    let Blocks { mc, kc, nc } = plan.blocks;
    let members = plan.grid.members;
    let rate = if shape.triangle.is_some() { shape.rate / 2.0 } else { shape.rate };
    let (mut time, mut work, mut multiplied) = (0.0f64, 0.0, 0.0);
    // Rows of A that are read on a CCD, and bytes of its groups' columns of B and C.
    let mut ccds =
        vec![(std::collections::BTreeSet::new(), 0.0); (plan.grid.groups() * members).div_ceil(ccd_size)];
    for group in 0..plan.grid.groups() {
        let (rows, cols) = (plan.rows(group), plan.cols(group));
        let mut group_time = 0.0;
        for jc in cols.clone().step_by(nc) {
            let cols = jc..(jc + nc).min(cols.end);
            for pc in (0..shape.k).step_by(kc) {
                let depth = kc.min(shape.k - pc) as f64;
                let mut member_time =
                    vec![cols.len() as f64 * depth / cost::PACK_RATE / members as f64; members];
                let mut blocks: Vec<_> =
                    rows.clone().step_by(mc).map(|ic| ic..(ic + mc).min(rows.end)).collect();
                if shape.triangle == Some(Uplo::Lower) {
                    blocks.reverse();
                }
                for rows in blocks {
                    let products = wanted(shape, &rows, &cols) * depth;
                    if products > 0.0 {
                        let next = member_time.iter_mut().min_by(|a, b| a.total_cmp(b)).unwrap();
                        *next += products / rate + rows.len() as f64 * depth / cost::PACK_RATE;
                        multiplied += products;
                    }
                }
                group_time += member_time.iter().fold(0.0, |a: f64, &b| a.max(b));
                work += member_time.iter().sum::<f64>();
            }
        }
        time = time.max(group_time);
        let (a_rows, bytes) = &mut ccds[group * members / ccd_size];
        for jc in cols.clone().step_by(nc) {
            a_rows.insert((rows.start, rows.end, (jc - cols.start) / nc));
        }
        let passes = shape.k.div_ceil(kc) as f64;
        *bytes += 4.0 * (cols.len() * shape.k) as f64 + 8.0 * passes * wanted(shape, &rows, &cols);
    }
    let a_bytes = |rows: &std::collections::BTreeSet<(usize, usize, usize)>| {
        rows.iter().map(|(start, end, _)| 4.0 * ((end - start) * shape.k) as f64).sum::<f64>()
    };
    let ccd_bytes = ccds.iter().map(|(rows, bytes)| bytes + a_bytes(rows)).fold(0.0, f64::max);
    Simulation { time, work, multiplied, ccd_bytes }
}

#[test]
fn threads_are_busy_and_links_are_not_on_every_machine() {
    println!(
        "product               cores CCDs | down x across x members |   mc   kc   nc | busy | GB/s per CCD"
    );
    let large = |m, n, k| (shape(m, n, k), 0.85);
    let thin = |m, n, k| (shape(m, n, k), 0.6);
    let triangle = |uplo| (Shape { triangle: Some(uplo), rate: 120.0, ..shape(6000, 6000, 3000) }, 0.7);
    let products = [
        large(6000, 6000, 6000),
        large(8192, 4096, 4096),
        thin(40_000, 640, 2000),
        thin(640, 40_000, 2000),
        triangle(Uplo::Upper),
        triangle(Uplo::Lower),
    ];
    for (shape, least_busy) in &products {
        for (cores, ccds) in MACHINES {
            let plan = Plan::for_caches(&ZEN5, shape, cores, cores / ccds);
            let Simulation { time, work, multiplied, ccd_bytes } = simulate(shape, &plan, cores / ccds);
            let busy = work / (time * cores as f64);
            let Grid { down, across, members } = plan.grid;
            let Blocks { mc, kc, nc } = plan.blocks;
            let product = format!("{} x {} x {}", shape.m, shape.n, shape.k);
            println!(
                "{product:21} {cores:5} {ccds:4} | {down:4} x {across:6} x {members:7} | {mc:4} {kc:4} {nc:4} | {:3.0}% | {:5.1}",
                100.0 * busy,
                ccd_bytes / time
            );
            assert_eq!(plan.grid.groups() * members, cores);
            assert!((cores / ccds).is_multiple_of(members), "a group lies on one CCD");
            let all = wanted(shape, &(0..shape.m), &(0..shape.n)) * shape.k as f64;
            assert!((multiplied / all - 1.0).abs() < 1e-9, "{multiplied} of {all}");
            assert!(busy >= *least_busy, "threads wait: {plan:?}");
            // Sixteen cores on a link are more than any CCD has.
            if cores / ccds <= 16 {
                assert!(ccd_bytes / time < cost::MEMORY_RATE, "{} B/ns: {plan:?}", ccd_bytes / time);
            }
        }
    }
}

#[test]
fn groups_cover_c_once() {
    let triangles = [None, Some(Uplo::Upper), Some(Uplo::Lower)];
    for (m, n) in [(1000, 1000), (7, 5000), (5000, 7), (48, 8), (1, 1)] {
        for (triangle, (cores, ccds)) in
            triangles.into_iter().flat_map(|t| MACHINES.map(|machine| (t, machine)))
        {
            let shape = Shape { triangle, ..shape(m, n, 300) };
            let plan = Plan::for_caches(&ZEN5, &shape, cores, cores / ccds);
            assert!(triangle.is_none() || plan.grid.down == 1);
            for group in 0..plan.grid.groups() {
                let (rows, cols) = (plan.rows(group), plan.cols(group));
                let first = (group % plan.grid.across == 0, group < plan.grid.across);
                assert_eq!(cols.start, if first.0 { 0 } else { plan.cols(group - 1).end });
                assert_eq!(rows.start, if first.1 { 0 } else { plan.rows(group - plan.grid.across).end });
            }
            let last = plan.grid.groups() - 1;
            assert_eq!((plan.rows(last).end, plan.cols(last).end), (m, n));
        }
    }
}

#[test]
fn few_columns_or_rows_still_occupy_many_threads() {
    for (m, n) in [(100_000, 8), (8, 100_000)] {
        let plan = Plan::for_caches(&ZEN5, &shape(m, n, 500), 64, 8);
        let occupied = (0..plan.grid.groups())
            .filter(|&group| !plan.rows(group).is_empty() && !plan.cols(group).is_empty())
            .count();
        assert_eq!(occupied * plan.grid.members, 64, "{plan:?}");
    }
}

/// 64 rows are two tiles of 48, but no 96: two threads take half of the columns each, not 48 and 16 rows.
#[test]
fn the_last_tile_costs_what_it_has() {
    for (m, n) in [(64, 4096), (49, 1000), (100, 2048)] {
        let plan = Plan::for_caches(&ZEN5, &shape(m, n, 500), 2, 2);
        let work = |group: usize| plan.rows(group).len() * plan.cols(group).len();
        let most = (0..plan.grid.groups()).map(work).max().unwrap();
        assert!(plan.grid.members > 1 || most * 2 <= m * (n + 16), "{m} {n}: {plan:?}");
    }
}

#[test]
fn blocks_shrink_to_a_tile_and_stop() {
    let mut plan = Plan::for_caches(&ZEN5, &shape(5000, 5000, 5000), 4, 8);
    let mut last = plan.workspace_bytes();
    while plan.shrink() {
        assert!(plan.workspace_bytes() < last);
        last = plan.workspace_bytes();
    }
    assert!(last < 64 * 1024, "{last}");
}
