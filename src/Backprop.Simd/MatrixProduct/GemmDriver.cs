using System.Diagnostics;
using System.Runtime.CompilerServices;
using Backprop.Simd.Internal.Simd;
using Backprop.Simd.Internal.Threading;

namespace Backprop.Simd.Internal.MatrixProduct;

/// <summary>Decides which way a product takes, and over how many threads; allocates nothing that was reserved before.</summary>
/// <remarks>
/// <code>
///   up to 4096 multiply-adds       SmallProduct       nothing but the arithmetic; not wide ones, not one row of more than 1024
///   order A or B, k &lt;= 8, n &lt;= 16  NarrowProduct      B in registers, C row after row
///   order B, A B of one column     ColumnProduct      the four chains of a sum in four lanes, nothing packed
///   order B, A B, 2 &lt;= n &lt;= 4     FewColumnsProduct  the four chains of a sum in four lanes, nothing packed: few rows, B without gaps
///   order B, A^T B, n &lt;= 4        ColumnOfRows       C^T = B^T A with rows of C as lanes, two and three columns with sixteen registers only if they have few steps
///   order B, A B of many rows      QuadProduct        B packed, the four chains of a sum in four lanes
///   order B, A^T B of many rows    RowLanesProduct    C^T = B^T A, rows of C as lanes
///   order B otherwise              FourChainProduct   B once through the L1 cache, four chains a sum
///   order C (A B^T, m &lt;= 4)        DotProduct         both operands along their rows
///   order A, A B^T, m or n &lt;= 6   TurnedRowsProduct  the others are lanes, four of their steps turned at a time
///   order A, A B^T, m or n 10-12   half a vector of them as below, the others as above
///   order A, A B^T of few steps    TurningB           B^T turned as a whole, then as A B
///   order A, A B^T, one side short SwappedProduct     C^T = B A^T: the smaller operand packed, or the one that fills vectors
///   order A, n slightly too large  SwappedProduct     C^T = B^T A^T likewise, A^T in place: few columns whose last ones would leave lanes idle
///   order A, k = 1, no gaps in C   WideOuterProduct   whole vectors of C that span rows: stores are the limit
///   order A, k &lt;= 4               FewStepsProduct    C once, row after row: memory is the limit
///   order A, few rows, huge B      StreamedProduct    tiles over eight long rows of B at a time: memory is the limit (sixteen registers)
///   order A, few rows, big B       FewRowsProduct     B once, in strips or long rows: memory is the limit
///   order A, 4 &lt; k &lt;= 64, small C PlainProduct       tiles of registers, nothing else
///   order A, k &lt;= 64              ShallowProduct     tiles of registers, C once, row after row; not A^T B with a large C and sixteen registers
///   order A otherwise              ChainProduct       tiles of registers: the multiply-add units are the limit
/// </code>
/// Each of them runs on vectors of half the lanes where those hold all columns (or rows that are lanes), or the last ones; which bits come out does not depend on that.
/// </remarks>
internal static unsafe class GemmDriver
{
    // Waking a parked thread costs about 10 us, in which one core does a million multiply-adds; twice that much a part pays for sure.
    private const double MultiplyAddsPerPart = 2.5e6;

    // Handing a share to a thread that waits awake costs 1 us.
    private const double MultiplyAddsPerPartAwake = 0.25e6;

    // Moving an element of an operand takes about as long as so many multiply-adds.
    private const double MultiplyAddsPerElement = 4;

    /// <summary>The floats of packing space that <see cref="Run{TEpilogue}"/> needs for each thread if alpha is 1 and the epilogue stores C or does not; grows with m and k.</summary>
    public static int ScratchFloats(bool transA, bool transB, int m, int n, int k, bool storesC = true) =>
        GemmBlocking.ScratchFloats(transA, transB, m, n, k, storesC);

    /// <summary>C = epilogue(alpha op(A) op(B) + beta C) on the widest accelerated vector.</summary>
    /// <remarks>Without workers the calling thread does it alone. The scratch, if none is given that of the thread, grows if it was reserved smaller; nobody else may use it meanwhile.</remarks>
    public static void Run<TEpilogue>(in GemmArguments arguments, ref TEpilogue epilogue, WorkerPool? workers, GemmScratch? scratch)
        where TEpilogue : struct, IEpilogue
    {
        Run(in arguments, ref epilogue, default(NothingAfterShare), workers, scratch);
    }

    /// <summary>The same, and then what comes after each thread's share of C.</summary>
    public static void Run<TEpilogue, TAfter>(in GemmArguments arguments, ref TEpilogue epilogue, TAfter after, WorkerPool? workers, GemmScratch? scratch)
        where TEpilogue : struct, IEpilogue
        where TAfter : struct, IAfterShare
    {
        var action = new Product<TEpilogue, TAfter>(in arguments, ref epilogue, after, workers, scratch);
        Tiers.DispatchRegisters(ref action);
    }

    /// <summary>Whether an epilogue that stores no C should update the m x n weights whose gradient is A^T B of k steps.</summary>
    public static bool UpdatesInTiles(int m, int n, int k)
    {
        var action = new UpdateQuery { Arguments = new() { TransA = true, M = m, N = n, K = k, Lda = m, Ldb = n } };
        Tiers.DispatchRegisters(ref action);
        return action.Answer;
    }

    /// <summary>The same on one given vector.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void RunOn<V, R, TEpilogue, TAfter>(in GemmArguments g, ref TEpilogue epilogue, TAfter after, WorkerPool? workers, GemmScratch? scratch)
        where V : struct, IVectorF32<V>, IRegisters<V, R>
        where R : struct
        where TEpilogue : struct, IEpilogue
        where TAfter : struct, IAfterShare
    {
        Debug.Assert(TEpilogue.StoresC || g.Beta == 0, "Without a C there is nothing that beta could multiply.");
        if (!SmallProduct.Takes<V>(in g))
        {
            Large<V, R, TEpilogue, TAfter>(in g, ref epilogue, after, workers, scratch);
            return;
        }

        SmallProduct.Run<V, R, TEpilogue>(in g, ref epilogue);
        if (!TAfter.DoesNothing)
            after.Invoke(new Block(0, g.M, 0, g.N));
    }

    // Apart, so that a small product does not pay for the frame of a large one, or of none.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Large<V, R, TEpilogue, TAfter>(in GemmArguments g, ref TEpilogue epilogue, TAfter after, WorkerPool? workers, GemmScratch? scratch)
        where V : struct, IVectorF32<V>, IRegisters<V, R>
        where R : struct
        where TEpilogue : struct, IEpilogue
        where TAfter : struct, IAfterShare
    {
        if (g.M == 0 || g.N == 0)
            return;
        if (g.Alpha == 0 || g.K == 0)
        {
            OnlyBeta<V, TEpilogue>(in g, ref epilogue);
            if (!TAfter.DoesNothing)
                after.Invoke(new Block(0, g.M, 0, g.N));
            return;
        }

        SummationOrder order = SummationOrders.Of(g.TransA, g.TransB, g.M, g.N);
        int parts = workers is null ? 1 : Parts(in g, workers);
        if (g.M <= FewRowsKernel.MaxRows && parts == 1 && TryFewRows<V, R, TEpilogue>(in g, ref epilogue, order))
        {
            if (!TAfter.DoesNothing)
                after.Invoke(new Block(0, g.M, 0, g.N));
            return;
        }

        if (parts == 1 && PlainProduct.Takes<V, TEpilogue>(in g))
        {
            PlainProduct.Run<V, R, TEpilogue>(in g, ref epilogue);
            if (!TAfter.DoesNothing)
                after.Invoke(new Block(0, g.M, 0, g.N));
            return;
        }

        scratch ??= GemmScratch.OfThisThread;
        if (g.TransB && parts == 1 && order == SummationOrder.Chain && GemmBlocking.TurnsB<V>(in g))
        {
            TurningB<V, R, TEpilogue>(in g, ref epilogue, scratch);
            if (!TAfter.DoesNothing)
                after.Invoke(new Block(0, g.M, 0, g.N));
            return;
        }

        int floats = GemmBlocking.ScratchFloats(in g, order, TEpilogue.StoresC);
        if (parts > 1)
        {
            Shared<V, R, TEpilogue, TAfter>(in g, ref epilogue, after, order, workers!, parts, scratch, floats);
            return;
        }

        scratch.Reserve(floats, 1);
        Multiply<V, R, TEpilogue>(in g, ref epilogue, order, new Block(0, g.M, 0, g.N), scratch.Pointer(0));
        GC.KeepAlive(scratch);
        if (!TAfter.DoesNothing)
            after.Invoke(new Block(0, g.M, 0, g.N));
    }

    /// <summary>Whether it did: the shortest way for few rows, which need no scratch. For 64 columns of 64 steps the other one takes as long as the arithmetic. (1 x 64 x 64: 44 to 51 GFLOP/s, 1 x 32 x 64: +23 %.)</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static bool TryFewRows<V, R, TEpilogue>(in GemmArguments g, ref TEpilogue epilogue, SummationOrder order)
        where V : struct, IVectorF32<V>, IRegisters<V, R>
        where R : struct
        where TEpilogue : struct, IEpilogue
    {
        var whole = new Block(0, g.M, 0, g.N);
        if (order != SummationOrder.Chain || GemmBlocking.HasFewSteps<V>(in g, TEpilogue.StoresC) || !GemmBlocking.HasFewRows(in g, whole, TEpilogue.StoresC))
            return false;
        FewRowsProduct.Run<V, R, TEpilogue>(in g, ref epilogue, whole);
        return true;
    }

    /// <summary>A B^T of few steps as A B, once B^T has been turned: then C can be written row after row.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void TurningB<V, R, TEpilogue>(in GemmArguments g, ref TEpilogue epilogue, GemmScratch scratch)
        where V : struct, IVectorF32<V>, IRegisters<V, R>
        where R : struct
        where TEpilogue : struct, IEpilogue
    {
        GemmArguments plain = g with { TransB = false, Ldb = GemmBlocking.PitchOfTurnedB<V>(g.N) };
        if (g.K == 1 && g.Ldb == 1)
        {
            // It lies there already.
            plain.Ldb = g.N;
        }
        else
        {
            float* rows = stackalloc float[(int)(g.K * plain.Ldb)];
            Packing.Transposed<V>(g.B, g.Ldb, g.K, g.N, rows, plain.Ldb);
            plain.B = rows;
        }

        if (PlainProduct.Takes<V, TEpilogue>(in plain))
        {
            PlainProduct.Run<V, R, TEpilogue>(in plain, ref epilogue);
            return;
        }

        scratch.Reserve(GemmBlocking.ScratchFloats(in plain, SummationOrder.Chain, TEpilogue.StoresC), 1);
        Multiply<V, R, TEpilogue>(in plain, ref epilogue, SummationOrder.Chain, new Block(0, g.M, 0, g.N), scratch.Pointer(0));
        GC.KeepAlive(scratch);
    }

    // Apart, so that a product that is not shared does not pay for the frame.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Shared<V, R, TEpilogue, TAfter>(in GemmArguments g, ref TEpilogue epilogue, TAfter after, SummationOrder order, WorkerPool workers, int parts, GemmScratch scratch, int floats)
        where V : struct, IVectorF32<V>, IRegisters<V, R>
        where R : struct
        where TEpilogue : struct, IEpilogue
        where TAfter : struct, IAfterShare
    {
        var job = new SharedProduct<V, R, TEpilogue, TAfter> { Arguments = g, Epilogue = epilogue, After = after, Order = order, Scratch = scratch };
        job.Split(parts);
        scratch.Reserve(floats, job.Parts);
        if (job.Parts == 1)
            job.Execute(0);
        else
            workers.Run(ref job, job.Parts);
        GC.KeepAlive(scratch);
    }

    private static void Multiply<V, R, TEpilogue>(in GemmArguments g, ref TEpilogue epilogue, SummationOrder order, Block share, float* scratch)
        where V : struct, IVectorF32<V>, IRegisters<V, R>
        where R : struct
        where TEpilogue : struct, IEpilogue
    {
        if (order == SummationOrder.FourChains && share.Rows < GemmBlocking.RowsWorthQuads && FewColumnsProduct.Takes<V>(in g))
        {
            FewColumnsProduct.Run<V, R, TEpilogue>(in g, ref epilogue, share);
            return;
        }

        if (GemmBlocking.FillsHalfVectors<V>(in g, share, order, TEpilogue.StoresC))
        {
            var half = new HalfVectors<TEpilogue>(in g, ref epilogue, order, share, scratch);
            Tiers.DispatchHalf(ref half);
            return;
        }

        switch (order)
        {
            case SummationOrder.FourChains when ColumnProduct.Takes(in g, TEpilogue.StoresC):
                ColumnProduct.Run(in g, ref epilogue, share);
                break;
            case SummationOrder.FourChains when SmallProduct.TakesColumnsAsRows<V, TEpilogue>(in g) && GemmBlocking.TurnsColumns<V>(in g, share):
                SmallProduct.ColumnsAsRows<V, R>(in g, share);
                break;
            case SummationOrder.Chain or SummationOrder.FourChains when GemmBlocking.IsNarrow<V>(in g, share, TEpilogue.StoresC):
                NarrowProduct.Run<V, R, TEpilogue>(in g, ref epilogue, order, share);
                break;
            case SummationOrder.FourChains when GemmBlocking.RunsChainsApart<V>(in g, share):
                ChainsApartProduct.Run<V, R, TEpilogue>(in g, ref epilogue, share);
                break;
            case SummationOrder.FourChains when GemmBlocking.FillsQuads<V>(in g, share):
                QuadProduct.Run<V, R, TEpilogue>(in g, ref epilogue, share, scratch);
                break;
            case SummationOrder.FourChains when GemmBlocking.FillsLanes<V>(in g, share):
                RowLanesProduct.Run<V, R, N4, TEpilogue>(in g, ref epilogue, share, scratch);
                break;
            case SummationOrder.FourChains:
                FourChainProduct.Run<V, R, TEpilogue>(in g, ref epilogue, share, scratch);
                break;
            case SummationOrder.SixteenLanes:
                DotProduct.Run<V, R, TEpilogue>(in g, ref epilogue, share, scratch);
                break;
            case SummationOrder.Chain when TurnedRowsProduct.Takes<V>(in g, share, TEpilogue.StoresC):
                TurnedRowsProduct.Run<V, R, TEpilogue>(in g, ref epilogue, share);
                break;
            case SummationOrder.Chain when GemmBlocking.BeginsWithHalfVector<V>(in g, share, TEpilogue.StoresC):
                nint lanes = V.Count / 2;
                bool ofRows = share.Rows < share.Columns;
                Multiply<V, R, TEpilogue>(in g, ref epilogue, order, ofRows ? share with { Rows = lanes } : share with { Columns = lanes }, scratch);
                Multiply<V, R, TEpilogue>(in g, ref epilogue, order, ofRows ? share with { Row = share.Row + lanes, Rows = share.Rows - lanes } : share with { Column = share.Column + lanes, Columns = share.Columns - lanes }, scratch);
                break;
            case SummationOrder.Chain when GemmBlocking.Swaps<V>(in g, share):
                nint apart = GemmBlocking.RowsNotSwapped<V>(in g, share), swapped = share.Rows - apart;
                SwappedProduct.Run<V, R, TEpilogue>(in g, ref epilogue, share with { Rows = swapped }, scratch);
                if (apart > 0)
                    Multiply<V, R, TEpilogue>(in g, ref epilogue, order, share with { Row = share.Row + swapped, Rows = apart }, scratch);
                break;
            case SummationOrder.Chain when WideOuterProduct.Takes<V, TEpilogue>(in g, share):
                WideOuterProduct.Run<V>(in g, share);
                break;
            case SummationOrder.Chain when GemmBlocking.HasFewSteps<V>(in g, TEpilogue.StoresC):
                FewStepsProduct.Run<V, R, TEpilogue>(in g, ref epilogue, share, scratch);
                break;
            case SummationOrder.Chain when GemmBlocking.Streams(in g, share, TEpilogue.StoresC):
                StreamedProduct.Run<V, R, TEpilogue>(in g, ref epilogue, share, scratch);
                break;
            case SummationOrder.Chain when GemmBlocking.HasFewRows(in g, share, TEpilogue.StoresC):
                FewRowsProduct.Run<V, R, TEpilogue>(in g, ref epilogue, share);
                break;
            case SummationOrder.Chain when GemmBlocking.EndsInHalfVector<V>(in g, share):
                // What is overwritten anyway may be computed twice: the half vector is full then, and the whole ones come after it.
                nint rest = share.Columns % V.Count, columns = g.Beta == 0 && TEpilogue.StoresC && g.K > NarrowKernel.MaxSteps ? V.Count / 2 : rest;
                var last = new HalfVectors<TEpilogue>(in g, ref epilogue, order, share with { Column = share.Column + share.Columns - columns, Columns = columns }, scratch);
                Tiers.DispatchHalf(ref last);
                Multiply<V, R, TEpilogue>(in g, ref epilogue, order, share with { Columns = share.Columns - rest }, scratch);
                break;
            case SummationOrder.Chain when GemmBlocking.IsShallow<V, TEpilogue>(in g, share.Rows):
                ShallowProduct.Run<V, R, TEpilogue>(in g, ref epilogue, share, scratch);
                break;
            default:
                ChainProduct.Run<V, R, TEpilogue>(in g, ref epilogue, share, scratch);
                break;
        }
    }

    private static int Parts(in GemmArguments g, WorkerPool workers)
    {
        double m = g.M, n = g.N, k = g.K;
        double work = (m * n * k) + (MultiplyAddsPerElement * ((m * k) + (k * n) + (m * n)));
        double perPart = work >= 2 * MultiplyAddsPerPart || !workers.IsAwake ? MultiplyAddsPerPart : MultiplyAddsPerPartAwake;
        return (int)Math.Clamp(work / perPart, 1, workers.Threads);
    }

    private static void OnlyBeta<V, TEpilogue>(in GemmArguments g, ref TEpilogue epilogue)
        where V : struct, IVectorF32<V>
        where TEpilogue : struct, IEpilogue
    {
        if (!TEpilogue.StoresC)
        {
            TileRows.FinishZeros<V, TEpilogue>(ref epilogue, g.M, g.N);
            return;
        }

        if (!TileRows.Begin<V>(g.Beta, g.C, g.Ldc, g.M, g.N))
            TileRows.Clear(g.C, g.Ldc, g.M, g.N);

        TileRows.Finish<V, TEpilogue>(ref epilogue, g.C, g.Ldc, 0, 0, g.M, g.N);
    }

    private readonly ref struct Product<TEpilogue, TAfter>(in GemmArguments arguments, ref TEpilogue epilogue, TAfter after, WorkerPool? workers, GemmScratch? scratch) : IRegisterAction
        where TEpilogue : struct, IEpilogue
        where TAfter : struct, IAfterShare
    {
        private readonly ref readonly GemmArguments _arguments = ref arguments;
        private readonly ref TEpilogue _epilogue = ref epilogue;

        public void Invoke<V, R>()
            where V : struct, IVectorF32<V>, IRegisters<V, R>
            where R : struct => RunOn<V, R, TEpilogue, TAfter>(in _arguments, ref _epilogue, after, workers, scratch);
    }

    private struct UpdateQuery : IRegisterAction
    {
        public GemmArguments Arguments;
        public bool Answer;

        public void Invoke<V, R>()
            where V : struct, IVectorF32<V>, IRegisters<V, R>
            where R : struct => Answer = GemmBlocking.UpdatesInTiles<V>(in Arguments);
    }

    private readonly ref struct HalfVectors<TEpilogue>(in GemmArguments g, ref TEpilogue epilogue, SummationOrder order, Block share, float* scratch) : IRegisterAction
        where TEpilogue : struct, IEpilogue
    {
        private readonly ref readonly GemmArguments _g = ref g;
        private readonly ref TEpilogue _epilogue = ref epilogue;
        private readonly float* _scratch = scratch;

        public void Invoke<V, R>()
            where V : struct, IVectorF32<V>, IRegisters<V, R>
            where R : struct
        {
            if (order == SummationOrder.Chain && share.Rows == _g.M && share.Columns == _g.N && PlainProduct.Takes<V, TEpilogue>(in _g))
                PlainProduct.Run<V, R, TEpilogue>(in _g, ref _epilogue);
            else
                Multiply<V, R, TEpilogue>(in _g, ref _epilogue, order, share, _scratch);
        }
    }

    private struct SharedProduct<V, R, TEpilogue, TAfter> : IJob
        where V : struct, IVectorF32<V>, IRegisters<V, R>
        where R : struct
        where TEpilogue : struct, IEpilogue
        where TAfter : struct, IAfterShare
    {
        public GemmArguments Arguments;
        public TEpilogue Epilogue;
        public TAfter After;
        public SummationOrder Order;
        public GemmScratch Scratch;
        public int Parts;
        private int _rowsPerPart;
        private int _columnsPerPart;

        /// <summary>Gives every part rows of C or columns of C, in whole tiles; k is never split.</summary>
        public void Split(int parts)
        {
            int m = Arguments.M, n = Arguments.N;
            int panel = 2 * V.Count;
            (_rowsPerPart, _columnsPerPart) = (m, n);
            bool byRows = Order == SummationOrder.FourChains || (Order == SummationOrder.Chain && m >= n);
            if (byRows)
                _rowsPerPart = PartOf(m, parts, 1);
            else
                _columnsPerPart = PartOf(n, parts, panel);
            Parts = byRows ? (m + _rowsPerPart - 1) / _rowsPerPart : (n + _columnsPerPart - 1) / _columnsPerPart;
        }

        public void Execute(int part)
        {
            nint row = (nint)part * _rowsPerPart, column = (nint)part * _columnsPerPart;
            Block share = _rowsPerPart < Arguments.M
                ? new Block(row, Math.Min(_rowsPerPart, Arguments.M - row), 0, Arguments.N)
                : new Block(0, Arguments.M, column, Math.Min(_columnsPerPart, Arguments.N - column));
            TEpilogue epilogue = Epilogue;
            Multiply<V, R, TEpilogue>(in Arguments, ref epilogue, Order, share, Scratch.Pointer(part));
            if (!TAfter.DoesNothing)
                After.Invoke(share);
        }

        private static int PartOf(int size, int parts, int granule)
        {
            int granules = (int)(((long)size + granule - 1) / granule);
            return (int)Math.Min(size, (long)((granules + parts - 1) / parts) * granule);
        }
    }
}
