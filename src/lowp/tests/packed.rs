//! Operands packed beforehand: recognised, and the same however many threads pack.

use super::packing;
use super::*;
use crate::testing::on_threads;

#[test]
fn packed_operands_are_recognised() {
    let numbers = vec![1i8; 40 * 50];
    // SAFETY: 40 x 50, contiguous.
    let mat = unsafe { MatRef::new(numbers.as_ptr(), 40, 50, 50, 1) };
    let mut buffer = Vec::new();
    repacked(&Operand::new(mat), Role::Rows, &mut buffer);
    let open = |buffer: &[u64], kind, role, count, k| {
        // SAFETY: a packed operand, or no header.
        unsafe { packing::open(buffer.as_ptr().cast(), kind, role, count, k) }.map(|_| ())
    };
    assert_eq!(open(&buffer, Kind::S8, Role::Rows, 40, 50), Ok(()));
    let kind = Err(PackedError::Kind(Kind::S8));
    assert_eq!(open(&buffer, Kind::U8, Role::Rows, 40, 50), kind);
    assert_eq!(open(&buffer, Kind::Bf16, Role::Rows, 40, 50), kind);
    assert_eq!(open(&buffer, Kind::S8, Role::Columns, 40, 50), Err(PackedError::Side));
    let shape = Err(PackedError::Shape(40, 50));
    assert_eq!(open(&buffer, Kind::S8, Role::Rows, 50, 40), shape);
    assert_eq!(open(&buffer, Kind::S8, Role::Rows, 40, 51), shape);
    assert_eq!(open(&[0; 64], Kind::S8, Role::Rows, 40, 50), Err(PackedError::NotPacked));
    for word in 0..8 {
        let mut damaged = buffer.clone();
        damaged[word] ^= 1 << 40;
        assert_eq!(open(&damaged, Kind::S8, Role::Rows, 40, 50), Err(PackedError::NotPacked), "{word}");
    }
    // A copy at another address will do.
    let moved: Vec<u64> = [0].into_iter().chain(buffer).collect();
    assert_eq!(open(&moved[1..], Kind::S8, Role::Rows, 40, 50), Ok(()));
}

#[test]
fn packing_on_threads_writes_the_same_bytes() {
    fn check<E: Number>(mut make: impl FnMut() -> E) {
        for (count, k, by_rows) in [(1, 1, true), (130, 700, false), (300, 2000, true)] {
            let matrix = Matrix::new(count, k, by_rows, 1, Side::End, &mut make);
            for role in [Role::Rows, Role::Columns] {
                // In the same place, whose address matters.
                let mut buffer = Vec::new();
                let mut packed = |threads: i32| {
                    buffer.fill(!0);
                    on_threads(threads, || {
                        repacked(&Operand::new(matrix.view()), role, &mut buffer);
                    });
                    buffer.clone()
                };
                assert!(packed(1) == packed(3), "{count} {k} {role:?}");
            }
        }
    }
    let mut random = Random::new(91);
    check(|| i8::any(&mut random));
    let mut random = Random::new(92);
    check(|| bf16::from_f32(random.real() as f32));
    let mut random = Random::new(93);
    check(|| random.real());
}
