//! Products of bytes, exact modulo 2^32.

use super::dots::Dots;
use super::epilogue::{Element, Epilogue, Finishing, Into, Out, into};
use super::finish::{self, Finish};
use super::integer::{Integer, Rounding};
use super::operand::{Kind, Operand};
use super::packed::Role;
use super::side::Side;
use super::task::{OutOfMemory, Pass, Task, done};
use super::{single, skinny};
use crate::kernel::dot;
use crate::view::MatMut;

/// `C <- alpha (A + zero_a) (B + zero_b) + beta C + offset` as `how` says, exactly rounded. A is m x k, `b` B
/// transposed, n x k; both of bytes.
pub fn bytes(
    a: &Operand,
    zero_a: i32,
    b: &Operand,
    zero_b: i32,
    how: &Integer,
    c: MatMut<i32>,
) -> Result<(), OutOfMemory> {
    if c.rows() == 0 || c.cols() == 0 {
        return Ok(());
    }
    let task = Task::of_dots(a, b, &c, dot::bytes());
    let finish = Rounding::new(how, task.out, task.swapped);
    if task.a.k == 0 || how.alpha == 0.0 {
        task.without_terms(&finish, 0);
        return Ok(());
    }
    let product = byte_product(&task, zero_a, zero_b);
    if skinny::multiply(&(&product).into(), &finish) || single_bytes(&task, zero_a, zero_b, &finish) {
        return Ok(());
    }
    let product = if task.pass == Pass::Streamed { product.streamed() } else { product };
    done(match (task.adjacent(), task.turned()) {
        // SAFETY: C is as large as the operands, rows adjacent.
        (Some((c, c_col)), _) if how.is_plain() => unsafe {
            finish::multiply_into(&product, c, c_col, false)
        },
        // SAFETY: C is as large as the operands, columns adjacent.
        (_, Some((c, c_row))) if how.is_plain() => unsafe {
            finish::multiply_into_turned(&product, c, c_row, false)
        },
        _ => finish::multiply(&product, task.depth(Kind::S8), &finish),
    })
}

/// Multiplies if there is one column; otherwise does nothing and says so.
fn single_bytes<T: Copy>(task: &Task<T>, zero_a: i32, zero_b: i32, finish: &impl Finish<i32>) -> bool {
    let (x, y) = if task.swapped { (zero_b, zero_a) } else { (zero_a, zero_b) };
    task.b.count == 1 && single::bytes(&task.a, x, &task.b, y, finish)
}

/// The product of bytes of a task.
fn byte_product<'a, T: Copy>(task: &Task<'a, T>, zero_a: i32, zero_b: i32) -> Dots<'a, i32> {
    let (x, y) = if task.swapped { (zero_b, zero_a) } else { (zero_a, zero_b) };
    let (a, b) = (Side::new(&task.a, Role::Rows).plus(x), Side::new(&task.b, Role::Columns).plus(y));
    Dots::new(dot::bytes(), a, b)
}

/// [`bytes`], `C <- epilogue((A + zero_a) (B + zero_b))`.
pub fn bytes_into(
    a: &Operand,
    zero_a: i32,
    b: &Operand,
    zero_b: i32,
    epilogue: &Epilogue,
    c: Out,
) -> Result<(), OutOfMemory> {
    struct Bytes<'a>(&'a Operand<'a>, i32, &'a Operand<'a>, i32);
    impl Into for Bytes<'_> {
        fn multiply<T: Element>(self, epilogue: &Epilogue, c: MatMut<T>) -> Result<(), OutOfMemory> {
            let Bytes(a, zero_a, b, zero_b) = self;
            let task = Task::of_dots(a, b, &c, dot::bytes());
            let finish = Finishing::new(epilogue, task.out, task.swapped);
            if task.a.k == 0 {
                task.without_terms(&finish, 0i32);
                return Ok(());
            }
            let product = byte_product(&task, zero_a, zero_b);
            if skinny::multiply(&(&product).into(), &finish) || single_bytes(&task, zero_a, zero_b, &finish) {
                return Ok(());
            }
            let product = if task.pass == Pass::Streamed { product.streamed() } else { product };
            done(finish::multiply(&product, task.depth(Kind::S8), &finish))
        }
    }
    into(Bytes(a, zero_a, b, zero_b), epilogue, c)
}
