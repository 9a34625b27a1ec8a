//! Teams of threads: all members of a team work at the same time, so that they can meet at barriers.
//!
//! Each process has one gang of workers, made when first needed: private rayon pools, one for each CCD,
//! grown CCD by CCD up to the number of threads that calls may use. A call takes the workers that it gets
//! without waiting ([`take`]); where another call has them, where the caller is a member of a team
//! itself, or where the system refuses threads, the team is smaller, in the end the caller alone. So
//! nothing here can deadlock, whoever calls from wherever.
//!
//! Work of which every member has a part of its own, and which may meet at barriers, is [`Team::run`]; pieces that
//! whoever is there takes in turn are [`Team::share`]d, and a worker that comes too late is not waited for.
//!
//! A worker is a job on its pool that waits a little for the next call (`Worker::reside`) and then leaves
//! the thread to rayon, which puts it to sleep. The caller waits without running anybody's rayon jobs,
//! neither ours nor those of a pool that it may be a worker of.
//!
//! A program that has threads of its own waiting, as the team of an OpenMP program is between its parallel
//! regions, can lend them ([`set_lender`]): then the team is made of those and none of ours run.
//!
//! After `fork` the child makes a gang of its own and leaves the parent's untouched. Gangs live as long
//! as their process: there is no clean-up at exit that could go wrong.
//!
//! Called by the engine and by the operations; calls `topology`, `threads`, `barrier`, `preserve`.

use crate::platform::affinity;
use crate::platform::barrier::{Padded, Wait};
use crate::platform::preserve::{Errno, FloatMode};
use crate::platform::process::PerProcess;
use crate::platform::thread::Thread;
use crate::platform::{threads, topology};
use core::cell::Cell;
use core::ffi::{c_int, c_void};
use core::marker::PhantomData;
use core::ptr;
use core::sync::atomic::{AtomicBool, AtomicPtr, AtomicU64, AtomicUsize, Ordering::*};
use rayon::{ThreadPool, ThreadPoolBuilder};
use std::time::{Duration, Instant};

/// How long a worker looks for the next call before its thread goes to sleep.
const PATIENCE: Duration = Duration::from_micros(50);

/// How long the gang makes do with the threads it has after the system refused more.
const UNTIL_RETRY: Duration = Duration::from_secs(10);

thread_local! {
    /// Whether this thread is at work in a team.
    static AT_WORK: Cell<bool> = const { Cell::new(false) };
}

/// A program's way to run a team on threads of its own: it calls the function with 0, 1, ... up to the number
/// of members and with the pointer, 0 on the calling thread and each other on a thread of its own, all at the
/// same time, and returns when all have returned.
pub type Lender = unsafe extern "C" fn(c_int, unsafe extern "C" fn(c_int, *mut c_void), *mut c_void);

thread_local! {
    /// Who lends threads to calls from this thread.
    static LENDER: Cell<Option<Lender>> = const { Cell::new(None) };
}

/// Lets the teams of the calling thread consist of threads that `lender` has; without one, of ours. Returns
/// the lender before.
///
/// # Safety
/// The lender must do what [`Lender`] says.
pub unsafe fn set_lender(lender: Option<Lender>) -> Option<Lender> {
    LENDER.replace(lender)
}

/// The calling thread and the workers that it has; they are free again when the team is dropped.
#[derive(Debug)]
pub struct Team {
    gang: Option<&'static Gang>,
    /// Members 1, 2, ...; those of a CCD one after the other, those of the caller's first.
    workers: Vec<&'static Worker>,
    /// Who has the threads instead, and how many members there are.
    lent: Option<(Lender, usize)>,
    /// The caller's CCD.
    ccd: usize,
    /// Belongs to the thread that took it.
    _not_sent: PhantomData<*mut ()>,
}

/// A team of `wanted` threads, the caller included, or of as many as there are. Never waits.
pub fn take(wanted: usize) -> Team {
    let most = threads::max();
    let wanted = wanted.min(most);
    if wanted <= 1 || AT_WORK.get() {
        return Team::of_caller();
    }
    let _errno = Errno::keep();
    match LENDER.get() {
        Some(lender) => {
            let mut team = Team::of_caller();
            (team.lent, team.ccd) = (Some((lender, wanted)), home());
            team
        }
        None => Gang::of_process().team(wanted, most),
    }
}

/// The system's names of the threads of the pools, as many as calls may use beside the caller; they are
/// started if need be.
pub fn threads() -> Vec<libc::pthread_t> {
    let _errno = Errno::keep();
    let most = threads::max() - 1;
    let gang = Gang::of_process();
    if gang.size.load(Relaxed) < most {
        gang.grow(most, most, home());
    }
    gang.squads().flat_map(|squad| &squad.threads).copied().take(most).collect()
}

/// The CCD of the calling thread.
fn home() -> usize {
    let machine = topology::get();
    match machine.ccds.len() {
        1 => 0,
        _ => affinity::current_cpu().map_or(0, |cpu| machine.ccd_of_cpu(cpu)),
    }
}

impl Team {
    /// The caller alone.
    fn of_caller() -> Team {
        Team { gang: None, workers: Vec::new(), lent: None, ccd: 0, _not_sent: PhantomData }
    }

    /// Members, the caller included.
    pub fn size(&self) -> usize {
        self.lent.map_or(1 + self.workers.len(), |(_, size)| size)
    }

    /// Which of the topology's CCDs a member works on. Members of a CCD have consecutive numbers.
    pub fn ccd_of(&self, member: usize) -> usize {
        match self.lent {
            // Where a lent thread runs is the program's affair; runtimes spread theirs evenly.
            Some((_, size)) => {
                let ccds = topology::get().ccds.len();
                (self.ccd + member * ccds.min(size) / size) % ccds
            }
            None if member == 0 => self.ccd,
            None => self.workers[member - 1].ccd,
        }
    }

    /// Calls `work(member)` for all members at the same time, the caller being member 0, and returns when
    /// all are done. A panic in `work` ends the program: the others may be waiting for the one that
    /// panicked.
    pub fn run<F: Fn(usize) + Sync>(&self, work: F) {
        self.start(work, false);
    }

    /// Calls `work(piece)` for each of `pieces` pieces, which members take in turn, and returns when all are
    /// done. Pieces must not wait for each other. A worker that has not come by the time all are taken is not
    /// waited for: where the CPUs have other things to do, work that is shared takes no longer than alone.
    pub fn share<F: Fn(usize) + Sync>(&self, pieces: usize, work: F) {
        let next = AtomicUsize::new(0);
        let take = |_| {
            loop {
                let piece = next.fetch_add(1, Relaxed);
                if piece >= pieces {
                    return;
                }
                work(piece);
            }
        };
        self.start(take, true);
    }

    /// Runs `work` on all members; `optional` is whether those that have not begun when the caller is done
    /// need not.
    fn start<F: Fn(usize) + Sync>(&self, work: F, optional: bool) {
        if self.size() == 1 {
            return work(0);
        }
        let _errno = Errno::keep();
        let task = Task {
            work: (&raw const work).cast(),
            call: call::<F>,
            mode: FloatMode::current(),
            at_work: Padded(AtomicUsize::new(self.size() - 1)),
        };
        if let Some((lender, size)) = self.lent {
            // SAFETY: it does what `Lender` says, so that the task lives until all members have done theirs.
            return unsafe { lender(size as c_int, lent_member, (&raw const task).cast_mut().cast()) };
        }
        let panics = AbortOnUnwind;
        for (i, worker) in self.workers.iter().enumerate() {
            // SAFETY: the worker is ours, and idle since `run` waits below; `task` lives until then.
            unsafe { worker.post(i + 1, &task) };
        }
        AT_WORK.set(true);
        work(0);
        AT_WORK.set(false);
        if optional {
            let idle = self.workers.iter().filter(|worker| worker.take_back(&task)).count();
            task.at_work.0.fetch_sub(idle, Relaxed);
        }
        let mut wait = Wait::among(self.size());
        while task.at_work.0.load(Acquire) > 0 {
            wait.pause();
        }
        core::mem::forget(panics);
    }
}

impl Drop for Team {
    fn drop(&mut self) {
        if let Some(gang) = self.gang {
            for worker in &self.workers {
                worker.taken.store(false, Release);
            }
            gang.taken.fetch_sub(self.workers.len(), Release);
        }
    }
}

/// Ends the program if a panic passes.
struct AbortOnUnwind;

impl Drop for AbortOnUnwind {
    fn drop(&mut self) {
        std::process::abort();
    }
}

/// What a team works on.
struct Task {
    work: *const (),
    call: unsafe fn(*const (), usize),
    mode: FloatMode,
    /// Workers that are not done.
    at_work: Padded<AtomicUsize>,
}

/// What a lent thread does for a team.
///
/// # Safety
/// `task` must point to a [`Task`] that `member` has not performed yet.
unsafe extern "C" fn lent_member(member: c_int, task: *mut c_void) {
    // SAFETY: the caller's promise.
    unsafe { Worker::perform(task.cast_const().cast(), member as usize) };
}

/// # Safety
/// `work` must point to an `F`.
unsafe fn call<F: Fn(usize) + Sync>(work: *const (), member: usize) {
    // SAFETY: the caller vouches for it.
    unsafe { (*work.cast::<F>())(member) }
}

/// All workers of a process.
#[derive(Debug)]
struct Gang {
    /// The squads, in the order in which they were made.
    first: AtomicPtr<Squad>,
    /// Workers in all squads.
    size: AtomicUsize,
    /// Workers in teams.
    taken: AtomicUsize,
    /// Whether a thread is adding squads.
    growing: AtomicBool,
    /// When to ask for threads again, in nanoseconds after `made`; 0 as long as none was refused.
    retry: AtomicU64,
    made: Instant,
}

/// Workers of one CCD that were started together.
#[derive(Debug)]
struct Squad {
    workers: Box<[Worker]>,
    /// The threads that they run on, any on any.
    threads: Box<[libc::pthread_t]>,
    next: AtomicPtr<Squad>,
}

/// A thread's worth of work, to be had by one team at a time.
#[derive(Debug)]
#[repr(align(128))] // shares its cache lines with nobody
struct Worker {
    /// A task to do; or [`NOBODY`] where no job waits for one; or [`WAITING`].
    mail: AtomicPtr<Task>,
    /// Number in the team of the moment.
    member: AtomicUsize,
    taken: AtomicBool,
    ccd: usize,
    pool: &'static ThreadPool,
}

const NOBODY: *mut Task = ptr::null_mut();
const WAITING: *mut Task = ptr::without_provenance_mut(align_of::<Task>());

impl Gang {
    fn of_process() -> &'static Gang {
        static GANG: PerProcess<Gang> = PerProcess::new();
        GANG.get(Gang::new)
    }

    fn new() -> Gang {
        Gang {
            first: AtomicPtr::new(ptr::null_mut()),
            size: AtomicUsize::new(0),
            taken: AtomicUsize::new(0),
            growing: AtomicBool::new(false),
            retry: AtomicU64::new(0),
            made: Instant::now(),
        }
    }

    /// The squads so far.
    fn squads(&'static self) -> impl Iterator<Item = &'static Squad> {
        let mut next = &self.first;
        core::iter::from_fn(move || {
            // SAFETY: squads are published whole and never freed.
            let squad = unsafe { next.load(Acquire).as_ref() }?;
            next = &squad.next;
            Some(squad)
        })
    }

    /// A team of at most `wanted`, if all teams together have fewer than `most` workers.
    fn team(&'static self, wanted: usize, most: usize) -> Team {
        let ccd = home();
        let share = |taken: usize| (wanted - 1).min((most - 1).saturating_sub(taken));
        let taken = self.taken.fetch_update(Acquire, Relaxed, |taken| Some(taken + share(taken)));
        let taken = taken.unwrap_or_else(|taken| taken);
        let share = share(taken);
        if self.size.load(Relaxed) < taken + share {
            self.grow(taken + share, most - 1, ccd);
        }
        let mut workers = Vec::with_capacity(share);
        for home in [true, false] {
            let all = self.squads().flat_map(|squad| &squad.workers);
            let free = all.filter(|worker| (worker.ccd == ccd) == home && worker.enlist());
            workers.extend(free.take(share - workers.len()));
        }
        workers.sort_by_key(|worker| (worker.ccd != ccd, worker.ccd));
        self.taken.fetch_sub(share - workers.len(), Relaxed);
        Team { gang: Some(self), workers, lent: None, ccd, _not_sent: PhantomData }
    }

    /// Adds squads until there are `needed` workers, never more than `most`, those of the caller's CCD
    /// first.
    #[cold]
    fn grow(&'static self, needed: usize, most: usize, home: usize) {
        let now = self.made.elapsed().as_nanos() as u64;
        if now < self.retry.load(Relaxed) || self.growing.swap(true, Acquire) {
            return;
        }
        let machine = topology::get();
        let mut strength = vec![0; machine.ccds.len()];
        let mut last = &self.first;
        for squad in self.squads() {
            strength[squad.workers[0].ccd] += squad.workers.len();
            last = &squad.next;
        }
        // The caller needs a CPU too.
        strength[home] += 1;
        let mut size = self.size.load(Relaxed);
        while size < needed {
            let order = || (home..machine.ccds.len()).chain(0..home);
            // First a thread for each core, then for each CPU, then as many as are wanted.
            let room = |ccd: usize| machine.ccds[ccd].cores.saturating_sub(strength[ccd]);
            let spare = |ccd: usize| machine.ccds[ccd].cpus.len().saturating_sub(strength[ccd]);
            let (ccd, count) = order()
                .map(|ccd| (ccd, room(ccd)))
                .find(|&(_, room)| room > 0)
                .or_else(|| order().map(|ccd| (ccd, spare(ccd))).find(|&(_, spare)| spare > 0))
                .unwrap_or((home, needed - size));
            let count = count.min(most - size);
            let squad = Squad::start(ccd, count, strength[ccd]);
            let started = squad.map_or(0, |squad| {
                last.store(ptr::from_ref(squad).cast_mut(), Release);
                last = &squad.next;
                squad.workers.len()
            });
            strength[ccd] += started;
            size += started;
            self.size.store(size, Relaxed);
            if started < count {
                let retry = now + UNTIL_RETRY.as_nanos() as u64;
                self.retry.store(retry, Relaxed);
                break;
            }
        }
        self.growing.store(false, Release);
    }
}

impl Squad {
    /// Starts `count` workers on a CCD that has `before` already, or fewer where the system refuses. None
    /// if there would be none.
    fn start(ccd: usize, count: usize, before: usize) -> Option<&'static Squad> {
        // Threads come first, so that the pool has as many as there are; each waits for its part of it.
        let mut threads: Vec<_> =
            (before..before + count).map_while(|number| Thread { ccd, number }.start()).collect();
        if threads.len() < count {
            // The program may need some too.
            threads.truncate(threads.len() / 2);
        }
        let count = threads.len();
        if count == 0 {
            return None; // 0 would mean any number to rayon
        }
        let ids = threads.iter().map(|thread| thread.id).collect();
        let mut threads = threads.into_iter();
        let pool = ThreadPoolBuilder::new()
            .num_threads(count)
            .spawn_handler(|part| {
                let thread = threads.next().ok_or(std::io::ErrorKind::Other)?;
                thread.part.send(part).map_err(|_| std::io::ErrorKind::Other.into())
            })
            .build();
        let pool: &'static ThreadPool = Box::leak(Box::new(pool.ok()?));
        let workers = (0..count)
            .map(|_| Worker {
                mail: AtomicPtr::new(NOBODY),
                member: AtomicUsize::new(0),
                taken: AtomicBool::new(false),
                ccd,
                pool,
            })
            .collect();
        Some(Box::leak(Box::new(Squad { workers, threads: ids, next: AtomicPtr::new(ptr::null_mut()) })))
    }
}

impl Worker {
    /// Takes the worker if it is free.
    fn enlist(&self) -> bool {
        !self.taken.load(Relaxed) && !self.taken.swap(true, Acquire)
    }

    /// Gives the worker a task.
    ///
    /// # Safety
    /// The caller must have enlisted the worker, the task before must be done, and `task` must live until
    /// this one is.
    unsafe fn post(&'static self, member: usize, task: &Task) {
        self.member.store(member, Relaxed);
        if self.mail.swap(ptr::from_ref(task).cast_mut(), AcqRel) == NOBODY {
            self.pool.spawn(|| self.reside());
        }
    }

    /// Takes a task back that the worker has not begun; `false` if it has.
    fn take_back(&self, task: &Task) -> bool {
        let task = ptr::from_ref(task).cast_mut();
        self.mail.compare_exchange(task, WAITING, AcqRel, Relaxed).is_ok()
    }

    /// Does tasks as they come, until none has come for a while.
    fn reside(&'static self) {
        let mut idle_since = Instant::now();
        let mut looks = 0u32;
        loop {
            let mail = self.mail.load(Relaxed);
            // The task's end lets the team post the next one: be ready for it before. Another task may have come
            // since at the same place; whichever it is, it is ours from here on.
            if mail != WAITING && self.mail.compare_exchange(mail, WAITING, AcqRel, Relaxed).is_ok() {
                // SAFETY: posted by a team that waits for it, and can't be taken back any more.
                unsafe { Worker::perform(mail, self.member.load(Relaxed)) };
                idle_since = Instant::now();
                continue;
            }
            core::hint::spin_loop();
            looks += 1;
            if looks.is_multiple_of(16)
                && idle_since.elapsed() > PATIENCE
                && self.mail.compare_exchange(WAITING, NOBODY, AcqRel, Acquire).is_ok()
            {
                return;
            }
        }
    }

    /// # Safety
    /// The task must have been posted for this worker and not performed yet.
    unsafe fn perform(task: *const Task, member: usize) {
        let panics = AbortOnUnwind;
        // SAFETY: the team waits for `at_work`, so that task and work live until it is counted down.
        unsafe {
            AT_WORK.set(true);
            (*task).mode.with(|| ((*task).call)((*task).work, member));
            AT_WORK.set(false);
            (*task).at_work.0.fetch_sub(1, Release);
        }
        core::mem::forget(panics);
    }
}
