using Backprop.Simd.Internal.Elementwise;
using Backprop.Simd.Internal.Simd;

namespace Backprop.Simd.Internal.Losses;

/// <summary>Work that is written once for every elementwise loss.</summary>
internal interface ILossAction
{
    void Invoke<TLoss>(TLoss loss)
        where TLoss : struct, IElementLoss;
}

/// <summary>The losses, one line each.</summary>
internal static unsafe class LossTable
{
    /// <summary>One of each, with a parameter where it has one; for tests and benchmarks.</summary>
    public static ReadOnlySpan<LossKind> All => new LossKind[]
    {
        new(LossId.MeanSquaredError, 0),
        new(LossId.MeanAbsoluteError, 0),
        new(LossId.Huber, 0.7f),
        new(LossId.BinaryCrossEntropyWithLogits, 0),
        new(LossId.SoftmaxCrossEntropy, 0),
    };

    /// <summary>Whether the target of a row may be the index of its class.</summary>
    public static bool TakesLabels(LossKind kind) => kind.Id == LossId.SoftmaxCrossEntropy;

    /// <summary>Calls the action with the elementwise loss of this kind.</summary>
    public static void Dispatch<TAction>(LossKind kind, ref TAction action)
        where TAction : struct, ILossAction
    {
        switch (kind.Id)
        {
            case LossId.MeanSquaredError: action.Invoke(default(MeanSquaredError)); break;
            case LossId.MeanAbsoluteError: action.Invoke(default(MeanAbsoluteError)); break;
            case LossId.Huber: action.Invoke(new Huber(kind.Parameter)); break;
            case LossId.BinaryCrossEntropyWithLogits: action.Invoke(default(BinaryCrossEntropyWithLogits)); break;
            default: throw new ArgumentOutOfRangeException(nameof(kind), kind.Id, "Not an elementwise loss.");
        }
    }

    /// <summary>Mean loss over the batch; <paramref name="gradient"/>, if any, gets its derivative by the outputs.</summary>
    /// <param name="kind">The loss.</param>
    /// <param name="outputs">rows x size.</param>
    /// <param name="targets">rows x size, or null if there are labels.</param>
    /// <param name="labels">rows, each below size, or null if there are targets.</param>
    /// <param name="gradient">rows x size, overwritten, or null.</param>
    /// <param name="rowLosses">2 x rows, overwritten; the first half gets each row's loss.</param>
    /// <param name="scratch">size floats, used only where there is no gradient.</param>
    /// <param name="rows">Examples; at least 1.</param>
    /// <param name="size">Outputs of an example.</param>
    public static float Run(LossKind kind, float* outputs, float* targets, int* labels, float* gradient, float* rowLosses, float* scratch, int rows, int size)
    {
        Rows(kind, outputs, targets, labels, gradient, rowLosses, scratch, rows, size);
        return Mean(kind, labels is not null, rowLosses, rows, size);
    }

    /// <summary><see cref="Run"/> up to the derivative. What is left would hold up the backward pass: a step of a small network takes 4 to 8 % less if it comes after the update (4-16-3, one example).</summary>
    public static void Rows(LossKind kind, float* outputs, float* targets, int* labels, float* gradient, float* rowLosses, float* scratch, int rows, int size)
    {
        float scale = 1f / Count(kind, rows, size);
        if (kind.Id == LossId.SoftmaxCrossEntropy)
        {
            var action = new SoftmaxCrossEntropyRows(outputs, targets, labels, gradient, rowLosses, rowLosses + rows, scratch, rows, size, scale);
            Tiers.DispatchSixteenLanes(ref action);
        }
        else
        {
            var action = new ElementAction(outputs, targets, gradient, rowLosses, rows, size, scale);
            Dispatch(kind, ref action);
        }
    }

    /// <summary>The rest of <see cref="Run"/>.</summary>
    public static float Mean(LossKind kind, bool byLabels, float* rowLosses, int rows, int size)
    {
        // The step of a small network waits for it: nothing goes through memory, and dividing by 1 changes nothing. As in Reduce, it is added to +0.
        if (byLabels && rows == 1)
            return SoftmaxCrossEntropy.FinishedLoss(rowLosses) + 0f;
        if (byLabels)
            SoftmaxCrossEntropy.FinishLosses(rowLosses, rows);
        return Reduce.Sum(rowLosses, rows) / Count(kind, rows, size);
    }

    private static float Count(LossKind kind, int rows, int size) => kind.Id == LossId.SoftmaxCrossEntropy ? rows : (float)((double)rows * size);

    private readonly struct ElementAction(float* outputs, float* targets, float* gradient, float* rowLosses, int rows, int size, float scale) : ILossAction
    {
        public void Invoke<TLoss>(TLoss loss)
            where TLoss : struct, IElementLoss
        {
            if (ElementLossLanes<TLoss>.Pays(rows, size))
            {
                var lanes = new ElementLossLanes<TLoss>(loss, outputs, targets, rowLosses, rows, size);
                Tiers.Dispatch(ref lanes);
            }
            else
            {
                var action = new ElementLossRows<TLoss>(loss, outputs, targets, rowLosses, rows, size);
                Tiers.DispatchSixteenLanes(ref action);
            }

            if (gradient is not null)
                Map.Binary(new ScaledDerivative<TLoss>(loss, scale), outputs, targets, gradient, (nint)rows * size);
        }
    }
}
