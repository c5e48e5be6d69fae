using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;
using Backprop.Simd.Internal.Simd;
using Backprop.Simd.Internal.Threading;

namespace Backprop.Simd;

/// <summary>Threads that share the work of trainers, predictors and matrix products. The caller owns it and passes it to them.</summary>
/// <remarks>
/// Threads start once, in the constructor; a call allocates nothing. After a job a worker spins for at most 20 microseconds (waking a parked
/// thread costs 10 to 100), then parks: an idle pool burns no CPU. Within a step of training it spins up to a millisecond for the next job, and a caller that waits for the workers
/// spins longer, too. Results never depend on the number of threads.
/// Any thread may use the pool at any time; jobs of different threads run one after the other. An exception in a worker reaches the caller, and the pool stays usable.
/// </remarks>
public sealed unsafe class WorkerPool : IDisposable
{
    private static readonly long s_workerSpin = Stopwatch.Frequency / 50_000;

    // Ten times what the serial parts of a step take; after longer ones, waking the worker no longer matters.
    private static readonly long s_stepSpin = Stopwatch.Frequency / 1_000;

    // Longer than any wake-up takes (to 130 us, measured, where an idle core of a virtual machine sleeps). A caller that parked while a worker wakes
    // would come back after that worker has parked again, and so on for ever: every job would pay for two wake-ups.
    private static readonly long s_callerSpin = Stopwatch.Frequency / 2_500;

    [ThreadStatic]
    private static bool t_inJob;

    private readonly object _gate = new();
    private readonly Worker[] _workers;
    private readonly AutoResetEvent _done = new(false);
    private readonly bool _mayGainFromSpinning;

    private void* _job;
    private delegate*<void*, int, void> _execute;
    private int _parts;
    private int _pending;
    private int _callerParked;
    private int _steps;
    private bool _stopping;
    private Exception? _failure;

    /// <summary>Starts <paramref name="threads"/> - 1 threads; the calling thread is the remaining one.</summary>
    /// <param name="threads">Threads that work on one job, the caller included; 1 to 1024.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="threads"/> is outside 1 to 1024.</exception>
    public WorkerPool(int threads)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(threads, 1024);
        Threads = threads;
        _mayGainFromSpinning = threads <= Environment.ProcessorCount;
        _workers = new Worker[threads - 1];
        for (int i = 0; i < _workers.Length; i++)
        {
            var worker = new Worker(i + 1);
            _workers[i] = worker;
            worker.Thread = new Thread(() => Loop(worker))
            {
                IsBackground = true,
                Name = $"Backprop.Simd worker {worker.Index}",
            };
            worker.Thread.Start();
        }
    }

    /// <summary>Threads that work on one job, the caller included.</summary>
    public int Threads { get; }

    internal bool IsDisposed => _stopping;

    /// <summary>Whether no worker has to be woken: what is worth a hand-over of 1 us is then worth splitting.</summary>
    internal bool IsAwake
    {
        get
        {
            foreach (Worker worker in _workers)
            {
                if (worker.IsParked)
                    return false;
            }

            return true;
        }
    }

    /// <summary>Steps between <see cref="BeginStep"/> and <see cref="EndStep"/>, of all threads.</summary>
    internal int StepsUnderWay => Volatile.Read(ref _steps);

    /// <summary>From here to <see cref="EndStep"/> jobs follow one another closely: a worker that did one waits awake for the next.</summary>
    internal void BeginStep() => Interlocked.Increment(ref _steps);

    internal void EndStep() => Interlocked.Decrement(ref _steps);

    /// <summary>Stops and joins the threads. Calling it again does nothing.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            if (_stopping)
                return;
            _stopping = true;
            foreach (Worker worker in _workers)
                worker.Post();
        }

        foreach (Worker worker in _workers)
        {
            worker.Dispose();
        }

        _done.Dispose();
    }

    /// <summary>Runs the parts of a job, part p on thread p modulo <see cref="Threads"/>, and returns when all are done.</summary>
    /// <exception cref="ObjectDisposedException">The pool was disposed.</exception>
    internal void Run<TJob>(ref TJob job, int parts)
        where TJob : struct, IJob
    {
        // A job that starts a job would wait for itself: the inner one stays on its thread.
        if (parts <= 1 || _workers.Length == 0 || t_inJob)
        {
            ObjectDisposedException.ThrowIf(_stopping, this);
            for (int part = 0; part < parts; part++)
                job.Execute(part);
            return;
        }

        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_stopping, this);

            // The caller waits below until every worker is done, so its frame, and the job in it, outlives their use.
            // A job inside a heap object would need pinning: jobs are locals.
            _job = Unsafe.AsPointer(ref job);
            _execute = &Execute<TJob>;
            _parts = parts;
            int helpers = Math.Min(parts - 1, _workers.Length);
            _pending = helpers;
            for (int i = 0; i < helpers; i++)
                _workers[i].Post();

            Exception? own = ExecuteParts(0);
            WaitForWorkers();
            _job = null;

            Exception? failure = own ?? _failure;
            _failure = null;
            if (failure is not null)
                ExceptionDispatchInfo.Throw(failure);
        }
    }

    private static void Execute<TJob>(void* job, int part)
        where TJob : struct, IJob => Unsafe.AsRef<TJob>(job).Execute(part);

    private Exception? ExecuteParts(int thread)
    {
        t_inJob = true;
        try
        {
            for (int part = thread; part < _parts; part += Threads)
                _execute(_job, part);
            return null;
        }
        catch (Exception e)
        {
            return e;
        }
        finally
        {
            t_inJob = false;
        }
    }

    private void WaitForWorkers()
    {
        var pause = new SpinPhase(_mayGainFromSpinning ? s_callerSpin : 0);
        while (pause.Continue())
        {
            if (Volatile.Read(ref _pending) == 0)
                return;
        }

        // Each wake-up belongs to one taking of the flag, so none is lost or left over. But a worker that was held up after an earlier job may take
        // the flag of this one: only the count says that this job is done.
        do
        {
            Interlocked.Exchange(ref _callerParked, 1);
            if (Volatile.Read(ref _pending) == 0 && Interlocked.Exchange(ref _callerParked, 0) == 1)
                return;
            _done.WaitOne();
        }
        while (Volatile.Read(ref _pending) != 0);
    }

    private void Loop(Worker worker)
    {
        FloatEnvironment.Observe();
        for (long ticket = 1; ; ticket++)
        {
            worker.WaitFor(ticket, _mayGainFromSpinning, ref _steps);
            if (_stopping)
                return;
            if (ExecuteParts(worker.Index) is { } failure)
                Interlocked.CompareExchange(ref _failure, failure, null);
            if (Interlocked.Decrement(ref _pending) == 0 && Interlocked.Exchange(ref _callerParked, 0) == 1)
                _done.Set();
        }
    }

    /// <summary>Polling for a limited time.</summary>
    private readonly struct SpinPhase(long ticks)
    {
        private readonly long _end = ticks > 0 ? Stopwatch.GetTimestamp() + ticks : 0;

        public bool Continue()
        {
            if (Stopwatch.GetTimestamp() >= _end)
                return false;
            Thread.SpinWait(1);
            return true;
        }
    }

    /// <summary>One thread and its mailbox: the caller raises the ticket, the thread waits for the next one.</summary>
    private sealed class Worker(int index) : IDisposable
    {
        private readonly AutoResetEvent _parking = new(false);
        private long _posted;
        private int _parked;

        public int Index { get; } = index;

        public Thread? Thread { get; set; }

        public void Post()
        {
            Interlocked.Increment(ref _posted);
            if (Interlocked.Exchange(ref _parked, 0) == 1)
                _parking.Set();
        }

        /// <summary>Whether the thread sleeps, or is about to.</summary>
        public bool IsParked => Volatile.Read(ref _parked) != 0;

        public void WaitFor(long ticket, bool spin, ref int steps)
        {
            for (long start = Stopwatch.GetTimestamp(); spin; Thread.SpinWait(1))
            {
                if (Volatile.Read(ref _posted) >= ticket)
                    return;
                long waited = Stopwatch.GetTimestamp() - start;
                if (waited >= s_workerSpin && (waited >= s_stepSpin || Volatile.Read(ref steps) == 0))
                    break;
            }

            // As above: a caller that was held up while posting an earlier job may take the flag.
            do
            {
                Interlocked.Exchange(ref _parked, 1);
                if (Volatile.Read(ref _posted) >= ticket && Interlocked.Exchange(ref _parked, 0) == 1)
                    return;
                _parking.WaitOne();
            }
            while (Volatile.Read(ref _posted) < ticket);
        }

        public void Dispose()
        {
            Thread!.Join();
            _parking.Dispose();
        }
    }
}
